"""The judge's process on hand-made evidence: verdicts by type of fault, checks that break, pytest by hand."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import exams
from autograder.errors import CourseError, GraderError
from autograder.evidence import CellRecord, Evidence, Exam
from autograder.judge import process
from autograder.judge.channel import Case
from autograder.judge.process import Judge
from autograder.wire import codec
from autograder.wire.messages import (
    Answer,
    Answered,
    Array,
    Cell,
    CellRun,
    Fault,
    Frame,
    Items,
    Layer,
    Network,
    Opaque,
    Scalar,
    Text,
)

HEADER = """
import numpy as np
from autograder import call, printed, question, source, variable
from autograder.asserts import assert_equal

x = variable("x")
"""


def exam(*, fault: Fault | None = None, cells: tuple[CellRecord, ...] = ()) -> Exam:
    sources = {record.cell.id: record.cell.source for record in cells}
    return exams.exam(cells=list(cells), sources=sources, fault=fault)


def ran(index: int, cell_id: str, source: str, stdout: str = "", fault: Fault | None = None) -> CellRecord:
    return CellRecord(Cell(index, cell_id, source), CellRun(index, 0.1, stdout, "", len(stdout), "", fault))


def save(path: Path, report: Exam, **answers: Answer | np.ndarray) -> str:
    frames = []
    for name, answer in answers.items():
        blobs: list[bytes] = []
        artifact = codec.array_record(answer, blobs) if isinstance(answer, np.ndarray) else answer
        frames.append(codec.pack(Answered(name, 0.0, artifact), blobs))
    Evidence(report, tuple(frames)).save(path)
    return str(path)


@pytest.fixture
def checks(tmp_path: Path) -> Path:
    return tmp_path / "checks.py"


def verdicts(
    checks: Path,
    body: str,
    report: Exam | None = None,
    *,
    hidden: bool = False,
    reference: Answer | None = None,
    **answers: Answer | np.ndarray,
) -> dict[str, tuple[str, str]]:
    """Judge one evidence; return each check's status with its message, or what is ours about it."""
    checks.write_text(HEADER + body)
    path = save(checks.parent / "student.evidence", report or exam(), **answers)
    solution = save(checks.parent / "solution.evidence", exam(), x=reference) if reference else ""
    with Judge(checks) as judge:
        judged = judge.judge(Case(path, solution, "en", hidden))
    return {one.outcome.name: (one.outcome.status, one.outcome.message or one.ours) for one in judged}


ONE = '@question("q")\ndef test_x(x):\n    "Title."\n    '


def test_a_passing_check(checks: Path) -> None:
    assert verdicts(checks, ONE + "assert x.sum() == 6", x=np.arange(4)) == {"test_x": ("passed", "")}


def test_a_plain_assert_says_what_pytest_says(checks: Path) -> None:
    status, message = verdicts(checks, ONE + "assert x == 5", x=Scalar("int", "3"))["test_x"]
    assert status == "failed"
    assert "3 == 5" in message


def test_a_plain_assert_with_its_own_words_says_them_alone(checks: Path) -> None:
    found = verdicts(checks, ONE + 'assert x == 5, "five was asked for"', x=Scalar("int", "3"))
    assert found["test_x"] == ("failed", "hint  five was asked for")


def test_hidden_expectations_are_not_said(checks: Path) -> None:
    body = ONE + "assert_equal(x, 4271)\n" + ONE.replace("test_x", "test_y") + "assert x == 4271"
    found = verdicts(checks, body, hidden=True, x=Scalar("int", "3"))
    assert {status for status, _ in found.values()} == {"failed"}
    assert "4271" not in str(found)
    assert found["test_x"][1] == "received  3"


