"""The headings of a notebook's texts: what its readers call its parts."""

from __future__ import annotations

import re

FENCED = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^#{1,6}[ \t]+(.+?)[ \t]*(\([^()\n]*\bpoints?\))?[ \t]*#*[ \t]*$", re.MULTILINE)
"""A Markdown heading, the points it may announce left out."""
SAID_CHARS = 60
_LINK = re.compile(r"!?\[([^\]\n]*)\]\([^)\n]*\)")
_MARK = re.compile(r"\*\*|__|<[^<>\n]+>|[*$]")


def last_heading(text: str) -> str:
    """Return the last heading of a Markdown text as it is written, or an empty text."""
    found = HEADING.findall(FENCED.sub("", text))
    return found[-1][0] if found else ""


def spoken(heading: str) -> str:
    """Return a heading as it is said within a sentence: without marks, and not too long."""
    plain = " ".join(_MARK.sub("", _LINK.sub(r"\1", heading)).split())
    return plain if len(plain) <= SAID_CHARS else f"{plain[: SAID_CHARS - 1].rstrip()}…"
