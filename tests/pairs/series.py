"""Volumes, series, several inputs, attention, activations and shapes: a second course in other hands."""

# The code here is students' own, as they write it: no types, no docstrings.

from __future__ import annotations

from functools import partial

import keras
import numpy as np
import tensorflow as tf
from keras import layers as L  # noqa: N812
from keras import ops

from pairs import IMAGE, ROW, WORDS, KerasLayer, KerasModel, Pairs, layer, model, net, words

P = Pairs()
VOLUME, SERIES = (4, 6, 6, 2), (12, 3)


# --- Three axes and one -----------------------------------------------------------------------------------------------


class Voxels(KerasModel):
    def __init__(self):
        super().__init__()
        self.c = L.Conv3D(4, 3, padding="same")
        self.p = L.MaxPooling3D((1, 2, 2))
        self.d = L.Dense(2)

    def call(self, v):
        v = self.p(tf.nn.elu(self.c(v)))
        return self.d(tf.reduce_mean(v, axis=[1, 2, 3]))


def voxels(v, pool=(1, 2, 2), act="elu", end=L.GlobalAveragePooling3D):
    return L.Dense(2)(end()(L.MaxPooling3D(pool)(L.Conv3D(4, 3, padding="same", activation=act)(v))))


P.family(
    "volumes",
    model(Voxels, VOLUME),
    net(voxels, VOLUME),
    {
        "cubes": net(partial(voxels, pool=2), VOLUME),
        "relu": net(partial(voxels, act="relu"), VOLUME),
        "flat": net(partial(voxels, end=L.Flatten), VOLUME),
    },
)


class Temporal(KerasLayer):
    def __init__(self, dilation=2, causal=True):
        super().__init__()
        self.c = L.Conv1D(3, 3, dilation_rate=dilation, padding="causal" if causal else "same")

    def call(self, s):
        return ops.relu(self.c(s) + s)


P.family(
    "a temporal block",
    layer(Temporal, SERIES),
    net(lambda s: L.ReLU()(L.Add()([s, L.Conv1D(3, 3, dilation_rate=2, padding="causal")(s)])), SERIES),
    {
        "not causal": layer(lambda: Temporal(causal=False), SERIES),
        "not dilated": layer(lambda: Temporal(dilation=1), SERIES),
    },
)
P.family(
    "the last step by index",
    net(lambda s: L.Dense(2)(L.LSTM(4, return_sequences=True)(s)[:, -1, :]), SERIES),
    net(lambda s: L.Dense(2)(L.LSTM(4)(s)), SERIES),
    {
        "the first": net(lambda s: L.Dense(2)(L.LSTM(4, return_sequences=True)(s)[:, 0, :]), SERIES),
        "their mean": net(lambda s: L.Dense(2)(ops.mean(L.LSTM(4, return_sequences=True)(s), axis=1)), SERIES),
    },
)
P.same(
    "the mean over time",
    net(lambda s: L.Dense(2)(L.Lambda(lambda y: tf.reduce_mean(y, 1))(L.GRU(4, return_sequences=True)(s))), SERIES),
    net(lambda s: L.Dense(2)(L.GlobalAveragePooling1D()(L.GRU(4, return_sequences=True)(s))), SERIES),
)


# --- Several inputs and outputs, sharing, words -----------------------------------------------------------------------


class Two(KerasModel):
    def __init__(self, shared=True):
        super().__init__()
        self.f = L.Dense(4, activation="relu")
        self.g = self.f if shared else L.Dense(4, activation="relu")
        self.out = L.Dense(1, activation="sigmoid")

    def call(self, pair):
        a, b = pair
        u, v = self.f(a), self.g(b)
        return self.out(tf.concat([u, v, tf.abs(u - v), u * v], 1))


def two(a, b, shared=True, product=True):
    f = L.Dense(4, activation="relu")
    u, v = f(a), (f if shared else L.Dense(4, activation="relu"))(b)
    last = [L.Multiply()([v, u])] if product else [L.Add()([v, u])]
    return L.Dense(1, activation="sigmoid")(L.Concatenate()([u, v, ops.absolute(L.Subtract()([v, u])), *last]))


P.family(
    "two towers compared four ways",
    model(Two, ROW, ROW, listed=True),
    net(two, ROW, ROW),
    {
        "towers apart": net(partial(two, shared=False), ROW, ROW),
        "a sum for the product": net(partial(two, product=False), ROW, ROW),
    },
)


