"""nbgrader's gradebook: what was graded goes into it, through nbgrader's own API, and into `autograded/`.

What people gave by hand in nbgrader (scores, extra credit, comments, extensions) is theirs and stays.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import nbformat
from nbgrader import preprocessors
from nbgrader.api import (
    BaseCell,
    Comment,
    InvalidEntry,
    MissingEntry,
    SubmittedNotebook,
)
from nbgrader.api import Grade as Mark
from nbgrader.coursedir import CourseDirectory
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from traitlets.config import Config

from autograder.assignment import Deadline, SourceNotebook
from autograder.errors import CourseError, GraderError, Problem, SomeFailed, cause_of
from autograder.evidence import Evidence, find_evidence
from autograder.nbgrader.beside import copy_pictures
from autograder.nbgrader.by_hand import Json, commented
from autograder.nbgrader.configuration import configuration, open_gradebook
from autograder.nbgrader.executed import executed_notebook, grade_id
from autograder.nbgrader.submitted import submitted_at, write_exchanged
from autograder.notebook.formats import as_utf8, course_notebook_bytes
from autograder.notebook.metadata import role_of
from autograder.paths import write_beside
from autograder.records import Grade, QuestionGrade

SAVING = (
    preprocessors.IncludeHeaderFooter,
    preprocessors.LockCells,
    preprocessors.ClearSolutions,
    preprocessors.ClearOutput,
    preprocessors.CheckCellMetadata,
    preprocessors.ComputeChecksums,
    preprocessors.SaveCells,
)
"""What `nbgrader generate_assignment` does to a notebook until its cells are in the gradebook."""
NO_RESPONSE = "No response."
"""nbgrader's own comment on an answer nobody touched."""


def keep_grades(graded: Sequence[tuple[SourceNotebook, Sequence[Grade]]], deadline: Deadline) -> int:
    """Bring the gradebook and `autograded/` up to the grades of each notebook of one assignment.

    Returns how many students have a submission there now. An ungraded submission is left as it was: what kept it from
    being graded is ours. Raises CourseError where nbgrader refuses the assignment, GraderError where the database
    cannot be written, SomeFailed where some students' rows could not be, after the others.
    """
    first = graded[0][0]
    config = configuration(first.paths, deadline.percent_per_day)
    try:
        course = CourseDirectory(config=config)
        with open_gradebook(course) as gradebook:
            for source, _ in graded:  # all notebooks, before the first submission: nbgrader adds none afterwards
                _save_assignment(gradebook, course, source, deadline.due, config)
            writers = [(_Writer(gradebook, course, one, config), grades) for one, grades in graded]
            work = [(grade.status == "missing", writer, grade) for writer, grades in writers for grade in grades]
            # What was not handed in comes last: another notebook of the same student makes the submission it is of.
            work.sort(key=lambda one: one[0])
            return _keep_each(gradebook, [(writer, grade) for _, writer, grade in work])
    except (SQLAlchemyError, InvalidEntry, OSError) as error:
        advice = "if an older nbgrader made it, run `nbgrader db upgrade`"
        raise GraderError(f"the gradebook cannot be written ({advice}): {error}") from error


def _keep_each(gradebook: Any, work: Iterable[tuple[_Writer, Grade]]) -> int:
    """Keep each grade, a transaction each. Raise SomeFailed at the end for those that were not kept."""
    kept: set[str] = set()
    failed: dict[str, str] = {}
    for writer, grade in work:
        try:
            kept |= {grade.student} if writer.keep(grade) else set()
        except (CourseError, OperationalError):  # the course's, or the database's: everybody's
            raise
        except Exception as error:
            gradebook.db.rollback()
            failed[grade.student] = cause_of(error)
    if failed:
        raise SomeFailed(failed, len(kept - failed.keys()))
    return len(kept)


