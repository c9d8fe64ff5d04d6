"""Convolutions together with what stands before them: borders of zeros, depthwise halves."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from autograder.networks.nodes import Builder
from autograder.wire.messages import Shape

_KERNEL = re.compile(r"(Depthwise|Separable)?Conv[123]D")


def unpadded(
    b: Builder, cls: str, settings: dict[str, object], inputs: list[int]
) -> tuple[dict[str, object], list[int]]:
    """A convolution without padding of an image with a border of zeros pads it itself, where that is the same."""
    border = b.get(inputs[0], f"ZeroPadding{cls[-2:]}") if inputs and _KERNEL.fullmatch(cls) else None
    if border is None or settings.get("padding") != "valid" or border.get("data_format") != settings.get("data_format"):
        return settings, inputs
    image = b.shape(border.inputs[0])
    given = border.get("padding")
    sizes: list[Any] = [settings.get(key) for key in ("kernel_size", "strides", "dilation_rate")]
    if image is None or not isinstance(given, tuple) or not all(isinstance(one, tuple) for one in sizes):
        return settings, inputs
    wanted = same_padding(image, *sizes, first=settings.get("data_format") == "channels_first")
    pads = given if all(isinstance(one, tuple) for one in given) else (given,)
    if wanted is None or tuple(pads) != wanted:
        reach = [(k - 1) * d for k, d in zip(sizes[0], sizes[2], strict=False)]
        causal = cls == "Conv1D" and pads == ((reach[0], 0),)
        return ({**settings, "padding": "causal"}, list(border.inputs)) if causal else (settings, inputs)
    return {**settings, "padding": "same"}, list(border.inputs)


def numbered(b: Builder, settings: dict[str, object], inputs: list[int]) -> dict[str, object]:
    """With channels first, as in PyTorch, padding "same" is said by the borders that it adds, as PyTorch says it."""
    if settings.get("padding") != "same" or settings.get("data_format") != "channels_first" or not inputs:
        return settings
    image = b.shape(inputs[0])
    window = settings.get("kernel_size", settings.get("pool_size"))
    sizes: list[Any] = [window, settings.get("strides"), settings.get("dilation_rate", (1, 1, 1))]
    if image is None or not all(isinstance(one, tuple) for one in sizes):
        return settings
    borders = same_padding(image, *sizes, first=True)
    if borders is None:
        return settings
    alike = all(low == high for low, high in borders)
    return {**settings, "padding": tuple(low for low, _ in borders) if alike else borders}


def separable(
    b: Builder, cls: str, settings: dict[str, object], inputs: list[int], weights: tuple[object, ...]
) -> tuple[str, dict[str, object], list[int], tuple[object, ...]]:
    """A convolution of one pixel after a depthwise one without bias is a separable one."""
    if cls not in ("Conv1D", "Conv2D") or not inputs:
        return cls, settings, inputs, weights
    depthwise = b.get(inputs[0], f"Depthwise{cls}")
    ones = (1,) * int(cls[-2])
    if depthwise is None or depthwise.get("use_bias") is not False or not b.once(inputs[0]):
        return cls, settings, inputs, weights
    if (settings.get("kernel_size"), settings.get("strides"), settings.get("groups")) != (ones, ones, 1):
        return cls, settings, inputs, weights
    first = dict(depthwise.settings)
    kept = ("kernel_size", "strides", "padding", "dilation_rate", "depth_multiplier", "data_format")
    merged = {key: value for key, value in settings.items() if key != "groups"} | {key: first.get(key) for key in kept}
    for key in ("trainable", "depthwise_regularizer"):
        if key in first:
            merged[key] = first[key]
    if "kernel_regularizer" in merged:
        merged["pointwise_regularizer"] = merged.pop("kernel_regularizer")
    return f"Separable{cls}", merged, list(depthwise.inputs), (*depthwise.weights, *weights)


def same_padding(
    image: Shape, kernel: Sequence[int], strides: Sequence[int], dilations: Sequence[int], *, first: bool
) -> tuple[tuple[int, int], ...] | None:
    """Return the border that padding "same" adds, on each axis before and after; None where a size is open."""
    sizes = image[1:] if first else image[:-1]
    found = []
    for size, window, stride, spread in zip(sizes, kernel, strides, dilations, strict=False):
        if size is None:
            if stride != 1 or (window - 1) * spread % 2:
                return None
            size = window * spread
        total = max((-(-size // stride) - 1) * stride + (window - 1) * spread + 1 - size, 0)
        found.append((total // 2, total - total // 2))
    return tuple(found)