class Heads(KerasModel):
    def __init__(self):
        super().__init__()
        self.trunk = keras.Sequential([L.Dense(5, "gelu"), L.Dropout(0.2)])
        self.mu, self.logvar = L.Dense(2), L.Dense(2)

    def call(self, x, training=None):
        h = self.trunk(x, training=training)
        return self.mu(h), tf.exp(0.5 * self.logvar(h))


def heads(x, rate=0.2, turned=False, half=0.5):
    h = L.Dropout(rate)(L.Dense(5, activation=keras.activations.gelu)(x))
    mu, sigma = L.Dense(2)(h), ops.exp(L.Dense(2)(h) * half)
    return [sigma, mu] if turned else [mu, sigma]


P.family(
    "mean and deviation",
    model(Heads),
    net(heads),
    {
        "turned": net(partial(heads, turned=True)),
        "variance": net(partial(heads, half=1.0)),
        "another rate": net(partial(heads, rate=0.3)),
    },
)


class Bag(KerasModel):
    def __init__(self, dim=4):
        super().__init__()
        self.e = L.Embedding(20, dim)
        self.d = L.Dense(1)

    def call(self, w):
        return self.d(ops.mean(self.e(w), axis=1))


P.family(
    "a bag of words",
    model(Bag, (7,), dtype="int32"),
    words(lambda w: L.Dense(1)(L.GlobalAveragePooling1D()(L.Embedding(20, 4)(w))), (7,)),
    {
        "the largest": words(lambda w: L.Dense(1)(L.GlobalMaxPooling1D()(L.Embedding(20, 4)(w))), (7,)),
        "masked": words(lambda w: L.Dense(1)(L.GlobalAveragePooling1D()(L.Embedding(20, 4, mask_zero=True)(w))), (7,)),
    },
)
P.same(
    "words as rows of one-hots",
    words(lambda w: L.Dense(4, use_bias=False)(ops.one_hot(w, 20)), (7,)),
    words(lambda w: L.Dense(4, use_bias=False)(L.Lambda(lambda i: tf.one_hot(i, 20), output_shape=(7, 20))(w)), (7,)),
)


# --- Attention --------------------------------------------------------------------------------------------------------


class Attend(KerasLayer):
    def __init__(self, dim=4, scaled=True):
        super().__init__()
        self.q, self.k, self.v = (L.Dense(dim, use_bias=False) for _ in range(3))
        self.factor = dim**-0.5 if scaled else 1.0

    def call(self, x):
        scores = tf.matmul(self.q(x), self.k(x), transpose_b=True) * self.factor
        return tf.nn.softmax(scores, axis=-1) @ self.v(x)


def attend(x, dim=4, axis=-1, swapped=False):
    q, k, v = (L.Dense(dim, use_bias=False)(x) for _ in range(3))
    if swapped:
        k, v = v, k
    scores = ops.matmul(q, ops.transpose(k, (0, 2, 1))) / np.sqrt(dim)
    return ops.matmul(ops.softmax(scores, axis=axis), v)


P.family(
    "one head, scaled by a power",
    layer(Attend, WORDS),
    net(attend, WORDS),
    {
        "not scaled": layer(lambda: Attend(scaled=False), WORDS),
        "softmax over queries": net(partial(attend, axis=-2), WORDS),
    },
)
P.same("keys and values by another name", net(attend, WORDS), net(partial(attend, swapped=True), WORDS))


class Pooled(KerasLayer):
    def __init__(self):
        super().__init__()
        self.score = L.Dense(1)

    def call(self, x):
        a = tf.nn.softmax(self.score(tf.tanh(x)), axis=1)
        return tf.reduce_sum(a * x, axis=1)


P.family(
    "words weighed by their score",
    layer(Pooled, WORDS),
    net(lambda x: ops.sum(L.Multiply()([L.Softmax(axis=1)(L.Dense(1)(L.Activation("tanh")(x))), x]), axis=1), WORDS),
    {
        "softmax of one": net(lambda x: ops.sum(L.Softmax(axis=-1)(L.Dense(1)(ops.tanh(x))) * x, axis=1), WORDS),
        "scores of x": net(lambda x: ops.sum(L.Softmax(axis=1)(L.Dense(1)(x)) * x, axis=1), WORDS),
    },
)


