"""One exam at a time: what comes back from cells and probes, and what a room does with code that breaks."""

from __future__ import annotations

import base64
import signal
import struct
import time
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograder.errors import GraderError
from autograder.evidence import Evidence
from autograder.records import Limits, Plan, Submission
from autograder.sandbox.exam import Order, examine
from autograder.sandbox.isolation import measure
from autograder.sandbox.room import Room, RoomEnded
from autograder.sandbox.rooms import RoomLimits, Zygote
from autograder.wire import codec
from autograder.wire.messages import (
    Array,
    CallProbe,
    Cell,
    CellRun,
    Dictionary,
    Fault,
    HistoryProbe,
    Items,
    Opaque,
    Output,
    Probe,
    RandomGenerator,
    Scalar,
    Text,
    VariableProbe,
)
from autograder.wire.pictures import CELL_PICTURES, NO_PICTURE, plain_png
from left_groups import left_groups

LIMITS = Limits(cell_seconds=2, seconds=15, memory_mb=300, processes=64, disk_mb=16, output_kb=2, array_mb=1)
X = {"x": VariableProbe("x")}


def hold(zygote: Zygote, *sources: str, probes: Mapping[str, Probe] = X, limits: Limits = LIMITS) -> Evidence:
    cells = tuple(Cell(index, f"cell-{index}", source) for index, source in enumerate(sources))
    submission = Submission("student", "digest", cells)
    level = measure().level
    assert level is not None, "the tests of the wall need a machine that can raise it: run `autograder doctor`"
    return examine(zygote, Order("key", submission, Plan((), probes, ()), limits, level))


def answer(evidence: Evidence, name: str = "x") -> object:
    return evidence.answers()[name][0]


def fault_of(evidence: Evidence, cell: int = 0) -> Fault:
    run = evidence.exam.cells[cell].run
    assert run is not None
    assert run.fault is not None
    return run.fault


def run_of(evidence: Evidence, cell: int = 0) -> CellRun:
    run = evidence.exam.cells[cell].run
    assert run is not None
    return run


def test_a_file_that_is_gone_leaves_no_room_behind(light_zygote: Zygote, tmp_path: Path) -> None:
    level = measure().level or ""
    submission = Submission("student", "digest", (Cell(0, "", "x = 1"),), files={"gone.txt": tmp_path / "gone.txt"})
    opened = []
    open_room = light_zygote.open_room

    def watched(*args: Any, **kwargs: Any) -> Room:
        opened.append(open_room(*args, **kwargs))
        return opened[0]

    with pytest.MonkeyPatch.context() as patch, pytest.raises(FileNotFoundError):
        patch.setattr(light_zygote, "open_room", watched)
        examine(light_zygote, Order("key", submission, Plan((), X, ()), LIMITS, level))
    with pytest.raises(RoomEnded):
        opened[0].receive(time.monotonic() + 10)
    assert left_groups() == set()


@pytest.mark.parametrize("source", ["globals()['net\\ud800'] = 3", "class net:\n    history = {'\\ud800': [1.0]}"])
def test_an_answer_that_cannot_be_written_costs_no_other(light_zygote: Zygote, source: str) -> None:
    probes: dict[str, Probe] = {"net": HistoryProbe("net"), "x": VariableProbe("x")}
    evidence = hold(light_zygote, f"{source}\nx = 3", probes=probes)
    assert answer(evidence) == Scalar("int", "3")
    assert isinstance(answer(evidence, "net"), Fault)


# --- Artifacts --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expression", "artifact"),
    [
        ("None", Scalar("none", "None")),
        ("True", Scalar("bool", "True")),
        ("2**70", Scalar("int", str(2**70))),
        ("float('nan')", Scalar("float", "nan")),
        ("1+2j", Scalar("complex", "(1+2j)")),
        ("'héhé'", Text("héhé", 4)),
        ("[1, 'a']", Items("list", [Scalar("int", "1"), Text("a", 1)])),
        ("(1,)", Items("tuple", [Scalar("int", "1")])),
        ("{3, 1}", Items("set", [Scalar("int", "1"), Scalar("int", "3")])),
        ("{'k': [None]}", Dictionary([(Text("k", 1), Items("list", [Scalar("none", "None")]))])),
        ("np.float32(0.5)", Array("float32", (), 0)),
        ("np.zeros((2, 0, 3), 'uint8')", Array("uint8", (2, 0, 3), 0)),
        ("np.zeros((3, 4), '>f8')", Array("float64", (3, 4), 0)),
        ("np.array(['a', 'b'])", Items("list", [Text("a", 1), Text("b", 1)])),
        ("np.array([1, 'a'], dtype=object)", Items("list", [Scalar("int", "1"), Text("a", 1)])),
        ("slice(3)", Opaque("builtins.slice", "slice(None, 3, None)")),
    ],
)
def test_values_become_data(light_zygote: Zygote, expression: str, artifact: object) -> None:
    assert answer(hold(light_zygote, f"import numpy as np\nx = {expression}")) == artifact


