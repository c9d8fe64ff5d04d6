"""Results, in SQLite through SQLAlchemy: one row a submission, with its questions and checks, one transaction each."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship

from autograder.errors import GraderError
from autograder.records import Grade, Outcome, QuestionGrade, TrainingUse

TABLE_TRIES = 20
"""More than there are tables and indexes: each try that another process was ahead of finds one more."""


class _Base(DeclarativeBase):
    pass


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
    isolation: Mapped[str]
    device: Mapped[str]
    seconds: Mapped[float]
    fault: Mapped[str]
    exam_key: Mapped[str]
    judge_key: Mapped[str]
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


@dataclass(frozen=True)
class Keys:
    """Digests of all that a stored grade depends on: whether it still holds is whether they are still equal."""

    exam: str
    judge: str


class Store:
    """The results of one course. Use as a context manager."""

    def __init__(self, path: Path) -> None:
        """Open the database at `path`, made where it is not there. Raise GraderError where it cannot be."""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._engine = sa.create_engine(f"sqlite:///{path}")
            self._make_tables()
        except (OSError, sa.exc.SQLAlchemyError) as error:
            raise GraderError(f"the results cannot be opened at {path}: {error}") from error

    def _make_tables(self) -> None:
        """Make the tables that are not there. Another process may be at it too: each try then finds more of them."""
        for tries_left in reversed(range(TABLE_TRIES)):
            try:
                _Base.metadata.create_all(self._engine)
                return
            except sa.exc.OperationalError:
                if not tries_left:
                    raise

    def save(self, grade: Grade, keys: Keys) -> Grade:
        """Store a grade, in one transaction, over the student's last one; return it with its attempt's number.

        A notebook of other bytes is another attempt.
        """
        with self._session() as session, session.begin():
            row = self._row(session, grade.assignment, grade.student)
            if row is None:
                row = _Submission(assignment=grade.assignment, student=grade.student, attempt=1)
                session.add(row)
            elif grade.submission and row.digest != grade.submission:
                row.attempt += 1 if row.digest else 0
            _fill(row, grade, keys)
            session.flush()
            return _grade(row)

    def keys(self, assignment: str, student: str) -> Keys | None:
        """Return what the student's stored grade depends on; None where there is none, or it is not a grade."""
        with self._session() as session:
            row = self._row(session, assignment, student)
            return Keys(row.exam_key, row.judge_key) if row is not None and row.status == "graded" else None

    def grade(self, assignment: str, student: str) -> Grade | None:
        """Return the student's stored grade."""
        with self._session() as session:
            row = self._row(session, assignment, student)
            return None if row is None else _grade(row)

    def grades(self, assignment: str) -> list[Grade]:
        """Return the stored grades of an assignment, by student."""
        query = sa.select(_Submission).where(_Submission.assignment == assignment).order_by(_Submission.student)
        with self._session() as session:
            return [_grade(row) for row in session.scalars(query)]

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
            raise GraderError(f"the results cannot be read or written: {error}") from error

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self._engine.dispose()


def _fill(row: _Submission, grade: Grade, keys: Keys) -> None:
    row.status, row.fault = grade.status, grade.fault
    row.digest, row.isolation, row.device = grade.submission, grade.isolation, grade.device
    row.seconds, row.graded_at = grade.seconds, datetime.now(UTC)
    row.exam_key, row.judge_key = keys.exam, keys.judge
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
                    Outcome(check.name, question.name, check.title, check.status, check.weight, check.message)  # type: ignore[arg-type]
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
    )
