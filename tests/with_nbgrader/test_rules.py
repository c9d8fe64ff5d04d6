"""The two rules of a test cell's score: nbgrader's, which is nbgrader's own; and the sane one."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nbformat.v4 import new_code_cell, new_output
from nbgrader.preprocessors import IgnorePattern, LimitOutput
from nbgrader.utils import determine_grade

from autograder.nbgrader.rules import (
    OutputRules,
    RefusedByNbgrader,
    displayed_number,
    nbgrader_score,
    sane_score,
    seen_by_nbgrader,
)
from autograder.wire.messages import CellRun, Fault, Output

NUMBERS = st.one_of(st.floats(), st.integers(-20, 20), st.integers()).map(str)
TEXTS = st.one_of(NUMBERS, st.text(max_size=8), st.sampled_from(["True", "False", "nan", "-inf", "1_0", " 4 ", "'5'"]))
OUTPUTS = st.lists(
    st.one_of(
        st.builds(Output, st.sampled_from(["stdout", "stderr"]), st.just(""), st.integers(0, 8)),
        st.builds(Output, st.just("result"), TEXTS),
        st.just(Output("error")),
    ),
    max_size=5,
)
POINTS = st.one_of(st.integers(0, 20).map(float), st.floats(0, 20))


def run(outputs: Sequence[Output] = (), result: str = "", fault: Fault | None = None, stderr: str = "") -> CellRun:
    return CellRun(0, 0.1, "", stderr, 0, result, fault, outputs=list(outputs))


def nbgraders(outputs: Sequence[Output], points: float, rules: OutputRules, stderr: str) -> float | None:
    """What nbgrader gives; None where it raises."""
    kept = []
    for output in outputs:
        if output.kind == "result":
            kept.append(new_output("execute_result", {"text/plain": output.text}))
        elif output.kind == "error":
            kept.append(new_output("error", ename="E", evalue="", traceback=[]))
        else:
            text = (stderr if output.kind == "stderr" else "") + "\n" * output.line_ends
            kept.append(new_output("stream", name=output.kind, text=text))
    role = {"grade": True, "solution": False, "points": points, "grade_id": "x", "locked": True}
    cell = new_code_cell(outputs=kept, metadata={"nbgrader": role})
    ignore = IgnorePattern(pattern=rules.ignored)
    cell, _ = LimitOutput(max_lines=rules.max_lines).preprocess_cell(ignore.preprocess_cell(cell, {}, 0)[0], {}, 0)
    try:
        return float(determine_grade(cell)[0])
    except (KeyError, ValueError):
        return None


@settings(deadline=None)
@given(OUTPUTS, POINTS, st.sampled_from([1000, 5, 1, -1]), st.sampled_from(["", "careful", "other"]))
def test_nbgraders_rule_is_nbgraders(outputs: list[Output], points: float, most: int, ignored: str) -> None:
    rules = OutputRules(most, ignored)
    try:
        ours: float | None = nbgrader_score(seen_by_nbgrader(run(outputs, stderr="careful"), rules), points)
    except RefusedByNbgrader:
        ours = None
    assert ours == nbgraders(outputs, points, rules, "careful")


@given(TEXTS, POINTS)
def test_a_sane_score_is_from_0_to_the_points(text: str, points: float) -> None:
    assert 0 <= sane_score(run(result=text), points) <= points


@given(st.floats(0, 20), st.floats(20, 40))
def test_a_displayed_number_is_the_score_in_both(number: float, points: float) -> None:
    assert sane_score(run(result=str(number)), points) == number
    assert nbgrader_score([Output("result", str(number))], points) == number


@pytest.mark.parametrize(
    ("text", "score"),
    [
        ("", 10),
        ("True", 10),
        ("None", 10),
        ("'5'", 10),
        ("[5]", 10),
        ("False", 0),
        ("np.False_", 0),
        ("np.True_", 10),
        ("nan", 0),
        ("np.float64(nan)", 0),
        ("-1", 0),
        ("-inf", 0),
        ("11", 10),
        ("inf", 10),
        ("5", 5),
        ("np.float64(5.0)", 5),
        ("np.int64(5)", 5),
        ("np.float32(2.5)", 2.5),
        ("array(5.)", 5),
        ("array(5., dtype=float32)", 5),
        ("tensor(0.5)", 0.5),
        ("tensor(0.5, grad_fn=<MeanBackward0>)", 0.5),
        ("<tf.Tensor: shape=(), dtype=float32, numpy=0.0>", 0),
        ("<tf.Tensor: shape=(), dtype=bool, numpy=False>", 0),
        ("<tf.Tensor: shape=(1,), dtype=float32, numpy=array([0.], dtype=float32)>", 10),
        ("<tf.Variable 'x:0' shape=() dtype=float32, numpy=3.0>", 3),
    ],
)
def test_what_a_displayed_value_is_worth(text: str, score: float) -> None:
    assert sane_score(run(result=text), 10) == score


def test_standard_error_costs_nothing_and_an_exception_everything() -> None:
    outputs = [Output("stderr"), Output("result", "3")]
    assert sane_score(run(outputs, "3", stderr="careful"), 10) == 3
    assert sane_score(run([Output("error")], "3", Fault(kind="raised")), 10) == 0


def test_a_number_is_read_in_any_dress() -> None:
    assert displayed_number("np.float64(1e-3)") == 1e-3
    assert displayed_number("True") is None
    assert math.isnan(displayed_number("np.float64(nan)") or 0)
