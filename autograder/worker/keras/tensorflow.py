"""TensorFlow functions on symbolic tensors: `tf.nn.relu(x)` in the `call` of a student's model.

Keras 3 refuses them: its KerasTensor is no TensorFlow tensor. Where student code is followed, a TensorFlow function
that received a KerasTensor becomes a Keras operation instead, in Keras's words where it has one that does the same, so
that a model written this way is read like any other. It rests on TensorFlow's own fallback: a function that cannot
convert its arguments asks the registered dispatchers.
"""

from __future__ import annotations

import inspect
import math
import re
from collections.abc import Callable, Mapping
from functools import cache, lru_cache
from typing import Any

KERAS_NAMES: Mapping[str, str] = {
    "Concat": "Concatenate",
    "Truediv": "Divide",
    "RealDiv": "Divide",
    "Div": "Divide",
    "Pow": "Power",
    "Abs": "Absolute",
    "Neg": "Negative",
    "Swish": "Silu",
    "ConvertToTensor": "Identity",
    "Conv1d": "Conv",
    "Conv2d": "Conv",
    "Conv3d": "Conv",
    "Convolution": "Conv",
    "MaxPool1d": "MaxPool",
    "MaxPool2d": "MaxPool",
    "MaxPool3d": "MaxPool",
    "AvgPool": "AveragePool",
    "AvgPool1d": "AveragePool",
    "AvgPool2d": "AveragePool",
    "AvgPool3d": "AveragePool",
    "DepthwiseConv2d": "DepthwiseConv",
    "BiasAdd": "Add",
    "Gather": "Take",
    "EmbeddingLookup": "Take",
    "ResizeImages": "Resize",
    "ClipByValue": "Clip",
    "Softmax": "Softmax",
    "L2Normalize": "Normalize",
    "AddN": "Add",
    **{f"Reduce{name}": name for name in ("Mean", "Max", "Min", "Sum", "Prod", "Std", "Any", "All")},
    "ReduceVariance": "Var",
    "ReduceLogsumexp": "Logsumexp",
}
"""TensorFlow's names that Keras spells otherwise."""

_UNARY = ("features", "input", "inputs", "input_tensor", "tensor", "logits", "images", "t", "a", "value")
_BINARY = {"x": "x1", "y": "x2", "a": "x1", "b": "x2", "value": "x1", "bias": "x2"}
_TWO_TENSORS = (
    *("Add", "Subtract", "Multiply", "Divide", "Power", "Maximum", "Minimum", "Matmul", "FloorDivide", "Mod"),
    *("Greater", "Less", "GreaterEqual", "LessEqual", "Equal", "NotEqual", "LogicalAnd", "LogicalOr"),
)
_POOL = {"input": "inputs", "value": "inputs", "ksize": "pool_size"}
_WORDS: Mapping[str, Mapping[str, str]] = {
    **dict.fromkeys(_TWO_TENSORS, _BINARY),
    "Concatenate": {"values": "xs"},
    "Stack": {"values": "x"},
    "Transpose": {"a": "x", "perm": "axes"},
    "Reshape": {"tensor": "x", "shape": "newshape"},
    "BroadcastTo": {"input": "x"},
    "Pad": {"tensor": "x", "paddings": "pad_width"},
    "Where": {"x": "x1", "y": "x2"},
    "Tile": {"input": "x", "multiples": "repeats"},
    "Split": {"value": "x", "num_or_size_splits": "indices_or_sections"},
    "Take": {"params": "x", "ids": "indices"},
    "OneHot": {"indices": "x", "depth": "num_classes"},
    "Clip": {"t": "x", "clip_value_min": "x_min", "clip_value_max": "x_max"},
    "LeakyRelu": {"features": "x", "alpha": "negative_slope"},
    "Conv": {"input": "inputs", "filters": "kernel", "filter": "kernel", "dilations": "dilation_rate"},
    "DepthwiseConv": {"input": "inputs", "filter": "kernel", "dilations": "dilation_rate"},
    "MaxPool": _POOL,
    "AveragePool": _POOL,
    "Resize": {"method": "interpolation"},
}
"""What Keras calls the parameters of these operations, by TensorFlow's names."""

_DECORATION = re.compile(r"(_v\d+|_dispatch|_with_default)+$")
"""What TensorFlow adds to the names of its own functions: `softmax_v2`, `_add_dispatch`."""


