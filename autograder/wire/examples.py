"""How raw examples of a data set become what a network takes. Pure NumPy, the same on either side of the wall."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograder.wire.messages import Preparation


def prepare_inputs(inputs: NDArray[Any], preparation: Preparation, shape: Sequence[int | None] | None) -> NDArray[Any]:
    """Return `inputs` of shape (N, …), bytes scaled to float32, each example of `shape` (None: as it is).

    Raises ValueError where an example does not have as many numbers as `shape`.
    """
    if shape is not None and tuple(shape) != inputs.shape[1:]:
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

    Raises ValueError where a label is not below `preparation.classes`.
    """
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
