"""Modules of PyTorch that slide windows over images, or change their size, as nodes: channels first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autograder.networks.nodes import Builder
from autograder.networks.operands import shape_of
from autograder.networks.pytorch.nodes import FIRST, Said, as_keras, rank_in, sizes
from autograder.networks.shapes import reshaped
from autograder.wire.messages import Layer

_BORDERS = {"reflect": "Reflection", "replicate": "Replication", "circular": "Circular"}
"""Modules that put a border around an image, by what a convolution calls it."""


def convolution(b: Builder, layer: Layer, said: Said, inputs: list[int]) -> int:
    """A convolution; a border of zeros before it is its padding."""
    rank = rank_in(said["cls"])
    config, x = window(b, said, inputs[0], rank)
    config |= {"filters": said.get("out_channels"), "groups": said.get("groups", 1), "use_bias": said.get("bias", True)}
    return as_keras(b, layer, f"Conv{rank}D", config, [x])


def window(b: Builder, said: Said, x: int, rank: int) -> tuple[Said, int]:
    """Return the settings of a convolution's window, and what it slides over."""
    kernel, strides, spread = (sizes(said.get(key, 1), rank) for key in ("kernel_size", "stride", "dilation"))
    config: Said = {"kernel_size": kernel, "strides": strides, "dilation_rate": spread, **FIRST}
    padding = said.get("padding", 0)
    borders = borders_of(padding, kernel, spread)
    mode = said.get("padding_mode", "zeros")
    if b.asked.folded and mode in _BORDERS:
        flat = tuple(one for pair in reversed(borders) for one in pair)
        around = b.node(f"torch.{_BORDERS[mode]}Pad{rank}d", {"padding": flat}, [x]) if any(flat) else x
        return {**config, "padding": "valid"}, around
    if mode != "zeros":
        return {**config, "padding_mode": said["padding_mode"], "padding": padding_of(borders)}, x
    before = b.get(x, f"ZeroPadding{rank}D")
    outer = before.get("padding") if before is not None and before.get("data_format") == "channels_first" else None
    if before is not None and isinstance(outer, tuple) and len(outer) == rank:
        borders = [(low + one, high + two) for (low, high), (one, two) in zip(borders, outer, strict=True)]
        x = before.inputs[0]
    return {**config, "padding": padding_of(borders)}, x


