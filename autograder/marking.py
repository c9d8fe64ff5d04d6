"""One run's matching of submissions with what is known of them, and their marking: judge, points, store."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import msgspec

from autograder.assessment import NO_MISTAKES, NOTHING, Assessment, Assessor
from autograder.engine import Engine, Result
from autograder.errors import CourseError, GraderError, Problem, cause_of
from autograder.evidence import Evidence, Exam, find_evidence, load_exam
from autograder.grades import is_ours
from autograder.intake import as_submission, fingerprint, read_submission
from autograder.records import Grade, Outcome, QuestionGrade, Submission, digest
from autograder.release import read_release, release_problems
from autograder.remarks import Notes, cut_short, note_handed_in, remark
from autograder.roster import NOTHING_CAME
from autograder.sandbox.exam import Order
from autograder.sandbox.isolation import suffices
from autograder.store import OWN, Keys, Store
from autograder.training.job import Job
from autograder.training.scorer import PASSING_FAULTS

TRAINING_TO_COME = "its networks are still to be trained"


@dataclass(frozen=True)
class Settled:
    """A submission whose grade needs no exam."""

    grade: Grade
    unchanged: bool = False
    """Whether the grade is the stored one."""
    marked: Marked | None = None
    """Itself, where it was marked again."""
    notes: Notes = field(default_factory=Notes)


@dataclass(frozen=True)
class Marked:
    """A submission's grade as it is stored, and the trainings it waits for."""

    submission: Submission
    grade: Grade
    wants: tuple[Job, ...] = ()
    notes: Notes = field(default_factory=Notes)
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
        self._source, self._course, self._settings = assessor.source, assessor.course, assessor.settings
        self._assessor = assessor
        self._store = store
        self._again = again
        self._students = students
        self._seen: dict[str, str] = {}
        """By student, digest of what their grade of this run is read from."""
        self._release = read_release(self._source)
        self._solution = as_submission(self._source, self._settings, self._source.notebook)
        self._solution_key = ""
        self._mistaken: Mapping[str, str] | None = None
        if problems := list(release_problems(self._source)):
            raise CourseError(problems)
        if not again and (stored := self._load_solution()) and self._holds(stored.exam, judging=judging):
            self._solution_key = stored.exam.key

    @property
    def knows_solution(self) -> bool:
        """Whether the solution's evidence is there: what explanations compare with."""
        return bool(self._solution_key)

    def _load_solution(self) -> Evidence | None:
        """The solution's evidence; None where there is none, or only half of it."""
        evidence = find_evidence(self._source.paths.reference(self._source.key))
        return None if evidence is None or cut_short(evidence) else evidence

    def _holds(self, exam: Exam, *, judging: bool) -> bool:
        """Whether students' answers can be compared with those of this exam of the solution.

        Stored evidence is judged beside what the same libraries made of the same solution: newer ones change nothing.
        """
        if judging:
            return exam.submission == self._solution.digest and not self._assessor.unasked(exam)
        return exam.key == self._assessor.exam_key(self._solution) and not self._assessor.is_outlived(exam)

    def order_solution(self) -> Order | None:
        """Return the exam to hold for the solution; None where its evidence is there."""
        return None if self.knows_solution else replace(self._assessor.order(self._solution), sampled=True)

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
            shown = self._source.paths.shown(self._source.path)
            where, fault = stopped
            text = f"the solution does not run to its end ({remark(fault)}): run `autograder validate`"
            raise CourseError([Problem(shown, 0, where, text)])
        result.evidence.save(self._source.paths.reference(self._source.key))
        self._solution_key = result.order.key
        self._mistaken = None

    def receive(self, student: str) -> Settled | Sequence[Order]:
        """Read what a student handed in; return its grade where it needs no exam, or else the exam to hold.

        Whatever goes wrong with one student's files is one row of the results.
        """
        try:
            if known := self._recognise(student):
                return known
            submission = read_submission(self._source, self._settings, self._release, student)
            return self._settle(student, submission) or [self._assessor.order(submission or Submission(student, ""))]
        except Exception as error:
            marked = self.give_up(Submission(student, ""), cause_of(error))
            return Settled(marked.grade, marked=marked)

    @cached_property
    def _known(self) -> dict[str, tuple[Grade, Keys]]:
        return self._store.known(self._source.key, self._students)

    def _recognise(self, student: str) -> Settled | None:
        """The stored grade of files that are byte for byte those it is of: they are not even read as notebooks."""
        if found := fingerprint(self._source, self._settings.limits, student):
            self._seen[student] = digest(found, self._assessor.reading)
        grade, keys = self._known.get(student, (None, None))
        if self._again or not self.knows_solution or grade is None or keys is None:
            return None
        if not keys.seen or keys.seen != self._seen.get(student) or keys != Keys(keys.exam, self._judge_key(keys.exam)):
            return None
        exam = load_exam(self._source.paths.evidence(self._source.key, student))
        if exam is None or exam.key != keys.exam or not self._walled(exam) or not self._assessor.lacks_nothing(exam):
            return None
        notes = self._assessor.notes(Submission(student, grade.submission), exam)
        return Settled(grade, unchanged=True, notes=notes)

    def _settle(self, student: str, submission: Submission | None) -> Settled | None:
        """The grade of what needs no exam: nothing handed in, nothing changed, or evidence that still holds."""
        name = self._source.key
        if submission is None:
            questions = tuple(QuestionGrade(one.id, 0.0, one.max_score, ()) for one in self._source.questions)
            missing = Grade(student, name, "missing", questions, fault=NOTHING_CAME)
            return Settled(self._store.save(missing, Keys("", "")))
        exam = load_exam(self._source.paths.evidence(name, student))
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
                self._assessor.scorer.forget_passing_faults(result.evidence)
            result.evidence.save(self._source.paths.evidence(self._source.key, submission.student))
        except Exception as error:
            return self.give_up(submission, f"the evidence cannot be stored: {cause_of(error)}")
        return self.mark_stored(submission)

    def mark_stored(self, submission: Submission) -> Marked:
        """Judge, mark and store a submission from the evidence and the trainings that lie on disk."""
        try:
            stored = self._store.grade(self._source.key, submission.student, OWN)
            before = _found(stored) if stored and stored.submission == submission.digest else {}
            return self._keep(submission, self._assess(submission, before), stored)
        except Exception as error:
            return self.give_up(submission, cause_of(error))

    def judge_again(self, student: str) -> Marked | None:
        """Judge a submission's stored evidence; None where nothing is handed in any more.

        Another exam is held by `grade` alone.
        """
        paths, name = self._source.paths, self._source.key
        stored = self._store.grade(name, student, OWN)
        submission = Submission(student, "")
        try:
            exam = load_exam(paths.evidence(name, student))
            handed_in = read_submission(self._source, self._settings, self._release, student)
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
        paths, name = self._source.paths, self._source.key
        reference = paths.reference(name) if self.knows_solution else None
        if reference and self._mistaken is None:
            self._mistaken = self._assessor.mistaken(reference)
        return self._assessor.assess(
            submission,
            paths.evidence(name, submission.student),
            reference=reference,
            hidden=self._settings.hides_expected,
            before=before,
            mistaken=self._mistaken or NO_MISTAKES,
        )

    def _grade(self, submission: Submission, found: Assessment) -> Grade:
        exam, why = found.exam, self._why(found)
        whole = not why or not any(is_ours(question.outcomes) for question in found.questions)
        return Grade(
            submission.student,
            self._source.key,
            "graded" if whole else "ungraded",
            found.questions,
            isolation=exam.isolation,
            device=found.uses[0].device if found.uses else exam.device,
            seconds=round(exam.seconds, 3),
            submission=exam.submission,
            fault=why or (remark(exam.fault) if exam.fault else note_handed_in(exam, found.notes.doubted)),
            trainings=found.uses,
            stand_ins=self._assessor.scorer.stand_ins,
            language=self._course.language,
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
        return f"run `autograder grade {self._source.name}`"

    def _keys(self, student: str, found: Assessment) -> Keys:
        return Keys(found.exam.key, self._judge_key(found.exam.key), self._seen.get(student, ""))

    def give_up(self, submission: Submission, why: str) -> Marked:
        """Store a grade in which every check is ours to mend: nothing is lost, and nothing is earned for good.

        A grade that is stored stands.
        """
        stored = self._store.grade(self._source.key, submission.student, OWN)
        if stored is not None and stored.status == "graded":
            noted = self._note(stored, why) if submission.digest and _stands(stored, submission) else stored
            return Marked(submission, noted, kept=why, ours=True)
        outcomes: dict[str, list[Outcome]] = {question.id: [] for question in self._source.questions}
        for check in self._assessor.scorer.plan.checks:
            outcomes[check.question].append(Outcome(check.name, check.question, check.title, "ungraded", check.weight))
        questions = tuple(
            QuestionGrade(one.id, one.points, one.max_score, tuple(outcomes[one.id])) for one in self._source.questions
        )
        graded = Grade(
            submission.student,
            self._source.key,
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
        return exam.fault is not None or suffices(exam.isolation, self._course.isolation)

    def _judge_key(self, exam_key: str) -> str:
        """Digest of all that a grade depends on beside the evidence."""
        # Danger: a grade stands as long as this does, whatever else was changed.
        return digest(exam_key, self._solution_key, self._assessor.scorer.digest, *self._rules)

    @cached_property
    def _rules(self) -> list[bytes]:
        """What the course says of judging: its checks, as they were collected, its points, its messages."""
        questions = [(one.id, one.points, one.tested, one.task, one.bonus) for one in self._source.questions]
        said = [
            questions,
            self._source.keeps_gradebook,
            self._course.language,
            self._settings.hides_expected,
        ]
        return [self._assessor.scorer.plan.code.encode(), msgspec.json.encode(said)]


def _stands(stored: Grade, submission: Submission) -> bool:
    """Whether a stored grade is one, and of other bytes than those handed in last."""
    return stored.status == "graded" and stored.submission != submission.digest


def _found(grade: Grade) -> dict[str, Sequence[Outcome]]:
    """What was found of each question, where all of it could be judged."""
    return {one.id: one.outcomes for one in grade.questions if one.outcomes and not is_ours(one.outcomes)}
