"""Pictures that a cell puts out, as a notebook would keep them: PNG alone, and only where somebody is to look at them.

This module is also Matplotlib's backend in rooms (`module://…`): figures without a window, which `show` shows and
closes as it does in a notebook. Whatever is collected here is a claim, as all a room says: the host checks it again.
"""

from __future__ import annotations

import base64
import io
from typing import Any

from autograder.wire.pictures import CELL_PICTURES, EXAM_BYTES, EXAM_PICTURES, PICTURE_BYTES, PNG_SIGNATURE
from autograder.worker.figures import close_figures, figures, open_figures


class Pictures:
    """Those of the cell that runs. Nothing is drawn where nobody asked for it."""

    def __init__(self) -> None:
        self.wanted = False
        self._taken: list[bytes] = []
        self._number = self._bytes = 0

    def start(self) -> None:
        """A cell starts: it has shown nothing."""
        self._taken = []

    def all(self) -> list[bytes]:
        return self._taken

    def show_figures(self) -> None:
        """Show the open figures and close them, as a notebook's inline backend does when asked, and after each cell."""
        try:
            for figure in open_figures():
                self.take(self.draw(figure))
        finally:
            close_figures()

    def draw(self, figure: Any) -> bytes | None:
        """Return a figure as PNG, at half its resolution where it would be too large; None where nothing is on it, or
        nobody is to look at it. What is on it is kept as data in any case.
        """
        figures.take(figure)
        if not self._has_room() or not (figure.axes or figure.lines or figure.images or figure.texts):
            return None
        for scale in (1.0, 0.5):
            file = io.BytesIO()
            try:
                figure.savefig(file, format="png", dpi=figure.dpi * scale, bbox_inches="tight")
            except Exception:  # Matplotlib raises whatever its text, its transforms or the student's artists happen to
                return None
            if file.tell() <= PICTURE_BYTES:
                return file.getvalue()
        return None

    def take(self, png: object) -> None:
        """Keep a picture: bytes, or their text in base 64 as IPython has them."""
        if isinstance(png, str) and len(png) <= 2 * PICTURE_BYTES:
            try:
                png = base64.b64decode(png)
            except ValueError:
                return
        if not isinstance(png, bytes) or not png.startswith(PNG_SIGNATURE) or len(png) > PICTURE_BYTES:
            return
        if self._has_room() and self._bytes + len(png) <= EXAM_BYTES:
            self._taken.append(png)
            self._number += 1
            self._bytes += len(png)

    def _has_room(self) -> bool:
        return self.wanted and len(self._taken) < CELL_PICTURES and self._number < EXAM_PICTURES


pictures = Pictures()


def show(*_: object, **__: object) -> None:
    """Matplotlib's `show`: show the open figures, in order, and close them."""
    pictures.show_figures()


def __getattr__(name: str) -> Any:
    """Matplotlib's `FigureCanvas`, once it asks for it: rooms of notebooks that plot nothing do without the library."""
    if name != "FigureCanvas":
        raise AttributeError(name)
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    class FigureCanvas(FigureCanvasAgg):
        """Says of each figure that it begins: one that is closed before it is shown was drawn all the same."""

        def __init__(self, figure: Any = None) -> None:
            super().__init__(figure)
            figures.made(self.figure)

    globals()[name] = FigureCanvas  # Matplotlib looks at the module's variables too
    return FigureCanvas
