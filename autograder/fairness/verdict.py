"""The sequential verdict on a network that is trained by us, one seed after another.

After each run the caller asks `decide` of all the scores so far, and stops at the first decision that is not `MORE`. A
network passes with the first run that reaches the bar. It fails when none of the `budget` runs did, or when the first
three all lie so far below that more of them would only cost time. One low score never fails anybody.

Why the best of the runs, and not their mean: a seed now and then collapses (a dead layer, a loss that diverges), and a
mean of five takes a fifth of it. Where the bar lies so that correct work is rarely failed is `training.statistics`'s to
find, from nothing but the order of scores; docs/fairness.md compares this rule with others.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from statistics import NormalDist

HOPELESS_RUNS = 3
"""So many first runs, all far below the bar, are enough to fail."""
HOPELESS_SPREADS = 10.0
"""How far below is far, in spreads. At this distance none of a million normal scores reaches the bar."""

_NORMAL = NormalDist()


class Decision(IntEnum):
    """What the runs so far come to, from worst to best."""

    FAIL = 0
    """No run reached the bar, and no further one is due."""
    MORE = 1
    """No run reached the bar yet: train with one more seed."""
    PASS = 2
    """A run reached the bar."""


@dataclass(frozen=True)
class Bar:
    """The score a network must reach, with the spread that calibration found."""

    value: float
    """The threshold, between 0 and 1."""
    spread: float
    """Standard deviation of a score from seed to seed: an upper confidence limit. 0: scores do not depend on seeds."""

    def __post_init__(self) -> None:
        if not 0 < self.value < 1:
            raise ValueError(f"bar: {self.value} is not between 0 and 1")
        if not 0 <= self.spread < math.inf:
            raise ValueError(f"spread: {self.spread} is not a standard deviation; it must be 0 or more, and finite")

    @property
    def hopeless(self) -> float:
        """The score below which a run is far from the bar."""
        return self.value - HOPELESS_SPREADS * self.spread


@dataclass(frozen=True)
class Rule:
    """How a verdict is reached."""

    bar: Bar
    budget: int
    """The most runs."""

    def __post_init__(self) -> None:
        if self.budget < 1:
            raise ValueError(f"budget: {self.budget} runs are too few; at least 1 is needed")


@dataclass(frozen=True)
class Verdict:
    """What the runs so far say of a network."""

    decision: Decision
    best: float
    """The highest score; a run without a finite score counts as 0."""
    runs: int


def decide(scores: Sequence[float | None], rule: Rule) -> Verdict:
    """Return the verdict on the scores so far, each in [0, 1], or None, which counts as 0, for one not finite.

    Raises ValueError where there is no score, one is out of range, or there are more than the budget allows.
    """
    values = checked_scores(scores)
    runs, best = len(values), max(values)
    if runs > rule.budget:
        raise ValueError(f"budget: {runs} scores were given, and the rule stops after {rule.budget}")
    if best >= rule.bar.value:
        return Verdict(Decision.PASS, best, runs)
    hopeless = runs >= HOPELESS_RUNS and max(values[:HOPELESS_RUNS]) < rule.bar.hopeless
    return Verdict(Decision.FAIL if hopeless or runs == rule.budget else Decision.MORE, best, runs)


def single(score: float | None, bar: Bar) -> Verdict:
    """Return the verdict on the one score there will ever be, such as that of a model the student trained."""
    return decide([score], Rule(bar, budget=1))


def checked_scores(scores: Sequence[float | None]) -> list[float]:
    """Return `scores` with 0 for each None. Raise ValueError where there is none, or one is not in [0, 1]."""
    if not scores:
        raise ValueError("scores: there is none; at least one run is needed")
    for number, score in enumerate(scores, start=1):
        if score is not None and not 0 <= score <= 1:
            raise ValueError(f"scores: {score}, of run {number}, is not between 0 and 1")
    return [0.0 if score is None else float(score) for score in scores]


def power(true_mean: float, spread: float, rule: Rule) -> float:
    """Return the probability that a network whose scores are normal, of this mean and deviation, is not failed.

    Raises ValueError for a mean or a spread that is none.
    """
    if not math.isfinite(true_mean):
        raise ValueError(f"true_mean: {true_mean} is not finite")
    if not 0 <= spread < math.inf:
        raise ValueError(f"spread: {spread} is not a standard deviation; it must be 0 or more, and finite")
    if spread == 0:
        return float(true_mean >= rule.bar.value)
    below, far = (_NORMAL.cdf((limit - true_mean) / spread) for limit in (rule.bar.value, rule.bar.hopeless))
    early = far**HOPELESS_RUNS * (1 - below ** (rule.budget - HOPELESS_RUNS)) if rule.budget > HOPELESS_RUNS else 0.0
    return 1 - below**rule.budget - early
