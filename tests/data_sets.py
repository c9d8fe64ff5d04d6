"""Small sets of images for the tests of the shelf."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray


def public(train: int = 20, test: int = 6) -> dict[str, NDArray[Any]]:
    """Random images in MNIST's format."""
    random = np.random.RandomState(3)
    return {
        "x_train": random.randint(0, 256, (train, 28, 28)).astype(np.uint8),
        "y_train": (np.arange(train) % 3).astype(np.uint8),
        "x_test": random.randint(0, 256, (test, 28, 28)).astype(np.uint8),
        "y_test": (np.arange(test) % 3).astype(np.uint8),
    }


def hidden(count: int = 8) -> dict[str, NDArray[Any]]:
    """Random colour images, their labels apart."""
    images = np.random.RandomState(4).randint(0, 256, (count, 32, 32, 3)).astype(np.uint8)
    return {"x": images, "y": (np.arange(count) % 4).astype(np.int64)[:, None]}


def write_npz(path: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write arrays as a lecturer would, objects too."""
    np.savez(path, **dict[str, Any](arrays))
