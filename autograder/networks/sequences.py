"""Recurrent layers and attention, by what is taken of them and what they take."""

from __future__ import annotations

import numpy as np
from msgspec.structs import replace

from autograder.networks.directions import reversed_in_time
from autograder.networks.matrices import ATTENTION, plain_attention, rank_at
from autograder.networks.nodes import Builder
from autograder.networks.normal import settings_of
from autograder.networks.operands import constant_in, shape_of, weights_of
from autograder.wire.messages import Layer, Shape


def recurrent(
    b: Builder, cls: str, settings: dict[str, object], layer: Layer, inputs: list[int], position: int
) -> list[int]:
    """Sequences count where they are taken: asked for and not used, they are not."""
    sequences, states = bool(settings.pop("return_sequences", False)), bool(settings.pop("return_state", False))
    settings = {**settings, **b.said(layer, cls)}
    settings = with_roles(settings, layer, inputs)
    forwards = reversed_in_time(b, inputs[0]) if not is_masked(b) else None
    if forwards is not None:
        inputs, settings = [forwards, *inputs[1:]], {**settings, "go_backwards": not settings.get("go_backwards")}
    used = {slot for (place, slot), uses in b.told.items() if place == position and uses}
    if sequences and states and used and 0 not in used:
        sequences = False
    inputs, settings = _masked_by_itself(b, inputs, settings)
    shape = shape_of(layer)
    weights = weights_of(layer)
    core = b.node(cls, {**settings, "return_sequences": sequences}, inputs, weights=weights, shape=shape)
    if not states:
        return [core]
    hidden = core if not sequences else b.node("Output", {"index": 1}, [core])
    return [core, hidden, b.node("Output", {"index": 2}, [core])]


def _masked_by_itself(
    b: Builder, inputs: list[int], settings: dict[str, object]
) -> tuple[list[int], dict[str, object]]:
    """A mask that says where the words are not 0 is what the Embedding hands on itself; of numbers, a Masking."""
    if settings.get("takes") != ("sequences", "mask"):
        return inputs, settings
    words, mask = inputs
    plain = {key: value for key, value in settings.items() if key != "takes"}
    embedding, unequal = b.get(words, "Embedding"), b.get(mask, "NotEqual")
    if embedding is not None and unequal is not None and unequal.get("x2") == 0 and b.once(words):
        if unequal.inputs != embedding.inputs:
            return inputs, settings
        told = {**dict(embedding.settings), "mask_zero": True}
        return [b.node("Embedding", told, embedding.inputs, weights=embedding.weights, shape=embedding.shape)], plain
    some = b.get(mask, "Any")
    unequal = b.get(some.inputs[0], "NotEqual") if some is not None and some.get("axis") == -1 else None
    if unequal is None or not isinstance(unequal.get("x2"), (int, float)):
        return inputs, settings
    if unequal.inputs != (words,):
        return inputs, settings
    return [b.node("Masking", {"mask_value": unequal.get("x2")}, [words], shape=b.shape(words))], plain


def unmasked(b: Builder, layer: Layer, inputs: list[int]) -> tuple[Layer, list[int]]:
    """Leave out the mask that what a layer takes hands on itself: Keras writes it among the arguments of the call."""
    arguments = layer.arguments
    if len(arguments) != 2 or len(inputs) != 2 or list(arguments)[1:] != ["mask"]:
        return layer, inputs
    if list(arguments.values()) != [{"tensor": 0}, {"tensor": 1}]:
        return layer, inputs
    words, mask = inputs
    embedding, masking = b.get(words, "Embedding"), b.get(words, "Masking")
    some = b.get(mask, "Any")
    unequal = b.get(some.inputs[0] if some is not None else mask, "NotEqual")
    if unequal is None:
        return layer, inputs
    of_words = embedding is not None and embedding.get("mask_zero") is True and some is None
    own = of_words and embedding is not None and (unequal.inputs, unequal.get("x2")) == (embedding.inputs, 0)
    if masking is not None and some is not None and some.get("axis") == -1:
        own = (unequal.inputs, unequal.get("x2")) == (masking.inputs, masking.get("mask_value"))
    if not own:
        return layer, inputs
    return replace(layer, arguments={}, inputs=layer.inputs[:1], slots=layer.slots[:1]), [words]


def is_masked(b: Builder) -> bool:
    """Whether places may be masked: records do not say which mask a layer was handed."""
    return any(node.get("mask_zero") or node.cls == "Masking" for node in b.nodes)


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
    causal = _is_causal(layer.arguments.get("attention_mask"), b.shape(tensors.get("query", -1)))
    plain = layer.cls == "Attention" and not others and set(layer.arguments) <= {*roles, "inputs"}
    cls, settings = settings_of(layer, b.asked)
    settings = {**settings, **{k: v for k, v in b.said(layer, cls).items() if k != "takes"}}
    if causal:
        settings = {k: v for k, v in settings.items() if k != "attention_mask"} | {"use_causal_mask": True}
    if layer.cls == "Attention" and is_masked(b):
        settings, plain = {**settings, "masked": True}, False  # records do not say which mask it was handed
    if plain and settings == ATTENTION and rank_at(b, tensors["query"]) == 3:
        return [plain_attention(b, tensors["query"], tensors["value"], tensors["key"], shape_of(layer))]
    if others:
        settings["masks"] = tuple(sorted(others))
    taken = [*(tensors.get(role, -1) for role in roles), *(others[key] for key in sorted(others))]
    node = b.node(cls, settings, taken, weights=weights_of(layer), shape=shape_of(layer))
    return b.several(layer, node)


def _is_causal(mask: object, query: Shape | None) -> bool:
    """Whether a mask lets each place see those before it and itself, and nothing else."""
    found = constant_in(mask)
    if found is None or found.numbers is None or not query or len(query) < 2:
        return False
    return found.numbers.shape == (query[0],) * 2 and bool(np.array_equal(found.numbers, np.tri(query[0] or 0)))


_CELLS = ("LSTMCell", "GRUCell", "SimpleRNNCell")


def stacked(layer: Layer, inputs: list[int]) -> list[Layer]:
    """Return the layers, one above the other, that an RNN of several of Keras's cells is; none where it is not."""
    cell = layer.config.get("cell")
    held = cell["config"].get("cells") if isinstance(cell, dict) and isinstance(cell.get("config"), dict) else None
    if (
        not isinstance(held, list)
        or "cell" in layer.functions
        or layer.config.get("return_state")
        or len(inputs) != 1
        or not layer.output_shapes
    ):
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
