"""What a store asks of the database that it is in: SQLite, in the course's folder, or a PostgreSQL server's.

The seam is small: how it is opened, who may write alone, where the schema's version is written, and what to do about an
error. Everything else is one `Store`, one schema and one list of migrations, in the words that both understand.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Protocol

import sqlalchemy as sa

from autograder.course_yaml import find_course
from autograder.errors import CourseError, GraderError, Problem
from autograder.paths import Paths

LOCK_SECONDS = 30.0
"""How long another program may keep the results to itself before that is said. A save takes milliseconds."""
CONNECT_SECONDS = 10
VARIABLE = "AUTOGRADER_STORE"
"""Where the results are, whatever course.yaml says."""
MOST_BYTES = 63
"""Of a name in PostgreSQL, which cuts a longer one short."""
FORM = "postgresql://USER@HOST/DATABASE"


class Database(Protocol):
    """Where the results of a course are."""

    shown: str
    """What messages call it; no password is in it."""

    def open_engine(self) -> sa.Engine:
        """Return what connects to it. Raise OSError where its place cannot be made, CourseError without a driver."""
        ...

    def write_alone(self, connection: sa.Connection) -> None:
        """Wait until nobody else writes, and keep it so until the transaction that begins here ends."""
        ...

    def read_at_once(self, connection: sa.Connection) -> None:
        """See everything as it is now, until the transaction that begins here ends."""
        ...

    def make_place(self, connection: sa.Connection) -> None:
        """Make what tables lie in, where it is not there."""
        ...

    def version(self, connection: sa.Connection) -> int:
        """Return the version of the schema that is there; 0 where none is written."""
        ...

    def set_version(self, connection: sa.Connection, version: int) -> None:
        """Write the version of the schema that is there now."""
        ...

    def continue_numbers(self, connection: sa.Connection, table: sa.Table) -> None:
        """Have the numbers of rows to come follow those of the rows that were copied with theirs."""
        ...

    def advice(self, cause: str) -> str:
        """Return what to do about an error that says `cause`; empty where nobody knows."""
        ...


class Sqlite:
    """A file of the course's own. One program writes at a time, the others wait."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.shown = str(path)

    def open_engine(self) -> sa.Engine:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        address = sa.URL.create("sqlite", database=self.shown)  # no text: a path may hold what means something there
        return sa.create_engine(address, connect_args={"timeout": LOCK_SECONDS})

    def write_alone(self, connection: sa.Connection) -> None:
        connection.exec_driver_sql("begin immediate")

    def read_at_once(self, connection: sa.Connection) -> None:
        connection.exec_driver_sql("begin")

    def make_place(self, connection: sa.Connection) -> None:
        return

    def version(self, connection: sa.Connection) -> int:
        return int(connection.exec_driver_sql("pragma user_version").scalar_one())

    def set_version(self, connection: sa.Connection, version: int) -> None:
        connection.exec_driver_sql(f"pragma user_version = {version}")

    def continue_numbers(self, connection: sa.Connection, table: sa.Table) -> None:
        return

    def advice(self, cause: str) -> str:
        if "locked" in cause:
            return _kept(self.shown)
        if "malformed" in cause or "not a database" in cause:
            return (
                f"{self.shown} is damaged; move it elsewhere and grade again: evidence is kept beside it, no exam is "
                "held anew, and only the numbers of attempts begin again"
            )
        return ""


