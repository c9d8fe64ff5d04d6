"""Strip a source notebook, and the files beside it, into what students get, with nbgrader's own converters.

A release cannot be taken back. So what students get is a list of what is kept, not of what is left out: cells without
their solutions and outputs, the pictures that their text still shows, metadata that readers need.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import msgspec

from autograder.assignment import SourceNotebook
from autograder.errors import CourseError, Problem
from autograder.given_files import links_out, release_files
from autograder.notebook.attachments import shown_in
from autograder.notebook.formats import Notebook, NotebookCell, as_utf8, course_notebook_bytes, read_course_notebook
from autograder.notebook.master import nbgrader_config
from autograder.notebook.metadata import role_of
from autograder.notebook.regions import cell_name
from autograder.paths import write_beside

KEPT_METADATA: Mapping[str, tuple[str, ...]] = {
    "kernelspec": (),
    "language_info": (),
    "jupytext": (),
    "celltoolbar": (),
    "toc": (),
    "rise": (),
    "livereveal": (),
    "accelerator": (),
    "colab": ("gpuType", "toc_visible", "collapsed_sections"),
}
"""Of a notebook's metadata, what students get; of a mapping, these keys alone where some are named.

Left out are the state of widgets, which shows what the solution computed, and what services note of their users.
"""
KEPT_CELL_METADATA = (
    "nbgrader",
    "tags",
    "deletable",
    "editable",
    "trusted",
    "collapsed",
    "scrolled",
    "jupyter",
    "slideshow",
    "hide_input",
    "hide_output",
    "name",
    "format",
    "raw_mimetype",
    "cellView",
    "colab_type",
    "id",
)
STRIPPED_BYTES = 5 * 2**20
LANGUAGES = {".py": "python", ".r": "R", ".m": "matlab", ".sas": "sas", ".java": "java"}


class Stripper:
    """nbgrader's converters, as the course configures them."""

    def __init__(self, source: SourceNotebook) -> None:
        self._source = source

    @cached_property
    def _config(self) -> Any:
        return nbgrader_config(self._source.paths)

    def notebook(self, path: Path) -> bytes:
        """Return the student version of a source notebook. Raise CourseError for what nbgrader refuses."""
        # Here, not above: it takes seconds to load, and grading does without it.
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
        return _written(self._through(chain, path))

    def solution(self, path: Path) -> Any:
        """Return a source notebook as students get it in the end: answered, without what is for markers and graders."""
        from nbgrader import preprocessors as nbgrader

        chain = (
            nbgrader.IncludeHeaderFooter,
            nbgrader.LockCells,
            nbgrader.ClearOutput,
            nbgrader.CheckCellMetadata,
            nbgrader.ClearHiddenTests,
            nbgrader.ClearMarkScheme,
            nbgrader.ComputeChecksums,
        )
        notebook = self._through(chain, path)
        for cell in notebook.cells:
            cell.source = self._unmarked(cell.source)
        return notebook

    def _through(self, chain: Sequence[Any], path: Path) -> Any:
        import nbformat

        resources: dict[str, Any] = {"nbgrader": {"notebook": path.stem}}
        try:
            source = course_notebook_bytes(path).decode()
            notebook = nbformat.reads(source, as_version=nbformat.NO_CONVERT)
            nbformat.validate(notebook)
            for preprocessor in chain:
                notebook, resources = preprocessor(config=self._config).preprocess(notebook, resources)
            _keep_what_students_need(notebook)
        except Exception as error:  # nbgrader says what is wrong with a notebook in plain RuntimeErrors and ValueErrors
            raise self._refused(path, error) from error
        return notebook

    def _unmarked(self, text: str) -> str:
        """A text without the lines that say where its solutions are."""
        from nbgrader.preprocessors import ClearSolutions

        markers = ClearSolutions(config=self._config)
        marks = (markers.begin_solution_delimeter, markers.end_solution_delimeter)
        lines = text.splitlines(keepends=True)
        kept = "".join(line for line in lines if not any(mark in line for mark in marks))
        return kept if kept == text else kept.rstrip("\n") + "\n" * text.endswith("\n")

    def file(self, path: Path, *, solved: bool = False) -> bytes:
        """Return what students get of a file beside the notebook: without the regions that are cleared in one.

        `solved`: with its solutions, as they get it in the end.
        """
        if path.suffix == ".ipynb":
            return _written(self.solution(path)) if solved else self.notebook(path)
        data = path.read_bytes()
        if b"BEGIN " not in data or b"\0" in data or len(data) > STRIPPED_BYTES:
            return data
        try:
            text = data.decode()
        except UnicodeDecodeError:
            return data
        stripped = self._strip_text(path, text, solved=solved)
        return data if stripped is None else stripped.encode()

    def _strip_text(self, path: Path, text: str, *, solved: bool) -> str | None:
        """Return a text without its solutions, hidden tests and mark schemes; None where it has none."""
        from nbformat.v4 import new_code_cell, new_markdown_cell
        from nbgrader import preprocessors as nbgrader

        language = LANGUAGES.get(path.suffix.lower(), "")
        cell = new_code_cell(text) if language else new_markdown_cell(text)
        try:
            found = [
                not solved and nbgrader.ClearSolutions(config=self._config)._replace_solution_region(cell, language),
                nbgrader.ClearHiddenTests(config=self._config)._remove_hidden_test_region(cell),
                nbgrader.ClearMarkScheme(config=self._config)._remove_mark_scheme_region(cell),
            ]
        except (RuntimeError, ValueError) as error:
            raise self._refused(path, error) from error
        if solved and (unmarked := self._unmarked(cell.source)) != cell.source:
            cell.source = unmarked
            found.append(True)
        end = "\n" if text.endswith("\n") else ""
        return f"{cell.source.rstrip()}{end}" if any(found) else None

    def _refused(self, path: Path, error: Exception) -> CourseError:
        return CourseError([Problem(self._source.paths.shown(path), 0, "", f"nbgrader refuses it: {error}")])


