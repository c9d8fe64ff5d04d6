"""PyTorch behind the wall: what notebooks do with it, processes and files and compilers too."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator

import msgspec
import pytest

from autograder.sandbox.rooms import Zygote
from autograder.wire.messages import Scalar
from sandbox.test_exam import LIMITS, hold

pytestmark = [
    pytest.mark.whole,
    pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="NOTHING OF PYTORCH IS TESTED: not installed"),
]
SOURCES = {
    "workers-of-a-loader": """
from torch.utils.data import DataLoader, TensorDataset
data = TensorDataset(torch.arange(40.).reshape(20, 2), torch.arange(20))
x = [int(y.sum()) for _, y in DataLoader(data, batch_size=5, num_workers=2)] == [10, 35, 60, 85]
""",
    "processes-spawned": """
with torch.multiprocessing.get_context('spawn').Pool(1) as pool:
    x = pool.map(abs, [-1]) == [1]
""",
    "processes-forked": """
with torch.multiprocessing.get_context('fork').Pool(2) as pool:
    x = pool.map(torch.numel, [torch.ones(3), torch.ones(2)]) == [3, 2]
""",
    "memory-that-is-shared": "x = torch.ones(5).share_memory_().is_shared()",
    "files-of-weights": """
net = torch.nn.Linear(3, 2)
torch.save(net.state_dict(), 'net.pt')
x = str(net.load_state_dict(torch.load('net.pt'))) == '<All keys matched successfully>'
""",
    "training": """
torch.manual_seed(0)
net = torch.nn.Sequential(torch.nn.Linear(2, 8), torch.nn.ReLU(), torch.nn.Linear(8, 1))
optimizer, a = torch.optim.Adam(net.parameters(), 0.05), torch.rand(64, 2)
for _ in range(100):
    optimizer.zero_grad()
    loss = torch.nn.functional.mse_loss(net(a), a.sum(1, keepdim=True))
    loss.backward()
    optimizer.step()
x = loss.item() < 0.05
""",
    "threads": """
torch.set_num_threads(2)
x = bool((torch.rand(300, 300) @ torch.rand(300, 300)).sum() > 0)
""",
    "compiled": "x = torch.compile(lambda a: a * 2 + 1)(torch.ones(2)).tolist() == [3, 3]",
    "compiled-module": """
net = torch.compile(torch.nn.Linear(3, 2), mode='max-autotune')
x = net(torch.ones(1, 3)).shape == (1, 2)
""",
    "scripted": """
@torch.jit.script
def f(a: torch.Tensor) -> torch.Tensor: return a * 2
x = f(torch.ones(2)).tolist() == [2, 2]
""",
}


@pytest.fixture(scope="module")
def torch_zygote(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Zygote]:
    with Zygote(["numpy", "torch"], tmp_path_factory.mktemp("cache")) as zygote:
        yield zygote


def test_it_starts_no_thread(torch_zygote: Zygote) -> None:
    warm = torch_zygote.warm()
    assert (warm.threaded, warm.note) == ([], "")


@pytest.mark.parametrize("name", SOURCES)
def test_it_works_behind_the_wall(torch_zygote: Zygote, name: str) -> None:
    limits = msgspec.structs.replace(LIMITS, cell_seconds=60, seconds=90, memory_mb=1500, processes=64, disk_mb=64)
    evidence = hold(torch_zygote, f"import torch\n{SOURCES[name]}", limits=limits)
    (record,) = evidence.exam.cells
    assert record.run is not None, evidence.exam.fault
    assert record.run.fault is None, record.run.fault
    assert evidence.answers()["x"][0] == Scalar("bool", "True")
