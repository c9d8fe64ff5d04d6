"""A class's own program: `python -m tests.bench.flat N` grades N submissions of a light course in scripted rooms.

It is graded in two halves, as after an interruption. Prints a JSON object: `seconds`, and `peak`, the most memory in
bytes that this process and the judge held, each at its highest.
"""

from __future__ import annotations

import json
import resource
import sys
import tempfile
import time
from pathlib import Path
from unittest.mock import patch

import toy
from autograder import session
from autograder.pipeline import Timings, grade
from autograder.session import GradingOptions
from loading import load_assignment
from scripted import Scripted, greeting, right


class Forgetful(Scripted):
    """Keeps no list of the exams it held: of ten thousand, that would be what grows."""

    def _hold(self, order):  # type: ignore[no-untyped-def]
        self.held.clear()
        return super()._hold(order)


def main() -> None:
    count = int(sys.argv[1])
    with tempfile.TemporaryDirectory(prefix="autograder-bench-") as folder:
        root = toy.make_course(Path(folder))
        for number in range(count):
            answers = {"names-answer": f'names = ["Ada", "Grace", "Joan"]  # {number}'}
            toy.hand_in(root, f"student_{number:05}", toy.answered(answers))
        started = time.perf_counter()
        with patch.object(session, "open_engine", lambda *_: Forgetful(right(), greeting)):
            _grade(root, count // 2)
            _grade(root, count)
        seconds = time.perf_counter() - started
    held = (resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    print(json.dumps({"seconds": seconds, "peak": sum(held) * 1024}))


def _grade(root: Path, until: int) -> None:
    """Grade until so many are done, and go away as whoever is killed does."""
    for done, step in enumerate(grade(load_assignment(root, toy.NAME), GradingOptions(), Timings()), start=1):
        if step.grade.status != "graded":
            sys.exit(f"{step.grade.student}: {step.grade.status}: {step.grade.fault}")
        if done == until:
            return


if __name__ == "__main__":
    main()
