"""What a cell is to nbgrader, read from its metadata. See nbgrader's format, version 3."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from autograder.notebook.formats import NotebookCell

MOST_POINTS = 1_000_000
"""That one cell is worth: sums of what is beyond are no numbers any more."""


@dataclass(frozen=True)
class CellRole:
    """nbgrader's account of one cell. All false for an ordinary cell."""

    id: str = ""
    grade: bool = False
    solution: bool = False
    read_only: bool = False
    task: bool = False
    points: float = 0.0

    @property
    def locked(self) -> bool:
        """Whether the cell's text is the course's: a student's change to it does not count."""
        return not self.solution and (self.grade or self.read_only)

    @property
    def by_hand(self) -> bool:
        """Whether nbgrader leaves the cell to a marker: an answer that is graded itself, or a task."""
        return (self.grade and self.solution) or self.task

    @property
    def tests(self) -> bool:
        """Whether the cell holds visible tests."""
        return self.grade and not self.solution


def role_of(cell: NotebookCell) -> CellRole:
    """Return the role of a notebook cell. Metadata that makes no sense gives an ordinary cell."""
    found = cell.metadata.get("nbgrader")
    if not isinstance(found, Mapping) or not isinstance(found.get("grade_id"), str):
        return CellRole()
    return CellRole(
        id=found["grade_id"],
        grade=found.get("grade") is True,
        solution=found.get("solution") is True,
        read_only=found.get("locked") is True,
        task=found.get("task") is True,
        points=_points(found.get("points")),
    )


def can_be_earned(points: float) -> bool:
    """Whether a number of points is one: not negative, not infinite, not NaN."""
    return 0 <= points <= MOST_POINTS


def _points(value: object) -> float:
    try:
        return float(value) if isinstance(value, int | float) else 0.0
    except OverflowError:  # an integer of hundreds of digits
        return math.inf
