"""course.yaml and the source notebooks: what is taught, for how many points, under which limits.

Every problem found is said at once, with its line and key.
"""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from functools import cached_property
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin
from zoneinfo import ZoneInfo

import msgspec
import yaml

from autograder.errors import CourseError, Problem
from autograder.notebook.formats import Notebook, read_course_notebook
from autograder.notebook.headings import last_heading
from autograder.notebook.metadata import role_of
from autograder.notebook.names import names_of
from autograder.notebook.regions import cell_name, marker_problems
from autograder.notebook.text import SUFFIXES, is_text_source
from autograder.paths import Paths, sqlite_address
from autograder.recipes import Profile, Recipe, RecipeSettings, resolve
from autograder.records import Limits, Plan, Question
from autograder.wire.messages import (
    FigureProbe,
    PredictionsProbe,
    PrintedProbe,
    Record,
    SourceProbe,
    TrainedByProbe,
    TrainedProbe,
)

Percent = Annotated[float, msgspec.Meta(gt=0, le=100)]


class AssignmentSettings(Record, frozen=True):
    """One assignment's part of course.yaml."""

    title: str
    expected: Literal["shown", "hidden"] | None = None
    """Whether messages to students say what was expected; None: they do where nobody hands in again after reading."""
    resubmission: bool = False
    """Whether students hand in again once they have read their page."""
    limits: Limits = Limits()
    preload: list[str] | None = None
    """Modules the rooms are forked with; left out, those that the source notebook imports."""
    python: str | None = None
    """The Python that its rooms run in: an interpreter, or an environment's folder; None: the course's."""
    data: tuple[str, ...] = ()
    """Sets of the data shelf that the notebook can load."""
    student_files: tuple[str, ...] = ()
    """Files handed out that students complete, as patterns of their paths: a student's own copy is used."""
    due: datetime | None = None
    """Until when it is to be handed in; without an offset, in the course's time zone."""
    late_penalty_percent_per_day: Percent | None = None
    """What each day begun after `due` takes, of the points earned; None: nbgrader's own rule, where it has one."""
    bonus: tuple[str, ...] = ()
    """Questions whose points come on top of what the assignment is worth."""
    recipes: dict[str, RecipeSettings] = msgspec.field(default_factory=dict)
    """How submitted networks are trained, by name."""

    @property
    def hides_expected(self) -> bool:
        """Whether messages to students leave out what was expected."""
        return self.resubmission if self.expected is None else self.expected == "hidden"


class CourseSettings(Record, frozen=True):
    """course.yaml."""

    course: str
    title: str
    assignments: dict[str, AssignmentSettings]
    language: Literal["fr", "en"] = "en"
    """Of the messages students read."""
    isolation: Literal["standard", "strict"] = "standard"
    """The weakest wall student code may run behind."""
    timezone: ZoneInfo | None = None
    """Of the moments in this file; None: UTC."""
    stand_ins: bool = False
    """Whether small embedded sets may serve where the machine has not the real ones. Every result says so."""

    python: str | None = None
    """The Python that rooms run in: an interpreter, or an environment's folder; None: the grader's own."""

    def python_for(self, assignment: str) -> tuple[str, str | None]:
        """Return the key that names the Python of an assignment's rooms, and what it names."""
        settings = self.assignments.get(assignment)
        if settings is not None and settings.python is not None:
            return f"assignments.{assignment}.python", settings.python
        return "python", self.python

    def due(self, assignment: str) -> datetime | None:
        """Until when an assignment is to be handed in, in UTC; None where nothing says it."""
        settings = self.assignments.get(assignment)
        due = settings.due if settings else None
        if due is None:
            return None
        return (due if due.tzinfo else due.replace(tzinfo=self.timezone or UTC)).astimezone(UTC)


