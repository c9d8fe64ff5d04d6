"""What a reference's scores, from seed to seed, say about the bar that correct work can be held to.

Correct work is a network whose scores come from where the reference's come from, whatever that distribution is. The new
scores and the reference's are then exchangeable, and how they lie among each other has the same law for every
distribution: n new scores all lie below the r-th lowest of N with probability C(r+n-1, n) / C(N+n, n) (the precedence
test: L. S. Nelson, « Tables for a precedence life test », Technometrics 5, 1963; N. Balakrishnan and H. K. T. Ng,
« Precedence-Type Tests and Applications », 2006). A network fails when none of its n runs reaches the bar, so a bar at
the r-th lowest score fails correct work that often: no normal law is assumed, and few runs are accounted for.

Some seeds collapse: they end far below all others. Such scores are set aside before they are counted, and any new run
is taken to collapse with a probability of 5 %, or what was seen where that is more: fewer are then left to compare.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, median, stdev

from scipy.special import bdtr, chdtri, stdtr, stdtrit  # type: ignore[import-untyped]  # scipy.stats takes a second

from autograder.fairness.verdict import HOPELESS_RUNS, Rule, checked_scores, power

LEAST_SCORES = 3
RATE = 0.001
"""The most often that correct work may fail."""
CONFIDENCE = 0.95
"""With which the true deviation is below the spread that is stored with a bar."""
STOPPED = 0.9
"""How often, at least, the rule must fail a weak network for the bar to stop it."""
COLLAPSES = 0.05
"""The share of seeds that may collapse without correct work being failed more often."""
FAR = 8.0
"""How many robust deviations below the median a collapsed score lies, at least."""
MOST_COLLAPSED = 0.3
"""Of the scores: where more lie apart, they are no accidents but part of how this network trains."""
MAD = 1.4826
"""What makes the median of distances from the median the deviation of a normal law."""
ONE_SHOT = 8.0
"""Where there is one score and no second chance, the bar lies so many deviations below the mean, at least: no order of
scores can give it, and a skewed or heavy tail reaches further than a normal one."""
_TICKS = 1000
"""A bar is a whole number of thousandths."""


@dataclass(frozen=True)
class Calibration:
    """What the reference's scores say, and the bar that follows."""

    mean: float
    """Of the scores that did not collapse."""
    deviation: float
    """Of the same: the sample standard deviation, N - 1 in its denominator."""
    runs: int
    """All of them."""
    collapsed: int
    """How many of them collapsed."""
    spread: float
    """Upper 95 % confidence limit of the true deviation, at least half a test example."""
    bar: float
    fails: float
    """Probability that correct work fails, at most."""
    first: float
    """Probability that correct work passes with its first run."""


@dataclass(frozen=True)
class Separation:
    """How far a wrong but plausible network stays from the bar."""

    name: str
    scores: tuple[float, ...]
    mean: float
    gap: float
    """How far its mean lies below the reference's, in the reference's deviations."""
    kept: float
    """Probability that the rule does not fail a network of this mean."""
    stopped: bool
    """Whether that is at most one time in ten."""


def calibrate_bar(scores: Sequence[float], *, test_examples: int, budget: int, rate: float = RATE) -> Calibration:
    """Return the highest bar, in thousandths, that is fair to correct work, from the reference's `scores` in [0, 1].

    Fair: none of `budget` runs of correct work reaches it with a probability of at most `rate`, though one seed in
    twenty collapse. `test_examples` is how many examples a score is the share of: equal scores do not prove that the
    next one is equal too, so the deviation is taken for half an example at least.
    Raises ValueError for fewer than three scores, one out of range, or scores too far apart for any bar above 0.
    """
    values = checked_scores(scores)
    if len(values) < LEAST_SCORES:
        raise ValueError(f"scores: {len(values)} are too few to calibrate with; at least {LEAST_SCORES} are needed")
    if test_examples < 1:
        raise ValueError(f"test_examples: {test_examples} is not a number of examples")
    if budget < 1:
        raise ValueError(f"budget: {budget} runs are too few; at least 1 is needed")
    if not 0 < rate < 1:
        raise ValueError(f"rate: {rate} is not a probability between 0 and 1")
    grain = 0.5 / test_examples
    reference = _Reference(tuple(settled(values, grain)), len(values), budget, grain)
    limit, fails, first = reference.highest(rate)
    bar = min(math.floor(limit * _TICKS + 1e-9), _TICKS - 1) / _TICKS
    if bar <= 0:
        raise ValueError(
            f"scores: around their mean {reference.mean:.3f} they spread by {reference.deviation:.3f}, too far for any "
            f"bar; train longer, on more examples, or with more runs than {len(values)}"
        )
    return Calibration(
        mean=reference.mean,
        deviation=reference.deviation,
        runs=len(values),
        collapsed=reference.collapsed,
        spread=max(spread_limit(reference.deviation, len(reference.scores)), grain),
        bar=bar,
        fails=fails,
        first=first,
    )


def settled(scores: Sequence[float], grain: float) -> list[float]:
    """Return the scores that did not collapse, from the lowest to the highest.

    A collapsed one lies more than eight robust deviations (1.4826 times the median distance from the median, at least
    `grain`) below the median. Where that is more than three in ten, none is taken for collapsed: it is the spread.
    """
    middle = median(scores)
    scale = max(MAD * median(abs(score - middle) for score in scores), grain)
    kept = sorted(score for score in scores if score >= middle - FAR * scale)
    return kept if len(scores) - len(kept) <= MOST_COLLAPSED * len(scores) else sorted(scores)


