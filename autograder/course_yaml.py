"""course.yaml: the settings of a course and of its assignments. Every problem is said at once, with line and key."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin
from zoneinfo import ZoneInfo

import msgspec
import yaml

from autograder.errors import CourseError, Problem
from autograder.locale.own import own_texts
from autograder.paths import Paths
from autograder.recipes import RecipeSettings
from autograder.records import Limits
from autograder.wire.messages import (
    Record,
)
from autograder.wire.ready import ready

Option = bool | int | float | str | list[str | int | float | bool] | dict[str, bool | int | float | str]
"""What may be passed on to a class of Dask's."""
ClusterKind = Literal["local", "ssh", "slurm", "pbs", "kubernetes"]
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
    optional: bool = False
    """Whether `validate` of the whole course may pass over it, and says so, where its Python is not on this machine."""
    bonus: tuple[str, ...] = ()
    """Questions whose points come on top of what the assignment is worth."""
    recipes: dict[str, RecipeSettings] = msgspec.field(default_factory=dict)
    """How submitted networks are trained, by name."""

    @property
    def hides_expected(self) -> bool:
        """Whether messages to students leave out what was expected."""
        return self.resubmission if self.expected is None else self.expected == "hidden"


class ClusterSettings(Record, frozen=True):
    """A Dask cluster that is made for a grading, where no scheduler is named."""

    kind: ClusterKind
    """Which of Dask's classes makes it."""
    workers: Annotated[int, msgspec.Meta(gt=0)] | None = None
    """How many it is to have; None: one, or as many as its options say."""
    wait_minutes: Annotated[float, msgspec.Meta(gt=0)] = 10.0
    """How long the first worker may take: a queue has its own pace."""
    options: dict[str, Option] = msgspec.field(default_factory=dict)
    """What the class is given, by its own names."""


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

    store: str | None = None
    """Address of the PostgreSQL database that the results are in; None: a file of the course's own."""

    cluster: ClusterSettings | None = None
    """What `--engine dask` opens rooms on, where no scheduler is named."""

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
    return _translated(settings, paths)


def _translated(settings: CourseSettings, paths: Paths) -> CourseSettings:
    """The settings with their titles in the course's language, as the course's own catalogue has them."""
    catalogue = paths.translation(settings.language)
    try:
        said = own_texts(catalogue).said
    except ValueError as error:
        raise CourseError([Problem(paths.shown(catalogue), 0, "", str(error))]) from None
    replaced = msgspec.structs.replace
    assignments = {name: replaced(one, title=said(one.title)) for name, one in settings.assignments.items()}
    return replaced(settings, title=said(settings.title), assignments=assignments)


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
UNSHOWN = ("store",)
"""Keys whose value no message repeats: a password may be in it."""


NAMING_FOLDERS = ("assignments", "recipes")
"""Keys whose names are those of folders too: a colleague's file must not choose where they lie."""
NAME_BYTES = 100


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
            return msgspec.convert(value, ready(kind))
        except msgspec.ValidationError as error:
            given = "" if key in UNSHOWN else f"; given: {value!r}"
            self._complain(node, key, f"{_lower(str(error))}{given}")
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
            if key.rpartition(".")[2] in NAMING_FOLDERS and not _is_name(name):
                self._complain(key_node, key, f"{name!r} is no name for a folder")
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


def _is_name(name: str) -> bool:
    """Whether a file may be called so, and lies where it is looked for."""
    plain = name.isprintable() and not {"/", "\\"} & set(name)
    return plain and name == name.strip() and not name.startswith(".") and 0 < len(name.encode()) <= NAME_BYTES


def _without_none(kind: Any) -> Any:
    """Return `X` for `X | None`: a key that is there has a value."""
    if get_origin(kind) not in (Union, UnionType):
        return kind
    return Union[tuple(part for part in get_args(kind) if part is not NoneType)]  # noqa: UP007 (as many as there are)


def _join(key: str, name: str) -> str:
    return f"{key}.{name}" if key else name


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]
