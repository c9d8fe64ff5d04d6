"""Loading one assignment of one notebook, as most tests have."""

from __future__ import annotations

from pathlib import Path

from autograder.assignment import Assignment
from autograder.course import load_parts


def load_assignment(root: Path, name: str) -> Assignment:
    """Return an assignment of one notebook. Raise CourseError with every problem of it."""
    (found,) = load_parts(root, name)
    return found
