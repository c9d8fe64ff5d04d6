"""`autograder draft`: checks proposed from what the solution makes."""

from __future__ import annotations

import shutil
from typing import Annotated

import typer

from autograder.assignment import SourceNotebook
from autograder.authoring.draft.run import Draft
from autograder.authoring.draft.run import draft as run
from autograder.commands._options import AssignmentName, Jobs, command_app, command_help
from autograder.commands._terminal import SHORT, count, course_folder, err, out
from autograder.course import load_parts
from autograder.locale import render
from autograder.mutate.report import tallies
from autograder.report.terminal import shown
from autograder.session import GradingOptions, Session, cores

app = command_app()


@app.command(**command_help("Propose checks.py from what the solution makes.", "draft tp1", "draft tp1 --most 0"))
def draft(
    assignment: AssignmentName,
    replace: Annotated[bool, typer.Option("--replace", help="Write over checks.py, where there is one.")] = False,
    most: Annotated[int, typer.Option(min=0, help="How many wrong solutions it is tried on.")] = 60,
    jobs: Jobs = None,
) -> None:
    """Propose checks.py from what the solution makes, and say how many wrong solutions it catches.

    Written beside the notebook; to draft/ASSIGNMENT/, where there is a checks.py already.
    """
    short = False
    for part in load_parts(course_folder(), assignment):
        said = f"{part.key}: watching the solution, then trying the checks"
        with err.status(said), Session(part, GradingOptions(jobs=jobs or cores())) as session:
            found = run(session, most)
        _keep(part.source, found, replace=replace)
        _say(part.source, found)
        short = short or not any(one.checks for one in found.proposals)
    raise typer.Exit(SHORT if short else 0)


def _keep(part: SourceNotebook, found: Draft, *, replace: bool) -> None:
    """Put the draft in its place, where none is taken from it."""
    checks = sum(len(one.checks) for one in found.proposals)
    if checks and (replace or not part.checks.exists()):
        shutil.move(found.path, part.checks)
        out.print(f"{part.paths.shown(part.checks)}: {count(checks, 'check')}")
        return
    out.print(f"{part.paths.shown(found.path)}: {count(checks, 'check')}")
    if checks:
        there = part.paths.shown(part.checks)
        out.print(f"  {there} is there and stays: take from the draft what it lacks, or use --replace")


def _say(part: SourceNotebook, found: Draft) -> None:
    for title in found.left_out:
        out.print(f"  left out: {shown(title)}: it does not tell the solution from the untouched release")
    for one in found.proposals:
        for remark in one.remarks:
            out.print(f"  to write: {one.asked.id}: {render(remark, 'en')}")
        if not one.checks and not one.remarks:
            out.print(f"  to write: {one.asked.id}: nothing that its answer makes can be asked for")
    if found.verdicts:
        whole = tallies(part, found.verdicts)[-1]
        score = "none that counts" if whole.score is None else f"{100 * whole.score:.0f} %"
        killed = whole.count("killed")
        out.print(f"  wrong solutions caught: {score} ({killed} of {killed + whole.count('survived')})")
        if whole.count("survived"):
            out.print(f"  `autograder mutate {part.name}` shows those that pass, once the checks are in place")
    out.print(f"Read it, change it, then: autograder validate {part.name}")
