"""Follows a Keras graph from its outputs back to its inputs, and records every call of a layer on the way.

Keras keeps, on each symbolic tensor, the call that made it (`_keras_history`) and on each call its arguments: that is
all this module reads. Models nested in the graph are unfolded where they stand.
"""

from __future__ import annotations

import inspect
from collections.abc import Container, Iterator, Sequence
from typing import Any

from autograder.wire.messages import Layer, Shape
from autograder.worker.keras_records import TENSOR, input_record, is_symbolic, layer_record, plain
from autograder.worker.keras_tensorflow import followed

MAX_LAYERS = 2000
"""Calls recorded of one network."""
UNTOLD = ("training", "mask", "name")
"""Arguments of a call that say nothing of the architecture."""


class TooManyLayers(Exception):
    """The network has more than MAX_LAYERS calls."""


class Trail:
    """The calls recorded so far, in call order.

    `known` dictionaries map the id of a tensor to the position of the call that made it. The tensors themselves are
    kept for as long as the trail, so that no id is used twice.
    """

    def __init__(self) -> None:
        self.layers: list[Layer] = []
        self.notes: list[str] = []
        self._identities: dict[int, int] = {}
        self._kept: list[object] = []

    def start(self, tensors: Sequence[Any], known: dict[int, int]) -> None:
        """Record `tensors` as inputs of the network."""
        for tensor in tensors:
            call = call_of(tensor)
            if call is not None and call.is_input:
                self.follow([tensor], known)
                continue
            name = str(getattr(tensor, "name", "input"))
            self.learn([tensor], self.add(input_record(name, shape(tensor), self.identity(tensor))), known)

    def follow(self, outputs: Sequence[Any], known: dict[int, int]) -> list[int]:
        """Record the calls between tensors in `known` and `outputs`; return the positions that make `outputs`."""
        for call in calls_between(known, outputs):
            self._record_call(call, known)
        return [known[id(tensor)] for tensor in outputs if id(tensor) in known]

    def add(self, record: Layer) -> int:
        """Append `record` and return its position. Raise TooManyLayers where it would be one too many."""
        if len(self.layers) >= MAX_LAYERS:
            raise TooManyLayers
        self.layers.append(record)
        return len(self.layers) - 1

    def identity(self, operation: object) -> int:
        """Return the number that stands for this very object."""
        self._kept.append(operation)
        return self._identities.setdefault(id(operation), len(self._identities))

    def learn(self, tensors: Sequence[Any], position: int, known: dict[int, int]) -> None:
        """Remember that the call at `position` made `tensors`."""
        self._kept.extend(tensors)
        known.update((id(tensor), position) for tensor in tensors)

    def _record_call(self, call: Any, known: dict[int, int]) -> None:
        made_by = self._unfolded(call, known)
        if made_by is None:
            position = self.add(self._layer(call, known))
            made_by = [position] * len(call.outputs)
        for tensor, position in zip(call.outputs, made_by, strict=False):
            self.learn([tensor], position, known)

    def _layer(self, call: Any, known: dict[int, int]) -> Layer:
        tensors = call.input_tensors
        return layer_record(
            call.operation,
            identity=self.identity(call.operation),
            inputs=[known[id(tensor)] for tensor in tensors if id(tensor) in known],
            input_shapes=[shape(tensor) for tensor in tensors],
            output_shapes=[shape(tensor) for tensor in call.outputs],
            call=told_arguments(call.arguments.args, call.arguments.kwargs),
        )

    def _unfolded(self, call: Any, known: dict[int, int]) -> list[int] | None:
        """Record what happens inside a model that was called; None for a plain layer, or a model that hides it."""
        import keras

        if not isinstance(call.operation, (keras.Model, keras.Function)):
            return None
        ends = graph_ends(call.operation)
        if ends is not None:
            inputs, outputs = ends
            inside = {id(inner): known[id(outer)] for inner, outer in zip(inputs, call.input_tensors, strict=False)}
            return self.follow(outputs, inside)
        try:
            outputs = symbolic_outputs(call.operation, call.arguments.args, call.arguments.kwargs)
        except Exception as error:
            self.notes.append(f"{call.operation.name} could not be unfolded: {type(error).__name__}")
            return None
        self._kept.extend(outputs)
        return self.follow(outputs, known)


