"""Trainings that differ by their seed alone share rooms, and no fault of one is another's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from autograder.engine import RoomSetup, _host
from autograder.engine._host import Host, share_rooms
from autograder.engine.local import LocalEngine
from autograder.errors import GraderError
from autograder.evidence import TrainingRun
from autograder.training.job import Job
from engine.test_conformance import job
from exams import training_run

FIRST, OTHER = job(), job()


def seeds(first: Job, count: int) -> list[Job]:
    return [replace(first, seed=seed, key=f"{id(first)} {seed}") for seed in range(count)]


@pytest.mark.parametrize(
    ("jobs", "at_once", "expected"),
    [
        ([], 2, []),
        (seeds(FIRST, 20), 2, [10, 10]),
        (seeds(FIRST, 5), 2, [3, 2]),
        (seeds(FIRST, 3), 4, [1, 1, 1]),
        ([*seeds(FIRST, 3), *seeds(OTHER, 3)], 2, [3, 3]),
        ([*seeds(FIRST, 2), *seeds(OTHER, 1)], 1, [2, 1]),
        ([replace(one, recipe=replace(one.recipe, epochs=9)) for one in seeds(FIRST, 2)], 1, [1, 1]),
    ],
)
def test_as_many_share_a_room_as_leave_none_idle(jobs: list[Job], at_once: int, expected: list[int]) -> None:
    shared = share_rooms(jobs, at_once)
    assert [len(one) for one in shared] == expected
    assert [one for ones in shared for one in ones] == jobs


@dataclass
class Rooms:
    """Stands for training rooms: each seed of `lost` loses the room that it is in, as often as it is told."""

    lost: dict[int, int] = field(default_factory=dict)
    closed: int = 99
    """How many seeds a room trains."""
    opened: list[list[int]] = field(default_factory=list)

    def train(self, _: Any, jobs: Sequence[Job], *__: Any, **___: Any) -> Iterator[TrainingRun]:
        self.opened.append([])
        for place, one in enumerate(jobs):
            if place == self.closed:
                return
            self.opened[-1].append(one.seed)
            if self.lost.get(one.seed, 0):
                self.lost[one.seed] -= 1
                if place:
                    return
                raise GraderError("the room was lost")
            yield training_run(key=one.key, seed=one.seed)


class NoZygote:
    """Nothing is forked."""

    lost = False

    def close(self) -> None:
        return


def run(rooms: Rooms, jobs: list[Job], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, at_once: int = 1) -> Any:
    monkeypatch.setattr(_host, "train_seeds", rooms.train)
    monkeypatch.setattr(_host, "Zygote", lambda *_, **__: NoZygote())
    with LocalEngine(Host(RoomSetup((), tmp_path, "standard")), at_once) as engine:
        return list(engine.train(jobs))


def test_seeds_of_one_network_share_a_room(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    rooms = Rooms()
    trained = run(rooms, seeds(FIRST, 4), monkeypatch, tmp_path)
    assert rooms.opened == [[0, 1, 2, 3]]
    assert [one.run.key for one in trained] == [one.job.key for one in trained]
    assert [(one.job.seed, one.run.seed) for one in trained] == [(seed, seed) for seed in range(4)]


def test_a_room_that_is_lost_costs_no_seed_but_the_one_that_loses_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    rooms = Rooms({1: 1, 2: 9})
    trained = run(rooms, seeds(FIRST, 4), monkeypatch, tmp_path)
    assert rooms.opened == [[0, 1], [1, 2], [2], [2], [3]]
    assert [(one.job.seed, one.run and one.run.seed, str(one.error or "")) for one in trained] == [
        (0, 0, ""),
        (1, 1, ""),
        (2, None, "the room was lost"),
        (3, 3, ""),
    ]


def test_a_room_that_is_not_to_be_shared_is_not(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    rooms = Rooms(closed=1)
    trained = run(rooms, seeds(FIRST, 3), monkeypatch, tmp_path)
    assert rooms.opened == [[0], [1], [2]]
    assert [one.run.seed for one in trained] == [0, 1, 2]


def test_rooms_side_by_side_divide_the_seeds(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    rooms = Rooms()
    trained = run(rooms, seeds(FIRST, 5), monkeypatch, tmp_path, at_once=2)
    assert sorted(rooms.opened) == [[0, 1, 2], [3, 4]]
    assert sorted(one.run.seed for one in trained) == [0, 1, 2, 3, 4]
