"""The wall on a stock Debian 12: control groups version 2, systemd's delegation, and an ordinary user."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from vm.machine import Machine, missing, quoted

pytestmark = [pytest.mark.whole, pytest.mark.skipif(bool(missing()), reason=f"NO VIRTUAL MACHINE: {missing()}")]

CHECKOUT = "/srv/checkout"
PYTHON, AUTOGRADER = "/opt/autograder/bin/python", "/opt/autograder/bin/autograder"
WALL = ("sandbox/test_cgroups.py", "sandbox/test_wall.py", "hostile/test_escapes.py", "hostile/test_batch.py")
SMOKE = ("hostile/test_batch.py",)
"""Of a manner whose wall is another's: ten minutes more, each, would show the same again."""
LESSON = "reseaux-convolutifs"
STUDENTS = ("alice", "karim", "jules", "nicolas")
"""Full score, a network that differs, one who runs out of memory, and one who ends the process."""
SERVICE = "/etc/systemd/system/user@.service.d"


@dataclass(frozen=True)
class Manner:
    """How somebody comes to run the grader, and the wall they get."""

    user: str
    within: str = ""
    level: str = "strict"
    tests: tuple[str, ...] = WALL


AS_CRON_DOES = (
    "setpriv --reuid={0} --regid={0} --init-groups env -i HOME=/home/{0} USER={0} LOGNAME={0} PATH=/usr/bin:/bin"
)
MANNERS = {
    "root": Manner("root"),
    "an ordinary user": Manner("teacher"),
    "in a scope of their own": Manner("teacher", "systemd-run --user --scope --quiet", tests=SMOKE),
    "from a job, with a login": Manner("root", AS_CRON_DOES.format("teacher"), tests=SMOKE),
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


def test_what_is_not_delegated_is_once_the_line_that_doctor_says_is_there(debian: Machine) -> None:
    less = f"mkdir -p {SERVICE} && printf '[Service]\\nDelegate=\\nDelegate=pids memory\\n' > {SERVICE}/10-less.conf"
    anew = "systemctl daemon-reload && systemctl restart user@1000.service"
    user = MANNERS["an ordinary user"]
    try:
        assert debian.run("root", f"{less} && {anew}").returncode == 0
        level, said = doctor(debian, user)
        assert level == "standard"
        assert f"cgroup.controllers lacks cpu, for {SERVICE}/10-less.conf says `Delegate=pids memory`: write" in said
        ours = f"printf '[Service]\\nDelegate=cpu memory pids\\n' > {SERVICE}/autograder.conf"
        assert f"in {SERVICE}/autograder.conf, then" in said
        assert debian.run("root", f"{ours} && {anew}").returncode == 0
        assert doctor(debian, user)[0] == "strict"
    finally:
        debian.run("root", f"rm -rf {SERVICE} && {anew}")


def test_a_login_needs_no_bus(debian: Machine) -> None:
    """Systemd is asked by a socket of its own: `dbus-user-session` may be missing."""
    bus = "/run/user/1000/bus"
    try:
        assert debian.run("root", f"mv {bus} {bus}.away").returncode == 0
        level, said = doctor(debian, MANNERS["an ordinary user"])
    finally:
        debian.run("root", f"mv {bus}.away {bus}")
    assert level == "strict", said


def test_version_1_is_for_root() -> None:
    with Machine("systemd.unified_cgroup_hierarchy=0") as machine:
        assert doctor(machine, MANNERS["root"])[0] == "strict"
        level, said = doctor(machine, MANNERS["an ordinary user"])
    assert (level, "systemd.unified_cgroup_hierarchy=1" in said) == ("standard", True), said


def test_the_sample_class_has_its_grades(debian: Machine, repository: Path) -> None:
    manner = MANNERS["an ordinary user"]
    cases = json.loads((repository / "examples/expected.json").read_text(encoding="utf-8"))
    sources = " ".join(f"{CHECKOUT}/{name}" for name in ("course.yaml", "nbgrader_config.py", "source", "release"))
    students = " ".join(f"--student {name}" for name in STUDENTS)
    # A processor that is emulated takes ten times as long: what is tried here is not time.
    slower = r"sed -i 's/seconds: \([0-9]*\)/seconds: \10/' course.yaml"
    steps = (
        f"rm -rf course && mkdir course && cd course && cp -r {sources} . && {slower}",
        f"cp -r {CHECKOUT}/examples/submitted submitted && chmod -R u+w .",
        f"{PYTHON} -c 'import keras'",  # from a disk that is cold it takes minutes there, and rooms wait for five
        f"{AUTOGRADER} grade {LESSON} {students} > log 2>&1 || cat log",
        f"{AUTOGRADER} results {LESSON} --json",
    )
    done = run(debian, manner, " && ".join(steps))
    found = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    graded = {row["student"]: row for row in found if row["status"] == "graded"}
    assert set(graded) == set(STUDENTS), done.stdout
    assert {row["isolation"] for row in graded.values()} == {manner.level}
    lost = {
        name: sorted(question["id"] for question in row["questions"] if question["score"] < question["max_score"])
        for name, row in graded.items()
    }
    assert lost == {name: sorted(cases[name]["lost"]) for name in STUDENTS}


@pytest.mark.parametrize("manner", MANNERS.values(), ids=MANNERS)
def test_the_walls_own_tests_hold_there(debian: Machine, manner: Manner) -> None:
    tests = " ".join(f"tests/{name}" for name in manner.tests)
    done = run(debian, manner, f"cd {CHECKOUT} && {PYTHON} -m pytest -q -p no:cacheprovider -k 'not ungrouped' {tests}")
    assert done.returncode == 0, done.stdout


def test_no_attack_gains_where_the_wall_is_lowest(debian: Machine) -> None:
    """Every notebook of the batch, graded by an ordinary user whose rooms no control group binds."""
    whole = f"cd {CHECKOUT} && {PYTHON} -m pytest -q -p no:cacheprovider -m whole tests/hostile/test_batch.py"
    done = run(debian, MANNERS["from a job, without a login"], f"{whole} -k 'not ungrouped'")
    assert done.returncode == 0, done.stdout
    assert "1 passed" in done.stdout, done.stdout
