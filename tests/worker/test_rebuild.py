"""Networks rebuilt from their records are the same networks; hostile records are refused, and run nothing."""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.networks.signature import signature
from autograder.wire.messages import Layer, Network, Weight
from autograder.worker.keras import rebuild as rebuild_module
from autograder.worker.keras.allowed_layers import LAYERS
from autograder.worker.keras.reader import read_model
from autograder.worker.keras.rebuild import rebuild
from autograder.worker.training.bounds import MAX_LAYERS
from autograder.worker.training.faults import NotRebuilt
from networks import Call, Graph, call, chain, conv, dense, operation, pool, unbuilt

pytestmark = pytest.mark.tensorflow

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
keras = pytest.importorskip("keras")
tf = pytest.importorskip("tensorflow")
layers, ops = keras.layers, keras.ops

Model = Any
KerasModel: Any = keras.Model
KerasLayer: Any = keras.layers.Layer
IMAGE = (8, 8, 3)


def read(model: Model, shape: tuple[int, ...] = IMAGE) -> Network:
    """Read a model, and send its record over the wire and back."""
    return msgspec.json.decode(msgspec.json.encode(read_model(model, shape)), type=Network)


def applied(function: Callable[[Any], Any], shape: tuple[int, ...] = IMAGE) -> Model:
    """Return the functional model that applies `function`."""
    x = keras.Input(shape)
    return keras.Model(x, function(x))


def refusal(network: Network) -> NotRebuilt:
    with pytest.raises(NotRebuilt) as raised:
        rebuild(network)
    return raised.value


# --- There and back ---------------------------------------------------------------------------------------------------


