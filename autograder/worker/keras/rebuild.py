"""Builds a network anew, with fresh weights, from the record that an exam room sent.

The record is untrusted. Layers and operations come from closed lists, settings are checked before Keras sees them, and
the sizes that a network may have are bounded before and while it is built. What cannot be built is refused in a way
that the student can be told about: `NotRebuilt`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from types import SimpleNamespace
from typing import Any

from autograder.wire import codec
from autograder.wire.messages import Layer, Network, Shape
from autograder.worker.errors import message_of
from autograder.worker.keras.allowed_layers import (
    LIST_TAKERS,
    NotAllowed,
    array,
    dtype,
    initializer,
    make_layer,
    numbers,
)
from autograder.worker.keras.allowed_operations import call_operation, placed
from autograder.worker.training import backends
from autograder.worker.training.bounds import MAX_PARAMS, check_outputs, check_size, check_whole, described
from autograder.worker.training.faults import NotRebuilt


@dataclass
class _Calls:
    """The calls made so far, by their position in the record."""

    made: list[list[Any]] = field(default_factory=list)
    """The tensors that each call returned."""
    layers: dict[int, tuple[Layer, Any]] = field(default_factory=dict)
    """By identity: a layer that is called twice is one object."""
    inputs: list[Any] = field(default_factory=list)
    weights: dict[int, Any] = field(default_factory=dict)
    """Variables by what the record calls them: one may serve twice."""
    blobs: list[bytes] = field(default_factory=list)
    """Values of weights of frozen layers."""


@dataclass
class _Budget:
    """Numbers that weights may still hold."""

    left: int = MAX_PARAMS
    exceeded: bool = False


def rebuild(network: Network, blobs: list[bytes] | None = None) -> Any:
    """Return a functional `keras.Model` equal to the recorded one, its weights drawn from Keras's global seed.

    But for those of frozen layers whose values the record has: their bytes are `blobs`, from the host.

    Raises NotRebuilt for whatever is wrong with the record, MemoryError or TensorFlow's ResourceExhaustedError where
    the machine has no room for it.
    """
    import keras

    check_whole(network)
    calls = _Calls(blobs=blobs or [])
    with _budget() as budget:
        for position, record in enumerate(network.layers):
            with _refusals(described(record), budget):
                calls.made.append(_called(position, record, calls))
        with _refusals("", budget):
            outputs = _taken(network.outputs, network.slots, calls, len(network.layers))
            return keras.Model(_one_or_all(calls.inputs), _one_or_all(outputs))


def _one_or_all(tensors: list[Any]) -> Any:
    return tensors[0] if len(tensors) == 1 else tensors


@contextmanager
def _refusals(layer: str, budget: _Budget) -> Iterator[None]:
    """Turn what goes wrong inside into NotRebuilt; want of memory, which is no fault of the record, passes."""
    try:
        yield
    except NotAllowed as refused:
        raise NotRebuilt(refused.reason, layer, refused.detail) from None
    except Exception as error:
        if budget.exceeded:
            raise NotRebuilt("large", layer, f"more than {MAX_PARAMS} parameters") from None
        if isinstance(error, MemoryError) or backends.of_keras().cause(error) in ("memory", "start"):
            raise
        raise NotRebuilt(
            "large" if isinstance(error, RecursionError) else "refused", layer, message_of(error)
        ) from error


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
        raise NotAllowed("custom", record.unreadable or "a class of the student's own")
    if record.cls == "InputLayer":
        calls.inputs.append(_input(record))
        return calls.inputs[-1:]
    if record.origin == "operation" and record.cls in ("Variable", "Constant"):
        return [_source(record, calls)]
    tensors = _taken(record.inputs, record.slots, calls, position)
    if record.origin == "operation":
        made = call_operation(record, tensors)
    else:
        made = _apply(_layer(record, calls), record, tensors)
        _know_weights(record, calls)
    outputs = keras.tree.flatten(made)
    check_outputs(record, [tensor.shape for tensor in outputs])
    return list(outputs)


def _source(record: Layer, calls: _Calls) -> Any:
    """Return a weight, or a constant, that operations take: a layer that has it, whatever it is called on."""
    if not calls.inputs:
        raise NotAllowed("unfinished", "it comes before any input")
    if record.cls == "Constant":
        return _sources().Held(array(record.config.get("value")))(calls.inputs[0])
    if len(record.weights) != 1:
        raise NotAllowed("refused", "a weight that is not one")
    (weight,) = record.weights
    variable = calls.weights.get(weight.identity) if weight.identity is not None else None
    if variable is None:
        check_size((None, *weight.shape))
        drawn_by = initializer(record.config.get("initializer"))
        layer = _sources().Weight(weight.shape, drawn_by, trainable=record.trainable)
        if weight.identity is not None:
            calls.weights[weight.identity] = layer.held
    else:
        layer = _sources().Held(variable)
    return layer(calls.inputs[0])


def _know_weights(record: Layer, calls: _Calls) -> None:
    """Remember which variables a layer has. Raise NotAllowed where they should be another's, which it has not."""
    _, layer = calls.layers[record.identity]
    pairs = zip(record.weights, layer.weights, strict=False) if len(record.weights) == len(layer.weights) else ()
    for weight, variable in pairs:
        if weight.identity is not None and calls.weights.setdefault(weight.identity, variable) is not variable:
            raise NotAllowed("unknown", "it has the weights of another layer")
        if weight.values is not None and weight.values.shape == tuple(variable.shape):
            variable.assign(codec.array_value(weight.values, calls.blobs))


