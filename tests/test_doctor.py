"""What `autograder doctor` says of GPUs. That it says the rest is in test_cli.py."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

import digits
import toy
from autograder.assignment import Assignment
from autograder.course_python import environment_of
from autograder.doctor import (
    KERAS_2,
    Finding,
    Rooms,
    assignment_findings,
    course_findings,
    data_findings,
    environment_findings,
    examine_machine,
    gpu_findings,
)
from autograder.sandbox.environment import own_environment
from autograder.sandbox.gpus import Gpu, Survey
from loading import load_assignment

INSTALL = "not in the rooms' environment: install it there"
T4 = Gpu(1, "GPU-5d5ba0d6-d33d-2b2c-524d-9e3d8d2b8a77", "Tesla T4", 15360, ("/dev/nvidia1",))


def test_each_gpu_has_its_line() -> None:
    assert list(gpu_findings(Survey((T4,)))) == [Finding("GPU 1", "Tesla T4, 15360 MB, GPU-5d5ba0d6…")]


def test_no_gpu_is_said_with_its_reason() -> None:
    assert list(gpu_findings(Survey(problems=("no NVIDIA driver",)))) == [Finding("GPUs", "none: no NVIDIA driver")]


def test_a_gpu_left_out_is_said_beside_the_others() -> None:
    findings = list(gpu_findings(Survey((T4,), ("GPU 0: it is in MIG mode",))))
    assert [finding.name for finding in findings] == ["GPU 1", "GPUs"]
    assert findings[1].text == "GPU 0: it is in MIG mode"


def test_a_machine_without_a_gpu_is_sound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    gpus = [finding for finding in examine_machine() if finding.name.startswith("GPU")]
    assert gpus == [Finding("GPUs", "none: no NVIDIA driver: nvidia-smi is not installed", sound=True)]


def test_the_sets_of_the_shelf_are_listed_and_a_broken_one_is_said(tmp_path: Path) -> None:
    shelf = digits.fill_shelf(tmp_path)
    assert [finding.name for finding in data_findings(shelf)] == ["data", "  mnist", "  secret"]
    (tmp_path / "mnist/y_test.npy").unlink()
    broken = [finding for finding in data_findings(shelf) if not finding.sound]
    assert [finding.name for finding in broken] == ["  mnist"]
    assert broken[0].text.startswith("data set mnist: y_test.npy is missing")


def rooms_of(assignment: Assignment) -> Rooms:
    environment = environment_of(assignment.paths, assignment.course, assignment.name)
    return Rooms(assignment.source, assignment.settings, assignment.preload, {}, environment)


def test_what_an_assignment_imports_and_is_not_here_is_listed(tmp_path: Path) -> None:
    source = toy.answer("lib", "### BEGIN SOLUTION\nimport no_such_library.part\n### END SOLUTION")
    root = toy.make_course(tmp_path, cells=(*toy.SOLUTION, source))
    assignment = load_assignment(root, toy.NAME)
    mine = "%matplotlib inline\nimport lightgbm, numppy\nfrom utils import load\nfrom beside import x"
    toy.hand_in(root, "ada", toy.answered({"double-answer": mine}))
    path = toy.hand_in(root, "bob", toy.answered({"double-answer": "def f():\n    import lightgbm as lgb"}))
    (path.parent / "beside.py").write_text("x = 1")
    (tmp_path / "submitted/ada/toy/beside.py").write_text("x = 1")
    assert [(one.name, one.text, one.sound) for one in assignment_findings(rooms_of(assignment))] == [
        ("lightgbm", f"{INSTALL}; imported by 2 of 2 submissions (ada, bob)", False),
        ("no_such_library", f"{INSTALL}; imported by the source", False),
        ("numppy", "no library: numpy, misspelt?; imported by 1 of 2 submissions (ada)", True),
        ("utils", "no library: a file that was not handed in?; imported by 1 of 2 submissions (ada)", True),
        ("install", f"{sys.executable} -m pip install lightgbm no_such_library", False),
    ]


def test_an_assignment_that_lacks_nothing_says_so(tmp_path: Path) -> None:
    assignment = load_assignment(toy.make_course(tmp_path), toy.NAME)
    assert list(assignment_findings(rooms_of(assignment))) == [
        Finding("imports", "all there, of the source and of 0 submissions")
    ]


# --- Environments -----------------------------------------------------------------------------------------------------


def test_each_environment_of_a_course_is_told_with_what_it_lacks(tmp_path: Path) -> None:
    env = tmp_path / "env"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", env], check=True)
    root = toy.make_course(tmp_path / "course")
    (root / "source/other").mkdir()
    (root / "source/other/other.ipynb").write_bytes(toy.notebook(toy.SOLUTION))
    with (root / "course.yaml").open("a") as file:
        file.write(f"  other: {{title: Other, python: {env}}}\n  gone: {{title: Gone}}\n")
    found = [(one.name, one.text, one.sound) for one in course_findings(root)]
    assert found[0] == ("gone", "source/gone: no notebook (.ipynb) here", False)
    lacks = (
        f"{env}/bin/python lacks msgspec, numpy, ipython: run `{env}/bin/python -m pip install msgspec numpy ipython`"
    )
    assert found[1] == ("other", f"course.yaml: assignments.other.python: {lacks}", False)
    own = own_environment()
    assert found[2] == ("rooms", f"{sys.executable}, Python {own.versions['python']} (toy)", True)
    assert ("  tensorflow", own.versions["tensorflow"], True) in found
    assert ("  torch", "not there", True) in found
    assert [text.partition(";")[0] for name, text, _ in found if name == "  threads"] == ["none left running"]
    assert found[-1] == ("  toy: imports", "all there, of the source and of 0 submissions", True)


def test_what_an_import_leaves_running_is_told(tmp_path: Path) -> None:
    (tmp_path / "site-packages").mkdir()
    thread = "import threading, time\nthreading.Thread(target=time.sleep, args=(60,), daemon=True).start()\n"
    (tmp_path / "site-packages/starts_a_thread.py").write_text(thread)
    own = own_environment()
    environment = replace(own, path=(str(tmp_path / "site-packages"), *own.path))
    imports = toy.code("more", "import starts_a_thread", locked=True)
    assignment = load_assignment(toy.make_course(tmp_path / "course", cells=(imports, *toy.SOLUTION)), toy.NAME)
    (threads,) = (one for one in environment_findings(environment, [rooms_of(assignment)]) if one.name == "  threads")
    assert threads.text.startswith("left running by the import of starts_a_thread: each room imports it anew")


def test_keras_2_and_what_rooms_do_not_see_are_told(tmp_path: Path) -> None:
    own = own_environment()
    old = replace(own, versions={**own.versions, "keras": "2.15.0", "tf-keras": "2.19.0"}, modules={})
    told = {one.name: one.text for one in environment_findings(old, ())}
    assert (told["  keras"], told["  tf-keras"]) == (KERAS_2.format("2.15.0"), KERAS_2.format("2.19.0"))
    assert told["  missing"] == (
        f"for rooms it lacks msgspec, numpy, ipython: run `{sys.executable} -m pip install msgspec numpy ipython`"
    )


def test_a_library_installed_to_be_worked_on_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = own_environment()
    worked_on = replace(own, modules={**own.modules, "/home/ada/work": ["no_such_library"]})
    monkeypatch.setattr("autograder.course_python.own_environment", lambda: worked_on)
    imports = toy.code("more", "import no_such_library", locked=True)
    assignment = load_assignment(toy.make_course(tmp_path, cells=(imports, *toy.SOLUTION)), toy.NAME)
    first = next(iter(assignment_findings(rooms_of(assignment))))
    assert first.text.startswith("in /home/ada/work, which rooms do not see: install it there, and not to be worked on")
    assert not first.sound
