"""Arrays along another axis, cut elsewhere, never scaled or converted."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from autograder.mutate.code import Code, SourceEdit, called
from autograder.mutate.operators.base import LIBRARIES, integer

OTHER_AXIS = {0: (1, -1), 1: (0,), -1: (0,), 2: (1,), 3: (2, 1), -2: (-1,)}
ALONG = frozenset("argmax argmin argsort cat concatenate max mean min softmax stack sum".split())  # noqa: SIM905


def axis(node: ast.AST, code: Code) -> Iterator[SourceEdit]:
    """Along another axis."""
    if not isinstance(node, ast.Call):
        return
    given = [keyword.value for keyword in node.keywords if keyword.arg in ("axis", "dim")]
    if called(node.func) in ALONG and len(node.args) == 2:
        given.append(node.args[1])
    for one in given:
        if (number := integer(one)) is not None:
            yield from (code.replace(one, str(other)) for other in OTHER_AXIS.get(number, ()))


def scaling(node: ast.AST, code: Code) -> Iterator[SourceEdit]:
    """No division, or product, or shift, by a number."""
    if isinstance(node, ast.BinOp) and isinstance(node.right, ast.Constant):
        yield code.replace(node, _wrapped(node, node.left, code))


def operand_missing(node: ast.AST, code: Code) -> Iterator[SourceEdit]:
    """Half of a sum, of a product."""
    if isinstance(node, ast.BinOp):
        if not isinstance(node.right, ast.Constant):
            yield code.replace(node, _wrapped(node, node.left, code))
        if not isinstance(node.op, ast.Sub | ast.Div | ast.FloorDiv):
            yield code.replace(node, _wrapped(node, node.right, code))


def _wrapped(whole: ast.BinOp, part: ast.expr, code: Code) -> str:
    """A part of an expression as it stands alone in the whole's place: in brackets where others bind more tightly."""
    start, end = code.span(whole)
    bracketed = code.source[:start].endswith("(") and code.source[end:].startswith(")")
    loose = isinstance(part, ast.BinOp | ast.IfExp | ast.Compare | ast.Lambda)
    return f"({code.text(part)})" if loose and not bracketed else code.text(part)


def slice_bound(node: ast.AST, code: Code) -> Iterator[SourceEdit]:
    """A slice that begins or ends elsewhere."""
    if isinstance(node, ast.Slice):
        for bound in (node.lower, node.upper):
            if bound is not None:
                yield code.replace(bound, "")
                if integer(bound) is None:
                    yield code.replace(bound, f"{code.text(bound)} + 1")


def index_missing(node: ast.AST, code: Code) -> Iterator[SourceEdit]:
    """What is indexed, whole."""
    if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load):
        yield code.replace(node, code.text(node.value))


CONVERSIONS = frozenset(
    """
    abs array asarray astype cast copy detach expand_dims flatten float int item list log mean numpy permute ravel
    reshape round sqrt square squeeze sum swapaxes to transpose tuple unsqueeze view
    """.split()  # noqa: SIM905
)


def conversion_missing(node: ast.AST, code: Code) -> Iterator[SourceEdit]:
    """An array, or a number, as it was before: no other type, shape or mean."""
    if not (isinstance(node, ast.Call) and called(node.func) in CONVERSIONS):
        return
    owner = node.func.value if isinstance(node.func, ast.Attribute) else None
    if owner is None or (isinstance(owner, ast.Name) and owner.id in LIBRARIES):
        if node.args and not isinstance(node.args[0], ast.Starred):
            yield code.replace(node, f"({code.text(node.args[0])})")
    else:
        assert isinstance(node.func, ast.Attribute)
        start, end = code.span(node)
        before = code.source[start : code.span(node.func)[1] - len(node.func.attr)]
        yield SourceEdit(start, end, before.rstrip().removesuffix(".").rstrip())
