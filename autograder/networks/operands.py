"""What a call of a record takes: its settings, its tensors, and its constants as numbers."""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from typing import Any, NamedTuple

import numpy as np

from autograder.networks.values import rounded
from autograder.wire.messages import Graph, Layer, Shape

MAX_CONSTANT = 65_536
"""Numbers of a constant that are computed with."""


class Constant(NamedTuple):
    """Numbers that an operation takes."""

    numbers: np.ndarray[Any, Any] | None
    """None where there were too many to be sent."""
    told: object
    """What stands for them in settings."""


def shape_of(layer: Layer) -> Shape | None:
    return tuple(layer.output_shapes[0][1:]) if layer.output_shapes else None


def size_of(sizes: Shape) -> object:
    """Return how many numbers one example has: a product, and the number of open sizes."""
    return math.prod(size for size in sizes if size is not None), sum(size is None for size in sizes)


def weights_of(layer: Layer) -> tuple[object, ...]:
    return tuple(
        ("of", layer.identity, number) if weight.identity is None else weight.identity
        for number, weight in enumerate(layer.weights)
    )


def has_tensor(value: object) -> bool:
    if isinstance(value, list):
        return any(has_tensor(one) for one in value)
    if isinstance(value, dict):
        return "tensor" in value or any(has_tensor(one) for one in value.values() if isinstance(one, (list, dict)))
    return False


def said_of(layer: Layer) -> dict[str, Any]:
    """Return the settings of an operation, whether its constructor or its call was given them."""
    return {**layer.config, **{key: value for key, value in layer.arguments.items() if not has_tensor(value)}}


def operands_of(layer: Layer, inputs: list[int]) -> dict[str, Any]:
    """Return what an operation takes by parameter: nodes, lists of them, constants."""
    if not layer.arguments:
        if layer.cls in ("Concatenate", "Stack"):
            return {"xs" if layer.cls == "Concatenate" else "x": list(inputs)}
        if len(inputs) == 1:
            return {"x": inputs[0]}
        first = {"Conv": ("inputs", "kernel"), "DepthwiseConv": ("inputs", "kernel"), "Take": ("x", "indices")}
        names = first.get(layer.cls, ("condition", "x1", "x2") if layer.cls == "Where" else ())
        return {(names[n] if n < len(names) else f"x{n + 1}"): one for n, one in enumerate(inputs)}

    def operand(value: Any) -> Any:
        if isinstance(value, dict) and isinstance(value.get("tensor"), int):
            return inputs[value["tensor"]] if value["tensor"] < len(inputs) else None
        if isinstance(value, list) and has_tensor(value):
            return [operand(one) for one in value]
        return constant_in(value)

    found = {key: operand(value) for key, value in layer.arguments.items()}
    return {key: value for key, value in found.items() if value is not None}


def constant_in(value: object) -> Constant | None:
    """Return the numbers of a record, None where the value is none."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, (int, float)):
        return constant(np.asarray(float(value)))
    if isinstance(value, list):
        try:
            numbers = np.asarray(value, dtype=float)
        except (ValueError, TypeError, OverflowError):
            return None
        return constant(numbers) if numbers.size <= MAX_CONSTANT else None
    if isinstance(value, dict) and value.get("class_name") == "__array__" and isinstance(value.get("config"), dict):
        config = value["config"]
        try:
            numbers = np.asarray(config["numbers"], dtype=float).reshape(config["shape"])
        except (KeyError, ValueError, TypeError, OverflowError):
            return Constant(None, ("array", str(config.get("shape")), str(config.get("digest"))))
        return constant(numbers) if numbers.size <= MAX_CONSTANT else None
    return None


def constant(numbers: np.ndarray[Any, Any]) -> Constant:
    """Return a constant as it is told: a number where all are the same one, else its numbers and its shape."""
    numbers = np.asarray(numbers, dtype=float)
    while numbers.ndim and numbers.shape[0] == 1:
        numbers = numbers[0]
    if numbers.size and np.allclose(numbers, numbers.flat[0], rtol=1e-6, atol=0):
        numbers = np.asarray(numbers.flat[0])
        value = float(numbers)
        return Constant(numbers, 0 if abs(value) < 1e-9 else rounded(value))
    told = tuple(rounded(float(one)) for one in numbers.ravel())
    if len(told) > 100:
        digest = hashlib.sha256(repr(told).encode()).hexdigest()[:16]
        return Constant(numbers, ("array", numbers.shape, digest))
    return Constant(numbers, ("array", numbers.shape, told))


def constant_told(told: object) -> Constant | None:
    """Return the constant that a setting tells; None where its numbers are not there."""
    if isinstance(told, (int, float)):
        return constant(np.asarray(float(told)))
    if isinstance(told, tuple) and len(told) == 3 and isinstance(told[2], tuple):
        return constant(np.asarray(told[2], dtype=float).reshape(told[1]))
    return None


def negated(value: Constant) -> Constant:
    return Constant(None, ("-", value.told)) if value.numbers is None else constant(-value.numbers)


def broadcast(*arrays: np.ndarray[Any, Any]) -> bool:
    try:
        np.broadcast_shapes(*(one.shape for one in arrays))
    except ValueError:
        return False
    return True


def slots_used(graph: Graph) -> Counter[tuple[int, int]]:
    """Count how often each output of each call is taken."""
    used: Counter[tuple[int, int]] = Counter()
    for layer in graph.layers:
        used.update(zip(layer.inputs, [*layer.slots, *[0] * len(layer.inputs)], strict=False))
    used.update(zip(graph.outputs, [*graph.slots, *[0] * len(graph.outputs)], strict=False))
    used.update((position, 0) for position in graph.losses)
    return used
