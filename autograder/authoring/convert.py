"""A notebook with its solutions, of any tool or of none, made an assignment's source: answers, visible tests, points.

What it says itself is taken: markers, nbgrader's metadata, otter's raw cells, asserts that follow an answer, points in
its texts. What it does not say is asked of whoever runs the command, or guessed and marked.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from autograder.authoring.cells import SourceCell, plain_cells
from autograder.authoring.finding import Asker, begins_question, find_answers, makes, nameless
from autograder.authoring.naming import likeliest_name, set_as_code
from autograder.authoring.parts import is_unwritten, marked, written
from autograder.authoring.points import points_in, question_id, without_points
from autograder.authoring.visible import names_tested, take_hidden
from autograder.locale import phrase, render
from autograder.notebook.formats import Notebook
from autograder.notebook.headings import last_heading, spoken
from autograder.notebook.metadata import can_be_earned, role_of

ROLE = {"schema_version": 3, "grade": False, "solution": False, "locked": False, "task": False}
_GRADED = re.compile(
    r"^#+[ \t]*(?:UNQ_C\d+|GRADED[ \t]+\w+)[^\n]*?(?::[ \t]*(?P<name>[A-Za-z_]\w*))?[^\n]*$", re.MULTILINE
)


@dataclass
class Converted:
    """An assignment's source notebook, and what is to be known of it."""

    cells: list[SourceCell]
    questions: list[str] = field(default_factory=list)
    untested: list[str] = field(default_factory=list)
    """Questions in code without visible tests: checks alone will mark them."""
    by_hand: list[str] = field(default_factory=list)
    guesses: list[str] = field(default_factory=list)
    to_do: list[str] = field(default_factory=list)
    """What nobody but its author can write."""
    hidden: list[tuple[str, str]] = field(default_factory=list)
    """Hidden tests, by question: no room is to hold them."""


def convert(notebook: Notebook, language: str, asker: Asker) -> Converted:
    """Return the assignment that a notebook makes."""
    if any(role_of(cell).id for cell in notebook.cells):
        return _of_nbgrader(notebook)
    cells = plain_cells(notebook.cells)
    hidden = find_answers(cells, asker)
    return _Asked(cells, language, asker, hidden).converted()


# --- nbgrader's own ---------------------------------------------------------------------------------------------------


def _of_nbgrader(notebook: Notebook) -> Converted:
    """A notebook that has its roles keeps them."""
    found = Converted([])
    for number, one in enumerate(notebook.cells, start=1):
        role = role_of(one)
        source, hidden = take_hidden(one.source)
        cell = SourceCell(one.cell_type, source, number, attachments=dict(one.attachments), id=one.id)
        cell.metadata = {name: value for name, value in one.metadata.items() if name != "nbgrader"}
        if role.id:
            kept = {"grade": role.grade, "solution": role.solution, "locked": role.read_only, "task": role.task}
            worth = _worth(found, number, role.id, role.points)
            points: dict[str, Any] = {"points": worth} if role.grade or role.task else {}
            cell.role = {**ROLE, **kept, "grade_id": role.id, **points}
        if role.solution and one.cell_type == "code":
            parts = marked(source, weak=True)
            cell.source = written(parts) if parts else source
            if parts and is_unwritten(parts):
                found.to_do.append(_unwritten(number, role.id))
        if role.grade or role.task:
            found.questions.append(role.id)
            if role.by_hand:
                found.by_hand.append(role.id)
        found.hidden += ((role.id, text) for text in hidden)
        found.cells.append(cell)
    if not found.questions:
        found.to_do.append("no cell of it is graded: nothing is worth a point yet")
    return found


def _worth(found: Converted, number: int, name: str, points: float) -> float:
    """The points of a question; none, and something to do, where those it is given are no number that can be earned."""
    if can_be_earned(points):
        return points
    found.to_do.append(f"cell {number} ({name}): {points:g} points cannot be earned, 0 are written: write how many")
    return 0.0


def _unwritten(number: int, name: str) -> str:
    return f"cell {number} ({name}): its solution is still to be written"


# --- Any other: what is asked -----------------------------------------------------------------------------------------


