"""Inside a room: the figures that cells and functions draw, kept as data from the moment they are shown.

Matplotlib is not imported: a figure exists only where student code has imported it, or a library that draws by it.
"""

from __future__ import annotations

import contextlib
import sys
import weakref
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

from autograder.wire.messages import Fault, Plot, Plots
from autograder.worker.plots import TooMuch, moved, read_figure

CELL_FIGURES = 100
"""Held until a cell ends though it has closed them: each holds all that was drawn on it."""
KEPT_BYTES = 32 * 2**20
"""Of arrays, in all figures of a notebook: they lie in its own memory."""


class Takes(Protocol):
    """What takes arrays into an answer, within its limits."""

    def adopt(self, blobs: list[bytes], what: str) -> int:
        """Take bytes among those of the answer; return the place of the first. Raise TooLarge."""
        ...


@dataclass
class _Kept:
    """What one cell, or one call, has drawn."""

    cell: str = ""
    own: bool = False
    """Whether the cell is the student's own, beside those of the course."""
    figures: list[tuple[Plot, list[bytes]]] = field(default_factory=list)
    fault: Fault | None = None
    """Why the cell stopped."""
    too_much: str = ""
    """Why a figure of it is not among those kept."""


class Figures:
    """Those of the cells that ran, and of the one that runs."""

    def __init__(self) -> None:
        self._cells: list[_Kept] = []
        self._bytes = 0
        self._now: _Kept | None = None
        self._made: list[Any] = []
        self._places: weakref.WeakKeyDictionary[Any, int] = weakref.WeakKeyDictionary()

    def start(self, cell: str, *, own: bool) -> None:
        """A cell starts: it has drawn nothing."""
        self._begin(_Kept(cell, own))
        self._cells.append(self._current)

    def end(self) -> None:
        """What runs has ended: figures that it made and never showed are what it drew too."""
        for figure in self._made:
            if figure not in self._places:
                self.take(figure)
        self._made = []

    def fail(self, fault: Fault | None) -> None:
        """The cell stopped with this fault."""
        self._current.fault = fault

    def made(self, figure: Any) -> None:
        """A figure begins. It is held: once closed, nothing else may hold it."""
        if self._now is not None and len(self._made) < CELL_FIGURES:
            self._made.append(figure)

    def take(self, figure: Any) -> None:
        """Keep a figure as it is now, in place of what it was: it is shown. Never raises for what is on it."""
        if self._now is None:
            return
        blobs: list[bytes] = []
        try:
            plot = read_figure(figure, blobs, KEPT_BYTES - self._bytes)
        except TooMuch as error:
            self._now.too_much = str(error)
            return
        except Exception:  # a student's own artists raise whatever they happen to when they are asked what they show
            return
        if not plot.axes:
            return
        self._bytes += sum(map(len, blobs))
        place = self._places.setdefault(figure, len(self._now.figures))
        self._now.figures[place : place + 1] = [(plot, blobs)]

    @contextlib.contextmanager
    def watching(self) -> Iterator[_Kept]:
        """Gather what a call draws, and that alone."""
        kept, before = _Kept(), self._bytes
        close_figures()
        self._begin(kept)
        try:
            yield kept
            for figure in open_figures():
                self.take(figure)
            self.end()
        finally:
            self._now, self._bytes = None, before
            close_figures()

    def of_cell(self, cell: str, answer: Takes) -> Plots | Fault:
        """Return what an answer cell drew; where it drew nothing, the student's own cells right before and after it.

        A fault where it stopped before it drew anything. Raise TooMuch, or whatever `answer` raises.
        """
        places = [place for place, kept in enumerate(self._cells) if kept.cell == cell]
        if not places:
            return Fault(kind="missing", error=cell)
        own = [self._cells[place] for place in places]
        drawn = as_plots(own, answer)
        if not drawn.figures:
            drawn = as_plots(self._around(places[0]), answer)
        fault = next((kept.fault for kept in own if kept.fault), None)
        return fault if fault is not None and not drawn.figures else drawn

    def _around(self, place: int) -> list[_Kept]:
        first = last = place
        while first > 0 and self._cells[first - 1].own:
            first -= 1
        while last + 1 < len(self._cells) and self._cells[last + 1].own:
            last += 1
        return self._cells[first : last + 1]

    def _begin(self, kept: _Kept) -> None:
        self._now, self._made = kept, []
        self._places = weakref.WeakKeyDictionary()

    @property
    def _current(self) -> _Kept:
        assert self._now is not None
        return self._now


figures = Figures()


def open_figures() -> Iterator[Any]:
    """Yield pyplot's open figures, in order."""
    if pyplot := sys.modules.get("matplotlib.pyplot"):
        for number in pyplot.get_fignums():
            yield pyplot.figure(number)


def close_figures() -> None:
    """Close pyplot's figures: left open, one would take the next plot's curves."""
    if pyplot := sys.modules.get("matplotlib.pyplot"):
        pyplot.close("all")


def as_plots(drawn: list[_Kept], answer: Takes) -> Plots:
    """Return what was drawn as an artifact. Raise TooMuch where a figure could not be kept."""
    if problem := next((kept.too_much for kept in drawn if kept.too_much), ""):
        raise TooMuch(problem)
    return Plots([moved(plot, answer.adopt(blobs, "figures")) for kept in drawn for plot, blobs in kept.figures])
