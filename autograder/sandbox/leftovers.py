"""What a run that was killed leaves behind, and who may remove it: whoever runs next, once its owner is gone."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from functools import cache
from pathlib import Path

PREFIX = "autograder-"
START_TIME = 22 - 3
"""Of /proc/PID/stat, counted from what follows the name."""


def owner() -> str:
    """Name this process, as no other of this machine's was or will be named since it was started."""
    return f"{os.getpid()}.{_started(os.getpid())}.{_pid_namespace()}"


def alive(name: str) -> bool:
    """Whether the process of this name may still run. What is no name of ours, or of another container's, may.

    So may one that cannot be looked at (no descriptor left, no memory): what it owns is in use until proved otherwise.
    """
    match name.split("."):
        case [pid, started, namespace] if pid.isdigit() and namespace == _pid_namespace():
            with contextlib.suppress(OSError):
                return _started(int(pid)) == started
    return True


def _pid_namespace() -> str:
    return str(Path("/proc/self/ns/pid").stat().st_ino)


def _started(pid: int) -> str:
    """When a process was started, in ticks since the machine was; empty where there is none.

    Raises OSError where that cannot be found out.
    """
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[START_TIME]
    except (FileNotFoundError, ProcessLookupError):
        return ""


def folder() -> tempfile.TemporaryDirectory[str]:
    """Make a folder for as long as this process needs it."""
    sweep(Path(tempfile.gettempdir()))
    return tempfile.TemporaryDirectory(prefix=f"{PREFIX}{owner()}-")


@cache
def sweep(parent: Path) -> None:
    """Remove, once, the folders of this user whose owners were killed."""
    for path in parent.glob(f"{PREFIX}*-*"):
        with contextlib.suppress(OSError):  # another run has removed it meanwhile
            if not alive(path.name.removeprefix(PREFIX).rpartition("-")[0]) and path.lstat().st_uid == os.geteuid():
                shutil.rmtree(path, ignore_errors=True)
