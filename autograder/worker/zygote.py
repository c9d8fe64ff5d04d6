"""The zygote: a process that imports the heavy libraries once, runs no operation, and forks a room per request.

Started by `sysroot` with a JSON object: `control` (a descriptor, one end of a Unix socket), `root` (an empty folder to
build rooms on), `visible` (paths a room may read), `preload` (modules to import), `note` (what the host should know of
the start). First message out: `Warm`. Then each `Spawn`, with two descriptors, becomes a room.

Forking is sound only from a process with one thread, which is why the libraries' thread pools are held to one thread
before they load and why the number of threads is checked after every import. A library that starts a thread all the
same is left to the rooms: the zygote begins again without it.

A room is two processes. The supervisor waits outside the pid namespace, and outside the room's control groups: it
interrupts and kills, and it says how the room ended. The inmate is the namespace's first process: when it dies, the
kernel kills all it started. The host is given a handle of it, and kills it where the supervisor is lost.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import importlib
import json
import os
import select
import signal
import socket
import sys
import time
from collections.abc import Callable, Collection
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import msgspec

from autograder.wire import CONTRACT, codec
from autograder.wire.frameworks import FRAMEWORKS
from autograder.wire.messages import ROOM_BROKEN, ROOM_STARVED, Broken, Ended, Entered, Spawn, Warm
from autograder.wire.ready import ready
from autograder.worker import datasets, installed, later, wall
from autograder.worker.keras import fit_cap, lazy_weights
from autograder.worker.keras import told as keras_told
from autograder.worker.namespaces import WallError

if TYPE_CHECKING:
    from autograder.worker.runtime import Runtime

_KILL, _INTERRUPT = b"k", b"i"
_STANDS = b"+"
ENV_START, ENV_END = 50 - 3, 51 - 3
"""Of /proc/self/stat, counted from what follows the name."""

LOADED_LATE = {
    "IPython": ("IPython.core.logger",),
    "PIL": tuple(f"PIL.{name}ImagePlugin" for name in ("Bmp", "Gif", "Jpeg", "Ppm", "Png")),
    "rich": ("rich._emoji_codes",),
}
"""By library, what its first use loads: a cell, an image, a network's summary. Frameworks say their own."""
HEAVY = ("jax", "transformers", *(name for one in FRAMEWORKS for name in one.modules))
"""Imported last: seconds each, lost where a lighter library then turns out to start threads."""
SETTLE_SECONDS = 0.2
"""A thread that an import started and that ends with it may take a moment to go."""

Serve = Callable[[socket.socket], None]


class _StartsThreads(Exception):
    """A module leaves threads running when it is imported: its name."""


def main(given: str) -> None:
    """Warm up, then serve spawn requests until the host closes its end. `given`: see above."""
    _forget_variables()
    setup = json.loads(given)
    control = socket.socket(fileno=setup["control"])
    started = time.perf_counter()
    try:
        problem = _preload(setup["preload"])
    except _StartsThreads as module:
        _begin_again(setup, str(module))
    serves = None if problem else _load_rooms()
    if not problem and (threads := _threads()) > 1:
        problem = f"the room's own code left {threads} threads running; rooms cannot be forked from them"
    del sys.path[0]  # where this package was found: no room has it
    seconds = time.perf_counter() - started
    warm = Warm(seconds, installed.versions(), problem, setup.get("threaded", []), setup["note"], CONTRACT)
    control.sendall(codec.pack(warm))
    if serves is None or problem:
        return
    gc.collect()
    gc.freeze()  # a collection in a room would otherwise write into, and so copy, every page of the libraries' objects
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel reaps supervisors: they report to the host themselves
    while True:
        # Danger: a stream is read in pieces. A request larger than one would be two, neither of them whole.
        message, descriptors, _, _ = socket.recv_fds(control, 2**16, 2)
        if not message:
            return
        spawn = msgspec.json.decode(message, type=ready(Spawn))
        _fork_room(spawn, setup["root"], setup["visible"], descriptors, control, serves[spawn.kind])
        for descriptor in descriptors:
            os.close(descriptor)


def _forget_variables() -> None:
    """Leave nothing where the kernel shows a process's first variables: some are the host's. Libraries find copies."""
    for name, value in os.environ.items():
        os.putenv(name, value)
    fields = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
    start, end = int(fields[ENV_START]), int(fields[ENV_END])
    ctypes.memset(start, 0, max(end - start, 0))


