"""Checks of what is plotted: that it shows what the solution's shows, however it is drawn."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np

from autograder.authoring.draft.asked import DRAWN_TOLD, DraftQuestion
from autograder.authoring.draft.expected import WRITTEN_OUT, compared, is_finite, quoted
from autograder.authoring.draft.observe import Observed
from autograder.authoring.draft.proposal import Names, Probe, Proposal, ProposedCheck
from autograder.authoring.points import question_id
from autograder.judge.figures import Drawing, Drawn, count_of
from autograder.judge.frames import DataTable
from autograder.judge.trainings import History
from autograder.locale import phrase

CALLS_DRAWN = 2
"""Of what a function is called with, as often is asked what it plots."""
ROWS_KNOWN = 32
"""Of an argument that is a batch of images, those that may be shown one by one."""
COLUMNS_KNOWN = 8
"""Of a table of numbers, those that may be plotted one by one."""
_PLOTS = re.compile(r"\bplt\b|\bsns\b|\bfig\w*\b|\bax(?:es?|s)?\b|\.(?:plot|hist|imshow)\b")
_TITLE = re.compile(r"\btit(?:le|re)", re.IGNORECASE)
_LEGEND = re.compile(r"\bl[ée]gend", re.IGNORECASE)
_AXES = re.compile(
    r"\b[xy]label\b|\b(?:label|nam|nom)\w*\b[^.\n]{0,40}\bax[ei]s?\b|\bax[ei]s?\b[^.\n]{0,40}\b(?:label|nam|nom)",
    re.IGNORECASE,
)
DRAWING = phrase("what it shows, not how it is drawn; more may be shown")


@dataclass(frozen=True)
class _Known:
    """Something that what is plotted may show."""

    code: str
    """How a check writes it."""
    value: Any
    whole: bool = True
    """Whether it is all of what the code names: a part of it may have been picked at random."""


# --- What is asked ----------------------------------------------------------------------------------------------------


def figures_of(asked: DraftQuestion, names: Names) -> Iterator[Probe]:
    """Yield what asks for the figures of a question's answers, where its texts speak of any."""
    for cell in asked.draws:
        name = names.claim(f"{question_id(cell, ()).replace('-', '_').removesuffix('_answer')}_figure")
        yield Probe(name, "figure", (quoted(cell),), phrase("what the cell plots"))
    for name in asked.shown if asked.draws else ():
        yield Probe(names.claim(name), "variable", (quoted(name),), phrase("what is to be plotted"))
        yield Probe(names.claim(name), "history", (quoted(name),), phrase("what is to be plotted"))


def may_plot(name: str, asked: DraftQuestion) -> bool:
    """Whether a function may plot something, from its name and text."""
    return bool(DRAWN_TOLD.search(name.replace("_", " ")) or _PLOTS.search(asked.code_of(name)))


def drawings_by(name: str, calls: Sequence[Probe], names: Names) -> Iterator[Probe]:
    """Yield what asks for the figures of a function on the inputs of calls."""
    for call in calls:
        if call.inputs is not None:
            called = names.claim(f"{call.name}_drawn")
            constant = called.upper() if call.inputs.positional else ""
            given = (quoted(name), *call.inputs.given(constant))
            yield Probe(called, "drawn_by", given, phrase("what it plots"), name, call.inputs, constant)


# --- What is required -------------------------------------------------------------------------------------------------


def plots(probes: Sequence[Probe], name: str, answers: Observed) -> bool:
    """Whether the solution's function plots something when it is called."""
    return any(_plots(one, answers) for one in probes if one.about == name)


def plots_itself(proposal: Proposal, answers: Observed) -> bool:
    """Whether a question's answer plots something in its own cell: what else it makes may then be its own affair."""
    return any(_plots(one, answers) for one in proposal.probes if one.asks == "figure")


def _plots(probe: Probe, answers: Observed) -> bool:
    found = answers.values.get(probe.name)
    return isinstance(found, Drawing) and bool(found)


def require_drawings(proposals: Sequence[Proposal], answers: Observed, names: Names) -> None:
    """Give each question that plots something the checks of it."""
    known = [one for proposal in proposals for probe in proposal.probes for one in _held(probe, answers)]
    for proposal in proposals:
        drawings = [one for one in proposal.probes if _plots(one, answers)]
        for about in dict.fromkeys(one.about for one in drawings):
            for probe in islice((one for one in drawings if one.about == about), CALLS_DRAWN if about else None):
                _require_drawing(proposal, probe, answers, names, known)


def _require_drawing(
    proposal: Proposal, probe: Probe, answers: Observed, names: Names, known: Sequence[_Known]
) -> None:
    drawing, luck = answers.values[probe.name], probe.name in answers.luck
    given = [one for one in _given(probe, answers) if one.whole or not luck]
    lines = list(_assertions(probe.name, drawing, [*given, *known], written=bool(probe.about) and not luck))
    texts = list(_texts(drawing, proposal.asked.about(probe.about) if probe.about else proposal.asked.text))
    counts = list(_counts(drawing, {line.partition("(")[0] for line in lines}))
    if texts or counts:
        lines.append(f"assert_figure({probe.name}, {', '.join([*counts, *texts])})")
    if not lines:
        return
    title = phrase("`{name}` draws what is asked for.", name=probe.about) if probe.about else DRAWN
    check = names.check(proposal.asked.id, f"{probe.about} drawn".strip())
    used = _used(lines, probe, known)
    proposal.checks.append(ProposedCheck(proposal.asked.id, check, title, lines, used, DRAWING))


