"""Answers as a check sees them: NumPy arrays, plain Python values, networks as records."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from autograder.judge.figures import drawing
from autograder.judge.frames import DataColumn, DataTable
from autograder.judge.message import CheckFailed, Mismatch
from autograder.judge.trainings import History
from autograder.locale import Phrase, phrase, phrases
from autograder.networks.signature import signature
from autograder.wire import codec
from autograder.wire.messages import (
    Array,
    Artifact,
    Curves,
    Dictionary,
    Fault,
    Items,
    Layer,
    Network,
    Opaque,
    Plots,
    Scalar,
    Shape,
    Steps,
    Text,
)
from autograder.wire.messages import Column as ColumnRecord
from autograder.wire.messages import Table as TableRecord


class NoAnswer(Exception):
    """Student code gave no answer to the probe, or to the step of one, that a check needs."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.kind)
        self.fault = fault


@dataclass(frozen=True)
class Model:
    """A network a student built, as a record; see `autograder.wire.messages.Network` for its fields."""

    record: Network
    reference: Network | None = None
    """The solution's answer to the same probe: what explanations compare with."""

    @property
    def params(self) -> int:
        """Number of parameters, trainable or not; shared weights count once."""
        return self.record.params

    @property
    def trainable_params(self) -> int:
        """Number of trainable parameters."""
        return self.record.trainable_params

    @property
    def dress(self) -> str:
        """How it was written: `Sequential`, `Functional`, or the name of the student's class where its `call` runs."""
        return self.record.dress

    @property
    def nested(self) -> list[str]:
        """How the models called in it were written, each way once."""
        return self.record.nested

    @property
    def layers(self) -> list[Layer]:
        """Layers in call order, without the input."""
        return [layer for layer in self.record.layers if layer.cls != "InputLayer"]

    @property
    def input_shape(self) -> Shape | None:
        """Shape of the first input, batch included as None; None where the network was never built."""
        return self.record.input_shapes[0] if self.record.input_shapes else None

    @property
    def output_shape(self) -> Shape | None:
        """Shape of the first output, batch included as None; None where the network was never built."""
        return self.record.output_shapes[0] if self.record.output_shapes else None

    @property
    def signature(self) -> str:
        """Equal for equal networks, however they were written."""
        return signature(self.record)


class Unreadable:
    """An object that is not data. Whatever a check tries with it but to look at it is a failed check."""

    def __init__(self, record: Opaque) -> None:
        self.cls = record.cls
        self.repr = record.repr

    def __repr__(self) -> str:
        return self.repr

    def _refuse(self, *_: object) -> NoReturn:
        raise CheckFailed(Mismatch(received=phrase("an object of type {cls}", cls=self.cls)))

    __getattr__ = __getitem__ = __iter__ = __len__ = __call__ = __float__ = __int__ = __array__ = _refuse
    __add__ = __sub__ = __mul__ = __truediv__ = __lt__ = __gt__ = __le__ = __ge__ = __contains__ = _refuse


class Answers(Sequence[Any]):
    """What an object of the student's answered, in the order asked: `y, units = layer`, `layer[0]`, `layer["units"]`.

    Taking the answer to a step that failed, or that comes after one, fails the check.
    """

    def __init__(self, record: Steps, names: Sequence[str], read: Callable[[int], Any]) -> None:
        """`names` are the steps'; `read` returns the value of one result by its place."""
        self.cls = record.cls
        self._names = names
        self._results = record.results
        self._read = read

    def __len__(self) -> int:
        return len(self._names)

    def __getitem__(self, which: Any) -> Any:
        """Return the answer to a step, by its place or its name. Raise LookupError where there is no such step."""
        if isinstance(which, slice):
            return [self[place] for place in range(*which.indices(len(self)))]
        place = self._place(which)
        if place >= len(self._results):
            last = self._results[-1] if self._results else None
            raise NoAnswer(last if isinstance(last, Fault) else Fault(kind="unread", message="it stops too soon"))
        result = self._results[place]
        if isinstance(result, Fault):
            raise NoAnswer(result)
        return self._read(place)

    def _place(self, which: int | str) -> int:
        if isinstance(which, int):
            return range(len(self))[which]
        places = [place for place, name in enumerate(self._names) if name == which]
        if len(places) != 1:
            steps = ", ".join(self._names)
            raise LookupError(f"{len(places)} steps are called {which!r}, of {steps}: take it by its place, from 0")
        return places[0]


def to_value(artifact: Artifact, blobs: list[bytes], reference: Artifact | None = None) -> Any:
    """Return the value of `artifact`. Raise WireError where it does not hold together."""
    match artifact:
        case Array():
            array = codec.array_value(artifact, blobs)
            return array if array.shape else array[()]
        case Scalar():
            return codec.scalar_value(artifact)
        case Text(value):
            return value
        case Items(kind, items):
            values = [to_value(item, blobs) for item in items]
            return values if kind == "list" else tuple(values) if kind == "tuple" else _set(values)
        case Dictionary(pairs):
            return {_key(to_value(key, blobs)): to_value(item, blobs) for key, item in pairs}
        case Network():
            return Model(artifact, reference if isinstance(reference, Network) else None)
        case Opaque():
            return Unreadable(artifact)
        case Curves():
            return History(artifact)
        case TableRecord():
            return table_value(artifact, blobs)
        case Plots():
            return drawing(artifact, blobs)
        case Steps():  # only as the answer to a probe of its own: see `Answers`
            raise codec.WireError("an object's answers where a value is expected")


