"""Keras as it was before student code ran: a class whose `call` was replaced since is no longer Keras's.

A notebook can write `keras.layers.Dense.call = …`. What is then called Dense is the student's own code, and is read as
such; what cannot be read so, a replaced `Layer.__call__`, is at least known.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import FunctionType
from typing import Any

from autograder.worker.keras.version import keras_3

ORIGINAL = "autograder_original"
"""Attribute of a function of ours that stands where one of Keras's stood: the one it stands for."""
_ENTRIES = ("call", "__call__")

_known: dict[tuple[Any, str], object] = {}
"""By class or module, and name: the function that stood there."""
_calling: list[tuple[Any, str]] = []
"""Those of them that are `__call__`."""


def remember() -> None:
    """Take what stands in the loaded Keras for Keras's own. The first time counts."""
    if not _known and keras_3() is not None:
        _known.update({(owner, name): _plain(value) for owner, name, value in _places()})
        _calling.extend(place for place in _known if place[1] == "__call__")


def is_own(owner: Any, name: str) -> bool:
    """Whether what stands at a place of Keras's is what stood there; of places that were not there, nothing is said."""
    known = _known.get((owner, name))
    if known is None:
        return True
    stands = vars(owner).get(name)
    return stands is known or _plain(stands) is known


def is_altered() -> bool:
    """Whether the way was replaced in which Keras calls layers of any class: then what is read is not what runs."""
    return not all(is_own(owner, name) for owner, name in _calling)


def _places() -> Iterator[tuple[Any, str, object]]:
    keras: Any = keras_3()
    for module in [one for name, one in sys.modules.items() if name.startswith("keras.src.")]:
        for cls in [one for one in vars(module).values() if isinstance(one, type)]:
            if issubclass(cls, keras.Operation) and cls.__module__ == module.__name__:
                yield from ((cls, name, vars(cls)[name]) for name in _ENTRIES if name in vars(cls))
    functions = keras.activations
    yield from ((functions, name, one) for name, one in vars(functions).items() if isinstance(one, FunctionType))


def _plain(value: object) -> object:
    return getattr(value, ORIGINAL, value)
