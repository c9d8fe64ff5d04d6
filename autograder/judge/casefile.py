"""What the probes of a checks file are answered from: the evidence of one case, beside the solution's."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import msgspec

from autograder.evidence import Evidence
from autograder.judge.causes import Causes
from autograder.judge.channel import TrainingCase
from autograder.judge.declare import step_name
from autograder.judge.lacks import Lack
from autograder.judge.message import CheckFailed, Mismatch
from autograder.judge.redacted import redacted
from autograder.judge.trainings import Predictions, Training
from autograder.judge.values import Answers, NoAnswer, describe, form, to_value
from autograder.locale import phrase
from autograder.records import asked_name
from autograder.wire import codec
from autograder.wire.messages import (
    Answer,
    Array,
    Artifact,
    Fault,
    ModelProbe,
    Network,
    ObjectProbe,
    PredictionsProbe,
    PrintedProbe,
    Probe,
    SourceProbe,
    Steps,
    Text,
    TrainedByProbe,
    TrainedProbe,
)

Told = tuple[Answer, list[bytes]]


class Unasked(Exception):
    """A check needs the answer to a probe that the exam was not asked."""

    def __init__(self, probe: str) -> None:
        super().__init__(probe)
        self.probe = probe


class CaseFile:
    """The evidence of the case in hand, beside the solution's."""

    def __init__(
        self,
        evidence: Evidence,
        reference: Evidence | None,
        trainings: Mapping[str, TrainingCase],
        blobs: list[bytes],
        unasked: Collection[str] = (),
        absent: Collection[str] = (),
    ) -> None:
        """`trainings` are those of the probes that are judged by a score; `blobs` hold the labels of hidden sets.

        The evidence says nothing of the probes that are `unasked`. `absent` is what this machine lacks, and ought not.
        """
        self._unasked = unasked
        self.exam = evidence.exam
        self.causes = Causes(evidence.exam, reference.exam if reference else None, absent)
        self._answers = evidence.answers()
        self._reference = reference.answers() if reference else {}
        self._trainings = trainings
        self._blobs = blobs
        self.odd: list[tuple[Artifact, Artifact]] = []
        """Answers asked for that are of another form than the solution's, which comes second."""
        self.given: list[Any] = []
        """The values that the check in hand asked for."""
        self.remarks: list[Mismatch] = []
        """What to tell of the check in hand should it pass."""
        self.asked: dict[str, bool] = {}
        """Names of the notebook's that the check in hand asks for, and whether as a network's making alone."""
        self.borrowed = ""
        """A probe that the check in hand asks for, whose trainings are of a network that was written otherwise."""
        self.lack: Lack | None = None
        """What this machine lacks, where the check in hand has no answer for want of it."""
        self.lack_told: Lack | None = None
        """The same as students are told of it."""

    def start(self) -> None:
        """A check starts: it has asked for nothing."""
        for kept in (self.odd, self.given, self.remarks, self.asked):
            kept.clear()
        self.borrowed, self.lack, self.lack_told = "", None, None

    def value(self, name: str, probe: Probe) -> Any:
        """Return the answer to a probe as a check sees it. Raise NoAnswer where there is none, Unasked."""
        if name in self._unasked:
            raise Unasked(name)
        if asked := asked_name(probe):
            making = isinstance(probe, ModelProbe | TrainedProbe)
            self.asked[asked] = making and self.asked.pop(asked, True)
        answer, blobs = self._answer(name, probe)
        if isinstance(answer, Fault):
            own = name in self._answers
            root = self.causes.root(answer, self.causes.stopped_at(answer))
            self.lack = self.lack_told = self.causes.lack(root)
            if own and root is answer and self.lack and not self._stands_in_a_cell(self.lack.name):
                self.lack_told = replace(self.lack, name="…")  # it may hold what the function was called with
            raise NoAnswer(redacted(answer, probe, self.exam.cells) if own else answer)
        if isinstance(probe, TrainedProbe | TrainedByProbe | PredictionsProbe):
            return self._scored(name, probe, answer, blobs)
        wanted = self._reference.get(name, (None, []))[0]
        if isinstance(probe, ObjectProbe):
            return self._steps(probe, answer, blobs, wanted)
        return self._read(answer, blobs, wanted)

    def _read(self, answer: Artifact, blobs: list[bytes], wanted: Answer | None) -> Any:
        if wanted is not None and not isinstance(wanted, Fault) and form(wanted) != form(answer):
            self.odd.append((answer, wanted))
        with _the_students():
            value = to_value(answer, blobs, None if isinstance(wanted, Fault) else wanted)
        self.given.append(value)
        return value

    def _steps(self, probe: ObjectProbe, answer: Artifact, blobs: list[bytes], wanted: Answer | None) -> Answers:
        if not isinstance(answer, Steps):
            raise NoAnswer(Fault(kind="unread", message="no answers of an object"))
        due = wanted.results if isinstance(wanted, Steps) else []
        said = [redacted(one, probe, self.exam.cells) if isinstance(one, Fault) else one for one in answer.results]

        def read(place: int) -> Any:
            result = answer.results[place]
            assert not isinstance(result, Fault)
            return self._read(result, blobs, due[place] if place < len(due) else None)

        told = msgspec.structs.replace(answer, results=said)
        return Answers(told, [step_name(step) for step in probe.then], read)

    def _stands_in_a_cell(self, name: str) -> bool:
        return any(name in record.cell.source for record in self.exam.cells)

    def _scored(
        self,
        name: str,
        probe: TrainedProbe | TrainedByProbe | PredictionsProbe,
        answer: Artifact,
        blobs: list[bytes],
    ) -> Training | Predictions:
        case = self._trainings.get(name)
        if case is None:
            raise LookupError(f"nothing is known of the recipe {probe.recipe!r}: judge with `autograder judge`")
        if isinstance(probe, TrainedProbe):
            if not isinstance(answer, Network):
                raise CheckFailed(Mismatch(received=describe(answer), expected=phrase("a network")))
            self.borrowed = name if case.borrowed else self.borrowed
            return Training(name, answer, case, self.remarks)
        if not isinstance(answer, Array) or case.labels is None:
            raise CheckFailed(Mismatch(received=describe(answer), expected=phrase("an array of predictions")))
        labels = codec.array_value(case.labels, self._blobs)
        with _the_students():
            return Predictions(codec.array_value(answer, blobs), labels, case, self.remarks)

    def _answer(self, name: str, probe: Probe) -> tuple[Answer, list[bytes]]:
        match probe:
            case SourceProbe(cell):
                return self._source(cell), []
            case PrintedProbe(cell):
                return self._printed(cell), []
        if name in self._answers:
            return self._answers[name]
        if self.exam.fault is None:
            raise codec.WireError(f"the evidence holds no answer to {name}: grade again")
        return self.exam.fault, []

    def _source(self, cell: str) -> Answer:
        if cell in self.exam.sources:
            return Text(self.exam.sources[cell], len(self.exam.sources[cell]))
        return self.exam.fault or Fault(kind="raised", error="NotImplementedError")  # as its stub, put back, would say

    def _printed(self, cell: str) -> Answer:
        run = next((record.run for record in self.exam.cells if record.cell.id == cell), None)
        if run is None:
            return self.exam.fault or Fault(kind="missing", error=cell)
        return run.fault or Text(run.stdout, run.output_length)


@contextmanager
def _the_students() -> Iterator[None]:
    """A room that sends arrays which do not hold together is the student's."""
    try:
        yield
    except codec.WireError as error:
        raise NoAnswer(Fault(kind="unread", message=str(error))) from error
