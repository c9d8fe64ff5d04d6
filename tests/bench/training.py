"""Trainings: what a training room adds to the training itself, and what a class costs that shares its trainings."""

from __future__ import annotations

import json
import math
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from unittest.mock import patch

import numpy as np

import digits
import toy
from autograder.assessment import Assessor
from autograder.assignment import Assignment
from autograder.data.shelf import Shelf
from autograder.evidence import TrainingRun
from autograder.intake import as_submission
from autograder.paths import STATE
from autograder.sandbox.exam import examine
from autograder.sandbox.isolation import measure
from autograder.sandbox.rooms import Zygote
from autograder.session import cores, judge_of
from autograder.store import Store
from autograder.training.frozen import Frozen
from autograder.training.room import train
from loading import load_assignment

from .floor import zygote_environment
from .grading import run_to_end
from .sample import REPOSITORY, command

WIDTHS = (784, 720, 656, 592, 528)
"""Units of the hidden layers of the class's networks: as many trainings."""
BATCH, EPOCHS = 128, 6
TRAIN, TEST = 60_000, 10_000
"""As many examples as MNIST has."""
MISLABELLED = 0.1
"""Share of the labels that are drawn at random: what learns without end soon trains on zeros, at another speed."""
LIKENESS = 0.05
"""Between the losses that one seed comes to in a room and by the bare script: they round differently."""
BAR = 0.5
"""Far enough below what every one of the networks reaches for one training to tell."""

CHECKS = '''\
"""Checks of the digits."""

from autograder import question, trained
from autograder.asserts import assert_reaches

reached = trained("network", recipe="short")


@question("network")
def test_reached(reached):
    """The network reaches the course's accuracy."""
    assert_reaches(reached)
'''

DRESSES = (
    """\
network = keras.Sequential([
    keras.Input((784,)), keras.layers.Dense({units}, activation="relu"), keras.layers.Dense(10, activation="softmax")])
""",
    """\
# {student}
x = images = keras.Input((784,), name="images_{student}")
x = keras.layers.ReLU()(keras.layers.Dense({units}, name="hidden_{student}")(x))
network = keras.Model(images, keras.layers.Dense(10, activation="softmax")(x))
""",
    """\
network = keras.Sequential(name="{student}")
network.add(keras.layers.Input(shape=(784,)))
network.add(keras.layers.Dense(units={units}))
network.add(keras.layers.Activation("relu"))
network.add(keras.layers.Dense(units=10))
network.add(keras.layers.Softmax())
""",
)
"""One network, as different students write it."""


@dataclass(frozen=True)
class Trainings:
    """What was measured, in seconds, a round each."""

    room: tuple[float, ...]
    """One training in a room, from the order to the run in hand."""
    bare: tuple[float, ...]
    """The same training by a bare script."""
    submissions: int
    command: tuple[float, ...]
    """`autograder grade` on the class, start to exit."""
    alone: tuple[float, ...]
    """The class's trainings by the bare script, one after the other on all cores."""

    @property
    def overhead(self) -> float:
        """A training room over a bare script: median of the rounds' own ratios."""
        return median(room / bare for room, bare in zip(self.room, self.bare, strict=True))

    @property
    def shared(self) -> float:
        """The whole class over its trainings alone: median of the rounds' own ratios."""
        return median(command / alone for command, alone in zip(self.command, self.alone, strict=True))


def time_trainings(rounds: int, submissions: int) -> Trainings:
    """Measure both, in a temporary course on generated images; ours and the bare script's take turns."""
    with _course(submissions) as course:
        say("a training room and a bare script")
        room, bare = _pairs(course, rounds)
        command_seconds, alone = [], []
        for number in range(1, rounds + 1):
            say(f"{submissions} submissions of {len(WIDTHS)} networks: round {number} of {rounds}")
            command_seconds.append(_class(course, submissions))
            alone.append(sum(course.bare(units, seed=0, threads=cores())["seconds"] for units in WIDTHS))
    return Trainings(room, bare, submissions, tuple(command_seconds), tuple(alone))


def say(text: str) -> None:
    print(f"measuring: {text}", file=sys.stderr, flush=True)


