"""Submissions as they come: collected, found, read, rebuilt on the release. Nothing of them is imported or run."""

from autograder.intake.assemble import RebuiltNotebook, rebuild
from autograder.intake.find import fingerprint
from autograder.intake.read import (
    as_submission,
    folders_left_out,
    handed_out,
    know_submission,
    read_submission,
    students,
)

__all__ = [
    "RebuiltNotebook",
    "as_submission",
    "fingerprint",
    "folders_left_out",
    "handed_out",
    "know_submission",
    "read_submission",
    "rebuild",
    "students",
]