DRAWN = phrase("What is asked for is drawn.")


def _used(lines: Sequence[str], probe: Probe, known: Sequence[_Known]) -> list[str]:
    """The probes that lines speak of."""
    text = "\n".join(lines)
    said = {re.split(r"[.\[]", one.code)[0] for one in known if re.search(rf"[ (]{re.escape(one.code)}[,)]", text)}
    return [probe.name, *sorted(said)]


def _assertions(name: str, drawing: Drawing, known: Sequence[_Known], *, written: bool) -> Iterator[str]:
    """Lines that require what shows something known; `written`: and small numbers as they are."""
    found = list[str]()
    shown = [("assert_curve", one.y) for one in drawing.lines]
    shown += [("assert_bars", one.y) for one in drawing.bars]
    shown += [("assert_image", one.values) for one in drawing.images]
    for function, values in shown:
        numbers = np.squeeze(np.asarray(values, float))
        match = _code_of(numbers, known)
        if match:
            found.append(f"{function}({name}, {match})")
        elif written and function != "assert_bars" and 1 < numbers.size <= WRITTEN_OUT and is_finite(numbers):
            found.append(compared(function, name, numbers.tolist()))
    for one in drawing.points:
        found += _cloud(name, one, known)
    yield from dict.fromkeys(found)


def _cloud(name: str, cloud: Drawn, known: Sequence[_Known]) -> Iterator[str]:
    x, y = (_code_of(np.asarray(side, float), known) for side in (cloud.x, cloud.y))
    if x and y:
        yield f"assert_points({name}, {x}, {y})"
    elif y:
        yield f"assert_curve({name}, {y})"


def _counts(drawing: Drawing, required: set[str]) -> Iterator[str]:
    """As many as the solution's at least of what no line requires; of points and bars some: nobody is told how many."""
    for kind, word, function in (("line", "lines", "assert_curve"), ("image", "images", "assert_image")):
        count = count_of(drawing, kind)
        if count and function not in required:
            yield f"{word}=({count}, None)"
    some = (("points", ("assert_points", "assert_curve")), ("bars", ("assert_bars",)), ("wedges", ()))
    for kind, functions in some:
        if count_of(drawing, kind) and not required.intersection(functions):
            yield f"{kind}=(1, None)"


def _texts(drawing: Drawing, told: str) -> Iterator[str]:
    """What is written beside it, where the texts ask for that and every figure of the solution has it."""
    asked = {
        "title": (_TITLE, [one.titles for one in drawing]),
        "xlabel": (_AXES, [one.xlabels for one in drawing]),
        "ylabel": (_AXES, [one.ylabels for one in drawing]),
        "legend": (_LEGEND, [one.legend for one in drawing]),
    }
    yield from (f"{word}=True" for word, (spoken, found) in asked.items() if spoken.search(told) and all(found))


# --- What is known ----------------------------------------------------------------------------------------------------


def _held(probe: Probe, answers: Observed) -> Iterator[_Known]:
    """What a variable of the notebook holds."""
    if probe.inputs is None and probe.name in answers.values:
        yield from _parts(probe.name, answers.values[probe.name])


def _given(probe: Probe, answers: Observed) -> Iterator[_Known]:
    """What a function is given that plots."""
    for place, value in enumerate(answers.given(probe.name) if probe.constant else ()):
        yield from _parts(f"{probe.constant}[{place}]", value)
        if isinstance(value, np.ndarray) and value.ndim > 2:
            rows = enumerate(islice(value, ROWS_KNOWN))
            yield from (_Known(f"{probe.constant}[{place}][{row}]", one, whole=False) for row, one in rows)


def _parts(code: str, value: Any) -> Iterator[_Known]:
    """The arrays in a value, and how they are written."""
    match value:
        case np.ndarray():
            yield _Known(code, value)
            if value.ndim == 2 and value.shape[1] <= COLUMNS_KNOWN:
                yield from (_Known(f"{code}[:, {place}]", value[:, place]) for place in range(value.shape[1]))
        case list() | tuple() if value and all(isinstance(one, int | float) for one in value):
            yield _Known(code, np.asarray(value))
        case History() | dict():
            for key in value:
                if isinstance(key, str):
                    yield from _parts(f"{code}[{quoted(key)}]", value[key])
        case DataTable() if value.series:
            yield from _parts(f"{code}.values", value.values)
        case DataTable():
            for column in value.columns:
                if isinstance(column, str):
                    yield from _parts(f"{code}[{quoted(column)}]", value[column])


def _code_of(shown: Any, known: Sequence[_Known]) -> str:
    """What is shown, as a check writes it; empty where it is nothing known."""
    return next((one.code for one in known if _is_same(shown, one.value)), "")


def _is_same(shown: Any, value: Any) -> bool:
    if value.dtype.kind not in "biuf" or shown.size < 2 or np.squeeze(value).shape != shown.shape:
        return False
    return bool(np.allclose(np.squeeze(value), shown, rtol=1e-5, atol=1e-8, equal_nan=True))
