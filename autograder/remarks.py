"""What the instructor should know of one exam: what ended it, what it lacked, what was handed in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from autograder.evidence import Evidence, Exam
from autograder.judge.lacks import Lack
from autograder.training.scorer import PASSING_FAULTS
from autograder.wire.messages import Fault

REMARKS = {
    "unreadable": "no notebook",
    "time": "ran out of time",
    "memory": "ran out of memory",
    "size": "answers too large",
    "died": "ended its process",
}
"""What kept a notebook from running to its end, by kind of fault."""
FAULT = str(Fault.__struct_config__.tag).encode()
"""What the record of a fault says that it is."""
STOPS: tuple[str, ...] = ("time", "memory")
"""Limits that a correct notebook may reach on a machine that is too small, or too busy."""

MOST_STUMBLES = 3
"""Told of one exam."""


@dataclass(frozen=True)
class Notes:
    """What the instructor should know of one exam, whether it cost a point or not."""

    lacks: tuple[Lack, ...] = ()
    """What the notebook asked for and this machine lacks."""
    strays: tuple[str, ...] = ()
    """Modules that it imports and no library is: a file that was not handed in?"""
    stops: tuple[str, ...] = ()
    """Limits that its code was stopped at, of STOPS."""
    doubted: tuple[str, ...] = ()
    """Networks that are read as the solution's, and make something else when they are run."""
    stumbled: tuple[str, ...] = ()
    """Where our own code failed in its room, as that says, and did not with examples of ours."""


def join_notes(several: Iterable[Notes]) -> Notes:
    """Return the notes of several exams as one."""
    every = list(several)
    return Notes(
        tuple(dict.fromkeys(lack for notes in every for lack in notes.lacks)),
        tuple(dict.fromkeys(stray for notes in every for stray in notes.strays)),
        tuple(dict.fromkeys(stop for notes in every for stop in notes.stops)),
    )


def faults_of(exam: Exam, evidence: Evidence | None = None) -> Iterator[Fault]:
    """Yield what went wrong in an exam: in its cells, in its end, and in its answers where they are at hand."""
    yield from (record.run.fault for record in exam.cells if record.run and record.run.fault)
    if exam.fault:
        yield exam.fault
    if evidence:
        answers = evidence.answers(lambda frame: FAULT in frame)
        yield from (answer for answer, _ in answers.values() if isinstance(answer, Fault))


def remark(fault: Fault) -> str:
    """Return, for the instructor, what kept a notebook from running to its end."""
    why = f": {fault.message}" if fault.kind == "unreadable" and fault.message else ""
    return f"{REMARKS[fault.kind]}{why}"


def why_solution_stops(fault: Fault) -> str:
    """Return, for the author of a solution, what one of its cells stopped for."""
    if fault.kind == "time":
        return f"{REMARKS['time']}: in course.yaml, give it more `seconds`, or its trainings less by `fit`"
    if fault.kind in STOPS:
        return f"{REMARKS[fault.kind]}, which `limits` give it"
    error = fault.error or fault.kind
    return f"{error}: {fault.message}" if fault.message else error


def note_handed_in(exam: Exam, notes: Notes) -> str:
    """What the instructor should know of what was handed in; empty: nothing.

    Files that a student changed in vain, a notebook that may be another edition's, networks in doubt, what our own
    code could not take.
    """
    names = [repair.detail for repair in exam.repairs if repair.kind == "given-file"]
    found = next((repair.detail for repair in exam.repairs if repair.kind == "edition"), "")
    said = [
        f"another edition of the assignment? {found} of its cells found" if found else "",
        f"the course's own files used in place of the student's: {', '.join(names)}" if names else "",
    ]
    said += [
        f"{name} reads as the solution's network and computes something else: look at it" for name in notes.doubted
    ]
    said += [f"this program failed to read what it made ({place}): look at it" for place in notes.stumbled]
    return "; ".join(filter(None, said))


def stumbles(faults: Iterable[Fault]) -> tuple[str, ...]:
    """Return where our own code failed, by what a room says: each place once, the first few."""
    places = dict.fromkeys(f"{fault.ours}: {fault.error}" for fault in faults if fault.ours)
    return tuple(places)[:MOST_STUMBLES]


def cut_short(evidence: Evidence) -> tuple[str, Fault] | None:
    """Return where an exam ran out of time or memory, or stopped altogether, and how; None where it did not.

    What such an exam says of a solution may be due to a busy machine.
    """
    if evidence.exam.fault is not None:
        cell = evidence.exam.fault.cell
        return "" if cell is None else f"cell {cell + 1}", evidence.exam.fault
    for record in evidence.exam.cells:
        if record.run and record.run.fault and record.run.fault.kind in PASSING_FAULTS:
            return f"cell {record.cell.index + 1}", record.run.fault
    for name, (answer, _) in evidence.answers().items():
        if isinstance(answer, Fault) and answer.kind in PASSING_FAULTS:
            return name, answer
    return None
