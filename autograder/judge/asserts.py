"""Comparisons that say why. Each `_..._mismatch` returns a reason, or None when satisfied; `_require` alone raises."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from autograder.judge.explain import Difference, explain
from autograder.judge.message import CheckFailed, Mismatch, Said
from autograder.judge.signature import signature
from autograder.judge.values import Model, Unreadable
from autograder.locale import phrase, phrases
from autograder.wire.messages import Layer

SHOWN_CHARS = 100
SHOWN_DIFFERENCES = 3
ACTIVATION_LAYERS = {"Activation", "ReLU", "Softmax", "LeakyReLU", "ELU", "PReLU"}


def assert_equal(given: Any, expected: Any) -> None:
    """Require the same value: numbers by value whatever their dtype, numeric lists as arrays."""
    _require(_value_mismatch(given, expected, rtol=0.0, atol=0.0))


def assert_close(given: Any, expected: ArrayLike, *, rtol: float = 1e-4, atol: float = 1e-6) -> None:
    """Require |given − expected| ≤ atol + rtol·|expected|, element by element (NumPy's `allclose`)."""
    _require(_value_mismatch(given, expected, rtol=rtol, atol=atol))


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
    network = _network(given)
    if network.params != expected:
        received = phrases("{n} parameter", "{n} parameters", network.params)
        _require(_with_difference(network, received, phrases("{n} parameter", "{n} parameters", expected)))


def assert_output_shape(given: Any, shape: Sequence[int | None]) -> None:
    """Require this shape of the first output, batch included: `(None, 10)`."""
    network = _network(given)
    if network.output_shape != tuple(shape):
        received = _shape_text(network.output_shape) if network.output_shape else phrase("a network never built")
        _require(_with_difference(network, received, _shape_text(tuple(shape))))


def assert_layers(given: Any, expected: Sequence[str]) -> None:
    """Require these layer classes in call order. Input layers and activations are not counted, however written."""
    network = _network(given)
    names = [layer.cls for layer in _counted(network)]
    if names != list(expected):
        _require(_with_difference(network, _cut(", ".join(names) or "[]"), _cut(", ".join(expected))))


def assert_layer(given: Any, which: int | str, cls: str | None = None, **settings: Any) -> None:
    """Require a layer's class and settings: `assert_layer(reseau, 3, "Conv2D", filters=64, padding="same")`.

    `which` is a layer's name, or its position from 1, input layers and activations not counted. Settings are compared
    with the layer's Keras configuration; numbers and lists by value.
    """
    network = _network(given)
    layer = _find_layer(network, which)
    if layer is None:
        found = phrases("{n} layer", "{n} layers", len(_counted(network)))
        _require(_with_difference(network, found, phrase('a layer "{which}"', which=which)))
        return
    _require(_layer_mismatch(layer, which, cls, settings))


def assert_same_network(given: Any, expected: Any = None) -> None:
    """Require the same network as `expected`, another model of the student's; left out, as the solution's.

    Names, dress (Sequential, functional, subclass) and how activations are written do not count; see
    `autograder.judge.signature`.
    """
    network = _network(given)
    wanted = network.reference if expected is None else _network(expected).record
    if wanted is None:
        raise LookupError("there is no solution to compare with: the reference exam gave no network for this probe")
    if signature(network.record) == signature(wanted):
        return
    difference = explain(network.record, wanted)
    same_size = network.params == wanted.params
    received = None if same_size else phrases("{n} parameter", "{n} parameters", network.params)
    due = None if same_size else phrases("{n} parameter", "{n} parameters", wanted.params)
    _require(_mismatch(received, due, difference))


def _require(mismatch: Mismatch | None) -> None:
    if mismatch is not None:
        raise CheckFailed(mismatch)


# --- Values -----------------------------------------------------------------------------------------------------------


def _value_mismatch(given: Any, expected: Any, *, rtol: float, atol: float) -> Mismatch | None:
    wanted = _numeric(expected)
    if wanted is None:
        return _container_mismatch(given, expected, rtol=rtol, atol=atol)
    array = _numeric(given)
    if array is None or array.shape != wanted.shape:
        return Mismatch(received=_shown(given), expected=_shown(expected))
    if rtol or atol or array.dtype.kind == "f":
        close = np.isclose(array, wanted, rtol=rtol, atol=atol, equal_nan=True)
    else:
        close = array == wanted  # exact: as floats, large integers run together
    return None if close.all() else _element_mismatch(array, wanted, close)


def _container_mismatch(given: Any, expected: Any, *, rtol: float, atol: float) -> Mismatch | None:
    """Compare item by item what is no numeric array: text, dicts, lists of unequal parts."""
    whole = Mismatch(received=_shown(given), expected=_shown(expected))
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
    found = (_value_mismatch(one, other, rtol=rtol, atol=atol) for one, other in pairs)
    return whole if any(found) else None


def _element_mismatch(array: Any, wanted: Any, close: Any) -> Mismatch:
    if not array.shape:
        received, expected = _numbers(array[()], wanted[()])
        return Mismatch(received=received, expected=expected)
    places = np.argwhere(~close)[:SHOWN_DIFFERENCES]
    first = [tuple(int(axis) for axis in place) for place in places]
    pairs = [_numbers(array[place], wanted[place]) for place in first]
    axes = [", ".join(map(str, place)) for place in first]
    given = ", ".join(f"[{axis}] = {have}" for axis, (have, _) in zip(axes, pairs, strict=True))
    due = ", ".join(f"[{axis}] = {want}" for axis, (_, want) in zip(axes, pairs, strict=True))
    where = phrases(
        "{n} value of {total} differs", "{n} values of {total} differ", int((~close).sum()), total=close.size
    )
    return Mismatch(
        received=f"{_array_text(array)}, {given}", expected=f"{_array_text(wanted)}, {due}", where=where, place=where
    )


def _shape_mismatch(given: Any, shape: tuple[int | None, ...]) -> Mismatch | None:
    array = _numeric(given)
    if array is None:
        return Mismatch(received=_shown(given), expected=phrase("an array of shape {shape}", shape=_shape_text(shape)))
    fits = len(array.shape) == len(shape) and all(
        want is None or have == want for have, want in zip(array.shape, shape, strict=True)
    )
    return None if fits else Mismatch(received=_shape_text(array.shape), expected=_shape_text(shape))


def _dtype_mismatch(given: Any, dtype: str) -> Mismatch | None:
    array = _numeric(given)
    if array is None:
        return Mismatch(received=_shown(given), expected=dtype)
    if array.dtype.name == dtype:
        return None
    return Mismatch(received=array.dtype.name, expected=dtype, hint=phrase("`.astype(…)` converts an array."))


def _contains_mismatch(text: Any, part: str) -> Mismatch | None:
    if not isinstance(text, str):
        return Mismatch(received=_shown(text), expected=phrase("text"))
    if "".join(part.split()) in "".join(text.split()):
        return None
    received = _cut(text.strip()) if text.strip() else phrase("nothing")
    return Mismatch(received=received, expected=phrase('text containing "{part}"', part=part))


def _numeric(value: Any) -> Any:
    """The value as a numeric array, or None where it is not one."""
    if isinstance(value, Model | Unreadable | str | dict | set) or value is None:
        return None
    try:
        array = np.asarray(value)
    except (ValueError, TypeError, CheckFailed):
        return None
    return array if array.dtype.kind in "biufc" else None


def _shown(value: Any) -> Said:
    array = _numeric(value)
    if array is not None:
        return _array_text(array) if array.shape else _number(array[()])
    if isinstance(value, Model):
        return phrases("a network of {n} parameter", "a network of {n} parameters", value.params)
    if isinstance(value, Unreadable):
        return phrase("an object of type {cls}", cls=value.cls)
    return _cut(repr(value))


def _cut(text: str) -> str:
    return text if len(text) <= SHOWN_CHARS else f"{text[:SHOWN_CHARS]}…"


def _array_text(array: Any) -> str:
    """`float32[32, 10]`: what an array is, without its numbers."""
    return f"{array.dtype.name}[{', '.join(map(str, array.shape))}]"


def _number(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float | np.floating) else str(value)


def _numbers(given: Any, wanted: Any) -> tuple[str, str]:
    """Two numbers that differ, with as many digits as it takes to see it."""
    texts = _number(given), _number(wanted)
    return texts if texts[0] != texts[1] else (repr(given.item()), repr(wanted.item()))


def _shape_text(shape: Sequence[int | None]) -> str:
    return str(tuple(shape))


# --- Networks ---------------------------------------------------------------------------------------------------------


def _network(given: Any) -> Model:
    if isinstance(given, Model):
        return given
    raise CheckFailed(Mismatch(received=_shown(given), expected=phrase("a network")))


def _with_difference(network: Model, received: Said, expected: Said) -> Mismatch:
    """The mismatch, with the smallest edit that would mend the network where the solution's is known."""
    return _mismatch(received, expected, explain(network.record, network.reference) if network.reference else None)


def _mismatch(received: Said | None, expected: Said | None, difference: Difference | None) -> Mismatch:
    if difference is None:
        return Mismatch(received, expected)
    return Mismatch(received, expected, difference.where, difference.place, difference.hint)


def _counted(network: Model) -> list[Layer]:
    return [layer for layer in network.layers if layer.cls not in ACTIVATION_LAYERS and layer.origin != "operation"]


def _find_layer(network: Model, which: int | str) -> Layer | None:
    if isinstance(which, str):
        return next((layer for layer in network.layers if layer.name == which), None)
    counted = _counted(network)
    return counted[which - 1] if 0 < which <= len(counted) else None


def _layer_mismatch(layer: Layer, which: int | str, cls: str | None, settings: dict[str, Any]) -> Mismatch | None:
    where = phrase("layer {n}", n=which)
    if cls is not None and layer.cls != cls:
        return Mismatch(received=layer.cls, expected=cls, where=where, place=where)
    wrong = {name: value for name, value in settings.items() if not _same_setting(layer.config.get(name), value)}
    if not wrong:
        return None
    given = ", ".join(f"{name}={layer.config.get(name)!r}" for name in wrong)
    wanted = ", ".join(f"{name}={value!r}" for name, value in wrong.items())
    return Mismatch(received=_cut(given), expected=_cut(wanted), where=where, place=where)


def _same_setting(given: Any, wanted: Any) -> bool:
    if isinstance(given, list) and isinstance(wanted, int):
        return all(item == wanted for item in given)
    return bool(given == (list(wanted) if isinstance(wanted, tuple) else wanted))
