"""The training room, seen from the host: jobs of one network go in, a run of each comes out. The clock is kept here."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from autograder.errors import GraderError
from autograder.evidence import TrainingRun
from autograder.networks.frameworks import dialect_of
from autograder.sandbox.gpus import Lease
from autograder.sandbox.room import Room, RoomEnd, RoomEnded, RoomSilent
from autograder.sandbox.rooms import RoomLimits, RoomView, WarmRooms
from autograder.training.job import Job, is_built
from autograder.wire import codec
from autograder.wire.messages import (
    ROOM_STARVED,
    Broken,
    EpochEnded,
    Fault,
    Figure,
    Fit,
    Fitted,
    FromTrainingRoom,
    GpuPart,
)

PROCESSES = 1024
"""Threads, mostly: TensorFlow's pools and a GPU's driver."""
DISK_MB = 256
GPU_HOST_MB = 16_384
"""Of host memory, on top of the recipe's, for a room with a GPU: its driver maps much that it never fills."""
RESERVED = 4
"""Times its memory that a room held by a control group may reserve. TensorFlow reserves more than it fills, and where
an allocation fails it ends in a crash: only the control group's end tells want of memory from a fault of ours."""
ROOMS_FAULTS = ("time", "memory")
"""What a room that others used before may be the cause of."""
MEMORY_SIGNALS = (signal.SIGABRT, signal.SIGKILL, signal.SIGSEGV, signal.SIGBUS)


class GpuStarved(GraderError):
    """A GPU's libraries found too little memory beside the room's part of it: a smaller part may do."""


@dataclass
class _Course:
    """What a training room has said so far."""

    epochs: list[dict[str, Figure]] = field(default_factory=list)
    fitted: Fitted | None = None


def train(rooms: WarmRooms, job: Job, isolation: str, *, threads: int, lease: Lease | None = None) -> TrainingRun:
    """Train in a new room and return the run, with its fault where the network ran out of time or memory.

    Raises GraderError for what is ours: no room, a room that fails.
    """
    return next(train_seeds(rooms, [job], isolation, threads=threads, lease=lease))


def train_seeds(
    rooms: WarmRooms, jobs: Sequence[Job], isolation: str, *, threads: int, lease: Lease | None = None
) -> Iterator[TrainingRun]:
    """Run jobs that differ by their seed alone in one new room, and yield their runs in order, one at least.

    It may yield fewer than there are jobs: where a seed could reach the next one, and where the room fails one that is
    not its first, which is then to be tried in a room of its own before that is anybody's fault. Limits are each
    seed's. Raises GraderError for what is ours and the first one's: no room, a room that fails.
    """
    grouped = isolation == "strict"
    limits = _limits(jobs[0], threads, lease, grouped=grouped)
    started = time.monotonic()
    with rooms.open_room(limits, RoomView((jobs[0].data,), lease), kind="training", grouped=grouped) as room:
        fit = _order(jobs, threads, lease)
        for place, job in enumerate(jobs):
            course = _Course()
            stop = _follow(room, job, course, fit if place == 0 else None)
            fitted = course.fitted or Fitted({})
            if place == 0:
                built = fitted.built is not None and is_built(job.network, fitted.built)
            if place and (stop is not None or (fitted.fault and fitted.fault.kind in ROOMS_FAULTS)):
                return
            if fitted.last:
                end = room.close()
            yield job.run(
                versions=rooms.warm().versions,
                seconds=round(time.monotonic() - started, 3),
                epochs=course.epochs,
                scores=fitted.scores,
                fault=fitted.fault if course.fitted else _why_ended(stop, end, grouped=grouped),
                built=built,
            )
            if fitted.last:
                return
            started = time.monotonic()


def _limits(job: Job, threads: int, lease: Lease | None, *, grouped: bool) -> RoomLimits:
    memory = (job.recipe.memory_mb + (GPU_HOST_MB if lease else 0)) * 2**20
    reserved = RESERVED * memory if grouped else 0
    return RoomLimits(memory, PROCESSES, DISK_MB * 2**20, cores=0 if lease else threads, reserved_bytes=reserved)


def _order(jobs: Sequence[Job], threads: int, lease: Lease | None) -> Fit:
    return jobs[0].recipe.fit(
        jobs[0].network,
        [job.seed for job in jobs],
        from_logits=dialect_of(jobs[0].network).gives_logits(jobs[0].network),
        classes=jobs[0].data.classes,
        threads=threads,
        gpu=GpuPart(lease.memory_mb, lease.gpu.memory_mb) if lease else None,
    )


def _follow(room: Room, job: Job, course: _Course, fit: Fit | None) -> Exception | None:
    """Give the order, where it is not given yet, and hear what comes of one job; return what cut it short, if any."""
    deadline = time.monotonic() + job.recipe.seconds
    try:
        if fit is not None:
            room.send(fit, list(job.blobs), deadline=deadline)
        while course.fitted is None:
            message, _ = room.receive(deadline, FromTrainingRoom)
            if isinstance(message, EpochEnded):
                course.epochs.append(message.values)
            elif isinstance(message, Fitted):
                course.fitted = message
            elif isinstance(message, Broken):
                kind = GpuStarved if message.starved else GraderError
                return kind(f"the training room failed: {message.reason}")
    except RoomEnded as stop:
        room.wait_gone()
        return stop
    except (RoomSilent, codec.WireError) as stop:
        return stop
    return None


def _why_ended(stop: Exception | None, end: RoomEnd, *, grouped: bool) -> Fault:
    """Where no control group holds the room, a crash is taken for what it nearly always is: an allocation refused."""
    if isinstance(stop, RoomSilent):
        return Fault(kind="time")
    if isinstance(stop, GpuStarved):
        raise stop
    crashed = not grouped and end.signal in MEMORY_SIGNALS
    if end.out_of_memory or end.exit_code == ROOM_STARVED or crashed:
        return Fault(kind="memory")
    if end.lost:
        raise GraderError("a training room's supervisor was lost")
    how = f"exit code {end.exit_code}" if end.signal is None else signal.Signals(end.signal).name
    raise GraderError(f"a training room ended before its time ({how}): {stop}")
