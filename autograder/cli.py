"""The command line: `autograder COMMAND [ASSIGNMENT]`, from the folder that holds course.yaml.

Exit status: 0 done, 1 the thing examined falls short, 2 wrong use or broken course, 3 a fault of ours.
"""

from __future__ import annotations

import sys
import time
import traceback
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from enum import StrEnum
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import msgspec
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from autograder.course import (
    Assignment,
    graded_paths,
    keeps_gradebook,
    load_course,
    load_nbgrader_assignment,
    load_parts,
)
from autograder.data import commands as data_commands
from autograder.engine import engine_names
from autograder.errors import AutograderError, CourseError, DataError, Problem, SomeFailed, cause_of, refusal_of
from autograder.grades import is_ours
from autograder.nbgrader.submitted import due_of, late_by
from autograder.paths import Paths
from autograder.records import Grade, HandMark, TrainingUse
from autograder.report.table import Row, changes, points, summary, table
from autograder.report.terminal import WIDTH_OF_A_PIPE, Terminal, json_line, show_what_can_be_shown, shown
from autograder.roster import load_roster, with_missing

if TYPE_CHECKING:
    from autograder.calibrate import Report
    from autograder.intake.identity import Identity
    from autograder.mutate.run import Verdict
    from autograder.pipeline import Step, Timings
    from autograder.session import Options

SHORT, WRONG, OURS = 1, 2, 3
SKIPPED_SHOWN = 50
KEPT_SHOWN = 10
NAMES_SHOWN = 10

