"""Trainings by the room's own code, without the room: a process, a socket, a small set of real digits' shape."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from autograder.training.job import is_built
from autograder.wire import codec
from autograder.wire.by_hand import is_by_hand
from autograder.wire.limits import LAYERS
from autograder.wire.messages import (
    Augmentation,
    Broken,
    EarlyStopping,
    EpochEnded,
    Fault,
    Fit,
    Fitted,
    FromTrainingRoom,
    Network,
    Optimizer,
    Preparation,
    TrainingData,
)
from autograder.worker.training import train as training_room
from networks import call, chain, conv, dense, operation, pool

pytestmark = pytest.mark.tensorflow

CLASSES = 4
SIDE = 8
SERVE = """
import socket, sys
import tensorflow, keras
from autograder.wire import codec, messages
from autograder.worker.training import train
talk = socket.socket(fileno=int(sys.argv[1]))
while talk.recv(1, socket.MSG_PEEK):
    try:
        train.serve(talk, sys.argv[2])
    except Exception as error:
        talk.sendall(codec.pack(messages.Broken(f"{type(error).__name__}: {error}")))
"""
"""One process serves the trainings of these tests one after the other, and says what is raised as a room does."""

SOFTMAX = chain(call("Flatten"), dense(CLASSES, activation="softmax"), input_shape=(SIDE, SIDE, 1))
LINEAR = chain(call("Flatten"), dense(CLASSES), input_shape=(SIDE, SIDE, 1))
DROPPING = chain(
    conv(4, activation="relu"),
    pool(),
    call("Flatten"),
    call("Dropout", rate=0.3),
    dense(CLASSES, activation="softmax"),
    input_shape=(SIDE, SIDE, 1),
)
FIT = Fit(
    network=SOFTMAX,
    seed=0,
    data=TrainingData("bars", Preparation(CLASSES)),
    optimizer=Optimizer("adam", learning_rate=0.01),
    loss="sparse_categorical_crossentropy",
    from_logits=False,
    metrics=["accuracy"],
    batch=16,
    epochs=5,
    augmentation=None,
    early_stopping=None,
    deterministic=False,
    threads=1,
)


def bars(count: int, seed: int) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Return noisy images uint8[count, 8, 8], each with a bright bar in one of four places, and which one."""
    random = np.random.default_rng(seed)
    labels = random.integers(0, CLASSES, count)
    images = random.integers(0, 120, (count, SIDE, SIDE))
    for image, label in zip(images, labels, strict=True):
        image[2 * label : 2 * label + 2] += 100
    return images.astype(np.uint8), labels.astype(np.uint8)


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shelf")
    (folder / "bars").mkdir()
    for part, count, seed in (("train", 400, 1), ("test", 200, 2)):
        images, labels = bars(count, seed)
        np.save(folder / "bars" / f"x_{part}.npy", images)
        np.save(folder / "bars" / f"y_{part}.npy", labels)
    return folder


class Trainer:
    """A process that trains, and the curves and end of each training."""

    built: Network | None
    """What was trained last, as it was read from it."""

    def __init__(self, shelf: Path) -> None:
        self._talk, theirs = socket.socketpair()
        fd = theirs.fileno()
        environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
        command = [sys.executable, "-c", SERVE, str(fd), str(shelf)]
        self._process = subprocess.Popen(command, pass_fds=[fd], env=environment)
        theirs.close()
        self._stream = self._talk.makefile("rb")

    def __call__(self, **changes: Any) -> tuple[list[dict[str, float | None]], Fitted]:
        epochs, end = self._training(changes)
        assert isinstance(end, Fitted), end
        self.built = end.built
        return epochs, msgspec.structs.replace(end, built=None)  # its layers are named anew each time

    def fault(self, **changes: Any) -> Fault:
        epochs, fitted = self(**changes)
        assert (epochs, fitted.scores) == ([], {})
        assert fitted.fault is not None
        return fitted.fault

    def broken(self, **changes: Any) -> str:
        _, end = self._training(changes)
        assert isinstance(end, Broken), end
        return end.reason

    def seeds(self, *seeds: int, **changes: Any) -> list[tuple[list[dict[str, float | None]], dict[str, float | None]]]:
        """Train from each seed in one room; return the curves and scores of those that it trained."""
        found = []
        epochs, end = self._training({"seed": seeds[0], "more": list(seeds[1:]), **changes})
        while isinstance(end, Fitted):
            found.append((epochs, end.scores))
            if end.last:
                return found
            epochs, end = self._heard()
        raise AssertionError(end)

    def _training(self, changes: dict[str, Any]) -> tuple[list[dict[str, float | None]], Fitted | Broken]:
        self._talk.sendall(codec.pack(msgspec.structs.replace(FIT, **changes)))
        return self._heard()

    def _heard(self) -> tuple[list[dict[str, float | None]], Fitted | Broken]:
        epochs: list[dict[str, float | None]] = []
        while True:
            message, _ = codec.unpack(codec.read_frame(self._stream.read), FromTrainingRoom)
            if not isinstance(message, EpochEnded):
                return epochs, message
            epochs.append(message.values)

    def end(self) -> None:
        self._stream.close()
        self._talk.close()
        self._process.wait()


