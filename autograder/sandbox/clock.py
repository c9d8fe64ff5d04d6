"""The time that student code is given: its own, not that which other programs of this machine take from it."""

from __future__ import annotations

import time
from typing import Protocol

PATIENCE = 10.0
"""Times its time that a room may take on the clock, however little of it was its own."""
LEAST_SECONDS = 0.1
"""Between two looks at a room that has time left."""


class Worker(Protocol):
    """What a clock is kept of: a room."""

    def cpu_seconds(self) -> float:
        """Processor time it has used."""
        ...

    def waited_seconds(self) -> float:
        """How long its threads were ready to run while something else ran."""
        ...


class Clock:
    """How much time a room has, for its exam and for what it does now.

    Its own time is what passes on the clock, less what it waited for a processor; never less than what it computed.
    Code that sleeps uses its time, and code that others keep from running does not. The room is looked at only where
    the clock alone would end it.
    """

    def __init__(self, worker: Worker, seconds: float) -> None:
        """Start the exam's clock. `seconds` are all that it may take."""
        self._worker = worker
        self._seconds = seconds
        self._began = time.monotonic()
        self._known = (0.0, 0.0)
        self.starved = False
        """Whether it was ended, or interrupted, for what it took on the clock, though it had not used its own time."""
        self.allow(seconds)

    @property
    def end(self) -> float:
        """When it is over at the latest, as a time of `time.monotonic`."""
        return self._began + PATIENCE * self._seconds

    def allow(self, seconds: float | None = None) -> None:
        """Something starts that may take `seconds`; None: what is left of the exam."""
        self._piece = self._seconds if seconds is None else seconds
        self._start, self._at_start = time.monotonic(), self._known
        self.deadline = self._start + min(self._piece, max(self._began + self._seconds - self._start, LEAST_SECONDS))

    def extend(self, seconds: float) -> None:
        """Let what runs come to its end within `seconds`, be the exam's time used up or not."""
        self._seconds = max(self._seconds, self._spent(time.monotonic() - self._began, (0.0, 0.0)) + seconds)
        self.allow(seconds)

    def expired(self) -> bool:
        """Whether the time is used up, for the exam or for what runs. Where it is not, move the deadline on."""
        now = time.monotonic()
        if now < self.deadline:
            return False
        self._look()
        elapsed, whole = now - self._start, now - self._began
        own = min(self._piece - self._spent(elapsed, self._at_start), self._seconds - self._spent(whole, (0.0, 0.0)))
        left = min(own, PATIENCE * self._piece - elapsed, PATIENCE * self._seconds - whole)
        if left > 0:
            self.deadline = now + max(left, LEAST_SECONDS)
            return False
        self.starved = self.starved or own > 0
        return True

    def over(self) -> bool:
        """Whether the exam's time is used up."""
        whole = time.monotonic() - self._began
        return self._spent(whole, (0.0, 0.0)) >= self._seconds or whole >= PATIENCE * self._seconds

    def _look(self) -> None:
        cpu, waited = self._known
        self._known = (max(cpu, self._worker.cpu_seconds()), max(waited, self._worker.waited_seconds()))

    def _spent(self, elapsed: float, since: tuple[float, float]) -> float:
        cpu, waited = (now - before for now, before in zip(self._known, since, strict=True))
        return min(elapsed, max(cpu, elapsed - waited))
