"""The command line: `autograder COMMAND [ASSIGNMENT]`, from the folder that holds course.yaml. Each is in commands/.

Exit status: 0 done, 1 the thing examined falls short, 2 wrong use or broken course, 3 a fault of ours.
"""

from __future__ import annotations

import sys
import traceback
from typing import Any, NoReturn

import typer
from typer.core import TyperGroup

from autograder.commands import Commands
from autograder.commands._terminal import OURS, WRONG, err
from autograder.errors import AutograderError, CourseError, DataError, refusal_of
from autograder.report.terminal import show_what_can_be_shown


class _Group(TyperGroup):
    """All commands, none of which is loaded before it is asked for."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.commands: Any = Commands()


app = typer.Typer(
    cls=_Group,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@app.callback()
def _about() -> None:
    """Grade deep-learning notebooks. Run from the folder that holds course.yaml."""


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
