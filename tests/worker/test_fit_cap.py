"""`fit` stops at the cap, and is otherwise Keras's."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import numpy as np
import pytest

from autograder.sandbox.rooms import Zygote
from autograder.wire import codec
from autograder.wire.messages import (
    Answered,
    CallProbe,
    CappedFit,
    FitCap,
    Method,
    ObjectProbe,
    Probe,
    Scalar,
    VariableProbe,
)
from autograder.wire.messages import Steps as Answers
from autograder.worker.keras import fit_cap
from sandbox.test_exam import LIMITS, answer, hold, run_of

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
keras = pytest.importorskip("keras")

pytestmark = pytest.mark.tensorflow

KerasModel: Any = keras.Model
Callback: Any = keras.callbacks.Callback
X, Y = np.linspace(0, 1, 40, dtype="float32").reshape(20, 2), np.linspace(0, 1, 20, dtype="float32")
"""Five batches of four."""
BATCH = {"batch_size": 4, "verbose": 0}


@pytest.fixture(autouse=True)
def _unpatched() -> Iterator[None]:
    owner = next(cls for cls in keras.Model.__mro__ if "fit" in vars(cls))
    original = owner.fit
    yield
    owner.fit = original


def sequential() -> Any:
    return compiled(keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)]))


def functional() -> Any:
    x = keras.Input((2,))
    return compiled(keras.Model(x, keras.layers.Dense(1)(x)))


class Subclass(KerasModel):  # type: ignore[misc]
    def __init__(self) -> None:
        super().__init__()
        self.dense = keras.layers.Dense(1)

    def call(self, x: Any) -> Any:
        return self.dense(x)


class OwnFit(Subclass):
    def fit(self, *args: Any, **kwargs: Any) -> Any:
        return super().fit(*args, **kwargs)


def compiled(model: Any) -> Any:
    model.compile("sgd", "mse")
    return model


MODELS: dict[str, Callable[[], Any]] = {
    "Sequential": sequential,
    "functional": functional,
    "subclass": lambda: compiled(Subclass()),
    "own fit": lambda: compiled(OwnFit()),
}


class Steps(Callback):  # type: ignore[misc]
    """Counts what Keras calls."""

    def __init__(self) -> None:
        super().__init__()
        self.batches = self.epochs = self.ends = 0

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self.batches += 1

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self.epochs += 1

    def on_train_end(self, logs: Any = None) -> None:
        self.ends += 1


# --- Cut short --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", MODELS.values(), ids=MODELS.keys())
def test_epochs(make: Callable[[], Any]) -> None:
    with fit_cap.armed(FitCap(epochs=2)) as capped:
        history = make().fit(X, Y, epochs=7, **BATCH)
    assert (history.epoch, len(history.history["loss"]), history.params["epochs"]) == ([0, 1], 2, 7)
    assert capped == [CappedFit(asked_epochs=7, epochs=2, steps=10, limit="epochs")]


def test_epochs_by_position_and_from_a_later_one() -> None:
    with fit_cap.armed(FitCap(epochs=2)) as capped:
        assert sequential().fit(X, Y, 4, 7, 0).epoch == [0, 1]
        assert sequential().fit(X, Y, initial_epoch=4, epochs=9, **BATCH).epoch == [4, 5]
        assert sequential().fit(X, Y, initial_epoch=4, epochs=6, **BATCH).epoch == [4, 5]
    assert [one.asked_epochs for one in capped] == [7, 9]


def test_steps_inside_an_epoch() -> None:
    watched = Steps()
    with fit_cap.armed(FitCap(steps=7)) as capped:
        history = sequential().fit(X, Y, epochs=9, validation_data=(X, Y), callbacks=[watched], **BATCH)
    assert (watched.batches, watched.epochs, watched.ends) == (7, 2, 1)
    assert len(history.history["val_loss"]) == 2
    assert capped == [CappedFit(asked_epochs=9, epochs=2, steps=7, limit="steps")]


def test_seconds() -> None:
    with fit_cap.armed(FitCap(seconds=1e-6)) as capped:
        assert sequential().fit(X, Y, epochs=9, **BATCH).epoch == [0]
    assert capped == [CappedFit(asked_epochs=9, epochs=1, steps=1, limit="seconds")]


def test_the_first_limit_is_told() -> None:
    with fit_cap.armed(FitCap(epochs=2, steps=8, seconds=1e6)) as capped:
        sequential().fit(X, Y, epochs=9, **BATCH)
        sequential().fit(X, Y, epochs=9, batch_size=10, verbose=0)
    assert [(one.limit, one.steps) for one in capped] == [("steps", 8), ("epochs", 4)]


def test_data_of_unknown_length() -> None:
    def batches() -> Iterator[Any]:
        while True:
            yield X[:4], Y[:4]

    with fit_cap.armed(FitCap(steps=3)) as capped:
        sequential().fit(batches(), steps_per_epoch=5, epochs=2, shuffle=False, verbose=0)
    assert capped == [CappedFit(asked_epochs=2, epochs=1, steps=3, limit="steps")]


# --- As Keras does ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("cap", [FitCap(epochs=2), FitCap(steps=10), FitCap(epochs=2, steps=10, seconds=1e6)])
def test_a_training_within_the_cap_is_whole(cap: FitCap) -> None:
    def weights(**settings: Any) -> Any:
        keras.utils.set_random_seed(1)
        model = sequential()
        model.fit(X, Y, epochs=2, **BATCH, **settings)
        return model.get_weights()[0]

    free = weights()
    with fit_cap.armed(cap) as capped:
        assert (weights() == free).all()
    assert capped == []


def test_early_stopping_restores_its_best_weights() -> None:
    def trained(epochs: int) -> Any:
        keras.utils.set_random_seed(1)
        model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
        model.compile(keras.optimizers.SGD(10.0), "mse")  # each epoch is worse than the one before
        early = keras.callbacks.EarlyStopping("loss", patience=50, restore_best_weights=True)
        model.fit(X, Y, epochs=epochs, callbacks=[early], shuffle=False, **BATCH)
        return model.get_weights()[0]

    best = trained(1)
    with fit_cap.armed(FitCap(epochs=3)) as capped:
        assert (trained(9) == best).all()
    assert len(capped) == 1


def test_a_training_that_stops_by_itself_was_not_cut_short() -> None:
    class Stops(Callback):  # type: ignore[misc]
        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            self.model.stop_training = True

    with fit_cap.armed(FitCap(epochs=1)) as capped:
        sequential().fit(X, Y, epochs=9, callbacks=Stops(), **BATCH)
    assert capped == []


def test_a_list_of_callbacks_of_keras_is_left_as_it_was() -> None:
    model, watched = sequential(), Steps()
    callbacks = keras.callbacks.CallbackList([watched], add_history=True, model=model, epochs=9, steps=5)
    before = list(callbacks.callbacks)
    with fit_cap.armed(FitCap(steps=3)) as capped:
        model.fit(X, Y, epochs=9, callbacks=callbacks, **BATCH)
    assert (watched.batches, capped[0].steps, callbacks.callbacks) == (3, 3, before)


def test_mistakes_are_answered_by_keras() -> None:
    with fit_cap.armed(FitCap(epochs=1)) as capped:
        with pytest.raises(TypeError, match="epoch"):
            sequential().fit(X, Y, epoch=3)
        with pytest.raises(ValueError, match="compile"):
            keras.Sequential([keras.layers.Dense(1)]).fit(X, Y, epochs=3)
    assert capped == []


def test_nothing_is_changed_while_not_armed() -> None:
    with fit_cap.armed(FitCap(epochs=1)):
        pass
    assert sequential().fit(X, Y, epochs=3, **BATCH).epoch == [0, 1, 2]
    with fit_cap.armed(FitCap()) as capped:
        assert sequential().fit(X, Y, epochs=3, **BATCH).epoch == [0, 1, 2]
    assert capped == []


def test_installing_twice_caps_once() -> None:
    assert fit_cap.install()
    once = keras.Model.fit
    assert fit_cap.install()
    assert keras.Model.fit is once
    assert once.__name__ == "fit"


def test_without_keras_there_is_nothing_to_cap() -> None:
    script = (
        "import sys; from autograder.worker.keras import fit_cap; from autograder.wire.messages import FitCap\n"
        "with fit_cap.armed(FitCap(epochs=1)) as capped: print(fit_cap.install(), capped, 'keras' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False [] False"


# --- In a room --------------------------------------------------------------------------------------------------------

FIT_TWICE = """
import keras, numpy as np
model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
model.compile("sgd", "mse")
for epochs in (1, 7):
    history = model.fit(np.zeros((4, 2)), np.zeros(4), epochs=epochs, verbose=0)