TITLE = "hint      what the title says does not hold."
NO = [
    ('pytest.fail("write it again")', "hint  write it again"),
    ("pytest.fail()", "hint  what the title says does not hold."),
    ("with pytest.raises(ZeroDivisionError): x / 1", "received  no error was raised\nexpected  ZeroDivisionError"),
    ("assert_five(x)", "received  3 == 4271\nhint      what the title says does not hold."),
    ("from helpers import assert_it; assert_it(x)", "hint  what the title says does not hold."),
    ('raise AssertionError("not so")', "hint  not so"),
    ('assert x == 4271, "assert that it is right"', "hint  assert that it is right"),
    ('assert x == 4271, "a line\\nassert another"', "hint  a line\n        assert another"),
    ("assert x == pytest.approx(4271)", "received  3 == 4271 ± 0.004271"),
    ("assert math.isclose(x, 4271)", "received  False\n           +  where False = isclose(3, 4271)"),
    ("assert np.allclose(x, 4271)", "received  False\n           +  where False = allclose(3, 4271)"),
    ("np.testing.assert_equal(x, 4271)", "received  3\nexpected  4271"),
    ("np.testing.assert_equal(4271, x)", "received  3\nexpected  4271"),
    ('np.testing.assert_equal(x, 4271, err_msg="count")', "received  3\nexpected  4271\nhint      count"),
    (
        "np.testing.assert_allclose(y, [1, 2, 4271])",
        "received  float64[3], [2] = 3\nexpected  int64[3], [2] = 4271\nwhere     1 value of 3 differs",
    ),
    ("np.testing.assert_array_almost_equal(y.sum(), 4271)", "received  6\nexpected  4271"),
    ("np.testing.assert_allclose(4271, y.sum())", "received  4271\nexpected  6"),
    ("np.testing.assert_array_less(4271, x)", "received  Arrays are not strictly ordered `x < y`"),
    ("np.testing.assert_array_equal(y, [4271, 2], strict=True)", "received  float64[3]\nexpected  int64[2]"),
    ('np.testing.assert_(x == 4271, "so")', "hint  so"),
    ("unittest.TestCase().assertEqual(4271, x)", "received  3\nexpected  4271"),
    ('unittest.TestCase().assertAlmostEqual(x, 4271, msg="near")', "received  3\nexpected  4271\nhint      near"),
    ("unittest.TestCase().assertIn(4271, y)", "received  4271 not found in array([1., 2., 3.])"),
    ('unittest.TestCase().assertTrue(x == 4271, "so")', "hint  so"),
    ('unittest.TestCase().fail("own words")', "hint  own words"),
    ("unittest.TestCase().assertTrue(x == 4271)", "received  False is not true"),
    ("some_library.assert_rebound(x, 4271)", "received  3 is not 4271"),
    ("assert all(one > 4271 for one in y)", "received  False\n           +  where False = all(…)"),
    ("some_library.assert_left_equal(4271, x)", "received  3\nexpected  4271"),
]


LIBRARY = """
def assert_left_equal(left, right):
    exec(compile("raise AssertionError('left: ' + str(left) + ', right: ' + str(right))", "pkg/compiled.pyx", "exec"))

def assert_rebound(left, right, err_msg=""):
    def again():
        return err_msg
    err_msg = f"{left} is not {right}"
    raise AssertionError(err_msg)

def mean(x):
    assert x is None, "x is None"
"""


@pytest.fixture
def library(tmp_path: Path) -> str:
    """Line that makes a library importable which is installed, and no part of the course."""
    folder = tmp_path / "env/lib/site-packages"
    folder.mkdir(parents=True)
    (folder / "some_library.py").write_text(LIBRARY)
    return f"import sys; sys.path += [{str(folder)!r}, {str(tmp_path)!r}]\nimport some_library\n"


def all_in_one(bodies: list[str]) -> str:
    """Checks file of a check a body: one judge judges them all."""
    head = (
        "import math, unittest\nimport pytest\ny = variable('y')\nx_probe = variable('x')\n"
        "def assert_five(x):\n    assert x == 4271\n"
    )
    return head + "".join(
        f"@question('q')\ndef test_{place}(x, y):\n    'Title.'\n    {body}\n" for place, body in enumerate(bodies)
    )


ANSWERS: dict[str, Any] = {"x": Scalar("int", "3"), "y": np.array([1.0, 2.0, 3.0])}


def test_however_a_check_says_no_it_is_no(checks: Path, library: str) -> None:
    """And what it expects is said only where the course shows it."""
    checks.with_name("helpers.py").write_text("def assert_it(x):\n    assert x == 4271\n")
    bodies = [body for body, _ in NO]
    shown = verdicts(checks, library + all_in_one(bodies), **ANSWERS)
    found = {body: shown[f"test_{place}"] for place, body in enumerate(bodies)}
    assert {body: (status, said[: len(dict(NO)[body])]) for body, (status, said) in found.items()} == {
        body: ("failed", message) for body, message in NO
    }
    hidden = verdicts(checks, library + all_in_one(bodies), hidden=True, **ANSWERS)
    assert {status for status, _ in hidden.values()} == {"failed"}
    assert [bodies[int(name[5:])] for name, (_, said) in hidden.items() if "4271" in said or not said] == []


