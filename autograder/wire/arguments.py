"""What a course gives to the functions and classes it asks of: values, and what stands for one made in the room."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from autograder.wire.artifacts import Scalar, Text
from autograder.wire.frameworks import TensorLibrary
from autograder.wire.record import Array, Name, Record, Shape, Size


class Symbolic(Record, tag="symbolic", frozen=True):
    """An argument that stands for a network input of this shape, batch left out: the room makes a `keras.Input`."""

    shape: Shape


class Named(Record, tag="named", frozen=True):
    """An argument that stands for what the notebook calls so: a model, a function, any value of the student's."""

    name: Name


class Function(Record, tag="function", frozen=True):
    """An argument that is a function of the course's: see `autograder.wire.functions`."""

    source: Annotated[str, Meta(max_length=500)]


class Tensor(Record, tag="tensor", frozen=True):
    """An argument that the room turns into a tensor of a framework."""

    framework: TensorLibrary
    array: Array


class RandomGenerator(Record, tag="random-generator", frozen=True):
    """An argument that is `numpy.random.default_rng(seed)`, made anew in the room: nothing has been drawn from it."""

    seed: Size


class PlainLayer(Record, frozen=True):
    """A layer of Keras to make: its class, from a closed list, and its settings as JSON values."""

    cls: Name
    config: dict[str, object]


class Built(Record, tag="built", frozen=True):
    """An argument that is a Keras network, made in the room: these layers one after the other."""

    input_shape: Shape
    """Of one example, batch left out."""
    layers: list[PlainLayer]
    optimizer: Name = ""
    """Compiled where there is one."""
    loss: Name = ""
    metrics: list[Name] = []


class Several(Record, tag="several", frozen=True):
    """An argument that is a list, tuple or set of arguments."""

    kind: Literal["list", "tuple", "set"]
    items: list[Argument]


class Pairs(Record, tag="pairs", frozen=True):
    """An argument that is a dict of arguments."""

    pairs: list[tuple[Argument, Argument]]


Argument = Array | Scalar | Text | Symbolic | Named | Function | Tensor | RandomGenerator | Built | Several | Pairs
