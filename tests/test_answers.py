"""Checks of the lessons that the project brings: right answers in any style keep every point, wrong ones lose some.

Whole notebooks are put together from answers of `tests/answers` and of `mistakes_*.py`, and graded by the real line
(`lessons.py`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice
from pathlib import Path

import pytest

from answering import Answer, Mistake, graded, notebook, right_answers
from lessons import CONVOLUTIONS, DENSE, FIRST, IMAGES, TRANSFER, Lesson, complaints, fill_shelf, hints

pytestmark = pytest.mark.tensorflow
LESSONS = pytest.mark.parametrize(
    "lesson", [CONVOLUTIONS, DENSE, FIRST, IMAGES, TRANSFER], ids=lambda lesson: lesson.name
)


@pytest.fixture(autouse=True)
def _shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTOGRADER_DATA", str(fill_shelf(tmp_path / "shelf")))


TWO_FACED = """
class Menteur(keras.Model):
    def __init__(self, honnete):
        super().__init__()
        self.honnete = honnete

    def call(self, x):
        y = self.honnete(x)
        return y if isinstance(y, keras.KerasTensor) else y * 0

model2 = Menteur(model2)
model2(np.zeros((1, 32, 32, 3), "float32"))
"""


def test_a_network_that_computes_another_thing_than_it_reads_is_told_to_the_instructor(tmp_path: Path) -> None:
    right = CONVOLUTIONS.right(0)
    lying = Answer("model2", "two-faced", (right["model2"].cells[-1] + TWO_FACED,))
    handed_in = {"honest": right, "lying": {**right, "model2": lying}}
    (tmp_path / "course").mkdir()
    submissions = {student: notebook(CONVOLUTIONS.name, answers) for student, answers in handed_in.items()}
    grades = graded(CONVOLUTIONS.name, submissions, tmp_path / "course")
    assert grades["honest"].fault == ""
    assert grades["lying"].fault == "reseau reads as the solution's network and computes something else: look at it"
    assert grades["lying"].score == grades["honest"].score == grades["honest"].max_score


@LESSONS
def test_there_are_enough_and_no_two_of_one_name(lesson: Lesson) -> None:
    answers = right_answers(lesson.name)
    assert answers.keys() == lesson.mistakes.keys()
    notebooks = {tuple(one.title for one in lesson.right(place).values()) for place in range(lesson.whole)}
    assert len(notebooks) == lesson.whole
    kinds: list[Mapping[str, Sequence[Answer | Mistake]]] = [answers, lesson.mistakes]
    for found in (ones for kind in kinds for ones in kind.values()):
        assert len({one.title for one in found}) == len(found) > 1


@LESSONS
def test_what_is_told_of_mistakes_is_of_those_there_are(lesson: Lesson) -> None:
    titles = {question: {one.title for one in found} for question, found in lesson.mistakes.items()}
    assert {question: set(told) for question, told in hints(lesson.name).items()} in (titles, {})
    assert all(text.strip() for told in hints(lesson.name).values() for text in told.values())


def test_the_matrices_are_large() -> None:
    assert (CONVOLUTIONS.whole, DENSE.whole, FIRST.whole, IMAGES.whole, TRANSFER.whole) == (26, 15, 15, 20, 20)
    assert sum(map(len, CONVOLUTIONS.mistakes.values())) >= 200
    assert sum(map(len, DENSE.mistakes.values())) >= 90
    assert sum(map(len, FIRST.mistakes.values())) >= 80
    assert sum(map(len, IMAGES.mistakes.values())) >= 90
    assert sum(map(len, TRANSFER.mistakes.values())) >= 70


@pytest.mark.parametrize(("lesson", "most"), [(FIRST, 1), (IMAGES, 1)], ids=["premieres", "images"])
def test_some_right_ones_keep_every_point_and_some_mistakes_lose_some(
    lesson: Lesson, most: int, tmp_path: Path
) -> None:
    notebooks = [*lesson.rights(most), *islice(lesson.wrong(), most)]
    assert complaints(lesson, notebooks, tmp_path / "course") == []


@LESSONS
@pytest.mark.whole
def test_right_ones_keep_every_point(lesson: Lesson, tmp_path: Path) -> None:
    assert complaints(lesson, lesson.rights(lesson.whole), tmp_path / "course") == []


@LESSONS
@pytest.mark.whole
def test_each_mistake_loses_points_in_its_own_question_alone(lesson: Lesson, tmp_path: Path) -> None:
    assert complaints(lesson, list(lesson.wrong()), tmp_path / "course") == []
