"""The wall on a stock Debian 12: control groups version 2, systemd's delegation, and an ordinary user."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from vm.machine import Machine, missing, quoted

pytestmark = [pytest.mark.whole, pytest.mark.skipif(bool(missing()), reason=f"NO VIRTUAL MACHINE: {missing()}")]

AUTOGRADER = "/opt/autograder/bin/autograder"


@dataclass(frozen=True)
class Manner:
    """How somebody comes to run the grader, and the wall they get."""

    user: str
    within: str = ""
    level: str = "strict"


AS_CRON_DOES = (
    "setpriv --reuid={0} --regid={0} --init-groups env -i HOME=/home/{0} USER={0} LOGNAME={0} PATH=/usr/bin:/bin"
)
MANNERS = {
    "root": Manner("root"),
    "an ordinary user": Manner("teacher"),
    "in a scope of their own": Manner("teacher", "systemd-run --user --scope --quiet"),
    "from a job, with a login": Manner("root", AS_CRON_DOES.format("teacher")),
    "from a job, without a login": Manner("root", AS_CRON_DOES.format("visitor"), "standard"),
}


@pytest.fixture(scope="module")
def debian() -> Iterator[Machine]:
    with Machine() as machine:
        assert machine.run("root", "loginctl enable-linger teacher").returncode == 0
        yield machine


def run(machine: Machine, manner: Manner, command: str) -> subprocess.CompletedProcess[str]:
    return machine.run(manner.user, f"{manner.within} {quoted('sh', '-c', f'cd && {command}')}")


def doctor(machine: Machine, manner: Manner) -> tuple[str, str]:
    """Return the level that `doctor` finds, and all it says, on one line."""
    said = run(machine, manner, f"COLUMNS=1000 {AUTOGRADER} doctor").stdout
    words = said.split()
    assert words[:1] == ["isolation"], said
    return words[1], " ".join(words)


@pytest.mark.parametrize("manner", MANNERS.values(), ids=MANNERS)
def test_the_wall_is_as_high_as_it_may_be(debian: Machine, manner: Manner) -> None:
    level, said = doctor(debian, manner)
    assert level == manner.level, said


@pytest.mark.parametrize(
    ("switch", "shut", "line"),
    [
        ("kernel.unprivileged_userns_clone", 0, "`kernel.unprivileged_userns_clone = 1`"),
        ("user.max_user_namespaces", 0, "`user.max_user_namespaces = 15000`"),
    ],
)
def test_a_switch_that_is_off_is_named(debian: Machine, switch: str, shut: int, line: str) -> None:
    before = debian.run("root", f"sysctl -n {switch}").stdout.strip()
    try:
        assert debian.run("root", f"sysctl -w {switch}={shut}").returncode == 0
        level, said = doctor(debian, MANNERS["an ordinary user"])
    finally:
        debian.run("root", f"sysctl -w {switch}={before}")
    assert level == "none:"
    assert f"(write {line} in /etc/sysctl.d/60-autograder.conf" in said
