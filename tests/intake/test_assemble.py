"""Whatever was done to the cells of a notebook, it is the release again, with the student's answers in it."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

import toy
from autograder.intake import RebuiltNotebook, rebuild
from autograder.notebook.formats import Notebook, parse_notebook
from autograder.records import Repair

STUB = "raise NotImplementedError()"
RELEASE = (
    toy.text("title", "# A toy"),
    toy.code("imports", "import math", locked=True),
    toy.answer("one-answer", STUB),
    toy.test_cell("one", 4, "assert one == 1"),
    toy.answer("two-answer", STUB),
    toy.test_cell("two", 2, "assert two == 2"),
)
LOCKED = {"imports": "import math", "one": "assert one == 1", "two": "assert two == 2"}
ORDER = ["imports", "one-answer", "one", "two-answer", "two"]


def parsed(cells: Sequence[toy.Cell]) -> Notebook:
    return parse_notebook(toy.notebook(cells))


def rebuilt(*cells: toy.Cell) -> RebuiltNotebook:
    return rebuild(parsed(RELEASE), parsed(cells))


def edited(cell: int, source: str) -> toy.Cell:
    return {**RELEASE[cell], "source": source}


def run_of(found: RebuiltNotebook) -> list[tuple[str, str]]:
    return [(cell.id, cell.source) for cell in found.cells]


def repairs_of(found: RebuiltNotebook) -> list[tuple[str, str]]:
    return [(repair.kind, repair.cell) for repair in found.repairs]


def ids_of(found: RebuiltNotebook) -> list[str]:
    return [cell.id for cell in found.cells]


# --- A notebook rebuilt on the release --------------------------------------------------------------------------------


def test_an_untouched_release_runs_as_it_is() -> None:
    found = rebuilt(*RELEASE)
    assert run_of(found) == [(cell["id"], cell["source"]) for cell in RELEASE[1:]]
    assert [cell.index for cell in found.cells] == [1, 2, 3, 4, 5]
    assert found.sources == {"one-answer": STUB, "two-answer": STUB}
    assert found.repairs == ()


def test_answers_are_the_students() -> None:
    found = rebuilt(*RELEASE[:2], edited(2, "one = 1"), *RELEASE[3:])
    assert ("one-answer", "one = 1") in run_of(found)
    assert found.sources["one-answer"] == "one = 1"
    assert found.repairs == ()


@pytest.mark.parametrize("cell", [1, 3])
def test_a_locked_cell_has_the_releases_text(cell: int) -> None:
    found = rebuilt(*RELEASE[:cell], edited(cell, "one = two = 0"), *RELEASE[cell + 1 :])
    assert run_of(found) == run_of(rebuilt(*RELEASE))
    assert found.repairs == (Repair("reset", RELEASE[cell]["id"], cell),)


def test_a_locked_cell_turned_into_text_runs_all_the_same() -> None:
    turned = {**toy.text("one", "assert one == 1"), "metadata": RELEASE[3]["metadata"]}
    assert run_of(rebuilt(*RELEASE[:3], turned, *RELEASE[4:])) == run_of(rebuilt(*RELEASE))


def test_spaces_around_a_locked_cell_are_no_edit() -> None:
    assert rebuilt(*RELEASE[:3], edited(3, "assert one == 1\n"), *RELEASE[4:]).repairs == ()


def test_a_deleted_test_cell_comes_back_after_the_cell_it_followed() -> None:
    found = rebuilt(*RELEASE[:3], *RELEASE[4:])
    assert run_of(found) == run_of(rebuilt(*RELEASE))
    assert found.repairs == (Repair("returned", "one", 3),)


def test_a_deleted_answer_comes_back_as_its_stub_and_is_no_answer() -> None:
    found = rebuilt(*RELEASE[:2], *RELEASE[3:])
    assert run_of(found) == run_of(rebuilt(*RELEASE))
    assert found.sources == {"two-answer": STUB}
    assert found.repairs == (Repair("returned", "one-answer", 2),)


OPEN = (
    toy.text("title", "# A toy"),
    toy.code("", "import math"),
    toy.text("", "Read the data."),
    toy.code("data", "data = math.pi", locked=True),
    toy.answer("one-answer", STUB),
    toy.code("", "one + data"),
    toy.test_cell("one", 4, "assert one == 1"),
)
"""A release whose first cell of code is nobody's: students may add imports to it."""