@cache
def _sources() -> Any:
    """Return the layers that stand for what operations take. They are made here: this module imports no Keras."""
    import keras

    class Held(keras.layers.Layer):  # type: ignore[misc]
        """Numbers, or a variable: what it gives, whatever it is called with."""

        def __init__(self, held: Any) -> None:
            super().__init__()
            self.held, self.built = held, True

        def compute_output_spec(self, _: Any) -> Any:
            return keras.KerasTensor(tuple(self.held.shape), dtype=self.held.dtype)

        def call(self, _: Any) -> Any:
            return keras.ops.convert_to_tensor(self.held)

    class Weight(Held):
        """A variable of its own."""

        def __init__(self, shape: Shape, drawn_by: Any, *, trainable: bool) -> None:
            super().__init__(None)
            self.held = self.add_weight(shape=shape, initializer=drawn_by, trainable=trainable)

    class Told(keras.layers.Layer):  # type: ignore[misc]
        """A layer that is called as in training, or as not, whatever the network is called for."""

        def __init__(self, layer: Any, *, training: bool) -> None:
            super().__init__()
            self.layer, self.told = layer, training

        def call(self, *args: Any, **kwargs: Any) -> Any:
            return self.layer(*args, training=self.told, **kwargs)

    return SimpleNamespace(Weight=Weight, Held=Held, Told=Told)


def _input(record: Layer) -> Any:
    import keras

    if len(record.output_shapes) != 1 or not record.output_shapes[0]:
        raise NotAllowed("unfinished", "an input without a shape")
    check_size(record.output_shapes[0])
    return keras.Input(record.output_shapes[0][1:], dtype=dtype(record.config.get("dtype")))


def _taken(sources: Sequence[int], slots: Sequence[int], calls: _Calls, position: int) -> list[Any]:
    """Return the tensors that earlier calls made: of each call, the output that the record names."""
    tensors = []
    for number, source in enumerate(sources):
        slot = slots[number] if number < len(slots) else 0
        if source >= position:
            raise NotAllowed("refused", "it takes the output of a layer that does not come before it")
        if slot >= len(calls.made[source]):
            raise NotAllowed("refused", "it takes an output that a layer does not have")
        tensors.append(calls.made[source][slot])
    return tensors


def _layer(record: Layer, calls: _Calls) -> Any:
    """Return the layer of this call: a new one, or the one that an earlier call of it made."""
    first, layer = calls.layers.get(record.identity, (None, None))
    if first is not None:
        if (first.cls, first.config) != (record.cls, record.config):
            raise NotAllowed("refused", "it has the weights of a layer that is another")
        return layer
    layer = make_layer(record.cls, record.config)
    if not record.trainable:
        layer.trainable = False
    calls.layers[record.identity] = (record, layer)
    return layer


def _apply(layer: Any, record: Layer, tensors: list[Any]) -> Any:
    call = layer if record.training is None else _sources().Told(layer, training=record.training)
    if record.arguments:
        arguments = {key: placed(value, tensors) for key, value in record.arguments.items()}
        first = next(iter(arguments))
        return call(arguments.pop(first), **arguments)
    if record.cls in LIST_TAKERS:
        return call(tensors)
    if record.cls == "MultiHeadAttention":
        return call(*tensors)
    if getattr(tensors[0] if tensors else None, "_keras_mask", None) is not None:
        tensors = [tensor for tensor in tensors if tensor.dtype != "bool"]  # Keras hands the mask on by itself
    if len(tensors) != 1:
        raise NotAllowed("unknown", f"it takes {len(tensors)} tensors where one is known")
    return call(tensors[0])
