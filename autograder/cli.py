"""The command line: `autograder COMMAND [ASSIGNMENT]`, from the folder that holds course.yaml. Each is in commands/.

Exit status: 0 done, 1 the thing examined falls short, 2 wrong use or broken course, 3 a fault of ours.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Sequence
from contextlib import nullcontext
from importlib.metadata import PackageNotFoundError, version
from typing import Annotated, Any, NoReturn

import typer
from typer.core import TyperGroup

from autograder.commands import Commands
from autograder.commands._terminal import OURS, WRONG, err, out
from autograder.errors import AutograderError, CourseError, DataError, refusal_of
from autograder.evidence import OURS as DISTRIBUTION
from autograder.judge.started import ahead
from autograder.report.terminal import show_what_can_be_shown

QUIET = ("--quiet", "-q")
JUDGING = ("grade", "judge", "validate")
NOT_JUDGING = frozenset(("--help", "--compat"))
"""What such a command is told where no check is asked for."""


class _Group(TyperGroup):
    """All commands, none of which is loaded before it is asked for."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.commands: Any = Commands()

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Take what is said to all commands from wherever it stands: `autograder grade tp1 --quiet`."""
        end = args.index("--") if "--" in args else len(args)
        ours = [one for one in args[:end] if one in QUIET]
        rest = [one for one in args[:end] if one not in QUIET]
        return super().parse_args(ctx, [*ours, *rest, *args[end:]])


app = typer.Typer(
    cls=_Group,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _print_version(asked: bool) -> None:
    if asked:
        try:
            out.print(f"{DISTRIBUTION} {version(DISTRIBUTION)}")
        except PackageNotFoundError:
            out.print(f"{DISTRIBUTION}, run from a clone that is not installed")
        raise typer.Exit


@app.callback(epilog="\b\nTo begin:\n  autograder init my-course\n  autograder COMMAND --help")
def _about(
    quiet: Annotated[
        bool, typer.Option(*QUIET, help="Say only what is wrong. What is asked for as JSON is written.")
    ] = False,
    _version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Say which version this is.")
    ] = False,
) -> None:
    """Grade deep-learning notebooks. Run from the folder that holds course.yaml."""
    out.quiet = err.still = quiet


def _will_judge(arguments: Sequence[str]) -> bool:
    """Whether a command most likely judges. One that does without costs nothing but the judge's start."""
    command = next((one for one in arguments if not one.startswith("-")), "")
    return command in JUDGING and NOT_JUDGING.isdisjoint(arguments)


def main() -> NoReturn:
    """Run the command line. A user's mistake is a message and a status, never a traceback."""
    show_what_can_be_shown()
    # jsonschema, which nbformat imports, does without it: it compiles 39 grammars for a second, to check formats of
    # addresses that no notebook's schema names.
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
    try:
        with ahead() if _will_judge(sys.argv[1:]) else nullcontext():
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
