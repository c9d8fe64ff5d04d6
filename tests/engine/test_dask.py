"""Rooms on a cluster: workers that are processes of their own, that are lost, or whose wall is too low."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import dask
import distributed
import pytest

from autograder.engine import RoomSetup, open_engine
from autograder.engine import dask as engine
from autograder.engine._packed import pack, unpack
from autograder.errors import CourseError, GraderError
from autograder.sandbox.exam import Order
from autograder.sandbox.isolation import Isolation, WallStep, measure
from engine.test_conformance import order
from slurm import slurm
from twins import make


def test_without_a_scheduler_what_to_start_is_said(tmp_path: Path) -> None:
    setup = RoomSetup(("numpy",), tmp_path, "standard")
    with (
        dask.config.set({"scheduler-address": None}),
        open_engine("dask", setup, 1) as found,
        pytest.raises(CourseError, match="dask scheduler"),
    ):
        found.warm()


def test_a_scheduler_that_is_not_there_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "WAIT_SECONDS", 1.0)
    nobody = {"scheduler-address": "tcp://127.0.0.1:1", "distributed.comm.timeouts.connect": "1s"}
    with dask.config.set(nobody), open_engine("dask", RoomSetup(("numpy",), tmp_path, "standard"), 1) as found:
        with pytest.raises(GraderError, match=r"127\.0\.0\.1:1"):
            found.warm()
        (result,) = found.examine([order("a")])
        assert isinstance(result.error, GraderError)


def test_a_worker_whose_wall_is_too_low_refuses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no other is there, each order says so, and no student pays for it."""
    twin = make("dask", tmp_path, monkeypatch)
    monkeypatch.setattr(engine, "measure", lambda: Isolation((WallStep("namespaces", "not here"),)))
    with twin.engine:
        (result,) = twin.engine.examine([order("a")])
    assert result.evidence is None
    assert "namespaces: not here" in str(result.error)


@pytest.mark.parametrize("brought", ["nonsense", "text", "a record of another kind", "another's evidence"])
def test_what_a_worker_makes_up_costs_one_item(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, brought: str) -> None:
    """A worker of another version, or somebody else's: the others go on, and nobody has another's row."""
    twin = make("dask", tmp_path, monkeypatch)

    def told(name: str, packed: bytes) -> Any:
        answer = honest(name, packed)
        if unpack(packed, Order).key != "b":
            return answer
        if brought == "another's evidence":
            return honest(name, pack(order("a")))
        record = pack(engine.Delivered(pack(engine.Delivered())))
        return {"nonsense": b"\xff\x00", "text": "evidence", "a record of another kind": record}[brought]

    honest = engine.examine_there
    monkeypatch.setattr(engine, "examine_there", told)
    with twin.engine:
        results = {one.order.key: one for one in twin.engine.examine([order("a"), order("b"), order("c")])}
    assert [key for key, one in results.items() if one.evidence is None] == ["b"]
    assert isinstance(results["b"].error, GraderError)


