"""Cuts `fit` short in an exam room, which looks at what a network is; what it can learn is seen in a training room.

While `armed`, each call of `fit` gets one more callback, the last, that asks Keras to stop once a limit is reached.
Keras then does all it does after a training that a callback stopped: it validates, calls the other callbacks, and
returns the History. Epochs asked for stay what they were, for History and progress bar to tell.

Training loops of the student's own are not cut short: the room's time is their limit.
"""

from __future__ import annotations

import functools
import inspect
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

from autograder.wire.messages import CappedFit, FitCap
from autograder.worker.keras.compiled import note_rate
from autograder.worker.keras.version import loaded

_MARK = "autograder_capped"


@dataclass
class _Arming:
    """The cap in force, and the calls that it has cut short."""

    cap: FitCap
    happened: list[CappedFit] = field(default_factory=list)


_arming: _Arming | None = None


def install() -> bool:
    """Let the `fit` of each loaded Keras be capped. Return whether one can be: without Keras there is nothing to do."""
    for keras in loaded():
        owner = next(cls for cls in keras.Model.__mro__ if "fit" in vars(cls))  # the trainer of Keras's backend
        if not hasattr(owner.fit, _MARK):
            owner.fit = _cappable(owner.fit, keras)
    return bool(loaded())


@contextmanager
def armed(cap: FitCap) -> Iterator[list[CappedFit]]:
    """Hold every call of `fit` inside to `cap`; give the list of those that were cut short.

    A Keras that is not loaded yet is capped from the next time on.
    """
    global _arming
    install()
    arming, before = _Arming(cap), _arming
    _arming = None if cap == FitCap() else arming
    try:
        yield arming.happened
    finally:
        _arming = before


def _cappable(original: Callable[..., Any], keras: Any) -> Callable[..., Any]:
    @functools.wraps(original)
    def fit(*args: Any, **kwargs: Any) -> Any:
        note_rate(args[0] if args else None)
        arming = _arming
        if arming is None:
            return original(*args, **kwargs)
        try:
            given = inspect.signature(original).bind(*args, **kwargs)
        except TypeError:  # let Keras say what is wrong
            return original(*args, **kwargs)
        return _capped(original, given, arming, keras)

    setattr(fit, _MARK, True)
    return fit


def _capped(original: Callable[..., Any], given: inspect.BoundArguments, arming: _Arming, keras: Any) -> Any:
    watch = _watch(arming.cap, keras)
    if arming.cap.epoch_steps is not None:
        _shorten_epochs(given.arguments, arming.cap.epoch_steps)
    callbacks = given.arguments.get("callbacks")
    if isinstance(callbacks, keras.callbacks.CallbackList):  # used as it is: Keras adds nothing to one
        watch.set_model(given.args[0])
        watch.set_params(callbacks.params)
        callbacks.callbacks.append(watch)
    else:
        given.arguments["callbacks"] = [*([callbacks] if callbacks else []), watch]
    try:
        return original(*given.args, **given.kwargs)
    finally:
        if isinstance(callbacks, keras.callbacks.CallbackList):
            callbacks.callbacks.remove(watch)
        if watch.limit is not None:
            arming.happened.append(watch.record(given.arguments.get("epochs", 1)))


def _shorten_epochs(given: dict[str, Any], most: int) -> None:
    """Have each epoch, and the validation behind it, end after so many batches. Keras's own arguments say so."""
    given["steps_per_epoch"] = min(given.get("steps_per_epoch") or most, most)
    if given.get("validation_data") is not None or given.get("validation_split"):
        given["validation_steps"] = min(given.get("validation_steps") or most, most)


def _watch(cap: FitCap, keras: Any) -> Any:
    """Return the callback that stops a training at `cap`."""

    class Watch(_Watch, keras.callbacks.Callback):  # type: ignore[misc]
        pass

    return Watch(cap)


class _Watch:
    """What the callback does; Keras's own class, which is not loaded with this module, is mixed in later."""

    model: Any
    params: Any

    def __init__(self, cap: FitCap) -> None:
        super().__init__()
        self.limit: Literal["epochs", "steps", "seconds"] | None = None
        self._cap = cap
        self._started = time.perf_counter()
        self._epochs = self._steps = self._earlier_steps = 0

    def record(self, asked: object) -> CappedFit:
        asked_epochs = asked if isinstance(asked, int) else None
        assert self.limit is not None
        return CappedFit(asked_epochs, self._epochs, self._earlier_steps + self._steps, self.limit)

    def on_train_begin(self, logs: Any = None) -> None:
        self._started = time.perf_counter()

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self._epochs += 1
        self._earlier_steps += self._steps
        self._steps = 0
        self._is_last = epoch + 1 >= self.params.get("epochs", 1)

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self._steps = batch + 1
        cap = self._cap
        if self._is_last and self._steps == self.params.get("steps"):
            return  # all is done
        if cap.steps is not None and self._earlier_steps + self._steps >= cap.steps:
            self._stop("steps")
        elif cap.seconds is not None and time.perf_counter() - self._started >= cap.seconds:
            self._stop("seconds")

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        if self._cap.epochs is not None and self._epochs >= self._cap.epochs and not self._is_last:
            self._stop("epochs")

    def _stop(self, limit: Literal["epochs", "steps", "seconds"]) -> None:
        if not self.model.stop_training:  # a callback of the student's has stopped it already
            self.limit = limit
            self.model.stop_training = True
