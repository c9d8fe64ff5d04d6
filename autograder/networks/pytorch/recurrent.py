"""Recurrent modules of PyTorch as nodes: what they put out, and the last of it by its two names."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from autograder.networks import slices
from autograder.networks.nodes import Builder
from autograder.networks.operands import weights_of
from autograder.networks.values import clean
from autograder.wire.messages import Layer

CLASSES = ("LSTM", "GRU", "RNN")
_NODES = tuple(f"torch.{cls}" for cls in CLASSES)
WHOLE = "slice(None, None, None)"


def recurrent(b: Builder, layer: Layer, said: dict[str, Any], inputs: list[int]) -> list[int] | None:
    """A recurrent module. A first state of zeros is the one that PyTorch takes where none is given."""
    states = [b.constants.get(one) for one in inputs[1:]]
    if any(one is None or one.told != 0 for one in states):
        return None
    cls = said.pop("cls")
    x, turned = inputs[0], None if said.get("batch_first") else b.get(inputs[0], "Permute")
    if turned is not None and turned.get("axes") == (1, 0, 2):  # the batch comes first, before it is turned and after
        x, said = turned.inputs[0], {**said, "batch_first": True}
    settings = {key: clean(value) for key, value in said.items() if value not in (None, False, 0)}
    settings |= b.frozen(layer)
    if said.get("dropout"):
        settings |= b.training(layer)
    node = b.node(f"torch.{cls}", settings, [x], weights=weights_of(layer), named_as=cls)
    made = [tuple(shape) for shape in layer.output_shapes]
    if x != inputs[0] and made:
        made[0] = (made[0][1], made[0][0], *made[0][2:])
    outputs = [b.node("Output", {"index": slot}, [node], shape=shape[1:]) for slot, shape in enumerate(made)]
    if x != inputs[0] and outputs:
        outputs[0] = b.node("Permute", {"axes": (1, 0, 2)}, outputs[:1], shape=tuple(layer.output_shapes[0][1:]))
    return outputs


def last_state(b: Builder, layer: Layer, x: object, key: object, *, only: bool = False) -> int | None:
    """Return the last output of a recurrent module where `x` holds its states, and `key` takes the last layer's.

    Of one that reads forwards alone, both are the same numbers. None for anything else. With `only`, there has to be
    one layer.
    """
    state = b.get(x, "Output") if isinstance(x, int) else None
    node = b.nodes[state.inputs[0]] if state is not None and state.get("index") == 1 else None
    if state is None or node is None or node.cls not in _NODES or node.get("bidirectional") or node.get("proj_size"):
        return None
    count, key = node.get("num_layers"), key[0] if isinstance(key, list) and len(key) == 1 else key
    if key not in (-1, count - 1 if isinstance(count, int) else 0) or (only and count != 1):
        return None
    outputs = next(index for index, one in enumerate(b.nodes) if one.cls == "Output" and one.inputs == state.inputs)
    last: list[object] = [-1, WHOLE] if not node.get("batch_first") else [WHOLE, -1, WHOLE]
    taken = replace(layer, cls="GetItem", config={"key": last}, arguments={})
    return slices.get_item(b, taken, {"x": outputs})
