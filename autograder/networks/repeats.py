"""Repeats of what there is, whether `repeat`, `tile`, `broadcast_to` or a layer says them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from autograder.networks.nodes import Builder
from autograder.networks.operands import said_of, shape_of
from autograder.networks.shapes import reshaped
from autograder.networks.values import clean
from autograder.wire.messages import Layer, Shape


def vector(b: Builder, layer: Layer, x: int) -> int | None:
    """RepeatVector: the row as a sequence of one, repeated."""
    given, times = b.shape(x), layer.config.get("n")
    if given is None or len(given) != 1 or not isinstance(times, int):
        return None
    return repeated(b, reshaped(b, x, (1, *given)), 1, times, shape_of(layer))


def upsampled(b: Builder, layer: Layer, x: int) -> int | None:
    """UpSampling1D repeats each place."""
    size = layer.config.get("size", 2)
    return repeated(b, x, 1, size, shape_of(layer)) if isinstance(size, int) and b.shape(x) is not None else None


def repeat(b: Builder, layer: Layer, operands: dict[str, Any]) -> int | None:
    x, said = operands.get("x", operands.get("input")), said_of(layer)
    times, axis = said.get("repeats"), said.get("axis")
    if not isinstance(x, int) or not isinstance(times, int) or not isinstance(axis, int):
        return _along_batch(b, x, layer)
    rank = len(b.shape(x) or ()) + 1
    if axis % rank == 0 or b.shape(x) is None:
        return _along_batch(b, x, layer)
    return repeated(b, x, axis % rank, times, shape_of(layer))


def tile(b: Builder, layer: Layer, operands: dict[str, Any]) -> int | None:
    """A tile along axes of one place is a repeat."""
    x, times = operands.get("x"), clean(said_of(layer).get("repeats"))
    given = b.shape(x) if isinstance(x, int) else None
    if not isinstance(x, int) or given is None or not isinstance(times, tuple) or len(times) != len(given) + 1:
        return _along_batch(b, x, layer)
    sizes = (None, *given)
    if times[0] != 1 or any(size != 1 and count != 1 for size, count in zip(sizes[1:], times[1:], strict=True)):
        return None
    for axis, count in enumerate(times):
        if count != 1:
            shape = tuple(count if place == axis else size for place, size in enumerate(sizes))
            x, sizes = repeated(b, x, axis, count, shape[1:]), shape
    return x


def broadcast(b: Builder, layer: Layer, operands: dict[str, Any]) -> int | None:
    return _along_batch(b, operands.get("x"), layer)


def repeated(b: Builder, x: int, axis: int, times: int, shape: Shape | None) -> int:
    """Return x, each place along an axis repeated. Rows and columns alike are an upsampling of the image."""
    inner = b.get(x, "Repeat")
    if inner is not None and len(shape or ()) == 3 and (axis, inner.get("axis")) in ((2, -3), (1, -2)):
        size = (inner.get("times"), times) if axis == 2 else (times, inner.get("times"))
        settings = {"size": size, "interpolation": "nearest", "data_format": "channels_last"}
        return b.node("UpSampling2D", settings, inner.inputs, shape=shape)
    return b.node("Repeat", {"axis": axis - len(shape or ()) - 1, "times": times}, [x], shape=shape)


def _along_batch(b: Builder, x: Any, layer: Layer) -> int | None:
    """Weights that are the same in each example, as a token of the class is."""
    weight, made = b.variables.get(x) if isinstance(x, int) else None, layer.output_shapes[:1]
    if weight is None or not made or len(weight.shape) != len(made[0]) or made[0][0] is not None:
        return None
    if weight.shape[0] != 1 or tuple(weight.shape[1:]) != tuple(made[0][1:]):
        return None
    return b.node("In each example", {}, [x], shape=shape_of(layer))


_RESIZED_OTHERWISE = ("antialias", "crop_to_aspect_ratio", "pad_to_aspect_ratio", "preserve_aspect_ratio")


def resized(b: Builder, layer: Layer, x: int, said: Mapping[str, object]) -> int | None:
    """Images of another size: each pixel so many times is an UpSampling2D."""
    given, made = b.shape(x), shape_of(layer)
    way = str(said.get("interpolation", said.get("method", "bilinear")))
    first = said.get("data_format") == "channels_first"
    if given is None or made is None or len(given) != 3 or len(made) != 3 or first:
        return None
    if way not in ("nearest", "bilinear") or any(said.get(key) for key in _RESIZED_OTHERWISE):
        return None
    sizes = zip(given[:2], made[:2], strict=True)
    factors = tuple(big // small if small and big and big % small == 0 else 0 for small, big in sizes)
    if not all(factors):
        return b.node("Resizing", {"size": made[:2], "interpolation": way}, [x], shape=made)
    if factors == (1, 1):
        return x
    settings = {"size": factors, "interpolation": way, "data_format": "channels_last"}
    return b.node("UpSampling2D", settings, [x], shape=made)
