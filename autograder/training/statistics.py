"""What a reference's scores, from seed to seed, say about the bar that correct work can be held to.

Correct work is a network whose true mean and deviation are the reference's, which are known only from N scores. What it
will score is therefore predicted, not estimated: the mean of n of its runs lies around the mean of the N scores as
Student's t with N - 1 degrees of freedom, times s·√(1/n + 1/N) (the predictive distribution of a normal sample with
unknown mean and deviation: A. Gelman et al., « Bayesian Data Analysis », 3rd edition, section 3.2; G. J. Hahn and
W. Q. Meeker, « Statistical Intervals », chapter 4).
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from statistics import fmean, stdev

from scipy.special import chdtri, stdtr  # type: ignore[import-untyped]  # scipy.stats takes a second to import

from autograder.judge.verdict import Bar, Rule, checked_scores, power

LEAST_SCORES = 3
CONFIDENCE = 0.95
"""With which the true deviation is below the spread that a bar allows for."""
FIRST = 0.99
"""How often, at least, correct work must pass with its first run."""
STOPPED = 0.9
"""How often, at least, the rule must fail a weak network for the bar to stop it."""
_TICKS = 1000
"""A bar is a whole number of thousandths."""


@dataclass(frozen=True)
class Calibration:
    """What the reference's scores say, and the bar that follows."""

    mean: float
    deviation: float
    """Of the scores: the sample standard deviation, N - 1 in its denominator."""
    runs: int
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
    kept: float
    """Probability that the rule does not fail a network of this mean."""
    stopped: bool
    """Whether that is at most one time in ten."""


def calibrate_bar(scores: Sequence[float], *, test_examples: int, budget: int, rate: float = 0.001) -> Calibration:
    """Return the highest bar, in thousandths, that is fair to correct work, from the reference's `scores` in [0, 1].

    Fair: correct work passes with its first run at least 99 times in 100, and is failed by the rule of `budget` runs
    with a probability of at most `rate`. `test_examples` is how many examples a score is the share of: equal scores do
    not prove that the next one is equal too, so the deviation is taken for half an example at least.
    Raises ValueError for fewer than three scores, one out of range, or scores too far apart for any bar above 0.
    """
    values = checked_scores(scores)
    if len(values) < LEAST_SCORES:
        raise ValueError(f"scores: {len(values)} are too few to calibrate with; at least {LEAST_SCORES} are needed")
    if test_examples < 1:
        raise ValueError(f"test_examples: {test_examples} is not a number of examples")
    if not 0 < rate < 1:
        raise ValueError(f"rate: {rate} is not a probability between 0 and 1")
    mean, deviation, grain = fmean(values), stdev(values), 0.5 / test_examples
    spread = max(spread_limit(deviation, len(values)), grain)
    reference = _Reference(mean, max(deviation, grain), len(values))
    rule = _highest_fair_rule(reference, spread, budget, rate)
    fails, first = reference.fails(rule), reference.passes_first(rule)
    return Calibration(mean, deviation, len(values), spread, rule.bar.value, fails, first)


def spread_limit(deviation: float, runs: int, confidence: float = CONFIDENCE) -> float:
    """Return the upper confidence limit of a normal standard deviation, of which `runs` values showed `deviation`.

    s·√((N - 1)/χ²), with the lower quantile of χ² with N - 1 degrees of freedom at 1 - `confidence` (NIST/SEMATECH
    e-Handbook of Statistical Methods, section 7.2.3).
    """
    return deviation * math.sqrt((runs - 1) / float(chdtri(runs - 1, confidence)))


def probability_of_failing(mean: float, deviation: float, runs: int, rule: Rule) -> float:
    """Return the most often that correct work fails under `rule`, whose bar need not be the proposed one.

    `mean` and `deviation` (ddof 1) are those of the reference's `runs` scores. It is the sum over the looks of the
    probability of being below the limit at each (Boole's inequality), hence an upper bound.
    """
    return _Reference(mean, deviation, runs).fails(rule)


def separation(calibration: Calibration, weak: Mapping[str, Sequence[float]], rule: Rule) -> tuple[Separation, ...]:
    """Return how each weak network, by name, fares under `rule`, from the lowest mean to the highest.

    Its few scores give its mean; its deviation is taken for the calibrated spread. Raises ValueError for a network
    without scores, or with one that is not in [0, 1].
    """
    found = [_separated(name, tuple(checked_scores(scores)), calibration.spread, rule) for name, scores in weak.items()]
    return tuple(sorted(found, key=lambda one: (one.mean, one.name)))


def _separated(name: str, scores: tuple[float, ...], spread: float, rule: Rule) -> Separation:
    mean = fmean(scores)
    kept = power(mean, spread, rule)
    return Separation(name, scores, mean, kept, stopped=1 - kept >= STOPPED)


# --- What correct work will score -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Reference:
    """What is known of correct work."""

    mean: float
    deviation: float
    runs: int

    def fails(self, rule: Rule) -> float:
        looks = range(1, rule.budget + 1)
        return min(math.fsum(self._below(rule.bar.value - rule.below(look), look) for look in looks), 1.0)

    def passes_first(self, rule: Rule) -> float:
        return 1 - self._below(rule.bar.value + rule.above(1), 1)

    def _below(self, limit: float, look: int) -> float:
        """Return the probability that the mean of the first `look` runs of correct work is below `limit`."""
        scale = self.deviation * math.sqrt(1 / look + 1 / self.runs)
        if scale == 0:
            return float(self.mean < limit)
        return float(stdtr(self.runs - 1, (limit - self.mean) / scale))


def _highest_fair_rule(reference: _Reference, spread: float, budget: int, rate: float) -> Rule:
    """Return the rule with the highest fair bar: the higher a bar, the less fair. Raise ValueError where none is."""

    def unfair(thousandths: int) -> bool:
        rule = rule_at(thousandths)
        return reference.passes_first(rule) < FIRST or reference.fails(rule) > rate

    rule_at = partial(_rule, spread=spread, budget=budget)
    highest = bisect_left(range(1, _TICKS), True, key=unfair)  # the bars below the first unfair one
    if highest == 0:
        raise ValueError(
            f"scores: around their mean {reference.mean:.3f} they spread by {reference.deviation:.3f}, too far for any "
            f"bar; train longer, on more examples, or with more runs than {reference.runs}"
        )
    return rule_at(highest)


def _rule(thousandths: int, spread: float, budget: int) -> Rule:
    """Return the rule at its own error rates, which are those that submissions are judged by."""
    return Rule(Bar(thousandths / _TICKS, spread), budget)
