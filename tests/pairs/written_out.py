"""Layers of Keras written out by hand: as loops, by their moments, with masks and noise of one's own."""

# The code here is students' own, as they write it: no types, no docstrings.

from __future__ import annotations

import tensorflow as tf
from keras import layers as L  # noqa: N812
from keras import ops

from pairs import IMAGE, WORDS, KerasLayer, Pairs, layer, net, words

P = Pairs()


class LN(KerasLayer):
    def build(self, s):
        self.g = self.add_weight(shape=(s[-1],), initializer="ones")
        self.b = self.add_weight(shape=(s[-1],), initializer="zeros")

    def call(self, x):
        m, v = tf.nn.moments(x, axes=[-1], keepdims=True)
        return tf.nn.batch_normalization(x, m, v, self.b, self.g, 1e-3)


P.family(
    "moments of each row",
    layer(LN, WORDS),
    net(lambda x: L.LayerNormalization()(x), WORDS),
    {"eps": net(lambda x: L.LayerNormalization(epsilon=1e-6)(x), WORDS)},
)


class Noise(KerasLayer):
    def __init__(self, s=0.1):
        super().__init__()
        self.s = s

    def call(self, x, training=False):
        if training:
            return x + tf.random.normal(tf.shape(x), stddev=self.s)
        return x


P.family(
    "noise by hand",
    layer(Noise),
    net(lambda x: L.GaussianNoise(0.1)(x)),
    {"std": net(lambda x: L.GaussianNoise(0.3)(x)), "none": net(lambda x: x)},
)


class Drop(KerasLayer):
    def call(self, x, training=False):
        return tf.nn.dropout(x, rate=0.3) if training else x


P.family("dropout by hand", layer(Drop), net(lambda x: L.Dropout(0.3)(x)), {"rate": net(lambda x: L.Dropout(0.5)(x))})


class MM(KerasLayer):
    def call(self, x):
        m = ops.cast(ops.any(ops.not_equal(x, 0), axis=-1, keepdims=True), "float32")
        return ops.sum(x * m, 1) / ops.sum(m, 1)


def mm2(x):
    return L.GlobalAveragePooling1D()(L.Masking()(x))


P.alike(
    "a masked mean",
    layer(MM, WORDS),
    net(mm2, WORDS),
    {"unmasked": net(lambda x: L.GlobalAveragePooling1D()(x), WORDS)},
)


class MM3(KerasLayer):
    def __init__(self):
        super().__init__()
        self.e = L.Embedding(20, 4)

    def call(self, t):
        m = tf.cast(tf.not_equal(t, 0), tf.float32)[:, :, tf.newaxis]
        return tf.reduce_sum(self.e(t) * m, axis=1) / tf.reduce_sum(m, axis=1)


P.alike(
    "a masked mean of words",
    layer(MM3, (7,), dtype="int32"),
    words(lambda t: L.GlobalAveragePooling1D()(L.Embedding(20, 4, mask_zero=True)(t)), (7,)),
    {"unmasked": words(lambda t: L.GlobalAveragePooling1D()(L.Embedding(20, 4)(t)), (7,))},
)


class Loop(KerasLayer):
    def __init__(self, cell, seq=False):
        super().__init__()
        self.cell = cell
        self.seq = seq

    def call(self, x):
        b = tf.shape(x)[0]
        s = self.cell.state_size
        s = s if isinstance(s, (list, tuple)) else [s]
        h = [tf.zeros((b, k)) for k in s]
        out = []
        for t in range(x.shape[1]):
            y, h = self.cell(x[:, t], h)
            out.append(y)
        return ops.stack(out, axis=1) if self.seq else y


def looped(cell, seq=False):
    return layer(lambda: Loop(cell(4), seq), WORDS)


def recurrent(lay, **settings):
    return net(lambda x: lay(4, **settings)(x), WORDS)


CELLS = (("simple", L.SimpleRNNCell, L.SimpleRNN), ("lstm", L.LSTMCell, L.LSTM), ("gru", L.GRUCell, L.GRU))
for kind, cell, lay in CELLS:
    backwards = recurrent(lay, go_backwards=True)
    P.alike(f"{kind} looped", looped(cell), recurrent(lay), {"backwards": backwards, "sequences": looped(cell, True)})
    P.alike(f"{kind} looped, sequences", looped(cell, True), recurrent(lay, return_sequences=True))


class HandRNN(KerasLayer):
    def build(self, s):
        self.w = self.add_weight(shape=(s[-1], 4))
        self.u = self.add_weight(shape=(4, 4))
        self.b = self.add_weight(shape=(4,), initializer="zeros")

    def call(self, x):
        h = tf.zeros((tf.shape(x)[0], 4))
        for t in range(x.shape[1]):
            h = tf.tanh(x[:, t, :] @ self.w + h @ self.u + self.b)
        return h


P.alike(
    "a recurrence in matrices",
    layer(HandRNN, WORDS),
    net(lambda x: L.SimpleRNN(4)(x), WORDS),
    {"relu": net(lambda x: L.SimpleRNN(4, activation="relu")(x), WORDS)},
)


