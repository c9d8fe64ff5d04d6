"""What is handed in may be anything: it is rebuilt on the release, or refused as unreadable."""

from __future__ import annotations

import io
import json
import os
import tracemalloc
import unicodedata
import zipfile
from pathlib import Path

import pytest

import toy
from autograder.assignment import Assignment
from autograder.data.shelf import Shelf
from autograder.data.weights import add_weights
from autograder.intake import as_submission, folders_left_out, read_submission, students
from autograder.notebook.formats import Notebook
from autograder.records import Repair, Submission
from autograder.release import read_release
from autograder.wire.messages import Fault
from loading import load_assignment

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
    return read_submission(assignment.source, assignment.settings, read_release(assignment.source), "ada")


def repairs_of(submission: Submission) -> list[tuple[str, str]]:
    return [(repair.kind, repair.cell) for repair in submission.repairs]


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
    assert students(assignment.paths) == []
    assert read(assignment) is None
    assignment.paths.submission("ada", toy.NAME).mkdir(parents=True)
    assert students(assignment.paths) == ["ada"]
    assert read(assignment) is None


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


def test_of_several_the_notebook_with_most_of_the_releases_cells_is_graded(assignment: Assignment) -> None:
    path = toy.hand_in(assignment.paths.root, "ada", toy.answered({"names-answer": "names = 1"})[:3])
    path.with_name("b.ipynb").write_bytes(toy.notebook(toy.answered({"names-answer": "names = 2"})))
    submission = read(assignment)
    assert submission is not None
    assert submission.sources["names-answer"] == "names = 2"
    assert submission.repairs[0] == Repair("chosen", detail="b.ipynb")


def test_of_equals_the_one_with_more_answers_then_the_latest_is_graded(assignment: Assignment) -> None:
    path = toy.hand_in(assignment.paths.root, "ada", toy.notebook(released(assignment)))
    others = [path.with_name(f"{letter}.ipynb") for letter in "bcd"]
    for number, other in enumerate(others):
        other.write_bytes(toy.notebook(toy.answered({"names-answer": f"names = {number}"})))
        os.utime(other, (100 - number, 100 - number))
    submission = read(assignment)
    assert submission is not None
    assert submission.sources["names-answer"] == "names = 0"


def released(assignment: Assignment) -> list[toy.Cell]:
    """The release's cells, as they lie on disk."""
    path = assignment.paths.release(toy.NAME) / f"{toy.NAME}.ipynb"
    cells: list[toy.Cell] = json.loads(path.read_bytes())["cells"]
    return cells


@pytest.mark.parametrize(
    "name", ["work/TP 1/été.ipynb", "toy.IPYNB", "toy.ipynb.txt", "e\u0301te\u0301 (1).ipynb", "toy.zip"]
)
def test_a_notebook_is_found_under_any_name_in_any_folder(assignment: Assignment, name: str) -> None:
    path = assignment.paths.submission("ada", toy.NAME) / name
    path.parent.mkdir(parents=True)
    whole = toy.notebook(toy.answered({}))
    path.write_bytes(zipped({"toy.ipynb": whole}) if name.endswith(".zip") else whole)
    submission = read(assignment)
    assert submission is not None
    assert "names-answer" in submission.sources


@pytest.mark.parametrize("name", [".ipynb_checkpoints/toy.ipynb", "__MACOSX/toy.ipynb", "._toy.ipynb", "toy.txt"])
def test_what_programs_leave_beside_a_notebook_is_none(assignment: Assignment, name: str) -> None:
    path = assignment.paths.submission("ada", toy.NAME) / name
    path.parent.mkdir(parents=True)
    path.write_bytes(toy.notebook(toy.answered({})))
    assert read(assignment) is None


