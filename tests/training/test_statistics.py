"""Calibration: against SciPy's distributions, and against what then happens to correct work."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from statistics import mean, stdev

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats  # type: ignore[import-untyped]

from autograder.judge.verdict import Bar, Decision, Rule, decide
from autograder.training.statistics import (
    Calibration,
    calibrate_bar,
    probability_of_failing,
    separation,
    spread_limit,
)

SCORES = [0.712, 0.724, 0.731, 0.718, 0.709, 0.726, 0.722, 0.715]
MEAN, DEVIATION = 0.72, 0.01


def spaced(centre: float, deviation: float, runs: int) -> list[float]:
    """Return scores of exactly this mean and sample deviation."""
    steps = [index - (runs - 1) / 2 for index in range(runs)]
    return [centre + step * deviation / stdev(steps) for step in steps]


def tail(limit: float, look: int, scores: Sequence[float]) -> float:
    """The probability that the mean of `look` new runs is below `limit`, by SciPy."""
    scale = stdev(scores) * math.sqrt(1 / look + 1 / len(scores))
    return float(stats.t.cdf(limit, df=len(scores) - 1, loc=mean(scores), scale=scale))


def rule_of(found: Calibration, budget: int) -> Rule:
    return Rule(Bar(found.bar, found.spread), budget)


# --- Figures ----------------------------------------------------------------------------------------------------------


def test_what_the_scores_show() -> None:
    found = calibrate_bar(SCORES, test_examples=2000, budget=4)
    assert (found.mean, found.deviation, found.runs) == pytest.approx((mean(SCORES), stdev(SCORES), 8))
    assert found.spread == pytest.approx(stdev(SCORES) * math.sqrt(7 / stats.chi2.ppf(0.05, 7)))


def test_the_limit_of_a_deviation_is_that_of_a_printed_table() -> None:
    # Lower 5 % quantile of χ² with 9 degrees of freedom: 3.325.
    assert spread_limit(1.0, 10) == pytest.approx(math.sqrt(9 / 3.325), abs=1e-4)


def test_the_probabilities_are_those_of_the_predictive_distribution() -> None:
    budget = 4
    found = calibrate_bar(SCORES, test_examples=2000, budget=budget)
    # Normal quantiles of the rule's default rates, 0.001 to fail and 0.05 to pass, shared between four looks.
    fail, through = (-stats.norm.ppf(rate / budget) * found.spread for rate in (0.001, 0.05))
    fails = sum(tail(found.bar - fail / math.sqrt(look), look, SCORES) for look in range(1, budget + 1))
    assert found.fails == pytest.approx(fails, rel=1e-6)
    assert found.first == pytest.approx(1 - tail(found.bar + through, 1, SCORES), rel=1e-9)


@pytest.mark.parametrize("runs", [3, 5, 8, 20])
@pytest.mark.parametrize("budget", [1, 4, 10])
def test_the_bar_is_the_highest_fair_one(runs: int, budget: int) -> None:
    scores = spaced(0.8, 0.003, runs)
    found = calibrate_bar(scores, test_examples=2000, budget=budget)
    assert found.bar == round(found.bar, 3)
    assert found.first >= 0.99
    assert found.fails <= 0.001
    higher = Rule(Bar(found.bar + 0.001, found.spread), budget)
    first = 1 - tail(higher.bar.value + higher.above(1), 1, scores)
    assert first < 0.99 or probability_of_failing(0.8, 0.003, runs, higher) > 0.001


def test_a_bar_chosen_by_hand() -> None:
    rule = Rule(Bar(0.71, 0.0), budget=3)
    expected = sum(tail(0.71, look, SCORES) for look in (1, 2, 3))
    assert probability_of_failing(mean(SCORES), stdev(SCORES), len(SCORES), rule) == pytest.approx(expected)
    assert probability_of_failing(0.7, 0.0, 5, rule) == 1
    assert probability_of_failing(0.71, 0.0, 5, rule) == 0


def test_equal_scores_are_not_believed_to_be_equal_for_ever() -> None:
    found = calibrate_bar([0.9] * 20, test_examples=1000, budget=4)
    assert (found.deviation, found.spread) == (0.0, 0.0005)
    assert 0.895 < found.bar < 0.899
    assert 0.99 <= found.first < 1


def test_a_stricter_rate_lowers_the_bar() -> None:
    bars = [calibrate_bar(SCORES[:3], test_examples=2000, budget=4, rate=rate).bar for rate in (0.01, 0.001)]
    assert bars[1] < bars[0]


# --- Properties -------------------------------------------------------------------------------------------------------

deviations = st.floats(0.0005, 0.02)
counts = st.integers(5, 60)
budgets = st.integers(1, 8)


@given(deviations, deviations, counts, budgets)
def test_more_spread_never_raises_the_bar(one: float, other: float, runs: int, budget: int) -> None:
    calm, wild = (
        calibrate_bar(spaced(0.8, deviation, runs), test_examples=5000, budget=budget)
        for deviation in sorted((one, other))
    )
    assert wild.bar <= calm.bar


@given(deviations, counts, counts, budgets)
def test_more_runs_of_the_same_scores_never_lower_the_bar(deviation: float, one: int, other: int, budget: int) -> None:
    fewer, more = (
        calibrate_bar(spaced(0.8, deviation, runs), test_examples=5000, budget=budget) for runs in sorted((one, other))
    )
    assert more.bar >= fewer.bar


@given(deviations, counts, budgets)
def test_the_bar_stays_below_the_mean_and_correct_work_above_the_bar(deviation: float, runs: int, budget: int) -> None:
    found = calibrate_bar(spaced(0.8, deviation, runs), test_examples=5000, budget=budget)
    assert 0 < found.bar < found.mean
    assert found.spread > found.deviation
    assert probability_of_failing(found.mean, found.deviation, runs, rule_of(found, budget)) == found.fails


# --- What happens to correct work -------------------------------------------------------------------------------------


def test_correct_work_is_never_failed() -> None:
    source, budget = random.Random(11), 4
    ends = []
    for _ in range(2000):
        found = calibrate_bar([source.gauss(MEAN, DEVIATION) for _ in range(20)], test_examples=2000, budget=budget)
        runs = [source.gauss(MEAN, DEVIATION) for _ in range(budget)]
        looks = [decide(runs[: look + 1], rule_of(found, budget)).decision for look in range(budget)]
        ends.append(next(decision for decision in looks if decision is not Decision.MORE))
    # At most 0.1 % is promised; at 20 runs, that the first run passes 99 times in 100 asks for far less.
    assert Decision.FAIL not in ends


def test_the_first_run_passes_as_often_as_promised() -> None:
    source, networks = random.Random(13), 2000
    passed = 0
    for _ in range(networks):
        found = calibrate_bar([source.gauss(MEAN, DEVIATION) for _ in range(8)], test_examples=2000, budget=4)
        passed += decide([source.gauss(MEAN, DEVIATION)], rule_of(found, 4)).decision is Decision.PASS
    share, error = passed / networks, 4 * math.sqrt(0.01 * 0.99 / networks)
    assert 0.99 - error <= share <= 0.992 + error  # a bar is rounded down, so that the share is a little higher


# --- Weak networks ----------------------------------------------------------------------------------------------------


def test_weak_networks_are_told_apart_in_order_of_their_means() -> None:
    found = calibrate_bar(SCORES * 3, test_examples=2000, budget=4)
    weak = {"close": [found.bar - 0.001], "linear": [0.4, 0.42, 0.41], "frozen": [0.1, 0.1, 0.1], "good": [0.72, 0.73]}
    apart = separation(found, weak, rule_of(found, 4))
    assert [one.name for one in apart] == ["frozen", "linear", "close", "good"]
    assert [one.stopped for one in apart] == [True, True, False, False]
    assert [one.mean for one in apart] == pytest.approx([0.1, 0.41, found.bar - 0.001, 0.725])
    assert apart[1].scores == (0.4, 0.42, 0.41)


def test_stopped_means_failed_nine_times_in_ten() -> None:
    found = calibrate_bar(SCORES * 3, test_examples=2000, budget=1)
    rule = rule_of(found, 1)
    # One look fails nine times in ten a network 1.2816 spreads below the limit.
    edge = found.bar - rule.below(1) - 1.28155 * found.spread
    below, above = separation(found, {"below": [edge - 1e-5], "above": [edge + 1e-5]}, rule)
    assert (below.name, below.stopped, above.stopped) == ("below", True, False)
    assert above.kept == pytest.approx(0.1, abs=1e-3)


def test_no_weak_network_is_no_separation() -> None:
    found = calibrate_bar(SCORES, test_examples=2000, budget=4)
    assert separation(found, {}, rule_of(found, 4)) == ()


# --- Wrong input ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: calibrate_bar([0.7, 0.8], test_examples=10, budget=2), "scores: 2 are too few"),
        (lambda: calibrate_bar([], test_examples=10, budget=2), "scores: there is none"),
        (lambda: calibrate_bar([0.7, 0.8, 1.2], test_examples=10, budget=2), "scores: 1.2, of run 3"),
        (lambda: calibrate_bar([0.7, 0.8, math.nan], test_examples=10, budget=2), "scores: nan, of run 3"),
        (lambda: calibrate_bar(SCORES, test_examples=0, budget=2), "test_examples: 0"),
        (lambda: calibrate_bar(SCORES, test_examples=10, budget=0), "budget: 0"),
        (lambda: calibrate_bar(SCORES, test_examples=10, budget=2, rate=0), "rate: 0"),
        (lambda: calibrate_bar([0.1, 0.9, 0.5], test_examples=10, budget=2), "scores: around their mean 0.500"),
    ],
)
def test_wrong_input_is_refused_by_name(make: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}"):
        make()
