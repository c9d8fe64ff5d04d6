"""Grades as rows of tables: how they are written, and read back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Literal

import msgspec
import sqlalchemy as sa

from autograder.records import Grade, Outcome, QuestionGrade, TrainingUse

Way = Literal["own", "compat"]
"""How a grade came about: own: by checks and visible tests · compat: as nbgrader would."""
Row = Any
"""One of SQLAlchemy's: a column's value is its attribute."""


class _Text(sa.TypeDecorator[str]):
    """Text as students write it. PostgreSQL has no NUL character in one; everything else it keeps."""

    impl = sa.String
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: sa.Dialect) -> str | None:
        return value.replace("\0", "\ufffd") if value and dialect.name == "postgresql" else value


def _column(name: str, kind: sa.types.TypeEngine[Any] | type[sa.types.TypeEngine[Any]] = _Text) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False)


def _belongs_to(table: sa.Table) -> sa.Column[int]:
    key = sa.ForeignKey(table.c.id, ondelete="CASCADE")
    return sa.Column(f"{table.name}_id", sa.Integer, key, nullable=False, index=True)


TABLES = sa.MetaData()
SUBMISSION = sa.Table(
    "submission",
    TABLES,
    sa.Column("id", sa.Integer, primary_key=True),
    _column("assignment"),
    _column("student"),
    _column("status"),
    _column("attempt", sa.Integer),
    _column("digest"),
    _column("digests", sa.JSON),  # of the bytes of this attempt, as each way of grading reads them
    _column("isolation"),
    _column("device"),
    _column("seconds", sa.Double),
    _column("fault"),
    _column("stand_ins", sa.JSON),
    _column("language"),
    _column("way"),  # of the grade that is stored: the other rule's says nothing of what this one would find
    _column("exam_key"),
    _column("judge_key"),
    _column("seen"),
    _column("graded_at", sa.DateTime),
    sa.UniqueConstraint("assignment", "student"),
)
"""A row is one student's latest grade for one assignment."""
QUESTION = sa.Table(
    "question",
    TABLES,
    sa.Column("id", sa.Integer, primary_key=True),
    _belongs_to(SUBMISSION),
    _column("position", sa.Integer),
    _column("name"),
    _column("score", sa.Double),
    _column("max_score", sa.Double),
)
TRAINING = sa.Table(
    "training",
    TABLES,
    sa.Column("id", sa.Integer, primary_key=True),
    _belongs_to(SUBMISSION),
    _column("probe"),
    _column("recipe"),
    _column("signature"),
    _column("seeds", sa.JSON),
    _column("device"),
    _column("data"),
    _column("data_digest"),
    _column("stand_in", sa.Boolean),
    _column("versions", sa.JSON),
    _column("backend"),
)
"""The trainings of one network that a submission's grade rests on, shared with whoever submitted its like."""
CHECK = sa.Table(
    "check",
    TABLES,
    sa.Column("id", sa.Integer, primary_key=True),
    _belongs_to(QUESTION),
    _column("position", sa.Integer),
    _column("name"),
    _column("title"),
    _column("status"),
    _column("weight", sa.Double),
    _column("message"),
    _column("kind"),
)


@dataclass(frozen=True)
class Keys:
    """Digests of all that a stored grade depends on: whether it still holds is whether they are still equal."""

    exam: str
    judge: str
    seen: str = field(default="", compare=False)
    """Of the files handed in and all that reading them depends on: where it is the same, nothing need be read."""


# --- Written ----------------------------------------------------------------------------------------------------------


def of(assignment: str, student: str) -> tuple[sa.ColumnElement[bool], sa.ColumnElement[bool]]:
    """Which row is the student's."""
    return SUBMISSION.c.assignment == assignment, SUBMISSION.c.student == student


def write(connection: sa.Connection, marks: Sequence[tuple[Grade, Keys]], way: Way) -> list[Grade]:
    """Write the grades of as many students over their last ones; return them with their attempts' numbers."""
    grades = [grade for grade, _ in marks]
    places = [(one.assignment, _Text().process_bind_param(one.student, connection.dialect)) for one in grades]
    before = _stored(connection, grades)
    rows = [_row(grade, keys, way, before.get(place)) for (grade, keys), place in zip(marks, places, strict=True)]
    new = [row for row, place in zip(rows, places, strict=True) if place not in before]
    over = [{**row, "of": before[place].id} for row, place in zip(rows, places, strict=True) if place in before]
    _insert(connection, SUBMISSION, new)
    if over:
        connection.execute(sa.update(SUBMISSION).where(SUBMISSION.c.id == sa.bindparam("of")), over)
        _forget_parts(connection, [row["of"] for row in over])
    after = _stored(connection, grades) if new else before
    _write_parts(connection, {after[place].id: grade for grade, place in zip(grades, places, strict=True)})
    return [replace(grade, attempt=row["attempt"]) for grade, row in zip(grades, rows, strict=True)]


def _stored(connection: sa.Connection, grades: Sequence[Grade]) -> dict[tuple[str, str | None], Row]:
    """The rows that there are of the students of these grades, by assignment and student."""
    assignments, students = {one.assignment for one in grades}, [one.student for one in grades]
    columns = (SUBMISSION.c[name] for name in ("id", "assignment", "student", "attempt", "digests"))
    query = sa.select(*columns).where(SUBMISSION.c.assignment.in_(assignments), SUBMISSION.c.student.in_(students))
    return {(row.assignment, row.student): row for row in connection.execute(query)}


