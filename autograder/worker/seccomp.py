"""Refuse the calling process, and all it starts, the system calls that a notebook has no use for.

A filter of the kernel's (seccomp), assembled here: a list of what is allowed, for a list of what is not would be short
of what the next kernel brings. A call that is not on it fails as on a kernel that has none (ENOSYS), so that libraries
do without. Calls of another architecture's (32-bit, x32) fail too: their numbers mean other calls.

What it closes, among others: io_uring, userfaultfd, perf, BPF, ptrace and the reading of other processes' memory, keys,
mounts and namespaces, inotify and flock on the files all rooms share, sockets of every family but UNIX's. And memory
that no limit of files holds, and no process need map: System V's, POSIX's message queues, `memfd_create`.
"""

from __future__ import annotations

import ctypes
import errno
import os
import signal
import socket
import struct
from collections.abc import Iterable, Iterator

CALLS = """
# memory
brk 12 214, mmap 9 222, munmap 11 215, mremap 25 216, mprotect 10 226, madvise 28 233, mincore 27 232, msync 26 227,
mlock 149 228, mlock2 325 284, mlockall 151 230, munlock 150 229, munlockall 152 231, membarrier 324 283,
pkey_alloc 330 289, pkey_free 331 290, pkey_mprotect 329 288, map_shadow_stack 453 453,
mseal 462 462, get_mempolicy 239 236, set_mempolicy 238 237, mbind 237 235
# files
open 2 -, openat 257 56, openat2 437 437, creat 85 -, close 3 57, close_range 436 436, read 0 63, write 1 64,
pread64 17 67, pwrite64 18 68, readv 19 65, writev 20 66, preadv 295 69, pwritev 296 70, preadv2 327 286,
pwritev2 328 287, lseek 8 62, sendfile 40 71, copy_file_range 326 285, fallocate 285 47, fadvise64 221 223,
readahead 187 213, truncate 76 45, ftruncate 77 46, fsync 74 82, fdatasync 75 83, sync_file_range 277 84, dup 32 23,
dup2 33 -, dup3 292 24, ioctl 16 29, pipe 22 -, pipe2 293 59, stat 4 -, lstat 6 -, fstat 5 80,
newfstatat 262 79, statx 332 291, statfs 137 43, fstatfs 138 44, access 21 -, faccessat 269 48, faccessat2 439 439,
readlink 89 -, readlinkat 267 78, getdents 78 -, getdents64 217 61, getcwd 79 17, chdir 80 49, fchdir 81 50,
mkdir 83 -, mkdirat 258 34, mknod 133 -, mknodat 259 33, rmdir 84 -, unlink 87 -, unlinkat 263 35, rename 82 -,
renameat 264 38, renameat2 316 276, link 86 -, linkat 265 37, symlink 88 -, symlinkat 266 36, chmod 90 -,
fchmod 91 52, fchmodat 268 53, fchmodat2 452 452, chown 92 -, fchown 93 55, lchown 94 -, fchownat 260 54,
umask 95 166, utime 132 -, utimes 235 -, utimensat 280 88, futimesat 261 -, getxattr 191 8, lgetxattr 192 9,
fgetxattr 193 10, setxattr 188 5, lsetxattr 189 6, fsetxattr 190 7, listxattr 194 11, llistxattr 195 12,
flistxattr 196 13, removexattr 197 14, lremovexattr 198 15, fremovexattr 199 16
# processes
fork 57 -, vfork 58 -, execve 59 221, execveat 322 281, exit 60 93, exit_group 231 94, wait4 61 260, waitid 247 95,
kill 62 129, tkill 200 130, tgkill 234 131, pidfd_open 434 434, pidfd_send_signal 424 424, rt_sigaction 13 134,
rt_sigprocmask 14 135, rt_sigpending 127 136, rt_sigsuspend 130 133, rt_sigtimedwait 128 137, rt_sigqueueinfo 129 138,
rt_tgsigqueueinfo 297 240, rt_sigreturn 15 139, sigaltstack 131 132, signalfd 282 -, signalfd4 289 74, pause 34 -,
alarm 37 -, getitimer 36 102, setitimer 38 103, restart_syscall 219 128, arch_prctl 158 -, set_tid_address 218 96,
set_robust_list 273 99, get_robust_list 274 100, rseq 334 293, futex 202 98, futex_waitv 449 449, futex_wake 454 454,
futex_wait 455 455, futex_requeue 456 456, getpid 39 172, getppid 110 173, gettid 186 178, getpgid 121 155,
setpgid 109 154, getpgrp 111 -, getsid 124 156, setsid 112 157, getrlimit 97 163, setrlimit 160 164,
prlimit64 302 261, getrusage 98 165, getpriority 140 141, setpriority 141 140, ioprio_get 252 31, times 100 153
# scheduling
sched_yield 24 124, sched_getaffinity 204 123, sched_getattr 315 275, sched_getparam 143 121,
sched_getscheduler 145 120, sched_setscheduler 144 119, sched_setparam 142 118, sched_get_priority_max 146 125,
sched_get_priority_min 147 126, sched_rr_get_interval 148 127, getcpu 309 168
# users
getuid 102 174, geteuid 107 175, getgid 104 176, getegid 108 177, getgroups 115 158, getresuid 118 148,
getresgid 120 150, setuid 105 146, setgid 106 144, setreuid 113 145, setregid 114 143, setresuid 117 147,
setresgid 119 149, setgroups 116 159, setfsuid 122 151, setfsgid 123 152, capget 125 90, capset 126 91
# time
time 201 -, gettimeofday 96 169, clock_gettime 228 113, clock_getres 229 114, clock_nanosleep 230 115,
nanosleep 35 101, timer_create 222 107, timer_settime 223 110, timer_gettime 224 108, timer_getoverrun 225 109,
timer_delete 226 111, timerfd_create 283 85, timerfd_settime 286 86, timerfd_gettime 287 87
# waiting
select 23 -, pselect6 270 72, poll 7 -, ppoll 271 73, epoll_create 213 -, epoll_create1 291 20, epoll_ctl 233 21,
epoll_wait 232 -, epoll_pwait 281 22, epoll_pwait2 441 441, eventfd 284 -, eventfd2 290 19
# UNIX sockets
bind 49 200, listen 50 201, accept 43 202, accept4 288 242, connect 42 203, getsockname 51 204, getpeername 52 205,
getsockopt 55 209, sendto 44 206, recvfrom 45 207, sendmsg 46 211, recvmsg 47 212,
sendmmsg 307 269, recvmmsg 299 243, shutdown 48 210
# the system
uname 63 160, sysinfo 99 179, getrandom 318 278
"""
"""Calls that are allowed whatever their arguments: name, number on x86-64, number on AArch64 (-: not there)."""
DRIVERS = {"memfd_create": (319, 279)}
"""Calls that are allowed where a GPU's driver runs, and no student code does."""
CHECKED = {
    "socket": (41, 198),
    "socketpair": (53, 199),
    "setsockopt": (54, 208),
    "clone": (56, 220),
    "prctl": (157, 167),
    "fcntl": (72, 25),
}
"""Calls that are allowed with some arguments alone."""

