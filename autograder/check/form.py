"""What a grader would find of a notebook's form, and mend: against what was handed out, or by its own marks alone."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from autograder.errors import SubmissionError
from autograder.intake.assemble import rebuild
from autograder.locale import Phrase, phrase, phrases
from autograder.notebook.formats import Notebook, NotebookCell, read_submitted_notebook
from autograder.notebook.headings import last_heading, spoken
from autograder.notebook.metadata import role_of
from autograder.records import Repair

LARGEST = 200 * 2**20
"""Bytes of a notebook, its outputs included."""


@dataclass(frozen=True)
class CheckedCell:
    """One cell as it is run."""

    number: int
    """In the notebook that is run, from 1."""
    id: str
    source: str
    heading: str
    tests: bool
    answer: bool


@dataclass(frozen=True)
class NotebookForm:
    """A notebook as a grader would run it, and what that mends."""

    cells: tuple[CheckedCell, ...]
    repairs: tuple[Repair, ...] = ()
    remarks: tuple[Phrase, ...] = ()


def read(path: Path) -> Notebook:
    """Return a notebook. Raise SubmissionError where it is none, OSError where it cannot be read."""
    return read_submitted_notebook(path.read_bytes(), LARGEST)


def form_of(notebook: Notebook, release: Notebook | None, beside: Path) -> NotebookForm:
    """Return the form of a notebook. `release` is what was handed out, `beside` the folder the notebook lies in."""
    if release is None:
        return NotebookForm(tuple(_cells(notebook)), remarks=tuple(_remarks(notebook)))
    files = frozenset(one.name for one in beside.iterdir() if one.is_file())
    found = rebuild(release, notebook, files)
    texts = {one.index: one.source for one in found.texts if one.kind == "markdown"}
    roles = {role_of(cell).id: role_of(cell) for cell in release.cells if role_of(cell).id}
    cells = []
    for one in found.cells:
        before = [texts[index] for index in sorted(texts, reverse=True) if index < one.index]
        role = roles.get(one.id)
        tests, answer = (role.tests, role.solution) if role else (False, False)
        cells.append(CheckedCell(one.index + 1, one.id, one.source, _heading(before), tests, answer))
    return NotebookForm(tuple(cells), found.repairs)


def _cells(notebook: Notebook) -> Iterator[CheckedCell]:
    texts: list[str] = []
    for number, cell in enumerate(notebook.cells, start=1):
        if cell.cell_type == "markdown":
            texts.insert(0, cell.source)
        elif cell.cell_type == "code":
            role = role_of(cell)
            yield CheckedCell(number, role.id, cell.source, _heading(texts), role.tests, role.solution)


def _heading(texts: list[str]) -> str:
    return next((spoken(heading) for text in texts if (heading := last_heading(text))), "")


# --- By its own marks -------------------------------------------------------------------------------------------------


def _remarks(notebook: Notebook) -> Iterator[Phrase]:
    roles = [role_of(cell) for cell in notebook.cells]
    if not any(role.id for role in roles):
        yield phrase(
            "No cell has the course's marks: this notebook was copied or saved by a program that drops them, or is not "
            "the one handed out. Cells are then recognised by their text alone"
        )
        return
    for name, times in Counter(role.id for role in roles if role.id).items():
        if times > 1:
            yield phrases("There is {n} cell {name}", "There are {n} cells {name}: keep one of them", times, name=name)
    for number, (cell, role) in enumerate(zip(notebook.cells, roles, strict=True), start=1):
        if role.locked and _is_changed(cell):
            yield phrase(
                "Cell {n} ({name}) is the course's and was changed; its own text is used", n=number, name=role.id
            )


def _is_changed(cell: NotebookCell) -> bool:
    """Whether a locked cell is not what nbgrader's checksum in it says."""
    told = cell.metadata["nbgrader"].get("checksum")
    role = role_of(cell)
    parts = [cell.source, cell.cell_type, str(role.grade), str(role.solution), str(role.locked), role.id]
    parts += [str(role.points)] if role.grade else []
    return isinstance(told, str) and hashlib.md5("".join(parts).encode(), usedforsecurity=False).hexdigest() != told


def released(given: Path | None, notebook: Path, folder: Path) -> Notebook | None:
    """Return what was handed out: the notebook that is given, or one of its name in the course's release, or None.

    Raises SubmissionError where what is given is no notebook.
    """
    if given is not None:
        return read(given)
    for path in sorted((folder / "release").glob(f"*/{notebook.name}")):
        try:
            return read(path)
        except (SubmissionError, OSError):
            continue
    return None
