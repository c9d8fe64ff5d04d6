"""Draw a layer's initial weights when they are first read, not when the layer is built.

An exam looks at the structure of networks far more often than at their initial values, and drawing those of one VGG16
costs 60 MB and a fifth of a second. Keras picks an initializer's seed when the layer is made, and its initializers are
pure functions of that seed, so a value drawn later is the value that would have been drawn at once. Whatever is not
such a function (a student's own initializer, one that shares a seed generator or holds an array) draws at once, as it
always did; so does what is built where the place counts: inside a function that is traced, under a strategy.

No code may notice. A variable that comes to be inside a trace would belong to it: it is made in a thread of its own,
where no trace, tape, device or scope of the reader's is, as if it had been there all along.

This reaches into Keras's TensorFlow variables. Where they do not have the form it knows, it leaves them alone.
"""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Callable
from typing import Any

_PENDING, _VALUE = "_pending_initializer", "_drawn_value"
_DRAWN_BY = "_drawn_by"
"""The initializer that a weight is drawn with, which Keras forgets, and a network built anew wants to know."""
_PLAIN = (bool, int, float, str, type(None))

_reading = threading.RLock()
"""Two threads that read one variable draw it once."""


def install() -> bool:
    """Make the variables of the loaded Keras lazy. Return whether they are: a Keras of another form stays as it is."""
    tf, core = sys.modules.get("tensorflow"), sys.modules.get("keras.src.backend.tensorflow.core")
    variable: Any = getattr(core, "Variable", object)
    draw = vars(variable).get("_initialize_with_initializer")
    if tf is None or draw is None or "_value" in vars(variable):
        return False

    def draw_later(self: Any, initializer: Any) -> None:
        vars(self)[_DRAWN_BY] = initializer
        if _is_pure(initializer) and not _place_counts(tf):
            vars(self)[_PENDING] = initializer, self.trainable, tf.get_current_name_scope()
        else:
            draw(self, initializer)

    def draw_as_then(self: Any, initializer: Any, trainable: bool, scope: str) -> None:
        """Draw as when the variable was made: tapes watch one that was trainable then, frozen since or not."""
        now, self._trainable = self.trainable, trainable
        try:
            with tf.name_scope(f"{scope}/") if scope else contextlib.nullcontext():
                draw(self, initializer)
        finally:
            self._trainable = now

    def read(self: Any) -> Any:
        if _PENDING in vars(self):
            with _reading:
                if _PENDING in vars(self):
                    initializer, trainable, scope = vars(self)[_PENDING]
                    _elsewhere(lambda: draw_as_then(self, initializer, trainable, scope))
        return vars(self).get(_VALUE)

    def write(self: Any, value: Any) -> None:
        vars(self)[_VALUE] = value
        vars(self).pop(_PENDING, None)

    variable._initialize_with_initializer = draw_later
    variable._value = property(read, write)
    return True


def _is_pure(initializer: Any) -> bool:
    """Whether what it draws hangs on nothing that may change meanwhile."""
    own = type(initializer).__module__.startswith("keras.src.initializers.")
    settings = vars(initializer) if own else {}
    return (
        own and isinstance(settings.get("seed", 0), int) and all(isinstance(one, _PLAIN) for one in settings.values())
    )


def _place_counts(tf: Any) -> bool:
    """Whether a variable made here is another than one made elsewhere."""
    graph = tf.compat.v1.get_default_graph()
    scopes = getattr(graph, "_variable_creator_stack", ())
    return bool(tf.inside_function() or tf.distribute.has_strategy() or scopes or not tf.executing_eagerly())


def _elsewhere(action: Callable[[], None]) -> None:
    """Run `action` in a thread of its own, and raise here what it raises."""
    raised: list[BaseException] = []

    def run() -> None:
        try:
            action()
        except BaseException as error:
            raised.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if raised:
        raise raised[0]
