"""One run's matching of submissions with what is known of them, and their marking: judge, points, store."""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import msgspec

from autograder.course import Assignment, plan_problems
from autograder.engine import Result
from autograder.errors import CourseError, GraderError, Problem
from autograder.grades import grade_questions
from autograder.intake import as_submission
from autograder.judge.channel import Case
from autograder.judge.process import Judge
from autograder.records import (
    Exam,
    Grade,
    Outcome,
    Plan,
    QuestionGrade,
    Submission,
    digest,
    load_evidence,
    load_exam,
)
from autograder.release import release_problems
from autograder.sandbox.exam import Order
from autograder.sandbox.isolation import LEVELS
from autograder.store import Keys, Store
from autograder.wire import codec
from autograder.wire.messages import Fault

REMARKS = {
    "unreadable": "no notebook",
    "time": "ran out of time",
    "memory": "ran out of memory",
    "size": "answers too large",
    "died": "ended its process",
}
"""What kept a notebook from running to its end, by kind of fault."""


def remark(fault: Fault) -> str:
    """Return, for the instructor, what kept a notebook from running to its end."""
    why = f": {fault.message}" if fault.kind == "unreadable" and fault.message else ""
    return f"{REMARKS[fault.kind]}{why}"


@dataclass(frozen=True)
class Settled:
    """A submission whose grade needs no exam."""

    grade: Grade
    unchanged: bool
    """Whether the grade is the stored one."""


