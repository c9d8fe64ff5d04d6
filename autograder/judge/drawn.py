"""Asserts on what was plotted: how much of what, what is written beside it, and the values it shows."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import ArrayLike, NDArray

from autograder.judge.figures import Drawing, Drawn, count_of, counted, said_of_drawing
from autograder.judge.message import CheckFailed, Mismatch, Said
from autograder.judge.shown import array_text, cut, number, shown
from autograder.locale import Phrase, phrase, phrases

Count = int | tuple[int | None, int | None]
"""How many; or from and to how many, None for no bound."""
Written = bool | str | Sequence[str]
"""What has to be written somewhere: anything (True), or each of these texts, whatever else stands there."""
SHOWN = 4
_SAME_MAP = {
    **dict.fromkeys("grey gist_gray gist_grey binary_r gist_yarg_r gist_yerg_r".split(), "gray"),  # noqa: SIM905
    **dict.fromkeys("grey_r gist_gray_r gist_grey_r binary gist_yarg gist_yerg".split(), "gray_r"),  # noqa: SIM905
    "Grays": "Greys",
    "Grays_r": "Greys_r",
}
"""Names that Matplotlib has for one colour map."""


def assert_figure(
    given: Any,
    *,
    figures: Count | None = None,
    axes: Count | None = None,
    rows: Count | None = None,
    lines: Count | None = None,
    points: Count | None = None,
    bars: Count | None = None,
    images: Count | None = None,
    wedges: Count | None = None,
    title: Written = False,
    xlabel: Written = False,
    ylabel: Written = False,
    legend: Written = False,
) -> None:
    """Require of what was plotted what is said here: `assert_figure(curves, lines=2, legend=["train", "validation"])`.

    Counts are of all figures together, single points, bars and wedges; `(2, None)` is two or more. Axes with nothing on
    them, colour bars, and lines across the axes (`axhline`) are not counted. `rows=1`: axes stand side by side. `True`
    requires a text in each figure, a text or several that each stand in one of them, capitals and accents aside.
    """
    drawing = _drawing(given)
    wanted = {
        "figures": figures,
        "axes": axes,
        "rows": rows,
        "line": lines,
        "points": points,
        "bars": bars,
        "image": images,
        "wedges": wedges,
    }
    for kind, count in wanted.items():
        if count is not None:
            _require(_count_mismatch(drawing, kind, count))
    for part, written in (("title", title), ("xlabel", xlabel), ("ylabel", ylabel), ("legend", legend)):
        if written:
            _require(_writing_mismatch(drawing, part, written))


def assert_curve(
    given: Any, y: ArrayLike, x: ArrayLike | None = None, *, label: str = "", rtol: float = 1e-4, atol: float = 1e-6
) -> None:
    """Require a curve of these values among those plotted, joined by a line or not; with `label` in its own."""
    drawing = _drawing(given)
    curves = [*drawing.lines, *drawing.points]
    wanted = np.ravel(np.asarray(y, float))
    places = None if x is None else np.ravel(np.asarray(x, float))

    def difference(one: Drawn) -> Mismatch | None:
        return _values_mismatch(one, wanted, rtol, atol) or (
            None if places is None else _places_mismatch(one, places, rtol, atol)
        )

    expected = phrases("a curve of {n} point", "a curve of {n} points", len(wanted))
    right = _require_one(drawing, curves, difference, expected, wanted)
    if label and not any(_stands_in(label, one.label) for one in right):
        own = _quoted(right[0].label)
        received = phrase("the curve is called {label}", label=own) if own else phrase("the curve has no name")
        hint = phrase("`plt.plot(…, label=…)` names a curve, `plt.legend()` shows the names.")
        _require(Mismatch(received, _quoted(label), hint=hint))


def assert_bars(
    given: Any, lengths: ArrayLike, *, names: Sequence[Any] | None = None, rtol: float = 1e-4, atol: float = 1e-6
) -> None:
    """Require bars of these lengths, in order: of `bar`, `barh`, `hist`, drawn at once or one by one.

    `names` are what stands beside them, texts or numbers.
    """
    drawing = _drawing(given)
    wanted = np.ravel(np.asarray(lengths, float))
    sets = [*drawing.bars, *_joined(drawing)]
    expected = phrases("{n} bar", "{n} bars", len(wanted))
    right = _require_one(drawing, sets, lambda one: _values_mismatch(one, wanted, rtol, atol), expected, wanted)
    if names is not None and not any(_is_named(one, names) for one in right):
        found = right[0].names or [number(place) for place in right[0].x]
        _require(Mismatch(_several(found), _several([str(name) for name in names])))


def assert_points(given: Any, x: ArrayLike, y: ArrayLike, *, rtol: float = 1e-4, atol: float = 1e-6) -> None:
    """Require a cloud of these points, in any order; a class may have been drawn after the other, on the same axes."""
    drawing = _drawing(given)
    wanted = _sorted(np.ravel(np.asarray(x, float)), np.ravel(np.asarray(y, float)))

    def difference(one: Drawn) -> Mismatch | None:
        found = _sorted(np.asarray(one.x, float), np.asarray(one.y, float))
        if len(found) != len(wanted):
            return _size_mismatch(one, len(found))
        far = ~np.isclose(found, wanted, rtol=rtol, atol=atol, equal_nan=True).all(axis=1)
        return _far_mismatch(phrase("points"), found, wanted, far) if far.any() else None

    expected = phrases("{n} point", "{n} points", len(wanted))
    clouds = [*drawing.points, *drawing.lines, *_clouds(drawing)]
    _require_one(drawing, clouds, difference, expected, wanted[:, 1])


def assert_image(given: Any, image: ArrayLike, *, scaled: bool = True, cmap: str = "") -> None:
    """Require an image of these values among those shown, an axis of size 1 aside.

    `scaled`: brighter or darker as a whole, in bytes or from 0 to 1, is the same image, as it is to whoever looks at
    it. `cmap` is the colour map's name.
    """
    assert_images(given, [image], scaled=scaled, cmap=cmap)


def assert_images(given: Any, images: Sequence[ArrayLike], *, scaled: bool = True, cmap: str = "") -> None:
    """Require these images among those shown, in this order; as for `assert_image`."""
    drawing = _drawing(given)
    left = list(drawing.images)
    for place, image in enumerate(images, start=1):
        wanted = np.squeeze(np.asarray(image, float))
        before, found = list(left), None
        while left and found is None:
            one = left.pop(0)
            found = one if _is_image(one, wanted, scaled) else None
        if found is None:
            _require(_image_mismatch(drawing, before or list(drawing.images), wanted, place, len(images), scaled))
        elif cmap and _SAME_MAP.get(found.style, found.style) != _SAME_MAP.get(cmap, cmap) and wanted.ndim == 2:
            _require(Mismatch(phrase("colour map {name}", name=found.style), phrase("colour map {name}", name=cmap)))


# --- Counts and texts -------------------------------------------------------------------------------------------------


def _drawing(given: Any) -> Drawing:
    if not isinstance(given, Drawing):
        raise CheckFailed(Mismatch(shown(given), phrase("a figure")))
    if not given:
        hint = phrase("the answer's own cell, or function, has to draw it.")
        raise CheckFailed(Mismatch(phrase("nothing plotted"), phrase("a figure"), hint=hint))
    return given


def _require(mismatch: Mismatch | None) -> None:
    if mismatch is not None:
        raise CheckFailed(mismatch)


def _count_mismatch(drawing: Drawing, kind: str, wanted: Count) -> Mismatch | None:
    if kind == "rows" and any(one.rows is None for one in drawing.figures):
        pytest.skip("evidence of before it was noted where axes stand: grade again")
    found = count_of(drawing, kind)
    low, high = (wanted, wanted) if isinstance(wanted, int) else wanted
    if (low is None or found >= low) and (high is None or found <= high):
        return None
    bound = low if low is not None and found < low else high
    assert bound is not None
    due = counted(kind, bound)
    if low != high:
        due = phrase("{count} at least", count=due) if bound == low else phrase("{count} at most", count=due)
    hint = SIDE_BY_SIDE if kind == "rows" else None
    return Mismatch(counted(kind, found) if found else said_of_drawing(drawing), due, hint=hint)


SIDE_BY_SIDE = phrase("`plt.subplots(1, 2)` puts two side by side, `plt.subplots(2, 1)` one below the other.")


def _writing_mismatch(drawing: Drawing, part: str, wanted: Written) -> Mismatch | None:
    texts = [_written(figure, part) for figure in drawing.figures]
    if wanted is True:
        bare = next((place for place, found in enumerate(texts, start=1) if not found), None)
        if bare is None:
            return None
        place = None if len(texts) == 1 else phrase("figure {n}", n=bare)
        return Mismatch(_lacking(part), place=place, hint=_how(part))
    every = [text for found in texts for text in found]
    asked = [wanted] if isinstance(wanted, str) else list(wanted) if not isinstance(wanted, bool) else []
    lacking = [text for text in asked if not any(_stands_in(text, one) for one in every)]
    if not lacking:
        return None
    return Mismatch(_several(every) if every else _lacking(part), _several(lacking), hint=None if every else _how(part))


def _written(figure: Any, part: str) -> Sequence[str]:
    names = {"title": "titles", "xlabel": "xlabels", "ylabel": "ylabels", "legend": "legend"}
    found: Sequence[str] = getattr(figure, names[part])
    return found


def _lacking(part: str) -> Said:
    return {
        "title": phrase("a figure without a title"),
        "xlabel": phrase("a figure whose horizontal axis has no name"),
        "ylabel": phrase("a figure whose vertical axis has no name"),
        "legend": phrase("a figure without a legend"),
    }[part]


def _how(part: str) -> Said:
    return {
        "title": phrase("`plt.title(…)` gives a title."),
        "xlabel": phrase("`plt.xlabel(…)` says what is along the axis."),
        "ylabel": phrase("`plt.ylabel(…)` says what is along the axis."),
        "legend": phrase("`plt.plot(…, label=…)` names a curve, `plt.legend()` shows the names."),
    }[part]


def _stands_in(text: str, whole: str) -> bool:
    return _bare(text) in _bare(whole)


def _bare(text: str) -> str:
    """A text without capitals, accents and spaces."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(one for one in apart if not unicodedata.combining(one) and not one.isspace())


