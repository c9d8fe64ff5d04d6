"""What was plotted as a check sees it: figures, axes, and what is drawn on them, as arrays and texts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograder.judge.message import Said
from autograder.locale import Phrase, phrase, phrases
from autograder.wire import codec
from autograder.wire.messages import Array, Axes, Mark, Plot, Plots

Limits = tuple[float | None, float | None]


@dataclass(frozen=True)
class Drawn:
    """One thing drawn: a curve, points, bars, an image, the wedges of a pie. None where it has no such part."""

    kind: str
    """`line`, `points`, `bars`, `image` or `wedges`."""
    label: str
    """As the legend has it; empty where it is in none."""
    x: Any
    """(n,): of bars, their middles along the axis they stand on."""
    y: Any
    """(n,): of bars, their lengths; of wedges, their shares of the whole."""
    values: Any
    """An image's numbers, (height, width) or (height, width, channels); those that points are coloured by, (n,)."""
    style: str
    """The colour map of an image, how a line is dashed, `horizontal` of bars that lie."""
    limits: Limits | None
    """The values an image shows as the two ends of its colour map."""
    names: tuple[str, ...]
    """Of bars, what stands below each, where it is not numbers."""


@dataclass(frozen=True)
class DrawnAxes:
    """One pair of axes on which something is drawn."""

    drawn: tuple[Drawn, ...]
    title: str
    xlabel: str
    ylabel: str
    xlim: Limits
    ylim: Limits
    xscale: str
    yscale: str
    xticks: tuple[str, ...]
    """What stands at the ticks where it is not numbers."""
    yticks: tuple[str, ...]
    legend: tuple[str, ...] | None
    """None: there is none."""
    texts: tuple[str, ...]
    """Written among what is drawn."""
    bottom: float | None = None
    """Where it stands in the figure, from 0 below to 1 above; None in evidence of before this was noted."""
    top: float | None = None


@dataclass(frozen=True)
class DrawnFigure:
    """One figure."""

    axes: tuple[DrawnAxes, ...]
    """Colour bars, and axes with nothing on them, left out."""
    title: str
    xlabel: str
    ylabel: str
    shared_legend: tuple[str, ...] = ()
    """Of all axes together."""

    @property
    def rows(self) -> int | None:
        """How many rows its axes stand in, one below the other; None where it was not noted where they stand."""
        edges = [(one.top, one.bottom) for one in self.axes if one.top is not None and one.bottom is not None]
        if len(edges) < len(self.axes):
            return None
        rows, end = 0, 2.0
        for top, bottom in sorted(edges, reverse=True):
            if (top + bottom) / 2 < end:  # its middle is below all of the row before
                rows, end = rows + 1, bottom
        return rows

    @property
    def titles(self) -> tuple[str, ...]:
        """Of the figure and of its axes, those that are not empty."""
        return tuple(filter(None, (self.title, *(one.title for one in self.axes))))

    @property
    def xlabels(self) -> tuple[str, ...]:
        """Likewise, of the horizontal axes."""
        return tuple(filter(None, (self.xlabel, *(one.xlabel for one in self.axes))))

    @property
    def ylabels(self) -> tuple[str, ...]:
        """Likewise, of the vertical axes."""
        return tuple(filter(None, (self.ylabel, *(one.ylabel for one in self.axes))))

    @property
    def legend(self) -> tuple[str, ...]:
        """The entries of all its legends."""
        return (*self.shared_legend, *(text for one in self.axes for text in one.legend or ()))


