"""What a notebook finds in a kernel, it finds in a room."""

from __future__ import annotations

import pytest

from autograder.evidence import Evidence
from autograder.records import Limits, Plan, Submission
from autograder.sandbox.exam import Order, examine
from autograder.sandbox.isolation import measure
from autograder.sandbox.rooms import Zygote
from autograder.wire.messages import Cell, Output, Scalar, VariableProbe

LIMITS = Limits(cell_seconds=10, seconds=40, memory_mb=400, disk_mb=16)


def hold(zygote: Zygote, *sources: str) -> Evidence:
    cells = tuple(Cell(index, "", source) for index, source in enumerate(sources))
    level = measure().level
    assert level is not None
    order = Order("key", Submission("ada", "", cells), Plan((), {"x": VariableProbe("x")}, ()), LIMITS, level)
    return examine(zygote, order)


AS_IN_A_KERNEL: dict[str, list[str]] = {
    "inputs": ["def h():\n    return 1", "x = any('def h' in cell for cell in In) and len(In) == 3"],
    "inputs, one by one": ["a = 5", "x = _i == 'a = 5' and _i1 == 'a = 5' and _ih[1] == 'a = 5'"],
    "outputs": ["20 + 2", "21", "x = (_, __, Out[1], _1, _oh[2]) == (21, 22, 22, 22, 21)"],
    "history": ["a = 5", "%history -n -l 1", "x = 'a = 5' in str(list(get_ipython().history_manager.get_range()))"],
    "a macro": ["a = 5", "%macro -q m 1", "a = 1", "m", "x = a == 5"],
    "a stored value": ["a = 5\n%store a", "del a\n%store -r a\nx = a == 5"],
    "a bookmark": ["import os\nos.mkdir('a')\n%bookmark here a", "%cd -q -b here", "%cd -q ..", "x = True"],
    "the kernel": [
        "shell = get_ipython()\nx = shell.kernel is not None and shell.kernel.shell is shell",
        "shell.kernel.do_shutdown(True)",
        "shell.kernel.session.send('anything')",
    ],
    "how libraries know a notebook": [
        "shell = get_ipython()",
        "x = type(shell).__name__ == 'ZMQInteractiveShell' and 'IPKernelApp' in shell.config",
    ],
    "a stream's encoding": ["import sys\nx = sys.stdout.encoding.lower() == sys.stderr.encoding.lower() == 'utf-8'"],
    "a stream's name": ["import sys\nx = (sys.stdout.name, sys.stderr.name) == ('stdout', 'stderr')"],
    "a stream is no terminal": ["import sys\nx = not sys.stdout.isatty()\nsys.stdout.flush()"],
    "a stream takes text alone": [
        "import sys\ntry:\n    sys.stdout.write(b'a')\nexcept TypeError:\n    x = True",
    ],
    "a stream is not closed": ["import sys\nsys.stdout.close()\nprint('a')", "x = not sys.stdout.closed"],
    "the size of a terminal": ["import os\ntry:\n    os.get_terminal_size()\nexcept OSError:\n    x = True"],
    "faults of the process": ["import faulthandler\nfaulthandler.enable()\nx = faulthandler.is_enabled()"],
    "one stream for all cells": ["import sys\nout = sys.stdout", "x = out is sys.stdout"],
    "a stream put in its place": [
        "import io, sys\nsys.stdout = mine = io.StringIO()",
        "print('a')\nx = mine.getvalue() == 'a\\n'",
    ],
    "standard input": ["import sys\nx = sys.stdin.read() == ''"],
    "a captured cell": ["%%capture seen\nprint('a')\n21 + 1", "x = seen.stdout == 'a\\n' and len(seen.outputs) == 1"],
    "a timed cell": ["%%time\na = 1", "%%timeit -n1 -r1\na + 1", "%timeit -n1 -r1 -q a\nx = True"],
    "figures' settings": [
        "%matplotlib inline\n%config InlineBackend.figure_format = 'retina'",
        "%config InlineBackend.rc = {'figure.dpi': 72}\n%matplotlib notebook\n%matplotlib\nx = True",
    ],
    "magics of a kernel": ["%autosave 0", "%clear", "%connect_info", "%less a", "x = True"],
    "a question mark": ["print?", "?len", "x = True"],
    "a display that is updated": ["shown = display(1, display_id=True)\nshown.update(2)", "x = shown is not None"],
    "awaiting": ["import asyncio\nx = await asyncio.sleep(0, True)"],
    "a task": [
        "import asyncio\nasync def f():\n    return True\ntask = asyncio.create_task(f())",
        "x = await task",
    ],
    "a task that goes on by itself": [
        "import asyncio\nasync def f():\n    global x\n    x = True\ntask = asyncio.ensure_future(f())",
        "",
    ],
    "an asynchronous loop": [
        "async def g():\n    for i in range(3):\n        yield i",
        "x = [i async for i in g()] == [0, 1, 2]",
    ],
    "a loop that was closed": ["import asyncio\nasyncio.get_event_loop().call_soon(lambda: None)", "x = True"],
    "processes": [
        "import multiprocessing\ndef f(n):\n    return n * n",
        "with multiprocessing.get_context('fork').Pool(2) as pool:\n    x = pool.map(f, [1, 2]) == [1, 4]",
    ],
    "pickled by its name in the notebook": [
        "import pickle\nclass A: pass",
        "x = type(pickle.loads(pickle.dumps(A()))) is A",
    ],
    "the command line": ["import argparse", "x = argparse.ArgumentParser().parse_known_args()[0] is not None"],
    "an event": [
        "ran = []\nget_ipython().events.register('post_run_cell', ran.append)",
        "pass",
        "x = len(ran) == 2",
    ],
}  # fmt: skip


