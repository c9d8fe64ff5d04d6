"""Inside a room: one figure of Matplotlib's as plain data, by what it shows and not by how it was drawn."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator
from typing import Any

import msgspec
import numpy as np

from autograder.wire import codec
from autograder.wire.messages import Array, Axes, Mark, Plot

NAME_CHARS = 500
AXES, MARKS, TEXTS = 256, 4000, 2000
"""Of one figure; of one pair of axes; of the texts among what is drawn there."""
NO_LINE = ("None", "none", " ", "")
NO_LEGEND = "_"
"""How Matplotlib begins the labels that no legend shows."""


class TooMuch(Exception):
    """More is drawn than is examined."""


class _Reader:
    """Reads one figure: its arrays' bytes go into `blobs`."""

    def __init__(self, blobs: list[bytes], most_bytes: int) -> None:
        self._blobs = blobs
        self._left = most_bytes

    def axes(self, axes: Any) -> Axes:
        handles = _handles(axes)
        parts = (self._lines, self._dots, self._bars, self._images)
        marks = [mark for part in parts for mark in part(axes, handles) if mark.y or mark.values]
        if len(marks) > MARKS:
            raise TooMuch(f"over {MARKS} curves, points or bars on one pair of axes")
        legend = axes.get_legend()
        return Axes(
            marks,
            _text(" ".join(filter(None, (axes.get_title(loc=side) for side in ("left", "center", "right"))))),
            _text(axes.get_xlabel()),
            _text(axes.get_ylabel()),
            _limits(axes.get_xlim()),
            _limits(axes.get_ylim()),
            _text(axes.get_xscale()),
            _text(axes.get_yscale()),
            _names(axes.xaxis),
            _names(axes.yaxis),
            None if legend is None else [_text(one.get_text()) for one in legend.get_texts()],
            [_text(one.get_text()) for one in axes.texts[:TEXTS] if one.get_text()],
            *(round(float(edge), 3) for edge in axes.get_position(original=True).intervaly),
        )

    def _lines(self, axes: Any, handles: list[tuple[str, Any]]) -> Iterator[Mark]:
        """Curves; those without a line between their points are points. Lines across the axes show no data."""
        bounds = {part: box for box in axes.containers if type(box).__name__ == "ErrorbarContainer" for part in box[1]}
        owners = {box[0]: box for box in axes.containers if type(box).__name__ == "ErrorbarContainer"}
        for line in axes.lines:
            if line in bounds or line.get_transform() != axes.transData or not len(line.get_xdata(orig=False)):
                continue
            style, marker = str(line.get_linestyle()), str(line.get_marker())
            if (style in NO_LINE and marker in NO_LINE) or _is_whisker(line, axes):
                continue
            x, y = (self._array(values) for values in (line.get_xdata(orig=False), line.get_ydata(orig=False)))
            label = _label(owners.get(line, line), handles, line.get_color())
            yield Mark("points" if style in NO_LINE else "line", label, x, y, style=style)

    def _dots(self, axes: Any, handles: list[tuple[str, Any]]) -> Iterator[Mark]:
        for one in axes.collections:
            if _is(one, "PathCollection") and len(one.get_offsets()):
                places: Any = np.ma.filled(np.ma.asarray(one.get_offsets(), float), np.nan)
                colours = one.get_facecolor()
                label = _label(one, handles, colours[0] if len(colours) == 1 else None)
                coloured = None if one.get_array() is None else self._array(one.get_array())
                yield Mark("points", label, self._array(places[:, 0]), self._array(places[:, 1]), coloured)

    def _bars(self, axes: Any, handles: list[tuple[str, Any]]) -> Iterator[Mark]:
        for box in axes.containers:
            if type(box).__name__ == "BarContainer" and len(box.patches):
                lies = box.orientation == "horizontal"
                label = _label(box, handles, box.patches[0].get_facecolor())
                yield self._row(label, [_middle_and_length(bar, lies) for bar in box.patches], lies)
        for one in axes.patches:
            if _is(one, "StepPatch"):
                heights, edges, _ = one.get_data()
                middles = (np.asarray(edges[1:], float) + np.asarray(edges[:-1], float)) / 2
                yield self._row(_label(one, handles, None), list(zip(middles, heights, strict=True)), False)
            elif type(one).__name__ == "Polygon" and (steps := _steps(one.get_xy())):
                yield self._row(_label(one, handles, one.get_edgecolor()), steps, False)
        shares = [(one.theta2 - one.theta1) / 360 for one in axes.patches if _is(one, "Wedge")]
        if shares:
            yield Mark("wedges", y=self._array(shares))

    def _row(self, label: str, bars: list[tuple[float, float]], lies: bool) -> Mark:
        middles, lengths = zip(*bars, strict=True)
        return Mark("bars", label, self._array(middles), self._array(lengths), style="horizontal" if lies else "")

    def _images(self, axes: Any, handles: list[tuple[str, Any]]) -> Iterator[Mark]:
        for one in (*axes.images, *axes.collections):
            mesh = _is(one, "QuadMesh") or _is(one, "PolyQuadMesh")
            if (mesh or one in axes.images) and one.get_array() is not None:
                values = self._array(one.get_array())
                low, high = _limits(one.get_clim())
                yield Mark("image", values=values, style=_text(one.get_cmap().name), limits=(low, high))

    def _array(self, values: Any) -> Array | None:
        """The record of numbers, those that are masked as NaN; None for what is none."""
        values = np.ma.asarray(values)
        if np.ma.is_masked(values):
            values = values.astype(float).filled(np.nan)
        array = np.asarray(values)
        if array.dtype.kind not in codec.NUMERIC_KINDS:
            return None
        self._left -= array.nbytes
        if self._left < 0:
            raise TooMuch(f"figures of over {array.nbytes} bytes")
        return codec.array_record(array, self._blobs)


