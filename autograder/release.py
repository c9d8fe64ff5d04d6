"""Strip a source notebook into what students get, with nbgrader's own converters."""

from __future__ import annotations

import fnmatch
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from autograder.course import Assignment
from autograder.errors import CourseError, Problem
from autograder.notebook.formats import Notebook, course_notebook_bytes, read_course_notebook
from autograder.notebook.master import nbgrader_config
from autograder.notebook.metadata import role_of
from autograder.notebook.regions import cell_name, given_lines, solution_lines
from autograder.paths import PRIVATE
from autograder.records import write_beside

TELLING_CHARS = 8
"""A line of fewer characters than this, `)` or `x = 1`, gives nothing away."""


@dataclass(frozen=True)
class ReleaseFile:
    """One file of a release beside its notebook, copied as it is."""

    source: Path
    name: Path


def build_release(assignment: Assignment) -> bytes:
    """Return the student version of the assignment's notebook, as `nbgrader generate_assignment` writes it.

    Raises CourseError for what nbgrader refuses.
    """
    # Here, not above: the two take seconds to load, and grading does without them.
    import nbformat
    from nbgrader import preprocessors as nbgrader

    chain = (
        nbgrader.IncludeHeaderFooter,
        nbgrader.LockCells,
        nbgrader.ClearSolutions,
        nbgrader.ClearOutput,
        nbgrader.CheckCellMetadata,
        nbgrader.ComputeChecksums,
        nbgrader.ClearHiddenTests,
        nbgrader.ClearMarkScheme,
        nbgrader.ComputeChecksums,
        nbgrader.CheckCellMetadata,
    )
    resources: dict[str, Any] = {"nbgrader": {"notebook": assignment.notebook_name}}
    try:
        config = nbgrader_config(assignment.paths)
        source = course_notebook_bytes(assignment.source_path).decode()
        notebook = nbformat.reads(source, as_version=nbformat.NO_CONVERT)
        nbformat.validate(notebook)
        for preprocessor in chain:
            notebook, resources = preprocessor(config=config).preprocess(notebook, resources)
        written = nbformat.writes(notebook)
    except Exception as error:  # nbgrader says what is wrong with a notebook in plain RuntimeErrors and ValueErrors
        shown = assignment.paths.shown(assignment.source_path)
        raise CourseError([Problem(shown, 0, "", f"nbgrader refuses it: {error}")]) from error
    return f"{written}\n".encode() if not written.endswith("\n") else written.encode()


def release_files(assignment: Assignment) -> Iterator[ReleaseFile]:
    """Yield the files that go with the notebook: all in the source folder that is not the grader's."""
    folder = assignment.paths.source(assignment.name)
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder)
        private = any(fnmatch.fnmatch(part, pattern) for part in name.parts for pattern in PRIVATE)
        if path.is_file() and path not in (assignment.source_path, assignment.generated) and not private:
            yield ReleaseFile(path, name)


def write_release(assignment: Assignment) -> Path:
    """Write the assignment's release and return its folder. What an earlier release left there is removed.

    A source that is a text has its notebook written beside it.
    """
    folder = assignment.paths.release(assignment.name)
    notebook = build_release(assignment)
    _write_generated(assignment)
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    (folder / assignment.notebook_file).write_bytes(notebook)
    for file in release_files(assignment):
        (folder / file.name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file.source, folder / file.name)
    return folder


def _write_generated(assignment: Assignment) -> None:
    """Write the notebook of a text beside it. Raise CourseError where that would undo what was changed there."""
    path, source = assignment.generated, assignment.source_path
    if path is None:
        return
    built = course_notebook_bytes(source)
    if path.exists() and path.read_bytes() != built and path.stat().st_mtime > source.stat().st_mtime:
        text = f"changed since {source.name}, which it is made from: write the change there, then remove this file"
        raise CourseError([Problem(assignment.paths.shown(path), 0, "", text)])
    write_beside(path, built)


