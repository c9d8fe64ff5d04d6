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
from functools import partial
from typing import Any

import msgspec
import numpy as np

from autograder.wire.messages import Layer, Network, Sample, Shape, Weight
from autograder.worker.errors import reason
from autograder.worker.keras import running as keras_running
from autograder.worker.keras.calls import dress, entry, shape
from autograder.worker.keras.compiled import read_compiled
from autograder.worker.keras.examples import NotThisWay, build, example
from autograder.worker.keras.functions import code_digest, parameters
from autograder.worker.keras.graph import Trail
from autograder.worker.keras.records import MAX_NAME, class_name, is_symbolic, origin
from autograder.worker.keras.symbols import suspended
from autograder.worker.keras.told import install
from autograder.worker.keras.version import require_keras_3
from autograder.worker.keras.ways import Problem, Reading, by_graph, by_listing, by_symbols, followed
from autograder.worker.readings import merged, slots, unless

RUN_ON = 2
"""Examples that a model is tried on where its code cannot be followed, to tell whose fault that is."""


Way = Callable[[Trail], Reading]


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
        args, kwargs = example(model, input_shape, make)
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
        reading = _steadily(lambda trail: followed(trail, keras.tree.flatten(inputs), symbols))
    except Unsteady as error:
        reading = followed(Trail({}), keras.tree.flatten(inputs), symbols)
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
    build(model, input_shape)
    for way in (by_graph, by_symbols):
        try:
            return _steadily(lambda trail, way=way: way(trail, model, input_shape))  # type: ignore[misc]
        except Exception as error:
            failures.append(error)
    reading = by_listing(model)
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
        args, kwargs = example(model, input_shape, make)
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
