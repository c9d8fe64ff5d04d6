"""One layer in normal form: equal for layers that compute the same thing, whatever words they were written in.

A layer becomes no step at all (a linear activation, a reshape that changes nothing), one, or two (a convolution and its
activation). Records come from a room, so nothing in a configuration is believed: values of the wrong type stay as they
are, and never raise.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeGuard

from autograder.wire.messages import Layer, Shape

Settings = tuple[tuple[str, object], ...]
"""Sorted pairs. Values are JSON's, lists as tuples and dicts as sorted pairs, so that they compare and hash."""

COMMUTATIVE = frozenset({"Add", "Multiply", "Average", "Maximum", "Minimum"})
"""Merges that do not depend on the order of their inputs."""

_NOISE = frozenset({"name", "seed", "trainable", "batch_input_shape", "batch_shape", "quantization_config"})
"""Settings that do not change what a layer computes. `trainable` is read from the weights, where it is asked for."""
MAX_SIZE = 20
"""Characters of a label's number: nothing forces a room to send a number."""
_DEPTH = 20
"""Nested configurations are compared down to here."""

_CONVOLUTION = re.compile(r"(?:Depthwise|Separable)?Conv[123]D(?:Transpose)?")
_POOLING = re.compile(r"(?:Max|Average)Pooling[123]D")
_GLOBAL_POOLING = re.compile(r"Global(?:Max|Average)Pooling[123]D")
_SLIDING = re.compile(r"(?:Depthwise|Separable)?Conv[123]D|(?:Max|Average)Pooling[123]D")
"""Layers that slide a window, and pad the image by one rule."""
_IMAGE = re.compile("|".join(pattern.pattern for pattern in (_CONVOLUTION, _POOLING, _GLOBAL_POOLING)))
_DENSE = re.compile("(?:Einsum)?Dense")

_DEFAULTS: tuple[tuple[re.Pattern[str], Mapping[str, object]], ...] = (
    (_CONVOLUTION, {"strides": 1, "padding": "valid", "dilation_rate": 1, "use_bias": True}),
    (re.compile("Conv[123]D"), {"groups": 1}),
    (_POOLING, {"pool_size": 2, "padding": "valid"}),
    (_GLOBAL_POOLING, {"keepdims": False}),
    (_IMAGE, {"data_format": "channels_last"}),
    (_DENSE, {"use_bias": True}),
    (re.compile("(?:Batch|Layer)Normalization"), {"axis": -1, "epsilon": 0.001, "center": True, "scale": True}),
    (
        re.compile("BatchNormalization"),
        {"momentum": 0.99, "synchronized": False, "renorm": False, "renorm_momentum": 0.99},
    ),
    (re.compile("LayerNormalization"), {"rms_scaling": False}),
    (re.compile("Embedding"), {"mask_zero": False}),
    (re.compile("Concatenate"), {"axis": -1}),
)
"""Keras's defaults, for records that leave them out: another version's, or another framework's."""

_INITIALIZERS: Mapping[str, tuple[object, ...]] = {
    "kernel": ("GlorotUniform",),
    "depthwise": ("GlorotUniform",),
    "pointwise": ("GlorotUniform",),
    "recurrent": ("Orthogonal", ("Orthogonal", (("gain", 1),))),
    "embeddings": ("RandomUniform", ("RandomUniform", (("maxval", 0.05), ("minval", -0.05)))),
    **dict.fromkeys(("bias", "beta", "moving_mean", "alpha"), ("Zeros",)),
    **dict.fromkeys(("gamma", "moving_variance"), ("Ones",)),
}
"""Keras's default initializer of each kind of weight, in the forms it takes here."""

_ACTIVATIONS: Mapping[str, Mapping[str, object]] = {
    "relu": {"negative_slope": 0, "max_value": None, "threshold": 0},
    "leaky_relu": {"negative_slope": 0.2},
    "elu": {"alpha": 1},
    "celu": {"alpha": 1},
    "gelu": {"approximate": False},
    "softmax": {"axis": -1},
    "log_softmax": {"axis": -1},
}
"""Activations that take parameters, with their defaults in `keras.activations`."""
_BARE_ACTIVATIONS = (
    *("linear", "sigmoid", "tanh", "selu", "softplus", "softsign", "silu", "exponential", "mish", "relu6"),
    *("hard_sigmoid", "hard_silu", "hard_tanh", "log_sigmoid", "tanh_shrink", "squareplus"),
)
_ACTIVATION_OF_CLASS = {name.replace("_", ""): name for name in (*_ACTIVATIONS, *_BARE_ACTIVATIONS)} | {
    "identity": "linear",
    "converttotensor": "linear",
    "exp": "exponential",
    "swish": "silu",
    "softmaxv2": "softmax",  # the name that tf.nn.softmax gives itself
    "logsoftmaxv2": "log_softmax",
    "hardswish": "hard_silu",
}
"""Activations by the name of their layer or operation in lower case: ReLU, Relu, LeakyReLU, Softmax."""
_CLASS_ALIASES = (
    (re.compile(r"MaxPool(?=[123]D$)"), "MaxPooling"),
    (re.compile(r"AvgPool(?=[123]D$)"), "AveragePooling"),
    (re.compile(r"^Convolution(?=[123]D)"), "Conv"),
    (re.compile(r"^TrueDivide$"), "Divide"),
)


