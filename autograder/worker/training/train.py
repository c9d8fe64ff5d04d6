"""Inside a training room: build a network from its record, train it as the recipe says, and say how it does.

The room runs no student code. It hears one `Fit`, and answers `EpochEnded` after each epoch, `Fitted` at the end of
each seed. What is wrong with the network (it cannot be rebuilt, does not fit the data, needs more memory than there is)
is a fault in `Fitted`, and ends the room; what is wrong with anything else is raised.

Several seeds share what does not hang on one: imports, a GPU's start, examples, what the framework compiled. Each
begins with weights, optimizer and random state as they are in a room of its own.
"""

from __future__ import annotations

import socket
from pathlib import Path

from autograder.wire import codec, limits
from autograder.wire.messages import Broken, Fit, Fitted, Network, Record
from autograder.worker.frameworks import RUNTIMES
from autograder.worker.keras import running as keras_running
from autograder.worker.training.faults import Faulty, Starved

SHELF = "/data"


def serve(talk: socket.socket, shelf: str = SHELF) -> None:
    """Hold the conversation of one training room. `shelf` is the folder that holds a folder for each data set."""
    fit, blobs = codec.unpack(codec.read_frame(talk.makefile("rb").read), Fit)
    training = RUNTIMES[fit.network.framework].trainer().open_training(fit, blobs, Path(shelf) / fit.data.name)
    for left, seed in zip(range(len(fit.more), -1, -1), [fit.seed, *fit.more], strict=True):
        try:
            scores = training.scores(seed, lambda message: _send(talk, message))
            with keras_running.never():  # the host compares what is read of it, not what it makes
                built = training.rebuilt() if left == len(fit.more) else None
            fitted = Fitted(scores, last=not left or not training.shareable, built=_sendable(built))
        except Faulty as faulty:
            fitted = Fitted({}, faulty.fault)
        except Starved as starved:
            _send(talk, Broken(str(starved), starved=True))
            return
        _send(talk, fitted)
        if fitted.last:
            return


def _sendable(network: Network | None) -> Network | None:
    """Return a record that the host reads; None for one that is larger once all is written that its author left out."""
    try:
        if network is not None:
            limits.pack(network, [])
    except codec.WireError:
        return None
    return network


def _send(talk: socket.socket, message: Record) -> None:
    talk.sendall(codec.pack(message))
