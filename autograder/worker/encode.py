"""Inside a room: turn one value of the student's into an artifact, plain data that may cross the wall."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

import numpy as np

from autograder.wire import codec
from autograder.wire.messages import Array, Artifact, Dictionary, Items, Network, Opaque, Plots, Shape, Text
from autograder.worker import once, plots, tables
from autograder.worker.frameworks import RUNTIMES, runtime_of
from autograder.worker.keras import version as keras_version

DEPTH = 8
ITEMS = 10_000
TEXT_CHARS = 100_000
REPR_CHARS = 500


class TooLarge(Exception):
    """The answer is over a limit of size or depth."""


class Encoder:
    """Turns one value into an artifact, its arrays' bytes into `blobs`."""

    def __init__(self, blobs: list[bytes], array_bytes: int) -> None:
        self._blobs = blobs
        self._bytes_left = array_bytes
        self._items_left = ITEMS

    def encode(self, value: Any, depth: int = 0) -> Artifact:
        """Return the artifact of `value`. Raise TooLarge over a limit; whatever a student's own class raises passes."""
        self._items_left -= 1
        if depth > DEPTH or self._items_left < 0:
            raise TooLarge(f"over {ITEMS} values, or nested over {DEPTH} deep")
        if value is None or (isinstance(value, (bool, int, float, complex)) and type(value).__module__ == "builtins"):
            return codec.scalar_record(value)
        if isinstance(value, str):
            return Text(codec.plain_text(value)[:TEXT_CHARS], len(value))
        if isinstance(value, (list, tuple)):
            return Items(_kind(value), [self.encode(item, depth + 1) for item in value])
        if isinstance(value, (set, frozenset)):
            return Items("set", [self.encode(item, depth + 1) for item in _in_order(value)])
        if isinstance(value, Mapping):
            return Dictionary(
                [(self.encode(key, depth + 1), self.encode(val, depth + 1)) for key, val in value.items()]
            )
        if is_model(value):
            return read_model(value)
        if tables.is_missing(value):
            return codec.scalar_record(None)
        if isinstance(value, (datetime.date, datetime.time)):
            return self.encode(value.isoformat(), depth)
        if tables.is_table(value):
            return tables.read(value, self)
        if plots.is_figure(value):
            return self._figure(value)
        if tables.is_index(value):
            return self.encode(value.tolist(), depth)
        array = _as_array(value)
        return self._opaque(value) if array is None else self._encode_array(once.shortened(array), depth)

    def spend(self, size: int, what: str) -> None:
        """Count `size` bytes. Raise TooLarge, naming what has them, where that is too many."""
        self._bytes_left -= size
        if self._bytes_left < 0:
            raise TooLarge(f"{what} has {size} bytes")

    def array(self, array: Any) -> Array:
        """Return the record of a numeric array, its bytes among the blobs. Raise TooLarge."""
        self.spend(array.nbytes, f"{array.dtype}{list(array.shape)}")
        return codec.array_record(array, self._blobs)

    def adopt(self, blobs: list[bytes], what: str) -> int:
        """Take bytes among the blobs; return the place of the first. Raise TooLarge."""
        self.spend(sum(map(len, blobs)), what)
        self._blobs += blobs
        return len(self._blobs) - len(blobs)

    def _encode_array(self, array: Any, depth: int) -> Artifact:
        if array.dtype.kind == "V" and array.dtype.names is None:  # bfloat16 and its like, unknown to plain NumPy
            array = array.astype(np.float32)
        if array.dtype.kind not in codec.NUMERIC_KINDS:
            return self.encode(array.tolist(), depth + 1)
        return self.array(array)

    def _figure(self, value: Any) -> Plots:
        drawn: list[bytes] = []
        plot = plots.read_figure(plots.figure_of(value), drawn, self._bytes_left)
        first = self.adopt(drawn, "a figure")
        return Plots([plots.moved(plot, first)])

    def _opaque(self, value: Any) -> Opaque:
        cls = type(value)
        return Opaque(
            codec.plain_text(f"{cls.__module__}.{cls.__qualname__}")[:REPR_CHARS],
            codec.plain_text(repr(value))[:REPR_CHARS],
        )


def _kind(value: Any) -> Any:
    return "tuple" if isinstance(value, tuple) else "list"


def _in_order(values: Any) -> list[Any]:
    try:
        return sorted(values)
    except TypeError:
        return list(values)


def _as_array(value: Any) -> Any:
    """The NumPy array of an array, a NumPy scalar or a framework's tensor; None for anything else."""
    if isinstance(value, (np.ndarray, np.generic)):
        return np.asarray(value)
    package = type(value).__module__.partition(".")[0]
    framework = next((one for one in RUNTIMES.values() if package in one.tensors), None)
    return None if framework is None else framework.array(value)


def is_model(value: Any) -> bool:
    """Whether `value` is a network, of whichever framework."""
    return runtime_of(value) is not None


def read_model(value: Any, input_shape: Shape | None = None) -> Network:
    """Return the record of a network; `input_shape` is that of one example, batch left out.

    Raises TypeError for whatever is no network.
    """
    framework = runtime_of(value)
    if framework is None:
        raise TypeError(f"a {type(value).__name__} is no network")
    return framework.read(value, input_shape)


def is_symbolic(value: Any) -> bool:
    keras = keras_version.keras_3()
    return keras is not None and isinstance(value, keras.KerasTensor)
