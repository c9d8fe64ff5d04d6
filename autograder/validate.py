"""Is an assignment fit to hand out? Its solution and its untouched release are graded as any submission is."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

from autograder.assessment import Assessment, assess_to_the_end
from autograder.assignment import Assignment, SourceNotebook
from autograder.coherence import on_trust
from autograder.course_python import environment_of
from autograder.course_yaml import AssignmentSettings
from autograder.data.course_shelf import say_stand_ins
from autograder.engine import Engine
from autograder.errors import CourseError, GraderError, Problem
from autograder.evidence import CellRecord, Exam
from autograder.given_files import files_not_theirs, links_out
from autograder.intake import as_submission
from autograder.judge.causes import Causes
from autograder.judge.faults import explain_fault, explain_lack
from autograder.judge.lacks import say_lack
from autograder.judge.message import compose
from autograder.judge.unwritten import undefined_name
from autograder.leaks import leaks
from autograder.notebook.formats import Notebook
from autograder.notebook.metadata import role_of
from autograder.notebook.names import CellNames, names_of
from autograder.notebook.regions import cell_name
from autograder.release import read_release, release_differences
from autograder.remarks import remark, why_solution_stops
from autograder.sandbox.exam import Order
from autograder.session import GradingOptions, Session
from autograder.wire.messages import Fault


def findings(assignment: Assignment, options: GradingOptions) -> tuple[list[Problem], str]:
    """Return everything that makes the assignment unfit, none where it is fit, and which points rest on trust.

    Raises CourseError where the course is broken, GraderError where we could not find out.
    """
    with ExitStack() as stack:
        session = stack.enter_context(Session(assignment, options))
        engine = session.engine
        engine.start()
        assessor = session.assessor
        source, settings = assignment.source, assignment.settings
        release = read_release(source)
        paths, name = assignment.paths, assignment.key
        solution, untouched = paths.reference(name), paths.untouched(name)
        submissions = {
            solution: as_submission(source, settings, source.notebook),
            untouched: as_submission(source, settings, release),
        }
        beside = stack.enter_context(ThreadPoolExecutor(1))
        handed_out = beside.submit(_of_what_is_handed_out, source, settings)  # a second of nbgrader's, while rooms work
        _examine(
            engine,
            [assessor.order_solution(submissions[solution]), assessor.order(submissions[untouched])],
            [solution, untouched],
        )
        first, second = (
            assess_to_the_end(assessor, engine, submission, path, solution) for path, submission in submissions.items()
        )
        problems = [
            *_stop_findings(source, assignment.course.language, first, say_stand_ins(assessor.scorer.stand_ins)),
            *_solution_findings(source, assignment.course.language, first),
            *_release_findings(source, second, first.broken),
            *_run_findings(source, settings, second.exam, first.exam),
            *handed_out.result(),
        ]
        return problems, on_trust(source, assessor.scorer.plan)


def _examine(engine: Engine, orders: Sequence[Order], paths: Sequence[Path]) -> None:
    """Hold the exams side by side, and keep what each brought back at its path."""
    place = {id(order): path for order, path in zip(orders, paths, strict=True)}
    for result in engine.examine(orders):
        if result.evidence is None:
            raise result.error or GraderError("an exam gave no evidence")
        result.evidence.save(place[id(result.order)])


def _of_what_is_handed_out(source: SourceNotebook, settings: AssignmentSettings) -> list[Problem]:
    return [
        *links_out(source),
        *leaks(source),
        *release_differences(source),
        *files_not_theirs(source, settings.student_files),
    ]


def _stop_findings(source: SourceNotebook, language: str, solution: Assessment, data: str) -> Iterator[Problem]:
    """Yield the cells where the solution stops, what is not here first, with what follows from each."""
    shown = source.paths.shown(source.path)
    causes = _causes(solution)
    graded = {question.id for question in source.questions}
    if fault := solution.exam.fault:
        where = "" if fault.cell is None else _name(source.notebook, fault.cell)
        yield Problem(shown, 0, where, f"the solution does not run to its end: {remark(fault)}")
    found = []
    for root in causes.roots:
        stopped = causes.stopped_at(root)
        if stopped is None or role_of(source.notebook.cells[stopped]).id in graded:
            continue
        lack = causes.lack(root)
        follow = len(_following(source, language, solution, causes, root))
        text = "".join(
            [
                f"the solution stops here: {why_solution_stops(root)}",
                f" ({say_lack(lack)})" if lack else data,
                f"; {follow} of its checks {'fail' if follow > 1 else 'fails'} for it" if follow else "",
            ]
        )
        found.append((lack is None, Problem(shown, 0, _name(source.notebook, stopped), text)))
    yield from (problem for _, problem in sorted(found, key=lambda one: one[0]))


def _solution_findings(source: SourceNotebook, language: str, solution: Assessment) -> Iterator[Problem]:
    """Yield the checks that the solution does not pass, but for those that fail because one of its cells stopped."""
    shown = source.paths.shown(source.path)
    causes = _causes(solution)
    told = {name for root in causes.roots for name in _following(source, language, solution, causes, root)}
    for question in solution.questions:
        for outcome in question.outcomes:
            if outcome.status == "passed" or outcome.kind == "hand" or (question.id, outcome.name) in told:
                continue
            if broken := solution.broken.get(outcome.name):
                yield _broken(source, outcome.name, broken, "on the solution's own answer")
                continue
            text = f"the solution does not pass « {outcome.title} » ({outcome.status})"
            yield Problem(shown, 0, f"{question.id}, {outcome.name}", _with_message(text, outcome.message))


def _causes(found: Assessment) -> Causes:
    return Causes(found.exam, None, [lack.name for lack in found.notes.lacks])


def _following(
    source: SourceNotebook, language: str, solution: Assessment, causes: Causes, root: Fault
) -> Collection[tuple[str, str]]:
    """The checks that say no more than a cell's error does, by question and name."""
    stopped = causes.stopped_at(root)
    graded = {question.id for question in source.questions}
    if stopped is None or role_of(source.notebook.cells[stopped]).id in graded:
        return ()
    lack = causes.lack(root)
    mismatch = explain_lack(lack) if lack else explain_fault(root, causes, stopped)
    message = compose(mismatch, language, hidden=False)
    return {
        (question.id, one.name)
        for question in solution.questions
        for one in question.outcomes
        if one.message == message
    }