@pytest.mark.parametrize(
    ("handed_in", "order"),
    [
        (OPEN[:3] + OPEN[4:], ["import math", "data = math.pi", STUB, "one + data", "assert one == 1"]),
        (OPEN[:2] + OPEN[4:], ["import math", "data = math.pi", STUB, "one + data", "assert one == 1"]),
        (OPEN[:6], ["import math", "data = math.pi", STUB, "one + data", "assert one == 1"]),
        (OPEN[:3] + OPEN[4:6], ["import math", "data = math.pi", STUB, "one + data", "assert one == 1"]),
        ((OPEN[3], *OPEN[:3], *OPEN[4:]), ["data = math.pi", "import math", STUB, "one + data", "assert one == 1"]),
        ((*OPEN[4:], *OPEN[:3]), ["data = math.pi", STUB, "one + data", "assert one == 1", "import math"]),
    ],
    ids=["a locked cell", "and the text before it", "the tests", "both", "moved up by the student", "moved to the end"],
)
def test_what_comes_back_stands_after_the_unmarked_cells_it_followed(
    handed_in: Sequence[toy.Cell], order: list[str]
) -> None:
    found = rebuild(parsed(OPEN), parsed(handed_in))
    assert [cell.source for cell in found.cells] == order


def test_an_answer_of_another_form_is_known_by_what_it_makes() -> None:
    stub = "def train():\n    raise NotImplementedError()"
    release = [toy.text("title", "# A toy"), toy.answer("train-answer", stub), toy.test_cell("train", 1, "train()")]
    theirs = [toy.code("", "import math"), toy.code("", "x = 1"), toy.code("", "def train(x, y):\n    return x + y")]
    found = rebuild(parsed(release), parsed(theirs))
    assert found.sources == {"train-answer": theirs[2]["source"]}
    assert ids_of(found) == ["", "", "train-answer", "train"]


def test_of_two_cells_that_make_an_answers_name_neither_is_taken_for_it() -> None:
    stub = "def train():\n    raise NotImplementedError()"
    release = [toy.text("title", "# A toy"), toy.answer("train-answer", stub), toy.test_cell("train", 1, "train()")]
    theirs = [toy.code("", "def train(x, y):\n    return x + y"), toy.code("", "def train(z):\n    return -z")]
    assert rebuild(parsed(release), parsed(theirs)).sources == {}


def test_what_a_student_imports_in_a_locked_cell_is_imported_behind_it() -> None:
    theirs = "import math\nimport numpy as np  # mine\nfrom os import (path,\n sep)\nfrom os import path, sep\nmath = 3"
    found = rebuilt(RELEASE[0], edited(1, theirs), *RELEASE[2:])
    assert run_of(found)[:2] == [("imports", "import math"), ("", "import numpy as np  \nfrom os import path, sep")]
    assert ids_of(found) == [ORDER[0], "", *ORDER[1:]]
    assert repairs_of(found) == [("reset", "imports")]


def test_what_a_student_imports_in_a_test_is_not() -> None:
    found = rebuilt(*RELEASE[:3], edited(3, "import numpy as np\nassert True"), *RELEASE[4:])
    assert run_of(found) == run_of(rebuilt(*RELEASE))


def test_an_empty_notebook_becomes_the_release() -> None:
    found = rebuilt()
    assert run_of(found) == run_of(rebuilt(*RELEASE))
    assert repairs_of(found) == [("returned", name) for name in ORDER]
    assert found.sources == {}


def test_a_locked_cell_out_of_place_goes_back() -> None:
    found = rebuilt(RELEASE[0], RELEASE[3], RELEASE[1], RELEASE[2], *RELEASE[4:])
    assert ids_of(found) == ORDER
    assert repairs_of(found) == [("moved", "one")]


def test_answers_stay_where_the_student_put_them_and_their_tests_with_them() -> None:
    found = rebuilt(RELEASE[0], RELEASE[4], RELEASE[5], RELEASE[1], RELEASE[2], RELEASE[3])
    assert ids_of(found) == ["imports", "two-answer", "two", "one-answer", "one"]
    assert repairs_of(found) == [("moved", "imports")]


def test_a_students_own_cells_stay_in_place() -> None:
    mine = [toy.code(f"mine-{n}", f"mine = {n}") for n in range(3)]
    found = rebuilt(mine[0], *RELEASE[:3], mine[1], *RELEASE[4:], mine[2])
    assert [source for _, source in run_of(found)] == [
        "mine = 0",
        "import math",
        STUB,
        "assert one == 1",
        "mine = 1",
        STUB,
        "assert two == 2",
        "mine = 2",
    ]


