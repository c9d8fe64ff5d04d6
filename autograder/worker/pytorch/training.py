"""A network of PyTorch rebuilt and trained: a loop of ours, with PyTorch's own losses and optimizers."""

from __future__ import annotations

import copy
import random
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812

from autograder.wire.messages import EarlyStopping, EpochEnded, Figure, Fit, Network, Optimizer, Record, Shape
from autograder.worker.pytorch.augmentation import Augmented
from autograder.worker.pytorch.reader import read_module
from autograder.worker.pytorch.rebuild import RebuiltModule, rebuild
from autograder.worker.training.backends import BACKENDS
from autograder.worker.training.examples import (
    EVALUATION_BATCH,
    LabelForm,
    Pair,
    PreparedExamples,
    example_shape,
    image_shape,
    is_channels_first,
)
from autograder.worker.training.faults import Untrainable, network_faults
from autograder.worker.training.progress import check_watched, figures

OPTIMIZERS: Mapping[str, Any] = {
    "sgd": torch.optim.SGD,
    "adam": torch.optim.Adam,
    "adamw": torch.optim.AdamW,
    "rmsprop": torch.optim.RMSprop,
    "nadam": torch.optim.NAdam,
    "adamax": torch.optim.Adamax,
    "adagrad": torch.optim.Adagrad,
    "adadelta": torch.optim.Adadelta,
}
_SETTINGS = {"learning_rate": "lr"}
_TOP = re.compile(r"top_(\d{1,6})_accuracy")
_SMALLEST = 1e-7
"""Of a probability whose logarithm is taken, as Keras has it."""
HELD_SHARE = 0.25
"""Of a GPU's part: what examples may fill of it. Of more, each batch is sent by itself."""


def open_training(fit: Fit, blobs: list[bytes], folder: Path) -> PyTorchTraining:
    """Set up PyTorch, and return the training on the set in `folder`."""
    BACKENDS["torch"].configure(fit)
    return PyTorchTraining(fit, blobs, folder)


class PyTorchTraining:
    """One network under one recipe. Nothing of it is compiled: each seed makes network, optimizer and loop anew."""

    shareable = True

    def __init__(self, fit: Fit, blobs: list[bytes], folder: Path) -> None:
        self._fit, self._blobs, self._folder = fit, blobs, folder
        self._split: tuple[Pair, Pair | None, Pair] | None = None
        self._built: Network | None = None

    def scores(self, seed: int, send: Callable[[Record], None]) -> dict[str, Figure]:
        """Train from `seed`, tell each epoch with `send`, and return the loss and metrics on the test examples."""
        random.seed(seed)
        np.random.seed(seed % 2**32)
        torch.manual_seed(seed % 2**63)
        fit, backend = self._fit, BACKENDS["torch"]
        with network_faults(backend):
            network = rebuild(fit.network, self._blobs)
            goal = _goal(fit, network.output_shape)
        examples = PreparedExamples(self._folder, fit.data, goal.labels)
        with network_faults(backend):
            shape = example_shape(network.input_shape, examples.shape, transposable=True)
        first = is_channels_first(network.input_shape, examples.shape)
        self._split = self._split or examples.split(shape, channels_first=first)
        train, validation, test = self._split
        self._built = self._built or _read(network)
        model = _augmented(network, fit, examples.shape)
        with network_faults(backend):
            training = _Training(model, network.dtype, goal, fit, train, validation)
            training.run(send)
            return figures(training.measure(test))

    def rebuilt(self) -> Network | None:
        """Return a record of what was trained, read before it was: what a parameter begins with is seen in it."""
        return self._built


def _read(network: RebuiltModule) -> Network | None:
    try:
        with torch.random.fork_rng(devices=[]):
            return read_module(network, network.input_shape)
    except Exception:  # what no reader can follow is trained all the same, for its author alone
        return None


def _augmented(network: RebuiltModule, fit: Fit, given: tuple[int | None, ...]) -> nn.Module:
    if fit.augmentation is None:
        return network
    images = image_shape(given)
    first = is_channels_first(network.input_shape, given) or network.input_shape[:1] == (1,)
    return Augmented(network, fit.augmentation, images, channels_first=first)


