"""The Keras layers that a record may ask for, and the settings that each may be given.

A configuration comes from a room, so nothing in it is believed. Classes, initializers, regularizers, constraints and
activations are looked up by name in closed lists, every other setting is a plain value within bounds, and each layer is
made by its own constructor: Keras's deserialization, which imports what a configuration names, is never used.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any, Literal

import numpy as np

Reason = Literal["custom", "code", "unknown", "refused", "unfinished", "large"]

MAX_SIZE = 2**20
"""The largest number of units, filters, words: of anything counted in a configuration."""
MAX_TEXT = 64
MAX_ITEMS = 4096
"""Items of one list: the means of a Normalization are one a pixel."""
MAX_DEPTH = 4
"""Lists in lists, and layers in layers."""


class NotAllowed(Exception):
    """A setting, a class or an operation that no network is rebuilt with."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason: Reason = reason
        self.detail = detail


def _dimensions(*names: str) -> tuple[str, ...]:
    return tuple(f"{name}{count}D" for name in names for count in (1, 2, 3))


_MERGES = ("Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum", "Concatenate", "Dot")
_ATTENTIONS = ("Attention", "AdditiveAttention")
LIST_TAKERS = frozenset((*_MERGES, *_ATTENTIONS))
"""Layers that are called on a list of tensors."""
ACTIVATION_LAYERS = ("Activation", "ReLU", "LeakyReLU", "PReLU", "ELU", "Softmax")
_CELLS = ("SimpleRNNCell", "LSTMCell", "GRUCell")
_WRAPPERS = ("Bidirectional", "TimeDistributed", "SpectralNormalization")
_AUGMENTATIONS = (
    *("RandomFlip", "RandomRotation", "RandomTranslation", "RandomZoom", "RandomContrast", "RandomBrightness"),
    *("RandomCrop", "RandomErasing", "RandomHue", "RandomSaturation", "RandomInvert"),
)
LAYERS = frozenset(
    (
        *("Dense", "EinsumDense", "Embedding", "Masking", "Identity", "MultiHeadAttention"),
        *_dimensions("Conv", "Convolution", "MaxPooling", "MaxPool", "AveragePooling", "AvgPool"),
        *_dimensions("GlobalMaxPooling", "GlobalMaxPool", "GlobalAveragePooling", "GlobalAvgPool"),
        *_dimensions("ZeroPadding", "Cropping", "UpSampling", "SpatialDropout"),
        *(f"{name}Transpose" for name in _dimensions("Conv", "Convolution")),
        *(f"{kind}{count}D" for kind in ("SeparableConv", "DepthwiseConv", "SeparableConvolution") for count in (1, 2)),
        *("Flatten", "Reshape", "Permute", "RepeatVector"),
        *("Dropout", "AlphaDropout", "GaussianDropout", "GaussianNoise", "ActivityRegularization"),
        *("BatchNormalization", "LayerNormalization", "GroupNormalization", "UnitNormalization", "RMSNormalization"),
        *("Rescaling", "Resizing", "CenterCrop", "Normalization"),
        *("SimpleRNN", "LSTM", "GRU", "RNN"),
        *(*ACTIVATION_LAYERS, *_MERGES, *_ATTENTIONS, *_WRAPPERS, *_AUGMENTATIONS),
    )
)

ACTIVATIONS = frozenset(
    (
        *("celu", "elu", "exponential", "gelu", "glu", "hard_shrink", "hard_sigmoid", "hard_silu", "hard_swish"),
        *("hard_tanh", "leaky_relu", "linear", "log_sigmoid", "log_softmax", "mish", "relu", "relu6", "selu"),
        *("sigmoid", "silu", "soft_shrink", "softmax", "softplus", "softsign", "sparse_plus", "sparse_sigmoid"),
        *("sparsemax", "squareplus", "swish", "tanh", "tanh_shrink", "threshold"),
    )
)
_FAMILIES: Mapping[str, frozenset[str]] = {
    "initializer": frozenset(
        (
            *("Zeros", "Ones", "Constant", "RandomNormal", "RandomUniform", "TruncatedNormal", "VarianceScaling"),
            *("GlorotNormal", "GlorotUniform", "HeNormal", "HeUniform", "LecunNormal", "LecunUniform"),
            *("Orthogonal", "OrthogonalInitializer", "Identity", "IdentityInitializer"),
        )
    ),
    "regularizer": frozenset(("L1", "L2", "L1L2", "OrthogonalRegularizer")),
    "constraint": frozenset(("MaxNorm", "MinMaxNorm", "NonNeg", "UnitNorm")),
}
"""By the last word of a setting's name, which is that of a module of Keras without its s."""

