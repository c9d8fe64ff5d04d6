"""Whether two networks that are read as different may compute the same all the same: then it cannot be told.

Code that could not be followed may be anything. Code that was followed is put in normal form, and what students write
by hand, a recurrent layer as a loop, a normalization by its moments, has more forms than are known. So where operations
written by hand stand in a difference, the numbers decide that both networks made of the same examples: the same numbers
are no proof that they are equal, and forbid to say that they are not.
"""

from __future__ import annotations

import operator
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from autograder.networks.alignment import Edit, edits
from autograder.networks.nodes import DRAWS
from autograder.networks.normal import Asked
from autograder.networks.sampled import agree
from autograder.networks.signature import Canonical, canonical, outputs_untrained
from autograder.networks.steps import Step
from autograder.wire.by_hand import is_by_hand, is_written
from autograder.wire.messages import Layer, Network, Shape

_KNOWN = re.compile(
    r"(Einsum)?Dense|Embedding|.*Conv.*|.*Pooling.*|.*Normalization|.*Dropout.*|GaussianNoise|LSTM|GRU|SimpleRNN"
    r"|Bidirectional|.*Attention|Random(Flip|Rotation|Zoom|Translation|Contrast|Brightness|Crop)"
)
"""Steps that no other steps are written as: their settings differ where the networks do."""
_UNSEEN = re.compile(
    r"rate|momentum|epsilon|eps|max_value|stddev|noise_shape|(recurrent_)?dropout|.*regularizer|.*constraint"
)
"""Settings that numbers show hardly, or not at all while nothing is trained."""
_COMPOSED = re.compile(r".*Normalization|LSTM|GRU|SimpleRNN|RNN|Bidirectional|.*Attention|.*ConvLSTM.*|Masking")
"""Layers that are many operations, which may be written in many ways."""
_REGROUPED = re.compile(r"LSTM|GRU|SimpleRNN|RNN|Bidirectional|.*Attention|.*ConvLSTM.*")
"""Those of them whose gates or heads may lie in one matrix or in several, in any order."""

Read = tuple[Network, Canonical]
"""A record and its canonical form."""


def doubt(given: Network, wanted: Network, *, trainable: bool = False, initializers: bool = False) -> str:
    """Say why it cannot be told whether two networks differ; nothing where it can."""
    if given.problem == "unreadable" or wanted.problem == "unreadable":
        return (given if given.problem == "unreadable" else wanted).note or "its code could not be followed"
    asked = Asked(trainable, initializers, folded=True)
    mine, theirs = (canonical(one, trainable=trainable, initializers=initializers) for one in (given, wanted))
    if mine.input_shapes != theirs.input_shapes:
        return ""
    found = edits(mine.steps, theirs.steps)
    unknown = next((step for step in (*mine.steps, *theirs.steps) if step.unreadable), None)
    if unknown is not None:
        certain = any(_is_certain(edit, mine, theirs) for edit in found)
        why = f"layer {unknown.layer}, {unknown.label}, could not be followed ({unknown.unreadable})"
        return "" if certain else why
    return _by_hand((given, mine), (wanted, theirs), found, asked)


def _is_certain(edit: Edit, mine: Canonical, theirs: Canonical) -> bool:
    """Whether two networks differ whatever is not known of them.

    That is where the settings do of layers that both have, in the same number.
    """
    step = edit.given
    if step is None or not edit.settings or step.unreadable:
        return False
    counts = [Counter(one.cls for one in form.steps)[step.cls] for form in (mine, theirs)]
    return counts[0] == counts[1]


# --- Written by hand --------------------------------------------------------------------------------------------------


def _by_hand(mine: Read, theirs: Read, found: Sequence[Edit], asked: Asked) -> str:
    """Say which steps written by hand may be what is expected, where they may."""
    hand = _first_by_hand(*mine, [edit.given for edit in found])
    hand = hand or _first_by_hand(*theirs, [edit.wanted for edit in found])
    if hand is None or _differ_for_certain(mine, theirs, asked):
        return ""
    given, wanted = mine[0], theirs[0]
    certain = [edit for edit in found if _is_certain(edit, mine[1], theirs[1]) and _is_known(edit)]
    where = f"layer {hand.layer}, {hand.label}, is written by hand"
    if any(_UNSEEN.fullmatch(name) for edit in certain for name in edit.settings):
        return ""
    if outputs_untrained(given, asked).content == outputs_untrained(wanted, asked).content:
        drawn = any(_is_drawn(step) for step in _touched(found))
        return f"{where}, and draws at random in a way of its own" if drawn else ""
    composed, regrouped = (any(kind.fullmatch(one.cls) for one in _touched(found)) for kind in (_COMPOSED, _REGROUPED))
    same = agree(given, wanted, regrouped=regrouped or _shapes(given) != _shapes(wanted))
    if same:
        return f"{where}, and run on examples the network makes the numbers of the one expected"
    if same is False or certain:
        return ""
    unrun = (
        given.sample is None and is_by_hand(wanted) and wanted.sample is not None
    )  # evidence of before the solution was written by hand
    return f"{where}, and the network was not run on examples" if composed or unrun else ""


def _first_by_hand(network: Network, form: Canonical, differing: Sequence[Step | None]) -> Step | None:
    """Return the first operation that is written by hand among the steps that differ, among all where none does."""
    calls = _as_counted(network.layers)
    steps = [step for step in differing if step is not None] if differing else form.steps
    own = (step for step in steps if 0 < step.layer <= len(calls) and is_written(calls[step.layer - 1]))
    return next(own, None)


def _as_counted(layers: Iterable[Layer]) -> list[Layer]:
    """Return calls in the order that steps count them in."""
    return [layer for layer in layers if layer.cls not in ("InputLayer", "Variable", "Constant")]


def _is_known(edit: Edit) -> bool:
    known = edit.given is not None and _KNOWN.fullmatch(edit.given.cls)
    return bool(known) or "max_value" in edit.settings  # what an activation is cut at


def _differ_for_certain(mine: Read, theirs: Read, asked: Asked) -> bool:
    """Whether the networks differ, though what is written by hand be what is expected."""
    (given, form), (wanted, other) = mine, theirs
    if given.params != wanted.params or (asked.trainable and given.trainable_params != wanted.trainable_params):
        return True
    axes = ([len(shape) for shape in one.output_shapes] for one in (given, wanted))  # their sizes, Keras may have wrong
    if len(form.losses) != len(other.losses) or operator.ne(*axes):
        return True
    return any(
        any(map(unseen, form.steps)) != any(map(unseen, other.steps))
        for unseen in (_is_drawn, _is_stopped, _is_penalized)
    )


def _is_drawn(step: Step) -> bool:
    settings = dict(step.settings)
    return bool(DRAWS.fullmatch(step.cls) or settings.get("dropout") or settings.get("recurrent_dropout"))


def _is_stopped(step: Step) -> bool:
    return step.cls == "StopGradient"


def _is_penalized(step: Step) -> bool:
    return step.cls == "ActivityRegularization"


def _shapes(network: Network) -> Counter[Shape]:
    """The shapes of its weights, axes of one left out."""
    shapes = (weight.shape for layer in network.layers for weight in layer.weights)
    return Counter(tuple(size for size in shape if size != 1) for shape in shapes)


def _touched(found: Iterable[Edit]) -> Iterator[Step]:
    for edit in found:
        yield from (step for step in (edit.given, edit.wanted) if step is not None)
