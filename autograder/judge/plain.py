"""Checks that take probes alone: called without pytest's fixtures, which take ten times as long as most checks.

All that such a check is given is read anew from the case in hand, each time: nothing of one student's is there when
the next one's is judged. What asks for more of pytest (other fixtures, marks, parameters, a class, a conftest.py) is
run by pytest, to the same verdict.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from autograder.judge.declare import Declared
from autograder.wire.messages import Probe

MARK = "question"
FIXTURES = frozenset(("request", "evidence"))
"""What a probe asks for as a fixture."""


def declared(module: ModuleType) -> dict[str, Declared]:
    """Return the probes of a checks file."""
    found = {name: getattr(value, "declared", None) for name, value in vars(module).items()}
    return {name: one for name, one in found.items() if isinstance(one, Declared)}


def plain_checks(session: pytest.Session) -> dict[pytest.Item, Mapping[str, Probe]]:
    """Return the checks that take probes alone, each with those it takes."""
    if any(Path(getattr(one, "__file__", None) or "").name == "conftest.py" for one in _plugins(session)):
        return {}
    known: dict[ModuleType, dict[str, Probe]] = {}
    found: dict[pytest.Item, Mapping[str, Probe]] = {}
    for item in session.items:
        if isinstance(item, pytest.Function) and _is_plain(item):
            module = item.module
            if module not in known:
                known[module] = {name: one.encode([]) for name, one in declared(module).items()}
            asked = list(inspect.signature(item.function).parameters)
            if all(name in known[module] for name in asked) and set(item.fixturenames) - FIXTURES <= set(asked):
                found[item] = {name: known[module][name] for name in asked}
    return found


def _plugins(session: pytest.Session) -> set[Any]:
    return set(session.config.pluginmanager.get_plugins())


def _is_plain(item: pytest.Function) -> bool:
    """Whether a check is a function of its file, with no mark but its question's."""
    if type(item) is not pytest.Function or item.cls is not None or hasattr(item, "callspec"):
        return False
    if inspect.iscoroutinefunction(item.function) or inspect.isasyncgenfunction(item.function):
        return False
    return {mark.name for mark in item.iter_markers()} == {MARK} and not FIXTURES & vars(item.module).keys()


def run_plain(
    item: pytest.Function, probes: Mapping[str, Probe], value: Callable[[str, Probe], Any]
) -> pytest.ExceptionInfo[BaseException] | None:
    """Give a check what it asks for and call it; return what it, or the asking, raised.

    pytest calls it, so that one which returns what it found, and asserts nothing, is refused as ever.
    """

    def call() -> None:
        item.funcargs = {name: value(name, probe) for name, probe in probes.items()}
        item.runtest()

    try:
        return pytest.CallInfo.from_call(call, "call", (pytest.exit.Exception, KeyboardInterrupt)).excinfo
    finally:
        item.funcargs = {}
