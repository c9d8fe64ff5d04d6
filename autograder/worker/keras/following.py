"""Lets student code run on symbolic tensors, so that all it computes becomes a graph of Keras operations.

Keras 3 follows its own operations on its own symbolic tensors. Student code does more: it calls TensorFlow's functions,
computes with weights before any tensor is there, calls layers on constants, draws random numbers, asks tensors for
their shape as TensorFlow writes it, or for their numbers. While `followed()` is open, all of that is symbolic too; what
Keras and TensorFlow do among themselves, inside a graph they trace, is left alone.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any

import numpy as np

from autograder.worker.keras.numbers import numbers, typed
from autograder.worker.keras.pristine import ORIGINAL
from autograder.worker.keras.symbols import (
    Dtype,
    Following,
    constant,
    current,
    is_followable,
    is_open,
    suspended,
)
from autograder.worker.keras.tensorflow import register_dispatcher, symbolic_function
from autograder.worker.keras.told import remembering
from autograder.worker.keras.version import weight_class

_ABSENT = object()
_OPERATORS = {
    "__add__": "add",
    "__sub__": "subtract",
    "__mul__": "multiply",
    "__truediv__": "divide",
    "__floordiv__": "floor_divide",
    "__mod__": "mod",
    "__pow__": "power",
    "__matmul__": "matmul",
}
_RANDOM = ("normal", "uniform", "randint", "truncated_normal", "gamma", "beta", "binomial")


@contextmanager
def followed(seed: int = 0) -> Iterator[Following]:
    """Make what student code computes symbolic, and say afterwards what else it did."""
    keras = sys.modules["keras"]
    following = Following(seed)
    with ExitStack() as stack:
        if not current:
            register_dispatcher(is_open, is_followable)
            for owner, name, value in _patches(keras):
                _patch(stack, owner, name, value)
        current.append(following)
        try:
            yield following
        finally:
            current.pop()


def _patch(stack: ExitStack, owner: Any, name: str, value: Any) -> None:
    before = vars(owner).get(name, _ABSENT)
    setattr(owner, name, value)
    stack.callback(delattr, owner, name) if before is _ABSENT else stack.callback(setattr, owner, name, before)


def _patches(keras: Any) -> Iterator[tuple[Any, str, Any]]:
    yield from _symbolic_weights(keras)
    yield from _counted_repeats()
    yield from _numbers_beside(keras)
    yield from _symbolic_calls(keras)
    yield from numbers(keras)
    yield from _random(keras)
    yield from _tensorflow()


# --- Weights and constants --------------------------------------------------------------------------------------------


def _symbolic_weights(keras: Any) -> Iterator[tuple[Any, str, Any]]:
    """Operations on weights alone, `transpose(self.kernel)`, are symbolic."""
    weight, tensors = weight_class(), sys.modules["keras.src.backend.common.keras_tensor"]
    original = tensors.any_symbolic_tensors

    def any_symbolic(args: Any = None, kwargs: Any = None) -> bool:
        if original(args, kwargs):
            return True
        return is_open() and any(isinstance(one, weight) for one in keras.tree.flatten((args, kwargs)))

    for module in [one for name, one in sys.modules.items() if name.startswith("keras.src.")]:
        if vars(module).get("any_symbolic_tensors") is original:
            yield module, "any_symbolic_tensors", any_symbolic
    yield from _conversions(keras)
    for name, operation in _OPERATORS.items():
        function = getattr(keras.ops, operation)
        yield weight, name, _operator(keras, name, function, reflected=False)
        yield weight, f"__r{name[2:]}", _operator(keras, f"__r{name[2:]}", function, reflected=True)
    convert = weight.__tf_tensor__ if hasattr(weight, "__tf_tensor__") else None

    def refuse(self: Any, *args: Any, **kwargs: Any) -> Any:
        if is_open():
            raise TypeError("followed: the dispatcher makes this an operation")
        return convert(self, *args, **kwargs)  # type: ignore[misc]

    if convert is not None:
        yield weight, "__tf_tensor__", refuse
    yield weight, "__neg__", _operator(keras, "__neg__", keras.ops.negative, reflected=False)
    yield weight, "__getitem__", _operator(keras, "__getitem__", _item, reflected=False)
    for owner in (weight, keras.KerasTensor):
        dtype = getattr(owner, "dtype", None)
        if isinstance(dtype, property):
            yield owner, "dtype", property(partial(_dtype, dtype.fget))


def _conversions(keras: Any) -> Iterator[tuple[Any, str, Any]]:
    """`convert_to_tensor(self.kernel)` is symbolic; in an older Keras 3, where it is no operation, it is the weight."""
    core = sys.modules["keras.src.ops.core"]
    operation = getattr(core, "ConvertToTensor", None)
    if operation is not None:
        specify = operation.compute_output_spec

        def converted(self: Any, x: Any) -> Any:
            known = isinstance(x, weight_class())
            return keras.KerasTensor(tuple(x.shape), dtype=x.dtype) if known else specify(self, x)

        yield operation, "compute_output_spec", converted
        return
    convert = core.convert_to_tensor

    def unconverted(x: Any, *args: Any, **kwargs: Any) -> Any:
        return x if is_open() and isinstance(x, weight_class()) else convert(x, *args, **kwargs)

    for module in [one for name, one in sys.modules.items() if name.partition(".")[0] == "keras"]:
        if vars(module).get("convert_to_tensor") is convert:
            yield module, "convert_to_tensor", unconverted


def _numbers_beside(keras: Any) -> Iterator[tuple[Any, str, Any]]:
    """Beside a tensor, `x / np.sqrt(d)`, NumPy's numbers are of its type: Keras has it otherwise than TensorFlow."""
    for name in (*_OPERATORS, *(f"__r{name[2:]}" for name in _OPERATORS)):
        original = getattr(keras.KerasTensor, name, None)
        if original is not None:
            yield keras.KerasTensor, name, _of_its_type(original)


