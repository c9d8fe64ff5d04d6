"""An assignment of several notebooks, from its release to the gradebook: each examined alone, one grade for both."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from nbgrader.api import Gradebook

import toy
from autograder.grades import join
from autograder.records import Grade, QuestionGrade

SECOND = (
    toy.text("title", "# The second"),
    toy.code("imports", "import math", locked=True),
    toy.answer("area-answer", "def area(r):\n    ### BEGIN SOLUTION\n    return math.pi * r * r\n    ### END SOLUTION"),
    toy.test_cell("area", 3, "assert round(area(1), 2) == 3.14"),
    toy.answer("shadow-answer", "### BEGIN SOLUTION\nnames = [1, 2]\n### END SOLUTION"),
    toy.test_cell("shadow", 1, "assert len(names) == 2"),
)
CHECKS = '''
from autograder import call, question
from autograder.asserts import assert_close

area = call("area", 2)


@question("area", weight=2)
def test_area(area):
    """The area of a disc."""
    assert_close(area, 12.566371)
'''
NOTEBOOKS = ("second.ipynb", "toy.ipynb")
NOTHING = "toy.ipynb: no notebook handed in"


def ran(root: Path, *arguments: str, status: int = 0) -> str:
    command = [sys.executable, "-m", "autograder", *arguments]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True)
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout + done.stderr


def results(root: Path) -> dict[str, dict[str, Any]]:
    lines = map(json.loads, ran(root, "results", "toy", "--json").splitlines())
    return {line["student"]: line for line in lines}


def points(line: Mapping[str, Any]) -> dict[str, float]:
    return {question["id"]: question["score"] for question in line["questions"]}


def handed_in(root: Path, student: str, name: str, cells: list[toy.Cell]) -> None:
    folder = root / "submitted" / student / "toy"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(toy.notebook(cells))


def solved(cells: tuple[toy.Cell, ...]) -> list[toy.Cell]:
    return [{**cell, "source": cell["source"].replace("### BEGIN SOLUTION", "")} for cell in cells]


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("parts")
    toy.write_source(root)
    source = root / "source/toy"
    (source / "checks.py").rename(source / "toy_checks.py")
    (source / "second.ipynb").write_bytes(toy.notebook(SECOND))
    (source / "second_checks.py").write_text(CHECKS)
    (source / "points.csv").write_text("1,2\n")
    (root / "gradebook.db").touch()
    (root / "nbgrader_config.py").write_text('get_config().CourseDirectory.course_id = "tests"\n')
    ran(root, "release", "toy")
    handed_in(root, "ada", "toy.ipynb", toy.answered({}))
    handed_in(root, "ada", "second.ipynb", solved(SECOND))
    handed_in(root, "bob", "renamed (2).ipynb", solved(SECOND))
    (root / "submitted/cleo").mkdir()
    return root


@pytest.fixture(scope="module")
def graded(course: Path) -> Path:
    said = ran(course, "grade", "toy")
    assert "2 graded, 0 unchanged, 1 missing" in said
    assert "gradebook: 2 submissions up to date" in said
    return course


def test_a_release_holds_every_notebook_and_no_checks(course: Path) -> None:
    folder = course / "release/toy"
    assert sorted(path.name for path in folder.iterdir()) == ["points.csv", *NOTEBOOKS]
    assert all("BEGIN SOLUTION" not in (folder / name).read_text() for name in NOTEBOOKS)


def test_each_notebook_is_validated(course: Path, tmp_path: Path) -> None:
    said = ran(course, "validate", "toy").splitlines()
    assert [line for line in said if not line.startswith("note: ")] == [
        "toy/second.ipynb: fit to hand out (2 questions, 4 points)",
        "toy/toy.ipynb: fit to hand out (3 questions, 8 points)",
    ]
    root = shutil.copytree(course, tmp_path / "course")
    (root / "release/toy/second_checks.py").write_text("")
    (root / "release/toy/old.txt").write_text("return math.pi * r * r\nnames = [1, 2]")
    found = ran(root, "validate", "toy", status=1).splitlines()
    assert [line for line in found if not line.startswith("note: ")] == [
        "release/toy/old.txt: gives away the solution in area-answer: return math.pi * r * r",
        "release/toy/old.txt: gives away the solution in shadow-answer: names = [1, 2]",
        "release/toy/second_checks.py: the grader's own file, in what students get: remove it",
        "release/toy/old.txt: in what students get, not in the source: remove it",
        "release/toy/second_checks.py: in what students get, not in the source: remove it",
    ]


def test_one_grade_for_all(graded: Path) -> None:
    found = results(graded)
    assert points(found["ada"]) == {"area": 3, "shadow": 1, "double": 4, "names": 2, "greet": 2}
    assert points(found["bob"]) == {"area": 3, "shadow": 1, "double": 0, "names": 0, "greet": 0}
    assert {who: (one["status"], one["score"], one["max_score"]) for who, one in found.items()} == {
        "ada": ("graded", 12, 12),
        "bob": ("graded", 4, 12),
        "cleo": ("missing", 0, 12),
    }
    assert all(one["assignment"] == "toy" for one in found.values())
    table = ran(graded, "results", "toy").splitlines()
    assert table[2].rstrip().endswith(NOTHING)


def test_what_has_not_changed_is_not_graded_again_and_judging_gives_the_same(graded: Path) -> None:
    before = results(graded)
    assert "0 graded, 2 unchanged, 1 missing" in ran(graded, "grade", "toy")
    assert "2 judged" in ran(graded, "judge", "toy")
    assert {who: points(one) for who, one in results(graded).items()} == {w: points(one) for w, one in before.items()}


def test_each_notebook_has_its_page(graded: Path) -> None:
    assert "6 pages under feedback/" in ran(graded, "feedback", "toy")
    page = (graded / "feedback/ada/toy/second.html").read_text()
    assert "The area of a disc." in page
    assert "Every number is doubled." not in page


def test_the_gradebook_has_a_row_for_each_notebook(graded: Path) -> None:
    with Gradebook(f"sqlite:///{graded}/gradebook.db", "tests") as book:
        assert {one.name for one in book.find_assignment("toy").notebooks} == {"toy", "second"}
        for who, score in (("ada", 12), ("bob", 4)):
            submission = book.find_submission("toy", who)
            assert (submission.score, submission.max_score, submission.needs_manual_grade) == (score, 12, False)
    assert {path.name for path in (graded / "autograded/ada/toy").glob("*.ipynb")} == set(NOTEBOOKS)


def test_a_change_in_one_notebook_is_another_attempt(graded: Path, tmp_path: Path) -> None:
    root = shutil.copytree(graded, tmp_path / "course")
    handed_in(root, "bob", "toy.ipynb", toy.answered({"names-answer": "names = []"}))
    assert "1 graded, 1 unchanged, 1 missing" in ran(root, "grade", "toy")
    bob = results(root)["bob"]
    assert (bob["attempt"], points(bob)["double"], points(bob)["names"], points(bob)["area"]) == (2, 4, 0, 3)


def one(status: Any, fault: str = "", isolation: str = "strict") -> Grade:
    question = QuestionGrade("q", 1, 2, ())
    return Grade("ada", "lab/a.ipynb", status, (question,), isolation, submission=fault or "sha256:1", fault=fault)


def test_what_is_joined_is_as_sure_as_its_weakest_part() -> None:
    joined = join("lab", {"a.ipynb": one("graded"), "b.ipynb": one("ungraded", "the room was lost", "standard")})
    assert (joined.status, joined.isolation, joined.assignment) == ("ungraded", "standard", "lab")
    assert (joined.score, joined.max_score, joined.fault) == (2, 4, "b.ipynb: the room was lost")
    assert join("lab", {"a.ipynb": one("missing"), "b.ipynb": one("graded")}).status == "graded"
    assert join("lab", {"a.ipynb": one("missing"), "b.ipynb": one("missing")}).status == "missing"
