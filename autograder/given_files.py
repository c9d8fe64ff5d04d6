"""The files that students get beside the notebooks: which of the source folder's, and which not."""

from __future__ import annotations

import fnmatch
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from autograder.assignment import SourceNotebook
from autograder.errors import Problem
from autograder.notebook.regions import BEGIN
from autograder.paths import LITTER, PRIVATE

EXPORTED = (".html", ".htm", ".pdf", ".tex", ".rst", ".docx", ".odt", ".zip", ".slides.html", ".nbconvert.ipynb")
"""What a notebook is exported as, beside itself and under its own name."""
SCRIPT = re.compile(rb"^# In\[[ \d]*\]:|^# coding: utf-8\s*$", re.MULTILINE)
"""What nbconvert writes in a script."""


@dataclass(frozen=True)
class ReleaseFile:
    """One file beside the notebooks: where it lies in the source, and its name in the release."""

    source: Path
    name: Path


def release_files(source: SourceNotebook) -> Iterator[ReleaseFile]:
    """Yield the files that go with the notebooks: all in the source folder that is not the grader's, nor litter."""
    for path in _beside(source):
        if not _is_export(source, path):
            yield ReleaseFile(path, path.relative_to(source.paths.source(source.name)))


def exports_beside(source: SourceNotebook) -> list[Path]:
    """Return the files that are left out since they look like exports of a notebook, which hold its solution."""
    return [path for path in _beside(source) if _is_export(source, path)]


def links_out(source: SourceNotebook) -> list[Problem]:
    """Return what is wrong with the links of the source folder: those that lead to what students are not handed."""
    text = "a link to « {} », which is not handed out from here: put a copy in its place, or remove it"
    return [
        Problem(source.paths.shown(path), 0, "", text.format(path.readlink()))
        for path in _put_there(source)
        if path.is_symlink() and not _leads_inside(source, path)
    ]


def _beside(source: SourceNotebook) -> Iterator[Path]:
    """Yield each file of the source folder that somebody put there for students, the graded notebooks left out."""
    for path in _put_there(source):
        # Danger: a link may lead to the checks, to a key, to another course, and a release cannot be taken back.
        if path.is_file() and (not path.is_symlink() or _leads_inside(source, path)):
            yield path


def _put_there(source: SourceNotebook) -> Iterator[Path]:
    """Yield what lies in the source folder beside what is ours: files, folders, and links without what they lead to."""
    folder, ours = source.paths.source(source.name), _ours(source)
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder)
        if path not in ours and not is_private(name) and not is_litter(name):
            yield path


def _ours(source: SourceNotebook) -> set[Path | None]:
    checks = (source.paths.checks(source.name, other.stem) for other in source.others)
    return {source.path, source.generated, *source.others, source.checks, *checks}


def _leads_inside(source: SourceNotebook, link: Path) -> bool:
    """Whether a link leads to a file that students are handed anyway."""
    folder, target = (Path(os.path.realpath(path)) for path in (source.paths.source(source.name), link))
    if not (target.is_relative_to(folder) and target.is_file()):
        return False
    name = target.relative_to(folder)
    ours = {os.path.realpath(path) for path in _ours(source) if path}
    return str(target) not in ours and not is_private(name) and not is_litter(name)


def files_not_theirs(source: SourceNotebook, student_files: Sequence[str]) -> Iterator[Problem]:
    """Yield the files in which students are to write a solution, though their own would not be used."""
    for file in release_files(source):
        named = any(fnmatch.fnmatch(file.name.as_posix(), pattern) for pattern in student_files)
        if file.source.suffix != ".ipynb" and not named and BEGIN.encode() in file.source.read_bytes():
            text = f"students complete it, and their own would not be used: name it in student_files of {source.name}"
            yield Problem(source.paths.shown(file.source), 0, "", text)


def is_private(name: Path) -> bool:
    """Whether a file, by its path, is the grader's own."""
    return any(fnmatch.fnmatch(part, pattern) for part in name.parts for pattern in PRIVATE)


def is_litter(name: Path) -> bool:
    """Whether a file, by its path, is what editors, systems and version control leave: copies, caches, hidden files."""
    return any(fnmatch.fnmatch(part.lower(), pattern) for part in name.parts for pattern in LITTER)


def _is_export(source: SourceNotebook, path: Path) -> bool:
    stems = {source.stem for source in (source.path, *source.others)}
    if path.parent != source.paths.source(source.name):
        return False
    if path.name in {f"{stem}{suffix}" for stem in stems for suffix in EXPORTED}:
        return True
    return path.suffix == ".py" and path.stem in stems and bool(SCRIPT.search(path.read_bytes()))
