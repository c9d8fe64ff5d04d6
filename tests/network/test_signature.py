"""Signatures are equal for equal networks, and for no others."""

from __future__ import annotations

import json
from dataclasses import replace

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.locale import render
from autograder.networks.explain import explain
from autograder.networks.signature import canonical, signature
from autograder.wire.messages import Graph as Graph_
from autograder.wire.messages import Layer, Network
from networks import IMAGE, Call, Graph, call, chain, conv, dense, operation, pool, unbuilt

# --- Networks for Hypothesis ------------------------------------------------------------------------------------------

LARGE = (64, 64, 3)
"""An image that outlasts the poolings and the unpadded convolutions of any drawn stack."""
ACTIVATIONS = ("relu", "tanh", "sigmoid", "softmax", "elu", "gelu", "silu")
CLASSES = {"relu": "ReLU", "softmax": "Softmax", "elu": "ELU"}
OPERATIONS = {"relu": "Relu", "tanh": "Tanh", "sigmoid": "Sigmoid", "softmax": "Softmax", "silu": "Silu"}
DEFAULTS: dict[str, dict[str, object]] = {
    "Conv2D": {
        "strides": [1, 1],
        "padding": "valid",
        "dilation_rate": [1, 1],
        "groups": 1,
        "data_format": "channels_last",
        "use_bias": True,
        "activation": "linear",
        "kernel_initializer": {"class_name": "GlorotUniform", "config": {"seed": None}},
        "bias_initializer": "zeros",
        "kernel_regularizer": None,
        "dtype": "float32",
    },
    "MaxPooling2D": {"pool_size": [2, 2], "strides": None, "padding": "valid", "data_format": "channels_last"},
    "Dense": {"use_bias": True, "activation": None, "bias_initializer": {"class_name": "Zeros", "config": {}}},
    "Dropout": {"seed": 7, "noise_shape": None},
    "Flatten": {"data_format": "channels_last"},
}

convs = st.builds(
    conv,
    st.integers(1, 64),
    st.sampled_from((1, 3, 5)),
    padding=st.sampled_from(("same", "valid")),
    activation=st.sampled_from((*ACTIVATIONS, "linear")),
)
blocks = st.one_of(convs, st.builds(pool), st.builds(call, st.just("Dropout"), rate=st.sampled_from((0.2, 0.5))))
denses = st.builds(dense, st.integers(1, 64), activation=st.sampled_from((*ACTIVATIONS, "linear")))


@st.composite
def stacks(draw: st.DrawFn) -> list[Call]:
    """Layers of a small convolutional network, at most two poolings among them."""
    front = draw(st.lists(blocks, min_size=1, max_size=5))
    poolings = [layer for layer in front if layer.cls == "MaxPooling2D"]
    kept = [layer for layer in front if layer.cls != "MaxPooling2D" or any(layer is one for one in poolings[:2])]
    return [*kept, call("Flatten"), *draw(st.lists(denses, min_size=1, max_size=3))]


def network(layers: list[Call]) -> Network:
    return chain(*layers, input_shape=LARGE)


def split(layer: Call, dress: str) -> list[Call]:
    """Write the activation of a layer as a layer of its own, or as a bare operation."""
    activation = layer.config.get("activation")
    if activation in (None, "linear"):
        return [layer]
    bare = replace(layer, config={**layer.config, "activation": "linear"})
    if dress == "class" and activation in CLASSES:
        return [bare, call(CLASSES[activation])]
    if dress == "operation" and activation in OPERATIONS:
        return [bare, operation(OPERATIONS[activation])]
    return [bare, call("Activation", activation=activation)]


def with_defaults(layer: Call) -> Call:
    return replace(layer, config={**DEFAULTS[layer.cls], **layer.config})


# --- What makes no difference -----------------------------------------------------------------------------------------


@given(stacks(), st.text(max_size=5))
def test_names_make_no_difference(layers: list[Call], name: str) -> None:
    renamed = [replace(layer, name=f"{name}{index}") for index, layer in enumerate(layers)]
    assert signature(network(renamed)) == signature(network(layers))


@given(stacks(), st.sampled_from(("layer", "class", "operation")))
def test_activations_apart_make_no_difference(layers: list[Call], dress: str) -> None:
    apart = [piece for layer in layers for piece in split(layer, dress)]
    assert signature(network(apart)) == signature(network(layers))