def _preload(modules: list[str]) -> str:
    """Import the modules, the frameworks last. Return what is wrong; raise _StartsThreads for one to leave out."""
    for name in sorted(modules, key=lambda name: name.partition(".")[0] in HEAVY):
        try:
            importlib.import_module(name)
        except ImportError:
            continue  # the student's own import will fail, and say so in the cell it stands in
        except Exception as error:
            return f"importing {name} failed: {type(error).__name__}: {error}"
        if _threads() > 1:
            raise _StartsThreads(name)
    return ""


def _threads() -> int:
    """How many threads this process has, once those that are ending have ended."""
    deadline = time.monotonic() + SETTLE_SECONDS
    while (count := len(os.listdir("/proc/self/task"))) > 1 and time.monotonic() < deadline:
        time.sleep(SETTLE_SECONDS / 20)
    return count


def _begin_again(setup: dict[str, Any], module: str) -> NoReturn:
    """Become a new zygote that leaves `module` to the rooms: what an import started cannot be undone in this one."""
    setup["preload"] = [name for name in setup["preload"] if name != module]
    setup["threaded"] = [*setup.get("threaded", []), module]
    os.execv(sys.executable, [*sys.orig_argv[:-2], json.dumps(setup), sys.orig_argv[-1]])


def _load_rooms() -> dict[str, Serve]:
    """Load what rooms run, by kind of room."""
    from autograder.worker import frameworks, run  # after the preloads: IPython loads what they configure
    from autograder.worker.training import train  # after the preloads: IPython loads what they configure

    lazy_weights.install()
    datasets.install(more=frameworks.wrap_for)
    fit_cap.install()
    keras_told.install()
    _warm_matplotlib()
    _warm_first_uses(frameworks.RUNTIMES.values())
    later.keep()
    return {"exam": run.serve, "training": train.serve}


def _warm_first_uses(runtimes: Collection[Runtime]) -> None:
    """Load what the libraries that are there would load late, in each room anew, and what of ours waits for them."""
    late = dict(LOADED_LATE)
    for framework in runtimes:
        late |= framework.first_uses
    for library in late.keys() & sys.modules.keys():
        for name in late[library]:
            with contextlib.suppress(ImportError):  # of another version
                importlib.import_module(name)
    for framework in runtimes:
        for name in framework.ahead if framework.name in sys.modules else ():
            with contextlib.suppress(Exception):  # a version that they do not fit: whoever needs them is told so
                importlib.import_module(name)


def _warm_matplotlib() -> None:
    """A first figure loads half of Matplotlib, and costs every room 0.2 s where the zygote has not drawn one."""
    if pyplot := sys.modules.get("matplotlib.pyplot"):
        figure, axes = pyplot.subplots(1, 2)
        axes[0].imshow([[0, 1], [1, 0]], cmap="gray")
        axes[1].plot([0, 1])
        axes[1].set_title("")
        pyplot.close(figure)


def _fork_room(
    spawn: Spawn,
    root: str,
    visible: list[str],
    descriptors: list[int],
    control: socket.socket,
    serve: Serve,
) -> None:
    """Fork the supervisor, and map its users once it has left: only a process outside can."""
    left, mapped = os.pipe(), os.pipe()
    # Danger: a lock that another thread holds stays held in the copy for ever. There is one thread here, see `main`.
    pid = os.fork()
    if pid == 0:
        control.close()
        os.close(left[0])
        os.close(mapped[1])
        _supervise(spawn, root, visible, descriptors, left[1], mapped[0], serve)
    os.close(left[1])
    os.close(mapped[0])
    if os.read(left[0], 1):
        try:
            wall.map_users(pid)
            os.write(mapped[1], b"m")
        except (WallError, OSError):
            pass  # the supervisor sees the closed pipe and reports it
    os.close(left[0])
    os.close(mapped[1])