def _quoted(text: str) -> str:
    return f"« {cut(text, 40)} »" if text else ""


def _several(texts: Sequence[str]) -> str:
    return ", ".join(cut(text, 40) for text in texts[:12]) + (", …" if len(texts) > 12 else "")


# --- Values -----------------------------------------------------------------------------------------------------------


def _require_one(
    drawing: Drawing,
    found: Sequence[Drawn],
    difference: Callable[[Drawn], Mismatch | None],
    expected: Said,
    wanted: NDArray[Any],
) -> list[Drawn]:
    """Return those that do not differ. Raise CheckFailed, for the nearest, where all do."""
    told = [(one, difference(one)) for one in found]
    right = [one for one, mismatch in told if mismatch is None]
    if right:
        return right
    of_its_size = [(one, mismatch) for one, mismatch in told if mismatch is not None and mismatch.place is not None]
    if of_its_size:
        raise CheckFailed(min(of_its_size, key=lambda pair: float(np.nansum(np.abs(pair[0].y - wanted))))[1])
    sizes: list[Said] = [mismatch.received for _, mismatch in told if mismatch is not None and mismatch.received]
    received: Said = Phrase("{parts}", {"parts": sizes[:SHOWN]}) if sizes else said_of_drawing(drawing)
    raise CheckFailed(Mismatch(received, expected))


