"""This machine's rooms: tried again where the fault is ours, opened anew where the process they fork from is lost."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

from autograder.engine import Result, RoomSetup, Trained
from autograder.errors import GraderError
from autograder.evidence import Evidence, TrainingRun
from autograder.networks.frameworks import dialect_of
from autograder.notebook.variables import KERAS_BACKEND
from autograder.recipes import BACKENDS
from autograder.sandbox.blame import fault_of_ours
from autograder.sandbox.exam import Order, examine
from autograder.sandbox.gpus import GpuPool, Lease, narrower, reserve
from autograder.sandbox.kept import kept_zygote
from autograder.sandbox.rooms import WarmRooms, Zygote
from autograder.training.job import Job
from autograder.training.room import GpuStarved, train_seeds
from autograder.wire.frameworks import FRAMEWORKS
from autograder.wire.messages import Warm

TRIES = 2
"""A fault of ours is tried again once before it is reported."""
MOST_LOST = 3
"""Zygotes lost one after the other, no room held to its end between them: this machine will not keep a fourth."""

T = TypeVar("T")


class Host:
    """Holds one room after the other for whoever asks, from any thread. Use as a context manager."""

    def __init__(self, setup: RoomSetup) -> None:
        self.setup = setup
        self._rooms = _Forking(setup)
        own = setup.variables.get(KERAS_BACKEND, BACKENDS[0])  # the first is what Keras chooses by itself
        self._trainings: dict[str, _Forking] = {name: _Forking(setup, name) for name in BACKENDS if name != own}
        self._trainings[own] = self._rooms  # exams' rooms hold it already

    def start(self) -> None:
        """Begin to warm up."""
        self._rooms.open()

    def warm(self) -> Warm:
        """Wait until rooms can open. Raise GraderError where they cannot."""
        return self._rooms.open().warm()

    def hold(self, order: Order) -> Result:
        """Hold one exam, trying again where the fault is ours."""
        evidence, error = _tried(lambda: self._examine(order), order.submission.student, self._rooms)
        return Result(order, evidence, error)

    def hold_again(self, result: Result) -> Result:
        """Hold an exam again whose end is in doubt, while no other room works. What comes now is the student's."""
        return self.hold(result.order) if in_doubt(result) else result

    def train(self, jobs: Sequence[Job], threads: int, gpus: GpuPool | None) -> Iterator[Trained]:
        """Run trainings that differ by their seed alone, and yield each, in as few rooms as serve them.

        What goes wrong in a room is tried again in another, for the seed that it happened to and those behind it.
        """
        waiting = list(jobs)
        while waiting:
            job = waiting[0]
            runs: Iterator[TrainingRun] = iter(())

            def first() -> TrainingRun:
                nonlocal runs
                runs = self._train(tuple(waiting), threads, gpus)  # as it is now: it shrinks meanwhile
                return next(runs)

            run, error = _tried(first, f"training of {job.recipe.name}, {job.seed}", self._rooms_for(job))
            yield Trained(waiting.pop(0), run, error)
            with contextlib.suppress(Exception):  # in a room of its own what is wrong is said, if it still is
                for run in runs:
                    yield Trained(waiting.pop(0), run)

    def _rooms_for(self, job: Job) -> _Forking:
        """What hold a job's framework, and no other: exams' own rooms, where they do, and no recipe chooses for it."""
        name, held = job.network.framework, {*self.setup.preload}
        others = any(held.intersection(one.modules) for one in FRAMEWORKS if one.name != name)
        if dialect_of(job.network).backend and name in held and not others:
            return self._rooms
        return self._trainings[job.backend]

    def _examine(self, order: Order) -> Evidence:
        rooms = self._rooms.open()
        found = examine(rooms, order)
        self._rooms.held()
        if ours := fault_of_ours(rooms, order, found):
            raise GraderError(ours)
        return found

    def _train(self, jobs: Sequence[Job], threads: int, gpus: GpuPool | None) -> Iterator[TrainingRun]:
        """Yield the runs of one room: of the first job at least, and of those behind it as far as they share it."""
        if gpus is None:
            yield from self._train_on(None, threads, jobs)
            return
        with gpus.lease() as lease:
            for run in self._train_narrower(lease, threads, jobs):
                if run.fault is not None and run.fault.kind == "memory":
                    break
                yield run
            else:
                return
        with gpus.lease(alone=True) as lease:  # it had a share: the network may need more, and may have it
            yield from self._train_narrower(lease, threads, jobs[:1])

    def _train_narrower(self, lease: Lease, threads: int, jobs: Sequence[Job]) -> Iterator[TrainingRun]:
        """Train on a leased GPU, in a smaller part of it where CUDA's libraries find no memory to start beside it."""
        error: GraderError | None = None
        for part in narrower(lease):
            try:
                yield from self._train_on(part, threads, jobs)
            except GpuStarved as starved:
                error = starved
            else:
                return
        raise error or GraderError(f"a lease of {lease.memory_mb} MB is too small to train in")

    def _train_on(self, lease: Lease | None, threads: int, jobs: Sequence[Job]) -> Iterator[TrainingRun]:
        zygote = self._rooms_for(jobs[0]).open()
        return train_seeds(zygote, jobs, self.setup.isolation, threads=threads, lease=lease)

    def __enter__(self) -> Host:
        return self

    def __exit__(self, *_: object) -> None:
        for rooms in self._trainings.values():
            rooms.close()


