"""Which framework a value of the student's is of. Nothing else asks that: whoever must know asks its runtime."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from types import ModuleType
from typing import cast

from autograder.wire.frameworks import FRAMEWORKS
from autograder.worker.runtime import Runtime


def _loaded(folder: str) -> Runtime:
    return cast("Runtime", import_module(f"autograder.worker.{folder}.runtime").RUNTIME)


RUNTIMES: Mapping[str, Runtime] = {one.name: _loaded(one.folder) for one in FRAMEWORKS}
"""By the framework's name in records. One more is one more folder."""


def runtime_of(value: object) -> Runtime | None:
    """Return the runtime that `value` is a network of; None for whatever is no network."""
    return next((one for one in RUNTIMES.values() if one.is_model(value)), None)


def wrap_for(name: str) -> Callable[[ModuleType], None] | None:
    """Return what to do to the module `name` once it has run; None: nothing."""
    return next((wrap for one in RUNTIMES.values() if (wrap := one.wrap_for(name))), None)