# --- The course -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Course:
    """A course with one trained question, and the shelf that its images lie on."""

    root: Path
    shelf: Shelf

    def assignment(self) -> Assignment:
        return load_assignment(self.root, digits.NAME)

    def bare(self, units: int, *, seed: int, threads: int) -> dict[str, float]:
        """Train by the bare script; return the `seconds` it took, and the `loss` on the test examples."""
        job = {"units": units, "seed": seed, "batch": BATCH, "epochs": EPOCHS, "threads": threads}
        done = subprocess.run(
            [sys.executable, "-m", "tests.bench.bare"],
            cwd=REPOSITORY,
            env=zygote_environment(str(self.root)),
            input=json.dumps({"folder": str(self.shelf.get("mnist").folder), **job}),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            sys.exit(f"a bare training: status {done.returncode}\n{done.stderr[-2000:]}")
        said: dict[str, float] = json.loads(done.stdout)
        return said


@contextmanager
def _course(submissions: int) -> Iterator[_Course]:
    """Lay out the course and its class in a temporary folder, removed at the end."""
    with tempfile.TemporaryDirectory(prefix="autograder-bench-") as folder:
        shelf = Shelf(Path(folder) / "shelf")
        shelf.add("mnist", _images(), stand_in=True, origin="generated, of MNIST's size")
        with patch.dict(os.environ, AUTOGRADER_DATA=str(shelf.folder)):
            root = digits.make_course(
                Path(folder) / "course",
                shelf,
                bars={"reached": BAR},
                train=TRAIN,
                epochs=EPOCHS,
                batch=BATCH,
                checks=CHECKS,
                answers=_answers(0),
            )
            for number in range(submissions):
                _hand_in(root, number)
            yield _Course(root, shelf)


def _images() -> dict[str, np.ndarray]:
    """Ten random pictures, each seen through noise: uint8[N, 28, 28], and a tenth of the labels wrong."""
    rng = np.random.default_rng(0)
    pictures = rng.integers(0, 128, (10, 28, 28), dtype=np.uint8)
    found = {}
    for part, count in (("train", TRAIN), ("test", TEST)):
        labels = rng.integers(0, 10, count)
        found[f"x_{part}"] = pictures[labels] + rng.integers(0, 128, (count, 28, 28), dtype=np.uint8)
        wrong = rng.random(count) < MISLABELLED
        found[f"y_{part}"] = np.where(wrong, rng.integers(0, 10, count), labels).astype(np.uint8)
    return found


def _answers(number: int) -> dict[str, str]:
    """What student `number` writes: a few networks, each in several dresses, under names of their own."""
    units, dress = WIDTHS[number % len(WIDTHS)], DRESSES[number // len(WIDTHS) % len(DRESSES)]
    return {"network-answer": dress.format(units=units, student=_student(number))}


def _student(number: int) -> str:
    return f"student_{number:03}"


def _hand_in(root: Path, number: int) -> None:
    path = root / "submitted" / _student(number) / digits.NAME / f"{digits.NAME}.ipynb"
    path.parent.mkdir(parents=True)
    path.write_bytes(toy.notebook(digits.cells(_answers(number))))


# --- Measuring --------------------------------------------------------------------------------------------------------


def _pairs(course: _Course, rounds: int) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Train the solution's network in a room and by the bare script, in turn, on one core, a seed a round."""
    assignment = course.assignment()
    isolation = measure().require(assignment.course.isolation)
    room, bare = [], []
    with judge_of(assignment.source) as judge, Zygote(assignment.preload, assignment.paths.cache) as zygote:
        assessor = Assessor(assignment, judge, "cpu", isolation)
        evidence = examine(
            zygote, assessor.order(as_submission(assignment.source, assignment.settings, assignment.source.notebook))
        )
        first = assessor.scorer.wanted(evidence, "reached")
        for seed in range(rounds):
            (job,) = assessor.scorer.jobs(
                Frozen(first.network, first.blobs), first.recipe, [seed], evidence.exam.versions
            )
            started = time.perf_counter()
            run = train(zygote, job, isolation, threads=1)
            room.append(time.perf_counter() - started)
            other = course.bare(WIDTHS[0], seed=seed, threads=1)
            bare.append(other["seconds"])
            _require_same(run, other["loss"])
    return tuple(room), tuple(bare)


def _require_same(run: TrainingRun, loss: float) -> None:
    """End the benchmark where the room did not train what the bare script did: then the two do not compare."""
    ours = run.scores.get("loss")
    if ours is None or not math.isclose(ours, loss, rel_tol=LIKENESS):
        sys.exit(f"a training: loss {ours} ({run.fault}) in a room, {loss} by the bare script")


def _class(course: _Course, submissions: int) -> float:
    """Return the seconds of `autograder grade` on the class, from nothing, start to exit."""
    shutil.rmtree(course.root / STATE, ignore_errors=True)
    started = time.perf_counter()
    run_to_end([command("autograder"), "grade", digits.NAME], course.root)
    seconds = time.perf_counter() - started
    _require_shared(course.assignment(), submissions)
    return seconds


def _require_shared(assignment: Assignment, submissions: int) -> None:
    """End the benchmark where the class was not graded as it should be: then it measured something else."""
    with Store(assignment.paths.store) as store:
        grades = store.grades(assignment.name)
    passed = sum(one.status == "graded" and one.score == one.max_score for one in grades)
    networks = {use.signature for one in grades for use in one.trainings}
    if passed != submissions or len(networks) > len(WIDTHS):
        sys.exit(f"the class: {passed} of {submissions} passed, {len(networks)} networks")
