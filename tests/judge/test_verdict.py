"""The sequential verdict: what cannot be wrong by construction, and how often the rest is."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from statistics import NormalDist

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from autograder.judge.verdict import Bar, Decision, Rule, Verdict, decide, power, single

SEQUENCES = 20_000
FAIL, MORE, BENEFIT, PASS = Decision
RULE = Rule(Bar(0.7, 0.01), budget=4)

scores = st.none() | st.floats(0, 1)
rates = st.floats(1e-6, 0.49)
bars = st.builds(Bar, st.floats(0.01, 0.99), st.just(0.0) | st.floats(0, 0.3))
rules = st.builds(Rule, bars, st.integers(1, 6), rates, rates)


def settle(runs: Sequence[float | None], rule: Rule) -> Verdict:
    """Ask after each run, and stop at the first final decision."""
    verdict = decide(runs[:1], rule)
    while verdict.decision is MORE:
        verdict = decide(runs[: verdict.runs + 1], rule)
    return verdict


@st.composite
def runs_of(draw: st.DrawFn, whole: bool = False) -> tuple[list[float | None], Rule]:
    """Draw a rule, and as many scores as its budget allows or fewer."""
    rule = draw(rules)
    least = rule.budget if whole else 1
    near = st.floats(-0.1, 0.1).map(lambda off: min(max(rule.bar.value + off, 0), 1))
    return draw(st.lists(scores | near, min_size=least, max_size=rule.budget)), rule


# --- By construction --------------------------------------------------------------------------------------------------


def better(runs: list[float | None], position: int, gain: float) -> list[float | None]:
    """Raise the score of one run."""
    position %= len(runs)
    old = runs[position] or 0.0
    return [*runs[:position], old + gain * (1 - old), *runs[position + 1 :]]


@given(runs_of(), st.integers(0), st.floats(0, 1))
def test_a_better_run_never_lowers_the_verdict(drawn: tuple[list[float | None], Rule], where: int, gain: float) -> None:
    runs, rule = drawn
    assert decide(better(runs, where, gain), rule).decision >= decide(runs, rule).decision


@given(runs_of(whole=True), st.integers(0), st.floats(0, 1))
def test_a_better_run_never_lowers_the_verdict_of_the_whole_sequence(
    drawn: tuple[list[float | None], Rule], where: int, gain: float
) -> None:
    runs, rule = drawn
    assert settle(better(runs, where, gain), rule).decision >= settle(runs, rule).decision


@given(runs_of(), st.randoms(use_true_random=False))
def test_the_order_of_the_runs_does_not_matter(drawn: tuple[list[float | None], Rule], shuffler: random.Random) -> None:
    runs, rule = drawn
    shuffled = runs.copy()
    shuffler.shuffle(shuffled)
    assert decide(shuffled, rule) == decide(runs, rule)


@given(runs_of(whole=True), st.floats(0.01, 0.99))
def test_a_higher_bar_never_raises_the_verdict(drawn: tuple[list[float | None], Rule], value: float) -> None:
    runs, rule = drawn
    low, high = sorted((value, rule.bar.value))
    easy, hard = (Rule(Bar(bar, rule.bar.spread), rule.budget) for bar in (low, high))
    assert decide(runs, hard).decision <= decide(runs, easy).decision
    assert settle(runs, hard).decision <= settle(runs, easy).decision


@given(runs_of())
def test_the_decision_is_what_the_interval_says(drawn: tuple[list[float | None], Rule]) -> None:
    runs, rule = drawn
    verdict = decide(runs, rule)
    assert 0 <= verdict.low <= verdict.mean <= verdict.high <= 1
    assert verdict.runs == len(runs)
    assert (verdict.decision is PASS) == (verdict.low >= rule.bar.value)
    assert (verdict.decision is FAIL) == (verdict.high < rule.bar.value)
    assert (verdict.decision is MORE) <= (len(runs) < rule.budget)
    assert (verdict.decision is BENEFIT) <= (len(runs) == rule.budget)


@given(st.floats(0, 1), st.integers(1, 6), st.floats(0.01, 0.99))
def test_without_a_spread_one_run_decides(score: float, runs: int, bar: float) -> None:
    expected = PASS if score >= bar else FAIL
    assert decide([score] * runs, Rule(Bar(bar, 0), budget=6)).decision is expected
    assert decide([bar] * runs, Rule(Bar(bar, 0), budget=6)).decision is PASS
    assert single(score, Bar(bar, 0)).decision is expected


def test_each_decision() -> None:
    assert [decide([score], RULE).decision for score in (0.66, 0.7, 0.73)] == [FAIL, MORE, PASS]
    assert decide([0.7] * 4, RULE).decision is BENEFIT
    assert [single(score, RULE.bar).decision for score in (0.66, 0.7, 0.73)] == [FAIL, BENEFIT, PASS]


def test_the_interval_narrows_with_the_runs() -> None:
    one, four = decide([0.7], RULE), decide([0.7] * 4, RULE)
    assert (one.mean, four.mean) == (0.7, 0.7)
    # Normal quantiles of 0.05 / 4 and 0.001 / 4, from a table.
    assert (one.low, one.high) == pytest.approx((0.7 - 0.022414, 0.7 + 0.034808), abs=1e-6)
    assert (four.low, four.high) == pytest.approx((0.7 - 0.011207, 0.7 + 0.017404), abs=1e-6)


def test_a_run_without_a_finite_score_counts_as_zero() -> None:
    assert decide([None, 0.7], RULE) == decide([0.0, 0.7], RULE)
    assert single(None, RULE.bar).decision is FAIL


# --- Wrong input ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda: decide([], RULE), "scores"),
        (lambda: decide([0.5, 1.01], RULE), "scores"),
        (lambda: decide([-0.01], RULE), "scores"),
        (lambda: decide([math.nan], RULE), "scores"),
        (lambda: decide([math.inf], RULE), "scores"),
        (lambda: decide([0.7] * 5, RULE), "budget"),
        (lambda: Rule(RULE.bar, 0), "budget"),
        (lambda: Rule(RULE.bar, 2, false_fail=0), "false_fail"),
        (lambda: Rule(RULE.bar, 2, false_fail=0.5), "false_fail"),
        (lambda: Rule(RULE.bar, 2, false_pass=0.5), "false_pass"),
        (lambda: Rule(RULE.bar, 2, false_pass=math.nan), "false_pass"),
        (lambda: Bar(0, 0.1), "bar"),
        (lambda: Bar(1, 0.1), "bar"),
        (lambda: Bar(math.nan, 0.1), "bar"),
        (lambda: Bar(0.5, -0.1), "spread"),
        (lambda: Bar(0.5, math.nan), "spread"),
        (lambda: Bar(0.5, math.inf), "spread"),
        (lambda: power(0.5, -0.1, RULE), "spread"),
        (lambda: power(0.5, math.nan, RULE), "spread"),
        (lambda: power(math.nan, 0.1, RULE), "true_mean"),
    ],
)
def test_wrong_input_is_refused_by_name(make: Callable[[], object], name: str) -> None:
    with pytest.raises(ValueError, match=rf"^{name}: "):
        make()


# --- How often it is wrong --------------------------------------------------------------------------------------------


def simulate(true_mean: float, spread: float, rule: Rule, seed: int) -> dict[Decision, float]:
    """Return how often each decision ends a sequence, of normal scores of this mean and deviation."""
    source = random.Random(seed)
    ends = dict.fromkeys(Decision, 0)
    for _ in range(SEQUENCES):
        runs = [min(max(source.gauss(true_mean, spread), 0.0), 1.0) for _ in range(rule.budget)]
        ends[settle(runs, rule).decision] += 1
    return {decision: count / SEQUENCES for decision, count in ends.items()}


def within(rate: float) -> float:
    """Return the share that an event of this probability exceeds once in 30 000 simulations: four deviations."""
    return rate + 4 * math.sqrt(rate * (1 - rate) / SEQUENCES)


@pytest.mark.parametrize("budget", [1, 3, 6])
def test_the_stated_error_rates_hold_at_the_bar(budget: int) -> None:
    rule = Rule(Bar(0.5, 0.02), budget)
    ends = simulate(0.5, 0.02, rule, seed=budget)
    assert ends[FAIL] <= within(rule.false_fail)
    assert 0.02 < ends[PASS] <= within(rule.false_pass)
    assert ends[MORE] == 0


def test_larger_error_rates_are_used_and_hold() -> None:
    ends = simulate(0.5, 0.02, Rule(Bar(0.5, 0.02), 4, false_fail=0.2, false_pass=0.1), seed=7)
    assert 0.1 < ends[FAIL] <= within(0.2)
    assert 0.05 < ends[PASS] <= within(0.1)


def test_a_network_six_spreads_below_always_fails() -> None:
    assert simulate(0.5 - 6 * 0.02, 0.02, Rule(Bar(0.5, 0.02), 4), seed=3)[FAIL] == 1


@pytest.mark.parametrize(("true_mean", "spread"), [(0.48, 0.02), (0.47, 0.02), (0.49, 0.04), (0.47, 0.005)])
def test_power_is_what_a_simulation_finds(true_mean: float, spread: float) -> None:
    rule = Rule(Bar(0.5, 0.02), budget=4)
    found = 1 - simulate(true_mean, spread, rule, seed=5)[FAIL]
    expected = power(true_mean, spread, rule)
    assert found == pytest.approx(expected, abs=4 * math.sqrt(0.25 / SEQUENCES))
    assert 0.2 < expected < 1


def test_power_of_one_look_is_a_normal_tail() -> None:
    # One run fails below 0.7 - 3.0902 × 0.01, which is 1.0902 deviations below a mean of 0.68: Φ(-1.0902) = 0.13781.
    assert power(0.68, 0.01, Rule(Bar(0.7, 0.01), 1)) == pytest.approx(1 - 0.13781, abs=1e-5)


def test_power_of_two_looks_is_an_integral_over_the_first() -> None:
    rule, normal, steps = Rule(Bar(0.5, 0.01), 2), NormalDist(0.48, 0.01), 4000
    fail, undecided = 0.5 - rule.below(1), rule.below(1) + rule.above(1)
    firsts = [fail + (index + 0.5) * undecided / steps for index in range(steps)]
    later = sum(normal.pdf(first) * normal.cdf(2 * (0.5 - rule.below(2)) - first) for first in firsts)
    expected = 1 - normal.cdf(fail) - later * undecided / steps
    assert power(0.48, 0.01, rule) == pytest.approx(expected, abs=1e-6)
    assert 0.2 < expected < 0.9


@settings(max_examples=25, deadline=None)
@given(rules, st.floats(0, 1), st.floats(0, 1), st.just(0.0) | st.floats(1e-4, 0.2))
def test_power_grows_with_the_true_mean(rule: Rule, one: float, other: float, spread: float) -> None:
    low, high = (power(mean, spread, rule) for mean in sorted((one, other)))
    assert 0 <= low <= high + 1e-5 <= 1 + 1e-5


@settings(max_examples=25, deadline=None)
@given(rules)
def test_power_at_the_bar_keeps_the_stated_rate(rule: Rule) -> None:
    assume(rule.bar.spread > 1e-6)
    assert power(rule.bar.value, rule.bar.spread, rule) >= 1 - rule.false_fail - 1e-5


def test_scores_that_never_change_are_followed_look_by_look() -> None:
    rule = Rule(Bar(0.5, 0.02), budget=4)
    # Of four equal scores, fail is below 0.5 - 3.4808 × 0.02 / 2 = 0.46519.
    assert [power(score, 0, rule) for score in (0.4651, 0.4652, 0.5, 0.9)] == [0, 1, 1, 1]
