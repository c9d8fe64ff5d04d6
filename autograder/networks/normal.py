"""One layer in normal form: equal for layers that compute the same thing, whatever words they were written in.

A layer becomes no step at all (a linear activation, a reshape that changes nothing), one, or two (a convolution and its
activation). Records come from a room, so nothing in a configuration is believed: values of the wrong type stay as they
are, and never raise.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeGuard

from msgspec.structs import replace

from autograder.networks.activations import ACTIVATION_OF_CLASS, ACTIVATIONS, LayerPart, activation, spec_of
from autograder.networks.values import NOISE, clean, from_the_end, pairs, rank_of, readable, sort
from autograder.wire.messages import Layer

COMMUTATIVE = frozenset({"Add", "Multiply", "Average", "Maximum", "Minimum"})
"""Merges that do not depend on the order of their inputs."""

MAX_SIZE = 20
"""Characters of a label's number: nothing forces a room to send a number."""
MOST_CLASSES = 256
"""Names of classes whose defaults are kept: a network has many layers of few classes, and a room may invent names."""
_CONVOLUTION = re.compile(r"(?:Depthwise|Separable)?Conv[123]D(?:Transpose)?")
_POOLING = re.compile(r"(?:Max|Average)Pooling[123]D")
_GLOBAL_POOLING = re.compile(r"Global(?:Max|Average)Pooling[123]D")
_SLIDING = re.compile(r"(?:Depthwise|Separable)?Conv[123]D|(?:Max|Average)Pooling[123]D")
"""Layers that slide a window, and pad the image by one rule."""
_TRANSPOSED = re.compile(r"Conv[123]DTranspose")
_IMAGE = re.compile("|".join(pattern.pattern for pattern in (_CONVOLUTION, _POOLING, _GLOBAL_POOLING)))
_DENSE = re.compile("(?:Einsum)?Dense")
_DIMENSIONS = re.compile(r"([123])D")
_SIZES = frozenset(("kernel_size", "pool_size", "strides", "dilation_rate", "size"))
"""Settings that may be said once for every axis."""

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
    (re.compile("(?:ZeroPadding|Cropping)2D|SpatialDropout[23]D"), {"data_format": "channels_last"}),
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
    folded: bool = False
    """Whether a convolution of one place is the Dense that it is, a recurrent module of several layers these layers, a
    padding by the border's pixels that border: no author would have them called so.
    """


COMPUTED = Asked()
"""What is computed counts, and nothing else."""


def parts(layer: Layer, asked: Asked = COMPUTED) -> list[LayerPart]:
    """Return what a layer of Keras does, in order: at most itself, its activation, and a penalty on what it gives."""
    cls = plain_class(layer.cls)
    if cls in _NOTHING_AT_ZERO and not layer.config.get("rate", layer.config.get("stddev")):
        return []
    if cls in _UNTRAINED and layer.training is False:
        return []
    if cls == "Activation" or cls.lower() in ACTIVATION_OF_CLASS:
        made = activation(layer.config.get("activation") if cls == "Activation" else spec_of(layer), layer)
        return [*made, *_penalized(_penalty(layer.config.get("activity_regularizer")))]
    if cls == "ActivityRegularization":
        said = {key: layer.config.get(key) for key in ("l1", "l2")}
        return _penalized(_penalty({"class_name": "L1L2", "config": said}), cls)
    cls, settings = settings_of(layer, asked)
    penalty = settings.pop("activity_regularizer", None)
    last = settings.pop("activation", None) if _CONVOLUTION.fullmatch(cls) or _DENSE.fullmatch(cls) else None
    return [LayerPart(cls, sort(settings), label(cls, settings)), *activation(last, layer), *_penalized(penalty)]


def _penalty(value: object) -> object:
    return cleaned({"activity_regularizer": value}, COMPUTED).get("activity_regularizer")


