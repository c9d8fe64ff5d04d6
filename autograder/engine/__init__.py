"""Where rooms run. An engine is a module of this folder: its name is what `--engine` is given, `open_engine` opens it.

An engine is given orders and gives back evidence, plain data both, and owns the processes its rooms are forked from: so
it can live in another process, or on another machine (`_packed.py` makes bytes of what it is given and gives back;
paths in orders mean the same wherever its rooms run). tests/engine/test_conformance.py is what every engine must do.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, Self

from autograder.errors import GraderError

if TYPE_CHECKING:  # the names of the engines are asked for by whoever only reads results
    from autograder.course_yaml import ClusterSettings
    from autograder.evidence import Evidence, TrainingRun
    from autograder.sandbox.environment import Environment
    from autograder.sandbox.exam import Order
    from autograder.sandbox.gpus import Gpu
    from autograder.training.job import Job
    from autograder.wire.messages import Warm


@dataclass(frozen=True)
class RoomSetup:
    """What the rooms of one assignment are opened with."""

    preload: tuple[str, ...]
    """Modules that rooms have imported already."""
    cache: Path
    """Folder for the libraries' own caches."""
    isolation: str
    """The wall of a training's room; an exam's order names its own."""
    environment: Environment | None = None
    """The Python that rooms run in; None: the grader's own."""
    gpus: tuple[Gpu, ...] = ()
    """What networks are trained on; none: the CPU."""
    kept: bool = False
    """Whether rooms that an earlier command left warm serve, and are left for the next."""
    cluster: ClusterSettings | None = None
    """What an engine on other machines makes to open rooms on, where none is there."""
    variables: Mapping[str, str] = field(default_factory=dict)
    """What the notebook sets for the modules that it imports."""


@dataclass(frozen=True)
class Result:
    """One exam held, or what kept us from holding it."""

    order: Order
    """The very one that was given."""
    evidence: Evidence | None
    error: GraderError | None = None


@dataclass(frozen=True)
class Trained:
    """One training run, or what kept us from running it."""

    job: Job
    run: TrainingRun | None
    error: GraderError | None = None


class Engine(Protocol):
    """Holds exams and trains networks. Results come in any order; an engine never raises for one item's sake.

    What is ordered is taken up little by little, and nothing more of it once nobody asks for the next result. Use as a
    context manager: leaving it ends every room.
    """

    def start(self) -> None:
        """Begin to warm up, and return at once: the first room opens sooner."""
        ...

    def warm(self) -> Warm:
        """Wait until rooms can open. Raise GraderError where they cannot."""
        ...

    def examine(self, orders: Iterable[Order]) -> Iterator[Result]:
        """Hold every exam ordered and yield its result when it is there."""
        ...

    def train(self, jobs: Iterable[Job]) -> Iterator[Trained]:
        """Run every training and yield it when it is there."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...


def engine_names() -> list[str]:
    """Return the names of the engines: the modules of this folder that are not for all of them (`_…`)."""
    return sorted(path.stem for path in Path(__file__).parent.glob("[!_]*.py"))


def open_engine(name: str, setup: RoomSetup, jobs: int) -> Engine:
    """Return the engine of that name, `jobs` rooms at once. Nothing runs until something is asked of it."""
    engine: Engine = import_module(f"{__name__}.{name}").open_engine(setup, jobs)
    return engine
