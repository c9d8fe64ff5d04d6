"""Inside a room: what the operands of a course's own assert were when it failed. Nothing is evaluated a second time.

The asserts of the cells that students were given, and of no others, have their operands passed through a function that
returns them as they are and remembers them: same order, same short cuts, same errors. What it remembers is let go when
the cell that runs ends.
"""

from __future__ import annotations

import ast
import builtins
import reprlib
import sys
from typing import Any, get_args

from autograder.wire import codec
from autograder.wire.frameworks import TensorLibrary

NAME = "@shown {}"
"""What a cell's rewritten code calls the function: no identifier, so that no code can have a variable of this name."""
VALUES, LABEL_CHARS, VALUE_CHARS = 4, 80, 160
"""Operands told of one assert, and the characters of each."""
ARRAY_ITEMS = 8
"""An array of more is told by its dtype and shape alone."""
LEFT_ALONE = (ast.Constant, ast.Lambda, ast.GeneratorExp, ast.NamedExpr, ast.Starred, ast.Await, ast.Yield)
"""Expressions whose value says no more than the test's text does, or that are not to be touched."""
TENSORS = get_args(TensorLibrary)
"""Libraries whose tensors are told by dtype and shape."""
ABOUT_TYPES = ("isinstance", "issubclass", "callable")


class Watches(ast.NodeTransformer):
    """The asserts of the course's cells, and what their operands were last."""

    def __init__(self) -> None:
        self._watches: dict[int, _Watch] = {}
        self._next: int | None = None

    def expect(self, cell: int | None) -> None:
        """Watch the asserts of the cell that runs next; None: it is not the course's."""
        self._next = cell

    def visit(self, tree: ast.AST) -> ast.AST:
        """Rewrite a cell: what IPython asks of a transformer. Code that a cell has run itself is left as it is."""
        cell, self._next = self._next, None
        if cell is None:
            return tree
        watch = self._watches[cell] = _Watch(NAME.format(cell))
        vars(builtins)[watch.name] = watch.remember
        watch.visit(tree)
        return ast.fix_missing_locations(tree)

    def values(self, cell: int, line: int) -> list[tuple[str, str]]:
        """Return the operands of the assert on a line, as written and as shown; none where no assert is watched there.

        A student's own class is asked for its repr: that may do anything, and raise anything.
        """
        watch = self._watches.get(cell)
        found = watch.values(line) if watch else []
        return [(codec.plain_text(name), codec.plain_text(value)) for name, value in found]

    def forget(self) -> None:
        """Let go of every value."""
        for watch in self._watches.values():
            watch.seen.clear()


class _Watch(ast.NodeTransformer):
    """The asserts of one cell."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.seen: dict[int, dict[int, Any]] = {}
        """By assert and operand, both counted from 0."""
        self._lines: list[tuple[int, int]] = []
        self._operands: list[list[str]] = []

    def remember(self, number: int, place: int, value: Any) -> Any:
        """Return an operand as it is."""
        if place == 0:
            self.seen[number] = {}
        self.seen.setdefault(number, {})[place] = value
        return value

    def values(self, line: int) -> list[tuple[str, str]]:
        number = next((one for one, (first, last) in enumerate(self._lines) if first <= line <= last), None)
        if number is None:
            return []
        return [
            (_cut(self._operands[number][place], LABEL_CHARS), _show(value))
            for place, value in sorted(self.seen.get(number, {}).items())
        ]

    def visit_Assert(self, node: ast.Assert) -> ast.Assert:
        self._lines.append((node.lineno, node.end_lineno or node.lineno))
        self._operands.append([])
        node.test = self._test(node.test)
        return node

    def _test(self, test: ast.expr) -> ast.expr:
        match test:
            case ast.BoolOp():
                test.values = [self._test(one) for one in test.values]
            case ast.UnaryOp(op=ast.Not()):
                test.operand = self._test(test.operand)
            case ast.Compare():
                test.left = self._operand(test.left)
                test.comparators = [self._operand(one) for one in test.comparators]
            case ast.Call():
                self._call(test)
            case _:
                return self._operand(test)
        return test

    def _call(self, call: ast.Call) -> None:
        """`np.allclose(f(x), y)`: its arguments; `(a == b).all()`: what it is asked of."""
        if isinstance(call.func, ast.Name) and call.func.id in ABOUT_TYPES:
            call.args[:1] = [self._operand(one) for one in call.args[:1]]
            return
        if isinstance(call.func, ast.Attribute) and isinstance(call.func.value, ast.Call | ast.Compare | ast.BinOp):
            call.func.value = self._test(call.func.value)
        call.args = [self._operand(one) for one in call.args]
        for keyword in call.keywords:
            if keyword.arg is not None:
                keyword.value = self._operand(keyword.value)

    def _operand(self, operand: ast.expr) -> ast.expr:
        known = self._operands[-1]
        if len(known) >= VALUES or isinstance(operand, LEFT_ALONE) or _is_literal(operand):
            return operand
        place = [ast.Constant(len(self._lines) - 1), ast.Constant(len(known))]
        known.append(ast.unparse(operand))
        return ast.copy_location(ast.Call(ast.Name(self.name, ast.Load()), [*place, operand], []), operand)


def _is_literal(node: ast.expr) -> bool:
    try:
        ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return False
    return True


def _show(value: Any) -> str:
    """An array by its dtype and shape, a short one with its numbers; anything else by the start of its repr."""
    numpy: Any = sys.modules["numpy"]
    if isinstance(value, numpy.ndarray):
        kind = f"{value.dtype}{list(value.shape)}"
        return f"{kind} {value.tolist()}"[:VALUE_CHARS] if value.size <= ARRAY_ITEMS else kind
    shape, dtype = getattr(value, "shape", None), getattr(value, "dtype", None)
    if shape is not None and dtype is not None and type(value).__module__.partition(".")[0] in TENSORS:
        return _cut(f"{type(value).__name__} {dtype}{list(shape)}", VALUE_CHARS)
    return _cut(_REPR.repr(value), VALUE_CHARS)


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 1]}…"


_REPR = reprlib.Repr()
_REPR.maxstring = _REPR.maxother = _REPR.maxlong = VALUE_CHARS
_REPR.maxlist = _REPR.maxtuple = _REPR.maxdict = 12
