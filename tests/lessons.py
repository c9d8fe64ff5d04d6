"""The course's lessons, what is handed in to them, and what the line is to make of it.

A notebook holds several mistakes, each in a question of its own, and right answers elsewhere: the questions that lose
points have to be those and no others, and, where `tests/hints/LESSON.yaml` says what is told of a mistake, say that.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Literal

import yaml

import mistakes_convolutifs
import mistakes_dense
import mistakes_images
import mistakes_premieres
import mistakes_pytorch
import mistakes_transfert
from answering import Answer, Mistake, graded, lost, mistaken, notebook, right_answers, together
from autograder.data.arrays import HIDDEN
from autograder.data.shelf import Shelf
from autograder.data.sources import stand_in
from autograder.records import Grade

HINTS = Path(__file__).parent / "hints"
Notebook = dict[str, Answer]
"""The answers of one student, by question."""


@dataclass(frozen=True)
class HandedIn:
    """One student's notebook."""

    answers: Notebook
    mistakes: Notebook = field(default_factory=dict)
    """Those of its answers that are wrong."""


@dataclass(frozen=True)
class Complaint:
    """What the line did not make of a notebook as it should."""

    kind: Literal["ungraded", "no point lost", "unfair", "not told"]
    place: int
    """Of the notebook, among those graded together."""
    question: str
    text: str

    def __str__(self) -> str:
        return f"{self.place}: {self.kind}: {self.question}, {self.text}"


@dataclass(frozen=True)
class Lesson:
    """A lesson, and what is handed in to it."""

    name: str
    mistakes: Mapping[str, Sequence[Mistake]]
    whole: int
    """Right notebooks."""
    at_once: int
    """Mistakes in one notebook."""
    mutants: int
    """How many mutants are examined where the grader is graded."""
    apart: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Where another question's answer stands on a question's own: that question, and the answer that does without."""

    def right(self, place: int) -> Notebook:
        """Return the right notebook of this number: of each question another answer, as long as there are some."""
        return {question: answers[place % len(answers)] for question, answers in right_answers(self.name).items()}

    def rights(self, count: int) -> list[HandedIn]:
        """Return notebooks in which nothing is mistaken."""
        return [HandedIn(self.right(place)) for place in range(count)]

    def wrong(self) -> Iterator[HandedIn]:
        """Yield notebooks with mistakes, until each has been in one."""
        for place, mistakes in enumerate(together(mistaken(self.name, self.mistakes), self.at_once)):
            yield HandedIn({**self.right(place), **self._apart(mistakes), **mistakes}, mistakes)

    def _apart(self, mistakes: Notebook) -> Notebook:
        found = (self.apart[question] for question in mistakes if question in self.apart)
        answers = right_answers(self.name)
        return {other: next(one for one in answers[other] if one.title == title) for other, title in found}


CONVOLUTIONS = Lesson(
    "reseaux-convolutifs",
    mistakes_convolutifs.MISTAKES,
    whole=26,
    at_once=5,
    mutants=250,
    apart={"pooling-max": ("huit", "by NumPy, the array shown too")},
)
DENSE = Lesson("reseau-dense", mistakes_dense.MISTAKES, whole=15, at_once=8, mutants=80)
FIRST = Lesson("premieres-convolutions", mistakes_premieres.MISTAKES, whole=15, at_once=4, mutants=80)
IMAGES = Lesson(
    "classification-images",
    mistakes_images.MISTAKES,
    whole=20,
    at_once=7,
    mutants=80,
    apart={
        "efface": ("sensibilite", "by itself: erased without another question's function"),
        "profond": ("convolution", "by itself: a layer like it, built on its own"),
    },
)
TRANSFER = Lesson(
    "transfert",
    mistakes_transfert.MISTAKES,
    whole=20,
    at_once=7,
    mutants=80,
    apart={"vgg-fige": ("vgg-degele", "by itself: built without the other exercise's function")},
)
PYTORCH = Lesson("cnn-pytorch", mistakes_pytorch.MISTAKES, whole=15, at_once=5, mutants=80)
LESSONS = (CONVOLUTIONS, DENSE, FIRST, IMAGES, TRANSFER, PYTORCH)


def fill_shelf(folder: Path) -> Path:
    """Put data that stand in for those of the lessons on a shelf, and return it."""
    shelf = Shelf(folder)
    for name in ("mnist", "mnist-hidden", "fashion_mnist", "cifar10", "cifar10-hidden"):
        arrays = stand_in(name)
        shelf.add(name, arrays, hidden=set(arrays) == set(HIDDEN), stand_in=True, origin="drawn")
    return shelf.folder


@cache
def hints(lesson: str) -> dict[str, dict[str, str]]:
    """Return what is told of mistakes of a lesson, a part at least: by question, by the mistake's title."""
    path = HINTS / f"{lesson}.yaml"
    found: dict[str, dict[str, str]] = yaml.safe_load(path.read_text(encoding="utf-8")) if path.exists() else {}
    return found


def complaints(lesson: Lesson, handed_in: Sequence[HandedIn], root: Path) -> list[Complaint]:
    """Grade notebooks in a course made in `root`, and say of each what it was not to be."""
    submissions = {f"student-{n}": notebook(lesson.name, one.answers) for n, one in enumerate(handed_in)}
    root.mkdir()
    grades = graded(lesson.name, submissions, root)
    return [one for n, each in enumerate(handed_in) for one in _complaints(lesson, n, each, grades[f"student-{n}"])]


def _complaints(lesson: Lesson, place: int, handed_in: HandedIn, grade: Grade) -> Iterator[Complaint]:
    gone = lost(grade)
    if grade.status != "graded" or grade.fault:
        yield Complaint("ungraded", place, "", f"{grade.status} {grade.fault}")
    for question, one in handed_in.answers.items():
        if question not in handed_in.mistakes:
            if question in gone:
                yield Complaint("unfair", place, question, f"{one.title}: {gone[question]}")
        elif question not in gone:
            yield Complaint("no point lost", place, question, one.title)
        else:
            expected = hints(lesson.name).get(question, {}).get(one.title, "")
            if on_one_line(expected) not in on_one_line(" ".join(gone[question])):
                yield Complaint("not told", place, question, f"{one.title}: « {expected} » in {gone[question]}")


def on_one_line(text: str) -> str:
    """Return a text with each stretch of spaces and ends of lines as one space: messages are laid out."""
    return re.sub(r"\s+", " ", text)