def small() -> Model:
    return keras.Sequential(
        [
            keras.Input(IMAGE),
            layers.Conv2D(4, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(2, activation="softmax"),
        ]
    )


class Subclass(KerasModel):  # type: ignore[misc]
    def __init__(self) -> None:
        super().__init__()
        self.conv, self.dense = layers.Conv2D(4, 3, padding="same"), layers.Dense(2)

    def call(self, x: Any) -> Any:
        x = tf.nn.max_pool2d(tf.nn.relu(self.conv(x)), 2, 2, "VALID")
        return tf.nn.softmax(self.dense(tf.reshape(x, (-1, 64))))


def vgg() -> Model:
    stack: list[Any] = [keras.Input((32, 32, 3))]
    for convolutions, filters in ((2, 8), (2, 16), (3, 32)):
        stack += [layers.Conv2D(filters, 3, padding="same", activation="relu") for _ in range(convolutions)]
        stack.append(layers.MaxPooling2D())
    return keras.Sequential([*stack, layers.Flatten(), layers.Dense(16, "relu"), layers.Dense(10, "softmax")])


def residual() -> Model:
    def block(x: Any) -> Any:
        y = layers.BatchNormalization()(layers.Conv2D(4, 3, padding="same", use_bias=False)(x))
        return ops.relu(layers.Concatenate()([y, x]) * 0.5 + 1)

    return applied(lambda x: layers.Dense(3)(ops.mean(block(block(x)), axis=(1, 2))))


def shared() -> Model:
    a, b, dense_layer = keras.Input((4,)), keras.Input((4,)), layers.Dense(3)
    return keras.Model([a, b], [layers.Subtract()([dense_layer(b), dense_layer(a)]), dense_layer(a)])


def frozen() -> Model:
    base = keras.Sequential([keras.Input(IMAGE), layers.Conv2D(4, 3), layers.BatchNormalization()])
    base.trainable = False
    return keras.Sequential([base, layers.GlobalAveragePooling2D(), layers.Dense(2)])


def particular() -> Model:
    return keras.Sequential(
        [
            keras.Input(IMAGE),
            layers.Dense(
                5,
                kernel_initializer=keras.initializers.HeNormal(seed=keras.random.SeedGenerator(3)),
                bias_initializer=keras.initializers.RandomUniform(-0.5, 0.5),
                kernel_regularizer=keras.regularizers.L1L2(0.1, 0.2),
                activity_regularizer="l2",
                kernel_constraint=keras.constraints.MaxNorm(3),
                activation=layers.LeakyReLU(negative_slope=0.3),
            ),
            layers.Dropout(0.2, noise_shape=(None, 1, 1, 5), seed=3),
            layers.Dense(2, kernel_initializer="random_normal", kernel_constraint="non_neg", dtype="mixed_float16"),
        ]
    )


def recurrent() -> Model:
    return keras.Sequential(
        [
            keras.Input((6,)),
            layers.Embedding(20, 4, mask_zero=True),
            layers.Bidirectional(layers.LSTM(3, return_sequences=True), merge_mode="sum"),
            layers.TimeDistributed(layers.Dense(4)),
            layers.GRU(3, return_sequences=True, recurrent_dropout=0.1),
            layers.RNN(layers.SimpleRNNCell(3)),
        ]
    )


def transformer() -> Model:
    return applied(lambda x: layers.LayerNormalization()(x + layers.MultiHeadAttention(2, 3)(x, x)), (5, 4))


MODELS: dict[str, Callable[[], Model]] = {
    "Sequential": small,
    "subclass with TensorFlow functions": Subclass,
    "VGG": vgg,
    "residual": residual,
    "shared": shared,
    "frozen": frozen,
    "particular": particular,
    "recurrent": recurrent,
    "transformer": transformer,
    "MobileNetV2": lambda: keras.applications.MobileNetV2((32, 32, 3), alpha=0.35, weights=None, classes=10),
}


@pytest.mark.parametrize("make", MODELS.values(), ids=MODELS.keys())
def test_there_and_back(make: Callable[[], Model]) -> None:
    network = read(make())
    again = read(rebuild(network))
    assert (again.input_shapes, again.output_shapes) == (network.input_shapes, network.output_shapes)
    assert (again.params, again.trainable_params) == (network.params, network.trainable_params)
    if make is not Subclass:  # TensorFlow's functions come back as Keras's, which are spelt otherwise
        assert signature(again, trainable=True) == signature(network, trainable=True)


def test_a_rebuilt_network_computes_the_same() -> None:
    for make in (small, residual, vgg, recurrent, Subclass):
        model = make()
        again = rebuild(read(model))
        shape = again.input_shape[1:]
        x = np_random(shape) if len(shape) > 1 else ops.ones((2, *shape), dtype="int32")
        expected = model(x)
        again.set_weights(model.get_weights())
        assert float(ops.max(ops.abs(again(x) - expected))) < 1e-5


def np_random(shape: tuple[int, ...]) -> Any:
    return keras.random.uniform((2, *shape), seed=1)


EXAMPLES: dict[str, tuple[Callable[[], Any], tuple[int, ...]]] = {
    "Activation": (lambda: layers.Activation("tanh"), IMAGE),
    "ActivityRegularization": (lambda: layers.ActivityRegularization(0.1, 0.2), IMAGE),
    "AlphaDropout": (lambda: layers.AlphaDropout(0.1), IMAGE),
    "BatchNormalization": (lambda: layers.BatchNormalization(axis=1, momentum=0.9, renorm=False), IMAGE),
    "Bidirectional": (
        lambda: layers.Bidirectional(layers.GRU(3), backward_layer=layers.GRU(3, go_backwards=True)),
        (5, 2),
    ),
    "CenterCrop": (lambda: layers.CenterCrop(4, 4), IMAGE),
    "Cropping1D": (lambda: layers.Cropping1D((1, 2)), (5, 2)),
    "Cropping2D": (lambda: layers.Cropping2D(((1, 2), (0, 1))), IMAGE),
    "Conv1DTranspose": (lambda: layers.Conv1DTranspose(3, 2, output_padding=0, strides=2), (5, 2)),
    "Conv2DTranspose": (lambda: layers.Conv2DTranspose(3, 2, strides=2), IMAGE),
    "Conv3D": (lambda: layers.Conv3D(2, 2), (4, 4, 4, 1)),
    "Dense": (lambda: layers.Dense(3), (5,)),
    "DepthwiseConv2D": (lambda: layers.DepthwiseConv2D(3, depth_multiplier=2), IMAGE),
    "ELU": (lambda: layers.ELU(0.5), IMAGE),
    "EinsumDense": (lambda: layers.EinsumDense("abc,cd->abd", output_shape=(None, 4), bias_axes="d"), (5, 2)),
    "GaussianDropout": (lambda: layers.GaussianDropout(0.1), IMAGE),
    "GaussianNoise": (lambda: layers.GaussianNoise(0.1), IMAGE),
    "GlobalMaxPooling1D": (lambda: layers.GlobalMaxPooling1D(keepdims=True), (5, 2)),
    "GroupNormalization": (lambda: layers.GroupNormalization(3), IMAGE),
    "Identity": (layers.Identity, IMAGE),
    "LayerNormalization": (lambda: layers.LayerNormalization(epsilon=0.1), IMAGE),
    "LeakyReLU": (lambda: layers.LeakyReLU(negative_slope=0.4), IMAGE),
    "LSTM": (lambda: layers.LSTM(3, unit_forget_bias=False), (5, 2)),
    "Masking": (lambda: layers.Masking(-1.0), (5, 2)),
    "MaxPooling3D": (lambda: layers.MaxPooling3D(2), (4, 4, 4, 1)),
    "Normalization": (lambda: layers.Normalization(mean=[0.1, 0.2, 0.3], variance=[1.0, 2.0, 3.0]), IMAGE),
    "PReLU": (lambda: layers.PReLU(shared_axes=[1, 2]), IMAGE),
    "Permute": (lambda: layers.Permute((2, 1, 3)), IMAGE),
    "RMSNormalization": (layers.RMSNormalization, IMAGE),
    "RandomBrightness": (lambda: layers.RandomBrightness(0.2), IMAGE),
    "RandomContrast": (lambda: layers.RandomContrast(0.2), IMAGE),
    "RandomCrop": (lambda: layers.RandomCrop(4, 4), IMAGE),
    "RandomErasing": (layers.RandomErasing, IMAGE),
    "RandomFlip": (lambda: layers.RandomFlip("horizontal", seed=2), IMAGE),
    "RandomHue": (lambda: layers.RandomHue(0.1), IMAGE),
    "RandomInvert": (layers.RandomInvert, IMAGE),
    "RandomRotation": (lambda: layers.RandomRotation(0.1), IMAGE),
    "RandomSaturation": (lambda: layers.RandomSaturation(0.1), IMAGE),
    "RandomTranslation": (lambda: layers.RandomTranslation(0.1, 0.2), IMAGE),
    "RandomZoom": (lambda: layers.RandomZoom(0.1), IMAGE),
    "ReLU": (lambda: layers.ReLU(max_value=6), IMAGE),
    "RepeatVector": (lambda: layers.RepeatVector(3), (5,)),
    "Rescaling": (lambda: layers.Rescaling(1 / 255, offset=[0.0, 1.0, 2.0]), IMAGE),
    "Reshape": (lambda: layers.Reshape((-1, 3)), IMAGE),
    "Resizing": (lambda: layers.Resizing(4, 4), IMAGE),
    "SeparableConv2D": (lambda: layers.SeparableConv2D(4, 3, depth_multiplier=2), IMAGE),
    "Softmax": (lambda: layers.Softmax(axis=1), IMAGE),
    "SpatialDropout2D": (lambda: layers.SpatialDropout2D(0.1), IMAGE),
    "SpectralNormalization": (lambda: layers.SpectralNormalization(layers.Dense(3)), (5,)),
    "UnitNormalization": (lambda: layers.UnitNormalization(axis=1), IMAGE),
    "UpSampling2D": (lambda: layers.UpSampling2D((2, 3), interpolation="bilinear"), IMAGE),
    "ZeroPadding1D": (lambda: layers.ZeroPadding1D(2), (5, 2)),
    "ZeroPadding2D": (lambda: layers.ZeroPadding2D(((1, 0), (0, 1))), IMAGE),
}
"""Layers with a setting that is not their default, and the shape of an example."""


@pytest.mark.parametrize(("make", "shape"), EXAMPLES.values(), ids=EXAMPLES.keys())
def test_layers_there_and_back(make: Callable[[], Any], shape: tuple[int, ...]) -> None:
    network = read(applied(make(), shape))
    again = read(rebuild(network))
    assert signature(again, trainable=True) == signature(network, trainable=True)
    assert again.params == network.params


def test_every_listed_layer_is_one_of_keras() -> None:
    assert [name for name in LAYERS if not isinstance(getattr(layers, name), type)] == []


OPERATIONS: dict[str, Callable[[Any], Any]] = {
    "relu": ops.relu,
    "relu of keras.activations": lambda x: keras.activations.relu(x, max_value=6),
    "leaky relu": lambda x: ops.leaky_relu(x, 0.3),
    "gelu": lambda x: ops.gelu(x, approximate=True),
    "softmax": lambda x: keras.activations.softmax(x, axis=1),
    "constants on either side": lambda x: (1 - x) / 255.0 + (x**2) * x,
    "maximum": lambda x: ops.maximum(x, 0.0) - ops.minimum(1.0, x),
    "negative": lambda x: -x,
    "concatenate": lambda x: ops.concatenate([x, x * 2], axis=1),
    "stack": lambda x: ops.stack([x, -x], axis=1),
    "reshape": lambda x: ops.reshape(x, (-1, 4, 16, 3)),
    "transpose": lambda x: ops.transpose(x, (0, 3, 1, 2)),
    "reductions": lambda x: ops.mean(x, axis=(1, 2), keepdims=True) + ops.max(x, axis=-1, keepdims=True),
    "slices": lambda x: x[:, 1:5:2, ..., 0],
    "new axis": lambda x: x[:, None],
    "squeeze": lambda x: ops.squeeze(ops.expand_dims(x, -1), -1),
    "pad": lambda x: ops.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0))),
    "clip": lambda x: ops.clip(x, 0, 6),
    "matmul": lambda x: ops.matmul(x, ops.swapaxes(x, 2, 3)),
    "pools": lambda x: ops.max_pool(x, 2, 2, "same") + ops.average_pool(x, 2),
    "resize": lambda x: ops.image.resize(x, (4, 4)),
    "normalize": lambda x: ops.normalize(x, axis=-1),
    "cast": lambda x: ops.cast(x, "float16"),
    "repeat": lambda x: ops.tile(ops.repeat(ops.flip(x, 1), 2, axis=1), (1, 1, 2, 1)),
}


