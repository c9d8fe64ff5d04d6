"""A network at random is the same in every dress, and another with any mistake in it."""

from __future__ import annotations

import zlib
from random import Random
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

pytest.importorskip("tensorflow")
keras = pytest.importorskip("keras")

from autograder.networks.signature import signature  # noqa: E402
from autograder.wire.messages import Network  # noqa: E402
from autograder.worker.keras import told as keras_told  # noqa: E402
from autograder.worker.keras.reader import read_model  # noqa: E402
from dresses import Wardrobe  # noqa: E402
from dresses.drawing import Steps, mistakes, networks  # noqa: E402
from dresses.wholes import IMAGE, dressed  # noqa: E402

pytestmark = [pytest.mark.tensorflow, pytest.mark.filterwarnings("ignore")]  # Keras warns of what students write
seeds = st.integers(0, 2**32)
UNSEEN = ("rate of dropout", "spatial of dropout", "no dropout", "momentum of batch norm", "dropout", "batch norm")
"""Mistakes that no number shows while a network is not trained."""


@pytest.fixture(scope="module", autouse=True)
def remembered() -> None:
    """As in a room: what models are called with is remembered from the beginning."""
    keras_told.install()


def made(steps: Steps, seed: int) -> Any:
    try:
        return dressed(Wardrobe(Random(seed)), steps)
    except ValueError as error:
        assume("dimension" not in str(error))  # an image that became too small
        raise


def read(model: Any) -> Network:
    return msgspec.json.decode(msgspec.json.encode(read_model(model)), type=Network)


def check_same(steps: Steps, one: int, other: int) -> None:
    first, second = read(made(steps, one)), read(made(steps, other))
    assert not first.problem, first.note
    assert not second.problem, second.note
    assert signature(first) == signature(second)


def check_mistakes(steps: Steps, one: int, other: int, choice: int, count: int = 1) -> None:
    wrong = list(mistakes(steps))
    model = made(steps, one)
    wanted = read(model)
    for what, changed in Random(choice).sample(wrong, min(count, len(wrong))):
        mine = made(changed, other)
        if signature(read(mine)) == signature(wanted):
            assert not any(one in what for one in UNSEEN), f"not seen: {what}"
            assert mine.count_params() == model.count_params(), f"not seen: {what}"
            np.testing.assert_allclose(
                computed(mine), computed(model), rtol=1e-3, atol=1e-4, err_msg=f"not seen: {what}"
            )


def computed(model: Any) -> Any:
    """What a model makes of fixed examples, its weights a function of their shapes."""
    for weight in model.weights:
        if "seed" not in weight.path:
            draw = np.random.default_rng(zlib.crc32(repr(tuple(weight.shape)).encode()))
            weight.assign(draw.uniform(0.1, 0.5, tuple(weight.shape)))
    x = np.random.default_rng(0).normal(size=(3, *IMAGE))
    return np.asarray(model(x.astype("float32")))


few = settings(max_examples=8, derandomize=True, suppress_health_check=list(HealthCheck), database=None)
many = settings(max_examples=300, suppress_health_check=list(HealthCheck), print_blob=True, database=None)


@few
@given(networks(), seeds, seeds)
def test_a_dress_changes_nothing(steps: Steps, one: int, other: int) -> None:
    check_same(steps, one, other)


@few
@given(networks(), seeds, seeds, seeds)
def test_a_mistake_is_seen_in_any_dress(steps: Steps, one: int, other: int, choice: int) -> None:
    check_mistakes(steps, one, other, choice)


@pytest.mark.whole
@many
@given(networks(), seeds, seeds)
def test_no_dress_of_hundreds_changes_anything(steps: Steps, one: int, other: int) -> None:
    check_same(steps, one, other)


@pytest.mark.whole
@many
@given(networks(), seeds, seeds, seeds)
def test_every_mistake_of_hundreds_is_seen(steps: Steps, one: int, other: int, choice: int) -> None:
    check_mistakes(steps, one, other, choice, count=4)
