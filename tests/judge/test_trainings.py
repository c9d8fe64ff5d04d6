"""Trainings, predictions and curves as a check sees them."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray

from autograder.evidence import TrainingRun
from autograder.judge.channel import TrainingCase
from autograder.judge.message import CheckFailed
from autograder.judge.trainings import (
    CURVE_EPOCHS,
    History,
    NeedsTraining,
    Predictions,
    Training,
    TrainingFailed,
    curve,
    diverged,
)
from autograder.locale import render
from autograder.wire.messages import Curves, Fault, Figure
from exams import training_run
from networks import chain, dense

NETWORK = chain(dense(10), input_shape=(4,))
NAN = math.nan


def run(losses: Sequence[Figure] = (), *, fault: Fault | None = None, **scores: Figure) -> TrainingRun:
    """A training with these losses, of ten epochs that were asked for."""
    return training_run(epochs=[{"loss": loss} for loss in losses], scores=scores, fault=fault)


def case(*runs: TrainingRun) -> TrainingCase:
    return TrainingCase("short", "cpu", 5, {}, "mnist", stand_in=False, runs=runs)


def training(*runs: TrainingRun) -> Training:
    return Training("reached", NETWORK, case(*runs))


def predictions(values: object, labels: Sequence[int]) -> Predictions:
    return Predictions(np.asarray(values), np.asarray(labels, np.int64), case())


# --- Trainings --------------------------------------------------------------------------------------------------------


def test_the_accuracy_of_a_network_is_the_mean_of_its_trainings() -> None:
    found = training(run(accuracy=0.7), run(accuracy=0.8))
    assert found.scores() == [0.7, 0.8]
    assert found.accuracy == pytest.approx(0.75)


def test_a_training_without_a_finite_score_counts_as_nothing() -> None:
    found = training(run(accuracy=0.8), run(accuracy=None))
    assert found.scores() == [0.8, None]
    assert found.accuracy == pytest.approx(0.4)


def test_scores_are_of_the_metric_asked_for() -> None:
    assert training(run(accuracy=0.7, top_5_accuracy=0.9)).scores("top_5_accuracy") == [0.9]


def test_without_a_training_one_is_asked_for() -> None:
    with pytest.raises(NeedsTraining) as raised:
        _ = training().accuracy
    assert raised.value.probe == "reached"


def test_a_training_with_a_fault_is_no_score() -> None:
    failed = run(fault=Fault(kind="time"))
    with pytest.raises(TrainingFailed) as raised:
        training(run(accuracy=0.7), failed).scores()
    assert raised.value.run is failed


def test_a_metric_that_is_not_measured_is_the_instructors() -> None:
    with pytest.raises(
        LookupError, match="recipe 'short' does not measure 'top_5_accuracy'; it measures accuracy, auc"
    ):
        training(run(accuracy=0.7, auc=0.1)).scores("top_5_accuracy")


# --- Predictions ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        pytest.param([[0.1, 0.7, 0.2], [0.5, 0.3, 0.2]], [1, 0], id="a score a class"),
        pytest.param([[-3.0, -1.0], [2.0, 1.0]], [1, 0], id="logits"),
        pytest.param([[1, 0, 0], [0, 0, 1]], [0, 2], id="one-hot"),
        pytest.param([[False, True], [True, False]], [1, 0], id="one-hot, booleans"),
        pytest.param([[0.2], [0.8]], [0, 1], id="a column of probabilities"),
        pytest.param([0.5, 0.51], [0, 1], id="probabilities"),
        pytest.param([7, 2], [7, 2], id="classes"),
        pytest.param([[7], [2]], [7, 2], id="a column of classes"),
        pytest.param([7.0, 2.0], [7, 2], id="classes as floats"),
        pytest.param([True, False], [1, 0], id="classes of two"),
        pytest.param([[NAN, 0.2, 0.1], [NAN, NAN, NAN]], [1, -1], id="scores that are no numbers"),
        pytest.param([NAN, 7.0], [-1, 7], id="a class that is no number"),
        pytest.param([NAN, 0.8], [-1, 1], id="a probability that is no number"),
        pytest.param([-math.inf, 0.8], [-1, 1], id="a probability that is not finite"),
        pytest.param([[-math.inf, 0.2], [0.0, -math.inf]], [1, 0], id="logarithms of 0"),
    ],
)
def test_the_class_predicted(values: object, expected: list[int]) -> None:
    found = predictions(values, [0, 0]).classes
    assert (found.dtype.name, found.tolist()) == ("int64", expected)


def test_accuracy_is_the_share_of_classes_predicted() -> None:
    assert predictions([1, 2, 3, 3], [1, 2, 3, 4]).accuracy == 0.75


def test_what_is_no_number_is_never_right() -> None:
    nothing = predictions(np.full((10, 10), NAN), range(10))
    assert (nothing.accuracy, nothing.top_5_accuracy) == (0, 0)


def test_the_five_best_scores() -> None:
    scores = np.tile(np.arange(10.0), (10, 1))
    assert predictions(scores, range(10)).top_5_accuracy == 0.5
    scores[:, 9] = NAN  # not the best, but none
    assert predictions(scores, range(10)).top_5_accuracy == 0.5
    assert predictions(scores, [4] * 10).top_5_accuracy == 1
    assert predictions(scores, [9] * 10).top_5_accuracy == 0


@pytest.mark.parametrize("shape", [(), (3,), (3, 10), (2, 0), (0,), (2, 5, 5), (1, 2)])
def test_predictions_of_another_shape_fail_the_check(shape: tuple[int, ...]) -> None:
    with pytest.raises(CheckFailed) as raised:
        _ = predictions(np.zeros(shape), [0, 1]).accuracy
    assert str(raised.value) == (
        f"received  predictions of shape {shape}\nexpected  one row of scores, or one class, for each of 2 inputs"
    )


@pytest.mark.parametrize("shape", [(2,), (2, 1), (2, 5), (3, 10), (2, 10, 1)])
def test_the_five_best_are_of_more_than_five(shape: tuple[int, ...]) -> None:
    with pytest.raises(CheckFailed, match="predictions of shape"):
        _ = predictions(np.zeros(shape), [0, 1]).top_5_accuracy


anything = arrays.arrays(
    st.one_of(
        arrays.boolean_dtypes(),
        arrays.integer_dtypes(),
        arrays.unsigned_integer_dtypes(),
        arrays.floating_dtypes(),
        arrays.complex_number_dtypes(),
    ),
    arrays.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=8)
    | arrays.array_shapes(min_dims=1, max_dims=1, min_side=4, max_side=4)
    | st.integers(0, 8).map(lambda columns: (4, columns)),
)


@given(anything, st.sampled_from(("accuracy", "top_5_accuracy")))
def test_whatever_a_room_predicts_has_a_score_or_fails(values: NDArray[Any], metric: str) -> None:
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")  # of a judge, nobody reads them
        try:
            score = getattr(predictions(values, [0, 1, 2, 7]), metric)
        except CheckFailed:
            return
    assert 0 <= score <= 1


# --- The curves of a student's own training ---------------------------------------------------------------------------

HISTORY = History(Curves({"loss": [2.0, None, 1.0], "val_loss": [3.0]}, asked=5))


def test_curves_are_read_by_name() -> None:
    assert HISTORY["val_loss"] == [3.0]
    first, second, third = HISTORY["loss"]
    assert (first, third) == (2.0, 1.0)
    assert math.isnan(second)
    assert list(HISTORY) == ["loss", "val_loss"]
    assert "loss" in HISTORY
    assert "accuracy" not in HISTORY


def test_epochs_run_and_asked_for() -> None:
    assert (HISTORY.epochs, HISTORY.asked) == (3, 5)
    assert History(Curves({}, None)).epochs == 0


@pytest.mark.parametrize(("record", "names"), [(HISTORY.record, "loss, val_loss"), (Curves({}, None), "–")])
def test_a_curve_that_is_not_there_fails_the_check(record: Curves, names: str) -> None:
    with pytest.raises(CheckFailed) as raised:
        History(record)["accuracy"]
    assert str(raised.value) == f'received  {names}\nexpected  a curve called "accuracy"'


# --- The curve of ours, in one line -----------------------------------------------------------------------------------


def drawn(losses: Sequence[Figure], language: str = "en") -> str:
    said = curve(run(losses))
    assert said is not None
    return render(said, language)


def test_without_an_epoch_there_is_no_curve() -> None:
    assert curve(run()) is None


@pytest.mark.parametrize(
    ("losses", "said"),
    [
        ([2.3456, 1.2], "loss over 2 of 10 epochs: █▁ 2.35 → 1.2"),
        ([8.0, 7.0, 6.0, 5.0, 4.0, 3.0, 2.0, 1.0], "loss over 8 of 10 epochs: █▇▆▅▄▃▂▁ 8 → 1"),
        ([1.0, 1.0], "loss over 2 of 10 epochs: ▁▁ 1 → 1"),
        ([0.5, None], "loss over 2 of 10 epochs: ▁✗ 0.5 → nan"),
        ([None], "loss over 1 of 10 epochs: ✗ nan → nan"),
        ([1e30, 1e-9], "loss over 2 of 10 epochs: █▁ 1e+30 → 1e-09"),
    ],
)
def test_a_curve_in_one_line(losses: list[Figure], said: str) -> None:
    assert drawn(losses) == said


def test_a_curve_in_french() -> None:
    assert drawn([2.3456, 1.2], "fr") == "perte, 2 époques sur 10\N{NO-BREAK SPACE}: █▁ 2,35 → 1,2"


def test_a_long_curve_keeps_its_ends() -> None:
    losses = [float(loss) for loss in range(1000, 0, -1)]
    bars = drawn(losses).removeprefix("loss over 1,000 of 10 epochs: ").removesuffix(" 1,000 → 1")
    assert len(bars) == CURVE_EPOCHS
    assert (bars[0], bars[-1]) == ("█", "▁")
    assert drawn([1.0] * 60 + [None]).endswith("✗ 1 → nan")


@given(st.lists(st.none() | st.floats(-1e38, 1e38), min_size=1, max_size=100))
def test_any_curve_is_drawn(losses: list[Figure]) -> None:
    bars = drawn(losses).partition(": ")[2].split(" ")[0]
    assert len(bars) == min(len(losses), CURVE_EPOCHS)
    assert set(bars) <= set("▁▂▃▄▅▆▇█✗")


@pytest.mark.parametrize(
    ("losses", "epoch"), [([], None), ([2.0, 1.0], None), ([None], 1), ([2.0, None, None], 2), ([2.0, None, 1.0], 2)]
)
def test_the_epoch_a_training_diverged_at(losses: list[Figure], epoch: int | None) -> None:
    assert diverged(run(losses)) == epoch
