"""A judge's process, from its start to its end. One may be started before it is known what it is to judge.

Half of what a verdict takes is loading: the judge's own libraries, and the command's. A command that will judge starts
the one, `ahead`, and then loads the other.
"""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

from autograder.judge.channel import ChecksFile, Running
from autograder.wire import codec


@dataclass(frozen=True)
class Started:
    """A process that judges, and what is shared with it."""

    process: subprocess.Popen[bytes]
    channel: socket.socket
    running: Running
    stderr: IO[bytes]
    """What it writes for whoever starts it."""

    def tell(self, checks: ChecksFile) -> None:
        """Say which checks it is to collect: it does nothing before. One that is gone is found out when it is heard."""
        with contextlib.suppress(OSError):
            self.channel.sendall(codec.pack(checks))

    def end(self) -> None:
        self.process.kill()
        self.process.wait()
        self.channel.close()
        self.running.close()
        self.stderr.close()


def start() -> Started:
    """Start one."""
    channel, theirs = socket.socketpair()
    stderr = tempfile.TemporaryFile()  # noqa: SIM115 - a pipe that nobody reads would stop who writes
    environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    environment.pop("PYTEST_ADDOPTS", None)
    shared = Running.make()
    fds = theirs.fileno(), shared
    process = subprocess.Popen(
        [sys.executable, "-m", "autograder.judge", *map(str, fds)],
        pass_fds=fds,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=stderr,
        start_new_session=True,
    )
    theirs.close()
    running = Running(shared)
    os.close(shared)
    return Started(process, channel, running, stderr)


@contextlib.contextmanager
def ahead() -> Iterator[None]:
    """Have one started now for whoever takes the first. Where nobody does, it ends here."""
    _waiting.append(start())
    try:
        yield
    finally:
        while (left := _left()) is not None:
            left.end()


def take() -> Started:
    """Return the one that was started ahead, or another where there is none, or it is gone."""
    left = _left()
    if left is not None and left.process.poll() is None:
        return left
    if left is not None:
        left.end()
    return start()


def _left() -> Started | None:
    with _lock:
        return _waiting.pop() if _waiting else None


_lock = threading.Lock()
_waiting: list[Started] = []
