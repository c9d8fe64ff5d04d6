"""Solution regions: where they are, what they hold, and what is wrong with their markers.

nbgrader's markers: a line with `BEGIN SOLUTION` to a line with `END SOLUTION`. A solution cell without markers is a
solution as a whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from autograder.errors import Problem
from autograder.notebook.between import regions
from autograder.notebook.formats import Notebook, NotebookCell
from autograder.notebook.metadata import role_of

BEGIN, END = "BEGIN SOLUTION", "END SOLUTION"
MARK_SCHEME = (
    re.compile(r"^[^\n]*BEGIN MARK SCHEME[^\n]*\n", re.MULTILINE),
    re.compile(r"^[^\n]*END MARK SCHEME[^\n]*$", re.MULTILINE),
)
HIDDEN_TESTS = re.compile(r"(BEGIN|END) HIDDEN TESTS")


@dataclass(frozen=True)
class SolutionLine:
    """One line of a solution."""

    cell: str
    """Id of its answer cell."""
    text: str
    """Without the spaces around it."""


def mark_schemes(notebook: Notebook) -> dict[str, str]:
    """Return how tasks are to be marked, by their ids: the text of the regions that students do not get."""
    tasks = ((role_of(cell), [*regions(cell.source, *MARK_SCHEME)]) for cell in notebook.cells)
    return {role.id: "\n".join(one.inside for one in found).strip() for role, found in tasks if role.task and found}


def cell_name(index: int, cell: NotebookCell) -> str:
    """« cell 12 (model2-reponse) », as one counts cells in the notebook, from 1."""
    found = role_of(cell).id or cell.id
    return f"cell {index + 1} ({found})" if found else f"cell {index + 1}"


def marker_problems(notebook: Notebook, path: Path) -> Iterator[Problem]:
    """Yield what is wrong with the markers of a source notebook."""
    for index, cell in enumerate(notebook.cells):
        where, opened = cell_name(index, cell), 0
        for number, line in enumerate(cell.source.splitlines(), start=1):
            at = f"{where}, line {number}"
            if HIDDEN_TESTS.search(line):
                yield Problem(
                    path, 0, at, "hidden tests would be run where students can read them: move them to checks.py"
                )
            elif BEGIN in line and opened:
                yield Problem(path, 0, at, f"{BEGIN} inside the region opened at line {opened}: close that one first")
            elif BEGIN in line:
                opened = number
                if not role_of(cell).solution:
                    yield Problem(path, 0, at, f"{BEGIN} in a cell that is not a solution cell: set its nbgrader type")
            elif END in line and not opened:
                yield Problem(path, 0, at, f"{END} without {BEGIN}: add the marker that opens the region, or remove it")
            elif END in line:
                opened = 0
        if opened:
            yield Problem(path, 0, f"{where}, line {opened}", f"{BEGIN} is never closed: add a line « ### {END} »")


def solution_lines(notebook: Notebook) -> Iterator[SolutionLine]:
    """Yield the lines of every solution, blank lines and markers left out."""
    for cell in notebook.cells:
        role = role_of(cell)
        if role.solution:
            yield from (SolutionLine(role.id, text) for _, inside, text in _lines(cell.source) if inside)


def solution_line_numbers(cell: NotebookCell) -> frozenset[int]:
    """Return which lines of an answer cell are its solution's, from 1, blank lines and markers left out."""
    return frozenset(number for number, inside, _ in _lines(cell.source) if inside)


def solutions_in_text(text: str) -> Iterator[str]:
    """Yield the lines of the solutions between markers in a file that is no notebook."""
    if BEGIN in text:
        yield from (line for _, inside, line in _lines(text) if inside)


def given_lines(notebook: Notebook) -> set[str]:
    """Return the lines that students are given: all that is not a solution."""
    return {
        text
        for cell in notebook.cells
        for _, inside, text in _lines(cell.source)
        if not (inside and role_of(cell).solution)
    }


def _lines(source: str) -> Iterator[tuple[int, bool, str]]:
    """Yield each line, its number from 1 before it, with whether it is inside a region, or in a cell without any."""
    whole = BEGIN not in source
    inside = whole
    for number, line in enumerate(source.splitlines(), start=1):
        if BEGIN in line:
            inside = True
        elif END in line:
            inside = whole
        elif line.strip():
            yield number, inside, line.strip()
