"""Where each cell's text stands in a notebook's file, line by line: what a forge shows a remark beside."""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Iterator

_SPACE = re.compile(r"[ \t\r\n]*")
_DECODER = json.JSONDecoder()


def source_lines(text: str) -> list[tuple[int, int]]:
    """Return the first and the last line, from 1, of each cell's source in the JSON of a notebook of version 4.

    Nothing where it is no such JSON.
    """
    try:
        return list(_source_lines(text))
    except (ValueError, LookupError, RecursionError):
        return []


def _source_lines(text: str) -> Iterator[tuple[int, int]]:
    ends = [found.end() for found in re.finditer("\n", text)]
    cells = dict(_members(text, _after_space(text, text.startswith("\ufeff"))))["cells"]
    for cell in _items(text, cells):
        source = dict(_members(text, cell)).get("source", cell)
        inside = list(_items(text, source)) if text[source] == "[" else []
        first, last = (inside[0], inside[-1]) if inside else (source, source)
        yield bisect_right(ends, first) + 1, bisect_right(ends, last) + 1


def _members(text: str, at: int) -> Iterator[tuple[str, int]]:
    """Yield each key of the object that begins at `at`, and where its value does."""
    if text[at] != "{":
        raise ValueError("no object")
    at = _after_space(text, at + 1)
    while text[at] != "}":
        key, end = _DECODER.raw_decode(text, at)
        value = _after_space(text, _after_space(text, end) + 1)  # past the colon
        yield str(key), value
        at = _next(text, value)


def _items(text: str, at: int) -> Iterator[int]:
    """Yield where each item of the array that begins at `at` does."""
    if text[at] != "[":
        raise ValueError("no array")
    at = _after_space(text, at + 1)
    while text[at] != "]":
        yield at
        at = _next(text, at)


def _next(text: str, value: int) -> int:
    """Where what follows a value begins, past the comma."""
    _, end = _DECODER.raw_decode(text, value)
    end = _after_space(text, end)
    return _after_space(text, end + 1) if text[end] == "," else end


def _after_space(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at
