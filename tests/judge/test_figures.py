"""What is said of figures that show something else: whole messages, in both languages, and what is hidden."""

from __future__ import annotations

from collections.abc import Callable
from inspect import cleandoc
from typing import Any

import numpy as np
import pytest

from autograder.asserts import (
    assert_bars,
    assert_curve,
    assert_equal,
    assert_figure,
    assert_image,
    assert_images,
    assert_points,
)
from autograder.judge.figures import Drawing, drawing
from autograder.judge.message import CheckFailed, compose
from autograder.wire import codec
from autograder.wire.messages import Axes, Mark, Plot, Plots

BLOBS: list[bytes] = []


def _array(values: Any) -> Any:
    return codec.array_record(np.asarray(values), BLOBS)


def _mark(kind: Any, y: Any, label: str = "", x: Any = None, style: str = "") -> Mark:
    return Mark(kind, label, _array(np.arange(len(y)) if x is None else x), _array(y), style=style)


def _image(values: Any, style: str = "gray") -> Mark:
    return Mark("image", values=_array(values), style=style)


def _drawing(*marks: Mark, **axes: Any) -> Drawing:
    return drawing(Plots([Plot([Axes(list(marks), **axes)])]), BLOBS)


CURVES = _drawing(
    _mark("line", [3.0, 2.0, 1.0], "Entraînement"),
    _mark("line", [3.0, 2.5, 2.0], "Validation"),
    title="Perte",
    legend=["Entraînement", "Validation"],
)
BARS = _drawing(_mark("bars", [4, 7]), _mark("bars", [1], x=[2]), x_names=["bottine", "robe", "sac"])
CLOUD = _drawing(_mark("points", [1.0, 2.0, 3.0]))
CLASSES = _drawing(_mark("points", [1.0, 2.0, 3.0], "cat"), _mark("points", [8.0, 9.0], "dog"))
SLOPE = np.arange(6.0).reshape(2, 3)
IMAGES = _drawing(_image(SLOPE * 40), _image(-SLOPE), _image(SLOPE.T))


def _rows(*edges: tuple[float | None, float | None]) -> Drawing:
    """One figure with axes of these edges, from below."""
    axes = [Axes([_image(SLOPE)], bottom=bottom, top=top) for bottom, top in edges]
    return drawing(Plots([Plot(axes)]), BLOBS)


SIDE_BY_SIDE = _rows((0.1, 0.9), (0.12, 0.88))
STACKED = _rows((0.55, 0.9), (0.1, 0.45))
TWO = Drawing((*CURVES.figures, *CLOUD.figures))

RIGHT: list[Callable[[], None]] = [
    lambda: assert_figure(CURVES, lines=2, axes=1, figures=1, images=0, title="perte", legend=["ENTRAINEMENT"]),
    lambda: assert_figure(TWO, lines=(1, None), points=3, figures=(None, 2)),
    lambda: assert_figure(SIDE_BY_SIDE, rows=1),
    lambda: assert_figure(STACKED, rows=2),
    lambda: assert_figure(_rows((0.1, 0.9), (0.55, 0.9), (0.1, 0.45)), rows=(1, 2)),
    lambda: assert_curve(CURVES, [3, 2.5, 2], x=[0, 1, 2], label="valid"),
    lambda: assert_curve(CLOUD, [1, 2, 3]),
    lambda: assert_bars(BARS, [4, 7]),
    lambda: assert_bars(BARS, [4, 7, 1], names=["Bottine", "Robe", "Sac"]),
    lambda: assert_bars(_drawing(_mark("bars", [4, 7], x=[3, 5])), [4, 7], names=[3, 5]),
    lambda: assert_points(CLOUD, [2, 0, 1], [3, 1, 2]),
    lambda: assert_points(CLASSES, [2, 0, 1, 0, 1], [3, 1, 2, 8, 9]),
    lambda: assert_image(IMAGES, SLOPE.astype("uint8")[..., None], cmap="gray"),
    lambda: assert_images(IMAGES, [SLOPE, SLOPE.T]),
    lambda: assert_image(_drawing(_image(SLOPE, "grey")), SLOPE, cmap="gray"),
    lambda: assert_image(_drawing(_image(SLOPE, "gray")), SLOPE, cmap="gist_grey"),
    lambda: assert_images(IMAGES, [40 * SLOPE, -SLOPE], scaled=False),
]

