"""Whatever stands in the place of a course's Python: the course is told, and nothing of it stays."""

from __future__ import annotations

import subprocess
import tracemalloc
from pathlib import Path

import pytest
from typer.testing import CliRunner

import toy
from autograder.cli import app
from autograder.sandbox import environment
from autograder.sandbox.environment import UnfitPython, find_environment
from hostile.environments import PYTHONS


def program(folder: Path, name: str) -> Path:
    python = folder / "python"
    python.write_text(f"#!/bin/sh\n{PYTHONS[name]}\n")
    python.chmod(0o755)
    return python


@pytest.mark.parametrize("name", PYTHONS)
def test_what_is_no_python_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(environment, "ANSWER_SECONDS", 1.0)
    with pytest.raises(UnfitPython):
        find_environment(program(tmp_path, name)).require_rooms()
    assert not subprocess.run(["pgrep", "-f", "sleep 31[34]"], capture_output=True).stdout


@pytest.mark.parametrize("name", ["says-gigabytes", "says-gigabytes-of-what-is-wrong"])
def test_what_it_says_fills_no_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(environment, "ANSWER_SECONDS", 2.0)
    monkeypatch.setattr(environment, "LARGEST_ANSWER", 2**20)
    tracemalloc.start()
    try:
        with pytest.raises(UnfitPython):
            find_environment(program(tmp_path, name))
        assert tracemalloc.get_traced_memory()[1] < 8 * 2**20
    finally:
        tracemalloc.stop()


def test_what_it_says_does_not_steer_a_terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    course = toy.make_course(tmp_path / "course")
    python = program(tmp_path, "fails-with-what-steers-a-terminal")
    with (course / "course.yaml").open("a") as settings:
        settings.write(f"python: {python}\n")
    monkeypatch.chdir(course)
    done = CliRunner().invoke(app, ["doctor"])
    assert "boom" in done.output
    assert not {"\x1b", "\N{RIGHT-TO-LEFT OVERRIDE}"} & set(done.output)


def test_half_an_installation_is_no_version(tmp_path: Path) -> None:
    (tmp_path / "torch-99.dist-info").mkdir()
    asked = "from autograder.worker.installed import versions; print(versions())"
    given = {"PYTHONPATH": f"{tmp_path}:{Path(environment.__file__).parents[2]}"}
    python = environment.own_environment().python
    said = subprocess.run([python, "-c", asked], env=given, capture_output=True, text=True, check=True).stdout
    assert "None" not in said
