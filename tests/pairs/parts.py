"""Experts, patches, gates and depths: what blocks are put together with."""

# The code here is students' own, as they write it: no types, no docstrings.
# ruff: noqa: E741

from __future__ import annotations

from functools import partial

import keras
import tensorflow as tf
from keras import layers as L  # noqa: N812
from keras import ops

from pairs import IMAGE, WORDS, KerasLayer, KerasModel, Pairs, conv, layer, model, net

P = Pairs()


class Bn(KerasLayer):
    def __init__(self):
        super().__init__()
        self.p = L.Dense(3)
        self.ln = L.LayerNormalization()

    def call(self, x, training=None, mask=None):
        return keras.layers.add([x[..., :3], self.ln(self.p(x))])


P.same(
    "sum with the first channels",
    layer(Bn),
    net(lambda x: L.Add()([L.LayerNormalization()(L.Dense(3)(x)), L.Lambda(lambda t: t[:, :3])(x)])),
)
P.differ(
    "sum with the last channels",
    layer(Bn),
    net(lambda x: L.Add()([L.LayerNormalization()(L.Dense(3)(x)), L.Lambda(lambda t: t[:, 3:])(x)])),
)


class QKV(KerasLayer):
    def __init__(self):
        super().__init__()
        self.qkv = L.Dense(12, use_bias=False)
        self.o = L.Dense(4)

    def call(self, x):
        q, k, v = tf.split(self.qkv(x), 3, axis=-1)
        a = tf.nn.softmax(tf.einsum("bid,bjd->bij", q, k) * (4**-0.5))
        return self.o(tf.einsum("bij,bjd->bid", a, v))


def qkv(x, order=(0, 1, 2)):
    h = L.Dense(12, use_bias=False)(x)
    p = [h[..., 4 * i : 4 * i + 4] for i in order]
    return L.Dense(4)(ops.matmul(ops.softmax(ops.matmul(p[0], ops.transpose(p[1], (0, 2, 1))) / 2.0), p[2]))


P.same("queries, keys and values of one layer", layer(QKV, WORDS), net(qkv, WORDS))
P.differ("keys and values swapped", layer(QKV, WORDS), net(lambda x: qkv(x, (0, 2, 1)), WORDS))


class Gate(KerasModel):
    def __init__(self):
        super().__init__()
        self.experts = [L.Dense(3) for _ in range(3)]
        self.g = L.Dense(3, activation="softmax")

    def call(self, x):
        return tf.reduce_sum(tf.stack([e(x) for e in self.experts], axis=1) * self.g(x)[..., None], axis=1)


def moe(x, act="softmax"):
    g = L.Dense(3, activation=act)(x)
    s = ops.stack([L.Dense(3)(x) for _ in range(3)], axis=1)
    return ops.sum(L.Multiply()([s, L.Reshape((3, 1))(g)]), axis=1)


P.same("mixture of experts", model(Gate), net(moe))
P.differ("mixture with sigmoids", model(Gate), net(lambda x: moe(x, "sigmoid")))
P.same(
    "mixture by einsum",
    model(Gate),
    net(
        lambda x: ops.einsum(
            "bed,be->bd", ops.stack([L.Dense(3)(x) for _ in range(3)], axis=1), L.Dense(3, activation="softmax")(x)
        )
    ),
)


class PoolAtt(KerasLayer):
    def __init__(self):
        super().__init__()
        self.s = L.Dense(1)

    def call(self, x):
        w = tf.nn.softmax(tf.squeeze(self.s(x), -1), -1)
        return tf.reduce_sum(x * w[..., None], axis=1)


P.same(
    "attention pooling",
    layer(PoolAtt, WORDS),
    net(lambda x: ops.sum(x * ops.softmax(L.Dense(1)(x), axis=1), axis=1), WORDS),
)


class DropPath(KerasLayer):
    def __init__(self, r):
        super().__init__()
        self.r = r

    def call(self, x, training=None):
        if not training:
            return x
        k = 1 - self.r
        u = k + tf.random.uniform((tf.shape(x)[0], 1, 1, 1))
        return x / k * tf.floor(u)


class DropPath2(KerasLayer):
    def __init__(self, rate):
        super().__init__()
        self.rate = rate

    def call(self, x, training=False):
        if training:
            keep = 1.0 - self.rate
            mask = ops.floor(keep + keras.random.uniform((ops.shape(x)[0], 1, 1, 1)))
            x = (x / keep) * mask
        return x


