"""Read notebooks: the course's own, which must be right, and students', which may be anything.

A version 4 notebook is JSON, decoded here into typed records. nbformat takes two seconds to import, nearly all of it
for a check of URIs that no notebook needs; it is called where it is needed: to upgrade older formats, and to validate
and write releases.
"""

from __future__ import annotations

import codecs
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import msgspec

from autograder.errors import CourseError, Problem, SubmissionError
from autograder.locale import phrase
from autograder.notebook.text import SUFFIXES, TextError, notebook_of_text, source_text
from autograder.wire import codec
from autograder.wire.ready import ready

VERSION = 4
HEAD = 4096
"""Bytes looked at to say what a file is that is no notebook."""
NOTEBOOK_SUFFIXES = (".ipynb", ".ipynb.json", ".ipynb.txt")
ZIP_ENTRY, ZIP_ENTRIES = b"PK\x01\x02", 1000
"""What an entry of an archive's directory begins with, and how many one handed in as a notebook may have."""

EMPTY = phrase("the file is empty")
HTML = phrase("it is a web page: download the notebook itself, as .ipynb")
TRUNCATED = phrase("it is cut short: the upload or the download was interrupted")
SCRIPT = phrase("it is a Python file, not a notebook")
ARCHIVE = phrase("it is an archive that does not hold one notebook")
OTHER = phrase("its content is not that of a notebook")
CLOSED = phrase("its permissions forbid opening it")
ENDLESS = phrase("it has more cells than anybody writes: over ten thousand")
MOST_CELLS = 10_000
REASONS = {one.msgid: one for one in (EMPTY, HTML, TRUNCATED, SCRIPT, ARCHIVE, OTHER, CLOSED, ENDLESS)}
"""What a SubmissionError says, in words a student can act on, by its text."""


class NotebookCell(msgspec.Struct, frozen=True):
    """The parts of a cell that are used. Outputs are not: what counts is what the code does when it is run again."""

    cell_type: str
    source: str
    metadata: dict[str, Any] = {}
    id: str = ""
    attachments: dict[str, Any] = {}
    """Pictures pasted into it, as the file has them."""


class Notebook(msgspec.Struct, frozen=True):
    """A notebook's cells, in order."""

    cells: tuple[NotebookCell, ...]
    language: str = ""
    """Its kernel's, in lower case, where it says."""


class _StoredCell(msgspec.Struct):
    """What other programs write may be of any type where nothing here depends on it."""

    cell_type: str
    source: str | list[str] | None = ""
    metadata: Any = None
    id: Any = ""
    attachments: Any = None


class _Stored(msgspec.Struct):
    nbformat: int
    cells: list[_StoredCell] = []
    metadata: Any = None


def parse_notebook(data: bytes) -> Notebook:
    """Return the notebook in `data`, in UTF-8 or UTF-16. Raise ValueError, with the reason, where it is not one."""
    try:
        text = as_utf8(data)
        stored = _decoded(text)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise ValueError(_first_line(error)) from error
    if stored.nbformat != VERSION:
        stored = _upgraded(text)
    return Notebook(tuple(map(_cell, stored.cells)), _language(stored.metadata))


def as_utf8(data: bytes) -> bytes | memoryview:
    """`data` without a byte order mark, in UTF-8. What is in UTF-8 already is not copied: outputs may be large."""
    if data.startswith(codecs.BOM_UTF8):
        return memoryview(data)[len(codecs.BOM_UTF8) :]
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16").encode()
    if data[:2] in (b"{\0", b"\0{"):
        return data.decode("utf-16-le" if data[0] else "utf-16-be").encode()
    return data


def _cell(stored: _StoredCell) -> NotebookCell:
    metadata = stored.metadata if isinstance(stored.metadata, dict) else {}
    name = stored.id if isinstance(stored.id, str) else ""
    attachments = stored.attachments if isinstance(stored.attachments, dict) else {}
    source = _whole(stored.source or "")
    return NotebookCell(stored.cell_type, source, metadata, codec.plain_text(name), attachments)


def _whole(source: str | list[str]) -> str:
    text = source if isinstance(source, str) else "".join(source)
    return codec.plain_text(text.replace("\r\n", "\n").replace("\r", "\n"))