@cache
def register_dispatcher(is_open: Callable[[], bool], is_followable: Callable[[object], bool]) -> None:
    """Register the dispatcher, for good: TensorFlow offers no way back, so it stands aside unless `is_open()`."""
    import keras

    try:
        import tensorflow as tf
    except ImportError:
        return

    class Dispatcher(tf.__internal__.dispatch.GlobalOpDispatcher):  # type: ignore[misc]
        def handle(self, function: Callable[..., Any], args: Any, kwargs: Any) -> Any:
            if not is_open() or not any(is_followable(item) for item in keras.tree.flatten((args, kwargs))):
                return self.NOT_SUPPORTED
            sizes = _known_sizes(function, args, kwargs)
            if sizes is not None:
                return tf.constant(sizes)
            return symbolic_function(function).symbolic_call(*args, **kwargs)

    Dispatcher().register()


def _known_sizes(function: Callable[..., Any], args: Any, kwargs: Any) -> Any:
    """Return what `tf.shape`, `tf.rank` and `tf.size` say of a tensor whose sizes are all known; None otherwise."""
    sizes = getattr([*args, kwargs.get("input")][0], "shape", (None,))
    if None in sizes:
        return None
    match keras_name(function):
        case "Shape":
            return list(sizes)
        case "Rank":
            return len(sizes)
        case "Size":
            return math.prod(sizes)
    return None


def symbolic_function(function: Callable[..., Any], name: str = "") -> Any:
    """Return the Keras operation that does what `function` does, to be called on symbolic tensors."""
    return _operation_class()(function, name or keras_name(function))


@cache
def _operation_class() -> Any:
    import keras

    class Followed(keras.Operation):  # type: ignore[misc]
        def __init__(self, function: Callable[..., Any], called: str) -> None:
            super().__init__(name=None)
            self.function = function
            self.autograder_class_name = called

        def call(self, *args: Any, **kwargs: Any) -> Any:
            return self.function(*args, **kwargs)

        def compute_output_spec(self, *args: Any, **kwargs: Any) -> Any:
            # Keras takes the product of a tensor and a number for a sparse one, which TensorFlow's functions refuse.
            args, kwargs = keras.tree.map_structure(_dense, (args, kwargs))
            return super().compute_output_spec(*args, **kwargs)

    def _dense(value: Any) -> Any:
        if isinstance(value, keras.KerasTensor) and value.sparse:
            return keras.KerasTensor(value.shape, dtype=value.dtype)
        return value

    return Followed


def keras_name(function: Callable[..., Any]) -> str:
    """Return the name Keras would give it: `tf.nn.leaky_relu` is LeakyRelu, `tf.nn.softmax` (`softmax_v2`) Softmax."""
    name = _DECORATION.sub("", function.__name__.strip("_"))
    camel = "".join(part.capitalize() for part in name.split("_"))
    return KERAS_NAMES.get(camel, camel)


def keras_words(called: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of a TensorFlow function under the names of Keras's parameters."""
    words = _WORDS.get(called, {})
    named = {words.get(key, "x" if not words and key in _UNARY else key): value for key, value in arguments.items()}
    if called == "Add" and isinstance(named.get("inputs"), (list, tuple)):  # tf.add_n
        return {f"x{number}": value for number, value in enumerate(named["inputs"], start=1)}
    named.pop("partition_strategy", None)  # of `tf.nn.embedding_lookup`: nothing, of one table
    if isinstance(named.get("padding"), str):
        named["padding"] = named["padding"].lower()
    return named


def signature_of(operation: Any) -> inspect.Signature | None:
    """Return the signature that a call of `operation` is bound to."""
    function = getattr(operation, "function", None) if hasattr(operation, "autograder_class_name") else None
    if function is not None:
        return _signature(function)
    return _of_method(type(operation).call)


@lru_cache(maxsize=1000)
def _of_method(method: Any) -> inspect.Signature | None:
    signature = _signature(method)
    return signature and signature.replace(parameters=list(signature.parameters.values())[1:])


@lru_cache(maxsize=1000)
def _signature(function: Any) -> inspect.Signature | None:
    try:
        return inspect.signature(function)
    except (TypeError, ValueError):
        return None
