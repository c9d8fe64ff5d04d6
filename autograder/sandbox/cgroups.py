"""Memory, processes and processor of a whole room, bound through the kernel's control groups, of either version.

Version 1: root makes a room's groups beside its own, one in each controller's tree. Version 2: the zygote is started in
a scope of its own that systemd delegates, root's or the user's, and rooms' groups are made in there; where there is no
systemd, in the zygote's own group, if it may be had, or for root in the nearest above it that may.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Protocol

from autograder.sandbox import leftovers

MOUNT = Path("/sys/fs/cgroup")
VERSION_1 = ("memory", "pids", "cpu", "cpuacct")
VERSION_2 = ("memory", "pids", "cpu")
PERIOD_US = 100_000
"""Over which a room's part of the processors is counted."""
EMPTY_SECONDS = 10.0
"""What the kernel has to empty a group whose processes are all killed. It takes milliseconds."""
LEAF = "host"
"""Of version 2: the group that the zygote moves into, for a group that has groups within may hold no process."""
SYSTEMD = Path("/run/systemd/system")
RUNTIME = Path("/run/user")
"""Where a user's own systemd is found, in a folder of their number."""
SCOPE = ("--scope", "--quiet", "--collect", "--property=Delegate=cpu memory pids", "--")

COUNTED_AT_ONCE = 2 * 2**20
"""Bytes that the kernel may count ahead on each processor: so far below a limit, it was reached."""
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Share:
    """What one room may use of the machine, all its processes together."""

    memory_bytes: int
    processes: int
    cores: int
    """Processors; 0: all there are."""


class Cgroup(Protocol):
    """One room's groups."""

    @property
    def procs(self) -> list[str]:
        """Files a process writes 0 to in order to join."""
        ...

    def peak_bytes(self) -> int:
        """The most memory the room held at once: its own pages, not those it shares with the zygote; 0: not known."""
        ...

    def ran_out_of_memory(self) -> bool:
        """Whether the kernel killed a process of the room because the room had used up its own memory."""
        ...

    def fell_with_the_machine(self) -> bool:
        """Whether the kernel killed a process of the room for want of memory, and the room had not used up its own."""
        ...

    def cpu_seconds(self) -> float:
        """Processor time of all its processes, those that have ended too."""
        ...

    def remove(self) -> None:
        """Kill what is left in it, confirm that it is empty, and remove it. Raise OSError where it does not go."""
        ...


class Hierarchy(Protocol):
    """Where rooms' groups are made."""

    def make(self, share: Share) -> Cgroup:
        """Make the groups of a new room. Raise OSError where that may not be."""
        ...

    def sweep(self) -> None:
        """Remove groups whose makers were killed."""
        ...


def hierarchy(zygote: int) -> Hierarchy:
    """Return where the rooms that process `zygote` forks can have groups. Raise OSError, with the file, where none."""
    paths = dict(_paths_of(zygote))
    if "memory" in paths:
        return _One(tuple(_tree(controller, paths) for controller in VERSION_1))
    if not (MOUNT / "cgroup.controllers").exists():
        raise OSError(2, "control groups are not mounted", str(MOUNT))
    return _Two(_nearest_group(MOUNT / paths[""].lstrip("/"), zygote))


