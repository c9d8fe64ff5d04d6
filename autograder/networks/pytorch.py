"""Modules of PyTorch as nodes: as Keras names what computes the same, in the layout that PyTorch has, channels first.

Records hold what was written, `Conv2d` with its `out_channels` and its `padding=1`, and the nodes what that computes:
a Conv2D of so many filters with padding "same", of images with their channels first. What has no such name keeps its
own, with its settings. Labels are the author's words.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from autograder.networks import layers, pytorch_recurrent
from autograder.networks.arithmetic import uncast
from autograder.networks.nodes import Builder
from autograder.networks.operands import shape_of, weights_of
from autograder.networks.shapes import reshape_operation, reshaped
from autograder.networks.values import clean
from autograder.wire.messages import Layer, Shape

Said = dict[str, Any]
Module = Callable[[Builder, Layer, Said, list[int]], int | list[int] | None]
"""Makes the nodes of a module, of its call, its settings and what it takes; None where it has no name of Keras's."""

FIRST = {"data_format": "channels_first"}
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


def written(b: Builder, start: int, name: str, size: str = "") -> None:
    """Name the nodes made from `start` on as their author did. Activations are called by their names everywhere."""
    for index in range(start, len(b.nodes)):
        node = b.nodes[index]
        if node.layer != b.at[0]:  # of a call before, that this one was moved before
            continue
        shown = size or next((f"({node.get(key)})" for key in ("units", "filters") if node.get(key)), "")
        label = node.label if node.cls in ("Activation", "Variable", "Constant") else f"{name}{shown}"
        b.nodes[index] = dataclasses.replace(node, label=label, written=name)


def bare(
    b: Builder, layer: Layer, cls: str, inputs: list[int], said: Said | None = None, *, unreadable: str = ""
) -> int:
    """Return the node of what is known by its name and its settings alone."""
    given = layer.config if said is None else said
    settings = {key: clean(value) for key, value in given.items() if value is not None and value is not False}
    settings |= b.said(layer, cls)
    return b.node(
        f"torch.{cls}", settings, inputs, weights=weights_of(layer), shape=shape_of(layer), named_as=cls,
        unreadable=unreadable,
    )  # fmt: skip


def as_keras(b: Builder, layer: Layer, cls: str, config: Mapping[str, object], inputs: list[int]) -> int:
    """Return the node of a layer of Keras that computes what this call does."""
    given = b.shape(inputs[0])
    shapes: list[Shape] = [(None, *given)] if given is not None else []
    config = {key: value for key, value in config.items() if value is not None}
    other = replace(layer, cls=cls, origin="keras", config=config, arguments={}, input_shapes=shapes)
    return layers.generally(b, other, inputs[:1])[0]


# --- Windows ----------------------------------------------------------------------------------------------------------


def convolution(b: Builder, layer: Layer, said: Said, inputs: list[int]) -> int:
    """A convolution; a border of zeros before it is its padding."""
    rank = rank_in(said["cls"])
    config, x = window(b, said, inputs[0], rank)
    config |= {"filters": said.get("out_channels"), "groups": said.get("groups", 1), "use_bias": said.get("bias", True)}
    return as_keras(b, layer, f"Conv{rank}D", config, [x])


def window(b: Builder, said: Said, x: int, rank: int) -> tuple[Said, int]:
    """Return the settings of a convolution's window, and what it slides over."""
    kernel, strides, spread = (sizes(said.get(key, 1), rank) for key in ("kernel_size", "stride", "dilation"))
    config: Said = {"kernel_size": kernel, "strides": strides, "dilation_rate": spread, **FIRST}
    padding = said.get("padding", 0)
    borders = borders_of(padding, kernel, spread)
    if said.get("padding_mode", "zeros") != "zeros":
        return {**config, "padding_mode": said["padding_mode"], "padding": padding_of(borders)}, x
    before = b.get(x, f"ZeroPadding{rank}D")
    outer = before.get("padding") if before is not None and before.get("data_format") == "channels_first" else None
    if before is not None and isinstance(outer, tuple) and len(outer) == rank:
        borders = [(low + one, high + two) for (low, high), (one, two) in zip(borders, outer, strict=True)]
        x = before.inputs[0]
    return {**config, "padding": padding_of(borders)}, x


