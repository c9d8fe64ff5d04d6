"""Run in the room of a solution, before its cells: notes what its functions are called with, and what its names hold.

Its text is a cell there. It imports nothing of ours, and leaves plain data behind.
"""

import functools
import json
from typing import Any

import numpy

AUTOGRADER_CALLS: dict[str, Any] = {}
"""By function, the arguments of its first calls that differ."""
AUTOGRADER_TOLD: dict[str, str] = {}
"""The same as JSON, for values are counted that cross the wall."""
AUTOGRADER_VALUES: dict[str, Any] = {}
AUTOGRADER_HIDDEN: list[bool] = []
"""Not empty once hidden tests run."""
MOST_CALLS, MOST_ITEMS, MOST_CHARS = 8, 40, 60_000


def autograder_watch(space: dict[str, Any], names: list[str]) -> None:
    """Note from now on what the functions of these names are called with."""
    for name in names:
        if callable(space.get(name)) and not isinstance(space[name], type):
            space[name] = _watched(name, space[name], space)


def autograder_tell() -> None:
    """Leave what was noted of calls behind, as many of each function as one text holds."""
    for name, calls in AUTOGRADER_CALLS.items():
        while calls and len(json.dumps(calls)) > MOST_CHARS:
            calls.pop(0)
        AUTOGRADER_TOLD[name] = json.dumps(calls)


def autograder_look(space: dict[str, Any], names: list[str]) -> None:
    """Note what these names hold."""
    for name in names:
        if name in space:
            AUTOGRADER_VALUES[name] = _described(space[name], {})


def _watched(name: str, function: Any, space: dict[str, Any]) -> Any:
    @functools.wraps(function)
    def called(*args: Any, **kwargs: Any) -> Any:
        noted = AUTOGRADER_CALLS.setdefault(name, [])
        if len(noted) < MOST_CALLS or AUTOGRADER_HIDDEN:
            given = [_described(one, space) for one in args]
            named = {key: _described(one, space) for key, one in kwargs.items()}
            call = {"args": given, "kwargs": named}
            if call not in noted:
                noted.append({**call, "hidden": True} if AUTOGRADER_HIDDEN else call)
        return function(*args, **kwargs)

    return called


def _described(value: Any, space: dict[str, Any]) -> dict[str, Any]:
    if value is None or isinstance(value, (bool, int, float, str)):
        return {"kind": "plain", "value": value}
    if isinstance(value, numpy.generic):
        return {"kind": "plain", "value": value.item()}
    if type(value).__name__ == "KerasTensor":
        return {"kind": "symbolic", "shape": list(value.shape[1:])}
    framework = type(value).__module__.partition(".")[0]
    if isinstance(value, numpy.ndarray) or (framework in ("tensorflow", "torch") and hasattr(value, "numpy")):
        return _array(value, framework)
    if isinstance(value, numpy.random.Generator):
        return {"kind": "generator"}
    if isinstance(value, (list, tuple)) and len(value) <= MOST_ITEMS:
        return {"kind": type(value).__name__, "items": [_described(one, space) for one in value]}
    if isinstance(value, dict) and len(value) <= MOST_ITEMS:
        pairs = [[_described(key, space), _described(one, space)] for key, one in value.items()]
        return {"kind": "dict", "pairs": pairs}
    for name, other in space.items():
        if other is value and not name.startswith("_"):
            weighted = hasattr(type(value), "get_weights") or hasattr(type(value), "state_dict")
            return {"kind": "named", "name": name, **({"weights": True} if weighted else {})}
    return {"kind": "other", "cls": type(value).__name__}


def _array(value: Any, framework: str) -> dict[str, Any]:
    try:
        array = numpy.asarray(value.detach() if hasattr(value, "detach") else value)
    except Exception:  # of a graph that is being built: it has no numbers
        return {"kind": "other", "cls": type(value).__name__}
    found = {"kind": "array", "shape": list(array.shape), "dtype": array.dtype.name, "framework": framework}
    if array.dtype.kind in "biuf" and array.size:
        return {**found, "low": float(array.min()), "high": float(array.max()), "form": _form(array)}
    return found


def _form(array: Any) -> str:
    """What is known of its values beyond their range."""
    rows = array[:100]
    if array.ndim == 2 and array.shape[1] > 1 and float(array.min()) >= 0 and numpy.allclose(rows.sum(axis=1), 1):
        return "one-hot" if set(numpy.unique(rows)) <= {0, 1} else "rows of probabilities"
    if array.ndim == 1 and array.size > 2 and numpy.array_equal(array, numpy.arange(array.size)):
        return "range"
    return "whole" if array.dtype.kind == "f" and numpy.array_equal(array[:100], numpy.round(array[:100])) else ""
