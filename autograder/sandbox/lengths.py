"""Cells written for as many examples as a set has, where a stand-in of fewer serves: whether and how they are heard.

`x.reshape(60000, 784)` is right on MNIST, and stops on the 1200 digits that stand in for it. That is no mistake. The
exam is then held once more on the set at its true length, and taken from there where more of its code runs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import msgspec

from autograder.data.lengths import spoken_of
from autograder.evidence import Evidence
from autograder.records import Limits, Repair
from autograder.wire.messages import Repeated

OF_SIZE = frozenset(
    ("AssertionError", "IndexError", "InvalidArgumentError", "RuntimeError", "ValueError", "ZeroDivisionError")
)
"""Errors that a number of examples may cause."""

TIMES = 3
"""As much time as an exam has on the stand-ins: what the true length takes is nobody's doing."""

Sets = Mapping[str, Repeated]


def asks_for_length(found: Evidence, sets: Sets) -> bool:
    """Whether cells stopped that may be written for more examples than stand-ins hold."""
    faults = (record.run.fault for record in found.exam.cells if record.run)
    if not sets or not any(fault and fault.error in OF_SIZE for fault in faults):
        return False
    return any(next(spoken_of(record.cell.source, sets), None) for record in found.exam.cells)


def with_time_for_length(limits: Limits) -> Limits:
    """Return the limits of an exam on the sets at their true length."""
    return msgspec.structs.replace(limits, seconds=TIMES * limits.seconds, cell_seconds=TIMES * limits.cell_seconds)


def at_length(found: Evidence, longer: Evidence, sets: Sets) -> Evidence:
    """Return the evidence of the exam at the sets' true length, with a word on the student's cells that are written for
    it; that of the exam as it was first held, where no cell gets further at that length, or another does less."""
    further = _further(found, longer)
    if not further or not _stopped(longer) <= _stopped(found):
        return found
    freed = (record.cell for record in longer.exam.cells if record.cell.index in further)
    told = (
        Repair("sample", cell.id, cell.index, f"{number} → {held}")
        for cell in freed
        for number, held in (_told(cell.source, sets) if not cell.given else ())
    )
    return replace(longer, exam=msgspec.structs.replace(longer.exam, repairs=[*longer.exam.repairs, *told]))


def for_length(found: Evidence, taken: Evidence, sets: Sets) -> set[str]:
    """Return the course's own cells that are written for the true length: who shares them need not be asked twice."""
    further = _further(found, taken)
    cells = (record.cell for record in found.exam.cells if record.cell.index in further and record.cell.given)
    return {cell.source for cell in cells if next(spoken_of(cell.source, sets), None)}


def _told(code: str, sets: Sets) -> list[tuple[int, int]]:
    """The numbers to speak of: round ones, where there are any. 784 is the size of an example."""
    numbers = list(dict.fromkeys(spoken_of(code, sets)))
    return [pair for pair in numbers if pair[0] % 100 == 0] or numbers


def _further(found: Evidence, longer: Evidence) -> set[int]:
    """The cells that run to their end at the true length alone, or stop there at a line further down.

    What stands below the line that asked for the length may be wrong: that is another mistake, and the only one.
    """
    lines, then = _lines(found), _lines(longer)
    freed = _stopped(found) - _stopped(longer)
    return freed | {cell for cell, line in then.items() if line > lines.get(cell, line)}


def _lines(found: Evidence) -> dict[int, int]:
    """The line of their own that cells stopped at, of those of which it is known."""
    faults = ((record.cell.index, record.run.fault) for record in found.exam.cells if record.run)
    known = ((cell, frame.line) for cell, fault in faults if fault for frame in fault.frames if frame.cell == cell)
    return dict(reversed(list(known)))  # of several lines on the way to an error the first


def _stopped(found: Evidence) -> set[int]:
    """The cells that did not run to their end."""
    return {record.cell.index for record in found.exam.cells if record.run is None or record.run.fault}
