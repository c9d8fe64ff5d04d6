"""The whole line on the sample class: real TensorFlow, 40 notebooks, each graded as its case says."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from autograder import pipeline, session
from autograder.judge.process import Judge
from autograder.pipeline import Timings, grade
from autograder.records import Grade
from autograder.session import GradingOptions
from autograder.store import open_store
from loading import load_assignment

LESSON = "reseaux-convolutifs"
pytestmark = pytest.mark.tensorflow


@pytest.fixture(scope="module")
def cases(repository: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((repository / "examples/expected.json").read_text(encoding="utf-8"))
    return found


@pytest.fixture(scope="module")
def root(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("class")
    for name in ("course.yaml", "nbgrader_config.py"):
        shutil.copyfile(repository / name, root / name)
    for name in ("source", "release"):
        shutil.copytree(repository / name, root / name)
    shutil.copytree(repository / "examples/submitted", root / "submitted")
    return root


@pytest.fixture(scope="module")
def graded(root: Path) -> dict[str, Grade]:
    steps = grade(load_assignment(root, LESSON), GradingOptions(), Timings())
    return {step.grade.student: step.grade for step in steps}


def test_everyone_is_graded(graded: dict[str, Grade], cases: dict[str, Any]) -> None:
    assert set(graded) == set(cases)
    assert len(cases) >= 30
    assert {one.status for one in graded.values()} == {"graded"}


def test_each_loses_points_where_its_case_says_and_nowhere_else(
    graded: dict[str, Grade], cases: dict[str, Any]
) -> None:
    lost = {
        name: sorted(question.id for question in one.questions if question.score < question.max_score)
        for name, one in graded.items()
    }
    assert lost == {name: sorted(case["lost"]) for name, case in cases.items()}


def test_the_right_ones_have_full_score(graded: dict[str, Grade], cases: dict[str, Any]) -> None:
    right = [name for name, case in cases.items() if not case["lost"]]
    assert len(right) >= 8
    assert {graded[name].score for name in right} == {20.0}


def test_those_that_break_say_how(graded: dict[str, Grade]) -> None:
    faults = {name: one.fault for name, one in graded.items() if one.fault}
    assert faults == {
        "adele": "no notebook: it is a web page: download the notebook itself, as .ipynb",
        "jules": "ran out of memory",
        "nicolas": "ended its process",
        "sofia": "no notebook: the file is empty",
    }
    endless = next(question for question in graded["lucas"].questions if question.id == "repare")
    assert "le code a été arrêté" in endless.outcomes[-1].message


def test_a_missing_padding_is_pointed_at(graded: dict[str, Grade]) -> None:
    found = next(question for question in graded["karim"].questions if question.id == "model2")
    counted = (
        "reçu     1\u202f422\u202f666 paramètres\n"
        "attendu  2\u202f209\u202f098 paramètres\n"
        "où       {}couche 7, Conv2D(256)\u00a0: padding «\u00a0valid\u00a0», attendu «\u00a0same\u00a0»"
        "\u202f; de même pour la couche 8"
    )
    hint = (
        "piste    sans padding «\u00a0same\u00a0», "
        "chaque convolution 3 × 3 retire 2 pixels en hauteur comme en largeur."
    )
    assert [one.message for one in found.outcomes[1:]] == [
        counted.format("le compte s'écarte ici\u00a0: "),
        f"{counted.format('')}\n{hint}",
    ]


def test_judged_again_by_several_judges_each_has_what_it_was_graded(
    root: Path, graded: dict[str, Grade], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whichever judge has a case, whatever it judged before, and whoever is stored in the same transaction."""
    monkeypatch.setattr(pipeline, "cores", lambda: 3)
    monkeypatch.setattr(pipeline, "WORTH_A_JUDGE", 10)
    monkeypatch.setattr(pipeline, "TOGETHER", 7)
    started: list[Path] = []

    def start(checks: Path, *given: Any) -> Judge:
        started.append(checks)
        return Judge(checks, *given)

    monkeypatch.setattr(session, "Judge", start)
    assignment = load_assignment(root, LESSON)
    again = [step.grade for step in pipeline.rejudge(assignment, Timings())]
    assert again == [graded[name] for name in sorted(graded)]
    assert len(started) == 3
    with open_store(assignment.paths) as store:
        assert store.grades(LESSON) == again
        known = store.known(LESSON, list(graded))
    steps = list(grade(assignment, GradingOptions(), Timings()))
    assert all(keys.seen for one, keys in known.values() if one.status == "graded")
    assert all(step.unchanged for step in steps)