def _broken(source: SourceNotebook, name: str, ours: str, when: str) -> Problem:
    """A check that raises, where it does: `ours` is what the judge says of it."""
    checks = source.paths.shown(source.paths.checks(source.name))
    found = RAISED.fullmatch(ours)
    if found and found["file"] == checks.name:
        return Problem(checks, int(found["line"]), name, f"the check raises, {when}: {found['error']}")
    return Problem(checks, 0, name, f"the check gives no verdict, {when}: {ours}")


def _release_findings(source: SourceNotebook, release: Assessment, told: Collection[str]) -> Iterator[Problem]:
    """Yield what earns points without an answer, and the checks that raise where there is none; not those `told`."""
    shown = source.paths.shown(source.paths.release(source.name))
    worth = {question.id for question in source.questions if question.points}
    for question in release.questions:
        for outcome in question.outcomes:
            if outcome.kind == "hand":
                continue
            if outcome.name in release.broken and outcome.name not in told:
                yield _broken(source, outcome.name, release.broken[outcome.name], "on the untouched release")
            if outcome.status == "passed" and question.id in worth:
                text = f"the untouched release passes « {outcome.title} »: it earns points without an answer"
                yield Problem(shown, 0, f"{question.id}, {outcome.name}", text)


def _run_findings(
    source: SourceNotebook, settings: AssignmentSettings, exam: Exam, solution: Exam
) -> Iterator[Problem]:
    """Yield where the untouched release stops for another reason than answers that are still to be written.

    What stops the solution too is told of the solution. What runs in the solution, after an answer or beside a file
    that students complete, stops in the release for want of one: whether a name led from one to the other, through
    however many cells, a file that one wrote and another reads, or what a library was told.
    """
    shown = source.paths.shown(source.paths.release(source.name))
    if exam.fault is not None and solution.fault is None:
        where = "" if exam.fault.cell is None else f"cell {exam.fault.cell + 1}"
        yield Problem(shown, 0, where, f"the untouched release does not run to its end: {remark(exam.fault)}")
    ran = {_key(record) for record in solution.cells if record.run and not record.run.fault}
    stopped = {_key(record) for record in solution.cells if record.run and record.run.fault}
    cells = read_release(source).cells
    answers = [index for index, cell in enumerate(cells) if role_of(cell).solution and cell.cell_type == "code"]
    first = -1 if settings.student_files else min(answers, default=len(cells))
    for record in exam.cells:
        fault, cell = record.run.fault if record.run else None, cells[record.cell.index]
        if fault is None or role_of(cell).tests or role_of(cell).solution or _key(record) in stopped:
            continue
        imported = undefined_name(fault) in _imports_of_answers(source)
        waits = _key(record) in ran and record.cell.index > first and fault.kind == "raised"
        if waits and not imported:
            continue
        why = f"fails in the untouched release: {fault.error}: {fault.message}"
        if imported:
            why += f" (only the solution imports {undefined_name(fault)}: import it in a cell that students are given)"
        yield Problem(shown, 0, cell_name(record.cell.index, cell), why)


def _key(record: CellRecord) -> str:
    """What a cell is known by in the solution and in the release."""
    return record.cell.id or record.cell.source


def _imports_of_answers(source: SourceNotebook) -> frozenset[str]:
    """Names that solutions make by importing them alone: what is missing until a student has answered is another's."""
    names = list(_names(source))
    made = {name for one in names for name in one.made - one.imported}
    return frozenset(name for one in names for name in one.imported) - made


def _names(source: SourceNotebook) -> Iterator[CellNames]:
    for cell in source.notebook.cells:
        if role_of(cell).solution and cell.cell_type == "code":
            yield names_of(cell.source)


def _name(notebook: Notebook, index: int) -> str:
    return cell_name(index, notebook.cells[index])


def _with_message(text: str, message: str) -> str:
    return f"{text}\n    " + message.replace("\n", "\n    ") if message else text


RAISED = re.compile(r"(?P<file>[^:]+\.py):(?P<line>\d+): (?P<error>.+)", re.DOTALL)
"""How the judge says where a check raised."""


def without_environment(assignments: Sequence[Assignment]) -> list[tuple[Assignment, Problem]]:
    """Return the assignments whose own Python is not here, and why: the others are examined all the same.

    Raises CourseError where none would be.
    """
    found: list[tuple[Assignment, Problem]] = []
    for one in assignments:
        try:
            environment_of(one.paths, one.course, one.name)
        except CourseError as error:
            found += [(one, problem) for problem in error.problems[:1]]
    if found and len(found) == len(assignments):
        raise CourseError(dict.fromkeys(problem for _, problem in found))
    return found
