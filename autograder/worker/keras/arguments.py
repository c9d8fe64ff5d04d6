"""What a call takes: its arguments by parameter, and which of them say something beside its inputs."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

from autograder.worker.keras.functions import plain_function
from autograder.worker.keras.records import class_name, is_symbolic
from autograder.worker.keras.symbols import is_variable
from autograder.worker.keras.tensorflow import keras_words, signature_of

UNTOLD = ("training", "name")
"""Arguments of a call that are no part of its inputs: the one is recorded apart, the other says nothing."""


def has_tensor(value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return any(has_tensor(one) for one in value)
    return is_symbolic(value) or is_variable(value)


def bound(call: Any) -> tuple[dict[str, Any], list[str]]:
    """Return a call's arguments by parameter, those left out that say nothing, and the names of the parameters."""
    args, kwargs = call.arguments.args, call.arguments.kwargs
    signature = signature_of(call.operation)
    try:
        assert signature is not None
        arguments = dict(signature.bind(*args, **kwargs).arguments)
        defaults = {key: one.default for key, one in signature.parameters.items()}
        names = list(signature.parameters)
        for one in signature.parameters.values():
            if one.kind is inspect.Parameter.VAR_KEYWORD:
                arguments.update(arguments.pop(one.name, {}))
    except (TypeError, AssertionError):
        arguments, defaults, names = {**{str(n): one for n, one in enumerate(args)}, **kwargs}, {}, []
    told = {key: value for key, value in arguments.items() if key not in UNTOLD and not _is_nothing(key, value)}
    told = {key: value for key, value in told.items() if has_tensor(value) or not _is_default(value, defaults.get(key))}
    if hasattr(call.operation, "function") and hasattr(call.operation, "autograder_class_name"):
        told = keras_words(class_name(call.operation), told)
        names = ["x"] if "x" in told else [f"x{number}" for number in range(1, len(told) + 1)]
    return told, names


def _is_nothing(key: str, value: Any) -> bool:
    """Whether an argument says nothing: of several inputs, an older Keras 3 passes a mask for each, there or not."""
    return value is None or (key == "mask" and isinstance(value, (list, tuple)) and all(one is None for one in value))


def _is_default(value: Any, default: Any) -> bool:
    return type(value) is type(default) and isinstance(value, (bool, int, float, str)) and value == default


def is_ordinary(arguments: dict[str, object], names: Sequence[str]) -> bool:
    """Whether the first parameters take a tensor each, in order, or the only one a list of them."""
    values = list(arguments.values())
    if list(arguments) != list(names[: len(values)]):
        return False
    if len(values) == 1 and isinstance(values[0], list):
        return [one for one in values[0] if _place(one) is None] == []
    return all(_place(one) is not None for one in values)


def _place(value: object) -> object:
    return value.get("tensor") if isinstance(value, dict) and set(value) == {"tensor"} else None


def accepted(function: Callable[..., Any], kwargs: dict[str, Any], args: Any, *, training: bool) -> dict[str, Any]:
    """Return the named arguments that `function` takes, `training` set where it is one of them.

    Keras drops a `training` or `mask` that a call does not take, so students pass them on anyway; some write
    `training` without a default, and some apply Dropout only `if training`.
    """
    taken = inspect.signature(plain_function(function)).parameters
    passed = {key: value for key, value in kwargs.items() if key in taken or key not in ("training", "mask", "name")}
    positional = [one for one in taken.values() if one.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD][: len(args)]
    given = {one.name for one in positional}
    if "training" in taken and "training" not in given:
        passed["training"] = training
    mask = getattr(args[0], "_keras_mask", None) if args else None
    if "mask" in taken and "mask" not in passed and "mask" not in given and mask is not None:
        passed["mask"] = mask
    return passed
