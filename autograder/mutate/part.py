"""What of an exam a changed cell can touch: of the others the solution's own account stands, and no room is asked.

Told from the text alone, so it may be wrong: the solution itself goes through each part before its mutants do.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from autograder.assignment import SourceNotebook
from autograder.evidence import Evidence
from autograder.mutate.reach import makes
from autograder.notebook.metadata import role_of
from autograder.notebook.names import CellNames, Statement, names_of
from autograder.records import Picture, Plan, asked_name
from autograder.sandbox.exam import Order
from autograder.wire import codec
from autograder.wire.messages import Answered, FigureProbe, Named, PrintedProbe, Probe


@dataclass(frozen=True)
class ExamPart:
    """The cells to run, by position, and the probes to ask, by name."""

    cells: frozenset[int]
    probes: frozenset[str]

    def of(self, order: Order) -> Order:
        """Return the exam of this part alone."""
        cells = tuple(cell for cell in order.submission.cells if cell.index in self.cells)
        probes = {name: probe for name, probe in order.plan.probes.items() if name in self.probes}
        submission = replace(order.submission, cells=cells)
        return replace(order, submission=submission, plan=replace(order.plan, probes=probes))

    def within(self, whole: Evidence, found: Evidence) -> Evidence:
        """Return the evidence of a whole exam of which this part was held: what was not is as in `whole`."""
        runs = {record.cell.index: record for record in found.exam.cells}
        cells = [runs.get(record.cell.index, record) for record in whole.exam.cells]
        frames = [frame for frame in whole.frames if _probe_of(frame) not in self.probes]
        exam = msgspec.structs.replace(found.exam, cells=cells, plan=whole.exam.plan, asked=whole.exam.asked)
        return replace(found, exam=exam, frames=(*frames, *found.frames))


class Parts:
    """Which part of an assignment's exam each of its cells touches."""

    def __init__(self, source: SourceNotebook, plan: Plan) -> None:
        code = [(index, cell) for index, cell in enumerate(source.notebook.cells) if cell.cell_type == "code"]
        self._cells: dict[int, CellNames] = {index: names_of(cell.source) for index, cell in code}
        self._ids = {role_of(cell).id: index for index, cell in code}
        self._probes = plan.probes
        self.whole = ExamPart(frozenset(self._cells), frozenset(plan.probes))

    def touched_by(self, cell: int) -> ExamPart:
        """Return what a change in a cell can touch, with all that this rests on."""
        names, cells = self._onwards({name for one in self._cells[cell].statements for name in self._marks(cell, one)})
        cells.add(cell)
        probes = {name: probe for name, probe in self._probes.items() if self._asks(probe, names, cells)}
        needed = {name for probe in probes.values() for name in (asked_name(probe), *_named(probe))}
        return ExamPart(frozenset(self._behind(needed, cells)), frozenset(probes))

    def _onwards(self, names: set[str]) -> tuple[set[str], set[int]]:
        """All names that may be made of these, or changed through them, and the cells in which any is used."""
        while True:
            using = [(index, one) for index, cell in self._cells.items() for one in cell.statements if one.used & names]
            more = names.union(*(self._marks(index, one) for index, one in using))
            if more == names:
                return names, {index for index, _ in using}
            names = more

    def _behind(self, names: set[str], cells: set[int]) -> set[int]:
        """These cells, and all that make or change what they use, or one of these names."""
        cells = set(cells)
        while True:
            needed = names.union(*(self._cells[index].used for index in cells))
            more = cells | {
                index
                for index, cell in self._cells.items()
                for one in cell.statements
                if self._marks(index, one) & needed
            }
            if more == cells:
                return cells
            cells = more

    def _marks(self, index: int, one: Statement) -> frozenset[str]:
        """Names that a statement makes, or whose objects it may change: those it hands to a library are looked at."""
        imported = self._imported
        return makes(one) | {name for function, name in one.handed if function not in imported}

    @property
    def _imported(self) -> frozenset[str]:
        return frozenset().union(*(cell.imported for cell in self._cells.values()))

    def _asks(self, probe: Probe, names: set[str], cells: set[int]) -> bool:
        match probe:
            case PrintedProbe(cell=name) | FigureProbe(cell=name):
                return self._ids.get(name) in cells
        return bool({asked_name(probe), *_named(probe)} & names)


def _named(value: Any) -> Iterator[str]:
    """What the notebook calls by a name, and a probe gives as an argument."""
    match value:
        case Named(name=name):
            yield name
        case msgspec.Struct():
            for field in value.__struct_fields__:
                yield from _named(getattr(value, field))
        case dict():
            for one in (*value.keys(), *value.values()):
                yield from _named(one)
        case list() | tuple():
            for one in value:
                yield from _named(one)


def _probe_of(frame: bytes) -> str:
    record, _ = codec.unpack(frame, Answered | Picture)
    return record.probe if isinstance(record, Answered) else ""
