"""Inside a room: what a check gives student code, made from its records.

Arrays, texts, numbers; symbolic tensors; networks and functions of the course; what the notebook calls by a name.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from autograder.wire import codec, functions
from autograder.wire.messages import (
    Argument,
    Array,
    Built,
    Function,
    Named,
    Pairs,
    RandomGenerator,
    Scalar,
    Several,
    Symbolic,
    Tensor,
    Text,
)
from autograder.worker.frameworks import RUNTIMES
from autograder.worker.keras.allowed_layers import make_layer
from autograder.worker.keras.version import require_keras_3


class NotThere(Exception):
    """An argument stands for a name that the notebook does not have."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class Arguments:
    """Makes arguments from their records."""

    def __init__(self, names: Mapping[str, Any], blobs: list[bytes]) -> None:
        """`names` is the notebook's namespace; `blobs` are the bytes of the arrays."""
        self._names = names
        self._blobs = blobs

    def array(self, record: Array) -> Any:
        """Return an array, read-only. Raise WireError where it does not fit its bytes."""
        return codec.array_value(record, self._blobs)

    def call(
        self, function: Any, args: list[Argument], kwargs: Mapping[str, Argument], *before: Any
    ) -> tuple[Any, list[Any]]:
        """Call `function` on `before` and these arguments; return its result, and the symbolic tensors it was given.

        Raises NotThere where a name is missing, and whatever the function raises.
        """
        symbols: list[Any] = []
        positional = [self._made(argument, symbols) for argument in args]
        named = {key: self._made(argument, symbols) for key, argument in kwargs.items()}
        return function(*before, *positional, **named), symbols

    def _made(self, argument: Argument, symbols: list[Any]) -> Any:
        match argument:
            case Symbolic(shape):
                symbols.append(_keras().Input(shape=shape))
                return symbols[-1]
            case Array():
                return self.array(argument).copy()  # the student's function may write into it
            case Tensor(library, array):
                return _tensor(library, self.array(array).copy())
            case RandomGenerator(seed):
                return np.random.default_rng(seed)
            case Several(kind, items):
                values = [self._made(item, symbols) for item in items]
                return {"list": list, "tuple": tuple, "set": set}[kind](values)
            case Pairs(pairs):
                return {self._made(key, symbols): self._made(value, symbols) for key, value in pairs}
            case Text(value):
                return value
            case Scalar():
                return codec.scalar_value(argument)
            case Named(name):
                if name not in self._names:
                    raise NotThere(name)
                return self._names[name]
            case Function(source):
                return functions.make(source, _MATHEMATICS)
            case Built():
                return _network(argument)
        raise TypeError(f"a {type(argument).__name__} is not an argument")


def named_in(argument: Argument) -> list[str]:
    """Return the names of the notebook that an argument stands for."""
    match argument:
        case Named(name):
            return [name]
        case Several(items=items):
            return [name for item in items for name in named_in(item)]
        case Pairs(pairs):
            return [name for pair in pairs for item in pair for name in named_in(item)]
    return []


def _tensor(library: str, array: Any) -> Any:
    return next(one for one in RUNTIMES.values() if one.library == library).tensor(array)


def _keras() -> Any:
    require_keras_3()  # before Keras 3 is loaded here, beside the Keras 2 that the notebook works with
    keras = importlib.import_module("keras")
    require_keras_3()
    return keras


def _network(record: Built) -> Any:
    keras = _keras()
    given = made = keras.Input(record.input_shape)
    for layer in record.layers:
        made = make_layer(layer.cls, layer.config)(made)
    network = keras.Model(given, made)  # not a Sequential, which has no `output`
    if record.optimizer:
        network.compile(optimizer=record.optimizer, loss=record.loss or None, metrics=record.metrics or None)
    return network


class _Mathematics:
    """A function of `autograder.wire.functions`, in the library that its first argument is of: gradients go through."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __call__(self, *args: Any) -> Any:
        library = type(args[0]).__module__.partition(".")[0] if args else ""
        owner = next((one.operations[library] for one in RUNTIMES.values() if library in one.operations), "")
        return getattr(importlib.import_module(owner) if owner else np, self._name)(*args)


_MATHEMATICS = {name: _Mathematics(name) for name in functions.FUNCTIONS}
