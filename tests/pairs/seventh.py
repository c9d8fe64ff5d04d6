"""Attention of channels and places, norms of groups, masks and kernels by hand: a seventh round, with its mistakes."""

# The code here is students' own, as they write it: no types, no docstrings.

from __future__ import annotations

import numpy as np
import tensorflow as tf
from keras import Sequential, ops
from keras import layers as L  # noqa: N812

from pairs import IMAGE, ROW, WORDS, KerasLayer, Pairs, conv, net

P = Pairs()


# 1 attention of channels, then of places, whose units may all be dead with some numbers
class Cbam(KerasLayer):
    def __init__(self, n):
        super().__init__()
        self.mlp = Sequential([L.Dense(n // 2, activation="relu", use_bias=False), L.Dense(n, use_bias=False)])
        self.places = L.Conv2D(1, 5, padding="same", use_bias=False)

    def call(self, x):
        mean = self.mlp(tf.reduce_mean(x, axis=[1, 2], keepdims=True))
        most = self.mlp(tf.reduce_max(x, axis=[1, 2], keepdims=True))
        x = x * tf.nn.sigmoid(mean + most)
        maps = tf.concat([tf.reduce_mean(x, -1, keepdims=True), tf.reduce_max(x, -1, keepdims=True)], -1)
        return x * tf.nn.sigmoid(self.places(maps))


def cbam(order=1, act="sigmoid"):
    def f(x):
        y = conv(4, 3)(x)
        one, two = L.Dense(2, "relu", use_bias=False), L.Dense(4, use_bias=False)
        mean = two(one(L.Reshape((1, 1, 4))(L.GlobalAveragePooling2D()(y))))
        most = two(one(L.Reshape((1, 1, 4))(L.GlobalMaxPool2D()(y))))
        y = L.Multiply()([y, L.Activation(act)(L.Add()([mean, most]))])
        maps = L.Concatenate()([ops.mean(y, -1, keepdims=True), ops.max(y, -1, keepdims=True)][::order])
        places = L.Conv2D(1, 5, padding="same", use_bias=False)(maps)
        return L.Multiply()([y, L.Activation("sigmoid")(places)])

    return net(f, IMAGE)


P.family(
    "attention of channels and places", net(lambda x: Cbam(4)(conv(4, 3)(x)), IMAGE), cbam(),
    {"another gate": cbam(act="hard_sigmoid"), "order of the two maps": cbam(order=-1)},
)  # fmt: skip


# 2 a norm of groups, its weights kept as vectors
class GroupNorm(KerasLayer):
    def __init__(self, groups, eps=1e-3):
        super().__init__()
        self.groups, self.eps = groups, eps

    def build(self, shape):
        self.gamma = self.add_weight(shape=(1, 1, 1, shape[-1]), initializer="ones")
        self.beta = self.add_weight(shape=(1, 1, 1, shape[-1]), initializer="zeros")

    def call(self, x):
        _, h, w, c = x.shape
        y = ops.reshape(x, (-1, h, w, self.groups, c // self.groups))
        mean = ops.mean(y, axis=(1, 2, 4), keepdims=True)
        spread = ops.var(y, axis=(1, 2, 4), keepdims=True)
        y = (y - mean) / ops.sqrt(spread + self.eps)
        return ops.reshape(y, (-1, h, w, c)) * self.gamma + self.beta


P.alike(
    "group norm by hand", net(lambda x: L.GroupNormalization(2)(conv(4, 3)(x)), IMAGE),
    net(lambda x: GroupNorm(2)(conv(4, 3)(x)), IMAGE),
    {"each channel": net(lambda x: GroupNorm(4)(conv(4, 3)(x)), IMAGE)},
)  # fmt: skip


# 3 learned places, a weight or a table
class Places(KerasLayer):
    def build(self, shape):
        self.table = self.add_weight(shape=(1, shape[1], shape[2]), initializer="uniform")

    def call(self, x):
        return x + self.table[:, : tf.shape(x)[1]]


class Table(KerasLayer):
    def __init__(self, join=tf.add):
        super().__init__()
        self.table, self.join = L.Embedding(7, 5), join

    def call(self, x):
        return self.join(x, self.table(tf.range(7)))


P.alike(
    "learned places by a weight or a table", net(lambda x: L.Dense(3)(Places()(x)), WORDS),
    net(lambda x: L.Dense(3)(Table()(x)), WORDS),
    {"multiplied": net(lambda x: L.Dense(3)(Table(tf.multiply)(x)), WORDS)},
)  # fmt: skip


# 4 a mask by hand, handed to the layer that a Masking would tell
def masked(by_hand=True):
    def f(x):
        if not by_hand:
            return L.LSTM(3)(L.Masking()(x))
        mask = ops.any(ops.not_equal(x, 0.0), axis=-1)
        return L.LSTM(3)(x, mask=mask)

    return net(f, WORDS)


P.family("a mask of zeros by hand", masked(by_hand=False), masked(), {"no mask": net(lambda x: L.LSTM(3)(x), WORDS)})

# 5 a kernel of numbers, in TensorFlow's words and in Keras's
SOBEL = np.array([[1, 0, -1], [2, 0, -2], [1, 0, -1]], "float32")


def edges(kernel=SOBEL, by_tensorflow=False):
    def f(x):
        w = np.repeat(kernel[:, :, None, None], 3, 2)
        if by_tensorflow:
            x = L.Lambda(lambda t: tf.nn.depthwise_conv2d(t, w, [1, 1, 1, 1], "SAME"))(x)
        else:
            x = ops.depthwise_conv(x, w, 1, "same")
        return L.Dense(2)(L.Flatten()(x))

    return net(f, IMAGE)


P.alike("edges by a kernel of numbers", edges(), edges(by_tensorflow=True), {"turned": edges(SOBEL.T)})


# 6 kernels standardized before they serve
class Standardized(KerasLayer):
    def build(self, shape):
        self.kernel = self.add_weight(shape=(3, 3, shape[-1], 4), initializer="glorot_uniform")
        self.bias = self.add_weight(shape=(4,), initializer="zeros")

    def call(self, x):
        mean = ops.mean(self.kernel, axis=(0, 1, 2), keepdims=True)
        spread = ops.var(self.kernel, axis=(0, 1, 2), keepdims=True)
        return ops.nn.conv(x, (self.kernel - mean) / ops.sqrt(spread + 1e-5), padding="same") + self.bias


class StandardizedConv(L.Conv2D):
    def convolution_op(self, inputs, kernel):
        mean, spread = tf.nn.moments(kernel, axes=[0, 1, 2], keepdims=True)
        return ops.conv(inputs, (kernel - mean) / tf.sqrt(spread + 1e-5), padding="same")


P.alike(
    "standardized kernels", net(lambda x: Standardized()(x), IMAGE),
    net(lambda x: StandardizedConv(4, 3, padding="same")(x), IMAGE),
    {"plain ones": net(lambda x: conv(4, 3)(x), IMAGE)},
)  # fmt: skip


# 7 additive attention that a state asks for
class Additive(KerasLayer):
    def __init__(self, n):
        super().__init__()
        self.of_query, self.of_values, self.score = L.Dense(n), L.Dense(n), L.Dense(1)

    def call(self, query, values):
        scores = self.score(tf.nn.tanh(self.of_query(tf.expand_dims(query, 1)) + self.of_values(values)))
        return tf.reduce_sum(tf.nn.softmax(scores, axis=1) * values, axis=1)


def by_layers(axis=1):
    def f(x):
        words, h = L.GRU(4, return_sequences=True, return_state=True)(x)
        both = L.Add()([L.Dense(3)(L.RepeatVector(1)(h)), L.Dense(3)(words)])
        weights = L.Softmax(axis=axis)(L.Dense(1)(L.Activation("tanh")(both)))
        return L.Concatenate()([L.Flatten()(L.Dot(axes=1)([weights, words])), h])

    return net(f, WORDS)


def by_class(x):
    words, h = L.GRU(4, return_sequences=True, return_state=True)(x)
    return ops.concatenate([Additive(3)(h, words), h], axis=1)


P.alike("additive attention of a state", net(by_class, WORDS), by_layers(), {"over one place": by_layers(axis=-1)})


# 8 a sum that is also handed on as it is
def handed_on(linear, act="softplus"):
    def f(x):
        y = x + L.Dense(6)(x)
        return L.Dense(2)(L.Activation(act)(L.Activation("linear")(y) if linear else y) + y)

    return net(f, ROW)


P.family("a sum handed on", handed_on(linear=True), handed_on(linear=False), {"another step": handed_on(True, "tanh")})


# 9 columns repeated, then rows
def grown(rows=2, columns=2, turned=True):
    def f(x):
        first, then = ((columns, 2), (rows, 1)) if turned else ((rows, 1), (columns, 2))
        return conv(4, 3)(ops.repeat(ops.repeat(x, *first), *then))

    return net(f, IMAGE)


P.family("columns repeated, then rows", grown(), net(lambda x: conv(4, 3)(L.UpSampling2D()(x)), IMAGE),
         {"rows as often as columns": grown(4, 1)})  # fmt: skip
P.same("rows and columns, repeated in either order", grown(2, 3), grown(2, 3, turned=False))


# 10 a scale and a bias of one's own, kept with axes of one
class Scaled(KerasLayer):
    def __init__(self, *ones, dense=False):
        super().__init__()
        self.ones, self.dense = ones, dense

    def build(self, shape):
        if self.dense:
            self.kernel = self.add_weight(shape=(shape[-1], 4), initializer="glorot_uniform")
        self.vector = self.add_weight(shape=(*self.ones, 4), initializer="ones")

    def call(self, x):
        return tf.matmul(x, self.kernel) + self.vector if self.dense else tf.multiply(self.vector, x)


def scaled(*ones, of_sum=False):
    def f(x):
        y = conv(4, 3)(x)
        return Scaled(*ones)(y + conv(4, 3)(x)) if of_sum else Scaled(*ones)(y) + conv(4, 3)(x)

    return net(f, IMAGE)


P.family("a scale kept with axes", scaled(1, 1, 1), scaled(), {"of the sum": scaled(of_sum=True)})
P.same("a bias kept with an axis", net(lambda x: Scaled(1, dense=True)(x)), net(lambda x: L.Dense(4)(x)))
