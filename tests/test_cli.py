"""The command line as its users meet it: what it prints, what it exits with, and never a traceback."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import toy

AS_ANY_USER = ("setpriv", "--bounding-set=-dac_override,-dac_read_search") if os.geteuid() == 0 else ()
"""Whom files' rights bind, root too."""


def autograder(root: Path, *arguments: str, within: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    command = [*within, sys.executable, "-c", "from autograder.cli import main; main()", *arguments]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True)
    assert "Traceback" not in done.stdout + done.stderr
    return done


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = toy.make_course(tmp_path_factory.mktemp("course"))
    toy.hand_in(root, "ada", toy.answered({}))
    toy.hand_in(root, "bob", toy.answered({"names-answer": "names = [1 / 0]"}))
    (root / "submitted" / "cleo").mkdir()
    assert autograder(root, "grade", "toy").returncode == 0
    return root


def test_the_package_is_the_command(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "autograder", "--help"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == autograder(tmp_path, "--help").stdout.replace("-c [", "python -m autograder [")


def test_the_table(course: Path) -> None:
    lines = autograder(course, "results", "toy").stdout.splitlines()
    assert lines[0].split() == ["student", "score", "double", "names", "greet"]
    assert lines[1].split() == ["ada", "8", "/", "8", "4", "2", "2"]
    assert lines[3].split() == ["cleo", "missing", "no", "notebook", "handed", "in"]


def test_what_the_table_amounts_to(course: Path) -> None:
    assert autograder(course, "results", "toy").stdout.splitlines()[-2:] == [
        "3 students: 2 graded, 1 missing",
        "mean 6, maximum 8 of 8",
    ]


def test_a_student_of_the_roster_who_handed_in_nothing_has_a_row(course: Path) -> None:
    roster = course / "students.csv"
    roster.write_text("student\nada\nzoe\n")
    try:
        last = json.loads(autograder(course, "results", "toy", "--json").stdout.splitlines()[-1])
        assert (last["student"], last["status"], last["score"], last["max_score"]) == ("zoe", "missing", 0.0, 8.0)
        assert "4 students: 2 graded, 2 missing" in autograder(course, "results", "toy").stdout
    finally:
        roster.unlink()


def test_who_handed_in_after_the_class_was_graded_is_no_zero(course: Path, tmp_path: Path) -> None:
    root = tmp_path / "course"
    shutil.copytree(course, root)
    (root / "students.csv").write_text("student\nada\ncleo\ndan\nzoe\n")
    for name in ("cleo", "dan"):  # of one it is known that nothing had come, of the other nothing
        toy.hand_in(root, name, toy.answered({}))
    lines = map(json.loads, autograder(root, "results", "toy", "--json").stdout.splitlines())
    found = {line["student"]: (line["status"], line["score"]) for line in lines}
    assert found == {"ada": ("graded", 8.0), "bob": ("graded", 4.0), "cleo": ("ungraded", None),
                     "dan": ("ungraded", None), "zoe": ("missing", 0.0)}  # fmt: skip
    said = autograder(root, "results", "toy").stdout
    assert "5 students: 2 graded, 2 handed in and not graded yet, 1 missing" in said
    done = autograder(root, "export", "toy", "--to", "csv", "--zero-missing")
    why = "handed in, not graded yet: run `autograder grade`"
    assert (done.returncode, done.stderr.splitlines()) == (1, [f"no grade: {one}: {why}" for one in ("cleo", "dan")])
    rows = (root / "exports/toy/csv/grades.csv").read_text(encoding="utf-8").splitlines()
    scores = {row.split(",")[0]: row.split(",")[6] for row in rows[1:]}
    assert (scores["dan"], scores["zoe"]) == ("", "0")
    assert autograder(root, "report", "toy").returncode == 0
    assert "handed in, and not graded yet" in (root / "reports/toy.html").read_text(encoding="utf-8")


def test_collecting_asks_before_most_of_it_is_left_aside(tmp_path: Path) -> None:
    root = toy.make_course(tmp_path / "course")
    for name in ("Ada_1_assignsubmission_file_", "bob_2_x", "cyd_3_x"):
        (tmp_path / "download" / name).mkdir(parents=True)
        (tmp_path / "download" / name / "toy.ipynb").write_bytes(toy.notebook(toy.answered({})))
    command = ("collect", "toy", "--from", str(tmp_path / "download"))
    done = autograder(root, *command)
    assert (done.returncode, "nothing was collected. If that is right, add --anyway" in done.stderr) == (2, True)
    assert not (root / "submitted").exists()
    done = autograder(root, *command, "--pattern", "{student}_{id}_{rest}")
    assert done.stdout.startswith("3 collected (3 new")
    assert "Read as: the pattern given." in done.stdout
    done = autograder(root, *command, "--pattern", "{nobody}")
    assert (done.returncode, done.stderr.splitlines()) == (
        2,
        ["--pattern: {nobody}: no {nobody} is known; {student}, {id}, {rest} are"],
    )


def test_a_terminal_without_the_characters_of_a_name_stops_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    download = tmp_path / "download"
    (download / "zoé").mkdir(parents=True)
    (download / "zoé" / "toy.ipynb").write_bytes(toy.notebook(toy.answered({})))
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    root = toy.make_course(tmp_path / "own")
    (root / "students.csv").write_text("student\nanna\n")
    done = autograder(root, "collect", "toy", "--from", str(download))
    assert (done.returncode, "not in the roster: zo?" in done.stdout) == (0, True)


def test_the_json_contract(course: Path) -> None:
    lines = [json.loads(line) for line in autograder(course, "results", "toy", "--json").stdout.splitlines()]
    assert [line["student"] for line in lines] == ["ada", "bob", "cleo"]
    assert [line["status"] for line in lines] == ["graded", "graded", "missing"]
    ada = lines[0]
    assert list(ada) == [
        "student", "assignment", "status", "score", "max_score", "attempt", "isolation", "device", "seconds",
        "submission", "questions", "platform", "stand_ins", "late_seconds", "awaiting",
    ]  # fmt: skip
    assert (ada["score"], ada["max_score"], ada["attempt"], ada["device"]) == (8.0, 8.0, 1, "cpu")
    assert ada["isolation"] in ("standard", "strict")
    assert ada["submission"].startswith("sha256:")
    assert list(ada["questions"][0]) == [
        "id", "score", "max_score", "checks", "awaiting", "by_hand", "extra_credit", "comment",
    ]  # fmt: skip
    assert ada["questions"][0]["checks"][1] == {
        "name": "test_double",
        "title": "Every number is doubled.",
        "status": "passed",
        "weight": 3.0,
        "message": "",
        "kind": "check",
    }


def test_feedback_pages(course: Path) -> None:
    done = autograder(course, "feedback", "toy")
    assert done.stdout == "3 pages under feedback/\n"
    page = (course / "feedback/bob/toy/toy.html").read_text()
    assert "ZeroDivisionError: division by zero" in page


def test_a_page_is_in_one_language_after_the_courses_changed(tmp_path: Path) -> None:
    root = toy.make_course(tmp_path)
    toy.hand_in(root, "ada", toy.answered({"double-answer": "def double(values): return values"}))
    autograder(root, "grade", "toy")
    settings = root / "course.yaml"
    settings.write_text(settings.read_text().replace("language: en", "language: fr"))
    done = autograder(root, "feedback", "toy")
    assert done.stdout.startswith("messages are in en, the course's language is fr: judged again\n")
    page = (root / "feedback/ada/toy/toy.html").read_text()
    assert "reçu" in page
    assert "Les tests visibles du notebook" in page
    assert "received" not in page
    assert autograder(root, "feedback", "toy").stdout == "1 pages under feedback/\n"


def test_judge_after_a_change_of_weight(tmp_path: Path) -> None:
    root = toy.make_course(tmp_path)
    toy.hand_in(root, "ada", toy.answered({"double-answer": "def double(values): return values"}))
    autograder(root, "grade", "toy")
    checks = root / "source/toy/checks.py"
    checks.write_text(toy.CHECKS.replace("weight=3", "weight=8"))
    done = autograder(root, "judge", "toy")
    assert done.returncode == 0
    assert done.stdout.splitlines()[1].split()[:5] == ["ada", "4.4", "/", "8", "0.4"]
    assert "1 grade changed\n  ada: 4.8 / 8 → 4.4 / 8: double 0.8 → 0.4\n" in done.stdout


def test_judge_says_whose_stored_marks_stand_and_why(tmp_path: Path) -> None:
    root = toy.make_course(tmp_path)
    for name in ("ada", "bob"):
        toy.hand_in(root, name, toy.answered({}))
    autograder(root, "grade", "toy")
    checks = root / "source/toy/checks.py"
    new = 'more = variable("more")\n\n\n@question("names")\ndef test_more(more):\n    assert more\n'
    checks.write_text(toy.CHECKS + new)
    done = autograder(root, "judge", "toy")
    why = "to be examined again, it was never asked more: run `autograder grade toy`"
    assert (done.returncode, done.stderr) == (0, f"stored marks stand: 2 submissions (ada, bob): {why}\n")
    checks.write_text(toy.CHECKS.replace("assert_contains(said", "assert_contain(said"))
    done = autograder(root, "judge", "toy")
    assert done.returncode == 3
    assert done.stderr.startswith("stored marks stand: 2 submissions (ada, bob): checks.py:35: NameError")
    (root / "feedback").mkdir()
    (root / "feedback/ada").write_text("in the way")
    pages = autograder(root, "feedback", "toy")
    assert (pages.returncode, pages.stdout) == (3, "1 pages under feedback/\n")
    assert pages.stderr.startswith("no page: ada: [Errno 20] Not a directory")
    again = autograder(root, "grade", "toy", "--again")
    assert again.returncode == 3
    assert "stored marks stand: 2 submissions (ada, bob): checks.py:35: NameError" in again.stderr
    lines = [json.loads(line) for line in autograder(root, "results", "toy", "--json").stdout.splitlines()]
    assert [(line["status"], line["score"]) for line in lines] == [("graded", 8.0), ("graded", 8.0)]


def test_validate_says_fit(course: Path) -> None:
    done = autograder(course, "validate")
    assert (done.returncode, done.stdout) == (0, "toy: fit to hand out (3 questions, 8 points)\n")


def test_validate_goes_on_where_an_assignment_has_no_python_here(course: Path) -> None:
    for folder in ("source", "release"):
        shutil.copytree(course / folder / "toy", course / folder / "apart")
        (course / folder / "apart" / "toy.ipynb").rename(course / folder / "apart" / "apart.ipynb")
    settings = course / "course.yaml"
    text = settings.read_text(encoding="utf-8")
    toys = text.partition("  toy:\n")[2]
    settings.write_text(f"{text}  apart:\n    python: .venv-away\n{toys}", encoding="utf-8")
    done = autograder(course, "validate")
    assert done.returncode == 2
    assert done.stdout == "toy: fit to hand out (3 questions, 8 points)\n"
    assert done.stderr.startswith("not examined: apart: course.yaml: assignments.apart.python: there is no ")
    alone = autograder(course, "validate", "apart")
    assert (alone.returncode, alone.stdout) == (2, "")
    settings.write_text(f"{text}  apart:\n    python: .venv-away\n    optional: true\n{toys}", encoding="utf-8")
    passed_over = autograder(course, "validate")
    assert passed_over.returncode == 0
    assert passed_over.stderr.startswith("not examined: apart: ")


def test_validate_says_what_the_solution_loses(tmp_path: Path) -> None:
    cells = [{**cell, "source": cell["source"].replace("2 * np", "3 * np")} for cell in toy.SOLUTION]
    done = autograder(toy.make_course(tmp_path, cells=cells), "validate")
    assert done.returncode == 1
    assert done.stderr.startswith(
        "source/toy/toy.ipynb: double, test_cell: "
        "the solution does not pass « The visible tests of the notebook » (failed)\n"
    )
    assert (
        "source/toy/toy.ipynb: double, test_double: the solution does not pass « Every number is doubled. »"
        in done.stderr
    )


def test_validate_says_which_line_leaks(tmp_path: Path) -> None:
    root = toy.make_course(tmp_path)
    release = root / "release/toy/toy.ipynb"
    release.write_text(release.read_text().replace("# A toy", "# A toy\\n\\n    return 2 * np.asarray(values)"))
    done = autograder(root, "validate", "toy")
    assert done.returncode == 1
    assert done.stderr == (
        "release/toy/toy.ipynb: cell 1 (title): gives away a line of the solution in double-answer: "
        "return 2 * np.asarray(values)\n"
        "release/toy/toy.ipynb: cell 1 (title): not what the source builds: run `autograder release toy`\n"
    )


def test_validate_says_what_the_release_earns_and_where_it_fails(tmp_path: Path) -> None:
    free = toy.test_cell("gift", 1, "pass")
    broken = toy.code("later", "import no_such_module", locked=True)
    done = autograder(toy.make_course(tmp_path, cells=(*toy.SOLUTION, free, broken)), "validate")
    assert done.returncode == 1
    assert "gift, test_cell: the untouched release passes « The visible tests of the notebook »" in done.stderr
    assert "cell 10 (later): the solution stops here: ModuleNotFoundError" in done.stderr
    assert "fails in the untouched release" not in done.stderr, "what stops the solution is told of the solution"


def test_every_structural_mistake_at_once(tmp_path: Path) -> None:
    cells = (
        *toy.SOLUTION,
        toy.answer("open", "### BEGIN SOLUTION\nx = 1"),
        toy.answer("double-answer", "### BEGIN SOLUTION\ny = 1\n### END SOLUTION"),
    )
    toy.write_source(tmp_path, cells=cells)
    done = autograder(tmp_path, "validate")
    assert done.returncode == 2
    assert done.stderr == (
        "source/toy/toy.ipynb: cell 9 (open), line 1: BEGIN SOLUTION is never closed: add a line « ### END SOLUTION »\n"
        "source/toy/toy.ipynb: cell 3 (double-answer): the id 'double-answer' is also that of cell 10\n"
        "source/toy/toy.ipynb: cell 10 (double-answer): the id 'double-answer' is also that of cell 3\n"
    )


def test_checks_that_name_no_question_or_an_unknown_one(tmp_path: Path) -> None:
    nameless = toy.make_course(tmp_path / "a", checks=toy.CHECKS + "\n\ndef test_more(names):\n    pass\n")
    done = autograder(nameless, "validate")
    assert done.returncode == 2
    assert "checks.py:38: test_more: names no question" in done.stderr
    unknown = toy.make_course(tmp_path / "b", checks=toy.CHECKS.replace('question("names")', 'question("nmes")'))
    done = autograder(unknown, "validate")
    assert (done.returncode, done.stderr) == (
        2,
        "source/toy/checks.py:26: test_names: question 'nmes' has no graded cell; did you mean 'names'?\n",
    )


def test_five_mistakes_in_course_yaml(tmp_path: Path) -> None:
    (tmp_path / "course.yaml").write_text(
        "course: tests\n"
        "titel: Tests\n"
        "language: de\n"
        "assignments:\n"
        "  toy:\n"
        "    title: Toy\n"
        "    expected: sometimes\n"
        "    limits:\n"
        "      memory_mb: -3\n"
    )
    done = autograder(tmp_path, "validate")
    assert done.returncode == 2
    assert done.stderr == (
        "course.yaml:1: title: missing\n"
        "course.yaml:2: titel: unknown key; did you mean title?\n"
        "course.yaml:3: language: invalid enum value 'de'; given: 'de'\n"
        "course.yaml:7: assignments.toy.expected: invalid enum value 'sometimes'; given: 'sometimes'\n"
        "course.yaml:9: assignments.toy.limits.memory_mb: expected `int` >= 1; given: -3\n"
    )


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["grade"], 2, "Missing argument 'ASSIGNMENT'"),
        (["grade", "toi"], 2, "course.yaml: assignments: no assignment 'toi'; did you mean toy?"),
        (["grade", "toy", "--jobs", "0"], 2, "Input should be greater than or equal to 1"),
        (["grade", "toy", "--engine", "cloud"], 2, "'cloud' is not one of"),
        (["grade", "toy", "--student", "zoe"], 2, "submitted: zoe: no folder of this student"),
        (["regrade", "toy"], 2, "No such command 'regrade'"),
    ],
)
def test_wrong_use(course: Path, arguments: list[str], status: int, said: str) -> None:
    done = autograder(course, *arguments)
    assert done.returncode == status
    assert said in done.stderr


