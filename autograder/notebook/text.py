"""Source notebooks written as text: Markdown, MyST or a Python script, read by jupytext.

A cell says in one attribute what it is to nbgrader, and the attribute's value is its id:

| attribute                        | cell                                   |
|----------------------------------|----------------------------------------|
| `question="relu" points=2`       | visible tests of a question            |
| `answer="relu-answer"`           | an answer; `solution` says the same    |
| `readonly="imports"`             | students cannot change it              |
| `manual="essay" points=3`        | an answer that a teacher reads         |
| `task="drawing" points=5`        | a task described in Markdown           |
"""

from __future__ import annotations

import codecs
import hashlib
import io
import re
import tokenize
from collections import Counter
from pathlib import Path
from typing import Any

SUFFIXES = (".md", ".py")
_KINDS: dict[str, dict[str, bool]] = {
    "question": {"grade": True, "locked": True},
    "answer": {"solution": True},
    "solution": {"solution": True},
    "readonly": {"locked": True},
    "manual": {"grade": True, "solution": True},
    "task": {"task": True, "locked": True},
}
_POINTED = ("question", "manual", "task")
_ID = re.compile(r"[A-Za-z0-9_-]+")
_BOOKKEEPING = ("lines_to_next_cell", "lines_to_end_of_cell_marker")
"""What jupytext notes of a cell's place in the text."""
_KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}


class TextError(ValueError):
    """What is wrong with the attributes of a text's cells: pairs of a cell, from 1, and a sentence."""

    def __init__(self, problems: list[tuple[int, str]]) -> None:
        self.problems = problems
        super().__init__("; ".join(f"cell {number}: {text}" for number, text in problems))


def is_text_source(path: Path) -> bool:
    """Whether a file is there that holds a notebook as text. A script without cells is a module."""
    if not path.is_file():
        return False
    return path.suffix != ".py" or "# %%" in path.read_text(encoding="utf-8", errors="replace")


def source_text(data: bytes, suffix: str) -> str:
    """Return what a text's bytes say: with a byte order mark or without; a script as Python reads it.

    Raises ValueError where they are in another encoding than they say.
    """
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        text = data.decode("utf-16")
    elif suffix == ".py":
        try:
            encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
            text = data.decode(encoding)
        except (SyntaxError, UnicodeDecodeError) as error:
            raise ValueError(f"not in the encoding it says: {error}") from error
    else:
        text = _utf8(data)
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _utf8(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise ValueError(f"line {line} is not UTF-8: save the file in UTF-8") from error


def notebook_of_text(text: str, suffix: str) -> bytes:
    """Return the notebook that a text is, of version 4.5; the same text gives the same bytes.

    Raises TextError for attributes that make no sense, ValueError for a text that jupytext cannot read.
    """
    # Here, not above: they take a second to load, and a course whose sources are notebooks does without.
    import jupytext
    import nbformat

    try:
        read = jupytext.reads(text, fmt=suffix.removeprefix("."))
    except Exception as error:  # jupytext and the parsers it rests on raise what they happen to
        raise ValueError(f"jupytext cannot read it: {error}") from error
    problems: list[tuple[int, str]] = []
    for number, cell in enumerate(read.cells, start=1):
        try:
            cell.metadata = _metadata(cell.metadata, cell.cell_type)
        except ValueError as error:
            problems.append((number, str(error)))
    if problems:
        raise TextError(problems)
    _name_cells(read.cells)
    kernel = {**_KERNEL, **read.metadata.get("kernelspec", {})}
    read.metadata = nbformat.from_dict({"kernelspec": kernel})
    read.nbformat, read.nbformat_minor = 4, 5
    return f"{nbformat.writes(read)}\n".encode()


def _metadata(found: Any, cell_type: str) -> Any:
    """Return a cell's metadata with nbgrader's in place of the attribute. Raise ValueError where they make no sense."""
    import nbformat

    kept = {name: value for name, value in found.items() if name not in _BOOKKEEPING}
    said = [name for name in _KINDS if name in kept]
    if not said:
        if "points" in kept:
            raise ValueError("points, but nothing to give them for: add question, manual or task")
        return nbformat.from_dict(kept)
    if len(said) > 1:
        raise ValueError(f"{' and '.join(said)} at once: a cell is one of them")
    kind, points = said[0], kept.pop("points", None)
    kept["nbgrader"] = {**_role(kind, kept.pop(kind), cell_type), **_points(kind, points)}
    return nbformat.from_dict(kept)


def _role(kind: str, name: object, cell_type: str) -> dict[str, Any]:
    if not isinstance(name, str) or not _ID.fullmatch(name):
        raise ValueError(f"{kind}={name!r}: an id of letters, digits, - and _ is expected, between quotes")
    if kind == "task" and cell_type != "markdown":
        raise ValueError("a task is described in Markdown")
    if kind in ("question", "answer", "solution") and cell_type != "code":
        raise ValueError(f"{kind} in a cell that is no code: an answer in words is manual")
    plain = {"grade": False, "solution": False, "locked": False, "task": False}
    return {**plain, **_KINDS[kind], "grade_id": name, "schema_version": 3}


def _points(kind: str, points: object) -> dict[str, Any]:
    if kind not in _POINTED:
        if points is not None:
            raise ValueError(f"points for {kind}: they are given for its question")
        return {}
    if isinstance(points, bool) or not isinstance(points, int | float) or points < 0:
        raise ValueError(f"{kind} is worth points: add points=2, a number without quotes")
    return {"points": points}


def _name_cells(cells: list[Any]) -> None:
    """Give each cell an id that hangs on what it is, so that it stays when another cell is added before it."""
    met: Counter[str] = Counter()
    for cell in cells:
        named = str(cell.metadata.get("nbgrader", {}).get("grade_id", ""))[:50]
        name = named or hashlib.sha256(f"{cell.cell_type} {cell.source}".encode()).hexdigest()[:8]
        met[name] += 1
        cell.id = name if met[name] == 1 else f"{name}-{met[name]}"
