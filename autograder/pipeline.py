"""The line: submissions and a plan, to evidence, to outcomes, to grades. Read `grade` first: it is the whole of it."""

from __future__ import annotations

import ast
import os
import time
import unicodedata
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from autograder.course import Assignment, on_trust
from autograder.engine import Engine, Result, RoomSetup, open_engine
from autograder.environment import environment_of, require_hidden
from autograder.errors import CourseError, Problem
from autograder.grades import join
from autograder.intake import students
from autograder.judge.process import Judge, NoChecks
from autograder.marking import Assessor, Marked, Marker, Notes, join_notes, trainings
from autograder.recipes import BACKENDS, Profile
from autograder.records import Grade
from autograder.release import read_release
from autograder.sandbox.exam import Order
from autograder.sandbox.gpus import Gpu, reserve, survey
from autograder.sandbox.isolation import measure
from autograder.store import Keys, Store
from autograder.training.desk import TrainingDesk
from autograder.wire.messages import Warm


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0))


@dataclass(frozen=True)
class Options:
    """How to grade."""

    jobs: int = field(default_factory=cores)
    engine: str = "local"
    """One of `engine_names`."""
    profile: Profile = "cpu"
    """Which recipes, and on what device, networks are trained with."""
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
    notes: list[str] = field(default_factory=list)
    """What the instructor should know of this machine: why rooms are slower, or show more, than they could."""


@dataclass(frozen=True)
class Step:
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


def grade(assignment: Assignment, options: Options, timings: Timings) -> Iterator[Step]:
    """Grade what is new or changed, and yield each submission when its grade is stored.

    In two phases: first every exam, so that all that does not hang on a training is marked and stored; then the
    trainings, each once however many submitted the same network, until every check can tell.

    Raises CourseError where the course is broken, DataError where a data set is not whole, IsolationError where this
    machine cannot raise the wall.
    """
    started = time.monotonic()
    isolation = measure().require(assignment.course.isolation)
    gpus = find_gpus(options)
    require_hidden(assignment.paths, environment_of(assignment))
    release = read_release(assignment)
    with (
        judge_of(assignment) as judge,
        Store(assignment.paths.store) as store,
        engine_of(assignment, options, isolation, gpus) as engine,
    ):
        chosen = choose_students(assignment, students(assignment), options.students)
        assessor = Assessor(assignment, judge, options.profile, isolation)
        require_fitting(gpus, assessor.desk)
        require_backends(assignment, assessor.desk)
        marker = Marker(assignment, assessor, store, again=options.again)
        orders: list[Order] = []
        waiting: list[Marked] = []
        for student in chosen:
            received = marker.receive(release, student)
            if isinstance(received, Order):
                engine.start()
                orders.append(received)
            elif received.marked is None:
                yield Step(received.grade, len(chosen), received.unchanged, notes=received.notes)
            elif received.marked.wants:
                waiting.append(received.marked)
            else:
                yield _step(received.marked, len(chosen))
        if orders or waiting:
            for marked in _examine(marker, engine, orders, timings):
                if marked.wants:
                    waiting.append(marked)
                else:
                    yield _step(marked, len(chosen))
            for marked in _train(marker, engine, assessor.desk, waiting):
                yield _step(marked, len(chosen))
        timings.judge = assessor.judge_seconds
        timings.notes += filter(None, [on_trust(assignment, assessor.desk.plan)])
    timings.total = time.monotonic() - started


def _step(marked: Marked, total: int) -> Step:
    return Step(marked.grade, total, kept=marked.kept, ours=marked.ours, notes=marked.notes)


def _examine(marker: Marker, engine: Engine, orders: list[Order], timings: Timings) -> Iterator[Marked]:
    """Hold the exams, the solution's first where its evidence is not there, and mark each as it comes."""
    started = time.monotonic()
    timings.notes += warm_notes(engine.warm())
    timings.warm = time.monotonic() - started
    solution = None if marker.knows_solution else marker.order_solution()
    early: list[Result] = []
    for result in engine.examine([*([solution] if solution else []), *orders]):
        if result.order is solution:
            _keep_solution(marker, engine, result)
            solution = None
            yield from (marker.mark(one) for one in early)
        elif solution:
            early.append(result)
        else:
            yield marker.mark(result)
    timings.rooms = time.monotonic() - started - timings.warm


def _keep_solution(marker: Marker, engine: Engine, result: Result) -> None:
    if marker.ran_out(result):
        (result,) = engine.examine([result.order])
    marker.keep_solution(result)