def _values_mismatch(one: Drawn, wanted: NDArray[Any], rtol: float, atol: float) -> Mismatch | None:
    if one.y is None or len(one.y) != len(wanted):
        return _size_mismatch(one, 0 if one.y is None else len(one.y))
    found = np.asarray(one.y, float)
    far = ~np.isclose(found, wanted, rtol=rtol, atol=atol, equal_nan=True)
    return _far_mismatch(_named(one), found, wanted, far) if far.any() else None


def _places_mismatch(one: Drawn, wanted: NDArray[Any], rtol: float, atol: float) -> Mismatch | None:
    found = np.asarray(one.x, float)
    far = ~np.isclose(found, wanted, rtol=rtol, atol=atol, equal_nan=True)
    return _far_mismatch(phrase("{what}, horizontally", what=_named(one)), found, wanted, far) if far.any() else None


def _size_mismatch(one: Drawn, size: int) -> Mismatch:
    kind = {"line": "points"}.get(one.kind, one.kind)
    return Mismatch(phrase("{what}: {size}", what=_named(one), size=counted(kind, size)))


def _far_mismatch(what: Said, found: NDArray[Any], wanted: NDArray[Any], far: NDArray[Any]) -> Mismatch:
    at = int(np.argmax(far))
    given, due = (_plain(values[at]) for values in (found, wanted))
    same = np.array_equal(np.sort(found, axis=0), np.sort(wanted, axis=0))
    hint = phrase("the values are those expected, in another order.") if same else None
    return Mismatch(given, due, place=phrase("{what}, number {n}", what=what, n=at + 1), hint=hint)


