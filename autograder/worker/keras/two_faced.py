"""Whether student code could do one thing on symbolic tensors and another on numbers.

Most code cannot: it calls layers and operations, loops over lists, looks at settings. To tell which it is given, code
has to ask for it (`isinstance`, a module that looks at the stack), to remember earlier calls, or to catch an error.
What does any of this, or is not known not to, is run as well as read. The other way round nothing follows: honest code
may ask too.
"""

from __future__ import annotations

import builtins
import dis
import sys
from collections.abc import Container, Iterable, Iterator, Mapping
from functools import partial
from types import BuiltinFunctionType, CodeType, FunctionType, MethodType, ModuleType
from typing import Any

MOST_VALUES = 3000
"""Values looked at: code that leads to more may do anything."""
_LIBRARIES = ("keras", "tensorflow", "numpy", "math", "functools", "operator", "itertools")
_PLAIN_BUILTINS = frozenset(
    (
        *("abs", "all", "any", "bool", "dict", "enumerate", "float", "int", "len", "list", "map", "max", "min", "pow"),
        *("print", "range", "reversed", "round", "set", "slice", "sorted", "sum", "super", "tuple", "zip"),
    )
)
_TELLING = frozenset(
    (
        *("append", "clear", "extend", "insert", "pop", "popitem", "remove", "setdefault", "update", "send", "throw"),
        *("numpy", "item", "tolist", "shape", "dtype", "device", "ndim", "graph", "op", "name", "history"),
        *("KerasTensor", "Tensor", "random"),
    )
)
"""Attributes that change what is remembered, or that numbers have and symbols have not, or otherwise."""
_STORES = ("STORE_ATTR", "STORE_SUBSCR", "STORE_GLOBAL", "DELETE_", "IMPORT_", "FORMAT_", "RAISE_")
_SPECIAL = ("__call__", "__getattr__", "__getattribute__", "__getitem__", "__iter__", "__len__")
_SETUP = frozenset(
    ("build", "get_config", "from_config", "compute_output_shape", "get_build_config", "build_from_config")
)
"""Methods that are not called where a model is."""


def may_be(code: Iterable[Any]) -> bool:
    """Whether functions, or what they call, could tell a symbolic tensor from one of numbers."""
    seen: dict[int, Any] = {}
    waiting = list(code)
    while waiting:
        value = waiting.pop()
        if id(value) in seen:
            continue
        seen[id(value)] = value
        if len(seen) > MOST_VALUES or not _is_plain(value):
            return True
        waiting.extend(_inside(value))
    return False


def _is_plain(value: Any) -> bool:
    """Whether nothing of a value itself, what it leads to left aside, tells one tensor from the other."""
    if isinstance(value, ModuleType):
        return _is_library(value.__name__)
    if isinstance(value, BuiltinFunctionType):
        return value.__name__ in _PLAIN_BUILTINS or _is_library(str(value.__module__))
    if isinstance(value, FunctionType) and not _is_librarys(value):
        return all(_is_plain_code(one) for one in _codes(value.__code__))
    return True


def _is_plain_code(code: CodeType) -> bool:
    if code.co_exceptiontable:
        return False
    for step in dis.get_instructions(code):
        name = str(step.argval)
        if step.opname.startswith(_STORES) or (step.opname == "STORE_DEREF" and name in code.co_freevars):
            return False
        if step.opname in ("LOAD_ATTR", "LOAD_METHOD") and (name in _TELLING or name.startswith(("__", "is_"))):
            return False
        if step.opname in ("LOAD_GLOBAL", "LOAD_NAME") and name in vars(builtins) and name not in _PLAIN_BUILTINS:
            return False
    return True


def _codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for one in code.co_consts:
        if isinstance(one, CodeType):
            yield from _codes(one)


def _inside(value: Any) -> Iterator[Any]:
    """Yield what a value leads to: what a function reads, the methods of a class, what an object holds."""
    if isinstance(value, MethodType):
        held = getattr(value.__self__, "__dict__", {})  # of a Lambda of Keras's, the student's function
        yield from (value.__func__, value.__self__, *held.values())
    elif isinstance(value, partial):
        yield from (value.func, *value.args, *value.keywords.values())
    elif isinstance(value, FunctionType):
        yield from () if _is_librarys(value) else _read_by(value)
    elif isinstance(value, type):
        yield from () if _is_librarys(value) else _methods(value)
    elif isinstance(value, property):
        yield from (value.fget, value.fset)
    elif isinstance(value, staticmethod | classmethod):
        yield value.__func__
    elif isinstance(value, Mapping):
        yield from value.values()
    elif isinstance(value, list | tuple | set | frozenset):
        yield from value
    elif not isinstance(value, ModuleType) and not _is_librarys(
        type(value), _LIBRARIES + tuple(sys.stdlib_module_names)
    ):
        yield type(value)
        yield from getattr(value, "__dict__", {}).values()


def _read_by(function: FunctionType) -> Iterator[Any]:
    yield from (function.__defaults__ or ())
    yield from (function.__kwdefaults__ or {}).values()
    for cell in function.__closure__ or ():
        try:
            yield cell.cell_contents
        except ValueError:  # not bound yet
            continue
    for code in _codes(function.__code__):
        yield from (function.__globals__[name] for name in code.co_names if name in function.__globals__)


def _methods(cls: type) -> Iterator[Any]:
    for one in cls.__mro__:
        if not _is_librarys(one):
            yield from (value for name, value in vars(one).items() if _runs(name))


def _runs(name: str) -> bool:
    return name in _SPECIAL if name.startswith("__") else name not in _SETUP


def _is_librarys(value: Any, libraries: Container[str] = _LIBRARIES) -> bool:
    """Whether a class or a function is where it says it is, in a library: a name alone can be borrowed."""
    if value in (object, type):
        return True
    name = value.__globals__.get("__name__") if isinstance(value, FunctionType) else value.__module__
    module = sys.modules.get(str(name))
    if module is None or (module.__name__.partition(".")[0] not in libraries and module is not builtins):
        return False
    if isinstance(value, FunctionType):
        return value.__globals__ is vars(module)
    return getattr(module, value.__name__, None) is value


def _is_library(name: str) -> bool:
    return name.partition(".")[0] in _LIBRARIES
