"""What a drawing of a network shows: a row a layer from the inputs down, and an arc for each branch that skips rows.

Numbers only; `drawing.html.j2` writes them as SVG, whose colours are the page's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from autograder.networks.alignment import edits
from autograder.networks.signature import Canonical, canonical
from autograder.networks.steps import Step
from autograder.wire.messages import Network, Shape

MOST_ROWS = 80
"""Rows drawn; of a deeper network the middle is left out."""
MOST_CHARS = 44
ROW, GAP, LANE, MARGIN = 22, 8, 12, 6
"""Heights and widths, in SVG user units."""
CHAR = 7.5
"""Width of a character of a label: an upper estimate, since no page tells its font's before it is shown."""


@dataclass(frozen=True)
class DrawnLayer:
    """One box."""

    text: str
    shape: str
    y: int
    marked: bool


@dataclass(frozen=True)
class Arc:
    """A connection: straight down to the next row, or around those between, in a lane of its own."""

    start: int
    """y it leaves at."""
    end: int
    lane: int
    """0: straight down; else which lane to the left, the nearest being 1."""


@dataclass(frozen=True)
class NetworkDrawing:
    """One network, drawn."""

    rows: tuple[DrawnLayer, ...]
    arcs: tuple[Arc, ...]
    left: int
    """x the boxes begin at."""
    box: int
    """Width of the boxes."""
    width: int
    height: int

    @property
    def text(self) -> str:
        """What it shows, for whoever cannot see it."""
        return "; ".join(f"{one.text} {one.shape}".strip() for one in self.rows)


def draw(network: Network, layer: object = None) -> NetworkDrawing:
    """Return the drawing of one network, the layer of that number, from 1, marked."""
    form = canonical(network)
    return _draw(form, {id(step) for step in form.steps if step.layer == layer})


def compare(given: Network, wanted: Network) -> tuple[NetworkDrawing, NetworkDrawing]:
    """Return the drawings of two networks, each with the layers marked that the other has not."""
    mine, theirs = canonical(given), canonical(wanted)
    found = edits(mine.steps, theirs.steps)
    return (
        _draw(mine, {id(edit.given or edit.owner) for edit in found}),
        _draw(theirs, {id(edit.wanted) for edit in found}),
    )


def _draw(form: Canonical, marked: Collection[int]) -> NetworkDrawing:
    groups = _groups(form)
    held = {step: at for at, steps in enumerate(groups) for step in steps}
    texts = [
        *(
            (f"Input {number + 1}" if len(form.input_shapes) > 1 else "Input")
            for number in range(len(form.input_shapes))
        ),
        *(_cut(" · ".join(form.steps[step].label for step in steps)) for steps in groups),
    ]
    shapes = [*form.input_shapes, *(form.steps[steps[-1]].output_shape for steps in groups)]
    marks = [
        *(False for _ in form.input_shapes),
        *(any(id(form.steps[one]) in marked for one in steps) for steps in groups),
    ]
    links = _links(form, groups, held)
    return _placed(texts, shapes, marks, links)


def _groups(form: Canonical) -> list[list[int]]:
    """The steps, each activation with the layer that it belongs to."""
    takers = Counter(source for step in form.steps for source in step.inputs)
    groups: list[list[int]] = []
    for at, step in enumerate(form.steps):
        last = groups[-1][-1] if groups else None
        if last is not None and step.inputs == (last,) and takers[last] == 1 and _belongs(step, form.steps[last]):
            groups[-1].append(at)
        else:
            groups.append([at])
    return groups


def _belongs(step: Step, before: Step) -> bool:
    return step.cls == "Activation" and before.cls != "Activation"


def _links(form: Canonical, groups: Sequence[Sequence[int]], held: Mapping[int, int]) -> list[tuple[int, int]]:
    """Pairs of rows: from, to."""
    inputs = len(form.input_shapes)
    return [
        (-source - 1 if source < 0 else inputs + held[source], inputs + at)
        for at, steps in enumerate(groups)
        for source in dict.fromkeys(form.steps[steps[0]].inputs)
    ]


def _placed(
    texts: Sequence[str], shapes: Sequence[Shape], marks: Sequence[bool], links: Sequence[tuple[int, int]]
) -> NetworkDrawing:
    kept = _kept(len(texts))
    at = {row: place for place, row in enumerate(kept)}
    y = {row: MARGIN + place * (ROW + GAP) for row, place in at.items()}
    lanes = _lanes([(start, end) for start, end in links if start in at and end in at], at)
    left = MARGIN + LANE * (max(lanes.values(), default=0) + 1)
    box = round(CHAR * (2 + max((len(text) for text in texts), default=0))) + 2 * GAP
    beside = round(CHAR * max((len(_shape(shape)) for shape in shapes), default=0)) + GAP
    rows = tuple(
        DrawnLayer(
            texts[row] if row >= 0 else "…", _shape(shapes[row]) if row >= 0 else "", y[row], row >= 0 and marks[row]
        )
        for row in kept
    )
    arcs = tuple(Arc(y[start] + ROW, y[end], 0) if not lane else Arc(y[start] + ROW // 2, y[end] + ROW // 2, lane)
                 for (start, end), lane in lanes.items())  # fmt: skip
    return NetworkDrawing(
        rows, arcs, left, box, left + box + beside + MARGIN, 2 * MARGIN + len(kept) * (ROW + GAP) - GAP
    )


def _kept(count: int) -> list[int]:
    """The rows drawn; -1 stands for those left out."""
    if count <= MOST_ROWS:
        return list(range(count))
    half = MOST_ROWS // 2
    return [*range(half), -1, *range(count - half + 1, count)]


def _lanes(links: Sequence[tuple[int, int]], at: Mapping[int, int]) -> dict[tuple[int, int], int]:
    """The lane of each connection: the nearest that no other uses between the same rows."""
    found: dict[tuple[int, int], int] = {}
    for start, end in sorted(links, key=lambda link: at[link[1]] - at[link[0]]):
        if at[end] - at[start] == 1:
            found[start, end] = 0
            continue
        taken = {
            lane for (a, b), lane in found.items() if lane and not (at[b] <= at[start] or at[end] <= at[a])
        }  # fmt: skip
        found[start, end] = next(lane for lane in range(1, len(links) + 2) if lane not in taken)
    return found


def _shape(shape: Shape) -> str:
    return " × ".join("?" if size is None else str(size) for size in shape)


def _cut(text: str) -> str:
    return text if len(text) <= MOST_CHARS else f"{text[: MOST_CHARS - 1]}…"