class Scaled(KerasLayer):  # type: ignore[misc]
    """A layer of one's own: its weights, its function and its numbers are followed."""

    def build(self, shape: Any) -> None:
        self.scale = self.add_weight(shape=(shape[-1], 5), initializer="ones")
        self.shift = self.add_weight(shape=(5,))

    def call(self, x: Any) -> Any:
        return tf.matmul(x / np.array([1.0, 2.0, 3.0], "float32"), self.scale) * self.shift


FOLLOWED: dict[str, Callable[[], Network]] = {
    "a layer of one's own": lambda: read(applied(Scaled())),
    "a function as activation": lambda: read(applied(layers.Dense(2, activation=lambda x: tf.nn.relu(x) * 2))),
    "a lambda": lambda: read(applied(layers.Lambda(lambda x: x + 1))),
    "an adapted normalization": lambda: read(applied(adapted())),
    "one of several outputs": lambda: read(
        applied(lambda x: layers.Dense(2)(layers.LSTM(3, return_state=True)(x)[2]), (5, 2))
    ),
    "halves": lambda: read(applied(lambda x: ops.split(x, 2, axis=1)[1])),
    "a Dropout that always drops": lambda: read(applied(lambda x: layers.Dropout(0.5)(x, training=True))),
    "tied weights": lambda: read(tied()),
}


