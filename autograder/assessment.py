"""Exams ordered, and what their evidence is worth: the judge's outcomes, trainings and points of one submission."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property, lru_cache
from pathlib import Path

import msgspec

from autograder.assignment import Assignment, imports_of
from autograder.coherence import plan_problems, unmarked
from autograder.course_python import environment_of
from autograder.data.course_shelf import course_shelf
from autograder.engine import Engine, Trained
from autograder.errors import CourseError, GraderError
from autograder.evidence import Evidence, Exam, libraries, load_evidence, load_exam
from autograder.grades import grade_questions, is_ours
from autograder.intake import handed_out
from autograder.judge.causes import Causes
from autograder.judge.channel import Case, Judged
from autograder.judge.doubted import doubted
from autograder.judge.judges import Judges
from autograder.judge.lacks import lack_of, looks_own, say_lack, truly_absent
from autograder.judge.process import Judge
from autograder.notebook.metadata import role_of
from autograder.recipes import Profile
from autograder.records import Outcome, QuestionGrade, Submission, TrainingUse, digest
from autograder.release import read_release
from autograder.remarks import STOPS, Notes, faults_of, stumbles
from autograder.sandbox.environment import Environment
from autograder.sandbox.exam import Order
from autograder.training.job import Job
from autograder.training.scorer import Scorer
from autograder.wire.messages import Fault

NOTHING: Mapping[str, Sequence[Outcome]] = {}
Mistaken = Mapping[tuple[str, str], str]
"""What is wrong with checks, by name and by the status that nobody pays for."""
NO_MISTAKES: Mistaken = {}
HOW: Mapping[str, str] = {"failed": "fails", "errored": "has no answer"}
"""What a check does that is wrong itself, by the status that the solution has."""


@dataclass(frozen=True)
class Assessment:
    """What one evidence file is worth, with the trainings there are."""

    exam: Exam
    questions: tuple[QuestionGrade, ...]
    ours: str
    """What the instructor should know of faults that are not the student's; empty: none."""
    broken: Mapping[str, str]
    """Of the same, what is wrong with which check."""
    wants: tuple[Job, ...]
    """Trainings without which some of its checks cannot tell."""
    unasked: tuple[str, ...]
    """Probes that it must be asked before some of its checks can tell."""
    kept: tuple[str, ...]
    """Questions for which what was found before stands."""
    uses: tuple[TrainingUse, ...]
    notes: Notes


