"""GPUs: which this machine has, and who may use which part of one.

A room sees a GPU only through a `Lease`: its device nodes are shown in that room alone, and CUDA is told its UUID.
NVIDIA's only, whole ones only: a GPU in MIG mode is left out, and said to be.
"""

from __future__ import annotations

import itertools
import math
import os
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Condition

QUERY = ("index", "uuid", "name", "memory.total", "pci.bus_id", "mig.mode.current")
COMMAND = ("nvidia-smi", f"--query-gpu={','.join(QUERY)}", "--format=csv,noheader,nounits")
QUERY_SECONDS = 120.0
"""A driver that nobody uses takes seconds a GPU to start."""
VISIBLE = "CUDA_VISIBLE_DEVICES"
DEV, PROC = Path("/dev"), Path("/proc/driver/nvidia/gpus")
SHARED_NODES = ("nvidiactl", "nvidia-uvm", "nvidia-uvm-tools", "nvidia-modeset")
SYSTEM_FOLDERS = ("/sys",)
"""Folders of the host that CUDA reads when it starts, shown read-only to a room with a lease: without them, cuInit is
reported to fail with error 304. Which part it reads changes from driver to driver."""
RESERVE_MB, RESERVE_SHARE = 2048, 0.03
"""Of a GPU's memory a room, the larger of the two: what CUDA's context, cuBLAS and cuDNN take outside the part that
TensorFlow is held to. On an H100 (driver 580, TensorFlow 2.21) cuBLAS found no place in 1024 MB, and did in 1536. What
it comes to on a machine, `tests/gpu_check.py` measures."""
LEAST_MB = 256
"""Below this a share trains nothing."""


# --- Found ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Gpu:
    """One GPU that rooms can be given."""

    index: int
    """As nvidia-smi counts."""
    uuid: str
    name: str
    memory_mb: int
    devices: tuple[str, ...] = ()
    """Paths of its device nodes and of those that all GPUs share."""


@dataclass(frozen=True)
class Survey:
    """What was found, and why more was not."""

    gpus: tuple[Gpu, ...] = ()
    problems: tuple[str, ...] = ()
    """Each a sentence. Never empty where there is no GPU."""


@dataclass(frozen=True)
class GpuRow:
    """What nvidia-smi says of one GPU."""

    index: int
    uuid: str
    name: str
    memory_mb: int | None
    """None where it does not say: memory that is the machine's own, a GPU that is lost."""
    bus: str
    """PCI address, `00000000:3B:00.0`."""
    mig: bool
    """Whether it is cut into instances."""


def survey() -> Survey:
    """Ask nvidia-smi which GPUs there are, and keep those that CUDA_VISIBLE_DEVICES, where it is set, leaves to us."""
    try:
        done = subprocess.run(COMMAND, capture_output=True, text=True, check=False, timeout=QUERY_SECONDS)
    except FileNotFoundError:
        return Survey(problems=("no NVIDIA driver: nvidia-smi is not installed",))
    except subprocess.TimeoutExpired:
        return Survey(problems=(f"nvidia-smi did not answer within {QUERY_SECONDS:.0f} s",))
    except OSError as error:
        return Survey(problems=(f"nvidia-smi could not be run: {error.strerror}",))
    rows, problems = parse_rows(done.stdout)
    if done.returncode and not problems:
        said = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
        problems = (f"nvidia-smi: {said[0]}",)
    chosen, unseen = visible_rows(rows, os.environ.get(VISIBLE))
    gpus, unfit = _fit_gpus(chosen)
    found = (*problems, *unseen, *unfit)
    return Survey(gpus, found if gpus or found else ("nvidia-smi lists no GPU",))


def parse_rows(text: str) -> tuple[tuple[GpuRow, ...], tuple[str, ...]]:
    """Return the GPUs in the output of COMMAND, and what nvidia-smi says instead of one, line by line."""
    rows: list[GpuRow] = []
    problems: list[str] = []
    for line in filter(None, map(str.strip, text.splitlines())):
        try:
            rows.append(_parse_row(line))
        except ValueError:
            problems.append(f"nvidia-smi: {line[:200]}")
    return tuple(rows), tuple(problems)


def _parse_row(line: str) -> GpuRow:
    index, uuid, *name, memory, bus, mig = (part.strip() for part in line.split(","))
    if not index.isdecimal() or not uuid.startswith("GPU-") or not name:
        raise ValueError(line)
    memory_mb = int(memory) if memory.isdecimal() else None
    return GpuRow(int(index), uuid, ", ".join(name), memory_mb, bus, mig == "Enabled")


