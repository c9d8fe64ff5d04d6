"""One exam: a submission and a plan go into a room, evidence comes out. The clock is kept here."""

from __future__ import annotations

import signal
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import msgspec

from autograder.data.lengths import repeated, reserved_bytes
from autograder.data.weights import Item
from autograder.errors import GraderError
from autograder.evidence import CellRecord, Evidence, Exam
from autograder.records import Limits, Picture, Plan, Submission
from autograder.sandbox import asking
from autograder.sandbox.clock import Clock
from autograder.sandbox.lengths import asks_for_length, at_length, for_length, with_time_for_length
from autograder.sandbox.room import Room, RoomEnd, RoomEnded, RoomSilent
from autograder.sandbox.rooms import RoomLimits, RoomView, WarmRooms
from autograder.wire import codec, limits
from autograder.wire.messages import (
    ROOM_BROKEN,
    ROOM_STARVED,
    Answered,
    Broken,
    CellRun,
    Cells,
    CellsDone,
    CellStarted,
    Fault,
    File,
    FitCap,
    Pictured,
    Repeated,
    TrainedByProbe,
)
from autograder.wire.pictures import CELL_PICTURES, EXAM_BYTES, EXAM_PICTURES, PICTURE_BYTES, plain_png

GRACE_SECONDS = 3.0
"""What code has, once interrupted, to come back before its room is closed."""
WATCH_SECONDS = 1.0
"""Between two looks at the memory of a room that no control group binds."""
EVIDENCE_BYTES = 512 * 2**20
"""All that one room may send."""
SPOKEN_BYTES = 32 * 2**20
"""What one room may send beside arrays, pictures and what its cells print."""
CUT_CHARS = 100
"""What may stand in a cell's output for what was left out of it."""
STREAMS, PRINTED_BYTES = 3, 4
"""Texts of a cell that are as long as it prints: two streams and a result; bytes a character, on the wire."""
NAMED_BYTES, NAMED = 2**15, '{"source":,"path":},'
"""Of the names of files in one request for a room: it is read in one piece, of twice that size."""
COPIES = 4
"""Of the files that were handed in, which a room may hold at once while it lays them out."""
SUBMITTED_BYTES = 32 * 2**20
"""Code and text that a notebook may hold, its outputs and pictures left out."""


@dataclass(frozen=True)
class Order:
    """One exam to hold."""

    key: str
    submission: Submission
    plan: Plan
    limits: Limits
    isolation: str
    sets: tuple[Item, ...] = ()
    """Data sets and weights the room can load."""
    seed: int = 0
    """Of the room's generators. One for all submissions; calibration varies it."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """Variables that the cells see."""
    as_kernel: bool = False
    """Whether cells run as in a kernel that nbgrader starts, `fit` not capped."""
    pictures: bool = False
    """Whether what the cells show is kept, for somebody who marks by hand."""
    sampled: frozenset[str] = frozenset()
    """Probes whose networks are run as well as read, whatever they hold: all of the solution's, which others are
    compared with; of a student's, those that are written by hand in the solution."""
    repeated: Mapping[str, Repeated] = field(default_factory=dict)
    """Sets that loaders give at their true length, what their stand-ins hold over and over."""


class _Overdue(Exception):
    """The room did not come back from an interrupt."""


class _Starved(Exception):
    """The room holds more memory than it may."""


class _TooMuch(Exception):
    """The room sent more than evidence may hold."""


class _Disorder(Exception):
    """The room said what a room does not say: our code in it no longer runs as we wrote it."""


class _Failed(_Disorder):
    """The room said that our code in it failed."""


