"""Inside a room: DataFrames and Series, of pandas or polars, as columns of plain data.

Neither library is imported: a value of theirs exists only where student code has imported it.
"""

from __future__ import annotations

import datetime
import sys
from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

from autograder.wire import codec
from autograder.wire.messages import Array, Artifact, Column, Table

MAX_COLUMNS = 1000
NAME_CHARS = 200
TEXT_CHARS = 10_000
"""Of one cell."""


class Encodes(Protocol):
    """What turns cells into artifacts, within the limits of one answer."""

    def encode(self, value: Any, depth: int = 0) -> Artifact: ...

    def array(self, array: Any) -> Array: ...

    def spend(self, size: int, what: str) -> None: ...


def is_table(value: object) -> bool:
    """Whether it is a DataFrame or a Series."""
    return _is(value, "DataFrame") or _is(value, "Series")


def is_index(value: object) -> bool:
    """Whether it is an index of pandas: rows' or columns' labels."""
    pandas = sys.modules.get("pandas")
    return pandas is not None and hasattr(pandas, "Index") and isinstance(value, pandas.Index)


def is_missing(value: object) -> bool:
    """Whether it is one of pandas's words for a missing value."""
    pandas = sys.modules.get("pandas")
    return pandas is not None and hasattr(pandas, "NaT") and (value is pandas.NaT or value is pandas.NA)


def _is(value: object, cls: str, libraries: Sequence[str] = ("pandas", "polars")) -> bool:
    found = (getattr(sys.modules.get(library), cls, None) for library in libraries)
    return any(isinstance(one, type) and isinstance(value, one) for one in found)


def read(value: Any, encoder: Encodes) -> Table:
    """Return the record of a DataFrame or Series. Raise TooLarge, or whatever a student's own subclass raises."""
    series = _is(value, "Series")
    pandas = _is(value, "Series", ["pandas"]) or _is(value, "DataFrame", ["pandas"])
    columns = _series_of(value, series, pandas)
    if len(columns) > MAX_COLUMNS:
        encoder.spend(sys.maxsize, f"a table of {len(columns)} columns")
    named = [_column(label, column, pandas, encoder) for label, column in columns]
    index = _column(_index_name(value.index), value.index, pandas, encoder) if pandas else None
    library = f"{'pandas' if pandas else 'polars'}.{'Series' if series else 'DataFrame'}"
    return Table(library, len(value), named, index, series)


def _series_of(value: Any, series: bool, pandas: bool) -> list[tuple[Any, Any]]:
    if series:
        return [(value.name, value)]
    if pandas:
        return [(label, value.iloc[:, place]) for place, label in enumerate(value.columns)]
    return [(column.name, column) for column in value.get_columns()]


def _index_name(index: Any) -> Any:
    names = tuple(index.names)
    return names[0] if len(names) == 1 else names


def _column(label: Any, column: Any, pandas: bool, encoder: Encodes) -> Column:
    dtype = codec.plain_text(str(column.dtype))[:NAME_CHARS]
    return _filled(Column(encoder.encode(label), dtype), column, pandas, encoder)


def _filled(empty: Column, column: Any, pandas: bool, encoder: Encodes) -> Column:
    """Return the column with its values, in the form that holds them."""
    values = _plain_array(column) if pandas else None
    if values is not None and values.dtype.kind in codec.NUMERIC_KINDS:
        return _with(empty, numbers=encoder.array(values))
    found = list(column.astype(object)) if pandas else column.to_list()
    missing = [_missing(one) for one in found]
    there = [one for one, gone in zip(found, missing, strict=True) if not gone]
    if there and any(all(isinstance(one, kind) for one in there) for kind in (datetime.date, datetime.timedelta)):
        return _moments(empty, found, missing, encoder)
    if there and _one_kind(there):
        filled = [type(there[0])() if gone else one for one, gone in zip(found, missing, strict=True)]
        numbers = np.asarray(filled)
        if numbers.dtype.kind in codec.NUMERIC_KINDS and numbers.ndim == 1:
            return _with(empty, numbers=encoder.array(numbers), missing=_mask(missing, encoder))
    if all(isinstance(one, str) for one in there):
        texts = [None if gone else codec.plain_text(one)[:TEXT_CHARS] for one, gone in zip(found, missing, strict=True)]
        encoder.spend(sum(len(one or "") + 4 for one in texts), "a column of texts")
        return _with(empty, texts=texts)
    return _cells(empty, found, missing, encoder)


def _cells(empty: Column, found: list[Any], missing: list[bool], encoder: Encodes) -> Column:
    """Whatever else a column holds, value by value; pandas's own periods and intervals as text."""
    own = [str(one) if type(one).__module__.partition(".")[0] == "pandas" else one for one in found]
    return _with(empty, cells=[encoder.encode(None if gone else one) for one, gone in zip(own, missing, strict=True)])


def _plain_array(column: Any) -> Any:
    """The NumPy array of a column that is one underneath; None for one of pandas's own types."""
    return column.to_numpy() if isinstance(column.dtype, np.dtype) else None


def _missing(value: Any) -> bool:
    return value is None or is_missing(value) or (isinstance(value, float) and value != value)


def _one_kind(values: list[Any]) -> bool:
    """Whether they are all truth values, or all numbers: a truth value among numbers is none."""
    truths = [isinstance(one, (bool, np.bool_)) for one in values]
    numbers = [isinstance(one, (int, float, complex, np.number)) for one in values]
    return all(truths) or (all(numbers) and not any(truths))


def _mask(missing: list[bool], encoder: Encodes) -> Array | None:
    return encoder.array(np.array(missing)) if any(missing) else None


def _moments(empty: Column, found: list[Any], missing: list[bool], encoder: Encodes) -> Column:
    duration = any(isinstance(one, datetime.timedelta) for one in found)
    counts = [0 if gone else _nanoseconds(one) for one, gone in zip(found, missing, strict=True)]
    try:
        moments = np.array(counts, np.int64)
    except OverflowError:  # beyond the years 1677 to 2262
        return _cells(empty, found, missing, encoder)
    return _with(empty, moments=encoder.array(moments), missing=_mask(missing, encoder), duration=duration)


def _nanoseconds(value: Any) -> int:
    """Return a moment as nanoseconds since 1970 in universal time, a duration as its own."""
    if isinstance(value, datetime.timedelta):
        extra = int(getattr(value, "nanoseconds", 0))
        return ((value.days * 86_400 + value.seconds) * 10**6 + value.microseconds) * 1000 + extra
    if not isinstance(value, datetime.datetime):
        value = datetime.datetime(value.year, value.month, value.day)
    extra = int(getattr(value, "nanosecond", 0))
    plain = datetime.datetime.combine(value.date(), value.time())
    offset = value.utcoffset() or datetime.timedelta()
    return _nanoseconds(plain - datetime.datetime(1970, 1, 1) - offset) + extra


def _with(column: Column, **values: Any) -> Column:
    return Column(label=column.label, dtype=column.dtype, **values)
