"""TensorFlow functions on symbolic tensors: `tf.nn.relu(x)` in the `call` of a student's model.

Keras 3 refuses them: its KerasTensor is no TensorFlow tensor. While `followed()` is open, a TensorFlow function that
received a KerasTensor becomes a Keras operation instead, so that a model written this way is read like any other. It
rests on TensorFlow's own fallback: a function that cannot convert its arguments asks the registered dispatchers.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

KERAS_NAMES = {"Concat": "Concatenate", "ReduceMean": "Mean", "ReduceMax": "Max", "ReduceSum": "Sum"}
"""TensorFlow's names that Keras spells otherwise."""

_DECORATION = re.compile(r"(_v\d+|_dispatch)+$")
"""What TensorFlow adds to the names of its own functions: `softmax_v2`, `_add_dispatch`."""
_open = 0


@contextmanager
def followed() -> Iterator[None]:
    """Turn TensorFlow functions called on symbolic tensors into operations. Does nothing without TensorFlow."""
    global _open
    if "tensorflow" in sys.modules:
        _register()
    _open += 1
    try:
        yield
    finally:
        _open -= 1


@cache
def _register() -> None:
    """Register the dispatcher, for good: TensorFlow offers no way back, so it stands aside unless `_open`."""
    import keras
    import tensorflow as tf

    class TensorFlowFunction(keras.Operation):  # type: ignore[misc]
        def __init__(self, function: Callable[..., Any]) -> None:
            super().__init__(name=None)
            self.function = function
            self.autograder_class_name = _class_name(function)

        def call(self, *args: Any, **kwargs: Any) -> Any:
            return self.function(*args, **kwargs)

    class Dispatcher(tf.__internal__.dispatch.GlobalOpDispatcher):  # type: ignore[misc]
        def handle(self, function: Callable[..., Any], args: Any, kwargs: Any) -> Any:
            flat = keras.tree.flatten((args, kwargs))
            if not _open or not any(isinstance(item, keras.KerasTensor) for item in flat):
                return self.NOT_SUPPORTED
            return TensorFlowFunction(function)(*args, **kwargs)

    Dispatcher().register()


def _class_name(function: Callable[..., Any]) -> str:
    """Return the name Keras would give it: `tf.nn.leaky_relu` is LeakyRelu, `tf.nn.softmax` (`softmax_v2`) Softmax."""
    name = _DECORATION.sub("", function.__name__.strip("_"))
    camel = "".join(part.capitalize() for part in name.split("_"))
    return KERAS_NAMES.get(camel, camel)
