"""Other numbers, operations, comparisons and conditions."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from autograder.mutate.code import Code, SourceEdit, called
from autograder.mutate.operators.base import integer
from autograder.mutate.operators.training import is_seed


def off_by_one(node: ast.AST, code: Code) -> Iterator[SourceEdit]:
    """One more, or one less: of a number, of a length, of the end of a range."""
    number = integer(node)
    if number is not None:
        if not isinstance(code.parent(node), ast.UnaryOp) and not is_seed(node, code):
            yield code.replace(node, str(number + 1))
            yield code.replace(node, str(number - 1))
        return
    ends = node.args[-1:] if isinstance(node, ast.Call) and called(node.func) == "range" else []
    for end in [*ends, *([node] if isinstance(node, ast.Call) and called(node.func) == "len" else [])]:
        if integer(end) is None:
            yield code.replace(end, f"{code.text(end)} + 1")
            yield code.replace(end, f"{code.text(end)} - 1")


def number(node: ast.AST, code: Code) -> Iterator[SourceEdit]:
    """A number twice as large, or rounded."""
    if is_seed(node, code):
        return
    match node:
        case ast.Constant(value=float(value)):
            yield code.replace(node, repr(2 * value))
            if round(value, 2) != value:
                yield code.replace(node, repr(round(value, 2)))
        case ast.Constant(value=value) if type(value) is int and value > 9:
            yield code.replace(node, str(2 * value))


COMPARISONS: dict[type[ast.cmpop], tuple[str, tuple[str, ...]]] = {
    ast.Eq: ("==", ("!=",)),
    ast.NotEq: ("!=", ("==",)),
    ast.Lt: ("<", ("<=", ">")),
    ast.LtE: ("<=", ("<", ">")),
    ast.Gt: (">", (">=", "<")),
    ast.GtE: (">=", (">", "<")),
    ast.In: ("in", ("not in",)),
    ast.NotIn: ("not in", ("in",)),
}
ARITHMETIC: dict[type[ast.operator], tuple[str, tuple[str, ...]]] = {
    ast.Add: ("+", ("-", "*")),
    ast.Sub: ("-", ("+",)),
    ast.Mult: ("*", ("+", "/")),
    ast.Div: ("/", ("*", "//")),
    ast.FloorDiv: ("//", ("/", "*")),
    ast.Mod: ("%", ("//",)),
    ast.Pow: ("**", ("*",)),
    ast.MatMult: ("@", ("*",)),
}


def comparison(node: ast.AST, code: Code) -> Iterator[SourceEdit | None]:
    """The other way round, or with the bound, or without."""
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        old, others = COMPARISONS.get(type(node.ops[0]), ("", ()))
        for new in others:
            yield code.operator(node.left, node.comparators[0], old, new)


def arithmetic(node: ast.AST, code: Code) -> Iterator[SourceEdit | None]:
    """Another operation."""
    if isinstance(node, ast.BinOp):
        old, others = ARITHMETIC.get(type(node.op), ("", ()))
        for new in others:
            yield code.operator(node.left, node.right, old, new)


def flag(node: ast.AST, code: Code) -> Iterator[SourceEdit]:
    """True in place of False, or the other way: `trainable`, `shuffle`, `from_logits`, `return_sequences`."""
    if isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield code.replace(node, str(not node.value))


def condition(node: ast.AST, code: Code) -> Iterator[SourceEdit]:
    """The other branch."""
    if isinstance(node, ast.If | ast.IfExp):
        yield code.replace(node.test, f"not ({code.text(node.test)})")
