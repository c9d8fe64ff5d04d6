"""What a record may ask for at most, and whether what is made of it is what it says. A record comes from a room."""

from __future__ import annotations

from collections.abc import Sequence

from autograder.wire.messages import Layer, Network, Shape
from autograder.worker.errors import MAX_DETAIL
from autograder.worker.keras.allowed_layers import NotAllowed, numbers
from autograder.worker.training.constants import too_many
from autograder.worker.training.faults import NotRebuilt

MAX_LAYERS = 2000
MAX_PARAMS = 200_000_000
"""Numbers in all weights together: 800 MB of float32, half as much again as the largest VGG."""
MAX_VALUES = 2**28
"""Numbers that one layer may make of one example."""


def check_whole(network: Network) -> None:
    """Raise NotRebuilt for a record that is less than a network, or more than one should be."""
    if network.note or network.problem or not (network.layers and network.outputs and network.input_shapes):
        raise NotRebuilt("unfinished", "", (network.note or "it has no input shape")[:MAX_DETAIL])
    if network.inference is not None or network.losses:
        what = "losses of its own" if network.losses else "another computation where it is not trained"
        raise NotRebuilt("unknown", "", f"a network with {what}")
    if len(network.layers) > MAX_LAYERS:
        raise NotRebuilt("large", "", f"{len(network.layers)} layers, where at most {MAX_LAYERS} are rebuilt")
    if layer := too_many(network):
        text = "it holds many constants: weights that are given are not trained"
        raise NotRebuilt("refused", described(layer), text)
    own = {layer.identity: layer for layer in network.layers}.values()
    params = sum(numbers(weight.shape) for layer in own for weight in layer.weights)
    if params > MAX_PARAMS:
        raise NotRebuilt("large", "", f"{params} parameters, where at most {MAX_PARAMS} are trained")


def described(record: Layer) -> str:
    """Name a call as its author knows it."""
    return f"{record.name[:60]} ({record.cls[:60]})" if record.name else record.cls[:60]


def check_outputs(record: Layer, shapes: Sequence[Shape]) -> None:
    """Raise NotAllowed where a call makes too much, or another thing than the record says."""
    for shape in shapes:
        check_size(shape)
    if record.output_shapes and not _agree(record.output_shapes, shapes):
        wanted = ", ".join(str(tuple(shape)) for shape in record.output_shapes[:4])
        raise NotAllowed("refused", f"it makes {', '.join(map(str, shapes[:4]))} where the record says {wanted}")


def check_size(shape: Shape) -> None:
    """Raise NotAllowed for a tensor of too many numbers; the first size is the batch."""
    if numbers(shape[1:]) > MAX_VALUES:
        raise NotAllowed("large", f"it makes {tuple(shape)} of one example, more than {MAX_VALUES} numbers")


def _agree(wanted: Sequence[Shape], made: Sequence[Shape]) -> bool:
    """Say whether shapes are equal, but for the batch and for sizes that one side leaves open."""
    if [len(shape) for shape in wanted] != [len(shape) for shape in made]:
        return False
    pairs = (pair for one, other in zip(wanted, made, strict=True) for pair in zip(one[1:], other[1:], strict=True))
    return all(None in pair or pair[0] == pair[1] for pair in pairs)
