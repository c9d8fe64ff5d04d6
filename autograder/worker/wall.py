"""Build the wall of one room around the calling process. Linux system calls only.

Run as a program (`python -m autograder.worker.wall ROOT PATH…`), it tries every step on this machine and prints, as
JSON, how far it came: that is what `doctor` shows and what `grade` refuses on.

The order matters. `leave_host` moves the process into new namespaces while its parent can still map its users.
`build_root` then makes a file system that holds only what is listed, `drop_privileges` gives up the means to change any
of it, and `restrict`, last, closes what is left of the kernel. Student code must not run before all four are done.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import json
import os
import resource
import signal
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from autograder.worker import landlock, seccomp
from autograder.worker.namespaces import (
    CLONE_NEWCGROUP,
    CLONE_NEWIPC,
    CLONE_NEWNET,
    CLONE_NEWNS,
    CLONE_NEWPID,
    CLONE_NEWUSER,
    CLONE_NEWUTS,
    MS_BIND,
    MS_NODEV,
    MS_NOEXEC,
    MS_NOSUID,
    MS_PRIVATE,
    MS_RDONLY,
    MS_REC,
    MS_REMOUNT,
    WallError,
    bind,
    check,
    enter_root,
    is_known,
    mount,
    unshare,
    write_maps,
)

INNER_UID = 1000
"""The student's user inside the room."""
HOME = "/home/student"

PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS, PR_SET_DUMPABLE, PR_SET_PDEATHSIG = 24, 38, 4, 1
LAST_CAPABILITY = 63
LEAST_PRIORITY = 19
"""Of `nice`: some hundred processes of a room then take no more of a processor than two others do."""

SYS_KEYCTL = {"x86_64": 250, "aarch64": 219}
KEYCTL_JOIN_SESSION_KEYRING = 1

LAYERS = {"Landlock": landlock.unavailable, "system call filter": seccomp.unavailable}
"""What a kernel may lack, and who says why it does. A room has each of them where the kernel does."""
SENT_BYTES = 2**30
"""Of a file, in one call of the kernel's."""
NOBODY, FIRST_STUDENT = 65534, 0x70000000
"""On the host: the user of nothing, and the first of those whom rooms are, by their number of a process.

No system gives these numbers to users, services or containers (systemd's « Users, Groups, UIDs and GIDs »).
"""
WRITTEN = (HOME, "/tmp", "/dev/shm")
"""Folders a room can write in."""
DEVICES = ("null", "zero", "full", "random", "urandom")
HIDDEN = ("keys", "key-users", "timer_list", "latency_stats", "sched_debug")
"""Of /proc: lists of the keys that a user, as whom rooms run, has on the host; and of what its processes do."""
ETC = ("ld.so.cache", "ld.so.conf", "localtime", "alternatives", "fonts", "ssl/certs")

_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True)
class ResourceLimits:
    """What one room may use."""

    memory_bytes: int
    """Memory of its own, on top of what it shares with the zygote."""
    processes: int
    """Processes and threads."""
    disk_bytes: int
    """Size of its work folder, which lies in memory."""
    mapped_bytes: int = 0
    """Address space beyond its memory: data sets mapped copy-on-write, and what it reserves without filling it."""


@dataclass(frozen=True)
class View:
    """What of the host a room sees beside the system's programs and this Python."""

    visible: tuple[str, ...]
    """Paths shown where they are, read-only."""
    mounts: tuple[tuple[str, str], ...] = ()
    """Folders of the host, each with the path it is shown at, read-only."""
    devices: tuple[str, ...] = ()
    """Device nodes, such as those of a leased GPU."""
    files: tuple[tuple[str, str], ...] = ()
    """Files of the host, each with the path from the room's home at which it has a copy."""


def forget_host() -> None:
    """Give up what crosses into new namespaces: groups beside the user's own, and a claim to be spared.

    Where memory runs out, a room goes before anything else on the machine. Set by root, that cannot be lowered again.
    Only root of the whole machine can give up groups; any other's rooms keep them, but see no file they would open.
    """
    with contextlib.suppress(PermissionError):
        os.setgroups([])
    Path("/proc/self/oom_score_adj").write_text("1000")


