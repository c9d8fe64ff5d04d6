"""Checks rooms with a GPU, on a machine that has one: `python tests/gpu_check.py [--backend torch]`.

One line a check, « ok » or « FAILED: why ». Exit status: 0 all hold, 1 one does not, 2 there is no GPU here. Takes
about a minute, and wants the GPUs to itself: it measures their memory.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from autograder.data import standin
from autograder.data.shelf import DataSet, Shelf
from autograder.errors import AutograderError
from autograder.evidence import TrainingRun
from autograder.recipes import BackendName, Recipe
from autograder.sandbox.gpus import Gpu, GpuPool, Lease, reserve, survey
from autograder.sandbox.isolation import measure
from autograder.sandbox.room import Room, RoomEnded, RoomSilent
from autograder.sandbox.rooms import RoomLimits, RoomView, Zygote
from autograder.training.frozen import Frozen
from autograder.training.job import make_jobs
from autograder.training.room import DISK_MB, GPU_HOST_MB, PROCESSES, train
from autograder.wire.messages import Broken, Cell, CellRun, Cells, CellsDone, Network
from networks import call, chain, conv, dense

CELL_SECONDS = 180.0
"""A GPU's first use loads its kernels."""
RECIPE = Recipe("gpu-check", "gpu", "digits", batch=64, epochs=3, deterministic=True, seconds=300.0)
SMALL_MB = 512
"""A part of a GPU that the oversized network does not fit in, and the small one does."""
LOOK = """\
import os
print(" ".join(sorted(name for name in os.listdir("/dev") if name.startswith("nvidia"))))
print(os.path.exists("/sys"))
"""
ROOMS = (1, 2, 4, 8)
"""How many trainings side by side are timed."""


@dataclass(frozen=True)
class Framework:
    """What cells ask of a framework: how many GPUs it sees, and where a product of matrices is computed."""

    count: str
    multiply: str
    build: str
    """What to install where it sees none."""


FRAMEWORKS: Mapping[BackendName, Framework] = {
    "tensorflow": Framework(
        'import tensorflow as tf\nprint(len(tf.config.list_physical_devices("GPU")))',
        "print(tf.matmul(tf.ones((256, 256)), tf.ones((256, 256))).device)\n"
        'details = tf.config.experimental.get_device_details(tf.config.list_physical_devices("GPU")[0])\n'
        'print(details.get("device_name"), details.get("compute_capability"))',
        "tensorflow[and-cuda]",
    ),
    "torch": Framework(
        "import torch\nprint(torch.cuda.device_count())",
        'print((torch.ones(256, 256, device="cuda") @ torch.ones(256, 256, device="cuda")).device)\n'
        "print(torch.cuda.get_device_name(0), torch.cuda.get_device_capability(0))",
        "torch",
    ),
    "jax": Framework(
        'import jax\nprint(sum(device.platform == "gpu" for device in jax.devices()))',
        "import jax.numpy as jnp\nprint((jnp.ones((256, 256)) @ jnp.ones((256, 256))).device)\n"
        "print(jax.devices()[0].device_kind, jax.devices()[0].compute_capability)",
        "jax[cuda13]",
    ),
}


class Failed(Exception):
    """What a check found, in a sentence."""


@dataclass(frozen=True)
class Bench:
    """What every check works with."""

    zygote: Zygote
    gpus: Sequence[Gpu]
    pool: GpuPool
    data: DataSet
    isolation: str
    backend: BackendName

    def train(self, network: Network, recipe: Recipe, lease: Lease, seed: int = 1) -> TrainingRun:
        recipe = replace(recipe, backend=self.backend)
        job = next(make_jobs(Frozen(network), recipe, self.data, [seed], "gpu-check"))
        return train(self.zygote, job, self.isolation, threads=2, lease=lease)

    def run_cells(self, *sources: str, lease: Lease | None = None) -> list[list[str]]:
        """Run cells in an exam room, and return the lines that each printed."""
        limits = RoomLimits((4096 + GPU_HOST_MB) * 2**20, PROCESSES, DISK_MB * 2**20)
        room = self.zygote.open_room(limits, RoomView(gpu=lease), grouped=self.isolation == "strict")
        try:
            runs = _converse(room, [Cell(index, "", source) for index, source in enumerate(sources)])
        except (RoomEnded, RoomSilent) as error:
            raise Failed(f"the room did not answer: {type(error).__name__}") from error
        finally:
            room.close()
        for run in runs:
            if run.fault:
                raise Failed(f"{run.fault.error}: {run.fault.message}")
        return [run.stdout.splitlines() for run in runs]