# --- The recipe -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Goal:
    """What a recipe asks a network for, in terms of its outputs, (N, classes) or, of two classes, (N, 1)."""

    loss: str
    logits: bool
    metrics: tuple[str, ...]
    binary: bool
    """Whether there is one output an example: the probability of class 1, or its logit."""

    @property
    def labels(self) -> LabelForm:
        if self.binary:
            return "binary"
        return "sparse" if "categorical" in self.loss else "one-hot"

    def loss_of(self, outputs: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        """Return the mean loss of a batch."""
        if self.loss == "mean_squared_error":
            return F.mse_loss(outputs, labels)
        if self.loss == "binary_crossentropy":
            if self.logits:
                return F.binary_cross_entropy_with_logits(outputs, labels)
            return F.binary_cross_entropy(outputs.clamp(_SMALLEST, 1 - _SMALLEST), labels)
        if self.logits:
            return F.cross_entropy(outputs, labels)
        return F.nll_loss(outputs.clamp(_SMALLEST, 1 - _SMALLEST).log(), labels)

    def hits(self, outputs: torch.Tensor, labels: torch.Tensor) -> dict[str, torch.Tensor]:
        """Return, by metric, how many examples of a batch are right."""
        return {name: self._right(name, outputs, labels).sum() for name in self.metrics}

    def _right(self, name: str, outputs: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        if self.binary:
            return (outputs > (0.0 if self.logits else 0.5)) == (labels > 0.5)
        wanted = labels if labels.ndim == 1 else labels.argmax(dim=1)
        top = _TOP.fullmatch(name)
        best = outputs.topk(min(int(top[1]), outputs.shape[1]) if top else 1, dim=1).indices
        return (best == wanted[:, None]).any(dim=1)


def _goal(fit: Fit, made: Shape) -> Goal:
    """Return what a network is trained for. Raise Untrainable where it does not give one number a class."""
    for name in fit.metrics:
        if name != "accuracy" and not _TOP.fullmatch(name):
            raise ValueError(f"no metric {name!r}: a recipe may ask for accuracy and top_K_accuracy")
    classes = fit.data.preparation.classes
    binary = fit.loss == "binary_crossentropy" and classes == 2 and made == (None, 1)
    if made != (None, classes) and not binary:
        raise Untrainable("output shape", made, (None, classes))
    return Goal(fit.loss, fit.from_logits and fit.loss != "mean_squared_error", tuple(fit.metrics), binary)


def _optimizer(asked: Optimizer, model: nn.Module) -> Any:
    settings = {key: value for key, value in msgspec.structs.asdict(asked).items() if value is not None}
    made = OPTIMIZERS[settings.pop("name")]
    trained = [one for one in model.parameters() if one.requires_grad]
    return made(trained, **{_SETTINGS.get(key, key): value for key, value in settings.items()}) if trained else None


# --- The training -----------------------------------------------------------------------------------------------------


@dataclass
class _Training:
    """One training: a network, what it is trained for, and on what."""

    model: nn.Module
    dtype: torch.dtype
    """Of the examples that it takes."""
    goal: Goal
    fit: Fit
    train: Pair
    validation: Pair | None
    device: torch.device = field(init=False)

    def __post_init__(self) -> None:
        self.device = torch.device("cpu" if self.fit.gpu is None else "cuda")
        self.model.to(self.device)

    def run(self, send: Callable[[Record], None]) -> None:
        """Train for all epochs, or until the loss is no number, or early stopping ends it."""
        optimizer = _optimizer(self.fit.optimizer, self.model)
        early = _Early(self.fit.early_stopping, self.fit.data.validation) if self.fit.early_stopping else None
        inputs, labels = self._tensors(self.train)
        for _ in range(self.fit.epochs):
            measured = figures(self._epoch(inputs, labels, optimizer))
            if self.validation is not None:
                measured |= {f"val_{key}": one for key, one in figures(self.measure(self.validation)).items()}
            send(EpochEnded(measured))
            if measured["loss"] is None:  # diverged: nothing that follows would mend it
                break
            if early is not None and early.ends(measured, self.model):
                break
        if early is not None:
            early.take_back(self.model)

    def _epoch(self, inputs: torch.Tensor, labels: torch.Tensor, optimizer: Any) -> dict[str, float]:
        self.model.train()
        tally = _Tally()
        order = torch.randperm(len(inputs)).to(inputs.device)
        for rows in batches(len(inputs), self.fit.batch):
            x, y = (one[order[rows]].to(self.device, non_blocking=True) for one in (inputs, labels))
            outputs = self.model(x)
            loss = self.goal.loss_of(outputs, y)
            if optimizer is not None:
                optimizer.zero_grad(set_to_none=True)
                loss.backward()
                optimizer.step()
            tally.add(len(x), loss.detach(), self.goal.hits(outputs.detach(), y))
        return tally.means()

    def measure(self, pair: Pair) -> dict[str, float]:
        """Return the mean loss, and metrics, on examples that are not trained on."""
        self.model.eval()
        tally = _Tally()
        inputs, labels = self._tensors(pair)
        with torch.no_grad():
            for rows in batches(len(inputs), max(self.fit.batch, EVALUATION_BATCH)):
                x, y = inputs[rows].to(self.device), labels[rows].to(self.device)
                outputs = self.model(x)
                tally.add(len(x), self.goal.loss_of(outputs, y), self.goal.hits(outputs, y))
        return tally.means()

    def _tensors(self, pair: Pair) -> tuple[torch.Tensor, torch.Tensor]:
        inputs, labels = (torch.from_numpy(np.require(one, requirements=("C", "W"))) for one in pair)
        inputs = inputs.to(self.dtype)
        part = self.fit.gpu.memory_mb * 2**20 if self.fit.gpu else 0
        if inputs.nbytes < HELD_SHARE * part:
            inputs, labels = inputs.to(self.device), labels.to(self.device)
        return inputs, labels


def batches(count: int, size: int) -> Iterator[slice]:
    """Yield the batches of `count` examples. One example alone is no batch: it goes with those before it."""
    starts = [*range(0, count, size)]
    if len(starts) > 1 and count - starts[-1] == 1:
        starts.pop()
    for start, end in zip(starts, [*starts[1:], count], strict=True):
        yield slice(start, end)


class _Tally:
    """Sums over examples, kept where they are made: a GPU is not waited for at each batch."""

    def __init__(self) -> None:
        self._count = 0
        self._sums: dict[str, torch.Tensor] = {}

    def add(self, count: int, loss: torch.Tensor, hits: Mapping[str, torch.Tensor]) -> None:
        self._count += count
        for key, one in {"loss": loss * count, **hits}.items():
            self._sums[key] = self._sums[key] + one if key in self._sums else one

    def means(self) -> dict[str, float]:
        return {key: float(one) / self._count for key, one in self._sums.items()}


class _Early:
    """Early stopping, as Keras does it: the best weights are taken back at the end."""

    def __init__(self, asked: EarlyStopping, validation: float) -> None:
        check_watched(asked, validation)
        self._asked = asked
        self._sign = 1 if "accuracy" in asked.monitor else -1
        self._best: float | None = None
        self._weights: dict[str, Any] | None = None
        self._waited = 0

    def ends(self, measured: Mapping[str, Figure], model: nn.Module) -> bool:
        """Hear what an epoch came to; say whether it was the last."""
        if self._asked.monitor not in measured:
            raise ValueError(f"early stopping watches {self._asked.monitor}, which is not measured")
        value = measured[self._asked.monitor]
        if value is not None and (self._best is None or self._sign * (value - self._best) > 0):
            self._best, self._waited = value, 0
            self._weights = copy.deepcopy(model.state_dict())
            return False
        self._waited += 1
        return self._waited >= self._asked.patience

    def take_back(self, model: nn.Module) -> None:
        if self._weights is not None:
            model.load_state_dict(self._weights)
