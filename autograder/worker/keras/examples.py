"""What a model is called with where nobody says: what it was called with before, or was built for, or a known shape."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

from autograder.wire.messages import Shape
from autograder.worker.keras.calls import shape
from autograder.worker.keras.records import is_symbolic
from autograder.worker.keras.symbols import suspended
from autograder.worker.keras.told import Given

Example = tuple[tuple[Any, ...], dict[str, Any]]
"""Positional and named arguments of a model's call."""


class NotThisWay(Exception):
    """This way of reading does not fit the model; the message says why, where it is worth a note."""


def build(model: Any, input_shape: Sequence[int | None] | None) -> None:
    """Let Keras build a model that never was. What goes wrong goes wrong again, and is said, when it is followed."""
    import keras

    if model.built:
        return
    try:
        args, kwargs = example(model, input_shape, lambda sizes: keras.Input(shape=sizes))
        with suspended(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model(*args, **kwargs)
    except Exception:
        return


def example(model: Any, input_shape: Sequence[int | None] | None, make: Callable[[Shape], Any]) -> Example:
    """Return the arguments of one call, each tensor made by `make` from its shape without the batch.

    The shapes are those of the model's graph, else those it was built with, else `input_shape`. Raise NotThisWay where
    there are none.
    """
    import keras

    def made(shapes: Any) -> Any:
        return keras.tree.map_shape_structure(lambda sizes: make(tuple(sizes[1:])), shapes)

    if isinstance(model, keras.Function):
        return (keras.tree.map_structure(lambda tensor: make(shape(tensor)[1:]), model.input),), {}
    remembered = vars(model).get("autograder_arguments")
    if remembered is not None:
        return keras.tree.map_structure(lambda one: _again(one, make), remembered)  # type: ignore[no-any-return]
    first = model.layers[0] if isinstance(model, keras.Sequential) and model.layers else model
    built = model.get_build_config() or first.get_build_config() or {}
    if "shapes_dict" in built:
        return (), {name.removesuffix("_shape"): made(shapes) for name, shapes in built["shapes_dict"].items()}
    if "input_shape" in built:
        return (made(built["input_shape"]),), {}
    if input_shape is None:
        raise NotThisWay("it was never built, and no input shape is known")
    return (make(tuple(input_shape)),), {}


def _again(value: Any, make: Callable[[Shape], Any]) -> Any:
    """Return what stands for one argument of a call: a tensor for a tensor, anything else as it was."""
    if not isinstance(value, Given):
        return value
    import keras

    tensor = make(tuple(value.shape[1:]))
    sizes = tuple(tensor.shape) if value.batched else value.shape
    if is_symbolic(tensor):
        alike = (sizes, value.dtype) == (tuple(tensor.shape), str(tensor.dtype))
        return tensor if alike else keras.KerasTensor(sizes, dtype=value.dtype)
    whole = keras.ops.broadcast_to(tensor[:1], sizes) if not value.batched else tensor
    return keras.ops.cast(whole, value.dtype)
