"""Networks that compute the same have one signature, and those that do not have others: families of each.

Of a family of dresses, all are equal. Of a family of mistakes, each differs from all the others. That families are what
they claim is checked by their numbers: the same weights, the same examples.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from itertools import combinations
from typing import Any

import msgspec
import numpy as np
import pytest

from autograder.networks.signature import signature
from autograder.wire.messages import Network
from autograder.worker.keras.reader import read_model

pytestmark = pytest.mark.tensorflow

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
keras = pytest.importorskip("keras")
tf = pytest.importorskip("tensorflow")
L, ops = keras.layers, keras.ops

KerasModel: Any = keras.Model
KerasLayer: Any = keras.layers.Layer
Make = Callable[[], Any]
IMAGE, ROW, WORDS = (8, 8, 3), (6,), (7, 5)


def net(function: Callable[[Any], Any], shape: tuple[int, ...] = ROW) -> Make:
    """A functional model of what `function` does."""

    def make() -> Any:
        x = keras.Input(shape)
        return keras.Model(x, function(x))

    return make


def own(function: Callable[..., Any], shape: tuple[int, ...] = ROW, **parts: Callable[[], Any]) -> Make:
    """A model around a layer of the student's own: `function(self, x)` with these sublayers."""

    class Own(KerasLayer):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            for name, part in parts.items():
                setattr(self, name, part())

        def call(self, x: Any) -> Any:
            return function(self, x)

    return lambda: keras.Sequential([keras.Input(shape), Own()])


def sub(function: Callable[..., Any], shape: tuple[int, ...] = ROW, **parts: Callable[[], Any]) -> Make:
    """A subclassed model, never called."""

    class Sub(KerasModel):  # type: ignore[misc]
        autograder_shape = shape

        def __init__(self) -> None:
            super().__init__()
            for name, part in parts.items():
                setattr(self, name, part())

        def call(self, x: Any, training: Any = None) -> Any:
            return function(self, x, training) if function.__code__.co_argcount == 3 else function(self, x)

    return Sub


def act(function: Any) -> Make:
    return net(L.Dense(4, activation=function))


def after(function: Callable[[Any], Any], shape: tuple[int, ...] = ROW) -> Make:
    return net(lambda x: function(L.Dense(4)(x)), shape)


def read(make: Make) -> Network:
    model = make()
    network = read_model(model, getattr(type(model), "autograder_shape", None))
    return msgspec.json.decode(msgspec.json.encode(network), type=Network)


class Weighted(KerasLayer):  # type: ignore[misc]
    """A Dense of the student's own."""

    def __init__(self, product: Callable[[Any, Any], Any], *, bias: bool = True) -> None:
        super().__init__()
        self.product, self.has_bias = product, bias

    def build(self, shape: Any) -> None:
        self.w = self.add_weight(shape=(shape[-1], 4), name="mine")
        self.b = self.add_weight(shape=(4,), initializer="zeros") if self.has_bias else None

    def call(self, x: Any) -> Any:
        y = self.product(x, self.w)
        return y + self.b if self.has_bias else y


class Kernel(KerasLayer):  # type: ignore[misc]
    """A convolution of the student's own."""

    def __init__(self, convolve: Callable[[Any, Any], Any]) -> None:
        super().__init__()
        self.convolve = convolve

    def build(self, shape: Any) -> None:
        self.k = self.add_weight(shape=(3, 3, shape[-1], 4))

    def call(self, x: Any) -> Any:
        return self.convolve(x, self.k)


class Places(KerasLayer):  # type: ignore[misc]
    def __init__(self, count: Callable[[int], Any]) -> None:
        super().__init__()
        self.count, self.places = count, L.Embedding(7, 5)

    def call(self, x: Any) -> Any:
        return x + self.places(self.count(x.shape[1]))


class Halved(L.Dense):  # type: ignore[misc, name-defined]
    def call(self, x: Any) -> Any:
        return super().call(x) * 0.5


class Four(L.Dense):  # type: ignore[misc, name-defined]
    def __init__(self) -> None:
        super().__init__(4)


class Rectifier:
    def __call__(self, x: Any) -> Any:
        return tf.nn.relu(x)


def relu_by_hand(x: Any) -> Any:
    return ops.where(x > 0, x, 0.0)


def leaky(x: Any, slope: float = 0.2) -> Any:
    return ops.maximum(x, slope * x)


C = partial(L.Conv2D, 4, 3)
THREE = partial(L.Conv2D, 3, 3, padding="same")
SAME_PADDING = partial(C, padding="same")


