"""A loss of the student's own that computes what one of Keras's does, known by what it gives.

`lambda y, p: keras.losses.sparse_categorical_crossentropy(y, p, from_logits=True)` is how tutorials write a loss that
takes logits: by its name it is nothing, by its values it is that of Keras. It is called on a few numbers made here.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

PREDICTED = np.array([[0.2, 0.3, 0.5], [0.7, 0.2, 0.1], [0.1, 0.6, 0.3], [0.25, 0.35, 0.4]], np.float32)
"""Probabilities, which may be logits too."""
CLASSES = np.array([2, 1, 0, 1])
SHARES = np.array([[0.1, 0.2, 0.7], [0.3, 0.6, 0.1], [0.8, 0.1, 0.1], [0.2, 0.5, 0.3]], np.float32)
"""Labels that are rows. With a single one in each, two losses would be equal that are not."""
CROSSENTROPIES = ("BinaryCrossentropy", "CategoricalCrossentropy", "SparseCategoricalCrossentropy")
OTHERS = (
    *("MeanSquaredError", "MeanAbsoluteError", "MeanAbsolutePercentageError", "MeanSquaredLogarithmicError"),
    *("Huber", "LogCosh", "KLDivergence", "Poisson", "Hinge", "SquaredHinge", "CategoricalHinge", "CosineSimilarity"),
)


def known_as(function: Any) -> dict[str, object] | None:
    """Return the loss of Keras, as Keras serialises it, that gives the values of `function`; None where none does."""
    found = {sparse: _value(function, sparse) for sparse in (False, True)}
    for cls, settings in _candidates():
        given = found[cls.startswith("Sparse")]
        wanted = _value(_of_keras(cls, settings), cls.startswith("Sparse"))
        if given is not None and wanted is not None and np.isclose(given, wanted, rtol=1e-4, atol=1e-6):
            return {"class_name": cls, "config": dict(settings)}
    return None


def _candidates() -> Iterator[tuple[str, dict[str, object]]]:
    for cls in CROSSENTROPIES:
        for from_logits in (False, True):
            yield cls, {"from_logits": from_logits}
    for cls in OTHERS:
        yield cls, {}


def _of_keras(cls: str, settings: dict[str, object]) -> Any:
    import keras

    return getattr(keras.losses, cls)(**settings)


def _value(loss: Any, sparse: bool) -> float | None:
    """Return the mean of a loss over the examples, their labels whole numbers or rows; None where it raises."""
    import keras

    true = CLASSES if sparse else SHARES
    try:
        given = loss(keras.ops.convert_to_tensor(true), keras.ops.convert_to_tensor(PREDICTED))
        mean = float(np.mean(keras.ops.convert_to_numpy(given)))
    except Exception:
        return None
    return mean if np.isfinite(mean) else None