def visible_rows(rows: Sequence[GpuRow], visible: str | None) -> tuple[tuple[GpuRow, ...], tuple[str, ...]]:
    """Return the GPUs that a value of CUDA_VISIBLE_DEVICES names, in its order, and why others are not among them.

    None: the variable is not set, and all are. As CUDA reads it (CUDA programming guide, « Environment variables »):
    indices or UUIDs, a UUID's start will do where it is one GPU's only, and the first that names none ends the list.
    """
    if visible is None or not rows:
        return tuple(rows), ()
    chosen: dict[str, GpuRow] = {}
    for word in map(str.strip, visible.split(",")):
        named = [row for row in rows if _names(word, row)]
        if len(named) != 1:
            return tuple(chosen.values()), (_unseen(word, visible),)
        chosen[named[0].uuid] = named[0]
    return tuple(chosen.values()), ()


def _names(word: str, row: GpuRow) -> bool:
    return row.index == int(word) if word.isdecimal() else word.startswith("GPU-") and row.uuid.startswith(word)


def _unseen(word: str, visible: str) -> str:
    given = f"{VISIBLE}={visible}"
    if word in ("", "-1"):
        return f"{given} hides the GPUs from here on"
    if word.startswith("MIG-"):
        return f"{given} names an instance of a GPU in MIG mode; rooms are given whole GPUs only"
    return f"{given}: « {word} » is not one GPU of this machine"


def _fit_gpus(rows: Iterable[GpuRow]) -> tuple[tuple[Gpu, ...], tuple[str, ...]]:
    gpus: list[Gpu] = []
    problems: list[str] = []
    for row in rows:
        devices = device_nodes(row)
        if problem := _unfit(row, devices):
            problems.append(f"GPU {row.index}, {row.name}: {problem}")
        else:
            gpus.append(Gpu(row.index, row.uuid, row.name, row.memory_mb or 0, devices))
    return tuple(gpus), tuple(problems)


def _unfit(row: GpuRow, devices: Sequence[str]) -> str:
    if row.mig:
        return "it is in MIG mode; rooms are given whole GPUs only (`nvidia-smi -mig 0` as root makes it whole)"
    if row.memory_mb is None:
        return "how much memory it has is not known, so that no room could be held to a part of it"
    if not devices:
        return "its device node is not in /dev; in a container, pass the GPU in"
    return ""


def device_nodes(row: GpuRow, dev: Path = DEV, proc: Path = PROC) -> tuple[str, ...]:
    """Return the paths of a GPU's device nodes, its own first; none where its own is not there."""
    own = dev / f"nvidia{_minor(row, proc)}"
    if not own.exists():
        return ()
    return tuple(str(path) for path in (own, *(dev / name for name in SHARED_NODES)) if path.exists())


def _minor(row: GpuRow, proc: Path) -> int:
    """Return the number of its node. In a container that is given the fourth GPU only: index 0, node nvidia3."""
    bus = row.bus.lower()[-len("0000:3b:00.0") :]  # nvidia-smi writes the domain with eight digits, the kernel four
    try:
        lines = (proc / bus / "information").read_text().splitlines()
    except OSError:
        return row.index
    minors = (line.partition(":")[2].strip() for line in lines if line.startswith("Device Minor:"))
    return next((int(minor) for minor in minors if minor.isdecimal()), row.index)


# --- Leased -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Lease:
    """The right of one room to use a GPU."""

    gpu: Gpu
    memory_mb: int
    """The most GPU memory that the room's TensorFlow may take."""
    alone: bool = False
    """Whether no other room is on this GPU."""

    @property
    def visible(self) -> str:
        """What CUDA_VISIBLE_DEVICES is set to in the room."""
        return self.gpu.uuid

    @property
    def devices(self) -> tuple[str, ...]:
        """Device nodes to show in the room."""
        return self.gpu.devices


def reserve(gpu: Gpu) -> int:
    """Return what a room leaves of a GPU to CUDA and its libraries, in MB."""
    return max(RESERVE_MB, math.ceil(RESERVE_SHARE * gpu.memory_mb))


def narrower(lease: Lease) -> Iterator[Lease]:
    """Yield a lease, then the same with more and more left to CUDA: twice and four times the reserve, while it serves.

    What CUDA's libraries take when they start differs from driver to driver, and only a start tells.
    """
    for kept in (0, 1, 3):
        memory_mb = lease.memory_mb - kept * reserve(lease.gpu)
        if memory_mb >= LEAST_MB:
            yield replace(lease, memory_mb=memory_mb)


