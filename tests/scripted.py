"""An engine whose rooms are a script: the line runs on it without namespaces, processes or TensorFlow."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from autograder.engine import Result, Trained
from autograder.engine._packed import pack, unpack
from autograder.errors import GraderError
from autograder.evidence import CellRecord, Evidence
from autograder.sandbox.exam import Order
from autograder.training.job import Job
from autograder.wire import codec
from autograder.wire.messages import Answer, Answered, Cell, CellRun, Fault, Items, Text, Warm
from exams import exam

VERSIONS = {"python": "3.11"}
Cells = Callable[[Cell], CellRun]
Told = tuple[Answer, list[bytes]]
MISSING: Told = (Fault(kind="missing", names=[]), [])


def quiet(cell: Cell) -> CellRun:
    """A cell that ran and said nothing."""
    return CellRun(cell.index, 0.0, "", "", 0, "")


NAMES = ("Ada", "Grace", "Joan")


def right() -> dict[str, Told]:
    """What the toy assignment's solution answers."""
    blobs: list[bytes] = []
    doubled = codec.array_record(np.array([3.0, -4.0]), blobs)
    return {"doubled": (doubled, blobs), "names": (Items("list", [Text(name, len(name)) for name in NAMES]), [])}


def greeting(cell: Cell) -> CellRun:
    """What its cells say."""
    return CellRun(cell.index, 0.0, "Hello Ada\n", "", 10, "") if cell.id == "greet-answer" else quiet(cell)


@dataclass
class Scripted:
    """Holds exams by a script. What is ordered and what comes back crosses as bytes, as it does to another machine."""

    answers: Mapping[str, Told] = field(default_factory=dict)
    """By probe, with the bytes of its arrays, the same for all; the others are missing."""
    cells: Cells = quiet
    fails: dict[str, list[Exception]] = field(default_factory=dict)
    """By an order's key, or its student, what the next tries to hold it raise."""
    doubts: list[str] = field(default_factory=list)
    """Keys of orders whose next exam ends in doubt."""
    broken: bool = False
    """Whether no room ever opens."""
    held: list[str] = field(default_factory=list)
    """Keys of the exams held to their end, in order."""
    lost: int = 0
    """How many times what rooms are forked from was lost: a room opens from another then."""
    closed: bool = False
    tries: int = 2

    def start(self) -> None:
        pass

    def warm(self) -> Warm:
        self._require_open()
        return Warm(0.0, VERSIONS)

    def examine(self, orders: Iterable[Order]) -> Iterator[Result]:
        for order in orders:
            result = self._tried(order)
            if result.evidence and result.evidence.doubt:
                result = self._tried(order)
            yield result

    def train(self, jobs: Iterable[Job]) -> Iterator[Trained]:
        for job in jobs:
            yield Trained(job, None, GraderError(f"nothing is trained here: {unpack(pack(job), Job).recipe.name}"))

    def _require_open(self) -> None:
        if self.closed or self.broken:
            raise GraderError("no room opens")

    def _tried(self, order: Order) -> Result:
        error = None
        for _ in range(self.tries):
            try:
                return Result(order, unpack(pack(self._hold(unpack(pack(order), Order))), Evidence))
            except GraderError as raised:
                error = raised
            except Exception as raised:
                error = GraderError(f"{order.submission.student}: {type(raised).__name__}: {raised}")
        return Result(order, None, error)

    def _hold(self, order: Order) -> Evidence:
        self._require_open()
        if planned := self.fails.get(order.key) or self.fails.get(order.submission.student):
            raise planned.pop(0)
        self.held.append(order.key)
        records = [CellRecord(cell, self.cells(cell)) for cell in order.submission.cells]
        found = exam(
            key=order.key,
            plan=order.plan.digest,
            submission=order.submission.digest,
            isolation=order.isolation,
            versions=VERSIONS,
            cells=records,
            sources=dict(order.submission.sources),
            repairs=list(order.submission.repairs),
            texts=order.submission.texts,
            asked=order.plan.asked,
            sampled=sorted(order.sampled),
            fault=order.submission.fault,
        )
        told = {name: self.answers.get(name, MISSING) for name in order.plan.asked}
        frames = [codec.pack(Answered(name, 0.0, answer), blobs) for name, (answer, blobs) in told.items()]
        doubt = "others took its time" if order.key in self.doubts else ""
        if doubt:
            self.doubts.remove(order.key)
        return replace(Evidence(found, tuple(frames)), doubt=doubt)

    def __enter__(self) -> Scripted:
        return self

    def __exit__(self, *_: object) -> None:
        self.closed = True
