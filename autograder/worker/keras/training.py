"""A network of Keras rebuilt and trained, with Keras's own `fit`."""

from __future__ import annotations

import gc
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from autograder.wire.messages import (
    Augmentation,
    EarlyStopping,
    EpochEnded,
    Figure,
    Fit,
    Network,
    Optimizer,
    OptimizerName,
    Record,
    Shape,
)
from autograder.worker.keras.reader import read_model
from autograder.worker.keras.rebuild import rebuild
from autograder.worker.keras.redrawn import is_closed, redraw
from autograder.worker.training import backends
from autograder.worker.training.examples import (
    EVALUATION_BATCH,
    LabelForm,
    Pair,
    PreparedExamples,
    example_shape,
    image_shape,
)
from autograder.worker.training.faults import Untrainable, network_faults
from autograder.worker.training.progress import check_watched, figures


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


def open_training(fit: Fit, blobs: list[bytes], folder: Path) -> KerasTraining:
    """Set up the backend, and return the training on the set in `folder`."""
    backends.of_keras().configure(fit)
    return KerasTraining(fit, blobs, folder)


def _faults() -> AbstractContextManager[None]:
    return network_faults(backends.of_keras())


# --- The training -----------------------------------------------------------------------------------------------------


class KerasTraining:
    """One network under one recipe: compiled at its first seed, and drawn anew for each of the others."""

    def __init__(self, fit: Fit, blobs: list[bytes], folder: Path) -> None:
        self._fit, self._blobs, self._folder = fit, blobs, folder
        self._compiled: Any = None
        self._first: Any = None
        """The network of the first seed, without what augments its images."""
        self._split: tuple[Pair, Pair | None, Pair] | None = None

    @property
    def shareable(self) -> bool:
        """Whether nothing of the seeds trained so far can reach another one."""
        return is_closed(self._compiled)

    def scores(self, seed: int, send: Callable[[Record], None]) -> dict[str, Figure]:
        """Train from `seed`, tell each epoch with `send`, and return the loss and metrics on the test examples."""
        import keras

        fit = self._fit
        keras.utils.set_random_seed(seed % 2**32)
        model = self._drawn()
        assert self._split is not None
        train, validation, test = self._split
        schedule = {"batch_size": fit.batch, "epochs": fit.epochs, "callbacks": _callbacks(fit, send), "verbose": 0}
        with _faults():
            model.fit(*train, validation_data=validation, **schedule)
            measured = model.evaluate(*test, batch_size=max(fit.batch, EVALUATION_BATCH), verbose=0, return_dict=True)
        return figures(measured)

    def rebuilt(self) -> Network | None:
        """Return a record of what was trained. Reading may draw numbers: each seed begins by setting them all."""
        try:
            return read_model(self._first)
        except Exception:  # what no reader can follow is trained all the same, for its author alone
            return None

    def _drawn(self) -> Any:
        """Return the compiled model as a seed begins: rebuilt like the first, since that is what draws its weights."""
        fit = self._fit
        with _faults():
            network = rebuild(fit.network, self._blobs)
            _check_ends(network, fit.loss, fit.data.preparation.classes)
        examples = PreparedExamples(self._folder, fit.data, _label_form(LOSSES[fit.loss], network))
        model, shape = _ready_for(examples.shape, network, fit.augmentation)
        self._split = self._split or examples.split(shape)
        settings = _compile_settings(fit, network)
        with _faults():
            if self._compiled is None:
                model.compile(**settings)
                self._compiled, self._first = model, network
            else:
                redraw(self._compiled, model, settings["optimizer"])
        del model, network
        gc.collect()  # of another seed's network, whose memory this one's recipe does not allow for
        return self._compiled


def _ready_for(given: Shape, network: Any, augmentation: Augmentation | None) -> tuple[Any, Shape | None]:
    """Return the model to train on examples of shape `given`, and the shape to bring them to (None: as they are)."""
    with _faults():
        shape = example_shape(network.input_shape[1:], given)
    if augmentation is None:
        return network, shape
    images = image_shape(given)
    with _faults():
        return _augmented(network, augmentation, images), images


def _callbacks(fit: Fit, send: Callable[[Record], None]) -> list[Any]:
    """Return the callbacks of a training. None of them is called for each batch: on a GPU that would wait for it."""
    import keras

    class Epochs(keras.callbacks.Callback):  # type: ignore[misc]
        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            measured = figures(logs)
            send(EpochEnded(measured))
            if measured["loss"] is None:  # diverged: nothing that follows would mend it
                self.model.stop_training = True

    return [Epochs()] if fit.early_stopping is None else [Epochs(), _early(fit.early_stopping, fit.data.validation)]


def _early(stopping: EarlyStopping, validation: float) -> Any:
    import keras

    check_watched(stopping, validation)
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
    shape = example_shape(network.input_shape[1:], images)
    if shape is not None:
        x = keras.layers.Reshape([-1 if size is None else size for size in shape])(x)
    return keras.Model(taken, network(x))


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


def _label_form(loss: Loss, network: Any) -> LabelForm:
    if network.output_shape[-1] == 1:
        return "binary"
    return "sparse" if loss.sparse else "one-hot"
