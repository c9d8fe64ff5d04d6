"""`nbgrader autograde` and `autograder grade --compat` on the same courses: the same scores, cell by cell."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import warnings
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import pytest
from nbformat.warnings import DuplicateCellId

import nbgrader_cases as cases
import toy
from autograder.course import load_nbgrader_assignment
from autograder.errors import CourseError
from autograder.nbgrader.compat import grade, open_assignment
from autograder.nbgrader.differences import differences
from autograder.notebook.master import MasterCopy
from autograder.paths import Paths
from autograder.pipeline import Timings
from autograder.records import Grade
from autograder.session import GradingOptions
from autograder.store import Store

PROGRAMS = Path(sys.executable).parent
Scores = dict[str, float | None]
"""Of the cells of one student; None: to be graded by hand."""


@dataclass(frozen=True)
class Both:
    """One assignment, graded twice."""

    theirs: dict[str, Scores]
    """By student; a student whose submission nbgrader refused is not there."""
    ours: dict[str, Scores]
    grades: dict[str, Grade]


def nbgrader(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run nbgrader as a lecturer does. Pytest's own variable would change what its kernels capture."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTEST_CURRENT_TEST"}
    environment |= {
        "PATH": f"{PROGRAMS}:{environment['PATH']}",
        "JUPYTER_CONFIG_DIR": str(root),
        "IPYTHONDIR": str(root),
    }
    command = [str(PROGRAMS / "nbgrader"), *arguments]
    return subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True)


def hand_in(root: Path, student: str, assignment: str, notebook: str, content: bytes) -> None:
    folder = root / "submitted" / student / assignment
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{notebook}.ipynb").write_bytes(content)


def write_source(root: Path, assignment: str, notebook: str, content: bytes) -> None:
    folder = root / "source" / assignment
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{notebook}.ipynb").write_bytes(content)


def graded_twice(root: Path, assignment: str, stopping: Collection[str] = ()) -> Both:
    """Grade an assignment by nbgrader's own commands, then by ours.

    `stopping` are the students whose submission ends nbgrader's run for everybody: they are run one by one.
    """
    (root / "nbgrader_config.py").write_text('c = get_config()\nc.CourseDirectory.course_id = "parity"\n')
    done = nbgrader(root, "generate_assignment", assignment)
    assert done.returncode == 0, done.stderr
    nbgrader(root, "autograde", assignment, f"--CourseDirectory.student_id_exclude={','.join(stopping)}")
    for student in stopping:
        nbgrader(root, "autograde", assignment, "--student", student)
    command = [sys.executable, "-c", "from autograder.cli import main; main()", "grade", assignment, "--compat"]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    with Store(Paths(root).store) as store:
        grades = {one.student: one for one in store.grades(assignment)}
    return Both(_recorded(root, assignment), {name: _ours(one) for name, one in grades.items()}, grades)


def _graded_folders(root: Path, assignment: str) -> set[str]:
    return {path.parent.name for path in root.glob(f"autograded/*/{assignment}")}


def _ours(one: Grade) -> Scores:
    return {
        question.id: None if question.outcomes[0].status == "ungraded" else question.score for question in one.questions
    }


def _recorded(root: Path, assignment: str) -> dict[str, Scores]:
    """What nbgrader's gradebook says of the submissions that it did not refuse."""
    from nbgrader.api import Gradebook

    found: dict[str, Scores] = {}
    with Gradebook(f"sqlite:///{root}/gradebook.db") as gradebook:
        several = len(gradebook.find_assignment(assignment).notebooks) > 1
        for submission in gradebook.assignment_submissions(assignment):
            if submission.student.id in _graded_folders(root, assignment):
                found[submission.student.id] = {
                    f"{notebook.name}/{one.cell.name}" if several else one.cell.name: one.auto_score
                    for notebook in submission.notebooks
                    for one in notebook.grades
                }
    return found


# --- Every kind of output ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def cells(tmp_path_factory: pytest.TempPathFactory) -> Both:
    """The table of cases, in one notebook."""
    root = tmp_path_factory.mktemp("cells")
    notebook = toy.notebook(cases.cases_notebook())
    write_source(root, "cells", "cells", notebook)
    hand_in(root, "ada", "cells", "cells", notebook)
    return graded_twice(root, "cells")


@pytest.mark.parametrize("name", [*cases.CASES, "skip-execution", "empty"])
def test_a_cell_has_nbgraders_score(cells: Both, name: str) -> None:
    assert cells.ours["ada"][name] == cells.theirs["ada"][name]


def test_every_cell_is_compared(cells: Both) -> None:
    assert len(cells.theirs["ada"]) == len(cases.CASES) + 2 >= 40
    assert set(cells.theirs["ada"].values()) >= {0.0, 3.0, 5.0, 5.5, 10.0}


# --- Every way to hand in ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def asked_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("asked")
    write_source(root, "asked", "asked", toy.notebook(cases.ASKED))
    for student, notebook in cases.SUBMISSIONS.items():
        hand_in(root, student, "asked", "asked", toy.notebook(notebook))
    return root


@pytest.fixture(scope="module")
def asked(asked_root: Path) -> Both:
    return graded_twice(asked_root, "asked", cases.STOPPING)


