"""What several commands take, and what a command's file makes itself known with."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import Annotated, TypedDict

import typer

from autograder.engine import engine_names
from autograder.errors import CourseError


def _assignments() -> Iterable[str]:
    """The assignments of the course in this folder, for a shell to complete; none where it cannot tell."""
    from autograder.course_yaml import load_course

    try:
        return sorted(load_course(Path.cwd()).assignments)
    except (CourseError, OSError):
        return []


AssignmentName = Annotated[
    str,
    typer.Argument(
        metavar="ASSIGNMENT", help="Its name in course.yaml.", show_default=False, autocompletion=_assignments
    ),
]
AnyAssignment = Annotated[
    str | None, typer.Argument(metavar="[ASSIGNMENT]", show_default=False, autocompletion=_assignments)
]
Jobs = Annotated[int | None, typer.Option(min=1, help="Rooms at once; as many as there are cores where left out.")]


class CommandHelp(TypedDict):
    """What `--help` tells of a command beside its docstring and its options."""

    short_help: str
    epilog: str


def command_help(short: str, *examples: str) -> CommandHelp:
    """Return what is told of a command: in one short line, and by examples, each without the program's name."""
    lines = "\n".join(f"  autograder {one}" for one in examples)
    return CommandHelp(short_help=short, epilog=f"\b\nExamples:\n{lines}")


def command_app(about: str | None = None, *examples: str) -> typer.Typer:
    """Return what a command's file calls `app`: its one function, or the functions of a family with `about` as help."""
    epilog = command_help("", *examples)["epilog"] if examples else None
    return typer.Typer(
        help=about, epilog=epilog, no_args_is_help=about is not None, add_completion=False, rich_markup_mode=None
    )


class Language(StrEnum):
    """Of the messages students read."""

    fr = "fr"
    en = "en"


class ProfileChoice(StrEnum):
    """What networks are trained on."""

    cpu = "cpu"
    gpu = "gpu"


def _known_engine(name: str) -> str:
    if name not in engine_names():
        raise typer.BadParameter(f"{name!r} is not one of {', '.join(engine_names())}.")
    return name


Profile = Annotated[ProfileChoice, typer.Option(help="Which of each recipe's profiles networks are trained with.")]
EngineChoice = Annotated[
    str,
    typer.Option(
        callback=_known_engine,
        metavar=f"[{'|'.join(engine_names())}]",
        help="local: several rooms at once; inline: one at a time; dask: on a cluster's workers.",
    ),
]
"""Where rooms run."""
Fresh = Annotated[
    bool,
    typer.Option(
        "--fresh",
        envvar="AUTOGRADER_FRESH",
        show_envvar=False,
        help="Open rooms from processes of this command's own, and leave none warm for the next.",
    ),
]
