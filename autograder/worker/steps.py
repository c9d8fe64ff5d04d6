"""Inside a room: ask an object of the student's one thing, a method, an attribute, its first items, itself."""

from __future__ import annotations

import difflib
import itertools
from typing import Any

from autograder.wire.messages import Artifact, Attribute, First, Itself, Method, Step
from autograder.worker.arguments import Arguments
from autograder.worker.encode import Encoder, is_model, is_symbolic, read_model
from autograder.worker.keras.reader import read_symbolic
from autograder.worker.keras.version import keras_3

NAME_CHARS = 200
LOOKALIKES = 3


class Lacking(Exception):
    """The object has no such method or attribute."""

    def __init__(self, name: str, owner: object) -> None:
        super().__init__(name)
        self.name = name
        known = [other for other in dir(type(owner)) + list(getattr(owner, "__dict__", ())) if other[0] != "_"]
        self.lookalikes = difflib.get_close_matches(name, dict.fromkeys(known), LOOKALIKES)


def take(step: Step, value: Any, arguments: Arguments, encoder: Encoder) -> Artifact:
    """Return what `value` answers to one step. Raise Lacking, TooLarge, NotThere, and whatever student code raises."""
    match step:
        case Method(name, args, kwargs):
            return encode_result(encoder, *arguments.call(_attribute(value, name), args, kwargs))
        case Attribute(name):
            return encoder.encode(_attribute(value, name))
        case First(count):
            return encoder.encode(list(itertools.islice(value, count)))
        case Itself(input_shape):
            return _itself(value, input_shape, encoder)


def describe(step: Step, cls: str) -> str:
    """Name a step as a student does: `Dense.call`."""
    match step:
        case Method(name) | Attribute(name):
            return f"{cls}.{name}"[:NAME_CHARS]
    return cls[:NAME_CHARS]


def encode_result(encoder: Encoder, result: Any, symbols: list[Any]) -> Artifact:
    """Return the artifact of what a call gave: a network, where it was given symbolic tensors and returns such."""
    keras = keras_3()
    if symbols and keras is not None and any(is_symbolic(one) for one in keras.tree.flatten(result)):
        return read_symbolic(result, symbols)
    return encoder.encode(result)


def _attribute(value: Any, path: str) -> Any:
    for name in path.split("."):
        try:
            value = getattr(value, name)
        except AttributeError as error:
            if error.name == name and error.obj is value:  # not one inside a property of the student's
                raise Lacking(name, value) from None
            raise
    return value


def _itself(value: Any, input_shape: tuple[int | None, ...] | None, encoder: Encoder) -> Artifact:
    return read_model(value, input_shape) if is_model(value) else encoder.encode(value)
