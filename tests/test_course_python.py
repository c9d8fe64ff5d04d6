"""The Python that rooms run in: named by course.yaml, fit for rooms or told what to do, never among what is hidden."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

import toy
from autograder.course_python import environment_of, require_hidden
from autograder.course_yaml import CourseSettings
from autograder.errors import CourseError
from autograder.paths import Paths
from autograder.pipeline import Timings, grade, rejudge
from autograder.sandbox.environment import Environment, UnfitPython, find_environment, own_environment
from autograder.session import GradingOptions
from loading import load_assignment


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment that holds nothing."""
    folder = tmp_path_factory.mktemp("bare") / "env"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    return folder


def problem(root: Path, python: str) -> str:
    """What is said of a course whose rooms are to run in `python`."""
    course = CourseSettings(course="", title="", assignments={}, python=python)
    with pytest.raises(CourseError) as raised:
        environment_of(Paths(root), course, "lab")
    (found,) = raised.value.problems
    assert (str(found.path), found.where) == ("course.yaml", "python")
    return found.text


def found_for(root: Path) -> Environment:
    loaded = load_assignment(root, toy.NAME)
    return environment_of(loaded.paths, loaded.course, loaded.name)


def test_the_graders_own_serves_where_none_is_named(tmp_path: Path) -> None:
    own = found_for(toy.make_course(tmp_path))
    assert own is own_environment()
    assert (own.python, own.missing) == (sys.executable, ())
    assert {"numpy", "keras", "json", "sys"} <= own.importable
    assert own.versions["python"] == ".".join(map(str, sys.version_info[:3]))


def test_an_assignments_own_comes_before_the_courses(tmp_path: Path) -> None:
    root = toy.make_course(tmp_path)
    text = (root / "course.yaml").read_text()
    (root / "course.yaml").write_text(f"python: {tmp_path}/nowhere\n{text}")
    with pytest.raises(CourseError, match=r"course\.yaml: python: there is no .*/nowhere: name an interpreter"):
        found_for(root)
    own = f"    python: {sys.executable}\n"
    (root / "course.yaml").write_text(
        (root / "course.yaml").read_text().replace(f"  {toy.NAME}:\n", f"  {toy.NAME}:\n{own}")
    )
    assert found_for(root).python == sys.executable


def test_an_environment_is_an_interpreter_or_its_folder(bare: Path) -> None:
    found = find_environment(bare)
    assert found is find_environment(bare / "bin/python")
    assert (found.prefix, found.python) == (str(bare), str(bare / "bin/python"))
    assert dict(found.folders)[str(bare)] == "/environment"
    assert "numpy" not in found.importable


def test_a_path_is_the_courses_or_the_users(bare: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(bare.parent))
    for root, named in ((bare.parent / "course", "../env"), (tmp_path, "~/env/bin/python"), (tmp_path, str(bare))):
        assert "lacks msgspec, numpy, ipython" in problem(root, named)


def test_what_is_missing_is_said_with_the_line_that_installs_it(bare: Path, tmp_path: Path) -> None:
    python = bare / "bin/python"
    install = f"run `{python} -m pip install msgspec numpy ipython`"
    assert problem(tmp_path, str(bare)) == f"{python} lacks msgspec, numpy, ipython: {install}"