"""


def test_a_cell_says_which_calls_of_fit_were_cut_short(keras_zygote: Zygote) -> None:
    limits = msgspec.structs.replace(LIMITS, cell_seconds=30, seconds=60, memory_mb=2000, fit=FitCap(epochs=2))
    evidence = hold(keras_zygote, FIT_TWICE, "x = len(history.epoch)", limits=limits)
    assert run_of(evidence, 0).capped == [CappedFit(asked_epochs=7, epochs=2, steps=2, limit="epochs")]
    assert run_of(evidence, 1).capped == []
    assert answer(evidence) == Scalar("int", "2")


TRAINS = """
import keras, numpy as np
def train(epochs=7):
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    return len(model.fit(np.zeros((4, 2)), np.zeros(4), epochs=epochs, verbose=0).epoch)
class Trainer:
    def twice(self):
        return train() + train()
"""
CAPPED = CappedFit(asked_epochs=7, epochs=2, steps=2, limit="epochs")


def test_what_a_check_calls_is_capped_as_cells_are(keras_zygote: Zygote) -> None:
    limits = msgspec.structs.replace(LIMITS, cell_seconds=30, seconds=60, memory_mb=2000, fit=FitCap(epochs=2))
    probes: dict[str, Probe] = {
        "x": CallProbe("train", [], {}),
        "short": CallProbe("train", [Scalar("int", "1")], {}),
        "object": ObjectProbe("Trainer", [], {}, [Method("twice", [], {})]),
        "after": VariableProbe("before"),
    }
    evidence = hold(keras_zygote, TRAINS, "before = train()", probes=probes, limits=limits)
    assert answer(evidence) == answer(evidence, "after") == Scalar("int", "2")
    assert answer(evidence, "object") == Answers("Trainer", [Scalar("int", "4")])
    capped = {one.probe: one.capped for one, _ in (codec.unpack(frame, Answered) for frame in evidence.frames)}
    assert capped == {"x": [CAPPED], "short": [], "object": [CAPPED, CAPPED], "after": []}
