"""Activations by name, whether a layer, a function or an operation says them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from autograder.networks.values import Settings, clean, from_the_end, pairs, rank_of, sort
from autograder.wire.messages import Layer

ACTIVATIONS: Mapping[str, Mapping[str, object]] = {
    "relu": {"negative_slope": 0, "max_value": None, "threshold": 0},
    "leaky_relu": {"negative_slope": 0.2},
    "elu": {"alpha": 1},
    "celu": {"alpha": 1},
    "gelu": {"approximate": False},
    "softmax": {"axis": -1},
    "log_softmax": {"axis": -1},
}
"""Activations that take parameters, with their defaults in `keras.activations`."""
_BAREACTIVATIONS = (
    *("linear", "sigmoid", "tanh", "selu", "softplus", "softsign", "silu", "exponential", "mish", "relu6"),
    *("hard_sigmoid", "hard_silu", "hard_tanh", "log_sigmoid", "tanh_shrink", "squareplus"),
)
ACTIVATION_OF_CLASS = {name.replace("_", ""): name for name in (*ACTIVATIONS, *_BAREACTIVATIONS)} | {
    "identity": "linear",
    "converttotensor": "linear",
    "exp": "exponential",
    "swish": "silu",
    "softmaxv2": "softmax",  # the name that tf.nn.softmax gives itself
    "logsoftmaxv2": "log_softmax",
    "hardswish": "hard_silu",
}
"""Activations by the name of their layer or operation in lower case: ReLU, Relu, LeakyReLU, Softmax."""


@dataclass(frozen=True)
class LayerPart:
    """One thing a layer does."""

    cls: str
    settings: Settings
    label: str


def spec_of(layer: Layer) -> object:
    return {"class_name": layer.cls, "config": layer.config}


def activation(spec: object, layer: Layer) -> list[LayerPart]:
    """Return the part of an activation: a name, or a layer or function as Keras serialises it."""
    name, params = _named_activation(clean(spec))
    if "axis" in params:
        params["axis"] = from_the_end(params["axis"], rank_of(layer))
    return named(name, params)


def named(name: str, params: Mapping[str, object]) -> list[LayerPart]:
    """Return the part of an activation of Keras by its name; none for the one that changes nothing."""
    name, params = _plainest(name, dict(params))
    if name == "linear":
        return []
    defaults = ACTIVATIONS.get(name, {})
    said = {key: value for key, value in params.items() if value is not None and value != defaults.get(key)}
    return [LayerPart("Activation", sort({"activation": name, **said}), name)]


def activation_name(cls: str) -> str | None:
    """Return Keras's name of the activation that a class or an operation is; None where it is none."""
    return ACTIVATION_OF_CLASS.get(cls.lower().replace("_", ""))


def _named_activation(spec: object) -> tuple[str, dict[str, object]]:
    if spec is None:
        return "linear", {}
    called, config = spec if isinstance(spec, tuple) and len(spec) == 2 else (spec, ())
    name = ACTIVATION_OF_CLASS.get(str(called).lower().replace("_", ""), str(called))
    params = {**ACTIVATIONS.get(name, {}), **pairs(config)}
    return name, {key: value for key, value in params.items() if key not in ("dtype", "x", "beta")}


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
