"""What a checks file declares: probes, which are pytest fixtures, and the question each check belongs to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import pytest

from autograder.wire import codec
from autograder.wire.messages import (
    Argument,
    CallProbe,
    HistoryProbe,
    Items,
    Mapping,
    ModelProbe,
    PredictionsProbe,
    PrintedProbe,
    Probe,
    SourceProbe,
    Symbolic,
    Text,
    TrainedByProbe,
    TrainedProbe,
    VariableProbe,
)

Check = TypeVar("Check", bound=Callable[..., None])


Encode = Callable[[list[bytes]], Probe]


@dataclass(frozen=True)
class Declared:
    """A probe as declared. Found on its fixture, as the attribute `declared`."""

    encode: Encode
    """Returns the probe; its arrays' bytes go into the list given."""


def question(name: str, *, weight: float = 1, needs: str | Sequence[str] = ()) -> Callable[[Check], Check]:
    """Make a check count for the question `name`, the id of its grade cell in the notebook.

    `weight` is its share of the question's points, relative to the question's other checks (a test cell in the notebook
    weighs 1). `needs` names questions without which the check means nothing: where one is not fully passed, this check
    is skipped and earns nothing.
    """
    if weight <= 0:
        raise ValueError(f"the weight of a check is above 0, not {weight}")
    needed = (needs,) if isinstance(needs, str) else tuple(needs)
    return pytest.mark.question(name, weight=weight, needs=needed)


def variable(name: str) -> Any:
    """Ask for the value a name has after the last cell."""
    return _fixture(lambda _: VariableProbe(name))


def call(function: str, *args: Any, **kwargs: Any) -> Any:
    """Ask for the result of the student's function on these arguments, which its cells never see.

    Arguments are numbers, strings, None, NumPy arrays, lists, tuples, sets and dicts of such, and `symbolic(shape)`.
    Raises TypeError for any other.
    """

    def encode(blobs: list[bytes]) -> Probe:
        positional = [_argument(value, blobs) for value in args]
        return CallProbe(function, positional, {name: _argument(value, blobs) for name, value in kwargs.items()})

    return _fixture(encode)


def model(name: str, *, input_shape: Sequence[int | None] | None = None) -> Any:
    """Ask for the network a name is bound to, as a record.

    `input_shape` is the shape of one example, batch left out, for a network that may not have been built yet.
    """
    return _fixture(lambda _: ModelProbe(name, _shape(input_shape)))


def source(cell: str) -> Any:
    """Ask for the text of the answer cell with this id."""
    return _fixture(lambda _: SourceProbe(cell))


def printed(cell: str) -> Any:
    """Ask for what the answer cell with this id printed, as text."""
    return _fixture(lambda _: PrintedProbe(cell))


def history(name: str) -> Any:
    """Ask for the curves a training left behind: what `fit` returned, or a dict of lists."""
    return _fixture(lambda _: HistoryProbe(name))


def trained(name: str, *, recipe: str, input_shape: Sequence[int | None] | None = None) -> Any:
    """Ask for the network a name is bound to, trained by us: from fresh weights, under a recipe of course.yaml.

    Students who submit equal networks share their trainings. `input_shape` is as for `model`.
    """
    return _fixture(lambda _: TrainedProbe(name, recipe, _shape(input_shape)))


def trained_by(
    function: str, *args: Any, recipe: str, hidden: str, shape: Sequence[int | None] | None = None, **kwargs: Any
) -> Any:
    """Ask the student's own training function for a trained model, and that model for predictions.

    It is called as `function(inputs, labels, *args, **kwargs)` with the recipe's training examples, prepared as the
    recipe says, each of `shape` (left out: as the set has it). The classes are renumbered by a secret permutation:
    stored answers, and models trained elsewhere, do not know it. What it returns, a Keras model, an object with
    `predict` or a function, then predicts the inputs of the hidden set; its labels never enter the room. `args` are as
    for `call`.
    """

    def encode(blobs: list[bytes]) -> Probe:
        positional = [_argument(value, blobs) for value in args]
        named = {name: _argument(value, blobs) for name, value in kwargs.items()}
        return TrainedByProbe(function, recipe, hidden, positional, named, _shape(shape))

    return _fixture(encode)


def predictions(name: str, *, recipe: str, hidden: str, shape: Sequence[int | None] | None = None) -> Any:
    """Ask what a network the student trained, or loaded the weights of, predicts for the inputs of a hidden set.

    A Keras model, an object with `predict`, or a function of the inputs. They are prepared as the recipe says, each of
    `shape` (left out: as the set has it).
    """
    return _fixture(lambda _: PredictionsProbe(name, recipe, hidden, _shape(shape)))


def symbolic(shape: Sequence[int | None]) -> Symbolic:
    """An argument of `call`: a `keras.Input` of this shape, batch left out. The answer is then a network."""
    return Symbolic(tuple(shape))


def _shape(shape: Sequence[int | None] | None) -> tuple[int | None, ...] | None:
    return None if shape is None else tuple(shape)


def _fixture(encode: Encode) -> Any:
    probe = encode([])

    def answer(evidence: Any, request: pytest.FixtureRequest) -> Any:
        return evidence.value(request.fixturename, probe)

    answer.declared = Declared(encode)  # type: ignore[attr-defined]
    return pytest.fixture(answer)


def _argument(value: Any, blobs: list[bytes]) -> Argument:
    if isinstance(value, Symbolic):
        return value
    if isinstance(value, np.ndarray | np.generic):
        return codec.array_record(np.asarray(value), blobs)
    if isinstance(value, str):
        return Text(value, len(value))
    if value is None or isinstance(value, bool | int | float | complex):
        return codec.scalar_record(value)
    if isinstance(value, list | tuple | set):
        kind: Any = type(value).__name__
        return Items(kind, [_argument(item, blobs) for item in value])  # type: ignore[misc]
    if isinstance(value, dict):
        return Mapping([(_argument(key, blobs), _argument(item, blobs)) for key, item in value.items()])  # type: ignore[misc]
    raise TypeError(f"a {type(value).__name__} cannot be sent to a room: numbers, text, arrays and lists of them can")