OURS = [
    ('pytest.skip("no GPU here")', "checks.py:18: the check gives itself up: no GPU here"),
    ('pytest.importorskip("no_such_library")', "the check gives itself up: could not import 'no_such_library'"),
    ('pytest.xfail("known")', "the check gives itself up: known"),
    ("return x == 3", "PytestReturnNotNoneWarning"),
    ("some_library.mean(x)", "AssertionError: x is None"),
    ("x_probe()", 'Failed: Fixture "answer" called directly'),
    ("raise SystemExit(1)", "SystemExit: 1"),
    ("raise ValueError(x)", "ValueError: 3"),
    ("pytest.exit('enough')", "did not come to an end"),
]


def test_what_is_no_verdict_costs_nobody_anything(checks: Path, library: str) -> None:
    found = verdicts(checks, library + all_in_one([body for body, _ in OURS]), **ANSWERS)
    assert {status for status, _ in found.values()} == {"ungraded"}
    for place, (_, ours) in enumerate(OURS):
        assert ours in found[f"test_{place}"][1]


def test_a_failed_part_of_a_check_is_a_failed_check(checks: Path) -> None:
    body = "@question('q')\ndef test_x(x, subtests):\n    with subtests.test('five'):\n        assert x == 5\n"
    assert verdicts(checks, body, x=Scalar("int", "3"))["test_x"][0] == "failed"


@pytest.mark.parametrize(
    ("fault", "status", "message"),
    [
        (
            Fault(kind="missing", error="x", names=["xx"]),
            "failed",
            'received  nothing is called "x" after the last cell\n'
            'hint      is it the one you called "xx"? Keep the name asked for.',
        ),
        (
            Fault(kind="raised", error="ValueError", message="bad", frames=[Frame(4, 2, "f", "g(x)")], cell=4),
            "errored",
            "received  ValueError: bad\nwhere     cell 5, line 2: g(x)",
        ),
        (
            Fault(kind="raised", error="NotImplementedError"),
            "errored",
            "received  nothing yet: the answer is still to be written",
        ),
        (
            Fault(kind="time", cell=2),
            "errored",
            "received  the code was stopped: it was still running at the end of its time\nwhere     cell 3\n"
            "hint      look for a loop that never ends, or a computation far larger than the one asked for.",
        ),
    ],
)
def test_student_faults_cost_the_check(checks: Path, fault: Fault, status: str, message: str) -> None:
    assert verdicts(checks, ONE + "assert x", x=fault)["test_x"] == (status, message)


def test_a_room_that_ended_explains_every_answer_it_did_not_give(checks: Path) -> None:
    found = verdicts(checks, ONE + "assert x", exam(fault=Fault(kind="memory", cell=0)))
    assert found["test_x"] == (
        "errored",
        "received  the code was stopped: it took more memory than allowed\nwhere     cell 1",
    )


def test_a_missing_name_is_explained_by_the_cell_that_should_have_made_it(checks: Path) -> None:
    stopped = Fault(kind="raised", error="NameError", message="name 'y' is not defined", cell=3)
    report = exam(cells=(ran(2, "other", "z = 1", fault=stopped), ran(3, "x-answer", "x = y", fault=stopped)))
    status, message = verdicts(checks, ONE + "assert x", report, x=Fault(kind="missing", error="x"))["test_x"]
    assert status == "errored"
    assert message.startswith("received  NameError: name 'y' is not defined\nwhere     cell 4\n")


def test_a_function_that_wants_for_a_library_is_ours_and_its_arguments_stay_hidden(checks: Path) -> None:
    body = 'f = call("f", 4271)\n@question("q")\ndef test_f(f):\n    assert f\n'
    checks.write_text(HEADER + body)
    source = "def f(v):\n    import pandas"
    frame = Frame(0, 2, "f", "import pandas")
    for name, said in (("pandas", "pandas"), ("secret4271", "…")):
        fault = Fault("raised", "ModuleNotFoundError", f"No module named '{name}'", [frame], 0)
        path = save(checks.parent / "student.evidence", exam(cells=(ran(0, "f-answer", source),)), f=fault)
        with Judge(checks) as judge:
            (judged,) = judge.judge(Case(path, "", "en", hidden=True, absent=(name,)))
            (theirs,) = judge.judge(Case(path, "", "en", hidden=True))
        assert (judged.outcome.status, judged.ours) == (
            "ungraded",
            f"library {name}: not in the rooms' environment: install it there",
        )
        assert judged.outcome.message.startswith(f'received  the package "{said}" is not where notebooks are graded\n')
        assert theirs.outcome.status == "errored"
        assert "4271" not in judged.outcome.message + theirs.outcome.message


