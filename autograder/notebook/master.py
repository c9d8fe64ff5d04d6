"""nbgrader's own account of an assignment, and what it makes of a submission before it runs it.

Nothing is rewritten here: nbgrader's preprocessors do it, on a gradebook of our own that is made from the sources. The
course's gradebook is neither read nor written.
"""

from __future__ import annotations

import contextlib
import os
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from autograder.errors import CourseError, Problem, SubmissionError
from autograder.nbgrader.rules import OutputRules
from autograder.notebook.formats import course_notebook_bytes
from autograder.paths import Paths, sqlite_address
from autograder.wire import codec
from autograder.wire.messages import Cell

Kind = Literal["tests", "answer", "task"]


@dataclass(frozen=True)
class GradedCell:
    """A cell that nbgrader gives points for."""

    id: str
    points: float
    kind: Kind
    """tests: marked by what it puts out · answer: marked by hand, 0 where nothing was written · task: by hand."""
    index: int = 0
    """Position in the notebook, from 0."""
    untouched: bool = False
    """Of an answer: it is what students were given."""


@dataclass(frozen=True)
class Sanitized:
    """A submitted notebook as nbgrader runs it: test cells restored, hidden tests in them."""

    cells: tuple[Cell, ...]
    """The code that is run: cells without any, and cells tagged `skip-execution`, are left out as nbgrader does."""
    graded: tuple[GradedCell, ...]


