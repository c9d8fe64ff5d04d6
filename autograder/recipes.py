"""Recipes: how the networks that students submit are trained. The instructor's, in course.yaml, per profile."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import Annotated, Any, Literal, get_args

import msgspec

from autograder.wire.frameworks import FRAMEWORKS
from autograder.wire.messages import (
    Augmentation,
    EarlyStopping,
    Fit,
    GpuPart,
    Network,
    Optimizer,
    OptimizerName,
    Preparation,
    Record,
    TrainingData,
)

Profile = Literal["cpu", "gpu"]
PROFILES: tuple[Profile, ...] = get_args(Profile)
LossName = Literal[
    "sparse_categorical_crossentropy", "categorical_crossentropy", "binary_crossentropy", "mean_squared_error"
]
MetricName = Literal["accuracy", "top_5_accuracy"]
ADAM = Optimizer("adam")
BackendName = Literal["tensorflow", "torch", "jax"]
"""By Keras's names."""
BACKENDS: tuple[BackendName, ...] = get_args(BackendName)
Count = Annotated[int, msgspec.Meta(ge=1, le=10**9)]
Share = Annotated[float, msgspec.Meta(ge=0, lt=1)]


class Threshold(Record, frozen=True):
    """What a trained network must reach, with the calibration that justifies it. Written by `autograder calibrate`."""

    bar: Annotated[float, msgspec.Meta(gt=0, lt=1)]
    mean: Annotated[float, msgspec.Meta(ge=0, le=1)]
    """Of the reference network's scores, but for those that collapsed."""
    spread: Annotated[float, msgspec.Meta(ge=0, le=1)]
    """Upper 95 % confidence limit of the standard deviation of a score from seed to seed."""
    runs: Annotated[int, msgspec.Meta(ge=1)]
    fails: Annotated[float, msgspec.Meta(ge=0, le=1)]
    """Probability that correct work fails."""
    of: str
    """The start of the digest of what was calibrated: another recipe, or other data, is not this one."""


class TrainingSettings(Record, frozen=True):
    """The part of a recipe that a profile may change. Left out: as the recipe has it, else the default of `Recipe`."""

    data: str | None = None
    train: Count | None = None
    test: Count | None = None
    validation: Share | None = None
    scale: tuple[float, float] | None = None
    optimizer: OptimizerName | Optimizer | None = None
    loss: LossName | None = None
    batch: Count | None = None
    epochs: Count | None = None
    augmentation: Augmentation | None = None
    early_stopping: EarlyStopping | None = None
    deterministic: bool | None = None
    backend: BackendName | None = None
    metrics: list[MetricName] | None = None
    seeds: Annotated[int, msgspec.Meta(ge=1, le=1000)] | None = None
    seconds: Annotated[float, msgspec.Meta(gt=0, le=10**6)] | None = None
    memory_mb: Count | None = None


class ProfileSettings(TrainingSettings, frozen=True):
    """What one profile changes, and its thresholds."""

    thresholds: dict[str, dict[MetricName, Threshold]] | None = None
    """By probe, then by metric."""


class RecipeSettings(TrainingSettings, frozen=True):
    """One recipe in course.yaml."""

    mistakes: list[str] | None = None
    """Typical mistakes that must not clear the bar, by name; left out, all that apply to the reference."""
    cpu: ProfileSettings | None = None
    gpu: ProfileSettings | None = None


