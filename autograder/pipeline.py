"""The line: submissions and a plan, to evidence, to outcomes, to grades. Read `grade` first: it is the whole of it."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal

import msgspec

from autograder.course import Assignment, plan_problems
from autograder.engine import Engine, Result
from autograder.engine.inline import InlineEngine
from autograder.engine.local import LocalEngine
from autograder.errors import CourseError, GraderError, Problem
from autograder.grades import grade_questions
from autograder.intake import as_submission, list_submissions
from autograder.judge.channel import Case
from autograder.judge.process import Judge
from autograder.notebook.formats import Notebook
from autograder.records import Grade, Outcome, Plan, QuestionGrade, Submission, digest, load_evidence, load_exam
from autograder.release import read_release
from autograder.sandbox.exam import Order
from autograder.sandbox.isolation import measure
from autograder.sandbox.rooms import Zygote, visible_paths
from autograder.store import Keys, Store
from autograder.wire import codec

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
    """One submission done."""

    grade: Grade
    done: int
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
    with Judge(assignment.paths.checks(assignment.name)) as judge, Store(assignment.paths.store) as store:
        submissions = _chosen(assignment, release, options.students)
        desk = _Desk(assignment, judge, store, isolation, timings)
        desk.require_sound()
        done = 0
        orders = []
        for student, submission in submissions:
            step = None if submission is None or options.again else desk.settle_without_exam(submission)
            if submission is None:
                step = desk.missing(student)
            if step is None:
                assert submission is not None
                orders.append(desk.order(submission))
                continue
            done += 1
            yield Step(step[0], done, len(submissions), step[1])
        for graded in _examine_and_mark(assignment, options, desk, orders, timings):
            done += 1
            yield Step(graded, done, len(submissions))
    timings.total = time.monotonic() - started


def _examine_and_mark(
    assignment: Assignment, options: Options, desk: _Desk, orders: list[Order], timings: Timings
) -> Iterator[Grade]:
    """Hold the exams, the solution's first where its evidence is not there, and mark each as it comes."""
    if not orders:
        return
    started = time.monotonic()
    with warm_rooms(assignment) as zygote:
        zygote.warm()
        timings.warm = time.monotonic() - started
        engine = choose_engine(options, zygote)
        early: list[Result] = []
        for result in engine.examine([*desk.reference_orders(), *orders]):
            if result.order is desk.reference_order:
                desk.keep_reference(result)
                yield from (desk.mark(one) for one in early)
                early.clear()
            elif desk.waits_for_reference:
                early.append(result)
            else:
                yield desk.mark(result)
        timings.rooms = time.monotonic() - started - timings.warm


def rejudge(assignment: Assignment, timings: Timings) -> Iterator[Step]:
    """Judge stored evidence again, without running student code."""
    started = time.monotonic()
    release = read_release(assignment)
    with Judge(assignment.paths.checks(assignment.name)) as judge, Store(assignment.paths.store) as store:
        desk = _Desk(assignment, judge, store, "", timings)
        desk.require_sound()
        found = [(name, one) for name, one in list_submissions(assignment, release) if one is not None]
        stored = [(name, one) for name, one in found if assignment.paths.evidence(assignment.name, name).exists()]
        for done, (name, submission) in enumerate(stored, start=1):
            yield Step(desk.mark_stored(name, submission), done, len(stored))
    timings.total = time.monotonic() - started


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


