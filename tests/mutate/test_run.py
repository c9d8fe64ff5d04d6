"""A mutation run of a small assignment whose checks are known to be blind in one place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pytest

import toy
from autograder import assessment
from autograder.assignment import Assignment
from autograder.engine import Result
from autograder.mutate.behaviour import same
from autograder.mutate.fresh import with_fresh
from autograder.mutate.places import choose, derive
from autograder.mutate.report import as_json, tallies
from autograder.mutate.run import SHORT, Choice, MutantVerdict, mutate
from autograder.sandbox.exam import Order
from autograder.session import GradingOptions, Session
from autograder.wire.messages import Array, Column, Dictionary, Items, Scalar, Table, Text
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
    assert {one.question for one in few[:2]} == {"larger", "total"}  # those begun before time is over
    assert {one.id for one in choose(every, len(every), seed=3)} == {one.id for one in every}


def test_no_mutant_is_begun_when_time_is_over(assignment: Assignment) -> None:
    with Session(assignment, GradingOptions(jobs=1)) as session:
        assert list(mutate(session, Choice(most=1000, seconds=0))) == []


DRAWS = (
    toy.code("imports", "import numpy as np", locked=True),
    toy.answer("rows-answer", "### BEGIN SOLUTION\nrows = len(np.random.rand(8, 2))\n### END SOLUTION"),
    toy.test_cell("rows", 1, "assert rows > 0"),
    toy.answer("noise-answer", "### BEGIN SOLUTION\nnoise = np.random.rand(3)\nnoise\n### END SOLUTION"),
    toy.test_cell("noise", 1, "assert len(noise) > 2"),
)
DRAWN = """
from autograder import question, variable
from autograder.asserts import assert_equal, assert_shape

rows, noise = variable("rows"), variable("noise")


@question("rows")
def test_rows(rows):
    assert_equal(rows, 8)


@question("noise")
def test_noise(noise):
    assert_shape(noise, (3,))
"""


def test_what_is_drawn_after_a_change_says_nothing_of_it(tmp_path: Path) -> None:
    """Two numbers a row or three: the rows are eight, and whatever is drawn later is other numbers."""
    assignment = load_assignment(toy.make_course(tmp_path, cells=DRAWS, checks=DRAWN), toy.NAME)
    with Session(assignment, GradingOptions(jobs=1)) as session:
        verdicts = list(mutate(session, Choice(most=1000)))
    assert fate(verdicts, "np.random.rand(8, 3)") == ("equivalent", "")
    assert fate(verdicts, "noise = np.random.rand(4)")[0] == "killed"


def test_a_network_that_the_lecturer_is_to_look_at_is_no_equivalent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assignment = load_assignment(toy.make_course(tmp_path, cells=DRAWS, checks=DRAWN), toy.NAME)
    monkeypatch.setattr(assessment, "doubted", lambda evidence, reference: ["rows"])
    with Session(assignment, GradingOptions(jobs=1)) as session:
        found = fate(list(mutate(session, Choice(most=1000))), "np.random.rand(8, 3)")
    assert found == ("survived", "rows reads as the solution's network and computes something else")


TRAINING = (
    toy.code(
        "given",
        """import keras
import numpy as np
keras.utils.set_random_seed(1)
x = np.linspace(0, 1, 64)[:, None]""",
        locked=True,
    ),
    toy.answer("net-answer", "### BEGIN SOLUTION\nnet = keras.Sequential([keras.layers.Dense(1)])\n### END SOLUTION"),
    toy.test_cell("net", 1, "assert len(net.layers) == 1"),
    toy.code(
        "trained",
        """net.compile(loss="mse", optimizer=keras.optimizers.SGD(0.5))
losses = net.fit(x, 2 * x, epochs=3, batch_size=1, verbose=0).history["loss"]
steps = int(net.optimizer.iterations)""",
        locked=True,
    ),
    toy.test_cell("net-learns", 1, "assert len(losses) == 3"),
)
ASKED = """
from autograder import model, question
from autograder.asserts import assert_same_network

