"""What a platform knows a student by, kept beside each submission: grades find their way back by it.

The file lies beside the folder that holds what students hand in, never in it: none of them can write one.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from autograder.paths import Paths, write_beside
from autograder.wire.messages import Record
from autograder.wire.ready import ready


class Identity(Record, frozen=True):
    """One student, as the platform writes them in a download."""

    platform: str
    id: str = ""
    """Empty where the download does not say it."""
    name: str = ""
    email: str = ""
    group: str = ""
    """The group that handed in for them."""
    group_id: str = ""
    """What the platform knows the group by."""


def keep_identity(paths: Paths, student: str, assignment: str, identity: Identity) -> None:
    """Write it beside the submission, where it says something, and something else than the one there."""
    says = identity.id or identity.email or identity.group
    if says and read_identity(paths, student, assignment) != identity:
        write_beside(paths.identity(student, assignment), msgspec.json.encode(identity) + b"\n")


def read_identity(paths: Paths, student: str, assignment: str) -> Identity | None:
    """Return what was kept of a student; None where nothing was, or it cannot be read."""
    try:
        return msgspec.json.decode(paths.identity(student, assignment).read_bytes(), type=ready(Identity))
    except (OSError, ValueError):
        return None


def kept_identities(paths: Paths) -> Iterator[tuple[str, str, Identity]]:
    """Yield every student, assignment and identity of the course."""
    for path in sorted(paths.submitted.glob(f"*/{paths.identity('', '*').name}")):
        student, assignment = path.parent.name, paths.assignment_of(path)
        if (identity := read_identity(paths, student, assignment)) is not None:
            yield student, assignment, identity
