"""The line's other rule of marking, nbgrader's: its notebook, its outputs' rule, its score, in our rooms.

Read `NbgraderRule` first. No checks, no solution, no training: a course made for nbgrader alone is graded as it is.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from autograder.assignment import Assignment
from autograder.coherence import ON_TRUST
from autograder.engine import Engine, Result
from autograder.errors import GraderError, cause_of
from autograder.evidence import load_exam
from autograder.intake import folders_left_out, students
from autograder.marks import Marked, Settled
from autograder.nbgrader.handed_in import CompatAssignment, Work, is_refused, orders_of
from autograder.nbgrader.scores import grade_work, keys_of, same_for_all
from autograder.notebook.formats import Notebook
from autograder.notebook.metadata import role_of
from autograder.pipeline import Progress, Timings, choose_students, examine_all
from autograder.sandbox.exam import Order
from autograder.session import GradingOptions, Session
from autograder.store import COMPAT, Keys, Store


def grade(assignments: Sequence[Assignment], options: GradingOptions, timings: Timings) -> Iterator[Progress]:
    """Grade what is new or changed as nbgrader would, and yield each submission when its grade is stored.

    Raises CourseError where the course is broken, DataError where a data set is not whole, IsolationError where this
    machine cannot raise the wall.
    """
    started = time.monotonic()
    first = assignments[0]
    with Session(first, options, preload=_preload(assignments)) as session:
        timings.note(folders_left_out(first.paths))
        chosen = choose_students(first.source, students(first.paths), options.students)
        with open_assignment(assignments, session.isolation) as course:
            rule = NbgraderRule(course, session.store, again=options.again)
            yield from examine_all(session, rule, chosen, timings, [])
    timings.notes += [f"{ON_TRUST}: all"] if timings.rooms else []
    timings.total = time.monotonic() - started


def open_assignment(assignments: Sequence[Assignment], isolation: str = "") -> CompatAssignment:
    """Open the notebooks of an assignment as nbgrader sees them; raise as `CompatAssignment` does."""
    first = assignments[0]
    return CompatAssignment([one.source for one in assignments], first.course, first.settings, isolation)


def _preload(assignments: Sequence[Assignment]) -> tuple[str, ...]:
    """Modules to import once. Not those that test cells alone import: what they write then costs points."""
    found: dict[str, None] = {}
    for one in assignments:
        plain = Notebook(tuple(cell for cell in one.source.notebook.cells if not role_of(cell).tests))
        found |= dict.fromkeys(replace(one, source=replace(one.source, notebook=plain)).preload)
    return tuple(found)


class NbgraderRule:
    """Marks as nbgrader does, from its own reading of what was handed in. Nothing is compared with a solution."""

    def __init__(self, course: CompatAssignment, store: Store, *, again: bool = False) -> None:
        self._course, self._store, self._again = course, store, again
        self._waiting: dict[str, Work] = {}
        self._missing: Counter[str] = Counter()
        """Exams that are still to come, by student: one a notebook."""
        self._errors: dict[str, GraderError] = {}

    def receive(self, student: str) -> Settled | Sequence[Order]:
        """Read what a student handed in; return its grade where it needs no exam, or else the exams to hold."""
        try:
            work = self._course.work(student)
            orders = orders_of(self._course, work, again=self._again)
        except Exception as surprise:  # whatever it is, it is one student's row
            given_up = self._give_up(Work(student, {}), cause_of(surprise))
            return Settled(given_up.grade, marked=given_up)
        if not orders:
            return self._mark(work)
        self._waiting[student], self._missing[student] = work, len(orders)
        return orders

    def order_solution(self) -> None:
        """nbgrader asks for none."""

    def with_numbers(self, order: Order) -> Order:
        """No network is compared with another."""
        return order

    def keep_solution(self, result: Result, engine: Engine) -> None:
        """There is none."""

    def mark(self, result: Result) -> Marked | None:
        """Store one exam's evidence; mark the student once the last of theirs is there, or failed through our fault."""
        student = result.order.submission.student
        work = self._waiting[student]
        try:
            _keep(self._course, work, result)
        except GraderError as error:
            self._errors[student] = error
        self._missing[student] -= 1
        if self._missing[student]:
            return None
        settled = self._mark(work) if student not in self._errors else None
        if settled is None:
            return self._give_up(work, str(self._errors[student]))
        return settled.marked or Marked(work.submission, settled.grade)

    def _mark(self, work: Work) -> Settled:
        """Mark a student's work from the evidence that lies on disk, and store the grade."""
        course, name = self._course, self._course.name
        exams = {
            name: load_exam(course.evidence(handed))
            for name, handed in work.notebooks.items()
            if handed is not None and handed.order is not None and not is_refused(work)
        }
        keys = keys_of(course, work, exams)
        held = self._store.keys(name, work.student, COMPAT) == keys
        stored = self._store.grade(name, work.student, COMPAT) if held else None
        if stored is not None:
            return Settled(stored, unchanged=True)
        try:
            graded = grade_work(course, work, exams)
        except Exception as surprise:  # whatever it is, it is one student's row
            given_up = self._give_up(work, cause_of(surprise))
            return Settled(given_up.grade, marked=given_up)
        return Settled(self._store.save(graded, keys, COMPAT))

    def _give_up(self, work: Work, why: str) -> Marked:
        """Store a grade in which every cell is ours to mend; one that is stored stands."""
        stored = self._store.grade(self._course.name, work.student, COMPAT)
        if stored is not None and stored.status == "graded":
            return Marked(work.submission, stored, kept=why, ours=True)
        graded = same_for_all(self._course, work, "ungraded", why, "ungraded", full=True)
        return Marked(work.submission, self._store.save(graded, Keys("", ""), COMPAT))


def _keep(course: CompatAssignment, work: Work, result: Result) -> None:
    if result.evidence is None:
        raise result.error or GraderError("the exam gave no evidence")
    handed = next(one for one in work.notebooks.values() if one is not None and one.order is result.order)
    try:
        result.evidence.save(course.evidence(handed))
    except OSError as failed:
        raise GraderError(f"the evidence cannot be stored: {failed}") from failed
