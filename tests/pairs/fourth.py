"""Pyramids, mixers, graphs and tokens of a second course, written twice."""

# The code here is students' own, as they write it: no types, no docstrings.

from __future__ import annotations

from functools import partial

import keras
import numpy as np
import tensorflow as tf
from keras import layers as L  # noqa: N812
from keras import ops

from pairs import IMAGE, WORDS, KerasLayer, KerasModel, Pairs, layer, model, net, words

P = Pairs()


def t(f, *xs):
    return L.Lambda(f if len(xs) == 1 else (lambda them: f(*them)))(xs[0] if len(xs) == 1 else list(xs))


# FPN
class FPN(KerasModel):
    def __init__(self, merge="add", up="nearest"):
        super().__init__()
        self.c = [L.Conv2D(4 * 2**i, 3, strides=2, padding="same", activation="relu") for i in range(3)]
        self.lat = [L.Conv2D(4, 1) for _ in range(3)]
        self.up = L.UpSampling2D(2, interpolation=up)
        self.out = [L.Conv2D(4, 3, padding="same") for _ in range(3)]
        self.merge = merge

    def call(self, x):
        feats = []
        for c in self.c:
            x = c(x)
            feats.append(x)
        p = [lateral(f) for lateral, f in zip(self.lat, feats, strict=True)]
        for i in (1, 0):
            u = self.up(p[i + 1])
            p[i] = p[i] + u if self.merge == "add" else ops.maximum(p[i], u)
        return [o(q) for o, q in zip(self.out, p, strict=True)]


def fpn(x):
    c1 = L.Conv2D(4, 3, 2, "same", activation="relu")(x)
    c2 = L.Conv2D(8, 3, 2, "same", activation="relu")(c1)
    c3 = L.Conv2D(16, 3, 2, "same", activation="relu")(c2)
    p3 = L.Conv2D(4, 1)(c3)
    p2 = L.Add()(
        [t(lambda y: tf.image.resize(y, [2, 2], method=tf.image.ResizeMethod.NEAREST_NEIGHBOR), p3), L.Conv2D(4, 1)(c2)]
    )
    p1 = L.Add()([L.UpSampling2D()(p2), L.Conv2D(4, 1)(c1)])
    return [L.Conv2D(4, 3, padding="same")(p) for p in (p1, p2, p3)]


P.family(
    "feature pyramid, in another way",
    model(FPN, IMAGE),
    net(fpn, IMAGE),
    {"max": model(lambda: FPN("max"), IMAGE), "bilinear": model(lambda: FPN(up="bilinear"), IMAGE)},
)


# ASPP
class ASPP(KerasLayer):
    def __init__(self, rates=(1, 2, 3), pool=True):
        super().__init__()
        self.b = [L.Conv2D(3, 3, padding="same", dilation_rate=r, activation="relu") for r in rates]
        self.p = L.Conv2D(3, 1)
        self.o = L.Conv2D(2, 1)
        self.pool = pool

    def call(self, x):
        h, w = x.shape[1], x.shape[2]
        y = [b(x) for b in self.b]
        if self.pool:
            y.append(tf.image.resize(self.p(tf.reduce_mean(x, [1, 2], keepdims=True)), (h, w)))
        return self.o(tf.concat(y, axis=-1))


def aspp(x, rates=(1, 2, 3)):
    g = L.Reshape((1, 1, 3))(L.GlobalAveragePooling2D()(x))
    g = L.UpSampling2D((8, 8), interpolation="bilinear")(L.Conv2D(3, 1)(g))
    return L.Conv2D(2, 1)(
        L.Concatenate()([*(L.Conv2D(3, 3, padding="same", dilation_rate=r, activation="relu")(x) for r in rates), g])
    )


P.family(
    "pyramid of dilations",
    layer(ASPP, IMAGE),
    net(aspp, IMAGE),
    {"rates": net(lambda x: aspp(x, (1, 2, 4)), IMAGE), "no pool": layer(lambda: ASPP(pool=False), IMAGE)},
)


