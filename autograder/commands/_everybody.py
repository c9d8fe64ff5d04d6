"""The grades of a whole class: those of whoever has none yet, too."""

from __future__ import annotations

from autograder.intake.find import handed_in
from autograder.intake.read import students
from autograder.paths import Paths
from autograder.records import Grade
from autograder.roster import Roster, with_the_others
from autograder.store import open_store


def everybodys_grades(paths: Paths, assignment: str, roster: Roster) -> list[Grade]:
    """Return a grade for each student, in order; of those who have none it says whether something came.

    Empty where nobody has one.
    """
    with open_store(paths) as store:
        grades = store.grades(assignment)
    graded = {one.student for one in grades if one.status != "missing"}
    waiting = handed_in(paths, assignment, (one for one in students(paths) if one not in graded))
    return with_the_others(grades, assignment, roster, waiting)
