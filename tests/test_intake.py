"""What is handed in may be anything: it is rebuilt on the release, or refused as unreadable."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import toy
from autograder.course import Assignment, load_assignment
from autograder.errors import CourseError
from autograder.intake import Rebuilt, as_submission, list_submissions, read_submission, rebuild, students
from autograder.notebook.formats import Notebook, parse_notebook
from autograder.records import Submission
from autograder.release import read_release

STUB = "raise NotImplementedError()"
RELEASE = (
    toy.text("title", "# A toy"),
    toy.code("imports", "import math", locked=True),
    toy.answer("one-answer", STUB),
    toy.test_cell("one", 4, "assert one == 1"),
    toy.answer("two-answer", STUB),
    toy.test_cell("two", 2, "assert two == 2"),
)
LOCKED = {"imports": "import math", "one": "assert one == 1", "two": "assert two == 2"}
ORDER = ["imports", "one-answer", "one", "two-answer", "two"]


def parsed(cells: Sequence[toy.Cell]) -> Notebook:
    return parse_notebook(toy.notebook(cells))


def rebuilt(*cells: toy.Cell) -> Rebuilt:
    return rebuild(parsed(RELEASE), parsed(cells))


def edited(cell: int, source: str) -> toy.Cell:
    return {**RELEASE[cell], "source": source}


def run_of(found: Rebuilt) -> list[tuple[str, str]]:
    return [(cell.id, cell.source) for cell in found.cells]


def ids_of(found: Rebuilt) -> list[str]:
    return [cell.id for cell in found.cells]


# --- A notebook rebuilt on the release --------------------------------------------------------------------------------


def test_an_untouched_release_runs_as_it_is() -> None:
    found = rebuilt(*RELEASE)
    assert run_of(found) == [(cell["id"], cell["source"]) for cell in RELEASE[1:]]
    assert [cell.index for cell in found.cells] == [1, 2, 3, 4, 5]
    assert found.sources == {"one-answer": STUB, "two-answer": STUB}
    assert found.repairs == ()


def test_answers_are_the_students() -> None:
    found = rebuilt(*RELEASE[:2], edited(2, "one = 1"), *RELEASE[3:])
    assert ("one-answer", "one = 1") in run_of(found)
    assert found.sources["one-answer"] == "one = 1"
    assert found.repairs == ()


@pytest.mark.parametrize("cell", [1, 3])
def test_a_locked_cell_has_the_releases_text(cell: int) -> None:
    found = rebuilt(*RELEASE[:cell], edited(cell, "one = two = 0"), *RELEASE[cell + 1 :])
    assert run_of(found) == run_of(rebuilt(*RELEASE))
    assert found.repairs == (RELEASE[cell]["id"],)


def test_a_locked_cell_turned_into_text_runs_all_the_same() -> None:
    turned = {**toy.text("one", "assert one == 1"), "metadata": RELEASE[3]["metadata"]}
    assert run_of(rebuilt(*RELEASE[:3], turned, *RELEASE[4:])) == run_of(rebuilt(*RELEASE))


def test_spaces_around_a_locked_cell_are_no_edit() -> None:
    assert rebuilt(*RELEASE[:3], edited(3, "assert one == 1\n"), *RELEASE[4:]).repairs == ()


def test_a_deleted_test_cell_comes_back_after_the_cell_it_followed() -> None:
    found = rebuilt(*RELEASE[:3], *RELEASE[4:])
    assert run_of(found) == run_of(rebuilt(*RELEASE))
    assert found.repairs == ("one",)


def test_a_deleted_answer_comes_back_as_its_stub_and_is_no_answer() -> None:
    found = rebuilt(*RELEASE[:2], *RELEASE[3:])
    assert run_of(found) == run_of(rebuilt(*RELEASE))
    assert found.sources == {"two-answer": STUB}
    assert found.repairs == ("one-answer",)


def test_an_empty_notebook_becomes_the_release() -> None:
    found = rebuilt()
    assert run_of(found) == run_of(rebuilt(*RELEASE))
    assert found.repairs == tuple(ORDER)
    assert found.sources == {}


def test_a_moved_cell_stays_where_the_student_put_it() -> None:
    found = rebuilt(RELEASE[0], RELEASE[3], RELEASE[1], RELEASE[2], *RELEASE[4:])
    assert ids_of(found) == ["one", "imports", "one-answer", "two-answer", "two"]
    assert found.repairs == ()


def test_a_students_own_cells_stay_in_place() -> None:
    mine = [toy.code(f"mine-{n}", f"mine = {n}") for n in range(3)]
    found = rebuilt(mine[0], *RELEASE[:3], mine[1], *RELEASE[4:], mine[2])
    assert [source for _, source in run_of(found)] == [
        "mine = 0",
        "import math",
        STUB,
        "assert one == 1",
        "mine = 1",
        STUB,
        "assert two == 2",
        "mine = 2",
    ]


def test_a_copy_of_a_cell_runs_as_a_cell_of_the_students() -> None:
    found = rebuilt(*RELEASE[:3], edited(2, "one = 1"), RELEASE[3], edited(3, "one = 2"), *RELEASE[4:])
    assert run_of(found)[1:5] == [
        ("one-answer", STUB),
        ("", "one = 1"),
        ("one", "assert one == 1"),
        ("", "one = 2"),
    ]
    assert found.sources["one-answer"] == STUB


def test_an_id_the_release_does_not_have_means_nothing() -> None:
    found = rebuilt(*RELEASE, toy.test_cell("bonus", 100, "assert True"))
    assert run_of(found)[-1] == ("", "assert True")


@st.composite
def handed_in(draw: st.DrawFn) -> list[toy.Cell]:
    """Cells of the release deleted, copied, shuffled, edited, in any mixture with cells of the student's own."""
    cells = draw(st.lists(st.sampled_from(RELEASE), max_size=12))
    mixed = []
    for number, cell in enumerate(cells):
        mixed.append({**cell, "source": f"edited = {number}"} if draw(st.booleans()) else cell)
        if draw(st.booleans()):
            mixed.append(toy.code(f"mine-{number}", f"mine = {number}"))
    return mixed


