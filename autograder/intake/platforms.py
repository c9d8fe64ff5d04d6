"""How each platform names what it hands over: from the parts of one entry's name to a student and a file."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from autograder.intake.names import folded
from autograder.notebook.formats import NOTEBOOK_SUFFIXES

Parts = tuple[str, ...]


@dataclass(frozen=True)
class Place:
    """Where one file of an archive belongs."""

    student: str
    """As the platform writes the name; of a group where one handed in for all."""
    handed_in: str
    """What tells two submissions apart on the platform."""
    path: Parts
    """Relative to the student's folder for the assignment."""
    id: str = ""
    """What the platform knows the person by, as far as the download says it."""
    email: str = ""
    time: datetime | None = None
    """When it was handed in, where the platform writes that into the name or beside."""
    attempt: int = 0
    """Which attempt it is, from 1, where the platform counts them."""


@dataclass(frozen=True)
class Aside:
    """The platform's own, and nothing to grade: why."""

    reason: str


Read = Place | Aside | None
"""What an entry is; None: nothing of this platform's."""
Reader = Callable[[Parts], Read]

_MOODLE = re.compile(r"(?P<name>[^_]+)(?:_(?P<id>\d+))?_assignsubmission_(?P<kind>[a-z0-9]+)(?:_(?P<path>.*))?")
_CANVAS = re.compile(
    r"(?:(?P<name>\S+?)_)??(?P<late>LATE_)?(?P<id>\d+|anon_\w+?)_(?:\d+_(?P<path>.+)|(?P<kind>text|link)\.html)"
)
# Danger: what follows the first attempt in a name is the name of a file, and its student's to choose.
_BLACKBOARD = re.compile(
    r"(?P<title>.+?)_(?P<name>[^_]+)_attempt_(?P<time>\d{4}(?:-\d{2}){5})(?:_(?P<path>.+)|\.txt|(?P<suffix>\.\w+))"
)
_BRIGHTSPACE = re.compile(
    r"(?P<id>\d+)-(?P<second>\d+) - (?P<name>.+?) - (?P<time>\w+\.? \d{1,2}, \d{4} \d{1,4} [AP]M)"
    r"(?: - (?P<path>.+)|(?P<suffix>\.\w+))?"
)
_BRIGHTSPACE_TIME = re.compile(r"(?<= - )\w+\.? \d{1,2}, \d{4} \d{1,4} [AP]M(?= - |\.|$)")
_VERSION = re.compile(r"(?:Version|v) ?(\d{1,4})", re.IGNORECASE)


def moodle(parts: Parts) -> Read:
    """`Firstname Lastname_123456_assignsubmission_file/…`, or the same before the name of a file.

    The number is left out for those who are in no group, where groups hand in. Names hold no `_`: Moodle replaces it.
    """
    found = _MOODLE.fullmatch(parts[0])
    if not found or (len(parts) == 1 and not found["path"]) or (len(parts) > 1 and found["path"]):
        return None
    if found["kind"] != "file":
        return Aside("not a file that was handed in")
    path = parts[1:] if len(parts) > 1 else (found["path"],)
    name, number = found["name"], found["id"] or ""
    return Place(name, f"{name}_{number}" if number else name, path, id=number)


def canvas(parts: Parts) -> Read:
    """`lastnamefirstname[_LATE]_12345_678910_name-1.ipynb`, `…_12345_text.html`; `anon_Ab3dE` for hidden names."""
    found = _CANVAS.fullmatch(parts[0]) if len(parts) == 1 else None
    if not found or not (found["name"] or found["id"].startswith("anon_")):
        return None
    if found["kind"]:
        return Aside("a text or a link, not a file that was handed in")
    name, number = found["name"] or found["id"], found["id"]
    return Place(name, f"{name}_{number}", (found["path"],), id=number)


def blackboard(parts: Parts, title: str = "") -> Read:
    """`Assignment_username_attempt_2026-11-20-10-30-00_name.ipynb`, beside a text file an attempt.

    `title` is the assignment's where it is known; else it is taken to end at the last `_` before the attempt.
    """
    found = _BLACKBOARD.fullmatch(parts[0]) if len(parts) == 1 else None
    if not found:
        return None
    if not found["path"] and not found["suffix"]:
        return Aside("Blackboard's own account of an attempt")
    try:
        time = datetime.strptime(found["time"], "%Y-%m-%d-%H-%M-%S").astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    more = found["title"].removeprefix(f"{title}_") if title else found["title"]
    name = found["name"] if more == found["title"] else f"{more}_{found['name']}"
    path = found["path"] or f"{name}{found['suffix']}"
    return Place(name, f"{name}_attempt_{found['time']}", (path,), id=name, time=time)


def blackboard_title(names: Iterable[str]) -> str:
    """Return the assignment's title as it stands in what Blackboard hands over; empty where that cannot be told."""
    titles = {found["title"] for name in names if (found := _BLACKBOARD.fullmatch(name))}
    shortest = min(titles, key=len, default="")
    return shortest if all(one == shortest or one.startswith(f"{shortest}_") for one in titles) else ""


