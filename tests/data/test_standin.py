"""The stand-ins: the formats of keras.datasets, the same images everywhere, and classes that can be told apart."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from autograder.data import standin

Arrays = Mapping[str, NDArray[Any]]
MAKERS: tuple[Callable[[], Arrays], ...] = (standin.mnist, standin.cifar10, standin.fashion_mnist)


@pytest.mark.parametrize(
    ("make", "train", "test", "image", "label"),
    [
        (standin.mnist, 1200, 297, (28, 28), ()),
        (standin.cifar10, 2000, 500, (32, 32, 3), (1,)),
        (standin.fashion_mnist, 2000, 500, (28, 28), ()),
    ],
)
def test_the_format_is_that_of_keras(
    make: Callable[[], Arrays], train: int, test: int, image: tuple[int, ...], label: tuple[int, ...]
) -> None:
    arrays = make()
    assert {name: array.shape for name, array in arrays.items()} == {
        "x_train": (train, *image),
        "y_train": (train, *label),
        "x_test": (test, *image),
        "y_test": (test, *label),
    }
    assert {array.dtype for array in arrays.values()} == {np.dtype(np.uint8)}


@pytest.mark.parametrize("make", MAKERS)
def test_every_class_is_in_both_parts_and_bytes_are_used_whole(make: Callable[[], Arrays]) -> None:
    arrays = make()
    for part in ("train", "test"):
        counts = np.bincount(arrays[f"y_{part}"].ravel(), minlength=10)
        assert len(counts) == 10
        assert counts.min() > 0.7 * counts.mean()
    assert arrays["x_train"].max() > 240
    assert arrays["x_train"].min() == 0


@pytest.mark.parametrize("make", MAKERS)
def test_made_twice_is_made_the_same(make: Callable[[], Arrays]) -> None:
    first, second = make(), make()
    for name, array in first.items():
        np.testing.assert_array_equal(array, second[name])


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (standin.cifar10_hidden, "a40a9dfe0b0228948ffc255a0e252e01de6fcceabd97d8f8ad58855ab29e6f4f"),
        (standin.cifar10, "bfb64357ac5c63884726513f55f825ff161506e1f3694c31925b7f811f24179d"),
        (standin.fashion_mnist, "96723fd88152d1666fbc355369e31df713b7160244d62fd257e50a9f0a2c234d"),
    ],
)
def test_generated_images_are_the_same_on_every_machine(make: Callable[[], Arrays], expected: str) -> None:
    assert hashlib.sha256(b"".join(array.tobytes() for array in make().values())).hexdigest() == expected


def test_no_image_is_in_both_parts() -> None:
    for make in MAKERS:
        arrays = make()
        train = {image.tobytes() for image in arrays["x_train"]}
        assert not any(image.tobytes() in train for image in arrays["x_test"])


def test_digits_are_the_digits_of_their_labels() -> None:
    """The nearest mean image of the training part names four test digits in five, and four hidden ones."""
    arrays, hidden = standin.mnist(), standin.mnist_hidden()
    means = np.stack([arrays["x_train"][arrays["y_train"] == label].mean(axis=0) for label in range(10)])
    for images, labels in ((arrays["x_test"], arrays["y_test"]), (hidden["x"], hidden["y"])):
        distances = ((images[:, None] - means) ** 2).sum(axis=(2, 3))
        assert (distances.argmin(axis=1) == labels).mean() > 0.8


def test_no_hidden_digit_can_be_looked_up() -> None:
    arrays, hidden = standin.mnist(), standin.mnist_hidden()
    assert {name: (array.shape, array.dtype) for name, array in hidden.items()} == {
        "x": ((300, 28, 28), np.dtype(np.uint8)),
        "y": ((300,), np.dtype(np.uint8)),
    }
    assert np.bincount(hidden["y"], minlength=10).min() >= 20
    known = {image.tobytes() for part in ("train", "test") for image in arrays[f"x_{part}"]}
    assert len(known) == 1497
    assert not any(image.tobytes() in known for image in hidden["x"])


def test_no_hidden_shape_can_be_looked_up() -> None:
    arrays, hidden = standin.cifar10(), standin.cifar10_hidden()
    assert {name: (array.shape, array.dtype) for name, array in hidden.items()} == {
        "x": ((500, 32, 32, 3), np.dtype(np.uint8)),
        "y": ((500, 1), np.dtype(np.uint8)),
    }
    assert np.bincount(hidden["y"].ravel()).tolist() == [50] * 10
    known = {image.tobytes() for part in ("train", "test") for image in arrays[f"x_{part}"]}
    assert not any(image.tobytes() in known for image in hidden["x"])


def test_mean_images_do_not_tell_the_shapes_apart() -> None:
    """Place, size and colour vary: what a class has in common is its shape."""
    arrays = standin.cifar10()
    labels = arrays["y_train"].ravel()
    means = np.stack([arrays["x_train"][labels == label].mean(axis=0) for label in range(10)])
    distances = ((arrays["x_test"][:, None] - means) ** 2).sum(axis=(2, 3, 4))
    assert (distances.argmin(axis=1) == arrays["y_test"].ravel()).mean() < 0.35
