"""What a notebook's texts say of points, and what its questions may be called."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection

_UNIT = r"(?:points?|pts?\.?|marks?)"
_NUMBER = r"(?P<{}>\d{{1,3}}(?:[.,]\d{{1,2}})?)"
_SAID = (
    re.compile(rf"[(\[{{][^()\[\]{{}}\n]*?{_NUMBER.format('n')}[ \t]*{_UNIT}\b[^()\[\]{{}}\n]*[)\]}}]", re.IGNORECASE),
    re.compile(rf"\*\*[ \t]*{_NUMBER.format('n')}[ \t]*{_UNIT}[ \t]*\*\*", re.IGNORECASE),
    re.compile(rf"\b(?:points?|marks?|barème|score)\b[*_ \t]*[:=][*_ \t]*{_NUMBER.format('n')}", re.IGNORECASE),
    re.compile(rf"^#{{1,6}}[^\n]*[:–—-][ \t]*{_NUMBER.format('n')}[ \t]*{_UNIT}[ \t]*$", re.IGNORECASE | re.MULTILINE),
    re.compile(
        rf"^#{{1,6}}[^\n]*[(\[]?[ \t]*/[ \t]*{_NUMBER.format('n')}[ \t]*(?:{_UNIT})?[)\]]?[ \t]*$", re.MULTILINE
    ),
)
"""A number of points in brackets, in bold, after « points: », at the end of a heading.

« 100 points » in a sentence may be points of a cloud.
"""
_FIRST = re.compile(r"[^A-Za-z0-9]+")
ID_CHARS = 40


def points_in(text: str) -> float | None:
    """Return how many points a text says something is worth; None where it does not."""
    for pattern in _SAID:
        if found := pattern.search(text):
            return float(found["n"].replace(",", "."))
    return None


def without_points(text: str) -> str:
    """Return a heading without what it says of points."""
    for pattern in _SAID[:2]:
        text = pattern.sub("", text)
    return text.strip()


def question_id(said: str, taken: Collection[str]) -> str:
    """Return an id for a question after a name or a heading, other than those taken: « one_hot » is `one-hot`."""
    plain = unicodedata.normalize("NFKD", said).encode("ascii", "ignore").decode()
    base = _FIRST.sub("-", plain).strip("-").lower()[:ID_CHARS].strip("-") or "question"
    number = 1
    while (name := base if number == 1 else f"{base}-{number}") in taken:
        number += 1
    return name
