"""A small course for tests: three questions, no TensorFlow, so that its rooms are warm in a second."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

NAME = "toy"

COURSE = """\
course: tests
title: A course for tests
language: {language}
assignments:
  toy:
    title: Toy assignment
    expected: {expected}
    limits:
      cell_seconds: 2
      seconds: 20
      memory_mb: 300
"""

CHECKS = '''\
"""Checks of the toy assignment."""

import numpy as np

from autograder import call, printed, question, source, variable
from autograder.asserts import assert_close, assert_contains, assert_equal

doubled = call("double", np.array([1.5, -2.0]))
names = variable("names")
said = printed("greet-answer")
text = source("double-answer")


@question("double", weight=3)
def test_double(doubled):
    """Every number is doubled."""
    assert_close(doubled, [3.0, -4.0])


@question("double")
def test_no_loop(doubled, text):
    """No loop is written."""
    assert "for" not in text, "write it without a loop"


@question("names")
def test_names(names):
    """The three names, in order."""
    assert_equal(names, ["Ada", "Grace", "Joan"])


@question("greet", needs="names")
def test_greet(said):
    """Ada is greeted."""
    assert_contains(said, "Hello Ada")
'''

Cell = dict[str, Any]


def code(cell_id: str, source: str, **role: Any) -> Cell:
    """A code cell; with a role, nbgrader's metadata."""
    metadata: dict[str, Any] = {}
    if role:
        whole = {"schema_version": 3, "grade": False, "solution": False, "locked": False, "task": False}
        metadata["nbgrader"] = {**whole, "grade_id": cell_id, **role}
    return {
        "cell_type": "code",
        "id": cell_id,
        "metadata": metadata,
        "source": source,
        "execution_count": None,
        "outputs": [],
    }


def text(cell_id: str, source: str) -> Cell:
    """A Markdown cell."""
    return {"cell_type": "markdown", "id": cell_id, "metadata": {}, "source": source}


def essay(asked: str) -> Cell:
    """A question of 3 points, `essay`, that is answered in words and marked by hand."""
    own = {"grade": True, "solution": True, "locked": False, "task": False, "grade_id": "essay", "points": 3}
    return {
        **text("essay", f"{asked}\n\nYOUR ANSWER HERE"),
        "metadata": {"nbgrader": {"schema_version": 3, **own}},
    }


def answer(cell_id: str, source: str) -> Cell:
    """A solution cell."""
    return code(cell_id, source, solution=True)


def test_cell(cell_id: str, points: float, source: str) -> Cell:
    """A cell of visible tests."""
    return code(cell_id, source, grade=True, locked=True, points=points)


test_cell.__test__ = False  # type: ignore[attr-defined]

SOLUTION = (
    text("title", "# A toy"),
    code("imports", "import math\nimport numpy as np", locked=True),
    answer(
        "double-answer",
        "def double(values):\n    ### BEGIN SOLUTION\n    return 2 * np.asarray(values)\n    ### END SOLUTION",
    ),
    test_cell("double", 4, "assert double([1]).tolist() == [2], 'one doubled is two'"),
    answer("names-answer", '### BEGIN SOLUTION\nnames = ["Ada", "Grace", "Joan"]\n### END SOLUTION'),
    test_cell("names", 2, "assert len(names) == 3"),
    answer("greet-answer", '### BEGIN SOLUTION\nprint(f"Hello {names[0]}")\n### END SOLUTION'),
    test_cell("greet", 2, "assert names"),
)


def notebook(cells: Sequence[Cell]) -> bytes:
    """A notebook, version 4.5."""
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    whole = {"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": kernel}, "cells": list(cells)}
    return json.dumps(whole, ensure_ascii=False, indent=1).encode()


def make_course(
    root: Path,
    *,
    cells: Sequence[Cell] = SOLUTION,
    checks: str = CHECKS,
    language: str = "en",
    expected: str = "shown",
) -> Path:
    """Write a course in `root`, its release made, and return `root`."""
    from autograder.release import write_release
    from loading import load_assignment

    write_source(root, cells=cells, checks=checks, language=language, expected=expected)
    write_release(load_assignment(root, NAME).source)
    return root


def write_source(
    root: Path,
    *,
    cells: Sequence[Cell] = SOLUTION,
    checks: str = CHECKS,
    language: str = "en",
    expected: str = "shown",
) -> None:
    """Write a course's own files, without a release."""
    root.mkdir(parents=True, exist_ok=True)
    (root / "course.yaml").write_text(COURSE.format(language=language, expected=expected))
    folder = root / "source" / NAME
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{NAME}.ipynb").write_bytes(notebook(cells))
    (folder / "checks.py").write_text(checks)


def answered(answers: Mapping[str, str]) -> list[Cell]:
    """The toy notebook as a student hands it in: the solution, with these answer cells in place of its own."""
    cells = []
    for cell in copy.deepcopy(SOLUTION):
        source = answers.get(cell["id"], cell["source"])
        cells.append({**cell, "source": source.replace("### BEGIN SOLUTION\n", "").replace("### END SOLUTION", "")})
    return cells


def released() -> list[Cell]:
    """The toy notebook as students get it: its answers are nbgrader's stubs."""
    stub = "# YOUR CODE HERE\nraise NotImplementedError()"
    answers = {"double-answer": "def double(values):\n" + "\n".join(f"    {line}" for line in stub.splitlines())}
    return answered({"names-answer": stub, "greet-answer": stub, **answers})


def hand_in(root: Path, student: str, content: Sequence[Cell] | bytes) -> Path:
    """Write a student's notebook under `submitted/`."""
    path = root / "submitted" / student / NAME / f"{NAME}.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else notebook(content))
    return path
