"""What students are known by, for pages that are to name nobody."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from autograder.intake.identity import read_identity
from autograder.paths import Paths
from autograder.roster import Roster


def called(paths: Paths, assignment: str, students: Iterable[str], roster: Roster) -> Mapping[str, tuple[str, ...]]:
    """Return, by student, those of the roster too, what else they are known by: names, addresses, numbers."""
    people = {one.student: one for one in roster.students}
    found: dict[str, tuple[str, ...]] = {}
    for student in dict.fromkeys((*students, *people)):
        person, identity = people.get(student), read_identity(paths, student, assignment)
        names = [person.name, person.email, person.id] if person else []
        if identity is not None:
            names += [identity.email, identity.id, *([] if identity.group else [identity.name])]
        found[student] = tuple(filter(None, names))
    return found