def is_figure(value: object) -> bool:
    """Whether it is a figure of Matplotlib's, or axes of one."""
    return _is(value, "Figure") or _is(value, "Axes") or _is(getattr(value, "figure", None), "Figure")


def figure_of(value: Any) -> Any:
    """Return the figure that something returned by a plotting function is, or lies on; None where there is none."""
    if isinstance(value, list | tuple | np.ndarray) and len(value):
        return next((found for one in np.ravel(np.array(value, object)) if (found := figure_of(one)) is not None), None)
    if not is_figure(value):
        return None
    figure = value if _is(value, "Figure") else value.figure
    return getattr(figure, "get_figure", lambda root: figure)(root=True) if _is(figure, "SubFigure") else figure


def read_figure(figure: Any, blobs: list[bytes], most_bytes: int) -> Plot:
    """Return the record of a figure. Raise TooMuch over a limit; whatever a student's own artists raise passes."""
    reader = _Reader(blobs, most_bytes)
    shown = sorted((axes for axes in figure.axes if _holds_something(axes)), key=_as_read)
    if len(shown) > AXES:
        raise TooMuch(f"a figure of {len(shown)} pairs of axes")
    parts = [figure, *getattr(figure, "subfigs", [])]
    titles, x_labels, y_labels = (
        " ".join(filter(None, (_over_all(part, name) for part in parts)))
        for name in ("_suptitle", "_supxlabel", "_supylabel")
    )
    legend = [_text(one.get_text()) for legend in figure.legends for one in legend.get_texts()]
    return Plot([reader.axes(axes) for axes in shown], _text(titles), _text(x_labels), _text(y_labels), legend)


def moved(plot: Plot, first: int) -> Plot:
    """Return a figure with its arrays' bytes counted from `first`."""

    def placed(array: Array | None) -> Array | None:
        return None if array is None else msgspec.structs.replace(array, blob=first + array.blob)

    def with_arrays(mark: Mark) -> Mark:
        return msgspec.structs.replace(mark, x=placed(mark.x), y=placed(mark.y), values=placed(mark.values))

    axes = [msgspec.structs.replace(one, marks=[with_arrays(mark) for mark in one.marks]) for one in plot.axes]
    return msgspec.structs.replace(plot, axes=axes)


def _over_all(figure: Any, name: str) -> str:
    text = getattr(figure, name, None)
    return "" if text is None else str(text.get_text())


