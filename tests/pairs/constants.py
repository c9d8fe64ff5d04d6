"""Constants count wherever they stand: in a list of tensors, in an equation, as an index, as a size, as an axis."""

# The code here is students' own, as they write it: no types, no docstrings.

from __future__ import annotations

import numpy as np
import tensorflow as tf
from keras import layers as L  # noqa: N812
from keras import ops

from pairs import WORDS, KerasLayer, Pairs, layer, net

P = Pairs()
MATRIX = np.random.default_rng(1).normal(size=(7, 7)).astype("float32")


class Takes(KerasLayer):
    def __init__(self, function, number):
        super().__init__()
        self.function, self.number = function, number

    def call(self, x):
        return self.function(x, self.number)


def block(c, width=2):
    return np.full((1, 7, width), c, "float32")


def both(name, function, number=1, other=2):
    P.differ(name, layer(lambda: Takes(function, number), WORDS), layer(lambda: Takes(function, other), WORDS))


both("a tile concatenated", lambda x, c: tf.concat([x, tf.tile(block(c), [tf.shape(x)[0], 1, 1])], -1))
both(
    "a tile concatenated, in Keras", lambda x, c: ops.concatenate([x, ops.tile(block(c), [ops.shape(x)[0], 1, 1])], -1)
)
both("a constant stacked", lambda x, c: ops.stack([x, x * 0 + block(c, 1)], 1))
both("a fill concatenated", lambda x, c: tf.concat([x, tf.fill(tf.shape(x), float(c))], -1))
both("ones concatenated", lambda x, c: tf.concat([x, c * tf.ones_like(x)], -1))
both("a matrix before, by einsum", lambda x, c: tf.einsum("ij,bjf->bif", c * MATRIX, x))
both("a matrix after, by einsum", lambda x, c: tf.einsum("bif,ij->bjf", x, c * MATRIX))
both("a matrix by tensordot", lambda x, c: ops.tensordot(x, c * MATRIX[:5], axes=[[2], [0]]))
both("a matrix by matmul", lambda x, c: ops.matmul(x, c * MATRIX[:5]))
both("a matrix by tf.linalg", lambda x, c: tf.linalg.matmul(x, c * MATRIX[:5]))
both("a threshold", lambda x, c: tf.where(x > c, x, 0.5))
both("what stands instead", lambda x, c: ops.where(ops.greater(x, 0), float(c), x))
both("places gathered", lambda x, c: tf.gather(x, [c - 1, c], axis=1))
both("places taken", lambda x, c: ops.take(x, [c - 1, c], axis=1))
both("a table of constants", lambda x, c: ops.take(c * MATRIX[:5], ops.cast(x, "int32"), axis=0))
both("bounds", lambda x, c: ops.clip(x, -c, c))
both("a roll", lambda x, c: ops.roll(x, c, axis=1))
both("a slice", lambda x, c: tf.slice(x, [0, c, 0], [-1, 3, 5]))
both("a range of places", lambda x, c: tf.concat([x[:, :c], x], 1))
both("an axis summed along", lambda x, c: ops.cumsum(x, axis=c))
both("an axis sorted along", lambda x, c: ops.sort(x, axis=c))
both("how many of the largest", lambda x, c: tf.math.top_k(x, k=c)[0])
both("the order of a norm", lambda x, c: tf.norm(x, ord=c, axis=-1))
both("an axis of the largest", lambda x, c: tf.one_hot(tf.argmax(x, axis=c), 7))
both("a base", lambda x, c: tf.math.pow(float(c + 1), x))
both("a choice", lambda x, c: tf.where(c > 1.5, x, -x))

P.same(
    "a matrix before, twice",
    layer(lambda: Takes(lambda x, c: tf.einsum("ij,bjf->bif", c * MATRIX, x), 2), WORDS),
    net(lambda x: ops.matmul(2 * MATRIX, x), WORDS),
)
P.same(
    "a tile concatenated, twice",
    layer(lambda: Takes(lambda x, c: tf.concat([x, tf.tile(block(c), [tf.shape(x)[0], 1, 1])], -1), 2), WORDS),
    net(lambda x: L.Lambda(lambda y: ops.concatenate([y, ops.tile(block(2), [ops.shape(y)[0], 1, 1])], -1))(x), WORDS),
)