DTYPES = frozenset(
    ("float16", "bfloat16", "float32", "float64", "mixed_float16", "mixed_bfloat16", "uint8", "int32", "int64", "bool")
)
_DROPPED = frozenset(("name", "trainable", "seed", "batch_shape", "batch_input_shape"))
"""Weights and random draws come from the training's own seed; `trainable` is set on the layer once it is made."""
_SIZES = frozenset(
    (
        *("units", "filters", "kernel_size", "pool_size", "strides", "dilation_rate", "depth_multiplier", "groups"),
        *("num_heads", "key_dim", "value_dim", "input_dim", "output_dim", "n", "size", "height", "width"),
    )
)
"""Settings that are positive whole numbers, one or one an axis."""


def make_layer(cls: str, config: Mapping[str, object], depth: int = 0) -> Any:
    """Return a layer of class `cls` with these settings. Raise NotAllowed, or whatever its constructor raises."""
    import keras

    if cls not in LAYERS and not (depth and cls in _CELLS):
        raise _no_such_layer(cls)
    if depth > MAX_DEPTH:
        raise NotAllowed("refused", "layers in layers, too many deep")
    if cls == "Normalization" and config.get("mean") is None:
        raise NotAllowed(
            "refused", "what it learned from data is not in its configuration: give it `mean` and `variance`"
        )
    settings = {key: _setting(key, value, depth) for key, value in config.items() if key not in _DROPPED}
    if settings.pop("quantization_config", None) is not None:
        raise NotAllowed("refused", "quantized layers are not trained")
    layer = getattr(keras.layers, cls)(**settings)
    if depth and config.get("trainable") is False:
        layer.trainable = False
    return layer


def _no_such_layer(cls: str) -> NotAllowed:
    import keras

    if cls == "__function__":
        return NotAllowed("code", "its activation is a function, which is not taken from a room")
    if cls == "Lambda":
        return NotAllowed("code", "what a Lambda computes is code, which is not taken from a room")
    return NotAllowed("unknown" if cls in dir(keras.layers) else "custom", "this class is not one that is rebuilt")


def _setting(key: str, value: object, depth: int) -> Any:
    """Return what a constructor takes for the setting `key`."""
    family = key.rpartition("_")[2]
    if isinstance(value, dict) and value.get("class_name") == "__array__":
        return array(value)
    if family in _FAMILIES:
        return _member(family, value)
    if key in ("activation", "recurrent_activation"):
        return activation(value, depth)
    if key in ("layer", "backward_layer", "cell") and value is not None:
        return make_layer(*serialized(value), depth + 1)
    if key == "dtype":
        return dtype(value)
    return sizes(key, value) if key in _SIZES else plain(value)


def serialized(value: object) -> tuple[str, dict[str, object]]:
    """Return the class name and settings of an object as Keras serializes it. Raise NotAllowed for any other form."""
    if isinstance(value, dict) and set(value) == {"class_name", "config"}:
        name, config = value["class_name"], value["config"]
        if isinstance(name, str) and isinstance(config, dict):
            return name, config
    raise NotAllowed("refused", "an object in its configuration is not written as Keras writes one")


def activation(value: object, depth: int = 0) -> Any:
    """Return an activation function of Keras by its name, or the layer that stands for one."""
    import keras

    if value is None:
        return None
    if not isinstance(value, str):
        cls, config = serialized(value)
        if cls not in ACTIVATION_LAYERS:
            raise _no_such_layer(cls)
        return make_layer(cls, config, depth + 1)
    if value not in ACTIVATIONS:
        raise _not_keras_own("activation", value)
    return getattr(keras.activations, value)