def _paths_of(pid: int) -> Iterator[tuple[str, str]]:
    for line in Path(f"/proc/{pid}/cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        for controller in controllers.split(","):
            yield controller, path


def launcher() -> list[str]:
    """Return what to put before a zygote's command, so that it starts where rooms may have groups."""
    if not (MOUNT / "cgroup.controllers").exists() or not SYSTEMD.exists() or not shutil.which("systemd-run"):
        return []
    if os.geteuid() == 0:
        return ["systemd-run", *SCOPE]
    if (manager := user_manager()) is None:
        return []
    # A session may name another bus, which no systemd is on; and rooms are shown neither variable.
    found = ("env", "-u", "DBUS_SESSION_BUS_ADDRESS", f"XDG_RUNTIME_DIR={manager}")
    return [*found, "systemd-run", "--user", *SCOPE, "env", "-u", "XDG_RUNTIME_DIR"]


def user_manager() -> Path | None:
    """Return the folder in which this user's own systemd is found; None where they have none.

    A login's variables name it. A job of cron, or of a shell that `su` opened, has none, or another user's.
    """
    folders = (os.environ.get("XDG_RUNTIME_DIR", ""), f"{RUNTIME}/{os.geteuid()}")
    return next((Path(one) for one in folders if os.access(f"{one}/systemd/private", os.W_OK)), None)


@cache
def available() -> str:
    """Return the empty string where a room can be given groups here, or why it cannot."""
    waits = [sys.executable, "-S", "-c", "import sys; print(flush=True); sys.stdin.read()"]
    command = [*launcher(), *waits]
    try:
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as stand_in:
            assert stand_in.stdout is not None
            assert stand_in.stderr is not None
            if not stand_in.stdout.readline():
                return stand_in.stderr.read().strip() or "systemd-run gave no scope"
            hierarchy(stand_in.pid).make(Share(2**20, 1, 1)).remove()
    except OSError as error:
        return f"{error.strerror or error}: {error.filename or MOUNT}"
    return ""


def _write(path: Path, text: str) -> None:
    """Write one of the kernel's files; say which where it refuses."""
    try:
        path.write_text(text)
    except OSError as error:
        raise OSError(error.errno, f"{error.strerror}, writing « {text} »", str(path)) from None


def _kill(procs: Path) -> bool:
    """Kill the processes of a group; whether there were any."""
    pids = procs.read_text().split()
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(int(pid), signal.SIGKILL)
    return bool(pids)


def _empty_and_remove(folder: Path) -> None:
    deadline = time.monotonic() + EMPTY_SECONDS
    while True:
        try:
            if not _kill(folder / "cgroup.procs"):
                folder.rmdir()  # refused while a process that is dying counts as one of its own
                return
        except FileNotFoundError:
            return
        except OSError:
            if time.monotonic() > deadline:
                raise
        if time.monotonic() > deadline:
            raise OSError(16, "its processes do not end", str(folder))
        time.sleep(0.001)


def _name() -> str:
    return f"{leftovers.PREFIX}{leftovers.owner()}-{next(_numbers)}"


def _sweep(parent: Path) -> None:
    for folder in parent.glob(f"{leftovers.PREFIX}*-*"):
        if not leftovers.alive(folder.name.removeprefix(leftovers.PREFIX).rpartition("-")[0]):
            with contextlib.suppress(OSError):  # another user's
                _empty_and_remove(folder)


# --- Version 1 --------------------------------------------------------------------------------------------------------


def _tree(controller: str, paths: dict[str, str]) -> Path:
    if controller not in paths:
        raise OSError(2, "no such control group of version 1", str(MOUNT / controller))
    return MOUNT / controller / paths[controller].lstrip("/")


@dataclass(frozen=True)
class _One:
    """The groups of the process that asks, one a controller, in the order of VERSION_1."""

    parents: tuple[Path, ...]

    def make(self, share: Share) -> Cgroup:
        name = _name()
        groups = _GroupsOne(tuple(parent / name for parent in self.parents))
        memory, pids, cpu, _ = groups.folders
        try:
            for folder in groups.folders:
                folder.mkdir(exist_ok=True)  # two controllers may be mounted as one
            _write(memory / "memory.limit_in_bytes", str(share.memory_bytes))
            if (memory / "memory.memsw.limit_in_bytes").exists():
                _write(memory / "memory.memsw.limit_in_bytes", str(share.memory_bytes))
            _write(pids / "pids.max", str(share.processes))
            if share.cores:
                _write(cpu / "cpu.cfs_period_us", str(PERIOD_US))
                _write(cpu / "cpu.cfs_quota_us", str(share.cores * PERIOD_US))
        except OSError:
            with contextlib.suppress(OSError):
                groups.remove()
            raise
        return groups

    def sweep(self) -> None:
        for parent in self.parents:
            _sweep(parent)


@dataclass(frozen=True)
class _GroupsOne:
    folders: tuple[Path, ...]

    @property
    def procs(self) -> list[str]:
        return [str(folder / "cgroup.procs") for folder in dict.fromkeys(self.folders)]

    def peak_bytes(self) -> int:
        return int((self.folders[0] / "memory.max_usage_in_bytes").read_text())

    def ran_out_of_memory(self) -> bool:
        return self._killed and self._full

    def fell_with_the_machine(self) -> bool:
        return self._killed and not self._full

    @property
    def _killed(self) -> bool:
        return _field(self.folders[0] / "memory.oom_control", "oom_kill") > 0

    @property
    def _full(self) -> bool:
        """Whether it ever came to its limit: the kernel counts kills whoever's memory was short."""
        limit = int((self.folders[0] / "memory.limit_in_bytes").read_text())
        return self.peak_bytes() >= limit - COUNTED_AT_ONCE

    def cpu_seconds(self) -> float:
        return int((self.folders[3] / "cpuacct.usage").read_text()) / 1e9

    def remove(self) -> None:
        for folder in self.folders:
            _empty_and_remove(folder)


# --- Version 2 --------------------------------------------------------------------------------------------------------


def _nearest_group(group: Path, zygote: int) -> Path:
    """Return the zygote's group made one that holds groups; for root, the nearest above where it cannot be.

    Whatever started the zygote may have made it a group without controllers: nobody but root may look further up.
    Raises OSError for the zygote's own group where none can be had.
    """
    above = [one for one in group.parents if one.is_relative_to(MOUNT)] if os.geteuid() == 0 else []
    refused = []
    for one in (group, *above):
        try:
            return _own_group(one, zygote)
        except OSError as error:
            refused.append(error)
    raise refused[0]


def _own_group(group: Path, zygote: int) -> Path:
    """Make `group`, the zygote's, one that holds groups with every controller, and return it.

    Whatever processes of ours it holds move into a group within, but at the root of all, which may hold both.
    """
    if group.name == LEAF:  # it has moved already
        group = group.parent
    has = (group / "cgroup.controllers").read_text().split()
    if missing := [name for name in VERSION_2 if name not in has]:
        raise OSError(95, f"not delegated to this user: {', '.join(missing)}", str(group / "cgroup.controllers"))
    enabled = (group / "cgroup.subtree_control").read_text().split()
    if set(VERSION_2) <= set(enabled):
        return group
    if (group / "cgroup.type").exists():  # every group but the root of all has one
        ours = {str(zygote), str(os.getpid())} & set((group / "cgroup.procs").read_text().split())
        for pid in ours:
            (group / LEAF).mkdir(exist_ok=True)
            _write(group / LEAF / "cgroup.procs", pid)
    _write(group / "cgroup.subtree_control", " ".join(f"+{name}" for name in VERSION_2))
    return group


@dataclass(frozen=True)
class _Two:
    parent: Path

    def make(self, share: Share) -> Cgroup:
        group = _GroupTwo(self.parent / _name())
        quota = str(share.cores * PERIOD_US) if share.cores else "max"
        try:
            group.folder.mkdir()
            _write(group.folder / "memory.max", str(share.memory_bytes))
            if (group.folder / "memory.swap.max").exists():
                _write(group.folder / "memory.swap.max", "0")
            _write(group.folder / "pids.max", str(share.processes))
            _write(group.folder / "cpu.max", f"{quota} {PERIOD_US}")
        except OSError:
            with contextlib.suppress(OSError):
                group.remove()
            raise
        return group

    def sweep(self) -> None:
        _sweep(self.parent)


@dataclass(frozen=True)
class _GroupTwo:
    folder: Path

    @property
    def procs(self) -> list[str]:
        return [str(self.folder / "cgroup.procs")]

    def peak_bytes(self) -> int:
        peak = self.folder / "memory.peak"  # Linux 5.19
        return int(peak.read_text()) if peak.exists() else 0

    def ran_out_of_memory(self) -> bool:
        return self._killed and self._full

    def fell_with_the_machine(self) -> bool:
        return self._killed and not self._full

    @property
    def _killed(self) -> bool:
        return _field(self.folder / "memory.events", "oom_kill") > 0

    @property
    def _full(self) -> bool:
        return _field(self.folder / "memory.events", "oom") > 0  # its own limit, not the machine's end

    def cpu_seconds(self) -> float:
        return _field(self.folder / "cpu.stat", "usage_usec") / 1e6

    def remove(self) -> None:
        _empty_and_remove(self.folder)


def _field(path: Path, name: str) -> int:
    lines = (line.split() for line in path.read_text().splitlines())
    return next((int(value) for key, value in lines if key == name), 0)
