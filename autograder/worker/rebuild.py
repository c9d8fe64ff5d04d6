"""Builds a network anew, with fresh weights, from the record that an exam room sent.

The record is untrusted. Layers and operations come from closed lists, settings are checked before Keras sees them, and
the sizes that a network may have are bounded before and while it is built. What cannot be built is refused in a way
that the student can be told about: `NotRebuilt`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from autograder.wire.messages import Layer, Network, Shape
from autograder.worker.allowed_layers import LIST_TAKERS, Reason, Refused, dtype, make_layer, numbers
from autograder.worker.allowed_operations import call_operation

MAX_LAYERS = 2000
MAX_PARAMS = 200_000_000
"""Numbers in all weights together: 800 MB of float32, half as much again as the largest VGG."""
MAX_VALUES = 2**28
"""Numbers that one layer may make of one example."""
MAX_DETAIL = 300
"""Characters kept of Keras's message."""

_COLOURS = re.compile(r"\x1b\[\d*m")
_PREAMBLES = (
    "Exception encountered when calling",
    "Graph execution error",
    "Detected at node",
    'File "',
    "<stack traces",
)
"""How lines begin that say where Keras or TensorFlow was, not what was wrong."""


class NotRebuilt(Exception):
    """No network is made of this record.

    reasons: custom (a class, activation or initializer of the student's own) · code (a Lambda) · unknown (not on the
    list of what is rebuilt) · refused (Keras refuses its configuration or its input) · unfinished (the record is less
    than whole) · large.
    """

    def __init__(self, reason: Reason, layer: str, detail: str) -> None:
        super().__init__(f"{layer}: {detail}" if layer else detail)
        self.reason: Reason = reason
        self.layer = layer
        """Its name and class; empty where it is no single layer's matter."""
        self.detail = detail


@dataclass
class _Calls:
    """The calls made so far, by their position in the record."""

    made: list[list[Any]] = field(default_factory=list)
    """The tensors that each call returned."""
    layers: dict[int, tuple[Layer, Any]] = field(default_factory=dict)
    """By identity: a layer that is called twice is one object."""
    inputs: list[Any] = field(default_factory=list)


@dataclass
class _Budget:
    """Numbers that weights may still hold."""

    left: int = MAX_PARAMS
    exceeded: bool = False


def rebuild(network: Network) -> Any:
    """Return a functional `keras.Model` equal to the recorded one, its weights drawn from Keras's global seed.

    Raises NotRebuilt for whatever is wrong with the record, MemoryError or TensorFlow's ResourceExhaustedError where
    the machine has no room for it.
    """
    import keras

    _check_whole(network)
    calls = _Calls()
    with _budget() as budget:
        for position, record in enumerate(network.layers):
            with _refusals(_described(record), budget):
                calls.made.append(_called(position, record, calls))
        with _refusals("", budget):
            outputs = _taken(network.outputs, calls, len(network.layers))
            return keras.Model(_one_or_all(calls.inputs), _one_or_all(outputs))


def _check_whole(network: Network) -> None:
    """Raise NotRebuilt for a record that is less than a network, or more than one should be."""
    if network.framework != "keras":
        raise NotRebuilt("unknown", "", f"networks of {network.framework} are not trained")
    if network.note or not (network.layers and network.outputs and network.input_shapes):
        raise NotRebuilt("unfinished", "", (network.note or "it has no input shape")[:MAX_DETAIL])
    if len(network.layers) > MAX_LAYERS:
        raise NotRebuilt("large", "", f"{len(network.layers)} layers, where at most {MAX_LAYERS} are rebuilt")
    own = {layer.identity: layer for layer in network.layers}.values()
    params = sum(numbers(weight.shape) for layer in own for weight in layer.weights)
    if params > MAX_PARAMS:
        raise NotRebuilt("large", "", f"{params} parameters, where at most {MAX_PARAMS} are trained")


def _described(record: Layer) -> str:
    return f"{record.name[:60]} ({record.cls[:60]})" if record.name else record.cls[:60]


def _one_or_all(tensors: list[Any]) -> Any:
    return tensors[0] if len(tensors) == 1 else tensors


@contextmanager
def _refusals(layer: str, budget: _Budget) -> Iterator[None]:
    """Turn what goes wrong inside into NotRebuilt; want of memory, which is no fault of the record, passes."""
    try:
        yield
    except Refused as refused:
        raise NotRebuilt(refused.reason, layer, refused.detail) from None
    except Exception as error:
        if budget.exceeded:
            raise NotRebuilt("large", layer, f"more than {MAX_PARAMS} parameters") from None
        if isinstance(error, MemoryError) or type(error).__name__ == "ResourceExhaustedError":
            raise
        raise NotRebuilt("large" if isinstance(error, RecursionError) else "refused", layer, told(error)) from error


def told(error: Exception) -> str:
    """Return the first line of an error's message that says anything."""
    lines = (line.strip() for line in _COLOURS.sub("", str(error)).splitlines())
    said = (line for line in lines if line and not line.startswith(_PREAMBLES))
    return next(said, type(error).__name__)[:MAX_DETAIL]


