"""A network that was read twice, as in training and as not, made one record: what depends on training, and how."""

from __future__ import annotations

import msgspec

from autograder.wire.messages import Graph, Layer


def merged(mine: Graph, theirs: Graph) -> list[Layer] | None:
    """Return the calls of a network read in training and not, where both make the same; None where they do not.

    Of each call, `training` says whether it is as in training in both, in neither, or as the network is.
    """
    alike = (mine.outputs, mine.slots, mine.losses) == (theirs.outputs, theirs.slots, theirs.losses)
    if not alike or len(mine.layers) != len(theirs.layers):
        return None
    found = []
    for one, two in zip(mine.layers, theirs.layers, strict=True):
        told = one.training is not False, two.training is True
        if _said(one) != _said(two) or told == (False, True):
            return None
        training = told[0] if told[0] == told[1] else None
        found.append(msgspec.structs.replace(one, training=training))
    return found


def _said(layer: Layer) -> object:
    """What a record says but for names, and for numbers that stand for objects made anew each time."""
    config = {key: value for key, value in layer.config.items() if key != "name"}
    identity = layer.identity if layer.weights else 0
    functions = {key: [_said(one) for one in graph.layers] for key, graph in layer.functions.items()}
    unreadable = "?" if layer.unreadable else ""  # an error's message may hold the numbers of tensors
    said = msgspec.structs.replace(layer, name="", config=config, identity=identity, training=None, functions={})
    return msgspec.structs.replace(said, unreadable=unreadable), functions


def unless(layers: list[Layer], *, told: bool) -> list[Layer]:
    """Return calls of a network that is trained or not, as `told`: one that is told the same is told nothing."""
    return [msgspec.structs.replace(one, training=None) if one.training is told else one for one in layers]


def slots(ends: list[tuple[int, int]]) -> list[int]:
    """Return which output of each call is taken, empty where it is of each the first."""
    return [slot for _, slot in ends] if any(slot for _, slot in ends) else []
