"""Which networks are run on numbers: the solution's all, a student's where the solution's is written by hand."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

import toy
from autograder import marking
from autograder.evidence import Evidence, load_evidence
from autograder.judge.doubted import compared_by_numbers
from autograder.paths import Paths
from autograder.pipeline import Progress, Timings, grade
from autograder.session import GradingOptions
from autograder.validate import findings
from autograder.wire import codec
from autograder.wire.messages import Answer, Answered, Network, Sample, Steps
from exams import exam
from loading import load_assignment
from networks import call, chain, dense, operation

NUMBERS = frozenset({"doubled"})
STUDENTS = ("ada", "bob", "cleo", "dan", "eve")


@pytest.fixture
def course(tmp_path: Path) -> Path:
    return toy.make_course(tmp_path)


def run(course: Path) -> list[Progress]:
    return list(grade(load_assignment(course, toy.NAME), GradingOptions(jobs=2), Timings()))


def sampled(course: Path) -> set[frozenset[str]]:
    paths = Paths(course)
    return {frozenset(load_evidence(paths.evidence(toy.NAME, student)).exam.sampled) for student in STUDENTS}


def hand_in(course: Path) -> None:
    for student in STUDENTS:
        toy.hand_in(course, student, toy.answered({}))


def test_numbers_are_asked_of_everybody_where_the_solution_asks_for_them(
    course: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also of those whose exam began before the solution's was over."""
    monkeypatch.setattr(marking, "compared_by_numbers", lambda _: NUMBERS)
    hand_in(course)
    assert [step.grade.score for step in run(course)] == [8.0] * len(STUDENTS)
    assert sampled(course) == {NUMBERS}
    assert all(step.unchanged for step in run(course))


def test_evidence_without_numbers_is_taken_again_once_the_solution_asks_for_them(
    course: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hand_in(course)
    run(course)
    assert sampled(course) == {frozenset()}
    monkeypatch.setattr(marking, "compared_by_numbers", lambda _: NUMBERS)
    assert not any(step.unchanged for step in run(course))
    assert sampled(course) == {NUMBERS}


@pytest.mark.parametrize("first", ["validate", "grade"])
def test_every_network_of_the_solution_is_run(course: Path, first: str) -> None:
    hand_in(course)
    if first == "validate":
        findings(load_assignment(course, toy.NAME), GradingOptions())
    run(course)
    assert {"doubled", "names"} <= set(load_evidence(Paths(course).reference(toy.NAME)).exam.sampled)


def test_what_is_by_hand_is_read_from_the_solutions_evidence(tmp_path: Path) -> None:
    def ran(network: Network) -> Network:
        return msgspec.structs.replace(network, sample=Sample([1.0, 2.0]))

    by_hand, plain = chain(operation("Roll"), dense(10)), chain(call("Flatten"), dense(10))
    answers: dict[str, Answer] = {
        "by_hand": ran(by_hand),
        "plain": ran(plain),
        "too_large": by_hand,
        "of_an_object": Steps("Maker", [ran(plain), ran(by_hand)]),
    }
    path = tmp_path / "reference"
    assert compared_by_numbers(path) == frozenset()
    Evidence(exam(), tuple(codec.pack(Answered(name, 0.0, answer)) for name, answer in answers.items())).save(path)
    assert compared_by_numbers(path) == {"by_hand", "of_an_object"}