app = typer.Typer(
    help="Grade deep-learning notebooks. Run from the folder that holds course.yaml.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.add_typer(data_commands.app, name="data")
out = Terminal()
err = Terminal(stderr=True)

AssignmentName = Annotated[
    str, typer.Argument(metavar="ASSIGNMENT", help="Its name in course.yaml.", show_default=False)
]
Jobs = Annotated[int | None, typer.Option(min=1, help="Rooms at once; as many as there are cores where left out.")]


class ProfileChoice(StrEnum):
    """What networks are trained on."""

    cpu = "cpu"
    gpu = "gpu"


Profile = Annotated[ProfileChoice, typer.Option(help="Which of each recipe's profiles networks are trained with.")]


def _known_engine(name: str) -> str:
    if name not in engine_names():
        raise typer.BadParameter(f"{name!r} is not one of {', '.join(engine_names())}.")
    return name


EngineChoice = Annotated[
    str,
    typer.Option(
        callback=_known_engine,
        metavar=f"[{'|'.join(engine_names())}]",
        help="local: several rooms at once; inline: one at a time.",
    ),
]
"""Where rooms run."""


def main() -> NoReturn:
    """Run the command line. A user's mistake is a message and a status, never a traceback."""
    show_what_can_be_shown()
    try:
        app(standalone_mode=True)
    except CourseError as error:
        for problem in error.problems:
            err.print(str(problem))
        sys.exit(WRONG)
    except DataError as error:
        err.print(str(error))
        sys.exit(WRONG)
    except AutograderError as error:
        err.print(str(error))
        sys.exit(OURS)
    except Exception as error:
        if isinstance(error, OSError) and (refusal := refusal_of(error)):
            err.print(refusal)
            sys.exit(WRONG)
        err.print(traceback.format_exc())
        err.print("This is a fault of the grader's own, not of the course's or the students'. Please report it.")
        sys.exit(OURS)
    sys.exit(0)


@app.command()
def validate(
    assignment: Annotated[str | None, typer.Argument(metavar="[ASSIGNMENT]", show_default=False)] = None,
    profile: Profile = ProfileChoice.cpu,
) -> None:
    """Check that the solution earns every point, the release none, that nothing leaks, and release equals source."""
    from autograder.data.course_shelf import course_shelf
    from autograder.leaks import unread
    from autograder.session import Options
    from autograder.validate import findings

    names = [assignment] if assignment else list(load_course(_root()).assignments)
    found: list[Problem] = []
    assignments = _load_all(names)
    for loaded in assignments:
        with err.status(f"{loaded.key}: grading the solution and the untouched release"):
            problems, trust = findings(loaded, Options(profile=profile.value))
        found += (problem for problem in problems if problem not in found)
        if not problems:
            questions, points = loaded.questions, sum(question.points for question in loaded.questions)
            out.print(f"{loaded.key}: fit to hand out ({len(questions)} questions, {points:g} points)")
        if trust:
            err.print(f"note: {trust}")
        for path in unread(loaded):
            err.print(f"note: {loaded.paths.shown(path)}: not read: look whether it shows a solution")
    _print_stand_ins(name for loaded in assignments for name in course_shelf(loaded.stand_ins).served())
    for problem in found:
        err.print(str(problem))
    raise typer.Exit(SHORT if found else 0)


@app.command()
def release(
    assignment: AssignmentName,
    solution: Annotated[
        bool, typer.Option("--solution", help="Write solution/ASSIGNMENT/ instead: to hand out once all is handed in.")
    ] = False,
) -> None:
    """Write release/ASSIGNMENT/, the student version."""
    from autograder.release import exports_beside, write_release
    from autograder.solution import write_solution

    parts = load_parts(_root(), assignment)
    if solution:
        written = parts[0].paths.shown(write_solution(*parts))
        out.print(f"{written}/: hand it out when nobody hands in any more")
        return
    shown = parts[0].paths.shown
    out.print(f"{shown(write_release(*parts))}/")
    for part in parts:
        if part.generated:
            text = f"made from {part.source_path.name}, for nbgrader; change the text, not this"
            out.print(f"{shown(part.generated)}: {text}")
    for path in exports_beside(parts[0]):
        text = "left out: named as the notebook is, an export of it would hold its solution; rename what is none"
        err.print(f"{shown(path)}: {text}")


@app.command()
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
    from autograder.intake.collect import collect as bring_in
    from autograder.intake.platforms import pattern_reader

    try:
        reader = pattern_reader(pattern) if pattern is not None else None
    except ValueError as error:
        raise CourseError([Problem("--pattern", 0, pattern or "", str(error))]) from None
    found = bring_in(load_parts(_root(), assignment)[0], source, reader, anyway=anyway)
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
    if found.problems:
        raise CourseError(found.problems)


@app.command()
def grade(
    assignment: AssignmentName,
    student: Annotated[
        list[str] | None, typer.Option(help="Only this one; may be given again.", show_default=False)
    ] = None,
    jobs: Jobs = None,
    engine: EngineChoice = "local",
    profile: Profile = ProfileChoice.cpu,
    again: Annotated[bool, typer.Option("--again", help="Grade what has not changed too.")] = False,
    compat: Annotated[
        bool, typer.Option("--compat", help="nbgrader's own score, of any nbgrader course; no checks are asked.")
    ] = False,
) -> None:
    """Grade what is new or changed; take up where an interruption left off."""
    from autograder.pipeline import Timings
    from autograder.session import Options, cores

    options = Options(
        jobs=jobs or cores(),
        engine=engine,
        profile=profile.value,
        again=again,
        students=tuple(student or ()),
    )
    timings = Timings()
    steps, done = [], 0
    with _progress() as progress:
        task = progress.add_task(assignment, total=None)
        for step in _grading(assignment, options, timings, compat=compat):
            if not step.part:
                steps.append(step)
            done += 1
            progress.update(task, total=step.total, completed=min(done, step.total))
    unchanged = sum(step.unchanged for step in steps)
    missing = sum(step.grade.status == "missing" for step in steps)
    grades = [step.grade for step in sorted(steps, key=lambda step: step.grade.student)]
    _print_table(Paths(_root()), assignment, grades)
    out.print(
        f"{len(steps) - unchanged - missing} graded, {unchanged} unchanged, {missing} missing, in {timings.total:.1f} s"
        + (f" ({timings.warm:.1f} s warming up)" if timings.warm else ""),
    )
    for note in timings.notes:
        err.print(f"note: {note}")
    _print_trainings([step.grade for step in steps])
    _print_kept(steps)
    _say_notes(steps)
    whole = compat or _keep_gradebook(load_parts(_root(), assignment), [step.grade for step in steps])
    _leave_loudly(step.grade for step in steps)
    raise typer.Exit(OURS if not whole or any(step.ours for step in steps) else 0)


def _grading(assignment: str, options: Options, timings: Timings, *, compat: bool) -> Iterator[Step]:
    from autograder import pipeline
    from autograder.nbgrader import compat as as_nbgrader

    if compat:
        return as_nbgrader.grade(load_nbgrader_assignment(_root(), assignment), options, timings)
    return pipeline.grade_parts(load_parts(_root(), assignment), options, timings)


@app.command()
def calibrate(
    assignment: AssignmentName,
    recipe: Annotated[str | None, typer.Option(help="Only this one.", show_default=False)] = None,
    runs: Annotated[int, typer.Option(min=5, max=1000, help="Trainings of the reference, a seed each.")] = 20,
    profile: Profile = ProfileChoice.cpu,
    jobs: Jobs = None,
) -> None:
    """Train the solution over many seeds, and write the thresholds that correct work passes and mistakes do not."""
    from autograder import calibrate as calibration
    from autograder.session import Options, cores

    parts = load_parts(_root(), assignment)
    loaded = parts[0]
    if recipe is not None and recipe not in loaded.settings.recipes:
        known = ", ".join(loaded.settings.recipes) or "none"
        raise CourseError([Problem(loaded.paths.shown(loaded.paths.course), 0, recipe, f"no such recipe; {known}")])
    options = Options(jobs=jobs or cores(), profile=profile.value)
    reports = []
    with err.status(f"{loaded.name}: training the reference and its typical mistakes"):
        for part in parts:
            for report in calibration.calibrate(part, options, recipe, runs):
                paths = calibration.keep(part, report)
                reports.append(report)
                _print_calibration(part, report, paths)
    if not reports:
        text = "its checks train nothing: declare `trained(…)`, `trained_by(…)` or `predictions(…)`"
        raise CourseError([Problem(loaded.paths.shown(loaded.checks), 0, "", text)])
    accepted = [report for report in reports if not report.cleared]
    calibration.accept(loaded, accepted)
    if accepted:
        names = ", ".join(f"{report.probe}.{report.metric}" for report in accepted)
        out.print(f"{loaded.paths.shown(loaded.paths.course)}: thresholds written: {names}")
    raise typer.Exit(SHORT if len(accepted) < len(reports) else 0)


def _print_calibration(assignment: Assignment, report: Report, paths: list[Path]) -> None:
    found, threshold = report.calibration, report.threshold
    stand_in = ", stand-in data" if report.stand_in else ""
    collapsed = f", of which {found.collapsed} collapsed and are set aside" if found.collapsed else ""
    out.print(
        f"{report.probe}, recipe {report.recipe.name}, {report.metric} ({report.recipe.profile}{stand_in}): "
        f"mean {100 * found.mean:.2f} %, deviation {100 * found.deviation:.2f} over {found.runs} runs{collapsed}\n"
        f"  bar {100 * threshold.bar:.1f} %: correct work fails with probability {found.fails:.1e}, "
        f"and passes with its first training {100 * found.first:.1f} times in 100",
    )
    table = Table(box=None, pad_edge=False, show_header=False)
    for weak in report.weak:
        gap, fate = f"{weak.gap:.1f} deviations below", "stopped" if weak.stopped else "CLEARS THE BAR"
        table.add_row(f"  {weak.name}", f"{100 * weak.mean:.1f} %", gap, fate)
    for near in report.neighbours:
        fate = "stopped too" if near.stopped else f"would pass {100 * near.kept:.0f} times in 100"
        table.add_row(f"  {near.name}", f"{100 * near.mean:.1f} %", f"{near.gap:.1f} deviations below", fate)
    for name, why in report.untrainable.items():
        table.add_row(f"  {name}", "", "", f"cannot be trained: {shown(why)[:80]}")
    out.print(table)
    out.print(f"  {', '.join(str(assignment.paths.shown(path)) for path in paths)}")
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


@app.command()
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
) -> None:
    """Derive wrong solutions from the right one, grade them, and show those that the checks let through."""
    from autograder.mutate.report import as_json as report_of
    from autograder.mutate.run import Choice
    from autograder.mutate.run import mutate as run
    from autograder.session import Options, Session, cores

    found: list[Verdict] = []
    for part in load_parts(_root(), assignment):
        started, verdicts = time.monotonic(), []
        with Session(part, Options(jobs=jobs or cores(), profile=profile.value)) as session, _progress() as progress:
            task = progress.add_task(part.key, total=None)
            for verdict in run(session, Choice(most, seed, with_trainings)):
                verdicts.append(verdict)
                progress.update(task, completed=len(verdicts))
        seconds = time.monotonic() - started
        if as_json:
            typer.echo(json_line(report_of(part, verdicts, seconds)))
        else:
            _print_mutants(part, verdicts, seconds)
        found += verdicts
    if ours := [one for one in found if one.fate == "ungraded"]:
        err.print(f"{_count(len(ours), 'mutant')} ungraded, through a fault of ours: {shown(ours[0].why)}")
    raise typer.Exit(OURS if ours else SHORT if any(one.fate == "survived" for one in found) else 0)


