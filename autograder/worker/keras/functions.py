"""Whose function it is, and a digest of what its code says: for functions that cannot be followed.

A digest holds what a function computes with, and nothing of what it is called: its code, what it closes over, its
defaults, and the globals it reads. Nothing here runs student code but `repr` and attribute access.
"""

from __future__ import annotations

import functools
import hashlib
import inspect
import re
import sys
from collections.abc import Mapping
from types import BuiltinFunctionType, CodeType, FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np

from autograder.wire.frameworks import FRAMEWORKS
from autograder.worker.keras.pristine import is_own

MAX_DEPTH = 6
"""Functions in functions, and values in values, that a digest goes down to."""
MAX_ITEMS = 200
"""Items of one container, and characters of one value, that go into a digest."""

_ADDRESS = re.compile(r" at 0x[0-9a-f]+")
_LABELS = ("name", "built", "trainable")
"""What is written on an object, and nothing of what it computes."""
_LIBRARIES = ("tensorflow", "numpy", "builtins", "math", "jax", *(one.name for one in FRAMEWORKS))


def is_keras_own(function: object) -> bool:
    """Whether `function` is the very function that Keras exports under its name, not another one called so."""
    keras = sys.modules.get("keras")
    name = str(getattr(function, "__name__", ""))
    return keras is not None and getattr(keras.activations, name, None) is function and is_own(keras.activations, name)


def is_framework(cls: type) -> bool:
    """Whether a class comes from a framework, and computes what it did.

    Its module could lie, so the class is looked for where it says it is.
    """
    if not cls.__module__.startswith("keras."):
        return False
    return getattr(sys.modules.get(cls.__module__), cls.__name__, None) is cls and is_own(cls, "call")


def code_digest(value: object) -> str:
    """Return the digest of a function, a class, or an object that is called."""
    return hashlib.sha256(repr(_meaning(value, 0, ())).encode(errors="replace")).hexdigest()[:32]


def array_digest(array: Any) -> str:
    """Return the digest of the numbers of an array, whatever their type."""
    numbers = np.ascontiguousarray(array, dtype=np.float64 if array.dtype.kind in "fiub" else None)
    return hashlib.sha256(repr(array.shape).encode() + numbers.tobytes()).hexdigest()[:32]


def _meaning(value: Any, depth: int, around: tuple[int, ...]) -> object:
    if depth > MAX_DEPTH or id(value) in around:
        return "…"
    deeper = (depth + 1, (*around, id(value)))
    if value is None or isinstance(value, (bool, int, float, complex, str, bytes)):
        return repr(value)[:MAX_ITEMS]
    if isinstance(value, ModuleType):
        return ("module", value.__name__)
    if isinstance(value, functools.partial):
        return ("partial", _meaning(value.func, *deeper), _meaning([value.args, value.keywords], *deeper))
    if isinstance(value, MethodType):
        return ("method", _meaning(value.__func__, *deeper), _meaning(value.__self__, *deeper))
    if isinstance(value, FunctionType):
        return _function(value, *deeper)
    if isinstance(value, type):
        return _class(value, *deeper)
    if isinstance(value, (list, tuple, set, frozenset)):
        items = [_meaning(item, *deeper) for item in list(value)[:MAX_ITEMS]]
        return (type(value).__name__, sorted(items, key=repr) if isinstance(value, (set, frozenset)) else items)
    if isinstance(value, Mapping):
        return [(repr(key)[:MAX_ITEMS], _meaning(value[key], *deeper)) for key in sorted(value, key=repr)[:MAX_ITEMS]]
    return _object(value, *deeper)


def _function(function: FunctionType, depth: int, around: tuple[int, ...]) -> object:
    if function.__module__ and function.__module__.partition(".")[0] in _LIBRARIES:
        return ("framework", function.__module__, function.__qualname__)
    deeper = (depth, around)
    cells = [_meaning(_cell(cell), *deeper) for cell in function.__closure__ or ()]
    read = [name for name in _names(function.__code__) if name in function.__globals__]
    values = [(name, _meaning(function.__globals__[name], *deeper)) for name in read]
    defaults = _meaning([function.__defaults__, function.__kwdefaults__], *deeper)
    return ("function", _code(function.__code__), cells, values, defaults)


def _cell(cell: Any) -> object:
    try:
        return cell.cell_contents
    except ValueError:  # not bound yet
        return None


def _names(code: CodeType) -> list[str]:
    inner = [name for one in code.co_consts if isinstance(one, CodeType) for name in _names(one)]
    return [*dict.fromkeys([*code.co_names, *inner])]


def _code(code: CodeType) -> object:
    constants = [_code(item) if isinstance(item, CodeType) else repr(item) for item in code.co_consts]
    return (code.co_code, code.co_names, constants)


def _class(cls: type, depth: int, around: tuple[int, ...]) -> object:
    if cls.__module__.partition(".")[0] in _LIBRARIES:
        return ("framework", cls.__module__, cls.__qualname__)
    bases = [_meaning(base, depth, around) for base in cls.__bases__]
    own = [
        (name, _meaning(getattr(one, "__func__", one), depth, around))
        for name, one in sorted(vars(cls).items())
        if isinstance(getattr(one, "__func__", one), FunctionType) and name != "get_config"
    ]
    return ("class", bases, own)


def _object(value: Any, depth: int, around: tuple[int, ...]) -> object:
    """An object that is called counts with its class; an array with its numbers, a variable by its shape alone."""
    if isinstance(value, BuiltinFunctionType):
        return ("builtin", value.__module__, value.__qualname__)
    if isinstance(value, (np.ndarray, np.generic)):
        return ("array", array_digest(np.asarray(value)))
    module = type(value).__module__.partition(".")[0]
    if module in ("keras", "tensorflow"):
        shape = getattr(value, "shape", None)
        return (type(value).__qualname__, str(shape))
    if module in _LIBRARIES:
        return (type(value).__qualname__, _shown(value))
    state = {
        key: one
        for key, one in getattr(value, "__dict__", {}).items()
        if not key.startswith("_") and key not in _LABELS
    }
    return ("object", _meaning(type(value), depth, around), _meaning(state, depth, around))


def _shown(value: object) -> str:
    try:
        return _ADDRESS.sub("", repr(value))[:MAX_ITEMS]
    except Exception:
        return ""


def plain_function(function: Any) -> Any:
    """Return the Python function behind what `tf.function` made of it; any other as it is."""
    inner = getattr(function, "python_function", None)
    return inner if inner is not None and callable(inner) else function


def parameters(function: Any) -> dict[str, inspect.Parameter] | None:
    """Return the parameters of a function, None where it has no signature."""
    try:
        return dict(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        return None