def leave_host() -> None:
    """Move into new user, mount, pid, net, ipc and uts namespaces. The pid namespace takes the next child."""
    unshare(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS)


def map_users(pid: int) -> None:
    """Called by the parent: give the process `pid`, which has left, its users.

    Root maps itself, to reach files only it can read while the wall is built, and as the student somebody whom the
    machine does not know, another for each room. Any other user has one identity to give.
    """
    if os.geteuid() == 0:
        student = FIRST_STUDENT + pid
        # Danger: what the kernel counts by user (descriptors on their way, pages of pipes) is one for all rooms of one
        # user: each could use up what the others, who hand in honest work, need.
        own = student if is_known(student) else NOBODY
        write_maps(pid, f"0 0 1\n{INNER_UID} {own} 1", f"0 0 1\n{INNER_UID} {NOBODY} 1")
    else:
        write_maps(pid, f"{INNER_UID} {os.geteuid()} 1", f"{INNER_UID} {os.getegid()} 1")


def build_root(root: str, view: View, limits: ResourceLimits) -> None:
    """Make a root of the listed folders, read-only, and of an empty home, and enter it.

    `root` is an empty folder of the host to mount on; nothing of the host but `view` is in reach afterwards.
    """
    # Danger: in a shared mount, each of what follows would appear on the host too.
    mount("none", "/", None, MS_REC | MS_PRIVATE)
    mount("tmpfs", root, "tmpfs", MS_NOSUID | MS_NODEV, "size=1m,mode=755")
    _make_devices(root, (*(f"/dev/{name}" for name in DEVICES), *view.devices))
    for name in WRITTEN:
        _make_folder(root, name, limits.disk_bytes)
    for path in view.visible:  # after the folders: a Python that lies under /tmp is shown in the room's own
        _show(root, path)
    for source, target in view.mounts:  # danger: what lies below `source` is shown too, whoever may read it
        bind(source, root + target)
    for source, path in view.files:
        copy_in(source, root + HOME, path)
    _make_etc(root)
    os.makedirs(f"{root}/proc")
    mount("proc", f"{root}/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC)
    _hide(root, HIDDEN)
    enter_root(root)
    mount("none", "/", None, MS_BIND | MS_REMOUNT | MS_RDONLY | MS_NOSUID | MS_NODEV)
    os.chdir(HOME)


def copy_in(source: str, home: str, path: str) -> None:
    """Copy a file of the host to where it lies in a room's home, its student's to write.

    By the kernel, from file to file, and before privileges are dropped: some files of a course only root can read. What
    does not fit is left out, and its use fails. Raises WallError for a file that cannot be read.
    """
    try:
        given = os.open(source, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise WallError(f"read {path}, which the course hands out: {error.strerror}") from error
    folders = [f"{home}/{folder}" for folder in reversed(Path(path).parents[:-1])]
    target = f"{home}/{path}"
    with os.fdopen(given, "rb") as reader, contextlib.suppress(OSError):
        for folder in folders:
            os.makedirs(folder, exist_ok=True)
            os.chown(folder, INNER_UID, INNER_UID)
        with open(target, "xb") as writer:  # never through a link: nothing of a student's is here yet
            while os.sendfile(writer.fileno(), reader.fileno(), None, SENT_BYTES):
                pass
            os.chown(target, INNER_UID, INNER_UID)


def _show(root: str, path: str) -> None:
    if os.path.islink(path):
        os.makedirs(os.path.dirname(root + path), exist_ok=True)
        os.symlink(os.readlink(path), root + path)
        return
    bind(path, root + path)


def _make_devices(root: str, devices: Iterable[str]) -> None:
    os.makedirs(f"{root}/dev")
    for path in devices:
        os.makedirs(os.path.dirname(root + path), exist_ok=True)
        os.close(os.open(root + path, os.O_CREAT | os.O_WRONLY, 0o666))
        mount(path, root + path, None, MS_BIND)
    os.symlink("/proc/self/fd", f"{root}/dev/fd")


def _hide(root: str, names: Iterable[str]) -> None:
    """Have files of /proc, of those the kernel has, hold nothing."""
    for name in names:
        if os.path.exists(f"{root}/proc/{name}"):
            mount(f"{root}/dev/null", f"{root}/proc/{name}", None, MS_BIND)


def _make_etc(root: str) -> None:
    os.makedirs(f"{root}/etc", exist_ok=True)
    for name in ETC:
        if os.path.exists(f"/etc/{name}"):
            _show(root, f"/etc/{name}")
    Path(f"{root}/etc/passwd").write_text(f"student:x:{INNER_UID}:{INNER_UID}::{HOME}:/bin/sh\n")
    Path(f"{root}/etc/group").write_text(f"student:x:{INNER_UID}:\n")
    Path(f"{root}/etc/hosts").write_text("127.0.0.1 localhost\n")


def _make_folder(root: str, name: str, size: int) -> None:
    os.makedirs(root + name)
    owner = f"uid={INNER_UID},gid={INNER_UID}"
    mount("tmpfs", root + name, "tmpfs", MS_NOSUID | MS_NODEV, f"size={size},mode=700,{owner}")


def limit_resources(limits: ResourceLimits) -> None:
    """Set the limits every kernel has. Memory counts what is added to the zygote's from here on."""
    memory = _data_bytes() + limits.memory_bytes + limits.mapped_bytes
    for what, value in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_DATA, memory),
        (resource.RLIMIT_FSIZE, limits.disk_bytes),
        (resource.RLIMIT_NOFILE, 1024),
        (resource.RLIMIT_SIGPENDING, 1024),  # of all rooms together there is one limit too: a room may not use it up
        (resource.RLIMIT_NPROC, limits.processes),
        (resource.RLIMIT_NICE, 0),
        (resource.RLIMIT_RTPRIO, 0),
    ):
        resource.setrlimit(what, (value, value))


