"""Is an assignment fit to hand out? Its solution and its untouched release are graded as any submission is."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator
from pathlib import Path

from autograder.course import Assignment, on_trust
from autograder.engine import Engine
from autograder.errors import GraderError, Problem
from autograder.intake import as_submission
from autograder.judge.causes import is_unwritten
from autograder.leaks import leaks
from autograder.marking import Assessment, Assessor, trainings
from autograder.notebook.metadata import role_of
from autograder.notebook.regions import cell_name
from autograder.pipeline import Options, assessing
from autograder.records import Evidence, Exam, QuestionGrade, Submission
from autograder.release import read_release, release_differences
from autograder.sandbox.exam import Order


def findings(assignment: Assignment, options: Options) -> tuple[list[Problem], str]:
    """Return everything that makes the assignment unfit, none where it is fit, and which points rest on trust.

    Raises CourseError where the course is broken, GraderError where we could not find out.
    """
    with assessing(assignment, options) as (assessor, engine):
        release = read_release(assignment)
        paths, name = assignment.paths, assignment.key
        solution, untouched = paths.reference(name), paths.untouched(name)
        submissions = {
            solution: as_submission(assignment, assignment.source),
            untouched: as_submission(assignment, release),
        }
        for path, submission in submissions.items():
            _examine(engine, assessor.order(submission)).save(path)
        first, second = (
            _assess(assessor, engine, submission, path, solution) for path, submission in submissions.items()
        )
        problems = [
            *_solution_findings(assignment, first.questions),
            *_release_findings(assignment, second.questions),
            *_run_findings(assignment, second.exam),
            *leaks(assignment),
            *release_differences(assignment),
        ]
        return problems, on_trust(assignment, assessor.desk.plan)


def _examine(engine: Engine, order: Order) -> Evidence:
    (result,) = engine.examine([order])
    if result.evidence is None:
        raise result.error or GraderError("an exam gave no evidence")
    return result.evidence


def _assess(assessor: Assessor, engine: Engine, submission: Submission, path: Path, reference: Path) -> Assessment:
    """Judge evidence, training what its checks ask for until they can tell."""
    while True:
        found = assessor.assess(submission, path, reference=reference, hidden=False)
        if not found.wants:
            return found
        for trained in trainings(engine, assessor.desk, found.wants):
            if trained.error is not None:
                raise trained.error


def _solution_findings(assignment: Assignment, grades: tuple[QuestionGrade, ...]) -> Iterator[Problem]:
    shown = assignment.paths.shown(assignment.source_path)
    for question in grades:
        for outcome in question.outcomes:
            if outcome.status != "passed" and outcome.kind != "hand":
                text = f"the solution does not pass « {outcome.title} » ({outcome.status})"
                yield Problem(shown, 0, f"{question.id}, {outcome.name}", _with_message(text, outcome.message))


def _release_findings(assignment: Assignment, grades: tuple[QuestionGrade, ...]) -> Iterator[Problem]:
    shown = assignment.paths.shown(assignment.paths.release(assignment.name))
    worth = {question.id for question in assignment.questions if question.points}
    for question in grades:
        for outcome in question.outcomes:
            if outcome.status in ("passed", "ungraded") and outcome.kind != "hand" and question.id in worth:
                text = f"the untouched release passes « {outcome.title} »: it earns points without an answer"
                yield Problem(shown, 0, f"{question.id}, {outcome.name}", text)


def _run_findings(assignment: Assignment, exam: Exam) -> Iterator[Problem]:
    """Yield where the untouched release stops for another reason than answers that are still to be written."""
    shown = assignment.paths.shown(assignment.paths.release(assignment.name))
    if exam.fault is not None:
        where = "" if exam.fault.cell is None else f"cell {exam.fault.cell + 1}"
        yield Problem(shown, 0, where, f"the untouched release does not run to its end: {exam.fault.kind}")
    answers = _names_of_answers(assignment)
    cells = read_release(assignment).cells
    for record in exam.cells:
        fault = record.run.fault if record.run else None
        cell = cells[record.cell.index]
        if fault is None or is_unwritten(fault) or role_of(cell).tests:
            continue
        if fault.error == "NameError" and any(f"'{name}'" in fault.message for name in answers):
            continue
        why = f"fails in the untouched release: {fault.error}: {fault.message}"
        yield Problem(shown, 0, cell_name(record.cell.index, cell), why)


def _names_of_answers(assignment: Assignment) -> set[str]:
    """Names that the solutions define: what is missing until a student has answered."""
    names: set[str] = set()
    for cell in assignment.source.cells:
        if role_of(cell).solution and cell.cell_type == "code":
            try:
                tree = ast.parse(cell.source)
            except SyntaxError:
                continue
            for node in ast.walk(tree):
                if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                    names.add(node.id)
                elif isinstance(node, ast.FunctionDef | ast.ClassDef):
                    names.add(node.name)
    return names - set(dir(builtins))


def _with_message(text: str, message: str) -> str:
    return f"{text}\n    " + message.replace("\n", "\n    ") if message else text