def test_of_two_copies_the_one_that_was_changed_is_the_answer() -> None:
    found = rebuilt(*RELEASE[:3], edited(2, "one = 1"), RELEASE[3], edited(3, "one = 2"), *RELEASE[4:])
    assert run_of(found)[1:4] == [("one-answer", "one = 1"), ("one", "assert one == 1"), ("", "one = 2")]
    assert found.sources["one-answer"] == "one = 1"
    assert repairs_of(found) == [("copied", "one-answer"), ("copied", "one")]


def test_of_two_changed_copies_the_last_in_place_is_the_answer_and_both_run() -> None:
    found = rebuilt(*RELEASE[:2], edited(2, "one = 0"), edited(2, "one = 1"), *RELEASE[3:], edited(2, "one = 2"))
    assert run_of(found)[1:3] == [("", "one = 0"), ("one-answer", "one = 1")]
    assert run_of(found)[-1] == ("", "one = 2")


def test_a_copy_that_answers_another_question_is_that_ones_answer() -> None:
    found = rebuilt(*RELEASE[:2], edited(2, "one = 1"), RELEASE[3], edited(2, "two = 2"), RELEASE[5])
    assert found.sources == {"one-answer": "one = 1", "two-answer": "two = 2"}
    assert repairs_of(found) == [("recognised", "two-answer")]


def bare(cell: toy.Cell) -> toy.Cell:
    """A cell with nothing but its type and text."""
    return {**cell, "id": "", "metadata": {}}


def test_without_metadata_cells_are_known_by_their_text_and_place() -> None:
    cells = [
        RELEASE[0],
        RELEASE[1],
        edited(2, "one = 1"),
        edited(3, "assert one == 3"),
        edited(4, "two = 2"),
        RELEASE[5],
    ]
    found = rebuilt(*map(bare, cells))
    assert ids_of(found) == ORDER
    assert found.sources == {"one-answer": "one = 1", "two-answer": "two = 2"}
    assert ("reset", "one") in repairs_of(found)
    assert [name for kind, name in repairs_of(found) if kind == "recognised"] == ORDER


def test_without_metadata_the_formats_own_ids_tell() -> None:
    cells = RELEASE[0], edited(4, "b = 2"), edited(2, "a = 1"), RELEASE[3], RELEASE[5]
    found = rebuilt(*({**cell, "metadata": {}} for cell in cells))
    assert found.sources == {"one-answer": "a = 1", "two-answer": "b = 2"}


HARNESS = (
    "def show(curves, title='loss'):\n    figure, axes = plt.subplots()\n    axes.plot(curves['loss'])\n"
    "    axes.set_title(title)\n    return figure"
)
SETTINGS = "batch = 32\nepochs = 5\nshape = (28, 28)\nclasses = 10\nprint(batch, epochs, shape, classes)"
LONGER = (
    *RELEASE[:2],
    toy.code("harness", HARNESS, locked=True),
    toy.code("settings", SETTINGS, locked=True),
    *RELEASE[2:],
)


def rebuilt_longer(*cells: toy.Cell) -> RebuiltNotebook:
    return rebuild(parsed(LONGER), parsed([bare(cell) for cell in cells]))


@pytest.mark.parametrize(
    ("at", "source"),
    [
        (2, "import seaborn\ndef show(history):\n    seaborn.lineplot(history.history)"),
        (2, "# mine\nclass Panel: pass\ndef show(c, t):\n    return Panel()"),
        (3, "batch = 32"),
        (3, "epochs = 50  # more\nprint('training for', epochs)\nclasses = 10"),
        (3, SETTINGS + "\n" + "\n".join(f"print('run {n}:', batch * {n}, 'of', classes)" for n in range(30))),
        (5, "assert one\nprint('all is well', one)"),
    ],
)
def test_without_metadata_a_locked_cell_that_was_much_changed_is_the_courses(at: int, source: str) -> None:
    cells = [edited(2, "one = 1") if one is RELEASE[2] else one for one in LONGER]
    cells[at] = {**LONGER[at], "source": source}
    found = rebuilt_longer(*cells)
    codes = [(cell.id, cell.source) for cell in found.cells if not cell.source.startswith("import seaborn")]
    assert codes == [(cell["id"], cell["source"] if cell is not cells[4] else "one = 1") for cell in LONGER[1:4]] + [
        ("one-answer", "one = 1"),
        *((cell["id"], cell["source"]) for cell in LONGER[5:]),
    ]
    assert ("reset", LONGER[at]["id"]) in repairs_of(found)


