"""Where a submitted network leaves the expected one, and the smallest edit that would mend it, said to a student."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from autograder.judge import hints
from autograder.judge.alignment import Edit, edits
from autograder.judge.signature import Canonical, Step, canonical
from autograder.locale import Phrase, phrase
from autograder.wire.messages import Network, Shape

MAX_VALUE = 60
"""Characters shown of the value of a setting."""

Kind = Literal["input", "setting", "activation", "class", "missing", "extra", "order", "branches", "sharing", "output"]


@dataclass(frozen=True)
class Difference:
    """The first difference between a given network and the wanted one."""

    kind: Kind
    where: Phrase
    """Place, received and expected: may tell the solution."""
    place: Phrase
    """`where` without the expectation."""
    hint: Phrase
    """A next step that does not tell the solution."""
    setting: str = ""
    """For the kind "setting", Keras's name of the setting."""
    more: int = 0
    """How many differences follow, each setting counted."""


def explain(given: Network, wanted: Network, *, trainable: bool = False) -> Difference | None:
    """Return the first difference between `given` and `wanted`, None where their signatures are equal.

    With `trainable`, frozen and trained layers differ as well. Layers are numbered from 1 as the student wrote them.
    """
    mine, theirs = canonical(given, trainable=trainable), canonical(wanted, trainable=trainable)
    found = edits(mine.steps, theirs.steps)
    if mine.input_shapes != theirs.input_shapes:
        return _input_difference(mine.input_shapes, theirs.input_shapes, more=_count(found))
    if found:
        return _step_difference(found[0], more=_count(found) - 1)
    return _graph_difference(mine, theirs)


def _count(found: list[Edit]) -> int:
    return sum(max(len(edit.settings), 1) for edit in found)


# --- The input --------------------------------------------------------------------------------------------------------


def _input_difference(given: tuple[Shape, ...], wanted: tuple[Shape, ...], more: int) -> Difference:
    if not given:
        where = phrase("input: no shape yet, expected {wanted}", wanted=_shapes(wanted))
        return Difference("input", where, phrase("input: no shape yet"), hints.NO_INPUT, more=more)
    if len(given) != len(wanted):
        where = phrase("number of inputs: {given}, expected {wanted}", given=len(given), wanted=len(wanted))
        place = phrase("number of inputs: {given}", given=len(given))
        return Difference("input", where, place, hints.INPUTS, more=more)
    where = phrase("input: shape {given}, expected {wanted}", given=_shapes(given), wanted=_shapes(wanted))
    place = phrase("input: shape {given}", given=_shapes(given))
    return Difference("input", where, place, hints.INPUT_SHAPE, more=more)


def _shapes(shapes: tuple[Shape, ...]) -> str:
    return ", ".join(str(shape) for shape in shapes)


# --- A step -----------------------------------------------------------------------------------------------------------


def _step_difference(edit: Edit, more: int) -> Difference:
    hint = hints.hint(edit)
    if edit.moved and edit.given is not None:
        return Difference("order", _moved(edit.given, edit.owner), _layer(edit.given), hint, more=more)
    if edit.settings and edit.given is not None and edit.wanted is not None:
        return _setting_difference(edit, edit.given, edit.wanted, hint, more)
    if edit.wanted is None and edit.given is not None:
        return _extra(edit, edit.given, hint, more)
    if edit.given is None and edit.wanted is not None:
        return _missing(edit.wanted, edit.owner, hint, more)
    assert edit.given is not None and edit.wanted is not None
    where = phrase(
        "layer {n}: {given}, expected {wanted}", n=edit.given.layer, given=edit.given.label, wanted=edit.wanted.label
    )
    return Difference("class", where, _layer(edit.given), hint, more=more)


def _setting_difference(edit: Edit, given: Step, wanted: Step, hint: Phrase, more: int) -> Difference:
    setting = edit.settings[0]
    mine, theirs = _value(given, setting), _value(wanted, setting)
    n, label = given.layer, (edit.owner or given).label
    return Difference(
        "activation" if setting == "activation" and given.cls == "Activation" else "setting",
        phrase(
            "layer {n}, {label}: {setting} {given}, expected {wanted}",
            n=n,
            label=label,
            setting=setting,
            given=mine,
            wanted=theirs,
        ),
        phrase("layer {n}, {label}: {setting} {given}", n=n, label=label, setting=setting, given=mine),
        hint,
        setting=setting,
        more=more,
    )


