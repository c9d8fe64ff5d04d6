"""Variables that a notebook sets before its imports, and that libraries read as they are imported.

A room's libraries are imported before the notebook's first cell runs: what it sets there would come too late.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from typing import Any

from autograder.notebook.names import parse

KERAS_BACKEND = "KERAS_BACKEND"
AT_IMPORT = (KERAS_BACKEND, "TF_USE_LEGACY_KERAS", "TF_ENABLE_ONEDNN_OPTS", "JAX_ENABLE_X64")
"""Those that change what an import gives, and can change nothing else: no path, no option of the system's loader."""
_VALUE = re.compile(r"[\w.-]{1,40}")
_MAGIC = re.compile(
    r"^[ \t]*%(?:set_)?env[ \t]+(?P<name>\w+)(?:[ \t]*=[ \t]*|[ \t]+)(?P<value>\S+)[ \t]*$", re.MULTILINE
)


def variables_of(sources: Sequence[str]) -> dict[str, str]:
    """Return, of a notebook's cells, what it gives each variable in AT_IMPORT first, where that is a constant."""
    found: dict[str, str] = {}
    for source in sources:
        if not any(name in source for name in AT_IMPORT):
            continue
        tree = parse(source)
        set_here = [*_by_magic(source), *(_by_code(tree) if tree else ())]
        for name, value in set_here:
            if name in AT_IMPORT and _VALUE.fullmatch(value):
                found.setdefault(name, value)
    return found


def _by_magic(source: str) -> Iterator[tuple[str, str]]:
    for one in _MAGIC.finditer(source):
        yield one["name"], one["value"].strip("\"'")


def _by_code(tree: ast.Module) -> Iterator[tuple[str, str]]:
    for node in ast.walk(tree):
        match node:
            case ast.Assign(targets=[ast.Subscript(value=where, slice=name)], value=value) if _is_environment(where):
                yield from _constants(name, value)
            case ast.Call(func=ast.Attribute(value=where, attr="setdefault"), args=[name, value]) if _is_environment(
                where
            ):
                yield from _constants(name, value)
            case ast.Call(func=ast.Attribute(value=where, attr="update")) if _is_environment(where):
                yield from _updated(node)


def _updated(node: ast.Call) -> Iterator[tuple[str, str]]:
    for given in node.args:
        if isinstance(given, ast.Dict):
            for key, value in zip(given.keys, given.values, strict=True):
                yield from _constants(key, value)
    for word in node.keywords:
        yield from _constants(ast.Constant(word.arg), word.value)


def _is_environment(node: ast.expr) -> bool:
    """Whether it is `os.environ`, however it was imported."""
    match node:
        case ast.Attribute(attr="environ") | ast.Name(id="environ"):
            return True
    return False


def _constants(*nodes: ast.expr | None) -> Iterator[tuple[str, str]]:
    """Yield the pair, where both are texts."""
    values: list[Any] = [node.value if isinstance(node, ast.Constant) else None for node in nodes]
    if all(isinstance(one, str) for one in values):
        yield values[0], values[1]