def test_values_that_are_too_large_or_too_deep_are_faults(light_zygote: Zygote) -> None:
    deep = "x = []\nfor _ in range(50): x = [x]"
    for source in ("import numpy as np\nx = np.zeros(10**6)", "x = list(range(10**6))", deep, "x = []\nx.append(x)"):
        found = answer(hold(light_zygote, source))
        assert isinstance(found, Fault)
        assert found.kind == "size"


def test_a_call_gets_its_own_copy_of_its_arguments(light_zygote: Zygote) -> None:
    blobs: list[bytes] = []
    argument = codec.array_record(np.arange(3.0), blobs)
    probes: dict[str, Probe] = {name: CallProbe("f", [argument], {"k": Scalar("int", "2")}) for name in ("one", "two")}
    cell = Cell(0, "", "def f(a, k):\n    a += 1\n    return k * a")
    order = Order("k", Submission("s", "d", (cell,)), Plan((), probes, tuple(blobs)), LIMITS, measure().level or "")
    answers = examine(light_zygote, order).answers()
    for found, data in answers.values():
        assert isinstance(found, Array)
        assert codec.array_value(found, data).tolist() == [2, 4, 6]


def test_a_call_gets_a_generator_that_nothing_was_drawn_from(light_zygote: Zygote) -> None:
    probes = {name: CallProbe("f", [RandomGenerator(7)], {}) for name in ("one", "two")}
    found = hold(light_zygote, "def f(rng): return rng.integers(1000, size=3)", probes=probes)
    drawn = np.random.default_rng(7).integers(1000, size=3).tolist()
    assert len(found.answers()) == 2
    for record, data in found.answers().values():
        assert isinstance(record, Array)
        assert codec.array_value(record, data).tolist() == drawn


def test_a_missing_name_says_what_looks_like_it(light_zygote: Zygote) -> None:
    found = answer(hold(light_zygote, "modele_2 = 1", probes={"x": VariableProbe("modele2")}))
    assert found == Fault(kind="missing", error="modele2", names=["modele_2"])


def test_a_function_is_taken_for_one_asked_for_sooner_than_a_number(light_zygote: Zygote) -> None:
    cell = "def compte(x): return x\ncomptage = 3"
    found = answer(hold(light_zygote, cell, probes={"x": CallProbe("compter", [], {})}))
    assert found == Fault(kind="missing", error="compter", names=["compte"])


def test_code_that_raises_when_called_says_where(light_zygote: Zygote) -> None:
    found = answer(hold(light_zygote, "1", "def f():\n    return [][3]", probes={"x": CallProbe("f", [], {})}))
    assert isinstance(found, Fault)
    assert (found.kind, found.error, found.cell) == ("raised", "IndexError", 1)
    assert (found.frames[-1].line, found.frames[-1].function, found.frames[-1].code) == (2, "f", "return [][3]")


def test_a_value_whose_own_methods_raise_is_a_fault(light_zygote: Zygote) -> None:
    found = answer(hold(light_zygote, "class C:\n    def __repr__(self): raise ValueError('no')\nx = C()"))
    assert isinstance(found, Fault)
    assert (found.kind, found.error) == ("raised", "ValueError")


# --- Cells ------------------------------------------------------------------------------------------------------------


def test_cells_run_as_in_a_notebook(light_zygote: Zygote) -> None:
    source = (
        "import sys\nprint('out')\nprint('err', file=sys.stderr)\nx = !echo from the shell\n%matplotlib inline\n6 * 7"
    )
    evidence = hold(light_zygote, source, "_ + 1", "x = list(x)")
    run = run_of(evidence)
    assert (run.stdout, run.stderr, run.result, run.fault) == ("out\n", "err", "42", None)
    assert run_of(evidence, 1).result == "43"
    assert answer(evidence) == Items("list", [Text("from the shell", 14)])


