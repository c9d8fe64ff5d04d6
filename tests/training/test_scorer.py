"""What recipes, data and stored trainings say of a submission, and what keeps hidden labels out of rooms."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import msgspec
import numpy as np
import pytest
from numpy.typing import NDArray

import digits
import scorers
import toy
from autograder.data.shelf import Shelf
from autograder.data.weights import add_weights
from autograder.errors import CourseError, DataError
from autograder.evidence import Evidence
from autograder.judge.process import Judge
from autograder.recipes import Profile
from autograder.records import Plan, TrainingUse
from autograder.training.frozen import Frozen
from autograder.training.job import Job
from autograder.training.scorer import Scorer
from autograder.wire import codec
from autograder.wire.messages import (
    Answer,
    Answered,
    Examples,
    Fault,
    Figure,
    HistoryProbe,
    PredictionsProbe,
    Preparation,
    Scalar,
    TrainedByProbe,
)
from exams import exam
from loading import load_assignment
from networks import call, chain, dense

NETWORK = chain(dense(32, activation="relu"), dense(10, activation="softmax"), input_shape=(784,))
DRESSED = chain(dense(32), call("ReLU"), dense(10), call("Softmax"), input_shape=(784,))
OTHER = chain(dense(10, activation="softmax"), input_shape=(784,))
SEEDS = 3
LIMITS = "          seconds: 30\n          memory_mb: 999\n"
"""Lines of a profile."""
Kind = Literal["time", "memory", "untrainable"]


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A shelf that no test changes."""
    return digits.fill_shelf(tmp_path_factory.mktemp("data") / "shelf").folder


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    """What the digits' checks ask."""
    checks = tmp_path_factory.mktemp("checks") / "checks.py"
    checks.write_text(digits.CHECKS)
    with Judge(checks) as judge:
        return judge.plan()


@pytest.fixture
def shelf(tmp_path: Path, filled: Path, monkeypatch: pytest.MonkeyPatch) -> Shelf:
    """A shelf of the test's own, which the environment names."""
    folder = tmp_path / "shelf"
    shutil.copytree(filled, folder)
    monkeypatch.setenv("AUTOGRADER_DATA", str(folder))
    return Shelf(folder)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, filled: Path) -> Path:
    """A course that no test changes."""
    return digits.make_course(tmp_path_factory.mktemp("course"), Shelf(filled))


@pytest.fixture
def course(tmp_path: Path, made: Path, shelf: Shelf) -> Path:
    """A course of the test's own, calibrated for what is on its shelf."""
    folder = tmp_path / "course"
    shutil.copytree(made, folder)
    return folder


def edited(course: Path, *changes: tuple[str, str]) -> Path:
    """Change course.yaml."""
    path = course / "course.yaml"
    text = path.read_text()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    path.write_text(text)
    return course


def open_scorer(course: Path, plan: Plan, profile: Profile = "cpu", **options: Any) -> Scorer:
    return scorers.open_scorer(load_assignment(course, digits.NAME), plan, profile, **options)


@pytest.fixture
def scorer(course: Path, plan: Plan) -> Scorer:
    return open_scorer(course, plan)


def problems(course: Path, plan: Plan, profile: Profile = "cpu") -> list[str]:
    with pytest.raises(CourseError) as raised:
        open_scorer(course, plan, profile)
    return str(raised.value).splitlines()


def evidence(**answers: Answer) -> Evidence:
    return Evidence(exam(), tuple(codec.pack(Answered(name, 0.0, answer)) for name, answer in answers.items()))


def keep(scorer: Scorer, job: Job, kind: Kind | None = None) -> None:
    """Store a run of the job, with this fault if any."""
    fault = None if kind is None else Fault(kind=kind)
    scores: dict[str, Figure] = {} if fault else {"accuracy": 0.8}
    scorer.keep(job.run(versions={"keras": "3"}, seconds=1.0, epochs=[{"loss": 1.0}], scores=scores, fault=fault))


