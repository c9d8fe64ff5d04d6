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
from autograder.mutate.flow import Flow
from autograder.notebook.metadata import role_of
from autograder.records import Picture, Plan, asked_name
from autograder.sandbox.exam import Order
from autograder.wire import codec
from autograder.wire.messages import Answered, FigureProbe, Named, PrintedProbe, Probe


@dataclass(frozen=True)
class ExamPart:
    """The cells to run, by position, and the probes to ask, by name."""

    cells: frozenset[int]
    probes: frozenset[str]
    shows: frozenset[int]
    """Of all cells, those whose output a change can touch, run in this part or not."""

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

    def __init__(self, source: SourceNotebook, plan: Plan, flow: Flow) -> None:
        self._flow = flow
        roles = {index: role_of(source.notebook.cells[index]) for index in flow}
        self._ids = {role.id: index for index, role in roles.items()}
        self._tests = frozenset(index for index, role in roles.items() if role.tests)
        self._probes = plan.probes
        self.whole = ExamPart(frozenset(flow), frozenset(plan.probes), frozenset(flow))

    def touched_by(self, cell: int) -> ExamPart:
        """Return what a change in a cell can touch and a point may hang on, with all that this rests on.

        A cell that only shows what it uses (a drawing, the figures of networks trained for it) costs no points.
        """
        names, cells = self._onwards(cell)
        probes = {name: probe for name, probe in self._probes.items() if self._asks(probe, names, cells)}
        asked = frozenset(name for probe in probes.values() for name in (asked_name(probe), *_named(probe)))
        drawn = {self._ids[probe.cell] for probe in probes.values() if isinstance(probe, PrintedProbe | FigureProbe)}
        run = self._behind({cell} | (cells & self._tests) | drawn, asked)
        return ExamPart(run, frozenset(probes), frozenset(cells))

    def _onwards(self, cell: int) -> tuple[set[str], set[int]]:
        """The names that may hold at the end what this cell made or changed, and the cells that use any of it."""
        defining = {cell}
        while True:
            names, cells, ever = self._onwards_from(defining)
            using = {index for index, one in self._flow.definitions() if one.used & ever} - defining
            if not using:
                return names, cells
            defining |= using

    def _onwards_from(self, begin: set[int]) -> tuple[set[str], set[int], set[str]]:
        """The same from several cells; and all names that were ever theirs."""
        names, cells, ever = set[str](), set(begin), set[str]()
        for index in self._flow:
            for one, marks in self._flow.statements(index):
                if index in begin or one.used & names:
                    names |= marks
                    cells.add(index)
                else:
                    names -= one.made  # another object by that name
            ever |= names
        return names, cells, ever

    def _behind(self, cells: set[int], asked: frozenset[str]) -> frozenset[int]:
        """These cells, and all that make or change what they need, or one of the names that are asked for."""
        after = max(self._flow, default=0) + 1
        found = set(cells)
        late = {index for index, _ in self._flow.definitions()}
        waiting = [(after, asked), *((after if cell in late else cell, self._flow.needs(cell)) for cell in cells)]
        while waiting:
            place, names = waiting.pop()
            for maker in {maker for name in names for maker in self._makers(name, place)} - found:
                found.add(maker)
                waiting.append((after if maker in late else maker, self._flow.needs(maker)))
        return frozenset(found)

    def _makers(self, name: str, place: int) -> Iterator[int]:
        """The cells before a place that make a name, or change what it is of, from where it is made anew."""
        for index in sorted((index for index in self._flow if index < place), reverse=True):
            if name in self._flow.marks(index):
                yield index
                if self._flow.makes_anew(index, name):
                    return

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
