"""What students get: what nbgrader would give them, and nothing of a solution or a check."""

from __future__ import annotations

import codecs
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import toy
from autograder.assignment import Assignment
from autograder.errors import CourseError
from autograder.given_files import exports_beside, files_not_theirs
from autograder.leaks import leaks
from autograder.release import build_release, read_release, release_differences, write_release
from autograder.solution import write_solution
from loading import load_assignment

ESSAY: dict[str, Any] = {
    "cell_type": "markdown",
    "id": "essay",
    "metadata": {
        "nbgrader": {
            "schema_version": 3,
            "grade_id": "essay",
            "grade": True,
            "solution": True,
            "locked": False,
            "task": False,
            "points": 3,
        }
    },
    "source": "Because it is.",
}
RUN: toy.Cell = {
    **toy.code("run", "names"),
    "execution_count": 7,
    "outputs": [{"output_type": "stream", "name": "stdout", "text": "Ada"}],
}
CELLS = [*toy.SOLUTION, toy.answer("whole-answer", "secret = 1\nanother_secret = 2"), ESSAY, RUN]

Edit = Callable[[list[toy.Cell]], object]


def cells_of(path: Path) -> list[toy.Cell]:
    cells: list[toy.Cell] = json.loads(path.read_bytes())["cells"]
    return [{**cell, "source": "".join(cell["source"])} for cell in cells]


def released(root: Path) -> Path:
    return root / "release" / toy.NAME / f"{toy.NAME}.ipynb"


def edit_release(root: Path, edit: Edit) -> None:
    cells = cells_of(released(root))
    edit(cells)
    released(root).write_bytes(toy.notebook(cells))


