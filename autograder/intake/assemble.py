"""The notebook rebuilt: its locked and test cells from the release, its answers from the student."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Literal

from autograder.intake.match import STUB, Matching, are_alike, match
from autograder.notebook.formats import Notebook, NotebookCell
from autograder.notebook.metadata import CellRole, role_of
from autograder.notebook.portable import make_portable
from autograder.records import Repair, RepairKind, TextCell
from autograder.wire.messages import Cell

PORTABLE_CHARS = 1_000_000
"""How much of a notebook's code is made to work here: no student writes more, and reading it takes time."""
SHORTEST_PART = 20
"""Characters from which a course's text inside a student's cell is taken for the course's cell."""
FEWEST_CELLS = 3
"""Of a notebook that may be another edition: in fewer nothing can be told."""
COURSE_CELLS = 1024
"""A class hands in the same cells of the course many times."""
IMPORTS = re.compile(r"^(?:import|from[ \t]+[\w.]+[ \t]+import)[ \t]+[\w*., \t]+(?=#|\r?$)", re.MULTILINE)
"""Imports of one line, at the left margin."""
FENCE = re.compile(r"\A\s*(?:```|~~~)[^\n]*\n(.*?)\n?(?:```|~~~)\s*\Z", re.DOTALL)
"""Code in a Markdown cell, between the marks that set it off."""


@dataclass(frozen=True)
class RebuiltNotebook:
    """A notebook as it will run."""

    cells: tuple[Cell, ...]
    sources: dict[str, str]
    """Answer cells as handed in, by id."""
    repairs: tuple[Repair, ...]
    """In the notebook's order."""
    texts: tuple[TextCell, ...]
    """The cells that are not code."""
    attachments: Mapping[int, Mapping[str, Any]]
    """What was pasted into each of these, by its position."""


@dataclass(eq=False)
class _Piece:
    """One cell of the notebook while it is rebuilt."""

    cell_type: str
    source: str
    ours: int | None = None
    """Position in the release of the cell it is; None for one of the student's own."""
    like: int | None = None
    """Position in the release of the unmarked cell it is: it stays the student's own, and says where others belong."""
    given: bool = True
    """Whether the student handed it in."""
    attachments: dict[str, Any] = field(default_factory=dict)
    """What the student pasted into it."""
    repairs: list[tuple[RepairKind, str]] = field(default_factory=list)


def rebuild(release: Notebook, submitted: Notebook, beside: frozenset[str] = frozenset()) -> RebuiltNotebook:
    """Return the student's notebook with every cell of the release in it, once.

    The student's cells keep their order. A locked cell has the release's text and place, whatever was done to it; one
    that is gone comes back after the one it followed. `beside` names the files that lie beside the notebook.
    """
    return _Rebuilding(release, submitted).finish(beside)


