"""What people gave by hand in the gradebook: marks, extra credit, comments, and the lateness that they forgave."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from nbgrader.api import Assignment as NbgraderAssignment
from nbgrader.api import (
    BaseCell,
    Comment,
    MissingEntry,
    Notebook,
    SubmittedAssignment,
    SubmittedNotebook,
)
from nbgrader.api import Grade as Mark
from nbgrader.coursedir import CourseDirectory
from sqlalchemy.exc import SQLAlchemyError

from autograder.assignment import SourceNotebook
from autograder.errors import GraderError
from autograder.nbgrader.configuration import configuration, open_gradebook
from autograder.paths import Paths
from autograder.records import HandMark

Json = dict[str, Any]


def read_penalties(source: SourceNotebook) -> dict[str, float]:
    """Return what lateness took of each student's points, as the gradebook has it."""
    try:
        with open_gradebook(CourseDirectory(config=configuration(source.paths))) as gradebook:
            found = gradebook.notebook_submissions(source.notebook_name, source.name)
            return {one.student.id: one.late_submission_penalty for one in found if one.late_submission_penalty}
    except MissingEntry:
        return {}
    except (SQLAlchemyError, OSError) as error:
        raise GraderError(f"the gradebook cannot be read: {error}") from error


def read_marks(paths: Paths, assignment: str) -> dict[str, dict[str, HandMark]]:
    """Return what somebody gave by hand in the gradebook: by student, and by question.

    A question goes by its cell's id, and by its notebook's name and that, as `--compat` has it of several notebooks.
    Raises GraderError where the gradebook cannot be read.
    """
    try:
        with open_gradebook(CourseDirectory(config=configuration(paths))) as gradebook:
            given, said = _given_by_hand(gradebook, assignment)
    except (SQLAlchemyError, OSError) as error:
        raise GraderError(f"the gradebook cannot be read: {error}") from error
    found: dict[str, dict[str, HandMark]] = {}
    for notebook in sorted({place.notebook for place in (*given, *said)}):
        asked = _asked_by(paths.release(assignment) / f"{notebook}.ipynb")
        comments = {replace(place, cell=asked.get(place.cell, place.cell)): text for place, text in said.items()}
        for place in dict.fromkeys(one for one in (*given, *comments) if one.notebook == notebook):
            mark = replace(given.get(place, HandMark()), comment=comments.get(place, ""))
            own = found.setdefault(place.student, {})
            own[place.cell] = own[f"{notebook}/{place.cell}"] = mark
    return found


@dataclass(frozen=True)
class _Place:
    """A cell of one student's notebook."""

    student: str
    notebook: str
    cell: str


def _given_by_hand(gradebook: Any, assignment: str) -> tuple[dict[_Place, HandMark], dict[_Place, str]]:
    """The marks and the comments that are somebody's, where there are any."""

    def rows(kind: Any, *columns: Any) -> Any:
        return (
            gradebook.db.query(SubmittedAssignment.student_id, Notebook.name, BaseCell.name, *columns)
            .select_from(kind)
            .join(BaseCell, kind.cell_id == BaseCell.id)
            .join(SubmittedNotebook, kind.notebook_id == SubmittedNotebook.id)
            .join(Notebook, SubmittedNotebook.notebook_id == Notebook.id)
            .join(SubmittedAssignment, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
            .join(NbgraderAssignment, SubmittedAssignment.assignment_id == NbgraderAssignment.id)
            .filter(NbgraderAssignment.name == assignment)
        )

    marks = {
        _Place(*where): HandMark(score, extra or 0.0)
        for *where, score, extra in rows(Mark, Mark.manual_score, Mark.extra_credit)
        if score is not None or extra
    }
    comments = {_Place(*where): text for *where, text in rows(Comment, Comment.manual_comment) if text}
    return marks, comments


def _asked_by(release: Path) -> dict[str, str]:
    """The first question that each answer cell of a released notebook answers."""
    try:
        cells = json.loads(release.read_bytes())
    except (OSError, ValueError):
        return {}
    found: dict[str, str] = {}
    for question, answer in commented(cells):
        found.setdefault(answer, question)
    return found


def _role(cell: Json) -> Json:
    found = cell["metadata"].get("nbgrader")
    return found if isinstance(found, dict) else {}


def commented(release: Json) -> Iterator[tuple[str, str]]:
    """Yield each graded cell's id and that of the answer cell before it, or itself: nbgrader comments on answers."""
    last = ""
    for role in map(_role, release["cells"]):
        if role.get("solution"):
            last = role["grade_id"]
        if role.get("grade") and last:
            yield role["grade_id"], last
