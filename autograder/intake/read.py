"""Submissions as bytes: who handed in what, read and rebuilt on the release."""

from __future__ import annotations

import fnmatch
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from autograder.assignment import SourceNotebook
from autograder.course_yaml import AssignmentSettings
from autograder.data.shelf import Shelf, shelf_folder
from autograder.data.weights import get_weights, is_weights
from autograder.given_files import release_files
from autograder.intake.assemble import RebuiltNotebook, course_source, rebuild, text_kind
from autograder.intake.find import Found, find_submission
from autograder.notebook.attachments import attached
from autograder.notebook.formats import Notebook
from autograder.notebook.metadata import role_of
from autograder.paths import TIMESTAMP, Paths
from autograder.records import Limits, Picture, Repair, Submission, TextCell, digest
from autograder.roster import load_roster
from autograder.wire.messages import Cell, Fault

PYTHON = ("", "python", "ipython", "python3")
"""What notebooks in Python say their language is."""
NOTEBOOK = ".ipynb"


def students(paths: Paths) -> list[str]:
    """Return the students who have a folder under `submitted/` or are in the roster, in order.

    Whether or not they handed this in. Folders whose names are not text are left out: see `folders_left_out`.
    """
    names = [name for name in _folders(paths) if name.isprintable()]
    return sorted([*names, *load_roster(paths).absent(names)])


def folders_left_out(paths: Paths) -> list[str]:
    """Return what is to be said of folders under `submitted/` that are nobody's, for their names are not text.

    Control characters, those that turn a line around, bytes that are not UTF-8: one such folder stops nobody else's.
    """
    shown = paths.shown(paths.submitted)
    text = "its name is not text, and nothing in it is graded: rename it"
    return [f"a folder in {shown}/ is left out, {name!a}: {text}" for name in _folders(paths) if not name.isprintable()]


def _folders(paths: Paths) -> list[str]:
    folder = paths.submitted
    found = folder.iterdir() if folder.is_dir() else ()
    return sorted(path.name for path in found if path.is_dir() and not path.name.startswith("."))


def read_submission(
    source: SourceNotebook, settings: AssignmentSettings, release: Notebook, student: str
) -> Submission | None:
    """Return what a student handed in, rebuilt on `release`; None where there is no notebook.

    A file that is no notebook is a submission with a fault. Raises OSError for one that goes while it is read.
    """
    taken = _take(source, settings, release, student)
    if taken is None or taken.notebook is None:
        return taken.known if taken else None
    files = taken.known.files
    rebuilt = rebuild(release, taken.notebook, frozenset(files) - taken.beside | _weights(settings.data))
    return replace(
        taken.known,
        cells=rebuilt.cells,
        sources=rebuilt.sources,
        repairs=(*taken.known.repairs, *rebuilt.repairs),
        texts=rebuilt.texts,
        attached=tuple(_attached(settings.limits, rebuilt)) if source.keeps_gradebook else (),
    )


def know_submission(
    source: SourceNotebook, settings: AssignmentSettings, release: Notebook, student: str
) -> Submission | None:
    """Return what a student handed in as `read_submission` does, its cells unread: what is judged again was run."""
    taken = _take(source, settings, release, student)
    return taken.known if taken else None


@dataclass(frozen=True)
class _Taken:
    """What a student handed in, before it is rebuilt."""

    known: Submission
    notebook: Notebook | None = None
    beside: frozenset[str] = frozenset()
    """Of its files, the notebook itself: a kernel has it beside itself."""


def _take(source: SourceNotebook, settings: AssignmentSettings, release: Notebook, student: str) -> _Taken | None:
    found = find_submission(source, settings.limits, release, student)
    if found is None:
        return None
    one = found.candidate
    if one.notebook is None:
        return _Taken(Submission(student, digest(one.data), fault=Fault(kind="unreadable", message=one.problem)))
    own, left_out = _own_files(settings.limits, found)
    given = handed_out(source)
    completed = _completed(settings.student_files, own)
    files = {**own, **given, **completed}
    repairs = (*_of_the_whole(found, one.notebook), *left_out, *_taken_back(own, files))
    contents = [part for name, path in sorted(own.items()) for part in (name.encode(), path.read_bytes())]
    beside = frozenset[str]()
    if one.path.suffix == NOTEBOOK and len(one.data) <= settings.limits.files_mb * 2**20:
        beside = frozenset([source.notebook_file]) - files.keys()
        files[source.notebook_file] = one.path
    given_names = frozenset(given.keys() - completed.keys() - {source.notebook_file})
    known = Submission(student, digest(one.data, *contents), repairs=repairs, files=files, given=given_names)
    return _Taken(known, one.notebook, beside)


