"""Networks of a second course rewritten: with weights of their own, by operations, by loops and by closures."""

# The code here is students' own, as they write it: no types, no docstrings.

from __future__ import annotations

import functools
import math
from collections import OrderedDict
from functools import partial, reduce

import keras
import numpy as np
import tensorflow as tf
from keras import layers as L  # noqa: N812
from keras import ops

from pairs import IMAGE, ROW, WORDS, KerasLayer, KerasModel, Pairs, layer, model, net, words

P = Pairs()
lam = L.Lambda


def t(f, *xs):
    return L.Lambda(f if len(xs) == 1 else (lambda them: f(*them)))(xs[0] if len(xs) == 1 else list(xs))


# 1 conv by tf.nn
class MyConv(KerasLayer):
    def __init__(self, n, k=3, s=1, padding="SAME", dil=1, act=None):
        super().__init__()
        self.n, self.k, self.s, self.padding, self.dil, self.act = n, k, s, padding, dil, act

    def build(self, shape):
        self.w = self.add_weight(
            name="w", shape=(self.k, self.k, shape[-1], self.n), initializer="glorot_uniform", trainable=True
        )
        self.b = self.add_weight(name="b", shape=(self.n,), initializer="zeros", trainable=True)

    def call(self, inputs):
        y = tf.nn.conv2d(inputs, self.w, strides=[1, self.s, self.s, 1], padding=self.padding, dilations=self.dil)
        y = tf.nn.bias_add(y, self.b)
        return tf.nn.relu(y) if self.act else y


P.family(
    "conv of own weights",
    layer(lambda: MyConv(4, s=2, act=1), IMAGE),
    net(lambda x: L.Conv2D(4, 3, 2, "same", activation="relu")(x), IMAGE),
    {
        "stride": net(lambda x: L.Conv2D(4, 3, 1, "same", activation="relu")(x), IMAGE),
        "pad": layer(lambda: MyConv(4, s=2, act=1, padding="VALID"), IMAGE),
        "no act": layer(lambda: MyConv(4, s=2), IMAGE),
    },
)
P.family(
    "dilated conv of own weights",
    layer(lambda: MyConv(4, dil=2), IMAGE),
    net(lambda x: L.Conv2D(4, 3, padding="same", dilation_rate=2)(x), IMAGE),
    {"dil": layer(lambda: MyConv(4, dil=1), IMAGE)},
)


class MyDW(KerasLayer):
    def build(self, shape):
        self.k = self.add_weight(shape=(3, 3, shape[-1], 1))
        self.p = self.add_weight(shape=(1, 1, shape[-1], 5))
        self.b = self.add_weight(shape=(5,), initializer="zeros")

    def call(self, x):
        return tf.nn.separable_conv2d(x, self.k, self.p, strides=(1, 1, 1, 1), padding="SAME") + self.b


class MyDW2(MyDW):
    def call(self, x):
        x = tf.nn.depthwise_conv2d(x, self.k, [1, 1, 1, 1], "SAME")
        return tf.nn.conv2d(x, self.p, 1, "SAME") + self.b


P.family(
    "separable of own weights",
    layer(MyDW, IMAGE),
    net(lambda x: L.SeparableConv2D(5, 3, padding="same")(x), IMAGE),
    {"two layers with two biases": net(lambda x: L.Conv2D(5, 1)(L.DepthwiseConv2D(3, padding="same")(x)), IMAGE)},
)
P.same(
    "separable of own weights, two steps",
    layer(MyDW2, IMAGE),
    net(lambda x: L.SeparableConv2D(5, 3, padding="same")(x), IMAGE),
)
P.same(
    "separable and its two layers",
    net(lambda x: L.Conv2D(5, 1)(L.DepthwiseConv2D(3, padding="same", use_bias=False)(x)), IMAGE),
    layer(MyDW, IMAGE),
)

