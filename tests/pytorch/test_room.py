"""A course in PyTorch, from its checks to verdicts: rooms that have PyTorch and no TensorFlow."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path

import pytest

from asked import Class
from autograder.sandbox.environment import find_environment, own_environment
from autograder.sandbox.rooms import Zygote

CHECKS = '''
net = model("net", input_shape=(3, 8, 8))
made = call("make", 4)
whole = variable("state")
scaled = call("scale", tensor(np.arange(6, dtype="float32").reshape(2, 3), "torch"))
kept = variable("net", then=[attribute("fc.weight.requires_grad"), attribute("fc.bias")])
half = variable("half")
branching = model("branching", input_shape=(4,))


@question("net")
def test_same(net):
    """The network is the one asked for."""
    assert_same_network(net)


@question("net")
def test_parameters(net):
    """It has 2 168 parameters."""
    assert_params(net, 3 * 8 * 9 + 8 + 8 * 16 * 10 + 10)
    assert_trainable_params(net, 8 * 16 * 10 + 10)
    assert_layer(net, 1, "Conv2d", out_channels=8, padding=1, activation="relu")


@question("net")
def test_made(made):
    """A function makes a network."""
    assert_params(made, 4 * 2 + 2)
    assert_layers(made, ["Linear"])


@question("net")
def test_state(whole):
    """The state is a dict of arrays."""
    assert_shape(whole["fc.weight"], (10, 128))
    assert_equal(kind := whole["norm.running_mean"], np.zeros(2))


@question("net")
def test_scaled(scaled):
    """Tensors come as arrays."""
    assert_close(scaled, 2 * np.arange(6.0).reshape(2, 3))


@question("net")
def test_kept(kept):
    """The last layer is trained, and what it holds is known."""
    assert kept[0] is True
    assert_shape(kept[1], (10,))


@question("net")
def test_half(half):
    """Short numbers come as longer ones."""
    assert_equal(half, [0.5, 1.0])


@question("net")
def test_branching(branching):
    """What cannot be followed accuses nobody."""
    assert_same_network(branching)
'''
IMPORTS = """
import sys
assert not {"keras", "tensorflow"} & set(sys.modules)
import torch
import torch.nn as nn
import torch.nn.functional as F
"""
SOLUTION = """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3, padding=1)
        self.fc = nn.Linear(8 * 16, 10)
    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv(x)), 2)
        return self.fc(x.view(x.size(0), -1))

net = Net()
net.conv.requires_grad_(False)
"""
OTHERWISE = """
net = nn.Sequential()
net.convolution = nn.Conv2d(3, 8, 3, padding="same")
net.relu, net.pool, net.flat = nn.ReLU(inplace=True), nn.MaxPool2d(2, 2), nn.Flatten()
net.fc = nn.Linear(128, 10)
net[0].requires_grad_(False)
"""
REST = """
def make(inputs):
    return nn.Sequential(nn.Linear(inputs, 2), nn.ReLU())

def scale(x):
    return (x * 2).requires_grad_()

class Branching(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 4)
    def forward(self, x):
        return self.fc(x) if x.mean() > 0 else x

branching = Branching()
state = nn.ModuleDict({"fc": nn.Linear(128, 10), "norm": nn.BatchNorm1d(2)}).state_dict()
half = torch.tensor([0.5, 1.0], dtype=torch.bfloat16)
"""


@pytest.fixture(scope="module")
def torch_zygote(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Zygote]:
    """Warm rooms with PyTorch."""
    beside = repository / ".venv-torch" / "bin" / "python"
    if importlib.util.find_spec("torch"):
        environment = own_environment()
    elif beside.exists():
        environment = find_environment(beside)
    else:
        pytest.skip("no PyTorch here: `make test-all` makes .venv-torch, and runs these there")
    with Zygote(["numpy", "torch"], tmp_path_factory.mktemp("cache"), environment) as zygote:
        yield zygote


def test_a_course_in_pytorch_is_judged(torch_zygote: Zygote, tmp_path: Path) -> None:
    graded = Class(tmp_path, torch_zygote, CHECKS)
    solution = graded.evidence(IMPORTS, SOLUTION, REST, name="solution")
    found = graded.verdicts(IMPORTS, SOLUTION, REST, solution=solution)
    assert {status for status, _ in found.values()} == {"passed"}, found

    found = graded.verdicts(IMPORTS, OTHERWISE, REST.replace("x.mean()", "x.sum()"), solution=solution)
    assert found.pop("test_branching")[0] == "ungraded", found
    assert {status for status, _ in found.values()} == {"passed"}, found

    wrong = SOLUTION.replace("padding=1", "padding=2").replace("8 * 16", "200")
    status, message = graded.verdicts(IMPORTS, wrong, REST, solution=solution)["test_same"]
    assert status == "failed"
    assert "layer 1, Conv2d(8): padding 2, expected 1" in message


LOADING = '''
read = variable("read")
shared = variable("shared")
losses = history("losses")


@question("read")
def test_read(read):
    """Every example is read once."""
    assert_equal(np.sort(read), np.arange(60.0))


@question("shared")
def test_shared(shared):
    """Tensors are shared with what a worker changes."""
    assert_equal(shared, [7.0])


@question("losses")
def test_losses(losses):
    """A list of losses is a curve."""
    assert losses["loss"][0] > losses["loss"][-1] and losses.epochs == 3
'''
WORKERS = """
from torch.utils.data import DataLoader, Dataset

class Rows(Dataset):
    def __len__(self):
        return 60
    def __getitem__(self, place):
        return torch.full((3, 64, 64), float(place)), place

loader = DataLoader(Rows(), batch_size=10, shuffle=True, num_workers=2)
read = torch.cat([images[:, 0, 0, 0] for images, _ in loader])
read2 = [int(y.sum()) for _ in range(2) for _, y in DataLoader(Rows(), 20, num_workers=3, persistent_workers=True)]

def change(tensor):
    tensor += 7

shared = torch.zeros(1).share_memory_()
worker = torch.multiprocessing.get_context("fork").Process(target=change, args=(shared,))
worker.start(); worker.join()
losses = [torch.tensor(3.0), 2.0, np.float32(1.5)]
"""


def test_workers_read_in_a_room(torch_zygote: Zygote, tmp_path: Path) -> None:
    graded = Class(tmp_path, torch_zygote, LOADING)
    found = graded.verdicts(IMPORTS, "import numpy as np", WORKERS)
    assert {status for status, _ in found.values()} == {"passed"}, found


def test_rooms_with_pytorch_are_forked_from_one_thread(torch_zygote: Zygote) -> None:
    warm = torch_zygote.warm()
    assert warm.threaded == []
    assert not warm.problem
    assert "torch" in warm.versions