def borders_of(padding: Any, kernel: Sequence[int], spread: Sequence[int]) -> list[tuple[int, int]]:
    """Return how many zeros a convolution adds on each axis, before and after."""
    if padding == "same":
        totals = [(size - 1) * step for size, step in zip(kernel, spread, strict=True)]
        return [(total // 2, total - total // 2) for total in totals]
    return [(one, one) for one in sizes(0 if padding == "valid" else padding, len(kernel))]


def padding_of(borders: Sequence[tuple[int, int]]) -> object:
    """Return borders as a setting: Keras's word for none, one number an axis where both sides have as many."""
    if not any(any(pair) for pair in borders):
        return "valid"
    alike = all(low == high for low, high in borders)
    return [low for low, _ in borders] if alike else [list(pair) for pair in borders]


def transposed_convolution(b: Builder, layer: Layer, said: Said, inputs: list[int]) -> int:
    rank = rank_in(said["cls"])
    kernel, strides, padding, more = (
        sizes(said.get(key, default), rank)
        for key, default in (("kernel_size", 1), ("stride", 1), ("padding", 0), ("output_padding", 0))
    )
    plain = not any((*padding, *more)) and all(size >= step for size, step in zip(kernel, strides, strict=True))
    config: Said = {
        "filters": said.get("out_channels"), "kernel_size": kernel, "strides": strides, "use_bias": said.get("bias"),
        "dilation_rate": sizes(said.get("dilation", 1), rank), "padding": "valid" if plain else padding, **FIRST,
    }  # fmt: skip
    config |= {"output_padding": more} if any(more) else {}
    config |= {"groups": said["groups"]} if said.get("groups", 1) != 1 else {}
    return as_keras(b, layer, f"Conv{rank}DTranspose", config, inputs)


def pooling(b: Builder, layer: Layer, said: Said, inputs: list[int]) -> int | list[int]:
    """A pooling; of the whole image, a global one."""
    rank, x = rank_in(said["cls"]), inputs[0]
    kind = "Max" if said["cls"].startswith("Max") else "Average"
    size = sizes(said.get("kernel_size", 1), rank)
    given = said.get("stride")
    strides = sizes(size if given in (None, []) else given, rank)
    spread, borders = sizes(said.get("dilation", 1), rank), sizes(said.get("padding", 0), rank)
    config: Said = {"pool_size": size, "strides": strides, **FIRST}
    config["padding"] = padding_of([(one, one) for one in borders])
    if any(one != 1 for one in spread):
        config["dilation_rate"] = spread
    if kind == "Average" and any(borders) and said.get("count_include_pad", True):
        config |= {"count_include_pad": True, "padding": borders}
    if said.get("divisor_override") is not None:
        config["divisor_override"] = said["divisor_override"]
    if said.get("ceil_mode") and _reaches_past(b, x, size, strides, spread, borders):
        config["ceil_mode"] = True
    image = b.shape(x)
    if image is not None and list(image[1:]) == size and config["padding"] == "valid" and len(config) == 4:
        node = whole(b, layer, kind, x)
    else:
        node = as_keras(b, layer, f"{kind}Pooling{rank}D", config, [x])
    return b.several(layer, node)


def _reaches_past(b: Builder, x: int, *axes: Sequence[int]) -> bool:
    """Whether the last window of an axis is not a full one, so that `ceil_mode` adds one."""
    image = b.shape(x)
    if image is None or None in image:
        return True
    places = zip(image[1:], *axes, strict=True)
    return any((side + 2 * p - d * (k - 1) - 1) % s for side, k, s, d, p in places if side is not None)


def adaptive(b: Builder, layer: Layer, said: Said, inputs: list[int]) -> int | list[int] | None:
    """A pooling that is told the size of what comes out: of one pixel, a global one."""
    rank, x = rank_in(said["cls"]), inputs[0]
    image, made = b.shape(x), shape_of(layer)
    kind = "Max" if "Max" in said["cls"] else "Average"
    wanted = list(made[1:]) if made is not None else sizes(said.get("output_size"), rank)
    if wanted == [1] * rank:
        return b.several(layer, whole(b, layer, kind, x))
    if image is None or None in image or any(big % small for big, small in zip(image[1:], wanted, strict=False)):  # type: ignore[operator]
        return None
    size = [big // small for big, small in zip(image[1:], wanted, strict=True)]  # type: ignore[operator]
    if size == [1] * rank:
        return b.several(layer, x)
    config = {"pool_size": size, "strides": size, "padding": "valid", **FIRST}
    return b.several(layer, as_keras(b, layer, f"{kind}Pooling{rank}D", config, inputs))


def whole(b: Builder, layer: Layer, kind: str, x: int) -> int:
    """Return the global pooling of x, in the shape that the call gives."""
    made, image = shape_of(layer), b.shape(x)
    rank = len(image) - 1 if image is not None else len(made or ()) - 1
    settings: Said = {"keepdims": False, **FIRST}
    channels = made[:1] if made else image[:1] if image is not None else None
    node = b.node(f"Global{kind}Pooling{rank}D", settings, [x], shape=channels)
    return reshaped(b, node, made) if made is not None else node


def padded(b: Builder, layer: Layer, said: Said, inputs: list[int]) -> int | None:
    """A border of zeros. PyTorch says it from the last axis to the first."""
    rank = rank_in(said["cls"])
    given = said.get("padding")
    flat = [given] * 2 * rank if isinstance(given, int) else list(given or ())
    if len(flat) != 2 * rank or not all(isinstance(one, int) and one >= 0 for one in flat):
        return None
    return zeros_around(b, layer, flat, inputs)


def zeros_around(b: Builder, layer: Layer, flat: Sequence[int], inputs: list[int]) -> int:
    pairs = [list(flat[place : place + 2]) for place in range(0, len(flat), 2)][::-1]
    if not any(flat):
        return inputs[0]
    rank = len(pairs)
    settings = {"padding": tuple(tuple(one) for one in pairs), **FIRST}
    return b.node(f"ZeroPadding{rank}D", settings, inputs[:1], shape=shape_of(layer))


def upsampled(b: Builder, layer: Layer, said: Said, inputs: list[int]) -> int | None:
    image, made = b.shape(inputs[0]), shape_of(layer)
    if image is None or made is None or None in image or None in made or len(image) != 3:
        return None
    factors = [big // small if big % small == 0 else 0 for small, big in zip(image[1:], made[1:], strict=True)]  # type: ignore[operator]
    way = str(said.get("mode", "nearest"))
    if way not in ("nearest", "bilinear") or not all(factors):
        return None
    config: Said = {"size": factors, "interpolation": way, **FIRST}
    config |= {"align_corners": True} if said.get("align_corners") else {}
    return as_keras(b, layer, "UpSampling2D", config, inputs)


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


def rank_in(cls: str) -> int:
    found = re.search(r"([123])d", cls)
    return int(found[1]) if found else 2


def sizes(value: Any, rank: int) -> list[int]:
    """Return one size an axis. Raises TypeError for what is none."""
    found = list(value) if isinstance(value, (list, tuple)) else [value] * rank
    found = found * rank if len(found) == 1 else found
    if len(found) != rank or not all(isinstance(one, int) for one in found):
        raise TypeError(f"{value!r} is no size of {rank} axes")
    return found


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
    "Embedding": embedding,
    **dict.fromkeys(pytorch_recurrent.CLASSES, pytorch_recurrent.recurrent),
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
