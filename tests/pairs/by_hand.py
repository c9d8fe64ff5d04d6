"""Vision, sequences, recommenders and generators, their layers written by hand."""

# The code here is students' own, as they write it: no types, no docstrings.
# ruff: noqa: E731, E741, B023

from __future__ import annotations

import functools
from functools import partial

import keras
import numpy as np
import tensorflow as tf
from keras import layers as L  # noqa: N812
from keras import ops

from pairs import FRAMES, IMAGE, ROW, WORDS, KerasLayer, KerasModel, Pairs, conv, layer, model, net, words

P = Pairs()


# ConvNeXt
class ConvNeXt(KerasLayer):
    def __init__(self, dim=3, init=1e-6):
        super().__init__()
        self.dw = L.DepthwiseConv2D(7, padding="same")
        self.norm = L.LayerNormalization(epsilon=1e-6)
        self.pw1, self.act, self.pw2 = L.Dense(4 * dim), L.Activation("gelu"), L.Dense(dim)
        self.dim = dim

    def build(self, s):
        self.gamma = self.add_weight(name="g", shape=(self.dim,), initializer="ones")
        super().build(s)

    def call(self, x, training=None):
        h = self.pw2(self.act(self.pw1(self.norm(self.dw(x)))))
        return x + self.gamma * h


class Scale(KerasLayer):
    def build(self, s):
        self.g = self.add_weight(shape=(s[-1],), initializer="ones")

    def call(self, x):
        return x * self.g


def convnext(x, act="gelu", k=7, scale=True, eps=1e-6):
    h = L.LayerNormalization(axis=-1, epsilon=eps)(L.DepthwiseConv2D(k, padding="same")(x))
    h = L.Dense(3)(L.Dense(12, activation=act)(h))
    return L.Add()([x, Scale()(h) if scale else h])


P.family(
    "ConvNeXt block",
    layer(ConvNeXt, IMAGE),
    net(convnext, IMAGE),
    {
        "relu": net(lambda x: convnext(x, "relu"), IMAGE),
        "kernel": net(lambda x: convnext(x, k=5), IMAGE),
        "no scale": net(lambda x: convnext(x, scale=False), IMAGE),
    },
)