@pytest.mark.parametrize(
    ("source", "kinds"),
    [
        ("x = 1", []),
        ("print('a')\nprint('b')\n3", ["stdout", "result"]),
        ("import sys\nprint('a', file=sys.stderr)\n3", ["stderr", "result"]),
        ("import os\nos.write(2, b'a')\nNone", ["stderr"]),
        ("import os\nos.write(2, b'a')\n3", ["stderr", "result"]),
        ("!echo a >&2", ["stdout"]),
        ("print('a')\n1 / 0", ["stdout", "error"]),
        ("def f(:", ["error"]),
        ("class R:\n    def __repr__(self): raise ValueError\nR()", ["error"]),
        ("3;", []),
        ("display(3)", []),
        ("print('a')\nfrom IPython.display import clear_output\nclear_output()", []),
        ("print('a')\nfrom IPython.display import clear_output\nclear_output(wait=True)", ["stdout"]),
        ("print('a')\nfrom IPython.display import clear_output\nclear_output(wait=True)\n3", ["result"]),
        ("import warnings\nwarnings.warn('FigureCanvasAgg is non-interactive, and so on')", []),
    ],
)
def test_outputs_are_kept_in_order(light_zygote: Zygote, source: str, kinds: list[str]) -> None:
    assert [output.kind for output in run_of(hold(light_zygote, source)).outputs] == kinds


def test_outputs_without_end_are_cut(light_zygote: Zygote) -> None:
    source = "import sys\nfor _ in range(1000):\n    print('a')\n    print('b', file=sys.stderr)"
    outputs = run_of(hold(light_zygote, source)).outputs
    assert len(outputs) == 100
    assert outputs[:2] == [Output("stdout", line_ends=1), Output("stderr", line_ends=1)]


def test_a_cell_that_raises_does_not_stop_the_others(light_zygote: Zygote) -> None:
    evidence = hold(light_zygote, "1 / 0", "x = 3")
    assert fault_of(evidence).error == "ZeroDivisionError"
    assert answer(evidence) == Scalar("int", "3")


def test_a_syntax_error_says_its_line(light_zygote: Zygote) -> None:
    found = fault_of(hold(light_zygote, "a = 1\nb = = 2"))
    assert (found.error, found.message) == ("SyntaxError", "invalid syntax")
    assert [(frame.line, frame.code) for frame in found.frames] == [(2, "b = = 2")]


def test_the_same_code_gives_the_same_draws(light_zygote: Zygote) -> None:
    source = "import random, numpy as np\nx = [random.random(), float(np.random.rand())]"
    assert answer(hold(light_zygote, source)) == answer(hold(light_zygote, source))


@pytest.mark.parametrize("source", ["import sys; sys.exit()", "exit()", "raise SystemExit", "raise KeyboardInterrupt"])
def test_leaving_is_an_error_of_the_cell(light_zygote: Zygote, source: str) -> None:
    evidence = hold(light_zygote, source, "x = 3")
    assert evidence.exam.fault is None
    assert answer(evidence) == Scalar("int", "3")


def test_an_endless_loop_costs_its_cell(light_zygote: Zygote) -> None:
    evidence = hold(light_zygote, "while True: pass", "x = 3")
    assert fault_of(evidence).kind == "time"
    assert answer(evidence) == Scalar("int", "3")


def test_an_endless_answer_costs_its_probe(light_zygote: Zygote) -> None:
    probes: dict[str, Probe] = {"x": CallProbe("f", [], {}), "y": VariableProbe("y")}
    evidence = hold(light_zygote, "y = 3\ndef f():\n    while True: pass", probes=probes)
    found = answer(evidence)
    assert isinstance(found, Fault)
    assert found.kind == "time"
    assert answer(evidence, "y") == Scalar("int", "3")


def test_a_loop_that_will_not_be_interrupted_ends_the_room(light_zygote: Zygote) -> None:
    source = "import time\nwhile True:\n    try:\n        while True: time.sleep(0.01)\n    except BaseException: pass"
    evidence = hold(light_zygote, "y = 1", source, "x = 3")
    assert evidence.exam.fault == Fault(kind="time", cell=1)
    assert evidence.exam.cells[0].run is not None
    assert evidence.exam.cells[2].run is None
    assert evidence.answers() == {}


def test_a_process_that_ends_is_the_students_doing(light_zygote: Zygote) -> None:
    evidence = hold(light_zygote, "y = 1", "import os; os._exit(0)", "x = 3")
    assert evidence.exam.fault == Fault(kind="died", message="exit code 0", cell=1)
    assert evidence.exam.cells[2].run is None


def test_a_crash_is_the_students_doing(light_zygote: Zygote) -> None:
    fault = hold(light_zygote, "import ctypes; ctypes.string_at(0)").exam.fault
    assert fault == Fault(kind="died", message="SIGSEGV", cell=0)


def test_memory_has_an_end(light_zygote: Zygote) -> None:
    evidence = hold(light_zygote, "import numpy as np\nkept = []\nwhile True: kept.append(np.ones(10**6))", "x = 3")
    ended = evidence.exam.fault
    assert (ended is not None and ended.kind == "memory") or fault_of(evidence).kind == "memory"


