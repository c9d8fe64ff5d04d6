"""Sums, products, scales and activations: one form for the ways to write them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from autograder.networks import patterns
from autograder.networks.activations import LayerPart, named
from autograder.networks.commuting import above, beneath, each_number
from autograder.networks.directions import bidirectional
from autograder.networks.nodes import Builder, Node
from autograder.networks.operands import Constant, broadcast, constant, constant_told
from autograder.networks.patterns import Named, scaled
from autograder.networks.shapes import mean_of_sum, reshaped
from autograder.networks.values import rounded
from autograder.networks.weighted import biased, gained, leaking, without_ones
from autograder.wire.messages import Shape

MAX_TERMS = 64
"""Terms of one flattened sum."""
ZERO, ONE, MINUS = (constant(np.asarray(value)) for value in (0.0, 1.0, -1.0))
_MERGED = ("Add", "Multiply", "Maximum", "Minimum")


# --- Activations ------------------------------------------------------------------------------------------------------


def activated(b: Builder, part: LayerPart, x: int, shape: Shape | None) -> int:
    settings = dict(part.settings)
    x, passed = beneath(b, part.cls, settings, x)
    column = _along_column(b, settings, x)
    if column is not None:
        return above(b, column, passed)
    pieces = b.get(x, "Concatenate")
    if pieces is not None and each_number(part.cls, settings):
        made = [activated(b, part, one, b.shape(one)) for one in pieces.inputs]
        return above(b, b.again(pieces, made, pieces.shape), passed)
    shape = b.shape(x) if passed else shape
    before = b.get(x, "Activation")
    if part.label in ("relu", "linear") and before is not None and before.settings == part.settings:
        return above(b, x, passed)  # a ReLU of a ReLU
    if part.label == "softmax":
        x = _unshifted(b, x, settings.get("axis", -1))
    return above(b, b.part(part, [x], shape=shape), passed)


def _along_column(b: Builder, settings: Mapping[str, object], x: int) -> int | None:
    """A softmax along the axis before one of a single place is that of rows without it."""
    name, given = settings.get("activation"), b.shape(x)
    if name not in ("softmax", "log_softmax") or settings.get("axis") != -2 or not given or given[-1] != 1:
        return None
    if len(given) < 2:
        return None
    return reshaped(b, activation_node(b, str(name), {}, reshaped(b, x, given[:-1]), given[:-1]), given)


def _unshifted(b: Builder, x: int, axis: object) -> int:
    """A softmax is that of its logits less their maximum."""
    node = b.get(x, "Subtract")
    largest = b.get(node.inputs[1], "Max") if node is not None else None
    if node is None or largest is None or largest.inputs != node.inputs[:1] or not largest.get("keepdims"):
        return x
    return node.inputs[0] if largest.get("axis") == axis else x


def activation_node(b: Builder, name: str, params: Mapping[str, object], x: int, shape: Shape | None) -> int:
    """Return an activation of Keras by its name."""
    if name == "twice gelu":  # until it is halved
        return b.node(name, params, [x], shape=shape)
    found = named(name, params)
    return activated(b, found[0], x, shape) if found else x


def _known(b: Builder, found: Named | None, shape: Shape | None) -> int | None:
    return None if found is None else activation_node(b, *found, shape)


# --- Scales -----------------------------------------------------------------------------------------------------------


def affine(b: Builder, x: int, scale: Constant, offset: Constant, shape: Shape | None) -> int:
    """Return x · scale + offset, composed with what x already is."""
    before = b.get(x, "Rescaling")
    if scale.numbers is None or offset.numbers is None:
        return b.node("Rescaling", {"scale": scale.told, "offset": offset.told}, [x], shape=shape)
    if before is not None:
        first = [constant_told(before.get(key)) for key in ("scale", "offset")]
        numbers = [one.numbers for one in first if one is not None and one.numbers is not None]
        if len(numbers) == 2 and broadcast(*numbers, scale.numbers, offset.numbers):
            scale, offset = constant(numbers[0] * scale.numbers), constant(numbers[1] * scale.numbers + offset.numbers)
            x = before.inputs[0]
    if scale.told == 1 and offset.told == 0:
        return x
    if (mean := b.get(x, "Average")) is not None and scale.numbers is not None:
        scale = constant(np.asarray(scale.numbers / len(mean.inputs)))
        x = merged(b, "Add", mean.inputs, mean.shape)
    found = _scaled_as(b, x, scale.told, offset.told, shape)
    if found is not None:
        return found
    settings = {"scale": scale.told, "offset": offset.told}
    x, passed = beneath(b, "Rescaling", settings, x)
    return above(b, b.node("Rescaling", settings, [x], shape=b.shape(x) if passed else shape), passed)


def _scaled_as(b: Builder, x: int, scale: object, offset: object, shape: Shape | None) -> int | None:
    """Return what a scale of a sum, of a difference or of an activation is by another name."""
    total = b.get(x, "Add")
    if total is not None and offset == 0 and scale == rounded(1 / len(total.inputs)):
        return merged(b, "Average", list(total.inputs), shape)
    if offset == 0 and (mean := mean_of_sum(b, x, scale, shape)) is not None:
        return mean
    difference = b.get(x, "Subtract")
    if difference is not None and (scale, offset) == (-1, 0):
        return b.node("Subtract", {}, difference.inputs[::-1], shape=shape)
    return _known(b, patterns.scaled_activation(b, x, scale, offset), shape)


def times(b: Builder, x: int, factor: float, shape: Shape | None) -> int:
    return affine(b, x, constant(np.asarray(factor)), ZERO, shape)


# --- Merges -----------------------------------------------------------------------------------------------------------


def merged(b: Builder, cls: str, inputs: Sequence[int], shape: Shape | None) -> int:
    """Return a sum, product or the like of tensors."""
    inputs = [without_ones(b, one, shape) for one in inputs]
    if cls == "Subtract":
        return _difference(b, inputs[0], inputs[1], shape) if len(inputs) == 2 else b.node(cls, {}, inputs, shape=shape)
    reshape = _one_reshape(b, inputs)
    if reshape is not None:
        inner = [b.nodes[one].inputs[0] for one in inputs]
        return b.again(reshape, [merged(b, cls, inner, b.shape(inner[0]))], reshape.shape)
    terms = _flattened(b, cls, inputs) if cls in _MERGED else list(inputs)
    if len(terms) == 1:
        return terms[0]
    if (both := bidirectional(b, cls, terms, shape)) is not None:
        return both
    if cls == "Add":
        return _sum(b, terms, shape)
    if cls == "Multiply":
        return _product(b, terms, shape)
    if len(set(terms)) == 1:
        return terms[0]
    found = _extreme(b, cls, terms, shape)
    return b.node(cls, {}, terms, shape=shape) if found is None else found


def _one_reshape(b: Builder, inputs: Sequence[int]) -> Node | None:
    """Return the reshape that all the inputs are alike, None where they are not."""
    nodes = [b.nodes[one] for one in inputs if one >= 0]
    if len(nodes) < len(inputs) or len(set(inputs)) < 2 or nodes[0].cls not in ("Reshape", "Flatten"):
        return None
    if len({(node.cls, node.settings, node.shape) for node in nodes}) > 1:  # a weight takes nothing
        return None
    shapes = {b.shape(node.inputs[0]) for node in nodes}
    return nodes[0] if len(shapes) == 1 and None not in shapes else None


def _flattened(b: Builder, cls: str, inputs: Sequence[int]) -> list[int]:
    terms: list[int] = []
    for one in inputs:
        inner = b.get(one, cls)
        flat = inner is not None and list(inputs).count(one) == 1 and b.once(one)
        terms.extend(inner.inputs if flat and inner is not None else [one])
    return terms if len(terms) <= MAX_TERMS else list(inputs)


def _extreme(b: Builder, cls: str, terms: list[int], shape: Shape | None) -> int | None:
    if len(terms) != 2:
        return None
    if cls == "Average":
        return _known(b, patterns.average_of_two(b, terms), shape)
    for x, other in (terms, terms[::-1]) if cls == "Maximum" else ():
        inner, slope, offset = scaled(b, other)
        if inner == x and offset == 0 and isinstance(slope, (int, float)) and 0 <= slope < 1:
            return activation_node(b, "leaky_relu", {"negative_slope": slope}, x, shape)
    return None


# --- Products ---------------------------------------------------------------------------------------------------------


def _product(b: Builder, terms: list[int], shape: Shape | None) -> int:
    """A product: its numbers in one, its normalization and its activation by their names."""
    factor, terms = _without_factors(b, terms, shape)
    if factor != 1:
        return times(b, merged(b, "Multiply", terms, shape), factor, shape)
    terms = _with_powers(b, terms)
    if len(terms) == 1:
        return terms[0]
    found = patterns.normalization(b, terms)
    if found is not None:
        cls, settings, x, rest = found
        x, passed = beneath(b, cls, settings, x)
        made = above(b, b.node(cls, settings, [x], shape=b.shape(x)), passed)
        return merged(b, "Multiply", [made, *rest], shape) if rest else made
    if len(terms) == 2:
        for one, other in (terms, terms[::-1]):
            whole = gained(b, one, other, shape)
            if whole is not None:
                return whole
        known = _known(b, patterns.product_of_two(b, terms), shape)
        if known is not None:
            return known
    return b.node("Multiply", {}, terms, shape=shape)


def _with_powers(b: Builder, terms: list[int]) -> list[int]:
    """Write what is multiplied by itself as a power."""
    powers: dict[int, int] = {}
    for one in terms:
        node = b.get(one, "Power")
        exponent = node.get("exponent") if node is not None else 1
        whole = isinstance(exponent, int) and exponent > 0
        base = node.inputs[0] if node is not None and whole else one
        powers[base] = powers.get(base, 0) + (exponent if whole else 1)  # type: ignore[operator]
    if len(powers) == len(terms):
        return terms
    return [raised(b, base, exponent, b.shape(base)) for base, exponent in powers.items()]


def _without_factors(b: Builder, terms: list[int], shape: Shape | None) -> tuple[float, list[int]]:
    """Take the numbers out of the terms of a product: of a · x + c, |a|, and of a · x, a."""
    factor, rest = 1.0, []
    for one in terms:
        inner, scale, offset = scaled(b, one)
        plain = isinstance(scale, (int, float)) and isinstance(offset, (int, float))
        if one < 0 or not plain or scale in (0, 1) or (scale == -1 and offset):
            rest.append(one)
            continue
        if not offset:
            rest.append(inner)
            factor *= float(scale)  # type: ignore[arg-type]
            continue
        size = abs(float(scale))  # type: ignore[arg-type]
        sign, moved = math.copysign(1, float(scale)), float(offset) / size  # type: ignore[arg-type]
        rest.append(affine(b, inner, constant(np.asarray(sign)), constant(np.asarray(moved)), b.shape(one)))
        factor *= size
    return factor, rest


def raised(b: Builder, x: int, exponent: object, shape: Shape | None) -> int:
    """Return a power; a power of a power, of an exponential and of a difference from a mean are one."""
    x, passed = beneath(b, "Power", {"exponent": exponent}, x)
    if passed:
        return above(b, raised(b, x, exponent, b.shape(x)), passed)
    node = b.get(x, "Power")
    inner = node.get("exponent") if node is not None else None
    if node is not None and exponent in (-1, -0.5) and inner in (0.5, -1, 1) and isinstance(inner, (int, float)):
        return raised(b, node.inputs[0], rounded(float(exponent) * inner), shape)
    exponential = patterns.of_activation(b, x, "exponential")
    if exponential is not None and isinstance(exponent, (int, float)) and exponent != -1:
        return activation_node(b, "exponential", {}, times(b, exponential, float(exponent), shape), shape)
    if exponent == 1:
        return x
    return _inverse(b, x, shape) if exponent == -1 else b.node("Power", {"exponent": exponent}, [x], shape=shape)


def _inverse(b: Builder, x: int, shape: Shape | None) -> int:
    """1 / (1 + exp(-x)) is a sigmoid."""
    inner, scale, offset = scaled(b, x)
    exponent = patterns.of_activation(b, inner, "exponential") if (scale, offset) == (1, 1) else None
    if exponent is not None and scaled(b, exponent)[1:] == (-1, 0):
        return activation_node(b, "sigmoid", {}, scaled(b, exponent)[0], shape)
    return b.node("Power", {"exponent": -1}, [x], shape=shape)


# --- Sums -------------------------------------------------------------------------------------------------------------


def _sum(b: Builder, terms: list[int], shape: Shape | None) -> int:
    """A sum: of halves an average, with an opposite a difference, of a product and a vector a Dense."""
    if len(set(terms)) == 1:
        return times(b, terms[0], float(len(terms)), shape)
    offset, terms = _without_offsets(b, terms)
    if offset:
        return affine(b, _sum(b, terms, shape), ONE, constant(np.asarray(offset)), shape)
    terms = [term for one in terms for term in _signed(b, one, 1, "Subtract")]
    centred = patterns.factored(b, terms)
    if centred is not None:
        (factors, x, mean), rest = centred
        moved = merged(b, "Multiply", [*factors, merged(b, "Subtract", [x, mean], b.shape(x))], shape)
        return merged(b, "Add", [moved, *rest], shape)
    halves = [scaled(b, one) for one in terms]
    if all(half[1:] == (rounded(1 / len(terms)), 0) for half in halves):
        return merged(b, "Average", [half[0] for half in halves], shape)
    if len(terms) == 2:
        for one, other in (terms, terms[::-1]):
            if (blend := patterns.blend(b, one, other)) is not None:
                return _blended(b, one, *blend, shape)
            if scaled(b, other)[1:] == (-1, 0):
                return _subtracted(b, one, scaled(b, other)[0], shape)
            whole = biased(b, one, other, shape)
            if whole is not None:
                return whole
    negative = [half[1:] == (-1, 0) for half in halves]
    if 2 * sum(negative) > len(terms):
        return times(b, b.node("Add", {}, [_opposite(b, one) for one in terms], shape=shape), -1.0, shape)
    return b.node("Add", {}, terms, shape=shape)


def _blended(b: Builder, x: int, other: int, gates: Sequence[int], amount: float, shape: Shape | None) -> int:
    """Return x moved towards another, x + t (h - x), as the sum of both by their parts."""
    if not gates:
        rest = [times(b, x, 1 - amount, b.shape(x))] if amount != 1 else []
        return merged(b, "Add", [times(b, other, amount, b.shape(other)), *rest], shape)
    gate = merged(b, "Multiply", gates, b.shape(gates[0]))
    kept = affine(b, gate, MINUS, ONE, b.shape(gate))
    return merged(
        b, "Add", [merged(b, "Multiply", [gate, other], shape), merged(b, "Multiply", [kept, x], shape)], shape
    )


def _opposite(b: Builder, x: int) -> int:
    return times(b, x, -1.0, b.shape(x))


def _without_offsets(b: Builder, terms: list[int]) -> tuple[float, list[int]]:
    """Take the numbers out of the terms of a sum: of a · x + c, c."""
    total, rest = 0.0, []
    for one in terms:
        inner, scale, offset = scaled(b, one)
        if one < 0 or not isinstance(offset, (int, float)) or offset == 0:
            rest.append(one)
            continue
        factor = constant_told(scale)
        if factor is None:
            rest.append(one)
            continue
        total += float(offset)
        rest.append(affine(b, inner, factor, ZERO, b.shape(one)))
    return total, rest


def _difference(b: Builder, left: int, right: int, shape: Shape | None) -> int:
    """A difference of sums is a sum, some terms of it negative."""
    inner = b.get(left, "Add") or b.get(left, "Subtract")
    if (inner is not None and b.once(left)) or b.get(right, "Add") is not None or _has_offset(b, left, right):
        return merged(b, "Add", [*_signed(b, left, 1), *_signed(b, right, -1)], shape)
    return _subtracted(b, left, right, shape)


def _has_offset(b: Builder, *terms: int) -> bool:
    return any(scaled(b, one)[2] != 0 and isinstance(scaled(b, one)[2], (int, float)) for one in terms)


def _signed(b: Builder, index: int, sign: int, *classes: str) -> list[int]:
    """Return the terms of a sum or a difference, or of its opposite; anything else as the one term it is."""
    inner, scale, offset = scaled(b, index)
    if (scale, offset) == (-1, 0):
        index, sign = inner, -sign
    node = b.nodes[index] if index >= 0 and b.nodes[index].cls in (classes or ("Add", "Subtract")) else None
    if node is None or not b.once(index):
        return [index if sign > 0 else _opposite(b, index)]
    signs = [sign, -sign] if node.cls == "Subtract" else [sign] * len(node.inputs)
    return [one if each > 0 else _opposite(b, one) for one, each in zip(node.inputs, signs, strict=True)]


def _subtracted(b: Builder, left: int, right: int, shape: Shape | None) -> int:
    if (blend := patterns.blend(b, left, right, -1)) is not None:
        return _blended(b, left, *blend, shape)
    sloped = leaking(b, left, right, shape)
    if sloped is not None:
        return sloped
    known = _known(b, patterns.difference_of_two(b, left, right), shape)
    return b.node("Subtract", {}, [left, right], shape=shape) if known is None else known


def uncast(b: Builder, x: int) -> int:
    """Return indices before they were cast to whole numbers, which they are."""
    node = b.get(x, "Cast")
    return node.inputs[0] if node is not None and str(node.get("dtype")).startswith(("int", "uint")) else x


def pair(b: Builder, operands: dict[str, Any]) -> tuple[Any, Any]:
    """Return the two operands of an operation: nodes, or constants."""
    left, right = [*operands.values(), None, None][:2]
    if "x1" in operands and "x2" in operands:
        left, right = operands["x1"], operands["x2"]
    found = [b.constants.get(one, one) if isinstance(one, int) else one for one in (left, right)]
    return found[0], found[1]