GOLDEN: dict[str, tuple[Callable[[], None], str, str, str]] = {
    "nothing": (
        lambda: assert_curve(Drawing(()), [1]),
        """
        received  nothing plotted
        expected  a figure
        hint      the answer's own cell, or function, has to draw it.
        """,
        """
        reçu     rien n'est tracé
        attendu  une figure
        piste    c'est la cellule de la réponse, ou la fonction demandée, qui doit la tracer.
        """,
        "received  nothing plotted\nhint      the answer's own cell, or function, has to draw it.",
    ),
    "no figure": (
        lambda: assert_figure(np.zeros(2), lines=1),
        "received  float64[2]\nexpected  a figure",
        "reçu     float64[2]\nattendu  une figure",
        "received  float64[2]",
    ),
    "how many": (
        lambda: assert_figure(CURVES, lines=(3, None)),
        "received  2 curves\nexpected  3 curves at least",
        "reçu     2 courbes\nattendu  au moins 3 courbes",
        "received  2 curves",
    ),
    "another kind": (
        lambda: assert_figure(CLOUD, images=1),
        "received  3 points\nexpected  1 image",
        "reçu     3 points\nattendu  1 image",
        "received  3 points",
    ),
    "no title": (
        lambda: assert_figure(TWO, title=True),
        """
        received  a figure without a title
        where     figure 2
        hint      `plt.title(…)` gives a title.
        """,
        """
        reçu   une figure sans titre
        où     figure 2
        piste  `plt.title(…)` donne un titre.
        """,
        """
        received  a figure without a title
        where     figure 2
        hint      `plt.title(…)` gives a title.
        """,
    ),
    "a legend": (
        lambda: assert_figure(CURVES, legend=["test"]),
        "received  Entraînement, Validation\nexpected  test",
        "reçu     Entraînement, Validation\nattendu  test",
        "received  Entraînement, Validation",
    ),
    "a value": (
        lambda: assert_curve(CURVES, [3, 2.5, 2.25]),
        "received  2\nexpected  2.25\nwhere     curve « Validation », number 3",
        "reçu     2\nattendu  2.25\noù       courbe « Validation », nº 3",
        "received  2\nwhere     curve « Validation », number 3",
    ),
    "in reverse": (
        lambda: assert_curve(_drawing(_mark("line", [3, 2, 1], "Entraînement")), [1, 2, 3]),
        """
        received  3
        expected  1
        where     curve « Entraînement », number 1
        hint      the values are those expected, in another order.
        """,
        """
        reçu     3
        attendu  1
        où       courbe « Entraînement », nº 1
        piste    ce sont les valeurs attendues, dans un autre ordre.
        """,
        """
        received  3
        where     curve « Entraînement », number 1
        hint      the values are those expected, in another order.
        """,
    ),
    "a length": (
        lambda: assert_curve(CURVES, [3, 2]),
        """
        received  curve « Entraînement »: 3 points · curve « Validation »: 3 points
        expected  a curve of 2 points
        """,
        """
        reçu     courbe « Entraînement » : 3 points · courbe « Validation » : 3 points
        attendu  une courbe de 2 points
        """,
        "received  curve « Entraînement »: 3 points · curve « Validation »: 3 points",
    ),
    "names of bars": (
        lambda: assert_bars(BARS, [4, 7, 1], names=["robe", "bottine", "sac"]),
        "received  bottine, robe, sac\nexpected  robe, bottine, sac",
        "reçu     bottine, robe, sac\nattendu  robe, bottine, sac",
        "received  bottine, robe, sac",
    ),
    "a point": (
        lambda: assert_points(CLOUD, [0, 1, 2], [1, 2, 4]),
        "received  (2, 3)\nexpected  (2, 4)\nwhere     points, number 3",
        "reçu     (2, 3)\nattendu  (2, 4)\noù       points, nº 3",
        "received  (2, 3)\nwhere     points, number 3",
    ),
    "an image of another size": (
        lambda: assert_image(IMAGES, np.zeros((4, 4))),
        "received  3 images: float64[2, 3], float64[3, 2]\nexpected  an image of shape (4, 4)",
        "reçu     3 images : float64[2, 3], float64[3, 2]\nattendu  une image de forme (4, 4)",
        "received  3 images: float64[2, 3], float64[3, 2]",
    ),
    "exchanged axes": (
        lambda: assert_image(_drawing(_image(SLOPE)), SLOPE.T),
        """
        received  1 image: float64[2, 3]
        expected  an image of shape (3, 2)
        hint      its rows and its columns are exchanged.
        """,
        """
        reçu     1 image : float64[2, 3]
        attendu  une image de forme (3, 2)
        piste    ses lignes et ses colonnes sont échangées.
        """,
        "received  1 image: float64[2, 3]\nhint      its rows and its columns are exchanged.",
    ),
    "order of images": (
        lambda: assert_images(IMAGES, [-SLOPE, SLOPE]),
        """
        received  1 image: float64[3, 2]
        expected  an image of shape (2, 3)
        where     image 2 of those asked for
        hint      its rows and its columns are exchanged.
        """,
        """
        reçu     1 image : float64[3, 2]
        attendu  une image de forme (2, 3)
        où       image nº 2 de celles demandées
        piste    ses lignes et ses colonnes sont échangées.
        """,
        """
        received  1 image: float64[3, 2]
        where     image 2 of those asked for
        hint      its rows and its columns are exchanged.
        """,
    ),
    "one below the other": (
        lambda: assert_figure(STACKED, rows=1),
        """
        received  2 rows of axes
        expected  1 row of axes
        hint      `plt.subplots(1, 2)` puts two side by side, `plt.subplots(2, 1)` one below the other.
        """,
        """
        reçu     2 rangées de graphiques
        attendu  1 rangée de graphiques
        piste    `plt.subplots(1, 2)` en met deux côte à côte, `plt.subplots(2, 1)` l'un sous l'autre.
        """,
        """
        received  2 rows of axes
        hint      `plt.subplots(1, 2)` puts two side by side, `plt.subplots(2, 1)` one below the other.
        """,
    ),
    "other values": (
        lambda: assert_image(_drawing(_image(SLOPE)), SLOPE**2),
        "received  an image with other values\nexpected  the image asked for",
        "reçu     une image avec d'autres valeurs\nattendu  l'image demandée",
        "received  an image with other values",
    ),
    "colours": (
        lambda: assert_image(IMAGES, SLOPE, cmap="viridis"),
        "received  colour map gray\nexpected  colour map viridis",
        "reçu     palette de couleurs gray\nattendu  palette de couleurs viridis",
        "received  colour map gray",
    ),
    "compared as a number": (
        lambda: assert_equal(CURVES, 3),
        "received  2 curves\nexpected  3",
        "reçu     2 courbes\nattendu  3",
        "received  2 curves",
    ),
}