def borders_of(padding: Any, kernel: Sequence[int], spread: Sequence[int]) -> list[tuple[int, int]]:
    """Return how many zeros a convolution adds on each axis, before and after."""
    if padding == "same":
        totals = [(size - 1) * step for size, step in zip(kernel, spread, strict=True)]
        return [(total // 2, total - total // 2) for total in totals]
    return [(one, one) for one in sizes(0 if padding == "valid" else padding, len(kernel))]


def padding_of(borders: Sequence[tuple[int, int]]) -> object:
    """Return borders as a setting: Keras's word for none, one number an axis where both sides have as many."""
    if not any(any(pair) for pair in borders):
        return "valid"
    alike = all(low == high for low, high in borders)
    return [low for low, _ in borders] if alike else [list(pair) for pair in borders]


def transposed_convolution(b: Builder, layer: Layer, said: Said, inputs: list[int]) -> int:
    rank = rank_in(said["cls"])
    kernel, strides, padding, more = (
        sizes(said.get(key, default), rank)
        for key, default in (("kernel_size", 1), ("stride", 1), ("padding", 0), ("output_padding", 0))
    )
    plain = not any((*padding, *more)) and all(size >= step for size, step in zip(kernel, strides, strict=True))
    config: Said = {
        "filters": said.get("out_channels"), "kernel_size": kernel, "strides": strides, "use_bias": said.get("bias"),
        "dilation_rate": sizes(said.get("dilation", 1), rank), "padding": "valid" if plain else padding, **FIRST,
    }  # fmt: skip
    config |= {"output_padding": more} if any(more) else {}
    config |= {"groups": said["groups"]} if said.get("groups", 1) != 1 else {}
    return as_keras(b, layer, f"Conv{rank}DTranspose", config, inputs)


def pooling(b: Builder, layer: Layer, said: Said, inputs: list[int]) -> int | list[int]:
    """A pooling; of the whole image, a global one."""
    rank, x = rank_in(said["cls"]), inputs[0]
    kind = "Max" if said["cls"].startswith("Max") else "Average"
    size = sizes(said.get("kernel_size", 1), rank)
    given = said.get("stride")
    strides = sizes(size if given in (None, []) else given, rank)
    spread, borders = sizes(said.get("dilation", 1), rank), sizes(said.get("padding", 0), rank)
    config: Said = {"pool_size": size, "strides": strides, **FIRST}
    config["padding"] = padding_of([(one, one) for one in borders])
    if any(one != 1 for one in spread):
        config["dilation_rate"] = spread
    if kind == "Average" and any(borders) and said.get("count_include_pad", True):
        config |= {"count_include_pad": True, "padding": borders}
    if said.get("divisor_override") is not None:
        config["divisor_override"] = said["divisor_override"]
    if said.get("ceil_mode") and _reaches_past(b, x, size, strides, spread, borders):
        config["ceil_mode"] = True
    image = b.shape(x)
    if image is not None and list(image[1:]) == size and config["padding"] == "valid" and len(config) == 4:
        node = whole(b, layer, kind, x)
    else:
        node = as_keras(b, layer, f"{kind}Pooling{rank}D", config, [x])
    return b.several(layer, node)


def _reaches_past(b: Builder, x: int, *axes: Sequence[int]) -> bool:
    """Whether the last window of an axis is not a full one, so that `ceil_mode` adds one."""
    image = b.shape(x)
    if image is None or None in image:
        return True
    places = zip(image[1:], *axes, strict=True)
    return any((side + 2 * p - d * (k - 1) - 1) % s for side, k, s, d, p in places if side is not None)


def adaptive(b: Builder, layer: Layer, said: Said, inputs: list[int]) -> int | list[int] | None:
    """A pooling that is told the size of what comes out: of one pixel, a global one."""
    rank, x = rank_in(said["cls"]), inputs[0]
    image, made = b.shape(x), shape_of(layer)
    kind = "Max" if "Max" in said["cls"] else "Average"
    wanted = list(made[1:]) if made is not None else sizes(said.get("output_size"), rank)
    if wanted == [1] * rank:
        return b.several(layer, whole(b, layer, kind, x))
    if image is None or None in image or any(big % small for big, small in zip(image[1:], wanted, strict=False)):  # type: ignore[operator]
        return None
    size = [big // small for big, small in zip(image[1:], wanted, strict=True)]  # type: ignore[operator]
    if size == [1] * rank:
        return b.several(layer, x)
    config = {"pool_size": size, "strides": size, "padding": "valid", **FIRST}
    return b.several(layer, as_keras(b, layer, f"{kind}Pooling{rank}D", config, inputs))


def whole(b: Builder, layer: Layer, kind: str, x: int) -> int:
    """Return the global pooling of x, in the shape that the call gives."""
    made, image = shape_of(layer), b.shape(x)
    rank = len(image) - 1 if image is not None else len(made or ()) - 1
    settings: Said = {"keepdims": False, **FIRST}
    channels = made[:1] if made else image[:1] if image is not None else None
    node = b.node(f"Global{kind}Pooling{rank}D", settings, [x], shape=channels)
    return reshaped(b, node, made) if made is not None else node


def padded(b: Builder, layer: Layer, said: Said, inputs: list[int]) -> int | None:
    """A border of zeros. PyTorch says it from the last axis to the first."""
    rank = rank_in(said["cls"])
    given = said.get("padding")
    flat = [given] * 2 * rank if isinstance(given, int) else list(given or ())
    if len(flat) != 2 * rank or not all(isinstance(one, int) and one >= 0 for one in flat):
        return None
    return zeros_around(b, layer, flat, inputs)


def zeros_around(b: Builder, layer: Layer, flat: Sequence[int], inputs: list[int]) -> int:
    pairs = [list(flat[place : place + 2]) for place in range(0, len(flat), 2)][::-1]
    if not any(flat):
        return inputs[0]
    rank = len(pairs)
    settings = {"padding": tuple(tuple(one) for one in pairs), **FIRST}
    return b.node(f"ZeroPadding{rank}D", settings, inputs[:1], shape=shape_of(layer))


def upsampled(b: Builder, layer: Layer, said: Said, inputs: list[int]) -> int | None:
    image, made = b.shape(inputs[0]), shape_of(layer)
    if image is None or made is None or None in image or None in made or len(image) != 3:
        return None
    factors = [big // small if big % small == 0 else 0 for small, big in zip(image[1:], made[1:], strict=True)]  # type: ignore[operator]
    way = str(said.get("mode", "nearest"))
    if way not in ("nearest", "bilinear") or not all(factors):
        return None
    config: Said = {"size": factors, "interpolation": way, **FIRST}
    config |= {"align_corners": True} if said.get("align_corners") else {}
    return as_keras(b, layer, "UpSampling2D", config, inputs)