class _Exam:
    """The course of one exam: where the room is, how long it may stay there, what it has said."""

    def __init__(self, room: Room, order: Order) -> None:
        self._room = room
        self._order = order
        trainings = sum(isinstance(probe, TrainedByProbe) for probe in order.plan.probes.values())
        self.clock = Clock(room, order.limits.seconds + trainings * order.limits.training_seconds)
        printed = order.limits.output_kb * 1024 + CUT_CHARS
        self._chars = max(printed, limits.STRING_CHARS)
        self._most_text = SPOKEN_BYTES + STREAMS * PRINTED_BYTES * printed * len(order.submission.cells)
        self._cells = deque(cell.index for cell in order.submission.cells)
        self._probes = deque(asking.in_order(order.plan))
        self.interrupted = False
        self.current: int | None = None
        self.student_code_ran = False
        self.runs: dict[int, CellRun] = {}
        self.frames: dict[str, bytes] = {}
        self.pictures: list[tuple[Picture, bytes]] = []

    def hold(self) -> None:
        """Run the cells, then ask. Raises RoomEnded or _Overdue where the room does not live to the end."""
        cells, sizes = self._order.submission.cells, self._order.limits
        files = sent(self._order.submission)
        records = [File(path, blob) for blob, path in enumerate(files)]
        blobs = [path.read_bytes() for path in files.values()]
        variables = dict(self._order.environment)
        as_kernel = self._order.as_kernel
        fit = FitCap() if as_kernel else sizes.fit
        opening = Cells(
            list(cells),
            sizes.output_kb * 1024,
            fit,
            records,
            self._order.seed,
            variables,
            pictures=self._order.pictures,
            as_kernel=as_kernel,
            repeated=dict(self._order.repeated),
        )
        self._room.send(opening, blobs, deadline=self.clock.end)
        pictures = CELL_PICTURES * PICTURE_BYTES if self._order.pictures else 0
        while not isinstance(message := (heard := self._next(pictures))[0], CellsDone):
            self._hear_cell(message, heard[1])
        if self._cells or self.current is not None:
            raise _Disorder("the room left cells out")
        while self._probes:
            self._ask(self._probes.popleft())

    def _ask(self, name: str) -> None:
        """Ask one question, alone: nothing of another is in the room with it, but of those before."""
        order = self._order
        question, blobs = asking.alone(name, order.plan, order.limits, sampled=name in order.sampled)
        self._room.send(question, blobs, deadline=self.clock.end)
        training = isinstance(self._order.plan.probes[name], TrainedByProbe)
        self._allow(self._order.limits.training_seconds if training else self._order.limits.cell_seconds)
        message, frame = self._next(question.array_bytes)
        if not isinstance(message, Answered) or message.probe != name:
            raise _Disorder(f"the room spoke out of turn: {type(message).__name__}")
        self.frames[name] = asking.frame_to_keep(message, frame, self._order.plan)
        self.clock.allow()

    def _hear_cell(self, message: object, frame: bytes) -> None:
        """Every cell starts in its turn, and ends, once: a result of a cell that did not run is a forgery."""
        match message:
            case CellStarted(index) if self.current is None and self._cells and index == self._cells[0]:
                self.current = self._cells.popleft()
                self.student_code_ran = True
                self._allow(self._order.limits.cell_seconds)
            case Pictured(index) if index == self.current:
                self._keep_pictures(index, codec.unpack(frame, Pictured)[1])
            case CellRun() if message.index == self.current:
                self.runs[message.index] = message
                self.current = None
                self.clock.allow()
            case _:
                raise _Disorder(f"the room spoke out of turn: {type(message).__name__}")

    def _wait_on(self) -> None:
        """The room has said nothing yet: stop it where it has had its time, or holds too much memory."""
        if self._room.over_memory():
            raise _Starved
        if not self.clock.expired():
            return
        if self.interrupted or self.clock.over():
            raise _Overdue
        self._room.interrupt()
        self.interrupted = True
        self.clock.extend(GRACE_SECONDS)

    def _keep_pictures(self, cell: int, files: list[bytes]) -> None:
        """Keep what is a picture of those a cell claims to have shown, as many and as large as a room may send."""
        if not self._order.pictures or any(picture.cell == cell for picture, _ in self.pictures):
            return
        for file in files[:CELL_PICTURES]:
            plain = plain_png(file) if len(file) <= PICTURE_BYTES else None
            size = sum(len(kept) for _, kept in self.pictures)
            if plain and len(self.pictures) < EXAM_PICTURES and size + len(plain) <= EXAM_BYTES:
                self.pictures.append((Picture(cell), plain))

    def _allow(self, seconds: float) -> None:
        self.clock.allow(seconds)
        self.interrupted = False

    def _next(self, most_blobs: int) -> tuple[object, bytes]:
        while True:
            try:
                soon = time.monotonic() + WATCH_SECONDS if self._room.unbound else self.clock.deadline
                deadline = min(self.clock.deadline, soon)
                heard = self._room.receive(deadline, most_chars=self._chars, most_blobs=most_blobs)
                break
            except RoomSilent:
                self._wait_on()
        if isinstance(heard[0], Broken):
            raise _Failed(f"the room's own code failed: {heard[0].reason}")
        if self._room.received_bytes > EVIDENCE_BYTES or self._room.received_text > self._most_text:
            raise _TooMuch
        return heard


