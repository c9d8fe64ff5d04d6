"""The nouns of a grading: what a stage hands to the next. Frozen, and plain data."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

from autograder.wire.messages import (
    CallProbe,
    Cell,
    Fault,
    FigureProbe,
    FitCap,
    PrintedProbe,
    Probe,
    Record,
    SourceProbe,
    TrainedByProbe,
)
from autograder.wire.pictures import PictureKind

Positive = Annotated[float, msgspec.Meta(gt=0, le=10**6)]
PositiveInt = Annotated[int, msgspec.Meta(gt=0, le=10**6)]
CheckStatus = Literal["passed", "failed", "errored", "skipped", "ungraded"]
CheckKind = Literal["check", "tests", "hand"]
"""check: a function of the checks file · tests: the notebook's visible tests · hand: what somebody reads and marks."""
SubmissionStatus = Literal["graded", "ungraded", "missing"]
RepairKind = Literal[
    "chosen",
    "edition",
    "kernel",
    "large-file",
    "given-file",
    "returned",
    "reset",
    "moved",
    "recognised",
    "retyped",
    "copied",
    "split",
    "merged",
    "command",
    "path",
    "module",
    "input",
    "sample",
]


def digest(*parts: bytes | str) -> str:
    """Return `sha256:…` of `parts`, each set off by its length, so that no two lists of parts run together."""
    whole = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        whole.update(len(data).to_bytes(8, "little") + data)
    return f"sha256:{whole.hexdigest()}"


# --- What is taught ---------------------------------------------------------------------------------------------------


class Limits(Record, frozen=True):
    """What one exam may use, from course.yaml."""

    cell_seconds: Positive = 30.0
    """Wall-clock seconds a cell, or the answer to a probe, may take."""
    seconds: Positive = 120.0
    """Wall-clock seconds of the whole exam."""
    memory_mb: PositiveInt = 2048
    processes: PositiveInt = 256
    """Processes and threads."""
    disk_mb: PositiveInt = 256
    """Size of the room's work folder, in memory."""
    output_kb: PositiveInt = 64
    """How much of what a cell prints is kept."""
    array_mb: Annotated[int, msgspec.Meta(gt=0, le=200)] = 64
    """How large one answer may be."""
    notebook_mb: PositiveInt = 100
    """How large a submitted notebook may be, its outputs included."""
    files_mb: Annotated[int, msgspec.Meta(gt=0, le=200)] = 50
    """How large the files handed in beside it may be, all together."""
    training_seconds: Positive = 60.0
    """Wall-clock seconds that the student's own training function may take, on top of the exam's."""
    fit: FitCap = FitCap()
    """What one call of `fit` may do, in cells and in what checks call: the exam looks at structure, not at learning."""


@dataclass(frozen=True)
class Question:
    """A graded place in the notebook: nbgrader's grade cell of this id."""

    id: str
    points: float
    tested: bool
    """Whether its cell holds visible tests, which count as one more check."""
    title: str = ""
    """What students know it as: the heading it stands under, or its id."""
    task: bool = False
    """Whether it is one of nbgrader's tasks: work that leaves no answer in a cell of its own."""
    bonus: bool = False
    """Whether its points come on top: they are earned, and not asked for."""

    @property
    def max_score(self) -> float:
        return 0.0 if self.bonus else self.points


@dataclass(frozen=True)
class Check:
    """One pytest function of the checks file, without its code."""

    name: str
    question: str
    title: str
    weight: float
    needs: tuple[str, ...]
    """Questions that must be fully passed for this check to mean anything."""
    line: int


@dataclass(frozen=True)
class Plan:
    """What a checks file asks, collected once."""

    checks: tuple[Check, ...]
    probes: Mapping[str, Probe]
    blobs: tuple[bytes, ...]
    """Arrays the probes' arguments refer to."""
    code: str = ""
    """Digest of the checks' own code as it was collected, and of all of the course's that it read."""

    @cached_property
    def digest(self) -> str:
        """Of what is asked of a room: it changes when a probe does, not when a check does."""
        return digest(msgspec.json.encode(self.asked))

    @cached_property
    def asked(self) -> dict[str, str]:
        """Digest of each probe that is asked of a room: evidence answers it as long as this is the same."""
        asked = {name: one for name, one in self.probes.items() if not isinstance(one, SourceProbe | PrintedProbe)}
        return {name: digest(msgspec.json.encode(self._with_bytes(one))) for name, one in asked.items()}

    def _with_bytes(self, value: Any) -> Any:
        """A probe as plain data, the digest of its bytes in place of every blob's number."""
        match msgspec.to_builtins(value):
            case {"type": "array", "blob": int(blob), **rest}:
                return {**rest, "blob": digest(self.blobs[blob])}
            case dict(pairs):
                return {key: self._with_bytes(one) for key, one in pairs.items()}
            case list(items) | tuple(items):
                return [self._with_bytes(one) for one in items]
            case plain:
                return plain


def asked_name(probe: Probe) -> str:
    """Return the name of the notebook's that a probe asks for; empty where it asks for a cell."""
    match probe:
        case SourceProbe() | PrintedProbe() | FigureProbe():
            return ""
        case CallProbe(function=name) | TrainedByProbe(function=name):
            return name
        case _:
            return probe.name


# --- What is handed in ------------------------------------------------------------------------------------------------


