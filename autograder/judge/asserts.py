"""Comparisons that say why. Each `…_mismatch` returns a reason, or None when satisfied; `_require` alone raises."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from autograder.judge.frames import DataTable
from autograder.judge.layers import counted, with_difference, with_place
from autograder.judge.message import CannotTell, CheckFailed, Mismatch
from autograder.judge.shown import array_text, cut, network_of, numbers, numeric, shown
from autograder.judge.tables import table_mismatch
from autograder.judge.values import Model
from autograder.locale import phrase, phrases
from autograder.networks.doubts import doubt
from autograder.networks.explain import explain, explain_params
from autograder.networks.listed import network_from_list, without_shapes
from autograder.networks.signature import signature
from autograder.wire.messages import Layer, Network

SHOWN_DIFFERENCES = 3


def assert_equal(given: Any, expected: Any, *, hint: str = "") -> None:
    """Require the same value: numbers by value whatever their dtype, numeric lists as arrays.

    `hint` is what the student reads beside both where nothing more precise is known: a cause that is likely here.
    """
    _require(value_mismatch(given, expected, rtol=0.0, atol=0.0), hint)


def assert_close(
    given: Any, expected: ArrayLike | Mapping[Any, Any], *, rtol: float = 1e-4, atol: float = 1e-6, hint: str = ""
) -> None:
    """Require |given − expected| ≤ atol + rtol·|expected|, element by element (NumPy's `allclose`).

    `hint` is as for `assert_equal`.
    """
    _require(value_mismatch(given, expected, rtol=rtol, atol=atol), hint)


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
        mismatch = with_difference(network, received, phrases("{n} parameter", "{n} parameters", expected))
        difference = explain_params(network.record, network.reference) if network.reference else None
        where = mismatch if difference is None else with_place(received, mismatch.expected, difference)
        _require(where)


def assert_output_shape(given: Any, shape: Sequence[int | None]) -> None:
    """Require this shape of the first output, batch included: `(None, 10)`."""
    network = network_of(given)
    if network.output_shape != tuple(shape):
        received = _shape_text(network.output_shape) if network.output_shape else phrase("a network never built")
        _require(with_difference(network, received, _shape_text(tuple(shape))))


def assert_same_network(
    given: Any, expected: Any = None, *, trainable: bool = False, initializers: bool = False
) -> None:
    """Require the same network as `expected`: another model of the student's, or a list of layers; else the solution's.

    A list holds layers as they are written, `["Conv2D(32, 3, activation='relu')", "Flatten", "Dense(10)"]`, and is
    compared with a network that applies them one after the other. Names, dress (Sequential, functional, subclass,
    layers of one's own) and how operations are written do not count; regularizers do. With `trainable`, frozen layers
    differ from trained ones; with `initializers`, the values that weights begin with count too. Raises CannotTell where
    code that could not be followed is all that may differ, or operations by hand that make the same numbers.
    """
    network = network_of(given)
    wanted = _wanted(network, expected)
    given = without_shapes(network.record) if isinstance(expected, list | tuple) else network.record
    asked = {"trainable": trainable, "initializers": initializers}
    if signature(given, **asked) == signature(wanted, **asked):
        return
    why = doubt(given, wanted, **asked)
    if why:
        raise CannotTell(f"the networks cannot be compared, look at this one yourself: {why}")
    difference = explain(given, wanted, **asked)
    same_size = network.params == wanted.params or isinstance(expected, list | tuple)
    received = None if same_size else phrases("{n} parameter", "{n} parameters", network.params)
    due = None if same_size else phrases("{n} parameter", "{n} parameters", wanted.params)
    _require(with_place(received, due, difference))


def assert_frozen(given: Any, until: str | int | None = None) -> None:
    """Require frozen layers: all that have weights, or those up to `until`, a name or a position from 1, included.

    The layers after `until` must be trained.
    """
    network = network_of(given)
    weighted = [layer for layer in network.layers if layer.weights]
    last = len(weighted) if until is None else _place_of(network, weighted, until)
    wrong = next((one for n, one in enumerate(weighted) if (n < last) == _is_trained(one)), None)
    if wrong is not None or not weighted:
        _require(_training_mismatch(network, wrong))


def assert_trainable_params(given: Any, expected: int) -> None:
    """Require this number of parameters that training changes."""
    network = network_of(given)
    if network.trainable_params != expected:
        received = phrases("{n} trainable parameter", "{n} trainable parameters", network.trainable_params)
        due = phrases("{n} trainable parameter", "{n} trainable parameters", expected)
        hint = phrase("trainable = False freezes the weights of a layer; set it before compile.")
        _require(Mismatch(received, due, hint=hint))


def _wanted(network: Model, expected: Any) -> Network:
    """Return the record to compare with."""
    if isinstance(expected, list | tuple):
        return network_from_list(expected, network.record)
    wanted = network.reference if expected is None else network_of(expected).record
    if wanted is None:
        raise LookupError("there is no solution to compare with: the reference exam gave no network for this probe")
    return wanted


def _place_of(network: Model, weighted: Sequence[Layer], until: str | int) -> int:
    """Return how many of the layers with weights come up to one, it included."""
    layers = counted(network)
    for number, layer in enumerate(layers, start=1):
        if until in (number, layer.name):
            return sum(any(one is other for other in layers[:number]) for one in weighted)
    raise LookupError(f"the network has no layer {until!r}: it has {', '.join(one.name for one in layers)[:300]}")


def _is_trained(layer: Layer) -> bool:
    return any(weight.trainable for weight in layer.weights)


def _training_mismatch(network: Model, wrong: Layer | None) -> Mismatch:
    if wrong is None:
        return Mismatch(received=phrase("a network without weights"))
    number = 1 + next(n for n, one in enumerate(network.layers) if one is wrong)
    trained = _is_trained(wrong)
    place = phrase('layer {n}, {cls} "{name}"', n=number, cls=wrong.cls, name=wrong.name)
    return Mismatch(
        received=phrase("trained") if trained else phrase("frozen"),
        expected=phrase("frozen") if trained else phrase("trained"),
        where=place,
        place=place,
        hint=phrase("trainable = False freezes the weights of a layer; set it before compile."),
    )


def _require(mismatch: Mismatch | None, hint: str = "") -> None:
    if mismatch is not None:
        raise CheckFailed(replace(mismatch, hint=hint) if hint and mismatch.hint is None else mismatch)


# --- Values -----------------------------------------------------------------------------------------------------------


def value_mismatch(given: Any, expected: Any, *, rtol: float, atol: float) -> Mismatch | None:
    """Return how two values differ, by more than the tolerances; None where they do not."""
    wanted = numeric(expected)
    if isinstance(given, DataTable) and (wanted is None or numeric(given) is None):
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