def _save_assignment(gradebook: Any, course: Any, source: SourceNotebook, due: datetime | None, config: Config) -> None:
    """Have the assignment and its cells in the gradebook as `nbgrader generate_assignment` puts them there."""
    gradebook.update_or_create_assignment(source.name, **({"duedate": due.replace(tzinfo=None)} if due else {}))
    resources = _resources(course, source)
    try:
        text = course_notebook_bytes(source.path).decode()
        notebook = nbformat.reads(text, as_version=nbformat.NO_CONVERT)
        for preprocessor in SAVING:
            notebook, resources = preprocessor(config=config).preprocess(notebook, resources)
        kept = gradebook.find_notebook(source.notebook_name, source.name)
        for cell in (*kept.grade_cells, *kept.task_cells):
            if cell.name in source.bonus:
                cell.max_score = 0.0  # nbgrader's way of a bonus: points that are had, and not asked for
        gradebook.db.commit()
    except (RuntimeError, ValueError) as error:
        text = f"nbgrader's gradebook refuses it: {error}"
        raise CourseError([Problem(source.paths.shown(source.path), 0, "", text)]) from error


def _resources(course: Any, source: SourceNotebook, student: str = ".") -> Json:
    notebook = source.notebook_name
    names = {"notebook": notebook, "assignment": source.name, "student": student, "db_url": course.db_url}
    return {"nbgrader": names, "unique_key": notebook}


def _with_tasks(release: Json, source: SourceNotebook) -> Json:
    """The release with its tasks as whoever marks reads them, marking schemes included, as nbgrader restores them."""
    texts = {role.id: cell.source for cell in source.notebook.cells if (role := role_of(cell)).task}
    cells = ({**cell, "source": texts.get(grade_id(cell), cell["source"])} for cell in release["cells"])
    return {**release, "cells": list(cells)}


@dataclass(frozen=True)
class _Rows:
    """One submitted notebook's rows in the gradebook, by the id of their cell."""

    notebook: Any
    marks: Mapping[str, Any]
    comments: Mapping[str, Any]


