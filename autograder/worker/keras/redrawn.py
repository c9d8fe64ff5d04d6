"""Another seed of a network that is compiled already: what a training changes is put back to where that seed begins.

TensorFlow traces a training once, for seconds, and a GPU's compiler takes longer still; what it traced reads variables.
So a network made anew under the next seed, which is never compiled, lends its values to the one that is. That is
sound where every number that the trace takes from outside is such a variable, which is looked at, not believed. A
tensor that is none (the mean that a Normalization was given), or an operation with a seed or a state of its own,
ends the room: the next seed has one of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def is_closed(model: Any) -> bool:
    """Whether all that a trained `model` has of its seed is in the variables that `redraw` writes.

    On another backend than TensorFlow what is compiled cannot be looked into: it is not.
    """
    import keras

    if keras.backend.backend() != "tensorflow" or model is None:
        return False
    known = {id(variable.value.handle) for variable in (*_redrawn(model), *model.metrics_variables)}
    traces = [list(_traces(function)) for function in (model.train_function, model.test_function)]
    return all(traces) and all(_reads_only(trace, known) for one in traces for trace in one)


def redraw(compiled: Any, fresh: Any, optimizer: Any) -> None:
    """Give a `compiled` model the values of the `fresh` one, which is not, and its optimizer those of a new one."""
    optimizer.build(fresh.trainable_variables)
    for old, new in zip(_redrawn(compiled), [*fresh.variables, *optimizer.variables], strict=True):
        old.assign(new.value)


def _redrawn(model: Any) -> list[Any]:
    """Weights, the states of what draws at random, and the optimizer's variables."""
    return [*model.variables, *model.optimizer.variables]


def _traces(function: Any) -> Iterator[Any]:
    """Yield the traces of a function that Keras made for `fit` or `evaluate`; none where it is of another form."""
    for cell in getattr(function, "__closure__", None) or ():
        listed = getattr(cell.cell_contents, "_list_all_concrete_functions", None)
        yield from listed() if listed else ()


def _reads_only(trace: Any, known: set[int]) -> bool:
    """Whether a trace takes the variables `known` from outside, and draws nothing by a seed that was traced."""
    graph = trace.graph.as_graph_def()
    nodes = [*graph.node, *(node for function in graph.library.function for node in function.node_def)]
    return all(id(taken) in known for taken in trace.captured_inputs) and not any("seed" in node.attr for node in nodes)