LAYER = Layer("dense", "Dense", "keras", {}, [], [], [(None, 1)], [], True, 0)
NET = Network("net", "keras", "Sequential", [LAYER], [0], [(None, 4)], [(None, 1)], 5, 5)


def test_what_a_network_is_does_not_hang_on_what_it_would_have_been_trained_with(checks: Path) -> None:
    """The cell that lacks pandas would have compiled and trained it; a name asked for with it is simply not there."""
    body = (
        'net, other = model("x"), variable("other")\n@question("q")\ndef test_made(net):\n    assert_params(net, 9)\n'
        '@question("q")\ndef test_compiled(net):\n    assert_compiled(net, optimizer="sgd")\n'
        '@question("q")\ndef test_learned(x):\n    assert x == 1\n'
        '@question("q")\ndef test_other(x, other):\n    assert other\n'
    )
    checks.write_text(
        HEADER.replace("import assert_equal", "import assert_compiled, assert_params").replace("call,", "call, model,")
        + body
    )
    stopped = Fault("raised", "ModuleNotFoundError", "No module named 'pandas'", [Frame(1, 1, "<module>", "")], 1)
    source = "import pandas\nx.compile('sgd')\nx.fit(1)"
    cells = (ran(0, "make", "x = Sequential()"), ran(1, "train", source, fault=stopped))
    answers: dict[str, Answer] = {"net": NET, "x": Scalar("int", "0"), "other": Fault("missing", "other")}
    path = save(checks.parent / "student.evidence", exam(cells=cells), **answers)
    with Judge(checks) as judge:
        judged = judge.judge(Case(path, "", "en", hidden=False, absent=("pandas",)))
    assert {one.outcome.name: one.outcome.status for one in judged} == {
        "test_made": "failed",
        "test_compiled": "ungraded",
        "test_learned": "ungraded",
        "test_other": "failed",
    }


def test_a_mistake_in_a_check_is_ours(checks: Path) -> None:
    found = verdicts(checks, ONE + "assert x.no_such_thing", x=np.arange(3))
    assert found["test_x"][0] == "ungraded"
    assert found["test_x"][1].startswith("checks.py:10: AttributeError: ")


def test_an_answer_of_another_form_than_the_solutions_is_the_students(checks: Path) -> None:
    found = verdicts(
        checks, ONE + "assert x[0] == 1", x=Scalar("int", "3"), reference=Items("list", [Scalar("int", "1")])
    )
    assert found["test_x"] == ("failed", "received  a number\nexpected  a list of 1 value, each a number")


def test_a_list_too_short_for_a_check_to_read_is_the_students(checks: Path) -> None:
    whole = Items("list", [Scalar("int", "1"), Scalar("int", "2")])
    found = verdicts(checks, ONE + "assert x[1] == 2", x=Items("list", [Scalar("int", "1")]), reference=whole)
    assert found["test_x"] == (
        "failed",
        "received  a list of 1 value, each a number\nexpected  a list of 2 values, each a number",
    )


def test_two_checks_of_one_name_are_a_mistake(checks: Path) -> None:
    checks.write_text(HEADER + "class TestA:\n    @question('q')\n    def test_x(self, x): pass\n" + ONE + "pass")
    with Judge(checks) as judge, pytest.raises(CourseError, match="test_x: 2 checks have this name"):
        judge.plan()


def test_an_object_that_is_not_data_fails_whatever_a_check_does_with_it(checks: Path) -> None:
    body = "\n".join(
        ONE.replace("test_x", f"test_{index}") + f"assert {use}"
        for index, use in enumerate(
            ("x[0]", "x.shape", "x + 1", "len(x)", "x()", "float(x)", "np.asarray(x) > 0", "1 in x")
        )
    )
    found = verdicts(checks, body, x=Opaque("module.Thing", "<Thing>"))
    assert set(found.values()) == {("failed", "received  an object of type module.Thing")}


def test_printed_and_source_need_no_answer(checks: Path) -> None:
    probes = 'said = printed("a")\ntext = source("a")\n'
    body = probes + '@question("q")\ndef test_x(said, text):\n    assert said == "hello" and "print" in text'
    assert verdicts(checks, body, exam(cells=(ran(0, "a", "print('hello')", "hello"),)))["test_x"] == ("passed", "")


