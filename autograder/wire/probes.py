"""Probes: what is asked of what a student made."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from autograder.wire.arguments import Argument
from autograder.wire.examples import Preparation
from autograder.wire.record import Array, Name, Record, Shape


class Method(Record, tag="method", frozen=True):
    """Ask an object for what one of its methods returns."""

    name: Name
    args: list[Argument]
    kwargs: dict[str, Argument]


class Attribute(Record, tag="attribute", frozen=True):
    """Ask an object for one of its attributes; dots go on into it: `model.stop_training`."""

    name: Name


class First(Record, tag="first", frozen=True):
    """Iterate over an object: its first items."""

    count: Annotated[int, Meta(ge=1, le=10_000)]


class Itself(Record, tag="itself", frozen=True):
    """Ask for the object as such: a network as its record, anything else as a variable would be."""

    input_shape: Shape | None = None
    """Shape of one example, to follow a network that was never built."""


Step = Method | Attribute | First | Itself


class VariableProbe(Record, tag="variable", frozen=True):
    """The value a name has after the last cell."""

    name: Name


class CallProbe(Record, tag="call", frozen=True):
    """The result of the student's function on given arguments."""

    function: Name
    args: list[Argument]
    kwargs: dict[str, Argument]
    drawn: bool = False
    """Whether the figures that it draws are asked for, in place of what it returns."""


class ModelProbe(Record, tag="model", frozen=True):
    """The record of the network a name is bound to."""

    name: Name
    input_shape: Shape | None = None
    """Shape of one example, to follow a model that was never built."""


class ObjectProbe(Record, tag="object", frozen=True):
    """What an object answers, step by step: one of the student's class, made with given arguments, or a variable."""

    name: Name
    """Of the class (anything that makes an object when it is called), or of the object where it is not to be made."""
    args: list[Argument]
    kwargs: dict[str, Argument]
    then: list[Step]
    made: bool = True
    """Whether the name is called first."""


class SourceProbe(Record, tag="source", frozen=True):
    """The text of an answer cell. Read from the submission: no room is asked."""

    cell: Name


class PrintedProbe(Record, tag="printed", frozen=True):
    """What an answer cell printed. Read from the record of the cells: no room is asked."""

    cell: Name


class FigureProbe(Record, tag="figure", frozen=True):
    """The figures that an answer cell drew; where it drew none, those of the student's own cells beside it."""

    cell: Name


class HistoryProbe(Record, tag="history", frozen=True):
    """The curves of a training the student ran: a Keras `History`, or a dict of lists."""

    name: Name


class TrainedProbe(Record, tag="trained", frozen=True):
    """The network a name is bound to, trained from fresh weights by us. The room gives its record alone."""

    name: Name
    recipe: Name
    input_shape: Shape | None = None


class Examples(Record, frozen=True):
    """Inputs of a data set on the wire, and how they are prepared before student code sees them."""

    inputs: Array
    preparation: Preparation
    labels: Array | None = None
    """Integers from 0, or quantities; None for a hidden set, whose labels never enter an exam room."""
    texts: bool = False
    """Whether inputs are texts: numbers of their characters, along one more axis."""


class TrainedByProbe(Record, tag="trained-by", frozen=True):
    """What the model that the student's own training function returns predicts for inputs it has never seen.

    The function is called as `function(inputs, labels, *args, **kwargs)`. `given` and `hidden` are filled in by the
    host, from the data shelf; a checks file names only the recipe and the hidden set.
    """

    function: Name
    recipe: Name
    data: Name
    """The hidden set."""
    args: list[Argument]
    kwargs: dict[str, Argument]
    shape: Shape | None = None
    """Of one example as the function takes it; None: as the set has it."""
    given: Examples | None = None
    hidden: Examples | None = None


class PredictionsProbe(Record, tag="predictions", frozen=True):
    """What the student's own trained network, or prediction function, predicts for inputs it has never seen."""

    name: Name
    recipe: Name
    data: Name
    """The hidden set."""
    shape: Shape | None = None
    hidden: Examples | None = None
    """Filled in by the host."""


Probe = (
    VariableProbe
    | CallProbe
    | ObjectProbe
    | ModelProbe
    | SourceProbe
    | PrintedProbe
    | FigureProbe
    | HistoryProbe
    | TrainedProbe
    | TrainedByProbe
    | PredictionsProbe
)

PROBES_WITHOUT_INPUTS = (VariableProbe, ModelProbe, FigureProbe, HistoryProbe, TrainedProbe)
"""Questions that hand student code nothing, no example and no argument: asked before those that do."""
