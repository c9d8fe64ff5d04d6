"""All that the page of a class shows, gathered from stored grades, evidence and trainings. Runs nothing."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

from autograder.evidence import Exam, load_evidence
from autograder.judge.places import Places
from autograder.paths import Paths
from autograder.records import Grade, TrainingUse
from autograder.report import architectures, items, misses
from autograder.report.architectures import Architecture, Architectures, NetworkTrainings
from autograder.report.illustrations import Bars
from autograder.report.items import QuestionItem
from autograder.report.misses import Miss
from autograder.report.repairs import repair_sentences
from autograder.report.runs import StoredRuns, stored_runs
from autograder.report.unnamed import Unnamed, unnamed_network
from autograder.wire import codec
from autograder.wire.messages import Network

BINS = 10
"""Bars of the distribution of scores."""


@dataclass(frozen=True)
class StudentRow:
    """One row of the class."""

    name: str
    grade: Grade
    score: float
    """Points, less what lateness took."""
    late: timedelta
    page: str
    """Where their feedback page is, from the class's; empty: there is none."""
    repairs: tuple[str, ...]
    """What was mended before grading, in sentences."""


@dataclass(frozen=True)
class RecipeRow:
    """The trainings of one recipe, over the class."""

    name: str
    data: str
    stand_in: bool
    networks: int
    submissions: int
    trainings: int
    seconds: float
    """All of them together."""
    scores: tuple[tuple[str, float, float, float], ...]
    """Metric, lowest, median and highest score."""


@dataclass(frozen=True)
class Bin:
    """One bar of the distribution."""

    start: float
    end: float
    count: int


@dataclass(frozen=True)
class ClassReport:
    """One class."""

    students: tuple[StudentRow, ...]
    max_score: float
    distribution: tuple[Bin, ...]
    questions: tuple[QuestionItem, ...]
    misses: tuple[Miss, ...]
    architectures: tuple[Architectures, ...]
    recipes: tuple[RecipeRow, ...]
    unread: tuple[str, ...] = ()
    """Students whose evidence could not be read: what they made is not in the figures of networks and times."""

    @property
    def graded(self) -> list[StudentRow]:
        return [one for one in self.students if one.grade.status == "graded"]


@dataclass(frozen=True)
class ReportInputs:
    """What a report is made of."""

    paths: Paths
    assignment: str
    notebooks: Mapping[str, str]
    """Its notebooks' names, by the key that their evidence is kept under."""
    language: str
    bars: Bars = field(default_factory=dict)


@dataclass(frozen=True)
class _Read:
    exam: Exam
    networks: Mapping[str, Network]


def gather(
    asked: ReportInputs,
    grades: Sequence[Grade],
    penalties: Mapping[str, float],
    late: Mapping[str, timedelta],
) -> ClassReport:
    """Return the report of a class, from its grades. `penalties` are the points lateness took, `late` by how much."""
    read, unread = _evidence(asked, grades)
    runs = stored_runs(asked.paths)
    graded = [one for one in grades if one.status == "graded"]
    exams = {student: parts[0].exam for student, parts in read.items() if len(parts) == 1}
    networks = {
        student: {name: network for part in parts for name, network in part.networks.items()}
        for student, parts in read.items()
    }
    trained = {(grade.student, use.probe): [_trained(use, runs, asked)] for grade in graded for use in grade.trainings}
    return ClassReport(
        students=tuple(_student(asked, one, penalties, late, read.get(one.student, ())) for one in grades),
        max_score=max((one.max_score for one in graded), default=0.0),
        distribution=tuple(_bins(graded, penalties)),
        questions=items.analyse(grades, exams),
        misses=misses.group(graded, asked.language),
        architectures=architectures.group(networks, _reference(asked), trained, asked.language),
        recipes=tuple(_recipes(graded, runs)),
        unread=tuple(unread),
    )


