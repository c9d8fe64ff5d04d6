"""Plain `nbgrader autograde`, its cells run in our rooms, against the same in kernels of its own."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import pytest
from nbgrader.api import Gradebook

import toy
from autograder.course import load_nbgrader_assignment
from autograder.nbgrader import compat
from autograder.nbgrader.executed import outputs
from autograder.pipeline import Timings
from autograder.sandbox import leftovers
from autograder.session import GradingOptions
from autograder.wire.messages import CellRun, Fault

SCRIPTS = sysconfig.get_path("scripts")
CONFIG = """
c = get_config()
c.CourseDirectory.course_id = "tests"
c.Autograde.exclude_overwriting = {"toy": ["theirs.py"]}
"""
ONE_LINE = "from autograder.nbgrader.execute import use_rooms; use_rooms(c)\n"
CELLS = (
    toy.answer("f-answer", "def f(x):\n    ### BEGIN SOLUTION\n    return 2 * x\n    ### END SOLUTION"),
    toy.test_cell("f", 4, "assert f(2) == 4\n### BEGIN HIDDEN TESTS\nassert f(3) == 6\n### END HIDDEN TESTS"),
    toy.test_cell("share", 5, "2.5 if f(1) == 2 else 1"),
    toy.test_cell("warned", 2, "import sys\nprint('careful', file=sys.stderr)"),
    toy.test_cell("file", 3, "assert open('data.txt').read() == 'of the course'"),
    toy.test_cell("module", 1, "from tools.given import one\nassert one() == 1"),
    toy.test_cell("completed", 1, "from theirs import two\nassert two() == 2"),
    toy.answer("last-answer", "### BEGIN SOLUTION\nx = 1\n### END SOLUTION"),
    toy.test_cell("last", 1, "assert x == 1"),
)
PLOT = "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()\nplt.plot([2, 1])\nplt.ylabel('y');"
STUDENTS = {
    "ada": {"f-answer": "def f(x):\n    return 2 * x", "last-answer": f"x = 1\n{PLOT}"},
    "bob": {"f-answer": "def f(x):\n    return 4", "last-answer": "raise SystemExit"},
}
ATTACK = """
import os, socket, urllib.request
found = []
for path in ({course!r} + "/gradebook.db", "../../../gradebook.db", {course!r} + "/source/toy/toy.ipynb"):
    try:
        found.append(open(path, "rb").read(6))
    except OSError as error:
        found.append(type(error).__name__)
try:
    socket.create_connection(("127.0.0.1", {port}), 5)
    found.append("connected")
except OSError as error:
    found.append(type(error).__name__)
print(found)
def f(x):
    return 2 * x
"""


def nbgrader(folder: Path, *arguments: str) -> None:
    (folder / "temporary").mkdir(exist_ok=True)
    environment = {
        **os.environ,
        "PATH": f"{SCRIPTS}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(folder / "home"),
        "TMPDIR": str(folder / "temporary"),
    }
    command = [f"{SCRIPTS}/nbgrader", *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stdout + done.stderr
    assert list((folder / "temporary").glob(f"{leftovers.PREFIX}*")) == []


def hand_in(root: Path, student: str, answers: dict[str, str]) -> None:
    notebook = json.loads((root / "release/toy/toy.ipynb").read_text())
    for cell in notebook["cells"]:
        cell["source"] = answers.get(cell["metadata"]["nbgrader"]["grade_id"], cell["source"])
    folder = root / "submitted" / student / "toy"
    folder.mkdir(parents=True)
    (folder / "toy.ipynb").write_text(json.dumps(notebook))
    (folder / "data.txt").write_text("the student's own")
    (folder / "theirs.py").write_text("def two():\n    return 2")
    (folder / "tools").mkdir()
    (folder / "tools/given.py").write_text("def one():\n    return 'changed'")


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course of nbgrader's alone: no course.yaml, no checks."""
    root = tmp_path_factory.mktemp("rooms") / "course"
    folder = root / "source/toy"
    folder.mkdir(parents=True)
    (folder / "toy.ipynb").write_bytes(toy.notebook(CELLS))
    (folder / "data.txt").write_text("of the course")
    (folder / "theirs.py").write_text("def two():\n    raise NotImplementedError")
    (folder / "tools").mkdir()
    (folder / "tools/given.py").write_text("def one():\n    return 1")
    (root / "nbgrader_config.py").write_text(CONFIG)
    nbgrader(root, "generate_assignment", "toy")
    for student, answers in STUDENTS.items():
        hand_in(root, student, answers)
    return root


