"""The headings of a notebook's texts: what its readers call its parts."""

from __future__ import annotations

import re

FENCED = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
_START = re.compile(r"#{1,6}[ \t]+")
_POINTS = re.compile(r"\bpoints?\Z")
HEADING_CHARS = 300
"""Of a heading that is said: no pattern is tried on more, for what one costs grows faster than a text."""
SAID_CHARS = 60
_LINK = re.compile(r"!?\[([^\]\n]*)\]\([^)\n]*\)")
_MARK = re.compile(r"\*\*|__|<[^<>\n]+>|[*$]")


def last_heading(text: str) -> str:
    """Return the last heading of a Markdown text as it is written, but for links, which are their words; or nothing."""
    lines = reversed(FENCED.sub("", text).split("\n"))
    return next(filter(None, map(_heading, lines)), "")


def _heading(line: str) -> str:
    """Return a Markdown heading, the points it may announce left out; an empty text where a line is none.

    Step by step: one pattern for all of it takes minutes where a student writes some hundred spaces.
    """
    start = _START.match(line)
    if start is None:
        return ""
    title = line[start.end() :].strip().rstrip("#").rstrip()
    title = _LINK.sub(r"\1", title[:HEADING_CHARS]) + title[HEADING_CHARS:]
    opened = title.rfind("(")
    if opened > 0 and title.endswith(")") and _POINTS.search(title[opened:-1]) and ")" not in title[opened:-1]:
        return title[:opened].rstrip()
    return title


def spoken(heading: str) -> str:
    """Return a heading as it is said within a sentence: without marks, and not too long."""
    plain = " ".join(_MARK.sub("", _LINK.sub(r"\1", heading[:HEADING_CHARS])).split())
    return plain if len(plain) <= SAID_CHARS else f"{plain[: SAID_CHARS - 1].rstrip()}…"