# ViT
class Patches(KerasLayer):
    def __init__(self, how=0):
        super().__init__()
        self.proj = L.Conv2D(6, 4, 4)
        self.how = how
        self.pos = L.Embedding(5, 6)

    def build(self, s):
        self.cls = self.add_weight(shape=(1, 1, 6), initializer="zeros", name="cls")

    def call(self, x):
        y = self.proj(x)
        b = tf.shape(x)[0]
        y = tf.reshape(y, [b, 4, 6]) if self.how != 1 else ops.reshape(y, (-1, y.shape[1] * y.shape[2], y.shape[3]))
        c = (
            tf.broadcast_to(self.cls, [b, 1, 6])
            if self.how == 0
            else ops.repeat(self.cls, b, axis=0)
            if self.how == 1
            else tf.tile(self.cls, [b, 1, 1])
        )
        y = tf.concat([y, c] if self.how == 3 else [c, y], axis=1)
        return y + self.pos(tf.range(5)) if self.how != 1 else ops.add(y, self.pos(ops.arange(5)))


P.differ("a token at the end", layer(Patches, IMAGE), layer(lambda: Patches(3), IMAGE))
P.same("a token by a tile", layer(Patches, IMAGE), layer(lambda: Patches(2), IMAGE))


# MLP mixer
class Mixer(KerasLayer):
    def __init__(self, how=0):
        super().__init__()
        self.n1, self.n2 = L.LayerNormalization(), L.LayerNormalization()
        self.t1, self.t2 = L.Dense(9, "gelu"), L.Dense(7)
        self.c1, self.c2 = L.Dense(10, "gelu"), L.Dense(5)
        self.how = how

    def call(self, x):
        y = self.n1(x)
        y = tf.transpose(y, [0, 2, 1]) if self.how != 2 else y
        y = self.t2(self.t1(y)) if self.how != 2 else L.Dense(5)(y)
        x = x + tf.transpose(y, [0, 2, 1])
        return x + self.c2(self.c1(self.n2(x if self.how != 3 else y)))


def mixer(x, skip=True, act="gelu"):
    y = L.Permute((2, 1))(L.LayerNormalization()(x))
    y = L.Permute((2, 1))(L.Dense(7)(L.Dense(9, activation=act)(y)))
    x = L.Add()([x, y]) if skip else y
    z = L.Dense(5)(L.Dense(10, activation="gelu")(L.LayerNormalization()(x)))
    return L.Add()([z, x])


P.family(
    "mixer",
    layer(Mixer, WORDS),
    net(mixer, WORDS),
    {"no skip": net(lambda x: mixer(x, False), WORDS), "relu": net(lambda x: mixer(x, act="relu"), WORDS)},
)

# GCN
A = np.eye(7, dtype="float32") * 0.5 + np.eye(7, k=1, dtype="float32") * 0.25 + np.eye(7, k=-1, dtype="float32") * 0.25


class GCN(KerasLayer):
    def __init__(self, how=0, a=A):
        super().__init__()
        self.d = L.Dense(4, use_bias=False)
        self.how, self.a = how, a

    def call(self, x):
        h = self.d(x)
        h = (
            tf.matmul(tf.constant(self.a), h)
            if self.how == 0
            else ops.einsum("ij,bjf->bif", self.a, h)
            if self.how == 1
            else ops.matmul(self.a, h)
        )
        return tf.nn.relu(h) if self.how == 0 else ops.relu(h)


class GCN2(GCN):
    def call(self, x):
        return ops.relu(self.d(ops.matmul(self.a, x)))


P.family(
    "graph convolution",
    layer(GCN, WORDS),
    layer(lambda: GCN(2), WORDS),
    {"other graph": layer(lambda: GCN(2, np.eye(7, dtype="float32")), WORDS)},
)
P.same("graph convolution by einsum", layer(GCN, WORDS), layer(lambda: GCN(1), WORDS))
P.same("aggregated first", layer(GCN, WORDS), layer(GCN2, WORDS))