# channel shuffle
class Shuffle(KerasLayer):
    def __init__(self, g):
        super().__init__()
        self.g = g

    def call(self, x):
        _b, h, w, c = x.shape
        x = tf.reshape(x, [-1, h, w, self.g, c // self.g])
        x = tf.transpose(x, [0, 1, 2, 4, 3])
        return tf.reshape(x, [-1, h, w, c])


def shuffle(x, g=2):
    return L.Reshape((8, 8, 6))(L.Permute((1, 2, 4, 3))(L.Reshape((8, 8, g, 6 // g))(x)))


P.family(
    "channel shuffle",
    net(lambda x: Shuffle(2)(conv(6, 1, groups=1)(x)), IMAGE),
    net(lambda x: shuffle(conv(6, 1)(x)), IMAGE),
    {"groups": net(lambda x: shuffle(conv(6, 1)(x), 3), IMAGE), "not permuted": net(lambda x: conv(6, 1)(x), IMAGE)},
)


# inverted residual
class Inverted(KerasLayer):
    def __init__(self, cin, cout, stride, t=2):
        super().__init__()
        self.use_res = stride == 1 and cin == cout
        self.seq = keras.Sequential(
            [
                L.Conv2D(cin * t, 1, use_bias=False),
                L.BatchNormalization(),
                L.ReLU(6.0),
                L.DepthwiseConv2D(3, strides=stride, padding="same", use_bias=False),
                L.BatchNormalization(),
                L.ReLU(6.0),
                L.Conv2D(cout, 1, use_bias=False),
                L.BatchNormalization(),
            ]
        )

    def call(self, x, training=None):
        return x + self.seq(x, training=training) if self.use_res else self.seq(x, training=training)


def inverted(x, cout=3, stride=1, skip=True, last=False):
    h = L.Activation("relu6")(L.BatchNormalization()(L.Conv2D(6, 1, use_bias=False)(x)))
    h = L.Activation(tf.nn.relu6)(
        L.BatchNormalization()(L.DepthwiseConv2D(3, strides=stride, padding="same", use_bias=False)(h))
    )
    h = L.BatchNormalization()(L.Conv2D(cout, 1, use_bias=False)(h))
    h = L.ReLU(6.0)(h) if last else h
    return L.add([h, x]) if skip else h


P.family(
    "inverted residual",
    layer(partial(Inverted, 3, 3, 1), IMAGE),
    net(inverted, IMAGE),
    {
        "no skip": net(lambda x: inverted(x, skip=False), IMAGE),
        "a relu at the end": net(lambda x: inverted(x, last=True), IMAGE),
    },
)
P.same(
    "inverted residual that strides",
    layer(partial(Inverted, 3, 5, 2), IMAGE),
    net(lambda x: inverted(x, 5, 2, False), IMAGE),
)


# CBAM
class CBAM(KerasLayer):
    def build(self, s):
        self.mlp = keras.Sequential([L.Dense(2, activation="relu"), L.Dense(s[-1])])
        self.conv = L.Conv2D(1, 7, padding="same", activation="sigmoid")

    def call(self, x):
        a = self.mlp(tf.reduce_mean(x, axis=[1, 2], keepdims=True))
        m = self.mlp(tf.reduce_max(x, axis=[1, 2], keepdims=True))
        x = x * tf.nn.sigmoid(a + m)
        s = tf.concat([tf.reduce_mean(x, axis=-1, keepdims=True), tf.reduce_max(x, axis=-1, keepdims=True)], axis=-1)
        return x * self.conv(s)


def cbam(x, shared=True, order=0):
    d1, d2 = L.Dense(2, activation="relu"), L.Dense(3)
    e1, e2 = (d1, d2) if shared else (L.Dense(2, activation="relu"), L.Dense(3))
    a, m = d2(d1(L.GlobalAveragePooling2D()(x))), e2(e1(L.GlobalMaxPooling2D()(x)))
    x = L.Multiply()([x, L.Reshape((1, 1, 3))(L.Activation("sigmoid")(L.Add()([a, m])))])
    s = [
        L.Lambda(lambda t: ops.mean(t, axis=-1, keepdims=True))(x),
        L.Lambda(lambda t: ops.max(t, axis=3, keepdims=True))(x),
    ]
    return L.Multiply()(
        [x, L.Conv2D(1, 7, padding="same", activation="sigmoid")(L.Concatenate()(s[::-1] if order else s))]
    )


P.family(
    "CBAM",
    layer(CBAM, IMAGE),
    net(cbam, IMAGE),
    {
        "perceptrons of their own": net(lambda x: cbam(x, False), IMAGE),
        "mean and maximum swapped": net(lambda x: cbam(x, order=1), IMAGE),
    },
)


# Fire
class Fire(KerasLayer):
    def __init__(self, s, e):
        super().__init__()
        self.sq = L.Conv2D(s, 1, activation="relu")
        self.e = (
            {k: L.Conv2D(e, k, padding="same", activation="relu") for k in (1, 3)}
            if False
            else {"one": L.Conv2D(e, 1, activation="relu"), "three": L.Conv2D(e, 3, padding="same", activation="relu")}
        )

    def call(self, x):
        s = self.sq(x)
        return L.concatenate([e(s) for e in self.e.values()], axis=-1)


def fire(x, k=3):
    s = L.ReLU()(L.Conv2D(2, 1)(x))
    return L.ReLU()(L.Concatenate()([L.Conv2D(4, 1)(s), conv(4, k)(s)]))


P.family(
    "fire module, one relu after the concatenation",
    layer(partial(Fire, 2, 4), IMAGE),
    net(fire, IMAGE),
    {"kernel": net(lambda x: fire(x, 5), IMAGE)},
)


# FPN
class FPN(KerasModel):
    def __init__(self):
        super().__init__()
        self.c = [conv(4, 3, strides=2, activation="relu") for _ in range(2)]
        self.lat = [L.Conv2D(4, 1) for _ in range(2)]
        self.up = L.UpSampling2D()
        self.out = [conv(4, 3) for _ in range(2)]

    def call(self, x):
        feats = []
        for c in self.c:
            x = c(x)
            feats.append(x)
        p2 = self.lat[1](feats[1])
        p1 = self.lat[0](feats[0]) + self.up(p2)
        return [o(p) for o, p in zip(self.out, (p1, p2), strict=False)]


def fpn(x, interp="nearest", swap=False):
    a = conv(4, 3, strides=2, activation="relu")(x)
    b = conv(4, 3, strides=2, activation="relu")(a)
    q = L.Conv2D(4, 1)(b)
    p = L.Add()([L.UpSampling2D(2, interpolation=interp)(q), L.Conv2D(4, 1)(a)])
    o = [conv(4, 3)(p), conv(4, 3)(q)]
    return o[::-1] if swap else o


P.family(
    "feature pyramid",
    model(FPN, IMAGE),
    net(fpn, IMAGE),
    {
        "interpolation": net(lambda x: fpn(x, "bilinear"), IMAGE),
        "levels swapped": net(lambda x: fpn(x, swap=True), IMAGE),
    },
)


# ASPP
class ASPP(KerasLayer):
    def __init__(self, rates=(1, 2, 3)):
        super().__init__()
        self.convs = [conv(2, 3, dilation_rate=r, use_bias=False) for r in rates]
        self.img = L.Conv2D(2, 1)
        self.out = L.Conv2D(4, 1)

    def call(self, x):
        h, w = x.shape[1:3]
        p = self.img(tf.reduce_mean(x, [1, 2], keepdims=True))
        p = tf.image.resize(p, (h, w))
        return self.out(tf.concat([c(x) for c in self.convs] + [p], -1))


def aspp(x, rates=(1, 2, 3)):
    p = L.UpSampling2D((8, 8), interpolation="bilinear")(L.Conv2D(2, 1)(L.GlobalAveragePooling2D(keepdims=True)(x)))
    return L.Conv2D(4, 1)(L.Concatenate()([*[conv(2, 3, dilation_rate=r, use_bias=False)(x) for r in rates], p]))


P.family(
    "atrous pyramid",
    layer(ASPP, IMAGE),
    net(aspp, IMAGE),
    {
        "rates": net(lambda x: aspp(x, (1, 2, 4)), IMAGE),
        "rates in another order": net(lambda x: aspp(x, (1, 3, 2)), IMAGE),
    },
)
# maxout
P.same(
    "maxout",
    net(lambda x: ops.max(ops.reshape(L.Dense(8)(x), (-1, 4, 2)), axis=-1)),
    net(lambda x: L.Lambda(lambda t: tf.reduce_max(tf.reshape(t, [tf.shape(t)[0], 4, 2]), axis=2))(L.Dense(8)(x))),
)
P.differ(
    "maxout over the other axis",
    net(lambda x: ops.max(ops.reshape(L.Dense(8)(x), (-1, 4, 2)), axis=-1)),
    net(lambda x: ops.max(ops.reshape(L.Dense(8)(x), (-1, 2, 4)), axis=1)),
)


# Mixer
class Mixer(KerasLayer):
    def __init__(self):
        super().__init__()
        self.n1, self.n2 = L.LayerNormalization(), L.LayerNormalization()
        self.t = keras.Sequential([L.Dense(8, activation="gelu"), L.Dense(7)])
        self.c = keras.Sequential([L.Dense(8, activation="gelu"), L.Dense(5)])

    def call(self, x):
        x = x + tf.transpose(self.t(tf.transpose(self.n1(x), [0, 2, 1])), [0, 2, 1])
        return x + self.c(self.n2(x))


def mixer(x, skip=True, perm=True):
    h = L.LayerNormalization()(x)
    h = ops.swapaxes(h, 1, 2) if perm else h
    h = L.Dense(7 if perm else 5)(L.Dense(8, activation=keras.activations.gelu)(h))
    h = ops.swapaxes(h, -1, -2) if perm else h
    x = L.Add()([h, x]) if skip else h
    return L.Add()([x, L.Dense(5)(L.Dense(8, "gelu")(L.LayerNormalization()(x)))])


P.family(
    "mixer block",
    layer(Mixer, WORDS),
    net(mixer, WORDS),
    {
        "no first skip": net(lambda x: mixer(x, False), WORDS),
        "places not mixed": net(lambda x: mixer(x, perm=False), WORDS),
    },
)


# ViT
class Block(KerasLayer):
    def __init__(self, d):
        super().__init__()
        self.n1, self.n2 = (L.LayerNormalization(epsilon=1e-6) for _ in range(2))
        self.a = L.MultiHeadAttention(2, d // 2)
        self.m = [L.Dense(2 * d, activation="gelu"), L.Dense(d)]

    def call(self, x):
        h = self.n1(x)
        x = x + self.a(h, h)
        h = self.n2(x)
        for l in self.m:
            h = l(h)
        return x + h


class ViT(KerasModel):
    def __init__(self, d=4, token=True):
        super().__init__()
        self.d, self.token = d, token
        self.patch = L.Conv2D(d, 4, strides=4)
        self.blocks = [Block(d) for _ in range(2)]
        self.norm = L.LayerNormalization(epsilon=1e-6)
        self.head = L.Dense(3)

    def build(self, s):
        self.cls = self.add_weight(name="cls", shape=(1, 1, self.d))
        self.pos = self.add_weight(name="pos", shape=(1, 5, self.d))
        super().build(s)

    def call(self, x, training=None):
        b = tf.shape(x)[0]
        x = self.patch(x)
        x = tf.reshape(x, [b, -1, self.d])
        c = tf.broadcast_to(self.cls, [b, 1, self.d])
        x = tf.concat([c, x], axis=1) + self.pos
        for k in self.blocks:
            x = k(x)
        return self.head(self.norm(x)[:, 0])


class Tokens(KerasLayer):
    def __init__(self, last=False):
        super().__init__()
        self.last = last

    def build(self, s):
        self.c = self.add_weight(shape=(1, 1, s[-1]))
        self.p = self.add_weight(shape=(1, s[1] + 1, s[-1]))

    def call(self, x):
        c = ops.repeat(self.c, ops.shape(x)[0], axis=0)
        return ops.concatenate([x, c] if self.last else [c, x], axis=1) + self.p


def vit(x, last=False, take=0, norm=True, pre=True):
    x = Tokens(last)(L.Reshape((4, 4))(L.Conv2D(4, 4, 4)(x)))
    for _ in range(2):
        h = L.LayerNormalization(epsilon=1e-6)(x)
        x = L.Add()([x, L.MultiHeadAttention(num_heads=2, key_dim=2)(h, h, h)])
        h = L.LayerNormalization(epsilon=1e-6)(x)
        x = L.Add()([x, L.Dense(4)(L.Dense(8, activation="gelu")(h))])
    return L.Dense(3)(L.LayerNormalization(epsilon=1e-6)(x)[:, take, :])


P.family(
    "vision transformer",
    model(ViT, IMAGE),
    net(vit, IMAGE),
    {
        "token at the end": net(lambda x: vit(x, True), IMAGE),
        "another place taken": net(lambda x: vit(x, take=1), IMAGE),
    },
)


class Tile(Tokens):
    def call(self, x):
        return tf.concat([tf.tile(self.c, [tf.shape(x)[0], 1, 1]), x], 1) + self.p


P.same("class token tiled", layer(Tile, WORDS), layer(Tokens, WORDS))


# heads by hand
class MHSA(KerasLayer):
    def __init__(self, h=2, d=4, causal=False):
        super().__init__()
        self.h, self.d, self.causal = h, d, causal
        self.wq, self.wk, self.wv, self.wo = (L.Dense(d) for _ in range(4))

    def split(self, x):
        return tf.transpose(tf.reshape(x, (tf.shape(x)[0], -1, self.h, self.d // self.h)), perm=[0, 2, 1, 3])

    def call(self, x):
        q, k, v = (self.split(w(x)) for w in (self.wq, self.wk, self.wv))
        s = tf.matmul(q, k, transpose_b=True) / tf.math.sqrt(tf.cast(self.d // self.h, tf.float32))
        if self.causal:
            n = x.shape[1]
            s += (1.0 - tf.linalg.band_part(tf.ones((n, n)), -1, 0)) * -1e9
        o = tf.transpose(tf.matmul(tf.nn.softmax(s, -1), v), [0, 2, 1, 3])
        return self.wo(tf.reshape(o, (tf.shape(x)[0], -1, self.d)))


def mhsa(x, h=2, causal=False, scale=None, merge=True):
    n = x.shape[1]
    dh = 4 // h
    q, k, v = (L.Permute((2, 1, 3))(L.Reshape((n, h, dh))(L.Dense(4)(x))) for _ in range(3))
    s = ops.einsum("bhqd,bhkd->bhqk", q, k) * (scale or dh**-0.5)
    if causal:
        s = s + (np.triu(np.ones((n, n)), 1) * -1e9).astype("float32")
    o = ops.matmul(ops.softmax(s), v)
    o = L.Reshape((n, 4))(L.Permute((2, 1, 3))(o) if merge else o)
    return L.Dense(4)(o)


P.family(
    "heads by hand",
    layer(MHSA, WORDS),
    net(mhsa, WORDS),
    {
        "heads": net(lambda x: mhsa(x, 4), WORDS),
        "scale of the whole width": net(lambda x: mhsa(x, scale=0.5), WORDS),
        "heads not put back": net(lambda x: mhsa(x, merge=False), WORDS),
    },
)
P.family(
    "causal heads by hand",
    layer(partial(MHSA, causal=True), WORDS),
    net(lambda x: mhsa(x, causal=True), WORDS),
    {"no mask": net(mhsa, WORDS)},
)


# decoder cross attention
class Dec(KerasModel):
    def __init__(self):
        super().__init__()
        self.s, self.c = L.MultiHeadAttention(2, 5), L.MultiHeadAttention(2, 5)
        self.n = [L.LayerNormalization() for _ in range(2)]

    def call(self, x, enc):
        x = self.n[0](x + self.s(x, x, use_causal_mask=True))
        return self.n[1](x + self.c(query=x, key=enc, value=enc))


def dec(x, e, causal=True, cross=True):
    x = L.LayerNormalization()(L.Add()([x, L.MultiHeadAttention(2, 5)(x, x, use_causal_mask=causal)]))
    return L.LayerNormalization()(
        x + L.MultiHeadAttention(2, 5)(x, e) if cross else x + L.MultiHeadAttention(2, 5)(e, x)
    )


P.family(
    "decoder of two sequences",
    model(Dec, WORDS, (6, 5)),
    net(dec, WORDS, (6, 5)),
    {"it sees what follows": net(lambda x, e: dec(x, e, False), WORDS, (6, 5))},
)
P.differ("query and value swapped", net(dec, WORDS, WORDS), net(lambda x, e: dec(x, e, cross=False), WORDS, WORDS))


# Bahdanau
class Bahdanau(KerasLayer):
    def __init__(self, u=4):
        super().__init__()
        self.W1, self.W2, self.V = L.Dense(u), L.Dense(u), L.Dense(1)

    def call(self, query, values):
        s = self.V(tf.nn.tanh(self.W1(tf.expand_dims(query, 1)) + self.W2(values)))
        a = tf.nn.softmax(s, axis=1)
        return tf.reduce_sum(a * values, axis=1), a


def bahdanau(q, v, axis=1, act="tanh"):
    h = L.Activation(act)(L.Add()([L.Reshape((1, 4))(L.Dense(4)(q)), L.Dense(4)(v)]))
    a = L.Softmax(axis=axis)(L.Dense(1)(h))
    return [ops.sum(L.Multiply()([a, v]), axis=1), a]


P.family(
    "additive attention by hand",
    net(lambda q, v: list(Bahdanau()(q, v)), ROW, WORDS),
    net(bahdanau, ROW, WORDS),
    {
        "softmax over the one score": net(lambda q, v: bahdanau(q, v, -1), ROW, WORDS),
        "relu for tanh": net(lambda q, v: bahdanau(q, v, act="relu"), ROW, WORDS),
    },
)


# Bidirectional states
class BiEnc(KerasModel):
    def __init__(self):
        super().__init__()
        self.bi = L.Bidirectional(L.LSTM(3, return_state=True))
        self.d = L.LSTM(6)

    def call(self, inputs):
        a, b = inputs
        _, fh, fc, bh, bc = self.bi(a)
        return self.d(b, initial_state=[tf.concat([fh, bh], -1), tf.concat([fc, bc], -1)])


def bienc(a, b, order=0):
    _, fh, fc, bh, bc = L.Bidirectional(L.LSTM(3, return_state=True))(a)
    h, c = L.Concatenate()([fh, bh]), L.Concatenate()([fc, bc])
    return L.LSTM(6)(b, initial_state=[c, h] if order else [h, c])


P.family(
    "states of both directions",
    model(BiEnc, WORDS, WORDS, listed=True),
    net(bienc, WORDS, WORDS),
    {"swapped": net(lambda a, b: bienc(a, b, 1), WORDS, WORDS)},
)


class Cell(KerasLayer):
    def __init__(self, u, act="tanh"):
        super().__init__()
        self.units = self.state_size = u
        self.k, self.r = L.Dense(u), L.Dense(u, use_bias=False)
        self.act = act

    def call(self, x, states):
        h = keras.activations.get(self.act)(self.k(x) + self.r(states[0]))
        return h, [h]


P.same(
    "a cell of one's own",
    net(lambda x: L.RNN(Cell(3))(x), WORDS),
    lambda: keras.Sequential([keras.Input(WORDS), L.RNN(Cell(3), return_sequences=False)]),
)
P.differ(
    "another cell of one's own",
    net(lambda x: L.RNN(Cell(3))(x), WORDS),
    net(lambda x: L.RNN(Cell(3, "relu"))(x), WORDS),
)
P.same(
    "cells in a list",
    net(lambda x: L.RNN([L.LSTMCell(3), L.LSTMCell(4)])(x), WORDS),
    net(lambda x: L.LSTM(4)(L.LSTM(3, return_sequences=True)(x)), WORDS),
)
P.differ(
    "cells in a list, of another size",
    net(lambda x: L.RNN([L.LSTMCell(3), L.LSTMCell(4)])(x), WORDS),
    net(lambda x: L.RNN([L.LSTMCell(3), L.LSTMCell(5)])(x), WORDS),
)
P.same(
    "the backward layer given",
    net(lambda x: L.Bidirectional(L.LSTM(3), backward_layer=L.LSTM(3, go_backwards=True))(x), WORDS),
    net(lambda x: L.Bidirectional(L.LSTM(3))(x), WORDS),
)
P.differ(
    "another backward layer",
    net(lambda x: L.Bidirectional(L.LSTM(3), backward_layer=L.LSTM(4, go_backwards=True))(x), WORDS),
    net(lambda x: L.Bidirectional(L.LSTM(3))(x), WORDS),
)
P.same(
    "both directions by hand",
    net(lambda x: L.Concatenate()([L.GRU(3)(x), L.GRU(3, go_backwards=True)(x)]), WORDS),
    net(lambda x: L.Bidirectional(L.GRU(3))(x), WORDS),
)
P.differ(
    "both directions by hand, both forwards",
    net(lambda x: L.Concatenate()([L.GRU(3)(x), L.GRU(3)(x)]), WORDS),
    net(lambda x: L.Bidirectional(L.GRU(3))(x), WORDS),
)


# WaveNet
class Wave(KerasLayer):
    def __init__(self, d):
        super().__init__()
        self.f, self.g = (L.Conv1D(4, 2, padding="causal", dilation_rate=d) for _ in range(2))
        self.r, self.s = L.Conv1D(5, 1), L.Conv1D(3, 1)

    def call(self, x):
        h = tf.tanh(self.f(x)) * tf.sigmoid(self.g(x))
        return x + self.r(h), self.s(h)


class WaveNet(KerasModel):
    def __init__(self):
        super().__init__()
        self.w = [Wave(2**i) for i in range(2)]

    def call(self, x):
        skips = []
        for w in self.w:
            x, s = w(x)
            skips.append(s)
        return tf.nn.relu(tf.add_n(skips))


def wavenet(x, ds=(1, 2), gate="sigmoid", pad="causal"):
    total = 0
    for d in ds:
        y = L.ZeroPadding1D((d, 0))(x) if pad == "zero" else x
        c = lambda a: L.Conv1D(4, 2, padding="valid" if pad == "zero" else pad, dilation_rate=d, activation=a)(y)
        h = L.Multiply()([c("tanh"), c(gate)])
        x = L.Add()([L.Conv1D(5, 1)(h), x])
        total = L.Conv1D(3, 1)(h) + total
    return L.ReLU()(total)


P.family(
    "WaveNet",
    model(WaveNet, WORDS),
    net(wavenet, WORDS),
    {
        "dilations": net(lambda x: wavenet(x, (1, 3)), WORDS),
        "gate": net(lambda x: wavenet(x, gate="tanh"), WORDS),
        "it sees what follows": net(lambda x: wavenet(x, pad="same"), WORDS),
    },
)
P.same("causal by a border of zeros", model(WaveNet, WORDS), net(lambda x: wavenet(x, pad="zero"), WORDS))


# TextCNN
class TextCNN(KerasModel):
    def __init__(self):
        super().__init__()
        self.e = L.Embedding(20, 4)
        self.c = [L.Conv1D(3, k, activation="relu") for k in (2, 3, 4)]
        self.drop = L.Dropout(0.5)
        self.o = L.Dense(2, activation="softmax")

    def call(self, x, training=False):
        x = self.e(x)
        return self.o(self.drop(tf.concat([tf.reduce_max(c(x), axis=1) for c in self.c], axis=1), training=training))


def textcnn(x, ks=(2, 3, 4), pool=L.GlobalMaxPooling1D):
    e = L.Embedding(20, 4)(x)
    return L.Dense(2, activation="softmax")(
        L.Dropout(0.5)(L.Concatenate()([pool()(L.Conv1D(3, k, activation="relu")(e)) for k in ks]))
    )


P.family(
    "convolutions over words",
    model(TextCNN, (7,), dtype="int32"),
    words(textcnn, (7,)),
    {
        "kernels in another order": words(lambda x: textcnn(x, (3, 2, 4)), (7,)),
        "means": words(lambda x: textcnn(x, pool=L.GlobalAveragePooling1D), (7,)),
    },
)


class Lookup(KerasLayer):
    def build(self, s):
        self.t = self.add_weight(shape=(20, 4))

    def call(self, x):
        return tf.reduce_mean(tf.nn.embedding_lookup(self.t, x), axis=1)


P.family(
    "mean of words looked up",
    layer(Lookup, (7,), dtype="int32"),
    words(lambda x: L.GlobalAveragePooling1D()(L.Embedding(20, 4)(x)), (7,)),
    {"sum": words(lambda x: ops.sum(L.Embedding(20, 4)(x), axis=1), (7,))},
)


# recommender
class Rec(KerasModel):
    def __init__(self):
        super().__init__()
        self.u, self.i, self.ub, self.ib = L.Embedding(9, 4), L.Embedding(8, 4), L.Embedding(9, 1), L.Embedding(8, 1)

    def call(self, inputs):
        u, i = inputs[:, 0], inputs[:, 1]
        return tf.nn.sigmoid(tf.reduce_sum(self.u(u) * self.i(i), axis=1, keepdims=True) + self.ub(u) + self.ib(i))


def rec(x, bias=True, swap=False):
    u, i = x[:, 0], x[:, 1]
    d = L.Dot(axes=1)([L.Embedding(9, 4)(u), L.Embedding(8, 4)(i)])
    return L.Activation("sigmoid")(L.Add()([d, L.Embedding(9, 1)(u), L.Embedding(8, 1)(i)]) if bias else d)


P.family(
    "factors and biases",
    model(Rec, (2,), dtype="int32"),
    words(rec, (2,)),
    {"no biases": words(lambda x: rec(x, False), (2,))},
)


class Cross(KerasLayer):
    def __init__(self, n=2):
        super().__init__()
        self.d = [L.Dense(6) for _ in range(n)]

    def call(self, x0):
        x = x0
        for d in self.d:
            x = x0 * d(x) + x
        return x


def cross(x0, wrong=False):
    x = x0
    for _ in range(2):
        x = L.Add()([x, L.Multiply()([x if wrong else x0, L.Dense(6)(x)])])
    return x


P.family("cross network", layer(Cross), net(cross), {"not of the first": net(lambda x: cross(x, True))})


class FM(KerasLayer):
    def build(self, s):
        self.v = self.add_weight(shape=(s[-1], 4))

    def call(self, x):
        return 0.5 * tf.reduce_sum(
            tf.square(tf.matmul(x, self.v)) - tf.matmul(x * x, self.v * self.v), axis=1, keepdims=True
        )


class FM2(KerasLayer):
    def build(self, s):
        self.k = self.add_weight(shape=(s[-1], 4))

    def call(self, x):
        a = ops.power(ops.matmul(x, self.k), 2)
        b = ops.matmul(ops.square(x), ops.square(self.k))
        return ops.sum(a - b, axis=-1, keepdims=True) / 2


class FM3(FM2):
    def call(self, x):
        return ops.sum(ops.square(x @ self.k), axis=-1, keepdims=True) / 2


P.family("factorization machine", layer(FM), layer(FM2), {"squares not taken off": layer(FM3)})


# VAE kl orders
def vae(kl, noise=True):
    class Samp(KerasLayer):
        def call(self, z):
            mu, lv = z
            self.add_loss(kl(mu, lv))
            return mu + ops.exp(lv / 2) * keras.random.normal(ops.shape(mu)) if noise else mu

    return net(lambda x: L.Dense(6)(Samp()([L.Dense(2)(x), L.Dense(2)(x)])))


kl1 = lambda mu, lv: -0.5 * tf.reduce_mean(tf.reduce_sum(1 + lv - tf.square(mu) - tf.exp(lv), axis=1))
kl2 = lambda mu, lv: 0.5 * ops.mean(ops.sum(ops.square(mu) + ops.exp(lv) - lv - 1, axis=-1))
P.family(
    "divergence, terms in another order",
    vae(kl1),
    vae(kl2),
    {
        "no mean's square": vae(lambda mu, lv: -0.5 * tf.reduce_mean(tf.reduce_sum(1 + lv - tf.exp(lv), axis=1))),
        "no noise": vae(kl2, False),
        "sign": vae(lambda mu, lv: -kl2(mu, lv)),
    },
)


# conditional GAN
class CGen(KerasModel):
    def __init__(self):
        super().__init__()
        self.e = L.Embedding(10, 4)
        self.d = L.Dense(32)
        self.c = L.Conv2DTranspose(1, 4, strides=2, padding="same", activation="tanh")

    def call(self, z, label):
        return self.c(tf.reshape(tf.nn.leaky_relu(self.d(tf.concat([z, self.e(label[:, 0])], -1)), 0.2), (-1, 4, 4, 2)))


def cgen(mul=False):
    def make():
        z, y = keras.Input((4,)), keras.Input((1,))
        e = L.Flatten()(L.Embedding(10, 4)(y))
        h = L.Multiply()([z, e]) if mul else L.Concatenate()([z, e])
        return KerasModel(
            [z, y],
            L.Conv2DTranspose(1, 4, 2, padding="same", activation="tanh")(
                L.Reshape((4, 4, 2))(L.LeakyReLU(negative_slope=0.2)(L.Dense(32)(h)))
            ),
        )

    return make


P.family("generator of a class", model(CGen, (4,), (1,)), cgen(), {"multiplied": cgen(True)})
P.same(
    "labels one by one",
    words(lambda y: L.Dense(2)(ops.one_hot(y, 5)), (3,)),
    layer(lambda: OneHot(), (3,), dtype="int32"),
)


class OneHot(KerasLayer):
    def __init__(self):
        super().__init__()
        self.d = L.Dense(2)

    def call(self, y):
        return self.d(tf.one_hot(tf.cast(y, tf.int32), depth=5))


P.differ("labels, one class more", words(lambda y: ops.one_hot(y, 5), (3,)), words(lambda y: ops.one_hot(y, 6), (3,)))
P.family(
    "spectral norm",
    net(lambda x: L.SpectralNormalization(conv(4, 3))(x), IMAGE),
    lambda: keras.Sequential([keras.Input(IMAGE), L.SpectralNormalization(conv(4, 3, name="a"), power_iterations=1)]),
    {
        "none": net(lambda x: conv(4, 3)(x), IMAGE),
        "iterations": net(lambda x: L.SpectralNormalization(conv(4, 3), power_iterations=2)(x), IMAGE),
    },
)
P.family(
    "instance normalization",
    net(lambda x: L.GroupNormalization(groups=-1)(x), IMAGE),
    net(lambda x: L.GroupNormalization(3)(x), IMAGE),
    {"groups": net(lambda x: L.GroupNormalization(1)(x), IMAGE)},
)
# pixel shuffle
P.family(
    "depth to space",
    net(lambda x: L.Lambda(lambda t: tf.nn.depth_to_space(t, 2))(conv(12, 3)(x)), IMAGE),
    net(
        lambda x: L.Reshape((16, 16, 3))(L.Permute((1, 3, 2, 4, 5))(L.Reshape((8, 8, 2, 2, 3))(conv(12, 3)(x)))), IMAGE
    ),
    {
        "axes": net(
            lambda x: L.Reshape((16, 16, 3))(L.Permute((1, 2, 3, 4, 5))(L.Reshape((8, 2, 8, 2, 3))(conv(12, 3)(x)))),
            IMAGE,
        )
    },
)


# FiLM
class FiLM(KerasLayer):
    def __init__(self):
        super().__init__()
        self.g, self.b = L.Dense(3), L.Dense(3)

    def call(self, x, c):
        return x * (1 + self.g(c)[:, None, None, :]) + self.b(c)[:, tf.newaxis, tf.newaxis]


def film(x, c, one=True):
    g = L.Reshape((1, 1, 3))(L.Dense(3)(c))
    b = L.Reshape((1, 1, 3))(L.Dense(3)(c))
    return L.Add()([L.Multiply()([x, g + 1.0 if one else g]), b])


P.family(
    "feature-wise modulation",
    net(lambda x, c: FiLM()(x, c), IMAGE, ROW),
    net(film, IMAGE, ROW),
    {"no one": net(lambda x, c: film(x, c, False), IMAGE, ROW)},
)


# video
class Video(KerasModel):
    def __init__(self):
        super().__init__()
        self.cnn = keras.Sequential([conv(4, 3, activation="relu"), L.GlobalAveragePooling2D()])
        self.td = L.TimeDistributed(self.cnn)
        self.r = L.LSTM(3)
        self.o = L.Dense(2)

    def call(self, x):
        return self.o(self.r(self.td(x)))


def video(x, act="relu"):
    return L.Dense(2)(
        L.LSTM(3)(L.TimeDistributed(L.GlobalAveragePooling2D())(L.TimeDistributed(conv(4, 3, activation=act))(x)))
    )


P.family("frames", model(Video, FRAMES), net(video, FRAMES), {"activation": net(lambda x: video(x, "tanh"), FRAMES)})


class CL(KerasModel):
    def __init__(self):
        super().__init__()
        self.c = L.ConvLSTM2D(2, 3, padding="same", return_sequences=True)
        self.d = L.Conv3D(1, 3, padding="same", activation="sigmoid")

    def call(self, x):
        return self.d(self.c(x))


P.family(
    "convolutional LSTM",
    model(CL, FRAMES),
    net(
        lambda x: L.Conv3D(1, (3, 3, 3), padding="same", activation="sigmoid")(
            L.ConvLSTM2D(filters=2, kernel_size=(3, 3), padding="same", return_sequences=True)(x)
        ),
        FRAMES,
    ),
    {
        "kernel": net(
            lambda x: L.Conv3D(1, 3, padding="same", activation="sigmoid")(
                L.ConvLSTM2D(2, 5, padding="same", return_sequences=True)(x)
            ),
            FRAMES,
        )
    },
)


# squash, prototypes, cosine
def squash(s):
    n = tf.reduce_sum(tf.square(s), -1, keepdims=True)
    return n / (1 + n) * s / tf.sqrt(n + 1e-7)


def squash2(s):
    n = ops.sum(s**2, axis=-1, keepdims=True)
    return (n / (1.0 + n)) * (s / ops.sqrt(n + 1e-7))


P.same(
    "squash",
    net(lambda x: L.Lambda(squash)(L.Reshape((2, 2))(L.Dense(4)(x)))),
    net(lambda x: squash2(L.Reshape((2, 2))(L.Dense(4)(x)))),
)
P.differ(
    "squash without the norm",
    net(lambda x: squash2(L.Reshape((2, 2))(L.Dense(4)(x)))),
    net(
        lambda x: (lambda s: (lambda n: n / (1.0 + n) * s)(ops.sum(s**2, axis=-1, keepdims=True)))(
            L.Reshape((2, 2))(L.Dense(4)(x))
        )
    ),
)


class Proto(KerasLayer):
    def build(self, s):
        self.p = self.add_weight(shape=(3, s[-1]))

    def call(self, x):
        return -tf.reduce_sum((x[:, None] - self.p[None]) ** 2, axis=-1)


class Proto2(KerasLayer):
    def build(self, s):
        self.q = self.add_weight(shape=(3, s[-1]))

    def call(self, x):
        return ops.negative(ops.sum(ops.square(ops.expand_dims(x, 1) - self.q), axis=-1))


class Proto3(Proto2):
    def call(self, x):
        return ops.negative(ops.sum(ops.abs(ops.expand_dims(x, 1) - self.q), axis=-1))


P.family("distances to prototypes", layer(Proto), layer(Proto2), {"absolute": layer(Proto3)})


class Cos(KerasLayer):
    def build(self, s):
        self.w = self.add_weight(shape=(s[-1], 3))

    def call(self, x):
        return 16.0 * tf.matmul(tf.nn.l2_normalize(x, axis=1), tf.nn.l2_normalize(self.w, axis=0))


class Cos2(KerasLayer):
    def build(self, s):
        self.k = self.add_weight(shape=(s[-1], 3))

    def call(self, x):
        return ops.matmul(ops.normalize(x, axis=-1), ops.normalize(self.k, axis=0)) * 16


class Cos3(Cos2):
    def call(self, x):
        return ops.matmul(x, ops.normalize(self.k, axis=0)) * 16


P.family("cosine logits", layer(Cos), layer(Cos2), {"rows not normal": layer(Cos3)})


# reduce, factory, wrapper, dynamic
class Red(KerasModel):
    def __init__(self):
        super().__init__()
        self.stack = [L.Dense(4, activation="relu"), L.Dense(4, activation="relu"), L.Dense(2)]

    def call(self, x):
        return functools.reduce(lambda h, l: l(h), self.stack, x)


P.family(
    "layers reduced over",
    model(Red),
    net(lambda x: L.Dense(2)(L.Dense(4, "relu")(L.Dense(4, "relu")(x)))),
    {"one fewer": net(lambda x: L.Dense(2)(L.Dense(4, "relu")(x)))},
)


class Residual(L.Wrapper):
    def call(self, x):
        return x + self.layer(x)


P.family(
    "a wrapper that adds",
    net(lambda x: Residual(L.Dense(6, activation="relu"))(x)),
    net(lambda x: L.Add()([x, L.Dense(6, "relu")(x)])),
    {"does not": net(L.Dense(6, activation="relu"))},
)
Dyn = type(
    "Dyn",
    (KerasLayer,),
    {
        "__init__": lambda self: (KerasLayer.__init__(self), setattr(self, "d", L.Dense(3)))[0],  # type: ignore[func-returns-value]
        "call": lambda self, x: tf.nn.softsign(self.d(x)),
    },
)
P.family(
    "a class made by type",
    layer(Dyn),
    net(L.Dense(3, activation="softsign")),
    {"activation": net(L.Dense(3, activation="softplus"))},
)


class DropDense(L.Dense):
    def __init__(self, u, rate):
        super().__init__(u, activation="relu")
        self.drop = L.Dropout(rate)

    def call(self, x, training=None):
        return self.drop(super().call(x), training=training)


P.family(
    "a Dense that drops",
    layer(partial(DropDense, 4, 0.3)),
    net(lambda x: L.Dropout(0.3)(L.Dense(4, "relu")(x))),
    {"before": net(lambda x: L.Dense(4, "relu")(L.Dropout(0.3)(x)))},
)


class Aug(KerasModel):
    def __init__(self, on=True):
        super().__init__()
        self.aug = keras.Sequential([L.RandomFlip("horizontal"), L.RandomRotation(0.1)])
        self.body = keras.Sequential([L.Rescaling(1 / 255), conv(4, 3, activation="relu"), L.Flatten(), L.Dense(2)])

    def call(self, x, training=None):
        return self.body(self.aug(x, training=training))


def aug(x, mode="horizontal", r=0.1):
    return L.Dense(2)(L.Flatten()(conv(4, 3, activation="relu")(L.RandomRotation(r)(L.RandomFlip(mode)(x)) / 255.0)))


P.family(
    "augmented",
    model(Aug, IMAGE),
    net(aug, IMAGE),
    {"flips": net(lambda x: aug(x, "vertical"), IMAGE), "rotation": net(lambda x: aug(x, r=0.2), IMAGE)},
)
# GLU / SwiGLU / RoPE
P.family(
    "gated unit of halves",
    net(lambda x: (lambda a, b: a * tf_sig(b))(*ops.split(L.Dense(8)(x), 2, axis=-1))),
    net(lambda x: L.Lambda(lambda t: t[..., :4] * tf.sigmoid(t[..., 4:]))(L.Dense(8)(x))),
    {"halves swapped": net(lambda x: L.Lambda(lambda t: t[..., 4:] * tf.sigmoid(t[..., :4]))(L.Dense(8)(x)))},
)


def tf_sig(x):
    return L.Activation("sigmoid")(x)


class Swi(KerasLayer):
    def __init__(self):
        super().__init__()
        self.w1, self.w2, self.w3 = L.Dense(8, use_bias=False), L.Dense(5, use_bias=False), L.Dense(8, use_bias=False)

    def call(self, x):
        return self.w2(tf.nn.silu(self.w1(x)) * self.w3(x))


P.family(
    "SwiGLU",
    layer(Swi, WORDS),
    net(
        lambda x: L.Dense(5, use_bias=False)(
            L.Multiply()([L.Dense(8, use_bias=False)(x), L.Dense(8, use_bias=False, activation="swish")(x)])
        ),
        WORDS,
    ),
    {
        "gelu": net(
            lambda x: L.Dense(5, use_bias=False)(
                L.Multiply()([L.Dense(8, use_bias=False)(x), L.Dense(8, use_bias=False, activation="gelu")(x)])
            ),
            WORDS,
        )
    },
)


class RMS(KerasLayer):
    def __init__(self, e=1e-6):
        super().__init__()
        self.e = e

    def build(self, s):
        self.s = self.add_weight(shape=(s[-1],), initializer="ones")

    def call(self, x):
        return self.s * (x * tf.math.rsqrt(tf.reduce_mean(tf.square(x), -1, keepdims=True) + self.e))


P.family(
    "root mean square normalization",
    layer(RMS, WORDS),
    net(L.RMSNormalization(epsilon=1e-6), WORDS),
    {
        "epsilon": net(L.RMSNormalization(epsilon=1e-3), WORDS),
        "centred": net(L.LayerNormalization(center=False, epsilon=1e-6), WORDS),
    },
)
cosv, sinv = (
    np.cos(np.arange(7)[:, None] * np.ones(4) * 0.3).astype("float32"),
    np.sin(np.arange(7)[:, None] * np.ones(4) * 0.3).astype("float32"),
)


class Rope(KerasLayer):
    def call(self, x):
        a, b = tf.split(x, 2, axis=-1)
        return x * cosv + tf.concat([-b, a], -1) * sinv


class Rope2(KerasLayer):
    def __init__(self, s=-1):
        super().__init__()
        self.s = s

    def call(self, t):
        h = t.shape[-1] // 2
        r = ops.concatenate([self.s * t[..., h:], t[..., :h]], axis=-1)
        return ops.multiply(t, cosv) + ops.multiply(r, sinv)


P.family("rotated places", layer(Rope, (7, 4)), layer(Rope2, (7, 4)), {"sign": layer(partial(Rope2, 1), (7, 4))})
# straight-through, counters, losses
P.family(
    "straight through",
    net(lambda x: (lambda h: h + ops.stop_gradient(ops.sign(h) - h))(L.Dense(3)(x))),
    net(lambda x: L.Lambda(lambda h: h + tf.stop_gradient(tf.sign(h) - h))(L.Dense(3)(x))),
    {"no gradient": net(lambda x: ops.sign(L.Dense(3)(x)))},
)


class Step(KerasLayer):
    def __init__(self):
        super().__init__()
        self.d = L.Dense(3)

    def build(self, s):
        self.n = self.add_weight(shape=(), initializer="zeros", trainable=False, dtype="int32")
        self.d.build(s)

    def call(self, x):
        self.n.assign_add(1)
        return self.d(x)


P.same("a weight that counts", layer(Step), layer(Step))


def with_loss(loss):
    class Rec(KerasLayer):
        def __init__(self):
            super().__init__()
            self.e, self.d = L.Dense(2), L.Dense(6)

        def call(self, x):
            y = self.d(self.e(x))
            self.add_loss(loss(x, y))
            return y

    return layer(Rec)


P.family(
    "a loss of reconstruction",
    with_loss(lambda x, y: tf.reduce_mean(tf.square(x - y))),
    with_loss(lambda x, y: ops.mean((x - y) ** 2)),
    {
        "absolute": with_loss(lambda x, y: ops.mean(ops.abs(x - y))),
        "weight": with_loss(lambda x, y: 0.1 * ops.mean((x - y) ** 2)),
    },
)
P.family(
    "a Lambda with arguments",
    net(lambda x: L.Lambda(lambda t, k: t * k, arguments={"k": 2.0})(x)),
    net(lambda x: x * 2),
    {"another": net(lambda x: L.Lambda(lambda t, k: t * k, arguments={"k": 3.0})(x))},
)


class Star(KerasModel):
    def __init__(self):
        super().__init__()
        self.a, self.b = L.Dense(3), L.Dense(3)

    def call(self, *xs, **kw):
        return self.a(xs[0]) - self.b(xs[1])


P.family(
    "arguments starred",
    model(Star, ROW, ROW),
    net(lambda a, b: L.Subtract()([L.Dense(3)(a), L.Dense(3)(b)]), ROW, ROW),
    {"swapped": net(lambda a, b: L.Subtract()([L.Dense(3)(b), L.Dense(3)(a)]), ROW, ROW)},
)


# option A shortcut
def opta(x, tfl):
    h = conv(6, 3, strides=2)(x)
    if tfl:
        s = L.Lambda(lambda t: tf.pad(t[:, ::2, ::2, :], [[0, 0], [0, 0], [0, 0], [1, 2]]))(x)
    else:
        s = ops.pad(x[:, ::2, ::2], ((0, 0), (0, 0), (0, 0), (1, 2)))
    return L.ReLU()(L.Add()([h, s]))


P.family(
    "shortcut padded with channels",
    net(lambda x: opta(x, 1), IMAGE),
    net(lambda x: opta(x, 0), IMAGE),
    {
        "pads": net(
            lambda x: L.ReLU()(
                L.Add()([conv(6, 3, strides=2)(x), ops.pad(x[:, ::2, ::2], ((0, 0), (0, 0), (0, 0), (2, 1)))])
            ),
            IMAGE,
        )
    },
)
P.family(
    "two poolings together",
    net(lambda x: L.Concatenate()([L.GlobalAveragePooling2D()(x), L.GlobalMaxPooling2D()(x)]), IMAGE),
    net(lambda x: ops.concatenate([ops.mean(x, (1, 2)), ops.max(x, (1, 2))], axis=1), IMAGE),
    {"swapped": net(lambda x: L.Concatenate()([L.GlobalMaxPooling2D()(x), L.GlobalAveragePooling2D()(x)]), IMAGE)},
)
P.family(
    "a column squeezed",
    net(lambda x: ops.squeeze(L.Dense(1)(x), -1)),
    net(lambda x: L.Dense(1)(x)[:, 0]),
    {"not": net(lambda x: L.Dense(1)(x))},
)
P.family(
    "several classifiers in one",
    net(lambda x: L.Softmax()(L.Reshape((4, 5))(L.Dense(20)(x)))),
    net(lambda x: tf_softmax(ops.reshape(L.Dense(20)(x), (-1, 4, 5)))),
    {
        "axis": net(lambda x: L.Softmax(axis=1)(L.Reshape((4, 5))(L.Dense(20)(x)))),
        "before the reshape": net(lambda x: L.Reshape((4, 5))(L.Dense(20, activation="softmax")(x))),
    },
)


def tf_softmax(x):
    return L.Lambda(lambda t: tf.nn.softmax(t, axis=-1))(x)


P.family(
    "learned temperature",
    layer(lambda: Temp(0), WORDS),
    layer(lambda: Temp(1), WORDS),
    {"multiplied": layer(lambda: Temp(2), WORDS)},
)


class Temp(KerasLayer):
    def __init__(self, k):
        super().__init__()
        self.k = k
        self.d = L.Dense(3)

    def build(self, s):
        self.t = self.add_weight(shape=(), initializer="ones")
        self.d.build(s)

    def call(self, x):
        y = self.d(x)
        return y / self.t if self.k == 0 else tf.divide(y, self.t) if self.k == 1 else y * self.t
