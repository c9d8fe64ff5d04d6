"""The engines under one handle, so that one suite tries them all: what a test makes go wrong goes wrong in each."""

from __future__ import annotations

import atexit
import logging
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any, Protocol

import pytest

from autograder.engine import Engine, RoomSetup, _host, open_engine
from autograder.evidence import Evidence
from autograder.sandbox.exam import Order, examine
from autograder.sandbox.isolation import measure
from autograder.sandbox.rooms import Zygote
from scripted import Scripted

NAMES = ("scripted", "inline", "local", "dask")
JOBS = 2
BROKEN = ""
"""A module whose import fails, and not because it is missing: no zygote comes of it."""


class Twin(Protocol):
    """An engine, and what a test does to it."""

    @property
    def engine(self) -> Engine: ...

    def fail(self, key: str, *errors: Exception) -> None:
        """Make the next tries to hold the exam `key` raise."""
        ...

    def doubt(self, key: str) -> None:
        """Make the next exam `key` end in doubt."""
        ...

    def lose(self) -> None:
        """Lose what rooms are forked from."""
        ...

    @property
    def held(self) -> list[str]:
        """Keys of the exams held to their end."""
        ...

    @property
    def alive(self) -> bool:
        """Whether anything is left from which a room could be forked."""
        ...


class ScriptedTwin:
    """The scripted engine."""

    def __init__(self, *, broken: bool = False) -> None:
        self.engine = Scripted(broken=broken)

    def fail(self, key: str, *errors: Exception) -> None:
        self.engine.fails[key] = list(errors)

    def doubt(self, key: str) -> None:
        self.engine.doubts.append(key)

    def lose(self) -> None:
        self.engine.lost += 1

    @property
    def held(self) -> list[str]:
        return self.engine.held

    @property
    def alive(self) -> bool:
        return not self.engine.closed


@dataclass
class RealTwin:
    """An engine with rooms of this machine, watched where it holds an exam."""

    engine: Engine
    fails: dict[str, list[Exception]] = field(default_factory=dict)
    doubts: list[str] = field(default_factory=list)
    held: list[str] = field(default_factory=list)
    zygotes: list[Zygote] = field(default_factory=list)

    def fail(self, key: str, *errors: Exception) -> None:
        self.fails[key] = list(errors)

    def doubt(self, key: str) -> None:
        self.doubts.append(key)

    def lose(self) -> None:
        self.engine.warm()
        self.zygotes[-1]._process.kill()
        self.zygotes[-1]._process.wait()

    @property
    def alive(self) -> bool:
        return not all(one.lost for one in self.zygotes)

    def examine(self, zygote: Zygote, order: Order) -> Evidence:
        if planned := self.fails.get(order.key):
            raise planned.pop(0)
        found = examine(zygote, order)
        self.held.append(order.key)
        if order.key not in self.doubts:
            return found
        self.doubts.remove(order.key)
        return replace(found, doubt="others took its time")


@cache
def cluster() -> Any:
    """A scheduler and a worker in this process: what a test replaces is replaced in the worker too."""
    from distributed import LocalCluster

    quiet = {"dashboard_address": None, "silence_logs": logging.CRITICAL}
    found = LocalCluster(n_workers=1, threads_per_worker=JOBS, processes=False, **quiet)
    atexit.register(found.close)
    return found


def make(name: str, cache: Path, monkeypatch: pytest.MonkeyPatch, *, broken: bool = False) -> Twin:
    """Return the twin of an engine; a `broken` one never opens a room."""
    if name == "scripted":
        return ScriptedTwin(broken=broken)
    if name == "dask":
        import dask

        dask.config.set({"scheduler-address": cluster().scheduler_address})
    preload = (BROKEN,) if broken else ("numpy",)
    setup = RoomSetup(preload, cache, measure().require("standard"))
    twin = RealTwin(open_engine(name, setup, JOBS))

    def opened(*args: Any, **options: Any) -> Zygote:
        twin.zygotes.append(Zygote(*args, **options))
        return twin.zygotes[-1]

    monkeypatch.setattr(_host, "examine", twin.examine)
    monkeypatch.setattr(_host, "Zygote", opened)
    return twin


Make = Callable[..., Twin]