@given(stacks())
def test_explicit_defaults_make_no_difference(layers: list[Call]) -> None:
    assert signature(network([with_defaults(layer) for layer in layers])) == signature(network(layers))


@given(stacks())
def test_frozen_layers_make_no_difference_unless_asked(layers: list[Call]) -> None:
    frozen = network([replace(layer, trainable=False) for layer in layers])
    assert signature(frozen) == signature(network(layers))
    assert signature(frozen, trainable=True) != signature(network(layers), trainable=True)


SAME = {
    "a size is one number or one an axis": ([conv(8, 3)], [conv(8, [3, 3])]),
    "aliases of a class": ([pool()], [call("MaxPool2D")]),
    "strides of a pooling are its size": ([pool(pool_size=3)], [pool(pool_size=[3, 3], strides=[3, 3])]),
    "same padding that adds nothing": ([pool(padding="same")], [pool(padding="valid")]),
    "same padding of a 1 × 1 kernel": ([conv(8, 1, padding="same")], [conv(8, 1)]),
    "same padding of a dilated 1 × 1 kernel": (
        [conv(8, 1, dilation_rate=2, padding="same")],
        [conv(8, 1, dilation_rate=[2, 2])],
    ),
    "to one axis": ([call("Flatten")], [call("Reshape", target_shape=[-1])]),
    "to one axis, counted": ([call("Flatten")], [call("Reshape", target_shape=[3072])]),
    "an open size": ([call("Reshape", target_shape=[-1, 3])], [call("Reshape", target_shape=[1024, 3])]),
    "flat already": ([call("Flatten")], [call("Flatten"), call("Flatten")]),
    "a linear activation": ([conv(8)], [conv(8), call("Activation", activation="linear")]),
    "an identity": ([conv(8)], [conv(8), call("Identity")]),
    "a dropout of nothing": ([conv(8)], [conv(8), call("Dropout", rate=0.0)]),
    "swish is silu": ([dense(8, activation="swish")], [dense(8, activation="silu")]),
    "the last axis": ([call("Softmax", axis=-1)], [call("Softmax", axis=3)]),
    "a list of one axis": ([call("BatchNormalization", axis=[3])], [call("BatchNormalization")]),
    "a ReLU with a slope": ([call("ReLU", negative_slope=0.3)], [call("LeakyReLU", negative_slope=0.3)]),
    "a ReLU that stops at 6": ([call("ReLU", max_value=6.0)], [dense(1), call("Activation", activation="relu6")][1:]),
    "a layer as activation": (
        [dense(8, activation={"class_name": "LeakyReLU", "config": {"name": "a", "negative_slope": 0.3}})],
        [dense(8), call("LeakyReLU", negative_slope=0.3)],
    ),
    "seeds of initializers": (
        [dense(8, kernel_initializer={"class_name": "GlorotUniform", "config": {"seed": 1}})],
        [dense(8, kernel_initializer="glorot_uniform")],
    ),
    "names inside wrapped layers": (
        [call("Bidirectional", layer={"class_name": "LSTM", "config": {"name": "a", "units": 3}})],
        [call("Bidirectional", layer={"class_name": "LSTM", "config": {"name": "b", "units": 3}})],
    ),
}


@pytest.mark.parametrize(("one", "other"), SAME.values(), ids=SAME.keys())
def test_equal(one: list[Call], other: list[Call]) -> None:
    assert signature(chain(*one)) == signature(chain(*other))


# --- What makes a difference ------------------------------------------------------------------------------------------


@given(stacks(), st.data())
def test_any_change_makes_a_difference(layers: list[Call], data: st.DataObject) -> None:
    index = data.draw(st.sampled_from([i for i, layer in enumerate(layers) if layer.cls in ("Conv2D", "Dense")]))
    changed = data.draw(st.sampled_from(changes(layers[index])))
    mended = [*layers[:index], changed, *layers[index + 1 :]]
    assert signature(network(mended)) != signature(network(layers))


