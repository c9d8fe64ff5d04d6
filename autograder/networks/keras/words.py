"""What is said to those who write in Keras, where a network differs from the one expected."""

from __future__ import annotations

from autograder.locale import Phrase, phrase, phrases
from autograder.networks.steps import Step

BRANCHES = phrase(
    "the layers are the right ones, their connections are not: follow what each one takes as input, "
    "for instance with keras.utils.plot_model."
)
TRAINING = phrase("look at what call does with its argument training.")
OUTPUTS = phrase("check what you pass as outputs to keras.Model(…), or what your call method returns.")
MISSING = phrase("compare the lines of model.summary() with the layers asked for, one by one.")
TWICE = phrase("compare the lines of model.summary() with the layers asked for: one may be there twice.")
RECURRENT = phrase(
    "a recurrent layer has two activations: activation, for what it puts out, "
    "and recurrent_activation, for its gates; usually neither is given."
)
WITH_GATES = ("LSTM", "GRU", "SimpleRNN", "Bidirectional")
"""Layers that it speaks of."""

_BORDER = phrase("padding=1 adds one row or column of zeros on each side of the image.")
_TRAINED = phrase(
    "training=True or False in a call is for good: leave it out, or hand on the argument of your own call."
)
_PADDING = phrase('padding "same" adds a border of zeros so that the output keeps the size of the input.')
_POOLING_PADDING = phrase('with padding "valid", pooling drops the pixels of the border that do not fill a window.')
_POOLING_STRIDES = phrase("unless strides says otherwise, a pooling window moves by its own size.")
_STRIDES = phrase("strides is the step of the window: 2 halves the height and the width of the image.")
_WHATEVER_LAYER = {
    "rate": phrase("the rate of a Dropout is the share of values it sets to zero during training."),
    "trainable": phrase("trainable = False freezes the weights of a layer; set it before compile."),
    "takes": phrase("look at what the layer is called with beside its input, and at what the names of its call say."),
}


def hint(setting: str, given: Step) -> Phrase:
    """Return what to try next where a setting of a layer differs."""
    match setting:
        case "padding":
            return _BORDER if given.cls.startswith("ZeroPadding") else _padding(given)
        case "recurrent_activation" if given.cls in WITH_GATES:
            return RECURRENT
        case "training":
            return _TRAINED
        case "units" if given.cls == "Bidirectional":
            return phrase("units is the first argument of the layer inside {cls}.", cls=given.cls)
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