def residual(x: Any, f: Any, g: Any) -> Any:
    return ops.relu(g(ops.relu(f(x))) + x)


class Split(KerasLayer):  # type: ignore[misc]
    """Sublayers made in build, a list of them, several arguments."""

    def build(self, *shapes: Any) -> None:
        self.parts = [L.Dense(4, activation="relu") for _ in range(2)]
        self.built = True

    def call(self, x: Any, times: int = 2, **options: Any) -> Any:
        for part in self.parts[:times]:
            x = part(x)
        return x * options.get("scale", 1.0)


def block(function: Callable[..., Any]) -> Make:
    """A layer of two convolutions, `f` and `g`."""
    return own(function, IMAGE, f=SAME_PADDING, g=THREE)


def lstm(function: Callable[[Any], Any]) -> Make:
    return net(function, WORDS)


def states(function: Callable[[Any, Any, Any], Any], **settings: Any) -> Make:
    return lstm(lambda x: function(*L.LSTM(3, return_state=True, **settings)(x)))


def shared(left: Any, right: Any, merge: Any = None) -> Any:
    return (merge or L.Concatenate())([left, right])


EQUAL: dict[str, list[Make]] = {
    "a ReLU": [
        act("relu"),
        act(keras.activations.relu),
        act(tf.nn.relu),
        act(lambda x: ops.relu(x)),
        act(lambda x: ops.maximum(x, 0.0)),
        act(lambda x: tf.maximum(0.0, x)),
        act(partial(keras.activations.relu, max_value=None)),
        act(Rectifier()),
        act(relu_by_hand),
        act(L.ReLU()),
        act(lambda x: x * ops.cast(x > 0, "float32")),
        after(L.ReLU()),
        after(L.Activation("relu")),
        after(L.Activation(lambda x: tf.nn.relu(x))),
        after(L.Lambda(tf.nn.relu)),
        after(L.Lambda(lambda x: keras.activations.relu(x))),
        after(lambda x: ops.relu(ops.relu(x))),
        after(L.LeakyReLU(negative_slope=0.0)),
        own(lambda self, x: tf.nn.relu(self.d(x)), d=lambda: L.Dense(4)),
        sub(lambda self, x: keras.activations.relu(self.d(x)), d=lambda: L.Dense(4)),
    ],
    "a leaky ReLU": [
        act("leaky_relu"),
        act(tf.nn.leaky_relu),
        act(leaky),
        act(partial(leaky, slope=0.2)),
        act(lambda x: tf.where(x > 0, x, 0.2 * x)),
        after(L.LeakyReLU(negative_slope=0.2)),
        after(L.ReLU(negative_slope=0.2)),
    ],
    "a sigmoid": [
        act("sigmoid"),
        act(tf.sigmoid),
        act(lambda x: 1 / (1 + ops.exp(-x))),
        act(lambda x: 1.0 / (1.0 + tf.exp(-x))),
        after(L.Activation(tf.math.sigmoid)),
    ],
    "a SiLU": [act("silu"), act("swish"), act(tf.nn.silu), act(lambda x: x * tf.sigmoid(x)), act(ops.silu)],
    "a softmax": [
        act("softmax"),
        act(tf.nn.softmax),
        after(L.Softmax()),
        after(lambda x: ops.softmax(x, axis=-1)),
        after(lambda x: ops.exp(x) / ops.sum(ops.exp(x), axis=-1, keepdims=True)),
    ],
    "a ReLU that stops at 6": [
        act("relu6"),
        act(lambda x: ops.minimum(ops.relu(x), 6.0)),
        act(lambda x: ops.clip(x, 0, 6)),
        act(tf.nn.relu6),
        after(L.ReLU(max_value=6)),
    ],
    "nothing": [
        net(L.Dense(4)),
        act("linear"),
        act(None),
        act(lambda x: x),
        after(L.Dropout(0.0)),
        after(L.Identity()),
        after(L.Lambda(lambda x: x)),
        after(lambda x: ops.cast(x, "float32")),
        after(lambda x: x * 1.0 + 0.0),
        after(lambda x: ops.squeeze(ops.expand_dims(x, 1), 1)),
        after(lambda x: L.Reshape((4,))(L.Reshape((2, 2))(x))),
        after(lambda x: x[:, :]),
        after(lambda x: L.Flatten()(L.Permute((2, 1))(L.Permute((2, 1))(L.Reshape((2, 2))(x))))),
        after(lambda x: ops.negative(-x)),
        net(Four()),
        net(Weighted(lambda x, w: x @ w)),
        net(Weighted(tf.matmul)),
        net(Weighted(lambda x, w: tf.tensordot(x, w, axes=1))),
        net(Weighted(lambda x, w: ops.einsum("bd,du->bu", x, w))),
        own(lambda self, x: self.d(x), d=lambda: L.Dense(4)),
        sub(lambda self, x: self.s(x), s=lambda: keras.Sequential([L.Dense(4)])),
    ],
    "no bias": [
        net(L.Dense(4, use_bias=False)),
        net(Weighted(ops.matmul, bias=False)),
        net(Weighted(ops.dot, bias=False)),
    ],
    "halves": [net(Halved(4)), after(L.Rescaling(0.5)), after(lambda x: x / 2), after(lambda x: ops.multiply(0.5, x))],
    "a scale": [
        net(L.Rescaling(1 / 127.5, offset=-1.0), IMAGE),
        net(lambda x: x / 127.5 - 1.0, IMAGE),
        net(lambda x: (x - 127.5) / 127.5, IMAGE),
        net(lambda x: L.Rescaling(2.0, -1.0)(L.Rescaling(1 / 255)(x)), IMAGE),
        sub(lambda self, x: tf.subtract(tf.divide(x, 127.5), 1.0), IMAGE),
        net(L.Normalization(mean=127.5, variance=127.5**2), IMAGE),
    ],
    "means a channel": [
        net(lambda x: x - np.array([0.5, 0.4, 0.3], "float32"), IMAGE),
        net(lambda x: x - tf.constant([0.5, 0.4, 0.3]), IMAGE),
        sub(lambda self, x: np.array([0.5, 0.4, 0.3], "float32") * -1 + x, IMAGE),
        net(L.Normalization(mean=[0.5, 0.4, 0.3], variance=[1.0, 1.0, 1.0]), IMAGE),
    ],
    "flat": [
        net(L.Flatten(), IMAGE),
        net(L.Reshape((-1,)), IMAGE),
        net(L.Reshape((192,)), IMAGE),
        net(lambda x: ops.reshape(x, (-1, 192)), IMAGE),
        sub(lambda self, x: tf.reshape(x, [tf.shape(x)[0], -1]), IMAGE),
        sub(lambda self, x: tf.reshape(x, (-1, 8 * 8 * 3)), IMAGE),
        sub(lambda self, x: ops.reshape(x, (ops.shape(x)[0], -1)), IMAGE),
        sub(lambda self, x: tf.reshape(x, [-1, np.prod(x.shape[1:])]), IMAGE),
        sub(lambda self, x: tf.reshape(x, [-1, x.get_shape().as_list()[1] * 24]), IMAGE),
        net(lambda x: L.Flatten()(L.Reshape((64, 3))(x)), IMAGE),
    ],
    "a mean over the image": [
        net(L.GlobalAveragePooling2D(), IMAGE),
        net(lambda x: ops.mean(x, axis=(1, 2)), IMAGE),
        net(lambda x: L.Flatten()(L.GlobalAveragePooling2D(keepdims=True)(x)), IMAGE),
        net(lambda x: L.Flatten()(L.AveragePooling2D(8)(x)), IMAGE),
        net(lambda x: ops.mean(ops.mean(x, axis=1), axis=1), IMAGE),
        sub(lambda self, x: tf.reduce_mean(x, [1, 2]), IMAGE),
        sub(lambda self, x: tf.squeeze(tf.reduce_mean(x, [1, 2], keepdims=True), [1, 2]), IMAGE),
    ],
    "a maximum over the image": [
        net(L.GlobalMaxPooling2D(), IMAGE),
        net(lambda x: ops.max(x, axis=(1, 2)), IMAGE),
        sub(lambda self, x: tf.reduce_max(x, axis=[1, 2]), IMAGE),
    ],
    "a pooling": [
        net(L.MaxPooling2D(), IMAGE),
        net(L.MaxPool2D((2, 2), strides=2, padding="same"), IMAGE),
        net(lambda x: ops.max_pool(x, 2, 2), IMAGE),
        sub(lambda self, x: tf.nn.max_pool2d(x, 2, 2, "VALID"), IMAGE),
        sub(lambda self, x: tf.nn.max_pool2d(x, [1, 2, 2, 1], [1, 2, 2, 1], "SAME"), IMAGE),
    ],
    "a padded convolution": [
        net(SAME_PADDING(), IMAGE),
        net(lambda x: C()(L.ZeroPadding2D(1)(x)), IMAGE),
        net(lambda x: C()(L.ZeroPadding2D(((1, 1), (1, 1)))(x)), IMAGE),
        net(lambda x: C()(ops.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))), IMAGE),
        net(C(padding="same", strides=(1, 1), dilation_rate=1, use_bias=True, groups=1), IMAGE),
        sub(lambda self, x: self.c(tf.pad(x, [[0, 0], [1, 1], [1, 1], [0, 0]])), IMAGE, c=C),
    ],
    "a convolution by hand": [
        net(C(use_bias=False, padding="same"), IMAGE),
        net(Kernel(lambda x, k: tf.nn.conv2d(x, k, 1, "SAME")), IMAGE),
        net(Kernel(lambda x, k: tf.nn.conv2d(x, k, strides=[1, 1, 1, 1], padding="SAME")), IMAGE),
        net(Kernel(lambda x, k: ops.conv(x, k, padding="same")), IMAGE),
    ],
    "a separable convolution": [
        net(L.SeparableConv2D(4, 3), IMAGE),
        net(lambda x: L.Conv2D(4, 1)(L.DepthwiseConv2D(3, use_bias=False)(x)), IMAGE),
    ],
    "a residual block": [
        net(lambda x: residual(x, SAME_PADDING(), L.Conv2D(3, 3, padding="same")), IMAGE),
        net(
            lambda x: L.ReLU()(L.Add()([x, L.Conv2D(3, 3, padding="same")(SAME_PADDING(activation="relu")(x))])), IMAGE
        ),
        block(lambda self, x: residual(x, self.f, self.g)),
        sub(lambda self, x: residual(x, self.f, self.g), IMAGE, f=SAME_PADDING, g=THREE),
        own(
            lambda self, x: tf.nn.relu(tf.add(x, self.g(tf.nn.relu(self.f(x))))),
            IMAGE,
            g=THREE,
            f=SAME_PADDING,
        ),
    ],
    "layers in a list": [
        net(lambda x: L.Dense(4, activation="relu")(L.Dense(4, activation="relu")(x))),
        net(Split()),
        net(lambda x: Split()(x, times=2, scale=1.0)),
        sub(lambda self, x: self.s(x, scale=1.0), s=Split),
    ],
    "a sum of three": [
        net(lambda x: L.Add()([L.Dense(4)(x), L.Dense(4, activation="tanh")(x), L.Dense(4, activation="relu")(x)])),
        net(lambda x: L.Dense(4)(x) + L.Dense(4, activation="tanh")(x) + L.Dense(4, activation="relu")(x)),
        net(lambda x: L.Dense(4, activation="relu")(x) + (L.Dense(4)(x) + ops.tanh(L.Dense(4)(x)))),
        sub(
            lambda self, x: tf.add_n([self.a(x), self.b(x), self.c(x)]),
            a=lambda: L.Dense(4),
            b=lambda: L.Dense(4, activation="relu"),
            c=lambda: L.Dense(4, activation="tanh"),
        ),
        net(
            lambda x: ops.sum(
                ops.stack([L.Dense(4)(x), L.Dense(4, activation="tanh")(x), L.Dense(4, activation="relu")(x)]), axis=0
            )
        ),
    ],
    "an average": [
        net(lambda x: L.Average()([L.Dense(4)(x), L.Dense(4, activation="tanh")(x)])),
        net(lambda x: (L.Dense(4, activation="tanh")(x) + L.Dense(4)(x)) / 2),
        net(lambda x: 0.5 * (L.Dense(4, activation="tanh")(x) + L.Dense(4)(x))),
        net(lambda x: 0.5 * L.Dense(4, activation="tanh")(x) + L.Dense(4)(x) * 0.5),
        net(lambda x: ops.mean(ops.stack([L.Dense(4)(x), L.Dense(4, activation="tanh")(x)], axis=1), axis=1)),
    ],
    "a concatenation": [
        net(lambda x: shared(L.Dense(4)(x), L.Dense(4, activation="tanh")(x))),
        net(lambda x: ops.concatenate([L.Dense(4)(x), L.Dense(4, activation="tanh")(x)], axis=-1)),
        net(lambda x: ops.concatenate([L.Dense(4)(x), L.Dense(4, activation="tanh")(x)], axis=1)),
        sub(lambda self, x: tf.concat([self.a(x), tf.tanh(self.b(x))], 1), a=lambda: L.Dense(4), b=lambda: L.Dense(4)),
        sub(
            lambda self, x: tf.concat(values=[self.a(x), tf.tanh(self.b(x))], axis=-1),
            a=lambda: L.Dense(4),
            b=lambda: L.Dense(4),
        ),
    ],
    "places of a sequence": [
        lstm(L.Dense(4, activation="relu")),
        lstm(L.TimeDistributed(L.Dense(4, activation="relu"))),
        lstm(lambda x: L.ReLU()(L.TimeDistributed(L.Dense(4))(x))),
        lstm(L.TimeDistributed(keras.Sequential([L.Dense(4), L.ReLU()]))),
        lstm(lambda x: L.ReLU()(L.TimeDistributed(Four())(x))),
        lstm(L.EinsumDense("abc,cd->abd", output_shape=(None, 4), bias_axes="d", activation="relu")),
    ],
    "noise": [
        sub(lambda self, x: x + tf.random.normal(tf.shape(x))),
        sub(lambda self, x: keras.random.normal(ops.shape(x)) + x),
    ],
    "an embedding of places": [
        lstm(lambda x: Places(tf.range)(x)),
        lstm(lambda x: Places(ops.arange)(x)),
    ],
    "a gate of channels": [
        net(lambda x: x * L.Reshape((1, 1, 3))(L.Dense(3, activation="sigmoid")(L.GlobalAveragePooling2D()(x))), IMAGE),
        net(lambda x: L.Multiply()([x, L.Dense(3, "sigmoid")(ops.mean(x, axis=(1, 2)))[:, None, None, :]]), IMAGE),
    ],
    "an LSTM": [
        lstm(L.LSTM(3)),
        lstm(L.LSTM(3, unroll=True)),
        lstm(L.RNN(L.LSTMCell(3))),
        lstm(L.LSTM(3, activation=lambda x: ops.tanh(x), recurrent_activation=tf.sigmoid)),
        lstm(lambda x: L.LSTM(3, return_sequences=True)(x)[:, -1]),
        lstm(lambda x: L.LSTM(3, return_sequences=True)(x)[:, -1, :]),
        states(lambda y, h, c: y),
        states(lambda y, h, c: h),
        states(lambda y, h, c: h, return_sequences=True),
    ],
    "attention to oneself": [
        lstm(lambda x: L.MultiHeadAttention(2, 4)(x, x)),
        lstm(lambda x: L.MultiHeadAttention(2, 4)(x, x, x)),
        lstm(lambda x: L.MultiHeadAttention(2, 4)(query=x, value=x, key=x)),
        lstm(lambda x: L.MultiHeadAttention(2, 4, value_dim=4, dropout=0.0)(x, key=x, value=x)),
        own(lambda self, x: self.a(x, x, x), WORDS, a=lambda: L.MultiHeadAttention(2, 4)),
    ],
    "Dropout": [
        after(L.Dropout(0.5)),
        sub(
            lambda self, x, training: self.r(self.d(x), training=training),
            d=lambda: L.Dense(4),
            r=lambda: L.Dropout(0.5),
        ),
        sub(
            lambda self, x, training: self.r(self.d(x)) if training else self.d(x),
            d=lambda: L.Dense(4),
            r=lambda: L.Dropout(0.5),
        ),
        own(lambda self, x: self.r(self.d(x)), d=lambda: L.Dense(4), r=lambda: L.Dropout(0.5, seed=3)),
    ],
    "an upsampling": [
        net(L.UpSampling2D(2), IMAGE),
        net(L.UpSampling2D((2, 2), interpolation="nearest"), IMAGE),
        net(lambda x: ops.image.resize(x, (16, 16), interpolation="nearest"), IMAGE),
    ],
    "penalties": [
        net(L.Dense(4, kernel_regularizer="l2")),
        net(L.Dense(4, kernel_regularizer=keras.regularizers.L2(0.01))),
        net(L.Dense(4, kernel_regularizer=keras.regularizers.L1L2(l2=0.01), kernel_initializer="he_normal")),
        net(L.Dense(4, kernel_regularizer=keras.regularizers.l1_l2(0.0, 0.01), bias_initializer="ones")),
    ],
}


