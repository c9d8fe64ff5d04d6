"""What is said of grades, whichever command made or read them."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING

import typer

from autograder.commands._gradebook import with_marks
from autograder.commands._terminal import OURS, count, err, out, some
from autograder.nbgrader.submitted import due_of, late_by
from autograder.paths import Paths
from autograder.records import Grade, TrainingUse
from autograder.report.table import GradeRow, summary, table
from autograder.report.terminal import WIDTH_OF_A_PIPE, shown

if TYPE_CHECKING:  # whoever only reads results does without the line
    from autograder.pipeline import Progress

KEPT_SHOWN = 10


def print_table(paths: Paths, assignment: str, grades: Iterable[Grade]) -> None:
    due, marked = due_of(paths, assignment), with_marks(paths, assignment, list(grades))
    rows = [GradeRow(one, late_by(paths.submission(one.student, assignment), due), one.awaiting) for one in marked]
    for line in table(rows, out.width if out.is_terminal else WIDTH_OF_A_PIPE):
        out.print(line)
    for sentence in summary(rows):
        out.print(sentence)


def print_stand_ins(names: Iterable[str]) -> None:
    """Say, where stand-ins served, that what was measured says nothing of the real sets."""
    if listed := ", ".join(sorted(set(names))):
        text = f"note: small stand-in data served for {listed}: what was measured says nothing of the real sets"
        err.print(f"{text} (docs/data.md)")


def print_trainings(grades: Collection[Grade]) -> None:
    """Say, a line a recipe, on what and for how many the networks were trained."""
    print_stand_ins(name for one in grades for name in one.stand_ins)
    by_recipe: dict[tuple[str, str, str, str, bool], list[TrainingUse]] = {}
    for use in (use for one in grades for use in one.trainings):
        by_recipe.setdefault((use.recipe, use.device, use.data, use.data_digest, use.stand_in), []).append(use)
    for (recipe, device, data, digest, stand_in), uses in sorted(by_recipe.items()):
        runs = {(use.signature, seed) for use in uses for seed in use.seeds}
        networks = {use.signature for use in uses}
        shared = f"{count(len(networks), 'network')} of {count(len(uses), 'submission')}"
        source = f"{data} ({'stand-in data, ' if stand_in else ''}{digest.removeprefix('sha256:')[:12]})"
        names = (name for name in (uses[0].backend, "keras") if name in uses[0].versions)
        versions = ", ".join(f"{name} {uses[0].versions[name]}" for name in names)
        text = f"recipe {recipe}: {shared}, {count(len(runs), 'training')} kept, on {source}, {device}, {versions}"
        out.print(text)


def print_kept(steps: list[Progress]) -> None:
    """Say, a line a reason, whose stored marks stand."""
    reasons: dict[str, list[str]] = {}
    for step in steps:
        if step.kept:
            reasons.setdefault(step.kept, []).append(step.grade.student)
    for reason, names in reasons.items():
        more = ", …" if len(names) > KEPT_SHOWN else ""
        whose = f"{count(len(names), 'submission')} ({', '.join(names[:KEPT_SHOWN])}{more})"
        err.print(f"stored marks stand: {whose}: {shown(reason)}")


def print_notes(steps: Iterable[Progress]) -> None:
    """Say what submissions asked for and is not here, and which limits they were stopped at: a line each."""
    from autograder.judge.lacks import say_lack

    said: dict[str, list[str]] = {}
    for step in sorted(steps, key=lambda step: step.grade.student):
        for lack in step.notes.lacks:
            said.setdefault(f"not here: {say_lack(lack)}", []).append(step.grade.student)
        for name in step.notes.strays:
            text = f"module {name}: no library, and not handed in; counted as its author's"
            said.setdefault(text, []).append(step.grade.student)
        for stop in step.notes.stops:
            said.setdefault(f"ran out of {stop}, which `limits` allow", []).append(step.grade.student)
    for text, students in said.items():
        err.print(f"{shown(text)} ({count(len(students), 'submission')}: {some(students)})")


def leave_loudly(grades: Iterable[Grade]) -> None:
    """Exit with the status of a fault of ours where one kept a submission from being graded."""
    ungraded = [one for one in grades if one.status == "ungraded"]
    why: dict[str, list[str]] = {}
    for one in ungraded:
        why.setdefault(one.fault, []).append(one.student)
    for fault, students in why.items():
        err.print(f"ungraded: {some(students)}: {shown(fault)}", style="red")
    if ungraded:
        err.print(
            f"{len(ungraded)} ungraded through no fault of the students'; they lose nothing. Mend, then grade again."
        )
        raise typer.Exit(OURS)
