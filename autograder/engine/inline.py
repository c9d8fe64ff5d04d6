"""The simplest engine: one room after another, in the thread that asks."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator

from autograder.engine import Result, Trained, Workshop, hold, hold_again, run_training
from autograder.sandbox.exam import Order
from autograder.training.job import Job


class InlineEngine:
    """One room at a time. For debugging; LocalEngine gives the same results sooner."""

    def __init__(self, workshop: Workshop) -> None:
        self._workshop = workshop

    def examine(self, orders: Iterable[Order]) -> Iterator[Result]:
        for order in orders:
            yield hold_again(self._workshop.zygote, hold(self._workshop.zygote, order))

    def train(self, jobs: Iterable[Job]) -> Iterator[Trained]:
        for job in jobs:
            yield run_training(self._workshop, len(os.sched_getaffinity(0)), job)
