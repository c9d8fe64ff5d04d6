"""Reshapes, permutations and concatenations."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from autograder.networks.directions import bidirectional
from autograder.networks.nodes import Builder
from autograder.networks.operands import said_of, shape_of, size_of
from autograder.networks.values import clean, from_the_end, rounded
from autograder.wire.messages import Layer, Shape

MAX_PIECES = 256
"""Pieces of one flattened concatenation: a dense block of a hundred layers has as many."""


def reshaped(b: Builder, x: int, made: Shape | None, *, flat: bool = False) -> int:
    """Return x with the sizes `made`, batch left out. Reshapes follow one another as one."""
    while x >= 0 and b.nodes[x].cls in ("Flatten", "Reshape") and b.nodes[x].get("batch") is None:
        if b.nodes[x].get("data_format") is not None or b.shape(b.nodes[x].inputs[0]) is None:
            break
        x = b.nodes[x].inputs[0]
    given = b.shape(x)
    if made is not None and given is not None and tuple(made) == tuple(given):
        return x
    for over in (_with_its_axes, _without_its_axes) if made is not None else ():
        if made is not None and (summed := over(b, x, made)) is not None:
            return summed
    if made is None or len(made) == 1 or (flat and len(made or ()) == 1):
        return b.node("Flatten", {}, [x], shape=made)
    return b.node("Reshape", {"target_shape": tuple(made)}, [x], shape=made)


_OVER_AXES = ("Mean", "Sum", "Max", "Min", "Prod", "Var", "Logsumexp", "Any", "All")


def _with_its_axes(b: Builder, x: int, made: Shape) -> int | None:
    """A sum or the like whose axes are put back is one that keeps them."""
    node = b.nodes[x] if x >= 0 and b.nodes[x].cls in _OVER_AXES else None
    given = b.shape(node.inputs[0]) if node is not None else None
    axes = node.get("axis") if node is not None else None
    axes = (axes,) if isinstance(axes, int) else axes
    if node is None or given is None or not isinstance(axes, tuple) or node.get("keepdims"):
        return None
    gone = {axis + len(given) for axis in axes}
    if min(gone) < 0 or tuple(1 if place in gone else size for place, size in enumerate(given)) != tuple(made):
        return None
    return b.node(node.cls, {**dict(node.settings), "keepdims": True}, node.inputs, shape=made)


def _without_its_axes(b: Builder, x: int, made: Shape) -> int | None:
    """A sum or the like that keeps its axes, which are then taken away, is one that does not."""
    node = b.nodes[x] if x >= 0 and b.nodes[x].cls in _OVER_AXES else None
    given = b.shape(node.inputs[0]) if node is not None else None
    axes = node.get("axis") if node is not None else None
    axes = (axes,) if isinstance(axes, int) else axes
    if node is None or given is None or not isinstance(axes, tuple) or not node.get("keepdims"):
        return None
    gone = {axis + len(given) for axis in axes}
    if min(gone) < 0 or tuple(size for place, size in enumerate(given) if place not in gone) != tuple(made):
        return None
    settings = {key: value for key, value in node.settings if key != "keepdims"}
    return b.node(node.cls, settings, node.inputs, shape=made)


def mean_of_sum(b: Builder, x: int, scale: object, shape: Shape | None) -> int | None:
    """A sum over axes, divided by how many numbers there are along them, is their mean."""
    node = b.get(x, "Sum")
    given = b.shape(node.inputs[0]) if node is not None else None
    axes = node.get("axis") if node is not None else None
    axes = (axes,) if isinstance(axes, int) else axes
    if node is None or given is None or not isinstance(axes, tuple):
        return None
    rank = len(given) + 1
    places = sorted(one + rank for one in axes)
    sizes = [given[place - 1] if place else None for place in places]
    if None in sizes or scale != rounded(1 / math.prod(size or 1 for size in sizes)):
        return None
    if 3 <= rank <= 5 and places == list(range(1, rank - 1)):
        settings = {"data_format": "channels_last", "keepdims": False}
        pooled = b.node(f"GlobalAveragePooling{rank - 2}D", settings, node.inputs, shape=given[-1:])
        return reshaped(b, pooled, shape) if shape is not None else pooled
    return b.node("Mean", dict(node.settings), node.inputs, shape=shape)


def reshape_operation(b: Builder, layer: Layer, x: int) -> int | None:
    """Return the node of an operation that only changes a shape; None where it mixes examples."""
    given, made = b.shape(x), shape_of(layer)
    if given is None or made is None or not layer.output_shapes or not layer.output_shapes[0]:
        return None
    if not layer.output_shapes[0] or layer.output_shapes[0][0] is not None or size_of(given) != size_of(made):
        return None
    return reshaped(b, x, made)


def transposed(b: Builder, x: int, axes: Sequence[object], shape: Shape | None) -> int | None:
    if sorted(axes, key=repr) != sorted(range(len(axes)), key=repr):
        return None
    order = [int(axis) for axis in axes]  # type: ignore[call-overload]
    before = b.get(x, "Permute")
    if before is not None and isinstance(before.get("axes"), tuple) and len(before.get("axes")) == len(order):  # type: ignore[arg-type]
        inner = before.get("axes")
        order = [inner[axis] for axis in order]  # type: ignore[index]
        x = before.inputs[0]
    if order == sorted(order):
        return x
    return b.node("Permute", {"axes": tuple(order)}, [x], shape=shape)


def concatenated(b: Builder, inputs: list[int], axis: object, layer: Layer) -> int:
    rank = len(layer.output_shapes[0]) if layer.output_shapes else 0
    settings = {"axis": from_the_end(clean(axis), rank)}
    pieces: list[int] = []
    for one in inputs:
        inner = b.get(one, "Concatenate")
        nested = inner is not None and dict(inner.settings) == settings
        pieces.extend(inner.inputs if nested and inner is not None else [one])
    if len(pieces) == 1:
        return pieces[0]
    pieces = pieces if len(pieces) <= MAX_PIECES else list(inputs)
    if _is_stack(b, pieces, settings["axis"], rank):
        return b.node("Stack", settings, [b.nodes[one].inputs[0] for one in pieces], shape=shape_of(layer))
    both = bidirectional(b, "Concatenate", pieces, shape_of(layer)) if settings["axis"] == -1 else None
    return b.node("Concatenate", settings, pieces, shape=shape_of(layer)) if both is None else both


def _is_stack(b: Builder, pieces: Sequence[int], axis: object, rank: int) -> bool:
    """Whether each piece has one place along the axis, which what it is a reshape of has not."""
    place = axis + rank - 1 if isinstance(axis, int) and axis < 0 else -1
    nodes = [b.nodes[one] for one in pieces if one >= 0 and b.nodes[one].cls == "Reshape"]
    if place < 0 or len(nodes) < len(pieces):
        return False
    shapes = {node.shape for node in nodes}
    shape = next(iter(shapes))
    if len(shapes) > 1 or shape is None or len(shape) <= place or shape[place] != 1:
        return False
    return all(b.shape(node.inputs[0]) == (*shape[:place], *shape[place + 1 :]) for node in nodes)


def stack(b: Builder, layer: Layer, operands: dict[str, Any]) -> int | None:
    pieces = operands.get("x")
    if not isinstance(pieces, list) or not all(isinstance(one, int) for one in pieces):
        return None
    rank = len(layer.output_shapes[0]) if layer.output_shapes else 0
    axis = from_the_end(clean(said_of(layer).get("axis", 0)), rank)
    return b.node("Stack", {"axis": axis}, pieces, shape=shape_of(layer))


def concatenate(b: Builder, layer: Layer, operands: dict[str, Any]) -> int | None:
    pieces = operands.get("xs", list(operands.values()))
    if not isinstance(pieces, list) or not all(isinstance(one, int) for one in pieces):
        return None
    return concatenated(b, pieces, said_of(layer).get("axis", -1), layer)


def reshape(b: Builder, layer: Layer, operands: dict[str, Any]) -> int | None:
    x = operands.get("x")
    weight = b.variables.get(x) if isinstance(x, int) else None
    if weight is not None and layer.output_shapes and layer.cls in ("ExpandDims", "Reshape"):
        sizes = tuple(layer.output_shapes[0])
        more = len(sizes) - len(weight.shape)
        return x if more >= 0 and sizes[more:] == tuple(weight.shape) and set(sizes[:more]) <= {1} else None
    return reshape_operation(b, layer, x) if isinstance(x, int) else None


def transpose(b: Builder, layer: Layer, operands: dict[str, Any]) -> int | None:
    x = operands.get("x")
    if not isinstance(x, int):
        return None
    rank = len(layer.output_shapes[0]) if layer.output_shapes else 0
    axes = said_of(layer).get("axes")
    if isinstance(axes, dict) and isinstance(axes.get("config"), dict):
        axes = axes["config"].get("numbers")
    order = list(axes) if isinstance(axes, (list, tuple)) else list(reversed(range(rank)))
    order = [axis + rank if isinstance(axis, int) and axis < 0 else axis for axis in order]
    return transposed(b, x, order, shape_of(layer))


def swapaxes(b: Builder, layer: Layer, operands: dict[str, Any]) -> int | None:
    said = said_of(layer)
    return moved(b, layer, operands, said.get("axis1"), said.get("axis2"), swap=True)


def moveaxis(b: Builder, layer: Layer, operands: dict[str, Any]) -> int | None:
    said = said_of(layer)
    return moved(b, layer, operands, said.get("source"), said.get("destination"), swap=False)


def moved(b: Builder, layer: Layer, operands: dict[str, Any], one: object, other: object, *, swap: bool) -> int | None:
    x, rank = operands.get("x"), len(layer.output_shapes[0]) if layer.output_shapes else 0
    if not isinstance(x, int) or not isinstance(one, int) or not isinstance(other, int) or not rank:
        return None
    one, other = one % rank, other % rank
    order = list(range(rank))
    if swap:
        order[one], order[other] = other, one
    else:
        order.insert(other, order.pop(one))
    return transposed(b, x, order, shape_of(layer))


def depth_to_space(b: Builder, layer: Layer, operands: dict[str, Any]) -> int | None:
    """Channels become pixels, as `tf.nn.depth_to_space` writes it: two reshapes and a transposition."""
    x, size = operands.get("x"), said_of(layer).get("block_size")
    given = b.shape(x) if isinstance(x, int) else None
    if not isinstance(x, int) or given is None or None in given or len(given) != 3 or not isinstance(size, int):
        return None
    rows, columns, depth = (one or 0 for one in given)
    split = reshaped(b, x, (rows, columns, size, size, depth // size**2))
    order = (rows, size, columns, size, depth // size**2)
    turned = transposed(b, split, (0, 1, 3, 2, 4, 5), order)
    return None if turned is None else reshaped(b, turned, shape_of(layer))


def space_to_depth(b: Builder, layer: Layer, operands: dict[str, Any]) -> int | None:
    x, size = operands.get("x"), said_of(layer).get("block_size")
    given = b.shape(x) if isinstance(x, int) else None
    if not isinstance(x, int) or given is None or None in given or len(given) != 3 or not isinstance(size, int):
        return None
    rows, columns, depth = (one or 0 for one in given)
    split = reshaped(b, x, (rows // size, size, columns // size, size, depth))
    order = (rows // size, columns // size, size, size, depth)
    turned = transposed(b, split, (0, 1, 3, 2, 4, 5), order)
    return None if turned is None else reshaped(b, turned, shape_of(layer))