def _plain(value: Any) -> str:
    return f"({', '.join(number(one) for one in value)})" if np.ndim(value) else number(value)


def _named(one: Drawn) -> Said:
    words = {"line": phrase("curve"), "points": phrase("points"), "bars": phrase("bars")}
    return phrase("{what} {label}", what=words[one.kind], label=_quoted(one.label)) if one.label else words[one.kind]


def _joined(drawing: Drawing) -> Iterator[Drawn]:
    """All bars of one pair of axes as one set, by where they stand: each may have been drawn by itself."""
    for axes in drawing.axes:
        bars = [one for one in axes.drawn if one.kind == "bars"]
        if len(bars) > 1 and len({one.style for one in bars}) == 1:
            x, y = (np.concatenate([getattr(one, part) for one in bars]) for part in ("x", "y"))
            order = np.argsort(x, kind="stable")
            names = axes.yticks if bars[0].style == "horizontal" else axes.xticks
            yield replace(bars[0], label="", x=x[order], y=y[order], names=names if len(names) == len(x) else ())


def _clouds(drawing: Drawing) -> Iterator[Drawn]:
    """All points of one pair of axes as one cloud: each class may have been drawn by itself."""
    for axes in drawing.axes:
        points = [one for one in axes.drawn if one.kind == "points"]
        if len(points) > 1:
            x, y = (np.concatenate([getattr(one, part) for one in points]) for part in ("x", "y"))
            yield replace(points[0], label="", x=x, y=y, values=None)


def _is_named(one: Drawn, names: Sequence[Any]) -> bool:
    if one.names:
        return len(one.names) == len(names) and all(map(_stands_in, map(str, names), one.names))
    numeric = all(isinstance(name, int | float | np.number) for name in names)
    return numeric and len(names) == len(one.x) and bool(np.allclose(np.asarray(names, float), one.x))


def _sorted(x: NDArray[Any], y: NDArray[Any]) -> NDArray[Any]:
    return np.stack([x, y], axis=1)[np.lexsort((y, x))]


# --- Images -----------------------------------------------------------------------------------------------------------


def _is_image(one: Drawn, wanted: NDArray[Any], scaled: bool) -> bool:
    found = np.squeeze(np.asarray(one.values, float))
    if found.shape != wanted.shape:
        return False
    if scaled:
        found, wanted = _stretched(found), _stretched(wanted)
    return bool(np.allclose(found, wanted, rtol=1e-3, atol=1e-3 if scaled else 1e-6, equal_nan=True))


def _stretched(image: NDArray[Any]) -> NDArray[Any]:
    """An image from 0 to 1: what `imshow` makes of any of one channel."""
    low, high = (np.nanmin(image), np.nanmax(image)) if np.isfinite(image).any() else (0.0, 0.0)
    return (image - low) / (high - low) if high > low else np.zeros_like(image)


def _image_mismatch(
    drawing: Drawing, found: Sequence[Drawn], wanted: NDArray[Any], place: int, count: int, scaled: bool
) -> Mismatch:
    if not found:
        return Mismatch(said_of_drawing(drawing), phrases("{n} image", "{n} images", count))
    sizes = list(dict.fromkeys(array_text(one.values) for one in found))
    received = phrase("{images}: {sizes}", images=counted("image", len(found)), sizes=_several(sizes))
    due = phrase("an image of shape {shape}", shape=str(wanted.shape))
    where = phrase("image {n} of those asked for", n=place) if count > 1 else None
    hint = None
    if any(_is_image(one, wanted.T, scaled) for one in found if wanted.ndim == 2):
        hint = phrase("its rows and its columns are exchanged.")
    elif any(_is_image(one, -wanted, scaled) for one in found):
        hint = phrase("it is the negative: dark and bright are exchanged.")
    elif any(np.squeeze(one.values).shape == wanted.shape for one in found):
        received, due = phrase("an image with other values"), phrase("the image asked for")
    return Mismatch(received, due, place=where, hint=hint)
