"""The solution that is handed out: answered, with what it puts out, and nothing that is for graders or markers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import toy
from autograder.evidence import load_evidence
from autograder.intake import as_submission
from autograder.pipeline import Timings, grade
from autograder.session import GradingOptions
from autograder.solution import write_solution
from loading import load_assignment

WHY: toy.Cell = {
    **toy.text("why", "Why?\n\n### BEGIN SOLUTION\nBecause.\n### END SOLUTION"),
    "metadata": toy.code("why", "", grade=True, solution=True, points=3)["metadata"],
}
TASK: toy.Cell = {
    **toy.text("task", "Draw.\n\n=== BEGIN MARK SCHEME ===\n2 of 3\n=== END MARK SCHEME ==="),
    "metadata": toy.code("task", "", task=True, locked=True, points=3)["metadata"],
}
MODULE = """\
def f(x):
    ### BEGIN SOLUTION
    return x
    ### END SOLUTION
### BEGIN HIDDEN TESTS
assert f(1)
### END HIDDEN TESTS
"""


def cells(root: Path) -> dict[str, Any]:
    made = json.loads((root / "solution/toy/toy.ipynb").read_text())
    return {cell["id"]: {**cell, "source": "".join(cell["source"])} for cell in made["cells"]}


@pytest.fixture
def course(tmp_path: Path) -> Path:
    toy.write_source(tmp_path, cells=[*toy.SOLUTION, WHY, TASK])
    (tmp_path / "gradebook.db").touch()
    source = tmp_path / "source/toy"
    (source / "module.py").write_text(MODULE)
    (source / "points.csv").write_text("1,2\n")
    (source / "toy.html").write_text("")
    return tmp_path


def test_a_solution_has_the_answers_and_no_marks_of_them(course: Path) -> None:
    (course / "solution/toy").mkdir(parents=True)
    (course / "solution/toy/old.txt").write_text("")
    folder = write_solution((loaded := load_assignment(course, toy.NAME)).settings, loaded.source)
    assert folder == course / "solution/toy"
    assert sorted(path.name for path in folder.iterdir()) == ["module.py", "points.csv", "toy.ipynb"]
    found = cells(course)
    assert found["double-answer"]["source"] == "def double(values):\n    return 2 * np.asarray(values)"
    assert found["why"]["source"] == "Why?\n\nBecause."
    assert found["task"]["source"].strip() == "Draw."
    assert (folder / "module.py").read_text() == "def f(x):\n    return x\n"
    assert (folder / "points.csv").read_text() == "1,2\n"
    whole = "".join(path.read_text() for path in folder.iterdir())
    assert not any(word in whole for word in ("SOLUTION", "HIDDEN", "MARK SCHEME", "assert_close"))
    assert found["greet-answer"]["outputs"] == []


def test_cells_show_what_came_of_the_solution_as_it_is(course: Path) -> None:
    from autograder.release import write_release

    assignment = load_assignment(course, toy.NAME)
    write_release(assignment.source)
    toy.hand_in(course, "ada", toy.released())
    list(grade(assignment, GradingOptions(engine="inline"), Timings()))
    write_solution(assignment.settings, assignment.source)
    said = {"output_type": "stream", "name": "stdout", "text": ["Hello Ada\n"]}
    assert cells(course)["greet-answer"]["outputs"] == [said]
    changed = (course / "source/toy/toy.ipynb").read_text().replace("Hello", "Dear")
    (course / "source/toy/toy.ipynb").write_text(changed)
    anew = load_assignment(course, toy.NAME)
    reference = load_evidence(anew.paths.reference(anew.key))
    assert reference.exam.submission != as_submission(anew.source, anew.settings, anew.source.notebook).digest
    write_solution(anew.settings, anew.source)
    assert cells(course)["greet-answer"]["outputs"] == []