# --- Before anything runs ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["mnist", "secret"])
def test_a_set_that_is_missing(course: Path, plan: Plan, shelf: Shelf, name: str) -> None:
    shutil.rmtree(shelf.folder / name)
    with pytest.raises(DataError, match=f"^data set {name}: it is not on the shelf"):
        open_scorer(course, plan)


@pytest.mark.parametrize(
    ("name", "array"), [("mnist", "x_train"), ("mnist", "y_test"), ("secret", "x"), ("secret", "y")]
)
def test_a_set_of_which_one_byte_is_altered(course: Path, plan: Plan, shelf: Shelf, name: str, array: str) -> None:
    path = shelf.folder / name / f"{array}.npy"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(DataError, match=rf"^data set {name}: {array}\.npy is altered: its bytes are not those"):
        open_scorer(course, plan)


def test_a_set_that_is_truncated(course: Path, plan: Plan, shelf: Shelf) -> None:
    path = shelf.folder / "mnist" / "x_test.npy"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(DataError, match=r"^data set mnist: x_test\.npy is truncated or altered"):
        open_scorer(course, plan)


def test_a_set_that_nothing_speaks_of_may_be_anything(course: Path, plan: Plan, shelf: Shelf) -> None:
    (shelf.folder / "other").mkdir()
    assert list(open_scorer(course, plan).data) == ["mnist", "secret"]


def test_without_recipes_nothing_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTOGRADER_DATA", str(tmp_path / "nowhere"))
    toy.write_source(tmp_path)
    plan = Plan((), {"curves": HistoryProbe("curves")}, ())
    scorer = scorers.open_scorer(load_assignment(tmp_path, toy.NAME), plan)
    assert (scorer.plan, scorer.sets, scorer.probes) == (plan, (), {})
    assert scorer.scores(evidence()).cases == {}


def test_the_labels_of_a_hidden_set_must_be_hidden(course: Path, plan: Plan) -> None:
    probes = {
        name: msgspec.structs.replace(probe, data="mnist")
        if isinstance(probe, TrainedByProbe | PredictionsProbe)
        else probe
        for name, probe in plan.probes.items()
    }
    said = "the labels of 'mnist' are public: add a set with `autograder data add NAME PATH --hidden`"
    assert problems(course, Plan(plan.checks, probes, plan.blobs)) == [
        f"source/digits/checks.py: learned: {said}",
        f"source/digits/checks.py: guessed: {said}",
    ]


def test_nothing_is_trained_on_a_hidden_set(course: Path, plan: Plan) -> None:
    edited(course, ("data: [mnist]", "data: [secret]"), ("data: mnist", "data: secret"))
    assert problems(course, plan)[0] == (
        "course.yaml: assignments.digits: 'secret' is a hidden set: rooms cannot load it, and nothing is trained on it"
    )
    assert sum("is a hidden set" in problem for problem in problems(course, plan)) == 1


def test_weights_are_shown_and_nothing_is_trained_on_them(course: Path, plan: Plan, shelf: Shelf) -> None:
    (course / "start.h5").write_bytes(b"weights")
    weights = add_weights(shelf, "start", course / "start.h5")
    edited(course, ("data: [mnist]", "data: [mnist, start]"))
    shown = open_scorer(course, plan).sets
    assert [(one.name, one.digest) for one in shown][1:] == [("start", weights.digest)]
    edited(course, ("data: mnist", "data: start"))
    with pytest.raises(DataError, match="these are weights, which nothing is trained or tested on"):
        open_scorer(course, plan)


def test_a_hidden_set_has_no_class_that_is_not_learned(course: Path, plan: Plan, shelf: Shelf) -> None:
    arrays = {name: np.array(array) for name, array in shelf.open("secret").items()}
    shelf.add("secret", {**arrays, "y": arrays["y"] + 1}, hidden=True, origin="", replace=True)
    assert problems(course, plan) == [
        f"source/digits/checks.py: {name}: the hidden set 'secret' has 11 classes, 'mnist' has 10"
        for name in ("learned", "guessed")
    ]


