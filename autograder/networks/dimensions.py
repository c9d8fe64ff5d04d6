"""Axes that no window looks along: an image of one column is a row, frames of time are one axis more of an image.

A window of one place that moves by one does not mix the places of its axis. Where there is but one place the axis says
nothing, and the layer is that of an image without it, in another shape. Where the axis is that of time, the layer with
it is what TimeDistributed makes of the layer without it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from autograder.networks.nodes import Builder
from autograder.networks.repeats import repeated
from autograder.networks.shapes import reshaped
from autograder.wire.messages import Shape

_WINDOWED = re.compile(
    r"((?:Depthwise|Separable)?Conv|(?:Max|Average)Pooling|UpSampling|ZeroPadding|SpatialDropout)([123])D(Transpose)?"
)
_GLOBAL = re.compile(r"Global(Max|Average)Pooling([123])D")
_PER_AXIS = ("kernel_size", "pool_size", "strides", "dilation_rate", "size", "padding")
"""Settings that may be said axis by axis."""
_TIMED = re.compile(r"((?:Depthwise|Separable)?Conv|(?:Max|Average)Pooling|UpSampling|ZeroPadding)([12])D(Transpose)?")
"""Layers that treat each example by itself, whatever the others are: in training as well."""


def has_axes(cls: str) -> bool:
    """Whether a layer of this class is of so many axes: `Conv2D`, `MaxPooling1D`."""
    return cls.endswith(("1D", "2D", "3D", "Transpose"))


def thinner(
    b: Builder, cls: str, settings: Mapping[str, object], x: int
) -> tuple[str, dict[str, object], int, list[int]] | None:
    """Return a layer without the axes of one place that its windows do not look along, what it then takes, and the
    axes that are left, counted without the batch: one at least. None where there is no such axis.
    """
    given = b.shape(x)
    found = _WINDOWED.fullmatch(cls) if given is not None and 1 in given else None
    if found is None or given is None or settings.get("data_format", "channels_last") != "channels_last":
        return None
    rank = int(found[2])
    if len(given) != rank + 1 or rank == 1 or settings.get("output_padding") is not None:
        return None
    gone = [axis for axis in range(rank) if given[axis] == 1 and _is_idle(cls, settings, axis)][-(rank - 1) :]
    if not gone:
        return None
    lower = f"{found[1]}{rank - len(gone)}D{found[3] or ''}"
    left = [axis for axis in range(rank) if axis not in gone]
    axes = [*left, rank]
    return lower, _along(settings, left, lower), reshaped(b, x, tuple(given[axis] for axis in axes)), axes


def pointwise(cls: str, settings: Mapping[str, object]) -> tuple[str, dict[str, object]] | None:
    """Return the Dense that a convolution of one place is, its kernel kept with axes of one; None for any other."""
    if re.fullmatch(r"Conv[123]D", cls) is None or settings.get("data_format", "channels_last") != "channels_last":
        return None
    ones = (1,) * int(cls[-2])
    if any(settings.get(key) != ones for key in ("kernel_size", "strides")) or settings.get("groups") != 1:
        return None
    window = ("filters", "kernel_size", "strides", "dilation_rate", "groups", "data_format", "padding")
    rest = {key: value for key, value in settings.items() if key not in window}
    return "Dense", {**rest, "units": settings.get("filters")}


def _is_idle(cls: str, settings: Mapping[str, object], axis: int) -> bool:
    """Whether a layer makes of the one place of an axis one place, by itself."""
    if cls.startswith("SpatialDropout"):
        return True
    sizes = [_of_axis(settings.get(key), axis) for key in ("kernel_size", "pool_size", "size")]
    if "Pooling" in cls and settings.get("padding") == "same":
        return True  # what is padded counts for nothing, in a maximum and in a mean
    if cls.startswith("ZeroPadding"):
        return _of_axis(settings.get("padding"), axis) in (0, (0, 0))
    strides = _of_axis(settings.get("strides"), axis) if cls.endswith("Transpose") else 1
    return [one for one in sizes if one is not None] == [1] and strides == 1


def _of_axis(value: object, axis: int) -> object:
    return value[axis] if isinstance(value, tuple) and axis < len(value) else value


def _along(settings: Mapping[str, object], axes: list[int], cls: str) -> dict[str, object]:
    """Return settings for these axes alone, as the layer `cls` of so many says them."""
    found: dict[str, object] = {}
    for key, value in settings.items():
        split = key in _PER_AXIS and isinstance(value, tuple)
        found[key] = tuple(value[axis] for axis in axes if axis < len(value)) if split else value  # type: ignore[index,arg-type]
    if cls == "ZeroPadding1D" and isinstance(found.get("padding"), tuple):
        (found["padding"],) = found["padding"]  # type: ignore[misc]
    if cls == "SpatialDropout1D":
        found.pop("data_format", None)
    if cls == "UpSampling2D":
        found["interpolation"] = found.get("interpolation", "nearest")
    return found


def upsampled(b: Builder, cls: str, settings: Mapping[str, object], x: int, shape: Shape | None) -> int | None:
    """Return an upsampling along one axis, which repeats the places of it; None for any other layer."""
    if not cls.startswith("UpSampling") or settings.get("interpolation", "nearest") != "nearest" or shape is None:
        return None
    sizes = settings.get("size")
    if settings.get("data_format", "channels_last") != "channels_last" or not isinstance(sizes, tuple):
        return None
    more = [axis for axis, size in enumerate(sizes) if size != 1]
    if not more:
        return x
    (axis, *others), size = more, sizes[more[0]]
    return None if others or not isinstance(size, int) else repeated(b, x, axis + 1, size, shape)


def in_time(cls: str, settings: Mapping[str, object]) -> tuple[str, dict[str, object]] | None:
    """Return the layer with one axis more that does what `cls` does at each place; None if there is none."""
    found = _TIMED.fullmatch(cls)
    if found is None or settings.get("data_format", "channels_last") != "channels_last":
        return None
    if settings.get("padding") == "causal" or settings.get("output_padding") is not None:
        return None
    if settings.get("interpolation", "nearest") != "nearest":
        return None
    higher = f"{found[1]}{int(found[2]) + 1}D{found[3] or ''}"
    made = {key: value for key, value in settings.items() if key != "interpolation"}
    for key in _PER_AXIS:
        if isinstance(made.get(key), tuple):
            made[key] = (1, *made[key])  # type: ignore[misc]
    if cls.startswith("ZeroPadding"):
        pads = settings.get("padding")
        if not isinstance(pads, tuple):
            return None
        made["padding"] = ((0, 0), *(pads if int(found[2]) > 1 else (pads,)))
    made["data_format"] = "channels_last"
    if higher == "UpSampling2D":
        made["interpolation"] = "nearest"
    return higher, made


def reduced_in_time(cls: str) -> tuple[str, object] | None:
    """Return the operation, and its axes, that a global pooling is at each place of time; None for anything else."""
    found = _GLOBAL.fullmatch(cls)
    if found is None:
        return None
    axes = tuple(range(-int(found[2]) - 1, -1))
    return {"Max": "Max", "Average": "Mean"}[found[1]], axes if len(axes) > 1 else axes[0]
