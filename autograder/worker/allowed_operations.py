"""The bare operations that a record may ask for: `keras.ops` functions, and the TensorFlow ones that mean the same.

A record gives an operation's class, its named settings, and, where constants stand among the tensors, its positional
arguments with a mark in each tensor's place. Each class on the list says which function of Keras computes it and what
its parameters are called, in the order that Keras and TensorFlow share.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter, getitem
from typing import Any

from autograder.worker.allowed_layers import Refused, dtype, plain
from autograder.worker.keras_records import TENSOR

_SLICE = re.compile(r"slice\((None|-?\d{1,7}), (None|-?\d{1,7}), (None|-?\d{1,7})\)")


@dataclass(frozen=True)
class Form:
    """How one operation is called."""

    function: str
    """Within `keras`: `ops.relu`."""
    parameters: tuple[str, ...]
    """Keras's names, in order, those that take tensors first."""
    many: bool = False
    """Whether its first parameter takes a list of tensors."""


def _unary(*names: str) -> dict[str, Form]:
    return {_camel(name): Form(f"ops.{name}", ("x",)) for name in names}


def _binary(*names: str) -> dict[str, Form]:
    return {_camel(name): Form(f"ops.{name}", ("x1", "x2")) for name in names}


def _reductions(*names: str) -> dict[str, Form]:
    return {_camel(name): Form(f"ops.{name}", ("x", "axis", "keepdims")) for name in names}


def _camel(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))


_POOL = ("inputs", "pool_size", "strides", "padding", "data_format")
FORMS: Mapping[str, Form] = {
    **_unary("relu", "relu6", "sigmoid", "tanh", "silu", "softplus", "softsign", "selu", "log_sigmoid", "hard_sigmoid"),
    **_unary("hard_silu", "hard_tanh", "tanh_shrink", "squareplus", "exp", "log", "log1p", "sqrt", "rsqrt", "square"),
    **_unary("absolute", "negative", "sign", "sin", "cos", "ravel", "reciprocal"),
    **_binary("add", "subtract", "multiply", "divide", "true_divide", "power", "maximum", "minimum", "matmul"),
    **_binary("not_equal"),
    **_reductions("mean", "max", "min", "sum", "prod", "var", "std", "any"),
    "Swish": Form("ops.silu", ("x",)),
    "HardSwish": Form("ops.hard_silu", ("x",)),
    "Mish": Form("activations.mish", ("x",)),
    "Abs": Form("ops.absolute", ("x",)),
    "Pow": Form("ops.power", ("x1", "x2")),
    "ReLU": Form("activations.relu", ("x", "negative_slope", "max_value", "threshold")),
    "LeakyRelu": Form("ops.leaky_relu", ("x", "negative_slope")),
    "Elu": Form("ops.elu", ("x", "alpha")),
    "Celu": Form("ops.celu", ("x", "alpha")),
    "Gelu": Form("ops.gelu", ("x", "approximate")),
    "Softmax": Form("ops.softmax", ("x", "axis")),
    "LogSoftmax": Form("ops.log_softmax", ("x", "axis")),
    "Concatenate": Form("ops.concatenate", ("xs", "axis"), many=True),
    "Stack": Form("ops.stack", ("x", "axis"), many=True),
    "Reshape": Form("ops.reshape", ("x", "newshape")),
    "Transpose": Form("ops.transpose", ("x", "axes")),
    "ExpandDims": Form("ops.expand_dims", ("x", "axis")),
    "Squeeze": Form("ops.squeeze", ("x", "axis")),
    "Swapaxes": Form("ops.swapaxes", ("x", "axis1", "axis2")),
    "Moveaxis": Form("ops.moveaxis", ("x", "source", "destination")),
    "Flip": Form("ops.flip", ("x", "axis")),
    "Pad": Form("ops.pad", ("x", "pad_width", "mode", "constant_values")),
    "Repeat": Form("ops.repeat", ("x", "repeats", "axis")),
    "Tile": Form("ops.tile", ("x", "repeats")),
    "Clip": Form("ops.clip", ("x", "x_min", "x_max")),
    "ClipByValue": Form("ops.clip", ("x", "x_min", "x_max")),
    "Normalize": Form("ops.normalize", ("x", "axis", "order", "epsilon")),
    "L2Normalize": Form("ops.normalize", ("x", "axis")),
    "Cast": Form("ops.cast", ("x", "dtype")),
    "MaxPool": Form("ops.max_pool", _POOL),
    "MaxPool2d": Form("ops.max_pool", _POOL),
    "AveragePool": Form("ops.average_pool", _POOL),
    "AvgPool2d": Form("ops.average_pool", _POOL),
    "Resize": Form(
        "ops.image.resize",
        (
            *("images", "size", "interpolation", "antialias", "crop_to_aspect_ratio", "pad_to_aspect_ratio"),
            *("fill_mode", "fill_value", "data_format"),
        ),
    ),
    "ResizeImages": Form("ops.image.resize", ("images", "size")),
    "GetItem": Form("", ("x", "key")),
    "Identity": Form("", ("x",)),
}
_ALIASES: Mapping[str, str] = {
    **dict.fromkeys(("features", "input", "inputs", "input_tensor", "tensor", "logits", "images", "t", "a"), "x"),
    "x": "x1",
    "y": "x2",
    "values": "xs",
    "perm": "axes",
    "shape": "newshape",
    "alpha": "negative_slope",
    "paddings": "pad_width",
    "clip_value_min": "x_min",
    "clip_value_max": "x_max",
    "ksize": "pool_size",
    "multiples": "repeats",
}
"""TensorFlow's names of parameters, for operations that do not have one of that name."""


