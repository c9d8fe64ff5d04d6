"""What the processes of one room use, read from /proc: what control groups do not tell, or where there are none.

A process that ends while it is looked at counts as nothing.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

UTIME, STIME, CUTIME, CSTIME = (field - 3 for field in (14, 15, 16, 17))
"""Of /proc/PID/stat, counted from what follows the name."""
TICKS = os.sysconf("SC_CLK_TCK")
OWN_PARTS = ("Pss_Anon:", "Pss_Shmem:")
"""Of /proc/PID/smaps_rollup: a page that several processes hold counts for each as its part."""
WHOLE = ("RssAnon:", "RssShmem:")
"""Of /proc/PID/status, which nobody is refused."""
SOCKET_BYTES = 2 * int(Path("/proc/sys/net/core/wmem_default").read_text())
"""What one UNIX socket may hold of what was not read yet, and a message more than that. No room can ask for more."""


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
    """Memory of their own: what they wrote, shared memory, the tables of their pages, and what their sockets may hold.

    All of them are in one network namespace: a socket that is on its way through another, and in no process, is there.
    """
    held = 0
    for pid in pids:
        held += _mapped_bytes(pid) + _kilobytes(f"/proc/{pid}/status", ("VmPTE:",))
    sockets = max((len(_read(f"/proc/{pid}/net/unix").splitlines()) - 1 for pid in pids), default=0)
    return held + max(sockets, 0) * SOCKET_BYTES


def _mapped_bytes(pid: int) -> int:
    """What a process wrote and shares, less the part of those it shares it with.

    Code may keep others than root from asking so (PR_SET_DUMPABLE): then all that it has in memory is its own.
    """
    try:
        return _kilobytes(f"/proc/{pid}/smaps_rollup", OWN_PARTS, refusal=True)
    except PermissionError:
        return _kilobytes(f"/proc/{pid}/status", WHOLE)


def _kilobytes(path: str, names: tuple[str, ...], *, refusal: bool = False) -> int:
    """Return the sum of these lines, in bytes; 0 where the process is gone. `refusal`: raise PermissionError."""
    lines = (line.split() for line in _read(path, refusal=refusal).splitlines())
    return 1024 * sum(int(line[1]) for line in lines if line and line[0] in names)


def _read(path: str, *, refusal: bool = False) -> str:
    try:
        return Path(path).read_text()
    except OSError as error:
        if refusal and isinstance(error, PermissionError):
            raise
        return ""


def _listed(path: str) -> list[str]:
    with contextlib.suppress(OSError):
        return [entry.name for entry in Path(path).iterdir()]
    return []
