"""The whole line on a small course: real rooms, a real judge, a real database; no TensorFlow."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import sysconfig
import time
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

import toy
from autograder import assessment, marking
from autograder.assignment import SourceNotebook
from autograder.course_yaml import AssignmentSettings
from autograder.engine import Engine, RoomSetup, open_engine
from autograder.errors import CourseError, GraderError
from autograder.evidence import Evidence, load_evidence
from autograder.intake import read_submission
from autograder.nbgrader import compat, handed_in
from autograder.notebook.formats import Notebook
from autograder.pipeline import Progress, Timings, choose_students, grade, rejudge
from autograder.records import Grade, Submission
from autograder.release import write_release
from autograder.remarks import cut_short
from autograder.report.feedback import write_feedback
from autograder.session import GradingOptions
from autograder.store import Store
from autograder.validate import findings
from autograder.wire import codec
from autograder.wire.messages import Answered, Fault
from loading import load_assignment

RIGHT = toy.answered({})
WRONG = toy.answered({"double-answer": "def double(values):\n    return values", "greet-answer": "pass"})
SINGLE = toy.answered(
    {"double-answer": "def double(values):\n    return np.float32(2) * np.asarray(values, 'float32')"}
)
STRICTER = toy.CHECKS.replace(
    "assert_close(doubled, [3.0, -4.0])",
    'assert_close(doubled, [3.0, -4.0])\n    assert doubled.dtype == np.float64, "keep the type"',
)
"""Those who hand in single precision pass the checks as they were, and fail these."""


@pytest.fixture
def course(tmp_path: Path) -> Path:
    return toy.make_course(tmp_path)


def run(root: Path, **options: object) -> list[Progress]:
    return list(grade(load_assignment(root, toy.NAME), GradingOptions(**options), Timings()))  # type: ignore[arg-type]


def grades(steps: list[Progress]) -> dict[str, Grade]:
    return {step.grade.student: step.grade for step in steps}


def statuses(one: Grade) -> dict[str, str]:
    return {f"{question.id}/{check.name}": check.status for question in one.questions for check in question.outcomes}


def test_a_class_is_graded(course: Path) -> None:
    toy.hand_in(course, "ada", RIGHT)
    toy.hand_in(course, "bob", WRONG)
    (course / "submitted" / "cleo").mkdir()
    toy.hand_in(course, "dan", b"")
    toy.hand_in(course, "eve", toy.answered({"names-answer": "import os; os._exit(1)"}))
    found = grades(run(course))
    assert {name: (one.status, one.score) for name, one in found.items()} == {
        "ada": ("graded", 8.0),
        "bob": ("graded", pytest.approx(4 * 1 / 5 + 2)),
        "cleo": ("missing", 0.0),
        "dan": ("graded", 0.0),
        "eve": ("graded", 0.0),
    }
    assert statuses(found["bob"]) == {
        "double/test_cell": "errored",
        "double/test_double": "failed",
        "double/test_no_loop": "passed",
        "names/test_cell": "passed",
        "names/test_names": "passed",
        "greet/test_cell": "skipped",
        "greet/test_greet": "failed",
    }
    assert set(statuses(found["dan"]).values()) == {"errored"} | {"skipped"}
    assert statuses(found["eve"])["double/test_cell"] == "skipped"
    assert statuses(found["eve"])["names/test_cell"] == "errored"


def test_a_student_is_named_in_whatever_form_of_unicode(course: Path) -> None:
    decomposed = unicodedata.normalize("NFD", "zoé")
    assignment = load_assignment(course, toy.NAME)
    assert choose_students(assignment.source, ["ada", decomposed], ["zoé"]) == [decomposed]
    with pytest.raises(CourseError, match="eve: no folder of this student"):
        choose_students(assignment.source, ["ada", decomposed], ["eve"])


def test_a_needed_question_that_failed_skips_what_needs_it(course: Path) -> None:
    toy.hand_in(course, "ada", toy.answered({"names-answer": 'names = ["Ada"]'}))
    found = grades(run(course))["ada"]
    assert statuses(found)["greet/test_greet"] == "skipped"
    assert found.questions[2].outcomes[1].message == 'hint  first earn all the points of "names".'


def test_a_deleted_test_cell_is_put_back(course: Path) -> None:
    toy.hand_in(course, "ada", [cell for cell in WRONG if cell["id"] not in ("double", "names")])
    assert statuses(grades(run(course))["ada"])["double/test_cell"] == "errored"


def test_only_what_is_new_or_changed_is_graded_again(course: Path) -> None:
    toy.hand_in(course, "ada", RIGHT)
    toy.hand_in(course, "bob", WRONG)
    assert [step.unchanged for step in run(course)] == [False, False]
    assert [step.unchanged for step in run(course)] == [True, True]
    toy.hand_in(course, "bob", RIGHT)
    again = {step.grade.student: (step.unchanged, step.grade.attempt, step.grade.score) for step in run(course)}
    assert again == {"ada": (True, 1, 8.0), "bob": (False, 2, 8.0)}
    assert [step.unchanged for step in run(course, again=True)] == [False, False]
    assert [step.grade.student for step in run(course, students=("bob",))] == ["bob"]


def test_graded_both_ways_the_same_bytes_are_one_attempt_wherever_the_course_lies(tmp_path: Path) -> None:
    course = toy.make_course(tmp_path / "50%41 a?b#é:c")
    toy.hand_in(course, "ada", RIGHT)

    def as_nbgrader() -> list[Progress]:
        return list(compat.grade([load_assignment(course, toy.NAME)], GradingOptions(), Timings()))

    ways: tuple[Callable[[Path], list[Progress]], ...] = (run, lambda _: as_nbgrader())
    assert [step.grade.attempt for way in (*ways, run) for step in way(course)] == [1, 1, 1]
    toy.hand_in(course, "ada", WRONG)
    assert [step.grade.attempt for way in (*ways, run) for step in way(course)] == [2, 2, 2]
    assert [path.name for path in tmp_path.iterdir()] == [course.name]
    assert _stored(course) == {"ada"}


def test_a_changed_probe_examines_again_and_a_changed_check_only_judges(
    course: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    toy.hand_in(course, "ada", SINGLE)
    run(course)
    evidence = course / ".autograder/evidence/toy/submitted/ada.evidence"
    before = evidence.stat().st_mtime_ns
    checks = course / "source/toy/checks.py"
    checks.write_text(STRICTER)
    (step,) = run(course)
    assert not step.unchanged
    assert step.grade.score == pytest.approx(8 - 4 * 3 / 5)
    assert evidence.stat().st_mtime_ns == before
    checks.write_text(toy.CHECKS.replace("np.array([1.5, -2.0])", "np.array([1.5, -2.0, 0.0])"))
    run(course)
    assert evidence.stat().st_mtime_ns != before


def test_checks_edited_during_a_run_judge_the_next_one(course: Path) -> None:
    """What was judged by the checks as they were does not stand under those that lie there now."""
    for name in ("ada", "bob"):
        toy.hand_in(course, name, SINGLE)
    checks = course / "source/toy/checks.py"
    checks.write_text(STRICTER)
    steps = grade(load_assignment(course, toy.NAME), GradingOptions(engine="inline"), Timings())
    first = next(steps)
    checks.write_text(toy.CHECKS)
    assert [step.grade.score for step in (first, *steps)] == [pytest.approx(8 - 4 * 3 / 5)] * 2
    assert [(step.unchanged, step.grade.score) for step in run(course)] == [(False, 8.0), (False, 8.0)]
    assert [step.unchanged for step in run(course)] == [True, True]


def test_rejudging_runs_no_student_code(course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    toy.hand_in(course, "ada", WRONG)
    assert grades(run(course))["ada"].questions[0].score == pytest.approx(0.8)
    checks = course / "source/toy/checks.py"
    checks.write_text(toy.CHECKS.replace('@question("double", weight=3)', '@question("double", weight=8)'))

    monkeypatch.setattr("autograder.engine._host.Zygote", no_room)
    (step,) = rejudge(load_assignment(course, toy.NAME), Timings())
    assert step.grade.questions[0].score == pytest.approx(0.4)


def test_a_broken_check_costs_nobody_a_point(course: Path) -> None:
    (course / "source/toy/checks.py").write_text(toy.CHECKS.replace("assert_close(doubled", "assert_clothes(doubled"))
    toy.hand_in(course, "ada", RIGHT)
    one = grades(run(course))["ada"]
    assert (one.status, one.score) == ("ungraded", 8.0)
    assert statuses(one)["double/test_double"] == "ungraded"
    assert one.fault.startswith("checks.py:17: NameError: name 'assert_clothes' is not defined")
    (course / "source/toy/checks.py").write_text(toy.CHECKS)
    (step,) = run(course)
    assert (step.unchanged, step.grade.status) == (False, "graded")


def test_a_check_that_the_solution_fails_costs_nobody_a_point(course: Path) -> None:
    wrong = toy.CHECKS.replace("[3.0, -4.0]", "[3.0, 4.0]")
    (course / "source/toy/checks.py").write_text(wrong)
    toy.hand_in(course, "ada", RIGHT)
    toy.hand_in(course, "bob", WRONG)
    toy.hand_in(course, "cyd", toy.answered({"double-answer": "def double(values):\n    return abs(2 * values)"}))
    found = grades(run(course))
    assert {name: statuses(one)["double/test_double"] for name, one in found.items()} == {
        "ada": "ungraded",
        "bob": "ungraded",
        "cyd": "passed",
    }
    assert statuses(found["bob"])["greet/test_greet"] == "failed"
    assert {name: one.status for name, one in found.items()} == {"ada": "ungraded", "bob": "ungraded", "cyd": "graded"}
    assert found["ada"].fault == "check test_double fails on the solution too: run `autograder validate toy`"


def test_a_check_that_the_solution_has_no_answer_to_costs_nobody_a_point(course: Path) -> None:
    source = course / "source/toy/toy.ipynb"
    source.write_text(source.read_text().replace("return 2 * np.asarray(values)", "raise ValueError(values)"))
    raising = toy.answered({"double-answer": "def double(values):\n    raise KeyError(values)"})
    for name, cells in {"ada": RIGHT, "bob": WRONG, "cyd": raising}.items():
        toy.hand_in(course, name, cells)
    found = grades(run(course))
    assert {name: statuses(one)["double/test_double"] for name, one in found.items()} == {
        "ada": "passed",
        "bob": "ungraded",
        "cyd": "ungraded",
    }
    assert found["bob"].fault == "check test_double has no answer on the solution too: run `autograder validate toy`"


def test_evidence_that_cannot_be_stored_costs_nobody_a_point(course: Path) -> None:
    toy.hand_in(course, "ada", RIGHT)
    toy.hand_in(course, "bob", RIGHT)
    (course / ".autograder/evidence/toy/submitted/ada.evidence").mkdir(parents=True)
    found = grades(run(course))
    assert (found["ada"].status, found["bob"].status) == ("ungraded", "graded")
    assert found["ada"].fault.startswith("the evidence cannot be stored: ")


@pytest.mark.parametrize(
    "cell",
    [
        "import os; os._exit(70)",
        "import os; os.closerange(3, 100)",
        "import sys; sys.modules['autograder.worker.run']._send(*[None] * 9)",
    ],
)
def test_a_student_cannot_choose_to_be_ungraded(course: Path, cell: str) -> None:
    toy.hand_in(course, "ada", toy.answered({"names-answer": cell}))
    one = grades(run(course))["ada"]
    assert one.status == "graded"
    assert one.questions[1].score == 0


@pytest.mark.parametrize(
    "cell",
    [
        "import os\nif os.fork(): os.wait()",
        "print(chr(0xd800))",
        "broken = chr(0xd800)",
        "class E(Exception):\n    def __str__(self): raise SystemExit\nraise E",
        "raise SyntaxError('x', ('f', 1, 1, 5))",
        "exec(compile('1/0', '<cell x>', 'exec'))",
    ],
)
def test_odd_but_honest_code_costs_nothing_elsewhere(course: Path, cell: str) -> None:
    toy.hand_in(course, "ada", [*RIGHT, toy.code("", cell)])
    one = grades(run(course))["ada"]
    assert (one.status, one.score) == ("graded", 8.0)


def test_a_notebook_that_speaks_for_its_room_gains_nothing(course: Path) -> None:
    forged = (
        "import gc, socket\n"
        "from autograder.wire import codec, messages\n"
        "talk = next(one for one in gc.get_objects() if isinstance(one, socket.socket))\n"
        "for message in (messages.CellRun(4, 0.1, '', '', 0, ''), messages.CellsDone()):\n"
        "    talk.sendall(codec.pack(message))\n"
        "import os; os._exit(0)"
    )
    toy.hand_in(course, "ada", toy.answered({"names-answer": forged}))
    one = grades(run(course))["ada"]
    assert one.status == "graded"
    assert [question.score for question in one.questions] == [0, 0, 0]


NEW_PROBE = """
tripled = call("double", np.array([9.0]))


