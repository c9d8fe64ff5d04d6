"""Warm rooms: one zygote, forked once a submission. What student code does stays in its room."""

from __future__ import annotations

import json
import os
import resource
import socket
import subprocess
import threading
import weakref
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Self

import msgspec

from autograder.data.weights import Item
from autograder.errors import GraderError
from autograder.sandbox import cgroups, leftovers
from autograder.sandbox.environment import PASSED_ON, Environment, link_package, own_environment, system_paths
from autograder.sandbox.gpus import SYSTEM_FOLDERS, Lease
from autograder.sandbox.room import Room
from autograder.wire import CONTRACT, codec
from autograder.wire.frameworks import FRAMEWORKS
from autograder.wire.messages import Fault, GivenFile, Mount, Spawn, Warm

WARM_SECONDS = 300.0
"""Importing TensorFlow takes five; from a cold and slow disk, a minute."""
MOST_DESCRIPTORS = 8192
"""Of this process, and of those it starts, but for rooms: they have a thousand."""
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
    **{name: value for one in FRAMEWORKS for name, value in one.environment.items()},
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
    files: Mapping[str, Path] = field(default_factory=dict)
    """What it has a copy of, its own to write, by the path from its home."""

    @property
    def mounts(self) -> list[Mount]:
        sets = [Mount(str(one.folder), f"{SHELF}/{one.name}") for one in self.sets]
        return [*sets, *(Mount(path, path) for path in (SYSTEM_FOLDERS if self.gpu else ()))]

    @property
    def mapped_bytes(self) -> int:
        """Room to map every set twice, copy-on-write: notebooks load a set again."""
        return 2 * sum(one.size for one in self.sets)