class Postgres:
    """A schema named after the course, in a database of a PostgreSQL server: several courses may share one."""

    def __init__(self, url: sa.URL, course: str) -> None:
        self._url = url.set(drivername="postgresql+psycopg")
        self._course = course
        self.shown = (
            f"{sa.URL.create('postgresql', url.username, None, url.host, url.port, url.database)} (schema {course})"
        )

    def open_engine(self) -> sa.Engine:
        given = {"connect_timeout": CONNECT_SECONDS, "application_name": "keras-autograder"}
        try:
            engine = sa.create_engine(self._url, connect_args=given, pool_pre_ping=True)  # it loads the driver
        except ImportError as error:
            text = "results in PostgreSQL need its driver: run `pip install 'keras-autograder[postgres]'`"
            raise CourseError([Problem("store", 0, "", text)]) from error
        quoted = self._course.replace('"', '""')
        settings = {"search_path": f'"{quoted}"', "timezone": "UTC", "lock_timeout": f"{LOCK_SECONDS * 1000:.0f}"}

        @sa.event.listens_for(engine, "connect")
        def connected(connection: Any, _: object) -> None:
            for name, value in settings.items():
                connection.execute("select set_config(%s, %s, false)", [name, value])
            connection.commit()

        return engine

    def write_alone(self, connection: sa.Connection) -> None:
        """By one lock a course, not by rows: a student's first grade has none yet."""
        connection.execute(
            sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtext(f"keras-autograder {self._course}")))
        )

    def read_at_once(self, connection: sa.Connection) -> None:
        connection.exec_driver_sql("set transaction isolation level repeatable read")

    def make_place(self, connection: sa.Connection) -> None:
        if not sa.inspect(connection).has_schema(self._course):  # who may use one need not be allowed to make one
            connection.execute(sa.schema.CreateSchema(self._course))

    def version(self, connection: sa.Connection) -> int:
        if not sa.inspect(connection).has_table(_VERSION.name):
            return 0
        return connection.scalar(sa.select(sa.func.max(_VERSION.c.version))) or 0

    def set_version(self, connection: sa.Connection, version: int) -> None:
        _VERSION.create(connection, checkfirst=True)
        connection.execute(sa.delete(_VERSION))
        connection.execute(sa.insert(_VERSION), {"version": version})

    def continue_numbers(self, connection: sa.Connection, table: sa.Table) -> None:
        numbers = sa.func.pg_get_serial_sequence(f'"{table.name}"', "id")
        following = sa.select(sa.func.coalesce(sa.func.max(table.c.id), 0) + 1).scalar_subquery()
        connection.execute(sa.select(sa.func.setval(numbers, following, False)))

    def advice(self, cause: str) -> str:
        if "lock timeout" in cause:
            return _kept(self.shown)
        if "connection" in cause:
            return "does the server run, may this user connect, is the password in PGPASSWORD or ~/.pgpass?"
        return ""


def _kept(shown: str) -> str:
    return f"another program has kept {shown} to itself for {LOCK_SECONDS:g} s; try again when it is done"


_VERSION = sa.Table("schema_version", sa.MetaData(), sa.Column("version", sa.Integer, nullable=False))
"""Where PostgreSQL has the version of the schema; SQLite has a place for one."""


def database_of(paths: Paths) -> Database:
    """Return where a course's results are: as AUTOGRADER_STORE says, or course.yaml's `store`, or in its own folder.

    Raises CourseError for an address that is none, or a course that has no name to tell its results by.
    """
    course = find_course(paths.root)
    said = os.environ.get(VARIABLE) or (course.store if course else None)
    if not said:
        return Sqlite(paths.store)
    where = (VARIABLE, "") if os.environ.get(VARIABLE) else (paths.shown(paths.course), "store")
    if course is None:
        text = f"results in PostgreSQL are told apart by the name of their course: write {paths.course.name} here"
        raise CourseError([Problem(where[0], 0, where[1], text)])
    if len(course.course.encode()) > MOST_BYTES:
        text = f"a schema of PostgreSQL's is named after the course: {MOST_BYTES} bytes at most"
        raise CourseError([Problem(paths.shown(paths.course), 0, "course", text)])
    return Postgres(_address(said, where), course.course)


def _address(said: str, where: tuple[Path | str, str]) -> sa.URL:
    """Read an address. What is wrong with one is said without it: a password may be in it."""
    try:
        url = sa.make_url(said)
    except (sa.exc.ArgumentError, ValueError):
        url = None
    if url is None or url.drivername not in ("postgresql", "postgres") or not url.database:
        text = f"expected an address such as {FORM}, the password in PGPASSWORD or ~/.pgpass"
        raise CourseError([Problem(where[0], 0, where[1], text)])
    return url


def refusal_of_database(database: Database, error: sa.exc.SQLAlchemyError, what: str) -> GraderError:
    """Return what is raised for an error of a database, with what to do."""
    cause = str(getattr(error, "orig", error)).strip()
    advice = database.advice(cause)
    return GraderError(f"{what}: {cause}: {advice}" if advice else f"{what}: {error}")
