"""One cell's code, its syntax tree and where each node of it stands: what operators look at, and edit in one place."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from autograder.notebook.names import parse


@dataclass(frozen=True)
class SourceEdit:
    """A stretch of a cell, in characters, and what takes its place."""

    start: int
    end: int
    text: str

    def apply(self, source: str) -> str:
        """Return the cell with this edit made: comments and layout elsewhere stay as they are."""
        return source[: self.start] + self.text + source[self.end :]


class Code:
    """A cell that can be parsed."""

    def __init__(self, source: str, tree: ast.Module) -> None:
        self.source = source
        self.tree = tree
        self._parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
        self._lines = source.splitlines(keepends=True)
        self._starts = [0]
        for line in self._lines:
            self._starts.append(self._starts[-1] + len(line))

    def nodes(self, lines: frozenset[int]) -> Iterator[ast.AST]:
        """Yield the nodes that stand wholly in these lines, in their order, but for what nobody gets wrong.

        That is imports, docstrings, how much a training prints (`verbose`), and what stands within formatted text,
        whose places Python does not tell.
        """
        found = [node for node in self._walk(self.tree) if set(range(*self._rows(node))) <= lines]
        yield from sorted(found, key=lambda node: self.span(node))

    def _walk(self, node: ast.AST) -> Iterator[ast.AST]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.JoinedStr | ast.Import | ast.ImportFrom):
                continue
            if _is_docstring(child) or is_display(child):
                continue
            if hasattr(child, "end_col_offset"):
                yield child
            yield from self._walk(child)

    def _rows(self, node: ast.AST) -> tuple[int, int]:
        return node.lineno, (node.end_lineno or node.lineno) + 1  # type: ignore[attr-defined]

    def parent(self, node: ast.AST) -> ast.AST | None:
        """Return what a node stands in."""
        return self._parents.get(node)

    def around(self, node: ast.AST) -> Iterator[ast.AST]:
        """Yield what a node stands in, the innermost first."""
        while (parent := self._parents.get(node)) is not None:
            yield parent
            node = parent

    def span(self, node: ast.AST) -> tuple[int, int]:
        """Return where a node begins and ends, in characters from the cell's beginning."""
        first, last = self._rows(node)
        return self._offset(first, node.col_offset), self._offset(last - 1, node.end_col_offset)  # type: ignore[attr-defined]

    def _offset(self, line: int, column: int) -> int:
        """Python counts columns in bytes of UTF-8."""
        text = self._lines[line - 1] if line <= len(self._lines) else ""
        return self._starts[line - 1] + len(text.encode()[:column].decode(errors="ignore"))

    def text(self, node: ast.AST) -> str:
        """Return a node as it is written."""
        start, end = self.span(node)
        return self.source[start:end]

    # --- edits ---

    def replace(self, node: ast.AST, text: str) -> SourceEdit:
        """Write something else in a node's place."""
        return SourceEdit(*self.span(node), text)

    def rename(self, function: ast.expr, name: str) -> SourceEdit:
        """Call another function of the same module or object: the last name of `layers.Dense` is written anew."""
        start, end = self.span(function)
        old = called(function)
        return SourceEdit(max(end - len(old), start), end, name)

    def remove(self, node: ast.AST, among: Sequence[ast.AST]) -> SourceEdit:
        """Leave out one of several that commas set apart."""
        place = list(among).index(node)
        start, _ = self.span(node)
        if place > 0:
            return SourceEdit(self._end_of(among[place - 1]), self._end_of(node), "")
        if len(among) > 1:
            return SourceEdit(start, self._start_of(among[1]), "")
        return SourceEdit(start, self._end_of(node), "")

    def double(self, node: ast.AST) -> SourceEdit:
        """Write one of several twice."""
        return self.replace(node, f"{self.text(node)}, {self.text(node)}")

    def swap(self, first: ast.AST, second: ast.AST) -> SourceEdit:
        """Write two nodes, one after the other, in the other order."""
        (start, one), (two, end) = self.span(first), self.span(second)
        return SourceEdit(start, end, self.text(second) + self.source[one:two] + self.text(first))

    def swaps(self, several: Sequence[ast.AST]) -> Iterator[SourceEdit]:
        """Swap each neighbour pair that is not the same text."""
        for first, second in pairwise(several):
            if self.text(first) != self.text(second) and self.span(first)[1] <= self.span(second)[0]:
                yield self.swap(first, second)

    def insert(self, call: ast.Call, argument: str) -> SourceEdit:
        """Give a call one more argument, the last."""
        given = [*call.args, *call.keywords]
        if given:
            end = max(self._end_of(one) for one in given)
            return SourceEdit(end, end, f", {argument}")
        end = self.span(call)[1] - 1
        return SourceEdit(end, end, argument)

    def operator(self, left: ast.AST, right: ast.AST, old: str, new: str) -> SourceEdit | None:
        """Write another operator between two operands; None where it cannot be found, a comment standing there."""
        start, end = self.span(left)[1], self.span(right)[0]
        between = self.source[start:end]
        found = re.search(rf"(?<![*/<>=!]){re.escape(old)}(?![*/=])" if len(old) < 2 else re.escape(old), between)
        if found is None or "#" in between:
            return None
        return SourceEdit(start + found.start(), start + found.end(), new)

    def _start_of(self, node: ast.AST) -> int:
        """Where it begins, a bracket around it with it."""
        start = self.span(node)[0]
        while (before := self.source[:start].rstrip()).endswith("(") and self._is_wrapped(len(before) - 1, node):
            start = len(before) - 1
        return start

    def _end_of(self, node: ast.AST) -> int:
        """Where it ends, a bracket around it with it."""
        start, end = self._start_of(node), self.span(node)[1]
        opened = self.source[start : self.span(node)[0]].count("(")
        for _ in range(opened):
            end = self.source.index(")", end) + 1
        return end

    def _is_wrapped(self, bracket: int, node: ast.AST) -> bool:
        """Whether an opening bracket before a node closes right after it, and is no call's nor a tuple's."""
        parent = self._parents.get(node)
        outer = self.span(parent)[0] if parent is not None and hasattr(parent, "end_col_offset") else 0
        before = self.source[:bracket].rstrip()[-1:]
        closes = self.source[self.span(node)[1] :].lstrip().startswith(")")
        return closes and bracket > outer and not (before.isalnum() or before in "_)]")


def read(source: str) -> Code | None:
    """Return a cell's code; None where it is no Python, or too long to be followed."""
    tree = parse(source)
    return None if tree is None else Code(source, tree)


def called(function: ast.AST) -> str:
    """Return the last name of what is called: `Conv2D` of `keras.layers.Conv2D`; empty where it has none."""
    match function:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
    return ""


def is_display(node: ast.AST) -> bool:
    """Whether it says how much a training or a prediction prints while it runs: no answer is other for that."""
    return isinstance(node, ast.keyword) and node.arg == "verbose"


def _is_docstring(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
