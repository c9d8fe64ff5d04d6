"""Which cells of a notebook are answers, and which hold visible tests; what nothing says is asked, or guessed."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Protocol

from autograder.authoring.cells import SourceCell
from autograder.authoring.parts import marked, whole
from autograder.authoring.points import points_in
from autograder.authoring.visible import is_hidden, names_tested, split, take_hidden, without_marks
from autograder.notebook.headings import last_heading
from autograder.notebook.names import names_of, parse

_ASKS = re.compile(
    r"\b(?:exerci[sc]es?|questions?|tasks?|tâches?|problems?|problèmes?|todo|à vous|your turn)\b",
    re.IGNORECASE,
)
_OPENS = re.compile(
    r"[\s*_>]*(?:exerci[sc]e|question|task|tâche|problem|problème)(?:[ \t]*[\dIVX]|[*_]*[ \t]*:)", re.IGNORECASE
)
_PARAGRAPHS = re.compile(r"\n[\s>]*\n")
_EXERCISES = re.compile(r"\b(?:exerci[sc]es?|questions?|tasks|tâches|problems|problèmes)\b", re.IGNORECASE)
_NUMBERED = re.compile(r"[\s*_]*\d{1,2}[ \t]*[.):]")
_WORDS = re.compile(
    r"(?i:(?:your|votre) (?:answer|réponse)(?: here| ici)|type your answer"
    r"|(?:double[- ])?click(?:er|ez)? .*(?:answer|répon)"
    r"|répondez ici|réponse ici|answer here)"
)
_NETWORK = re.compile(r"\b(?:Sequential|Model|Module)\b")


class Asker(Protocol):
    """Whoever knows what a notebook does not say."""

    certain: bool
    """Whether they know: what nobody was asked is marked as guessed."""

    def is_answer(self, number: int, source: str) -> bool:
        """Whether students write a cell, of this number, themselves."""
        ...

    def points(self, title: str, guess: float) -> float:
        """What a question is worth."""
        ...


class Guesses:
    """Nobody to ask."""

    certain = False

    def is_answer(self, number: int, source: str) -> bool:
        return True

    def points(self, title: str, guess: float) -> float:
        return guess


def find_answers(cells: list[SourceCell], asker: Asker) -> list[tuple[SourceCell, str]]:
    """Say of each cell what it is; return the hidden tests taken out, each with the cell it followed."""
    cells[:] = [piece for cell in cells for piece in _apart(cell, cells)]
    for weak in (False, True):
        for cell in cells:
            if cell.cell_type == "code" and cell.kind == "given" and (parts := marked(cell.source, weak=weak)):
                cell.kind, cell.parts = "answer", parts
        if any(cell.kind == "answer" for cell in cells):
            break
    for cell in cells:
        if cell.cell_type == "markdown" and _is_answer_in_words(cell):
            cell.kind = "manual"
    if not any(cell.kind == "answer" for cell in cells):
        for found in _guessed(cells):
            cell = cells[found[0]]
            certain = found[1]
            if certain or asker.is_answer(cell.number, cell.source):
                cell.kind, cell.parts, cell.guessed = (
                    "answer",
                    whole(cell.source, _text_before(cells, found[0])),
                    not certain and not asker.certain,
                )
    for place in _answers_in_words(cells):
        if asker.is_answer(cells[place].number, cells[place].source):
            cells[place].kind, cells[place].guessed = "manual", not asker.certain
    return list(_without_hidden(cells))


def _without_hidden(cells: list[SourceCell]) -> Iterator[tuple[SourceCell, str]]:
    """Take the hidden tests out of cells, and yield them, each with the cell before them."""
    before = cells[0] if cells else None
    for cell in list(cells):
        rest, taken = take_hidden(cell.source)
        if cell.kind == "tests" and is_hidden(cell.source):
            rest, taken = "", (without_marks(cell.source),)
        if taken and before is not None:
            yield from ((before, text) for text in taken)
            cell.source = rest
        if taken and not rest:
            cells.remove(cell)
        else:
            before = cell


def _apart(cell: SourceCell, cells: Sequence[SourceCell]) -> Iterator[SourceCell]:
    """A cell, or its code and its visible tests each in one of their own."""
    if cell.cell_type != "code" or cell.kind != "given":
        yield cell
        return
    known = {name for other in cells if other.number < cell.number and other.cell_type == "code"
             for name in names_of(other.source).defined}  # fmt: skip
    code, tests = split(cell.source, known)
    if code or not tests:
        yield replace(cell, source=code or cell.source)
    if tests:
        yield replace(cell, source=without_marks(tests), kind="tests", id="" if code else cell.id)


def begins_question(text: str) -> bool:
    """Whether a text opens another part: it has a heading, or « Question 2 » or « Exercise: » begins a paragraph."""
    return bool(last_heading(text)) or any(map(_OPENS.match, _PARAGRAPHS.split(text)))


def _is_answer_in_words(cell: SourceCell) -> bool:
    text = cell.source.strip()
    return len(text) < 200 and not text.startswith("#") and bool(_WORDS.search(text))


def _answers_in_words(cells: Sequence[SourceCell]) -> Iterator[int]:
    """Yield the places of texts right below a question put in words, where nothing else is there to answer it."""
    opens = [place for place, cell in enumerate(cells) if cell.cell_type == "markdown" and begins_question(cell.source)]
    for place, end in pairwise([*opens, len(cells)]):
        text, below = cells[place].source, cells[place + 1 : end]
        asks = _asks(text) and ("?" in text or _WORDS.search(text))
        plain = below and below[0].cell_type == "markdown" and below[0].kind == "given"
        if asks and plain and all(cell.kind == "given" for cell in below):
            yield place + 1


def _guessed(cells: Sequence[SourceCell]) -> list[tuple[int, bool]]:
    """The places of what may be answers where nothing marks them, and whether that is sure.

    Sure is what makes the names that tests after it use; else what stands under an exercise's text; else, where there
    is neither, functions and networks.
    """
    code = [place for place, cell in enumerate(cells) if cell.cell_type == "code" and cell.kind == "given"]
    found = dict.fromkeys(_tested(cells, code), True)
    heading_of = {place: _text_before(cells, place) for place in code}
    answered = {heading_of[place] for place in found}
    # What else stands under a text whose answer is known is given.
    for place in _under_exercises(cells, code):
        if makes(cells[place]) and place not in found and heading_of[place] not in answered:
            found[place] = _points_are_said(heading_of[place])
    if not found:
        for place in code:
            names = names_of(cells[place].source)
            if names.defined or (names.made - names.imported and _NETWORK.search(cells[place].source)):
                found[place] = False
    return sorted(found.items())


def nameless(cells: Sequence[SourceCell]) -> list[SourceCell]:
    """Return what stands right below an exercise's text that nothing answers, and gives no name to what it makes."""
    code = [place for place, cell in enumerate(cells) if cell.cell_type == "code"]
    answered = {_text_before(cells, place) for place in code if cells[place].kind != "given"}
    asked = (place for place in _under_exercises(cells, code) if _text_before(cells, place) not in answered)
    found = (cells[place] for place in asked if cells[place].kind == "given")
    return [cell for cell in found if not makes(cell) and _is_computed(cell.source)]


