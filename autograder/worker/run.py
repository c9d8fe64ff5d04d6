"""Inside a room: run the cells in an IPython shell, then answer the probes. Everything here is at the student's mercy.

Whatever this process says is a claim. The host checks its form, limits its size, and judges it elsewhere.
"""

from __future__ import annotations

import contextlib
import fcntl
import io
import linecache
import os
import random
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any, Literal

import msgspec
import numpy as np
from IPython.core.compilerop import CachingCompiler
from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import ExecutionResult, InteractiveShell
from traitlets import Type

from autograder.wire import codec
from autograder.wire.messages import (
    AnswerStarted,
    CappedFit,
    Cell,
    CellRun,
    Cells,
    CellsDone,
    CellStarted,
    Done,
    Fault,
    File,
    FitCap,
    Frame,
    Output,
    Pictured,
    Questions,
    Record,
)
from autograder.worker import elsewhere, fit_cap, imports
from autograder.worker.answer import Answerer
from autograder.worker.pictures import pictures
from autograder.worker.watch import Watches

MESSAGE_CHARS = 4000
FRAMES = 12
CODE_CHARS = 160
CELL_FILE = "<cell "
CELL_NAME = re.compile(r"^<cell \d+>$")
FIGURE_WARNING = "FigureCanvasAgg is non-interactive"
"""Of a warning that the notebook's own backend does not give."""
DESCRIPTOR_BYTES = 2**20
RESULT_CHARS = 1000
"""Of a displayed value, kept among the outputs. A number has fewer."""
OUTPUTS = 100
"""Of one cell, at most. A score hangs on the first few."""


class _Interrupts:
    """Remembers whether the host's interrupt, and not the student's own, stopped the code that runs."""

    def __init__(self) -> None:
        self._seen = False
        self._armed = False
        signal.signal(signal.SIGINT, self._handle)

    def _handle(self, _number: int, _frame: FrameType | None) -> None:
        if self._armed:  # one that comes a moment late must not hit what comes next
            self._seen = True
            raise KeyboardInterrupt

    @contextlib.contextmanager
    def armed(self) -> Iterator[None]:
        """Let interrupts through, while student code runs."""
        self._seen, self._armed = False, True
        try:
            yield
        finally:
            self._armed = False

    def seen(self) -> bool:
        """Whether one came since the last time they were let through."""
        return self._seen


class _Outputs:
    """What the cell that runs puts out, in order, as a notebook would keep it: a stream's writes run together."""

    def __init__(self) -> None:
        self._kept: list[Output] = []
        self._clearing = False
        self._silent = False
        self._heard = [0, 0]

    def start(self) -> None:
        """A cell starts: it has put out nothing."""
        self._kept, self._clearing = [], False
        self._heard = [0, 0]
        for descriptor in (1, 2):
            with contextlib.suppress(OSError):
                os.ftruncate(descriptor, 0)

    def all(self) -> list[Output]:
        self._hear_descriptors()
        return list(self._kept)

    def write(self, stream: Literal["stdout", "stderr"], text: str) -> None:
        if not text or self._silent:
            return
        self._make_room()
        if self._kept and self._kept[-1].kind == stream:
            self._kept[-1] = Output(stream, line_ends=self._kept[-1].line_ends + text.count("\n"))
        elif len(self._kept) < OUTPUTS:
            self._kept.append(Output(stream, line_ends=text.count("\n")))

    def show(self, text: str) -> None:
        """The value of an expression is displayed."""
        self._add(Output("result", text))

    def fail(self) -> None:
        """A traceback is displayed."""
        if not self._kept or self._kept[-1].kind != "error":
            self._add(Output("error"))

    def _add(self, output: Output) -> None:
        self._hear_descriptors()
        self._make_room()
        if len(self._kept) < OUTPUTS:
            self._kept.append(output)

    @contextlib.contextmanager
    def display(self) -> Iterator[None]:
        """What is printed meanwhile is a picture, a table, a text of its own: no output of a stream."""
        self._make_room()
        self._silent = True
        try:
            yield
        finally:
            self._silent = False

    def clear(self, wait: bool) -> None:
        """`clear_output`: now, or when there is something else to show."""
        self._hear_descriptors()
        self._clearing = True
        if not wait:
            self._make_room()

    def _make_room(self) -> None:
        if self._clearing:
            self._kept, self._clearing = [], False

    def _hear_descriptors(self) -> None:
        """Take in what was written beneath Python, by libraries and by programs that were started."""
        for descriptor, stream in ((1, "stdout"), (2, "stderr")):
            before, now = self._heard[descriptor - 1], _size(descriptor)
            if now > before:
                self._heard[descriptor - 1] = now
                written = os.pread(descriptor, min(now - before, DESCRIPTOR_BYTES), before)
                self.write(stream, written.decode(errors="replace"))  # type: ignore[arg-type]


def _size(descriptor: int) -> int:
    """Bytes written to a standard descriptor, which is a file here; 0 where student code has closed it."""
    with contextlib.suppress(OSError):
        return os.fstat(descriptor).st_size
    return 0