def test_the_folder_of_the_assignment_may_be_written_in_another_form(tmp_path: Path) -> None:
    assignment, release = one_assignment(tmp_path)
    path = toy.hand_in(tmp_path, "ada", toy.answered({}))
    path.parent.rename(path.parent.with_name("TOY"))
    assert read_submission(assignment.source, assignment.settings, release, "ada") is not None


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can stop being root for a moment")
def test_a_file_that_may_not_be_opened_is_one_faulty_submission(assignment: Assignment) -> None:
    path = toy.hand_in(assignment.paths.root, "ada", toy.answered({}))
    path.chmod(0)
    for parent in path.parents:
        if parent.stat().st_uid == os.geteuid() and parent != Path("/"):
            parent.chmod(parent.stat().st_mode | 0o055)
    release = read_release(assignment.source)
    os.seteuid(65534)
    try:
        submission = read_submission(assignment.source, assignment.settings, release, "ada")
    finally:
        os.seteuid(0)
    assert submission is not None
    assert submission.fault == Fault(kind="unreadable", message="its permissions forbid opening it")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_a_notebook_is_read_in_any_unicode(assignment: Assignment, encoding: str) -> None:
    toy.hand_in(assignment.paths.root, "ada", toy.notebook(toy.answered({})).decode().encode(encoding))
    submission = read(assignment)
    assert submission is not None
    assert submission.fault is None


def test_windows_line_ends_are_no_edit(assignment: Assignment) -> None:
    cells = [{**cell, "source": cell["source"].replace("\n", "\r\n")} for cell in toy.answered({})]
    toy.hand_in(assignment.paths.root, "ada", cells)
    submission = read(assignment)
    assert submission is not None
    assert submission.repairs == ()
    assert "\r" not in submission.sources["double-answer"]


@pytest.mark.parametrize(
    "change", [{"id": 3}, {"id": None}, {"id": "double-answer"}, {"metadata": None}, {"source": None}]
)
def test_odd_parts_of_an_own_cell_hinder_nothing(assignment: Assignment, change: dict[str, object]) -> None:
    toy.hand_in(assignment.paths.root, "ada", [{**toy.code("mine", "1"), **change}, *toy.answered({})])
    submission = read(assignment)
    assert submission is not None
    assert (submission.fault, submission.repairs) == (None, ())


def test_outputs_are_read_past(assignment: Assignment) -> None:
    cells = toy.answered({})
    cells[2]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "x" * (50 * 2**20)}]
    toy.hand_in(assignment.paths.root, "ada", cells)
    release = read_release(assignment.source)
    tracemalloc.start()
    try:
        submission = read_submission(assignment.source, assignment.settings, release, "ada")
        held, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert submission is not None
    assert submission.fault is None
    assert held < 2**20
    assert peak < 110 * 2**20, "the file is held twice at most, while it is read"


def test_another_language_is_said(assignment: Assignment) -> None:
    whole = toy.notebook(toy.answered({})).replace(b'"python"', b'"R"')
    toy.hand_in(assignment.paths.root, "ada", whole)
    submission = read(assignment)
    assert submission is not None
    assert submission.repairs == (Repair("kernel", detail="r"),)


def test_paths_to_what_lies_beside_become_its_name(assignment: Assignment) -> None:
    path = toy.hand_in(assignment.paths.root, "ada", toy.answered({"names-answer": "open('/home/ada/data/a.csv')"}))
    (path.parent / "data").mkdir()
    (path.parent / "data" / "a.csv").write_text("1")
    submission = read(assignment)
    assert submission is not None
    assert {cell.id: cell.source for cell in submission.cells}["names-answer"] == "open('data/a.csv')"


def test_a_link_is_not_followed(assignment: Assignment) -> None:
    path = toy.hand_in(assignment.paths.root, "grace", toy.answered({}))
    folder = assignment.paths.submission("ada", toy.NAME)
    folder.mkdir(parents=True)
    (folder / path.name).symlink_to(path)
    assert read(assignment) is None


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to another user")
@pytest.mark.parametrize("owner", [0, 65534])
def test_a_hard_link_to_another_users_file_is_not_read(assignment: Assignment, tmp_path: Path, owner: int) -> None:
    path = toy.hand_in(assignment.paths.root, "ada", toy.answered({}))
    (tmp_path / "secret").write_text("a key")
    os.chown(tmp_path / "secret", owner, owner)
    (path.parent / "notes").hardlink_to(tmp_path / "secret")
    submission = read(assignment)
    assert submission is not None
    assert ("notes" in submission.files) == (not owner)