def _language(metadata: Any) -> str:
    for key, name in (("kernelspec", "language"), ("language_info", "name")):
        part = metadata.get(key) if isinstance(metadata, dict) else None
        found = part.get(name) if isinstance(part, dict) else None
        if isinstance(found, str) and found:
            return codec.plain_text(found).lower()
    return ""


def _decoded(data: bytes | memoryview) -> _Stored:
    try:
        return msgspec.json.decode(data, type=ready(_Stored))
    except msgspec.DecodeError as error:
        # Python writes, and Jupyter reads, what JSON does not have; an editor that cuts an output cuts an emoji in two
        whole = bytes(data)
        if b"NaN" not in whole and b"Infinity" not in whole and "surrogate" not in str(error):
            raise
        return msgspec.convert(json.loads(whole), ready(_Stored))


def _upgraded(data: bytes | memoryview) -> _Stored:
    import nbformat

    try:
        upgraded: _Stored = msgspec.convert(nbformat.reads(bytes(data).decode(), as_version=VERSION), ready(_Stored))
    except Exception as error:  # nbformat raises whatever its converters happen to
        raise ValueError(_first_line(error)) from error
    return upgraded


def read_course_notebook(path: Path, shown: Path) -> Notebook:
    """Return a notebook of the course. Raise CourseError, naming it `shown`, where it is not one."""
    try:
        return parse_notebook(course_notebook_bytes(path))
    except OSError as error:
        raise CourseError([Problem(shown, 0, "", error.strerror or str(error))]) from error
    except TextError as error:
        raise CourseError(Problem(shown, 0, f"cell {number}", text) for number, text in error.problems) from error
    except ValueError as error:
        raise CourseError([Problem(shown, 0, "", f"not a notebook: {error}")]) from error


def read_submitted_notebook(data: bytes, largest: int) -> Notebook:
    """Return a student's notebook, taken out of its archive where it is alone in one.

    Raises SubmissionError where `data` is not a notebook, or holds one of more than `largest` bytes. Nothing in it is
    trusted.
    """
    if data.startswith(b"PK\x03\x04"):
        data = _unzipped(data, largest)
    try:
        notebook = parse_notebook(data)
    except ValueError as error:
        raise SubmissionError(_reason(data, str(error))) from error
    if len(notebook.cells) > MOST_CELLS:
        raise SubmissionError(ENDLESS.msgid)
    return notebook


def _unzipped(data: bytes, largest: int) -> bytes:
    content = b""
    if data.count(ZIP_ENTRY) <= ZIP_ENTRIES:  # zipfile would hold a record of each, however many there are
        try:
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                found = [one for one in archive.infolist() if is_notebook(one.filename)]
                if len(found) == 1:
                    with archive.open(found[0]) as file:
                        content = file.read(largest + 1)
        except Exception as error:  # zipfile raises whatever its decompressors happen to
            raise SubmissionError(ARCHIVE.msgid) from error
    if not content:
        raise SubmissionError(ARCHIVE.msgid)
    if len(content) > largest:
        raise SubmissionError(f"over {largest // 2**20} MB")
    return content


def is_notebook(name: str) -> bool:
    """Whether a path is a notebook's, as browsers save them too, and no program's own copy of one."""
    parts = name.lower().split("/")
    return parts[-1].endswith(NOTEBOOK_SUFFIXES) and not any(part.startswith((".", "__macosx")) for part in parts)


def _reason(data: bytes, error: str) -> str:
    """What a file is that is no notebook, told from how it begins and ends; the parser's own words where it is JSON."""
    start = data[:HEAD].removeprefix(codecs.BOM_UTF8).lstrip()
    if not start and not data.strip():
        return EMPTY.msgid
    if start[:1] == b"<":
        return HTML.msgid
    if "truncated" in error:
        return TRUNCATED.msgid
    if start[:1] not in (b"{", b"["):
        code = any(line.startswith((b"import ", b"from ", b"def ", b"#")) for line in start.splitlines())
        return SCRIPT.msgid if code else OTHER.msgid
    return error


def course_notebook_bytes(path: Path) -> bytes:
    """Return a notebook of the course as an `.ipynb` file holds it, in UTF-8, whether it is one or a text.

    Raises OSError where it cannot be read, ValueError where a text is no notebook.
    """
    data = path.read_bytes()
    if path.suffix in SUFFIXES:
        return notebook_of_text(source_text(data, path.suffix), path.suffix)
    return bytes(as_utf8(data))


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