def give_way() -> None:
    """Leave the processor to all others that want it, where no control group shares it out, for good: see RLIMIT_NICE.

    Else the grader, one among hundreds that a room started, may take minutes to look at it and end it.
    """
    os.setpriority(os.PRIO_PROCESS, 0, LEAST_PRIORITY)


def _data_bytes() -> int:
    status = Path("/proc/self/status").read_text()
    return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmData"))


def die_with_parent() -> None:
    """Should the supervisor be killed, go too. After `drop_privileges`: a change of user forgets it."""
    check(_libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0), "parent death signal")


def leave_session() -> None:
    """Be in a session and a process group of one's own.

    A group is no matter of the pid namespace: whoever stays in the zygote's can signal the zygote, the supervisors and
    the other rooms, all at once, by the number that stands for one's own group.
    """
    os.setsid()


def take_name() -> None:
    """Be called `room`, and hold no key: until they are replaced, the host's name and its keys are the room's too.

    So are the names of its control groups, which say who grades: after it has joined its own.
    """
    check(_libc.sethostname(b"room", 4), "set the host's name")
    with contextlib.suppress(WallError):  # a kernel without control groups has none to name
        unshare(CLONE_NEWCGROUP)
    done = _libc.syscall(SYS_KEYCTL[os.uname().machine], KEYCTL_JOIN_SESSION_KEYRING, None)
    if ctypes.get_errno() not in (errno.ENOSYS, errno.EPERM):  # no keys here, or refused to us: to rooms then too
        check(done, "a keyring of its own")


