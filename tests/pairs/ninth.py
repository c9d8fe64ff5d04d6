"""Cells and layers of one's own inside Keras's, penalties on what layers give, weighted sums: a ninth round."""

# The code here is students' own, as they write it: no types, no docstrings.

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf
from keras import Sequential, ops
from keras import layers as L  # noqa: N812

from pairs import ROW, WORDS, KerasLayer, Pairs, net

P = Pairs()


# 1 a recurrent layer by a cell of one's own, that says nothing of its code in its configuration
def cell(act=ops.tanh, kept=0.0, wide=3):
    class Cell(KerasLayer):
        def __init__(self, n=wide):
            super().__init__()
            self.state_size = self.output_size = self.n = n

        def build(self, shape):
            self.of_input = self.add_weight(shape=(shape[-1], self.n), initializer="glorot_uniform")
            self.of_state = self.add_weight(shape=(self.n, self.n), initializer="orthogonal")
            self.bias = self.add_weight(shape=(self.n,), initializer="zeros")

        def call(self, x, states):
            h = act(ops.matmul(x, self.of_input) + ops.matmul(states[0], self.of_state) + self.bias)
            h = h if not kept else (1 - kept) * h + kept * states[0]
            return h, [h]

    return Cell()


def by_cell(*cells, **said):
    return net(lambda x: L.RNN(list(cells) if len(cells) > 1 else cells[0], **said)(x), WORDS)


P.same("a cell of matrices", by_cell(cell()), by_cell(cell(tf.tanh)))
for what, wrong in {
    "no activation": cell(lambda t: t),
    "another activation": cell(ops.relu),
    "that keeps a half": cell(kept=0.5),
}.items():
    P.differ(f"a cell of matrices: {what}", by_cell(wrong), by_cell(cell()))
P.differ("a cell of matrices: sequences", by_cell(cell(), return_sequences=True), by_cell(cell()))
P.differ("two cells, one of one's own: no activation", by_cell(cell(lambda t: t), L.LSTMCell(3)),
         by_cell(cell(), L.LSTMCell(3)))  # fmt: skip
P.differ("two cells, one of one's own: turned", by_cell(L.LSTMCell(3), cell()), by_cell(cell(), L.LSTMCell(3)))
P.alike("a cell of one's own, for SimpleRNN", by_cell(cell()), net(lambda x: L.SimpleRNN(3)(x), WORDS),
        {"no activation": by_cell(cell(lambda t: t)), "that keeps a half": by_cell(cell(kept=0.5))})  # fmt: skip
P.alike("two cells, one of one's own, for two layers", by_cell(cell(), L.LSTMCell(3)),
        net(lambda x: L.LSTM(3)(L.SimpleRNN(3, return_sequences=True)(x)), WORDS))  # fmt: skip


class OfLayers(KerasLayer):
    def __init__(self, n, act="tanh"):
        super().__init__()
        self.state_size = self.output_size = n
        self.one, self.other = L.Dense(n), L.Dense(n, use_bias=False)
        self.act = keras.activations.get(act)

    def call(self, x, states):
        h = self.act(self.one(x) + self.other(states[0]))
        return h, [h]


P.alike("a cell of layers", net(lambda x: L.RNN(OfLayers(3))(x), WORDS), net(lambda x: L.SimpleRNN(3)(x), WORDS),
        {"another activation": net(lambda x: L.RNN(OfLayers(3, "sigmoid"))(x), WORDS)})  # fmt: skip


# 2 a cell and layers that are called as Keras's are
def doubling(base: Any, name: str, factor: float = 2.0) -> Any:
    def call(self, x, *rest, **said):
        return base.call(self, x * factor, *rest, **said)

    return type(name, (base,), {"call": call})


P.differ("a cell called LSTMCell", net(lambda x: L.RNN(doubling(L.LSTMCell, "LSTMCell")(3))(x), WORDS),
         net(lambda x: L.LSTM(3)(x), WORDS))  # fmt: skip
P.differ("a Dense called Dense, at each place", net(lambda x: L.TimeDistributed(doubling(L.Dense, "Dense")(3))(x),
         WORDS), net(lambda x: L.TimeDistributed(L.Dense(3))(x), WORDS))  # fmt: skip


class Factor(KerasLayer):
    def __init__(self, factor: float) -> None:
        super().__init__()
        self.factor = factor

    def call(self, x):
        return x * self.factor


P.differ("a factor at each place", net(lambda x: L.TimeDistributed(Sequential([L.Dense(3), Factor(2.0)]))(x), WORDS),
         net(lambda x: L.TimeDistributed(Sequential([L.Dense(3), Factor(3.0)]))(x), WORDS))  # fmt: skip


# 3 a penalty on what a layer gives, before or after its activation
def penalized(how="l2", of="dense", act="relu"):
    def f(x):
        if of == "dense":
            return L.Dense(2)(L.Dense(4, act, activity_regularizer=how)(x))
        y = L.Dense(4, activity_regularizer=how if of == "sum" else None)(x)
        if of == "activation":
            return L.Dense(2)(L.Activation(act, activity_regularizer=how)(y))
        y = L.Activation(act)(y)
        return L.Dense(2)(L.ActivityRegularization(l2=0.01)(y) if of == "layer" else y)

    return net(f, ROW)


P.family("a penalty on what comes out", penalized(), penalized(of="layer"), {
    "before the activation": penalized(of="sum"), "none": penalized(of="none"), "another": penalized("l1"),
    "a larger one": penalized(keras.regularizers.L2(0.1)),
})  # fmt: skip
P.same("a penalty on an activation", penalized(), penalized(of="activation"))
P.differ("a penalty of one's own", penalized(lambda t: 0.1 * ops.sum(t)), penalized(lambda t: 0.2 * ops.sum(t)))


# 4 states weighed and summed
def weighed(way="sum", axis=1):
    def f(x):
        h = L.GRU(4, return_sequences=True)(x)
        score = L.Dense(1)(h)
        if way == "einsum":
            return ops.einsum("bt,btd->bd", ops.softmax(score[..., 0], -1), h)
        if way == "Dot":
            weights = L.Softmax()(L.Flatten()(score))
            return L.Flatten()(L.Dot(axes=(1, 1))([L.Reshape((7, 1))(weights), h]))
        return (ops.mean if way == "mean" else ops.sum)(ops.softmax(score, axis=axis) * h, axis=1)

    return net(f, WORDS)


P.family("states weighed and summed", weighed(), weighed("einsum"),
         {"their mean": weighed("mean"), "over one place": weighed(axis=-1)})  # fmt: skip
P.same("states weighed by a Dot", weighed("Dot"), weighed())