MACHINES = {"x86_64": (0xC000003E, 0), "aarch64": (0xC00000B7, 1)}
"""By machine: the kernel's AUDIT_ARCH, and the column of numbers."""
X32_BIT = 0x40000000
SYS_SECCOMP = {"x86_64": 317, "aarch64": 277}
SET_MODE_FILTER, GET_ACTION_AVAIL, SPEC_ALLOW = 1, 2, 4
RET_ALLOW, RET_ERRNO = 0x7FFF0000, 0x00050000

CLONE_NAMESPACES = 0x02000000 | 0x00020000 | 0x04000000 | 0x08000000 | 0x10000000 | 0x20000000 | 0x40000000
PR_SET_PDEATHSIG, F_NOTIFY, F_SETLEASE = 1, 1026, 1024
SO_SNDBUFFORCE = 32

LOAD, JUMP_EQUAL, JUMP_AT_LEAST, JUMP_OVER, JUMP_ANY_BIT, RETURN = 0x20, 0x15, 0x35, 0x25, 0x45, 0x06
NUMBER, ARCH, ARGUMENTS = 0, 4, 16
"""Where `struct seccomp_data` has what is asked for; the low half of a 64-bit argument comes first."""

Instruction = tuple[int, int, int, int]
"""A `struct sock_filter`: code, steps to jump where true, where false, operand."""

_libc = ctypes.CDLL(None, use_errno=True)


def unavailable() -> str:
    """Say why no filter can be set here; nothing where one can."""
    machine = os.uname().machine
    if machine not in MACHINES:
        return f"no filter is written for {machine}"
    action = ctypes.c_uint32(RET_ERRNO)
    if _libc.syscall(SYS_SECCOMP[machine], GET_ACTION_AVAIL, 0, ctypes.byref(action)) < 0:
        return f"seccomp: {os.strerror(ctypes.get_errno())}"
    return ""


