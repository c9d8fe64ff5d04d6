"""Grades for tests of what is made of them, without a room: a class of odd names, late, ungraded, unmarked, absent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from autograder.export import ClassGrades, Entry
from autograder.intake.identity import Identity
from autograder.records import CheckStatus, Grade, Outcome, QuestionGrade
from autograder.roster import Student

POINTS = {"double": 4.0, "names": 2.0}
TITLES = {"double": "Doubler, « vite »", "names": "Names & <letters>"}


def question(name: str, score: float, *, message: str = "", status: CheckStatus | None = None) -> QuestionGrade:
    """A question with one check, passed where its score is whole."""
    found: CheckStatus = status or ("passed" if score >= POINTS[name] else "failed")
    return QuestionGrade(name, score, POINTS[name], (Outcome(f"test_{name}", name, TITLES[name], found, 1.0, message),))


def grade(student: str, double: float = 4.0, names: float = 2.0, message: str = "received 1\nexpected 2") -> Grade:
    """A submission that was graded."""
    questions = (
        question("double", double, message="" if double == 4 else message),
        question("names", names, message="" if names == 2 else message),
    )
    return Grade(student, "toy", "graded", questions, "strict", "cpu", 0.41, "sha256:1")


def ungraded(student: str) -> Grade:
    """A submission that was not, through a fault of ours. Its points are there, and no student's."""
    lost = tuple(question(name, most, status="ungraded") for name, most in POINTS.items())
    return replace(grade(student), status="ungraded", questions=lost, fault="a worker was lost")


def unmarked(student: str) -> Grade:
    """One whose second question waits for somebody who marks by hand."""
    waits = Outcome("hand_mark", "names", "The answer, read by your teacher", "ungraded", 1.0, "", "hand")
    return replace(grade(student), questions=(question("double", 4), QuestionGrade("names", 0.0, 2.0, (waits,))))


def absent(student: str) -> Grade:
    """Nobody's."""
    nothing = tuple(QuestionGrade(name, 0.0, most, ()) for name, most in POINTS.items())
    return Grade(student, "toy", "missing", nothing, fault="no notebook handed in")


def entry(
    found: Grade,
    platform: str = "",
    number: str = "",
    *,
    person: Student | None = None,
    group: str = "",
    penalty: float = 0.0,
    pages: Mapping[str, Path] | None = None,
) -> Entry:
    """A grade with what a platform knows its student by."""
    known = Identity(platform, number, found.student, group=group) if platform else None
    own = person or Student(found.student)
    return Entry(found, own, known, penalty, timedelta(hours=1 if penalty else 0), pages or {})


def of_class(entries: Iterable[Entry], language: str = "en") -> ClassGrades:
    """The grades of the toy assignment."""
    return ClassGrades("toy", "Toy assignment", "A course", language, TITLES, tuple(entries))
