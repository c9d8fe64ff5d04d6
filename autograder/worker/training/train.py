"""Inside a training room: build a network from its record, train it as the recipe says, and say how it does.

The room runs no student code. It hears one `Fit`, and answers `EpochEnded` after each epoch, `Fitted` at the end. What
is wrong with the network (it cannot be rebuilt, does not fit the data, needs more memory than there is) is a fault in
`Fitted`; what is wrong with anything else is raised.
"""

from __future__ import annotations

import importlib
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from autograder.wire import codec
from autograder.wire.messages import Broken, Figure, Fit, Fitted, Record
from autograder.worker.training import keras_training
from autograder.worker.training.faults import Faulty, Starved

SHELF = "/data"
PYTORCH = f"{__package__}.pytorch_training"
"""It imports PyTorch: where that is loaded, so is it (`zygote`), since no room sees where it lies."""


class Trainer(Protocol):
    """What trains networks of one framework: a module of this folder."""

    def configure(self, fit: Fit) -> None:
        """Set up threads, a leased GPU and determinism, then the seed of all that is drawn."""
        ...

    def scores(self, fit: Fit, blobs: list[bytes], folder: Path, send: Callable[[Record], None]) -> dict[str, Figure]:
        """Train on the set in `folder`, tell each epoch with `send`, return the loss and metrics on the test examples.

        Raises Faulty for what is the network's doing, Starved for a GPU that did not start.
        """
        ...


def trainer_of(framework: str) -> Trainer:
    """Return what trains networks of a framework."""
    return importlib.import_module(PYTORCH) if framework == "torch" else keras_training


def serve(talk: socket.socket, shelf: str = SHELF) -> None:
    """Hold the conversation of one training room. `shelf` is the folder that holds a folder for each data set."""
    fit, blobs = codec.unpack(codec.read_frame(talk.makefile("rb").read), Fit)
    trainer = trainer_of(fit.network.framework)
    trainer.configure(fit)
    try:
        fitted = Fitted(trainer.scores(fit, blobs, Path(shelf) / fit.data.name, lambda message: _send(talk, message)))
    except Faulty as faulty:
        fitted = Fitted({}, faulty.fault)
    except Starved as starved:
        _send(talk, Broken(str(starved), starved=True))
        return
    _send(talk, fitted)


def _send(talk: socket.socket, message: Record) -> None:
    talk.sendall(codec.pack(message))
