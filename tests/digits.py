"""A small course for tests of trainings: one network on the stand-in digits, and the functions that train it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import toy
from autograder.data.shelf import Shelf
from autograder.data.sources import stand_in

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
        batch: 50
        seeds: 3
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

ANSWERS = {"network-answer": NETWORK, "learn-answer": LEARN, "predict-answer": PREDICT}


def cells(answers: Mapping[str, str]) -> list[toy.Cell]:
    """The notebook, with these answers."""
    return [
        toy.text("title", "# Digits"),
        toy.code("imports", "import keras\nimport numpy as np", locked=True),
        toy.answer("network-answer", answers["network-answer"]),
        toy.test_cell("network", 4, "assert network.count_params()"),
        toy.answer("learn-answer", answers["learn-answer"]),
        toy.test_cell("learn", 3, "assert callable(learn)"),
        toy.answer("predict-answer", answers["predict-answer"]),
        toy.test_cell("predict", 3, "assert callable(predictor)"),
    ]


def fill_shelf(folder: Path) -> Shelf:
    """Put the stand-in digits on a shelf, and a hidden set taken from them that no room can load."""
    shelf = Shelf(folder)
    arrays = stand_in("mnist")
    shelf.add("mnist", arrays, stand_in=True, origin="scikit-learn's digits")
    shelf.add("secret", {"x": arrays["x_test"], "y": arrays["y_test"]}, hidden=True, origin="the digits' test part")
    return shelf


def make_course(root: Path, *, thresholds: str = "", train: int = 1000, epochs: int = 4, checks: str = CHECKS) -> Path:
    """Write the course in `root`, its release made, and return `root`. `thresholds` are the cpu profile's, as YAML."""
    from autograder.course import load_assignment
    from autograder.release import write_release

    folder = root / "source" / NAME
    folder.mkdir(parents=True, exist_ok=True)
    (root / "course.yaml").write_text(COURSE.format(train=train, epochs=epochs, thresholds=thresholds))
    marked = {name: f"### BEGIN SOLUTION\n{source}\n### END SOLUTION" for name, source in ANSWERS.items()}
    (folder / f"{NAME}.ipynb").write_bytes(toy.notebook(cells(marked)))
    (folder / "checks.py").write_text(checks)
    write_release(load_assignment(root, NAME))
    return root


def hand_in(root: Path, student: str, answers: Mapping[str, str] | None = None) -> Path:
    """Write a student's notebook under `submitted/`: the solution's answers, these in place of some."""
    path = root / "submitted" / student / NAME / f"{NAME}.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(toy.notebook(cells({**ANSWERS, **(answers or {})})))
    return path
