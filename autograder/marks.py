"""What is found of a submission, and what is stored of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from autograder.grades import is_ours
from autograder.records import Grade, Outcome, Submission
from autograder.remarks import Notes
from autograder.store import Keys
from autograder.training.job import Job

Known = tuple[Grade, Keys]
"""A stored grade, and what it depends on."""
NO_KEYS = Keys("", "")
"""Of what is to be found anew whatever else is the same."""


@dataclass(frozen=True)
class Settled:
    """A submission whose grade needs no exam."""

    grade: Grade
    unchanged: bool = False
    """Whether the grade is the stored one."""
    marked: Marked | None = None
    """Itself, where it was marked again."""
    notes: Notes = field(default_factory=Notes)


@dataclass(frozen=True)
class Marked:
    """A submission's grade as it is stored, and the trainings it waits for."""

    submission: Submission
    grade: Grade
    wants: tuple[Job, ...] = ()
    notes: Notes = field(default_factory=Notes)
    kept: str = ""
    """Why marks that were stored before stand, some or all; empty: none of them does."""
    ours: bool = False
    """Whether that is a fault of ours."""
    keys: Keys | None = None
    """What the grade depends on, where it is still to be stored."""

    @property
    def student(self) -> str:
        return self.submission.student


def stands(stored: Grade, submission: Submission) -> bool:
    """Whether a stored grade is one, and of other bytes than those handed in last."""
    return stored.status == "graded" and stored.submission != submission.digest


def noted(stored: Grade, why: str) -> Grade:
    """The stored grade, with the note that it is not of what was handed in last."""
    return replace(stored, fault=f"handed in anew, not graded yet: {why}")


def found_before(grade: Grade) -> dict[str, Sequence[Outcome]]:
    """What was found of each question, where all of it could be judged."""
    return {one.id: one.outcomes for one in grade.questions if one.outcomes and not is_ours(one.outcomes)}
