"""What is drawn on a student's page: the network that a check speaks of, and how their networks learnt.

Nothing is drawn that the words do not say: where the course hides what was expected, no part of the solution, and no
score to reach.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import get_args

from autograder.evidence import TrainingRun
from autograder.locale import Phrase, phrase, render
from autograder.networks.explain import explain
from autograder.recipes import MetricName
from autograder.records import Grade
from autograder.report.curves import Chart, chart
from autograder.report.drawing import NetworkDrawing, compare, draw
from autograder.report.runs import StoredRuns
from autograder.wire.messages import Network

SHARES = get_args(MetricName)
"""The metrics whose curves are drawn."""

Bars = Mapping[tuple[str, str, str], Mapping[str, float]]
"""The score each metric must reach, by recipe, probe and profile."""


@dataclass(frozen=True)
class Illustrations:
    """What is drawn on one page, each with its caption."""

    networks: Mapping[str, tuple[tuple[str, NetworkDrawing], ...]] = field(default_factory=dict)
    """By the message that it stands under."""
    curves: tuple[tuple[str, Chart], ...] = ()


NONE = Illustrations()


def illustrate(
    grade: Grade,
    own: Mapping[str, Network],
    wanted: Mapping[str, Network],
    runs: StoredRuns,
    bars: Bars,
    language: str,
    *,
    hidden: bool,
) -> Illustrations:
    """Return what is drawn on a student's page. `own` and `wanted` are the networks of both, by probe."""
    return Illustrations(
        dict(_networks(grade, own, wanted, language, hidden=hidden)),
        tuple(_learnt(grade, runs, {} if hidden else bars, language)),
    )


def curves_of(
    runs: Sequence[TrainingRun], recipe: str, bars: Mapping[str, float], language: str
) -> Iterator[tuple[str, Chart]]:
    """Yield the curves of the trainings of one network under a recipe, a metric each."""
    for metric in dict.fromkeys(name for run in runs for name in run.scores if name in SHARES):
        if found := chart(runs, metric, bars.get(metric)):
            text = phrase("{metric} by epoch, {recipe}", metric=found.name, recipe=recipe)
            if found.bar is not None:
                text = phrase(
                    "{metric} by epoch, {recipe}; dashed: the score to reach", metric=found.name, recipe=recipe
                )
            yield render(text, language), found


def _networks(
    grade: Grade, own: Mapping[str, Network], wanted: Mapping[str, Network], language: str, *, hidden: bool
) -> Iterator[tuple[str, tuple[tuple[str, NetworkDrawing], ...]]]:
    """The drawings, under the first message that says what first sets a network apart from the solution's."""
    failed = (one for question in grade.questions for one in question.outcomes if one.status == "failed")
    messages = list(dict.fromkeys(one.message for one in failed))
    for probe in own if messages else ():
        found = explain(own[probe], wanted[probe]) if probe in wanted and not own[probe].problem else None
        if found is None:
            continue
        told = render(found.place if hidden else found.where, language)
        message = next((one for one in messages if told in one), None)
        if message is None:
            continue
        mine = render(phrase("your network"), language)
        if hidden:
            yield message, ((mine, draw(own[probe], layer=_layer(found.place))),)
        else:
            left, right = compare(own[probe], wanted[probe])
            yield message, ((mine, left), (render(phrase("the one expected"), language), right))


def _layer(place: Phrase) -> object:
    """The number of the layer that a place names."""
    inner = place.args.get("where")
    return _layer(inner) if isinstance(inner, Phrase) else place.args.get("n")


def _learnt(grade: Grade, runs: StoredRuns, bars: Bars, language: str) -> Iterator[tuple[str, Chart]]:
    for use in grade.trainings:
        own = bars.get((use.recipe, use.probe, use.device), {})
        yield from curves_of(runs.of(use), use.recipe, own, language)
