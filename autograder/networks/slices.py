"""Slices, and the pieces of a tensor that was split."""

from __future__ import annotations

import re
from typing import Any

from msgspec.structs import replace

from autograder.networks.nodes import RECURRENT, Builder
from autograder.networks.operands import said_of, shape_of
from autograder.networks.shapes import reshape_operation, reshaped
from autograder.networks.values import clean
from autograder.wire.messages import Layer, Shape

_WHOLE, _REVERSED = (0, None, 1), (None, None, -1)
_SLICE = re.compile(r"slice\((None|-?\d{1,9}), (None|-?\d{1,9}), (None|-?\d{1,9})\)")


def get_item(b: Builder, layer: Layer, operands: dict[str, Any]) -> int | None:
    x, given = operands.get("x"), None
    if isinstance(x, int):
        given = b.shape(x)
    if isinstance(x, int) and x in b.variables:
        return _of_weight(b, layer, x)
    if not isinstance(x, int) or given is None:
        return None
    key = indices(layer.arguments.get("key", layer.config.get("key")), len(given) + 1)
    if key is None:
        return None
    cut = [
        counted(one, size) for one, size in zip([one for one in key if one is not None], (None, *given), strict=False)
    ]
    before = b.get(x, "GetItem")
    if before is not None and before.get("key") == tuple(cut) and set(cut) == {_WHOLE, _REVERSED}:
        return before.inputs[0]
    if all(keeps(one, size) for one, size in zip(cut, (None, *given), strict=False)):
        made = shape_of(layer)
        return x if made == given else reshape_operation(b, layer, x)
    return sliced(b, layer, x, cut, given)


def flip(b: Builder, layer: Layer, operands: dict[str, Any]) -> int | None:
    """Axes read backwards: slices of a step of -1."""
    x, axes = operands.get("x", operands.get("tensor")), said_of(layer).get("axis")
    axes = [axes] if isinstance(axes, int) else axes
    given = b.shape(x) if isinstance(x, int) else None
    if (
        not isinstance(x, int)
        or given is None
        or not isinstance(axes, list)
        or not all(isinstance(a, int) for a in axes)
    ):
        return None
    places = {axis % (len(given) + 1) for axis in axes}
    key = ["slice(None, None, -1)" if place in places else "slice(None, None, None)" for place in range(len(given) + 1)]
    return None if 0 in places else get_item(b, replace(layer, config={}, arguments={"key": key}), {"x": x})


def _of_weight(b: Builder, layer: Layer, x: int) -> int | None:
    """A slice of weights: none of a batch. New axes before the others change nothing that is computed with them."""
    sizes = b.variables[x].shape
    key = indices(layer.arguments.get("key", layer.config.get("key")), len(sizes))
    while key and key[0] is None:
        key = key[1:]
    if key is None or None in key:
        return None
    cut = [counted(one, size) for one, size in zip(key, sizes, strict=False)]
    if all(one == (0, None, 1) for one in cut):
        return x
    return b.node("GetItem", {"key": tuple(cut)}, [x], shape=shape_of(layer))


def sliced(b: Builder, layer: Layer, x: int, cut: list[object], given: Shape) -> int:
    sequence = b.nodes[x] if x >= 0 and b.nodes[x].cls in RECURRENT else None
    last = cut[1] in (-1, (given[0] or 0) - 1) if len(cut) > 1 else False
    if sequence is not None and last and sequence.get("return_sequences") and not sequence.get("go_backwards"):
        rest = all(keeps(one, size) for one, size in zip(cut[2:], given[1:], strict=False))
        if cut[0] == (0, None, 1) and rest and b.once(x):
            settings = {**dict(sequence.settings), "return_sequences": False}
            weights = sequence.weights
            return b.node(sequence.cls, settings, sequence.inputs, weights=weights, shape=shape_of(layer))
    ones = [place for place, one in enumerate(cut) if isinstance(one, int) and place and given[place - 1] is not None]
    made = shape_of(layer)
    if not ones or made is None or any(isinstance(one, int) and place not in ones for place, one in enumerate(cut)):
        return b.node("GetItem", {"key": tuple(cut)}, [x], shape=made)
    return _one_place(b, x, cut, given, made)


def _one_place(b: Builder, x: int, cut: list[object], given: Shape, made: Shape) -> int:
    """One place of an axis is a slice of one, without the axis."""
    sizes, key, left = (None, *given), [], list(made)
    shape: list[int | None] = []
    for one, size in zip(cut, sizes, strict=False):
        if isinstance(one, int):
            key.append((one, None if one + 1 >= (size or 0) else one + 1, 1))
            shape.append(1)
        else:
            key.append(one)  # type: ignore[arg-type]
            shape.append(None if not shape else left.pop(0))
    return reshaped(b, b.node("GetItem", {"key": tuple(key)}, [x], shape=tuple(shape[1:])), made)


