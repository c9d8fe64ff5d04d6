"""DataFrames and Series as a check sees them, pandas's or polars's, without either: columns by their labels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograder.judge.message import CheckFailed, Mismatch, Said
from autograder.locale import Phrase, phrase, phrases

SHOWN_LABELS = 12
SHOWN_CHARS = 60


@dataclass(frozen=True)
class DataColumn:
    """One column of a table, or its index."""

    label: Any
    """A text, a number, None; a tuple where there are several levels."""
    dtype: str
    """The library's name of its type."""
    values: Any
    """Numbers as an array, NaN where missing; moments as datetime64[ns] or timedelta64[ns], NaT where missing; texts or
    anything else, as a list, None where missing."""


@dataclass(frozen=True)
class DataTable:
    """A DataFrame or a Series of the student's: `table["age"]`, `table.columns`, `table.dtypes`, `table.index`."""

    rows: int
    data: tuple[DataColumn, ...]
    index_column: DataColumn | None = None
    """None for polars, whose tables have none."""
    series: bool = False
    """Whether it is a single column: it is then read as its values are."""

    @property
    def columns(self) -> list[Any]:
        """The columns' labels, in order; a tuple is one of several levels."""
        return [column.label for column in self.data]

    @property
    def dtypes(self) -> dict[Any, str]:
        """The library's names of the columns' types, by label."""
        return {column.label: column.dtype for column in self.data}

    @property
    def index(self) -> Any:
        """The rows' labels, an array or a list of texts or tuples; the rows' numbers where the library has none."""
        return np.arange(self.rows) if self.index_column is None else self.index_column.values

    @property
    def name(self) -> Any:
        """The label of a Series."""
        return self.data[0].label

    @property
    def values(self) -> Any:
        """Of a Series, its values; of a DataFrame, its columns of numbers as one array, (rows, columns)."""
        return self.data[0].values if self.series else self.__array__()

    @property
    def shape(self) -> tuple[int, ...]:
        return (self.rows,) if self.series else (self.rows, len(self.data))

    def __len__(self) -> int:
        return self.rows

    def __contains__(self, label: object) -> bool:
        return label in self.columns

    def __getitem__(self, label: Any) -> Any:
        """Return a column's values. Fails the check where the table has no such column, or has it twice.

        Of a Series, return the value of the row of this label.
        """
        if self.series:
            return self._row(plain(label))
        found = [column for column in self.data if column.label == label]
        if len(found) != 1:
            raise CheckFailed(columns_mismatch(self, phrase('a column "{label}"', label=label_text(label))))
        return found[0].values

    def _row(self, label: Any) -> Any:
        places = [place for place, one in enumerate(rows_of(self.index)) if one == label]
        if len(places) != 1:
            rows = phrase("rows {labels}", labels=listed(rows_of(self.index)))
            raise CheckFailed(Mismatch(rows, phrase('a row "{label}"', label=label_text(label))))
        return self.values[places[0]]

    def __iter__(self) -> Iterator[Any]:
        """Iterate over the labels of a DataFrame, the values of a Series, as pandas does."""
        return iter(self.data[0].values if self.series else self.columns)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        """Return the numbers. Raise TypeError where a column holds anything else."""
        columns = [np.asarray(column.values) for column in self.data]
        if any(column.dtype.kind not in "biufc" for column in columns):
            raise TypeError("a table that does not hold numbers alone")
        whole = columns[0] if self.series else np.stack(columns, axis=1) if columns else np.zeros((self.rows, 0))
        return whole if dtype is None else whole.astype(dtype)


def said(table: DataTable) -> Phrase:
    """Say what a table is, without its values."""
    if table.series:
        return phrases("a column of {n} row", "a column of {n} rows", table.rows)
    return phrases(
        "a table of {n} row and {columns} columns",
        "a table of {n} rows and {columns} columns",
        table.rows,
        columns=len(table.data),
    )


# --- Labels and rows --------------------------------------------------------------------------------------------------


def columns_mismatch(
    table: DataTable, expected: Said, where: Said | None = None, place: Said | None = None, hint: Said | None = None
) -> Mismatch:
    """Return the mismatch of a table's labels."""
    return Mismatch(phrase("columns {labels}", labels=listed(table.columns)), expected, where, place, hint)


def rows_of(values: Any) -> list[Any]:
    """Return a column's values one by one, as `plain` gives them."""
    if isinstance(values, np.ndarray):
        return [plain(value) for value in values]
    try:
        return [plain(value) for value in values]
    except TypeError:
        return [plain(values)]


def plain(value: Any) -> Any:
    """Return a moment as NumPy's, anything else of NumPy's as Python's, whatever is missing as None."""
    if isinstance(value, np.datetime64 | np.timedelta64):
        return None if np.isnat(value) else value
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and value != value else value


def label_text(label: Any) -> str:
    """Return a label as text, or the start of it."""
    text = str(plain(label))
    return text if len(text) <= SHOWN_CHARS else f"{text[:SHOWN_CHARS]}…"


def listed(labels: Sequence[Any]) -> str:
    """Return labels one after the other, the first of many."""
    more = "…" if len(labels) > SHOWN_LABELS else ""
    return ", ".join(label_text(label) for label in labels[:SHOWN_LABELS]) + more or "–"
