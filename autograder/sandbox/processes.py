"""What the processes of one room use, read from /proc: what control groups do not tell, or where there are none.

A process that ends while it is looked at counts as nothing.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

UTIME, STIME, CUTIME, CSTIME = (field - 3 for field in (14, 15, 16, 17))
"""Of /proc/PID/stat, counted from what follows the name."""
BLOCK_BYTES = 512
TICKS = os.sysconf("SC_CLK_TCK")
MEMORY_LINES = ("Pss_Anon:", "Pss_Shmem:")
"""Of /proc/PID/smaps_rollup: a page that several processes hold counts for each as its part."""


def pid_of(handle: int) -> int:
    """Return the process id of a pidfd; 0 where it is gone."""
    lines = Path(f"/proc/self/fdinfo/{handle}").read_text().splitlines()
    return max(next((int(line.split()[1]) for line in lines if line.startswith("Pid:")), 0), 0)


def family(pid: int) -> list[int]:
    """Return a process and all that descend from it. Of a room's first process, that is the whole room."""
    found, waiting = [], [pid]
    while waiting:
        found.append(waiting.pop())
        for task in _listed(f"/proc/{found[-1]}/task"):
            waiting += [int(child) for child in _read(f"/proc/{found[-1]}/task/{task}/children").split()]
    return found


def cpu_seconds(pids: list[int]) -> float:
    """Processor time of these processes, and of those they started and waited for."""
    ticks = 0
    for pid in pids:
        if fields := _read(f"/proc/{pid}/stat").rpartition(")")[2].split():
            ticks += sum(int(fields[field]) for field in (UTIME, STIME, CUTIME, CSTIME))
    return ticks / TICKS


def waited_seconds(pids: list[int]) -> float:
    """How long their threads were ready to run while something else ran, all of them together."""
    waited = 0
    for pid in pids:
        for task in _listed(f"/proc/{pid}/task"):
            if fields := _read(f"/proc/{pid}/task/{task}/schedstat").split():
                waited += int(fields[1])
    return waited / 1e9


def memory_bytes(pids: list[int]) -> int:
    """Memory of their own: what they wrote, shared memory, and files in memory that they hold open."""
    mapped = 0
    for pid in pids:
        for line in _read(f"/proc/{pid}/smaps_rollup").splitlines():
            if line.startswith(MEMORY_LINES):
                mapped += int(line.split()[1]) * 1024
    return max(mapped, sum(dict(_open_memory(pids)).values()))


def _open_memory(pids: list[int]) -> Iterator[tuple[int, int]]:
    """Yield number and bytes of each `memfd` that is held open, mapped or not."""
    for pid in pids:
        for descriptor in _listed(f"/proc/{pid}/fd"):
            with contextlib.suppress(OSError):
                path = Path(f"/proc/{pid}/fd/{descriptor}")
                if str(path.readlink()).startswith("/memfd:"):
                    file = path.stat()
                    yield file.st_ino, file.st_blocks * BLOCK_BYTES


def _read(path: str) -> str:
    with contextlib.suppress(OSError):
        return Path(path).read_text()
    return ""


def _listed(path: str) -> list[str]:
    with contextlib.suppress(OSError):
        return [entry.name for entry in Path(path).iterdir()]
    return []
