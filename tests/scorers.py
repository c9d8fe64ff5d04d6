"""A scorer as a session opens one."""

from __future__ import annotations

from autograder.assignment import Assignment
from autograder.data.course_shelf import course_shelf
from autograder.recipes import Profile
from autograder.records import Plan
from autograder.training.scorer import Scorer


def open_scorer(assignment: Assignment, plan: Plan, profile: Profile = "cpu", *, calibrating: bool = False) -> Scorer:
    shelf = course_shelf(assignment.stand_ins)
    return Scorer(assignment.source, assignment.settings, shelf, plan, profile, calibrating=calibrating)