# NeRF, Fourier
class Nerf(KerasLayer):
    def __init__(self, n=3):
        super().__init__()
        self.n = n

    def call(self, x):
        out = [x]
        for i in range(self.n):
            for f in (tf.sin, tf.cos):
                out.append(f(2.0**i * x))  # noqa: PERF401
        return tf.concat(out, -1)


class Nerf2(Nerf):
    def call(self, x):
        return ops.concatenate([x, *(f(x * 2**i) for i in range(self.n) for f in (ops.sin, ops.cos))], axis=-1)


P.family(
    "frequencies",
    net(lambda x: L.Dense(3)(Nerf()(x))),
    net(lambda x: L.Dense(3)(Nerf2()(x))),
    {"fewer": net(lambda x: L.Dense(3)(Nerf(2)(x)))},
)
B = np.random.default_rng(3).normal(size=(6, 4)).astype("float32")
P.family(
    "Fourier features",
    net(lambda x: L.Dense(3)(ops.concatenate([ops.sin(ops.matmul(x, B)), ops.cos(ops.matmul(x, B))], -1))),
    net(lambda x: L.Dense(3)(t(lambda y: (lambda p: tf.concat([tf.sin(p), tf.cos(p)], -1))(tf.matmul(y, B)), x))),
    {
        "other": net(
            lambda x: L.Dense(3)(ops.concatenate([ops.sin(ops.matmul(x, 2 * B)), ops.cos(ops.matmul(x, 2 * B))], -1))
        )
    },
)


# norm by hand
class LN(KerasLayer):
    def __init__(self, eps=1e-3):
        super().__init__()
        self.eps = eps

    def build(self, s):
        self.gamma = self.add_weight(shape=(s[-1],), initializer="ones")
        self.beta = self.add_weight(shape=(s[-1],), initializer="zeros")

    def call(self, x):
        m, v = tf.nn.moments(x, axes=[-1], keepdims=True)
        return self.gamma * (x - m) / tf.sqrt(v + self.eps) + self.beta


class LN2(LN):
    def call(self, x):
        m = ops.mean(x, -1, keepdims=True)
        s = ops.mean(ops.square(x - m), -1, keepdims=True)
        return (x - m) * ops.rsqrt(s + self.eps) * self.gamma + self.beta


class LN3(LN):
    def call(self, x):
        m, v = tf.nn.moments(x, [-1], keepdims=True)
        return tf.nn.batch_normalization(x, m, v, self.beta, self.gamma, self.eps)


P.family(
    "layer norm by moments",
    layer(LN, WORDS),
    net(lambda x: L.LayerNormalization()(x), WORDS),
    {"eps": layer(lambda: LN(1e-6), WORDS)},
)
P.same("layer norm by means", layer(LN2, WORDS), net(lambda x: L.LayerNormalization()(x), WORDS))


# inverted residual with condition
class IR(KerasLayer):
    def __init__(self, cout, stride=1, expand=2):
        super().__init__()
        self.cout, self.stride, self.expand = cout, stride, expand

    def build(self, s):
        cin = s[-1]
        self.e = L.Conv2D(cin * self.expand, 1, use_bias=False)
        self.d = L.DepthwiseConv2D(3, self.stride, padding="same", use_bias=False)
        self.p = L.Conv2D(self.cout, 1, use_bias=False)
        self.n = [L.BatchNormalization() for _ in range(3)]
        self.res = self.stride == 1 and cin == self.cout
        super().build(s)

    def call(self, x, training=False):
        y = tf.nn.relu6(self.n[0](self.e(x), training=training))
        y = tf.nn.relu6(self.n[1](self.d(y), training=training))
        y = self.n[2](self.p(y), training=training)
        return x + y if self.res else y


def ir(x, cout, stride=1, skip=None, last=False):
    cin = x.shape[-1]
    y = L.ReLU(6.0)(L.BatchNormalization()(L.Conv2D(cin * 2, 1, use_bias=False)(x)))
    y = L.ReLU(6.0)(L.BatchNormalization()(L.DepthwiseConv2D(3, stride, "same", use_bias=False)(y)))
    y = L.BatchNormalization()(L.Conv2D(cout, 1, use_bias=False)(y))
    y = L.ReLU(6.0)(y) if last else y
    return L.Add()([x, y]) if (stride == 1 and cin == cout if skip is None else skip) else y


