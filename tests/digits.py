"""A small course for tests of trainings: one network on the stand-in digits, and the functions that train it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import toy
from autograder.data.shelf import Shelf
from autograder.data.sources import stand_in
from autograder.pipeline import Timings, grade
from autograder.recipes import MetricName, Threshold, resolve
from autograder.records import Grade, Outcome
from autograder.session import GradingOptions
from loading import load_assignment

NAME = "digits"

COURSE = """\
course: tests
title: A course for tests of trainings
language: en
assignments:
  digits:
    title: Digits
    data: [mnist]
    limits: {{cell_seconds: 30, seconds: 120, training_seconds: 30, memory_mb: 2048, fit: {{epochs: 1, steps: 5}}}}
    recipes:
      short:
        data: mnist
        train: {train}
        epochs: {epochs}
        batch: {batch}
        seeds: 3
        memory_mb: 1000
        cpu: {{{thresholds}}}
"""

CHECKS = '''\
"""Checks of the digits."""

from autograder import history, predictions, question, trained, trained_by
from autograder.asserts import assert_reaches

reached = trained("network", recipe="short", input_shape=(784,))
learned = trained_by("learn", recipe="short", hidden="secret", shape=(784,))
guessed = predictions("predictor", recipe="short", hidden="secret", shape=(784,))
curves = history("curves")


@question("network")
def test_reached(reached):
    """The network reaches the course's accuracy."""
    assert_reaches(reached)


@question("learn")
def test_learned(learned):
    """The function trains a network."""
    assert_reaches(learned)


@question("predict")
def test_guessed(guessed):
    """The trained network predicts."""
    assert_reaches(guessed)


@question("predict")
def test_history(curves):
    """The loss was recorded."""
    assert "loss" in curves, "no loss"
    assert curves.epochs == 1
'''

NETWORK = """\
network = keras.Sequential([
    keras.Input((784,)), keras.layers.Dense(32, activation="relu"), keras.layers.Dense(10, activation="softmax")])"""

LEARN = """\
def learn(images, labels):
    made = keras.models.clone_model(network)
    made.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    made.fit(images, labels, epochs=12, batch_size=32, verbose=0)
    return made"""

PREDICT = """\
(x, y), _ = keras.datasets.mnist.load_data()
network.compile("adam", "sparse_categorical_crossentropy")
curves = network.fit(x.reshape(-1, 784) / 255, y, epochs=4, verbose=0)
weights = np.eye(10)[y].T @ (x.reshape(-1, 784) - x.mean()) / 255

def predictor(images):
    return images @ weights.T"""

ACCURACY: MetricName = "accuracy"
BARS = {"reached": 0.75, "learned": 0.75, "guessed": 0.7}
"""What a correct answer reaches with every seed, by a wide margin."""
ANSWERS = {"network-answer": NETWORK, "learn-answer": LEARN, "predict-answer": PREDICT}
TESTS = {
    "network-answer": toy.test_cell("network", 4, "assert network.count_params()"),
    "learn-answer": toy.test_cell("learn", 3, "assert callable(learn)"),
    "predict-answer": toy.test_cell("predict", 3, "assert callable(predictor)"),
}
"""By answer."""


def cells(answers: Mapping[str, str]) -> list[toy.Cell]:
    """The notebook, with a question for each of these answers."""
    found = [toy.text("title", "# Digits"), toy.code("imports", "import keras\nimport numpy as np", locked=True)]
    for name, test in TESTS.items():
        if name in answers:
            found += [toy.answer(name, answers[name]), test]
    return found


def fill_shelf(folder: Path) -> Shelf:
    """Put the stand-in digits on a shelf, and a hidden set taken from them that no room can load."""
    shelf = Shelf(folder)
    arrays = stand_in("mnist")
    shelf.add("mnist", arrays, stand_in=True, origin="scikit-learn's digits")
    shelf.add("secret", {"x": arrays["x_test"], "y": arrays["y_test"]}, hidden=True, origin="the digits' test part")
    return shelf


def make_course(
    root: Path,
    shelf: Shelf,
    *,
    bars: Mapping[str, float] = BARS,
    spread: float = 0.01,
    train: int = 1000,
    epochs: int = 4,
    batch: int = 50,
    checks: str = CHECKS,
    answers: Mapping[str, str] = ANSWERS,
) -> Path:
    """Write the course in `root`, its release made, and return `root`.

    `bars` are by probe, calibrated for `shelf`; `answers` are the solution's, one a question.
    """
    from autograder.fairness.thresholds import write_thresholds
    from autograder.release import write_release
    from autograder.training.job import calibrated_for
    from loading import load_assignment

    folder = root / "source" / NAME
    folder.mkdir(parents=True, exist_ok=True)
    course = root / "course.yaml"
    course.write_text(COURSE.format(train=train, epochs=epochs, batch=batch, thresholds=""))
    marked = {name: f"### BEGIN SOLUTION\n{source}\n### END SOLUTION" for name, source in answers.items()}
    (folder / f"{NAME}.ipynb").write_bytes(toy.notebook(cells(marked)))
    (folder / "checks.py").write_text(checks)
    assignment = load_assignment(root, NAME)
    recipe = resolve("short", assignment.settings.recipes["short"], "cpu")
    thresholds = {}
    for probe, bar in bars.items():
        of = calibrated_for(
            recipe, *(shelf.get(name) for name in ("mnist", *([] if probe == "reached" else ["secret"])))
        )
        thresholds[probe] = {ACCURACY: Threshold(bar=bar, mean=bar, spread=spread, runs=20, fails=0.0, of=of)}
    write_thresholds(course, course, ["assignments", NAME, "recipes", "short", "cpu"], thresholds)
    write_release(assignment.source)
    return root


def hand_in(root: Path, student: str, answers: Mapping[str, str] | None = None) -> Path:
    """Write a student's notebook under `submitted/`: the solution's answers, these in place of some."""
    path = root / "submitted" / student / NAME / f"{NAME}.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(toy.notebook(cells({**ANSWERS, **(answers or {})})))
    return path


def graded(root: Path, **options: Any) -> dict[str, Grade]:
    """Grade what is handed in, with these options of a run; return each student's grade."""
    steps = grade(load_assignment(root, NAME), GradingOptions(**options), Timings())
    return {step.grade.student: step.grade for step in steps}


def outcome(given: Grade, name: str) -> Outcome:
    """Return what came of one check."""
    return next(one for question in given.questions for one in question.outcomes if one.name == name)