def changes(layer: Call) -> list[Call]:
    """Every change of one setting that changes what the layer computes. Images are larger than any kernel."""
    config = layer.config
    other = "tanh" if config["activation"] != "tanh" else "relu"
    changed: list[dict[str, object]] = [{"activation": other}, {"use_bias": False}]
    if layer.cls == "Dense":
        changed.append({"units": _next(config["units"])})
    else:
        changed += [{"filters": _next(config["filters"])}, {"kernel_size": _next(config["kernel_size"])}]
        if config["kernel_size"] != 1:
            changed.append({"padding": "valid" if config["padding"] == "same" else "same"})
    return [replace(layer, config={**config, **change}) for change in changed]


def _next(value: object) -> int:
    assert isinstance(value, int)
    return value + 1


def _with(network: Network, arguments: dict[str, object]) -> Network:
    """Return `network` with these arguments in its last call."""
    last = msgspec.structs.replace(network.layers[-1], arguments=arguments)
    return msgspec.structs.replace(network, layers=[*network.layers[:-1], last])


DIFFERENT = {
    "no bias, said by none": (network([dense(8)]), network([dense(8, use_bias=None)])),
    "no centre, said by none": (
        network([call("BatchNormalization")]),
        network([call("BatchNormalization", center=None)]),
    ),
    "another input": (chain(dense(8)), chain(dense(8), input_shape=(32, 32, 1))),
    "max and average": (chain(pool()), chain(call("AveragePooling2D"))),
    "pooling that drops a border": (
        chain(pool(padding="same"), input_shape=(5, 5, 1)),
        chain(pool(), input_shape=(5, 5, 1)),
    ),
    "pooling that moves less": (chain(pool(pool_size=2, strides=1)), chain(pool(pool_size=2))),
    "dropout rates": (chain(call("Dropout", rate=0.2)), chain(call("Dropout", rate=0.5))),
    "dropout or none": (chain(dense(8), call("Dropout", rate=0.2)), chain(dense(8))),
    "normalization": (chain(call("BatchNormalization", momentum=0.9)), chain(call("BatchNormalization"))),
    "regularizers": (
        chain(dense(8, kernel_regularizer={"class_name": "L2", "config": {"l2": 0.01}})),
        chain(dense(8, kernel_regularizer={"class_name": "L2", "config": {"l2": 0.1}})),
    ),
    "activation before or after": (
        chain(conv(8), call("ReLU"), call("BatchNormalization")),
        chain(conv(8), call("BatchNormalization"), call("ReLU")),
    ),
    "slopes": (chain(call("LeakyReLU", negative_slope=0.1)), chain(call("LeakyReLU", negative_slope=0.2))),
    "GELU and its approximation": (
        chain(operation("Gelu", approximate=True)),
        chain(call("Activation", activation="gelu")),
    ),
    "lambdas": (chain(call("Lambda", function="<lambda 1a>")), chain(call("Lambda", function="<lambda 2b>"))),
    "constants of an operation": (
        _with(chain(operation("Multiply")), {"x1": {"tensor": 0}, "x2": 2}),
        _with(chain(operation("Multiply")), {"x1": {"tensor": 0}, "x2": 3}),
    ),
    "a layer of the student's own": (chain(Call("Dense", {"units": 8}, origin="custom")), chain(dense(8))),
    "never built": (unbuilt(dense(8)), chain(dense(8))),
}


@pytest.mark.parametrize(("one", "other"), DIFFERENT.values(), ids=DIFFERENT.keys())
def test_different(one: Network, other: Network) -> None:
    assert signature(one) != signature(other)


def test_initializers_count_where_asked() -> None:
    he, ones = chain(dense(8, kernel_initializer="he_normal")), chain(dense(8, bias_initializer="ones"))
    one = chain(dense(8, bias_initializer={"class_name": "Constant", "config": {"value": 1.0}}))
    assert len({signature(network) for network in (he, ones, one, chain(dense(8)))}) == 1
    assert signature(he, initializers=True) != signature(chain(dense(8)), initializers=True)
    assert signature(one, initializers=True) == signature(ones, initializers=True)


def test_penalties_by_their_factors() -> None:
    def penalised(cls: str, **config: object) -> str:
        return signature(chain(dense(8, kernel_regularizer={"class_name": cls, "config": config})))

    assert penalised("L2", l2=0.01) == penalised("L1L2", l1=0.0, l2=0.009999999776) != penalised("L1", l1=0.01)
    assert penalised("L2", l2=0.0) == signature(chain(dense(8)))