def cropped(b: Builder, layer: Layer, x: int) -> int | None:
    """A Cropping is a slice."""
    given, said = b.shape(x), clean(layer.config.get("cropping"))
    rank = len(given) - 1 if given is not None else 0
    sides: Any = said if isinstance(said, tuple) else (said,) * rank
    sides = (sides,) if rank == 1 and len(sides) == 2 else sides
    if given is None or layer.config.get("data_format") == "channels_first" or len(sides) != rank:
        return None
    pairs = [side if isinstance(side, tuple) else (side, side) for side in sides]
    cut = [
        (first, size - last if last and size else None, 1) for (first, last), size in zip(pairs, given, strict=False)
    ]
    if any(last and size is None for (_, last), size in zip(pairs, given, strict=False)):
        return None
    whole, made = (0, None, 1), shape_of(layer)
    left = [place for place, size in enumerate(given[:-1]) if size != 1]
    if (
        made is not None
        and 0 < len(left) < rank
        and all(one == whole for one, n in zip(cut, given, strict=False) if n == 1)
    ):
        thin = reshaped(b, x, (*(given[place] for place in left), given[-1]))  # an axis of one place says nothing
        key, shape = (whole, *(cut[place] for place in left), whole), (*(made[place] for place in left), made[-1])
        return reshaped(b, b.node("GetItem", {"key": key}, [thin], shape=shape, named_as=layer.cls), made)
    return b.node("GetItem", {"key": (whole, *cut, whole)}, [x], shape=made, named_as=layer.cls)


def split(b: Builder, layer: Layer, operands: dict[str, Any]) -> list[int] | None:
    """Each piece of a split is a slice."""
    x, said = operands.get("x"), said_of(layer)
    given = b.shape(x) if isinstance(x, int) else None
    axis = said.get("axis", 0)
    if given is None or not isinstance(x, int) or not isinstance(axis, int):
        return None
    axis %= len(given) + 1
    size = given[axis - 1] if axis else None
    if size is None or any(len(one) != len(given) + 1 for one in layer.output_shapes):
        return None
    start, made = 0, []
    for shape in layer.output_shapes:
        stop = start + (shape[axis] or 0)
        cut: list[object] = [(0, None, 1)] * (len(given) + 1)
        cut[axis] = counted((start, stop, 1), size)
        one = replace(layer, output_shapes=[shape])
        made.append(x if keeps(cut[axis], size) else sliced(b, one, x, cut, given))
        start = stop
    return made


def unstack(b: Builder, layer: Layer, operands: dict[str, Any]) -> list[int] | None:
    x, axis = operands.get("x"), said_of(layer).get("axis", 0)
    given = b.shape(x) if isinstance(x, int) else None
    if given is None or not isinstance(x, int) or not isinstance(axis, int) or axis % (len(given) + 1) == 0:
        return None
    made = []
    for number, shape in enumerate(layer.output_shapes):
        cut: list[object] = [(0, None, 1)] * (len(given) + 1)
        cut[axis % (len(given) + 1)] = number
        made.append(sliced(b, replace(layer, output_shapes=[shape]), x, cut, given))
    return made


def indices(value: object, rank: int) -> list[object] | None:
    """Return one index an axis, None for a new one; None for a key that is not known."""
    items = value if isinstance(value, list) else [value]
    found: list[object] = []
    for item in items:
        if item == "Ellipsis":
            taken = sum(one is not None and one != "Ellipsis" for one in items)
            found.extend([(None, None, None)] * max(rank - taken, 0))
        elif item is None or (isinstance(item, int) and not isinstance(item, bool)):
            found.append(item)
        elif isinstance(item, str) and (match := _SLICE.fullmatch(item)):
            found.append(tuple(None if part == "None" else int(part) for part in match.groups()))
        else:
            return None
    given = sum(one is not None for one in found)
    return [*found, *[(None, None, None)] * max(rank - given, 0)]


def counted(one: object, size: int | None) -> object:
    """Return a slice counted from the beginning, where the size is known."""
    if isinstance(one, int):
        return one + size if size is not None and one < 0 else one
    if not isinstance(one, tuple):
        return one
    start, stop, step = one
    step = 1 if step is None else step
    if step < 0:
        return (start, stop, step)
    start = 0 if start is None else start
    if size is not None:
        start, stop, step = slice(start, stop, step).indices(size)
        stop = None if stop >= size else stop
    return (start, stop, step)


def keeps(one: object, size: int | None) -> bool:
    """Whether an index keeps the whole axis, or takes the only place there is."""
    return one == (0, None, 1) or (size == 1 and one in (0, -1))