@pytest.mark.parametrize("makes", EQUAL.values(), ids=EQUAL.keys())
def test_dresses_of_one_network_are_equal(makes: list[Make]) -> None:
    wanted = signature(read(makes[0]))
    assert [number for number, make in enumerate(makes) if signature(read(make)) != wanted] == []


DIFFERENT: dict[str, list[Make]] = {
    "activations": [
        *map(act, (None, "relu", "tanh", "softmax", "relu6", "leaky_relu", "elu", "selu", "softplus", "gelu", "silu")),
        act(lambda x: 0 * x),
        act(lambda x: ops.relu(x) * 2),
        act(lambda x: ops.maximum(x, 0.1)),
        act(lambda x: ops.relu(-x)),
        act(lambda x: tf.reduce_sum(x) - x),
        act(lambda x: x / ops.sum(x, axis=-1, keepdims=True)),
        act(lambda x: tf.minimum(x, 0.0)),
        act(partial(leaky, slope=0.1)),
        act(lambda x: x * x),
        act(lambda x: -x),
        after(lambda x: L.Softmax(axis=-1)(x)[:, ::-1]),
    ],
    "blocks": [
        block(lambda self, x: ops.relu(self.g(ops.relu(self.f(x))) + x)),
        block(lambda self, x: ops.relu(self.g(ops.relu(self.f(x))))),
        block(lambda self, x: self.g(ops.relu(self.f(x))) + x),
        block(lambda self, x: ops.relu(self.g(self.f(x)) + x)),
        block(lambda self, x: ops.relu(self.g(ops.relu(self.f(x))) - x)),
        block(lambda self, x: ops.relu(self.g(ops.relu(self.f(x))) * x)),
        block(lambda self, x: ops.relu(self.g(ops.relu(self.f(x)))) + x),
        block(lambda self, x: ops.relu(self.g(ops.relu(self.f(x))) + 2 * x)),
        own(
            lambda self, x: ops.relu(self.g(ops.relu(self.f(x))) + x),
            IMAGE,
            f=partial(SAME_PADDING, dilation_rate=2),
            g=THREE,
        ),
        own(lambda self, x: ops.relu(self.f(x) + x), IMAGE, f=THREE),
    ],
    "outputs": [
        states(lambda y, h, c: y),
        states(lambda y, h, c: c),
        states(lambda y, h, c: [h, c]),
        states(lambda y, h, c: [c, h]),
        states(lambda y, h, c: y, return_sequences=True),
        states(lambda y, h, c: y, go_backwards=True),
        lstm(lambda x: L.LSTM(3, return_sequences=True)(x)[:, 0]),
        lstm(lambda x: L.LSTM(3, return_sequences=True)(x)[:, -2]),
        lstm(lambda x: L.GRU(3)(x)),
        lstm(lambda x: L.LSTM(3, activation="relu")(x)),
        lstm(lambda x: L.LSTM(3, activation=lambda y: 0 * y)(x)),
        lstm(lambda x: L.LSTM(3, use_bias=False)(x)),
        lstm(lambda x: L.Bidirectional(L.LSTM(3))(x)),
        lstm(lambda x: L.Bidirectional(L.LSTM(3), merge_mode="sum")(x)),
        lstm(lambda x: L.LSTM(3)(x[:, 1:])),
    ],
    "halves": [
        net(
            lambda x: L.Subtract()(
                [L.Dense(4)(ops.split(x, 2, axis=1)[0]), ops.tanh(L.Dense(4)(ops.split(x, 2, axis=1)[1]))]
            )
        ),
        net(
            lambda x: L.Subtract()(
                [L.Dense(4)(ops.split(x, 2, axis=1)[1]), ops.tanh(L.Dense(4)(ops.split(x, 2, axis=1)[0]))]
            )
        ),
        net(
            lambda x: L.Subtract()(
                [L.Dense(4)(ops.split(x, 2, axis=1)[0]), ops.tanh(L.Dense(4)(ops.split(x, 2, axis=1)[0]))]
            )
        ),
        net(lambda x: L.Subtract()([L.Dense(4)(x[:, :2]), ops.tanh(L.Dense(4)(x[:, 2:]))])),
    ],
    "numbers": [
        net(L.Rescaling(1 / 255), IMAGE),
        net(L.Rescaling(1 / 127.5), IMAGE),
        net(L.Rescaling(1 / 255, offset=-0.5), IMAGE),
        net(lambda x: x / np.array([1.0, 2.0, 3.0], "float32"), IMAGE),
        net(lambda x: x / np.array([1.0, 2.0, 4.0], "float32"), IMAGE),
        net(lambda x: x**2, IMAGE),
        net(lambda x: x**3, IMAGE),
        net(ops.exp, IMAGE),
        net(lambda x: 1 / x, IMAGE),
        net(L.Normalization(mean=0.5, variance=0.25), IMAGE),
        net(L.Lambda(partial(ops.add, 3.0)), IMAGE),
    ],
    "shapes": [
        net(L.Flatten(), IMAGE),
        net(L.Reshape((64, 3)), IMAGE),
        net(L.Reshape((3, 64)), IMAGE),
        net(L.Permute((2, 1, 3)), IMAGE),
        net(lambda x: L.Flatten()(L.Permute((2, 1, 3))(x)), IMAGE),
        net(L.GlobalAveragePooling2D(), IMAGE),
        net(L.GlobalMaxPooling2D(), IMAGE),
        net(L.GlobalAveragePooling2D(keepdims=True), IMAGE),
        net(lambda x: ops.mean(x, axis=1), IMAGE),
        net(lambda x: ops.mean(x, axis=-1), IMAGE),
        net(lambda x: ops.sum(x, axis=(1, 2)), IMAGE),
        net(lambda x: x[:, 1:], IMAGE),
        net(lambda x: x[:, :-1], IMAGE),
        net(lambda x: x[..., 0], IMAGE),
        net(lambda x: x[..., ::-1], IMAGE),
        net(L.UpSampling2D(2), IMAGE),
        net(L.UpSampling2D(2, interpolation="bilinear"), IMAGE),
        net(L.ZeroPadding2D(1), IMAGE),
        net(L.ZeroPadding2D(((1, 0), (0, 1))), IMAGE),
        net(L.Cropping2D(1), IMAGE),
    ],
    "convolutions": [
        net(C(), IMAGE),
        net(SAME_PADDING(), IMAGE),
        net(lambda x: C()(L.ZeroPadding2D(2)(x)), IMAGE),
        net(lambda x: C()(L.ZeroPadding2D(((2, 0), (2, 0)))(x)), IMAGE),
        net(lambda x: C(strides=2)(L.ZeroPadding2D(1)(x)), IMAGE),
        net(SAME_PADDING(strides=2), IMAGE),
        net(SAME_PADDING(use_bias=False), IMAGE),
        net(L.Conv2D(4, 5, padding="same"), IMAGE),
        net(L.Conv2D(4, (3, 1), padding="same"), IMAGE),
        net(L.Conv2D(5, 3, padding="same"), IMAGE),
        net(L.Conv2DTranspose(4, 3, padding="same"), IMAGE),
        net(L.SeparableConv2D(4, 3, padding="same"), IMAGE),
        net(L.DepthwiseConv2D(3, padding="same"), IMAGE),
        net(L.Conv2D(3, 3, padding="same", groups=3), IMAGE),
        net(lambda x: L.Conv2D(4, 1)(L.DepthwiseConv2D(3)(x)), IMAGE),
        net(lambda x: C()(L.Dropout(0.2)(x)), IMAGE),
        net(lambda x: L.MaxPooling2D()(SAME_PADDING()(x)), IMAGE),
        net(lambda x: L.AveragePooling2D(2)(SAME_PADDING()(x)), IMAGE),
        net(lambda x: L.MaxPooling2D(3, 2)(SAME_PADDING()(x)), IMAGE),
        net(SAME_PADDING(kernel_regularizer="l2"), IMAGE),
        net(SAME_PADDING(kernel_regularizer="l1"), IMAGE),
        net(SAME_PADDING(kernel_constraint="non_neg"), IMAGE),
        net(SAME_PADDING(activity_regularizer="l2"), IMAGE),
    ],
    "training": [
        after(L.Dropout(0.5)),
        after(lambda x: L.Dropout(0.5)(x, training=True)),
        sub(lambda self, x: self.r(self.d(x), training=False), d=lambda: L.Dense(4), r=lambda: L.Dropout(0.5)),
        after(L.Dropout(0.4)),
        after(L.BatchNormalization()),
        after(lambda x: L.BatchNormalization()(x, training=False)),
        after(L.BatchNormalization(momentum=0.9)),
        after(L.LayerNormalization()),
        after(L.GaussianNoise(0.5)),
        after(lambda x: L.Lambda(lambda y: tf.nn.dropout(y, 0.4))(x)),
        sub(lambda self, x, training: self.d(x) * 2 if training else self.d(x), d=lambda: L.Dense(4)),
    ],
    "sharing": [
        net(lambda x: (lambda d: shared(d(x), d(x * 2)))(L.Dense(4))),
        net(lambda x: shared(L.Dense(4)(x), L.Dense(4)(x * 2))),
        net(
            lambda x: (lambda d: shared(L.TimeDistributed(d)(x), d(x[:, 0])[:, None], L.Concatenate(axis=1)))(
                L.Dense(4)
            ),
            WORDS,
        ),
        net(
            lambda x: shared(L.TimeDistributed(L.Dense(4))(x), L.Dense(4)(x[:, 0])[:, None], L.Concatenate(axis=1)),
            WORDS,
        ),
        net(Weighted(lambda x, w: x @ w @ ops.transpose(w) @ w)),
    ],
    "order": [
        net(lambda x: shared(L.Dense(4)(x), ops.tanh(L.Dense(4)(x)))),
        net(lambda x: shared(ops.tanh(L.Dense(4)(x)), L.Dense(4)(x))),
        net(lambda x: shared(L.Dense(4)(x), ops.tanh(L.Dense(4)(x)), L.Subtract())),
        net(lambda x: shared(ops.tanh(L.Dense(4)(x)), L.Dense(4)(x), L.Subtract())),
        net(lambda x: shared(L.Dense(4)(x), ops.tanh(L.Dense(4)(x)), L.Add())),
        net(lambda x: shared(L.Dense(4)(x), ops.tanh(L.Dense(4)(x)), L.Average())),
        net(lambda x: shared(L.Dense(4)(x), ops.tanh(L.Dense(4)(x)), L.Maximum())),
        net(lambda x: shared(L.Dense(4)(x), ops.tanh(L.Dense(4)(x)), L.Multiply())),
        net(lambda x: L.Dense(4)(x) / ops.tanh(L.Dense(4)(x))),
        net(lambda x: ops.tanh(L.Dense(4)(x)) / L.Dense(4)(x)),
        net(lambda x: L.BatchNormalization()(L.ReLU()(L.Dense(4)(x)))),
        net(lambda x: L.ReLU()(L.BatchNormalization()(L.Dense(4)(x)))),
        net(lambda x: L.Dense(4, activation="tanh")(L.Dense(4)(x))),
        net(lambda x: L.Dense(4)(L.Dense(4, activation="tanh")(x))),
    ],
    "attention": [
        lstm(lambda x: L.MultiHeadAttention(2, 4)(x, x)),
        lstm(lambda x: L.MultiHeadAttention(2, 4)(x, x, use_causal_mask=True)),
        lstm(lambda x: L.MultiHeadAttention(2, 4)(x, x * 2)),
        lstm(lambda x: L.MultiHeadAttention(2, 4)(x * 2, x)),
        lstm(lambda x: L.MultiHeadAttention(2, 4)(x, x, key=x * 2)),
        lstm(lambda x: L.MultiHeadAttention(2, 4)(x, x * 2, key=x)),
        lstm(lambda x: L.MultiHeadAttention(4, 4)(x, x)),
        lstm(lambda x: L.MultiHeadAttention(2, 4, dropout=0.1)(x, x)),
        lstm(lambda x: L.Attention()([x, x])),
        lstm(lambda x: L.Attention(use_scale=True)([x, x])),
        lstm(lambda x: L.AdditiveAttention()([x, x])),
    ],
}


