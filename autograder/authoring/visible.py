"""Which cells hold visible tests: asserts, whatever library's, and calls of functions that are tests by their name."""

from __future__ import annotations

import ast
import re
from collections.abc import Set

from autograder.notebook.between import regions, without_regions
from autograder.notebook.names import names_of, parse

_TEST = re.compile(r"assert\w*|test_\w+|\w+_tests?|public_tests?|check_\w+", re.IGNORECASE)
_HEADER = re.compile(r"^[ \t]*#+ ?(?:HIDDEN TESTS?|HIDDEN|TESTS?)[ \t]*\n", re.IGNORECASE)
_CONFIG = (
    re.compile(r'^[ \t]*"""[ \t]*# BEGIN TEST CONFIG\n', re.MULTILINE),
    re.compile(r'"""[ \t]*+(?:;[ \t]*+)?# END TEST CONFIG[ \t]*\n?'),
)
_HIDDEN = (
    re.compile(r"^[ \t]*#+ ?BEGIN HIDDEN TESTS[^\n]*\n", re.MULTILINE),
    re.compile(r"^[ \t]*#+ ?END HIDDEN TESTS[^\n]*\n?", re.MULTILINE),
)
DEFINES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def split(source: str, known: Set[str]) -> tuple[str, str]:
    """Return what of a cell stands before its tests, and the tests; either may be empty.

    `known` are functions and classes of cells before: statements that use them to get something to test are tests too.
    """
    tree = parse(source)
    body = tree.body if tree else []
    first = next((n for n, node in enumerate(body) if _asserts(node)), len(body))
    if first == len(body) or any(isinstance(node, DEFINES) for node in body[first:]):
        return source, ""
    own = {node.name for node in body[:first] if isinstance(node, DEFINES)}
    while first and not isinstance(body[first - 1], DEFINES) and _looks(body[first - 1], own or known):
        first -= 1
    if all(isinstance(node, ast.Import | ast.ImportFrom) for node in body[:first]):
        return "", source
    lines = source.split("\n")
    start = body[first].lineno - 1
    while start and lines[start - 1].lstrip().startswith("#"):
        start -= 1
    return "\n".join(lines[:start]).strip("\n"), "\n".join(lines[start:]).strip("\n")


def _looks(node: ast.stmt, functions: Set[str]) -> bool:
    used = names_of(ast.unparse(node)).used
    return bool(used & functions) or isinstance(node, ast.Import | ast.ImportFrom)


def _asserts(node: ast.stmt) -> bool:
    if isinstance(node, DEFINES):
        return False
    for one in ast.walk(node):
        if isinstance(one, ast.Assert):
            return True
        if isinstance(one, ast.Expr) and isinstance(one.value, ast.Call) and _TEST.fullmatch(_called(one.value)):
            return True
    return False


def _called(call: ast.Call) -> str:
    match call.func:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
    return ""


def names_tested(source: str) -> frozenset[str]:
    """Return the names of the notebook's that tests use."""
    found = names_of(source)
    return found.used - found.imported


def without_marks(source: str) -> str:
    """Return a test cell without what tells another tool that it is one."""
    return _HEADER.sub("", without_regions(source, *_CONFIG)).strip("\n")


def is_hidden(source: str) -> bool:
    """Whether a whole test cell is one that students are not to see."""
    return (
        bool(re.match(r"[ \t]*#+ ?HIDDEN(?: TESTS?)?[ \t]*$", source, re.IGNORECASE | re.MULTILINE))
        or "\nhidden: true" in source
    )


def take_hidden(source: str) -> tuple[str, tuple[str, ...]]:
    """Return a cell without its hidden tests, and these, each without the lines that set it off."""
    hidden = tuple(one.inside.removesuffix("\n") for one in regions(source, *_HIDDEN))
    return without_regions(source, *_HIDDEN).strip("\n"), hidden
