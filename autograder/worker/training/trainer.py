"""What a training room asks of whatever trains networks of one framework."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from autograder.wire.messages import Figure, Fit, Network, Record


class SeededTraining(Protocol):
    """One network under one recipe, from one seed after the other."""

    @property
    def shareable(self) -> bool:
        """Whether nothing of the seeds trained so far can reach another one."""
        ...

    def scores(self, seed: int, send: Callable[[Record], None]) -> dict[str, Figure]:
        """Train from `seed`, tell each epoch with `send`, return the loss and metrics on the test examples.

        Raises Faulty for what is the network's doing, Starved for a GPU that did not start.
        """
        ...

    def rebuilt(self) -> Network | None:
        """Return a record of what was trained, read from it; None where no reader can."""
        ...


class Trainer(Protocol):
    """What trains networks of one framework: `worker/NAME/training.py`."""

    def open_training(self, fit: Fit, blobs: list[bytes], folder: Path) -> SeededTraining:
        """Set up threads, a leased GPU and determinism, and return the training on the set in `folder`."""
        ...
