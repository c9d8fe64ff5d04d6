"""One room, seen from the host: a conversation with student code, and the supervisor who can end it."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from autograder.errors import GraderError
from autograder.sandbox import cgroups, processes
from autograder.wire import codec, limits
from autograder.wire.messages import Ended, Entered, FromRoom, FromSupervisor, Record

ENTER_SECONDS = 30.0
"""The wall stands within milliseconds; this long means the machine is not working."""
LEAVE_SECONDS = 30.0
GONE_SECONDS = 0.5


@dataclass(frozen=True)
class RoomEnd:
    """How a room ended."""

    exit_code: int | None
    """None where a signal ended it."""
    signal: int | None
    cpu_seconds: float
    out_of_memory: bool
    peak_bytes: int
    """The most memory of its own it held at once; 0 where it was not measured."""
    lost: bool = False
    """Whether its supervisor went before it could say: nobody knows how the room ended, only that it did."""


class RoomEnded(Exception):
    """The room's process is gone; ask `Room.close` how."""


class RoomSilent(Exception):
    """Nothing came by the deadline."""


class Room:
    """A room that was asked for. Use as a context manager: whatever happens on this side, nothing of it stays."""

    def __init__(
        self, talk: socket.socket, status: socket.socket, cgroup: cgroups.Cgroup | None, memory_bytes: int
    ) -> None:
        self._talk = talk
        self._status = status
        self._cgroup = cgroup
        self._memory_bytes = memory_bytes
        self._inmate: int | None = None
        self._unread = bytearray()
        self._lock = threading.Lock()
        self.received_bytes = 0
        self.received_text = 0

    def __enter__(self) -> Room:
        return self

    def __exit__(self, *_: object) -> None:
        self.discard()

    def wait_entered(self) -> None:
        """Wait until the wall stands. Raise GraderError where it does not."""
        try:
            entered = self._hear_entered(time.monotonic() + ENTER_SECONDS)
        except (EOFError, OSError, RoomSilent, codec.WireError) as error:
            self.discard()
            raise GraderError(f"a room did not open: {error}") from error
        if not isinstance(entered, Entered) or entered.problem or self._inmate is None:
            self.discard()
            raise GraderError(f"the wall of a room did not stand: {getattr(entered, 'problem', entered)}")

    def _hear_entered(self, deadline: float) -> Any:
        """Hear the supervisor's first words, and take the handle that comes with them."""
        self._status.settimeout(_left(deadline))
        try:
            first, descriptors, _, _ = socket.recv_fds(self._status, codec.HEAD_BYTES, 1)
        except TimeoutError as error:
            raise RoomSilent from error
        self._inmate = descriptors[0] if descriptors else None
        return self._from_supervisor(deadline, first)

    def send(self, message: Record, blobs: list[bytes] | None = None, *, deadline: float) -> None:
        """Send a message to the room. Raise RoomEnded, or RoomSilent where it does not read by `deadline`."""
        try:
            self._talk.settimeout(_left(deadline))
            self._talk.sendall(codec.pack(message, blobs))
        except TimeoutError as error:
            raise RoomSilent from error
        except OSError as error:
            raise RoomEnded from error

    def receive(
        self, deadline: float, kind: Any = FromRoom, *, most_chars: int = limits.STRING_CHARS, most_blobs: int = 0
    ) -> tuple[Any, bytes]:
        """Return the room's next message, one of `kind`, and its frame.

        `deadline` is a time of `time.monotonic`, `most_chars` the most characters of one text, `most_blobs` the most
        bytes that come with it. Raises RoomSilent past the deadline, RoomEnded at the end of the conversation,
        WireError for anything that is not a message, or is larger than one may be.
        """
        most_text = limits.TEXT_BYTES + limits.BYTES_A_CHAR * most_chars
        try:
            frame = codec.read_frame(self._reader(deadline), most_text=most_text, most_blobs=most_blobs)
        except (EOFError, OSError) as error:  # it ended, or another thread has let go of it
            raise RoomEnded from error
        self._unread.clear()
        self.received_bytes += len(frame)
        self.received_text += codec.text_bytes(frame)
        message, _ = codec.unpack(frame, kind)
        limits.check(message, most_chars=most_chars)
        return message, frame

    def _reader(self, deadline: float) -> Callable[[int], bytes]:
        """Return a `read` that begins again with what an earlier reader had when its deadline passed."""
        place = 0

        def read(size: int) -> bytes:
            nonlocal place
            while len(self._unread) < place + size:
                chunk = _receive(self._talk, place + size - len(self._unread), deadline)
                if not chunk:
                    break
                self._unread += chunk
            found = bytes(self._unread[place : place + size])
            place += len(found)
            return found

        return read

    def interrupt(self) -> None:
        """Raise KeyboardInterrupt in the room."""
        self._order(b"i")

    def close(self) -> RoomEnd:
        """Kill what is left of the room, confirm it is gone, and return how it ended.

        Raises GraderError where it does not go.
        """
        self._order(b"k")
        try:
            ended = self._from_supervisor(time.monotonic() + LEAVE_SECONDS)
            if not isinstance(ended, Ended):
                raise GraderError("a room's supervisor spoke out of turn")
        except (EOFError, OSError, RoomSilent, codec.WireError):
            ended = None
        try:
            self._end_inmate()
            group = self._cgroup
            if group and ended and ended.signal == signal.SIGKILL and group.fell_with_the_machine():
                raise GraderError("this machine ran out of memory, and a room that had not used up its own was ended")
            return RoomEnd(
                exit_code=ended.exit_code if ended else None,
                signal=ended.signal if ended else None,
                cpu_seconds=ended.cpu_seconds if ended else self.cpu_seconds(),
                out_of_memory=bool(group and group.ran_out_of_memory()),
                peak_bytes=group.peak_bytes() if group else 0,
                lost=ended is None,
            )
        except OSError as error:
            raise GraderError(f"a room did not close: {error}") from error
        finally:
            self.discard()

    def cpu_seconds(self) -> float:
        """Return the processor time that the room has used."""
        return self._cgroup.cpu_seconds() if self._cgroup else processes.cpu_seconds(self._family())

    def waited_seconds(self) -> float:
        """Return how long the room's threads were ready to run while something else of this machine ran."""
        return processes.waited_seconds(self._family())

    @property
    def unbound(self) -> bool:
        """Whether no control group binds it: then somebody has to look."""
        return self._cgroup is None

    def over_memory(self) -> bool:
        """Whether an unbound room holds more memory than it may."""
        return self.unbound and processes.memory_bytes(self._family()) > self._memory_bytes

    def _family(self) -> list[int]:
        pid = 0 if self._inmate is None else processes.pid_of(self._inmate)
        return processes.family(pid) if pid else []

    def _end_inmate(self) -> None:
        """Kill the room's first process, and with it all others, and wait for it. Whoever supervised it may be gone."""
        if self._inmate is None:
            return
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._inmate, signal.SIGKILL)
        if not select.select([self._inmate], [], [], LEAVE_SECONDS)[0]:
            raise GraderError(f"a room's first process did not end within {LEAVE_SECONDS:.0f} s")

    def wait_gone(self) -> None:
        """Wait a moment for a room that stopped talking to end by itself, so that its own exit is what is reported."""
        deadline = time.monotonic() + GONE_SECONDS
        with contextlib.suppress(OSError, RoomSilent):
            while _receive(self._talk, 2**16, deadline):
                pass

    def discard(self) -> None:
        """Let go of the room, ended: where its supervisor is gone too, we end it ourselves."""
        with contextlib.suppress(OSError):  # a thread that waits for the room wakes up
            self._talk.shutdown(socket.SHUT_RDWR)
        self._talk.close()
        self._status.close()
        with self._lock:
            if self._inmate is not None:
                with contextlib.suppress(GraderError):
                    self._end_inmate()
                os.close(self._inmate)
                self._inmate = None
            if self._cgroup:
                with contextlib.suppress(OSError):  # what does not go now is swept by who runs next
                    self._cgroup.remove()

    def _order(self, order: bytes) -> None:
        try:
            self._status.sendall(order)
        except OSError:
            return  # it ended by itself; its report is already in the socket

    def _from_supervisor(self, deadline: float, begun: bytes = b"") -> Any:
        """Hear the supervisor, of whose frame the bytes `begun` are there already."""
        there = bytearray(begun)

        def read(size: int) -> bytes:
            taken = bytes(there[:size])
            del there[:size]
            return taken + _receive_exactly(self._status, size - len(taken), deadline)

        frame = codec.read_frame(read)
        return codec.unpack(frame, FromSupervisor)[0]


def _left(deadline: float) -> float:
    return max(deadline - time.monotonic(), 0.001)


def _receive(source: socket.socket, size: int, deadline: float) -> bytes:
    """Receive up to `size` bytes; none at the end of the stream. Raise RoomSilent past the deadline."""
    if time.monotonic() >= deadline:
        raise RoomSilent
    source.settimeout(_left(deadline))
    try:
        return source.recv(min(size, 2**20))
    except TimeoutError as error:
        raise RoomSilent from error


def _receive_exactly(source: socket.socket, size: int, deadline: float) -> bytes:
    found = bytearray()
    while len(found) < size and (chunk := _receive(source, size - len(found), deadline)):
        found += chunk
    return bytes(found)
