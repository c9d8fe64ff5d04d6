"""Inside a room: run the cells in an IPython shell, then answer the probes. Everything here is at the student's mercy.

Whatever this process says is a claim. The host checks its form, limits its size, and judges it elsewhere.
"""

from __future__ import annotations

import contextlib
import linecache
import os
import re
import signal
import socket
import time
import traceback
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import BinaryIO

import msgspec

from autograder.wire import codec, limits
from autograder.wire.messages import (
    Answered,
    CappedFit,
    Cell,
    CellRun,
    Cells,
    CellsDone,
    CellStarted,
    Fault,
    File,
    FitCap,
    Frame,
    Pictured,
    Questions,
    Record,
)
from autograder.worker import datasets, imports, kernel, once, stand_ins, weights
from autograder.worker.answer import Answerer
from autograder.worker.blame import place_of_ours
from autograder.worker.figures import figures
from autograder.worker.keras import fit_cap
from autograder.worker.kernel import CELL_FILE, CellCompiler, ResultHook, ZMQInteractiveShell
from autograder.worker.pictures import pictures
from autograder.worker.seeds import reseed
from autograder.worker.streams import outputs
from autograder.worker.watch import Watches

MESSAGE_CHARS = 4000
FRAMES = 12
CODE_CHARS = 160
AUTOGRAPH = "in user code:"
AUTOGRAPH_FRAME = re.compile(r'File "<cell (\d{1,9})>", line (\d{1,9}), in (\S+)')
"""How TensorFlow tells of an error in a function that it has rewritten: its own traceback, as text."""
CELL_NAME = re.compile(r"^<cell \d+>$")


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


_watches = Watches()
_shell = kernel.make_shell()  # once, in the zygote: a room inherits it
_shell.ast_transformers.append(_watches)


def serve(talk: socket.socket) -> None:
    """Hold the conversation of one room: cells first, then the questions."""
    interrupts = _Interrupts()
    stream = talk.makefile("rb")
    cells, contents = codec.unpack(codec.read_frame(stream.read), Cells)
    if not cells.as_kernel:
        stand_ins.install()
    reseed(cells.seed)  # a submission graded twice gives the same evidence
    _move_in(cells, contents)
    for cell in cells.cells:
        imports.notice_new_files()
        once.install()  # at each cell: one before may have loaded Keras
        _send(talk, CellStarted(cell.index))
        run = _run_cell(_shell, cell, cells.output_chars, cells.fit, interrupts)
        _leave_if_forked()
        if pictures.all():
            _send(talk, Pictured(cell.index), pictures.all())
        _send(talk, run)
    _send(talk, CellsDone())
    outputs.start(0)
    while asked := _next_question(stream):
        questions, blobs = asked
        answerer = Answerer(
            _shell.user_ns, _shell.user_ns_hidden, questions, blobs, explain_error, cells.seed, cells.fit
        )
        for name, probe in questions.probes.items():
            answered, data = answerer.answer(name, probe, interrupts)
            _leave_if_forked()
            try:
                frame = limits.pack(answered, data)
            except codec.WireError as error:
                frame = codec.pack(Answered(name, answered.seconds, Fault(kind="size", message=str(error))))
            except Exception as error:  # half a character in a layer's name: it costs this answer, and no other
                frame = codec.pack(Answered(name, answered.seconds, explain_error(error, None, False)))
            talk.sendall(frame)


def _move_in(cells: Cells, contents: list[bytes]) -> None:
    """Have all here that the cells find, and none of the host's."""
    datasets.repeat(cells.repeated)
    _lay_out(cells.files, contents)
    weights.lay_beside()
    imports.look_beside_the_notebook(str(path) for path in (*Path().glob("*.py"), *Path().glob("*/__init__.py")))
    kernel.move_in(_shell)
    outputs.install()
    os.environ.update(cells.environment)
    pictures.wanted = cells.pictures


def _next_question(stream: BinaryIO) -> tuple[Questions, list[bytes]] | None:
    """Return what is asked next, with its arrays; None where nothing is: the host has hung up."""
    try:
        return codec.unpack(codec.read_frame(stream.read), Questions)
    except EOFError:
        return None