class Marker:
    """Marks the submissions of one assignment. Nothing of one submission hinders the others."""

    def __init__(
        self, assignment: Assignment, judge: Judge, store: Store, isolation: str = "", *, again: bool = False
    ) -> None:
        """`isolation` is the wall of the exams to come; `again` marks anew what has not changed.

        Raises CourseError where checks, notebook and release do not fit each other.
        """
        self._assignment = assignment
        self._judge = judge
        self._store = store
        self._isolation = isolation
        self._again = again
        self._solution = as_submission("", assignment.source)
        self._solution_key = ""
        self.judge_seconds = 0.0
        """Spent waiting for the judge, all cases together."""
        if problems := [*plan_problems(assignment, self._plan), *release_problems(assignment)]:
            raise CourseError(problems)
        stored = load_exam(assignment.paths.reference(assignment.name))
        if not again and stored is not None and stored.key == self._exam_key(self._solution):
            self._solution_key = stored.key

    @property
    def _plan(self) -> Plan:
        return self._judge.plan()

    @property
    def knows_solution(self) -> bool:
        """Whether the solution's evidence is there: what explanations compare with."""
        return bool(self._solution_key)

    def order(self, submission: Submission) -> Order:
        """Return the exam to hold for a submission."""
        limits = self._assignment.settings.limits
        return Order(self._exam_key(submission), submission, self._plan, limits, self._isolation)

    def order_solution(self) -> Order:
        """Return the exam to hold for the solution."""
        return self.order(self._solution)

    def keep_solution(self, result: Result) -> None:
        """Store the solution's evidence. Raise CourseError where it did not run to its end.

        Nothing can be compared with half a solution.
        """
        if result.evidence is None:
            raise result.error or GraderError("the solution's exam gave no evidence")
        fault = result.evidence.exam.fault
        if fault is not None:
            shown = self._assignment.paths.shown(self._assignment.source_path)
            where = "" if fault.cell is None else f"cell {fault.cell + 1}"
            text = f"the solution does not run to its end ({remark(fault)}): run `autograder validate`"
            raise CourseError([Problem(shown, 0, where, text)])
        result.evidence.save(self._assignment.paths.reference(self._assignment.name))
        self._solution_key = result.order.key

    def settle(self, student: str, submission: Submission | None) -> Settled | None:
        """Return the grade of what needs no exam: nothing handed in, nothing changed, or evidence that still holds."""
        name = self._assignment.name
        if submission is None:
            questions = tuple(QuestionGrade(one.id, 0.0, one.points, ()) for one in self._assignment.questions)
            missing = Grade(student, name, "missing", questions, fault="no notebook handed in")
            return Settled(self._store.save(missing, Keys("", "")), unchanged=False)
        exam = load_exam(self._assignment.paths.evidence(name, student))
        if self._again or not self.knows_solution or exam is None or not self._walled(exam):
            return None
        key = self._exam_key(submission)
        if self._store.keys(name, student) == Keys(key, self._judge_key(key)):
            stored = self._store.grade(name, student)
            return Settled(stored, unchanged=True) if stored is not None else None
        if exam.key != key:
            return None
        return Settled(self.mark_stored(submission), unchanged=False)

    def mark(self, result: Result) -> Grade:
        """Store one exam's evidence; judge, mark and store the submission."""
        submission = result.order.submission
        if result.evidence is None:
            return self._ungraded(submission, str(result.error))
        try:
            result.evidence.save(self._assignment.paths.evidence(self._assignment.name, submission.student))
        except OSError as error:
            return self._ungraded(submission, f"the evidence cannot be stored: {error}")
        return self.mark_stored(submission)

    def mark_stored(self, submission: Submission) -> Grade:
        """Judge, mark and store a submission from the evidence that lies on disk."""
        path = self._assignment.paths.evidence(self._assignment.name, submission.student)
        started = time.monotonic()
        try:
            exam = load_evidence(path).exam
            if exam.plan != self._plan.digest or exam.submission != submission.digest:
                raise GraderError("the evidence is of other questions, or of another notebook: grade again")
            judged = self._judge.judge(self._case(path))
        except (GraderError, codec.WireError, OSError) as error:
            return self._ungraded(submission, str(error))
        finally:
            self.judge_seconds += time.monotonic() - started
        language = self._assignment.course.language
        outcomes = [one.outcome for one in judged]
        ours = "; ".join(one.ours for one in judged if one.ours)
        graded = Grade(
            submission.student,
            self._assignment.name,
            "ungraded" if ours else "graded",
            grade_questions(self._assignment.questions, self._plan.checks, outcomes, exam, language),
            isolation=exam.isolation,
            device=exam.device,
            seconds=round(exam.seconds, 3),
            submission=exam.submission,
            fault=ours or (remark(exam.fault) if exam.fault else ""),
        )
        return self._store.save(graded, Keys(exam.key, self._judge_key(exam.key)))

    def _walled(self, exam: Exam) -> bool:
        """Whether evidence was taken behind the wall the course asks for now, or a stronger one."""
        minimum = self._assignment.course.isolation
        return exam.fault is not None or LEVELS.index(exam.isolation) >= LEVELS.index(minimum)

    def _case(self, evidence: Path) -> Case:
        reference = str(self._assignment.paths.reference(self._assignment.name)) if self.knows_solution else ""
        hidden = self._assignment.settings.expected == "hidden"
        return Case(str(evidence), reference, self._assignment.course.language, hidden)

    def _ungraded(self, submission: Submission, why: str) -> Grade:
        """A grade in which every check is ours to mend: nothing is lost, and nothing is earned for good."""
        outcomes: dict[str, list[Outcome]] = {question.id: [] for question in self._assignment.questions}
        for check in self._plan.checks:
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

    def _exam_key(self, submission: Submission) -> str:
        return exam_key(self._assignment, submission, self._plan)

    def _judge_key(self, exam_key: str) -> str:
        """Digest of all that a grade depends on beside the evidence."""
        folder = self._assignment.paths.source(self._assignment.name)
        questions = [(one.id, one.points, one.tested) for one in self._assignment.questions]
        return digest(
            exam_key,
            self._solution_key,
            *(path.read_bytes() for path in sorted(folder.glob("*.py"))),
            msgspec.json.encode([questions, self._assignment.course.language, self._assignment.settings.expected]),
        )


def exam_key(assignment: Assignment, submission: Submission, plan: Plan) -> str:
    """Digest of all that evidence depends on: the code run, what is asked, the limits, the libraries."""
    run = msgspec.json.encode([list(submission.cells), list(submission.repairs), assignment.settings.limits])
    return digest(submission.digest, run, plan.digest, _versions())


@cache
def _versions() -> str:
    found = []
    for name in ("keras-autograder", "tensorflow", "keras", "numpy", "torch"):
        with contextlib.suppress(PackageNotFoundError):
            found.append(f"{name} {version(name)}")
    return " ".join(found)
