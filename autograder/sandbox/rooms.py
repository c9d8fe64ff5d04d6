"""Warm rooms: one zygote, forked once a submission. What student code does stays in its room."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import threading
import time
import weakref
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import msgspec

from autograder.data.weights import Item
from autograder.errors import GraderError
from autograder.sandbox import cgroups, leftovers, processes
from autograder.sandbox.environment import PASSED_ON, Environment, link_package, own_environment, system_paths
from autograder.sandbox.gpus import SYSTEM_FOLDERS, Lease
from autograder.wire import CONTRACT, codec, limits
from autograder.wire.messages import Ended, Entered, FromRoom, FromSupervisor, Mount, Record, Spawn, Warm

WARM_SECONDS = 300.0
"""Importing TensorFlow takes five; from a cold and slow disk, a minute."""
ENTER_SECONDS = 30.0
"""The wall stands within milliseconds; this long means the machine is not working."""
LEAVE_SECONDS = 30.0
GONE_SECONDS = 0.5
SHELF = "/data"
"""Where a room finds its data sets."""

# One thread each: a process that forks must have no other, and rooms run side by side, a core each.
SINGLE_THREADED = dict.fromkeys(
    (
        "OPENBLAS_NUM_THREADS",
        "OMP_NUM_THREADS",
        "MKL_NUM_THREADS",
        "NUMEXPR_NUM_THREADS",
        "TF_NUM_INTRAOP_THREADS",
        "TF_NUM_INTEROP_THREADS",
    ),
    "1",
)
ENVIRONMENT = {
    **SINGLE_THREADED,
    "PATH": "/usr/local/bin:/usr/bin:/bin",
    "LANG": "C.UTF-8",
    "MPLBACKEND": "module://autograder.worker.pictures",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "CUDA_VISIBLE_DEVICES": "",
    # A room has seconds, and a compilation takes minutes: `torch.compile` gives back what it is given.
    "TORCHDYNAMO_DISABLE": "1",
    "PYTHONDONTWRITEBYTECODE": "1",
    "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1",
    # Arrow (pandas, datasets) would clean up in a thread of its own.
    "JE_ARROW_MALLOC_CONF": "background_thread:false",
}


@dataclass(frozen=True)
class RoomLimits:
    """What one room may use. Checked by the kernel, but for the seconds, which the exam counts."""

    memory_bytes: int
    processes: int
    disk_bytes: int
    cores: int = 1
    """Processors, all its processes together; 0: all there are. Where control groups hold it."""
    reserved_bytes: int = 0
    """Address space it may take beyond its memory: a process that only its control group holds ends cleanly."""


@dataclass(frozen=True)
class RoomView:
    """What one room sees beside the system and the libraries."""

    sets: tuple[Item, ...] = ()
    """Data sets and weights, each a folder of that name on the room's shelf."""
    gpu: Lease | None = None

    @property
    def mounts(self) -> list[Mount]:
        sets = [Mount(str(one.folder), f"{SHELF}/{one.name}") for one in self.sets]
        return [*sets, *(Mount(path, path) for path in (SYSTEM_FOLDERS if self.gpu else ()))]

    @property
    def mapped_bytes(self) -> int:
        """Room to map every set twice, copy-on-write: notebooks load a set again."""
        return 2 * sum(one.size for one in self.sets)


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


