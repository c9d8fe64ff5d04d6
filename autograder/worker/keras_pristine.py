"""Keras as it was before student code ran: a class whose `call` was replaced since is no longer Keras's.

A notebook can write `keras.layers.Dense.call = …`. What is then called Dense is the student's own code, and is read as
such; what cannot be read so, a replaced `Layer.__call__`, is at least known.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import FunctionType
from typing import Any

from autograder.worker.keras_version import keras_3

ORIGINAL = "autograder_original"
"""Attribute of a function of ours that stands where one of Keras's stood: the one it stands for."""
_ENTRIES = ("call", "__call__")

_known: dict[tuple[Any, str], object] = {}
"""By class or module, and name: the function that stood there."""


def remember() -> None:
    """Take what stands in the loaded Keras for Keras's own. The first time counts."""
    if not _known and keras_3() is not None:
        _known.update({(owner, name): _plain(value) for owner, name, value in _places()})


def is_own(owner: Any, name: str) -> bool:
    """Whether what stands at a place of Keras's is what stood there; of places that were not there, nothing is said."""
    return (owner, name) not in _known or _plain(vars(owner).get(name)) is _known[owner, name]


def is_altered() -> bool:
    """Whether anything was replaced."""
    return not all(is_own(owner, name) for owner, name in _known)


def _places() -> Iterator[tuple[Any, str, object]]:
    keras: Any = keras_3()
    for module in [one for name, one in sys.modules.items() if name.startswith("keras.src.")]:
        for cls in [one for one in vars(module).values() if isinstance(one, type)]:
            if issubclass(cls, keras.Operation) and cls.__module__ == module.__name__:
                yield from ((cls, name, vars(cls)[name]) for name in _ENTRIES if name in vars(cls))
    for module in (keras.activations, keras.ops):
        yield from ((module, name, one) for name, one in vars(module).items() if isinstance(one, FunctionType))


def _plain(value: object) -> object:
    return getattr(value, ORIGINAL, value)
