"""One assignment opened to be examined and marked: judge, engine, shelf and store, each where it is asked for.

`grade`, `validate`, `calibrate`, `judge` and `grade --compat` open one. What a command does not need is never started.
"""

from __future__ import annotations

import ast
import os
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cached_property
from typing import Self

from autograder.assessment import Assessor
from autograder.assignment import Assignment, SourceNotebook
from autograder.course_python import environment_of, require_hidden
from autograder.engine import Engine, RoomSetup, open_engine
from autograder.errors import CourseError, Problem
from autograder.judge.judges import Judges
from autograder.judge.process import Judge, NoChecks
from autograder.recipes import BACKENDS, Profile
from autograder.sandbox.environment import Environment
from autograder.sandbox.gpus import Gpu, reserve, survey
from autograder.sandbox.isolation import measure
from autograder.store import Store, open_store
from autograder.training.scorer import Scorer


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0))


@dataclass(frozen=True)
class GradingOptions:
    """How to grade."""

    jobs: int = field(default_factory=cores)
    engine: str = "local"
    """One of `engine_names`."""
    profile: Profile = "cpu"
    """Which recipes, and on what device, networks are trained with."""
    again: bool = False
    """Whether to grade what has not changed too."""
    students: tuple[str, ...] = ()
    """Only these; all where empty."""
    kept: bool = False
    """Whether rooms that an earlier command left warm serve, and are left for the next."""


class Session:
    """One assignment, opened. Use as a context manager: leaving it ends all that was started."""

    def __init__(
        self,
        assignment: Assignment,
        options: GradingOptions,
        *,
        preload: tuple[str, ...] | None = None,
        unfinished: bool = False,
        judging: bool = False,
    ) -> None:
        """`preload` are modules that rooms have imported; left out, those of the assignment's notebook.

        `unfinished` lets recipes have no threshold yet, and questions no check. `judging` is of evidence there is: no
        room opens unless one is asked for. Without it, what no room can be opened for is said before anything starts:
        raises CourseError where the course is broken, IsolationError where this machine cannot raise the wall.
        """
        self.assignment, self.options = assignment, options
        self.source, self.settings = assignment.source, assignment.settings
        self._preload = tuple(assignment.preload) if preload is None else preload
        self._unfinished, self._judging = unfinished, judging
        self._stack = ExitStack()
        if not judging:
            _ = self.isolation, self._gpus

    @cached_property
    def isolation(self) -> str:
        """The wall of the rooms to come, nothing that they must not see behind it."""
        found = measure().require(self.assignment.course.isolation)
        require_hidden(self.source.paths, self._environment)
        return found

    @cached_property
    def _environment(self) -> Environment:
        return environment_of(self.source.paths, self.assignment.course, self.source.name)

    @cached_property
    def _gpus(self) -> tuple[Gpu, ...]:
        return find_gpus(self.options)

    @cached_property
    def judge(self) -> Judges:
        """Hold the assignment's checks, and judge as many cases at once as are asked for. Raises CourseError where they
        are no Python."""
        return self._stack.enter_context(Judges(lambda: judge_of(self.source)))

    @cached_property
    def store(self) -> Store:
        """The course's results."""
        return self._stack.enter_context(open_store(self.source.paths))

    @cached_property
    def assessor(self) -> Assessor:
        """Orders exams and says what their evidence is worth, every set of the shelf that it speaks of verified."""
        profile = self._judged_profile if self._judging else self.options.profile
        wall = "" if self._judging else self.isolation
        found = Assessor(self.assignment, self.judge, profile, wall, unfinished=self._unfinished, judging=self._judging)
        if not self._judging:
            require_fitting(self._gpus, found.scorer)
            require_backends(self.source, self._environment, found.scorer)
        return found

    @property
    def _judged_profile(self) -> Profile:
        """That of the stored trainings."""
        return "gpu" if "gpu" in self.store.devices(self.source.key) else "cpu"

    @cached_property
    def engine(self) -> Engine:
        """Holds exams and trains, in rooms with what the notebook imports; nothing of it runs before it is asked."""
        gpus = () if self._judging else self._gpus
        kept = self.options.kept
        cache, cluster = self.source.paths.cache, self.assignment.course.cluster
        setup = RoomSetup(
            self._preload, cache, self.isolation, self._environment, gpus, kept, cluster, self.assignment.variables
        )
        return self._stack.enter_context(open_engine(self.options.engine, setup, self.options.jobs))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()


def judge_of(source: SourceNotebook) -> Judge:
    """Start a judge that holds the assignment's checks, if any. Raise CourseError where they are no Python."""
    checks = source.checks
    if not checks.exists():
        return NoChecks()
    shown = source.paths.shown(checks)
    try:
        ast.parse(checks.read_bytes())  # pytest would say it with the whole way it came
    except (SyntaxError, ValueError) as error:
        line, text = (error.lineno or 0, error.msg) if isinstance(error, SyntaxError) else (0, str(error))
        raise CourseError([Problem(shown, line, "", f"not Python: {text}")]) from None
    return Judge(checks, shown, source.paths.root, source.translation)


def find_gpus(options: GradingOptions) -> tuple[Gpu, ...]:
    """Return this machine's GPUs where the profile asks for them. Raise CourseError where there is none."""
    if options.profile != "gpu":
        return ()
    found = survey()
    if not found.gpus:
        why = "; ".join(found.problems)
        text = f"this machine has no GPU ({why}): grade with --profile cpu, or on a machine that has one"
        raise CourseError([Problem("--profile gpu", 0, "", text)])
    return found.gpus


def require_fitting(gpus: tuple[Gpu, ...], scorer: Scorer) -> None:
    """Raise CourseError where a GPU is too small for the recipes."""
    asked = max((recipe.memory_mb for recipe in scorer.recipes.values()), default=0)
    for gpu in gpus:
        needed = asked + reserve(gpu)
        if gpu.memory_mb < needed:
            text = f"a GPU of {gpu.memory_mb} MB is too small: the recipes' memory_mb and CUDA itself ask for {needed}"
            raise CourseError([Problem("--profile gpu", 0, "", text)])


def require_backends(source: SourceNotebook, environment: Environment, scorer: Scorer) -> None:
    """Raise CourseError where what a recipe trains on is not in the rooms' Python."""
    lacking = {
        name: missing for name, recipe in scorer.recipes.items() if (missing := recipe.lacking(environment.versions))
    }
    where = f"assignments.{source.name}.recipes"
    shown = source.paths.shown(source.paths.course)
    problems = [
        Problem(
            shown,
            0,
            f"{where}.{name}",
            f"it trains on {scorer.recipes[name].backend_among(environment.versions)}, and {environment.python} lacks "
            f"{' and '.join(missing)}: run "
            f"`{environment.install} {' '.join(missing)}`, or name another `backend` ({', '.join(BACKENDS)})",
        )
        for name, missing in lacking.items()
    ]
    if problems:
        raise CourseError(problems)
