"""`autograder collect`: what was handed in comes to submitted/."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

from autograder.commands._options import AssignmentName, command_app, command_help
from autograder.commands._terminal import course_folder, err, out
from autograder.course import load_parts
from autograder.errors import CourseError, Problem
from autograder.intake.collect import Collected
from autograder.intake.collect import collect as bring_in
from autograder.intake.platforms import pattern_reader
from autograder.report.terminal import shown

SKIPPED_SHOWN = 50
GROUP = re.compile(r"\b(?:group|groupe|grupo|gruppe|gruppo|groep|team|equipe|équipe)\b", re.IGNORECASE)

app = command_app()


@app.command(
    **command_help(
        "Bring in what was handed in.",
        "collect tp1 --from ~/Downloads/tp1.zip",
        "collect tp1 --from tp1/ --pattern '{student}_{id}_{rest}'",
    )
)
def collect(
    assignment: AssignmentName,
    source: Annotated[
        Path, typer.Option("--from", metavar="PATH", help="A folder, a zip or tar archive, a platform's download.")
    ],
    pattern: Annotated[
        str | None,
        typer.Option(help="How folders or files are named: '{student}_{id}_{rest}'.", show_default=False),
    ] = None,
    anyway: Annotated[
        bool, typer.Option("--anyway", help="Go on where more than half of it is no submission.")
    ] = False,
) -> None:
    """Bring submissions in: from a folder, an archive or a platform's download into submitted/STUDENT/ASSIGNMENT/."""
    try:
        reader = pattern_reader(pattern) if pattern is not None else None
    except ValueError as error:
        raise CourseError([Problem("--pattern", 0, pattern or "", str(error))]) from None
    first = load_parts(course_folder(), assignment)[0]
    found = bring_in(first.source, first.course, source, reader, anyway=anyway)
    _print_collected(found)
    if not first.source.paths.roster.exists():
        _print_groups(found)
    if found.problems:
        raise CourseError(found.problems)


def _print_collected(found: Collected) -> None:
    collected = len(found.new) + len(found.changed)
    inside = f", inside {found.inside}/" if found.inside else ""
    out.print(
        f"{collected} collected ({len(found.new)} new, {len(found.changed)} in place of an earlier one), "
        f"{len(found.unchanged)} unchanged, {len(found.older)} older than what is here. "
        f"Read as: {found.layout}{inside}.",
    )
    for text, names in (
        ("namesakes, told apart by the platform's number", found.namesakes),
        ("not in the roster", found.strangers),
    ):
        if names:
            out.print(f"{text}: {', '.join(names)}")
    for one in found.skipped[:SKIPPED_SHOWN]:
        err.print(f"skipped: {shown(one.name)}: {one.reason}")
    if len(found.skipped) > SKIPPED_SHOWN:
        err.print(f"skipped: {len(found.skipped) - SKIPPED_SHOWN} more")
    if found.system:
        some = (
            "1 file that only programs need was"
            if found.system == 1
            else f"{found.system} files that only programs need were"
        )
        out.print(f"{some} left out.")


def _print_groups(found: Collected) -> None:
    """Say how to tell who is in a group, where nobody has: a platform writes its name as it writes a person's."""
    if groups := [name for name in (*found.new, *found.changed, *found.unchanged) if GROUP.search(name)]:
        out.print(
            f"groups, by their names: {', '.join(groups)}. A students.csv with the columns student and group, written "
            "before the next collection, has each member graded by name (docs/submissions.md)."
        )
