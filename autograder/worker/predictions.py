"""Inside a room: what a model, a module, an object or a function of the student's predicts."""

from __future__ import annotations

from typing import Any

from autograder.worker.frameworks import runtime_of


def predict(trained: Any, inputs: Any) -> Any:
    """Return what `trained` says of `inputs`, an array of N examples: a row, or a class, for each."""
    framework = runtime_of(trained)
    if framework is not None:
        return framework.predict(trained, inputs)
    return getattr(trained, "predict", trained)(inputs)
