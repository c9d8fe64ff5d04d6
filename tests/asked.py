"""The short way from a checks file and a notebook's cells to verdicts: collected, examined in a room, judged."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

from autograder.evidence import Evidence
from autograder.judge.channel import Case
from autograder.judge.process import Judge
from autograder.records import Limits, Submission
from autograder.sandbox.exam import Order, examine
from autograder.sandbox.isolation import measure
from autograder.sandbox.rooms import Zygote
from autograder.wire.messages import Cell

LIMITS = Limits(cell_seconds=20, seconds=60, memory_mb=2000, processes=64, disk_mb=16, output_kb=2, array_mb=1)
HEADER = """
import numpy as np
from autograder import *
from autograder.asserts import *
"""


@dataclass(frozen=True)
class Class:
    """A checks file, and rooms to examine notebooks in."""

    folder: Path
    zygote: Zygote
    checks: str
    """What follows the imports. Questions may have any name."""
    limits: Limits = LIMITS
    ids: tuple[str, ...] = ()
    """Of the first cells."""

    def evidence(self, *sources: str, name: str = "student") -> Path:
        """Examine a notebook of these cells; return its evidence's file."""
        checks = self.folder / "checks.py"
        checks.write_text(HEADER + self.checks, encoding="utf-8")
        named = zip_longest(self.ids[: len(sources)], sources, fillvalue="")
        cells = tuple(Cell(index, cell, source) for index, (cell, source) in enumerate(named))
        with Judge(checks) as judge:
            plan = judge.plan()
        order = Order("key", Submission(name, "digest", cells), plan, self.limits, measure().level or "")
        evidence: Evidence = examine(self.zygote, order)
        path = self.folder / f"{name}.evidence"
        evidence.save(path)
        return path

    def verdicts(self, *sources: str, language: str = "en", solution: Path | None = None) -> dict[str, tuple[str, str]]:
        """Examine a notebook and judge it: each check's status, with its message or what is ours about it."""
        path = self.evidence(*sources)
        with Judge(self.folder / "checks.py") as judge:
            judged = judge.judge(Case(str(path), str(solution or ""), language, False))
        plain = {
            one.outcome.name: (one.outcome.message or one.ours).replace("\N{NO-BREAK SPACE}", " ") for one in judged
        }
        return {one.outcome.name: (one.outcome.status, plain[one.outcome.name]) for one in judged}
