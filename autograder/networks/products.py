"""Operations that are layers of Keras with weights of one's own: products, convolutions, poolings, paddings."""

from __future__ import annotations

import re
from typing import Any

from msgspec.structs import replace

from autograder.networks import repeats
from autograder.networks.arithmetic import pair
from autograder.networks.layers import as_layer
from autograder.networks.matrices import contraction, matrix_product, turned
from autograder.networks.nodes import Builder
from autograder.networks.operands import Constant, said_of, shape_of
from autograder.networks.values import clean
from autograder.wire.messages import Layer


def matmul(b: Builder, layer: Layer, operands: dict[str, Any]) -> int | None:
    said = said_of(layer)
    x, kernel = (b.constant(one) if isinstance(one, Constant) else one for one in pair(b, operands))
    if not isinstance(x, int) or not isinstance(kernel, int):
        return None
    flipped = [any(said.get(f"{way}_{side}") for way in ("transpose", "adjoint")) for side in ("a", "b")]
    dense = None if flipped[0] else product(b, layer, x, kernel, over=flipped[1])
    if dense is not None:
        return dense
    left, right = ((turned(b, one) if flip else one) for one, flip in zip((x, kernel), flipped, strict=True))
    return None if left is None or right is None else matrix_product(b, left, right, shape_of(layer))


def dot(b: Builder, layer: Layer, operands: dict[str, Any]) -> int | None:
    x, kernel = pair(b, operands)
    return product(b, layer, x, kernel) if isinstance(x, int) and isinstance(kernel, int) else None


def tensordot(b: Builder, layer: Layer, operands: dict[str, Any]) -> int | None:
    x, kernel = pair(b, operands)
    if not isinstance(x, int) or not isinstance(kernel, int):
        return None
    axes, given = clean(said_of(layer).get("axes")), b.shape(x)
    rank = len(given) + 1 if given is not None else 0
    last = (1, ((-1,), (0,)), ((rank - 1,), (0,)), (-1, 0), (rank - 1, 0))
    return product(b, layer, x, kernel) if axes in last else None


def einsum(b: Builder, layer: Layer, operands: dict[str, Any]) -> int | None:
    tensors = [one for value in operands.values() for one in (value if isinstance(value, list) else [value])]
    tensors = [one for one in tensors if isinstance(one, int)]
    said = said_of(layer)
    text = next((str(value) for value in said.values() if isinstance(value, str) and "->" in value), "")
    text = text.replace(" ", "")
    if len(tensors) > 2 and "." not in text:
        return _in_turn(b, layer, text, tensors)
    return _einsum(b, layer, text, tensors)


def _in_turn(b: Builder, layer: Layer, text: str, tensors: list[int]) -> int | None:
    """An einsum of several tensors is that of the first two, then of what comes of them and the third."""
    sides, out = text.split("->")[0].split(","), text.split("->")[1]
    if len(sides) != len(tensors):
        return None
    sizes: dict[str, int | None] = {}
    for side, one in zip(sides, tensors, strict=True):
        known = b.variables[one].shape if one in b.variables else (None, *(b.shape(one) or ()))
        sizes.update(zip(side, known, strict=False))
    while len(tensors) > 1:
        later = set(out).union(*sides[2:])
        kept = out if len(sides) == 2 else "".join(dict.fromkeys(one for one in sides[0] + sides[1] if one in later))
        made = replace(layer, output_shapes=[tuple(sizes.get(one) for one in kept)])
        product_of = _einsum(b, made, f"{sides[0]},{sides[1]}->{kept}", tensors[:2])
        if product_of is None:
            return None
        sides, tensors = [kept, *sides[2:]], [product_of, *tensors[2:]]
    return tensors[0]


def _einsum(b: Builder, layer: Layer, text: str, tensors: list[int]) -> int | None:
    found = re.fullmatch(r"(\.\.\.|[a-z]+?)([a-z]),\2([a-z])->\1\3", text)
    dense = product(b, layer, *tensors) if found and len(tensors) == 2 else None
    turned_over = re.fullmatch(r"(\.\.\.|[a-z]+?)([a-z]),([a-z])\2->\1\3", text)
    if dense is None and turned_over and len(tensors) == 2:
        dense = product(b, layer, *tensors, over=True)
    return contraction(b, text, tensors, shape_of(layer)) if dense is None and text and tensors else dense


def product(b: Builder, layer: Layer, x: int, kernel: int, *, over: bool = False) -> int | None:
    """A product with a matrix of weights is a Dense without bias, and may have the matrix turned."""
    flipped = b.get(kernel, "Permute")
    if flipped is not None and flipped.get("axes") == (1, 0):
        kernel, over = flipped.inputs[0], not over
    weight = b.variables.get(kernel)
    if weight is None or len(weight.shape) != 2:
        return None
    config: dict[str, object] = {"units": weight.shape[0 if over else 1], "use_bias": False}
    if over:
        config["transposed"] = True
    return as_layer(b, layer, "Dense", config, [x], kernel)[0]