P.family(
    "inverted residuals",
    net(lambda x: IR(5, 2)(IR(3)(x)), IMAGE),
    net(lambda x: ir(ir(x, 3), 5, 2), IMAGE),
    {
        "no skip": net(lambda x: ir(ir(x, 3, skip=False), 5, 2), IMAGE),
        "activated": net(lambda x: ir(ir(x, 3, last=True), 5, 2), IMAGE),
    },
)

# causal
P.family(
    "causal by tf.pad",
    net(lambda x: L.Conv1D(4, 3)(t(lambda y: tf.pad(y, [[0, 0], [2, 0], [0, 0]]), x)), WORDS),
    net(lambda x: L.Conv1D(4, 3, padding="causal")(x), WORDS),
    {
        "same": net(lambda x: L.Conv1D(4, 3, padding="same")(x), WORDS),
        "late": net(lambda x: L.Conv1D(4, 3)(t(lambda y: tf.pad(y, [[0, 0], [0, 2], [0, 0]]), x)), WORDS),
    },
)


# Luong decoder
def luong(a, b, how=0):
    enc, h, c = L.LSTM(4, return_sequences=True, return_state=True)(a)
    dec = L.LSTM(4, return_sequences=True)(b, initial_state=[h, c])
    if how == 0:
        s = L.Activation("softmax")(L.Dot(axes=[2, 2])([dec, enc]))
        ctx = L.Dot(axes=[2, 1])([s, enc])
    elif how == 1:
        ctx = L.Attention()([dec, enc])
    elif how == 2:
        ctx = t(lambda d, e: tf.matmul(tf.nn.softmax(tf.matmul(d, e, transpose_b=True)), e), dec, enc)
    elif how == 3:
        ctx = L.Attention()([enc, dec])
    return L.TimeDistributed(L.Dense(3, activation="softmax"))(
        L.Concatenate()([ctx, dec] if how != 4 else [dec, L.Attention()([dec, enc])])
    )


P.family(
    "Luong by Dot",
    net(luong, WORDS, WORDS),
    net(partial(luong, how=1), WORDS, WORDS),
    {"roles": net(partial(luong, how=3), WORDS, WORDS), "order": net(partial(luong, how=4), WORDS, WORDS)},
)
P.same("Luong by matmul", net(luong, WORDS, WORDS), net(partial(luong, how=2), WORDS, WORDS))


# conditional
def cond(y, how=0):
    e = L.Embedding(9, 16)(y)
    e = L.Reshape((4, 4, 1))(e) if how != 1 else t(lambda z: tf.reshape(z, (-1, 4, 4, 1)), e)
    return L.Conv2D(2, 3)(e)


P.same("label as a plane", words(cond, (1,)), words(partial(cond, how=1), (1,)))

# seq
P.family(
    "rows of an image",
    net(lambda x: L.LSTM(4)(L.TimeDistributed(L.Flatten())(L.Conv2D(3, 3, padding="same")(x))), IMAGE),
    net(lambda x: L.LSTM(4)(L.Reshape((8, 24))(L.Conv2D(3, 3, padding="same")(x))), IMAGE),
    {
        "columns": net(
            lambda x: L.LSTM(4)(L.Reshape((8, 24))(L.Permute((2, 1, 3))(L.Conv2D(3, 3, padding="same")(x)))), IMAGE
        )
    },
)
P.same(
    "columns by transpose",
    net(
        lambda x: L.LSTM(4)(
            t(lambda y: tf.reshape(tf.transpose(y, [0, 2, 1, 3]), [-1, 8, 24]), L.Conv2D(3, 3, padding="same")(x))
        ),
        IMAGE,
    ),
    net(lambda x: L.LSTM(4)(L.Reshape((8, 24))(L.Permute((2, 1, 3))(L.Conv2D(3, 3, padding="same")(x)))), IMAGE),
)


