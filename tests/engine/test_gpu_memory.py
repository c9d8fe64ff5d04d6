"""What an engine does where a GPU's libraries find no memory beside a room's part. No GPU is needed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest

from autograder.data.shelf import DataSet
from autograder.engine import RoomSetup, Trained, _host
from autograder.errors import GraderError
from autograder.evidence import TrainingRun
from autograder.recipes import Recipe
from autograder.sandbox.gpus import Gpu, GpuPool, Lease, narrower, reserve
from autograder.training.job import Job
from autograder.training.room import GpuStarved
from exams import training_run
from networks import chain, dense

H100 = Gpu(0, "GPU-0", "H100", 81_559)
T4 = Gpu(1, "GPU-1", "T4", 15_360)


@dataclass
class Card:
    """Stands for a room on a GPU whose libraries start only where enough is left outside the room's part."""

    most_mb: int
    tried: list[int] = field(default_factory=list)

    def train(self, *_: Any, lease: Lease, **__: Any) -> Iterator[TrainingRun]:
        self.tried.append(lease.memory_mb)
        if lease.memory_mb > self.most_mb:
            raise GpuStarved("no BLAS support for stream")
        yield training_run()


class NoZygote:
    """Nothing is forked."""

    lost = False


JOB = Job("key", chain(dense(1)), "signature", Recipe("short", "gpu", "mnist"), cast(DataSet, None), 0)


@pytest.fixture
def trained(monkeypatch: pytest.MonkeyPatch) -> Callable[[Card], Trained]:
    def run(card: Card) -> Trained:
        monkeypatch.setattr(_host, "train_seeds", card.train)
        monkeypatch.setattr(_host, "Zygote", lambda *_, **__: NoZygote())
        setup = RoomSetup((), Path("cache"), "strict", gpus=(T4,))
        return next(_host.Host(setup).train([JOB], 1, GpuPool([T4])))

    return run


@pytest.mark.parametrize(("gpu", "kept"), [(H100, 2447), (T4, 2048)])
def test_two_gigabytes_or_three_percent_are_left_to_cuda(gpu: Gpu, kept: int) -> None:
    assert reserve(gpu) == kept
    with GpuPool([gpu]).lease() as lease:
        assert lease.memory_mb == gpu.memory_mb - kept


def test_a_start_that_finds_no_memory_is_tried_with_more_left(trained: Callable[[Card], Trained]) -> None:
    card = Card(most_mb=10_000)
    assert trained(card).run is not None
    assert card.tried == [15_360 - 2048, 15_360 - 2 * 2048, 15_360 - 4 * 2048]


def test_a_start_that_never_finds_any_is_ours(trained: Callable[[Card], Trained]) -> None:
    card = Card(most_mb=0)
    found = trained(card)
    assert found.run is None
    assert isinstance(found.error, GraderError)
    assert "no BLAS support" in str(found.error)


def test_a_part_is_never_made_too_small_to_train_in() -> None:
    small = Lease(T4, 3000)
    assert [lease.memory_mb for lease in narrower(small)] == [3000, 952]
