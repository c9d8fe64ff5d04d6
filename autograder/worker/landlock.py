"""Take from the calling process, and all it starts, every access to files but reading, and writing where it may.

Landlock, Linux 5.13 and later: a wall within the wall. Mounts say the same; where one of them were wrong, or undone,
this still holds. What a kernel's version of it cannot restrict is left to the mounts.
"""

from __future__ import annotations

import ctypes
import os
import struct
from collections.abc import Iterable

SYS_CREATE_RULESET, SYS_ADD_RULE, SYS_RESTRICT_SELF = 444, 445, 446  # one number on every architecture
CREATE_RULESET_VERSION, RULE_PATH_BENEATH = 1, 1

EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
MAKE_CHAR, MAKE_BLOCK, REFER, TRUNCATE, IOCTL_DEV = 1 << 6, 1 << 11, 1 << 13, 1 << 14, 1 << 15
RIGHTS = {1: (1 << 13) - 1, 2: REFER, 3: TRUNCATE, 5: IOCTL_DEV}
"""Rights over files that each version of Landlock's interface brought."""
READ = EXECUTE | READ_FILE | READ_DIR
ON_FILES = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEV
"""Rights that make sense for what is no folder."""
NET_VERSION, SCOPE_VERSION = 4, 6
TCP, SCOPES = 0b11, 0b11
"""Binding and connecting; abstract UNIX sockets and signals of processes outside."""

_libc = ctypes.CDLL(None, use_errno=True)


def version() -> int:
    """Return the version of Landlock's interface; raise OSError where the kernel has none."""
    return _call(SYS_CREATE_RULESET, None, 0, CREATE_RULESET_VERSION)


def unavailable() -> str:
    """Say why there is no Landlock here; nothing where there is."""
    try:
        version()
    except OSError as error:
        return str(error.strerror)
    return ""


def restrict(written: Iterable[str], kernels: Iterable[str]) -> None:
    """Leave reading and running everywhere, writing in the folders `written`, and to what is in the folders `kernels`.

    For good. `no_new_privs` must be set. Raises OSError where the kernel refuses.
    """
    known = version()
    handled = 0
    for since, rights in RIGHTS.items():
        handled |= rights if since <= known else 0
    net, scopes = (TCP if known >= NET_VERSION else 0), (SCOPES if known >= SCOPE_VERSION else 0)
    size = 24 if scopes else 16 if net else 8
    ruleset = _call(SYS_CREATE_RULESET, struct.pack("=QQQ", handled, net, scopes)[:size], size, 0)
    try:
        _allow(ruleset, "/", handled & READ)
        for folder in written:
            _allow(ruleset, folder, handled & ~(MAKE_CHAR | MAKE_BLOCK | IOCTL_DEV))
        for folder in kernels:
            _allow(ruleset, folder, handled & (ON_FILES & ~EXECUTE))
        _call(SYS_RESTRICT_SELF, ruleset, 0)
    finally:
        os.close(ruleset)


def _allow(ruleset: int, path: str, rights: int) -> None:
    place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        _call(SYS_ADD_RULE, ruleset, RULE_PATH_BENEATH, struct.pack("=Qi", rights, place), 0)
    finally:
        os.close(place)


def _call(number: int, *arguments: int | bytes | None) -> int:
    done = int(_libc.syscall(number, *arguments))
    if done < 0:
        raise OSError(ctypes.get_errno(), f"Landlock: {os.strerror(ctypes.get_errno())}")
    return done
