"""`autograder validate`: is an assignment fit to hand out?"""

from __future__ import annotations

import typer

from autograder.commands._grades import print_stand_ins
from autograder.commands._options import AnyAssignment, Fresh, Profile, ProfileChoice, command_app, command_help
from autograder.commands._terminal import SHORT, WRONG, count, course_folder, err, out
from autograder.course import load_assignments
from autograder.data.course_shelf import course_shelf
from autograder.errors import Problem
from autograder.leaks import unread
from autograder.session import GradingOptions
from autograder.validate import findings, without_environment

app = command_app()


@app.command(**command_help("Check that assignments are fit to hand out.", "validate", "validate tp1"))
def validate(
    assignment: AnyAssignment = None,
    profile: Profile = ProfileChoice.cpu,
    fresh: Fresh = False,
) -> None:
    """Check that the solution earns every point, the release none, that nothing leaks, and release equals source."""
    found: list[Problem] = []
    assignments = load_assignments(course_folder(), [assignment] if assignment else None)
    away = [] if assignment else without_environment(assignments)
    for loaded, problem in away:
        err.print(f"not examined: {loaded.key}: {problem}")
        assignments.remove(loaded)
    for loaded in assignments:
        with err.status(f"{loaded.key}: grading the solution and the untouched release"):
            problems, trust = findings(loaded, GradingOptions(profile=profile.value, kept=not fresh))
        found += (problem for problem in problems if problem not in found)
        if not problems:
            questions, points = loaded.questions, sum(question.points for question in loaded.questions)
            out.print(f"{loaded.key}: fit to hand out ({count(len(questions), 'question')}, {count(points, 'point')})")
        if trust:
            err.print(f"note: {trust}")
        for path in unread(loaded.source):
            err.print(f"note: {loaded.paths.shown(path)}: not read: look whether it shows a solution")
    print_stand_ins(name for loaded in assignments for name in course_shelf(loaded.stand_ins).served())
    for problem in found:
        err.print(str(problem))
    missed = any(not one.settings.optional for one, _ in away)
    raise typer.Exit(SHORT if found else WRONG if missed else 0)
