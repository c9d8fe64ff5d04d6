"""Real Keras models, in every dress, read into records."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from autograder.networks.signature import canonical, signature
from autograder.wire.messages import Network
from autograder.worker.keras import recorded as keras_recorded
from autograder.worker.keras.reader import read_model, read_symbolic

pytestmark = pytest.mark.tensorflow

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
keras = pytest.importorskip("keras")
tf = pytest.importorskip("tensorflow")
layers = keras.layers

KerasModel: Any = keras.Model
KerasLayer: Any = keras.layers.Layer
Model = Any
VGG_BLOCKS = ((2, 8), (2, 16), (3, 32), (3, 64), (3, 64))
"""Convolutions and filters of VGG16's blocks, an eighth as wide."""


def read(model: Model, input_shape: tuple[int | None, ...] | None = None) -> Network:
    """Read a model, and send its record over the wire and back."""
    network = read_model(model, input_shape)
    return msgspec.json.decode(msgspec.json.encode(network), type=Network)


def classes(network: Network) -> list[str]:
    return [layer.cls for layer in network.layers]


# --- One network, many dresses ----------------------------------------------------------------------------------------


def small() -> Model:
    return keras.Sequential(
        [
            keras.Input((8, 8, 3)),
            layers.Conv2D(4, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(2, activation="softmax"),
        ]
    )


def small_apart() -> Model:
    return keras.Sequential(
        [
            keras.Input((8, 8, 3), name="image"),
            layers.Conv2D(4, (3, 3), strides=1, padding="same", use_bias=True, name="c"),
            layers.ReLU(),
            layers.MaxPool2D((2, 2), strides=2, padding="same"),
            layers.Reshape((-1,)),
            layers.Dense(2, activation="linear"),
            layers.Softmax(),
        ]
    )


def small_functional() -> Model:
    image = keras.Input((8, 8, 3))
    x = keras.ops.relu(layers.Conv2D(4, 3, padding="same")(image))
    x = layers.Flatten()(layers.MaxPooling2D(2)(x))
    return keras.Model(image, keras.activations.softmax(layers.Dense(2)(x)))


def small_lazy() -> Model:
    return keras.Sequential([layer.__class__.from_config(layer.get_config()) for layer in small().layers])


class Small(KerasModel):  # type: ignore[misc]
    def __init__(self) -> None:
        super().__init__()
        self.dense = layers.Dense(2, activation="softmax")  # made first, called last
        self.conv = layers.Conv2D(4, 3, padding="same")
        self.pool = layers.MaxPooling2D()
        self.flatten = layers.Flatten()

    def call(self, x: Any) -> Any:
        return self.dense(self.flatten(self.pool(keras.activations.relu(self.conv(x)))))


class SmallWithTensorFlow(Small):
    """Older courses write `tf.nn.relu`, which Keras 3 refuses on symbolic tensors."""

    def call(self, x: Any, training: bool) -> Any:  # type: ignore[override]
        x = self.pool(tf.nn.relu(self.conv(x)))
        return self.dense(tf.reshape(x, (-1, 64)))


class SmallRun(Small):
    """Needs numbers, so that it cannot be followed symbolically; what it computes is the same."""

    def call(self, x: Any) -> Any:
        assert x.numpy().shape[1:] == (8, 8, 3)
        return self.dense(self.flatten(self.pool(self.activation(self.conv(x)))))

    def __init__(self) -> None:
        super().__init__()
        self.activation = layers.Activation("relu")


class Nested(KerasModel):  # type: ignore[misc]
    def __init__(self) -> None:
        super().__init__()
        self.front = keras.Sequential([layers.Conv2D(4, 3, padding="same", activation="relu"), layers.MaxPooling2D()])
        self.back = Back()

    def call(self, x: Any, training: Any = None) -> Any:
        return self.back(self.front(x), training=training)


class Back(KerasModel):  # type: ignore[misc]
    def __init__(self) -> None:
        super().__init__()
        self.flatten = layers.Flatten()
        self.dense = layers.Dense(2, activation="softmax")

    def call(self, x: Any) -> Any:
        return self.dense(self.flatten(x))


def small_of_two() -> Model:
    front = keras.Sequential([keras.Input((8, 8, 3)), layers.Conv2D(4, 3, padding="same", activation="relu")])
    return keras.Sequential([front, keras.Sequential([layers.MaxPooling2D(), layers.Flatten()]), Back().dense])


def built(model: Model) -> Model:
    model(keras.ops.zeros((2, 8, 8, 3)))
    return model


DRESSES: dict[str, Callable[[], Model]] = {
    "activations apart": small_apart,
    "functional": small_functional,
    "lazy": small_lazy,
    "lazy, built": lambda: built(small_lazy()),
    "subclass": Small,
    "subclass, built": lambda: built(Small()),
    "subclass with TensorFlow functions": SmallWithTensorFlow,
    "subclass that must be run": SmallRun,
    "subclass that must be run, built": lambda: built(SmallRun()),
    "models in a subclass": Nested,
    "models in a subclass, built": lambda: built(Nested()),
    "models in a Sequential": small_of_two,
    "a clone": lambda: keras.models.clone_model(small()),
    "a subclass in a functional model": lambda: keras.Model(image := keras.Input((8, 8, 3)), Nested()(image)),
}


@pytest.mark.parametrize("dress", DRESSES.values(), ids=DRESSES.keys())
def test_dresses_are_equal(dress: Callable[[], Model]) -> None:
    network = read(dress(), (8, 8, 3))
    assert signature(network) == signature(read(small()))
    assert (network.params, network.trainable_params) == (small().count_params(),) * 2


def test_reading_twice_gives_the_same() -> None:
    nested = Nested()
    first, second = (msgspec.structs.replace(read(nested, (8, 8, 3)), layers=[]) for _ in range(2))
    assert first == second
    assert len({signature(read(nested, (8, 8, 3))) for _ in range(2)}) == 1


def vgg_sequential() -> Model:
    model = keras.Sequential([keras.Input((32, 32, 3))])
    for convolutions, filters in VGG_BLOCKS:
        for _ in range(convolutions):
            model.add(layers.Conv2D(filters, 3, padding="same", activation="relu"))
        model.add(layers.MaxPooling2D())
    for added in (layers.Flatten(), layers.Dense(32, "relu"), layers.Dense(16, "relu"), layers.Dense(10, "softmax")):
        model.add(added)
    return model


def vgg_functional() -> Model:
    image = x = keras.Input((32, 32, 3))
    for convolutions, filters in VGG_BLOCKS:
        x = block(x, filters, convolutions)
    x = layers.Flatten()(x)
    for units in (32, 16):
        x = layers.ReLU()(layers.Dense(units)(x))
    return keras.Model(image, layers.Dense(10, activation="softmax")(x))


def block(x: Any, filters: int, convolutions: int = 2) -> Any:
    for _ in range(convolutions):
        x = layers.Activation("relu")(layers.Conv2D(filters, (3, 3), padding="same")(x))
    return layers.MaxPooling2D(pool_size=(2, 2), strides=(2, 2))(x)


class Vgg(KerasModel):  # type: ignore[misc]
    def __init__(self) -> None:
        super().__init__()
        self.blocks = [
            [layers.Conv2D(filters, 3, padding="same", activation="relu") for _ in range(convolutions)]
            for convolutions, filters in VGG_BLOCKS
        ]
        self.pool = layers.MaxPooling2D()
        self.head = keras.Sequential(
            [layers.Flatten(), layers.Dense(32, "relu"), layers.Dense(16, "relu"), layers.Dense(10, "softmax")]
        )

    def call(self, x: Any) -> Any:
        for convolutions in self.blocks:
            for convolution in convolutions:
                x = convolution(x)
            x = self.pool(x)
        return self.head(x)


def test_vgg16_in_three_dresses() -> None:
    networks = [read(vgg_sequential()), read(vgg_functional()), read(Vgg(), (32, 32, 3))]
    assert len({signature(network) for network in networks}) == 1
    assert {network.params for network in networks} == {vgg_sequential().count_params()}
    assert [network.dress for network in networks] == ["Sequential", "Functional", "Vgg"]


class OwnGraph(KerasModel):  # type: ignore[misc]
    """A functional model in a class: its `call` is Keras's."""

    def __init__(self) -> None:
        entry = keras.Input((4,))
        super().__init__(entry, layers.Dense(3)(entry))


class Around(KerasModel):  # type: ignore[misc]
    """A class whose own `call` runs a Sequential."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = keras.Sequential([layers.Dense(3)])

    def call(self, x: Any) -> Any:
        return self.inner(x)


class InLayer(KerasLayer):  # type: ignore[misc]
    """The same, in a layer."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = keras.Sequential([layers.Dense(3)])

    def call(self, x: Any) -> Any:
        return self.inner(x)


def called(layer: Any) -> Model:
    """A functional model around one layer or model."""
    entry = keras.Input((4,))
    return keras.Model(entry, layer(entry))


@pytest.mark.parametrize(
    ("make", "dress", "nested"),
    [
        (lambda: called(layers.Dense(3)), "Functional", []),
        (OwnGraph, "Functional", []),
        (lambda: called(keras.Sequential([layers.Dense(3)])), "Functional", ["Sequential"]),
        (lambda: called(called(layers.Dense(3))), "Functional", ["Functional"]),
        (lambda: called(InLayer()), "Functional", ["Sequential"]),
        (lambda: called(Around()), "Functional", ["Around", "Sequential"]),
        (Around, "Around", ["Sequential"]),
        (lambda: keras.models.Sequential([layers.Dense(3)]), "Sequential", []),
        (
            lambda: keras.Sequential([keras.Sequential([layers.Dense(2)]), layers.Dense(3)]),
            "Sequential",
            ["Sequential"],
        ),
    ],
)
def test_how_a_network_and_those_in_it_were_written(make: Callable[[], Model], dress: str, nested: list[str]) -> None:
    network = read(make(), (4,))
    assert (network.dress, network.nested) == (dress, nested)


def test_a_base_in_a_sequential_is_unfolded() -> None:
    base = keras.applications.VGG16(weights=None, include_top=False, input_shape=(32, 32, 3))
    base.trainable = False
    network = read(keras.Sequential([base, layers.Flatten(), layers.Dense(10)]))
    assert (len(network.layers), classes(network)[-3:]) == (21, ["MaxPooling2D", "Flatten", "Dense"])
    assert network.trainable_params == 512 * 10 + 10
    assert not any(layer.trainable for layer in network.layers[1:-2])
    assert not any(weight.trainable for layer in network.layers[:-1] for weight in layer.weights)


# --- Pairs ------------------------------------------------------------------------------------------------------------


def model(*stack: Any, shape: tuple[int, ...] = (8, 8, 3)) -> Model:
    return keras.Sequential([keras.Input(shape), *stack])


SAME: dict[str, Callable[[], tuple[Model, Model]]] = {
    "leaky ReLU": lambda: (
        model(layers.Dense(4, activation="leaky_relu")),
        model(layers.Dense(4), layers.LeakyReLU(negative_slope=0.2)),
    ),
    "a layer as activation": lambda: (
        model(layers.Dense(4, activation=layers.LeakyReLU())),
        model(layers.Dense(4), layers.LeakyReLU()),
    ),
    "a function as activation": lambda: (
        model(layers.Dense(4, activation=tf.nn.relu)),
        model(layers.Dense(4, activation=keras.activations.relu)),
    ),
    "ReLU6": lambda: (model(layers.Activation("relu6")), model(layers.ReLU(max_value=6))),
    "GELU": lambda: (model(layers.Activation("gelu")), model(layers.Activation(keras.activations.gelu))),
    "initializers as text": lambda: (
        model(layers.Dense(4, kernel_initializer="glorot_uniform")),
        model(layers.Dense(4, kernel_initializer=keras.initializers.GlorotUniform(seed=1))),
    ),
    "the last axis": lambda: (model(layers.BatchNormalization(axis=3)), model(layers.BatchNormalization())),
    "the same lambda": lambda: (model(layers.Lambda(lambda x: x / 2)), model(layers.Lambda(lambda y: y / 2))),
    "bidirectional": lambda: (
        model(layers.Bidirectional(layers.LSTM(3)), shape=(5, 2)),
        model(layers.Bidirectional(layers.LSTM(3, name="other")), shape=(5, 2)),
    ),
}

DIFFERENT: dict[str, Callable[[], tuple[Model, Model]]] = {
    "slopes": lambda: (model(layers.LeakyReLU()), model(layers.Activation("leaky_relu"))),
    "regularizers": lambda: (model(layers.Dense(4, kernel_regularizer="l2")), model(layers.Dense(4))),
    "constraints": lambda: (model(layers.Dense(4, kernel_constraint="non_neg")), model(layers.Dense(4))),
    "padding": lambda: (model(layers.Conv2D(4, 3, padding="same")), model(layers.Conv2D(4, 3))),
    "pooling": lambda: (model(layers.MaxPooling2D()), model(layers.AveragePooling2D(2))),
    "dropout": lambda: (model(layers.Dropout(0.2)), model(layers.Dropout(0.3))),
    "wrapped units": lambda: (
        model(layers.Bidirectional(layers.LSTM(3)), shape=(5, 2)),
        model(layers.Bidirectional(layers.LSTM(4)), shape=(5, 2)),
    ),
    "lambdas": lambda: (model(layers.Lambda(lambda x: x / 2)), model(layers.Lambda(lambda x: x / 3))),
    "mixed precision": lambda: (model(layers.Dense(4, dtype="mixed_float16")), model(layers.Dense(4))),
    "input": lambda: (model(layers.Dense(4)), model(layers.Dense(4), shape=(9, 9, 3))),
}


@pytest.mark.parametrize("pair", SAME.values(), ids=SAME.keys())
def test_equal(pair: Callable[[], tuple[Model, Model]]) -> None:
    one, other = pair()
    assert signature(read(one)) == signature(read(other))


@pytest.mark.parametrize("pair", DIFFERENT.values(), ids=DIFFERENT.keys())
def test_different(pair: Callable[[], tuple[Model, Model]]) -> None:
    one, other = pair()
    assert signature(read(one)) != signature(read(other))


# --- Graphs -----------------------------------------------------------------------------------------------------------


def residual(add: Callable[[Any, Any], Any]) -> Model:
    image = keras.Input((8, 8, 4))
    x = layers.Conv2D(4, 3, padding="same", activation="relu")(image)
    return keras.Model(image, layers.ReLU()(add(layers.Conv2D(4, 3, padding="same")(x), x)))


def test_sums() -> None:
    sums: list[Callable[[Any, Any], Any]] = [
        lambda x, y: layers.Add()([x, y]),
        lambda x, y: layers.Add()([y, x]),
        lambda x, y: layers.add([x, y]),
        lambda x, y: x + y,
        lambda x, y: keras.ops.add(y, x),
    ]
    assert len({signature(read(residual(add))) for add in sums}) == 1
    assert signature(read(residual(lambda x, y: x - y))) != signature(read(residual(lambda x, y: y - x)))


def test_constants_of_operations() -> None:
    def scaled(factor: float) -> Network:
        image = keras.Input((4,))
        return read(keras.Model(image, image / factor))

    assert signature(scaled(255)) == signature(scaled(255.0)) != signature(scaled(256))


def test_a_layer_called_twice_keeps_its_identity() -> None:
    a, b, shared = keras.Input((4,)), keras.Input((4,)), layers.Dense(3)
    network = read(keras.Model([a, b], layers.Concatenate()([shared(a), shared(b)])))
    one, other = (layer for layer in network.layers if layer.cls == "Dense")
    assert one.identity == other.identity
    assert (one.inputs, other.inputs) == ([0], [1])
    assert network.params == 15


def test_a_model_called_twice_is_unfolded_twice() -> None:
    branch = keras.Sequential([keras.Input((4,)), layers.Dense(3), layers.Dense(2)])
    a, b = keras.Input((4,)), keras.Input((4,))
    network = read(keras.Model([a, b], layers.Subtract()([branch(b), branch(a)])))
    assert classes(network) == ["InputLayer", "InputLayer", "Dense", "Dense", "Dense", "Dense", "Subtract"]
    assert [layer.inputs for layer in network.layers] == [[], [], [1], [2], [0], [4], [3, 5]]
    assert network.layers[2].identity == network.layers[4].identity


def test_inputs_of_a_nested_model_keep_their_order() -> None:
    x, y = keras.Input((4,)), keras.Input((4,))
    difference = keras.Model([x, y], layers.Subtract()([x, y]))
    a, b = keras.Input((4,)), keras.Input((4,))
    assert read(keras.Model([a, b], difference([b, a]))).layers[2].inputs == [1, 0]


def test_two_outputs() -> None:
    image = keras.Input((4,))
    x = layers.Dense(3)(image)
    network = read(keras.Model(image, [layers.Dense(2)(x), x]))
    assert network.outputs == [2, 1]
    assert network.output_shapes == [(None, 2), (None, 3)]


# --- Less than whole --------------------------------------------------------------------------------------------------


def test_never_built() -> None:
    network = read(small_lazy())
    assert classes(network) == ["Conv2D", "MaxPooling2D", "Flatten", "Dense"]
    assert [layer.inputs for layer in network.layers] == [[], [0], [1], [2]]
    assert (network.params, network.input_shapes) == (0, [])
    assert network.note == "it was never built, and no input shape is known"


def test_never_built_subclass() -> None:
    network = read(Nested())
    assert classes(network) == ["Conv2D", "MaxPooling2D", "Flatten", "Dense"]
    assert "not as they are called" in network.note


def test_code_that_raises_is_the_students() -> None:
    class Raises(Small):
        def call(self, x: Any) -> Any:
            return self.dens(x)

    read(Small(), (8, 8, 3))  # what follows calls is put in place by the first
    original = keras.layers.Layer.__call__
    network = read(Raises(), (8, 8, 3))
    assert keras.layers.Layer.__call__ is original
    assert classes(network) == ["Dense", "Conv2D", "MaxPooling2D", "Flatten"]
    assert (network.problem, "'Raises' object has no attribute 'dens'" in network.note) == ("raised", True)


def test_a_stub_in_a_layer_of_a_sequential_is_the_students() -> None:
    class Unwritten(KerasLayer):  # type: ignore[misc]
        def call(self, x: Any) -> Any:
            raise NotImplementedError

    network = read(keras.Sequential([keras.Input((8, 8, 3)), Unwritten()]))
    assert network.problem == "raised", network.note


def test_code_that_cannot_be_followed_is_told_by_its_digest() -> None:
    def looping(times: int) -> Model:
        class Loops(Small):
            def call(self, x: Any) -> Any:
                x = self.conv(x)
                for _ in range(times):
                    x = x / float(tf.reduce_max(x))
                return self.dense(self.flatten(x))

        return Loops()

    one, same, other = (read(looping(times), (8, 8, 3)) for times in (2, 2, 3))
    assert one.problem == "unreadable"
    assert "each time it is called" in one.note
    assert signature(one) == signature(same) != signature(other)


def test_numbers_that_are_only_looked_at() -> None:
    class Looks(Small):
        def call(self, x: Any) -> Any:
            x = self.conv(x)
            assert float(tf.reduce_max(x)) < 1e9
            return self.dense(self.flatten(self.pool(keras.activations.relu(x))))

    network = read(Looks(), (8, 8, 3))
    assert (network.problem, network.note) == ("", "")
    assert signature(network) == signature(read(small()))


def test_models_that_hold_each_other() -> None:
    one, other = Small(), Small()
    one.friend, other.friend = other, one
    network = read(one)
    assert classes(network) == ["Dense", "Conv2D", "MaxPooling2D", "Flatten"] * 2
    assert network.params == 0


def test_a_functional_model_whose_call_is_the_students() -> None:
    class Rectified(KerasModel):  # type: ignore[misc]
        def call(self, x: Any) -> Any:
            return keras.ops.relu(super().call(x))

    image = keras.Input((4,))
    network = read(Rectified(image, layers.Dense(3)(image)))
    assert signature(network) == signature(read(model(layers.Dense(3, activation="relu"), shape=(4,))))


def test_a_layer_of_the_students_own() -> None:
    class Twice(KerasLayer):  # type: ignore[misc]
        def __init__(self, inner: Any = print) -> None:
            super().__init__()
            self.dense = layers.Dense(3)

        def call(self, x: Any) -> Any:
            return self.dense(x) * 2

        def get_config(self) -> Any:
            raise RuntimeError("I refuse")

    network = read(keras.Sequential([keras.Input((4,)), Twice()]))
    assert [(layer.cls, layer.within) for layer in network.layers[1:]] == [("Dense", "Twice"), ("Multiply", "Twice")]
    assert signature(network) == signature(read(model(layers.Dense(3), layers.Rescaling(2.0), shape=(4,))))


def test_a_model_without_layers() -> None:
    assert read(keras.Sequential()).layers == []


def test_too_many_layers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keras_recorded, "MAX_LAYERS", 3)
    network = read(small())
    assert classes(network) == ["InputLayer", "Conv2D", "MaxPooling2D"]
    assert network.outputs == [2]
    assert "only its first" in network.note