def test_the_text_of_an_answer_that_is_not_there_is_still_to_be_written(checks: Path) -> None:
    body = 'text = source("a")\n@question("q")\ndef test_x(text):\n    assert "print" in text'
    assert verdicts(checks, body, exam())["test_x"] == (
        "errored",
        "received  nothing yet: the answer is still to be written",
    )


def test_a_check_that_never_ends_loses_itself_alone(checks: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "CHECK_SECONDS", 1.0)
    body = (
        ONE
        + "assert x\n"
        + ONE.replace("test_x", "test_loop")
        + "\n    while True: pass\n"
        + ONE.replace("test_x", "test_z")
        + "assert x"
    )
    found = verdicts(checks, body, x=Scalar("int", "3"))
    assert {name: status for name, (status, _) in found.items()} == {
        "test_x": "passed",
        "test_loop": "ungraded",
        "test_z": "passed",
    }


def test_a_check_that_ends_the_judge_loses_itself_alone(checks: Path) -> None:
    body = ONE + "__import__('os')._exit(0)\n" + ONE.replace("test_x", "test_z") + "assert x"
    found = verdicts(checks, body, x=Scalar("int", "3"))
    assert {name: status for name, (status, _) in found.items()} == {"test_x": "ungraded", "test_z": "passed"}


def test_one_session_serves_many(checks: Path) -> None:
    checks.write_text(HEADER + "SEEN = []\n" + ONE + "SEEN.append(x)\n    assert len(SEEN) == x")
    with Judge(checks) as judge:
        for number in range(1, 51):
            path = save(checks.parent / f"{number}.evidence", exam(), x=Scalar("int", str(number)))
            (one,) = judge.judge(Case(path, "", "en", hidden=False))
            assert one.outcome.status == "passed", one


@pytest.mark.parametrize("name", ["tensorflow", "keras", "torch"])
def test_the_judge_imports_no_framework(checks: Path, name: str) -> None:
    checks.write_text(f"import {name}\n")
    with Judge(checks) as judge, pytest.raises(CourseError, match=f"a checks file cannot import {name}"):
        judge.plan()


def test_the_judge_holds_no_framework(checks: Path) -> None:
    body = ONE + "import sys\n    assert not {'tensorflow', 'keras', 'torch', 'IPython'} & set(sys.modules)"
    assert verdicts(checks, body, x=Scalar("int", "1"))["test_x"] == ("passed", "")


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (
            "def test_x(x):\n    pass",
            'checks.py:7: test_x: names no question: put @question("…") above it, with the id of a grade cell',
        ),
        (
            "x = call('f', object())",
            "TypeError: a object cannot be sent to a room: numbers, text, arrays and lists of them can",
        ),
        ("def test_x(:", "SyntaxError"),
        ('@question("q", weight=0)\ndef test_x(x): pass', "the weight of a check is above 0, not 0"),
        ("", "no check: write functions named test_… with @question"),
        ("__import__('pytest').importorskip('no_such_library')", "could not import 'no_such_library'"),
        ("evidence = variable('x')\n" + ONE + "pass", "evidence: probes are answered from what has this name already"),
    ],
)
def test_a_broken_checks_file_is_the_instructors(checks: Path, body: str, problem: str) -> None:
    checks.write_text(HEADER + body)
    with Judge(checks) as judge, pytest.raises(CourseError) as refused:
        judge.plan()
    assert problem in str(refused.value)


DIES_ONCE = """
import pathlib, signal
def die_once(name):
    seen = pathlib.Path({folder!r}) / name
    if not seen.exists():
        seen.touch()
        signal.raise_signal(signal.SIGKILL)
"""


def test_a_judge_that_is_killed_is_started_again_once(checks: Path) -> None:
    dies = DIES_ONCE.format(folder=str(checks.parent))
    body = f"{HEADER}{dies}die_once('collecting')\n{ONE}die_once('judging')\n    assert x"
    checks.write_text(body)
    path = save(checks.parent / "one.evidence", exam(), x=Scalar("int", "1"))
    with Judge(checks) as judge:
        (judged,) = judge.judge(Case(path, "", "en", hidden=False))
    assert (judged.outcome.status, judged.ours) == ("passed", "")
    assert {"collecting", "judging"} <= {path.name for path in checks.parent.iterdir()}