@pytest.mark.parametrize(
    "source",
    [
        "import numpy as np\nmine = np.zeros(3)",
        "def helper(x):\n    return x + 1",
        "print('hello')",
        "rate = 0.1\nprint(rate)",
        "shapes = [(28, 28), (32, 32)]\nfor one in shapes: print(one)",
    ],
)
def test_without_metadata_a_cell_of_the_students_own_in_place_of_a_locked_one_stays_theirs(source: str) -> None:
    found = rebuilt_longer(*LONGER[:3], toy.code("", source), *LONGER[4:])
    assert ("", source) in run_of(found)
    assert ("returned", "settings") in repairs_of(found)


def test_a_locked_cell_within_a_students_own_is_taken_out_of_it() -> None:
    around = f"mine = 1\n\n{SETTINGS}\n\ndef own():\n    return mine\n" + "\n".join(f"v{n} = {n}" for n in range(40))
    found = rebuilt_longer(*LONGER[:3], toy.code("", around), *LONGER[4:])
    place = ids_of(found).index("settings")
    assert run_of(found)[place - 1] == ("", "mine = 1")
    assert run_of(found)[place][1] == SETTINGS
    assert run_of(found)[place + 1][1].startswith("def own():")


def test_an_answer_that_reads_as_the_test_which_is_gone_is_the_answer() -> None:
    found = rebuilt(*map(bare, [*RELEASE[:2], edited(2, "one = 1"), *RELEASE[4:]]))
    assert found.sources["one-answer"] == "one = 1"
    assert ("returned", "one") in repairs_of(found)


def test_another_notebook_is_not_taken_for_the_release() -> None:
    found = rebuilt(*(bare(toy.code("", f"x{number} = {number}")) for number in range(8)))
    assert found.sources == {}
    assert [kind for kind, _ in repairs_of(found)] == ["edition", *["returned"] * len(ORDER)]
    assert found.repairs[0] == Repair("edition", detail="0/6")


OTHER_YEAR = (
    toy.text("title", "# Practical session 3: convolutions, spring"),
    toy.code("imports", "from tensorflow import keras\nimport pandas as pd", locked=True),
    toy.answer("one-answer", "def conv(x):\n    return x"),
    toy.test_cell("one", 4, "np.testing.assert_allclose(conv(x), expected_conv)"),
    toy.text("more", "Now explain what padding does."),
    toy.answer("two-answer", "padding = 'same'"),
    toy.test_cell("two", 2, "check_padding(padding)"),
)


@pytest.mark.parametrize("with_marks", [True, False])
def test_another_edition_is_told_though_it_has_the_same_marks(with_marks: bool) -> None:
    found = rebuilt(*(OTHER_YEAR if with_marks else map(bare, OTHER_YEAR)))
    assert found.repairs[0].kind == "edition"


@pytest.mark.parametrize(
    "cells",
    [
        RELEASE,
        RELEASE[2:3],
        (*RELEASE, *(toy.code(f"mine-{n}", f"mine_{n} = {n}") for n in range(20))),
        tuple(edited(n, "print('mine')") if n in (1, 3) else one for n, one in enumerate(RELEASE)),
        tuple(edited(n, f"a_{n} = [1, 2, 3]") if n in (2, 4) else one for n, one in enumerate(RELEASE)),
        (),
    ],
)
def test_a_notebook_that_a_student_wrote_in_is_this_edition(cells: tuple[toy.Cell, ...]) -> None:
    assert "edition" not in [kind for kind, _ in repairs_of(rebuilt(*cells))]


def test_an_answer_split_in_two_is_joined() -> None:
    halves = edited(2, "a = 1"), edited(2, "one = a")
    found = rebuilt(*RELEASE[:2], *halves, *RELEASE[3:])
    assert found.sources["one-answer"] == "a = 1\none = a"
    assert repairs_of(found) == [("split", "one-answer")]


def test_the_indented_rest_of_an_answer_is_joined_to_it() -> None:
    halves = edited(2, "def one():\n    a = 1"), toy.code("", "    return a")
    found = rebuilt(*RELEASE[:2], *halves, *RELEASE[3:])
    assert found.sources["one-answer"] == "def one():\n    a = 1\n    return a"


def test_merged_cells_are_taken_apart() -> None:
    merged = edited(2, "one = 1\n\nassert one == 1\n\ntwo = 2")
    found = rebuilt(*RELEASE[:2], merged, RELEASE[5])
    assert ids_of(found) == ORDER
    assert found.sources == {"one-answer": "one = 1", "two-answer": "two = 2"}
    assert repairs_of(found) == [("merged", "one-answer")]


