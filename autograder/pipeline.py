"""The line: submissions and a plan, to evidence, to outcomes, to grades. Read `grade` first: it is the whole of it."""

from __future__ import annotations

import itertools
import time
import unicodedata
from collections import Counter, deque
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Protocol

from autograder.assessment import trainings
from autograder.assignment import Assignment, SourceNotebook
from autograder.coherence import on_trust
from autograder.engine import Engine, Result
from autograder.errors import CourseError, Problem
from autograder.grades import join
from autograder.intake import folders_left_out, students
from autograder.marking import Marker
from autograder.marks import Marked, Settled
from autograder.records import Grade
from autograder.remarks import Notes, join_notes
from autograder.sandbox.exam import Order
from autograder.session import GradingOptions, Session, cores
from autograder.store import Keys, open_store
from autograder.training.job import Job
from autograder.training.scorer import Scorer
from autograder.wire.messages import Warm

TOGETHER = 50
"""Submissions judged again whose grades are read, and stored, in one transaction."""
WORTH_A_JUDGE = 100
"""Submissions judged again for which another judge is worth the time it takes to start."""


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
    notes: list[str] = field(default_factory=list)
    """What the instructor should know: why rooms are slower, or show more, than they could; folders left out."""

    def note(self, found: Iterable[str]) -> None:
        """Take notes, each once, however many of an assignment's notebooks say it."""
        self.notes += [one for one in found if one not in self.notes]


@dataclass(frozen=True)
class Progress:
    """One submission done, of `total`."""

    grade: Grade
    total: int
    unchanged: bool = False
    part: bool = False
    """Whether it is one notebook of several: the assignment's own step comes when the last of them is done."""
    kept: str = ""
    """Why marks stored before stand, some or all; empty: none of them does."""
    ours: bool = False
    """Whether that is a fault of ours."""
    notes: Notes = field(default_factory=Notes)


class MarkingRule(Protocol):
    """By which what is handed in is marked: the checks' and visible tests', or nbgrader's."""

    def receive(self, student: str) -> Settled | Sequence[Order]:
        """Read what a student handed in; return its grade where it needs no exam, or else the exams to hold."""
        ...

    def order_solution(self) -> Order | None:
        """Return the exam that is to be held first, for its rule compares with the solution; None: it needs none."""
        ...

    def keep_solution(self, result: Result, engine: Engine) -> None:
        """Store what came of that exam. Raise CourseError where the solution does not run to its end."""
        ...

    def with_numbers(self, order: Order) -> Order:
        """Return a student's exam with the networks that are to be run, as far as is known of the solution by now."""
        ...

    def mark(self, result: Result) -> Marked | None:
        """Store one exam's evidence and mark its student; None where another exam of theirs is still to come."""
        ...


def grade(assignment: Assignment, options: GradingOptions, timings: Timings) -> Iterator[Progress]:
    """Grade what is new or changed, and yield each submission when its grade is stored.

    In two phases: first every exam, so that all that does not hang on a training is marked and stored; then the
    trainings, each once however many submitted the same network, until every check can tell.

    Raises CourseError where the course is broken, DataError where a data set is not whole, IsolationError where this
    machine cannot raise the wall.
    """
    started = time.monotonic()
    waiting: list[Marked] = []
    with Session(assignment, options) as session:
        timings.note(folders_left_out(assignment.paths))
        chosen = choose_students(assignment.source, students(assignment.paths), options.students)
        marker = Marker(session.assessor, session.store, students=chosen, again=options.again)
        yield from examine_all(session, marker, chosen, timings, waiting)
        if waiting:
            for marked in _train(marker, session.engine, session.assessor.scorer, waiting):
                yield _step(marked, len(chosen))
        timings.judge = session.assessor.judge_seconds
        timings.note(filter(None, [on_trust(assignment.source, session.assessor.scorer.plan)]))
    timings.total = time.monotonic() - started


def examine_all(
    session: Session, rule: MarkingRule, chosen: Sequence[str], timings: Timings, waiting: list[Marked]
) -> Iterator[Progress]:
    """Hold the exams that are needed, and yield each student once marked; those left `waiting` want trainings."""
    orders: list[Order] = []
    for student in chosen:
        received = rule.receive(student)
        if not isinstance(received, Settled):
            session.engine.start()
            orders += received
        elif received.marked is None:
            yield Progress(received.grade, len(chosen), received.unchanged, notes=received.notes)
        elif received.marked.wants:
            waiting.append(received.marked)
        else:
            yield _step(received.marked, len(chosen))
    if orders or waiting:
        for marked in _examine(rule, session.engine, orders, timings):
            if marked.wants:
                waiting.append(marked)
            else:
                yield _step(marked, len(chosen))