def _of_its_type(original: Callable[..., Any]) -> Callable[..., Any]:
    def applied(self: Any, other: Any) -> Any:
        return original(self, typed(other, str(self.dtype)) if is_open() else other)

    return applied


def _counted_repeats() -> Iterator[tuple[Any, str, Any]]:
    """`ops.repeat(weight, tf.shape(x)[0])` is told a number: Keras asks a tensor of one number for its length."""
    repeat = sys.modules["keras.src.ops.numpy"].Repeat
    begin = repeat.__init__

    def begun(self: Any, repeats: Any, *args: Any, **kwargs: Any) -> None:
        counted = is_open() and not is_followable(repeats) and getattr(repeats, "shape", None) == ()
        begin(self, int(repeats) if counted else repeats, *args, **kwargs)

    yield repeat, "__init__", begun


def _dtype(original: Any, tensor: Any) -> Dtype:
    return Dtype(original(tensor))


def _item(variable: Any, key: Any) -> Any:
    """A slice of a weight. Of `weight[None]`, Keras takes the key in a tuple alone."""
    return sys.modules["keras"].ops.get_item(variable, key if isinstance(key, tuple) else (key,))


def _operator(keras: Any, name: str, function: Callable[..., Any], *, reflected: bool) -> Callable[..., Any]:
    original = getattr(weight_class(), name)

    def apply(self: Any, *others: Any) -> Any:
        if not is_open():
            return original(self, *others)
        return function(*others, self) if reflected else function(self, *others)

    return apply


def _symbolic_calls(keras: Any) -> Iterator[tuple[Any, str, Any]]:
    """Layers called on constants alone are symbolic, and so are losses."""
    layer = keras.layers.Layer
    call, add_loss = layer.__call__, layer.add_loss
    for owner, name in ((layer, "_maybe_build"), (weight_class(), "_initialize")):
        yield owner, name, _aside(getattr(owner, name))

    def called(self: Any, *args: Any, **kwargs: Any) -> Any:
        flat = keras.tree.flatten((args, kwargs)) if is_open() else []
        if any(_is_array(one) for one in flat) and not any(is_followable(one) for one in flat):
            args, kwargs = keras.tree.map_structure(
                lambda one: constant(one) if _is_array(one) else one, (args, kwargs)
            )
        return kept(self, *args, **kwargs)

    kept = call if hasattr(call, ORIGINAL) else remembering(call)

    def loss_added(self: Any, loss: Any) -> None:
        symbols = [one for one in keras.tree.flatten(loss) if isinstance(one, keras.KerasTensor)]
        if is_open() and symbols:
            current[-1].losses.extend(symbols)
        else:
            add_loss(self, loss)

    yield layer, "__call__", called
    yield layer, "add_loss", loss_added


def _aside(original: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that is not followed: what builds a layer and draws its weights computes numbers."""

    @functools.wraps(original)
    def run(*args: Any, **kwargs: Any) -> Any:
        with suspended():
            return original(*args, **kwargs)

    return run


def _is_array(value: object) -> bool:
    return hasattr(value, "__array__") and not is_followable(value) and not isinstance(value, np.generic)


# --- Numbers that code asks for ---------------------------------------------------------------------------------------


# --- Random numbers, and TensorFlow -----------------------------------------------------------------------------------


def _random(keras: Any) -> Iterator[tuple[Any, str, Any]]:
    """Random numbers drawn by student code are an operation without input, not the numbers drawn this time."""
    backend = getattr(sys.modules["keras.src.backend"], "random", None)
    for name in _RANDOM:
        original = getattr(backend, name, None)
        if original is not None:
            yield backend, name, _symbolic_draw(f"Random{name.title().replace('_', '')}", original)
    tf = sys.modules.get("tensorflow")
    if tf is not None:
        for name in ("normal", "uniform", "truncated_normal"):
            drawn = getattr(tf.random, name)
            yield tf.random, name, _symbolic_draw(f"Random{name.title().replace('_', '')}", drawn)


def _symbolic_draw(name: str, original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def drawn(*args: Any, **kwargs: Any) -> Any:
        if not is_open():
            return original(*args, **kwargs)
        kwargs.pop("seed", None)
        return symbolic_function(original, name).symbolic_call(*args, **kwargs)

    return drawn


def _tensorflow() -> Iterator[tuple[Any, str, Any]]:
    """A function made with `tf.function` is the function it was made of."""
    tf = sys.modules.get("tensorflow")
    if tf is None:
        return
    compiled = type(tf.function(_nothing))
    original = compiled.__call__

    def called(self: Any, *args: Any, **kwargs: Any) -> Any:
        return self.python_function(*args, **kwargs) if is_open() else original(self, *args, **kwargs)

    yield compiled, "__call__", called


def _nothing() -> None:
    """Any function, to ask TensorFlow for the class of what it makes of one."""