@pytest.fixture(scope="module")
def train(shelf: Path) -> Any:
    trainer = Trainer(shelf)
    yield trainer
    trainer.end()


def data(**changes: Any) -> TrainingData:
    return msgspec.structs.replace(FIT.data, **changes)


# --- What a training gives --------------------------------------------------------------------------------------------


def test_it_learns(train: Trainer) -> None:
    epochs, fitted = train()
    assert fitted.fault is None
    assert set(fitted.scores) == {"loss", "accuracy"}
    assert [set(epoch) for epoch in epochs] == [{"loss", "accuracy"}] * 5
    assert fitted.scores["accuracy"] > 0.9 > epochs[0]["accuracy"]  # type: ignore[operator]


@pytest.mark.parametrize("changes", [{}, {"trainable": False}], ids=["as it says", "frozen"])
def test_what_was_trained_is_told_as_it_is(train: Trainer, changes: dict[str, Any]) -> None:
    layers = [*SOFTMAX.layers[:-1], msgspec.structs.replace(SOFTMAX.layers[-1], **changes)]
    network = msgspec.structs.replace(SOFTMAX, layers=layers)
    train(network=network, epochs=1)
    assert train.built is not None
    assert is_built(network, train.built) == (not changes)


def test_what_was_trained_is_read_and_not_run(train: Trainer) -> None:
    """Operations by hand have a network run in an exam room; here nothing asks for its numbers."""
    network = chain(
        call("Flatten"), operation("Square"), dense(CLASSES, activation="softmax"), input_shape=(SIDE, SIDE)
    )
    train(network=network, epochs=1)
    assert train.built is not None
    assert is_by_hand(train.built)
    assert train.built.sample is None


def test_a_seed_is_a_training_and_another_seed_another(train: Trainer) -> None:
    one, again, other = (train(network=DROPPING, seed=seed, epochs=2) for seed in (3, 3, 4))
    assert one == again
    assert one[1].scores["loss"] != other[1].scores["loss"]


def test_deterministic_operations_on_request(shelf: Path) -> None:
    trainer = Trainer(shelf)  # it cannot be taken back
    one, again = (trainer(network=DROPPING, deterministic=True, threads=2, epochs=2) for _ in range(2))
    trainer.end()
    assert one == again


def test_metrics(train: Trainer) -> None:
    _, fitted = train(
        metrics=["accuracy", "top_2_accuracy", "top_4_accuracy"], optimizer=Optimizer("sgd", learning_rate=1e-4)
    )
    assert fitted.scores["accuracy"] < fitted.scores["top_2_accuracy"] < fitted.scores["top_4_accuracy"] == 1  # type: ignore[operator]


@pytest.mark.parametrize("loss", ["categorical_crossentropy", "mean_squared_error", "binary_crossentropy"])
def test_losses_of_one_hot_labels(train: Trainer, loss: str) -> None:
    _, fitted = train(loss=loss, metrics=["accuracy", "top_2_accuracy"])
    assert fitted.scores["accuracy"] > 0.9  # type: ignore[operator]


