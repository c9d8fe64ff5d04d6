"""Whether a network holds operations written by hand: both sides of the wall ask, to know which are run on numbers."""

from __future__ import annotations

from autograder.wire.network import Layer, Network

_PLAIN = frozenset(
    (
        *("Constant", "Add", "Subtract", "Multiply", "Divide", "Concatenate", "Reshape", "Identity"),
        *("Relu", "Sigmoid", "Tanh", "Softmax", "Dropout", "Cast", "Maximum"),
    )
)
"""Operations that are few ways of writing layers, all of them known, where no weight is the student's own."""


def is_by_hand(network: Network) -> bool:
    """Whether operations beside the best-known ones stand in a network: another may compute the same in another way."""
    return any(is_written(layer) and layer.cls not in _PLAIN for layer in network.layers)


def is_written(layer: Layer) -> bool:
    """Whether a call is of an operation, or of a recurrent layer by a cell of the student's own."""
    return layer.origin == "operation" or "cell" in layer.functions
