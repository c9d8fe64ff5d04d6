"""Residual, dense and recurrent blocks, transformers, autoencoders: as a second course writes them."""

# The code here is students' own, as they write it: no types, no docstrings.
# ruff: noqa: E731

from __future__ import annotations

import dataclasses
import math
from functools import partial
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import layers as L  # noqa: N812
from keras import ops

from pairs import FRAMES, IMAGE, ROW, WORDS, KerasLayer, KerasModel, Pairs, conv, layer, model, net, words

P = Pairs()


# 1 residual with projection
class Res(KerasLayer):
    def __init__(self, filters, stride=1, **kw):
        super().__init__(**kw)
        self.c1 = conv(filters, 3, strides=stride, use_bias=False)
        self.b1 = L.BatchNormalization()
        self.c2 = conv(filters, 3, use_bias=False)
        self.b2 = L.BatchNormalization()
        self.proj = None
        if stride > 1:
            self.proj = keras.Sequential([L.Conv2D(filters, 1, strides=stride, use_bias=False), L.BatchNormalization()])

    def call(self, x, training=None):
        y = tf.nn.relu(self.b1(self.c1(x), training=training))
        y = self.b2(self.c2(y), training=training)
        shortcut = x if self.proj is None else self.proj(x, training=training)
        return tf.nn.relu(y + shortcut)


def res_fn(x, n, s, order="normal", projbn=True, stride_second=False):
    y = L.Conv2D(n, 3, strides=1 if stride_second else s, padding="same", use_bias=False)(x)
    y = L.ReLU()(L.BatchNormalization()(y))
    y = L.BatchNormalization()(L.Conv2D(n, 3, strides=s if stride_second else 1, padding="same", use_bias=False)(y))
    if s > 1:
        x = L.Conv2D(n, 1, strides=s, use_bias=False)(x)
        if projbn:
            x = L.BatchNormalization()(x)
    return L.Activation("relu")(L.Add()([x, y])) if order == "normal" else L.Add()([x, L.ReLU()(y)])


class ResNet(KerasModel):
    def __init__(self):
        super().__init__()
        self.blocks = [Res(3), Res(6, 2)]
        self.pool = L.GlobalAveragePooling2D()
        self.fc = L.Dense(10, activation="softmax")

    def call(self, x, training=False):
        for b in self.blocks:
            x = b(x, training=training)
        return self.fc(self.pool(x))


def resnet(**k):
    return net(lambda x: L.Dense(10, "softmax")(L.GlobalAveragePooling2D()(res_fn(res_fn(x, 3, 1), 6, 2, **k))), IMAGE)


P.same("residual network of blocks in a list", model(ResNet, IMAGE), resnet())
P.differ("projection without its norm", model(ResNet, IMAGE), resnet(projbn=False))
P.differ("stride in the second convolution", model(ResNet, IMAGE), resnet(stride_second=True))
P.differ("sum after the last relu", model(ResNet, IMAGE), resnet(order="late"))


# 2 bottleneck zip
class Bottle(KerasLayer):
    def __init__(self):
        super().__init__()
        self.convs = [L.Conv2D(4, 1), conv(4, 3), L.Conv2D(3, 1)]
        self.bns = [L.BatchNormalization() for _ in range(3)]

    def call(self, inputs, training=None):
        x = inputs
        for i, (c, b) in enumerate(zip(self.convs, self.bns, strict=False)):
            x = b(c(x), training=training)
            if i < 2:
                x = ops.relu(x)
        return ops.relu(ops.add(inputs, x))


def bottle(x, last=False):
    y = x
    for n, k in ((4, 1), (4, 3), (3, 1)):
        y = L.BatchNormalization()(L.Conv2D(n, k, padding="same")(y))
        if (n, k) != (3, 1) or last:
            y = L.Activation("relu")(y)
    return L.ReLU()(L.add([x, y]))


P.same("bottleneck of zipped lists", layer(Bottle, IMAGE), net(bottle, IMAGE))
P.differ("bottleneck with a relu before the sum", layer(Bottle, IMAGE), net(lambda x: bottle(x, True), IMAGE))


# 3 preact
class PreAct(KerasLayer):
    def __init__(self):
        super().__init__()
        self.bn1, self.bn2 = L.BatchNormalization(), L.BatchNormalization()
        self.act = L.Activation("relu")
        self.conv1, self.conv2 = conv(3, 3), conv(3, 3)

    def call(self, x, training=None, mask=None):
        h = self.conv1(self.act(self.bn1(x, training=training)))
        h = self.conv2(self.act(self.bn2(h, training=training)))
        return x + h


def preact(x):
    h = conv(3, 3)(tf_relu(L.BatchNormalization()(x)))
    h = conv(3, 3)(tf_relu(L.BatchNormalization()(h)))
    return L.Add()([h, x])


def tf_relu(x):
    return L.Lambda(tf.nn.relu)(x)


P.same("pre-activation block", layer(PreAct, IMAGE), net(preact, IMAGE))
P.differ(
    "pre-activation block against post",
    layer(PreAct, IMAGE),
    net(
        lambda x: L.Add()(
            [x, L.BatchNormalization()(conv(3, 3)(L.ReLU()(L.BatchNormalization()(conv(3, 3)(L.ReLU()(x))))))]
        ),
        IMAGE,
    ),
)


# 4 dense block
class DenseBlock(KerasLayer):
    def __init__(self, n=3, growth=4):
        super().__init__()
        self.convs = [conv(growth, 3, activation="relu") for _ in range(n)]

    def call(self, x):
        features = [x]
        for c in self.convs:
            features.append(c(tf.concat(features, axis=-1)))
        return tf.concat(features, axis=-1)


def dense_block(x, first=True, axis=-1):
    for _ in range(3):
        y = conv(4, 3, activation="relu")(x)
        x = L.Concatenate(axis=axis)([x, y] if first else [y, x])
    return x


