"""Whose fault it is that our own code failed in a room. A room may say what it likes: a clean one is asked.

A clean room runs examples of ours and no student code. What fails there as well, in the same way, is ours: a library of
the environment that our code does not fit. What does not is on account of what the notebook made, or made up.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice

from autograder.evidence import Evidence
from autograder.networks.frameworks import DIALECTS
from autograder.records import Limits, Plan, Submission
from autograder.sandbox.exam import Order, examine
from autograder.sandbox.rooms import WarmRooms
from autograder.wire.frameworks import FRAMEWORKS
from autograder.wire.messages import Cell, Fault, Probe, Steps, VariableProbe

CLAIM = b'"ours":"'
"""How the record of a fault begins to say that it is ours, where it does."""
NO_CLAIM = b'"ours":""'

EXAMPLES: Mapping[str, tuple[str, Mapping[str, Probe]]] = {
    "numpy": (
        """\
import numpy as np
numbers = np.arange(6.0).reshape(2, 3)
values = [1, "a", None, {"b": (2.5, {3})}]
values""",
        {"numbers": VariableProbe("numbers"), "values": VariableProbe("values")},
    ),
    "pandas": (
        """\
import pandas as pd
table = pd.DataFrame({"a": [1, 2], "b": ["x", None]}, index=["u", "v"])
table["c"] = pd.to_datetime(["2000-01-01", None])
column = table["a"]
table""",
        {"table": VariableProbe("table"), "column": VariableProbe("column")},
    ),
    "polars": (
        """\
import polars as pl
frame = pl.DataFrame({"a": [1, None], "b": ["x", "y"]})
frame""",
        {"frame": VariableProbe("frame")},
    ),
    "matplotlib": (
        """\
import matplotlib.pyplot as plt
figure, (one, two) = plt.subplots(1, 2)
one.plot([0, 1], label="a")
one.scatter([0, 1], [1, 0])
one.legend()
two.bar(["a", "b"], [1, 2])
two.imshow([[0, 1], [1, 0]])
plt.show()""",
        {"figure": VariableProbe("figure")},
    ),
    **{one.name: one.example for one in DIALECTS.values()},
}
"""By library: a cell that makes some of what we read, and what is asked of it."""
OF_FILES = {
    "worker/tables.py": ("pandas", "polars"),
    "worker/plots.py": ("matplotlib",),
    "worker/figures.py": ("matplotlib",),
    "worker/pictures.py": ("matplotlib",),
    **{f"worker/{one.folder}/": (one.name,) for one in FRAMEWORKS},
}
"""Which libraries our code works with, by how the names of its files begin; the others work with all."""
SPOKEN_OF = {"numpy": ("",), "keras": ("keras", "tensorflow")}
"""What a notebook says that has a library loaded, where that is more than its name."""
MOST_CLAIMS = 20
"""Looked at, of one exam's: an honest room has as many reasons as it has libraries."""
SAID = (
    "this program does not fit the {library} of the rooms' environment: it fails on an example of its own as it does"
    " here, {error} ({place}): install another version of {library} there"
)


def fault_of_ours(rooms: WarmRooms, order: Order, evidence: Evidence) -> str:
    """Return what is wrong, for the instructor, where evidence says that our code failed and so does a clean room.

    Empty where no fault of ours cost the notebook anything. Raises GraderError where no clean room opens.
    """
    for claim in islice(claims(evidence), MOST_CLAIMS):
        for library in _libraries(claim.ours, order.submission):
            if any(_alike(claim, one) for one in _clean(rooms, library, order)):
                return SAID.format(
                    library=library, error=f"{claim.error}: {claim.message}".removeprefix(": "), place=claim.ours
                )
    return ""


def claims(evidence: Evidence) -> Iterator[Fault]:
    """Yield the faults that a room says are ours: what ended it, those of its answers and of its cells."""
    if evidence.exam.fault and evidence.exam.fault.ours:
        yield evidence.exam.fault
    for answer, _ in evidence.answers(lambda frame: frame.count(CLAIM) > frame.count(NO_CLAIM)).values():
        parts = answer.results if isinstance(answer, Steps) else [answer]
        yield from (one for one in parts if isinstance(one, Fault) and one.ours)
    runs = (record.run for record in evidence.exam.cells)
    yield from (run.fault for run in runs if run and run.fault and run.fault.ours)


def _libraries(place: str, submission: Submission) -> list[str]:
    """Those that code of ours at this place works with, of those that a notebook speaks of."""
    found = next((found for start, found in OF_FILES.items() if place.startswith(start)), tuple(EXAMPLES))
    text = "\n".join(cell.source for cell in submission.cells)
    return [one for one in found if any(name in text for name in SPOKEN_OF.get(one, (one,)))]


def _alike(one: Fault, other: Fault) -> bool:
    """Whether two faults are one: raised at the same place, or for the same reason."""
    return one.error == other.error and (one.ours, one.message) in (
        (other.ours, one.message),
        (one.ours, other.message),
    )


def _clean(rooms: WarmRooms, library: str, order: Order) -> tuple[Fault, ...]:
    """Return the faults of ours that a room comes to with our own examples of a library; it is asked once."""
    if library not in rooms.clean:
        source, probes = EXAMPLES[library]
        clean = Submission(f"examples of {library}", "", (Cell(0, "", source),))
        plan = Plan((), probes, ())
        rooms.clean[library] = tuple(claims(examine(rooms, Order("", clean, plan, Limits(), order.isolation))))
    return rooms.clean[library]
