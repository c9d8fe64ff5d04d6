"""What stands in many steps on one side and in one on the other, told as the one difference that it is.

A normalization, a recurrent layer or an attention written by hand is many operations; against the layer, each would be
a difference of its own. So would the sum with a weight against the sum with a number, which are one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from autograder.locale import Phrase, phrase
from autograder.networks import hints
from autograder.networks.alignment import Edit
from autograder.networks.differences import Difference, label_of, place_of
from autograder.networks.steps import Step

LEAST = 3
"""Operations that are a layer written by hand."""
_COMPOSED = re.compile(r".*Normalization|LSTM|GRU|SimpleRNN|RNN|Bidirectional|.*Attention|.*ConvLSTM.*")
"""Layers that are many operations."""
_LAYERS = re.compile(r"Dense|Embedding|.*Conv.*|.*Pooling.*|.*Dropout.*|Flatten")
"""What is rather a layer by itself than a part of one, unless it stands in a layer of the student's own."""
_SUMS = ("Add", "Multiply", "Subtract")


@dataclass(frozen=True)
class Handwork:
    """Operations on one side, and the one layer on the other."""

    operations: tuple[Step, ...]
    layer: Step
    is_given: bool
    """Whether the operations are the student's."""


@dataclass(frozen=True)
class OfWeights:
    """A sum or a product with a weight on one side, with numbers on the other."""

    given: Step
    is_weight: bool
    """Whether the student's is with the weight."""


Told = Edit | Handwork | OfWeights


def gathered(found: Sequence[Edit]) -> list[Told]:
    """Return differences in the order of the network, those together that are one."""
    told: list[Told] = []
    place = 0
    while place < len(found):
        rest = found[place:]
        some = [_of_weights(rest), _handwork(rest, given=True), _handwork(rest, given=False)]
        one, taken = next(((one, taken) for one, taken in some if one is not None), (found[place], 1))
        told.append(one)
        place += taken
    return told


def _handwork(found: Sequence[Edit], *, given: bool) -> tuple[Handwork | None, int]:
    """Return the layer by hand that these differences begin with, and how many of them it is."""
    operations: list[Step] = []
    layer: Step | None = None
    taken = 0
    for edit in found:
        mine, other = (edit.given, edit.wanted) if given else (edit.wanted, edit.given)
        if edit.moved or (other is not None and (layer is not None or not _COMPOSED.fullmatch(other.cls))):
            break
        if mine is not None and not _belongs(mine, operations):
            break
        operations += [] if mine is None else [mine]
        layer = other or layer
        taken += 1
    if layer is None or len([one for one in operations if one.cls != "Variable"]) < LEAST:
        return None, 0
    return Handwork(tuple(operations), layer, given), taken


def _belongs(step: Step, operations: Sequence[Step]) -> bool:
    """Whether a step may be one of the operations that make a layer."""
    if step.cls == "Variable":
        return True
    known = [one.within for one in operations if one.cls != "Variable"]
    return step.within in (known[:1] or [step.within]) and (bool(step.within) or not _LAYERS.fullmatch(step.cls))


def _of_weights(found: Sequence[Edit]) -> tuple[OfWeights | None, int]:
    """Return the sum or product with a weight, for one with numbers or the other way, that differences begin with."""
    for taken in (2, 3):
        some = found[:taken]
        mine, theirs = ([one for one in side if one is not None] for side in zip(*_sides(some), strict=True))
        if any(edit.moved for edit in some) or len(some) < taken:
            break
        for is_weight, weighed, numbers in ((True, mine, theirs), (False, theirs, mine)):
            kinds = sorted(step.cls for step in weighed)
            plain = len(numbers) == 1 and hints.is_arithmetic(numbers[0])
            if plain and len(kinds) == 2 and kinds[0] in _SUMS and kinds[1] == "Variable":
                given = next(step for step in (weighed if is_weight else numbers) if step.cls != "Variable")
                return OfWeights(given, is_weight), taken
    return None, 0


def _sides(found: Sequence[Edit]) -> list[tuple[Step | None, Step | None]]:
    return [(edit.given, edit.wanted) for edit in found]


# --- In words ---------------------------------------------------------------------------------------------------------


def difference_of(told: Handwork | OfWeights) -> Difference:
    if isinstance(told, OfWeights):
        n, label = told.given.layer, label_of(told.given)
        where = (
            phrase(
                "layer {n}, {label}: with a weight that is learned, expected with numbers that are not",
                n=n,
                label=label,
            )
            if told.is_weight
            else phrase("layer {n}, {label}: with numbers, expected with a weight that is learned", n=n, label=label)
        )
        return Difference("class", where, place_of(told.given), hints.LEARNED)
    return _by_hand(told) if told.is_given else _for_handwork(told)


def _by_hand(told: Handwork) -> Difference:
    """The student wrote by hand what should be a layer, or something else."""
    layers = [step.layer for step in told.operations if step.layer]
    said = {"first": min(layers, default=0), "last": max(layers, default=0), "within": told.operations[0].within}
    within = next((step.within for step in told.operations if step.within), "")
    said["within"] = within
    if within:
        place = phrase("layers {first} to {last}, in {within}", **said)
        where = phrase(
            "layers {first} to {last}, in {within}: together they do not compute what is expected, {wanted}",
            **said, wanted=told.layer.label,
        )  # fmt: skip
    else:
        place = phrase("layers {first} to {last}", **said)
        where = phrase(
            "layers {first} to {last}: together they do not compute what is expected, {wanted}",
            **said,
            wanted=told.layer.label,
        )
    return Difference("class", where, place, hints.BY_HAND)


def _for_handwork(told: Handwork) -> Difference:
    """The student used a layer where the solution computes by hand."""
    within = next((step.within for step in told.operations if step.within), "")
    n, label = told.layer.layer, label_of(told.layer)
    wanted: Phrase | str = (
        phrase("a layer of one's own, {within}", within=within)
        if within
        else phrase(
            "operations, from {first} to {last}", first=told.operations[0].label, last=told.operations[-1].label
        )
    )
    where = phrase("layer {n}: {given}, expected {wanted}", n=n, given=label, wanted=wanted)
    return Difference("class", where, place_of(told.layer), hints.BY_HAND)
