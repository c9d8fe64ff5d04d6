"""The zygote: a process that imports the heavy libraries once, runs no operation, and forks a room per request.

Started by the host as `python -m autograder.worker.zygote FD`, with FD one end of a Unix socket. First message in: a
JSON object, `root` (an empty folder to build rooms on), `visible` (paths a room may read), `preload` (modules to
import). First message out: `Warm`. Then each `Spawn`, with two descriptors, becomes a room.

Forking is sound only from a process with one thread, which is why the libraries' thread pools are held to one thread
before they load and why the number of threads is checked after every import.

A room is two processes. The supervisor waits outside the pid namespace: it alone can interrupt or kill, and it alone
says how the room ended. The inmate is the namespace's first process: when it dies, the kernel kills all it started.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import select
import signal
import socket
import sys
import time
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from typing import NoReturn

import msgspec

from autograder.wire import codec
from autograder.wire.messages import ROOM_BROKEN, ROOM_STARVED, Broken, Ended, Entered, Spawn, Warm
from autograder.worker import datasets, fit_cap, lazy_weights, wall

VERSIONS_OF = ("numpy", "tensorflow", "keras", "ipython")
_KILL, _INTERRUPT = b"k", b"i"

Serve = Callable[[socket.socket], None]


def main(control_fd: int) -> None:
    """Warm up, then serve spawn requests until the host closes its end."""
    control = socket.socket(fileno=control_fd)
    setup = json.loads(control.recv(2**20))
    started = time.perf_counter()
    problem = _preload(setup["preload"])
    serves = None if problem else _load_rooms()
    problem = problem or _thread_problem("the room's own code")
    control.sendall(codec.pack(Warm(time.perf_counter() - started, _versions(), problem)))
    if serves is None or problem:
        return
    gc.collect()
    gc.freeze()  # a collection in a room would otherwise write into, and so copy, every page of the libraries' objects
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel reaps supervisors: they report to the host themselves
    while True:
        message, descriptors, _, _ = socket.recv_fds(control, 2**16, 2)
        if not message:
            return
        spawn = msgspec.json.decode(message, type=Spawn)
        _fork_room(spawn, setup["root"], setup["visible"], descriptors, control, serves[spawn.kind])
        for descriptor in descriptors:
            os.close(descriptor)


def _preload(modules: list[str]) -> str:
    for name in modules:
        try:
            importlib.import_module(name)
        except ImportError:
            continue  # the student's own import will fail, and say so in the cell it stands in
        except Exception as error:
            return f"importing {name} failed: {type(error).__name__}: {error}"
        if problem := _thread_problem(name):
            return problem
    return ""


def _thread_problem(after: str) -> str:
    threads = len(os.listdir("/proc/self/task"))
    return "" if threads == 1 else f"importing {after} left {threads} threads running; rooms cannot be forked from them"


def _load_rooms() -> dict[str, Serve]:
    """Load what rooms run, by kind of room."""
    from autograder.worker import run, train  # after the preloads: IPython loads what they configure

    lazy_weights.install()
    datasets.install()
    fit_cap.install()
    _warm_matplotlib()
    return {"exam": run.serve, "training": train.serve}


def _warm_matplotlib() -> None:
    """A first figure loads half of Matplotlib, and costs every room 0.2 s where the zygote has not drawn one."""
    if pyplot := sys.modules.get("matplotlib.pyplot"):
        figure, axes = pyplot.subplots(1, 2)
        axes[0].imshow([[0, 1], [1, 0]], cmap="gray")
        axes[1].plot([0, 1])
        axes[1].set_title("")
        pyplot.close(figure)


def _versions() -> dict[str, str]:
    found = {"python": sys.version.split()[0]}
    for name in VERSIONS_OF:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


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
        except (wall.WallError, OSError):
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
    limits = wall.Limits(spawn.memory_bytes, spawn.processes, spawn.disk_bytes, spawn.mapped_bytes)
    mounts = tuple((mount.source, mount.target) for mount in spawn.mounts)
    view = wall.View(tuple(visible), mounts, tuple(spawn.devices))
    try:
        for procs in spawn.cgroups:
            with open(procs, "w") as file:
                file.write("0")
        wall.leave_host()
        os.write(left, b"l")
        if os.read(mapped, 1) != b"m":
            raise wall.WallError("map users: refused by the kernel")
        inmate = os.fork()
    except (wall.WallError, OSError) as error:
        status.sendall(codec.pack(Entered(str(error))))
        os._exit(1)
    if inmate == 0:
        _enter(root, view, limits, spawn.gpu, talk, status, serve)
    talk.close()
    _watch(inmate, status)
    os._exit(0)


def _watch(inmate: int, status: socket.socket) -> None:
    """Obey the host until the inmate is gone. A host that goes away ends the room."""
    ended = os.pidfd_open(inmate)
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
    limits: wall.Limits,
    gpu: str,
    talk: socket.socket,
    status: socket.socket,
    serve: Serve,
) -> NoReturn:
    """Raise the wall, then serve, with no descriptor of the host's but the conversation."""
    try:
        wall.build_root(root, view, limits)
        wall.limit_resources(limits)
        wall.offer_to_the_oom_killer()
        wall.drop_privileges()
        wall.die_with_parent()
        _close_all_but(talk.fileno(), status.fileno())
        _set_environment(gpu)
    except (wall.WallError, OSError) as error:
        status.sendall(codec.pack(Entered(str(error))))
        os._exit(1)
    status.sendall(codec.pack(Entered()))
    status.close()
    code = 0
    try:
        serve(talk)
    except MemoryError:
        code = ROOM_STARVED
    except BaseException as error:
        code = ROOM_BROKEN
        with contextlib.suppress(OSError):
            talk.sendall(codec.pack(Broken(f"{type(error).__name__}: {error}")))
    os._exit(code)  # no handler that student code may have registered runs


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


if __name__ == "__main__":
    main(int(sys.argv[1]))
