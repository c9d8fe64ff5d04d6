"""The digits of nobody's hand that come with `reseau-dense`: `python -m tests.own_digits` draws them."""

from __future__ import annotations

from pathlib import Path

from PIL import Image, ImageDraw

FOLDER = Path(__file__).parent.parent / "source" / "reseau-dense"
Stroke = list[tuple[float, float]]
"""Corners, in parts of the side."""
FOUR: list[Stroke] = [[(0.40, 0.18), (0.30, 0.55), (0.72, 0.55)], [(0.62, 0.25), (0.60, 0.82)]]
SEVEN: list[Stroke] = [[(0.28, 0.22), (0.72, 0.22), (0.46, 0.82)], [(0.40, 0.52), (0.66, 0.50)]]


def drawn(strokes: list[Stroke], side: int, paper: str, ink: str, width: int) -> Image.Image:
    """Return a square image of strokes in ink on paper."""
    image = Image.new("RGB", (side, side), paper)
    for stroke in strokes:
        corners = [(x * side, y * side) for x, y in stroke]
        ImageDraw.Draw(image).line(corners, fill=ink, width=width, joint="curve")
    return image


def images() -> dict[str, Image.Image]:
    """Return the images by the name of their file."""
    return {
        "quatre.png": drawn(FOUR, 84, "#faf6eb", "#141e5a", 8),
        "sept.png": drawn(SEVEN, 56, "#f0f4fa", "#3c1419", 5),
    }


if __name__ == "__main__":
    for name, image in images().items():
        image.save(FOLDER / name, optimize=True)
