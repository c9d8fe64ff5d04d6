"""What a notebook's cells make, change and need, from their text alone.

It may be wrong, as whatever is told from text: who relies on it tries the solution first, and examines a mutant whole
before saying that nothing tells it apart.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping

from autograder.assignment import SourceNotebook
from autograder.notebook.names import CellNames, Statement, names_of, parse

SETTERS = re.compile(r"^(set|seed|manual_seed|enable|disable|use_|register|run_functions)")
"""Functions of a module that change what its others do: `np.random.seed`, `keras.utils.set_random_seed`."""
CHANGING = frozenset(("delattr", "eval", "exec", "next", "setattr"))
"""Functions of Python's own that may change what they are given."""


class Flow:
    """An assignment's code cells, by position: which names each makes or changes, and which it needs from others."""

    def __init__(self, source: SourceNotebook) -> None:
        texts = {index: cell.source for index, cell in enumerate(source.notebook.cells) if cell.cell_type == "code"}
        self._cells: dict[int, CellNames] = {index: names_of(text) for index, text in texts.items()}
        self._imported = frozenset[str]().union(*(cell.imported for cell in self._cells.values()))
        self._changing = self._changing_functions(texts)
        self._set = {index: [self._modules_set(node) for node in _statements(text)] for index, text in texts.items()}
        self._marks = {index: tuple(map(self._mark, cell.statements, self._set_in(index)))
                       for index, cell in self._cells.items()}  # fmt: skip

    def __iter__(self) -> Iterator[int]:
        return iter(self._cells)

    def statements(self, index: int) -> Iterator[tuple[Statement, frozenset[str]]]:
        """Yield the statements of a cell, each with the names that it makes, or whose objects it may change."""
        return zip(self._cells[index].statements, self._marks[index], strict=True)

    def marks(self, index: int) -> frozenset[str]:
        """Return the names that a cell makes, or whose objects it may change."""
        return frozenset[str]().union(*self._marks[index])

    def needs(self, index: int) -> frozenset[str]:
        """Return the names that a cell uses and has not made by then."""
        return self._cells[index].needed

    def definitions(self) -> Iterator[tuple[int, Statement]]:
        """Yield the functions and classes that cells define: what they use is looked up when they are called."""
        for index, cell in self._cells.items():
            yield from ((index, one) for one in cell.statements if one.made & cell.defined)

    def makes_anew(self, index: int, name: str) -> bool:
        """Whether after a cell a name is of an object that owes nothing to what it was of before."""
        return name in self._cells[index].made and name not in self.needs(index)

    def _mark(self, one: Statement, modules: frozenset[str]) -> frozenset[str]:
        handed = {name for function, name in one.handed if function in self._changing}
        return one.made | modules | ((one.changed | one.trained | handed) - self._imported)

    def _set_in(self, index: int) -> list[frozenset[str]]:
        found, known = self._set[index], len(self._cells[index].statements)
        return found if len(found) == known else [frozenset()] * known

    def _modules_set(self, node: ast.stmt) -> frozenset[str]:
        """Modules that a statement changes: by a part that it sets, or by a function that is for that."""
        found = set[str]()
        for one in ast.walk(node):
            match one:
                case ast.Attribute(ctx=ast.Store()) | ast.Subscript(ctx=ast.Store()):
                    found.add(_base(one))
                case ast.Call(func=ast.Attribute(attr=name) as function) if SETTERS.match(name):
                    found.add(_base(function))
        return frozenset(found & self._imported)

    def _changing_functions(self, texts: Mapping[int, str]) -> frozenset[str]:
        """Functions that may change what they are given: of the notebook's own, those whose text does.

        A library's looks at what it is given.
        """
        bodies = {
            node.name: (names_of(ast.unparse(ast.Module(node.body, []))), {one.arg for one in ast.walk(node.args)
                                                                          if isinstance(one, ast.arg)})
            for text in texts.values()
            for node in _statements(text)
            if isinstance(node, ast.FunctionDef)
        }  # fmt: skip
        changing = CHANGING
        while True:
            more = changing | {name for name, (body, given) in bodies.items() if given & _changed_in(body, changing)}
            if more == changing:
                return changing
            changing = more


def _changed_in(body: CellNames, changing: frozenset[str]) -> set[str]:
    return {
        name
        for one in body.statements
        for name in (*one.changed, *one.trained, *(given for function, given in one.handed if function in changing))
    }


def _statements(text: str) -> list[ast.stmt]:
    tree = parse(text)
    return tree.body if tree else []


def _base(node: ast.expr) -> str:
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Call):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""