def _print_mutants(part: Assignment, verdicts: Sequence[Verdict], seconds: float) -> None:
    from autograder.mutate.report import tallies

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
            out.print(f"{_count(number, 'mutant')} {why}")
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


@app.command()
def judge(assignment: AssignmentName) -> None:
    """Judge stored evidence again, without running student code."""
    from autograder.pipeline import Timings, rejudge_parts
    from autograder.store import Store

    parts = load_parts(_root(), assignment)
    timings = Timings()
    with Store(parts[0].paths.store) as store:
        before = {one.student: one for one in store.grades(assignment)}
    steps = [step for step in rejudge_parts(parts, timings) if not step.part]
    grades = [step.grade for step in steps]
    if not grades:
        raise CourseError([Problem("submitted", 0, "", f"no evidence yet: run `autograder grade {assignment}`")])
    _print_table(parts[0].paths, assignment, grades)
    changed = list(changes(before, grades))
    for line in (f"{_count(len(changed), 'grade')} changed", *(f"  {line}" for line in changed)):
        out.print(line)
    out.print(f"{len(grades)} judged in {timings.total:.1f} s")
    _print_stand_ins(name for one in grades for name in one.stand_ins)
    _print_kept(steps)
    _say_notes(steps)
    whole = _keep_gradebook(parts, grades)
    _leave_loudly(grades)
    raise typer.Exit(OURS if not whole or any(step.ours for step in steps) else 0)


