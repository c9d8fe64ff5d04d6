"""Measures what the course says of trainings, on real data: `python -m tests.figures` prints tables in Markdown.

Two parts. `references`: the networks of the course's sections, each trained in training rooms under its recipe, beside
the figure it should reach. `fairness`: a reference is calibrated, then graded 200 times with fresh seeds, and so are
ten wrong but plausible networks. The shelf (AUTOGRADER_DATA) must hold the real mnist, fashion_mnist and cifar10.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import mean, stdev
from typing import Any

from autograder.data.shelf import Shelf, shelf_folder
from autograder.engine import Engine, RoomSetup, open_engine
from autograder.evidence import TrainingRun, libraries
from autograder.fairness.statistics import calibrate_bar
from autograder.fairness.verdict import Bar, Decision, Rule, decide
from autograder.networks.mistakes import MISTAKES
from autograder.recipes import Recipe
from autograder.sandbox.isolation import measure
from autograder.training.frozen import Frozen
from autograder.training.job import Job, make_jobs
from autograder.wire.messages import Network
from autograder.worker.keras.reader import read_model

RUNS = 3
GRADINGS, SEED_SETS, CALIBRATION_RUNS = 200, 20, 20
FRESH = 1000
"""First seed of the gradings: none of those that calibration saw."""


@dataclass(frozen=True)
class Reference:
    """A network of the course and the figure it should reach on the test set."""

    section: int
    name: str
    params: int
    build: Any
    recipe: Recipe
    figure: float


def references() -> Iterator[Reference]:
    """Yield the networks whose accuracy the course gives."""
    mnist = Recipe("mnist", "cpu", "mnist", loss="categorical_crossentropy", batch=128)
    fashion = Recipe("fashion", "cpu", "fashion_mnist")
    cifar = Recipe("cifar10", "cpu", "cifar10", batch=96)
    digits = Recipe("digits", "cpu", "mnist", batch=96)
    yield Reference(1, "784 → 784 → 10, 2 epochs", 623_290, dense((784,), 784), replace(mnist, epochs=2), 0.970)
    yield Reference(1, "784 → 784 → 10, 15 epochs", 623_290, dense((784,), 784), replace(mnist, epochs=15), 0.98)
    yield Reference(2, "784 → 128 → 10", 101_770, dense((28, 28), 128), fashion, 0.85)
    yield Reference(2, "two convolutions of 64", 243_786, fashion_convolutions, fashion, 0.88)
    yield Reference(3, "1: dense, digits", 7_850, dense((28, 28, 1)), digits, 0.905)
    yield Reference(3, "2: convolutions, digits", 259_338, convolutions((28, 28, 1)), digits, 0.978)
    yield Reference(3, "3: dense, CIFAR-10", 30_730, dense((32, 32, 3)), cifar, 0.327)
    yield Reference(3, "4: two convolutions, CIFAR-10", 350_026, convolutions((32, 32, 3)), cifar, 0.490)
    yield Reference(3, "5: three convolutions, CIFAR-10", 881_162, three_convolutions, cifar, 0.514)


def dense(shape: tuple[int, ...], *units: int) -> Any:
    """Return a builder of a dense network."""

    def build(layers: Any) -> list[Any]:
        hidden = [layers.Dense(count, activation="relu") for count in units]
        return [layers.Input(shape), layers.Flatten(), *hidden, layers.Dense(10, activation="softmax")]

    return build


def fashion_convolutions(layers: Any) -> list[Any]:
    return [
        layers.Input((28, 28, 1)),
        layers.Conv2D(64, 3, activation="relu"),
        layers.MaxPooling2D(),
        layers.Conv2D(64, 3, activation="relu"),
        layers.MaxPooling2D(),
        layers.Flatten(),
        layers.Dense(128, activation="relu"),
        layers.Dense(10, activation="softmax"),
    ]


def convolutions(shape: tuple[int, ...]) -> Any:
    """Return a builder of the network of two convolutions, with dropout."""

    def build(layers: Any) -> list[Any]:
        return [
            layers.Input(shape),
            layers.Conv2D(32, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(64, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dropout(0.5),
            layers.Dense(128, activation="relu"),
            layers.Dropout(0.5),
            layers.Dense(256, activation="relu"),
            layers.Dropout(0.5),
            layers.Dense(10, activation="softmax"),
        ]

    return build


def three_convolutions(layers: Any) -> list[Any]:
    return [
        layers.Input((32, 32, 3)),
        layers.Conv2D(32, 3, activation="relu"),
        layers.MaxPooling2D(),
        layers.Conv2D(64, 3, activation="relu"),
        layers.Conv2D(64, 3, activation="relu"),
        layers.MaxPooling2D(),
        layers.Flatten(),
        layers.Dropout(0.5),
        layers.Dense(512, activation="relu"),
        layers.Dropout(0.5),
        layers.Dense(10, activation="softmax"),
    ]


def record(build: Any) -> Network:
    """Return the record of the network that a builder's layers make."""
    import keras

    return read_model(keras.Sequential(build(keras.layers)))


# --- Training ---------------------------------------------------------------------------------------------------------