@dataclass(frozen=True)
class Recipe:
    """A recipe under one profile, every default filled in."""

    name: str
    profile: Profile
    data: str
    train: int | None = None
    """Training examples, drawn once for all seeds; None: all."""
    test: int | None = None
    validation: float = 0.0
    """Share of the training examples held back for validation."""
    scale: tuple[float, float] = (0.0, 1.0)
    """Range of the inputs; bytes only."""
    optimizer: Optimizer = ADAM
    loss: LossName = "sparse_categorical_crossentropy"
    batch: int = 32
    epochs: int = 1
    augmentation: Augmentation | None = None
    early_stopping: EarlyStopping | None = None
    deterministic: bool = False
    """Whether operations are asked to be deterministic: same seed, same device, same scores; slower on a GPU."""
    backend: BackendName | None = None
    """What Keras runs on in the training room; None: what is there. Other frameworks train networks of their own."""
    metrics: tuple[MetricName, ...] = ("accuracy",)
    seeds: int = 5
    """The most trainings one network is given before the doubt is its author's."""
    seconds: float = 600.0
    """Wall-clock limit of one training."""
    memory_mb: int = 4096
    thresholds: Mapping[str, Mapping[MetricName, Threshold]] = field(default_factory=dict)
    """By probe, then by metric."""
    mistakes: tuple[str, ...] | None = None

    @cached_property
    def content(self) -> bytes:
        """All that the score of a run depends on, as JSON; neither thresholds nor budgets."""
        budgets = ("name", "seeds", "seconds", "memory_mb", "thresholds", "mistakes")
        depends = {one.name: getattr(self, one.name) for one in fields(self) if one.name not in budgets}
        if self.backend in (None, BACKENDS[0]):  # said by its absence: what was calibrated without a choice stands
            del depends["backend"]
        return msgspec.json.encode(depends)

    def backend_among(self, installed: Container[str]) -> BackendName:
        """Return what it trains on where these packages are; the first of all backends where none of them is there."""
        if self.backend is not None:
            return self.backend
        return next((one for one in BACKENDS if one in installed), BACKENDS[0])

    def lacking(self, installed: Container[str]) -> list[str]:
        """Return the packages it needs that are not there. Where no Keras is, other frameworks train their own."""
        keras, *others = (one.name for one in FRAMEWORKS)
        if keras not in installed and any(one in installed for one in others):
            return []
        return [one for one in (self.backend_among(installed), keras) if one not in installed]

    def preparation(self, classes: int) -> Preparation:
        """Return how the examples of a set of so many classes are prepared."""
        return Preparation(classes, self.scale, one_hot=self.loss != "sparse_categorical_crossentropy")

    def fit(
        self,
        network: Network,
        seeds: Sequence[int],
        *,
        from_logits: bool,
        classes: int,
        threads: int,
        gpu: GpuPart | None,
    ) -> Fit:
        """Return the order for a training from each of `seeds`, in one room."""
        data = TrainingData(self.data, self.preparation(classes), self.train, self.test, self.validation)
        return Fit(
            network=network,
            seed=seeds[0],
            more=list(seeds[1:]),
            data=data,
            optimizer=self.optimizer,
            loss=self.loss,
            from_logits=from_logits,
            metrics=list(self.metrics),
            batch=self.batch,
            epochs=self.epochs,
            augmentation=self.augmentation,
            early_stopping=self.early_stopping,
            deterministic=self.deterministic,
            threads=threads,
            gpu=gpu,
        )


def resolve(name: str, settings: RecipeSettings, profile: Profile) -> Recipe:
    """Return the recipe under a profile: the profile's settings over the recipe's over the defaults.

    Raises ValueError, with what to add, where a recipe names no data.
    """
    own = getattr(settings, profile) or ProfileSettings()
    values: dict[str, Any] = {}
    for setting in TrainingSettings.__struct_fields__:
        value = getattr(own, setting)
        value = getattr(settings, setting) if value is None else value
        if value is not None:
            values[setting] = value
    if "data" not in values:
        raise ValueError("name its data: a set on the data shelf")
    if "optimizer" in values:
        values["optimizer"] = _optimizer(values["optimizer"])
    if "metrics" in values:
        values["metrics"] = tuple(values["metrics"])
    thresholds = own.thresholds or {}
    mistakes = None if settings.mistakes is None else tuple(settings.mistakes)
    return Recipe(name, profile, thresholds=thresholds, mistakes=mistakes, **values)


def bars(recipes: Mapping[str, RecipeSettings]) -> dict[tuple[str, str, str], Mapping[str, float]]:
    """Return the score each metric must reach, by recipe, probe and profile."""
    return {
        (name, probe, profile): {metric: one.bar for metric, one in metrics.items()}
        for name, settings in recipes.items()
        for profile in PROFILES
        for probe, metrics in ((getattr(settings, profile) or ProfileSettings()).thresholds or {}).items()
    }


def _optimizer(given: OptimizerName | Optimizer) -> Optimizer:
    return given if isinstance(given, Optimizer) else Optimizer(given)
