"""Reads a Keras model, however it was written, into a `Network`: the untrusted side's half of comparing networks.

Three ways, the first that succeeds:

1. the graph that a functional or built Sequential model carries;
2. the graph that its `call` makes of symbolic inputs, for a subclassed or lazily built model;
3. the list of its layers, where nothing can be followed: never built, or a `call` that raises.

Student code that is followed is followed twice, as in training and as not, on other numbers if it asks for some: what
it computes must be the same, but for what depends on training. Whatever is less than whole is said in `Network.problem`
and `Network.note`. Importing this module imports no Keras and runs no operation.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Literal

import msgspec
import numpy as np

from autograder.wire.messages import Graph, Layer, Network, Sample, Shape, Weight
from autograder.worker import keras_running
from autograder.worker.keras_compiled import read_compiled
from autograder.worker.keras_following import BATCH, Given, install, parameters, suspended
from autograder.worker.keras_functions import code_digest
from autograder.worker.keras_graph import (
    MAX_LAYERS,
    Known,
    Source,
    TooManyLayers,
    Trail,
    accepted,
    dress,
    entry,
    graph_ends,
    reason,
    shape,
)
from autograder.worker.keras_records import MAX_NAME, class_name, is_symbolic, layer_record, origin
from autograder.worker.keras_version import require_keras_3
from autograder.worker.readings import merged, slots, unless

RUN_ON = 2
"""Examples that a model is tried on where its code cannot be followed, to tell whose fault that is."""

Example = tuple[tuple[Any, ...], dict[str, Any]]
"""Positional and named arguments of a model's call."""
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


Way = Callable[[Trail], Reading]


class NotThisWay(Exception):
    """This way of reading does not fit the model; the message says why, where it is worth a note."""


class Unsteady(Exception):
    """Student code computes something else each time it is called."""


def read_model(model: Any, input_shape: Sequence[int | None] | None = None) -> Network:
    """Return the record of a `keras.Model`.

    `input_shape` is the shape of one example, batch left out; it serves where the model was never built, and then
    reading builds its layers. An odd model is no error: the record says less, and `problem` and `note` say why. Raises
    ImportError for a model of Keras 2.
    """
    require_keras_3(model)

    install()  # what is read first may hold others, called only now
    reading = _read(model, input_shape)
    network = _network(reading, str(model.name)[:MAX_NAME], dress(model))
    counts = _counts(model) if reading.problem or reading.trail.notes else {}
    network = msgspec.structs.replace(network, compiled=read_compiled(model), **counts)
    if not keras_running.is_due(network, reading.trail.code):
        return network
    return msgspec.structs.replace(network, sample=_sample(model, input_shape, reading.trail))


def _sample(model: Any, input_shape: Sequence[int | None] | None, trail: Trail) -> Sample | None:
    """Return what a model makes of the fixed example, as it is called by anybody."""

    def calling(make: Callable[[Shape], Any]) -> Callable[[], Any]:
        args, kwargs = _example(model, input_shape, make)
        return partial(model, *args, **kwargs, **({"training": False} if _takes_training(model) else {}))

    return keras_running.sample(calling, trail.variables)


def _takes_training(model: Any) -> bool:
    return "training" in (parameters(entry(model)) or ()) or "training" in (parameters(model.call) or ())


def read_symbolic(outputs: Any, inputs: Any) -> Network:
    """Return the record of what lies between `keras.Input`s and the symbolic tensors a student's function returned.

    Both are KerasTensors or nested lists of them; an output that is not is left out, and `note` says so.
    """
    import keras

    made = keras.tree.flatten(outputs)
    symbols = [tensor for tensor in made if is_symbolic(tensor)]
    try:
        reading = _steadily(lambda trail: _followed(trail, keras.tree.flatten(inputs), symbols))
    except Unsteady as error:
        reading = _followed(Trail({}), keras.tree.flatten(inputs), symbols)
        reading.problem = "unreadable"
        reading.trail.notes.append(str(error))
    if len(symbols) < len(made):
        reading.trail.notes.append("some outputs are not symbolic tensors")
    network = _network(reading, "", "function")
    if not keras_running.is_due(network, reading.trail.code):
        return network

    def calling(make: Callable[[Shape], Any]) -> Callable[[], Any]:
        given = keras.tree.map_structure(lambda tensor: make(shape(tensor)[1:]), inputs)
        return partial(keras.Function(inputs, symbols), given, training=False)

    return msgspec.structs.replace(network, sample=keras_running.sample(calling, reading.trail.variables))


