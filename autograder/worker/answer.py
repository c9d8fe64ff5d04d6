"""Inside a room: turn what student code holds or returns into artifacts, plain data that may cross the wall."""

from __future__ import annotations

import difflib
import sys
import time
from collections.abc import Callable, Mapping as MappingType
from typing import Any

import numpy as np

from autograder.wire import codec
from autograder.wire.messages import (
    Answer,
    Answered,
    Argument,
    Array,
    Artifact,
    CallProbe,
    Fault,
    Items,
    Mapping,
    ModelProbe,
    Opaque,
    Probe,
    Scalar,
    Symbolic,
    Text,
    VariableProbe,
)
from autograder.worker import keras_reader

DEPTH = 8
ITEMS = 10_000
TEXT_CHARS = 100_000
REPR_CHARS = 500
LOOKALIKES = 3

ExplainError = Callable[[BaseException, int | None, bool], Fault]


class TooLarge(Exception):
    """The answer is over a limit of size or depth."""


class Answerer:
    """Answers probes from the names the cells left behind."""

    def __init__(
        self, names: dict[str, Any], arguments: list[bytes], array_bytes: int, explain_error: ExplainError
    ) -> None:
        self._names = names
        self._arguments = arguments
        self._array_bytes = array_bytes
        self._explain_error = explain_error

    def answer(self, name: str, probe: Probe, interrupted: Callable[[], bool]) -> tuple[Answered, list[bytes]]:
        """Return the answer to `probe` and its blobs. Never raises: what goes wrong is a fault, and the student's."""
        started = time.perf_counter()
        blobs: list[bytes] = []
        answer: Answer
        try:
            answer = self._ask(probe, blobs)
        except TooLarge as error:
            answer = Fault(kind="size", message=str(error))
        except BaseException as error:
            answer = self._explain_error(error, None, interrupted())
        if isinstance(answer, Fault):
            blobs = []
        return Answered(name, time.perf_counter() - started, answer), blobs

    def _ask(self, probe: Probe, blobs: list[bytes]) -> Answer:
        encode = Encoder(blobs, self._array_bytes).encode
        match probe:
            case VariableProbe(name):
                return encode(self._names[name]) if name in self._names else self._missing(name)
            case ModelProbe(name, input_shape):
                if name not in self._names:
                    return self._missing(name)
                value = self._names[name]
                return keras_reader.read_model(value, input_shape) if _is_keras_model(value) else encode(value)
            case CallProbe(function, args, kwargs):
                return self._call(function, args, kwargs, encode) if function in self._names else self._missing(function)
            case _:
                raise TypeError(f"a {type(probe).__name__} is not for a room to answer")

    def _call(
        self,
        function: str,
        args: list[Argument],
        kwargs: dict[str, Argument],
        encode: Callable[[Any], Artifact],
    ) -> Artifact:
        symbols: list[Any] = []
        positional = [self._decode(argument, symbols) for argument in args]
        named = {key: self._decode(argument, symbols) for key, argument in kwargs.items()}
        result = self._names[function](*positional, **named)
        if symbols and _is_symbolic(result):
            return keras_reader.read_symbolic(result, symbols)
        return encode(result)

    def _decode(self, argument: Argument, symbols: list[Any]) -> Any:
        match argument:
            case Symbolic(shape):
                symbols.append(sys.modules["keras"].Input(shape=shape))
                return symbols[-1]
            case Array():
                return codec.array_value(argument, self._arguments).copy()  # the student's function may write into it
            case Items(kind, items):
                values = [self._decode(item, symbols) for item in items]  # type: ignore[arg-type]
                return {"list": list, "tuple": tuple, "set": set}[kind](values)
            case Mapping(pairs):
                return {self._decode(key, symbols): self._decode(value, symbols) for key, value in pairs}  # type: ignore[arg-type]
            case Text(value):
                return value
            case Scalar():
                return codec.scalar_value(argument)
        raise TypeError(f"a {type(argument).__name__} is not an argument")

    def _missing(self, name: str) -> Fault:
        known = [other for other in self._names if isinstance(other, str) and not other.startswith("_")]
        return Fault(kind="missing", error=name, names=difflib.get_close_matches(name, known, LOOKALIKES, cutoff=0.5))


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
        if value is None or isinstance(value, (bool, int, float, complex)) and type(value).__module__ == "builtins":
            return codec.scalar_record(value)
        if isinstance(value, str):
            return Text(str(value)[:TEXT_CHARS], len(value))
        if isinstance(value, (list, tuple)):
            return Items(_kind(value), [self.encode(item, depth + 1) for item in value])
        if isinstance(value, (set, frozenset)):
            return Items("set", [self.encode(item, depth + 1) for item in _in_order(value)])
        if isinstance(value, MappingType):
            return Mapping([(self.encode(key, depth + 1), self.encode(val, depth + 1)) for key, val in value.items()])
        if _is_keras_model(value):
            return keras_reader.read_model(value)
        array = _as_array(value)
        return self._opaque(value) if array is None else self._encode_array(array, depth)

    def _encode_array(self, array: Any, depth: int) -> Artifact:
        if array.dtype.kind == "V" and array.dtype.names is None:  # bfloat16 and its like, unknown to plain NumPy
            array = array.astype(np.float32)
        if array.dtype.kind not in codec.NUMERIC_KINDS:
            return self.encode(array.tolist(), depth + 1)
        self._bytes_left -= array.nbytes
        if self._bytes_left < 0:
            raise TooLarge(f"{array.dtype}{list(array.shape)} has {array.nbytes} bytes")
        return codec.array_record(array, self._blobs)

    def _opaque(self, value: Any) -> Opaque:
        cls = type(value)
        return Opaque(f"{cls.__module__}.{cls.__qualname__}"[:REPR_CHARS], repr(value)[:REPR_CHARS])


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
    framework = type(value).__module__.partition(".")[0]
    if framework == "torch" and hasattr(value, "detach"):
        return value.detach().cpu().numpy()
    if framework in ("tensorflow", "keras", "jax") and hasattr(value, "numpy"):
        return np.asarray(value.numpy())
    return None


def _is_keras_model(value: Any) -> bool:
    keras = sys.modules.get("keras")
    return keras is not None and isinstance(value, keras.Model)


def _is_symbolic(value: Any) -> bool:
    keras = sys.modules.get("keras")
    return keras is not None and isinstance(value, keras.KerasTensor)