# pools by tf.nn
P.family(
    "pool by tf.nn",
    net(
        lambda x: L.Dense(2)(L.Flatten()(lam(lambda t: tf.nn.max_pool2d(t, ksize=2, strides=2, padding="VALID"))(x))),
        IMAGE,
    ),
    net(lambda x: L.Dense(2)(L.Flatten()(L.MaxPool2D()(x))), IMAGE),
    {
        "avg": net(lambda x: L.Dense(2)(L.Flatten()(lam(lambda t: tf.nn.avg_pool2d(t, 2, 2, "VALID"))(x))), IMAGE),
        "stride": net(
            lambda x: L.Dense(2)(L.GlobalMaxPool2D()(lam(lambda t: tf.nn.max_pool2d(t, 2, 1, "VALID"))(x))), IMAGE
        ),
    },
)
P.same(
    "avg pool by ops",
    net(lambda x: L.Conv2D(2, 1)(ops.average_pool(x, 2, 2, "valid")), IMAGE),
    net(lambda x: L.Conv2D(2, 1)(L.AveragePooling2D(2)(x)), IMAGE),
)
P.same(
    "max pool by reshape",
    net(
        lambda x: L.Conv2D(2, 1)(t(lambda y: tf.reduce_max(tf.reshape(y, (-1, 4, 2, 4, 2, 3)), axis=(2, 4)), x)), IMAGE
    ),
    net(lambda x: L.Conv2D(2, 1)(ops.max(ops.reshape(x, (-1, 4, 2, 4, 2, 3)), axis=[2, 4])), IMAGE),
)

# gap
P.family(
    "gap by whole pooling",
    net(lambda x: L.Dense(3)(L.Flatten()(L.AveragePooling2D(pool_size=(8, 8))(x))), IMAGE),
    net(lambda x: L.Dense(3)(L.GlobalAveragePooling2D()(x)), IMAGE),
    {"max": net(lambda x: L.Dense(3)(L.GlobalMaxPooling2D()(x)), IMAGE)},
)
P.same(
    "gap by rows",
    net(lambda x: L.Dense(3)(t(lambda y: tf.reduce_mean(tf.reshape(y, [-1, 64, 3]), 1), x)), IMAGE),
    net(lambda x: L.Dense(3)(L.GlobalAveragePooling2D()(x)), IMAGE),
)
P.same(
    "gap in two means",
    net(lambda x: L.Dense(3)(ops.mean(ops.mean(x, 1), 1)), IMAGE),
    net(lambda x: L.Dense(3)(L.GlobalAveragePooling2D()(x)), IMAGE),
)
P.same(
    "gap kept then squeezed",
    net(lambda x: L.Dense(3)(t(lambda y: tf.squeeze(y, [1, 2]), L.GlobalAveragePooling2D(keepdims=True)(x))), IMAGE),
    net(lambda x: L.Dense(3)(L.GlobalAveragePooling2D()(x)), IMAGE),
)
P.same(
    "gap by sum",
    net(lambda x: L.Dense(3)(t(lambda y: tf.reduce_sum(y, [1, 2]) / 64.0, x)), IMAGE),
    net(lambda x: L.Dense(3)(L.GlobalAveragePooling2D()(x)), IMAGE),
)
P.differ(
    "gap by sum: not divided",
    net(lambda x: L.Dense(3)(t(lambda y: tf.reduce_sum(y, [1, 2]), x)), IMAGE),
    net(lambda x: L.Dense(3)(L.GlobalAveragePooling2D()(x)), IMAGE),
)

# upsampling
P.family(
    "nearest resize",
    net(lambda x: L.Conv2D(2, 1)(lam(lambda t: tf.image.resize(t, (16, 16), method="nearest"))(x)), IMAGE),
    net(lambda x: L.Conv2D(2, 1)(L.UpSampling2D(2)(x)), IMAGE),
    {
        "bilinear": net(lambda x: L.Conv2D(2, 1)(L.UpSampling2D(2, interpolation="bilinear")(x)), IMAGE),
        "three": net(lambda x: L.Conv2D(2, 1)(L.UpSampling2D(3)(x)), IMAGE),
    },
)
P.same(
    "bilinear resize",
    net(lambda x: L.Conv2D(2, 1)(t(lambda y: tf.image.resize(y, [16, 16]), x)), IMAGE),
    net(lambda x: L.Conv2D(2, 1)(L.UpSampling2D(2, interpolation="bilinear")(x)), IMAGE),
)
P.same(
    "resizing layer",
    net(lambda x: L.Conv2D(2, 1)(L.Resizing(16, 16)(x)), IMAGE),
    net(lambda x: L.Conv2D(2, 1)(L.UpSampling2D(2, interpolation="bilinear")(x)), IMAGE),
)
P.same(
    "repeated twice",
    net(lambda x: L.Conv2D(2, 1)(ops.repeat(ops.repeat(x, 2, axis=1), 2, axis=2)), IMAGE),
    net(lambda x: L.Conv2D(2, 1)(L.UpSampling2D()(x)), IMAGE),
)


