"""How good is correct work from seed to seed, and what bar may it be held to? The reference and mistakes tell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np

from autograder.assessment import Assessor, trainings
from autograder.assignment import Assignment, SourceNotebook
from autograder.course_yaml import AssignmentSettings
from autograder.engine import Engine
from autograder.errors import CourseError, GraderError, Problem
from autograder.evidence import Evidence, TrainingRun
from autograder.fairness.statistics import Calibration, Separation, calibrate_bar, separation
from autograder.fairness.thresholds import write_thresholds
from autograder.fairness.verdict import Bar, Rule
from autograder.intake import as_submission
from autograder.judge.message import CheckFailed
from autograder.judge.trainings import Predictions
from autograder.networks.mistakes import MISTAKES
from autograder.networks.signature import signature
from autograder.paths import write_beside
from autograder.recipes import MetricName, Recipe, Threshold
from autograder.report.calibration import draw
from autograder.session import GradingOptions, Session
from autograder.training.frozen import keep_frozen
from autograder.training.job import Job
from autograder.training.scorer import Scored
from autograder.wire import codec
from autograder.wire.messages import Array, Fault, Network, Record, TrainedProbe

MISTAKE_RUNS = 3
CONSTANT = "always the same answer"
"""What every training function is compared with: it names the most frequent class, whatever it sees."""


@dataclass(frozen=True)
class CalibrationReport:
    """What was measured for one probe, and the bar that follows."""

    probe: str
    recipe: Recipe
    metric: MetricName
    scores: Sequence[float]
    """Of the reference, a seed each."""
    calibration: Calibration
    weak: Sequence[Separation]
    """Wrong but plausible networks, from the worst to the best."""
    neighbours: Sequence[Separation]
    """Networks of another choice, which the recipe does not say must fail."""
    untrainable: Mapping[str, str]
    """Mistakes with which no training is possible, and why."""
    stand_in: bool
    threshold: Threshold
    versions: Mapping[str, str]
    """Of the rooms' Python and its libraries."""

    @property
    def cleared(self) -> list[Separation]:
        """The mistakes that the bar would let through."""
        return [one for one in self.weak if not one.stopped]


def calibrate(
    assignment: Assignment, options: GradingOptions, recipe: str | None, runs: int
) -> Iterator[CalibrationReport]:
    """Measure the reference of every probe that uses a recipe, `runs` times, and yield what follows for each.

    Raises CourseError where the solution does not answer a probe, GraderError where we could not find out.
    """
    with Session(assignment, options, unfinished=True) as session:
        session.engine.start()
        measurement = _Measurement(session.source, session.settings, session.assessor, session.engine, runs)
        for name, probe in session.assessor.scorer.probes.items():
            if recipe in (None, probe.recipe):
                yield from measurement.measure(name, probe)


NOT_GIVEN = (
    "the weights of its frozen layers are more than a room gives (`limits.array_mb`), or are none of Keras's layers': "
    "nothing says what it starts from; allow more, or score what is trained in cells with `predictions`"
)


