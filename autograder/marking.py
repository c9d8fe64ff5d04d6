"""One run's matching of submissions with what is known of them, and their marking: judge, points, store."""

from __future__ import annotations

import threading
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from functools import cached_property

import msgspec

from autograder.assessment import NO_MISTAKES, Assessment, Assessor, Mistaken
from autograder.engine import Engine, Result
from autograder.errors import CourseError, GraderError, Problem, cause_of
from autograder.evidence import Evidence, Exam, find_evidence, load_exam
from autograder.grades import is_ours
from autograder.intake import as_submission, fingerprint, know_submission, read_submission
from autograder.judge.doubted import compared_by_numbers
from autograder.judge.lacks import lack_of
from autograder.marks import NO_KEYS, Known, Marked, Settled, found_before, noted, stands
from autograder.records import Grade, Outcome, QuestionGrade, Submission, digest
from autograder.release import read_release, release_problems
from autograder.remarks import cut_short, faults_of, note_handed_in, remark
from autograder.roster import NOTHING_CAME
from autograder.sandbox.exam import Order
from autograder.sandbox.isolation import suffices
from autograder.store import OWN, Keys, Store
from autograder.training.scorer import PASSING_FAULTS

TRAINING_TO_COME = "its networks are still to be trained"


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
        self._again, self._judging = again, judging
        self._students = students
        self._seen: dict[str, str] = {}
        """By student, digest of what their grade of this run is read from."""
        self._release = read_release(self._source)
        self._solution = as_submission(self._source, self._settings, self._source.notebook)
        self._solution_key = ""
        self._mistaken: Mistaken | None = None
        self._asking = threading.Lock()
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
        was_run = exam.asked.keys() <= set(exam.sampled)
        return was_run and exam.key == self._assessor.exam_key(self._solution) and not self._assessor.is_outlived(exam)

    def order_solution(self) -> Order | None:
        """Return the exam to hold for the solution; None where its evidence is there."""
        return None if self.knows_solution else self._assessor.order_solution(self._solution)

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

    def with_numbers(self, order: Order) -> Order:
        """Return a student's exam with the networks that are to be run, as far as the solution's evidence tells."""
        return replace(order, sampled=self._sampled)

    @property
    def _sampled(self) -> frozenset[str]:
        reference = self._source.paths.reference(self._source.key)
        return compared_by_numbers(reference) if self.knows_solution else frozenset()

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

    def known(self, students: Collection[str]) -> dict[str, Known]:
        """Return what is stored of students by the checks' own way."""
        return self._store.known(self._source.key, students)

    @cached_property
    def _known(self) -> dict[str, Known]:
        return self.known(self._students)

    def _look(self, student: str) -> str:
        """Digest of a student's files, and of all that reading them depends on; empty where it is not known."""
        found = fingerprint(self._source, self._settings.limits, student)
        return digest(found, self._reading) if found and self._reading else ""

    @cached_property
    def _reading(self) -> str:
        try:
            return self._assessor.reading
        except Exception:
            if self._judging:  # evidence is judged where the environment of its rooms is not, or is another
                return ""
            raise

    def _recognise(self, student: str) -> Settled | None:
        """The stored grade of files that are byte for byte those it is of: they are not even read as notebooks."""
        grade, keys = self._known.get(student, (None, NO_KEYS))
        self._seen[student] = seen = self._look(student)
        if self._again or not self.knows_solution or grade is None or grade.status != "graded":
            return None
        if not seen or keys.seen != seen:
            return None
        if keys != Keys(keys.exam, self._judge_key(keys.exam)):
            return None
        exam = load_exam(self._source.paths.evidence(self._source.key, student))
        if exam is None or exam.key != keys.exam or not self._is_whole(exam) or not self._assessor.lacks_nothing(exam):
            return None
        notes = self._assessor.notes(Submission(student, grade.submission), exam)
        return Settled(grade, unchanged=True, notes=notes)

    def _settle(self, student: str, submission: Submission | None) -> Settled | None:
        """The grade of what needs no exam: nothing handed in, nothing changed, or evidence that still holds."""
        name = self._source.key
        if submission is None:
            questions = tuple(QuestionGrade(one.id, 0.0, one.max_score, ()) for one in self._source.questions)
            missing = Grade(student, name, "missing", questions, fault=NOTHING_CAME)
            return Settled(self._store.save(missing, NO_KEYS))
        exam = load_exam(self._source.paths.evidence(name, student))
        if self._again or not self.knows_solution or exam is None or not self._is_whole(exam):
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
        known = self.known([submission.student]).get(submission.student)
        return self.keep([self._mark(submission, known)])[0]

    def judge_again(self, student: str, known: Known | None) -> Marked | None:
        """Judge a submission's stored evidence, whose grade is `known`; None where nothing is handed in any more.

        Another exam is held by `grade` alone. What is found is not stored, nor is the store read: several threads may
        judge at once, each another student's.
        """
        submission = Submission(student, "")
        try:
            evidence = find_evidence(self._source.paths.evidence(self._source.key, student))
            handed_in = self._same(student, known, evidence) or know_submission(
                self._source, self._settings, self._release, student
            )
            if handed_in is None:
                return None
            submission = handed_in
            if evidence is None:
                raise GraderError(f"its evidence cannot be read: {self._grade_it}")
            if evidence.exam.submission != submission.digest and known is not None:
                return Marked(submission, known[0], kept=f"handed in anew since it was graded: {self._grade_it}")
        except Exception as error:
            return self._give_up(submission, cause_of(error), known)
        return self._mark(submission, known, evidence)

    def _same(self, student: str, known: Known | None, evidence: Evidence | None) -> Submission | None:
        """What was handed in where it is, byte for byte, what was graded last; None: it is to be read.

        Not read are its cells and which files are beside it: whether a library is truly absent hangs on these.
        """
        seen = self._look(student)
        if known is None or not seen or known[1].seen != seen or evidence is None:
            return None
        if any(map(lack_of, faults_of(evidence.exam, evidence))):
            return None
        self._seen[student] = seen  # what else is seen now may be of other libraries than the evidence
        return Submission(student, known[0].submission)

    def _mark(self, submission: Submission, known: Known | None, evidence: Evidence | None = None) -> Marked:
        """Judge and mark a submission; nothing is stored."""
        stored = known[0] if known else None
        try:
            before = found_before(stored) if stored and stored.submission == submission.digest else {}
            return self._over(submission, self._assess(submission, before, evidence), known)
        except Exception as error:
            return self._give_up(submission, cause_of(error), known)

    def keep(self, several: Sequence[Marked]) -> list[Marked]:
        """Store, all in one transaction, the grades that are to be stored. What of one cannot be is one row."""
        try:
            return self._stored(several)
        except GraderError:  # the database's own: it is no submission's
            raise
        except Exception:
            return [self._keep_alone(one) for one in several]

    def _stored(self, several: Sequence[Marked]) -> list[Marked]:
        saved = iter(self._store.save_all([(one.grade, one.keys) for one in several if one.keys is not None]))
        return [one if one.keys is None else replace(one, grade=next(saved), keys=None) for one in several]

    def _keep_alone(self, marked: Marked) -> Marked:
        try:
            return self._stored([marked])[0]
        except Exception as error:
            return self.give_up(marked.submission, cause_of(error))

    def _over(self, submission: Submission, found: Assessment, known: Known | None) -> Marked:
        """What was found of a submission, but for what is stored and says better."""
        grade, why = self._grade(submission, found), self._why(found)
        marked = Marked(submission, grade, found.wants, found.notes, keys=self._keys(submission.student, found))
        if known is None:
            return marked
        stored, ours = known[0], bool(found.ours)
        if found.kept:
            trainings = {use.probe: use for use in (*stored.trainings, *grade.trainings)}
            merged = replace(grade, trainings=tuple(trainings.values()))
            return replace(marked, grade=merged, kept=why, ours=ours, keys=Keys(found.exam.key, ""))
        if grade.status == "ungraded" and stands(stored, submission):
            return replace(marked, grade=noted(stored, why), kept=why, ours=ours, keys=known[1])
        return marked

    def _assess(
        self, submission: Submission, before: Mapping[str, Sequence[Outcome]], evidence: Evidence | None
    ) -> Assessment:
        paths, name = self._source.paths, self._source.key
        reference = paths.reference(name) if self.knows_solution else None
        with self._asking:  # several threads judge: the solution is judged for all of them once
            if reference and self._mistaken is None:
                self._mistaken = self._assessor.mistaken(reference)
        return self._assessor.assess(
            submission,
            paths.evidence(name, submission.student),
            reference=reference,
            hidden=self._settings.hides_expected,
            before=before,
            mistaken=self._mistaken or NO_MISTAKES,
            evidence=evidence,
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
            fault=why or (remark(exam.fault) if exam.fault else note_handed_in(exam, found.notes)),
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
        known = self.known([submission.student]).get(submission.student)
        return self._stored([self._give_up(submission, why, known)])[0]

    def _give_up(self, submission: Submission, why: str, known: Known | None) -> Marked:
        if known is not None and known[0].status == "graded":
            anew = bool(submission.digest) and stands(known[0], submission)
            grade = noted(known[0], why) if anew else known[0]
            return Marked(submission, grade, kept=why, ours=True, keys=known[1] if anew else None)
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
        return Marked(submission, graded, keys=NO_KEYS)

    def give_up_training(self, marked: Marked, why: str) -> Marked:
        """Store the grade of a submission one of whose trainings failed through no fault of its author."""
        if marked.grade.status == "graded":
            return replace(marked, wants=(), kept=why, ours=True)
        grade = replace(marked.grade, fault=why)
        return Marked(marked.submission, self._store.save(grade, NO_KEYS))

    def _is_whole(self, exam: Exam) -> bool:
        """Whether evidence was taken behind the wall the course asks for now, or a stronger one, with its numbers."""
        walled = suffices(exam.isolation, self._course.isolation)
        return exam.fault is not None or (walled and self._sampled <= set(exam.sampled))

    def _judge_key(self, exam_key: str) -> str:
        """Digest of all that a grade depends on beside the evidence."""
        # Danger: a grade stands as long as this does, whatever else was changed.
        return digest(exam_key, self._solution_key, self._assessor.scorer.digest, *self._rules)

    @cached_property
    def _rules(self) -> list[bytes]:
        """What the course says of judging: its checks, as they were collected, its points, its messages."""
        questions = [(one.id, one.points, one.tested, one.task, one.bonus) for one in self._source.questions]
        said = [questions, self._source.keeps_gradebook, self._course.language, self._settings.hides_expected]
        return [self._assessor.scorer.plan.code.encode(), msgspec.json.encode(said)]