def test_what_cannot_be_sent_costs_one_item(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    twin = make("dask", tmp_path, monkeypatch)
    odd = order("b")
    odd = replace(odd, submission=replace(odd.submission, files={"me": Path(os.fsdecode(b"/tmp/\xff"))}))
    with twin.engine:
        results = {one.order.key: one for one in twin.engine.examine([order("a"), odd, order("c")])}
    assert [key for key, one in results.items() if one.evidence is None] == ["b"]


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """A scheduler and two workers, each a process as a job of Slurm would start it."""
    command = partial(_dask, tmp_path)
    with contextlib.ExitStack() as stack:
        file = tmp_path / "scheduler.json"
        stack.enter_context(command("scheduler", "--port", "0", "--no-dashboard", "--scheduler-file", str(file)))
        lean = ("--no-dashboard", "--no-nanny", "--nthreads", "1", "--scheduler-file", str(file))
        workers = [stack.enter_context(command("worker", *lean, "--name", name)) for name in ("one", "two")]
        with distributed.Client(scheduler_file=str(file)) as client:
            client.wait_for_workers(2, timeout=120)
            address = client.scheduler.address
        yield address, workers


@contextlib.contextmanager
def _dask(folder: Path, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "dask", *arguments], cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


SLOW = "import time; time.sleep(0.5); x = 1"


@pytest.mark.whole
def test_orders_of_a_worker_that_is_killed_are_held_elsewhere(tmp_path: Path, cluster: Any) -> None:
    address, workers = cluster
    setup = RoomSetup(("numpy",), tmp_path, measure().require("standard"))
    with dask.config.set({"scheduler-address": address}), open_engine("dask", setup, 2) as found:
        results = []
        for result in found.examine(order(str(number), SLOW) for number in range(12)):
            results.append(result)
            if len(results) == 3:
                workers[0].kill()
    assert sorted(int(one.order.key) for one in results) == list(range(12))
    assert [str(one.error) for one in results if one.evidence is None] == []


@pytest.mark.whole
def test_a_worker_that_hangs_while_it_works_is_replaced_once_it_is_given_up(tmp_path: Path, cluster: Any) -> None:
    """A partition of the network: the process stands still, then goes."""
    address, workers = cluster
    setup = RoomSetup(("numpy",), tmp_path, measure().require("standard"))
    with dask.config.set({"scheduler-address": address}), open_engine("dask", setup, 2) as found:
        results = []
        for result in found.examine(order(str(number), SLOW) for number in range(8)):
            results.append(result)
            if len(results) == 2:
                os.kill(workers[0].pid, signal.SIGSTOP)
            if len(results) == 5:
                workers[0].kill()
    assert len({one.order.key for one in results if one.evidence}) == 8


@pytest.mark.whole
def test_evidence_from_a_cluster_is_that_of_this_machine(tmp_path: Path, cluster: Any) -> None:
    address, _ = cluster
    setup = RoomSetup(("numpy",), tmp_path, measure().require("standard"))
    orders = [order("a", "x = 41 + 1"), order("b", "1 / 0"), order("c", "import os; os._exit(3)")]
    found = {}
    for name in ("local", "dask"):
        with dask.config.set({"scheduler-address": address}), open_engine(name, setup, 2) as rooms:
            found[name] = {one.order.key: one.evidence for one in rooms.examine(orders)}
    for key, ours in found["local"].items():
        theirs = found["dask"][key]
        assert ours is not None
        assert theirs is not None
        assert theirs.answers() == ours.answers()
        assert theirs.exam.fault == ours.exam.fault
        assert [cell.run and cell.run.fault for cell in theirs.exam.cells] == [
            cell.run and cell.run.fault for cell in ours.exam.cells
        ]


@pytest.mark.whole
def test_workers_are_a_job_of_slurm(tmp_path: Path) -> None:
    """A scheduler here, a worker a node there; a node that is taken away costs nobody a point."""
    file = tmp_path / "scheduler.json"
    worker = f"{sys.executable} -m dask worker --scheduler-file {file} --nthreads 1 --no-nanny --no-dashboard"
    with (
        slurm(tmp_path / "slurm", nodes=2) as cluster,
        _dask(tmp_path, "scheduler", "--port", "0", "--no-dashboard", "--scheduler-file", str(file)),
    ):
        for node in ("n1", "n2"):
            cluster.run("sbatch", f"--nodelist={node}", "--ntasks=1", "--cpus-per-task=1", "--wrap", f"srun {worker}")
        with distributed.Client(scheduler_file=str(file)) as client:
            client.wait_for_workers(2, timeout=120)
            address = client.scheduler.address
        setup = RoomSetup(("numpy",), tmp_path, measure().require("standard"))
        with dask.config.set({"scheduler-address": address}), open_engine("dask", setup, 2) as found:
            results = []
            for result in found.examine(order(str(number), SLOW) for number in range(10)):
                results.append(result)
                if len(results) == 3:
                    cluster.run("scancel", "--nodelist=n1")
        assert sorted(int(one.order.key) for one in results if one.evidence) == list(range(10))
