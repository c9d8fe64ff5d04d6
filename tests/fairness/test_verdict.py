"""The sequential verdict: what cannot be wrong by construction, and how often weak work gets through."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.fairness.verdict import HOPELESS_RUNS, Bar, Decision, Rule, Verdict, decide, power, single

SEQUENCES = 20_000
FAIL, MORE, PASS = Decision
RULE = Rule(Bar(0.7, 0.01), budget=4)

scores = st.none() | st.floats(0, 1)
bars = st.builds(Bar, st.floats(0.01, 0.99), st.just(0.0) | st.floats(0, 0.3))
rules = st.builds(Rule, bars, st.integers(1, 6))


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


def better(runs: list[float | None], position: int, gain: float) -> list[float | None]:
    """Raise the score of one run."""
    position %= len(runs)
    old = runs[position] or 0.0
    return [*runs[:position], old + gain * (1 - old), *runs[position + 1 :]]


# --- By construction --------------------------------------------------------------------------------------------------


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


@given(runs_of(whole=True), st.floats(0.01, 0.99))
def test_a_higher_bar_never_raises_the_verdict(drawn: tuple[list[float | None], Rule], value: float) -> None:
    runs, rule = drawn
    low, high = sorted((value, rule.bar.value))
    easy, hard = (Rule(Bar(bar, rule.bar.spread), rule.budget) for bar in (low, high))
    assert decide(runs, hard).decision <= decide(runs, easy).decision
    assert settle(runs, hard).decision <= settle(runs, easy).decision


@given(runs_of())
def test_one_run_at_the_bar_passes_and_no_fewer(drawn: tuple[list[float | None], Rule]) -> None:
    runs, rule = drawn
    verdict = decide(runs, rule)
    assert (verdict.best, verdict.runs) == (max(score or 0.0 for score in runs), len(runs))
    assert (verdict.decision is PASS) == (verdict.best >= rule.bar.value)
    assert (verdict.decision is MORE) <= (len(runs) < rule.budget)


@given(st.floats(0, 0.5), st.integers(2, 6))
def test_one_or_two_low_scores_never_fail_who_may_have_more(low: float, budget: int) -> None:
    rule = Rule(Bar(0.7, 0.001), budget)
    for runs in range(1, min(budget, HOPELESS_RUNS)):
        assert decide([low] * runs, rule).decision is MORE


def test_each_decision() -> None:
    assert [decide([score], RULE).decision for score in (0.1, 0.69, 0.7, 0.73)] == [MORE, MORE, PASS, PASS]
    assert decide([0.1, 0.69, 0.69, 0.69], RULE).decision is FAIL
    assert decide([0.1, 0.1, 0.1, 0.7], RULE).decision is PASS
    assert [single(score, RULE.bar).decision for score in (0.69, 0.7)] == [FAIL, PASS]


def test_three_runs_far_below_are_enough_and_not_the_last_three() -> None:
    far, near = 0.59, 0.61  # ten spreads below the bar is 0.60
    rule = Rule(Bar(0.7, 0.01), budget=6)
    assert decide([far, far, far], rule).decision is FAIL
    assert decide([far, near, far], rule).decision is MORE
    assert decide([near, far, far, far], rule).decision is MORE


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


# --- How often a network gets through ---------------------------------------------------------------------------------


def kept(true_mean: float, spread: float, rule: Rule, seed: int) -> float:
    """Return how often a network of normal scores is not failed."""
    source, passed = random.Random(seed), 0
    for _ in range(SEQUENCES):
        runs = [min(max(source.gauss(true_mean, spread), 0.0), 1.0) for _ in range(rule.budget)]
        passed += settle(runs, rule).decision is PASS
    return passed / SEQUENCES


@pytest.mark.parametrize(
    ("true_mean", "spread", "budget"),
    [(0.48, 0.02, 4), (0.46, 0.02, 5), (0.3, 0.1, 6), (0.45, 0.02, 1), (0.2, 0.12, 5)],
)
def test_power_is_what_a_simulation_finds(true_mean: float, spread: float, budget: int) -> None:
    rule = Rule(Bar(0.5, 0.02), budget)
    found = kept(true_mean, spread, rule, seed=budget)
    assert found == pytest.approx(power(true_mean, spread, rule), abs=4 * math.sqrt(0.25 / SEQUENCES))


def test_power_of_one_run_is_a_normal_tail() -> None:
    # 0.7 lies two deviations above 0.68: 1 - Φ(2) = 0.02275.
    assert power(0.68, 0.01, Rule(Bar(0.7, 0.01), 1)) == pytest.approx(0.02275, abs=1e-5)


@given(rules, st.floats(0, 1), st.floats(0, 1), st.just(0.0) | st.floats(1e-4, 0.2))
def test_power_grows_with_the_true_mean(rule: Rule, one: float, other: float, spread: float) -> None:
    low, high = (power(mean, spread, rule) for mean in sorted((one, other)))
    assert -1e-9 <= low <= high + 1e-9 <= 1 + 2e-9


def test_scores_that_never_change_are_kept_from_the_bar_on() -> None:
    assert [power(score, 0, RULE) for score in (0.699, 0.7, 0.9)] == [0, 1, 1]
