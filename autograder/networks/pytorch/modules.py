"""Modules of PyTorch as nodes: as Keras names what computes the same, in the layout that PyTorch has, channels first.

Records hold what was written, `Conv2d` with its `out_channels` and its `padding=1`, and the nodes what that computes:
a Conv2D of so many filters with padding "same", of images with their channels first. What has no such name keeps its
own, with its settings. Labels are the author's words.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from autograder.networks.arithmetic import uncast
from autograder.networks.nodes import Builder
from autograder.networks.pytorch import recurrent
from autograder.networks.pytorch.nodes import FIRST, Module, Said, as_keras, bare, written
from autograder.networks.pytorch.windows import (
    adaptive,
    convolution,
    padded,
    pooling,
    transposed_convolution,
    upsampled,
)
from autograder.networks.shapes import reshape_operation
from autograder.wire.messages import Layer

_SIZES = ("out_channels", "out_features", "embedding_dim", "hidden_size", "p")
"""Settings that a label shows."""


def applied(b: Builder, layer: Layer, inputs: list[int]) -> list[int]:
    """Return the nodes of a call of a module, one for each of its outputs."""
    start, said = len(b.nodes), dict(layer.config)
    made = of_class(b, layer, layer.cls, said, inputs)
    if made is None:
        made = b.several(layer, bare(b, layer, layer.cls, inputs))
    size = next((said[key] for key in _SIZES if isinstance(said.get(key), (int, float))), None)
    written(b, start, layer.cls, "" if size is None or isinstance(size, bool) else f"({size})")
    return made if isinstance(made, list) else [made]


def of_class(b: Builder, layer: Layer, cls: str, said: Said, inputs: list[int]) -> int | list[int] | None:
    """Return the nodes of what a class of PyTorch's computes with these settings; None where Keras names none such."""
    if b.trained is False and layer.training is None:
        layer = replace(layer, training=False)
    known = MODULES.get(cls)
    if known is None or said.get("parametrizations") or not inputs:
        return None
    return known(b, layer, {**said, "cls": cls}, inputs)


# --- The others -------------------------------------------------------------------------------------------------------


def linear(b: Builder, layer: Layer, said: Said, inputs: list[int]) -> int:
    config = {"units": said.get("out_features"), "use_bias": said.get("bias", True)}
    return as_keras(b, layer, "Dense", config, inputs)


def batch_normalization(b: Builder, layer: Layer, said: Said, inputs: list[int]) -> int | None:
    momentum = said.get("momentum")
    if not isinstance(momentum, (int, float)) or not said.get("track_running_stats", True):
        return None
    affine = bool(said.get("affine", True))
    config = {
        "axis": 1, "epsilon": said.get("eps"), "momentum": 1 - momentum, "scale": affine,
        "center": affine and bool(said.get("bias", True)),
    }  # fmt: skip
    return as_keras(b, layer, "BatchNormalization", config, inputs)


def layer_normalization(b: Builder, layer: Layer, said: Said, inputs: list[int]) -> int | None:
    over = said.get("normalized_shape")
    count = len(over) if isinstance(over, (list, tuple)) else 1
    affine = bool(said.get("elementwise_affine", True))
    config = {
        "axis": list(range(-count, 0)) if count > 1 else -1, "epsilon": said.get("eps"), "scale": affine,
        "center": affine and bool(said.get("bias", True)),
    }  # fmt: skip
    return as_keras(b, layer, "LayerNormalization", config, inputs)


def group_normalization(b: Builder, layer: Layer, said: Said, inputs: list[int]) -> int:
    affine = bool(said.get("affine", True))
    config = {
        "groups": said.get("num_groups"), "axis": 1, "epsilon": said.get("eps"), "center": affine, "scale": affine,
    }  # fmt: skip
    return as_keras(b, layer, "GroupNormalization", config, inputs)


def instance_normalization(b: Builder, layer: Layer, said: Said, inputs: list[int]) -> int | None:
    """Each channel by itself is a group, where nothing is kept from one batch to the next."""
    if said.get("track_running_stats"):
        return None
    groups = {"num_groups": said.get("num_features"), "affine": said.get("affine", False)}
    return group_normalization(b, layer, {**said, **groups}, inputs)


def attention(b: Builder, layer: Layer, said: Said, inputs: list[int]) -> list[int]:
    """What it makes is its first output, whether or not its weights are asked for beside."""
    node = bare(b, layer, said["cls"], inputs)
    return [node, *b.several(layer, node)[1:]]


def embedding(b: Builder, layer: Layer, said: Said, inputs: list[int]) -> int | None:
    if said.get("max_norm") is not None or said.get("scale_grad_by_freq") or said.get("sparse"):
        return None
    config = {"input_dim": said.get("num_embeddings"), "output_dim": said.get("embedding_dim")}
    config |= {"padding_idx": said["padding_idx"]} if said.get("padding_idx") is not None else {}
    return as_keras(b, layer, "Embedding", config, [uncast(b, inputs[0])])