def tied() -> Model:
    words = keras.Input((6,), dtype="int32")
    embedding = layers.Embedding(20, 4)

    class Tied(KerasLayer):  # type: ignore[misc]
        def call(self, x: Any) -> Any:
            return ops.matmul(x, ops.transpose(embedding.embeddings))

    return keras.Model(words, Tied()(embedding(words)))


@pytest.mark.parametrize("make", FOLLOWED.values(), ids=FOLLOWED.keys())
def test_code_that_was_followed_is_built_again(make: Callable[[], Network]) -> None:
    network = make()
    again = read(rebuild(network))
    assert signature(again) == signature(network)
    assert again.trainable_params == network.trainable_params


@pytest.mark.parametrize("function", OPERATIONS.values(), ids=OPERATIONS.keys())
def test_operations_there_and_back(function: Callable[[Any], Any]) -> None:
    model = applied(function)
    network = read(model)
    again = rebuild(network)
    assert signature(read(again)) == signature(network)
    x = np_random(IMAGE)
    assert float(ops.max(ops.abs(ops.cast(again(x) - model(x), "float32")))) == 0.0


TENSORFLOW: dict[str, Callable[[Any], Any]] = {
    "leaky relu": lambda x: tf.nn.leaky_relu(x, 0.3),
    "elu": tf.nn.elu,
    "swish": tf.nn.swish,
    "softmax": lambda x: tf.nn.softmax(x, axis=1),
    "concat": lambda x: tf.concat([x, x], 1),
    "concat by name": lambda x: tf.concat(values=[x, -x], axis=-1),
    "means": lambda x: tf.reduce_mean(x, [1, 2]) + tf.reduce_max(x, axis=[1, 2]),
    "pools": lambda x: (
        tf.nn.max_pool2d(x, [1, 2, 2, 1], 2, "SAME") + tf.nn.avg_pool2d(x, ksize=2, strides=2, padding="VALID")
    ),
    "constants": lambda x: tf.subtract(1.0, x) + tf.maximum(0.5, x) + tf.multiply(x, 2.0) + tf.pow(x, 2),
    "transpose": lambda x: tf.transpose(x, [0, 2, 1, 3]),
    "clip": lambda x: tf.clip_by_value(x, 0.1, 0.4),
    "l2": lambda x: tf.nn.l2_normalize(x, axis=-1),
    "shapes": lambda x: tf.squeeze(tf.expand_dims(tf.reshape(x, (-1, 64, 3)), 1), 1),
    "cast": lambda x: tf.cast(x, tf.float32),
}


