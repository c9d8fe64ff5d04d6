"""The time of student code, on a clock that the test moves."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from autograder.sandbox.clock import PATIENCE, Clock


@dataclass
class Machine:
    """A clock, and a room that computes, sleeps, or waits for a processor while it passes."""

    now: float = 1000.0
    computed: float = 0.0
    waited: float = 0.0

    def cpu_seconds(self) -> float:
        return self.computed

    def waited_seconds(self) -> float:
        return self.waited

    def compute(self, seconds: float) -> None:
        self.now += seconds
        self.computed += seconds

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def wait(self, seconds: float) -> None:
        self.now += seconds
        self.waited += seconds


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    made = Machine()
    monkeypatch.setattr("autograder.sandbox.clock.time.monotonic", lambda: made.now)
    return made


def test_time_that_is_computed_or_slept_is_the_rooms_own(machine: Machine) -> None:
    for work in (machine.compute, machine.sleep):
        kept = Clock(machine, 100)
        kept.allow(10)
        work(9.9)
        assert not kept.expired()
        work(0.2)
        assert kept.expired()
        assert not kept.starved


def test_time_that_others_take_is_not(machine: Machine) -> None:
    kept = Clock(machine, 100)
    kept.allow(10)
    machine.wait(60)
    machine.compute(5)
    assert not kept.expired()
    assert kept.deadline == machine.now + 5
    machine.compute(5)
    assert kept.expired()
    assert not kept.starved


def test_patience_has_an_end_and_leaves_a_doubt(machine: Machine) -> None:
    kept = Clock(machine, 100)
    kept.allow(10)
    machine.wait(10 * PATIENCE + 0.1)
    assert kept.expired()
    assert kept.starved
    assert not kept.over()


def test_the_exams_time_holds_over_all_its_parts(machine: Machine) -> None:
    kept = Clock(machine, 15)
    for _ in range(2):
        kept.allow(10)
        machine.wait(30)
        machine.compute(7)
        assert not kept.expired()
    kept.allow(10)
    machine.compute(1)
    assert kept.expired()
    assert kept.over()


def test_what_several_processors_compute_at_once_counts_once(machine: Machine) -> None:
    kept = Clock(machine, 100)
    kept.allow(10)
    machine.compute(9)
    machine.computed += 27  # three more worked beside it
    machine.sleep(0.9)
    assert not kept.expired()
