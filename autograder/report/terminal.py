"""What is said on a terminal and through a pipe: names and messages of students are shown there, and steer nothing.

A control character moves the cursor or recolours what follows, a bidirectional override shows `evil` as `live`; in text
that comes of a submission each stands written out. What a terminal has no character for is a question mark there.
"""

from __future__ import annotations

import json
import re
import sys
import unicodedata
from io import TextIOWrapper
from typing import Any

from rich.console import Console, RenderableType
from rich.status import Status

WIDTH_OF_A_PIPE = 200
"""Columns of a table that nobody reads on a terminal."""
_UNSEEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
"""Unicode's categories of what is not shown, or steers what is."""
_COMMAND = re.compile(r"::(?=[A-Za-z][\w-]*(?: [^\n]*?)?::)|##(?=\w*\[)")
"""What begins a command in the log of a CI system: GitHub's `::error …::`, `##[group]`, Azure's `##vso[`, TeamCity's.

Anywhere in a line: a long text goes on at the beginning of the next one.
"""


def shown(text: str, kept: str = "") -> str:
    """Return `text` on one line, with what cannot be seen written out, but for the characters `kept`.

    What a CI system would take for a command to it, in its log, is parted.
    """
    seen = "".join(
        character
        if character in kept or unicodedata.category(character) not in _UNSEEN
        else " "
        if character in "\n\r\t"
        else f"\\u{{{ord(character):x}}}"
        for character in text
    )
    return _COMMAND.sub(lambda found: " ".join(found[0]), seen)


def json_line(value: Any) -> str:
    """Return a value as JSON, on one line, with what cannot be seen escaped, and all that the output cannot show."""
    text = json.dumps(value, ensure_ascii=False)
    text = "".join(
        character if unicodedata.category(character) not in _UNSEEN else json.dumps(character)[1:-1]
        for character in text
    )
    try:
        text.encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        text = json.dumps(value)
    return _COMMAND.sub(lambda found: f"\\u{ord(found[0][0]):04x}{found[0][1:]}", text)


class Terminal(Console):
    """Rich's console, for text of which some may be a student's: none of it is markup, or steers the terminal."""

    def __init__(self, *, stderr: bool = False) -> None:
        super().__init__(stderr=stderr, soft_wrap=True, highlight=False, markup=False, emoji=False)
        self.still = False
        """Whether nothing turns while one waits."""

    def status(self, status: RenderableType, **options: Any) -> Status:
        """Say what one waits for, as Rich does, where it may."""
        return Status(status, console=Console(quiet=True)) if self.still else super().status(status, **options)

    def print(self, *objects: Any, **options: Any) -> None:
        """Print as Rich does. Lines stay lines."""
        super().print(*(shown(one, "\n\t") if isinstance(one, str) else one for one in objects), **options)


def show_what_can_be_shown() -> None:
    """Have the process's output go on where it has no character for something, rather than stop."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper) and stream.errors == "strict":
            stream.reconfigure(errors="replace")