def files_under(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def leaks_in(root: Path) -> list[str]:
    return [str(problem) for problem in leaks(load_assignment(root, toy.NAME).source)]


def differences_in(root: Path) -> list[str]:
    return [str(problem) for problem in release_differences(load_assignment(root, toy.NAME).source)]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course with its release made. Not to be written to: `course` is a copy that may be."""
    return toy.make_course(tmp_path_factory.mktemp("made"))


@pytest.fixture
def course(made: Path, tmp_path: Path) -> Path:
    return shutil.copytree(made, tmp_path / "course")


@pytest.fixture(scope="module")
def nbgraders(tmp_path_factory: pytest.TempPathFactory, repository: Path) -> Path:
    """A course whose release nbgrader itself has made, by its command."""
    root = tmp_path_factory.mktemp("nbgraders")
    toy.write_source(root, cells=CELLS)
    shutil.copy(repository / "nbgrader_config.py", root)
    source = root / "source" / toy.NAME
    for name in ("data/points.csv", "figure.png", "data/checks.py", "__pycache__/checks.pyc"):
        (source / name).parent.mkdir(exist_ok=True)
        (source / name).write_bytes(b"\x00\xff")
    programs = Path(sys.executable).parent
    subprocess.run(
        [programs / "nbgrader", "generate_assignment", toy.NAME],
        cwd=root,
        env={**os.environ, "PATH": f"{programs}:{os.environ['PATH']}", "HOME": str(root)},
        check=True,
        capture_output=True,
    )
    return root


# --- The release ------------------------------------------------------------------------------------------------------


def test_a_release_is_the_one_nbgrader_makes(nbgraders: Path, tmp_path: Path) -> None:
    root = shutil.copytree(nbgraders, tmp_path / "ours", ignore=shutil.ignore_patterns("release"))
    write_release(load_assignment(root, toy.NAME).source)
    theirs, ours = nbgraders / "release" / toy.NAME, root / "release" / toy.NAME
    assert cells_of(ours / "toy.ipynb") == cells_of(theirs / "toy.ipynb")
    assert files_under(ours) == files_under(theirs) == ["data/points.csv", "figure.png", "toy.ipynb"]
    assert (ours / "figure.png").read_bytes() == b"\x00\xff"
    assert differences_in(root) == differences_in(nbgraders) == []


def test_a_release_holds_a_stub_for_each_solution_and_no_output(nbgraders: Path) -> None:
    cells = {cell["id"]: cell for cell in cells_of(released(nbgraders))}
    stub = "# YOUR CODE HERE\nraise NotImplementedError()"
    assert cells["names-answer"]["source"] == cells["whole-answer"]["source"] == stub
    assert cells["run"]["outputs"] == []
    assert cells["double"]["metadata"]["nbgrader"]["points"] == 4


def test_a_new_release_removes_the_old_one(course: Path) -> None:
    (course / "release" / toy.NAME / "old.csv").write_text("")
    assert files_under(write_release(load_assignment(course, toy.NAME).source)) == ["toy.ipynb"]


PNG = "iVBORw0KGgo="
TELLS = {"widgets": {"state": "accuracy 0.97"}, "colab": {"provenance": [{"file_id": "prof"}], "gpuType": "T4"}}


def test_a_release_has_no_picture_of_a_solution_and_nothing_of_its_author(tmp_path: Path) -> None:
    whole = {**ESSAY, "attachments": {"answer.png": {"image/png": PNG}}}
    part = {
        **ESSAY,
        "id": "part",
        "metadata": {"nbgrader": {**ESSAY["metadata"]["nbgrader"], "grade_id": "part"}},
        "source": "![](attachment:my%20frame.png)\n### BEGIN SOLUTION\n![](attachment:mine.png)\n### END SOLUTION",
        "attachments": {"my frame.png": {"image/png": PNG}, "mine.png": {"image/png": PNG}},
    }
    ran = toy.code("ran", "1")
    ran["metadata"] = {"executionInfo": {"user": {"displayName": "Prof"}}, "papermill": {}, "tags": ["a"], "id": "x"}
    toy.write_source(tmp_path, cells=[*toy.SOLUTION, whole, part, ran])
    source = tmp_path / "source/toy/toy.ipynb"
    notebook = json.loads(source.read_text())
    notebook["metadata"] |= {**TELLS, "authors": [{"name": "Prof"}]}
    source.write_text(json.dumps(notebook))
    write_release(load_assignment(tmp_path, toy.NAME).source)
    made = json.loads(released(tmp_path).read_text())
    cells = {cell["id"]: cell for cell in made["cells"]}
    assert "attachments" not in cells["essay"]
    assert list(cells["part"]["attachments"]) == ["my frame.png"]
    assert cells["ran"]["metadata"] == {"tags": ["a"], "id": "x"}
    assert set(made["metadata"]) == {"kernelspec", "colab"}
    assert made["metadata"]["colab"] == {"gpuType": "T4"}
    assert differences_in(tmp_path) == []
    made["metadata"] |= TELLS
    made["cells"][-1]["metadata"]["executionInfo"] = {}
    released(tmp_path).write_text(json.dumps(made))
    told = "may tell of the solution's run, or of its author: run `autograder release toy`"
    assert differences_in(tmp_path) == [
        f"release/toy/toy.ipynb: metadata « colab » {told}",
        f"release/toy/toy.ipynb: metadata « widgets » {told}",
        f"release/toy/toy.ipynb: cell 11 (ran): metadata « executionInfo » {told}",
    ]


MODULE = """\
def square(x):
    ### BEGIN SOLUTION
    return x * x + 12345
    ### END SOLUTION

### BEGIN HIDDEN TESTS
assert square(0) == 12345
### END HIDDEN TESTS
"""


def test_what_is_cleared_in_a_notebook_is_cleared_beside_it(course: Path) -> None:
    source = course / "source/toy"
    (source / "square.py").write_text(MODULE)
    (source / "note.md").write_text("Why?\n\nBEGIN SOLUTION\nBecause.\nEND SOLUTION\n")
    (source / "plain.py").write_text("# BEGIN here\nx = 1")
    (source / "binary.dat").write_bytes(b"BEGIN SOLUTION\n\xff\xfe\nEND SOLUTION")
    ran = {**toy.code("help", "1"), "outputs": RUN["outputs"], "execution_count": 3}
    (source / "help.ipynb").write_bytes(toy.notebook([ran]))
    folder = write_release(load_assignment(course, toy.NAME).source)
    stub = "def square(x):\n    # YOUR CODE HERE\n    raise NotImplementedError()\n"
    assert (folder / "square.py").read_text() == stub
    assert (folder / "note.md").read_text() == "Why?\n\nYOUR ANSWER HERE\n"
    assert (folder / "plain.py").read_bytes() == (source / "plain.py").read_bytes()
    assert (folder / "binary.dat").read_bytes() == (source / "binary.dat").read_bytes()
    assert cells_of(folder / "help.ipynb")[0]["outputs"] == []
    assert differences_in(course) == leaks_in(course) == []
    (folder / "square.py").write_text(MODULE)
    assert differences_in(course) == ["release/toy/square.py: not the source's file: run `autograder release toy`"]
    assert leaks_in(course) == ["release/toy/square.py: gives away the solution in square.py: return x * x + 12345"]


def not_theirs(course: Path) -> list[str]:
    loaded = load_assignment(course, toy.NAME)
    return [str(one) for one in files_not_theirs(loaded.source, loaded.settings.student_files)]


def test_a_file_that_students_complete_is_named_as_theirs(course: Path) -> None:
    (course / "source/toy/square.py").write_text(MODULE)
    (course / "source/toy/utils.py").write_text("x = 1\n")
    text = "students complete it, and their own would not be used: name it in student_files of toy"
    assert not_theirs(course) == [f"source/toy/square.py: {text}"]
    path = course / "course.yaml"
    path.write_text(path.read_text().replace("    limits:", "    student_files: [sq*.py]\n    limits:"))
    assert not_theirs(course) == []


def test_a_marker_that_is_never_closed_stops_the_release(course: Path) -> None:
    (course / "source/toy/square.py").write_text("### BEGIN SOLUTION\nx = 1\n")
    with pytest.raises(CourseError, match=r"^source/toy/square\.py: nbgrader refuses it: "):
        write_release(load_assignment(course, toy.NAME).source)


LITTER = (
    "toy.ipynb~", ".toy.ipynb.swp", "#toy.ipynb#", "toy.ipynb.bak", ".git/HEAD", ".DS_Store", "Thumbs.db", "__MACOSX/a",
    ".ipynb_checkpoints/toy-checkpoint.ipynb", "__pycache__/a.pyc", "data/.hidden", "desktop.ini",
)  # fmt: skip
EXPORTS = ("toy.html", "toy.pdf", "toy.slides.html", "toy.py")


@pytest.mark.parametrize("target", ["checks.py", f"{toy.NAME}.ipynb", "/etc/passwd", "../..", "nowhere", "key.txt"])
def test_a_link_to_what_is_not_handed_out_stops_the_release(course: Path, target: str) -> None:
    folder = course / "source" / toy.NAME
    (folder / "key.txt").symlink_to(target)
    problem = f"source/toy/key.txt: a link to « {target} », which is not handed out from here"
    assignment = load_assignment(course, toy.NAME)
    with pytest.raises(CourseError, match=re.escape(problem)):
        write_release(assignment.source)
    with pytest.raises(CourseError, match=re.escape(problem)):
        write_solution(assignment.settings, assignment.source)
    assert not (course / "release" / toy.NAME / "key.txt").exists()


def test_a_link_to_a_file_that_is_handed_out_is_followed(course: Path) -> None:
    folder = course / "source" / toy.NAME
    (folder / "data.csv").write_text("1\n")
    (folder / "again.csv").symlink_to("data.csv")
    write_release(load_assignment(course, toy.NAME).source)
    again = course / "release" / toy.NAME / "again.csv"
    assert (again.read_text(), again.is_symlink()) == ("1\n", False)


def test_what_editors_and_exports_leave_is_not_handed_out(course: Path) -> None:
    for name in (*LITTER, *EXPORTS, "statement.pdf", "data/toy.html"):
        path = course / "source/toy" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("# coding: utf-8\n# In[1]:\nsecret")
    assignment = load_assignment(course, toy.NAME)
    assert files_under(write_release(assignment.source)) == ["data/toy.html", "statement.pdf", "toy.ipynb"]
    assert [path.name for path in exports_beside(assignment.source)] == sorted(EXPORTS)
    for name in ("toy.ipynb~", ".git/HEAD"):
        path = course / "release/toy" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("")
    text = "an editor's copy, a cache or a hidden file, in what students get: remove it"
    assert leaks_in(course) == [f"release/toy/{name}: {text}" for name in (".git/HEAD", "toy.ipynb~")]


def test_the_stub_is_the_one_the_course_chose(tmp_path: Path) -> None:
    toy.write_source(tmp_path)
    (tmp_path / "nbgrader_config.py").write_text('get_config().ClearSolutions.code_stub = {"python": "..."}')
    write_release(load_assignment(tmp_path, toy.NAME).source)
    assert cells_of(released(tmp_path))[4]["source"] == "..."


def test_what_nbgrader_refuses_is_a_problem_of_the_course(tmp_path: Path) -> None:
    toy.write_source(tmp_path, cells=[toy.test_cell("no space allowed", 1, "")])
    with pytest.raises(CourseError, match=r"^source/toy/toy\.ipynb: nbgrader refuses it: "):
        build_release(load_assignment(tmp_path, toy.NAME).source)


def test_a_release_that_is_not_there_says_how_to_make_it(tmp_path: Path) -> None:
    toy.write_source(tmp_path)
    with pytest.raises(CourseError) as raised:
        read_release(load_assignment(tmp_path, toy.NAME).source)
    assert str(raised.value) == "release/toy/toy.ipynb: not there: run `autograder release toy`"


# --- What it must not hold --------------------------------------------------------------------------------------------


def paste(text: str, into: int = 0) -> Edit:
    def edit(cells: list[toy.Cell]) -> None:
        cells[into]["source"] += f"\n  {text}  \n"

    return edit


def test_an_untouched_release_gives_nothing_away(made: Path) -> None:
    assert leaks_in(made) == []


@pytest.mark.parametrize(
    ("line", "owner"),
    [
        ("return 2 * np.asarray(values)", "the solution in double-answer"),
        ('names = ["Ada", "Grace", "Joan"]', "the solution in names-answer"),
        ("assert_close(doubled, [3.0, -4.0])", "checks.py"),
    ],
)
@pytest.mark.parametrize(("cell", "name"), [(0, "cell 1 (title)"), (3, "cell 4 (double)")])
def test_a_line_of_a_solution_or_a_check_is_a_leak(course: Path, line: str, owner: str, cell: int, name: str) -> None:
    edit_release(course, paste(line, into=cell))
    assert leaks_in(course) == [f"release/toy/toy.ipynb: {name}: gives away a line of {owner}: {line}"]


def test_a_line_that_the_source_gives_elsewhere_is_no_leak(tmp_path: Path) -> None:
    cells = [*toy.SOLUTION, toy.answer("again", "### BEGIN SOLUTION\nimport numpy as np\n### END SOLUTION")]
    root = toy.make_course(tmp_path, cells=cells)
    assert leaks_in(root) == []


def test_a_line_too_short_to_tell_is_no_leak(tmp_path: Path) -> None:
    root = toy.make_course(tmp_path, cells=[*toy.SOLUTION, toy.answer("short", "x = 12")])
    edit_release(root, paste("x = 12"))
    assert leaks_in(root) == []


@pytest.mark.parametrize("name", ["checks.py", "data/checks.py", "__pycache__", "old.pyc", ".autograder"])
def test_a_file_of_the_graders_own_is_a_leak(course: Path, name: str) -> None:
    path = course / "release" / toy.NAME / name
    path.parent.mkdir(exist_ok=True)
    path.touch()
    assert leaks_in(course) == [f"release/toy/{name}: the grader's own file, in what students get: remove it"]


# --- Whether it is still the source's ---------------------------------------------------------------------------------


def test_a_release_just_made_equals_its_source(made: Path) -> None:
    assert differences_in(made) == []


def test_a_changed_cell_is_a_difference(course: Path) -> None:
    edit_release(course, paste("# mended by hand", into=3))
    assert differences_in(course) == [
        "release/toy/toy.ipynb: cell 4 (double): not what the source builds: run `autograder release toy`"
    ]


def test_changed_points_are_a_difference(course: Path) -> None:
    edit_release(course, lambda cells: cells[3]["metadata"]["nbgrader"].update(points=40))
    assert differences_in(course) == [
        "release/toy/toy.ipynb: cell 4 (double): not what the source builds: run `autograder release toy`"
    ]


def test_a_removed_cell_is_a_difference(course: Path) -> None:
    edit_release(course, list.pop)
    assert differences_in(course) == [
        "release/toy/toy.ipynb: 7 cells, the source builds 8: run `autograder release toy`"
    ]


@pytest.mark.parametrize("change", [Path.unlink, lambda path: path.write_text("3")], ids=["removed", "changed"])
def test_another_file_beside_the_notebook_is_a_difference(course: Path, change: Callable[[Path], object]) -> None:
    (course / "source" / toy.NAME / "points.csv").write_text("2")
    folder = write_release(load_assignment(course, toy.NAME).source)
    change(folder / "points.csv")
    assert differences_in(course) == ["release/toy/points.csv: not the source's file: run `autograder release toy`"]


@pytest.fixture(scope="module")
def committed(repository: Path) -> Assignment:
    return load_assignment(repository, "reseaux-convolutifs")


def test_the_committed_release_is_what_its_source_builds(committed: Assignment) -> None:
    assert list(release_differences(committed.source)) == []


def test_the_committed_release_gives_nothing_away(committed: Assignment) -> None:
    assert list(leaks(committed.source)) == []


def test_a_file_the_source_does_not_have_is_a_difference(course: Path) -> None:
    (course / "release/toy/solution.ipynb").write_text("{}")
    found = [str(problem) for problem in release_differences(load_assignment(course, toy.NAME).source)]
    assert found == ["release/toy/solution.ipynb: in what students get, not in the source: remove it"]


def test_an_output_in_the_release_is_a_difference(course: Path) -> None:
    path = course / "release/toy/toy.ipynb"
    whole = json.loads(path.read_text())
    whole["cells"][2]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": ["return 2 * values"]}]
    path.write_text(json.dumps(whole))
    found = [str(problem) for problem in release_differences(load_assignment(course, toy.NAME).source)]
    assert found == [
        "release/toy/toy.ipynb: cell 3 (double-answer): not what the source builds: run `autograder release toy`"
    ]


def test_a_broken_nbgrader_config_is_the_instructors(tmp_path: Path) -> None:
    toy.write_source(tmp_path)
    (tmp_path / "nbgrader_config.py").write_text("c.no_such()")
    with pytest.raises(CourseError, match="nbgrader refuses it"):
        write_release(load_assignment(tmp_path, toy.NAME).source)


@pytest.mark.parametrize(
    "encode",
    [
        lambda text: codecs.BOM_UTF8 + text.encode(),
        lambda text: text.encode("utf-16"),
        lambda text: text.encode("utf-16-be"),
        lambda text: text.replace("\n", "\r\n").encode(),
    ],
    ids=["byte order mark", "UTF-16", "UTF-16 without a mark", "CRLF"],
)
def test_a_source_is_released_in_whatever_encoding_it_is_graded(tmp_path: Path, encode: Callable[[str], bytes]) -> None:
    root = toy.make_course(tmp_path)
    assignment = load_assignment(root, toy.NAME)
    expected = build_release(assignment.source)
    path = assignment.source.path
    path.write_bytes(encode(path.read_text(encoding="utf-8")))
    assert build_release(load_assignment(root, toy.NAME).source) == expected
    released(root).write_bytes(encode(released(root).read_text(encoding="utf-8")))
    assert list(release_differences(load_assignment(root, toy.NAME).source)) == []


def test_checks_in_the_encoding_they_say_are_looked_for_in_the_release(tmp_path: Path) -> None:
    root = toy.make_course(tmp_path)
    checks = root / "source" / toy.NAME / "checks.py"
    checks.write_bytes(f"# -*- coding: latin-1 -*-\nSECRET = 'un été très long'\n{toy.CHECKS}".encode("latin-1"))
    edit_release(root, lambda cells: cells[0].update(source="SECRET = 'un été très long'"))
    assert "SECRET = 'un été très long'" in str(next(iter(leaks(load_assignment(root, toy.NAME).source))))
