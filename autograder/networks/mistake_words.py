"""What typical mistakes call the layers of a framework: Keras's records say one thing, PyTorch's another."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

from msgspec.structs import replace

from autograder.networks.pytorch.calls import PREFIX
from autograder.networks.pytorch.functions import MODULE_OF
from autograder.wire.messages import Layer, Network

Origin = Literal["keras", "torch"]

_RENAMED = (
    (re.compile(r"Conv(?:Transpose)?([123])d"), r"Conv\1D"),
    (re.compile(r"MaxPool([123])d"), r"MaxPooling\1D"),
    (re.compile(r"AvgPool([123])d"), r"AveragePooling\1D"),
    (re.compile(r"BatchNorm[123]d"), "BatchNormalization"),
    (re.compile(r"(?:Layer|Group|RMS|Instance)Norm(?:[123]d)?"), "LayerNormalization"),
    (re.compile(r"(?:Feature)?(?:Alpha)?Dropout([123]d)?"), "Dropout"),
    (re.compile(r"Linear"), "Dense"),
    (
        re.compile(
            r"(?:Leaky|P|R)?ReLU6?|[CS]?ELU|GELU|SiLU|Mish|(?:Log|Hard)?[Ss]igmoid|Hard(?:swish|tanh)|Soft(?:plus|sign)|"
            r"Tanh(?:shrink)?|(?:Log)?Softmax"
        ),
        "Activation",
    ),
)
_SETTINGS: Mapping[str, str] = {"pool_size": "kernel_size", "strides": "stride", "rate": "p"}
_ACTIVATIONS: Mapping[str, tuple[str, dict[str, object]]] = {
    "relu": ("ReLU", {}),
    "sigmoid": ("Sigmoid", {}),
    "softmax": ("Softmax", {"dim": 1}),
}
WIDTHS = ("filters", "units", "out_channels", "out_features")
"""Settings that say how many values a layer makes."""
_RESHAPES = ("torch.view", "torch.reshape", "torch._unsafe_view")


def kind_in_pytorch(layer: Layer) -> str:
    """Return what Keras would call a layer, or a call, of PyTorch's; its own name where that is nothing of its."""
    name = layer.cls.removeprefix(PREFIX)
    cls = MODULE_OF.get(name, name) if layer.cls.startswith(PREFIX) else name
    for pattern, renamed in _RENAMED:
        if found := pattern.fullmatch(cls):
            return found.expand(renamed)
    return cls


def is_pytorch(layer: Layer) -> bool:
    """Whether a layer, or a call, is one of PyTorch's."""
    return layer.origin == "torch" or layer.cls.startswith(PREFIX)


def settings_for(layer: Layer, settings: Mapping[str, object]) -> dict[str, object]:
    """Return settings, in Keras's words, as the framework of `layer` has them."""
    if not is_pytorch(layer):
        return dict(settings)
    return {_SETTINGS.get(key, key): value for key, value in settings.items()}


def new_in(network: Network, cls: str, config: Mapping[str, object]) -> tuple[Origin, str, dict[str, object]]:
    """Return whose a new layer is, its class and its settings, in the words of a network's framework."""
    if network.framework != "torch":
        return "keras", cls, dict(config)
    if cls == "Activation":
        name, settings = _ACTIVATIONS[str(config["activation"])]
        return "torch", name, dict(settings)
    return "torch", cls, {_SETTINGS.get(key, key): value for key, value in config.items()}


def flattening(layer: Layer) -> Layer:
    """Return a call that puts an example's numbers in a row as one that says so, and does not count them."""
    made = layer.output_shapes[0] if layer.output_shapes else ()
    if layer.cls not in _RESHAPES or len(made) != 2 or made[0] is not None or len(layer.inputs) != 1:
        return layer
    return replace(layer, cls="torch.flatten", arguments={"input": {"tensor": 0}, "start_dim": 1})
