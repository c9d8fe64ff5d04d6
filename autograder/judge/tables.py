"""`assert_table`, and what differs between a DataFrame or Series and the columns that a check writes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from autograder.judge.frames import SHOWN_CHARS, DataTable, columns_mismatch, label_text, listed, plain, rows_of, said
from autograder.judge.message import CheckFailed, Mismatch, Said
from autograder.judge.shown import shown
from autograder.locale import Phrase, phrase, phrases

_FAMILIES: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("bool", re.compile(r"bool(ean)?(\[\w+\])?", re.IGNORECASE)),
    ("int", re.compile(r"u?int\d*(\[\w+\])?", re.IGNORECASE)),
    ("float", re.compile(r"(float\d*|double)(\[\w+\])?", re.IGNORECASE)),
    ("text", re.compile(r"object|str|string(\[\w+\])?|utf8", re.IGNORECASE)),
    ("datetime", re.compile(r"datetime.*|date", re.IGNORECASE)),
    ("timedelta", re.compile(r"timedelta.*|duration.*", re.IGNORECASE)),
    ("category", re.compile(r"categor.*|enum.*", re.IGNORECASE)),
)
"""What types are called by one word, whichever library and version names them."""
_UNIT = re.compile(r"\[(s|ms|us|ns|μs)(?=[\],])")


def assert_table(
    given: Any,
    *,
    columns: Sequence[Any] | None = None,
    dtypes: Mapping[Any, str] | None = None,
    rows: int | None = None,
    index: Iterable[Any] | None = None,
    values: Mapping[Any, Any] | None = None,
    ordered: bool = True,
    rtol: float = 1e-6,
) -> None:
    """Require of a DataFrame, or a Series, what is said here: `assert_table(df, columns=["age", "name"], rows=3)`.

    `columns` are all its labels, in this order, or in any without `ordered`. `dtypes` are those of some: a name of the
    library (`int64`), or one of the words int, float, bool, text, datetime, timedelta, category. `values` are those of
    some columns, row by row, None or NaN where missing, numbers to a relative `rtol`; dates may be written as texts.
    """
    if not isinstance(given, DataTable):
        raise CheckFailed(Mismatch(received=shown(given), expected=phrase("a table")))
    for mismatch in _mismatches(given, columns, dtypes or {}, rows, index, values or {}, ordered, rtol):
        raise CheckFailed(mismatch)


def _mismatches(
    table: DataTable,
    columns: Sequence[Any] | None,
    dtypes: Mapping[Any, str],
    rows: int | None,
    index: Iterable[Any] | None,
    values: Mapping[Any, Any],
    ordered: bool,
    rtol: float,
) -> Iterator[Mismatch]:
    if columns is not None:
        yield from _labels(table, list(columns), ordered)
    if rows is not None and table.rows != rows:
        yield Mismatch(phrases("{n} row", "{n} rows", table.rows), phrases("{n} row", "{n} rows", rows))
    yield from _types(table, dtypes)
    if index is not None:
        yield from _differing(phrase("the index"), table.index, list(index), table.index, rtol, 0.0)
    for label, expected in values.items():
        yield from _differing(_column_said(label), table[label], expected, table.index, rtol, 0.0)


def table_mismatch(table: DataTable, expected: Any, *, rtol: float, atol: float) -> Mismatch | None:
    """Say where a table is not `expected`: a dict of its columns, in order, or, for a Series, its values by row.

    A Series may also be compared with a list of its values. None where it is equal.
    """
    if table.series:
        return next(_series_mismatches(table, expected, rtol, atol), None)
    if isinstance(expected, Mapping):
        found = _labels(table, list(expected), ordered=True)
        each = (
            one
            for label, values in expected.items()
            for one in _differing(_column_said(label), table[label], values, table.index, rtol, atol)
        )
        return next(found, None) or next(each, None)
    return Mismatch(received=said(table), expected=phrase("a table"))


def _series_mismatches(table: DataTable, expected: Any, rtol: float, atol: float) -> Iterator[Mismatch]:
    if isinstance(expected, Mapping):
        yield from _differing(phrase("the index"), table.index, list(expected), table.index, rtol, atol)
        expected = list(expected.values())
    yield from _differing(phrase("the values"), table.values, expected, table.index, rtol, atol)


# --- Labels and types -------------------------------------------------------------------------------------------------


def _labels(table: DataTable, wanted: list[Any], ordered: bool) -> Iterator[Mismatch]:
    given = table.columns
    if given == wanted or (not ordered and sorted(map(repr, given)) == sorted(map(repr, wanted))):
        return
    lacking = [label for label in wanted if label not in given]
    extra = [label for label in given if label not in wanted]
    parts: list[Said] = []
    if extra:
        parts.append(phrase("not asked for: {labels}", labels=listed(extra)))
    own = list(parts)
    if lacking:
        parts.insert(0, phrase("lacking: {labels}", labels=listed(lacking)))
    hint = None if parts else phrase("the columns are those asked for, in another order.")
    yield columns_mismatch(table, phrase("columns {labels}", labels=listed(wanted)), _all(parts), _all(own), hint)


def _all(parts: list[Said]) -> Said | None:
    return Phrase("{parts}", {"parts": list(parts)}) if parts else None


def _types(table: DataTable, wanted: Mapping[Any, str]) -> Iterator[Mismatch]:
    for label in wanted:
        table[label]  # fails the check where it is not there
    given = table.dtypes
    wrong = [label for label, dtype in wanted.items() if not same_dtype(given[label], dtype)]
    if wrong:
        families = {_family(wanted[label]) or wanted[label] for label in wrong}
        yield Mismatch(
            ", ".join(f"{label_text(label)}: {given[label]}" for label in wrong),
            ", ".join(f"{label_text(label)}: {wanted[label]}" for label in wrong),
            hint=phrase("`pd.to_datetime(…)` reads dates.")
            if families == {"datetime"}
            else phrase("`.astype(…)` converts a column."),
        )


def same_dtype(given: str, wanted: str) -> bool:
    """Whether a column's type is the one asked for: by name, units of time aside, or by the word for its kind."""
    if _without_unit(given) == _without_unit(wanted):
        return True
    family = _family(given)
    if wanted in dict(_FAMILIES) or wanted == "number":
        return family == wanted or (wanted == "number" and family in ("int", "float"))
    return family == "text" and _family(wanted) == "text"  # `object` before pandas 3, `str` from then on