@pytest.mark.parametrize("check", RIGHT)
def test_what_is_shown_is_found(check: Callable[[], None]) -> None:
    check()


@pytest.mark.parametrize(("check", "english", "french", "hidden"), GOLDEN.values(), ids=GOLDEN)
def test_what_differs_is_said(check: Callable[[], None], english: str, french: str, hidden: str) -> None:
    with pytest.raises(CheckFailed) as caught:
        check()
    mismatch = caught.value.mismatch
    said = [compose(mismatch, language, hidden=False).replace("\N{NO-BREAK SPACE}", " ") for language in ("en", "fr")]
    assert said == [cleandoc(english), cleandoc(french)]
    assert compose(mismatch, "en", hidden=True) == cleandoc(hidden)


def test_of_evidence_that_does_not_say_where_axes_stand_nothing_is_said() -> None:
    with pytest.raises(pytest.skip.Exception, match="grade again"):
        assert_figure(_rows((0.1, 0.9), (None, None)), rows=1)


def test_arrays_that_do_not_fit_each_other_are_refused() -> None:
    forged = Mark("line", x=_array([1, 2]), y=_array([1, 2, 3]))
    for mark in (forged, Mark("image"), Mark("bars", y=_array([[1]]))):
        with pytest.raises(codec.WireError):
            _drawing(mark)


def test_what_is_written_is_read_as_one_text() -> None:
    assert {"Perte", "Validation"} <= set(CURVES.texts)
    assert [len(CURVES), len(TWO), bool(Drawing(()))] == [1, 2, False]
    assert [figure.titles for figure in TWO] == [("Perte",), ()]
