"""`autograder similarity`: pairs of submissions alike beyond what the release and the solution explain."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from autograder.commands._called import called
from autograder.commands._everybody import everybodys_grades
from autograder.commands._options import AssignmentName, command_app, command_help
from autograder.commands._terminal import count, course_folder, err, out, some
from autograder.course import load_parts
from autograder.paths import write_beside
from autograder.report.table import points
from autograder.report.terminal import WIDTH_OF_A_PIPE, json_line, shown
from autograder.roster import load_roster
from autograder.similarity.alike import Pair
from autograder.similarity.gather import Alike, anonymous, find_alike
from autograder.similarity.page import similarity_page

PAIRS = 50
"""Shown where nothing else is asked for: who looks at more has another question."""
HEADS = ("in all", "own", "code", "words", "nets", "answers")

app = command_app()


@app.command(
    **command_help(
        "Show pairs of submissions that are alike.",
        "similarity tp1",
        "similarity tp1 --anonymous",
        "similarity tp1 --json > alike.jsonl",
    )
)
def similarity(
    assignment: AssignmentName,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line, one line a pair; no page.")] = False,
    no_names: Annotated[
        bool, typer.Option("--anonymous", help="Number the students, for a page that may be shown.")
    ] = False,
    most: Annotated[int, typer.Option(min=1, help="How many pairs at most.")] = PAIRS,
) -> None:
    """Show which submissions are alike beyond what the release and the solution explain, the most alike first.

    An order in which to look, never a verdict. The passages stand side by side in reports/ASSIGNMENT-similarity.html.
    """
    parts = load_parts(course_folder(), assignment)
    first = parts[0]
    roster = load_roster(first.paths)
    grades = everybodys_grades(first.paths, assignment, roster)
    if not grades:
        out.print(f"no results yet: run `autograder grade {assignment}`")
        return
    with err.status(f"{assignment}: comparing {count(len(grades), 'submission')}"):
        sources = [part.source for part in parts]
        found = find_alike(sources, first.settings.student_files, grades, roster, most)
    if no_names:
        names = called(first.paths, assignment, [one.student for one in grades], roster)
        found = anonymous(found, names)
    if as_json:
        for rank, pair in enumerate(found.pairs, start=1):
            typer.echo(json_line(_as_json(assignment, rank, pair, found)))
        return
    _print(found)
    page = similarity_page(found, course=first.course.title, title=first.settings.title, language=first.course.language)
    path = first.paths.similarity(assignment)
    write_beside(path, page.encode())
    out.print(str(first.paths.shown(path)))


def _print(found: Alike) -> None:
    """Print the order, as wide as the terminal is; names give way first."""
    if found.unread:
        err.print(f"not compared, for they are not graded or nothing of theirs could be read: {some(found.unread)}")
    if found.cut:
        err.print(f"compared in part, for a cell or a line of a length that nobody writes: {some(found.cut)}")
    compared = count(len(found.authors), "submission")
    if not found.pairs:
        out.print(f"{compared}: no pair stands out")
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for head in ("student", "and"):
        table.add_column(head, overflow="ellipsis", no_wrap=True)
    for head in HEADS:
        table.add_column(head, justify="right", no_wrap=True)
    for pair in found.pairs:
        table.add_row(*_cells(pair))
    width = None if out.is_terminal else WIDTH_OF_A_PIPE
    Console(width=width, highlight=False, markup=False, quiet=out.quiet).print(table)
    out.print(f"{compared}, {count(len(found.pairs), 'pair')}: an order in which to look, not a verdict")


def _cells(pair: Pair) -> tuple[str, ...]:
    counts = (points(pair.counts[kind]) if pair.counts[kind] else "" for kind in pair.counts)
    return (shown(pair.first), shown(pair.second), points(pair.score), f"{pair.share:.0%}", *counts)


def _as_json(assignment: str, rank: int, pair: Pair, found: Alike) -> dict[str, Any]:
    """The contract of `similarity --json`: these keys, in this order; keys are only ever added."""
    sides = (found.authors[pair.first], found.authors[pair.second])
    return {
        "assignment": assignment,
        "rank": rank,
        "students": [pair.first, pair.second],
        "score": pair.score,
        "share": pair.share,
        "code": pair.counts["code"],
        "words": pair.counts["words"],
        "networks": [mark.said for mark in pair.marks if mark.kind == "networks"],
        "answers": [{"check": mark.check, "value": mark.said} for mark in pair.marks if mark.kind == "answers"],
        "passages": [
            [
                {"cell": side.parts[span.part].name, "first": span.first, "last": span.last}
                for side, span in zip(sides, both, strict=True)
            ]
            for both in pair.passages
        ],
    }
