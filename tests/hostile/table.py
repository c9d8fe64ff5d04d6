"""Which layer of the wall stops what: `python tests/hostile/table.py` measures it, for the table of docs/wall.md."""

from __future__ import annotations

import re
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

TESTS = Path(__file__).parent.parent
DOCS = TESTS.parent / "docs" / "wall.md"
PLACE = re.compile(r"(<!-- layers -->\n).*(<!-- /layers -->)", re.DOTALL)
WITHOUT: Mapping[str, tuple[str, ...]] = {
    "Landlock": ("Landlock",),
    "the filter": ("system call filter",),
    "both": ("Landlock", "system call filter"),
}
"""By column: the layers that are left out."""


def table(through: Mapping[str, set[str]], names: Mapping[str, str]) -> str:
    """Return the table of what gets through without each of WITHOUT."""
    lines = [f"| tried | {' | '.join(f'without {column}' for column in WITHOUT)} |", "|---|" + "---|" * len(WITHOUT)]
    for name in names:
        if any(name in found for found in through.values()):
            cells = ("gets through" if name in through[column] else "stopped" for column in WITHOUT)
            lines.append(f"| {name} | {' | '.join(cells)} |")
    others = len(names) - (len(lines) - 2)
    return "\n".join(lines) + f"\n\nThe other {others} of {len(names)} are stopped without either.\n"


def main() -> None:
    from autograder.sandbox.rooms import Zygote
    from hostile.escapes import ESCAPES
    from hostile.test_escapes import through

    found = {}
    for column, layers in WITHOUT.items():
        with tempfile.TemporaryDirectory() as cache, Zygote([], Path(cache), unsafe_without=layers) as zygote:
            found[column] = through(zygote)
    text = DOCS.read_text(encoding="utf-8")
    DOCS.write_text(PLACE.sub(lambda place: place[1] + table(found, ESCAPES) + place[2], text), encoding="utf-8")


if __name__ == "__main__":
    sys.path.insert(0, str(TESTS))
    main()
