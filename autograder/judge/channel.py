"""What the pipeline and the judge's process say to each other, as frames of `wire.codec` over a socket."""

from __future__ import annotations

import mmap
import os
import struct

import msgspec

from autograder.evidence import TrainingRun
from autograder.recipes import MetricName, Threshold
from autograder.records import Outcome
from autograder.wire.messages import Array, Probe, Record, Size


class ChecksFile(Record, tag="checks", frozen=True):
    """Pipeline to judge, first: what to collect."""

    path: str
    root: str
    """The course's folder."""
    texts: str
    """Path of the catalogue that says what the checks say."""


class CheckRecord(Record, frozen=True):
    """One check, as collected."""

    name: str
    question: str
    title: str
    weight: float
    needs: list[str]
    line: int


class Complaint(Record, frozen=True):
    """Something in the checks file to mend."""

    line: Size
    where: str
    text: str


class CollectedChecks(Record, tag="collected", frozen=True):
    """Judge to pipeline, once: what the checks file declares."""

    checks: list[CheckRecord]
    probes: dict[str, Probe]
    complaints: list[Complaint]
    code: str
    """Digest of the checks file as it was read, with all of the course's own that it read."""


class TrainingCase(Record, frozen=True):
    """What is known of one probe that is judged by a score: its recipe's bars, and the trainings there are."""

    recipe: str
    profile: str
    budget: Size
    """The most trainings there will be."""
    thresholds: dict[MetricName, Threshold]
    data: str
    stand_in: bool
    runs: tuple[TrainingRun, ...] = ()
    """In the order of their seeds."""
    labels: Array | None = None
    """Of the hidden set, for predictions: int64[N], numbered as the student's function was given them."""
    redrawn: bool = False
    """Whether a frozen layer of the network was trained from weights drawn anew."""
    borrowed: bool = False
    """Whether one of the runs is of a network that is equal to this one and written otherwise: nobody fails by it."""


class Case(Record, tag="case", frozen=True):
    """Pipeline to judge: judge this evidence."""

    evidence: str
    """Path of the evidence file."""
    reference: str
    """Path of the solution's evidence; empty while there is none."""
    language: str
    hidden: bool
    """Whether messages leave out what was expected."""
    trainings: dict[str, TrainingCase] = msgspec.field(default_factory=dict)
    """By probe."""
    absent: tuple[str, ...] = ()
    """What the notebook asked for and this machine lacks, and ought not to: no check that hangs on it costs a point."""
    skip: tuple[str, ...] = ()
    """Checks not to run: they have lost a judge before."""
    unasked: tuple[str, ...] = ()
    """Probes that the exam was not asked as they are now: the evidence answers none of them."""


class Judged(Record, frozen=True):
    """One check's outcome, and for a fault of ours what the instructor should know."""

    outcome: Outcome
    ours: str = ""
    wants: str = ""
    """The probe of which this check needs one more training before it can tell."""
    alone: str = ""
    """The probe whose very network must be trained before this check may fail: what was, was written otherwise."""
    unasked: str = ""
    """The probe that must be asked in another exam before this check can tell."""


class Verdicts(Record, tag="verdicts", frozen=True):
    """Judge to pipeline: every check of the case is judged."""

    judged: list[Judged]


class Running:
    """Which check of a case runs: a number in memory that judge and pipeline share, so that to say it takes no message.

    When a judge is lost, it is the one that lost it.
    """

    NONE = 0

    def __init__(self, fd: int) -> None:
        """`fd` is a file that both have open: see `make`."""
        self._shared = mmap.mmap(fd, _NUMBER.size)

    @staticmethod
    def make() -> int:
        """Return such a file, without a name; whoever asked closes it."""
        fd = os.memfd_create("autograder-judge")
        os.ftruncate(fd, _NUMBER.size)
        return fd

    def say(self, number: int) -> None:
        """Say the number of the check that starts, counted from 1 in the order they were collected."""
        _NUMBER.pack_into(self._shared, 0, number)

    def read(self) -> int:
        """Return the number of the check that runs, NONE where none does."""
        return int(_NUMBER.unpack_from(self._shared)[0])

    def close(self) -> None:
        self._shared.close()


_NUMBER = struct.Struct("=I")
