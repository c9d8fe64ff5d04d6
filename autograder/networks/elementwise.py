"""Operations on numbers, each by itself."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograder.networks import noise, patterns
from autograder.networks.arithmetic import MINUS, ONE, ZERO, activation_node, affine, merged, pair, raised, uncast
from autograder.networks.nodes import Builder, Operation
from autograder.networks.operands import Constant, constant, constant_in, negated, said_of, shape_of
from autograder.networks.values import from_the_end
from autograder.wire.messages import Layer, Shape


def add(b: Builder, layer: Layer, operands: dict[str, Any]) -> int | None:
    terms = list(operands.values())
    shape = shape_of(layer)
    nodes = [b.constants.get(one, one) if isinstance(one, int) else one for one in terms]
    numbers = [one for one in nodes if isinstance(one, Constant)]
    tensors = [one for one in nodes if isinstance(one, int)]
    if len(numbers) + len(tensors) != len(terms) or not tensors:
        return None
    noisy = noise.added(b, tensors)
    made = merged(b, "Add", tensors, shape) if noisy is None else noisy
    for number in numbers:
        made = affine(b, made, ONE, number, shape)
    return made


def subtract(b: Builder, layer: Layer, operands: dict[str, Any]) -> int | None:
    left, right = pair(b, operands)
    shape = shape_of(layer)
    if isinstance(left, int) and isinstance(right, int):
        return merged(b, "Subtract", [left, right], shape)
    if isinstance(left, int) and isinstance(right, Constant):
        return affine(b, left, ONE, negated(right), shape)
    if isinstance(right, int) and isinstance(left, Constant):
        return affine(b, right, MINUS, left, shape)
    return None


def multiply(b: Builder, layer: Layer, operands: dict[str, Any]) -> int | None:
    left, right = pair(b, operands)
    shape = shape_of(layer)
    if isinstance(left, int) and isinstance(right, int):
        return merged(b, "Multiply", [left, right], shape)
    for one, other in ((left, right), (right, left)):
        if isinstance(one, int) and isinstance(other, Constant):
            return affine(b, one, other, ZERO, shape)
    return None


def divide(b: Builder, layer: Layer, operands: dict[str, Any]) -> int | None:
    left, right = pair(b, operands)
    shape = shape_of(layer)
    if isinstance(left, int) and isinstance(right, Constant):
        if right.numbers is None or not np.all(right.numbers):
            return b.node("Divide", {"by": right.told}, [left], shape=shape)
        return affine(b, left, constant(1 / right.numbers), ZERO, shape)
    if isinstance(right, int):
        inverse = raised(b, right, -1, b.shape(right))
        if isinstance(left, Constant):
            return affine(b, inverse, left, ZERO, shape)
        return merged(b, "Multiply", [left, inverse], shape) if isinstance(left, int) else None
    return None


def reciprocal(b: Builder, layer: Layer, operands: dict[str, Any]) -> int | None:
    x = operands.get("x")
    return raised(b, x, -1, shape_of(layer)) if isinstance(x, int) else None


def negative(b: Builder, layer: Layer, operands: dict[str, Any]) -> int | None:
    x = operands.get("x")
    return affine(b, x, MINUS, ZERO, shape_of(layer)) if isinstance(x, int) else None


def power(b: Builder, layer: Layer, operands: dict[str, Any]) -> int | None:
    x, exponent = pair(b, operands)
    if not isinstance(x, int) or not isinstance(exponent, Constant):
        return None
    return raised(b, x, exponent.told, shape_of(layer))


def root(exponent: float) -> Operation:
    """Return what makes the node of a fixed power: a square, a root."""

    def make(b: Builder, layer: Layer, operands: dict[str, Any]) -> int | None:
        x = operands.get("x")
        return raised(b, x, exponent, shape_of(layer)) if isinstance(x, int) else None

    return make


def squared_difference(b: Builder, layer: Layer, operands: dict[str, Any]) -> int | None:
    made = subtract(b, layer, operands)
    return None if made is None else raised(b, made, 2, shape_of(layer))


def maximum(b: Builder, layer: Layer, operands: dict[str, Any]) -> int | None:
    x, bound = pair(b, operands)
    if isinstance(x, Constant):
        x, bound = bound, x
    shape = shape_of(layer)
    if isinstance(x, int) and isinstance(bound, int):
        return merged(b, "Maximum", [x, bound], shape)
    if isinstance(x, int) and isinstance(bound, Constant) and bound.told == 0:
        capped = b.get(x, "Minimum")
        if capped is not None and isinstance(capped.get("x2"), (int, float)):
            return activation_node(b, "relu", {"max_value": capped.get("x2")}, capped.inputs[0], shape)
        return activation_node(b, "relu", {}, x, shape)
    if isinstance(x, int) and isinstance(bound, Constant):
        return b.node("Maximum", {"x2": bound.told}, [x], shape=shape)
    return None


def minimum(b: Builder, layer: Layer, operands: dict[str, Any]) -> int | None:
    x, bound = pair(b, operands)
    if isinstance(x, Constant):
        x, bound = bound, x
    shape = shape_of(layer)
    if isinstance(x, int) and isinstance(bound, int):
        return merged(b, "Minimum", [x, bound], shape)
    if isinstance(x, int) and isinstance(bound, Constant):
        if bound.told == 0:
            return _negative_part(b, x, shape)
        inner = b.get(x, "Activation")
        if inner is not None and inner.settings == (("activation", "relu"),) and isinstance(bound.told, (int, float)):
            return activation_node(b, "relu", {"max_value": bound.told}, inner.inputs[0], shape)
        return b.node("Minimum", {"x2": bound.told}, [x], shape=shape)
    return None


def _negative_part(b: Builder, x: int, shape: Shape | None) -> int:
    """min(x, 0) is -relu(-x)."""
    return affine(b, activation_node(b, "relu", {}, affine(b, x, MINUS, ZERO, shape), shape), MINUS, ZERO, shape)


def clip(b: Builder, layer: Layer, operands: dict[str, Any]) -> int | None:
    x = operands.get("x")
    low, high = (constant_in(said_of(layer).get(key)) for key in ("x_min", "x_max"))
    if not isinstance(x, int) or not low or low.told != 0:
        return None
    if said_of(layer).get("x_max") == "inf":
        return activation_node(b, "relu", {}, x, shape_of(layer))
    inner, scale, offset = patterns.scaled(b, x)
    if high and (high.told, scale, offset) == (1, 0.166667, 0.5):
        return activation_node(b, "hard_sigmoid", {}, inner, shape_of(layer))
    if high:
        return activation_node(b, "relu", {"max_value": high.told}, x, shape_of(layer))
    return None


def where(b: Builder, layer: Layer, operands: dict[str, Any]) -> int | None:
    condition, then, other = (operands.get(key) for key in ("condition", "x1", "x2"))
    if then is None:
        then, other = operands.get("x"), operands.get("y")
    test = b.nodes[condition] if isinstance(condition, int) and condition >= 0 else None
    if test is None or test.get("x2") != 0:
        return None
    if test.cls in ("Less", "LessEqual"):
        then, other = other, then
    elif test.cls not in ("Greater", "GreaterEqual"):
        return None
    if not isinstance(then, int) or test.inputs != (then,):
        return None
    if (isinstance(other, Constant) and other.told == 0) or (isinstance(other, int) and b.get(other, "ZerosLike")):
        return activation_node(b, "relu", {}, then, shape_of(layer))
    known = patterns.positive_part(b, then, other) if isinstance(other, int) else None
    return None if known is None else activation_node(b, *known, shape_of(layer))


def compared(b: Builder, layer: Layer, operands: dict[str, Any]) -> int | None:
    x, bound = pair(b, operands)
    if isinstance(x, int) and isinstance(bound, Constant):
        return b.node(layer.cls, {"x2": bound.told}, [x], shape=shape_of(layer))
    return None


def log(b: Builder, layer: Layer, operands: dict[str, Any]) -> int | None:
    x = operands.get("x")
    known = patterns.logarithm(b, x) if isinstance(x, int) else None
    return None if known is None else activation_node(b, *known, shape_of(layer))


def log1p(b: Builder, layer: Layer, operands: dict[str, Any]) -> int | None:
    x = operands.get("x")
    if not isinstance(x, int):
        return None
    more = affine(b, x, ONE, ONE, b.shape(x))
    known = patterns.logarithm(b, more)
    shape = shape_of(layer)
    return b.node("Log", {}, [more], shape=shape) if known is None else activation_node(b, *known, shape)


def expm1(b: Builder, layer: Layer, operands: dict[str, Any]) -> int | None:
    x, shape = operands.get("x"), shape_of(layer)
    if not isinstance(x, int):
        return None
    return affine(b, activation_node(b, "exponential", {}, x, shape), ONE, constant(np.asarray(-1.0)), shape)


def one_hot(b: Builder, layer: Layer, operands: dict[str, Any]) -> int | None:
    x, said = operands.get("x"), said_of(layer)
    if not isinstance(x, int) or said.get("on_value", 1) != 1 or said.get("off_value", 0) != 0:
        return None
    rank = len(layer.output_shapes[0]) if layer.output_shapes else 0
    settings = {"axis": from_the_end(said.get("axis", -1), rank), "num_classes": said.get("num_classes")}
    return b.node("OneHot", settings, [uncast(b, x)], shape=shape_of(layer))


def cast(b: Builder, layer: Layer, operands: dict[str, Any]) -> int | None:
    """To float32, which everything is already; a number of another type is another number."""
    kind = str(said_of(layer).get("dtype", "")).removeprefix("tf.")
    x = operands.get("x")
    return x if isinstance(x, int) and kind in ("float32", "") else None
