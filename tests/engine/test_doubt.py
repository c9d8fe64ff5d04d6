"""An exam that others, or we, may have cut short is held again alone, and then it counts."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from autograder.engine import RoomSetup, _host, open_engine
from autograder.evidence import Evidence
from autograder.records import Limits, Plan, Submission
from autograder.sandbox.exam import Order
from autograder.sandbox.rooms import Zygote
from exams import exam


def order(student: str) -> Order:
    return Order(student, Submission(student, "digest"), Plan((), {}, ()), Limits(), "strict")


def test_an_exam_in_doubt_is_held_again_when_nothing_else_runs(
    light_zygote: Zygote, monkeypatch: pytest.MonkeyPatch
) -> None:
    held: list[str] = []
    working: list[int] = []
    together: dict[int, int] = {}
    lock = threading.Lock()

    def examine(_: Zygote, order: Order) -> Evidence:
        with lock:
            held.append(order.key)
            working.append(1)
            together[len(held)] = len(working)
        doubt = "others took its time" if order.key in ("b", "d") else ""
        with lock:
            working.pop()
        return Evidence(exam(key=order.key), (), doubt)

    monkeypatch.setattr(_host, "examine", examine)
    monkeypatch.setattr(_host, "Zygote", lambda *_, **__: light_zygote)
    engine = open_engine("local", RoomSetup((), Path("cache"), "strict"), 3)
    results = list(engine.examine([order(name) for name in "abcd"]))
    assert sorted(result.order.key for result in results) == ["a", "b", "c", "d"]
    assert sorted(held) == ["a", "b", "b", "c", "d", "d"]
    assert sorted(held[-2:]) == ["b", "d"]
    assert [together[number] for number in (5, 6)] == [1, 1]
