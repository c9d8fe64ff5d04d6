"""The class of `make demo-course`: who hands in what."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import demo_course
from answering import REPOSITORY
from autograder.paths import Paths
from loading import load_assignment
from test_course_table import LESSONS


def test_the_class_is_on_every_assignment_of_the_course() -> None:
    assert set(demo_course.MISTAKES) == {lesson.name for lesson in LESSONS}


@pytest.mark.parametrize("lesson", demo_course.MISTAKES)
def test_every_other_notebook_is_right_and_none_is_anothers(lesson: str) -> None:
    handed_in = list(demo_course.class_of(lesson, 20))
    assert len({*handed_in}) == 20
    released = (REPOSITORY / "release" / lesson / f"{lesson}.ipynb").read_bytes()
    stub = b"raise NotImplementedError()"
    assert {one.count(stub) for one in handed_in} == {1}  # the notebook's text tells what to do with it
    assert released.count(stub) > 1


def test_a_course_is_written_for_it(tmp_path: Path) -> None:
    root = tmp_path / "demo"
    demo_course.make_course(root, ["reseaux-convolutifs"], 3)
    assert load_assignment(root, "reseaux-convolutifs").course.stand_ins
    submitted = sorted(Paths(root).submitted.glob("*/*/*.ipynb"))
    assert [path.parent.parent.name for path in submitted] == ["student-01", "student-02", "student-03"]
    assert all(json.loads(path.read_bytes())["cells"] for path in submitted)