def read_release(assignment: Assignment) -> Notebook:
    """Return the release as it lies on disk: what students were given."""
    path = assignment.paths.release(assignment.name) / assignment.notebook_file
    shown = assignment.paths.shown(path)
    if not path.exists():
        raise CourseError([Problem(shown, 0, "", f"not there: run `autograder release {assignment.name}`")])
    return read_course_notebook(path, shown)


def release_problems(assignment: Assignment) -> Iterator[Problem]:
    """Yield the graded and answer cells of the source that students were never given."""
    release = read_release(assignment)
    there = {role_of(cell).id for cell in release.cells}
    shown = assignment.paths.shown(assignment.paths.release(assignment.name) / assignment.notebook_file)
    for cell in assignment.source.cells:
        role = role_of(cell)
        if (role.grade or role.solution) and role.id not in there:
            yield Problem(shown, 0, role.id, f"in the source, not here: run `autograder release {assignment.name}`")


def release_differences(assignment: Assignment) -> Iterator[Problem]:
    """Yield where the release on disk is not what the source builds."""
    folder = assignment.paths.release(assignment.name)
    path = folder / assignment.notebook_file
    shown, advice = assignment.paths.shown(path), f"run `autograder release {assignment.name}`"
    named = read_release(assignment).cells
    release, built = _raw_cells(path.read_bytes()), _raw_cells(build_release(assignment))
    if len(release) != len(built):
        yield Problem(shown, 0, "", f"{len(release)} cells, the source builds {len(built)}: {advice}")
    for index, (have, want) in enumerate(zip(release, built, strict=False)):
        if have != want:
            yield Problem(shown, 0, cell_name(index, named[index]), f"not what the source builds: {advice}")
    made = assignment.generated
    if made and not (made.exists() and made.read_bytes() == course_notebook_bytes(assignment.source_path)):
        yield Problem(assignment.paths.shown(made), 0, "", f"not what {assignment.source_path.name} makes: {advice}")
    files = {file.name: file.source for file in release_files(assignment)}
    for name, source in files.items():
        if not (folder / name).is_file() or (folder / name).read_bytes() != source.read_bytes():
            yield Problem(assignment.paths.shown(folder / name), 0, "", f"not the source's file: {advice}")
    for extra in sorted(one for one in folder.rglob("*") if one.is_file() and one != path):
        if extra.relative_to(folder) not in files:
            yield Problem(assignment.paths.shown(extra), 0, "", "in what students get, not in the source: remove it")


def _raw_cells(data: bytes) -> list[dict[str, Any]]:
    """Everything that counts of each cell, outputs too: an output can tell a solution."""
    cells = msgspec.json.decode(data)["cells"]
    return [{**cell, "source": "".join(cell["source"]), "metadata": cell["metadata"].get("nbgrader")} for cell in cells]


def leaks(assignment: Assignment) -> Iterator[Problem]:
    """Yield each line of a solution or of the checks that the release on disk gives away.

    A line that the source gives to students elsewhere is no leak.
    """
    release = read_release(assignment)
    shown = assignment.paths.shown(assignment.paths.release(assignment.name) / assignment.notebook_file)
    given = given_lines(assignment.source)
    secrets = {line.text: f"the solution in {line.cell}" for line in solution_lines(assignment.source)}
    checks = assignment.paths.checks(assignment.name)
    if checks.exists():
        secrets |= {line.strip(): "checks.py" for line in checks.read_text(encoding="utf-8").splitlines()}
    telling = {text: owner for text, owner in secrets.items() if len(text) >= TELLING_CHARS and text not in given}
    for index, cell in enumerate(release.cells):
        for line in map(str.strip, cell.source.splitlines()):
            if line in telling:
                yield Problem(shown, 0, cell_name(index, cell), f"gives away a line of {telling[line]}: {line}")
    folder = assignment.paths.release(assignment.name)
    for path in sorted(folder.rglob("*")):
        if any(fnmatch.fnmatch(path.name, pattern) for pattern in PRIVATE):
            yield Problem(assignment.paths.shown(path), 0, "", "the grader's own file, in what students get: remove it")
