"""The course's assignment in PyTorch: right answers in any style keep every point, wrong ones lose some.

Notebooks are put together and graded as those of the other lessons are (`tests/test_answers.py`), in rooms of the
Python that course.yaml names for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest

import mistakes_pytorch
from answering import right_answers
from autograder.data.arrays import HIDDEN
from autograder.data.shelf import Shelf
from autograder.data.sources import stand_in
from test_answers import Lesson, Notebook, complaints

pytest.importorskip("torchvision", reason="no PyTorch here: `make test-all` runs these in .venv-torch")
LESSON = Lesson("cnn-pytorch", mistakes_pytorch.MISTAKES, whole=15, at_once=5)


@pytest.fixture(autouse=True)
def _shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shelf = Shelf(tmp_path / "shelf")
    for name in ("cifar10", "cifar10-hidden"):
        arrays = stand_in(name)
        shelf.add(name, arrays, hidden=set(arrays) == set(HIDDEN), stand_in=True, origin="drawn shapes")
    monkeypatch.setenv("AUTOGRADER_DATA", str(shelf.folder))


def wrong(notebooks: Iterator[tuple[Notebook, Notebook]] | list[tuple[Notebook, Notebook]], root: Path) -> list[str]:
    return complaints(LESSON, list(notebooks), root)


def test_there_are_enough_and_no_two_of_one_name() -> None:
    answers = right_answers(LESSON.name)
    assert answers.keys() == LESSON.mistakes.keys()
    assert len({tuple(one.title for one in LESSON.right(place).values()) for place in range(LESSON.whole)}) == 15
    assert sum(map(len, LESSON.mistakes.values())) >= 70
    titles = [[one.title for one in found] for found in answers.values()]
    titles += [[one.title for one in found] for found in LESSON.mistakes.values()]
    for found in titles:
        assert len({*found}) == len(found) > 1


def test_some_right_ones_keep_every_point_and_some_mistakes_lose_some(tmp_path: Path) -> None:
    assert wrong([*LESSON.rights(2), *islice(LESSON.wrong(), 2)], tmp_path / "course") == []


@pytest.mark.whole
def test_right_ones_keep_every_point(tmp_path: Path) -> None:
    assert wrong(LESSON.rights(LESSON.whole), tmp_path / "course") == []


@pytest.mark.whole
def test_each_mistake_loses_points_in_its_own_question_alone(tmp_path: Path) -> None:
    assert wrong(LESSON.wrong(), tmp_path / "course") == []
