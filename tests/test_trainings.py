"""The line with trainings: shared, sequential, in two phases; and what those try who would rather not learn."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

import digits
from autograder.data.shelf import Shelf
from autograder.errors import CourseError, DataError
from autograder.pipeline import Timings, rejudge
from autograder.session import GradingOptions
from autograder.store import Store
from autograder.validate import findings
from loading import load_assignment

pytestmark = pytest.mark.tensorflow

CONVOLUTION = """\
x = images = keras.Input((784,))
x = keras.layers.Dense(32)(x)
x = keras.layers.ReLU()(x)
network = keras.Model(images, keras.layers.Dense(10, activation="softmax")(x))"""
"""The solution's network in another dress."""
WEAK = digits.NETWORK.replace('32, activation="relu"', '2, activation="softmax"')


@pytest.fixture
def course(digits_course: Path) -> Path:
    return digits_course


def runs_on_disk(course: Path) -> list[Path]:
    return sorted((course / ".autograder/trainings").iterdir())


@pytest.fixture
def two_phases(course: Path, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, str]]:
    """What was stored of each student when the trainings began."""
    seen: list[dict[str, str]] = []
    from autograder.engine.local import LocalEngine

    train = LocalEngine.train

    def watched(engine: LocalEngine, jobs: object) -> object:
        with Store(course / ".autograder/results.db") as store:
            seen.append({one.student: f"{one.status}: {one.fault}" for one in store.grades(digits.NAME)})
        return train(engine, jobs)  # type: ignore[arg-type]

    monkeypatch.setattr(LocalEngine, "train", watched)
    return seen


def test_a_class_trains_each_network_once_and_knows_it(course: Path, two_phases: list[dict[str, str]]) -> None:
    digits.hand_in(course, "ada")
    digits.hand_in(course, "bob", {"network-answer": CONVOLUTION})
    digits.hand_in(course, "weak", {"network-answer": WEAK})
    found = digits.graded(course)
    assert {name: digits.outcome(one, "test_reached").status for name, one in found.items()} == {
        "ada": "passed",
        "bob": "passed",
        "weak": "failed",
    }
    assert found["ada"].score == found["bob"].score == 10.0
    assert len(runs_on_disk(course)) == 1 + 3  # the weak one has every seed there is
    ada, bob = found["ada"].trainings[0], found["bob"].trainings[0]
    assert ada == bob
    assert (ada.probe, ada.recipe, ada.seeds, ada.device, ada.data, ada.stand_in) == (
        "reached",
        "short",
        [0],
        "cpu",
        "mnist",
        True,
    )
    assert set(ada.versions) >= {"tensorflow", "keras", "numpy", "python"}
    why = "its networks are still to be trained: run `autograder grade digits`"
    assert two_phases[0] == dict.fromkeys(found, f"ungraded: {why}")


def test_trainings_are_kept_across_runs_and_judging_needs_none(course: Path) -> None:
    digits.hand_in(course, "ada")
    digits.graded(course)
    before = [path.stat().st_mtime_ns for path in runs_on_disk(course)]
    assert digits.graded(course, again=True)["ada"].score == 10.0
    assert [path.stat().st_mtime_ns for path in runs_on_disk(course)] == before
    (step,) = rejudge(load_assignment(course, digits.NAME), Timings())
    assert (step.grade.score, step.grade.trainings[0].seeds) == (10.0, [0])


def test_a_network_that_misses_the_bar_has_every_seed_there_is(tmp_path: Path, digits_shelf: Shelf) -> None:
    bars = {**digits.BARS, "reached": 0.999}
    course = digits.make_course(tmp_path, digits_shelf, bars=bars, spread=0.2)
    digits.hand_in(course, "ada")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AUTOGRADER_DATA", str(digits_shelf.folder))
        found = digits.graded(course)["ada"]
    assert digits.outcome(found, "test_reached").status == "failed"
    assert "the best of 3 trainings" in digits.outcome(found, "test_reached").message
    assert found.trainings[0].seeds == [0, 1, 2]


def test_a_network_that_diverges_runs_out_or_cannot_be_trained_says_so(course: Path) -> None:
    huge = digits.NETWORK.replace("32", "100_000")
    own = """\
class Mine(keras.layers.Layer):
    def call(self, x):
        import tensorflow as tf

        return tf.ensure_shape(tf.numpy_function(lambda seen: seen * 2, [x], tf.float32), (None, 784))
network = keras.Sequential([keras.Input((784,)), Mine(), keras.layers.Dense(10, activation="softmax")])"""
    wide = digits.NETWORK.replace("784", "783")
    for name, network in (("huge", huge), ("own", own), ("wide", wide)):
        learn = digits.LEARN.replace("keras.models.clone_model(network)", "None")
        predict = "predictor, curves = abs, {}"
        digits.hand_in(course, name, {"network-answer": network, "learn-answer": learn, "predict-answer": predict})
    found = {name: digits.outcome(one, "test_reached") for name, one in digits.graded(course).items()}
    assert {name: one.status for name, one in found.items()} == dict.fromkeys(found, "errored")
    assert "took more memory than allowed" in found["huge"].message
    assert "a layer of your own class" in found["own"].message
    assert "takes inputs of shape (None, 783); the data have (None, 28, 28)" in found["wide"].message