def test_an_answer_merged_into_the_test_before_it_is_kept() -> None:
    found = rebuilt(*RELEASE[:3], edited(3, "assert one == 1\n\nraise NotImplementedError()\ntwo = 2"), RELEASE[5])
    assert found.sources["two-answer"] == "raise NotImplementedError()\ntwo = 2"
    assert dict(run_of(found))["one"] == "assert one == 1"


@pytest.mark.parametrize("source", ["one = 1", "```python\none = 1\n```"])
@pytest.mark.parametrize("cell_type", ["markdown", "raw"])
def test_an_answer_in_a_cell_of_another_type_runs(cell_type: str, source: str) -> None:
    found = rebuilt(*RELEASE[:2], {**edited(2, source), "cell_type": cell_type}, *RELEASE[3:])
    assert ("one-answer", "one = 1") in run_of(found)
    assert found.repairs == (Repair("retyped", "one-answer", 2, cell_type),)


def test_what_works_elsewhere_only_is_mended_in_the_students_cells_and_not_in_what_they_wrote() -> None:
    found = rebuilt(*RELEASE[:2], edited(2, "!pip install x"), *RELEASE[3:], toy.code("", "open('/content/a.csv')"))
    assert found.sources["one-answer"] == "!pip install x"
    assert dict(run_of(found))["one-answer"] == "print('not run while grading: !pip install x')"
    assert found.repairs == (
        Repair("command", "one-answer", 2, "!pip install x"),
        Repair("path", "", 6, "/content/a.csv"),
    )


@pytest.mark.parametrize("cells", [[toy.code("", "x")] * 30_000, [RELEASE[2]] * 30_000])
def test_a_notebook_of_very_many_cells_is_rebuilt_too(cells: list[toy.Cell]) -> None:
    assert set(ids_of(rebuilt(*cells))) >= set(ORDER)


def test_an_id_the_release_does_not_have_means_nothing() -> None:
    found = rebuilt(*RELEASE, toy.test_cell("bonus", 100, "assert True"))
    assert run_of(found)[-1] == ("", "assert True")


@st.composite
def handed_in(draw: st.DrawFn) -> list[toy.Cell]:
    """Cells of the release deleted, copied, shuffled, edited, in any mixture with cells of the student's own."""
    cells = draw(st.lists(st.sampled_from(RELEASE), max_size=12))
    mixed = []
    for number, cell in enumerate(cells):
        mixed.append({**cell, "source": f"edited = {number}"} if draw(st.booleans()) else cell)
        if draw(st.booleans()):
            mixed.append(toy.code(f"mine-{number}", f"mine = {number}"))
    return mixed


@given(handed_in())
def test_every_cell_of_the_release_runs_once_and_the_students_keep_their_order(cells: list[toy.Cell]) -> None:
    found = rebuilt(*cells)
    named = [(name, source) for name, source in run_of(found) if name]
    assert sorted(name for name, _ in named) == sorted(ORDER)
    assert {name: source for name, source in named if name in LOCKED} == LOCKED
    code = [cell for cell in cells if cell["cell_type"] == "code" and cell["id"] not in LOCKED]
    submitted = [cell["source"] for cell in code if cell["source"] != STUB]
    kept = iter([source for name, source in run_of(found) if name not in LOCKED])
    assert all(source in kept for source in submitted), "an own cell or an answer is lost, or out of its place"


@given(handed_in())
def test_rebuilding_twice_changes_nothing_more(cells: list[toy.Cell]) -> None:
    once = rebuilt(*cells)
    release = {cell["id"]: cell for cell in RELEASE}
    again = rebuilt(*({**release.get(cell.id, toy.code("", "")), "source": cell.source} for cell in once.cells))
    assert run_of(again) == run_of(once)
    assert again.repairs == ()


@pytest.mark.parametrize(
    "source",
    [
        "!" + ";" * 10**6,
        "'" + "/a" * 400 + "'\n",
        "\n" * 10**6,
        "x = 1\n" * 10**5,
        "```" * 10**5,
        "(" * 10**6,
        "'''" * 10**5 + "'",
    ],
    ids=lambda source: repr(source[:4]),
)
def test_a_cell_out_to_take_time_takes_little(source: str) -> None:
    answer = edited(2, source), {**edited(4, source), "cell_type": "markdown"}
    assert ids_of(rebuilt(*RELEASE[:2], answer[0], RELEASE[3], answer[1], RELEASE[5])) == ORDER
