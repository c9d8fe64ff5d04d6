"""`autograder report`: the instructor's page of a class."""

from __future__ import annotations

from typing import Annotated

import typer

from autograder.commands._called import called
from autograder.commands._everybody import everybodys_grades
from autograder.commands._gradebook import penalties, with_marks
from autograder.commands._options import AssignmentName, command_app, command_help
from autograder.commands._terminal import course_folder, err, out
from autograder.course import load_parts
from autograder.nbgrader.submitted import due_of, late_by
from autograder.paths import write_beside
from autograder.recipes import bars
from autograder.report.class_page import class_page
from autograder.report.class_report import ReportInputs, anonymous, gather
from autograder.roster import load_roster

app = command_app()


@app.command(**command_help("Write the page of a class.", "report tp1", "report tp1 --anonymous"))
def report(
    assignment: AssignmentName,
    no_names: Annotated[
        bool, typer.Option("--anonymous", help="Number the students, for a page that may be shown.")
    ] = False,
) -> None:
    """Write the page of a class, with all that its notebooks showed, to reports/ASSIGNMENT.html."""
    parts = load_parts(course_folder(), assignment)
    first = parts[0]
    roster = load_roster(first.paths)
    grades = everybodys_grades(first.paths, assignment, roster)
    if not grades:
        out.print(f"no results yet: run `autograder grade {assignment}`")
        return
    due = due_of(first.paths, assignment)
    with err.status(f"{assignment}: reading what {len(grades)} students made"):
        found = gather(
            ReportInputs(
                first.paths,
                assignment,
                {part.key: part.source.notebook_name for part in parts},
                first.course.language,
                bars(first.settings.recipes),
            ),
            with_marks(first.paths, assignment, grades),
            {student: taken for part in parts for student, taken in penalties(part.source, part.deadline).items()},
            {one.student: late_by(first.paths.submission(one.student, assignment), due) for one in grades},
        )
    if no_names:
        found = anonymous(found, called(first.paths, assignment, [one.student for one in grades], roster))
    path = first.paths.class_report(assignment)
    page = class_page(
        found,
        course=first.course.title,
        title=first.settings.title,
        titles={question.id: question.title for part in parts for question in part.questions},
        language=first.course.language,
    )
    write_beside(path, page.encode())
    out.print(str(first.paths.shown(path)))
