"""Every exercise of the course is asked by a question there is, and every question asks one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import course_table
import own_digits
from course_table import Lesson
from loading import load_assignment

LESSONS = course_table.lessons()


def test_the_course_has_five_assignments() -> None:
    assert [lesson.section for lesson in LESSONS] == [1, 2, 3, 4, 4, 5]
    assert [lesson.name for lesson in LESSONS if lesson.open] == []


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)
def test_exercises_and_questions_fit_each_other(lesson: Lesson, repository: Path) -> None:
    assert len({exercise for exercise, _ in lesson.exercises}) == len(lesson.exercises) > 5
    if not (repository / "source" / lesson.name).exists():
        assert not lesson.asked
        return
    questions = {one.id for one in load_assignment(repository, lesson.name).questions}
    assert lesson.asked == questions
    assert lesson.teaches
    assert lesson.hours
    assert lesson.watch


def test_the_page_is_what_the_command_writes() -> None:
    assert course_table.PAGE.read_text(encoding="utf-8") == course_table.page()


def test_the_drawings_are_what_their_code_draws() -> None:
    for name, image in own_digits.images().items():
        assert np.array_equal(np.asarray(Image.open(own_digits.FOLDER / name)), np.asarray(image))