def _family(dtype: str) -> str | None:
    return next((name for name, pattern in _FAMILIES if pattern.fullmatch(dtype)), None)


def _without_unit(dtype: str) -> str:
    return _UNIT.sub("[", dtype)


# --- Values -----------------------------------------------------------------------------------------------------------


def _differing(where: Phrase, given: Any, expected: Any, index: Any, rtol: float, atol: float) -> Iterator[Mismatch]:
    """Yield what differs between the values of a column and those expected, row by row."""
    mine, theirs = rows_of(given), rows_of(expected)
    if len(mine) != len(theirs):
        rows = phrases("{n} row", "{n} rows", len(mine)), phrases("{n} row", "{n} rows", len(theirs))
        yield Mismatch(*rows, where, where)
        return
    wrong = [row for row, pair in enumerate(zip(mine, theirs, strict=True)) if not _same(*pair, rtol, atol)]
    if wrong:
        row = wrong[0]
        count = phrases("{n} value of {total} differs", "{n} values of {total} differ", len(wrong), total=len(mine))
        label = label_text(rows_of(index)[row]) if row < len(rows_of(index)) else str(row)
        place = phrase("{column}, row {row}: {count}", column=where, row=label, count=count)
        yield Mismatch(_shown(mine[row]), _shown(theirs[row]), place, place)


def _same(given: Any, expected: Any, rtol: float, atol: float) -> bool:
    if isinstance(given, np.datetime64 | np.timedelta64):
        return _same_moment(given, expected)
    numbers = (int, float, complex)
    if (
        isinstance(given, bool) is isinstance(expected, bool)
        and isinstance(given, numbers)
        and isinstance(expected, numbers)
    ):
        return bool(given == expected or abs(given - expected) <= atol + rtol * abs(expected))
    if isinstance(given, list | tuple) and isinstance(expected, list | tuple):
        pairs = zip(given, expected, strict=True) if len(given) == len(expected) else iter([(0, 1)])
        return all(_same(plain(one), plain(other), rtol, atol) for one, other in pairs)
    return type(given) is type(expected) and bool(given == expected)


def _same_moment(given: Any, expected: Any) -> bool:
    if expected is None:
        return False
    try:
        kind = np.timedelta64 if isinstance(given, np.timedelta64) else np.datetime64
        return bool(given == kind(expected))
    except (ValueError, TypeError):
        return False


def _shown(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:.6g}"
    text = str(value) if isinstance(value, np.datetime64 | np.timedelta64) else repr(value)
    text = text.removesuffix("T00:00:00.000000000").removesuffix(".000000000")
    return text if len(text) <= SHOWN_CHARS else f"{text[:SHOWN_CHARS]}…"


def _column_said(label: Any) -> Phrase:
    return phrase('column "{label}"', label=label_text(label))
