"""The simplest engine: one room after another, in the thread that asks."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator

from autograder.engine import Result, RoomSetup, Trained
from autograder.engine._host import Host, share_gpus, share_rooms
from autograder.sandbox.exam import Order
from autograder.training.job import Job
from autograder.wire.messages import Warm


class InlineEngine:
    """One room at a time. For debugging; LocalEngine gives the same results sooner."""

    def __init__(self, host: Host) -> None:
        self._host = host

    def start(self) -> None:
        self._host.start()

    def warm(self) -> Warm:
        return self._host.warm()

    def examine(self, orders: Iterable[Order]) -> Iterator[Result]:
        for order in orders:
            yield self._host.hold_again(self._host.hold(order))

    def train(self, jobs: Iterable[Job]) -> Iterator[Trained]:
        for shared in share_rooms(jobs, 1):
            yield from self._host.train(shared, len(os.sched_getaffinity(0)), share_gpus(self._host.setup, shared, 1))

    def __enter__(self) -> InlineEngine:
        return self

    def __exit__(self, *_: object) -> None:
        self._host.__exit__()


def open_engine(setup: RoomSetup, jobs: int) -> InlineEngine:
    """Return the engine. It has one room at a time, whatever `jobs` asks for."""
    return InlineEngine(Host(setup))