def test_students_of_the_roster_are_students_too(assignment: Assignment) -> None:
    toy.hand_in(assignment.paths.root, unicodedata.normalize("NFD", "zoé"), toy.answered({}))
    assignment.paths.roster.write_text("student\nzoé\nada\n", encoding="utf-8")
    assert students(assignment.paths) == ["ada", unicodedata.normalize("NFD", "zoé")]


def test_a_file_whose_name_is_not_utf_8_is_read_under_the_name_it_has(assignment: Assignment) -> None:
    folder = toy.hand_in(assignment.paths.root, "ada", toy.answered({})).parent
    (folder / os.fsdecode("données.csv".encode("latin-1"))).write_bytes(b"8")
    submission = read(assignment)
    assert submission is not None
    assert submission.files["données.csv"].read_bytes() == b"8"


def test_a_folder_named_as_a_notebook_is_none(assignment: Assignment) -> None:
    (assignment.paths.submission("ada", toy.NAME) / f"{toy.NAME}.ipynb").mkdir(parents=True)
    assert read(assignment) is None


WHOLE = toy.notebook(toy.SOLUTION)


def zipped(files: dict[str, bytes]) -> bytes:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return whole.getvalue()


DEEP = b"[" * 100_000 + b"]" * 100_000


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the file is empty"),
        (b" \n", "the file is empty"),
        (b"from numpy import *", "it is a Python file, not a notebook"),
        (b"\x89PNG\r\n", "its content is not that of a notebook"),
        (b"<!DOCTYPE html>\n<html>", "it is a web page: download the notebook itself, as .ipynb"),
        (b"PK\x03\x04 and nothing", "it is an archive that does not hold one notebook"),
        (zipped({"a.py": b"1"}), "it is an archive that does not hold one notebook"),
        (zipped({"a.ipynb": b"", "b.ipynb": b""}), "it is an archive that does not hold one notebook"),
        (zipped({f"{number}.txt": b"" for number in range(1001)}), "it is an archive that does not hold one notebook"),
        (zipped({"a.ipynb": b" " * (100 * 2**20 + 1)}), "over 100 MB"),
        (WHOLE[:-3], "it is cut short: the upload or the download was interrupted"),
        (b"[]", "Expected `object`, got `array`"),
        (b'{"cells": []}', "Object missing required field `nbformat`"),
        (b'{"nbformat": 4, "cells": [3]}', "Expected `object`, got `int` - at `$.cells[0]`"),
        (b'{"nbformat": 5, "cells": []}', "Unsupported nbformat version 5"),
        (WHOLE.replace(b"A toy", b"A t\xe9y"), "'utf-8' codec can't decode byte 0xe9 in position 5: "),
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
    assert ("returned", "double") in repairs_of(submission)


@pytest.mark.parametrize("role", [3, {}, {"grade_id": 3}, {"grade_id": "x", "points": "many"}])
def test_metadata_that_makes_no_sense_makes_an_ordinary_cell(assignment: Assignment, role: object) -> None:
    cell = {**toy.code("mine", "mine = 1"), "metadata": {"nbgrader": role}}
    toy.hand_in(assignment.paths.root, "ada", [cell, *toy.SOLUTION])
    submission = read(assignment)
    assert submission is not None
    assert (submission.cells[0].id, submission.cells[0].source) == ("", "mine = 1")


def test_a_notebook_of_the_course_is_a_submission_too(assignment: Assignment) -> None:
    submission = as_submission(assignment.source, assignment.settings, assignment.source.notebook)
    assert [cell.id for cell in submission.cells] == [cell["id"] for cell in toy.SOLUTION[1:]]
    assert set(submission.sources) == {"double-answer", "names-answer", "greet-answer"}