# --- Thresholds -------------------------------------------------------------------------------------------------------

PLACE = "course.yaml: assignments.digits.recipes.short.cpu.thresholds"
STALE = "calibrated for another recipe, or on other data than those on the shelf"
CALIBRATE = "run `autograder calibrate digits --recipe short"


def all_stale(course: Path, plan: Plan) -> bool:
    """Whether that is said of every threshold; else there is no problem."""
    try:
        open_scorer(course, plan)
    except CourseError as error:
        assert str(error).splitlines() == [
            f"{PLACE}.{name}: {STALE}: {CALIBRATE}`" for name in ("reached", "learned", "guessed")
        ]
        return True
    return False


def test_a_threshold_of_another_recipe_is_stale(course: Path, plan: Plan) -> None:
    assert not all_stale(course, plan)
    assert all_stale(edited(course, ("epochs: 4", "epochs: 5")), plan)


def test_a_threshold_on_other_data_is_stale(course: Path, plan: Plan, shelf: Shelf) -> None:
    arrays = {name: np.array(array) for name, array in shelf.open("mnist").items()}
    shelf.add("mnist", {**arrays, "x_test": arrays["x_test"][::-1]}, origin="", replace=True)
    assert all_stale(course, plan)


def test_a_threshold_on_another_hidden_set_is_stale(course: Path, plan: Plan, shelf: Shelf) -> None:
    arrays = {name: np.array(array[::-1]) for name, array in shelf.open("secret").items()}
    shelf.add("secret", arrays, hidden=True, origin="", replace=True)
    assert problems(course, plan) == [f"{PLACE}.{name}: {STALE}: {CALIBRATE}`" for name in ("learned", "guessed")]


def test_a_hidden_set_has_examples_of_the_recipes_shape(course: Path, plan: Plan, shelf: Shelf) -> None:
    arrays = {name: np.array(array) for name, array in shelf.open("secret").items()}
    shelf.add("secret", {**arrays, "x": arrays["x"][:, :14]}, hidden=True, origin="", replace=True)
    assert problems(course, plan) == [
        f"source/digits/checks.py: {name}: examples of the hidden set 'secret' are of shape (14, 28), "
        "those of 'mnist' of shape (28, 28)"
        for name in ("learned", "guessed")
    ]


def test_a_threshold_outlives_another_budget(course: Path, plan: Plan) -> None:
    assert not all_stale(edited(course, ("seeds: 3", "seeds: 5"), ("cpu:\n", f"cpu:\n{LIMITS}")), plan)


def test_one_stale_metric_is_enough(course: Path, plan: Plan) -> None:
    text = (course / "course.yaml").read_text()
    line = next(line for line in text.splitlines() if "accuracy:" in line)
    other = line.replace("accuracy", "top_5_accuracy").partition("of:")[0] + "of: other}"
    path = course / "course.yaml"
    path.write_text(text.replace(line, f"{line}\n{other}", 1))
    assert problems(course, plan) == [f"{PLACE}.reached: {STALE}: {CALIBRATE}`"]


def test_a_probe_without_a_threshold(course: Path, plan: Plan) -> None:
    edited(course, ("reached:", "once:"))
    assert problems(course, plan) == [f"{PLACE}.reached: no threshold yet: {CALIBRATE}`"]


def test_a_recipe_without_metrics_has_no_bar_and_trains_nothing(course: Path, plan: Plan) -> None:
    edited(course, ("data: mnist\n", "data: mnist\n        metrics: []\n"))
    place = PLACE.replace("cpu.thresholds", "metrics")
    assert problems(course, plan) == [
        f"{place}: none, and 'reached' is a network to be trained: name what its trainings are scored by"
    ]


def test_each_profile_has_its_own_thresholds(course: Path, plan: Plan) -> None:
    place = PLACE.replace("cpu", "gpu")
    assert problems(course, plan, "gpu") == [
        f"{place}.{name}: no threshold yet: {CALIBRATE} --profile gpu`" for name in ("reached", "learned", "guessed")
    ]