def _converse(room: Room, cells: list[Cell]) -> list[CellRun]:
    deadline = time.monotonic() + CELL_SECONDS
    room.send(Cells(cells, output_chars=10_000), deadline=deadline)
    runs: list[CellRun] = []
    while not isinstance(message := room.receive(deadline)[0], CellsDone):
        if isinstance(message, Broken):
            raise Failed(message.reason)
        if isinstance(message, CellRun):
            runs.append(message)
    return runs


# --- The checks: each returns what it saw -----------------------------------------------------------------------------


def room_without_a_lease_sees_no_gpu(bench: Bench) -> str:
    [nodes, system], [count] = bench.run_cells(LOOK, FRAMEWORKS[bench.backend].count)
    if nodes or system != "False" or count != "0":
        raise Failed(f"it sees nodes « {nodes} », /sys: {system}, {count} GPUs")
    return "no node, no GPU"


def leased_room_computes_on_its_gpu_alone(bench: Bench) -> str:
    framework = FRAMEWORKS[bench.backend]
    with bench.pool.lease() as lease:
        [nodes, _], [count] = bench.run_cells(LOOK, framework.count, lease=lease)
        expected = sorted(Path(path).name for path in lease.devices)
        if nodes.split() != expected:
            raise Failed(f"it sees nodes « {nodes} », expected « {' '.join(expected)} »")
        if count != "1":
            raise Failed(f"{bench.backend} sees {count} GPUs, expected 1: is its build with CUDA, {framework.build}?")
        _, [device, details] = bench.run_cells(framework.count, framework.multiply, lease=lease)
    if not device.lower().endswith(("gpu:0", "cuda:0")):
        raise Failed(f"a product of matrices was computed on {device}")
    return f"{device}, {details}"


def training_on_a_gpu_learns_and_repeats(bench: Bench) -> str:
    with bench.pool.lease() as lease, peak_memory(lease.gpu) as used:
        runs = [bench.train(SMALL, RECIPE, lease) for _ in range(2)]
    scores = [_scores(run) for run in runs]
    if scores[0]["accuracy"] < 0.5:
        raise Failed(f"accuracy {scores[0]['accuracy']} after {RECIPE.epochs} epochs, expected over 0.5")
    if scores[0] != scores[1]:
        raise Failed(f"one seed, deterministic, gave {scores[0]}, then {scores[1]}")
    _require_use(used())
    return f"accuracy {scores[0]['accuracy']:.3f} twice, {runs[1].seconds:.1f} s"


def two_rooms_keep_to_their_parts_of_one_gpu(bench: Bench) -> str:
    gpu = bench.gpus[0]
    pool = GpuPool([gpu], rooms_per_gpu=2)

    def room(seed: int) -> int:
        with pool.lease() as lease:
            _scores(bench.train(SMALL, RECIPE, lease, seed))
            return lease.memory_mb

    with ThreadPoolExecutor(2) as executor, peak_memory(gpu) as used:
        parts = sum(executor.map(room, (1, 2)))
    _require_use(used())
    kept = 2 * reserve(gpu)
    if used() > parts + kept:
        raise Failed(f"{used()} MB were used: parts of {parts} MB, and more than the {kept} MB kept for CUDA")
    return f"{used()} of {gpu.memory_mb} MB used, parts of {parts} MB together"


def oversized_network_reports_out_of_memory(bench: Bench) -> str:
    with bench.pool.lease() as lease:
        run = bench.train(OVERSIZED, RECIPE, replace(lease, memory_mb=SMALL_MB))
        if run.fault is None or run.fault.kind != "memory":
            raise Failed(f"in {SMALL_MB} MB it gave {run.fault or run.scores}")
        _scores(bench.train(SMALL, RECIPE, lease))  # the GPU is none the worse for it
    return run.fault.error


def trainings_an_hour(bench: Bench) -> str:
    gpu = bench.gpus[0]
    found = []
    for rooms in ROOMS:
        pool = GpuPool([gpu], rooms_per_gpu=rooms)

        def room(seed: int, pool: GpuPool = pool) -> int:
            with pool.lease() as lease:
                _scores(bench.train(CONVOLUTIONS, TIMED, lease, seed))
                return lease.memory_mb

        started = time.monotonic()
        with ThreadPoolExecutor(rooms) as executor, peak_memory(gpu) as used:
            parts = sum(executor.map(room, range(rooms)))
        an_hour = 3600 * rooms / (time.monotonic() - started)
        found.append(f"{rooms} at once: {an_hour:.0f}, {used()} MB used of parts of {parts}")
    return "; ".join(found)