def spread_limit(deviation: float, runs: int, confidence: float = CONFIDENCE) -> float:
    """Return the upper confidence limit of a normal standard deviation, of which `runs` values showed `deviation`.

    s·√((N - 1)/χ²), with the lower quantile of χ² with N - 1 degrees of freedom at 1 - `confidence` (NIST/SEMATECH
    e-Handbook of Statistical Methods, section 7.2.3).
    """
    return deviation * math.sqrt((runs - 1) / float(chdtri(runs - 1, confidence)))


def separation(calibration: Calibration, weak: Mapping[str, Sequence[float]], rule: Rule) -> tuple[Separation, ...]:
    """Return how each weak network, by name, fares under `rule`, from the lowest mean to the highest.

    Its few scores give its mean; its deviation is taken for the calibrated spread. Raises ValueError for a network
    without scores, or with one that is not in [0, 1].
    """
    found = [_separated(name, tuple(checked_scores(scores)), calibration, rule) for name, scores in weak.items()]
    return tuple(sorted(found, key=lambda one: (one.mean, one.name)))


def _separated(name: str, scores: tuple[float, ...], calibration: Calibration, rule: Rule) -> Separation:
    mean = fmean(scores)
    kept = power(mean, calibration.spread, rule)
    gap = (calibration.mean - mean) / calibration.deviation if calibration.deviation else math.inf
    return Separation(name, scores, mean, gap, kept, stopped=1 - kept >= STOPPED)


# --- What correct work will score -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Reference:
    """What is known of correct work, and how often it is tried."""

    scores: tuple[float, ...]
    """Those that did not collapse, from the lowest to the highest."""
    runs: int
    budget: int
    grain: float

    @property
    def mean(self) -> float:
        return fmean(self.scores)

    @property
    def deviation(self) -> float:
        return stdev(self.scores)

    @property
    def collapsed(self) -> int:
        return self.runs - len(self.scores)

    @property
    def collapses(self) -> float:
        """How often a new run is taken to collapse.

        What is seen counts where one seed in twenty does not explain it; and where two runs at most are made, no rule
        can make up for what nobody saw.
        """
        seen = self._seen
        unlikely = self.collapsed > 0 and 1 - float(bdtr(self.collapsed - 1, self.runs, COLLAPSES)) < 1 - CONFIDENCE
        return seen if unlikely or self.budget < HOPELESS_RUNS else COLLAPSES

    def highest(self, rate: float) -> tuple[float, float, float]:
        """Return the highest fair limit, how often correct work fails there, and how often it passes at once."""
        count = len(self.scores)
        for rank in range(count // 2, 0, -1):
            if (fails := self._fails_at(rank)) <= rate:
                return self.scores[rank - 1], fails, (1 - self._seen) * (1 - rank / (count + 1))
        limit = min(self._below_all(rate), self.scores[0])
        scale = max(self.deviation, self.grain) * math.sqrt(1 + 1 / count)
        first = 1 - float(stdtr(count - 1, (limit - self.mean) / scale))
        return limit, min(rate + self._all_collapse(), 1.0), (1 - self._seen) * first

    @property
    def _seen(self) -> float:
        return self.collapsed / self.runs

    def _fails_at(self, rank: int) -> float:
        """How often correct work fails where the bar is the score of this rank, from the lowest."""
        count = len(self.scores)
        at = (math.comb(rank + left - 1, left) / math.comb(count + left, left) for left in self._left())
        early = self.collapses**HOPELESS_RUNS if self.budget > HOPELESS_RUNS else 0.0
        return math.fsum(weight * one for weight, one in zip(self._weights(), at, strict=True)) + early

    def _left(self) -> range:
        """How many runs are left to be compared, where none collapses, one does, …"""
        return range(self.budget, -1, -1)

    def _weights(self) -> list[float]:
        """How likely each of these is."""
        share = self.collapses
        return [
            math.comb(self.budget, number) * share**number * (1 - share) ** (self.budget - number)
            for number in range(self.budget + 1)
        ]

    def _all_collapse(self) -> float:
        return self.collapses**self.budget

    def _below_all(self, rate: float) -> float:
        """Return a limit below every score: by Student's t, since so few scores have no low rank that is fair.

        That all of n new scores lie below a limit is less likely than that their mean does (the predictive law of a
        normal sample: G. J. Hahn and W. Q. Meeker, « Statistical Intervals », chapter 4).
        """
        count, scale = len(self.scores), max(self.deviation, self.grain)
        if self.budget == 1:
            reach = max(ONE_SHOT, -float(stdtrit(count - 1, rate)))
            return self.mean - reach * scale * math.sqrt(1 + 1 / count)
        low, high = -1e4, 0.0
        for _ in range(100):
            middle = (low + high) / 2
            low, high = (middle, high) if self._fails_by_mean(middle) <= rate else (low, middle)
        return self.mean + low * scale

    def _fails_by_mean(self, limit: float) -> float:
        """The same for a limit so many deviations from the mean."""
        count = len(self.scores)
        at = (
            float(stdtr(count - 1, limit / math.sqrt(1 / left + 1 / count))) if left else 0.0 for left in self._left()
        )
        return math.fsum(weight * one for weight, one in zip(self._weights(), at, strict=True))
