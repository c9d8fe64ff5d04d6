"""Comparisons that say why. Each `…_mismatch` returns a reason, or None when satisfied; `_require` alone raises."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from autograder.judge.explain import explain
from autograder.judge.frames import Table
from autograder.judge.layers import with_difference, with_place
from autograder.judge.message import CheckFailed, Mismatch
from autograder.judge.shown import array_text, cut, network_of, numbers, numeric, shown
from autograder.judge.signature import signature
from autograder.judge.tables import table_mismatch
from autograder.locale import phrase, phrases

SHOWN_DIFFERENCES = 3


def assert_equal(given: Any, expected: Any) -> None:
    """Require the same value: numbers by value whatever their dtype, numeric lists as arrays."""
    _require(value_mismatch(given, expected, rtol=0.0, atol=0.0))


def assert_close(given: Any, expected: ArrayLike, *, rtol: float = 1e-4, atol: float = 1e-6) -> None:
    """Require |given − expected| ≤ atol + rtol·|expected|, element by element (NumPy's `allclose`)."""
    _require(value_mismatch(given, expected, rtol=rtol, atol=atol))


def assert_shape(given: Any, shape: Sequence[int | None]) -> None:
    """Require an array of this shape; None allows any size on its axis."""
    _require(_shape_mismatch(given, tuple(shape)))


def assert_dtype(given: Any, dtype: str) -> None:
    """Require an array of this dtype, by NumPy's name: `float32`."""
    _require(_dtype_mismatch(given, dtype))


def assert_contains(text: Any, part: str) -> None:
    """Require `part` in `text`, spaces and line ends not counted."""
    _require(_contains_mismatch(text, part))


def assert_params(given: Any, expected: int) -> None:
    """Require this number of parameters, trainable or not."""
    network = network_of(given)
    if network.params != expected:
        received = phrases("{n} parameter", "{n} parameters", network.params)
        _require(with_difference(network, received, phrases("{n} parameter", "{n} parameters", expected)))


def assert_output_shape(given: Any, shape: Sequence[int | None]) -> None:
    """Require this shape of the first output, batch included: `(None, 10)`."""
    network = network_of(given)
    if network.output_shape != tuple(shape):
        received = _shape_text(network.output_shape) if network.output_shape else phrase("a network never built")
        _require(with_difference(network, received, _shape_text(tuple(shape))))


def assert_same_network(given: Any, expected: Any = None) -> None:
    """Require the same network as `expected`, another model of the student's; left out, as the solution's.

    Names, dress (Sequential, functional, subclass) and how activations are written do not count; see
    `autograder.judge.signature`.
    """
    network = network_of(given)
    wanted = network.reference if expected is None else network_of(expected).record
    if wanted is None:
        raise LookupError("there is no solution to compare with: the reference exam gave no network for this probe")
    if signature(network.record) == signature(wanted):
        return
    difference = explain(network.record, wanted)
    same_size = network.params == wanted.params
    received = None if same_size else phrases("{n} parameter", "{n} parameters", network.params)
    due = None if same_size else phrases("{n} parameter", "{n} parameters", wanted.params)
    _require(with_place(received, due, difference))


def _require(mismatch: Mismatch | None) -> None:
    if mismatch is not None:
        raise CheckFailed(mismatch)


# --- Values -----------------------------------------------------------------------------------------------------------


def value_mismatch(given: Any, expected: Any, *, rtol: float, atol: float) -> Mismatch | None:
    """Return how two values differ, by more than the tolerances; None where they do not."""
    wanted = numeric(expected)
    if isinstance(given, Table) and (wanted is None or numeric(given) is None):
        return table_mismatch(given, expected, rtol=rtol, atol=atol)
    if wanted is None:
        return _container_mismatch(given, expected, rtol=rtol, atol=atol)
    array = numeric(given)
    if array is None or array.shape != wanted.shape:
        return Mismatch(received=shown(given), expected=shown(expected))
    if rtol or atol or array.dtype.kind == "f":
        close = np.isclose(array, wanted, rtol=rtol, atol=atol, equal_nan=True)
    else:
        close = array == wanted  # exact: as floats, large integers run together
    return None if close.all() else _element_mismatch(array, wanted, close)


def _container_mismatch(given: Any, expected: Any, *, rtol: float, atol: float) -> Mismatch | None:
    """Compare item by item what is no numeric array: text, dicts, lists of unequal parts."""
    whole = Mismatch(received=shown(given), expected=shown(expected))
    if isinstance(expected, dict):
        if not isinstance(given, dict) or given.keys() != expected.keys():
            return whole
        pairs = [(given[key], expected[key]) for key in expected]
    elif isinstance(expected, list | tuple):
        if not isinstance(given, list | tuple) or len(given) != len(expected):
            return whole
        pairs = list(zip(given, expected, strict=True))
    else:
        return None if type(given) is type(expected) and given == expected else whole
    found = (value_mismatch(one, other, rtol=rtol, atol=atol) for one, other in pairs)
    return whole if any(found) else None


def _element_mismatch(array: Any, wanted: Any, close: Any) -> Mismatch:
    if not array.shape:
        received, expected = numbers(array[()], wanted[()])
        return Mismatch(received=received, expected=expected)
    places = np.argwhere(~close)[:SHOWN_DIFFERENCES]
    first = [tuple(int(axis) for axis in place) for place in places]
    pairs = [numbers(array[place], wanted[place]) for place in first]
    axes = [", ".join(map(str, place)) for place in first]
    given = ", ".join(f"[{axis}] = {have}" for axis, (have, _) in zip(axes, pairs, strict=True))
    due = ", ".join(f"[{axis}] = {want}" for axis, (_, want) in zip(axes, pairs, strict=True))
    where = phrases(
        "{n} value of {total} differs", "{n} values of {total} differ", int((~close).sum()), total=close.size
    )
    return Mismatch(
        received=f"{array_text(array)}, {given}", expected=f"{array_text(wanted)}, {due}", where=where, place=where
    )


def _shape_mismatch(given: Any, shape: tuple[int | None, ...]) -> Mismatch | None:
    array = numeric(given)
    if array is None:
        return Mismatch(received=shown(given), expected=phrase("an array of shape {shape}", shape=_shape_text(shape)))
    fits = len(array.shape) == len(shape) and all(
        want is None or have == want for have, want in zip(array.shape, shape, strict=True)
    )
    return None if fits else Mismatch(received=_shape_text(array.shape), expected=_shape_text(shape))


def _dtype_mismatch(given: Any, dtype: str) -> Mismatch | None:
    array = numeric(given)
    if array is None:
        return Mismatch(received=shown(given), expected=dtype)
    if array.dtype.name == dtype:
        return None
    return Mismatch(received=array.dtype.name, expected=dtype, hint=phrase("`.astype(…)` converts an array."))


def _contains_mismatch(text: Any, part: str) -> Mismatch | None:
    if not isinstance(text, str):
        return Mismatch(received=shown(text), expected=phrase("text"))
    if "".join(part.split()) in "".join(text.split()):
        return None
    received = cut(text.strip()) if text.strip() else phrase("nothing")
    return Mismatch(received=received, expected=phrase('text containing "{part}"', part=part))


def _shape_text(shape: Sequence[int | None]) -> str:
    return str(tuple(shape))