@pytest.mark.parametrize("function", TENSORFLOW.values(), ids=TENSORFLOW.keys())
def test_tensorflow_functions_compute_the_same(function: Callable[[Any], Any]) -> None:
    class Applied(KerasModel):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.first = layers.Identity()

        def call(self, x: Any) -> Any:
            return function(self.first(x))

    model = Applied()
    network = read(model)
    assert network.note == ""
    x = np_random(IMAGE)
    assert float(ops.max(ops.abs(rebuild(network)(x) - function(x)))) < 1e-5


def test_records_of_any_dress() -> None:
    for network in (
        chain(conv(8, padding="same", activation="relu"), pool(), call("Flatten"), dense(4), call("Softmax")),
        chain(
            call("Convolution2D", filters=3, kernel_size=[3, 3], padding="same"), operation("Relu"), call("MaxPool2D")
        ),
        chain(call("Dropout", rate=0.5), call("Reshape", target_shape=[-1, 3]), dense(2, activation="swish")),
    ):
        assert signature(read(rebuild(network))) == signature(network)


def test_weights_are_fresh_and_drawn_from_the_global_seed() -> None:
    network = read(applied(layers.Dense(3, kernel_initializer=keras.initializers.GlorotUniform(seed=1)), (5,)))

    def drawn(seed: int) -> Any:
        keras.utils.set_random_seed(seed)
        return rebuild(network).get_weights()[0]

    assert (drawn(1) == drawn(1)).all()
    assert (drawn(1) != drawn(2)).any()


def test_an_initializer_with_a_setting() -> None:
    constant = {"class_name": "Constant", "config": {"value": 0.5}}
    assert rebuild(chain(dense(2, bias_initializer=constant))).get_weights()[1].tolist() == [0.5, 0.5]


# --- Refusals ---------------------------------------------------------------------------------------------------------


class Own(KerasLayer):  # type: ignore[misc]
    def call(self, x: Any) -> Any:
        return tf.map_fn(lambda one: one, x)


def own_function(x: Any) -> Any:
    return tf.map_fn(lambda one: one, x)