@given(handed_in())
def test_every_cell_of_the_release_runs_once_and_the_students_keep_their_order(cells: list[toy.Cell]) -> None:
    found = rebuilt(*cells)
    named = [(name, source) for name, source in run_of(found) if name]
    assert sorted(name for name, _ in named) == sorted(ORDER)
    assert {name: source for name, source in named if name in LOCKED} == LOCKED
    submitted = [cell["source"] for cell in cells if cell["cell_type"] == "code" and cell["id"] not in LOCKED]
    kept = iter([source for name, source in run_of(found) if name not in LOCKED])
    assert all(source in kept for source in submitted), "an own cell or an answer is lost, or out of its place"


@given(handed_in())
def test_rebuilding_twice_changes_nothing_more(cells: list[toy.Cell]) -> None:
    once = rebuilt(*cells)
    release = {cell["id"]: cell for cell in RELEASE}
    again = rebuilt(*({**release.get(cell.id, toy.code("", "")), "source": cell.source} for cell in once.cells))
    assert run_of(again) == run_of(once)
    assert again.repairs == ()


# --- Files ------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return toy.make_course(tmp_path_factory.mktemp("course"))


@pytest.fixture
def assignment(root: Path, tmp_path: Path) -> Assignment:
    """The toy assignment, with nothing handed in."""
    for name in ("course.yaml", "source", "release"):
        (tmp_path / name).symlink_to(root / name)
    return load_assignment(tmp_path, toy.NAME)


def read(assignment: Assignment) -> Submission | None:
    return read_submission(assignment, read_release(assignment), "ada")


def fault_of(assignment: Assignment, content: bytes) -> str:
    toy.hand_in(assignment.paths.root, "ada", content)
    submission = read(assignment)
    assert submission is not None
    assert submission.fault is not None
    assert (submission.fault.kind, submission.cells) == ("unreadable", ())
    return submission.fault.message


