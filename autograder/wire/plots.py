"""What was plotted, as data."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from autograder.wire.record import Array, Figure, Name, Record


class Mark(Record, frozen=True):
    """One thing drawn on axes, by what it shows."""

    kind: Literal["line", "points", "bars", "image", "wedges"]
    """bars: of `bar` and `hist` alike · image: of `imshow`, `matshow`, `pcolormesh`, a heat map · wedges: of a pie."""
    label: Name = ""
    """As the legend has it; empty where it is in none."""
    x: Array | None = None
    """Of bars, their middles along the axis they stand on."""
    y: Array | None = None
    """Of bars, their lengths; of wedges, their shares of the whole."""
    values: Array | None = None
    """An image's, (height, width) or (height, width, channels); the numbers that points are coloured by."""
    style: Name = ""
    """The colour map of an image; how a line is dashed; `horizontal` of bars that lie."""
    limits: tuple[Figure, Figure] | None = None
    """The values an image shows as the two ends of its colour map."""


class Axes(Record, frozen=True):
    """One pair of axes on which something is drawn."""

    marks: Annotated[list[Mark], Meta(max_length=5000)]
    title: Name = ""
    x_label: Name = ""
    y_label: Name = ""
    x_limits: tuple[Figure, Figure] = (None, None)
    y_limits: tuple[Figure, Figure] = (None, None)
    x_scale: Name = "linear"
    y_scale: Name = "linear"
    x_names: list[Name] = []
    """What stands at the ticks where it is not numbers: classes."""
    y_names: list[Name] = []
    legend: list[Name] | None = None
    """None: there is none."""
    texts: list[Name] = []
    """Written among what is drawn."""
    bottom: Figure = None
    """Where it stands in the figure, from 0 below to 1 above; None in what was noted before this was."""
    top: Figure = None


class Plot(Record, frozen=True):
    """One figure of Matplotlib's."""

    axes: list[Axes]
    """From the top down, from left to right; colour bars, and axes with nothing on them, left out."""
    title: Name = ""
    """Over all axes."""
    x_label: Name = ""
    y_label: Name = ""
    legend: list[Name] = []
    """Of all axes together."""


class Plots(Record, tag="plots", frozen=True):
    """What was plotted, figure by figure."""

    figures: list[Plot]