class Zygote:
    """A process that holds the heavy libraries and forks rooms. Use as a context manager: leaving it ends all rooms."""

    def __init__(
        self,
        preload: Iterable[str],
        cache: Path,
        environment: Environment | None = None,
        *,
        backend: str = "",
        unsafe_without: Sequence[str] = (),
    ) -> None:
        """Start warming up. `preload` are modules to import; `cache` is a folder for the libraries' own caches.

        `environment` is the Python to run in, the grader's own where left out, and `backend` what Keras runs on there,
        by its name; empty: what Keras chooses. `unsafe_without` are layers of the wall to leave out, to see what the
        others stop.
        """
        environment = environment or own_environment()
        self._folder = leftovers.folder()
        root, base, package = (Path(self._folder.name) / name for name in ("root", "sysroot", "package"))
        link_package(package)
        for folder in (root, base, cache):
            folder.mkdir(parents=True, exist_ok=True)
        Path(self._folder.name).chmod(0o755)  # the wall is built by a user that is not always the one who made it
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        kept = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
        setup = {
            "control": theirs.fileno(),
            "root": str(root),
            "base": str(base),
            "package": str(package),
            "cache": str(cache),
            "system": system_paths(),
            "folders": environment.folders,
            "path": environment.path,
            "preload": list(preload),
        }
        self._log = Path(self._folder.name) / "log"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [*cgroups.launcher(), environment.python, "-m", "autograder.worker.sysroot", json.dumps(setup)],
                pass_fds=[theirs.fileno()],
                env={**ENVIRONMENT, **kept, **({"KERAS_BACKEND": backend} if backend else {})},
                cwd=package,  # what it loads of ours, and nothing of this process's own libraries
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=log,
                start_new_session=True,  # Ctrl-C is ours to hear: a supervisor it killed could not end its room
            )
        theirs.close()
        self._lock = threading.Lock()
        self._warm: Warm | None = None
        self._hung_up = False
        self._groups: cgroups.Hierarchy | None = None
        self._unsafe_without = list(unsafe_without)
        self._rooms: weakref.WeakSet[Room] = weakref.WeakSet()

    def warm(self) -> Warm:
        """Wait until rooms can be forked. Raise GraderError where they cannot."""
        with self._lock:
            if self._warm is None:
                self._warm = self._read_warm()
        if self._warm.problem:
            raise GraderError(self._warm.problem)
        if self._warm.contract != CONTRACT:
            raise GraderError("this program was replaced by another version while it was at work: start it again")
        return self._warm

    def _read_warm(self) -> Warm:
        self._control.settimeout(WARM_SECONDS)
        try:
            with self._control.makefile("rb") as stream:
                return codec.unpack(codec.read_frame(stream.read), Warm)[0]
        except (EOFError, codec.WireError, OSError) as error:
            said = self._log.read_text(errors="replace").strip()
            raise GraderError(f"the warm process ended before it was ready: {said[-2000:] or error}") from error

    def open_room(
        self,
        sizes: RoomLimits,
        view: RoomView = RoomView(),
        *,
        kind: Literal["exam", "training"] = "exam",
        grouped: bool,
    ) -> Room:
        """Fork a room and wait until its wall stands. `grouped`: hold it with control groups too.

        Raises GraderError where the wall does not stand: no student code has run then.
        """
        self.warm()
        cgroup = self._group(sizes) if grouped else None
        spawn = Spawn(
            kind,
            sizes.memory_bytes,
            sizes.processes,
            sizes.disk_bytes,
            view.mapped_bytes + sizes.reserved_bytes,
            cgroup.procs if cgroup else [],
            view.mounts,
            view.gpu.visible if view.gpu else "",
            list(view.gpu.devices) if view.gpu else [],
            self._unsafe_without,
        )
        talk, their_talk = socket.socketpair()
        status, their_status = socket.socketpair()
        room = Room(talk, status, cgroup, sizes.memory_bytes)
        self._rooms.add(room)
        try:
            with self._lock:
                socket.send_fds(
                    self._control, [msgspec.json.encode(spawn)], [their_talk.fileno(), their_status.fileno()]
                )
        except OSError as error:
            room.discard()
            self._hung_up = True  # it may not have ended yet
            raise GraderError("the warm process is gone") from error
        finally:
            their_talk.close()
            their_status.close()
        room.wait_entered()
        return room

    def _group(self, sizes: RoomLimits) -> cgroups.Cgroup:
        try:
            with self._lock:
                if self._groups is None:
                    self._groups = cgroups.hierarchy(self.pid)
                    self._groups.sweep()
            return self._groups.make(cgroups.Share(sizes.memory_bytes, sizes.processes, sizes.cores))
        except OSError as error:
            raise GraderError(f"a room has no control group: {error}") from error

    @property
    def pid(self) -> int:
        """Process id, for those who measure."""
        return self._process.pid

    @property
    def control(self) -> int:
        """The descriptor through which rooms are asked for: whoever holds it has the zygote."""
        return self._control.fileno()

    @property
    def lost(self) -> bool:
        """Whether the process is gone: no more rooms can be forked. Those there are go on."""
        return self._hung_up or self._process.poll() is not None

    def __enter__(self) -> Zygote:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the process and every room it forked."""
        for room in list(self._rooms):
            room.discard()
        self._control.close()
        self._process.kill()
        self._process.wait()
        self._folder.cleanup()


class Room:
    """One room, seen from the host: a conversation with student code, and the supervisor who can end it.

    Use as a context manager: whatever happens on this side, nothing of it stays.
    """

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