def test_a_notebook_is_read(assignment: Assignment) -> None:
    toy.hand_in(assignment.paths.root, "ada", toy.answered({"names-answer": "names = []"}))
    submission = read(assignment)
    assert submission is not None
    assert (submission.student, submission.fault, submission.repairs) == ("ada", None, ())
    assert submission.sources["names-answer"] == "names = []"
    assert submission.digest.startswith("sha256:")


def test_nothing_is_handed_in(assignment: Assignment) -> None:
    assert students(assignment) == []
    assert read(assignment) is None
    assignment.paths.submission("ada", toy.NAME).mkdir(parents=True)
    assert list(list_submissions(assignment, read_release(assignment))) == [("ada", None)]


def test_the_only_notebook_is_the_submission_whatever_its_name(assignment: Assignment) -> None:
    path = toy.hand_in(assignment.paths.root, "ada", toy.answered({}))
    path.rename(path.with_name("toy (1) FINAL.ipynb"))
    assert read(assignment) is not None


def test_the_notebook_of_the_assignments_name_comes_first(assignment: Assignment) -> None:
    path = toy.hand_in(assignment.paths.root, "ada", toy.answered({"names-answer": "names = 1"}))
    path.with_name("a.ipynb").write_text("not this one")
    submission = read(assignment)
    assert submission is not None
    assert submission.sources["names-answer"] == "names = 1"


def test_two_notebooks_of_other_names_are_no_submission(assignment: Assignment) -> None:
    path = toy.hand_in(assignment.paths.root, "ada", toy.answered({}))
    path.rename(path.with_name("a.ipynb"))
    path.with_name("b.ipynb").write_text("{}")
    assert read(assignment) is None


def test_a_link_is_not_followed(assignment: Assignment) -> None:
    path = toy.hand_in(assignment.paths.root, "grace", toy.answered({}))
    folder = assignment.paths.submission("ada", toy.NAME)
    folder.mkdir(parents=True)
    (folder / path.name).symlink_to(path)
    assert read(assignment) is None


def test_a_folder_named_as_a_notebook_is_none(assignment: Assignment) -> None:
    (assignment.paths.submission("ada", toy.NAME) / f"{toy.NAME}.ipynb").mkdir(parents=True)
    assert read(assignment) is None


WHOLE = toy.notebook(toy.SOLUTION)
DEEP = b"[" * 100_000 + b"]" * 100_000


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the file is empty"),
        (b" \n", "the file is empty"),
        (b"from numpy import *", "JSON is malformed: invalid character (byte 5)"),
        (WHOLE[:-3], "Input data was truncated"),
        (b"[]", "Expected `object`, got `array`"),
        (b'{"cells": []}', "Object missing required field `nbformat`"),
        (b'{"nbformat": 4, "cells": [3]}', "Expected `object`, got `int` - at `$.cells[0]`"),
        (b'{"nbformat": 5, "cells": []}', "Unsupported nbformat version 5"),
        (WHOLE.replace(b"A toy", b"A t\xe9y"), "'utf-8' codec can't decode byte 0xe9 in position 5: "),
        (WHOLE.decode().encode("utf-16"), "JSON is malformed: invalid character (byte 0)"),
        (WHOLE.replace(b"[]", DEEP, 1), "maximum recursion depth exceeded while deserializing an object"),
        (WHOLE.replace(b"{}", b'{"a": ' + DEEP + b"}", 1), "maximum recursion depth exceeded while deserializing"),
        (b'{"nbformat": 3, "worksheets": ' + DEEP + b"}", "maximum recursion depth exceeded while deserializing"),
        (b'{"nbformat": 3, "worksheets": 3}', "'int' object is not iterable"),
    ],
    ids=lambda value: "" if isinstance(value, str) else repr(value[:12]),
)
def test_a_file_that_is_not_a_notebook_is_a_fault_of_the_students(
    assignment: Assignment, content: bytes, message: str
) -> None:
    assert fault_of(assignment, content).startswith(message)


