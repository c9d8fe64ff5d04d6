"""Every mutant through the line, as a submission is: the same engine, rooms and judge. Nothing is stored."""

from __future__ import annotations

import math
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import msgspec

from autograder.assessment import Assessment, Assessor, assess_to_the_end
from autograder.assignment import SourceNotebook
from autograder.data.lengths import repeated
from autograder.engine import Result
from autograder.errors import CourseError, GraderError, Problem, cause_of
from autograder.evidence import Evidence
from autograder.intake import as_submission
from autograder.judge.doubted import compared_by_numbers
from autograder.mutate.behaviour import Behaviour, behaviour_of, differences
from autograder.mutate.flow import Flow
from autograder.mutate.fresh import with_fresh
from autograder.mutate.harmless import read_harmless
from autograder.mutate.part import ExamPart, Parts
from autograder.mutate.places import Mutant, choose, derive
from autograder.mutate.reach import Reach
from autograder.records import Outcome, Plan
from autograder.remarks import cut_short
from autograder.sandbox.exam import Order
from autograder.session import Session
from autograder.wire.messages import Fault, FitCap, TrainedByProbe

Fate = Literal["killed", "equivalent", "survived", "harmless", "stillborn", "untold", "ungraded"]
"""killed: it costs points · equivalent: it behaves as the solution does · survived: it earns every point though it
behaves otherwise, or nothing looks · harmless: so it does, and a lecturer has found it right · stillborn: nobody would
hand it in, a name in it is not defined · untold: only a training could tell · ungraded: a fault of ours."""
STILLBORN = ("NameError", "UnboundLocalError", "SyntaxError", "IndentationError")
LOST = ("failed", "errored")
SHORT = FitCap(epoch_steps=1, seconds=5.0)
"""What `fit` may do where nobody asks what is learnt, and the course sets no limit: every epoch is there, and a network
that trains in each of sixty rooms costs hardly more than one that does not."""
LIVING: tuple[Fate, ...] = ("equivalent", "survived", "untold")
"""What a part of an exam does not settle."""


@dataclass(frozen=True)
class MutantVerdict:
    """What became of one mutant."""

    mutant: Mutant
    fate: Fate
    why: str = ""
    """Of a survivor: where it behaves otherwise; of one harmless: the reason; of one ungraded: what kept us from it."""
    elsewhere: tuple[str, ...] = ()
    """Questions in which it costs points and which use nothing that it changes."""
    missed: bool = False
    """Whether it costs points in other questions alone, and none in its own."""


@dataclass(frozen=True)
class Choice:
    """Which mutants to take through the line."""

    most: int
    seed: int = 0
    trainings: bool = False
    """Whether networks are trained where checks ask for it, and training functions called."""
    seconds: float = math.inf
    """After which no further mutant is begun."""


def mutate(session: Session, choice: Choice) -> Iterator[MutantVerdict]:
    """Yield what becomes of each mutant chosen, in the order in which they end; of those begun in time, where
    `choice.seconds` are over first.

    Raises CourseError where the course is broken, or its own solution does not earn every point; GraderError where we
    could not find out.
    """
    session.engine.start()
    mutants = choose(derive(session.source), choice.most, choice.seed)
    line = _Line(session, choice)
    try:
        yield from line.through(mutants)
    finally:
        shutil.rmtree(line.reference.parent, ignore_errors=True)


@dataclass(frozen=True)
class _Ground:
    """What mutants of one cell are examined in, and what the solution shows there."""

    part: ExamPart
    behaviour: Behaviour


