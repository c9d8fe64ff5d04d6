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
    cls, said = said.pop("cls"), _without_dropout(said)
    if b.asked.folded and len(states) == 0 and _is_stack(layer, said):
        return _stacked(b, layer, cls, said, inputs[0])
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


def _without_dropout(said: dict[str, Any]) -> dict[str, Any]:
    """The dropout stands between the layers of a module: one alone has none."""
    return {**said, "dropout": 0} if said.get("num_layers", 1) == 1 else said


def _is_stack(layer: Layer, said: dict[str, Any]) -> bool:
    """Whether a module is several layers, one above the other, with nothing between them."""
    count = said.get("num_layers")
    plain = not said.get("dropout") and not said.get("proj_size") and not said.get("bidirectional")
    whole = isinstance(count, int) and 1 < count <= len(layer.weights) and len(layer.weights) % count == 0
    return plain and whole and len(layer.output_shapes) > 1


def _stacked(b: Builder, layer: Layer, cls: str, said: dict[str, Any], x: int) -> list[int]:
    """The layers of a module one by one, each a module of its own. Their states stand one behind the other."""
    count = said["num_layers"]
    size, made, states = len(layer.weights) // count, [x], []
    shapes = [layer.output_shapes[0], *((1, *shape[1:]) for shape in layer.output_shapes[1:])]
    for number in range(count):
        one = replace(layer, weights=layer.weights[number * size : (number + 1) * size], output_shapes=shapes)
        given = said["input_size"] if number == 0 else said["hidden_size"]
        found = recurrent(b, one, {**said, "cls": cls, "num_layers": 1, "input_size": given}, made[:1])
        made = found or made
        states.append(made[1:])
    ends = [b.node("States", {}, list(some), shape=tuple(shape[1:])) for some, shape in
            zip(zip(*states, strict=True), layer.output_shapes[1:], strict=True)]  # fmt: skip
    return [made[0], *ends]


def last_state(b: Builder, layer: Layer, x: object, key: object, *, only: bool = False) -> int | None:
    """Return the last output of a recurrent module where `x` holds its states, and `key` takes the last layer's.

    Of one that reads forwards alone, both are the same numbers. None for anything else. With `only`, there has to be
    one layer.
    """
    state = b.get(x, "Output") if isinstance(x, int) else None
    above = b.get(x, "States") if isinstance(x, int) else None
    if above is not None:
        key = key[0] if isinstance(key, list) and len(key) == 1 else key
        return last_state(b, layer, above.inputs[-1], -1) if key in (-1, len(above.inputs) - 1) and not only else None
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
