"""Networks and mistakes in them, drawn by Hypothesis."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from dresses import Step
from dresses.steps import KINDS

BODY = tuple(kind for kind in KINDS if kind not in ("skip", "side by side", "flat", "pooled"))
Steps = tuple[Step, ...]


def plain(kind: str) -> st.SearchStrategy[Step]:
    values = KINDS[kind][1]
    return st.fixed_dictionaries({key: st.sampled_from(few) for key, few in values.items()}).map(
        lambda said: Step(kind, _possible(kind, said))
    )


def _possible(kind: str, said: dict[str, Any]) -> dict[str, Any]:
    """Keras takes a stride or a dilation, not both; a window of one pixel has nothing to dilate."""
    if kind == "convolution" and (said["stride"] > 1 or said["size"] == 1):
        return {**said, "dilation": 1}
    return said


def branch(*kinds: str) -> st.SearchStrategy[Steps]:
    return st.lists(st.sampled_from(kinds).flatmap(plain), min_size=1, max_size=2).map(tuple)


KEEP_SHAPE = ("activation", "batch norm", "layer norm", "scale", "dropout", "gate")
KEEP_SIZE = (*KEEP_SHAPE, "separable", "dense")
skips = branch(*KEEP_SHAPE).map(lambda inside: Step("skip", {}, (inside,)))
sides = st.tuples(branch(*KEEP_SIZE), branch(*KEEP_SIZE)).map(lambda two: Step("side by side", {}, two))
ends = st.sampled_from(("flat", "pooled")).flatmap(plain)


@st.composite
def networks(draw: st.DrawFn) -> Steps:
    """A few steps, an end, and a Dense."""
    body = draw(st.lists(st.one_of(st.sampled_from(BODY).flatmap(plain), skips, sides), min_size=1, max_size=4))
    return (*body, draw(ends), draw(plain("dense")))


def mistakes(steps: Steps) -> Iterator[tuple[str, Steps]]:
    """Yield the networks that a student has who makes one mistake, each with what it is."""
    for place, step in enumerate(steps):
        before, after = steps[:place], steps[place + 1 :]
        for what, other in _changed(step):
            yield what, (*before, other, *after)
        if len(steps) > 1 and step.kind not in ("flat", "pooled"):
            yield f"no {step.kind}", before + after
        if after and after[0].kind != step.kind and {step.kind, after[0].kind} & {"flat", "pooled"} == set():
            yield f"{step.kind} after {after[0].kind}", (*before, after[0], step, *after[1:])


def _changed(step: Step) -> Iterator[tuple[str, Step]]:
    for key, values in KINDS[step.kind][1].items():
        for value in values:
            said = _possible(step.kind, {**step.said, key: value})
            if said != step.said:
                yield f"{key} of {step.kind}", replace(step, said=said)
    if step.kind == "skip":
        yield (
            "a skip forgotten",
            Step("scale", {"by": 1.0, "plus": 0.0}, ()) if not step.branches[0] else step.branches[0][0],
        )
    for number, inside in enumerate(step.branches):
        for what, other in mistakes(inside):
            if other:
                branches = (*step.branches[:number], other, *step.branches[number + 1 :])
                yield f"{what}, in {step.kind}", replace(step, branches=branches)
    if len(step.branches) == 2 and step.branches[0] != step.branches[1]:
        yield "branches in another order", replace(step, branches=step.branches[::-1])
