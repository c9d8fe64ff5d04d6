"""What a room holds, counted from /proc, however it holds it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from autograder.sandbox import processes

WRITES = "kept = bytearray(b'x') * (64 * 2**20)"
TABLES = """
import ctypes
libc = ctypes.CDLL(None)
libc.mmap.restype = ctypes.c_void_p
size = ctypes.c_size_t(2**35)
at = ctypes.c_void_p(libc.mmap(None, size, 1, 0x4022, -1, ctypes.c_long(0)))
libc.madvise(at, size, 15)
libc.madvise(at, size, 22)
"""
"""Pages that are only read are all the same one; what says so of each is memory."""
SOCKETS = """
import socket
kept = [socket.socketpair() for _ in range(200)]
"""


@contextmanager
def holding(source: str) -> Iterator[int]:
    """A process that has run `source`, alone in a network namespace, and waits."""
    command = ["unshare", "--user", "--map-root-user", "--net", sys.executable, "-S", "-c"]
    command.append(f"{source}\nimport sys\nprint(flush=True)\nsys.stdin.read()")
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"\n"
        yield process.pid
        process.kill()


@pytest.mark.parametrize(
    ("source", "megabytes"),
    [(WRITES, 64), (TABLES, 64), (SOCKETS, 400 * processes.SOCKET_BYTES / 2**20)],
    ids=["what it wrote", "tables of pages", "sockets"],
)
def test_whatever_it_holds_is_counted(source: str, megabytes: float) -> None:
    with holding("") as nothing, holding(source) as pid:
        assert processes.memory_bytes(processes.family(nothing)) < 32 * 2**20
        assert processes.memory_bytes(processes.family(pid)) >= megabytes * 2**20


def test_one_that_keeps_us_from_asking_has_all_that_it_holds_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a process that is another's, or says that it is, the kernel tells anybody but root less."""
    read = processes._read

    def refused(path: str, *, refusal: bool = False) -> str:
        if path.endswith("smaps_rollup"):
            assert refusal
            raise PermissionError(path)
        return read(path, refusal=refusal)

    monkeypatch.setattr(processes, "_read", refused)
    with holding(WRITES) as pid:
        assert processes.memory_bytes([pid]) >= 64 * 2**20


def test_what_is_gone_holds_nothing() -> None:
    with subprocess.Popen(["true"]) as process:
        process.wait()
    assert processes.memory_bytes([process.pid]) == 0