class MasterCopy:
    """The sources of one assignment as `nbgrader generate_assignment` records them. Use as a context manager."""

    def __init__(self, paths: Paths, assignment: str, sources: Sequence[Path]) -> None:
        """Raises CourseError for what nbgrader refuses."""
        import sqlalchemy as sa
        from nbgrader.api import Base, Gradebook

        self._assignment = assignment
        self._paths = paths
        self._config = nbgrader_config(paths)
        self._path = paths.master(assignment).with_suffix(f".{os.getpid()}.db")
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._path.unlink(missing_ok=True)
        self._url = sqlite_address(self._path)
        engine = sa.create_engine(self._url)
        Base.metadata.create_all(engine)  # or Gradebook does it, and starts a program to find its own version
        engine.dispose()
        with Gradebook(self._url) as gradebook:
            gradebook.add_assignment(assignment)
        self.questions = {source.stem: self._record(source) for source in sources}
        """The graded cells of each notebook, in order."""

    @property
    def output_rules(self) -> OutputRules:
        """What the course's configuration leaves out of outputs."""
        from nbgrader.preprocessors import IgnorePattern, LimitOutput

        ignore = IgnorePattern(config=self._config)
        return OutputRules(LimitOutput(config=self._config).max_lines, ignore.pattern if ignore.enabled else "")

    @property
    def not_overwritten(self) -> frozenset[str]:
        """Files of the source, by name, that students complete: nbgrader's `Autograde.exclude_overwriting`."""
        named = self._config.Autograde.get("exclude_overwriting") or {}
        return frozenset(os.path.normpath(name) for name in named.get(self._assignment, ()))

    def _record(self, source: Path) -> tuple[GradedCell, ...]:
        """Record one source notebook, as the first half of `generate_assignment` does."""
        import nbformat
        from nbgrader import preprocessors as nbgrader

        chain = (
            nbgrader.IncludeHeaderFooter,
            nbgrader.InstantiateTests,
            nbgrader.LockCells,
            nbgrader.ClearSolutions,
            nbgrader.ClearOutput,
            nbgrader.CheckCellMetadata,
            nbgrader.ComputeChecksums,
            nbgrader.SaveCells,
            nbgrader.CheckCellMetadata,
        )
        try:
            notebook = nbformat.reads(course_notebook_bytes(source).decode(), as_version=4)
            notebook = self._through(chain, notebook, source.stem, ".", str(self._autotests(source)))
        except Exception as error:  # nbgrader says what is wrong in whatever exception comes to hand
            shown = self._paths.shown(source)
            raise CourseError([Problem(shown, 0, "", f"nbgrader refuses it: {_first_line(error)}")]) from error
        language = notebook.metadata.get("kernelspec", {}).get("language", "python")
        if language != "python":
            text = f"a notebook in {language}: rooms run Python alone"
            raise CourseError([Problem(self._paths.shown(source), 0, "", text)])
        return _graded(notebook)

    def _autotests(self, source: Path) -> Path:
        """The folder whose autotests.yml holds: the assignment's, or the course's."""
        name = self._config.get("InstantiateTests", {}).get("autotest_filename", "autotests.yml")
        return source.parent if (source.parent / name).exists() else self._paths.root

    def sanitize(self, notebook: str, student: str, data: bytes) -> Sanitized:
        """Return what nbgrader runs of a submitted notebook. Raise SubmissionError where nbgrader refuses it."""
        import nbformat
        from nbgrader import preprocessors as nbgrader

        chain = (
            nbgrader.ClearOutput,
            nbgrader.DeduplicateIds,
            nbgrader.OverwriteKernelspec,
            nbgrader.OverwriteCells,
            nbgrader.CheckCellMetadata,
        )
        try:
            with warnings.catch_warnings():  # of each cell whose id is another's too: thousands, if somebody likes
                warnings.simplefilter("ignore")
                read = nbformat.reads(data.decode(), as_version=4)
                restored = self._through(chain, read, notebook, student, "")
                nbformat.validate(restored, relax_add_props=True)
            skipped = self._skip_tag()
            cells = [
                Cell(index, codec.plain_text(_id(cell))[:500], codec.plain_text(cell.source))
                for index, cell in enumerate(restored.cells)
                if cell.cell_type == "code" and cell.source.strip() and skipped not in cell.metadata.get("tags", [])
            ]
            return Sanitized(tuple(cells), _graded(restored))
        except Exception as error:  # as above; nothing in a submission is trusted
            raise SubmissionError(_first_line(error)) from error

    def _skip_tag(self) -> str:
        return str(self._config.get("Execute", {}).get("skip_cells_with_tag", "skip-execution"))

    def _through(self, chain: Sequence[Any], notebook: Any, name: str, student: str, folder: str) -> Any:
        resources: dict[str, Any] = {
            "metadata": {"path": folder},
            "nbgrader": {
                "notebook": name,
                "assignment": self._assignment,
                "student": student,
                "db_url": self._url,
            },
        }
        for preprocessor in chain:
            notebook, resources = preprocessor(config=self._config)(notebook, resources)
        return notebook

    def __enter__(self) -> MasterCopy:
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            self._path.unlink()


def nbgrader_config(paths: Paths) -> Any:
    """Return what nbgrader_config.py sets, or an empty configuration where there is none."""
    from traitlets.config.loader import Config, PyFileConfigLoader

    path = paths.nbgrader_config
    return PyFileConfigLoader(path.name, str(path.parent)).load_config() if path.exists() else Config()


def _id(cell: Any) -> str:
    return str(cell.metadata.get("nbgrader", {}).get("grade_id", ""))


def _graded(notebook: Any) -> tuple[GradedCell, ...]:
    from nbgrader.utils import is_grade, is_solution, is_task

    found = []
    for index, cell in enumerate(notebook.cells):
        if is_grade(cell) or is_task(cell):
            role = cell.metadata.nbgrader
            tests = is_grade(cell) and not is_solution(cell) and cell.cell_type == "code"
            kind: Kind = "tests" if tests else "answer" if is_grade(cell) else "task"
            untouched = kind == "answer" and is_solution(cell) and _untouched(cell)
            found.append(GradedCell(role["grade_id"], float(role["points"]), kind, index, untouched))
    return tuple(found)


def _untouched(cell: Any) -> bool:
    from nbgrader.utils import compute_checksum

    return bool(cell.metadata.nbgrader.get("checksum") == compute_checksum(cell))


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