class _Asked:
    """Cells, one after the other, made questions: answers, and the tests or the heading that end them."""

    def __init__(
        self, cells: list[SourceCell], language: str, asker: Asker, hidden: Sequence[tuple[SourceCell, str]]
    ) -> None:
        self._cells, self._asker, self._hidden = cells, asker, hidden
        self._language = language
        self._answer = "reponse" if language == "fr" else "answer"
        self._taken: set[str] = set()
        self._open: list[SourceCell] = []
        self._texts: list[str] = []
        self._owner: dict[int, str] = {}
        self._found = Converted([])

    def converted(self) -> Converted:
        for place, cell in enumerate(self._cells):
            if cell.cell_type == "markdown" and cell.kind == "given":
                if self._open and begins_question(cell.source) and not self._tested_later(place):
                    self._close(None)
                if not self._open:
                    self._texts = [cell.source] if begins_question(cell.source) else [*self._texts[-1:], cell.source]
            elif cell.kind == "answer":
                self._open.append(cell)
            elif cell.kind == "manual":
                self._close(None)
                self._by_hand(cell)
            elif cell.kind == "tests" and self._open:
                self._close(cell)
            elif cell.kind == "tests" and self._found.cells and self._found.cells[-1].kind == "tests":
                self._found.cells[-1].source += f"\n\n{cell.source}"
                self._owner[id(cell)] = self._owner.get(id(self._found.cells[-1]), "")
                continue
            self._found.cells.append(cell)
        self._close(None)
        self._found.hidden = [(self._owner.get(id(cell), ""), text) for cell, text in self._hidden]
        for cell in nameless(self._cells):
            text = (
                "stands under an exercise, and no question was made of it: nothing that it makes has a name to ask for"
            )
            self._found.to_do.append(f"cell {cell.number}: {text}")
        if not self._found.questions:
            text = "no answer was found: set one off with lines « ### BEGIN SOLUTION » and « ### END SOLUTION »"
            self._found.to_do.append(f"{text}, then run this again")
        return self._found

    def _tested_later(self, place: int) -> bool:
        """Whether tests of what is open come after a heading, before the next answer."""
        for cell in self._cells[place:]:
            if cell.kind in ("answer", "manual"):
                return False
            if cell.kind == "tests":
                return bool(names_tested(cell.source) & {name for one in self._open for name in makes(one)})
        return False

    def _close(self, tests: SourceCell | None) -> None:
        """End the question that is open: its tests are worth its points, or its last answer where it has none."""
        answers, self._open = self._open, []
        if not answers:
            return
        name = self._name(answers, tests)
        points, guessed = self._points(name, answers, tests)
        for count, cell in enumerate(answers, start=1):
            graded = tests is None and cell is answers[-1]
            own = name if graded else f"{name}-{self._answer}" + (f"-{count}" if len(answers) > 1 else "")
            cell.role = {**ROLE, "solution": True, "grade": graded, "grade_id": own}
            if graded:
                cell.role["points"] = points
            self._taken.add(own)
            self._owner[id(cell)] = name
            last = cell is answers[-1]
            cell.source = written(cell.parts, self._note(cell, points if guessed and last else None))
            if is_unwritten(cell.parts):
                self._found.to_do.append(_unwritten(cell.number, own))
        if tests is None:
            self._found.untested.append(name)
        else:
            tests.role = {**ROLE, "grade": True, "locked": True, "grade_id": name, "points": points}
            self._owner[id(tests)] = name
        self._found.questions.append(name)
        self._texts = []

    def _by_hand(self, cell: SourceCell) -> None:
        name = self._claim(cell.question or self._heading() or "text")
        if cell.guessed:
            self._found.guesses.append(f"cell {cell.number}: taken for an answer in words: nothing marks it")
        points, _ = self._points(name, [cell], None)
        cell.role = {**ROLE, "grade": True, "solution": True, "grade_id": name, "points": points}
        self._found.questions.append(name)
        self._found.by_hand.append(name)
        self._texts = []

    def _heading(self) -> str:
        return without_points(spoken(last_heading("\n".join(self._texts))))

    def _claim(self, said: str) -> str:
        name = question_id(said, self._taken)
        self._taken.add(name)
        return name

    def _name(self, answers: Sequence[SourceCell], tests: SourceCell | None) -> str:
        """The name another tool gave it; of what tests use, or of what is made, a function's first; a heading."""
        last = answers[-1]
        graded = next((one["name"] for cell in answers for one in _GRADED.finditer(cell.source) if one["name"]), "")
        if last.question or graded:
            return self._claim(last.question or graded)
        text = "\n".join(line for cell in answers for part in cell.parts for line in part.lines)
        told = {word for code in set_as_code("\n".join(self._texts)) for word in re.findall(r"\w+", code)}
        name = likeliest_name(text, told, names_tested(tests.source) if tests else None)
        return self._claim(name or self._heading())

    def _points(self, name: str, answers: Sequence[SourceCell], tests: SourceCell | None) -> tuple[float, bool]:
        """What a question is worth, and whether that is a guess."""
        said = [one.points for one in (*answers, tests) if one is not None and one.points is not None]
        texts = [*reversed(self._texts), *(one.source for one in answers)]
        said += [one for text in texts if (one := points_in(text)) is not None]
        number = answers[-1].number
        if said:
            return _worth(self._found, number, name, said[0]), False
        guess = _worth(self._found, number, name, self._asker.points(self._heading() or name, 1.0))
        if not self._asker.certain:
            self._found.guesses.append(f"cell {number} ({name}): 1 point: no text says how many")
        return guess, not self._asker.certain

    def _note(self, cell: SourceCell, points: float | None) -> str:
        """What is written in a solution of what was guessed: students do not get it."""
        said = []
        if cell.guessed:
            said.append(phrase("that students write this cell is a guess"))
            self._found.guesses.append(f"cell {cell.number}: taken for an answer: nothing marks it")
        if points is not None:
            said.append(phrase("the number of points, {points}, is a guess", points=points))
        if not said:
            return ""
        return render(phrase("TO CHECK: {what}.", what=said), self._language)
