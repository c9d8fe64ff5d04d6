"""Item analysis: how hard each question and check was for a class, and how well it tells strong students from weak.

Discrimination is the corrected item-total correlation: Pearson's coefficient (of a check, the point-biserial) between
what students had of an item and the rest of their score, the item left out (Henrysson 1963; Ebel, Measuring Educational
Achievement, 1965, who calls 0.4 good and below 0.2 poor).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import StatisticsError, correlation, median

from autograder.evidence import Exam
from autograder.records import Grade, QuestionGrade

LEAST_STUDENTS = 5
"""Below this a correlation says nothing."""


@dataclass(frozen=True)
class CheckItem:
    """One check, or the visible tests of a question, over a class."""

    name: str
    title: str
    asked: int
    """Students of whom it could be judged."""
    passed: int
    discrimination: float | None
    """Between -1 and 1; None where it cannot be told: too few students, or all alike."""


@dataclass(frozen=True)
class QuestionItem:
    """One question over a class."""

    id: str
    max_score: float
    mean: float
    """Points, of those graded."""
    full: int
    """Students with all its points."""
    none: int
    """Students with none of them."""
    graded: int
    discrimination: float | None
    seconds: float | None
    """Median time its cells took in a room; None where it is not known."""
    checks: tuple[CheckItem, ...]

    @property
    def success(self) -> float:
        """Mean share of its points, from 0 to 1."""
        return self.mean / self.max_score if self.max_score else 0.0


def analyse(grades: Sequence[Grade], exams: Mapping[str, Exam]) -> tuple[QuestionItem, ...]:
    """Return the items of a class, in the notebook's order. `exams` are those known, by student.

    Only graded submissions count, and of those no check that could not be judged through a fault of ours.
    """
    graded = [one for one in grades if one.status == "graded"]
    names = list(dict.fromkeys(question.id for one in graded for question in one.questions))
    return tuple(_question(name, graded, exams) for name in names)


def _question(name: str, grades: Sequence[Grade], exams: Mapping[str, Exam]) -> QuestionItem:
    held = [(one, question) for one in grades for question in one.questions if question.id == name]
    scores = [question.score for _, question in held if not question.awaits]
    rest = [one.score - question.score for one, question in held if not question.awaits]
    most = held[0][1].max_score or max(scores, default=0.0)
    times = [seconds for one, _ in held if (seconds := _seconds(exams.get(one.student), name)) is not None]
    return QuestionItem(
        id=name,
        max_score=most,
        mean=sum(scores) / len(scores) if scores else 0.0,
        full=sum(score >= most for score in scores),
        none=sum(score <= 0 for score in scores),
        graded=len(scores),
        discrimination=_correlation(scores, rest),
        seconds=median(times) if times else None,
        checks=tuple(_checks(held)),
    )


def _checks(held: Sequence[tuple[Grade, QuestionGrade]]) -> Iterator[CheckItem]:
    keys = dict.fromkeys((one.kind, one.name) for _, question in held for one in question.outcomes)
    for kind, name in keys:
        found = [
            (grade.score - question.score, one)
            for grade, question in held
            for one in question.outcomes
            if (one.kind, one.name) == (kind, name) and one.status != "ungraded"
        ]
        if not found:
            continue
        passed = [float(one.status == "passed") for _, one in found]
        rest = [others for others, _ in found]
        yield CheckItem(name, found[0][1].title, len(found), round(sum(passed)), _correlation(passed, rest))


def _seconds(exam: Exam | None, question: str) -> float | None:
    """The time a question's own cells took: its answers and its tests, which stand before and in its graded cell."""
    if exam is None:
        return None
    waiting = 0.0
    for record in exam.cells:
        if record.run is None:
            return None
        waiting += record.run.seconds if record.cell.id in exam.sources or record.cell.id == question else 0.0
        if record.cell.id == question:
            return waiting
        if record.cell.id and record.cell.id not in exam.sources:
            waiting = 0.0
    return None


def _correlation(mine: Sequence[float], rest: Sequence[float]) -> float | None:
    if len(mine) < LEAST_STUDENTS:
        return None
    try:
        found = correlation(mine, rest)
    except StatisticsError:  # all alike
        return None
    return found if math.isfinite(found) else None
