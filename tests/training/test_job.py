"""Equal jobs are one: what a training is stored under, and what a threshold is calibrated for."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from autograder.data.shelf import ArrayInfo, DataSet
from autograder.recipes import Recipe, Threshold
from autograder.training.frozen import Frozen
from autograder.training.job import Job, calibrated_for, is_borrowed, is_built, make_jobs
from autograder.wire.messages import Compiled, Fault, Network, Optimizer
from networks import Call, Graph, call, chain, dense, operation

SHAPE = (784,)
RECIPE = Recipe("short", "cpu", "mnist", epochs=4, train=1000)
DATA = DataSet(
    name="mnist",
    digest="sha256:data",
    folder=Path("/shelf/mnist"),
    arrays={"x_train": ArrayInfo("uint8", (10, 28, 28), "sha256:x")},
    classes=10,
    hidden=False,
    stand_in=True,
    origin="scikit-learn's digits",
)
NETWORK = chain(dense(32, activation="relu"), dense(10, activation="softmax"), input_shape=SHAPE)
THRESHOLD = Threshold(bar=0.7, mean=0.72, spread=0.01, runs=20, fails=0.001, of="abc")


def job(
    network: Network = NETWORK,
    recipe: Recipe = RECIPE,
    data: DataSet = DATA,
    seed: int = 0,
    libraries: str = "keras 3",
) -> Job:
    return next(make_jobs(Frozen(network), recipe, data, [seed], libraries))


KEY = job().key


def compiled(loss: object) -> Network:
    return msgspec.structs.replace(NETWORK, compiled=Compiled(loss, {"class_name": "Adam"}, ["accuracy"]))


def crossentropy(*, from_logits: bool) -> Network:
    return compiled({"class_name": "SparseCategoricalCrossentropy", "config": {"from_logits": from_logits}})


def branches() -> Network:
    """The network, and a layer that leads to no output."""
    graph = Graph(SHAPE)
    hidden = graph(dense(32, activation="relu"))
    graph(dense(7))
    return graph.network(graph(dense(10, activation="softmax"), hidden))


def named(*names: str) -> Network:
    """The network, its layers called so."""
    first, second = (
        Call("Dense", dict(layer.config), name) for layer, name in zip(NETWORK.layers[1:], names, strict=True)
    )
    return chain(first, second, input_shape=SHAPE)


@pytest.mark.parametrize(
    "network",
    [
        pytest.param(chain(dense(32), call("ReLU"), dense(10, activation="softmax"), input_shape=SHAPE), id="a layer"),
        pytest.param(
            chain(dense(32), operation("Relu"), dense(10), call("Softmax"), input_shape=SHAPE), id="operation"
        ),
        pytest.param(named("hidden", "scores"), id="names"),
        pytest.param(msgspec.structs.replace(NETWORK, dress="Sequential", name="mine"), id="dress"),
        pytest.param(branches(), id="a branch that leads nowhere"),
        pytest.param(compiled("sparse_categorical_crossentropy"), id="compiled"),
        pytest.param(crossentropy(from_logits=False), id="compiled, no logits"),
    ],
)
def test_equal_networks_in_another_dress_are_trained_once(network: Network) -> None:
    assert network != NETWORK
    assert job(network).key == KEY
    assert job(network).signature == job().signature


@pytest.mark.parametrize(
    "network",
    [
        pytest.param(
            chain(dense(33, activation="relu"), dense(10, activation="softmax"), input_shape=SHAPE), id="width"
        ),
        pytest.param(
            chain(dense(32, activation="tanh"), dense(10, activation="softmax"), input_shape=SHAPE), id="tanh"
        ),
        pytest.param(
            chain(dense(32, activation="relu"), dense(10, activation="softmax"), input_shape=(28, 28)), id="input"
        ),
        pytest.param(crossentropy(from_logits=True), id="logits"),
        pytest.param(
            chain(
                Call("Dense", {"units": 32, "activation": "relu"}, trainable=False),
                dense(10, activation="softmax"),
                input_shape=SHAPE,
            ),
            id="frozen",
        ),
    ],
)
def test_another_network_is_another_job(network: Network) -> None:
    assert job(network).key != KEY


def test_what_a_job_depends_on_gives_it_another_key() -> None:
    others = [
        job(seed=1),
        job(libraries="keras 4"),
        job(data=msgspec.structs.replace(DATA, digest="sha256:other")),
        job(recipe=replace(RECIPE, epochs=5)),
        job(recipe=replace(RECIPE, train=None)),
        job(recipe=replace(RECIPE, optimizer=Optimizer("sgd"))),
        job(recipe=replace(RECIPE, profile="gpu")),
    ]
    assert len({KEY, *(one.key for one in others)}) == len(others) + 1


@pytest.mark.parametrize(
    "recipe",
    [
        replace(RECIPE, name="other"),
        replace(RECIPE, seeds=9),
        replace(RECIPE, seconds=1.0, memory_mb=1),
        replace(RECIPE, thresholds={"reached": {"accuracy": THRESHOLD}}, mistakes=()),
    ],
)
def test_budgets_and_thresholds_leave_the_trainings_that_there_are(recipe: Recipe) -> None:
    assert job(recipe=recipe).key == KEY
    assert calibrated_for(recipe, DATA) == calibrated_for(RECIPE, DATA)


def test_where_the_data_lie_is_no_matter() -> None:
    assert job(data=msgspec.structs.replace(DATA, folder=Path("/elsewhere"), origin="")).key == KEY


def test_a_threshold_is_for_a_recipe_and_its_data() -> None:
    of = calibrated_for(RECIPE, DATA)
    assert len(of) == 16
    assert int(of, 16) >= 0
    assert of != calibrated_for(replace(RECIPE, batch=8), DATA)
    assert of != calibrated_for(RECIPE, msgspec.structs.replace(DATA, digest="sha256:other"))


@pytest.mark.parametrize("fault", [None, Fault(kind="time")])
def test_a_run_says_what_it_is_of(fault: Fault | None) -> None:
    came: dict[str, Any] = {"seconds": 1.5, "epochs": [{"loss": 1.0}], "scores": {"accuracy": 0.7}, "fault": fault}
    run = job(seed=3).run(versions={"keras": "3"}, **came)
    key = job(seed=3).own_key if fault else job(seed=3).key
    assert (run.key, run.signature, run.recipe, run.seed) == (key, job().signature, "short", 3)
    assert (run.data, run.data_digest, run.stand_in, run.device) == ("mnist", "sha256:data", True, "cpu")
    assert (run.versions, run.asked) == ({"keras": "3"}, 4)
    assert {name: getattr(run, name) for name in came} == came


# --- Whose it is ------------------------------------------------------------------------------------------------------


def edited(place: int, **changes: Any) -> Network:
    layers = list(NETWORK.layers)
    layers[place] = msgspec.structs.replace(layers[place], **changes)
    return msgspec.structs.replace(NETWORK, layers=layers)


@pytest.mark.parametrize("fault", [Fault(kind="untrainable"), Fault(kind="time"), None])
def test_what_is_not_as_it_says_says_nothing_of_its_like(fault: Fault | None) -> None:
    liar = job(edited(1, output_shapes=[(None, 7)]))
    assert liar.key == KEY
    assert liar.own_key != job().own_key
    run = liar.run(versions={}, seconds=1.0, epochs=[], scores={}, fault=fault, built=False)
    assert run.key == liar.own_key


def test_what_was_built_is_what_the_record_says() -> None:
    assert is_built(NETWORK, named("a", "b"))
    assert not is_built(NETWORK, chain(dense(31), input_shape=SHAPE))
    assert not is_built(edited(0, config={"dtype": "int32"}), NETWORK)


def test_an_input_of_whole_numbers_is_another_network() -> None:
    """The same layers, which are given the fractions of a picture's points as zeros."""
    assert job(edited(0, config={"dtype": "float32"})).key == KEY
    assert job(edited(0, config={"dtype": "int32"})).key != KEY


