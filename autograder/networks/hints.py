"""What to try next, for each kind of difference between two networks.

A hint explains, and does not tell the value expected. Where it would all the same, as of padding, which has two values,
there is another for courses that hide what they expect: `discreet`.
"""

from __future__ import annotations

from autograder.locale import Phrase, phrase
from autograder.networks.alignment import Edit
from autograder.networks.frameworks import COMMON, dialect_of, dialect_of_steps
from autograder.networks.keras.words import RECURRENT, WITH_GATES
from autograder.networks.steps import Step
from autograder.wire.messages import Network

NO_INPUT = phrase("begin with keras.Input(shape=…), so that the network knows the shape of one example.")
INPUTS = phrase("each input of the network is a keras.Input of its own; list them in keras.Model(inputs=[…], …).")
INPUT_SHAPE = phrase("keras.Input(shape=…) takes the shape of one example, without the number of examples.")
SWAPPED = phrase("the right branches are there, in another order: here it counts.")
WHOLE_SET = phrase("keras.Input(shape=…) takes the shape of one example: leave out the number of examples.")
RAISED = phrase("call the network on one example in your notebook, and read the error from its last line up.")
UNREAD = phrase("what this code computes could not be followed.")
LOSSES = phrase("check what is handed to add_loss in call.")
SHARING = phrase("one layer called twice has one set of weights; two layers have one each.")
OUTPUTS = phrase("a layer with return_state=True, or tf.split, gives several tensors: see which one is taken after it.")

BY_HAND = phrase(
    "a layer and the same layer written by hand give the same numbers: compare them on one array, and look at the axes."
)
LEARNED = phrase("a weight of a layer is learned with the network; numbers, or a tensor of ones, are not.")
UNADAPTED = phrase("a Normalization learns the mean and the variance from adapt(data), or is given both.")

_LAST_ACTIVATION = phrase(
    "the last activation depends on what is predicted: a probability for each class, "
    "a single probability, or any number."
)
_NO_ACTIVATION = phrase("without an activation between them, two layers compute no more than a single one would.")
_OTHER_ACTIVATION = phrase("read again which activation is asked for here.")
_EXTRA_ACTIVATION = phrase("check whether this layer is asked to have an activation.")
_POOLING = phrase("max pooling keeps the largest value of each window, average pooling their mean.")
_FLATTEN = phrase("Flatten keeps every value of the image, global pooling a single one for each channel.")
_POOLINGS = phrase("read again which pooling is asked for here.")
_TO_A_VECTOR = phrase("read again how the image is to be made a vector.")
_PADDINGS = phrase("look at the padding of this layer: what size does its output have?")
_ORDER = phrase("the layers are applied in the order they are written in.")
_NUMBERS = phrase("read again which numbers this code is to compute with.")


def hint(edit: Edit) -> Phrase:
    """Return what to try next for one edit of the steps of a network."""
    if edit.moved:
        return _ORDER
    if edit.given is not None and edit.wanted is not None:
        if not edit.settings or "layer" in edit.settings:
            return _other_class(edit.given, edit.wanted)
        return _setting(edit.settings[0], edit.given, edit)
    step = edit.given or edit.wanted
    if step is None or step.cls != "Activation":
        twice = edit.given is not None and edit.repeated
        words = dialect_of_steps([step] if step is not None else []).words
        return words.twice if twice else words.missing
    if edit.last:
        return _LAST_ACTIVATION
    return _NO_ACTIVATION if edit.given is None else _EXTRA_ACTIVATION


def is_arithmetic(step: Step) -> bool:
    """Whether numbers are computed with by operations, which no Rescaling was written for."""
    return step.cls == "Rescaling" and step.label != step.cls


def for_author(said: Phrase | None, network: Network) -> Phrase | None:
    """Return a hint as the author of a network is told it: a weight or a constant does not say where it is from."""
    common, own = COMMON.words, dialect_of(network).words
    return own.missing if said == common.missing else own.twice if said == common.twice else said


def discreet(edit: Edit) -> Phrase | None:
    """Return what to say in place of a hint that tells what is expected; None for one that does not."""
    if edit.given is None or edit.wanted is None or edit.moved:
        return None
    if edit.settings:
        return _PADDINGS if edit.settings[0] == "padding" and "Conv" in edit.given.cls else None
    told = _other_class(edit.given, edit.wanted)
    return _TO_A_VECTOR if told is _FLATTEN else _POOLINGS if told is _POOLING else None


def _setting(setting: str, given: Step, edit: Edit) -> Phrase:
    if given.cls == "Constant" or is_arithmetic(given):
        return _NUMBERS
    if setting != "activation":
        return dialect_of_steps([given]).words.hint(setting, given)
    if given.cls in WITH_GATES:
        return RECURRENT
    return _LAST_ACTIVATION if edit.last else _OTHER_ACTIVATION


def _other_class(given: Step, wanted: Step) -> Phrase:
    classes = {given.cls, wanted.cls}
    if any(cls.startswith("Global") for cls in classes) and "Flatten" in classes:
        return _FLATTEN
    if all("Pooling" in cls for cls in classes):
        return _POOLING
    return dialect_of_steps([given]).words.missing
