"""Reads a Keras model, however it was written, into a `Network`: the untrusted side's half of comparing networks.

Four ways, the first that succeeds:

1. the graph that a functional or built Sequential model carries;
2. the graph that its `call` makes of symbolic inputs, for a subclassed or lazily built model;
3. the layers called while it runs on one example of zeros, where its `call` refuses symbolic inputs;
4. the list of its layers, where nothing can be followed: never built, or a `call` that raises.

Whatever is less than whole is said in `Network.note`. Importing this module imports no Keras and runs no operation.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from autograder.wire.messages import Layer, Network, Shape
from autograder.worker.keras_compiled import read_compiled
from autograder.worker.keras_graph import (
    MAX_LAYERS,
    TooManyLayers,
    Trail,
    accepted,
    graph_ends,
    shape,
    symbolic_outputs,
)
from autograder.worker.keras_records import MAX_NAME, count, is_symbolic, layer_record

MAX_REASON = 200
"""Characters kept of an exception's message in a note."""

Example = tuple[tuple[Any, ...], dict[str, Any]]
"""Positional and named arguments of a model's call."""


@dataclass
class Reading:
    """What one way of reading has found so far."""

    trail: Trail = field(default_factory=Trail)
    inputs: list[Shape] = field(default_factory=list)
    outputs: list[Shape] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    """The calls that give the outputs."""

    @contextmanager
    def within_limit(self) -> Iterator[None]:
        """Keep what was recorded before the network proved too large, and say so."""
        try:
            yield
        except TooManyLayers:
            self.trail.notes.append(f"only its first {MAX_LAYERS} layers were read")
            self.ends = [len(self.trail.layers) - 1]

    def follow(self, inputs: Sequence[Any], outputs: Sequence[Any]) -> None:
        """Record the graph between symbolic `inputs` and `outputs`."""
        self.inputs = [shape(tensor) for tensor in inputs]
        self.outputs = [shape(tensor) for tensor in outputs]
        known: dict[int, int] = {}
        with self.within_limit():
            self.trail.start(inputs, known)
            self.ends = self.trail.follow(outputs, known)


class NotThisWay(Exception):
    """This way of reading does not fit the model; the message says why, where it is worth a note."""


def read_model(model: Any, input_shape: Sequence[int | None] | None = None) -> Network:
    """Return the record of a `keras.Model`.

    `input_shape` is the shape of one example, batch left out; it serves where the model was never built, and then
    reading builds its layers. An odd model is no error: the record says less, and `note` says why.
    """
    reading = _read(model, input_shape)
    return Network(
        name=str(model.name)[:MAX_NAME],
        framework="keras",
        dress=type(model).__name__[:MAX_NAME],
        layers=reading.trail.layers,
        outputs=reading.ends,
        input_shapes=reading.inputs,
        output_shapes=reading.outputs,
        params=_count(model, "weights"),
        trainable_params=_count(model, "trainable_weights"),
        compiled=read_compiled(model),
        note="; ".join(reading.trail.notes),
    )


def read_symbolic(outputs: Any, inputs: Any) -> Network:
    """Return the record of what lies between `keras.Input`s and the symbolic tensors a student's function returned.

    Both are KerasTensors or nested lists of them; an output that is not is left out, and `note` says so.
    """
    import keras

    made = keras.tree.flatten(outputs)
    symbols = [tensor for tensor in made if is_symbolic(tensor)]
    reading = Reading()
    reading.follow(keras.tree.flatten(inputs), symbols)
    if len(symbols) < len(made):
        reading.trail.notes.append("some outputs are not symbolic tensors")
    weights = [weight for layer in _distinct(reading.trail.layers) for weight in layer.weights]
    return Network(
        name="",
        framework="keras",
        dress="function",
        layers=reading.trail.layers,
        outputs=reading.ends,
        input_shapes=reading.inputs,
        output_shapes=reading.outputs,
        params=sum(math.prod(weight.shape) for weight in weights),
        trainable_params=sum(math.prod(weight.shape) for weight in weights if weight.trainable),
        note="; ".join(reading.trail.notes),
    )


def _count(model: Any, variables: str) -> int:
    """Count parameters as Keras does, but make 0 of what Keras cannot count: a model that holds itself."""
    try:
        return count(getattr(model, variables))
    except Exception:
        return 0


def _distinct(layers: list[Layer]) -> Iterable[Layer]:
    return {layer.identity: layer for layer in layers}.values()


def _read(model: Any, input_shape: Sequence[int | None] | None) -> Reading:
    failures = []
    for way in (_by_graph, _by_symbols):
        try:
            return way(model, input_shape)
        except Exception as error:
            failures.append(_reason(error))
    try:
        reading = _by_running(model, input_shape)
    except Exception as error:
        failures.append(_reason(error))
        reading = _by_listing(model)
    reading.trail.notes.extend(reason for reason in dict.fromkeys(failures) if reason)
    return reading


def _reason(error: Exception) -> str:
    return str(error) if isinstance(error, NotThisWay) else f"{type(error).__name__}: {error}"[:MAX_REASON]


def _by_graph(model: Any, _: object) -> Reading:
    ends = graph_ends(model)
    if ends is None:
        raise NotThisWay
    reading = Reading()
    reading.follow(*ends)
    return reading