def drop_privileges(*, driver: bool = False) -> None:
    """Become the student for good: no capability, no way to regain one, no user namespace below this one.

    `driver`: a GPU's driver will run here. It names its threads in files of /proc, and does not start where it cannot.
    """
    Path("/proc/sys/user/max_user_namespaces").write_text("0")
    if not driver:  # nothing that the kernel lets a process say of itself, such as whom to spare for want of memory
        mount("none", "/proc", None, MS_BIND | MS_REMOUNT | MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC)
    for capability in range(LAST_CAPABILITY + 1):
        if _libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) < 0:
            break  # past the last capability this kernel knows
    if os.geteuid() != INNER_UID:
        os.setresgid(INNER_UID, INNER_UID, INNER_UID)
        os.setresuid(INNER_UID, INNER_UID, INNER_UID)
    _clear_capabilities()
    check(_libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs")
    # Changing user took away this process's own view of /proc/self; nothing else lives in its pid namespace.
    check(_libc.prctl(PR_SET_DUMPABLE, 1, 0, 0, 0), "dumpable")


def _clear_capabilities() -> None:
    version_3 = (ctypes.c_uint32 * 2)(0x20080522, 0)
    check(_libc.capset(version_3, (ctypes.c_uint32 * 6)()), "drop capabilities")


def restrict(layer: str, *, driver: bool = False) -> None:
    """Raise one of LAYERS, after `drop_privileges`, and as it was. Raises OSError where the kernel refuses it."""
    if layer == "Landlock":
        landlock.restrict(WRITTEN, ("/dev", "/proc") if driver else ("/dev",))
    else:
        seccomp.restrict(driver=driver)


def raised_here() -> tuple[str, ...]:
    """Return those of LAYERS that this kernel has, in the order to raise them in."""
    return tuple(name for name, unavailable in LAYERS.items() if not unavailable())


def _try_wall(root: str, visible: list[str]) -> list[dict[str, str]]:
    """Take every step in a child and return those taken, the last with its `error` where it failed."""
    reader, writer = os.pipe()
    left, mapped = os.pipe(), os.pipe()
    child = os.fork()  # of a program of its own, with one thread
    if child == 0:
        for descriptor in (reader, left[0], mapped[1]):  # its own copy of a pipe's other end would keep it waiting
            os.close(descriptor)
        _take_steps(root, visible, writer, left[1], mapped[0])
        os._exit(0)
    os.close(writer)
    os.close(left[1])
    if os.read(left[0], 1):
        try:
            map_users(child)
            os.write(mapped[1], b"m")
        except (WallError, OSError) as error:
            os.close(mapped[1])
            os.waitpid(child, 0)
            return [{"step": "namespaces", "error": str(error)}]
    with os.fdopen(reader, "rb") as stream:
        lines = stream.read().splitlines()
    os.waitpid(child, 0)
    return [json.loads(line) for line in lines]


def _take_steps(root: str, visible: list[str], report: int, left: int, mapped: int) -> None:
    limits = ResourceLimits(memory_bytes=2**30, processes=64, disk_bytes=2**20)

    def enter() -> None:
        forget_host()
        leave_host()
        os.write(left, b"l")
        if os.read(mapped, 1) != b"m":
            raise WallError("the users could not be mapped")
        if os.fork():
            os.wait()
            os._exit(0)

    steps: tuple[tuple[str, Callable[[], None]], ...] = (
        ("namespaces", enter),
        ("private file system", lambda: build_root(root, View(tuple(visible)), limits)),
        ("own name and keys", take_name),
        ("resource limits", lambda: limit_resources(limits)),
        ("privileges dropped", drop_privileges),
        *((name, partial(restrict, name)) for name in LAYERS),
    )
    for step, action in steps:
        error = LAYERS[step]() if step in LAYERS else ""
        try:
            if not error:
                action()
        except (WallError, OSError, KeyError) as raised:
            error = str(raised)
        os.write(report, json.dumps({"step": step, "error": error}).encode() + b"\n")
        if error and step not in LAYERS:
            os._exit(0)


if __name__ == "__main__":
    if len(sys.argv) < 2 or not os.path.isdir(sys.argv[1]):
        sys.exit("usage: python -m autograder.worker.wall EMPTY_FOLDER [VISIBLE_PATH]…")
    print(json.dumps(_try_wall(sys.argv[1], sys.argv[2:])))
