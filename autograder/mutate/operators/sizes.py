"""Layers of another size: width, kernel, window, stride, border."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from autograder.mutate.code import Code, SourceEdit, called
from autograder.mutate.operators.base import (
    TORCH_CONVOLUTION,
    WIDTHS,
    integer,
    integers,
    is_convolution,
    is_pooling,
    parameter,
)


def _other_size(node: ast.AST, code: Code, by: int) -> Iterator[SourceEdit]:
    """Write a size larger or smaller by `by`, in each of its dimensions; of a name, the sum."""
    sizes = [one + by for one in integers(node)]
    if sizes and min(sizes) > 0:
        yield code.replace(node, f"({', '.join(map(str, sizes))})" if isinstance(node, ast.Tuple) else str(sizes[0]))
    elif isinstance(node, ast.Name) and by > 0:
        yield code.replace(node, f"{node.id} + {by}")


def width(node: ast.AST, code: Code) -> Iterator[SourceEdit]:
    """A layer twice as wide, or half as wide."""
    for name in WIDTHS if isinstance(node, ast.Call) else ():
        given = parameter(node, name)  # type: ignore[arg-type]
        number = integer(given)
        if given is not None and number:
            yield code.replace(given, str(2 * number))
            if number > 1:
                yield code.replace(given, str(number // 2))
        elif isinstance(given, ast.Name):
            yield code.replace(given, f"2 * {given.id}")


def kernel_size(node: ast.AST, code: Code) -> Iterator[SourceEdit]:
    """A larger kernel, or a smaller one."""
    if isinstance(node, ast.Call) and (given := parameter(node, "kernel_size")) is not None and not is_pooling(node):
        for by in (2, -2, 1):
            yield from _other_size(given, code, by)


def pooling_size(node: ast.AST, code: Code) -> Iterator[SourceEdit]:
    """A larger window, or one that pools nothing."""
    if isinstance(node, ast.Call) and is_pooling(node) and (given := parameter(node, "pool_size")) is not None:
        for by in (1, -1):
            yield from _other_size(given, code, by)


def stride(node: ast.AST, code: Code) -> Iterator[SourceEdit]:
    """Another stride than the one that is written, or than the default."""
    if not isinstance(node, ast.Call):
        return
    given = parameter(node, "strides") or parameter(node, "stride")
    if given is not None:
        yield from _other_size(given, code, 1)
        yield from _other_size(given, code, -1)
    elif is_convolution(node) or (is_pooling(node) and parameter(node, "pool_size") is not None):
        name = "stride" if called(node.func).endswith("d") else "strides"
        yield code.insert(node, f"{name}={2 if is_convolution(node) else 1}")


def padding(node: ast.AST, code: Code) -> Iterator[SourceEdit]:
    """« valid » in place of « same », or the other way; in PyTorch one pixel less, or more."""
    match node:
        case ast.Constant(value=str(said)) if (other := PADDINGS.get(said.lower())) is not None:
            yield code.replace(node, repr(other.upper() if said.isupper() else other).replace("'", '"'))
        case ast.Call() if TORCH_CONVOLUTION.fullmatch(called(node.func)):
            given = parameter(node, "padding")
            number = integer(given)
            if given is not None and number is not None:
                yield code.replace(given, str(number - 1 if number else 1))


PADDINGS = {"same": "valid", "valid": "same"}