# U-Net with crops
def up(x, skip, n):
    x = L.Conv2DTranspose(n, 2, strides=2)(x)
    dh, dw = skip.shape[1] - x.shape[1], skip.shape[2] - x.shape[2]
    skip = L.Cropping2D(((dh // 2, dh - dh // 2), (dw // 2, dw - dw // 2)))(skip)
    return L.Conv2D(n, 3, activation="relu")(L.Concatenate()([skip, x]))


def unetcrop(x, off=0, order=0):
    a = L.Conv2D(4, 3, activation="relu")(x)
    b = L.Conv2D(6, 3, activation="relu", padding="same")(L.MaxPool2D()(a))
    u = L.Conv2DTranspose(4, 2, strides=2)(b)
    return a, u


class UNetCrop(KerasModel):
    def __init__(self, swap=False, off=0):
        super().__init__()
        self.d1 = L.Conv2D(4, 3, activation="relu")
        self.d2 = L.Conv2D(6, 3, activation="relu")
        self.p = L.MaxPooling2D(2)
        self.u = L.Conv2DTranspose(4, 2, 2)
        self.o = L.Conv2D(2, 1, activation="softmax")
        self.swap, self.off = swap, off

    @staticmethod
    def crop(big, small, off=0):
        h = (big.shape[1] - small.shape[1]) // 2 + off
        w = (big.shape[2] - small.shape[2]) // 2
        return big[:, h : h + small.shape[1], w : w + small.shape[2], :]

    def call(self, x):
        s = self.d1(x)
        y = self.u(self.d2(self.p(s)))
        c = self.crop(s, y, self.off)
        return self.o(tf.concat([y, c] if self.swap else [c, y], 3))


def unetc(x, act="softmax"):
    s = L.Conv2D(4, 3, activation="relu")(x)
    y = L.Conv2DTranspose(4, 2, 2)(L.Conv2D(6, 3, activation="relu")(L.MaxPooling2D(2)(s)))
    return L.Conv2D(2, 1, activation=act)(
        L.Concatenate()([L.Cropping2D(2)(s) if s.shape[1] - y.shape[1] == 4 else L.Cropping2D(1)(s), y])
    )


BIG = (14, 14, 3)
P.family(
    "U-Net with crops",
    model(UNetCrop, BIG),
    net(unetc, BIG),
    {
        "order": model(lambda: UNetCrop(swap=True), BIG),
        "off by one": model(lambda: UNetCrop(off=-1), BIG),
        "sigmoid": net(lambda x: unetc(x, "sigmoid"), BIG),
    },
)


# loops over lists in several ways
class ByName(KerasModel):
    def __init__(self, n=3, rev=False):
        super().__init__()
        for i in range(n):
            setattr(self, f"fc{i}", L.Dense(6 + i, activation="relu"))
        self.n, self.rev = n, rev
        self.out = L.Dense(2)

    def call(self, x):
        for i in reversed(range(self.n)) if self.rev else range(self.n):
            x = getattr(self, f"fc{i}")(x)
        return self.out(x)


def mlp(x, sizes=(6, 7, 8)):
    return L.Dense(2)(reduce(lambda h, n: L.Dense(n, activation="relu")(h), sizes, x))


P.family(
    "layers by getattr",
    model(ByName),
    net(mlp),
    {"reversed": model(lambda: ByName(rev=True)), "two": model(lambda: ByName(2))},
)


class ByDict(KerasModel):
    def __init__(self):
        super().__init__()
        self.d = OrderedDict((f"l{n}", L.Dense(n, activation="relu")) for n in (6, 7, 8))
        self.out = L.Dense(2)

    def call(self, x):
        for name in sorted(self.d):
            x = self.d[name](x)
        return self.out(x)


P.same("layers in an ordered dict", model(ByDict), net(mlp))


class ByLayers(KerasModel):
    def __init__(self):
        super().__init__()
        self.a = L.Dense(6, "relu")
        self.b = L.Dense(7, "relu")
        self.c = L.Dense(8, "relu")
        self.o = L.Dense(2)

    def call(self, x):
        for one in self.layers:
            x = one(x)
        return x


P.same("over self.layers", model(ByLayers), net(mlp))


class Closure(KerasModel):
    def __init__(self):
        super().__init__()
        self.ls = [L.Dense(6, "relu"), L.Dense(7, "relu"), L.Dense(8, "relu"), L.Dense(2)]
        self.run = lambda x: functools.reduce(lambda a, f: f(a), self.ls, x)

    def call(self, x):
        return self.run(x)


P.same("folded in a closure", model(Closure), net(mlp))


class SeqIn(KerasModel):
    def __init__(self):
        super().__init__()
        self.body = keras.Sequential()
        for n in (6, 7, 8):
            self.body.add(L.Dense(n))
            self.body.add(L.ReLU())
        self.head = keras.Sequential([L.Dense(2)])

    def call(self, x, training=False):
        return self.head(self.body(x, training=training), training=training)


P.same("Sequentials filled by add", model(SeqIn), net(mlp))


class Base(KerasLayer):
    def block(self, x):
        raise NotImplementedError

    def call(self, x):
        return x + self.block(x)


class Child(Base):
    def __init__(self):
        super().__init__()
        self.d = L.Dense(6, "relu")

    def block(self, x):
        return self.d(x)


class Child2(Child):
    def block(self, x):
        return super().block(x) * 0.5


P.family(
    "a template method", layer(Child), net(lambda x: L.Add()([L.Dense(6, "relu")(x), x])), {"halved": layer(Child2)}
)
P.same(
    "round trip of a config",
    net(lambda x: L.Dense.from_config(L.Dense(4, "tanh").get_config())(x)),
    net(lambda x: L.Dense(4, activation="tanh")(x)),
)
P.same("a model from its config", lambda: keras.Model.from_config(net(mlp)().get_config()), net(mlp))
P.same("a cloned model", lambda: keras.models.clone_model(net(mlp)()), net(mlp))
P.same("from JSON", lambda: keras.models.model_from_json(net(mlp)().to_json()), net(mlp))


# Dense by hand
class D1(KerasLayer):
    def __init__(self, n, act=None):
        super().__init__()
        self.n = n
        self.act = keras.activations.get(act)

    def build(self, s):
        self.w = self.add_weight(shape=(s[-1], self.n))
        self.b = self.add_weight(shape=(self.n,), initializer="zeros")

    def call(self, x):
        return self.act(tf.matmul(x, self.w) + self.b)


class D2(D1):
    def call(self, x):
        return self.act(ops.tensordot(x, self.w, axes=1) + self.b)


class D3(D1):
    def call(self, x):
        return (
            self.act(tf.nn.xw_plus_b(x, self.w, self.b))
            if False
            else self.act(tf.einsum("...i,ij->...j", x, self.w) + self.b)
        )


class D4(D1):
    def call(self, x):
        return self.act(ops.dot(x, self.w) + self.b)


class D5(D1):
    def call(self, x):
        return self.act(tf.linalg.matmul(x, self.w)) + self.b


class D6(D1):
    def __init__(self, n, act=None):
        super().__init__(n, act)

    def build(self, s):
        self.w = tf.Variable(tf.random.normal((s[-1], self.n)), trainable=True)
        self.b = tf.Variable(tf.zeros((self.n,)))


P.family(
    "Dense by matmul",
    layer(lambda: D1(4, "relu")),
    net(lambda x: L.Dense(4, "relu")(x)),
    {"bias after the activation": layer(lambda: D5(4, "relu"))},
)
P.same("Dense by tensordot", layer(lambda: D2(4, "relu"), WORDS), net(lambda x: L.Dense(4, "relu")(x), WORDS))
P.same("Dense by einsum", layer(lambda: D3(4, "relu"), WORDS), net(lambda x: L.Dense(4, "relu")(x), WORDS))
P.same("Dense by dot", layer(lambda: D4(4, "relu"), WORDS), net(lambda x: L.Dense(4, "relu")(x), WORDS))


class Bilinear(KerasLayer):
    def __init__(self):
        super().__init__()
        self.w = self.add_weight(shape=(6, 6))

    def call(self, a, b):
        return ops.sum(ops.matmul(a, self.w) * b, axis=-1, keepdims=True)


class Bilinear2(Bilinear):
    def call(self, a, b):
        return tf.reshape(tf.einsum("bi,ij,bj->b", a, self.w, b), (-1, 1))


class Bilinear3(Bilinear):
    def call(self, a, b):
        return ops.sum(ops.matmul(b, self.w) * a, axis=-1, keepdims=True)


P.family(
    "a bilinear score", layer(Bilinear, ROW, ROW), layer(Bilinear2, ROW, ROW), {"turned": layer(Bilinear3, ROW, ROW)}
)


# tying
class Tied(KerasModel):
    def __init__(self, how=0):
        super().__init__()
        self.e = L.Embedding(9, 4)
        self.g = L.GRU(4, return_sequences=True)
        self.how = how

    def call(self, x):
        h = self.g(self.e(x))
        if self.how == 0:
            return tf.matmul(h, self.e.embeddings, transpose_b=True)
        if self.how == 1:
            return ops.matmul(h, ops.transpose(self.e.embeddings))
        if self.how == 2:
            return tf.einsum("btd,vd->btv", h, self.e.embeddings)
        return L.Dense(9, use_bias=False)(h)


class Untied(KerasModel):
    def __init__(self):
        super().__init__()
        self.e = L.Embedding(9, 4)
        self.g = L.GRU(4, return_sequences=True)
        self.o = L.Dense(9, use_bias=False)

    def call(self, x):
        return self.o(self.g(self.e(x)))


P.family(
    "tied embeddings",
    model(Tied, (7,), dtype="int32"),
    model(lambda: Tied(1), (7,), dtype="int32"),
    {"untied": model(Untied, (7,), dtype="int32")},
)
P.same("tied by einsum", model(Tied, (7,), dtype="int32"), model(lambda: Tied(2), (7,), dtype="int32"))


# multi-head by hand
class MHA(KerasLayer):
    def __init__(self, d=8, h=2, how=0, scale=True):
        super().__init__()
        self.q, self.k, self.v, self.o = L.Dense(d), L.Dense(d), L.Dense(d), L.Dense(d)
        self.h, self.d, self.how, self.scale = h, d, how, scale

    def heads(self, x):
        b = tf.shape(x)[0]
        return tf.transpose(tf.reshape(x, (b, -1, self.h, self.d // self.h)), perm=[0, 2, 1, 3])

    def call(self, x):
        q, k, v = self.heads(self.q(x)), self.heads(self.k(x)), self.heads(self.v(x))
        s = tf.matmul(q, k, transpose_b=True)
        if self.scale:
            s = s / tf.math.sqrt(tf.cast(tf.shape(k)[-1], tf.float32))
        a = tf.matmul(tf.nn.softmax(s, axis=-1), v)
        a = tf.transpose(a, [0, 2, 1, 3])
        return self.o(tf.reshape(a, (tf.shape(x)[0], -1, self.d)))


class MHA2(MHA):
    def call(self, x):
        t = x.shape[1]
        q, k, v = (ops.reshape(f(x), (-1, t, self.h, self.d // self.h)) for f in (self.q, self.k, self.v))
        s = ops.einsum("bqhd,bkhd->bhqk", q, k) * (self.d // self.h) ** -0.5
        return self.o(ops.reshape(ops.einsum("bhqk,bkhd->bqhd", ops.softmax(s, -1), v), (-1, t, self.d)))


class MHA4(MHA):
    def call(self, x):
        t = x.shape[1]
        q, k, v = (ops.reshape(f(x), (-1, t, self.h, self.d // self.h)) for f in (self.q, self.k, self.v))
        s = ops.einsum("bqhd,bkhd->bhqk", q, k) * (self.d // self.h) ** -0.5
        return self.o(ops.reshape(ops.einsum("bhqk,bkhd->bhqd", ops.softmax(s, -1), v), (-1, t, self.d)))


P.family(
    "heads by transpose, by einsum",
    layer(MHA, WORDS),
    layer(MHA2, WORDS),
    {
        "no scale": layer(lambda: MHA(scale=False), WORDS),
        "heads not put back": layer(MHA4, WORDS),
        "four heads": layer(lambda: MHA(h=4), WORDS),
    },
)


class MHA3(MHA):
    def call(self, x):
        qs, ks, vs = (ops.split(f(x), self.h, axis=-1) for f in (self.q, self.k, self.v))
        outs = []
        for q, k, v in zip(qs, ks, vs, strict=True):
            w = ops.softmax(ops.matmul(q, ops.transpose(k, (0, 2, 1))) / np.sqrt(self.d // self.h))
            outs.append(ops.matmul(w, v))
        return self.o(ops.concatenate(outs, -1))


P.same("heads in a loop of splits", layer(MHA3, WORDS), layer(lambda: MHA3(), WORDS))


# causal
def cau(x, how=0):
    a = L.MultiHeadAttention(2, 3)
    if how == 0:
        return a(x, x, use_causal_mask=True)
    if how == 1:
        return a(x, x, attention_mask=np.tril(np.ones((1, 7, 7), bool)))
    if how == 2:
        return a(x, x, attention_mask=tf.linalg.band_part(tf.ones((1, 7, 7)), -1, 0))
    if how == 3:
        return a(x, x, attention_mask=np.triu(np.ones((1, 7, 7), bool)))
    return a(x, x)


P.family(
    "causal by a mask of ones",
    net(cau, WORDS),
    net(partial(cau, how=1), WORDS),
    {"upper": net(partial(cau, how=3), WORDS), "none": net(partial(cau, how=4), WORDS)},
)
P.same("causal by band_part", net(cau, WORDS), net(partial(cau, how=2), WORDS))

# masks
P.family(
    "mask handed on by hand",
    words(lambda x: L.LSTM(3)(L.Embedding(9, 4)(x), mask=ops.not_equal(x, 0)), (7,)),
    words(lambda x: L.LSTM(3)(L.Embedding(9, 4, mask_zero=True)(x)), (7,)),
    {"none": words(lambda x: L.LSTM(3)(L.Embedding(9, 4)(x)), (7,))},
)
P.same(
    "mask by compute_mask",
    words(lambda x: (lambda e: L.LSTM(3)(e(x), mask=e.compute_mask(x)))(L.Embedding(9, 4, mask_zero=True)), (7,)),
    words(lambda x: L.LSTM(3)(L.Embedding(9, 4, mask_zero=True)(x)), (7,)),
)
P.same(
    "padding masked by hand",
    net(lambda x: L.GRU(3)(x, mask=ops.any(ops.not_equal(x, 0.0), axis=-1)), WORDS),
    net(lambda x: L.GRU(3)(L.Masking()(x)), WORDS),
)


# recurrent
class Unrolled(KerasLayer):
    def __init__(self, n=4, cell=L.SimpleRNNCell, seq=False):
        super().__init__()
        self.c = cell(n)
        self.n = n
        self.seq = seq

    def call(self, x):
        h = [ops.zeros((ops.shape(x)[0], self.n))]
        outs = []
        for t in range(x.shape[1]):
            o, h = self.c(x[:, t], h)
            outs.append(o)
        return ops.stack(outs, axis=1) if self.seq else o


class Unrolled2(Unrolled):
    def call(self, x):
        state = [tf.zeros((tf.shape(x)[0], self.n))]
        for step in tf.unstack(x, axis=1):
            out, state = self.c(step, states=state)
        return out


P.family(
    "cell in a loop",
    layer(Unrolled, WORDS),
    layer(Unrolled2, WORDS),
    {"GRU": layer(lambda: Unrolled(cell=L.GRUCell), WORDS)},
)
P.family(
    "backwards by reversing",
    net(lambda x: L.LSTM(3)(x[:, ::-1]), WORDS),
    net(lambda x: L.LSTM(3, go_backwards=True)(x), WORDS),
    {"forwards": net(lambda x: L.LSTM(3)(x), WORDS)},
)
P.same(
    "backwards by tf.reverse",
    net(lambda x: L.LSTM(3)(t(lambda y: tf.reverse(y, [1]), x)), WORDS),
    net(lambda x: L.LSTM(3)(ops.flip(x, 1)), WORDS),
)
P.family(
    "both directions summed",
    net(lambda x: L.Add()([L.GRU(3)(x), L.GRU(3, go_backwards=True)(x)]), WORDS),
    net(lambda x: L.Bidirectional(L.GRU(3), merge_mode="sum")(x), WORDS),
    {
        "concat": net(lambda x: L.Bidirectional(L.GRU(3))(x), WORDS),
        "mul": net(lambda x: L.Bidirectional(L.GRU(3), merge_mode="mul")(x), WORDS),
    },
)
P.family(
    "repeat vector",
    net(lambda x: L.LSTM(4, return_sequences=True)(L.RepeatVector(5)(L.LSTM(3)(x))), WORDS),
    net(lambda x: L.LSTM(4, return_sequences=True)(ops.repeat(ops.expand_dims(L.LSTM(3)(x), 1), 5, axis=1)), WORDS),
    {"6": net(lambda x: L.LSTM(4, return_sequences=True)(L.RepeatVector(6)(L.LSTM(3)(x))), WORDS)},
)
P.same(
    "repeat by tile",
    net(lambda x: L.LSTM(4)(L.RepeatVector(5)(L.LSTM(3)(x))), WORDS),
    net(lambda x: L.LSTM(4)(t(lambda y: tf.tile(y[:, None, :], [1, 5, 1]), L.LSTM(3)(x))), WORDS),
)


# activations
class PR(KerasLayer):
    def build(self, s):
        self.a = self.add_weight(shape=(1, 1, s[-1]), initializer="zeros")

    def call(self, x):
        return tf.maximum(0.0, x) + self.a * tf.minimum(0.0, x)


class PR2(PR):
    def call(self, x):
        return ops.relu(x) - self.a * ops.relu(-x)


P.family(
    "PReLU by hand",
    layer(PR, IMAGE),
    layer(PR2, IMAGE),
    {"sign": layer(type("PR3", (PR,), {"call": lambda self, x: ops.relu(x) + self.a * ops.relu(-x)}), IMAGE)},
)
P.same("PReLU and its layer", layer(PR, IMAGE), net(lambda x: L.PReLU(shared_axes=[1, 2])(x), IMAGE))
P.family(
    "gelu by tanh, in another way",
    net(
        lambda x: L.Dense(
            3, activation=lambda t: 0.5 * t * (1 + tf.tanh(math.sqrt(2 / math.pi) * (t + 0.044715 * tf.pow(t, 3))))
        )(x)
    ),
    net(lambda x: lam(lambda t: ops.gelu(t, approximate=True))(L.Dense(3)(x))),
    {"exact": net(lambda x: L.Dense(3, activation="gelu")(x))},
)
P.same(
    "gelu by erf",
    net(lambda x: L.Dense(3, activation=lambda t: t * 0.5 * (1.0 + tf.math.erf(t / tf.sqrt(2.0))))(x)),
    net(lambda x: L.Dense(3, activation="gelu")(x)),
)
P.family(
    "leaky by argument",
    net(lambda x: L.Dense(3, activation=lambda t: keras.activations.relu(t, negative_slope=0.1))(x)),
    net(lambda x: L.LeakyReLU(0.1)(L.Dense(3)(x))),
    {"default": net(lambda x: L.Dense(3, activation=tf.nn.leaky_relu)(x))},
)
P.same(
    "softmax by exp",
    net(lambda x: lam(lambda t: tf.exp(t) / tf.reduce_sum(tf.exp(t), axis=-1, keepdims=True))(L.Dense(3)(x))),
    net(lambda x: L.Dense(3, activation="softmax")(x)),
)
P.same(
    "softmax stable",
    net(
        lambda x: lam(
            lambda t: (lambda e: e / ops.sum(e, -1, keepdims=True))(ops.exp(t - ops.max(t, -1, keepdims=True)))
        )(L.Dense(3)(x))
    ),
    net(lambda x: L.Dense(3, activation="softmax")(x)),
)
P.differ(
    "softmax over the batch",
    net(lambda x: lam(lambda t: tf.exp(t) / tf.reduce_sum(tf.exp(t), axis=0, keepdims=True))(L.Dense(3)(x))),
    net(lambda x: L.Dense(3, activation="softmax")(x)),
)

# Dropout
P.family(
    "dropout before or after flatten",
    net(lambda x: L.Dense(2)(L.Flatten()(L.Dropout(0.3)(x))), IMAGE),
    net(lambda x: L.Dense(2)(L.Dropout(0.3)(L.Flatten()(x))), IMAGE),
    {
        "rate": net(lambda x: L.Dense(2)(L.Dropout(0.7)(L.Flatten()(x))), IMAGE),
        "after Dense": net(lambda x: L.Dropout(0.3)(L.Dense(2)(L.Flatten()(x))), IMAGE),
    },
)
P.same(
    "spatial dropout by noise shape",
    net(lambda x: L.Conv2D(2, 1)(L.SpatialDropout2D(0.3)(x)), IMAGE),
    net(lambda x: L.Conv2D(2, 1)(L.Dropout(0.3, noise_shape=(None, 1, 1, 3))(x)), IMAGE),
)


class DropIf(KerasModel):
    def __init__(self, inv=False, always=False):
        super().__init__()
        self.a, self.d, self.b, self.inv, self.always = L.Dense(5, "relu"), L.Dropout(0.5), L.Dense(2), inv, always

    def call(self, x, training=None):
        x = self.a(x)
        if self.always or bool(training) != self.inv:
            x = self.d(x, training=True)
        return self.b(x)


P.family(
    "dropout if training",
    model(DropIf),
    net(lambda x: L.Dense(2)(L.Dropout(0.5)(L.Dense(5, "relu")(x)))),
    {"inverted": model(lambda: DropIf(inv=True)), "always": model(lambda: DropIf(always=True))},
)


class TfDrop(KerasModel):
    def __init__(self, rate=0.5):
        super().__init__()
        self.a, self.b, self.rate = L.Dense(5, "relu"), L.Dense(2), rate

    def call(self, x, training=False):
        x = self.a(x)
        if training:
            x = tf.nn.dropout(x, rate=self.rate)
        return self.b(x)


P.family("dropout by tf.nn", model(TfDrop), model(lambda: TfDrop(0.5)), {"rate": model(lambda: TfDrop(0.2))})
P.same(
    "dropout by tf.nn and the layer", model(TfDrop), net(lambda x: L.Dense(2)(L.Dropout(0.5)(L.Dense(5, "relu")(x))))
)
# rescale
P.family(
    "uint8 cast and divided",
    net(lambda x: L.Conv2D(2, 1)(t(lambda y: tf.cast(y, tf.float32) / 255.0, x)), IMAGE, dtype="uint8"),
    net(lambda x: L.Conv2D(2, 1)(L.Rescaling(1 / 255)(x)), IMAGE, dtype="uint8"),
    {"not divided": net(lambda x: L.Conv2D(2, 1)(t(lambda y: tf.cast(y, tf.float32), x)), IMAGE, dtype="uint8")},
)
P.same(
    "(x - 0.5) * 2",
    net(lambda x: L.Conv2D(2, 1)((x - 0.5) * 2), IMAGE),
    net(lambda x: L.Conv2D(2, 1)(L.Rescaling(2.0, offset=-1.0)(x)), IMAGE),
)
P.same(
    "rescale twice",
    net(lambda x: L.Conv2D(2, 1)(L.Rescaling(2.0, offset=-1.0)(L.Rescaling(1 / 255)(x))), IMAGE),
    net(lambda x: L.Conv2D(2, 1)(L.Rescaling(1 / 127.5, offset=-1)(x)), IMAGE),
)
# others
P.family(
    "maxout, in another way",
    net(lambda x: L.Dense(2)(ops.max(ops.reshape(L.Dense(8)(x), (-1, 4, 2)), axis=-1))),
    net(lambda x: L.Dense(2)(t(lambda y: tf.reduce_max(tf.reshape(y, [tf.shape(y)[0], 4, 2]), axis=2), L.Dense(8)(x)))),
    {"other axis": net(lambda x: L.Dense(2)(ops.max(ops.reshape(L.Dense(8)(x), (-1, 2, 4)), axis=1)))},
)
P.family(
    "channel shuffle, in another way",
    net(
        lambda x: L.Conv2D(2, 1)(
            t(
                lambda y: tf.reshape(tf.transpose(tf.reshape(y, [-1, 8, 8, 2, 3]), [0, 1, 2, 4, 3]), [-1, 8, 8, 6]),
                L.Conv2D(6, 1)(x),
            )
        ),
        IMAGE,
    ),
    net(
        lambda x: L.Conv2D(2, 1)(
            L.Reshape((8, 8, 6))(L.Permute((1, 2, 4, 3))(L.Reshape((8, 8, 2, 3))(L.Conv2D(6, 1)(x))))
        ),
        IMAGE,
    ),
    {
        "three groups": net(
            lambda x: L.Conv2D(2, 1)(
                L.Reshape((8, 8, 6))(L.Permute((1, 2, 4, 3))(L.Reshape((8, 8, 3, 2))(L.Conv2D(6, 1)(x))))
            ),
            IMAGE,
        ),
        "not shuffled": net(lambda x: L.Conv2D(2, 1)(L.Conv2D(6, 1)(x)), IMAGE),
    },
)
P.family(
    "stop gradient",
    net(lambda x: L.Dense(2)(t(tf.stop_gradient, L.Dense(3)(x)))),
    net(lambda x: L.Dense(2)(ops.stop_gradient(L.Dense(3)(x)))),
    {"none": net(lambda x: L.Dense(2)(L.Dense(3)(x)))},
)
P.family(
    "cosine by Dot",
    net(lambda a, b: L.Dot(axes=1, normalize=True)([a, b]), ROW, ROW),
    net(
        lambda a, b: t(
            lambda a, b: tf.reduce_sum(tf.math.l2_normalize(a, -1) * tf.math.l2_normalize(b, -1), -1, keepdims=True),
            a,
            b,
        ),
        ROW,
        ROW,
    ),
    {"not normalized": net(lambda a, b: L.Dot(axes=1)([a, b]), ROW, ROW)},
)
P.same(
    "dot by sum",
    net(lambda a, b: L.Dot(axes=1)([a, b]), ROW, ROW),
    net(lambda a, b: t(lambda a, b: tf.reduce_sum(tf.multiply(a, b), axis=1, keepdims=True), a, b), ROW, ROW),
)
P.family(
    "l2 normalize",
    net(lambda x: L.UnitNormalization()(L.Dense(4)(x))),
    net(lambda x: t(lambda y: tf.nn.l2_normalize(y, axis=1), L.Dense(4)(x))),
    {"none": net(lambda x: L.Dense(4)(x))},
)
