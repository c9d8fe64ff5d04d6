"""`autograder feedback`: one page a student."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import typer

from autograder.assignment import SourceNotebook
from autograder.commands._gradebook import hand_marks, penalties
from autograder.commands._options import AssignmentName, command_app, command_help
from autograder.commands._terminal import OURS, course_folder, out, say_failed
from autograder.course import load_parts
from autograder.errors import SomeFailed
from autograder.pipeline import Timings, rejudge_parts
from autograder.report.feedback import write_feedback
from autograder.store import open_store

app = command_app()


@app.command(**command_help("Write one page a student, under feedback/.", "feedback tp1"))
def feedback(assignment: AssignmentName) -> None:
    """Write one page a student, under feedback/."""
    parts = load_parts(course_folder(), assignment)
    language = parts[0].course.language
    if others := _spoken([part.source for part in parts]) - {language}:
        out.print(f"messages are in {', '.join(sorted(others))}, the course's language is {language}: judged again")
        for _ in rejudge_parts(parts, Timings()):
            pass
    marks = hand_marks(parts[0].paths, assignment)
    pages: list[Path] = []
    failed: dict[str, str] = {}
    for part in parts:
        try:
            pages.extend(write_feedback(part.source, part.course, penalties(part.source, part.deadline), marks))
        except SomeFailed as error:
            failed |= error.why
    where = (
        f" under {parts[0].paths.shown(pages[0].parents[2])}/"
        if pages
        else f": run `autograder grade {assignment}` first"
    )
    out.print(f"{len(pages)} pages{where}")
    raise typer.Exit(0 if say_failed("no page", failed) else OURS)


def _spoken(sources: Sequence[SourceNotebook]) -> set[str]:
    """The languages that stored messages are in: a page must not mix two."""
    with open_store(sources[0].paths) as store:
        return {one.language for source in sources for one in store.grades(source.key)} - {""}
