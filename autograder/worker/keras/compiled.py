"""What a Keras model was compiled with, as plain data, whatever of it can be said.

Keras's own `get_compile_config` gives all or nothing: one loss of the student's own that cannot be serialised, and
nothing is known of the optimizer. Here each part is read by itself. Importing this module imports no Keras.
"""

from __future__ import annotations

import functools
import math
import warnings
from collections.abc import Mapping
from types import FunctionType
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from autograder.wire.messages import Compiled
from autograder.worker.keras.losses import known_as
from autograder.worker.keras.records import MAX_NAME, plain

MAX_RATES = 20
"""Learning rates kept of one optimizer."""

_rates: WeakKeyDictionary[Any, list[float]] = WeakKeyDictionary()
"""By optimizer: callbacks change its rate while it trains, and the one asked for is the one it began with."""


def note_rate(model: object) -> None:
    """Remember the learning rate with which a call of `fit` begins. Never raises."""
    try:
        optimizer = model.optimizer  # type: ignore[attr-defined]
        if isinstance(_serialised(optimizer).get("learning_rate"), float):
            found = _rates.setdefault(optimizer, [])
            if len(found) < MAX_RATES:
                found.append(_shortest(float(optimizer.learning_rate)))
    except Exception:
        return


def read_compiled(model: Any) -> Compiled | None:
    """Return what `compile` was given; None where it was not called."""
    try:
        given = model._compile_config.config if model.compiled else None
    except Exception:
        return None
    if not isinstance(given, Mapping):
        return None
    optimizer = getattr(model, "optimizer", None)
    return Compiled(
        loss=_loss(given.get("loss")),
        optimizer=_optimizer(optimizer),
        metrics=_listed(given.get("metrics")),
        weighted_metrics=_listed(given.get("weighted_metrics")),
        loss_weights=_said(given.get("loss_weights")),
        rates=list(_rates.get(optimizer, [])) if optimizer is not None else [],
    )


def _listed(metrics: Any) -> list[object]:
    said = _said(metrics)
    return [] if not said else said if isinstance(said, list) else [said]


def _loss(value: Any) -> object:
    """Return what was given as a loss; a function of the student's own by what it computes, where Keras has it too."""
    if isinstance(value, Mapping):
        return {str(key)[:MAX_NAME]: _loss(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_loss(item) for item in value]
    own = isinstance(value, functools.partial) or (
        isinstance(value, FunctionType) and not value.__module__.startswith("keras.")
    )
    return (known_as(value) if own else None) or _said(value)


def _said(value: Any) -> object:
    """Return what was given for one part; what Keras cannot serialise by the name of its class or function."""
    import keras

    if value is None or isinstance(value, (bool, int, float, str)):
        return plain(value)
    if isinstance(value, Mapping):
        return {str(key)[:MAX_NAME]: _said(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_said(item) for item in value]
    if isinstance(value, type):  # the class itself, where an instance is expected
        return value.__name__[:MAX_NAME]
    if isinstance(value, functools.partial):
        return {
            "class_name": str(getattr(value.func, "__name__", "partial"))[:MAX_NAME],
            "config": _said(value.keywords),
        }
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Keras warns of lambdas
            said = plain(keras.saving.serialize_keras_object(value))
    except Exception:
        name = getattr(value, "__name__", None)
        if isinstance(name, str):
            return name[:MAX_NAME]
        return {"class_name": type(value).__name__[:MAX_NAME], "config": {}}
    taken = getattr(value, "_fn_kwargs", getattr(value, "fn_kwargs", None))
    if isinstance(taken, dict) and isinstance(said, dict) and isinstance(said.get("config"), dict):
        said["config"] = {**_plain_settings(taken), **said["config"]}  # Huber leaves its delta out
    return said


def _plain_settings(settings: dict[Any, Any]) -> dict[str, object]:
    return {str(name)[:MAX_NAME]: plain(value) for name, value in settings.items()}


def _optimizer(optimizer: Any) -> dict[str, object] | None:
    """Return the class name and configuration of an optimizer, its rates as written: 0.01, not 0.009999999776."""
    if optimizer is None:
        return None
    inner = getattr(optimizer, "inner_optimizer", None)  # mixed precision wraps the one that was given
    optimizer = optimizer if inner is None else inner
    config = {key: _shortest(value) for key, value in _serialised(optimizer).items()}
    return {"class_name": type(optimizer).__name__[:MAX_NAME], "config": config}


def _serialised(optimizer: Any) -> dict[str, object]:
    """Return an optimizer's configuration; empty where its class cannot say."""
    try:
        config = plain(optimizer.get_config())
    except Exception:
        return _by_attributes(optimizer)
    return config if isinstance(config, dict) else {}


def _by_attributes(optimizer: Any) -> dict[str, object]:
    """What is known of an optimizer whose schedule is a class of the student's own, which Keras cannot serialise."""
    rate = getattr(optimizer, "_learning_rate", None)
    return {"learning_rate": {"class_name": type(rate).__name__[:MAX_NAME], "config": {}}}


def _shortest(value: Any) -> Any:
    """Return the shortest number of the same float32: Keras keeps learning rates in one."""
    return float(str(np.float32(value))) if isinstance(value, float) and math.isfinite(value) else value
