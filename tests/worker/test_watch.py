"""What the operands of a course's own assert were, told without evaluating anything twice."""

from __future__ import annotations

import ast

import numpy as np
import pytest

from autograder.evidence import CellRecord
from autograder.records import Plan, Submission
from autograder.sandbox.exam import Order, examine
from autograder.sandbox.isolation import measure
from autograder.sandbox.rooms import Zygote
from autograder.wire.messages import Cell, Fault
from autograder.worker.watch import VALUE_CHARS, Watches
from sandbox.test_exam import LIMITS

STUDENT = """
import numpy as np
x = np.zeros((30, 2), "float32")
calls = []
def f(value):
    calls.append(value)
    return value + 1
class Rude:
    def __repr__(self):
        raise SystemExit
rude = Rude()
"""


def failing(source: str, **names: object) -> list[tuple[str, str]]:
    """The operands of the assert of a course's cell that fails."""
    watches = Watches()
    watches.expect(0)
    tree = ast.parse(source)
    watches.visit(tree)
    with pytest.raises(AssertionError) as raised:
        exec(compile(tree, "<cell 0>", "exec"), {"np": np, **names})
    return watches.values(0, raised.traceback[-1].lineno + 1)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("assert x.shape == (3,), 'shape'", [("x.shape", "(30, 2)")]),
        ("assert f(2) == 4", [("f(2)", "3")]),
        ("assert f(1) == f(3)", [("f(1)", "2"), ("f(3)", "4")]),
        ("assert f(2) == 4 and f(3) == 1", [("f(2)", "3")]),
        ("assert not np.isnan(f(x) * np.nan).any()", [("f(x) * np.nan", "float32[30, 2]")]),
        ("assert np.allclose(f(2.0),\n    b=2)", [("f(2.0)", "3.0")]),
        ("assert (v == 2).all()", [("v", "float32[2] [0.0, 0.0]")]),
        ("assert isinstance(x, str)", [("x", "float32[30, 2]")]),
        ("assert nothing", [("nothing", "None")]),
        ("assert all(one > 3 for one in [1])", []),
        ("assert False", []),
        ("def check(g):\n    assert g(1) == 3\ncheck(f)", [("g(1)", "2")]),
        ("assert long == ''", [("long", "'" + "a" * 77 + "..." + "a" * 78 + "'")]),
    ],
)
def test_the_operands_are_told(source: str, expected: list[tuple[str, str]]) -> None:
    names = {"x": np.zeros((30, 2), "float32"), "v": np.zeros(2, "float32"), "nothing": None, "long": "a" * 1000}
    assert failing(source, f=lambda value: value + 1, **names) == expected
    assert all(len(shown) <= VALUE_CHARS for _, shown in expected)


def faults(zygote: Zygote, *cells: tuple[str, bool]) -> list[Fault | None]:
    """What came of cells, each with whether it is the course's."""
    made = tuple(Cell(index, f"cell-{index}", source, given) for index, (source, given) in enumerate(cells))
    level = measure().level
    assert level is not None
    held = examine(zygote, Order("key", Submission("student", "digest", made), Plan((), {}, ()), LIMITS, level))

    def fault(record: CellRecord) -> Fault | None:
        assert record.run is not None
        return record.run.fault

    return [fault(record) for record in held.exam.cells]


def test_only_the_courses_asserts_are_watched_and_each_operand_is_evaluated_once(light_zygote: Zygote) -> None:
    given = "assert f(1) == 3", True
    found = faults(
        light_zygote, (STUDENT, False), given, ("assert calls == [1]", True), (given[0], False), ("assert y", True)
    )
    assert [fault.values if fault else None for fault in found] == [None, [("f(1)", "2")], None, [], []]


def test_a_value_that_refuses_to_be_shown_costs_the_message_nothing_else(light_zygote: Zygote) -> None:
    _, fault, after = faults(light_zygote, (STUDENT, False), ("assert rude is None, 'why'", True), ("y = 1", True))
    assert fault is not None
    assert (fault.error, fault.message, fault.values, after) == ("AssertionError", "why", [], None)
