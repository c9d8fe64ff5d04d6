"""The calls that Keras keeps on symbolic tensors: what lies between two of them, and what runs in a model."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Sequence
from typing import Any

from autograder.wire.messages import Shape
from autograder.worker.keras.functions import is_framework
from autograder.worker.keras.records import MAX_NAME, is_symbolic, keras_class
from autograder.worker.keras.symbols import BATCH


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
    if not _runs_its_graph(model):  # a student's own `call` is what would run
        return None
    try:
        inputs, outputs = list(model.inputs), list(model.outputs)
        levels = getattr(model, "_functional", model)._nodes_by_depth.values()
    except AttributeError:  # a Sequential that has no input shape yet
        return None
    run = {id(call) for level in levels for call in level}
    if all(id(call) in run for call in calls_between({id(one) for one in inputs}, outputs)):
        return inputs, outputs
    return None  # its outputs are another's: what it runs is something else


def dress(model: Any) -> str:
    """Return how a model was written: what runs is a list of layers, a graph, or the `call` of a class of its own."""
    import keras

    if _runs_its_graph(model):
        if isinstance(model, keras.Sequential):
            return "Sequential"
        if isinstance(model, keras.Function):
            return "Functional"
    return type(model).__name__[:MAX_NAME]


def _runs_its_graph(model: Any) -> bool:
    if {"call", "__call__"} & set(vars(model)):
        return False
    base = keras_class(model)
    return is_framework(base) or all(
        is_framework(next(one for one in type(model).__mro__ if name in vars(one))) for name in ("call", "__call__")
    )


def entry(operation: Any) -> Callable[..., Any]:
    """Return what runs when a layer or a model is called: its `call`, or the `__call__` of a class of the student's."""
    owner = next(one for one in type(operation).__mro__ if "__call__" in vars(one))
    if is_framework(owner):
        return operation.call  # type: ignore[no-any-return]
    return vars(owner)["__call__"].__get__(operation)  # type: ignore[no-any-return]


def shape(tensor: Any) -> Shape:
    """Return the shape of a tensor, open dimensions None. The batch that student code is followed on is open."""
    sizes = tuple(None if size is None else int(size) for size in tensor.shape)
    if sizes and sizes[0] is not None and sizes[0] % BATCH == 0 and sizes[0]:
        return (None, *sizes[1:])
    return sizes if is_symbolic(tensor) else (None, *sizes[1:])