def _written(notebook: Any) -> bytes:
    import nbformat

    written = nbformat.writes(notebook)
    return f"{written}\n".encode() if not written.endswith("\n") else written.encode()


def _keep_what_students_need(notebook: Any) -> None:
    """Leave out the metadata that no reader needs, and the pictures of what was cleared."""
    notebook.metadata = _kept(notebook.metadata, KEPT_METADATA)
    for cell in notebook.cells:
        cell.metadata = _kept(cell.metadata, dict.fromkeys(KEPT_CELL_METADATA, ()))
        if "attachments" in cell:
            shown = shown_in(cell.source)
            cell.attachments = {name: one for name, one in cell.attachments.items() if _is_shown(name, shown)}
            if not cell.attachments:
                del cell["attachments"]


def _kept(metadata: Any, kept: Mapping[str, tuple[str, ...]]) -> Any:
    def part(value: Any, keys: tuple[str, ...]) -> Any:
        return type(value)({key: value[key] for key in keys if key in value}) if keys else value

    return type(metadata)({key: part(value, kept[key]) for key, value in metadata.items() if key in kept})


def _is_shown(name: str, shown: Sequence[str]) -> bool:
    return name in shown or name.replace(" ", "%20") in shown


def build_release(source: SourceNotebook) -> bytes:
    """Return the student version of the assignment's notebook. Raise CourseError for what nbgrader refuses."""
    return Stripper(source).notebook(source.path)


def write_release(first: SourceNotebook, *others: SourceNotebook) -> Path:
    """Write an assignment's release, all its parts, and return its folder. What an earlier one left there is removed.

    A source that is a text has its notebook written beside it. Raises CourseError, with nothing written, where a
    link of the source folder leads elsewhere.
    """
    if problems := links_out(first):
        raise CourseError(problems)
    parts = (first, *others)
    folder, stripper = first.paths.release(first.name), Stripper(first)
    contents = {Path(part.notebook_file): build_release(part) for part in parts}
    contents |= {file.name: stripper.file(file.source) for file in release_files(first)}
    for part in parts:
        _write_generated(part)
    if folder.exists():
        shutil.rmtree(folder)
    write_files(folder, contents)
    return folder


def write_files(folder: Path, contents: Mapping[Path, bytes]) -> None:
    """Write files by their names in a folder."""
    for name, content in contents.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)


