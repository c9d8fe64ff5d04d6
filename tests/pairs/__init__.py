"""What pairs of networks are written with: students' models and layers, called once, as a notebook calls them."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
from keras import layers as L  # noqa: N812

KerasModel: Any = keras.Model
KerasLayer: Any = keras.layers.Layer
Make = Callable[[], Any]
IMAGE, ROW, WORDS, FRAMES = (8, 8, 3), (6,), (7, 5), (2, 8, 8, 3)
conv = partial(L.Conv2D, padding="same")


@dataclass
class Pairs:
    """Pairs by name: of networks that are equal, and of networks that differ, named by what differs."""

    equal: dict[str, tuple[Make, Make, dict[str, bool]]] = field(default_factory=dict)
    different: dict[str, tuple[Make, Make, dict[str, bool]]] = field(default_factory=dict)
    unshown: dict[str, tuple[Make, Make, dict[str, bool]]] = field(default_factory=dict)
    """Pairs that are equal in a way that is not known: it cannot be told, and nobody is told that they differ."""

    def same(self, name: str, one: Make, other: Make, **asked: bool) -> None:
        assert name not in self.equal
        self.equal[name] = one, other, asked

    def differ(self, name: str, one: Make, other: Make, **asked: bool) -> None:
        assert name not in self.different
        self.different[name] = one, other, asked

    def alike(self, name: str, one: Make, other: Make, mistakes: dict[str, Make] | None = None) -> None:
        """Two that are equal in a way that is not known, and mistakes that are known to be none of it."""
        assert name not in self.unshown
        self.unshown[name] = one, other, {}
        for what, wrong in (mistakes or {}).items():
            self.differ(f"{name}: {what}", one, wrong)

    def family(self, name: str, one: Make, other: Make, mistakes: dict[str, Make]) -> None:
        """Two that are equal, and mistakes that are not."""
        self.same(name, one, other)
        for what, wrong in mistakes.items():
            self.differ(f"{name}: {what}", one, wrong)


def net(function: Callable[..., Any], *shapes: tuple[int, ...], dtype: str = "float32") -> Make:
    """A functional model of what `function` does with inputs of these shapes."""

    def make() -> Any:
        inputs = [keras.Input(shape, dtype=dtype) for shape in shapes or (ROW,)]
        return keras.Model(inputs if len(inputs) > 1 else inputs[0], function(*inputs))

    return make


def words(function: Callable[..., Any], *shapes: tuple[int, ...]) -> Make:
    return net(function, *shapes, dtype="int32")


def layer(cls: Callable[[], Any], *shapes: tuple[int, ...], dtype: str = "float32") -> Make:
    """A functional model around one layer of the student's."""
    return net(lambda *inputs: cls()(*inputs), *shapes, dtype=dtype)


def model(cls: Callable[[], Any], *shapes: tuple[int, ...], dtype: str = "float32", listed: bool = False) -> Make:
    """A subclassed model, called once; with `listed`, on a list of tensors."""

    def make() -> Any:
        made = cls()
        tensors = [np.zeros((2, *shape), dtype) for shape in shapes or (ROW,)]
        made(tensors) if listed else made(*tensors)
        made.pairs_call = (shapes or (ROW,), dtype, listed)
        return made

    return make