def _network(reading: Reading, name: str, written: str) -> Network:
    """Return the record of a reading, its parameters counted by the weights that were met."""
    weights = _distinct(reading.trail.layers)
    return Network(
        name=name,
        framework="keras",
        dress=written,
        nested=reading.trail.nested,
        layers=reading.trail.layers,
        outputs=[position for position, _ in reading.ends],
        slots=slots(reading.ends),
        losses=reading.trail.losses,
        inference=reading.inference,
        input_shapes=reading.inputs,
        output_shapes=reading.outputs,
        params=sum(math.prod(weight.shape) for weight in weights),
        trainable_params=sum(math.prod(weight.shape) for weight in weights if weight.trainable),
        problem=reading.problem,
        code=reading.code,
        note="; ".join(reading.trail.notes),
    )


def _counts(model: Any) -> dict[str, int]:
    """Return what a model that was not read whole holds, asked of Keras and not of what may have been put in its place.

    Nothing where Keras cannot say: a model that holds itself.
    """
    import keras

    try:
        own = list({id(weight): weight for weight in keras.Model.weights.fget(model)}.values())
        trainable = {id(weight) for weight in keras.Model.trainable_weights.fget(model)}
    except Exception:
        return {"params": 0, "trainable_params": 0}
    return {"params": _count(own), "trainable_params": _count([one for one in own if id(one) in trainable])}


def _count(variables: Sequence[Any]) -> int:
    return sum(math.prod(variable.shape) for variable in variables)


def _distinct(layers: list[Layer]) -> list[Weight]:
    """Return each weight once, though it serve several times."""
    found = {}
    for layer in _and_functions(layers):
        for number, weight in enumerate(layer.weights):
            found[(layer.identity, number) if weight.identity is None else weight.identity] = weight
    return list(found.values())


def _and_functions(layers: list[Layer]) -> Iterator[Layer]:
    for layer in layers:
        yield layer
        for graph in layer.functions.values():
            yield from _and_functions(graph.layers)


def _read(model: Any, input_shape: Sequence[int | None] | None) -> Reading:
    failures: list[Exception] = []
    was_built = model.built
    _build(model, input_shape)
    for way in (_by_graph, _by_symbols):
        try:
            return _steadily(lambda trail, way=way: way(trail, model, input_shape))  # type: ignore[misc]
        except Exception as error:
            failures.append(error)
    reading = _by_listing(model)
    said = [_reason(error) for error in failures]
    problem, raised = _whose_fault(model, input_shape, failures[-1])
    if problem == "raised" and was_built and _takes_more(model):  # Keras does not say with what else it was called
        problem = "unreadable"
    reading.problem = problem
    reading.code = _code(model) if problem == "unreadable" else ""
    reading.trail.notes.extend(note for note in dict.fromkeys(raised or said) if note)
    return reading


def _code(model: Any) -> str:
    """Return the digest of all of the student's code in a model."""
    own = [layer for layer in model._flatten_layers() if origin(layer) == "custom" or class_name(layer) == "Lambda"]
    return code_digest([(type(layer), layer.call, getattr(layer, "function", None)) for layer in (model, *own)])


def _reason(error: Exception) -> str:
    return str(error) if isinstance(error, (NotThisWay, Unsteady)) else reason(error)


def _takes_more(model: Any) -> bool:
    """Whether a call takes more than its first argument: Keras's own do not, whatever their `**kwargs` say."""
    if dress(model) in ("Sequential", "Functional"):
        return False
    return len(set(parameters(model.call) or ()) - {"self", "training", "mask"}) > 1


