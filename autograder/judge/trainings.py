"""Trainings as a check sees them: a network trained by us, predictions scored here, the curves of a student's own."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograder.evidence import TrainingRun
from autograder.judge.channel import TrainingCase
from autograder.judge.message import CheckFailed, Mismatch
from autograder.locale import Phrase, phrase
from autograder.recipes import MetricName
from autograder.wire.messages import Curves, Figure, Network

BARS = "▁▂▃▄▅▆▇█"
CURVE_EPOCHS = 40
TOP = 5
NAN = "nan"
"""How a number that is not one is written, as NumPy does."""


class NeedsTraining(Exception):
    """A check cannot tell before the network has been trained once more."""

    def __init__(self, probe: str) -> None:
        super().__init__(probe)
        self.probe = probe


class TrainingFailed(Exception):
    """The submitted network could not be trained, through no fault of ours."""

    def __init__(self, run: TrainingRun) -> None:
        super().__init__(run.fault)
        self.run = run


@dataclass(frozen=True)
class Training:
    """A submitted network, trained by us from fresh weights, once a seed."""

    probe: str
    network: Network
    case: TrainingCase
    remarks: list[Mismatch] = field(default_factory=list)
    """What to tell the student of a check that passed."""

    def scores(self, metric: MetricName = "accuracy") -> list[Figure]:
        """The score of each training there is, at least one, on the test examples, in [0, 1]; None: not a number."""
        if not self.case.runs:
            raise NeedsTraining(self.probe)
        return [score_of(run, metric) for run in self.case.runs]

    @property
    def accuracy(self) -> float:
        """Mean accuracy over the trainings there are; a training without a finite score counts as 0."""
        scores = self.scores()
        return sum(score or 0.0 for score in scores) / len(scores)


def score_of(run: TrainingRun, metric: MetricName) -> Figure:
    """Return one training's score. Raise TrainingFailed where it gave none, LookupError where it is not measured."""
    if run.fault is not None:
        raise TrainingFailed(run)
    if metric not in run.scores:
        raise LookupError(f"recipe {run.recipe!r} does not measure {metric!r}; it measures {', '.join(run.scores)}")
    return run.scores[metric]


@dataclass(frozen=True)
class Predictions:
    """What a student's own trained model predicts for the inputs of a hidden set, beside the labels it never saw."""

    values: NDArray[Any]
    """(N, classes): one score a class; (N, 1) or (N,) floats: the probability of class 1, or a quantity; (N,) integers:
    classes."""
    labels: NDArray[Any]
    """(N,): classes, int64, or quantities, float64."""
    case: TrainingCase
    remarks: list[Mismatch] = field(default_factory=list)

    @cached_property
    def classes(self) -> NDArray[np.int64]:
        """The class predicted for each input, (N,); -1 where no score of it is a finite number."""
        values = self.values[:, 0] if self.values.ndim == 2 and self.values.shape[1] == 1 else self.values
        if values.ndim not in (1, 2) or len(values) != len(self.labels) or 0 in values.shape:
            self._refuse()
        finite = np.isfinite(values)
        if values.ndim == 2:
            return np.where(finite.any(axis=1), np.where(finite, values, -np.inf).argmax(axis=1), -1)
        if values.dtype.kind == "f" and not np.array_equal(values[finite], np.round(values[finite])):
            values = values > 0.5
        return np.where(finite, values, -1).astype(np.int64)

    @property
    def accuracy(self) -> float:
        """Share of the inputs whose class is predicted."""
        return float(np.mean(self.classes == self.labels))

    @property
    def top_5_accuracy(self) -> float:
        """Share of the inputs whose class is among the five with the highest scores."""
        if self.values.ndim != 2 or self.values.shape[0] != len(self.labels) or self.values.shape[1] <= TOP:
            self._refuse()
        finite = np.isfinite(self.values)
        best = np.argsort(np.where(finite, self.values, -np.inf), axis=1)[:, -TOP:]
        return float(np.mean(((best == self.labels[:, None]) & np.take_along_axis(finite, best, axis=1)).any(axis=1)))

    def _refuse(self) -> None:
        raise CheckFailed(
            Mismatch(
                received=phrase("predictions of shape {shape}", shape=str(self.values.shape)),
                expected=phrase("one row of scores, or one class, for each of {n} inputs", n=len(self.labels)),
            )
        )


@dataclass(frozen=True)
class History:
    """The curves of a training the student ran: its own account of it."""

    record: Curves

    @property
    def asked(self) -> int | None:
        """Epochs that `fit` was asked for; None where it is not known."""
        return self.record.asked

    @property
    def epochs(self) -> int:
        """Epochs that were run: fewer than asked where the course's budget, or early stopping, ended it."""
        return max((len(values) for values in self.record.values.values()), default=0)

    def __getitem__(self, name: str) -> list[float]:
        """The values of one quantity, epoch by epoch; not-a-number where they were not finite."""
        if name not in self.record.values:
            names = ", ".join(self.record.values) or "–"
            raise CheckFailed(Mismatch(received=names, expected=phrase('a curve called "{name}"', name=name)))
        return [math.nan if value is None else value for value in self.record.values[name]]

    def __contains__(self, name: object) -> bool:
        return name in self.record.values

    def __iter__(self) -> Any:
        return iter(self.record.values)

    def __repr__(self) -> str:
        return f"History({', '.join(self.record.values)})"


# --- What is said of them ---------------------------------------------------------------------------------------------


def curve(run: TrainingRun) -> Phrase | None:
    """Return the loss of a training, epoch by epoch, as one line; None where no epoch ended."""
    losses = [epoch.get("loss") for epoch in run.epochs]
    if not losses:
        return None
    return phrase(
        "loss over {n} of {asked} epochs: {bars} {first} → {last}",
        n=len(run.epochs),
        asked=run.asked,
        bars=_bars(_thinned(losses)),
        first=_number(losses[0]),
        last=_number(losses[-1]),
    )


def _thinned(values: Sequence[Figure]) -> list[Figure]:
    """Return the values, or CURVE_EPOCHS of them evenly spaced, the first and the last among them."""
    if len(values) <= CURVE_EPOCHS:
        return list(values)
    return [values[round(index * (len(values) - 1) / (CURVE_EPOCHS - 1))] for index in range(CURVE_EPOCHS)]


def _bars(values: Sequence[Figure]) -> str:
    finite = [value for value in values if value is not None]
    low, high = min(finite, default=0.0), max(finite, default=0.0)
    return "".join("✗" if value is None else BARS[_level(value, low, high)] for value in values)


def _level(value: float, low: float, high: float) -> int:
    return 0 if high <= low else round((len(BARS) - 1) * (value - low) / (high - low))


def _number(value: Figure) -> float | str:
    return NAN if value is None else float(f"{value:.3g}")


def diverged(run: TrainingRun) -> int | None:
    """Return the epoch, from 1, whose loss was not a finite number; None where all were."""
    return next((n for n, epoch in enumerate(run.epochs, start=1) if epoch.get("loss", 0.0) is None), None)
