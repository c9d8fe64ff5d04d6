"""Sets that are tables: CSV, TSV and JSON Lines, each row an example, one column its label.

Where every other column holds numbers, inputs are float32[N, columns], NaN where one is missing. Where there is one
other column, and it holds texts, they are the inputs, U[N]; several columns of both kinds are texts, U[N, columns].
Labels are whole numbers from 0, quantities, or names of classes, which are numbered in sorted order.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograder.data.shelf import About
from autograder.data.sources import Arrays, as_texts
from autograder.errors import DataError
from autograder.sheets import longest_field

SUFFIXES = (".csv", ".tsv", ".jsonl")
LABELS = ("label", "target", "class", "y")
"""Columns taken for the labels' where none is named; else the last."""
MISSING = ("", "NA", "NaN", "nan", "null", "None", "?")
MAX_CLASSES = 1000
"""From this on, whole numbers are quantities."""

Row = Mapping[str, str | None]
"""A row's cells as text, by column; None where one is missing."""


def is_table(path: Path) -> bool:
    """Whether `path` is a table, or a folder with the two tables of a public set."""
    return path.suffix.lower() in SUFFIXES or (path.is_dir() and bool(_part(path, "train")))


def from_table(path: Path, hidden: bool, label: str | None = None, *, quantities: bool = False) -> tuple[Arrays, About]:
    """Return the arrays of `path/train.csv` and `path/test.csv` (or .tsv, .jsonl), or, of a hidden set, of one file.

    `label` names the labels' column; they are `quantities` where that is said, or where they are no whole numbers
    below 1000. Rooms find a public set's files beside the arrays. Raises DataError where a file is no such table, and
    where the two have other columns.
    """
    files = {"": path} if hidden else {f"_{part}": _expected(path, part) for part in ("train", "test")}
    tables = {suffix: _read(file) for suffix, file in files.items()}
    columns = list(next(iter(tables.values()))[0])
    for suffix, rows in tables.items():
        if list(rows[0]) != columns:
            raise DataError(f"{files[suffix]}: its columns are {_listed(rows[0])}; expected {_listed(columns)}")
    chosen = _label_column(path, columns, label)
    inputs = [column for column in columns if column != chosen]
    kinds = _numeric_columns([row for rows in tables.values() for row in rows], inputs)
    given = {suffix: _given(rows, chosen, path) for suffix, rows in tables.items()}
    labels, names = _named_labels(given) or (_numbered_labels(given, quantities), [])
    arrays: Arrays = {}
    for suffix, rows in tables.items():
        arrays[f"x{suffix}"] = _inputs(rows, inputs, kinds, str(files[suffix]))
        arrays[f"y{suffix}"] = labels[suffix]
    kept = {} if hidden else {f"{suffix[1:]}{file.suffix.lower()}": file for suffix, file in files.items()}
    text = len(inputs) == 1 and not kinds
    return arrays, About(names, () if text else inputs, kept)


def _part(path: Path, part: str) -> Path | None:
    return next((path / f"{part}{suffix}" for suffix in SUFFIXES if (path / f"{part}{suffix}").is_file()), None)


def _expected(path: Path, part: str) -> Path:
    found = _part(path, part) if path.is_dir() else None
    if found is None:
        raise DataError(
            f"{path}: no {part}.csv here; expected a folder with train.csv and test.csv (or .tsv, .jsonl), or, with "
            "--hidden, one such file"
        )
    return found


def _read(path: Path) -> list[Row]:
    try:
        text = path.read_text(encoding="utf-8-sig")
        with longest_field(2**24):
            rows = _json_rows(text) if path.suffix.lower() == ".jsonl" else _csv_rows(text, path)
    except (OSError, UnicodeDecodeError, csv.Error, ValueError) as error:
        raise DataError(
            f"{path}: cannot be read as a table in UTF-8: {error}; mend it, then add the set again"
        ) from error
    if not rows:
        raise DataError(f"{path}: a table without a row; expected a first line of names, then one line an example")
    return rows


