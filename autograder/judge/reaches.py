"""`assert_reaches`: whether a trained network is good enough, without failing correct work for an unlucky seed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from autograder.evidence import TrainingRun
from autograder.fairness.verdict import Bar, Decision, Rule, Verdict, decide, single
from autograder.judge.channel import TrainingCase
from autograder.judge.message import CheckFailed, Mismatch, Said
from autograder.judge.trainings import NAN, NeedsTraining, Predictions, Training, curve, diverged, score_of
from autograder.locale import Phrase, phrase
from autograder.recipes import MetricName
from autograder.wire.messages import Figure

FROZEN = phrase(
    "frozen layers began with weights drawn anew: only those that the course's own network has are kept in training."
)


def assert_reaches(given: Any, metric: MetricName = "accuracy") -> None:
    """Require the score that course.yaml asks for, of a `trained` network or of predictions.

    A trained network reaches it with one of the trainings that the recipe's budget allows: see
    `autograder.fairness.verdict`, which may ask for one more. Raises LookupError where the recipe has no calibrated
    threshold for the metric.
    """
    if isinstance(given, Training):
        _require_training(given, metric)
    elif isinstance(given, Predictions):
        _require_predictions(given, metric)
    else:
        raise TypeError(f"assert_reaches takes a trained network or predictions, not a {type(given).__name__}")


def _bar(case: TrainingCase, metric: MetricName) -> Bar:
    threshold = case.thresholds.get(metric)
    if threshold is None:
        raise LookupError(
            f"recipe {case.recipe!r} has no calibrated threshold for {metric!r} under profile {case.profile!r}: "
            f"run `autograder calibrate`"
        )
    return Bar(threshold.bar, threshold.spread)


def _require_training(training: Training, metric: MetricName) -> None:
    bar = _bar(training.case, metric)
    budget = training.case.budget
    scores, verdict = _sequential(training, metric, Rule(bar, budget))
    expected = phrase("at least {bar} %, in one of {n} trainings", bar=_percent(bar.value), n=budget)
    told = Mismatch(
        received=_received(scores, verdict),
        expected=expected if budget > 1 else _expected(bar),
        hint=_stand_in(training.case),
    )
    if verdict.decision is Decision.FAIL and training.case.redrawn:
        told = replace(told, hint=_both(FROZEN, told.hint))
    if verdict.decision is Decision.FAIL:
        raise CheckFailed(_why_short(_best(training.case.runs[: len(scores)], metric), metric, bar, told))
    training.remarks.append(told)


def _sequential(training: Training, metric: MetricName, rule: Rule) -> tuple[list[Figure], Verdict]:
    """Return the scores that it takes to tell, and the verdict on them: more trainings than that may be stored.

    Raises NeedsTraining where they do not tell, TrainingFailed where one of them gave no score.
    """
    scores = []
    for run in training.case.runs:
        scores.append(score_of(run, metric))
        verdict = decide(scores, rule)
        if verdict.decision is not Decision.MORE:
            return scores, verdict
    raise NeedsTraining(training.probe)


def _require_predictions(predictions: Predictions, metric: MetricName) -> None:
    bar = _bar(predictions.case, metric)
    score = float(getattr(predictions, metric))
    told = Mismatch(
        received=phrase("{score} % of {n} hidden examples are right", score=_percent(score), n=len(predictions.labels)),
        expected=_expected(bar),
        hint=_stand_in(predictions.case),
    )
    if single(score, bar).decision is Decision.FAIL:
        raise CheckFailed(told)
    predictions.remarks.append(told)


def _received(scores: list[Figure], verdict: Verdict) -> Said:
    each = [NAN if score is None else _percent(score) for score in scores]
    if len(scores) == 1:
        return phrase("{score} % on the test examples, in 1 training", score=each)
    return phrase(
        "{score} % on the test examples, the best of {n} trainings ({each})",
        score=_percent(verdict.best),
        n=len(scores),
        each=each,
    )


def _expected(bar: Bar) -> Said:
    return phrase("at least {bar} %", bar=_percent(bar.value))


def _percent(score: float) -> float:
    return round(100 * score, 1)


def _best(runs: Sequence[TrainingRun], metric: MetricName) -> TrainingRun:
    """The training that came closest: a collapsed one would explain nothing."""
    return max(runs, key=lambda run: run.scores.get(metric) or 0.0)


def _why_short(best: TrainingRun, metric: MetricName, bar: Bar, told: Mismatch) -> Mismatch:
    broken = diverged(best)
    if broken is not None:
        hint = phrase(
            "the training diverged: at epoch {n} the loss was no longer a number. Look at the last layer's activation.",
            n=broken,
        )
    elif _learned(best, metric, bar):
        hint = phrase(
            "it learns the training examples ({score} %) and does not carry over to others: it over-fits. Fewer "
            "weights, Dropout or pooling help.",
            score=_percent(_last(best, metric)),
        )
    else:
        hint = phrase(
            "every student's network is trained the same way: it is this architecture that learns too little."
        )
    return Mismatch(told.received, told.expected, where=curve(best), place=curve(best), hint=_both(hint, told.hint))


def _learned(run: TrainingRun, metric: MetricName, bar: Bar) -> bool:
    """Whether the training examples themselves were learned well enough: what is wrong is not that it cannot learn."""
    return _last(run, metric) >= bar.value


def _last(run: TrainingRun, metric: MetricName) -> float:
    """The metric on the training examples, in the last epoch; 0 where it was not measured."""
    return (run.epochs[-1].get(metric) or 0.0) if run.epochs else 0.0


def _both(hint: Phrase, other: Said | None) -> Said:
    """Two hints, a line each."""
    return hint if other is None else Phrase("{hint}\n{other}", {"hint": hint, "other": other})


def _stand_in(case: TrainingCase) -> Said | None:
    return phrase("measured on stand-in data, not on the real {name}", name=case.data) if case.stand_in else None