def restrict(*, driver: bool = False) -> None:
    """Set the filter, for good; `driver`: with DRIVERS. `no_new_privs` must be set.

    Raises OSError where the kernel refuses.
    """
    machine = os.uname().machine
    code = b"".join(struct.pack("<HBBI", *one) for one in program(machine, driver=driver))
    place = ctypes.create_string_buffer(code)
    whole = struct.pack("@HP", len(code) // 8, ctypes.addressof(place))
    if _libc.syscall(SYS_SECCOMP[machine], SET_MODE_FILTER, SPEC_ALLOW, whole) < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"set the filter of system calls: {os.strerror(number)}")


def program(machine: str, *, driver: bool = False) -> list[Instruction]:
    """Return the filter for one of MACHINES, DRIVERS allowed or not."""
    arch, column = MACHINES[machine]
    allowed = [*_allowed(column), *(numbers[column] for numbers in DRIVERS.values() if driver)]
    refused = _fail(errno.ENOSYS)
    checked = (line for name, numbers in CHECKED.items() for line in _when(numbers[column], RULES[name]))
    return [
        (LOAD, 0, 0, ARCH),
        (JUMP_EQUAL, 1, 0, arch),
        refused,
        (LOAD, 0, 0, NUMBER),
        (JUMP_AT_LEAST, 0, 1, X32_BIT),
        refused,
        *checked,
        *(line for first, last in _ranges(allowed) for line in _allow(first, last)),
        refused,
    ]


def _allowed(column: int) -> Iterator[int]:
    for line in CALLS.splitlines():
        if line and not line.startswith("#"):
            for entry in line.removesuffix(",").split(","):
                _, *numbers = entry.split()
                if numbers[column] != "-":
                    yield int(numbers[column])


def _ranges(numbers: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Yield the first and the last of each run of neighbours."""
    ordered = sorted(numbers)
    start = ordered[0]
    for number, following in zip(ordered, [*ordered[1:], None], strict=True):
        if following != number + 1:
            yield start, number
            start = following or 0


def _allow(first: int, last: int) -> list[Instruction]:
    return [(JUMP_AT_LEAST, 0, 2, first), (JUMP_OVER, 1, 0, last), (RETURN, 0, 0, RET_ALLOW)]


def _when(number: int, rule: list[Instruction]) -> list[Instruction]:
    """`rule` for the call of this number; it must end in a return."""
    return [(JUMP_EQUAL, 0, len(rule), number), *rule]


def _load(argument: int) -> Instruction:
    return (LOAD, 0, 0, ARGUMENTS + 8 * argument)


def _fail(number: int) -> Instruction:
    """The call does nothing and returns this error; with 0, it seems to succeed."""
    return (RETURN, 0, 0, RET_ERRNO | number)


_ALLOW = (RETURN, 0, 0, RET_ALLOW)
_UNIX_ONLY = [_load(0), (JUMP_EQUAL, 0, 1, socket.AF_UNIX), _ALLOW, _fail(errno.EAFNOSUPPORT)]
RULES: dict[str, list[Instruction]] = {
    "socket": _UNIX_ONLY,
    "socketpair": _UNIX_ONLY,
    # clone3 takes its flags by address, where no filter can read them: it is not allowed, and libc falls back on this.
    "clone": [_load(0), (JUMP_ANY_BIT, 0, 1, CLONE_NAMESPACES), _fail(errno.EPERM), _ALLOW],
    # The room's first process dies with its supervisor, and may not undo that. A library that asks the same of its own
    # workers must not fail for it, and all of them die with the first: anything but SIGKILL only seems to be set.
    "prctl": [
        _load(0),
        (JUMP_EQUAL, 1, 0, PR_SET_PDEATHSIG),
        _ALLOW,
        _load(1),
        (JUMP_EQUAL, 0, 1, signal.SIGKILL),
        _ALLOW,
        _fail(0),
    ],
    # What a socket holds counts as its room's memory, as much as each may hold where nobody asks for more.
    "setsockopt": [
        *(_load(1), (JUMP_EQUAL, 1, 0, socket.SOL_SOCKET), _ALLOW),
        *(_load(2), (JUMP_EQUAL, 1, 0, socket.SO_SNDBUF), (JUMP_EQUAL, 0, 1, SO_SNDBUFFORCE), _fail(0), _ALLOW),
    ],
    # F_NOTIFY tells of what happens in a folder, and folders are shared; so are files, and a lease has others wait.
    "fcntl": [
        *(_load(1), (JUMP_EQUAL, 1, 0, F_NOTIFY), (JUMP_EQUAL, 0, 1, F_SETLEASE), _fail(errno.EINVAL), _ALLOW),
    ],
}
