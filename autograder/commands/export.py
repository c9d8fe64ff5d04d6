"""`autograder export`: grades for other systems, in the files that they read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from autograder.assignment import Deadline, SourceNotebook
from autograder.commands._everybody import everybodys_grades
from autograder.commands._gradebook import penalties, with_marks
from autograder.commands._options import AssignmentName, command_app, command_help
from autograder.commands._terminal import OURS, SHORT, count, course_folder, err, out, say_failed, some
from autograder.course import load_parts
from autograder.course_yaml import CourseSettings
from autograder.errors import CourseError, Problem
from autograder.evidence import find_evidence
from autograder.export import ClassGrades, Entry, Export, Exported, ExportOptions, export_names, load_export, refuse
from autograder.intake.identity import read_identity
from autograder.judge.places import Places
from autograder.nbgrader.submitted import late_by
from autograder.paths import write_beside
from autograder.records import Grade
from autograder.report.repairs import repair_sentences
from autograder.report.terminal import shown
from autograder.roster import Student, load_roster
from autograder.sheets import Sheet, read_sheet

LARGEST_SHEET = 64 * 2**20
FLAGS = {"sheet": "--from", "column": "--column", "decimal_comma": "--decimal-comma", "bom": "--bom"}
FLAGS |= {"rescale": "--rescale", "zero_missing": "--zero-missing", "platform": "--platform", "send": "--send"}

app = command_app()


def _known_export(name: str) -> str:
    if name not in export_names():
        raise typer.BadParameter(f"{name!r} is not one of {', '.join(export_names())}.")
    return name


System = Annotated[
    str,
    typer.Option("--to", callback=_known_export, metavar="SYSTEM", help=f"One of {', '.join(export_names())}."),
]
Source = Annotated[
    Path | None,
    typer.Option("--from", metavar="FILE", help="What the site exported, to be filled in.", show_default=False),
]
Output = Annotated[
    Path | None,
    typer.Option("--output", "-o", metavar="PATH", help="A folder, or the file where it is one.", show_default=False),
]
Students = Annotated[list[str] | None, typer.Option(help="Only this one; may be given again.", show_default=False)]
Column = Annotated[str, typer.Option(help="The head of the column that takes grades.", show_default=False)]
Comma = Annotated[bool, typer.Option("--decimal-comma", help="Write 7,5 and not 7.5.")]
Bom = Annotated[bool, typer.Option("--bom", help="Begin with a byte order mark, as Excel likes it.")]
Rescale = Annotated[bool, typer.Option("--rescale", help="Bring points to what the site says the assignment is worth.")]
ZeroMissing = Annotated[
    bool, typer.Option("--zero-missing", help="0 for who handed in nothing; else they are left empty.")
]
Platform = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Where a platform is that is told by LTI, and as whom.", show_default=False),
]
Send = Annotated[bool, typer.Option("--send", help="Tell the platform; without it, what it would be told is written.")]


@app.command(
    **command_help(
        "Write grades for Moodle, Canvas, Gradescope and others.",
        "export tp1 --to moodle --from Grades-TP1.csv",
        "export tp1 --to csv --decimal-comma --bom",
        "export tp1 --to ags --platform moodle.yaml --send",
        "export tp1 --to gradescope --student ada -o results.json",
    )
)
def export(
    assignment: AssignmentName,
    to: System,
    source: Source = None,
    output: Output = None,
    student: Students = None,
    column: Column = "",
    decimal_comma: Comma = False,
    bom: Bom = False,
    rescale: Rescale = False,
    zero_missing: ZeroMissing = False,
    platform: Platform = None,
    send: Send = False,
) -> None:
    """Write grades as another system reads them: a platform, a CI system, a spreadsheet."""
    target = load_export(to)
    given = {"sheet": source, "column": column, "decimal_comma": decimal_comma, "bom": bom}
    given |= {"rescale": rescale, "zero_missing": zero_missing, "platform": platform, "send": send}
    _require_taken(to, target, given)
    parts = load_parts(course_folder(), assignment)
    chosen = tuple(dict.fromkeys(student or ()))
    grades = _class_grades([part.source for part in parts], parts[0].course, parts[0].deadline, chosen)
    options = ExportOptions(
        _sheet(source), str(source or ""), column, decimal_comma, bom, rescale, zero_missing, len(chosen) == 1
    )
    options = replace(options, platform=platform, send=send)
    done = target.export(grades, options)
    for path in _write(done.files, output, parts[0].paths.export(assignment, to)):
        out.print(f"{parts[0].paths.shown(path)}")
    _print_left(grades, done)
    ungraded = any(one.grade.status == "ungraded" and not one.grade.waits for one in grades.entries)
    raise typer.Exit(OURS if ungraded else SHORT if done.unfinished or done.unplaced else 0)


def _require_taken(name: str, target: Export, given: Mapping[str, object]) -> None:
    """Refuse an option that this export would do nothing with."""
    idle = [FLAGS[option] for option, value in given.items() if value and option not in target.OPTIONS]
    if idle:
        taking = [one for one in export_names() if FLAGS.keys() & load_export(one).OPTIONS >= {_option(idle[0])}]
        raise refuse(idle[0], f"does nothing with --to {name}; it is for {', '.join(taking)}")


def _option(flag: str) -> str:
    return next(option for option, known in FLAGS.items() if known == flag)


def _class_grades(
    parts: Sequence[SourceNotebook], course: CourseSettings, deadline: Deadline, students: Sequence[str]
) -> ClassGrades:
    """What is known of everybody's grade. Raise CourseError where nothing is, or nothing of a student asked for."""
    paths, name = parts[0].paths, parts[0].name
    roster = load_roster(paths)
    stored = everybodys_grades(paths, name, roster)
    if not stored:
        raise refuse(name, f"no results yet: run `autograder grade {name}`")
    if unknown := [one for one in students if one not in {grade.student for grade in stored}]:
        raise CourseError([Problem("--student", 0, one, "no result is theirs") for one in unknown])
    kept = [one for one in with_marks(paths, name, stored) if not students or one.student in students]
    taken = [penalties(part, deadline) for part in parts]
    people = {one.student: one for one in roster.students}
    entries = tuple(
        Entry(
            grade,
            people.get(grade.student, Student(grade.student)),
            read_identity(paths, grade.student, name),
            round(sum(one.get(grade.student, 0.0) for one in taken), 4) if grade.status == "graded" else 0.0,
            late_by(paths.submission(grade.student, name), deadline.due),
            _pages(parts, grade.student),
        )
        for grade in kept
    )
    titles = {question.id: question.title for part in parts for question in part.questions}
    own = course.assignments[name]
    sources, language = tuple(parts), course.language

    def mended(entry: Entry) -> list[str]:
        return [text for part in sources for text in _mended(part, entry.grade, language, whole=len(sources) == 1)]

    return ClassGrades(name, own.title, course.title, language, titles, entries, sources, own.limits, mended)