P.same("dense block of a growing list", layer(DenseBlock, IMAGE), net(dense_block, IMAGE))
P.differ(
    "dense block concatenated the other way", layer(DenseBlock, IMAGE), net(lambda x: dense_block(x, False), IMAGE)
)


# 5 transition
class Trans(KerasLayer):
    def __init__(self):
        super().__init__()
        self.bn = L.BatchNormalization()
        self.c = L.Conv2D(4, 1, use_bias=False)
        self.p = L.AveragePooling2D(2, strides=2)

    def call(self, x, **kwargs):
        return self.p(self.c(keras.activations.relu(self.bn(x))))


def trans(x, pool=L.AvgPool2D):
    return pool(2)(L.Conv2D(4, (1, 1), use_bias=False)(L.ReLU()(L.BatchNormalization()(x))))


P.same("transition of a dense network", layer(Trans, IMAGE), net(trans, IMAGE))
P.differ("transition by maximum", layer(Trans, IMAGE), net(lambda x: trans(x, L.MaxPool2D), IMAGE))


# 6 inception in dict
class Incep(KerasLayer):
    def __init__(self):
        super().__init__()
        self.branches = {
            "a": [L.Conv2D(2, 1, activation="relu")],
            "b": [L.Conv2D(2, 1, activation="relu"), conv(3, 3, activation="relu")],
            "c": [L.MaxPooling2D(3, strides=1, padding="same"), L.Conv2D(4, 1, activation="relu")],
        }

    def call(self, x):
        outs = []
        for steps in self.branches.values():
            y = x
            for s in steps:
                y = s(y)
            outs.append(y)
        return L.concatenate(outs)


def incep(x, swap=False, pool=1):
    a = L.Conv2D(2, 1, activation="relu")(x)
    b = conv(3, 3, activation="relu")(L.Conv2D(2, 1, activation="relu")(x))
    c = L.Conv2D(4, 1, activation="relu")(L.MaxPooling2D(3, strides=1, padding="same")(x))
    return L.Concatenate()([b, a, c] if swap else [a, b, c])


P.same("inception of branches in a dict", layer(Incep, IMAGE), net(incep, IMAGE))
P.differ("inception, two branches swapped", layer(Incep, IMAGE), net(lambda x: incep(x, True), IMAGE))