class _Writer:
    """Keeps one assignment's submissions in an open gradebook, a transaction each."""

    def __init__(self, gradebook: Any, course: Any, source: SourceNotebook, config: Config) -> None:
        self._gradebook, self._course, self._source, self._config = gradebook, course, source, config
        path = source.paths.release(source.name) / source.notebook_file
        self._release: Json = _with_tasks(json.loads(bytes(as_utf8(path.read_bytes()))), source)
        self._commented = dict(commented(self._release))

    def keep(self, grade: Grade) -> bool:
        """Bring one student's rows and executed notebook up to their grade; return whether there is one to keep."""
        if grade.status == "ungraded":
            return False
        self._gradebook.update_or_create_student(grade.student)
        if grade.status == "missing":
            self._empty(grade)
            return False
        evidence = self._evidence(grade)
        anew = self._write_executed(grade.student, evidence)
        rows = self._rows(self._submission(grade.student))
        for question in grade.questions:
            if question.id in rows.marks:
                self._mark(rows.marks[question.id], self._points(question), anew=anew)
        for cell, comment in rows.comments.items():
            self._comment(comment, self._said(cell, grade))
        self._gradebook.db.commit()
        self._penalize(grade.student, rows.notebook)
        return True

    def _evidence(self, grade: Grade) -> Evidence | None:
        """What came back of the work that was graded; None where it is not there."""
        found = find_evidence(self._source.paths.evidence(self._source.key, grade.student))
        return found if found and found.exam.submission == grade.submission else None

    def _empty(self, grade: Grade) -> None:
        """Nothing is handed in any more: what an earlier submission earned is lost, as nbgrader has it."""
        try:
            submission = self._gradebook.find_submission(self._source.name, grade.student)
        except MissingEntry:
            return
        for mark in self._rows(submission).marks.values():
            mark.auto_score, mark.needs_manual_grade = 0.0, False
        self._gradebook.db.commit()

    def _submission(self, student: str) -> Any:
        moment = submitted_at(self._source.paths.submission(student, self._source.name))
        when = {"timestamp": moment.replace(tzinfo=None)} if moment else {}
        with self._gradebook.db.no_autoflush:  # nbgrader makes a submission's rows one by one, before it adds them
            return self._gradebook.update_or_create_submission(self._source.name, student, **when)

    def _rows(self, submission: Any) -> _Rows:
        name, names = self._source.notebook_name, [one.name for one in submission.notebooks]
        if name not in names:
            text = f"submissions in the gradebook are of {', '.join(names)}: give the notebook that name again"
            raise CourseError([Problem(self._source.paths.shown(self._source.path), 0, "", text)])
        notebook = submission.notebooks[names.index(name)]
        query = self._gradebook.db.query
        marks = query(BaseCell.name, Mark).join(Mark, Mark.cell_id == BaseCell.id)
        comments = query(BaseCell.name, Comment).join(Comment, Comment.cell_id == BaseCell.id)
        return _Rows(
            notebook,
            dict(marks.filter(Mark.notebook_id == notebook.id).all()),
            dict(comments.filter(Comment.notebook_id == notebook.id).all()),
        )

    def _points(self, question: QuestionGrade) -> float | None:
        """Return a question's points; None where somebody must give them."""
        return None if question.awaits else question.score

    def _mark(self, mark: Any, points: float | None, *, anew: bool) -> None:
        """Write the score we give. What somebody gave by hand counts in its place, and is theirs.

        Where the work has changed since, they are asked to look again.
        """
        changed = anew or mark.auto_score != points
        mark.auto_score = points
        if mark.manual_score is None:
            mark.needs_manual_grade = points is None
        elif changed:
            mark.needs_manual_grade = True

    def _comment(self, comment: Any, said: str | None) -> None:
        comment.auto_comment = said

    def _said(self, cell: str, grade: Grade) -> str | None:
        """Return what is said of the questions that an answer cell answers; None: nothing."""
        asked = [question for question in grade.questions if self._commented.get(question.id) == cell]
        if any(one.kind == "hand" and one.status == "failed" for question in asked for one in question.outcomes):
            return NO_RESPONSE
        said = [_message(question) for question in asked]
        return "\n\n".join(filter(None, said)) or None

    def _write_executed(self, student: str, evidence: Evidence | None) -> bool:
        """Write the notebook as it was run; return whether it differs from the one that was there."""
        exam, pictures = (evidence.exam, evidence.pictures()) if evidence else (None, [])
        folder = self._course.format_path(self._course.autograded_directory, student, self._source.name)
        path = Path(folder) / f"{self._source.notebook_name}.ipynb"
        submitted = self._source.paths.submission(student, self._source.name)
        write_exchanged(submitted, path.parent)
        if not (submitted.is_symlink() or submitted.parent.is_symlink()):
            copy_pictures(submitted, path.parent)
        copy_pictures(self._source.paths.release(self._source.name), path.parent)
        if exam is None and path.exists():
            return False
        made = executed_notebook(self._release, exam, pictures)
        content = json.dumps(made, ensure_ascii=False, indent=1).encode() + b"\n"
        if path.exists() and path.read_bytes() == content:
            return False
        write_beside(path, content)
        return True

    def _penalize(self, student: str, notebook: SubmittedNotebook) -> None:
        """Have nbgrader assign its late penalty: it clears the last one, asks the plugin, and bounds what it says."""
        late = notebook.assignment.total_seconds_late if notebook.assignment.assignment.duedate else 0
        if late or notebook.late_submission_penalty is not None:
            self._gradebook.db.commit()  # it writes from a session of its own
            plugin = preprocessors.AssignLatePenalties(config=self._config)
            plugin.preprocess(nbformat.v4.new_notebook(), _resources(self._course, self._source, student))


def _message(question: QuestionGrade) -> str:
    """What its checks found, as Markdown: messages may quote the student, and stand as they are in blocks of code."""
    lost = [outcome for outcome in question.outcomes if outcome.status not in ("passed", "ungraded")]
    said = [(f"{question.id}: {outcome.title}", outcome.message.splitlines()) for outcome in lost]
    return "\n\n".join("\n".join([title, *(["", *(f"    {line}" for line in lines)])]) for title, lines in said)
