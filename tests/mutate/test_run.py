"""A mutation run of a small assignment whose checks are known to be blind in one place."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

import toy
from autograder.assignment import Assignment
from autograder.mutate.fresh import with_fresh
from autograder.mutate.places import choose, derive
from autograder.mutate.report import as_json, tallies
from autograder.mutate.run import Choice, MutantVerdict, mutate
from autograder.session import GradingOptions, Session
from loading import load_assignment

LARGER = """\
def larger(pair):
    ### BEGIN SOLUTION
    return pair[0] if pair[0] > pair[1] else pair[1]
    ### END SOLUTION"""
CELLS = (
    toy.code("imports", "import numpy as np", locked=True),
    toy.answer("larger-answer", LARGER),
    toy.test_cell("larger", 1, "assert larger([0, 1]) == 1"),
    toy.answer("total-answer", "### BEGIN SOLUTION\ntotal = larger([2, 5]) + 1  # six\n### END SOLUTION"),
    toy.test_cell("total", 1, "assert total > 0"),
)
CHECKS = '''
import numpy as np

from autograder import call, question, variable
from autograder.asserts import assert_equal

found = call("larger", np.array([1.0, 2.0]))
total = variable("total")


@question("larger")
def test_larger(found):
    """The larger of two."""
    assert_equal(found, 2)


@question("total")
def test_total(total):
    """Six."""
    assert_equal(total, 6)
'''


@pytest.fixture(scope="module")
def assignment(tmp_path_factory: pytest.TempPathFactory) -> Assignment:
    root = toy.make_course(tmp_path_factory.mktemp("mutants"), cells=CELLS, checks=CHECKS)
    return load_assignment(root, toy.NAME)


@pytest.fixture(scope="module")
def verdicts(assignment: Assignment) -> list[MutantVerdict]:
    with Session(assignment, GradingOptions(jobs=2)) as session:
        return list(mutate(session, Choice(most=1000)))


def fate(verdicts: list[MutantVerdict], text: str) -> tuple[str, str]:
    (one,) = (one for one in verdicts if text in one.mutant.source)
    return one.fate, one.why


def test_each_mutant_has_one_verdict(assignment: Assignment, verdicts: list[MutantVerdict]) -> None:
    derived = derive(assignment.source)
    assert Counter(one.mutant.source for one in verdicts) == Counter(one.source for one in derived)
    assert {one.fate for one in verdicts} <= {"killed", "equivalent", "survived", "stillborn"}


def test_what_the_checks_never_ask_survives_and_is_told_by_fresh_inputs(verdicts: list[MutantVerdict]) -> None:
    found, why = fate(verdicts, "return pair[1] if")
    assert found == "survived"
    assert why.startswith("it answers otherwise to found, ")


def test_what_behaves_alike_is_equivalent(verdicts: list[MutantVerdict]) -> None:
    assert fate(verdicts, "pair[0] >= pair[1]") == ("equivalent", "")


def test_what_costs_points_is_killed_in_its_own_question(verdicts: list[MutantVerdict]) -> None:
    (one,) = (one for one in verdicts if "+ 2  # six" in one.mutant.source)
    assert (one.fate, one.elsewhere, one.missed, one.mutant.question) == ("killed", (), False, "total")


def test_a_loss_where_the_change_is_used_is_nobodys_fault(verdicts: list[MutantVerdict]) -> None:
    (one,) = (one for one in verdicts if "if pair[0] < pair[1]" in one.mutant.source)
    assert (one.fate, one.elsewhere) == ("killed", ())


def test_a_run_as_data(assignment: Assignment, verdicts: list[MutantVerdict]) -> None:
    told = as_json(assignment.source, verdicts, 1.23)
    whole = tallies(assignment.source, verdicts)[-1]
    assert told["mutants"] == whole.mutants == len(verdicts) - whole.count("stillborn")
    assert whole.score == pytest.approx(told["score"], abs=1e-4)
    assert len(told["survivors"]) == told["survived"] > 0
    assert told["survivors"][0]["diff"].splitlines()[0] == "--- cell 2 (larger-answer)"


def test_nothing_is_stored(assignment: Assignment, verdicts: list[MutantVerdict]) -> None:
    assert verdicts
    left = [path.name for path in Path(assignment.paths.root).rglob("*") if path.suffix in (".evidence", ".db")]
    assert left == []


def test_a_choice_gives_each_question_its_turn(assignment: Assignment) -> None:
    every = derive(assignment.source)
    few = choose(every, 4, seed=0)
    assert Counter(one.question for one in few) == {"larger": 2, "total": 2}
    assert choose(every, 4, seed=0) == few
    assert choose(every, len(every), seed=3) == every


def test_fresh_inputs_keep_their_kind(assignment: Assignment) -> None:
    with Session(assignment, GradingOptions(jobs=1)) as session:
        plan, origins = with_fresh(session.judge.plan())
    assert set(origins.values()) == {"found"}
    assert {type(plan.probes[name]) for name in origins} == {type(plan.probes["found"])}