def _supervise(
    spawn: Spawn,
    root: str,
    visible: list[str],
    descriptors: list[int],
    left: int,
    mapped: int,
    serve: Serve,
) -> NoReturn:
    talk, status = (socket.socket(fileno=descriptor) for descriptor in descriptors)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    limits = wall.ResourceLimits(spawn.memory_bytes, spawn.processes, spawn.disk_bytes, spawn.mapped_bytes)
    mounts = tuple((mount.source, mount.target) for mount in spawn.mounts)
    files = tuple((file.source, file.path) for file in spawn.files)
    view = wall.View(tuple(visible), mounts, tuple(spawn.devices), files)
    try:
        groups = [os.open(procs, os.O_WRONLY | os.O_CLOEXEC) for procs in spawn.cgroups]
        wall.forget_host()
        wall.leave_host()
        os.write(left, b"l")
        if os.read(mapped, 1) != b"m":
            raise WallError("map users: refused by the kernel")
        entered, entering = os.pipe()
        inmate = os.fork()  # the first in its pid namespace: what it leaves open or mapped is the student's to find
    except (WallError, OSError) as error:
        status.sendall(codec.pack(Entered(str(error))))
        os._exit(1)
    if inmate == 0:
        status.close()
        os.close(entered)
        _enter(root, view, limits, spawn, groups, talk, entering, serve)
    for descriptor in (entering, *groups):
        os.close(descriptor)
    talk.close()
    ended = os.pidfd_open(inmate)
    said = os.read(entered, 2**16)
    problem = "" if said == _STANDS else said.decode(errors="replace") or "its first process ended"
    socket.send_fds(status, [codec.pack(Entered(problem))], [ended])
    _watch(inmate, ended, status)
    os._exit(0)


def _watch(inmate: int, ended: int, status: socket.socket) -> None:
    """Obey the host until the inmate is gone, which `ended` tells. A host that goes away ends the room."""
    while True:
        ready, _, _ = select.select([ended, status.fileno()], [], [])
        if ended in ready:
            break
        order = status.recv(1)
        os.kill(inmate, signal.SIGINT if order == _INTERRUPT else signal.SIGKILL)
        if not order or order == _KILL:
            break
    _, code, usage = os.wait4(inmate, 0)
    report = Ended(
        exit_code=os.WEXITSTATUS(code) if os.WIFEXITED(code) else None,
        signal=os.WTERMSIG(code) if os.WIFSIGNALED(code) else None,
        cpu_seconds=usage.ru_utime + usage.ru_stime,
    )
    with contextlib.suppress(OSError):  # the host is gone; there is nobody left to tell
        status.sendall(codec.pack(report))


def _enter(
    root: str,
    view: wall.View,
    limits: wall.ResourceLimits,
    spawn: Spawn,
    groups: list[int],
    talk: socket.socket,
    entering: int,
    serve: Serve,
) -> NoReturn:
    """Raise the wall, then serve, with no descriptor of the host's but the conversation."""
    try:
        wall.leave_session()
        for group in groups:  # the inmate alone: a supervisor in them could be what the kernel ends for want of memory
            os.write(group, b"0")
        if not groups:
            wall.give_way()
        wall.build_root(root, view, limits)
        wall.take_name()
        wall.limit_resources(limits)
        wall.drop_privileges(driver=bool(view.devices))
        wall.die_with_parent()
        _close_all_but(talk.fileno(), entering)
        for layer in wall.raised_here():
            if layer not in spawn.unsafe_without:
                wall.restrict(layer, driver=bool(view.devices))
        _set_environment(spawn.gpu)
    except (WallError, OSError) as error:
        os.write(entering, str(error).encode()[:4096])
        os._exit(1)
    os.write(entering, _STANDS)
    os.close(entering)
    _serve(talk, serve)


def _serve(talk: socket.socket, serve: Serve) -> NoReturn:
    """Hold the conversation, and end with what became of it; no handler that student code may have registered runs."""
    code = 0
    try:
        serve(talk)
    except MemoryError:
        code = ROOM_STARVED
    except BaseException as error:
        code = ROOM_BROKEN
        with contextlib.suppress(OSError):
            talk.sendall(codec.pack(Broken(f"{type(error).__name__}: {error}")))
    os._exit(code)


def _close_all_but(*kept: int) -> None:
    null = os.open("/dev/null", os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(null, standard)
    first = 3
    for descriptor in sorted(kept):
        os.closerange(first, descriptor)
        first = descriptor + 1
    os.closerange(first, 4096)


def _set_environment(gpu: str) -> None:
    os.environ["CUDA_VISIBLE_DEVICES"] = gpu
    os.environ.update(HOME=wall.HOME, USER="student", LOGNAME="student", TMPDIR="/tmp", PWD=wall.HOME)
    os.environ["MPLCONFIGDIR"] = "/tmp/matplotlib"
