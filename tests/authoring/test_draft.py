"""`autograder draft`: checks of a small assignment's solution, tried as `validate` and `mutate` do."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from itertools import count
from pathlib import Path

import numpy as np
import pytest

import toy
from autograder.authoring.draft.asked import asked_of
from autograder.authoring.draft.expected import Unsayable, assertions, in_order
from autograder.authoring.draft.inputs import fresh
from autograder.authoring.draft.luck import told_seeds, with_other_seeds
from autograder.errors import CourseError
from autograder.judge.frames import DataColumn, DataTable
from autograder.mutate.report import tallies
from autograder.mutate.run import Choice, mutate
from autograder.notebook.formats import parse_notebook
from autograder.remarks import why_solution_stops
from autograder.session import GradingOptions, Session
from autograder.validate import findings
from autograder.wire.messages import Fault
from loading import load_assignment

SPLIT = """\
def split(rows):
    ### BEGIN SOLUTION
    order = np.random.default_rng(3).permutation(len(rows))
    cut = len(rows) // 4
    return rows[order[cut:]], rows[order[:cut]]
    ### END SOLUTION"""
PLOT = """\
def plot(rows):
    ### BEGIN SOLUTION
    import matplotlib.pyplot as plt
    plt.plot(rows[:, 0])
    plt.plot(rows[:, 2], "--")
    plt.title("columns")
    ### END SOLUTION"""
GRADED = {"solution": True, "grade": True, "points": 1}
CELLS = (
    toy.code("imports", "import numpy as np\ntable = np.arange(60.0).reshape(20, 3)", locked=True),
    toy.text("t1", "## Scale (2 points)\n\nWrite `scale(x, width)`, which gives an array of `float32`."),
    toy.answer(
        "scale-answer",
        "def scale(x, width):\n    ### BEGIN SOLUTION\n    low = x.min(axis=0)\n"
        "    return (width * (x - low) / (x.max(axis=0) - low)).astype(np.float32)\n    ### END SOLUTION",
    ),
    toy.test_cell("scale", 2, "assert scale(table, 2).shape == (20, 3)"),
    toy.text("t2", "## Split\n\nWrite `split(rows)`: a quarter, at random, is set aside."),
    toy.answer("split-answer", SPLIT),
    toy.test_cell("split", 2, "assert len(split(table)[0]) == 15"),
    toy.text("t3", "## Count\n\nPut the `total` in a variable, what it is called before does not count; **print** it."),
    toy.answer(
        "total-answer",
        "### BEGIN SOLUTION\nhelper = table[:, 0]\ntotal = int(helper.sum())\nprint(total)\n### END SOLUTION",
    ),
    toy.test_cell("total", 1, "assert total"),
    toy.text("t4", "## Called\n\nWrite `shout(word)`."),
    toy.answer(
        "shout-answer", "def shout(word):\n    ### BEGIN SOLUTION\n    return word.upper()\n    ### END SOLUTION"
    ),
    toy.test_cell("shout", 1, "assert shout('a')"),
    toy.text("t7", "## Show\n\nWrite `show(table)`, which prints it."),
    toy.answer("show-answer", "def show(table):\n    ### BEGIN SOLUTION\n    print(table)\n    ### END SOLUTION"),
    toy.test_cell("show", 1, "show(table)"),
    toy.text("t5", "## Mean\n\nWhat is the mean of the first column?"),
    toy.code("mean", "### BEGIN SOLUTION\nfirst = table[:, 0]\nmean = first.mean()\n### END SOLUTION", **GRADED),
    toy.text(
        "t10", "## Drawn\n\nLet `drawn` be three numbers between 0 and 1, drawn at random, and `largest` the largest."
    ),
    toy.code(
        "drawn",
        """### BEGIN SOLUTION
np.random.seed(42)
drawn = np.random.rand(3)
largest = float(drawn.max())
### END SOLUTION""",
        **GRADED,
    ),
    toy.text("t11", "## Liked\n\nLet `liked` be a vector of four values of your choice."),
    toy.code("liked", "### BEGIN SOLUTION\nliked = np.array([8, 4, 2, 1])\n### END SOLUTION", **GRADED),
    toy.text("t8", "## Plot\n\nWrite `plot(rows)`, which draws each column as a curve, under a title."),
    toy.answer("plot-answer", PLOT),
    toy.test_cell("plot", 2, "plot(table[:4])"),
    toy.code("given", "levels = [1.5, 2.5, 2.0]", locked=True),
    toy.text("t9", "## 2. Levels\n\nDraw the `levels` as a curve, with a legend."),
    toy.code(
        "2-levels",
        """### BEGIN SOLUTION
from matplotlib import pyplot as plt
plt.plot(range(1, 4), levels, label="levels")
plt.legend()
### END SOLUTION""",
        **GRADED,
    ),
    toy.text("t6", "## Wave\n\nDraw it."),
    toy.code("wave", "### BEGIN SOLUTION\nfrom math import pi\n### END SOLUTION", **GRADED),
)


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = toy.make_course(tmp_path_factory.mktemp("course"), cells=CELLS)
    (root / "source/toy/checks.py").unlink()
    (root / "draft/toy").mkdir(parents=True)
    (root / "draft/toy/hidden_tests.py").write_text("assert shout('no') == 'NO'\n")
    return root


