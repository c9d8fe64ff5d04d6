"""The conversation with a training room: one network, one recipe, a seed or several."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from autograder.wire.artifacts import Fault
from autograder.wire.examination import Broken
from autograder.wire.examples import Preparation
from autograder.wire.network import Network
from autograder.wire.record import Figure, Name, Record, Size


class Augmentation(Record, frozen=True):
    """Random changes of the training images, as Keras's preprocessing layers make them; 0 or False: none."""

    flip: Literal["horizontal", "vertical", "both"] | None = None
    shift: Annotated[float, Meta(ge=0, le=1)] = 0.0
    """Of the side, at most, in either direction."""
    rotation: Annotated[float, Meta(ge=0, le=180)] = 0.0
    """Degrees, at most, in either direction."""
    zoom: Annotated[float, Meta(ge=0, lt=1)] = 0.0


class EarlyStopping(Record, frozen=True):
    """Stop once a quantity has not improved for `patience` epochs, and take back the best weights."""

    monitor: Name = "val_loss"
    patience: Size = 2


OptimizerName = Literal["adam", "adamw", "sgd", "rmsprop", "adagrad", "adadelta", "nadam", "adamax"]


class Optimizer(Record, frozen=True):
    """A Keras optimizer by name, and what sets it apart from Keras's default."""

    name: OptimizerName
    learning_rate: Annotated[float, Meta(gt=0)] | None = None
    momentum: Annotated[float, Meta(ge=0, lt=1)] | None = None
    nesterov: bool | None = None
    weight_decay: Annotated[float, Meta(ge=0)] | None = None


class TrainingData(Record, frozen=True):
    """Which examples of a set on the data shelf."""

    name: Name
    """Its folder in the room's shelf."""
    preparation: Preparation
    train: Annotated[int, Meta(ge=1)] | None = None
    """How many training examples, drawn once and for all; None: all."""
    test: Annotated[int, Meta(ge=1)] | None = None
    validation: Annotated[float, Meta(ge=0, lt=1)] = 0.0
    """Share of the training examples held back for validation."""


class GpuPart(Record, frozen=True):
    """What a training room may take of the GPU leased to it."""

    memory_mb: Annotated[int, Meta(ge=1)]
    whole_mb: Annotated[int, Meta(ge=1)]
    """All the memory of that GPU: some frameworks are told a share."""


class Fit(Record, tag="fit", frozen=True):
    """Host to training room, alone: build this network anew, train it, say how it does."""

    network: Network
    seed: Size
    data: TrainingData
    optimizer: Optimizer
    loss: Name
    from_logits: bool
    """Whether the network's output is logits: what its author compiled it with."""
    metrics: list[Name]
    batch: Annotated[int, Meta(ge=1)]
    epochs: Annotated[int, Meta(ge=1)]
    augmentation: Augmentation | None
    early_stopping: EarlyStopping | None
    deterministic: bool
    threads: Annotated[int, Meta(ge=1)]
    gpu: GpuPart | None = None
    """None: the room has none."""
    more: list[Size] = []
    """Other seeds to train from, one after the other, as if each had a room of its own."""


class EpochEnded(Record, tag="epoch-ended", frozen=True):
    """Training room to host, after each epoch: the curve so far survives whatever comes next."""

    values: dict[Name, Figure]


class Fitted(Record, tag="fitted", frozen=True):
    """Training room to host, after each seed: how the network does on the test examples, or why it is not trained."""

    scores: dict[Name, Figure]
    fault: Fault | None = None
    last: bool = True
    """Whether no other seed is trained here: none is asked for, or something of this one might reach it."""
    built: Network | None = None
    """With the first scores: what was trained, read from what was built and not from the record. None: it cannot be."""


FromTrainingRoom = EpochEnded | Fitted | Broken