# noise
class Noise(KerasModel):
    def __init__(self, s=0.1, always=False):
        super().__init__()
        self.a = L.Dense(3)
        self.s, self.always = s, always

    def call(self, x, training=None):
        if training or self.always:
            x = x + tf.random.normal(tf.shape(x), stddev=self.s)
        return self.a(x)


P.family(
    "noise in training",
    model(Noise),
    model(lambda: Noise(0.1)),
    {"always": model(lambda: Noise(always=True)), "more": model(lambda: Noise(0.2))},
)


# lookup
class Look(KerasLayer):
    def build(self, s):
        self.table = self.add_weight(shape=(9, 4), initializer="uniform")

    def call(self, x):
        return tf.reduce_mean(tf.nn.embedding_lookup(self.table, x), axis=1)


class Look2(Look):
    def call(self, x):
        return tf.reduce_mean(tf.gather(self.table, x), 1)


class Look3(Look):
    def call(self, x):
        return tf.reduce_sum(tf.gather(self.table, x), 1)


P.family(
    "table looked up",
    layer(Look, (7,), dtype="int32"),
    words(lambda x: L.GlobalAveragePooling1D()(L.Embedding(9, 4)(x)), (7,)),
    {"sum": layer(Look3, (7,), dtype="int32")},
)
P.same("gathered", layer(Look2, (7,), dtype="int32"), layer(Look, (7,), dtype="int32"))


# masked mean
class MM(KerasModel):
    def __init__(self):
        super().__init__()
        self.e = L.Embedding(9, 4)

    def call(self, x):
        m = tf.cast(tf.not_equal(x, 0), tf.float32)[:, :, None]
        return tf.reduce_sum(self.e(x) * m, 1) / tf.reduce_sum(m, 1)


class MM2(MM):
    def call(self, x):
        m = ops.expand_dims(ops.cast(ops.not_equal(x, 0), "float32"), -1)
        return ops.divide(ops.sum(ops.multiply(m, self.e(x)), axis=1), ops.sum(m, axis=1))


P.family(
    "masked mean",
    model(MM, (7,), dtype="int32"),
    model(MM2, (7,), dtype="int32"),
    {"not masked": words(lambda x: L.GlobalAveragePooling1D()(L.Embedding(9, 4)(x)), (7,))},
)


# tied autoencoder
class TiedAE(KerasModel):
    def __init__(self):
        super().__init__()
        self.enc = L.Dense(3, "relu")

    def build(self, s):
        self.enc.build(s)
        self.b = self.add_weight(shape=(s[-1],), initializer="zeros")
        self.built = True

    def call(self, x):
        return tf.nn.sigmoid(tf.matmul(self.enc(x), tf.transpose(self.enc.kernel)) + self.b)


class TiedAE2(TiedAE):
    def call(self, x):
        return ops.sigmoid(ops.matmul(self.enc(x), ops.transpose(self.enc.kernel)) + self.b)


class TiedAE3(TiedAE):
    def call(self, x):
        return ops.sigmoid(ops.matmul(self.enc(x), ops.transpose(self.enc.kernel)))


P.family("tied autoencoder", model(TiedAE), model(TiedAE2), {"no bias": model(TiedAE3)})
# stacked heads
P.family(
    "heads stacked",
    net(lambda x: ops.stack([L.Dense(3)(x), L.Dense(3)(x), L.Dense(3)(x)], axis=1)),
    net(lambda x: L.Concatenate(axis=1)([L.Reshape((1, 3))(L.Dense(3)(x)) for _ in range(3)])),
    {"last axis": net(lambda x: ops.stack([L.Dense(3)(x) for _ in range(3)], axis=2))},
)


# build-time nested
class Lazy(KerasLayer):
    def __init__(self, n):
        super().__init__()
        self.n = n

    def build(self, s):
        self.inner = keras.Sequential([L.Dense(s[-1], activation="relu") for _ in range(self.n)])
        self.inner.build(s)

    def call(self, x):
        return self.inner(x) + x


