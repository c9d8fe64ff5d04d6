"""The students of a course and their groups: `students.csv`, or those of nbgrader's gradebook."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import sqlalchemy as sa

from autograder.errors import CourseError, Problem
from autograder.nbgrader.address import gradebook_url
from autograder.paths import Paths
from autograder.records import WAITING, Grade, QuestionGrade
from autograder.sheets import read_sheet

COLUMNS = ("student", "name", "email", "id", "group")
"""Of students.csv; the first is needed. `id` is what a platform knows the student by."""
NOTHING_CAME = "no notebook handed in"
_LARGEST_BYTES = 4 * 2**20


@dataclass(frozen=True)
class Student:
    """One line of the roster."""

    student: str
    """The name of the folder under `submitted/`."""
    name: str = ""
    email: str = ""
    id: str = ""
    groups: tuple[str, ...] = ()


@dataclass(frozen=True)
class Roster:
    """Who takes the course; nobody where nothing says it."""

    students: tuple[Student, ...] = ()

    def absent(self, there: Iterable[str]) -> list[str]:
        """Return the students of the roster who are not `there`, in whatever form of Unicode their names are."""
        composed = {_composed(name) for name in there}
        return [one.student for one in self.students if _composed(one.student) not in composed]

    @cached_property
    def groups(self) -> Mapping[str, tuple[str, ...]]:
        """The members of each group, by its name."""
        found: dict[str, tuple[str, ...]] = {}
        for one in self.students:
            for group in one.groups:
                found[group] = (*found.get(group, ()), one.student)
        return found


def load_roster(paths: Paths) -> Roster:
    """Return the roster of the course. Raise CourseError with every problem of students.csv."""
    try:
        with paths.roster.open("rb") as file:
            data = file.read(_LARGEST_BYTES + 1)
    except FileNotFoundError:
        return Roster(tuple(Student(name) for name in _gradebook_students(paths)))
    except OSError as error:
        raise CourseError([Problem(paths.shown(paths.roster), 0, "", f"cannot be read: {error.strerror}")]) from error
    problems: list[Problem] = []
    students = tuple(_read(data, paths, problems))
    if problems:
        raise CourseError(problems)
    return Roster(students)


def with_the_others(grades: Sequence[Grade], assignment: str, roster: Roster, waiting: Iterable[str]) -> list[Grade]:
    """Return the grades of an assignment, by student, with one for each who has none.

    Those who are `waiting` handed in since: they are ungraded, and no zero. Of all others of the roster nothing came.
    """
    template = grades[0].questions if grades else ()
    nothing = tuple(QuestionGrade(one.id, 0.0, one.max_score, ()) for one in template)
    late = {student: Grade(student, assignment, "ungraded", nothing, fault=WAITING) for student in waiting}
    known = {one.student: one for one in grades} | (late if grades else {})
    missing = [
        Grade(student, assignment, "missing", nothing, fault=NOTHING_CAME) for student in roster.absent(known) if grades
    ]
    return sorted((*known.values(), *missing), key=lambda one: one.student)


def _composed(name: str) -> str:
    return unicodedata.normalize("NFC", name)


def _read(data: bytes, paths: Paths, problems: list[Problem]) -> Iterator[Student]:
    shown = paths.shown(paths.roster)
    try:
        sheet = read_sheet(data)
    except ValueError as error:
        problems.append(Problem(shown, 0, "", str(error)))
        return
    head = [cell.strip().lower() for cell in sheet.head]
    if len(data) > _LARGEST_BYTES or "student" not in head or len(head) != len(set(head)):
        text = f"expected a line of column names first: {', '.join(COLUMNS)}; all but student may be left out"
        problems.append(Problem(shown, 1, "", text))
        return
    met: Counter[str] = Counter()
    for line, cells in zip(sheet.lines[1:], sheet.rows[1:], strict=True):
        row = {name: cell.strip() for name, cell in zip(head, cells, strict=False)}
        student = row["student"]
        met[student] += 1
        if not student or student.startswith(".") or "/" in student or not student.isprintable():
            problems.append(Problem(shown, line, "student", f"{student!r} is no name for a folder"))
        elif met[student] > 1:
            problems.append(Problem(shown, line, "student", f"{student!r} is on a line above"))
        else:
            groups = tuple(group.strip() for group in row.get("group", "").split(";") if group.strip())
            yield Student(student, row.get("name", ""), row.get("email", ""), row.get("id", ""), groups)


def _gradebook_students(paths: Paths) -> list[str]:
    """The students of nbgrader's gradebook, read without nbgrader, which takes seconds to load."""
    url = gradebook_url(paths)
    if url is None:
        return []
    try:
        where = sa.engine.make_url(url)
        if where.get_backend_name() == "sqlite" and not Path(where.database or "").exists():
            return []  # opening it would make it
        engine = sa.create_engine(where)
        try:
            with engine.connect() as connection:
                return [str(name) for (name,) in connection.execute(sa.text("SELECT id FROM student ORDER BY id"))]
        finally:
            engine.dispose()
    except (sa.exc.SQLAlchemyError, ImportError):
        return []  # what writes grades there says what is wrong with it