@pytest.mark.parametrize("student", cases.SUBMISSIONS)
def test_a_submission_has_nbgraders_scores(asked: Both, student: str) -> None:
    if student in asked.theirs:
        assert asked.ours[student] == asked.theirs[student]
        assert "refuse" not in asked.grades[student].fault
    else:
        one = asked.grades[student]
        assert (one.status, one.score) == ("graded", 0)
        assert one.fault.startswith("nbgrader would refuse the whole submission: asked.ipynb: ")


def test_what_is_refused_is_said(asked: Both) -> None:
    assert set(asked.grades) - set(asked.theirs) == {
        *cases.STOPPING,
        "infinite",
        "above",
        "no-text",
        "ends-the-process",
    }
    faults = {
        name: asked.grades[name].fault.rpartition("asked.ipynb: ")[2] for name in ("infinite", "above", "no-text")
    }
    assert faults == {
        "infinite": "cell 3 (value): it displays inf, more than its 4 points",
        "above": "cell 3 (value): it displays 5, more than its 4 points",
        "no-text": "cell 3 (value): it displays a value without a text",
    }
    assert asked.grades["ends-the-process"].fault.endswith("cell 2: ended its process")


def test_the_rest_is_for_a_hand(asked: Both) -> None:
    right = asked.grades["right"]
    assert asked.ours["right"] == {"value": 4, "hidden": 3, "by-hand": None, "essay": None, "task": None}
    assert (right.score, right.max_score, right.fault) == (7, 20, "")
    assert [one.id for one in right.questions if one.awaits] == ["by-hand", "essay", "task"]
    untouched = {question.id: question.outcomes[0].message for question in asked.grades["untouched"].questions}
    assert untouched["by-hand"].endswith("No response.")


def test_what_has_not_changed_is_not_run_again(asked: Both, asked_root: Path) -> None:
    steps = list(grade(load_nbgrader_assignment(asked_root, "asked"), GradingOptions(engine="inline"), Timings()))
    assert {step.grade.student for step in steps if step.unchanged} == set(cases.SUBMISSIONS)
    assert {step.grade.student: step.grade.score for step in steps} == {
        name: one.score for name, one in asked.grades.items()
    }


def test_where_the_rules_differ_is_said(asked: Both, asked_root: Path) -> None:
    with open_assignment(load_nbgrader_assignment(asked_root, "asked")) as course:
        found = {(one.student, one.cell): one for one in differences(course)}
    negative = found["negative", "value"]
    assert (negative.nbgrader, negative.sane) == (4, 0)
    assert negative.why == "it displays -2, which nbgrader takes for a success"
    above = found["above", "value"]
    assert (above.nbgrader, above.sane) == (None, 4)
    assert above.why == "it displays 5, more than its 4 points: nbgrader refuses the whole submission for it"
    stderr = found["stderr-later", "value"]
    assert (stderr.nbgrader, stderr.sane) == (0, 4)
    assert stderr.why.startswith("it wrote to standard error (")
    gone = found["no-test-cell", "value"]
    assert (gone.nbgrader, gone.sane) == (0, None)
    assert ("right", "value") not in found


# --- What nbgrader's package carries ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Both:
    root = tmp_path_factory.mktemp("shipped")
    for notebook, (source, variants) in cases.SHIPPED.items():
        write_source(root, "shipped", notebook, (cases.package() / source).read_bytes())
        for number, variant in enumerate(variants):
            hand_in(root, f"student-{number}", "shipped", notebook, (cases.package() / variant).read_bytes())
    for name in cases.SHIPPED_FILES:
        shutil.copy(cases.package() / name, root / "source/shipped")
    return graded_twice(root, "shipped")


@pytest.mark.parametrize("student", [f"student-{number}" for number in range(8)])
def test_a_shipped_notebook_has_nbgraders_scores(shipped: Both, student: str) -> None:
    if student in shipped.theirs:
        assert shipped.ours[student] == shipped.theirs[student]
    else:  # nbgrader cannot turn a cell of another type back where the notebook's format asks for ids
        assert shipped.grades[student].fault.endswith("p1.ipynb: 'id' is a required property")


def test_most_shipped_notebooks_are_compared(shipped: Both) -> None:
    scores = [score for found in shipped.theirs.values() for score in found.values()]
    assert len(shipped.theirs) >= 6
    assert {0.0, None} < set(scores)
    assert sum(score is not None and score > 0 for score in scores) > 20


@pytest.mark.parametrize("name", cases.REFUSED_SOURCES)
def test_a_source_that_nbgrader_refuses_is_the_instructors(tmp_path: Path, name: str) -> None:
    write_source(tmp_path, "shipped", "notebook", (cases.package() / name).read_bytes())
    with pytest.raises(CourseError, match=r"source/shipped/notebook\.ipynb: nbgrader refuses it: "):
        MasterCopy(Paths(tmp_path), "shipped", [tmp_path / "source/shipped/notebook.ipynb"])


def test_cells_of_one_id_say_nothing_on_the_terminal(tmp_path: Path) -> None:
    course = toy.make_course(tmp_path)
    cells = [*toy.answered({}), *(toy.code("own", f"x = {number}") for number in range(2))]
    with MasterCopy(Paths(course), toy.NAME, [course / "source/toy/toy.ipynb"]) as master, warnings.catch_warnings():
        warnings.simplefilter("error", DuplicateCellId)
        assert master.sanitize("toy", "eve", toy.notebook(cells)).cells[-1].source == "x = 1"
