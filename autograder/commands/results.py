"""`autograder results`: a table, or JSON lines whose keys are a contract."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from autograder.commands._everybody import everybodys_grades
from autograder.commands._gradebook import with_marks
from autograder.commands._grades import print_table, print_trainings
from autograder.commands._options import AssignmentName, command_app, command_help
from autograder.commands._terminal import OURS, course_folder, out, say_failed
from autograder.course import graded_paths, load_nbgrader_assignment
from autograder.errors import cause_of
from autograder.grades import is_ours
from autograder.intake.identity import Identity, read_identity
from autograder.nbgrader.compat import open_assignment
from autograder.nbgrader.differences import differences
from autograder.nbgrader.submitted import due_of, late_by
from autograder.paths import Paths
from autograder.records import Grade, Outcome, QuestionGrade
from autograder.report.table import points
from autograder.report.terminal import WIDTH_OF_A_PIPE, json_line, shown
from autograder.roster import load_roster

app = command_app()


@app.command(
    **command_help("Show the grades: a table, or JSON lines.", "results tp1", "results tp1 --json > tp1.jsonl")
)
def results(
    assignment: AssignmentName,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line, one line a submission.")] = False,
    explain_compat: Annotated[
        bool, typer.Option("--explain-compat", help="Where nbgrader's score is another, cell by cell, and why.")
    ] = False,
) -> None:
    """Show the grades: a table, or JSON lines."""
    if explain_compat:
        _print_differences(assignment)
        return
    paths = graded_paths(course_folder(), assignment)
    grades = everybodys_grades(paths, assignment, load_roster(paths))
    if as_json:
        failed = _print_lines(paths, assignment, grades)
        raise typer.Exit(0 if say_failed("no results", failed) else OURS)
    if grades:
        print_table(paths, assignment, grades)
        print_trainings(grades)
    else:
        out.print(f"no results yet: run `autograder grade {assignment}`")


def _print_lines(paths: Paths, assignment: str, grades: list[Grade]) -> dict[str, str]:
    """Print a line a submission; return for whom that could not be done, and why."""
    due = due_of(paths, assignment)
    failed: dict[str, str] = {}
    for one in with_marks(paths, assignment, grades):
        try:
            late = late_by(paths.submission(one.student, assignment), due)
            typer.echo(json_line(_as_json(one, read_identity(paths, one.student, assignment), late)))
        except Exception as error:  # whatever it is, it is one student's line
            failed[one.student] = cause_of(error)
    return failed


def _print_differences(assignment: str) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("student", overflow="fold")
    table.add_column("cell", overflow="fold")
    table.add_column("nbgrader", justify="right")
    table.add_column("here", justify="right")
    table.add_column("why", overflow="fold")
    with open_assignment(load_nbgrader_assignment(course_folder(), assignment)) as course:
        found = list(differences(course))
    for one in found:
        theirs = "refused" if one.nbgrader is None else points(one.nbgrader)
        ours = "run anew" if one.sane is None else points(one.sane)
        table.add_row(shown(one.student), shown(one.cell), theirs, ours, shown(one.why))
    if table.row_count:
        Console(width=None if out.is_terminal else WIDTH_OF_A_PIPE, highlight=False, markup=False).print(table)
    else:
        out.print("the two rules give every test cell the same")


def _as_json(one: Grade, identity: Identity | None, late: timedelta) -> dict[str, Any]:
    """The contract of `results --json`: these keys, in this order. What is ungraded has no score yet."""
    whole = one.status != "ungraded"
    return {
        "student": one.student,
        "assignment": one.assignment,
        "status": one.status,
        "score": one.score if whole else None,
        "max_score": one.max_score,
        "attempt": one.attempt,
        "isolation": one.isolation,
        "device": one.device,
        "seconds": one.seconds,
        "submission": one.submission,
        "questions": [_question(question, whole=whole) for question in one.questions],
        "platform": None if identity is None else msgspec.to_builtins(identity),
        "stand_ins": list(one.stand_ins),
        "late_seconds": int(late.total_seconds()),
        "awaiting": one.awaiting,
    }


def _question(one: QuestionGrade, *, whole: bool) -> dict[str, Any]:
    return {
        "id": one.id,
        "score": one.score if whole or not is_ours(one.outcomes) else None,
        "max_score": one.max_score,
        "checks": [_check(check) for check in one.outcomes],
        "awaiting": one.awaiting,
        "by_hand": one.by_hand,
        "extra_credit": one.extra_credit,
        "comment": one.comment,
    }


def _check(one: Outcome) -> dict[str, Any]:
    return {
        "name": one.name,
        "title": one.title,
        "status": one.status,
        "weight": one.weight,
        "message": one.message,
        "kind": one.kind,
    }
