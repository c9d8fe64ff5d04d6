"""What is measured on: some submissions of the sample class, in a course folder that goes away afterwards."""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from autograder.assignment import Assignment
from autograder.intake import read_submission, students
from autograder.paths import STATE
from autograder.records import Submission
from autograder.release import read_release
from loading import load_assignment

REPOSITORY = Path(__file__).resolve().parents[2]
LESSON = "reseaux-convolutifs"
LEFT_OUT = {"pierre": "prints over 100 MB, which measures how text is kept, not how notebooks are graded"}
"""Submissions that end by themselves and are not measured all the same, with the reason."""


@dataclass(frozen=True)
class Sample:
    """The submissions measured, and the folders they are measured in."""

    students: tuple[str, ...]
    course: Path
    """For this project: the repository's course with these submissions."""
    peer: Path
    """For nbgrader: the same source and submissions, nothing else."""

    def assignment(self) -> Assignment:
        return load_assignment(self.course, LESSON)

    def submissions(self) -> list[Submission]:
        """Return the submissions as intake rebuilds them."""
        assignment = self.assignment()
        release = read_release(assignment.source)
        found = [
            read_submission(assignment.source, assignment.settings, release, student)
            for student in students(assignment.paths)
        ]
        return [submission for submission in found if submission is not None]

    def forget(self) -> None:
        """Remove everything that grading has kept: the next run starts from nothing."""
        shutil.rmtree(self.course / STATE, ignore_errors=True)


def choose(count: int) -> tuple[str, ...]:
    """Return the first `count` students, by name, whose notebook ends by itself."""
    expected = json.loads((REPOSITORY / "examples" / "expected.json").read_text(encoding="utf-8"))
    able = sorted(name for name, one in expected.items() if one["ends"] and name not in LEFT_OUT)
    if count > len(able):
        sys.exit(f"--submissions {count}: {len(able)} submissions end by themselves")
    return tuple(able[:count])


@contextmanager
def make_sample(count: int, peer_count: int) -> Iterator[Sample]:
    """Lay out both courses in a temporary folder, removed at the end."""
    students = choose(count)
    with tempfile.TemporaryDirectory(prefix="autograder-bench-") as folder:
        sample = Sample(students, Path(folder) / "course", Path(folder) / "peer")
        _lay_out(sample.course, ("course.yaml", "nbgrader_config.py", "source", "release"), students)
        _lay_out(sample.peer, ("nbgrader_config.py", "source"), students[:peer_count])
        yield sample


def _lay_out(course: Path, names: tuple[str, ...], students: tuple[str, ...]) -> None:
    course.mkdir()
    for name in names:
        path = REPOSITORY / name
        shutil.copytree(path, course / name) if path.is_dir() else shutil.copyfile(path, course / name)
    for student in students:
        shutil.copytree(REPOSITORY / "examples" / "submitted" / student, course / "submitted" / student)


def command(name: str) -> str:
    """Return the path of an installed command of this Python."""
    path = Path(sys.executable).with_name(name)
    if not path.exists():
        sys.exit(f"{path} is not there: install the project with its `course` and `dev` extras in this environment")
    return str(path)


def user_environment() -> dict[str, str]:
    """Return the environment as a user has it: this Python's commands in reach, no say on how to draw."""
    kept = {name: value for name, value in os.environ.items() if name != "MPLBACKEND"}
    return {**kept, "PATH": f"{Path(sys.executable).parent}:{os.environ.get('PATH', os.defpath)}"}
