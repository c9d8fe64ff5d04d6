"""One submission, the solution: where its time goes, and what memory its room adds."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from statistics import median
from typing import ParamSpec, TypeVar
from unittest.mock import patch

from autograder.assignment import Assignment
from autograder.evidence import Evidence
from autograder.grades import grade_questions
from autograder.intake import as_submission
from autograder.judge.channel import Case
from autograder.judge.process import Judge
from autograder.records import Grade
from autograder.sandbox.exam import Order, examine
from autograder.sandbox.isolation import measure
from autograder.sandbox.room import Room
from autograder.sandbox.rooms import RoomLimits, Zygote
from autograder.store import Keys, Store
from autograder.wire import codec
from autograder.wire.messages import Answered, Cells, CellsDone

from .processes import held_bytes
from .sample import Sample

ROUNDS = 10
ROOMS = 3
WAIT_SECONDS = 120.0
LATER_LAYERS = ("Landlock", "system call filter")
"""What each system call, and each look at a file, passes through."""
OPEN, CELLS, PROBES, TALK, CLOSE = EXAM = (
    "open a room (fork, wall)",
    "student's cells",
    "probes",
    "talk between them",
    "close the room",
)
"""The phases of an exam."""

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True)
class Rooms:
    """What rooms cost, one at a time in time, several at a time in memory."""

    isolation: str
    phases: dict[str, float]
    """Median milliseconds of one submission, by phase, in order."""
    cells: dict[str, float]
    """Median milliseconds of its cells, by name, the slowest first."""
    held: tuple[int, ...]
    """Bytes of PSS of the zygote and all it forked, with none, one, two… rooms at the end of their cells."""
    peak: int
    """The most memory of its own one such room has held, in bytes; 0 where control groups do not measure it."""
    bare: float
    """Median milliseconds of the same exam in rooms without LATER_LAYERS, in turn with the others."""

    @property
    def wall_ms(self) -> float:
        """All layers of the wall together, a submission: its room is opened, and closed."""
        return self.phases[OPEN] + self.phases[CLOSE]

    @property
    def layers_ratio(self) -> float:
        """An exam behind the whole wall over one without LATER_LAYERS."""
        return sum(self.phases[name] for name in EXAM) / self.bare

    @property
    def room_bytes(self) -> float:
        """Memory one more room adds beside others."""
        return (self.held[-1] - self.held[1]) / (len(self.held) - 2)


def measure_rooms(sample: Sample) -> Rooms:
    """Open rooms of the sample's course, the solution in each."""
    sample.forget()
    assignment = sample.assignment()
    isolation = measure().require(assignment.course.isolation)
    with (
        Judge(assignment.paths.checks(assignment.name)) as judge,
        Zygote(assignment.preload, assignment.paths.cache) as zygote,
        Zygote(assignment.preload, assignment.paths.cache, unsafe_without=LATER_LAYERS) as barer,
    ):
        zygote.warm()
        barer.warm()
        submission = as_submission(assignment.source, assignment.settings, assignment.source.notebook)
        order = Order("bench", submission, judge.plan(), assignment.settings.limits, isolation)
        examine(zygote, order).save(assignment.paths.reference(assignment.name))
        runs, bare = [], []
        with Store(assignment.paths.store) as store:
            for _ in range(ROUNDS):
                runs.append(_follow(assignment, zygote, order, judge, store))
                bare.append(examine(barer, order).exam.seconds * 1000)
        held, peak = _fill(zygote, order)
    phases = {name: median(run.phases[name] for run in runs) for name in runs[0].phases}
    cells = {name: median(run.cells[name] for run in runs) for name in runs[0].cells}
    slowest = dict(sorted(cells.items(), key=lambda cell: -cell[1]))
    return Rooms(isolation, phases, slowest, held, peak, median(bare))


# --- Time -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Followed:
    """Milliseconds of one submission."""

    phases: dict[str, float]
    cells: dict[str, float]


