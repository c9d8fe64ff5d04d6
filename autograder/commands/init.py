"""`autograder init`: a new course, of its own small assignment or of notebooks there are."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from autograder.authoring.course import HIDDEN_TESTS, Made, add_notebooks, start_course, steps
from autograder.authoring.finding import Asker, Guesses
from autograder.commands._options import Language, command_app, command_help
from autograder.commands._terminal import count, course_folder, err, out
from autograder.errors import CourseError, Problem
from autograder.paths import Paths
from autograder.report.terminal import shown

app = command_app()
SHOWN_LINES = 12


class _AtTheTerminal:
    """Whoever runs the command, asked cell by cell."""

    certain = True

    def is_answer(self, number: int, source: str) -> bool:
        lines = source.strip().split("\n")
        err.print(f"\ncell {number}:\n" + "\n".join(f"    {shown(line)}" for line in lines[:SHOWN_LINES]))
        if len(lines) > SHOWN_LINES:
            err.print("    …")
        return typer.confirm("Do students write this cell?", default=True, err=True)

    def points(self, title: str, guess: float) -> float:
        return float(typer.prompt(f"Points of « {title} »", default=guess, type=float, err=True))


@app.command(
    **command_help(
        "Start a course, of its own or of notebooks there are.",
        "init my-course",
        "init my-course --from tp1.ipynb tp2.ipynb",
    )
)
def init(
    directory: Annotated[
        Path, typer.Argument(metavar="DIR", help="Of the course; it may be there.", show_default=False)
    ],
    more: Annotated[list[Path] | None, typer.Argument(metavar="[NOTEBOOK]...", hidden=True)] = None,
    notebooks: Annotated[
        list[Path] | None,
        typer.Option(
            "--from", metavar="NOTEBOOK...", help="Notebooks with their solutions; each becomes an assignment."
        ),
    ] = None,
    language: Annotated[
        Language | None, typer.Option(help="Of the messages students read; left out, that of the notebooks, or en.")
    ] = None,
    python: Annotated[
        str | None, typer.Option(metavar="PATH", help="The Python that notebooks run in; left out, the grader's own.")
    ] = None,
) -> None:
    """Start a course that passes `validate`; with --from, make assignments of notebooks, in a course that is there too.

    What is not clear (where answers lie, points) is asked on a terminal; elsewhere it is guessed, marked and said.
    """
    sources = [*(notebooks or []), *(more or [])]
    if more and not notebooks:
        raise CourseError([Problem(str(more[0]), 0, "", "what is it? Notebooks come after --from")])
    root = course_folder() / directory
    said = None if language is None else language.value
    if sources:
        asker: Asker = _AtTheTerminal() if sys.stdin.isatty() else Guesses()
        made = add_notebooks(root, sources, said, python, asker)
        for one in made:
            _say(one)
        names = [one.name for one in made]
    else:
        names = [start_course(root, said or "en", python)]
        out.print(f"{directory}: a course with one assignment, {names[0]}")
    _say_next(root, directory, names)


def _say(made: Made) -> None:
    found = made.converted
    points = sum(cell.role.get("points", 0) for cell in found.cells if cell.role)
    questions = f"{count(len(found.questions), 'question')}, {count(points, 'point')}"
    out.print(f"{made.name}: {questions}: {', '.join(found.questions)}")
    if made.copied:
        out.print(f"  taken along: {', '.join(made.copied)}")
    for text in found.guesses:
        out.print(f"  guessed: {text}")
    if found.hidden:
        out.print(
            f"  hidden tests: in draft/{made.name}/{HIDDEN_TESTS} now, for in the notebook students could read them"
        )
    by_hand = ", ".join(found.by_hand)
    if by_hand and made.marked:
        out.print(f"  marked by somebody, in nbgrader's formgrader: {by_hand}")
    to_do = [*found.to_do, *(f"{name}: the notebook reads it, and it is not beside it" for name in made.absent)]
    if by_hand and not made.marked:
        how = "name one in nbgrader_config.py (c.CourseDirectory.db_url)"
        to_do.append(f"marked by somebody, and the course keeps no gradebook: {by_hand}; {how}")
    if found.untested:
        names = ", ".join(found.untested)
        to_do.append(
            f"no visible test, so checks.py alone can mark: {names}; `autograder draft {made.name}` proposes it"
        )
    for text in to_do:
        out.print(f"  to do: {text}")


def _say_next(root: Path, directory: Path, names: Sequence[str]) -> None:
    paths = Paths(root)
    out.print("\nNext:")
    if root != course_folder():
        out.print(f"  cd {directory}")
    for step in steps(paths, names):
        out.print(f"  {step}")
    releases = ", ".join(f"{paths.shown(paths.release(name))}/" for name in names)
    out.print(f"Students get {releases}; after a change of source/, `autograder release ASSIGNMENT` makes it again.")
