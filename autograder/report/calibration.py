"""The plot of a calibration: every score of the reference and of the typical mistakes, and the bar between them."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence

import matplotlib
from matplotlib.figure import Figure

REFERENCE, MISTAKE, BAR = "#1b6e3c", "#8a8a8a", "#b3261e"
ROW_INCHES, MARGIN_INCHES, WIDTH_INCHES = 0.32, 1.1, 8.0


def draw(title: str, scores: Mapping[str, Sequence[float]], bar: float) -> bytes:
    """Return an SVG: one row of points a network, the reference first, and the bar across. Scores are in [0, 1]."""
    with matplotlib.rc_context(
        {"svg.fonttype": "none", "svg.hashsalt": title, "font.size": 9, "text.parse_math": False}
    ):
        figure = Figure(figsize=(WIDTH_INCHES, MARGIN_INCHES + ROW_INCHES * len(scores)), layout="constrained")
        axes = figure.add_subplot()
        for row, (name, values) in enumerate(scores.items()):
            colour = REFERENCE if row == 0 else MISTAKE
            axes.plot([100 * value for value in values], [row] * len(values), "o", color=colour, alpha=0.6, label=name)
        axes.axvline(100 * bar, color=BAR, linewidth=1)
        axes.set_title(title, loc="left")
        axes.set_xlabel(f"% (bar: {100 * bar:.1f})")
        axes.set_yticks(range(len(scores)), list(scores))
        axes.set_ylim(len(scores) - 0.5, -0.5)
        axes.spines[["top", "right"]].set_visible(False)
        written = io.BytesIO()
        figure.savefig(written, format="svg", metadata={"Date": None})
    return written.getvalue()