def _extra(edit: Edit, given: Step, hint: Phrase, more: int) -> Difference:
    if given.cls == "Activation":
        n, label, named = given.layer, (edit.owner or given).label, _value(given, "activation")
        where = phrase("layer {n}, {label}: activation {given}, none expected", n=n, label=label, given=named)
        place = phrase("layer {n}, {label}: activation {given}", n=n, label=label, given=named)
        return Difference("activation", where, place, hint, more=more)
    where = phrase("layer {n}, {label}: one layer too many", n=given.layer, label=given.label)
    return Difference("extra", where, _layer(given), hint, more=more)


def _missing(wanted: Step, before: Step | None, hint: Phrase, more: int) -> Difference:
    if before is None:
        where = phrase("before the first layer: {wanted} is missing", wanted=wanted.label)
        return Difference("missing", where, phrase("before the first layer"), hint, more=more)
    n, label = before.layer, before.label
    if wanted.cls == "Activation":
        named = _value(wanted, "activation")
        where = phrase("layer {n}, {label}: no activation, expected {wanted}", n=n, label=label, wanted=named)
        return Difference("activation", where, _layer(before), hint, more=more)
    where = phrase("after layer {n}, {label}: {wanted} is missing", n=n, label=label, wanted=wanted.label)
    return Difference("missing", where, phrase("after layer {n}, {label}", n=n, label=label), hint, more=more)


def _moved(given: Step, before: Step | None) -> Phrase:
    if before is None:
        return phrase("layer {n}, {label}: expected first", n=given.layer, label=given.label)
    return phrase(
        "layer {n}, {label}: expected right after {before}", n=given.layer, label=given.label, before=before.label
    )


def _layer(step: Step) -> Phrase:
    return phrase("layer {n}, {label}", n=step.layer, label=step.label)


def _value(step: Step, setting: str) -> Phrase | int | float | str:
    """Return the value of a setting as it is shown: strings quoted, sizes as Python writes them."""
    value = dict(step.settings).get(setting)
    if value is None:
        return phrase("none")
    if isinstance(value, (int, float)):
        return value
    if isinstance(value, str):
        return phrase('"{value}"', value=value[:MAX_VALUE])
    return str(value)[:MAX_VALUE]


# --- The graph --------------------------------------------------------------------------------------------------------


def _graph_difference(given: Canonical, wanted: Canonical) -> Difference | None:
    """The steps are the same, one by one: what is left is what each takes, what it shares, and what comes out."""
    pairs = list(zip(given.steps, wanted.steps, strict=True))
    astray = [(mine, theirs) for mine, theirs in pairs if mine.inputs != theirs.inputs]
    if astray:
        mine, theirs = astray[0]
        return _branch_difference(given, mine, theirs, more=len(astray) - 1)
    for mine, theirs in pairs:
        if mine.shared != theirs.shared:
            return _sharing_difference(mine)
    return _output_difference(given, wanted) if given.outputs != wanted.outputs else None


def _branch_difference(given: Canonical, mine: Step, theirs: Step, more: int) -> Difference:
    where = phrase(
        "layer {n}, {label}: takes {given}, expected {wanted}",
        n=mine.layer,
        label=mine.label,
        given=_sources(given, mine.inputs),
        wanted=_sources(given, theirs.inputs),
    )
    place = phrase(
        "layer {n}, {label}: takes {given}", n=mine.layer, label=mine.label, given=_sources(given, mine.inputs)
    )
    return Difference("branches", where, place, hints.BRANCHES, more=more)


def _sources(form: Canonical, inputs: tuple[int, ...]) -> str:
    """Name steps by label and layer: `Conv2D(64) [2], Input`."""
    steps = [form.steps[source] if source >= 0 else None for source in inputs]
    return ", ".join("Input" if step is None else f"{step.label} [{step.layer}]" for step in steps)


def _sharing_difference(mine: Step) -> Difference:
    n, label = mine.layer, mine.label
    where = (
        phrase("layer {n}, {label}: shares its weights with another, expected weights of its own", n=n, label=label)
        if mine.shared
        else phrase("layer {n}, {label}: has weights of its own, expected to share them", n=n, label=label)
    )
    return Difference("sharing", where, _layer(mine), hints.SHARING)


def _output_difference(given: Canonical, wanted: Canonical) -> Difference:
    if len(given.outputs) != len(wanted.outputs):
        mine, theirs = len(given.outputs), len(wanted.outputs)
        where = phrase("number of outputs: {given}, expected {wanted}", given=mine, wanted=theirs)
        return Difference("output", where, phrase("number of outputs: {given}", given=mine), hints.OUTPUT)
    names = _sources(given, given.outputs)
    where = phrase("output: {given}, expected {wanted}", given=names, wanted=_sources(given, wanted.outputs))
    return Difference("output", where, phrase("output: {given}", given=names), hints.OUTPUT)