def _penalized(penalty: object, written: str = "activity_regularizer") -> list[LayerPart]:
    """A penalty on what a layer gives, its activation included, as a step of its own."""
    named = f"{written} {penalty}"[: 4 * MAX_SIZE] if isinstance(penalty, str) else written
    said = (("activity_regularizer", penalty),)
    return [] if penalty is None else [LayerPart("ActivityRegularization", said, named)]


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
    if cls == "Dropout" and "noise_shape" in settings:
        cls = _noisy(settings, layer)
    if cls == "RNN" and "cell" not in layer.functions and _serialised(layer.config.get("cell")) is not None:
        name, config = _serialised(layer.config["cell"]) or ("", {})
        inner = _inside(layer, name.removesuffix("Cell"), {**layer.config, **config})
        return settings_of(inner, asked) if name in ("LSTMCell", "GRUCell", "SimpleRNNCell") else (cls, settings)
    if cls in ("TimeDistributed", "Bidirectional") and _serialised(layer.config.get("layer")) is not None:
        name, config = _serialised(layer.config["layer"]) or ("", {})
        inner_cls, inner_settings = settings_of(_inside(layer, name, config), asked)
        settings = {
            **inner_settings,
            **settings,
            "layer": inner_cls,
            **_backwards(layer, inner_cls, inner_settings, asked),
        }
        settings = {key: value for key, value in settings.items() if key not in ("backward_layer", "return_state")}
    return cls, settings


def _backwards(layer: Layer, cls: str, forwards: Mapping[str, object], asked: Asked) -> dict[str, object]:
    """What the layer that runs backwards does otherwise than the other, where it does."""
    given = _serialised(layer.config.get("backward_layer"))
    if given is None:
        return {}
    name, said = settings_of(_inside(layer, *given), asked)
    said["go_backwards"] = not said.get("go_backwards")
    return {} if (name, said) == (cls, dict(forwards)) else {"backwards": (name, sort(said))}


def _noisy(settings: dict[str, object], layer: Layer) -> str:
    """Return what a Dropout is whose noise is shared along axes: along all but the last, a SpatialDropout."""
    given, noise = layer.input_shapes[0] if layer.input_shapes else (), settings["noise_shape"]
    if not isinstance(noise, tuple) or len(noise) != len(given):
        return "Dropout"
    own = [one is None or one == size or place == 0 for place, (one, size) in enumerate(zip(noise, given, strict=True))]
    if noise[0] == 1 or not (all(own) or (3 <= len(own) <= 5 and own[-1] and not any(own[1:-1]))):
        return "Dropout"
    del settings["noise_shape"]
    if not all(own) and len(own) > 3:
        settings["data_format"] = "channels_last"
    return "Dropout" if all(own) else f"SpatialDropout{len(own) - 2}D"


def _serialised(value: object) -> tuple[str, dict[str, object]] | None:
    """Return the class and the configuration of an object as Keras serialises it, None for anything else."""
    if isinstance(value, dict) and {"class_name", "config"} <= set(value) and isinstance(value["config"], dict):
        return str(value["class_name"]), value["config"]
    return None


def _inside(layer: Layer, cls: str, config: Mapping[str, object]) -> Layer:
    """Return the layer that a wrapper holds as if it were called by itself."""
    config = {key: value for key, value in config.items() if key not in ("layer", "cell")}
    shapes = layer.input_shapes
    if layer.cls == "TimeDistributed":
        shapes = [(shape[0], *shape[2:]) for shape in shapes if len(shape) > 1]
    return replace(layer, cls=cls, config=config, input_shapes=shapes)


@lru_cache(maxsize=MOST_CLASSES)
def plain_class(name: str) -> str:
    """Return the name Keras gives a class: MaxPooling2D for MaxPool2D."""
    for pattern, plain in _CLASS_ALIASES:
        name = pattern.sub(plain, name)
    return name


# --- Settings ---------------------------------------------------------------------------------------------------------


def _settings(cls: str, layer: Layer, asked: Asked) -> dict[str, object]:
    defaults = _defaults(cls)
    settings = {**defaults, **cleaned(layer.config, asked)}
    for key, value in layer.config.items():
        if value is None and defaults.get(key) is True:  # what Keras asks is whether it is true
            settings[key] = False
    if "pool_size" in settings:
        settings.setdefault("strides", settings["pool_size"])
    for key in _SIZES & settings.keys():
        settings[key] = _spatial(settings[key], cls)
    same = settings.get("padding") == "same"
    if same and _SLIDING.fullmatch(cls) and pads_nothing(settings, layer):
        settings["padding"] = "valid"
    if same and _TRANSPOSED.fullmatch(cls) and _leaves_nothing_over(settings):
        settings["padding"] = "valid"
    if "axis" in settings:
        settings["axis"] = from_the_end(settings["axis"], rank_of(layer))
    for key in ("dropout", "recurrent_dropout"):
        if settings.get(key) == 0:
            del settings[key]
    if cls == "MultiHeadAttention" and settings.get("value_dim") == settings.get("key_dim"):
        settings.pop("value_dim", None)
    return settings