def _train(marker: Marker, engine: Engine, desk: TrainingDesk, waiting: list[Marked]) -> Iterator[Marked]:
    """Run the trainings that submissions wait for, and mark each submission when all of its own are there.

    The only loop of the line: a check that cannot tell from the trainings there are asks for one more.
    """
    while waiting:
        again: list[Marked] = []
        missing = {marked.student: {job.key for job in marked.wants} for marked in waiting}
        for trained in trainings(engine, desk, [job for marked in waiting for job in marked.wants]):
            for marked in waiting:
                if trained.job.key not in missing[marked.student]:
                    continue
                missing[marked.student].discard(trained.job.key)
                if trained.error is not None:
                    missing[marked.student].clear()
                    yield marker.give_up_training(marked, str(trained.error))
                elif not missing[marked.student]:
                    anew = marker.mark_stored(marked.submission)
                    if anew.wants:
                        again.append(anew)
                    else:
                        yield anew
        waiting = again


def grade_parts(parts: Sequence[Assignment], options: Options, timings: Timings) -> Iterator[Step]:
    """Grade an assignment, each of its notebooks in rooms of its own; raise as `grade` does."""
    yield from _over_parts(parts, timings, lambda part, spent: grade(part, options, spent))


def rejudge_parts(parts: Sequence[Assignment], timings: Timings) -> Iterator[Step]:
    """Judge the stored evidence of an assignment again."""
    yield from _over_parts(parts, timings, rejudge)


def _over_parts(
    parts: Sequence[Assignment], timings: Timings, run: Callable[[Assignment, Timings], Iterator[Step]]
) -> Iterator[Step]:
    """Run the line for each notebook, and join what each student has: one grade, stored under the assignment's name."""
    if len(parts) == 1:
        yield from run(parts[0], timings)
        return
    found: dict[str, dict[str, Step]] = {}
    for part in parts:
        spent = Timings(notes=timings.notes)
        for step in run(part, spent):
            found.setdefault(step.grade.student, {})[part.key] = step
            yield replace(step, total=step.total * len(parts), part=True)
        timings.warm, timings.rooms = timings.warm + spent.warm, timings.rooms + spent.rooms
        timings.judge, timings.total = timings.judge + spent.judge, timings.total + spent.total
    with Store(parts[0].paths.store) as store:
        for student, steps in sorted(found.items()):
            stored = {part.notebook_file: store.grade(part.key, student) for part in parts}
            grades = {name: one for name, one in stored.items() if one is not None}
            joined = store.save(join(parts[0].name, grades), Keys("", ""))
            handed_in = [step for step in steps.values() if step.grade.status != "missing"]
            unchanged = bool(handed_in) and all(step.unchanged for step in handed_in)
            kept = "; ".join(dict.fromkeys(step.kept for step in steps.values() if step.kept))
            ours = any(step.ours for step in steps.values())
            notes = join_notes(step.notes for step in steps.values())
            yield Step(joined, len(found) * len(parts), unchanged, kept=kept, ours=ours, notes=notes)


def rejudge(assignment: Assignment, timings: Timings) -> Iterator[Step]:
    """Judge stored evidence again, without running student code or training anything.

    A solution that was changed is examined anew before anything is judged. Raises CourseError where it does not run to
    its end, IsolationError where this machine cannot raise the wall: the stored grades are then as they were.
    """
    started = time.monotonic()
    release = read_release(assignment)
    with judge_of(assignment) as judge, Store(assignment.paths.store) as store:
        profile: Profile = "gpu" if "gpu" in {one.device for one in store.grades(assignment.key)} else "cpu"
        assessor = Assessor(assignment, judge, profile, judging=True)
        marker = Marker(assignment, assessor, store, judging=True)
        examined = [
            student for student in students(assignment) if assignment.paths.evidence(assignment.key, student).exists()
        ]
        if examined and not marker.knows_solution:
            _examine_solution(assignment, assessor, marker)
        for student in examined:
            if again := marker.judge_again(release, student):
                yield _step(again, len(examined))
        timings.judge = assessor.judge_seconds
    timings.total = time.monotonic() - started


def _examine_solution(assignment: Assignment, assessor: Assessor, marker: Marker) -> None:
    assessor.isolation = measure().require(assignment.course.isolation)
    require_hidden(assignment.paths, environment_of(assignment))
    with engine_of(assignment, Options(jobs=1), assessor.isolation) as engine:
        for result in engine.examine([marker.order_solution()]):
            _keep_solution(marker, engine, result)


