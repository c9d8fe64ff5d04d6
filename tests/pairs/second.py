"""Blocks of a second course in other hands: convex forms, chains of sums, norms by hand, own operations."""

# The code here is students' own, as they write it: no types, no docstrings.

from __future__ import annotations

import operator
from functools import partial, reduce

import keras
import numpy as np
import tensorflow as tf
from keras import layers as L  # noqa: N812
from keras import ops

from pairs import IMAGE, ROW, KerasLayer, KerasModel, Pairs, conv, layer, model, net

P = Pairs()


# --- Residual forms ---------------------------------------------------------------------------------------------------


class Blend(KerasLayer):
    def __init__(self, gate_bias=None, swap=False):
        super().__init__()
        self.h = L.Dense(6, activation="tanh")
        self.t = L.Dense(6, activation="sigmoid")
        self.swap = swap

    def call(self, x):
        t, h = self.t(x), self.h(x)
        return h + t * (x - h) if self.swap else x + t * (h - x)


def gated(x, hidden="tanh", other=False):
    h, t = L.Dense(6, activation=hidden)(x), L.Dense(6, activation="sigmoid")(x)
    carried = L.Multiply()([L.Lambda(lambda g: 1.0 - g)(t), h if other else x])
    return L.Add()([L.Multiply()([t, x if other else h]), carried])


P.family(
    "x + t(h - x) is a highway",
    layer(Blend),
    net(gated),
    {"the gate the other way": net(lambda x: gated(x, other=True)), "relu": net(lambda x: gated(x, hidden="relu"))},
)
P.same("h + t(x - h) is the highway turned", layer(lambda: Blend(swap=True)), net(lambda x: gated(x, other=True)))


class ReZero(KerasLayer):
    def __init__(self):
        super().__init__()
        self.a, self.b = L.Dense(12, activation="relu"), L.Dense(6)

    def build(self, _):
        self.alpha = self.add_weight(shape=(), initializer="zeros", name="alpha")

    def call(self, x):
        return x + self.alpha * self.b(self.a(x))


class ReZeroOps(ReZero):
    def call(self, x):
        return ops.add(ops.multiply(self.b(self.a(x)), self.alpha), x)


class NoSkip(ReZero):
    def call(self, x):
        return self.alpha * self.b(self.a(x))


P.family("a residual scaled by a weight", layer(ReZero), layer(ReZeroOps), {"without its skip": layer(NoSkip)})


def chain_of_sums(x, how):
    how = how if isinstance(how, L.Layer) else L.Lambda(lambda b, f=how: f(b), output_shape=(4,))
    branches = [L.Dense(4, activation=name)(x) for name in ("relu", "tanh", "sigmoid", "elu")]
    return how(branches)


P.family(
    "four branches summed by add_n",
    net(lambda x: chain_of_sums(x, tf.add_n)),
    net(lambda x: chain_of_sums(x, L.Add())),
    {
        "three of them": net(lambda x: chain_of_sums(x, lambda b: tf.add_n(b[:3]))),
        "their mean": net(lambda x: chain_of_sums(x, L.Average())),
        "one twice": net(lambda x: chain_of_sums(x, lambda b: tf.add_n([*b, b[0]]))),
        "their product": net(lambda x: chain_of_sums(x, L.Multiply())),
    },
)
P.same(
    "sums folded",
    net(lambda x: chain_of_sums(x, partial(reduce, operator.add))),
    net(lambda x: chain_of_sums(x, lambda b: (b[3] + b[1]) + (b[0] + b[2]))),
)
P.same(
    "a sum of a stack",
    net(lambda x: chain_of_sums(x, lambda b: ops.sum(ops.stack(b, axis=0), axis=0))),
    net(lambda x: chain_of_sums(x, L.Add())),
)
P.same(
    "the mean of four by a factor",
    net(lambda x: chain_of_sums(x, lambda b: 0.25 * tf.add_n(b))),
    net(lambda x: chain_of_sums(x, L.Average())),
)
P.same(
    "a maximum of a chain",
    net(lambda x: chain_of_sums(x, partial(reduce, tf.maximum))),
    net(lambda x: chain_of_sums(x, L.Maximum())),
)


class Stage(KerasModel):
    def __init__(self, depth=3, shared=False):
        super().__init__()
        one = conv(3, 3, activation="relu")
        self.all = [one if shared else conv(3, 3, activation="relu") for _ in range(depth)]
        self.out = L.Dense(2)
        self.pool = L.GlobalAvgPool2D()

    def call(self, x):
        for f in self.all:
            x = x + f(x)
        return self.out(self.pool(x))


