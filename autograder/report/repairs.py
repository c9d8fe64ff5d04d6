"""What was mended in a notebook before it was graded, as its student reads it: one sentence a kind."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import get_args

from autograder.judge.places import Places
from autograder.locale import Phrase, phrase, render
from autograder.records import Repair, RepairKind

MOST_PLACES = 20
"""Places named in one sentence."""

SENTENCES: dict[RepairKind, Phrase] = {
    "chosen": phrase("Several notebooks were handed in; this one was graded"),
    "edition": phrase(
        "Most cells of this notebook are not those of the assignment that was handed out: it may be another edition of "
        "it. What could be recognised was graded. Cells of the assignment found"
    ),
    "kernel": phrase("The notebook says it is written in another language; it was run as Python"),
    "large-file": phrase("Files handed in beside the notebook are larger than allowed; they were left out"),
    "given-file": phrase("These files belong to the course and had been changed; the course's own were used"),
    "returned": phrase("Cells of the course were missing; they were put back"),
    "reset": phrase("Cells that belong to the course had been changed; the course's text was used"),
    "moved": phrase("Cells of the course were out of place; they were run in theirs"),
    "recognised": phrase("Cells had lost the course's marks; they were recognised by their text and place"),
    "retyped": phrase("Answers in code were in cells of another type; they were run as code"),
    "copied": phrase("There were copies of these cells; the last one you changed in its place is taken as the answer"),
    "split": phrase("Answers were split into several cells; they were joined again"),
    "merged": phrase("Cells were merged with the ones before; they were taken apart again"),
    "command": phrase("Installations and downloads are not run while grading; these lines were left out"),
    "path": phrase("Files lie beside the notebook while grading; these paths of another computer were replaced"),
    "module": phrase("Modules of another platform do nothing while grading; these were replaced"),
    "input": phrase("Nobody is at the keyboard while grading; input() gives an empty text"),
    "sample": phrase(
        "This course is graded on a smaller sample of the data, and these cells say how many examples there are: write "
        "`len(x)`, or -1 in `reshape`, rather than the number. They were run on as many as they say, and cost nothing"
    ),
}
"""Kind by kind, in the order they are told."""


NOWHERE = Places()


def repair_sentences(repairs: Iterable[Repair], language: str, places: Places = NOWHERE) -> list[str]:
    """Return a sentence for each kind of repair there is, with the places in the notebook."""
    order = get_args(RepairKind)
    by_kind = groupby(sorted(repairs, key=lambda repair: order.index(repair.kind)), key=lambda repair: repair.kind)
    return [_sentence(kind, [_place(one, places, language) for one in ones], language) for kind, ones in by_kind]


def _sentence(kind: RepairKind, places: list[str], language: str) -> str:
    known = list(_cut(list(dict.fromkeys(places))))
    return render(phrase("{what}: {where}.", what=SENTENCES[kind], where=", ".join(known)), language)


def _cut(places: list[str]) -> Iterator[str]:
    yield from places[:MOST_PLACES]
    if len(places) > MOST_PLACES:
        yield "…"


def _place(repair: Repair, places: Places, language: str) -> str:
    """« your cell under “Doubling” », « cell 5 (double) » where there is no heading, with what it is about."""
    if repair.index is None:
        return repair.detail
    label = render(places.cell(repair.index), language)
    if repair.kind in ("command", "path", "module", "sample"):
        return f"{label} ({repair.detail})"
    return f"{label} ({repair.cell})" if repair.cell and not places.has_heading(repair.index) else label
