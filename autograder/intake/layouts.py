"""What a download is, told from its root: whose names are written there no student decides.

A platform names what lies at the root of its download itself. So that is all that is looked at, and each folder or file
there counts once, whatever is in it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from autograder.intake import platforms
from autograder.intake.archive import ArchiveEntry, Skipped
from autograder.intake.gradescope import METADATA, HandedInBy, NoMetadata, read_metadata
from autograder.intake.names import folded
from autograder.intake.platforms import Aside, Parts, Place, Reader, is_submission_file
from autograder.notebook.formats import is_notebook

DEEPEST = 3
"""Folders around the submissions that are looked through."""
NO_FOLDER = "in no student's folder"
PLAIN = "students' folders and notebooks"
OWN_NAMES: Mapping[str, Reader] = {
    "Moodle": platforms.moodle,
    "Blackboard": platforms.blackboard,
    "Brightspace": platforms.brightspace,
}
"""Platforms whose names no one else writes: one is enough to know them by."""
LASTING = frozenset({"Canvas", "Blackboard", "Brightspace", "Gradescope", "repositories"})
"""Layouts by whose identifier a person is known in every assignment. Moodle's is another in each."""
_TEAMS = ("submitted files", "working files")


@dataclass(frozen=True)
class Sorted:
    """What a download is, and where each of its files belongs, by the entry's place in the archive."""

    layout: str
    inside: Parts
    """The folders around it, which are left out."""
    places: Mapping[int, Sequence[Place]]
    skipped: tuple[Skipped, ...] = ()
    asides: frozenset[str] = frozenset()
    """What lies at the root, is recognised, and is nothing to grade."""
    lost: frozenset[str] = frozenset()
    """What lies at the root, looks like a submission, and is none in this layout."""


@dataclass(frozen=True)
class Context:
    """What helps to tell layouts apart."""

    assignment: str
    title: str
    notebook: str
    """File name of the assignment's notebook."""
    assignments: Collection[str] = ()
    """All of the course."""
    known: Collection[str] = ()
    """Students' names, folded: a folder of such a name is theirs, not one around all."""
    repositories: bool = False
    metadata: Callable[[ArchiveEntry], bytes] = field(default=lambda entry: b"")
    """Reads Gradescope's account."""
    reader: Reader | None = None
    """A lecturer's own pattern."""


def sort_entries(entries: Sequence[ArchiveEntry], context: Context) -> Sorted:
    """Return where each entry belongs. Every other is skipped with a reason."""
    roots = [_Root(entries, (), context)]
    while len(roots) < DEEPEST and (around := roots[-1].around()) is not None:
        roots.append(_Root(entries, (*roots[-1].inside, around), context))
    for root in roots:
        if layout := root.layout():
            return layout
    if context.reader is not None:
        return roots[0].sorted("the pattern given", context.reader)
    return next((root for root in roots if root.is_plain()), roots[-1]).sorted(PLAIN, platforms.plain)