@dataclass(frozen=True)
class Assignment:
    """One assignment: its settings and its source notebook. Of one that has several notebooks, a part: one of them."""

    name: str
    paths: Paths
    course: CourseSettings
    settings: AssignmentSettings
    source: Notebook
    source_path: Path
    others: tuple[Path, ...] = ()
    """The source notebooks of the other parts."""
    elsewhere: frozenset[str] = frozenset()
    """Ids of the cells of the other parts."""

    @property
    def key(self) -> str:
        """What its grades and its evidence are kept under: its name, and its notebook's where it is a part."""
        return f"{self.name}/{self.notebook_file}" if self.others else self.name

    @property
    def checks(self) -> Path:
        """Its checks file: `checks.py`, or a part's own, named after its notebook."""
        return self.paths.checks(self.name, self.notebook_name if self.others else "")

    @property
    def notebook_name(self) -> str:
        return self.source_path.stem

    @property
    def notebook_file(self) -> str:
        """Name of the notebook that students get and hand in."""
        return f"{self.notebook_name}.ipynb"

    @property
    def generated(self) -> Path | None:
        """Where a source that is a text has its notebook, for nbgrader, which reads no other; None: it is one."""
        return self.source_path.with_suffix(".ipynb") if self.source_path.suffix in SUFFIXES else None

    @cached_property
    def questions(self) -> tuple[Question, ...]:
        """The graded places, in the notebook's order."""
        found: list[Question] = []
        heading = ""
        for cell in self.source.cells:
            role = role_of(cell)
            if cell.cell_type == "markdown":
                heading = last_heading(cell.source) or heading
            if role.grade or role.task:
                title, bonus = heading or role.id, role.id in self.settings.bonus
                found.append(Question(role.id, role.points, role.tests, title, role.task, bonus))
        titles = Counter(question.title for question in found)
        return tuple(replace(one, title=f"{one.title} ({one.id})") if titles[one.title] > 1 else one for one in found)

    @cached_property
    def keeps_gradebook(self) -> bool:
        """Whether its course keeps nbgrader's gradebook."""
        return keeps_gradebook(self.paths)

    @cached_property
    def shows_pictures(self) -> bool:
        """Whether somebody is to look at what its notebooks show: something in it is marked by hand."""
        return self.keeps_gradebook and any(role.by_hand for role in map(role_of, self.source.cells))

    @cached_property
    def answers(self) -> frozenset[str]:
        """Ids of the answer cells."""
        return frozenset(role.id for role in map(role_of, self.source.cells) if role.solution)

    @property
    def due(self) -> datetime | None:
        """Until when it is to be handed in, in UTC."""
        return self.course.due(self.name)

    @property
    def stand_ins(self) -> Path | None:
        """Folder of the sets that stand in for those this machine has not; None: the course allows none."""
        return self.paths.stand_ins if self.course.stand_ins else None

    def recipe(self, name: str, profile: Profile) -> Recipe:
        """Return one recipe under a profile. Raise CourseError where it names no data."""
        try:
            return resolve(name, self.settings.recipes[name], profile)
        except ValueError as error:
            where = f"assignments.{self.name}.recipes.{name}"
            raise CourseError([Problem(self.paths.shown(self.paths.course), 0, where, str(error))]) from None

    @property
    def preload(self) -> list[str]:
        """Modules to import once, in the zygote, in order."""
        if self.settings.preload is not None:
            return self.settings.preload
        return imports_of(self.source)


def imports_of(notebook: Notebook) -> list[str]:
    """Return the modules a notebook imports, in order."""
    code = (cell.source for cell in notebook.cells if cell.cell_type == "code")
    return list(dict.fromkeys(module for source in code for module in names_of(source).modules))


# --- course.yaml ------------------------------------------------------------------------------------------------------


def load_course(root: Path) -> CourseSettings:
    """Return the settings in `root`/course.yaml. Raise CourseError with every problem it has, and for none."""
    if (found := find_course(root)) is None:
        shown = Paths(root).shown(Paths(root).course)
        text = f"there is no course here: run from the folder that holds {shown.name}"
        raise CourseError([Problem(shown, 0, "", text)])
    return found


def find_course(root: Path) -> CourseSettings | None:
    """Return the settings in `root`/course.yaml, None where there is none. Raise CourseError with every problem."""
    paths = Paths(root)
    shown = paths.shown(paths.course)
    try:
        node = yaml.compose(paths.course.read_text(encoding="utf-8-sig"), Loader=yaml.SafeLoader)
    except FileNotFoundError:
        return None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise CourseError([Problem(shown, line, "", "not UTF-8: save the file in UTF-8")]) from None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        raise CourseError([Problem(shown, line, "", f"not YAML: {error.problem}")]) from None
    except (yaml.YAMLError, OSError, RecursionError) as error:
        text = f"cannot be read: {' '.join(str(error).split())}"
        raise CourseError([Problem(shown, 0, "", text)]) from None
    problems: list[Problem] = []
    settings = _Reader(shown, problems).read(node, CourseSettings, "")
    if problems:
        raise CourseError(sorted(problems))
    assert isinstance(settings, CourseSettings)
    return settings


