"""Large classes, several seeds, another engine: what grows, what is shared, what a cluster costs."""

from __future__ import annotations

import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import dask
import distributed

from autograder.data import standin
from autograder.data.shelf import Shelf
from autograder.engine import Engine, RoomSetup, open_engine
from autograder.paths import STATE
from autograder.recipes import Recipe
from autograder.sandbox.exam import Order
from autograder.sandbox.isolation import measure
from autograder.session import cores, judge_of
from autograder.store import open_store
from autograder.training.frozen import Frozen
from autograder.training.job import Job, make_jobs
from autograder.wire.messages import Figure
from networks import call, chain, conv, dense, pool

from .grading import run_to_end, time_command
from .sample import LESSON, REPOSITORY, Sample, command

JUDGED = 1000
FEW, MANY = 100, 10_000
"""Submissions of the two classes whose memory is compared."""
SEEDS = 20
MB = 2**20


def time_large(sample: Sample, count: int) -> float:
    """Return the seconds a submission of `autograder grade`, from nothing, on a class of that many."""
    with _multiplied(sample, count) as large:
        return time_command(large) / count


def time_warm(sample: Sample) -> float:
    """Return the seconds a submission of `autograder grade` where an earlier command left its rooms warm."""
    sample.forget()
    try:
        run_to_end([command("autograder"), "grade", LESSON, "--student", sample.students[0]], sample.course, kept=True)
        return time_command(sample, kept=True) / len(sample.students)
    finally:
        run_to_end([command("autograder"), "rooms", "stop"], sample.course, kept=True)


def time_judge(sample: Sample, count: int = JUDGED) -> dict[str, float]:
    """Return the seconds of `judge`, `feedback` and `report` on a class of that many, its evidence multiplied.

    Beside each, under `… processor`, the seconds of all processors: those say more where a machine has other work.
    """
    time_command(sample)
    with _multiplied(sample, count) as large:
        evidence = large.assignment().paths.evidence(LESSON, "x").parent
        shutil.copytree(sample.course / STATE, large.course / STATE, ignore=shutil.ignore_patterns("*.db"))
        for name in large.students:
            shutil.copyfile(evidence / f"{_original(name)}.evidence", evidence / f"{name}.evidence")
        taken = {}
        for verb in ("judge", "feedback", "report"):
            started, before = time.perf_counter(), _processor_seconds()
            run_to_end([command("autograder"), verb, LESSON], large.course, may=(0, 3))
            taken[verb] = time.perf_counter() - started
            taken[f"{verb} processor"] = _processor_seconds() - before
        with open_store(large.assignment().paths) as store:
            judged = sum(one.status == "graded" for one in store.grades(LESSON))
    if judged < count:
        sys.exit(f"judge: {judged} of {count} are graded")
    return taken


def _processor_seconds() -> float:
    """Of the processes that were started here and have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _original(name: str) -> str:
    return name.rpartition("-")[0]


@contextmanager
def _multiplied(sample: Sample, count: int) -> Iterator[Sample]:
    """The same course with a class of `count`, the sample's submissions again and again."""
    with tempfile.TemporaryDirectory(prefix="autograder-bench-") as folder:
        course = Path(folder) / "course"
        shutil.copytree(sample.course, course, ignore=shutil.ignore_patterns(STATE, "submitted"))
        names = [f"{sample.students[n % len(sample.students)]}-{n:05}" for n in range(count)]
        for name in names:
            shutil.copytree(sample.course / "submitted" / _original(name), course / "submitted" / name)
        yield Sample(tuple(names), course, sample.peer)


# --- Memory -----------------------------------------------------------------------------------------------------------


def grown_bytes(few: int = FEW, many: int = MANY) -> tuple[int, dict[int, float]]:
    """Return by how much the peak of a class of `many` exceeds that of `few`, and the seconds that each took.

    A light course, its rooms a script: what grows is the line, its judge and its store, whatever rooms hold.
    """
    peaks, seconds = {}, {}
    for count in (few, many):
        done = subprocess.run(
            [sys.executable, "-m", "tests.bench.flat", str(count)],
            cwd=REPOSITORY,
            capture_output=True,
            text=True,
            check=True,
        )
        said = json.loads(done.stdout.splitlines()[-1])
        peaks[count], seconds[count] = said["peak"], said["seconds"]
    return peaks[many] - peaks[few], seconds


