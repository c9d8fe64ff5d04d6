"""Small sets in the formats of `keras.datasets`, for demos and tests on a machine without network.

Every image is the same on every machine: `RandomState`, whose stream NumPy keeps frozen, and elementary arithmetic,
which IEEE 754 rounds one way.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.random import RandomState
from numpy.typing import NDArray
from PIL import Image

from autograder.errors import DataError

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

TRAIN_DIGITS, HIDDEN_DIGITS = 1200, 300
"""Of the 1797: these to train on, these nobody sees, the rest to test on."""
TRAIN, TEST, HIDDEN_SHAPES = 2000, 500, 500
CLASSES = 10
NOISE = 30
"""Of 256 grey levels: the most that noise adds to or takes from a pixel."""


def mnist() -> dict[str, NDArray[Any]]:
    """Return real handwritten digits as `keras.datasets.mnist` gives them: uint8[N, 28, 28] and uint8[N].

    1200 to train on, 297 to test on.
    """
    images, labels = _digits()
    shown = np.r_[:TRAIN_DIGITS, TRAIN_DIGITS + HIDDEN_DIGITS : len(images)]
    return _split(images[shown], labels[shown], TRAIN_DIGITS)


def mnist_hidden() -> dict[str, NDArray[Any]]:
    """Return 300 digits that are not in `mnist`, written by the same hands: `x`, uint8[300, 28, 28], and `y`."""
    images, labels = _digits()
    held = slice(TRAIN_DIGITS, TRAIN_DIGITS + HIDDEN_DIGITS)
    return {"x": images[held], "y": labels[held]}


def _digits() -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return the 1797 digits of scikit-learn's `load_digits`, shuffled, 8 × 8 resized to 28 × 28, and their labels.

    Source: E. Alpaydin and C. Kaynak, Optical Recognition of Handwritten Digits, UCI repository, 1998.
    """
    try:
        from sklearn.datasets import load_digits  # a second to import: only where its digits are asked for
    except ImportError:
        raise DataError(
            f"stand-in data are scikit-learn's digits, and {sys.executable} has none: "
            f"run `{sys.executable} -m pip install scikit-learn`"
        ) from None

    digits = load_digits()
    order = RandomState(0).permutation(len(digits.images))
    small = np.rint(digits.images[order] * (255 / 16)).astype(np.uint8)
    images = np.stack([np.asarray(Image.fromarray(one).resize((28, 28), Image.Resampling.BILINEAR)) for one in small])
    return images, digits.target[order].astype(np.uint8)


def cifar10() -> dict[str, NDArray[Any]]:
    """Return coloured shapes as `keras.datasets.cifar10` gives its images: uint8[N, 32, 32, 3] and uint8[N, 1].

    2000 to train on, 500 to test on; the ten classes are those of `SHAPES`.
    """
    random = RandomState(1)
    labels = _labels(random, TRAIN + TEST)
    return _split(_coloured(random, labels), labels[:, None], TRAIN)


def cifar10_hidden() -> dict[str, NDArray[Any]]:
    """Return 500 coloured shapes that are not in `cifar10`: `x`, uint8[500, 32, 32, 3], and `y`, uint8[500, 1]."""
    random = RandomState(3)
    labels = _labels(random, HIDDEN_SHAPES)
    return {"x": _coloured(random, labels), "y": labels[:, None]}


