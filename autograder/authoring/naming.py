"""What a question is called where nothing says it: after the likeliest of the names that its answer makes."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator

from autograder.notebook.names import names_of, parse

_OF_NETWORKS = re.compile(r"\b(?:Sequential|Model|Module|Layer)\b")
_CODE = re.compile(r"(`{1,2})([^`\n]+)\1")


def set_as_code(text: str) -> list[str]:
    """Return what a Markdown text sets as code within its lines, in order."""
    return [code for _, code in _CODE.findall(text)]


def likeliest_name(code: str, told: Collection[str], used: Collection[str] | None) -> str:
    """Return the name that an answer is about; empty where it makes none.

    `told` are the words that its text sets as code, `used` the names that its tests use, None where it has none. In
    turn: functions and classes of networks, what the text tells, networks, other classes, all else; of each the last.
    """
    names = names_of(code)
    made = _in_order(code, names.made - names.imported)
    wanted = [one for one in made if used is None or one in used]
    classes, networks = set(_classes(code)), set(_networks(code))
    of_tests = [one for one in wanted if one in names.defined and (used is not None or one not in classes - networks)]
    kinds = (
        of_tests,
        [one for one in made if one in names.defined and one in told],
        [one for one in wanted if one in told],
        [one for one in wanted if one in networks],
        [one for one in wanted if one in classes],
        wanted,
    )
    return next((kind[-1] for kind in kinds if kind), "")


def main_names(code: str) -> frozenset[str]:
    """Return the functions that an answer defines, and its networks: variables and classes."""
    defined, networks = names_of(code).defined, frozenset(_networks(code))
    return defined - frozenset(_classes(code)) | networks


def _classes(code: str) -> Iterator[str]:
    tree = parse(code)
    yield from (node.name for node in (tree.body if tree else ()) if isinstance(node, ast.ClassDef))


def _networks(code: str) -> Iterator[str]:
    """Yield classes that extend a network's, and variables that hold what such a class, or one of these, makes."""
    tree, own = parse(code), set[str]()
    for node in tree.body if tree else ():
        match node:
            case ast.ClassDef(name=name, bases=bases) if any(_OF_NETWORKS.search(ast.unparse(base)) for base in bases):
                own.add(name)
                yield name
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call(func=made)):
                called = ast.unparse(made)
                if _OF_NETWORKS.search(called) or called in own:
                    yield name


def _in_order(text: str, names: frozenset[str]) -> list[str]:
    return sorted(names, key=lambda name: found.start() if (found := re.search(rf"\b{name}\b", text)) else 0)
