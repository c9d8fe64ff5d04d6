"""`autograder validate`: is an assignment fit to hand out?"""

from __future__ import annotations

from collections.abc import Iterable

import typer

from autograder.commands._grades import print_stand_ins
from autograder.commands._options import AnyAssignment, Profile, ProfileChoice, command_app
from autograder.commands._terminal import SHORT, course_folder, err, out
from autograder.course import Assignment, load_course, load_parts
from autograder.data.course_shelf import course_shelf
from autograder.errors import CourseError, Problem
from autograder.leaks import unread
from autograder.session import Options
from autograder.validate import findings

app = command_app()


@app.command()
def validate(
    assignment: AnyAssignment = None,
    profile: Profile = ProfileChoice.cpu,
) -> None:
    """Check that the solution earns every point, the release none, that nothing leaks, and release equals source."""
    names = [assignment] if assignment else list(load_course(course_folder()).assignments)
    found: list[Problem] = []
    assignments = _load_all(names)
    for loaded in assignments:
        with err.status(f"{loaded.key}: grading the solution and the untouched release"):
            problems, trust = findings(loaded, Options(profile=profile.value))
        found += (problem for problem in problems if problem not in found)
        if not problems:
            questions, points = loaded.questions, sum(question.points for question in loaded.questions)
            out.print(f"{loaded.key}: fit to hand out ({len(questions)} questions, {points:g} points)")
        if trust:
            err.print(f"note: {trust}")
        for path in unread(loaded):
            err.print(f"note: {loaded.paths.shown(path)}: not read: look whether it shows a solution")
    print_stand_ins(name for loaded in assignments for name in course_shelf(loaded.stand_ins).served())
    for problem in found:
        err.print(str(problem))
    raise typer.Exit(SHORT if found else 0)


def _load_all(names: Iterable[str]) -> list[Assignment]:
    """Load every assignment; raise one CourseError with all their problems."""
    loaded: list[Assignment] = []
    problems: list[Problem] = []
    for name in names:
        try:
            loaded += load_parts(course_folder(), name)
        except CourseError as error:
            problems += error.problems
    if problems:
        raise CourseError(dict.fromkeys(problems))
    return loaded
