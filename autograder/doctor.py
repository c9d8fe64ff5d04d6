"""What this machine allows, and what an assignment asks of it that is not here."""

from __future__ import annotations

import os
import platform
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

from autograder.course import Assignment
from autograder.data.shelf import Shelf, shelf_folder
from autograder.data.weights import get_weights, is_weights
from autograder.environment import environment_of
from autograder.errors import DataError
from autograder.intake import as_submission, read_submission, students
from autograder.judge.lacks import Lack, meant, truly_absent
from autograder.notebook.names import names_of
from autograder.records import Submission
from autograder.release import read_release
from autograder.sandbox.gpus import Survey, survey
from autograder.sandbox.isolation import OPTIONAL, REMEDIES, measure

UUID_CHARS = len("GPU-5d5ba0d6")
OWN = "autograder"
"""What rooms have whatever their environment: it stands in for modules of other platforms."""
NAMES = 10
"""Students named of those that import a module."""
LIBRARIES = ("tensorflow", "keras", "numpy", "ipython", "nbgrader", "pytest")


@dataclass(frozen=True)
class Finding:
    """One line of the doctor's report."""

    name: str
    text: str
    sound: bool = True


def examine_machine() -> Iterator[Finding]:
    """Yield what was found, the wall first."""
    isolation = measure()
    yield Finding("isolation", isolation.level or "none: no student code can be run here", isolation.level is not None)
    for step in isolation.steps:
        optional = step.name in OPTIONAL
        remedy = f" ({REMEDIES[step.name]})" if step.error and step.name in REMEDIES else ""
        yield Finding(
            f"  {step.name}", f"no: {step.error}{remedy}" if step.error else "yes", optional or not step.error
        )
    yield from gpu_findings(survey())
    yield Finding("cores", str(len(os.sched_getaffinity(0))))
    yield Finding("memory", f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GB")
    yield Finding("system", f"{platform.system()} {platform.release()}, Python {platform.python_version()}")
    yield from data_findings(Shelf(shelf_folder()))
    for name in LIBRARIES:
        try:
            yield Finding(name, version(name))
        except PackageNotFoundError:
            yield Finding(name, "not installed", sound=False)


def gpu_findings(found: Survey) -> Iterator[Finding]:
    """Yield a line a GPU, and why there is no other. Never unsound: a course need not have any."""
    for gpu in found.gpus:
        yield Finding(f"GPU {gpu.index}", f"{gpu.name}, {gpu.memory_mb} MB, {gpu.uuid[:UUID_CHARS]}…")
    for problem in found.problems:
        yield Finding("GPUs", problem if found.gpus else f"none: {problem}")


def data_findings(shelf: Shelf) -> Iterator[Finding]:
    """Yield the sets of the data shelf, one a line; their bytes are `autograder data verify`'s to read."""
    names = shelf.names()
    yield Finding("data", f"{shelf.folder}" if names else f"none on {shelf.folder}: see `autograder data --help`")
    for name in names:
        try:
            if is_weights(shelf, name):
                yield Finding(f"  {name}", f"weights, {get_weights(shelf, name).file}")
                continue
            found = shelf.get(name)
        except DataError as error:
            yield Finding(f"  {name}", str(error), sound=False)
            continue
        kind = "hidden" if found.hidden else "stand-in data" if found.stand_in else "public"
        yield Finding(
            f"  {name}", f"{found.examples} {found.kind}, {kind}, {found.digest.removeprefix('sha256:')[:12]}"
        )


def assignment_findings(assignment: Assignment) -> Iterator[Finding]:
    """Yield what the notebook and its submissions import and rooms do not have, read from their text alone.

    Raises CourseError where the release or the submissions cannot be read.
    """
    release = read_release(assignment)
    source = as_submission(assignment, assignment.source)
    read = ((name, read_submission(assignment, release, name)) for name in students(assignment))
    handed_in = [(name, one) for name, one in read if one is not None]
    course = _modules(source)
    installed = environment_of(assignment).importable
    wanted: dict[str, list[str]] = {name: [] for name in course - installed - _beside(source)}
    for student, one in handed_in:
        for name in _modules(one) - installed - _beside(one):
            wanted.setdefault(name, []).append(student)
    if not wanted:
        yield Finding("imports", f"all there, of the source and of {len(handed_in)} submissions")
    for name, importers in sorted(wanted.items()):
        ours = truly_absent(Lack("library", name), installed, course, ())
        by = ["the source"] if name in course else []
        if importers:
            by.append(f"{len(importers)} of {len(handed_in)} submissions ({', '.join(importers[:NAMES])})")
        yield Finding(name, f"{_verdict(name, installed, ours=ours)}; imported by {' and '.join(by)}", sound=not ours)


def _verdict(name: str, installed: Collection[str], *, ours: bool) -> str:
    if ours:
        return "not in the rooms' environment: install it there"
    likely = meant(name, installed)
    return f"no library: {likely}, misspelt?" if likely else "no library: a file that was not handed in?"


def _modules(submission: Submission) -> set[str]:
    found = (module for cell in submission.cells for module in names_of(cell.source).modules)
    return {module.partition(".")[0] for module in found} - {OWN}


def _beside(submission: Submission) -> set[str]:
    """Modules that lie beside the notebook."""
    return {name.partition("/")[0].removesuffix(".py") for name in submission.files}
