"""The IPython shell of a room: what a notebook's kernel is to the code it runs, without the messages.

Notebooks look where they run (`get_ipython().kernel`, the class's name, `'IPKernelApp' in config`) and what ran before
(`In`, `Out`, `_`, `%history`), and have magics of a kernel's own. All this is here. History lies in memory.
"""

from __future__ import annotations

import asyncio
import contextlib
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

from IPython.core.compilerop import CachingCompiler
from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import ExecutionResult, InteractiveShell
from IPython.core.profiledir import ProfileDir
from traitlets import Any as AnyTrait
from traitlets import Type
from traitlets.config import Config, Configurable

from autograder.wire import codec
from autograder.worker.pictures import pictures
from autograder.worker.stand_ins import Absent
from autograder.worker.streams import outputs

CELL_FILE = "<cell "
"""How the name of a cell's code begins, before its place in the notebook."""
RESULT_CHARS = 1000
"""Of a displayed value, kept among the outputs. A number has fewer."""
OWN_FILES = "/tmp/.ipython"
"""Where `%store`, `%bookmark` and their like keep what they keep."""


class CellCompiler(CachingCompiler):
    """Names the code of a cell after its place in the notebook, so that a traceback can say where it happened."""

    index = 0
    source = ""
    """Of the cell that runs."""

    def get_code_name(self, raw_code: str, transformed_code: str, number: int) -> str:
        if raw_code.strip() in self.source:  # the cell, or the body of its magic
            return f"{CELL_FILE}{self.index}>"
        return f"<beside cell {self.index}: {hash(raw_code)}>"  # of a notebook that the cell runs


class ResultHook(DisplayHook):
    """Keeps the text of a cell's last expression instead of printing it."""

    shown = ""
    source = ""
    """Of the cell that runs."""

    def quiet(self) -> bool:
        try:
            return bool(self.semicolon_at_end_of_expression(self.source))  # type: ignore[no-untyped-call]
        except Exception:  # tokenize refuses what is no Python, such as a magic
            return False

    def write_output_prompt(self) -> None:
        return

    def write_format_data(self, format_dict: dict[str, Any], md_dict: dict[str, Any] | None = None) -> None:
        self.shown = str(format_dict.get("text/plain", ""))
        pictures.take(format_dict.get("image/png"))
        outputs.show(codec.plain_text(self.shown[:RESULT_CHARS]))

    def finish_displayhook(self) -> None:
        return


class TextPublisher(DisplayPublisher):
    """`display(x)` prints the text form of x. A picture is kept where somebody is to look at it."""

    def publish(self, data: Any, *_: Any, **__: Any) -> None:
        pictures.take(data.get("image/png"))
        outputs.display(data.get("text/plain", ""))

    def clear_output(self, wait: bool = False) -> None:
        outputs.clear(wait)


class InlineBackend(Configurable):
    """Settings of figures (`%config InlineBackend.figure_format = "retina"`): taken, and without effect."""

    figure_format = AnyTrait().tag(config=True)
    figure_formats = AnyTrait().tag(config=True)
    print_figure_kwargs = AnyTrait().tag(config=True)
    rc = AnyTrait().tag(config=True)
    close_figures = AnyTrait(True).tag(config=True)


NOTHING_TO_DO = ("clear", "cls", "connect_info", "less", "man", "more", "qtconsole", "subshell")
"""Magics of a kernel's own that speak to the page which shows the notebook: there is none."""


def _do_nothing(line: str) -> None:
    """Take a magic's line."""


def _autosave(line: str) -> None:
    """Say what a kernel says of saving the notebook every so many seconds."""
    seconds = line.strip() or "0"
    outputs.stdout.write("Autosave disabled\n" if seconds == "0" else f"Autosaving every {seconds} seconds\n")


class Kernel:
    """What `get_ipython().kernel` is: whatever a notebook asks of it does nothing, as there is nobody to speak to."""

    implementation = "ipython"

    def __init__(self, shell: InteractiveShell) -> None:
        self.shell = shell

    def do_shutdown(self, restart: bool) -> dict[str, Any]:
        return {"status": "ok", "restart": restart}

    def __getattr__(self, name: str) -> Absent:
        if name.startswith("_"):
            raise AttributeError(name)
        return Absent(f"kernel.{name}")


