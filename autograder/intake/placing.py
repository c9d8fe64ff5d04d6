"""Students' folders put in place under submitted/: whole, or as they were, whatever happens meanwhile."""

from __future__ import annotations

import errno
import fcntl
import filecmp
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from autograder.paths import TIMESTAMP, Paths

LOCK = "lock"
TIME_FORMATS = ("%Y-%m-%d %H:%M:%S.%f %Z", "%Y-%m-%d %H:%M:%S %Z")
"""How nbgrader writes when something was handed in."""


@contextmanager
def staging(paths: Paths) -> Iterator[Path]:
    """Make a new folder to unpack in, gone at the end. One collection at a time: a second one waits for the first."""
    paths.staging.mkdir(parents=True, exist_ok=True)
    with (paths.staging / LOCK).open("w") as lock:
        with suppress(OSError):  # a file system without locks: the worst that may come is a collection cut short
            fcntl.flock(lock, fcntl.LOCK_EX)
        for left in paths.staging.iterdir():  # by one that was killed: no other is at work
            if left.name != LOCK:
                shutil.rmtree(left, ignore_errors=True)
        with tempfile.TemporaryDirectory(dir=paths.staging, ignore_cleanup_errors=True) as folder:
            yield Path(folder)


def put(new: Path, old: Path, time: datetime | None) -> str:
    """Put one student's folder in place, if it is newer than what is there, and say what became of it."""
    if not dict(_named_files(new)):
        return "empty"  # all that was in it was skipped, and said
    if time is not None and not (new / TIMESTAMP).exists():
        (new / TIMESTAMP).write_text(f"{time:%Y-%m-%d %H:%M:%S.%f} UTC\n")
    if not os.path.lexists(old):
        _place(new, old)
        return "new"
    if _same(old, new):
        return "unchanged"
    before, now = _time_of(old), _time_of(new)
    if before is not None and now is not None and now < before:
        return "older"
    _place(new, old)
    return "changed"


def _place(new: Path, target: Path) -> None:
    """Put a folder in its place, another's where there is one: that one waits aside until the new one stands.

    All of it is renaming within one folder, so that neither ever is there in part; `put_back` mends after a kill.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    coming, aside = _coming(target), _aside(target)
    _remove(coming)
    try:
        new.rename(coming)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        shutil.copytree(new, coming)  # `submitted/` lies on another file system, where no renaming leads
    if os.path.lexists(target):
        target.rename(aside)
    try:
        coming.rename(target)
    except BaseException:
        if os.path.lexists(aside) and not os.path.lexists(target):
            aside.rename(target)
        raise
    _remove(aside)


def _coming(folder: Path) -> Path:
    """Where a submission waits for its place: a hidden name, which nobody grades."""
    return folder.with_name(f".{folder.name}.coming")


def _aside(folder: Path) -> Path:
    """Where an earlier submission waits while its place is taken."""
    return folder.with_name(f".{folder.name}.replaced")


def put_back(paths: Paths, assignment: str) -> None:
    """Mend what a collection that was killed left: what it had set aside returns, unless the new one stands."""
    for folder in paths.submitted.glob("*/"):
        place = folder / assignment
        _remove(_coming(place))
        if os.path.lexists(_aside(place)) and not os.path.lexists(place):
            _aside(place).rename(place)
        _remove(_aside(place))


def _remove(folder: Path) -> None:
    if folder.is_symlink():
        folder.unlink()
    elif folder.exists():
        shutil.rmtree(folder)


def _same(old: Path, new: Path) -> bool:
    """Whether two folders hold the same files, but for when they were handed in."""
    if old.is_symlink() or not old.is_dir():
        return False
    names = dict(_named_files(old))
    others = dict(_named_files(new))
    return names.keys() == others.keys() and all(
        filecmp.cmp(path, others[name], shallow=False) for name, path in names.items()
    )


def _named_files(folder: Path) -> Iterator[tuple[Path, Path]]:
    for path in folder.rglob("*"):
        name = path.relative_to(folder)
        if path.is_file() and not path.is_symlink() and name != Path(TIMESTAMP):
            yield name, path


def _time_of(folder: Path) -> datetime | None:
    try:
        text = (folder / TIMESTAMP).read_text().strip()
    except (OSError, UnicodeDecodeError):
        return None
    for form in TIME_FORMATS:
        with suppress(ValueError):
            return datetime.strptime(text, form).replace(tzinfo=UTC)
    return None
