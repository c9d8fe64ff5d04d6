"""Which Keras is loaded. Networks are read through Keras 3's own graph, which Keras 2 has not.

Keras 2 is `keras` beside TensorFlow up to 2.15, and `tf_keras` beside later ones. Code that uses it runs as it does
anywhere; where a network of its is to be read, that is refused, for the host to take as ours to mend.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

NAMES = ("keras", "tf_keras")


def loaded() -> list[Any]:
    """Return every Keras that is loaded. A module of the student's own, of that name, is none."""
    found: list[ModuleType | None] = [sys.modules.get(name) for name in NAMES]
    return [one for one in found if isinstance(getattr(one, "Model", None), type)]


def keras_3() -> Any:
    """Return Keras 3, where it is loaded; None where it is not."""
    return next((one for one in loaded() if _is_3(one)), None)


def models() -> tuple[type, ...]:
    """Return the classes of each loaded Keras's models."""
    return tuple(one.Model for one in loaded())


def weight_class() -> Any:
    """Return the class of every weight of Keras 3. Of an older one, `keras.Variable` is a class below it."""
    return sys.modules["keras.src.backend"].Variable


def require_keras_3(model: object = None) -> None:
    """Raise ImportError where the loaded Keras, or that of `model`, is Keras 2."""
    for one in loaded():
        if not _is_3(one) and (isinstance(model, one.Model) or (model is None and keras_3() is None)):
            raise ImportError(f"Keras 3 is needed to read networks: this is {one.__name__} {one.__version__}")


def _is_3(keras: Any) -> bool:
    return int(keras.__version__.partition(".")[0]) >= 3
