"""Figures that cells and functions draw, whatever draws them and whatever becomes of them: from check to verdict."""

from __future__ import annotations

from pathlib import Path

import pytest

from asked import Class
from autograder.sandbox.rooms import Zygote

CHECK = '''
@question("curves")
def test_drawn(drawn):
    """Both curves are plotted."""
    assert_figure(drawn, lines=2, title=True, legend=["train", "validation"])
    assert_curve(drawn, [3, 2, 1.5], label="train")
    assert_curve(drawn, [3.5, 3, 2.75], x=[1, 2, 3], label="validation")
'''
CHECKS = f'''
drawn = figure("curves-answer")
called = drawn_by("plot_curves", {{"loss": [3.0, 2.0, 1.5], "val_loss": [3.5, 3.0, 2.75]}})
left = variable("kept")
{CHECK}

@question("curves")
def test_called(called):
    """The function plots what it is given."""
    assert_curve(called, [3, 2, 1.5])
    assert_curve(called, [3.5, 3, 2.75])


@question("curves")
def test_left(left):
    """A figure is a value too."""
    assert_image(left, np.eye(3), cmap="gray")
'''
SETUP = (
    "import matplotlib.pyplot as plt, numpy as np\nloss, val = [3.0, 2.0, 1.5], [3.5, 3.0, 2.75]\nepochs = [1, 2, 3]"
)
FUNCTION = """
def plot_curves(history):
    for name, values in history.items():
        plt.plot(values, label=name)
    plt.show()
kept, axes = plt.subplots()
axes.imshow(np.eye(3), cmap="gray")
plt.close("all")
"""
RIGHT = {
    "pyplot, shown": """
plt.plot(epochs, loss, label="train")
plt.plot(epochs, val, label="validation")
plt.legend(); plt.title("Loss"); plt.show()""",
    "axes, left open, the legend's own names": """
fig, ax = plt.subplots()
ax.plot(epochs, loss, "r--"); ax.plot(epochs, val, "b")
ax.legend(["Train", "Validation"]); ax.set_title("Loss")""",
    "closed, never shown": """
plt.figure(); plt.title("loss")
plt.plot(epochs, loss, label="train loss"); plt.plot(epochs, val, label="validation loss"); plt.legend()
plt.savefig("curves.png"); plt.close("all")""",
    "two figures": """
for values, name in ((loss, "train"), (val, "validation")):
    plt.figure(); plt.plot(epochs, values, label=name); plt.legend(); plt.title(name); plt.show()""",
    "side by side, one title, a line across": """
fig, axes = plt.subplots(1, 2); fig.suptitle("Loss")
for ax, values, name in zip(axes, (loss, val), ("train", "validation")):
    ax.plot(epochs, values, label=name); ax.axhline(1); ax.legend()""",
    "pandas": """
import pandas as pd
pd.DataFrame({"train": loss, "validation": val}, index=epochs).plot(title="Loss")""",
    "a figure without pyplot": """
from matplotlib.figure import Figure
fig = Figure(); ax = fig.add_subplot(); ax.set_title("Loss")
ax.plot(epochs, loss, label="train"); ax.plot(epochs, val, label="validation"); ax.legend()
fig""",
    "many figures, cleared once shown": """
for values, name in ((loss, "train"), (val, "validation")):
    fig = plt.figure(); plt.plot(epochs, values, label=name); plt.legend(); plt.title(name); plt.show(); fig.clf()""",
    "another backend, closed by nobody": """
import matplotlib; matplotlib.use("agg")
plt.plot(epochs, loss, label="train"); plt.plot(epochs, val, label="validation"); plt.legend(); plt.title("x")
plt.show()""",
}
WRONG = {
    "nothing": ("pass", "received  nothing plotted"),
    "a curve alone": ("plt.plot(loss, label='train'); plt.legend()", "received  1 curve\nexpected  2 curves"),
    "no legend": (
        "plt.title('t'); plt.plot(epochs, loss, label='train'); plt.plot(epochs, val, label='validation')",
        "received  a figure without a legend",
    ),
    "from 0": (
        RIGHT["pyplot, shown"].replace("epochs, ", ""),
        "received  0\nexpected  1\nwhere     curve « validation », horizontally, number 1",
    ),
    "another's values": (
        RIGHT["pyplot, shown"].replace("val, ", "loss, "),
        "received  3\nexpected  3.5\nwhere     curve « train », number 1",
    ),
    "the names exchanged": (
        RIGHT["pyplot, shown"].replace("loss, ", "LOSS, ").replace("val, ", "loss, ").replace("LOSS, ", "val, "),
        "received  the curve is called « validation »\nexpected  « train »",
    ),
    "an error before": ("1 / 0", "received  ZeroDivisionError"),
    "too much": ("plt.imshow(np.zeros((3000, 3000)))", "received  "),
}


