"""Measure the fairness of thresholds by simulation: `python -m tests.fairness` prints the table of docs/fairness.md.

Reference and submission draw their scores from one distribution, but for how far the submission lies below. What is
printed is how often it fails, over many calibrations and many gradings under each.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray
from scipy import stats  # type: ignore[import-untyped]

from autograder.fairness.statistics import calibrate_bar
from autograder.fairness.verdict import HOPELESS_RUNS, Bar

Floats = NDArray[np.float64]

MEAN, DEVIATION, CHANCE, EXAMPLES = 0.8, 0.01, 0.1, 2000
BELOW = (1, 2, 3, 4, 5, 6)
UNITS: dict[str, Callable[[np.random.Generator, int], Floats]] = {
    "normal": lambda source, count: source.standard_normal(count),
    "skewed": lambda source, count: (2 - source.gamma(2, 1, count)) / math.sqrt(2),
    "heavy": lambda source, count: source.standard_t(3, count) / math.sqrt(3),
}
"""Distributions of mean 0 and deviation 1: normal; gamma of shape 2, its tail below; Student's t, 3 degrees."""


@dataclass(frozen=True)
class Setting:
    """Where scores come from, and how many are drawn."""

    kind: str
    runs: int
    budget: int
    collapses: float

    def scores(self, source: np.random.Generator, count: int, below: float = 0.0) -> Floats:
        """Scores in [0, 1], in steps of one test example; some collapse to chance."""
        drawn = MEAN + DEVIATION * (UNITS[self.kind](source, count) - below)
        drawn = np.where(source.random(count) < self.collapses, CHANCE + DEVIATION * source.random(count), drawn)
        return np.clip(np.round(drawn * EXAMPLES) / EXAMPLES, 0, 1)


def failing(setting: Setting, below: float, calibrations: int, gradings: int) -> float:
    """Return how often a network so many deviations below the reference fails under the project's rule."""
    source, failed, done = np.random.default_rng(1), 0, 0
    for _ in range(calibrations):
        try:
            found = calibrate_bar(
                setting.scores(source, setting.runs).tolist(), test_examples=EXAMPLES, budget=setting.budget
            )
        except ValueError:
            continue  # `calibrate` refuses: no network is graded
        scores = setting.scores(source, gradings * setting.budget, below).reshape(gradings, setting.budget)
        bar = Bar(found.bar, found.spread)
        passed = (scores >= bar.value).any(axis=1)
        if setting.budget > HOPELESS_RUNS:
            passed &= ~(scores[:, :HOPELESS_RUNS] < bar.hopeless).all(axis=1)
        failed, done = failed + int((~passed).sum()), done + gradings
    return failed / done if done else math.nan


def others(runs: int, budget: int, calibrations: int = 400, gradings: int = 50) -> Iterator[tuple[str, list[float]]]:
    """Yield other rules of at most one false failure in a thousand, and their power on normal scores.

    The t-test on means and the rank-sum test are made once, on all the runs; neither stops early.
    """
    tests: dict[str, Callable[[Floats, Floats], float]] = {
        "mean of all runs (Student's t)": lambda own, new: float(stats.ttest_ind(new, own, alternative="less").pvalue),
        "ranks of all runs (Wilcoxon)": lambda own, new: float(
            stats.mannwhitneyu(new, own, alternative="less", method="exact").pvalue
        ),
    }
    for name, pvalue in tests.items():
        source, powers = np.random.default_rng(1), []
        for below in BELOW:
            hits = 0
            for _ in range(calibrations):
                own = source.standard_normal(runs)
                hits += pvalue(own, source.standard_normal(budget) - below) <= 0.001
            powers.append(hits / calibrations)
        yield name, powers


SETTINGS = tuple(Setting(*drawn) for drawn in product(UNITS, (10, 20, 40), (3, 5, 8), (0.0, 0.05)))


def row(setting: Setting, calibrations: int, gradings: int) -> str:
    """Return a setting's line of the table: how often correct work fails, and networks so many deviations below it."""
    fair = failing(setting, 0.0, calibrations, gradings)
    powers = " | ".join(f"{100 * failing(setting, below, calibrations // 4, 50):.0f}" for below in BELOW)
    said = f"{setting.kind} | {setting.runs} | {setting.budget} | {100 * setting.collapses:.0f} %"
    return f"| {said} | {100 * fair:.3f} % | {powers} |"


def table(calibrations: int, gradings: int) -> Iterator[str]:
    """Yield the lines of the table."""
    heads = " | ".join(f"{below}" for below in BELOW)
    yield f"| scores | runs | `seeds` | collapse | correct work fails | {heads} |"
    yield f"|---|---|---|---|---|{'---|' * len(BELOW)}"
    for setting in SETTINGS:
        yield row(setting, calibrations, gradings)
    yield ""
    yield f"| other rules, normal scores, 20 runs, 5 seeds | {heads} |"
    yield f"|---|{'---|' * len(BELOW)}"
    for name, powers_of in others(20, 5):
        yield f"| {name} | {' | '.join(f'{100 * power:.0f}' for power in powers_of)} |"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.fairness", description=__doc__)
    parser.add_argument("--calibrations", type=int, default=1000, metavar="N", help="simulated courses a line")
    parser.add_argument("--gradings", type=int, default=200, metavar="N", help="correct submissions in each")
    options = parser.parse_args()
    for line in table(options.calibrations, options.gradings):
        print(line, flush=True)


if __name__ == "__main__":
    main()