class Ledger:
    """Who holds which shares. Nothing here waits, and one thread at a time may use it: `GpuPool` is for threads.

    Every GPU has `rooms` shares. A lease takes one, or, alone, all of them. Whoever wants a GPU alone first claims
    one: no new share of a claimed GPU is given, so that it empties.
    """

    def __init__(self, gpus: Iterable[Gpu], rooms: int, reserve_mb: int | None) -> None:
        """`reserve_mb` a room, None: as much as `reserve` says."""
        self.gpus = tuple(gpus)
        self.rooms = rooms
        self._reserve_mb = reserve_mb
        self._held = dict.fromkeys((gpu.uuid for gpu in self.gpus), 0)
        self._claims: dict[int, str] = {}
        """UUIDs by claim, the oldest first."""
        self._numbers = itertools.count()

    def reserve(self, gpu: Gpu) -> int:
        """Return what is left outside a room's part of a GPU, in MB."""
        return reserve(gpu) if self._reserve_mb is None else self._reserve_mb

    def try_lease(self) -> Lease | None:
        """Take a share of the GPU with the fewest rooms; None where no share can be given."""
        claimed = set(self._claims.values())
        free = [gpu for gpu in self.gpus if self._held[gpu.uuid] < self.rooms and gpu.uuid not in claimed]
        if not free:
            return None
        gpu = min(free, key=lambda one: self._held[one.uuid])
        self._held[gpu.uuid] += 1
        return Lease(gpu, gpu.memory_mb // self.rooms - self.reserve(gpu))

    def claim(self) -> int:
        """Claim the GPU that will be free soonest, as far as can be told, and return the claim's number."""
        claims = list(self._claims.values())
        gpu = min(self.gpus, key=lambda one: (claims.count(one.uuid), self._held[one.uuid]))
        number = next(self._numbers)
        self._claims[number] = gpu.uuid
        return number

    def try_lease_alone(self, claim: int) -> Lease | None:
        """Take a GPU that nobody uses and no earlier claim is on, and end the claim; None where there is none.

        The GPU need not be the claimed one: where another empties first, that one is as good.
        """
        for gpu in self.gpus:
            if self._held[gpu.uuid] == 0 and self._first_claim(gpu) in (claim, None):
                self.withdraw(claim)
                self._held[gpu.uuid] = self.rooms
                return Lease(gpu, gpu.memory_mb - self.reserve(gpu), alone=True)
        return None

    def _first_claim(self, gpu: Gpu) -> int | None:
        return next((number for number, uuid in self._claims.items() if uuid == gpu.uuid), None)

    def withdraw(self, claim: int) -> None:
        """End a claim; one that has ended is left alone."""
        self._claims.pop(claim, None)

    def release(self, lease: Lease) -> None:
        """Give back what a lease took."""
        self._held[lease.gpu.uuid] -= self.rooms if lease.alone else 1


class GpuPool:
    """Leases GPUs to rooms, from any thread.

    Several rooms share a GPU, each held to its part of the memory. A room that ran out of its part is tried again with
    `alone=True`: it waits for a whole GPU, and goes before those who wait for a share, so that it is not passed over
    for ever.
    """

    def __init__(self, gpus: Iterable[Gpu], rooms_per_gpu: int = 1, reserve_mb: int | None = None) -> None:
        """Share out `gpus`. `reserve_mb`, a room, is left outside the parts: CUDA itself needs it. None: see `reserve`.

        Raises ValueError where there is no GPU, or where one is too small for so many rooms.
        """
        self._ledger = Ledger(gpus, rooms_per_gpu, reserve_mb)
        if not self._ledger.gpus:
            raise ValueError("no GPU to lease")
        if rooms_per_gpu < 1:
            raise ValueError(f"{rooms_per_gpu} rooms a GPU: at least 1 is expected")
        for gpu in self._ledger.gpus:
            if gpu.memory_mb // rooms_per_gpu - self._ledger.reserve(gpu) < LEAST_MB:
                raise ValueError(_too_small(gpu, rooms_per_gpu, self._ledger.reserve(gpu)))
        self._changed = Condition()

    @property
    def count(self) -> int:
        """How many rooms have a lease at once, at most."""
        return len(self._ledger.gpus) * self._ledger.rooms

    @contextmanager
    def lease(self, *, alone: bool = False) -> Iterator[Lease]:
        """Wait until a share of a GPU is free, or with `alone` a whole one, and hold it until the block is left."""
        taken = self._take_alone() if alone else self._take()
        try:
            yield taken
        finally:
            with self._changed:
                self._ledger.release(taken)
                self._changed.notify_all()

    def _take(self) -> Lease:
        with self._changed:
            while (lease := self._ledger.try_lease()) is None:
                self._changed.wait()
            return lease

    def _take_alone(self) -> Lease:
        with self._changed:
            claim = self._ledger.claim()
            try:
                while (lease := self._ledger.try_lease_alone(claim)) is None:
                    self._changed.wait()
                return lease
            finally:  # a waiter that is interrupted no longer keeps others from the GPU it claimed
                self._ledger.withdraw(claim)
                self._changed.notify_all()


def _too_small(gpu: Gpu, rooms: int, reserve_mb: int) -> str:
    most = gpu.memory_mb // (reserve_mb + LEAST_MB)
    advice = f"at most {most} fit" if most else "it is too small to train on"
    return (
        f"GPU {gpu.index}, {gpu.name}: {rooms} rooms would share its {gpu.memory_mb} MB, of which each needs "
        f"{reserve_mb} MB for CUDA itself and {LEAST_MB} MB to train in: {advice}"
    )
