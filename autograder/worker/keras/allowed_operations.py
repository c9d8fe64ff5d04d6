"""The bare operations that a record may ask for: functions of `keras.ops`, by the name of their class.

A record gives an operation's class, its named settings, and, where constants stand among the tensors, its arguments by
parameter with each tensor's place. Each class on the list says which function of Keras computes it and what its
parameters are called. TensorFlow's functions are recorded in Keras's words.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter, getitem
from typing import Any

from autograder.wire.messages import Layer
from autograder.worker.keras.allowed_layers import NotAllowed, array, dtype, plain

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


_CONV = ("inputs", "kernel", "strides", "padding", "data_format", "dilation_rate")
_POOL = ("inputs", "pool_size", "strides", "padding", "data_format")
FORMS: Mapping[str, Form] = {
    **_unary("relu", "relu6", "sigmoid", "tanh", "silu", "softplus", "softsign", "selu", "log_sigmoid", "hard_sigmoid"),
    **_unary("hard_silu", "hard_tanh", "tanh_shrink", "squareplus", "exp", "log", "log1p", "sqrt", "rsqrt", "square"),
    **_unary("absolute", "negative", "sign", "sin", "cos", "ravel", "reciprocal"),
    **_binary("add", "subtract", "multiply", "divide", "true_divide", "power", "maximum", "minimum", "matmul"),
    **_binary("not_equal", "equal", "greater", "greater_equal", "less", "less_equal", "mod", "floor_divide"),
    **_reductions("mean", "max", "min", "sum", "prod", "var", "std", "any"),
    "HardSwish": Form("ops.hard_silu", ("x",)),
    "Mish": Form("activations.mish", ("x",)),
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
    "Normalize": Form("ops.normalize", ("x", "axis", "order", "epsilon")),
    "Cast": Form("ops.cast", ("x", "dtype")),
    "MaxPool": Form("ops.max_pool", _POOL),
    "AveragePool": Form("ops.average_pool", _POOL),
    "Resize": Form(
        "ops.image.resize",
        (
            *("images", "size", "interpolation", "antialias", "crop_to_aspect_ratio", "pad_to_aspect_ratio"),
            *("fill_mode", "fill_value", "data_format"),
        ),
    ),
    "Conv": Form("ops.conv", _CONV),
    "DepthwiseConv": Form("ops.depthwise_conv", _CONV),
    "Take": Form("ops.take", ("x", "indices", "axis")),
    "Split": Form("ops.split", ("x", "indices_or_sections", "axis")),
    "Where": Form("ops.where", ("condition", "x1", "x2")),
    "OneHot": Form("ops.one_hot", ("x", "num_classes", "axis")),
    "Tensordot": Form("ops.tensordot", ("x1", "x2", "axes")),
    "GetItem": Form("", ("x", "key")),
    "Identity": Form("", ("x",)),
}


def call_operation(record: Layer, tensors: Sequence[Any]) -> Any:
    """Return what the recorded operation makes of symbolic `tensors`. Raise NotAllowed, or whatever Keras raises."""
    import keras

    form = FORMS.get(record.cls)
    if form is None:
        raise NotAllowed("unknown", "this operation is not one that is rebuilt")
    bound = {**_settings(form, record.config), **_bound(form, record, tensors)}
    if record.cls == "Reshape":
        bound["newshape"] = _target(record, bound.get("newshape"))
    if record.cls == "GetItem":
        return getitem(bound["x"], bound["key"])
    return bound["x"] if record.cls == "Identity" else attrgetter(form.function)(keras)(**bound)


def _settings(form: Form, config: Mapping[str, object]) -> dict[str, Any]:
    """Return what the operation was made with."""
    found = {}
    for key, value in config.items():
        if key == "name" or value is None or (key not in form.parameters and value is False):
            continue
        if key not in form.parameters:
            raise NotAllowed("unknown", f"its argument {key[:40]!r} is not known")
        found[key] = _argument(key, value)
    return found


def _bound(form: Form, record: Layer, tensors: Sequence[Any]) -> dict[str, Any]:
    """Return what its call was given: what the record places by parameter, or the tensors in order."""
    if not record.arguments:
        if form.many:
            return {form.parameters[0]: list(tensors)}
        if len(tensors) > len(form.parameters):
            raise NotAllowed("unknown", f"it takes {len(tensors)} tensors, and the record does not say where")
        return dict(zip(form.parameters, tensors, strict=False))
    given = {key: value for key, value in record.arguments.items() if value is not None and value is not False}
    bound = {key: placed(value, tensors, key) for key, value in given.items()}
    strange = next((key for key in bound if key not in form.parameters), None)
    if strange is not None:
        raise NotAllowed("unknown", f"its argument {strange[:40]!r} is not known")
    return bound


def placed(value: object, tensors: Sequence[Any], name: str = "") -> Any:
    """Return an argument of a call, each tensor in its place."""
    if isinstance(value, dict) and set(value) == {"tensor"}:
        place = value["tensor"]
        if not isinstance(place, int) or not 0 <= place < len(tensors):
            raise NotAllowed("refused", "it has fewer inputs than its arguments say")
        return tensors[place]
    if isinstance(value, list) and any(isinstance(one, dict) and "tensor" in one for one in value):
        return [placed(one, tensors) for one in value]
    return _argument(name, value)


def _target(record: Layer, asked: Any) -> Any:
    """Return the shape to give, the batch left open: the record's own, where it says all of it."""
    made = record.output_shapes[0] if record.output_shapes else ()
    if made and made[0] is None and None not in made[1:]:
        return (-1, *made[1:])
    return asked


def _argument(name: str, value: object) -> Any:
    if isinstance(value, dict):
        return array(value)
    if name == "key":
        return tuple(index(item) for item in value) if isinstance(value, list) else index(value)
    if name == "dtype":
        return dtype(value.removeprefix("tf.") if isinstance(value, str) else value)
    if name in ("padding", "mode") and isinstance(value, str):
        return plain(value.lower())
    return _windows(plain(value)) if name in ("pool_size", "strides", "dilation_rate") else plain(value)


def _windows(size: Any) -> Any:
    """TensorFlow may write a window with its batch and its channels: (1, 2, 2, 1)."""
    return size[1:3] if isinstance(size, tuple) and len(size) == 4 and size[0] == size[3] == 1 else size


def index(item: object) -> Any:
    """Return one index of `x[…]`, slices and ellipses read from their repr."""
    if item == "Ellipsis":
        return Ellipsis
    if isinstance(item, str):
        found = _SLICE.fullmatch(item)
        if found is None:
            raise NotAllowed("unknown", f"the index {item[:40]!r} is not known")
        return slice(*(None if part == "None" else int(part) for part in found.groups()))
    if item is None or (isinstance(item, int) and not isinstance(item, bool)):
        return plain(item)
    raise NotAllowed("unknown", "an index is not a whole number or a slice")
