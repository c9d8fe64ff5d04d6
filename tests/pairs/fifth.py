"""U-Nets, heads, experts and gates of a second course, written twice."""

# The code here is students' own, as they write it: no types, no docstrings.

from __future__ import annotations

import keras
import numpy as np
import tensorflow as tf
from keras import layers as L  # noqa: N812
from keras import ops

from pairs import IMAGE, ROW, WORDS, KerasLayer, KerasModel, Pairs, layer, model, net

P = Pairs()


# A small U-Net
class UNet(KerasModel):
    def __init__(self, swapped=False):
        super().__init__()
        self.down = [L.Conv2D(f, 3, padding="same", activation="relu") for f in (4, 8)]
        self.pool = L.MaxPool2D()
        self.mid = L.Conv2D(16, 3, padding="same", activation="relu")
        self.up = [L.Conv2DTranspose(f, 2, strides=2) for f in (8, 4)]
        self.conv = [L.Conv2D(f, 3, padding="same", activation="relu") for f in (8, 4)]
        self.head = L.Conv2D(1, 1, activation="sigmoid")
        self.swapped = swapped

    def call(self, x):
        skips = []
        for d in self.down:
            x = d(x)
            skips.append(x)
            x = self.pool(x)
        x = self.mid(x)
        for up, conv, s in zip(self.up, self.conv, skips[::-1], strict=True):
            x = up(x)
            x = tf.concat([x, s] if self.swapped else [s, x], axis=-1)
            x = conv(x)
        return self.head(x)


def unet(x):
    c1 = L.ReLU()(L.Conv2D(4, 3, padding="same")(x))
    c2 = L.ReLU()(L.Conv2D(8, 3, padding="same")(L.MaxPooling2D(2)(c1)))
    m = L.ReLU()(L.Conv2D(16, 3, padding="same")(L.MaxPooling2D(2)(c2)))
    u2 = L.Concatenate()([c2, L.Conv2DTranspose(8, 2, 2, "same")(m)])
    u2 = L.Conv2D(8, 3, padding="same", activation="relu")(u2)
    u1 = L.Concatenate()([c1, L.Conv2DTranspose(4, 2, 2, "same")(u2)])
    u1 = L.Conv2D(4, 3, padding="same", activation="relu")(u1)
    return L.Activation("sigmoid")(L.Conv2D(1, 1)(u1))


P.same("a small U-Net", net(unet, IMAGE), model(UNet, IMAGE))
P.differ("a small U-Net: skips concatenated the other way", net(unet, IMAGE), model(lambda: UNet(True), IMAGE))


# Squeeze and excite, by 1 x 1 convolutions or by dense layers
def se_conv(x):
    s = ops.mean(x, axis=(1, 2), keepdims=True)
    s = L.Conv2D(2, 1, activation="relu")(s)
    return x * L.Conv2D(3, 1, activation="sigmoid")(s)


def se_dense(x):
    s = L.Reshape((1, 1, 3))(L.GlobalAveragePooling2D()(x))
    s = L.Dense(3, activation="sigmoid")(L.Dense(2, activation="relu")(s))
    return L.multiply([x, s])


P.same("squeeze by convolutions", net(se_conv, IMAGE), net(se_dense, IMAGE))


# Attention of one head
class Head(KerasLayer):
    def __init__(self, d=8, by=None, axis=-1):
        super().__init__()
        self.q, self.k, self.v = (L.Dense(d, use_bias=False) for _ in range(3))
        self.by = by or d
        self.axis = axis

    def call(self, x):
        s = tf.einsum("bid,bjd->bij", self.q(x), self.k(x)) / np.sqrt(self.by)
        return tf.einsum("bij,bjd->bid", tf.nn.softmax(s, axis=self.axis), self.v(x))


def head(x):
    q, k, v = L.Dense(8, use_bias=False)(x), L.Dense(8, use_bias=False)(x), L.Dense(8, use_bias=False)(x)
    return L.Attention()([q * 8**-0.5, v, k])


P.family(
    "one head",
    layer(Head, WORDS),
    net(head, WORDS),
    {
        "scaled by the length": layer(lambda: Head(by=7), WORDS),
        "softmax over the queries": layer(lambda: Head(axis=1), WORDS),
    },
)


# Positions
def table(n=7, d=6):
    t = np.zeros((n, d))
    for p in range(n):
        for i in range(0, d, 2):
            t[p, i] = np.sin(p / 10000 ** (i / d))
            t[p, i + 1] = np.cos(p / 10000 ** (i / d))
    return t.astype("float32")