def _step(marked: Marked, total: int) -> Progress:
    return Progress(marked.grade, total, kept=marked.kept, ours=marked.ours, notes=marked.notes)


def _examine(rule: MarkingRule, engine: Engine, orders: list[Order], timings: Timings) -> Iterator[Marked]:
    """Hold the exams, the solution's first where its evidence is not there, and mark each as it comes.

    What began before the solution was known, and lacks numbers that it asks for, is held again.
    """
    started = time.monotonic()
    timings.note(warm_notes(engine.warm()))
    timings.warm = time.monotonic() - started
    solution = rule.order_solution()
    came: list[Result] = []
    again: list[Order] = []
    for result in engine.examine(itertools.chain(filter(None, [solution]), map(rule.with_numbers, orders))):
        if result.order is solution:
            rule.keep_solution(result, engine)
            solution = None
        else:
            came.append(result)
        while came and not solution:
            early = came.pop(0)
            order = rule.with_numbers(early.order)
            if order.sampled > early.order.sampled:
                again.append(order)
            elif marked := rule.mark(early):
                yield marked
    yield from filter(None, map(rule.mark, engine.examine(again)))
    timings.rooms = time.monotonic() - started - timings.warm


def _train(marker: Marker, engine: Engine, scorer: Scorer, waiting: list[Marked]) -> Iterator[Marked]:
    """Run the trainings that submissions wait for, and mark each submission when all of its own are there.

    The only loop of the line: a check that cannot tell from the trainings there are asks for one more. So does one
    whose like was trained instead of it, where what came of that is the other's alone: a record that cannot be trained
    is charged to who handed in that very record.
    """
    while waiting:
        again: list[Marked] = []
        missing = {marked.student: {job.key for job in marked.wants} for marked in waiting}
        for trained in trainings(engine, scorer, _as_most_wrote(waiting)):
            for marked in waiting:
                if trained.job.key not in missing[marked.student]:
                    continue
                missing[marked.student].discard(trained.job.key)
                its_own = trained.job.own_key in {job.own_key for job in marked.wants}
                if trained.error is not None and its_own:
                    missing[marked.student].clear()
                    yield marker.give_up_training(marked, str(trained.error))
                elif not missing[marked.student]:
                    anew = marker.mark_stored(marked.submission)
                    if anew.wants:
                        again.append(anew)
                    else:
                        yield anew
        waiting = again


def _as_most_wrote(waiting: Iterable[Marked]) -> list[Job]:
    """Return the trainings that are waited for, of those of one key the one that most handed in last: it is trained.

    Records that lie, each in its own way, come after those that honest students share.
    """
    jobs = [job for marked in waiting for job in marked.wants]
    wanted = Counter(job.own_key for job in jobs)
    return sorted(jobs, key=lambda job: wanted[job.own_key])


def grade_parts(parts: Sequence[Assignment], options: GradingOptions, timings: Timings) -> Iterator[Progress]:
    """Grade an assignment, each of its notebooks in rooms of its own; raise as `grade` does."""
    yield from _over_parts(parts, timings, lambda part, spent: grade(part, options, spent))


def rejudge_parts(parts: Sequence[Assignment], timings: Timings, *, kept: bool = False) -> Iterator[Progress]:
    """Judge the stored evidence of an assignment again, as `rejudge` does each of its notebooks'."""
    yield from _over_parts(parts, timings, lambda part, spent: rejudge(part, spent, kept=kept))


