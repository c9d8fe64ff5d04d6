"""What a student reads of their own submission, question by question, for the systems that show it.

It is in the course's language. Files of these exports are one submission's each.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from autograder.export import ClassGrades, Entry, Exported, ExportOptions, unfinished
from autograder.grades import is_ours
from autograder.locale import phrase, render
from autograder.records import Outcome, QuestionGrade
from autograder.report.feedback import STATUSES, TO_MARK
from autograder.report.pages import printed
from autograder.sheets import number


@dataclass(frozen=True)
class QuestionResult:
    """One question."""

    id: str
    name: str
    score: float | None
    """None: it has none yet."""
    max_score: float
    text: str
    """Its checks, each with its verdict and its message."""

    @property
    def passed(self) -> bool:
        return self.score is not None and self.score >= self.max_score


def answered(grades: ClassGrades, entry: Entry) -> list[QuestionResult]:
    """Return a submission's questions, in order."""
    return [
        QuestionResult(
            one.id,
            printed(grades.questions.get(one.id) or one.id),
            None if one.awaits or is_ours(one.outcomes) else one.score,
            one.max_score,
            _text(one, grades.language),
        )
        for one in entry.grade.questions
    ]


def verdict(outcome: Outcome, language: str) -> str:
    """Return a check's verdict, in words."""
    waits = outcome.kind == "hand" and outcome.status == "ungraded"
    return render(TO_MARK if waits else STATUSES[outcome.status], language)


def _text(question: QuestionGrade, language: str) -> str:
    parts = [
        f"{one.title} — {verdict(one, language)}" + (f"\n{one.message}" if one.message else "")
        for one in question.outcomes
    ]
    if not parts and not question.by_hand and not question.score:
        parts = [render(phrase("No response."), language)]  # of a notebook that was not handed in
    return printed("\n\n".join([*parts, *([question.comment] if question.comment else [])]))


def remarks(grades: ClassGrades, entry: Entry) -> str:
    """Return what is to be said of a submission as a whole: lateness, points that somebody is still to give, and what
    was mended of it before it was graded.
    """
    said = []
    if entry.penalty:
        earned, taken = number(entry.grade.score), number(entry.penalty)
        text = phrase("{earned} earned, {penalty} taken because it was handed in late.", earned=earned, penalty=taken)
        said.append(render(text, grades.language))
    if entry.grade.awaiting:
        waiting = number(entry.grade.awaiting)
        said.append(
            render(phrase("Points still to be marked by your teacher: {points}.", points=waiting), grades.language)
        )
    if mended := grades.mended(entry):
        said += [render(MENDED, grades.language), *(f"- {one}" for one in mended)]
    return printed("\n".join(said))


MENDED = phrase("Mended before grading")


def so_far(entry: Entry) -> float:
    """The points that are there, after lateness, what is still to be marked left out."""
    return round(max(entry.grade.score - entry.penalty, 0.0), 4)


def one_file_each(
    grades: ClassGrades, options: ExportOptions, name: str, made: Callable[[Entry], dict[str, Any] | None]
) -> Exported:
    """Return a JSON file for each submission, in a folder of the student's name; of one asked for, that file alone.

    None is made where `made` gives nothing.
    """
    found = {one.student: made(one) for one in grades.entries if one.grade.status != "missing"}
    files = {
        name if options.single else f"{student}/{name}": as_json(value)
        for student, value in found.items()
        if value is not None
    }
    return Exported(files, unfinished(grades))


def as_json(value: dict[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, indent=2).encode(errors="replace") + b"\n"
