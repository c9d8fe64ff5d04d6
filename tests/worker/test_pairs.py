"""Pairs of networks as students of a second course write them: the equal are equal, and the others are not."""

from __future__ import annotations

import inspect
import zlib
from contextlib import nullcontext
from typing import Any

import msgspec
import numpy as np
import pytest

pytest.importorskip("tensorflow")
keras = pytest.importorskip("keras")

from autograder.judge.asserts import assert_same_network  # noqa: E402
from autograder.judge.message import CannotTell, CheckFailed  # noqa: E402
from autograder.judge.values import Model  # noqa: E402
from autograder.networks.signature import signature  # noqa: E402
from autograder.wire.by_hand import is_by_hand  # noqa: E402
from autograder.wire.messages import Network  # noqa: E402
from autograder.worker.keras import running  # noqa: E402
from autograder.worker.keras import told as keras_told  # noqa: E402
from autograder.worker.keras.reader import read_model  # noqa: E402
from pairs import (  # noqa: E402
    Make,
    blocks,
    by_hand,
    constants,
    eighth,
    fifth,
    fourth,
    ninth,
    parts,
    second,
    series,
    settings,
    seventh,
    sixth,
    third,
    written_out,
)  # fmt: skip

pytestmark = [pytest.mark.tensorflow, pytest.mark.filterwarnings("ignore")]  # Keras warns of what students write

TABLES = tuple(
    table.P
    for table in (
        blocks,
        by_hand,
        parts,
        settings,
        second,
        series,
        third,
        fourth,
        fifth,
        sixth,
        seventh,
        eighth,
        ninth,
        constants,
        written_out,
    )
)
EQUAL = {name: pair for table in TABLES for name, pair in table.equal.items()}
DIFFERENT = {name: pair for table in TABLES for name, pair in table.different.items()}
UNSHOWN = {name: pair for table in TABLES for name, pair in table.unshown.items()}
PART = 15
"""Pairs of one test: a test each would cost more than they do."""
NOT_COMPUTED = (
    *("sampling of a code, seeded or not", "divergence, terms in another order"),
    *("a cell of one's own", "layers of another model", "stochastic depth", "noise in training"),
)
"""What draws anew at each call; weights that Keras does not know of; a model that has no inputs yet."""


@pytest.fixture(scope="module", autouse=True)
def remembered() -> None:
    """As in a room: what models are called with is remembered from the beginning."""
    keras_told.install()


def read(make: Make) -> Network:
    return msgspec.json.decode(msgspec.json.encode(read_model(make())), type=Network)


def verdict(pair: Any) -> str:
    """What is said of one network to whom the other was asked for, both run as a room runs them."""
    one, other, asked = pair
    with running.always():
        wanted = read(other)
    with running.always() if is_by_hand(wanted) else nullcontext():
        given = read(one)
    try:
        assert_same_network(Model(given, wanted), **asked)
    except CannotTell:
        return "cannot tell"
    except CheckFailed:
        return "different"
    return "equal"


def signs(pair: Any) -> tuple[str, str]:
    one, other, asked = pair
    first, second = read(one), read(other)
    assert not first.problem, first.note
    assert not second.problem, second.note
    return signature(first, **asked), signature(second, **asked)


def portions(table: dict[str, Any]) -> list[Any]:
    names = list(table)
    return [pytest.param(names[n : n + PART], id=names[n]) for n in range(0, len(names), PART)]


def test_there_are_enough() -> None:
    assert len(EQUAL) >= 424
    assert len(DIFFERENT) >= 536
    assert len(EQUAL) + len(DIFFERENT) == sum(len(table.equal) + len(table.different) for table in TABLES)


@pytest.mark.parametrize("names", portions(EQUAL))
def test_equal(names: list[str]) -> None:
    assert [name for name in names if len(set(signs(EQUAL[name]))) > 1] == []


@pytest.mark.parametrize("names", portions(DIFFERENT))
def test_different(names: list[str]) -> None:
    assert [name for name in names if len(set(signs(DIFFERENT[name]))) == 1] == []