class _Line:
    """The line as mutants go through it, and what they are compared with."""

    def __init__(self, session: Session, choice: Choice) -> None:
        self._source, self._settings = session.source, session.settings
        self._assessor: Assessor = session.assessor
        self._engine = session.engine
        self._trainings = choice.trainings
        self.reference = self._path("solution")
        """Evidence of the solution."""
        asked = self._assessor.scorer.plan
        self._plan, self._origins = with_fresh(asked if choice.trainings else _without_trainings(asked))
        self._flow = Flow(self._source)
        self._reach = Reach(self._source, asked, self._flow)
        self._harmless = read_harmless(self._source).reasons
        self._grounds: dict[int, _Ground] = {}
        self._touched: dict[int, ExamPart] = {}
        """By cell, what of the whole exam a change in it can touch."""
        self._sampled: frozenset[str] | None = None
        """Probes whose networks are run as well as read, as the line has it; None: all, of the solution's."""
        self._end = time.monotonic() + choice.seconds
        self._limits = self._settings.limits
        self._at_length = False
        """Whether the solution is written for its sets' true length."""

    def through(self, mutants: Sequence[Mutant]) -> Iterator[MutantVerdict]:
        """Yield a verdict of each. One that lives in its part of the exam is examined whole before it is said to.

        Whether it behaves otherwise is as the part shows it, where nothing was drawn for what it does not touch.
        """
        self._examine_solution()
        self._examine_parts(sorted({mutant.cell for mutant in mutants}))
        living: dict[str, MutantVerdict] = {}
        for verdict in self._examine_mutants(mutants, self._grounds):
            if verdict.fate in LIVING and self._grounds[verdict.mutant.cell] is not self._whole_ground:
                living[verdict.mutant.id] = verdict
            else:
                yield self._marked(verdict)
        for verdict in self._examine_mutants([one.mutant for one in living.values()], {}):
            yield self._marked(living[verdict.mutant.id] if verdict.fate in LIVING else verdict)

    def _examine_mutants(self, mutants: Sequence[Mutant], grounds: Mapping[int, _Ground]) -> Iterator[MutantVerdict]:
        """Examine mutants, each on the ground of its cell, as long as there is time; whole, where there is none: those
        were begun."""
        by_number = {str(number): mutant for number, mutant in enumerate(mutants)}
        on = {number: grounds.get(mutant.cell, self._whole_ground) for number, mutant in by_number.items()}
        orders = (
            on[number].part.of(self._order(mutant.of(self._source), number))
            for number, mutant in by_number.items()
            if not grounds or time.monotonic() < self._end
        )
        for result in self._engine.examine(orders):
            number = result.order.submission.student
            try:
                if result.evidence is None:
                    raise result.error or GraderError("an exam gave no evidence")
                yield self._verdict(by_number[number], on[number], result.order, result.evidence)
            except Exception as error:  # ours, whatever it is, and of one mutant alone
                yield MutantVerdict(by_number[number], "ungraded", cause_of(error))

    def _marked(self, verdict: MutantVerdict) -> MutantVerdict:
        reason = self._harmless.get(verdict.mutant.id)
        return replace(verdict, fate="harmless", why=reason) if reason and verdict.fate == "survived" else verdict

    def _path(self, name: str) -> Path:
        return self._source.paths.mutant(self._source.key, name)

    def _order(self, source: SourceNotebook, name: str) -> Order:
        submission = replace(as_submission(source, self._settings, source.notebook), student=name)
        ordered = self._assessor.order(submission)
        longer = repeated(ordered.sets) if self._at_length else {}
        sampled = frozenset(self._plan.probes) if self._sampled is None else self._sampled
        return replace(ordered, plan=self._plan, limits=self._limits, repeated=longer, sampled=sampled)

    def _examine_solution(self) -> None:
        """Examine the solution twice: what is not twice the same says nothing. Its points must all be there."""
        if not self._trainings and self._limits.fit == FitCap():  # nobody has said what is enough
            self._limits = msgspec.structs.replace(self._limits, fit=SHORT)
        lost = self._lost_by_solution()
        if lost and self._limits != self._settings.limits:  # its points hang on what it learns
            self._limits = self._settings.limits
            lost = self._lost_by_solution()
        self._sampled = compared_by_numbers(self.reference)
        if lost:
            shown = self._source.paths.shown(self._source.path)
            text = f"the solution does not earn every point: run `autograder validate {self._source.name}`"
            raise CourseError([Problem(shown, 0, lost[0], text)])

    def _lost_by_solution(self) -> list[str]:
        """What costs the solution points, once it has been examined."""
        orders = [self._order(self._source, name) for name in ("solution", "again")]
        found = [_evidence(result) for result in self._engine.examine(orders)]
        first, second = map(behaviour_of, found)
        asked = self._origins.keys() & self._plan.probes.keys()
        dropped = {name for name in asked if isinstance(first.answers[name][0], Fault)}
        kept = {name: probe for name, probe in self._plan.probes.items() if name not in dropped}
        self._plan = replace(self._plan, probes=kept)
        self._unstable = {*dropped, *differences(first, second)}
        self._solution: Behaviour = first
        self._whole = found[0]
        self._at_length = self._whole.exam.at_length
        found[0].save(self.reference)
        return self._lost(orders[0], self.reference)

    def _examine_parts(self, cells: Sequence[int]) -> None:
        """Examine the solution in the part that each of these cells touches. Where it does not earn every point so,
        something was left out that it rests on, and mutants of that cell are examined whole."""
        parts = Parts(self._source, self._plan, self._flow)
        self._whole_ground = _Ground(parts.whole, self._solution)
        self._touched = {cell: parts.touched_by(cell) for cell in cells}
        orders = [part.of(self._order(self._source, str(cell))) for cell, part in self._touched.items()]
        for result in self._engine.examine(orders):
            cell, path = int(result.order.submission.student), self._path(result.order.submission.student)
            self._grounds[cell] = self._whole_ground
            if result.evidence is None or cut_short(result.evidence):
                continue
            evidence = self._touched[cell].within(self._whole, result.evidence)
            evidence.save(path)
            if not self._lost(result.order, path):
                self._grounds[cell] = _Ground(self._touched[cell], behaviour_of(evidence))
            path.unlink()

    def _lost(self, order: Order, path: Path) -> list[str]:
        """What costs points in evidence."""
        return [one.title for one in _outcomes(self._assess(order, path)) if one.status in LOST]

    def _assess(self, order: Order, path: Path) -> Assessment:
        if self._trainings:
            return assess_to_the_end(self._assessor, self._engine, order.submission, path, self.reference)
        return self._assessor.assess(order.submission, path, reference=self.reference, hidden=False)

    def _verdict(self, mutant: Mutant, ground: _Ground, order: Order, found: Evidence) -> MutantVerdict:
        evidence = ground.part.within(self._whole, found)
        behaviour = behaviour_of(evidence)
        if _is_stillborn(mutant, evidence, behaviour):
            return MutantVerdict(mutant, "stillborn")
        path = self._path(order.submission.student)
        evidence.save(path)
        try:
            assessed = self._assess(order, path)
        finally:
            path.unlink()
        lost = {one.question for one in _outcomes(assessed) if one.status in LOST}
        if lost:
            elsewhere = tuple(sorted(one for one in lost - {mutant.question} if not self._reach.leads(mutant, one)))
            return MutantVerdict(mutant, "killed", elsewhere=elsewhere, missed=mutant.question not in lost)
        return self._living(mutant, assessed, ground, behaviour)

    def _living(self, mutant: Mutant, found: Assessment, ground: _Ground, behaviour: Behaviour) -> MutantVerdict:
        """What to say of a mutant that earns every point there is to earn."""
        if found.broken:
            name, text = next(iter(found.broken.items()))
            return MutantVerdict(mutant, "survived", f"check {name} gives no verdict: {text}")
        if found.notes.doubted:
            why = f"{found.notes.doubted[0]} reads as the solution's network and computes something else"
            return MutantVerdict(mutant, "survived", why)
        if mutant.operator.luck:
            return MutantVerdict(mutant, "equivalent")
        touched = self._touched[mutant.cell]
        here, there = (one.of(touched.probes, touched.shows) for one in (ground.behaviour, behaviour))
        where = [one for one in differences(here, there) if one not in self._unstable]
        if not self._trainings and (self._reach.trains(mutant) or set(where) & set(self._assessor.scorer.probes)):
            return MutantVerdict(mutant, "untold")
        if where:
            return MutantVerdict(mutant, "survived", _said(where[0], self._origins))
        if not self._reach.asked(mutant):
            return MutantVerdict(mutant, "survived", "no probe asks for what it changes")
        return MutantVerdict(mutant, "equivalent")


