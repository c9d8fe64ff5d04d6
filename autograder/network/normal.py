"""One layer in normal form: equal for layers that compute the same thing, whatever words they were written in.

A layer becomes no step at all (a linear activation, a reshape that changes nothing), one, or two (a convolution and its
activation). Records come from a room, so nothing in a configuration is believed: values of the wrong type stay as they
are, and never raise.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeGuard

from msgspec.structs import replace

from autograder.wire.messages import Layer

Settings = tuple[tuple[str, object], ...]
"""Sorted pairs. Values are JSON's, lists as tuples and dicts as sorted pairs, so that they compare and hash."""

COMMUTATIVE = frozenset({"Add", "Multiply", "Average", "Maximum", "Minimum"})
"""Merges that do not depend on the order of their inputs."""

_NOISE = frozenset(
    (
        *("name", "seed", "trainable", "batch_input_shape", "batch_shape", "quantization_config", "module"),
        *("registered_name", "build_config", "unroll", "implementation", "use_cudnn", "zero_output_for_mask"),
        *("flash_attention", "input_length", "noise_shape", "call_config"),
    )
)
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
    (
        re.compile("LSTM|GRU|SimpleRNN"),
        {"activation": "tanh", "use_bias": True, "go_backwards": False, "stateful": False, "return_sequences": False},
    ),
    (re.compile("LSTM|GRU"), {"recurrent_activation": "sigmoid"}),
    (re.compile("LSTM"), {"unit_forget_bias": True}),
    (re.compile("GRU"), {"reset_after": True}),
    (re.compile("Bidirectional"), {"merge_mode": "concat"}),
    (re.compile("UpSampling2D"), {"size": 2, "interpolation": "nearest", "data_format": "channels_last"}),
    (re.compile("(?:ZeroPadding|Cropping)2D"), {"data_format": "channels_last"}),
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
_DRAWING = (("gain", 1), ("scale", 1), ("input_axes", None), ("output_axes", None))
"""What initializers say of themselves that is their default."""
_NOTHING_AT_ZERO = frozenset(
    (
        *("Dropout", "SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D", "AlphaDropout"),
        *("GaussianDropout", "GaussianNoise"),
    )
)
_UNTRAINED = _NOTHING_AT_ZERO | {f"Random{name}" for name in ("Flip", "Rotation", "Zoom", "Translation", "Contrast")}
"""Layers that do nothing unless they are trained."""
_ZERO, _ONE = ("Constant", (("value", 0),)), ("Constant", (("value", 1),))

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
class Asked:
    """What counts beside what is computed."""

    trainable: bool = False
    """Whether frozen layers differ from trained ones."""
    initializers: bool = False
    """Whether the values that weights begin with do."""


COMPUTED = Asked()
"""What is computed counts, and nothing else."""


@dataclass(frozen=True)
class Part:
    """One thing a layer does."""

    cls: str
    settings: Settings
    label: str


def parts(layer: Layer, asked: Asked = COMPUTED) -> list[Part]:
    """Return what a layer of Keras does, in order: none, one, or two parts, the second its activation."""
    cls = plain_class(layer.cls)
    if cls == "Activation" or cls.lower() in _ACTIVATION_OF_CLASS:
        return activation(layer.config.get("activation") if cls == "Activation" else _spec(layer), layer)
    if cls in _NOTHING_AT_ZERO and not layer.config.get("rate", layer.config.get("stddev")):
        return []
    if cls in _UNTRAINED and layer.training is False:
        return []
    cls, settings = settings_of(layer, asked)
    last = settings.pop("activation", None) if _CONVOLUTION.fullmatch(cls) or _DENSE.fullmatch(cls) else None
    return [Part(cls, sort(settings), label(cls, settings)), *activation(last, layer)]


def label(cls: str, settings: Mapping[str, object]) -> str:
    """Return a short name: `Conv2D(128)`, `Bidirectional(LSTM(6))`."""
    size = next((settings[key] for key in ("filters", "units", "output_dim", "rate") if key in settings), None)
    plain = "" if size is None else f"({str(size)[:MAX_SIZE]})"
    inner = settings.get("layer")
    return f"{cls}({inner}{plain})" if isinstance(inner, str) else f"{cls}{plain}"


def settings_of(layer: Layer, asked: Asked) -> tuple[str, dict[str, object]]:
    """Return the class and the settings of a layer in normal form; of a wrapper, those of the layer in it as well."""
    cls = plain_class(layer.cls)
    settings = _settings(cls, layer, asked)
    if cls == "RNN" and _serialised(layer.config.get("cell")) is not None:
        name, config = _serialised(layer.config["cell"]) or ("", {})
        inner = _inside(layer, name.removesuffix("Cell"), {**layer.config, **config})
        return settings_of(inner, asked) if name in ("LSTMCell", "GRUCell", "SimpleRNNCell") else (cls, settings)
    if cls in ("TimeDistributed", "Bidirectional") and _serialised(layer.config.get("layer")) is not None:
        name, config = _serialised(layer.config["layer"]) or ("", {})
        inner_cls, inner_settings = settings_of(_inside(layer, name, config), asked)
        settings = {**inner_settings, **settings, "layer": inner_cls}
        settings = {key: value for key, value in settings.items() if key not in ("backward_layer", "return_state")}
    return cls, settings