class _Measurement:
    """Measures the probes of one assignment."""

    def __init__(
        self, source: SourceNotebook, settings: AssignmentSettings, assessor: Assessor, engine: Engine, runs: int
    ) -> None:
        self._source, self._settings = source, settings
        self._scorer = assessor.scorer
        self._assessor = assessor
        self._engine = engine
        self._runs = runs
        self._exams: dict[int, Evidence] = {}

    def measure(self, name: str, probe: Scored) -> Iterator[CalibrationReport]:
        recipe = self._scorer.recipes[probe.recipe]
        untrainable: dict[str, str] = {}
        if isinstance(probe, TrainedProbe):
            network, arrays = self._answer(name, 0)
            if not isinstance(network, Network):
                raise self._broken(name, "the solution's answer is not a network")
            if keep_frozen(network, arrays).redrawn:
                raise self._broken(name, NOT_GIVEN)
            own = self._train({name: network}, arrays, recipe, self._runs)[name]
            if fault := next((run.fault for run in own if run.fault), None):
                raise self._broken(name, f"the solution's network cannot be trained: {fault.message or fault.kind}")
            if _same([[*run.epochs, dict(run.scores)] for run in own]):
                raise self._alike(name)
            weak = self._train_mistaken(network, arrays, recipe, untrainable)
            examples = recipe.test or self._scorer.data[recipe.data].arrays["x_test"].shape[0]
        else:
            own, weak, examples = [], {}, self._scorer.data[probe.data].arrays["x"].shape[0]
        for metric in recipe.metrics:
            if isinstance(probe, TrainedProbe):
                scores = [_score(run, metric) for run in own]
                others = {name: [_score(run, metric) for run in runs] for name, runs in weak.items()}
            else:
                scores = [self._predicted(name, seed, metric) for seed in range(self._runs)]
                if _same([self._bytes_of(name, seed) for seed in range(self._runs)]):
                    raise self._alike(name)
                others = {CONSTANT: [self._constant(name)] * MISTAKE_RUNS}
            yield self._report(name, recipe, metric, scores, others, untrainable, examples)

    def _report(
        self,
        name: str,
        recipe: Recipe,
        metric: MetricName,
        scores: Sequence[float],
        weak: Mapping[str, Sequence[float]],
        untrainable: Mapping[str, str],
        examples: int,
    ) -> CalibrationReport:
        budget = recipe.seeds if isinstance(self._scorer.probes[name], TrainedProbe) else 1
        try:
            found = calibrate_bar(scores, test_examples=examples, budget=budget)
        except ValueError as error:  # scores too far apart for any bar
            raise self._broken(f"{name}, recipe {recipe.name}", f"no bar is fair: {error}") from None
        rule = Rule(Bar(found.bar, found.spread), budget)
        data = self._scorer.data[recipe.data]
        threshold = Threshold(
            bar=found.bar,
            mean=round(found.mean, 5),
            spread=round(found.spread, 6),
            runs=found.runs,
            fails=float(f"{found.fails:.2g}"),
            of=self._scorer.calibrated(name),
        )
        apart = separation(found, weak, rule)
        near = {one.name for one in MISTAKES if one.neighbour}.difference(recipe.mistakes or ())
        mistaken, neighbours = ([one for one in apart if (one.name in near) is is_near] for is_near in (False, True))
        versions = self._exams[0].exam.versions
        return CalibrationReport(
            name, recipe, metric, scores, found, mistaken, neighbours, untrainable, data.stand_in, threshold, versions
        )

    # --- trainings ---

    def _train_mistaken(
        self, network: Network, arrays: list[bytes], recipe: Recipe, untrainable: dict[str, str]
    ) -> dict[str, list[TrainingRun]]:
        """Train the reference with each typical mistake, and its neighbours; fill `untrainable` with those left out."""
        named = recipe.mistakes
        chosen = [one for one in MISTAKES if one.neighbour or named is None or one.name in named]
        if unknown := set(named or ()) - {one.name for one in chosen}:
            known = ", ".join(one.name for one in MISTAKES)
            raise self._broken(f"recipes.{recipe.name}.mistakes", f"{', '.join(sorted(unknown))}; known: {known}")
        made = {one: edited for one in chosen if (edited := one.apply(network)) is not None}
        mistaken = {signature(edited, trainable=True) for one, edited in made.items() if not one.neighbour}
        networks = {
            one.name: edited
            for one, edited in made.items()
            if not one.neighbour or signature(edited, trainable=True) not in mistaken
        }
        trained = self._train(networks, arrays, recipe, MISTAKE_RUNS)
        for title, runs in list(trained.items()):
            if fault := next((run.fault for run in runs if run.fault), None):
                untrainable[title] = fault.message or fault.kind
                del trained[title]
        return trained

    def _train(
        self, networks: Mapping[str, Network], arrays: list[bytes], recipe: Recipe, runs: int
    ) -> dict[str, list[TrainingRun]]:
        versions = self._exams[0].exam.versions
        jobs = {
            name: list(self._scorer.jobs(keep_frozen(network, arrays), recipe, range(runs), versions))
            for name, network in networks.items()
        }
        self._run([job for ones in jobs.values() for job in ones])
        return {name: [self._run_of(job) for job in ones] for name, ones in jobs.items()}

    def _run(self, jobs: list[Job]) -> None:
        while missing := [job.alone() for job in jobs if self._scorer.load_alone(job) is None]:
            for trained in trainings(self._engine, self._scorer, missing):
                if trained.error is not None:
                    raise trained.error

    def _run_of(self, job: Job) -> TrainingRun:
        run = self._scorer.load_alone(job)
        if run is None:
            raise GraderError(f"a training of {job.recipe.name} was not stored")
        return run

    # --- exams ---

    def _answer(self, name: str, seed: int) -> tuple[object, list[bytes]]:
        if seed not in self._exams:
            self._hold([seed])
        answer, blobs = self._exams[seed].answers()[name]
        if isinstance(answer, Fault):
            raise self._broken(name, f"the solution gives no answer: {answer.error or answer.kind}: {answer.message}")
        return answer, blobs

    def _hold(self, seeds: Sequence[int]) -> None:
        solution = as_submission(self._source, self._settings, self._source.notebook)
        orders = [self._assessor.order(solution, seed=seed) for seed in seeds]
        for result in self._engine.examine(orders):
            if result.evidence is None:
                raise result.error or GraderError("the solution's exam gave no evidence")
            if result.evidence.exam.fault is not None:
                raise self._broken("", "the solution does not run to its end: run `autograder validate`")
            self._exams[result.order.seed] = result.evidence

    def _predicted(self, name: str, seed: int, metric: MetricName) -> float:
        if seed not in self._exams:
            self._hold([one for one in range(self._runs) if one not in self._exams])
        answer, blobs = self._answer(name, seed)
        scores = self._scorer.scores(self._exams[seed])
        labels = scores.cases[name].labels
        if not isinstance(answer, Array) or labels is None:
            raise self._broken(name, "the solution's answer is not an array of predictions")
        values = codec.array_value(answer, blobs)
        given = Predictions(values, codec.array_value(labels, scores.blobs), scores.cases[name])
        try:
            return float(getattr(given, metric))
        except CheckFailed as error:
            raise self._broken(name, f"the solution's answer cannot be scored: {error}") from None

    def _bytes_of(self, name: str, seed: int) -> bytes:
        return b"".join(self._answer(name, seed)[1])

    def _alike(self, name: str) -> CourseError:
        text = (
            f"{self._runs} runs under {self._runs} seeds gave the very same answer, so nothing is known of how much "
            "seeds matter, and correct work under another seed would fail: take out of the solution what sets the seed "
            "(keras.utils.set_random_seed, torch.manual_seed, …), or ask for a function with `trained_by`"
        )
        return self._broken(name, text)

    def _constant(self, name: str) -> float:
        labels = self._scorer.labels[name]
        return float(np.bincount(labels).max() / len(labels))

    def _broken(self, where: str, text: str) -> CourseError:
        shown = self._source.paths.shown(self._source.checks)
        return CourseError([Problem(shown, 0, where, text)])


