"""The course's assignment in PyTorch: right answers in any style keep every point, wrong ones lose some.

Notebooks are put together and graded as those of the other lessons are (`tests/test_answers.py`), in rooms of the
Python that course.yaml names for it.
"""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import pytest

from answering import right_answers
from lessons import PYTORCH as LESSON
from lessons import complaints, fill_shelf, hints

pytest.importorskip("torchvision", reason="no PyTorch here: `make test-all` runs these in .venv-torch")


@pytest.fixture(autouse=True)
def _shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTOGRADER_DATA", str(fill_shelf(tmp_path / "shelf")))


def test_there_are_enough_and_no_two_of_one_name() -> None:
    answers = right_answers(LESSON.name)
    assert answers.keys() == LESSON.mistakes.keys()
    assert len({tuple(one.title for one in LESSON.right(place).values()) for place in range(LESSON.whole)}) == 15
    assert sum(map(len, LESSON.mistakes.values())) >= 70
    titles = [[one.title for one in found] for found in answers.values()]
    titles += [[one.title for one in found] for found in LESSON.mistakes.values()]
    for found in titles:
        assert len({*found}) == len(found) > 1
    told = {question: set(found) for question, found in hints(LESSON.name).items()}
    assert told in ({question: {one.title for one in found} for question, found in LESSON.mistakes.items()}, {})


def test_some_right_ones_keep_every_point_and_some_mistakes_lose_some(tmp_path: Path) -> None:
    assert complaints(LESSON, [*LESSON.rights(2), *islice(LESSON.wrong(), 2)], tmp_path / "course") == []


@pytest.mark.whole
def test_right_ones_keep_every_point(tmp_path: Path) -> None:
    assert complaints(LESSON, LESSON.rights(LESSON.whole), tmp_path / "course") == []


@pytest.mark.whole
def test_each_mistake_loses_points_in_its_own_question_alone(tmp_path: Path) -> None:
    assert complaints(LESSON, list(LESSON.wrong()), tmp_path / "course") == []