def convolution(b: Builder, layer: Layer, operands: dict[str, Any]) -> int | None:
    x, kernel = operands.get("inputs", operands.get("x")), operands.get("kernel")
    weight = b.variables.get(kernel) if isinstance(kernel, int) else None
    rank = len(weight.shape) - 2 if weight is not None else 0
    if not isinstance(x, int) or weight is None or not 1 <= rank <= 3:
        return None
    said, depthwise = said_of(layer), layer.cls.startswith("Depthwise")
    given = b.shape(x)
    config: dict[str, object] = {
        "kernel_size": list(weight.shape[:-2]),
        "strides": window(said.get("strides", 1), rank),
        "padding": str(said.get("padding", "valid")).lower(),
        "dilation_rate": window(said.get("dilation_rate", 1), rank),
        "use_bias": False,
    }
    if depthwise:
        config["depth_multiplier"] = weight.shape[-1]
    else:
        config["filters"] = weight.shape[-1]
        channels = given[-1] if given else weight.shape[-2]
        config["groups"] = (channels or 1) // weight.shape[-2] if weight.shape[-2] else 1
    cls, role = f"{'Depthwise' if depthwise else ''}Conv{rank}D", "depthwise" if depthwise else "kernel"
    return as_layer(b, layer, cls, config, [x], kernel, role)[0]


def separable(b: Builder, layer: Layer, operands: dict[str, Any]) -> int | None:
    """`tf.nn.separable_conv2d`: a depthwise convolution, and one of a pixel."""
    x, depthwise, pointwise = (operands.get(key) for key in ("x", "depthwise_filter", "pointwise_filter"))
    first = convolution(b, replace(layer, cls="DepthwiseConv"), {"x": x, "kernel": depthwise})
    if first is None:
        return None
    b.uses[first] += 1  # the second takes it, and nothing else can
    plainly = {
        key: value for key, value in said_of(layer).items() if key not in ("strides", "padding", "dilation_rate")
    }
    return convolution(b, replace(layer, cls="Conv", config={}, arguments=plainly), {"x": first, "kernel": pointwise})


def pool(b: Builder, layer: Layer, operands: dict[str, Any]) -> int | None:
    x = operands.get("inputs", operands.get("x"))
    given = b.shape(x) if isinstance(x, int) else None
    if given is None or not isinstance(x, int):
        return None
    said, rank = said_of(layer), len(given) - 1
    size = window(said.get("pool_size", 2), rank)
    config: dict[str, object] = {
        "pool_size": size,
        "strides": window(said["strides"], rank) if said.get("strides") is not None else size,
        "padding": str(said.get("padding", "valid")).lower(),
    }
    cls = "MaxPooling" if layer.cls.startswith("Max") else "AveragePooling"
    return as_layer(b, layer, f"{cls}{rank}D", config, [x])[0]


def take(b: Builder, layer: Layer, operands: dict[str, Any]) -> int | None:
    table, indices = operands.get("x"), operands.get("indices")
    weight = b.variables.get(table) if isinstance(table, int) else None
    if weight is None or not isinstance(indices, int) or len(weight.shape) != 2:
        return None
    if said_of(layer).get("axis", 0) not in (0, None):
        return None
    config: dict[str, object] = {"input_dim": weight.shape[0], "output_dim": weight.shape[1]}
    return as_layer(b, layer, "Embedding", config, [indices], table, "embeddings")[0]


def pad(b: Builder, layer: Layer, operands: dict[str, Any]) -> int | None:
    x, said = operands.get("x"), said_of(layer)
    widths = said.get("pad_width")
    if isinstance(widths, dict) and isinstance(widths.get("config"), dict):
        numbers = widths["config"].get("numbers")
        widths = (
            [list(pair) for pair in zip(numbers[::2], numbers[1::2], strict=False)]
            if isinstance(numbers, list)
            else None
        )
    plain = str(said.get("mode", "constant")).lower() == "constant" and said.get("constant_values") in (
        None,
        0,
        0.0,
    )
    if not isinstance(x, int) or not isinstance(widths, list) or not plain:
        return None
    pads = [tuple(one) if isinstance(one, list) else (one, one) for one in widths]
    if not 3 <= len(widths) <= 5 or pads[0] != (0, 0) or pads[-1] != (0, 0):
        return b.node("Pad", {"pad_width": tuple(pads)}, [x], shape=shape_of(layer))
    inner: object = [list(one) for one in pads[1:-1]] if len(pads) > 3 else list(pads[1])
    config: dict[str, object] = {"padding": inner, "data_format": "channels_last"}
    return as_layer(b, layer, f"ZeroPadding{len(pads) - 2}D", config, [x])[0]


def dropout(b: Builder, layer: Layer, operands: dict[str, Any]) -> int | None:
    """`tf.nn.dropout` drops whenever it is called: its record says so, or that it is called in training alone."""
    x = operands.get("x")
    config: dict[str, object] = {key: said_of(layer).get(key) for key in ("rate", "noise_shape")}
    return as_layer(b, layer, "Dropout", config, [x])[0] if isinstance(x, int) else None


def resize(b: Builder, layer: Layer, operands: dict[str, Any]) -> int | None:
    x = operands.get("x", operands.get("images"))
    return repeats.resized(b, layer, x, said_of(layer)) if isinstance(x, int) else None


def window(value: object, rank: int) -> list[object]:
    """Return the sizes of a window, one an axis. TensorFlow may write them with the batch and the channels."""
    if isinstance(value, (list, tuple)):
        sizes = list(value[1:-1]) if len(value) == rank + 2 else list(value)
        return sizes * rank if len(sizes) == 1 else sizes
    return [value] * rank
