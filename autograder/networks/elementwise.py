"""Operations on numbers, each by itself."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograder.networks.arithmetic import activation_at, activation_node, affine, inverse, merged, pair, slope_of
from autograder.networks.nodes import Builder
from autograder.networks.operands import Constant, constant, constant_in, negated, said_of, shape_of
from autograder.wire.messages import Layer


def add(b: Builder, layer: Layer, operands: dict[str, Any]) -> int | None:
    terms = list(operands.values())
    shape = shape_of(layer)
    nodes = [b.constants.get(one, one) if isinstance(one, int) else one for one in terms]
    numbers = [one for one in nodes if isinstance(one, Constant)]
    tensors = [one for one in nodes if isinstance(one, int)]
    if len(numbers) + len(tensors) != len(terms) or not tensors:
        return None
    made = merged(b, "Add", tensors, shape)
    for number in numbers:
        made = affine(b, made, constant(np.asarray(1.0)), number, shape)
    return made


def subtract(b: Builder, layer: Layer, operands: dict[str, Any]) -> int | None:
    left, right = pair(b, operands)
    shape = shape_of(layer)
    if isinstance(left, int) and isinstance(right, int):
        return merged(b, "Subtract", [left, right], shape)
    if isinstance(left, int) and isinstance(right, Constant):
        return affine(b, left, constant(np.asarray(1.0)), negated(right), shape)
    if isinstance(right, int) and isinstance(left, Constant):
        return affine(b, right, constant(np.asarray(-1.0)), left, shape)
    return None


def multiply(b: Builder, layer: Layer, operands: dict[str, Any]) -> int | None:
    left, right = pair(b, operands)
    shape = shape_of(layer)
    if isinstance(left, int) and isinstance(right, int):
        return merged(b, "Multiply", [left, right], shape)
    for one, other in ((left, right), (right, left)):
        if isinstance(one, int) and isinstance(other, Constant):
            return affine(b, one, other, constant(np.asarray(0.0)), shape)
    return None


def divide(b: Builder, layer: Layer, operands: dict[str, Any]) -> int | None:
    left, right = pair(b, operands)
    shape = shape_of(layer)
    if isinstance(left, int) and isinstance(right, Constant):
        if right.numbers is None or not np.all(right.numbers):
            return b.node("Divide", {"by": right.told}, [left], shape=shape)
        return affine(b, left, constant(1 / right.numbers), constant(np.asarray(0.0)), shape)
    if isinstance(right, int) and isinstance(left, Constant):
        return affine(b, inverse(b, right, shape), left, constant(np.asarray(0.0)), shape)
    if isinstance(left, int) and isinstance(right, int):
        total, power = b.get(right, "Sum"), activation_at(b, left)
        if power == "exponential" and total is not None and total.inputs == (left,) and total.get("keepdims"):
            return activation_node(b, "softmax", {"axis": total.get("axis")}, b.nodes[left].inputs[0], shape)
        return b.node("Divide", {}, [left, right], shape=shape)
    return None


def reciprocal(b: Builder, layer: Layer, operands: dict[str, Any]) -> int | None:
    x = operands.get("x")
    return inverse(b, x, shape_of(layer)) if isinstance(x, int) else None


def negative(b: Builder, layer: Layer, operands: dict[str, Any]) -> int | None:
    x = operands.get("x")
    zero = constant(np.asarray(0.0))
    return affine(b, x, constant(np.asarray(-1.0)), zero, shape_of(layer)) if isinstance(x, int) else None


def power(b: Builder, layer: Layer, operands: dict[str, Any]) -> int | None:
    x, exponent = pair(b, operands)
    if not isinstance(x, int) or not isinstance(exponent, Constant):
        return None
    if exponent.told == 1:
        return x
    return inverse(b, x, shape_of(layer)) if exponent.told == -1 else raised(b, x, exponent.told, layer)


def raised(b: Builder, x: int, exponent: object, layer: Layer) -> int:
    return b.node("Power", {"exponent": exponent}, [x], shape=shape_of(layer))


def square(b: Builder, layer: Layer, operands: dict[str, Any]) -> int | None:
    return raised(b, operands["x"], 2, layer) if isinstance(operands.get("x"), int) else None


def sqrt(b: Builder, layer: Layer, operands: dict[str, Any]) -> int | None:
    return raised(b, operands["x"], 0.5, layer) if isinstance(operands.get("x"), int) else None


def rsqrt(b: Builder, layer: Layer, operands: dict[str, Any]) -> int | None:
    return raised(b, operands["x"], -0.5, layer) if isinstance(operands.get("x"), int) else None


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
        inner = b.get(x, "Activation")
        if inner is not None and inner.settings == (("activation", "relu"),) and isinstance(bound.told, (int, float)):
            return activation_node(b, "relu", {"max_value": bound.told}, inner.inputs[0], shape)
        return b.node("Minimum", {"x2": bound.told}, [x], shape=shape)
    return None


def clip(b: Builder, layer: Layer, operands: dict[str, Any]) -> int | None:
    x = operands.get("x")
    low, high = (constant_in(said_of(layer).get(key)) for key in ("x_min", "x_max"))
    if isinstance(x, int) and low and high and low.told == 0:
        return activation_node(b, "relu", {"max_value": high.told}, x, shape_of(layer))
    return None


def where(b: Builder, layer: Layer, operands: dict[str, Any]) -> int | None:
    condition, then, other = (operands.get(key) for key in ("condition", "x1", "x2"))
    if then is None:
        then, other = operands.get("x"), operands.get("y")
    test = b.get(condition, "Greater") or b.get(condition, "GreaterEqual") if isinstance(condition, int) else None
    if test is None or test.get("x2") != 0 or not isinstance(then, int) or test.inputs != (then,):
        return None
    if isinstance(other, Constant) and other.told == 0:
        return activation_node(b, "relu", {}, then, shape_of(layer))
    slope = slope_of(b, other, then) if isinstance(other, int) else None
    return None if slope is None else activation_node(b, "leaky_relu", {"negative_slope": slope}, then, shape_of(layer))


def compared(b: Builder, layer: Layer, operands: dict[str, Any]) -> int | None:
    x, bound = pair(b, operands)
    if isinstance(x, int) and isinstance(bound, Constant):
        return b.node(layer.cls, {"x2": bound.told}, [x], shape=shape_of(layer))
    return None


def log(b: Builder, layer: Layer, operands: dict[str, Any]) -> int | None:
    x = operands.get("x")
    node = b.get(x, "Activation") if isinstance(x, int) else None
    if node is None or node.get("activation") != "softmax":
        return None
    return activation_node(b, "log_softmax", {"axis": node.get("axis") or -1}, node.inputs[0], shape_of(layer))


def cast(b: Builder, layer: Layer, operands: dict[str, Any]) -> int | None:
    """To float32, which everything is already; a number of another type is another number."""
    kind = str(said_of(layer).get("dtype", "")).removeprefix("tf.")
    x = operands.get("x")
    return x if isinstance(x, int) and kind in ("float32", "") else None


def bias_add(b: Builder, layer: Layer, operands: dict[str, Any]) -> int | None:
    return add(b, layer, operands)
