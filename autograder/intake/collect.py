"""Bring submissions in: a folder, an archive or a platform's download, sorted into `submitted/STUDENT/ASSIGNMENT/`.

Everything is unpacked beside, file by file, its bytes counted as they come; then each student's folder is put in place
whole. What stops half-way has changed nothing, or whole students only: an earlier submission is removed once the new
one stands in its place, never before.
"""

from __future__ import annotations

import shutil
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO

from autograder.assignment import SourceNotebook
from autograder.course_yaml import CourseSettings
from autograder.errors import CourseError, GraderError, Problem
from autograder.intake.archive import (
    CHUNK,
    LARGEST_FILE,
    LARGEST_TOTAL,
    ArchiveEntry,
    BadArchive,
    Listing,
    Skipped,
    Source,
    list_source,
    open_source,
)
from autograder.intake.gradescope import LARGEST_BYTES as LARGEST_METADATA
from autograder.intake.identity import keep_identity
from autograder.intake.layouts import Context, Sorted, sort_entries
from autograder.intake.people import People, SettledNames
from autograder.intake.placing import put, put_back, staging
from autograder.intake.platforms import Place, Reader
from autograder.paths import TIMESTAMP, Paths
from autograder.roster import load_roster


@dataclass(frozen=True)
class Collected:
    """What one collection did, by student."""

    layout: str
    inside: str
    """The folder in the download that it was read from; empty for the download itself."""
    new: tuple[str, ...]
    changed: tuple[str, ...]
    """Had handed in something else, which this replaced."""
    unchanged: tuple[str, ...]
    older: tuple[str, ...]
    """Had handed in something later, which was kept."""
    skipped: tuple[Skipped, ...]
    problems: tuple[Problem, ...]
    """Submissions that somebody must look at: nothing says whose they are."""
    namesakes: tuple[str, ...]
    """Students of one name, told apart by the platform's number."""
    strangers: tuple[str, ...]
    """Who is not in the roster, where there is one."""
    system: int
    """Files that only programs need, left out."""


def collect(
    asked: SourceNotebook, course: CourseSettings, path: Path, reader: Reader | None = None, *, anyway: bool = False
) -> Collected:
    """Bring the submissions in `path` into `submitted/`. The newest of each student is kept.

    `reader` reads names in a lecturer's own way. Raises CourseError where the download holds none, for an archive that
    is out to do harm, and, unless `anyway`, where more than half of what looks like submissions would be left aside:
    nothing is changed then. GraderError where a folder cannot be put in place.
    """
    try:
        with staging(asked.paths) as folder:
            return _collect(asked, course, path, folder, reader, anyway=anyway)
    except BadArchive as error:
        raise CourseError([Problem(path, 0, "", str(error))]) from error
    except OSError as error:
        raise GraderError(f"the collection was cut short, whole students only are in place: {error}") from error


def _collect(
    asked: SourceNotebook, course: CourseSettings, path: Path, staging: Path, reader: Reader | None, *, anyway: bool
) -> Collected:
    paths, name = asked.paths, asked.name
    put_back(paths, name)
    source = open_source(path)
    listing = list_source(source, path.stat().st_size if path.is_file() else 0)
    people = People(paths, name, load_roster(paths))
    found = sort_entries(listing.entries, _context(asked, course, source, listing, people, reader))
    settled = people.settle(found)
    if not settled.places and not settled.clashes:
        text = "no submission in it: expected a folder or a notebook a student, or a platform's download"
        raise CourseError([Problem(path, 0, "", text)])
    times, damaged = _unpack(source, listing, settled, staging, believed=found.layout == "nbgrader")
    if not anyway:
        _refuse_most(path, listing, found, settled, staging)
    fates, linked = _put_all(paths, name, settled, staging, times)
    by_fate = {fate: tuple(sorted(one for one, its in fates.items() if its == fate)) for fate in set(fates.values())}
    aside = [Skipped(one, "an earlier attempt") for one in settled.earlier]
    return Collected(
        found.layout,
        "/".join(found.inside),
        by_fate.get("new", ()),
        by_fate.get("changed", ()),
        by_fate.get("unchanged", ()),
        by_fate.get("older", ()),
        (*listing.skipped, *found.skipped, *aside, *damaged, *linked),
        tuple(_problems(path, settled)),
        tuple(settled.namesakes),
        tuple(settled.strangers),
        listing.system,
    )


def _put_all(
    paths: Paths, assignment: str, settled: SettledNames, staging: Path, times: Mapping[str, datetime]
) -> tuple[dict[str, str], list[Skipped]]:
    """Put each student's submission in its place; return what became of each, and those whose folder is a link."""
    known, fates, linked = _known_names(paths), dict[str, str](), list[Skipped]()
    for student in _students(settled):
        own = known.get(student, student)
        old = paths.submission(own, assignment)
        if old.parent.is_symlink():
            linked.append(Skipped(student, f"{paths.shown(old.parent)} is a link, which is not followed"))
            continue
        fates[student] = put(staging / student, old, times.get(student))
        if fates[student] in ("new", "changed", "unchanged"):
            keep_identity(paths, own, assignment, settled.identities[student])
    return fates, linked