def test_calibrating_lets_thresholds_be_stale_or_missing(course: Path, plan: Plan) -> None:
    edited(course, ("reached:", "once:"), ("epochs: 4", "epochs: 5"))
    cases = open_scorer(course, plan, calibrating=True).scores(evidence()).cases
    assert cases["reached"].thresholds == {}


# --- What a room is given ---------------------------------------------------------------------------------------------


def array(examples: Examples, scorer: Scorer) -> NDArray[Any]:
    return codec.array_value(examples.inputs, list(scorer.plan.blobs))


def learned(scorer: Scorer) -> tuple[Examples, Examples]:
    """What the student's training function is given, and what it is asked to predict."""
    probe = scorer.plan.probes["learned"]
    assert isinstance(probe, TrainedByProbe)
    assert probe.given is not None
    assert probe.hidden is not None
    return probe.given, probe.hidden


def given_labels(scorer: Scorer) -> NDArray[np.int64]:
    labels = learned(scorer)[0].labels
    assert labels is not None
    return codec.array_value(labels, list(scorer.plan.blobs))


def drawn(scorer: Scorer, shelf: Shelf) -> NDArray[np.intp]:
    """Which training examples the function is given, by their pixels."""
    places = {one.tobytes(): index for index, one in enumerate(shelf.open("mnist")["x_train"])}
    return np.array([places[one.tobytes()] for one in array(learned(scorer)[0], scorer)])


def renumbering(scorer: Scorer, shelf: Shelf) -> list[int]:
    """The number that each class is given, from what a student's function sees."""
    true = shelf.open("mnist")["y_train"][drawn(scorer, shelf)]
    pairs = dict(zip(true.tolist(), given_labels(scorer).tolist(), strict=True))
    return [pairs[label] for label in range(10)]


def test_a_plan_keeps_what_is_asked(scorer: Scorer, plan: Plan) -> None:
    assert scorer.plan.checks == plan.checks
    assert list(scorer.plan.probes) == list(plan.probes)
    assert scorer.plan.probes["reached"] == plan.probes["reached"]
    assert scorer.plan.probes["curves"] == plan.probes["curves"]
    assert scorer.plan.digest != plan.digest


def test_a_training_function_is_given_the_recipes_examples(scorer: Scorer, shelf: Shelf) -> None:
    given, _ = learned(scorer)
    assert given.preparation == Preparation(10)
    chosen = drawn(scorer, shelf)
    assert len(chosen) == 1000
    assert sorted(set(chosen)) == chosen.tolist()
    assert chosen[-1] > 1100  # drawn from all of them
    known, true = renumbering(scorer, shelf), shelf.open("mnist")["y_train"][chosen]
    assert given_labels(scorer).tolist() == [known[label] for label in true]


@pytest.mark.parametrize("train", ["1200", "9999"])
def test_all_are_given_where_there_are_no_more(course: Path, plan: Plan, shelf: Shelf, train: str) -> None:
    scorer = open_scorer(edited(course, ("train: 1000", f"train: {train}")), plan, calibrating=True)
    np.testing.assert_array_equal(array(learned(scorer)[0], scorer), shelf.open("mnist")["x_train"])


def test_hidden_inputs_go_without_their_labels(scorer: Scorer, shelf: Shelf) -> None:
    guessed = scorer.plan.probes["guessed"]
    assert isinstance(guessed, PredictionsProbe)
    for hidden in (learned(scorer)[1], guessed.hidden):
        assert hidden is not None
        assert hidden.labels is None
        assert hidden.preparation == Preparation(10)
        np.testing.assert_array_equal(array(hidden, scorer), shelf.open("secret")["x"])


