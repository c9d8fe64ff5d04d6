"""What Keras serialises of a layer's settings, written directly where it is plain: reading spent its time there.

`get_config` asks Keras's serialiser for each initializer, regularizer, type policy and activation. It tries a dozen
kinds of object, by protocols that take their time, and comes to a name and some numbers.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, partial
from typing import Any

from autograder.worker.keras.functions import is_framework, is_keras_own

_LIBRARY = "keras.src.saving.serialization_lib"
_PLAIN = (bool, int, float, str, type(None))
_names: dict[type, object] = {}
"""What Keras calls each class: the serialiser is asked once."""


@contextmanager
def plainly() -> Iterator[None]:
    """Have Keras serialise what is plain without its general rules, and the rest by them."""
    library: Any = sys.modules[_LIBRARY]
    before = library.serialize_keras_object
    library.serialize_keras_object = partial(_serialised, before)
    try:
        yield
    finally:
        library.serialize_keras_object = before


def _serialised(general: Callable[[Any], Any], value: Any) -> Any:
    if value is None:
        return None
    if is_keras_own(value):
        return {"class_name": "function", "config": value.__name__}
    if not isinstance(value, _settings()) or not is_framework(type(value)):
        return general(value)
    config = value.get_config()
    if not all(isinstance(one, _PLAIN) for one in config.values()):
        return general(value)
    if type(value) not in _names:
        _names[type(value)] = general(value)["class_name"]
    return {"class_name": _names[type(value)], "config": config}


@cache
def _settings() -> Any:
    """Return the classes of what a layer is set with."""
    import keras

    return (
        keras.initializers.Initializer,
        keras.regularizers.Regularizer,
        keras.constraints.Constraint,
        keras.DTypePolicy,
    )