def _by_symbols(model: Any, input_shape: Sequence[int | None] | None) -> Reading:
    import keras

    args, kwargs = _example(model, input_shape, lambda sizes: keras.Input(shape=sizes))
    reading = Reading()
    reading.follow(keras.tree.flatten((args, kwargs)), symbolic_outputs(model, args, kwargs))
    return reading


def _by_running(model: Any, input_shape: Sequence[int | None] | None) -> Reading:
    import keras

    args, kwargs = _example(model, input_shape, lambda sizes: keras.ops.zeros((1, *(size or 1 for size in sizes))))
    inputs = keras.tree.flatten((args, kwargs))
    reading = Reading(inputs=[shape(tensor) for tensor in inputs])
    known: dict[int, int] = {}
    reading.trail.notes.append("followed while it ran on zeros: operations outside layers were not seen")
    reading.trail.start(inputs, known)
    with reading.within_limit():
        with _each_layer_call(partial(_record_run, reading.trail, known)):
            # Not `model(...)`: a model not built yet would first try its call out, and each layer be recorded twice.
            outputs = keras.tree.flatten(model.call(*args, **accepted(model, kwargs, training=False)))
        reading.outputs = [shape(tensor) for tensor in outputs]
        last = len(reading.trail.layers) - 1
        reading.ends = [known.get(id(tensor), last) for tensor in outputs]
    if len(reading.trail.layers) == len(inputs):
        raise NotThisWay("it called no layer")
    return reading


def _by_listing(model: Any) -> Reading:
    """List the layers, each taking the output of the one before, for want of anything better."""
    import keras

    reading = Reading()
    if not isinstance(model, keras.Sequential):
        reading.trail.notes.append("its layers are listed as they were made, not as they are called")
    with reading.within_limit():
        for layer in _layers_inside(model, frozenset()):
            previous = [len(reading.trail.layers) - 1] if reading.trail.layers else []
            identity = reading.trail.identity(layer)
            record = layer_record(layer, identity=identity, inputs=previous, input_shapes=[], output_shapes=[], call={})
            reading.ends = [reading.trail.add(record)]
    return reading


def _layers_inside(model: Any, around: frozenset[int]) -> Iterator[Any]:
    """Yield the layers of `model` and of the models in it; `around` are those it is in, for one may hold itself."""
    import keras

    around |= {id(model)}
    for layer in model.layers:
        if not isinstance(layer, keras.Model):
            yield layer
        elif id(layer) not in around:
            yield from _layers_inside(layer, around)


def _example(model: Any, input_shape: Sequence[int | None] | None, make: Callable[[Shape], Any]) -> Example:
    """Return the arguments of one call, each tensor made by `make` from its shape without the batch.

    The shapes are those of the model's graph, else those it was built with, else `input_shape`. Raise NotThisWay where
    there are none.
    """
    import keras

    def made(shapes: Any) -> Any:
        return keras.tree.map_shape_structure(lambda sizes: make(tuple(sizes[1:])), shapes)

    if isinstance(model, keras.Function):
        return (keras.tree.map_structure(lambda tensor: make(shape(tensor)[1:]), model.input),), {}
    built = model.get_build_config() or {}
    if "shapes_dict" in built:
        return (), {name.removesuffix("_shape"): made(shapes) for name, shapes in built["shapes_dict"].items()}
    if "input_shape" in built:
        return (made(built["input_shape"]),), {}
    if input_shape is None:
        raise NotThisWay("it was never built, and no input shape is known")
    return (make(tuple(input_shape)),), {}


@contextmanager
def _each_layer_call(record: Callable[[Any, Any, Any, Any], None]) -> Iterator[None]:
    """Call `record(layer, args, kwargs, outputs)` after each call of a layer that is not inside another one.

    Models are looked into: it is their layers that are recorded.
    """
    import keras

    original = keras.layers.Layer.__call__
    inside = False

    def recorded(layer: Any, *args: Any, **kwargs: Any) -> Any:
        nonlocal inside
        if inside or isinstance(layer, keras.Model):
            return original(layer, *args, **kwargs)
        inside = True
        try:
            outputs = original(layer, *args, **kwargs)
        finally:
            inside = False
        record(layer, args, kwargs, outputs)
        return outputs

    keras.layers.Layer.__call__ = recorded
    try:
        yield
    finally:
        keras.layers.Layer.__call__ = original


def _record_run(trail: Trail, known: dict[int, int], layer: Any, args: Any, kwargs: Any, outputs: Any) -> None:
    """Record one call made on real tensors. What came from an unseen operation is taken to come from the last call."""
    import keras

    taken = [item for item in keras.tree.flatten((args, kwargs)) if hasattr(item, "shape")]
    made = [item for item in keras.tree.flatten(outputs) if hasattr(item, "shape")]
    position = trail.add(
        layer_record(
            layer,
            identity=trail.identity(layer),
            inputs=[known.get(id(tensor), len(trail.layers) - 1) for tensor in taken],
            input_shapes=[shape(tensor) for tensor in taken],
            output_shapes=[shape(tensor) for tensor in made],
            call={},
        )
    )
    trail.learn([*taken, *made], position, known)
