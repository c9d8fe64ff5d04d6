"""How raw examples of a data set become what a network takes. Pure NumPy, the same on either side of the wall."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Annotated, Any

import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from autograder.wire.record import Record


class Preparation(Record, frozen=True):
    """How raw examples become what a network takes, on either side of the wall."""

    classes: Annotated[int, Meta(ge=1, le=10**6)]
    scale: tuple[float, float] = (0.0, 1.0)
    """The range that the bytes 0 to 255 are mapped to, as float32. Inputs that are not bytes are left as they are."""
    one_hot: bool = False
    """Whether labels are rows of zeros with a single one, float32[N, classes]."""


def characters(texts: NDArray[np.str_]) -> NDArray[np.uint32]:
    """Return texts as the numbers of their characters, 0 behind each: uint32[…, longest]."""
    plain = np.ascontiguousarray(texts, f"<U{max(texts.dtype.itemsize // 4, 1)}")
    return plain.view("<u4").reshape(*texts.shape, -1)


def texts(numbers: NDArray[Any]) -> NDArray[np.str_]:
    """Return the texts of `characters`. Raise ValueError for what does not come from it."""
    if numbers.dtype != np.uint32 or numbers.ndim < 2 or not numbers.shape[-1]:
        raise ValueError(f"{numbers.dtype}{list(numbers.shape)} are not the characters of texts")
    return np.ascontiguousarray(numbers, "<u4").view(f"<U{numbers.shape[-1]}")[..., 0]


def prepare_inputs(inputs: NDArray[Any], preparation: Preparation, shape: Sequence[int | None] | None) -> NDArray[Any]:
    """Return `inputs` of shape (N, …), bytes scaled to float32, each example of `shape` (None: as it is).

    Images (height, width, channels) are given with their channels first where `shape` is theirs so. Raises ValueError
    where an example does not have as many numbers as `shape`.
    """
    if shape is not None and inputs.ndim == 4 and tuple(shape) == (inputs.shape[3], *inputs.shape[1:3]):
        inputs = np.ascontiguousarray(np.moveaxis(inputs, -1, 1))
    elif shape is not None and tuple(shape) != inputs.shape[1:]:
        inputs = inputs.reshape(len(inputs), *_sizes(shape, math.prod(inputs.shape[1:])))
    if inputs.dtype != np.uint8:
        return inputs
    low, high = preparation.scale
    scaled = inputs.astype(np.float32)
    scaled *= (high - low) / 255
    scaled += low
    return scaled


def prepare_labels(labels: NDArray[Any], preparation: Preparation) -> NDArray[Any]:
    """Return `labels` of N whole numbers, in any shape, as int64[N] or, one-hot, as float32[N, classes].

    Quantities are float32[N]. Raises ValueError where a label is not below `preparation.classes`.
    """
    if labels.dtype.kind == "f":
        return labels.reshape(-1).astype(np.float32)
    flat = labels.reshape(-1).astype(np.int64)
    if flat.size and not 0 <= flat.min() <= flat.max() < preparation.classes:
        raise ValueError(f"labels from {flat.min()} to {flat.max()} are not {preparation.classes} classes")
    return np.eye(preparation.classes, dtype=np.float32)[flat] if preparation.one_hot else flat


def _sizes(shape: Sequence[int | None], count: int) -> list[int]:
    """Return `shape`, its one open size filled in. Raise ValueError where `count` numbers do not fill it."""
    known = math.prod(size for size in shape if size is not None)
    sizes = [count // max(known, 1) if size is None else size for size in shape]
    if math.prod(sizes) != count:
        raise ValueError(f"examples of {count} numbers do not fill the shape {tuple(shape)}")
    return sizes