def test_a_notebook_has_a_largest_size(assignment: Assignment) -> None:
    path = assignment.paths.root / "course.yaml"
    settings = path.read_text() + "      notebook_mb: 1\n"
    path.unlink()
    path.write_text(settings)
    small = load_assignment(assignment.paths.root, toy.NAME)
    assert fault_of(small, WHOLE + b" " * 2**20) == "over 1 MB"
    toy.hand_in(small.paths.root, "ada", WHOLE + b" " * (2**20 - len(WHOLE)))
    submission = read(small)
    assert submission is not None
    assert submission.fault is None


def test_an_older_notebook_is_upgraded(assignment: Assignment) -> None:
    cell = {"cell_type": "code", "collapsed": False, "language": "python", "metadata": {}, "outputs": []}
    sheets = [{"cells": [{**cell, "input": "mine = 1"}]}]
    old = {"nbformat": 3, "nbformat_minor": 0, "metadata": {"name": ""}, "worksheets": sheets}
    toy.hand_in(assignment.paths.root, "ada", json.dumps(old).encode())
    submission = read(assignment)
    assert submission is not None
    assert submission.fault is None
    assert submission.cells[-1].source == "mine = 1"
    assert "double" in submission.repairs


@pytest.mark.parametrize("role", [3, {}, {"grade_id": 3}, {"grade_id": "x", "points": "many"}])
def test_metadata_that_makes_no_sense_makes_an_ordinary_cell(assignment: Assignment, role: object) -> None:
    cell = {**toy.code("mine", "mine = 1"), "metadata": {"nbgrader": role}}
    toy.hand_in(assignment.paths.root, "ada", [cell, *toy.SOLUTION])
    submission = read(assignment)
    assert submission is not None
    assert (submission.cells[0].id, submission.cells[0].source) == ("", "mine = 1")


def test_a_notebook_of_the_course_is_a_submission_too(assignment: Assignment) -> None:
    submission = as_submission("", assignment.source)
    assert [cell.id for cell in submission.cells] == [cell["id"] for cell in toy.SOLUTION[1:]]
    assert set(submission.sources) == {"double-answer", "names-answer", "greet-answer"}


def one_assignment(tmp_path: Path) -> tuple[Assignment, Notebook]:
    assignment = load_assignment(toy.make_course(tmp_path), toy.NAME)
    return assignment, read_release(assignment)


def test_points_beyond_all_numbers_stop_nobody(tmp_path: Path) -> None:
    assignment, release = one_assignment(tmp_path)
    cells = toy.answered({})
    cells[3]["metadata"]["nbgrader"]["points"] = 10**400
    toy.hand_in(tmp_path, "ada", cells)
    submission = read_submission(assignment, release, "ada")
    assert submission is not None
    assert submission.fault is None


def test_a_notebook_with_pythons_nan_is_read(tmp_path: Path) -> None:
    assignment, release = one_assignment(tmp_path)
    cells = toy.answered({})
    cells[0]["metadata"] = {"score": float("nan")}
    toy.hand_in(tmp_path, "ada", cells)
    submission = read_submission(assignment, release, "ada")
    assert submission is not None
    assert submission.fault is None


def test_a_test_cell_turned_into_text_is_put_back_and_said(tmp_path: Path) -> None:
    assignment, release = one_assignment(tmp_path)
    cells = toy.answered({})
    cells[3] = {**cells[3], "cell_type": "markdown"}
    toy.hand_in(tmp_path, "ada", cells)
    submission = read_submission(assignment, release, "ada")
    assert submission is not None
    assert submission.repairs == ("double",)
    assert "double" in [cell.id for cell in submission.cells]


def test_a_folder_whose_name_is_not_text_is_named(tmp_path: Path) -> None:
    assignment, _ = one_assignment(tmp_path)
    Path(os.fsdecode(os.fsencode(tmp_path / "submitted") + b"/caf\xe9")).mkdir(parents=True)
    with pytest.raises(CourseError, match="a folder's name that is not text: rename it"):
        students(assignment)