@pytest.fixture(scope="module")
def drafted(course: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from autograder.cli import main; main()", "draft", "toy", "--most", "40"]
    return subprocess.run(command, cwd=course, capture_output=True, text=True)


def test_what_is_asked_is_what_students_are_told(course: Path) -> None:
    asked = {one.id: one for one in asked_of(load_assignment(course, toy.NAME).source)}
    assert {name: (one.functions, one.variables) for name, one in asked.items()} == {
        "scale": (("scale",), ()),
        "split": (("split",), ()),
        "total": ((), ("total",)),  # `helper` is the solution's own
        "shout": (("shout",), ()),
        "show": (("show",), ()),
        "mean": ((), ("mean",)),
        "drawn": ((), ("drawn", "largest")),
        "liked": ((), ("liked",)),
        "plot": (("plot",), ()),
        "2-levels": ((), ()),
        "wave": ((), ()),
    }
    assert asked["total"].prints == "total-answer"
    assert {name: one.untold for name, one in asked.items() if one.untold} == {"mean": ("mean",)}


CALLBACK = "class Stop(keras.callbacks.Callback):\n    pass\n"


def test_without_a_word_networks_are_asked_for_and_of_a_name_made_twice_the_last(tmp_path: Path) -> None:
    marked = "### BEGIN SOLUTION\n{}\n### END SOLUTION"
    answers = (f"{CALLBACK}stop = Stop()\nmodel = keras.Sequential([])", "y = 1", "y = 2", "a = 1\nlast = a")
    cells = [
        cell
        for number, answer in enumerate(answers)
        for cell in (
            toy.text(f"t{number}", f"## Part {number}"),
            toy.code(f"q{number}", marked.format(answer), **GRADED),
        )
    ]
    root = toy.make_course(tmp_path, cells=cells)
    asked = asked_of(load_assignment(root, toy.NAME).source)
    assert [(one.untold, one.anew) for one in asked] == [
        (("model",), ()),
        ((), ("y",)),
        (("y",), ()),
        (("last",), ()),
    ]


def test_a_solution_that_takes_too_long_is_told_what_ends_it() -> None:
    said = why_solution_stops(Fault(kind="time", error="KeyboardInterrupt"))
    assert said == "ran out of time: in course.yaml, give it more `seconds`, or its trainings less by `fit`"


def test_the_draft_is_python_that_says_why(course: Path, drafted: subprocess.CompletedProcess[str]) -> None:
    assert (drafted.returncode, drafted.stderr) == (0, "")
    text = (course / "source/toy/checks.py").read_text()
    ast.parse(text)
    assert 'scale_values = call("scale", seeded(' in text
    assert "# more examples" in text
    assert 'assert_dtype(scale_values, "float32")' in text
    assert 'call("shout", "no")' in text  # from the hidden test
    assert "assert_equal(total, 570)" in text
    assert "assert_printed(total_printed, (570,), code=total_source)" in text
    assert "SPLIT_ROWS" in text
    assert "np.sort(np.concatenate(" in text  # luck: nothing is lost, in whatever order
    assert "assert_shape(drawn, (3,))" in text  # its seed is the solution's own
    assert "assert_shape(liked, (4,))" in text
    assert "assert_curve(plot_values_drawn, PLOT_VALUES_DRAWN[0][:, 2])" in text
    assert "assert_figure(plot_values_drawn, title=True)" in text
    assert "assert_curve(answer_2_levels_figure, levels)" in text  # of a cell of the course's
    assert "assert_figure(answer_2_levels_figure, legend=True)" in text
    assert max(map(len, text.splitlines())) <= 120
    assert not (course / "draft/toy/checks.py").exists()
    assert "  to write: mean: students are not told the name mean: say it in their text\n" in drafted.stdout
    assert "  to write: drawn: the value of largest is free: say what is to be asked of it\n" in drafted.stdout
    assert "  to write: show: show gives nothing back: ask for what it prints or draws" in drafted.stdout
    assert "  to write: wave: nothing that its answer makes can be asked for\n" in drafted.stdout


def test_it_passes_validate_and_catches_mutants(course: Path, drafted: subprocess.CompletedProcess[str]) -> None:
    assignment = load_assignment(course, toy.NAME)
    with pytest.raises(CourseError, match=r"^source/toy/toy.ipynb: wave: neither a test cell nor a check"):
        findings(assignment, GradingOptions(jobs=1))
    wave = '\n\n@question("wave")\ndef test_wave(mean):\n    assert mean == 28.5\n'
    checks = course / "source/toy/checks.py"
    before = checks.read_text()
    checks.write_text(f"{before}{wave}")  # whatever its author would write
    found, trust = findings(assignment, GradingOptions(jobs=1))
    assert ([str(one) for one in found], trust.rpartition(": ")[2]) == ([], "show")
    with Session(assignment, GradingOptions(jobs=1)) as session:
        *questions, whole = tallies(assignment.source, list(mutate(session, Choice(40))))
    checks.write_text(before)
    asked = [one for one in questions if one.question not in ("drawn", "liked")]  # where values are free
    killed, survived = (sum(one.count(fate) for one in asked) for fate in ("killed", "survived"))
    assert killed >= 4 * survived
    assert whole.score is not None
    assert f"wrong solutions caught: {100 * whole.score:.0f} %" in drafted.stdout


def test_what_is_there_is_not_written_over(course: Path, drafted: subprocess.CompletedProcess[str]) -> None:
    mine = course / "source/toy/checks.py"
    before = mine.read_text()
    command = [sys.executable, "-c", "from autograder.cli import main; main()", "draft", "toy", "--most", "0"]
    mine.write_text(f"# mine\n{before}")
    done = subprocess.run(command, cwd=course, capture_output=True, text=True)
    assert mine.read_text().startswith("# mine\n")
    assert "is there and stays" in done.stdout
    assert (course / "draft/toy/checks.py").read_text() == before
    mine.write_text(before)


def test_a_solution_that_stops_is_told(tmp_path: Path) -> None:
    cells = [
        toy.answer("n-answer", "### BEGIN SOLUTION\nn = 1 / 0\n### END SOLUTION"),
        toy.test_cell("n", 1, "assert n"),
    ]
    course = toy.make_course(tmp_path, cells=cells)
    command = [sys.executable, "-c", "from autograder.cli import main; main()", "draft", "toy"]
    done = subprocess.run(command, cwd=course, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (
        2,
        "source/toy/toy.ipynb: cell 1 (n-answer): the solution stops here: ZeroDivisionError: division by zero; "
        "make it run, then draft\n",
    )


@pytest.mark.parametrize(
    ("args", "found"),
    [
        (['"IT! LOVED i"', "5"], {"values", "sizes", "same"}),
        (['"same"', "3"], {"same"}),
    ],
)
def test_words_come_in_another_order_and_a_lone_word_stays(args: list[str], found: set[str]) -> None:
    given = [plain("I loved it!"), plain(3)] if "LOVED" in args[0] else [plain("same"), {"kind": "named", "name": "n"}]
    made = list(fresh({"args": given, "kwargs": {}}, count(1)))
    assert {one.reason for one in made} == found
    assert made[0].positional[0] == args[0]


# --- Inputs and what is expected --------------------------------------------------------------------------------------


def series(values: list[float]) -> DataTable:
    return DataTable(2, (DataColumn("v", "float64", np.array(values)),), DataColumn("", "object", ["a", "b"]), True)


def test_the_order_of_rows_is_asked_for_where_values_rise_or_fall() -> None:
    assert in_order("x", series([3.5, 2.0])) == ['assert_equal(list(x.index), ["a", "b"])']
    assert in_order("x", series([2.0, 2.0])) == []


def array(shape: list[int], dtype: str, low: float, high: float, form: str = "") -> dict[str, object]:
    return {
        "kind": "array",
        "shape": shape,
        "dtype": dtype,
        "low": low,
        "high": high,
        "form": form,
        "framework": "numpy",
    }


def plain(value: object) -> dict[str, object]:
    return {"kind": "plain", "value": value}


@pytest.mark.parametrize(
    ("args", "first"),
    [
        ([array([60000, 28, 28], "uint8", 0, 255)], "seeded(1).integers(0, 256, (5, 7, 7), dtype=np.uint8)"),
        ([array([427, 640, 3], "float64", 0, 1)], "seeded(1).random((5, 7, 3))"),
        ([array([4, 10], "float32", 0, 1, "one-hot")], "np.eye(5, dtype=np.float32)[seeded(1).integers(0, 5, 4)]"),
        (
            [array([90, 10], "float64", 0, 1, "rows of probabilities"), array([90], "int64", 0, 9)],
            "seeded(1).dirichlet(np.ones(7), 5), seeded(2).integers(0, 7, 5)",
        ),
        ([array([9], "int64", 0, 8, "range")], "seeded(1).permutation(5)"),
        ([array([2], "float64", 0.5, 0.5)], "seeded(1).random(2)"),
        ([array([8], "float32", -3, 2)], "seeded(1).normal(0, 2, 8).astype(np.float32)"),
        ([{"kind": "symbolic", "shape": [32, 32, 3]}, plain(8), plain("same")], 'symbolic((32, 32, 3)), 10, "same"'),
        ([plain(8), {"kind": "generator"}], "10, seeded(1)"),
        ([{"kind": "list", "items": [plain(784), plain(10)]}], "[5, 14]"),
        ([{"kind": "named", "name": "net"}, plain(None), plain(True)], 'named("net"), None, True'),
    ],
)
def test_inputs_are_like_those_seen_and_others(args: list[dict[str, object]], first: str) -> None:
    found = list(fresh({"args": args, "kwargs": {}}, count(1)))
    assert found[0].code == first
    assert len({one.code for one in found}) == len(found)


@pytest.mark.parametrize(
    ("arg", "loose"),
    [
        ({"kind": "named", "name": "net", "weights": True}, "weights"),
        ({"kind": "named", "name": "table"}, None),
        (plain("digit.PNG"), "picture"),
        (plain("a.csv"), None),
        ({"kind": "generator"}, "generator"),
        ({"kind": "list", "items": [plain("a.jpg"), plain("b.jpg")]}, "picture"),
    ],
)
def test_what_right_answers_may_differ_in_is_known_of_inputs(arg: dict[str, object], loose: str | None) -> None:
    assert {one.loose for one in fresh({"args": [arg, plain(2)], "kwargs": {}}, count(1))} == {loose}


def test_a_network_is_told_from_another_object_by_its_weights(repository: Path) -> None:
    space: dict[str, object] = {}
    exec((repository / "autograder/authoring/draft/recorder.py").read_text(), space)
    exec("class Net:\n    def get_weights(self): ...\nnet, table = Net(), object()\ndef f(*given): ...", space)
    exec("autograder_watch(globals(), ['f'])\nf(net, table)", space)
    calls = space["AUTOGRADER_CALLS"]
    assert isinstance(calls, dict)
    assert [one.get("weights", False) for one in calls["f"][0]["args"]] == [True, False]


def test_a_matrix_that_is_square_stays_so() -> None:
    found = fresh({"args": [array([10, 10], "int64", 0, 50)], "kwargs": {}}, count(1))
    assert [one.code.partition("(0, 51, ")[2] for one in found] == ["(5, 5))", "(6, 6))", "(10, 10))"]
    wide = fresh({"args": [array([10, 9], "int64", 0, 50)], "kwargs": {}}, count(1))
    assert "(40, 5))" in [one.code.partition("(0, 51, ")[2] for one in wide]


def test_what_cannot_be_written_gives_no_input() -> None:
    assert list(fresh({"args": [{"kind": "other", "cls": "Dataset"}], "kwargs": {}}, count(1))) == []


@pytest.mark.parametrize(
    ("value", "lines"),
    [
        (3, ["assert_equal(x, 3)"]),
        (0.1 + 0.2, ["assert_close(x, 0.3)"]),
        ("a", ['assert_equal(x, "a")']),
        ((1, [2, 3]), ["assert_equal(x, (1, [2, 3]))"]),
        (np.array([1.5, 2.0]), ["assert_close(x, [1.5, 2.0])"]),
        ({"a": np.array([1]), "b": None}, ['assert_equal(x["a"], [1])', 'assert_equal(x["b"], None)']),
        (np.zeros(80, int), ["assert_shape(x, (80,))", f"assert_equal(np.ravel(x)[::7], {[0] * 12})"]),
        ({"a": 1, "b": [0.5]}, ['assert_close(x, {"a": 1, "b": [0.5]})']),
        (series([3.5, 2.0]), ['assert_close(x, {"a": 3.5, "b": 2.0})']),
        (
            DataTable(3, (DataColumn("n", "int64", np.arange(3)), DataColumn("c", "object", ["u", "v", "u"]))),
            [
                'assert_table(x, columns=["n", "c"], rows=3)',
                'assert_close(np.nanmean(x["n"]), 1.0)',
                'assert_equal(sorted(set(x["c"])), ["u", "v"])',
            ],
        ),
        ((np.arange(3), "b"), ["assert len(x) == 2", "assert_equal(x[0], [0, 1, 2])", 'assert_equal(x[1], "b")']),
    ],
)
def test_what_is_expected_is_written_out(value: object, lines: list[str]) -> None:
    assert assertions("x", value) == lines


@pytest.mark.parametrize(
    ("source", "told", "other"),
    [
        ("### BEGIN SOLUTION\nnp.random.seed(42)\n### END SOLUTION", "", "np.random.seed(43)"),
        ("### BEGIN SOLUTION\nnp.random.seed(42)\n### END SOLUTION", "With the seed 42, draw.", ""),
        ("### BEGIN SOLUTION\né = 'é', rng(seed=9)\n### END SOLUTION", "42", "é = 'é', rng(seed=10)"),
        ("### BEGIN SOLUTION\ntf.random.set_seed(1); torch.manual_seed(2)\n### END SOLUTION", "",
         "tf.random.set_seed(2); torch.manual_seed(3)"),
        ("np.random.seed(42)\n### BEGIN SOLUTION\nx = 1\n### END SOLUTION", "", ""),
        ("### BEGIN SOLUTION\nsplit(x, random_state=0)\n### END SOLUTION", "", "split(x, random_state=1)"),
        ("### BEGIN SOLUTION\nseed(this), seed('a'), seed()\n### END SOLUTION", "", ""),
        ("### BEGIN SOLUTION\nnot python (\n### END SOLUTION", "", ""),
    ],
)  # fmt: skip
def test_a_seed_that_students_are_not_told_is_another(source: str, told: str, other: str) -> None:
    cell = toy.code("a", source, **GRADED)
    notebook = parse_notebook(toy.notebook([toy.text("t", told), cell]))
    own = notebook.cells[1]
    found = with_other_seeds(own, told_seeds(notebook)).split("\n")
    lines = source.split("\n")
    assert [new for new, old in zip(found, lines, strict=True) if new != old] == ([other] if other else [])


def test_of_luck_the_form_alone_is_required() -> None:
    assert assertions("x", np.zeros((2, 3)), luck=True) == ["assert_shape(x, (2, 3))"]
    with pytest.raises(Unsayable):
        assertions("x", 0.25, luck=True)


def test_the_recorder_leaves_plain_data(repository: Path) -> None:
    """Its text is a cell of a room: what it notes is JSON, whatever a function is called with."""
    space: dict[str, object] = {"np": np}
    exec((repository / "autograder/authoring/draft/recorder.py").read_text(), space)
    exec("def f(x, *more, key=None): return f(x - 1) if np.ndim(x) == 0 and x > 0 else x", space)
    exec(
        "autograder_watch(globals(), ['f', 'absent'])\nmodel = object()\nf(2)\nf(np.ones((2, 3)), [1], key=model)",
        space,
    )
    calls = space["AUTOGRADER_CALLS"]
    assert isinstance(calls, dict)
    json.dumps(calls)
    assert [one["args"][0].get("value") for one in calls["f"]] == [2, 1, 0, None]
    assert calls["f"][3]["kwargs"] == {"key": {"kind": "named", "name": "model"}}