def _mended(part: SourceNotebook, grade: Grade, language: str, *, whole: bool) -> list[str]:
    """What was mended of the notebook that was graded; `whole`: it is all of the assignment."""
    evidence = find_evidence(part.paths.evidence(part.key, grade.student))
    if evidence is None or (whole and evidence.exam.submission != grade.submission):
        return []
    return repair_sentences(evidence.exam.repairs, language, Places(evidence.exam))


def _pages(parts: Sequence[SourceNotebook], student: str) -> dict[str, Path]:
    found = {part.notebook_name: part.paths.feedback(part.name, student, part.notebook_name) for part in parts}
    return {name: path for name, path in found.items() if path.is_file()}


def _sheet(path: Path | None) -> Sheet | None:
    if path is None:
        return None
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST_SHEET + 1)
        if len(data) > LARGEST_SHEET:
            raise refuse(str(path), "larger than any list of grades: is it the file that the site exported?")
        sheet = read_sheet(data)
    except OSError as error:
        raise refuse(str(path), f"cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise refuse(str(path), str(error)) from None
    if len(sheet.rows) < 2:
        raise refuse(str(path), "no rows in it: expected a CSV file, with a line of column names first")
    return sheet


def _write(files: Mapping[str, bytes], output: Path | None, folder: Path) -> list[Path]:
    """Write the files, and return where: in a folder, or the only one of them under the name that is given."""
    if output is None or not output.suffix or output.is_dir():
        written = [(output or folder) / name for name in files]
    elif len(files) == 1:
        written = [output]
    else:
        names = ", ".join(sorted(files)[:3]) or "none"
        raise refuse(str(output), f"{count(len(files), 'file')} would be written ({names}): name a folder")
    for name in files:
        if Path(name).is_absolute() or ".." in Path(name).parts:  # nbgrader's gradebook lets students be called so
            raise refuse(name, "a student of this name would have files outside the export's folder")
    for path, content in zip(written, files.values(), strict=True):
        write_beside(path, content)
    return written


def _print_left(grades: ClassGrades, done: Exported) -> None:
    """Say who is in it, and for whom it holds no grade, and why."""
    entries = grades.entries
    missing = [one.student for one in entries if one.grade.status == "missing"]
    whole = len(entries) - len(missing) - len({*done.unfinished, *done.unplaced} & {one.student for one in entries})
    out.print(f"{whole} of {count(len(entries), 'student')}" + (f"; nothing from {some(missing)}" if missing else ""))
    for note in done.notes:
        err.print(f"note: {shown(note)}")
    say_failed("no grade", done.unfinished)
    say_failed("not placed", done.unplaced)
