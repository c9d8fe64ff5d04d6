"""Names, arguments and results: one missing, two in each other's place, another than it should be."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from autograder.mutate.code import Code, SourceEdit, is_display
from autograder.mutate.operators.layers import stack_of


def argument_missing(node: ast.AST, code: Code) -> Iterator[SourceEdit]:
    """A setting is left to its default."""
    if isinstance(node, ast.Call):
        for keyword in (one for one in node.keywords if not is_display(one)):
            yield code.remove(keyword, sorted([*node.args, *node.keywords], key=code.span))


def arguments_swapped(node: ast.AST, code: Code) -> Iterator[SourceEdit]:
    """Two arguments in each other's place."""
    if isinstance(node, ast.Call) and not stack_of(node):
        yield from code.swaps([one for one in node.args if not isinstance(one, ast.Starred)])


def results_swapped(node: ast.AST, code: Code) -> Iterator[SourceEdit]:
    """Two of the results in each other's place."""
    if isinstance(node, ast.Return) and isinstance(node.value, ast.Tuple):
        yield from code.swaps(node.value.elts)


def result_missing(node: ast.AST, code: Code) -> Iterator[SourceEdit]:
    """One of the results is not returned."""
    if isinstance(node, ast.Return) and isinstance(node.value, ast.Tuple) and len(node.value.elts) > 1:
        for one in node.value.elts:
            yield code.remove(one, node.value.elts)


def _elements(node: ast.AST, code: Code) -> list[ast.expr]:
    """The elements of a list or tuple of values that is written out, but for layers and results."""
    if not isinstance(node, ast.List | ast.Tuple) or not isinstance(node.ctx, ast.Load) or len(node.elts) < 2:
        return []
    parent = code.parent(node)
    if isinstance(parent, ast.Return | ast.Subscript) or (parent is not None and stack_of(parent)):
        return []
    return [] if any(isinstance(one, ast.Starred) for one in node.elts) else node.elts


def element_missing(node: ast.AST, code: Code) -> Iterator[SourceEdit]:
    """One element of a list is left out: one turn less of a loop that builds layers."""
    for one in _elements(node, code):
        if len(_elements(node, code)) > 2 or isinstance(node, ast.List):
            yield code.remove(one, _elements(node, code))


def element_order(node: ast.AST, code: Code) -> Iterator[SourceEdit]:
    """Two elements of a list, or two values of a dict, in each other's place."""
    yield from code.swaps(_elements(node, code))
    if isinstance(node, ast.Dict):
        for first, second in zip(node.values, node.values[1:], strict=False):
            if code.text(first) != code.text(second):
                yield code.swap(first, second)


def key_misspelt(node: ast.AST, code: Code) -> Iterator[SourceEdit]:
    """A key of a dict by another name."""
    keys = node.keys if isinstance(node, ast.Dict) else [node.slice] if isinstance(node, ast.Subscript) else []
    for key in keys:
        if isinstance(key, ast.Constant) and isinstance(key.value, str):
            quote = code.text(key)[-1]
            yield code.replace(key, f"{quote}{key.value}s{quote}")


def another_argument(node: ast.AST, code: Code) -> Iterator[SourceEdit]:
    """A function uses another of its arguments than it should."""
    if not (isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)):
        return
    for outer in code.around(node):
        if isinstance(outer, ast.FunctionDef):
            names = [one.arg for one in outer.args.args if one.arg != "self"]
            if node.id in names and len(names) > 1:
                yield code.replace(node, names[(names.index(node.id) + 1) % len(names)])
            return


def another_function(node: ast.AST, code: Code) -> Iterator[SourceEdit]:
    """Another of the cell's own functions, of as many arguments, is called."""
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
        return
    own = {one.name: len(one.args.args) for one in ast.walk(code.tree) if isinstance(one, ast.FunctionDef)}
    for name, arguments in own.items():
        if name != node.func.id and own.get(node.func.id) == arguments:
            yield code.rename(node.func, name)


def statement_missing(node: ast.AST, code: Code) -> Iterator[SourceEdit]:
    """A part of something is never set, a flag never given, a sum never added to."""
    match node:
        case ast.Assign(targets=[ast.Subscript() | ast.Attribute()]) | ast.AugAssign():
            yield code.replace(node, "pass")