class ZMQInteractiveShell(InteractiveShell):
    """IPython without a terminal. It has the name of a kernel's shell, by which libraries know that a notebook runs."""

    compiler_class = Type(CellCompiler)
    displayhook_class = Type(ResultHook)
    display_pub_class = Type(TextPublisher)
    kernel = AnyTrait()

    def showtraceback(self, *_: Any, **__: Any) -> None:
        outputs.fail()

    def showsyntaxerror(self, *_: Any, **__: Any) -> None:
        outputs.fail()

    def enable_matplotlib(self, gui: Any = None) -> tuple[str, str]:
        return "agg", "agg"

    def init_magics(self) -> None:
        super().init_magics()  # type: ignore[no-untyped-call]
        register: Any = self.register_magic_function
        for name in NOTHING_TO_DO:
            register(_do_nothing, "line", name)
        register(_autosave, "line", "autosave")

    def system(self, cmd: str) -> None:
        """`!command`: run it and print what it says."""
        command = _with_unzip(self.var_expand(cmd, depth=1))  # type: ignore[no-untyped-call]
        # A kernel gives it a terminal, where the two streams are one.
        done = subprocess.run(
            command,
            shell=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
        sys.stdout.write(done.stdout)
        self.user_ns["_exit_code"] = done.returncode

    @contextlib.contextmanager
    def _tee(self, channel: str) -> Iterator[None]:
        """Where IPython would keep all that is ever printed: the host has it, and a room's memory is counted."""
        yield

    def _format_exception_for_storage(self, exception: BaseException, *_: Any, **__: Any) -> dict[str, Any]:
        """For `%tb` and its like, without the text of the traceback: making it runs the student's code again."""
        return {"ename": type(exception).__name__, "evalue": "", "traceback": []}


def _with_unzip(command: str) -> str:
    """Have Python unpack what `!unzip` names, where this machine has no such program."""
    words = command.split()
    if not words or words[0] != "unzip" or shutil.which("unzip"):
        return command
    try:
        words = shlex.split(command)[1:]
    except ValueError:
        return command
    target = words[words.index("-d") + 1] if "-d" in words[:-1] else "."
    archives = [word for word in words if not word.startswith("-") and word != target]
    return shlex.join([sys.executable, "-m", "zipfile", "-e", archives[0], target]) if archives else command


def make_shell() -> ZMQInteractiveShell:
    """Return the process's shell: made once, in the zygote; a room inherits it."""
    config = Config()
    config.HistoryManager.hist_file = ":memory:"  # nor does it start a thread then, which would forbid to fork
    config.IPKernelApp.connection_file = ""
    shell: Any = ZMQInteractiveShell.instance(config=config)
    shell.kernel = Kernel(shell)
    shell.configurables.append(InlineBackend(parent=shell))
    shell.set_hook("show_in_pager", lambda *_, **__: None)  # `print?`: a kernel shows it beside the notebook
    shell.extension_manager.load_extension("storemagic")
    shell.display_formatter.formatters["image/png"].for_type_by_name("matplotlib.figure", "Figure", pictures.draw)
    assert isinstance(shell, ZMQInteractiveShell)
    return shell


def move_in(shell: ZMQInteractiveShell) -> None:
    """Have IPython keep its own files in the room, not where the zygote has its own."""
    shell.ipython_dir = OWN_FILES
    shell.profile_dir = ProfileDir(location=f"{OWN_FILES}/profile_default")


def run_cell(shell: ZMQInteractiveShell, source: str) -> ExecutionResult:
    """Run a cell in an event loop, as a kernel does: `await` works, and so does `asyncio.create_task`."""
    loop = _event_loop()
    return loop.run_until_complete(_run(shell, source))


def _event_loop() -> asyncio.AbstractEventLoop:
    """The loop that all cells share; another where student code has closed it."""
    global _loop
    if _loop is None or _loop.is_closed():
        _loop = asyncio.new_event_loop()
        asyncio.set_event_loop(_loop)
    return _loop


async def _run(shell: Any, source: str) -> ExecutionResult:
    transformed, error = source, None
    try:
        transformed = shell.transform_cell(source)
    except Exception:
        error = sys.exc_info()
    result: ExecutionResult
    if not shell.should_run_async(source, transformed_cell=transformed, preprocessing_exc_tuple=error):
        result = shell.run_cell(source, store_history=True)
    else:
        result = await shell.run_cell_async(
            source, store_history=True, transformed_cell=transformed, preprocessing_exc_tuple=error
        )
        shell.events.trigger("post_execute")
        shell.events.trigger("post_run_cell", result)
    await asyncio.sleep(0)  # what the cell started and did not wait for goes on a little
    return result


_loop: asyncio.AbstractEventLoop | None = None