@dataclass(frozen=True)
class Part:
    """One thing a layer does."""

    cls: str
    settings: Settings
    label: str


def parts(layer: Layer, *, trainable: bool = False) -> list[Part]:
    """Return what `layer` does, in order: none, one, or two parts, the second its activation.

    With `trainable`, the first part of a layer that has weights says whether any of them is trained.
    """
    if layer.origin == "custom":
        return [_custom(layer, trainable)]
    cls = plain_class(layer.cls)
    if cls == "Activation" or cls.lower() in _ACTIVATION_OF_CLASS:
        return _activation(layer.config.get("activation") if cls == "Activation" else _spec(layer), layer)
    if cls in ("Reshape", "Flatten"):
        return _reshape(cls, layer)
    if cls == "Dropout" and layer.config.get("rate") == 0:
        return []
    settings = _settings(cls, layer)
    activation = settings.pop("activation", None) if _CONVOLUTION.fullmatch(cls) or _DENSE.fullmatch(cls) else None
    return [_part(cls, settings, layer, trainable), *_activation(activation, layer)]


def _part(cls: str, settings: dict[str, object], layer: Layer, trainable: bool) -> Part:
    if trainable and layer.weights:
        settings["trainable"] = any(weight.trainable for weight in layer.weights)
    size = next((settings[key] for key in ("filters", "units", "output_dim", "rate") if key in settings), None)
    return Part(cls, _sorted(settings), cls if size is None else f"{cls}({str(size)[:MAX_SIZE]})")


def _custom(layer: Layer, trainable: bool) -> Part:
    """A layer of the student's own: what is known of it is its class, its configuration and its weights' shapes."""
    settings = _cleaned_config(layer.config)
    settings["weights"] = tuple(weight.shape for weight in layer.weights)
    return _part(layer.cls, settings, layer, trainable)


def plain_class(name: str) -> str:
    """Return the name Keras gives a class: MaxPooling2D for MaxPool2D."""
    for pattern, plain in _CLASS_ALIASES:
        name = pattern.sub(plain, name)
    return name


# --- Activations ------------------------------------------------------------------------------------------------------


def _spec(layer: Layer) -> object:
    return {"class_name": layer.cls, "config": layer.config}


def _activation(spec: object, layer: Layer) -> list[Part]:
    """Return the part of an activation: a name, or a layer or function as Keras serialises it."""
    name, params = _named_activation(_clean(spec))
    if "axis" in params:
        params["axis"] = _from_the_end(params["axis"], _rank(layer))
    name, params = _plainest(name, params)
    if name == "linear":
        return []
    defaults = _ACTIVATIONS.get(name, {})
    said = {key: value for key, value in params.items() if value is not None and value != defaults.get(key)}
    return [Part("Activation", _sorted({"activation": name, **said}), name)]


def _named_activation(spec: object) -> tuple[str, dict[str, object]]:
    if spec is None:
        return "linear", {}
    called, config = spec if isinstance(spec, tuple) and len(spec) == 2 else (spec, ())
    name = _ACTIVATION_OF_CLASS.get(str(called).lower().replace("_", ""), str(called))
    params = {**_ACTIVATIONS.get(name, {}), **_pairs(config)}
    return name, {key: value for key, value in params.items() if key != "dtype"}


def _pairs(config: object) -> dict[str, object]:
    """Undo `_sorted`; nothing for what it did not make."""
    pairs = [pair for pair in config if isinstance(pair, tuple) and len(pair) == 2] if isinstance(config, tuple) else []
    return {str(key): value for key, value in pairs}


def _plainest(name: str, params: dict[str, object]) -> tuple[str, dict[str, object]]:
    """A ReLU with a slope is a leaky ReLU, a leaky one without is a ReLU, and ReLU6 is a ReLU that stops at 6."""
    if name == "relu6":
        return "relu", {"max_value": 6}
    if name == "leaky_relu" and params.get("negative_slope") == 0:
        return "relu", {}
    bounded = params.get("max_value") is not None or params.get("threshold") not in (0, None)
    if name == "relu" and params.get("negative_slope") not in (0, None) and not bounded:
        return "leaky_relu", {"negative_slope": params["negative_slope"]}
    return name, params


# --- Settings ---------------------------------------------------------------------------------------------------------


def _settings(cls: str, layer: Layer) -> dict[str, object]:
    settings: dict[str, object] = {}
    for pattern, defaults in _DEFAULTS:
        if pattern.fullmatch(cls):
            settings |= defaults
    settings |= _cleaned_config(layer.config)
    if "pool_size" in settings:
        settings.setdefault("strides", settings["pool_size"])
    settings = {key: _spatial(key, value, cls) for key, value in settings.items()}
    if _SLIDING.fullmatch(cls) and settings.get("padding") == "same" and _pads_nothing(settings, layer):
        settings["padding"] = "valid"
    if "axis" in settings:
        settings["axis"] = _from_the_end(settings["axis"], _rank(layer))
    if cls in COMMUTATIVE and isinstance(settings.get("arguments"), tuple):
        settings["arguments"] = tuple(sorted(settings["arguments"], key=repr))  # type: ignore[call-overload]
    return settings


