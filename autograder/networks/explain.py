"""Where a submitted network leaves the expected one, and the smallest edit that would mend it, said to a student."""

from __future__ import annotations

import dataclasses
import re
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache

from msgspec.structs import replace

from autograder.locale import Phrase, phrase, phrases
from autograder.networks import hints
from autograder.networks.alignment import Edit, edits
from autograder.networks.differences import Difference, edit_difference, is_adapted, label_of, place_of
from autograder.networks.frameworks import dialect_of, dialect_of_steps
from autograder.networks.handwork import Told, difference_of, gathered
from autograder.networks.normal import COMMUTATIVE, Asked
from autograder.networks.signature import (
    RECENT,
    ByContent,
    Canonical,
    by_content,
    canonical,
    has_foldable,
    hashes,
    untrained,
)
from autograder.networks.steps import Step
from autograder.wire.messages import Network, Shape

MAX_ERROR = 200
"""Characters shown of an error."""

_STATES = {"LSTM 1": "h", "LSTM 2": "c", "GRU 1": "h"}
"""What the states of a recurrent layer are called."""
SAME_LAYERS = 8
"""Further layers named that the same edit would mend."""

_WITHOUT_WEIGHTS = re.compile(
    r"Activation|.*Dropout.*|GaussianNoise|Add|Average|Maximum|Minimum|Multiply|Subtract|Rescaling|ActivityRegularization"
)
_NO_COUNT = re.compile(
    r".*_(?:initializer|regularizer|constraint)|activation|recurrent_activation|rate|momentum|epsilon|trainable|training"
    r"|dropout|recurrent_dropout|merge_mode|takes|interpolation"
)
"""Settings that change no number of parameters."""


def explain(
    given: Network, wanted: Network, *, trainable: bool = False, initializers: bool = False
) -> Difference | None:
    """Return the first difference between `given` and `wanted`, None where their signatures are equal.

    With `trainable`, frozen and trained layers differ as well; with `initializers`, the values that weights begin with.
    Layers are numbered from 1 as the student wrote them. Of the same two networks it is found once.
    """
    return _explained(by_content(given), by_content(wanted), Asked(trainable, initializers))


@lru_cache(maxsize=RECENT)
def _explained(mine: ByContent, theirs: ByContent, asked: Asked) -> Difference | None:
    given, wanted = mine.network, theirs.network
    if given.framework != wanted.framework and not given.problem:
        return _of_another_framework(given, wanted, asked)
    if given.problem in ("raised", "unbuilt") and wanted.problem == "":
        return _of_a_list(given, wanted, asked)
    forms = _forms(given, wanted, asked)
    found = _unadapted(given, *forms) or _difference(*forms)
    if found is not None:
        return dataclasses.replace(found, hint=hints.for_author(found.hint, given))
    if given.code != wanted.code:
        return Difference("unread", phrase("the network's code"), phrase("the network's code"), hints.UNREAD)
    return _untrained_difference(given, wanted, asked)


def _forms(given: Network, wanted: Network, asked: Asked) -> list[Canonical]:
    """Return both networks in the words of their authors, but where these alone would make a difference."""
    said = {"trainable": asked.trainable, "initializers": asked.initializers}
    forms = [canonical(one, **said) for one in (given, wanted)]
    if not any(map(has_foldable, forms)):
        return forms
    folded = [canonical(one, **said, folded=True) for one in (given, wanted)]
    plainly, really = (len(edits(mine.steps, theirs.steps)) for mine, theirs in (forms, folded))
    return folded if really < plainly else forms


def _of_another_framework(given: Network, wanted: Network, asked: Asked) -> Difference | None:
    """Networks of two frameworks: what is not equal differs in more than one edit, its layout as well."""
    forms = _forms(given, wanted, asked)
    if forms[0].content == forms[1].content:
        return None
    mine, theirs = dialect_of(given), dialect_of(wanted)
    names = {"mine": mine.shown, "theirs": theirs.shown}
    where = phrase("the network is written in {mine}, expected {theirs}: the two do not compute the same", **names)
    place = phrase("the network is written in {mine}", mine=names["mine"])
    return Difference("framework", where, place, mine.words.layout or theirs.words.layout)