def one_assignment(tmp_path: Path) -> tuple[Assignment, Notebook]:
    assignment = load_assignment(toy.make_course(tmp_path), toy.NAME)
    return assignment, read_release(assignment.source)


def test_points_beyond_all_numbers_stop_nobody(tmp_path: Path) -> None:
    assignment, release = one_assignment(tmp_path)
    cells = toy.answered({})
    cells[3]["metadata"]["nbgrader"]["points"] = 10**400
    toy.hand_in(tmp_path, "ada", cells)
    submission = read_submission(assignment.source, assignment.settings, release, "ada")
    assert submission is not None
    assert submission.fault is None


def test_a_notebook_with_pythons_nan_is_read(tmp_path: Path) -> None:
    assignment, release = one_assignment(tmp_path)
    cells = toy.answered({})
    cells[0]["metadata"] = {"score": float("nan")}
    toy.hand_in(tmp_path, "ada", cells)
    submission = read_submission(assignment.source, assignment.settings, release, "ada")
    assert submission is not None
    assert submission.fault is None


def test_a_test_cell_turned_into_text_is_put_back_and_said(tmp_path: Path) -> None:
    assignment, release = one_assignment(tmp_path)
    cells = toy.answered({})
    cells[3] = {**cells[3], "cell_type": "markdown"}
    toy.hand_in(tmp_path, "ada", cells)
    submission = read_submission(assignment.source, assignment.settings, release, "ada")
    assert submission is not None
    assert repairs_of(submission) == [("reset", "double")]
    assert "double" in [cell.id for cell in submission.cells]


@pytest.mark.parametrize("name", [b"caf\xe9", "ada\u202etxt".encode(), b"a\nb", b"a\x1b[2Jb", "\u200b".encode()])
def test_a_folder_whose_name_is_not_text_is_named_and_stops_nobody_else(tmp_path: Path, name: bytes) -> None:
    assignment, _ = one_assignment(tmp_path)
    for one in (name, b"zoe"):
        Path(os.fsdecode(os.fsencode(tmp_path / "submitted") + b"/" + one)).mkdir(parents=True)
    assert students(assignment.paths) == ["zoe"]
    (said,) = folders_left_out(assignment.paths)
    assert said.startswith(f"a folder in submitted/ is left out, {os.fsdecode(name)!a}: its name is not text")
    assert said.isprintable()


# --- Files beside the notebook ----------------------------------------------------------------------------------------


def with_settings(root: Path, text: str) -> Assignment:
    """The toy assignment with a line more in its settings."""
    path = root / "course.yaml"
    path.write_text(path.read_text().replace("    expected:", f"    {text}\n    expected:"))
    return load_assignment(root, toy.NAME)


def beside(root: Path, files: dict[str, str], where: str = f"submitted/ada/{toy.NAME}") -> None:
    for name, content in files.items():
        path = root / where / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)


def files_of(submission: Submission | None) -> dict[str, str]:
    assert submission is not None
    return {name: path.read_text() for name, path in submission.files.items() if name != f"{toy.NAME}.ipynb"}


GIVEN = {"sums.py": "stub", "lib/given.py": "given", "data/n.txt": "4"}
THEIRS = {"sums.py": "theirs", "lib/given.py": "changed", "data/n.txt": "4", "mine.py": "mine"}


def test_a_file_that_is_handed_out_is_the_courses_and_that_is_said(tmp_path: Path) -> None:
    beside(tmp_path, GIVEN, f"source/{toy.NAME}")
    assignment, release = one_assignment(tmp_path)
    toy.hand_in(tmp_path, "ada", toy.answered({}))
    beside(tmp_path, THEIRS)
    submission = read_submission(assignment.source, assignment.settings, release, "ada")
    assert files_of(submission) == {**GIVEN, "mine.py": "mine"}
    assert submission is not None
    changed = [Repair("given-file", detail=name) for name in ("lib/given.py", "sums.py")]
    assert list(submission.repairs) == changed


