"""Clusters made for one grading, by Dask's own classes, as course.yaml's `cluster` says.

Which class is chosen from a list: course.yaml names no module and no class. What it has under `options` is passed on.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from autograder.course_yaml import ClusterKind, ClusterSettings
from autograder.errors import CourseError, GraderError, Problem
from autograder.paths import COURSE


@dataclass(frozen=True)
class Maker:
    """Where a class of Dask's comes from."""

    module: str
    name: str
    install: str
    """What brings it, as pip is asked for it."""
    program: str = ""
    """What it asks for machines, which is there or not: it would say nothing, and wait."""
    scales: bool = True
    """Whether it is told how many workers to start; else its options say it."""


MAKERS: dict[ClusterKind, Maker] = {
    "local": Maker("distributed", "LocalCluster", "'keras-autograder[dask]'"),
    "ssh": Maker("distributed", "SSHCluster", "'keras-autograder[dask]' asyncssh", scales=False),
    "slurm": Maker("dask_jobqueue", "SLURMCluster", "'keras-autograder[dask]'", "sbatch"),
    "pbs": Maker("dask_jobqueue", "PBSCluster", "'keras-autograder[dask]'", "qsub"),
    "kubernetes": Maker("dask_kubernetes.operator", "KubeCluster", "dask-kubernetes"),
}
QUOTED = ("walltime",)
"""Options that YAML reads as a number of seconds where they stand without quotes: 02:00:00 is 7200."""


def make_cluster(settings: ClusterSettings) -> Any:
    """Start a cluster and ask for its workers, which come when they come. Whoever asked closes it.

    Raises CourseError for options that its class does not take, or a library that is not here; GraderError where it
    cannot be started.
    """
    maker = MAKERS[settings.kind]
    _require(settings, maker)
    options = {"n_workers": 0, **settings.options} if maker.scales else settings.options
    try:
        cluster = getattr(import_module(maker.module), maker.name)(**options)
    except ImportError as error:
        text = f"{maker.name} is not here ({error}): run `pip install {maker.install}`"
        raise CourseError([Problem(COURSE, 0, "cluster.kind", text)]) from error
    except (TypeError, ValueError) as error:
        text = f"{maker.module}.{maker.name} does not take them: {error}"
        raise CourseError([Problem(COURSE, 0, "cluster.options", text)]) from error
    except Exception as error:  # a queue that is not here, a machine that does not answer
        raise GraderError(f"the cluster ({maker.name}) cannot be started: {type(error).__name__}: {error}") from error
    if maker.scales:
        cluster.scale(settings.workers or 1)
    return cluster


def _require(settings: ClusterSettings, maker: Maker) -> None:
    """Raise CourseError for what Dask would take, and take wrongly."""
    problems = [
        Problem(COURSE, 0, f"cluster.options.{name}", f'write it in quotes, "02:00:00"; given: {given!r}')
        for name in QUOTED
        if (given := settings.options.get(name)) is not None and not isinstance(given, str)
    ]
    if not maker.scales and settings.workers is not None:
        text = f"{maker.name} starts one on each of its `hosts` but the first: leave `workers` out"
        problems.append(Problem(COURSE, 0, "cluster.workers", text))
    if maker.scales and "n_workers" in settings.options:
        problems.append(Problem(COURSE, 0, "cluster.options.n_workers", "write it as `workers`, under `cluster`"))
    if maker.program and shutil.which(maker.program) is None:
        text = f"{maker.program} is not on this machine: grade from one that jobs are submitted from"
        problems.append(Problem(COURSE, 0, "cluster.kind", text))
    if problems:
        raise CourseError(problems)
