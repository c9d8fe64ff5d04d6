"""The examples of a training: drawn from a set on the shelf, brought to the network's input shape."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from autograder.wire.examples import prepare_inputs, prepare_labels
from autograder.wire.messages import Preparation, Shape, TrainingData
from autograder.worker.keras.allowed_layers import numbers
from autograder.worker.training.faults import Untrainable

DRAW = 0
"""Seed of the choice of examples: the same for every training, so that runs differ by weights and order alone."""
EVALUATION_BATCH = 512

Pair = tuple[NDArray[Any], NDArray[Any]]
"""Inputs and labels of the same examples."""
LabelForm = Literal["sparse", "one-hot", "binary"]


def example_shape(taken: Shape, given: Shape, *, transposable: bool = False) -> Shape | None:
    """Return the shape that examples of shape `given` are brought to for the network; None: as they are.

    `transposable`: images may be given with their channels first. Raises Untrainable where examples do not have as many
    numbers.
    """
    if len(taken) == len(given) and all(one in (None, other) for one, other in zip(taken, given, strict=True)):
        return None
    held, known = numbers(given), numbers(taken)
    fits = held == known if None not in taken else taken.count(None) == 1 and known and held % known == 0
    crossed = len(taken) == len(given) == 3 and not (transposable and is_channels_first(taken, given))
    if not fits or (transposable and crossed):
        raise Untrainable("input shape", (None, *taken), (None, *given))
    return taken


def is_channels_first(taken: Shape, given: Shape) -> bool:
    """Whether a network of PyTorch takes images `given` as (height, width, channels) with their channels first.

    One that takes them in a row takes them as PyTorch would flatten them.
    """
    if len(given) != 3 or taken == given:
        return False
    height, width, channels = given
    return taken in ((channels, height, width), (channels, None, None)) or len(taken) == 1


def image_shape(given: Shape) -> Shape:
    """Return height, width and channels of one example. Raise ValueError where it is no image."""
    if len(given) not in (2, 3):
        raise ValueError(f"the recipe changes images at random, and its data have examples of shape {given}")
    return given if len(given) == 3 else (*given, 1)


class PreparedExamples:
    """The examples of one data set, mapped from the shelf."""

    def __init__(self, folder: Path, data: TrainingData, labels: LabelForm) -> None:
        self._arrays = {path.stem: np.load(path, mmap_mode="r", allow_pickle=False) for path in folder.glob("*.npy")}
        self._data = data
        self._labels = labels
        self._first = False
        self.shape: Shape = self._arrays["x_train"].shape[1:]
        """Of one example."""

    def split(self, shape: Shape | None, *, channels_first: bool = False) -> tuple[Pair, Pair | None, Pair]:
        """Return training, validation (None: none is held back) and test examples, ready to be trained on.

        `channels_first`: images, (height, width, channels) on the shelf, are brought to `shape` with those first.
        """
        self._first = channels_first
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
        if self._first:
            inputs = np.ascontiguousarray(np.moveaxis(inputs, -1, 1))
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
