"""A network as data: its layer calls in order, with what each is configured as and holds."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from autograder.wire.frameworks import FrameworkName
from autograder.wire.record import Array, Figure, Name, Record, Shape, Size


class Weight(Record, frozen=True):
    """One weight variable of a layer."""

    shape: tuple[Size, ...]
    dtype: Name
    trainable: bool
    identity: Size | None = None
    """Equal for one variable met twice, in another layer too; None: it is its layer's alone."""
    values: Array | None = None
    """Of a layer that is frozen, where the network is to be trained: what it starts from."""


class Layer(Record, frozen=True):
    """One call of one layer (or of a bare operation, such as `keras.ops.relu`), in call order."""

    name: Name
    cls: Name
    """Class name without its module: `Conv2D`."""
    origin: Literal[FrameworkName, "operation", "custom"]
    """Whose class it is: the framework's layer, one of its bare operations, or a class the student wrote."""
    config: dict[str, object]
    """The configuration as JSON values: numbers, strings, lists, dicts; anything else is left as its repr."""
    inputs: list[Size]
    """The calls whose outputs this one takes: positions in `Network.layers`."""
    input_shapes: list[Shape]
    output_shapes: list[Shape]
    weights: list[Weight]
    trainable: bool
    identity: Size
    """Equal for two calls of one layer object: shared weights."""
    slots: Annotated[list[Size], Meta(max_length=10_000)] = []
    """Which output of each of `inputs` is taken, from 0; empty: of each its first."""
    arguments: Annotated[dict[Name, object], Meta(max_length=1000)] = {}
    """The call's arguments by parameter, each tensor as {"tensor": place in `inputs`}; empty where the parameters take
    one tensor each, in order, or the only one a list of them."""
    training: bool | None = None
    """Whether it is called as in training, whatever the network is called for; None: as the network is."""
    functions: Annotated[dict[Name, Graph], Meta(max_length=20)] = {}
    """What settings that are functions of the student's own compute, where they could be followed."""
    unreadable: Annotated[str, Meta(max_length=1000)] = ""
    """Why what it computes could not be followed: then `config` holds the digest of its code."""
    within: Name = ""
    """The student's own layer that it was called in, by its class; empty for one called by the network itself."""


class Graph(Record, frozen=True):
    """Calls and what comes out of them: a network's, where it computes another thing than in training; a function's."""

    layers: Annotated[list[Layer], Meta(max_length=10_000)]
    outputs: Annotated[list[Size], Meta(max_length=10_000)]
    slots: Annotated[list[Size], Meta(max_length=10_000)] = []
    losses: Annotated[list[Size], Meta(max_length=10_000)] = []


class Compiled(Record, frozen=True):
    """What `compile` was given, as class names and configurations; a dict or a list of them for several outputs."""

    loss: object
    optimizer: dict[str, object] | None
    metrics: list[object]
    weighted_metrics: list[object] = []
    loss_weights: object = None
    rates: list[float] = []
    """The learning rates with which calls of `fit` began: the optimizer's own is the last that a callback set."""


class Sample(Record, frozen=True):
    """What a network made of a fixed example, each weight a fixed function of its shape: equal networks, equal numbers.

    A claim, as all is: a network that is read as another, and makes something else, was not read rightly, or lies.
    """

    values: Annotated[list[Figure], Meta(max_length=64)]
    """Numbers of its outputs, evenly spaced; empty where it made none."""
    raised: Annotated[str, Meta(max_length=1000)] = ""
    """What it raised instead."""
    signed: Annotated[list[Figure], Meta(max_length=64)] = []
    """The same of an example with negative numbers, and with zeros, which a mask may leave out."""
    regrouped: Annotated[list[Figure], Meta(max_length=64)] = []
    """The same of that example with weights that are alike however they are cut: four gates in one matrix or in four,
    in whatever order; heads in one matrix or in three dimensions."""


class Network(Record, tag="network", frozen=True):
    """A model as a record: its layer calls in order, nested models unfolded."""

    name: Name
    framework: FrameworkName
    dress: Name
    """How it was written: `Sequential`, `Functional`, or the name of the student's own class where its `call` runs."""
    layers: list[Layer]
    outputs: list[Size]
    """The calls that give the model's outputs: positions in `layers`."""
    input_shapes: list[Shape]
    output_shapes: list[Shape]
    params: Size
    trainable_params: Size
    compiled: Compiled | None = None
    note: str = ""
    """Why the record is less than whole: a model never built, a call that could not be followed."""
    slots: Annotated[list[Size], Meta(max_length=10_000)] = []
    """Which output of each of `outputs` is the model's, from 0; empty: of each its first."""
    losses: Annotated[list[Size], Meta(max_length=10_000)] = []
    """The calls that give what `add_loss` was handed."""
    inference: Graph | None = None
    """What it computes when it is not trained, where that is more than its layers' own way of not being trained."""
    problem: Literal["", "unbuilt", "raised", "unreadable"] = ""
    """Where the record is less than whole: no input shape is known; the student's code raised, and `note` says what;
    or it could not be followed, and `note` says why."""
    code: Annotated[str, Meta(max_length=100)] = ""
    """Digest of the code of a network that could not be followed."""
    nested: Annotated[list[Name], Meta(max_length=1000)] = []
    """How the models called in it were written, each way once: their layers stand among its own."""
    sample: Sample | None = None
    """None where it was not run: there was no need, or it is too large."""
