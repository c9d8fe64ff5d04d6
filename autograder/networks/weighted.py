"""Weights that operations take, as the layers they belong to: a vector added is a bias, one that multiplies a scale."""

from __future__ import annotations

import math

from autograder.networks.nodes import Builder
from autograder.networks.normal import cleaned
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
