"""The training room, seen from the host: one job goes in, one run comes out. The clock is kept here."""

from __future__ import annotations

import signal
import time
from dataclasses import dataclass, field

from autograder.errors import GraderError
from autograder.evidence import TrainingRun
from autograder.sandbox.gpus import Lease
from autograder.sandbox.room import Room, RoomEnd, RoomEnded, RoomSilent
from autograder.sandbox.rooms import RoomLimits, RoomView, WarmRooms
from autograder.training.job import Job
from autograder.wire import codec
from autograder.wire.messages import (
    ROOM_STARVED,
    Broken,
    EpochEnded,
    Fault,
    Figure,
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
    memory = (job.recipe.memory_mb + (GPU_HOST_MB if lease else 0)) * 2**20
    grouped = isolation == "strict"
    started = time.monotonic()
    with rooms.open_room(
        RoomLimits(
            memory,
            PROCESSES,
            DISK_MB * 2**20,
            cores=0 if lease else threads,
            reserved_bytes=RESERVED * memory if grouped else 0,
        ),
        RoomView((job.data,), lease),
        kind="training",
        grouped=grouped,
    ) as room:
        course = _Course()
        stop = _follow(room, job, course, threads, lease)
        end = room.close()
    fault = course.fitted.fault if course.fitted else _why_ended(stop, end, grouped=grouped)
    return job.run(
        versions=rooms.warm().versions,
        seconds=round(time.monotonic() - started, 3),
        epochs=course.epochs,
        scores=course.fitted.scores if course.fitted else {},
        fault=fault,
    )


def _follow(room: Room, job: Job, course: _Course, threads: int, lease: Lease | None) -> Exception | None:
    """Order the training and hear what comes; return what cut it short, if anything did."""
    fit = job.recipe.fit(
        job.network,
        job.seed,
        classes=job.data.classes,
        threads=threads,
        gpu=GpuPart(lease.memory_mb, lease.gpu.memory_mb) if lease else None,
    )
    deadline = time.monotonic() + job.recipe.seconds
    try:
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
