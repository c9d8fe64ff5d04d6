"""What a student reads when their network is not the one asked for: whole sentences, not their fragments."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.locale import Phrase, render
from autograder.networks.differences import Difference
from autograder.networks.explain import explain
from autograder.networks.signature import signature
from autograder.wire.messages import Network
from networks import IMAGE, Call, Graph, call, chain, conv, dense, pool, unbuilt


def model2() -> list[Call]:
    """The network of the course's exercise, each activation inside its layer."""
    layers: list[Call] = []
    for first, second in ((32, 64), (128, 128)):
        layers += [
            conv(first, padding="same", activation="relu"),
            conv(second, padding="same", activation="relu"),
            pool(),
        ]
    return [*layers, call("Flatten"), dense(256, activation="relu"), dense(10, activation="softmax")]


def changed(index: int, **settings: object) -> Network:
    """`model2` with other settings in the layer at `index`, from 0."""
    layers = model2()
    layers[index] = replace(layers[index], config={**layers[index].config, **settings})
    return chain(*layers)


def replaced(start: int, stop: int, *layers: Call) -> Network:
    """`model2` with other layers from `start` to before `stop`."""
    return chain(*model2()[:start], *layers, *model2()[stop:])


WANTED = chain(*model2())


@dataclass(frozen=True)
class Case:
    given: Network
    kind: str
    where: str
    place: str
    hint: str
    more: int = 0
    wanted: Network = WANTED


SUMMARY = "compare the lines of model.summary() with the layers asked for, one by one."
TWICE = "compare the lines of model.summary() with the layers asked for: one may be there twice."
LAST = (
    "the last activation depends on what is predicted: a probability for each class, "
    "a single probability, or any number."
)

