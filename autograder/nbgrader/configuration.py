"""What nbgrader's own commands read, and the gradebook that it names."""

from __future__ import annotations

import os
import sys
import sysconfig
from pathlib import Path
from typing import Any

from jupyter_core.paths import jupyter_config_path
from nbgrader.api import (
    Gradebook,
)
from nbgrader.plugins import BasePlugin
from traitlets import Float
from traitlets.config import Config
from traitlets.config.loader import ConfigFileNotFound, PyFileConfigLoader

from autograder.errors import CourseError, Problem
from autograder.grades import late_penalty
from autograder.paths import Paths, sqlite_address


class PercentPerDay(BasePlugin):  # type: ignore[misc]
    """course.yaml's `late_penalty_percent_per_day`, as nbgrader asks for it."""

    percent = Float().tag(config=True)

    def late_submission_penalty(self, student_id: str, score: float, total_seconds_late: float) -> float:
        return late_penalty(score, total_seconds_late, self.percent)


def open_gradebook(course: Any) -> Any:
    """Open the course's gradebook, made where it is not there."""
    scripts, path = sysconfig.get_path("scripts"), os.environ.get("PATH", os.defpath)
    os.environ["PATH"] = f"{scripts}{os.pathsep}{path}"  # to make one, nbgrader runs alembic by its bare name
    try:
        return Gradebook(course.db_url, course.course_id)
    finally:
        os.environ["PATH"] = path


def configuration(paths: Paths, percent_per_day: float | None = None) -> Config:
    """Return what nbgrader's own commands read: Jupyter's folders, then the course's.

    `percent_per_day` is course.yaml's rule for lateness, which is put in the place of theirs.
    """
    root = str(paths.root.resolve())
    if root not in sys.path:  # a plugin may be named that lies beside the configuration
        sys.path.append(root)
    config = Config()
    for folder in (*reversed(jupyter_config_path()), root):
        config.merge(_read_config(paths, folder))
    if "root" not in config.CourseDirectory:
        config.CourseDirectory.root = root
    if "db_url" not in config.CourseDirectory:  # nbgrader makes it of the path as it is, whatever characters are there
        gradebook = Path(config.CourseDirectory.root).absolute() / paths.gradebook.name
        config.CourseDirectory.db_url = sqlite_address(gradebook)
    if percent_per_day is not None:
        config.AssignLatePenalties.plugin_class = PercentPerDay
        config.PercentPerDay.percent = percent_per_day
    return config


def _read_config(paths: Paths, folder: str) -> Config:
    path = Path(folder) / paths.nbgrader_config.name
    try:
        return PyFileConfigLoader(path.name, folder).load_config()
    except ConfigFileNotFound:
        return Config()
    except Exception as error:  # the file is a program, and may raise anything
        raise CourseError([Problem(paths.shown(path), 0, "", f"{type(error).__name__}: {error}")]) from error
