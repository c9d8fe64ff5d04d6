"""Submissions as bytes, and the notebook rebuilt: its locked cells from the release, its answers from the student."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from autograder.course import Assignment
from autograder.errors import CourseError, Problem, SubmissionError
from autograder.notebook.formats import Notebook, NotebookCell, read_submitted_notebook
from autograder.notebook.metadata import role_of
from autograder.records import Submission, digest
from autograder.wire.messages import Cell, Fault


@dataclass(frozen=True)
class Rebuilt:
    """A notebook as it will run."""

    cells: tuple[Cell, ...]
    sources: dict[str, str]
    """Answer cells as handed in, by id."""
    repairs: tuple[str, ...]
    """Ids of the cells that were put back."""


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

    A file that cannot be read is a submission with a fault.
    """
    path = _find_notebook(assignment, student)
    if path is None:
        return None
    largest = assignment.settings.limits.notebook_mb * 2**20
    try:
        with path.open("rb") as file:
            data = file.read(largest + 1)
    except OSError as error:
        raise CourseError(
            [Problem(assignment.paths.shown(path), 0, "", f"cannot be read: {error.strerror}")]
        ) from error
    try:
        if len(data) > largest:
            raise SubmissionError(f"over {assignment.settings.limits.notebook_mb} MB")
        rebuilt = rebuild(release, read_submitted_notebook(data))
    except SubmissionError as error:
        return Submission(student, digest(data), fault=Fault(kind="unreadable", message=str(error)))
    return Submission(student, digest(data), rebuilt.cells, rebuilt.sources, rebuilt.repairs)


def _find_notebook(assignment: Assignment, student: str) -> Path | None:
    """The notebook of the assignment's name, or the only one there is. A link is not followed out of the folder."""
    folder = assignment.paths.submission(student, assignment.name)
    if folder.is_symlink() or folder.parent.is_symlink():
        return None
    found = [path for path in sorted(folder.glob("*.ipynb")) if path.is_file() and not path.is_symlink()]
    named = [path for path in found if path.name == assignment.notebook_file]
    return named[0] if named else found[0] if len(found) == 1 else None


def rebuild(release: Notebook, submitted: Notebook) -> Rebuilt:
    """Return the student's notebook with every cell of the release in it.

    The student's cells keep their order. A locked cell has the release's text, whatever was done to it; a cell of the
    release that is gone comes back after the one it followed.
    """
    ours = {role_of(cell).id: cell for cell in release.cells if role_of(cell).id}
    run: list[tuple[str, NotebookCell]] = []
    repairs: list[str] = []
    met: set[str] = set()
    for cell in submitted.cells:
        name = role_of(cell).id
        if name not in ours or name in met:
            run.append(("", cell))
            continue
        met.add(name)
        locked = role_of(ours[name]).locked
        if locked and _text(cell) != _text(ours[name]):
            repairs.append(name)
        run.append((name, ours[name] if locked else cell))
    missing = [name for name in ours if name not in met]
    for name in missing:
        run.insert(_place_of(name, list(ours), run), (name, ours[name]))
    cells = [Cell(index, name[:500], cell.source) for index, (name, cell) in enumerate(run) if cell.cell_type == "code"]
    answers = {name: cell.source for name, cell in run if name and role_of(ours[name]).solution and name in met}
    return Rebuilt(tuple(cells), answers, (*repairs, *missing))


def _text(cell: NotebookCell) -> tuple[str, str]:
    return cell.cell_type, cell.source.strip()


def _place_of(name: str, order: list[str], run: list[tuple[str, NotebookCell]]) -> int:
    """Where a missing cell goes: right after the nearest cell before it, in the release's order, that is there."""
    places = {present: index for index, (present, _) in enumerate(run) if present}
    before = (places[other] for other in reversed(order[: order.index(name)]) if other in places)
    return next(before, -1) + 1


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
