"""CSV files as spreadsheets and platforms write them: read in whatever encoding, written back as they came.

A cell that begins with `=`, `+`, `-`, `@`, a tab or a line's end is a formula to the spreadsheet that opens the file,
and a student may choose their own name: texts that we write are set off (see `harmless`). So is what would begin a
field were the file read with another separator than its own: Excel takes its country's, whatever the file has.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

BOM = b"\xef\xbb\xbf"
DELIMITERS = ",;\t"
LONGEST_FIELD = 2**17
"""Characters of a field of a list of students or of marks; a longer one is no such list."""
_FORMULA = tuple("=+-@\t\r\n＝＋－＠")
"""What a formula may begin with; the wide ones are read as the others where Chinese and Japanese are written."""
_BLANK = " \N{NO-BREAK SPACE}\N{ZERO WIDTH NO-BREAK SPACE}"
"""What some programs take away before they look."""
_APART = re.compile(r"([,;\t\r\n])(?=[ \"]*([=+@＝＋＠]|[-－](?!\s)))")
"""What parts fields to a program of another country's, or to one that reads a line's end within quotes as one, before
what a formula begins with. A hyphen with a space after it is a dash, or begins an item of a list.
"""
_NO_FORMULA = re.compile(r"[-+]?\d+(?:[.,]\d+)?|[-+]")
"""A number, or the sign alone that stands for nothing."""


@dataclass(frozen=True)
class Sheet:
    """One CSV file."""

    rows: tuple[tuple[str, ...], ...]
    """From the first line, its head; those that are empty left out."""
    lines: tuple[int, ...] = ()
    """Where each ends in the file, from 1; nothing for one that was not read."""
    delimiter: str = ","
    bom: bool = False
    newline: str = "\r\n"

    @property
    def head(self) -> tuple[str, ...]:
        return self.rows[0] if self.rows else ()

    def with_rows(self, rows: Iterable[Sequence[str]]) -> Sheet:
        """Return the same file with other rows, the head among them."""
        return replace(self, rows=tuple(map(tuple, rows)), lines=())

    def encode(self) -> bytes:
        """Return the file, in UTF-8, none of its texts a formula."""
        text = io.StringIO(newline="")
        writer = csv.writer(text, delimiter=self.delimiter, lineterminator=self.newline)
        writer.writerows([[harmless(cell) for cell in row] for row in self.rows])
        return (BOM if self.bom else b"") + text.getvalue().encode(errors="replace")


def read_sheet(data: bytes) -> Sheet:
    """Return a CSV file. Fields end at commas, semicolons or tabs, as the first line's do.

    In UTF-8, UTF-16, or in what spreadsheets write on Windows. Raises ValueError where it is no such file.
    """
    text = _decoded(data).replace("\0", "")
    first = text.partition("\n")[0]
    delimiter = max(DELIMITERS, key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        with longest_field(LONGEST_FIELD):
            kept = [(tuple(cells), reader.line_num) for cells in reader if any(cell.strip() for cell in cells)]
    except csv.Error as error:
        raise ValueError(f"line {reader.line_num}: no CSV file: {error}") from None
    return Sheet(
        rows=tuple(cells for cells, _ in kept),
        lines=tuple(line for _, line in kept),
        delimiter=delimiter,
        bom=data.startswith(BOM),
        newline="\r\n" if "\r\n" in text else "\n",
    )


@contextmanager
def longest_field(characters: int) -> Iterator[None]:
    """Let the csv module read fields of so many characters, within.

    Its limit is the whole process's: one that is set and left would decide what other files are read as.
    """
    before = csv.field_size_limit(characters)
    try:
        yield
    finally:
        csv.field_size_limit(before)


def _decoded(data: bytes) -> str:
    try:
        return data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def harmless(cell: str) -> str:
    """Return a cell's text such that no spreadsheet takes it for a formula: an apostrophe before it where one would.

    Numbers, signed ones too, stay as they are.
    """
    if _NO_FORMULA.fullmatch(cell):
        return cell
    parted = _APART.sub(r"\1'", cell)
    return f"'{parted}" if parted.lstrip(_BLANK).startswith(_FORMULA) else parted


def number(value: float, *, decimal_comma: bool = False) -> str:
    """Return a number of points as platforms read it: to the ten-thousandth, without an exponent or idle zeros."""
    text = f"{value:.4f}".rstrip("0").rstrip(".")
    text = "0" if text in ("", "-0") else text
    return text.replace(".", ",") if decimal_comma else text


def as_number(cell: str) -> float | None:
    """Return the number in a cell, with a decimal point or comma; None where it holds none."""
    text = cell.strip().replace("\N{NO-BREAK SPACE}", "").replace("\N{NARROW NO-BREAK SPACE}", "")
    return float(text.replace(",", ".")) if re.fullmatch(r"[-+]?\d+(?:[.,]\d+)?", text) else None