def test_losses_of_the_same_name_agree(train: Trainer) -> None:
    sparse, one_hot = (train(loss=loss)[1].scores for loss in (FIT.loss, "categorical_crossentropy"))
    assert sparse["accuracy"] == one_hot["accuracy"]
    assert sparse["loss"] == pytest.approx(one_hot["loss"], rel=1e-4)


def test_two_classes_and_one_output(shelf: Path, train: Trainer) -> None:
    folder = shelf / "halves"
    folder.mkdir()
    for part, count, seed in (("train", 400, 1), ("test", 200, 2)):
        images, labels = bars(count, seed)
        np.save(folder / f"x_{part}.npy", images)
        np.save(folder / f"y_{part}.npy", labels // 2)
    network = chain(call("Flatten"), dense(1, activation="sigmoid"), input_shape=(SIDE, SIDE))
    halves = TrainingData("halves", Preparation(2))
    _, fitted = train(network=network, data=halves, loss="binary_crossentropy")
    assert fitted.scores["accuracy"] > 0.9  # type: ignore[operator]


@pytest.mark.parametrize(
    "optimizer",
    [
        Optimizer("sgd", learning_rate=0.1, momentum=0.9, nesterov=True),
        Optimizer("adamw", learning_rate=0.01, weight_decay=0.01),
        Optimizer("rmsprop", learning_rate=0.01),
    ],
)
def test_optimizers(train: Trainer, optimizer: Optimizer) -> None:
    assert train(optimizer=optimizer)[1].scores["accuracy"] > 0.9  # type: ignore[operator]


def test_logits_are_what_the_author_says_they_are(train: Trainer) -> None:
    """A linear output taken for probabilities learns nothing like one taken for logits, which learns as a softmax."""
    honoured, ignored = (train(network=LINEAR, from_logits=logits)[1].scores for logits in (True, False))
    assert honoured["loss"] == pytest.approx(train()[1].scores["loss"], rel=1e-3)
    assert honoured["loss"] < 0.8 * ignored["loss"]  # type: ignore[operator]


def test_a_loss_without_logits_does_not_ask_for_them(train: Trainer) -> None:
    assert train(network=LINEAR, from_logits=True, loss="mean_squared_error")[1].fault is None


# --- Several seeds in one room ----------------------------------------------------------------------------------------

EVERYTHING = chain(
    conv(4, padding="same"),
    call("BatchNormalization"),
    call("Activation", activation="relu"),
    call("SpatialDropout2D", rate=0.1),
    call("GaussianNoise", stddev=0.1),
    call("Flatten"),
    call("Dropout", rate=0.3),
    dense(CLASSES, activation="softmax"),
    input_shape=(SIDE, SIDE, 1),
)
"""Weights, moving means, draws: all that a seed decides."""
AUGMENTED = {"augmentation": Augmentation(flip="horizontal", shift=0.1, rotation=5, zoom=0.1)}
SHARED: dict[str, dict[str, Any]] = {
    "plain": {},
    "everything": {"network": EVERYTHING, **AUGMENTED},
    "early stopping": {
        "network": DROPPING,
        "early_stopping": EarlyStopping("val_loss", patience=1),
        "data": TrainingData("bars", Preparation(CLASSES), validation=0.25),
        "epochs": 9,
    },
    "nadam": {"optimizer": Optimizer("nadam", learning_rate=0.01)},
    "adagrad": {"optimizer": Optimizer("adagrad", learning_rate=0.1)},
    "diverges": {
        "network": chain(call("Flatten"), dense(32), dense(CLASSES), input_shape=(SIDE, SIDE)),
        "loss": "mean_squared_error",
        "optimizer": Optimizer("sgd", learning_rate=1e9, momentum=0.9),
        "epochs": 20,
    },
    "a sequence": {"network": chain(call("Reshape", target_shape=[SIDE, SIDE]), call("LSTM", units=6), dense(CLASSES))},
}


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param(changes, id=name, marks=() if name == "everything" else pytest.mark.whole)
        for name, changes in SHARED.items()
    ],
)
def test_a_seed_after_others_is_as_in_a_room_of_its_own(train: Trainer, changes: dict[str, Any]) -> None:
    changes = {"epochs": 2, **changes}
    if "Reshape" in {layer.cls for layer in changes.get("network", FIT.network).layers}:
        changes["network"] = shapeless(changes["network"])
    shared = train.seeds(3, 4, 5, **changes)
    assert len(shared) == 3
    assert shared == [train.seeds(seed, **changes)[0] for seed in (3, 4, 5)]
    assert shared[0] != shared[1]