# --- Engines ----------------------------------------------------------------------------------------------------------


def engine_efficiency(sample: Sample) -> float:
    """Return the time of the class's exams on this machine's engine over that on a cluster of as many workers."""
    assignment = sample.assignment()
    with judge_of(assignment.source) as judge, tempfile.TemporaryDirectory() as cache:
        wall = measure().require(assignment.course.isolation)
        limits, plan = assignment.settings.limits, judge.plan()
        orders = [Order(one.student, one, plan, limits, wall) for one in sample.submissions()]
        setup = RoomSetup(tuple(assignment.preload), Path(cache), wall)
        taken = {"local": _time_exams("local", setup, orders)}
        workers = {"n_workers": 1, "threads_per_worker": cores(), "processes": True, "dashboard_address": None}
        with (
            distributed.LocalCluster(**workers) as cluster,
            dask.config.set({"scheduler-address": cluster.scheduler_address}),
        ):
            taken["dask"] = _time_exams("dask", setup, orders)
    return taken["local"] / taken["dask"]


def _time_exams(name: str, setup: RoomSetup, orders: list[Order]) -> float:
    """Return the seconds that a warm engine takes for the exams."""
    with open_engine(name, setup, cores()) as engine:
        engine.warm()
        for _ in engine.examine(orders[:1]):
            pass
        started = time.perf_counter()
        lost = sum(result.evidence is None for result in engine.examine(orders))
        seconds = time.perf_counter() - started
    if lost:
        sys.exit(f"engine {name}: {lost} exams gave no evidence")
    return seconds


# --- Seeds ------------------------------------------------------------------------------------------------------------


def seeds_shared_ratio(seeds: int = SEEDS) -> float:
    """Return the time of one room that trains a network from several seeds over that of a room a seed."""
    network = chain(
        *(conv(16, activation="relu"), pool(), call("BatchNormalization")),
        *(
            conv(32, activation="relu"),
            pool(),
            call("Flatten"),
            call("Dropout", rate=0.3),
            dense(10, activation="softmax"),
        ),
        input_shape=(28, 28, 1),
    )
    with tempfile.TemporaryDirectory(prefix="autograder-bench-") as folder:
        data = Shelf(Path(folder) / "shelf").add(
            "digits", standin.mnist(), stand_in=True, origin="scikit-learn's digits"
        )
        recipe = Recipe("short", "cpu", "digits", batch=64, epochs=3, deterministic=True, memory_mb=2000)
        jobs = list(make_jobs(Frozen(network), recipe, data, range(seeds), ""))
        alone = [replace(job, recipe=replace(recipe)) for job in jobs]  # of another object each: they share no room
        wall = measure().require("standard")
        setup = RoomSetup(("numpy", "tensorflow", "keras"), Path(folder) / "cache", wall)
        with open_engine("inline", setup, 1) as engine:
            engine.warm()
            shared, own = (_time_trainings(engine, ones) for ones in (jobs, alone))
    if shared[1] != own[1]:
        sys.exit(f"seeds: {shared[1]} in one room, {own[1]} in rooms of their own")
    return shared[0] / own[0]


def _time_trainings(engine: Engine, jobs: list[Job]) -> tuple[float, list[dict[str, Figure]]]:
    started = time.perf_counter()
    trained = list(engine.train(jobs))
    seconds = time.perf_counter() - started
    runs = [one.run for one in trained if one.run is not None and one.run.fault is None]
    if len(runs) < len(jobs):
        sys.exit(f"seeds: {[one.error or (one.run and one.run.fault) for one in trained]}")
    return seconds, [run.scores for run in sorted(runs, key=lambda run: run.seed)]
