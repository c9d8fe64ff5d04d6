"""Control groups of version 2, on a tree laid out as the kernel lays it out; and those of this machine."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from autograder.sandbox import cgroups
from autograder.sandbox.cgroups import Share


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A tree of version 2, with the group `scope` delegated to this user, whose process is in it."""
    scope = tmp_path / "scope"
    scope.mkdir()
    for group in (tmp_path, scope):
        (group / "cgroup.controllers").write_text("cpuset cpu io memory pids\n")
        (group / "cgroup.subtree_control").write_text("")
        (group / "cgroup.procs").write_text("")
    (scope / "cgroup.type").write_text("domain\n")
    (scope / "cgroup.procs").write_text(f"{os.getpid()}\n")
    monkeypatch.setattr(cgroups, "MOUNT", tmp_path)
    monkeypatch.setattr(cgroups, "_paths_of", lambda pid: iter([("", "/scope")]))
    return scope


def test_the_zygote_makes_room_for_groups_below_its_own(tree: Path) -> None:
    found = cgroups.hierarchy(os.getpid())
    assert (tree / "host" / "cgroup.procs").read_text() == str(os.getpid())
    assert (tree / "cgroup.subtree_control").read_text() == "+memory +pids +cpu"
    assert found == cgroups.hierarchy(os.getpid())


def test_a_room_is_bound_by_the_kernels_files(tree: Path) -> None:
    group = cgroups.hierarchy(os.getpid()).make(Share(2**30, 64, 2))
    (procs,) = group.procs
    folder = Path(procs).parent
    assert folder.parent == tree
    written = {path.name: path.read_text() for path in folder.iterdir()}
    assert written == {"memory.max": str(2**30), "pids.max": "64", "cpu.max": "200000 100000"}


def test_what_a_room_used_is_read_from_them(tree: Path) -> None:
    group = cgroups.hierarchy(os.getpid()).make(Share(2**30, 64, 0))
    folder = Path(group.procs[0]).parent
    assert (folder / "cpu.max").read_text() == "max 100000"
    (folder / "memory.events").write_text("low 0\nhigh 0\nmax 3\noom 1\noom_kill 0\noom_group_kill 0\n")
    (folder / "cpu.stat").write_text("usage_usec 1500000\nuser_usec 1000000\nsystem_usec 500000\n")
    assert (group.ran_out_of_memory(), group.cpu_seconds(), group.peak_bytes()) == (False, 1.5, 0)
    (folder / "memory.events").write_text("oom 1\noom_kill 1\n")
    (folder / "memory.peak").write_text("4096\n")
    assert (group.ran_out_of_memory(), group.peak_bytes()) == (True, 4096)


def test_a_kill_that_the_machine_needed_is_not_the_rooms_fault(tree: Path) -> None:
    group = cgroups.hierarchy(os.getpid()).make(Share(2**30, 64, 0))
    folder = Path(group.procs[0]).parent
    (folder / "memory.events").write_text("max 0\noom 0\noom_kill 1\n")
    assert (group.ran_out_of_memory(), group.fell_with_the_machine()) == (False, True)
    (folder / "memory.events").write_text("max 9\noom 1\noom_kill 1\n")
    assert (group.ran_out_of_memory(), group.fell_with_the_machine()) == (True, False)


@pytest.mark.parametrize(("peak", "own"), [(2**30, True), (2**30 - 2**17, True), (2**29, False)])
def test_version_1_tells_the_two_by_how_much_the_room_held(tmp_path: Path, peak: int, own: bool) -> None:
    group = cgroups._GroupsOne((tmp_path,) * 4)
    (tmp_path / "memory.oom_control").write_text("oom_kill_disable 0\nunder_oom 0\noom_kill 1\n")
    (tmp_path / "memory.limit_in_bytes").write_text(f"{2**30}\n")
    (tmp_path / "memory.max_usage_in_bytes").write_text(f"{peak}\n")
    assert (group.ran_out_of_memory(), group.fell_with_the_machine()) == (own, not own)
    (tmp_path / "memory.oom_control").write_text("oom_kill_disable 0\nunder_oom 0\noom_kill 0\n")
    assert (group.ran_out_of_memory(), group.fell_with_the_machine()) == (False, False)


