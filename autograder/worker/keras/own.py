"""What is the student's own in a layer of Keras: a function as its activation, a `call` that goes on in `super()`'s."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from autograder.worker.keras.functions import is_framework, is_keras_own
from autograder.worker.keras.pristine import ORIGINAL
from autograder.worker.keras.records import keras_class
from autograder.worker.keras.symbols import is_open
from autograder.worker.keras.tensorflow import symbolic_function

_HELD = frozenset(("layer", "forward_layer", "backward_layer", "layers"))
"""What layers of Keras's keep those in that they are handed."""


def students_activation(layer: Any) -> Any:
    function = getattr(layer, "__dict__", {}).get("activation")
    return function if is_students(function) else None


def own_cell(layer: Any) -> Any:
    """Return the cell of an RNN of Keras's, wrapped or not, where its code or that of one in it is not Keras's."""
    import keras

    if isinstance(layer, keras.layers.Bidirectional):
        layer = layer.forward_layer
    cell = getattr(layer, "cell", None) if isinstance(layer, keras.layers.RNN) else None
    if cell is None or not is_framework(type(layer)):
        return None
    cells = cell.cells if type(cell) is keras.layers.StackedRNNCells else [cell]
    return None if all(is_framework(type(one)) and "call" not in vars(one) for one in cells) else cell


def holds_own_code(layer: Any) -> bool:
    """Whether a layer of Keras's that others are handed to holds one of the student's own, which is not followed."""
    said = getattr(layer, "__dict__", {})
    held = [said.get("_layers"), *(said[name] for name in _HELD & said.keys())]
    inner = [one for value in held for one in (value if isinstance(value, list) else [value]) if hasattr(one, "call")]
    inner = [one for one in inner if one is not said.get("activation")]  # it is followed by itself
    if not inner or not is_framework(type(layer)) or type(layer).__name__ in ("TimeDistributed", "RNN"):
        return False
    return any("call" in vars(one) or not is_framework(keras_class(one)) for one in inner)


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
    if base is type(layer):
        base = None  # nothing of it is the student's own
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
