"""Checks called without pytest's fixtures: the verdict is pytest's own, and nothing is left of one case in the next."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path

import pytest

import exams
from autograder.evidence import Evidence
from autograder.judge.channel import Case
from autograder.judge.process import Judge
from autograder.wire import codec
from autograder.wire.messages import Answer, Answered, Fault, Items, Network, Scalar
from networks import chain, dense

HEADER = """
import os, sys, traceback, warnings
import numpy as np
import pytest
from autograder import model, question, variable
from autograder.asserts import assert_equal, assert_params, assert_same_network

x = variable("x")
y = variable("y")
reseau = model("reseau")
"""
BODIES = (
    "assert x == 3",
    "assert x == 4",
    "assert_equal(x, 4)",
    "return x == 3",
    "assert absent == x",
    "assert x.shape == (3,)",
    "pytest.skip('not today')",
    "pytest.fail('write it again')",
    "raise SystemExit(1)",
    "print(x, 'o' * 100_000, file=sys.stderr)",
    "os.write(2, b'o' * 100_000)",
    "warnings.warn('so')",
    "with pytest.raises(ZeroDivisionError): x / 1",
)
LOUD = "import sys\nprint('o' * 100_000, file=sys.stderr)\n"
MORE_OF_PYTEST = "@pytest.fixture(autouse=True)\ndef more(): pass\n"
WAY = "assert 'runtestprotocol' not in [frame.name for frame in traceback.extract_stack()]"
"""Whether pytest runs a check the whole way."""


@pytest.fixture
def checks(tmp_path: Path) -> Path:
    return tmp_path / "checks.py"


def check(name: str, body: str, asked: str = "x") -> str:
    return f'@question("q")\ndef test_{name}({asked}):\n    "Title."\n    {body}\n'


def save(path: Path, **answers: Answer) -> str:
    frames = tuple(codec.pack(Answered(name, 0.0, answer)) for name, answer in answers.items())
    Evidence(exams.exam(), frames).save(path)
    return str(path)


def judge_all(checks: Path, *paths: str, reference: str = "") -> list[list[tuple[str, str, str]]]:
    """Judge some evidence, by one judge; return each check's status and what is said of it, a list for each."""
    with Judge(checks) as judge:
        judged = [judge.judge(Case(path, reference, "en", hidden=False)) for path in paths]
    return [[(one.outcome.status, one.outcome.message, one.ours) for one in each] for each in judged]


def test_the_verdict_is_the_one_that_pytest_comes_to(checks: Path) -> None:
    body = "".join(check(str(number), one) for number, one in enumerate(BODIES))
    body += check("no_answer", "assert y", "x, y") + check("way", WAY)
    path = save(checks.parent / "a.evidence", x=Scalar("int", "3"), y=Fault(kind="raised", error="ValueError"))
    checks.write_text(LOUD + HEADER + body)
    (plain,) = judge_all(checks, path)
    checks.write_text(LOUD + HEADER + body + MORE_OF_PYTEST)
    (whole,) = judge_all(checks, path)
    assert plain[:-1] == whole[:-1]
    assert (plain[-1][0], whole[-1][0]) == ("passed", "failed")
    assert {status for status, _, _ in plain} == {"passed", "failed", "errored", "ungraded"}


@pytest.mark.parametrize(
    "more",
    [
        pytest.param(check("way", WAY, "x, tmp_path"), id="another-fixture"),
        pytest.param("@pytest.mark.parametrize('n', [1])\n" + check("way", WAY, "x, n"), id="parameters"),
        pytest.param("@pytest.mark.xfail\n" + check("way", WAY), id="a-mark"),
        pytest.param("@pytest.fixture\ndef evidence(): pass\n" + check("way", WAY, ""), id="evidence-of-its-own"),
    ],
)
def test_a_check_that_asks_for_more_is_left_to_pytest(checks: Path, more: str) -> None:
    checks.write_text(HEADER + more)
    ((way,),) = judge_all(checks, save(checks.parent / "a.evidence", x=Scalar("int", "3")))
    assert way[0] == "failed", way


def test_a_conftest_that_has_a_say_has_it(checks: Path) -> None:
    checks.with_name("conftest.py").write_text("def pytest_runtest_call(item): item.user_properties.append(('a', 1))\n")
    checks.write_text(HEADER + check("way", WAY))
    ((way,),) = judge_all(checks, save(checks.parent / "a.evidence", x=Scalar("int", "3")))
    assert way[0] == "failed", way


SPOILING = "\n    ".join(
    (
        "before = repr((x, reseau.record))",
        "reseau.record.layers[0].config['spoilt'] = True",
        "reseau.record.layers.pop()",
        "x.append(len(x)) if isinstance(x, list) else None",
        "warnings.simplefilter('error')",
        "sys.stdout.write('o' * 100_000)",
        "assert len(before) == 0, before",
    )
)
"""Tells all that it is given, and spoils it."""
SUBMISSIONS: dict[str, tuple[Answer, Network | Fault]] = {
    "right": (Items("list", [Scalar("int", "1")]), chain(dense(10))),
    "the same": (Items("list", [Scalar("int", "1")]), chain(dense(10))),
    "another": (Scalar("int", "4"), chain(dense(20))),
    "stopped": (Fault(kind="raised", error="ValueError", message="no"), Fault(kind="missing", error="reseau")),
}


def test_what_is_found_of_a_student_is_the_same_whoever_was_judged_before(checks: Path) -> None:
    body = check("same", "assert_same_network(reseau)", "reseau") + check("list", "assert x == [1]")
    body += check("warns", "warnings.warn('so')") + check("spoils", SPOILING, "x, reseau")
    checks.write_text(HEADER + body)
    folder = checks.parent
    paths = {name: save(folder / f"{name}.e", x=x, reseau=reseau) for name, (x, reseau) in SUBMISSIONS.items()}
    reference = paths["right"]
    alone = {name: judge_all(checks, path, reference=reference)[0] for name, path in paths.items()}
    assert [status for status, _, _ in alone["right"]] == ["passed", "passed", "passed", "failed"]
    orders = list(permutations(paths))
    found = judge_all(checks, *(paths[name] for order in orders for name in order), reference=reference)
    assert found == [alone[name] for order in orders for name in order]
