"""Memory and process limits that bind a whole room, through the kernel's control groups (version 1)."""

from __future__ import annotations

import itertools
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

MOUNT = Path("/sys/fs/cgroup")
CONTROLLERS = ("memory", "pids")
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Cgroup:
    """One room's groups, a folder a controller."""

    folders: tuple[Path, ...]

    @property
    def procs(self) -> list[str]:
        """Files a process writes 0 to in order to join."""
        return [str(folder / "cgroup.procs") for folder in self.folders]

    def peak_bytes(self) -> int:
        """The most memory the room held at once, in bytes: its own pages, not those it shares with the zygote."""
        return int((self.folders[0] / "memory.max_usage_in_bytes").read_text())

    def ran_out_of_memory(self) -> bool:
        """Whether the kernel killed a process of the room for want of memory."""
        state = (self.folders[0] / "memory.oom_control").read_text()
        return any(line.split() > ["oom_kill", "0"] for line in state.splitlines() if line.startswith("oom_kill "))

    def remove(self) -> None:
        """Remove the groups of a room that has ended."""
        for folder in self.folders:
            for _ in range(1000):  # the kernel empties a group a moment after its last process is reaped
                try:
                    folder.rmdir()
                    break
                except FileNotFoundError:
                    break
                except OSError:
                    time.sleep(0.001)


def available() -> str:
    """Return the empty string where groups can be made here, or why they cannot."""
    try:
        make(memory_bytes=2**20, processes=1).remove()
    except OSError as error:
        return f"{error.strerror or error}: {error.filename or MOUNT}"
    return ""


def make(memory_bytes: int, processes: int) -> Cgroup:
    """Make the groups of a new room. Raise OSError where this user may not, or the controllers are not there."""
    name = f"autograder-{os.getpid()}-{next(_numbers)}"
    memory, pids = (parent / name for parent in _parents())
    groups = Cgroup((memory, pids))
    try:
        memory.mkdir()
        (memory / "memory.limit_in_bytes").write_text(str(memory_bytes))
        pids.mkdir()
        (pids / "pids.max").write_text(str(processes))
    except OSError:
        groups.remove()
        raise
    return groups


def _parents() -> Iterator[Path]:
    paths = dict(_own_paths())
    for controller in CONTROLLERS:
        if controller not in paths:
            raise OSError(2, "no version 1 control group", str(MOUNT / controller))
        yield MOUNT / controller / paths[controller].lstrip("/")


def _own_paths() -> Iterator[tuple[str, str]]:
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        for controller in controllers.split(","):
            yield controller, path