def _context(
    asked: SourceNotebook,
    course: CourseSettings,
    source: Source,
    listing: Listing,
    people: People,
    reader: Reader | None,
) -> Context:
    def metadata(entry: ArchiveEntry) -> bytes:
        for _, file in source.contents({entry.key}):
            return b"" if file is None else file.read(LARGEST_METADATA + 1)
        return b""

    return Context(
        asked.name,
        course.assignments[asked.name].title,
        asked.notebook_file,
        course.assignments.keys() | {asked.name},
        people.names,
        listing.repositories,
        metadata,
        reader,
    )


def _problems(path: Path, settled: SettledNames) -> Iterator[Problem]:
    for student, ones in settled.clashes.items():
        text = f"two submissions of one student: {', '.join(ones)}: rename one, or take one out"
        yield Problem(path, 0, student, text)
    for one in settled.nameless:
        yield Problem(path, 0, one, "a name in which nothing can be shown: rename it")


def _refuse_most(path: Path, listing: Listing, found: Sorted, settled: SettledNames, staging: Path) -> None:
    """Refuse to go on where most of what looks like submissions came to nothing: it was read in a wrong way."""
    depth = len(found.inside)
    tops = {entry.key: entry.parts[depth] for entry in listing.entries if len(entry.parts) > depth}
    lost = set(found.lost)
    taken: set[str] = set()
    for key, ones in settled.places.items():
        if any((staging / one.student / Path(*one.path)).exists() for one in ones):
            taken.add(tops[key])
    lost |= {tops[key] for key in found.places} - taken - _set_aside(found, settled, tops)
    unread = {parts[depth] for one in listing.skipped if len(parts := one.name.split("/")) > depth + 1}
    lost |= unread - taken - found.asides
    if len(lost) > len(taken) + len(found.asides):
        some = ", ".join(sorted(lost)[:5])
        text = (
            f"read as {found.layout}, {len(lost)} of {len(lost | taken | found.asides)} are no submission ({some}"
            f"{', …' if len(lost) > 5 else ''}): nothing was collected. If that is right, add --anyway; if their names "
            "are written in another way, say how: --pattern '{student}_{id}_{rest}'"
        )
        raise CourseError([Problem(path, 0, "", text)])


def _set_aside(found: Sorted, settled: SettledNames, tops: Mapping[int, str]) -> set[str]:
    """What was not taken for a reason of its own, which is said: an earlier attempt, one of two of one name."""
    known = {*settled.earlier, *settled.nameless, *(one for ones in settled.clashes.values() for one in ones)}
    return {tops[key] for key, ones in found.places.items() if all(one.handed_in in known for one in ones)}


def _students(settled: SettledNames) -> list[str]:
    return list(dict.fromkeys(place.student for ones in settled.places.values() for place in ones))


# --- Unpacking --------------------------------------------------------------------------------------------------------


def _unpack(
    source: Source, listing: Listing, settled: SettledNames, staging: Path, *, believed: bool
) -> tuple[Mapping[str, datetime], list[Skipped]]:
    """Write every file under `staging`/STUDENT; return when each student's was handed in, and what was damaged.

    `believed`: whether a time that lies beside a submission is nbgrader's, and not the student's own.
    """
    entries = {entry.key: entry for entry in listing.entries}
    times: dict[str, datetime] = {}
    skipped: list[Skipped] = []
    total = 0
    for place in (one for ones in settled.places.values() for one in ones):
        (staging / place.student).mkdir(parents=True, exist_ok=True)
    for key, file in source.contents(settled.places.keys()):
        entry, places = entries[key], settled.places[key]
        targets = [staging / one.student / Path(*one.path) for one in places if believed or one.path != (TIMESTAMP,)]
        if not targets:
            continue
        try:
            total += _write(file, targets)
        except _Unreadable as error:
            skipped.append(Skipped("/".join(entry.parts), str(error)))
            continue
        if total > LARGEST_TOTAL:
            raise BadArchive(f"more than {LARGEST_TOTAL // 2**30} GB unpacked")
        _note_times(times, entry, places)
    return times, skipped


class _Unreadable(Exception):
    """One file that cannot be taken."""


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
    except Exception as error:  # decompressors raise whatever they happen to; nothing of ours is in this read
        raise _Unreadable("damaged, or packed in a way that cannot be read") from error


def _note_times(times: dict[str, datetime], entry: ArchiveEntry, places: Sequence[Place]) -> None:
    for place in places:
        time = place.time or entry.time
        if time is not None:
            times[place.student] = max(times.get(place.student, time), time)


# --- Putting in place -------------------------------------------------------------------------------------------------


def _known_names(paths: Paths) -> dict[str, str]:
    """Students' folders as they are called already, by their names in Unicode's composed form."""
    folder = paths.submitted
    names = [path.name for path in folder.iterdir()] if folder.is_dir() else []
    return {unicodedata.normalize("NFC", name): name for name in names} | {name: name for name in names}
