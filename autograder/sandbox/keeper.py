"""The process that keeps a zygote warm between commands. `kept` starts it, with a socket and a first client."""

from __future__ import annotations

import contextlib
import os
import select
import socket
import sys
import time
from pathlib import Path
from typing import Any

import msgspec

from autograder.errors import GraderError
from autograder.sandbox.kept import ANSWER_SECONDS, Kept, Lent, Wanted, answer, is_ours
from autograder.sandbox.rooms import Zygote
from autograder.wire.messages import Warm
from autograder.wire.ready import ready


def main(listening: int, first: int, path: str) -> None:
    """Warm up, lend, and end once nobody needs it."""
    wanted = msgspec.json.decode(sys.stdin.buffer.read(), type=ready(Wanted))
    listener, client = (socket.socket(fileno=descriptor) for descriptor in (listening, first))
    os.environ.update(wanted.passed_on)
    try:
        with Zygote(wanted.preload, Path(wanted.cache), wanted.environment, variables=wanted.variables) as zygote:
            try:
                warm = zygote.warm()
            except GraderError as error:
                answer(client, Lent(0, Warm(0.0, {}, str(error))))
                return
            _Keeper(wanted, zygote, warm, listener).serve(client)
    finally:
        Path(path).unlink(missing_ok=True)


class _Keeper:
    def __init__(self, wanted: Wanted, zygote: Zygote, warm: Warm, listener: socket.socket) -> None:
        self._wanted, self._zygote, self._warm, self._listener = wanted, zygote, warm, listener
        self._ended = os.pidfd_open(zygote.pid)
        self._borrower: socket.socket | None = None
        self._since = time.monotonic()
        """When it was last given back."""
        self._ending = False

    def serve(self, first: socket.socket) -> None:
        """Lend to the first client, then to whoever asks, until idle, told to stop, or without a zygote."""
        self._lend(first)
        while not (self._ending and self._borrower is None):
            waits = None if self._borrower else max(self._since + self._wanted.idle_seconds - time.monotonic(), 0)
            watched: list[Any] = [self._listener, self._ended, *([self._borrower] if self._borrower else [])]
            ready, _, _ = select.select(watched, [], [], waits)
            if not ready or self._ended in ready:
                return
            if self._borrower in ready:
                self._take_back()
            if self._listener in ready:
                self._hear()

    def _take_back(self) -> None:
        """The borrower hung up, or says what it has no reason to say. Its rooms end by themselves with it."""
        assert self._borrower is not None
        self._borrower.close()
        self._borrower, self._since = None, time.monotonic()

    def _hear(self) -> None:
        client, _ = self._listener.accept()
        client.settimeout(ANSWER_SECONDS)
        with contextlib.suppress(OSError):
            if is_ours(client):
                match client.recv(16):
                    case b"lend" if self._borrower is None and not self._ending:
                        self._lend(client)
                        return
                    case b"tell":
                        answer(client, self._told())
                    case b"stop":
                        self._ending = True
                        answer(client, self._told())
        client.close()

    def _lend(self, client: socket.socket) -> None:
        try:
            answer(client, Lent(self._zygote.pid, self._warm), [self._zygote.control, self._ended])
        except OSError:  # it went while we warmed up
            client.close()
        else:
            self._borrower = client

    def _told(self) -> Kept:
        idle = 0.0 if self._borrower else time.monotonic() - self._since
        pages = int(Path(f"/proc/{self._zygote.pid}/statm").read_text().split()[1])
        resident = pages * os.sysconf("SC_PAGE_SIZE")
        return Kept(
            pid=os.getpid(),
            course=str(Path(self._wanted.cache).parents[1]),
            preload=self._wanted.preload,
            lent=self._borrower is not None,
            idle_seconds=idle,
            ends_after=self._wanted.idle_seconds,
            resident_bytes=resident,
        )


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