@contextmanager
def assessing(
    assignment: Assignment, options: Options, *, calibrating: bool = False
) -> Iterator[tuple[Assessor, Engine]]:
    """Open an assignment whose own notebooks are to be examined and assessed, with an engine of warm rooms.

    Raises as `grade` does; `calibrating` lets recipes have no threshold yet.
    """
    isolation = measure().require(assignment.course.isolation)
    gpus = find_gpus(options)
    require_hidden(assignment.paths, environment_of(assignment))
    with judge_of(assignment) as judge, engine_of(assignment, options, isolation, gpus) as engine:
        engine.start()
        assessor = Assessor(assignment, judge, options.profile, isolation, calibrating=calibrating)
        require_fitting(gpus, assessor.desk)
        require_backends(assignment, assessor.desk)
        yield assessor, engine


def judge_of(assignment: Assignment) -> Judge:
    """Start a judge that holds the assignment's checks, if any. Raise CourseError where they are no Python."""
    checks = assignment.checks
    if not checks.exists():
        return NoChecks()
    shown = assignment.paths.shown(checks)
    try:
        ast.parse(checks.read_bytes())  # pytest would say it with the whole way it came
    except (SyntaxError, ValueError) as error:
        line, text = (error.lineno or 0, error.msg) if isinstance(error, SyntaxError) else (0, str(error))
        raise CourseError([Problem(shown, line, "", f"not Python: {text}")]) from None
    return Judge(checks, shown, assignment.paths.root)


def engine_of(assignment: Assignment, options: Options, isolation: str, gpus: tuple[Gpu, ...] = ()) -> Engine:
    """Return the engine asked for, whose rooms hold what the assignment's notebook imports."""
    environment = environment_of(assignment)
    setup = RoomSetup(tuple(assignment.preload), assignment.paths.cache, isolation, environment, gpus)
    return open_engine(options.engine, setup, options.jobs)


def warm_notes(warm: Warm) -> Iterator[str]:
    """Yield what is weaker than it could be where rooms are forked from, a sentence each."""
    if warm.threaded:
        names = ", ".join(warm.threaded)
        yield f"each room imports {names} anew: a library that starts threads when it is imported cannot be kept warm"
    if warm.note:
        yield warm.note


def find_gpus(options: Options) -> tuple[Gpu, ...]:
    """Return this machine's GPUs where the profile asks for them. Raise CourseError where there is none."""
    if options.profile != "gpu":
        return ()
    found = survey()
    if not found.gpus:
        why = "; ".join(found.problems)
        text = f"this machine has no GPU ({why}): grade with --profile cpu, or on a machine that has one"
        raise CourseError([Problem("--profile gpu", 0, "", text)])
    return found.gpus


def require_fitting(gpus: tuple[Gpu, ...], desk: TrainingDesk) -> None:
    """Raise CourseError where a GPU is too small for the recipes."""
    asked = max((recipe.memory_mb for recipe in desk.recipes.values()), default=0)
    for gpu in gpus:
        needed = asked + reserve(gpu)
        if gpu.memory_mb < needed:
            text = f"a GPU of {gpu.memory_mb} MB is too small: the recipes' memory_mb and CUDA itself ask for {needed}"
            raise CourseError([Problem("--profile gpu", 0, "", text)])


def require_backends(assignment: Assignment, desk: TrainingDesk) -> None:
    """Raise CourseError where what a recipe trains on is not in the rooms' Python."""
    environment = environment_of(assignment)
    lacking = {
        name: missing
        for name, recipe in desk.recipes.items()
        if (missing := [one for one in (recipe.backend, "keras") if one not in environment.versions])
    }
    where = f"assignments.{assignment.name}.recipes"
    shown = assignment.paths.shown(assignment.paths.course)
    problems = [
        Problem(
            shown,
            0,
            f"{where}.{name}",
            f"it trains on {desk.recipes[name].backend}, and {environment.python} lacks {' and '.join(missing)}: run "
            f"`{environment.install} {' '.join(missing)}`, or name another `backend` ({', '.join(BACKENDS)})",
        )
        for name, missing in lacking.items()
    ]
    if problems:
        raise CourseError(problems)


def choose_students(assignment: Assignment, found: Collection[str], wanted: Collection[str]) -> list[str]:
    """Return those of the students `found` that are wanted, in whatever form of Unicode; all where none is named.

    Raises CourseError where nobody is found, or somebody wanted is not.
    """
    shown = assignment.paths.shown(assignment.paths.submitted)
    if not found:
        text = f"no student's folder here: put notebooks in {shown}/STUDENT/{assignment.name}/"
        raise CourseError([Problem(shown, 0, "", text)])
    composed = {unicodedata.normalize("NFC", name): name for name in wanted}
    known = {unicodedata.normalize("NFC", name) for name in found}
    if unknown := sorted(name for form, name in composed.items() if form not in known):
        raise CourseError(Problem(shown, 0, name, "no folder of this student") for name in unknown)
    return [name for name in found if not wanted or unicodedata.normalize("NFC", name) in composed]
