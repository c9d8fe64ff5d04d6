"""The kinds of steps: their settings, the ways of writing each, and the settings that a mistake would have."""

# The code here is students' own, as they write it.

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import layers as L  # noqa: N812
from keras import ops

from dresses import Inline, KerasLayer, Own, Part, Step, Wardrobe

ACTIVATIONS: Mapping[str, tuple[Callable[[Any], Any], ...]] = {
    "relu": (ops.relu, tf.nn.relu, lambda x: ops.maximum(x, 0.0), partial(keras.activations.relu, max_value=None)),
    "relu6": (ops.relu6, tf.nn.relu6, lambda x: ops.clip(x, 0, 6), partial(keras.activations.relu, max_value=6)),
    "leaky_relu": (
        tf.nn.leaky_relu,
        lambda x: tf.where(x > 0, x, 0.2 * x),
        partial(ops.leaky_relu, negative_slope=0.2),
    ),
    "tanh": (ops.tanh, tf.tanh, tf.math.tanh),
    "sigmoid": (ops.sigmoid, tf.nn.sigmoid, lambda x: 1 / (1 + ops.exp(-x))),
    "silu": (tf.nn.silu, ops.silu, lambda x: x * tf.sigmoid(x)),
    "elu": (ops.elu, tf.nn.elu),
    "gelu": (
        partial(ops.gelu, approximate=False),
        partial(tf.nn.gelu, approximate=False),
        partial(keras.activations.gelu, approximate=False),
    ),
    "softplus": (tf.nn.softplus, ops.softplus),
    "selu": (tf.nn.selu, ops.selu),
}
LAYERS: Mapping[str, Callable[[], Part]] = {
    "relu": L.ReLU,
    "relu6": partial(L.ReLU, max_value=6),
    "leaky_relu": partial(L.LeakyReLU, negative_slope=0.2),
    "elu": L.ELU,
}


def activation(w: Wardrobe, name: str) -> Part:
    function = w.one(*ACTIVATIONS[name])
    layer = LAYERS[name]() if name in LAYERS else function
    return w.one(L.Activation(name), function, L.Lambda(function), L.Activation(function), layer)


def activated(w: Wardrobe, layer: Callable[..., Any], name: str | None) -> Part:
    """A layer and its activation, in it or after it."""
    if name is None:
        return layer(activation=w.one(None, "linear")) if w.one(True, False) else layer()
    if w.one(True, False):
        return layer(activation=w.one(name, *ACTIVATIONS[name]))
    return Own(layer(), activation(w, name))


class Weighted(KerasLayer):  # type: ignore[misc]
    """A kernel and a bias made in `build`, and what the student does with them."""

    def __init__(self, shape: Callable[[int], tuple[int, ...]], function: Callable[..., Any], *, bias: int) -> None:
        super().__init__()
        self.shape_of, self.function, self.width = shape, function, bias

    def build(self, given: Any) -> None:
        self.w = self.add_weight(shape=self.shape_of(given[-1]), initializer="glorot_uniform")
        self.b = self.add_weight(shape=(self.width,), initializer="zeros") if self.width else None

    def call(self, x: Any) -> Any:
        y = self.function(x, self.w)
        return y if self.b is None else y + self.b


# --- Layers with weights ----------------------------------------------------------------------------------------------


