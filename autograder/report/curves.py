"""What a drawing of learning curves shows: one line a training, epoch by epoch, and the bar. Numbers only."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from autograder.evidence import TrainingRun

WIDTH, HEIGHT, LEFT, BOTTOM, TOP, RIGHT = 420, 190, 44, 26, 10, 12
"""In SVG user units."""


@dataclass(frozen=True)
class Tick:
    """One number of an axis."""

    at: float
    text: str


@dataclass(frozen=True)
class ChartLine:
    """One training, or the bar."""

    points: str
    """As SVG's `polyline` has them; empty for a single epoch, which `dots` shows."""
    dots: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Chart:
    """Curves of one quantity."""

    name: str
    lines: tuple[ChartLine, ...]
    bar: float | None
    """y of the score to reach."""
    across: tuple[Tick, ...]
    up: tuple[Tick, ...]
    text: str
    """What it shows, for whoever cannot see it."""
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    bottom: int = HEIGHT - BOTTOM


def chart(runs: Sequence[TrainingRun], metric: str, bar: float | None) -> Chart | None:
    """Return the curves of a share, such as accuracy, over the epochs of `runs`; None where nothing was measured.

    What was measured on examples held back is drawn where the recipe holds some back, else the training's own.
    """
    held = any(f"val_{metric}" in epoch for run in runs for epoch in run.epochs)
    name = f"val_{metric}" if held else metric
    series = [[_finite(epoch.get(name)) for epoch in run.epochs] for run in runs]
    values = [value for one in series for value in one if value is not None]
    if not values:
        return None
    longest = max(map(len, series))
    lowest = math.floor(10 * min([*values, *([bar] if bar is not None else [])])) / 10
    lowest = min(lowest, 0.9)

    def x(epoch: int) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * (epoch / (longest - 1) if longest > 1 else 0.5)

    def y(value: float) -> float:
        return round(TOP + (HEIGHT - TOP - BOTTOM) * (1 - (value - lowest) / (1 - lowest)), 1)

    lines = []
    for one in series:
        dots = tuple((round(x(at), 1), y(value)) for at, value in enumerate(one) if value is not None)
        lines.append(ChartLine(" ".join(f"{a},{b}" for a, b in dots) if len(dots) > 1 else "", dots))
    step = max(1, math.ceil(longest / 8))
    ends = [next((value for value in reversed(one) if value is not None), None) for one in series]
    return Chart(
        name=name,
        lines=tuple(lines),
        bar=y(bar) if bar is not None else None,
        across=tuple(Tick(round(x(at), 1), str(at + 1)) for at in range(0, longest, step)),
        up=tuple(Tick(y(value), f"{100 * value:.0f} %") for value in _ticks(lowest)),
        text=", ".join(f"{100 * end:.1f} %" for end in ends if end is not None),
    )


def _ticks(lowest: float) -> list[float]:
    return [lowest + part * (1 - lowest) / 4 for part in range(5)]


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) and 0 <= value <= 1 else None
