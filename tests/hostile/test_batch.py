"""No notebook gains a point by force, costs another one anything, or keeps a batch from its end."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from autograder.pipeline import Timings, grade
from autograder.records import Grade
from autograder.sandbox import leftovers
from autograder.sandbox.isolation import Isolation, WallStep, measure
from autograder.session import GradingOptions
from hostile.batch import BATCH, QUICK
from left_groups import left_groups
from loading import load_assignment
from toy import NAME, answered, hand_in, make_course

NEIGHBOURS = {
    "ada": answered({}),
    "zoe": answered({"names-answer": 'names = ["Ada"]'}),
}
"""Honest work, whole and in part."""


EARNED = {"answer-with-a-value-equal-to-all": 1.6}
"""A function without a loop is worth 0.8 by itself, and once a check passes the visible tests count: 0.8 by force."""


def graded(root: Path, names: Iterator[str] | tuple[str, ...]) -> dict[str, Grade]:
    """Grade the neighbours beside these notebooks, two at a time."""
    course = make_course(root)
    for name, cells in NEIGHBOURS.items():
        hand_in(course, name, cells)
    for name in names:
        hand_in(course, name, attacked(BATCH[name]))
    steps = grade(load_assignment(course, NAME), GradingOptions(jobs=2), Timings())
    return {step.grade.student: step.grade for step in steps}


def attacked(source: str) -> list[dict[str, object]]:
    """A notebook that answers nothing, with `source` for its first answer."""
    return answered({"double-answer": source, "names-answer": "", "greet-answer": ""})


def left_behind() -> set[str]:
    """What rooms of this process leave on the machine once they have ended."""
    mine = f"{leftovers.PREFIX}{leftovers.owner()}-*"
    groups = set(map(str, left_groups()))
    folders = {str(path) for path in Path(tempfile.gettempdir()).glob(mine)}
    sleepers = subprocess.run(["pgrep", "-f", "sleep 300"], capture_output=True, text=True).stdout.split()
    return groups | folders | set(sleepers)


@pytest.fixture(scope="module")
def quiet(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Grade]:
    """The neighbours' grades where nobody attacks."""
    return graded(tmp_path_factory.mktemp("quiet"), ())


def check(found: dict[str, Grade], quiet: dict[str, Grade], names: tuple[str, ...]) -> None:
    for name in NEIGHBOURS:
        assert (found[name].score, found[name].status) == (quiet[name].score, quiet[name].status), name
    for name in names:
        one = found[name]
        assert (one.status, one.score) == ("graded", EARNED.get(name, 0)), (name, one)
        assert one.fault or any(outcome.message for question in one.questions for outcome in question.outcomes), name


@pytest.fixture(params=["as it is", "ungrouped"])
def machine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """This machine, and the same where none of its control groups may be had; the level of either."""
    if request.param != "as it is":
        if measure().level == "standard":
            pytest.skip("this machine is one without control groups")
        steps = (*measure().steps[:-1], WallStep("control groups", "left out"))
        monkeypatch.setattr("autograder.session.measure", lambda: Isolation(steps))
    return "standard" if request.param != "as it is" else str(measure().level)


def attack(root: Path, names: tuple[str, ...], level: str, quiet: dict[str, Grade]) -> None:
    before = left_behind()
    found = graded(root, names)
    assert {one.isolation for one in found.values()} == {level}
    check(found, quiet, names)
    assert left_behind() <= before


def test_one_of_each_kind(tmp_path: Path, machine: str, quiet: dict[str, Grade]) -> None:
    attack(tmp_path, QUICK, machine, quiet)


@pytest.mark.whole
def test_all_of_them(tmp_path: Path, machine: str, quiet: dict[str, Grade]) -> None:
    attack(tmp_path, tuple(BATCH), machine, quiet)


def test_there_is_one_of_each_name() -> None:
    assert set(QUICK) <= set(BATCH)
