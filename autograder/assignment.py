"""What loading gives: a source notebook with what is read off it, and what course.yaml says, each a plain record.

A stage is given the record it needs. `Assignment` is all of them in one, for what opens a session.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from pathlib import Path

from autograder.course_yaml import AssignmentSettings, CourseSettings
from autograder.locale.own import NO_CATALOGUE, own_texts
from autograder.nbgrader.address import keeps_gradebook
from autograder.notebook.formats import Notebook
from autograder.notebook.headings import last_heading
from autograder.notebook.metadata import role_of
from autograder.notebook.names import names_of
from autograder.notebook.text import SUFFIXES
from autograder.notebook.variables import variables_of
from autograder.paths import Paths
from autograder.records import Question


@dataclass(frozen=True)
class SourceNotebook:
    """The notebook that an assignment is made from. Of one that has several, each is a part of it."""

    name: str
    """Of the assignment."""
    paths: Paths
    notebook: Notebook
    path: Path
    others: tuple[Path, ...] = ()
    """The source notebooks of the other parts."""
    sibling_cells: frozenset[str] = frozenset()
    """Ids of the cells of the other parts."""
    bonus: tuple[str, ...] = ()
    """Questions whose points come on top."""
    translation: Path = NO_CATALOGUE
    """The catalogue of the course's own texts in the language of its messages."""

    @property
    def key(self) -> str:
        """What its grades and its evidence are kept under: its name, and its notebook's where it is a part."""
        return f"{self.name}/{self.notebook_file}" if self.others else self.name

    @property
    def checks(self) -> Path:
        """Its checks file: `checks.py`, or a part's own, named after its notebook."""
        return self.paths.checks(self.name, self.notebook_name if self.others else "")

    @property
    def harmless(self) -> Path:
        """Its mutants found harmless: `harmless.yaml`, or a part's own, named after its notebook."""
        return self.paths.harmless(self.name, self.notebook_name if self.others else "")

    @property
    def notebook_name(self) -> str:
        return self.path.stem

    @property
    def notebook_file(self) -> str:
        """Name of the notebook that students get and hand in."""
        return f"{self.notebook_name}.ipynb"

    @property
    def generated(self) -> Path | None:
        """Where a source that is a text has its notebook, for nbgrader, which reads no other; None: it is one."""
        return self.path.with_suffix(".ipynb") if self.path.suffix in SUFFIXES else None

    @cached_property
    def questions(self) -> tuple[Question, ...]:
        """The graded places, in the notebook's order."""
        found: list[Question] = []
        heading = ""
        for cell in self.notebook.cells:
            role = role_of(cell)
            if cell.cell_type == "markdown":
                heading = last_heading(cell.source) or heading
            if role.grade or role.task:
                title, bonus = own_texts(self.translation).said(heading) or role.id, role.id in self.bonus
                found.append(Question(role.id, role.points, role.tests, title, role.task, bonus))
        titles = Counter(question.title for question in found)
        return tuple(replace(one, title=f"{one.title} ({one.id})") if titles[one.title] > 1 else one for one in found)

    @cached_property
    def keeps_gradebook(self) -> bool:
        """Whether its course keeps nbgrader's gradebook."""
        return keeps_gradebook(self.paths)

    @cached_property
    def shows_pictures(self) -> bool:
        """Whether somebody is to look at what its notebooks show: something in it is marked by hand."""
        return self.keeps_gradebook and any(role.by_hand for role in map(role_of, self.notebook.cells))

    @cached_property
    def answers(self) -> frozenset[str]:
        """Ids of the answer cells."""
        return frozenset(role.id for role in map(role_of, self.notebook.cells) if role.solution)


@dataclass(frozen=True)
class Deadline:
    """Until when an assignment is to be handed in, and what lateness costs."""

    due: datetime | None
    """In UTC."""
    percent_per_day: float | None = None
    """What each day begun takes of the points earned; None: nbgrader's own rule, where it has one."""


@dataclass(frozen=True)
class Assignment:
    """One assignment, loaded: its source notebook, what course.yaml says of the course, and of the assignment."""

    source: SourceNotebook
    course: CourseSettings
    settings: AssignmentSettings

    @property
    def name(self) -> str:
        return self.source.name

    @property
    def key(self) -> str:
        """What its grades and its evidence are kept under."""
        return self.source.key

    @property
    def paths(self) -> Paths:
        return self.source.paths

    @property
    def questions(self) -> tuple[Question, ...]:
        """The graded places, in the notebook's order."""
        return self.source.questions

    @property
    def deadline(self) -> Deadline:
        return Deadline(self.course.due(self.name), self.settings.late_penalty_percent_per_day)

    @property
    def stand_ins(self) -> Path | None:
        """Folder of the sets that stand in for those this machine has not; None: the course allows none."""
        return self.paths.stand_ins if self.course.stand_ins else None

    @property
    def preload(self) -> list[str]:
        """Modules to import once, in the zygote, in order."""
        return imports_of(self.source.notebook) if self.settings.preload is None else self.settings.preload

    @property
    def variables(self) -> dict[str, str]:
        """What the notebook sets for them."""
        return import_variables(self.source.notebook)


def imports_of(notebook: Notebook) -> list[str]:
    """Return the modules a notebook imports, in order."""
    code = (cell.source for cell in notebook.cells if cell.cell_type == "code")
    return list(dict.fromkeys(module for source in code for module in names_of(source).modules))


def import_variables(notebook: Notebook) -> dict[str, str]:
    """Return the variables that a notebook sets for what it imports, by name."""
    return variables_of([cell.source for cell in notebook.cells if cell.cell_type == "code"])
