"""A class graded with its results in PostgreSQL: by two graders at once, through a kill, to what SQLite would hold."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

import toy
from autograder.databases import Database, Postgres
from autograder.pipeline import Timings, grade, rejudge
from autograder.records import Grade
from autograder.session import GradingOptions
from autograder.store import Store
from loading import load_assignment
from postgres import postgres

COMMAND = [sys.executable, "-c", "from autograder.cli import main; main()"]
SECONDS = 300
SLOW = 'import time; time.sleep(0.5)\nnames = ["Ada", "Grace", "Joan"]'
WRONG = 'import time; time.sleep(0.5)\nnames = ["Ada"]'
STUDENTS = [f"student-{number}" for number in range(8)]


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with postgres() as address:
        yield address


@pytest.fixture
def course(tmp_path: Path) -> Path:
    root = toy.make_course(tmp_path)
    for number, name in enumerate(STUDENTS):
        toy.hand_in(root, name, toy.answered({"names-answer": SLOW if number % 2 else WRONG}))
    return root


def start(course: Path, server: str, *arguments: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "AUTOGRADER_STORE": server, "AUTOGRADER_FRESH": "1"}
    given = [*COMMAND, *arguments, "--jobs", "1"]
    return subprocess.Popen(
        given, cwd=course, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )


def stored(database: Database) -> dict[str, Grade]:
    """What is stored, less how long it took."""
    with Store(database) as store:
        return {one.student: replace(one, seconds=0.0) for one in store.grades(toy.NAME)}


def test_two_graders_at_once_one_of_them_killed_leave_what_one_alone_would(
    course: Path, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = Postgres(sa.make_url(server), load_assignment(course, toy.NAME).course.course)
    halves = STUDENTS[:5], STUDENTS[3:]  # and two students both have
    graders = [start(course, server, "grade", toy.NAME, *(f"--student={name}" for name in half)) for half in halves]
    try:
        deadline = time.monotonic() + SECONDS
        while len(stored(database)) < 2 and time.monotonic() < deadline:
            time.sleep(0.05)
        graders[0].send_signal(signal.SIGKILL)
        assert graders[1].wait(SECONDS) == 0, graders[1].communicate()[1]
    finally:
        for one in graders:
            one.kill()
            one.communicate()
    found = stored(database)
    assert set(halves[1]) <= set(found)
    assert {one.status for one in found.values()} == {"graded"}
    monkeypatch.setenv("AUTOGRADER_STORE", server)
    steps = list(grade(load_assignment(course, toy.NAME), GradingOptions(jobs=1), Timings()))
    assert {step.grade.student for step in steps if step.unchanged} >= set(found)
    whole = stored(database)
    assert [whole[name] for name in found] == list(found.values())
    assert sorted(whole) == STUDENTS
    assert {one.attempt for one in whole.values()} == {1}
    again = {step.grade.student: step.grade for step in rejudge(load_assignment(course, toy.NAME), Timings())}
    assert {name: replace(one, seconds=0.0) for name, one in again.items()} == whole
    assert all(step.unchanged for step in grade(load_assignment(course, toy.NAME), GradingOptions(), Timings()))
    monkeypatch.delenv("AUTOGRADER_STORE")
    alone = {step.grade.student: step.grade for step in rejudge(load_assignment(course, toy.NAME), Timings())}
    assert {name: replace(one, seconds=0.0) for name, one in alone.items()} == whole  # in SQLite, of the same evidence