def _coloured(random: RandomState, labels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    shapes = _draw(random, labels, 32)[..., None]
    ground, ink = _colours(random, len(labels), 3)
    return _print(random, shapes, ground, ink)


def fashion_mnist() -> dict[str, NDArray[Any]]:
    """Return light shapes on a dark ground as `keras.datasets.fashion_mnist` gives its images: uint8[N, 28, 28].

    2000 to train on, 500 to test on; the ten classes are those of `SHAPES`.
    """
    random = RandomState(2)
    labels = _labels(random, TRAIN + TEST)
    shapes = _draw(random, labels, 28)
    ground = random.randint(0, 40, (len(labels), 1, 1)).astype(float)
    ink = random.randint(110, 256, (len(labels), 1, 1)).astype(float)
    return _split(_print(random, shapes, ground, ink), labels, TRAIN)


def _split(images: NDArray[np.uint8], labels: NDArray[np.uint8], cut: int) -> dict[str, NDArray[Any]]:
    return {"x_train": images[:cut], "y_train": labels[:cut], "x_test": images[cut:], "y_test": labels[cut:]}


# --- Drawing ----------------------------------------------------------------------------------------------------------


def _inside(u: Floats, v: Floats) -> Bools:
    return np.less(np.maximum(np.abs(u), np.abs(v)), 0.9)


def _odd(u: Floats) -> Bools:
    bands: NDArray[np.int64] = np.floor((u + 1) * 2.5).astype(np.int64)
    return np.equal(bands % 2, 1)


SHAPES: tuple[Callable[[Floats, Floats], Bools], ...] = (
    lambda u, v: u * u + v * v < 1,  # a disc
    lambda u, v: (u * u + v * v < 1) & (u * u + v * v > 0.3),  # a ring
    _inside,  # a square
    lambda u, v: _inside(u, v) & (np.maximum(np.abs(u), np.abs(v)) > 0.5),  # a frame
    lambda u, v: (v < 0.8) & (2 * np.abs(u) < v + 1),  # a triangle
    lambda u, v: _inside(u, v) & (np.minimum(np.abs(u), np.abs(v)) < 0.28),  # a cross
    lambda u, v: _inside(u, v) & (np.abs(np.abs(u) - np.abs(v)) < 0.35),  # a diagonal cross
    lambda u, v: _inside(u, v) & _odd(v),  # bars across
    lambda u, v: _inside(u, v) & _odd(u),  # bars upright
    lambda u, v: _inside(u, v) & (_odd(u) ^ _odd(v)),  # a chequerboard
)
"""Which points of the plane a class covers, drawn within [-1, 1]²; arrays of one shape."""


def _labels(random: RandomState, count: int) -> NDArray[np.uint8]:
    return random.permutation(np.arange(count) % CLASSES).astype(np.uint8)


def _draw(random: RandomState, labels: NDArray[np.uint8], side: int) -> Bools:
    """Return one shape an image, bool[N, side, side], of any size, place and slight tilt."""
    u, v = _coordinates(random, len(labels), side)
    drawn = np.zeros(u.shape, bool)
    for label, shape in enumerate(SHAPES):
        chosen = labels == label
        drawn[chosen] = shape(u[chosen], v[chosen])
    return drawn


def _coordinates(random: RandomState, count: int, side: int) -> tuple[Floats, Floats]:
    """Return where each pixel lies in the frame of its image's shape: two float64[count, side, side]."""

    def drawn(low: float, high: float) -> Floats:
        return random.uniform(low, high, (count, 1, 1))

    radius = drawn(side * 0.22, side * 0.38)
    x, y = (np.arange(side) - side / 2 - drawn(-1, 1) * (side / 2 - radius) for _ in range(2))
    y = np.swapaxes(y, 1, 2)
    tilt = drawn(-0.12, 0.12)  # the tangent of half the angle: a rotation without sines
    cosine, sine = (1 - tilt * tilt) / (1 + tilt * tilt), 2 * tilt / (1 + tilt * tilt)
    return (cosine * x + sine * y) / radius, (cosine * y - sine * x) / radius


def _colours(random: RandomState, count: int, channels: int) -> tuple[Floats, Floats]:
    """Return a ground and a lighter ink an image, float64[count, 1, 1, channels], of any hue."""
    ground = random.uniform(0, 100, (count, 1, 1, channels))
    return ground, ground + random.uniform(40, 150, ground.shape)


def _print(random: RandomState, shapes: Bools, ground: Floats, ink: Floats) -> NDArray[np.uint8]:
    """Return the shapes in their colours with noise on every pixel and channel, as bytes."""
    images = np.where(shapes, ink, ground)
    images += random.randint(-NOISE, NOISE + 1, images.shape)
    return np.clip(np.rint(images), 0, 255).astype(np.uint8)
