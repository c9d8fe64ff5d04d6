"""Checks that a network of PyTorch is trained in a leased room: `python -m pytorch.gpu_check`, from the folder `tests`.

It needs a GPU and PyTorch, and neither Keras nor TensorFlow. One line a check, « ok » or « FAILED ». Exit status: 0 all
hold, 1 one does not, 2 there is no GPU here. Takes about a minute.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from torch import nn

from autograder.data import standin
from autograder.data.shelf import DataSet, Shelf
from autograder.errors import AutograderError
from autograder.evidence import TrainingRun
from autograder.recipes import Recipe
from autograder.sandbox.gpus import GpuPool, Lease, survey
from autograder.sandbox.isolation import measure
from autograder.sandbox.rooms import Zygote
from autograder.training.frozen import Frozen
from autograder.training.job import make_jobs
from autograder.training.room import train, train_seeds
from autograder.wire.messages import Network, Optimizer
from autograder.worker.pytorch.reader import read_module
from gpu_check import peak_memory

RECIPE = Recipe(
    "gpu-check", "gpu", "cifar10", scale=(-1, 1), optimizer=Optimizer("adam", learning_rate=0.002), epochs=6,
    deterministic=True, seconds=200.0,
)  # fmt: skip
LEARNT = 0.7
"""What the network of the course reaches on the stand-in, and more."""
SEEDS = (1, 2, 3, 4, 5, 6)
LEAST_MB = 200
"""A training that left the GPU's memory alone was on the processor."""


def network() -> Network:
    """Return the record of the course's network: 72 954 parameters."""
    layers: list[Any] = [nn.Conv2d(3, 8, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(8, 16, 5), nn.ReLU()]
    layers += [nn.MaxPool2d(2), nn.Flatten(), nn.Linear(400, 128), nn.ReLU(), nn.Linear(128, 128), nn.ReLU()]
    return read_module(nn.Sequential(*layers, nn.Linear(128, 10)), (3, 32, 32))


def trained(zygote: Zygote, data: DataSet, lease: Lease | None) -> TrainingRun:
    job = next(make_jobs(Frozen(network()), RECIPE, data, [1], "gpu-check"))
    return train(zygote, job, measure().require("standard"), threads=2, lease=lease)


def sharing(zygote: Zygote, data: DataSet, pool: GpuPool) -> bool:
    """Train several seeds in one room, and each in a room of its own; return whether they score the same."""
    jobs = list(make_jobs(Frozen(network()), RECIPE, data, SEEDS, "gpu-check"))
    wall = measure().require("standard")
    with pool.lease(alone=True) as lease:
        start = time.monotonic()
        together = list(train_seeds(zygote, jobs, wall, threads=2, lease=lease))
        half = time.monotonic()
        apart = [train(zygote, job, wall, threads=2, lease=lease) for job in jobs]
        end = time.monotonic()
    scores = [[run.scores.get("accuracy") for run in runs] for runs in (together, apart)]
    ratio = (half - start) / (end - half)
    return said(
        "seeds that share a room score as in their own",
        scores[0] == scores[1] and None not in scores[0],
        f"{scores[0]}, in {half - start:.1f} s; {scores[1]}, in {end - half:.1f} s: {ratio:.2f} of it",
    )


def said(name: str, sound: bool, seen: str) -> bool:
    """Print a check's line; return whether it holds."""
    print(f"{'ok     ' if sound else 'FAILED '} {name}: {seen}", flush=True)
    return sound


def checks(folder: Path) -> bool:
    """Train twice on a leased GPU and once without; return whether all is as it should be."""
    found = survey()
    data = Shelf(folder / "shelf").add("cifar10", standin.cifar10(), stand_in=True, origin="drawn shapes")
    pool = GpuPool(found.gpus)
    with Zygote(["numpy", "torch"], folder / "cache") as zygote:
        warm = zygote.warm()
        runs = []
        with peak_memory(found.gpus[0]) as used:
            for _ in range(2):
                with pool.lease(alone=True) as lease:
                    runs.append(trained(zygote, data, lease))
            taken = used()
        alone = trained(zygote, data, None)
        shared = sharing(zygote, data, pool)
    scores = [run.scores.get("accuracy") or 0.0 for run in (*runs, alone)]
    faults = [str(run.fault) for run in (*runs, alone) if run.fault]
    seconds = ", ".join(f"{run.seconds:.1f} s" for run in (*runs, alone))
    return all(
        (
            shared,
            said(
                "no Keras is needed", not faults and "torch" in warm.versions, "; ".join(faults) or str(warm.versions)
            ),
            said("it learns on the leased GPU", scores[0] > LEARNT, f"{scores[0]:.3f} of the test images"),
            said("the GPU's memory was used", taken > LEAST_MB, f"{taken} MB at most"),
            said("one seed is one score", runs[0].scores == runs[1].scores, f"{scores[0]:.4f}, {scores[1]:.4f}"),
            said("without a lease, the processor says alike", abs(scores[2] - scores[0]) < 0.1, f"{scores[2]:.3f}"),
            said("time", True, f"{seconds}, the last on the processor"),
        )
    )


def main() -> int:
    """Return the exit status."""
    found = survey()
    if not found.gpus:
        print(f"no GPU to check: {'; '.join(found.problems)}")
        return 2
    try:
        with tempfile.TemporaryDirectory() as folder:
            return 0 if checks(Path(folder)) else 1
    except AutograderError as error:
        print(f"FAILED  {error}")
        return 1


if __name__ == "__main__":
    sys.exit(main())
