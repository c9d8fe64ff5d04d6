"""The stored trainings that a grade rests on."""

from __future__ import annotations

from collections.abc import Iterable

from autograder.evidence import TrainingRun, load_training_run
from autograder.paths import Paths
from autograder.records import TrainingUse


def stored_runs(paths: Paths) -> tuple[TrainingRun, ...]:
    """Return every training of the course that is stored and can be read."""
    found = (load_training_run(path) for path in sorted(paths.trainings.glob("*.run")))
    return tuple(run for run in found if run)


def runs_of(use: TrainingUse, runs: Iterable[TrainingRun]) -> tuple[TrainingRun, ...]:
    """Return the trainings that `use` names, of those stored; fewer where some are kept no more."""
    return tuple(
        one
        for one in runs
        if (one.signature, one.recipe, one.data_digest, one.device, one.backend)
        == (use.signature, use.recipe, use.data_digest, use.device, use.backend)
        and one.seed in use.seeds
        and one.versions == use.versions
    )