@app.command()
def results(
    assignment: AssignmentName,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line, one line a submission.")] = False,
    explain_compat: Annotated[
        bool, typer.Option("--explain-compat", help="Where nbgrader's score is another, cell by cell, and why.")
    ] = False,
) -> None:
    """Show the grades: a table, or JSON lines."""
    from autograder.intake.identity import read_identity
    from autograder.store import Store

    if explain_compat:
        _print_differences(assignment)
        return
    paths = graded_paths(_root(), assignment)
    with Store(paths.store) as store:
        grades = with_missing(store.grades(assignment), assignment, load_roster(paths))
    if as_json:
        grades = _with_marks(paths, assignment, grades)
        due = due_of(paths, assignment)
        failed: dict[str, str] = {}
        for one in grades:
            try:
                late = late_by(paths.submission(one.student, assignment), due)
                typer.echo(json_line(_as_json(one, read_identity(paths, one.student, assignment), late)))
            except Exception as error:  # whatever it is, it is one student's line
                failed[one.student] = cause_of(error)
        raise typer.Exit(0 if _say_failed("no results", failed) else OURS)
    if grades:
        _print_table(paths, assignment, grades)
        _print_trainings(grades)
    else:
        out.print(f"no results yet: run `autograder grade {assignment}`")


@app.command()
def feedback(assignment: AssignmentName) -> None:
    """Write one page a student, under feedback/."""
    from autograder.report.feedback import write_feedback

    parts = load_parts(_root(), assignment)
    _translate(parts)
    marks = _marks(parts[0].paths, assignment)
    pages: list[Path] = []
    failed: dict[str, str] = {}
    for part in parts:
        try:
            pages.extend(write_feedback(part, _penalties(part), marks))
        except SomeFailed as error:
            failed |= error.why
    where = (
        f" under {parts[0].paths.shown(pages[0].parents[2])}/"
        if pages
        else f": run `autograder grade {assignment}` first"
    )
    out.print(f"{len(pages)} pages{where}")
    raise typer.Exit(0 if _say_failed("no page", failed) else OURS)


def _translate(parts: Sequence[Assignment]) -> None:
    """Judge again what was judged in another language than the course's is now: no page mixes two."""
    from autograder.pipeline import Timings, rejudge_parts
    from autograder.store import Store

    language = parts[0].course.language
    with Store(parts[0].paths.store) as store:
        found = {one.language for part in parts for one in store.grades(part.key)}
    if others := found - {"", language}:
        out.print(f"messages are in {', '.join(sorted(others))}, the course's language is {language}: judged again")
        for _ in rejudge_parts(parts, Timings()):
            pass


@app.command()
def doctor(
    assignment: Annotated[str | None, typer.Argument(metavar="[ASSIGNMENT]", show_default=False)] = None,
) -> None:
    """Say what this machine allows, what each environment of the course holds, and what is imported and not there."""
    from autograder.doctor import examine_course, examine_machine

    table = Table(show_header=False, box=None, pad_edge=False)
    sound = True
    for finding in chain(examine_machine(), examine_course(_root(), assignment)):
        sound = sound and finding.sound
        table.add_row(Text(finding.name), Text(finding.text), style=None if finding.sound else "red")
    out.print(table)
    raise typer.Exit(0 if sound else SHORT)