def _moment(text: str) -> datetime:
    """Return the moment that is written, a day's end for a day alone. Raise ValueError for anything else."""
    try:
        return datetime.combine(date.fromisoformat(text), END_OF_DAY)
    except ValueError:
        return datetime.fromisoformat(text)


END_OF_DAY = time(23, 59, 59)
WRITTEN: dict[Any, tuple[Callable[[str], Any], str]] = {
    datetime: (_moment, "a day, or a moment such as 2026-10-01 23:59"),
    ZoneInfo: (lambda name: ZoneInfo(name), "a time zone's name such as Europe/Paris"),
}
"""How values are read that are written as plain text, and what is expected of them."""


class _Reader:
    """Turns a YAML node into a typed value, key by key, so that one mistake does not hide the others."""

    def __init__(self, path: Path, problems: list[Problem]) -> None:
        self._path = path
        self._problems = problems

    def read(self, node: yaml.Node | None, kind: Any, key: str) -> Any:
        kind = _without_none(kind)
        if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
            return self._read_struct(node, kind, key)
        if get_origin(kind) is dict:
            names, values = get_args(kind)
            return self._read_dict(node, names, values, key)
        if kind in WRITTEN:
            return self._read_written(node, kind, key)
        value = None
        try:
            if node is not None:
                value = yaml.SafeLoader("").construct_object(node, deep=True)
            return msgspec.convert(value, kind)
        except msgspec.ValidationError as error:
            self._complain(node, key, f"{_lower(str(error))}; given: {value!r}")
        except yaml.YAMLError as error:
            self._complain(node, key, _lower(str(getattr(error, "problem", error))))
        return None

    def _read_written(self, node: yaml.Node | None, kind: Any, key: str) -> Any:
        """Read a value that YAML has no type for, or one of its own, from its text."""
        read, expected = WRITTEN[kind]
        try:
            if isinstance(node, yaml.ScalarNode):
                return read(node.value)
        except (ValueError, LookupError, OSError):  # a time zone is a file of that name
            pass
        given = node.value if isinstance(node, yaml.ScalarNode) else "several values"
        self._complain(node, key, f"expected {expected}; given: {given!r}")
        return None

    def _read_struct(self, node: yaml.Node | None, kind: type[msgspec.Struct], key: str) -> Any:
        entries = self._entries(node, key)
        if entries is None:
            return None
        fields = {field.name: field for field in msgspec.structs.fields(kind)}
        values = {}
        for name, (key_node, value_node) in entries.items():
            if name in fields:
                values[name] = self.read(value_node, fields[name].type, _join(key, name))
            else:
                near = difflib.get_close_matches(name, fields, 1)
                advice = f"did you mean {near[0]}?" if near else f"known here: {', '.join(fields)}"
                self._complain(key_node, _join(key, name), f"unknown key; {advice}")
        for name, field in fields.items():
            if field.required and name not in entries:
                self._complain(node, _join(key, name), "missing")
        if any(field.required and values.get(name) is None for name, field in fields.items()):
            return None
        return kind(**values)

    def _read_dict(self, node: yaml.Node | None, names: Any, kind: Any, key: str) -> Any:
        entries = self._entries(node, key)
        if entries is None:
            return None
        if not entries:
            self._complain(node, key, "empty: name at least one")
        for name, (key_node, _) in entries.items():
            if get_origin(names) is Literal and name not in get_args(names):
                self._complain(key_node, _join(key, name), f"unknown key; known here: {', '.join(get_args(names))}")
        return {name: self.read(value, kind, _join(key, name)) for name, (_, value) in entries.items()}

    def _entries(self, node: yaml.Node | None, key: str) -> dict[str, tuple[yaml.Node, yaml.Node]] | None:
        if not isinstance(node, yaml.MappingNode):
            self._complain(node, key, "expected keys with values, indented below")
            return None
        entries: dict[str, tuple[yaml.Node, yaml.Node]] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                self._complain(key_node, key, "a key is a word, not a list or a mapping")
                continue
            if key_node.value in entries:
                self._complain(key_node, _join(key, str(key_node.value)), "given twice")
            entries[str(key_node.value)] = (key_node, value_node)
        return entries

    def _complain(self, node: yaml.Node | None, key: str, text: str) -> None:
        self._problems.append(Problem(self._path, node.start_mark.line + 1 if node else 1, key, text))


