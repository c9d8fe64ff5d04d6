"""The host and the zygote that forks its rooms: what a room may take, what it sees, how it ended."""

from __future__ import annotations

from typing import Literal

from autograder.wire.record import Record, Size


class Warm(Record, tag="warm", frozen=True):
    """Zygote to host, once: ready to fork rooms."""

    seconds: float
    versions: dict[str, str]
    """Of the libraries it holds, by distribution name."""
    problem: str = ""
    """Why it cannot fork rooms safely; it ends after saying so."""
    threaded: list[str] = []
    """Modules that leave threads running when they are imported: each room imports them itself."""
    note: str = ""
    """What is weaker than it could be, in a sentence."""
    contract: str = ""
    """Of the zygote's `autograder.wire`: the host's own, or this package was replaced meanwhile."""


class Mount(Record, frozen=True):
    """A folder of the host that a room sees, read-only."""

    source: str
    target: str
    """Absolute path in the room."""


class GivenFile(Record, frozen=True):
    """A file of the host that a room has a copy of, its own to write."""

    source: str
    path: str
    """Where it lies in the room, from its home."""


class Spawn(Record, tag="spawn", frozen=True):
    """Host to zygote, with two descriptors, the room's conversation and its supervision: fork a room."""

    kind: Literal["exam", "training"]
    memory_bytes: Size
    processes: Size
    disk_bytes: Size
    mapped_bytes: Size
    """Address space beyond its memory: data sets mapped copy-on-write, and what it reserves without filling it."""
    cgroups: list[str]
    """`cgroup.procs` files that the room's first process joins before anything else."""
    mounts: list[Mount] = []
    files: list[GivenFile] = []
    """What the course hands out beside the notebook."""
    gpu: str = ""
    """What CUDA calls the GPU leased to the room: its index or UUID; empty: it has none."""
    devices: list[str] = []
    """Device nodes of that GPU, shown in this room alone."""
    unsafe_without: list[str] = []
    """Layers of the wall left out, to see what the others stop."""


class Entered(Record, tag="entered", frozen=True):
    """Supervisor to host: the wall stands (`problem` empty), or why it does not.

    With it comes a descriptor, the kernel's handle of the room's first process.
    """

    problem: str = ""


class Ended(Record, tag="ended", frozen=True):
    """Supervisor to host: every process of the room is gone."""

    exit_code: int | None
    """None where a signal ended it."""
    signal: int | None
    cpu_seconds: float


FromSupervisor = Entered | Ended
