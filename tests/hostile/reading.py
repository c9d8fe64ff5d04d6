"""What comes of objects that go for their reader: examined one after the other, then judged by one judge."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from asked import Class
from autograder.judge.channel import Case
from autograder.judge.process import Judge
from autograder.records import Limits
from autograder.sandbox.rooms import Zygote

LIMITS = Limits(cell_seconds=8, seconds=20, memory_mb=2500, processes=64, disk_mb=16, output_kb=2, array_mb=8)
MOST_CHARS = 4000
"""Of a message: what a student can make one hold is little."""


def read(zygote: Zygote, folder: Path, checks: str, programs: Mapping[str, str], names: Iterable[str]) -> None:
    """Fail where a check passes, is ours to mend, or repeats what a student made."""
    asked = Class(folder, zygote, checks, LIMITS, ("setup", "answer"))
    paths = {name: asked.evidence("weights = kept = None", programs[name], name=name) for name in names}
    with Judge(folder / "checks.py") as judge:
        for name, path in paths.items():
            for one in judge.judge(Case(str(path), "", "en", False)):
                assert one.outcome.status in ("failed", "errored"), (name, one)
                assert one.outcome.message, name
                assert len(one.outcome.message) < MOST_CHARS, name
                assert one.outcome.message.replace("\n", " ").isprintable(), name
