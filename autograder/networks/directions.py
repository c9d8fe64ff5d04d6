"""A sequence read in both directions, as one writes it by hand and as Keras's Bidirectional does."""

from __future__ import annotations

from collections.abc import Sequence

from autograder.networks.nodes import RECURRENT, Builder, Node
from autograder.wire.messages import Shape

_WHOLE, _REVERSED = (0, None, 1), (None, None, -1)


MODES = {"Concatenate": "concat", "Add": "sum", "Multiply": "mul", "Average": "ave"}
"""How Keras's Bidirectional calls what makes one sequence of two."""


def bidirectional(b: Builder, cls: str, pieces: Sequence[int], shape: Shape | None) -> int | None:
    """Return the Bidirectional that a merge of two recurrent layers is, one of them read backwards."""
    if len(pieces) != 2 or cls not in MODES:
        return None
    ways = [pieces] if cls == "Concatenate" else [pieces, pieces[::-1]]
    return next((made for way in ways if (made := _both_ways(b, cls, way, shape)) is not None), None)


def _both_ways(b: Builder, cls: str, pieces: Sequence[int], shape: Shape | None) -> int | None:
    forwards = _recurrent(b, pieces[0])
    if forwards is None:
        return None
    backwards = _turned_back(b, pieces[1]) if forwards.get("return_sequences") else _recurrent(b, pieces[1])
    if backwards is None or backwards.cls != forwards.cls or backwards.inputs != forwards.inputs:
        return None
    settings = {**dict(forwards.settings), "go_backwards": True}
    if settings != dict(backwards.settings) or forwards.get("go_backwards"):
        return None
    settings = {**dict(forwards.settings), "layer": forwards.cls, "merge_mode": MODES[cls]}
    weights = (*forwards.weights, *backwards.weights)
    return b.node("Bidirectional", settings, forwards.inputs, weights=weights, shape=shape)


def _recurrent(b: Builder, x: int) -> Node | None:
    return b.nodes[x] if x >= 0 and b.nodes[x].cls in RECURRENT else None


def _turned_back(b: Builder, x: int) -> Node | None:
    """Return the recurrent layer of which x is the sequence, put back in its order."""
    inner = reversed_in_time(b, x)
    return None if inner is None else _recurrent(b, inner)


def reversed_in_time(b: Builder, x: int) -> int | None:
    """Return the sequence of which x is the reverse, None where x is anything else."""
    node = b.get(x, "GetItem")
    key = node.get("key") if node is not None else None
    if node is None or not isinstance(key, tuple) or key[:2] != (_WHOLE, _REVERSED) or set(key[2:]) - {_WHOLE}:
        return None
    return node.inputs[0]
