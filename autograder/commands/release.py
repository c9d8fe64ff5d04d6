"""`autograder release`: the student version, or the solution to hand out."""

from __future__ import annotations

from typing import Annotated

import typer

from autograder.commands._options import AssignmentName, command_app, command_help
from autograder.commands._terminal import course_folder, err, out
from autograder.course import load_parts
from autograder.given_files import exports_beside
from autograder.release import write_release
from autograder.solution import write_solution

app = command_app()


@app.command(**command_help("Write what students get.", "release tp1", "release tp1 --solution"))
def release(
    assignment: AssignmentName,
    solution: Annotated[
        bool, typer.Option("--solution", help="Write solution/ASSIGNMENT/ instead: to hand out once all is handed in.")
    ] = False,
) -> None:
    """Write release/ASSIGNMENT/, the student version."""
    loaded = load_parts(course_folder(), assignment)
    parts = [one.source for one in loaded]
    if solution:
        written = parts[0].paths.shown(write_solution(loaded[0].settings, *parts))
        out.print(f"{written}/: hand it out when nobody hands in any more")
        return
    shown = parts[0].paths.shown
    out.print(f"{shown(write_release(*parts))}/")
    for part in parts:
        if part.generated:
            text = f"made from {part.path.name}, for nbgrader; change the text, not this"
            out.print(f"{shown(part.generated)}: {text}")
    for path in exports_beside(parts[0]):
        text = "left out: named as the notebook is, an export of it would hold its solution; rename what is none"
        err.print(f"{shown(path)}: {text}")