# --- The record -------------------------------------------------------------------------------------------------------


def test_record_of_a_convolution() -> None:
    layer = read(small()).layers[1]
    assert (layer.cls, layer.origin, layer.inputs, layer.trainable) == ("Conv2D", "keras", [0], True)
    assert (layer.input_shapes, layer.output_shapes) == ([(None, 8, 8, 3)], [(None, 8, 8, 4)])
    assert [(weight.shape, weight.dtype, weight.trainable) for weight in layer.weights] == [
        ((3, 3, 3, 4), "float32", True),
        ((4,), "float32", True),
    ]
    assert layer.config["dtype"] == "float32"
    assert layer.config["activation"] == "relu"
    assert layer.config["kernel_initializer"] == {
        "class_name": "GlorotUniform",
        "config": {"seed": None, "input_axes": None, "output_axes": None},
    }


def test_bare_operations() -> None:
    network = read(small_functional())
    assert [layer.cls for layer in network.layers if layer.origin == "operation"] == ["Relu", "Softmax"]


def test_parameters_of_a_normalization() -> None:
    network = read(model(layers.Dense(4), layers.BatchNormalization(), shape=(3,)))
    assert (network.params, network.trainable_params) == (32, 24)


def test_compiled() -> None:
    network = small()
    network.compile(
        optimizer=keras.optimizers.SGD(0.01, momentum=0.9), loss="sparse_categorical_crossentropy", metrics=["accuracy"]
    )
    compiled = read(network).compiled
    assert compiled is not None
    assert compiled.optimizer is not None
    assert (compiled.loss, compiled.metrics) == ("sparse_categorical_crossentropy", ["accuracy"])
    assert compiled.optimizer["class_name"] == "SGD"
    config = compiled.optimizer["config"]
    assert isinstance(config, dict)
    assert (config["learning_rate"], config["momentum"]) == (0.01, 0.9)