def _serialised(value: object) -> tuple[str, dict[str, object]] | None:
    """Return the class and the configuration of an object as Keras serialises it, None for anything else."""
    if isinstance(value, dict) and {"class_name", "config"} <= set(value) and isinstance(value["config"], dict):
        return str(value["class_name"]), value["config"]
    return None


def _inside(layer: Layer, cls: str, config: Mapping[str, object]) -> Layer:
    """Return the layer that a wrapper holds as if it were called by itself."""
    return replace(layer, cls=cls, config={key: value for key, value in config.items() if key not in ("layer", "cell")})


def plain_class(name: str) -> str:
    """Return the name Keras gives a class: MaxPooling2D for MaxPool2D."""
    for pattern, plain in _CLASS_ALIASES:
        name = pattern.sub(plain, name)
    return name


# --- Activations ------------------------------------------------------------------------------------------------------


def _spec(layer: Layer) -> object:
    return {"class_name": layer.cls, "config": layer.config}


def activation(spec: object, layer: Layer) -> list[Part]:
    """Return the part of an activation: a name, or a layer or function as Keras serialises it."""
    name, params = _named_activation(clean(spec))
    if "axis" in params:
        params["axis"] = from_the_end(params["axis"], _rank(layer))
    return named(name, params)


def named(name: str, params: Mapping[str, object]) -> list[Part]:
    """Return the part of an activation of Keras by its name; none for the one that changes nothing."""
    name, params = _plainest(name, dict(params))
    if name == "linear":
        return []
    defaults = _ACTIVATIONS.get(name, {})
    said = {key: value for key, value in params.items() if value is not None and value != defaults.get(key)}
    return [Part("Activation", sort({"activation": name, **said}), name)]


def activation_name(cls: str) -> str | None:
    """Return Keras's name of the activation that a class or an operation is; None where it is none."""
    return _ACTIVATION_OF_CLASS.get(cls.lower().replace("_", ""))


def _named_activation(spec: object) -> tuple[str, dict[str, object]]:
    if spec is None:
        return "linear", {}
    called, config = spec if isinstance(spec, tuple) and len(spec) == 2 else (spec, ())
    name = _ACTIVATION_OF_CLASS.get(str(called).lower().replace("_", ""), str(called))
    params = {**_ACTIVATIONS.get(name, {}), **pairs(config)}
    return name, {key: value for key, value in params.items() if key not in ("dtype", "x", "beta")}


def pairs(config: object) -> dict[str, object]:
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


def _settings(cls: str, layer: Layer, asked: Asked) -> dict[str, object]:
    settings: dict[str, object] = {}
    for pattern, defaults in _DEFAULTS:
        if pattern.fullmatch(cls):
            settings |= defaults
    settings |= cleaned(layer.config, asked)
    if "pool_size" in settings:
        settings.setdefault("strides", settings["pool_size"])
    settings = {key: _spatial(key, value, cls) for key, value in settings.items()}
    if _SLIDING.fullmatch(cls) and settings.get("padding") == "same" and pads_nothing(settings, layer):
        settings["padding"] = "valid"
    if "axis" in settings:
        settings["axis"] = from_the_end(settings["axis"], _rank(layer))
    for key in ("dropout", "recurrent_dropout"):
        if settings.get(key) == 0:
            del settings[key]
    if cls == "MultiHeadAttention" and settings.get("value_dim") == settings.get("key_dim"):
        settings.pop("value_dim", None)
    return settings


def cleaned(config: Mapping[str, object], asked: Asked) -> dict[str, object]:
    """Return the settings that count, those left out that say nothing or what Keras would say by itself."""
    found: dict[str, object] = {}
    for key, value in config.items():
        kind, _, role = key.rpartition("_")
        said = clean(value)
        if role == "initializer":
            said = _initializer(said) if asked.initializers else None
            said = None if said in _INITIALIZERS.get(kind, ()) else _readable(said)
        elif role == "regularizer":
            said = _regularizer(said)
        elif role == "constraint":
            said = _readable(said)
        if key not in _NOISE and said is not None and (key, said) != ("dtype", "float32"):
            found[key] = said
    return found


