"""One run's matching of submissions with what is known of them, and their marking: judge, points, store."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from pathlib import Path

import msgspec

from autograder.course import Assignment, imports_of, plan_problems
from autograder.engine import Engine, Result, Trained
from autograder.environment import environment_of
from autograder.errors import CourseError, GraderError, Problem, cause_of
from autograder.evidence import Evidence, Exam, libraries, load_evidence, load_exam
from autograder.grades import grade_questions, is_ours
from autograder.intake import as_submission, fingerprint, handed_out, read_submission
from autograder.judge.causes import Causes
from autograder.judge.channel import Case, Judged
from autograder.judge.lacks import Lack, lack_of, looks_own, say_lack, truly_absent
from autograder.judge.process import Judge
from autograder.notebook.metadata import role_of
from autograder.recipes import Profile
from autograder.records import Grade, Outcome, QuestionGrade, Submission, TrainingUse, digest
from autograder.release import read_release, release_problems
from autograder.roster import NOTHING_CAME
from autograder.sandbox.environment import Environment
from autograder.sandbox.exam import Order
from autograder.sandbox.isolation import suffices
from autograder.store import OWN, Keys, Store
from autograder.training.desk import PASSING_FAULTS, TrainingDesk
from autograder.training.job import Job
from autograder.wire import codec
from autograder.wire.messages import Fault

REMARKS = {
    "unreadable": "no notebook",
    "time": "ran out of time",
    "memory": "ran out of memory",
    "size": "answers too large",
    "died": "ended its process",
}
"""What kept a notebook from running to its end, by kind of fault."""
STOPS: tuple[str, ...] = ("time", "memory")
"""Limits that a correct notebook may reach on a machine that is too small, or too busy."""
TRAINING_TO_COME = "its networks are still to be trained"
NOTHING: Mapping[str, Sequence[Outcome]] = {}


@dataclass(frozen=True)
class Notes:
    """What the instructor should know of one exam, whether it cost a point or not."""

    lacks: tuple[Lack, ...] = ()
    """What the notebook asked for and this machine lacks."""
    strays: tuple[str, ...] = ()
    """Modules that it imports and no library is: a file that was not handed in?"""
    stops: tuple[str, ...] = ()
    """Limits that its code was stopped at, of STOPS."""


def join_notes(several: Iterable[Notes]) -> Notes:
    """Return the notes of several exams as one."""
    every = list(several)
    return Notes(
        tuple(dict.fromkeys(lack for notes in every for lack in notes.lacks)),
        tuple(dict.fromkeys(stray for notes in every for stray in notes.strays)),
        tuple(dict.fromkeys(stop for notes in every for stop in notes.stops)),
    )


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
        judge: Judge,
        profile: Profile,
        isolation: str = "",
        *,
        calibrating: bool = False,
        judging: bool = False,
    ) -> None:
        """`isolation` is the wall of the exams to come; `calibrating` lets recipes have no threshold yet.

        `judging`: no exam is to come, and those that were held are older than what is installed now.

        Raises CourseError where checks, notebook and recipes do not fit each other, DataError for a set that is not
        whole.
        """
        self._assignment = assignment
        self._judge = judge
        self.isolation = isolation
        self._judging = judging
        if problems := list(plan_problems(assignment, judge.plan())):
            raise CourseError(problems)
        self.desk = TrainingDesk(assignment, judge.plan(), profile, calibrating=calibrating)
        self.judge_seconds = 0.0
        """Spent waiting for the judge, all cases together."""

    def order(self, submission: Submission, *, seed: int = 0) -> Order:
        """Return the exam to hold for a submission. Every submission has the same seed; calibration varies it."""
        settings = self._assignment.settings
        key = self.exam_key(submission)
        return Order(
            key,
            submission,
            self.desk.plan,
            settings.limits,
            self.isolation,
            self.desk.sets,
            seed,
            pictures=self._assignment.shows_pictures,
        )

    def exam_key(self, submission: Submission) -> str:
        """Digest of all that evidence depends on: the code run, its files, what is asked, the limits, the libraries."""
        run = msgspec.json.encode([list(submission.cells), list(submission.repairs), self._assignment.settings.limits])
        sets = [one.digest for one in self.desk.sets]
        if self._assignment.shows_pictures:
            sets.append("pictures")
        return digest(submission.digest, run, self.desk.plan.digest, self._libraries, self._given, *sets)

    @cached_property
    def reading(self) -> str:
        """Digest of all that what is read of a student's files depends on, and what is then asked of it, but the files.

        The modules that read are part of it: what another edition of them would read is not what is stored.
        """
        one = self._assignment
        said: list[object] = [
            one.name,
            one.key,
            one.notebook_file,
            [other.stem for other in one.others],
            sorted(one.elsewhere),
        ]
        said += [one.settings, one.keeps_gradebook, one.shows_pictures]
        release = (one.paths.release(one.name) / one.notebook_file).read_bytes()
        asked = [self.desk.plan.digest, self._libraries, self._given, *(item.digest for item in self.desk.sets)]
        return digest(msgspec.json.encode(said), release, _reading_rules(), *asked)

    def lacks_nothing(self, exam: Exam) -> bool:
        """Whether an exam asked for nothing that was not there."""
        return not any(map(lack_of, _faults(exam)))

    @cached_property
    def _environment(self) -> Environment:
        """The rooms', which stored evidence is judged without: it may be another machine's."""
        return environment_of(self._assignment)

    @cached_property
    def _libraries(self) -> str:
        return libraries(self._environment.versions)

    @cached_property
    def _given(self) -> str:
        """Digest of the files that students are given beside the notebook."""
        files = handed_out(self._assignment).items()
        return digest(*(part for name, path in files for part in (name.encode(), path.read_bytes())))

    @cached_property
    def _stubs(self) -> dict[str, str] | None:
        """Answers as they were handed out, where somebody marks by hand; None: nobody does."""
        if not self._assignment.keeps_gradebook:
            return None
        return {role_of(cell).id: cell.source for cell in read_release(self._assignment).cells}

    def unasked(self, exam: Exam) -> tuple[str, ...]:
        """Return the probes that an exam was not asked as they are now."""
        if exam.plan == self.desk.plan.digest:
            return ()
        return tuple(name for name, asked in self.desk.plan.asked.items() if exam.asked.get(name) != asked)

    def notes(self, submission: Submission, exam: Exam) -> Notes:
        """Return what the instructor should know of an exam, its answers unread."""
        return self._notes(_faults(exam), submission)

    def _notes(self, faults: Iterable[Fault], submission: Submission) -> Notes:
        faults = list(faults)
        found = dict.fromkeys(lack for fault in faults if (lack := lack_of(fault)))
        beside = {name.partition("/")[0].removesuffix(".py") for name in submission.files}
        lacks = [lack for lack in found if truly_absent(lack, self._installed, self._course_modules, beside)]
        strays = [lack.name for lack in found if lack not in lacks and looks_own(lack.name)]
        kinds = {fault.kind for fault in faults}
        return Notes(tuple(lacks), tuple(strays), tuple(stop for stop in STOPS if stop in kinds))

    def is_outlived(self, exam: Exam) -> bool:
        """Whether an exam wanted for a library that has been installed since."""
        lacks = (lack for fault in _faults(exam) if (lack := lack_of(fault)))
        return any(lack.kind == "library" and lack.name in self._environment.importable for lack in lacks)

    @property
    def _installed(self) -> frozenset[str]:
        """What an exam could import: where old ones are judged, what is installed now says nothing of then."""
        return frozenset() if self._judging else self._environment.importable

    @cached_property
    def _course_modules(self) -> frozenset[str]:
        return frozenset(module.partition(".")[0] for module in imports_of(self._assignment.source))

    def assess(
        self,
        submission: Submission,
        path: Path,
        *,
        reference: Path | None,
        hidden: bool,
        before: Mapping[str, Sequence[Outcome]] = NOTHING,
    ) -> Assessment:
        """Judge a submission's evidence and count its points. Explanations compare with `reference`, the solution's.

        `before` is what was found of each question earlier: it stands where a check cannot be judged now. Raises
        GraderError, OSError or WireError where nothing can be judged.
        """
        evidence = load_evidence(path)
        if evidence.exam.submission != submission.digest:
            raise GraderError("the evidence is of another notebook: grade again")
        scores = self.desk.scores(evidence)
        language = self._assignment.course.language
        unasked = self.unasked(evidence.exam)
        notes = self._notes(_faults(evidence.exam, evidence), submission)
        absent = tuple(lack.name for lack in notes.lacks)
        case = Case(str(path), str(reference or ""), language, hidden, scores.cases, unasked=unasked, absent=absent)
        started = time.monotonic()
        try:
            judged = self._judge.judge(case, scores.blobs)
        finally:
            self.judge_seconds += time.monotonic() - started
        causes = Causes(evidence.exam, load_exam(reference) if reference else None, absent)
        outcomes = [one.outcome for one in judged]
        checks = self._judge.plan().checks
        asked = self._assignment.questions
        questions = grade_questions(asked, checks, outcomes, evidence.exam, language, before, self._stubs, causes)
        return Assessment(
            exam=evidence.exam,
            questions=questions,
            ours="; ".join(
                dict.fromkeys([*(one.ours for one in judged if one.ours), *_said_by_tests(questions, notes)])
            ),
            broken={one.outcome.name: one.ours for one in judged if one.ours and not _is_lack(one.ours, notes)},
            wants=tuple(self.desk.wanted(evidence, name) for name in _wanted(judged)),
            unasked=tuple(dict.fromkeys(one.unasked for one in judged if one.unasked)),
            kept=tuple(name for name in before if is_ours(outcome for outcome in outcomes if outcome.question == name)),
            uses=scores.uses,
            notes=notes,
        )


@cache
def _reading_rules() -> str:
    """Digest of the modules that read what is handed in."""
    here = Path(__file__).parent
    files = sorted(path for name in ("intake", "notebook") for path in (here / name).glob("*.py"))
    return digest(*(path.read_bytes() for path in files))


def _faults(exam: Exam, evidence: Evidence | None = None) -> Iterator[Fault]:
    """Yield what went wrong in an exam: in its cells, in its end, and in its answers where they are at hand."""
    yield from (record.run.fault for record in exam.cells if record.run and record.run.fault)
    if exam.fault:
        yield exam.fault
    if evidence:
        yield from (answer for answer, _ in evidence.answers().values() if isinstance(answer, Fault))


def _is_lack(ours: str, notes: Notes) -> bool:
    return ours in map(say_lack, notes.lacks)


def _said_by_tests(questions: Iterable[QuestionGrade], notes: Notes) -> list[str]:
    """What is ours of visible tests that hang on what is not here: the judge does not see them."""
    tests = (one for question in questions for one in question.outcomes if one.kind == "tests")
    return [say_lack(lack) for lack in notes.lacks] if any(one.status == "ungraded" for one in tests) else []


def _wanted(judged: Iterable[Judged]) -> list[str]:
    return list(dict.fromkeys(one.wants for one in judged if one.wants))


def trainings(engine: Engine, desk: TrainingDesk, jobs: Iterable[Job]) -> Iterator[Trained]:
    """Run each job once, however many ask for it, and yield it when its run is stored."""
    for trained in engine.train({job.key: job for job in jobs}.values()):
        if trained.run is not None:
            try:
                desk.keep(trained.run)
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
        for trained in trainings(engine, assessor.desk, found.wants):
            if trained.error is not None:
                raise trained.error


def remark(fault: Fault) -> str:
    """Return, for the instructor, what kept a notebook from running to its end."""
    why = f": {fault.message}" if fault.kind == "unreadable" and fault.message else ""
    return f"{REMARKS[fault.kind]}{why}"


def _handed_in(exam: Exam) -> str:
    """What the instructor should know of what was handed in; empty: nothing.

    Files that a student changed in vain, and a notebook that may be another edition's.
    """
    names = [repair.detail for repair in exam.repairs if repair.kind == "given-file"]
    found = next((repair.detail for repair in exam.repairs if repair.kind == "edition"), "")
    said = [
        f"another edition of the assignment? {found} of its cells found" if found else "",
        f"the course's own files used in place of the student's: {', '.join(names)}" if names else "",
    ]
    return "; ".join(filter(None, said))


def cut_short(evidence: Evidence) -> tuple[str, Fault] | None:
    """Return where an exam ran out of time or memory, or stopped altogether, and how; None where it did not.

    What such an exam says of a solution may be due to a busy machine.
    """
    if evidence.exam.fault is not None:
        cell = evidence.exam.fault.cell
        return "" if cell is None else f"cell {cell + 1}", evidence.exam.fault
    for record in evidence.exam.cells:
        if record.run and record.run.fault and record.run.fault.kind in PASSING_FAULTS:
            return f"cell {record.cell.index + 1}", record.run.fault
    for name, (answer, _) in evidence.answers().items():
        if isinstance(answer, Fault) and answer.kind in PASSING_FAULTS:
            return name, answer
    return None


@dataclass(frozen=True)
class Settled:
    """A submission whose grade needs no exam."""

    grade: Grade
    unchanged: bool = False
    """Whether the grade is the stored one."""
    marked: Marked | None = None
    """Itself, where it was marked again."""
    notes: Notes = Notes()


@dataclass(frozen=True)
class Marked:
    """A submission's grade as it is stored, and the trainings it waits for."""

    submission: Submission
    grade: Grade
    wants: tuple[Job, ...] = ()
    notes: Notes = Notes()
    kept: str = ""
    """Why marks that were stored before stand, some or all; empty: none of them does."""
    ours: bool = False
    """Whether that is a fault of ours."""

    @property
    def student(self) -> str:
        return self.submission.student


