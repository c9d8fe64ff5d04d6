"""Whoever speaks to a keeper, or in its place, stops no command: the next one has rooms, warm or of its own."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from autograder.sandbox import kept
from autograder.sandbox.kept import keepers, kept_zygote, stop_keepers
from autograder.sandbox.rooms import RoomLimits

SIZES = RoomLimits(memory_bytes=2**29, processes=64, disk_bytes=2**24)
LENT = b'{"pid":1,"warm":{"seconds":0,"versions":{}}}'
Talk = Callable[[socket.socket], object]


def _nothing(count: int) -> list[int]:
    return [os.open(os.devnull, os.O_RDONLY) for _ in range(count)]


def _said(talk: socket.socket, *said: bytes | int) -> None:
    for one in said:
        if isinstance(one, int):
            talk.shutdown(one)
        else:
            talk.sendall(one)


def _given(talk: socket.socket, said: bytes, count: int, *, heard: bool = True) -> None:
    if heard:
        talk.recv(16)
    opened = _nothing(count)
    socket.send_fds(talk, [said], opened)
    for one in opened:
        os.close(one)


CLIENTS: dict[str, Talk] = {
    "say-nothing": lambda talk: None,
    "hang-up-before-asking": lambda talk: talk.shutdown(socket.SHUT_WR),
    "borrow-and-never-hear": lambda talk: _said(talk, b"lend", socket.SHUT_RD),
    "ask-without-end-and-never-hear": lambda talk: _said(talk, *[b"tell"] * 20),
    "ask-at-great-length": lambda talk: talk.sendall(b"lend" + b"x" * 100_000),
    "hand-over-descriptors": lambda talk: _given(talk, b"tell", 100, heard=False),
    "nonsense": lambda talk: talk.sendall(os.urandom(16)),
    "an-empty-message": lambda talk: talk.send(b""),
}
"""By name: what is said to a keeper."""
IN_ITS_PLACE: dict[str, Talk] = {
    "lend-without-descriptors": lambda talk: _given(talk, LENT, 0),
    "lend-one-descriptor": lambda talk: _given(talk, LENT, 1),
    "lend-files-for-sockets": lambda talk: _given(talk, LENT, 2),
    "lend-ten-descriptors": lambda talk: _given(talk, LENT, 10),
    "say-no-json": lambda talk: _given(talk, b"\xff\xfe", 0),
    "say-another-record": lambda talk: _given(talk, b'{"pid":"x"}', 0),
    "hang-up": lambda talk: talk.close(),
    "never-answer": lambda talk: None,
}
"""By name: what another program of this user's, or of another version, says in a keeper's place."""


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.setattr(kept, "ANSWER_SECONDS", 0.3)
    yield tmp_path
    stop_keepers()


def works(cache: Path) -> int:
    """Open a room, warm ones before others; return the process it is forked from, 0 where none is lent."""
    zygote = kept_zygote(("numpy",), cache, None, {})
    if zygote is None:
        return 0
    with zygote:
        zygote.warm()
        with zygote.open_room(SIZES, grouped=False):
            return zygote.pid


def place(cache: Path) -> Path:
    return next(path for path in cache.glob("keras-autograder-*/*") if path.is_socket())


def test_clients(cache: Path) -> None:
    process = works(cache)
    assert process
    for name, talk in CLIENTS.items():
        with contextlib.closing(kept._connect(place(cache))) as client:  # type: ignore[type-var]
            assert client is not None, name
            with contextlib.suppress(OSError):
                talk(client)
            assert works(cache) in (process, 0), name
        assert works(cache) or works(cache), name  # it waits a moment for whoever says nothing
    assert len(keepers()) == 1


@pytest.mark.parametrize("name", IN_ITS_PLACE)
def test_what_answers_in_its_place_lends_nothing(cache: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    wanted: list[Path] = []

    def start(path: Path, _: kept.Wanted) -> socket.socket:
        wanted.append(path)
        raise OSError("not here")

    monkeypatch.setattr(kept, "_start", start)
    assert kept_zygote(("numpy",), cache, None, {}) is None
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
        listener.bind(str(wanted[0]))
        listener.listen()
        talks: list[socket.socket] = []

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    talks.append(listener.accept()[0])
                    IN_ITS_PLACE[name](talks[-1])

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        assert kept_zygote(("numpy",), cache, None, {}) is None
        assert keepers() == []
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()
    for talk in talks:
        talk.close()