def stage(x, depth=3, shared=False, inner="relu"):
    one = conv(3, 3, activation=inner)
    for _ in range(depth):
        x = L.add([(one if shared else conv(3, 3, activation=inner))(x), x])
    return L.Dense(2)(ops.mean(x, axis=(1, 2)))


P.family(
    "residual stage of a loop",
    model(Stage, IMAGE),
    net(stage, IMAGE),
    {
        "one less": net(partial(stage, depth=2), IMAGE),
        "one convolution for all": net(partial(stage, shared=True), IMAGE),
    },
)
P.same(
    "one convolution for a whole stage",
    model(lambda: Stage(shared=True), IMAGE),
    net(partial(stage, shared=True), IMAGE),
)


P.same(
    "a moving mean of two, both ways",
    net(lambda x: (lambda h: h + 0.1 * (x - h))(L.Dense(6)(x))),
    net(lambda x: 0.1 * x + 0.9 * L.Dense(6)(x)),
)
P.same(
    "a step back",
    net(lambda x: (lambda h: x - 0.25 * (x - h))(L.Dense(6)(x))),
    net(lambda x: ops.add(0.75 * x, L.Dense(6)(x) * 0.25)),
)
P.differ(
    "a step too far",
    net(lambda x: (lambda h: x + 0.25 * (h - x))(L.Dense(6)(x))),
    net(lambda x: (lambda h: x - 0.25 * (h - x))(L.Dense(6)(x))),
)
P.differ(
    "a difference that keeps its sign",
    net(lambda x: L.Dense(2)(L.Dense(6)(x) - x)),
    net(lambda x: L.Dense(2)(x - L.Dense(6)(x))),
)
P.same(
    "a squared distance, either way",
    net(lambda a, b: ops.sum((a - b) ** 2, axis=-1, keepdims=True), ROW, ROW),
    net(lambda a, b: ops.sum(ops.square(b - a), axis=-1, keepdims=True), ROW, ROW),
)
P.differ(
    "a cube, either way",
    net(lambda a, b: ops.sum((a - b) ** 3, axis=-1, keepdims=True), ROW, ROW),
    net(lambda a, b: ops.sum((b - a) ** 3, axis=-1, keepdims=True), ROW, ROW),
)


# --- Norms and scales by hand -----------------------------------------------------------------------------------------


class Standardized(KerasLayer):
    def __init__(self, mean, std):
        super().__init__()
        self.mean, self.std = np.array(mean, "float32"), np.array(std, "float32")

    def call(self, x):
        return (x - self.mean) / self.std


MEAN, STD = [0.5, 0.4, 0.3], [0.25, 0.5, 0.125]
P.family(
    "channels standardized by hand",
    net(lambda x: L.Conv2D(2, 1)(Standardized(MEAN, STD)(x)), IMAGE),
    net(lambda x: L.Conv2D(2, 1)(L.Normalization(mean=MEAN, variance=[s * s for s in STD])(x)), IMAGE),
    {
        "no mean": net(lambda x: L.Conv2D(2, 1)(Standardized([0.0] * 3, STD)(x)), IMAGE),
        "another deviation": net(lambda x: L.Conv2D(2, 1)(Standardized(MEAN, [0.25, 0.5, 0.25])(x)), IMAGE),
    },
)
P.family(
    "pixels from -1 to 1",
    net(lambda x: L.Conv2D(2, 1)(x / 127.5 - 1), IMAGE),
    net(lambda x: L.Conv2D(2, 1)(L.Rescaling(1 / 127.5, offset=-1)(x)), IMAGE),
    {"from 0 to 1": net(lambda x: L.Conv2D(2, 1)(L.Rescaling(1 / 255)(x)), IMAGE)},
)
P.same(
    "pixels from -1 to 1, the mean first",
    net(lambda x: L.Conv2D(2, 1)((x - 127.5) / 127.5), IMAGE),
    net(lambda x: L.Conv2D(2, 1)(L.Rescaling(1 / 127.5, offset=-1)(x)), IMAGE),
)


class Scale(KerasLayer):
    def __init__(self, shift=True):
        super().__init__()
        self.shift = shift

    def build(self, shape):
        self.gamma = self.add_weight(shape=(shape[-1],), initializer="ones")
        if self.shift:
            self.beta = self.add_weight(shape=(shape[-1],), initializer="zeros")

    def call(self, x):
        y = self.gamma * x
        return y + self.beta if self.shift else y


class ScaleBack(Scale):
    def call(self, x):
        return tf.add(self.beta, tf.multiply(x, self.gamma))


P.family(
    "scaled and shifted by channel",
    layer(Scale, IMAGE),
    layer(ScaleBack, IMAGE),
    {"no shift": layer(lambda: Scale(shift=False), IMAGE)},
)


