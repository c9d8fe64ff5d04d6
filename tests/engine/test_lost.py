"""What rooms are forked from is lost, and another thread has replaced it before the first one looks."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from autograder.engine import RoomSetup, _host
from autograder.errors import GraderError
from autograder.evidence import Evidence
from autograder.records import Limits, Plan, Submission
from autograder.sandbox.exam import Order
from exams import exam

ORDER = Order("a", Submission("a", "digest"), Plan((), {}, ()), Limits(), "strict")


@dataclass
class Process:
    lost: bool = False

    def close(self) -> None:
        self.lost = True


@pytest.mark.parametrize(("lost", "own", "said"), [(2, 0, ""), (2, 1, ""), (0, 2, "no room"), (1, 2, "no room")])
def test_a_try_that_lost_it_does_not_count(monkeypatch: pytest.MonkeyPatch, lost: int, own: int, said: str) -> None:
    monkeypatch.setattr(_host, "Zygote", lambda *_, **__: Process())
    host = _host.Host(RoomSetup((), Path("cache"), "strict"))
    ways = ["lost"] * lost + ["own"] * own

    def examine(process: Any, order: Order) -> Evidence:
        way = ways.pop(0) if ways else ""
        if way == "lost":
            process.lost = True
            host.start()  # as another thread does whose room ended with it
            raise GraderError("the warm process is gone")
        if way == "own":
            raise GraderError("no room")
        return Evidence(exam(key=order.key), ())

    monkeypatch.setattr(_host, "examine", examine)
    with host:
        assert str(host.hold(ORDER).error or "") == said
