"""Plain `nbgrader autograde` with its cells run behind our wall. One line in nbgrader_config.py asks for it:

from autograder.nbgrader.execute import use_rooms; use_rooms(c)
"""

from __future__ import annotations

import atexit
from functools import cache
from pathlib import Path
from typing import Any

from nbformat import from_dict
from nbgrader.preprocessors.execute import Execute
from traitlets import Float, Integer
from traitlets.config import Config

from autograder.assignment import import_variables, imports_of
from autograder.course_python import environment_of, require_hidden
from autograder.course_yaml import CourseSettings, find_course
from autograder.errors import CourseError, GraderError
from autograder.evidence import Evidence
from autograder.nbgrader.executed import by_cell, outputs
from autograder.notebook.formats import read_course_notebook
from autograder.paths import Paths
from autograder.records import Limits, Plan, Submission
from autograder.sandbox import leftovers
from autograder.sandbox.environment import find_environment
from autograder.sandbox.exam import Order, examine
from autograder.sandbox.isolation import measure
from autograder.sandbox.rooms import Zygote
from autograder.wire.messages import Cell

UNLIMITED = 10.0**6
"""Seconds: more than any exam's."""


def use_rooms(config: Config) -> None:
    """Have `nbgrader autograde` run cells in rooms; everything else of it stays as it is configured.

    A list of preprocessors set before stays, nbgrader's `Execute` replaced; one set afterwards undoes this.
    """
    from nbgrader.converters.autograde import Autograde

    chosen = config.Autograde.get("autograde_preprocessors") or Autograde.autograde_preprocessors.default_args[0]
    names = ("Execute", "nbgrader.preprocessors.Execute", "nbgrader.preprocessors.execute.Execute")
    config.Autograde.autograde_preprocessors = [
        RoomExecute if one is Execute or one in names else one for one in chosen
    ]


class RoomExecute(Execute):  # type: ignore[misc]
    """nbgrader's `Execute`, without a kernel: the cells run in a room, and what came of them are the outputs.

    course.yaml's limits hold where it names the assignment. Elsewhere `timeout` (nbgrader's own) is a cell's, and the
    traits below are the room's.
    """

    seconds = Float(600.0, help="Wall-clock seconds that a whole notebook may take.").tag(config=True)
    memory_mb = Integer(2048, help="Memory a notebook may use, on top of what its libraries take.").tag(config=True)

    def preprocess(self, nb: Any, resources: Any = None, km: Any = None) -> tuple[Any, Any]:
        """Run the notebook's code cells and write their outputs into it. A room we cannot open fails the submission."""
        folder = Path(resources["metadata"]["path"]).resolve()
        paths, names = Paths(_course_root(self)), resources["nbgrader"]
        try:
            course = _course(paths)
            environment = environment_of(paths, course, names["assignment"])
            require_hidden(paths, environment)
        except CourseError as error:  # nbgrader reads one of its own as the submission's
            raise GraderError(str(error)) from None
        limits, minimum = self._terms(course, names["assignment"])
        isolation = measure().require(minimum)
        cells = tuple(
            Cell(index, str(cell.metadata.get("nbgrader", {}).get("grade_id", ""))[:500], cell.source)
            for index, cell in enumerate(nb.cells)
            if cell.cell_type == "code"
        )
        zygote = _zygote(*_imports(paths, names["assignment"], names["notebook"]), environment.python)
        submission = Submission(names["student"], "", cells, files=_files(folder))
        order = Order("", submission, Plan((), {}, ()), limits, isolation, as_kernel=True, pictures=True)
        _write(nb, examine(zygote, order))
        return nb, resources

    def _terms(self, course: CourseSettings, assignment: str) -> tuple[Limits, str]:
        """The limits of the exam, and the weakest wall it may be held behind."""
        if assignment in course.assignments:
            return course.assignments[assignment].limits, course.isolation
        timeout = float(self.timeout or UNLIMITED)
        return Limits(cell_seconds=timeout, seconds=self.seconds, memory_mb=self.memory_mb), "standard"


def _course(paths: Paths) -> CourseSettings:
    """What course.yaml says; nbgrader's own courses have none."""
    return find_course(paths.root) or CourseSettings(course="", title="", assignments={})


def _imports(paths: Paths, assignment: str, notebook: str) -> tuple[tuple[str, ...], tuple[tuple[str, str], ...]]:
    """What to import before rooms are forked, outside their wall: what the course's notebook names, no student's.

    And the variables that it sets for it.
    """
    path = paths.source(assignment) / f"{notebook}.ipynb"
    try:
        found = read_course_notebook(path, path)
    except CourseError:
        return (), ()
    return tuple(imports_of(found)), tuple(import_variables(found).items())


def _write(nb: Any, evidence: Evidence) -> None:
    exam, pictures = evidence.exam, by_cell(evidence.pictures())
    for count, record in enumerate(exam.cells, start=1):
        cell = nb.cells[record.cell.index]
        cell.execution_count = count
        made = outputs(record.run, exam.fault, pictures.get(record.cell.index, ()))
        cell.outputs = [
            from_dict({**one, **({"execution_count": count} if "execution_count" in one else {})}) for one in made
        ]


def _course_root(preprocessor: Any) -> Path:
    """The course's folder, known to one of the objects that the preprocessor was made by."""
    owner = preprocessor
    while owner is not None:
        if (course := getattr(owner, "coursedir", None)) is not None:
            return Path(course.root).resolve()
        owner = owner.parent
    return Path.cwd()


def _files(folder: Path) -> dict[str, Path]:
    """What lies in the notebook's folder, for the room to have too. nbgrader has put the course's files over theirs."""
    found = (path for path in sorted(folder.rglob("*")) if path.is_file() and not path.is_symlink())
    return {path.relative_to(folder).as_posix(): path for path in found}


@cache
def _zygote(preload: tuple[str, ...], variables: tuple[tuple[str, str], ...], python: str) -> Zygote:
    """One warm process for all notebooks of a run that import the same; nbgrader makes a preprocessor for each."""
    folder = leftovers.folder()
    zygote = Zygote(preload, Path(folder.name), find_environment(Path(python)), variables=dict(variables))
    atexit.register(folder.cleanup)  # what is registered last runs first
    atexit.register(zygote.close)
    return zygote
