"""Whatever a download is, it is collected or refused in words: no traceback, nothing elsewhere, little memory."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import malformed
import toy

KINDS = len(malformed.KINDS)


@pytest.mark.parametrize(
    ("first", "last"),
    [
        (0, KINDS),
        *(pytest.param(at, at + 8 * KINDS, marks=pytest.mark.whole) for at in range(KINDS, 33 * KINDS, 8 * KINDS)),
    ],
)
def test_malformed_downloads_are_collected_or_refused(tmp_path: Path, first: int, last: int) -> None:
    root = toy.make_course(tmp_path / "course")
    before = {path.name for path in root.iterdir()}
    command = [sys.executable, malformed.__file__, str(root), str(first), str(last)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert [json.loads(line)["seed"] for line in done.stdout.splitlines()] == list(range(first, last))
    assert {path.name for path in root.iterdir()} <= before | {"submitted", ".autograder"}
    assert {path.name for path in tmp_path.iterdir()} == {"course"}
    inside = [path.relative_to(root / "submitted") for path in root.glob("submitted/*/*")]
    assert {path.name for path in inside} <= {toy.NAME, f".{toy.NAME}.platform.json"}
    assert all(path.name.isprintable() for path in root.rglob("submitted/*"))
    assert not any(path.is_symlink() or not (path.is_file() or path.is_dir()) for path in root.glob("submitted/**/*"))