def _root() -> Path:
    try:
        return Path.cwd()
    except FileNotFoundError:
        text = "this folder is no longer there: run from the folder of the course"
        raise CourseError([Problem(".", 0, "", text)]) from None


def _load_all(names: Iterable[str]) -> list[Assignment]:
    """Load every assignment; raise one CourseError with all their problems."""
    loaded: list[Assignment] = []
    problems: list[Problem] = []
    for name in names:
        try:
            loaded += load_parts(_root(), name)
        except CourseError as error:
            problems += error.problems
    if problems:
        raise CourseError(dict.fromkeys(problems))
    return loaded


def _progress() -> Progress:
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=err,
        transient=True,
        disable=not err.is_terminal,
    )


def _print_differences(assignment: str) -> None:
    from autograder.nbgrader.compat import differences

    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("student", overflow="fold")
    table.add_column("cell", overflow="fold")
    table.add_column("nbgrader", justify="right")
    table.add_column("here", justify="right")
    table.add_column("why", overflow="fold")
    for one in differences(load_nbgrader_assignment(_root(), assignment)):
        theirs = "refused" if one.nbgrader is None else points(one.nbgrader)
        ours = "run anew" if one.sane is None else points(one.sane)
        table.add_row(shown(one.student), shown(one.cell), theirs, ours, shown(one.why))
    if table.row_count:
        Console(width=None if out.is_terminal else WIDTH_OF_A_PIPE, highlight=False, markup=False).print(table)
    else:
        out.print("the two rules give every test cell the same")


def _print_table(paths: Paths, assignment: str, grades: Iterable[Grade]) -> None:
    due, marked = due_of(paths, assignment), _with_marks(paths, assignment, list(grades))
    rows = [Row(one, late_by(paths.submission(one.student, assignment), due), one.awaiting) for one in marked]
    for line in table(rows, out.width if out.is_terminal else WIDTH_OF_A_PIPE):
        out.print(line)
    for sentence in summary(rows):
        out.print(sentence)


def _marks(paths: Paths, assignment: str) -> dict[str, dict[str, HandMark]]:
    """What somebody gave by hand in the gradebook, by student and question; nothing where the course keeps none."""
    if not keeps_gradebook(paths):
        return {}
    from autograder.nbgrader.gradebook import read_marks

    return read_marks(paths, assignment)


def _with_marks(paths: Paths, assignment: str, grades: list[Grade]) -> list[Grade]:
    """Return the grades with what somebody gave by hand."""
    from autograder.grades import with_hand_marks

    marks = _marks(paths, assignment) if grades else {}
    return [with_hand_marks(one, marks.get(one.student, {})) for one in grades]


def _keep_gradebook(parts: Sequence[Assignment], grades: list[Grade]) -> bool:
    """Bring nbgrader's gradebook up to date, where the course keeps one: it has a row for each notebook.

    Returns whether it is, of every student.
    """
    if not parts[0].keeps_gradebook:
        return True
    with err.status(f"{parts[0].name}: bringing the gradebook up to date"):
        from autograder.nbgrader.gradebook import keep_grades
        from autograder.store import Store

        students = {one.student for one in grades}
        with Store(parts[0].paths.store) as store:
            stored = [(part, [one for one in store.grades(part.key) if one.student in students]) for part in parts]
        failed: Mapping[str, str] = {}
        try:
            kept = keep_grades(stored)
        except SomeFailed as error:
            kept, failed = error.done, error.why
    out.print(f"gradebook: {_count(kept, 'submission')} up to date")
    return _say_failed("not in the gradebook", failed)


def _say_failed(what: str, failed: Mapping[str, str]) -> bool:
    """Say for whom something could not be done, and why; return whether there is nobody."""
    for student, why in failed.items():
        err.print(f"{what}: {shown(student)}: {shown(why)}")
    return not failed


def _print_kept(steps: list[Step]) -> None:
    """Say, a line a reason, whose stored marks stand."""
    reasons: dict[str, list[str]] = {}
    for step in steps:
        if step.kept:
            reasons.setdefault(step.kept, []).append(step.grade.student)
    for reason, names in reasons.items():
        more = ", …" if len(names) > KEPT_SHOWN else ""
        whose = f"{_count(len(names), 'submission')} ({', '.join(names[:KEPT_SHOWN])}{more})"
        err.print(f"stored marks stand: {whose}: {shown(reason)}")


