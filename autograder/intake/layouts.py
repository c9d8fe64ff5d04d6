"""How platforms lay out the submissions they hand over: from the names in a download to students and their files."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any

import yaml

from autograder.intake.archive import Entry, Skipped
from autograder.intake.find import folded
from autograder.notebook.formats import NOTEBOOK_SUFFIXES, is_notebook

GRADESCOPE_METADATA = "submission_metadata.yml"
DEEPEST = 3
"""Folders around the submissions that are looked through."""
NAME_BYTES = 200

_MOODLE_FOLDER = re.compile(r"(?P<name>.+?)_(?P<id>\d+)_assignsubmission_(?P<kind>[a-z]+)_?")
_MOODLE_FILE = re.compile(r"(?P<name>.+?)_(?P<id>\d+)_assignsubmission_(?P<kind>[a-z]+)_(?P<path>.+)")
_CANVAS_FILE = re.compile(r"(?P<name>[^_]+)_(?:LATE_)?(?P<id>\d+)_\d+_(?P<path>.+)")
_GRADESCOPE_FOLDER = re.compile(r"submission_\d+")
_BRANCH = re.compile(r"-(?:main|master)$")
_NO_FOLDER = "in no student's folder"

Parts = tuple[str, ...]


@dataclass(frozen=True)
class Place:
    """Where one file of an archive belongs."""

    student: str
    """As the platform writes the name."""
    handed_in: str
    """What tells two submissions apart on the platform: two of one student are a clash."""
    path: Parts
    """Relative to the student's folder for the assignment."""


@dataclass(frozen=True)
class Sorted:
    """What a download is, and where each of its files belongs, by the entry's place in the archive."""

    layout: str
    places: Mapping[int, Sequence[Place]]
    skipped: tuple[Skipped, ...] = ()
    times: Mapping[str, datetime] = field(default_factory=dict)
    """When submissions were handed in, by `handed_in`, where the platform writes it beside them."""


@dataclass(frozen=True)
class Context:
    """What helps to tell layouts apart."""

    assignment: str
    notebook: str
    """File name of the assignment's notebook."""
    repositories: bool
    metadata: bytes | None
    """Gradescope's account of its submissions."""


Reader = Callable[[Parts], "Place | str"]
"""Where a file belongs, or why nowhere."""


def sort_entries(entries: Sequence[Entry], context: Context) -> Sorted:
    """Return where each entry belongs, in the layout that most of them fit. Every other is skipped with a reason."""
    if context.metadata is not None:
        return _gradescope(entries, context.metadata)
    for layout, reader in (
        ("Moodle", _moodle),
        ("Canvas", _canvas),
        ("nbgrader", partial(_nbgrader, assignment=context.assignment)),
    ):
        depth, fitting = _best_depth(entries, reader)
        if 2 * fitting > len(entries) or (layout == "nbgrader" and fitting):
            return _sorted(layout, entries, reader, depth)
    for depth in range(DEEPEST):
        if prefix := _repository_prefix(entries, depth, context):
            return _sorted("repositories", entries, partial(_repository, prefix=prefix), depth)
    return _sorted("students' folders and notebooks", entries, _plain, _plain_depth(entries, context.notebook))


def _best_depth(entries: Sequence[Entry], reader: Reader) -> tuple[int, int]:
    """How many folders to leave out for the most entries to fit, and how many do."""
    counts = [
        sum(isinstance(reader(entry.parts[depth:]), Place) for entry in entries if len(entry.parts) > depth)
        for depth in range(DEEPEST)
    ]
    depth = max(range(DEEPEST), key=lambda depth: (counts[depth], -depth))
    return depth, counts[depth]


def _sorted(layout: str, entries: Sequence[Entry], reader: Reader, depth: int) -> Sorted:
    places: dict[int, Sequence[Place]] = {}
    skipped = []
    for entry in entries:
        found = reader(entry.parts[depth:]) if len(entry.parts) > depth else _NO_FOLDER
        if isinstance(found, Place):
            places[entry.key] = (found,)
        else:
            skipped.append(Skipped("/".join(entry.parts), found))
    return Sorted(layout, places, tuple(skipped))


def _moodle(parts: Parts) -> Place | str:
    """`Firstname Lastname_123456_assignsubmission_file_/…`, or the same before the name of a file."""
    found = _MOODLE_FOLDER.fullmatch(parts[0]) if len(parts) > 1 else _MOODLE_FILE.fullmatch(parts[0])
    if not found:
        return _NO_FOLDER
    if found["kind"] != "file":
        return "not a file that was handed in"
    path = parts[1:] if len(parts) > 1 else (found["path"],)
    return Place(found["name"], f"{found['name']}_{found['id']}", path)


def _canvas(parts: Parts) -> Place | str:
    """`lastnamefirstname[_LATE]_12345_678910_name-1.ipynb`."""
    found = _CANVAS_FILE.fullmatch(parts[0]) if len(parts) == 1 else None
    return Place(found["name"], f"{found['name']}_{found['id']}", (found["path"],)) if found else _NO_FOLDER


def _nbgrader(parts: Parts, assignment: str) -> Place | str:
    """`STUDENT/ASSIGNMENT/…`."""
    if len(parts) < 3:
        return _NO_FOLDER
    if folded(parts[1]) != folded(assignment):
        return "of another assignment"
    return Place(parts[0], parts[0], parts[2:])


