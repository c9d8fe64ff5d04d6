"""`autograder store`: where results are kept."""

from __future__ import annotations

from autograder.commands._options import command_app, command_help
from autograder.commands._terminal import count, course_folder, out
from autograder.databases import Sqlite, database_of
from autograder.errors import CourseError, Problem
from autograder.paths import Paths
from autograder.store import Store

app = command_app("Where the results of a course are.", "store where", "store copy")


@app.command(**command_help("Say where the results are.", "store where"))
def where() -> None:
    """Say where this course's results are: a file of its own, or a database."""
    out.print(database_of(Paths(course_folder())).shown)


@app.command(**command_help("Copy the results into the course's database.", "store copy"))
def copy() -> None:
    """Copy the results of the course's own file into the database that course.yaml, or AUTOGRADER_STORE, names.

    The file stays as it is.
    """
    paths = Paths(course_folder())
    database = database_of(paths)
    if isinstance(database, Sqlite):
        text = "no database is named: write `store: postgresql://USER@HOST/DATABASE`"
        raise CourseError([Problem(paths.shown(paths.course), 0, "store", text)])
    if not paths.store.exists():
        raise CourseError([Problem(paths.shown(paths.store), 0, "", "there are no results to copy")])
    with Store(paths.store) as old, Store(database) as new:
        copied = old.copy_to(new)
    out.print(f"{count(copied, 'submission')} copied to {database.shown}")