def _untrained_difference(given: Network, wanted: Network, asked: Asked) -> Difference | None:
    """The networks are equal in training: what is left is what they compute when they are not trained."""
    mine, theirs = untrained(given, asked), untrained(wanted, asked)
    if (mine and mine.content) == (theirs and theirs.content):
        return None
    where = phrase("in training the network is the one expected, and another where it is not trained")
    return Difference("setting", where, where, dialect_of(given).words.training, setting="training")


def _of_a_list(given: Network, wanted: Network, asked: Asked) -> Difference | None:
    """A network that could not be built, or not called: its layers are known, of a Sequential in their order."""
    error = raised(given)
    if not (given.dress == "Sequential" and dialect_of(given).listed) and error is not None:
        return error
    mine, theirs = (
        canonical(_without_shapes(one), trainable=asked.trainable, initializers=asked.initializers)
        for one in (given, wanted)
    )
    found = edits(mine.steps, theirs.steps) if given.dress == "Sequential" else []
    if found:
        return _step_difference(found)
    if error is not None:
        return error
    return _input_difference((), tuple(tuple(shape[1:]) for shape in wanted.input_shapes), more=0)


def _without_shapes(network: Network) -> Network:
    return replace(network, layers=[replace(one, input_shapes=[], output_shapes=[]) for one in network.layers])


def raised(network: Network) -> Difference | None:
    """Say that calling the network raises an error, where it does."""
    if network.problem != "raised":
        return None
    error = network.note.rpartition("; ")[2] or network.note
    where = phrase("called on an example, the network raises {error}", error=error[:MAX_ERROR])
    return Difference("raised", where, where, hints.RAISED)


def explain_params(given: Network, wanted: Network) -> Difference | None:
    """Return where the number of parameters first goes astray, None where no layer says."""
    if given.problem or wanted.problem:
        return None
    mine, theirs = canonical(given), canonical(wanted)
    if mine.input_shapes != theirs.input_shapes:
        return None
    counting = [edit for edit in edits(mine.steps, theirs.steps) if _counts(edit)]
    if not counting:
        return None
    found = _step_difference(counting)
    where = phrase("the count goes astray here: {where}", where=found.where)
    return dataclasses.replace(found, where=where, hint=None, discreet=None)


def _counts(edit: Edit) -> bool:
    """Whether an edit may change the number of parameters."""
    if edit.settings:
        return any(not _NO_COUNT.fullmatch(setting) for setting in edit.settings)
    return not all(_WITHOUT_WEIGHTS.fullmatch(step.cls) for step in (edit.given, edit.wanted) if step is not None)


def _difference(mine: Canonical, theirs: Canonical) -> Difference | None:
    found = edits(mine.steps, theirs.steps)
    if mine.input_shapes != theirs.input_shapes:
        return _input_difference(mine.input_shapes, theirs.input_shapes, more=_count(found))
    if found:
        read = [edit for edit in found if _is_read(edit)] or found
        return _swapped(mine, theirs) or _told_difference(gathered(read))
    return _graph_difference(mine, theirs)


def _unadapted(given: Network, mine: Canonical, theirs: Canonical) -> Difference | None:
    """A Normalization is missing, and there is one that changes nothing: it learned no mean and no variance."""
    counted = [one for one in given.layers if one.cls not in ("InputLayer", "Variable", "Constant")]
    idle = [n for n, one in enumerate(counted, start=1) if one.cls == "Normalization"]
    idle = [n for n in idle if not any(step.layer == n for step in mine.steps)]
    found = edits(mine.steps, theirs.steps) if idle else []
    if not any(one.given is None and one.wanted is not None and is_adapted(one) for one in found):
        return None
    where = phrase(
        "layer {n}, {label}: changes nothing, for it learned no mean and no variance", n=idle[0], label="Normalization"
    )
    place = phrase("layer {n}, {label}", n=idle[0], label="Normalization")
    return Difference("setting", where, place, hints.UNADAPTED, more=_count(found) - 1, setting="mean")


