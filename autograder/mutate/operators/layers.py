"""Layers one after the other: one missing, one there twice, two in the other order; no bias, nothing learnt."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from autograder.mutate.code import Code, SourceEdit, called
from autograder.mutate.operators.base import WEIGHTED


def _is_layer_statement(node: ast.AST) -> bool:
    """`model.add(…)`, or what hands one name on: `x = layer(…)(x)`."""
    match node:
        case ast.Expr(value=ast.Call(func=ast.Attribute(attr="add" | "append"))):
            return True
        case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call() as value):
            return any(isinstance(part, ast.Name) and part.id == name for part in ast.walk(value))
    return False


def _body_of(node: ast.AST, code: Code) -> list[ast.stmt]:
    """The statements that a statement stands among."""
    parent = code.parent(node)
    for name in ("body", "orelse", "finalbody"):
        body = getattr(parent, name, [])
        if isinstance(body, list) and node in body:
            return body
    return []


def stack_of(node: ast.AST) -> list[ast.expr]:
    """The layers that `Sequential` is given, in a list or as its arguments."""
    if not (isinstance(node, ast.Call) and called(node.func) == "Sequential"):
        return []
    given = node.args[0].elts if node.args and isinstance(node.args[0], ast.List) else node.args
    return [one for one in given if isinstance(one, ast.Call)]


def layer_missing(node: ast.AST, code: Code) -> Iterator[SourceEdit]:
    """One layer is left out."""
    if _is_layer_statement(node):
        yield code.replace(node, "pass")
    for layer in stack_of(node):
        parent = code.parent(layer)
        among = parent.elts if isinstance(parent, ast.List) else parent.args  # type: ignore[union-attr]
        yield code.remove(layer, among)


def layer_doubled(node: ast.AST, code: Code) -> Iterator[SourceEdit]:
    """One layer is there twice."""
    if _is_layer_statement(node):
        indent = " " * node.col_offset  # type: ignore[attr-defined]
        yield code.replace(node, f"{code.text(node)}\n{indent}{code.text(node)}")
    for layer in stack_of(node):
        yield code.double(layer)


def layer_order(node: ast.AST, code: Code) -> Iterator[SourceEdit]:
    """Two layers that follow each other are in the other order."""
    if _is_layer_statement(node):
        body = _body_of(node, code)
        after = body[body.index(node) + 1 :][:1] if node in body else []
        if after and _is_layer_statement(after[0]):
            yield from code.swaps([node, after[0]])
    yield from code.swaps(stack_of(node))


def bias_missing(node: ast.AST, code: Code) -> Iterator[SourceEdit]:
    """A layer with weights has no bias."""
    if isinstance(node, ast.Call) and WEIGHTED.fullmatch(called(node.func)):
        name = "bias" if called(node.func).endswith("d") or called(node.func) == "Linear" else "use_bias"
        if all(keyword.arg != name for keyword in node.keywords):
            yield code.insert(node, f"{name}=False")


def frozen_layer(node: ast.AST, code: Code) -> Iterator[SourceEdit]:
    """A layer that should learn does not. PyTorch's take no such argument."""
    if isinstance(node, ast.Call) and WEIGHTED.fullmatch(called(node.func)):
        torch = called(node.func).endswith("d") or called(node.func) == "Linear"
        if not torch and all(keyword.arg != "trainable" for keyword in node.keywords):
            yield code.insert(node, "trainable=False")
