"""The line on scripted rooms: a real judge and a real database, and not one process of a room."""

from __future__ import annotations

from pathlib import Path

import pytest

import toy
from autograder.errors import GraderError
from autograder.pipeline import Timings, grade
from autograder.records import Grade
from autograder.sandbox.isolation import Isolation
from autograder.session import GradingOptions
from autograder.wire.messages import Cell, CellRun, Fault
from loading import load_assignment
from scripted import Scripted, greeting, quiet, right


def raising(cell: Cell) -> CellRun:
    fault = Fault(kind="raised", error="NameError", message="name 'x' is not defined")
    return CellRun(cell.index, 0.0, "", "", 0, "", fault) if cell.id == "greet-answer" else quiet(cell)


@pytest.fixture
def course(tmp_path: Path) -> Path:
    course = toy.make_course(tmp_path)
    for name in ("ada", "bob"):
        toy.hand_in(course, name, toy.answered({}))
    return course


def run(course: Path, engine: Scripted, monkeypatch: pytest.MonkeyPatch, **options: object) -> dict[str, Grade]:
    monkeypatch.setattr("autograder.session.open_engine", lambda *_: engine)
    steps = grade(load_assignment(course, toy.NAME), GradingOptions(**options), Timings())  # type: ignore[arg-type]
    return {step.grade.student: step.grade for step in steps}


def test_a_class_is_graded_and_known_again(course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = Scripted(right(), greeting)
    found = run(course, engine, monkeypatch)
    assert {name: (one.status, one.score) for name, one in found.items()} == {
        "ada": ("graded", 8.0),
        "bob": ("graded", 8.0),
    }
    assert (len(engine.held), engine.closed) == (3, True)  # the solution's is one of them
    assert run(course, again := Scripted(), monkeypatch) == found
    assert again.held == []


def test_what_was_asked_and_did_not_come_costs_its_student(course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    solved = run(course, Scripted(right(), greeting), monkeypatch)
    assert solved["ada"].score == 8.0
    toy.hand_in(course, "ada", toy.answered({"greet-answer": "x"}))
    found = run(course, Scripted({"names": right()["names"]}, raising), monkeypatch)
    assert found["ada"].status == "graded"
    assert found["ada"].score < 8.0
    assert (found["bob"].attempt, found["ada"].attempt) == (1, 2)


def test_a_fault_of_ours_costs_nobody_and_stands_alone(course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    full = GraderError("the disk is full")
    found = run(course, Scripted(right(), greeting, {"bob": [full, full]}), monkeypatch)
    assert (found["ada"].status, found["ada"].score) == ("graded", 8.0)
    assert (found["bob"].status, found["bob"].fault) == ("ungraded", "the disk is full")
    assert found["bob"].score == 8.0
    assert run(course, Scripted(right(), greeting), monkeypatch)["bob"].status == "graded"


def test_the_line_needs_no_namespaces_where_its_rooms_are_elsewhere(
    course: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The wall is measured for this machine: with a scripted engine nothing of it is raised."""
    monkeypatch.setattr(Isolation, "require", lambda *_: "strict")
    monkeypatch.setattr("autograder.sandbox.rooms.Zygote.__init__", lambda *_, **__: pytest.fail("a room was opened"))
    assert run(course, Scripted(right(), greeting), monkeypatch)["ada"].isolation == "strict"