def test_no_course_here(tmp_path: Path) -> None:
    done = autograder(tmp_path, "validate")
    assert (done.returncode, done.stderr) == (
        2,
        "course.yaml: there is no course here: run from the folder that holds course.yaml\n",
    )


def test_nothing_handed_in(tmp_path: Path) -> None:
    done = autograder(toy.make_course(tmp_path), "grade", "toy")
    assert (done.returncode, done.stderr) == (
        2,
        "submitted: no student's folder here: put notebooks in submitted/STUDENT/toy/\n",
    )


def test_a_fault_of_ours_is_loud(tmp_path: Path) -> None:
    root = toy.make_course(tmp_path, checks=toy.CHECKS.replace("assert_equal(names", "assert_sequel(names"))
    toy.hand_in(root, "ada", toy.answered({}))
    done = autograder(root, "grade", "toy")
    assert done.returncode == 3
    assert "ungraded: ada: checks.py:29: NameError" in done.stderr


def test_doctor(tmp_path: Path) -> None:
    done = autograder(tmp_path, "doctor")
    assert done.returncode == 0
    assert "isolation" in done.stdout
    assert "tensorflow" in done.stdout


@pytest.mark.parametrize("shut", ["", "course.yaml", "source", "submitted"])
def test_doctor_tells_the_rest_where_a_file_may_not_be_read(tmp_path: Path, shut: str) -> None:
    root = toy.make_course(tmp_path / "course")
    toy.hand_in(root, "ada", toy.answered({}))
    with without_rights(root / shut):
        done = autograder(root, "doctor", within=("env", "COLUMNS=1000", *AS_ANY_USER))
    assert done.returncode == 1, done.stdout + done.stderr
    assert done.stdout.startswith("isolation")
    last = done.stdout.splitlines()[-1]
    assert last.startswith("course ")
    assert str(root / shut) in last
    assert "Permission denied" in last


