"""Results, through SQLAlchemy: one row a submission, with its questions and checks, stored whole or not at all.

A database says which schema it has. An older one is brought up to date when it is opened, all at once or not at all;
one of a newer grader is refused, for nobody knows what would be lost.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

import sqlalchemy as sa

from autograder.databases import Database, Sqlite, database_of, refusal_of_database
from autograder.errors import CourseError, GraderError, Problem
from autograder.paths import Paths
from autograder.records import Grade
from autograder.rows import SUBMISSION, TABLES, Keys, Way, keys_of, of, read, write

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
OWN: Way = "own"
COMPAT: Way = "compat"

__all__ = ["COMPAT", "OWN", "SCHEMA", "Keys", "Store", "Way", "open_store"]


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
            TABLES.create_all(connection)
            self._database.set_version(connection, SCHEMA)

    def _schema(self, connection: sa.Connection) -> int:
        """The schema that is there; 0 where none is. Raise CourseError where this grader does not know it."""
        found = self._database.version(connection)
        if found > SCHEMA:
            text = f"made by a newer keras-autograder (schema {found}; this one knows {SCHEMA}): install that one"
            raise CourseError([Problem(self._database.shown, 0, "", text)])
        if not found and sa.inspect(connection).has_table(SUBMISSION.name):
            return 1
        return found

    def save(self, grade: Grade, keys: Keys, way: Way = OWN) -> Grade:
        """Store a grade as `save_all` does; return it with its attempt's number."""
        return self.save_all([(grade, keys)], way)[0]

    def save_all(self, marks: Sequence[tuple[Grade, Keys]], way: Way = OWN) -> list[Grade]:
        """Store grades of as many students, each over their last one, all in one transaction; return them with their
        attempts' numbers.

        A notebook of other bytes is another attempt. Bytes are compared with those that were graded the same way last:
        each way reads what was handed in on its own, and gives it a digest of its own.
        """
        with self._connected() as connection:
            self._database.write_alone(connection)  # before it is read what they were: another may be saving them
            saved = write(connection, marks, way)
            connection.commit()
        return saved

    def keys(self, assignment: str, student: str, way: Way = OWN) -> Keys | None:
        """Return what the student's grade depends on; None where there is none of that way, or it is not a grade."""
        with self._connected() as connection:
            row = connection.execute(sa.select(SUBMISSION).where(*of(assignment, student))).first()
        return keys_of(row) if row and (row.status, row.way) == ("graded", way) else None

    def grade(self, assignment: str, student: str, way: Way | None = None) -> Grade | None:
        """Return the student's stored grade, of whatever way where none is asked for."""
        found = self._read(*of(assignment, student), *([] if way is None else [SUBMISSION.c.way == way]))
        return next((grade for grade, _ in found), None)

    def grades(self, assignment: str) -> list[Grade]:
        """Return the stored grades of an assignment, by student."""
        found = self._read(SUBMISSION.c.assignment == assignment)
        return sorted((grade for grade, _ in found), key=lambda one: one.student)  # a server's order is its language's

    def devices(self, assignment: str) -> set[str]:
        """Return the kinds of devices that the grades of an assignment are of."""
        query = sa.select(SUBMISSION.c.device).where(SUBMISSION.c.assignment == assignment).distinct()
        with self._connected() as connection:
            return set(connection.scalars(query))

    def known(self, assignment: str, students: Collection[str]) -> dict[str, tuple[Grade, Keys]]:
        """Return what these students have of the checks' own way, a grade or none yet, with what each depends on.

        All at once: what one of them takes, a thousand would wait for.
        """
        which = [SUBMISSION.c.assignment == assignment, SUBMISSION.c.way == OWN]
        if len(students) <= MOST_NAMED:
            which.append(SUBMISSION.c.student.in_(students))
        return {grade.student: (grade, keys) for grade, keys in self._read(*which)}

    def note_seen(self, assignment: str, student: str, seen: str) -> None:
        """Note what the files are of which a grade still holds."""
        with self._connected() as connection:
            self._database.write_alone(connection)
            connection.execute(sa.update(SUBMISSION).where(*of(assignment, student)).values(seen=seen))
            connection.commit()

    def _read(self, *which: sa.ColumnElement[bool]) -> list[tuple[Grade, Keys]]:
        """Return grades as they are at one moment, whoever saves some of them meanwhile."""
        with self._connected() as connection:
            self._database.read_at_once(connection)
            return read(connection, *which)

    @contextlib.contextmanager
    def _connected(self) -> Iterator[sa.Connection]:
        """A connection, what it wrote undone where it was not committed. Raises GraderError for the database's own."""
        try:
            with self._engine.connect() as connection:
                yield connection
        except sa.exc.SQLAlchemyError as error:
            raise refusal_of_database(self._database, error, "the results cannot be read or written") from error

    def copy_to(self, other: Store) -> int:
        """Copy all results into another store, which has none, and return of how many submissions they are.

        All at once or not at all. Raises GraderError where there are any.
        """
        count = sa.select(sa.func.count()).select_from(SUBMISSION)
        with self._connected() as mine, other._connected() as theirs:
            self._database.read_at_once(mine)
            other._database.write_alone(theirs)
            if theirs.scalar(count):
                raise GraderError(f"there are results in {other._database.shown} already: copy into an empty store")
            for table in TABLES.sorted_tables:
                for rows in mine.execute(sa.select(table)).mappings().partitions(1000):
                    theirs.execute(sa.insert(table), [dict(row) for row in rows])
                other._database.continue_numbers(theirs, table)
            copied = theirs.scalar(count) or 0
            theirs.commit()
        return copied

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self._engine.dispose()


def open_store(paths: Paths) -> Store:
    """Open a course's results, wherever it says they are; raise as `Store` does, and CourseError for no address."""
    return Store(database_of(paths))
