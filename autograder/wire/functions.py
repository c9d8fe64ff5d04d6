"""Functions that a checks file sends into a room, written as a lambda: `lambda x: x ** 2 + 3 * sin(x)`.

Arithmetic on its own arguments and a closed list of mathematical functions, nothing else: no attribute, no index, no
keyword. `parse` is what both sides hold the text to; the room then makes a function of it.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from typing import Any

FUNCTIONS = (
    *("abs", "cos", "exp", "log", "maximum", "mean", "minimum", "sign", "sin", "sqrt", "square", "sum", "tan", "tanh"),
)
"""Names that mean the same to NumPy, Keras and PyTorch."""
MAX_SOURCE = 500
"""Characters."""

_ARITHMETIC = (
    *(ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow, ast.MatMult, ast.UAdd, ast.USub),
    *(ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Eq, ast.NotEq),
)
_WHOLE = (ast.BinOp, ast.UnaryOp, ast.Compare, ast.Tuple, ast.Load, *_ARITHMETIC)


def parse(source: str) -> ast.Expression:
    """Return the tree of a lambda. Raise ValueError, with what is wrong, for anything but arithmetic."""
    if len(source) > MAX_SOURCE:
        raise ValueError(f"a function of {len(source)} characters is too long: at most {MAX_SOURCE}")
    try:
        tree = ast.parse(source.strip(), mode="eval")
    except (SyntaxError, RecursionError, MemoryError) as error:
        raise ValueError(f"{source!r} is not a lambda such as `lambda x: x ** 2 + 1`: {error}") from error
    if not isinstance(tree.body, ast.Lambda):
        raise ValueError(f"{source!r} is not a lambda such as `lambda x: x ** 2 + 1`")
    taken = tree.body.args
    if taken.vararg or taken.kwarg or taken.kwonlyargs or taken.defaults or taken.posonlyargs:
        raise ValueError(f"{source!r}: a function's arguments are names alone, as in `lambda x, y: x + y`")
    _check(tree.body.body, {one.arg for one in taken.args})
    return tree


def make(source: str, functions: Mapping[str, Callable[..., Any]]) -> Callable[..., Any]:
    """Return the function of `source`, whose FUNCTIONS are those given. Raise ValueError as `parse`."""
    code = compile(parse(source), "<function of the check>", "eval")
    made: Callable[..., Any] = eval(code, {"__builtins__": {}, **functions})  # arithmetic alone: see `parse`
    return made


def _check(node: ast.expr, names: set[str]) -> None:
    for part in ast.walk(node):
        match part:
            case ast.Name(id=name) if name in names or name in FUNCTIONS:
                continue
            case ast.Constant(value=value) if isinstance(value, int | float):
                continue
            case ast.Call(func=ast.Name(id=name), keywords=[]) if name in FUNCTIONS:
                continue
        if not isinstance(part, _WHOLE):
            raise ValueError(
                f"{ast.unparse(part)!r} is not for a function sent into a room: arithmetic, its own arguments and "
                f"{', '.join(FUNCTIONS)} are"
            )
