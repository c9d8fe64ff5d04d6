"""Inside a training room: build a network from its record, train it as the recipe says, and say how it does.

The room runs no student code. It hears one `Fit`, and answers `EpochEnded` after each epoch, `Fitted` at the end. What
is wrong with the network (it cannot be rebuilt, does not fit the data, needs more memory than there is) is a fault in
`Fitted`; what is wrong with anything else is raised.
"""

from __future__ import annotations

import math
import re
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from autograder.wire import codec
from autograder.wire.examples import prepare_inputs, prepare_labels
from autograder.wire.messages import (
    Augmentation,
    Broken,
    EarlyStopping,
    EpochEnded,
    Fault,
    Figure,
    Fit,
    Fitted,
    Optimizer,
    OptimizerName,
    Preparation,
    Record,
    Shape,
    TrainingData,
)
from autograder.worker.errors import told
from autograder.worker.training import backends
from autograder.worker.training.allowed_layers import numbers
from autograder.worker.training.rebuild import NotRebuilt, rebuild

SHELF = "/data"
DRAW = 0
"""Seed of the choice of examples: the same for every training, so that runs differ by weights and order alone."""
EVALUATION_BATCH = 512

Pair = tuple[NDArray[Any], NDArray[Any]]
"""Inputs and labels of the same examples."""


@dataclass(frozen=True)
class Loss:
    """A loss that a recipe may name."""

    cls: str
    sparse: bool = False
    """Whether it takes labels as whole numbers, not as rows with a single one."""
    logits: bool = False
    """Whether it may take a network's outputs before their softmax or sigmoid."""


LOSSES: Mapping[str, Loss] = {
    "categorical_crossentropy": Loss("CategoricalCrossentropy", logits=True),
    "sparse_categorical_crossentropy": Loss("SparseCategoricalCrossentropy", sparse=True, logits=True),
    "binary_crossentropy": Loss("BinaryCrossentropy", logits=True),
    "mean_squared_error": Loss("MeanSquaredError"),
}
OPTIMIZERS: Mapping[OptimizerName, str] = {
    "sgd": "SGD",
    "adam": "Adam",
    "adamw": "AdamW",
    "rmsprop": "RMSprop",
    "nadam": "Nadam",
    "adamax": "Adamax",
    "adagrad": "Adagrad",
    "adadelta": "Adadelta",
}
_TOP = re.compile(r"top_(\d{1,6})_accuracy")


class Untrainable(Exception):
    """The network does not fit the data or the recipe."""

    def __init__(self, what: Literal["ends", "input shape", "output shape"], given: object, expected: object) -> None:
        super().__init__(f"{what}: {given}, expected {expected}")
        self.fault = Fault(kind="untrainable", error=what, message=str(self), names=[str(given), str(expected)])


def serve(talk: socket.socket, shelf: str = SHELF) -> None:
    """Hold the conversation of one training room. `shelf` is the folder that holds a folder for each data set."""
    fit, blobs = codec.unpack(codec.read_frame(talk.makefile("rb").read), Fit)
    _configure(fit)
    try:
        fitted = Fitted(_scores(fit, blobs, Path(shelf) / fit.data.name, lambda message: _send(talk, message)))
    except _Faulty as faulty:
        fitted = Fitted({}, faulty.fault)
    except _Starved as starved:
        _send(talk, Broken(str(starved), starved=True))
        return
    _send(talk, fitted)


def _send(talk: socket.socket, message: Record) -> None:
    talk.sendall(codec.pack(message))


def _configure(fit: Fit) -> None:
    """Set up the backend, then the seed of all that is drawn."""
    import keras

    backends.of_keras().configure(fit)
    keras.utils.set_random_seed(fit.seed % 2**32)


# --- The training -----------------------------------------------------------------------------------------------------


def _scores(fit: Fit, blobs: list[bytes], folder: Path, send: Callable[[Record], None]) -> dict[str, Figure]:
    """Train, tell each epoch with `send`, and return the loss and metrics on the test examples."""
    with _network_faults():
        network = rebuild(fit.network, blobs)
        _check_ends(network, fit.loss, fit.data.preparation.classes)
    examples = _Examples(folder, fit.data, _label_form(LOSSES[fit.loss], network))
    model, shape = _ready_for(examples.shape, network, fit.augmentation)
    train, validation, test = examples.split(shape)
    settings = _compile_settings(fit, network)
    schedule = {"batch_size": fit.batch, "epochs": fit.epochs, "callbacks": _callbacks(fit, send), "verbose": 0}
    with _network_faults():
        model.compile(**settings)
        model.fit(*train, validation_data=validation, **schedule)
        scores = model.evaluate(*test, batch_size=max(fit.batch, EVALUATION_BATCH), verbose=0, return_dict=True)
    return _figures(scores)


