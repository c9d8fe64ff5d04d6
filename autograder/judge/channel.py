"""What the pipeline and the judge's process say to each other, as frames of `wire.codec` over a socket."""

from __future__ import annotations

import msgspec

from autograder.evidence import TrainingRun
from autograder.recipes import MetricName, Threshold
from autograder.records import Outcome
from autograder.wire.messages import Array, Probe, Record, Size


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


class Running(Record, tag="running", frozen=True):
    """Judge to pipeline: this check has started. The last one said, when a judge is lost, is the one that lost it."""

    name: str


class Judged(Record, tag="judged", frozen=True):
    """Judge to pipeline: one check's outcome, and for a fault of ours what the instructor should know."""

    outcome: Outcome
    ours: str = ""
    wants: str = ""
    """The probe of which this check needs one more training before it can tell."""
    unasked: str = ""
    """The probe that must be asked in another exam before this check can tell."""


class Rested(Record, tag="rested", frozen=True):
    """Judge to pipeline: every check of the case is judged."""


FromJudge = CollectedChecks | Running | Judged | Rested
