"""Calibration: against counting and SciPy's distributions, and against what then happens to correct and weak work."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from statistics import mean, stdev

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats  # type: ignore[import-untyped]

from autograder.fairness.statistics import Calibration, calibrate_bar, separation, settled, spread_limit
from autograder.fairness.verdict import Bar, Decision, Rule, decide
from fairness.__main__ import UNITS

SCORES = [0.712, 0.724, 0.731, 0.718, 0.709, 0.726, 0.722, 0.715, 0.717, 0.728]
GRAIN = 0.00025
Floats = NDArray[np.float64]


def rule_of(found: Calibration, budget: int) -> Rule:
    return Rule(Bar(found.bar, found.spread), budget)


# --- Figures ----------------------------------------------------------------------------------------------------------


def test_what_the_scores_show() -> None:
    found = calibrate_bar(SCORES, test_examples=2000, budget=5)
    assert (found.mean, found.deviation, found.runs) == pytest.approx((mean(SCORES), stdev(SCORES), 10))
    assert found.collapsed == 0
    assert found.spread == pytest.approx(stdev(SCORES) * math.sqrt(9 / stats.chi2.ppf(0.05, 9)))
    assert found.bar == min(SCORES)


def test_the_limit_of_a_deviation_is_that_of_a_printed_table() -> None:
    # Lower 5 % quantile of χ² with 9 degrees of freedom: 3.325.
    assert spread_limit(1.0, 10) == pytest.approx(math.sqrt(9 / 3.325), abs=1e-4)


def test_the_probability_of_failing_is_that_of_counting() -> None:
    """Of five new runs and ten of the reference, all orders are as likely: how often are the five the lowest?"""
    found = calibrate_bar(SCORES, test_examples=2000, budget=5)
    expected = 0.05**3  # three that collapse are enough
    for collapsed in range(6):
        left = 5 - collapsed
        places = list(itertools.combinations(range(10 + left), left))
        lowest = sum(all(place < left for place in chosen) for chosen in places) / len(places)
        expected += math.comb(5, collapsed) * 0.05**collapsed * 0.95**left * lowest
    assert found.fails == pytest.approx(expected, rel=1e-9)
    assert found.fails < 0.001
    assert found.first == pytest.approx(1 - 1 / 11)


@pytest.mark.parametrize(("runs", "rank"), [(10, 1), (20, 3), (40, 7), (100, 19)])
def test_more_runs_put_the_bar_higher_among_them(runs: int, rank: int) -> None:
    scores = [0.7 + index / 1000 for index in range(runs)]
    assert calibrate_bar(scores, test_examples=2000, budget=5).bar == pytest.approx(scores[rank - 1])


def test_one_run_alone_is_far_below_the_mean() -> None:
    found = calibrate_bar(SCORES, test_examples=2000, budget=1)
    expected = mean(SCORES) - 8 * stdev(SCORES) * math.sqrt(1 + 1 / 10)
    assert found.bar == math.floor(1000 * expected) / 1000
    few = calibrate_bar(SCORES[:4], test_examples=2000, budget=1)
    reach = -float(stats.t.ppf(0.001, 3)) * math.sqrt(1 + 1 / 4)
    assert reach > 8
    assert few.bar == math.floor(1000 * (mean(SCORES[:4]) - reach * stdev(SCORES[:4]))) / 1000


def test_a_bar_is_below_every_score_where_too_few_say_more() -> None:
    few = calibrate_bar(SCORES[:4], test_examples=2000, budget=3)
    assert few.bar < min(SCORES[:4])
    assert few.fails == pytest.approx(0.001 + 0.05**3)


def test_equal_scores_are_not_believed_to_be_equal_for_ever() -> None:
    found = calibrate_bar([0.9] * 20, test_examples=1000, budget=5)
    assert (found.deviation, found.spread) == (0.0, 0.0005)
    assert found.bar == 0.9


# --- Seeds that collapse ----------------------------------------------------------------------------------------------


def test_scores_that_collapse_are_set_aside() -> None:
    found = calibrate_bar([*SCORES, 0.1, 0.098], test_examples=2000, budget=5)
    assert (found.runs, found.collapsed) == (12, 2)
    assert found.mean == pytest.approx(mean(SCORES))
    assert found.bar >= min(SCORES)
    assert found.first < 10 / 12


def test_a_wide_spread_is_no_collapse() -> None:
    wide = [0.5, 0.55, 0.61, 0.64, 0.66, 0.7, 0.71, 0.74, 0.8, 0.83]
    assert settled(wide, GRAIN) == wide


def test_half_of_the_runs_are_no_accident() -> None:
    halves = [0.1, 0.101, 0.099, 0.1, 0.7, 0.71, 0.7, 0.705, 0.708]
    assert len(settled(halves, GRAIN)) == len(halves)


def test_more_collapses_than_one_in_twenty_are_counted_as_seen() -> None:
    few, many = (calibrate_bar([*SCORES, *[0.1] * count], test_examples=2000, budget=5) for count in (1, 4))
    assert many.fails > few.fails
    assert many.collapsed == 4


# --- Properties -------------------------------------------------------------------------------------------------------

counts = st.integers(5, 60)
budgets = st.integers(1, 8)
samples = st.lists(st.floats(0.6, 0.9), min_size=5, max_size=40)


@given(samples, budgets)
def test_the_bar_is_in_thousandths_and_never_above_the_median(scores: Sequence[float], budget: int) -> None:
    try:
        found = calibrate_bar(scores, test_examples=5000, budget=budget)
    except ValueError:
        assume(False)
    assert found.bar == round(found.bar, 3)
    assert 0 < found.bar <= float(np.median(scores))
    assert 0 < found.fails <= 0.0012 or budget < 4 or found.collapsed  # what was seen to collapse may do so again
    assert 0 <= found.first <= 1


@given(st.lists(st.floats(0.7, 0.8), min_size=10, max_size=40), st.floats(0.01, 0.15))
def test_better_scores_raise_the_bar_as_much(scores: Sequence[float], gain: float) -> None:
    low = calibrate_bar(scores, test_examples=5000, budget=5)
    high = calibrate_bar([score + gain for score in scores], test_examples=5000, budget=5)
    assert high.bar == pytest.approx(low.bar + gain, abs=0.0021)


# --- What happens to correct work -------------------------------------------------------------------------------------


def drawn(source: np.random.Generator, kind: str, count: int, *, below: float = 0.0, collapses: float = 0.0) -> Floats:
    """Scores around 0.8, of deviation 0.01, some of which collapse to chance."""
    unit = UNITS[kind](source, count)
    scores = np.where(source.random(count) < collapses, 0.1 + 0.01 * source.random(count), 0.8 + 0.01 * (unit - below))
    return np.clip(np.round(scores * 2000) / 2000, 0, 1)


def failing(kind: str, runs: int, collapses: float, *, below: float = 0.0, calibrations: int, gradings: int) -> float:
    """Return how often work of this kind is failed, over many calibrations and many gradings under each."""
    source, failed, budget = np.random.default_rng(7), 0, 5
    for _ in range(calibrations):
        found = calibrate_bar(
            drawn(source, kind, runs, collapses=collapses).tolist(), test_examples=2000, budget=budget
        )
        rule = rule_of(found, budget)
        for scores in drawn(source, kind, gradings * budget, below=below, collapses=collapses).reshape(-1, budget):
            looks = (decide(scores[: look + 1].tolist(), rule).decision for look in range(budget))
            failed += next(decision for decision in looks if decision is not Decision.MORE) is Decision.FAIL
    return failed / (calibrations * gradings)


@pytest.mark.parametrize("collapses", [0.0, 0.05])
@pytest.mark.parametrize("kind", ["normal", "skewed", "heavy"])
@pytest.mark.parametrize("runs", [10, 20])
def test_correct_work_fails_less_than_once_in_a_thousand(kind: str, runs: int, collapses: float) -> None:
    share = failing(kind, runs, collapses, calibrations=150, gradings=80)
    assert share <= 0.001 + 3 * math.sqrt(0.001 / (150 * 80))


def test_work_that_lies_four_deviations_below_fails_nine_times_in_ten() -> None:
    assert failing("normal", 20, 0.0, below=4, calibrations=60, gradings=20) > 0.9
    assert failing("normal", 20, 0.0, below=1, calibrations=60, gradings=20) < 0.1


# --- Weak networks ----------------------------------------------------------------------------------------------------


def test_weak_networks_are_told_apart_in_order_of_their_means() -> None:
    found = calibrate_bar(SCORES * 2, test_examples=2000, budget=5)
    weak = {"close": [found.bar - 0.001], "linear": [0.4, 0.42, 0.41], "frozen": [0.1, 0.1, 0.1], "good": [0.72, 0.73]}
    apart = separation(found, weak, rule_of(found, 5))
    assert [one.name for one in apart] == ["frozen", "linear", "close", "good"]
    assert [one.stopped for one in apart] == [True, True, False, False]
    assert [one.mean for one in apart] == pytest.approx([0.1, 0.41, found.bar - 0.001, 0.725])
    assert apart[1].scores == (0.4, 0.42, 0.41)
    assert apart[1].gap == pytest.approx((found.mean - 0.41) / found.deviation)


def test_stopped_means_failed_nine_times_in_ten() -> None:
    found = calibrate_bar(SCORES * 2, test_examples=2000, budget=2)
    rule = rule_of(found, 2)
    # Both of two runs stay below a bar that lies 1.6322 spreads above the mean nine times in ten: Φ(1.6322)² = 0.9.
    edge = found.bar - 1.63222 * found.spread
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