# --- Graphs -----------------------------------------------------------------------------------------------------------


def residual(merge: str, *, swapped: bool = False, shortcut_first: bool = False) -> Network:
    graph = Graph(IMAGE)
    start = graph(conv(8, padding="same"), 0)
    if shortcut_first:
        shortcut = graph(conv(8, 1), start)
    main = graph(conv(8, padding="same", activation="relu"), start)
    main = graph(conv(8, padding="same"), main)
    if not shortcut_first:
        shortcut = graph(conv(8, 1), start)
    graph(call(merge), *((shortcut, main) if swapped else (main, shortcut)))
    graph(dense(3))
    return graph.network()


@pytest.mark.parametrize("merge", ["Add", "Multiply", "Average", "Maximum", "Minimum"])
def test_order_of_a_commutative_merge_makes_no_difference(merge: str) -> None:
    forms = [
        residual(merge, swapped=swapped, shortcut_first=first) for swapped in (False, True) for first in (False, True)
    ]
    assert len({signature(form) for form in forms}) == 1


@pytest.mark.parametrize("merge", ["Concatenate", "Subtract"])
def test_order_of_other_merges_makes_a_difference(merge: str) -> None:
    assert signature(residual(merge)) != signature(residual(merge, swapped=True))
    assert signature(residual(merge)) == signature(residual(merge, shortcut_first=True))


def test_sum_written_as_operation() -> None:
    layer, bare = Graph(), Graph()
    layer(call("Add"), layer(conv(8, padding="same"), 0), layer(conv(8, 1), 0))
    bare(operation("Add"), bare(conv(8, padding="same"), 0), bare(conv(8, 1), 0))
    assert signature(layer.network()) == signature(bare.network())


def twice(first: Call, second: Call) -> Network:
    graph = Graph((8,))
    graph(first)
    graph(second)
    return graph.network()


def test_shared_weights_make_a_difference() -> None:
    one = dense(8, activation="relu")
    assert signature(twice(one, one)) != signature(twice(dense(8, activation="relu"), dense(8, activation="relu")))


def test_a_shared_layer_without_weights_makes_no_difference() -> None:
    one = call("ReLU")
    assert signature(twice(one, one)) == signature(twice(call("ReLU"), call("ReLU")))


def test_which_of_two_equal_branches_is_shared_makes_no_difference() -> None:
    def joined(*, first_goes_on: bool) -> Network:
        graph = Graph((8,))
        one, other = dense(8), dense(8)
        branches = graph(one, 0), graph(other, 0)
        graph(call("Add"), *branches)
        graph(one if first_goes_on else other)
        return graph.network()

    assert signature(joined(first_goes_on=True)) == signature(joined(first_goes_on=False))


def test_one_output_used_twice_is_not_two_layers() -> None:
    once, apart = Graph((8,)), Graph((8,))
    made = once(dense(8), 0)
    once(call("Add"), made, made)
    apart(call("Add"), apart(dense(8), 0), apart(dense(8), 0))
    assert signature(once.network()) != signature(apart.network())


def test_layers_that_lead_to_no_output_vanish() -> None:
    graph = Graph((8,))
    end = graph(dense(8), 0)
    graph(dense(99), 0)
    assert signature(graph.network(end)) == signature(chain(dense(8), input_shape=(8,)))


def test_outputs_are_told_apart() -> None:
    graph = Graph((8,))
    one, other = graph(dense(8), 0), graph(dense(9), 0)
    assert signature(graph.network(one, other)) != signature(graph.network(other, one))
    assert signature(graph.network(one, other)) != signature(graph.network(one))


def test_inputs_are_told_apart() -> None:
    def difference(*inputs: int) -> Network:
        graph = Graph((8,), (8,))
        graph(call("Subtract"), *inputs)
        return graph.network()

    assert signature(difference(0, 1)) != signature(difference(1, 0))


def test_deep_networks() -> None:
    deep = [dense(8)] * 2000
    assert len(canonical(chain(*deep, input_shape=(8,))).steps) == 2000


