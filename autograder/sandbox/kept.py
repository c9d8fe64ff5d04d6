"""Warm rooms that outlive a command: a keeper holds a zygote, and lends it to one command after the other.

A keeper is one process of this user's, for one environment and one list of preloaded modules. It answers on a socket in
a folder that this user alone can enter, ends itself once nobody has asked for `IDLE_SECONDS`, and never runs code of
students: that is done in rooms, which end with the command that opened them. Whatever its zygote would hold otherwise
(another library, another version of this package, another disk mounted) has another name, and so another keeper.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import select
import socket
import stat
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal

import msgspec

import autograder
from autograder.errors import GraderError
from autograder.records import digest
from autograder.sandbox.environment import OF_OURS, PASSED_ON, Environment, own_environment
from autograder.sandbox.rooms import WARM_SECONDS, WarmRooms
from autograder.wire import CONTRACT
from autograder.wire.messages import Warm
from autograder.wire.ready import ready

IDLE_SECONDS = 600.0
"""How long rooms are kept warm for nobody."""
MOST_KEPT = 2
"""Keepers of one user's: each holds some 500 MB, most of it TensorFlow's."""
ANSWER_SECONDS = 1.0
"""A keeper that does not answer by then is busy, and a zygote of one's own is there in seconds."""
LOCK_SECONDS = 5.0
"""How long a command waits for another one that is starting a keeper."""
LARGEST = 2**20
"""Bytes of one answer."""
NAME_CHARS = 24
CREDENTIALS = struct.Struct("3i")
"""Of a peer, as the kernel tells them: process, user, group."""


class Wanted(msgspec.Struct, frozen=True):
    """What a keeper's zygote holds."""

    preload: tuple[str, ...]
    cache: str
    environment: Environment
    variables: dict[str, str]
    """What the notebook sets for the modules."""
    passed_on: dict[str, str]
    """Of the host's variables, those that rooms keep."""
    idle_seconds: float = IDLE_SECONDS


class Kept(msgspec.Struct, frozen=True):
    """A keeper, as it tells of itself."""

    pid: int
    course: str
    """The folder that its cache lies below."""
    preload: tuple[str, ...]
    lent: bool
    idle_seconds: float
    ends_after: float
    """Idle seconds."""
    resident_bytes: int
    """Of its zygote."""


class Lent(msgspec.Struct, frozen=True):
    """What a keeper says when it lends its zygote; its control and a handle of its process come along."""

    pid: int
    warm: Warm


Request = Literal["lend", "tell", "stop"]


def kept_zygote(
    preload: Iterable[str],
    cache: Path,
    environment: Environment | None,
    variables: Mapping[str, str],
    idle_seconds: float = IDLE_SECONDS,
) -> LentZygote | None:
    """Return a zygote that is kept for these, warm or warming up, and is kept on when this command is done with it.

    None where it is lent to another command, or this user has no folder that nobody else can enter.
    """
    passed_on = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    environment = environment or own_environment()
    wanted = Wanted(tuple(preload), str(cache), environment, dict(variables), passed_on, idle_seconds)
    try:
        path = _folder() / _name(wanted)
        with _alone(path.parent):
            lease = _connect(path)
            if lease is None:  # nobody listens there, or no more
                return LentZygote(_start(path, wanted))
        return _borrow(lease)
    except OSError:
        return None


def _name(wanted: Wanted) -> str:
    """Name the keeper of what is wanted, here and now."""
    # Danger: what is left out lets a command run in rooms that were warmed for something else.
    written = msgspec.json.encode(wanted, order="deterministic")  # sets have another order in each process
    return digest(written, *_surroundings(wanted.environment)).removeprefix("sha256:")[:NAME_CHARS]


def keepers() -> list[Kept]:
    """Return this user's keepers, those that have been idle longest first."""
    found = [kept for path in _sockets() if (kept := _tell(path))]
    return sorted(found, key=lambda one: (one.lent, -one.idle_seconds))


def stop_keepers() -> int:
    """End this user's keepers, those that are lent once they are given back; return how many."""
    return sum(_ask(path, "stop") is not None for path in _sockets())


class LentZygote(WarmRooms):
    """A keeper's zygote. Leaving it ends the rooms that were opened through it, and gives it back."""

    def __init__(self, lease: socket.socket) -> None:
        """`lease` is the conversation with the keeper: the zygote is lent for as long as it is open."""
        super().__init__()
        self._lease = lease
        self._pid = 0
        self._ended = -1

    def _read_warm(self) -> Warm:
        self._lease.settimeout(WARM_SECONDS)
        try:
            said, descriptors, _, _ = socket.recv_fds(self._lease, LARGEST, 2)
            lent = msgspec.json.decode(said, type=ready(Lent))
        except (OSError, msgspec.MsgspecError) as error:
            raise GraderError(f"the keeper of warm rooms ended before they were ready: {error}") from error
        if descriptors:
            self._control, self._ended = socket.socket(fileno=descriptors[0]), descriptors[1]
            self._pid = lent.pid
        return lent.warm

    @property
    def pid(self) -> int:
        return self._pid

    @property
    def lost(self) -> bool:
        return self._hung_up or (self._ended >= 0 and bool(select.select([self._ended], [], [], 0)[0]))

    def _let_go(self) -> None:
        self._lease.close()
        if self._ended >= 0:
            self._control.close()
            os.close(self._ended)
            self._ended = -1


