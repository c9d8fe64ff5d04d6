"""Typical mistakes, made in records, and the networks that come of them."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from autograder.networks.mistakes import MISTAKES, Mistake, fits
from autograder.networks.record_edits import (
    head,
    inserted_after,
    with_activation,
    with_config,
    with_followers,
    without,
)
from autograder.networks.signature import signature
from autograder.wire.messages import Network
from autograder.worker.keras.reader import read_model
from autograder.worker.keras.rebuild import rebuild
from networks import Call, Graph, call, chain, conv, dense, operation, pool

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

BY_NAME = {mistake.name: mistake for mistake in MISTAKES}


def shown(network: Network | None) -> list[str]:
    """Write each layer in short: class, width, activation, and where it takes from unless that is the layer before."""
    assert network is not None
    return [_shown(network, position) for position in range(1, len(network.layers))]


def _shown(network: Network, position: int) -> str:
    layer = network.layers[position]
    keys = ("filters", "units", "pool_size", "strides", "rate", "activation")
    said = [str(layer.config[key]) for key in keys if layer.config.get(key) is not None]
    frozen = "" if layer.trainable else " frozen"
    source = "" if layer.inputs == [position - 1] else f" <- {layer.inputs}"
    return f"{layer.cls}({', '.join(said)}){frozen}{source}"


def mistaken(name: str, network: Network) -> list[str]:
    return shown(BY_NAME[name].apply(network))


# --- Networks ---------------------------------------------------------------------------------------------------------


def small() -> Network:
    """Two blocks of convolutions and a hidden Dense layer, activations in the layers."""
    return chain(
        conv(32, activation="relu"),
        pool(),
        conv(64, activation="relu"),
        conv(64, activation="relu"),
        pool(),
        call("Flatten"),
        dense(128, activation="relu"),
        call("Dropout", rate=0.5),
        dense(10, activation="softmax"),
    )


def apart() -> Network:
    """The like, with activations, bare operations and normalisations of their own."""
    return chain(
        conv(32),
        call("BatchNormalization"),
        call("ReLU"),
        pool(),
        conv(64),
        operation("Relu"),
        call("Flatten"),
        dense(16),
        call("Activation", activation="relu"),
        dense(10),
        call("Softmax"),
    )


def residual() -> Network:
    graph = Graph()
    first = graph(conv(8, padding="same", activation="relu"))
    graph(conv(8, padding="same"))
    graph(call("Add"), len(graph.layers) - 1, first)
    for called in (call("ReLU"), call("GlobalAveragePooling2D"), dense(10, activation="softmax")):
        graph(called)
    return graph.network()


# --- Each mistake -----------------------------------------------------------------------------------------------------

SMALL = [
    *("Conv2D(32, relu)", "MaxPooling2D()", "Conv2D(64, relu)", "Conv2D(64, relu)", "MaxPooling2D()", "Flatten()"),
    *("Dense(128, relu)", "Dropout(0.5)", "Dense(10, softmax)"),
]


def swapped(*changes: tuple[str, str]) -> list[str]:
    """SMALL with every layer of one writing in another, or left out."""
    new = dict(changes)
    return [new.get(layer, layer) for layer in SMALL if new.get(layer, layer)]


IN_SMALL: dict[str, list[str]] = {
    "no-activation": swapped(
        ("Conv2D(32, relu)", "Conv2D(32, linear)"),
        ("Conv2D(64, relu)", "Conv2D(64, linear)"),
        ("Dense(128, relu)", "Dense(128, linear)"),
    ),
    "relu-output": swapped(("Dense(10, softmax)", "Dense(10, relu)")),
    "sigmoid-hidden": [layer.replace("relu", "sigmoid") for layer in SMALL],
    "softmax-hidden": [layer.replace("relu", "softmax") for layer in SMALL],
    "frozen": [layer.replace("relu)", "relu) frozen") for layer in SMALL],
    "bottleneck": swapped(("Dense(128, relu)", "Dense(2, relu)")),
    "narrow": swapped(
        ("Conv2D(32, relu)", "Conv2D(4, relu)"),
        ("Conv2D(64, relu)", "Conv2D(8, relu)"),
        ("Dense(128, relu)", "Dense(16, relu)"),
    ),
    # 32 → 30 → 7 → 5 → 3: a second pooling of 4 no longer fits.
    "wide-pooling": [*SMALL[:1], "MaxPooling2D(4, 4)", *SMALL[2:]],
    "block-missing": [*SMALL[:2], *SMALL[5:]],
    "dense-missing": [*SMALL[:6], SMALL[8]],
    "convolutions-missing": SMALL[5:],
    "heavy-dropout": [
        *(SMALL[0], "Dropout(0.9)", SMALL[1], SMALL[2], "Dropout(0.9)", SMALL[3], "Dropout(0.9)", *SMALL[4:7]),
        *(SMALL[7], "Dropout(0.9)", SMALL[8]),
    ],
    "one-filter": swapped(("Conv2D(32, relu)", "Conv2D(1, relu)")),
    "one-output": swapped(("Dense(10, softmax)", "Dense(1, sigmoid)")),
    "half-width": swapped(
        ("Conv2D(32, relu)", "Conv2D(16, relu)"),
        ("Conv2D(64, relu)", "Conv2D(32, relu)"),
        ("Dense(128, relu)", "Dense(64, relu)"),
    ),
    "layer-missing": [*SMALL[:3], *SMALL[4:]],
}


@pytest.mark.parametrize("name", IN_SMALL)
def test_in_a_small_network(name: str) -> None:
    assert mistaken(name, small()) == IN_SMALL[name]


APART = [
    *("Conv2D(32)", "BatchNormalization()", "ReLU()", "MaxPooling2D()", "Conv2D(64)", "Relu()", "Flatten()"),
    *("Dense(16)", "Activation(relu)", "Dense(10)", "Softmax()"),
]
IN_APART: dict[str, list[str]] = {
    "no-activation": [layer for layer in APART if layer not in ("ReLU()", "Relu()", "Activation(relu)")],
    "relu-output": [*APART[:-1], "Activation(relu)"],
    "sigmoid-hidden": [
        "Activation(sigmoid)" if layer in ("ReLU()", "Relu()", "Activation(relu)") else layer for layer in APART
    ],
    "frozen": [f"{layer} frozen" if layer.startswith(("Conv2D", "Batch", "Dense(16)")) else layer for layer in APART],
    "block-missing": [*APART[:4], *APART[6:]],
    "dense-missing": [*APART[:7], *APART[9:]],
    "convolutions-missing": APART[6:],
    "heavy-dropout": [*APART[:3], "Dropout(0.9)", *APART[3:6], "Dropout(0.9)", *APART[6:9], "Dropout(0.9)", *APART[9:]],
    "one-output": [*APART[:9], "Dense(1)", "Activation(sigmoid)"],
    "layer-missing": [*APART[:4], *APART[6:]],
}


@pytest.mark.parametrize("name", IN_APART)
def test_with_activations_apart(name: str) -> None:
    assert mistaken(name, apart()) == IN_APART[name]


def test_strides_of_four_where_the_image_is_large_enough() -> None:
    assert BY_NAME["long-strides"].apply(small()) is None  # 32 → 8 → 4 → 2: no window of 3 fits
    large = chain(conv(8, activation="relu", padding="same"), call("Flatten"), dense(10, activation="softmax"))
    assert mistaken("long-strides", large)[0] == "Conv2D(8, 4, relu)"
    dilated = chain(conv(8, padding="same", dilation_rate=2), call("Flatten"), dense(10))
    assert BY_NAME["long-strides"].apply(dilated) is None


def test_in_a_residual_network() -> None:
    network = residual()
    assert [layer.inputs for layer in network.layers] == [[], [0], [1], [2, 1], [3], [4], [5]]
    missing = BY_NAME["convolutions-missing"].apply(network)
    assert shown(missing) == ["Add() <- [0, 0]", "ReLU()", "GlobalAveragePooling2D()", "Dense(10, softmax)"]
    assert BY_NAME["block-missing"].apply(network) is None
    # A convolution goes on into the sum, and the first one into the sum as well: what follows them alone is dropped.
    dropped = BY_NAME["heavy-dropout"].apply(network)
    assert dropped is not None
    assert [layer.inputs for layer in dropped.layers] == [[], [0], [1], [2], [3], [4, 2], [5], [6], [7]]


NOTHING_HIDDEN = chain(call("Flatten"), dense(10, activation="softmax"))
DENSE = chain(dense(784, activation="relu"), dense(10, activation="softmax"), input_shape=(784,))


def test_mistakes_that_cannot_be_made_are_not() -> None:
    assert {name for name in BY_NAME if BY_NAME[name].apply(NOTHING_HIDDEN)} == {"relu-output", "one-output"}
    dense_alone = {"no-activation", "relu-output", "sigmoid-hidden", "softmax-hidden", "frozen", "bottleneck", "narrow"}
    assert {name for name in BY_NAME if BY_NAME[name].apply(DENSE)} == {
        *dense_alone,
        *("dense-missing", "heavy-dropout", "one-output", "half-width", "layer-missing"),
    }


def test_a_mistake_already_made_is_not_made_again() -> None:
    for mistake in MISTAKES:
        once = mistake.apply(small())
        if once is not None and mistake.name not in ("heavy-dropout", "narrow", "half-width", "layer-missing"):
            assert mistake.apply(once) is None, mistake.name


def test_a_network_that_gives_scores_is_mistaken_too() -> None:
    logits = chain(call("Flatten"), dense(32, activation="relu"), dense(10))
    assert mistaken("relu-output", logits)[-1] == "Dense(10, relu)"
    assert mistaken("one-output", logits)[-1] == "Dense(1, sigmoid)"


def test_a_convolution_may_be_the_last_layer_with_weights() -> None:
    network = chain(
        conv(32, activation="relu"), conv(10), call("GlobalAveragePooling2D"), call("Activation", activation="softmax")
    )
    assert head(network) == {2, 3, 4}
    assert mistaken("convolutions-missing", network)[0] == "Conv2D(10)"
    assert mistaken("one-output", network)[1:] == ["Conv2D(1)", "GlobalAveragePooling2D()", "Activation(sigmoid)"]


def test_names_and_titles_tell_the_mistakes_apart() -> None:
    assert len(BY_NAME) == len({mistake.title for mistake in MISTAKES}) == len(MISTAKES) == 17


@pytest.mark.parametrize("mistake", MISTAKES, ids=BY_NAME)
@pytest.mark.parametrize("make", [small, apart, residual])
def test_a_mistake_changes_the_network_and_leaves_the_reference(make: Callable[[], Network], mistake: Mistake) -> None:
    network = make()
    edited = mistake.apply(network)
    assert network == make()
    if edited is not None:
        assert signature(edited, trainable=True) != signature(network, trainable=True)
        assert all(not layer.output_shapes for layer in edited.layers[1:])
        assert edited.layers[0] == network.layers[0]


def test_all_mistakes_are_told_apart_by_the_signature() -> None:
    made = [edited for mistake in MISTAKES if (edited := mistake.apply(small())) is not None]
    assert len({signature(network, trainable=True) for network in made}) == len(made)


# --- Edits ------------------------------------------------------------------------------------------------------------


def test_without_hands_inputs_and_outputs_on() -> None:
    network = without(residual(), {2, 4, 6})
    assert [layer.cls for layer in network.layers] == ["InputLayer", "Conv2D", "Add", "GlobalAveragePooling2D"]
    assert [layer.inputs for layer in network.layers] == [[], [0], [1, 1], [2]]
    assert network.outputs == [3]


def test_inserted_layers_have_identities_of_their_own() -> None:
    network = inserted_after(small(), [1, 9], "Dropout", {"rate": 0.1})
    assert network.outputs == [11]
    assert [position for position, layer in enumerate(network.layers) if layer.config == {"rate": 0.1}] == [2, 11]
    assert len({layer.identity for layer in network.layers}) == len(network.layers) == 12
    assert [layer.inputs for layer in network.layers[1:]] == [[position] for position in range(11)]


def test_a_layer_called_twice_is_edited_at_both_calls() -> None:
    shared = dense(8, activation="relu")
    network = chain(call("Flatten"), dense(8), shared, shared, dense(10, activation="softmax"))
    edited = with_config(network, [3], units=4)
    assert [layer.config.get("units") for layer in edited.layers[2:]] == [8, 4, 4, 10]
    assert mistaken("narrow", network)[2:4] == ["Dense(1, relu)", "Dense(1, relu)"]


def test_activations_are_set_in_layers_and_in_their_place() -> None:
    network = with_activation(apart(), [1, 3, 6], "tanh")
    assert shown(network)[:6] == [
        *("Conv2D(32, tanh)", "BatchNormalization()", "Activation(tanh)", "MaxPooling2D()", "Conv2D(64)"),
        "Activation(tanh)",
    ]
    assert len({layer.identity for layer in network.layers}) == len(network.layers)


def test_followers_are_what_takes_from_nothing_else() -> None:
    assert with_followers(apart(), [1, 8]) == {1, 2, 3, 8, 9}
    assert with_followers(residual(), [1]) == {1}
    assert with_followers(residual(), [2, 3]) == {2, 3, 4}


@pytest.mark.parametrize(
    ("calls", "fit"),
    [
        ([conv(8, 3), pool(pool_size=4)], True),
        ([conv(8, 33)], False),
        ([conv(8, 33, padding="same")], True),
        ([conv(8, [3, 33])], False),
        ([conv(8, 17, dilation_rate=2)], False),
        ([conv(8, 16, dilation_rate=2)], True),
        ([conv(8, 3, strides=4), call("BatchNormalization"), conv(8, 9)], False),
        ([conv(8, 3, strides=4), call("ReLU"), conv(8, 8)], True),
        ([pool(pool_size=8), call("Conv2DTranspose", filters=8, kernel_size=8), conv(8, 9)], True),
    ],
)
def test_windows_must_fit_the_image(calls: list[Call], fit: bool) -> None:
    network = chain(call("Identity"))
    for number, called in enumerate(calls):
        network = with_layer_after(network, number, called)
    assert fits(network) is fit


@pytest.mark.parametrize(("window", "fit"), [(30, True), (31, False)])
def test_sizes_are_followed_through_a_sum(window: int, fit: bool) -> None:
    graph = Graph()
    first = graph(conv(8))
    graph(call("Add"), graph(call("ReLU")), first)
    graph(call("Flatten"))
    assert fits(with_layer_after(graph.network(), 3, conv(8, window))) is fit


def with_layer_after(network: Network, position: int, called: Call) -> Network:
    return inserted_after(network, [position], called.cls, called.config)


# --- Real networks ----------------------------------------------------------------------------------------------------


def course_dense(keras: Any) -> Any:
    layers = keras.layers
    return keras.Sequential([keras.Input((784,)), layers.Dense(784, "relu"), layers.Dense(10, "softmax")])


def course_deep(keras: Any) -> Any:
    layers = keras.layers
    stack = [keras.Input((28, 28, 1))]
    for filters in (32, 64, 128):
        stack += [layers.Conv2D(filters, 3, activation="relu"), layers.MaxPooling2D(), layers.Dropout(0.2)]
    return keras.Sequential([*stack, layers.Flatten(), layers.Dense(256, "relu"), layers.Dense(10, "softmax")])


def course_six(keras: Any) -> Any:
    layers = keras.layers
    image = x = keras.Input((32, 32, 3))
    for filters in (64, 128, 256):
        for _ in range(2):
            x = keras.ops.relu(layers.BatchNormalization()(layers.Conv2D(filters, 3, padding="same")(x)))
        x = layers.MaxPooling2D()(x)
    x = layers.ReLU()(layers.Dense(64)(layers.Flatten()(x)))
    return keras.Model(image, layers.Softmax()(layers.Dense(10)(x)))


def course_residual(keras: Any) -> Any:
    layers = keras.layers
    image = keras.Input((32, 32, 3))
    x = layers.Conv2D(16, 3, padding="same", activation="relu")(image)
    for _ in range(2):
        inner = layers.Conv2D(16, 3, padding="same", activation="relu")(x)
        x = layers.ReLU()(layers.add([x, layers.Conv2D(16, 3, padding="same")(inner)]))
    return keras.Model(image, layers.Dense(10, activation="softmax")(layers.GlobalAveragePooling2D()(x)))


def course_vgg(keras: Any) -> Any:
    layers = keras.layers
    stack = [keras.Input((32, 32, 3))]
    for convolutions, filters in ((2, 8), (2, 16), (3, 32), (3, 64), (3, 64)):
        stack += [layers.Conv2D(filters, 3, padding="same", activation="relu") for _ in range(convolutions)]
        stack.append(layers.MaxPooling2D())
    return keras.Sequential([*stack, layers.Flatten(), layers.Dense(32, "relu"), layers.Dense(10, "softmax")])


COURSE = (course_dense, course_deep, course_six, course_residual, course_vgg)
LEFT_OUT: Mapping[str, set[str]] = {
    "course_dense": {"wide-pooling", "block-missing", "convolutions-missing", "one-filter", "long-strides"},
    "course_deep": {"wide-pooling", "long-strides"},
    "course_six": set(),
    "course_residual": {"bottleneck", "wide-pooling", "dense-missing"},
    "course_vgg": {"wide-pooling", "long-strides"},
}


@pytest.mark.tensorflow
@pytest.mark.parametrize("make", COURSE)
def test_every_mistake_of_a_real_network_is_built_again(make: Callable[[Any], Any]) -> None:
    reference = read_model(make(pytest.importorskip("keras")))
    made = {mistake.name: edited for mistake in MISTAKES if (edited := mistake.apply(reference)) is not None}
    assert set(BY_NAME) - set(made) == LEFT_OUT[make.__name__]
    for name, edited in made.items():
        rebuilt = read_model(rebuild(edited))
        assert signature(rebuilt, trainable=True) != signature(reference, trainable=True)
        assert rebuilt.output_shapes == [(None, 1 if name == "one-output" else 10)]


@pytest.mark.tensorflow
def test_the_frozen_network_trains_its_last_layer_alone() -> None:
    reference = read_model(course_six(pytest.importorskip("keras")))
    edited = BY_NAME["frozen"].apply(reference)
    assert edited is not None
    rebuilt = read_model(rebuild(edited))
    assert rebuilt.params == reference.params
    assert rebuilt.trainable_params == 64 * 10 + 10
