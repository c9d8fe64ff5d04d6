"""What to try next, for each kind of difference between two networks.

A hint explains, and does not tell the value expected. Where it would all the same, as of padding, which has two values,
there is another for courses that hide what they expect: `discreet`.
"""

from __future__ import annotations

from autograder.locale import Phrase, phrase, phrases
from autograder.networks.alignment import Edit
from autograder.networks.pytorch import words as pytorch_words
from autograder.networks.signature import Step

NO_INPUT = phrase("begin with keras.Input(shape=…), so that the network knows the shape of one example.")
INPUTS = phrase("each input of the network is a keras.Input of its own; list them in keras.Model(inputs=[…], …).")
INPUT_SHAPE = phrase("keras.Input(shape=…) takes the shape of one example, without the number of examples.")
BRANCHES = phrase(
    "the layers are the right ones, their connections are not: follow what each one takes as input, "
    "for instance with keras.utils.plot_model."
)
SWAPPED = phrase("the right branches are there, in another order: here it counts.")
WHOLE_SET = phrase("keras.Input(shape=…) takes the shape of one example: leave out the number of examples.")
TRAINING = phrase("look at what call does with its argument training.")
RAISED = phrase("call the network on one example in your notebook, and read the error from its last line up.")
UNREAD = phrase("what this code computes could not be followed.")
FRAMEWORK = phrase(
    "images have their channels last in Keras and first in PyTorch, and defaults differ: compare the shapes and the "
    "settings of each layer."
)
LOSSES = phrase("check what is handed to add_loss in call.")
SHARING = phrase("one layer called twice has one set of weights; two layers have one each.")
OUTPUTS = phrase("a layer with return_state=True, or tf.split, gives several tensors: see which one is taken after it.")
OUTPUT = phrase("check what you pass as outputs to keras.Model(…), or what your call method returns.")

_LAST_ACTIVATION = phrase(
    "the last activation depends on what is predicted: a probability for each class, "
    "a single probability, or any number."
)
_NO_ACTIVATION = phrase("without an activation between them, two layers compute no more than a single one would.")
_OTHER_ACTIVATION = phrase("read again which activation is asked for here.")
_EXTRA_ACTIVATION = phrase("check whether this layer is asked to have an activation.")
_POOLING = phrase("max pooling keeps the largest value of each window, average pooling their mean.")
_FLATTEN = phrase("Flatten keeps every value of the image, global pooling a single one for each channel.")
_MISSING = phrase("compare the lines of model.summary() with the layers asked for, one by one.")
_TWICE = phrase("compare the lines of model.summary() with the layers asked for: one may be there twice.")
_POOLINGS = phrase("read again which pooling is asked for here.")
_TO_A_VECTOR = phrase("read again how the image is to be made a vector.")
_PADDINGS = phrase("look at the padding of this layer: what size does its output have?")
_RECURRENT = phrase(
    "a recurrent layer has two activations: activation, for what it puts out, "
    "and recurrent_activation, for its gates; usually neither is given."
)
_BORDER = phrase("padding=1 adds one row or column of zeros on each side of the image.")
_TRAINED = phrase(
    "training=True or False in a call is for good: leave it out, or hand on the argument of your own call."
)
_ORDER = phrase("the layers are applied in the order they are written in.")
_PADDING = phrase('padding "same" adds a border of zeros so that the output keeps the size of the input.')
_POOLING_PADDING = phrase('with padding "valid", pooling drops the pixels of the border that do not fill a window.')
_FROZEN = phrase("trainable = False freezes the weights of a layer; set it before compile.")
_POOLING_STRIDES = phrase("unless strides says otherwise, a pooling window moves by its own size.")
_STRIDES = phrase("strides is the step of the window: 2 halves the height and the width of the image.")
_NUMBERS = phrase("read again which numbers this code is to compute with.")
_CALLED = phrase("look at what the layer is called with beside its input, and at what the names of its call say.")
_RATE = phrase("the rate of a Dropout is the share of values it sets to zero during training.")

_WHATEVER_LAYER = {"rate": _RATE, "trainable": _FROZEN, "takes": _CALLED}


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
        if step is not None and step.written:
            return pytorch_words.TWICE if twice else pytorch_words.MISSING
        return _TWICE if twice else _MISSING
    if edit.last:
        return _LAST_ACTIVATION
    return _NO_ACTIVATION if edit.given is None else _EXTRA_ACTIVATION


def is_arithmetic(step: Step) -> bool:
    """Whether numbers are computed with by operations, which no Rescaling was written for."""
    return step.cls == "Rescaling" and step.label != step.cls


def of_pytorch(said: Phrase | None) -> Phrase | None:
    """Return a hint as it is for a network of PyTorch: a weight or a constant does not say where it is from."""
    return pytorch_words.MISSING if said == _MISSING else pytorch_words.TWICE if said == _TWICE else said


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
    if given.written and setting != "activation":
        return pytorch_words.hint(setting, given)
    match setting:
        case "padding":
            return _BORDER if given.cls.startswith("ZeroPadding") else _padding(given)
        case "activation" | "recurrent_activation" if given.cls in ("LSTM", "GRU", "SimpleRNN", "Bidirectional"):
            return _RECURRENT
        case "training":
            return _TRAINED
        case "units" if given.cls == "Bidirectional":
            return phrase("units is the first argument of the layer inside {cls}.", cls=given.cls)
        case "activation":
            return _LAST_ACTIVATION if edit.last else _OTHER_ACTIVATION
        case "filters" | "units":
            return phrase("{setting} is the first argument of {cls}.", setting=setting, cls=given.cls)
        case "kernel_size":
            return phrase("{setting} is the second argument of {cls}.", setting=setting, cls=given.cls)
        case "strides":
            return _POOLING_STRIDES if "Pooling" in given.cls else _STRIDES
        case "rate" | "trainable" | "takes":
            return _WHATEVER_LAYER[setting]
    named = given.label if given.cls == "Activation" else given.cls
    return phrase("the documentation of {cls} says what {setting} does.", setting=setting, cls=named)


def _padding(given: Step) -> Phrase:
    settings = dict(given.settings)
    if settings.get("padding") != "valid":
        return _PADDING
    kernel = _sizes(settings.get("kernel_size"))
    if not kernel:
        return _POOLING_PADDING
    dilation = _sizes(settings.get("dilation_rate")) or (1,) * len(kernel)
    return phrases(
        'without padding "same", each {kernel} convolution takes {n} pixel off the height and the width of the image.',
        'without padding "same", each {kernel} convolution takes {n} pixels off the height and the width of the image.',
        max((size - 1) * spread for size, spread in zip(kernel, dilation, strict=False)),
        kernel=" × ".join(str(size) for size in kernel),
    )


def _sizes(value: object) -> tuple[int, ...]:
    """Return a tuple of sizes as it is, and nothing for whatever else a room may have sent."""
    return value if isinstance(value, tuple) and all(isinstance(size, int) for size in value) else ()


def _other_class(given: Step, wanted: Step) -> Phrase:
    classes = {given.cls, wanted.cls}
    if any(cls.startswith("Global") for cls in classes) and "Flatten" in classes:
        return _FLATTEN
    if all("Pooling" in cls for cls in classes):
        return _POOLING
    return pytorch_words.MISSING if given.written else _MISSING