def _is_read(edit: Edit) -> bool:
    """Whether both steps are known: nothing is said of code that could not be followed where there is more to say."""
    return not any(step.unreadable for step in (edit.given, edit.wanted) if step is not None)


def _is_weight(edit: Edit) -> bool:
    """Whether it is of a weight of the student's own: what is done with it says more."""
    return "Variable" in [step.cls for step in (edit.given, edit.wanted) if step is not None]


def _count(found: Sequence[Told]) -> int:
    return sum(max(len(one.settings), 1) if isinstance(one, Edit) and not is_adapted(one) else 1 for one in found)


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
    whole = any(one[1:] == other for one, other in zip(given, wanted, strict=True))
    return Difference("input", where, place, hints.WHOLE_SET if whole else hints.INPUT_SHAPE, more=more)


def _shapes(shapes: tuple[Shape, ...]) -> str:
    return ", ".join(str(shape) for shape in shapes)


# --- A step -----------------------------------------------------------------------------------------------------------


def _told_difference(told: Sequence[Told]) -> Difference:
    """Say the first difference, of a weight only where there is no other."""
    told = [one for one in told if not isinstance(one, Edit) or not _is_weight(one)] or told
    first = told[0]
    if isinstance(first, Edit):
        return _step_difference([one for one in told if isinstance(one, Edit)], told)
    difference, more = difference_of(first), _count(told[1:])
    return dataclasses.replace(difference, where=_with_more(difference.where, more), more=more)


def _with_more(where: Phrase, more: int) -> Phrase:
    if more < 1:
        return where
    return phrases("{where}; and {n} more difference", "{where}; and {n} more differences", more, where=where)


def _step_difference(found: list[Edit], told: Sequence[Told] = ()) -> Difference:
    """Say the first edit; that others are the same, or that there are others among all that is to be told."""
    edit = found[0]
    same = [one for one in found[1:] if _is_same(edit, one)]
    more = _count(told or found) - 1 - len(same)
    difference = dataclasses.replace(edit_difference(edit), more=more, discreet=hints.discreet(edit))
    where, place = difference.where, difference.place
    if same:
        steps = [one.given or one.owner for one in same[:SAME_LAYERS]]
        layers = ", ".join(str(step.layer) for step in steps if step is not None)
        layers += ", …" if len(same) > SAME_LAYERS else ""
        where = phrases(
            "{where}; the same in layer {layers}",
            "{where}; the same in layers {layers}",
            len(same),
            where=where,
            layers=layers,
        )
        place = phrases(
            "{where}; the same in layer {layers}",
            "{where}; the same in layers {layers}",
            len(same),
            where=place,
            layers=layers,
        )
    return dataclasses.replace(difference, where=_with_more(where, more), place=place)


def _is_same(edit: Edit, other: Edit) -> bool:
    """Whether two edits are one cause: one setting, from one value to one value, or one activation left out."""
    if edit.wanted is not None and other.wanted is not None and edit.given is other.given is None:
        activations = edit.wanted.cls == other.wanted.cls == "Activation"
        return activations and edit.wanted.settings == other.wanted.settings
    if not edit.settings or edit.settings != other.settings or len(edit.settings) > 1:
        return False
    assert edit.given is not None
    assert edit.wanted is not None
    assert other.given is not None
    assert other.wanted is not None
    setting = edit.settings[0]
    return edit.given.cls == other.given.cls and all(
        dict(one.settings).get(setting) == dict(two.settings).get(setting)
        for one, two in ((edit.given, other.given), (edit.wanted, other.wanted))
    )


# --- The graph --------------------------------------------------------------------------------------------------------