REFUSED: dict[str, tuple[Callable[[], Network], str, str]] = {
    "a class of one's own": (lambda: read(applied(Own(name="mine"))), "custom", "mine (Own)"),
    "an activation of one's own": (lambda: read(applied(layers.Dense(2, own_function))), "custom", "own_function"),
    "a lambda": (lambda: read(applied(layers.Lambda(own_function, name="plus"))), "custom", "plus (Lambda)"),
    "an activation in a recurrent layer": (
        lambda: read(applied(layers.LSTM(2, activation=own_function), (5, 2))),
        "custom",
        "activation",
    ),
    "a lambda in a wrapper": (
        lambda: read(applied(layers.TimeDistributed(layers.Lambda(lambda x: x)))),
        "code",
        "TimeDistributed",
    ),
    "an unknown layer": (lambda: read(applied(layers.AutoContrast())), "unknown", "AutoContrast"),
    "an unknown operation": (lambda: read(applied(lambda x: ops.cumsum(x, 1))), "unknown", "Cumsum"),
    "never built": (lambda: unbuilt(conv(8), dense(2)), "unfinished", "never built"),
    "a kernel larger than the image": (lambda: chain(conv(2, 40)), "refused", "Conv2D"),
}


def adapted() -> Any:
    layer = layers.Normalization()
    layer.adapt(np_random(IMAGE))
    return layer


@pytest.mark.parametrize(("make", "reason", "said"), REFUSED.values(), ids=REFUSED.keys())
def test_refused(make: Callable[[], Network], reason: str, said: str) -> None:
    refused = refusal(make())
    assert (refused.reason, said in str(refused)) == (reason, True), str(refused)


# --- Hostile records --------------------------------------------------------------------------------------------------

LAMBDA = {"class_name": "__lambda__", "config": {"value": ["4wEAAAA=", None, None]}}
IMPORT = {"module": "os", "class_name": "system", "config": {"command": "true"}, "registered_name": None}


def edited(network: Network, position: int = -1, **changes: Any) -> Network:
    """Return `network` with one layer's record changed."""
    changed = list(network.layers)
    changed[position] = msgspec.structs.replace(changed[position], **changes)
    return msgspec.structs.replace(network, layers=changed)


def weight(size: int) -> Weight:
    return Weight(shape=(size, size), dtype="float32", trainable=True)