@pytest.mark.parametrize("command", ["grade", "results", "feedback", "validate"])
def test_a_folder_that_may_not_be_read_is_no_fault_of_ours(tmp_path: Path, command: str) -> None:
    root = toy.make_course(tmp_path / "course")
    toy.hand_in(root, "ada", toy.answered({}))
    with without_rights(root / "source"):
        done = autograder(root, command, "toy", within=AS_ANY_USER)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"{root}/source/toy")
    assert f"Permission denied: give user {os.geteuid()} the right to it" in done.stderr


@contextmanager
def without_rights(path: Path) -> Iterator[None]:
    rights = path.stat().st_mode
    path.chmod(0)
    try:
        yield
    finally:
        path.chmod(rights)


def test_a_folder_that_is_gone_is_no_fault_of_ours(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    done = autograder(
        tmp_path, "grade", "toy", within=("sh", "-c", f'cd "{gone}" && rmdir "{gone}" && exec "$@"', "sh")
    )
    assert (done.returncode, done.stderr) == (
        2,
        ".: this folder is no longer there: run from the folder of the course\n",
    )


def test_help_names_every_command() -> None:
    done = autograder(Path.cwd(), "--help")
    for command in ("validate", "release", "grade", "results", "judge", "feedback", "doctor"):
        assert command in done.stdout


def test_collect_says_how_a_group_gets_its_members(tmp_path: Path) -> None:
    root = toy.make_course(tmp_path / "course")
    for name in ("Group A_101", "Groupe nuit_102", "Ada Martin_103"):
        folder = tmp_path / "download" / f"{name}_assignsubmission_file_"
        folder.mkdir(parents=True)
        (folder / "toy.ipynb").write_bytes(toy.notebook(toy.answered({})))
    command = ("collect", "toy", "--from", str(tmp_path / "download"))
    assert "groups, by their names: Group A, Groupe nuit. A students.csv" in autograder(root, *command).stdout
    (root / "students.csv").write_text("student,group\nbob,Group A\n")
    assert "groups, by their names" not in autograder(root, *command).stdout


def test_collect_says_what_it_did(tmp_path: Path) -> None:
    root = toy.make_course(tmp_path / "course")
    whole = toy.notebook(toy.answered({}))
    for name, content in {"ada/toy.ipynb": whole, "bob.ipynb": whole, "notes.txt": b"", ".DS_Store": b""}.items():
        path = tmp_path / "download" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    done = autograder(root, "collect", "toy", "--from", str(tmp_path / "download"))
    assert done.returncode == 0
    assert done.stdout.splitlines() == [
        "2 collected (2 new, 0 in place of an earlier one), 0 unchanged, 0 older than what is here. "
        "Read as: students' folders and notebooks.",
        "1 file that only programs need was left out.",
    ]
    assert done.stderr.splitlines() == ["skipped: notes.txt: in no student's folder"]
    assert (root / "submitted/bob/toy/bob.ipynb").read_bytes() == whole
    again = autograder(root, "collect", "toy", "--from", str(tmp_path / "download"))
    assert again.stdout.startswith("0 collected (0 new, 0 in place of an earlier one), 2 unchanged")


def test_collect_refuses_what_it_cannot_read(tmp_path: Path) -> None:
    root = toy.make_course(tmp_path)
    done = autograder(root, "collect", "toy", "--from", "nowhere.zip")
    assert (done.returncode, done.stderr) == (2, "nowhere.zip: there is no such file or folder\n")


def test_a_course_without_a_gradebook_does_not_pay_for_nbgrader(course: Path) -> None:
    script = """
import sys
from pathlib import Path
from autograder.commands import _gradebook
from autograder.course import load_parts
(assignment,) = load_parts(Path.cwd(), "toy")
_gradebook.keep_gradebook([assignment.source], assignment.deadline, [])
print(_gradebook.penalties(assignment.source, assignment.deadline), "nbgrader" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", script], cwd=course, capture_output=True, text=True, check=True)
    assert done.stdout == "{} False\n"


# --- nbgrader's score -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def foreign(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course that has never heard of this project: no course.yaml, no checks, hidden tests."""
    root = tmp_path_factory.mktemp("foreign")
    hidden = "assert x\n### BEGIN HIDDEN TESTS\nassert x == 2\n### END HIDDEN TESTS"
    cells = [toy.answer("x-answer", "x = 2"), toy.test_cell("x", 3, hidden), toy.test_cell("y", 2, "x - 2.5")]
    (root / "source/ps1").mkdir(parents=True)
    (root / "source/ps1/first.ipynb").write_bytes(toy.notebook(cells))
    for student, answer in (("ada", "x = 2"), ("bob", "x = 4"), ("eve", "x = 5")):
        folder = root / "submitted" / student / "ps1"
        folder.mkdir(parents=True)
        cells[0]["source"] = answer
        (folder / "first.ipynb").write_bytes(toy.notebook([cells[0], {**cells[1], "source": "assert x"}, cells[2]]))
    return root


def test_a_course_of_nbgraders_is_graded_as_it_is(foreign: Path) -> None:
    done = autograder(foreign, "grade", "ps1", "--compat")
    assert done.returncode == 0, done.stderr
    lines = [line.split() for line in done.stdout.splitlines()]
    assert lines[1] == ["ada", "5", "/", "5", "3", "2"]
    assert lines[2] == ["bob", "1.5", "/", "5", "0", "1.5"]
    assert " ".join(lines[3]).startswith(
        "eve 0 / 5 0 0 nbgrader would refuse the whole submission: first.ipynb: cell 3"
    )
    assert autograder(foreign, "results", "ps1").stdout.splitlines()[:4] == done.stdout.splitlines()[:4]


def test_where_nbgrader_differs_is_listed(foreign: Path) -> None:
    assert autograder(foreign, "grade", "ps1", "--compat").returncode == 0
    lines = autograder(foreign, "results", "ps1", "--explain-compat").stdout.splitlines()
    assert [line.split()[:4] for line in lines] == [
        ["student", "cell", "nbgrader", "here"],
        ["ada", "y", "2", "0"],
        ["eve", "y", "refused", "2"],
    ]
    assert lines[1].rstrip().endswith("it displays -0.5, which nbgrader takes for a success")


def test_compat_is_explained_once_it_was_graded(tmp_path: Path) -> None:
    toy.write_source(tmp_path)
    toy.hand_in(tmp_path, "ada", toy.answered({}))
    done = autograder(tmp_path, "results", "toy", "--explain-compat")
    assert (done.returncode, done.stderr) == (
        2,
        "submitted/ada/toy: not graded so yet, or changed since: run `autograder grade toy --compat`\n",
    )


def test_stand_ins_serve_a_course_that_says_so_and_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = toy.make_course(tmp_path)
    toy.hand_in(root, "ada", toy.answered({}))
    monkeypatch.setenv("AUTOGRADER_DATA", str(tmp_path / "empty"))
    path = root / "course.yaml"
    path.write_text(path.read_text().replace("    title:", "    data: [mnist]\n    title:", 1))
    refused = autograder(root, "grade", toy.NAME)
    assert refused.returncode == 2
    assert "data set mnist: it is not on the shelf" in refused.stderr
    path.write_text(f"stand_ins: true\n{path.read_text()}")
    said = "note: small stand-in data served for mnist: what was measured says nothing of the real sets"
    for command in ("validate", "grade", "results", "judge"):
        done = autograder(root, command, toy.NAME)
        assert done.returncode == 0, done.stderr
        assert said in done.stderr
    (line,) = autograder(root, "results", toy.NAME, "--json").stdout.splitlines()
    assert json.loads(line)["stand_ins"] == ["mnist"]