@pytest.mark.parametrize("names", portions(UNSHOWN))
def test_equal_in_a_way_that_is_not_known(names: list[str]) -> None:
    """Nor where the solution is the one written by hand."""
    turned = [(other, one, asked) for one, other, asked in map(UNSHOWN.__getitem__, names)]
    assert {name: verdict(UNSHOWN[name]) for name in names} == dict.fromkeys(names, "cannot tell")
    assert dict(zip(names, map(verdict, turned), strict=True)) == dict.fromkeys(names, "cannot tell")


def around(factor: float, wrapped: bool = True) -> Make:
    """A layer of Keras's around one of the student's own, which says nothing of its factor in its configuration."""

    def make() -> Any:
        if wrapped:
            layer = keras.layers.SpectralNormalization(ninth.doubling(keras.layers.Dense, "Dense", factor)(3))
        else:
            layer = keras.layers.Pipeline([keras.layers.Rescaling(2.0), ninth.Factor(factor)])
        return keras.Sequential([keras.Input((6,)), layer])

    return make


@pytest.mark.parametrize("wrapped", [True, False])
def test_what_is_around_code_of_ones_own_is_not_equal_by_name(wrapped: bool) -> None:
    one, other, again = (around(factor, wrapped) for factor in (2.0, 3.0, 2.0))
    assert verdict((one, again, {})) == "equal"
    assert verdict((one, other, {})) == verdict((other, one, {})) == "cannot tell"


ALMOST = {name: pair for name, pair in DIFFERENT.items() if name.partition(":")[0] in UNSHOWN}
"""Mistakes in what is equal in a way that is not known."""


@pytest.mark.parametrize("names", [*portions(ALMOST), pytest.param([*DIFFERENT], marks=pytest.mark.whole, id="all")])
def test_what_differs_is_not_doubted(names: list[str]) -> None:
    assert [name for name in names if verdict(DIFFERENT[name]) != "different"] == []


@pytest.mark.whole
@pytest.mark.parametrize("names", portions({name: pair for name, pair in EQUAL.items() if name not in NOT_COMPUTED}))
def test_equal_networks_compute_the_same(names: list[str]) -> None:
    for name in names:
        one, other = (_computed(make()) for make in EQUAL[name][:2])
        for mine, theirs in zip(one, other, strict=True):
            np.testing.assert_allclose(mine, theirs, rtol=1e-3, atol=1e-3, err_msg=name)


def _computed(model: Any) -> list[Any]:
    """What a model makes of fixed examples, its weights a function of their shapes, axes of one left out."""
    called = getattr(model, "pairs_call", None)
    if called is None:
        given = model.inputs[0] if isinstance(model, keras.Sequential) else model.input
        tensors = enumerate(keras.tree.flatten(given))
        drawn = [_example(tensor.shape[1:], str(tensor.dtype), n) for n, tensor in tensors]
        arguments = (keras.tree.pack_sequence_as(given, drawn),)
    else:
        shapes, dtype, listed = called
        drawn = [_example(shape, dtype, n) for n, shape in enumerate(shapes)]
        arguments = (drawn,) if listed else tuple(drawn)
    for weight in model.weights:
        if "seed" not in weight.path and "int" not in str(weight.dtype):
            core = tuple(size for size in weight.shape if size != 1)
            draw = np.random.default_rng(zlib.crc32(repr(core).encode()))
            weight.assign(draw.uniform(0.1, 0.5, core).reshape(tuple(weight.shape)))
    call = getattr(model.call, "python_function", model.call)
    told = {"training": False} if "training" in inspect.signature(call).parameters else {}
    return [np.asarray(one) for one in keras.tree.flatten(model(*arguments, **told))]


def _example(shape: Any, dtype: str, seed: int) -> Any:
    draw = np.random.default_rng(seed)
    return draw.integers(0, 4, (3, *shape)).astype(dtype) if "int" in dtype else draw.normal(size=(3, *shape))
