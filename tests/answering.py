"""Whole notebooks put together from answers, question by question, and graded by the real line.

`tests/answers/LESSON/QUESTION.py` holds right answers in many styles, each after a line `# %% title`; `# %% +` goes on
in a new cell, where a student has the answer in several. They are what students write: no style of ours holds in them.
"""

from __future__ import annotations

import json
import re
import shutil
import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograder.notebook.formats import course_notebook_bytes
from autograder.pipeline import Timings, grade
from autograder.records import Grade
from autograder.session import GradingOptions
from loading import load_assignment

REPOSITORY = Path(__file__).parent.parent
ANSWERS = Path(__file__).parent / "answers"


@dataclass(frozen=True)
class Answer:
    """What a student wrote for one question."""

    question: str
    title: str
    cells: tuple[str, ...]
    """The last is the answer cell; those before it are the student's own."""


@dataclass(frozen=True)
class Mistake:
    """A wrong answer: what is wrong with it, and how it is made of the solution's."""

    title: str
    make: Callable[[str], str]


def other(title: str, *changes: tuple[str, str] | tuple[str, str, int]) -> Mistake:
    """The solution's answer with parts replaced: all that read so, or as many as the third says."""

    def make(text: str) -> str:
        for old, new, *count in changes:
            assert old in text, f"{title}: the solution has no {old!r}"
            text = text.replace(old, new, *count)
        return text

    return Mistake(title, make)


def instead(title: str, text: str) -> Mistake:
    """Another answer altogether."""
    return Mistake(title, lambda _: textwrap.dedent(text).strip())


def right_answers(lesson: str) -> dict[str, list[Answer]]:
    """Return the right answers of a lesson, by question."""
    return {path.stem: list(_answers(path)) for path in sorted((ANSWERS / lesson).glob("*.py"))}


def _answers(path: Path) -> Iterator[Answer]:
    parts = re.split(r"^# %% ?(.*)\n", path.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    found: list[Answer] = []
    for title, text in zip(parts[::2], parts[1::2], strict=True):
        if title == "+":
            found[-1] = Answer(path.stem, found[-1].title, (*found[-1].cells, text.strip()))
        else:
            found.append(Answer(path.stem, title, (text.strip(),)))
    return iter(found)


def solution(lesson: str) -> dict[str, str]:
    """Return the text of the solution's answers, by question."""
    folder = REPOSITORY / "source" / lesson
    path = next(path for path in (folder / f"{lesson}.md", folder / f"{lesson}.ipynb") if path.exists())
    cells = json.loads(course_notebook_bytes(path))["cells"]
    texts = {
        _id(cell): "".join(cell["source"]) for cell in cells if cell["metadata"].get("nbgrader", {}).get("solution")
    }
    return {
        name.removesuffix("-reponse"): re.sub(r" *### (BEGIN|END) SOLUTION\n?", "", text)
        for name, text in texts.items()
    }


def mistaken(lesson: str, mistakes: Mapping[str, Sequence[Mistake]]) -> dict[str, list[Answer]]:
    """Return the wrong answers made of mistakes, by question."""
    texts = solution(lesson)
    return {
        question: [Answer(question, one.title, (one.make(texts[question]),)) for one in found]
        for question, found in mistakes.items()
    }


def together(wrong: Mapping[str, Sequence[Answer]], at_once: int) -> Iterator[dict[str, Answer]]:
    """Yield wrong answers by question, some questions at a time, until each has been there once."""
    left = {question: list(answers) for question, answers in wrong.items()}
    while any(left.values()):
        longest = sorted(left, key=lambda question: len(left[question]), reverse=True)[:at_once]
        yield {question: left[question].pop(0) for question in longest if left[question]}


def notebook(lesson: str, answers: Mapping[str, Answer]) -> bytes:
    """Return the released notebook with these answers in it, by question."""
    path = REPOSITORY / "release" / lesson / f"{lesson}.ipynb"
    whole = json.loads(path.read_text(encoding="utf-8"))
    cells: list[dict[str, Any]] = []
    for cell in whole["cells"]:
        answer = answers.get(_id(cell).removesuffix("-reponse")) if _id(cell).endswith("-reponse") else None
        if answer is not None:
            cells += [_own(text, f"{answer.question}-{n}") for n, text in enumerate(answer.cells[:-1])]
            cell["source"] = answer.cells[-1]
        cells.append(cell)
    return json.dumps({**whole, "cells": cells}).encode()


def make_course(root: Path) -> None:
    """Copy the course to a folder that is there, nothing handed in."""
    shutil.copyfile(REPOSITORY / "nbgrader_config.py", root / "nbgrader_config.py")
    settings = (REPOSITORY / "course.yaml").read_text(encoding="utf-8")
    settings = settings.replace("python: .venv", f"python: {REPOSITORY}/.venv")  # an assignment's own, made here
    (root / "course.yaml").write_text(settings, encoding="utf-8")
    for name in ("source", "release"):
        shutil.copytree(REPOSITORY / name, root / name)


def graded(lesson: str, submissions: Mapping[str, bytes], root: Path) -> dict[str, Grade]:
    """Grade notebooks, by student, in a course of their own made in `root`."""
    make_course(root)
    for student, content in submissions.items():
        folder = root / "submitted" / student / lesson
        folder.mkdir(parents=True)
        (folder / f"{lesson}.ipynb").write_bytes(content)
    return {
        step.grade.student: step.grade for step in grade(load_assignment(root, lesson), GradingOptions(), Timings())
    }


def lost(given: Grade) -> dict[str, list[str]]:
    """Return the questions not fully passed, each with what its checks said."""
    return {
        question.id: [f"{one.name}: {one.title}: {one.message}" for one in question.outcomes if one.status != "passed"]
        for question in given.questions
        if question.score < question.max_score
    }


def _id(cell: Mapping[str, Any]) -> str:
    return str(cell["metadata"].get("nbgrader", {}).get("grade_id", ""))


def _own(text: str, name: str) -> dict[str, Any]:
    return {"cell_type": "code", "execution_count": None, "id": name, "metadata": {}, "outputs": [], "source": text}
