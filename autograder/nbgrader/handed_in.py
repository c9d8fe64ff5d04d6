"""What was handed in, as nbgrader finds it: notebooks by their name, restored as its own tools restore them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from autograder.assignment import SourceNotebook
from autograder.course_python import environment_of
from autograder.course_yaml import AssignmentSettings, CourseSettings
from autograder.data.course_shelf import course_shelf
from autograder.errors import CourseError, Problem, SubmissionError
from autograder.evidence import Exam, libraries, load_exam
from autograder.given_files import is_private, release_files
from autograder.intake.links import is_handed_in
from autograder.intake.names import on_disk
from autograder.notebook.master import MasterCopy, Sanitized
from autograder.records import Plan, Submission, digest
from autograder.sandbox.exam import Order
from autograder.sandbox.isolation import suffices
from autograder.wire.messages import FitCap

NOTHING_ASKED = Plan((), {}, ())
ENVIRONMENT = {"NBGRADER_EXECUTION": "autograde"}
"""What nbgrader's kernels see."""
NOTEBOOK = ".ipynb"
"""The source's own are never put beside: nbgrader does not, and they hold solutions."""


@dataclass(frozen=True)
class Handed:
    """One notebook of one student, as nbgrader finds it."""

    student: str
    notebook: str
    digest: str
    sanitized: Sanitized | None
    refusal: str = ""
    """Why nbgrader would not run it."""
    order: Order | None = None
    """The exam it needs, where nothing refuses it."""


@dataclass(frozen=True)
class Work:
    """All that one student handed in, by notebook; None for a notebook that is not there."""

    student: str
    notebooks: Mapping[str, Handed | None]

    @property
    def digest(self) -> str:
        return digest(*(one.digest for one in self.notebooks.values() if one))

    @property
    def submission(self) -> Submission:
        """All of it as one."""
        return Submission(self.student, self.digest)


class CompatAssignment:
    """The notebooks of one assignment, and what nbgrader knows of them. Use as a context manager."""

    def __init__(
        self,
        sources: Sequence[SourceNotebook],
        course: CourseSettings,
        settings: AssignmentSettings,
        isolation: str = "",
    ) -> None:
        """Raises CourseError for what nbgrader refuses of the sources, DataError for a data set that is not whole."""
        self._first = sources[0]
        self.name, self.paths = self._first.name, self._first.paths
        self.limits = msgspec.structs.replace(settings.limits, fit=FitCap())
        self.isolation, self._least = isolation, course.isolation
        self.language = course.language
        shelf = course_shelf(self.paths.stand_ins if course.stand_ins else None)
        self.sets = tuple(shelf.item(name) for name in settings.data)
        if hidden := [one.name for one in self.sets if one.hidden]:
            shown = self.paths.shown(self.paths.course)
            text = f"a hidden set is never shown to a room: {', '.join(hidden)}"
            raise CourseError([Problem(shown, 0, f"assignments.{self.name}.data", text)])
        self._master = MasterCopy(self.paths, self.name, [one.path for one in sources])
        self._libraries = libraries(environment_of(self.paths, course, self.name).versions)
        self.rules = self._master.output_rules
        self.questions = self._master.questions

    def question_id(self, notebook: str, cell: str) -> str:
        """A cell's id, which is one of its notebook's; said with it where there are several."""
        return cell if len(self.questions) == 1 else f"{notebook}/{cell}"

    def work(self, student: str) -> Work:
        """Return what a student handed in, read and restored."""
        return Work(student, {name: self._read(student, name) for name in self.questions})

    def _read(self, student: str, notebook: str) -> Handed | None:
        folder = self.paths.submission(student, self.name)
        path = folder / f"{notebook}.ipynb"
        if folder.is_symlink() or folder.parent.is_symlink() or not is_handed_in(path):
            return None
        try:
            data = path.read_bytes()
        except OSError as error:
            raise CourseError([Problem(self.paths.shown(path), 0, "", f"cannot be read: {error.strerror}")]) from error
        own = digest(notebook, data)
        try:
            if len(data) > self.limits.notebook_mb * 2**20:
                raise SubmissionError(f"over {self.limits.notebook_mb} MB")
            sanitized = self._master.sanitize(notebook, student, data)
        except SubmissionError as error:
            return Handed(student, notebook, own, None, f"{notebook}.ipynb: {error}")
        return Handed(student, notebook, own, sanitized, order=self._order(student, own, sanitized))

    def _order(self, student: str, own: str, sanitized: Sanitized) -> Order:
        files = self._files(student)
        contents = [part for name, path in files.items() for part in (name, path.read_bytes())]
        run = msgspec.json.encode([list(sanitized.cells), self.limits, ENVIRONMENT])
        # Danger: as of `Assessor.exam_key`.
        key = digest("compat", own, run, self._libraries, *(one.digest for one in self.sets), *contents)
        handed_in = self.paths.submission(student, self.name)
        given = frozenset(name for name, path in files.items() if not path.is_relative_to(handed_in))
        submission = Submission(student, own, sanitized.cells, files=files, given=given)
        return Order(
            key,
            submission,
            NOTHING_ASKED,
            self.limits,
            self.isolation,
            self.sets,
            environment=ENVIRONMENT,
            as_kernel=True,
        )

    def _files(self, student: str) -> dict[str, Path]:
        """What lies beside the notebook when it runs: the student's files, under the source's of the same name."""
        folder = self.paths.submission(student, self.name)
        plain = [path for path in sorted(folder.rglob("*")) if _is_plain(path, folder)]
        own = {on_disk(str(path.relative_to(folder))): path for path in plain}
        given = {str(file.name): file.source for file in release_files(self._first) if file.name.suffix != NOTEBOOK}
        kept = {name: own[name] for name in self._master.not_overwritten & own.keys()}
        size = 0
        fitting = {}
        for name, path in sorted({**own, **given, **kept}.items(), key=lambda file: (file[0].endswith(NOTEBOOK), file)):
            size += path.stat().st_size
            if size <= self.limits.files_mb * 2**20:
                fitting[name] = path
        return fitting

    def evidence(self, handed: Handed) -> Path:
        return self.paths.compat_evidence(self.name, handed.student, handed.notebook)

    def walled(self, exam: Exam) -> bool:
        """Whether evidence was taken behind the wall the course asks for now, or a stronger one."""
        return suffices(exam.isolation, self._least)

    def __enter__(self) -> CompatAssignment:
        return self

    def __exit__(self, *_: object) -> None:
        self._master.__exit__()


def _is_plain(path: Path, folder: Path) -> bool:
    """Whether a file was handed in: no link, no link on its way, nothing a tool left there."""
    name = path.relative_to(folder)
    ways = [path, *(folder / parent for parent in name.parents)]
    linked = any(way.is_symlink() for way in ways)
    return is_handed_in(path) and not linked and not is_private(name) and len(str(name)) <= 500


def orders_of(course: CompatAssignment, work: Work, *, again: bool = False) -> list[Order]:
    """The exams to hold for a student: those whose evidence is not there yet."""
    orders = []
    for handed in work.notebooks.values():
        if handed is not None and handed.order is not None and not is_refused(work):
            exam = None if again else load_exam(course.evidence(handed))
            if exam is None or exam.key != handed.order.key or not course.walled(exam):
                orders.append(handed.order)
    return orders


def is_refused(work: Work) -> bool:
    return any(one is not None and one.refusal for one in work.notebooks.values())
