"""Nobody gains by a record that lies or a function that does not train, or trains a neighbour in another's name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import pytest

import digits
from autograder.calibrate import calibrate
from autograder.engine import Trained
from autograder.engine.local import LocalEngine
from autograder.errors import GraderError
from autograder.records import Grade
from autograder.session import GradingOptions
from autograder.training.job import Job
from hostile.test_batch import left_behind
from hostile.trainings import FUNCTIONS, LIAR, NETWORKS, QUICK_FUNCTIONS, QUICK_NETWORKS, QUICK_RECORDS, RECORDS
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


@pytest.fixture
def course(digits_course: Path) -> Path:
    return digits_course


def graded(course: Path, answers: Mapping[str, Mapping[str, str]]) -> dict[str, Grade]:
    """Grade these beside the neighbours, two at a time."""
    for name, own in {**answers, **NEIGHBOURS}.items():
        digits.hand_in(course, name, {**NOTHING, **own})
    return digits.graded(course, jobs=2)


def lying(name: str) -> dict[str, str]:
    return {"network-answer": f"{digits.NETWORK}\n{LIAR}\ndef lie(network, blobs):\n    {RECORDS[name]}"}


def attack_by_equals(course: Path, names: Iterable[str]) -> None:
    """Those whose network is equal to the neighbours', and trained otherwise, are trained first."""
    found = graded(course, {f"zz-{name}": {"network-answer": NETWORKS[name]} for name in names})
    for name in NEIGHBOURS:
        own = digits.outcome(found[name], "test_reached")
        assert (found[name].status, own.status) == ("graded", "passed"), (name, own.message)


def test_nobody_fails_by_what_is_equal_and_trained_otherwise(course: Path) -> None:
    attack_by_equals(course, QUICK_NETWORKS)


@pytest.mark.whole
@pytest.mark.parametrize("name", NETWORKS)
def test_nobody_fails_by_any_of_them(course: Path, name: str) -> None:
    attack_by_equals(course, [name])


@pytest.mark.whole
def test_no_bar_rests_on_what_students_had_trained(course: Path) -> None:
    attack_by_equals(course, QUICK_NETWORKS)
    report = next(calibrate(load_assignment(course, digits.NAME), GradingOptions(jobs=2), "short", 5))
    assert min(report.scores) > 0.5, report.scores


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
        assert (found[name].status, digits.outcome(found[name], "test_reached").status) == ("graded", "passed"), name
        assert found[name].score == found["ada"].score
    for name in liars:
        own = digits.outcome(found[name], "test_reached")
        assert found[name].status == "graded", (name, found[name].fault)
        assert own.status == "passed" or own.message, name
    for name in idle:
        own = digits.outcome(found[name], "test_learned")
        assert own.status in ("failed", "errored"), (name, own)
        assert own.message, name
    told = [one.message for given in found.values() for question in given.questions for one in question.outcomes]
    for text in SPEAKING:
        assert sum(text in one for one in told) <= 1, text
    assert left_behind() <= before


LIARS = {f"zz-liar-{number}": digits.NETWORK.replace("32,", f"32, name='liar_{number}',") for number in range(4)}
"""The network of all, each time with a name of its own: equal networks, and other records."""


def test_rooms_that_fail_over_records_cost_those_alone_who_handed_them_in(
    course: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train = LocalEngine.train

    def failing(engine: LocalEngine, jobs: Iterable[Job]) -> Iterator[Trained]:
        """Train, but for records whose rooms end as those do that found a fault of ours."""
        for job in jobs:
            if any(layer.name.startswith("liar") for layer in job.network.layers):
                yield Trained(job, None, GraderError("a room ended"))
            else:
                yield from train(engine, [job])

    monkeypatch.setattr(LocalEngine, "train", failing)
    found = graded(course, {name: {"network-answer": network} for name, network in LIARS.items()})
    for name in NEIGHBOURS:
        assert digits.outcome(found[name], "test_reached").status == "passed", name
    for name in LIARS:
        assert (found[name].status, found[name].fault) == ("ungraded", "a room ended")


def test_one_of_each_kind(course: Path) -> None:
    attack(course, QUICK_RECORDS, QUICK_FUNCTIONS)


@pytest.mark.whole
def test_all_of_them(course: Path) -> None:
    attack(course, RECORDS, FUNCTIONS)
