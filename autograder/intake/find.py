"""Which file is the submission: by what is in it, not by its name."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from autograder.assignment import SourceNotebook
from autograder.errors import SubmissionError
from autograder.intake.links import is_handed_in
from autograder.intake.names import folded, on_disk
from autograder.notebook.formats import CLOSED, Notebook, is_notebook, read_submitted_notebook
from autograder.notebook.metadata import role_of
from autograder.paths import Paths
from autograder.records import Limits, digest

CANDIDATES = 20
"""Notebooks read at most, to choose among."""
FILES = 5000
DEPTH = 6
"""How many files and how many folders deep a student's folder is searched."""


@dataclass(frozen=True)
class Candidate:
    """One file that may be the submission: its notebook, or why there is none."""

    path: Path
    name: str
    """Relative to the student's folder for the assignment."""
    data: bytes
    notebook: Notebook | None
    problem: str = ""


@dataclass(frozen=True)
class Found:
    """The candidate chosen, of how many, and the files that lie beside it."""

    candidate: Candidate
    total: int
    beside: Mapping[str, Path]
    """By their names relative to the student's folder, as text."""


def find_submission(source: SourceNotebook, limits: Limits, release: Notebook, student: str) -> Found | None:
    """Return the notebook a student handed in; None where there is none.

    Of several, the one with the most of the release's cells; then the one with the most answers; then the latest; then
    the one of the assignment's name. Links are not followed, nor are hard links to another user's files.
    """
    folder = _folder(source.paths, source.name, student)
    if folder is None:
        return None
    files = dict(_files(folder))
    named = sorted((name for name in files if is_notebook(name)), key=lambda name: (name != _own(source), name))
    paths = named or [name for name in files if name.lower().endswith(".zip")]
    largest = limits.notebook_mb * 2**20
    best: Candidate | None = None
    rank: tuple[float, ...] = ()
    total = len(paths)
    for name in paths[:CANDIDATES]:  # one at a time: each may be large
        one = _read(files[name], name, largest)
        if _is_of_another_part(source, one, release):
            total -= 1
            continue
        new = _rank(one, release, name == _own(source))
        if best is None or new > rank:
            best, rank = one, new
    if best is None:
        return None
    return Found(best, total, {name: path for name, path in files.items() if name != best.name})


def handed_in(paths: Paths, assignment: str, students: Iterable[str]) -> list[str]:
    """Return those of the students who handed in something that may be a submission. Nothing of it is read."""
    folders = ((student, _folder(paths, assignment, student)) for student in students)
    return [student for student, folder in folders if folder and any(map(_may_be_one, dict(_files(folder))))]


def _may_be_one(name: str) -> bool:
    return is_notebook(name) or name.lower().endswith(".zip")


def fingerprint(source: SourceNotebook, limits: Limits, student: str) -> str:
    """Return the digest of every file that reading a student's submission looks at; empty where one cannot be opened.

    Files that are too large to be read are known by their size and date. Of several notebooks, the latest may be the
    one that counts: then dates are part of it.
    """
    folder = _folder(source.paths, source.name, student)
    files = dict(_files(folder)) if folder else {}
    largest = max(limits.notebook_mb, limits.files_mb) * 2**20
    dated = sum(map(is_notebook, files)) > 1
    parts: list[str | bytes] = []
    try:
        for name, path in files.items():
            about = path.stat()
            date = str(about.st_mtime_ns)
            content = path.read_bytes() if about.st_size <= largest else f"{about.st_size} {date}".encode()
            parts += [name.encode(errors="surrogateescape"), date if dated else "", content]
    except OSError:
        return ""
    return digest(*parts)


def _is_of_another_part(source: SourceNotebook, candidate: Candidate, release: Notebook) -> bool:
    """Whether a notebook is that of another part of the assignment: by its cells, or else by its name."""
    if not source.others:
        return False
    cells = candidate.notebook.cells if candidate.notebook else ()
    ids = {role_of(cell).id for cell in cells} - {""}
    own, theirs = ids & {role_of(cell).id for cell in release.cells}, ids & source.sibling_cells
    if len(own) != len(theirs):
        return len(theirs) > len(own)
    return candidate.path.name in {f"{other.stem}.ipynb" for other in source.others}


def _own(source: SourceNotebook) -> str:
    return source.notebook_file


def _folder(paths: Paths, assignment: str, student: str) -> Path | None:
    """The student's folder for the assignment, its name in any form of Unicode and in either case."""
    exact = paths.submission(student, assignment)
    if exact.parent.is_symlink() or exact.is_symlink():
        return None
    if exact.is_dir():
        return exact
    alike = [path for path in _listed(exact.parent) if folded(path.name) == folded(assignment)]
    return next((path for path in alike if path.is_dir() and not path.is_symlink()), None)


def _listed(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []


def _files(folder: Path) -> Iterator[tuple[str, Path]]:
    """The regular files under a folder, by their relative names; those of hidden folders and links left out.

    A name that is not UTF-8 is read as what it most likely is: everything further on is text.
    """
    count = 0
    for root, folders, names in os.walk(folder):
        inside = Path(root).relative_to(folder)
        deep = len(inside.parts) >= DEPTH
        folders[:] = [] if deep else sorted(name for name in folders if not name.startswith((".", "__")))
        for name in sorted(names):
            count += 1
            if count > FILES:
                return
            path = inside / name
            if not name.startswith(".") and is_handed_in(folder / path):
                yield on_disk(path.as_posix()), folder / path


def _read(path: Path, name: str, largest: int) -> Candidate:
    data = b""
    try:
        with path.open("rb") as file:
            data = file.read(largest + 1)
        if len(data) > largest:
            raise SubmissionError(f"over {largest // 2**20} MB")
        return Candidate(path, name, data, read_submitted_notebook(data, largest))
    except SubmissionError as error:
        return Candidate(path, name, data, None, str(error))
    except PermissionError:
        return Candidate(path, name, data, None, CLOSED.msgid)


def _rank(candidate: Candidate, release: Notebook, named: bool) -> tuple[float, ...]:
    if candidate.notebook is None:
        return (-1, 0, 0, named)
    ours = {role_of(cell).id for cell in release.cells} - {""}
    texts = {cell.source.strip() for cell in release.cells}
    ids = {role_of(cell).id for cell in candidate.notebook.cells} & ours
    known = {cell.source.strip() for cell in candidate.notebook.cells} & texts
    written = sum(role_of(cell).id in ours and cell.source.strip() not in texts for cell in candidate.notebook.cells)
    return (max(len(ids), len(known)), written, candidate.path.stat().st_mtime, named)