class _Root:
    """A folder of the download, taken for its root."""

    def __init__(self, entries: Sequence[ArchiveEntry], inside: Parts, context: Context) -> None:
        self._all, self.inside, self._context = entries, inside, context
        depth = len(inside)
        self._entries = {
            entry.key: entry.parts[depth:]
            for entry in entries
            if len(entry.parts) > depth and entry.parts[:depth] == inside
        }
        self._tops: dict[str, list[Parts]] = defaultdict(list)
        for parts in self._entries.values():
            self._tops[parts[0]].append(parts)
        self._voters = {top for top, ones in self._tops.items() if _may_be_submission(ones)}

    def layout(self) -> Sorted | None:
        """Return what the root is, where it is not students' folders and notebooks."""
        if self._context.reader is not None:
            own = self._context.reader
            fits = any(isinstance(own(parts), Place) for parts in self._entries.values())
            return self.sorted("the pattern given", own) if fits else None
        if self._is_gradescope():
            return self._gradescope()
        for name, reader in OWN_NAMES.items():
            if any(reader(ones[0]) for top, ones in self._tops.items() if top != "index.html"):
                return self.sorted(name, self._told_apart(reader))
        weak: list[tuple[str, Reader | None]] = [
            ("Canvas", platforms.canvas),
            ("Teams", platforms.teams),
            ("nbgrader", self._nbgrader()),
            ("repositories", self._repositories()),
            ("Google Classroom", self._classroom()),
        ]
        for name, weak_reader in weak:
            if weak_reader and self._most(weak_reader):
                return self._teams() if name == "Teams" else self.sorted(name, weak_reader)
        return None

    def _most(self, reader: Reader) -> bool:
        """Whether most of what may be submissions are named in a way that others may happen to write too."""
        own = {top for top, ones in self._tops.items() if any(reader(parts) for parts in ones)}
        return 2 * len(own) > len(own | self._voters)

    def around(self) -> str | None:
        """Return the one folder that all submissions lie in; None where there is none, or it is a student's.

        A student's bears a known name, or holds the assignment's notebook, or one notebook alone.
        """
        folders = {top for top in self._voters if len(self._tops[top][0]) > 1}
        if {folded(top) for top in folders} == set(_TEAMS):
            return next(top for top in folders if folded(top) == _TEAMS[0])
        if len(self._voters) != 1 or len(folders) != 1:
            return None
        (top,) = folders
        direct, deeper = self._notebooks(top)
        theirs = folded(self._context.notebook) in direct or (len(direct) == 1 and not deeper)
        return None if theirs or folded(top) in self._context.known else top

    def is_plain(self) -> bool:
        """Whether students' folders lie here, and not in an only folder that holds them or their notebooks."""
        around = self.around()
        return around is None or not any(self._notebooks(around))

    def _notebooks(self, top: str) -> tuple[list[str], set[str]]:
        """The notebooks in a folder at the root, folded, and the folders in it with something a student may hand in."""
        inside = [parts[1:] for parts in self._tops[top]]
        direct = [folded(parts[0]) for parts in inside if len(parts) == 1 and is_notebook(parts[0])]
        return direct, {parts[0] for parts in inside if len(parts) > 1 and is_submission_file(parts[-1])}

    # --- Layouts ------------------------------------------------------------------------------------------------------

    def _is_gradescope(self) -> bool:
        return (METADATA,) in self._tops.get(METADATA, ()) and any(
            platforms.gradescope(parts) for parts in self._entries.values()
        )

    def _gradescope(self) -> Sorted:
        told: Mapping[str, HandedInBy] = {}
        why = ""
        key = next(key for key, parts in self._entries.items() if parts == (METADATA,))
        try:
            told = read_metadata(self._context.metadata(next(entry for entry in self._all if entry.key == key)))
        except NoMetadata as error:
            why = str(error)
        found = self.sorted(
            "Gradescope", lambda parts: Aside("") if parts == (METADATA,) else platforms.gradescope(parts)
        )
        places = {key: [one for place in ones for one in _submitted(place, told)] for key, ones in found.places.items()}
        skipped = [one for one in found.skipped if one.reason]
        return replace(found, places=places, skipped=(*skipped, *([Skipped(METADATA, why)] if why else [])))

    def _told_apart(self, reader: Reader) -> Reader:
        """Return the reader of a platform whose names can be read in two ways, as all of them together ask for.

        Of Brightspace's two numbers, one that people of different names share is no person's. Blackboard's user names
        may hold what stands before them too: what all names begin with is the assignment's title.
        """
        if reader is platforms.blackboard:
            return partial(platforms.blackboard, title=platforms.blackboard_title(self._tops))
        if reader is not platforms.brightspace:
            return reader
        read = [place for ones in self._tops.values() if isinstance(place := reader(ones[0]), Place)]
        shared = len({place.id for place in read}) == 1 < len({place.student for place in read})
        return partial(platforms.brightspace, number="second") if shared else reader

    def _teams(self) -> Sorted:
        """The last version of each student's, of the assignment of this title or of the only one there is."""
        titles = {parts[1] for parts in self._entries.values() if platforms.teams(parts)}
        wanted = {folded(self._context.title), folded(self._context.assignment)}

        def read(parts: Parts) -> platforms.Read:
            found = platforms.teams(parts)
            other = len(titles) > 1 and folded(parts[1]) not in wanted if found else False
            return Aside("of another assignment") if other else found

        return self.sorted("Teams", read)

    def _nbgrader(self) -> Reader | None:
        course = {folded(name) for name in self._context.assignments}
        own = {
            top
            for top, ones in self._tops.items()
            if all(len(parts) > 2 for parts in ones) and any(folded(parts[1]) in course for parts in ones)
        }
        reader = partial(platforms.nbgrader, assignment=self._context.assignment)
        if 2 * len(own) <= len(self._voters) or not any(
            isinstance(reader(ones), Place) for ones in self._entries.values()
        ):
            return None
        return None if len(own) == 1 and self._holds_students(next(iter(own))) else reader

    def _holds_students(self, top: str) -> bool:
        """Whether an only folder holds the assignment's, and that one the students', not a student's notebooks."""
        inside = [parts[2:] for parts in self._tops[top] if folded(parts[1]) == folded(self._context.assignment)]
        folders = {parts[0] for parts in inside if len(parts) > 1 and is_notebook(parts[-1])}
        return len(folders) > 1 and not any(len(parts) == 1 and is_notebook(parts[0]) for parts in inside)

    def _repositories(self) -> Reader | None:
        """Repositories are named `ASSIGNMENT-username`; where they are not, they begin alike and hold `.git`."""
        folders = {top for top, ones in self._tops.items() if len(ones[0]) > 1}
        loose = any(is_notebook(top) for top in self._voters - folders)
        if not folders or loose or (len(folders) == 1 and next(iter(folders)).endswith("-submissions")):
            return None
        wanted = f"{self._context.assignment}-"
        if 2 * sum(folded(top).startswith(folded(wanted)) for top in folders) > len(folders):
            return partial(platforms.repository, prefix=wanted)
        prefix = _shared_start(folders) if self._context.repositories and len(folders) > 1 else ""
        return partial(platforms.repository, prefix=prefix) if prefix else None

    def _classroom(self) -> Reader | None:
        files = [top for top in self._voters if len(self._tops[top][0]) == 1]
        counts = Counter(title for top in files for title in set(platforms.classroom_titles(top)))
        own = {folded(self._context.title), folded(self._context.assignment), _without_suffix(self._context.notebook)}
        likely = [
            (title in own, count, len(title), title) for title, count in counts.items() if title in own or count > 1
        ]
        return partial(platforms.classroom, title=max(likely)[-1]) if likely else None

    def sorted(self, layout: str, reader: Reader) -> Sorted:
        places: dict[int, Sequence[Place]] = {}
        skipped = []
        asides, taken = set(), set()
        for entry in self._all:
            parts = self._entries.get(entry.key)
            found = reader(parts) if parts else None
            if parts and isinstance(found, Place):
                places[entry.key] = (found,)
                taken.add(parts[0])
            else:
                reason = found.reason if isinstance(found, Aside) else NO_FOLDER
                skipped.append(Skipped("/".join(entry.parts), reason))
                if parts and isinstance(found, Aside):
                    asides.add(parts[0])
        lost = self._voters - taken - asides
        return Sorted(layout, self.inside, places, tuple(skipped), frozenset(asides - taken), frozenset(lost))


def _may_be_submission(ones: Sequence[Parts]) -> bool:
    """Whether something at the root is a folder with files, or a file that may be what a student handed in."""
    return any(len(parts) > 1 or is_submission_file(parts[0]) for parts in ones)


def _submitted(place: Place, told: Mapping[str, HandedInBy]) -> Iterable[Place]:
    """The same for each of those who handed it in: several for a group, nobody known for one that is not told of."""
    one = told.get(place.handed_in)
    time = one.created if one else None
    people = [who for who in one.submitters if who.name] if one else []
    if not people:
        return [replace(place, time=time)]
    return [replace(place, student=who.name, id=who.sid or who.email, email=who.email, time=time) for who in people]


def _shared_start(names: set[str]) -> str:
    """What all names begin with, to its last hyphen: the first and the last in order share what all do."""
    first, last = min(names), max(names)
    shared = next((at for at, (one, other) in enumerate(zip(first, last, strict=False)) if one != other), len(first))
    return first[: first.rfind("-", 0, shared) + 1]


def _without_suffix(name: str) -> str:
    return folded(name.rpartition(".")[0])