@question("names")
def test_tripled(tripled):
    assert_equal(tripled, [18.0])
"""


def judged(root: Path) -> dict[str, Progress]:
    return {step.grade.student: step for step in rejudge(load_assignment(root, toy.NAME), Timings())}


def no_room(*_: object, **__: object) -> None:
    raise AssertionError("a room was opened")


def test_after_a_new_probe_judging_judges_the_rest_and_says_who_must_be_examined(course: Path) -> None:
    single = "def double(values):\n    return np.float32(2) * np.asarray(values, 'float32')"
    toy.hand_in(course, "ada", SINGLE)
    toy.hand_in(course, "bob", toy.answered({"double-answer": single, "names-answer": 'names = ["Ada"]'}))
    before = grades(run(course))
    checks = STRICTER.replace('question("double", weight=3)', 'question("double", weight=8)') + NEW_PROBE
    (course / "source/toy/checks.py").write_text(checks)
    found = judged(course)
    assert {name: step.kept for name, step in found.items()} == dict.fromkeys(
        ("ada", "bob"), "to be examined again, it was never asked tripled: run `autograder grade toy`"
    )
    for name, step in found.items():
        assert (step.grade.status, step.ours) == ("graded", False)
        assert statuses(step.grade)["double/test_double"] == "failed"
        assert step.grade.questions[0].score == pytest.approx(4 * 2 / 10)
        assert step.grade.questions[1:] == before[name].questions[1:]
    steps = run(course)
    assert [step.unchanged for step in steps] == [False, False]
    assert statuses(grades(steps)["ada"])["names/test_tripled"] == "passed"


def test_a_changed_probe_leaves_its_question_as_it_was_marked(course: Path) -> None:
    toy.hand_in(course, "ada", SINGLE)
    run(course)
    checks = STRICTER.replace("np.array([1.5, -2.0])", "np.array([5.0])").replace("[3.0, -4.0]", "[10.0]")
    (course / "source/toy/checks.py").write_text(checks)
    step = judged(course)["ada"]
    assert (step.grade.status, step.grade.score) == ("graded", 8.0)
    assert step.kept == "to be examined again, it was never asked doubled: run `autograder grade toy`"
    assert grades(run(course))["ada"].score == pytest.approx(8 - 4 * 3 / 5)


def test_what_is_asked_of_the_notebook_alone_needs_no_exam(course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sources and what cells printed are in the evidence, whatever was asked."""
    toy.hand_in(course, "ada", RIGHT)
    run(course)
    checks = toy.CHECKS + (
        'written = source("names-answer")\n\n\n@question("names")\ndef test_w(written):\n    assert "Ad" in written\n'
    )
    (course / "source/toy/checks.py").write_text(checks)
    monkeypatch.setattr("autograder.engine._host.Zygote", no_room)
    step = judged(course)["ada"]
    assert (step.kept, statuses(step.grade)["names/test_w"]) == ("", "passed")
    assert [(step.unchanged, step.grade.score) for step in run(course)] == [(True, 8.0)]


