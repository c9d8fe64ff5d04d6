"""What a checks file declares becomes records that cross the wall whole."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.judge import declare
from autograder.wire import codec
from autograder.wire.messages import (
    Argument,
    Attribute,
    Built,
    CallProbe,
    First,
    Function,
    Itself,
    Method,
    Named,
    ObjectProbe,
    Pairs,
    PlainLayer,
    Probe,
    Questions,
    RandomGenerator,
    Scalar,
    Several,
    Symbolic,
    Tensor,
    Text,
)

LEAVES: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    st.text(max_size=20),
    st.builds(declare.symbolic, st.lists(st.one_of(st.none(), st.integers(1, 9)), max_size=3)),
    st.builds(declare.named, st.text(max_size=20)),
    st.just(declare.function("lambda x: x + 1")),
    st.builds(declare.network, st.just((4,)), st.sampled_from(["Dense(3)", "Dropout(0.5)"])),
    st.builds(lambda size: declare.tensor(np.arange(size), "torch"), st.integers(0, 5)),
    st.builds(np.arange, st.integers(0, 5)),
)
ARGUMENTS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)),
)
STEPS = st.one_of(
    st.builds(declare.method, st.text(max_size=9), ARGUMENTS),
    st.builds(declare.attribute, st.text(max_size=9)),
    st.builds(declare.first, st.integers(1, 10_000)),
    st.builds(lambda shape: declare.itself(input_shape=shape), st.one_of(st.none(), st.just((None, 3)))),
)


def declared(fixture: Any) -> tuple[Probe, list[bytes]]:
    """The probe of a fixture, sent over the wire and back."""
    blobs: list[bytes] = []
    probe = fixture.declared.encode(blobs)
    questions, back = codec.unpack(codec.pack(Questions({"x": probe}, 1), blobs), Questions)
    assert questions.probes["x"] == probe
    return probe, back


@given(st.lists(ARGUMENTS, max_size=3), st.dictionaries(st.text(max_size=5), ARGUMENTS, max_size=2))
def test_arguments_cross_whole(args: list[Any], kwargs: dict[str, Any]) -> None:
    probe, _ = declared(declare.call("f", *args, **kwargs))
    assert isinstance(probe, CallProbe)
    assert (len(probe.args), probe.kwargs.keys()) == (len(args), kwargs.keys())


@given(st.lists(STEPS, min_size=1, max_size=4))
def test_steps_cross_whole(steps: list[declare.AskedStep]) -> None:
    probe, _ = declared(declare.instance("C", 1, then=steps))
    assert isinstance(probe, ObjectProbe)
    assert len(probe.then) == len(steps)


def test_what_is_declared() -> None:
    found, blobs = declared(
        declare.instance("C", [declare.named("m"), {2}], k={"a": declare.tensor(np.array([1], np.float32))}, then=[
            declare.method("f", declare.symbolic((3, None))), declare.attribute("a.b"), declare.first(2),
        ])
    )  # fmt: skip
    array = codec.array_record(np.array([1], np.float32), [])
    inner: list[Argument] = [Named("m"), Several("set", [Scalar("int", "2")])]
    assert found == ObjectProbe(
        "C",
        [Several("list", inner)],
        {"k": Pairs([(Text("a", 1), Tensor("tensorflow", array))])},
        [Method("f", [Symbolic((3, None))], {}), Attribute("a.b"), First(2)],
    )
    assert blobs == [np.array([1], np.float32).tobytes()]


def test_a_random_generator_is_its_seed() -> None:
    found, blobs = declared(declare.call("split", np.arange(3), np.random.default_rng(7), rng=np.random.default_rng(0)))
    assert isinstance(found, CallProbe)
    assert (found.args[1], found.kwargs) == (RandomGenerator(7), {"rng": RandomGenerator(0)})
    assert msgspec.json.decode(msgspec.json.encode(found), type=CallProbe) == found
    assert len(blobs) == 1


def used() -> np.random.Generator:
    generator = np.random.default_rng(7)
    generator.random()
    return generator


@pytest.mark.parametrize(
    "generator",
    [used(), np.random.default_rng(), np.random.default_rng([1, 2]), np.random.Generator(np.random.MT19937(7))],
    ids=["drawn from", "no seed", "two seeds", "another kind"],
)
def test_a_generator_that_could_not_be_made_anew_is_refused(generator: np.random.Generator) -> None:
    with pytest.raises(TypeError, match=r"write np.random.default_rng\(0\)"):
        declare.call("f", generator)


def test_an_instance_of_which_nothing_is_asked_is_asked_for_itself() -> None:
    assert declared(declare.instance("C"))[0] == ObjectProbe("C", [], {}, [Itself()])
    assert declared(declare.variable("c", then=[declare.first(1)]))[0] == ObjectProbe(
        "c", [], {}, [First(1)], made=False
    )


def test_a_network_is_written_layer_by_layer() -> None:
    made = declare.network((8, 8, 1), "Conv2D(4, 3, padding='same')", "Flatten", "Dense(2, kernel_regularizer=l2(0.1))")
    assert made == Built(
        (8, 8, 1),
        [
            PlainLayer("Conv2D", {"filters": 4, "kernel_size": 3, "padding": "same"}),
            PlainLayer("Flatten", {}),
            PlainLayer("Dense", {"units": 2, "kernel_regularizer": {"class_name": "l2", "config": {"l2": 0.1}}}),
        ],
    )
    assert msgspec.json.decode(msgspec.json.encode(made), type=Built) == made


@pytest.mark.parametrize("value", [object(), b"bytes", slice(3), np.array(["text"]), [object()], lambda x: x])
def test_what_cannot_be_sent_is_refused_when_it_is_declared(value: object) -> None:
    with pytest.raises((TypeError, codec.WireError), match=r"cannot be sent|do not cross"):
        declare.call("f", value)


def test_what_is_written_badly_is_refused_when_it_is_declared() -> None:
    with pytest.raises(ValueError, match="is not for a function"):
        declare.function("lambda x: x.shape")
    with pytest.raises(ValueError, match="write its argument number 2 with its name"):
        declare.network((3,), "Dropout(0.5, 3)")
    assert declare.function("lambda x: x") == Function("lambda x: x")