def examine(rooms: WarmRooms, order: Order) -> Evidence:
    """Hold one exam in a new room and return its evidence; again at the true length of its sets, where cells stop that
    are written for it.

    Whatever student code does is in the evidence, and so is a doubt whether it was the student's doing. Raises
    GraderError for what is ours: no room, a wall that does not stand, a room that speaks out of turn.
    """
    sets = {} if order.as_kernel or order.repeated else repeated(order.sets)
    longer = replace(order, repeated=sets, limits=with_time_for_length(order.limits))
    if sets and any(cell.given and cell.source in rooms.for_length for cell in order.submission.cells):
        return _examined(rooms, longer)
    found = _examined(rooms, order)
    if not asks_for_length(found, sets):
        return found
    taken = at_length(found, _examined(rooms, longer), sets)
    rooms.for_length |= for_length(found, taken, sets)
    return taken


def _examined(rooms: WarmRooms, order: Order) -> Evidence:
    if order.submission.fault:
        return Evidence(_report(order, rooms, fault=order.submission.fault), ())
    if (held := _text_bytes(order.submission)) > SUBMITTED_BYTES:
        text = f"it holds {held // 2**20} MB of code and text; at most {SUBMITTED_BYTES // 2**20} are read"
        nothing = replace(order.submission, cells=(), sources={}, texts=(), repairs=())
        return Evidence(_report(replace(order, submission=nothing), rooms, fault=Fault("unreadable", message=text)), ())
    sizes = order.limits
    reserved = reserved_bytes(order.sets) if order.repeated else 0
    started = time.monotonic()
    with rooms.open_room(
        RoomLimits(sizes.memory_mb * 2**20 + reserved, sizes.processes, sizes.disk_mb * 2**20),
        RoomView(order.sets, files=laid_out(order.submission)),
        grouped=order.isolation == "strict",
    ) as room:
        exam = _Exam(room, order)
        stop = _hold(exam, room)
        end = room.close()
    if not exam.student_code_ran and (end.lost or isinstance(stop, _Disorder) or (stop and not _is_heavy(order))):
        raise GraderError(f"{order.submission.student}: {_why_none_ran(stop, end)}")
    report = _report(
        order,
        rooms,
        fault=_why_ended(exam, stop, end) if stop else None,
        seconds=time.monotonic() - started,
        end=end,
        runs=exam.runs,
    )
    pictures = [codec.pack(picture, [file]) for picture, file in (*exam.pictures, *order.submission.attached)]
    doubt = "a room's supervisor was lost" if end.lost else "others took its time" if exam.clock.starved else ""
    return Evidence(report, (*exam.frames.values(), *pictures), doubt)


def laid_out(submission: Submission) -> dict[str, Path]:
    """Return the files that whoever builds the room copies into it: the course's, as far as one request can name them.

    Never a student's: where theirs lies on this machine, a link may lie when it is opened.
    """
    files = {name: path for name, path in submission.files.items() if name in submission.given}
    named = sum(len(msgspec.json.encode((name, str(path)))) + len(NAMED) for name, path in files.items())
    return files if named <= NAMED_BYTES else {}


