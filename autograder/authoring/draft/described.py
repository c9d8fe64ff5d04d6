"""What a room says that the solution's functions are called with: data from a room, none of it code.

It is written into a checks file, which runs outside rooms; who wrote the solution may be another than who drafts.
"""

from __future__ import annotations

import json
import keyword
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from autograder.wire.codec import DTYPES

Described = Mapping[str, Any]
"""A call, or a value, as `recorder` describes it."""
FORMS = ("", "one-hot", "rows of probabilities", "range", "whole")


def calls_told(told: object) -> dict[str, Sequence[Described]]:
    """Return by function the calls that a room tells, those left out that are not as `recorder` describes them."""
    texts = told if isinstance(told, dict) else {}
    return {str(name): list(_calls(text)) for name, text in texts.items() if isinstance(text, str)}


def _calls(text: str) -> Iterator[Described]:
    try:
        calls = json.loads(text)
    except (ValueError, RecursionError):
        return
    for call in calls if isinstance(calls, list) else ():
        match call:
            case {"args": list(given), "kwargs": dict(named)}:
                if all(map(_is_name, named)) and all(map(_is_value, (*given, *named.values()))):
                    yield call


def _is_value(value: Any) -> bool:
    match value:
        case {"kind": "plain", "value": float(number)}:
            return math.isfinite(number)
        case {"kind": "plain", "value": None | bool() | int() | str()}:
            return True
        case {"kind": "symbolic", "shape": list(sizes)}:
            return all(size is None or _is_size(size) for size in sizes)
        case {"kind": "array", "shape": list(sizes), "dtype": str(dtype)}:
            return dtype in DTYPES and all(map(_is_size, sizes)) and _is_range(value)
        case {"kind": "named", "name": name}:
            return _is_name(name)
        case {"kind": "list" | "tuple", "items": list(items)}:
            return all(map(_is_value, items))
        case {"kind": "dict", "pairs": list(pairs)}:
            return all(isinstance(pair, list) and len(pair) == 2 and all(map(_is_value, pair)) for pair in pairs)
        case {"kind": "generator" | "other"}:
            return True
    return False


def _is_range(array: Described) -> bool:
    bounds = (array.get("low", 0.0), array.get("high", 1.0))
    return all(isinstance(one, float) and math.isfinite(one) for one in bounds) and array.get("form", "") in FORMS


def _is_size(size: Any) -> bool:
    return type(size) is int and size >= 0


def _is_name(name: Any) -> bool:
    return isinstance(name, str) and name.isidentifier() and not keyword.iskeyword(name)
