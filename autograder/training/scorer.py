"""What an assignment's recipes, its data and its stored trainings say of one submission: what a judge is told."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from autograder.assignment import SourceNotebook, import_variables
from autograder.course_yaml import AssignmentSettings
from autograder.data.arrays import ENDS
from autograder.data.course_shelf import CourseShelf
from autograder.data.shelf import DataSet
from autograder.data.weights import Item
from autograder.errors import CourseError, Problem
from autograder.evidence import Evidence, TrainingRun, libraries, load_evidence, load_training_run
from autograder.judge.channel import TrainingCase
from autograder.notebook.variables import KERAS_BACKEND
from autograder.recipes import BACKENDS, Profile, Recipe, resolve
from autograder.records import Plan, TrainingUse, digest
from autograder.training.fitting import classes_differ, form, untrainable
from autograder.training.frozen import Frozen, keep_frozen, known_weights
from autograder.training.job import Job, calibrated_for, is_borrowed, make_jobs
from autograder.wire import codec, examples
from autograder.wire.messages import (
    Examples,
    Network,
    PredictionsProbe,
    Probe,
    TrainedByProbe,
    TrainedProbe,
)

Scored = TrainedProbe | TrainedByProbe | PredictionsProbe
SUBSET_SEED = 0
"""Of the draw of the examples that a student's training function is given."""
PASSING_FAULTS = ("time", "memory")
"""What may come of a busy machine: not kept when a class is graded anew."""


@dataclass(frozen=True)
class Scores:
    """What is known of the probes of one submission that are judged by a score."""

    cases: dict[str, TrainingCase]
    blobs: list[bytes]
    """Labels of hidden sets, which the cases refer to."""
    uses: tuple[TrainingUse, ...]


