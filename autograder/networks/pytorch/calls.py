"""What functions of PyTorch are as nodes are told with: their operands by parameter, and their settings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from autograder.networks.nodes import Builder
from autograder.networks.pytorch.nodes import Said
from autograder.wire.messages import Layer

Operands = dict[str, Any]
"""Nodes, lists of them and constants, by parameter."""
Function = Callable[[Builder, Layer, Operands, Said], int | list[int] | None]

PREFIX = "torch."
"""How records begin the name of a function."""


def as_operation(layer: Layer, cls: str, said: Said) -> Layer:
    """Return the call as one of an operation of Keras."""
    return replace(layer, cls=cls, config=said, arguments={})