def test_what_is_no_python_for_rooms_is_said(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder/notes.txt").touch()
    (tmp_path / "text").write_text("not a program")
    scripts = {"fails": "echo no such thing >&2; exit 3", "silent": "exit 0", "talks": "echo hello"}
    for name, script in scripts.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{script}\n")
        (tmp_path / name).chmod(0o755)
    place = str(tmp_path)
    assert problem(tmp_path, "nowhere").startswith(f"there is no {place}/nowhere: name an interpreter, or the folder")
    assert problem(tmp_path, "empty").endswith(
        f"/empty holds no bin/python: make one with `python3 -m venv {place}/empty`"
    )
    assert problem(tmp_path, "folder").endswith("/folder holds no bin/python: name one that does")
    assert problem(tmp_path, "text") == f"{place}/text does not run: Permission denied"
    assert problem(tmp_path, "fails") == f"{place}/fails does not run: no such thing"
    assert problem(tmp_path, "silent") == f"{place}/silent does not answer as a Python does"
    assert problem(tmp_path, "talks") == f"{place}/talks does not answer as a Python does"


def test_a_python_that_says_something_first_is_heard(tmp_path: Path) -> None:
    wrapped = tmp_path / "python"
    wrapped.write_text(f'#!/bin/sh\necho "loading modules"\nexec {sys.executable} "$@"\n')
    wrapped.chmod(0o755)
    assert find_environment(wrapped).python == sys.executable, "rooms start from the interpreter behind"


@pytest.mark.parametrize(
    ("implementation", "version", "said"),
    [("cpython", "3.9.18", "3.10 or later"), ("pypy", "3.11.9", "CPython"), ("cpython", "3.10.0", "")],
)
def test_what_rooms_can_run_in(implementation: str, version: str, said: str) -> None:
    found = replace(own_environment(), implementation=implementation, versions={"python": version})
    if not said:
        return found.require_rooms()
    with pytest.raises(UnfitPython, match=f"is {implementation} {version}: rooms need {said}"):
        found.require_rooms()
    return None


def test_what_is_in_a_folder_that_rooms_do_not_see_is_not_there(tmp_path: Path) -> None:
    """A library installed to be worked on: its folder may hold anything, and is never shown."""
    own = own_environment()
    found = replace(own, path=(*own.path, str(tmp_path)), modules={**own.modules, str(tmp_path): ["mine"]})
    assert found.unseen[str(tmp_path)] == ["mine"]
    assert "mine" not in found.importable


@pytest.mark.parametrize("named", ["submitted/ada/python", "source/../submitted/ada/python", "link/python", "link"])
def test_a_python_that_students_may_have_written_is_never_run(tmp_path: Path, named: str) -> None:
    """It would run as the grader does, before any wall stands."""
    folder = tmp_path / "submitted/ada"
    for path in (folder / "python", folder / "bin/python"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
        path.chmod(0o755)
    (tmp_path / "link").symlink_to(folder)
    assert problem(tmp_path, named).startswith("a Python that lies in submitted/: rooms can read all of it")
    assert not (tmp_path / "ran").exists()


# --- Where it may lie -------------------------------------------------------------------------------------------------


@pytest.fixture
def paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Paths:
    monkeypatch.setenv("AUTOGRADER_DATA", str(tmp_path / "data"))
    return Paths(tmp_path / "course")


def made_in(folder: Path) -> tuple[str, ...]:
    """Say what is shown of an environment that lies in `folder`."""
    folder.mkdir(parents=True)
    return tuple(place for place, _ in replace(own_environment(), prefix=str(folder)).folders)


def test_beside_course_yaml_only_the_environment_is_shown(paths: Paths) -> None:
    folder = paths.root / ".venv"
    shown = made_in(folder)
    assert str(folder) in shown
    assert not any(paths.root.is_relative_to(place) for place in shown)
    require_hidden(paths, replace(own_environment(), prefix=str(folder)))


@pytest.mark.parametrize(
    "within", ["source/lab/env", "submitted/ada/lab/env", ".autograder/env", "release/env", "feedback"]
)
def test_not_among_what_students_hand_in_or_must_not_see(paths: Paths, within: str) -> None:
    made_in(paths.root / within)
    with pytest.raises(CourseError, match=rf"/{within}: a Python that lies in {within.partition('/')[0]}/: rooms"):
        require_hidden(paths, replace(own_environment(), prefix=str(paths.root / within)))


def test_not_by_a_link_either(paths: Paths, tmp_path: Path) -> None:
    made_in(paths.root / "submitted/ada/env")
    (tmp_path / "env").symlink_to(paths.root / "submitted/ada/env")
    with pytest.raises(CourseError, match="lies in submitted/"):
        require_hidden(paths, replace(own_environment(), prefix=str(tmp_path / "env")))


def test_not_on_the_data_shelf_nor_around_anything(paths: Paths, tmp_path: Path) -> None:
    for folder, said in (
        (tmp_path / "data/env", "a Python that lies in .*/data/: rooms can read all of it"),
        (paths.root, "the course lies under .*/course, which student code can read"),
        (tmp_path, "the data shelf lies under .*, which student code can read, the labels of hidden sets too"),
    ):
        folder.mkdir(parents=True, exist_ok=True)
        with pytest.raises(CourseError, match=said):
            require_hidden(paths, replace(own_environment(), prefix=str(folder)))


def test_what_lies_under_the_systems_programs_is_refused() -> None:
    with pytest.raises(CourseError, match=r"^/usr/share/course: the course lies under /usr, which student"):
        require_hidden(Paths(Path("/usr/share/course")), own_environment())


# --- What is kept -----------------------------------------------------------------------------------------------------


def test_another_version_is_another_exam_and_judging_needs_no_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = toy.make_course(tmp_path)
    toy.hand_in(root, "ada", toy.answered({}))

    def unchanged() -> list[bool]:
        return [step.unchanged for step in grade(load_assignment(root, toy.NAME), GradingOptions(jobs=1), Timings())]

    assert unchanged() == [False]
    assert unchanged() == [True]
    own = own_environment()
    with monkeypatch.context() as patched:
        newer = replace(own, versions={**own.versions, "numpy": "99.0"})
        patched.setattr("autograder.course_python.own_environment", lambda: newer)
        assert unchanged() == [False]
    (root / "course.yaml").write_text(f"python: {tmp_path}/gone\n{(root / 'course.yaml').read_text()}")
    with pytest.raises(CourseError, match="gone: name an interpreter"):
        unchanged()
    (judged,) = rejudge(load_assignment(root, toy.NAME), Timings())
    assert (judged.grade.status, judged.grade.score) == ("graded", 8)
