"""What every engine does, whatever its rooms are: one suite for all of them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from autograder.data.shelf import DataSet
from autograder.engine._packed import pack, unpack
from autograder.errors import GraderError
from autograder.evidence import Evidence
from autograder.recipes import Recipe
from autograder.records import Limits, Plan, Submission
from autograder.sandbox.exam import Order
from autograder.sandbox.isolation import measure
from autograder.training.frozen import Frozen
from autograder.training.job import Job, make_jobs
from autograder.wire.messages import Cell, VariableProbe
from networks import chain, dense
from twins import JOBS, NAMES, Make, Twin, make

PLAN = Plan((), {"x": VariableProbe("x")}, (b"",))
LIMITS = Limits(cell_seconds=10, seconds=30, memory_mb=300, processes=64, disk_mb=16)


def order(key: str, *sources: str) -> Order:
    cells = tuple(Cell(index, "", source) for index, source in enumerate(sources or ("x = 1",)))
    submission = Submission(f"student {key}", f"digest {key}", cells, {"answer": "x = 1"}, files={"me": Path(__file__)})
    return Order(key, submission, PLAN, LIMITS, measure().require("standard"))


def job(seed: int = 0) -> Job:
    data = DataSet("mnist", "sha256:data", Path("/shelf/mnist"), {}, 10, hidden=False, stand_in=True, origin="none")
    network = chain(dense(10, activation="softmax"), input_shape=(784,))
    return next(make_jobs(Frozen(network), Recipe("short", "cpu", "mnist"), data, [seed], "keras 3"))


@pytest.fixture(params=NAMES)
def made(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Make:
    return partial(make, request.param, tmp_path, monkeypatch)


@pytest.fixture
def twin(made: Make) -> Iterator[Twin]:
    found = made()
    with found.engine:
        yield found


def test_each_order_has_one_result_whatever_becomes_of_the_others(twin: Twin) -> None:
    """What a student's code does is evidence; what is ours is tried again once, and then it is that one order's."""
    orders = [order("a"), order("ends", "import os; os._exit(3)"), order("b"), order("c"), order("d")]
    twin.fail("b", GraderError("no room"))
    twin.fail("c", GraderError("no room"), GraderError("no room yet"))
    twin.fail("d", ValueError("a surprise"), ValueError("another"))
    results = {result.order.key: result for result in twin.engine.examine(orders)}
    assert [one is results[one.key].order for one in orders] == [True] * 5
    assert {key: str(one.error or "") for key, one in results.items()} == {
        "a": "",
        "b": "",
        "ends": "",
        "c": "no room yet",
        "d": "student d: ValueError: another",
    }
    assert sorted(twin.held) == ["a", "b", "ends"]
    for key in twin.held:
        evidence = results[key].evidence
        assert evidence is not None
        assert (evidence.exam.key, evidence.exam.submission) == (key, f"digest {key}")
        assert [record.cell for record in evidence.exam.cells] == list(results[key].order.submission.cells)
        assert dict(evidence.exam.sources) == {"answer": "x = 1"}


def test_what_is_ordered_and_what_comes_back_are_plain_data(twin: Twin) -> None:
    given = order("a", "x = 1")
    (result,) = twin.engine.examine([unpack(pack(given), Order)])
    assert unpack(pack(given), Order) == given
    assert result.evidence is not None
    assert unpack(pack(result.evidence), Evidence) == result.evidence
    assert list(result.evidence.answers()) == ["x"]
    assert unpack(pack(job()), Job) == job()


def test_an_exam_in_doubt_is_held_again_and_counts_then(twin: Twin) -> None:
    twin.doubt("b")
    results = list(twin.engine.examine([order(key) for key in "abc"]))
    assert sorted(result.order.key for result in results) == ["a", "b", "c"]
    assert [result.evidence.doubt for result in results if result.evidence] == ["", "", ""]
    assert sorted(twin.held) == ["a", "b", "b", "c"]


def test_orders_are_taken_up_little_by_little_and_not_once_nobody_asks(twin: Twin) -> None:
    taken: list[str] = []

    def orders() -> Iterator[Order]:
        for number in range(20):
            taken.append(str(number))
            yield order(str(number))

    results = twin.engine.examine(orders())
    next(results)
    assert len(taken) <= 2 * JOBS
    results.close()  # type: ignore[attr-defined]
    held = len(taken)
    assert [result.order.key for result in twin.engine.examine([order("later")])] == ["later"]
    assert len(taken) == held


def test_what_rooms_are_forked_from_is_replaced_where_it_is_lost(twin: Twin) -> None:
    twin.lose()
    orders = (order(str(number)) for number in range(6))
    results = []
    for result in twin.engine.examine(orders):
        results.append(result)
        if len(results) in (2, 4):
            twin.lose()
    assert [str(result.error) for result in results if result.evidence is None] == []
    assert len(results) == 6


def test_rooms_that_never_open_are_said_once_and_of_every_order(made: Make) -> None:
    twin = made(broken=True)
    with twin.engine:
        with pytest.raises(GraderError):
            twin.engine.warm()
        results = list(twin.engine.examine([order("a"), order("b")]))
        assert [(result.evidence, type(result.error)) for result in results] == [(None, GraderError)] * 2


def test_an_interruption_ends_every_room(made: Make) -> None:
    twin = made()
    slow = [order("quick"), *(order(str(number), "import time; time.sleep(9)") for number in range(8))]
    with pytest.raises(KeyboardInterrupt), twin.engine:
        for _ in twin.engine.examine(slow):
            raise KeyboardInterrupt
    assert not twin.alive
    (after,) = twin.engine.examine([order("after")])
    assert isinstance(after.error, GraderError)
    with pytest.raises(GraderError):
        twin.engine.warm()
    assert not twin.alive


def test_nothing_runs_before_something_is_asked(made: Make) -> None:
    twin = made()
    with twin.engine:
        assert list(twin.engine.examine([])) == []
        assert list(twin.engine.train([])) == []
        assert not getattr(twin, "zygotes", [])


def test_a_training_that_cannot_be_run_is_one_jobs_fault_of_ours(twin: Twin) -> None:
    """No room here holds a framework to train with."""
    jobs = [job(seed=seed) for seed in range(2)]
    found = list(twin.engine.train(jobs))
    assert sorted(one.job.seed for one in found) == [0, 1]
    assert [(one.run, type(one.error)) for one in found] == [(None, GraderError)] * 2