class Scorer:
    """The recipes of one assignment under one profile, with the data they name.

    Every set is verified, byte by byte, before anything runs.
    """

    def __init__(
        self,
        source: SourceNotebook,
        settings: AssignmentSettings,
        shelf: CourseShelf,
        plan: Plan,
        profile: Profile,
        *,
        calibrating: bool = False,
    ) -> None:
        """`calibrating` lets thresholds be missing or stale.

        Raises CourseError for a recipe that names no data, or a threshold that nothing justifies; DataError for a set
        that is missing or not whole.
        """
        self._source = source
        self._shelf = shelf
        self.probes: dict[str, Scored] = {
            name: probe for name, probe in plan.probes.items() if isinstance(probe, Scored)
        }
        names = dict.fromkeys(probe.recipe for probe in self.probes.values())
        self.recipes: dict[str, Recipe] = {name: self._recipe(settings, name, profile) for name in names}
        self.shown = {name: self._shelf.item(name) for name in settings.data}
        """What exam rooms can load, by name."""
        known = {name: one for name, one in self.shown.items() if isinstance(one, DataSet)}
        self.data = {name: known.get(name) or self._shelf.verify(name) for name in self._set_names(known)}
        """Every set that is spoken of, by name."""
        if problems := self._hidden_problems() or ([] if calibrating else self._threshold_problems()):
            raise CourseError(problems)
        self._weights: dict[str, frozenset[str]] = {}
        self.plan = self._with_examples(plan)
        """The plan, its probes holding the examples they speak of."""

    @property
    def sets(self) -> tuple[Item, ...]:
        """The sets and the weights that exam rooms can load."""
        return tuple(self.shown.values())

    @cached_property
    def stand_ins(self) -> tuple[str, ...]:
        """Names of the sets that stand-ins serve."""
        return tuple(name for name, one in self.data.items() if one.stand_in)

    @cached_property
    def digest(self) -> str:
        """Of all that a verdict on scores depends on, beside the trainings themselves."""
        recipes = [(name, one.content, dict(one.thresholds), one.seeds) for name, one in self.recipes.items()]
        return digest(msgspec.json.encode(recipes), *(one.digest for one in self.data.values()))

    def _set_names(self, shown: Iterable[str]) -> list[str]:
        hidden = [probe.data for probe in self.probes.values() if not isinstance(probe, TrainedProbe)]
        trained = [recipe.data for recipe in self.recipes.values()]
        return list(dict.fromkeys([*shown, *trained, *hidden]))

    # --- what a judge is told ---

    def scores(self, evidence: Evidence) -> Scores:
        """Return what is known of one submission: the recipe of each probe, and the trainings that are stored."""
        blobs: list[bytes] = []
        answers = evidence.answers() if self.probes else {}
        cases: dict[str, TrainingCase] = {}
        uses = []
        for name, probe in self.probes.items():
            runs: tuple[TrainingRun, ...] = ()
            redrawn = borrowed = False
            if isinstance(probe, TrainedProbe):
                answer, arrays = answers.get(name, (None, []))
                recipe = self.recipes[probe.recipe]
                network = answer if isinstance(answer, Network) else None
                frozen = keep_frozen(network, arrays, self._known(name)) if network else None
                pairs = self._stored(frozen, recipe, evidence) if frozen else ()
                runs, borrowed = tuple(run for _, run in pairs), any(is_borrowed(run, job) for job, run in pairs)
                redrawn = frozen is not None and frozen.redrawn
                uses += [_use(name, runs)] if runs else []
            case = self._case(name, probe, runs, blobs, redrawn=redrawn)
            cases[name] = msgspec.structs.replace(case, borrowed=borrowed)
        return Scores(cases, blobs, tuple(uses))

    def wanted(self, evidence: Evidence, name: str) -> Job:
        """Return the next training of the network that answered a probe. None of it is stored yet."""
        return next(job for job in self._jobs_of(evidence, name) if self.load(job) is None)

    def borrowed(self, evidence: Evidence, name: str) -> Iterator[Job]:
        """Yield the trainings of the very network that answered a probe, where only those of its equal are stored."""
        for job in self._jobs_of(evidence, name):
            if (run := self.load(job)) and is_borrowed(run, job):
                yield job.alone()

    def _jobs_of(self, evidence: Evidence, name: str) -> Iterator[Job]:
        """Yield all the trainings that a recipe allows the network that answered a probe."""
        network, arrays = evidence.answers()[name]
        assert isinstance(network, Network), "only a network is trained"
        recipe = self.recipes[self.probes[name].recipe]
        frozen = keep_frozen(network, arrays, self._known(name))
        return self.jobs(frozen, recipe, range(recipe.seeds), evidence.exam.versions)

    def jobs(self, frozen: Frozen, recipe: Recipe, seeds: Iterable[int], versions: Mapping[str, str]) -> Iterator[Job]:
        """Yield a network's training for each seed, by the `versions` of the room that the network came out of.

        What is installed since says nothing of evidence that is judged again, nor does another machine's Python.
        """
        recipe = replace(recipe, backend=recipe.backend_among(versions))
        return make_jobs(frozen, recipe, self.data[recipe.data], seeds, libraries(versions))

    def load(self, job: Job) -> TrainingRun | None:
        """Return the stored run of a job: of its very record, else of one written like it, else of one equal to it."""
        found = (load_training_run(self._source.paths.training(key)) for key in (job.own_key, job.form_key, job.key))
        run = next(filter(None, found), None)
        return run if run and (run.key == job.own_key or run.fault is None) else None

    def load_alone(self, job: Job) -> TrainingRun | None:
        """Return the stored run of what was written as a job's network is; None where there is none."""
        return None if (run := self.load(job)) and is_borrowed(run, job) else run

    def keep(self, run: TrainingRun) -> None:
        """Store a run. Raises OSError where it cannot be."""
        run.save(self._source.paths.training(run.key))

    def forget_passing_faults(self, evidence: Evidence) -> None:
        """Forget the trainings of a submission that ran out of time or memory, so that they are tried again."""
        for case in self.scores(evidence).cases.values():
            for run in case.runs:
                if run.fault and run.fault.kind in PASSING_FAULTS:
                    self._source.paths.training(run.key).unlink(missing_ok=True)

    def _known(self, name: str) -> frozenset[str]:
        """The weights of frozen layers that the solution's network has, which students' networks may start from."""
        if name not in self._weights:
            try:
                path = self._source.paths.reference(self._source.key)
                network, arrays = load_evidence(path).answers().get(name, (None, []))
            except (OSError, codec.WireError):
                return frozenset()
            self._weights[name] = known_weights(network, arrays) if isinstance(network, Network) else frozenset()
        return self._weights[name]

    def _stored(self, frozen: Frozen, recipe: Recipe, evidence: Evidence) -> tuple[tuple[Job, TrainingRun], ...]:
        """The stored trainings of a network, from the first seed on, as far as there is no gap, each with its job."""
        found = []
        for job in self.jobs(frozen, recipe, range(recipe.seeds), evidence.exam.versions):
            run = self.load(job)
            if run is None:
                break
            found.append((job, run))
        return tuple(found)

    def _case(
        self, name: str, probe: Scored, runs: tuple[TrainingRun, ...], blobs: list[bytes], *, redrawn: bool
    ) -> TrainingCase:
        recipe = self.recipes[probe.recipe]
        data = self.data[recipe.data if isinstance(probe, TrainedProbe) else probe.data]
        return TrainingCase(
            recipe=recipe.name,
            profile=recipe.profile,
            budget=recipe.seeds,
            thresholds=dict(recipe.thresholds.get(name, {})),
            data=data.name,
            stand_in=data.stand_in,
            runs=runs,
            labels=codec.array_record(self.labels[name], blobs) if name in self.labels else None,
            redrawn=redrawn,
        )

    def calibrated(self, name: str) -> str:
        """Return what a threshold of a probe is calibrated for: its recipe, and every set that its score comes from."""
        probe = self.probes[name]
        recipe = self.recipes[probe.recipe]
        names = [recipe.data, *([] if isinstance(probe, TrainedProbe) else [probe.data])]
        return calibrated_for(recipe, *(self.data[one] for one in names))

    @cached_property
    def labels(self) -> dict[str, NDArray[Any]]:
        """Labels of the hidden sets, (N,), by probe: classes numbered as the student's function was given them."""
        found = {}
        for name, probe in self.probes.items():
            if not isinstance(probe, TrainedProbe):
                labels = self._shelf.open(probe.data)["y"].reshape(-1)
                found[name] = self._renumbered(probe, labels) if isinstance(probe, TrainedByProbe) else _plain(labels)
        return found

    # --- what a room is given ---

    def _with_examples(self, plan: Plan) -> Plan:
        blobs = list(plan.blobs)
        probes: dict[str, Probe] = dict(plan.probes)
        for name, probe in self.probes.items():
            if isinstance(probe, TrainedByProbe):
                given, hidden = self._given(probe, blobs), self._hidden(probe, blobs)
                probes[name] = msgspec.structs.replace(probe, given=given, hidden=hidden)
            elif isinstance(probe, PredictionsProbe):
                probes[name] = msgspec.structs.replace(probe, hidden=self._hidden(probe, blobs))
        return replace(plan, probes=probes, blobs=tuple(blobs))

    def _given(self, probe: TrainedByProbe, blobs: list[bytes]) -> Examples:
        recipe = self.recipes[probe.recipe]
        arrays = self._shelf.open(recipe.data)
        chosen = np.arange(len(arrays["x_train"]))
        if recipe.train is not None and recipe.train < len(chosen):
            chosen = np.sort(np.random.default_rng(SUBSET_SEED).permutation(len(chosen))[: recipe.train])
        labels = self._renumbered(probe, arrays["y_train"].reshape(-1)[chosen])
        preparation = recipe.preparation(self.data[recipe.data].classes)
        inputs, texts = _sent(np.asarray(arrays["x_train"][chosen]))
        return Examples(codec.array_record(inputs, blobs), preparation, codec.array_record(labels, blobs), texts)

    def _hidden(self, probe: TrainedByProbe | PredictionsProbe, blobs: list[bytes]) -> Examples:
        recipe = self.recipes[probe.recipe]
        inputs, texts = _sent(np.asarray(self._shelf.open(probe.data)["x"]))
        record = codec.array_record(inputs, blobs)
        return Examples(record, recipe.preparation(self.data[recipe.data].classes), texts=texts)

    def _renumbered(self, probe: TrainedByProbe, labels: NDArray[Any]) -> NDArray[Any]:
        """Return labels as the student's function is given them; quantities as they are."""
        plain = _plain(labels)
        return plain if plain.dtype.kind == "f" else self._renumbering(probe)[plain]

    def _renumbering(self, probe: TrainedByProbe) -> NDArray[np.int64]:
        """Return the secret order in which classes are numbered for a student's training function.

        It follows from the hidden labels, which nobody outside knows: the same for a class, another for another set.
        """
        secret = digest(self.data[probe.data].arrays["y"].digest, probe.function)
        rng = np.random.default_rng(int(secret.removeprefix("sha256:"), 16))
        return rng.permutation(self.data[self.recipes[probe.recipe].data].classes)

    # --- what may be wrong ---

    def _recipe(self, settings: AssignmentSettings, name: str, profile: Profile) -> Recipe:
        """One recipe under a profile. Raises CourseError where it names no data."""
        try:
            recipe = resolve(name, settings.recipes[name], profile)
        except ValueError as error:
            paths, where = self._source.paths, f"assignments.{self._source.name}.recipes.{name}"
            raise CourseError([Problem(paths.shown(paths.course), 0, where, str(error))]) from None
        chosen = import_variables(self._source.notebook).get(KERAS_BACKEND)
        of_notebook = next((one for one in BACKENDS if one == chosen), None)
        return replace(recipe, backend=recipe.backend or of_notebook)

    def _hidden_problems(self) -> list[Problem]:
        checks = self._source.paths.shown(self._source.checks)
        course = self._source.paths.shown(self._source.paths.course)
        found = []
        for name, probe in self.probes.items():
            if not isinstance(probe, TrainedProbe):
                found += self._misfits(checks, name, probe)
            elif text := untrainable(self.data[self.recipes[probe.recipe].data]):
                found.append(Problem(checks, 0, name, text))
        for name in dict.fromkeys([*self.shown, *(one.data for one in self.recipes.values())]):
            if (self.data.get(name) or self.shown[name]).hidden:
                text = f"{name!r} is a hidden set: rooms cannot load it, and nothing is trained on it"
                found.append(Problem(course, 0, f"assignments.{self._source.name}", text))
        return found

    def _misfits(self, checks: Any, name: str, probe: TrainedByProbe | PredictionsProbe) -> list[Problem]:
        hidden, known = self.data[probe.data], self.data[self.recipes[probe.recipe].data]
        if not hidden.hidden:
            text = f"the labels of {probe.data!r} are public: add a set with `autograder data add NAME PATH --hidden`"
            return [Problem(checks, 0, name, text)]
        if hidden.classes > known.classes:
            text = f"the hidden set {probe.data!r} has {hidden.classes} classes, {known.name!r} has {known.classes}"
            return [Problem(checks, 0, name, text)]
        if known.hidden:
            return []  # said of the recipe
        if text := classes_differ(known, hidden):
            return [Problem(checks, 0, name, text)]
        if isinstance(probe, TrainedByProbe) and set(ENDS) & set(known.arrays):
            text = f"the texts of {known.name!r} are sequences of unequal length: add them padded, as one array"
            return [Problem(checks, 0, name, text)]
        if set(ENDS) & set(known.arrays):
            return []  # hidden ones come padded to a length that the check says to students
        ours, theirs = form(known, "x_train"), form(hidden, "x")
        if ours != theirs:
            text = f"examples of the hidden set {probe.data!r} are {theirs}, those of {known.name!r} {ours}"
            return [Problem(checks, 0, name, text)]
        return []

    def _threshold_problems(self) -> list[Problem]:
        """A bar that nothing justifies is not fair: none, or one that was calibrated for something else."""
        course = self._source.paths.shown(self._source.paths.course)
        found = []
        for name, probe in self.probes.items():
            recipe = self.recipes[probe.recipe]
            place = f"assignments.{self._source.name}.recipes.{recipe.name}.{recipe.profile}.thresholds.{name}"
            of = self.calibrated(name)
            thresholds = recipe.thresholds.get(name, {})
            if isinstance(probe, TrainedProbe) and not recipe.metrics:
                where = f"assignments.{self._source.name}.recipes.{recipe.name}.metrics"
                text = f"none, and {name!r} is a network to be trained: name what its trainings are scored by"
                found.append(Problem(course, 0, where, text))
            if not (recipe.metrics and self.data[recipe.data].classified):
                continue  # quantities have no accuracy, and `metrics: []` asks for none: the check reads predictions
            if not thresholds:
                found.append(Problem(course, 0, place, f"no threshold yet: {self._calibrate(recipe)}"))
            elif any(threshold.of != of for threshold in thresholds.values()):
                text = "calibrated for another recipe, or on other data than those on the shelf"
                found.append(Problem(course, 0, place, f"{text}: {self._calibrate(recipe)}"))
        return found

    def _calibrate(self, recipe: Recipe) -> str:
        profile = "" if recipe.profile == "cpu" else f" --profile {recipe.profile}"
        return f"run `autograder calibrate {self._source.name} --recipe {recipe.name}{profile}`"


def _plain(labels: NDArray[Any]) -> NDArray[Any]:
    return labels.astype(np.float64 if labels.dtype.kind == "f" else np.int64)


def _sent(inputs: NDArray[Any]) -> tuple[NDArray[Any], bool]:
    """Return inputs as they cross the wall, and whether they are texts."""
    return (examples.characters(inputs), True) if inputs.dtype.kind == "U" else (inputs, False)


def _use(probe: str, runs: tuple[TrainingRun, ...]) -> TrainingUse:
    first: TrainingRun = runs[0]
    return TrainingUse(
        probe=probe,
        recipe=first.recipe,
        signature=first.signature,
        seeds=[run.seed for run in runs],
        device=first.device,
        data=first.data,
        data_digest=first.data_digest,
        stand_in=first.stand_in,
        versions=first.versions,
        backend=first.backend,
    )
