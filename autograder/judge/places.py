"""Where in a student's notebook something is: cells are called after the heading they stand under."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from autograder.evidence import CellRecord, Exam
from autograder.locale import Phrase, phrase
from autograder.notebook.headings import last_heading, spoken
from autograder.records import TextCell
from autograder.wire.messages import Cell, Frame

Whose = Literal["own", "course", "tests"]


def is_own(cell: Cell, exam: Exam) -> bool:
    """Whether the student wrote the cell: an answer, or a cell put in beside the course's."""
    return not cell.given and (not cell.id or cell.id in exam.sources)


def is_test(cell: Cell) -> bool:
    """Whether a cell of the course's does little else than assert."""
    return cell.given and any(line.lstrip().startswith("assert") for line in cell.source.splitlines())


@dataclass(frozen=True)
class _Standing:
    """Where one cell stands: whose it is, under which heading, and as which of those."""

    whose: Whose
    heading: str
    number: int


class Places:
    """What the cells of one exam are called. Without an exam, or above every heading, by their number."""

    def __init__(self, exam: Exam | None = None) -> None:
        self._standings = dict(_standings(exam)) if exam else {}
        self._counts = Counter((one.whose, one.heading) for one in self._standings.values())

    def cell(self, index: int) -> Phrase:
        """« your cell under “2.3 Training” »; where there are several, which of them."""
        found = self._standings.get(index)
        if found is None or not found.heading:
            return phrase("cell {n}", n=index + 1)
        if self._counts[found.whose, found.heading] == 1:
            return phrase(ONE[found.whose], heading=found.heading)
        return phrase(SEVERAL[found.whose], n=found.number, heading=found.heading)

    def has_heading(self, index: int) -> bool:
        """Whether a cell is called after a heading."""
        return index in self._standings and bool(self._standings[index].heading)

    def line(self, frame: Frame) -> Phrase:
        """A cell, and a line in it with its code."""
        return phrase("{cell}, line {line}: {code}", cell=self.cell(frame.cell), line=frame.line, code=frame.code)


ONE: dict[Whose, str] = {
    "own": phrase('your cell under "{heading}"').msgid,
    "course": phrase('the course\'s cell under "{heading}"').msgid,
    "tests": phrase('the tests under "{heading}"').msgid,
}
SEVERAL: dict[Whose, str] = {
    "own": phrase('cell {n} of yours under "{heading}"').msgid,
    "course": phrase('cell {n} of the course\'s under "{heading}"').msgid,
    "tests": phrase('test cell {n} under "{heading}"').msgid,
}


def _standings(exam: Exam) -> Iterator[tuple[int, _Standing]]:
    heading, numbers = "", Counter[tuple[Whose, str]]()
    every: list[TextCell | CellRecord] = [*exam.texts, *exam.cells]
    for one in sorted(every, key=_index):
        if isinstance(one, TextCell):
            heading = (spoken(last_heading(one.source)) if one.kind == "markdown" else "") or heading
        elif one.cell.source.strip():
            whose: Whose = "own" if is_own(one.cell, exam) else "tests" if is_test(one.cell) else "course"
            numbers[whose, heading] += 1
            yield one.cell.index, _Standing(whose, heading, numbers[whose, heading])


def _index(one: TextCell | CellRecord) -> int:
    return one.cell.index if isinstance(one, CellRecord) else one.index
