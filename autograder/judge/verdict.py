"""The sequential verdict on a network that is trained by us, one seed after another.

After each run the caller asks `decide` of all the scores so far, and stops at the first decision that is not `MORE`.
The seeds' scores are modelled as independent normal draws around the network's true mean, with the standard deviation
that the reference showed (`Bar.spread`). Each of the `budget` looks is given an equal share of the stated error rates
(Bonferroni), so that they hold over the whole sequence of looks, however these depend on each other. An exact constant
boundary would lower the quantile of five looks at 0.1 % from 3.54 to 3.47: not worth a recursion in every verdict.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from statistics import NormalDist

_NORMAL = NormalDist()
_REACH = 8.5
"""Standard deviations either side of the mean that `power` follows: beyond lies less than 1e-16."""
_STEP = 0.125
"""Of the grid that `power` integrates on, in standard deviations of one score."""


class Decision(IntEnum):
    """What the runs so far come to, from worst to best."""

    FAIL = 0
    """Below the bar, beyond what the choice of seeds explains."""
    MORE = 1
    """Too close to tell: train with one more seed."""
    BENEFIT = 2
    """Still too close to tell, and the budget is spent: the student has the benefit of the doubt."""
    PASS = 3
    """At or above the bar, beyond what the choice of seeds explains."""


@dataclass(frozen=True)
class Bar:
    """The accuracy a network must reach, with the calibration that makes it fair."""

    value: float
    """The threshold, between 0 and 1."""
    spread: float
    """Standard deviation of a score from seed to seed: an upper confidence limit. 0: scores do not depend on seeds."""

    def __post_init__(self) -> None:
        if not 0 < self.value < 1:
            raise ValueError(f"bar: {self.value} is not between 0 and 1")
        if not 0 <= self.spread < math.inf:
            raise ValueError(f"spread: {self.spread} is not a standard deviation; it must be 0 or more, and finite")


@dataclass(frozen=True)
class Rule:
    """How a verdict is reached, and how often it may be wrong."""

    bar: Bar
    budget: int
    """The most runs."""
    false_fail: float = 0.001
    """The most often that a network whose true mean is at or above the bar fails."""
    false_pass: float = 0.05
    """The most often that a network whose true mean is below the bar passes, the benefit of the doubt apart."""

    def __post_init__(self) -> None:
        if self.budget < 1:
            raise ValueError(f"budget: {self.budget} runs are too few; at least 1 is needed")
        for name, rate in (("false_fail", self.false_fail), ("false_pass", self.false_pass)):
            if not 0 < rate < 0.5:
                raise ValueError(f"{name}: {rate} is not a rate between 0 and 0.5")

    def below(self, runs: int) -> float:
        """Return how far below the bar the mean of so many runs must lie for a fail."""
        return self._margin(self.false_fail, runs)

    def above(self, runs: int) -> float:
        """Return how far above the bar the mean of so many runs must lie for a pass."""
        return self._margin(self.false_pass, runs)

    def _margin(self, rate: float, runs: int) -> float:
        return -_NORMAL.inv_cdf(rate / self.budget) * self.bar.spread / math.sqrt(runs)


@dataclass(frozen=True)
class Verdict:
    """What the runs so far say of a network."""

    decision: Decision
    mean: float
    """Of the scores; a run without a finite score counts as 0."""
    low: float
    """Lower end, within [0, 1], of the true means that the scores leave open: a pass at or above the bar."""
    high: float
    """Its upper end: a fail below the bar."""
    runs: int


def decide(scores: Sequence[float | None], rule: Rule) -> Verdict:
    """Return the verdict on the scores so far, each in [0, 1], or None, which counts as 0, for one not finite.

    Pass once mean - z·spread/√runs ≥ bar, fail once mean + z'·spread/√runs < bar, with the normal quantiles z and z' of
    `false_pass` / budget and `false_fail` / budget (O. J. Dunn, « Multiple comparisons among means », 1961).
    Raises ValueError where there is no score, one is out of range, or there are more than the budget allows.
    """
    values = checked_scores(scores)
    runs = len(values)
    if runs > rule.budget:
        raise ValueError(f"budget: {runs} scores were given, and the rule stops after {rule.budget}")
    # Rounding may put the mean of equal scores beside them, and so on the other side of the bar.
    mean = min(max(math.fsum(values) / runs, min(values)), max(values))
    low, high = max(mean - rule.above(runs), 0.0), min(mean + rule.below(runs), 1.0)
    return Verdict(_decision(low, high, runs, rule), mean, low, high, runs)


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


def _decision(low: float, high: float, runs: int, rule: Rule) -> Decision:
    if low >= rule.bar.value:
        return Decision.PASS
    if high < rule.bar.value:
        return Decision.FAIL
    return Decision.MORE if runs < rule.budget else Decision.BENEFIT


# --- How often a network is not failed --------------------------------------------------------------------------------


def power(true_mean: float, spread: float, rule: Rule) -> float:
    """Return the probability that a network of this true mean is not failed: it passes, or has the benefit.

    `spread` is the standard deviation of the network's own scores, which need not be the one the bar allows for.
    Exact under the normal model, but for the integration, whose error is of the order of 1e-6: the density of the sum
    of scores, over the sequences not yet decided, is carried from look to look (P. Armitage, C. K. McPherson and
    B. C. Rowe, « Repeated significance tests on accumulating data », 1969). Raises ValueError for a mean or a spread
    that is none.
    """
    if not math.isfinite(true_mean):
        raise ValueError(f"true_mean: {true_mean} is not finite")
    if not 0 <= spread < math.inf:
        raise ValueError(f"spread: {spread} is not a standard deviation; it must be 0 or more, and finite")
    if spread == 0:
        return float(_constant_is_kept(true_mean, rule))
    drift = (true_mean - rule.bar.value) / spread
    failed, points = 0.0, [(0.0, 1.0)]
    for runs in range(1, rule.budget + 1):
        lower, upper = -runs * rule.below(runs) / spread, runs * rule.above(runs) / spread
        failed += math.fsum(mass * _NORMAL.cdf(lower - at - drift) for at, mass in points)
        reach = _REACH * math.sqrt(runs)
        points = _undecided(points, drift, max(lower, runs * drift - reach), min(upper, runs * drift + reach))
    return min(max(1 - failed, 0.0), 1.0)


def _constant_is_kept(score: float, rule: Rule) -> bool:
    """Say whether a network whose every score is `score` is not failed."""
    for runs in range(1, rule.budget + 1):
        if score - rule.above(runs) >= rule.bar.value:
            return True
        if score + rule.below(runs) < rule.bar.value:
            return False
    return True


def _undecided(
    points: list[tuple[float, float]], drift: float, lower: float, upper: float
) -> list[tuple[float, float]]:
    """Carry the masses at `points` one run further, and keep what falls between `lower` and `upper`.

    Places are sums of (score - bar) / spread; masses are the density there times the weight of Simpson's rule.
    """
    if upper <= lower:
        return []
    intervals = 2 * max(math.ceil((upper - lower) / (2 * _STEP)), 4)
    width = (upper - lower) / intervals
    carried = []
    for index in range(intervals + 1):
        at = lower + index * width
        density = math.fsum(mass * math.exp(-((at - before - drift) ** 2) / 2) for before, mass in points)
        weight = 1 if index in (0, intervals) else 4 if index % 2 else 2
        carried.append((at, density * weight * width / 3 / math.sqrt(2 * math.pi)))
    return carried
