"""The filter of system calls, worked through as the kernel would, on either architecture."""

from __future__ import annotations

import errno
import signal
import socket
import struct

import pytest

from autograder.worker.seccomp import (
    ARGUMENTS,
    CALLS,
    CHECKED,
    DRIVERS,
    JUMP_ANY_BIT,
    JUMP_AT_LEAST,
    JUMP_EQUAL,
    JUMP_OVER,
    LOAD,
    MACHINES,
    RET_ALLOW,
    RET_ERRNO,
    RETURN,
    program,
)

NAMED = {
    name: (x86, arm)
    for line in CALLS.splitlines()
    if line and not line.startswith("#")
    for name, x86, arm in (entry.split() for entry in line.removesuffix(",").split(","))
}
JUMPS = {
    JUMP_EQUAL: lambda held, operand: held == operand,
    JUMP_AT_LEAST: lambda held, operand: held >= operand,
    JUMP_OVER: lambda held, operand: held > operand,
    JUMP_ANY_BIT: lambda held, operand: held & operand != 0,
}
ALLOWED = None


def decide(machine: str, number: int, *arguments: int, arch: int | None = None, driver: bool = False) -> int | None:
    """Return the error that the filter makes of a call; None where it lets it through."""
    data = struct.pack("<IIQ6Q", number, MACHINES[machine][0] if arch is None else arch, 0, *(*arguments, *[0] * 6)[:6])
    held, place, lines = 0, 0, program(machine, driver=driver)
    while True:
        code, if_true, if_false, operand = lines[place]
        place += 1
        if code == LOAD:
            (held,) = struct.unpack_from("<I", data, operand)
        elif code == RETURN:
            return None if operand == RET_ALLOW else operand - RET_ERRNO
        else:
            place += if_true if JUMPS[code](held, operand) else if_false


def number(machine: str, name: str) -> int:
    return CHECKED[name][MACHINES[machine][1]]


@pytest.fixture(params=sorted(MACHINES))
def machine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_what_is_listed_is_allowed_and_nothing_else(machine: str) -> None:
    listed = {int(found) for numbers in NAMED.values() if (found := numbers[MACHINES[machine][1]]) != "-"}
    checked = {number(machine, name) for name in CHECKED}
    assert not listed & checked
    for one in range(1200):
        if one not in checked:
            assert decide(machine, one) == (ALLOWED if one in listed else errno.ENOSYS), one


def test_a_program_is_one_that_the_kernel_takes(machine: str) -> None:
    lines = program(machine)
    assert len(lines) < 4096
    assert all(0 <= jump < 256 for _, if_true, if_false, _ in lines for jump in (if_true, if_false))
    assert struct.calcsize("<IIQ") == ARGUMENTS


def test_only_unix_sockets_are_made(machine: str) -> None:
    for name in ("socket", "socketpair"):
        assert decide(machine, number(machine, name), socket.AF_UNIX, socket.SOCK_STREAM) is ALLOWED
        for family in (socket.AF_INET, socket.AF_INET6, socket.AF_NETLINK, 40, 2**31):
            assert decide(machine, number(machine, name), family) == errno.EAFNOSUPPORT


def test_processes_and_threads_are_made_but_no_namespace(machine: str) -> None:
    clone = number(machine, "clone")
    threads = 0x3D0F00
    for flags in (signal.SIGCHLD, threads, 0x01200000 | signal.SIGCHLD):
        assert decide(machine, clone, flags) is ALLOWED
    for namespace in (0x00020000, 0x02000000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000):
        assert decide(machine, clone, namespace | signal.SIGCHLD) == errno.EPERM
    assert decide(machine, 435) == errno.ENOSYS  # clone3: what has it tries clone next


def test_a_drivers_room_may_make_what_another_may_not(machine: str) -> None:
    for numbers in DRIVERS.values():
        one = numbers[MACHINES[machine][1]]
        assert (decide(machine, one), decide(machine, one, driver=True)) == (errno.ENOSYS, ALLOWED)


def test_no_socket_holds_more_than_it_is_counted_for(machine: str) -> None:
    setsockopt = number(machine, "setsockopt")
    for option in (socket.SO_SNDBUF, 32):
        assert decide(machine, setsockopt, 3, socket.SOL_SOCKET, option) == 0  # seems to succeed, and does nothing
    assert decide(machine, setsockopt, 3, socket.SOL_SOCKET, socket.SO_RCVTIMEO) is ALLOWED
    assert decide(machine, setsockopt, 3, socket.IPPROTO_TCP, socket.SO_SNDBUF) is ALLOWED


def test_the_parents_death_stays_deadly(machine: str) -> None:
    prctl = number(machine, "prctl")
    assert decide(machine, prctl, 1, signal.SIGKILL) is ALLOWED
    assert decide(machine, prctl, 1, 0) == 0  # seems to succeed, and does nothing
    assert decide(machine, prctl, 15) is ALLOWED


def test_calls_of_other_architectures_fail() -> None:
    for machine, other in (("x86_64", 0x40000003), ("x86_64", MACHINES["aarch64"][0]), ("aarch64", 0x40000028)):
        assert decide(machine, int(NAMED["read"][MACHINES[machine][1]]), arch=other) == errno.ENOSYS
    assert decide("x86_64", 0x40000000 | int(NAMED["getpid"][0])) == errno.ENOSYS