def test_no_byte_of_hidden_labels_enters_a_room(scorer: Scorer, shelf: Shelf) -> None:
    labels = shelf.open("secret")["y"].reshape(-1)
    known = renumbering(scorer, shelf)
    for numbers in (labels, np.array(known)[labels], np.argsort(known)[labels], np.eye(10)[labels]):
        for dtype in ("u1", "<i2", "<i4", "<i8", "<f4", "<f8"):
            searched = numbers.astype(dtype).tobytes()
            assert not any(searched in blob for blob in scorer.plan.blobs)
            assert searched not in msgspec.json.encode(scorer.plan.probes)


def test_a_plan_holds_nothing_but_inputs_and_the_training_labels(scorer: Scorer, shelf: Shelf) -> None:
    inputs = shelf.open("mnist")["x_train"][drawn(scorer, shelf)]
    hidden = shelf.open("secret")["x"].tobytes()
    assert list(scorer.plan.blobs) == [inputs.tobytes(), given_labels(scorer).tobytes(), hidden, hidden]


def test_rooms_can_load_the_assignments_sets_alone(scorer: Scorer) -> None:
    assert [one.name for one in scorer.sets] == ["mnist"]


# --- The renumbering --------------------------------------------------------------------------------------------------


def labels_for(scorer: Scorer, name: str, given: Evidence) -> list[int]:
    """The labels that a judge is told, for a submission."""
    scores = scorer.scores(given)
    record = scores.cases[name].labels
    assert record is not None
    found: list[int] = codec.array_value(record, scores.blobs).tolist()
    return found


def test_the_renumbering_is_a_permutation(scorer: Scorer, shelf: Shelf) -> None:
    found = renumbering(scorer, shelf)
    assert sorted(found) == list(range(10))
    assert found != list(range(10))


def test_the_judge_numbers_classes_as_the_function_was_given_them(scorer: Scorer, shelf: Shelf) -> None:
    known, true = renumbering(scorer, shelf), shelf.open("secret")["y"].tolist()
    assert labels_for(scorer, "learned", evidence()) == [known[label] for label in true]
    assert labels_for(scorer, "guessed", evidence()) == true
    assert scorer.scores(evidence()).cases["reached"].labels is None


def test_the_renumbering_is_the_same_for_every_student(course: Path, plan: Plan, shelf: Shelf) -> None:
    first, second = (open_scorer(course, plan) for _ in range(2))
    assert first.plan == second.plan
    assert renumbering(first, shelf) == renumbering(second, shelf)
    ada, grace = evidence(reached=NETWORK), evidence(reached=OTHER)
    assert labels_for(first, "learned", ada) == labels_for(first, "learned", grace)


def test_another_hidden_set_or_function_has_another_renumbering(course: Path, plan: Plan, shelf: Shelf) -> None:
    first = renumbering(open_scorer(course, plan), shelf)
    probe = plan.probes["learned"]
    assert isinstance(probe, TrainedByProbe)
    other = Plan(plan.checks, {"learned": msgspec.structs.replace(probe, function="train")}, plan.blobs)
    assert renumbering(open_scorer(course, other), shelf) != first
    arrays = shelf.open("secret")
    kept = {name: np.array(array[:-1]) for name, array in arrays.items()}
    shelf.add("secret", kept, hidden=True, origin="", replace=True)
    assert renumbering(open_scorer(course, plan, calibrating=True), shelf) != first


# --- Stored trainings -------------------------------------------------------------------------------------------------


def test_the_first_training_is_of_the_first_seed(scorer: Scorer) -> None:
    job = scorer.wanted(evidence(reached=NETWORK), "reached")
    recipe = replace(scorer.recipes["short"], backend="tensorflow")
    assert (job.seed, job.network, job.recipe, job.data) == (0, NETWORK, recipe, scorer.data["mnist"])
    assert scorer.load(job) is None
    assert scorer.scores(evidence(reached=NETWORK)).uses == ()


def test_a_training_runs_on_what_the_networks_room_had(scorer: Scorer) -> None:
    versions = {"keras": "3.12.0", "torch": "2.9.0"}
    (job,) = scorer.jobs(Frozen(NETWORK), scorer.recipes["short"], [0], versions)
    assert job.backend == "torch"