@pytest.mark.parametrize(
    ("installed", "backend", "lacking"),
    [
        ("tensorflow keras torch", "tensorflow", []),
        ("keras torch", "torch", []),
        ("keras torch jax", "torch", []),
        ("torch", "torch", []),
        ("keras jax", "jax", []),
        ("jax", "jax", ["keras"]),
        ("keras", "tensorflow", ["tensorflow"]),
        ("numpy", "tensorflow", ["tensorflow", "keras"]),
    ],
)
def test_a_recipe_that_names_no_backend_trains_on_what_is_there(
    installed: str, backend: str, lacking: list[str]
) -> None:
    assert RECIPE.backend_among(installed.split()) == backend
    assert RECIPE.lacking(installed.split()) == lacking
    assert replace(RECIPE, backend="jax").backend_among(installed.split()) == "jax"


def test_what_was_calibrated_without_a_choice_of_backend_stands() -> None:
    assert RECIPE.content == replace(RECIPE, backend="tensorflow").content
    assert RECIPE.content != replace(RECIPE, backend="torch").content


def test_what_is_written_otherwise_has_another_form_and_names_have_none() -> None:
    penalty = {"class_name": "L2", "config": {"l2": 50.0}}
    other = chain(
        dense(32, activation="relu"),
        call("Dropout", rate=0.0, activity_regularizer=penalty),
        dense(10, activation="softmax"),
        input_shape=SHAPE,
    )
    named = msgspec.structs.replace(NETWORK, name="mine", note="mine", dress="Mine")
    assert (job(other).key, job(other).form == job().form) == (KEY, False)
    assert (job(named).key, job(named).form) == (KEY, job().form)


def test_a_run_of_an_equal_network_is_borrowed() -> None:
    told: dict[str, Any] = {"versions": {}, "seconds": 1.0, "epochs": [], "scores": {"accuracy": 0.1}, "fault": None}
    own, other = job(), replace(job(), form="sha256:other")
    assert not is_borrowed(own.run(**told), own)
    assert is_borrowed(other.run(**told), own)
    assert not is_borrowed(own.alone().run(**told), own)
    assert own.alone().run(**told).key == own.form_key