class Assessor:
    """Orders exams of one assignment under one profile, and says what their evidence is worth."""

    def __init__(
        self,
        assignment: Assignment,
        judge: Judge | Judges,
        profile: Profile,
        isolation: str = "",
        *,
        unfinished: bool = False,
        judging: bool = False,
    ) -> None:
        """`isolation` is the wall of the exams to come; `unfinished` lets recipes have no threshold yet, and
        questions no check.

        `judging`: no exam is to come, and those that were held are older than what is installed now.

        Raises CourseError where checks, notebook and recipes do not fit each other, DataError for a set that is not
        whole.
        """
        self.source, self.course, self.settings = assignment.source, assignment.course, assignment.settings
        self._judge = judge
        self.isolation = isolation
        self._judging = judging
        problems = list(plan_problems(self.source, self.settings.recipes, judge.plan()))
        if problems := problems or ([] if unfinished else list(unmarked(self.source, judge.plan()))):
            raise CourseError(problems)
        shelf = course_shelf(assignment.stand_ins)
        self.scorer = Scorer(self.source, self.settings, shelf, judge.plan(), profile, calibrating=unfinished)
        self._counting = threading.Lock()
        self.judge_seconds = 0.0
        """Spent waiting for the judge, all cases together."""

    def order(self, submission: Submission, *, seed: int = 0) -> Order:
        """Return the exam to hold for a submission. Every submission has the same seed; calibration varies it."""
        settings = self.settings
        key = self.exam_key(submission)
        return Order(
            key,
            submission,
            self.scorer.plan,
            settings.limits,
            self.isolation,
            self.scorer.sets,
            seed,
            pictures=self.source.shows_pictures,
        )

    def order_solution(self, submission: Submission) -> Order:
        """Return the exam to hold for the solution: its networks are run, for others are compared with them."""
        order = self.order(submission)
        return replace(order, sampled=frozenset(order.plan.probes))

    def exam_key(self, submission: Submission) -> str:
        """Digest of all that evidence depends on: the code run, its files, what is asked, the limits, the libraries."""
        # Danger: what is left out here, and changes what a room answers, gives a student another's or an old answer.
        run = msgspec.json.encode([list(submission.cells), list(submission.repairs), self.settings.limits])
        sets = [one.digest for one in self.scorer.sets]
        if self.source.shows_pictures:
            sets.append("pictures")
        return digest(submission.digest, run, self.scorer.plan.digest, self._libraries, self._given, *sets)

    @cached_property
    def reading(self) -> str:
        """Digest of all that what is read of a student's files depends on, and what is then asked of it, but the files.

        The modules that read are part of it: what another edition of them would read is not what is stored.
        """
        one = self.source
        said: list[object] = [
            one.name,
            one.key,
            one.notebook_file,
            [other.stem for other in one.others],
            sorted(one.sibling_cells),
        ]
        said += [self.settings, one.keeps_gradebook, one.shows_pictures]
        release = (one.paths.release(one.name) / one.notebook_file).read_bytes()
        asked = [self.scorer.plan.digest, self._libraries, self._given, *(item.digest for item in self.scorer.sets)]
        return digest(msgspec.json.encode(said), release, _reading_rules(), *asked)

    def lacks_nothing(self, exam: Exam) -> bool:
        """Whether an exam asked for nothing that was not there."""
        return not any(map(lack_of, faults_of(exam)))

    @cached_property
    def _environment(self) -> Environment:
        """The rooms', which stored evidence is judged without: it may be another machine's."""
        return environment_of(self.source.paths, self.course, self.source.name)

    @cached_property
    def _libraries(self) -> str:
        return libraries(self._environment.versions)

    @cached_property
    def _given(self) -> str:
        """Digest of the files that students are given beside the notebook."""
        files = handed_out(self.source).items()
        return digest(*(part for name, path in files for part in (name.encode(), path.read_bytes())))

    @cached_property
    def _stubs(self) -> dict[str, str] | None:
        """Answers as they were handed out, where somebody marks by hand; None: nobody does."""
        if not self.source.keeps_gradebook:
            return None
        return {role_of(cell).id: cell.source for cell in read_release(self.source).cells}

    def unasked(self, exam: Exam) -> tuple[str, ...]:
        """Return the probes that an exam was not asked as they are now."""
        if exam.plan == self.scorer.plan.digest:
            return ()
        return tuple(name for name, asked in self.scorer.plan.asked.items() if exam.asked.get(name) != asked)

    def notes(self, submission: Submission, exam: Exam) -> Notes:
        """Return what the instructor should know of an exam, its answers unread."""
        return self._notes(faults_of(exam), submission)

    def _notes(self, faults: Iterable[Fault], submission: Submission) -> Notes:
        faults = list(faults)
        found = dict.fromkeys(lack for fault in faults if (lack := lack_of(fault)))
        beside = {name.partition("/")[0].removesuffix(".py") for name in submission.files}
        lacks = [lack for lack in found if truly_absent(lack, self._installed, self._course_modules, beside)]
        strays = [lack.name for lack in found if lack not in lacks and looks_own(lack.name)]
        kinds = {fault.kind for fault in faults}
        stops = tuple(stop for stop in STOPS if stop in kinds)
        return Notes(tuple(lacks), tuple(strays), stops, stumbled=stumbles(faults))

    def is_outlived(self, exam: Exam) -> bool:
        """Whether an exam wanted for a library that has been installed since."""
        lacks = (lack for fault in faults_of(exam) if (lack := lack_of(fault)))
        return any(lack.kind == "library" and lack.name in self._environment.importable for lack in lacks)

    @property
    def _installed(self) -> frozenset[str]:
        """What an exam could import: where old ones are judged, what is installed now says nothing of then."""
        return frozenset() if self._judging else self._environment.importable

    @cached_property
    def _course_modules(self) -> frozenset[str]:
        return frozenset(module.partition(".")[0] for module in imports_of(self.source.notebook))

    def _judged(self, case: Case, labels: list[bytes]) -> Sequence[Judged]:
        started = time.monotonic()
        try:
            return self._judge.judge(case, labels)
        finally:
            with self._counting:
                self.judge_seconds += time.monotonic() - started

    def assess(
        self,
        submission: Submission,
        path: Path,
        *,
        reference: Path | None,
        hidden: bool,
        before: Mapping[str, Sequence[Outcome]] = NOTHING,
        mistaken: Mistaken = NO_MISTAKES,
        evidence: Evidence | None = None,
    ) -> Assessment:
        """Judge a submission's evidence and count its points. Explanations compare with `reference`, the solution's.

        `before` is what was found of each question earlier: it stands where a check cannot be judged now. Nobody fails
        the checks that are `mistaken`. `evidence` is that at `path`, where it is at hand. Raises GraderError, OSError
        or WireError where nothing can be judged.
        """
        evidence = evidence or load_evidence(path)
        if evidence.exam.submission != submission.digest:
            raise GraderError("the evidence is of another notebook: grade again")
        scores, language = self.scorer.scores(evidence), self.course.language
        notes = self._notes(faults_of(evidence.exam, evidence), submission)
        unasked, absent = self.unasked(evidence.exam), tuple(lack.name for lack in notes.lacks)
        case = Case(str(path), str(reference or ""), language, hidden, scores.cases, unasked=unasked, absent=absent)
        judged = [_spare(one, mistaken) for one in self._judged(case, scores.blobs)]
        causes = Causes(evidence.exam, _exam_of(reference), absent)
        outcomes, known = [one.outcome for one in judged], (evidence.exam, language, before, self._stubs, causes)
        questions = grade_questions(self.source.questions, self._judge.plan().checks, outcomes, *known)
        told = [*filter(None, (one.ours for one in judged)), *_said_by_tests(questions, notes)]
        return Assessment(
            exam=evidence.exam,
            questions=questions,
            ours="; ".join(dict.fromkeys(told)),
            broken={one.outcome.name: one.ours for one in judged if one.ours and not _is_lack(one.ours, notes)},
            wants=tuple(self._wanted(evidence, judged)),
            unasked=tuple(dict.fromkeys(one.unasked for one in judged if one.unasked)),
            kept=tuple(name for name in before if is_ours(outcome for outcome in outcomes if outcome.question == name)),
            uses=scores.uses,
            notes=replace(notes, doubted=tuple(doubted(evidence, reference)) if reference else ()),
        )

    def mistaken(self, reference: Path) -> Mistaken:
        """Return the checks that the solution itself does not pass, and what the instructor should know of each.

        Raises GraderError, OSError or WireError where the solution's evidence cannot be judged.
        """
        evidence = load_evidence(reference)
        scores, unasked = self.scorer.scores(evidence), self.unasked(evidence.exam)
        case = Case(str(reference), str(reference), self.course.language, False, scores.cases, unasked=unasked)
        judged = [one.outcome for one in self._judged(case, scores.blobs)]
        return {
            (one.name, status): f"check {one.name} {HOW[one.status]} on the solution too: {self._validate}"
            for one in judged
            if one.status in HOW
            for status in ("failed", one.status)
        }

    def _wanted(self, evidence: Evidence, judged: Sequence[Judged]) -> Iterator[Job]:
        """Yield the trainings without which checks cannot tell, or may not fail."""
        more = dict.fromkeys(one.wants for one in judged if one.wants)
        yield from (self.scorer.wanted(evidence, name) for name in more)
        for name in dict.fromkeys(one.alone for one in judged if one.alone and one.alone not in more):
            yield from self.scorer.borrowed(evidence, name)

    @property
    def _validate(self) -> str:
        return f"run `autograder validate {self.source.name}`"


