"""What students write is shown, and steers nothing; what cannot be shown stops nothing."""

from __future__ import annotations

import ast
import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from autograder.report.terminal import Terminal, json_line, shown

STEERING = "a\x1b[31mb\x9bc\u202ed\u2066e\u200bf\x07\x7fg\u2028\ud800\U000e0041"
SEEN = "Zoé 山田 — « ç » \xa0 ✓"


def test_what_steers_a_terminal_is_written_out() -> None:
    assert shown(STEERING) == (
        "a\\u{1b}[31mb\\u{9b}c\\u{202e}d\\u{2066}e\\u{200b}f\\u{7}\\u{7f}g\\u{2028}\\u{d800}\\u{e0041}"
    )
    assert shown("a\nb\tc\rd") == "a b c d"
    assert shown(SEEN) == SEEN


def test_json_escapes_it_and_says_the_same() -> None:
    line = json_line({"student": STEERING, "title": SEEN})
    assert json.loads(line) == {"student": STEERING, "title": SEEN}
    assert SEEN in line
    assert line.isprintable() or line.replace("\xa0", " ").isprintable()


def test_a_terminal_takes_no_markup_and_keeps_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.StringIO()
    monkeypatch.setattr("sys.stdout", out)
    Terminal().print("[red]a[/red] :smile:\n\x1b]0;b\x07")
    assert out.getvalue() == "[red]a[/red] :smile:\n\\u{1b}]0;b\\u{7}\n"


def test_json_is_json_where_the_output_has_no_such_character() -> None:
    script = "from autograder.report.terminal import *; show_what_can_be_shown(); print(json_line('é')); print('é')"
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, capture_output=True, text=True, env={"PYTHONIOENCODING": "ascii"}, check=True)
    assert done.stdout == '"\\u00e9"\n?\n'


def test_the_command_line_prints_through_it_alone(repository: Path) -> None:
    """A `print` or an `echo` would let a student's text through as it is."""
    files = [repository / "autograder/cli.py", *(repository / "autograder/commands").glob("*.py")]
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in files]
    calls = [ast.unparse(node) for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call)]
    raw = [call for call in calls if call.startswith(("print(", "typer.echo(", "sys.stdout", "traceback.print"))]
    assert [call for call in raw if not call.startswith("typer.echo(json_line(")] == []