@dataclass(frozen=True)
class Drawing:
    """All that a cell or a function plotted, in the order drawn, on however many figures and axes."""

    figures: tuple[DrawnFigure, ...]

    @property
    def axes(self) -> tuple[DrawnAxes, ...]:
        """Of all figures, those on which something is drawn."""
        return tuple(axes for figure in self.figures for axes in figure.axes)

    @property
    def lines(self) -> tuple[Drawn, ...]:
        """The curves, those without a line between their points left out."""
        return self._of("line")

    @property
    def points(self) -> tuple[Drawn, ...]:
        """Clouds of points, of `scatter` and of `plot` without a line."""
        return self._of("points")

    @property
    def bars(self) -> tuple[Drawn, ...]:
        """Sets of bars, histograms among them."""
        return self._of("bars")

    @property
    def images(self) -> tuple[Drawn, ...]:
        """Images, matrices and heat maps."""
        return self._of("image")

    @property
    def wedges(self) -> tuple[Drawn, ...]:
        """Pies."""
        return self._of("wedges")

    @property
    def texts(self) -> tuple[str, ...]:
        """All that is written on the figures, the numbers at the ticks left out."""
        overall = (text for one in self.figures for text in (*one.titles, *one.xlabels, *one.ylabels, *one.legend))
        return (*overall, *(text for one in self.axes for text in (*one.xticks, *one.yticks, *one.texts)))

    def __bool__(self) -> bool:
        return bool(self.figures)

    def __len__(self) -> int:
        return len(self.figures)

    def __iter__(self) -> Iterator[DrawnFigure]:
        return iter(self.figures)

    def _of(self, kind: str) -> tuple[Drawn, ...]:
        return tuple(one for axes in self.axes for one in axes.drawn if one.kind == kind)


def drawing(record: Plots, blobs: list[bytes]) -> Drawing:
    """Return what a record of figures holds. Raise WireError where its arrays do not fit each other."""
    return Drawing(tuple(_figure(one, blobs) for one in record.figures))


def said_of_drawing(given: Drawing) -> Said:
    """Say what was plotted, without its values."""
    counts = [(kind, count_of(given, kind)) for kind in ("line", "points", "bars", "image", "wedges")]
    parts: list[Said] = [counted(kind, count) for kind, count in counts if count]
    return Phrase("{parts}", {"parts": parts}) if parts else phrase("nothing plotted")


def count_of(given: Drawing, kind: str) -> int:
    """Return how many there are: single points, bars and wedges, curves and images, axes and figures."""
    if kind == "rows":
        return sum(one.rows or 0 for one in given.figures)
    if kind in ("figures", "axes"):
        return len(getattr(given, kind))
    found = [one for axes in given.axes for one in axes.drawn if one.kind == kind]
    return len(found) if kind in ("line", "image") else sum(np.size(one.y) for one in found)


def counted(kind: str, count: int) -> Said:
    """Say how many of a kind there are."""
    match kind:
        case "figures":
            return phrases("{n} figure", "{n} figures", count)
        case "axes":
            return phrases("{n} pair of axes", "{n} pairs of axes", count)
        case "rows":
            return phrases("{n} row of axes", "{n} rows of axes", count)
        case "line":
            return phrases("{n} curve", "{n} curves", count)
        case "points":
            return phrases("{n} point", "{n} points", count)
        case "bars":
            return phrases("{n} bar", "{n} bars", count)
        case "image":
            return phrases("{n} image", "{n} images", count)
    return phrases("{n} wedge", "{n} wedges", count)


def _figure(record: Plot, blobs: list[bytes]) -> DrawnFigure:
    axes = tuple(_axes(one, blobs) for one in record.axes)
    return DrawnFigure(axes, record.title, record.x_label, record.y_label, tuple(record.legend))


def _axes(record: Axes, blobs: list[bytes]) -> DrawnAxes:
    return DrawnAxes(
        tuple(_drawn(one, record, blobs) for one in record.marks),
        record.title,
        record.x_label,
        record.y_label,
        record.x_limits,
        record.y_limits,
        record.x_scale,
        record.y_scale,
        tuple(record.x_names),
        tuple(record.y_names),
        None if record.legend is None else tuple(record.legend),
        tuple(record.texts),
        record.bottom,
        record.top,
    )


def _drawn(record: Mark, axes: Axes, blobs: list[bytes]) -> Drawn:
    def value(array: Array | None) -> Any:
        return None if array is None else codec.array_value(array, blobs)

    x, y, values = value(record.x), value(record.y), value(record.values)
    if record.kind == "image":
        fits = values is not None and values.ndim in (2, 3)
    else:
        fits = y is not None and y.ndim == 1 and (record.kind == "wedges" or (x is not None and x.shape == y.shape))
    if not fits or any(one is not None and one.dtype.kind == "c" for one in (x, y, values)):
        raise codec.WireError(f"a {record.kind} whose parts do not fit each other")
    names = axes.y_names if record.style == "horizontal" else axes.x_names
    named = names if record.kind == "bars" and x is not None and len(names) == len(x) else ()
    return Drawn(record.kind, record.label, x, y, values, record.style, record.limits, tuple(named))