def _as_read(axes: Any) -> tuple[float, float]:
    """From the top down, from left to right: whatever order they were made in."""
    box = axes.get_position(original=True)
    return -round(box.y1, 2), round(box.x0, 2)


def _holds_something(axes: Any) -> bool:
    if axes.get_label() == "<colorbar>" or hasattr(axes, "_colorbar"):
        return False
    return any(len(part) for part in (axes.lines, axes.collections, axes.patches, axes.images, axes.texts, axes.tables))


def _is(value: object, name: str) -> bool:
    """Whether it is an object of a class of Matplotlib's, or of one made of it."""
    return any(one.__name__ == name and one.__module__.startswith("matplotlib.") for one in type(value).__mro__)


def _handles(axes: Any) -> list[tuple[str, Any]]:
    """What the legend shows, or the figure's own: each text with the artist before it."""
    legend = axes.get_legend() or next(iter(axes.figure.legends), None)
    if legend is None:
        return []
    shown = getattr(legend, "legend_handles", None) or getattr(legend, "legendHandles", [])
    return [(text.get_text(), handle) for text, handle in zip(legend.get_texts(), shown, strict=False)]


def _label(artist: Any, handles: list[tuple[str, Any]], colour: Any) -> str:
    """Return an artist's label; where it has none of its own, the legend's text beside its colour."""
    label = str(artist.get_label() or "")
    if label and not label.startswith(NO_LEGEND):
        return _text(label)
    if colour is None:
        return ""
    found = [text for text, handle in handles if _same_colour(_colour_of(handle), colour)]
    return _text(found[0]) if len(found) == 1 else ""


def _colour_of(handle: Any) -> Any:
    for name in ("get_color", "get_facecolor"):
        if hasattr(handle, name):
            return getattr(handle, name)()
    return None


def _same_colour(one: Any, other: Any) -> bool:
    colours = sys.modules["matplotlib.colors"]
    try:
        given, wanted = (colours.to_rgba_array(colour)[0] for colour in (one, other))
    except (ValueError, TypeError, IndexError):
        return False
    return bool(np.allclose(given[:3], wanted[:3]))


def _is_whisker(line: Any, axes: Any) -> bool:
    """Whether it is the mark of an error on a bar, as seaborn draws it."""
    bars = any(type(box).__name__ == "BarContainer" for box in axes.containers)
    ends = (np.asarray(values, float) for values in (line.get_xdata(orig=False), line.get_ydata(orig=False)))
    return bars and any(len(one) == 2 and one[0] == one[1] for one in ends)


def _middle_and_length(bar: Any, lies: bool) -> tuple[float, float]:
    if lies:
        return bar.get_y() + bar.get_height() / 2, bar.get_width()
    return bar.get_x() + bar.get_width() / 2, bar.get_height()


def _steps(corners: Any) -> list[tuple[float, float]]:
    """The bars of the outline of a histogram: up, along, up or down, along; nothing for any other polygon."""
    x, y = np.asarray(corners, float).T
    end = int(np.argmax(x == x.max())) if len(x) else 0
    count = (end + 1) // 2
    if len(x) < 4 or x[0] != x[1] or end % 2 == 1 or not np.array_equal(x[2 : end + 1 : 2], x[3 : end + 2 : 2]):
        return []
    edges, heights = x[0 : end + 1 : 2], y[1 : 2 * count + 1 : 2]
    return list(zip((edges[1:] + edges[:-1]) / 2, heights[: len(edges) - 1], strict=True))


def _names(axis: Any) -> list[str]:
    """What stands at the ticks where somebody has named them: asked for otherwise, all ticks would be placed anew."""
    if type(axis.get_major_formatter()).__name__ not in ("FixedFormatter", "FuncFormatter", "StrCategoryFormatter"):
        return []
    return [_text(label.get_text()) for label in axis.get_ticklabels()[:AXES]]


def _limits(pair: Any) -> tuple[float | None, float | None]:
    low, high = (None if one is None or not math.isfinite(one) else float(one) for one in pair)
    return low, high


def _text(value: Any) -> str:
    return codec.plain_text(str(value))[:NAME_CHARS]