class _Rebuilding:
    def __init__(self, release: Notebook, submitted: Notebook) -> None:
        self.release, self.submitted = release.cells, submitted.cells
        self.roles: list[CellRole] = [role_of(cell) for cell in release.cells]
        self.handed_out = given_sources(release)
        matching = match(release, submitted)
        self.of_the_whole = list(_another_edition(release, submitted, matching))
        self.run: list[_Piece] = self._pieces(matching)
        self._take_apart()
        self._put_back()
        self._put_in_place()
        self._reset()

    # --- The student's cells ------------------------------------------------------------------------------------------

    def _pieces(self, matching: Matching) -> list[_Piece]:
        """The student's cells in their order: split answers joined, copies that say nothing new left out."""
        gone = {index for rest in matching.parts.values() for index in rest}
        pieces: dict[int, _Piece] = {}
        for index, cell in enumerate(self.submitted):
            if index not in gone:
                ours = matching.release_of.get(index)
                marked = ours is not None and bool(self.roles[ours].id)
                place, like = (ours, None) if marked else (None, ours)
                piece = _Piece(cell.cell_type, cell.source, place, like, attachments=dict(cell.attachments))
                pieces[index] = piece
                self._note(piece, index, matching)
        for index, rest in matching.copies.items():
            for other in rest:
                if (
                    other in pieces
                    and other not in matching.release_of
                    and self._says_nothing_new(index, other, matching)
                ):
                    del pieces[other]
        return list(pieces.values())

    def _note(self, piece: _Piece, index: int, matching: Matching) -> None:
        if parts := matching.parts.get(index):
            piece.source = "\n".join(self.submitted[one].source for one in (index, *parts))
            for one in parts:
                piece.attachments = {**self.submitted[one].attachments, **piece.attachments}
            piece.repairs.append(("split", ""))
        if index in matching.recognised:
            piece.repairs.append(("recognised", ""))
        if any(other not in matching.release_of for other in matching.copies.get(index, ())):
            piece.repairs.append(("copied", ""))

    def _says_nothing_new(self, index: int, other: int, matching: Matching) -> bool:
        ours = self.release[matching.release_of[index]]
        return self.submitted[other].source.strip() in (self.submitted[index].source.strip(), ours.source.strip())

    # --- Merged cells -------------------------------------------------------------------------------------------------

    def _take_apart(self) -> None:
        """Look for each missing cell inside the cell before it: merging keeps the first one's id and all the text."""
        for ours in self._missing():
            if any(piece.ours == ours for piece in self.run):  # found a moment ago, with the one before it
                continue
            if self._take_out(ours):
                continue
            before = [piece for piece in self.run if piece.ours is not None and piece.ours < ours]
            host = max(before, key=lambda piece: piece.ours or 0, default=None)
            if host is None or host.ours is None:
                continue
            cut = self._cut(host, ours)
            if cut is not None:
                self._split_off(host, ours, cut)

    def _take_out(self, ours: int) -> bool:
        """Whether a locked cell stands, as it was handed out, in one of the student's own: what is around it stays."""
        cell = self.release[ours]
        text = cell.source.strip()
        own = (one for one in self.run if one.ours is None and one.like is None and one.cell_type == cell.cell_type)
        if not self.roles[ours].locked or len(text) < SHORTEST_PART:
            return False
        holding = [one for one in own if f"\n{text}\n" in f"\n{one.source}\n"]
        if len(holding) != 1:
            return False
        before, _, after = f"\n{holding[0].source}\n".partition(f"\n{text}\n")
        place = self.run.index(holding[0])
        pieces = [_Piece(cell.cell_type, one.strip("\n")) for one in (before, after)]
        pieces.insert(1, _Piece(cell.cell_type, cell.source, ours, repairs=[("merged", "")]))
        self.run[place : place + 1] = [one for one in pieces if one.source.strip()]
        return True

    def _missing(self) -> list[int]:
        there = {piece.ours for piece in self.run}
        return [index for index, role in enumerate(self.roles) if role.id and index not in there]

    def _cut(self, host: _Piece, ours: int) -> int | None:
        """Where in the source of `host` the text of a cell of the release begins; None where it does not."""
        assert host.ours is not None
        own = self.release[host.ours].source
        if self.roles[host.ours].locked:
            text = own.strip()
            inside = host.source.lstrip().startswith(f"{text}\n") and self.roles[ours].solution
            return host.source.index(text) + len(text) if inside and text else None
        if self.roles[ours].locked:
            return _whole_lines(self.release[ours].source.strip(), host.source)
        given = [line for line in self.release[ours].source.splitlines() if STUB.sub("", line).strip()]
        mark = given[0] if given else self.release[ours].source.partition("\n")[0]
        return _nth_line(mark, host.source, own.splitlines().count(mark))

    def _split_off(self, host: _Piece, ours: int, cut: int) -> None:
        place = self.run.index(host) + 1
        rest = host.source[cut:]
        host.source = host.source[:cut].rstrip()
        host.repairs.append(("merged", ""))
        if self.roles[ours].locked:
            text = self.release[ours].source.strip()
            self.run.insert(place, _Piece(self.release[ours].cell_type, self.release[ours].source, ours))
            if rest := rest[len(text) :].strip("\n"):
                following = ours + 1
                answer = following in self._missing() and self.roles[following].solution
                self.run.insert(place + 1, _Piece("code", rest, following if answer else None))
        else:
            self.run.insert(place, _Piece(self.release[ours].cell_type, rest.strip("\n"), ours))

    # --- The release's cells ------------------------------------------------------------------------------------------

    def _put_back(self) -> None:
        for ours in self._missing():
            cell = self.release[ours]
            piece = _Piece(cell.cell_type, cell.source, ours, given=False, repairs=[("returned", "")])
            self.run.insert(self._place_of(ours), piece)

    def _place_of(self, ours: int) -> int:
        """Right after the nearest cell before it, in the release's order, that is there.

        An unmarked cell says so where it stands between the marked ones: students may move it anywhere.
        """
        places = {piece.ours: place for place, piece in enumerate(self.run)}
        start = next((places[other] for other in reversed(range(ours)) if other in places), -1) + 1
        later = (place for place in range(start, len(self.run)) if (self.run[place].ours or -1) > ours)
        end = next(later, len(self.run))
        unmarked = (place for place in range(start, end) if _before(self.run[place].like, ours))
        return max(unmarked, default=start - 1) + 1

    def _put_in_place(self) -> None:
        """Locked cells go back after the cell they follow; answers stay where the student put them.

        From first to last, so that a cell that moves is followed by those after it.
        """
        before: _Piece | None = None
        for piece in sorted((one for one in self.run if one.ours is not None), key=lambda one: one.ours or 0):
            if self.roles[piece.ours or 0].locked and self._is_out_of_place(piece, before):
                self.run.remove(piece)
                self.run.insert(self._place_of(piece.ours or 0), piece)
                piece.repairs.append(("moved", ""))
            before = piece

    def _is_out_of_place(self, piece: _Piece, before: _Piece | None) -> bool:
        """Whether a cell stands before the one it follows, or after an answer that follows it."""
        place = self.run.index(piece)
        start = 0 if before is None else self.run.index(before)
        later = (one.ours for one in self.run[start:place] if one.ours is not None and one.ours > (piece.ours or 0))
        return place < start or any(self.roles[one].solution for one in later)

    def _reset(self) -> None:
        """The course's text in locked cells, what students import there behind it; code in answers that are code."""
        for piece in list(self.run):
            if piece.ours is None:
                continue
            cell = self.release[piece.ours]
            if self.roles[piece.ours].locked and (piece.cell_type, piece.source.strip()) != _text(cell):
                piece.repairs.append(("reset", ""))
                added = "" if self.roles[piece.ours].tests else _added_imports(piece, cell)
                piece.cell_type, piece.source = cell.cell_type, cell.source
                if added:
                    self.run.insert(self.run.index(piece) + 1, _Piece("code", added))
            elif self.roles[piece.ours].locked:
                piece.source = cell.source
            elif piece.cell_type != cell.cell_type:
                piece.repairs.append(("retyped", piece.cell_type[:50]))
                piece.cell_type = cell.cell_type
                piece.source = FENCE.sub(r"\1", piece.source)

    # --- The whole ----------------------------------------------------------------------------------------------------

    def finish(self, beside: frozenset[str]) -> RebuiltNotebook:
        cells: list[Cell] = []
        texts: list[TextCell] = []
        attachments: dict[int, Mapping[str, Any]] = {}
        sources: dict[str, str] = {}
        repairs = self.of_the_whole
        left = PORTABLE_CHARS
        for index, piece in enumerate(self.run):
            role = CellRole() if piece.ours is None else self.roles[piece.ours]
            name, source = role.id[:500], piece.source
            found = piece.repairs
            if role.solution and piece.given:
                sources[role.id] = source
            if piece.cell_type == "code":
                left -= len(source)
                if not piece.given or role.locked:
                    source = course_source(source, beside)
                elif left > 0:
                    portable = make_portable(source, beside)
                    source, found = portable.source, [*found, *portable.repairs]
                cells.append(Cell(index, name, source, role.locked or piece.source.strip() in self.handed_out))
            else:
                texts.append(TextCell(index, name, source, text_kind(piece.cell_type)))
                attachments[index] = self._attachments(piece)
            repairs += [Repair(kind, name, index, detail) for kind, detail in found]
        return RebuiltNotebook(tuple(cells), sources, tuple(repairs), tuple(texts), attachments)

    def _attachments(self, piece: _Piece) -> Mapping[str, Any]:
        """What a text shows: the course's pictures in the course's cells, the student's own over them in answers."""
        if piece.ours is None:  # some programs save a course's plain texts without their pictures
            alike = (cell for cell in self.release if cell.attachments and cell.source.strip() == piece.source.strip())
            return {**next((cell.attachments for cell in alike), {}), **piece.attachments}
        given = self.release[piece.ours].attachments
        return given if self.roles[piece.ours].locked else {**given, **piece.attachments}


