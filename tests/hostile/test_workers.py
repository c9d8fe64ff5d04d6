"""Whatever a worker brings back, it costs nobody but the item it was asked for, and nobody a point."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

pytest.importorskip("distributed", reason="NOT TESTED: a cluster's workers; `pip install 'keras-autograder[dask]'`")

from autograder.engine import dask as engine
from autograder.engine._packed import pack
from autograder.errors import GraderError
from autograder.evidence import Evidence
from autograder.training.frozen import Frozen
from autograder.training.job import make_jobs
from engine.test_conformance import order
from exams import exam
from hostile.workers import EVIDENCE, RUNS
from training.test_job import DATA, NETWORK, RECIPE

ORDER = replace(order("a"), isolation="strict")
HONEST = Evidence(
    exam(key="a", submission=ORDER.submission.digest, plan=ORDER.plan.digest, isolation="strict"), (b"frame",)
)
JOBS = list(make_jobs(Frozen(NETWORK), RECIPE, DATA, range(2), "keras 3"))
MADE: dict[str, Any] = {"versions": {}, "seconds": 1.0, "epochs": [], "scores": {"accuracy": 0.5}, "fault": None}


def test_honest_work_is_taken() -> None:
    assert engine._result(ORDER, engine.Delivered(pack(HONEST))).evidence == HONEST
    runs = [job.run(**MADE) for job in JOBS]
    lonely = [job.run(**MADE, built=False) for job in JOBS]
    for made in (runs, lonely):
        ran = pack([engine.Ran(one, "") for one in made])
        assert [one.run for one in engine._trained(JOBS, engine.Delivered(ran))] == made


@pytest.mark.parametrize("name", EVIDENCE)
def test_evidence_that_is_not_what_was_asked_for(name: str) -> None:
    found = engine._result(ORDER, engine.Delivered(EVIDENCE[name](HONEST)))
    assert found.evidence is None
    assert isinstance(found.error, GraderError)


@pytest.mark.parametrize("name", RUNS)
def test_runs_that_are_not_what_was_asked_for(name: str) -> None:
    honest = [job.run(**MADE) for job in JOBS]
    ran = pack([engine.Ran(RUNS[name](honest[0]), ""), engine.Ran(honest[1], "")])
    first, second = engine._trained(JOBS, engine.Delivered(ran))
    assert first.run is None
    assert isinstance(first.error, GraderError)
    assert second.run == honest[1]


def test_what_a_worker_says_is_wrong_is_cut() -> None:
    found = engine._result(ORDER, engine.Delivered(error="x" * 10**7))
    assert len(str(found.error)) == engine.MESSAGE_CHARS
