"""Artifacts, one answer each as data; and faults, why there is none."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from autograder.wire.network import Network
from autograder.wire.plots import Plots
from autograder.wire.record import Array, Figure, Name, Record, Size


class Scalar(Record, tag="scalar", frozen=True):
    """A Python number, truth value or None, written out: JSON has neither NaN nor integers of any size."""

    kind: Literal["none", "bool", "int", "float", "complex"]
    text: Annotated[str, Meta(max_length=5000)]


class Text(Record, tag="text", frozen=True):
    """A string; `length` is its full length in characters where `value` had to be cut."""

    value: str
    length: Size


class Items(Record, tag="items", frozen=True):
    """A list, tuple or set, in order (a set: in sorted order where its elements compare)."""

    kind: Literal["list", "tuple", "set"]
    items: list[Artifact]


class Dictionary(Record, tag="mapping", frozen=True):
    """A dict, as pairs in insertion order."""

    pairs: list[tuple[Artifact, Artifact]]


class Opaque(Record, tag="opaque", frozen=True):
    """Anything else: its class's qualified name and the start of its repr."""

    cls: Name
    repr: str


class Column(Record, frozen=True):
    """One column of a table, or its index. What it holds is in one of the four, missing values set apart."""

    label: Artifact
    """Text, a number, None, or a tuple of such: of several levels."""
    dtype: Name
    """The library's name of its type: `int64`, `category`, `datetime64[ns, Europe/Paris]`."""
    numbers: Array | None = None
    """Numbers or truth values; 0 where one is missing and the type has no NaN."""
    moments: Array | None = None
    """Nanoseconds, int64: since 1970 in universal time, or, of a duration, in all."""
    texts: list[str | None] | None = None
    """None where one is missing."""
    cells: list[Artifact] | None = None
    """Anything else, value by value."""
    missing: Array | None = None
    """bool: where numbers or moments are missing; None: nowhere."""
    duration: bool = False
    """Whether moments are durations."""


class Table(Record, tag="table", frozen=True):
    """A DataFrame or a Series, of pandas or polars, as columns of one length."""

    library: Name
    """`pandas.DataFrame`."""
    rows: Size
    columns: list[Column]
    """Of a Series, the one."""
    index: Column | None = None
    """Of pandas, its several levels as tuples."""
    series: bool = False


class Curves(Record, tag="curves", frozen=True):
    """What a training recorded, epoch by epoch: Keras's `History`."""

    values: dict[Name, list[Figure]]
    """One list a quantity, one number an epoch: `loss`, `val_accuracy`."""
    asked: int | None
    """Epochs that `fit` was asked for, where it is known."""


class Steps(Record, tag="steps", frozen=True):
    """What an object of the student's answered, step by step. Where a step failed it is the last there is."""

    cls: Name
    """Of the object, as its class calls itself."""
    results: list[Artifact | Fault]


Artifact = Array | Scalar | Text | Items | Dictionary | Opaque | Table | Network | Curves | Steps | Plots


class Frame(Record, frozen=True):
    """One line of the student's own code on the way to an error."""

    cell: Size
    """Position of its cell in the notebook, from 0."""
    line: Size
    """In the cell, from 1."""
    function: Name
    code: str


class Fault(Record, tag="fault", frozen=True):
    """Why there is no artifact, or why a cell stopped: the student's side of the wall. Data, and it costs points."""

    kind: Literal["missing", "raised", "time", "memory", "died", "size", "unread", "unreadable", "untrainable"]
    """missing: no such name · raised: an exception · time, memory, size: a limit · died: the process ended
    · unread: this value could not be turned into data · unreadable: the notebook itself could not be read
    · untrainable: a network that cannot be built again from its record, or does not fit the data."""
    error: Name = ""
    """Class name of the exception, where there is one."""
    message: str = ""
    frames: list[Frame] = []
    """Of the student's own code, innermost last."""
    cell: int | None = None
    """Position in the notebook of the cell it happened in, from 0."""
    names: list[Name] = []
    """For `missing`: names that do exist, of the kind asked for, those that look alike first."""
    values: list[tuple[Name, Name]] = []
    """For an assert of the course's that failed: its operands as written, and what they were."""
    step: Name = ""
    """Of an object of a class of the student's: what it was asked when this happened, `Dense.call`."""
    ours: Name = ""
    """Where our own code in the room raised it, `worker/tables.py:57`, if the student's is not on the way. A claim."""


Answer = Artifact | Fault
