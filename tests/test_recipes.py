"""Recipes: a profile over the recipe over the defaults, what scores depend on, and mistakes in course.yaml."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

import toy
from autograder.course_yaml import load_course
from autograder.errors import CourseError
from autograder.networks.frameworks import dialect_of
from autograder.recipes import (
    Profile,
    ProfileSettings,
    Recipe,
    RecipeSettings,
    Threshold,
    resolve,
)
from autograder.records import Plan
from autograder.wire.messages import (
    Augmentation,
    Compiled,
    EarlyStopping,
    FitCap,
    Network,
    Optimizer,
    Preparation,
    TrainedProbe,
    TrainingData,
)
from loading import load_assignment
from networks import chain, dense
from scorers import open_scorer

THRESHOLD = Threshold(bar=0.7, mean=0.72, spread=0.01, runs=20, fails=0.001, of="abc")
NETWORK = chain(dense(10), input_shape=(4,))

# --- A recipe under a profile -----------------------------------------------------------------------------------------


def test_a_recipe_that_says_nothing_has_the_defaults() -> None:
    assert resolve("r", RecipeSettings(data="mnist"), "cpu") == Recipe("r", "cpu", "mnist")


def test_a_profile_stands_over_its_recipe_and_the_recipe_over_the_defaults() -> None:
    settings = RecipeSettings(data="mnist", epochs=5, batch=64, seeds=7, cpu=ProfileSettings(epochs=2, train=1000))
    cpu, gpu = (resolve("r", settings, profile) for profile in ("cpu", "gpu"))
    assert (cpu.epochs, cpu.train, cpu.batch, cpu.seeds, cpu.seconds) == (2, 1000, 64, 7, 600)
    assert (gpu.epochs, gpu.train, gpu.batch, gpu.seeds, gpu.seconds) == (5, None, 64, 7, 600)
    assert (cpu.profile, gpu.profile) == ("cpu", "gpu")


CHOICES: dict[str, tuple[Any, Any]] = {
    "data": ("mnist", "mnist"),
    "train": (100, 100),
    "test": (50, 50),
    "validation": (0.2, 0.2),
    "scale": ((-1.0, 1.0), (-1.0, 1.0)),
    "optimizer": ("sgd", Optimizer("sgd")),
    "loss": ("mean_squared_error", "mean_squared_error"),
    "batch": (8, 8),
    "epochs": (9, 9),
    "augmentation": (Augmentation(shift=0.1), Augmentation(shift=0.1)),
    "early_stopping": (EarlyStopping("loss"), EarlyStopping("loss")),
    "deterministic": (True, True),
    "backend": ("torch", "torch"),
    "metrics": (["top_5_accuracy"], ("top_5_accuracy",)),
    "seeds": (2, 2),
    "seconds": (10.0, 10.0),
    "memory_mb": (512, 512),
}


def test_every_setting_of_a_profile_is_tried_here() -> None:
    assert set(CHOICES) | {"thresholds"} == set(ProfileSettings.__struct_fields__)


@pytest.mark.parametrize("setting", CHOICES)
def test_every_setting_may_be_the_recipes_or_the_profiles(setting: str) -> None:
    given, expected = CHOICES[setting]
    base: dict[str, Any] = {"data": "other"}
    change: dict[str, Any] = {setting: given}
    of_recipe = RecipeSettings(**{**base, **change})
    of_profile = RecipeSettings(**base, gpu=ProfileSettings(**change))
    assert getattr(resolve("r", of_recipe, "gpu"), setting) == expected
    assert resolve("r", of_profile, "gpu") == resolve("r", of_recipe, "gpu")
    assert getattr(resolve("r", of_profile, "cpu"), setting) != expected


def test_a_profile_may_say_no_where_its_recipe_says_yes() -> None:
    settings = RecipeSettings(
        data="mnist", validation=0.2, deterministic=True, cpu=ProfileSettings(validation=0.0, deterministic=False)
    )
    found = resolve("r", settings, "cpu")
    assert (found.validation, found.deterministic) == (0.0, False)


def test_thresholds_are_a_profiles_alone() -> None:
    settings = RecipeSettings(data="mnist", cpu=ProfileSettings(thresholds={"probe": {"accuracy": THRESHOLD}}))
    assert resolve("r", settings, "cpu").thresholds == {"probe": {"accuracy": THRESHOLD}}
    assert resolve("r", settings, "gpu").thresholds == {}


def test_data_may_be_named_by_one_profile_and_must_be_by_the_other() -> None:
    settings = RecipeSettings(gpu=ProfileSettings(data="cifar10"))
    assert resolve("r", settings, "gpu").data == "cifar10"
    with pytest.raises(ValueError, match=r"^name its data: a set on the data shelf$"):
        resolve("r", settings, "cpu")


# --- What a score depends on ------------------------------------------------------------------------------------------

BASE = Recipe("r", "cpu", "mnist")
BUDGETS: dict[str, Any] = {
    "name": "other",
    "seeds": 9,
    "seconds": 9.0,
    "memory_mb": 9,
    "thresholds": {"probe": {"accuracy": THRESHOLD}},
    "mistakes": ("no_relu",),
}


def test_every_field_of_a_recipe_is_tried_here() -> None:
    assert {*CHOICES, *BUDGETS, "profile"} == set(Recipe.__dataclass_fields__)


@pytest.mark.parametrize("setting", [name for name in CHOICES if name not in BUDGETS])
def test_content_changes_with_what_a_score_depends_on(setting: str) -> None:
    change: dict[str, Any] = {setting: CHOICES[setting][1]}
    base = replace(BASE, data="other")
    assert replace(base, **change).content != base.content


def test_content_changes_with_the_kind_of_device() -> None:
    assert replace(BASE, profile="gpu").content != BASE.content


@pytest.mark.parametrize("budget", BUDGETS)
def test_content_does_not_change_with_budgets_and_thresholds(budget: str) -> None:
    changed = replace(BASE, **{budget: BUDGETS[budget]})
    assert changed != BASE
    assert changed.content == BASE.content


def test_content_is_the_same_for_a_default_written_out(tmp_path: Path) -> None:
    settings = read(tmp_path, "data: mnist\noptimizer: {name: adam}\nepochs: 1\nmetrics: [accuracy]\nscale: [0, 1]")
    assert resolve("r", settings, "cpu").content == BASE.content


# --- The order for a training -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("loss", "one_hot"), [("sparse_categorical_crossentropy", False), ("mean_squared_error", True)]
)
def test_labels_are_prepared_as_the_loss_takes_them(loss: Any, one_hot: bool) -> None:
    recipe = replace(BASE, loss=loss, scale=(-1.0, 1.0))
    assert recipe.preparation(7) == Preparation(7, (-1.0, 1.0), one_hot=one_hot)


def test_a_training_is_ordered_as_the_recipe_says() -> None:
    recipe = replace(
        BASE,
        train=100,
        test=50,
        validation=0.1,
        optimizer=Optimizer("sgd", momentum=0.9),
        batch=8,
        epochs=9,
        augmentation=Augmentation(zoom=0.1),
        early_stopping=EarlyStopping(),
        deterministic=True,
        metrics=("accuracy", "top_5_accuracy"),
    )
    fit = recipe.fit(NETWORK, [3, 5, 8], from_logits=True, classes=10, threads=2, gpu=None)
    assert fit.data == TrainingData("mnist", Preparation(10), 100, 50, 0.1)
    assert (fit.network, fit.seed, fit.more, fit.threads, fit.gpu) == (NETWORK, 3, [5, 8], 2, None)
    assert (fit.optimizer, fit.loss, fit.batch, fit.epochs) == (recipe.optimizer, recipe.loss, 8, 9)
    assert (fit.augmentation, fit.early_stopping) == (recipe.augmentation, recipe.early_stopping)
    assert (fit.deterministic, fit.metrics, fit.from_logits) == (True, ["accuracy", "top_5_accuracy"], True)


def compiled(loss: object) -> Network:
    return msgspec.structs.replace(NETWORK, compiled=Compiled(loss, None, []))


@pytest.mark.parametrize(
    ("network", "expected"),
    [
        (NETWORK, False),
        (compiled("sparse_categorical_crossentropy"), False),
        (compiled(None), False),
        (compiled([{"config": {"from_logits": True}}]), False),
        (compiled({"class_name": "SparseCategoricalCrossentropy", "config": {"from_logits": False}}), False),
        (compiled({"class_name": "SparseCategoricalCrossentropy", "config": {"from_logits": "yes"}}), False),
        (compiled({"class_name": "SparseCategoricalCrossentropy", "config": None}), False),
        (compiled({"class_name": "SparseCategoricalCrossentropy", "config": {"from_logits": True}}), True),
    ],
)
def test_a_network_gives_logits_where_it_was_compiled_so(network: Network, expected: bool) -> None:
    assert dialect_of(network).gives_logits(network) is expected


# --- course.yaml ------------------------------------------------------------------------------------------------------

COURSE = """\
course: vision
title: Vision
assignments:
  cnn:
    title: Networks
    data: [mnist]
    recipes:
      short:
