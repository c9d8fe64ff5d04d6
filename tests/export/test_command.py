"""`autograder export` as its users meet it: from stored grades to files, and what it says of those in none."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

import toy
from autograder.cli import main
from autograder.export import export_names, load_export
from autograder.intake.identity import Identity, keep_identity
from autograder.paths import Paths
from autograder.store import Keys, Store
from graded import absent, grade, ungraded

LATE = """\
    due: 2026-10-01 12:00
    late_penalty_percent_per_day: 10
"""


def autograder(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from autograder.cli import main; main()", *arguments]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True)
    assert "Traceback" not in done.stdout + done.stderr
    return done


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four students as Moodle handed them over: one of them late, one ungraded, one absent."""
    root = tmp_path_factory.mktemp("course")
    toy.write_source(root)
    settings = root / "course.yaml"
    settings.write_text(settings.read_text().replace("    limits:", LATE + "    limits:"))
    (root / "students.csv").write_text("student,name,email\nada,Ada Lovelace,ada@example.org\nzoe,Zoé Å,\ngone,,\n")
    paths = Paths(root)
    with Store(paths.store) as store:
        for one in (grade("ada"), grade("zoe", 1.5), ungraded("ill"), absent("gone")):
            store.save(one, Keys("", ""))
    for student, number in (("ada", "101"), ("zoe", "102"), ("ill", "103")):
        paths.submission(student, "toy").mkdir(parents=True)
        keep_identity(paths, student, "toy", Identity("Moodle", number, student.title()))
    (paths.submission("zoe", "toy") / "timestamp.txt").write_text("2026-10-02 13:00:00.000000 UTC")
    page = paths.feedback("toy", "ada", "toy")
    page.parent.mkdir(parents=True)
    page.write_text("<p>Ada")
    return root


def test_what_is_not_graded_is_left_empty_and_named_and_told_by_the_status(course: Path) -> None:
    done = autograder(course, "export", "toy", "--to", "csv")
    assert done.returncode == 3
    assert done.stdout.splitlines() == ["exports/toy/csv/grades.csv", "2 of 4 students; nothing from gone"]
    assert done.stderr == "no grade: ill: ungraded through a fault of ours: a worker was lost\n"
    rows = list(csv.DictReader((course / "exports/toy/csv/grades.csv").read_text().splitlines()))
    assert [(row["student"], row["name"], row["score"], row["late_penalty"]) for row in rows] == [
        ("ada", "Ada Lovelace", "6", "0"),
        ("gone", "", "", "0"),
        ("ill", "Ill", "", "0"),
        ("zoe", "Zoé Å", "2.8", "0.7"),
    ]


def test_what_came_from_moodle_goes_back_to_moodle(course: Path) -> None:
    done = autograder(course, "export", "toy", "--to", "moodle", "--student", "ada", "--student", "zoe")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        "exports/toy/moodle/grades.csv",
        "exports/toy/moodle/feedback.zip",
        "2 of 2 students",
    ]
    rows = list(csv.DictReader((course / "exports/toy/moodle/grades.csv").read_text().splitlines()))
    assert [(row["Identifier"], row["Grade"]) for row in rows] == [("Participant 101", "6"), ("Participant 102", "2.8")]


def test_one_submission_goes_to_the_file_that_is_named(course: Path, tmp_path: Path) -> None:
    for system, name in (("gradescope", "results.json"), ("prairielearn", "results.json"), ("junit", "junit.xml")):
        path = tmp_path / system / name
        done = autograder(course, "export", "toy", "--to", system, "--student", "zoe", "-o", str(path))
        assert (done.returncode, done.stderr) == (0, "")
    assert json.loads((tmp_path / "gradescope/results.json").read_text())["score"] == 2.8
    assert ElementTree.parse(tmp_path / "junit/junit.xml").getroot().attrib["tests"] == "2"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--to", "blackboard"), "'blackboard' is not one of ags, canvas, "),
        (
            ("--to", "junit", "--decimal-comma"),
            "--decimal-comma: does nothing with --to junit; it is for canvas, csv, moodle",
        ),
        (("--to", "moodle", "--from", "none.csv"), "none.csv: cannot be read: No such file or directory"),
        (("--to", "moodle", "--from", "course.yaml"), "course.yaml: no row begins with a participant's number"),
        (("--to", "moodle", "-o", "grades.csv"), "grades.csv: 2 files would be written (feedback.zip, grades.csv)"),
        (("--to", "csv", "--student", "bob"), "--student: bob: no result is theirs"),
        (("--to", "classroom50"), "the environment lacks CLASSROOM, ASSIGNMENT"),
    ],
)
def test_wrong_use_says_what_would_be_right(
    course: Path,
    arguments: tuple[str, ...],
    says: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(course)
    monkeypatch.setattr(sys, "argv", ["autograder", "export", "toy", *arguments])
    with pytest.raises(SystemExit) as left:
        main()
    assert left.value.code == 2
    assert says in " ".join(capsys.readouterr().err.replace("│", "").split())


def test_without_results_it_says_how_to_get_some(tmp_path: Path) -> None:
    toy.write_source(tmp_path)
    done = autograder(tmp_path, "export", "toy", "--to", "csv")
    assert (done.returncode, done.stderr) == (2, "toy: no results yet: run `autograder grade toy`\n")


def test_every_export_is_a_module_that_says_what_it_takes() -> None:
    assert {"canvas", "classroom50", "csv", "gradescope", "junit", "moodle", "prairielearn"} <= set(export_names())
    for name in export_names():
        assert load_export(name).OPTIONS