def brightspace(parts: Parts, number: Literal["id", "second"] = "id") -> Read:
    """`12345-678910 - Firstname Lastname - Nov 20, 2026 1030 AM/…`, or the same before the name of a file.

    Which of the two numbers is the person's is not said: one that all have is not.
    """
    if parts == ("index.html",):
        return Aside("Brightspace's own list")
    found = _BRIGHTSPACE.fullmatch(parts[0])
    own = found and (found["path"] or (found["suffix"] and f"{found['name']}{found['suffix']}"))
    if not found or (len(parts) == 1) != bool(own):
        return None
    path = (own,) if own else parts[1:]
    handed_in = f"{found['id']}-{found['second']} - {found['name']} - {found['time']}"
    # A student may be called as a time is written, or call a file so: of several, none is earlier than the true one.
    times = [_brightspace_time(one) for one in (found["time"], *_BRIGHTSPACE_TIME.findall(parts[0]))]
    return Place(found["name"], handed_in, path, id=found[number], time=max(filter(None, times), default=None))


def _brightspace_time(text: str) -> datetime | None:
    """`Nov 20, 2026 1030 AM`, on the clock of here."""
    day, clock, half = text.replace(".", "").rsplit(" ", 2)
    try:
        return datetime.strptime(
            f"{day[:3]}{day[day.index(' ') :]} {clock:0>4} {half}", "%b %d, %Y %I%M %p"
        ).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def gradescope(parts: Parts) -> Read:
    """`submission_123456/…`; whose each is stands beside."""
    if not re.fullmatch(r"submission_\d+", parts[0]) or len(parts) < 2:
        return None
    return Place(parts[0], parts[0], parts[1:])


def teams(parts: Parts) -> Read:
    """`Firstname Lastname/Title of the assignment/Version 2/…`, from the folder « Submitted files »."""
    version = _VERSION.fullmatch(parts[2]) if len(parts) > 3 else None
    return Place(parts[0], "/".join(parts[:3]), parts[3:], attempt=int(version[1])) if version else None


def classroom(parts: Parts, title: str) -> Read:
    """`Firstname Lastname - Title of the assignment.ipynb`, as Google names each student's copy of a file."""
    stem = _stem(parts[0])
    at = folded(stem).rfind(f" - {title}")
    if len(parts) > 1 or at < 1:
        return None
    return Place(stem[:at], parts[0], parts)


def classroom_titles(name: str) -> list[str]:
    """Every title that a file's name may end with, folded, without the number of a second download."""
    words = folded(re.sub(r" ?\(\d+\)$", "", _stem(name))).split(" - ")
    return [" - ".join(words[at:]) for at in range(1, len(words))] if is_submission_file(name) else []


def nbgrader(parts: Parts, assignment: str) -> Read:
    """`STUDENT/ASSIGNMENT/…`."""
    if len(parts) < 3:
        return None
    if folded(parts[1]) != folded(assignment):
        return Aside("of another assignment")
    return Place(parts[0], parts[0], parts[2:])


def repository(parts: Parts, prefix: str) -> Read:
    """`assignment-username/…`, as GitHub Classroom and Classroom 50 name repositories."""
    if len(parts) < 2 or not folded(parts[0]).startswith(folded(prefix)):
        return None
    name = re.sub(r"-(?:main|master)$", "", parts[0][len(prefix) :])
    return Place(name, parts[0], parts[1:], id=name) if name else None


def plain(parts: Parts) -> Read:
    """`STUDENT/…`, or `STUDENT.ipynb`, or `STUDENT.zip`."""
    if len(parts) > 1:
        return Place(parts[0], parts[0], parts[1:])
    return Place(_stem(parts[0]), parts[0], parts) if is_submission_file(parts[0]) else None


def _stem(name: str) -> str:
    suffix = next((one for one in (*NOTEBOOK_SUFFIXES, ".zip") if name.lower().endswith(one)), "")
    return name[: len(name) - len(suffix)]


def is_submission_file(name: str) -> bool:
    """Whether a file alone may be what a student handed in."""
    return name.lower().endswith((*NOTEBOOK_SUFFIXES, ".zip"))


# --- A lecturer's own pattern -----------------------------------------------------------------------------------------

_FIELDS = {
    "student": r"(?P<student>[^/]+?)",
    "id": r"(?P<id>[A-Za-z]*\d[A-Za-z0-9]*)",
    "rest": r"(?P<rest>[^/]*)",
}
_FIELD = re.compile(r"\{([^{}]*)\}")


def pattern_reader(pattern: str) -> Reader:
    """Return what reads names written as `{student}_{id}_{rest}`: of folders or files, from the root of a download.

    `{student}` is as short as it can be, `{id}` a word with a digit in it, `{rest}` anything; `/` goes down a folder.
    Raises ValueError, with the reason, for a pattern that makes no sense.
    """
    names = _FIELD.findall(pattern)
    if unknown := [name for name in names if name not in _FIELDS]:
        raise ValueError(f"no {{{unknown[0]}}} is known; {', '.join(f'{{{name}}}' for name in _FIELDS)} are")
    if "student" not in names or len(names) != len(set(names)):
        raise ValueError("{student} stands in it once, {id} and {rest} at most once")
    if "}{" in pattern:
        raise ValueError("something must stand between two fields, or nobody knows where one ends")
    pieces = _FIELD.split(pattern.strip("/"))
    source = "".join(_FIELDS[piece] if at % 2 else re.escape(piece) for at, piece in enumerate(pieces))
    whole, depth = re.compile(source, re.IGNORECASE), pattern.strip("/").count("/") + 1

    def read(parts: Parts) -> Read:
        if len(parts) < depth:
            return None
        head = "/".join(parts[:depth])
        found = (whole.fullmatch(_stem(head)) if len(parts) == depth else None) or whole.fullmatch(head)
        if found is None:
            return None
        student, number = found["student"], found["id"] if "id" in names else ""
        return Place(student, f"{student}_{number}" if number else student, parts[depth:] or parts[-1:], id=number)

    return read
