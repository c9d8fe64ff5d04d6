"""How long it takes to know a class again of which nothing has changed: a light course, no room, no judging.

Run alone: `python -m tests.bench.unchanged [STUDENTS]`.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

import toy
from autograder import session
from autograder.pipeline import Timings, grade
from autograder.session import GradingOptions
from loading import load_assignment
from scripted import Scripted, greeting, right

from .grading import run_to_end
from .sample import command

STUDENTS = 1000


@contextmanager
def graded_class(students: int) -> Iterator[Path]:
    """A toy course whose class has been graded once, in rooms that are a script."""
    with tempfile.TemporaryDirectory(prefix="autograder-bench-") as folder:
        root = toy.make_course(Path(folder))
        for number in range(students):
            name = f'names = ["Ada", "Grace", "Joan"]  # {number}'
            toy.hand_in(root, f"student_{number:04}", toy.answered({"names-answer": name}))
        with patch.object(session, "open_engine", lambda *_: Scripted(right(), greeting)):
            for _ in grade(load_assignment(root, toy.NAME), GradingOptions(), Timings()):
                pass
        yield root


def measure(students: int) -> tuple[float, float]:
    """Return the seconds of `grade` on an unchanged class: in a process that runs, and as a command from its start."""
    with graded_class(students) as root:
        started = time.perf_counter()
        unchanged = sum(step.unchanged for step in grade(load_assignment(root, toy.NAME), GradingOptions(), Timings()))
        line = time.perf_counter() - started
        if unchanged != students:
            sys.exit(f"{unchanged} of {students} were known again")
        started = time.perf_counter()
        run_to_end([command("autograder"), "grade", toy.NAME], root)
        return line, time.perf_counter() - started


def main() -> None:
    students = int(sys.argv[1]) if sys.argv[1:] else STUDENTS
    line, whole = measure(students)
    print(f"{students} unchanged submissions: known again in {line:.2f} s, the whole command {whole:.2f} s")


if __name__ == "__main__":
    main()
