"""What each layer stops, and all that is tried: `python tests/hostile/table.py` writes both in docs/wall.md.

The first is measured; the second names the programs of these tests.
"""

from __future__ import annotations

import re
import sys
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

TESTS = Path(__file__).parent.parent
DOCS = TESTS.parent / "docs" / "wall.md"
PLACE = r"(<!-- {0} -->\n).*(<!-- /{0} -->)"
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


def tried() -> str:
    """Return the table of what is tried: each program by its name, by what it goes for."""
    from hostile.answers import FIGURES, MODULES
    from hostile.batch import BATCH
    from hostile.copies import COPIES
    from hostile.courses import FOLDERS
    from hostile.downloads import DOWNLOADS, FILE_NAMES, NAMES_TAKEN
    from hostile.environments import PYTHONS
    from hostile.escapes import ESCAPES
    from hostile.masters import SOLUTIONS, TOLD
    from hostile.pretended import PRETENDED
    from hostile.shared import SHARED
    from hostile.test_keeper import CLIENTS, IN_ITS_PLACE
    from hostile.texts import TEXTS
    from hostile.trainings import FUNCTIONS, NETWORKS, RECORDS
    from hostile.workers import EVIDENCE, RUNS

    kinds: Mapping[str, Iterable[str]] = {
        "a cell, for the kernel and the host": ESCAPES,
        "a cell, for what its neighbours need of the kernel": SHARED,
        "a notebook, for points, neighbours, the batch, pages": BATCH,
        "a cell, for `ungraded` in place of its error": PRETENDED,
        "a figure, for whoever reads it": FIGURES,
        "a module or a tensor of PyTorch's, for whoever reads it": MODULES,
        "the record of a network, for those who have the same": RECORDS,
        "a network equal to its neighbours', and trained otherwise": NETWORKS,
        "a function that trains, for the hidden labels": FUNCTIONS,
        "an entry of a class's download, for others' work and whoever collects it": [
            *DOWNLOADS,
            *NAMES_TAKEN,
            *FILE_NAMES,
        ],
        "a text of a student's, for whoever reads it elsewhere": TEXTS,
        "code that two share, for whoever compares a class": COPIES,
        "a name in course.yaml, for what lies elsewhere": FOLDERS,
        "a solution, for whoever drafts checks from it": SOLUTIONS,
        "what a solution's room tells of calls, for the same": TOLD,
        "another program, in the place of a course's Python": PYTHONS,
        "another program, for the keeper of warm rooms": CLIENTS,
        "another program, in the keeper's place": IN_ITS_PLACE,
        "a worker of a cluster, for whoever asked it": [*EVIDENCE, *RUNS],
    }
    lines = [f"| {kind} | {len([*names])} | {' · '.join(names)} |" for kind, names in kinds.items()]
    return "\n".join(["| goes | | tried |", "|---|--:|---|", *lines]) + "\n"


def written(text: str, place: str, found: str) -> str:
    """Return the page with this in its place."""
    return re.sub(PLACE.format(place), lambda marks: marks[1] + found + marks[2], text, flags=re.DOTALL)


def main() -> None:
    from autograder.sandbox.rooms import Zygote
    from hostile.escapes import ESCAPES
    from hostile.test_escapes import through

    found = {}
    for column, layers in WITHOUT.items():
        with tempfile.TemporaryDirectory() as cache, Zygote([], Path(cache), unsafe_without=layers) as zygote:
            found[column] = through(zygote)
    text = DOCS.read_text(encoding="utf-8")
    text = written(written(text, "layers", table(found, ESCAPES)), "tried", tried())
    DOCS.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    sys.path.insert(0, str(TESTS))
    main()
