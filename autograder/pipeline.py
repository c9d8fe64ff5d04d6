"""The line: submissions and a plan, to evidence, to outcomes, to grades. Read `grade` first: it is the whole of it."""

from __future__ import annotations

import os
import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from autograder.course import Assignment
from autograder.engine import Engine, Result
from autograder.engine.inline import InlineEngine
from autograder.engine.local import LocalEngine
from autograder.errors import CourseError, Problem
from autograder.intake import list_submissions
from autograder.judge.process import Judge
from autograder.marking import Marker
from autograder.notebook.formats import Notebook
from autograder.records import Grade, Submission
from autograder.release import read_release
from autograder.sandbox.exam import Order
from autograder.sandbox.isolation import measure
from autograder.sandbox.rooms import Zygote, visible_paths
from autograder.store import Store

EngineName = Literal["local", "inline"]


@dataclass(frozen=True)
class Options:
    """How to grade."""

    jobs: int = field(default_factory=lambda: len(os.sched_getaffinity(0)))
    engine: EngineName = "local"
    again: bool = False
    """Whether to grade what has not changed too."""
    students: tuple[str, ...] = ()
    """Only these; all where empty."""


@dataclass
class Timings:
    """Where the time of one run went, in seconds."""

    warm: float = 0.0
    """Until the first room could open."""
    rooms: float = 0.0
    """From then until the last room's evidence was there."""
    judge: float = 0.0
    """Waiting for the judge, all cases together; rooms work meanwhile."""
    total: float = 0.0


@dataclass(frozen=True)
class Step:
    """One submission done, of `total`."""

    grade: Grade
    total: int
    unchanged: bool = False


def grade(assignment: Assignment, options: Options, timings: Timings) -> Iterator[Step]:
    """Grade what is new or changed, and yield each submission when its grade is stored.

    Raises CourseError where the course is broken, IsolationError where this machine cannot raise the wall.
    """
    started = time.monotonic()
    isolation = measure().require(assignment.course.isolation)
    _require_hidden(assignment)
    release = read_release(assignment)
    with judge_of(assignment) as judge, Store(assignment.paths.store) as store:
        submissions = _chosen(assignment, release, options.students)
        marker = Marker(assignment, judge, store, isolation, again=options.again)
        orders = []
        for student, submission in submissions:
            if settled := marker.settle(student, submission):
                yield Step(settled.grade, len(submissions), settled.unchanged)
            elif submission is not None:
                orders.append(marker.order(submission))
        for graded in _examine_and_mark(assignment, options, marker, orders, timings):
            yield Step(graded, len(submissions))
        timings.judge = marker.judge_seconds
    timings.total = time.monotonic() - started


def _examine_and_mark(
    assignment: Assignment, options: Options, marker: Marker, orders: list[Order], timings: Timings
) -> Iterator[Grade]:
    """Hold the exams, the solution's first where its evidence is not there, and mark each as it comes."""
    if not orders:
        return
    started = time.monotonic()
    solution = None if marker.knows_solution else marker.order_solution()
    early: list[Result] = []
    with warm_rooms(assignment) as zygote:
        zygote.warm()
        timings.warm = time.monotonic() - started
        results = choose_engine(options, zygote).examine([*([solution] if solution else []), *orders])
        for result in results:
            if result.order is solution:
                marker.keep_solution(result)
                solution = None
                yield from (marker.mark(one) for one in early)
            elif solution:
                early.append(result)
            else:
                yield marker.mark(result)
        timings.rooms = time.monotonic() - started - timings.warm


def rejudge(assignment: Assignment, timings: Timings) -> Iterator[Step]:
    """Judge stored evidence again, without running student code."""
    started = time.monotonic()
    release = read_release(assignment)
    with judge_of(assignment) as judge, Store(assignment.paths.store) as store:
        marker = Marker(assignment, judge, store)
        stored = [
            submission
            for student, submission in list_submissions(assignment, release)
            if submission is not None and assignment.paths.evidence(assignment.name, student).exists()
        ]
        for submission in stored:
            yield Step(marker.mark_stored(submission), len(stored))
        timings.judge = marker.judge_seconds
    timings.total = time.monotonic() - started


def judge_of(assignment: Assignment) -> Judge:
    """Start a judge that holds the assignment's checks."""
    checks = assignment.paths.checks(assignment.name)
    return Judge(checks, assignment.paths.shown(checks))


def warm_rooms(assignment: Assignment) -> Zygote:
    """Start a zygote that holds what the assignment's notebook imports."""
    assignment.paths.cache.mkdir(parents=True, exist_ok=True)
    return Zygote(assignment.preload, assignment.paths.cache)


def choose_engine(options: Options, zygote: Zygote) -> Engine:
    """Return the engine asked for."""
    return InlineEngine(zygote) if options.engine == "inline" else LocalEngine(zygote, options.jobs)


def _chosen(
    assignment: Assignment, release: Notebook, students: Collection[str]
) -> list[tuple[str, Submission | None]]:
    found = list(list_submissions(assignment, release))
    shown = assignment.paths.shown(assignment.paths.submitted)
    if not found:
        text = f"no student's folder here: put notebooks in {shown}/STUDENT/{assignment.name}/"
        raise CourseError([Problem(shown, 0, "", text)])
    unknown = sorted(set(students) - {name for name, _ in found})
    if unknown:
        raise CourseError(Problem(shown, 0, name, "no folder of this student") for name in unknown)
    return [pair for pair in found if not students or pair[0] in students]


def _require_hidden(assignment: Assignment) -> None:
    """Refuse a course that lies where rooms can read: they would find its checks there."""
    root = assignment.paths.root.resolve()
    for path in visible_paths():
        if root.is_relative_to(Path(path).resolve()):
            text = f"the course lies under {path}, which student code can read: move it elsewhere"
            raise CourseError([Problem(root, 0, "", text)])