def test_a_judge_that_is_killed_again_and_again_is_a_fault_of_ours(checks: Path) -> None:
    checks.write_text(f"{HEADER}{ONE}__import__('signal').raise_signal(9)")
    path = save(checks.parent / "one.evidence", exam(), x=Scalar("int", "1"))
    with Judge(checks) as judge:
        (judged,) = judge.judge(Case(path, "", "en", hidden=False))
    assert judged.outcome.status == "ungraded"
    assert "ended the judge" in judged.ours
    checks.write_text(f"{HEADER}__import__('signal').raise_signal(9)\n{ONE}assert x")
    with Judge(checks) as judge, pytest.raises(GraderError, match="was killed, twice, while it read them"):
        judge.plan()


def test_a_plan_changes_with_what_is_asked_and_not_with_the_checks(checks: Path) -> None:
    def digest(body: str) -> str:
        checks.write_text(HEADER + body)
        with Judge(checks) as judge:
            return judge.plan().digest

    base = digest(ONE + "assert x")
    assert digest(ONE + "assert x > 3") == base
    assert digest('y = call("f", np.arange(3))\n' + ONE + "assert x") != base
    assert digest('y = call("f", np.arange(3))\n' + ONE + "assert x") != digest(
        'y = call("f", np.arange(4))\n' + ONE + "assert x"
    )


def code(checks: Path, root: Path | None = None) -> str:
    with Judge(checks, root=root) as judge:
        return judge.plan().code


def test_the_code_of_checks_is_all_of_the_courses_own_that_they_read(tmp_path: Path) -> None:
    checks = tmp_path / "course/source/toy/checks.py"
    checks.parent.mkdir(parents=True)
    expected, shared = tmp_path / "course/private/expected.txt", tmp_path / "elsewhere/shared_checks.py"
    late, note = checks.with_name("late.py"), tmp_path / "course/notes.txt"
    for path in (expected, shared, late, note):
        path.parent.mkdir(exist_ok=True)
        path.write_text("five = 5\n")
    checks.write_text(
        f"import sys\nsys.path.append({str(shared.parent)!r})\nimport shared_checks\n"
        f"WANTED = open({str(expected)!r}).read()\n{HEADER}{ONE}import late"
    )
    root = tmp_path / "course"
    before = code(checks, root)
    note.write_text("not read by anything")
    assert code(checks, root) == before
    codes = {before}
    for path in (checks, expected, shared, late):
        path.write_text(path.read_text() + "# six\n")
        codes.add(code(checks, root))
    assert len(codes) == 5
    moved = (tmp_path / "course").rename(tmp_path / "moved")
    (moved / "source/toy/checks.py").write_text(HEADER + ONE + "pass")
    here = code(moved / "source/toy/checks.py", moved)
    again = moved.rename(tmp_path / "again")
    assert code(again / "source/toy/checks.py", again) == here


def test_checks_edited_while_a_lost_judge_starts_again_judge_nothing(checks: Path) -> None:
    checks.write_text(HEADER + ONE + "__import__('os')._exit(0)\n" + ONE.replace("test_x", "test_z") + "assert x")
    case = Case(save(checks.parent / "student.evidence", exam(), x=Scalar("int", "3")), "", "en", False)
    with Judge(checks) as judge:
        judge.plan()
        checks.write_text(checks.read_text().replace("assert x", "assert not x"))
        for _ in range(2):
            with pytest.raises(GraderError, match=r"checks.py was edited during the run: grade again"):
                judge.judge(case)


@pytest.fixture
def by_hand(checks: Path) -> list[str]:
    checks.write_text(HEADER + ONE + "assert x == 3")
    return [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", "/dev/null", str(checks)]


def test_a_checks_file_is_ordinary_pytest(checks: Path, by_hand: list[str]) -> None:
    path = save(checks.parent / "student.evidence", exam(), x=Scalar("int", "4"))
    done = subprocess.run([*by_hand, "--evidence", path], capture_output=True, text=True, cwd=checks.parent)
    assert "assert 4 == 3" in done.stdout
    assert done.returncode == 1
    skipped = subprocess.run([*by_hand, "-rs"], capture_output=True, text=True, cwd=checks.parent)
    assert "no evidence to judge: give --evidence FILE" in skipped.stdout


def test_an_array_that_does_not_fit_its_bytes_is_the_students(checks: Path) -> None:
    found = verdicts(checks, ONE + "assert True", x=Array("float32", (3,), 7))
    assert found["test_x"] == (
        "failed",
        "received  an answer that cannot be read: an array of float32[3] does not fit its bytes",
    )


def test_text_is_text(checks: Path) -> None:
    assert verdicts(checks, ONE + 'assert x == "é"', x=Text("é", 1))["test_x"] == ("passed", "")
