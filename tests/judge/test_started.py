"""Judges that are started before it is known what they judge: taken, replaced where they are gone, ended where left."""

from __future__ import annotations

import contextlib
import os
import select
import subprocess
import sys
from pathlib import Path

import pytest

from autograder import cli
from autograder.judge import started
from autograder.judge.process import Judge

CHECKS = """
from autograder import question, variable

x = variable("x")


@question("q")
def test_x(x):
    assert x == 1
"""


@pytest.fixture
def checks(tmp_path: Path) -> Path:
    path = tmp_path / "checks.py"
    path.write_text(CHECKS)
    return path


def test_the_judge_that_was_started_ahead_is_the_one_that_collects(checks: Path) -> None:
    with started.ahead():
        (waiting,) = started._waiting
        with Judge(checks) as judge:
            assert list(judge.plan().probes) == ["x"]
            assert judge._process.pid == waiting.process.pid
        with Judge(checks) as another:
            assert another._process.pid != waiting.process.pid


def test_a_judge_that_was_killed_while_it_waited_is_replaced(checks: Path) -> None:
    with started.ahead():
        (waiting,) = started._waiting
        waiting.process.kill()
        waiting.process.wait()
        with Judge(checks) as judge:
            assert list(judge.plan().probes) == ["x"]


def test_a_judge_that_nobody_takes_ends_with_who_started_it() -> None:
    with started.ahead():
        (waiting,) = started._waiting
    assert waiting.process.returncode is not None
    assert not started._waiting


def test_a_judge_whose_command_is_killed_before_it_says_what_to_judge_ends() -> None:
    code = "import os; from autograder.judge.started import start; print(start().process.pid); os._exit(1)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert not done.stderr
    with contextlib.suppress(ProcessLookupError):  # it has ended, and whoever adopted it has seen so
        judge = os.pidfd_open(int(done.stdout))
        ended, _, _ = select.select([judge], [], [], 60)
        os.close(judge)
        assert ended, "it waits for ever"


@pytest.mark.parametrize(
    ("line", "judges"),
    [
        ("judge tp1", True),
        ("--quiet grade tp1 --again", True),
        ("validate tp1", True),
        ("grade tp1 --compat", False),
        ("judge --help", False),
        ("results tp1", False),
        ("", False),
    ],
)
def test_commands_that_judge_are_known_by_their_line(line: str, judges: bool) -> None:
    assert cli._will_judge(line.split()) is judges