class _Desk:
    """Where one run's submissions are matched with what is known of them, judged, marked and stored."""

    def __init__(self, assignment: Assignment, judge: Judge, store: Store, isolation: str, timings: Timings) -> None:
        self._assignment = assignment
        self._judge = judge
        self._store = store
        self._isolation = isolation
        self._timings = timings
        self.reference_order: Order | None = None
        self._reference_key = ""

    @property
    def waits_for_reference(self) -> bool:
        """Whether the solution's exam has been ordered and is not there yet."""
        return self.reference_order is not None and not self._reference_key

    def require_sound(self) -> None:
        """Raise CourseError where checks and notebook do not fit."""
        if problems := list(plan_problems(self._assignment, self.plan)):
            raise CourseError(problems)
        reference = load_exam(self._assignment.paths.reference(self._assignment.name))
        if reference is not None and reference.key == self._exam_key(self._solution()):
            self._reference_key = reference.key

    @property
    def plan(self) -> Plan:
        return self._judge.plan()

    def order(self, submission: Submission) -> Order:
        limits = self._assignment.settings.limits
        return Order(self._exam_key(submission), submission, self.plan, limits, self._isolation)

    def reference_orders(self) -> list[Order]:
        """The solution's exam, where its stored evidence is not of this solution and this plan."""
        if self._reference_key:
            return []
        self.reference_order = self.order(self._solution())
        return [self.reference_order]

    def keep_reference(self, result: Result) -> None:
        if result.evidence is not None:
            result.evidence.save(self._assignment.paths.reference(self._assignment.name))
            self._reference_key = result.order.key
        self.reference_order = None

    def missing(self, student: str) -> tuple[Grade, bool]:
        questions = tuple(QuestionGrade(one.id, 0.0, one.points, ()) for one in self._assignment.questions)
        graded = Grade(student, self._assignment.name, "missing", questions, fault="no notebook handed in")
        return self._store.save(graded, Keys("", "")), False

    def settle_without_exam(self, submission: Submission) -> tuple[Grade, bool] | None:
        """Return the stored grade where nothing has changed, or a new one where the evidence still holds."""
        name, student = self._assignment.name, submission.student
        key = self._exam_key(submission)
        stored = self._store.keys(name, student)
        if stored is not None and self._reference_key and stored == Keys(key, self._judge_key(key)):
            grade = self._store.grade(name, student)
            return None if grade is None else (grade, True)
        exam = load_exam(self._assignment.paths.evidence(name, student))
        if exam is None or exam.key != key or not self._reference_key:
            return None
        return self.mark_stored(student, submission), False

    def mark(self, result: Result) -> Grade:
        """Judge, mark and store one exam's result."""
        submission = result.order.submission
        if result.evidence is None:
            return self._ungraded(submission, str(result.error))
        result.evidence.save(self._assignment.paths.evidence(self._assignment.name, submission.student))
        return self.mark_stored(submission.student, submission)

    def mark_stored(self, student: str, submission: Submission) -> Grade:
        """Judge, mark and store the evidence that lies on disk."""
        name = self._assignment.name
        path = self._assignment.paths.evidence(name, student)
        started = time.monotonic()
        try:
            exam = load_evidence(path).exam
            judged = self._judge.judge(self.case(path))
        except (GraderError, codec.WireError, OSError) as error:
            return self._ungraded(submission, str(error))
        finally:
            self._timings.judge += time.monotonic() - started
        language = self._assignment.course.language
        outcomes = [one.outcome for one in judged]
        questions = grade_questions(self._assignment.questions, self.plan.checks, outcomes, exam, language)
        ours = "; ".join(one.ours for one in judged if one.ours)
        graded = Grade(
            student,
            name,
            "ungraded" if ours else "graded",
            questions,
            isolation=exam.isolation,
            device=exam.device,
            seconds=round(exam.seconds, 3),
            submission=exam.submission,
            fault=ours or (exam.fault.kind if exam.fault else ""),
        )
        return self._store.save(graded, Keys(exam.key, self._judge_key(exam.key)))

    def case(self, evidence: Path) -> Case:
        settings = self._assignment.settings
        reference = str(self._assignment.paths.reference(self._assignment.name)) if self._reference_key else ""
        return Case(str(evidence), reference, self._assignment.course.language, settings.expected == "hidden")

    def _ungraded(self, submission: Submission, why: str) -> Grade:
        outcomes = {question.id: [] for question in self._assignment.questions}  # type: dict[str, list[Outcome]]
        for check in self.plan.checks:
            outcomes[check.question].append(Outcome(check.name, check.question, check.title, "ungraded", check.weight))
        questions = tuple(
            QuestionGrade(one.id, one.points, one.points, tuple(outcomes[one.id])) for one in self._assignment.questions
        )
        graded = Grade(
            submission.student,
            self._assignment.name,
            "ungraded",
            questions,
            isolation=self._isolation,
            submission=submission.digest,
            fault=why,
        )
        return self._store.save(graded, Keys("", ""))

    def _solution(self) -> Submission:
        return as_submission("", self._assignment.source)

    def _exam_key(self, submission: Submission) -> str:
        """Digest of all that evidence depends on: the code run, what is asked, the limits, the libraries."""
        return digest(
            submission.digest,
            msgspec.json.encode([list(submission.cells), self._assignment.settings.limits]),
            self.plan.digest,
            _versions(),
        )

    def _judge_key(self, exam_key: str) -> str:
        """Digest of all that a grade depends on beside the evidence."""
        folder = self._assignment.paths.source(self._assignment.name)
        questions = [(one.id, one.points, one.tested) for one in self._assignment.questions]
        return digest(
            exam_key,
            self._reference_key,
            *(path.read_bytes() for path in sorted(folder.glob("*.py"))),
            msgspec.json.encode([questions, self._assignment.course.language, self._assignment.settings.expected]),
        )


def _versions() -> str:
    found = []
    for name in ("keras-autograder", "tensorflow", "keras", "numpy", "torch"):
        with contextlib.suppress(PackageNotFoundError):
            found.append(f"{name} {version(name)}")
    return " ".join(found)
