"""What students read of their networks, in both languages, as a golden file: `AUTOGRADER_REWRITE=1` writes it anew."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import msgspec

from autograder.judge.layers import with_place
from autograder.judge.message import compose
from autograder.locale import LANGUAGES
from autograder.networks.explain import explain
from autograder.wire.messages import Layer, Network, Weight
from network.test_explain import CASES, WANTED, changed, model2, replaced
from networks import Call, Graph, call, chain, conv, dense, operation, pool, unbuilt

GOLDEN = Path(__file__).parent / "explanations.txt"
WORDS = (7, 5)


def lstm(**config: object) -> Call:
    return call("LSTM", units=3, **config)


def wrapped(cls: str, inner: str, **config: object) -> Call:
    return call(cls, layer={"class_name": inner, "config": config})


def told(network: Network, **fields: object) -> Network:
    """The network with these fields in its last call."""
    last = msgspec.structs.replace(network.layers[-1], **fields)
    return msgspec.structs.replace(network, layers=[*network.layers[:-1], last])


def branches(*kernels: int) -> Network:
    graph = Graph()
    ends = [graph(conv(4, size, padding="same", activation="relu"), 0) for size in kernels]
    graph(call("Concatenate"), *ends)
    return graph.network()


def difference(*, turned: bool) -> Network:
    graph = Graph((8,), (8,))
    graph(call("Subtract"), *((1, 0) if turned else (0, 1)))
    return graph.network()


def states(*slots: int) -> Network:
    graph = Graph(WORDS)
    encoder = graph(lstm(return_state=True, return_sequences=True))
    network = graph.network(*[encoder] * len(slots))
    layer = msgspec.structs.replace(network.layers[encoder], output_shapes=[(None, 3)] * 3)
    return msgspec.structs.replace(network, layers=[network.layers[0], layer], slots=list(slots))


def small(*, second: object = 3, first: object = 3, merge: str = "Add") -> Network:
    graph = Graph()
    start = graph(conv(3, first, padding="same", activation="relu"), 0)
    graph(call(merge), graph(conv(3, second, padding="same"), start), start)
    graph(call("Flatten"))
    graph(dense(10))
    return graph.network()


def in_a_block(**config: object) -> Network:
    return told(chain(conv(8, **{"padding": "same", **config})), within="Bloc")


def listed(*calls: Call, problem: str, note: str = "", dress: str = "Sequential") -> Network:
    return msgspec.structs.replace(unbuilt(*calls), problem=problem, note=note, dress=dress)


def without(setting: str) -> list[Call]:
    return [replace(layer, config={**layer.config, setting: None}) for layer in model2()]


def kernels(size: int) -> list[Call]:
    return [
        replace(one, config={**one.config, "kernel_size": size} if one.cls == "Conv2D" else one.config)
        for one in model2()
    ]


def sharing(*, shared: bool) -> Network:
    one = dense(8)
    return chain(one, one if shared else dense(8), input_shape=(8,))


def handed(*names: str) -> Network:
    """A decoder of words that is called with what an encoder of others gives, by these names."""
    graph = Graph(WORDS, (3,))
    gru = graph(call("GRU", units=3), *range(1 + len(names)))
    roles: dict[str, object] = {name: {"tensor": place} for place, name in enumerate(("sequences", *names))}
    return told(graph.network(gru), arguments=roles if names else {})


def factor(value: float) -> Network:
    network = chain(dense(4), operation("Multiply"))
    return told(network, arguments={"x1": value, "x2": {"tensor": 0}})


def by_hand(*calls: Call, within: str = "") -> Network:
    """A convolution, and then calls within a layer of the student's own."""
    network = chain(conv(8), *calls)
    layers = [msgspec.structs.replace(one, within=within) for one in network.layers[2:]]
    return msgspec.structs.replace(network, layers=[*network.layers[:2], *layers])


VARIANCE = operation("Var", axis=-1, keepdims=True), operation("Sqrt"), operation("Sum", axis=-2, keepdims=True)
NORMALIZED = chain(conv(8), call("LayerNormalization"))


