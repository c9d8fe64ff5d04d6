"""Results, through SQLAlchemy: one row a submission, with its questions and checks, one transaction each.

A database says which schema it has. An older one is brought up to date when it is opened, all at once or not at all;
one of a newer grader is refused, for nobody knows what would be lost.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import msgspec
import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship

from autograder.databases import Database, Sqlite, database_of, refusal_of_database
from autograder.errors import CourseError, GraderError, Problem
from autograder.paths import Paths
from autograder.records import Grade, Outcome, QuestionGrade, TrainingUse

SCHEMA = 6
"""1: the first, whose files say 0. 2: kinds of checks, digests by way of grading. 3: stand-ins. 4: languages.
5: ways of grading, backends. 6: what was seen."""
MIGRATIONS = {
    1: (
        "alter table submission add column digests json not null default '{}'",
        "update submission set digests = json_object('own', digest) where digest != ''",
        "alter table \"check\" add column kind varchar not null default 'check'",
        "update \"check\" set kind = 'tests' where name = 'test_cell' and position = 0",
    ),
    2: ("alter table submission add column stand_ins json not null default '[]'",),
    3: ("alter table submission add column language varchar not null default ''",),
    4: (
        "alter table submission add column way varchar not null default 'own'",
        "alter table training add column backend varchar not null default 'tensorflow'",
    ),
    5: ("alter table submission add column seen varchar not null default ''",),
}
"""What makes a schema the next one. Steps up to 6 were ever SQLite's alone; those to come are for both databases."""
MOST_NAMED = 100
"""Students that a query names; more are all asked for."""
Way = Literal["own", "compat"]
"""How a grade came about: own: by checks and visible tests · compat: as nbgrader would."""
OWN: Way = "own"
COMPAT: Way = "compat"


class _Text(sa.TypeDecorator[str]):
    """Text as students write it. PostgreSQL has no NUL character in one; everything else it keeps."""

    impl = sa.String
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: sa.Dialect) -> str | None:
        return value.replace("\0", "\ufffd") if value and dialect.name == "postgresql" else value


class _Base(DeclarativeBase):
    type_annotation_map = {str: _Text}  # noqa: RUF012 (SQLAlchemy's own)


