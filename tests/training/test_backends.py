"""Trainings on another backend of Keras: in rooms of their own kind, they say the same of a network."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from autograder.data import standin
from autograder.data.shelf import DataSet, Shelf
from autograder.engine import RoomSetup, Trained, open_engine
from autograder.recipes import BACKENDS, BackendName, Recipe
from autograder.sandbox.environment import Environment, find_environment
from autograder.sandbox.isolation import measure
from autograder.training.frozen import Frozen
from autograder.training.job import make_jobs
from autograder.wire.messages import Network
from networks import call, chain, dense

pytestmark = pytest.mark.tensorflow

RECIPE = Recipe("short", "cpu", "digits", batch=64, epochs=3, deterministic=True, seconds=300.0)


def classifier(classes: int) -> Network:
    return chain(
        call("Flatten"), dense(64, activation="relu"), dense(classes, activation="softmax"), input_shape=(28, 28)
    )


@pytest.fixture(scope="module")
def environment(course_python: Path) -> Environment:
    return find_environment(course_python)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> DataSet:
    shelf = Shelf(tmp_path_factory.mktemp("shelf"))
    return shelf.add("digits", standin.mnist(), stand_in=True, origin="digits of scikit-learn")


@pytest.fixture(scope="module", params=[name for name in BACKENDS if name != "tensorflow"])
def trained(
    request: pytest.FixtureRequest,
    environment: Environment,
    data: DataSet,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[BackendName, list[Trained]]]:
    """A backend, and what came of a network twice under one seed, and of one that does not fit."""
    backend: BackendName = request.param
    if backend not in environment.versions:
        pytest.skip(f"{backend} is not installed in {environment.prefix}")
    recipe = replace(RECIPE, backend=backend)
    cache = tmp_path_factory.mktemp("cache")
    setup = RoomSetup(("numpy",), cache, measure().require("standard"), environment)
    networks = (classifier(10), classifier(10), classifier(11))
    with open_engine("inline", setup, 1) as engine:
        yield backend, list(engine.train(next(make_jobs(Frozen(one), recipe, data, [1], "")) for one in networks))


def test_a_network_learns_and_the_backend_is_said(trained: tuple[BackendName, list[Trained]]) -> None:
    backend, [first, *_] = trained
    assert first.error is None
    assert first.run is not None
    assert first.run.fault is None
    assert (first.run.scores["accuracy"] or 0) > 0.7
    assert first.run.backend == backend
    assert backend in first.run.versions


def test_one_seed_is_one_score(trained: tuple[BackendName, list[Trained]]) -> None:
    _, [first, second, _] = trained
    assert first.run is not None
    assert second.run is not None
    assert first.run.scores == second.run.scores


def test_a_network_that_does_not_fit_is_its_authors(trained: tuple[BackendName, list[Trained]]) -> None:
    _, [*_, unfit] = trained
    assert unfit.run is not None
    assert unfit.run.fault is not None
    assert (unfit.run.fault.kind, unfit.run.fault.error) == ("untrainable", "output shape")
