"""Recurrent layers and attention, by what is taken of them and what they take."""

from __future__ import annotations

from msgspec.structs import replace

from autograder.networks.matrices import ATTENTION, plain_attention, rank_at
from autograder.networks.nodes import Builder
from autograder.networks.normal import settings_of
from autograder.networks.operands import shape_of, weights_of
from autograder.wire.messages import Layer


def recurrent(
    b: Builder, cls: str, settings: dict[str, object], layer: Layer, inputs: list[int], position: int
) -> list[int]:
    """Sequences count where they are taken: asked for and not used, they are not."""
    sequences, states = bool(settings.pop("return_sequences", False)), bool(settings.pop("return_state", False))
    settings = {**settings, **b.said(layer, cls)}
    settings = with_roles(settings, layer, inputs)
    used = {slot for (place, slot), uses in b.told.items() if place == position and uses}
    if sequences and states and used and 0 not in used:
        sequences = False
    shape = shape_of(layer)
    weights = weights_of(layer)
    core = b.node(cls, {**settings, "return_sequences": sequences}, inputs, weights=weights, shape=shape)
    if not states:
        return [core]
    hidden = core if not sequences else b.node("Output", {"index": 1}, [core])
    return [core, hidden, b.node("Output", {"index": 2}, [core])]


def with_roles(settings: dict[str, object], layer: Layer, inputs: list[int]) -> dict[str, object]:
    """What a recurrent layer takes beside its sequence: by position, its states."""
    settings = {key: value for key, value in settings.items() if key != "takes"}
    if len(inputs) < 2:
        return settings
    roles = [one for one in layer.arguments if one != "sequences"] if layer.arguments else ["initial_state"]
    return {**settings, "takes": ("sequences", *roles)}


def attention(b: Builder, layer: Layer, inputs: list[int]) -> list[int]:
    """Without a key, the value is one. Every other argument keeps its name."""
    roles = ("query", "value", "key")
    tensors = {**dict(zip(roles, inputs, strict=False))}
    others: dict[str, int] = {}
    for key, value in layer.arguments.items():
        places = [one.get("tensor") for one in (value if isinstance(value, list) else [value]) if isinstance(one, dict)]
        found = [inputs[one] for one in places if isinstance(one, int) and one < len(inputs)]
        if key == "inputs":
            tensors = dict(zip(roles, found, strict=False))
        elif key in roles and found:
            tensors = {name: one for name, one in tensors.items() if name not in roles or name in layer.arguments}
            tensors[key] = found[0]
        else:
            others.update((f"{key}{number or ''}", one) for number, one in enumerate(found))
    if layer.arguments:
        named_roles = {"query", "value", "key"} & set(layer.arguments)
        tensors = {key: value for key, value in tensors.items() if key in named_roles or "inputs" in layer.arguments}
    tensors.setdefault("key", tensors.get("value", -1))
    plain = layer.cls == "Attention" and not others and set(layer.arguments) <= {*roles, "inputs"}
    cls, settings = settings_of(layer, b.asked)
    settings = {**settings, **{k: v for k, v in b.said(layer, cls).items() if k != "takes"}}
    if layer.cls == "Attention" and any(node.get("mask_zero") or node.cls == "Masking" for node in b.nodes):
        settings, plain = {**settings, "masked": True}, False  # records do not say which mask it was handed
    if plain and settings == ATTENTION and rank_at(b, tensors["query"]) == 3:
        return [plain_attention(b, tensors["query"], tensors["value"], tensors["key"], shape_of(layer))]
    if others:
        settings["masks"] = tuple(sorted(others))
    taken = [*(tensors.get(role, -1) for role in roles), *(others[key] for key in sorted(others))]
    node = b.node(cls, settings, taken, weights=weights_of(layer), shape=shape_of(layer))
    return b.several(layer, node)


_CELLS = ("LSTMCell", "GRUCell", "SimpleRNNCell")


def stacked(layer: Layer, inputs: list[int]) -> list[Layer]:
    """Return the layers, one above the other, that an RNN of several of Keras's cells is; none where it is not."""
    cell = layer.config.get("cell")
    held = cell["config"].get("cells") if isinstance(cell, dict) and isinstance(cell.get("config"), dict) else None
    if not isinstance(held, list) or layer.config.get("return_state") or len(inputs) != 1 or not layer.output_shapes:
        return []
    found, start = [], 0
    for number, one in enumerate(held):
        if not isinstance(one, dict) or one.get("class_name") not in _CELLS or not isinstance(one.get("config"), dict):
            return []
        stop = start + (3 if one["config"].get("use_bias", True) else 2)
        last = number == len(held) - 1
        config = {key: value for key, value in {**layer.config, **one["config"]}.items() if key != "cell"}
        steps = (layer.input_shapes or [()])[0][1:2]
        shapes = layer.output_shapes if last else [(None, *steps, one["config"].get("units"))]
        found.append(
            replace(
                layer,
                cls=str(one["class_name"]).removesuffix("Cell"),
                config={**config, "return_sequences": bool(layer.config.get("return_sequences")) if last else True},
                weights=layer.weights[start:stop],
                output_shapes=shapes,
            )
        )
        start = stop
    return found