P.same("stochastic depth", layer(partial(DropPath, 0.2), IMAGE), layer(partial(DropPath2, 0.2), IMAGE))
P.differ("stochastic depth, another rate", layer(partial(DropPath, 0.2), IMAGE), layer(partial(DropPath2, 0.1), IMAGE))


class SegHead(KerasModel):
    def __init__(self):
        super().__init__()
        self.c = conv(2, 3)
        self.o = L.Conv2D(2, 1)

    def call(self, x):
        return {"logits": self.o(self.c(x)), "probs": tf.nn.softmax(self.o(self.c(x)))}


def seg(x):
    l = L.Conv2D(2, 1)(conv(2, 3)(x))
    return {"probs": L.Softmax()(l), "logits": l}


P.same("logits and probabilities", model(SegHead, IMAGE), net(seg, IMAGE))
P.same(
    "time series of differences",
    net(lambda x: L.LSTM(3)(x[:, 1:] - x[:, :-1]), WORDS),
    net(lambda x: L.LSTM(3)(L.Subtract()([L.Cropping1D((1, 0))(x), L.Cropping1D((0, 1))(x)])), WORDS),
)
P.same(
    "positional scale",
    net(lambda x: x + 0.1 * ops.arange(7, dtype="float32")[:, None], WORDS),
    layer(lambda: Ramp(), WORDS),
)


class Ramp(KerasLayer):
    def call(self, x):
        return x + tf.reshape(tf.range(7, dtype=tf.float32), (1, 7, 1)) * 0.1


P.same(
    "image of patches",
    net(lambda x: L.Dense(4)(L.Reshape((4, 48))(L.Permute((1, 3, 2, 4, 5))(L.Reshape((2, 4, 2, 4, 3))(x)))), IMAGE),
    layer(lambda: Patches(), IMAGE),
)


class Patches(KerasLayer):
    def __init__(self):
        super().__init__()
        self.d = L.Dense(4)

    def call(self, x):
        x = tf.transpose(tf.reshape(x, (-1, 2, 4, 2, 4, 3)), (0, 1, 3, 2, 4, 5))
        return self.d(tf.reshape(x, (tf.shape(x)[0], 4, 48)))


class WN(KerasLayer):
    def __init__(self):
        super().__init__()

    def build(self, s):
        self.v = self.add_weight(shape=(s[-1], 3))
        self.g = self.add_weight(shape=(3,))
        self.b = self.add_weight(shape=(3,), initializer="zeros")

    def call(self, x):
        return tf.matmul(x, self.v / tf.norm(self.v, axis=0) * self.g) + self.b


class WN2(WN):
    def call(self, x):
        return ops.add(ops.matmul(x, self.g * (self.v / ops.sqrt(ops.sum(ops.square(self.v), axis=0)))), self.b)


class WN3(WN):
    def call(self, x):
        return ops.add(ops.matmul(x, self.g * self.v), self.b)


P.same("weight normalization", layer(WN), layer(WN2))
P.differ("weight normalization without the norm", layer(WN), layer(WN3))
P.same(
    "centre loss layer",
    net(lambda x: x - L.Lambda(lambda t: tf.reduce_mean(t, axis=1, keepdims=True))(x), WORDS),
    net(lambda x: L.Subtract()([x, ops.mean(x, 1, keepdims=True)]), WORDS),
)
P.same(
    "residual scaled",
    net(lambda x: x + 0.1 * conv(3, 3)(x), IMAGE),
    net(lambda x: L.Add()([x, L.Rescaling(0.1)(conv(3, 3)(x))]), IMAGE),
)
P.differ(
    "residual scaled otherwise",
    net(lambda x: x + 0.1 * conv(3, 3)(x), IMAGE),
    net(lambda x: x + 0.2 * conv(3, 3)(x), IMAGE),
)
P.same(
    "softmax with a temperature",
    net(lambda x: L.Softmax()(L.Dense(3)(x) / 0.5)),
    net(lambda x: L.Lambda(lambda t: tf.nn.softmax(t * 2.0))(L.Dense(3)(x))),
)
P.differ(
    "temperature", net(lambda x: L.Softmax()(L.Dense(3)(x) / 0.5)), net(lambda x: L.Softmax()(L.Dense(3)(x) * 0.5))
)
