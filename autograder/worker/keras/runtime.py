"""Keras in a room, on whichever backend it runs."""

from __future__ import annotations

import importlib
import sys
from typing import Any

import numpy as np

from autograder.worker import weights
from autograder.worker.keras import training, version
from autograder.worker.keras.reader import read_model
from autograder.worker.runtime import Runtime


def is_model(value: object) -> bool:
    """Whether `value` is a model of a Keras that is loaded."""
    return isinstance(value, version.models())


def _predict(model: Any, inputs: Any) -> Any:
    return model.predict(inputs, verbose=0)


def _array(value: Any) -> Any:
    if type(value).__module__.partition(".")[0] == "jaxlib":  # a concrete array: what is traced is of another module
        return np.asarray(value)
    return np.asarray(value.numpy()) if hasattr(value, "numpy") else None


def _tensor(array: Any) -> Any:
    return importlib.import_module("tensorflow").convert_to_tensor(array)


def _reseed(seed: int) -> None:
    if keras := sys.modules.get("keras"):
        keras.utils.set_random_seed(seed % 2**32)
    if tensorflow := sys.modules.get("tensorflow"):
        tensorflow.random.set_seed(seed)


RUNTIME = Runtime(
    name="keras",
    models=version.models,
    is_model=is_model,
    read=read_model,
    predict=_predict,
    tensors=("tensorflow", "keras", "tf_keras", "jaxlib"),
    array=_array,
    library="tensorflow",
    tensor=_tensor,
    operations=dict.fromkeys(("tensorflow", "keras", "jax"), "keras.ops"),
    reseed=_reseed,
    trainer=lambda: training,
    first_uses={
        "tensorflow": tuple(
            f"tensorflow.python.data.ops.{name}_op"
            for name in ("concatenate", "flat_map", "from_tensors", "range", "zip")
        ),
    },
    ahead=(),
    wrap_for=weights.wrap_for,
)
