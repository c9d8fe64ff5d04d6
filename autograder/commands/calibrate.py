"""`autograder calibrate`: thresholds that correct work passes and mistakes do not."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from autograder import calibrate as calibration
from autograder.assignment import SourceNotebook
from autograder.calibrate import CalibrationReport
from autograder.commands._options import AssignmentName, Fresh, Jobs, Profile, ProfileChoice, command_app, command_help
from autograder.commands._terminal import SHORT, course_folder, err, out
from autograder.course import load_parts
from autograder.errors import CourseError, Problem
from autograder.report.terminal import shown
from autograder.session import GradingOptions, cores

app = command_app()


@app.command(
    **command_help(
        "Train the solution over many seeds, write fair thresholds.", "calibrate tp1", "calibrate tp1 --profile gpu"
    )
)
def calibrate(
    assignment: AssignmentName,
    recipe: Annotated[str | None, typer.Option(help="Only this one.", show_default=False)] = None,
    runs: Annotated[int, typer.Option(min=5, max=1000, help="Trainings of the reference, a seed each.")] = 20,
    profile: Profile = ProfileChoice.cpu,
    jobs: Jobs = None,
    fresh: Fresh = False,
) -> None:
    """Train the solution over many seeds, and write the thresholds that correct work passes and mistakes do not."""
    parts = load_parts(course_folder(), assignment)
    loaded = parts[0]
    if recipe is not None and recipe not in loaded.settings.recipes:
        known = ", ".join(loaded.settings.recipes) or "none"
        raise CourseError([Problem(loaded.paths.shown(loaded.paths.course), 0, recipe, f"no such recipe; {known}")])
    options = GradingOptions(jobs=jobs or cores(), profile=profile.value, kept=not fresh)
    reports = []
    with err.status(f"{loaded.name}: training the reference and its typical mistakes"):
        for part in parts:
            for report in calibration.calibrate(part, options, recipe, runs):
                paths = calibration.keep(part.source, report)
                reports.append(report)
                _print_calibration(part.source, report, paths)
    if not reports:
        text = "its checks train nothing: declare `trained(…)`, `trained_by(…)` or `predictions(…)`"
        raise CourseError([Problem(loaded.paths.shown(loaded.source.checks), 0, "", text)])
    accepted = [report for report in reports if not report.cleared]
    calibration.accept(loaded.source, accepted)
    if accepted:
        names = ", ".join(f"{report.probe}.{report.metric}" for report in accepted)
        out.print(f"{loaded.paths.shown(loaded.paths.course)}: thresholds written: {names}")
    raise typer.Exit(SHORT if len(accepted) < len(reports) else 0)


def _print_calibration(source: SourceNotebook, report: CalibrationReport, paths: list[Path]) -> None:
    found, threshold = report.calibration, report.threshold
    stand_in = ", stand-in data" if report.stand_in else ""
    collapsed = f", of which {found.collapsed} collapsed and are set aside" if found.collapsed else ""
    out.print(
        f"{report.probe}, recipe {report.recipe.name}, {report.metric} ({report.recipe.profile}{stand_in}): "
        f"mean {100 * found.mean:.2f} %, deviation {100 * found.deviation:.2f} over {found.runs} runs{collapsed}\n"
        f"  bar {100 * threshold.bar:.1f} %: correct work fails with probability {found.fails:.1e}, "
        f"and passes with its first training {100 * found.first:.1f} times in 100",
    )
    out.print(_mistakes(report))
    out.print(f"  {', '.join(str(source.paths.shown(path)) for path in paths)}")
    _print_misses(report)


def _mistakes(report: CalibrationReport) -> Table:
    """What else was trained, and how far behind the bar it falls."""
    table = Table(box=None, pad_edge=False, show_header=False)
    for weak in report.weak:
        gap, fate = f"{weak.gap:.1f} deviations below", "stopped" if weak.stopped else "CLEARS THE BAR"
        table.add_row(f"  {shown(weak.name)}", f"{100 * weak.mean:.1f} %", gap, fate)
    for near in report.neighbours:
        fate = "stopped too" if near.stopped else f"would pass {100 * near.kept:.0f} times in 100"
        table.add_row(f"  {shown(near.name)}", f"{100 * near.mean:.1f} %", f"{near.gap:.1f} deviations below", fate)
    for name, why in report.untrainable.items():
        table.add_row(f"  {shown(name)}", "", "", f"cannot be trained: {shown(why)[:80]}")
    return table


def _print_misses(report: CalibrationReport) -> None:
    """Say which of these networks the bar would let through."""
    if passing := [one.name for one in report.neighbours if not one.stopped]:
        out.print(
            f"  {', '.join(passing)}: another choice, which the bar does not tell from the reference; where it must "
            "fail, name it in the recipe's `mistakes`"
        )
    if report.cleared:
        stopped = ", ".join(one.name for one in report.weak if one.stopped)
        err.print(
            f"refused: {', '.join(one.name for one in report.cleared)} would pass too. Train longer, or on more data, "
            f"so that they fall behind; or, where they are no mistakes here, name in the recipe those that must fail "
            f"(mistakes: [{stopped}])",
        )