class Positions(KerasLayer):
    def __init__(self, swapped=False):
        super().__init__()
        self.swapped = swapped

    def call(self, x):
        n, d = x.shape[1], x.shape[2]
        a = np.arange(n)[:, None] / np.power(10000, 2 * (np.arange(d // 2)[None]) / d)
        pe = np.stack([np.cos(a), np.sin(a)] if self.swapped else [np.sin(a), np.cos(a)], -1).reshape(n, d)
        return x + tf.cast(pe[np.newaxis], tf.float32)


P.family(
    "positions",
    net(lambda x: x + table(), (7, 6)),
    layer(Positions, (7, 6)),
    {"cosines first": layer(lambda: Positions(True), (7, 6))},
)


# Twins
def twins(a, b):
    e = keras.Sequential([L.Dense(8, activation="relu"), L.Dense(4)])
    d = L.Lambda(lambda ab: tf.abs(ab[0] - ab[1]))([e(a), e(b)])
    return L.Dense(1, activation="sigmoid")(d)


class Twins(KerasModel):
    def __init__(self, shared=True):
        super().__init__()
        self.h, self.o = L.Dense(8, "relu"), L.Dense(4)
        self.out = L.Dense(1)

    def enc(self, x):
        return self.o(self.h(x))

    def call(self, pair):
        a, b = pair
        return keras.activations.sigmoid(self.out(ops.absolute(ops.subtract(self.enc(b), self.enc(a)))))


P.same("twins", net(twins, ROW, ROW), model(Twins, ROW, ROW, listed=True))


# Attention over the states
class Pooled(KerasLayer):
    def __init__(self):
        super().__init__()
        self.w, self.u = L.Dense(5, activation="tanh"), L.Dense(1, use_bias=False)

    def call(self, h):
        a = ops.softmax(self.u(self.w(h)), axis=1)
        return ops.sum(a * h, axis=1)


def pooled(x, axis=1):
    h = L.GRU(6, return_sequences=True)(x)
    a = L.Softmax(axis=axis)(L.Dense(1, use_bias=False)(L.Activation("tanh")(L.Dense(5)(h))))
    return L.Flatten()(L.Dot(axes=1)([a, h]))


P.family(
    "pooled by attention",
    net(lambda x: Pooled()(L.GRU(6, return_sequences=True)(x)), WORDS),
    net(pooled, WORDS),
    {
        "no softmax over time": net(lambda x: pooled(x, -1), WORDS),
        "an older GRU": net(lambda x: Pooled()(L.GRU(6, return_sequences=True, reset_after=False)(x)), WORDS),
    },
)


# Gated linear units
class Gated(KerasLayer):
    def __init__(self, n, gate=ops.sigmoid):
        super().__init__()
        self.d = L.Dense(2 * n)
        self.gate = gate

    def call(self, x):
        a, b = tf.split(self.d(x), 2, axis=-1)
        return a * self.gate(b)


P.family(
    "gated",
    layer(lambda: Gated(4)),
    net(lambda x: L.Dense(8, activation="glu")(x)),
    {"tanh": layer(lambda: Gated(4, ops.tanh))},
)


# Experts
class Experts(KerasLayer):
    def __init__(self, n=3):
        super().__init__()
        self.e = [L.Dense(4, activation="relu") for _ in range(n)]
        self.g = L.Dense(n, activation="softmax")

    def call(self, x):
        y = ops.stack([e(x) for e in self.e], axis=1)
        return ops.einsum("be,bed->bd", self.g(x), y)


def experts(x, act="softmax"):
    g = L.Dense(3, activation=act)(x)
    return L.Add()([L.Dense(4, activation="relu")(x) * g[:, i : i + 1] for i in range(3)])


P.alike("experts", layer(Experts), net(experts), {"sigmoid gates": net(lambda x: experts(x, "sigmoid"))})


# Wide and deep
class WideDeep(KerasModel):
    def __init__(self):
        super().__init__()
        self.deep = keras.Sequential([L.Dense(8), L.BatchNormalization(), L.ReLU(), L.Dropout(0.2)])
        self.out = L.Dense(1)

    def call(self, wide, deep, training=None):
        return self.out(tf.concat([wide, self.deep(deep, training=training)], 1))


def wide_deep(w, d):
    h = L.Dropout(0.2)(L.Activation("relu")(L.BatchNormalization()(L.Dense(8)(d))))
    return L.Dense(1)(L.concatenate([w, h]))


P.same("wide and deep", net(wide_deep, ROW, ROW), model(WideDeep, ROW, ROW))


# A block of temporal convolutions
class TCN(KerasLayer):
    def __init__(self, dilations=(1, 2, 4)):
        super().__init__()
        self.c = [L.Conv1D(5, 3, dilation_rate=d) for d in dilations]
        self.d = dilations

    def call(self, x):
        for c, d in zip(self.c, self.d, strict=True):
            y = tf.pad(x, [[0, 0], [2 * d, 0], [0, 0]])
            x = x + tf.nn.relu(c(y))
        return x[:, -1, :]


def tcn(x, padding="causal"):
    for d in (1, 2, 4):
        x = L.Add()([x, L.Conv1D(5, 3, padding=padding, dilation_rate=d, activation="relu")(x)])
    return L.Lambda(lambda t: t[:, -1])(x)


P.family(
    "temporal convolutions",
    layer(TCN, WORDS),
    net(tcn, WORDS),
    {"same": net(lambda x: tcn(x, "same"), WORDS), "dilations": layer(lambda: TCN((1, 2, 3)), WORDS)},
)


# Separable by two layers
P.same(
    "separable by two",
    net(lambda x: L.SeparableConv2D(6, 3, padding="same", activation="relu")(x), IMAGE),
    net(
        lambda x: tf.keras.activations.relu(L.Conv2D(6, 1)(L.DepthwiseConv2D(3, padding="same", use_bias=False)(x))),
        IMAGE,
    ),
)


# States handed over
def seq2seq(x, y, order="hc"):
    _, h, c = L.LSTM(4, return_state=True)(x)
    s = {"hc": [h, c], "hh": [h, h]}[order]
    return L.Dense(3)(L.LSTM(4, return_sequences=True)(y, initial_state=s))


class Seq2Seq(KerasModel):
    def __init__(self):
        super().__init__()
        self.enc, self.dec = L.LSTM(4, return_state=True), L.LSTM(4, return_sequences=True, return_state=True)
        self.out = L.TimeDistributed(L.Dense(3))

    def call(self, x, y):
        _, *state = self.enc(x)
        seq, _, _ = self.dec(y, initial_state=state)
        return self.out(seq)


P.family(
    "states handed over",
    net(seq2seq, WORDS, WORDS),
    model(Seq2Seq, WORDS, WORDS),
    {"h twice": net(lambda x, y: seq2seq(x, y, "hh"), WORDS, WORDS)},
)


# Divergence
class KL(KerasLayer):
    def __init__(self, sign=-0.5):
        super().__init__()
        self.m, self.s = L.Dense(2), L.Dense(2)
        self.sign = sign

    def call(self, x):
        m, s = self.m(x), self.s(x)
        self.add_loss(self.sign * tf.reduce_mean(tf.reduce_sum(1 + s - tf.square(m) - tf.exp(s), axis=1)))
        return m


class KL2(KerasLayer):
    def __init__(self):
        super().__init__()
        self.m, self.s = L.Dense(2), L.Dense(2)

    def call(self, x):
        m, s = self.m(x), self.s(x)
        self.add_loss(ops.mean(ops.sum(ops.exp(s) + m**2 - s - 1, axis=-1)) / 2)
        return m


P.family("divergence by hand", layer(KL), layer(KL2), {"sign": layer(lambda: KL(0.5))})


# MC dropout, residual order
P.differ(
    "dropout always",
    net(lambda x: L.Dense(3)(L.Dropout(0.5)(x))),
    net(lambda x: L.Dense(3)(L.Dropout(0.5)(x, training=True))),
)


class Res(KerasLayer):
    def __init__(self, f, early=False):
        super().__init__()
        self.c1, self.c2 = L.Conv2D(f, 3, padding="same"), L.Conv2D(f, 3, padding="same")
        self.b1, self.b2 = L.BatchNormalization(), L.BatchNormalization()
        self.early = early

    def call(self, x):
        y = self.b2(self.c2(ops.relu(self.b1(self.c1(x)))))
        return x + ops.relu(y) if self.early else ops.relu(x + y)


def res(x):
    y = L.Conv2D(3, 3, padding="same")(x)
    y = L.Conv2D(3, 3, padding="same")(L.Activation("relu")(L.BatchNormalization()(y)))
    return L.Activation("relu")(L.Add()([L.BatchNormalization()(y), x]))


P.family(
    "a block",
    layer(lambda: Res(3), IMAGE),
    net(res, IMAGE),
    {"relu before the sum": layer(lambda: Res(3, True), IMAGE)},
)
