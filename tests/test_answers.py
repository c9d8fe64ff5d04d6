"""Checks of the lessons that the project brings: right answers in any style keep every point, wrong ones lose some.

Whole notebooks are put together from answers of `tests/answers` and of `mistakes_*.py`, and graded by the real line. A
notebook holds several mistakes, each in a question of its own, and right answers elsewhere: the questions that lose
points have to be those, and no others.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import pytest

import mistakes_convolutifs
import mistakes_dense
import mistakes_images
import mistakes_premieres
from answering import Answer, Mistake, graded, lost, mistaken, notebook, right_answers, together
from autograder.data.arrays import HIDDEN
from autograder.data.shelf import Shelf
from autograder.data.sources import stand_in

pytestmark = pytest.mark.tensorflow
Notebook = dict[str, Answer]
"""The answers of one student, by question."""


@dataclass(frozen=True)
class Lesson:
    """A lesson, and what is handed in to it."""

    name: str
    mistakes: Mapping[str, Sequence[Mistake]]
    whole: int
    """Right notebooks."""
    at_once: int
    """Mistakes in one notebook."""
    apart: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Where another question's answer stands on a question's own: that question, and the answer that does without."""

    def right(self, place: int) -> Notebook:
        """Return the right notebook of this number: of each question another answer, as long as there are some."""
        return {question: answers[place % len(answers)] for question, answers in right_answers(self.name).items()}

    def rights(self, count: int) -> list[tuple[Notebook, Notebook]]:
        """Return right notebooks as `wrong` gives its own: nothing in them is mistaken."""
        return [({}, self.right(place)) for place in range(count)]

    def wrong(self) -> Iterator[tuple[Notebook, Notebook]]:
        """Yield notebooks with mistakes: what is mistaken in each, and the whole."""
        for place, mistakes in enumerate(together(mistaken(self.name, self.mistakes), self.at_once)):
            yield mistakes, {**self.right(place), **self._apart(mistakes), **mistakes}

    def _apart(self, mistakes: Notebook) -> Notebook:
        found = (self.apart[question] for question in mistakes if question in self.apart)
        answers = right_answers(self.name)
        return {other: next(one for one in answers[other] if one.title == title) for other, title in found}


CONVOLUTIONS = Lesson(
    "reseaux-convolutifs",
    mistakes_convolutifs.MISTAKES,
    whole=26,
    at_once=5,
    apart={"pooling-max": ("huit", "by NumPy, the array shown too")},
)
DENSE = Lesson("reseau-dense", mistakes_dense.MISTAKES, whole=15, at_once=8)
FIRST = Lesson("premieres-convolutions", mistakes_premieres.MISTAKES, whole=15, at_once=4)
IMAGES = Lesson(
    "classification-images",
    mistakes_images.MISTAKES,
    whole=20,
    at_once=7,
    apart={
        "efface": ("sensibilite", "by itself: erased without another question's function"),
        "profond": ("convolution", "by itself: a layer like it, built on its own"),
    },
)
LESSONS = pytest.mark.parametrize("lesson", [CONVOLUTIONS, DENSE, FIRST, IMAGES], ids=lambda lesson: lesson.name)


@pytest.fixture(autouse=True)
def _shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Data that stand in for those of the lesson that trains."""
    shelf = Shelf(tmp_path / "shelf")
    for name in ("mnist", "mnist-hidden", "fashion_mnist", "cifar10", "cifar10-hidden"):
        arrays = stand_in(name)
        shelf.add(name, arrays, hidden=set(arrays) == set(HIDDEN), stand_in=True, origin="drawn")
    monkeypatch.setenv("AUTOGRADER_DATA", str(shelf.folder))


def complaints(lesson: Lesson, notebooks: Sequence[tuple[Notebook, Notebook]], root: Path) -> list[str]:
    """Grade notebooks, and say which mistakes lost no point, and which right answers did."""
    submissions = {f"student-{n}": notebook(lesson.name, answers) for n, (_, answers) in enumerate(notebooks)}
    root.mkdir()
    grades = graded(lesson.name, submissions, root)
    found = []
    for n, (mistakes, answers) in enumerate(notebooks):
        grade = grades[f"student-{n}"]
        gone = lost(grade)
        if grade.status != "graded" or grade.fault:
            found.append(f"{n}: {grade.status} {grade.fault}")
        for question, one in answers.items():
            if question in mistakes and question not in gone:
                found.append(f"{n}: no point lost: {question}, {one.title}")
            if question in gone and question not in mistakes:
                found.append(f"{n}: unfair: {question}, {one.title}: {gone[question]}")
    return found


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


def test_the_matrices_are_large() -> None:
    assert (CONVOLUTIONS.whole, DENSE.whole, FIRST.whole, IMAGES.whole) == (26, 15, 15, 20)
    assert sum(map(len, CONVOLUTIONS.mistakes.values())) >= 200
    assert sum(map(len, DENSE.mistakes.values())) >= 90
    assert sum(map(len, FIRST.mistakes.values())) >= 80
    assert sum(map(len, IMAGES.mistakes.values())) >= 90


@pytest.mark.parametrize(
    ("lesson", "most"), [(CONVOLUTIONS, 3), (FIRST, 1), (IMAGES, 1)], ids=["reseaux", "premieres", "images"]
)
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
