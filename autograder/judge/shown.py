"""How answers are shown in a message: arrays by dtype and shape, never as a wall of numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograder.judge.figures import Drawing, said_of_drawing
from autograder.judge.frames import DataTable, said
from autograder.judge.message import CheckFailed, Mismatch, Said
from autograder.judge.values import Model, Unreadable
from autograder.locale import phrase, phrases

SHOWN_CHARS = 100


def numeric(value: Any) -> Any:
    """The value as a numeric array, or None where it is not one."""
    if isinstance(value, Model | Unreadable | Drawing | str | dict | set) or value is None:
        return None
    try:
        array = np.asarray(value)
    except (ValueError, TypeError, CheckFailed):
        return None
    return array if array.dtype.kind in "biufc" else None


def shown(value: Any) -> Said:
    """Say what an answer is, in a few words."""
    array = None if isinstance(value, DataTable) else numeric(value)
    if array is not None:
        return array_text(array) if array.shape else number(array[()])
    if isinstance(value, Model):
        return phrases("a network of {n} parameter", "a network of {n} parameters", value.params)
    if isinstance(value, DataTable):
        return said(value)
    if isinstance(value, Drawing):
        return said_of_drawing(value)
    if isinstance(value, Unreadable):
        return phrase("an object of type {cls}", cls=value.cls)
    return cut(repr(value))


def cut(text: str, chars: int = SHOWN_CHARS) -> str:
    """Return `text`, or its start where it is long."""
    return text if len(text) <= chars else f"{text[:chars]}…"


def array_text(array: Any) -> str:
    """`float32[32, 10]`: what an array is, without its numbers."""
    return f"{array.dtype.name}[{', '.join(map(str, array.shape))}]"


def number(value: Any) -> str:
    """Return a number with six digits."""
    return f"{value:.6g}" if isinstance(value, float | np.floating) else str(value)


def numbers(given: Any, wanted: Any) -> tuple[str, str]:
    """Two numbers that differ, with as many digits as it takes to see it."""
    texts = number(given), number(wanted)
    return texts if texts[0] != texts[1] else (repr(given.item()), repr(wanted.item()))


def network_of(given: Any) -> Model:
    """Return `given`, a network. Raise CheckFailed where it is none."""
    if isinstance(given, Model):
        return given
    raise CheckFailed(Mismatch(received=shown(given), expected=phrase("a network")))
