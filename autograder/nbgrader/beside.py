"""Pictures that lie as files beside a notebook: what it shows of them, formgrader finds beside the executed one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from autograder.paths import write_beside
from autograder.wire.pictures import plain_picture

SUFFIXES = (".png", ".jpg", ".jpeg", ".gif")
LARGEST_BYTES = 10 * 2**20
FILES = 200
"""How many pictures one student may have beside a notebook."""


def copy_pictures(source: Path, target: Path) -> None:
    """Copy the pictures under `source` to the same places under `target`, but for links and what only claims to be one.

    No other file is copied: formgrader would serve a page or a script as the course's own.
    """
    for path in _pictures(source):
        found = plain_picture(path.read_bytes())
        place = target / path.relative_to(source)
        if found and not (place.exists() and place.read_bytes() == found[1]):
            write_beside(place, found[1])


def _pictures(folder: Path) -> Iterator[Path]:
    count = 0
    for root, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for path in (Path(root) / name for name in sorted(names)):
            if path.suffix.lower() not in SUFFIXES or path.is_symlink() or not path.is_file():
                continue
            count += 1
            if count > FILES:
                return
            if path.stat().st_size <= LARGEST_BYTES and os.access(path, os.R_OK):
                yield path
