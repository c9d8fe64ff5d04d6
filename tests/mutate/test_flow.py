"""What cells make, change and need, told from their text; and the part of an exam that a change can touch."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest

import toy
from autograder.assignment import Assignment, SourceNotebook
from autograder.mutate.flow import Flow
from autograder.mutate.part import Parts
from autograder.records import Plan
from autograder.wire.messages import CallProbe, Probe, VariableProbe
from loading import load_assignment

IMPORTS = "import numpy as np\nimport keras"
TEST = {"nbgrader": {"grade_id": "visible", "grade": True, "solution": False, "locked": True, "points": 1}}


@pytest.fixture(scope="module")
def assignment(tmp_path_factory: pytest.TempPathFactory) -> Assignment:
    return load_assignment(toy.make_course(tmp_path_factory.mktemp("flow")), toy.NAME)


@pytest.fixture
def source(assignment: Assignment) -> SourceNotebook:
    return assignment.source


def written(source: SourceNotebook, *cells: str) -> SourceNotebook:
    """The assignment with these code cells and no others; those that assert are visible tests."""
    pattern = next(cell for cell in source.notebook.cells if cell.cell_type == "code")
    made = tuple(
        msgspec.structs.replace(pattern, source=text, metadata=TEST if text.startswith("assert") else {})
        for text in cells
    )
    return replace(source, notebook=msgspec.structs.replace(source.notebook, cells=made))


def touched(source: SourceNotebook, cells: tuple[str, ...], changed: int, **probes: Probe) -> list[int]:
    one = written(source, *cells)
    return sorted(Parts(one, Plan((), probes, ()), Flow(one)).touched_by(changed).cells)


@pytest.mark.parametrize(
    ("text", "marks"),
    [
        ("x = np.zeros(3)", {"x"}),
        ("np.random.seed(3)", {"np"}),
        ("keras.utils.set_random_seed(3)", {"keras"}),
        ("np.pi = 3", {"np"}),
        ("print(x)", set()),
        ("next(x)", {"x"}),
        ("assert looks(x) == 1", set()),
        ("y = changes(x)", {"x", "y"}),
        ("y = passes_on(x)", {"x", "y"}),
        ("y = model(x)", {"y"}),
        ("x += 1", {"x"}),
        ("x.append(1)", {"x"}),
        ("model.fit(x)", {"model"}),
    ],
)
def test_what_a_statement_makes_or_may_change(source: SourceNotebook, text: str, marks: set[str]) -> None:
    functions = (
        "def looks(a):\n    b = a * 2\n    b[0] = 1\n    return b",
        "def changes(a):\n    a[0] = 1",
        "def passes_on(a):\n    changes(a)",
    )
    flow = Flow(written(source, IMPORTS, *functions, text))
    assert flow.marks(4) == marks


def test_a_cell_needs_what_it_has_not_made_by_then(source: SourceNotebook) -> None:
    flow = Flow(written(source, "y = x + 1\nx = 2\nz = y\nn += 1"))
    assert flow.needs(0) == {"x", "n"}


CELLS = (
    IMPORTS,
    "x = np.zeros(3)",
    "y = x + 1",
    "assert y.sum() == 3",
    "x = np.ones(3)",
    "z = x + 1",
    "assert z.all()",
    "def f(a):\n    return a + y",
)


def test_of_a_notebook_a_change_touches_what_uses_it_and_that_rests_on_what_it_needs(source: SourceNotebook) -> None:
    assert touched(source, CELLS, 2) == [0, 1, 2, 3]
    assert touched(source, CELLS, 4) == [0, 4, 5, 6]


def test_what_only_shows_the_change_is_left_out(source: SourceNotebook) -> None:
    cells = (IMPORTS, "def f(a):\n    return a + 1", "many = [f(n) for n in range(9)]", "print(many)", "x = f(2)")
    assert touched(source, cells, 1) == [1]
    assert touched(source, cells, 1, x=VariableProbe("x")) == [1, 4]


def test_a_name_made_anew_is_another_object(source: SourceNotebook) -> None:
    probes: dict[str, Probe] = {"z": VariableProbe("z")}
    assert touched(source, CELLS, 1, **probes) == [0, 1, 2, 3]


def test_a_probe_brings_what_makes_its_name_and_changes_it_after(source: SourceNotebook) -> None:
    cells = (IMPORTS, "def f(a):\n    return a * g", "g = 2", "h = 3", "g += 1")
    assert touched(source, cells, 1, f=CallProbe("f", [], {})) == [1, 2, 4]
    assert touched(source, cells, 2, f=CallProbe("f", [], {}), g=VariableProbe("g")) == [1, 2, 4]
    assert touched(source, cells, 3, g=VariableProbe("g")) == [3]


def test_what_sets_a_module_comes_with_what_uses_it(source: SourceNotebook) -> None:
    cells = (IMPORTS, "np.random.seed(0)", "x = np.random.rand()", "h = 3")
    assert touched(source, cells, 2) == [0, 1, 2]
    assert touched(source, cells, 3) == [3]
