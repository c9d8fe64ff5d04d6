"""Products of two tensors, whether `matmul`, `einsum`, a Dot or an Attention says them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from autograder.networks.arithmetic import merged, times
from autograder.networks.nodes import Builder
from autograder.networks.operands import shape_of
from autograder.networks.patterns import scaled
from autograder.networks.shapes import reshaped, transposed
from autograder.wire.messages import Layer, Shape

_EQUATION = re.compile(r"([a-zA-Z]+),([a-zA-Z]+)->([a-zA-Z]*)")
ATTENTION = {"score_mode": "dot", "use_scale": False}


def rank_at(b: Builder, x: int) -> int:
    """Return how many axes a node has, the batch among them; 0 where it is not known."""
    if x in b.variables:
        return len(b.variables[x].shape)
    given = b.shape(x)
    return 0 if given is None else len(given) + 1


def turned(b: Builder, x: int) -> int | None:
    """Return x with its last two axes swapped; None where its axes are not known."""
    rank = rank_at(b, x)
    return None if rank < 2 else permuted(b, x, (*range(rank - 2), rank - 1, rank - 2))


def permuted(b: Builder, x: int, axes: Sequence[int]) -> int | None:
    given = b.shape(x)
    shape = None if given is None else tuple((None, *given)[axis] for axis in axes)[1:]
    return transposed(b, x, axes, shape)


def matrix_product(b: Builder, x: int, y: int, shape: Shape | None) -> int:
    """Return the product of the last two axes. Numbers that scale a factor scale the product."""
    x, first = _without_factor(b, x)
    y, second = _without_factor(b, y)
    if first * second != 1:
        return times(b, matrix_product(b, x, y, shape), first * second, shape)
    for found in (_attention(b, x, y, shape), _of_a_column(b, x, y, shape)):
        if found is not None:
            return found
    return b.node("Matmul", {}, [x, y], shape=shape)


def _of_a_column(b: Builder, x: int, y: int, shape: Shape | None) -> int | None:
    """Places, each times a number that stands in a column, turned over: a sum over the places."""
    column = b.get(x, "Permute")
    if column is None or column.get("axes") != (0, 2, 1) or y in b.variables or shape is None or len(shape) != 2:
        return None
    inner = column.inputs[0]
    if 1 not in ((b.shape(inner) or (0,))[-1], (b.shape(y) or (0,))[-1]) or len(b.shape(y) or ()) != 2:
        return None
    wide = max((inner, y), key=lambda one: (b.shape(one) or (0,))[-1] or 0)
    product = merged(b, "Multiply", [inner, y], b.shape(wide))
    total = b.node("Sum", {"axis": -2}, [product], shape=(shape[0] if shape[1] == 1 else shape[1],))
    return reshaped(b, total, shape)


def _without_factor(b: Builder, x: int) -> tuple[int, float]:
    inner, scale, offset = scaled(b, x)
    return (inner, float(scale)) if isinstance(scale, (int, float)) and scale and offset == 0 else (x, 1.0)


def _attention(b: Builder, weights: int, values: int, shape: Shape | None) -> int | None:
    """softmax(q kᵀ) v is an Attention."""
    node = b.get(weights, "Activation")
    if node is None or node.settings != (("activation", "softmax"),) or rank_at(b, weights) != 3:
        return None
    score, factor, offset = scaled(b, node.inputs[0])
    product = b.get(score, "Matmul")
    keys = b.get(product.inputs[1], "Permute") if product is not None else None
    if product is None or keys is None or keys.get("axes") != (0, 2, 1) or offset != 0:
        return None
    return attention_of(b, product.inputs[0], values, keys.inputs[0], factor, shape)


def attention_of(b: Builder, query: int, value: int, key: int, factor: object, shape: Shape | None) -> int:
    settings = {**ATTENTION, **({} if factor == 1 else {"factor": factor})}
    return b.node("Attention", settings, [query, value, key], shape=shape)


def plain_attention(b: Builder, query: int, value: int, key: int, shape: Shape | None) -> int:
    """An Attention without masks or dropout: numbers that scale the query or the key scale the scores."""
    query, first = _without_factor(b, query)
    key, second = _without_factor(b, key)
    return attention_of(b, query, value, key, first * second, shape)


# --- einsum, Dot ------------------------------------------------------------------------------------------------------


def contraction(b: Builder, equation: str, tensors: list[int], shape: Shape | None) -> int:
    """Return what `einsum` computes of two tensors: a product of matrices where it is one."""
    left, _, right = equation.partition("->")
    if len(tensors) == 1 and sorted(left) == sorted(right) and left[:1] == right[:1] and len(set(left)) == len(left):
        turned_over = permuted(b, tensors[0], [left.index(one) for one in right])
        if turned_over is not None:
            return turned_over
    if len(tensors) == 2 and re.fullmatch(r"([a-z])([a-z]),([a-z]+)\2([a-z])->\3\1\4", equation):
        return matrix_product(b, tensors[0], tensors[1], shape)
    found = _EQUATION.fullmatch(equation)
    if found is not None and len(tensors) == 2:
        made = _as_product(b, found[1], found[2], found[3], tensors, shape)
        if made is not None:
            return made
    letters: dict[str, str] = {}
    for one in equation:
        if one.isalpha():
            letters.setdefault(one, chr(ord("a") + len(letters)))
    plain = "".join(letters.get(one, one) for one in equation)
    return b.node("Einsum", {"subscripts": plain}, tensors, shape=shape)


def _as_product(b: Builder, left: str, right: str, out: str, tensors: list[int], shape: Shape | None) -> int | None:
    both, batch = [one for one in left if one in right], [one for one in out if one in left and one in right]
    summed = [one for one in both if one not in out]
    first, second = ([one for one in side if one not in both] for side in (left, right))
    if len(summed) != 1 or len(set(left)) < len(left) or len(set(right)) < len(right):
        return None
    if not first and not second and left == right and left[-1] == summed[0] and out == left[:-1]:
        return b.node("Sum", {"axis": -1}, [merged(b, "Multiply", tensors, b.shape(tensors[0]))], shape=shape)
    if not second and out == left.replace(summed[0], ""):
        return _weighted(b, left, right, summed[0], tensors, shape)
    if not first and out == right.replace(summed[0], ""):
        return _weighted(b, right, left, summed[0], tensors[::-1], shape)
    if len(first) != 1 or len(second) != 1 or not batch or sorted(out) != sorted([*batch, *first, *second]):
        return None
    x = permuted(b, tensors[0], [left.index(one) for one in (*batch, *first, *summed)])
    y = permuted(b, tensors[1], [right.index(one) for one in (*batch, *summed, *second)])
    natural = [*batch, *first, *second]
    if x is None or y is None:
        return None
    sizes = dict(zip(out[1:], shape or (), strict=False))
    product = matrix_product(b, x, y, tuple(sizes.get(one) for one in natural[1:]) if shape else None)
    return permuted(b, product, [natural.index(one) for one in out])


def _weighted(b: Builder, left: str, right: str, over: str, tensors: list[int], shape: Shape | None) -> int | None:
    """A sum of places, each times a number: the numbers stand along the axes that both have."""
    x, y = tensors
    given, sizes = b.shape(x), b.shape(y)
    if given is None or sizes is None or right != "".join(one for one in left if one in right) or over == left[0]:
        return None
    spread = tuple(size if one in right else 1 for one, size in zip(left[1:], given, strict=True))
    product = merged(b, "Multiply", [x, reshaped(b, y, spread)], given)
    return b.node("Sum", {"axis": left.index(over) - len(left)}, [product], shape=shape)


def dot(b: Builder, layer: Layer, inputs: list[int]) -> int | None:
    """Return what the layer Dot computes of rows, or of sequences of them."""
    axes, shape = layer.config.get("axes"), shape_of(layer)
    ranks = [rank_at(b, one) for one in inputs]
    places: list[Any] = list(axes) if isinstance(axes, (list, tuple)) else [axes, axes]
    if len(inputs) != 2 or ranks not in ([2, 2], [3, 3]) or not all(isinstance(one, int) for one in places):
        return None
    axis, other = (place % rank for place, rank in zip(places, ranks, strict=True))
    if layer.config.get("normalize"):
        if (axis, other) != (ranks[0] - 1, ranks[1] - 1):
            return None
        inputs = [b.node("UnitNormalization", {"axis": -1}, [one], shape=b.shape(one)) for one in inputs]
    if ranks == [2, 2]:
        product = merged(b, "Multiply", inputs, b.shape(inputs[0]))
        return b.node("Sum", {"axis": -1, "keepdims": True}, [product], shape=shape)
    x = inputs[0] if axis == 2 else turned(b, inputs[0])
    y = inputs[1] if other == 1 else turned(b, inputs[1])
    return None if x is None or y is None else matrix_product(b, x, y, shape)
