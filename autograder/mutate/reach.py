"""What leads to what in a notebook, from its text alone: which questions, and which probes, a change can touch."""

from __future__ import annotations

from collections.abc import Iterable

from autograder.assignment import SourceNotebook
from autograder.mutate.flow import Flow
from autograder.mutate.places import Mutant
from autograder.notebook.metadata import role_of
from autograder.records import Plan, asked_name
from autograder.wire.messages import TrainedByProbe


class Reach:
    """An assignment's names and what they are made of."""

    def __init__(self, source: SourceNotebook, plan: Plan, flow: Flow) -> None:
        self._flow = flow
        self._roles = [role_of(cell) for cell in source.notebook.cells]
        probes = plan.probes.values()
        self._asked = self._behind(name for probe in probes if (name := asked_name(probe)))
        self._trains = self._behind(asked_name(one) for one in probes if isinstance(one, TrainedByProbe))

    def _behind(self, names: Iterable[str]) -> frozenset[str]:
        """Names, and all that they may have been made of."""
        found = set(names)
        while True:
            more = {
                name
                for index in self._flow
                for one, marks in self._flow.statements(index)
                if marks & found
                for name in one.used | marks
            }
            if more <= found:
                return frozenset(found)
            found |= more

    def asked(self, mutant: Mutant) -> bool:
        """Whether a probe asks for what the changed statement makes; a statement that makes nothing shows itself."""
        made = self._made(mutant)
        return not made or bool(made & self._asked)

    def trains(self, mutant: Mutant) -> bool:
        """Whether what the changed statement makes is, or is used by, a training function that a check calls."""
        return bool(self._made(mutant) & self._trains)

    def leads(self, mutant: Mutant, question: str) -> bool:
        """Whether a question's cells use what the changed cell makes."""
        used = {
            name for index in self._cells_of(question) for one, _ in self._flow.statements(index) for name in one.used
        }
        return bool(self._flow.marks(mutant.cell) & self._behind(used))

    def _cells_of(self, question: str) -> list[int]:
        """A question's own cell, and the answers before it, from the question before on."""
        last = next((index for index, role in enumerate(self._roles) if role.id == question), -1)
        before = [index for index, role in enumerate(self._roles[:last]) if role.grade or role.task]
        first = before[-1] + 1 if before else 0
        return [index for index in self._flow if first <= index <= last]

    def _made(self, mutant: Mutant) -> frozenset[str]:
        """What the statement makes that holds the change."""
        found = (marks for one, marks in self._flow.statements(mutant.cell) if one.last >= mutant.line)
        return next(found, frozenset())
