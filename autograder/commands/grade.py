"""`autograder grade`: grades what is new or changed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import typer

from autograder import pipeline
from autograder.commands._gradebook import keep_gradebook
from autograder.commands._grades import leave_loudly, print_kept, print_notes, print_table, print_trainings
from autograder.commands._options import (
    AssignmentName,
    EngineChoice,
    Fresh,
    Jobs,
    Profile,
    ProfileChoice,
    command_app,
    command_help,
)
from autograder.commands._terminal import OURS, course_folder, err, out, progress_bar
from autograder.course import load_nbgrader_assignment, load_parts
from autograder.nbgrader import compat as as_nbgrader
from autograder.paths import Paths
from autograder.pipeline import Progress, Timings
from autograder.session import GradingOptions, cores

app = command_app()


@app.command(
    **command_help(
        "Grade what is new or changed.",
        "grade tp1",
        "grade tp1 --student ada --again",
        "grade tp1 --profile gpu --jobs 4",
    )
)
def grade(
    assignment: AssignmentName,
    student: Annotated[
        list[str] | None, typer.Option(help="Only this one; may be given again.", show_default=False)
    ] = None,
    jobs: Jobs = None,
    engine: EngineChoice = "local",
    profile: Profile = ProfileChoice.cpu,
    again: Annotated[bool, typer.Option("--again", help="Grade what has not changed too.")] = False,
    compat: Annotated[
        bool, typer.Option("--compat", help="nbgrader's own score, of any nbgrader course; no checks are asked.")
    ] = False,
    fresh: Fresh = False,
) -> None:
    """Grade what is new or changed; take up where an interruption left off."""
    options = GradingOptions(
        jobs=jobs or cores(),
        engine=engine,
        profile=profile.value,
        kept=not fresh,
        again=again,
        students=tuple(student or ()),
    )
    timings = Timings()
    parts = [] if compat else load_parts(course_folder(), assignment)
    if compat:
        grading = as_nbgrader.grade(load_nbgrader_assignment(course_folder(), assignment), options, timings)
    else:
        grading = pipeline.grade_parts(parts, options, timings)
    steps = _followed(assignment, grading)
    grades = [step.grade for step in steps]
    _print_graded(assignment, steps, timings)
    whole = compat or keep_gradebook([part.source for part in parts], parts[0].deadline, grades)
    leave_loudly(grades)
    raise typer.Exit(OURS if not whole or any(step.ours for step in steps) else 0)


def _followed(assignment: str, grading: Iterator[Progress]) -> list[Progress]:
    """Return every submission's step, with a bar where somebody watches."""
    steps, done = [], 0
    with progress_bar() as progress:
        task = progress.add_task(assignment, total=None)
        for step in grading:
            if not step.part:
                steps.append(step)
            done += 1
            progress.update(task, total=step.total, completed=min(done, step.total))
    return steps


def _print_graded(assignment: str, steps: list[Progress], timings: Timings) -> None:
    unchanged = sum(step.unchanged for step in steps)
    missing = sum(step.grade.status == "missing" for step in steps)
    grades = [step.grade for step in sorted(steps, key=lambda step: step.grade.student)]
    print_table(Paths(course_folder()), assignment, grades)
    out.print(
        f"{len(steps) - unchanged - missing} graded, {unchanged} unchanged, {missing} missing, in {timings.total:.1f} s"
        + (f" ({timings.warm:.1f} s warming up)" if timings.warm else ""),
    )
    for note in timings.notes:
        err.print(f"note: {note}")
    print_trainings([step.grade for step in steps])
    print_kept(steps)
    print_notes(steps)
