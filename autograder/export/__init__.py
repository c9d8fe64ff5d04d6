"""Grades for other systems. An export is a module of this folder: its name is what `--to` is given, `export` makes it.

It is given all grades of an assignment, hand marks and lateness in them, and returns files; what it takes of the
command's options is what it names in `OPTIONS`. A submission that is not graded yet, or not marked yet, is no zero: it
is left out of the files, or without a score there, and named.

(`rooms` is no export: the folder is what courses' `nbgrader_config.py` imports.)
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import Protocol

from autograder.assignment import SourceNotebook
from autograder.errors import CourseError, Problem
from autograder.intake.identity import Identity
from autograder.records import Grade, Limits
from autograder.roster import Student
from autograder.sheets import Sheet


@dataclass(frozen=True)
class Entry:
    """What is known of one student's grade."""

    grade: Grade
    """With what somebody gave by hand."""
    person: Student
    """As the roster has them; their folder's name alone where it does not."""
    identity: Identity | None = None
    """What a platform knows them by."""
    penalty: float = 0.0
    """Points that lateness took."""
    late: timedelta = timedelta()
    pages: Mapping[str, Path] = field(default_factory=dict)
    """Their feedback, by the name of the notebook."""

    @property
    def student(self) -> str:
        return self.grade.student

    @property
    def final(self) -> float | None:
        """The points that count, after lateness; None where they are not known yet, and where nothing was handed in."""
        if self.grade.status != "graded" or self.grade.awaiting:
            return None
        return round(self.grade.score - self.penalty, 4)

    @property
    def unfinished(self) -> str:
        """Why the points are not known yet; empty where they are, and where nothing was handed in."""
        if self.grade.waits:
            return self.grade.fault
        if self.grade.status == "ungraded":
            return f"ungraded through a fault of ours: {self.grade.fault or 'grade again'}"
        return f"{self.grade.awaiting:g} points to be marked by hand" if self.grade.awaiting else ""

    def number_on(self, platform: str) -> str:
        """What a platform knows the person by, and no group; empty where that is not known."""
        known = self.identity
        return known.id if known is not None and known.platform == platform else ""


@dataclass(frozen=True)
class ClassGrades:
    """The grades of one assignment."""

    assignment: str
    title: str
    course: str
    language: str
    questions: Mapping[str, str]
    """What students know each question as, by its id, in order."""
    entries: tuple[Entry, ...]
    parts: tuple[SourceNotebook, ...] = ()
    """The assignment's notebooks, for what is said at a place of a student's."""
    limits: Limits = field(default_factory=Limits)
    """How large a notebook may be, to be read."""
    mended: Callable[[Entry], Sequence[str]] = lambda _: ()
    """What was mended of a student's notebooks before they were graded, in sentences; read when it is asked for."""

    @property
    def max_score(self) -> float:
        return self.entries[0].grade.max_score if self.entries else 0.0


@dataclass(frozen=True)
class ExportOptions:
    """What the command line asks of an export."""

    sheet: Sheet | None = None
    """The file that the platform itself exported, to be filled in."""
    sheet_name: str = ""
    column: str = ""
    """The head of the column that grades go to in it; empty: found."""
    decimal_comma: bool = False
    bom: bool = False
    rescale: bool = False
    """Whether points are brought to what the platform says an assignment is worth."""
    zero_missing: bool = False
    """Whether who handed in nothing gets 0, rather than nothing."""
    single: bool = False
    """Whether one student is asked for: the file is theirs, and not a folder with a file for each."""
    platform: Path | None = None
    """The file that says where a platform is, and as whom one speaks to it."""
    send: bool = False
    """Whether the platform is told, and not only shown what it would be."""
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ)

    def score(self, entry: Entry) -> float | None:
        """The points to write; None: nothing."""
        if entry.grade.status == "missing" and self.zero_missing:
            return 0.0
        return entry.final


@dataclass(frozen=True)
class Exported:
    """The files made, and whom they say nothing of."""

    files: Mapping[str, bytes]
    """By their names in the folder they are written to."""
    unfinished: Mapping[str, str]
    """Students whose grade is not in them, though they handed in: why."""
    unplaced: Mapping[str, str] = field(default_factory=dict)
    """Students, and rows of the platform's file, of whom nothing says whose they are: why."""
    notes: tuple[str, ...] = ()


class Export(Protocol):
    """What a module of this folder is."""

    OPTIONS: frozenset[str]
    """The options it takes: fields of `ExportOptions`, of those that say what it does."""

    def export(self, grades: ClassGrades, options: ExportOptions) -> Exported:
        """Return the files. Raise CourseError where they cannot be made of what there is."""
        ...


def export_names() -> list[str]:
    """Return the names of the exports: the modules of this folder that are not for all of them (`_…`)."""
    return sorted(path.stem for path in Path(__file__).parent.glob("[!_]*.py"))


def load_export(name: str) -> Export:
    """Return the export of that name."""
    module: Export = import_module(f"{__name__}.{name}")
    return module


def unfinished(grades: ClassGrades) -> dict[str, str]:
    """Return whose points are not known yet, and why."""
    return {one.student: one.unfinished for one in grades.entries if one.unfinished}


def refuse(where: str, text: str) -> CourseError:
    """Return what is raised where an export cannot be made of what it is given."""
    return CourseError([Problem(where, 0, "", text)])
