"""Nobody gains by a record that lies or a function that does not train, or trains a neighbour in another's name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest

import digits
from autograder.data.shelf import Shelf
from autograder.pipeline import Timings, grade
from autograder.records import Grade, Outcome
from autograder.session import GradingOptions
from hostile.test_batch import left_behind
from hostile.trainings import FUNCTIONS, LIAR, QUICK_FUNCTIONS, QUICK_RECORDS, RECORDS
from loading import load_assignment

pytestmark = pytest.mark.tensorflow

NOTHING = {
    "learn-answer": "def learn(images, labels):\n    raise NotImplementedError",
    "predict-answer": "predictor, curves = None, None",
}
"""Answers of those who have the network alone."""
DRESSED = """\
x = images = keras.Input((784,))
x = keras.layers.ReLU()(keras.layers.Dense(32)(x))
network = keras.Model(images, keras.layers.Dense(10, activation="softmax")(x))"""
NEIGHBOURS = {"ada": {}, "zoe": {"network-answer": DRESSED}}
"""Honest work, in two dresses of one network."""
SPEAKING = ("your teacher", "call me")


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    return digits.fill_shelf(tmp_path_factory.mktemp("shelf"))


@pytest.fixture
def course(tmp_path: Path, shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("AUTOGRADER_DATA", str(shelf.folder))
    return digits.make_course(tmp_path, shelf)


def graded(course: Path, answers: Mapping[str, Mapping[str, str]]) -> dict[str, Grade]:
    """Grade these beside the neighbours, two at a time."""
    for name, own in {**answers, **NEIGHBOURS}.items():
        digits.hand_in(course, name, {**NOTHING, **own})
    steps = grade(load_assignment(course, digits.NAME), GradingOptions(jobs=2), Timings())
    return {step.grade.student: step.grade for step in steps}


def outcome(given: Grade, name: str) -> Outcome:
    return next(one for question in given.questions for one in question.outcomes if one.name == name)


def lying(name: str) -> dict[str, str]:
    return {"network-answer": f"{digits.NETWORK}\n{LIAR}\ndef lie(network, blobs):\n    {RECORDS[name]}"}


def not_training(name: str) -> dict[str, str]:
    return {"learn-answer": f"def learn(images, labels):\n    {FUNCTIONS[name]}"}


def attack(course: Path, records: Iterable[str], functions: Iterable[str]) -> None:
    """Those who lie come last by name: of those who ask for one training, the last one's network is trained."""
    before = left_behind()
    liars, idle = (
        {f"zz-{name}": lying(name) for name in records},
        {f"yy-{name}": not_training(name) for name in functions},
    )
    found = graded(course, liars | idle)
    for name in NEIGHBOURS:
        assert (found[name].status, outcome(found[name], "test_reached").status) == ("graded", "passed"), name
        assert found[name].score == found["ada"].score
    for name in liars:
        own = outcome(found[name], "test_reached")
        assert found[name].status == "graded", (name, found[name].fault)
        assert own.status == "passed" or own.message, name
    for name in idle:
        own = outcome(found[name], "test_learned")
        assert own.status in ("failed", "errored"), (name, own)
        assert own.message, name
    told = [one.message for given in found.values() for question in given.questions for one in question.outcomes]
    for text in SPEAKING:
        assert sum(text in one for one in told) <= 1, text
    assert left_behind() <= before


def test_one_of_each_kind(course: Path) -> None:
    attack(course, QUICK_RECORDS, QUICK_FUNCTIONS)


@pytest.mark.whole
def test_all_of_them(course: Path) -> None:
    attack(course, RECORDS, FUNCTIONS)