def test_compiled_with_objects() -> None:
    network = small()
    network.compile(loss=keras.losses.CategoricalCrossentropy(from_logits=True), metrics=[keras.metrics.Recall()])
    compiled = read(network).compiled
    assert compiled is not None
    assert isinstance(compiled.loss, dict)
    assert compiled.loss["class_name"] == "CategoricalCrossentropy"
    assert [metric["class_name"] for metric in compiled.metrics if isinstance(metric, dict)] == ["Recall"]


def test_not_compiled() -> None:
    assert read(small()).compiled is None


# --- Functions on symbolic inputs -------------------------------------------------------------------------------------


def test_a_block_function() -> None:
    image = keras.Input((32, 32, 3))
    network = read_symbolic(block(image, 8), image)
    assert classes(network) == ["InputLayer", "Conv2D", "Activation", "Conv2D", "Activation", "MaxPooling2D"]
    assert (network.input_shapes, network.output_shapes) == ([(None, 32, 32, 3)], [(None, 16, 16, 8)])
    assert network.params == 224 + 584
    wanted = model(
        *(layers.Conv2D(8, 3, padding="same", activation="relu") for _ in range(2)),
        layers.MaxPooling2D(),
        shape=(32, 32, 3),
    )
    assert signature(network) == signature(read(wanted))


def test_a_function_of_two_inputs() -> None:
    a, b = keras.Input((4,)), keras.Input((4,))
    network = read_symbolic([a - b, b], [a, b])
    assert (classes(network), network.outputs) == (["InputLayer", "InputLayer", "Subtract"], [2, 1])


def test_a_function_that_forgets_its_input() -> None:
    given, own = keras.Input((4,)), keras.Input((5,))
    network = read_symbolic(layers.Dense(3)(own), given)
    assert classes(network) == ["InputLayer", "InputLayer", "Dense"]
    assert canonical(network).steps[0].inputs == (-2,)


def test_importing_the_reader_imports_no_keras() -> None:
    script = (
        "import sys, autograder.worker.keras.reader; sys.exit('keras' in sys.modules or 'tensorflow' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
