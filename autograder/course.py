"""Loading: course.yaml and the source notebooks become plain records, and every problem found is said at once."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from autograder.assignment import Assignment, SourceNotebook
from autograder.coherence import bonus_problems, notebook_problems, part_problems
from autograder.course_yaml import AssignmentSettings, CourseSettings, find_course, load_course
from autograder.errors import CourseError, Problem
from autograder.notebook.formats import Notebook, read_course_notebook
from autograder.notebook.metadata import role_of
from autograder.notebook.text import SUFFIXES, is_text_source
from autograder.paths import Paths


def load_assignments(root: Path, names: Sequence[str] | None = None) -> list[Assignment]:
    """Return all parts of several assignments, or of all of them. Raise one CourseError with all their problems."""
    loaded, broken = load_sound(root, load_course(root).assignments if names is None else names)
    if broken:
        raise CourseError(dict.fromkeys(problem for error in broken.values() for problem in error.problems))
    return loaded


def load_sound(root: Path, names: Iterable[str]) -> tuple[list[Assignment], dict[str, CourseError]]:
    """Return all parts of the assignments that can be loaded, and by name what is wrong with the others."""
    loaded: list[Assignment] = []
    broken: dict[str, CourseError] = {}
    for name in names:
        try:
            loaded += load_parts(root, name)
        except CourseError as error:
            broken[name] = error
    return loaded, broken


def load_parts(root: Path, name: str) -> tuple[Assignment, ...]:
    """Return one assignment of the course in `root`, a part for each of its notebooks that has something to grade.

    Raises CourseError with every problem of it.
    """
    settings = load_course(root)
    paths = Paths(root)
    _require_known(paths, settings, name)
    sources = _source_notebooks(paths, name)
    if not sources:
        raise CourseError([Problem(paths.shown(paths.source(name)), 0, "", "no notebook (.ipynb) here")])
    read = {path: read_course_notebook(path, paths.shown(path)) for path in sources}
    graded = {
        path: one for path, one in read.items() if any(role.grade or role.task for role in map(role_of, one.cells))
    }
    own = settings.assignments[name]
    parts = tuple(_parts(name, paths, own.bonus, paths.translation(settings.language), graded or read))
    if problems := [
        *bonus_problems(parts),
        *part_problems(parts),
        *(problem for part in parts for problem in notebook_problems(part)),
    ]:
        raise CourseError(problems)
    return tuple(Assignment(part, settings, own) for part in parts)


def _parts(
    name: str, paths: Paths, bonus: tuple[str, ...], translation: Path, notebooks: Mapping[Path, Notebook]
) -> Iterator[SourceNotebook]:
    ids = {path: {role_of(cell).id for cell in notebook.cells} - {""} for path, notebook in notebooks.items()}
    for path, notebook in notebooks.items():
        others = tuple(other for other in notebooks if other != path)
        sibling_cells = frozenset(one for other in others for one in ids[other])
        yield SourceNotebook(name, paths, notebook, path, others, sibling_cells, bonus, translation)


def _require_known(paths: Paths, settings: CourseSettings, name: str) -> None:
    if name not in settings.assignments:
        near = difflib.get_close_matches(name, settings.assignments, 1)
        known = f"did you mean {near[0]}?" if near else f"known: {', '.join(settings.assignments)}"
        if paths.source(name).is_dir():
            known = f"its folder is there: give it a line of its own, `{name}: {{title: …}}`"
        raise CourseError([Problem(paths.shown(paths.course), 0, "assignments", f"no assignment {name!r}; {known}")])


def graded_paths(root: Path, name: str) -> Paths:
    """Return the tree of the course in `root`. Raise CourseError where it has no assignment of this name."""
    paths = Paths(root)
    if not paths.source(name).is_dir():
        _require_known(paths, load_course(root), name)
    return paths


def load_nbgrader_assignment(root: Path, name: str) -> tuple[Assignment, ...]:
    """Return the notebooks of an assignment that nbgrader may have made alone, each as an assignment.

    No course.yaml is needed: its defaults hold where there is none. Hidden tests and several notebooks are allowed.
    Raises CourseError with every problem of it.
    """
    paths = Paths(root)
    course = find_course(root) or CourseSettings(course="", title="", assignments={})
    sources = _source_notebooks(paths, name)
    if not sources:
        shown = paths.shown(paths.source(name))
        raise CourseError([Problem(shown, 0, "", "no notebook (.ipynb) here: run from the folder that holds source/")])
    settings = course.assignments.get(name, AssignmentSettings(title=name))
    read = ((path, read_course_notebook(path, paths.shown(path))) for path in sources)
    translation = paths.translation(course.language)
    parts = (
        SourceNotebook(name, paths, one, path, bonus=settings.bonus, translation=translation) for path, one in read
    )
    return tuple(Assignment(part, course, settings) for part in parts)


def _source_notebooks(paths: Paths, name: str) -> list[Path]:
    """The notebooks of a source folder. A text named after the assignment stands for the notebook of its name."""
    folder = paths.source(name)
    texts = [path for path in (folder / f"{name}{suffix}" for suffix in SUFFIXES) if is_text_source(path)]
    return [*(path for path in sorted(folder.glob("*.ipynb")) if not texts or path.stem != name), *texts]