def test_a_flood_of_output_is_cut_and_counted(light_zygote: Zygote) -> None:
    source = "for i in range(20_000): print('line', i)\nx = 3"
    run = run_of(evidence := hold(light_zygote, source))
    assert run.stdout.startswith("line 0\n")
    assert run.stdout.endswith("line 19999\n")
    assert len(run.stdout) < 3000
    assert run.output_length > 200_000
    assert answer(evidence) == Scalar("int", "3")


def test_nobody_answers_and_who_waits_for_an_answer_stops(light_zygote: Zygote) -> None:
    evidence = hold(light_zygote, "x = input('name?')", "while not input(): pass")
    assert run_of(evidence).stdout == "name?\n"
    assert answer(evidence) == Text("", 0)
    assert fault_of(evidence, 1).error == "EOFError"


def test_an_unreadable_submission_opens_no_room(light_zygote: Zygote) -> None:
    submission = Submission("s", "d", fault=Fault(kind="unreadable", message="empty"))
    evidence = examine(light_zygote, Order("k", submission, Plan((), X, ()), LIMITS, "standard"))
    assert evidence.exam.fault == Fault(kind="unreadable", message="empty")
    assert evidence.exam.seconds == 0


# --- Pictures ---------------------------------------------------------------------------------------------------------

PLOTS = """
import matplotlib.pyplot as plt
plt.plot([1, 2])
plt.show()
assert plt.get_fignums() == []
plt.plot([2, 1])
print("drawn")
"""
GIVEN = 'import base64\nfrom IPython.display import Image, display\ndisplay(Image(base64.b64decode("{png}")))\n1 + 1'
FORGED = """
from autograder.worker.pictures import pictures
pictures._taken += [b"\\x89PNG\\r\\n\\x1a\\n<script>alert(1)</script>", b"no picture at all", *[bytes(PNG)] * 40]
"""


def with_text(png: bytes, text: bytes) -> bytes:
    """A PNG with a comment before its end."""
    chunk = struct.pack(">I", len(text)) + b"tEXt" + text + zlib.crc32(b"tEXt" + text).to_bytes(4, "big")
    return png[:-12] + chunk + png[-12:]


def shown(zygote: Zygote, *sources: str, pictures: bool = True) -> list[tuple[int, bytes]]:
    """The cell of each picture that comes back, and its bytes."""
    cells = tuple(Cell(index, "", source) for index, source in enumerate(sources))
    order = Order(
        "key", Submission("s", "d", cells), Plan((), {}, ()), LIMITS, measure().level or "", pictures=pictures
    )
    evidence = examine(zygote, order)
    assert evidence.exam.fault is None
    return [(picture.cell, file) for picture, file in evidence.pictures()]


@pytest.mark.tensorflow
def test_each_plot_is_kept_where_somebody_is_to_look_at_it(keras_zygote: Zygote) -> None:  # it has Matplotlib
    found = shown(keras_zygote, PLOTS, "x = 1", "import matplotlib.pyplot as plt\nplt.figure()")
    assert [cell for cell, _ in found] == [0, 0]
    assert all(plain_png(file) == file for _, file in found)
    assert found[0][1] != found[1][1]
    assert shown(keras_zygote, PLOTS, pictures=False) == []


def test_a_picture_that_is_displayed_is_kept_without_what_rides_along(light_zygote: Zygote) -> None:
    png = with_text(NO_PICTURE, b"Comment\0<script>alert(1)</script>")
    assert plain_png(png) == NO_PICTURE
    assert shown(light_zygote, GIVEN.format(png=base64.b64encode(png).decode())) == [(0, NO_PICTURE)]


def test_what_a_room_claims_to_be_pictures_is_looked_at_by_the_host(light_zygote: Zygote) -> None:
    source = FORGED.replace("bytes(PNG)", repr(NO_PICTURE))
    assert shown(light_zygote, source, "y = 2") == [(0, NO_PICTURE)] * (CELL_PICTURES - 2)


def test_a_room_that_fell_with_the_machine_is_no_students_fault(
    light_zygote: Zygote, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The kernel ends what is largest where all memory is used up, whoever used it."""
    if measure().level != "strict":
        pytest.skip("NOT TESTED: no control groups here")
    room = light_zygote.open_room(RoomLimits(2**28, 64, 2**24), grouped=True)
    monkeypatch.setattr(type(room._cgroup), "fell_with_the_machine", lambda _: True)
    assert room._inmate is not None
    signal.pidfd_send_signal(room._inmate, signal.SIGKILL)
    with pytest.raises(GraderError, match="this machine ran out of memory"):
        room.close()