def moved(*, learned: bool, kind: str = "Add") -> Network:
    """A vector moved by a weight, or by a number."""
    graph = Graph((6,))
    weight = graph(operation("Variable"))
    made = [Weight(shape=(6,), dtype="float32", trainable=True)]
    graph.layers[weight] = msgspec.structs.replace(
        graph.layers[weight], inputs=[], input_shapes=[], output_shapes=[(6,)], weights=made, name="w"
    )
    graph(operation(kind), 0, *([weight] if learned else []))
    other: object = {"tensor": 1} if learned else 2.0
    graph.layers[-1] = msgspec.structs.replace(graph.layers[-1], arguments={"x1": {"tensor": 0}, "x2": other})
    graph(dense(2))
    return graph.network()


def adapted(mean: float = 3.0, variance: float = 4.0) -> Network:
    return chain(call("Normalization", mean=mean, variance=variance), dense(2), input_shape=(6,))


PAIRS: dict[str, tuple[Network, Network]] = {
    **{name: (case.given, case.wanted) for name, case in CASES.items()},
    "branches in another order": (branches(3, 1, 5), branches(1, 3, 5)),
    "a branch with another kernel": (branches(1, 3, 3), branches(1, 3, 5)),
    "inputs in another order": (difference(turned=True), difference(turned=False)),
    "states in another order": (states(2, 1), states(1, 2)),
    "another state": (states(2), states(1)),
    "a pooling too early": (
        chain(conv(8, activation="relu"), pool(), conv(9, activation="relu"), dense(2)),
        chain(conv(8, activation="relu"), conv(9, activation="relu"), pool(), dense(2)),
    ),
    "a kernel in every convolution": (chain(*kernels(5)), WANTED),
    "no activation anywhere": (chain(*without("activation")), WANTED),
    "never built, no padding": (listed(*without("padding"), problem="unbuilt"), WANTED),
    "could not be built, no padding": (
        listed(*without("padding"), problem="raised", note="ValueError: negative"),
        WANTED,
    ),
    "could not be built": (listed(*model2(), problem="raised", note="ValueError: Negative dimension size"), WANTED),
    "call raises": (
        listed(
            dense(4),
            problem="raised",
            note="listed; AttributeError: 'Net' object has no attribute 'hiden'",
            dress="Net",
        ),
        WANTED,
    ),
    "units in a wrapper": (
        chain(wrapped("Bidirectional", "LSTM", units=3), input_shape=WORDS),
        chain(wrapped("Bidirectional", "LSTM", units=6), input_shape=WORDS),
    ),
    "another layer in a wrapper": (
        chain(wrapped("Bidirectional", "GRU", units=6), input_shape=WORDS),
        chain(wrapped("Bidirectional", "LSTM", units=6), input_shape=WORDS),
    ),
    "an activation in an LSTM": (
        chain(lstm(activation="relu"), dense(2), input_shape=WORDS),
        chain(lstm(), dense(2), input_shape=WORDS),
    ),
    "a GRU": (chain(call("GRU", units=3), input_shape=WORDS), chain(lstm(), input_shape=WORDS)),
    "sequences": (chain(lstm(return_sequences=True), input_shape=WORDS), chain(lstm(), input_shape=WORDS)),
    "a state not handed over": (handed(), handed("initial_state")),
    "a state handed over": (handed("initial_state"), handed()),
    "a state for a mask": (handed("initial_state"), handed("mask")),
    "a factor by hand": (factor(0.1), factor(0.01)),
    "a factor too many": (factor(0.1), chain(dense(4))),
    "a slope": (
        chain(dense(8), call("LeakyReLU", negative_slope=0.1)),
        chain(dense(8), call("LeakyReLU", negative_slope=0.2)),
    ),
    "a ReLU for a leaky one": (
        chain(dense(8, activation="relu")),
        chain(dense(8), call("LeakyReLU", negative_slope=0.2)),
    ),
    "a border": (
        chain(call("ZeroPadding2D", padding=[[1, 1], [1, 1]])),
        chain(call("ZeroPadding2D", padding=[[2, 2], [2, 2]])),
    ),
    "a whole set": (chain(dense(8), input_shape=(60000, 28, 28)), chain(dense(8), input_shape=(28, 28))),
    "a constraint": (
        chain(dense(8, kernel_constraint={"class_name": "MaxNorm", "config": {"max_value": 2, "axis": 0}})),
        chain(dense(8)),
    ),
    "a weaker penalty": (
        chain(dense(8, kernel_regularizer={"class_name": "L2", "config": {"l2": 0.1}})),
        chain(dense(8, kernel_regularizer={"class_name": "L2", "config": {"l2": 0.01}})),
    ),
    "within a block": (in_a_block(padding="valid"), in_a_block()),
    "a skip too early": (small(second=1), small()),
    "a product for a sum": (small(merge="Multiply"), small()),
    "training in a call": (
        told(chain(dense(8), call("BatchNormalization")), training=False),
        chain(dense(8), call("BatchNormalization")),
    ),
    "always dropped": (
        told(chain(dense(8), call("Dropout", rate=0.5)), training=True),
        chain(dense(8), call("Dropout", rate=0.5)),
    ),
    "weights shared": (sharing(shared=True), sharing(shared=False)),
    "weights not shared": (sharing(shared=False), sharing(shared=True)),
    "another scale": (chain(call("Rescaling", scale=1 / 127.5)), chain(call("Rescaling", scale=1 / 255))),
    "no scale": (chain(conv(8)), chain(call("Rescaling", scale=1 / 255), conv(8))),
    "an operation for an activation": (
        chain(dense(3), operation("Sum", axis=-1)),
        chain(dense(3, activation="softmax")),
    ),
    "a dense layer for a convolution": (chain(dense(8)), chain(conv(8))),
    "a rate": (chain(call("Dropout", rate=0.2)), chain(call("Dropout", rate=0.5))),
    "a dilation": (chain(conv(8, dilation_rate=2, padding="same")), chain(conv(8, padding="same"))),
    "strides of a convolution": (chain(conv(8, strides=2, padding="same")), chain(conv(8, padding="same"))),
    "no bias": (chain(dense(8, use_bias=False)), chain(dense(8))),
    "a normalization of another kind": (chain(call("LayerNormalization")), chain(call("BatchNormalization"))),
    "four differences": (changed(0, filters=3, kernel_size=5, padding="valid", activation="tanh"), WANTED),
    "a convolution too many": (replaced(4, 4, conv(128, padding="same", activation="relu")), WANTED),
    "a norm by hand": (by_hand(*VARIANCE, within="Norme"), NORMALIZED),
    "a norm by operations": (by_hand(*VARIANCE), NORMALIZED),
    "a norm for one by hand": (NORMALIZED, by_hand(*VARIANCE, within="Norme")),
    "a norm for operations": (NORMALIZED, by_hand(*VARIANCE)),
    "another kernel before a norm by hand": (
        by_hand(*VARIANCE, within="Norme"),
        chain(conv(8, 5), call("LayerNormalization")),
    ),
    "a weight for a number": (moved(learned=True), moved(learned=False)),
    "a number for a weight": (moved(learned=False), moved(learned=True)),
    "a factor that is learned": (moved(learned=True, kind="Multiply"), moved(learned=False, kind="Multiply")),
    "another mean": (adapted(2.0), adapted()),
    "a penalty on what comes out": (
        chain(dense(8, activation="relu")),
        chain(dense(8, activation="relu", activity_regularizer={"class_name": "L2", "config": {"l2": 0.01}})),
    ),
    "a normalization missing": (chain(dense(2), input_shape=(6,)), adapted()),
    "a normalization not adapted": (adapted(0.0, 1.0), adapted()),
    "a rescaling for a normalization": (
        chain(call("Rescaling", scale=1 / 255), dense(2), input_shape=(6,)),
        adapted(),
    ),
    "a loss": (
        msgspec.structs.replace(chain(dense(8)), losses=[1]),
        chain(dense(8)),
    ),
}


def written() -> Iterator[str]:
    for name, (given, wanted) in PAIRS.items():
        yield f"=== {name}"
        found = explain(given, wanted)
        assert found is not None, name
        for language in LANGUAGES:
            yield compose(with_place(None, None, found), language, hidden=False)
        if found.discreet is not None:
            yield f"hidden: {compose(with_place(None, None, found), 'en', hidden=True)}"


def test_explanations_are_those_of_the_golden_file() -> None:
    said = "\n".join(written()) + "\n"
    if os.environ.get("AUTOGRADER_REWRITE"):
        GOLDEN.write_text(said, encoding="utf-8")
    assert said == GOLDEN.read_text(encoding="utf-8")


def test_no_explanation_shows_what_python_holds() -> None:
    """No pairs that stand for a configuration, no repr of an object, no colours of a terminal."""
    for line in written():
        assert not any(mark in line for mark in ("(('", "',)", "<", "\x1b", "class_name")), line


def test_there_are_many() -> None:
    assert len(PAIRS) >= 72
    assert isinstance(next(iter(PAIRS.values()))[0].layers[0], Layer)