HOSTILE: dict[str, tuple[Callable[[], Network], str]] = {
    "a lambda as activation": (lambda: chain(dense(2, activation=LAMBDA)), "refused custom code"),
    "a lambda as initializer": (lambda: chain(dense(2, kernel_initializer=LAMBDA)), "custom"),
    "a lambda as a layer": (lambda: chain(call("TimeDistributed", layer=LAMBDA)), "custom"),
    "a lambda among plain settings": (lambda: chain(call("Flatten", data_format=LAMBDA)), "refused"),
    "an import as activation": (lambda: chain(dense(2, activation=IMPORT)), "refused"),
    "an import as a layer": (lambda: chain(call("Bidirectional", layer=IMPORT)), "refused"),
    "an import as type": (lambda: chain(dense(2, dtype=IMPORT)), "refused"),
    "a name with dots": (lambda: chain(call("keras.layers.Dense", units=2)), "custom"),
    "a private name": (lambda: chain(call("__class__")), "custom"),
    "a loader of saved models": (lambda: chain(call("TFSMLayer", filepath="/etc/passwd")), "unknown"),
    "a vocabulary file": (lambda: chain(call("StringLookup", vocabulary="/etc/passwd")), "unknown"),
    "units beyond measure": (lambda: chain(dense(2**62)), "large"),
    "units that multiply": (lambda: chain(dense(2**20, use_bias=False), dense(2**20)), "large"),
    "units below zero": (lambda: chain(dense(-1)), "refused"),
    "units as text": (lambda: chain(edited_dense("7"), input_shape=(4,)), "refused"),
    "units as truth": (lambda: chain(edited_dense(True), input_shape=(4,)), "refused"),
    "an unknown setting": (lambda: chain(dense(2, weights=[1, 2])), "refused"),
    "a settings name that is no name": (lambda: chain(dense(2, **{"": 1, "a b": 2})), "refused"),
    "padding without end": (lambda: chain(call("ZeroPadding2D", padding=2**20)), "refused large"),
    "a deep configuration": (lambda: chain(call("Rescaling", scale=deep(500))), "refused"),
    "wrappers in wrappers": (lambda: chain(call("TimeDistributed", layer=wrapped(50))), "refused"),
    "an input from the future": (lambda: edited(chain(dense(2), dense(2)), 1, inputs=[2]), "refused"),
    "an input of itself": (lambda: edited(chain(dense(2)), inputs=[1]), "refused"),
    "an input from nowhere": (lambda: edited(chain(dense(2)), inputs=[10**9]), "refused"),
    "no input": (lambda: edited(chain(dense(2)), inputs=[]), "unknown"),
    "an output from nowhere": (lambda: msgspec.structs.replace(chain(dense(2)), outputs=[99]), "refused"),
    "no output": (lambda: msgspec.structs.replace(chain(dense(2)), outputs=[]), "unfinished"),
    "no layer": (lambda: msgspec.structs.replace(chain(dense(2)), layers=[]), "unfinished"),
    "a million layers": (lambda: endless(10**6), "large"),
    "weights that are too many": (lambda: edited(chain(dense(2)), weights=[weight(20_000)]), "large"),
    "a shape that is not so": (lambda: edited(chain(dense(2)), output_shapes=[(None, 32, 32, 3)]), "refused"),
    "an input of odd shape": (lambda: edited(chain(dense(2)), 0, output_shapes=[(None, -3)]), "refused"),
    "an input without end": (lambda: edited(chain(dense(2)), 0, output_shapes=[(None, 2**40)]), "large"),
    "an input of odd type": (lambda: edited(chain(dense(2)), 0, config={"dtype": "os.system"}), "refused"),
    "one identity, two layers": (lambda: edited(chain(dense(2), dense(3)), identity=1), "refused"),
    "an index that is code": (
        lambda: chain(operation("GetItem", arguments=["<tensor>", "__import__('os')"])),
        "unknown",
    ),
    "a slice that is code": (
        lambda: chain(operation("GetItem", arguments=["<tensor>", "slice(exit(), 1, 2)"])),
        "unknown",
    ),
    "arguments that are none": (lambda: chain(operation("Add", arguments={"a": 1})), "unknown"),
    "weights in an initializer": (lambda: chain(dense(2, kernel_initializer=constant([0.1, 0.2]))), "refused"),
    "whole weights in an initializer": (lambda: chain(dense(2, kernel_initializer=constant([1, 2]))), "refused"),
    "weights in a nested initializer": (lambda: chain(dense(2, bias_initializer=constant([[1.0]]))), "refused"),
    "weights as a factor": (lambda: chain(call("Rescaling", scale=[0.1] * 65)), "refused"),
    "weights in many factors": (lambda: chain(*[call("Rescaling", scale=[0.1] * 10)] * 7), "refused"),
    "weights in a product": (
        lambda: edited(chain(operation("Matmul")), arguments={"x1": {"tensor": 0}, "x2": [[0.1] * 10] * 10}),
        "refused",
    ),
    "too many marks": (
        lambda: edited(chain(operation("Add")), arguments={"x1": {"tensor": 0}, "x2": {"tensor": 1}}),
        "refused",
    ),
}


def constant(value: Any) -> dict[str, Any]:
    return {"class_name": "Constant", "config": {"value": value}}


def edited_dense(units: Any) -> Call:
    return (
        replace(dense(1), cls="Dense", config={"units": units})
        if isinstance(units, int)
        else call("PReLU", units=units)
    )


def deep(levels: int) -> list[Any]:
    nested: list[Any] = []
    for _ in range(levels):
        nested = [nested]
    return nested


def wrapped(levels: int) -> dict[str, Any]:
    layer: dict[str, Any] = {"class_name": "Dense", "config": {"units": 2}}
    for _ in range(levels):
        layer = {"class_name": "TimeDistributed", "config": {"layer": layer}}
    return layer


def endless(count: int) -> Network:
    network = chain(call("Identity"))
    return msgspec.structs.replace(network, layers=network.layers[:1] + network.layers[1:] * count)


