"""What several commands take, and what a command's file makes itself known with."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from autograder.engine import engine_names

AssignmentName = Annotated[
    str, typer.Argument(metavar="ASSIGNMENT", help="Its name in course.yaml.", show_default=False)
]
AnyAssignment = Annotated[str | None, typer.Argument(metavar="[ASSIGNMENT]", show_default=False)]
Jobs = Annotated[int | None, typer.Option(min=1, help="Rooms at once; as many as there are cores where left out.")]


def command_app(about: str | None = None) -> typer.Typer:
    """Return what a command's file calls `app`: its one function, or the functions of a family with `about` as help."""
    return typer.Typer(help=about, no_args_is_help=about is not None, add_completion=False, rich_markup_mode=None)


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
        help="local: several rooms at once; inline: one at a time.",
    ),
]
"""Where rooms run."""
