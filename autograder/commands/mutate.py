"""`autograder mutate`: which wrong solutions the checks let through."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Annotated

import typer
from rich.table import Table

from autograder.assignment import SourceNotebook
from autograder.commands._options import AssignmentName, Fresh, Jobs, Profile, ProfileChoice, command_app, command_help
from autograder.commands._terminal import OURS, SHORT, count, course_folder, err, out, progress_bar
from autograder.course import load_parts
from autograder.mutate.report import as_json as report_of
from autograder.mutate.report import tallies
from autograder.mutate.run import Choice, MutantVerdict
from autograder.mutate.run import mutate as run
from autograder.report.terminal import json_line, shown
from autograder.session import GradingOptions, Session, cores

app = command_app()


@app.command(
    **command_help("Show which wrong solutions the checks let through.", "mutate tp1", "mutate tp1 --most 50 --json")
)
def mutate(
    assignment: AssignmentName,
    most: Annotated[int, typer.Option(min=1, help="How many wrong solutions, each question in its turn.")] = 200,
    seed: Annotated[int, typer.Option(min=0, help="Of the choice among all there are.")] = 0,
    with_trainings: Annotated[
        bool, typer.Option("--trainings", help="Train networks, and call training functions, where checks ask for it.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a notebook, on one line.")] = False,
    jobs: Jobs = None,
    profile: Profile = ProfileChoice.cpu,
    fresh: Fresh = False,
) -> None:
    """Derive wrong solutions from the right one, grade them, and show those that the checks let through."""
    found: list[MutantVerdict] = []
    for part in load_parts(course_folder(), assignment):
        started, verdicts = time.monotonic(), []
        with (
            Session(part, GradingOptions(jobs=jobs or cores(), profile=profile.value, kept=not fresh)) as session,
            progress_bar() as progress,
        ):
            task = progress.add_task(part.key, total=None)
            for verdict in run(session, Choice(most, seed, with_trainings)):
                verdicts.append(verdict)
                progress.update(task, completed=len(verdicts))
        seconds = time.monotonic() - started
        if as_json:
            typer.echo(json_line(report_of(part.source, verdicts, seconds)))
        else:
            _print_mutants(part.source, verdicts, seconds)
        found += verdicts
    if ours := [one for one in found if one.fate == "ungraded"]:
        err.print(f"{count(len(ours), 'mutant')} ungraded, through a fault of ours: {shown(ours[0].why)}")
    raise typer.Exit(OURS if ours else SHORT if any(one.fate == "survived" for one in found) else 0)


def _print_mutants(part: SourceNotebook, verdicts: Sequence[MutantVerdict], seconds: float) -> None:
    rows = Table(box=None, pad_edge=False)
    for name in ("question", "mutants", "killed", "equivalent", "survived", "score"):
        rows.add_column(name, justify="left" if name == "question" else "right")
    *questions, whole = tallies(part, verdicts)
    for one in (*questions, whole):
        score = "" if one.score is None else f"{100 * one.score:.1f} %"
        counts = (one.mutants, one.count("killed"), one.count("equivalent"), one.count("survived"))
        rows.add_row(one.question or "all", *map(str, counts), score)
    out.print(rows)
    aside = (
        (whole.count("stillborn"), "left out: they use a name that is not there"),
        (whole.count("untold"), "left out: only a training can tell (--trainings)"),
    )
    for number, why in aside:
        if number:
            out.print(f"{count(number, 'mutant')} {why}")
    out.print(f"{len(verdicts)} in {seconds:.1f} s")
    for verdict in sorted((one for one in verdicts if one.fate == "survived"), key=lambda one: one.mutant.cell):
        mutant = verdict.mutant
        out.print(
            f"\nsurvived: {mutant.operator.name}; question {mutant.question} should have caught it: {verdict.why}"
        )
        out.print(mutant.diff(part))
    for verdict in verdicts:
        where = ", ".join(verdict.elsewhere)
        if verdict.elsewhere:
            out.print(f"\npoints lost in {where}, which uses nothing of it, by a mutant of {verdict.mutant.question}:")
            out.print(verdict.mutant.diff(part))
        elif verdict.missed:
            out.print(f"\nno point lost in {verdict.mutant.question} itself, but in others that use it:")
            out.print(verdict.mutant.diff(part))
