"""What this machine lacks costs nobody a point, is said, and is taken up again once it is there."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

import toy
from autograder.judge.lacks import Lack
from autograder.pipeline import Progress, Timings, grade, rejudge
from autograder.sandbox.environment import own_environment
from autograder.session import GradingOptions
from loading import load_assignment


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = toy.make_course(tmp_path_factory.mktemp("course"))
    needs = "import no_such_library\n"
    toy.hand_in(root, "alone", toy.answered({"greet-answer": f"{needs}print(f'Hello {{names[0]}}')"}))
    toy.hand_in(root, "endless", toy.answered({"greet-answer": "while True: pass"}))
    toy.hand_in(root, "needs", toy.answered({"names-answer": f"{needs}names = ['Ada', 'Grace', 'Joan']"}))
    toy.hand_in(root, "own", toy.answered({"names-answer": "from utils import names"}))
    toy.hand_in(root, "typo", toy.answered({"names-answer": "import numppy\nnames = ['Ada', 'Grace', 'Joan']"}))
    return root


def steps(root: Path) -> dict[str, Progress]:
    options = GradingOptions(jobs=2)
    return {step.grade.student: step for step in grade(load_assignment(root, toy.NAME), options, Timings())}


def test_what_hangs_on_what_is_not_here_is_not_graded_and_is_said(
    course: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = steps(course)
    lack = Lack("library", "no_such_library")
    assert {name: step.grade.status for name, step in found.items()} == {
        "alone": "ungraded",
        "endless": "graded",
        "needs": "ungraded",
        "own": "graded",
        "typo": "graded",
    }
    assert found["needs"].grade.fault == "library no_such_library: not in the rooms' environment: install it there"
    assert [found[name].notes.lacks for name in ("alone", "needs", "own", "typo")] == [(lack,), (lack,), (), ()]
    assert (found["own"].notes.strays, found["typo"].notes.strays) == (("utils",), ())
    assert found["endless"].notes.stops == ("time",)
    checks = {one.name: one.status for question in found["needs"].grade.questions for one in question.outcomes}
    assert checks["test_double"] == "passed", "what does not hang on it is judged"
    assert checks["test_names"] == "ungraded"

    again = steps(course)
    assert {name for name, step in again.items() if step.unchanged} == {"endless", "own", "typo"}
    assert again["endless"].notes.stops == ("time",), "what is unchanged is still said"

    judged = {step.grade.student: step.grade.status for step in rejudge(load_assignment(course, toy.NAME), Timings())}
    assert judged["needs"] == "ungraded"

    before = {name: _evidence(course, name) for name in found}
    own = own_environment()
    site = next(folder for folder, names in own.modules.items() if "numpy" in names)
    with_it = replace(own, modules={**own.modules, site: [*own.modules[site], "no_such_library"]})
    monkeypatch.setattr("autograder.course_python.own_environment", lambda: with_it)
    installed = steps(course)
    examined = {name for name in found if _evidence(course, name) != before[name]}
    assert examined == {"alone", "needs"}, "those are examined again, and no others"
    assert installed["needs"].grade.status == "graded", "an error that says it is missing is the student's own then"


def _evidence(root: Path, student: str) -> int:
    return load_assignment(root, toy.NAME).paths.evidence(toy.NAME, student).stat().st_mtime_ns
