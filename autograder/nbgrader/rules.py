"""What a test cell earns: nbgrader's rule, and the sane one. Pure functions of what the cell put out.

|                                        | nbgrader | sane          |
|----------------------------------------|----------|---------------|
| nothing, or text                       | all      | all           |
| it raised                              | 0        | 0             |
| it wrote to standard error             | 0        | all           |
| a number displayed                     | itself   | itself        |
| `False`, `nan`, less than 0            | all      | 0             |
| `np.float64(2.0)`, a scalar tensor     | all      | the number    |
| more than the cell's points            | refused  | all           |
| an empty text displayed                | refused  | all           |
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from autograder.wire.messages import CellRun, Output

MAX_LINES = 1000
"""nbgrader's `LimitOutput.max_lines`, as it comes."""
NUMBER_CHARS = 1000
"""No number is displayed in more, whatever type it has."""
_DRESSED = re.compile(
    r"np\.[a-z]+\d*\((?P<numpy>[^()]+)\)"  # np.float64(2.0), as NumPy 2 writes it
    r"|np\.(?P<truth>True|False)_"
    r"|(?:array|tensor)\((?P<array>[^()\[\],]+)(?:, \w+=[^()]*)?\)"
    r"|<tf\.(?:Tensor:|Variable '[^']*') shape=\(\),? [^>]*numpy=(?P<tensor>[^>]+)>"
)
"""Numbers in the dress that libraries give them."""


class RefusedByNbgrader(ValueError):
    """nbgrader would not grade the whole submission: why, in one sentence."""


@dataclass(frozen=True)
class OutputRules:
    """What nbgrader leaves out of a cell's outputs before it looks at them, from its configuration."""

    max_lines: int = MAX_LINES
    """`LimitOutput.max_lines`; −1: all are kept."""
    ignored: str = ""
    """`IgnorePattern.pattern` where it is enabled: what is written to standard error and matches costs nothing."""


def seen_by_nbgrader(run: CellRun, rules: OutputRules) -> list[Output]:
    """Return the outputs that nbgrader's preprocessors leave: `IgnorePattern`, then `LimitOutput`."""
    outputs = run.outputs
    if rules.ignored and re.search(rules.ignored, run.stderr):
        outputs = [output for output in outputs if output.kind != "stderr"]
    return outputs if rules.max_lines == -1 else list(_limited(outputs, rules.max_lines))


def _limited(outputs: Iterable[Output], most: int) -> Iterable[Output]:
    """`LimitOutput`: streams are cut once they have `most` lines in all, and then left out."""
    lines = 0
    for output in outputs:
        if output.kind in ("stdout", "stderr"):
            if lines == most:
                continue
            lines = min(lines + output.line_ends + 1, most)
        yield output


def nbgrader_score(outputs: Sequence[Output], points: float) -> float:
    """Return what `nbgrader.utils.determine_grade` gives a test cell of `points` with these outputs.

    Raises RefusedByNbgrader where it raises, and the submission fails as a whole.
    """
    for output in outputs:
        if output.kind in ("stderr", "error"):
            return 0.0
        if output.kind == "result":
            return _partial(output.text, points)
    return points


def _partial(text: str, points: float) -> float:
    if not text:
        raise RefusedByNbgrader("it displays a value without a text")
    try:
        score = float(text)
    except ValueError:
        return points
    if not score >= 0:  # nan too
        return points
    if score > points:
        raise RefusedByNbgrader(f"it displays {text.strip()[:40]}, more than its {points:g} points")
    return score


def sane_score(run: CellRun, points: float) -> float:
    """Return what a test cell of `points` earns where nbgrader's own score was not asked for.

    A cell that ran to its end earns its points, or the number it displays, from 0 to its points. Not a number is 0,
    and so is False.
    """
    if run.fault is not None:
        return 0.0
    number = displayed_number(run.result)
    if number is None:
        return points
    return 0.0 if math.isnan(number) else min(max(number, 0.0), points)


def displayed_number(text: str) -> float | None:
    """Return the number that `text`, the text of a displayed value, stands for; None where it is none.

    `True` is no number: a test that says so has passed. `False` is 0.
    """
    text = text.strip()
    if len(text) > NUMBER_CHARS:  # and how long the patterns below take grows as the square of it
        return None
    while found := _DRESSED.fullmatch(text):
        text = next(value for value in found.groups() if value is not None).strip()
    if text == "False":
        return 0.0
    try:
        return float(text)
    except ValueError:
        return None
