"""The symbolic tensors that student code is followed on, and whether it is followed now."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from autograder.worker.keras.version import weight_class

BATCH = 113
"""Examples in the batch that student code is followed on: a size nobody writes, so that it is known again in a shape,
and a number, so that `tf.shape(x)[0]` is one."""


@dataclass
class Following:
    """What student code did while it was followed, that no graph shows."""

    seed: int = 0
    """Of the numbers shown to code that asks for some."""
    losses: list[Any] = field(default_factory=list)
    """Symbolic tensors handed to `add_loss`."""
    asked_numbers: bool = False
    """Whether it asked a tensor for its numbers: then what it does next may depend on them."""
    values: dict[int, Any] = field(default_factory=dict)
    """Numbers that were shown, by the id of their tensor."""
    kept: list[Any] = field(default_factory=list)
    """Those tensors, so that no id is used twice."""


class Shape(tuple[Any, ...]):
    """A shape that may also be asked as TensorFlow's is."""

    def as_list(self) -> list[Any]:
        return list(self)

    @property
    def rank(self) -> int:
        return len(self)

    ndims = rank


class Dtype(str):
    """A type of numbers that may also be asked as TensorFlow's is."""

    @property
    def base_dtype(self) -> Dtype:
        return self

    @property
    def name(self) -> str:
        return str(self)

    @property
    def is_floating(self) -> bool:
        return "float" in self

    @property
    def as_numpy_dtype(self) -> Any:
        return np.dtype(str(self)).type


current: list[Following] = []
"""What is followed now: code within code, the innermost last."""


def is_open() -> bool:
    """Whether code is followed now, and not inside a graph that Keras or TensorFlow trace by themselves."""
    return bool(current) and not _inside_graph()


def _inside_graph() -> bool:
    tf = sys.modules.get("tensorflow")
    return tf is not None and bool(tf.inside_function())


@contextmanager
def suspended() -> Iterator[None]:
    """Compute what is computed inside, instead of following it."""
    open_now = current[:]
    current.clear()
    try:
        yield
    finally:
        current.extend(open_now)


def is_variable(value: object) -> bool:
    """Whether `value` is a weight, Keras's or TensorFlow's."""
    tf = sys.modules.get("tensorflow")
    return isinstance(value, weight_class()) or (tf is not None and isinstance(value, tf.Variable))


def is_followable(value: object) -> bool:
    """Whether an operation on `value` is to be symbolic."""
    keras = sys.modules["keras"]
    return isinstance(value, (keras.KerasTensor, weight_class()))


def stand_in(tensor: Any) -> Any:
    """Return a symbolic tensor like `tensor` that comes from nowhere, its open batch a number."""
    keras = sys.modules["keras"]
    sizes = tuple(tensor.shape)
    batch = BATCH if sizes and sizes[0] is None else sizes[0] if sizes else None
    return keras.KerasTensor((batch, *sizes[1:]) if sizes else (), dtype=tensor.dtype)


def constant(array: Any) -> Any:
    """Return a symbolic tensor that stands for these numbers."""
    keras = sys.modules["keras"]
    array = np.asarray(array)
    tensor = keras.KerasTensor(array.shape, dtype=keras.backend.standardize_dtype(array.dtype))
    tensor.autograder_constant = array
    return tensor
