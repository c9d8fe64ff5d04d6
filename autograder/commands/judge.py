"""`autograder judge`: stored evidence judged again."""

from __future__ import annotations

import typer

from autograder.commands._gradebook import keep_gradebook
from autograder.commands._grades import leave_loudly, print_kept, print_notes, print_stand_ins, print_table
from autograder.commands._options import AssignmentName, Fresh, command_app, command_help
from autograder.commands._terminal import OURS, count, course_folder, out
from autograder.course import load_parts
from autograder.errors import CourseError, Problem
from autograder.pipeline import Timings, rejudge_parts
from autograder.report.table import changes
from autograder.store import open_store

app = command_app()


@app.command(**command_help("Judge stored evidence again, after mending a check.", "judge tp1"))
def judge(assignment: AssignmentName, fresh: Fresh = False) -> None:
    """Judge stored evidence again, without running student code."""
    parts = load_parts(course_folder(), assignment)
    timings = Timings()
    with open_store(parts[0].paths) as store:
        before = {one.student: one for one in store.grades(assignment)}
    steps = [step for step in rejudge_parts(parts, timings, kept=not fresh) if not step.part]
    grades = [step.grade for step in steps]
    if not grades:
        raise CourseError([Problem("submitted", 0, "", f"no evidence yet: run `autograder grade {assignment}`")])
    print_table(parts[0].paths, assignment, grades)
    changed = list(changes(before, grades))
    for line in (f"{count(len(changed), 'grade')} changed", *(f"  {line}" for line in changed)):
        out.print(line)
    out.print(f"{len(grades)} judged in {timings.total:.1f} s")
    print_stand_ins(name for one in grades for name in one.stand_ins)
    print_kept(steps)
    print_notes(steps)
    whole = keep_gradebook([part.source for part in parts], parts[0].deadline, grades)
    leave_loudly(grades)
    raise typer.Exit(OURS if not whole or any(step.ours for step in steps) else 0)