def _write_generated(source: SourceNotebook) -> None:
    """Write the notebook of a text beside it. Raise CourseError where that would undo what was changed there."""
    path, text_source = source.generated, source.path
    if path is None:
        return
    built = course_notebook_bytes(text_source)
    if path.exists() and path.read_bytes() != built and path.stat().st_mtime > text_source.stat().st_mtime:
        text = f"changed since {text_source.name}, which it is made from: write the change there, then remove this file"
        raise CourseError([Problem(source.paths.shown(path), 0, "", text)])
    write_beside(path, built)


def read_release(source: SourceNotebook) -> Notebook:
    """Return the release as it lies on disk: what students were given."""
    path = source.paths.release(source.name) / source.notebook_file
    shown = source.paths.shown(path)
    if not path.exists():
        raise CourseError([Problem(shown, 0, "", f"not there: run `autograder release {source.name}`")])
    about = path.stat()
    return _read_once(path, shown, about.st_mtime_ns, about.st_size)


@lru_cache(maxsize=16)
def _read_once(path: Path, shown: Path, changed: int, size: int) -> Notebook:
    """One parse a command, however many ask for it; a file that has changed since is another."""
    return read_course_notebook(path, shown)


def release_problems(source: SourceNotebook) -> Iterator[Problem]:
    """Yield the graded and answer cells of the source that students were never given."""
    release = read_release(source)
    there = {role_of(cell).id for cell in release.cells}
    shown = source.paths.shown(source.paths.release(source.name) / source.notebook_file)
    for cell in source.notebook.cells:
        role = role_of(cell)
        if (role.grade or role.solution) and role.id not in there:
            yield Problem(shown, 0, role.id, f"in the source, not here: run `autograder release {source.name}`")


def release_differences(source: SourceNotebook) -> Iterator[Problem]:
    """Yield where the release on disk is not what the source builds."""
    folder = source.paths.release(source.name)
    path = folder / source.notebook_file
    shown, advice = source.paths.shown(path), f"run `autograder release {source.name}`"
    named = read_release(source).cells
    data, stripper = path.read_bytes(), Stripper(source)
    release, built = _raw_cells(data), _raw_cells(build_release(source))
    if len(release) != len(built):
        yield Problem(shown, 0, "", f"{len(release)} cells, the source builds {len(built)}: {advice}")
    for index, (have, want) in enumerate(zip(release, built, strict=False)):
        if have != want:
            yield Problem(shown, 0, cell_name(index, named[index]), f"not what the source builds: {advice}")
    for where, key in _metadata_beyond(data, named):
        text = f"metadata « {key} » may tell of the solution's run, or of its author: {advice}"
        yield Problem(shown, 0, where, text)
    made = source.generated
    if made and not (made.exists() and made.read_bytes() == course_notebook_bytes(source.path)):
        yield Problem(source.paths.shown(made), 0, "", f"not what {source.path.name} makes: {advice}")
    files = {one.name: one.source for one in release_files(source)}
    for name, file in files.items():
        if not (folder / name).is_file() or (folder / name).read_bytes() != stripper.file(file):
            yield Problem(source.paths.shown(folder / name), 0, "", f"not the source's file: {advice}")
    notebooks = {Path(f"{one.stem}.ipynb") for one in (source.path, *source.others)}
    for extra in sorted(one for one in folder.rglob("*") if one.is_file()):
        if extra.relative_to(folder) not in {*files, *notebooks}:
            yield Problem(source.paths.shown(extra), 0, "", "in what students get, not in the source: remove it")


def _raw_cells(data: bytes) -> list[dict[str, Any]]:
    """Everything that counts of each cell, outputs too: an output can tell a solution."""
    cells = msgspec.json.decode(as_utf8(data))["cells"]
    return [{**cell, "source": "".join(cell["source"]), "metadata": cell["metadata"].get("nbgrader")} for cell in cells]


def _metadata_beyond(data: bytes, cells: Sequence[NotebookCell]) -> Iterator[tuple[str, str]]:
    """Yield where a released notebook has metadata that no release of ours has, and their key."""
    whole = msgspec.json.decode(as_utf8(data)).get("metadata", {})
    kept = _kept(whole, KEPT_METADATA)
    yield from (("", key) for key, value in whole.items() if kept.get(key) != value)
    for index, cell in enumerate(cells):
        where = cell_name(index, cell)
        yield from ((where, key) for key in cell.metadata if key not in KEPT_CELL_METADATA)
