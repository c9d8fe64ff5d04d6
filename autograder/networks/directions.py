"""A sequence read in both directions, as one writes it by hand and as Keras's Bidirectional does."""

from __future__ import annotations

from collections.abc import Sequence

from autograder.networks.nodes import RECURRENT, Builder, Node
from autograder.wire.messages import Shape

_WHOLE, _REVERSED = (0, None, 1), (None, None, -1)


def bidirectional(b: Builder, pieces: Sequence[int], axis: object, shape: Shape | None) -> int | None:
    """Return the Bidirectional that a concatenation of two recurrent layers is, the second read backwards."""
    forwards = _recurrent(b, pieces[0]) if len(pieces) == 2 and axis == -1 else None
    if forwards is None:
        return None
    backwards = _turned_back(b, pieces[1]) if forwards.get("return_sequences") else _recurrent(b, pieces[1])
    if backwards is None or backwards.cls != forwards.cls or backwards.inputs != forwards.inputs:
        return None
    settings = {**dict(forwards.settings), "go_backwards": True}
    if settings != dict(backwards.settings) or forwards.get("go_backwards"):
        return None
    settings = {**dict(forwards.settings), "layer": forwards.cls, "merge_mode": "concat"}
    weights = (*forwards.weights, *backwards.weights)
    return b.node("Bidirectional", settings, forwards.inputs, weights=weights, shape=shape)


def _recurrent(b: Builder, x: int) -> Node | None:
    return b.nodes[x] if x >= 0 and b.nodes[x].cls in RECURRENT else None


def _turned_back(b: Builder, x: int) -> Node | None:
    """Return the recurrent layer of which x is the sequence, put back in its order."""
    node = b.get(x, "GetItem")
    key = node.get("key") if node is not None else None
    if node is None or not isinstance(key, tuple) or key[:2] != (_WHOLE, _REVERSED) or set(key[2:]) - {_WHOLE}:
        return None
    return _recurrent(b, node.inputs[0])