def answer(client: socket.socket, message: msgspec.Struct, descriptors: Sequence[int] = ()) -> None:
    """Say one thing on a keeper's conversation. Raise OSError where nobody listens any more."""
    socket.send_fds(client, [msgspec.json.encode(message)], list(descriptors))


def _start(path: Path, wanted: Wanted) -> socket.socket:
    """Start a keeper, and return the first conversation with it. It outlives us: nothing of ours stays open in it."""
    _make_room()
    path.unlink(missing_ok=True)
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs, socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
        listener.bind(str(path))
        listener.listen()
        process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "autograder.sandbox.keeper",
                str(listener.fileno()),
                str(theirs.fileno()),
                str(path),
            ],
            pass_fds=[listener.fileno(), theirs.fileno()],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            start_new_session=True,
        )
    assert process.stdin is not None
    with contextlib.suppress(BrokenPipeError), process.stdin as stream:
        stream.write(msgspec.json.encode(wanted))
    process.returncode = 0  # it is not ours to wait for
    return ours


def _borrow(lease: socket.socket) -> LentZygote | None:
    zygote = LentZygote(lease)
    try:
        lease.settimeout(ANSWER_SECONDS)
        lease.sendall(b"lend")
        if not select.select([lease], [], [], ANSWER_SECONDS)[0]:
            raise GraderError("it is warming up for another command")
        zygote.warm()
    except (OSError, GraderError):  # lent to another, or just ending
        zygote.close()
        return None
    return zygote


def _connect(path: Path) -> socket.socket | None:
    client = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    try:
        client.settimeout(ANSWER_SECONDS)
        client.connect(str(path))
        if is_ours(client):
            return client
    except OSError:
        pass
    client.close()
    return None


def is_ours(peer: socket.socket) -> bool:
    """Whether the other end is a process of this user's: notebooks, and what is found of them, go to nobody else."""
    told = peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, CREDENTIALS.size)
    return int(CREDENTIALS.unpack(told)[1]) == os.geteuid()


def _ask(path: Path, request: Request) -> bytes | None:
    client = _connect(path)
    if client is None:
        return None
    with client, contextlib.suppress(OSError):
        client.sendall(request.encode())
        return client.recv(LARGEST)
    return None


def _tell(path: Path) -> Kept | None:
    with contextlib.suppress(msgspec.MsgspecError):
        return msgspec.json.decode(_ask(path, "tell") or b"", type=ready(Kept))
    return None


def _make_room() -> None:
    """End the keepers that have been idle longest, so that with one more there are not too many."""
    told = [(kept, path) for path in _sockets() if (kept := _tell(path)) and not kept.lent]
    told.sort(key=lambda one: one[0].idle_seconds)
    for _, path in told[MOST_KEPT - 1 :]:
        _ask(path, "stop")


def _sockets() -> list[Path]:
    try:
        return [path for path in _folder().iterdir() if path.is_socket()]
    except OSError:
        return []


def _folder() -> Path:
    """Return the folder of this user's keepers. Raise OSError where there is none that nobody else can enter."""
    parent = Path(os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir())
    around = parent.stat()
    # Whoever may rename a folder may put another in its place, once it was looked at: `su` leaves one's variables.
    if around.st_uid not in (0, os.geteuid()) or (around.st_mode & 0o022 and not around.st_mode & stat.S_ISVTX):
        raise PermissionError(f"{parent} is others' to change")
    folder = parent / f"keras-autograder-{os.geteuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    # Whoever can reach the sockets can have any file of ours mounted in a room: another's folder is never used.
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o077:
        raise PermissionError(f"{folder} is not this user's alone")
    return folder


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Let one command at a time look whether there is a keeper, and start one.

    Raises OSError where another one is at it for longer than a keeper takes to start: it may have been stopped.
    """
    # Neither through a link nor waiting for whoever reads a pipe, and nothing that is there is emptied.
    lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, 0o600)
    try:
        _lock(lock, time.monotonic() + LOCK_SECONDS)
        yield
    finally:
        os.close(lock)


def _lock(lock: int, until: float) -> None:
    while True:
        try:
            return fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > until:
                raise
            time.sleep(LOCK_SECONDS / 100)


def _surroundings(environment: Environment) -> Iterator[str]:
    """Yield what a warm zygote depends on beside its setup: the libraries' folders, this package, what is mounted."""
    yield CONTRACT
    for folder in environment.path:
        with contextlib.suppress(OSError):
            yield f"{folder} {Path(folder).stat().st_mtime_ns}"
    package = Path(autograder.__file__).parent
    for name in (*OF_OURS, "sandbox"):
        for path in sorted((package / name).rglob("*.py")) or [package / name]:
            yield f"{path} {path.stat().st_mtime_ns}"
    yield Path("/proc/self/mountinfo").read_text()  # a room shows what its zygote's mounts hold
