"""The solution as it is handed out, once everybody has handed in: answered notebooks, and what they put out."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from autograder.assignment import SourceNotebook
from autograder.course_yaml import AssignmentSettings
from autograder.errors import CourseError
from autograder.evidence import Evidence, find_evidence
from autograder.given_files import links_out, release_files
from autograder.intake import as_submission
from autograder.nbgrader.executed import Shown, by_cell, outputs
from autograder.release import Stripper, write_files


def write_solution(settings: AssignmentSettings, first: SourceNotebook, *others: SourceNotebook) -> Path:
    """Write an assignment's solution, all its parts, and return its folder. What lay there is removed.

    Checks, hidden tests, mark schemes and the comments that set off solutions are not in it. Cells show what came of
    them where the solution, as it is now, has been examined: by `validate` or by `grade`. Raises CourseError
    where a link leads elsewhere, as a release does.
    """
    if problems := links_out(first):
        raise CourseError(problems)
    folder, stripper = first.paths.solution(first.name), Stripper(first)
    contents = {Path(part.notebook_file): _solved(stripper, settings, part) for part in (first, *others)}
    contents |= {file.name: stripper.file(file.source, solved=True) for file in release_files(first)}
    if folder.exists():
        shutil.rmtree(folder)
    write_files(folder, contents)
    return folder


def _solved(stripper: Stripper, settings: AssignmentSettings, part: SourceNotebook) -> bytes:
    import nbformat

    notebook = stripper.solution(part.path)
    if evidence := _evidence(part, settings):
        _show(notebook, evidence)
    return f"{nbformat.writes(notebook).rstrip()}\n".encode()


def _evidence(part: SourceNotebook, settings: AssignmentSettings) -> Evidence | None:
    """What came of the solution as it is now; None where it was not examined since."""
    found = find_evidence(part.paths.reference(part.key))
    return found if found and found.exam.submission == as_submission(part, settings, part.notebook).digest else None


def _show(notebook: Any, evidence: Evidence) -> None:
    """Write what came of each cell into it. A header or footer that the course adds has no place in what was run."""
    from nbformat import from_dict

    pictures: dict[int, list[Shown]] = by_cell(evidence.pictures())
    runs = {record.cell.index: record.run for record in evidence.exam.cells}
    codes = {record.cell.index for record in evidence.exam.cells}
    if codes != {index for index, cell in enumerate(notebook.cells) if cell.cell_type == "code"}:
        return
    for index, run in runs.items():
        if run is not None:
            notebook.cells[index].outputs = [
                from_dict(one) for one in outputs(run, evidence.exam.fault, pictures.get(index, ()))
            ]