def convolution(
    w: Wardrobe, filters: int, size: int, stride: int, padding: str, dilation: int, bias: bool, act: Any
) -> Part:
    said = {"strides": stride, "padding": padding, "dilation_rate": dilation, "use_bias": bias}
    plain = partial(L.Conv2D, filters, w.one(size, (size, size), [size, size]), **said)

    def by_tensorflow(x: Any, k: Any) -> Any:
        return tf.nn.conv2d(x, k, stride, padding.upper(), dilations=dilation)

    def by_ops(x: Any, k: Any) -> Any:
        return ops.conv(x, k, strides=stride, padding=padding, dilation_rate=dilation)

    def raw(activation: Any = None) -> Part:
        own = Weighted(lambda depth: (size, size, depth, filters), w.one(by_tensorflow, by_ops), bias=bias * filters)
        return Own(own, keras.activations.get(activation))

    def padded(activation: Any = None) -> Part:
        border = L.ZeroPadding2D((size - 1) * dilation // 2)
        return Own(border, L.Conv2D(filters, size, dilation_rate=dilation, use_bias=bias, activation=activation))

    ways = [plain, plain, raw, *([padded] if padding == "same" and stride == 1 and size > 1 else [])]
    return activated(w, w.one(*ways), act)


def depthwise(w: Wardrobe, size: int, stride: int, multiplier: int) -> Part:
    said = {"strides": stride, "padding": "same"}

    def by_tensorflow(x: Any, k: Any) -> Any:
        return tf.nn.depthwise_conv2d(x, k, [1, stride, stride, 1], "SAME")

    return w.one(
        L.DepthwiseConv2D(size, depth_multiplier=multiplier, use_bias=False, **said),
        Weighted(lambda depth: (size, size, depth, multiplier), by_tensorflow, bias=0),
        Weighted(lambda depth: (size, size, depth, multiplier), partial(ops.depthwise_conv, **said), bias=0),
    )


def dense(w: Wardrobe, units: int, bias: bool, act: Any) -> Part:
    products = (
        lambda x, k: x @ k, ops.matmul, ops.dot, lambda x, k: tf.tensordot(x, k, axes=1),
        lambda x, k: ops.einsum("...d,du->...u", x, k),
    )  # fmt: skip

    def raw(activation: Any = None) -> Part:
        own = Weighted(lambda depth: (depth, units), w.one(*products), bias=bias * units)
        return Own(own, keras.activations.get(activation))

    plain = partial(L.Dense, units, use_bias=bias)
    return activated(w, w.one(plain, plain, raw), act)


def separable(w: Wardrobe, filters: int, size: int, bias: bool) -> Part:
    return w.one(
        L.SeparableConv2D(filters, size, padding="same", use_bias=bias),
        Own(L.DepthwiseConv2D(size, padding="same", use_bias=False), L.Conv2D(filters, 1, use_bias=bias)),
    )


def batch_norm(w: Wardrobe, eps: float, momentum: float, scale: bool) -> Part:
    return L.BatchNormalization(axis=w.one(-1, 3), epsilon=eps, momentum=momentum, scale=scale)


def layer_norm(w: Wardrobe, eps: float, center: bool) -> Part:
    def by_moments(x: Any) -> Any:
        mean, variance = tf.nn.moments(x, [-1], keepdims=True)
        return (x - mean) / tf.sqrt(variance + eps)

    known = L.LayerNormalization(axis=w.one(-1, [3]), epsilon=eps, center=center, scale=False)
    return known if center else w.one(known, by_moments)


# --- Layers without ---------------------------------------------------------------------------------------------------


def pooling(w: Wardrobe, size: int, stride: int, padding: str, mean: bool) -> Part:
    said = {"strides": stride, "padding": padding}
    if mean:
        layer, function, raw = L.AveragePooling2D, ops.average_pool, tf.nn.avg_pool2d
    else:
        layer, function, raw = w.one(L.MaxPooling2D, L.MaxPool2D), ops.max_pool, tf.nn.max_pool2d
    return w.one(
        layer(size, **said), layer(pool_size=(size, size), strides=(stride, stride), padding=padding),
        lambda x: function(x, size, strides=stride, padding=padding),
        lambda x: raw(x, size, stride, padding.upper()),
    )  # fmt: skip


def dropout(w: Wardrobe, rate: float, spatial: bool) -> Part:
    if spatial:
        return L.SpatialDropout2D(rate)
    return w.one(L.Dropout(rate), L.Dropout(rate=rate, seed=w.one(None, 3)))


def scale(w: Wardrobe, by: float, plus: float) -> Part:
    constant = np.full((1,), by, "float32")
    return w.one(
        L.Rescaling(by, offset=plus), lambda x: x * by + plus, lambda x: plus + constant * x,
        lambda x: ops.add(ops.multiply(x, by), plus), lambda x: x / np.float32(1 / by) + plus,
    )  # fmt: skip


def upsampling(w: Wardrobe, size: int, bilinear: bool) -> Part:
    if bilinear:
        return L.UpSampling2D(size, interpolation="bilinear")
    return w.one(
        L.UpSampling2D(size), L.UpSampling2D((size, size)),
        lambda x: ops.repeat(ops.repeat(x, size, axis=1), size, axis=2),
        lambda x: tf.repeat(tf.repeat(x, size, axis=2), size, axis=1),
    )  # fmt: skip


def mirror(w: Wardrobe, axis: int) -> Part:
    def cut(x: Any) -> Any:
        return x[:, ::-1] if axis == 1 else x[:, :, ::-1]

    return w.one(cut, partial(ops.flip, axis=axis), lambda x: tf.reverse(x, [axis]))


class Attending(KerasLayer):  # type: ignore[misc]
    """Pixels that attend to one another, written out."""

    def call(self, x: Any) -> Any:
        row = ops.reshape(x, (-1, x.shape[1] * x.shape[2], x.shape[3]))
        return ops.reshape(ops.softmax(tf.matmul(row, row, transpose_b=True)) @ row, ops.shape(x))


def attention(w: Wardrobe) -> Part:
    def by_layers(x: Any) -> Any:
        row = L.Reshape((-1, x.shape[-1]))(x)
        return L.Reshape(x.shape[1:])(L.Attention()([row, row]))

    return w.one(Inline(by_layers, Attending), Attending())


def turn(w: Wardrobe) -> Part:
    return w.one(L.Permute((2, 1, 3)), lambda x: tf.transpose(x, [0, 2, 1, 3]), lambda x: ops.swapaxes(x, 1, 2))


# --- What holds others ------------------------------------------------------------------------------------------------


class Joined(KerasLayer):  # type: ignore[misc]
    """Branches of one input, joined."""

    def __init__(self, join: Callable[[Any], Any], *branches: Part, whole: bool) -> None:
        super().__init__()
        self.branches, self.join, self.whole = list(branches), join, whole

    def call(self, x: Any) -> Any:
        made = [branch(x) for branch in self.branches]
        return self.join([x, *made] if self.whole else made)


def joined(w: Wardrobe, joins: tuple[Any, ...], by_tensorflow: Any, *branches: Part, whole: bool = False) -> Part:
    join = w.one(*joins)

    def function(x: Any) -> Any:
        made = [branch(x) for branch in branches]
        return join([x, *made] if whole else made)

    inline = Inline(function, lambda: Joined(join, *branches, whole=whole))
    return w.one(inline, inline.layer(), Joined(by_tensorflow, *branches, whole=whole))


def skip(w: Wardrobe, inside: Part) -> Part:
    sums = (L.Add(), lambda xs: xs[0] + xs[1], lambda xs: keras.layers.add(xs), lambda xs: ops.add(xs[1], xs[0]))
    return joined(w, sums, w.one(tf.add_n, lambda xs: tf.add(xs[1], xs[0])), inside, whole=True)


def side_by_side(w: Wardrobe, left: Part, right: Part) -> Part:
    joins = (L.Concatenate(), partial(ops.concatenate, axis=-1), L.Concatenate(axis=3), keras.layers.concatenate)
    return joined(w, joins, lambda xs: tf.concat(xs, 3), left, right)


def gate(w: Wardrobe, width: int, depth: int) -> Part:
    """Squeeze and excite."""
    pooled = w.one(
        L.GlobalAveragePooling2D(keepdims=True), lambda x: ops.mean(x, axis=(1, 2), keepdims=True),
        lambda x: tf.reduce_mean(x, [1, 2], keepdims=True), Own(L.GlobalAveragePooling2D(), L.Reshape((1, 1, depth))),
    )  # fmt: skip
    inside = Own(pooled, dense(w, width, True, "relu"), dense(w, depth, True, "sigmoid"))
    products = (L.Multiply(), lambda xs: xs[0] * xs[1], lambda xs: keras.layers.multiply(xs[::-1]))
    return joined(w, products, lambda xs: tf.multiply(xs[1], xs[0]), inside, whole=True)


# --- Ends -------------------------------------------------------------------------------------------------------------


def flat(w: Wardrobe) -> Part:
    return w.one(
        L.Flatten(), L.Reshape((-1,)), lambda x: ops.reshape(x, (-1, int(np.prod(x.shape[1:])))),
        lambda x: tf.reshape(x, [tf.shape(x)[0], int(np.prod(x.shape[1:]))]),
    )  # fmt: skip


def pooled(w: Wardrobe, mean: bool) -> Part:
    if mean:
        return w.one(
            L.GlobalAveragePooling2D(), lambda x: ops.mean(x, axis=[1, 2]), lambda x: tf.reduce_mean(x, axis=(1, 2)),
            lambda x: ops.mean(ops.mean(x, 1), 1),
        )  # fmt: skip
    return w.one(L.GlobalMaxPooling2D(), lambda x: ops.max(x, axis=(1, 2)), lambda x: tf.reduce_max(x, [1, 2]))


ACTS = (None, *ACTIVATIONS)
KINDS: Mapping[str, tuple[Callable[..., Part], dict[str, tuple[Any, ...]]]] = {
    "convolution": (
        convolution,
        {
            "filters": (2, 3), "size": (1, 3, 5), "stride": (1, 2), "padding": ("same", "valid"),
            "dilation": (1, 2), "bias": (True, False), "act": ACTS,
        },
    ),
    "depthwise": (depthwise, {"size": (3, 5), "stride": (1, 2), "multiplier": (1, 2)}),
    "separable": (separable, {"filters": (2, 3), "size": (3, 5), "bias": (True, False)}),
    "dense": (dense, {"units": (2, 3), "bias": (True, False), "act": ACTS}),
    "batch norm": (batch_norm, {"eps": (1e-3, 1e-5), "momentum": (0.99, 0.9), "scale": (True, False)}),
    "layer norm": (layer_norm, {"eps": (1e-3, 1e-2), "center": (True, False)}),
    "activation": (lambda w, name: activation(w, name), {"name": tuple(ACTIVATIONS)}),
    "pooling": (pooling, {"size": (2, 3), "stride": (1, 2), "padding": ("same", "valid"), "mean": (True, False)}),
    "dropout": (dropout, {"rate": (0.2, 0.5), "spatial": (True, False)}),
    "scale": (scale, {"by": (0.5, 4.0), "plus": (0.0, -1.0)}),
    "upsampling": (upsampling, {"size": (2,), "bilinear": (True, False)}),
    "turn": (turn, {}),
    "mirror": (mirror, {"axis": (1, 2)}),
    "attention": (attention, {}),
    "gate": (gate, {"width": (2, 4)}),
    "skip": (skip, {}),
    "side by side": (side_by_side, {}),
    "flat": (flat, {}),
    "pooled": (pooled, {"mean": (True, False)}),
}  # fmt: skip
"""What writes a kind, and the values that each of its settings takes."""


def depth_after(steps: tuple[Step, ...], depth: int) -> int:
    """Return how many channels come out."""
    for step in steps:
        match step.kind:
            case "convolution" | "separable":
                depth = step.said["filters"]
            case "dense":
                depth = step.said["units"]
            case "depthwise":
                depth *= step.said["multiplier"]
            case "side by side":
                depth = sum(depth_after(branch, depth) for branch in step.branches)
    return depth


def written(w: Wardrobe, step: Step, depth: int) -> Part:
    """Return a step in a dress drawn at random; `depth` is that of what it takes."""
    branches = [Own(*in_a_row(w, branch, depth)) for branch in step.branches]
    said = {**step.said, **({"depth": depth} if step.kind == "gate" else {})}
    return KINDS[step.kind][0](w, *branches, **said)


def in_a_row(w: Wardrobe, steps: tuple[Step, ...], depth: int) -> list[Part]:
    made = []
    for step in steps:
        made.append(written(w, step, depth))
        depth = depth_after((step,), depth)
    return made