class Repair(Record, frozen=True):
    """One thing mended so that a notebook could be graded: kept with the evidence, said to its student."""

    kind: RepairKind
    """chosen: one notebook of several · edition: most of its cells are not the assignment's · kernel: of another
    language · large-file: too large to be laid out
    · given-file: a file handed out had been changed · returned: a cell of the course was gone
    · reset: it had been changed · moved: it was out of its place · recognised: it had lost its id · retyped: an answer
    was not code · copied: an id was there twice · split, merged: an answer in several cells, several cells in one
    · command, path, module, input: what works on another computer only · sample: it is written for more examples than
    a stand-in holds."""
    cell: str = ""
    """nbgrader's grade_id, or empty."""
    index: int | None = None
    """Position of the cell in the notebook as run, from 0; None for the notebook as a whole."""
    detail: str = ""


class TextCell(Record, frozen=True):
    """One cell that is not code."""

    index: int
    """Position in the notebook, from 0, code cells counted."""
    id: str
    """nbgrader's grade_id, or empty."""
    source: str
    kind: Literal["markdown", "raw"] = "markdown"


class Picture(Record, tag="picture", frozen=True):
    """What a notebook shows, for somebody who looks at it. Its file stands beside it."""

    cell: int
    """Position of its cell in the notebook, from 0."""
    kind: PictureKind = "image/png"
    name: str = ""
    """Of an attachment of a text cell; empty: an output of a code cell."""


@dataclass(frozen=True)
class Submission:
    """One student's notebook, rebuilt on the release: locked cells from the release, answers from the student."""

    student: str
    digest: str
    """Of the bytes handed in."""
    cells: tuple[Cell, ...] = ()
    sources: Mapping[str, str] = field(default_factory=dict)
    """Answer cells as handed in, by id."""
    repairs: tuple[Repair, ...] = ()
    """In the notebook's order, those of the notebook as a whole first."""
    fault: Fault | None = None
    """Why there is nothing to run."""
    texts: tuple[TextCell, ...] = ()
    """The cells between those of `cells` that are not code."""
    attached: tuple[tuple[Picture, bytes], ...] = ()
    """The pictures that the texts show, where somebody is to look at them."""
    files: Mapping[str, Path] = field(default_factory=dict)
    """Files handed in beside the notebook, by the path they have there: read when the exam is held."""
    given: frozenset[str] = frozenset()
    """Those of them that are the course's: no student chose where they lie on this machine."""


# --- What it is worth -------------------------------------------------------------------------------------------------


class Outcome(Record, frozen=True):
    """One check's verdict."""

    name: str
    question: str
    title: str
    status: CheckStatus
    weight: float
    message: str = ""
    kind: CheckKind = "check"


@dataclass(frozen=True)
class QuestionGrade:
    """One question's points and the outcomes they come from."""

    id: str
    score: float
    max_score: float
    """0 for a question that is worth none, and for a bonus."""
    outcomes: tuple[Outcome, ...]
    by_hand: bool = False
    """Whether somebody gave its score: a mark in nbgrader's gradebook."""
    extra_credit: float = 0.0
    """What somebody gave on top, part of the score."""
    comment: str = ""
    """What somebody wrote to the student."""

    @property
    def awaits(self) -> bool:
        """Whether it is to be marked by hand."""
        return any(one.kind == "hand" and one.status == "ungraded" for one in self.outcomes)

    @property
    def awaiting(self) -> float:
        """The points that somebody is still to give, or not."""
        return self.max_score if self.awaits else 0.0


@dataclass(frozen=True)
class HandMark:
    """What somebody gave for a question in nbgrader's gradebook."""

    score: float | None = None
    """In place of the automatic score; None: nothing."""
    extra_credit: float = 0.0
    comment: str = ""


class TrainingUse(Record, frozen=True):
    """The trainings a grade rests on, of one network under one recipe."""

    probe: str
    recipe: str
    signature: str
    seeds: list[int]
    device: str
    data: str
    data_digest: str
    stand_in: bool
    versions: dict[str, str]
    backend: str = "tensorflow"
    """What Keras ran on, by its name."""


WAITING = "handed in, not graded yet: run `autograder grade`"
"""Of a grade that there is not: nothing is known of it, and it is no zero."""


@dataclass(frozen=True)
class Grade:
    """One submission's points."""

    student: str
    assignment: str
    status: SubmissionStatus
    questions: tuple[QuestionGrade, ...]
    isolation: str = ""
    device: str = ""
    seconds: float = 0.0
    submission: str = ""
    attempt: int = 1
    fault: str = ""
    """Why it is not whole, in one sentence for the instructor."""
    trainings: tuple[TrainingUse, ...] = ()
    stand_ins: tuple[str, ...] = ()
    """Data sets that were served by stand-ins."""
    language: str = ""
    """Of its messages; empty where it has none, or is older than this field."""

    @property
    def score(self) -> float:
        return round(sum(question.score for question in self.questions), 4)

    @property
    def max_score(self) -> float:
        return round(sum(question.max_score for question in self.questions), 4)

    @property
    def waits(self) -> bool:
        """Whether something was handed in and nobody has graded it yet."""
        return self.status == "ungraded" and self.fault == WAITING

    @property
    def awaiting(self) -> float:
        """Points that are still to be given by hand, or not."""
        return round(sum(one.awaiting for one in self.questions), 4) if self.status == "graded" else 0.0