def verdicts(folder: Path, zygote: Zygote, answers: dict[str, str]) -> dict[str, tuple[str, str]]:
    """What is said of each answer, all of them cells of one notebook, asked in one room."""
    probes = "".join(f'drawn_{n} = figure("answer-{n}")\n' for n in range(len(answers)))
    checks = "".join(CHECK.replace("drawn", f"drawn_{n}") for n in range(len(answers)))
    ids = ("", *(f"answer-{n}" for n in range(len(answers))))
    found = Class(folder, zygote, probes + checks, ids=ids).verdicts(SETUP, *answers.values())
    return {name: found[f"test_drawn_{n}"] for n, name in enumerate(answers)}


@pytest.mark.tensorflow
def test_figures_are_examined_however_they_are_drawn(tmp_path: Path, keras_zygote: Zygote) -> None:
    assert verdicts(tmp_path, keras_zygote, RIGHT) == dict.fromkeys(RIGHT, ("passed", ""))


@pytest.mark.tensorflow
def test_what_is_wrong_on_a_figure_is_said(tmp_path: Path, keras_zygote: Zygote) -> None:
    found = verdicts(tmp_path, keras_zygote, {name: answer for name, (answer, _) in WRONG.items()})
    assert {name: found[name][1][: len(text)] for name, (_, text) in WRONG.items()} == {
        name: text for name, (_, text) in WRONG.items()
    }
    assert {status for status, _ in found.values()} == {"failed", "errored"}


GRID = """
figure = plt.figure()
for column in range(3):
    for row in range(2):
        axes = plt.subplot(2, 3, 3 * row + column + 1)
        shown = axes.imshow(MAPS[row, column])
        plt.colorbar(shown)
"""


@pytest.mark.tensorflow
def test_a_grid_is_read_line_by_line(tmp_path: Path, keras_zygote: Zygote) -> None:
    """Whatever order its images were drawn in."""
    checks = """
grid = figure("grid")
MAPS = np.arange(24.0).reshape(2, 3, 2, 2) ** 2
@question("grid")
def test_grid(grid):
    assert_figure(grid, axes=6, images=6, rows=2)
    assert_images(grid, [one for row in MAPS for one in row], scaled=False)
"""
    course = Class(tmp_path, keras_zygote, checks, ids=("", "grid"))
    maps = "MAPS = np.arange(24.0).reshape(2, 3, 2, 2) ** 2"
    assert course.verdicts(f"{SETUP}\n{maps}", GRID) == {"test_grid": ("passed", "")}
    mixed = GRID.replace("3 * row + column + 1", "2 * column + row + 1")
    assert course.verdicts(f"{SETUP}\n{maps}", mixed)["test_grid"][0] == "failed"


@pytest.mark.tensorflow
def test_functions_variables_and_own_cells_draw_too(tmp_path: Path, keras_zygote: Zygote) -> None:
    """What a function returns counts, what was open before does not; an own cell beside an answer that drew nothing."""
    course = Class(tmp_path, keras_zygote, CHECKS, ids=("", "curves-answer", "", "function-answer"))
    shown = RIGHT["pyplot, shown"]
    assert set(course.verdicts(SETUP, "x = 1", shown, FUNCTION).values()) == {("passed", "")}
    leaky = FUNCTION.replace("plt.show()", "return plt.gca()") + "plt.figure(); plt.plot([1])"
    assert set(course.verdicts(SETUP, shown, "plt.plot([1])", leaky).values()) == {("passed", "")}
    bars = FUNCTION.replace("plt.plot(values", "plt.bar([0, 1, 2], values")
    found = course.verdicts(SETUP, shown, "", bars)
    assert found["test_called"][1].startswith("received  6 bars\nexpected  a curve of 3 points")