"""
LIMITS = COURSE.partition("    data:")[0] + "    limits:\n      fit:\n"
KNOWN = (
    "data, train, test, validation, scale, optimizer, loss, batch, epochs, augmentation, early_stopping, "
    "deterministic, backend, metrics, seeds, seconds, memory_mb"
)
AT = "assignments.cnn.recipes.short"


def read(root: Path, settings: str) -> RecipeSettings:
    """Read a recipe of these lines."""
    lines = "".join(f"        {line}\n" for line in settings.splitlines())
    (root / "course.yaml").write_text(COURSE + lines)
    return load_course(root).assignments["cnn"].recipes["short"]


def problems(root: Path, settings: str) -> list[str]:
    """Return what is wrong with a recipe of these lines, the first of which is line 9 of course.yaml."""
    with pytest.raises(CourseError) as raised:
        read(root, settings)
    return str(raised.value).splitlines()


WRITTEN = """\
data: mnist
train: 6000
scale: [-1, 1]
optimizer: {name: sgd, learning_rate: 0.1, momentum: 0.9}
augmentation: {flip: horizontal, shift: 0.1}
early_stopping: {monitor: loss}
metrics: [accuracy, top_5_accuracy]
mistakes: [no_relu]
cpu: {epochs: 3}
gpu:
  optimizer: adamw
  thresholds:
    reached: {accuracy: {bar: 0.7, mean: 0.72, spread: 0.01, runs: 20, fails: 0.001, of: abc}}
