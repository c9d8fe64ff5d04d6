"""Which line of which file keeps the wall from standing, on files laid out as kernels and systemd lay them out."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from autograder.sandbox import cgroups, remedies
from autograder.sandbox.remedies import remedy

USER = os.geteuid() or 1000
SERVICE = f"user.slice/user-{USER}.slice/user@{USER}.service"


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine on which all is well, for an ordinary user, as files below a folder."""
    for name in ("cgroup", f"cgroup/{SERVICE}", "sys", "units", "run/systemd", "systemd"):
        (tmp_path / name).mkdir(parents=True, exist_ok=True)
    for group in ("cgroup", f"cgroup/{SERVICE}"):
        write(tmp_path / group / "cgroup.controllers", "cpuset cpu io memory pids")
    write(tmp_path / "run/systemd/private", "")
    write(tmp_path / "units/user@.service", "[Service]\nDelegate=pids memory cpu")
    for name, value in (("unprivileged_userns_clone", "1"), ("apparmor_restrict_unprivileged_userns", "0")):
        write(tmp_path / "sys/kernel" / name, value)
    write(tmp_path / "sys/user/max_user_namespaces", "23662")
    monkeypatch.setattr(os, "geteuid", lambda: USER)
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(cgroups, "MOUNT", tmp_path / "cgroup")
    monkeypatch.setattr(cgroups, "RUNTIME", tmp_path / "users")
    monkeypatch.setattr(cgroups, "SYSTEMD", tmp_path / "systemd")
    monkeypatch.setattr(remedies, "SYSCTL", tmp_path / "sys")
    monkeypatch.setattr(remedies, "UNIT_FOLDERS", (str(tmp_path / "own"), str(tmp_path / "units")))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "run"))
    return tmp_path


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text + "\n")


@pytest.mark.parametrize(
    ("file", "value", "line"),
    [
        ("kernel/unprivileged_userns_clone", "0", "`kernel.unprivileged_userns_clone = 1`"),
        ("kernel/apparmor_restrict_unprivileged_userns", "1", "`kernel.apparmor_restrict_unprivileged_userns = 0`"),
        ("user/max_user_namespaces", "0", "`user.max_user_namespaces = 15000`"),
        ("user/max_net_namespaces", "0", "`user.max_net_namespaces = 15000`"),
    ],
)
def test_the_switch_that_is_off_is_named_alone(machine: Path, file: str, value: str, line: str) -> None:
    write(machine / "sys" / file, value)
    found = remedy("namespaces")
    assert found.startswith(f"write {line} in /etc/sysctl.d/60-autograder.conf, then `sysctl --system`, as root")
    assert found == remedy("private file system")
    assert ("apparmor_parser" in found) == ("apparmor" in file)


def test_two_switches_are_named_together(machine: Path) -> None:
    write(machine / "sys/kernel/unprivileged_userns_clone", "0")
    write(machine / "sys/user/max_user_namespaces", "0")
    assert "`user.max_user_namespaces = 15000` and `kernel.unprivileged_userns_clone = 1`" in remedy("namespaces")


def test_where_no_switch_is_off_it_is_a_container_or_a_kernel(machine: Path) -> None:
    assert "--security-opt seccomp=unconfined" in remedy("namespaces")


def test_what_is_not_delegated_is_named_with_the_line_that_says_so(machine: Path) -> None:
    write(machine / "cgroup" / SERVICE / "cgroup.controllers", "memory pids")
    write(machine / "units/user@.service", "[Service]\nDelegate=pids memory")
    lacks = f"{machine}/cgroup/{SERVICE}/cgroup.controllers lacks cpu, for {machine}/"
    assert remedy("control groups").startswith(f"{lacks}units/user@.service says `Delegate=pids memory`: write ")
    write(machine / "units/user@.service.d/90-less.conf", "[Service]\nDelegate=memory\nDelegate = pids")
    write(machine / "own/user@.service.d/10-more.conf", "[Service]\nDelegate=cpu")
    found = remedy("control groups")
    assert found.startswith(f"{lacks}units/user@.service.d/90-less.conf says `Delegate = pids`: write ")
    assert found.endswith(f"`systemctl restart user@{USER}.service` as root, or log in again")


def test_a_user_without_a_systemd_of_their_own_is_told_how_to_have_one(machine: Path) -> None:
    (machine / "run/systemd/private").unlink()
    assert "has no systemd manager, which su and sudo do not start" in remedy("control groups")


def test_a_kernel_without_a_controller_is_told_its_parameter(machine: Path) -> None:
    write(machine / "cgroup/cgroup.controllers", "cpu pids")
    assert remedy("control groups").startswith("this kernel has no memory among its controllers")


def test_version_1_is_for_root_and_the_way_to_version_2_is_said(machine: Path) -> None:
    (machine / "cgroup/cgroup.controllers").unlink()
    assert "mount -t cgroup2" in remedy("control groups")
    (machine / "cgroup/memory").mkdir()
    assert "`systemd.unified_cgroup_hierarchy=1`" in remedy("control groups")


def test_without_systemd_or_its_command_each_is_said(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    assert "`systemd-run` is not on the PATH" in remedy("control groups")
    (machine / "systemd").rmdir()
    assert remedy("control groups") == remedies.NO_SYSTEMD


def test_a_step_that_nobody_can_mend_has_no_remedy(machine: Path) -> None:
    assert remedy("privileges dropped") == ""
