"""What is drawn on a student's page, and what never is where the course hides what was expected."""

from __future__ import annotations

import pytest

from autograder.evidence import TrainingRun
from autograder.judge.message import Mismatch, compose
from autograder.locale import LANGUAGES
from autograder.networks.explain import explain
from autograder.records import Grade, Outcome, QuestionGrade, TrainingUse
from autograder.report.illustrations import Illustrations, illustrate
from autograder.report.runs import StoredRuns
from autograder.wire.messages import Network
from networks import call, chain, conv, dense, pool

WANTED = chain(conv(8, padding="same"), pool(), conv(16, padding="same"), call("Flatten"), dense(10))
NARROW = chain(conv(8, padding="same"), pool(), conv(16, padding="valid"), call("Flatten"), dense(9))
TWICE = chain(conv(8, padding="valid"), pool(), conv(16, padding="valid"), call("Flatten"), dense(10))
USE = TrainingUse("model", "short", "sha256:net", [0], "cpu", "digits", "sha256:data", False, {})
RUN = TrainingRun(
    "sha256:0", "sha256:net", "short", 0, "digits", "sha256:data", False, "cpu", {}, 2.0, 2,
    [{"accuracy": 0.5}, {"accuracy": 0.9}], {"accuracy": 0.8},
)  # fmt: skip
BARS = {("short", "model", "cpu"): {"accuracy": 0.7}}


def drawn(given: Network, language: str, *, hidden: bool, status: str = "failed") -> Illustrations:
    found = explain(given, WANTED)
    assert found is not None
    told = Mismatch(where=found.where, place=found.place, hint=found.hint, discreet=found.discreet)
    message = compose(told, language, hidden=hidden)
    outcomes = tuple(Outcome(name, "one", name, status, 1.0, message) for name in ("test_count", "test_layers"))  # type: ignore[arg-type]
    grade = Grade("ada", "vision", "graded", (QuestionGrade("one", 0.0, 1.0, outcomes),), trainings=(USE,))
    return illustrate(grade, {"model": given}, {"model": WANTED}, StoredRuns([RUN]), BARS, language, hidden=hidden)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("given", [NARROW, TWICE])
def test_the_two_networks_stand_side_by_side_once(given: Network, language: str) -> None:
    (figures,) = drawn(given, language, hidden=False).networks.values()
    assert len(figures) == 2
    assert all(any(row.marked for row in figure.rows) for _, figure in figures)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("given", [NARROW, TWICE])
def test_where_expectations_are_hidden_only_the_layer_that_is_named_is_marked(given: Network, language: str) -> None:
    ((_, figure),) = next(iter(drawn(given, language, hidden=True).networks.values()))
    marked = [at for at, row in enumerate(figure.rows) if row.marked]
    assert marked == [3 if given is NARROW else 1]  # the input is row 0


def test_the_score_to_reach_is_not_drawn_where_it_is_not_told() -> None:
    ((_, shown),) = drawn(NARROW, "en", hidden=False).curves
    ((caption, hidden),) = drawn(NARROW, "en", hidden=True).curves
    assert shown.bar is not None
    assert hidden.bar is None
    assert "reach" not in caption


def test_nothing_is_drawn_of_a_network_that_no_check_finds_wrong() -> None:
    assert drawn(NARROW, "en", hidden=False, status="passed").networks == {}