class _Stopwatch(ExitStack):
    """Keeps, by name, the milliseconds that the last call of each timed function took."""

    def __init__(self) -> None:
        super().__init__()
        self.taken: dict[str, float] = {}

    def time(self, name: str, function: Callable[P, T]) -> Callable[P, T]:
        def timed(*args: P.args, **kwargs: P.kwargs) -> T:
            started = time.perf_counter()
            try:
                return function(*args, **kwargs)
            finally:
                self.taken[name] = (time.perf_counter() - started) * 1000

        return timed

    def time_method(self, name: str, owner: type, method: str) -> None:
        """Time the calls of a method until the stopwatch is left."""
        self.enter_context(patch.object(owner, method, self.time(name, getattr(owner, method))))


def _follow(assignment: Assignment, zygote: Zygote, order: Order, judge: Judge, store: Store) -> _Followed:
    """Take the solution down the line, as the pipeline does."""
    with _Stopwatch() as watch:
        watch.time_method("open", Zygote, "open_room")
        watch.time_method("close", Room, "close")
        watch.time_method("judge", Judge, "judge")
        watch.time_method("store", Store, "save")
        evidence = examine(zygote, order)
        path = assignment.paths.evidence(assignment.name, order.submission.student)
        watch.time("save", evidence.save)(path)
        reference = assignment.paths.reference(assignment.name)
        judged = judge.judge(Case(str(path), str(reference), assignment.course.language, hidden=False))
        outcomes = [one.outcome for one in judged]
        questions = grade_questions(
            assignment.questions, judge.plan().checks, outcomes, evidence.exam, assignment.course.language
        )
        store.save(Grade(order.submission.student, assignment.name, "graded", questions), Keys("", ""))
    cells = _cells(evidence)
    return _Followed(_phases(evidence, sum(cells.values()), watch.taken), cells)


def _phases(evidence: Evidence, cells: float, taken: dict[str, float]) -> dict[str, float]:
    probes = sum(codec.unpack(frame, Answered)[0].seconds for frame in evidence.frames) * 1000
    exam = evidence.exam.seconds * 1000
    return {
        OPEN: taken["open"],
        CELLS: cells,
        PROBES: probes,
        TALK: exam - taken["open"] - cells - probes - taken["close"],
        CLOSE: taken["close"],
        "save the evidence": taken["save"],
        "judge": taken["judge"],
        "store": taken["store"],
        "all": exam + taken["save"] + taken["judge"] + taken["store"],
    }


def _cells(evidence: Evidence) -> dict[str, float]:
    records = [record for record in evidence.exam.cells if record.run]
    return {record.cell.id: record.run.seconds * 1000 for record in records if record.run}


# --- Memory -----------------------------------------------------------------------------------------------------------


def _fill(zygote: Zygote, order: Order) -> tuple[tuple[int, ...], int]:
    """Return the memory held with more and more rooms that have run the cells, and what one room held at most."""
    held = [held_bytes(zygote.pid)]
    rooms: list[Room] = []
    try:
        for _ in range(ROOMS):
            rooms.append(_open_and_run(zygote, order))
            held.append(held_bytes(zygote.pid))
    finally:
        ends = [room.close() for room in rooms]
    return tuple(held), max(end.peak_bytes for end in ends)


def _open_and_run(zygote: Zygote, order: Order) -> Room:
    """Open a room and run the cells in it. It then stays as it is, waiting to be asked."""
    limits = order.limits
    sizes = RoomLimits(limits.memory_mb * 2**20, limits.processes, limits.disk_mb * 2**20)
    room = zygote.open_room(sizes, grouped=order.isolation == "strict")
    deadline = time.monotonic() + WAIT_SECONDS
    room.send(Cells(list(order.submission.cells), limits.output_kb * 1024), deadline=deadline)
    while not isinstance(room.receive(deadline)[0], CellsDone):
        pass
    return room
