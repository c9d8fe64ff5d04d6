"""What one edit of a network is called: its place, what was received and what was expected."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from autograder.locale import Phrase, phrase
from autograder.networks import hints
from autograder.networks.alignment import Edit
from autograder.networks.frameworks import dialect_of_steps
from autograder.networks.normal import default_of
from autograder.networks.steps import Step

FIRST, MAX_SIZE = 4, 12
"""Numbers shown of an array, and characters of each."""
MAX_VALUE = 60
"""Characters shown of the value of a setting."""

_DIVISIONS = re.compile(r"div|(?:True)?Divide")
"""Operations that a number is divided by in."""

_ADAPTED = "Rescaling", "Normalization"
"""Class and label of the step that an adapted Normalization is."""

Kind = Literal[
    "input", "setting", "activation", "class", "missing", "extra", "order", "branches", "sharing", "output", "raised",
    "unread", "framework",
]  # fmt: skip


@dataclass(frozen=True)
class Difference:
    """The first difference between a given network and the wanted one."""

    kind: Kind
    where: Phrase
    """Place, received and expected: may tell the solution."""
    place: Phrase
    """`where` without the expectation."""
    hint: Phrase | None
    """A next step."""
    setting: str = ""
    """For the kind "setting", Keras's name of the setting."""
    more: int = 0
    """How many differences follow, each setting counted, those of the same cause in other layers not."""
    discreet: Phrase | None = None
    """A next step that does not tell the solution, where `hint` does."""


def edit_difference(edit: Edit) -> Difference:
    hint = hints.hint(edit)
    if edit.owner is not None and "Output" in [step.cls for step in (edit.given, edit.wanted) if step is not None]:
        where = phrase(
            "layer {n}, {label}: another of its outputs is expected", n=edit.owner.layer, label=edit.owner.label
        )
        return Difference("output", where, place_of(edit.owner), hints.OUTPUTS)
    if edit.moved and edit.given is not None:
        return Difference("order", _moved(edit), place_of(edit.given), hint)
    if edit.given is not None and edit.wanted is not None and is_adapted(edit):
        return _adapted_otherwise(edit.given, edit.wanted, hint)
    if edit.settings and "layer" not in edit.settings and edit.given is not None and edit.wanted is not None:
        return _setting_difference(edit, edit.given, edit.wanted, hint)
    if (
        edit.owner is not None
        and (edit.given is None or edit.wanted is None)
        and _is_penalty(edit.given or edit.wanted)
    ):
        return _penalty(edit.owner, edit.given, edit.wanted)
    if edit.wanted is None and edit.given is not None:
        return _extra(edit, edit.given, hint)
    if edit.given is None and edit.wanted is not None:
        return _missing(edit.wanted, edit.owner, hint)
    assert edit.given is not None
    assert edit.wanted is not None
    where = phrase(
        "layer {n}: {given}, expected {wanted}",
        n=edit.given.layer,
        given=label_of(edit.given),
        wanted=edit.wanted.label,
    )
    return Difference("class", where, place_of(edit.given), hint)


def _setting_difference(edit: Edit, given: Step, wanted: Step, hint: Phrase) -> Difference:
    setting = edit.settings[0]
    if setting == "takes":
        return _called_otherwise(given, wanted, hint)
    if hints.is_arithmetic(given) and setting in ("scale", "offset"):
        return _other_number(edit, given, wanted, hint)
    named = dialect_of_steps([given]).words.setting(given, setting)
    mine, theirs = _value(given, setting), _value(wanted, setting)
    n, label = given.layer, label_of(edit.owner or given)
    return Difference(
        "activation" if setting == "activation" and given.cls == "Activation" else "setting",
        phrase(
            "layer {n}, {label}: {setting} {given}, expected {wanted}",
            n=n,
            label=label,
            setting=named,
            given=mine,
            wanted=theirs,
        ),
        phrase("layer {n}, {label}: {setting} {given}", n=n, label=label, setting=named, given=mine),
        hint,
        setting=setting,
    )


