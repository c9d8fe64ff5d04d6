"""Inside a room: turn what student code holds or returns into artifacts, plain data that may cross the wall."""

from __future__ import annotations

import difflib
import math
import sys
import time
from collections.abc import Callable, Container
from collections.abc import Mapping as MappingType
from contextlib import AbstractContextManager
from types import FunctionType
from typing import Any, Protocol

import numpy as np

from autograder.wire import codec, examples
from autograder.wire.messages import (
    Answer,
    Answered,
    Argument,
    Array,
    Artifact,
    CallProbe,
    Curves,
    Examples,
    Fault,
    HistoryProbe,
    Items,
    Mapping,
    ModelProbe,
    Opaque,
    PredictionsProbe,
    Probe,
    Questions,
    Scalar,
    Shape,
    Symbolic,
    Text,
    TrainedByProbe,
    TrainedProbe,
    VariableProbe,
)
from autograder.worker import keras_reader

DEPTH = 8
ITEMS = 10_000
TEXT_CHARS = 100_000
REPR_CHARS = 500
LOOKALIKES = 8
CURVE_NAME = 200
"""Characters kept of a curve's name."""
CLOSE_LIKENESS, ANY_LIKENESS = 0.6, 0.0
"""difflib's ratio from which a name may be the one asked for: of any kind of value; of the very kind asked for."""


class Interrupts(Protocol):
    """What lets the host stop student code."""

    def armed(self) -> AbstractContextManager[None]:
        """Let interrupts through."""
        ...

    def seen(self) -> bool:
        """Whether one came."""
        ...


ExplainError = Callable[[BaseException, int | None, bool], Fault]


class TooLarge(Exception):
    """The answer is over a limit of size or depth."""


class Answerer:
    """Answers probes from the names the cells left behind."""

    def __init__(
        self,
        names: dict[str, Any],
        initial: Container[str],
        questions: Questions,
        blobs: list[bytes],
        explain: ExplainError,
    ) -> None:
        """`names` is the notebook's namespace, `initial` those of its names that were there before the first cell.

        `blobs` are the arrays of the questions' arguments.
        """
        self._names = names
        self._initial = initial
        self._arguments = blobs
        self._array_bytes = questions.array_bytes
        self._asked = {_wanted(probe)[0] for probe in questions.probes.values()}
        self._explain_error = explain

    def answer(self, name: str, probe: Probe, interrupts: Interrupts) -> tuple[Answered, list[bytes]]:
        """Return the answer to `probe` and its blobs. Never raises: what goes wrong is a fault, and the student's."""
        started = time.perf_counter()
        blobs: list[bytes] = []
        answer: Answer
        try:
            with interrupts.armed():
                answer = self._ask(probe, blobs)
        except TooLarge as error:
            answer = Fault(kind="size", message=str(error))
        except BaseException as error:
            answer = self._explain_error(error, None, interrupts.seen())
        if isinstance(answer, Fault):
            blobs = []
        return Answered(name, time.perf_counter() - started, answer), blobs

    def _ask(self, probe: Probe, blobs: list[bytes]) -> Answer:
        encode = Encoder(blobs, self._array_bytes).encode
        name, kind = _wanted(probe)
        if name not in self._names:
            return self._missing(name, kind)
        value = self._names[name]
        match probe:
            case VariableProbe():
                return encode(value)
            case ModelProbe(input_shape=input_shape) | TrainedProbe(input_shape=input_shape):
                return keras_reader.read_model(value, input_shape) if _is_keras_model(value) else encode(value)
            case CallProbe(args=args, kwargs=kwargs):
                return self._call(value, args, kwargs, encode)
            case HistoryProbe():
                return _curves(value) or encode(value)
            case TrainedByProbe(given=given, hidden=hidden, shape=shape) if given and hidden:
                trained = self._train(value, probe, given)
                return encode(_predict(trained, self._inputs(hidden, shape)))
            case PredictionsProbe(hidden=hidden, shape=shape) if hidden:
                return encode(_predict(value, self._inputs(hidden, shape)))
        raise TypeError(f"a {type(probe).__name__} is not for a room to answer")

    def _call(
        self,
        function: Any,
        args: list[Argument],
        kwargs: dict[str, Argument],
        encode: Callable[[Any], Artifact],
    ) -> Artifact:
        symbols: list[Any] = []
        positional = [self._decode(argument, symbols) for argument in args]
        named = {key: self._decode(argument, symbols) for key, argument in kwargs.items()}
        result = function(*positional, **named)
        if symbols and _is_symbolic(result):
            return keras_reader.read_symbolic(result, symbols)
        return encode(result)

    def _train(self, function: Any, probe: TrainedByProbe, given: Examples) -> Any:
        """Call the student's training function on the examples it is given."""
        assert given.labels is not None
        labels = examples.prepare_labels(codec.array_value(given.labels, self._arguments), given.preparation)
        positional = [self._decode(argument, []) for argument in probe.args]
        named = {key: self._decode(argument, []) for key, argument in probe.kwargs.items()}
        return function(self._inputs(given, probe.shape), labels, *positional, **named)

    def _inputs(self, given: Examples, shape: Shape | None) -> Any:
        inputs = examples.prepare_inputs(codec.array_value(given.inputs, self._arguments), given.preparation, shape)
        return inputs if inputs.flags.writeable else inputs.copy()  # the student's function may write into it

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

    def _missing(self, name: str, kind: type) -> Fault:
        """No such name. Those that might be meant: of the kind asked for, asked for by no other probe."""
        known = [
            other
            for other, value in self._names.items()
            if isinstance(value, kind) and other not in self._initial and other not in self._asked
        ]
        cutoff = CLOSE_LIKENESS if kind is object else ANY_LIKENESS
        return Fault(kind="missing", error=name, names=difflib.get_close_matches(name, known, LOOKALIKES, cutoff))


