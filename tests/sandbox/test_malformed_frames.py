"""Whatever a room says, it is a student's, in words: no traceback, no check that cannot be judged, little memory."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import malformed_frames

KINDS = len(malformed_frames.KINDS)
WHOLE, PART = 20_000, 5000


@pytest.mark.parametrize(
    ("first", "last"),
    [
        (0, 6 * KINDS),
        *(pytest.param(at, at + PART, marks=pytest.mark.whole) for at in range(0, WHOLE, PART)),
    ],
)
def test_malformed_frames_are_the_students(tmp_path: Path, first: int, last: int) -> None:
    command = [sys.executable, malformed_frames.__file__, str(tmp_path), str(first), str(last)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert [one["seed"] for one in found] == list(range(first, last))
    cannot_tell = "CannotTell: the networks cannot be compared"  # a room that says so is believed: somebody looks
    assert [one for one in found if any(cannot_tell not in ours for ours in one["ours"])] == []
    assert {one["came"].partition(":")[0] for one in found} == {"whole", "died"}