class _Forking:
    """What rooms with one backend of Keras are forked from: another where the last was lost."""

    def __init__(self, setup: RoomSetup, backend: str = "") -> None:
        """`backend` is what Keras runs on, and its rooms hold nothing else; empty: what the notebook imports."""
        self._setup = setup
        self._backend = backend
        self._lock = threading.Lock()
        self._zygote: WarmRooms | None = None
        self._gone: list[WarmRooms] = []
        """Lost ones. Rooms they forked go on without them, and are ended with the others."""
        self._lost = 0
        self._closed = False

    def open(self) -> WarmRooms:
        """Return it, warm or warming up. Raise GraderError once everything is to end, or after too many were lost.

        A thread whose room ended with all others tries again: it would open rooms for nobody.
        """
        with self._lock:
            if self._closed:
                raise GraderError("the rooms are closed")
            if self._zygote is not None and self._zygote.lost:
                self._gone.append(self._zygote)
                self._zygote = None
                self._lost += 1
            if self._lost >= MOST_LOST:
                raise GraderError(
                    f"the process that rooms are forked from was lost {self._lost} times: want of memory?"
                )
            if self._zygote is None:
                self._zygote = self._make()
            return self._zygote

    def _make(self) -> WarmRooms:
        setup = self._setup
        preload, variables = setup.preload, setup.variables
        if self._backend:
            preload, variables = ("numpy", self._backend, "keras"), {KERAS_BACKEND: self._backend}
        found = None
        if setup.kept and not self._lost:
            found = kept_zygote(preload, setup.cache, setup.environment, variables)
        return found or Zygote(preload, setup.cache, setup.environment, variables=variables)

    def held(self) -> None:
        """A room was held to its end: what was lost before was chance."""
        self._lost = 0

    @property
    def gone(self) -> int:
        """How many were lost so far, the one that no other has replaced yet among them."""
        with self._lock:
            return len(self._gone) + (self._zygote is not None and self._zygote.lost)

    def close(self) -> None:
        """End every room."""
        with self._lock:
            self._closed = True
            opened = [*self._gone, *([self._zygote] if self._zygote else [])]
        for zygote in opened:
            zygote.close()


def _tried(work: Callable[[], T], name: str, rooms: _Forking) -> tuple[T | None, GraderError | None]:
    """Do one item's work. A try in which what rooms are forked from was lost is nobody's, and does not count."""
    error, failed = None, 0
    for _ in range(TRIES + MOST_LOST):
        gone = rooms.gone
        try:
            return work(), None
        except GraderError as raised:
            error = raised
        except Exception as raised:  # whatever it is, it is ours, and it is one item's only
            error = GraderError(f"{name}: {type(raised).__name__}: {raised}")
        failed += rooms.gone == gone  # counted: what was lost may have been replaced already, for another thread
        if failed == TRIES:
            break
    return None, error


def in_doubt(result: Result) -> bool:
    """Whether what cut an exam short may have been other rooms, or a fault of ours."""
    return bool(result.evidence and result.evidence.doubt)


def share_rooms(jobs: Iterable[Job], at_once: int) -> list[tuple[Job, ...]]:
    """Return the jobs that are to share a room, those that differ by their seed alone, in few enough of them each for
    every one of the `at_once` rooms to have its part of the work.
    """
    waiting = list(jobs)
    most = -(-len(waiting) // at_once)
    alike: dict[tuple[int, ...], list[Job]] = {}
    for job in waiting:  # made together: of one network there is one object
        alike.setdefault((id(job.network), id(job.recipe), id(job.data), id(job.blobs)), []).append(job)
    return [tuple(ones[at : at + most]) for ones in alike.values() for at in range(0, len(ones), most)]


def share_gpus(setup: RoomSetup, jobs: Iterable[Job], at_once: int) -> GpuPool | None:
    """Return what trainings lease GPUs from, as many rooms on each as their recipes' memory allows; None: the CPU."""
    if not setup.gpus:
        return None
    asked = max((job.recipe.memory_mb for job in jobs), default=0)
    fitting = (gpu.memory_mb // (asked + reserve(gpu)) for gpu in setup.gpus)
    return GpuPool(setup.gpus, rooms_per_gpu=max(min(*fitting, at_once // len(setup.gpus)), 1))
