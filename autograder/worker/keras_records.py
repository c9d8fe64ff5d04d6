"""A Keras layer, or a bare operation, as plain data: its class, configuration and weights.

Runs inside the room. Nothing here runs an operation, reads the value of a weight or imports Keras: a layer is asked for
its `get_config()`, which a student's class may have made raise, lie or return anything at all.
"""

from __future__ import annotations

import base64
import hashlib
import marshal
import math
import re
import sys
import warnings
from collections.abc import Iterable, Mapping
from types import CodeType
from typing import Any, Literal

import numpy as np

from autograder.wire.messages import Layer, Shape, Weight

MAX_REPR = 200
"""Characters kept of a value that is not JSON."""
MAX_ITEMS = 1000
"""Items kept of one list or dict of a configuration."""
MAX_NAME = 500
"""Characters a name may have on the wire."""
MAX_DEPTH = 12
TENSOR = "<tensor>"
"""What stands in a configuration for a tensor: the graph says which."""

_ADDRESS = re.compile(r" at 0x[0-9a-f]+")


def layer_record(
    operation: Any,
    *,
    identity: int,
    inputs: list[int],
    input_shapes: list[Shape],
    output_shapes: list[Shape],
    call: Mapping[str, object],
) -> Layer:
    """Return the record of one call of `operation`; `call` holds the arguments of the call that are not tensors."""
    return Layer(
        name=str(operation.name)[:MAX_NAME],
        cls=class_name(operation)[:MAX_NAME],
        origin=origin(operation),
        config={**configuration(operation), **call},
        inputs=inputs,
        input_shapes=input_shapes,
        output_shapes=output_shapes,
        weights=weights(operation),
        trainable=bool(getattr(operation, "trainable", True)),
        identity=identity,
    )


def input_record(name: str, shape: Shape, identity: int) -> Layer:
    """Return the record of an input that no InputLayer stands for."""
    return Layer(
        name=name[:MAX_NAME],
        cls="InputLayer",
        origin="keras",
        config={"batch_shape": list(shape)},
        inputs=[],
        input_shapes=[],
        output_shapes=[shape],
        weights=[],
        trainable=True,
        identity=identity,
    )


def class_name(operation: Any) -> str:
    """Return the class name of `operation`; of a TensorFlow function followed as an operation, the function's."""
    return str(getattr(operation, "autograder_class_name", type(operation).__name__))


def origin(operation: Any) -> Literal["keras", "operation", "custom"]:
    """Say whose class `operation` is: a layer of Keras, one of its bare operations, or the student's own."""
    import keras

    if hasattr(operation, "autograder_class_name"):
        return "operation"
    if not type(operation).__module__.startswith("keras."):
        return "custom"
    return "keras" if isinstance(operation, keras.layers.Layer) else "operation"


def configuration(operation: Any) -> dict[str, object]:
    """Return `operation.get_config()` as JSON values, empty where it raises."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Keras warns of lambdas, and the student would read it as their output.
            config = operation.get_config()
        return {str(key): plain(value) for key, value in _first(dict(config).items())}
    except Exception:
        return {}


def weights(operation: Any) -> list[Weight]:
    """Return the weights of a layer, in Keras's order; none for a bare operation, or where Keras cannot say."""
    try:
        trainable = {id(variable) for variable in getattr(operation, "trainable_weights", ())}
        return [
            Weight(shape=tuple(variable.shape), dtype=str(variable.dtype), trainable=id(variable) in trainable)
            for variable in getattr(operation, "weights", ())
        ]
    except Exception:
        return []


def count(variables: Iterable[Any]) -> int:
    """Return how many numbers `variables` hold, each variable counted once."""
    return sum(math.prod(variable.shape) for variable in {id(variable): variable for variable in variables}.values())


def plain(value: Any, depth: int = 0) -> object:
    """Return `value` as JSON values.

    Objects that Keras serialised keep their class name and configuration, functions their name, and anything else is
    the start of its repr, without the address in memory that would differ at every run.
    """
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, int) and abs(value) < 2**63:
        return value
    if isinstance(value, float) and math.isfinite(value):
        return value
    if depth < MAX_DEPTH and isinstance(value, (list, tuple)):
        return [plain(item, depth + 1) for item in _first(value)]
    if depth < MAX_DEPTH and isinstance(value, dict):
        return _plain_dict(value, depth)
    return TENSOR if is_symbolic(value) else _cut_repr(value)


def is_symbolic(value: object) -> bool:
    """Say whether `value` is a KerasTensor, without importing Keras for it."""
    keras = sys.modules.get("keras")
    return keras is not None and isinstance(value, keras.KerasTensor)


def _plain_dict(value: dict[Any, Any], depth: int) -> object:
    if value.get("class_name") == "__lambda__" or (
        set(value) == {"value"} and isinstance(value["value"], (list, tuple))
    ):
        return _lambda_name(value)
    if value.get("class_name") == "function":
        return plain(value.get("config"), depth + 1)
    if value.get("class_name") == "DTypePolicy":
        return plain(value["config"].get("name"))
    if {"class_name", "config"} <= set(value):
        value = {"class_name": value["class_name"], "config": value["config"]}
    return {str(key): plain(item, depth + 1) for key, item in _first(value.items())}


def _lambda_name(serialised: dict[str, Any]) -> str:
    """Name a lambda by what it computes, so that two different ones do not look equal.

    Keras serialises its code with the file and the line it was written on: the bytes themselves say nothing.
    """
    config = serialised.get("config", serialised)
    encoded = config["code"] if "code" in config else config["value"][0]
    code = marshal.loads(base64.b64decode(encoded))
    return f"<lambda {hashlib.sha256(_meaning(code).encode()).hexdigest()[:12]}>"


def _meaning(code: CodeType) -> str:
    constants = [_meaning(item) if isinstance(item, CodeType) else repr(item) for item in code.co_consts]
    return repr((code.co_code, code.co_names, constants))


def _cut_repr(value: object) -> str:
    try:
        return _ADDRESS.sub("", repr(value))[:MAX_REPR]
    except Exception:
        return f"<{type(value).__name__}>"


def _first(items: Iterable[Any]) -> list[Any]:
    return list(items)[:MAX_ITEMS]