def _repository_prefix(entries: Sequence[Entry], depth: int, context: Context) -> str:
    """What the names of repositories begin with, `ASSIGNMENT-`: the assignment's name, or what all of them share."""
    tops = {entry.parts[depth] for entry in entries if len(entry.parts) > depth + 1}
    loose = any(len(entry.parts) == depth + 1 and is_notebook(entry.parts[-1]) for entry in entries)
    if not tops or loose or (len(tops) == 1 and next(iter(tops)).endswith("-submissions")):
        return ""
    wanted = f"{context.assignment}-"
    if all(folded(top).startswith(folded(wanted)) for top in tops):
        return next(iter(tops))[: len(wanted)]
    return _shared_start(tops) if context.repositories and len(tops) > 1 else ""


def _shared_start(names: set[str]) -> str:
    """What all names begin with, to its last hyphen: the first and the last in order share what all do."""
    first, last = min(names), max(names)
    shared = next((at for at, (one, other) in enumerate(zip(first, last, strict=False)) if one != other), len(first))
    return first[: first.rfind("-", 0, shared) + 1]


def _repository(parts: Parts, prefix: str) -> Place | str:
    """`assignment-username/…`, as GitHub Classroom and Classroom 50 name repositories."""
    if len(parts) < 2:
        return _NO_FOLDER
    return Place(_BRANCH.sub("", parts[0][len(prefix) :]), parts[0], parts[1:])


def _plain(parts: Parts) -> Place | str:
    """`STUDENT/…`, or `STUDENT.ipynb`, or `STUDENT.zip`."""
    if len(parts) > 1:
        return Place(parts[0], parts[0], parts[1:])
    suffix = next((one for one in (*NOTEBOOK_SUFFIXES, ".zip") if parts[0].lower().endswith(one)), None)
    return Place(parts[0][: -len(suffix)], parts[0], parts) if suffix else _NO_FOLDER


def _plain_depth(entries: Sequence[Entry], notebook: str) -> int:
    """How many folders stand around the students': as long as there is but one, and it is not itself a student's."""
    depth = 0
    while depth < DEEPEST and len({entry.parts[depth] for entry in entries if len(entry.parts) > depth}) == 1:
        inside = [entry.parts[depth + 1 :] for entry in entries if len(entry.parts) > depth + 1]
        direct = [folded(parts[0]) for parts in inside if len(parts) == 1 and is_notebook(parts[0])]
        folders = {parts[0] for parts in inside if len(parts) > 1 and is_notebook(parts[-1])}
        alone = len(direct) == 1 and not folders
        if folded(notebook) in direct or alone or not (direct or folders):
            break
        depth += 1
    return depth


# --- Gradescope -------------------------------------------------------------------------------------------------------


def _gradescope(entries: Sequence[Entry], metadata: bytes) -> Sorted:
    """`submission_123456/…`, beside a file that says whose each is and when it was handed in."""
    told = _told(metadata)
    places: dict[int, Sequence[Place]] = {}
    skipped = []
    for entry in entries:
        depth = next((at for at, part in enumerate(entry.parts) if _GRADESCOPE_FOLDER.fullmatch(part)), None)
        if depth is None or len(entry.parts) < depth + 2:
            if entry.parts[-1] != GRADESCOPE_METADATA:
                skipped.append(Skipped("/".join(entry.parts), _NO_FOLDER))
            continue
        folder = entry.parts[depth]
        names = _submitters(told.get(folder)) or [folder]
        places[entry.key] = [Place(name, folder, entry.parts[depth + 1 :]) for name in names]
    times = {folder: time for folder, one in told.items() if (time := _created(one)) is not None}
    return Sorted("Gradescope", places, tuple(skipped), times)


def _told(metadata: bytes) -> Mapping[str, Any]:
    try:
        found = yaml.load(metadata, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except (yaml.YAMLError, UnicodeDecodeError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, Mapping) else {}


def _submitters(told: Any) -> list[str]:
    """The names of those who handed one in: several for a group."""
    people = told.get(":submitters") if isinstance(told, Mapping) else None
    names = [
        one.get(":name") or one.get(":sid") or one.get(":email") for one in people or () if isinstance(one, Mapping)
    ]
    return list(dict.fromkeys(str(name) for name in names if name))


def _created(told: Any) -> datetime | None:
    time = told.get(":created_at") if isinstance(told, Mapping) else None
    if not isinstance(time, datetime):
        return None
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)


# --- Names ------------------------------------------------------------------------------------------------------------


def student_name(raw: str) -> str:
    """Return a student's name as a folder's: composed, printable, without `/`, not hidden. Empty where none is left."""
    text = " ".join(unicodedata.normalize("NFC", raw).split())
    kept = "".join(character for character in text if character.isprintable() and character not in "/\\")
    return kept.lstrip(". ").encode()[:NAME_BYTES].decode(errors="ignore").rstrip()


def clashes(places: Mapping[int, Sequence[Place]]) -> dict[str, list[str]]:
    """Return the students under whose name there is more than one submission, with what each is called."""
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for ones in places.values():
        for place in ones:
            found[student_name(place.student)][place.handed_in] += 1
    return {name: sorted(ones) for name, ones in found.items() if len(ones) > 1}
