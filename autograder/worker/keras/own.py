"""What is the student's own in a layer of Keras: a function as its activation, a `call` that goes on in `super()`'s."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from autograder.worker.keras.functions import is_framework, is_keras_own
from autograder.worker.keras.pristine import ORIGINAL
from autograder.worker.keras.symbols import is_open
from autograder.worker.keras.tensorflow import symbolic_function


def students_activation(layer: Any) -> Any:
    function = getattr(layer, "__dict__", {}).get("activation")
    return function if is_students(function) else None


def is_students(function: Any) -> bool:
    """Whether it is a function that Keras does not know by its name: a student's, TensorFlow's, a layer of weights."""
    import keras

    if function is None or not callable(function) or is_keras_own(function):
        return False
    return not isinstance(function, keras.layers.Layer) or bool(function.weights) or not is_framework(type(function))


@contextmanager
def without_activation(layer: Any) -> Iterator[None]:
    """A function that Keras cannot serialise would cost the whole configuration."""
    import keras

    before = layer.activation
    object.__setattr__(layer, "activation", keras.activations.linear)
    try:
        yield
    finally:
        object.__setattr__(layer, "activation", before)


@contextmanager
def bases_recorded(layer: Any) -> Iterator[None]:
    """While the code of a subclass of a Keras layer runs, `super().call(x)` is a call of that Keras layer."""
    base = next((one for one in type(layer).__mro__ if is_framework(one) and "call" in vars(one)), None)
    if base is None or base.__name__ in ("Layer", "Lambda", "Model", "Sequential", "Functional", "Operation"):
        yield
        return
    original = vars(base)["call"]

    def recorded(self: Any, *args: Any, **kwargs: Any) -> Any:
        if self is not layer or not is_open():
            return original(self, *args, **kwargs)
        operation = symbolic_function(original.__get__(self), base.__name__)
        operation.autograder_layer, operation.autograder_base = layer, base
        return operation.symbolic_call(*args, **kwargs)

    setattr(recorded, ORIGINAL, original)
    base.call = recorded  # type: ignore[attr-defined]
    try:
        yield
    finally:
        base.call = original  # type: ignore[attr-defined]