@lru_cache(maxsize=MOST_CLASSES)
def _defaults(cls: str) -> Mapping[str, object]:
    """Return what Keras takes for the settings of a class that are not given."""
    found: dict[str, object] = {}
    for pattern, defaults in _DEFAULTS:
        if pattern.fullmatch(cls):
            found |= defaults
    return found


def cleaned(config: Mapping[str, object], asked: Asked) -> dict[str, object]:
    """Return the settings that count, those left out that say nothing or what Keras would say by itself."""
    found: dict[str, object] = {}
    for key, value in config.items():
        if value is None or key in NOISE:
            continue
        kind, _, role = key.rpartition("_")
        if role == "initializer" and not asked.initializers:
            continue
        said = clean(value)
        if role == "initializer":
            said = _initializer(said)
            said = None if said in _INITIALIZERS.get(kind, ()) else readable(said)
        elif role == "regularizer":
            said = _regularizer(said)
        elif role == "constraint":
            said = readable(said)
        if said is not None and (key, said) != ("dtype", "float32"):
            found[key] = said
    return found


def _initializer(value: object) -> object:
    """Name an initializer as its class is: glorot_uniform is GlorotUniform, and a constant 1 is Ones."""
    if isinstance(value, str) and value.islower():
        value = "".join(word.capitalize() for word in value.split("_"))
    if value in (_ZERO, "Constant"):
        return "Zeros"
    if isinstance(value, tuple) and len(value) == 2:
        value = _scaled(value[0], pairs(value[1])) if value[0] == "VarianceScaling" else value
    if isinstance(value, tuple) and len(value) == 2:
        config = tuple(pair for pair in value[1] if pair not in _DRAWING) if isinstance(value[1], tuple) else value[1]
        value = (value[0], config) if config else value[0]
    return "Ones" if value == _ONE else value


def _scaled(name: object, config: Mapping[str, object]) -> object:
    """Return the name that Keras gives a variance scaling of these settings, where it has one."""
    said = {"scale": 1, "mode": "fan_in", "distribution": "truncated_normal", **config}
    kind = {"truncated_normal": "Normal", "uniform": "Uniform"}.get(str(said["distribution"]), "")
    named: dict[object, str] = {(1, "fan_avg"): "Glorot", (2, "fan_in"): "He", (1, "fan_in"): "Lecun"}
    known = named.get((said["scale"], said["mode"])) if kind else None
    return f"{known}{kind}" if known else (name, sort({**said, "scale": said["scale"]}))


def _regularizer(value: object) -> object:
    """Write a penalty by its two factors: L1L2(l2=0.01) is L2(0.01), and one of no weight is none."""
    name, config = value if isinstance(value, tuple) and len(value) == 2 else (value, ())
    key = str(name).lower().replace("_", "")
    if key not in ("l1", "l2", "l1l2"):
        return readable(value)
    said = {**({"l1": 0.01, "l2": 0.01} if not config else {}), **pairs(config)}
    found = [f"{said[one]}" for one in ("l1", "l2") if one in key and said.get(one)]
    kinds = [one for one in ("l1", "l2") if one in key and said.get(one)]
    return f"{''.join(kinds).upper()}({', '.join(found)})" if kinds else None


def _spatial(value: object, cls: str) -> object:
    """Write a size along every axis: 3 is (3, 3) in two dimensions."""
    dimensions = _DIMENSIONS.search(cls) if _is_size(value) else None
    return (value,) * int(dimensions[1]) if dimensions else value


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


def _leaves_nothing_over(settings: Mapping[str, object]) -> bool:
    """Whether the windows of a transposed convolution do not overlap: padding "same" then cuts nothing off."""
    windows, strides = (_sizes(settings.get(key)) for key in ("kernel_size", "strides"))
    plain = not settings.get("output_padding") and all(one == 1 for one in _sizes(settings.get("dilation_rate")))
    return plain and 0 < len(windows) == len(strides) and all(map(operator.le, windows, strides))


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
        return ACTIVATIONS.get(str(activation), {}).get(setting)
    return next((defaults[setting] for one, defaults in _DEFAULTS if one.fullmatch(cls) and setting in defaults), None)


def _is_size(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)
