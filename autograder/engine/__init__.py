"""Where rooms run. Every engine works in rooms of a warm zygote; they differ in how many at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol, TypeVar

from autograder.errors import GraderError
from autograder.records import Evidence, TrainingRun
from autograder.sandbox.exam import Order, examine
from autograder.sandbox.gpus import GpuPool, Lease, narrower
from autograder.sandbox.rooms import Zygote
from autograder.training.job import Job
from autograder.training.room import GpuStarved, train

TRIES = 2
"""A fault of ours is tried again once before it is reported."""

T = TypeVar("T")


@dataclass(frozen=True)
class Result:
    """One exam held, or what kept us from holding it."""

    order: Order
    evidence: Evidence | None
    error: GraderError | None = None


@dataclass(frozen=True)
class Trained:
    """One training run, or what kept us from running it."""

    job: Job
    run: TrainingRun | None
    error: GraderError | None = None


@dataclass(frozen=True)
class Workshop:
    """What an engine trains with."""

    zygote: Zygote
    isolation: str
    gpus: GpuPool | None = None
    """None: on the CPU."""


class Engine(Protocol):
    """Holds exams and trains networks. Results come in any order; an engine never raises for one item's sake."""

    def examine(self, orders: Iterable[Order]) -> Iterator[Result]:
        """Hold every exam ordered and yield its result when it is there."""
        ...

    def train(self, jobs: Iterable[Job]) -> Iterator[Trained]:
        """Run every training and yield it when it is there."""
        ...


def hold(zygote: Zygote, order: Order) -> Result:
    """Hold one exam, trying again where the fault is ours."""
    evidence, error = _tried(lambda: examine(zygote, order), order.submission.student)
    return Result(order, evidence, error)


def hold_again(zygote: Zygote, result: Result) -> Result:
    """Hold an exam again whose end is in doubt, while no other room works. What comes of it now is the student's."""
    return hold(zygote, result.order) if in_doubt(result) else result


def in_doubt(result: Result) -> bool:
    """Whether what cut an exam short may have been other rooms, or a fault of ours."""
    return bool(result.evidence and result.evidence.doubt)


def run_training(workshop: Workshop, threads: int, job: Job) -> Trained:
    """Run one training, trying again where the fault is ours."""
    run, error = _tried(lambda: _train(workshop, threads, job), f"training of {job.recipe.name}, seed {job.seed}")
    return Trained(job, run, error)


def _train(workshop: Workshop, threads: int, job: Job) -> TrainingRun:
    if workshop.gpus is None:
        return train(workshop.zygote, job, workshop.isolation, threads=threads)
    with workshop.gpus.lease() as lease:
        run = _train_on(lease, workshop, threads, job)
    if run.fault is None or run.fault.kind != "memory":
        return run
    with workshop.gpus.lease(alone=True) as lease:  # it had a share: the network may need more, and may have it
        return _train_on(lease, workshop, threads, job)


def _train_on(lease: Lease, workshop: Workshop, threads: int, job: Job) -> TrainingRun:
    """Train on a leased GPU, in a smaller part of it where CUDA's libraries find no memory to start beside it."""
    error: GraderError | None = None
    for part in narrower(lease):
        try:
            return train(workshop.zygote, job, workshop.isolation, threads=threads, lease=part)
        except GpuStarved as starved:
            error = starved
    raise error or GraderError(f"a lease of {lease.memory_mb} MB is too small to train in")


def _tried(work: Callable[[], T], name: str) -> tuple[T | None, GraderError | None]:
    error = None
    for _ in range(TRIES):
        try:
            return work(), None
        except GraderError as raised:
            error = raised
        except Exception as raised:  # whatever it is, it is ours, and it is one item's only
            error = GraderError(f"{name}: {type(raised).__name__}: {raised}")
    return None, error