def _whose_fault(model: Any, input_shape: Any, error: Exception) -> tuple[Problem, list[str]]:
    """Say why a model could not be followed: its code is run on examples, and raises by itself or does not."""
    import keras

    if isinstance(error, NotThisWay):
        return "unbuilt", []

    def make(sizes: Shape) -> Any:
        return keras.ops.convert_to_tensor(np.zeros((RUN_ON, *(size or 1 for size in sizes)), dtype="float32"))

    try:
        args, kwargs = _example(model, input_shape, make)
        with suspended(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model(*args, **kwargs)
    except Exception as raised:
        return "raised", [reason(_first_cause(raised))]
    return "unreadable", []


def _first_cause(error: BaseException) -> Exception:
    """Return the error that the student's code raised, not those that were raised on its account."""
    while error.__cause__ is not None:
        error = error.__cause__
    return error if isinstance(error, Exception) else Exception(str(error))


# --- The same, twice --------------------------------------------------------------------------------------------------


def _steadily(way: Way) -> Reading:
    """Read in one way. Student code that is met on it is followed again as it is not trained, to see what differs."""
    identities: dict[int, int] = {}
    kept: list[Any] = []

    def read(*, training: bool, seed: int) -> Reading:
        trail = Trail(identities, training=training, seed=seed)
        kept.append(trail)
        return way(trail)

    reading = read(training=True, seed=0)
    if not reading.trail.code or reading.problem:
        return reading
    other = read(training=False, seed=1)
    if not _merge(reading, other):
        again = read(training=True, seed=1)
        if not _merge(reading, again):
            raise Unsteady("its code does something else each time it is called")
        _keep_both(reading, other)
    return reading


def _merge(reading: Reading, other: Reading) -> bool:
    """Where two readings hold the same calls, make one of them: which calls depend on training, and how."""
    found = merged(reading.graph(), other.graph())
    if found is not None:
        reading.trail.layers[:] = found
    return found is not None


def _keep_both(reading: Reading, other: Reading) -> None:
    """Keep what is computed in training and what is not, each call as it is trained or not unless it says otherwise."""
    reading.trail.layers[:] = unless(reading.trail.layers, told=True)
    other.trail.layers[:] = unless(other.trail.layers, told=False)
    reading.inference = other.graph()


# --- Ways -------------------------------------------------------------------------------------------------------------


def _followed(trail: Trail, inputs: Sequence[Any], outputs: Sequence[Any]) -> Reading:
    """Record the graph between symbolic `inputs` and `outputs`."""
    reading = Reading(trail, [shape(tensor) for tensor in inputs], [shape(tensor) for tensor in outputs])
    known: Known = {}
    with reading.within_limit():
        trail.start(inputs, known)
        reading.ends = trail.follow(outputs, known)
    return reading


def _by_graph(trail: Trail, model: Any, _: object) -> Reading:
    ends = graph_ends(model)
    if ends is None:
        raise NotThisWay
    return _followed(trail, *ends)


def _by_symbols(trail: Trail, model: Any, input_shape: Sequence[int | None] | None) -> Reading:
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

    return _example(model, input_shape, lambda sizes: keras.KerasTensor((BATCH, *sizes), dtype=dtype))


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


def _build(model: Any, input_shape: Sequence[int | None] | None) -> None:
    """Let Keras build a model that never was. What goes wrong goes wrong again, and is said, when it is followed."""
    import keras

    if model.built:
        return
    try:
        args, kwargs = _example(model, input_shape, lambda sizes: keras.Input(shape=sizes))
        with suspended(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model(*args, **kwargs)
    except Exception:
        return


def _by_listing(model: Any) -> Reading:
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
    remembered = vars(model).get("autograder_arguments")
    if remembered is not None:
        return keras.tree.map_structure(lambda one: _again(one, make), remembered)  # type: ignore[no-any-return]
    first = model.layers[0] if isinstance(model, keras.Sequential) and model.layers else model
    built = model.get_build_config() or first.get_build_config() or {}
    if "shapes_dict" in built:
        return (), {name.removesuffix("_shape"): made(shapes) for name, shapes in built["shapes_dict"].items()}
    if "input_shape" in built:
        return (made(built["input_shape"]),), {}
    if input_shape is None:
        raise NotThisWay("it was never built, and no input shape is known")
    return (make(tuple(input_shape)),), {}


def _again(value: Any, make: Callable[[Shape], Any]) -> Any:
    """Return what stands for one argument of a call: a tensor for a tensor, anything else as it was."""
    if not isinstance(value, Given):
        return value
    import keras

    tensor = make(tuple(value.shape[1:]))
    sizes = tuple(tensor.shape) if value.batched else value.shape
    if is_symbolic(tensor):
        alike = (sizes, value.dtype) == (tuple(tensor.shape), str(tensor.dtype))
        return tensor if alike else keras.KerasTensor(sizes, dtype=value.dtype)
    whole = keras.ops.broadcast_to(tensor[:1], sizes) if not value.batched else tensor
    return keras.ops.cast(whole, value.dtype)