def _swapped(given: Canonical, wanted: Canonical) -> Difference | None:
    """The same steps in another order: where the first that goes astray takes the right ones in another order, say so.

    The steps before it are equal, whatever their place in the list.
    """
    if Counter((one.cls, one.settings) for one in given.steps) != Counter(
        (one.cls, one.settings) for one in wanted.steps
    ):
        return None
    mine, theirs = hashes(given), hashes(wanted)
    known = set(theirs)
    for place, step in enumerate(given.steps):
        if mine[place] in known:
            continue
        sources = [mine[one] if one >= 0 else str(one) for one in step.inputs]
        for other, due in zip(wanted.steps, theirs, strict=True):
            if due in mine or (other.cls, other.settings) != (step.cls, step.settings) or step.cls in COMMUTATIVE:
                continue
            wanted_sources = [theirs[one] if one >= 0 else str(one) for one in other.inputs]
            if sorted(sources) == sorted(wanted_sources) and len(sources) > 1:
                order = [step.inputs[sources.index(one)] for one in wanted_sources]
                return _branch_difference(given, step, order, more=0)
        return None
    return None


def _graph_difference(given: Canonical, wanted: Canonical) -> Difference | None:
    """The steps are the same, one by one: what is left is what each takes, what it shares, and what comes out."""
    pairs = list(zip(given.steps, wanted.steps, strict=True))
    astray = [(mine, theirs) for mine, theirs in pairs if mine.inputs != theirs.inputs]
    if astray:
        mine, theirs = astray[0]
        return _branch_difference(given, mine, theirs.inputs, more=len(astray) - 1)
    for mine, theirs in pairs:
        if mine.shared != theirs.shared:
            return _sharing_difference(mine)
    if given.outputs != wanted.outputs:
        return _output_difference(given, wanted)
    if given.losses != wanted.losses:
        where = phrase("add_loss: another loss than the one expected")
        return Difference("output", where, phrase("add_loss"), hints.LOSSES)
    return None


def _branch_difference(given: Canonical, mine: Step, theirs: Sequence[int], more: int) -> Difference:
    same = sorted(mine.inputs) == sorted(theirs)
    said = {
        "n": mine.layer,
        "label": label_of(mine),
        "given": _sources(given, mine.inputs),
        "wanted": _sources(given, theirs),
    }
    where = (
        phrase("layer {n}, {label}: takes {given} in this order, expected {wanted}", **said)
        if same
        else phrase("layer {n}, {label}: takes {given}, expected {wanted}", **said)
    )
    place = phrase(
        "layer {n}, {label}: takes {given}", n=mine.layer, label=label_of(mine), given=_sources(given, mine.inputs)
    )
    branches = dialect_of_steps([mine]).words.branches
    return Difference("branches", where, place, hints.SWAPPED if same else branches, more=more)


def _sources(form: Canonical, inputs: Sequence[int]) -> str:
    """Name steps by label and layer: `Conv2D(64) [2], Input`; of several inputs, by their number as well."""
    return ", ".join(_source(form, source) for source in inputs)


def _source(form: Canonical, source: int) -> str:
    if source < 0:
        return "Input" if len(form.input_shapes) < 2 else f"Input {-source}"
    step = form.steps[source]
    if step.cls == "Output" and step.inputs and step.inputs[0] >= 0:
        owner = form.steps[step.inputs[0]]
        index = dict(step.settings).get("index")
        name = _STATES.get(f"{owner.cls} {index}", str(index))
        return f"{owner.label} [{owner.layer}].{name}"
    return f"{step.label} [{step.layer}]"


def _sharing_difference(mine: Step) -> Difference:
    n, label = mine.layer, label_of(mine)
    where = (
        phrase("layer {n}, {label}: shares its weights with another, expected weights of its own", n=n, label=label)
        if mine.shared
        else phrase("layer {n}, {label}: has weights of its own, expected to share them", n=n, label=label)
    )
    return Difference("sharing", where, place_of(mine), hints.SHARING)


def _output_difference(given: Canonical, wanted: Canonical) -> Difference:
    hint = dialect_of_steps(given.steps).words.outputs
    if len(given.outputs) != len(wanted.outputs):
        mine, theirs = len(given.outputs), len(wanted.outputs)
        where = phrase("number of outputs: {given}, expected {wanted}", given=mine, wanted=theirs)
        return Difference("output", where, phrase("number of outputs: {given}", given=mine), hint)
    names = _sources(given, given.outputs)
    where = phrase("output: {given}, expected {wanted}", given=names, wanted=_sources(given, wanted.outputs))
    return Difference("output", where, phrase("output: {given}", given=names), hint)
