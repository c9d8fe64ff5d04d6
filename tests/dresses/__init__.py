"""Networks at random, each in dresses at random: what students write one and the same network as.

A network is a list of `Step`s. `steps` says in how many ways each kind of step is written, and what of it may be
changed; `wholes` in how many ways a list of them becomes a model.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras

KerasModel: Any = keras.Model
KerasLayer: Any = keras.layers.Layer
Part = Any
"""A layer, or a function of tensors."""


@dataclass(frozen=True)
class Step:
    """One thing a network does, in no dress."""

    kind: str
    said: dict[str, Any] = field(default_factory=dict)
    branches: tuple[tuple[Step, ...], ...] = ()
    """What it does beside, or within: the way around a skip, the branches of a concatenation."""


class Wardrobe:
    """Draws dresses."""

    def __init__(self, draw: Random) -> None:
        self.draw = draw

    def one(self, *ways: Any) -> Any:
        return ways[self.draw.randrange(len(ways))]


@dataclass(frozen=True)
class Inline:
    """Calls of layers that a functional model writes where they stand, and elsewhere a layer of the student's makes."""

    function: Part
    layer: Callable[[], Any]

    def __call__(self, x: Any) -> Any:
        return self.function(x)


def tracked(part: Part) -> Any:
    """Return a part that Keras finds the weights of."""
    return part.layer() if isinstance(part, Inline) else part


class Own(KerasLayer):  # type: ignore[misc]
    """A layer of the student's own, which does one thing after another."""

    def __init__(self, *parts: Part) -> None:
        super().__init__()
        self.parts = [tracked(part) for part in parts]

    def call(self, x: Any) -> Any:
        for part in self.parts:
            x = part(x)
        return x