def test_deterministic_seeds_are_those_of_processes_of_their_own(shelf: Path) -> None:
    asked: dict[str, Any] = {"network": EVERYTHING, "deterministic": True, "threads": 2, "epochs": 2, **AUGMENTED}
    alone, shared = Trainer(shelf), Trainer(shelf)
    assert shared.seeds(7, 8, **asked)[1:] == alone.seeds(8, **asked)
    alone.end()
    shared.end()


def test_a_network_that_takes_more_than_its_variables_has_a_room_a_seed(train: Trainer) -> None:
    """The mean and variance that a Normalization was given are tensors, of which nobody knows where they come from."""
    given = call("Normalization", axis=None, mean=0.5, variance=0.1)
    network = chain(given, call("Flatten"), dense(CLASSES, activation="softmax"), input_shape=(SIDE, SIDE, 1))
    assert len(train.seeds(3, 4, network=network, epochs=1)) == 1


def test_a_fault_is_the_last_that_a_room_says(train: Trainer) -> None:
    unfit = chain(dense(3), input_shape=(64,))
    ((epochs, scores),) = train.seeds(3, 4, network=unfit)
    assert (epochs, scores) == ([], {})


# --- Which examples ---------------------------------------------------------------------------------------------------


def test_validation_is_told_after_each_epoch(train: Trainer) -> None:
    epochs, _ = train(data=data(validation=0.25), epochs=2)
    assert [set(epoch) for epoch in epochs] == [{"loss", "accuracy", "val_loss", "val_accuracy"}] * 2


def test_fewer_examples_teach_less(train: Trainer) -> None:
    few, all_of_them = (train(data=data(train=count), epochs=3)[1].scores for count in (16, None))
    assert few["loss"] > all_of_them["loss"]  # type: ignore[operator]


def test_the_examples_are_drawn_once_for_all_seeds(train: Trainer) -> None:
    """With one batch an epoch, steps too small to matter and no hidden layer, only the initial weights differ: made
    equal, two seeds see the same examples or do not."""
    zeros = {"class_name": "Zeros", "config": {}}
    network = chain(call("Flatten"), dense(CLASSES, kernel_initializer=zeros), input_shape=(SIDE, SIDE))
    few = {"data": data(train=20, test=10, validation=0.5), "batch": 400, "epochs": 3, "from_logits": True}
    losses = [[epoch["val_loss"] for epoch in train(network=network, seed=seed, **few)[0]] for seed in (1, 2)]
    assert losses[0] == pytest.approx(losses[1], rel=1e-5)


def test_images_are_brought_to_the_shape_of_the_input(train: Trainer) -> None:
    for shape in ((64,), (8, 8), (8, 8, 1), (16, 4)):
        network = chain(call("Flatten"), dense(CLASSES, activation="softmax"), input_shape=shape)
        assert train(network=network, epochs=1)[1].fault is None


def test_an_input_open_to_any_size(train: Trainer) -> None:
    network = chain(
        conv(8, padding="same"), call("GlobalAveragePooling2D"), dense(CLASSES), input_shape=(SIDE, SIDE, 1)
    )
    shapes: Sequence[tuple[int | None, ...]] = ((None, None, None, 1), (None, None, None, 8))
    opened = [
        msgspec.structs.replace(network.layers[index], output_shapes=[shape]) for index, shape in enumerate(shapes)
    ]
    network = msgspec.structs.replace(network, layers=[*opened, *network.layers[2:]])
    fault = train.fault(network=network)
    assert "(None, None, None, 1)" in fault.message


# --- How a training goes ----------------------------------------------------------------------------------------------


