"""What stands in, in a room, for what exists elsewhere only: Colab's modules, widgets, someone at the keyboard.

Any name imported from here is an Absent: whatever is asked of it does nothing and gives another. The notebook's imports
are pointed here before it runs (see `notebook/portable.py`).
"""

from __future__ import annotations

import builtins
import getpass
import sys
from collections.abc import Iterator
from typing import Any

MOST_ANSWERS = 100
"""Empty answers given before asking is an error: a loop that waits for a better one must end."""
_asked = 0


class Absent:
    """An object of another computer's. Used as a decorator it gives back the function."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, name: str) -> Absent:
        if name.startswith("_"):  # Python and IPython look for special methods that are not there
            raise AttributeError(name)
        return Absent(f"{self._name}.{name}")

    def __call__(self, *args: Any, **_: Any) -> Any:
        return args[0] if args and callable(args[0]) else self

    def __getitem__(self, _: Any) -> Absent:
        return self

    def __setitem__(self, key: Any, value: Any) -> None:
        return

    def __iter__(self) -> Iterator[Any]:
        return iter(())

    def __len__(self) -> int:
        return 0

    def __enter__(self) -> Absent:
        return self

    def __exit__(self, *_: object) -> None:
        return

    def __repr__(self) -> str:
        return f"<{self._name}: not here while grading>"


def __getattr__(name: str) -> Absent:
    if name.startswith("__"):
        raise AttributeError(name)
    return Absent(name)


def empty_answer(prompt: object = "", stream: object = None) -> str:
    """Return an empty text, as someone who only presses Enter; raise EOFError when asked too often."""
    global _asked
    _asked += 1
    sys.stdout.write(f"{prompt}\n")
    if _asked > MOST_ANSWERS:
        raise EOFError("nobody is there to answer while a notebook is graded")
    return ""


def install() -> None:
    """Answer for the one who is not there."""
    builtins.input = empty_answer
    getpass.getpass = empty_answer