net = model("net", input_shape=(1,))


@question("net")
def test_net(net):
    assert_same_network(net)
"""


@pytest.mark.tensorflow
@pytest.mark.parametrize(("learns", "capped"), [("len(losses) == 3", True), ("steps == 192", False)])
def test_no_mutant_trains_longer_than_its_verdict_needs(tmp_path: Path, learns: str, capped: bool) -> None:
    cells = [*TRAINING[:-1], toy.test_cell("net-learns", 1, f"assert {learns}")]
    root = toy.make_course(tmp_path, cells=cells, checks=ASKED)
    caps = set()
    with Session(load_assignment(root, toy.NAME), GradingOptions(jobs=2)) as session:
        examine = session.engine.examine

        def watched(orders: Iterable[Order]) -> Iterator[Result]:
            for result in examine(orders):
                caps.add((result.order.submission.student.isdigit(), result.order.limits.fit == SHORT))
                yield result

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(session.engine, "examine", watched)
            found = {verdict.fate for verdict in mutate(session, Choice(most=2))}
    assert found <= {"killed", "equivalent", "survived", "untold"}
    assert (True, capped) in caps
    assert (True, not capped) not in caps


def test_texts_beside_numbers_of_one_value_are_the_same() -> None:
    """NumPy's three or Python's: what stands beside it in a dict is not other for that."""
    three = Array("int64", (), 0), [(3).to_bytes(8, "little")]
    names = Items("list", [Text("loss", 4)])
    one, other = (
        Dictionary([(Text("names", 5), names), (Text("best", 4), best)]) for best in (Scalar("int", "3"), three[0])
    )
    assert same((one, []), (other, three[1]))
    four = Dictionary([(Text("names", 5), names), (Text("best", 4), Scalar("int", "4"))])
    assert not same((four, []), (other, three[1]))
    assert not same((Text("a", 1), []), (Text("b", 1), []))


def test_tables_are_the_same_by_what_they_hold() -> None:
    def table(blob: int, name: str = "x") -> Table:
        return Table("pandas.DataFrame", 2, [Column(Text(name, 1), "float64", numbers=Array("float64", (2,), blob))])

    ones, twos = np.ones(2).tobytes(), np.full(2, 2.0).tobytes()
    assert same((table(0), [ones]), (table(1), [twos, ones]))
    assert not same((table(0), [ones]), (table(0), [twos]))
    assert not same((table(0), [ones]), (table(0, "y"), [ones]))


def test_fresh_inputs_keep_their_kind(assignment: Assignment) -> None:
    with Session(assignment, GradingOptions(jobs=1)) as session:
        plan, origins = with_fresh(session.judge.plan())
    assert set(origins.values()) == {"found"}
    assert {type(plan.probes[name]) for name in origins} == {type(plan.probes["found"])}


BY_HAND = (
    toy.code("imports", "import keras", locked=True),
    toy.answer(
        "net-answer",
        """### BEGIN SOLUTION
net = keras.Sequential([
    keras.layers.Dense(4),
    keras.layers.Lambda(lambda x: keras.ops.roll(x, 1, axis=-1)),
])
### END SOLUTION""",
    ),
    toy.test_cell("net", 1, "assert net.layers"),
)


@pytest.mark.tensorflow
def test_networks_are_run_where_the_line_runs_them(tmp_path: Path) -> None:
    """A network in layers alone is told from one written by hand by what both make of the same numbers."""
    assignment = load_assignment(toy.make_course(tmp_path, cells=BY_HAND, checks=ASKED), toy.NAME)
    with Session(assignment, GradingOptions(jobs=2)) as session:
        verdicts = list(mutate(session, Choice(most=1000)))
    assert {one.fate for one in verdicts if "roll" not in one.mutant.source} == {"killed"}