class Trainer:
    """Trains jobs in rooms, and keeps what it has trained."""

    def __init__(self, engine: Engine) -> None:
        self._shelf = Shelf(shelf_folder())
        self._engine = engine
        self._runs: dict[str, TrainingRun] = {}
        self._libraries = libraries(engine.warm().versions)

    def job(self, network: Network, recipe: Recipe, seed: int) -> Job:
        return next(make_jobs(Frozen(network), recipe, self._shelf.get(recipe.data), [seed], self._libraries))

    def train(self, jobs: Iterable[Job]) -> None:
        for trained in self._engine.train([job for job in jobs if job.key not in self._runs]):
            if trained.run is None:
                sys.exit(str(trained.error))
            self._runs[trained.job.key] = trained.run
            print(".", end="", file=sys.stderr, flush=True)

    def run(self, job: Job) -> TrainingRun:
        return self._runs[job.key]

    def score(self, job: Job) -> float:
        return self.run(job).scores.get("accuracy") or 0.0


def _engine(cache: Path) -> Engine:
    setup = RoomSetup(("numpy", "tensorflow", "keras"), cache, measure().require("standard"))
    return open_engine("local", setup, len(os.sched_getaffinity(0)))


def measure_references(trainer: Trainer, runs: int) -> Iterator[str]:
    """Yield the table of the references. 15 epochs are run with one seed."""
    yield f"| section | network | parameters | figure | seed 0 | mean of {runs} seeds | seconds, one core |"
    yield "|---|---|---|---|---|---|---|"
    for one in references():
        network = record(one.build)
        assert network.params == one.params, (one.name, network.params)
        jobs = [trainer.job(network, one.recipe, seed) for seed in range(1 if one.recipe.epochs > 2 else runs)]
        trainer.train(jobs)
        scores = [trainer.score(job) for job in jobs]
        spread = f"{mean(scores):.3f} ± {stdev(scores):.3f}" if len(scores) > 1 else "–"
        seconds = mean(trainer.run(job).seconds for job in jobs)
        near = "" if abs(scores[0] - one.figure) <= 0.01 or abs(mean(scores) - one.figure) <= 0.01 else " **missed**"
        yield (
            f"| {one.section} | {one.name} | {one.params} | {one.figure} | {scores[0]:.4f}{near} | {spread} "
            f"| {seconds:.0f} |"
        )


def measure_fairness(trainer: Trainer, name: str, network: Network, recipe: Recipe) -> Iterator[str]:
    """Yield what becomes of correct and of weak work when it is graded over and over with fresh seeds."""
    seeds = range(CALIBRATION_RUNS)
    own = [trainer.job(network, recipe, seed) for seed in seeds]
    trainer.train(own)
    examples = recipe.test or 10_000
    found = calibrate_bar([trainer.score(job) for job in own], test_examples=examples, budget=recipe.seeds)
    rule = Rule(Bar(found.bar, found.spread), recipe.seeds)
    yield (
        f"{name}: mean {found.mean:.4f}, deviation {found.deviation:.4f} over {found.runs} runs; bar {found.bar:.3f}; "
        f"correct work fails with probability {found.fails:.1e}"
    )
    verdicts = grade_often(trainer, network, recipe, rule, GRADINGS)
    yield f"{GRADINGS} gradings of the reference with fresh seeds: {told(verdicts)}"
    weak = [(one.name, made) for one in MISTAKES if (made := one.apply(network)) is not None]
    failing = 0
    yield "| weak network | mean | verdicts |"
    yield "|---|---|---|"
    for title, made in weak:
        results = grade_often(trainer, made, recipe, rule, SEED_SETS)
        first = [trainer.job(made, recipe, FRESH + recipe.seeds * number) for number in range(SEED_SETS)]
        failing += results["fail"] == SEED_SETS
        yield f"| {title} | {mean(trainer.score(job) for job in first):.3f} | {told(results)} |"
    yield f"{failing} of {len(weak)} weak networks fail on every one of {SEED_SETS} seed sets"


def grade_often(trainer: Trainer, network: Network, recipe: Recipe, rule: Rule, gradings: int) -> Mapping[str, int]:
    """Grade a network again and again, each time with seeds of its own; return how often each verdict came."""
    open_ones: dict[int, list[float]] = {number: [] for number in range(gradings)}
    verdicts: Counter[str] = Counter()
    for look in range(recipe.seeds):
        jobs = {number: trainer.job(network, recipe, FRESH + recipe.seeds * number + look) for number in open_ones}
        trainer.train(jobs.values())
        for number, job in jobs.items():
            open_ones[number].append(trainer.score(job))
            decision = decide(open_ones[number], rule).decision
            if decision is not Decision.MORE:
                verdicts[decision.name.lower()] += 1
                verdicts["runs"] += len(open_ones.pop(number))
        if not open_ones:
            break
    return verdicts


def told(verdicts: Mapping[str, int]) -> str:
    runs = verdicts["runs"]
    return ", ".join(f"{count} {name}" for name, count in verdicts.items() if name != "runs") + f" ({runs} trainings)"


FAIR = Recipe("mnist", "cpu", "mnist", batch=128, epochs=2)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.figures", description=__doc__)
    parser.add_argument("part", choices=["references", "fairness"])
    parser.add_argument("--runs", type=int, default=RUNS, metavar="N", help=f"seeds a reference ({RUNS})")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as cache, _engine(Path(cache)) as engine:
        trainer = Trainer(engine)
        if options.part == "references":
            lines = measure_references(trainer, options.runs)
        else:
            lines = measure_fairness(trainer, "784 → 128 → 10, MNIST", record(dense((784,), 128)), FAIR)
        for line in lines:
            print(line, flush=True)


if __name__ == "__main__":
    main()
