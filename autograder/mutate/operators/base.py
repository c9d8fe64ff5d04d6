"""What an operator is, and how a call is read: what it gives a layer for a setting, which integers stand there."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from autograder.mutate.code import Code, SourceEdit, called

Changes = Callable[[ast.AST, Code], Iterator[SourceEdit | None]]


@dataclass(frozen=True)
class Operator:
    """One way to get it wrong."""

    name: str
    changes: Changes
    """Yields what it would write in place of a node, or of a part of it; nothing where it does not apply."""
    luck: bool = False
    """Whether it changes what is drawn at random alone: no mistake where nothing asks for one draw."""


CONVOLUTION = re.compile(r"(?:Separable)?Conv(?:olution)?[123]D(?:Transpose)?")
TORCH_CONVOLUTION = re.compile(r"Conv(?:Transpose)?[123]d")
POOLING = re.compile(r"(?:Max|Average|Avg)Pool(?:ing)?[123]D")
TORCH_POOLING = re.compile(r"(?:Max|Avg)Pool[123]d|(?:max|avg)_pool[123]d")
RECURRENT = re.compile(r"LSTM|GRU|SimpleRNN|RNN")
PARAMETERS: tuple[tuple[re.Pattern[str], tuple[str, ...]], ...] = (
    (CONVOLUTION, ("filters", "kernel_size", "strides", "padding")),
    (TORCH_CONVOLUTION, ("in_channels", "out_channels", "kernel_size", "stride", "padding")),
    (re.compile(r"DepthwiseConv[12]D"), ("kernel_size", "strides", "padding")),
    (POOLING, ("pool_size", "strides", "padding")),
    (re.compile(r"(?:Max|Avg)Pool[123]d"), ("pool_size", "stride", "padding")),
    (re.compile(r"(?:max|avg)_pool[123]d"), ("input", "pool_size", "stride", "padding")),
    (re.compile(r"Dense"), ("units", "activation")),
    (re.compile(r"Linear"), ("in_features", "out_features")),
    (re.compile(r"Embedding"), ("input_dim", "output_dim")),
    (RECURRENT, ("units",)),
    (re.compile(r"\w*Dropout\w*"), ("rate",)),
)
"""Names of layers' positional parameters, in order, Keras's and PyTorch's."""
WIDTHS = ("filters", "units", "out_channels", "out_features", "output_dim")
WEIGHTED = re.compile(r"(?:Separable|Depthwise)?Conv[123][Dd](?:Transpose)?|Dense|Linear")
LIBRARIES = frozenset(("np", "numpy", "tf", "tensorflow", "keras", "layers", "torch", "nn", "F", "K", "ops", "jnp"))


def parameter(call: ast.Call, name: str) -> ast.expr | None:
    """Return what a layer's call gives for one of its parameters; None where it leaves it out."""
    for keyword in call.keywords:
        if keyword.arg == name or (name == "pool_size" and keyword.arg == "kernel_size" and is_pooling(call)):
            return keyword.value
    for kind, names in PARAMETERS:
        if kind.fullmatch(called(call.func)) and name in names[: len(call.args)]:
            found = call.args[names.index(name)]
            return None if isinstance(found, ast.Starred) else found
    return None


def is_pooling(call: ast.Call) -> bool:
    return bool(POOLING.fullmatch(called(call.func)) or TORCH_POOLING.fullmatch(called(call.func)))


def is_convolution(call: ast.Call) -> bool:
    return bool(CONVOLUTION.fullmatch(called(call.func)) or TORCH_CONVOLUTION.fullmatch(called(call.func)))


def integer(node: ast.AST | None) -> int | None:
    """The integer that is written, a sign before it read too; None for anything else, truth values too."""
    match node:
        case ast.Constant(value=value) if type(value) is int:
            return value
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=value)) if type(value) is int:
            return -value
    return None


def integers(node: ast.AST | None) -> list[int]:
    """The integers of a number or of a tuple of numbers; none for anything else."""
    parts = node.elts if isinstance(node, ast.Tuple | ast.List) else [node]
    found = [integer(part) for part in parts]
    return [] if None in found else [one for one in found if one is not None]
