"""What layers and models were told when they were called, remembered until the calls are read: Keras forgets some."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from autograder.worker.keras.functions import parameters
from autograder.worker.keras.pristine import ORIGINAL, remember
from autograder.worker.keras.symbols import current
from autograder.worker.keras.version import keras_3


@dataclass(frozen=True)
class Given:
    """A tensor that a model was called with."""

    shape: tuple[int | None, ...]
    dtype: str
    batched: bool = True
    """Whether it has one entry for each example."""


def install() -> bool:
    """From now on, remember of each symbolic call whether it was told to be trained. Return whether there is a Keras.

    Keras writes the default of a layer's `training` where the caller's own would be: afterwards, a Dropout called with
    `training=False` and one called without are the same.
    """
    layers = getattr(keras_3(), "layers", None)
    if layers is None or hasattr(layers.Layer.__call__, ORIGINAL):
        return layers is not None
    layers.Layer.__call__ = remembering(layers.Layer.__call__)
    remember()
    return True


def remembering(original: Callable[..., Any]) -> Callable[..., Any]:
    """Return a layer's `__call__` that keeps, with each symbolic call, what Keras does not."""

    @functools.wraps(original)
    def called(self: Any, *args: Any, **kwargs: Any) -> Any:
        told = kwargs.get("training")
        outputs = original(self, *args, **kwargs)
        nodes = vars(self).get("_inbound_nodes")
        if nodes:
            vars(nodes[-1]).setdefault("autograder_training", told)
            vars(nodes[-1]).setdefault("autograder_live", bool(current))
        if not current and isinstance(self, sys.modules["keras"].Model):
            _remember_arguments(self, args, kwargs)
        return outputs

    setattr(called, ORIGINAL, original)
    return called


def _remember_arguments(model: Any, args: Any, kwargs: dict[str, Any]) -> None:
    """Keep what a model was called with: of several tensors, Keras keeps the first one's shape alone."""
    keras = sys.modules["keras"]
    kwargs = {key: value for key, value in kwargs.items() if key not in ("training", "mask", "name")}
    try:
        given = keras.tree.map_structure(_given, (args, kwargs))
    except Exception:  # tensors without a rank, in a graph that TensorFlow traces
        return
    tensors = [one for one in keras.tree.flatten(given) if isinstance(one, Given)]
    if len(tensors) > 1:
        batch = tensors[0].shape[0]
        vars(model).setdefault("autograder_arguments", keras.tree.map_structure(partial(_in_batch, batch), given))


def _in_batch(size: int | None, value: Any) -> Any:
    return replace(value, batched=value.shape[0] == size) if isinstance(value, Given) else value


def _given(value: Any) -> Any:
    if not hasattr(value, "shape") or not hasattr(value, "dtype") or not len(value.shape):
        return value
    kind = sys.modules["keras"].backend.standardize_dtype(value.dtype)
    return Given(tuple(value.shape), "float32" if kind.startswith("float") else kind)


def is_live(node: Any) -> bool:
    """Whether a call was made by code that was followed: what leads to it was followed as well."""
    return bool(vars(node).get("autograder_live"))


def training_told(node: Any) -> Any:
    """Return what a call was told of training, None where it was told nothing, or may have been told the default."""
    if "autograder_training" in vars(node):
        return node.autograder_training
    given = node.arguments.kwargs.get("training")
    taken = parameters(type(node.operation).call) or {}
    default = taken["training"].default if "training" in taken else None
    return None if isinstance(default, bool) and given is default else given