def _csv_rows(text: str, path: Path) -> list[Row]:
    first = text.partition("\n")[0]
    delimiter = "\t" if path.suffix.lower() == ".tsv" else max(",;\t", key=first.count)
    lines = csv.reader(text.splitlines(keepends=True), delimiter=delimiter, strict=True)
    names = [name.strip() for name in next(lines, [])]
    if len(set(names)) < len(names) or not all(names):
        raise ValueError(f"its first line names columns twice, or not at all: {', '.join(names)[:200]}")
    rows: list[Row] = []
    for cells in lines:
        if cells and len(cells) != len(names):
            raise ValueError(f"line {lines.line_num} has {len(cells)} cells, the first {len(names)}")
        if cells:
            rows.append(
                {name: None if cell.strip() in MISSING else cell for name, cell in zip(names, cells, strict=True)}
            )
    return rows


def _json_rows(text: str) -> list[Row]:
    rows: list[Row] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        found = json.loads(line)
        if not isinstance(found, dict) or any(isinstance(value, list | dict) for value in found.values()):
            raise ValueError(f'line {number} is no flat object such as {{"text": "…", "label": 0}}')
        cells = {str(key): None if value is None else _cell(value) for key, value in found.items()}
        if rows and cells.keys() != rows[0].keys():
            raise ValueError(f"line {number} has the keys {_listed(cells)}, the first {_listed(rows[0])}")
        rows.append(cells)
    return rows


def _cell(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _label_column(path: Path, columns: Sequence[str], label: str | None) -> str:
    if len(columns) < 2:
        raise DataError(f"{path}: one column, {_listed(columns)}; expected a label's beside")
    if label is not None and label not in columns:
        raise DataError(f"{path}: no column {label!r}; given: {_listed(columns)}")
    return label or next((name for name in columns if name.lower() in LABELS), columns[-1])


def _numeric_columns(rows: Sequence[Row], columns: Sequence[str]) -> set[str]:
    return {column for column in columns if all(_number(row[column]) is not None for row in rows)}


def _number(cell: str | None) -> float | None:
    """Return the number of a cell: NaN where it is missing, None where it is a text."""
    if cell is None:
        return float("nan")
    try:
        return float(cell)
    except ValueError:
        return None


def _inputs(rows: Sequence[Row], columns: Sequence[str], numeric: set[str], where: str) -> NDArray[Any]:
    if numeric == set(columns):
        return np.array([[_number(row[column]) for column in columns] for row in rows], np.float32)
    texts = as_texts([row[column] or "" for row in rows for column in columns], where)
    return texts if len(columns) == 1 else texts.reshape(len(rows), len(columns))


def _given(rows: Sequence[Row], column: str, path: Path) -> list[str]:
    cells = [cell for row in rows if (cell := row[column]) is not None]
    if len(cells) < len(rows):
        raise DataError(f"{path}: a row has no label in column {column!r}; fill it, or take the row out")
    return cells


def _named_labels(given: Mapping[str, Sequence[str]]) -> tuple[dict[str, NDArray[Any]], list[str]] | None:
    """Return the labels of each part, and the classes' names in sorted order; None where labels are numbers."""
    cells = [cell for part in given.values() for cell in part]
    if all(_number(cell) is not None for cell in cells):
        return None
    names = sorted(set(cells))
    places = {name: place for place, name in enumerate(names)}
    return {suffix: np.array([places[cell] for cell in part], np.int64) for suffix, part in given.items()}, names


def _numbered_labels(given: Mapping[str, Sequence[str]], quantities: bool) -> dict[str, NDArray[Any]]:
    numbers = {suffix: np.array([float(cell) for cell in part]) for suffix, part in given.items()}
    classes = all(((part == part.round()) & (part >= 0) & (part < MAX_CLASSES)).all() for part in numbers.values())
    dtype = np.int64 if classes and not quantities else np.float32
    return {suffix: part.astype(dtype) for suffix, part in numbers.items()}


def _listed(names: Any) -> str:
    return ", ".join(list(names)[:20])