"""


@pytest.mark.parametrize("profile", ["cpu", "gpu"])
def test_a_recipe_is_read_as_it_is_written(tmp_path: Path, profile: Profile) -> None:
    common = Recipe(
        "short",
        profile,
        "mnist",
        train=6000,
        scale=(-1.0, 1.0),
        optimizer=Optimizer("sgd", learning_rate=0.1, momentum=0.9),
        augmentation=Augmentation(flip="horizontal", shift=0.1),
        early_stopping=EarlyStopping("loss"),
        metrics=("accuracy", "top_5_accuracy"),
        mistakes=("no_relu",),
    )
    of_gpu = replace(common, optimizer=Optimizer("adamw"), thresholds={"reached": {"accuracy": THRESHOLD}})
    expected = replace(common, epochs=3) if profile == "cpu" else of_gpu
    assert resolve("short", read(tmp_path, WRITTEN), profile) == expected


@pytest.mark.parametrize(
    ("settings", "found"),
    [
        ("data: mnist\nepoch: 3", f"10: {AT}.epoch: unknown key; did you mean epochs?"),
        ("cpu:\n  batch: 8\n  epoch: 3", f"11: {AT}.cpu.epoch: unknown key; did you mean epochs?"),
        ("gpu:\n  zebra: 3", f"10: {AT}.gpu.zebra: unknown key; known here: {KNOWN}, thresholds"),
        ("cpu: {mistakes: []}", f"9: {AT}.cpu.mistakes: unknown key; known here: {KNOWN}, thresholds"),
        ("thresholds: {}", f"9: {AT}.thresholds: unknown key; known here: {KNOWN}, mistakes, cpu, gpu"),
        ("optimizer: adan", f"9: {AT}.optimizer: invalid enum value 'adan'; given: 'adan'"),
        (
            "optimizer: {name: adam, lr: 0.1}",
            f"9: {AT}.optimizer: object contains unknown field `lr`; given: {{'name': 'adam', 'lr': 0.1}}",
        ),
        (
            "optimizer: {name: adam, learning_rate: 0}",
            f"9: {AT}.optimizer: expected `float` > 0.0 - at `$.learning_rate`; "
            "given: {'name': 'adam', 'learning_rate': 0}",
        ),
        (
            "optimizer: {learning_rate: 0.1}",
            f"9: {AT}.optimizer: object missing required field `name`; given: {{'learning_rate': 0.1}}",
        ),
        ("loss: hinge", f"9: {AT}.loss: invalid enum value 'hinge'; given: 'hinge'"),
        ("metrics: [acc]", f"9: {AT}.metrics: invalid enum value 'acc' - at `$[0]`; given: ['acc']"),
        ("train: 0", f"9: {AT}.train: expected `int` >= 1; given: 0"),
        ("validation: 1", f"9: {AT}.validation: expected `float` < 1.0; given: 1"),
        ("scale: [0]", f"9: {AT}.scale: expected `array` of length 2, got 1; given: [0]"),
        ("seeds: 2.5", f"9: {AT}.seeds: expected `int`, got `float`; given: 2.5"),
        ("augmentation: {flip: up}", f"9: {AT}.augmentation.flip: invalid enum value 'up'; given: 'up'"),
        ("augmentation: {shfit: 1}", f"9: {AT}.augmentation.shfit: unknown key; did you mean shift?"),
        ("cpu: 3", f"9: {AT}.cpu: expected keys with values, indented below"),
        ("cpu:\n  thresholds: {}", f"10: {AT}.cpu.thresholds: empty: name at least one"),
        (
            "cpu:\n  thresholds:\n    reached:\n      acuracy: {bar: 1}",
            f"12: {AT}.cpu.thresholds.reached.acuracy: unknown key; known here: accuracy, top_5_accuracy",
        ),
        (
            "cpu:\n  thresholds:\n    reached:\n"
            "      accuracy: {bar: 1, mean: 0.7, spread: 0.01, runs: 20, fails: 0, of: a}",
            f"12: {AT}.cpu.thresholds.reached.accuracy.bar: expected `float` < 1.0; given: 1",
        ),
    ],
)
def test_a_mistake_is_said_where_it_is(tmp_path: Path, settings: str, found: str) -> None:
    assert found in [problem.removeprefix("course.yaml:") for problem in problems(tmp_path, settings)]


@pytest.mark.parametrize("key", [name for name in RecipeSettings.__struct_fields__ if name not in ("cpu", "gpu")])
def test_a_key_that_is_there_has_a_value(tmp_path: Path, key: str) -> None:
    (problem,) = problems(tmp_path, f"{key}:")
    assert problem.startswith(f"course.yaml:9: {AT}.{key}: expected ")


def test_every_mistake_of_a_recipe_is_said_at_once(tmp_path: Path) -> None:
    assert problems(tmp_path, "epochs: few\noptimizer: adan\ncpu:\n  batch: 0") == [
        f"course.yaml:9: {AT}.epochs: expected `int`, got `str`; given: 'few'",
        f"course.yaml:10: {AT}.optimizer: invalid enum value 'adan'; given: 'adan'",
        f"course.yaml:12: {AT}.cpu.batch: expected `int` >= 1; given: 0",
    ]


def test_a_recipe_without_data_is_the_instructors_to_mend(tmp_path: Path) -> None:
    read(tmp_path, "epochs: 3")
    folder = tmp_path / "source" / "cnn"
    folder.mkdir(parents=True)

    (folder / "cnn.ipynb").write_bytes(toy.notebook([toy.test_cell("q", 1, "")]))
    with pytest.raises(CourseError) as raised:
        open_scorer(load_assignment(tmp_path, "cnn"), Plan((), {"score": TrainedProbe("net", "short")}, ()))
    assert str(raised.value) == f"course.yaml: {AT}: name its data: a set on the data shelf"


# --- The exam room's cap on `fit` -------------------------------------------------------------------------------------


def test_fit_is_capped_as_the_course_says(tmp_path: Path) -> None:
    (tmp_path / "course.yaml").write_text(LIMITS + "        epochs: 2\n        seconds: 1.5\n")
    assert load_course(tmp_path).assignments["cnn"].limits.fit == FitCap(epochs=2, seconds=1.5)


@pytest.mark.parametrize(
    ("cap", "found"),
    [
        ("epochs: 0", "epochs: expected `int` >= 1; given: 0"),
        ("steps: 1.5", "steps: expected `int`, got `float`; given: 1.5"),
        ("seconds: 0", "seconds: expected `float` > 0.0; given: 0"),
        ("seconds:", "seconds: expected `float`, got `null`; given: None"),
        ("epoch: 1", "epoch: unknown key; did you mean epochs?"),
        ("batches: 1", "batches: unknown key; known here: epochs, steps, epoch_steps, seconds"),
    ],
)
def test_a_cap_that_is_none(tmp_path: Path, cap: str, found: str) -> None:
    (tmp_path / "course.yaml").write_text(f"{LIMITS}        {cap}\n")
    with pytest.raises(CourseError) as raised:
        load_course(tmp_path)
    assert str(raised.value) == f"course.yaml:8: assignments.cnn.limits.fit.{found}"