def is_adapted(edit: Edit) -> bool:
    """Whether it is of a Normalization that learned a mean and a variance, which is a scale and an offset."""
    return any(step is not None and (step.cls, step.label) == _ADAPTED for step in (edit.given, edit.wanted))


def _adapted_otherwise(given: Step, wanted: Step, hint: Phrase) -> Difference:
    """Another mean or variance, or another layer in the place of a Normalization."""
    n, label = given.layer, label_of(given)
    if (given.cls, given.label) == (wanted.cls, wanted.label):
        where = phrase("layer {n}, {label}: with another mean or variance than expected", n=n, label=label)
        return Difference("setting", where, place_of(given), hints.UNADAPTED, setting="mean")
    where = phrase("layer {n}: {given}, expected {wanted}", n=n, given=label, wanted=wanted.label)
    adapts = (wanted.cls, wanted.label) == _ADAPTED
    return Difference("class", where, place_of(given), hints.UNADAPTED if adapts else hint)


def _other_number(edit: Edit, given: Step, wanted: Step, hint: Phrase) -> Difference:
    """Another number that is multiplied by, divided by or added."""
    setting = edit.settings[0]
    mine, theirs = _value(given, setting), _value(wanted, setting)
    divides = setting == "scale" and bool(_DIVISIONS.fullmatch(given.label))
    if divides and isinstance(mine, (int, float)) and isinstance(theirs, (int, float)) and mine and theirs:
        mine, theirs = (float(f"{1 / one:.6g}") for one in (mine, theirs))
    said = {"n": given.layer, "label": label_of(given), "given": mine, "wanted": theirs}
    where = phrase("layer {n}, {label}: with the number {given}, expected {wanted}", **said)
    return Difference("setting", where, phrase("layer {n}, {label}: with the number {given}", **said), hint, setting)


def _is_penalty(step: Step | None) -> bool:
    """Whether it is a layer's own penalty, and no layer by itself."""
    return step is not None and step.cls == "ActivityRegularization" and not step.label.startswith(step.cls)


def _penalty(owner: Step, given: Step | None, wanted: Step | None) -> Difference:
    """A penalty on what a layer gives, on one side alone."""
    values = [phrase("none") if step is None else _value(step, "activity_regularizer") for step in (given, wanted)]
    said = {"n": owner.layer, "label": label_of(owner), "setting": "activity_regularizer", "given": values[0]}
    where = phrase("layer {n}, {label}: {setting} {given}, expected {wanted}", **said, wanted=values[1])
    place = phrase("layer {n}, {label}: {setting} {given}", **said)
    hint = phrase("the documentation of {cls} says what {setting} does.", cls=owner.cls, setting="activity_regularizer")
    return Difference("setting", where, place, hint, setting="activity_regularizer")


def _called_otherwise(given: Step, wanted: Step, hint: Phrase) -> Difference:
    """A layer that is called with other arguments beside its input: a state, a mask, a second tensor."""
    mine, theirs = _beside(given), _beside(wanted)
    said = {"n": given.layer, "label": label_of(given), "given": ", ".join(mine), "wanted": ", ".join(theirs)}
    if not mine:
        where = phrase("layer {n}, {label}: called with its input alone, expected with {wanted} too", **said)
        place = phrase("layer {n}, {label}: called with its input alone", **said)
    elif not theirs:
        where = phrase("layer {n}, {label}: called with {given}, expected with its input alone", **said)
        place = phrase("layer {n}, {label}: called with {given}", **said)
    else:
        where = phrase("layer {n}, {label}: called with {given}, expected with {wanted}", **said)
        place = phrase("layer {n}, {label}: called with {given}", **said)
    return Difference("setting", where, place, hint, setting="takes")


def _beside(step: Step) -> list[str]:
    """What a call is given beside its first tensor, by the names of its arguments."""
    takes = dict(step.settings).get("takes")
    return [str(name) for name in takes[1:]] if isinstance(takes, tuple) else []