def _same(answers: Sequence[object]) -> bool:
    return all(one == answers[0] for one in answers[1:])


def _score(run: TrainingRun, metric: MetricName) -> float:
    return run.scores.get(metric) or 0.0


# --- What is written --------------------------------------------------------------------------------------------------


class Measured(Record, frozen=True):
    """The account of one calibration, as it is stored."""

    assignment: str
    probe: str
    recipe: str
    profile: str
    metric: str
    scores: list[float]
    """Of the reference, by seed from 0."""
    collapsed: int
    """How many of these scores lie far below all others."""
    deviation: float
    """Sample standard deviation of the others."""
    first: float
    """Probability that correct work passes with its first training."""
    threshold: Threshold
    weak: dict[str, list[float]]
    """Scores of wrong but plausible networks."""
    neighbours: dict[str, list[float]]
    """Scores of networks of another choice, which may pass."""
    cleared: list[str]
    """Those that the bar lets through."""
    untrainable: dict[str, str]
    versions: dict[str, str]
    """Of the rooms' Python and its libraries: what the scores were measured with."""


def keep(source: SourceNotebook, report: CalibrationReport) -> list[Path]:
    """Store the account of a calibration and its plot; return their paths."""
    folder = source.paths.calibration(source.key, report.recipe.name, report.recipe.profile)
    measured = Measured(
        assignment=source.name,
        probe=report.probe,
        recipe=report.recipe.name,
        profile=report.recipe.profile,
        metric=report.metric,
        scores=list(report.scores),
        collapsed=report.calibration.collapsed,
        deviation=report.calibration.deviation,
        first=report.calibration.first,
        threshold=report.threshold,
        weak={one.name: list(one.scores) for one in report.weak},
        neighbours={one.name: list(one.scores) for one in report.neighbours},
        cleared=[one.name for one in report.cleared],
        untrainable=dict(report.untrainable),
        versions=dict(report.versions),
    )
    account = msgspec.json.format(msgspec.json.encode(measured)) + b"\n"
    others = {one.name: one.scores for one in (*report.weak, *report.neighbours)}
    groups = {f"{report.probe} (the reference)": report.scores, **others}
    plot = draw(f"{source.name}, {report.recipe.name}: {report.metric}", groups, report.threshold.bar)
    paths = [folder / f"{report.probe}-{report.metric}.{kind}" for kind in ("json", "svg")]
    for path, content in zip(paths, (account, plot), strict=True):
        write_beside(path, content)
    return paths


def accept(source: SourceNotebook, reports: Sequence[CalibrationReport]) -> None:
    """Write the thresholds of reports that let no mistake through into course.yaml."""
    places: dict[tuple[str, str], dict[str, dict[MetricName, Threshold]]] = {}
    for report in reports:
        place = places.setdefault((report.recipe.name, report.recipe.profile), {})
        place.setdefault(report.probe, {})[report.metric] = report.threshold
    for (recipe, profile), thresholds in places.items():
        keys = ["assignments", source.name, "recipes", recipe, profile]
        write_thresholds(source.paths.course, source.paths.shown(source.paths.course), keys, thresholds)
