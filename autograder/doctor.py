"""What this machine allows, and what an assignment asks of it that is not here."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from autograder.assignment import SourceNotebook
from autograder.course import load_sound
from autograder.course_python import environment_of
from autograder.course_yaml import AssignmentSettings, find_course
from autograder.data.shelf import Shelf, shelf_folder
from autograder.data.weights import get_weights, is_weights
from autograder.errors import CourseError, DataError, GraderError, refusal_of
from autograder.intake import as_submission, read_submission, students
from autograder.judge.lacks import Lack, meant, truly_absent
from autograder.judge.libraries import PACKAGES
from autograder.notebook.names import names_of
from autograder.records import Submission
from autograder.release import read_release
from autograder.sandbox import leftovers
from autograder.sandbox.environment import Environment, own_environment
from autograder.sandbox.gpus import Survey, survey
from autograder.sandbox.isolation import OPTIONAL, measure
from autograder.sandbox.rooms import Zygote
from autograder.wire.frameworks import FRAMEWORKS

UUID_CHARS = len("GPU-5d5ba0d6")
OWN = "autograder"
"""What rooms have whatever their environment: it stands in for modules of other platforms."""
NAMES = 10
"""Students named of those that import a module."""
LIBRARIES = ("numpy", "nbgrader", "pytest")
"""The grader's own that are worth a line."""
OF_ROOMS = ("tensorflow", *(one.name for one in FRAMEWORKS), "tf-keras", "numpy", "ipython")
KERAS_2 = "{}: of Keras 2, whose networks are neither read nor trained: install Keras 3 where checks ask for networks"


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
        remedy = f" ({step.remedy})" if step.remedy else ""
        yield Finding(
            f"  {step.name}", f"no: {step.error}{remedy}" if step.error else "yes", optional or not step.error
        )
    yield from gpu_findings(survey())
    yield Finding("cores", str(len(os.sched_getaffinity(0))))
    yield Finding("memory", f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GB")
    yield Finding("system", f"{platform.system()} {platform.release()}, Python {platform.python_version()}")
    yield from _what_may_be_read("data", data_findings(Shelf(shelf_folder())))
    for name in LIBRARIES:
        try:
            yield Finding(name, version(name))
        except PackageNotFoundError:
            yield Finding(name, "not installed", sound=False)


def examine_course(root: Path, name: str | None = None) -> Iterator[Finding]:
    """Yield what `course_findings` does, and what of it this user may not read."""
    yield from _what_may_be_read("course", course_findings(root, name))


def _what_may_be_read(name: str, findings: Iterator[Finding]) -> Iterator[Finding]:
    """Yield the findings up to a file that is another user's, and say so: it hides nothing of the rest."""
    try:
        yield from findings
    except OSError as error:
        if not (refusal := refusal_of(error)):
            raise
        yield Finding(name, refusal, sound=False)


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


# --- Where rooms run --------------------------------------------------------------------------------------------------


def course_findings(root: Path, name: str | None = None) -> Iterator[Finding]:
    """Yield what holds of the environments of a course's assignments, or of one; of the grader's own without a course.

    Raises CourseError where the assignment that is named is broken; of several, a broken one is a finding, and so is
    a course.yaml that is.
    """
    try:
        course = None if name else find_course(root)
    except CourseError as error:
        yield Finding("course", str(error), sound=False)
        return
    if not name and course is None:
        yield from environment_findings(own_environment(), ())
        return
    names = [name] if name else list(course.assignments if course else ())
    parts, broken = load_sound(root, names)
    if name and broken:
        raise broken[name]
    yield from (Finding(one, str(error), sound=False) for one, error in broken.items())
    rooms: dict[str, list[Rooms]] = {}
    for part in parts:
        try:
            environment = environment_of(part.paths, part.course, part.name)
        except CourseError as error:
            yield Finding(part.key, str(error), sound=False)
        else:
            rooms.setdefault(environment.python, []).append(
                Rooms(part.source, part.settings, part.preload, part.variables, environment)
            )
    for same in rooms.values():
        yield from environment_findings(same[0].environment, same)
        for opened in same:
            yield from (replace(found, name=f"  {opened.source.key}: {found.name}") for found in _imports(opened))


def _imports(rooms: Rooms) -> list[Finding]:
    try:
        return list(assignment_findings(rooms))
    except CourseError as error:
        return [Finding("imports", str(error), sound=False)]


@dataclass(frozen=True)
class Rooms:
    """What the rooms of one notebook are opened with."""

    source: SourceNotebook
    settings: AssignmentSettings
    preload: list[str]
    variables: dict[str, str]
    environment: Environment


def environment_findings(environment: Environment, assignments: Sequence[Rooms]) -> Iterator[Finding]:
    """Yield what an environment holds for the rooms of these assignments, and what their imports leave running."""
    named = f" ({', '.join(part.source.key for part in assignments)})" if assignments else ""
    versions = environment.versions
    yield Finding("rooms", f"{environment.python}, Python {versions['python']}{named}")
    for library in OF_ROOMS:
        found = versions.get(library, "")
        if library == "tf-keras" and not found:
            continue
        old = library == "tf-keras" or (library == "keras" and found.startswith("2."))
        yield Finding(f"  {library}", KERAS_2.format(found) if old else found or "not there")
    if environment.missing:
        lacks = f"for rooms it lacks {', '.join(environment.missing)}"
        yield Finding("  missing", f"{lacks}: run `{environment.install} {' '.join(environment.missing)}`")
        return
    yield _running(environment, assignments)


def _running(environment: Environment, assignments: Sequence[Rooms]) -> Finding:
    """Import what rooms are forked with, as `grade` does, and say what it leaves running."""
    modules = dict.fromkeys(module for part in assignments for module in part.preload)
    variables = {name: value for part in assignments for name, value in part.variables.items()}
    with leftovers.folder() as cache, Zygote(modules, Path(cache), environment, variables=variables) as zygote:
        try:
            warm = zygote.warm()
        except GraderError as error:
            return Finding("  imports", str(error), sound=False)
    took = f"imported in {warm.seconds:.1f} s"
    if not warm.threaded:
        return Finding("  threads", f"none left running; {took}")
    names = ", ".join(warm.threaded)
    return Finding("  threads", f"left running by the import of {names}: each room imports it anew; the rest {took}")


def assignment_findings(rooms: Rooms) -> Iterator[Finding]:
    """Yield what the notebook and its submissions import and rooms do not have, read from their text alone.

    Raises CourseError where the release or the submissions cannot be read.
    """
    asked, settings, environment = rooms.source, rooms.settings, rooms.environment
    release = read_release(asked)
    source = as_submission(asked, settings, asked.notebook)
    read = ((name, read_submission(asked, settings, release, name)) for name in students(asked.paths))
    handed_in = [(name, one) for name, one in read if one is not None]
    course = _modules(source)
    installed = environment.importable
    wanted: dict[str, list[str]] = {name: [] for name in course - installed - _beside(source)}
    for student, one in handed_in:
        for name in _modules(one) - installed - _beside(one):
            wanted.setdefault(name, []).append(student)
    if not wanted:
        yield Finding("imports", f"all there, of the source and of {len(handed_in)} submissions")
    missing = [name for name in sorted(wanted) if truly_absent(Lack("library", name), installed, course, ())]
    for name, importers in sorted(wanted.items()):
        by = ["the source"] if name in course else []
        if importers:
            by.append(f"{len(importers)} of {len(handed_in)} submissions ({', '.join(importers[:NAMES])})")
        verdict = _verdict(name, environment, ours=name in missing)
        yield Finding(name, f"{verdict}; imported by {' and '.join(by)}", sound=name not in missing)
    if missing:
        packages = " ".join(PACKAGES.get(name, name) for name in missing)
        yield Finding("install", f"{environment.install} {packages}", sound=False)


def _verdict(name: str, environment: Environment, *, ours: bool) -> str:
    if folder := next((folder for folder, names in environment.unseen.items() if name in names), ""):
        return f"in {folder}, which rooms do not see: install it there, and not to be worked on (`pip install -e`)"
    if ours:
        return "not in the rooms' environment: install it there"
    likely = meant(name, environment.importable)
    return f"no library: {likely}, misspelt?" if likely else "no library: a file that was not handed in?"


def _modules(submission: Submission) -> set[str]:
    found = (module for cell in submission.cells for module in names_of(cell.source).modules)
    return {module.partition(".")[0] for module in found} - {OWN}


def _beside(submission: Submission) -> set[str]:
    """Modules that lie beside the notebook."""
    return {name.partition("/")[0].removesuffix(".py") for name in submission.files}