class WarmRooms(ABC):
    """Opens rooms, all of one warm process. Use as a context manager: leaving it ends them."""

    _control: socket.socket
    """Through which rooms are asked for."""

    def __init__(self, unsafe_without: Sequence[str] = ()) -> None:
        """`unsafe_without` are layers of the wall to leave out, to see what the others stop."""
        self._unsafe_without = list(unsafe_without)
        _spare_descriptors()
        self._lock = threading.Lock()
        self._warm: Warm | None = None
        self._hung_up = False
        self._groups: cgroups.Hierarchy | None = None
        self._rooms: weakref.WeakSet[Room] = weakref.WeakSet()
        self.for_length: set[str] = set()
        """Cells of the course's own that stop on a stand-in, and run at the true length of its set."""
        self.clean: dict[str, tuple[Fault, ...]] = {}
        """By library, the faults of ours that a room comes to without student code, where that was asked: `blame`."""

    @property
    @abstractmethod
    def pid(self) -> int:
        """Process id of the warm process, for those who measure."""

    @property
    @abstractmethod
    def lost(self) -> bool:
        """Whether the process is gone: no more rooms can be forked. Those there are go on."""

    @abstractmethod
    def _read_warm(self) -> Warm:
        """Wait for the process's first word. Raise GraderError where it does not come."""

    @abstractmethod
    def _let_go(self) -> None:
        """Have no more to do with the process, whose rooms have ended."""

    def warm(self) -> Warm:
        """Wait until rooms can be forked. Raise GraderError where they cannot."""
        with self._lock:
            if self._warm is None and self._hung_up:
                raise GraderError("the warm process is gone")
            if self._warm is None:
                try:
                    self._warm = self._read_warm()
                except GraderError:
                    self._hung_up = True  # whoever waited for another word would wait in vain
                    raise
        if self._warm.problem:
            raise GraderError(self._warm.problem)
        if self._warm.contract != CONTRACT:
            raise GraderError("this program was replaced by another version while it was at work: start it again")
        return self._warm

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
        talk, their_talk = socket.socketpair()
        status, their_status = socket.socketpair()
        room = Room(talk, status, cgroup, sizes.memory_bytes)
        self._rooms.add(room)
        with their_talk, their_status:
            self._ask_for(room, self._spawn(sizes, view, kind, cgroup), (their_talk, their_status))
        room.wait_entered()
        return room

    def _spawn(
        self, sizes: RoomLimits, view: RoomView, kind: Literal["exam", "training"], cgroup: cgroups.Cgroup | None
    ) -> Spawn:
        # A control group counts what is filled, the kernel's limit what is reserved too. Were they of one size, chance
        # would say which comes first: a cell that stops, or the end of the room.
        beyond = sizes.memory_bytes // 4 if cgroup else 0
        return Spawn(
            kind,
            sizes.memory_bytes,
            sizes.processes,
            sizes.disk_bytes,
            view.mapped_bytes + sizes.reserved_bytes + beyond,
            cgroup.procs if cgroup else [],
            view.mounts,
            [GivenFile(str(source), path) for path, source in view.files.items()],
            view.gpu.visible if view.gpu else "",
            list(view.gpu.devices) if view.gpu else [],
            self._unsafe_without,
        )

    def _ask_for(self, room: Room, spawn: Spawn, theirs: Iterable[socket.socket]) -> None:
        try:
            with self._lock:
                socket.send_fds(self._control, [msgspec.json.encode(spawn)], [one.fileno() for one in theirs])
        except OSError as error:
            room.discard()
            self._hung_up = True  # it may not have ended yet
            raise GraderError("the warm process is gone") from error

    def _group(self, sizes: RoomLimits) -> cgroups.Cgroup:
        try:
            with self._lock:
                if self._groups is None:
                    self._groups = cgroups.hierarchy(self.pid)
                    self._groups.sweep()
            return self._groups.make(cgroups.Share(sizes.memory_bytes, sizes.processes, sizes.cores))
        except OSError as error:
            raise GraderError(f"a room has no control group: {error}") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End every room, and let go of the process that they were forked from."""
        for room in list(self._rooms):
            room.discard()
        self._let_go()


class Zygote(WarmRooms):
    """A process of one's own that holds the heavy libraries and forks rooms. Leaving it ends it too."""

    def __init__(
        self,
        preload: Iterable[str],
        cache: Path,
        environment: Environment | None = None,
        *,
        variables: Mapping[str, str] | None = None,
        unsafe_without: Sequence[str] = (),
    ) -> None:
        """Start warming up. `preload` are modules to import; `cache` is a folder for the libraries' own caches.

        `environment` is the Python to run in, the grader's own where left out, and `variables` what its libraries are
        told as they are imported (KERAS_BACKEND). `unsafe_without`: see `WarmRooms`.
        """
        super().__init__(unsafe_without)
        environment = environment or own_environment()
        self._folder = leftovers.folder()
        self._log = Path(self._folder.name) / "log"
        setup: dict[str, object] = {**self._places(cache), "preload": list(preload), "system": system_paths()}
        setup |= {"folders": environment.folders, "path": environment.path}
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        with theirs:
            self._process = self._start(environment.python, setup, theirs, variables or {})

    def _places(self, cache: Path) -> dict[str, str]:
        """Make the folders that the wall and the libraries are to be built on."""
        folder = Path(self._folder.name)
        places = {"root": folder / "root", "base": folder / "sysroot", "package": folder / "package", "cache": cache}
        link_package(places["package"])
        for one in places.values():
            one.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o755)  # the wall is built by a user that is not always the one who made it
        return {name: str(place) for name, place in places.items()}

    def _start(
        self, python: str, setup: dict[str, object], theirs: socket.socket, variables: Mapping[str, str]
    ) -> subprocess.Popen[bytes]:
        kept = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
        given = json.dumps({**setup, "control": theirs.fileno()})
        with self._log.open("wb") as log:
            return subprocess.Popen(
                [*cgroups.launcher(), python, "-m", "autograder.worker.sysroot", given],
                pass_fds=[theirs.fileno()],
                env={**ENVIRONMENT, **kept, **variables},
                cwd=str(setup["package"]),  # what it loads of ours, and nothing of this process's own libraries
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=log,
                start_new_session=True,  # Ctrl-C is ours to hear: a supervisor it killed could not end its room
            )

    def _read_warm(self) -> Warm:
        self._control.settimeout(WARM_SECONDS)
        try:
            with self._control.makefile("rb") as stream:
                return codec.unpack(codec.read_frame(stream.read), Warm)[0]
        except (EOFError, codec.WireError, OSError) as error:
            said = self._log.read_text(errors="replace").strip()
            raise GraderError(f"the warm process ended before it was ready: {said[-2000:] or error}") from error

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def control(self) -> int:
        """The descriptor through which rooms are asked for: whoever holds it has the zygote."""
        return self._control.fileno()

    @property
    def lost(self) -> bool:
        return self._hung_up or self._process.poll() is not None

    def _let_go(self) -> None:
        self._control.close()
        self._process.kill()
        self._process.wait()
        self._folder.cleanup()


def _spare_descriptors() -> None:
    """Be allowed more descriptors than rooms are.

    Rooms of an ordinary user are that user's, and so are descriptors on their way: with the limit that rooms have, one
    that keeps as many on their way as it may would have none sent to open another with.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = MOST_DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, MOST_DESCRIPTORS)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
