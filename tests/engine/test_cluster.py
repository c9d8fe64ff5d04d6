"""Clusters that are made for a grading, by Dask's own classes, as course.yaml says."""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import dask
import pytest

import toy
from autograder.course_yaml import ClusterSettings, Option, load_course
from autograder.engine import RoomSetup, open_engine
from autograder.engine._cluster import MAKERS, make_cluster
from autograder.errors import CourseError
from autograder.sandbox.isolation import measure
from engine.test_conformance import order
from slurm import slurm

SLURM = """cluster:
  kind: slurm
  workers: 4
  options:
    cores: 8
    memory: 32GB
    walltime: "02:00:00"
    job_extra_directives: ["--exclusive"]
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return toy.make_course(tmp_path)


def add(root: Path, text: str) -> None:
    with (root / "course.yaml").open("a") as file:
        file.write(text)


def test_a_course_says_which_cluster_is_made(root: Path) -> None:
    assert load_course(root).cluster is None
    add(root, SLURM)
    options: dict[str, Option] = {
        "cores": 8,
        "memory": "32GB",
        "walltime": "02:00:00",
        "job_extra_directives": ["--exclusive"],
    }
    assert load_course(root).cluster == ClusterSettings("slurm", 4, options=options)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("kind: slurm", "kind: subprocess.Popen", r"cluster\.kind: invalid enum value"),
        ("kind: slurm", "knd: slurm", r"cluster\.knd: unknown key; did you mean kind\?"),
        ("workers: 4", "workers: 0", r"cluster\.workers: expected `int` >= 1"),
        ("cores: 8", "cores: {a: [1]}", r"cluster\.options\.cores: expected"),
        ("cores: 8", "cores: 2026-10-01", r"cluster\.options\.cores: expected"),
        ("cores: 8", "cores:", r"cluster\.options\.cores: expected"),
    ],
)
def test_what_is_no_cluster_is_said_with_its_key(root: Path, old: str, new: str, said: str) -> None:
    add(root, SLURM.replace(old, new))
    with pytest.raises(CourseError, match=said):
        load_course(root)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (ClusterSettings("slurm", options={"walltime": 7200}), r'cluster\.options\.walltime: write it in quotes, "02'),
        (ClusterSettings("ssh", 3, options={"hosts": ["a", "b"]}), r"cluster\.workers: SSHCluster starts one on each"),
        (ClusterSettings("local", options={"n_workers": 2}), r"cluster\.options\.n_workers: write it as `workers`"),
        (
            ClusterSettings("ssh", options={"hosts": []}),
            r"cluster\.options: distributed\.SSHCluster does not take",
        ),
    ],
)
def test_what_dask_would_take_wrongly_is_said(settings: ClusterSettings, said: str) -> None:
    with pytest.raises(CourseError, match=said):
        make_cluster(settings)


def test_a_machine_that_submits_no_job_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(CourseError, match=r"course\.yaml: cluster\.kind: qsub is not on this machine"):
        make_cluster(ClusterSettings("pbs"))


@pytest.mark.parametrize("kind", ["slurm", "kubernetes"])
def test_a_library_that_is_not_here_is_said_with_what_brings_it(kind: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, MAKERS[kind].module, None)
    monkeypatch.setattr("shutil.which", lambda name: name)
    install = MAKERS[kind].install.replace("[", r"\[")
    with pytest.raises(CourseError, match=f"{MAKERS[kind].name} is not here .*: run `pip install {install}`"):
        make_cluster(ClusterSettings(kind))


def test_a_cluster_is_made_where_no_scheduler_is_named_and_ends_with_the_engine(tmp_path: Path) -> None:
    options: dict[str, Option] = {"threads_per_worker": 2, "processes": False, "dashboard_address": ":0"}
    wanted = ClusterSettings("local", 1, options=options)
    setup = RoomSetup(("numpy",), tmp_path, measure().require("standard"), cluster=wanted)
    with dask.config.set({"scheduler-address": None}), open_engine("dask", setup, 1) as engine:
        results = list(engine.examine([order("a", "x = 1"), order("b", "1 / 0")]))
        made: Any = engine._cluster  # type: ignore[attr-defined]
        assert [len(made.scheduler.workers), made.status.name] == [1, "running"]
    assert sorted(one.order.key for one in results if one.evidence) == ["a", "b"]
    assert made.status.name == "closed"


def test_a_scheduler_that_is_named_comes_first(tmp_path: Path) -> None:
    setup = RoomSetup(("numpy",), tmp_path, "standard", cluster=ClusterSettings("kubernetes"))
    nobody = {"scheduler-address": "tcp://127.0.0.1:1", "distributed.comm.timeouts.connect": "100ms"}
    with dask.config.set(nobody), open_engine("dask", setup, 1) as engine:
        (result,) = engine.examine([order("a")])
    assert "127.0.0.1:1" in str(result.error)


@pytest.mark.whole
def test_a_cluster_of_slurm_is_made_of_jobs_that_end_with_the_engine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if find_spec("dask_jobqueue") is None:
        pytest.skip("NOT TESTED: a cluster of Slurm's jobs; run `pip install dask-jobqueue`")
    options: dict[str, Option] = {
        "cores": 1,
        "memory": "1GB",
        "walltime": "00:10:00",
        "interface": "lo",
        "log_directory": str(tmp_path / "logs"),
        "local_directory": str(tmp_path / "local"),
        "job_directives_skip": ["--mem"],  # these nodes lend processors alone
    }
    setup = RoomSetup(
        ("numpy",), tmp_path, measure().require("standard"), cluster=ClusterSettings("slurm", 2, options=options)
    )
    with slurm(tmp_path / "slurm", nodes=2) as queue:
        for name in ("PATH", "SLURM_CONF"):
            monkeypatch.setenv(name, queue.environment[name])
        with dask.config.set({"scheduler-address": None}), open_engine("dask", setup, 2) as engine:
            results = list(engine.examine(order(str(number), f"x = {number}") for number in range(6)))
            assert queue.run("squeue", "--noheader", "--format=%T").split().count("RUNNING") in (1, 2)
        assert sorted(one.order.key for one in results if one.evidence) == [str(number) for number in range(6)]
        assert set(queue.run("squeue", "--noheader", "--format=%T").split()) <= {"COMPLETING"}
    assert os.environ["PATH"]