@pytest.mark.parametrize("name", AS_IN_A_KERNEL)
def test_a_room_is_what_a_kernel_is(light_zygote: Zygote, name: str) -> None:
    evidence = hold(light_zygote, *AS_IN_A_KERNEL[name])
    assert [cell.run.fault for cell in evidence.exam.cells if cell.run] == [None] * len(AS_IN_A_KERNEL[name])
    assert evidence.answers()["x"][0] == Scalar("bool", "True")


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import subprocess, sys\nsubprocess.run(['echo', 'a'], stdout=sys.stdout, check=True)", ("a\n", "")),
        ("import subprocess, sys\nsubprocess.run(['sh', '-c', 'echo a >&2'], stderr=sys.stderr)", ("", "a")),
        ("import os\nos.system('echo a')\nNone", ("a\n", "")),
        ("import sys\nsys.__stdout__.write('a\\n')\nNone", ("a\n", "")),
        ("import logging\nlogging.warning('a')", ("", "WARNING:root:a")),
        ("import warnings\nwarnings.warn('é')\nNone", ("", "UserWarning: é")),
        ("print('a', end='', flush=True)\nprint('b')", ("ab\n", "")),
        ("import sys\nsys.stdout.writelines(['a', 'b'])", ("ab", "")),
        ("!echo a; echo b >&2", ("a\nb\n", "")),
        ("%%bash\necho a", ("a\n", "")),
        ("%autosave 60", ("Autosaving every 60 seconds\n", "")),
        ("print?", ("", "")),
        ("from IPython.display import HTML\ndisplay(HTML('<b>a</b>'))", ("<IPython.core.display.HTML object>\n", "")),
        ("import threading\nt = threading.Thread(target=print, args=('a',))\nt.start()\nt.join()", ("a\n", "")),
    ],
)
def test_what_a_cell_writes_is_heard_however_it_is_written(
    light_zygote: Zygote, source: str, expected: tuple[str, str]
) -> None:
    run = hold(light_zygote, source).exam.cells[0].run
    assert run is not None
    assert run.fault is None
    assert run.stdout == expected[0]
    assert expected[1] in run.stderr
    assert bool(run.stderr) == bool(expected[1])


def test_a_handler_of_one_cell_writes_in_the_next(light_zygote: Zygote) -> None:
    evidence = hold(
        light_zygote,
        "import logging\nlog = logging.getLogger('a')\nlog.addHandler(logging.StreamHandler())",
        "log.error('b')",
    )
    first, second = (cell.run for cell in evidence.exam.cells)
    assert first is not None
    assert second is not None
    assert (first.stderr, second.stderr) == ("", "b")
    assert second.outputs == [Output("stderr", line_ends=1)]


def test_a_flood_is_not_kept_for_a_history(light_zygote: Zygote) -> None:
    evidence = hold(light_zygote, "line = 'a' * 1000\nfor _ in range(600_000):\n    print(line)", "x = 1")
    assert evidence.exam.fault is None
    assert evidence.answers()["x"][0] == Scalar("int", "1")


def test_an_interrupted_loop_leaves_the_next_cell_its_own(light_zygote: Zygote) -> None:
    cells = (Cell(0, "", "import asyncio\nawait asyncio.sleep(60)"), Cell(1, "", "x = await asyncio.sleep(0, 4)"))
    level = measure().level
    assert level is not None
    limits = Limits(cell_seconds=1, seconds=20, memory_mb=300, disk_mb=16)
    order = Order("key", Submission("ada", "", cells), Plan((), {"x": VariableProbe("x")}, ()), limits, level)
    evidence = examine(light_zygote, order)
    run = evidence.exam.cells[0].run
    assert run is not None
    assert run.fault is not None
    assert run.fault.kind == "time"
    assert evidence.answers()["x"][0] == Scalar("int", "4")