def _over_parts(
    parts: Sequence[Assignment], timings: Timings, run: Callable[[Assignment, Timings], Iterator[Progress]]
) -> Iterator[Progress]:
    """Run the line for each notebook, and join what each student has: one grade, stored under the assignment's name."""
    if len(parts) == 1:
        yield from run(parts[0], timings)
        return
    found: dict[str, dict[str, Progress]] = {}
    for part in parts:
        spent = Timings(notes=timings.notes)
        for step in run(part, spent):
            found.setdefault(step.grade.student, {})[part.key] = step
            yield replace(step, total=step.total * len(parts), part=True)
        timings.warm, timings.rooms = timings.warm + spent.warm, timings.rooms + spent.rooms
        timings.judge, timings.total = timings.judge + spent.judge, timings.total + spent.total
    with open_store(parts[0].paths) as store:
        for student, steps in sorted(found.items()):
            stored = {part.source.notebook_file: store.grade(part.key, student) for part in parts}
            grades = {name: one for name, one in stored.items() if one is not None}
            joined = store.save(join(parts[0].name, grades), Keys("", ""))
            handed_in = [step for step in steps.values() if step.grade.status != "missing"]
            unchanged = bool(handed_in) and all(step.unchanged for step in handed_in)
            kept = "; ".join(dict.fromkeys(step.kept for step in steps.values() if step.kept))
            ours = any(step.ours for step in steps.values())
            notes = join_notes(step.notes for step in steps.values())
            yield Progress(joined, len(found) * len(parts), unchanged, kept=kept, ours=ours, notes=notes)


def rejudge(assignment: Assignment, timings: Timings, *, kept: bool = False) -> Iterator[Progress]:
    """Judge stored evidence again, without running student code or training anything.

    A solution that was changed is examined anew before anything is judged, in a room that is `kept` warm or not: no
    other opens. Raises CourseError where it does not run to its end, IsolationError where this machine cannot raise the
    wall: the stored grades are then as they were.
    """
    started = time.monotonic()
    with Session(assignment, GradingOptions(jobs=1, kept=kept), judging=True) as session:
        marker = Marker(session.assessor, session.store, judging=True)
        examined = [
            student
            for student in students(assignment.paths)
            if assignment.paths.evidence(assignment.key, student).exists()
        ]
        if examined and not marker.knows_solution:
            session.assessor.isolation = session.isolation
            for result in session.engine.examine(filter(None, [marker.order_solution()])):
                marker.keep_solution(result, session.engine)
        for marked in _judge_all(marker, examined):
            yield _step(marked, len(examined))
        timings.judge = session.assessor.judge_seconds
    timings.total = time.monotonic() - started


def _judge_all(marker: Marker, students: Sequence[str]) -> Iterator[Marked]:
    """Judge submissions again, several at once, and yield them in order, so many together when they are stored.

    Each has its old row or its new one, whenever this is killed.
    """
    pool = ThreadPoolExecutor(min(cores(), 1 + len(students) // WORTH_A_JUDGE))
    coming: deque[list[Future[Marked | None]]] = deque()
    try:
        for start in range(0, len(students), TOGETHER):
            some = students[start : start + TOGETHER]
            known = marker.known(some)
            coming.append([pool.submit(marker.judge_again, student, known.get(student)) for student in some])
            if len(coming) > 1:  # those before are stored while these are judged
                yield from _kept(marker, coming.popleft())
        while coming:
            yield from _kept(marker, coming.popleft())
    finally:
        pool.shutdown(wait=False, cancel_futures=True)  # one that hangs in a check ends with its judge


def _kept(marker: Marker, coming: Iterable[Future[Marked | None]]) -> list[Marked]:
    return marker.keep([marked for one in coming if (marked := one.result()) is not None])


def warm_notes(warm: Warm) -> Iterator[str]:
    """Yield what is weaker than it could be where rooms are forked from, a sentence each."""
    if warm.threaded:
        names = ", ".join(warm.threaded)
        yield f"each room imports {names} anew: a library that starts threads when it is imported cannot be kept warm"
    if warm.note:
        yield warm.note


def choose_students(source: SourceNotebook, found: Collection[str], wanted: Collection[str]) -> list[str]:
    """Return those of the students `found` that are wanted, in whatever form of Unicode; all where none is named.

    Raises CourseError where nobody is found, or somebody wanted is not.
    """
    shown = source.paths.shown(source.paths.submitted)
    if not found:
        text = f"no student's folder here: put notebooks in {shown}/STUDENT/{source.name}/"
        raise CourseError([Problem(shown, 0, "", text)])
    composed = {unicodedata.normalize("NFC", name): name for name in wanted}
    known = {unicodedata.normalize("NFC", name) for name in found}
    if unknown := sorted(name for form, name in composed.items() if form not in known):
        raise CourseError(Problem(shown, 0, name, "no folder of this student") for name in unknown)
    return [name for name in found if not wanted or unicodedata.normalize("NFC", name) in composed]
