"""Where nbgrader's rule and the sane one do not give a test cell the same, and why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from autograder.errors import CourseError, Problem
from autograder.evidence import Exam, load_exam
from autograder.intake import students
from autograder.nbgrader.handed_in import CompatAssignment, Handed, is_refused, orders_of
from autograder.nbgrader.rules import OutputRules, RefusedByNbgrader, nbgrader_score, sane_score, seen_by_nbgrader
from autograder.notebook.master import GradedCell, Sanitized
from autograder.wire.messages import CellRun


@dataclass(frozen=True)
class ScoreDifference:
    """A test cell that nbgrader and the sane rule do not give the same."""

    student: str
    cell: str
    nbgrader: float | None
    """None: it gives the whole submission nothing."""
    sane: float | None
    """None: unknown until the notebook is graded without `--compat`."""
    why: str


def differences(course: CompatAssignment) -> Iterator[ScoreDifference]:
    """Yield where the two rules differ, from the evidence of the last `grade --compat`. Nothing is run.

    Raises CourseError where a student's evidence is not there, or not of what was handed in.
    """
    for student in students(course.paths):
        work = course.work(student)
        if orders_of(course, work):
            shown = course.paths.shown(course.paths.submission(student, course.name))
            text = f"not graded so yet, or changed since: run `autograder grade {course.name} --compat`"
            raise CourseError([Problem(shown, 0, "", text)])
        for name, handed in work.notebooks.items():
            if handed is not None and handed.sanitized is not None and not is_refused(work):
                exam = load_exam(course.evidence(handed))
                if exam is not None and exam.fault is None:
                    yield from _differences_in(course, name, handed, handed.sanitized, exam)


def _differences_in(
    course: CompatAssignment, name: str, handed: Handed, sanitized: Sanitized, exam: Exam
) -> Iterator[ScoreDifference]:
    there = {cell.id: cell for cell in sanitized.graded}
    runs = {record.cell.index: record.run for record in exam.cells}
    for asked in course.questions[name]:
        where = course.question_id(name, asked.id)
        cell = there.get(asked.id)
        if asked.kind != "tests":
            continue
        if cell is None:
            why = "its test cell is gone: nbgrader leaves it for a manual grade; otherwise it is put back and run"
            yield ScoreDifference(handed.student, where, 0.0, None, why)
        elif (run := runs.get(cell.index)) is None:
            why = "its test cell was not run, being empty or tagged: nbgrader takes silence for success"
            yield ScoreDifference(handed.student, where, cell.points, None, why)
        elif difference := _difference(handed.student, where, cell, run, course.rules):
            yield difference


def _difference(student: str, where: str, cell: GradedCell, run: CellRun, rules: OutputRules) -> ScoreDifference | None:
    sane = sane_score(run, cell.points)
    try:
        theirs = nbgrader_score(seen_by_nbgrader(run, rules), cell.points)
    except RefusedByNbgrader as refused:
        return ScoreDifference(student, where, None, sane, f"{refused}: nbgrader refuses the whole submission for it")
    return None if theirs == sane else ScoreDifference(student, where, theirs, sane, _why(run, theirs, sane, rules))


def _why(run: CellRun, theirs: float, sane: float, rules: OutputRules) -> str:
    seen = seen_by_nbgrader(run, rules)
    if run.fault is not None:
        return (
            f"it raised {run.fault.error or run.fault.kind}, which nbgrader does not see past what was displayed first"
        )
    if theirs == 0 and seen and any(output.kind == "stderr" for output in seen):
        said = run.stderr.strip().splitlines()
        return f"it wrote to standard error ({said[0][:80] if said else 'beneath Python'}), which costs nothing here"
    if theirs == 0:
        return "a traceback was displayed, though the cell ran to its end"
    if sane == 0:
        return f"it displays {run.result.strip()[:40]}, which nbgrader takes for a success"
    return f"it displays {run.result.strip()[:40]}, a number here, any text to nbgrader"
