"""The wheel, in an environment without TensorFlow, outside the clone: it grades a course that names its own Python."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

import toy

COURSE = """\
python: {python}
course: tests
title: A course for tests
assignments:
  toy:
    title: Toy assignment
    limits: {{cell_seconds: 60, seconds: 120}}
"""
CHECKS = '''\
from autograder import model, question
from autograder.asserts import assert_params, assert_same_network

net = model("net")


@question("net")
def test_params(net):
    """The network has 15 parameters."""
    assert_params(net, 15)


@question("net")
def test_same(net):
    """It is the one that is asked for."""
    assert_same_network(net)
'''
SOLUTION = (
    toy.code("imports", "import keras", locked=True),
    toy.answer(
        "net-answer",
        "### BEGIN SOLUTION\n"
        "net = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, 'relu')])\n"
        "### END SOLUTION",
    ),
    toy.test_cell("net", 2, ""),
)
LEFT_OUT = (
    "tensorflow",
    "keras",
    "IPython",
    "ipython",
    "sklearn",
    "scikit_learn",
    "torch",
    "jax",
    "__editable__",
    "autograder",
)
"""What the linked environment has not, by the beginning of its folders' names."""


@pytest.fixture(scope="module")
def wheel(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project's wheel, built from a copy: a build leaves its folders beside the source."""
    copy, made = tmp_path_factory.mktemp("source") / "project", tmp_path_factory.mktemp("wheel")
    shutil.copytree(repository / "autograder", copy / "autograder", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(repository / name, copy)
    build = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "-q",
        "--no-deps",
        "--no-build-isolation",
        "-w",
        str(made),
        str(copy),
    ]
    subprocess.run(build, check=True, capture_output=True)
    (found,) = made.glob("*.whl")
    return found


def empty_environment(folder: Path, *options: str) -> Path:
    subprocess.run([sys.executable, "-m", "venv", *options, folder], check=True)
    return folder / "bin/python"


@pytest.fixture(scope="module")
def linked(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment that holds the wheel, and what it depends on as it is here: nothing is downloaded."""
    python = empty_environment(tmp_path_factory.mktemp("linked") / "env", "--without-pip")
    site = next(python.parent.parent.glob("lib/*/site-packages"))
    for one in Path(sysconfig.get_path("purelib")).iterdir():
        if not one.name.startswith(LEFT_OUT):
            (site / one.name).symlink_to(one)
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    return python


@pytest.fixture(scope="module")
def installed(wheel: Path, repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment that pip installed the wheel into, with what it declares."""
    python = empty_environment(tmp_path_factory.mktemp("installed") / "env")
    pip = [str(python), "-m", "pip", "--disable-pip-version-check"]
    reached = subprocess.run(
        [*pip, "download", "-q", "--no-deps", "-d", str(python.parent), "iniconfig"], capture_output=True
    )
    if reached.returncode:
        pytest.skip("no package index can be reached: that the wheel installs was NOT tried")
    install = [*pip, "install", "-q", "-c", str(repository / "requirements.txt"), str(wheel)]
    done = subprocess.run(install, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return python


def graded(python: Path, root: Path) -> None:
    """Grade, judge again and show one submission with the grader of `python`, in rooms of this Python."""
    absent = "import importlib.util as u; print([n for n in ('tensorflow', 'keras', 'sklearn') if u.find_spec(n)])"
    assert subprocess.run([python, "-c", absent], capture_output=True, text=True, cwd=root).stdout == "[]\n"
    toy.write_source(root, cells=SOLUTION, checks=CHECKS)
    (root / "course.yaml").write_text(COURSE.format(python=sys.executable))

    def autograder(*arguments: str) -> str:
        command = [str(python.parent / "autograder"), *arguments]
        if not Path(command[0]).exists():  # unpacked, not installed: it has no script
            command = [str(python), "-m", "autograder", *arguments]
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        done = subprocess.run(command, cwd=root, capture_output=True, text=True, env=environment)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    autograder("release", toy.NAME)
    handed_in = [dict(cell) for cell in json.loads((root / "release/toy/toy.ipynb").read_text())["cells"]]
    own = "net = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3), keras.layers.ReLU()])"
    next(cell for cell in handed_in if cell["id"] == "net-answer")["source"] = own
    toy.hand_in(root, "ada", handed_in)
    assert "1 graded" in autograder("grade", toy.NAME)
    assert "1 judged" in autograder("judge", toy.NAME)
    assert "1 pages" in autograder("feedback", toy.NAME)
    (row,) = map(json.loads, autograder("results", toy.NAME, "--json").splitlines())
    assert (row["student"], row["status"], row["score"]) == ("ada", "graded", 2)


@pytest.mark.tensorflow
def test_the_wheel_grades_without_tensorflow(linked: Path, tmp_path: Path) -> None:
    graded(linked, tmp_path)


@pytest.mark.whole
@pytest.mark.tensorflow
def test_pip_installs_the_wheel_and_it_grades(installed: Path, tmp_path: Path) -> None:
    graded(installed, tmp_path)


def test_without_a_python_of_its_own_what_rooms_lack_is_said(linked: Path, tmp_path: Path) -> None:
    root = toy.make_course(tmp_path)
    toy.hand_in(root, "ada", toy.answered({}))
    done = subprocess.run([linked, "-m", "autograder", "grade", toy.NAME], cwd=root, capture_output=True, text=True)
    assert done.returncode == 2
    assert f"course.yaml: python: {linked} lacks ipython: run `{linked} -m pip install ipython`" in done.stderr