# --- Activations and shapes -------------------------------------------------------------------------------------------

FORMS = {
    "relu by where": (lambda x: tf.where(x > 0, x, tf.zeros_like(x)), "relu"),
    "relu by clip": (lambda x: ops.clip(x, 0, np.inf), "relu"),
    "relu by absolute value": (lambda x: (x + abs(x)) / 2, "relu"),
    "silu by hand": (lambda x: x * tf.sigmoid(x), "silu"),
    "sigmoid by hand": (lambda x: 1 / (1 + ops.exp(-x)), "sigmoid"),
    "tanh by sigmoid": (lambda x: 2 * ops.sigmoid(2 * x) - 1, "tanh"),
    "softsign by hand": (lambda x: x / (1 + ops.abs(x)), "softsign"),
    "leaky by maximum": (lambda x: tf.maximum(0.2 * x, x), L.LeakyReLU(negative_slope=0.2)),
    "leaky by a sum of relus": (lambda x: tf.nn.relu(x) - 0.2 * tf.nn.relu(-x), L.LeakyReLU(negative_slope=0.2)),
    "relu6 by minimum": (lambda x: tf.minimum(tf.nn.relu(x), 6.0), L.ReLU(6.0)),
    "mish by hand": (lambda x: x * tf.tanh(tf.math.softplus(x)), "mish"),
    "hard sigmoid by clip": (lambda x: ops.clip(x / 6 + 0.5, 0, 1), "hard_sigmoid"),
}
for name, (by_hand, known) in FORMS.items():
    P.same(
        name,
        net(lambda x, f=by_hand: L.Dense(3)(L.Lambda(f)(L.Dense(4)(x)))),
        net(lambda x, f=known: L.Dense(3)((f if callable(f) else L.Activation(f))(L.Dense(4)(x)))),
    )
P.differ("leaky of another slope", net(lambda x: ops.maximum(0.3 * x, x)), net(lambda x: ops.maximum(0.2 * x, x)))
P.differ("minimum for maximum", net(lambda x: ops.minimum(x, 0.0)), net(lambda x: ops.maximum(x, 0.0)))
P.differ("absolute value for relu", net(lambda x: (abs(x) - x) / 2), net(lambda x: (abs(x) + x) / 2))


class Patches(KerasLayer):
    def __init__(self, side=4):
        super().__init__()
        self.side, self.d = side, L.Dense(6)

    def call(self, x):
        n, s = 8 // self.side, self.side
        x = tf.reshape(x, (-1, n, s, n, s, 3))
        x = tf.transpose(x, (0, 1, 3, 2, 4, 5))
        return self.d(tf.reshape(x, (-1, n * n, s * s * 3)))


class PatchesOps(Patches):
    def call(self, x):
        n, s = 8 // self.side, self.side
        x = ops.transpose(ops.reshape(x, (-1, n, s, n, s, 3)), [0, 1, 3, 2, 4, 5])
        return self.d(ops.reshape(x, (-1, n * n, s * s * 3)))


class PatchesWrong(Patches):
    def call(self, x):
        n, s = 8 // self.side, self.side
        return self.d(tf.reshape(x, (-1, n * n, s * s * 3)))


P.family(
    "patches by a transpose",
    layer(Patches, IMAGE),
    layer(PatchesOps, IMAGE),
    {"not transposed": layer(PatchesWrong, IMAGE)},
)
P.same(
    "two halves and their order",
    net(lambda x: L.Dense(2)(ops.concatenate([x[:, 3:], x[:, :3]], -1))),
    net(lambda x: L.Dense(2)(ops.concatenate(ops.split(x, 2, -1)[::-1], -1))),
)
P.differ(
    "halves in place",
    net(lambda x: L.Dense(2)(ops.concatenate([x[:, 3:], x[:, :3]], -1))),
    net(lambda x: L.Dense(2)(x)),
)
P.same(
    "flat by its sizes",
    net(
        lambda x: L.Dense(2)(
            L.Lambda(lambda y: tf.reshape(y, [tf.shape(y)[0], y.shape[1] * y.shape[2] * y.shape[3]]))(x)
        ),
        IMAGE,
    ),
    net(lambda x: L.Dense(2)(L.Flatten()(x)), IMAGE),
)
