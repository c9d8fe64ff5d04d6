"""Means, sums and extremes over axes."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from autograder.networks.arithmetic import merged, raised, times
from autograder.networks.layers import applied, without_factor
from autograder.networks.nodes import Builder
from autograder.networks.operands import said_of, shape_of
from autograder.networks.patterns import squares_of_differences
from autograder.networks.shapes import reshaped
from autograder.wire.messages import Layer

_MERGES = {"Mean": "Average", "Sum": "Add", "Max": "Maximum", "Min": "Minimum", "Prod": "Multiply"}
_POOLINGS = {"Mean": "GlobalAveragePooling", "Max": "GlobalMaxPooling"}


def reduced(b: Builder, layer: Layer, operands: dict[str, Any]) -> int | None:
    said, x = said_of(layer), operands.get("x")
    rank = _rank(b, x, layer) if isinstance(x, int) else 0
    places = axes_of(said.get("axis"), rank)
    if isinstance(x, int) and said.get("axis") is None and not said.get("keepdims"):
        return _of_all(b, layer, x)
    if not isinstance(x, int) or places is None:
        return None
    return reduction(b, layer, layer.cls, x, places, kept=bool(said.get("keepdims")))


def reduction(b: Builder, layer: Layer, cls: str, x: int, places: list[int], *, kept: bool) -> int:
    """Return a mean, a sum or the like of x over these axes, counted from the batch."""
    made, rank = shape_of(layer), _rank(b, x, layer)
    factor, moved = without_factor(b, x) if cls in ("Mean", "Sum") else (1.0, x)
    if factor != 1:
        return times(b, reduction(b, layer, cls, moved, places, kept=kept), factor, made)
    x, rank, places = _without_ones(b, cls, x, rank, places, kept)
    if not places and made is not None:
        return reshaped(b, x, made)
    stack = b.get(x, "Stack")
    if stack is not None and cls in _MERGES and not kept and [one - rank for one in places] == [stack.get("axis")]:
        return merged(b, _MERGES[cls], list(stack.inputs), made)
    if cls in ("Mean", "Max", "Min", "Sum") and not kept:
        x, rank, places = _with_those_before(b, cls, x, rank, places)
    ends = tuple(one - rank for one in places)
    axis = ends[0] if len(ends) == 1 else ends
    centred = squares_of_differences(b, x, axis, kept=kept) if cls == "Mean" else None
    if centred is not None:
        return b.node("Var", _over(axis, kept=kept), [centred], shape=made)
    if cls in _POOLINGS and 3 <= rank <= 5 and places == list(range(1, rank - 1)):
        config: dict[str, object] = {"keepdims": kept}
        pooled = replace(layer, cls=f"{_POOLINGS[cls]}{rank - 2}D", origin="keras", config=config, arguments={})
        return applied(b, pooled, [x])[0]
    if cls == "Std":
        return raised(b, b.node("Var", _over(axis, kept=kept), [x], shape=made), 0.5, made)
    return b.node(cls, _over(axis, kept=kept), [x], shape=made)


def _without_ones(b: Builder, cls: str, x: int, rank: int, places: list[int], kept: bool) -> tuple[int, int, list[int]]:
    """Leave out the axes of one place, over which a mean, a sum or the like changes nothing but the shape."""
    given = b.shape(x)
    if given is None or kept or cls not in _MERGES or rank != len(given) + 1:
        return x, rank, places
    gone = [place for place in places if place and given[place - 1] == 1]
    if not gone:
        return x, rank, places
    left = [place for place in range(1, rank) if place not in gone]
    x = reshaped(b, x, tuple(given[place - 1] for place in left))
    return x, len(left) + 1, [[0, *left].index(place) for place in places if place not in gone]


def _of_all(b: Builder, layer: Layer, x: int) -> int:
    """Return a mean, a sum or the like of all there is, the batch too: of a loss."""
    factor, moved = without_factor(b, x) if layer.cls in ("Mean", "Sum") else (1.0, x)
    made = b.node(layer.cls, {}, [moved], shape=shape_of(layer))
    return times(b, made, factor, shape_of(layer)) if factor != 1 else made


def _over(axis: object, *, kept: bool) -> dict[str, object]:
    return {"axis": axis, **({"keepdims": True} if kept else {})}


def _rank(b: Builder, x: int, layer: Layer) -> int:
    given = b.shape(x)
    return len(given) + 1 if given is not None else len(layer.input_shapes[0]) if layer.input_shapes else 0


def axes_of(axes: Any, rank: int) -> list[int] | None:
    """Return axes counted from the batch, in order; None where they are not known."""
    if isinstance(axes, dict) and isinstance(axes.get("config"), dict):
        axes = axes["config"].get("numbers")
    axes = [axes] if isinstance(axes, int) else axes
    if not isinstance(axes, (list, tuple)) or not all(isinstance(one, int) for one in axes) or not rank:
        return None
    return sorted(one % rank for one in axes)


def _with_those_before(b: Builder, cls: str, x: int, rank: int, places: list[int]) -> tuple[int, int, list[int]]:
    """A mean of a mean is one over the axes of both."""
    before = b.get(x, cls)
    inner = before.get("axis") if before is not None and not before.get("keepdims") else None
    whole = b.shape(before.inputs[0]) if before is not None else None
    if before is None or inner is None or whole is None:
        return x, rank, places
    gone = axes_of(inner, len(whole) + 1) or []
    left = [axis for axis in range(len(whole) + 1) if axis not in gone]
    if any(one >= len(left) for one in places):
        return x, rank, places
    return before.inputs[0], len(whole) + 1, sorted([*gone, *(left[one] for one in places)])


# --- Moments and norms ------------------------------------------------------------------------------------------------


def moments(b: Builder, layer: Layer, operands: dict[str, Any]) -> list[int] | None:
    """`tf.nn.moments`, `keras.ops.moments`: a mean and a variance."""
    said, x = said_of(layer), operands.get("x")
    places = axes_of(said.get("axes"), _rank(b, x, layer)) if isinstance(x, int) else None
    if not isinstance(x, int) or places is None:
        return None
    kept = bool(said.get("keepdims"))
    return [reduction(b, layer, cls, x, places, kept=kept) for cls in ("Mean", "Var")]


def norm(b: Builder, layer: Layer, operands: dict[str, Any]) -> int | None:
    """The Euclidean norm: the root of a sum of squares."""
    said, x = said_of(layer), operands.get("x")
    places = axes_of(said.get("axis"), _rank(b, x, layer)) if isinstance(x, int) else None
    if not isinstance(x, int) or places is None or said.get("ord", "euclidean") not in (None, "euclidean", 2, "fro"):
        return None
    if len(places) > 1 and said.get("ord") == 2:
        return None
    squares = raised(b, x, 2, b.shape(x))
    total = reduction(b, layer, "Sum", squares, places, kept=bool(said.get("keepdims")))
    return raised(b, total, 0.5, shape_of(layer))


def normalize(b: Builder, layer: Layer, operands: dict[str, Any]) -> int | None:
    """`tf.math.l2_normalize`, `keras.ops.normalize`."""
    said, x = said_of(layer), operands.get("x")
    places = axes_of(said.get("axis", -1), _rank(b, x, layer)) if isinstance(x, int) else None
    if not isinstance(x, int) or places is None or said.get("order", 2) != 2:
        return None
    ends = [one - _rank(b, x, layer) for one in places]
    return b.node("UnitNormalization", {"axis": ends[0] if len(ends) == 1 else tuple(ends)}, [x], shape=shape_of(layer))
