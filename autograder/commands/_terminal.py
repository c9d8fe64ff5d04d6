"""What every command says and how it leaves: the two terminals, the statuses, where the course is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from autograder.errors import CourseError, Problem
from autograder.report.terminal import Terminal, shown

SHORT, WRONG, OURS = 1, 2, 3
"""Exit statuses: the thing examined falls short, wrong use or broken course, a fault of ours."""
NAMES_SHOWN = 10

out = Terminal()
err = Terminal(stderr=True)


def course_folder() -> Path:
    try:
        return Path.cwd()
    except FileNotFoundError:
        text = "this folder is no longer there: run from the folder of the course"
        raise CourseError([Problem(".", 0, "", text)]) from None


def progress_bar() -> Progress:
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=err,
        transient=True,
        disable=out.quiet or not err.is_terminal,
    )


def say_failed(what: str, failed: Mapping[str, str]) -> bool:
    """Say for whom something could not be done, and why; return whether there is nobody."""
    for student, why in failed.items():
        err.print(f"{what}: {shown(student)}: {shown(why)}")
    return not failed


def some(names: Sequence[str]) -> str:
    return ", ".join([*names[:NAMES_SHOWN], *(["…"] if len(names) > NAMES_SHOWN else [])])


def count(number: float, noun: str) -> str:
    shown = str(number) if isinstance(number, int) else f"{number:g}"
    return f"{shown} {noun}{'' if number == 1 else 's'}"