def _ready_for(given: Shape, network: Any, augmentation: Augmentation | None) -> tuple[Any, Shape | None]:
    """Return the model to train on examples of shape `given`, and the shape to bring them to (None: as they are)."""
    with _network_faults():
        shape = _example_shape(network.input_shape[1:], given)
    if augmentation is None:
        return network, shape
    images = _image_shape(given)
    with _network_faults():
        return _augmented(network, augmentation, images), images


def _figures(logs: Mapping[str, Any]) -> dict[str, Figure]:
    values = {name: float(value) for name, value in logs.items()}
    return {name: value if math.isfinite(value) else None for name, value in values.items()}


def _callbacks(fit: Fit, send: Callable[[Record], None]) -> list[Any]:
    """Return the callbacks of a training. None of them is called for each batch: on a GPU that would wait for it."""
    import keras

    class Epochs(keras.callbacks.Callback):  # type: ignore[misc]
        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            figures = _figures(logs)
            send(EpochEnded(figures))
            if figures["loss"] is None:  # diverged: nothing that follows would mend it
                self.model.stop_training = True

    return [Epochs()] if fit.early_stopping is None else [Epochs(), _early(fit.early_stopping, fit.data.validation)]


def _early(stopping: EarlyStopping, validation: float) -> Any:
    import keras

    if stopping.monitor.startswith("val_") and not validation:
        raise ValueError(f"early stopping watches {stopping.monitor}, but no example is held back for validation")
    return keras.callbacks.EarlyStopping(stopping.monitor, patience=stopping.patience, restore_best_weights=True)


def _augmented(network: Any, augmentation: Augmentation, images: Shape) -> Any:
    """Return `network` behind layers that change `images`, of this shape, at random in training alone.

    In front of the network rather than in a data pipeline: the weights are those of `network`, evaluation passes the
    images through, and `fit` slices arrays as fast as it does without.
    """
    import keras

    x = taken = keras.Input(images)
    for layer in _augmentation_layers(augmentation):
        x = layer(x)
    shape = _example_shape(network.input_shape[1:], images)
    if shape is not None:
        x = keras.layers.Reshape([-1 if size is None else size for size in shape])(x)
    return keras.Model(taken, network(x))


def _image_shape(given: Shape) -> Shape:
    """Return height, width and channels of one example. Raise ValueError where it is no image."""
    if len(given) not in (2, 3):
        raise ValueError(f"the recipe changes images at random, and its data have examples of shape {given}")
    return given if len(given) == 3 else (*given, 1)


def _augmentation_layers(augmentation: Augmentation) -> Iterator[Any]:
    from keras import layers

    if augmentation.flip:
        yield layers.RandomFlip("horizontal_and_vertical" if augmentation.flip == "both" else augmentation.flip)
    if augmentation.shift:
        yield layers.RandomTranslation(augmentation.shift, augmentation.shift)
    if augmentation.rotation:
        yield layers.RandomRotation(augmentation.rotation / 360)
    if augmentation.zoom:
        yield layers.RandomZoom(augmentation.zoom)


# --- The recipe -------------------------------------------------------------------------------------------------------


def _compile_settings(fit: Fit, network: Any) -> dict[str, Any]:
    loss = LOSSES[fit.loss]
    logits = loss.logits and fit.from_logits
    return {
        "optimizer": _optimizer(fit.optimizer),
        "loss": _loss(loss, logits),
        "metrics": [_metric(name, loss, network, logits) for name in fit.metrics],
    }


def _optimizer(asked: Optimizer) -> Any:
    import keras

    settings = {key: value for key, value in msgspec.structs.asdict(asked).items() if value is not None}
    return getattr(keras.optimizers, OPTIMIZERS[settings.pop("name")])(**settings)


def _loss(loss: Loss, logits: bool) -> Any:
    import keras

    return getattr(keras.losses, loss.cls)(**({"from_logits": True} if logits else {}))


def _metric(name: str, loss: Loss, network: Any, logits: bool) -> Any:
    """Return a metric of Keras. "accuracy" is the one of the labels' form, as Keras chooses it."""
    import keras

    top = _TOP.fullmatch(name)
    if top:
        kind = keras.metrics.SparseTopKCategoricalAccuracy if loss.sparse else keras.metrics.TopKCategoricalAccuracy
        return kind(k=int(top[1]), name=name)
    if name != "accuracy":
        raise ValueError(f"no metric {name!r}: a recipe may ask for accuracy and top_K_accuracy")
    if network.output_shape[-1] == 1:
        return keras.metrics.BinaryAccuracy(name=name, threshold=0.0 if logits else 0.5)
    return (keras.metrics.SparseCategoricalAccuracy if loss.sparse else keras.metrics.CategoricalAccuracy)(name=name)


# --- The network and the data -----------------------------------------------------------------------------------------


