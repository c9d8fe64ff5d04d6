"""What holds for every command: help at 80 columns with examples that run, its page, colours, quiet, completion."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

import toy
from autograder.cli import app
from autograder.paths import Paths
from autograder.store import Keys, Store
from commands_page import PAGE, page
from graded import grade, ungraded

RED = "\x1b[31m"


def each(group: Any = None, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every command with its path, those of families too."""
    group = group or get_command(app)
    for name in sorted(group.commands):
        command = group.commands[name]
        if hasattr(command, "commands"):
            yield from each(command, (*path, name))
        else:
            yield (*path, name), command


def autograder(root: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from autograder.cli import main; main()", *arguments]
    environment = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR")}
    return subprocess.run(command, cwd=root, capture_output=True, text=True, env={**environment, **more})


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("course")
    toy.write_source(root)
    with Store(Paths(root).store) as store:
        for one in (grade("ada"), ungraded("ill")):
            store.save(one, Keys("", ""))
    return root


def test_the_page_of_commands_is_what_the_code_says() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run `make commands`"


@pytest.mark.parametrize(
    ("path", "command"), list(each()), ids=lambda one: "-".join(one) if isinstance(one, tuple) else ""
)
def test_help_fits_80_columns_and_its_examples_run(path: tuple[str, ...], command: Any) -> None:
    context = command.context_class(command, info_name=" ".join(("autograder", *path)), terminal_width=80)
    lines = command.get_help(context).splitlines()
    assert [line for line in lines if len(line) > 80] == []
    examples = [line.split() for line in lines if line.startswith("    autograder ")]
    assert examples, "no example"
    for _, *words in examples:
        assert tuple(words[: len(path)]) == path
        line = shlex.split(" ".join(words[len(path) :]).partition(" > ")[0])
        command.make_context(path[-1], line, resilient_parsing=False).close()


def test_the_list_of_commands_is_cut_nowhere() -> None:
    command: Any = get_command(app)
    context = command.context_class(command, info_name="autograder", terminal_width=80)
    text = command.get_help(context)
    assert "..." not in text.partition("Commands:")[2]
    assert max(map(len, text.splitlines())) <= 80


def test_the_version_is_that_of_what_is_installed(tmp_path: Path) -> None:
    done = autograder(tmp_path, "--version")
    assert (done.returncode, done.stdout) == (0, f"keras-autograder {version('keras-autograder')}\n")


def test_colours_are_for_terminals_that_want_them(course: Path) -> None:
    coloured = autograder(course, "results", "toy", FORCE_COLOR="1", TERM="xterm")
    assert RED in coloured.stdout
    plain = autograder(course, "results", "toy", FORCE_COLOR="1", TERM="xterm", NO_COLOR="1")
    assert not re.search(r"\x1b\[[\d;]*3\d", plain.stdout)
    assert "\x1b" not in autograder(course, "results", "toy", TERM="xterm").stdout


def test_quiet_says_what_is_wrong_and_writes_what_was_asked_for(course: Path) -> None:
    for arguments in (("--quiet", "export", "toy", "--to", "csv"), ("export", "toy", "--to", "csv", "-q")):
        done = autograder(course, *arguments)
        assert (done.returncode, done.stdout) == (3, "")
        assert done.stderr == "no grade: ill: ungraded through a fault of ours: a worker was lost\n"
    assert len(autograder(course, "results", "toy", "--json", "--quiet").stdout.splitlines()) == 2


def test_a_shell_completes_commands_and_the_courses_assignments(course: Path) -> None:
    for words, expected in (("autograder val", "validate"), ("autograder grade t", "toy"), ("autograder grade x", "")):
        asked = {"_AUTOGRADER_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": str(words.count(" "))}
        command = [
            sys.executable,
            "-c",
            "import sys; sys.argv[0] = 'autograder'; from autograder.cli import main; main()",
        ]
        done = subprocess.run(command, cwd=course, capture_output=True, text=True, env={**os.environ, **asked})
        assert done.stdout.strip() == expected, done.stderr
