"""Whose fault it is that a training fails: the network's, whose author is told, or nobody's that a student knows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from autograder.wire.messages import Fault
from autograder.worker.errors import message_of
from autograder.worker.keras.allowed_layers import Reason
from autograder.worker.training.backends import Backend, Cause

OF_LAYERS = (
    ValueError,
    TypeError,
    ArithmeticError,
    LookupError,
    AssertionError,
    NotImplementedError,
    RecursionError,
)
"""What layers and operations raise for settings and inputs that they cannot compute with. The same data and the same
recipe train the course's own network: whoever could have a network raise another would be ungraded at will."""


class Untrainable(Exception):
    """The network does not fit the data or the recipe."""

    def __init__(self, what: Literal["ends", "input shape", "output shape"], given: object, expected: object) -> None:
        super().__init__(f"{what}: {given}, expected {expected}")
        self.fault = Fault(kind="untrainable", error=what, message=str(self), names=[str(given), str(expected)])


class NotRebuilt(Exception):
    """No network is made of this record.

    reasons: custom (a class, activation or initializer of the student's own) · code (a Lambda) · unknown (not on the
    list of what is rebuilt) · refused (Keras refuses its configuration or its input) · unfinished (the record is less
    than whole) · large.
    """

    def __init__(self, reason: Reason, layer: str, detail: str) -> None:
        super().__init__(f"{layer}: {detail}" if layer else detail)
        self.reason: Reason = reason
        self.layer = layer
        """Its name and class; empty where it is no single layer's matter."""
        self.detail = detail


class Faulty(Exception):
    """The training ended by a fault of the network's."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.message)
        self.fault = fault


class Starved(Exception):
    """A GPU's libraries could not start: nobody's network did that."""


@contextmanager
def network_faults(backend: Backend) -> Iterator[None]:
    """Answer for what the network does wrong inside, as `backend` tells it; let anything else through."""
    try:
        yield
    except NotRebuilt as error:
        fault = Fault(kind="untrainable", error=error.reason, message=str(error), names=[error.layer or "?"])
        raise Faulty(fault) from error
    except Untrainable as error:
        raise Faulty(error.fault) from error
    except Exception as error:
        cause = backend.cause(error) or _cause(error)
        if cause is None:
            raise
        if cause == "start":
            raise Starved(message_of(error)) from error
        raise Faulty(Fault(kind=cause, error=type(error).__name__, message=message_of(error))) from error


def _cause(error: Exception) -> Cause | None:
    """Return what an error comes to that is no backend's own."""
    if isinstance(error, MemoryError):
        return "memory"
    return "untrainable" if isinstance(error, OF_LAYERS) else None