CASES = {
    "padding": Case(
        changed(3, padding="valid"),
        "setting",
        'layer 4, Conv2D(128): padding "valid", expected "same"',
        'layer 4, Conv2D(128): padding "valid"',
        'without padding "same", each 3 × 3 convolution takes 2 pixels off the height and the width of the image.',
    ),
    "padding of a small kernel": Case(
        chain(conv(8, 2)),
        "setting",
        'layer 1, Conv2D(8): padding "valid", expected "same"',
        'layer 1, Conv2D(8): padding "valid"',
        'without padding "same", each 2 × 2 convolution takes 1 pixel off the height and the width of the image.',
        wanted=chain(conv(8, 2, padding="same")),
    ),
    "padding not asked for": Case(
        chain(conv(8, padding="same")),
        "setting",
        'layer 1, Conv2D(8): padding "same", expected "valid"',
        'layer 1, Conv2D(8): padding "same"',
        'padding "same" adds a border of zeros so that the output keeps the size of the input.',
        wanted=chain(conv(8)),
    ),
    "padding of a pooling": Case(
        chain(pool(), input_shape=(5, 5, 1)),
        "setting",
        'layer 1, MaxPooling2D: padding "valid", expected "same"',
        'layer 1, MaxPooling2D: padding "valid"',
        'with padding "valid", pooling drops the pixels of the border that do not fill a window.',
        wanted=chain(pool(padding="same"), input_shape=(5, 5, 1)),
    ),
    "every padding": Case(
        chain(*(replace(layer, config={**layer.config, "padding": None}) for layer in model2())),
        "setting",
        'layer 1, Conv2D(32): padding "valid", expected "same"; the same in layers 2, 4, 5',
        'layer 1, Conv2D(32): padding "valid"; the same in layers 2, 4, 5',
        'without padding "same", each 3 × 3 convolution takes 2 pixels off the height and the width of the image.',
    ),
    "no activation": Case(
        changed(1, activation=None),
        "activation",
        'layer 2, Conv2D(64): no activation, expected "relu"',
        "layer 2, Conv2D(64)",
        "without an activation between them, two layers compute no more than a single one would.",
    ),
    "another activation": Case(
        changed(7, activation="tanh"),
        "activation",
        'layer 8, Dense(256): activation "tanh", expected "relu"',
        'layer 8, Dense(256): activation "tanh"',
        "read again which activation is asked for here.",
    ),
    "another activation, as a layer": Case(
        replaced(7, 8, dense(256), call("Activation", activation="tanh")),
        "activation",
        'layer 9, tanh: activation "tanh", expected "relu"',
        'layer 9, tanh: activation "tanh"',
        "read again which activation is asked for here.",
    ),
    "no last activation": Case(
        changed(8, activation=None),
        "activation",
        'layer 9, Dense(10): no activation, expected "softmax"',
        "layer 9, Dense(10)",
        LAST,
    ),
    "another last activation": Case(
        changed(8, activation="sigmoid"),
        "activation",
        'layer 9, Dense(10): activation "sigmoid", expected "softmax"',
        'layer 9, Dense(10): activation "sigmoid"',
        LAST,
    ),
    "an activation too many": Case(
        chain(dense(8, activation="relu"), dense(9)),
        "activation",
        'layer 1, Dense(8): activation "relu", none expected',
        'layer 1, Dense(8): activation "relu"',
        "check whether this layer is asked to have an activation.",
        wanted=chain(dense(8), dense(9)),
    ),
    "filters": Case(
        changed(4, filters=64),
        "setting",
        "layer 5, Conv2D(64): filters 64, expected 128",
        "layer 5, Conv2D(64): filters 64",
        "filters is the first argument of Conv2D.",
    ),
    "many units": Case(
        changed(7, units=4096),
        "setting",
        "layer 8, Dense(4096): units 4,096, expected 256",
        "layer 8, Dense(4096): units 4,096",
        "units is the first argument of Dense.",
    ),
    "kernel size": Case(
        changed(0, kernel_size=5),
        "setting",
        "layer 1, Conv2D(32): kernel_size (5, 5), expected (3, 3)",
        "layer 1, Conv2D(32): kernel_size (5, 5)",
        "kernel_size is the second argument of Conv2D.",
    ),
    "two settings of one layer": Case(
        changed(0, kernel_size=5, filters=16),
        "setting",
        "layer 1, Conv2D(16): filters 16, expected 32; and 1 more difference",
        "layer 1, Conv2D(16): filters 16",
        "filters is the first argument of Conv2D.",
        more=1,
    ),
    "strides of a pooling": Case(
        changed(2, strides=1),
        "setting",
        "layer 3, MaxPooling2D: strides (1, 1), expected (2, 2)",
        "layer 3, MaxPooling2D: strides (1, 1)",
        "unless strides says otherwise, a pooling window moves by its own size.",
    ),
    "a regularizer": Case(
        chain(dense(8)),
        "setting",
        'layer 1, Dense(8): kernel_regularizer none, expected "L2(0.01)"',
        "layer 1, Dense(8): kernel_regularizer none",
        "the documentation of Dense says what kernel_regularizer does.",
        wanted=chain(dense(8, kernel_regularizer={"class_name": "L2", "config": {}})),
    ),
    "another pooling": Case(
        replaced(2, 3, call("AveragePooling2D")),
        "class",
        "layer 3: AveragePooling2D, expected MaxPooling2D",
        "layer 3, AveragePooling2D",
        "max pooling keeps the largest value of each window, average pooling their mean.",
    ),
    "global pooling": Case(
        replaced(6, 7, call("GlobalAveragePooling2D")),
        "class",
        "layer 7: GlobalAveragePooling2D, expected Flatten",
        "layer 7, GlobalAveragePooling2D",
        "Flatten keeps every value of the image, global pooling a single one for each channel.",
    ),
    "a layer missing": Case(
        replaced(5, 6),
        "missing",
        "after layer 5, Conv2D(128): MaxPooling2D is missing",
        "after layer 5, Conv2D(128)",
        SUMMARY,
    ),
    "the first layer missing": Case(
        chain(dense(8)),
        "missing",
        "before the first layer: Flatten is missing",
        "before the first layer",
        SUMMARY,
        wanted=chain(call("Flatten"), dense(8)),
    ),
    "a layer and its activation missing": Case(
        replaced(7, 8),
        "missing",
        "after layer 7, Flatten: Dense(256) is missing; and 1 more difference",
        "after layer 7, Flatten",
        SUMMARY,
        more=1,
    ),
    "a layer too many": Case(
        replaced(7, 7, call("Dropout", rate=0.5)),
        "extra",
        "layer 8, Dropout(0.5): one layer too many",
        "layer 8, Dropout(0.5)",
        SUMMARY,
    ),
    "a layer twice": Case(
        replaced(5, 5, pool()),
        "extra",
        "layer 7, MaxPooling2D: one layer too many",
        "layer 7, MaxPooling2D",
        TWICE,
    ),
    "another order": Case(
        chain(conv(8), call("ReLU"), call("BatchNormalization"), call("Flatten")),
        "order",
        "layer 2, relu: expected after layer 3, BatchNormalization",
        "layer 2, relu",
        "the layers are applied in the order they are written in.",
        wanted=chain(conv(8), call("BatchNormalization"), call("ReLU"), call("Flatten")),
    ),
    "another input": Case(
        chain(*model2(), input_shape=(32, 32, 1)),
        "input",
        "input: shape (32, 32, 1), expected (32, 32, 3)",
        "input: shape (32, 32, 1)",
        "keras.Input(shape=…) takes the shape of one example, without the number of examples.",
    ),
    "never built": Case(
        unbuilt(*model2()),
        "input",
        "input: no shape yet, expected (32, 32, 3)",
        "input: no shape yet",
        "begin with keras.Input(shape=…), so that the network knows the shape of one example.",
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_sentences(case: Case) -> None:
    assert said(explain(case.given, case.wanted)) == (case.kind, case.where, case.place, case.hint, case.more)


def said(difference: Difference | None) -> tuple[str, str, str, str, int]:
    """Return the kind, the three sentences in English, and how many differences follow."""
    assert difference is not None
    where, place, hint = (render(text or "", "en") for text in (difference.where, difference.place, difference.hint))
    return difference.kind, where, place, hint, difference.more


def test_setting_is_named() -> None:
    difference = explain(changed(3, padding="valid"), WANTED)
    assert difference is not None
    assert difference.setting == "padding"


def test_equal_networks_need_no_explanation() -> None:
    apart = [piece for layer in model2() for piece in (replace(layer, name="other"), call("Identity"))]
    assert explain(chain(*apart), WANTED) is None


# --- Graphs -----------------------------------------------------------------------------------------------------------


def residual(*, start_from: int = 1, merge: str = "Add") -> Network:
    """Two convolutions, then the sum of the second and of the output of call number `start_from`."""
    graph = Graph(IMAGE)
    first = graph(conv(3, padding="same", activation="relu"))
    second = graph(conv(3, padding="same"), first)
    graph(call(merge), second, start_from)
    graph(call("Flatten"))
    return graph.network()


CONNECTIONS = (
    "the layers are the right ones, their connections are not: follow what each one takes as input, "
    "for instance with keras.utils.plot_model."
)


def test_branches() -> None:
    assert said(explain(residual(start_from=0), residual())) == (
        "branches",
        "layer 3, Add: takes Input, Conv2D(3) [2], expected relu [1], Conv2D(3) [2]",
        "layer 3, Add: takes Input, Conv2D(3) [2]",
        CONNECTIONS,
        0,
    )


def test_another_merge() -> None:
    kind, where, *_ = said(explain(residual(merge="Concatenate"), residual()))
    assert (kind, where) == ("class", "layer 3: Concatenate, expected Add")


def test_no_merge() -> None:
    straight = chain(conv(3, padding="same", activation="relu"), conv(3, padding="same"), call("Flatten"))
    kind, where, *_ = said(explain(straight, residual()))
    assert (kind, where) == ("missing", "after layer 2, Conv2D(3): Add is missing")


def test_shared_weights() -> None:
    layer = dense(8)
    shared, apart = chain(layer, layer, input_shape=(8,)), chain(dense(8), dense(8), input_shape=(8,))
    hint = "one layer called twice has one set of weights; two layers have one each."
    place = "layer 1, Dense(8)"
    assert said(explain(shared, apart)) == (
        "sharing",
        "layer 1, Dense(8): shares its weights with another, expected weights of its own",
        place,
        hint,
        0,
    )
    assert said(explain(apart, shared)) == (
        "sharing",
        "layer 1, Dense(8): has weights of its own, expected to share them",
        place,
        hint,
        0,
    )


def test_outputs() -> None:
    hint = "check what you pass as outputs to keras.Model(…), or what your call method returns."
    body = Graph((8,))
    body(dense(8), 0)
    body(dense(8), 1)
    assert said(explain(body.network(2), body.network(2, 1))) == (
        "output",
        "number of outputs: 1, expected 2",
        "number of outputs: 1",
        hint,
        0,
    )
    assert said(explain(body.network(2, 1), body.network(2, 2))) == (
        "output",
        "output: Dense(8) [2], Dense(8) [1], expected Dense(8) [2], Dense(8) [2]",
        "output: Dense(8) [2], Dense(8) [1]",
        hint,
        0,
    )


def test_number_of_inputs() -> None:
    two = Graph((8,), (8,))
    two(call("Add"), 0, 1)
    assert said(explain(chain(dense(8), input_shape=(8,)), two.network()))[1:4] == (
        "number of inputs: 1, expected 2",
        "number of inputs: 1",
        "each input of the network is a keras.Input of its own; list them in keras.Model(inputs=[…], …).",
    )


def test_frozen_layers_only_where_asked() -> None:
    frozen = chain(replace(dense(8), trainable=False), dense(9))
    trained = chain(dense(8), dense(9))
    assert explain(frozen, trained) is None
    assert said(explain(frozen, trained, trainable=True)) == (
        "setting",
        "layer 1, Dense(8): trainable False, expected True",
        "layer 1, Dense(8): trainable False",
        "trainable = False freezes the weights of a layer; set it before compile.",
        0,
    )


# --- Of any two networks ----------------------------------------------------------------------------------------------

layers = st.sampled_from(
    [
        conv(8, padding="same"),
        conv(8, padding="same", activation="relu"),
        conv(16, 1),
        call("ReLU"),
        call("BatchNormalization"),
        call("Dropout", rate=0.5),
    ]
)
networks = st.lists(layers, min_size=1, max_size=6).map(lambda calls: chain(*map(replace, calls)))


@given(networks, networks)
def test_there_is_a_difference_exactly_where_signatures_differ(one: Network, other: Network) -> None:
    difference = explain(one, other)
    assert (difference is None) == (signature(one) == signature(other))
    assert difference is None or all(isinstance(text, Phrase) for text in (difference.where, difference.hint))


@given(st.lists(layers, min_size=2, max_size=6), st.data())
def test_one_layer_taken_away_is_one_layer_missing(calls: list[Call], data: st.DataObject) -> None:
    bare = [
        replace(one, cls="ELU" if one.cls == "ReLU" else one.cls, config={**one.config, "activation": None})
        for one in calls  # one ReLU after another is one
    ]
    index = data.draw(st.integers(0, len(bare) - 1))
    difference = explain(chain(*bare[:index], *bare[index + 1 :]), chain(*bare))
    assert difference is not None
    assert (difference.kind, difference.more) in (("missing", 0), ("activation", 0))


def test_networks_too_long_to_align() -> None:
    """Beyond the table's size the rest is counted, not paired; and it takes no minute."""
    one, other = chain(*[dense(8)] * 900), chain(*[dense(9)] * 800)
    kind, where, *_, more = said(explain(one, other))
    assert (kind, where, more) == (
        "setting",
        "layer 1, Dense(8): units 8, expected 9; the same in layers 2, 3, 4, 5, 6, 7, 8, 9, …; "
        "and 900 more differences",
        900,
    )