def test_root_takes_the_nearest_group_above_that_may_hold_groups(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tree / "cgroup.controllers").write_text("memory\n")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    group = cgroups.hierarchy(os.getpid()).make(Share(2**30, 64, 1))
    assert Path(group.procs[0]).parent.parent == tree.parent
    assert not (tree / "host").exists()
    assert not (tree.parent / "host").exists()


def test_what_is_not_delegated_is_named_with_the_file_that_says_so(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    (tree / "cgroup.controllers").write_text("memory pids\n")
    with pytest.raises(OSError, match="not delegated to this user: cpu") as refused:
        cgroups.hierarchy(os.getpid())
    assert refused.value.filename == str(tree / "cgroup.controllers")


def test_a_group_of_the_root_keeps_its_processes(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cgroups, "_paths_of", lambda pid: iter([("", "/")]))
    cgroups.hierarchy(os.getpid())
    assert not (tree.parent / "host").exists()
    assert (tree.parent / "cgroup.subtree_control").read_text() == "+memory +pids +cpu"


def test_groups_whose_makers_were_killed_are_swept_and_others_are_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    namespace = Path("/proc/self/ns/pid").stat().st_ino
    names = ("autograder-1.1." + str(namespace) + "-1", "autograder-7-1", f"autograder-1.1.{namespace + 1}-1", "mine")
    for name in names:
        (tmp_path / name).mkdir()
    removed: list[str] = []
    monkeypatch.setattr(cgroups, "_empty_and_remove", lambda folder: removed.append(folder.name))
    cgroups._sweep(tmp_path)
    assert removed == [names[0]]


JOINS = """
import os, sys
print(flush=True)
files = sys.stdin.readline().split()
child = os.fork()
if child == 0:
    for file in files:
        open(file, "w").write("0")
    while True:
        pass
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
"""Started as a zygote is: its child joins the groups it is told, and spins. Says how that one ended."""


@pytest.mark.skipif(bool(cgroups.available()), reason="no control groups here")
def test_this_machines_groups_bind_count_and_go() -> None:
    command = [*cgroups.launcher(), sys.executable, "-c", JOINS]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as started:
        assert started.stdin is not None
        assert started.stdout is not None
        assert started.stdout.readline() == "\n"
        group = cgroups.hierarchy(started.pid).make(Share(2**24, 4, 1))
        print(*group.procs, file=started.stdin, flush=True)
        while group.cpu_seconds() < 0.01:
            assert started.poll() is None
        assert not group.ran_out_of_memory()
        assert group.peak_bytes() < 2**24
        folders = [Path(procs).parent for procs in group.procs]
        group.remove()  # whatever is in it is killed
        assert started.stdout.readline() == "-9\n"
    assert not any(folder.exists() for folder in folders)


@pytest.fixture
def managed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine of version 2 with systemd, an ordinary user, and the folder of their own systemd."""
    runtime = tmp_path / "runtime"
    (runtime / "systemd").mkdir(parents=True)
    (runtime / "systemd" / "private").write_text("")
    (tmp_path / "cgroup.controllers").write_text("cpu memory pids\n")
    monkeypatch.setattr(cgroups, "MOUNT", tmp_path)
    monkeypatch.setattr(cgroups, "RUNTIME", tmp_path / "users")
    monkeypatch.setattr(cgroups, "SYSTEMD", tmp_path)
    monkeypatch.setattr(shutil, "which", lambda name: name)
    monkeypatch.setattr(os, "geteuid", lambda: 2**30)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(runtime))
    return runtime


def test_an_ordinary_user_asks_their_own_systemd_and_rooms_are_not_told_of_it(managed: Path) -> None:
    command = cgroups.launcher()
    assert f"XDG_RUNTIME_DIR={managed}" in command[: command.index("systemd-run")]
    assert command[-3:] == ["env", "-u", "XDG_RUNTIME_DIR"]


def test_it_is_found_where_nothing_names_it(managed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_RUNTIME_DIR")
    (managed.parent / "users").mkdir()
    (managed.parent / "users" / str(2**30)).symlink_to(managed)
    assert f"XDG_RUNTIME_DIR={managed.parent}/users/{2**30}" in cgroups.launcher()


def test_without_a_systemd_of_their_own_nothing_is_asked(managed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_RUNTIME_DIR")
    assert cgroups.launcher() == []
    monkeypatch.setenv("XDG_RUNTIME_DIR", "/proc/1/root")  # another's, as a shell of `su` may name: not to be entered
    assert cgroups.launcher() == []
