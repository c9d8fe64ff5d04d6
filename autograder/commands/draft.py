"""`autograder draft`: checks proposed from what the solution makes."""

from __future__ import annotations

import shutil
from typing import Annotated

import typer

from autograder.assignment import SourceNotebook
from autograder.authoring.draft.run import Draft, drafting, mutants_of, tried_on_mutants
from autograder.authoring.draft.run import draft as run
from autograder.commands._options import AssignmentName, Jobs, command_app, command_help
from autograder.commands._terminal import SHORT, count, course_folder, err, out
from autograder.course import load_parts
from autograder.locale import render
from autograder.mutate.report import tallies
from autograder.mutate.run import MutantVerdict
from autograder.report.terminal import shown
from autograder.session import GradingOptions, Session, cores

app = command_app()


@app.command(**command_help("Propose checks.py from what the solution makes.", "draft tp1", "draft tp1 --most 0"))
def draft(
    assignment: AssignmentName,
    replace: Annotated[bool, typer.Option("--replace", help="Write over checks.py, where there is one.")] = False,
    most: Annotated[int, typer.Option(min=0, help="How many wrong solutions it is tried on.")] = 60,
    seconds: Annotated[float, typer.Option(min=1, help="After which it is tried on no further one.")] = 60,
    jobs: Jobs = None,
) -> None:
    """Propose checks.py from what the solution makes, and say how many wrong solutions it catches.

    Written beside the notebook; to draft/ASSIGNMENT/, where there is a checks.py already.
    """
    short = False
    for part in load_parts(course_folder(), assignment):
        with drafting(Session(part, GradingOptions(jobs=jobs or cores()))) as session:
            with err.status(f"{part.key}: watching the solution"):
                found = run(session)
            placed = _keep(part.source, found, replace=replace)
            _say(found)
            short = short or not found.checks
            if most and found.checks:
                _try(session, most, seconds)
        if placed:
            found.path.unlink(missing_ok=True)
        out.print(f"Read it, change it, then: autograder validate {part.source.name}")
    raise typer.Exit(SHORT if short else 0)


def _keep(part: SourceNotebook, found: Draft, *, replace: bool) -> bool:
    """Put a copy of the draft in its place, where none is taken from it; return whether it stands there."""
    if found.checks and (replace or not part.checks.exists()):
        shutil.copyfile(found.path, part.checks)
        out.print(f"{part.paths.shown(part.checks)}: {count(found.checks, 'check')}")
        return True
    out.print(f"{part.paths.shown(found.path)}: {count(found.checks, 'check')}")
    if found.checks:
        there = part.paths.shown(part.checks)
        out.print(f"  {there} is there and stays: take from the draft what it lacks, or use --replace")
    return False


def _say(found: Draft) -> None:
    for title in found.left_out:
        out.print(f"  left out: {shown(title)}: it does not tell the solution from the untouched release")
    for one in found.proposals:
        for remark in one.remarks:
            out.print(f"  to write: {one.asked.id}: {render(remark, 'en')}")
        if not one.checks and not one.remarks:
            out.print(f"  to write: {one.asked.id}: nothing that its answer makes can be asked for")


def _try(session: Session, most: int, seconds: float) -> None:
    """Say how many wrong solutions the checks catch. The draft is in place by then."""
    part, planned = session.source, mutants_of(session, most)
    verdicts: list[MutantVerdict] = []
    said = f"{part.key}: trying the checks on wrong solutions"
    with err.status(said) as status:
        for verdict in tried_on_mutants(session, most, seconds):
            verdicts.append(verdict)
            status.update(f"{said}: {len(verdicts)} of {planned}")
    if not verdicts:
        return
    whole = tallies(part, verdicts)[-1]
    score = "none that counts" if whole.score is None else f"{100 * whole.score:.0f} %"
    killed, survived = whole.count("killed"), whole.count("survived")
    tried = f"; in {seconds:g} seconds {len(verdicts)} of {planned} were tried" if len(verdicts) < planned else ""
    out.print(f"  wrong solutions caught: {score} ({killed} of {killed + survived}{tried})")
    if survived:
        out.print(f"  `autograder mutate {part.name}` shows those that pass, once the checks are in place")
