"""`autograder doctor`: what this machine allows."""

from __future__ import annotations

from itertools import chain

import typer
from rich.table import Table
from rich.text import Text

from autograder.commands._options import AnyAssignment, command_app, command_help
from autograder.commands._terminal import SHORT, course_folder, out
from autograder.doctor import examine_course, examine_machine
from autograder.report.terminal import shown

app = command_app()


@app.command(**command_help("Say what this machine and the course allow.", "doctor", "doctor tp1"))
def doctor(
    assignment: AnyAssignment = None,
) -> None:
    """Say what this machine allows, what each environment of the course holds, and what is imported and not there."""
    table = Table(show_header=False, box=None, pad_edge=False)
    sound = True
    for finding in chain(examine_machine(), examine_course(course_folder(), assignment)):
        sound = sound and finding.sound
        name, text = Text(shown(finding.name)), Text(shown(finding.text, kept="\n"))
        table.add_row(name, text, style=None if finding.sound else "red")
    out.print(table)
    raise typer.Exit(0 if sound else SHORT)