def sent(submission: Submission) -> dict[str, Path]:
    """Return the files whose bytes are sent to the room: the student's, and what is not `laid_out`."""
    ours = laid_out(submission)
    return {name: path for name, path in submission.files.items() if name not in ours}


def _text_bytes(submission: Submission) -> int:
    """Bytes of all that evidence repeats of a notebook."""
    parts = [list(submission.cells), dict(submission.sources), list(submission.texts), list(submission.repairs)]
    return len(msgspec.json.encode(parts))


def _hold(exam: _Exam, room: Room) -> Exception | None:
    """Hold the exam; return what cut it short, if anything did."""
    try:
        exam.hold()
    except RoomEnded as stop:
        room.wait_gone()
        return stop
    except RoomSilent:
        return _Overdue()
    except codec.WireError as error:
        return _Disorder(str(error))
    except (_Overdue, _Starved, _TooMuch, _Disorder) as stop:
        return stop
    return None


def _is_heavy(order: Order) -> bool:
    """Whether a room may end for the size of the files that were handed in, before a cell has run."""
    own = sum(path.stat().st_size for path in sent(order.submission).values())
    return COPIES * own > order.limits.memory_mb * 2**20


def _why_none_ran(stop: Exception | None, end: RoomEnd) -> str:
    if isinstance(stop, _Disorder):
        return str(stop)
    if stop is None or end.lost:
        return "the supervisor of a room was lost"
    if end.out_of_memory or end.exit_code == ROOM_STARVED or isinstance(stop, _Starved):
        return "a room ran out of memory before its first cell: raise memory_mb of its limits"
    how = f"exit code {end.exit_code}" if end.signal is None else signal.Signals(end.signal).name
    return f"a room ended before its first cell ({how})"


def _why_ended(exam: _Exam, stop: Exception, end: RoomEnd) -> Fault:
    """Once student code has run in a room, what the room does is the student's doing: it shares the process."""
    if isinstance(stop, _Overdue):
        return Fault(kind="time", cell=exam.current)
    if isinstance(stop, _TooMuch):
        return Fault(kind="size", message=f"over {EVIDENCE_BYTES // 2**20} MB in all", cell=exam.current)
    if isinstance(stop, _Starved) or end.out_of_memory or end.exit_code == ROOM_STARVED:
        return Fault(kind="memory", cell=exam.current)
    if isinstance(stop, _Disorder) or end.exit_code == ROOM_BROKEN:
        ours = "worker/run.py" if isinstance(stop, _Failed) else ""
        return Fault(kind="died", message=str(stop), cell=exam.current, ours=ours)
    if end.lost:
        return Fault(kind="died", message="the room's supervisor was lost", cell=exam.current)
    how = f"exit code {end.exit_code}" if end.signal is None else signal.Signals(end.signal).name
    return Fault(kind="died", message=how, cell=exam.current)


def _report(
    order: Order,
    rooms: WarmRooms,
    *,
    fault: Fault | None,
    seconds: float = 0.0,
    end: RoomEnd | None = None,
    runs: dict[int, CellRun] | None = None,
) -> Exam:
    submission = order.submission
    return Exam(
        key=order.key,
        plan=order.plan.digest,
        submission=submission.digest,
        isolation=order.isolation,
        device="cpu",
        seconds=seconds,
        cpu_seconds=end.cpu_seconds if end else 0.0,
        peak_bytes=end.peak_bytes if end else 0,
        versions=rooms.warm().versions,
        cells=[CellRecord(cell, (runs or {}).get(cell.index)) for cell in submission.cells],
        sources=dict(submission.sources),
        repairs=list(submission.repairs),
        texts=submission.texts,
        fault=fault,
        asked=order.plan.asked,
        sampled=sorted(order.sampled),
        at_length=bool(order.repeated),
    )
