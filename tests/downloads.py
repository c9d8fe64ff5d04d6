"""Downloads as platforms and lecturers make them, and what a collection of one leaves."""

from __future__ import annotations

import io
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

import toy
from autograder.assignment import Assignment
from loading import load_assignment

NOTEBOOK = toy.notebook(toy.answered({}))
OTHER = toy.notebook(toy.answered({"names-answer": "names = []"}))
TIME = (2026, 11, 20, 10, 30, 0)


Files = Mapping[str, bytes]


def zipped(path: Path, files: Files, time: tuple[int, ...] = TIME) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out:
        for name, content in files.items():
            out.writestr(zipfile.ZipInfo(name, time), content, zipfile.ZIP_DEFLATED)  # type: ignore[arg-type]
    return path


def tarred(path: Path, files: Files) -> Path:
    with tarfile.open(path, "w:gz") as out:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size, info.mtime = len(content), 1_700_000_000
            out.addfile(info, io.BytesIO(content))
    return path


def laid_out(path: Path, files: Files) -> Path:
    for name, content in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(content)
    return path


def here(assignment: Assignment) -> list[str]:
    """What lies under `submitted/`, but for times."""
    folder = assignment.paths.submitted
    found = (str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
    return sorted(name for name in found if not name.endswith(("timestamp.txt", ".platform.json")))


def empty_course(root: Path, folder: Path) -> Assignment:
    """The toy assignment of the course in `root`, with nothing handed in, in a course of its own in `folder`."""
    folder.mkdir()
    for name in ("course.yaml", "source", "release"):
        (folder / name).symlink_to(root / name)
    return load_assignment(folder, toy.NAME)
