"""The whole line on the sample class of the lesson that trains: real trainings on stand-in data."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from autograder.data.arrays import HIDDEN
from autograder.data.shelf import Shelf
from autograder.data.sources import stand_in
from autograder.pipeline import Timings, grade
from autograder.records import Grade, Outcome
from autograder.session import GradingOptions
from loading import load_assignment

LESSON = "reseau-dense"
IN_ANOTHER_DRESS = ("camille", "farid", "ines")
pytestmark = pytest.mark.tensorflow


@pytest.fixture(scope="module")
def cases(repository: Path) -> dict[str, Any]:
    text = (repository / f"examples/expected-{LESSON}.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    filled = Shelf(tmp_path_factory.mktemp("shelf"))
    for name in ("mnist", "mnist-hidden"):
        arrays = stand_in(name)
        filled.add(name, arrays, hidden=set(arrays) == set(HIDDEN), stand_in=True, origin="scikit-learn's digits")
    return filled


@pytest.fixture(scope="module")
def graded(repository: Path, shelf: Shelf, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Grade]:
    root = tmp_path_factory.mktemp("class")
    for name in ("course.yaml", "nbgrader_config.py"):
        shutil.copyfile(repository / name, root / name)
    for name in ("source", "release"):
        shutil.copytree(repository / name, root / name)
    for work in (repository / "examples/submitted").glob(f"*/{LESSON}"):
        shutil.copytree(work, root / "submitted" / work.parent.name / LESSON)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AUTOGRADER_DATA", str(shelf.folder))
        return {
            step.grade.student: step.grade for step in grade(load_assignment(root, LESSON), GradingOptions(), Timings())
        }


def outcome(grade: Grade, name: str) -> Outcome:
    return next(one for question in grade.questions for one in question.outcomes if one.name == name)


def test_everyone_is_graded(graded: dict[str, Grade], cases: dict[str, Any]) -> None:
    assert set(graded) == set(cases)
    assert len(cases) >= 10
    assert {(one.status, one.fault) for one in graded.values()} == {("graded", "")}


def test_each_loses_points_where_its_case_says_and_nowhere_else(
    graded: dict[str, Grade], cases: dict[str, Any]
) -> None:
    lost = {
        name: sorted(question.id for question in one.questions if question.score < question.max_score)
        for name, one in graded.items()
    }
    assert lost == {name: sorted(case["lost"]) for name, case in cases.items()}
    assert {graded[name].score for name, case in cases.items() if not case["lost"]} == {25.0}


def test_a_network_in_another_dress_is_not_trained_again(graded: dict[str, Grade]) -> None:
    signatures = {name: one.trainings[0].signature for name, one in graded.items()}
    assert {signatures[name] for name in IN_ANOTHER_DRESS} == {signatures["alice"]}
    assert signatures["marek"] != signatures["alice"]


def test_a_trained_network_says_what_it_reached(graded: dict[str, Grade]) -> None:
    passed = outcome(graded["alice"], "test_reseau_apprend")
    assert passed.status == "passed"
    assert re.match(r"reçu     9\d(,\d)?\s% sur les exemples de test, (en 1 entraînement|au mieux des)", passed.message)
    assert "\nattendu  au moins 93,9\N{NO-BREAK SPACE}%, lors d'un entraînement sur 5\n" in passed.message
    assert "données de remplacement" in passed.message
    failed = outcome(graded["zoe"], "test_reseau_apprend")
    assert failed.status == "failed"
    assert "où       perte, 3 époques sur 3\u00a0: " in failed.message
    assert "c'est cette architecture qui apprend trop peu" in failed.message


def test_reciting_answers_or_not_training_gains_nothing(graded: dict[str, Grade]) -> None:
    for name in ("lucas", "nicolas"):
        found = outcome(graded[name], "test_entraine")
        assert found.status == "failed"
        assert "de réponses justes sur 300 exemples cachés" in found.message
