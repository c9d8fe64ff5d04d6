"""`autograder mutate`: which wrong solutions the checks let through."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated

import typer
from rich.table import Table

from autograder.assignment import SourceNotebook
from autograder.commands._options import AssignmentName, Fresh, Jobs, Profile, ProfileChoice, command_app, command_help
from autograder.commands._terminal import OURS, SHORT, count, course_folder, err, out, progress_bar
from autograder.course import load_parts
from autograder.errors import CourseError, Problem
from autograder.mutate.harmless import mark_harmless, read_harmless
from autograder.mutate.places import derive
from autograder.mutate.report import as_json as report_of
from autograder.mutate.report import tallies
from autograder.mutate.run import Choice, MutantVerdict
from autograder.mutate.run import mutate as run
from autograder.report.terminal import json_line, shown
from autograder.session import GradingOptions, Session, cores

app = command_app()
EXAMPLES = (
    "mutate tp1",
    "mutate tp1 --most 50 --json",
    'mutate tp1 --harmless m3f29c01d7 --because "nobody asks it"',
)


@app.command(**command_help("Show which wrong solutions the checks let through.", *EXAMPLES))
def mutate(
    assignment: AssignmentName,
    most: Annotated[int, typer.Option(min=1, help="How many wrong solutions, each question in its turn.")] = 200,
    seed: Annotated[int, typer.Option(min=0, help="Of the choice among all there are.")] = 0,
    with_trainings: Annotated[
        bool, typer.Option("--trainings", help="Train networks, and call training functions, where checks ask for it.")
    ] = False,
    harmless: Annotated[
        str | None, typer.Option(metavar="ID", help="Mark this survivor as harmless, and examine nothing.")
    ] = None,
    because: Annotated[str, typer.Option(metavar="TEXT", help="Why it is.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a notebook, on one line.")] = False,
    jobs: Jobs = None,
    profile: Profile = ProfileChoice.cpu,
    fresh: Fresh = False,
) -> None:
    """Derive wrong solutions from the right one, grade them, and show those that the checks let through."""
    parts = list(load_parts(course_folder(), assignment))
    if harmless is not None:
        _mark([part.source for part in parts], harmless, because)
        return
    if because:
        text = "expected --harmless ID with it: the survivor that it is the reason of"
        raise CourseError([Problem("--because", 0, "", text)])
    options = GradingOptions(jobs=jobs or cores(), profile=profile.value, kept=not fresh)
    choice = Choice(most, seed, with_trainings)
    found: list[MutantVerdict] = []
    for part in parts:
        with Session(part, options) as session:
            found += _examined(session, choice, as_json=as_json)
    if ours := [one for one in found if one.fate == "ungraded"]:
        err.print(f"{count(len(ours), 'mutant')} ungraded, through a fault of ours: {shown(ours[0].why)}")
    raise typer.Exit(OURS if ours else SHORT if any(one.fate == "survived" for one in found) else 0)


def _mark(sources: Sequence[SourceNotebook], name: str, because: str) -> None:
    """Mark a mutant of whichever notebook has it; the last says what is wrong where none has."""
    mutants = [(source, derive(source)) for source in sources]
    source, its = next((one for one in mutants if any(mutant.id == name for mutant in one[1])), mutants[-1])
    mutant = mark_harmless(source, its, name, because)
    out.print(f"{source.paths.shown(source.harmless)}: {mutant.id} is harmless: {because.strip()}")
    out.print(mutant.diff(source))


def _examined(session: Session, choice: Choice, *, as_json: bool) -> list[MutantVerdict]:
    """Take a notebook's mutants through the line; say what is to be read of each as it ends, then the figures."""
    started = time.monotonic()
    source, said = session.source, _Said(session.source)
    lost = read_harmless(source).lost(derive(source))
    with progress_bar() as progress:
        task = progress.add_task(source.key, total=None)
        for verdict in run(session, choice):
            said.verdicts.append(verdict)
            progress.update(task, completed=len(said.verdicts))
            if not as_json:
                said.say(verdict)
    seconds = time.monotonic() - started
    if as_json:
        typer.echo(json_line(report_of(source, said.verdicts, seconds, lost)))
    else:
        said.say_figures(seconds)
        for one in lost:
            where = source.paths.shown(source.harmless)
            out.print(f"{where}: {shown(one)} is marked harmless, and no mutant has that id any more: remove it")
    return said.verdicts


@dataclass
class _Said:
    """What is told of one notebook's mutants, for somebody who reads."""

    source: SourceNotebook
    verdicts: list[MutantVerdict] = field(default_factory=list)

    def say(self, verdict: MutantVerdict) -> None:
        """Say what is to be read of a mutant; nothing of those that are as they should be."""
        for headline in _headlines(verdict):
            out.print(f"{headline}\n{verdict.mutant.diff(self.source)}\n")

    def say_figures(self, seconds: float) -> None:
        """Print what all of them came to, a question a line."""
        rows = Table(box=None, pad_edge=False)
        for name in ("question", "mutants", "killed", "equivalent", "harmless", "survived", "score"):
            rows.add_column(name, justify="left" if name == "question" else "right")
        *questions, whole = tallies(self.source, self.verdicts)
        for one in (*questions, whole):
            score = "" if one.score is None else f"{100 * one.score:.1f} %"
            fates = one.count("killed"), one.count("equivalent"), one.count("harmless"), one.count("survived")
            rows.add_row(one.question or "all", *map(str, (one.mutants, *fates)), score)
        out.print(rows)
        aside = (
            (whole.count("stillborn"), "left out: they use a name that is not there"),
            (whole.count("untold"), "left out: only a training can tell (--trainings)"),
        )
        for number, why in aside:
            if number:
                out.print(f"{count(number, 'mutant')} {why}")
        out.print(f"{len(self.verdicts)} in {seconds:.1f} s")


def _headlines(verdict: MutantVerdict) -> list[str]:
    mutant, where = verdict.mutant, ", ".join(verdict.elsewhere)
    found = []
    if verdict.fate == "survived":
        asked = f"question {mutant.question} should have caught it"
        found.append(f"{mutant.id} survived: {mutant.operator.name}; {asked}: {verdict.why}")
    if verdict.fate == "harmless":
        found.append(f"{mutant.id} is harmless: {mutant.operator.name}, question {mutant.question}: {verdict.why}")
    if verdict.elsewhere:
        found.append(f"points lost in {where}, which uses nothing of it, by a mutant of {mutant.question}:")
    elif verdict.missed:
        found.append(f"no point lost in {mutant.question} itself, but in others that use it:")
    return found
