"""The course's assignments through nbgrader's commands: the same release, visible tests green on the solution."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from nbgrader.api import Gradebook

from answering import REPOSITORY
from autograder.data.sources import stand_in

LESSONS = sorted(path.name for path in (REPOSITORY / "source").iterdir() if (path / f"{path.name}.ipynb").exists())
PROGRAMS = Path(sys.executable).parent
TORCH = REPOSITORY / ".venv-torch/bin"
"""Where kernels that import PyTorch run: `make .venv-torch/ready` makes it."""
SECONDS = 600
STAND_INS = """
import keras, numpy
def stands_in(name):
    held = numpy.load(f"{folder}/{{name}}.npz")
    def load_data(*_, **__):
        return (held["x_train"], held["y_train"]), (held["x_test"], held["y_test"])
    getattr(keras.datasets, name).load_data = load_data
for name in {names!r}:
    stands_in(name)
"""
"""Run by each kernel before the first cell: a machine without a network has no data sets."""
TORCH_STAND_INS = """
import numpy, torchvision
class CIFAR10:
    def __init__(self, root, train=True, **_):
        held, part = numpy.load("{folder}/cifar10.npz"), "train" if train else "test"
        self.data, self.targets = held[f"x_{{part}}"], held[f"y_{{part}}"].ravel().tolist()
torchvision.datasets.CIFAR10 = CIFAR10
"""
"""The same where kernels have PyTorch: TensorFlow and torchvision in one process end it."""


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course of nbgrader's with the sources, where kernels have data that stand in."""
    root = tmp_path_factory.mktemp("course")
    shutil.copytree(REPOSITORY / "source", root / "source")
    config = f'c = get_config()\nc.CourseDirectory.course_id = "vision"\nc.ExecutePreprocessor.timeout = {SECONDS}\n'
    (root / "nbgrader_config.py").write_text(config)
    names = ("mnist", "fashion_mnist", "cifar10")
    for name in names:
        np.savez(root / f"{name}.npz", **stand_in(name))  # type: ignore[arg-type]
    for folder, text in ((root, STAND_INS), (root / "torch", TORCH_STAND_INS)):
        startup = folder / "profile_default" / "startup"
        startup.mkdir(parents=True)
        (startup / "data.py").write_text(text.format(folder=root, names=names))
    return root


def programs(lesson: str) -> Path:
    """Return the folder of the Python that a lesson's kernel is to run in."""
    code = (REPOSITORY / "source" / lesson / f"{lesson}.ipynb").read_text(encoding="utf-8")
    if '"import torch' not in code or importlib.util.find_spec("torch"):
        return PROGRAMS
    if not (TORCH / "python").exists():
        pytest.skip(f"NOT TESTED: {lesson} needs PyTorch: make .venv-torch/ready")
    return TORCH


def nbgrader(root: Path, *arguments: str, programs: Path = PROGRAMS) -> str:
    environment = {name: value for name, value in os.environ.items() if name != "PYTEST_CURRENT_TEST"}
    environment |= {
        "PATH": f"{programs}:{PROGRAMS}:{environment['PATH']}",
        "JUPYTER_CONFIG_DIR": str(root),
        "IPYTHONDIR": str(root / "torch" if programs == TORCH else root),
        "TF_CPP_MIN_LOG_LEVEL": "3",  # a warning beside a test costs its points there
    }
    command = [str(programs / "python"), "-m", "nbgrader", *arguments]
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stderr


def cells(path: Path) -> Iterator[tuple[str, str, Any]]:
    """Yield each cell's id, its text and its points."""
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        role = cell["metadata"].get("nbgrader", {})
        yield role.get("grade_id", cell["id"]), "".join(cell["source"]), role.get("points")


def awaited(notebook: Any) -> float:
    """The points that somebody is to give."""
    return sum(float(cell.max_score) for cell in notebook.task_cells)


@pytest.mark.parametrize("lesson", LESSONS)
def test_nbgrader_generates_the_same_release(course: Path, lesson: str) -> None:
    nbgrader(course, "generate_assignment", lesson, "--force")
    made, ours = course / "release" / lesson, REPOSITORY / "release" / lesson
    assert list(cells(made / f"{lesson}.ipynb")) == list(cells(ours / f"{lesson}.ipynb"))
    beside = {path.name for path in ours.iterdir()}
    assert beside <= {path.name for path in made.iterdir()}


@pytest.mark.whole
@pytest.mark.tensorflow
@pytest.mark.parametrize("lesson", LESSONS)
def test_visible_tests_are_green_on_the_solution_and_red_on_the_release(course: Path, lesson: str) -> None:
    nbgrader(course, "generate_assignment", lesson, "--force")
    for student in ("solution", "untouched"):
        shutil.copytree(course / "release" / lesson, course / "submitted" / student / lesson)
    path = course / "submitted" / "solution" / lesson / f"{lesson}.ipynb"
    whole = json.loads((course / "source" / lesson / f"{lesson}.ipynb").read_text(encoding="utf-8"))
    for cell in whole["cells"]:
        cell["source"] = re.sub(r" *### (BEGIN|END) SOLUTION\n?", "", "".join(cell["source"]))
    path.write_text(json.dumps(whole), encoding="utf-8")
    nbgrader(course, "autograde", lesson, programs=programs(lesson))
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        most = gradebook.find_assignment(lesson).max_score - awaited(gradebook.find_notebook(lesson, lesson))
        scores = {who: gradebook.find_submission(lesson, who).score for who in ("solution", "untouched")}
    assert scores == {"solution": most, "untouched": 0}
