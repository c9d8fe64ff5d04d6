"""A submission whose files are byte for byte those of its grade is known again before it is read."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

import toy
from autograder import marking
from autograder.assignment import SourceNotebook
from autograder.course_yaml import AssignmentSettings
from autograder.intake import fingerprint, read_submission
from autograder.notebook.formats import Notebook
from autograder.pipeline import Progress, Timings, grade
from autograder.records import Limits
from autograder.release import write_release
from autograder.session import GradingOptions
from loading import load_assignment
from scripted import Scripted, greeting, right


@pytest.fixture
def course(tmp_path: Path) -> Path:
    return toy.make_course(tmp_path)


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The students whose notebooks were read."""
    found: list[str] = []
    real = read_submission

    def watched(source: SourceNotebook, settings: AssignmentSettings, release: Notebook, student: str) -> object:
        found.append(student)
        return real(source, settings, release, student)

    monkeypatch.setattr(marking, "read_submission", watched)
    monkeypatch.setattr("autograder.session.open_engine", lambda *_: Scripted(right(), greeting))
    return found


def run(course: Path, **options: object) -> dict[str, Progress]:
    steps = grade(load_assignment(course, toy.NAME), GradingOptions(**options), Timings())  # type: ignore[arg-type]
    return {step.grade.student: step for step in steps}


def test_what_is_unchanged_is_not_read(course: Path, read: list[str]) -> None:
    for name in ("ada", "bob", "cleo"):
        toy.hand_in(course, name, toy.answered({}))
    first = run(course)
    read.clear()
    again = run(course)
    assert (read, [step.unchanged for step in again.values()]) == ([], [True] * 3)
    assert [step.grade for step in again.values()] == [step.grade for step in first.values()]
    toy.hand_in(course, "bob", toy.answered({"names-answer": "names = []"}))
    assert {name: step.unchanged for name, step in run(course).items()} == {"ada": True, "bob": False, "cleo": True}
    assert read == ["bob"]


def test_one_student_alone_is_touched(course: Path, read: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ada", "bob"):
        toy.hand_in(course, name, toy.answered({}))
    opened: list[str] = []
    real = fingerprint

    def watched(source: SourceNotebook, limits: Limits, student: str) -> str:
        opened.append(student)
        return real(source, limits, student)

    monkeypatch.setattr(marking, "fingerprint", watched)
    assert list(run(course, students=("ada",))) == ["ada"]
    assert (set(read), set(opened)) == ({"ada"}, {"ada"})


def change_file(course: Path) -> None:
    (course / "submitted/ada/toy/data.txt").write_text("new")


def hand_in_two(course: Path) -> None:
    toy.hand_in(course, "ada", toy.answered({}))
    (course / "submitted/ada/toy/other.ipynb").write_bytes(toy.notebook(toy.answered({"names-answer": "names = 1"})))


def change_release(course: Path) -> None:
    cells = [*toy.SOLUTION, toy.text("more", "One more text.")]
    toy.write_source(course, cells=cells)
    write_release(load_assignment(course, toy.NAME).source)


def change_limits(course: Path) -> None:
    path = course / "course.yaml"
    path.write_text(path.read_text().replace("memory_mb: 300", "memory_mb: 301"))


def name_student_files(course: Path) -> None:
    path = course / "course.yaml"
    path.write_text(path.read_text() + '    student_files: ["*.csv"]\n')


def hand_out_file(course: Path) -> None:
    (course / "source/toy/given.txt").write_text("given")
    write_release(load_assignment(course, toy.NAME).source)


@pytest.mark.parametrize(
    "change", [change_file, hand_in_two, change_release, change_limits, name_student_files, hand_out_file]
)
def test_whatever_reading_depends_on_is_read_anew(
    course: Path, read: list[str], change: Callable[[Path], None]
) -> None:
    toy.hand_in(course, "ada", toy.answered({}))
    run(course)
    read.clear()
    change(course)
    run(course)
    assert read == ["ada"]
    read.clear()
    assert run(course)["ada"].unchanged
    assert read == []


def test_of_several_notebooks_the_later_may_be_the_one_that_counts(course: Path, read: list[str]) -> None:
    hand_in_two(course)
    run(course)
    read.clear()
    os.utime(course / "submitted/ada/toy/other.ipynb", (2e9, 2e9))
    run(course)
    assert read == ["ada"]


def test_a_file_that_cannot_be_opened_is_no_reason_to_believe_the_old_grade(
    course: Path, read: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    toy.hand_in(course, "ada", toy.answered({}))
    run(course)
    read.clear()
    monkeypatch.setattr(marking, "fingerprint", lambda *_: "")
    run(course)
    assert read == ["ada"]


def test_a_changed_check_judges_anew(course: Path, read: list[str]) -> None:
    toy.hand_in(course, "ada", toy.answered({}))
    run(course)
    path = course / "source/toy/checks.py"
    path.write_text(path.read_text().replace("weight=3", "weight=4"))
    assert not run(course)["ada"].unchanged
    assert run(course)["ada"].unchanged