def call_operation(cls: str, config: Mapping[str, object], tensors: Sequence[Any]) -> Any:
    """Return what the operation `cls` makes of symbolic `tensors`. Raise Refused, or whatever Keras raises."""
    import keras

    form = FORMS.get(cls)
    if form is None:
        raise Refused("unknown", "this operation is not one that is rebuilt")
    waiting = list(tensors)
    bound = _bound(form, config, waiting)
    _fill(form, bound, waiting)
    if waiting:
        raise Refused("unknown", f"it takes {len(tensors)} tensors, and the record does not say where")
    if cls == "GetItem":
        return getitem(bound["x"], bound["key"])
    return bound["x"] if cls == "Identity" else attrgetter(form.function)(keras)(**bound)


def _bound(form: Form, config: Mapping[str, object], waiting: list[Any]) -> dict[str, Any]:
    """Return the arguments that the record gives, by Keras's names, each mark replaced by the next tensor."""
    positional = config.get("arguments", [])
    if not isinstance(positional, list) or any(one is not None for one in positional[len(form.parameters) :]):
        raise Refused("unknown", "it has arguments that are not known")
    given = dict(zip(form.parameters, positional, strict=False))
    for key, value in config.items():
        name = key if key in form.parameters else _ALIASES.get(key, key)
        if key in ("name", "arguments") or (name not in form.parameters and value in (None, False)):
            continue
        if name not in form.parameters or name in given:
            raise Refused("unknown", f"its argument {key[:40]!r} is not known")
        given[name] = value
    return {name: _argument(name, value, waiting) for name, value in given.items() if value is not None}


def _fill(form: Form, bound: dict[str, Any], waiting: list[Any]) -> None:
    """Give the tensors that the record does not place to the first parameters that are free."""
    if form.many and form.parameters[0] not in bound:
        bound[form.parameters[0]] = waiting[:]
        waiting.clear()
    for name in form.parameters:
        if waiting and name not in bound:
            bound[name] = waiting.pop(0)


def _argument(name: str, value: object, waiting: list[Any]) -> Any:
    if value == TENSOR:
        if not waiting:
            raise Refused("refused", "it has fewer inputs than its arguments say")
        return waiting.pop(0)
    if isinstance(value, list) and TENSOR in value:
        return [_argument(name, item, waiting) for item in value]
    if name == "key":
        return tuple(_index(item) for item in value) if isinstance(value, list) else _index(value)
    if name == "dtype":
        return dtype(value.removeprefix("tf.") if isinstance(value, str) else value)
    if name in ("padding", "mode") and isinstance(value, str):
        return plain(value.lower())
    return _windows(plain(value)) if name in ("pool_size", "strides") else plain(value)


def _windows(size: Any) -> Any:
    """TensorFlow may write a window with its batch and its channels: (1, 2, 2, 1)."""
    return size[1:3] if isinstance(size, tuple) and len(size) == 4 and size[0] == size[3] == 1 else size


def _index(item: object) -> Any:
    """Return one index of `x[…]`, slices and ellipses read from their repr."""
    if item == "Ellipsis":
        return Ellipsis
    if isinstance(item, str):
        found = _SLICE.fullmatch(item)
        if found is None:
            raise Refused("unknown", f"the index {item[:40]!r} is not known")
        return slice(*(None if part == "None" else int(part) for part in found.groups()))
    if item is None or (isinstance(item, int) and not isinstance(item, bool)):
        return plain(item)
    raise Refused("unknown", "an index is not a whole number or a slice")
