"""What is required of a network beside its being the solution's: frozen layers, a list of layers, code that is read."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest

from autograder.judge.asserts import assert_frozen, assert_same_network, assert_trainable_params
from autograder.judge.message import CannotTell, CheckFailed
from autograder.judge.values import Model
from autograder.wire.messages import Network
from networks import Call, call, chain, conv, dense, pool


def base(*frozen: int) -> Model:
    """Four layers with weights, those at these places frozen."""
    calls = [replace(conv(8), name=f"conv{n}") for n in range(3)] + [replace(dense(10), name="head")]
    return Model(chain(*(replace(one, trainable=n not in frozen) for n, one in enumerate(calls))))


def test_a_base_frozen_up_to_a_layer() -> None:
    assert_frozen(base(0, 1, 2, 3))
    for until in ("conv1", 2):
        assert_frozen(base(0, 1), until=until)
    for frozen in ((0,), (0, 1, 2), ()):
        with pytest.raises(CheckFailed) as failed:
            assert_frozen(base(*frozen), until="conv1")
        assert 'layer 2, Conv2D "conv1"' in str(failed.value) or "conv" in str(failed.value)
    with pytest.raises(LookupError, match="no layer 'missing'"):
        assert_frozen(base(), until="missing")


def test_frozen_layers_count_where_asked() -> None:
    given = Model(base(0, 1).record, reference=base().record)
    assert_same_network(given)
    with pytest.raises(CheckFailed, match="trainable False, expected True"):
        assert_same_network(given, trainable=True)


def test_trainable_parameters() -> None:
    network = Model(msgspec.structs.replace(chain(dense(8)), params=20, trainable_params=8))
    assert_trainable_params(network, 8)
    with pytest.raises(CheckFailed, match="8 trainable parameters"):
        assert_trainable_params(network, 20)


LIST = ["Conv2D(8, 3, activation='relu')", "MaxPooling2D", "Flatten()", "Dense(10, activation='softmax')"]


def test_a_network_written_as_a_list() -> None:
    right = chain(
        conv(8), call("ReLU"), pool(padding="same"), call("Reshape", target_shape=[-1]), dense(10), call("Softmax")
    )
    assert_same_network(
        Model(chain(conv(8, activation="relu"), pool(), call("Flatten"), dense(10, activation="softmax"))), LIST
    )
    assert_same_network(
        Model(msgspec.structs.replace(right, layers=right.layers)), [LIST[0], "MaxPooling2D(padding='same')", *LIST[2:]]
    )
    with pytest.raises(CheckFailed, match="filters 16, expected 8"):
        assert_same_network(
            Model(chain(conv(16, activation="relu"), pool(), call("Flatten"), dense(10, activation="softmax"))), LIST
        )
    for wrong in ("Dense(units)", "1 + 1", "import os", "layers.Dense(3)", "Dense(3"):
        with pytest.raises(ValueError, match="no layer as one writes it"):
            assert_same_network(Model(right), [wrong])


def unread(code: str, *others: Call) -> Network:
    own = replace(Call("Bloc", {"code": code}, origin="custom"))
    network = chain(own, *others)
    layers = [
        one if one.cls != "Bloc" else msgspec.structs.replace(one, unreadable="it loops") for one in network.layers
    ]
    return msgspec.structs.replace(network, layers=layers)


def test_code_that_could_not_be_followed_is_never_accused() -> None:
    assert_same_network(Model(unread("1a", dense(3)), unread("1a", dense(3))))
    with pytest.raises(CannotTell, match="layer 1, Bloc, could not be followed"):
        assert_same_network(Model(unread("1a", dense(3)), chain(conv(8), dense(3))))
    with pytest.raises(CheckFailed, match="units 4, expected 3"):
        assert_same_network(Model(unread("1a", dense(4)), unread("2b", dense(3))))
