"""Write docs/commands.md from the command line itself: `make commands`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from typer.main import get_command

from autograder.cli import app

PAGE = Path(__file__).parent.parent / "docs" / "commands.md"
HEAD = """\
# Commands

<!-- Made from the code by `make commands`: change the code, not this page. -->

Run them in the folder that holds `course.yaml`, but for `init` and `data`, which need none. `autograder COMMAND --help`
says the same.

| exit status | means |
|---|---|
| 0 | done |
| 1 | what was examined falls short, or a file that was asked for could not be made whole |
| 2 | wrong use, or a broken course: every problem is listed, with its place |
| 3 | a fault of ours: something could not be graded; nobody lost a point for it |

Tables fit the terminal, and are coloured there unless `NO_COLOR` is set. `--quiet` may stand anywhere.

`autograder --install-completion` lets bash, zsh, fish or PowerShell complete commands, options, and the names of the
course's assignments.

## autograder
"""


def page() -> str:
    """Return the page."""
    command: Any = get_command(app)
    return HEAD + "\n".join([*_options(command, "autograder"), *_commands(command, "autograder")]).rstrip() + "\n"


def _commands(group: Any, path: str) -> Iterator[str]:
    for name in sorted(group.commands):
        command = group.commands[name]
        whole = f"{path} {name}"
        yield f"\n## {whole.removeprefix('autograder ')}\n"
        yield re.sub(r"\n(?!\n)", " ", command.help or "").replace(" \n", "\n").strip()
        if hasattr(command, "commands"):
            yield from _commands(command, whole)
            continue
        context = command.make_context(name, [], resilient_parsing=True)
        usage = re.sub(r"[{}]", "", " ".join(command.collect_usage_pieces(context)))
        yield f"\n```console\n$ {whole} {usage}\n```\n"
        yield from _options(command, whole)
        examples = [line.strip() for line in (command.epilog or "").splitlines() if line.startswith("  ")]
        if examples:
            yield "\n```console\n" + "\n".join(f"$ {one}" for one in examples) + "\n```"


def _options(command: Any, name: str) -> Iterator[str]:
    context = command.make_context(name, [], resilient_parsing=True)
    records = [found for one in command.params if (found := one.get_help_record(context))]
    if records:
        yield "| | |\n|---|---|"
    for names, text in records:
        cells = (f"`{names.strip()}`", " ".join(text.split()))
        yield "| " + " | ".join(one.replace("|", "\\|") for one in cells) + " |"


def main() -> None:
    """Write the page."""
    PAGE.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