def dropout(keras: str) -> Module:
    def make(b: Builder, layer: Layer, said: Said, inputs: list[int]) -> int:
        config = {"rate": said.get("p", 0.5), **(FIRST if keras.startswith("Spatial") else {})}
        if not config["rate"] or layer.training is False:
            return inputs[0]
        return as_keras(b, layer, keras, config, inputs)

    return make


def flattened(b: Builder, layer: Layer, said: Said, inputs: list[int]) -> int | None:
    return reshape_operation(b, layer, inputs[0])


def identity(b: Builder, layer: Layer, said: Said, inputs: list[int]) -> int:
    return inputs[0]


def activation(keras: str, **names: str) -> Module:
    """Return what makes the node of an activation: `names` are PyTorch's settings by Keras's."""

    def make(b: Builder, layer: Layer, said: Said, inputs: list[int]) -> int:
        config = {ours: said[theirs] for ours, theirs in names.items() if said.get(theirs) is not None}
        return activated(b, layer, keras, config, inputs)

    return make


def activated(b: Builder, layer: Layer, keras: str, config: Said, inputs: list[int]) -> int:
    spec = {"activation": {"class_name": keras, "config": config}}
    return as_keras(b, layer, "Activation", spec, inputs)


def leaky(b: Builder, layer: Layer, said: Said, inputs: list[int]) -> int:
    return activated(b, layer, "leaky_relu", {"negative_slope": said.get("negative_slope", 0.01)}, inputs)


def gelu(b: Builder, layer: Layer, said: Said, inputs: list[int]) -> int:
    return activated(b, layer, "gelu", {"approximate": said.get("approximate", "none") == "tanh"}, inputs)


def over_classes(keras: str) -> Module:
    """A softmax over an axis; the one that PyTorch takes where none is given."""

    def make(b: Builder, layer: Layer, said: Said, inputs: list[int]) -> int:
        axis, given = said.get("dim"), b.shape(inputs[0])
        if said["cls"] == "Softmax2d":
            axis = -3
        if axis is None and given is not None:
            axis = 0 if len(given) in (0, 2) else 1
        return activated(b, layer, keras, {"axis": axis}, inputs)

    return make


def hardtanh(b: Builder, layer: Layer, said: Said, inputs: list[int]) -> int | None:
    low, high = said.get("min_val", -1), said.get("max_val", 1)
    if low == 0:
        return activated(b, layer, "relu", {"max_value": high}, inputs)
    return activated(b, layer, "hard_tanh", {}, inputs) if (low, high) == (-1, 1) else None


def softplus(b: Builder, layer: Layer, said: Said, inputs: list[int]) -> int | None:
    plain = said.get("beta", 1) == 1 and said.get("threshold", 20) == 20
    return activated(b, layer, "softplus", {}, inputs) if plain else None


MODULES: Mapping[str, Module] = {
    "Linear": linear,
    **dict.fromkeys(("Conv1d", "Conv2d", "Conv3d"), convolution),
    **dict.fromkeys(("ConvTranspose1d", "ConvTranspose2d", "ConvTranspose3d"), transposed_convolution),
    **{f"{kind}Pool{n}d": pooling for kind in ("Max", "Avg") for n in (1, 2, 3)},
    **{f"Adaptive{kind}Pool{n}d": adaptive for kind in ("Max", "Avg") for n in (1, 2, 3)},
    **{f"ZeroPad{n}d": padded for n in (1, 2, 3)},
    **dict.fromkeys(("Upsample", "UpsamplingNearest2d"), upsampled),
    **{f"BatchNorm{n}d": batch_normalization for n in (1, 2, 3)},
    "LayerNorm": layer_normalization,
    "GroupNorm": group_normalization,
    **{f"InstanceNorm{n}d": instance_normalization for n in (1, 2, 3)},
    "MultiheadAttention": attention,
    "Embedding": embedding,
    **dict.fromkeys(recurrent.CLASSES, recurrent.recurrent),
    "Dropout": dropout("Dropout"),
    **{f"Dropout{n}d": dropout(f"SpatialDropout{n}D") for n in (1, 2, 3)},
    "AlphaDropout": dropout("AlphaDropout"),
    **dict.fromkeys(("Flatten", "Unflatten"), flattened),
    "Identity": identity,
    "ReLU": activation("relu"),
    "ReLU6": activation("relu6"),
    "LeakyReLU": leaky,
    "ELU": activation("elu", alpha="alpha"),
    "CELU": activation("celu", alpha="alpha"),
    "GELU": gelu,
    "Hardtanh": hardtanh,
    "Softplus": softplus,
    **dict.fromkeys(("Softmax", "Softmax2d"), over_classes("softmax")),
    "LogSoftmax": over_classes("log_softmax"),
    "SELU": activation("selu"),
    "SiLU": activation("silu"),
    "Mish": activation("mish"),
    "Sigmoid": activation("sigmoid"),
    "Tanh": activation("tanh"),
    "Softsign": activation("softsign"),
    "Tanhshrink": activation("tanh_shrink"),
    "LogSigmoid": activation("log_sigmoid"),
    "Hardswish": activation("hard_silu"),
    "Hardsigmoid": activation("hard_sigmoid"),
}
"""What makes the nodes of PyTorch's modules, by their class."""
