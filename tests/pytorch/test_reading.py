"""Modules of PyTorch as records: equal where they compute the same, different where they do not, never changed."""

from __future__ import annotations

import os
import warnings
from itertools import combinations
from typing import Any

import msgspec
import pytest

from autograder.judge.asserts import assert_params, assert_same_network, assert_trainable_params
from autograder.judge.layers import assert_layer, assert_layers
from autograder.judge.message import CannotTell, CheckFailed
from autograder.judge.values import Model
from autograder.networks.signature import signature
from autograder.wire.messages import Network

torch = pytest.importorskip("torch", reason="no PyTorch here: `make test-all` runs these in .venv-torch")

import torch.nn.functional as F  # noqa: E402, N812
from torch import nn  # noqa: E402

from autograder.worker.pytorch.reader import is_module, read_module  # noqa: E402
from pytorch.explained import EXPLAINED  # noqa: E402
from pytorch.pairs import DIFFERENT, EQUAL, IMAGE, ROW, Make, Shape, conv, lin, of, own, seq  # noqa: E402
from pytorch.test_explanations import RECORDS  # noqa: E402

NnModule: Any = nn.Module


def read(make: Make, shape: Shape | None) -> Network:
    """The record as it is on the other side of the wall."""
    torch.manual_seed(0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return msgspec.json.decode(msgspec.json.encode(read_module(make(), shape)), type=Network)


@pytest.mark.parametrize("family", EQUAL)
def test_dresses_are_equal(family: str) -> None:
    shape, makes = EQUAL[family]
    networks = [read(make, shape) for make in makes]
    assert [one.problem or one.note for one in networks] == [""] * len(makes)
    assert len({signature(one, trainable=True) for one in networks}) == 1, family


@pytest.mark.parametrize("family", DIFFERENT)
def test_mistakes_are_different(family: str) -> None:
    shape, makes = DIFFERENT[family]
    signatures = [signature(read(make, shape)) for make in makes]
    same = [(n, m) for (n, one), (m, two) in combinations(enumerate(signatures), 2) if one == two]
    assert not same


def test_there_are_many_pairs() -> None:
    assert sum(len(makes) - 1 for _, makes in EQUAL.values()) >= 120
    assert sum(len(makes) * (len(makes) - 1) // 2 for _, makes in DIFFERENT.values()) >= 1000


def test_records_of_the_explanations_are_those_kept() -> None:
    found = {name: [read(make, shape) for make in pair] for name, (shape, *pair) in EXPLAINED.items()}
    if os.environ.get("AUTOGRADER_REWRITE"):
        RECORDS.write_bytes(msgspec.json.encode(found))
    kept = msgspec.json.decode(RECORDS.read_bytes(), type=dict[str, list[Network]])
    assert {name: [signature(one) for one in pair] for name, pair in found.items()} == {
        name: [signature(one) for one in pair] for name, pair in kept.items()
    }


# --- What a check says of it ------------------------------------------------------------------------------------------


class Tutorial(NnModule):  # type: ignore[misc]
    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 6, 5)
        self.pool = nn.MaxPool2d(2, 2)
        self.fc1 = nn.Linear(6 * 2 * 2, 10)
        self.norm = nn.BatchNorm1d(10)
        self.calls = 0

    def forward(self, x: Any) -> Any:
        self.calls += 1
        self.seen = x
        x = self.pool(F.relu(self.conv1(x)))
        return self.norm(self.fc1(torch.flatten(x, 1)))


def test_parameters_and_layers_are_as_they_were_written() -> None:
    module = Tutorial()
    module.conv1.requires_grad_(False)
    model = Model(read(lambda: module, IMAGE))
    assert_params(model, 3 * 6 * 25 + 6 + 24 * 10 + 10 + 20)
    assert_trainable_params(model, 24 * 10 + 10 + 20)
    assert_layers(model, ["Conv2d", "MaxPool2d", "Linear", "BatchNorm1d"])
    assert_layer(model, 1, "Conv2d", out_channels=6, kernel_size=5, padding=0, activation="relu")
    assert_layer(model, "fc1", "Linear", out_features=10, bias=True)
    with pytest.raises(CheckFailed, match="kernel_size"):
        assert_layer(model, "conv1", kernel_size=3)
    assert model.output_shape == (None, 10)


def test_a_module_is_left_as_it_was() -> None:
    module = Tutorial().eval()
    module(torch.zeros(2, *IMAGE))
    before, seen = {name: one.clone() for name, one in module.state_dict().items()}, module.seen
    state = torch.random.get_rng_state()
    read_module(module, IMAGE)
    assert module.calls == 1
    assert module.seen is seen
    assert not module.training
    assert all(torch.equal(one, before[name]) for name, one in module.state_dict().items())
    assert torch.equal(torch.random.get_rng_state(), state)
    assert module(torch.zeros(2, *IMAGE)).shape == (2, 10)


def test_networks_that_are_not_equal_fail_and_say_where() -> None:
    wanted = read(seq(conv(8), of(nn.Flatten)), IMAGE)
    with pytest.raises(CheckFailed, match=r"layer 1, Conv2d\(4\): out_channels 4, expected 8"):
        assert_same_network(Model(read(seq(conv(4), of(nn.Flatten)), IMAGE), wanted))
    assert_same_network(Model(read(own(lambda s, x: s.a(x).view(len(x), -1), a=conv(8)), IMAGE), wanted))


# --- What cannot be followed ------------------------------------------------------------------------------------------

UNREADABLE: dict[str, Make] = {
    "a branch on numbers": own(lambda s, x: s.a(x) if x.sum() > 0 else x, a=lin(6, 6)),
    "an item": own(lambda s, x: s.a(x) * x.mean().item(), a=lin(6, 6)),
    "NumPy": own(lambda s, x: torch.from_numpy(s.a(x).detach().numpy()), a=lin(6, 6)),
    "a tensor written into": own(lambda s, x: _zeroed(s.a(x)), a=lin(6, 6)),
    "changed by another name": own(lambda s, x: _aliased(s.a(x)), a=lin(6, 6)),
}


def _zeroed(x: Any) -> Any:
    x[:, 0] = 0
    return x


def _aliased(x: Any) -> Any:
    x.view(-1).add_(1)
    return x


@pytest.mark.parametrize("name", UNREADABLE)
def test_what_cannot_be_followed_is_said_and_accuses_nobody(name: str) -> None:
    network = read(UNREADABLE[name], ROW)
    assert network.problem == "unreadable"
    assert network.note
    assert network.params == 42
    wanted = read(seq(lin(6, 6)), ROW)
    with pytest.raises(CannotTell):
        assert_same_network(Model(network, wanted))
    assert_same_network(Model(network, read(UNREADABLE[name], ROW)))


def test_examples_that_are_mixed_accuse_nobody() -> None:
    """`view(-1, 5)` makes rows of places: what comes of it may be the same, place by place."""
    given = read(own(lambda s, x: s.a(x.reshape(-1, 5)).view(len(x), -1, 4), a=lin(5)), (7, 5))
    with pytest.raises(CannotTell, match="mixes examples"):
        assert_same_network(Model(given, read(seq(lin(5)), (7, 5))))


def test_without_a_shape_it_is_said_that_the_check_gives_none() -> None:
    network = read(seq(conv(), of(nn.Flatten)), None)
    assert "input_shape" in network.note
    assert network.params == 112
    with pytest.raises(CannotTell, match="input_shape"):
        assert_same_network(Model(network, read(seq(conv(5), of(nn.Flatten)), IMAGE)))
    assert read(seq(lin(), nn.ReLU), None).problem == "", "a Linear says what it takes"


def test_an_error_of_its_own_is_the_students() -> None:
    network = read(seq(lin(7)), ROW)
    assert network.problem == "raised"
    assert "shapes cannot be multiplied" in network.note
    with pytest.raises(CheckFailed, match="raises RuntimeError"):
        assert_same_network(Model(network, read(seq(lin(6)), ROW)))


def test_odd_modules_are_read_or_listed() -> None:
    """None raises: what a room cannot read would be the student's fault."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        odd = [torch.jit.script(nn.Linear(6, 4)), torch.compile(nn.Linear(6, 4)), nn.DataParallel(nn.Linear(6, 4))]
        found = [read(lambda one=one: one, ROW) for one in odd]  # type: ignore[misc]
    assert [one.params for one in found] == [28, 28, 28]
    assert found[1].problem == found[2].problem == ""
    assert found[0].problem in ("", "unreadable")
    assert signature(found[1]) == signature(found[2]) == signature(read(seq(lin()), ROW))
    assert read(NnModule, ROW).problem == "raised"
    assert read(nn.Identity, ROW).problem == ""
    assert read(lambda: nn.Transformer(8, 2, 1, 1), (7, 8)).params > 0


def test_two_frameworks_are_equal_where_the_mathematics_is() -> None:
    """The record of the same network in Keras, as its room sends it: tests of Keras are elsewhere."""
    from networks import call, chain, dense

    layers = [
        call("Conv2D", filters=4, kernel_size=3, padding="same", data_format="channels_first", activation="relu"),
        call("MaxPooling2D", pool_size=2, data_format="channels_first"),
    ]
    keras = chain(*layers, input_shape=IMAGE)
    assert signature(read(seq(conv(padding=1), nn.ReLU, of(nn.MaxPool2d, 2)), IMAGE)) == signature(keras)
    rows = chain(dense(4, activation="relu"), dense(2), input_shape=ROW)
    assert signature(read(seq(lin(), nn.ReLU, lin(4, 2)), ROW)) == signature(rows)
    other = chain(dense(5, activation="relu"), dense(2), input_shape=ROW)
    with pytest.raises(CheckFailed, match="written in PyTorch, expected Keras"):
        assert_same_network(Model(read(seq(lin(), nn.ReLU, lin(4, 2)), ROW), other))


def test_a_network_of_two_inputs_accuses_nobody() -> None:
    class Two(NnModule):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.a, self.b = nn.Linear(4, 2), nn.Linear(4, 2)

        def forward(self, left: Any, right: Any) -> Any:
            return self.a(left) + self.b(right)

    network = read(Two, (4,))
    assert network.problem == "unreadable"
    assert "2 inputs" in network.note
    assert [layer.cls for layer in network.layers] == ["Linear", "Linear"]


def test_a_layer_of_kerass_is_no_module_of_pytorchs() -> None:
    """Where Keras runs on PyTorch, its layers are modules too."""
    layer = type("Dense", (nn.Linear,), {"__module__": "keras.src.layers.core.dense"})
    assert is_module(nn.Linear(2, 3))
    assert not is_module(layer(2, 3))
    assert not is_module(type("Own", (layer,), {})(2, 3))