# 7 SE
class SE(KerasLayer):
    def __init__(self, r=1):
        super().__init__()
        self.r = r

    def build(self, shape):
        c = shape[-1]
        self.gap = L.GlobalAveragePooling2D(keepdims=True)
        self.d1, self.d2 = L.Dense(c // self.r, activation="relu"), L.Dense(c, activation="sigmoid")

    def call(self, x):
        return x * self.d2(self.d1(self.gap(x)))


def se(x, gate="sigmoid", merge=L.Multiply, units=3, pool=L.GlobalAveragePooling2D):
    g = L.Dense(3, activation=gate)(L.Dense(units, activation="relu")(pool()(x)))
    return merge()([x, L.Reshape((1, 1, 3))(g)])


P.same("squeeze-excitation that keeps its axes", layer(SE, IMAGE), net(se, IMAGE))
P.differ("excitation by relu", layer(SE, IMAGE), net(lambda x: se(x, "relu"), IMAGE))
P.differ("excitation added", layer(SE, IMAGE), net(lambda x: se(x, merge=L.Add), IMAGE))
P.differ("excitation of a maximum", layer(SE, IMAGE), net(lambda x: se(x, pool=L.GlobalMaxPooling2D), IMAGE))


# 8 mobilenet
class DWS(KerasLayer):
    def __init__(self, n, s):
        super().__init__()
        self.steps = [
            L.DepthwiseConv2D(3, strides=s, padding="same", use_bias=False),
            L.BatchNormalization(),
            L.ReLU(6.0),
            L.Conv2D(n, 1, use_bias=False),
            L.BatchNormalization(),
            L.ReLU(max_value=6.0),
        ]

    def call(self, x, training=None):
        for s in self.steps:
            x = s(x, training=training) if isinstance(s, L.BatchNormalization) else s(x)
        return x


def dws(x, n=4, s=2, cap="relu6"):
    x = L.Activation(cap)(
        L.BatchNormalization()(L.DepthwiseConv2D((3, 3), strides=s, padding="same", use_bias=False)(x))
    )
    return L.Lambda(tf.nn.relu6)(L.BatchNormalization()(L.Conv2D(n, 1, use_bias=False)(x)))


P.same("depthwise separable block", layer(partial(DWS, 4, 2), IMAGE), net(dws, IMAGE))
P.differ(
    "depthwise block with an open relu", layer(partial(DWS, 4, 2), IMAGE), net(lambda x: dws(x, cap="relu"), IMAGE)
)


# 9 attention by hand
class Att(KerasLayer):
    def __init__(self, d=4):
        super().__init__()
        self.d = d
        self.q, self.k, self.v = (L.Dense(d, use_bias=False) for _ in range(3))

    def call(self, x):
        q, k, v = self.q(x), self.k(x), self.v(x)
        s = tf.matmul(q, k, transpose_b=True) / tf.math.sqrt(tf.cast(self.d, tf.float32))
        return tf.matmul(tf.nn.softmax(s, axis=-1), v)


def att(x, scale=0.5, axis=-1, swap=False, einsum=False):
    q, k, v = (L.Dense(4, use_bias=False)(x) for _ in range(3))
    s = ops.einsum("bqd,bkd->bqk", q, k) if einsum else ops.matmul(q, ops.transpose(k, (0, 2, 1)))
    a = ops.softmax(s * scale, axis=axis)
    return ops.einsum("bqk,bkd->bqd", a, v) if einsum else (ops.matmul(a, k if swap else v))


P.same("attention by matmul", layer(Att, WORDS), net(att, WORDS))
P.same("attention by einsum", layer(Att, WORDS), net(lambda x: att(x, einsum=True), WORDS))
P.same(
    "attention layer and by hand",
    net(lambda x: L.Attention()([L.Dense(4)(x), L.Dense(4)(x), L.Dense(4)(x)]), WORDS),
    net(
        lambda x: (lambda q, v, k: ops.softmax(q @ ops.transpose(k, (0, 2, 1))) @ v)(
            L.Dense(4)(x), L.Dense(4)(x), L.Dense(4)(x)
        ),
        WORDS,
    ),
)
P.differ("attention without its scale", layer(Att, WORDS), net(lambda x: att(x, 1.0), WORDS))
P.differ("attention scaled by the width", layer(Att, WORDS), net(lambda x: att(x, 0.25), WORDS))
P.differ("softmax over the queries", layer(Att, WORDS), net(lambda x: att(x, axis=1), WORDS))
P.differ("keys taken for values", layer(Att, WORDS), net(lambda x: att(x, swap=True), WORDS))


# 10 transformer
class Enc(KerasLayer):
    def __init__(self, d=5, heads=2, ff=8, rate=0.1, **kw):
        super().__init__(**kw)
        self.att = L.MultiHeadAttention(num_heads=heads, key_dim=d)
        self.ffn = keras.Sequential([L.Dense(ff, activation="relu"), L.Dense(d)])
        self.n1, self.n2 = L.LayerNormalization(epsilon=1e-6), L.LayerNormalization(epsilon=1e-6)
        self.d1, self.d2 = L.Dropout(rate), L.Dropout(rate)

    def call(self, inputs, training=None):
        a = self.d1(self.att(inputs, inputs), training=training)
        o = self.n1(inputs + a)
        y = self.d2(self.ffn(o), training=training)
        return self.n2(o + y)

    def get_config(self):
        return {**super().get_config(), "d": 5}


def enc(x, eps=1e-6, rate=0.1, pre=False, resid=True, mask=False):
    h = L.LayerNormalization(epsilon=eps)(x) if pre else x
    a = L.Dropout(rate)(L.MultiHeadAttention(2, 5)(query=h, value=h, key=h, use_causal_mask=mask))
    o = x + a if resid else a
    if not pre:
        o = L.LayerNormalization(epsilon=eps)(o)
    h = L.LayerNormalization(epsilon=eps)(o) if pre else o
    y = L.Dropout(0.1)(L.Dense(5)(L.Dense(8, "relu")(h)))
    return L.Add()([o, y]) if pre else L.LayerNormalization(epsilon=eps)(L.Add()([o, y]))


P.same("transformer encoder", layer(Enc, WORDS), net(enc, WORDS))
P.differ("normalization before", layer(Enc, WORDS), net(lambda x: enc(x, pre=True), WORDS))
P.differ("attention without its skip", layer(Enc, WORDS), net(lambda x: enc(x, resid=False), WORDS))
P.differ("another epsilon", layer(Enc, WORDS), net(lambda x: enc(x, eps=1e-3), WORDS))
P.differ("causal mask", layer(Enc, WORDS), net(lambda x: enc(x, mask=True), WORDS))
P.differ("another dropout after attention", layer(Enc, WORDS), net(lambda x: enc(x, rate=0.2), WORDS))


# 11 positional
class Pos(KerasLayer):
    def build(self, shape):
        self.pos = self.add_weight(name="pos", shape=(1, shape[1], shape[2]), initializer="random_normal")

    def call(self, x):
        return x + self.pos


class Pos2(KerasLayer):
    def build(self, s):
        self.table = self.add_weight(shape=(1, s[-2], s[-1]))
        self.built = True

    def call(self, t):
        return ops.add(t, self.table[:, : ops.shape(t)[1], :])


class Pos3(KerasLayer):
    def build(self, s):
        self.table = self.add_weight(shape=(1, s[-2], s[-1]))

    def call(self, t):
        return t * self.table


P.same("learned places sliced to the length", layer(Pos, WORDS), layer(Pos2, WORDS))
P.differ("learned places multiplied", layer(Pos, WORDS), layer(Pos3, WORDS))


def sinus(n, d, swap=False):
    p, i = np.arange(n)[:, None], np.arange(d)[None, :]
    a = p / 10000 ** (2 * (i // 2) / d)
    a[:, 0::2] = (np.cos if swap else np.sin)(a[:, 0::2])
    a[:, 1::2] = (np.sin if swap else np.cos)(a[:, 1::2])
    return a.astype("float32")


class Sin(KerasLayer):
    def __init__(self):
        super().__init__()
        self.code = tf.constant(sinus(7, 5)[None])

    def call(self, x):
        return x * tf.math.sqrt(5.0) + self.code[:, : tf.shape(x)[1]]


P.same("sinusoidal places", layer(Sin, WORDS), net(lambda x: x * 5**0.5 + sinus(7, 5), WORDS))
P.differ("sine and cosine swapped", layer(Sin, WORDS), net(lambda x: x * 5**0.5 + sinus(7, 5, True), WORDS))


class TokPos(KerasLayer):
    def __init__(self):
        super().__init__()
        self.tok, self.pos = L.Embedding(20, 4), L.Embedding(7, 4)

    def call(self, x):
        n = tf.shape(x)[-1]
        return self.tok(x) + self.pos(tf.range(start=0, limit=n, delta=1))


class TokPos2(KerasLayer):
    def __init__(self):
        super().__init__()
        self.p, self.t = L.Embedding(input_dim=7, output_dim=4), L.Embedding(20, 4)

    def call(self, ids):
        return self.p(ops.expand_dims(ops.arange(ids.shape[1]), 0)) + self.t(ids)


class TokPos3(TokPos):
    def call(self, x):
        return self.tok(x) + self.pos(tf.range(7)[::-1])


P.same("token and place embeddings", layer(TokPos, (7,), dtype="int32"), layer(TokPos2, (7,), dtype="int32"))
P.differ("places counted backwards", layer(TokPos, (7,), dtype="int32"), layer(TokPos3, (7,), dtype="int32"))


# 12 U-Net
class UNet(KerasModel):
    def __init__(self):
        super().__init__()
        self.down = {
            f"d{i}": keras.Sequential([conv(n, 3, activation="relu"), conv(n, 3, activation="relu")])
            for i, n in enumerate((2, 4))
        }
        self.mid = conv(6, 3, activation="relu")
        self.ups = [L.Conv2DTranspose(n, 2, strides=2, padding="same") for n in (4, 2)]
        self.dec = [conv(n, 3, activation="relu") for n in (4, 2)]
        self.head = L.Conv2D(1, 1, activation="sigmoid")

    def call(self, x):
        skips = {}
        for k, b in self.down.items():
            skips[k] = x = b(x)
            x = tf.nn.max_pool2d(x, 2, 2, "VALID")
        x = self.mid(x)
        for k, u, d in zip(reversed(list(skips)), self.ups, self.dec, strict=False):
            x = d(tf.concat([u(x), skips[k]], -1))
        return self.head(x)


def unet(x, flip=False, order=False, up=None):
    skips = []
    for n in (2, 4):
        x = conv(n, 3, activation="relu")(conv(n, 3, activation="relu")(x))
        skips.append(x)
        x = L.MaxPooling2D()(x)
    x = conv(6, 3, activation="relu")(x)
    for n in (4, 2):
        s = skips.pop()
        u = L.Conv2DTranspose(n, 2, strides=2, padding="same")(x)
        x = conv(n, 3, activation="relu")(L.Concatenate()([s, u] if order else [u, s]))
    return L.Conv2D(1, 1, activation="sigmoid")(x)


P.same("U-Net with its skips in a dict", model(UNet, IMAGE), net(unet, IMAGE))
P.differ("U-Net, skip before the upsampled", model(UNet, IMAGE), net(lambda x: unet(x, order=True), IMAGE))


# 13 siamese
class Siam(KerasModel):
    def __init__(self):
        super().__init__()
        self.net = keras.Sequential([L.Dense(4, activation="relu"), L.Dense(3)])
        self.out = L.Dense(1, activation="sigmoid")

    def call(self, inputs):
        a, b = inputs
        return self.out(tf.abs(self.net(a) - self.net(b)))


def siam(a, b, shared=True, absolute=True, swap=False):
    make = lambda: keras.Sequential([L.Dense(4, activation="relu"), L.Dense(3)])
    n = make()
    k = n if shared else make()
    d = L.Subtract()([n(a), k(b)])
    return L.Dense(1, activation="sigmoid")(L.Lambda(lambda t: keras.ops.absolute(t))(d) if absolute else d)


P.same("siamese distance", model(Siam, ROW, ROW, listed=True), net(siam, ROW, ROW))
P.differ(
    "siamese towers of their own", model(Siam, ROW, ROW, listed=True), net(lambda a, b: siam(a, b, False), ROW, ROW)
)
P.differ(
    "siamese without absolute value",
    model(Siam, ROW, ROW, listed=True),
    net(lambda a, b: siam(a, b, absolute=False), ROW, ROW),
)
euclid = lambda a, b: tf.sqrt(tf.reduce_sum(tf.square(a - b), axis=1, keepdims=True))
P.same(
    "euclidean distance",
    net(lambda a, b: (lambda d: L.Lambda(lambda t: euclid(*t))([d(a), d(b)]))(L.Dense(3)), ROW, ROW),
    net(lambda a, b: (lambda d: ops.sqrt(ops.sum((d(a) - d(b)) ** 2, axis=-1, keepdims=True)))(L.Dense(3)), ROW, ROW),
)
P.differ(
    "euclidean without the root",
    net(lambda a, b: (lambda d: L.Lambda(lambda t: euclid(*t))([d(a), d(b)]))(L.Dense(3)), ROW, ROW),
    net(lambda a, b: (lambda d: ops.sum((d(a) - d(b)) ** 2, axis=-1, keepdims=True))(L.Dense(3)), ROW, ROW),
)


# 14 encoder-decoder
class Seq2Seq(KerasModel):
    def __init__(self):
        super().__init__()
        self.enc = L.GRU(4, return_state=True)
        self.dec = L.GRU(4, return_sequences=True)
        self.out = L.Dense(3, activation="softmax")

    def call(self, inputs):
        _, state = self.enc(inputs[0])
        return self.out(self.dec(inputs[1], initial_state=state))


def s2s(a, b, state=True, td=False):
    _, h = L.GRU(4, return_state=True)(a)
    y = L.GRU(4, return_sequences=True)(b, initial_state=[h]) if state else L.GRU(4, return_sequences=True)(b)
    d = L.Dense(3, activation="softmax")
    return L.TimeDistributed(d)(y) if td else d(y)


P.same(
    "decoder begins where the encoder ends",
    model(Seq2Seq, WORDS, WORDS, listed=True),
    net(lambda a, b: s2s(a, b, td=True), WORDS, WORDS),
)
P.differ(
    "decoder without the state",
    model(Seq2Seq, WORDS, WORDS, listed=True),
    net(lambda a, b: s2s(a, b, False), WORDS, WORDS),
)
P.differ(
    "encoder's sequence for its state",
    net(lambda x: L.GRU(3)(x), WORDS),
    net(lambda x: L.GRU(3, reset_after=False)(x), WORDS),
)


def lstm2s(a, b, swap=False):
    _, h, c = L.LSTM(4, return_state=True)(a)
    return L.LSTM(4)(b, initial_state=[c, h] if swap else [h, c])


class L2S(KerasModel):
    def __init__(self):
        super().__init__()
        self.e = L.LSTM(4, return_state=True)
        self.d = L.LSTM(4)

    def call(self, a, b):
        _out, *states = self.e(a)
        return self.d(b, initial_state=states)


P.same("states passed on starred", model(L2S, WORDS, WORDS), net(lstm2s, WORDS, WORDS))
P.differ("states passed on swapped", model(L2S, WORDS, WORDS), net(lambda a, b: lstm2s(a, b, True), WORDS, WORDS))


# 15 autoencoder
class AE(KerasModel):
    def __init__(self):
        super().__init__()
        self.encoder = keras.Sequential([L.Flatten(), L.Dense(16, activation="relu"), L.Dense(4)])
        self.decoder = keras.Sequential(
            [L.Dense(16, activation="relu"), L.Dense(192, activation="sigmoid"), L.Reshape(IMAGE)]
        )

    def call(self, x):
        return self.decoder(self.encoder(x))


def ae(x, last="sigmoid", mid=None):
    return L.Reshape(IMAGE)(
        L.Dense(192, activation=last)(
            L.Dense(16, "relu")(L.Dense(4, activation=mid)(L.Dense(16, "relu")(L.Flatten()(x))))
        )
    )


P.same("autoencoder in two halves", model(AE, IMAGE), net(ae, IMAGE))
P.same("activation after the reshape", model(AE, IMAGE), net(lambda x: L.Activation("sigmoid")(ae(x, None)), IMAGE))
P.differ("autoencoder, code rectified", model(AE, IMAGE), net(lambda x: ae(x, mid="relu"), IMAGE))


# 16 GAN
def gen(order):
    def g(z):
        x = L.Dense(32, use_bias=False)(z)
        x = L.LeakyReLU(negative_slope=0.2)(L.Reshape((4, 4, 2))(x)) if order else L.Reshape((4, 4, 2))(tf_leaky(x))
        return L.Conv2DTranspose(3, 4, strides=2, padding="same", activation="tanh")(x)

    return g


def tf_leaky(x):
    return L.Lambda(lambda t: tf.nn.leaky_relu(t, alpha=0.2))(x)


P.same("generator, leaky relu before or after the reshape", net(gen(1), (5,)), net(gen(0), (5,)))
P.differ(
    "generator, another slope",
    net(gen(1), (5,)),
    net(
        lambda z: L.Conv2DTranspose(3, 4, strides=2, padding="same", activation="tanh")(
            L.Reshape((4, 4, 2))(L.LeakyReLU(negative_slope=0.1)(L.Dense(32, use_bias=False)(z)))
        ),
        (5,),
    ),
)


class Gen(keras.Sequential):
    def __init__(self):
        super().__init__(
            [
                keras.Input((5,)),
                L.Dense(32, use_bias=False),
                L.BatchNormalization(),
                L.ReLU(),
                L.Reshape((4, 4, 2)),
                L.UpSampling2D(),
                conv(3, 3, activation="tanh"),
            ]
        )


P.same(
    "generator as a subclass of Sequential",
    lambda: Gen(),
    net(
        lambda z: conv(3, 3, activation="tanh")(
            ops.repeat(
                ops.repeat(
                    L.Reshape((4, 4, 2))(L.ReLU()(L.BatchNormalization()(L.Dense(32, use_bias=False)(z)))), 2, axis=1
                ),
                2,
                axis=2,
            )
        ),
        (5,),
    ),
)
P.differ(
    "norm after the reshape",
    lambda: Gen(),
    net(
        lambda z: conv(3, 3, activation="tanh")(
            L.UpSampling2D()(L.ReLU()(L.BatchNormalization()(L.Reshape((4, 4, 2))(L.Dense(32, use_bias=False)(z)))))
        ),
        (5,),
    ),
)


# 17 VAE
class Sampling(KerasLayer):
    def call(self, inputs):
        mu, lv = inputs
        eps = keras.random.normal(shape=tf.shape(mu))
        return mu + tf.exp(0.5 * lv) * eps


def vae(layer, kl=0.5):
    class V(KerasModel):
        def __init__(self):
            super().__init__()
            self.h, self.mu, self.lv, self.s, self.d = L.Dense(4, "relu"), L.Dense(2), L.Dense(2), layer(), L.Dense(6)

        def call(self, x):
            h = self.h(x)
            mu, lv = self.mu(h), self.lv(h)
            self.add_loss(-kl * tf.reduce_mean(1 + lv - tf.square(mu) - tf.exp(lv)))
            return self.d(self.s((mu, lv)))

    return V


class Sampling2(KerasLayer):
    def __init__(self):
        super().__init__()
        self.seed_generator = keras.random.SeedGenerator(1)

    def call(self, inputs):
        mean, logvar = inputs
        batch, dim = ops.shape(mean)[0], ops.shape(mean)[1]
        e = keras.random.normal(shape=(batch, dim), seed=self.seed_generator)
        return mean + ops.exp(logvar * 0.5) * e


class Sampling3(KerasLayer):
    def call(self, inputs):
        mu, lv = inputs
        return mu + tf.exp(lv) * tf.random.normal(tf.shape(mu))


P.same("sampling of a code, seeded or not", model(vae(Sampling), ROW), model(vae(Sampling2), ROW))
P.differ("sampling with the variance for the deviation", model(vae(Sampling), ROW), model(vae(Sampling3), ROW))
P.differ("another weight of the divergence", model(vae(Sampling), ROW), model(vae(Sampling, 1.0), ROW))


# 18-20
class TF(KerasModel):
    def __init__(self):
        super().__init__()
        self.d = {"first": L.Dense(4), "second": L.Dense(2)}

    @tf.function
    def call(self, x, training=None):
        return self.d["second"](tf.nn.elu(self.d["first"](x)))


P.same("call compiled by tf.function", model(TF), net(lambda x: L.Dense(2)(L.Dense(4, activation="elu")(x))))


class ByHand(KerasLayer):
    def __init__(self, units=4, reg=None, con=None, act=None, train=True):
        super().__init__()
        self.units, self.reg, self.con, self.train, self.act = units, reg, con, train, keras.activations.get(act)

    def build(self, s):
        self.w = self.add_weight(
            shape=(s[-1], self.units),
            initializer="glorot_uniform",
            regularizer=self.reg,
            constraint=self.con,
            trainable=self.train,
        )
        self.b = self.add_weight(shape=(self.units,), initializer="zeros")

    def call(self, x):
        return self.act(tf.matmul(x, self.w) + self.b)

    def compute_output_shape(self, s):
        return (*s[:-1], self.units)


P.same(
    "a dense layer by hand, penalised",
    layer(partial(ByHand, reg="l2", act="relu")),
    net(L.Dense(4, activation="relu", kernel_regularizer=keras.regularizers.l2(0.01))),
)
P.differ("a penalty forgotten by hand", layer(partial(ByHand, reg="l2")), layer(ByHand))
P.differ("a constraint forgotten by hand", layer(partial(ByHand, con="non_neg")), layer(ByHand))
P.same(
    "a constraint by hand",
    layer(partial(ByHand, con="non_neg")),
    net(L.Dense(4, kernel_constraint=keras.constraints.NonNeg())),
)
P.differ("a weight by hand that is not trained", layer(partial(ByHand, train=False)), layer(ByHand), trainable=True)


# dict inputs/outputs
def dict_in():
    a, b = keras.Input(ROW, name="a"), keras.Input((3,), name="b")
    return KerasModel({"a": a, "b": b}, L.Dense(2)(L.Concatenate()([a, b])))


P.same("inputs in a dict", dict_in, net(lambda a, b: L.Dense(2)(L.concatenate([a, b])), ROW, (3,)))


def dict_out(swap=False):
    def make():
        x = keras.Input(ROW)
        h = L.Dense(3, "relu")(x)
        u, v = L.Dense(2, name="u")(h), L.Dense(2, activation="tanh", name="v")(h)
        return KerasModel(x, {"u": v, "v": u} if swap else {"u": u, "v": v})

    return make


class DictOut(KerasModel):
    def __init__(self):
        super().__init__()
        self.h, self.u, self.v = L.Dense(3, "relu"), L.Dense(2), L.Dense(2, "tanh")

    def call(self, x):
        h = self.h(x)
        return {"v": self.v(h), "u": self.u(h)}


P.same("outputs in a dict", dict_out(), model(DictOut))
P.differ("outputs in a dict swapped", dict_out(), dict_out(True))


# tying
class Tied(KerasModel):
    def __init__(self, tied=1):
        super().__init__()
        self.e = L.Dense(3, use_bias=False)
        self.tied = tied

    def build(self, s):
        self.e.build(s)
        self.b = self.add_weight(shape=(s[-1],), initializer="zeros")

    def call(self, x):
        return tf.matmul(tf.nn.relu(self.e(x)), self.e.kernel, transpose_b=True) + self.b


class Tied2(KerasModel):
    def __init__(self):
        super().__init__()
        self.enc = L.Dense(3, use_bias=False, activation="relu")
        self.dec = TiedDec(self.enc)

    def call(self, x):
        return self.dec(self.enc(x))


class TiedDec(KerasLayer):
    def __init__(self, other):
        super().__init__()
        self.other = other

    def build(self, s):
        self.bias = self.add_weight(shape=(6,), initializer="zeros")

    def call(self, x):
        return ops.add(ops.matmul(x, ops.transpose(self.other.kernel)), self.bias)


P.same("an autoencoder of tied weights", model(Tied), model(Tied2))
P.differ(
    "tied weights against untied",
    model(Tied),
    net(lambda x: L.Dense(6)(L.Dense(3, use_bias=False, activation="relu")(x))),
)


# masks
class Text(KerasModel):
    def __init__(self, mask=True, last=False):
        super().__init__()
        self.e = L.Embedding(20, 4, mask_zero=mask)
        self.r = L.Bidirectional(L.LSTM(3))
        self.d = L.Dense(1, activation="sigmoid")

    def call(self, ids, training=None, mask=None):
        return self.d(self.r(self.e(ids)))


def text(x, mask=True, mode="concat", cell=L.LSTM):
    return L.Dense(1, activation="sigmoid")(
        L.Bidirectional(cell(3), merge_mode=mode)(L.Embedding(20, 4, mask_zero=mask)(x))
    )


P.same("words masked", model(Text, (7,), dtype="int32"), words(text, (7,)))
P.differ("words not masked", model(Text, (7,), dtype="int32"), words(lambda x: text(x, False), (7,)))
P.differ("directions added", model(Text, (7,), dtype="int32"), words(lambda x: text(x, mode="sum"), (7,)))


class Masked(KerasModel):
    def __init__(self):
        super().__init__()
        self.m, self.r = L.Masking(0.0), L.GRU(3)

    def call(self, x):
        return self.r(self.m(x))


P.same("masking in a model", model(Masked, WORDS), net(lambda x: L.GRU(3)(L.Masking()(x)), WORDS))


class Masked2(KerasModel):
    def __init__(self):
        super().__init__()
        self.r = L.GRU(3)

    def call(self, x):
        return self.r(x, mask=tf.reduce_any(tf.not_equal(x, 0.0), axis=-1))


P.same("a mask handed over by hand", model(Masked2, WORDS), layer(lambda: MaskOps(), WORDS))


class MaskOps(KerasLayer):
    def __init__(self):
        super().__init__()
        self.r = L.GRU(3)

    def call(self, x):
        return self.r(x, mask=ops.any(ops.not_equal(x, 0.0), axis=2))


# inheritance, mixin, dataclass
class Base(KerasModel):
    def __init__(self):
        super().__init__()
        self.head = L.Dense(2)

    def call(self, x):
        return self.head(self.features(x))

    def features(self, x):
        return x


class Child(Base):
    def __init__(self):
        super().__init__()
        self.hidden = L.Dense(4, activation="relu")

    def features(self, x):
        return self.hidden(super().features(x))


P.same("features of a subclass", model(Child), net(lambda x: L.Dense(2)(L.Dense(4, "relu")(x))))
P.differ("features not overridden", model(Child), model(Base))


class Mixin:
    conv: Any
    bn: Any

    def normed(self, x):
        return self.bn(self.conv(x))


class Mixed(Mixin, KerasLayer):
    def __init__(self):
        super().__init__()
        self.conv, self.bn = conv(4, 3), L.BatchNormalization()

    def call(self, x):
        return tf.nn.relu(self.normed(x))


P.same("a mixin's step", layer(Mixed, IMAGE), net(lambda x: L.ReLU()(L.BatchNormalization()(conv(4, 3)(x))), IMAGE))


@dataclasses.dataclass
class Config:
    filters: tuple[int, ...] = (4, 6)
    kernel: int = 3
    pool: bool = True


class Configured(KerasModel):
    def __init__(self, c=Config()):  # noqa: B008
        super().__init__()
        self.c = c
        self.convs = [conv(n, c.kernel, activation="relu") for n in c.filters]
        self.pool = L.MaxPooling2D()
        self.flat = L.Flatten()
        self.out = L.Dense(10)

    def call(self, x, training=None, mask=None):
        for cv in self.convs:
            x = cv(x)
            if self.c.pool:
                x = self.pool(x)
        return self.out(self.flat(x))


def configured(x, n=(4, 6), pool=True):
    for k in n:
        x = L.ReLU()(conv(k, 3)(x))
        x = L.MaxPool2D()(x) if pool else x
    return L.Dense(10)(L.Flatten()(x))


P.same("a network of a dataclass", model(Configured, IMAGE), net(configured, IMAGE))
P.differ("a network of another dataclass", model(partial(Configured, Config((4, 8))), IMAGE), net(configured, IMAGE))
P.differ(
    "a pooling layer forgotten in a loop",
    model(partial(Configured, Config((4, 4), pool=False)), IMAGE),
    net(lambda x: configured(x, (4, 4)), IMAGE),
)


def relu_after_pool(x):
    for k in (4, 6):
        x = L.ReLU()(L.MaxPooling2D()(conv(k, 3)(x)))
    return L.Dense(10)(L.Flatten()(x))


P.same("relu before or after a maximum", net(configured, IMAGE), net(relu_after_pool, IMAGE))
P.differ(
    "relu before or after a mean",
    net(lambda x: L.ReLU()(L.AveragePooling2D(2)(conv(4, 3)(x))), IMAGE),
    net(lambda x: L.AveragePooling2D(2)(L.ReLU()(conv(4, 3)(x))), IMAGE),
)
P.same(
    "activation before or after flattening",
    net(lambda x: L.Flatten()(L.ReLU()(conv(4, 3)(x))), IMAGE),
    net(lambda x: L.ReLU()(L.Flatten()(conv(4, 3)(x))), IMAGE),
)


# optional second tensor
class Opt(KerasModel):
    def __init__(self):
        super().__init__()
        self.a, self.b = L.Dense(4), L.Dense(4)

    def call(self, x, context=None):
        return self.a(x) if context is None else self.a(x) + self.b(context)


P.same(
    "an optional second tensor, given",
    model(Opt, ROW, (3,)),
    net(lambda x, c: L.Add()([L.Dense(4)(x), L.Dense(4)(c)]), ROW, (3,)),
)
P.differ("a second tensor ignored", model(Opt, ROW, ROW), net(lambda x, c: L.Dense(4)(x) + L.Dense(4)(x), ROW, ROW))


# counter
class Count(KerasLayer):
    def __init__(self):
        super().__init__()
        self.calls = 0
        self.d = L.Dense(3)

    def call(self, x):
        self.calls += 1
        return self.d(x)


P.same("a layer that counts its calls", layer(Count), net(L.Dense(3)))
# backend
K = tf.keras.backend


class Back(KerasLayer):
    def __init__(self):
        super().__init__()
        self.d = L.Dense(4)

    def call(self, x):
        return K.concatenate([K.relu(self.d(x)) if hasattr(K, "relu") else tf.nn.relu(self.d(x)), K.square(x)], axis=-1)


P.same("functions of the old backend", layer(Back), net(lambda x: L.Concatenate()([L.Dense(4, "relu")(x), x * x])))
# inits
P.same(
    "variance scaling is glorot",
    net(
        L.Dense(
            4, kernel_initializer=keras.initializers.VarianceScaling(scale=1.0, mode="fan_avg", distribution="uniform")
        )
    ),
    net(L.Dense(4)),
    initializers=True,
)
P.same(
    "variance scaling is he",
    net(conv(4, 3, kernel_initializer=keras.initializers.VarianceScaling(2.0, "fan_in", "truncated_normal")), IMAGE),
    net(conv(4, 3, kernel_initializer="he_normal"), IMAGE),
    initializers=True,
)
P.same(
    "variance scaling is lecun",
    net(L.Dense(4, kernel_initializer=keras.initializers.VarianceScaling(mode="fan_in", distribution="uniform"))),
    net(L.Dense(4, kernel_initializer="lecun_uniform")),
    initializers=True,
)
P.differ(
    "variance scaling is not he",
    net(L.Dense(4, kernel_initializer=keras.initializers.VarianceScaling(2.0, "fan_in", "uniform"))),
    net(L.Dense(4, kernel_initializer="he_normal")),
    initializers=True,
)


# softmax stable, gelu, layernorm
def stable(x):
    e = tf.exp(x - tf.reduce_max(x, axis=-1, keepdims=True))
    return e / tf.reduce_sum(e, axis=-1, keepdims=True)


P.same("a softmax that does not overflow", net(L.Dense(4, activation=stable)), net(L.Dense(4, activation="softmax")))
P.same(
    "gelu by its error function",
    net(L.Dense(4, activation=lambda x: 0.5 * x * (1.0 + tf.math.erf(x / tf.sqrt(2.0))))),
    net(L.Dense(4, activation="gelu")),
)
P.same(
    "gelu by tanh",
    net(
        L.Dense(4, activation=lambda x: 0.5 * x * (1 + tf.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * tf.pow(x, 3)))))
    ),
    net(L.Dense(4, activation=lambda x: keras.activations.gelu(x, approximate=True))),
)
P.same(
    "softplus by hand",
    net(L.Dense(4, activation=lambda x: ops.log(1 + ops.exp(x)))),
    net(L.Dense(4, activation="softplus")),
)
P.same(
    "elu by hand",
    net(L.Dense(4, activation=lambda x: tf.where(x > 0, x, tf.exp(x) - 1))),
    net(L.Dense(4, activation="elu")),
)


class LN(KerasLayer):
    def __init__(self, eps=1e-3):
        super().__init__()
        self.eps = eps

    def build(self, s):
        self.g = self.add_weight(shape=s[-1:], initializer="ones")
        self.b = self.add_weight(shape=s[-1:], initializer="zeros")

    def call(self, x):
        mean = tf.reduce_mean(x, axis=-1, keepdims=True)
        var = tf.reduce_mean(tf.square(x - mean), axis=-1, keepdims=True)
        return self.g * (x - mean) / tf.sqrt(var + self.eps) + self.b


P.same("layer normalization by hand", layer(LN, WORDS), net(L.LayerNormalization(), WORDS))
P.differ(
    "layer normalization by hand, another epsilon", layer(partial(LN, 1e-5), WORDS), net(L.LayerNormalization(), WORDS)
)
P.same("unit rows", net(lambda x: tf_norm(L.Dense(4)(x))), net(lambda x: L.UnitNormalization()(L.Dense(4)(x))))


def tf_norm(x):
    return L.Lambda(lambda t: tf.math.l2_normalize(t, axis=-1))(x)


P.same(
    "a product of rows",
    net(lambda a, b: L.Dot(axes=1)([a, b]), ROW, ROW),
    net(lambda a, b: ops.sum(a * b, axis=-1, keepdims=True), ROW, ROW),
)
P.same(
    "several layers at each place",
    net(lambda x: L.TimeDistributed(keras.Sequential([L.Conv2D(2, 3), L.Flatten()]))(x), FRAMES),
    net(lambda x: L.TimeDistributed(L.Flatten())(L.TimeDistributed(L.Conv2D(2, 3))(x)), FRAMES),
)
P.same(
    "a vector repeated",
    net(lambda x: L.RepeatVector(3)(x)),
    net(lambda x: ops.repeat(ops.expand_dims(x, 1), 3, axis=1)),
)
P.same("a vector tiled", net(lambda x: L.RepeatVector(3)(x)), net(lambda x: ops.tile(x[:, None, :], (1, 3, 1))))
# dropout noise shape, stop gradient, others (holes)
P.differ(
    "noise shared along places",
    net(lambda x: L.Dropout(0.3, noise_shape=(None, 1, 5))(x), WORDS),
    net(lambda x: L.Dropout(0.3)(x), WORDS),
)
P.same(
    "spatial dropout by its noise",
    net(lambda x: L.Dropout(0.3, noise_shape=(None, 1, 5))(x), WORDS),
    net(lambda x: L.SpatialDropout1D(0.3)(x), WORDS),
)
P.differ(
    "a gradient that stops",
    net(lambda x: L.Dense(2)(ops.stop_gradient(L.Dense(3)(x)))),
    net(lambda x: L.Dense(2)(L.Dense(3)(x))),
)
base = lambda: keras.Sequential(
    [
        keras.Input(IMAGE),
        conv(4, 3, activation="relu"),
        L.MaxPooling2D(),
        L.Flatten(),
        L.Dense(10, activation="softmax"),
    ]
)


def cut():
    b = base()
    return KerasModel(b.inputs, L.Dense(5)(b.layers[-2].output))


P.same(
    "a base cut before its head",
    cut,
    net(lambda x: L.Dense(5)(L.Flatten()(L.MaxPool2D()(conv(4, 3, activation="relu")(x)))), IMAGE),
)


def cut2():
    b = base()
    return keras.Sequential([*b.layers[:-1], L.Dense(5)])


P.same("layers of another model", cut2, cut)
P.differ("a base with its head", lambda: (lambda b: KerasModel(b.inputs, L.Dense(5)(b.outputs[0])))(base()), cut)


# highway
class High(KerasLayer):
    def __init__(self, b=0):
        super().__init__()
        self.t = L.Dense(6, activation="sigmoid")
        self.h = L.Dense(6, activation="relu")

    def call(self, x):
        t = self.t(x)
        return t * self.h(x) + (1.0 - t) * x


def high(x, flip=False):
    t, h = L.Dense(6, activation="sigmoid")(x), L.Dense(6, activation="relu")(x)
    c = L.Lambda(lambda z: 1 - z)(t)
    return L.Add()([L.Multiply()([h, c if flip else t]), L.Multiply()([x, t if flip else c])])


P.same("highway", layer(High), net(high))
P.differ("highway, gates swapped", layer(High), net(lambda x: high(x, True)))