@pytest.mark.parametrize(
    ("name", "learn"),
    [
        ("stored labels", "def learn(images, labels):\n    return lambda x: np.eye(10)[STORED]"),
        ("labels from the shelf", "def learn(images, labels):\n    return lambda x: nearest(x)"),
        (
            "a patched evaluate",
            "def learn(images, labels):\n"
            "    keras.Model.evaluate = lambda *_, **__: [0.0, 1.0]\n"
            "    keras.Model.fit = lambda *_, **__: None\n"
            "    made = keras.models.clone_model(network)\n"
            '    made.compile("adam", "sparse_categorical_crossentropy")\n'
            "    return made",
        ),
        ("training for ever", "def learn(images, labels):\n    while True:\n        pass"),
    ],
)
def test_who_does_not_learn_gains_nothing(course: Path, name: str, learn: str) -> None:
    """The hidden labels are those of the public test part here, the most a student could know, and still no use."""
    stored = """\
(known, names), (seen, STORED) = keras.datasets.mnist.load_data()
pictures = np.concatenate([known, seen]).reshape(-1, 784)
answers = np.concatenate([names, STORED])

def nearest(x):
    table = {picture.tobytes(): answer for picture, answer in zip(pictures, answers)}
    return np.array([table.get(np.round(one * 255).astype(np.uint8).tobytes(), 0) for one in x])

"""
    (course / "course.yaml").write_text(
        (course / "course.yaml").read_text().replace("training_seconds: 30", "training_seconds: 4")
    )
    digits.hand_in(course, "mallory", {"learn-answer": stored + learn})
    found = digits.outcome(digits.graded(course)["mallory"], "test_learned")
    assert found.status == ("errored" if name == "training for ever" else "failed"), found.message
    if name == "labels from the shelf":  # it knows every image and its true class, but not how the classes are numbered
        assert "% of 297 hidden examples are right" in found.message


def test_a_hidden_set_is_in_no_room(course: Path) -> None:
    look = """\
import pathlib
def learn(images, labels):
    found = sorted(path.name for path in pathlib.Path("/data").iterdir())
    raise LookupError if found == ["mnist"] else RuntimeError"""
    digits.hand_in(course, "mallory", {"learn-answer": look})
    assert digits.outcome(digits.graded(course)["mallory"], "test_learned").message.startswith("received  LookupError")


def test_fit_is_capped_in_cells_and_not_in_the_training_function(course: Path) -> None:
    digits.hand_in(course, "ada")
    found = digits.graded(course)["ada"]
    assert digits.outcome(found, "test_history").status == "passed"
    assert digits.outcome(found, "test_learned").status == "passed"


def test_the_solution_is_trained_in_validation(course: Path) -> None:
    assert findings(load_assignment(course, digits.NAME), GradingOptions()) == ([], "")


def test_a_set_that_is_altered_or_missing_stops_before_anything_runs(
    course: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    digits.hand_in(course, "ada")
    own = digits.fill_shelf(tmp_path / "own")
    monkeypatch.setenv("AUTOGRADER_DATA", str(own.folder))

    def no_room(*_: object, **__: object) -> None:
        raise AssertionError("a room was opened")

    monkeypatch.setattr("autograder.engine._host.Zygote", no_room)
    path = own.folder / "mnist/x_train.npy"
    path.write_bytes(path.read_bytes()[:-1] + b"\x07")
    with pytest.raises(DataError, match=r"data set mnist: x_train\.npy is altered"):
        digits.graded(course)
    monkeypatch.setenv("AUTOGRADER_DATA", str(tmp_path / "nowhere"))
    with pytest.raises(DataError, match="data set mnist: it is not on the shelf"):
        digits.graded(course)


def test_a_gpu_that_is_not_there_is_said(course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    digits.hand_in(course, "ada")
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(CourseError, match="this machine has no GPU"):
        digits.graded(course, profile="gpu")


def test_weights_that_a_student_hands_in_are_scored(course: Path) -> None:
    """They are read in the student's own room; what comes out is predictions on inputs it never saw."""
    load = """\
stored = np.load("weights.npz")["weights"]
curves = {"loss": [1.0]}

def predictor(images):
    return images @ stored.T"""
    arrays = Shelf(Path(os.environ["AUTOGRADER_DATA"])).open("mnist")
    images = arrays["x_train"].reshape(-1, 784)
    weights = np.eye(10)[arrays["y_train"]].T @ (images - images.mean()) / 255
    path = digits.hand_in(course, "ada", {"predict-answer": load})
    np.savez(path.parent / "weights.npz", weights=weights)
    assert digits.outcome(digits.graded(course)["ada"], "test_guessed").status == "passed"
    np.savez(path.parent / "weights.npz", weights=weights[::-1])
    assert digits.outcome(digits.graded(course)["ada"], "test_guessed").status == "failed"