def test_early_stopping_takes_back_the_best_weights(train: Trainer) -> None:
    """An optimizer that is far too fast goes up and down: the last epoch is not the best."""
    settings: dict[str, Any] = {
        "network": DROPPING,
        "optimizer": Optimizer("adam", learning_rate=0.3),
        "early_stopping": EarlyStopping("val_loss", patience=2),
        "data": data(validation=0.5),
        "epochs": 40,
    }
    epochs, fitted = train(**settings)
    losses = [epoch["val_loss"] or 0.0 for epoch in epochs]
    best = losses.index(min(losses))
    assert best + 3 == len(epochs) < 40
    assert fitted.scores["loss"] == pytest.approx(losses[best], rel=0.5)
    _, at_the_best = train(**{**settings, "early_stopping": None, "epochs": best + 1})
    assert fitted.scores == at_the_best.scores


def test_a_training_that_diverges_stops_and_says_so(train: Trainer) -> None:
    network = chain(call("Flatten"), dense(32), dense(CLASSES), input_shape=(SIDE, SIDE))
    epochs, fitted = train(
        network=network, loss="mean_squared_error", optimizer=Optimizer("sgd", learning_rate=1e9), epochs=20
    )
    assert epochs[-1]["loss"] is None
    assert len(epochs) < 20
    assert fitted.fault is None
    assert fitted.scores["loss"] is None
    assert fitted.scores["accuracy"] is not None


def test_augmentation_changes_the_training_and_not_the_test(train: Trainer) -> None:
    """A shift of half the image makes one bar another, which cannot be learnt; a flip to the side changes nothing."""
    plain = train()[1].scores
    flipped = train(augmentation=Augmentation(flip="horizontal"))[1].scores
    shifted = train(augmentation=Augmentation(flip="both", shift=0.5, rotation=20, zoom=0.1))[1].scores
    assert plain != flipped
    assert flipped["accuracy"] > 0.9  # type: ignore[operator]
    assert shifted["loss"] > 1.5 * plain["loss"]  # type: ignore[operator]


def test_augmented_images_reach_an_input_of_any_shape(train: Trainer) -> None:
    network = chain(dense(CLASSES, activation="softmax"), input_shape=(SIDE * SIDE,))
    assert train(network=network, augmentation=Augmentation(flip="horizontal"))[1].scores["accuracy"] > 0.9  # type: ignore[operator]


def test_an_augmentation_of_nothing_is_none(train: Trainer) -> None:
    assert train(augmentation=Augmentation()) == train()


# --- Whose fault ------------------------------------------------------------------------------------------------------


def test_a_layer_that_cannot_compute_is_its_networks_fault(train: Trainer) -> None:
    """Dropped altogether, by a layer that divides by what is kept: Python's own error, from within Keras."""
    dropping = chain(call("AlphaDropout", rate=1), call("Flatten"), dense(CLASSES), input_shape=(SIDE, SIDE, 1))
    fault = train.fault(network=shapeless(dropping))
    assert (fault.kind, fault.error) == ("untrainable", "ZeroDivisionError")


def test_a_network_that_is_not_rebuilt(train: Trainer) -> None:
    fault = train.fault(network=chain(call("Lambda", function="<lambda>"), dense(CLASSES)))
    assert (fault.kind, fault.error, fault.message[:6]) == ("untrainable", "code", "Lambda")


SHAPES = {
    "input": (
        chain(dense(CLASSES), input_shape=(7,)),
        ("input shape", "(None, 7)", "(None, 8, 8)"),
    ),
    "too few outputs": (chain(dense(3), input_shape=(64,)), ("output shape", "(None, 3)", "(None, 4)")),
    "an image for output": (chain(dense(CLASSES), input_shape=(8, 8)), ("output shape", "(None, 8, 4)", "(None, 4)")),
}


@pytest.mark.parametrize(("network", "said"), SHAPES.values(), ids=SHAPES.keys())
def test_shapes_that_do_not_fit(train: Trainer, network: Network, said: tuple[str, str, str]) -> None:
    what, given, expected = said
    message = f"{what}: {given}, expected {expected}"
    assert train.fault(network=network) == Fault("untrainable", what, message, names=[given, expected])


