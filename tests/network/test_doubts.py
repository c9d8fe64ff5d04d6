"""What is said of networks that are read as different where operations written by hand stand in the difference."""

from __future__ import annotations

import msgspec
import pytest

from autograder.networks.doubts import doubt
from autograder.wire.messages import Network, Sample
from networks import call, chain, dense, operation

NUMBERS = [0.5, -1.25, 2.0]


def run(network: Network, values: list[float] | None = None, others: list[float] | None = None) -> Network:
    made = NUMBERS if values is None else values
    sample = Sample([*made], signed=[*(others or made)], regrouped=[*(others or made)])
    return msgspec.structs.replace(network, sample=sample, params=10)


def test_the_same_numbers_forbid_to_say_that_networks_differ() -> None:
    given, wanted = chain(operation("Roll"), dense(10)), chain(call("LSTM", units=4), dense(10))
    assert "layer 1, Roll, is written by hand" in doubt(run(given), run(wanted))
    assert doubt(run(given, [0.5, -1.25, 2.1]), run(wanted)) == ""
    assert doubt(run(given, others=[1.0, 2.0, 3.0]), run(wanted)) == ""
    assert "not run" in doubt(given, wanted)


def test_numbers_that_say_nothing_prove_nothing() -> None:
    given, wanted = chain(operation("Roll"), dense(10)), chain(call("GetItem"), dense(10))
    assert doubt(run(given, [0.0, 0.0]), run(wanted, [0.0, 0.0])) == ""
    assert doubt(given, wanted) == ""


def test_layers_of_keras_are_told_apart_by_their_settings() -> None:
    given, wanted = chain(call("LSTM", units=4), dense(10)), chain(call("GRU", units=4), dense(10))
    assert doubt(run(given), run(wanted)) == ""


@pytest.mark.parametrize(
    "given",
    [
        chain(operation("Roll"), dense(10, kernel_regularizer={"class_name": "L2", "config": {"l2": 0.01}})),
        chain(operation("Roll"), call("Dropout", rate=0.5), dense(10)),
        chain(operation("Roll"), operation("StopGradient"), dense(10)),
        msgspec.structs.replace(chain(operation("Roll"), dense(10)), output_shapes=[(None, 2, 5)]),
    ],
)
def test_what_differs_whatever_is_written_operation(given: Network) -> None:
    assert doubt(run(given), run(chain(call("LSTM", units=4), dense(10)))) == ""
    few = msgspec.structs.replace(run(chain(operation("Roll"), dense(10))), params=9)
    assert doubt(few, run(chain(call("LSTM", units=4), dense(10)))) == ""
