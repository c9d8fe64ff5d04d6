"""Which networks pages speak of: those that somebody could have meant."""

from __future__ import annotations

import msgspec
import pytest

from autograder.evidence import Evidence
from autograder.report import architectures
from autograder.report.architectures import networks_of
from autograder.wire import codec
from autograder.wire.messages import Answered, Network
from exams import exam
from networks import chain, dense


def answered(network: Network) -> Evidence:
    return Evidence(exam(), (codec.pack(Answered("net", 0.1, network)),))


def linked(network: Network, count: int) -> Network:
    *others, last = network.layers
    return msgspec.structs.replace(network, layers=[*others, msgspec.structs.replace(last, inputs=[0] * count)])


@pytest.mark.parametrize(
    ("network", "told"),
    [
        (chain(*[dense(2)] * 1500), True),
        (chain(*[dense(2)] * architectures.MOST_LAYERS), False),
        (linked(chain(dense(2), dense(2)), architectures.MOST_LINKS), False),
    ],
    ids=["deep", "too deep", "too many links"],
)
def test_a_network_that_takes_minutes_to_compare_is_on_no_page(network: Network, told: bool) -> None:
    assert set(networks_of(answered(network))) == ({"net"} if told else set())
