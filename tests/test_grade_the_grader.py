"""A slice of `make grade-the-grader`: its figures of one lesson, and what it makes of figures that miss a bar."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import lessons
from grade_the_grader import grade_lesson, judged, main, together
from lessons import CONVOLUTIONS, HandedIn, complaints, fill_shelf

GOOD = {
    "rights": 20,
    "rights_full": 20,
    "mistakes": 30,
    "mistakes_caught": 30,
    "mutants_killed": 95,
    "mutants_survived": 5,
    "mutants_harmless": 2,
    "mutants_ungraded": 0,
}


@pytest.mark.parametrize(
    ("worse", "missed"),
    [
        ({}, []),
        ({"rights_full": 19}, ["rights"]),
        ({"mistakes_caught": 29}, ["mistakes"]),
        ({"mutants_survived": 6}, ["mutants"]),
        ({"mutants_ungraded": 1}, ["mutants"]),
        ({"mutants_harmless": 90}, []),
        ({"rights": 0, "rights_full": 0}, ["rights"]),
    ],
)
def test_each_bar_is_held(worse: dict[str, int], missed: list[str]) -> None:
    assert judged({**GOOD, **worse})["missed"] == missed


def test_one_lesson_that_misses_a_bar_is_not_made_up_for_by_others() -> None:
    many = {name: 100 * number for name, number in GOOD.items()}
    found: dict[str, dict[str, Any]] = {
        "large": {**judged(many), "seconds": 1.0},
        "small": {**judged({**GOOD, "rights_full": 19}), "seconds": 2.0},
        "other": {"not_run": "no PyTorch here"},
    }
    told = together(found)
    assert told["bars_met"] is False
    assert told["total"]["rights"] == 2020
    assert told["total"]["seconds"] == 3.0
    assert told["lessons"]["other"] == {"not_run": "no PyTorch here"}
    del found["small"]
    assert together(found)["bars_met"] is True
    assert together({"other": {"not_run": "no PyTorch here"}})["bars_met"] is False


def test_a_lesson_that_is_not_there_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["reseau-creux"]) == 2
    assert "no lesson reseau-creux; there are reseaux-convolutifs," in capsys.readouterr().err


@pytest.mark.tensorflow
def test_one_lesson_a_little(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTOGRADER_DATA", str(fill_shelf(tmp_path / "shelf")))
    found = grade_lesson(CONVOLUTIONS, tmp_path / "course", rights=3, wrongs=3, mutants=11)
    assert found["missed"] == []
    assert (found["rights_full"], found["mistakes_caught"], found["mutants_survived"]) == (3, 15, 0)
    assert found["mutants_killed"] >= 9


@pytest.mark.tensorflow
def test_what_is_not_as_it_should_be_is_complained_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTOGRADER_DATA", str(fill_shelf(tmp_path / "shelf")))
    wrong, right = next(CONVOLUTIONS.wrong()), CONVOLUTIONS.right(0)
    question, other, third = list(wrong.mistakes)[:3]
    told = {question: {wrong.mistakes[question].title: "ce que personne ne dit"}}
    every = {name: {**one, **told.get(name, {})} for name, one in lessons.hints(CONVOLUTIONS.name).items()}
    monkeypatch.setattr(lessons, "hints", lambda _: every)
    known = {name: one for name, one in wrong.mistakes.items() if name != other}
    called = HandedIn({**wrong.answers, third: right[third]}, known)
    found = {(one.question, one.kind) for one in complaints(CONVOLUTIONS, [called], tmp_path / "course")}
    assert found == {(question, "not told"), (other, "unfair"), (third, "no point lost")}