@pytest.mark.parametrize(("make", "reasons"), HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_records_are_refused(
    make: Callable[[], Network], reasons: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    imported: list[str] = []
    loaded: list[str] = []
    import_module = importlib.import_module

    def watched(name: str, package: str | None = None) -> Any:
        imported.append(name)
        return import_module(name, package)

    monkeypatch.setattr(importlib, "import_module", watched)
    monkeypatch.setattr("keras.src.utils.python_utils.func_load", loaded.append)
    refused = refusal(make())
    assert refused.reason in reasons.split(), str(refused)
    assert [name for name in imported if not name.startswith(("keras", "tensorflow"))] == loaded == []


def test_parameters_are_counted_before_there_is_memory_behind_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rebuild_module, "MAX_PARAMS", 1000)
    monkeypatch.setattr(
        rebuild_module._Budget, "__init__", lambda self: self.__dict__.update(left=1000, exceeded=False)
    )
    assert refusal(chain(dense(10), dense(100), input_shape=(10,))).layer == "Dense"
    assert rebuild(chain(dense(10), dense(50), input_shape=(10,))).count_params() == 660


def test_keras_is_left_as_it_was() -> None:
    original = keras.layers.Layer.add_weight
    refusal(chain(dense(-1)))
    rebuild(chain(dense(1)))
    assert keras.layers.Layer.add_weight is original


def test_too_many_layers_are_refused_before_any_is_built() -> None:
    assert len(rebuild(deep_chain(50)).layers) == 51
    assert refusal(deep_chain(MAX_LAYERS)).reason == "large"


def test_a_network_deeper_than_keras_follows_is_refused() -> None:
    try:
        assert len(rebuild(deep_chain(MAX_LAYERS - 1)).layers) == MAX_LAYERS
    except NotRebuilt as refused:
        assert refused.reason == "large"


def deep_chain(depth: int) -> Network:
    return chain(*(call("Identity") for _ in range(depth)))


# --- Any record -------------------------------------------------------------------------------------------------------

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 40)
    | st.sampled_from([2**20, 2**40, 0.5, -1.0, 1e300])
    | st.sampled_from(
        ["same", "valid", "relu", "l2", "zeros", "glorot_uniform", "float16", "channels_first", "<lambda 1>", "os"]
    ),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.fixed_dictionaries(
            {"class_name": st.sampled_from(["Dense", "ReLU", "L2", "__lambda__"]), "config": st.just({})}
        )
        | st.dictionaries(st.sampled_from(["class_name", "config", "module"]), inner, max_size=3)
    ),
    max_leaves=4,
)
KEYS = st.sampled_from(
    [
        *("units", "filters", "kernel_size", "pool_size", "strides", "padding", "rate", "activation", "axis", "dtype"),
        *("kernel_initializer", "bias_regularizer", "kernel_constraint", "target_shape", "layer", "use_bias", "groups"),
        *("data_format", "arguments", "newshape", "negative_slope", "momentum", "noise_shape", "trainable", "name"),
    ]
)
RECORDS = st.builds(
    Layer,
    name=st.text(max_size=3),
    cls=st.sampled_from(
        [
            *("Dense", "Conv2D", "MaxPooling2D", "Dropout", "Flatten", "Reshape", "BatchNormalization", "Add"),
            *("Concatenate", "TimeDistributed", "Relu", "Mean", "GetItem", "Lambda", "Activation", "InputLayer"),
        ]
    ),
    origin=st.sampled_from(["keras", "keras", "operation", "custom"]),
    config=st.dictionaries(KEYS, VALUES, max_size=4),
    inputs=st.lists(st.integers(0, 3), min_size=1, max_size=2),
    input_shapes=st.just([]),
    output_shapes=st.lists(st.tuples(st.none(), st.integers(0, 3)), max_size=1),
    weights=st.just([]),
    trainable=st.booleans(),
    identity=st.integers(1, 3),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(RECORDS, min_size=1, max_size=3))
def test_any_record_is_rebuilt_or_refused(records: list[Layer]) -> None:
    graph = Graph((8, 8, 3))
    network = msgspec.structs.replace(graph.network(), layers=[*graph.layers, *records], outputs=[len(records)])
    try:
        assert rebuild(network).inputs
    except NotRebuilt as refused:
        assert refused.detail
        assert len(str(refused)) < 700


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(sorted(LAYERS)), st.dictionaries(KEYS, VALUES, max_size=2))
def test_any_configuration_is_taken_or_refused(cls: str, config: dict[str, object]) -> None:
    needed = {"units": 2} if cls == "Dense" else {"rate": 0.5} if cls == "Dropout" else {}
    network = edited(chain(call("Identity")), cls=cls, config={**needed, **config}, output_shapes=[])
    try:
        assert rebuild(network).inputs
    except NotRebuilt as refused:
        assert refused.detail