def _initializer(value: object) -> object:
    """Name an initializer as its class is: glorot_uniform is GlorotUniform, and a constant 1 is Ones."""
    if isinstance(value, str) and value.islower():
        value = "".join(word.capitalize() for word in value.split("_"))
    if value in (_ZERO, "Constant"):
        return "Zeros"
    if isinstance(value, tuple) and len(value) == 2:
        config = tuple(pair for pair in value[1] if pair not in _DRAWING) if isinstance(value[1], tuple) else value[1]
        value = (value[0], config) if config else value[0]
    return "Ones" if value == _ONE else value


def _regularizer(value: object) -> object:
    """Write a penalty by its two factors: L1L2(l2=0.01) is L2(0.01), and one of no weight is none."""
    name, config = value if isinstance(value, tuple) and len(value) == 2 else (value, ())
    key = str(name).lower().replace("_", "")
    if key not in ("l1", "l2", "l1l2"):
        return _readable(value)
    said = {**({"l1": 0.01, "l2": 0.01} if not config else {}), **pairs(config)}
    found = [f"{said[one]}" for one in ("l1", "l2") if one in key and said.get(one)]
    kinds = [one for one in ("l1", "l2") if one in key and said.get(one)]
    return f"{''.join(kinds).upper()}({', '.join(found)})" if kinds else None


def _readable(value: object) -> object:
    """Write a serialised object as its constructor is called: MaxNorm(max_value=3)."""
    if isinstance(value, tuple) and len(value) == 2 and isinstance(value[0], str):
        said = ", ".join(f"{key}={shown(one)}" for key, one in pairs(value[1]).items())
        return f"{value[0]}({said})"
    return value


def shown(value: object) -> str:
    """Return the text of a value in normal form, without the pairs that stand for dicts."""
    if isinstance(value, tuple) and len(value) == 2 and isinstance(value[0], str) and isinstance(value[1], tuple):
        return str(_readable(value))
    return str(value)


def clean(value: object, depth: int = 0) -> object:
    """Return `value` so that it compares and hashes; a serialised object as its class, with what sets it apart."""
    if depth > _DEPTH:
        return "…"
    if isinstance(value, float):
        return rounded(value)
    if isinstance(value, (list, tuple)):
        return tuple(clean(item, depth + 1) for item in value)
    if not isinstance(value, dict):
        return value
    if {"class_name", "config"} <= set(value):
        config = clean(value["config"], depth + 1)
        return (str(value["class_name"]), config) if config else str(value["class_name"])
    said = {str(key): clean(item, depth + 1) for key, item in value.items() if key not in _NOISE}
    return sort({key: item for key, item in said.items() if item is not None})


def rounded(value: float) -> float | int:
    """Write a number as precisely as float32 keeps it: 0.01 and 0.009999999776 are one."""
    if not math.isfinite(value):
        return value
    value = float(f"{value:.6g}")
    return int(value) if value.is_integer() else value


def sort(settings: Mapping[str, object]) -> Settings:
    return tuple(sorted(settings.items(), key=lambda pair: pair[0]))


def _spatial(key: str, value: object, cls: str) -> object:
    """Write a size along every axis: 3 is (3, 3) in two dimensions."""
    dimensions = re.search(r"([123])D", cls)
    if key in ("kernel_size", "pool_size", "strides", "dilation_rate", "size") and dimensions and _is_size(value):
        return (value,) * int(dimensions[1])
    return value


def from_the_end(axis: object, rank: int) -> object:
    """Count an axis from the end, where the number of axes is known: the last one of four is -1 and 3 alike."""
    if isinstance(axis, tuple):
        counted = tuple(from_the_end(one, rank) for one in axis)
        return counted[0] if len(counted) == 1 else counted
    return axis - rank if isinstance(axis, int) and 0 <= axis < rank else axis


def _rank(layer: Layer) -> int:
    return len(layer.input_shapes[0]) if layer.input_shapes else 0


# --- Shapes -----------------------------------------------------------------------------------------------------------


def pads_nothing(settings: Mapping[str, object], layer: Layer) -> bool:
    """Say whether padding "same" adds no pixel on any axis, so that "valid" would do the same.

    TensorFlow's rule: ceil(size / stride) windows, and as many pixels as the last of them reaches past the image.
    """
    shape = layer.input_shapes[0] if layer.input_shapes else None
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


def default_of(cls: str, setting: str, activation: object = None) -> object:
    """Return what Keras takes for a setting that is not given; None where that is nothing, or not known here.

    Of an activation, `activation` is the name.
    """
    kind, _, role = setting.rpartition("_")
    if role == "initializer":
        return next(iter(_INITIALIZERS.get(kind, ())), None)
    if cls == "Activation":
        return _ACTIVATIONS.get(str(activation), {}).get(setting)
    return next((defaults[setting] for one, defaults in _DEFAULTS if one.fullmatch(cls) and setting in defaults), None)


def _is_size(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)
