"""Examples as a network takes them: their range, dtype and shape, and what is refused."""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray

from autograder.wire.examples import prepare_inputs, prepare_labels
from autograder.wire.messages import Preparation

TEN = Preparation(10)
IMAGES = np.arange(2 * 4 * 6, dtype=np.uint8).reshape(2, 4, 6)

images = arrays.arrays(np.uint8, arrays.array_shapes(min_dims=2, max_dims=4, max_side=5))
scales = st.tuples(st.floats(-10, 10, width=32), st.floats(-10, 10, width=32))


# --- Inputs -----------------------------------------------------------------------------------------------------------


@given(images, scales)
def test_bytes_become_floats_of_the_range_asked_for(raw: NDArray[Any], scale: tuple[float, float]) -> None:
    found = prepare_inputs(raw, Preparation(10, scale), None)
    assert (found.dtype.name, found.shape) == ("float32", raw.shape)
    low, high = scale
    np.testing.assert_allclose(found, low + (high - low) * raw.astype(np.float64) / 255, rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize(("scale", "ends"), [((0.0, 1.0), [0, 1]), ((-1.0, 1.0), [-1, 1]), ((0.0, 255.0), [0, 255])])
def test_the_ends_of_the_range(scale: tuple[float, float], ends: list[float]) -> None:
    raw = np.array([[0], [255]], np.uint8)
    np.testing.assert_allclose(prepare_inputs(raw, Preparation(10, scale), None).ravel(), ends, atol=1e-6)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int16, np.int8])
def test_what_is_no_byte_is_left_as_it_is(dtype: type) -> None:
    raw: NDArray[Any] = IMAGES.astype(dtype)
    found = prepare_inputs(raw, Preparation(10, (-1, 1)), (24,))
    assert found.dtype == dtype
    np.testing.assert_array_equal(found, raw.reshape(2, 24))


def test_the_examples_given_are_not_changed() -> None:
    raw = IMAGES.copy()
    raw.flags.writeable = False  # as the shelf's arrays are
    prepare_inputs(raw, Preparation(10, (-1, 1)), None)
    np.testing.assert_array_equal(raw, IMAGES)


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        (None, (4, 6)),
        ((4, 6), (4, 6)),
        ((24,), (24,)),
        ((4, 6, 1), (4, 6, 1)),
        ((None,), (24,)),
        ((None, 6), (4, 6)),
        ((3, None, 2), (3, 4, 2)),
        ((None, 24), (1, 24)),
    ],
)
def test_each_example_has_the_shape_asked_for(shape: tuple[int | None, ...] | None, expected: tuple[int, ...]) -> None:
    found = prepare_inputs(IMAGES, TEN, shape)
    assert found.shape == (2, *expected)
    np.testing.assert_allclose(found.ravel() * 255, IMAGES.ravel(), atol=1e-3)


@given(images, st.data())
def test_one_open_size_is_filled_in(raw: NDArray[Any], data: st.DataObject) -> None:
    shape = list(raw.shape[1:])
    position = data.draw(st.integers(0, len(shape) - 1))
    wanted: list[int | None] = [*shape[:position], None, *shape[position + 1 :]]
    assert prepare_inputs(raw, TEN, wanted).shape == raw.shape


@pytest.mark.parametrize(
    "shape", [(25,), (4, 5), (5, None), (None, None), (0, None), (-1,), (4, -6), (), (24, 0), (None, 48)]
)
def test_examples_that_do_not_fill_a_shape(shape: tuple[int | None, ...]) -> None:
    with pytest.raises(ValueError, match=f"^examples of 24 numbers do not fill the shape {re.escape(str(shape))}$"):
        prepare_inputs(IMAGES, TEN, shape)


# --- Labels -----------------------------------------------------------------------------------------------------------

labels = st.integers(1, 50).flatmap(
    lambda classes: st.tuples(
        st.just(classes), st.lists(st.integers(0, classes - 1), max_size=20), st.sampled_from((np.uint8, np.int64))
    )
)


@given(labels, st.booleans())
def test_labels_are_flat_and_whole(drawn: tuple[int, list[int], type], column: bool) -> None:
    classes, values, dtype = drawn
    raw: NDArray[Any] = np.array(values, dtype)
    found = prepare_labels(raw[:, None] if column else raw, Preparation(classes))
    assert (found.dtype.name, found.shape) == ("int64", (len(values),))
    assert found.tolist() == values


@given(labels)
def test_one_hot_labels_are_rows_with_a_single_one(drawn: tuple[int, list[int], type]) -> None:
    classes, values, dtype = drawn
    found = prepare_labels(np.array(values, dtype)[:, None], Preparation(classes, one_hot=True))
    assert (found.dtype.name, found.shape) == ("float32", (len(values), classes))
    assert math.prod(found.shape) == 0 or set(found.ravel()) <= {0, 1}
    assert found.sum(axis=1).tolist() == [1] * len(values)
    assert found.argmax(axis=1).tolist() == values


@pytest.mark.parametrize("one_hot", [False, True])
@pytest.mark.parametrize("values", [[0, 10], [-1, 3], [2**63 - 1, 2]])
def test_labels_that_are_no_class(values: list[int], one_hot: bool) -> None:
    said = f"labels from {min(values)} to {max(values)} are not 10 classes"
    with pytest.raises(ValueError, match=f"^{said}$"):
        prepare_labels(np.array(values), Preparation(10, one_hot=one_hot))


def test_images_are_given_with_their_channels_first() -> None:
    raw = np.arange(2 * 4 * 5 * 3).reshape(2, 4, 5, 3)
    np.testing.assert_array_equal(prepare_inputs(raw, TEN, (3, 4, 5)), raw.transpose(0, 3, 1, 2))
    np.testing.assert_array_equal(prepare_inputs(raw, TEN, (4, 5, 3)), raw)