@contextmanager
def _budget() -> Iterator[_Budget]:
    """Count the weights that layers make for themselves, before there is memory behind any of them."""
    import keras

    budget, original = _Budget(), keras.layers.Layer.add_weight

    def counted(layer: Any, *args: Any, **kwargs: Any) -> Any:
        shape = kwargs.get("shape", args[0] if args else ())
        budget.left -= numbers((shape,) if isinstance(shape, int) else shape or ())
        if budget.left < 0:
            budget.exceeded = True
            raise ValueError("too many parameters")
        return original(layer, *args, **kwargs)

    keras.layers.Layer.add_weight = counted
    try:
        yield budget
    finally:
        keras.layers.Layer.add_weight = original


# --- One call ---------------------------------------------------------------------------------------------------------


def _called(position: int, record: Layer, calls: _Calls) -> list[Any]:
    """Return the tensors that this call makes, and check that they are what the record says."""
    import keras

    if record.origin == "custom":
        raise Refused("custom", "a class of the student's own")
    if record.cls == "InputLayer":
        calls.inputs.append(_input(record))
        return calls.inputs[-1:]
    tensors = _taken(record.inputs, calls, position)
    if record.origin == "operation":
        made = call_operation(record.cls, record.config, tensors)
    else:
        made = _apply(_layer(record, calls), record.cls, tensors)
    outputs = keras.tree.flatten(made)
    _check_outputs(record, [tensor.shape for tensor in outputs])
    return list(outputs)


def _input(record: Layer) -> Any:
    import keras

    if len(record.output_shapes) != 1 or not record.output_shapes[0]:
        raise Refused("unfinished", "an input without a shape")
    _check_size(record.output_shapes[0])
    return keras.Input(record.output_shapes[0][1:], dtype=dtype(record.config.get("dtype")))


def _taken(sources: Sequence[int], calls: _Calls, position: int) -> list[Any]:
    """Return the tensors that earlier calls made; of one that made several, all of them, in order."""
    cursor: dict[int, int] = {}
    tensors = []
    for source in sources:
        if source >= position:
            raise Refused("refused", "it takes the output of a layer that does not come before it")
        made = calls.made[source]
        if len(made) > 1 and sources.count(source) != len(made):
            raise Refused("unknown", f"the record does not say which of {len(made)} outputs is taken")
        index = cursor.get(source, 0) % len(made)
        cursor[source] = index + 1
        tensors.append(made[index])
    return tensors


def _layer(record: Layer, calls: _Calls) -> Any:
    """Return the layer of this call: a new one, or the one that an earlier call of it made."""
    first, layer = calls.layers.get(record.identity, (None, None))
    if first is not None:
        if (first.cls, first.config) != (record.cls, record.config):
            raise Refused("refused", "it has the weights of a layer that is another")
        return layer
    layer = make_layer(record.cls, record.config)
    if not record.trainable:
        layer.trainable = False
    calls.layers[record.identity] = (record, layer)
    return layer


def _apply(layer: Any, cls: str, tensors: list[Any]) -> Any:
    if cls in LIST_TAKERS:
        return layer(tensors)
    if cls == "MultiHeadAttention":
        # Named arguments are recorded in the order of their names, so that three tensors could be in another order.
        if len(tensors) != 2 and len({id(tensor) for tensor in tensors}) > 1:
            raise Refused("unknown", "the record does not say which input is its query, its value, its key")
        return layer(*tensors)
    if getattr(tensors[0] if tensors else None, "_keras_mask", None) is not None:
        tensors = [tensor for tensor in tensors if tensor.dtype != "bool"]  # Keras hands the mask on by itself
    if len(tensors) != 1:
        raise Refused("unknown", f"it takes {len(tensors)} tensors where one is known")
    return layer(tensors[0])


def _check_outputs(record: Layer, shapes: list[Shape]) -> None:
    for shape in shapes:
        _check_size(shape)
    if record.output_shapes and not _agree(record.output_shapes, shapes):
        wanted = ", ".join(str(tuple(shape)) for shape in record.output_shapes[:4])
        raise Refused("refused", f"it makes {', '.join(map(str, shapes[:4]))} where the record says {wanted}")


def _check_size(shape: Shape) -> None:
    if numbers(shape[1:]) > MAX_VALUES:
        raise Refused("large", f"it makes {tuple(shape)} of one example, more than {MAX_VALUES} numbers")


def _agree(wanted: Sequence[Shape], made: Sequence[Shape]) -> bool:
    """Say whether shapes are equal, but for the batch and for sizes that one side leaves open."""
    if [len(shape) for shape in wanted] != [len(shape) for shape in made]:
        return False
    pairs = (pair for one, other in zip(wanted, made, strict=True) for pair in zip(one[1:], other[1:], strict=True))
    return all(None in pair or pair[0] == pair[1] for pair in pairs)