def memory_outside_the_frameworks_part(bench: Bench) -> str:
    """What CUDA and its libraries take of a GPU for a room whose framework holds next to nothing."""
    with bench.pool.lease() as lease, peak_memory(lease.gpu) as used:
        _scores(bench.train(SMALL, RECIPE, replace(lease, memory_mb=SMALL_MB)))
        taken = used()
    if taken > SMALL_MB + reserve(lease.gpu):
        raise Failed(f"{taken} MB, and {SMALL_MB} + {reserve(lease.gpu)} were counted with")
    return f"at most {taken} MB with a part of {SMALL_MB} MB; {reserve(lease.gpu)} MB are kept for what is beyond it"


CHECKS: tuple[Callable[[Bench], str], ...] = (
    room_without_a_lease_sees_no_gpu,
    leased_room_computes_on_its_gpu_alone,
    training_on_a_gpu_learns_and_repeats,
    two_rooms_keep_to_their_parts_of_one_gpu,
    oversized_network_reports_out_of_memory,
    memory_outside_the_frameworks_part,
    trainings_an_hour,
)


# --- What they train, and measure -------------------------------------------------------------------------------------


def _dense(units: int) -> Network:
    return chain(
        call("Flatten"), dense(units, activation="relu"), dense(10, activation="softmax"), input_shape=(28, 28)
    )


TIMED = replace(RECIPE, epochs=5, deterministic=False)
CONVOLUTIONS = chain(
    call("Reshape", target_shape=[28, 28, 1]),
    conv(32, activation="relu"),
    conv(64, activation="relu"),
    call("Flatten"),
    dense(10, activation="softmax"),
    input_shape=(28, 28),
)
SMALL, OVERSIZED = _dense(128), _dense(200_000)
"""The second has 159 million weights, 636 MB, and as much again for their gradients."""


def _scores(run: TrainingRun) -> dict[str, float]:
    if run.fault:
        raise Failed(f"the training ended with {run.fault.kind}: {run.fault.error} {run.fault.message}")
    return {name: -1.0 if score is None else score for name, score in run.scores.items()}


def _require_use(used_mb: int) -> None:
    """Raise Failed for a training that left a GPU's memory alone: a build without CUDA trains on the processor."""
    if used_mb < SMALL_MB:
        raise Failed(f"{used_mb} MB of GPU memory were used: the network was not trained there")


@contextmanager
def peak_memory(gpu: Gpu) -> Iterator[Callable[[], int]]:
    """Give what says how many MB of a GPU were taken since, at most, as far as nvidia-smi was asked in time."""
    seen = [_used_mb(gpu)]
    over = threading.Event()

    def watch() -> None:
        while not over.wait(0.2):
            seen.append(_used_mb(gpu))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield lambda: max(seen) - seen[0]
    finally:
        over.set()
        watcher.join()


def _used_mb(gpu: Gpu) -> int:
    command = ["nvidia-smi", f"--id={gpu.uuid}", "--query-gpu=memory.used", "--format=csv,noheader,nounits"]
    return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


# --- All of them ------------------------------------------------------------------------------------------------------


def run_checks(bench: Bench) -> bool:
    """Run every check, print a line each, and return whether all hold."""
    sound = True
    for check in CHECKS:
        name = check.__name__.replace("_", " ")
        try:
            print(f"ok      {name}: {check(bench)}", flush=True)
        except (Failed, AutograderError) as failed:
            sound = False
            print(f"FAILED  {name}: {failed}", flush=True)
    return sound


@contextmanager
def open_bench(gpus: Sequence[Gpu], backend: BackendName) -> Iterator[Bench]:
    """Give what checks work with: a warm zygote, the GPUs, a small data set. Raise IsolationError without a wall."""
    isolation = measure().require("standard")
    with (
        tempfile.TemporaryDirectory() as folder,
        Zygote(["numpy", backend, "keras"], Path(folder), variables={"KERAS_BACKEND": backend}) as zygote,
    ):
        data = Shelf(Path(folder) / "shelf").add(
            RECIPE.data, standin.mnist(), stand_in=True, origin="digits of scikit-learn"
        )
        yield Bench(zygote, gpus, GpuPool(gpus), data, isolation, backend)


def main() -> int:
    """Return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--backend", choices=FRAMEWORKS, default="tensorflow", help="what Keras runs on")
    backend = parser.parse_args().backend
    found = survey()
    if not found.gpus:
        print(f"no GPU to check: {'; '.join(found.problems)}")
        return 2
    for gpu in found.gpus:
        print(f"ok      found: GPU {gpu.index}, {gpu.name}, {gpu.memory_mb} MB, {' '.join(gpu.devices)}")
    for problem in found.problems:
        print(f"        left out: {problem}")
    try:
        with open_bench(found.gpus, backend) as bench:
            return 0 if run_checks(bench) else 1
    except AutograderError as error:
        print(f"FAILED  {error}")
        return 1


if __name__ == "__main__":
    sys.exit(main())
