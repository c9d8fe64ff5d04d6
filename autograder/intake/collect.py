"""Bring submissions in: a folder, an archive or a platform's download, sorted into `submitted/STUDENT/ASSIGNMENT/`.

Everything is unpacked beside, file by file, its bytes counted as they come; then each student's folder is put in place
whole. What stops half-way has changed nothing, or whole students only: an earlier submission is removed once the new
one stands in its place, never before.
"""

from __future__ import annotations

import errno
import fcntl
import filecmp
import lzma
import os
import shutil
import tempfile
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from autograder.course import Assignment
from autograder.errors import CourseError, GraderError, Problem
from autograder.intake.archive import (
    CHUNK,
    LARGEST_FILE,
    LARGEST_TOTAL,
    Entry,
    Listing,
    Refused,
    Skipped,
    Source,
    list_source,
    open_source,
)
from autograder.intake.layouts import (
    GRADESCOPE_METADATA,
    Context,
    Place,
    Sorted,
    clashes,
    sort_entries,
    student_name,
)
from autograder.paths import TIMESTAMP, Paths

METADATA_BYTES = 64 * 2**20
LOCK = "lock"
TIME_FORMATS = ("%Y-%m-%d %H:%M:%S.%f %Z", "%Y-%m-%d %H:%M:%S %Z")
"""How nbgrader writes when something was handed in."""
_DAMAGE = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError, NotImplementedError, RuntimeError)


@dataclass(frozen=True)
class Collected:
    """What one collection did, by student."""

    layout: str
    new: tuple[str, ...]
    changed: tuple[str, ...]
    """Had handed in something else, which this replaced."""
    unchanged: tuple[str, ...]
    older: tuple[str, ...]
    """Had handed in something later, which was kept."""
    skipped: tuple[Skipped, ...]
    system: int
    """Files that only programs need, left out."""


def collect(assignment: Assignment, path: Path) -> Collected:
    """Bring the submissions in `path` into `submitted/`. The newest of each student is kept.

    Raises CourseError where it holds none, where two are of one student, and for an archive that is out to do harm;
    GraderError where a folder cannot be put in place.
    """
    try:
        with _staging(assignment.paths) as staging:
            return _collect(assignment, path, staging)
    except Refused as error:
        raise CourseError([Problem(path, 0, "", str(error))]) from error
    except OSError as error:
        raise GraderError(f"the collection was cut short, whole students only are in place: {error}") from error


def _collect(assignment: Assignment, path: Path, staging: Path) -> Collected:
    _put_back(assignment.paths, assignment.name)
    source = open_source(path)
    listing = list_source(source, path.stat().st_size if path.is_file() else 0)
    found = sort_entries(listing.entries, _context(assignment, source, listing))
    found = _named(found, path)
    times, skipped = _unpack(source, listing, found, staging)
    known = _known_names(assignment)
    fates = {}
    for student in _students(found):
        old = assignment.paths.submission(known.get(student, student), assignment.name)
        fates[student] = _put(staging / student, old, times.get(student))
    by_fate = {fate: tuple(sorted(one for one, its in fates.items() if its == fate)) for fate in set(fates.values())}
    return Collected(
        found.layout,
        by_fate.get("new", ()),
        by_fate.get("changed", ()),
        by_fate.get("unchanged", ()),
        by_fate.get("older", ()),
        (*listing.skipped, *found.skipped, *skipped),
        listing.system,
    )


def _context(assignment: Assignment, source: Source, listing: Listing) -> Context:
    told = next((entry for entry in listing.entries if entry.parts[-1] == GRADESCOPE_METADATA), None)
    metadata: bytes | None = None
    if told is not None and len(told.parts) <= 2:
        for _, file in source.contents({told.key}):
            metadata = file.read(METADATA_BYTES) if file is not None else b""
    return Context(assignment.name, assignment.notebook_file, listing.repositories, metadata)