# --- The form itself --------------------------------------------------------------------------------------------------


def test_steps_know_their_layer_and_label() -> None:
    steps = canonical(chain(conv(8, activation="relu"), pool(), call("Softmax"), call("Flatten"), dense(10))).steps
    assert [(step.layer, step.label) for step in steps] == [
        (1, "Conv2D(8)"),
        (1, "relu"),
        (2, "MaxPooling2D"),
        (3, "softmax"),
        (4, "Flatten"),
        (5, "Dense(10)"),
    ]


def test_form_of_a_convolution() -> None:
    (step,) = canonical(chain(conv(8, 3, padding="same", name="mine"))).steps
    assert dict(step.settings) == {
        "filters": 8,
        "kernel_size": (3, 3),
        "padding": "same",
        "strides": (1, 1),
        "dilation_rate": (1, 1),
        "groups": 1,
        "use_bias": True,
        "data_format": "channels_last",
    }
    assert (step.inputs, step.output_shape, step.shared) == ((-1,), (32, 32, 8), ())


def test_signature_is_stable() -> None:
    """Stored training runs are keyed by it: whoever changes the form on purpose raises VERSION."""
    small = chain(conv(8, activation="relu"), pool(), call("Flatten"), dense(10, activation="softmax"))
    assert signature(small) == "sha256:cf8713d1717075129dec1642f9093e1bd18fa2de42ed3af1b0d4ebc0c22ebbc5"


# --- Records from a hostile room --------------------------------------------------------------------------------------

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
keys = st.sampled_from(
    (
        *("filters", "kernel_size", "pool_size", "strides", "padding", "axis", "activation", "dtype", "arguments"),
        *("dilation_rate", "target_shape", "kernel_initializer", "class_name", "config", "rate", "data_format"),
    )
)
configs = st.dictionaries(keys, json_values | st.just("same"), max_size=6)
shapes = st.lists(st.lists(st.none() | st.integers(0, 9), max_size=4).map(tuple), max_size=2)
hostile_layers = st.builds(
    Layer,
    name=st.just("x"),
    cls=st.sampled_from(
        [
            "Conv2D",
            "MaxPooling2D",
            "Dense",
            "Activation",
            "ReLU",
            "Softmax",
            "Reshape",
            "Flatten",
            "Add",
            "InputLayer",
            "?",
        ]
    ),
    origin=st.sampled_from(["keras", "operation", "custom"]),
    config=configs,
    inputs=st.lists(st.integers(0, 9), max_size=3),
    input_shapes=shapes,
    output_shapes=shapes,
    weights=st.just([]),
    trainable=st.booleans(),
    identity=st.integers(0, 3),
)


@settings(max_examples=300)
@given(st.lists(hostile_layers, max_size=5), st.lists(st.integers(0, 9), max_size=3))
def test_no_record_makes_it_raise(layers: list[Layer], outputs: list[int]) -> None:
    sent = Network(
        name="",
        framework="keras",
        dress="",
        layers=layers,
        outputs=outputs,
        input_shapes=[(None, *IMAGE)],
        output_shapes=[],
        params=0,
        trainable_params=0,
    )
    form = canonical(sent)
    assert signature(sent).startswith("sha256:")
    json.dumps([step.settings for step in form.steps])
    hash(form)
    for wanted in (chain(conv(8, padding="same", activation="relu")), chain(pool(), dense(8))):
        difference = explain(sent, wanted)
        assert difference is not None
        assert all(
            render(text, "en") for text in (difference.where, difference.place, difference.hint) if text is not None
        )


def test_functions_in_functions() -> None:
    """Each is looked at a bounded number of times, however deep a room nests them."""
    network = chain(call("LSTM", units=3), input_shape=(7, 5))
    graph = Graph_(network.layers, [1])
    for _ in range(60):
        last = msgspec.structs.replace(network.layers[1], functions={"activation": graph, "layer": graph})
        graph = Graph_([network.layers[0], last], [1])
    assert signature(msgspec.structs.replace(network, layers=graph.layers)).startswith("sha256:")


def test_deep_configurations() -> None:
    deep: list[object] = []
    for _ in range(5000):
        deep = [deep]
    assert signature(chain(call("Mystery", depths=deep))).startswith("sha256:")