def test_what_tensorflow_cannot_do(train: Trainer) -> None:
    """An Embedding of two words is given others."""
    words = call("Embedding", input_dim=2, output_dim=3)
    network = chain(call("Flatten"), call("Rescaling", scale=255), words, call("Flatten"), dense(CLASSES))
    fault = train.fault(network=shapeless(network))
    assert (fault.kind, fault.error) == ("untrainable", "InvalidArgumentError")
    assert "not in [0, 2)" in fault.message


def test_a_training_that_needs_more_memory_than_there_is(train: Trainer) -> None:
    """One batch would fill 100 GB."""
    repeated = (call("RepeatVector", n=2**20), call("GlobalAveragePooling1D"))
    network = shapeless(chain(call("Flatten"), *repeated, dense(CLASSES)))
    assert train.fault(network=network, batch=400).kind == "memory"


def shapeless(network: Network) -> Network:
    """Return `network` for images of the set, without the shapes that its layers make."""
    first, *others = network.layers
    layers = [msgspec.structs.replace(layer, output_shapes=[]) for layer in others]
    return msgspec.structs.replace(
        network, layers=[msgspec.structs.replace(first, output_shapes=[(None, SIDE, SIDE)]), *layers]
    )


OURS = {
    "no such data": ({"data": TrainingData("missing", Preparation(CLASSES))}, "x_train"),
    "no such metric": ({"metrics": ["f1"]}, "no metric 'f1'"),
    "more examples than there are": ({"data": data(train=401)}, "401 examples"),
    "nothing to watch": ({"early_stopping": EarlyStopping()}, "held back for validation"),
    "labels that are no classes": (
        {"data": data(preparation=Preparation(3)), "network": chain(call("Flatten"), dense(3), input_shape=(8, 8))},
        "3 classes",
    ),
}


@pytest.mark.parametrize(("changes", "said"), OURS.values(), ids=OURS.keys())
def test_what_is_ours_is_raised(train: Trainer, changes: dict[str, Any], said: str) -> None:
    assert said in train.broken(**changes)


# --- CUDA's libraries -------------------------------------------------------------------------------------------------

RAISED = """
import json, sys
import tensorflow as tf
from autograder.worker.training.backends import BACKENDS
from autograder.worker.training.faults import Faulty, network_faults

for kind, said in json.load(sys.stdin):
    try:
        with network_faults(BACKENDS["tensorflow"]):
            raise getattr(tf.errors, kind)(None, None, said)
    except Faulty as faulty:
        print(faulty.fault.kind)
    except BaseException as error:
        print(type(error).__name__)
"""
NOT_STARTED = (
    ("InternalError", "No BLAS support for stream [[{{node sequential_1/dense_1/MatMul}}]]"),
    ("InternalError", "failed to create cublas handle: CUBLAS_STATUS_NOT_INITIALIZED"),
    ("InternalError", "Failed to create cuDNN handle"),
    ("UnknownError", "could not create cudnn handle: CUDNN_STATUS_NOT_INITIALIZED"),
    ("UnimplementedError", "DNN library is not found."),
    ("FailedPreconditionError", "DNN library initialization failed. Look at the errors above for more details."),
)
OTHERS = (
    ("ResourceExhaustedError", "OOM when allocating tensor with shape[200000,784]", "memory"),
    ("InternalError", "Failed to allocate 636 MB", "memory"),
    ("InvalidArgumentError", "Matrix size-incompatible", "untrainable"),
    ("UnimplementedError", "Cast string to float is not supported", "untrainable"),
    ("InternalError", "unspecified launch failure", "InternalError"),
)


def test_gpu_libraries_that_cannot_start_are_told_from_what_a_network_does() -> None:
    given = [*NOT_STARTED, *(pair for *pair, _ in OTHERS)]
    command = [sys.executable, "-c", RAISED]
    done = subprocess.run(command, input=json.dumps(given), capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["Starved"] * len(NOT_STARTED) + [kind for *_, kind in OTHERS]


def test_a_record_that_the_host_would_not_read_is_not_sent() -> None:
    many = chain(*[dense(1)] * LAYERS, input_shape=(1,))
    assert training_room._sendable(many) is None
    assert training_room._sendable(SOFTMAX) == SOFTMAX