def _without_none(kind: Any) -> Any:
    """Return `X` for `X | None`: a key that is there has a value."""
    if get_origin(kind) not in (Union, UnionType):
        return kind
    return Union[tuple(part for part in get_args(kind) if part is not NoneType)]  # noqa: UP007 (as many as there are)


def _join(key: str, name: str) -> str:
    return f"{key}.{name}" if key else name


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


# --- Assignments ------------------------------------------------------------------------------------------------------


def load_assignment(root: Path, name: str) -> Assignment:
    """Return an assignment of one notebook. Raise CourseError with every problem of it, or where it has several."""
    found = load_parts(root, name)
    if len(found) > 1:
        shown, names = found[0].paths.shown(found[0].paths.source(name)), ", ".join(one.notebook_file for one in found)
        raise CourseError(
            [Problem(shown, 0, "", f"several notebooks with graded cells ({names}): one is expected here")]
        )
    return found[0]


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
    parts = tuple(_parts(name, paths, settings, graded or read))
    if problems := [
        *_bonus_problems(parts),
        *_part_problems(parts),
        *(problem for part in parts for problem in _notebook_problems(part)),
    ]:
        raise CourseError(problems)
    return parts


def _parts(name: str, paths: Paths, course: CourseSettings, notebooks: Mapping[Path, Notebook]) -> Iterator[Assignment]:
    ids = {path: {role_of(cell).id for cell in notebook.cells} - {""} for path, notebook in notebooks.items()}
    for path, notebook in notebooks.items():
        others = tuple(other for other in notebooks if other != path)
        elsewhere = frozenset(one for other in others for one in ids[other])
        yield Assignment(name, paths, course, course.assignments[name], notebook, path, others, elsewhere)


def _notebook_problems(assignment: Assignment) -> Iterator[Problem]:
    yield from marker_problems(assignment.source, assignment.paths.shown(assignment.source_path))
    yield from _cell_problems(assignment)


def _bonus_problems(parts: Sequence[Assignment]) -> Iterator[Problem]:
    """Yield where course.yaml names a bonus that is no question."""
    paths, name = parts[0].paths, parts[0].name
    known = [question.id for part in parts for question in part.questions]
    for bonus in parts[0].settings.bonus:
        if bonus not in known:
            near = difflib.get_close_matches(bonus, known, 1)
            advice = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(known)}"
            text = f"no question {bonus!r}; {advice}"
            yield Problem(paths.shown(paths.course), 0, f"assignments.{name}.bonus", text)


def _part_problems(parts: Sequence[Assignment]) -> Iterator[Problem]:
    """Yield where several notebooks do not make one assignment: questions of the same id, checks of all of them."""
    if len(parts) == 1:
        return
    paths, name = parts[0].paths, parts[0].name
    graded = Counter(question.id for part in parts for question in part.questions)
    for part in parts:
        for question in part.questions:
            if graded[question.id] > 1:
                text = "a question of this id is in another notebook of the assignment too: give each its own"
                yield Problem(paths.shown(part.source_path), 0, question.id, text)
    if (shared := paths.checks(name)).exists():
        wanted = ", ".join(part.checks.name for part in parts)
        text = f"several notebooks: each is examined alone and has checks of its own, {wanted}"
        yield Problem(paths.shown(shared), 0, "", text)


def _require_known(paths: Paths, settings: CourseSettings, name: str) -> None:
    if name not in settings.assignments:
        near = difflib.get_close_matches(name, settings.assignments, 1)
        known = f"did you mean {near[0]}?" if near else f"known: {', '.join(settings.assignments)}"
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
    return tuple(
        Assignment(name, paths, course, settings, read_course_notebook(path, paths.shown(path)), path)
        for path in sources
    )


def _source_notebooks(paths: Paths, name: str) -> list[Path]:
    """The notebooks of a source folder. A text named after the assignment stands for the notebook of its name."""
    folder = paths.source(name)
    texts = [path for path in (folder / f"{name}{suffix}" for suffix in SUFFIXES) if is_text_source(path)]
    return [*(path for path in sorted(folder.glob("*.ipynb")) if not texts or path.stem != name), *texts]