@pytest.fixture(scope="module")
def listener() -> Iterator[int]:
    """A port that student code must not reach."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.fixture(scope="module")
def in_rooms(course: Path, listener: int) -> Path:
    """The course autograded in rooms, with an attacker in the class."""
    root = shutil.copytree(course, course.with_name("in-rooms"))
    (root / "nbgrader_config.py").write_text(CONFIG + ONE_LINE)
    attack = ATTACK.format(course=str(root), port=listener)
    hand_in(root, "eve", {"f-answer": attack, "last-answer": "import os\nos._exit(0)"})
    nbgrader(root, "autograde", "toy")
    return root


@pytest.fixture(scope="module")
def in_kernels(course: Path) -> Path:
    root = shutil.copytree(course, course.with_name("in-kernels"))
    nbgrader(root, "autograde", "toy")
    return root


@pytest.fixture(scope="module")
def in_compat(course: Path) -> dict[str, dict[str, float]]:
    root = shutil.copytree(course, course.with_name("in-compat"))
    grades = [
        step.grade for step in compat.grade(load_nbgrader_assignment(root, "toy"), GradingOptions(jobs=1), Timings())
    ]
    return {one.student: {question.id: question.score for question in one.questions} for one in grades}


def scores(root: Path, student: str) -> dict[str, float | None]:
    with Gradebook(f"sqlite:///{root}/gradebook.db", "tests") as book:
        notebook = book.find_submission_notebook("toy", "toy", student)
        return {grade.name: grade.auto_score for grade in notebook.grades}


def test_scores_are_nbgraders_own(in_rooms: Path, in_kernels: Path, in_compat: dict[str, dict[str, float]]) -> None:
    marks = {"f": 4.0, "share": 2.5, "warned": 0.0, "file": 3.0, "module": 1.0, "completed": 1.0, "last": 1.0}
    assert scores(in_rooms, "ada") == marks
    for student in STUDENTS:
        assert scores(in_rooms, student) == scores(in_kernels, student) == in_compat[student]


def test_figures_are_there_as_a_kernel_shows_them(in_rooms: Path, in_kernels: Path) -> None:
    for root in (in_rooms, in_kernels):
        notebook = json.loads((root / "autograded/ada/toy/toy.ipynb").read_text())
        (shown,) = (cell["outputs"] for cell in notebook["cells"] if "plt.show" in "".join(cell["source"]))
        assert ["image/png" in one["data"] for one in shown] == [True, True]


def test_an_attack_finds_nothing_and_what_it_ended_is_lost(in_rooms: Path) -> None:
    notebook = json.loads((in_rooms / "autograded/eve/toy/toy.ipynb").read_text())
    cells = {cell["metadata"]["nbgrader"]["grade_id"]: cell for cell in notebook["cells"]}
    (said,) = cells["f-answer"]["outputs"]
    assert "SQLite" not in "".join(said["text"])
    assert "connected" not in "".join(said["text"])
    assert "".join(said["text"]).count("Error") == 4
    assert cells["last"]["outputs"][0]["ename"] == "RoomEnded"
    assert scores(in_rooms, "eve")["last"] == 0.0
    assert scores(in_rooms, "eve")["f"] == 4.0


def test_a_cell_that_ran_is_an_output_each_and_one_that_did_not_an_error() -> None:
    run = CellRun(0, 0.1, "out", "err", 6, "1")
    assert [one["output_type"] for one in outputs(run, None)] == ["stream", "stream", "execute_result"]
    (error,) = outputs(None, Fault(kind="time"))
    assert (error["ename"], error["evalue"]) == ("RoomEnded", "it ran out of time")
