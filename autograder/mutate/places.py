"""Mutants of an assignment's solution: every change of every operator in its answers, and a fair choice of them."""

from __future__ import annotations

import ast
import difflib
import random
from collections import Counter, defaultdict, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import msgspec

from autograder.assignment import SourceNotebook
from autograder.mutate.code import Code, SourceEdit, read
from autograder.mutate.operators import OPERATORS
from autograder.mutate.operators.base import Operator
from autograder.notebook.metadata import role_of
from autograder.notebook.regions import cell_name, solution_line_numbers
from autograder.records import digest

ID_CHARS = 9


@dataclass(frozen=True)
class Mutant:
    """A solution that differs from the assignment's in one place."""

    question: str
    """Whose checks should catch it: the first graded cell from the changed answer on."""
    operator: Operator
    cell: int
    """Position of the changed cell in the notebook, from 0."""
    line: int
    """In the cell, from 1."""
    source: str
    """The cell with the change."""
    id: str = ""
    """Digest of the change alone: what is taken out and put in, in which cell, and of several alike which."""

    def of(self, source: SourceNotebook) -> SourceNotebook:
        """Return the assignment as if this were its solution."""
        cells = list(source.notebook.cells)
        cells[self.cell] = msgspec.structs.replace(cells[self.cell], source=self.source)
        return replace(source, notebook=msgspec.structs.replace(source.notebook, cells=tuple(cells)))

    def change(self, source: SourceNotebook) -> list[str]:
        """Return the lines that it takes out and puts in, each after its sign: `-` or `+`."""
        was, now = source.notebook.cells[self.cell].source.splitlines(), self.source.splitlines()
        _, _, *lines = difflib.unified_diff(was, now, n=0, lineterm="")
        return [f"{line[0]} {line[1:].strip()}" for line in lines if line[0] in "-+"]

    def diff(self, source: SourceNotebook) -> str:
        """Return the change as a unified diff of the cell."""
        cell = source.notebook.cells[self.cell]
        name = cell_name(self.cell, cell)
        lines = difflib.unified_diff(
            cell.source.splitlines(), self.source.splitlines(), name, f"{name}: {self.operator.name}", n=1, lineterm=""
        )
        return "\n".join(lines)


def derive(source: SourceNotebook) -> list[Mutant]:
    """Return every mutant of an assignment's solution that is Python, each text once, in the notebook's order."""
    found: list[Mutant] = []
    alike = Counter[str]()
    for index, cell in enumerate(source.notebook.cells):
        code = read(cell.source) if cell.cell_type == "code" and role_of(cell).solution else None
        question = _question_from(source, index)
        if code is None or not question:
            continue
        known = {cell.source}
        for operator, edit in _edits(code, solution_line_numbers(cell)):
            text = edit.apply(cell.source)
            if text not in known and _is_python(text):
                line = cell.source.count("\n", 0, edit.start) + 1
                found.append(_named(Mutant(question, operator, index, line, text), source, alike))
            known.add(text)
    return found


def _named(mutant: Mutant, source: SourceNotebook, alike: Counter[str]) -> Mutant:
    """Give a mutant its id: unlike its place, it holds when other lines are edited."""
    cell = source.notebook.cells[mutant.cell]
    change = msgspec.json.encode([role_of(cell).id, *mutant.change(source)])
    name = digest(change)
    alike[name] += 1
    return replace(mutant, id=f"m{digest(change, str(alike[name])).removeprefix('sha256:')[:ID_CHARS]}")


def _edits(code: Code, lines: frozenset[int]) -> Iterator[tuple[Operator, SourceEdit]]:
    nodes = list(code.nodes(lines))
    for operator in OPERATORS:
        for node in nodes:
            yield from ((operator, edit) for edit in operator.changes(node, code) if edit is not None)


def choose(mutants: Sequence[Mutant], most: int, seed: int) -> list[Mutant]:
    """Return at most `most` of them in an order in which each question, and in it each operator, has its turn."""
    shuffled = list(mutants)
    random.Random(seed).shuffle(shuffled)
    by_question: dict[str, list[Mutant]] = defaultdict(list)
    for mutant in shuffled:
        by_question[mutant.question].append(mutant)
    return _in_turn([_in_turn(_by_operator(ones)) for ones in by_question.values()])[:most]


def _by_operator(mutants: Sequence[Mutant]) -> list[list[Mutant]]:
    found: dict[str, list[Mutant]] = defaultdict(list)
    for mutant in mutants:
        found[mutant.operator.name].append(mutant)
    return list(found.values())


def _in_turn(several: Sequence[Sequence[Mutant]]) -> list[Mutant]:
    """One of each, then another of each, until none is left."""
    waiting = deque(deque(ones) for ones in several)
    found = []
    while waiting:
        ones = waiting.popleft()
        found.append(ones.popleft())
        if ones:
            waiting.append(ones)
    return found


def _question_from(source: SourceNotebook, index: int) -> str:
    roles = map(role_of, source.notebook.cells[index:])
    return next((role.id for role in roles if role.grade or role.task), "")


def _is_python(source: str) -> bool:
    code = read(source)
    if code is None:
        return False
    try:
        compile(code.tree, "mutant", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    except (SyntaxError, ValueError):
        return False
    return True
