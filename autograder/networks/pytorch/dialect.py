"""PyTorch as a dialect."""

from __future__ import annotations

from autograder.networks.activations import activation_name
from autograder.networks.dialect import Dialect, Edits, Words
from autograder.networks.nodes import Builder
from autograder.networks.pytorch import edits, functions, modules, words
from autograder.networks.pytorch.calls import PREFIX
from autograder.networks.pytorch.windows import borders_of
from autograder.wire.messages import Layer, ModelProbe, Network, VariableProbe

_PROBABILITIES = frozenset(("Softmax", "Softmax2d", "Sigmoid", "torch.softmax", "torch.sigmoid"))
"""What a network ends with that gives probabilities."""
_EXAMPLE = """\
import torch
tensor = torch.ones(2)
module = torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.ReLU(), torch.nn.Linear(3, 1))"""


def _applied(b: Builder, layer: Layer, inputs: list[int], position: int) -> list[int]:  # noqa: ARG001 - of a dialect
    return functions.applied(b, layer, inputs) if layer.origin == "operation" else modules.applied(b, layer, inputs)


def _is_activation(layer: Layer) -> bool:
    return activation_name(layer.cls) not in (None, "linear")


def _plain(layer: Layer, name: str, value: object) -> object:
    """Return the padding of a convolution, "same" or "valid", as the numbers that it stands for."""
    kernel, spread = layer.config.get("kernel_size"), layer.config.get("dilation")
    if name != "padding" or value not in ("same", "valid") or not isinstance(kernel, list):
        return value
    borders = borders_of(value, kernel, spread if isinstance(spread, list) else [1] * len(kernel))
    return [low for low, _ in borders] if all(low == high for low, high in borders) else value


def _gives_logits(network: Network) -> bool:
    """Whether it does not end with a softmax or a sigmoid: PyTorch's losses take logits by default."""
    return not any(network.layers[position].cls in _PROBABILITIES for position in network.outputs)


DIALECT = Dialect(
    name="torch",
    shown="PyTorch",
    prefix=PREFIX,
    applied=_applied,
    words=Words(
        setting=words.setting_name,
        value=words.setting_value,
        hint=words.hint,
        missing=words.MISSING,
        twice=words.TWICE,
        branches=words.BRANCHES,
        training=words.FORWARD,
        outputs=words.RETURNED,
        layout=words.LAYOUT,
    ),
    edits=Edits(
        kind=edits.kind,
        settings=edits.settings,
        layer=edits.layer,
        uncounted=edits.uncounted,
        widths=("out_channels", "out_features"),
        own_activations=False,
        sizes_known=False,
    ),
    is_activation=_is_activation,
    plain=_plain,
    gives_logits=_gives_logits,
    backend="torch",
    uncompiled="a module of PyTorch is not compiled: ask for its optimizer and its loss as variables",
    comparable=False,  # its matrices lie either way, and numbers come by shape
    listed=False,
    example=(_EXAMPLE, {"tensor": VariableProbe("tensor"), "module": ModelProbe("module", (4,))}),
)