def test_the_next_training_is_of_the_first_seed_that_is_not_stored(scorer: Scorer) -> None:
    handed_in = evidence(reached=NETWORK)
    for seed in range(SEEDS):
        job = scorer.wanted(handed_in, "reached")
        assert job.seed == seed
        assert [run.seed for run in scorer.scores(handed_in).cases["reached"].runs] == list(range(seed))
        keep(scorer, job)
    assert [run.seed for run in scorer.scores(handed_in).cases["reached"].runs] == list(range(SEEDS))


def test_a_gap_is_filled_first(scorer: Scorer) -> None:
    recipe = scorer.recipes["short"]
    for seed in (0, 2):
        keep(scorer, next(scorer.jobs(Frozen(NETWORK), recipe, [seed], {})))
    assert scorer.wanted(evidence(reached=NETWORK), "reached").seed == 1
    assert [run.seed for run in scorer.scores(evidence(reached=NETWORK)).cases["reached"].runs] == [0]
    keep(scorer, next(scorer.jobs(Frozen(NETWORK), recipe, [1], {})))
    assert [run.seed for run in scorer.scores(evidence(reached=NETWORK)).cases["reached"].runs] == [0, 1, 2]


def test_trainings_are_shared_by_equal_networks_alone(scorer: Scorer) -> None:
    keep(scorer, scorer.wanted(evidence(reached=NETWORK), "reached"))
    assert len(scorer.scores(evidence(reached=DRESSED)).cases["reached"].runs) == 1
    assert scorer.wanted(evidence(reached=DRESSED), "reached").seed == 1
    assert scorer.wanted(evidence(reached=OTHER), "reached").seed == 0


def test_who_has_another_dress_borrows_trainings_and_may_have_their_own(scorer: Scorer) -> None:
    theirs = evidence(reached=DRESSED)
    keep(scorer, scorer.wanted(evidence(reached=NETWORK), "reached"))
    assert not scorer.scores(evidence(reached=NETWORK)).cases["reached"].borrowed
    assert not list(scorer.borrowed(evidence(reached=NETWORK), "reached"))
    assert scorer.scores(theirs).cases["reached"].borrowed
    (job,) = scorer.borrowed(theirs, "reached")
    keep(scorer, job)
    assert not scorer.scores(theirs).cases["reached"].borrowed
    assert not list(scorer.borrowed(theirs, "reached"))
    assert scorer.wanted(theirs, "reached").seed == 1


def test_trainings_by_other_versions_are_not_taken(course: Path, plan: Plan, scorer: Scorer) -> None:
    found = evidence(reached=NETWORK)
    third, fourth = (
        replace(found, exam=msgspec.structs.replace(found.exam, versions={"keras": keras})) for keras in "34"
    )
    keep(scorer, scorer.wanted(third, "reached"))
    assert open_scorer(course, plan).wanted(third, "reached").seed == 1
    assert open_scorer(course, plan).wanted(fourth, "reached").seed == 0


def test_a_stored_file_that_is_no_run_is_made_again(scorer: Scorer, course: Path) -> None:
    job = scorer.wanted(evidence(reached=NETWORK), "reached")
    keep(scorer, job)
    (path,) = (course / ".autograder" / "trainings").iterdir()
    path.write_bytes(path.read_bytes()[:-9])
    assert scorer.wanted(evidence(reached=NETWORK), "reached") == job


def test_a_judge_is_told_the_recipe_and_the_trainings(scorer: Scorer) -> None:
    keep(scorer, scorer.wanted(evidence(reached=NETWORK), "reached"))
    scores = scorer.scores(evidence(reached=NETWORK))
    found = scores.cases["reached"]
    assert (found.recipe, found.profile, found.budget, found.data, found.stand_in) == (
        "short",
        "cpu",
        SEEDS,
        "mnist",
        True,
    )
    assert found.thresholds["accuracy"].bar == digits.BARS["reached"]
    secret = scores.cases["guessed"]
    assert (secret.data, secret.stand_in, secret.runs) == ("secret", False, ())
    assert secret.thresholds["accuracy"].bar == digits.BARS["guessed"]