P.family(
    "sublayers of build",
    layer(lambda: Lazy(2)),
    net(lambda x: L.Add()([x, L.Dense(6, "relu")(L.Dense(6, "relu")(x))])),
    {"three": layer(lambda: Lazy(3))},
)
P.same(
    "tf.keras",
    lambda: tf.keras.Sequential(
        [
            tf.keras.Input((6,)),
            tf.keras.layers.Dense(4, activation=tf.keras.activations.tanh),
            tf.keras.layers.Dropout(0.2),
            tf.keras.layers.Dense(2),
        ]
    ),
    net(lambda x: L.Dense(2)(L.Dropout(0.2)(L.Dense(4, "tanh")(x)))),
)


class Wrap(L.Wrapper):
    def call(self, x):
        return 0.5 * (x + self.layer(x))


P.family(
    "a wrapper",
    net(lambda x: Wrap(L.Dense(6))(x)),
    net(lambda x: L.Average()([x, L.Dense(6)(x)])),
    {"sum": net(lambda x: L.Add()([x, L.Dense(6)(x)]))},
)
# settings
P.same(
    "upper case",
    net(lambda x: L.Conv2D(4, 3, padding="SAME", activation="relu")(x), IMAGE),
    net(lambda x: L.Conv2D(4, (3, 3), padding="same", activation=ops.relu)(x), IMAGE),
)
P.differ("constraint", net(lambda x: L.Dense(3, kernel_constraint="non_neg")(x)), net(lambda x: L.Dense(3)(x)))
P.differ(
    "pooling strides",
    net(lambda x: L.Conv2D(2, 1)(L.MaxPool2D(2, 1)(x)), IMAGE),
    net(lambda x: L.Conv2D(2, 1)(L.MaxPool2D(2)(x)), IMAGE),
)
P.differ(
    "groups",
    net(lambda x: L.Conv2D(4, 3, groups=2)(L.Conv2D(4, 1)(x)), IMAGE),
    net(lambda x: L.Conv2D(4, 3)(L.Conv2D(4, 1)(x)), IMAGE),
)
P.differ(
    "a causal mask forgotten",
    net(lambda x: L.Attention()([x, x], use_causal_mask=True), WORDS),
    net(lambda x: L.Attention()([x, x]), WORDS),
)
P.differ(
    "relu on the wrong branch",
    net(lambda x: L.Add()([L.Dense(4, "relu")(x), L.Dense(4)(x)])),
    net(lambda x: L.ReLU()(L.Add()([L.Dense(4)(x), L.Dense(4)(x)]))),
)
P.differ(
    "LSTM returns",
    net(lambda x: L.Dense(2)(L.LSTM(3, return_sequences=True)(x)), WORDS),
    net(lambda x: L.Dense(2)(L.LSTM(3)(x)), WORDS),
)
P.differ(
    "reversed twice or once",
    net(lambda x: L.GRU(3, go_backwards=True)(x[:, ::-1]), WORDS),
    net(lambda x: L.GRU(3, go_backwards=True)(x), WORDS),
)
P.same(
    "reversed twice", net(lambda x: L.GRU(3, go_backwards=True)(x[:, ::-1]), WORDS), net(lambda x: L.GRU(3)(x), WORDS)
)
P.same(
    "Dense over pixels and rows",
    net(lambda x: L.Reshape((8, 8, 4))(L.Dense(4)(L.Reshape((64, 3))(x))), IMAGE),
    net(lambda x: L.Dense(4)(x), IMAGE),
)
P.same(
    "both by Bidirectional of return_sequences summed",
    net(lambda x: L.Bidirectional(L.LSTM(3, return_sequences=True), merge_mode="ave")(x), WORDS),
    net(
        lambda x: L.Average()(
            [L.LSTM(3, return_sequences=True)(x), L.LSTM(3, return_sequences=True, go_backwards=True)(x)[:, ::-1]]
        ),
        WORDS,
    ),
)
P.differ(
    "not turned back",
    net(lambda x: L.Bidirectional(L.LSTM(3, return_sequences=True), merge_mode="ave")(x), WORDS),
    net(
        lambda x: L.Average()(
            [L.LSTM(3, return_sequences=True)(x), L.LSTM(3, return_sequences=True, go_backwards=True)(x)]
        ),
        WORDS,
    ),
)
