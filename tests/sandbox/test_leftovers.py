"""What a killed run leaves is removed by the next, and what a running one holds is not."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from autograder.sandbox import leftovers

HOLDS = """
import sys, tempfile
tempfile.tempdir = sys.argv[1]
from autograder.sandbox import leftovers
held = leftovers.folder()
print(held.name, flush=True)
sys.stdin.read()
"""


def test_a_folder_goes_once_its_owner_was_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    command = [sys.executable, "-c", HOLDS, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as run:
        assert run.stdout is not None
        held = Path(run.stdout.readline().strip())
        leftovers.sweep.cache_clear()
        with leftovers.folder() as mine:
            assert held.is_dir()
            run.kill()
            run.wait()
            leftovers.sweep.cache_clear()
            leftovers.sweep(tmp_path)
            assert not held.exists()
            assert Path(mine).is_dir()


def test_what_nobody_can_tell_the_owner_of_is_left_alone() -> None:
    namespace = Path("/proc/self/ns/pid").stat().st_ino
    for name in ("abc", "1", "1.1", f"1.1.{namespace + 1}", "x.y.z", leftovers.owner()):
        assert leftovers.alive(name), name
    assert not leftovers.alive(f"{os.getpid()}.1.{namespace}")  # this number's process was another one


def test_whoever_cannot_be_looked_at_may_be_at_work(monkeypatch: pytest.MonkeyPatch) -> None:
    name = leftovers.owner()

    def no_descriptor_left(self: Path) -> str:
        raise OSError(24, "Too many open files", str(self))

    assert leftovers.alive(name)
    with monkeypatch.context() as patched:
        patched.setattr(Path, "read_text", no_descriptor_left)
        assert leftovers.alive(name)
