"""Writes a course, or an assignment more into one that there is. Nothing that is there is written over."""

from __future__ import annotations

import ast
import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from autograder.authoring.cells import SourceCell
from autograder.authoring.convert import Converted, convert
from autograder.authoring.finding import Asker
from autograder.authoring.loaded import sets_loaded
from autograder.authoring.points import question_id
from autograder.course import load_parts
from autograder.course_yaml import find_course
from autograder.data.shelf import STAND_INS, Shelf, shelf_folder
from autograder.errors import CourseError, Problem
from autograder.fairness.thresholds import add_to_block
from autograder.nbgrader.address import keeps_gradebook
from autograder.notebook.formats import Notebook, read_course_notebook
from autograder.notebook.headings import last_heading, spoken
from autograder.notebook.names import names_of, parse
from autograder.notebook.spoken_in import language_of
from autograder.notebook.text import notebook_of_text
from autograder.paths import Paths, write_beside
from autograder.release import write_files, write_release

SAMPLE = Path(__file__).parent / "sample"
SAMPLES = {"fr": ("premiers-pas", "Premiers pas"), "en": ("first-steps", "First steps")}
KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
HIDDEN_TESTS = "hidden_tests.py"
LARGEST_FILE = 50 * 2**20


@dataclass(frozen=True)
class Made:
    """One assignment, written."""

    name: str
    converted: Converted
    copied: tuple[str, ...] = ()
    """Files that its notebook names, taken along."""
    absent: tuple[str, ...] = ()
    """Those that are not beside it."""
    marked: bool = True
    """Whether the course keeps the gradebook in which somebody marks answers in words."""


@dataclass(frozen=True)
class _Planned:
    name: str
    title: str
    files: dict[Path, bytes]
    """What is written, by path from the source folder."""
    made: Made
    data: tuple[str, ...] = ()


def start_course(root: Path, language: str, python: str | None) -> str:
    """Write a small course with one assignment, its release made, and return the assignment's name.

    Raises CourseError where there is a course, or a file of the course's.
    """
    name, title = SAMPLES[language]
    text = (SAMPLE / f"{language}.md").read_text(encoding="utf-8")
    checks = (SAMPLE / f"{language}.checks").read_text(encoding="utf-8")
    paths = Paths(root)
    if paths.course.exists():
        raise CourseError([Problem(paths.course, 0, "", "there is a course here: add to it with --from NOTEBOOK")])
    files = {Path(f"{name}.ipynb"): notebook_of_text(text, ".md"), Path(paths.checks(name).name): checks.encode()}
    planned = _Planned(name, title, files, Made(name, Converted([])))
    _write(paths, [planned], language, python)
    return name


def add_notebooks(
    root: Path, notebooks: Sequence[Path], language: str | None, python: str | None, asker: Asker
) -> list[Made]:
    """Make an assignment of each notebook, in the course that is in `root` or in a new one.

    Raises CourseError, before anything is written, where a notebook cannot be read, or one of its assignment's name is
    there.
    """
    paths = Paths(root)
    course = find_course(root)
    read: dict[Path, Notebook] = {}
    problems: list[Problem] = []
    for path in notebooks:
        try:
            read[path] = _read(path)
        except CourseError as error:
            problems += error.problems
    if problems:
        raise CourseError(problems)
    spoken_in = course.language if course else language or language_of(read.values())
    taken: set[str] = set()
    planned = []
    for path, notebook in read.items():
        name = question_id(path.stem, ())
        if name in taken:
            raise CourseError([Problem(path, 0, "", f"another notebook is called {name!r} too: rename one")])
        taken.add(name)
        planned.append(_plan(name, path, notebook, spoken_in, asker))
    _write(paths, planned, spoken_in, python)
    marked = keeps_gradebook(paths)
    return [replace(one.made, marked=marked) for one in planned]


def _read(path: Path) -> Notebook:
    notebook = read_course_notebook(path, path)
    if notebook.language not in ("", "python", "ipython", "python3"):
        raise CourseError([Problem(path, 0, "", f"a notebook in {notebook.language}: those in Python are graded")])
    if not any(cell.cell_type == "code" for cell in notebook.cells):
        raise CourseError([Problem(path, 0, "", "no code in it: there is nothing that could be run and graded")])
    return notebook


