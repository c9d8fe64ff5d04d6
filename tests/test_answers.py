"""Checks of the lessons that the project brings: right answers in any style keep every point, wrong ones lose some.

Whole notebooks are put together from answers of `tests/answers` and of `mistakes_*.py`, and graded by the real line. A
notebook holds several mistakes, each in a question of its own, and right answers elsewhere: the questions that lose
points have to be those, and no others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice
from pathlib import Path

import pytest

import mistakes_convolutifs
from answering import Answer, Mistake, graded, lost, mistaken, notebook, right_answers, together

pytestmark = pytest.mark.tensorflow
LESSON = "reseaux-convolutifs"
MISTAKES = mistakes_convolutifs.MISTAKES
WHOLE, AT_ONCE = 26, 5
"""Right notebooks, and mistakes in one notebook."""
APART = {"pooling-max": ("huit", "by NumPy, the array shown too")}
"""Where the answers of another question stand on a question's own, the answer that does without."""

Notebook = dict[str, Answer]
"""The answers of one student, by question."""


def right(place: int) -> Notebook:
    """Return the right notebook of this number: of each question another answer, as long as there are some."""
    return {question: answers[place % len(answers)] for question, answers in right_answers(LESSON).items()}


def wrong() -> list[tuple[Notebook, Notebook]]:
    """Return notebooks with mistakes: what is mistaken in each, and the whole."""
    return [
        (mistakes, {**right(place), **_apart(mistakes), **mistakes})
        for place, mistakes in enumerate(together(mistaken(LESSON, MISTAKES), AT_ONCE))
    ]


def _apart(mistakes: Mapping[str, Answer]) -> Notebook:
    found = (APART[question] for question in mistakes if question in APART)
    return {other: next(one for one in right_answers(LESSON)[other] if one.title == title) for other, title in found}


def complaints(notebooks: Sequence[tuple[Notebook, Notebook]], root: Path) -> list[str]:
    """Grade notebooks, and say which mistakes lost no point, and which right answers did."""
    submissions = {f"student-{n}": notebook(LESSON, answers) for n, (_, answers) in enumerate(notebooks)}
    grades = graded(LESSON, submissions, root)
    found = []
    for n, (mistakes, answers) in enumerate(notebooks):
        grade = grades[f"student-{n}"]
        gone = lost(grade)
        found += [f"{n}: {grade.status} {grade.fault}"] if grade.status != "graded" or grade.fault else []
        found += [
            f"{n}: no point lost: {one.question}, {one.title}"
            for one in mistakes.values()
            if not gone.get(one.question)
        ]
        found += [
            f"{n}: unfair: {name}, {answers[name].title}: {said}" for name, said in gone.items() if name not in mistakes
        ]
    return found


def test_there_are_enough_and_no_two_of_one_name() -> None:
    answers = right_answers(LESSON)
    assert answers.keys() == MISTAKES.keys() and len(answers) == 11
    assert len({tuple(one.title for one in right(place).values()) for place in range(WHOLE)}) == WHOLE >= 25
    assert sum(map(len, MISTAKES.values())) >= 200
    kinds: list[Mapping[str, Sequence[Answer | Mistake]]] = [answers, MISTAKES]
    for found in (ones for kind in kinds for ones in kind.values()):
        assert len({one.title for one in found}) == len(found)


def test_some_right_ones_keep_every_point_and_some_mistakes_lose_some(tmp_path: Path) -> None:
    assert complaints([*(({}, right(place)) for place in range(3)), *islice(wrong(), 3)], tmp_path) == []


@pytest.mark.whole
def test_right_ones_keep_every_point(tmp_path: Path) -> None:
    assert complaints([({}, right(place)) for place in range(WHOLE)], tmp_path) == []


@pytest.mark.whole
def test_each_mistake_loses_points_in_its_own_question_alone(tmp_path: Path) -> None:
    assert complaints(wrong(), tmp_path) == []
