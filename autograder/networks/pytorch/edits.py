"""What typical mistakes call the layers of PyTorch, and how they write one."""

from __future__ import annotations

import re
from collections.abc import Mapping

from msgspec.structs import replace

from autograder.networks.pytorch.calls import PREFIX
from autograder.networks.pytorch.functions import MODULE_OF
from autograder.wire.messages import Layer

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
_RESHAPES = ("torch.view", "torch.reshape", "torch._unsafe_view")


def kind(layer: Layer) -> str:
    """Return what Keras would call a layer, or a call; its own name where that is nothing of its."""
    name = layer.cls.removeprefix(PREFIX)
    cls = MODULE_OF.get(name, name) if layer.cls.startswith(PREFIX) else name
    for pattern, renamed in _RENAMED:
        if found := pattern.fullmatch(cls):
            return found.expand(renamed)
    return cls


def settings(given: Mapping[str, object]) -> dict[str, object]:
    """Return settings, in Keras's words, as a module has them."""
    return {_SETTINGS.get(key, key): value for key, value in given.items()}


def layer(cls: str, config: Mapping[str, object]) -> tuple[str, dict[str, object]]:
    """Return the class and the settings of a new module, given in Keras's words."""
    if cls == "Activation":
        name, own = _ACTIVATIONS[str(config["activation"])]
        return name, dict(own)
    return cls, settings(config)


def uncounted(given: Layer) -> Layer:
    """Return a call that puts an example's numbers in a row as one that says so, and does not count them."""
    made = given.output_shapes[0] if given.output_shapes else ()
    if given.cls not in _RESHAPES or len(made) != 2 or made[0] is not None or len(given.inputs) != 1:
        return given
    return replace(given, cls="torch.flatten", arguments={"input": {"tensor": 0}, "start_dim": 1})