def test_what_a_grade_rests_on_is_said(scorer: Scorer) -> None:
    for _ in range(2):
        keep(scorer, scorer.wanted(evidence(reached=NETWORK), "reached"))
    assert scorer.scores(evidence(reached=NETWORK)).uses == (
        TrainingUse(
            probe="reached",
            recipe="short",
            signature=next(scorer.jobs(Frozen(DRESSED), scorer.recipes["short"], [0], {})).signature,
            seeds=[0, 1],
            device="cpu",
            data="mnist",
            data_digest=scorer.data["mnist"].digest,
            stand_in=True,
            versions={"keras": "3"},
        ),
    )


@pytest.mark.parametrize("answer", [Fault(kind="missing", error="network"), Scalar("int", "3"), None])
def test_what_is_no_network_has_no_trainings(scorer: Scorer, answer: Answer | None) -> None:
    scores = scorer.scores(evidence() if answer is None else evidence(reached=answer))
    assert (scores.cases["reached"].runs, scores.uses) == ((), ())


def test_a_fault_is_shared_by_nobody(scorer: Scorer) -> None:
    job = scorer.wanted(evidence(reached=NETWORK), "reached")
    keep(scorer, job, "untrainable")
    assert [run.fault.kind for run in scorer.scores(evidence(reached=NETWORK)).cases["reached"].runs if run.fault] == [
        "untrainable"
    ]
    neighbour = scorer.wanted(evidence(reached=DRESSED), "reached")
    assert (neighbour.key, neighbour.seed) == (job.key, 0)
    keep(scorer, neighbour)
    assert scorer.load(job) != scorer.load(neighbour)


# --- What may be forgotten --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "kept"), [("time", False), ("memory", False), ("untrainable", True), (None, True)])
def test_only_faults_of_a_busy_machine_are_forgotten(scorer: Scorer, kind: Kind | None, kept: bool) -> None:
    first, second = scorer.jobs(Frozen(NETWORK), scorer.recipes["short"], range(2), {})
    keep(scorer, first)
    keep(scorer, second, kind)
    others = next(scorer.jobs(Frozen(OTHER), scorer.recipes["short"], [0], {}))
    keep(scorer, others, "time")
    scorer.forget_passing_faults(evidence(reached=NETWORK))
    assert scorer.load(first) is not None
    assert (scorer.load(second) is not None) == kept
    assert scorer.load(others) is not None


# --- What a verdict depends on ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "same"),
    [
        (("seeds: 3", "seeds: 4"), False),
        (("bar: 0.75", "bar: 0.74"), False),
        (("epochs: 4", "epochs: 5"), False),
        (("cpu:\n", f"cpu:\n{LIMITS}"), True),
        (("title: Digits", "title: Figures"), True),
    ],
)
def test_the_digest_changes_with_what_a_verdict_depends_on(
    course: Path, plan: Plan, change: tuple[str, str], same: bool
) -> None:
    before = open_scorer(course, plan).digest
    assert (open_scorer(edited(course, change), plan, calibrating=True).digest == before) == same


def replaced(shelf: Shelf, name: str, change: Callable[[NDArray[Any]], NDArray[Any]]) -> None:
    arrays = {key: change(np.array(array)) for key, array in shelf.open(name).items()}
    shelf.add(name, arrays, hidden=name == "secret", origin="", replace=True)


@pytest.mark.parametrize("name", ["mnist", "secret"])
def test_the_digest_changes_with_the_data(course: Path, plan: Plan, shelf: Shelf, name: str) -> None:
    before = open_scorer(course, plan).digest
    replaced(shelf, name, lambda array: array[::-1])
    assert open_scorer(course, plan, calibrating=True).digest != before
