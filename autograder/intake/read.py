"""Submissions as bytes: who handed in what, read and rebuilt on the release."""

from __future__ import annotations

from collections.abc import Iterator

from autograder.course import Assignment
from autograder.errors import CourseError, Problem
from autograder.intake.find import Found, find_submission
from autograder.intake.rebuild import rebuild
from autograder.notebook.formats import Notebook
from autograder.notebook.metadata import role_of
from autograder.records import Repair, Submission, digest
from autograder.wire.messages import Cell, Fault

PYTHON = ("", "python", "ipython", "python3")
"""What notebooks in Python say their language is."""


def students(assignment: Assignment) -> list[str]:
    """Return the students who have a folder under `submitted/`, in order, whether or not they handed this in.

    Raises CourseError for names that are not text.
    """
    folder = assignment.paths.submitted
    found = folder.iterdir() if folder.is_dir() else ()
    names = sorted(path.name for path in found if path.is_dir() and not path.name.startswith("."))
    if odd := [name for name in names if not name.isprintable() or not _is_text(name)]:
        shown = assignment.paths.shown(folder)
        raise CourseError(Problem(shown, 0, repr(name), "a folder's name that is not text: rename it") for name in odd)
    return names


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def read_submission(assignment: Assignment, release: Notebook, student: str) -> Submission | None:
    """Return what a student handed in, rebuilt on `release`; None where there is no notebook.

    A file that cannot be read is a submission with a fault: one student's file never stops the others.
    """
    found = find_submission(assignment, release, student)
    if found is None:
        return None
    one = found.candidate
    if one.notebook is None:
        return Submission(student, digest(one.data), fault=Fault(kind="unreadable", message=one.problem))
    rebuilt = rebuild(release, one.notebook, found.beside | _handed_out(assignment))
    repairs = (*_of_the_whole(found, one.notebook), *rebuilt.repairs)
    return Submission(student, digest(one.data), rebuilt.cells, rebuilt.sources, repairs)


def _of_the_whole(found: Found, notebook: Notebook) -> Iterator[Repair]:
    if found.total > 1:
        yield Repair("chosen", detail=found.candidate.name[:200])
    if notebook.language not in PYTHON:
        yield Repair("kernel", detail=notebook.language[:200])


def _handed_out(assignment: Assignment) -> frozenset[str]:
    """The files students are given beside the notebook."""
    folder = assignment.paths.release(assignment.name)
    return frozenset(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def as_submission(student: str, notebook: Notebook) -> Submission:
    """Return a notebook of the course as a submission: the solution, or the release as it is handed out."""
    cells = [
        Cell(index, role_of(cell).id, cell.source)
        for index, cell in enumerate(notebook.cells)
        if cell.cell_type == "code"
    ]
    sources = {role_of(cell).id: cell.source for cell in notebook.cells if role_of(cell).solution}
    return Submission(student, digest(*(cell.source for cell in cells)), tuple(cells), sources)


def list_submissions(assignment: Assignment, release: Notebook) -> Iterator[tuple[str, Submission | None]]:
    """Yield every student with what they handed in."""
    for student in students(assignment):
        yield student, read_submission(assignment, release, student)