class Marker:
    """Marks the submissions of one assignment. Nothing of one submission hinders the others.

    A grade that is stored never gets worse for a reason that is not the student's: what was found before stands where a
    check cannot be judged, and the grade of what was handed in before where a new attempt cannot be graded.
    """

    def __init__(
        self,
        assignment: Assignment,
        assessor: Assessor,
        store: Store,
        *,
        students: Collection[str] = (),
        again: bool = False,
        judging: bool = False,
    ) -> None:
        """`students` are those to come. `again` marks anew what has not changed; `judging` marks stored evidence,
        whatever libraries it is from.

        Raises CourseError where the release is not the source's.
        """
        self._assignment = assignment
        self._assessor = assessor
        self._store = store
        self._again = again
        self._students = students
        self._seen: dict[str, str] = {}
        """By student, digest of what their grade of this run is read from."""
        self._release = read_release(assignment)
        self._solution = as_submission(assignment, assignment.source)
        self._solution_key = ""
        if problems := list(release_problems(assignment)):
            raise CourseError(problems)
        if not again and (stored := self._load_solution()) and self._holds(stored.exam, judging=judging):
            self._solution_key = stored.exam.key

    @property
    def knows_solution(self) -> bool:
        """Whether the solution's evidence is there: what explanations compare with."""
        return bool(self._solution_key)

    def _load_solution(self) -> Evidence | None:
        """The solution's evidence; None where there is none, or only half of it."""
        try:
            evidence = load_evidence(self._assignment.paths.reference(self._assignment.key))
        except (OSError, codec.WireError):
            return None
        return None if cut_short(evidence) else evidence

    def _holds(self, exam: Exam, *, judging: bool) -> bool:
        """Whether students' answers can be compared with those of this exam of the solution.

        Stored evidence is judged beside what the same libraries made of the same solution: newer ones change nothing.
        """
        if judging:
            return exam.submission == self._solution.digest and not self._assessor.unasked(exam)
        return exam.key == self._assessor.exam_key(self._solution) and not self._assessor.is_outlived(exam)

    def order_solution(self) -> Order | None:
        """Return the exam to hold for the solution; None where its evidence is there."""
        return None if self.knows_solution else self._assessor.order(self._solution)

    def keep_solution(self, result: Result, engine: Engine) -> None:
        """Store the solution's evidence. Raise CourseError where it did not run to its end.

        Nothing can be compared with half a solution. One that ran out of time or memory is tried once more: a busy
        machine may be why.
        """
        stopped = cut_short(result.evidence) if result.evidence else None
        if stopped is not None and stopped[1].kind in PASSING_FAULTS:
            (result,) = engine.examine([result.order])
        if result.evidence is None:
            raise result.error or GraderError("the solution's exam gave no evidence")
        if stopped := cut_short(result.evidence):
            shown = self._assignment.paths.shown(self._assignment.source_path)
            where, fault = stopped
            text = f"the solution does not run to its end ({remark(fault)}): run `autograder validate`"
            raise CourseError([Problem(shown, 0, where, text)])
        result.evidence.save(self._assignment.paths.reference(self._assignment.key))
        self._solution_key = result.order.key

    def receive(self, student: str) -> Settled | Sequence[Order]:
        """Read what a student handed in; return its grade where it needs no exam, or else the exam to hold.

        Whatever goes wrong with one student's files is one row of the results.
        """
        try:
            if known := self._recognise(student):
                return known
            submission = read_submission(self._assignment, self._release, student)
            return self._settle(student, submission) or [self._assessor.order(submission or Submission(student, ""))]
        except Exception as error:
            marked = self.give_up(Submission(student, ""), cause_of(error))
            return Settled(marked.grade, marked=marked)

    @cached_property
    def _known(self) -> dict[str, tuple[Grade, Keys]]:
        return self._store.known(self._assignment.key, self._students)

    def _recognise(self, student: str) -> Settled | None:
        """The stored grade of files that are byte for byte those it is of: they are not even read as notebooks."""
        if found := fingerprint(self._assignment, student):
            self._seen[student] = digest(found, self._assessor.reading)
        grade, keys = self._known.get(student, (None, None))
        if self._again or not self.knows_solution or grade is None or keys is None:
            return None
        if not keys.seen or keys.seen != self._seen.get(student) or keys != Keys(keys.exam, self._judge_key(keys.exam)):
            return None
        exam = load_exam(self._assignment.paths.evidence(self._assignment.key, student))
        if exam is None or exam.key != keys.exam or not self._walled(exam) or not self._assessor.lacks_nothing(exam):
            return None
        notes = self._assessor.notes(Submission(student, grade.submission), exam)
        return Settled(grade, unchanged=True, notes=notes)

    def _settle(self, student: str, submission: Submission | None) -> Settled | None:
        """The grade of what needs no exam: nothing handed in, nothing changed, or evidence that still holds."""
        name = self._assignment.key
        if submission is None:
            questions = tuple(QuestionGrade(one.id, 0.0, one.max_score, ()) for one in self._assignment.questions)
            missing = Grade(student, name, "missing", questions, fault=NOTHING_CAME)
            return Settled(self._store.save(missing, Keys("", "")))
        exam = load_exam(self._assignment.paths.evidence(name, student))
        if self._again or not self.knows_solution or exam is None or not self._walled(exam):
            return None
        if self._assessor.is_outlived(exam):
            return None
        key = self._assessor.exam_key(submission)
        if self._store.keys(name, student) == Keys(key, self._judge_key(key)):
            stored = self._store.grade(name, student, OWN)
            notes = self._assessor.notes(submission, exam)
            self._store.note_seen(name, student, self._seen.get(student, ""))
            return Settled(stored, unchanged=True, notes=notes) if stored is not None else None
        if exam.key != key:
            return None
        marked = self.mark_stored(submission)
        return Settled(marked.grade, marked=marked, notes=marked.notes)

    def mark(self, result: Result) -> Marked:
        """Store one exam's evidence; judge, mark and store the submission."""
        submission = result.order.submission
        if result.evidence is None:
            return self.give_up(submission, str(result.error))
        try:
            if self._again:
                self._assessor.desk.forget_passing_faults(result.evidence)
            result.evidence.save(self._assignment.paths.evidence(self._assignment.key, submission.student))
        except Exception as error:
            return self.give_up(submission, f"the evidence cannot be stored: {cause_of(error)}")
        return self.mark_stored(submission)

    def mark_stored(self, submission: Submission) -> Marked:
        """Judge, mark and store a submission from the evidence and the trainings that lie on disk."""
        try:
            stored = self._store.grade(self._assignment.key, submission.student, OWN)
            before = _found(stored) if stored and stored.submission == submission.digest else {}
            return self._keep(submission, self._assess(submission, before), stored)
        except Exception as error:
            return self.give_up(submission, cause_of(error))

    def judge_again(self, student: str) -> Marked | None:
        """Judge a submission's stored evidence; None where nothing is handed in any more.

        Another exam is held by `grade` alone.
        """
        paths, name = self._assignment.paths, self._assignment.key
        stored = self._store.grade(name, student, OWN)
        submission = Submission(student, "")
        try:
            exam = load_exam(paths.evidence(name, student))
            handed_in = read_submission(self._assignment, self._release, student)
            if handed_in is None:
                return None
            submission = handed_in
            if exam is None:
                raise GraderError(f"its evidence cannot be read: {self._grade_it}")
            if exam.submission != submission.digest and stored is not None:
                return Marked(submission, stored, kept=f"handed in anew since it was graded: {self._grade_it}")
        except Exception as error:
            return self.give_up(submission, cause_of(error))
        return self.mark_stored(submission)

    def _keep(self, submission: Submission, found: Assessment, stored: Grade | None) -> Marked:
        """Store what was found of a submission, but for what `stored` says better."""
        grade, why = self._grade(submission, found), self._why(found)
        if stored is not None and found.kept:
            trainings = {use.probe: use for use in (*stored.trainings, *grade.trainings)}
            merged = replace(grade, trainings=tuple(trainings.values()))
            kept = self._store.save(merged, Keys(found.exam.key, ""))
            return Marked(submission, kept, found.wants, found.notes, why, bool(found.ours))
        if stored is not None and grade.status == "ungraded" and _stands(stored, submission):
            return Marked(submission, self._note(stored, why), found.wants, found.notes, why, bool(found.ours))
        return Marked(
            submission, self._store.save(grade, self._keys(submission.student, found)), found.wants, found.notes
        )

    def _note(self, stored: Grade, why: str) -> Grade:
        """Note on the stored grade that it is not of what was handed in last."""
        keys = self._store.keys(stored.assignment, stored.student)
        return self._store.save(replace(stored, fault=f"handed in anew, not graded yet: {why}"), keys or Keys("", ""))

    def _assess(self, submission: Submission, before: Mapping[str, Sequence[Outcome]] = NOTHING) -> Assessment:
        paths, name = self._assignment.paths, self._assignment.key
        return self._assessor.assess(
            submission,
            paths.evidence(name, submission.student),
            reference=paths.reference(name) if self.knows_solution else None,
            hidden=self._assignment.settings.hides_expected,
            before=before,
        )

    def _grade(self, submission: Submission, found: Assessment) -> Grade:
        exam, why = found.exam, self._why(found)
        whole = not why or not any(is_ours(question.outcomes) for question in found.questions)
        return Grade(
            submission.student,
            self._assignment.key,
            "graded" if whole else "ungraded",
            found.questions,
            isolation=exam.isolation,
            device=found.uses[0].device if found.uses else exam.device,
            seconds=round(exam.seconds, 3),
            submission=exam.submission,
            fault=why or (remark(exam.fault) if exam.fault else _handed_in(exam)),
            trainings=found.uses,
            stand_ins=self._assessor.desk.stand_ins,
            language=self._assignment.course.language,
        )

    def _why(self, found: Assessment) -> str:
        """Why not every check could be judged, for the instructor; empty: each was."""
        if found.ours:
            return found.ours
        if found.unasked:
            return f"to be examined again, it was never asked {', '.join(found.unasked)}: {self._grade_it}"
        return f"{TRAINING_TO_COME}: {self._grade_it}" if found.wants else ""

    @property
    def _grade_it(self) -> str:
        return f"run `autograder grade {self._assignment.name}`"

    def _keys(self, student: str, found: Assessment) -> Keys:
        return Keys(found.exam.key, self._judge_key(found.exam.key), self._seen.get(student, ""))

    def give_up(self, submission: Submission, why: str) -> Marked:
        """Store a grade in which every check is ours to mend: nothing is lost, and nothing is earned for good.

        A grade that is stored stands.
        """
        stored = self._store.grade(self._assignment.key, submission.student, OWN)
        if stored is not None and stored.status == "graded":
            noted = self._note(stored, why) if submission.digest and _stands(stored, submission) else stored
            return Marked(submission, noted, kept=why, ours=True)
        outcomes: dict[str, list[Outcome]] = {question.id: [] for question in self._assignment.questions}
        for check in self._assessor.desk.plan.checks:
            outcomes[check.question].append(Outcome(check.name, check.question, check.title, "ungraded", check.weight))
        questions = tuple(
            QuestionGrade(one.id, one.points, one.max_score, tuple(outcomes[one.id]))
            for one in self._assignment.questions
        )
        graded = Grade(
            submission.student,
            self._assignment.key,
            "ungraded",
            questions,
            isolation=self._assessor.isolation,
            submission=submission.digest,
            fault=why,
        )
        return Marked(submission, self._store.save(graded, Keys("", "")))

    def give_up_training(self, marked: Marked, why: str) -> Marked:
        """Store the grade of a submission one of whose trainings failed through no fault of its author."""
        if marked.grade.status == "graded":
            return replace(marked, wants=(), kept=why, ours=True)
        grade = replace(marked.grade, fault=why)
        return Marked(marked.submission, self._store.save(grade, Keys("", "")))

    def _walled(self, exam: Exam) -> bool:
        """Whether evidence was taken behind the wall the course asks for now, or a stronger one."""
        return exam.fault is not None or suffices(exam.isolation, self._assignment.course.isolation)

    def _judge_key(self, exam_key: str) -> str:
        """Digest of all that a grade depends on beside the evidence."""
        return digest(exam_key, self._solution_key, self._assessor.desk.digest, *self._rules)

    @cached_property
    def _rules(self) -> list[bytes]:
        """What the course says of judging: its checks, as they were collected, its points, its messages."""
        questions = [(one.id, one.points, one.tested, one.task, one.bonus) for one in self._assignment.questions]
        said = [
            questions,
            self._assignment.keeps_gradebook,
            self._assignment.course.language,
            self._assignment.settings.hides_expected,
        ]
        return [self._assessor.desk.plan.code.encode(), msgspec.json.encode(said)]


def _stands(stored: Grade, submission: Submission) -> bool:
    """Whether a stored grade is one, and of other bytes than those handed in last."""
    return stored.status == "graded" and stored.submission != submission.digest


def _found(grade: Grade) -> dict[str, Sequence[Outcome]]:
    """What was found of each question, where all of it could be judged."""
    return {one.id: one.outcomes for one in grade.questions if one.outcomes and not is_ours(one.outcomes)}