def dtype(value: object) -> str | None:
    """Return the name of a type or of a policy of Keras."""
    if value is None or (isinstance(value, str) and value in DTYPES):
        return value
    raise NotAllowed("refused", f"no network is trained in {str(value)[:MAX_TEXT]!r}")


def _member(family: str, value: object) -> Any:
    """Return an initializer, regularizer or constraint of Keras."""
    import keras

    if value is None:
        return None
    if isinstance(value, dict) and value.get("class_name") == "__function__":
        raise NotAllowed("code", f"its {family} is a function")
    name, config = (value, {}) if isinstance(value, str) else serialized(value)
    known = {cls.lower(): cls for cls in _FAMILIES[family]}
    cls = known.get(name.replace("_", "").lower())
    if cls is None:
        raise _not_keras_own(family, name)
    settings = {key: plain(one) for key, one in config.items() if key not in _DROPPED}
    if family == "initializer" and any(isinstance(one, tuple) for one in settings.values()):
        raise NotAllowed(
            "refused", "its initializer holds values for each weight: weights that are given are not trained"
        )
    return getattr(getattr(keras, f"{family}s"), cls)(**settings)


def initializer(value: object) -> Any:
    """Return an initializer of Keras as it is serialised; None for its own choice."""
    return _member("initializer", value)


def _not_keras_own(family: str, name: str) -> NotAllowed:
    if name.startswith("<lambda"):
        return NotAllowed("code", f"its {family} is a lambda")
    return NotAllowed("custom", f"its {family} {name[:MAX_TEXT]!r} is not one of Keras's own")


def sizes(key: str, value: object) -> Any:
    """Return one positive whole number, or one an axis; None stands for Keras's choice."""
    if value is None:
        return None
    given = value if isinstance(value, list) else [value]
    if not all(isinstance(size, int) and not isinstance(size, bool) and size > 0 for size in given):
        raise NotAllowed("refused", f"{key} is not made of positive whole numbers")
    if max(given, default=1) > MAX_SIZE:
        raise NotAllowed("large", f"{key} is above {MAX_SIZE}")
    return plain(value)


def plain(value: object, depth: int = 0) -> Any:
    """Return a plain value, lists as tuples: bounded numbers, short texts. Raise NotAllowed for anything else."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, (int, float)):
        return _number(value)
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, list) and depth < MAX_DEPTH and len(value) <= MAX_ITEMS:
        return tuple(plain(item, depth + 1) for item in value)
    raise NotAllowed("refused", f"its configuration holds a {type(value).__name__} where a plain value is expected")


def _number(value: float) -> float:
    if isinstance(value, int) and abs(value) > MAX_SIZE:
        raise NotAllowed("large", f"its configuration holds a whole number above {MAX_SIZE}")
    if not math.isfinite(value):
        raise NotAllowed("refused", "its configuration holds a number that is not finite")
    return value


def _text(value: str) -> str:
    if value.startswith("<lambda"):
        raise NotAllowed("code", "its configuration holds a lambda")
    if value.startswith("<") or len(value) > MAX_TEXT:
        raise NotAllowed("custom", f"its configuration holds {value[:MAX_TEXT]!r}, which is not a plain value")
    return value


def array(value: object) -> Any:
    """Return the array that a record spells out. Raise NotAllowed where it does not hold together, or is too large."""
    config = value.get("config") if isinstance(value, dict) and value.get("class_name") == "__array__" else None
    found = config.get("numbers") if isinstance(config, dict) else None
    if not isinstance(config, dict) or not isinstance(found, list) or len(found) > MAX_ITEMS:
        raise NotAllowed("large", "it computes with constants that are too large to be taken from a room")
    try:
        made = np.asarray([plain(one) for one in found], dtype="float32" if _has_fractions(found) else "int32")
        return made.reshape(tuple(int(size) for size in config["shape"]))
    except (KeyError, TypeError, ValueError, OverflowError):
        raise NotAllowed("refused", "a constant of its does not hold together") from None


def _has_fractions(found: list[Any]) -> bool:
    return any(isinstance(one, float) for one in found)


def numbers(shape: Iterable[int | None]) -> int:
    """Return how many numbers a tensor of this shape holds at least."""
    return math.prod(size for size in shape if size is not None)
