"""A course with a gradebook: what nbgrader exports is what ours exports, hand marks and lateness in both."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
from nbgrader.api import Gradebook

import toy
from autograder.nbgrader.gradebook import keep_grades
from autograder.paths import Paths
from autograder.records import Grade, Outcome, QuestionGrade
from autograder.release import write_release
from autograder.store import Keys, Store
from loading import load_assignment

SCRIPTS = sysconfig.get_path("scripts")
ESSAY = toy.essay("Why?")
RULE = "    due: 2026-10-01 12:00\n    late_penalty_percent_per_day: 10\n    limits:"
POINTS = {"double": 4.0, "names": 2.0, "greet": 2.0}


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ada is late and was marked by hand; Bob waits for a mark."""
    root = tmp_path_factory.mktemp("course")
    (root / "nbgrader_config.py").write_text('c = get_config()\nc.CourseDirectory.course_id = "tests"\n')
    toy.write_source(root, cells=(*toy.SOLUTION, ESSAY))
    settings = root / "course.yaml"
    settings.write_text(settings.read_text().replace("    limits:", RULE))
    assignment = load_assignment(root, "toy")
    write_release(assignment.source)
    keep_grades([(assignment.source, [])], assignment.deadline)
    for student, moment in (("ada", "2026-10-02 13:00:00 UTC"), ("bob", "2026-10-01 09:00:00 UTC")):
        folder = Paths(root).submission(student, "toy")
        folder.mkdir(parents=True)
        (folder / "timestamp.txt").write_text(moment)
    grades = [graded("ada", 1.5), graded("bob", 4.0)]
    keep_grades([(assignment.source, grades)], assignment.deadline)
    with Gradebook(f"sqlite:///{root}/gradebook.db", "tests") as book:
        mark = book.find_grade("essay", "toy", "toy", "ada")
        mark.manual_score, mark.extra_credit, mark.needs_manual_grade = 2.5, 0.5, False
        book.db.commit()
    keep_grades([(assignment.source, grades)], assignment.deadline)
    with Store(Paths(root).store) as store:
        for one in grades:
            store.save(one, Keys("", ""))
    return root


def graded(student: str, double: float) -> Grade:
    found = [
        QuestionGrade(name, score, most, (Outcome("test_it", name, "It is.", "passed", 1.0),))
        for name, most in POINTS.items()
        for score in (double if name == "double" else most,)
    ]
    essay = QuestionGrade("essay", 0.0, 3.0, (Outcome("hand_mark", "essay", "Read", "ungraded", 1.0, "", "hand"),))
    return Grade(student, "toy", "graded", (*found, essay), submission="sha256:1")


def test_nbgrader_exports_what_we_export(course: Path) -> None:
    environment = {**os.environ, "PATH": f"{SCRIPTS}{os.pathsep}{os.environ['PATH']}", "HOME": str(course / "home")}
    ours = [sys.executable, "-c", "from autograder.cli import main; main()", "export", "toy", "--to", "csv"]
    done = subprocess.run(ours, cwd=course, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (1, "no grade: bob: 3 points to be marked by hand\n")
    subprocess.run([f"{SCRIPTS}/nbgrader", "export"], cwd=course, env=environment, check=True, capture_output=True)
    theirs = {row["student_id"]: row for row in csv.DictReader((course / "grades.csv").read_text().splitlines())}
    found = {
        row["student"]: row for row in csv.DictReader((course / "exports/toy/csv/grades.csv").read_text().splitlines())
    }
    ada, same = found["ada"], theirs["ada"]
    assert float(ada["score"]) == float(same["score"]) == 6.8
    assert float(ada["late_penalty"]) == float(same["late_submission_penalty"]) == 1.7
    assert (float(ada["max_score"]), ada["essay"]) == (float(same["max_score"]), "3")
    assert (found["bob"]["score"], found["bob"]["essay"], found["bob"]["awaiting"]) == ("", "", "3")