def _extra(edit: Edit, given: Step, hint: Phrase) -> Difference:
    if given.cls == "Activation":
        n, label, named = given.layer, (edit.owner or given).label, _value(given, "activation")
        where = phrase("layer {n}, {label}: activation {given}, none expected", n=n, label=label, given=named)
        place = phrase("layer {n}, {label}: activation {given}", n=n, label=label, given=named)
        return Difference("activation", where, place, hint)
    where = phrase("layer {n}, {label}: one layer too many", n=given.layer, label=label_of(given))
    return Difference("extra", where, place_of(given), hint)


def _missing(wanted: Step, before: Step | None, hint: Phrase) -> Difference:
    if before is None:
        where = phrase("before the first layer: {wanted} is missing", wanted=wanted.label)
        return Difference("missing", where, phrase("before the first layer"), hint)
    n, label = before.layer, label_of(before)
    if wanted.cls == "Activation":
        named = _value(wanted, "activation")
        where = phrase("layer {n}, {label}: no activation, expected {wanted}", n=n, label=label, wanted=named)
        return Difference("activation", where, place_of(before), hint)
    where = phrase("after layer {n}, {label}: {wanted} is missing", n=n, label=label, wanted=wanted.label)
    return Difference("missing", where, phrase("after layer {n}, {label}", n=n, label=label), hint)


def _moved(edit: Edit) -> Phrase:
    assert edit.given is not None
    n, label = edit.given.layer, label_of(edit.given)
    if edit.after is not None:
        m, after = edit.after.layer, edit.after.label
        if m == edit.given.layer:
            m, after = edit.given.layer, edit.after.label
        return phrase("layer {n}, {label}: expected after layer {m}, {before}", n=n, label=label, m=m, before=after)
    if edit.owner is None:
        return phrase("layer {n}, {label}: expected first", n=n, label=label)
    return phrase("layer {n}, {label}: expected right after {before}", n=n, label=label, before=edit.owner.label)


def place_of(step: Step) -> Phrase:
    return phrase("layer {n}, {label}", n=step.layer, label=label_of(step))


def label_of(step: Step) -> Phrase | str:
    """Name a step; one inside a layer of the student's own, with that layer."""
    return phrase("{label} in {within}", label=step.label, within=step.within) if step.within else step.label


def _value(step: Step, setting: str) -> Phrase | int | float | str:
    """Return the value of a setting as it is shown: strings quoted, sizes as Python writes them."""
    settings = dict(step.settings)
    value = settings.get(setting)
    if value is None:
        value = default_of(step.cls, setting, settings.get("activation"))
    value = dialect_of_steps([step]).words.value(setting, value)
    if value is None:
        return phrase("none")
    if isinstance(value, (int, float)):
        return value
    if isinstance(value, str) and value.startswith("__function__("):
        return phrase("a function of its own")
    if isinstance(value, str):
        return phrase('"{value}"', value=value[:MAX_VALUE])
    if isinstance(value, tuple) and len(value) == 3 and value[0] == "array":
        return _array(value[1], value[2])
    if _is_opaque(value):
        return phrase("a function of its own")
    return _sizes(value)[:MAX_VALUE]


def _array(shape: object, numbers: object) -> str | Phrase:
    """Show the first numbers of an array; its shape, where there were too many to be kept."""
    if not isinstance(numbers, tuple):
        return phrase("an array of shape {shape}", shape=_sizes(shape)[:MAX_VALUE])
    shown = ", ".join(str(one)[:MAX_SIZE] for one in numbers[:FIRST])
    return f"[{shown}{', …' if len(numbers) > FIRST else ''}]"[:MAX_VALUE]


def _is_opaque(value: object) -> bool:
    return isinstance(value, tuple) and bool(value) and value[0] in ("function", "__function__")


def _sizes(value: object) -> str:
    """Write pairs that stand for a dict as one writes a call: MaxNorm(max_value=3)."""
    if isinstance(value, tuple) and len(value) == 2 and isinstance(value[0], str) and isinstance(value[1], tuple):
        said = ", ".join(
            f"{pair[0]}={_sizes(pair[1])}" for pair in value[1] if isinstance(pair, tuple) and len(pair) == 2
        )
        return f"{value[0]}({said})"
    return str(value)
