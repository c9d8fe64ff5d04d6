"""The cells of a notebook while it becomes an assignment, and what otter's notebooks say of theirs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

import yaml

from autograder.authoring.parts import CellPart, marked, whole
from autograder.authoring.points import points_in
from autograder.authoring.visible import is_hidden, without_marks
from autograder.notebook.between import Region, regions, without_regions
from autograder.notebook.formats import NotebookCell

Kind = Literal["given", "answer", "tests", "manual"]


@dataclass
class SourceCell:
    """One cell of the assignment to be."""

    cell_type: str
    source: str
    number: int
    """Of the cell it comes from, from 1."""
    kind: Kind = "given"
    parts: list[CellPart] = field(default_factory=list)
    """Of an answer: what of it is its solution."""
    guessed: bool = False
    """Whether nothing says that it is an answer."""
    question: str = ""
    """What another tool calls its question."""
    points: float | None = None
    """What another tool gives for it."""
    role: dict[str, Any] | None = None
    """nbgrader's metadata."""
    attachments: dict[str, Any] = field(default_factory=dict)
    metadata: dict[str, Any] = field(default_factory=dict)
    id: str = ""


def plain_cells(cells: Iterable[NotebookCell]) -> list[SourceCell]:
    """Return the cells of a notebook of any tool: of otter's what its raw cells and fences say, those left out."""
    return list(_Otter().read(cells))


_OTTER = re.compile(
    r"^[ \t]*#[ \t]*(BEGIN|END|ASSIGNMENT)[ \t]+(QUESTION|SOLUTION|PROMPT|TESTS|CONFIG)\b", re.IGNORECASE
)
_FENCED = (
    re.compile(
        r"^(?:```|~~~)(?:[^\n]*?|[^\n]*+\n[ \t]*+(?:#[ \t]*+)?)(?P<what>(?:BEGIN|END)[ \t]+(?:QUESTION|ASSIGNMENT))",
        re.MULTILINE | re.IGNORECASE,
    ),
    re.compile(r"^(?:```|~~~)[ \t]*$", re.MULTILINE),
)
_ITS_OWN = re.compile(
    r"(?:[ \t]*(?:#[^\n]*|import otter|from otter\b[^\n]*|\w+[ \t]*=[ \t]*otter\.Notebook\([^\n]*\)"
    r"|grader\.\w+\([^\n]*\)|[%!]pip install[^\n]*otter[^\n]*)?(?:\n|\Z))+"
)
"""Code of otter's own alone: its students' notebooks hold it."""


class _Otter:
    """What the raw cells of a notebook say of the cells between them."""

    def __init__(self) -> None:
        self.question, self.manual = "", False
        self.points: float | None = None
        self.inside = ""

    def read(self, cells: Iterable[NotebookCell]) -> Iterator[SourceCell]:
        for number, cell in enumerate(cells, start=1):
            if cell.cell_type == "raw" and (found := _OTTER.match(cell.source)):
                self._note(found[1].upper(), found[2].upper(), cell.source)
                continue
            source = cell.source
            if cell.cell_type == "markdown":
                for fence in regions(source, *_FENCED):
                    self._note_fence(fence)
                source = without_regions(source, *_FENCED).strip("\n")
            ours = cell.cell_type == "code" and "otter" in source + "otter" * ("grader." in source)
            if (source or not cell.source) and not (ours and _ITS_OWN.fullmatch(source)) and self.inside != "PROMPT":
                yield self._cell(cell, source, number)

    def _note(self, edge: str, what: str, source: str) -> None:
        if what == "QUESTION":
            self._ask(_settings(source) if edge == "BEGIN" else {})
        elif what in ("SOLUTION", "PROMPT", "TESTS"):
            self.inside = what if edge == "BEGIN" else ""

    def _note_fence(self, fence: Region) -> None:
        what = fence.opening["what"].upper()
        if "QUESTION" in what:
            self._ask(_settings(fence.inside) if what.startswith("BEGIN") else {})

    def _ask(self, settings: dict[str, Any]) -> None:
        self.question, self.manual = str(settings.get("name", "")), settings.get("manual") is True
        points = settings.get("points")
        each = points.get("each") if isinstance(points, dict) else points
        self.points = float(each) if isinstance(each, int | float) else points_in(str(points or ""))
        self.inside = ""

    def _cell(self, cell: NotebookCell, source: str, number: int) -> SourceCell:
        metadata = {name: value for name, value in cell.metadata.items() if name != "nbgrader"}
        found = SourceCell(
            cell.cell_type, source, number, attachments=dict(cell.attachments), metadata=metadata, id=cell.id
        )
        found.question, found.points = self.question, self.points
        code = cell.cell_type == "code"
        if self.inside == "TESTS" and code:
            found.kind, found.source = "tests", source if is_hidden(source) else without_marks(source)
        elif self.inside == "SOLUTION" and (code or self.manual):
            found.kind = "answer" if code else "manual"
            found.parts = marked(source) or whole(source) if code else []
        return found


def _settings(source: str) -> dict[str, Any]:
    """What a question's cell says of it, as YAML; nothing where it is none."""
    text = "\n".join(line for line in source.split("\n") if not line.lstrip().startswith("#"))
    try:
        found = yaml.safe_load(text)
    except yaml.YAMLError:
        return {}
    return found if isinstance(found, dict) else {}