def anonymous(report: ClassReport, called: Mapping[str, Iterable[str]] | None = None) -> ClassReport:
    """Return a report without names: students are numbered, in another order each time.

    `called` is what else they are known by.
    """
    known = {one.name: (called or {}).get(one.name, ()) for one in report.students}
    class_ = Unnamed(known)
    alias, hide, number = class_.alias, class_.hide_all, class_.numbers

    def student(one: StudentRow) -> StudentRow:
        grade = replace(one.grade, student=alias[one.name], fault=class_.hide(one.grade.fault))
        return replace(one, name=alias[one.name], grade=grade, page="", repairs=hide(one.repairs))

    def miss(one: Miss) -> Miss:
        return replace(one, said=hide(one.said), examples=hide(one.examples), students=number(one.students))

    def group(one: Architecture) -> Architecture:
        network = unnamed_network(one.network, class_.hide)
        told = class_.hide(one.difference)
        return replace(one, network=network, difference=told, students=number(one.students))

    def found(one: Architectures) -> Architectures:
        return replace(one, groups=tuple(map(group, one.groups)))

    return replace(
        report,
        students=tuple(sorted(map(student, report.students), key=lambda one: one.name)),
        misses=tuple(map(miss, report.misses)),
        architectures=tuple(map(found, report.architectures)),
        unread=number(report.unread),
    )


def _evidence(asked: ReportInputs, grades: Sequence[Grade]) -> tuple[dict[str, list[_Read]], list[str]]:
    """What the rooms brought back, by student, of what was graded; and whose could not be read."""
    found: dict[str, list[_Read]] = {}
    unread = []
    for grade in grades:
        if grade.status != "graded":
            continue
        for key in asked.notebooks:
            try:
                evidence = load_evidence(asked.paths.evidence(key, grade.student))
                found.setdefault(grade.student, []).append(_Read(evidence.exam, architectures.networks_of(evidence)))
            except (OSError, codec.WireError):
                unread.append(grade.student)
    return found, list(dict.fromkeys(unread))


def _reference(asked: ReportInputs) -> dict[str, Network]:
    found: dict[str, Network] = {}
    for key in asked.notebooks:
        try:
            found |= architectures.networks_of(load_evidence(asked.paths.reference(key)))
        except (OSError, codec.WireError):
            continue
    return found


def _student(
    asked: ReportInputs,
    grade: Grade,
    penalties: Mapping[str, float],
    late: Mapping[str, timedelta],
    read: Sequence[_Read],
) -> StudentRow:
    pages = (asked.paths.feedback(asked.assignment, grade.student, name) for name in asked.notebooks.values())
    page = next((one for one in pages if one.is_file()), None)
    home = asked.paths.class_report(asked.assignment).parent
    repairs = [text for one in read for text in repair_sentences(one.exam.repairs, asked.language, Places(one.exam))]
    return StudentRow(
        name=grade.student,
        grade=grade,
        score=grade.score - penalties.get(grade.student, 0.0),
        late=late.get(grade.student, timedelta()),
        page=Path(os.path.relpath(page, home)).as_posix() if page else "",
        repairs=tuple(repairs),
    )


def _bins(grades: Sequence[Grade], penalties: Mapping[str, float]) -> Iterator[Bin]:
    most = max((one.max_score for one in grades), default=0.0)
    if not most:
        return
    scores = [one.score - penalties.get(one.student, 0.0) for one in grades]
    places = [min(int(BINS * max(score, 0.0) / most), BINS - 1) for score in scores]
    for at in range(BINS):
        yield Bin(most * at / BINS, most * (at + 1) / BINS, places.count(at))


# --- Trainings --------------------------------------------------------------------------------------------------------


def _trained(use: TrainingUse, runs: StoredRuns, asked: ReportInputs) -> NetworkTrainings:
    return NetworkTrainings(use.recipe, runs.of(use), asked.bars.get((use.recipe, use.probe, use.device), {}))


def _recipes(grades: Sequence[Grade], runs: StoredRuns) -> Iterator[RecipeRow]:
    uses = [(grade.student, use) for grade in grades for use in grade.trainings]
    for name in dict.fromkeys(use.recipe for _, use in uses):
        mine = [(student, use) for student, use in uses if use.recipe == name]
        kept = {run.key: run for _, use in mine for run in runs.of(use)}.values()
        metrics = dict.fromkeys(metric for run in kept for metric in run.scores)
        yield RecipeRow(
            name=name,
            data=mine[0][1].data,
            stand_in=mine[0][1].stand_in,
            networks=len({use.signature for _, use in mine}),
            submissions=len({student for student, _ in mine}),
            trainings=len(kept),
            seconds=sum(run.seconds for run in kept),
            scores=tuple(
                (metric, *_spread([score for run in kept if (score := run.scores.get(metric)) is not None]))
                for metric in metrics
                if any(run.scores.get(metric) is not None for run in kept)
            ),
        )


def _spread(scores: Sequence[float]) -> tuple[float, float, float]:
    ordered = sorted(scores)
    return ordered[0], ordered[len(ordered) // 2], ordered[-1]
