"""The tutorial, typed as it stands: each command, and what it is said to print. « … » stands for anything."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

BLOCK = re.compile(r"^```(console|python)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def steps(page: str) -> Iterator[tuple[str, str]]:
    """What a page has its reader do: each command with what it prints, and « append » with code for the checks."""
    for kind, text in BLOCK.findall(page):
        if kind == "python":
            yield "append", text
            continue
        parts = re.split(r"^\$ (.*)\n", text, flags=re.MULTILINE)[1:]
        yield from zip(parts[::2], parts[1::2], strict=True)


def as_pattern(printed: str) -> str:
    return r".*".join(map(re.escape, printed.split("…")))


def test_the_tutorial_does_what_it_says(repository: Path, tmp_path: Path) -> None:
    folder = tmp_path / "afternoon"
    shutil.copytree(repository / "docs/tutorial", folder)
    program = tmp_path / "bin" / "autograder"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m autograder "$@"\n')
    program.chmod(0o755)
    environment = {**os.environ, "PATH": f"{program.parent}:{os.environ['PATH']}"}
    typed = list(steps((repository / "docs/tutorial.md").read_text(encoding="utf-8")))
    assert len(typed) == 12
    for command, printed in typed:
        if command.startswith("cd "):
            folder /= command.removeprefix("cd ")
            continue
        if command == "append":
            with (folder / "source/logistic/checks.py").open("a", encoding="utf-8") as checks:
                checks.write(f"\n\n{printed}")
            continue
        done = subprocess.run(
            command.split(), cwd=folder, env=environment, capture_output=True, text=True, stdin=subprocess.DEVNULL
        )
        assert done.returncode == 0, (command, done.stdout, done.stderr)
        assert re.fullmatch(as_pattern(printed), done.stdout, re.DOTALL), (command, done.stdout)
    told = subprocess.run(
        [program, "results", "logistic", "--json"], cwd=folder, capture_output=True, text=True, check=True
    ).stdout
    grades = {one["student"]: one for one in map(json.loads, told.splitlines())}
    right = {name for name, one in grades.items() if one["score"] == one["max_score"]}
    assert right == {"ada", "bob"}  # and no longer Fay, who forgot `b`
    assert {one["status"] for one in grades.values()} == {"graded"}