def _cleaned_config(config: Mapping[str, object]) -> dict[str, object]:
    cleaned = {key: _clean(value) for key, value in config.items() if key not in _NOISE}
    return {key: value for key, value in cleaned.items() if value is not None and not _is_default(key, value)}


def _is_default(key: str, value: object) -> bool:
    if key == "dtype":
        return value == "float32"
    kind, _, role = key.rpartition("_")
    return role == "initializer" and _initializer(value) in _INITIALIZERS.get(kind, ())


def _initializer(value: object) -> object:
    """Name an initializer as its class is: glorot_uniform is GlorotUniform."""
    if isinstance(value, str) and value.islower():
        return "".join(word.capitalize() for word in value.split("_"))
    return value


def _clean(value: object, depth: int = 0) -> object:
    """Return `value` so that it compares and hashes; a serialised object as its class, with what sets it apart."""
    if depth > _DEPTH:
        return "…"
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, (list, tuple)):
        return tuple(_clean(item, depth + 1) for item in value)
    if not isinstance(value, dict):
        return value
    if {"class_name", "config"} <= set(value):
        config = _clean(value["config"], depth + 1)
        return (str(value["class_name"]), config) if config else str(value["class_name"])
    cleaned = {str(key): _clean(item, depth + 1) for key, item in value.items() if key not in _NOISE}
    return _sorted({key: item for key, item in cleaned.items() if item is not None})


def _sorted(settings: Mapping[str, object]) -> Settings:
    return tuple(sorted(settings.items(), key=lambda pair: pair[0]))


def _spatial(key: str, value: object, cls: str) -> object:
    """Write a size along every axis: 3 is (3, 3) in two dimensions."""
    dimensions = re.search(r"([123])D", cls)
    if key in ("kernel_size", "pool_size", "strides", "dilation_rate", "size") and dimensions and _is_size(value):
        return (value,) * int(dimensions[1])
    return value


def _from_the_end(axis: object, rank: int) -> object:
    """Count an axis from the end, where the number of axes is known: the last one of four is -1 and 3 alike."""
    if isinstance(axis, tuple):
        counted = tuple(_from_the_end(one, rank) for one in axis)
        return counted[0] if len(counted) == 1 else counted
    return axis - rank if isinstance(axis, int) and 0 <= axis < rank else axis


def _rank(layer: Layer) -> int:
    return len(layer.input_shapes[0]) if layer.input_shapes else 0


# --- Shapes -----------------------------------------------------------------------------------------------------------


def _reshape(cls: str, layer: Layer) -> list[Part]:
    """To one axis it is a Flatten, to the same shape it is nothing."""
    given, made = _only(layer.input_shapes), _only(layer.output_shapes)
    if made is not None and given == made:
        return []
    target = made[1:] if made is not None else _clean(layer.config.get("target_shape"))
    if cls == "Flatten" or (isinstance(target, tuple) and len(target) == 1):
        first = layer.config.get("data_format") == "channels_first"
        return [Part("Flatten", (("data_format", "channels_first"),) if first else (), "Flatten")]
    return [Part("Reshape", (("target_shape", target),), "Reshape")]


def _only(shapes: list[Shape]) -> Shape | None:
    return shapes[0] if len(shapes) == 1 else None


def _pads_nothing(settings: Mapping[str, object], layer: Layer) -> bool:
    """Say whether padding "same" adds no pixel on any axis, so that "valid" would do the same.

    TensorFlow's rule: ceil(size / stride) windows, and as many pixels as the last of them reaches past the image.
    """
    shape = _only(layer.input_shapes)
    if shape is None:
        return False
    sizes = shape[2:] if settings.get("data_format") == "channels_first" else shape[1:-1]
    windows = _sizes(settings.get("kernel_size", settings.get("pool_size")))
    strides = _sizes(settings.get("strides"))
    dilations = _sizes(settings.get("dilation_rate", (1,) * len(windows)))
    if not len(sizes) == len(windows) == len(strides) == len(dilations):
        return False
    return all(_padded(*axis) == 0 for axis in zip(sizes, windows, strides, dilations, strict=True))


def _padded(size: int | None, window: int, stride: int, dilation: int) -> int | None:
    """Return how many pixels padding "same" adds on one axis, None where the size is open."""
    reach = (window - 1) * dilation + 1
    if size is None:
        return 0 if reach == 1 else None
    return max((-(-size // stride) - 1) * stride + reach - size, 0)


def _sizes(value: object) -> tuple[int, ...]:
    """Return a tuple of sizes as it is, and nothing for anything else."""
    return value if isinstance(value, tuple) and all(_is_size(one) and one > 0 for one in value) else ()


def _is_size(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)