def _spare(judged: Judged, mistaken: Mistaken) -> Judged:
    """A failure by a check that is wrong itself is ours; so is an error, where the solution comes to one too."""
    outcome = judged.outcome
    if (ours := mistaken.get((outcome.name, outcome.status))) is None:
        return judged
    return msgspec.structs.replace(
        judged, outcome=msgspec.structs.replace(outcome, status="ungraded", message=""), ours=ours
    )


def _exam_of(reference: Path | None) -> Exam | None:
    return _load_once(reference, reference.stat().st_mtime_ns) if reference else None


@lru_cache(maxsize=4)
def _load_once(reference: Path, _written: int) -> Exam | None:
    """The solution's exam, read once: nothing that runs in this process can change it."""
    return load_exam(reference)


@cache
def _reading_rules() -> str:
    """Digest of the modules that read what is handed in."""
    here = Path(__file__).parent
    files = sorted(path for name in ("intake", "notebook") for path in (here / name).glob("*.py"))
    return digest(*(path.read_bytes() for path in files))


def _is_lack(ours: str, notes: Notes) -> bool:
    return ours in map(say_lack, notes.lacks)


def _said_by_tests(questions: Iterable[QuestionGrade], notes: Notes) -> list[str]:
    """What is ours of visible tests that hang on what is not here: the judge does not see them."""
    tests = (one for question in questions for one in question.outcomes if one.kind == "tests")
    return [say_lack(lack) for lack in notes.lacks] if any(one.status == "ungraded" for one in tests) else []


def trainings(engine: Engine, scorer: Scorer, jobs: Iterable[Job]) -> Iterator[Trained]:
    """Run each job once, however many ask for it, and yield it when its run is stored."""
    for trained in engine.train({job.key: job for job in jobs}.values()):
        if trained.run is not None:
            try:
                scorer.keep(trained.run)
            except OSError as error:
                yield Trained(trained.job, None, GraderError(f"the training cannot be stored: {error}"))
                continue
        yield trained


def assess_to_the_end(
    assessor: Assessor, engine: Engine, submission: Submission, path: Path, reference: Path
) -> Assessment:
    """Judge evidence, training what its checks ask for until they can tell. Raise GraderError where nothing trains."""
    while True:
        found = assessor.assess(submission, path, reference=reference, hidden=False)
        if not found.wants:
            return found
        for trained in trainings(engine, assessor.scorer, found.wants):
            if trained.error is not None:
                raise trained.error