def calls_between(known: Container[int], outputs: Sequence[Any]) -> Iterator[Any]:
    """Yield the calls that lead from tensors in `known` to `outputs`, each after those it depends on.

    `known` may grow between two calls. Without recursion, so that depth is no limit.
    """
    seen: set[int] = set()
    waiting = [(tensor, False) for tensor in reversed(outputs)]
    while waiting:
        tensor, parents_done = waiting.pop()
        call = call_of(tensor)
        if parents_done:
            yield call
        elif call is not None and id(tensor) not in known and id(call) not in seen:
            seen.add(id(call))
            waiting.append((tensor, True))
            waiting.extend((parent, False) for parent in reversed(call.input_tensors))


def call_of(tensor: Any) -> Any:
    """Return the call (Keras: the node) that made a symbolic tensor; None for one that comes from nowhere."""
    history = getattr(tensor, "_keras_history", None)
    if history is None or history.operation is None:
        return None
    return history.operation._inbound_nodes[history.node_index]


def graph_ends(model: Any) -> tuple[list[Any], list[Any]] | None:
    """Return the symbolic inputs and outputs of a functional or built Sequential model, None for any other."""
    import keras

    if not isinstance(model, (keras.Function, keras.Sequential)):
        return None
    if not type(model).call.__module__.startswith("keras."):  # a student's own `call` is what would run
        return None
    try:
        return list(model.inputs), list(model.outputs)
    except AttributeError:  # a Sequential that has no input shape yet
        return None


def symbolic_outputs(model: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> list[Any]:
    """Return the symbolic tensors that `model.call` makes of these arguments.

    `model(...)` would hide what is inside: Keras records it as one call. Layers not built yet are built. Raises
    whatever the student's `call` raises, and ValueError where it returns anything but symbolic tensors.
    """
    import keras

    with followed():
        outputs = keras.tree.flatten(model.call(*args, **accepted(model, kwargs, training=True)))
    if not outputs or not all(is_symbolic(tensor) for tensor in outputs):
        raise ValueError("its outputs are not symbolic tensors")
    return list(outputs)


def accepted(model: Any, kwargs: dict[str, Any], *, training: bool) -> dict[str, Any]:
    """Return the named arguments that `model.call` takes, `training` set where it is one of them.

    Keras drops a `training` or `mask` that a call does not take, so students pass them on anyway; some write
    `training` without a default, and some apply Dropout only `if training`.
    """
    taken = inspect.signature(model.call).parameters
    passed = {key: value for key, value in kwargs.items() if key in taken or key not in UNTOLD}
    return {**passed, "training": training} if "training" in taken else passed


def told_arguments(args: Sequence[Any], kwargs: dict[str, Any]) -> dict[str, object]:
    """Return the arguments of a call that are not tensors: the 1 of `x + 1`, with its side, the axis of a function."""
    told: dict[str, object] = {}
    if any(_holds_constant(item) for item in args):
        told["arguments"] = [plain(item) for item in args]
    named = {key: value for key, value in kwargs.items() if key not in UNTOLD and value is not None}
    told.update((key, plain(value)) for key, value in named.items() if _holds_constant(value))
    return told


def _holds_constant(value: object) -> bool:
    if isinstance(value, (list, tuple)):
        return any(_holds_constant(item) for item in value)
    return value is not None and plain(value) != TENSOR


def shape(tensor: Any) -> Shape:
    """Return the shape of a KerasTensor, open dimensions None; of a real tensor, with its batch left open."""
    sizes = tuple(None if size is None else int(size) for size in tensor.shape)
    return sizes if is_symbolic(tensor) else (None, *sizes[1:])
