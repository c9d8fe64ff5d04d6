"""A course.yaml from elsewhere does not choose where what is made of it lies."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from autograder.course_yaml import load_course
from autograder.errors import CourseError
from autograder.report.calibration import draw
from hostile.courses import FOLDERS


def course(folder: Path, assignment: str, recipe: str) -> Path:
    own: dict[str, Any] = {"title": "t", "recipes": {recipe: {"data": "mnist"}}}
    said = {"course": "c", "title": "t", "assignments": {assignment: own}}
    (folder / "course.yaml").write_bytes(yaml.safe_dump(said, encoding="utf-8", allow_unicode=False))
    return folder


@pytest.mark.parametrize("name", FOLDERS)
def test_no_name_leads_elsewhere(tmp_path: Path, name: str) -> None:
    for assignment, recipe in ((FOLDERS[name], "short"), ("tp1", FOLDERS[name])):
        with pytest.raises(CourseError, match="is no name for a folder"):
            load_course(course(tmp_path, assignment, recipe))


@pytest.mark.parametrize("name", ["tp1", "TP 1 – été", "short.cpu", "a;b", "<b>"])
def test_names_of_all_kinds_are_names(tmp_path: Path, name: str) -> None:
    assert load_course(course(tmp_path, name, name)).assignments[name].recipes.keys() == {name}


def test_a_name_that_looks_like_a_formula_is_a_title() -> None:
    told = draw("$\\nothing{$, <script>", {"$\\x$ (the reference)": [0.5]}, 0.4)
    assert b"$\\nothing{$" in told
    assert b"<script" not in told
