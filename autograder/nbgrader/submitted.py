"""When a submission was handed in, as the file beside it says."""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from autograder.assignment import Deadline, SourceNotebook
from autograder.course_yaml import load_course
from autograder.errors import CourseError
from autograder.grades import late_penalty
from autograder.paths import EXCHANGED, TIMESTAMP, Paths, write_beside
from autograder.records import Grade

_FOLDER = os.O_RDONLY | os.O_NOFOLLOW | os.O_DIRECTORY
LARGEST_BYTES = 1024
"""The exchange's files are of one line."""


def read_exchanged(folder: Path) -> dict[str, bytes]:
    """Return nbgrader's files beside a submission, by name. Links, and what is too large to be theirs, are left out.

    A student's folder, or theirs for the assignment, that is a link leads to another's: nothing of it is read.
    """
    try:
        student = os.open(folder.parent, _FOLDER)
        try:
            opened = os.open(folder.name, _FOLDER, dir_fd=student)
        finally:
            os.close(student)
    except (OSError, ValueError):  # a name that this machine's locale has no bytes for
        return {}
    try:
        return {name: content for name in EXCHANGED if (content := _read_small(name, opened)) is not None}
    finally:
        os.close(opened)


def _read_small(name: str, folder: int) -> bytes | None:
    try:
        descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)
        with os.fdopen(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                return None
            content = file.read(LARGEST_BYTES + 1)
    except OSError:
        return None
    return content if len(content) <= LARGEST_BYTES else None


def write_exchanged(source: Path, target: Path) -> None:
    """Copy nbgrader's files beside a submission to where its exchange looks for them next."""
    there = read_exchanged(target)
    for name, content in read_exchanged(source).items():
        if there.get(name) != content:
            write_beside(target / name, content)


def complete_exchanged(folder: Path) -> None:
    """Write what of nbgrader's files is not in `folder`, with a secret nobody knows.

    One page without them, of a student who handed nothing in or whose work came another way, would stop nbgrader's
    `release_feedback` before it reaches the others.
    """
    for name in EXCHANGED:
        if not (folder / name).exists():
            write_beside(folder / name, b"" if name == TIMESTAMP else secrets.token_hex(64).encode())


def submitted_at(folder: Path) -> datetime | None:
    """Return when the submission in `folder` was handed in, in UTC; None where no file says it, or says it well."""
    content = read_exchanged(folder).get(TIMESTAMP)
    return None if content is None else parse_moment(content.decode("utf-8", errors="replace").strip())


def parse_moment(text: str) -> datetime | None:
    """Return the moment nbgrader writes as `2026-10-01 21:59:00.000000 UTC`, in UTC. Without a zone, it is in UTC."""
    head, _, zone = text.rpartition(" ")
    for form in (text, f"{head}{zone}"):
        try:
            moment = datetime.fromisoformat(form)
            return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
        except (ValueError, OverflowError):
            continue
    try:
        return datetime.fromisoformat(head).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    except (ValueError, OverflowError, KeyError, OSError):
        return None


def late_by(folder: Path, due: datetime | None) -> timedelta:
    """Return how long after `due` the submission in `folder` was handed in, in whole seconds."""
    moment = None if due is None else submitted_at(folder)
    if moment is None or due is None:
        return timedelta()
    return max(moment.replace(microsecond=0) - due, timedelta())


def due_of(paths: Paths, assignment: str) -> datetime | None:
    """Return until when an assignment is to be handed in; None where course.yaml does not say it, or is broken.

    For what is shown of results, which are there without the course being whole.
    """
    try:
        return load_course(paths.root).due(assignment)
    except CourseError:
        return None


def penalties(source: SourceNotebook, deadline: Deadline, grades: list[Grade]) -> Iterator[tuple[str, float]]:
    """Yield each student's penalty by course.yaml's rule, where there is one."""
    percent = deadline.percent_per_day
    for grade in grades if percent else ():
        late = late_by(source.paths.submission(grade.student, source.name), deadline.due).total_seconds()
        if late and percent and grade.status == "graded":
            yield grade.student, late_penalty(grade.score, late, percent)
