"""Whose each submission of a download is: which folder of `submitted/` it goes to.

First what was kept of earlier collections, then the roster, then the name that the platform writes. Two people of one
name are told apart by the platform's number; where there is none, neither is collected, and the others are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property

from autograder.intake.identity import Identity, kept_identities
from autograder.intake.layouts import LASTING, Sorted
from autograder.intake.names import folded, spellings, student_name
from autograder.intake.platforms import Place
from autograder.paths import Paths
from autograder.roster import Roster, Student

ID_CHARS = 40
_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Claim:
    """One submission, and a folder it goes to."""

    student: str
    place: Place
    """One of its files', for what they have in common."""
    identity: Identity
    sure: bool = True
    """Whether the folder is known by an identifier, and not by a name."""


@dataclass(frozen=True)
class SettledNames:
    """Whose each submission is."""

    places: Mapping[int, Sequence[Place]]
    """As sorted, with the names of folders for students'."""
    identities: Mapping[str, Identity]
    """By folder."""
    clashes: Mapping[str, Sequence[str]]
    """Folders that more than one submission would go to, and nothing says which."""
    nameless: Sequence[str]
    """Submissions whose student's name has nothing that can be shown."""
    earlier: Sequence[str]
    """Attempts in whose place a later one was taken."""
    namesakes: Sequence[str]
    """Folders named after the platform's number too."""
    strangers: Sequence[str]
    """Folders that are not in the roster, where there is one."""


class People:
    """Who is known: from the roster and from earlier collections."""

    def __init__(self, paths: Paths, assignment: str, roster: Roster) -> None:
        folder = paths.submitted
        self._assignment, self._roster = assignment, roster
        self._kept = list(kept_identities(paths))
        self._folders = {path.name for path in folder.iterdir() if path.is_dir()} if folder.is_dir() else set()

    @property
    def names(self) -> frozenset[str]:
        """The names of all students' folders, folded."""
        return frozenset(map(folded, (*self._folders, *(one.student for one in self._roster.students))))

    def settle(self, found: Sorted) -> SettledNames:
        """Return whose each submission of a download is."""
        kept = self._kept_of(found.layout)
        submissions = {_key(place): place for ones in found.places.values() for place in ones}
        claims = [claim for place in submissions.values() for claim in self._claims(found.layout, place, kept)]
        apart = _told_apart(claims, kept)
        by_student: dict[str, list[Claim]] = defaultdict(list)
        for claim in apart:
            by_student[claim.student].append(claim)
        chosen = [one for ones in by_student.values() if (one := _latest(ones)) is not None]
        students: dict[tuple[str, ...], list[str]] = defaultdict(list)
        for one in chosen:
            students[_key(one.place)].append(one.student)
        places = {
            key: [replace(place, student=student) for place in ones for student in students.get(_key(place), ())]
            for key, ones in found.places.items()
        }
        clashes = {
            student: sorted(one.place.handed_in for one in ones)
            for student, ones in by_student.items()
            if _latest(ones) is None
        }
        left = {_key(one.place): one.place.handed_in for one in apart if one.student not in clashes}
        listed = {folded(one.student) for one in self._roster.students}
        return SettledNames(
            places={key: ones for key, ones in places.items() if ones},
            identities={one.student: one.identity for one in chosen},
            clashes=clashes,
            nameless=sorted(
                {place.handed_in for key, place in submissions.items()} - {c.place.handed_in for c in claims}
            ),
            earlier=sorted(handed_in for key, handed_in in left.items() if key not in students),
            namesakes=sorted({one.student for one in apart} - {one.student for one in claims}),
            strangers=sorted(one.student for one in chosen if listed and folded(one.student) not in listed),
        )

    def _kept_of(self, layout: str) -> dict[str, str]:
        """Each folder's identifier on a platform, as far as one is kept that still means the same person."""
        return {
            student: identity.id
            for student, assignment, identity in self._kept
            if identity.platform == layout and identity.id and (assignment == self._assignment or layout in LASTING)
        }

    def _claims(self, layout: str, place: Place, kept: Mapping[str, str]) -> Iterator[Claim]:
        """Yield the folders that a submission may go to: those of all members, where a group handed in."""
        identity = Identity(layout, place.id, place.student, place.email)
        known = [student for student, number in kept.items() if number == place.id]
        if not known:
            known = [one.student for one in self._roster.students if _is(one, place)]
        if len(known) == 1:
            yield Claim(known[0], place, identity)
            return
        named = self._by_spelling.get(_spelt(place.student), [])
        if len(named) == 1:
            yield Claim(named[0], place, identity, sure=False)
        elif not named and (group := self._groups.get(_spelt(place.student))):
            for one in self._members(group):
                yield Claim(one.student, place, Identity(layout, one.id, one.name, one.email, group, place.id))
        elif own := student_name(place.student) or student_name(place.id):
            yield Claim(own, place, identity, sure=False)

    @cached_property
    def _by_spelling(self) -> Mapping[str, list[str]]:
        found: dict[str, list[str]] = defaultdict(list)
        for one in self._roster.students:
            for spelling in spellings(one.name) | {_spelt(one.student)}:
                found[spelling].append(one.student)
        return found

    @cached_property
    def _groups(self) -> Mapping[str, str]:
        return {_spelt(group): group for group in self._roster.groups}

    def _members(self, group: str) -> list[Student]:
        return [one for one in self._roster.students if group in one.groups]


def _key(place: Place) -> tuple[str, ...]:
    return place.handed_in, place.id, place.student


def _spelt(name: str) -> str:
    """A name as all programs write it: without case, spaces and signs."""
    return "".join(character for character in folded(name) if character.isalnum())


def _is(one: Student, place: Place) -> bool:
    return bool((one.id and one.id == place.id) or (one.email and folded(one.email) == folded(place.email)))


def _told_apart(claims: Sequence[Claim], kept: Mapping[str, str]) -> list[Claim]:
    """The same, with the platform's number in the folder's name of people who would share one."""
    ids: dict[str, set[str]] = defaultdict(set)
    for student, number in kept.items():
        ids[student].add(number)
    for claim in claims:
        if claim.place.id and not claim.identity.group:
            ids[claim.student].add(claim.place.id)
    return [
        replace(claim, student=f"{claim.student} ({student_name(claim.place.id)[:ID_CHARS]})")
        if not claim.sure and claim.place.id and len(ids[claim.student]) > 1
        else claim
        for claim in claims
    ]


def _latest(ones: Sequence[Claim]) -> Claim | None:
    """The last attempt of one student's; None where nothing says which is, or whether they are one person's."""
    if len(ones) == 1:
        return ones[0]
    places = [one.place for one in ones]
    if len({place.id for place in places}) > 1 or not all(place.time or place.attempt for place in places):
        return None
    return max(ones, key=lambda one: (one.place.time or _NEVER, one.place.attempt))
