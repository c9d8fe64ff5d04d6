"""What makes nodes of calls of PyTorch's: as a layer of Keras that computes the same, or under their own names."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from msgspec.structs import replace

from autograder.networks import layers
from autograder.networks.nodes import Builder
from autograder.networks.operands import shape_of, weights_of
from autograder.networks.values import clean
from autograder.wire.messages import Layer, Shape

Said = dict[str, Any]
Module = Callable[[Builder, Layer, Said, list[int]], int | list[int] | None]
"""Makes the nodes of a module, of its call, its settings and what it takes; None where it has no name of Keras's."""

FIRST = {"data_format": "channels_first"}


def written(b: Builder, start: int, name: str, size: str = "") -> None:
    """Name the nodes made from `start` on as their author did. Activations are called by their names everywhere."""
    for index in range(start, len(b.nodes)):
        node = b.nodes[index]
        if node.layer != b.at[0]:  # of a call before, that this one was moved before
            continue
        shown = size or next((f"({node.get(key)})" for key in ("units", "filters") if node.get(key)), "")
        label = node.label if node.cls in ("Activation", "Variable", "Constant") else f"{name}{shown}"
        b.nodes[index] = replace(node, label=label, written=name, framework="torch")


def bare(
    b: Builder, layer: Layer, cls: str, inputs: list[int], said: Said | None = None, *, unreadable: str = ""
) -> int:
    """Return the node of what is known by its name and its settings alone."""
    given = layer.config if said is None else said
    settings = {key: clean(value) for key, value in given.items() if value is not None and value is not False}
    settings |= b.said(layer, cls)
    return b.node(
        f"torch.{cls}", settings, inputs, weights=weights_of(layer), shape=shape_of(layer), named_as=cls,
        unreadable=unreadable,
    )  # fmt: skip


def as_keras(b: Builder, layer: Layer, cls: str, config: Mapping[str, object], inputs: list[int]) -> int:
    """Return the node of a layer of Keras that computes what this call does."""
    given = b.shape(inputs[0])
    shapes: list[Shape] = [(None, *given)] if given is not None else []
    config = {key: value for key, value in config.items() if value is not None}
    other = replace(layer, cls=cls, origin="keras", config=config, arguments={}, input_shapes=shapes)
    return layers.generally(b, other, inputs[:1])[0]


def rank_in(cls: str) -> int:
    found = re.search(r"([123])d", cls)
    return int(found[1]) if found else 2


def sizes(value: Any, rank: int) -> list[int]:
    """Return one size an axis. Raises TypeError for what is none."""
    found = list(value) if isinstance(value, (list, tuple)) else [value] * rank
    found = found * rank if len(found) == 1 else found
    if len(found) != rank or not all(isinstance(one, int) for one in found):
        raise TypeError(f"{value!r} is no size of {rank} axes")
    return found
