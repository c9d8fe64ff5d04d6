"""Weights that operations take, as the layers they belong to: a vector added is a bias, one that multiplies a scale."""

from __future__ import annotations

import itertools
import math

from msgspec.structs import replace

from autograder.networks.nodes import Builder
from autograder.networks.normal import cleaned
from autograder.networks.patterns import of_activation, scaled
from autograder.wire.messages import Shape


def gained(b: Builder, normal: int, vector: int, shape: Shape | None) -> int | None:
    """A normalization times a vector of weights is one that scales."""
    node, weight = b.nodes[normal] if normal >= 0 else None, b.variables.get(vector)
    if node is not None and node.cls == "Reshape":
        inner = gained(b, node.inputs[0], vector, b.shape(node.inputs[0]))
        return None if inner is None else b.again(node, [inner], node.shape)
    if node is None or weight is None or node.cls not in ("LayerNormalization", "RMSNormalization"):
        return None
    if node.weights or node.get("scale") is True or weight.shape != (node.shape or (None,))[-1:]:
        return None
    settings = dict(node.settings) | ({"scale": True} if node.cls == "LayerNormalization" else {})
    settings |= _asked_of(b, vector, "gamma")
    return b.node(node.cls, settings, node.inputs, weights=b.nodes[vector].weights, shape=shape)


def without_ones(b: Builder, vector: int, shape: Shape | None) -> int:
    """Return a weight without its leading axes of one: it is broadcast to a shape that has them."""
    weight = b.variables.get(vector)
    if weight is None or shape is None or weight.shape[:1] != (1,) or len(weight.shape) > len(shape) + 1:
        return vector
    sizes = tuple(itertools.dropwhile(lambda size: size == 1, weight.shape))
    node = b.nodes[vector]
    settings = {**dict(node.settings), "shape": sizes}
    made = b.node("Variable", settings, [], weights=node.weights, named_as=node.label)
    b.variables[made] = replace(weight, shape=sizes)
    b.asks[made] = b.asks.get(vector, {})
    return made


def leaking(b: Builder, positive: int, rest: int, shape: Shape | None) -> int | None:
    """relu(x) - a · relu(-x), with a vector of weights, is a PReLU."""
    product, x = b.get(rest, "Multiply"), of_activation(b, positive, "relu")
    slopes = [one for one in product.inputs if one in b.variables] if product is not None else []
    if product is None or x is None or len(slopes) != 1 or len(product.inputs) != 2:
        return None
    (other,) = (one for one in product.inputs if one not in slopes)
    negative = of_activation(b, other, "relu")
    sizes, given = b.variables[slopes[0]].shape, b.shape(x)
    if negative is None or scaled(b, negative) != (x, -1, 0) or given is None or len(sizes) > len(given):
        return None
    sizes = (*(1,) * (len(given) - len(sizes)), *sizes)
    shared = tuple(axis for axis, (own, size) in enumerate(zip(sizes, given, strict=True), start=1) if own != size)
    settings = {"shared_axes": shared or None, **_asked_of(b, slopes[0], "alpha")}
    if any(sizes[axis - 1] != 1 for axis in shared):
        return None
    settings = {key: value for key, value in settings.items() if value is not None}
    return b.node("PReLU", settings, [x], weights=b.nodes[slopes[0]].weights, shape=shape)


def biased(b: Builder, product: int, vector: int, shape: Shape | None) -> int | None:
    """Return the layer of which `product` is all but the bias, and `vector` the bias."""
    weight = b.variables.get(vector)
    node = b.nodes[product] if product >= 0 else None
    if weight is None or node is None or not b.once(product):
        return None
    if node.cls == "Reshape":
        inner = biased(b, node.inputs[0], vector, b.shape(node.inputs[0]))
        return None if inner is None else b.again(node, [inner], node.shape)
    if node.cls == "LayerNormalization" and node.get("center") is False:
        role, made = "beta", {"center": True}
    elif node.get("use_bias") is False:
        role, made = "bias", {"use_bias": True}
    else:
        return None
    settings = dict(node.settings)
    width = settings.get("units", settings.get("filters", (node.shape or (None,))[-1]))
    if not weight.shape or weight.shape[-1] != width or math.prod(weight.shape) != width:
        return None
    if "trainable" in settings and settings["trainable"] is not weight.trainable:
        settings["trainable"] = (settings["trainable"], weight.trainable)
    weights = (*node.weights, *b.nodes[vector].weights)
    return b.node(
        node.cls, {**settings, **made, **_asked_of(b, vector, role)}, node.inputs, weights=weights, shape=shape
    )


def _asked_of(b: Builder, vector: int, role: str) -> dict[str, object]:
    """Return the penalty, the constraint and, where it counts, the initializer of a weight, as a layer names them."""
    return cleaned({f"{role}_{key}": value for key, value in b.asks.get(vector, {}).items()}, b.asked)
