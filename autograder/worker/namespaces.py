"""Namespaces and mounts: the kernel's calls that the wall, and the zygote's own file system, are made of."""

from __future__ import annotations

import ctypes
import os
from pathlib import Path

CLONE_NEWNS, CLONE_NEWUTS, CLONE_NEWIPC = 0x00020000, 0x04000000, 0x08000000
CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET, CLONE_NEWCGROUP = 0x10000000, 0x20000000, 0x40000000, 0x02000000
MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_RDONLY, MS_REMOUNT = 2, 4, 8, 1, 32
MS_BIND, MS_REC, MS_PRIVATE = 4096, 16384, 1 << 18
MNT_DETACH = 2
AT_FDCWD, AT_RECURSIVE = -100, 0x8000
SYS_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}
SYS_MOUNT_SETATTR = 442  # one number on every architecture

_libc = ctypes.CDLL(None, use_errno=True)


class WallError(Exception):
    """A step of the wall failed: the step's name and the system's reason."""


def check(result: int, step: str) -> None:
    """Raise WallError, with the step's name and the system's reason, where a call of libc's failed."""
    if result < 0:
        raise WallError(f"{step}: {os.strerror(ctypes.get_errno())}")


def mount(source: str, target: str, kind: str | None, flags: int, data: str | None = None) -> None:
    """Mount, as mount(2) does. Raise WallError where the kernel refuses."""
    kind_bytes, data_bytes = (None if text is None else text.encode() for text in (kind, data))
    done = _libc.mount(source.encode(), target.encode(), kind_bytes, ctypes.c_ulong(flags), data_bytes)
    check(done, f"mount {kind or 'bind'} on {target}")


NAMESPACES = {
    CLONE_NEWUSER: "user",
    CLONE_NEWNS: "mount",
    CLONE_NEWPID: "pid",
    CLONE_NEWNET: "net",
    CLONE_NEWIPC: "ipc",
    CLONE_NEWUTS: "uts",
    CLONE_NEWCGROUP: "control group",
}


def unshare(flags: int) -> None:
    """Move into new namespaces. Raise WallError where the kernel refuses."""
    names = [name for flag, name in NAMESPACES.items() if flags & flag]
    listed = " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
    check(_libc.unshare(flags), f"unshare {listed} namespaces")


def write_maps(pid: int | str, users: str, groups: str) -> None:
    for name, text in (("setgroups", "deny"), ("uid_map", users), ("gid_map", groups)):
        try:
            Path(f"/proc/{pid}/{name}").write_text(text)
        except OSError as error:
            raise WallError(f"write {name}: {error.strerror}") from error


def is_known(user: int) -> bool:
    """Whether there may be a user of this number here: not in a container that has few of them."""
    lines = (line.split() for line in Path("/proc/self/uid_map").read_text().splitlines())
    return any(int(first) <= user < int(first) + int(count) for first, _, count in lines)


def enter_root(root: str) -> None:
    """Make the mount at `root` this process's root, and let go of the one before."""
    os.chdir(root)
    check(_libc.syscall(SYS_PIVOT_ROOT[os.uname().machine], b".", b"."), "pivot_root")
    check(_libc.umount2(b".", MNT_DETACH), "umount the host's root")
    os.chdir("/")


def bind(source: str, target: str) -> None:
    """Show `source` at `target`, read-only."""
    make_place(source, target)
    mount(source, target, None, MS_BIND | MS_REC)
    _make_read_only(target)


def make_place(source: str, target: str) -> None:
    """Make an empty folder or file, as `source` is one, to mount on."""
    if os.path.isdir(source):
        os.makedirs(target, exist_ok=True)
    else:
        os.makedirs(os.path.dirname(target), exist_ok=True)
        os.close(os.open(target, os.O_CREAT | os.O_WRONLY, 0o644))


class _MountAttr(ctypes.Structure):
    _fields_ = [(name, ctypes.c_uint64) for name in ("set", "clear", "propagation", "userns")]


def _make_read_only(path: str) -> None:
    attributes = _MountAttr(set=MS_RDONLY | MS_NOSUID | MS_NODEV)  # MOUNT_ATTR_* share these three values
    done = _libc.syscall(
        SYS_MOUNT_SETATTR,
        AT_FDCWD,
        path.encode(),
        AT_RECURSIVE,
        ctypes.byref(attributes),
        ctypes.sizeof(attributes),
    )
    check(done, f"mount_setattr {path}")