def _penalties(assignment: Assignment) -> dict[str, float]:
    """What lateness took, by student: the gradebook knows of extensions; without one, course.yaml's rule holds."""
    if keeps_gradebook(assignment.paths):
        from autograder.nbgrader.gradebook import read_penalties

        return read_penalties(assignment)
    from autograder.nbgrader.submitted import penalties
    from autograder.store import Store

    with Store(assignment.paths.store) as store:
        return dict(penalties(assignment, store.grades(assignment.key)))


def _print_stand_ins(names: Iterable[str]) -> None:
    """Say, where stand-ins served, that what was measured says nothing of the real sets."""
    if listed := ", ".join(sorted(set(names))):
        text = f"note: small stand-in data served for {listed}: what was measured says nothing of the real sets"
        err.print(f"{text} (docs/data.md)")


def _print_trainings(grades: Collection[Grade]) -> None:
    """Say, a line a recipe, on what and for how many the networks were trained."""
    _print_stand_ins(name for one in grades for name in one.stand_ins)
    by_recipe: dict[tuple[str, str, str, str, bool], list[TrainingUse]] = {}
    for use in (use for one in grades for use in one.trainings):
        by_recipe.setdefault((use.recipe, use.device, use.data, use.data_digest, use.stand_in), []).append(use)
    for (recipe, device, data, digest, stand_in), uses in sorted(by_recipe.items()):
        runs = {(use.signature, seed) for use in uses for seed in use.seeds}
        networks = {use.signature for use in uses}
        shared = f"{_count(len(networks), 'network')} of {_count(len(uses), 'submission')}"
        source = f"{data} ({'stand-in data, ' if stand_in else ''}{digest.removeprefix('sha256:')[:12]})"
        versions = ", ".join(f"{name} {uses[0].versions[name]}" for name in (uses[0].backend, "keras"))
        text = f"recipe {recipe}: {shared}, {_count(len(runs), 'training')} kept, on {source}, {device}, {versions}"
        out.print(text)


def _say_notes(steps: Iterable[Step]) -> None:
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
        err.print(f"{shown(text)} ({_count(len(students), 'submission')}: {_some(students)})")


def _some(names: Sequence[str]) -> str:
    return ", ".join([*names[:NAMES_SHOWN], *(["…"] if len(names) > NAMES_SHOWN else [])])


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _leave_loudly(grades: Iterable[Grade]) -> None:
    """Exit with the status of a fault of ours where one kept a submission from being graded."""
    ungraded = [one for one in grades if one.status == "ungraded"]
    why: dict[str, list[str]] = {}
    for one in ungraded:
        why.setdefault(one.fault, []).append(one.student)
    for fault, students in why.items():
        err.print(f"ungraded: {_some(students)}: {shown(fault)}", style="red")
    if ungraded:
        err.print(
            f"{len(ungraded)} ungraded through no fault of the students'; they lose nothing. Mend, then grade again."
        )
        raise typer.Exit(OURS)


def _as_json(one: Grade, identity: Identity | None, late: timedelta) -> dict[str, Any]:
    """The contract of `results --json`: these keys, in this order. What is ungraded has no score yet."""
    whole = one.status != "ungraded"
    return {
        "student": one.student,
        "assignment": one.assignment,
        "status": one.status,
        "score": one.score if whole else None,
        "max_score": one.max_score,
        "attempt": one.attempt,
        "isolation": one.isolation,
        "device": one.device,
        "seconds": one.seconds,
        "submission": one.submission,
        "questions": [
            {
                "id": question.id,
                "score": question.score if whole or not is_ours(question.outcomes) else None,
                "max_score": question.max_score,
                "checks": [
                    {
                        "name": check.name,
                        "title": check.title,
                        "status": check.status,
                        "weight": check.weight,
                        "message": check.message,
                        "kind": check.kind,
                    }
                    for check in question.outcomes
                ],
                "awaiting": question.awaiting,
                "by_hand": question.by_hand,
                "extra_credit": question.extra_credit,
                "comment": question.comment,
            }
            for question in one.questions
        ],
        "platform": None if identity is None else msgspec.to_builtins(identity),
        "stand_ins": list(one.stand_ins),
        "late_seconds": int(late.total_seconds()),
        "awaiting": one.awaiting,
    }
