"""Numbers drawn at random, shown to student code that asks for some: followed twice, on others, it does the same."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from autograder.worker.keras.symbols import BATCH, Following, Shape, current, is_open, suspended


def numbers(keras: Any) -> Iterator[tuple[Any, str, Any]]:
    """Show numbers drawn at random to code that wants some. Followed twice on other numbers, it should do the same."""
    symbol = keras.KerasTensor
    shape, keep = _shape_of(symbol)

    def read(convert: Callable[[Any], Any], name: str) -> Callable[..., Any]:
        original = getattr(symbol, name, None)

        def asked(self: Any, *args: Any, **kwargs: Any) -> Any:
            if not is_open():
                if original is None:
                    raise AttributeError(name)
                return original(self, *args, **kwargs)
            current[-1].asked_numbers = True
            return convert(_value(self, current[-1]))

        return asked

    yield symbol, "__float__", read(float, "__float__")
    yield symbol, "__int__", read(int, "__int__")
    yield symbol, "__index__", read(int, "__index__")
    yield symbol, "__bool__", read(bool, "__bool__")
    yield symbol, "__array__", read(np.asarray, "__array__")
    yield symbol, "numpy", read(np.asarray, "numpy")
    yield symbol, "__array_ufunc__", _ufunc
    yield symbol, "item", read(lambda value: value.item(), "item")
    yield symbol, "shape", property(lambda self: Shape(shape(self)), keep)
    yield symbol, "get_shape", lambda self: Shape(shape(self))


def _shape_of(symbol: Any) -> tuple[Callable[[Any], Any], Callable[[Any, Any], None] | None]:
    """Return what gives a symbolic tensor's shape, and what keeps one it is given: None, where nothing may be given.

    It is a property of its class, or, of an older Keras 3, an attribute of its own.
    """
    own = getattr(symbol, "shape", None)
    if isinstance(own, property) and own.fget:
        return own.fget, own.fset
    return lambda tensor: vars(tensor)["shape"], lambda tensor, shape: vars(tensor).update(shape=shape)


def _ufunc(self: Any, ufunc: Any, method: str, *args: Any, **kwargs: Any) -> Any:
    """NumPy's arithmetic on symbolic tensors is Keras's: `mean * x` where the mean is an array."""
    keras = sys.modules["keras"]
    operation = getattr(keras.ops, ufunc.__name__, None)
    if method != "__call__" or kwargs or operation is None:
        return NotImplemented
    return operation(*(typed(one, str(self.dtype)) for one in args))


def typed(value: Any, dtype: str) -> Any:
    """Return NumPy's numbers as TensorFlow takes them beside a tensor of this type; anything else as it is."""
    beside = isinstance(value, np.ndarray | np.generic) and value.dtype.kind == "f" and "float" in dtype
    if not beside or str(value.dtype) == dtype:
        return value
    return value.item() if value.ndim == 0 else value.astype(dtype if dtype != "bfloat16" else "float32")


def _value(tensor: Any, following: Following) -> Any:
    """Return numbers for a symbolic tensor: those its calls make of numbers drawn at random."""
    keras = sys.modules["keras"]
    with suspended():
        waiting = [tensor]
        while waiting:
            one = waiting[-1]
            node = _node(one)
            missing = [] if node is None else [t for t in node.input_tensors if id(t) not in following.values]
            if missing:
                waiting.extend(missing)
                continue
            waiting.pop()
            made = [(one, _drawn(one, following))] if node is None else _computed(node, following)
            following.kept.extend(made_one for made_one, _ in made)
            following.values.update((id(made_one), value) for made_one, value in made)
        return np.asarray(keras.ops.convert_to_numpy(following.values[id(tensor)]))


def _computed(node: Any, following: Following) -> list[tuple[Any, Any]]:
    keras = sys.modules["keras"]
    args, kwargs = node.arguments.fill_in(following.values)
    return list(zip(node.outputs, keras.tree.flatten(node.operation(*args, **kwargs)), strict=False))


def _node(tensor: Any) -> Any:
    history = getattr(tensor, "_keras_history", None)
    if history is None or history.operation is None:
        return None
    node = history.operation._inbound_nodes[history.node_index]
    return None if type(history.operation).__name__ == "InputLayer" else node


def _drawn(tensor: Any, following: Following) -> Any:
    keras = sys.modules["keras"]
    array = getattr(tensor, "autograder_constant", None)
    if array is None:
        draw = np.random.default_rng(following.seed)
        sizes = [BATCH if size is None else size for size in tensor.shape]
        array = draw.integers(0, 2, sizes) if "int" in str(tensor.dtype) else draw.normal(size=sizes)
    return keras.ops.convert_to_tensor(array, dtype=tensor.dtype)
