"""Which values may be other than they would have been, once a cell stopped: from statement to statement."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Literal

from autograder.notebook.names import Statement
from autograder.wire.messages import Fault

Part = Literal["none", "trained", "all"]


@dataclass(frozen=True)
class Spoilt:
    """Why the value of a name may be another than it would have been."""

    root: Fault
    sure: bool
    """Whether the value cannot be the student's own making as well: it was made there, or by the course."""
    part: Part = "all"
    """What of it may be another. none: it is what the cell that stopped worked on, and may be why · trained: of a
    network, how it is trained and what it has learned."""


def changes(one: Statement, own: Collection[str]) -> Iterator[tuple[str, Part]]:
    """Yield the names whose objects a statement may change, and what of each.

    A function of the notebook's `own`, or a method of one of its objects, may do anything with what it is given.
    """
    yield from ((name, "trained") for name in sorted(one.trained))
    yield from ((name, "all") for name in sorted(one.changed))
    yield from ((name, "all") for function, name in sorted(one.handed) if function in own)


def pass_on(one: Statement, spoilt: dict[str, Spoilt], variables: Collection[str], own: Collection[str]) -> None:
    """Bring what is spoilt up to a statement that was done: what it made, or changed, of what was spoilt before."""
    causes = sorted((spoilt[name] for name in sorted(one.used) if name in spoilt), key=lambda one: one.part == "none")
    for name in one.made:
        spoilt.pop(name, None)
    if not causes:
        return
    cause = causes[0]
    known = cause.part == "none"
    for name, part in dict(changes(one, own)).items():
        if name in variables and name not in one.made:
            spoilt.setdefault(name, Spoilt(cause.root, sure=False, part="none" if known else part))
    made = Spoilt(cause.root, cause.sure, "none" if known else "all")
    spoilt.update(dict.fromkeys(one.made, made))
