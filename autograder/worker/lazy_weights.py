"""Draw a layer's initial weights when they are first read, not when the layer is built.

An exam looks at the structure of networks far more often than at their initial values, and drawing those of one VGG16
costs 60 MB and a fifth of a second. Keras picks an initializer's seed when the layer is made, and its initializers are
pure functions of that seed, so a value drawn later is the value that would have been drawn at once. Whatever is not
such a function (a student's own initializer, one that shares a seed generator) draws at once, as it always did.

This reaches into Keras's TensorFlow variables. Where they do not have the form it knows, it leaves them alone.
"""

from __future__ import annotations

import sys
from typing import Any

_PENDING, _VALUE = "_pending_initializer", "_drawn_value"


def install() -> bool:
    """Make the variables of the loaded Keras lazy. Return whether they are: a Keras of another form stays as it is."""
    tf, core = sys.modules.get("tensorflow"), sys.modules.get("keras.src.backend.tensorflow.core")
    variable: Any = getattr(core, "Variable", object)
    draw = vars(variable).get("_initialize_with_initializer")
    if tf is None or draw is None or "_value" in vars(variable):
        return False

    def draw_later(self: Any, initializer: Any) -> None:
        if _is_pure(initializer):
            vars(self)[_PENDING] = initializer
        else:
            draw(self, initializer)

    def read(self: Any) -> Any:
        initializer = vars(self).pop(_PENDING, None)
        if initializer is not None:
            with tf.init_scope():  # the first read may come from inside a graph being traced
                draw(self, initializer)
        return vars(self).get(_VALUE)

    def write(self: Any, value: Any) -> None:
        vars(self).pop(_PENDING, None)
        vars(self)[_VALUE] = value

    variable._initialize_with_initializer = draw_later
    variable._value = property(read, write)
    return True


def _is_pure(initializer: Any) -> bool:
    own = type(initializer).__module__.startswith("keras.src.initializers.")
    return own and isinstance(getattr(initializer, "seed", 0), int)
