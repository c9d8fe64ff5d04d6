"""No solution, and nothing that its room says, becomes code that runs outside rooms."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import toy
from autograder.authoring.draft.described import calls_told
from autograder.authoring.draft.run import draft, drafting
from autograder.session import GradingOptions, Session
from hostile.masters import MARK, QUICK_SOLUTIONS, SOLUTIONS, TOLD
from loading import load_assignment


def drafted(root: Path, name: str) -> str:
    """Draft checks of a solution; return the file. Raises CourseError where no draft can be made."""
    mark, (title, answer) = root / "mark", SOLUTIONS[name]
    cells = (
        toy.answer("x-answer", f"### BEGIN SOLUTION\n{answer}\n### END SOLUTION".replace(MARK, str(mark))),
        toy.test_cell("x", 2, "assert x is not None\nassert f(2) is not None"),
    )
    course = toy.make_course(root / "course", cells=cells)
    (course / "source/toy/checks.py").unlink()
    settings = course / "course.yaml"
    settings.write_text(settings.read_text().replace("Toy assignment", json.dumps(title.replace(MARK, str(mark)))))
    try:
        with drafting(Session(load_assignment(course, toy.NAME), GradingOptions(jobs=1))) as session:
            return draft(session).path.read_text()
    finally:
        assert not mark.exists(), name


@pytest.mark.parametrize(
    "name", [pytest.param(one, marks=[] if one in QUICK_SOLUTIONS else pytest.mark.whole) for one in SOLUTIONS]
)
def test_a_solution_is_no_code_of_its_draft(tmp_path: Path, name: str) -> None:
    text = drafted(tmp_path, name)
    compile(text, "checks.py", "exec")
    assert text.isprintable() or all(one.isprintable() or one == "\n" for one in text)


@pytest.mark.parametrize("name", TOLD)
def test_what_a_room_tells_of_calls_is_no_code(name: str) -> None:
    assert calls_told({"f": TOLD[name]}) == {"f": []}
    assert calls_told(TOLD[name]) == {}


def test_what_a_recorder_tells_is_kept() -> None:
    call = '[{"args": [{"kind": "array", "shape": [2], "dtype": "float32", "low": 0.0, "high": 1.0, "form": ""}], '
    (told,) = calls_told({"f": call + '"kwargs": {"a": {"kind": "plain", "value": 1.5}}}]'})["f"]
    assert told["kwargs"]["a"]["value"] == 1.5
