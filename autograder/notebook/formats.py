"""Read notebooks: the course's own, which must be right, and students', which may be anything.

A version 4 notebook is JSON, decoded here into typed records. nbformat takes two seconds to import, nearly all of it
for a check of URIs that no notebook needs; it is called where it is needed: to upgrade older formats, and to validate
and write releases.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec

from autograder.errors import CourseError, Problem, SubmissionError
from autograder.notebook.text import SUFFIXES, TextError, notebook_of_text
from autograder.wire import codec

VERSION = 4


class NotebookCell(msgspec.Struct, frozen=True):
    """The parts of a cell that are used. Outputs are not: what counts is what the code does when it is run again."""

    cell_type: str
    source: str
    metadata: dict[str, Any] = {}
    id: str = ""


class Notebook(msgspec.Struct, frozen=True):
    """A notebook's cells, in order."""

    cells: tuple[NotebookCell, ...]


class _StoredCell(msgspec.Struct):
    cell_type: str
    source: str | list[str] = ""
    metadata: dict[str, Any] | None = None
    id: str = ""


class _Stored(msgspec.Struct):
    nbformat: int
    cells: list[_StoredCell] = []


def parse_notebook(data: bytes) -> Notebook:
    """Return the notebook in `data`. Raise ValueError, with the reason, where it is not one."""
    try:
        stored = _decoded(data)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise ValueError(_first_line(error)) from error
    if stored.nbformat != VERSION:
        stored = _upgraded(data)
    return Notebook(
        tuple(NotebookCell(cell.cell_type, _whole(cell.source), cell.metadata or {}, cell.id) for cell in stored.cells)
    )


def _whole(source: str | list[str]) -> str:
    text = source if isinstance(source, str) else "".join(source)
    return codec.plain_text(text)


def _decoded(data: bytes) -> _Stored:
    try:
        return msgspec.json.decode(data, type=_Stored)
    except msgspec.DecodeError:
        if b"NaN" not in data and b"Infinity" not in data:
            raise
        return msgspec.convert(json.loads(data), _Stored)  # Python writes, and Jupyter reads, what JSON does not have


def _upgraded(data: bytes) -> _Stored:
    import nbformat

    try:
        upgraded: _Stored = msgspec.convert(nbformat.reads(data.decode(), as_version=VERSION), _Stored)
    except Exception as error:  # nbformat raises whatever its converters happen to
        raise ValueError(_first_line(error)) from error
    return upgraded


def read_course_notebook(path: Path, shown: Path) -> Notebook:
    """Return a notebook of the course. Raise CourseError, naming it `shown`, where it is not one."""
    try:
        return parse_notebook(course_notebook_bytes(path))
    except OSError as error:
        raise CourseError([Problem(shown, 0, "", error.strerror or str(error))]) from error
    except TextError as error:
        raise CourseError(Problem(shown, 0, f"cell {number}", text) for number, text in error.problems) from error
    except ValueError as error:
        raise CourseError([Problem(shown, 0, "", f"not a notebook: {error}")]) from error


def read_submitted_notebook(data: bytes) -> Notebook:
    """Return a student's notebook. Raise SubmissionError where `data` is not one. Nothing in it is trusted."""
    if not data.strip():
        raise SubmissionError("the file is empty")
    try:
        return parse_notebook(data)
    except ValueError as error:
        raise SubmissionError(str(error)) from error


def course_notebook_bytes(path: Path) -> bytes:
    """Return a notebook of the course as an `.ipynb` file holds it, whether it is one or a text.

    Raises OSError where it cannot be read, ValueError where a text is no notebook.
    """
    data = path.read_bytes()
    return notebook_of_text(data.decode(), path.suffix) if path.suffix in SUFFIXES else data


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