@pytest.mark.parametrize("makes", DIFFERENT.values(), ids=DIFFERENT.keys())
def test_mistakes_are_told_from_one_another(makes: list[Make]) -> None:
    networks = [read(make) for make in makes]
    assert [network.problem for network in networks] == [""] * len(networks)
    signs = [signature(network) for network in networks]
    assert [(one, other) for one, other in combinations(range(len(signs)), 2) if signs[one] == signs[other]] == []


# --- The families are what they claim ---------------------------------------------------------------------------------


def computed(make: Make, shape: tuple[int, ...]) -> list[Any]:
    """What a network makes of fixed examples, its weights a function of their shapes."""
    model = make()
    x = np.random.default_rng(0).normal(size=(5, *shape)).astype("float32")
    model(x)
    for weight in model.weights:
        if "seed" not in weight.path:
            drawn = np.random.default_rng(len(weight.shape) * 100 + int(weight.shape[-1] if weight.shape else 0))
            weight.assign(drawn.uniform(0.1, 0.5, tuple(weight.shape)))
    return [np.asarray(one) for one in keras.tree.flatten(model(x))]


def shape_of(make: Make) -> tuple[int, ...]:
    model = make()
    given = getattr(type(model), "autograder_shape", None)
    return tuple(given) if given is not None else tuple(model.inputs[0].shape[1:])


COMPARABLE = {name: makes for name, makes in EQUAL.items() if name != "noise"}
"""Those whose numbers can be compared: two draws of noise differ, of one network too."""


@pytest.mark.whole
@pytest.mark.parametrize("makes", COMPARABLE.values(), ids=COMPARABLE.keys())
def test_dresses_compute_the_same(makes: list[Make]) -> None:
    wanted = computed(makes[0], shape_of(makes[0]))
    for number, make in enumerate(makes):
        for one, other in zip(wanted, computed(make, shape_of(make)), strict=True):
            np.testing.assert_allclose(other, one, rtol=1e-3, atol=1e-3, err_msg=str(number))
