"""The stored trainings that a grade rests on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from autograder.evidence import TrainingRun, load_training_run
from autograder.paths import Paths
from autograder.records import TrainingUse


class StoredRuns:
    """Every training of a course that is stored and can be read, found again by what a grade says it rests on."""

    def __init__(self, runs: Iterable[TrainingRun]) -> None:
        self._by_use: defaultdict[tuple[str, ...], list[TrainingRun]] = defaultdict(list)
        for one in runs:
            self._by_use[_named(one)].append(one)

    def of(self, use: TrainingUse) -> tuple[TrainingRun, ...]:
        """Return the trainings that `use` names, in the order of their files; fewer where some are kept no more.

        One a seed: of equal networks that were written otherwise, and trained each, the best.
        """
        alike = self._by_use.get(_named(use), ())
        found = [one for one in alike if one.seed in use.seeds and one.versions == use.versions]
        best = {one.seed: one for one in sorted(found, key=_best)}
        return tuple(one for one in found if one is best[one.seed])


def _best(one: TrainingRun) -> float:
    return max((score for name, score in one.scores.items() if name != "loss" and score is not None), default=0.0)


def _named(one: TrainingRun | TrainingUse) -> tuple[str, ...]:
    return one.signature, one.recipe, one.data_digest, one.device, one.backend


def stored_runs(paths: Paths) -> StoredRuns:
    """Read the trainings of a course: once for a whole class, there may be thousands."""
    found = (load_training_run(path) for path in sorted(paths.trainings.glob("*.run")))
    return StoredRuns(run for run in found if run)