def _under_exercises(cells: Sequence[SourceCell], code: Sequence[int]) -> Iterator[int]:
    """Yield the places of code right below a text that asks for something: « Exercise 2 », « 3 points », or a numbered
    heading in a notebook whose headings call themselves exercises.
    """
    said = False
    for place, cell in enumerate(cells[:-1]):
        if cell.cell_type != "markdown":
            continue
        heading = last_heading(cell.source)
        numbered = bool(said and _NUMBERED.match(heading))
        said = said or bool(_EXERCISES.search(heading))
        if place + 1 in code and (numbered or _asks(cell.source)):
            yield place + 1


def _asks(text: str) -> bool:
    """Whether a text asks for something: « points » alone may be those of a drawing."""
    return bool(_ASKS.search(text)) or _points_are_said(text)


def _is_computed(source: str) -> bool:
    """Whether code has an expression that is more than a name: what a given cell only shows is not asked."""
    tree = parse(source)
    shown = (one.value for one in (tree.body if tree else ()) if isinstance(one, ast.Expr))
    return any(not isinstance(one, ast.Name | ast.Constant) for one in shown)


def _points_are_said(text: str) -> bool:
    return points_in(text) is not None


def _tested(cells: Sequence[SourceCell], code: Sequence[int]) -> Iterator[int]:
    """What makes the names that tests use, the nearest before them and after the tests before those."""
    start = 0
    for place, cell in enumerate(cells):
        if cell.kind != "tests":
            continue
        used = names_tested(cell.source)
        makers = [one for one in code if start <= one < place and makes(cells[one]) & used]
        defining = [one for one in makers if names_of(cells[one].source).defined & used]
        yield from defining or makers[-1:]
        start = place + 1


def makes(cell: SourceCell) -> frozenset[str]:
    """Return the names that a cell makes, but for what it imports."""
    found = names_of(cell.source)
    return found.made - found.imported


def _text_before(cells: Sequence[SourceCell], place: int) -> str:
    texts = (cell.source for cell in reversed(cells[:place]) if cell.cell_type == "markdown")
    return next(texts, "")
