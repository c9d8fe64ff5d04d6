"""A student's page: what to mend first, then each question's score, their own answer, and each check's verdict."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import timedelta
from functools import cache
from pathlib import Path

from jinja2 import Environment

from autograder.assignment import SourceNotebook, imports_of
from autograder.course_yaml import CourseSettings
from autograder.errors import SomeFailed, cause_of
from autograder.evidence import Evidence, Exam, find_evidence
from autograder.grades import with_hand_marks
from autograder.judge.places import Places
from autograder.locale import Phrase, phrase, render
from autograder.nbgrader.submitted import complete_exchanged, late_by, write_exchanged
from autograder.notebook.regions import mark_schemes
from autograder.recipes import bars
from autograder.records import Grade, HandMark, Outcome
from autograder.report.architectures import networks_of
from autograder.report.illustrations import NONE, Illustrations, illustrate
from autograder.report.pages import page_environment, spelled
from autograder.report.repairs import repair_sentences
from autograder.report.runs import stored_runs
from autograder.report.story import tell
from autograder.store import open_store
from autograder.wire import codec
from autograder.wire.messages import Network

ON_TIME = timedelta()
EMPTY: Mapping[str, float] = {}
UNMARKED: Mapping[str, Mapping[str, HandMark]] = {}
HANG = 4
"""Characters that the lines of a message without labels wrap to."""


def write_feedback(
    source: SourceNotebook,
    course: CourseSettings,
    penalties: Mapping[str, float] = EMPTY,
    marks: Mapping[str, Mapping[str, HandMark]] = UNMARKED,
) -> Iterator[Path]:
    """Write the page of every student with a stored grade, and yield each.

    `penalties` are the points that lateness took, by student, `marks` what somebody gave by hand, by student and
    question. Beside a page lie the files by which nbgrader's `release_feedback` finds its way back to the student.

    Raises SomeFailed where some pages could not be written, after the others.
    """
    with open_store(source.paths) as store:
        grades = _marked(store.grades(source.key), marks)
        whole = {one.student: one for one in _marked(store.grades(source.name), marks)} if source.others else {}
    solution = find_evidence(source.paths.reference(source.key))
    drawn = _illustrator(source, course, solution)
    failed: dict[str, str] = {}
    for grade in grades:
        try:
            evidence = find_evidence(source.paths.evidence(source.key, grade.student))
            page = feedback_page(
                source,
                course,
                grade,
                evidence.exam if evidence else None,
                penalties.get(grade.student, 0.0),
                solution.exam if solution else None,
                whole.get(grade.student),
                drawn(grade, evidence),
                late_by(source.paths.submission(grade.student, source.name), course.due(source.name)),
            )
            path = _write_page(source, grade.student, page)
        except Exception as error:  # whatever it is, it is one student's page
            failed[grade.student] = cause_of(error)
        else:
            yield path
    if failed:
        raise SomeFailed(failed, len(grades) - len(failed))


def _marked(grades: Iterable[Grade], marks: Mapping[str, Mapping[str, HandMark]]) -> list[Grade]:
    return [with_hand_marks(one, marks.get(one.student, {})) for one in grades]


def _illustrator(
    source: SourceNotebook, course: CourseSettings, solution: Evidence | None
) -> Callable[[Grade, Evidence | None], Illustrations]:
    """Return what illustrates a student's page; what all pages share is read once."""
    settings = course.assignments[source.name]
    wanted, runs = _solutions_networks(solution), stored_runs(source.paths)
    to_reach, hidden = bars(settings.recipes), settings.hides_expected
    return lambda grade, own: illustrate(
        grade, _own_networks(grade, own), wanted, runs, to_reach, course.language, hidden=hidden
    )


def _solutions_networks(solution: Evidence | None) -> Mapping[str, Network]:
    with contextlib.suppress(codec.WireError):
        return networks_of(solution) if solution else {}
    return {}


def _own_networks(grade: Grade, own: Evidence | None) -> Mapping[str, Network]:
    """The student's networks; none of another submission than the graded one, and none unread where no check failed."""
    if own is None or own.exam.submission != grade.submission:
        return {}
    failed = any(one.status == "failed" for question in grade.questions for one in question.outcomes)
    return networks_of(own) if failed else {}


def _write_page(source: SourceNotebook, student: str, page: str) -> Path:
    path = source.paths.feedback(source.name, student, source.notebook_name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page, encoding="utf-8")
    write_exchanged(source.paths.submission(student, source.name), path.parent)
    if source.keeps_gradebook:
        complete_exchanged(path.parent)
    return path


def feedback_page(
    source: SourceNotebook,
    course: CourseSettings,
    grade: Grade,
    exam: Exam | None,
    penalty: float = 0.0,
    solution: Exam | None = None,
    whole: Grade | None = None,
    illustrations: Illustrations = NONE,
    late: timedelta = ON_TIME,
) -> str:
    """Return one student's page, as HTML. `penalty` is what lateness, of `late`, took of the points.

    `solution` is the exam of the course's own answers, which says what each answer was to make; `whole` the
    grade of the assignment, of which this is one notebook; `illustrations` what is drawn.
    """
    language = course.language
    own = exam if exam is not None and exam.submission == grade.submission else None
    return (
        _environment(language)
        .get_template("feedback.html.j2")
        .render(
            language=language,
            course=course.title,
            title=course.assignments[source.name].title,
            titles={question.id: question.title for question in source.questions},
            schemes={} if course.assignments[source.name].hides_expected else mark_schemes(source.notebook),
            grade=grade,
            penalty=penalty,
            late=spelled(late, language),
            whole=whole if whole is not None and whole.status == "graded" else None,
            notebook=source.notebook_name,
            drawn=illustrations,
            story=tell(grade, own, solution, imports_of(source.notebook), language),
            repairs=repair_sentences(own.repairs, language, Places(own)) if own else [],
        )
    )


@cache
def _environment(language: str) -> Environment:
    environment = page_environment(language)
    environment.filters["hang"] = _hang
    environment.globals["verdict_on"] = lambda outcome: render(_verdict(outcome), language)
    return environment


def _hang(message: str) -> int:
    """Return the column, in characters, that a message's lines wrap to: that of what follows its labels."""
    label = re.match(r"\S+ {2,}", message)
    return len(label[0]) if label else HANG


def _verdict(outcome: Outcome) -> Phrase:
    return TO_MARK if outcome.kind == "hand" and outcome.status == "ungraded" else STATUSES[outcome.status]


TO_MARK = phrase("to be marked")
STATUSES = {
    "passed": phrase("passed"),
    "failed": phrase("failed"),
    "errored": phrase("error"),
    "skipped": phrase("skipped"),
    "ungraded": phrase("not graded yet"),
}
