"""The arrays of a set: what they are named, what they may be, what is said where they are not."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograder.errors import DataError

Arrays = Mapping[str, NDArray[Any]]
PUBLIC = ("x_train", "y_train", "x_test", "y_test")
HIDDEN = ("x", "y")
ENDS = ("x_train_ends", "x_test_ends")
"""Of sequences of unequal length, where each ends; other sets do without."""
NUMBERS = r"(u?int(8|16|32|64)|float(16|32|64))"
TEXTS = r"U[1-9]\d{0,6}"
MAX_TEXT = 100_000
"""Characters of one text: an array has room for the longest in every row."""


def check_arrays(name: str, arrays: Arrays, *, hidden: bool, table: bool = False) -> None:
    """Raise DataError, naming the set, where `arrays` are not those of a set.

    A `table` may lack numbers (NaN).
    """
    for problem in _problems(arrays, HIDDEN if hidden else PUBLIC, table):
        raise DataError(f"data set {name}: {problem}; mend it, then `autograder data add {name} PATH` again")


def _problems(arrays: Arrays, expected: tuple[str, ...], table: bool) -> Iterator[str]:
    if missing := [key for key in expected if key not in arrays]:
        yield f"no array {', '.join(missing)}; given: {', '.join(arrays) or 'none'}, expected: {', '.join(expected)}"
    for inputs, labels in zip(expected[::2], expected[1::2], strict=True):
        ends = arrays.get(f"{inputs}_ends")
        yield from (
            _input_problems(inputs, arrays[inputs], table)
            if ends is None
            else _ends_problems(inputs, arrays[inputs], ends)
        )
        yield from _label_problems(labels, arrays[labels], quantities=table or arrays[inputs].ndim == 2)
        counts = len(arrays[inputs] if ends is None else ends), len(arrays[labels])
        if counts[0] != counts[1]:
            yield f"{inputs} has {counts[0]} examples and {labels} {counts[1]} labels, expected as many"
    forms = {_form(arrays[key]) for key in expected if key.startswith("x")}
    if len(forms) > 1:
        yield f"examples of x_train and x_test are not alike: {' and '.join(sorted(forms))}"
    kinds = {arrays[key].dtype.kind == "f" for key in expected if key.startswith("y")}
    if len(kinds) > 1:
        yield "labels are classes in one part and quantities in the other"


def _input_problems(key: str, inputs: NDArray[Any], table: bool) -> Iterator[str]:
    given = shown_array(dtype_name(inputs), inputs.shape)
    if inputs.dtype.kind == "U" and (table or inputs.ndim == 1):
        if not inputs.size:
            yield f"{key} is {given}, expected texts: N of them"
        elif inputs.dtype.itemsize // 4 > MAX_TEXT:
            yield f"{key} holds a text of more than {MAX_TEXT} characters"
    elif not re.fullmatch(NUMBERS, inputs.dtype.name):
        yield f"{key} is {given}, expected integers or floats of at most 64 bits, or texts"
    elif inputs.ndim < 2 or not inputs.size:
        yield f"{key} is {given}, expected images: N of them, each with at least one axis"
    elif inputs.dtype.kind == "f" and not table and not np.isfinite(inputs).all():
        yield f"{key} holds values that are not finite (NaN or infinity)"


def _ends_problems(key: str, values: NDArray[Any], ends: NDArray[Any]) -> Iterator[str]:
    if values.dtype.kind not in "ui" or values.ndim != 1:
        given = shown_array(values.dtype.name, values.shape)
        yield f"{key} is {given}, expected integers, one sequence after the other"
    elif ends.dtype.kind not in "ui" or ends.ndim != 1 or not ends.size:
        yield f"{key}_ends is {shown_array(ends.dtype.name, ends.shape)}, expected the end of each sequence"
    elif (np.diff(ends.astype(np.int64), prepend=0) < 0).any() or ends[-1] != len(values):
        yield f"{key}_ends does not go up to the {len(values)} values of {key}"


def _label_problems(key: str, labels: NDArray[Any], *, quantities: bool) -> Iterator[str]:
    given = shown_array(labels.dtype.name, labels.shape)
    if labels.dtype.kind == "f" and quantities:
        if not np.isfinite(labels).all():
            yield f"{key} holds values that are not finite (NaN or infinity)"
    elif labels.dtype.kind not in "ui":
        yield f"{key} is {given}, expected integers: labels from 0"
    if not labels.size or labels.shape not in ((labels.size,), (labels.size, 1)):
        yield f"{key} is {given}, expected one label an example: shape (N,) or (N, 1)"
    elif labels.dtype.kind in "ui" and labels.min() < 0:
        yield f"{key} holds the label {labels.min()}, expected integers from 0"


def _form(inputs: NDArray[Any]) -> str:
    """What two parts of a set have in common: their texts may be of any length."""
    return shown_array("text" if inputs.dtype.kind == "U" else inputs.dtype.name, inputs.shape[1:])


def classes_of(arrays: Arrays) -> int:
    """One more than the highest label; 1 where labels are quantities."""
    labels = [array for key, array in arrays.items() if key in ("y_train", "y_test", "y")]
    return 1 + max(0 if array.dtype.kind == "f" else int(array.max()) for array in labels)


def dtype_name(array: NDArray[Any]) -> str:
    return f"U{array.dtype.itemsize // 4}" if array.dtype.kind == "U" else array.dtype.name


def plain_array(array: NDArray[Any]) -> NDArray[Any]:
    """C-ordered and little-endian, copied only where it is not."""
    return np.ascontiguousarray(array, array.dtype.newbyteorder("<"))


def shown_array(dtype: str, shape: tuple[int, ...]) -> str:
    return f"{dtype}[{', '.join(map(str, shape))}]"