def table_value(record: TableRecord, blobs: list[bytes]) -> DataTable:
    """Return the table of a record. Raise WireError where its parts are not of one length."""
    columns = [_column(column, record.rows, blobs) for column in record.columns]
    index = _column(record.index, record.rows, blobs) if record.index is not None else None
    if record.series and len(columns) != 1:
        raise codec.WireError(f"a column of a table that is {len(columns)}")
    return DataTable(record.rows, tuple(columns), index, record.series)


def _column(record: ColumnRecord, rows: int, blobs: list[bytes]) -> DataColumn:
    label = _key(to_value(record.label, blobs))
    values = _column_values(record, blobs)
    if len(values) != rows:
        raise codec.WireError(f"a column of {len(values)} values in a table of {rows} rows")
    return DataColumn(label, record.dtype, values)


def _column_values(record: ColumnRecord, blobs: list[bytes]) -> Any:
    if record.texts is not None:
        return record.texts
    if record.cells is not None:
        return [to_value(cell, blobs) for cell in record.cells]
    given = record.numbers or record.moments
    if given is None:
        return []
    values, missing = _vector(given, blobs), _vector(record.missing, blobs) if record.missing else None
    if missing is not None and (missing.shape != values.shape or missing.dtype != bool):
        raise codec.WireError("a column whose missing values are not its own")
    if record.moments is not None:
        return _moments(values, missing, "m8[ns]" if record.duration else "M8[ns]")
    if missing is None:
        return values
    return np.where(missing, np.nan, values) if values.dtype.kind in "iuf" else _with_none(values, missing)


def _moments(values: NDArray[Any], missing: NDArray[Any] | None, dtype: str) -> NDArray[Any]:
    if values.dtype != np.int64:
        raise codec.WireError(f"moments of {values.dtype}, where int64 is expected")
    found = values.astype(dtype)
    if missing is not None:
        found[missing] = np.array("NaT", dtype)
    return found


def _with_none(values: NDArray[Any], missing: NDArray[Any]) -> list[Any]:
    return [None if gone else value for value, gone in zip(values.tolist(), missing, strict=True)]


def _vector(record: Array, blobs: list[bytes]) -> NDArray[Any]:
    values = codec.array_value(record, blobs)
    if values.ndim != 1:
        raise codec.WireError(f"a column of shape {values.shape}")
    return values


def _set(values: list[Any]) -> set[Any] | list[Any]:
    try:
        return set(values)
    except TypeError:
        return values


def _key(value: Any) -> Any:
    try:
        hash(value)
    except TypeError:
        return repr(value)
    return value


FORM_DEPTH, FORM_ITEMS = 3, 50
Form = tuple[object, ...]


def form(artifact: Artifact, depth: int = 0) -> Form:
    """The form of an answer: its kind, and its shape, length or keys. A check written for one may not read another."""
    name = kind(artifact)
    if depth >= FORM_DEPTH:
        return (name,)
    match artifact:
        case Array(shape=shape) if shape:
            return (name, shape)
        case Items(items=items):
            return (name, len(items), *(form(item, depth + 1) for item in items[:FORM_ITEMS]))
        case Dictionary(pairs=pairs):
            keys = sorted(repr(key) for key, _ in pairs[:FORM_ITEMS])
            return (name, len(pairs), *keys)
        case TableRecord(rows=rows, columns=columns):
            return (name, rows, *(repr(column.label) for column in columns[:FORM_ITEMS]))
    return (name,)


def describe(artifact: Artifact) -> Phrase:
    """Say the kind of an answer, and its size where it has one."""
    match artifact:
        case Array(shape=shape) if shape:
            return phrase("an array of shape {shape}", shape=str(tuple(shape)))
        case Items(items=items):
            parts = {kind(item) for item in items}
            whole = phrases("a list of {n} value", "a list of {n} values", len(items))
            return phrase("{whole}, each {part}", whole=whole, part=KINDS[parts.pop()]) if len(parts) == 1 else whole
        case Dictionary(pairs=pairs):
            return phrases("a dictionary of {n} key", "a dictionary of {n} keys", len(pairs))
        case TableRecord(rows=rows, series=True):
            return phrases("a column of {n} row", "a column of {n} rows", rows)
        case TableRecord(rows=rows, columns=columns):
            return phrases(
                "a table of {n} row and {columns} columns",
                "a table of {n} rows and {columns} columns",
                rows,
                columns=len(columns),
            )
    return KINDS[kind(artifact)]


def kind(artifact: Artifact) -> str:
    """The coarse kind of an answer. Arrays, lists and tuples are one kind: a check reads them alike."""
    match artifact:
        case Array():
            return "array" if artifact.shape else "number"
        case Items():
            return "array"
        case Scalar():
            return "nothing" if artifact.kind == "none" else "number"
        case Text():
            return "text"
        case Dictionary():
            return "dictionary"
        case Network():
            return "network"
        case Opaque():
            return "object"
        case Curves():
            return "curves"
        case Steps():
            return "object"
        case TableRecord():
            return "column" if artifact.series else "table"
        case Plots():
            return "figures"


KINDS: dict[str, Phrase] = {
    "number": phrase("a number"),
    "array": phrase("an array or a list"),
    "nothing": phrase("nothing (None)"),
    "text": phrase("text"),
    "dictionary": phrase("a dictionary"),
    "network": phrase("a network"),
    "curves": phrase("the curves of a training"),
    "table": phrase("a table"),
    "column": phrase("a column of a table"),
    "figures": phrase("figures"),
    "object": phrase("another kind of object"),
}