class _Submission(_Base):
    """One student's latest grade for one assignment."""

    __tablename__ = "submission"
    __table_args__ = (sa.UniqueConstraint("assignment", "student"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    assignment: Mapped[str]
    student: Mapped[str]
    status: Mapped[str]
    attempt: Mapped[int]
    digest: Mapped[str]
    digests: Mapped[dict[str, str]] = mapped_column(sa.JSON)
    """Of the bytes of this attempt, as each way of grading reads them."""
    isolation: Mapped[str]
    device: Mapped[str]
    seconds: Mapped[float]
    fault: Mapped[str]
    stand_ins: Mapped[list[str]] = mapped_column(sa.JSON)
    language: Mapped[str]
    way: Mapped[str]
    """Of the grade that is stored: the other rule's says nothing of what this one would find."""
    exam_key: Mapped[str]
    judge_key: Mapped[str]
    seen: Mapped[str]
    graded_at: Mapped[datetime]
    questions: Mapped[list[_Question]] = relationship(
        cascade="all, delete-orphan", order_by="_Question.position", lazy="selectin"
    )
    trainings: Mapped[list[_Training]] = relationship(
        cascade="all, delete-orphan", order_by="_Training.id", lazy="selectin"
    )


class _Question(_Base):
    __tablename__ = "question"

    id: Mapped[int] = mapped_column(primary_key=True)
    submission_id: Mapped[int] = mapped_column(sa.ForeignKey("submission.id", ondelete="CASCADE"), index=True)
    position: Mapped[int]
    name: Mapped[str]
    score: Mapped[float]
    max_score: Mapped[float]
    checks: Mapped[list[_Check]] = relationship(
        cascade="all, delete-orphan", order_by="_Check.position", lazy="selectin"
    )


class _Training(_Base):
    """The trainings of one network that a submission's grade rests on, shared with whoever submitted its like."""

    __tablename__ = "training"

    id: Mapped[int] = mapped_column(primary_key=True)
    submission_id: Mapped[int] = mapped_column(sa.ForeignKey("submission.id", ondelete="CASCADE"), index=True)
    probe: Mapped[str]
    recipe: Mapped[str]
    signature: Mapped[str]
    seeds: Mapped[list[int]] = mapped_column(sa.JSON)
    device: Mapped[str]
    data: Mapped[str]
    data_digest: Mapped[str]
    stand_in: Mapped[bool]
    versions: Mapped[dict[str, str]] = mapped_column(sa.JSON)
    backend: Mapped[str]


class _Check(_Base):
    __tablename__ = "check"

    id: Mapped[int] = mapped_column(primary_key=True)
    question_id: Mapped[int] = mapped_column(sa.ForeignKey("question.id", ondelete="CASCADE"), index=True)
    position: Mapped[int]
    name: Mapped[str]
    title: Mapped[str]
    status: Mapped[str]
    weight: Mapped[float]
    message: Mapped[str]
    kind: Mapped[str]


@dataclass(frozen=True)
class Keys:
    """Digests of all that a stored grade depends on: whether it still holds is whether they are still equal."""

    exam: str
    judge: str
    seen: str = field(default="", compare=False)
    """Of the files handed in and all that reading them depends on: where it is the same, nothing need be read."""


class Store:
    """The results of one course. Use as a context manager."""

    def __init__(self, database: Database | Path) -> None:
        """Open a database, a file's path for SQLite's, made where it is not there.

        Raises GraderError where it cannot be opened, CourseError where a newer grader made it.
        """
        self._database: Database = Sqlite(database) if isinstance(database, Path) else database
        what = f"the results cannot be opened at {self._database.shown}"
        try:
            self._engine = self._database.open_engine()
        except OSError as error:
            raise GraderError(f"{what}: {error}") from error
        try:
            self._prepare()
        except BaseException as error:
            self._engine.dispose()
            if isinstance(error, sa.exc.SQLAlchemyError):
                raise refusal_of_database(self._database, error, what) from error
            raise

    def _prepare(self) -> None:
        """Bring it to this schema. Of several processes that open it at once, one does it, the others wait."""
        with self._engine.connect() as connection:
            if self._schema(connection) == SCHEMA:
                return
        with self._engine.begin() as connection:
            self._database.write_alone(connection)
            self._database.make_place(connection)
            found = self._schema(connection)
            for schema in range(found or SCHEMA, SCHEMA):
                for statement in MIGRATIONS[schema]:
                    connection.exec_driver_sql(statement)
            _Base.metadata.create_all(connection)
            self._database.set_version(connection, SCHEMA)

    def _schema(self, connection: sa.Connection) -> int:
        """The schema that is there; 0 where none is. Raise CourseError where this grader does not know it."""
        found = self._database.version(connection)
        if found > SCHEMA:
            text = f"made by a newer keras-autograder (schema {found}; this one knows {SCHEMA}): install that one"
            raise CourseError([Problem(self._database.shown, 0, "", text)])
        if not found and sa.inspect(connection).has_table(_Submission.__tablename__):
            return 1
        return found

    def save(self, grade: Grade, keys: Keys, way: Way = OWN) -> Grade:
        """Store a grade, in one transaction, over the student's last one; return it with its attempt's number.

        A notebook of other bytes is another attempt. Bytes are compared with those that were graded the same way last:
        each way reads what was handed in on its own, and gives it a digest of its own.
        """
        with self._session() as session, session.begin():
            self._database.write_alone(session.connection())  # before it is read what it was: another may be saving it
            row = self._row(session, grade.assignment, grade.student)
            if row is None:
                row = _Submission(assignment=grade.assignment, student=grade.student, attempt=1, digests={})
                session.add(row)
            if grade.submission and grade.submission != row.digests.get(way, grade.submission):
                row.attempt += 1
                row.digests = {}
            if grade.submission:
                row.digests = {**row.digests, way: grade.submission}
            row.way = way
            _fill(row, grade, keys)
            session.flush()
            return _grade(row)

    def keys(self, assignment: str, student: str, way: Way = OWN) -> Keys | None:
        """Return what the student's grade depends on; None where there is none of that way, or it is not a grade."""
        with self._session() as session:
            row = self._row(session, assignment, student)
            return _keys(row) if row and (row.status, row.way) == ("graded", way) else None

    def grade(self, assignment: str, student: str, way: Way | None = None) -> Grade | None:
        """Return the student's stored grade, of whatever way where none is asked for."""
        with self._session() as session:
            row = self._row(session, assignment, student)
            return None if row is None or way not in (None, row.way) else _grade(row)

    def grades(self, assignment: str) -> list[Grade]:
        """Return the stored grades of an assignment, by student."""
        query = sa.select(_Submission).where(_Submission.assignment == assignment)
        with self._session() as session:  # a server's own order hangs on its language
            return sorted((_grade(row) for row in session.scalars(query)), key=lambda one: one.student)

    def known(self, assignment: str, students: Collection[str]) -> dict[str, tuple[Grade, Keys]]:
        """Return the grades of the checks' own way that these students have, with what each depends on.

        All in one query: what one of them takes, a thousand would wait for.
        """
        query = sa.select(_Submission).where(
            _Submission.assignment == assignment, _Submission.status == "graded", _Submission.way == OWN
        )
        if len(students) <= MOST_NAMED:
            query = query.where(_Submission.student.in_(students))
        with self._session() as session:
            return {row.student: (_grade(row), _keys(row)) for row in session.scalars(query)}

    def note_seen(self, assignment: str, student: str, seen: str) -> None:
        """Note what the files are of which a grade still holds."""
        with self._session() as session, session.begin():
            self._database.write_alone(session.connection())
            if row := self._row(session, assignment, student):
                row.seen = seen

    def _row(self, session: Session, assignment: str, student: str) -> _Submission | None:
        return session.scalar(
            sa.select(_Submission).where(_Submission.assignment == assignment, _Submission.student == student)
        )

    @contextlib.contextmanager
    def _session(self) -> Iterator[Session]:
        try:
            with Session(self._engine) as session:
                yield session
        except sa.exc.SQLAlchemyError as error:
            raise refusal_of_database(self._database, error, "the results cannot be read or written") from error

    def copy_to(self, other: Store) -> int:
        """Copy all results into another store, which has none, and return of how many submissions they are.

        All at once or not at all. Raises GraderError where there are any.
        """
        with self._session() as mine, other._session() as theirs, theirs.begin():
            other._database.write_alone(theirs.connection())
            if theirs.scalar(sa.select(sa.func.count()).select_from(_Submission)):
                raise GraderError(f"there are results in {other._database.shown} already: copy into an empty store")
            for table in _Base.metadata.sorted_tables:
                for rows in mine.execute(sa.select(table)).mappings().partitions(1000):
                    theirs.execute(sa.insert(table), [dict(row) for row in rows])
                other._database.continue_numbers(theirs.connection(), table)
            return theirs.scalar(sa.select(sa.func.count()).select_from(_Submission)) or 0

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self._engine.dispose()


def open_store(paths: Paths) -> Store:
    """Open a course's results, wherever it says they are; raise as `Store` does, and CourseError for no address."""
    return Store(database_of(paths))


def _keys(row: _Submission) -> Keys:
    return Keys(row.exam_key, row.judge_key, row.seen)


def _fill(row: _Submission, grade: Grade, keys: Keys) -> None:
    row.status, row.fault = grade.status, grade.fault
    row.digest, row.isolation, row.device = grade.submission, grade.isolation, grade.device
    row.seconds, row.graded_at = grade.seconds, datetime.now(UTC)
    row.stand_ins, row.language = list(grade.stand_ins), grade.language
    row.exam_key, row.judge_key, row.seen = keys.exam, keys.judge, keys.seen
    row.trainings = [_Training(**msgspec.structs.asdict(use)) for use in grade.trainings]
    row.questions = [
        _Question(
            position=position,
            name=question.id,
            score=question.score,
            max_score=question.max_score,
            checks=[
                _Check(
                    position=place,
                    name=outcome.name,
                    title=outcome.title,
                    status=outcome.status,
                    weight=outcome.weight,
                    message=outcome.message,
                    kind=outcome.kind,
                )
                for place, outcome in enumerate(question.outcomes)
            ],
        )
        for position, question in enumerate(grade.questions)
    ]


def _grade(row: _Submission) -> Grade:
    return Grade(
        student=row.student,
        assignment=row.assignment,
        status=row.status,  # type: ignore[arg-type]
        questions=tuple(
            QuestionGrade(
                question.name,
                question.score,
                question.max_score,
                tuple(
                    Outcome(
                        check.name,
                        question.name,
                        check.title,
                        check.status,  # type: ignore[arg-type]
                        check.weight,
                        check.message,
                        check.kind,  # type: ignore[arg-type]
                    )
                    for check in question.checks
                ),
            )
            for question in row.questions
        ),
        isolation=row.isolation,
        device=row.device,
        seconds=row.seconds,
        submission=row.digest,
        attempt=row.attempt,
        fault=row.fault,
        trainings=tuple(
            TrainingUse(**{name: getattr(use, name) for name in TrainingUse.__struct_fields__}) for use in row.trainings
        ),
        stand_ins=tuple(row.stand_ins),
        language=row.language,
    )