def _named(found: Sorted, path: Path) -> Sorted:
    """The same with students' names as folders'. Raise CourseError where none is found, or two are one."""
    if problems := [
        Problem(path, 0, name, f"two submissions of one student: {', '.join(ones)}: rename one, or take one out")
        for name, ones in clashes(found.places).items()
    ]:
        raise CourseError(problems)
    places: dict[int, list[Place]] = {}
    for key, ones in found.places.items():
        named = [replace(one, student=student_name(one.student)) for one in ones]
        if kept := [one for one in named if one.student]:
            places[key] = kept
    if not places:
        text = "no submission in it: expected a folder or a notebook a student, or a platform's download"
        raise CourseError([Problem(path, 0, "", text)])
    return replace(found, places=places)


def _students(found: Sorted) -> list[str]:
    return list(dict.fromkeys(place.student for ones in found.places.values() for place in ones))


# --- Unpacking --------------------------------------------------------------------------------------------------------


def _unpack(
    source: Source, listing: Listing, found: Sorted, staging: Path
) -> tuple[Mapping[str, datetime], list[Skipped]]:
    """Write every file under `staging`/STUDENT; return when each student's was handed in, and what was damaged."""
    entries = {entry.key: entry for entry in listing.entries}
    times: dict[str, datetime] = {}
    skipped: list[Skipped] = []
    total = 0
    for place in (one for ones in found.places.values() for one in ones):
        (staging / place.student).mkdir(parents=True, exist_ok=True)
    for key, file in source.contents(found.places.keys()):
        entry, places = entries[key], found.places[key]
        targets = [staging / place.student / Path(*place.path) for place in places if not _is_forged(place, found)]
        if not targets:
            continue
        try:
            total += _write(file, targets)
        except _Unreadable as error:
            skipped.append(Skipped("/".join(entry.parts), str(error)))
            continue
        if total > LARGEST_TOTAL:
            raise Refused(f"more than {LARGEST_TOTAL // 2**30} GB unpacked")
        _note_times(times, entry, places, found)
    return times, skipped


class _Unreadable(Exception):
    """One file that cannot be taken."""


def _is_forged(place: Place, found: Sorted) -> bool:
    """Whether a student would say when they handed in: only nbgrader's own tree is believed."""
    return place.path == (TIMESTAMP,) and found.layout != "nbgrader"


def _write(file: IO[bytes] | None, targets: list[Path]) -> int:
    """Copy one file to its places and return its size. Raise _Unreadable, leaving nothing, where that cannot be."""
    if file is None:
        raise _Unreadable("damaged, or packed in a way that cannot be read")
    try:
        targets[0].parent.mkdir(parents=True, exist_ok=True)
        size = _copy(file, targets[0])
        for other in targets[1:]:
            other.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(targets[0], other)
    except _Unreadable:
        targets[0].unlink(missing_ok=True)
        raise
    except (FileExistsError, NotADirectoryError, IsADirectoryError) as error:
        raise _Unreadable("a file and a folder of one name") from error
    return size


def _copy(file: IO[bytes], target: Path) -> int:
    size = 0
    with target.open("wb") as out:
        while chunk := _read(file):
            size += len(chunk)
            if size > LARGEST_FILE:
                raise _Unreadable(f"over {LARGEST_FILE // 2**20} MB")
            out.write(chunk)
    return size


def _read(file: IO[bytes]) -> bytes:
    try:
        return file.read(CHUNK)
    except _DAMAGE as error:
        raise _Unreadable("damaged, or packed in a way that cannot be read") from error


def _note_times(times: dict[str, datetime], entry: Entry, places: Sequence[Place], found: Sorted) -> None:
    for place in places:
        time = found.times.get(place.handed_in) or entry.time
        if time is not None:
            times[place.student] = max(times.get(place.student, time), time)


@contextmanager
def _staging(paths: Paths) -> Iterator[Path]:
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


# --- Putting in place -------------------------------------------------------------------------------------------------


def _put(new: Path, old: Path, time: datetime | None) -> str:
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

    All of it is renaming within one folder, so that neither ever is there in part; `_put_back` mends after a kill.
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


def _put_back(paths: Paths, assignment: str) -> None:
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


def _known_names(assignment: Assignment) -> dict[str, str]:
    """Students' folders as they are called already, by their names in Unicode's composed form."""
    folder = assignment.paths.submitted
    names = [path.name for path in folder.iterdir()] if folder.is_dir() else []
    return {unicodedata.normalize("NFC", name): name for name in names} | {name: name for name in names}


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
