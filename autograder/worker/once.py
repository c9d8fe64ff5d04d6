"""Sets that repeat their examples: each is trained on and measured once, and told once.

In a room that gives a stand-in at the true set's length, an array made of it row by row repeats itself as well. `fit`
and `evaluate` then take what does not repeat, so that they last and learn as on the stand-in itself; and so do answers,
which are compared with those of rooms that give it as it is. What student code sees is left as it is.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograder.worker import datasets
from autograder.worker.keras.version import loaded

ROWS = 64
"""Compared, to tell whether an array repeats itself: labels may be alike for a few."""
DATA = ("x", "y", "sample_weight")
_MARK = "autograder_once"


def install() -> None:
    """Have `fit` and `evaluate` of each loaded Keras take repeated examples once, where there are any."""
    for keras in loaded() if datasets.repeated() else ():
        for name in ("fit", "evaluate"):
            owner = next(cls for cls in keras.Model.__mro__ if name in vars(cls))
            original = getattr(owner, name)
            if not hasattr(original, _MARK):
                setattr(owner, name, _once(original))


def shortened(array: Any) -> Any:
    """Return an array without the rows that repeat its first ones; as it is, where it does not repeat itself."""
    period = _period(array)
    return array[:period] if period else array


def _once(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def method(*args: Any, **kwargs: Any) -> Any:
        try:
            given = inspect.signature(original).bind(*args, **kwargs)
        except TypeError:  # let Keras say what is wrong
            return original(*args, **kwargs)
        values = given.arguments
        values.update(zip(DATA, _shortened([values.get(name) for name in DATA]), strict=True) if "x" in values else ())
        if isinstance(values.get("validation_data"), tuple):
            values["validation_data"] = tuple(_shortened(values["validation_data"]))
        return original(*given.args, **given.kwargs)

    setattr(method, _MARK, True)
    return method


def _shortened(arrays: Sequence[Any]) -> list[Any]:
    """Cut arrays of one length, inputs first, where the inputs repeat themselves."""
    period, length = _period(arrays[0]), _length(arrays[0])
    return [one[:period] if period and _length(one) == length else one for one in arrays]


def _period(array: Any) -> int:
    """After how many rows an array begins again; 0 where it does not, or all its rows are alike."""
    length = _length(array)
    for period in sorted({held for one in datasets.repeated().values() for held in one.held}):
        rows = min(ROWS, length - period)
        if rows > 1 and np.array_equal(first := np.asarray(array[:rows]), np.asarray(array[period : period + rows])):
            return 0 if (first == first[0]).all() else period
    return 0


def _length(array: Any) -> int:
    """How many rows an array or a tensor has; 0 where it is none."""
    shape = getattr(array, "shape", None)
    try:
        return int(shape[0]) if shape is not None and len(shape) else 0
    except (TypeError, ValueError):  # not known: a tensor of a graph that is being built
        return 0