def _attached(limits: Limits, rebuilt: RebuiltNotebook) -> Iterator[tuple[Picture, bytes]]:
    """Yield the pictures that the texts show, as many as files may be handed in."""
    left = limits.files_mb * 2**20
    for text in rebuilt.texts:
        for name, kind, content in attached(rebuilt.attachments[text.index], text.source):
            left -= len(content)
            if left >= 0:
                yield Picture(text.index, kind, name), content


def _weights(data: Iterable[str]) -> frozenset[str]:
    """Names of the files of weights that rooms lay beside the notebook."""
    shelf = Shelf(shelf_folder())
    names = (name for name in data if is_weights(shelf, name))
    return frozenset(get_weights(shelf, name).file for name in names)


def _own_files(limits: Limits, found: Found) -> tuple[dict[str, Path], list[Repair]]:
    """Return what the student handed in beside the notebook, by name, and what is said of files that are too large.

    Names are relative to the notebook's own folder, which is where it runs; a file that is elsewhere keeps its place
    in the student's folder. Notebooks come last, for the room that is left: most are copies of the graded one.
    """
    home = PurePosixPath(found.candidate.name).parent
    kept: dict[str, Path] = {}
    left = limits.files_mb * 2**20
    left_out = []
    for name in sorted(found.beside, key=lambda name: (name.endswith(NOTEBOOK), not _is_in(home, name), name)):
        path = found.beside[name]
        size = path.stat().st_size
        if name == TIMESTAMP or not os.access(path, os.R_OK):
            continue
        place = str(PurePosixPath(name).relative_to(home)) if _is_in(home, name) else name
        if size > left:
            left_out.append(Repair("large-file", detail=name[:200]))
        elif place not in kept:
            left -= size
            kept[place] = path
    return kept, left_out


def _is_in(folder: PurePosixPath, name: str) -> bool:
    return PurePosixPath(name).is_relative_to(folder)


def _completed(patterns: Sequence[str], own: Mapping[str, Path]) -> dict[str, Path]:
    """The files of the student's that are theirs to write, though the course hands out a copy to begin with.

    Those that course.yaml names, and the assignment's notebooks: another part of it than the one that runs.
    """
    return {
        name: path
        for name, path in own.items()
        if any(fnmatch.fnmatch(name, pattern) for pattern in patterns) or ("/" not in name and name.endswith(NOTEBOOK))
    }


def _taken_back(own: Mapping[str, Path], files: Mapping[str, Path]) -> Iterator[Repair]:
    """What is said of files that a student changed, where the course's own are used."""
    for name, path in own.items():
        if files[name] != path and files[name].read_bytes() != path.read_bytes():
            yield Repair("given-file", detail=name[:200])


def _of_the_whole(found: Found, notebook: Notebook) -> Iterator[Repair]:
    if found.total > 1:
        yield Repair("chosen", detail=found.candidate.name[:200])
    if notebook.language not in PYTHON:
        yield Repair("kernel", detail=notebook.language[:200])


def handed_out(source: SourceNotebook) -> dict[str, Path]:
    """Return the files that students are given beside the notebook, by name. In a room they are as they were given."""
    folder = source.paths.release(source.name)
    found = sorted(path for path in folder.rglob("*") if path.is_file())
    files = {path.relative_to(folder).as_posix(): path for path in found}
    files.pop(source.notebook_file, None)
    return files


def _source_files(source: SourceNotebook) -> dict[str, Path]:
    """The files beside the source's notebook, by name: with what the solution has in those that students complete."""
    return {file.name.as_posix(): file.source for file in release_files(source)}


def as_submission(source: SourceNotebook, settings: AssignmentSettings, notebook: Notebook) -> Submission:
    """Return a notebook of the course as a submission: the solution, or the release as it is handed out.

    The solution runs beside the source's files, the release beside its own: students complete some of them. What is
    written for other computers is made to work here, as in students' notebooks.
    """
    files = _source_files(source) if notebook is source.notebook else handed_out(source)
    beside = frozenset(files) | _weights(settings.data)
    cells: list[Cell] = []
    texts: list[TextCell] = []
    for index, cell in enumerate(notebook.cells):
        role = role_of(cell)
        if cell.cell_type == "code":
            cells.append(Cell(index, role.id, course_source(cell.source, beside), not role.solution))
        else:
            texts.append(TextCell(index, role.id, cell.source, text_kind(cell.cell_type)))
    sources = {role_of(cell).id: cell.source for cell in notebook.cells if role_of(cell).solution}
    contents = [part for name, path in files.items() for part in (name.encode(), path.read_bytes())]
    return Submission(
        "",
        digest(*(cell.source for cell in cells), *contents),
        tuple(cells),
        sources,
        files=files,
        given=frozenset(files),
        texts=tuple(texts),
    )