def _plan(name: str, path: Path, notebook: Notebook, language: str, asker: Asker) -> _Planned:
    converted = convert(notebook, language, asker)
    texts = (cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    title = next((heading for text in texts if (heading := _first_heading(text))), path.stem)
    beside, absent = _files_named(path, notebook)
    files = {Path(f"{name}.ipynb"): notebook_bytes(converted.cells), **beside}
    loaded = sets_loaded(cell.source for cell in notebook.cells if cell.cell_type == "code")
    made = Made(name, converted, tuple(map(str, beside)), absent)
    return _Planned(name, title, files, made, loaded)


def _first_heading(text: str) -> str:
    line = next((line for line in text.split("\n") if line.lstrip().startswith("#")), "")
    return spoken(last_heading(line.strip()))


def _hidden_tests(hidden: Sequence[tuple[str, str]]) -> str:
    """Hidden tests as a text of their own: in the notebook's room students could read them."""
    lines = ["# Hidden tests of the notebook, by question: what checks.py is to ask.", ""]
    for question, text in hidden:
        lines += [f"# --- {question or '(before any question)'}", text, ""]
    return "\n".join(lines)


def _files_named(path: Path, notebook: Notebook) -> tuple[dict[Path, bytes], tuple[str, ...]]:
    """The files beside a notebook that its code names, and modules of its folder; the names of those not there.

    What a module of its folder names or imports in its turn comes along too.
    """
    found: dict[Path, bytes] = {}
    absent: list[str] = []
    waiting = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    seen: set[str] = set()
    while waiting:
        source = waiting.pop()
        named = set(_texts(source))
        new = (named | set(_modules(path.parent, source))) - seen
        seen |= new
        for name in filter(_is_beside, sorted(new)):
            place, content = Path(name), _own_file(path.parent, name)
            if content is not None:
                found[place] = content
                waiting += [content.decode("utf-8", "replace")] if place.suffix == ".py" else []
            elif name in named and _is_read(name, notebook):
                absent.append(name)
    return dict(sorted(found.items())), tuple(sorted(absent))


def _is_beside(name: str) -> bool:
    place = Path(name)
    hidden = place.suffix == ".ipynb" or place.name.startswith(".")
    return not (hidden or place.is_absolute() or ".." in place.parts)


def _own_file(folder: Path, name: str) -> bytes | None:
    """What a file of the folder holds; None where there is none, or it is too large to be handed out."""
    there = folder / name
    # A link may lead to any file of the lecturer's, and what is taken along is handed out.
    own = there.resolve().is_relative_to(folder.resolve())
    return there.read_bytes() if own and there.is_file() and there.stat().st_size <= LARGEST_FILE else None


def _modules(folder: Path, source: str) -> Iterator[str]:
    """The files that code may import of a folder: a module's, and all that are a package's."""
    for top in {one.partition(".")[0] for one in names_of(source).modules} - {""}:
        yield f"{top}.py"
        if not (folder / top).is_symlink():
            yield from (path.relative_to(folder).as_posix() for path in sorted((folder / top).rglob("*.py")))


def _texts(source: str) -> Iterator[str]:
    tree = parse(source)
    for node in ast.walk(tree) if tree else ():
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and re.fullmatch(r"[\w./-]{1,200}", node.value)
        ):
            yield node.value


def _is_read(name: str, notebook: Notebook) -> bool:
    """Whether code reads a file of this name."""
    reading = (
        rf"(?:open|load\w*|read_\w+|imread|loadtxt)\([^\n()]*[\"']{re.escape(name)}[\"'](?![^\n]*[\"'][wax]b?[\"'])"
    )
    return bool(Path(name).suffix) and any(re.search(reading, cell.source) for cell in notebook.cells)


# --- Files ------------------------------------------------------------------------------------------------------------


