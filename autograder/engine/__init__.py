"""Where rooms run. Every engine holds exams in rooms of a warm zygote; they differ in how many at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

from autograder.errors import GraderError
from autograder.records import Evidence
from autograder.sandbox.exam import Order, examine
from autograder.sandbox.rooms import Zygote

TRIES = 2
"""A fault of ours is tried again once before it is reported."""


@dataclass(frozen=True)
class Result:
    """One exam held, or what kept us from holding it."""

    order: Order
    evidence: Evidence | None
    error: GraderError | None = None


class Engine(Protocol):
    """Holds exams. Results come in any order; an engine never raises for one exam's sake."""

    def examine(self, orders: Iterable[Order]) -> Iterator[Result]:
        """Hold every exam ordered and yield its result when it is there."""
        ...


def hold(zygote: Zygote, order: Order) -> Result:
    """Hold one exam, trying again where the fault is ours."""
    error = None
    for _ in range(TRIES):
        try:
            return Result(order, examine(zygote, order))
        except GraderError as raised:
            error = raised
        except Exception as raised:  # whatever it is, it is ours, and it is one submission's only
            error = GraderError(f"{order.submission.student}: {type(raised).__name__}: {raised}")
    return Result(order, None, error)
