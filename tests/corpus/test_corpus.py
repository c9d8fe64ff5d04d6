"""Every messy submission is graded as it should be, in one class, by the real line; none stops another."""

from __future__ import annotations

from pathlib import Path

import pytest

import toy
from autograder.evidence import Exam, load_exam
from autograder.pipeline import Timings, grade
from autograder.records import Grade
from autograder.report.feedback import feedback_page
from autograder.report.repairs import repair_sentences
from autograder.session import GradingOptions
from corpus.cases import CASES, Case
from loading import load_assignment

SMALLEST = 60


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The toy course, in French, with every case handed in."""
    root = toy.make_course(tmp_path_factory.mktemp("course"), language="fr")
    for one in CASES:
        for name, content in one.files.items():
            path = root / "submitted" / one.name / toy.NAME / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    return root


@pytest.fixture(scope="module")
def graded(course: Path) -> dict[str, Grade]:
    steps = grade(load_assignment(course, toy.NAME), GradingOptions(), Timings())
    return {step.grade.student: step.grade for step in steps}


def exam_of(course: Path, one: Case) -> Exam | None:
    return load_exam(load_assignment(course, toy.NAME).paths.evidence(toy.NAME, one.name))


def test_there_are_enough_and_no_two_of_one_name() -> None:
    assert len({one.name for one in CASES}) == len(CASES) >= SMALLEST


@pytest.mark.parametrize("one", CASES, ids=lambda one: one.name)
def test_a_messy_submission_has_its_grade(graded: dict[str, Grade], one: Case) -> None:
    found = graded[one.name]
    assert found.status == ("missing" if one.missing else "graded")
    assert found.score == pytest.approx(one.score), [
        (check.question, check.name, check.message) for question in found.questions for check in question.outcomes
    ]
    assert found.fault.startswith(one.fault)
    assert bool(found.fault) == bool(one.fault)


@pytest.mark.parametrize("one", CASES, ids=lambda one: one.name)
def test_what_was_mended_is_kept_and_said(course: Path, graded: dict[str, Grade], one: Case) -> None:
    exam = exam_of(course, one)
    repairs = exam.repairs if exam is not None else []
    assert tuple((repair.kind, repair.cell) for repair in repairs) == one.repairs
    ran = {record.cell.id: record.cell.source for record in exam.cells} if exam is not None else {}
    assert all(part in ran[name] for name, part in one.texts.items())
    page = feedback_page((loaded := load_assignment(course, toy.NAME)).source, loaded.course, graded[one.name], exam)
    assert ("Réparé avant la correction" in page) == bool(one.repairs)
    assert page.count("<li>") == len(repair_sentences(repairs, "fr"))
