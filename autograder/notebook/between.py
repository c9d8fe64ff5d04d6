"""What stands in a text between two marks, found in one pass."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Region:
    """One region of a text, of an opening mark and the next closing one."""

    opening: re.Match[str]
    closing: re.Match[str]

    @property
    def inside(self) -> str:
        """The text between the marks."""
        return self.opening.string[self.opening.end() : self.closing.start()]


def regions(text: str, opens: re.Pattern[str], closes: re.Pattern[str]) -> Iterator[Region]:
    """Yield the regions of a text, in order; one that is never closed is none.

    Danger: one pattern for a whole region, « opens.*?closes », reads the text to its end for each mark that is never
    closed, and a cell of some thousands of them takes minutes.
    """
    place = 0
    while (opening := opens.search(text, place)) and (closing := closes.search(text, opening.end())):
        yield Region(opening, closing)
        place = closing.end()


def without_regions(text: str, opens: re.Pattern[str], closes: re.Pattern[str]) -> str:
    """Return a text without its regions and their marks."""
    kept, place = [], 0
    for region in regions(text, opens, closes):
        kept.append(text[place : region.opening.start()])
        place = region.closing.end()
    return "".join((*kept, text[place:]))