ORDER = toy.CHECKS.replace('assert_equal(names, ["Ada", "Grace", "Joan"])', 'assert names[2] == "Joan"')
"""What reads the third of two names stops: it is the student's fault because the solution has three."""


def test_a_new_library_changes_nothing_of_what_is_judged_again(course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (course / "source/toy/checks.py").write_text(ORDER)
    toy.hand_in(course, "ada", toy.answered({"names-answer": 'names = ["Ada", "Grace"]'}))
    before = grades(run(course))["ada"]
    assert statuses(before)["names/test_names"] == "failed"
    monkeypatch.setattr("autograder.assessment.libraries", lambda: "numpy 99")
    monkeypatch.setattr("autograder.engine._host.Zygote", no_room)
    step = judged(course)["ada"]
    assert (step.kept, step.grade) == ("", before)


def test_judging_after_the_solution_was_edited_examines_it_anew(course: Path) -> None:
    (course / "source/toy/checks.py").write_text(ORDER)
    toy.hand_in(course, "ada", toy.answered({"names-answer": 'names = ["Ada", "Grace"]'}))
    run(course)
    cells = [{**cell} for cell in toy.SOLUTION]
    cells[4]["source"] = '### BEGIN SOLUTION\nnames = ["Ada", "Grace"]\n### END SOLUTION'
    toy.write_source(course, cells=cells, checks=ORDER)
    step = judged(course)["ada"]
    assert step.grade.status == "graded"  # the solution has two names too now: it is the check that is wrong
    assert (step.ours, step.kept) == (True, "checks.py:29: IndexError: list index out of range")
    cells[4]["source"] = "### BEGIN SOLUTION\nimport os; os._exit(3)\n### END SOLUTION"
    toy.write_source(course, cells=cells, checks=ORDER)
    with pytest.raises(CourseError, match="the solution does not run to its end"):
        judged(course)
    with Store(load_assignment(course, toy.NAME).paths.store) as store:
        assert store.grade(toy.NAME, "ada") == step.grade


def test_judging_opens_a_room_for_an_edited_solution_alone_and_a_warm_one_where_it_may(
    course: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    toy.hand_in(course, "ada", RIGHT)
    run(course)
    assignment = load_assignment(course, toy.NAME)
    asked: list[bool] = []

    def noted(name: str, setup: RoomSetup, jobs: int) -> Engine:
        asked.append(setup.kept)
        return open_engine(name, replace(setup, kept=False), jobs)

    monkeypatch.setattr("autograder.session.open_engine", noted)
    assert [step.grade.status for step in rejudge(assignment, Timings(), kept=True)] == ["graded"]
    assert asked == []
    cells = [{**cell} for cell in toy.SOLUTION]
    cells[4]["source"] += "\n"
    toy.write_source(course, cells=cells)
    assert [step.grade.status for step in rejudge(load_assignment(course, toy.NAME), Timings(), kept=True)]
    assert asked == [True]


def test_what_was_handed_in_anew_is_judged_when_it_is_graded(course: Path) -> None:
    toy.hand_in(course, "ada", RIGHT)
    before = grades(run(course))["ada"]
    toy.hand_in(course, "ada", WRONG)
    step = judged(course)["ada"]
    assert step.grade == before
    assert (step.ours, step.kept) == (False, "handed in anew since it was graded: run `autograder grade toy`")
    assert grades(run(course))["ada"].attempt == 2


def test_a_check_that_breaks_takes_no_stored_mark_away(course: Path) -> None:
    toy.hand_in(course, "ada", RIGHT)
    toy.hand_in(course, "bob", WRONG)
    before = grades(run(course))
    (course / "source/toy/checks.py").write_text(toy.CHECKS.replace("assert_close(doubled", "assert_clothes(doubled"))
    found = judged(course)
    assert {name: step.grade.questions for name, step in found.items()} == {
        name: one.questions for name, one in before.items()
    }
    assert {step.grade.status for step in found.values()} == {"graded"}
    assert all(step.ours and step.kept.startswith("checks.py:17: NameError") for step in found.values())
    (course / "source/toy/checks.py").write_text(toy.CHECKS)
    assert {name: step.grade for name, step in judged(course).items()} == before


def test_a_check_that_is_edited_so_that_the_solution_fails_it_takes_no_stored_mark_away(course: Path) -> None:
    toy.hand_in(course, "ada", RIGHT)
    before = grades(run(course))["ada"]
    (course / "source/toy/checks.py").write_text(toy.CHECKS.replace("[3.0, -4.0]", "[3.0, 4.0]"))
    step = judged(course)["ada"]
    assert (step.grade.status, step.grade.questions, step.ours) == ("graded", before.questions, True)
    assert step.kept == "check test_double fails on the solution too: run `autograder validate toy`"


def test_evidence_that_cannot_be_read_takes_no_stored_mark_away(course: Path) -> None:
    toy.hand_in(course, "ada", RIGHT)
    before = grades(run(course))["ada"]
    (course / ".autograder/evidence/toy/submitted/ada.evidence").write_bytes(b"\0" * 100)
    step = judged(course)["ada"]
    assert (step.grade, step.ours) == (before, True)
    assert step.kept == "its evidence cannot be read: run `autograder grade toy`"


@pytest.mark.parametrize("where", ["whole", "cell", "probe"])
def test_a_solution_that_ran_out_of_time_is_examined_again(course: Path, where: str) -> None:
    """Nothing can be compared with half a solution, whoever kept its evidence."""
    toy.hand_in(course, "ada", RIGHT)
    run(course)
    path = load_assignment(course, toy.NAME).paths.reference(toy.NAME)
    whole = load_evidence(path)
    late, exam, frames = Fault("time"), whole.exam, whole.frames
    if where == "whole":
        exam = msgspec.structs.replace(exam, fault=late)
    elif where == "cell":
        first = exam.cells[0]
        assert first.run is not None
        run_late = msgspec.structs.replace(first.run, fault=late)
        exam = msgspec.structs.replace(exam, cells=[msgspec.structs.replace(first, run=run_late), *exam.cells[1:]])
    else:
        frames = tuple(codec.pack(Answered(name, 0.0, late)) for name in whole.answers())
    Evidence(exam, frames).save(path)
    toy.hand_in(course, "ada", WRONG)
    run(course)
    assert cut_short(load_evidence(path)) is None


def test_a_solution_that_a_busy_machine_kept_waiting_is_tried_again(
    course: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    toy.hand_in(course, "ada", RIGHT)
    late = [("cell 2", Fault("time"))]
    monkeypatch.setattr(marking, "cut_short", lambda _: late.pop() if late else None)
    assert grades(run(course))["ada"].status == "graded"
    assert late == []


def test_a_solution_that_has_no_time_for_a_probe_is_the_instructors(course: Path) -> None:
    forever = "def double(values):\n    ### BEGIN SOLUTION\n    while len(values) > 1: pass\n"
    cells = [{**cell} for cell in toy.SOLUTION]
    cells[2]["source"] = forever + "    return 2 * np.asarray(values)\n    ### END SOLUTION"
    toy.write_source(course, cells=cells)
    toy.hand_in(course, "ada", RIGHT)
    with pytest.raises(CourseError, match=r"doubled: the solution does not run to its end \(ran out of time\)"):
        run(course)


# --- One student's trouble is one row ---------------------------------------------------------------------------------


def test_a_surprise_in_one_students_files_is_one_row(course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ada", "bob", "cleo"):
        toy.hand_in(course, name, RIGHT)

    def read(
        source: SourceNotebook, settings: AssignmentSettings, release: Notebook, student: str
    ) -> Submission | None:
        if student == "bob":
            raise RecursionError("too deep")
        return read_submission(source, settings, release, student)

    with monkeypatch.context() as patch:
        patch.setattr("autograder.marking.read_submission", read)
        found = grades(run(course))
        assert {name: one.status for name, one in found.items()} == {
            "ada": "graded",
            "bob": "ungraded",
            "cleo": "graded",
        }
        assert re.fullmatch(r"RecursionError: too deep \(test_pipeline\.py:\d+\)", found["bob"].fault)
    assert {name: one.status for name, one in grades(run(course)).items()} == dict.fromkeys(found, "graded")


def test_a_surprise_in_judging_one_submission_is_one_row(course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ada", "bob"):
        toy.hand_in(course, name, RIGHT if name == "ada" else WRONG)
    load = load_evidence

    def lost(path: Path) -> Evidence:
        if path.name == "bob.evidence":
            raise MemoryError
        return load(path)

    monkeypatch.setattr(assessment, "load_evidence", lost)
    found = grades(run(course))
    assert {name: one.status for name, one in found.items()} == {"ada": "graded", "bob": "ungraded"}
    assert found["bob"].score == found["bob"].max_score


def test_a_surprise_in_one_students_files_is_one_row_for_nbgrader_too(
    course: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("ada", "bob"):
        toy.hand_in(course, name, RIGHT)
    work = handed_in.CompatAssignment.work

    def surprising(self: handed_in.CompatAssignment, student: str) -> handed_in.Work:
        if student == "ada":
            raise PermissionError(13, "Permission denied", "toy.ipynb")
        return work(self, student)

    monkeypatch.setattr(handed_in.CompatAssignment, "work", surprising)
    found = grades(list(compat.grade([load_assignment(course, toy.NAME)], GradingOptions(), Timings())))
    assert {name: (one.status, one.score) for name, one in found.items()} == {
        "ada": ("ungraded", 8.0),
        "bob": ("graded", 8.0),
    }
    assert found["ada"].fault == "[Errno 13] Permission denied: 'toy.ipynb'"


def test_a_file_that_goes_before_its_exam_is_one_row(course: Path) -> None:
    for name in ("ada", "bob"):
        path = toy.hand_in(course, name, RIGHT)
        (path.parent / "names.txt").write_text("Ada")
    steps = grade(load_assignment(course, toy.NAME), GradingOptions(engine="inline"), Timings())
    first = next(steps)
    (course / "submitted/bob/toy/names.txt").unlink()
    found = grades([first, *steps])
    assert {name: one.status for name, one in found.items()} == {"ada": "graded", "bob": "ungraded"}
    assert "names.txt" in found["bob"].fault


# --- A grade that is stored stands ------------------------------------------------------------------------------------


def _no_evidence(patch: pytest.MonkeyPatch) -> None:
    def examine(*_: object) -> Evidence:
        raise GraderError("the zygote is lost")

    patch.setattr("autograder.engine._host.examine", examine)


def _unreadable(patch: pytest.MonkeyPatch) -> None:
    def read(*_: object) -> Submission | None:
        raise PermissionError(13, "Permission denied")

    patch.setattr("autograder.marking.read_submission", read)


def _full_disk(patch: pytest.MonkeyPatch) -> None:
    def save(*_: object) -> None:
        raise OSError(28, "No space left on device")

    patch.setattr(Evidence, "save", save)


def _odd_evidence(patch: pytest.MonkeyPatch) -> None:
    def load(_: Path) -> Evidence:
        raise MemoryError

    patch.setattr(assessment, "load_evidence", load)


def _dead_judge(patch: pytest.MonkeyPatch) -> None:
    def judge(*_: object, **__: object) -> None:
        raise GraderError("the judge is gone")

    patch.setattr("autograder.judge.process.Judge.judge", judge)


@pytest.mark.parametrize(
    ("fault", "why", "anew"),
    [
        (_no_evidence, "the zygote is lost", False),
        (_no_evidence, "the zygote is lost", True),
        (_unreadable, "Permission denied", True),
        (_full_disk, "No space left on device", True),
        (_odd_evidence, "MemoryError", False),
        (_dead_judge, "the judge is gone", False),
    ],
)
def test_a_good_grade_stands_where_a_fault_of_ours_keeps_a_new_one_from_being_found(
    course: Path, fault: Callable[[pytest.MonkeyPatch], None], why: str, anew: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    toy.hand_in(course, "ada", RIGHT)
    before = grades(run(course, engine="inline"))["ada"]
    if anew:
        toy.hand_in(course, "ada", WRONG)
    with monkeypatch.context() as patch:
        fault(patch)
        patch.setattr(marking.Marker, "knows_solution", True)
        (step,) = run(course, engine="inline", again=True)
    assert (step.grade.status, step.grade.score, step.grade.attempt) == ("graded", before.score, 1)
    assert step.ours
    assert why in step.kept
    noted = anew and fault is not _unreadable
    assert step.grade.fault.startswith("handed in anew, not graded yet: " if noted else before.fault)
    (mended,) = run(course, engine="inline")
    assert (mended.kept, mended.grade.attempt, mended.grade.fault) == ("", 2 if anew else 1, "")
    assert (mended.grade.score < before.score) is anew


def test_what_could_be_judged_before_stands_when_grade_cannot_judge_it_now(course: Path) -> None:
    toy.hand_in(course, "ada", RIGHT)
    run(course)
    checks = course / "source/toy/checks.py"
    checks.write_text(checks.read_text().replace("assert_equal(names,", "assert_equal(nmes,"))
    (step,) = run(course)
    assert (step.grade.status, step.grade.score, step.ours) == ("graded", 8.0, True)
    assert step.kept.endswith("NameError: name 'nmes' is not defined")


def test_only_those_who_are_graded_are_read(course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ada", "bob"):
        toy.hand_in(course, name, RIGHT)
    read = []
    monkeypatch.setattr("autograder.intake.read.find_submission", lambda *args: read.append(args[3]))
    run(course, students=("bob",))
    assert read == ["bob"]


def test_a_question_students_never_got_is_the_instructors(course: Path) -> None:
    toy.hand_in(course, "ada", RIGHT)
    toy.write_source(course, cells=(*toy.SOLUTION, toy.test_cell("late", 10, "assert names")))
    with pytest.raises(CourseError, match="late: in the source, not here: run `autograder release toy`"):
        run(course)


def test_a_solution_that_does_not_run_is_the_instructors(tmp_path: Path) -> None:
    cells = [{**cell} for cell in toy.SOLUTION]
    cells[4]["source"] = "### BEGIN SOLUTION\nimport os; os._exit(3)\n### END SOLUTION"
    course = toy.make_course(tmp_path, cells=cells)
    toy.hand_in(course, "ada", RIGHT)
    with pytest.raises(CourseError, match=r"cell 5: the solution does not run to its end \(ended its process\)"):
        run(course)


def test_a_linked_folder_is_nobodys_work(course: Path) -> None:
    toy.hand_in(course, "ada", RIGHT)
    (course / "submitted/mallory").mkdir()
    (course / "submitted/mallory/toy").symlink_to(course / "source/toy")
    (course / "submitted/.ipynb_checkpoints").mkdir()
    assert {name: one.status for name, one in grades(run(course)).items()} == {"ada": "graded", "mallory": "missing"}


def test_validating_does_not_undo_a_grading(course: Path) -> None:
    toy.hand_in(course, "ada", RIGHT)
    run(course)
    assert findings(load_assignment(course, toy.NAME), GradingOptions()) == ([], "")
    assert [step.unchanged for step in run(course)] == [True]


def test_an_interrupted_run_leaves_no_room_behind(course: Path) -> None:
    again = f"    try:\n        subprocess.run(['sleep', '60.{os.getpid()}'])\n    except BaseException: pass"
    stubborn = f"import subprocess\nwhile True:\n{again}"
    toy.hand_in(course, "ada", toy.answered({"names-answer": stubborn}))
    hears = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "  # whoever runs the tests
    command = [*_command()[:-1], hears + _command()[-1], "grade", "toy"]
    process = subprocess.Popen(command, cwd=course, start_new_session=True, stderr=subprocess.DEVNULL)
    sleeping = f"sleep 60.{os.getpid()}"
    try:
        assert _eventually(lambda: sleeping in _listing())
        os.killpg(process.pid, signal.SIGINT)
        assert process.wait(timeout=10) == 130
    finally:
        process.kill()
        process.wait()
    assert _eventually(lambda: sleeping not in _listing())


def test_engines_agree(course: Path) -> None:
    for name, cells in (("ada", RIGHT), ("bob", WRONG)):
        toy.hand_in(course, name, cells)
    local = grades(run(course, engine="local", jobs=2))
    inline = grades(run(course, engine="inline", again=True))
    assert {name: statuses(one) for name, one in local.items()} == {name: statuses(one) for name, one in inline.items()}


def _command(*arguments: str) -> list[str]:
    return [sys.executable, "-c", "from autograder.cli import main; main()", *arguments]


def test_after_a_kill_it_resumes(course: Path) -> None:
    slow = toy.answered({"names-answer": 'import time; time.sleep(0.5)\nnames = ["Ada", "Grace", "Joan"]'})
    students = [f"student-{number}" for number in range(8)]
    for name in students:
        toy.hand_in(course, name, slow)
    process = subprocess.Popen(_command("grade", "toy", "--jobs", "1"), cwd=course, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 300
    while len(_stored(course)) < 2 and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait()
    held = _stored(course)
    assert 2 <= len(held) < len(students)
    steps = run(course)
    assert {step.grade.student for step in steps if step.unchanged} >= held
    assert all(step.grade.score == 8.0 for step in steps)
    assert not _rooms_of(process.pid)


def _stored(course: Path) -> set[str]:
    path = course / ".autograder/results.db"
    if not path.exists():
        return set()
    with Store(path) as store:
        return {one.student for one in store.grades(toy.NAME)}


def _eventually(holds: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 30
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.05)
    return holds()


def _listing() -> str:
    return subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout


def _rooms_of(pid: int) -> list[str]:
    """Processes of a zygote that outlived the run that started it."""
    listing = subprocess.run(["ps", "-eo", "ppid,args"], capture_output=True, text=True, check=True).stdout
    return [line for line in listing.splitlines() if line.split()[0] == str(pid) and "zygote" in line]


def test_a_machine_without_namespaces_is_refused(course: Path) -> None:
    toy.hand_in(course, "ada", RIGHT)
    command = " ".join(["exec", *(f"'{part}'" for part in _command("grade", "toy"))])
    shell = f"echo 0 > /proc/sys/user/max_user_namespaces && {command}"
    done = subprocess.run(
        ["unshare", "--user", "--map-root-user", "sh", "-c", shell], cwd=course, capture_output=True, text=True
    )
    assert done.returncode == 3
    assert "missing  namespaces: unshare user" in done.stderr
    assert "remedy   write `user.max_user_namespaces = " in done.stderr
    assert "Traceback" not in done.stderr
    assert not _stored(course)


@pytest.fixture
def public_python(tmp_path: Path) -> Path:
    """A Python with this one's packages, that lies where any user can run it."""
    system = Path("/usr/bin/python3")
    wanted = f"{sys.version_info.major}.{sys.version_info.minor}"
    version = "import sys; print('%d.%d' % sys.version_info[:2])"
    if not system.exists() or subprocess.check_output([system, "-c", version], text=True).strip() != wanted:
        pytest.skip(f"no Python {wanted} in /usr/bin to run as another user")
    subprocess.run([system, "-m", "venv", "--without-pip", tmp_path / "python"], check=True)
    packages = tmp_path / f"python/lib/python{wanted}/site-packages"
    repository = Path(__file__).parent.parent
    (packages / "borrowed.pth").write_text(f"{Path(sysconfig.get_path('purelib'))}\n{repository}\n")
    return tmp_path / "python/bin/python"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_an_ordinary_user_grades_too(course: Path, public_python: Path) -> None:
    toy.hand_in(course, "ada", RIGHT)
    for path in (course, *course.rglob("*")):
        os.chown(path, 65534, 65534, follow_symlinks=False)
    for parent in course.parents[:2]:  # pytest's own folders, closed to others
        parent.chmod(0o755)
    drop = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all", "--bounding-set=-all"]
    command = [*drop, str(public_python), *_command("grade", "toy")[1:]]
    environment = {"PATH": os.environ["PATH"], "HOME": str(course), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(command, cwd=course, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
    assert re.search(r"ada +8 / 8 +4 +2 +2", done.stdout)
    results = subprocess.run(
        _command("results", "toy", "--json"), cwd=course, capture_output=True, text=True, check=True
    )
    assert json.loads(results.stdout)["isolation"] == "standard"


def test_test_cells_alone_can_mark_an_assignment(course: Path) -> None:
    (course / "source/toy/checks.py").unlink()
    toy.hand_in(course, "ada", RIGHT)
    toy.hand_in(course, "bob", WRONG)
    assert {name: one.score for name, one in grades(run(course)).items()} == {"ada": 8.0, "bob": 4.0}


def test_files_handed_in_beside_the_notebook_are_there(course: Path) -> None:
    names = 'names = open("lists/names.txt").read().split()'
    path = toy.hand_in(course, "ada", toy.answered({"names-answer": names}))
    (path.parent / "lists").mkdir()
    (path.parent / "lists/names.txt").write_text("Ada Grace Joan")
    assert grades(run(course))["ada"].score == 8.0
    (path.parent / "lists/names.txt").write_text("Ada")
    (step,) = run(course)
    assert (step.unchanged, step.grade.attempt) == (False, 2)
    assert step.grade.score < 8.0


def test_a_file_of_the_courses_that_was_changed_is_told_to_both(course: Path) -> None:
    (course / "source/toy/given.py").write_text("A = 1")
    write_release(load_assignment(course, toy.NAME).source)
    path = toy.hand_in(course, "ada", RIGHT)
    (path.parent / "given.py").write_text("A = 2")
    assert grades(run(course))["ada"].fault == "the course's own files used in place of the student's: given.py"
    (page,) = write_feedback((loaded := load_assignment(course, toy.NAME)).source, loaded.course)
    assert "course&#39;s own were used: given.py." in page.read_text()


def test_another_edition_is_noted(course: Path) -> None:
    toy.hand_in(course, "ada", toy.notebook([toy.code(f"old-{n}", f"exercise_{n} = {n}") for n in range(6)]))
    found = grades(run(course))["ada"]
    assert (found.status, found.fault) == ("graded", "another edition of the assignment? 0/8 of its cells found")


def test_files_larger_than_allowed_are_left_out(course: Path) -> None:
    (course / "course.yaml").write_text((course / "course.yaml").read_text() + "      files_mb: 1\n")
    path = toy.hand_in(course, "ada", toy.answered({"names-answer": 'names = open("names.txt").read().split()'}))
    (path.parent / "names.txt").write_text("Ada Grace Joan" + " " * 2**20)
    found = grades(run(course))["ada"]
    assert any("FileNotFoundError" in one.message for one in found.questions[1].outcomes)