def _lay_out(files: list[File], contents: list[bytes]) -> None:
    """Put the files that were handed in where the notebook runs. One that does not fit is left out: its use fails.

    What the course hands out lies there already, see `wall.copy_in`.
    """
    for file in files:
        path = Path(file.path)
        with contextlib.suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(contents[file.blob])


def _leave_if_forked() -> None:
    """A copy of the room that student code forked, and that came back here, must not speak for it."""
    if os.getpid() != 1:
        os._exit(0)


def _send(talk: socket.socket, message: Record, blobs: list[bytes] | None = None) -> None:
    talk.sendall(codec.pack(message, blobs))


def _run_cell(
    shell: ZMQInteractiveShell, cell: Cell, output_chars: int, fit: FitCap, interrupts: _Interrupts
) -> CellRun:
    compiler, shown = shell.compile, shell.displayhook
    assert isinstance(compiler, CellCompiler)
    assert isinstance(shown, ResultHook)
    compiler.index, compiler.source = cell.index, cell.source
    shown.shown, shown.source = "", cell.source
    outputs.start(output_chars)
    pictures.start()
    figures.start(cell.id, own=not cell.id and not cell.given)
    _watches.expect(cell.index if cell.given else None)
    started = time.perf_counter()
    error: BaseException | None
    capped: list[CappedFit] = []
    try:
        with fit_cap.armed(fit) as capped, interrupts.armed():
            result = kernel.run_cell(shell, cell.source)
            pictures.show_figures()
            figures.end()
        error = result.error_before_exec or result.error_in_exec
    except BaseException as raised:  # an interrupt can land in IPython itself
        error = raised
    seconds = time.perf_counter() - started
    if error is not None:
        outputs.fail()
    put_out, fault = outputs.all(), None if error is None else _fault(error, cell.index, interrupts)
    figures.fail(fault)
    _watches.forget()
    return CellRun(
        index=cell.index,
        seconds=seconds,
        stdout=outputs.stdout.text(),
        stderr=outputs.stderr.text().removesuffix("\n"),
        output_length=outputs.stdout.length + outputs.stderr.length,
        result=codec.plain_text(shown.shown[:output_chars]),
        fault=fault,
        capped=capped,
        outputs=put_out,
    )


def _fault(error: BaseException, cell: int, interrupts: _Interrupts) -> Fault:
    """What stopped a cell; of an assert of the course's, with what its operands were."""
    fault = explain_error(error, cell, interrupts.seen())
    if fault.error == "AssertionError" and fault.frames:
        return msgspec.structs.replace(fault, values=_operands(fault.frames[-1], interrupts))
    return fault


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
    message = _message(error)
    if message.startswith(AUTOGRAPH):
        frames += [_frame(int(cell), int(line), name) for cell, line, name in AUTOGRAPH_FRAME.findall(message)]
        message = message.rpartition(f"{type(error).__name__}: ")[2].strip()
    if isinstance(error, SyntaxError) and CELL_NAME.match(str(error.filename)):
        frames.append(
            _own_frame(traceback.FrameSummary(str(error.filename), error.lineno, "<module>", line=error.text))
        )
    return Fault(
        kind="time" if interrupted else "memory" if isinstance(error, MemoryError) else "raised",
        error=codec.plain_text(type(error).__name__)[:200],
        message=message[:MESSAGE_CHARS],
        frames=frames[-FRAMES:],
        cell=frames[-1].cell if frames else cell,
        ours=place_of_ours(error),
    )


def _message(error: BaseException) -> str:
    try:
        if isinstance(error, SyntaxError):
            return codec.plain_text(str(error.msg))
        return codec.plain_text(str(error))
    except BaseException:  # a student's exception may do anything when it is asked for its text
        return ""


def _own_frame(frame: traceback.FrameSummary) -> Frame:
    return _frame(int(frame.filename[len(CELL_FILE) : -1]), frame.lineno or 0, frame.name, frame.line or "")


def _frame(cell: int, line: int, name: str, code: str = "") -> Frame:
    code = (linecache.getline(f"{CELL_FILE}{cell}>", line) or code).strip()
    return Frame(cell, line, codec.plain_text(name)[:200], codec.plain_text(code)[:CODE_CHARS])