@pytest.mark.parametrize("pattern", ["sums.py", "*s.py", "s*"])
def test_a_file_that_students_complete_is_theirs(tmp_path: Path, pattern: str) -> None:
    beside(tmp_path, GIVEN, f"source/{toy.NAME}")
    _, release = one_assignment(tmp_path)
    assignment = with_settings(tmp_path, f"student_files: ['{pattern}']")
    toy.hand_in(tmp_path, "ada", toy.answered({}))
    assert (
        files_of(read_submission(assignment.source, assignment.settings, release, "ada")) == GIVEN
    )  # the stub, where nothing is handed in
    beside(tmp_path, THEIRS)
    submission = read_submission(assignment.source, assignment.settings, release, "ada")
    assert files_of(submission) == {**GIVEN, "sums.py": "theirs", "mine.py": "mine"}
    assert submission is not None
    assert list(submission.repairs) == [Repair("given-file", detail="lib/given.py")]


def test_the_solution_runs_beside_the_sources_files_and_the_release_beside_its_own(tmp_path: Path) -> None:
    beside(tmp_path, {"sums.py": "solved"}, f"source/{toy.NAME}")
    assignment, release = one_assignment(tmp_path)
    beside(tmp_path, {"sums.py": "stub"}, f"release/{toy.NAME}")
    assert files_of(as_submission(assignment.source, assignment.settings, assignment.source.notebook)) == {
        "sums.py": "solved"
    }
    assert files_of(as_submission(assignment.source, assignment.settings, release)) == {"sums.py": "stub"}
    before = as_submission(assignment.source, assignment.settings, assignment.source.notebook).digest
    beside(tmp_path, {"sums.py": "solved again"}, f"source/{toy.NAME}")
    assert as_submission(assignment.source, assignment.settings, assignment.source.notebook).digest != before


def test_a_notebook_in_a_folder_runs_there(tmp_path: Path) -> None:
    assignment, release = one_assignment(tmp_path)
    path = toy.hand_in(tmp_path, "ada", toy.answered({}))
    beside(tmp_path, {"TP/mine.py": "beside", "TP/data/n.txt": "4", "mine.py": "elsewhere", "readme.txt": "5"})
    path.rename(path.parent / "TP" / path.name)
    submission = read_submission(assignment.source, assignment.settings, release, "ada")
    assert files_of(submission) == {"mine.py": "beside", "data/n.txt": "4", "readme.txt": "5"}


def test_notebooks_beside_are_there_and_the_graded_one_too(tmp_path: Path) -> None:
    given = toy.notebook([toy.code("given", "def given():\n    return 1")]).decode()
    beside(tmp_path, {"lib/given.ipynb": given}, f"source/{toy.NAME}")
    assignment, release = one_assignment(tmp_path)
    path = toy.hand_in(tmp_path, "ada", toy.answered({}))
    beside(tmp_path, {"aide.ipynb": "mine", "lib/given.ipynb": "changed"})
    submission = read_submission(assignment.source, assignment.settings, release, "ada")
    files = files_of(submission)
    assert (set(files), files["aide.ipynb"]) == ({"aide.ipynb", "lib/given.ipynb"}, "mine")
    assert "return 1" in files["lib/given.ipynb"]
    assert submission is not None
    assert submission.files[f"{toy.NAME}.ipynb"] == path


def test_a_path_to_weights_of_the_shelf_becomes_their_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTOGRADER_DATA", str(tmp_path / "shelf"))
    (tmp_path / "course.h5").write_bytes(b"weights")
    add_weights(Shelf(tmp_path / "shelf"), "course", tmp_path / "course.h5")
    _, release = one_assignment(tmp_path / "course")
    assignment = with_settings(tmp_path / "course", "data: [course]")
    toy.hand_in(tmp_path / "course", "ada", toy.answered({"names-answer": "names = open('/home/ada/tp/course.h5')"}))
    submission = read_submission(assignment.source, assignment.settings, release, "ada")
    assert submission is not None
    assert "names = open('course.h5')" in [cell.source for cell in submission.cells]
