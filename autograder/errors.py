"""Whose fault it is, by type. The command line turns each into an exit status and never into a traceback."""

from __future__ import annotations

import errno
import os
import traceback
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path


class AutograderError(Exception):
    """Anything this project says no for."""


_REFUSALS = {
    errno.EACCES: "give {user} the right to it, or run as its owner",
    errno.EPERM: "give {user} the right to it, or run as its owner",
    errno.EROFS: "nothing can be written there: run from a folder that {user} may write",
    errno.ENOSPC: "make room there, then run again",
    errno.EDQUOT: "make room there, then run again",
}


@dataclass(frozen=True, order=True)
class Problem:
    """One thing to mend in a course: where, what was found, what to do."""

    path: Path | str
    line: int
    """From 1; 0 where a line means nothing."""
    where: str
    """The key, cell or check."""
    text: str

    def __str__(self) -> str:
        place = f"{self.path}:{self.line}" if self.line else str(self.path)
        return f"{place}: {self.where}: {self.text}" if self.where else f"{place}: {self.text}"


class CourseError(AutograderError):
    """The instructor's to mend: course.yaml, markers, checks. Holds every problem found, not only the first."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class DataError(AutograderError):
    """The instructor's to mend: a data set that is missing, truncated or altered."""


class SubmissionError(AutograderError):
    """The student's to mend: a notebook that cannot be read, or is too large."""


class GraderError(AutograderError):
    """Ours: sandbox, wire, engine, store. Never costs a student a point."""


class SomeFailed(GraderError):
    """What was asked could not be done for some students of a class; for the others it is done."""

    def __init__(self, why: Mapping[str, str], done: int) -> None:
        """`why` says by student what went wrong, `done` how many went well."""
        super().__init__("\n".join(f"{student}: {text}" for student, text in why.items()))
        self.why, self.done = dict(why), done


class IsolationError(GraderError):
    """This machine cannot raise the wall the course asks for: what is missing, and how to get it."""


def cause_of(error: Exception) -> str:
    """Return what went wrong with one item, in a line: an error's own words; of a surprise, its type and place too."""
    said = " ".join(str(error).split())
    if isinstance(error, AutograderError | OSError):
        return said
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__}: {said} ({Path(frame.filename).name}:{frame.lineno})"


def refusal_of(error: OSError) -> str:
    """Return which file the machine refuses, why and what to do, or "" for an error that may be a fault of ours.

    Who may read what, and how much fits, is for the user to mend. Without a file, only want of space tells as much.
    """
    advice = _REFUSALS.get(error.errno or 0)
    if advice is None or (error.filename is None and error.errno not in {errno.ENOSPC, errno.EDQUOT}):
        return ""
    place = "a file" if error.filename is None else os.fsdecode(error.filename)
    return f"{place}: {error.strerror}: {advice.format(user=f'user {os.geteuid()}')}"
