"""Sums, scales and activations: one form for the ways to write them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from autograder.networks.activations import Part, named
from autograder.networks.nodes import Builder
from autograder.networks.operands import Constant, broadcast, constant, constant_told
from autograder.networks.values import rounded
from autograder.wire.messages import Shape

MAX_TERMS = 64
"""Terms of one flattened sum."""


def activated(b: Builder, part: Part, x: int, shape: Shape | None) -> int:
    before = b.get(x, "Activation")
    if part.label in ("relu", "linear") and before is not None and before.settings == part.settings:
        return x  # a ReLU of a ReLU
    return b.part(part, [x], shape=shape)


def activation_node(b: Builder, name: str, params: Mapping[str, object], x: int, shape: Shape | None) -> int:
    found = named(name, params)
    return activated(b, found[0], x, shape) if found else x


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
    total = b.get(x, "Add")
    if total is not None and offset.told == 0 and scale.told == rounded(1 / len(total.inputs)):
        return merged(b, "Average", list(total.inputs), shape)
    sigmoid = b.get(x, "Activation")
    if (scale.told, offset.told) == (1, 0) and sigmoid is not None:
        return x
    return b.node("Rescaling", {"scale": scale.told, "offset": offset.told}, [x], shape=shape)


def merged(b: Builder, cls: str, inputs: list[int], shape: Shape | None) -> int:
    terms = list(inputs)
    if cls in ("Add", "Multiply", "Maximum", "Minimum"):
        terms = flattened(b, cls, inputs)
    if len(terms) == 1 and cls != "Subtract":
        return terms[0]
    found = simpler(b, cls, terms, shape)
    return b.node(cls, {}, terms, shape=shape) if found is None else found


def flattened(b: Builder, cls: str, inputs: list[int]) -> list[int]:
    terms: list[int] = []
    for one in inputs:
        inner = b.get(one, cls)
        flat = inner is not None and inputs.count(one) == 1 and b.once(one)
        terms.extend(inner.inputs if flat and inner is not None else [one])
    return terms if len(terms) <= MAX_TERMS else list(inputs)


def simpler(b: Builder, cls: str, terms: list[int], shape: Shape | None) -> int | None:
    """Return the node that a merge is by another name, None where it is none."""
    same = len(set(terms)) == 1
    if cls == "Add":
        if same:
            return affine(b, terms[0], constant(np.asarray(float(len(terms)))), constant(np.asarray(0.0)), shape)
        return summed(b, terms, shape)
    if cls == "Multiply" and len(terms) == 2:
        if same:
            return b.node("Power", {"exponent": 2}, terms[:1], shape=shape)
        for x, gate in (terms, terms[::-1]):
            name = activation_at(b, gate)
            if name == "sigmoid" and b.nodes[gate].inputs == (x,):
                return activation_node(b, "silu", {}, x, shape)
            if name == "tanh" and is_chain(b, gate, ("tanh", "softplus"), x):
                return activation_node(b, "mish", {}, x, shape)
            step = b.get(gate, "Greater") if gate >= 0 else None
            if step is not None and step.inputs == (x,) and step.get("x2") == 0:
                return activation_node(b, "relu", {}, x, shape)
    if cls in ("Maximum", "Average", "Minimum") and same:
        return terms[0]
    if cls == "Maximum" and len(terms) == 2:
        for x, scaled in (terms, terms[::-1]):
            slope = slope_of(b, scaled, x)
            if slope is not None and 0 <= slope < 1:
                return activation_node(b, "leaky_relu", {"negative_slope": slope}, x, shape)
    if cls == "Subtract" and len(terms) == 2 and same:
        return None
    return None


def activation_at(b: Builder, index: int) -> object:
    node = b.get(index, "Activation")
    return None if node is None else node.get("activation")


def is_chain(b: Builder, index: int, names: Sequence[str], x: int) -> bool:
    for name in names:
        if activation_at(b, index) != name:
            return False
        index = b.nodes[index].inputs[0]
    return index == x


def slope_of(b: Builder, index: int, x: int) -> float | None:
    node = b.get(index, "Rescaling")
    if node is None or node.inputs != (x,) or node.get("offset") != 0:
        return None
    scale = node.get("scale")
    return float(scale) if isinstance(scale, (int, float)) else None


def summed(b: Builder, terms: list[int], shape: Shape | None) -> int | None:
    """A sum of halves is an average, one with an opposite a difference, one of a product and a vector a Dense."""
    halves = [b.get(one, "Rescaling") for one in terms]
    share = rounded(1 / len(terms))
    if all(one is not None and one.get("scale") == share and one.get("offset") == 0 for one in halves):
        return merged(b, "Average", [one.inputs[0] for one in halves if one is not None], shape)
    if len(terms) != 2:
        return None
    for one, other in (terms, terms[::-1]):
        opposite = b.get(other, "Rescaling")
        if opposite is not None and (opposite.get("scale"), opposite.get("offset")) == (-1, 0):
            return b.node("Subtract", {}, [one, opposite.inputs[0]], shape=shape)
        whole = biased(b, one, other, shape)
        if whole is not None:
            return whole
    return None


def biased(b: Builder, product: int, vector: int, shape: Shape | None) -> int | None:
    """Return the layer of which `product` is all but the bias, and `vector` the bias."""
    weight = b.variables.get(vector)
    node = b.nodes[product] if product >= 0 else None
    if weight is None or node is None or node.get("use_bias") is not False or not b.once(product):
        return None
    settings = dict(node.settings)
    width = settings.get("units", settings.get("filters"))
    if node.cls.startswith("Depthwise") or node.cls == "SeparableConv2D":
        width = (node.shape or (None,))[-1]
    if not weight.shape or weight.shape[-1] != width or math.prod(weight.shape) != width:
        return None
    if "trainable" in settings:
        settings["trainable"] = bool(settings["trainable"]) or weight.trainable
    weights = (*node.weights, *b.nodes[vector].weights)
    return b.node(node.cls, {**settings, "use_bias": True}, node.inputs, weights=weights, shape=shape)


def inverse(b: Builder, x: int, shape: Shape | None) -> int:
    """1 / (1 + exp(-x)) is a sigmoid."""
    one = b.get(x, "Rescaling")
    if one is not None and (one.get("scale"), one.get("offset")) == (1, 1):
        inner = one.inputs[0]
        opposite = b.get(b.nodes[inner].inputs[0], "Rescaling") if activation_at(b, inner) == "exponential" else None
        if opposite is not None and (opposite.get("scale"), opposite.get("offset")) == (-1, 0):
            return activation_node(b, "sigmoid", {}, opposite.inputs[0], shape)
    return b.node("Power", {"exponent": -1}, [x], shape=shape)


def pair(b: Builder, operands: dict[str, Any]) -> tuple[Any, Any]:
    left, right = [*operands.values(), None, None][:2]
    if "x1" in operands and "x2" in operands:
        left, right = operands["x1"], operands["x2"]
    found = [b.constants.get(one, one) if isinstance(one, int) else one for one in (left, right)]
    return found[0], found[1]