@lru_cache(COURSE_CELLS)
def course_source(source: str, beside: frozenset[str]) -> str:
    """Return a cell of the course's as it can run here: courses are written for other computers too."""
    return make_portable(source, beside).source


def text_kind(cell_type: str) -> Literal["markdown", "raw"]:
    """Return what a cell that is not code is: what no format knows is read as Markdown."""
    return "raw" if cell_type == "raw" else "markdown"


def given_sources(release: Notebook) -> frozenset[str]:
    """Return the text of the course's code cells that are not for students to write."""
    return frozenset(
        cell.source.strip() for cell in release.cells if cell.cell_type == "code" and not role_of(cell).solution
    )


def _another_edition(release: Notebook, submitted: Notebook, matching: Matching) -> Iterator[Repair]:
    """What is said of a notebook most of whose cells are not the release's, nor most of the release's its cells.

    Last year's may have the same marks: a cell of the course's counts where its text is much the same.
    """
    texts = [index for index, cell in enumerate(release.cells) if cell.source.strip()]
    own = [index for index, cell in enumerate(submitted.cells) if cell.source.strip()]
    found = {
        theirs
        for theirs, ours in matching.release_of.items()
        if role_of(release.cells[ours]).solution
        or are_alike(release.cells[ours].source, submitted.cells[theirs].source)
    }
    there = {matching.release_of[theirs] for theirs in found} & set(texts)
    if len(own) >= FEWEST_CELLS and 2 * len(found & set(own)) < len(own) and 2 * len(there) < len(texts):
        yield Repair("edition", detail=f"{len(there)}/{len(texts)}")


def _before(like: int | None, ours: int) -> bool:
    return like is not None and like < ours


def _added_imports(piece: _Piece, cell: NotebookCell) -> str:
    """The lines of a changed cell of the course's that import, and that the course's own has not."""
    if piece.cell_type != "code" or cell.cell_type != "code":
        return ""
    given = {line.strip() for line in cell.source.splitlines()}
    return "\n".join(line for line in IMPORTS.findall(piece.source[:PORTABLE_CHARS]) if line.strip() not in given)


def _text(cell: NotebookCell) -> tuple[str, str]:
    return cell.cell_type, cell.source.strip()


def _whole_lines(text: str, source: str) -> int | None:
    """Where `text` stands in `source` as lines of its own, after something else."""
    place = source.find(f"\n{text}") + 1 if text else 0
    return place if place and source[place + len(text) :][:1] in ("", "\n") else None


def _nth_line(line: str, source: str, number: int) -> int | None:
    """Where the line `line` begins in `source` for the time `number`, counted from 0; not at its start."""
    at, seen = 0, 0
    for one in source.splitlines(keepends=True):
        if one.rstrip() == line.rstrip() and line.strip():
            if seen == number and at:
                return at
            seen += 1
        at += len(one)
    return None
