"""Differences between networks of PyTorch in PyTorch's words: its `out_channels` where Keras says `filters`."""

from __future__ import annotations

from collections.abc import Mapping

from autograder.locale import Phrase, phrase, phrases
from autograder.networks.steps import Step

_SETTINGS: Mapping[str, str] = {
    "filters": "out_channels",
    "units": "out_features",
    "strides": "stride",
    "dilation_rate": "dilation",
    "use_bias": "bias",
    "pool_size": "kernel_size",
    "rate": "p",
    "epsilon": "eps",
    "axis": "dim",
    "input_dim": "num_embeddings",
    "output_dim": "embedding_dim",
    "size": "scale_factor",
    "interpolation": "mode",
    "trainable": "requires_grad",
    "scale": "affine",
}
_TAKES: Mapping[str, str] = {
    **dict.fromkeys(
        ("Conv1d", "Conv2d", "Conv3d", "ConvTranspose1d", "ConvTranspose2d", "ConvTranspose3d"),
        "in_channels, out_channels, kernel_size",
    ),
    "Linear": "in_features, out_features",
    "Embedding": "num_embeddings, embedding_dim",
    **dict.fromkeys(("LSTM", "GRU", "RNN"), "input_size, hidden_size"),
    **{f"{kind}Pool{n}d": "kernel_size, stride, padding" for kind in ("Max", "Avg") for n in (1, 2, 3)},
}
"""What modules take first, in order."""

BRANCHES = phrase(
    "the layers are the right ones, their connections are not: follow in forward what each of them takes as input."
)
FORWARD = phrase("look at what forward does with self.training.")
RETURNED = phrase("check what your forward method returns.")
MISSING = phrase("compare print(model) with the layers asked for, one by one: forward has to call each of them.")
TWICE = phrase("compare the layers that forward calls with those asked for: one may be there twice.")
FROZEN = phrase("requires_grad = False freezes a parameter: set it before you make the optimizer.")
POOLING_STRIDES = phrase("unless stride says otherwise, a pooling window moves by its own size.")
STRIDES = phrase("stride is the step of the window: 2 halves the height and the width of the image.")
RATE = phrase("the p of a Dropout is the share of values it sets to zero during training.")
LAYOUT = phrase(
    "images have their channels last in Keras and first in PyTorch, and defaults differ: compare the shapes and the "
    "settings of each layer."
)
ALWAYS = phrase("F.dropout drops in evaluation too, unless it is given training=self.training.")
PADDING = phrase(
    "padding is the number of zeros added on each side: of a kernel of size k, (k − 1) / 2 keeps the size of the image."
)


def setting_name(step: Step, setting: str) -> str:
    """Return what the author of a step calls one of its settings."""
    if setting == "units" and step.written in ("LSTM", "GRU", "RNN"):
        return "hidden_size"
    return _SETTINGS.get(setting, setting)


def setting_value(setting: str, value: object) -> object:
    """Return the value of a setting as an author writes it."""
    if value is None:
        return value
    if setting == "padding" and value == "valid":
        return 0
    if setting == "momentum" and isinstance(value, (int, float)):
        return round(1 - value, 6)
    if setting in ("padding", "kernel_size", "pool_size", "strides", "dilation_rate") and isinstance(value, tuple):
        return value[0] if len(set(value)) == 1 and isinstance(value[0], int) else value
    return value


def hint(setting: str, step: Step) -> Phrase:
    """Return what to try next where a setting of a module of PyTorch differs."""
    name = setting_name(step, setting)
    if setting == "padding":
        return _padding_hint(step)
    if setting in ("trainable", "training"):
        return FROZEN if setting == "trainable" else ALWAYS
    if setting == "rate":
        return RATE
    if setting == "strides":
        return POOLING_STRIDES if "Pool" in step.written or "pool" in step.written else STRIDES
    takes = _TAKES.get(step.written, "")
    if name in takes.split(", "):
        return phrase("{cls} takes {arguments}, in this order.", cls=step.written, arguments=takes)
    return phrase("PyTorch's documentation of {cls} says what {setting} does.", cls=step.written, setting=name)


def _padding_hint(step: Step) -> Phrase:
    settings = dict(step.settings)
    kernel = settings.get("kernel_size")
    if settings.get("padding") != "valid" or not isinstance(kernel, tuple):
        return PADDING
    spread = settings.get("dilation_rate")
    reach = zip(kernel, spread if isinstance(spread, tuple) else (1,) * len(kernel), strict=False)
    return phrases(
        "without padding, each {kernel} convolution takes {n} pixel off the height and the width of the image.",
        "without padding, each {kernel} convolution takes {n} pixels off the height and the width of the image.",
        max((size - 1) * step for size, step in reach),
        kernel=" × ".join(str(size) for size in kernel),
    )