def _predict(trained: Any, inputs: Any) -> Any:
    """Ask what a training function returned for predictions: a Keras model, an object with `predict`, a function."""
    if _is_keras_model(trained):
        return trained.predict(inputs, verbose=0)
    predict = getattr(trained, "predict", trained)
    return predict(inputs)


def _curves(value: Any) -> Curves | None:
    """Return the curves of a Keras `History`, or of a dict of lists of numbers; None for anything else."""
    recorded = getattr(value, "history", value)
    if not isinstance(recorded, dict) or not recorded:
        return None
    try:
        values = {str(name)[:CURVE_NAME]: [_figure(one) for one in list(found)] for name, found in recorded.items()}
    except (TypeError, ValueError):
        return None
    asked = getattr(value, "params", None)
    epochs = asked.get("epochs") if isinstance(asked, dict) else None
    return Curves(values, epochs if type(epochs) is int else None)


def _figure(value: Any) -> float | None:
    number = float(value)
    return number if math.isfinite(number) else None


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
    framework = type(value).__module__.partition(".")[0]
    if framework == "torch" and hasattr(value, "detach"):
        return value.detach().cpu().numpy()
    if framework in ("tensorflow", "keras", "jax") and hasattr(value, "numpy"):
        return np.asarray(value.numpy())
    return None


def _wanted(probe: Probe) -> tuple[str, type]:
    """The name a probe asks for, and the kind of value it should be bound to."""
    match probe:
        case CallProbe(function) | TrainedByProbe(function):
            return function, FunctionType
        case ModelProbe(name) | TrainedProbe(name):
            return name, _keras_model_class()
        case VariableProbe(name) | HistoryProbe(name) | PredictionsProbe(name):
            return name, object
    return "", object


def _keras_model_class() -> type:
    keras = sys.modules.get("keras")
    model: type = keras.Model if keras is not None else Opaque  # Opaque: no student's value is one
    return model


def _is_keras_model(value: Any) -> bool:
    return isinstance(value, _keras_model_class())


def _is_symbolic(value: Any) -> bool:
    keras = sys.modules.get("keras")
    return keras is not None and isinstance(value, keras.KerasTensor)