class CenteredRows(KerasLayer):
    def call(self, x):
        return x - tf.reduce_mean(x, axis=-1, keepdims=True)


P.family(
    "rows centred",
    net(lambda x: L.Dense(3)(CenteredRows()(x))),
    net(lambda x: L.Dense(3)(ops.subtract(x, ops.mean(x, -1, keepdims=True)))),
    {"by their largest": net(lambda x: L.Dense(3)(x - ops.max(x, -1, keepdims=True)))},
)


# --- Inception, excitation, squeeze -----------------------------------------------------------------------------------


class Branches(KerasLayer):
    def __init__(self, sizes=(1, 3, 5)):
        super().__init__()
        self.paths = [
            keras.Sequential([L.Conv2D(2, 1, activation="relu"), conv(3, k, activation="relu")]) for k in sizes
        ]
        self.pool = keras.Sequential([L.MaxPool2D(3, 1, "same"), L.Conv2D(2, 1)])

    def call(self, x):
        return tf.concat([*(p(x) for p in self.paths), self.pool(x)], axis=-1)


def branches(x, sizes=(1, 3, 5), pool=L.MaxPooling2D):
    found = [L.Conv2D(3, k, padding="same", activation="relu")(L.Conv2D(2, 1, activation="relu")(x)) for k in sizes]
    return L.Concatenate()([*found, L.Conv2D(2, 1)(pool(3, strides=1, padding="same")(x))])


P.family(
    "inception of lists of Sequentials",
    layer(Branches, IMAGE),
    net(branches, IMAGE),
    {
        "average pooling": net(partial(branches, pool=L.AveragePooling2D), IMAGE),
        "a kernel of 7": net(partial(branches, sizes=(1, 3, 7)), IMAGE),
        "branches swapped": net(partial(branches, sizes=(1, 5, 3)), IMAGE),
    },
)


class Excite(KerasLayer):
    def __init__(self, ratio=2):
        super().__init__()
        self.ratio = ratio

    def build(self, shape):
        self.down = L.Dense(shape[-1] // self.ratio + 1, "relu")
        self.up = L.Dense(shape[-1], "sigmoid")

    def call(self, x):
        s = tf.reduce_mean(x, [1, 2])
        return x * self.up(self.down(s))[:, None, None, :]


def excite(x, last="sigmoid", pool=L.GlobalAveragePooling2D):
    s = L.Dense(3, activation=last)(L.Dense(2, activation="relu")(pool()(x)))
    return L.Multiply()([x, L.Reshape((1, 1, 3))(s)])


P.family(
    "squeeze and excitation by indexing",
    layer(Excite, IMAGE),
    net(excite, IMAGE),
    {
        "softmax": net(partial(excite, last="softmax"), IMAGE),
        "the largest, not the mean": net(partial(excite, pool=L.GlobalMaxPooling2D), IMAGE),
        "excitation without its product": net(
            lambda x: L.Add()(
                [x, L.Reshape((1, 1, 3))(L.Dense(3, "sigmoid")(L.Dense(2, "relu")(L.GlobalAvgPool2D()(x))))]
            ),
            IMAGE,
        ),
    },
)
P.same(
    "excitation by expand_dims",
    layer(Excite, IMAGE),
    net(
        lambda x: (
            x * ops.expand_dims(ops.expand_dims(L.Dense(3, "sigmoid")(L.Dense(2, "relu")(ops.mean(x, (1, 2)))), 1), 1)
        ),
        IMAGE,
    ),
)


class Separable(KerasLayer):
    def __init__(self, n, act=True):
        super().__init__()
        self.steps = [L.DepthwiseConv2D(3, padding="same", use_bias=False), L.BatchNormalization(), L.ReLU(6.0)]
        self.steps += [L.Conv2D(n, 1, use_bias=False), L.BatchNormalization(), *([L.ReLU(6.0)] if act else [])]

    def call(self, x, training=None):
        for step in self.steps:
            x = step(x, training=training) if isinstance(step, L.BatchNormalization) else step(x)
        return x


def separable(x, n=4, top=6.0, norm=True):
    x = L.BatchNormalization()(L.DepthwiseConv2D(3, padding="same", use_bias=False)(x))
    x = L.Conv2D(n, 1, use_bias=False)(L.Activation(tf.nn.relu6)(x) if top else L.ReLU()(x))
    return ops.relu6(L.BatchNormalization()(x) if norm else x)


P.family(
    "a separable block of a list of steps",
    layer(lambda: Separable(4), IMAGE),
    net(separable, IMAGE),
    {
        "relu for relu6": net(partial(separable, top=None), IMAGE),
        "one norm": net(partial(separable, norm=False), IMAGE),
        "no last activation": layer(lambda: Separable(4, act=False), IMAGE),
    },
)