def _watch_descriptors() -> None:
    """Let what is written to descriptors 1 and 2 go to files without a name, which fill the room's own disk alone."""
    for descriptor in (1, 2):
        with tempfile.TemporaryFile() as file:
            os.dup2(file.fileno(), descriptor)
            fcntl.fcntl(descriptor, fcntl.F_SETFL, os.O_APPEND)


class _Capture(io.TextIOBase):
    """A text stream that keeps the start and the end of what is written and counts the rest."""

    def __init__(self, limit: int, stream: Literal["stdout", "stderr"] = "stdout") -> None:
        self._stream = stream
        self._half = max(limit // 2, 1)
        self._head = ""
        self._tail: list[str] = []
        self._tail_length = 0
        self.length = 0

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        written = len(text)
        if self._stream == "stderr" and FIGURE_WARNING in text:
            return written
        _outputs.write(self._stream, text)
        self.length += written
        room = self._half - len(self._head)
        if room > 0:
            self._head += text[:room]
            text = text[room:]
        if text:
            self._tail.append(text[-self._half :])
            self._tail_length += len(self._tail[-1])
        if self._tail_length > 8 * self._half:  # seldom, so that a flood of short lines costs little a line
            self._cut_tail()
        return written

    def _cut_tail(self) -> str:
        tail = "".join(self._tail)[-self._half :]
        self._tail, self._tail_length = [tail], len(tail)
        return tail

    def text(self) -> str:
        tail = self._cut_tail()
        left_out = self.length - len(self._head) - len(tail)
        return codec.plain_text(f"{self._head}\n[… {left_out} …]\n{tail}" if left_out > 0 else self._head + tail)


class _CellCompiler(CachingCompiler):
    """Names the code of a cell after its place in the notebook, so that a traceback can say where it happened."""

    index = 0
    source = ""
    """Of the cell that runs."""

    def get_code_name(self, raw_code: str, transformed_code: str, number: int) -> str:
        if raw_code.strip() in self.source:  # the cell, or the body of its magic
            return f"{CELL_FILE}{self.index}>"
        return f"<beside cell {self.index}: {hash(raw_code)}>"  # of a notebook that the cell runs


class _ResultHook(DisplayHook):
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
        _outputs.show(codec.plain_text(self.shown[:RESULT_CHARS]))

    def finish_displayhook(self) -> None:
        return


class _TextPublisher(DisplayPublisher):
    """`display(x)` prints the text form of x. A picture is kept where somebody is to look at it."""

    def publish(self, data: Any, *_: Any, **__: Any) -> None:
        pictures.take(data.get("image/png"))
        with _outputs.display():
            print(data.get("text/plain", ""))

    def clear_output(self, wait: bool = False) -> None:
        _outputs.clear(wait)


class _Shell(InteractiveShell):
    """IPython without history, colours or a terminal."""

    compiler_class = Type(_CellCompiler)
    displayhook_class = Type(_ResultHook)
    display_pub_class = Type(_TextPublisher)

    def showtraceback(self, *_: Any, **__: Any) -> None:
        _outputs.fail()

    def showsyntaxerror(self, *_: Any, **__: Any) -> None:
        _outputs.fail()

    def enable_matplotlib(self, gui: Any = None) -> tuple[str, str]:
        return "agg", "agg"

    def system(self, cmd: str) -> None:
        """`!command`: run it and print what it says."""
        command = self.var_expand(cmd, depth=1)  # type: ignore[no-untyped-call]
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
        print(done.stdout, end="")
        self.user_ns["_exit_code"] = done.returncode


def _make_shell() -> _Shell:
    from traitlets.config import Config

    config = Config()
    config.HistoryManager.enabled = False
    config.HistoryManager.hist_file = ":memory:"
    shell = _Shell.instance(config=config)
    assert shell.display_formatter is not None
    shell.display_formatter.formatters["image/png"].for_type_by_name("matplotlib.figure", "Figure", pictures.draw)
    return shell


_outputs = _Outputs()
_watches = Watches()
_shell = _make_shell()  # once, in the zygote: a room inherits it
_shell.ast_transformers.append(_watches)


def serve(talk: socket.socket) -> None:
    """Hold the conversation of one room: cells first, then the questions."""
    interrupts = _Interrupts()
    stream = talk.makefile("rb")
    cells, contents = codec.unpack(codec.read_frame(stream.read), Cells)
    if not cells.as_kernel:
        elsewhere.install()
    _seed(cells.seed)
    _lay_out(cells.files, contents)
    imports.look_beside_the_notebook(file.path for file in cells.files)
    _watch_descriptors()
    os.environ.update(cells.environment)
    pictures.wanted = cells.pictures
    for cell in cells.cells:
        imports.notice_new_files()
        _send(talk, CellStarted(cell.index))
        run = _run_cell(_shell, cell, cells.output_chars, cells.fit, interrupts)
        _leave_if_forked()
        if pictures.all():
            _send(talk, Pictured(cell.index), pictures.all())
        _send(talk, run)
    _send(talk, CellsDone())
    questions, blobs = codec.unpack(codec.read_frame(stream.read), Questions)
    answerer = Answerer(_shell.user_ns, _shell.user_ns_hidden, questions, blobs, explain_error)
    sys.stdout = sys.stderr = _Capture(0)
    for name, probe in questions.probes.items():
        _send(talk, AnswerStarted(name))
        answered, data = answerer.answer(name, probe, interrupts)
        _leave_if_forked()
        _send(talk, answered, data)
    _send(talk, Done())


def _lay_out(files: list[File], contents: list[bytes]) -> None:
    """Put the files that were handed in where the notebook runs. One that does not fit is left out: its use fails."""
    for file in files:
        path = Path(file.path)
        with contextlib.suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(contents[file.blob])


def _seed(seed: int) -> None:
    """The same start for every room: a submission graded twice gives the same evidence."""
    random.seed(seed)
    np.random.seed(seed)
    if keras := sys.modules.get("keras"):
        keras.utils.set_random_seed(seed)


def _leave_if_forked() -> None:
    """A copy of the room that student code forked, and that came back here, must not speak for it."""
    if os.getpid() != 1:
        os._exit(0)


def _send(talk: socket.socket, message: Record, blobs: list[bytes] | None = None) -> None:
    talk.sendall(codec.pack(message, blobs))


def _run_cell(shell: _Shell, cell: Cell, output_chars: int, fit: FitCap, interrupts: _Interrupts) -> CellRun:
    compiler, shown = shell.compile, shell.displayhook
    assert isinstance(compiler, _CellCompiler)
    assert isinstance(shown, _ResultHook)
    compiler.index, compiler.source = cell.index, cell.source
    shown.shown, shown.source = "", cell.source
    stdout, stderr = _Capture(output_chars), _Capture(output_chars, "stderr")
    _outputs.start()
    pictures.start()
    _watches.expect(cell.index if cell.given else None)
    sys.stdout, sys.stderr = stdout, stderr
    started = time.perf_counter()
    error: BaseException | None
    capped: list[CappedFit] = []
    try:
        with fit_cap.armed(fit) as capped, interrupts.armed():
            result: ExecutionResult = shell.run_cell(cell.source, store_history=False)  # type: ignore[no-untyped-call]
            pictures.show_figures()
        error = result.error_before_exec or result.error_in_exec
    except BaseException as raised:  # an interrupt can land in IPython itself
        error = raised
    seconds = time.perf_counter() - started
    if error is not None:
        _outputs.fail()
    outputs = _outputs.all()
    fault = None if error is None else explain_error(error, cell.index, interrupts.seen())
    if fault is not None and fault.error == "AssertionError" and fault.frames:
        fault = msgspec.structs.replace(fault, values=_operands(fault.frames[-1], interrupts))
    _watches.forget()
    return CellRun(
        index=cell.index,
        seconds=seconds,
        stdout=stdout.text(),
        stderr=stderr.text().removesuffix("\n"),
        output_length=stdout.length + stderr.length,
        result=codec.plain_text(shown.shown[:output_chars]),
        fault=fault,
        capped=capped,
        outputs=outputs,
    )


def _operands(frame: Frame, interrupts: _Interrupts) -> list[tuple[str, str]]:
    """What the operands of the assert were that failed; none where they do not let themselves be shown."""
    try:
        with interrupts.armed():
            return _watches.values(frame.cell, frame.line)
    except BaseException:  # a student's own class may do anything when it is asked for its repr
        return []


def explain_error(error: BaseException, cell: int | None, interrupted: bool) -> Fault:
    """Return the fault of `error`, with the frames that are the student's own."""
    frames = [
        _own_frame(frame) for frame in traceback.extract_tb(error.__traceback__) if CELL_NAME.match(frame.filename)
    ]
    return Fault(
        kind="time" if interrupted else "memory" if isinstance(error, MemoryError) else "raised",
        error=codec.plain_text(type(error).__name__)[:200],
        message=_message(error)[:MESSAGE_CHARS],
        frames=frames[-FRAMES:],
        cell=frames[-1].cell if frames else cell,
    )


def _message(error: BaseException) -> str:
    try:
        if isinstance(error, SyntaxError) and error.text:
            return codec.plain_text(f"{error.msg}, line {error.lineno}: {error.text.strip()}")
        return codec.plain_text(str(error))
    except BaseException:  # a student's exception may do anything when it is asked for its text
        return ""


def _own_frame(frame: traceback.FrameSummary) -> Frame:
    code = (linecache.getline(frame.filename, frame.lineno or 0) or frame.line or "").strip()
    cell = int(frame.filename[len(CELL_FILE) : -1])
    return Frame(cell, frame.lineno or 0, codec.plain_text(frame.name)[:200], codec.plain_text(code)[:CODE_CHARS])