def _row(grade: Grade, keys: Keys, way: Way, before: Row | None) -> dict[str, Any]:
    attempt, digests = (before.attempt, before.digests) if before else (1, {})
    if grade.submission:
        if digests.get(way, grade.submission) != grade.submission:
            attempt, digests = attempt + 1, {}
        digests = {**digests, way: grade.submission}
    return {
        "assignment": grade.assignment,
        "student": grade.student,
        "status": grade.status,
        "attempt": attempt,
        "digest": grade.submission,
        "digests": digests,
        "isolation": grade.isolation,
        "device": grade.device,
        "seconds": grade.seconds,
        "fault": grade.fault,
        "stand_ins": list(grade.stand_ins),
        "language": grade.language,
        "way": way,
        "exam_key": keys.exam,
        "judge_key": keys.judge,
        "seen": keys.seen,
        "graded_at": datetime.now(UTC).replace(tzinfo=None),
    }


def _forget_parts(connection: sa.Connection, numbers: Sequence[int]) -> None:
    questions = sa.select(QUESTION.c.id).where(QUESTION.c.submission_id.in_(numbers))
    connection.execute(sa.delete(CHECK).where(CHECK.c.question_id.in_(questions)))
    for table in (QUESTION, TRAINING):
        connection.execute(sa.delete(table).where(table.c.submission_id.in_(numbers)))


def _write_parts(connection: sa.Connection, grades: Mapping[int, Grade]) -> None:
    """Write the questions, checks and trainings of grades, by the numbers of their rows."""
    _insert(connection, QUESTION, _questions(grades))
    query = sa.select(QUESTION).where(QUESTION.c.submission_id.in_(grades))
    numbers = {(row.submission_id, row.position): row.id for row in connection.execute(query)}
    _insert(connection, CHECK, _checks(grades, numbers))
    uses = ((number, use) for number, grade in grades.items() for use in grade.trainings)
    _insert(connection, TRAINING, ({"submission_id": number, **msgspec.structs.asdict(use)} for number, use in uses))


def _insert(connection: sa.Connection, table: sa.Table, rows: Iterable[dict[str, Any]]) -> None:
    if found := list(rows):
        connection.execute(sa.insert(table), found)


def _questions(grades: Mapping[int, Grade]) -> Iterator[dict[str, Any]]:
    for number, grade in grades.items():
        for position, one in enumerate(grade.questions):
            yield {
                "submission_id": number,
                "position": position,
                "name": one.id,
                "score": one.score,
                "max_score": one.max_score,
            }


def _checks(grades: Mapping[int, Grade], numbers: Mapping[tuple[int, int], int]) -> Iterator[dict[str, Any]]:
    for number, grade in grades.items():
        for position, question in enumerate(grade.questions):
            for place, one in enumerate(question.outcomes):
                yield {
                    "question_id": numbers[number, position],
                    "position": place,
                    "name": one.name,
                    "title": one.title,
                    "status": one.status,
                    "weight": one.weight,
                    "message": one.message,
                    "kind": one.kind,
                }


# --- Read -------------------------------------------------------------------------------------------------------------


def read(connection: sa.Connection, *which: sa.ColumnElement[bool]) -> list[tuple[Grade, Keys]]:
    """Return the grades of the rows that are asked for, each with what it depends on."""
    rows = list(connection.execute(sa.select(SUBMISSION).where(*which)))
    submitted = QUESTION.join(SUBMISSION)
    questions = sa.select(QUESTION).select_from(submitted).where(*which).order_by(QUESTION.c.position)
    checks = sa.select(CHECK).select_from(CHECK.join(submitted)).where(*which).order_by(CHECK.c.position)
    trainings = sa.select(TRAINING).join(SUBMISSION).where(*which).order_by(TRAINING.c.id)
    of_question = _by(connection.execute(checks), "question_id")
    of_row, used = (_by(connection.execute(one), "submission_id") for one in (questions, trainings))
    return [(_grade(row, of_row[row.id], of_question, used[row.id]), keys_of(row)) for row in rows]


def keys_of(row: Row) -> Keys:
    return Keys(row.exam_key, row.judge_key, row.seen)


def _by(rows: Iterable[Row], column: str) -> dict[int, list[Row]]:
    found: dict[int, list[Row]] = defaultdict(list)
    for row in rows:
        found[getattr(row, column)].append(row)
    return found


def _grade(row: Row, questions: Sequence[Row], checks: Mapping[int, list[Row]], trainings: Sequence[Row]) -> Grade:
    return Grade(
        student=row.student,
        assignment=row.assignment,
        status=row.status,
        questions=tuple(_question(one, checks[one.id]) for one in questions),
        isolation=row.isolation,
        device=row.device,
        seconds=row.seconds,
        submission=row.digest,
        attempt=row.attempt,
        fault=row.fault,
        trainings=tuple(
            TrainingUse(**{name: getattr(use, name) for name in TrainingUse.__struct_fields__}) for use in trainings
        ),
        stand_ins=tuple(row.stand_ins),
        language=row.language,
    )


def _question(row: Row, checks: Sequence[Row]) -> QuestionGrade:
    outcomes = (Outcome(one.name, row.name, one.title, one.status, one.weight, one.message, one.kind) for one in checks)
    return QuestionGrade(row.name, row.score, row.max_score, tuple(outcomes))
