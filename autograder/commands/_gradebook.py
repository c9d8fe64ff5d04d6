"""nbgrader's gradebook, for the commands: a course that keeps none does not pay for nbgrader's import."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from autograder.assignment import Deadline, SourceNotebook
from autograder.commands._terminal import count, err, out, say_failed
from autograder.errors import SomeFailed
from autograder.grades import with_hand_marks
from autograder.nbgrader import submitted
from autograder.nbgrader.address import keeps_gradebook
from autograder.paths import Paths
from autograder.records import Grade, HandMark
from autograder.store import open_store


def hand_marks(paths: Paths, assignment: str) -> dict[str, dict[str, HandMark]]:
    """What somebody gave by hand in the gradebook, by student and question; nothing where the course keeps none."""
    if not keeps_gradebook(paths):
        return {}
    from autograder.nbgrader.by_hand import read_marks

    return read_marks(paths, assignment)


def with_marks(paths: Paths, assignment: str, grades: list[Grade]) -> list[Grade]:
    """Return the grades with what somebody gave by hand."""
    marks = hand_marks(paths, assignment) if grades else {}
    return [with_hand_marks(one, marks.get(one.student, {})) for one in grades]


def keep_gradebook(parts: Sequence[SourceNotebook], deadline: Deadline, grades: list[Grade]) -> bool:
    """Bring nbgrader's gradebook up to date, where the course keeps one: it has a row for each notebook.

    Returns whether it is, of every student.
    """
    if not parts[0].keeps_gradebook:
        return True
    with err.status(f"{parts[0].name}: bringing the gradebook up to date"):
        from autograder.nbgrader.gradebook import keep_grades

        students = {one.student for one in grades}
        with open_store(parts[0].paths) as store:
            stored = [(part, [one for one in store.grades(part.key) if one.student in students]) for part in parts]
        failed: Mapping[str, str] = {}
        try:
            kept = keep_grades(stored, deadline)
        except SomeFailed as error:
            kept, failed = error.done, error.why
    out.print(f"gradebook: {count(kept, 'submission')} up to date")
    return say_failed("not in the gradebook", failed)


def penalties(source: SourceNotebook, deadline: Deadline) -> dict[str, float]:
    """What lateness took, by student: the gradebook knows of extensions; without one, course.yaml's rule holds."""
    if source.keeps_gradebook:
        from autograder.nbgrader.by_hand import read_penalties

        return read_penalties(source)
    with open_store(source.paths) as store:
        return dict(submitted.penalties(source, deadline, store.grades(source.key)))