def _cell_problems(assignment: Assignment) -> Iterator[Problem]:
    """Yield what is wrong with the cells' ids and points."""
    shown = assignment.paths.shown(assignment.source_path)
    roles = [role_of(cell) for cell in assignment.source.cells]
    counts = Counter(role.id for role in roles if role.id)
    for index, (cell, role) in enumerate(zip(assignment.source.cells, roles, strict=True)):
        where = cell_name(index, cell)
        if counts[role.id] > 1:
            others = [i + 1 for i, other in enumerate(roles) if other.id == role.id and i != index]
            yield Problem(shown, 0, where, f"the id {role.id!r} is also that of cell {', '.join(map(str, others))}")
        if role.grade and role.points < 0:
            yield Problem(shown, 0, where, "a graded cell worth less than no points")
    if not any(role.grade or role.task for role in roles):
        yield Problem(shown, 0, "", "no graded cell: nothing in this notebook is worth a point")


def keeps_gradebook(paths: Paths) -> bool:
    """Whether the course keeps nbgrader's gradebook: it has one, or its nbgrader_config.py names one.

    One that has it can have answers without a check, which somebody marks in nbgrader's formgrader.
    """
    return gradebook_url(paths) is not None


def gradebook_url(paths: Paths) -> str | None:
    """Return the address of the course's gradebook, as nbgrader's configuration has it; None where there is none.

    nbgrader takes seconds to import: a course without a gradebook never pays for it.
    """
    config = paths.nbgrader_config
    if config.exists() and "db_url" in config.read_text(encoding="utf-8", errors="replace"):
        from traitlets.config.loader import PyFileConfigLoader

        loaded = PyFileConfigLoader(config.name, str(config.parent)).load_config()
        if named := loaded.CourseDirectory.get("db_url"):
            return str(named)
    return sqlite_address(paths.gradebook.absolute()) if paths.gradebook.exists() else None


def plan_problems(assignment: Assignment, plan: Plan) -> Iterator[Problem]:
    """Yield where the checks and the notebook do not fit each other."""
    checks = assignment.paths.shown(assignment.checks)
    questions = {question.id: question for question in assignment.questions}
    for check in plan.checks:
        for named in (check.question, *check.needs):
            if named not in questions:
                near = difflib.get_close_matches(named, questions, 1)
                advice = f"did you mean {near[0]!r}?" if near else f"graded cells: {', '.join(questions)}"
                yield Problem(checks, check.line, check.name, f"question {named!r} has no graded cell; {advice}")
    cells = {role_of(cell).id for cell in assignment.source.cells}
    recipes = assignment.settings.recipes
    for name, probe in plan.probes.items():
        if isinstance(probe, SourceProbe | PrintedProbe | FigureProbe) and probe.cell not in cells:
            yield Problem(checks, 0, name, f"no cell has the id {probe.cell!r}")
        if isinstance(probe, TrainedProbe | TrainedByProbe | PredictionsProbe) and probe.recipe not in recipes:
            near = difflib.get_close_matches(probe.recipe, recipes, 1)
            advice = f"did you mean {near[0]!r}?" if near else f"known here: {', '.join(recipes) or 'none'}"
            yield Problem(checks, 0, name, f"course.yaml has no recipe {probe.recipe!r} for this assignment; {advice}")
    checked = {check.question for check in plan.checks}
    for question in questions.values():
        if not question.tested and question.id not in checked and question.points and not assignment.keeps_gradebook:
            shown = assignment.paths.shown(assignment.source_path)
            text = (
                "neither a test cell nor a check: nothing would mark it; by hand, it is marked in nbgrader's gradebook"
            )
            yield Problem(shown, 0, question.id, text)


def on_trust(assignment: Assignment, plan: Plan) -> str:
    """Say, for the instructor, which questions rest on visible tests alone; nothing where none does."""
    checked = {check.question for check in plan.checks}
    alone = [one.id for one in assignment.questions if one.points and one.tested and one.id not in checked]
    return f"{ON_TRUST}: {', '.join(alone)}" if alone else ""


ON_TRUST = "points that rest on trust, for a student's code can make the visible tests beside it pass"
