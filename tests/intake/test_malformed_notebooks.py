"""Whatever is handed in as a notebook, it is read, marked and shown: a grade, no traceback, no hang, little memory."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import malformed_notebooks
import toy

KINDS = len(malformed_notebooks.KINDS)
WHOLE, PART = 5000, 1250
PAGE_BYTES = 2**20


@pytest.mark.parametrize(
    ("first", "last"),
    [
        (0, 4 * KINDS),
        *(pytest.param(at, at + PART, marks=pytest.mark.whole) for at in range(0, WHOLE, PART)),
    ],
)
def test_malformed_notebooks_are_graded(tmp_path: Path, first: int, last: int) -> None:
    root = toy.make_course(tmp_path / "course")
    command = [sys.executable, malformed_notebooks.__file__, str(root), str(first), str(last)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert [one["seed"] for one in found] == list(range(first, last))
    assert [one for one in found if one["status"] != "graded"] == []
    assert max(one["page"] for one in found) < PAGE_BYTES