def _check_ends(network: Any, loss: str, classes: int) -> None:
    """Raise Untrainable unless the network takes one tensor and gives one number a class."""
    if len(network.inputs) != 1 or len(network.outputs) != 1:
        raise Untrainable("ends", f"{len(network.inputs)} + {len(network.outputs)}", "1 + 1")
    made = tuple(network.output_shape)
    binary = loss == "binary_crossentropy" and classes == 2
    if made != (None, classes) and not (binary and made == (None, 1)):
        raise Untrainable("output shape", made, (None, classes))


def _label_form(loss: Loss, network: Any) -> Literal["sparse", "one-hot", "binary"]:
    if network.output_shape[-1] == 1:
        return "binary"
    return "sparse" if loss.sparse else "one-hot"


def _example_shape(taken: Shape, given: Shape) -> Shape | None:
    """Return the shape that examples of shape `given` are brought to for the network; None: as they are.

    Raises Untrainable where they do not have as many numbers.
    """
    if len(taken) == len(given) and all(one in (None, other) for one, other in zip(taken, given, strict=True)):
        return None
    held, known = numbers(given), numbers(taken)
    fits = held == known if None not in taken else taken.count(None) == 1 and known and held % known == 0
    if not fits:
        raise Untrainable("input shape", (None, *taken), (None, *given))
    return taken


class _Examples:
    """The examples of one data set, mapped from the shelf."""

    def __init__(self, folder: Path, data: TrainingData, labels: Literal["sparse", "one-hot", "binary"]) -> None:
        self._arrays = {path.stem: np.load(path, mmap_mode="r", allow_pickle=False) for path in folder.glob("*.npy")}
        self._data = data
        self._labels = labels
        self.shape: Shape = self._arrays["x_train"].shape[1:]
        """Of one example."""

    def split(self, shape: Shape | None) -> tuple[Pair, Pair | None, Pair]:
        """Return training, validation (None: none is held back) and test examples, ready for `fit`."""
        chosen = _drawn(len(self._arrays["x_train"]), self._data.train)
        tested = _drawn(len(self._arrays["x_test"]), self._data.test)
        held = round(len(chosen) * self._data.validation)
        if self._data.validation and not 0 < held < len(chosen):
            raise ValueError(f"{self._data.validation} of {len(chosen)} examples cannot be held back for validation")
        return (
            self._pair("train", chosen[held:], shape),
            self._pair("train", chosen[:held], shape) if held else None,
            self._pair("test", tested, shape),
        )

    def _pair(self, part: str, rows: NDArray[np.intp], shape: Shape | None) -> Pair:
        inputs, labels = self._arrays[f"x_{part}"], self._arrays[f"y_{part}"]
        if len(rows) < len(inputs):
            rows = np.sort(rows)  # read the file forwards
            inputs, labels = inputs[rows], labels[rows]
        preparation = self._data.preparation
        return prepare_inputs(inputs, preparation, shape), self._prepared_labels(labels, preparation)

    def _prepared_labels(self, labels: NDArray[Any], preparation: Preparation) -> NDArray[Any]:
        """Return labels in the form that the loss takes, whatever form the exam's cells are given."""
        one_hot = msgspec.structs.replace(preparation, one_hot=self._labels == "one-hot")
        prepared = prepare_labels(labels, one_hot)
        return prepared.astype(np.float32).reshape(-1, 1) if self._labels == "binary" else prepared


def _drawn(available: int, asked: int | None) -> NDArray[np.intp]:
    """Return positions of `asked` examples, in an order drawn once and for all. Raise ValueError for too many."""
    if asked is not None and asked > available:
        raise ValueError(f"{asked} examples were asked for, and the set has {available}")
    return np.random.default_rng(DRAW).permutation(available)[:asked]


# --- Whose fault ------------------------------------------------------------------------------------------------------


class _Faulty(Exception):
    """The training ended by a fault of the network's."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.message)
        self.fault = fault


class _Starved(Exception):
    """A GPU's libraries could not start: nobody's network did that."""


@contextmanager
def _network_faults() -> Iterator[None]:
    """Answer for what the network does wrong inside; let anything else through."""
    try:
        yield
    except NotRebuilt as error:
        fault = Fault(kind="untrainable", error=error.reason, message=str(error), names=[error.layer or "?"])
        raise _Faulty(fault) from error
    except Untrainable as error:
        raise _Faulty(error.fault) from error
    except Exception as error:
        cause = backends.of_keras().cause(error) or _cause(error)
        if cause is None:
            raise
        if cause == "start":
            raise _Starved(told(error)) from error
        raise _Faulty(Fault(kind=cause, error=type(error).__name__, message=told(error))) from error


def _cause(error: Exception) -> backends.Cause | None:
    """Return what an error comes to that is no backend's own."""
    if isinstance(error, MemoryError):
        return "memory"
    return "untrainable" if isinstance(error, (ValueError, TypeError)) else None