def _said(where: str, origins: dict[str, str]) -> str:
    if where in origins:
        return f"it answers otherwise to {where}: no check gives such"
    return f"it differs in {where}, which no check looks at"


def _without_trainings(plan: Plan) -> Plan:
    """A plan that asks for no training function: those train in the exam's own room."""
    asked = {name: probe for name, probe in plan.probes.items() if not isinstance(probe, TrainedByProbe)}
    return replace(plan, probes=asked)


def _evidence(result: Result) -> Evidence:
    evidence = result.evidence
    if evidence is None:
        raise result.error or GraderError("the solution's exam gave no evidence")
    if stopped := cut_short(evidence):
        raise GraderError(f"the solution does not run to its end: {stopped[1].kind} at {stopped[0]}")
    return evidence


def _outcomes(found: Assessment) -> Iterator[Outcome]:
    for question in found.questions:
        yield from question.outcomes


def _is_stillborn(mutant: Mutant, evidence: Evidence, behaviour: Behaviour) -> bool:
    """Whether a name in what was changed is not defined: whoever runs the cell once sees it."""
    faults = [record.run.fault for record in evidence.exam.cells if record.run and record.run.fault]
    faults += [answer for answer, _ in behaviour.answers.values() if isinstance(answer, Fault)]
    return any(fault.error in STILLBORN and fault.frames and fault.frames[-1].cell == mutant.cell for fault in faults)
