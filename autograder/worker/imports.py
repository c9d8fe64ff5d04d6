"""Where a room's imports look: as a kernel's, in the notebook's own folder, after the standard library.

The warm process was started on the host, in the course's folder, and has imported what rooms need. Neither may show: a
path of the host leads nowhere here, and a module beside the notebook comes before one of its name among the libraries,
were that one imported long ago.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from importlib.machinery import SOURCE_SUFFIXES, FileFinder
from pathlib import Path, PurePosixPath

from autograder.wire.frameworks import FRAMEWORKS
from autograder.worker import wall

HERE = ""
"""The entry of `sys.path` that stands for the folder the process is in."""
ARGUMENTS = ["ipykernel_launcher.py", "-f", "/tmp/kernel.json"]
"""What a kernel was started with: a notebook that reads its command line finds no path of the host there."""
LIBRARIES = ("site-packages", "dist-packages")
OWN = "autograder"
"""Our own package: its modules stay loaded under their full names, which is how rooms ask for them."""
NEVER_SHADOWED = ("IPython", "traitlets", "msgspec", "numpy", "tensorflow", *(one.name for one in FRAMEWORKS))
"""What the room itself works with."""


def look_beside_the_notebook(files: Iterable[str]) -> None:
    """Look for modules in the current folder. `files` lie there, by the path they have in it."""
    sys.argv = list(ARGUMENTS)
    there = [entry for entry in sys.path if entry and Path(entry).exists()]
    place = next((at for at, entry in enumerate(there) if Path(entry).name in LIBRARIES), len(there))
    sys.path[:] = [*there[:place], HERE, *there[place:]]
    for name in {_module_of(file) for file in files} - {""}:
        _forget(name)


def notice_new_files() -> None:
    """Have the next import list the notebook's folder again: a cell may have written a module a moment ago.

    Python remembers a folder's content until its time of change differs, and cells follow each other within one tick.
    """
    for folder, finder in list(sys.path_importer_cache.items()):  # hundreds, for each cell: no Path is made of them
        if isinstance(finder, FileFinder) and f"{folder}/".startswith(f"{wall.HOME}/"):
            finder.invalidate_caches()


def _module_of(file: str) -> str:
    """The module at the top that a file is; empty where it is none."""
    path = PurePosixPath(file)
    if path.suffix not in SOURCE_SUFFIXES:
        return ""
    if len(path.parts) == 1:
        return path.stem
    # A folder without __init__.py comes after the library of its name: Python takes it for a part of one.
    return path.parts[0] if path.parts[1:] == ("__init__.py",) else ""


def _forget(name: str) -> None:
    """Let `name` be imported anew, where that which is loaded is no part of Python or of the room."""
    if name in sys.stdlib_module_names or name in NEVER_SHADOWED:
        return
    loaded = [one for one in sys.modules if one == name or (one.startswith(f"{name}.") and name != OWN)]
    for one in loaded:
        del sys.modules[one]