class HandLSTM(KerasLayer):
    def __init__(self, act=tf.tanh):
        super().__init__()
        self.act = act

    def build(self, s):
        self.w = self.add_weight(shape=(s[-1], 16))
        self.u = self.add_weight(shape=(4, 16))
        self.b = self.add_weight(shape=(16,), initializer="zeros")

    def call(self, x):
        h = tf.zeros((tf.shape(x)[0], 4))
        c = h
        for t in range(x.shape[1]):
            z = tf.matmul(x[:, t, :], self.w) + tf.matmul(h, self.u) + self.b
            i, f, g, o = tf.split(z, 4, axis=-1)
            c = tf.sigmoid(f) * c + tf.sigmoid(i) * self.act(g)
            h = tf.sigmoid(o) * self.act(c)
        return h


P.alike(
    "an LSTM in matrices",
    layer(HandLSTM, WORDS),
    net(lambda x: L.LSTM(4)(x), WORDS),
    {"relu": layer(lambda: HandLSTM(tf.nn.relu), WORDS)},
)


class HandLSTM4(KerasLayer):
    def __init__(self):
        super().__init__()
        self.gates = [L.Dense(4) for _ in range(4)]
        self.rec = [L.Dense(4, use_bias=False) for _ in range(4)]

    def call(self, x):
        h = tf.zeros((tf.shape(x)[0], 4))
        c = h
        for t in range(x.shape[1]):
            i, f, g, o = [a(x[:, t]) + b(h) for a, b in zip(self.gates, self.rec, strict=True)]
            c = tf.sigmoid(f) * c + tf.sigmoid(i) * tf.tanh(g)
            h = tf.sigmoid(o) * tf.tanh(c)
        return h


P.alike("an LSTM in denses", layer(HandLSTM4, WORDS), net(lambda x: L.LSTM(4)(x), WORDS))

TOKENS = {
    0: lambda c, x, b: ops.repeat(c, b, axis=0),
    1: lambda c, x, b: tf.repeat(c, b, axis=0),
    2: lambda c, x, b: tf.tile(c, [b, 1, 1]),
    3: lambda c, x, b: ops.broadcast_to(c, (b, 1, x.shape[-1])),
    4: lambda c, x, b: ops.repeat(c, repeats=ops.shape(x)[0], axis=0),
    5: lambda c, x, b: tf.repeat(c, repeats=tf.shape(x)[0], axis=0),
    6: lambda c, x, b: ops.tile(c, [b, 1, 1]),
    7: lambda c, x, b: c + tf.zeros_like(x[:, :1]),
    8: lambda c, x, b: tf.repeat(c, [b], axis=0),
    9: lambda c, x, b: ops.repeat(c, x.shape[0] or b, 0),
}


class Tok(KerasLayer):
    def __init__(self, how):
        super().__init__()
        self.how = how

    def build(self, s):
        self.c = self.add_weight(shape=(1, 1, s[-1]), initializer="zeros")

    def call(self, x):
        return ops.concatenate([TOKENS[self.how](self.c, x, tf.shape(x)[0]), x], axis=1)


def token(how):
    return layer(lambda: Tok(how), WORDS)


for how in (1, 2, 3, 4, 5, 6, 8, 9):
    P.same(f"a token for each example, way {how}", token(0), token(how))
P.alike("a token for each example, a sum", layer(lambda: Tok(0), WORDS), layer(lambda: Tok(7), WORDS))


# A normalization by its moments, over the batch's own axis or channels
class Instance(KerasLayer):
    def __init__(self, axes=(1, 2)):
        super().__init__()
        self.axes = axes

    def call(self, x):
        m, v = tf.nn.moments(x, self.axes, keepdims=True)
        return (x - m) / tf.sqrt(v + 1e-3)


P.alike(
    "normalized in each image",
    layer(Instance, IMAGE),
    net(lambda x: L.GroupNormalization(-1, center=False, scale=False)(x), IMAGE),
    {"over channels": layer(lambda: Instance((3,)), IMAGE)},
)


# A hand-made multi-head attention
class Heads(KerasLayer):
    def __init__(self, d=8, h=2, scaled=True):
        super().__init__()
        self.q, self.k, self.v, self.o = L.Dense(d), L.Dense(d), L.Dense(d), L.Dense(5)
        self.h, self.scaled = h, scaled

    def cut(self, x):
        return ops.transpose(ops.reshape(x, (-1, 7, self.h, 4)), (0, 2, 1, 3))

    def call(self, x):
        q, k, v = self.cut(self.q(x)), self.cut(self.k(x)), self.cut(self.v(x))
        s = ops.matmul(q, ops.transpose(k, (0, 1, 3, 2)))
        if self.scaled:
            s = s / 2.0
        y = ops.transpose(ops.matmul(ops.softmax(s), v), (0, 2, 1, 3))
        return self.o(ops.reshape(y, (-1, 7, 8)))


P.alike(
    "heads by hand",
    layer(Heads, WORDS),
    net(lambda x: L.MultiHeadAttention(2, 4)(x, x), WORDS),
    {
        "not scaled": layer(lambda: Heads(scaled=False), WORDS),
        "one head": net(lambda x: L.MultiHeadAttention(1, 8)(x, x), WORDS),
    },
)
