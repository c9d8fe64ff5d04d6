"""What a page may say of an error under a question."""

from __future__ import annotations

import pytest

from autograder.evidence import CellRecord
from autograder.judge.redacted import redacted
from autograder.wire.messages import (
    Attribute,
    CallProbe,
    Cell,
    Fault,
    Frame,
    Method,
    ModelProbe,
    Named,
    ObjectProbe,
    Text,
)

CELLS = [CellRecord(Cell(0, "a", "class Wrong(Exception): pass\ndef double(x):\n    raise Wrong(x)"), None)]
CALL = CallProbe("double", [], {})
FRAME = Frame(0, 3, "double", "raise Wrong(x)")


def said(error: str, message: str) -> tuple[str, str]:
    fault = redacted(Fault(kind="raised", error=error, message=message), CALL, CELLS)
    return fault.error, fault.message


@pytest.mark.parametrize(
    "message",
    [
        "double() missing 1 required positional argument: 'x'",
        "double() takes 1 positional argument but 2 were given",
        "double() takes from 1 to 2 positional arguments but 3 were given",
        "double() got an unexpected keyword argument 'x'",
        "name 'x' is not defined",
        "'NoneType' object is not subscriptable",
        "'NoneType' object has no attribute 'double'",
        "unsupported operand type(s) for +: 'NoneType' and 'int'",
        "list index out of range",
        "division by zero",
    ],
)
def test_what_python_says_of_the_notebooks_own_names_is_kept(message: str) -> None:
    assert said("TypeError", message) == ("TypeError", message)


@pytest.mark.parametrize(
    "message",
    [
        "[0 3 9]",
        "c-rlsAFt}%3;_UcG%k",
        "name 'c0ffee' is not defined",
        "double() missing 1 required positional argument: '0_3_9'",
        "'c0ffee' object has no attribute 'double'",
        "list index out of range\n0 3 9",
        "double() takes 1 positional argument but 039 were given",
        "operands could not be broadcast together with shapes (0,3) (9,)",
        "maximum recursion depth exceeded " + "a" * 30,
        "double() missing 4 required positional arguments: 'double', 'x', 'double', and 'x'",
    ],
)
def test_a_text_of_the_students_making_is_not(message: str) -> None:
    assert said("TypeError", message) == ("TypeError", "")


def test_a_class_is_named_where_it_stands_in_the_notebook_or_is_known() -> None:
    assert said("Wrong", "")[0] == "Wrong"
    assert said("InvalidArgumentError", "")[0] == "InvalidArgumentError"
    assert said("C0ffee", "")[0] == "Exception"


def test_lines_are_those_of_the_notebook_that_was_handed_in() -> None:
    forged = [Frame(0, 3, "c0ffee", "0 3 9 c0ffee"), Frame(0, 99, "double", "0 3 9"), Frame(7, 1, "double", "0 3 9")]
    kept = redacted(Fault(kind="raised", error="Wrong", message="", frames=[FRAME, *forged]), CALL, CELLS).frames
    assert kept == [FRAME, Frame(0, 3, "<function>", "raise Wrong(x)")]


def test_a_question_that_hands_nothing_over_keeps_its_message() -> None:
    fault = Fault(kind="raised", error="ValueError", message="Input 0 is incompatible", frames=[FRAME])
    assert redacted(fault, ModelProbe("net"), CELLS) == fault


def test_a_name_that_is_missing_was_asked_for_and_the_others_stand_in_the_notebook() -> None:
    told = Fault(kind="missing", error="double", names=["x", "c0ffee", "double"])
    assert redacted(told, CALL, CELLS) == Fault(kind="missing", error="double", names=["x", "double"])
    forged = Fault("missing", "0 3 9", "0 3 9", [FRAME], 10**9, ["0 3 9"], [("0", "3")], step="0.3.9")
    assert redacted(forged, CALL, CELLS) == Fault(kind="missing", error="…", step="…")


def test_of_an_object_what_was_asked_is_told_and_no_input() -> None:
    probe = ObjectProbe("Made", [Text("039", 3)], {}, [Method("grow", [Named("net")], {}), Attribute("a.size")])
    for error, step in (("grow", "Made.grow"), ("size", "Made.a.size"), ("net", "Made.grow")):
        fault = Fault(kind="missing", error=error, step=step)
        assert redacted(fault, probe, CELLS) == fault
    making = Fault(kind="raised", error="Wrong", step="Made(…)", cell=0)
    assert redacted(making, probe, CELLS) == making
    forged = Fault(kind="raised", error="Wrong", names=["039"], step="039", cell=39)
    assert redacted(forged, probe, CELLS) == Fault(kind="raised", error="Wrong", step="…")
    assert redacted(Fault(kind="missing", error="039"), probe, CELLS).error == "…"
