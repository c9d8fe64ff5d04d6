"""The ways of reading a model: along its graph, by what its `call` makes of symbols, or as a list of its layers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

from autograder.wire.messages import Graph, Shape
from autograder.worker.keras.arguments import accepted
from autograder.worker.keras.calls import entry, graph_ends, shape
from autograder.worker.keras.examples import Example, NotThisWay, example
from autograder.worker.keras.graph import Trail
from autograder.worker.keras.recorded import MAX_LAYERS, Known, Source, TooManyLayers
from autograder.worker.keras.records import layer_record
from autograder.worker.keras.symbols import BATCH
from autograder.worker.readings import slots

Problem = Literal["", "unbuilt", "raised", "unreadable"]


@dataclass
class Reading:
    """What one way of reading has found so far."""

    trail: Trail
    inputs: list[Shape] = field(default_factory=list)
    outputs: list[Shape] = field(default_factory=list)
    ends: list[Source] = field(default_factory=list)
    """What gives the outputs."""
    problem: Problem = ""
    code: str = ""
    inference: Graph | None = None

    @contextmanager
    def within_limit(self) -> Iterator[None]:
        """Keep what was recorded before the network proved too large, and say so."""
        try:
            yield
        except TooManyLayers:
            self.trail.notes.append(f"only its first {MAX_LAYERS} layers were read")
            self.problem = "unreadable"
            self.ends = [(len(self.trail.layers) - 1, 0)]

    def graph(self) -> Graph:
        """Return what was found, as calls."""
        ends = [position for position, _ in self.ends]
        return Graph(self.trail.layers, ends, slots(self.ends), self.trail.losses)


def followed(trail: Trail, inputs: Sequence[Any], outputs: Sequence[Any]) -> Reading:
    """Record the graph between symbolic `inputs` and `outputs`."""
    reading = Reading(trail, [shape(tensor) for tensor in inputs], [shape(tensor) for tensor in outputs])
    known: Known = {}
    with reading.within_limit():
        trail.start(inputs, known)
        reading.ends = trail.follow(outputs, known)
    return reading


def by_graph(trail: Trail, model: Any, _: object) -> Reading:
    ends = graph_ends(model)
    if ends is None:
        raise NotThisWay
    return followed(trail, *ends)


def by_symbols(trail: Trail, model: Any, input_shape: Sequence[int | None] | None) -> Reading:
    """Record what `model.call` makes of symbols. `model(...)` would hide what is inside: Keras records it as one."""
    failures: list[Exception] = []
    for dtype in ("float32", "int32"):
        try:
            return _with_inputs(trail, model, _symbols(model, input_shape, dtype))
        except NotThisWay:
            raise
        except Exception as error:
            failures.append(error)
            trail.layers.clear()
    raise failures[0]


def _symbols(model: Any, input_shape: Sequence[int | None] | None, dtype: str) -> Example:
    import keras

    return example(model, input_shape, lambda sizes: keras.KerasTensor((BATCH, *sizes), dtype=dtype))


def _with_inputs(trail: Trail, model: Any, example: Example) -> Reading:
    import keras

    args, kwargs = example
    inputs = keras.tree.flatten((args, kwargs))
    reading = Reading(trail, [shape(tensor) for tensor in inputs])
    known: Known = {}
    with reading.within_limit():
        trail.start(inputs, known)
        code = entry(model)
        reading.ends = trail.run(code, args, accepted(code, kwargs, args, training=trail.training), known)
        reading.outputs = [trail.shape_of(source) for source in reading.ends]
    return reading


def by_listing(model: Any) -> Reading:
    """List the layers, each taking the output of the one before, for want of anything better."""
    import keras

    reading = Reading(Trail({}))
    trail = reading.trail
    if not isinstance(model, keras.Sequential):
        trail.notes.append("its layers are listed as they were made, not as they are called")
    with reading.within_limit():
        for layer in _layers_inside(model, frozenset()):
            previous = [len(trail.layers) - 1] if trail.layers else []
            record = layer_record(layer, identity=trail.identity, inputs=previous, input_shapes=[], output_shapes=[])
            reading.ends = [(trail.add(record), 0)]
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
