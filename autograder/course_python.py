"""Which Python an assignment's rooms run in, and what must not lie where they read."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from autograder.course_yaml import CourseSettings
from autograder.data.shelf import shelf_folder
from autograder.errors import CourseError, Problem
from autograder.paths import Paths
from autograder.sandbox.environment import Environment, UnfitPython, find_environment, own_environment

INTRUDES = "a Python that lies in {}/: rooms can read all of it, and students may write there; make it elsewhere"


def environment_of(paths: Paths, course: CourseSettings, assignment: str) -> Environment:
    """Return the environment that course.yaml names for an assignment; the grader's own where it names none.

    Raises CourseError where there is none there, or no room can run in it.
    """
    key, named = course.python_for(assignment)
    # Asking a Python what it holds runs it: one that students could have written must not be asked.
    if named and (inside := _guarding(paths, paths.root / Path(named).expanduser())):
        raise CourseError([Problem(paths.shown(paths.course), 0, key, INTRUDES.format(paths.shown(inside)))])
    try:
        found = find_environment(paths.root / Path(named).expanduser()) if named else own_environment()
        found.require_rooms()
    except UnfitPython as error:
        text = str(error) if named else f"{error}; or name with `python` the environment that notebooks are to run in"
        raise CourseError([Problem(paths.shown(paths.course), 0, key, text)]) from None
    return found


def require_hidden(paths: Paths, environment: Environment) -> None:
    """Raise CourseError where the course, or the data shelf, lies where rooms of `environment` can read, or it in them.

    Rooms would find its checks there, or the labels of hidden sets.
    """
    if problems := [*_exposed(paths, environment), *_intruding(paths, environment)]:
        raise CourseError(problems)


def _exposed(paths: Paths, environment: Environment) -> Iterator[Problem]:
    advice = {
        paths.root: "the course lies under {}, which student code can read: move it elsewhere",
        shelf_folder(): "the data shelf lies under {}, which student code can read, the labels of hidden sets too: "
        "move it elsewhere, and name its new place in AUTOGRADER_DATA",
    }
    for place, text in ((place.resolve(), text) for place, text in advice.items()):
        for folder in environment.visible:
            if place.is_relative_to(Path(folder).resolve()):
                yield Problem(place, 0, "", text.format(folder))
                break


def _intruding(paths: Paths, environment: Environment) -> Iterator[Problem]:
    """An environment among what students hand in would run outside the wall; among what is hidden, show some of it."""
    for folder, _ in environment.folders:
        if inside := _guarding(paths, Path(folder)):
            yield Problem(folder, 0, "", INTRUDES.format(paths.shown(inside)))


def _guarding(paths: Paths, path: Path) -> Path | None:
    """The guarded folder that a path leads into, by its name or by any of its links; None where it does not."""
    ways = (Path(os.path.abspath(path)), path.resolve())  # noqa: PTH100 (by its name, links not followed)
    guarded = (*paths.guarded, shelf_folder())
    return next((one for one in guarded if any(_lies_in(way, one) for way in ways)), None)


def _lies_in(path: Path, folder: Path) -> bool:
    return path.is_relative_to(os.path.abspath(folder)) or path.is_relative_to(folder.resolve())  # noqa: PTH100