def notebook_bytes(cells: Sequence[SourceCell]) -> bytes:
    """Return a notebook, version 4.5, without outputs."""
    taken: set[str] = set()
    whole = {
        "cells": [_stored(cell, taken) for cell in cells],
        "metadata": {"kernelspec": KERNEL},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return f"{json.dumps(whole, ensure_ascii=False, indent=1)}\n".encode()


def _stored(cell: SourceCell, taken: set[str]) -> dict[str, Any]:
    role = {} if cell.role is None else {"nbgrader": cell.role}
    named = str(cell.role["grade_id"]) if cell.role else cell.id
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", named) or named in taken:
        base = hashlib.sha256(f"{cell.number} {cell.cell_type} {cell.source}".encode()).hexdigest()
        named = next(base[:size] for size in range(8, 64) if base[:size] not in taken)
    taken.add(named)
    stored: dict[str, Any] = {"cell_type": cell.cell_type, "id": named, "metadata": {**cell.metadata, **role}}
    if cell.attachments and cell.cell_type != "code":
        stored["attachments"] = cell.attachments
    if cell.cell_type == "code":
        stored |= {"execution_count": None, "outputs": []}
    return {**stored, "source": cell.source}


def _write(paths: Paths, planned: Sequence[_Planned], language: str, python: str | None) -> None:
    fresh = not paths.course.exists()
    if there := [folder for one in planned if (folder := paths.source(one.name)).exists()]:
        advice = "it is there: give the notebook another name, or the folder"
        raise CourseError(Problem(paths.shown(folder), 0, "", advice) for folder in there)
    text = _course_text(paths, planned, language, python) if fresh else _with_more(paths, planned)
    by_hand = any(one.made.converted.by_hand for one in planned)
    paths.root.mkdir(parents=True, exist_ok=True)
    for one in planned:
        write_files(paths.source(one.name), one.files)
        if one.made.converted.hidden:
            write_beside(paths.draft(one.name, HIDDEN_TESTS), _hidden_tests(one.made.converted.hidden).encode())
    paths.course.write_text(text, encoding="utf-8")
    if not paths.nbgrader_config.exists():
        paths.nbgrader_config.write_text(_nbgrader_config(paths, by_hand=by_hand), encoding="utf-8")
    for one in planned:
        if one.made.converted.questions or not one.made.converted.cells:
            write_release(*(part.source for part in load_parts(paths.root, one.name)))


def _course_text(paths: Paths, planned: Sequence[_Planned], language: str, python: str | None) -> str:
    name = question_id(paths.root.resolve().name, ())
    title = planned[0].title if len(planned) == 1 else paths.root.resolve().name
    needs = {name for one in planned for name in one.data if name in STAND_INS} - set(Shelf(shelf_folder()).names())
    lines = [
        f"course: {name}",
        f"title: {_quoted(title)}  # on feedback pages",
        f"language: {language}  # of the messages students read",
        *([f"python: {_quoted(python)}  # the Python that notebooks are run in"] if python else []),
        *(["stand_ins: true  # small sets serve until the real ones are added: autograder data add"] if needs else []),
        "",
        "assignments:",
        *(line for one in planned for line in _entry(one, 2)),
    ]
    return "\n".join(lines) + "\n"


def _entry(one: _Planned, column: int) -> list[str]:
    data = [f"  data: [{', '.join(one.data)}]"] if one.data else []
    return [" " * column + line for line in (f"{one.name}:", f"  title: {_quoted(one.title)}", *data)]


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False) if re.search(r"[^\w /.-]", text) or text != text.strip() else text


def _with_more(paths: Paths, planned: Sequence[_Planned]) -> str:
    """course.yaml with more assignments, every other line as its author wrote it."""
    text = paths.course.read_bytes().decode("utf-8-sig")
    edited = add_to_block(text, "assignments", lambda column: [line for one in planned for line in _entry(one, column)])
    names = {one.name for one in planned}
    if edited is None or not _holds(edited, text, names):
        lines = "".join(f"    {line}\n" for one in planned for line in _entry(one, 2))
        why = f"could not be edited: write this under assignments, then run this again\n{lines}"
        known = set(yaml.safe_load(text).get("assignments", {}))
        if names <= known:
            return text
        raise CourseError([Problem(paths.shown(paths.course), 0, "assignments", why)])
    return edited


def _holds(edited: str, text: str, names: set[str]) -> bool:
    try:
        before, after = yaml.safe_load(text), yaml.safe_load(edited)
        added = {name: after["assignments"].pop(name) for name in names if name not in before["assignments"]}
    except (yaml.YAMLError, LookupError, TypeError):
        return False
    return set(added) == names and bool(before == after)


def _nbgrader_config(paths: Paths, *, by_hand: bool) -> str:
    text = (SAMPLE / "nbgrader_config").read_text(encoding="utf-8")
    name = question_id(paths.root.resolve().name, ())
    gradebook = (
        '\n# Answers in words are marked in nbgrader\'s formgrader.\nc.CourseDirectory.db_url = "sqlite:///{}"\n'
    )
    address = gradebook.format(paths.gradebook.name) if by_hand else ""
    return text.replace('course_id = "vision"', f'course_id = "{name}"') + address


def steps(paths: Paths, names: Sequence[str]) -> list[str]:
    """Return the commands that come next for assignments."""
    drafts = [f"autograder draft {name}" for name in names if not paths.checks(name).exists()]
    return [*drafts, "autograder validate"]
