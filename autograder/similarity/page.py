"""The page of the pairs of a class that are alike: one HTML file that needs no server and no network."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from autograder.report.drawing import NetworkDrawing, draw
from autograder.report.pages import packaged, page_environment
from autograder.similarity.alike import Pair, Span
from autograder.similarity.constructs import Part
from autograder.similarity.gather import Alike
from autograder.wire.messages import Network

STYLES = ("page.css", "feedback.css", "drawing.css", "class.css", "similarity.css")
AROUND = 3
"""Lines shown before and after what is shared."""


@dataclass(frozen=True)
class Line:
    """One line of a passage as it is shown."""

    number: int
    text: str
    shared: bool


@dataclass(frozen=True)
class Side:
    """One of the two sides of a passage."""

    where: str
    """The name of the cell or file."""
    code: bool
    lines: tuple[Line, ...]


def similarity_page(found: Alike, *, course: str, title: str, language: str) -> str:
    """Return the page, as HTML."""
    environment = page_environment(language)
    return environment.get_template("similarity.html.j2").render(
        language=language,
        course=course,
        title=title,
        found=found,
        passages=lambda pair: list(_passages(found, pair)),
        drawings=lambda pair: list(_drawings(found.networks, pair)),
        styles=Markup("\n".join(map(packaged, STYLES))),  # ours
    )


def _passages(found: Alike, pair: Pair) -> Iterator[tuple[Side, Side]]:
    """Yield the places of two submissions that share something, side by side: those of the same two cells are one."""
    together: dict[tuple[int, int], list[tuple[Span, Span]]] = {}
    for left, right in pair.passages:
        together.setdefault((left.part, right.part), []).append((left, right))
    first, second = found.authors[pair.first].parts, found.authors[pair.second].parts
    for (left_part, right_part), spans in together.items():
        yield (
            _side(first[left_part], [left for left, _ in spans]),
            _side(second[right_part], [right for _, right in spans]),
        )


def _side(part: Part, spans: Sequence[Span]) -> Side:
    texts = part.source.splitlines() or [""]
    shared = {number for span in spans for number in range(span.first, span.last + 1)}
    shown = range(max(1, min(shared) - AROUND), min(len(texts), max(shared) + AROUND) + 1)
    lines = (Line(number, texts[number - 1], number in shared) for number in shown)
    return Side(part.name, part.code, tuple(lines))


def _drawings(networks: Mapping[str, Network], pair: Pair) -> Iterator[tuple[str, NetworkDrawing]]:
    """Yield the networks that both have, with the name that the checks know each by."""
    for mark in pair.marks:
        if mark.kind == "networks":
            yield mark.said, draw(networks[mark.form])
