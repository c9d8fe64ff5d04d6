"""Means, sums and extremes over axes."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from autograder.networks.arithmetic import merged
from autograder.networks.layers import applied
from autograder.networks.nodes import Builder
from autograder.networks.operands import said_of, shape_of
from autograder.networks.values import from_the_end
from autograder.wire.messages import Layer


def reduced(b: Builder, layer: Layer, operands: dict[str, Any]) -> int | None:
    said, x = said_of(layer), operands.get("x")
    if not isinstance(x, int):
        return None
    given, made = b.shape(x), shape_of(layer)
    rank = len(given) + 1 if given is not None else len(layer.input_shapes[0]) if layer.input_shapes else 0
    axes, kept = said.get("axis"), bool(said.get("keepdims"))
    if isinstance(axes, dict) and isinstance(axes.get("config"), dict):
        axes = axes["config"].get("numbers")
    axes = [axes] if isinstance(axes, int) else axes
    if not isinstance(axes, (list, tuple)) or not all(isinstance(one, int) for one in axes) or not rank:
        return None
    places = sorted(one % rank for one in axes)
    stack = b.get(x, "Stack")
    merge = {"Mean": "Average", "Sum": "Add", "Max": "Maximum", "Min": "Minimum", "Prod": "Multiply"}.get(layer.cls)
    if stack is not None and merge and not kept and [from_the_end(one, rank) for one in places] == [stack.get("axis")]:
        return merged(b, merge, list(stack.inputs), made)
    before = b.get(x, layer.cls)
    if before is not None and not kept and not before.get("keepdims") and layer.cls in ("Mean", "Max", "Min", "Sum"):
        inner = before.get("axis")
        inner = (inner,) if isinstance(inner, int) else inner
        whole = b.shape(before.inputs[0])
        if isinstance(inner, tuple) and whole is not None:
            gone = sorted(one % (len(whole) + 1) for one in inner)
            left = [axis for axis in range(len(whole) + 1) if axis not in gone]
            if all(one < len(left) for one in places):
                x, rank, given = before.inputs[0], len(whole) + 1, whole
                places = sorted([*gone, *(left[one] for one in places)])
    kind = {"Mean": "GlobalAveragePooling", "Max": "GlobalMaxPooling"}.get(layer.cls)
    if kind and 3 <= rank <= 5 and places == list(range(1, rank - 1)):
        pooled = replace(layer, cls=f"{kind}{rank - 2}D", origin="keras", config={"keepdims": kept}, arguments={})
        return applied(b, pooled, [x])[0]
    ends = tuple(one - rank for one in places)
    settings = {"axis": ends[0] if len(ends) == 1 else ends, **({"keepdims": True} if kept else {})}
    return b.node(layer.cls, settings, [x], shape=made)
