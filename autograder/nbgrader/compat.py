"""The line's other rule of marking, nbgrader's: its notebook, its outputs' rule, its score, in our rooms.

Read `NbgraderRule` first. No checks, no solution, no training: a course made for nbgrader alone is graded as it is.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from autograder.course import ON_TRUST, Assignment
from autograder.data.course_shelf import course_shelf
from autograder.engine import Engine, Result
from autograder.environment import environment_of
from autograder.errors import CourseError, GraderError, Problem, SubmissionError, cause_of
from autograder.evidence import Exam, libraries, load_exam
from autograder.grades import TEST_CELL, TEST_CELL_WEIGHT, explain_test
from autograder.intake import students
from autograder.intake.names import on_disk
from autograder.judge.message import Mismatch, compose
from autograder.locale import Phrase, phrase, render
from autograder.marking import REMARKS, Marked, Settled
from autograder.nbgrader.rules import OutputRules, Refused, nbgrader_score, sane_score, seen_by_nbgrader
from autograder.notebook.formats import Notebook
from autograder.notebook.master import GradedCell, MasterCopy, Sanitized
from autograder.notebook.metadata import role_of
from autograder.pipeline import Step, Timings, choose_students, examine_all
from autograder.records import CheckStatus, Grade, Outcome, Plan, QuestionGrade, Submission, SubmissionStatus, digest
from autograder.release import is_private, release_files
from autograder.sandbox.exam import Order
from autograder.sandbox.isolation import suffices
from autograder.session import Options, Session
from autograder.store import COMPAT, Keys, Store
from autograder.wire.messages import CellRun, FitCap

NOTHING_ASKED = Plan((), {}, ())
ENVIRONMENT = {"NBGRADER_EXECUTION": "autograde"}
"""What nbgrader's kernels see."""
NOTEBOOK = ".ipynb"
"""The source's own are never put beside: nbgrader does not, and they hold solutions."""
REFUSED = "nbgrader would refuse the whole submission"


@dataclass(frozen=True)
class Handed:
    """One notebook of one student, as nbgrader finds it."""

    student: str
    notebook: str
    digest: str
    sanitized: Sanitized | None
    refusal: str = ""
    """Why nbgrader would not run it."""
    order: Order | None = None
    """The exam it needs, where nothing refuses it."""


@dataclass(frozen=True)
class Work:
    """All that one student handed in, by notebook; None for a notebook that is not there."""

    student: str
    notebooks: Mapping[str, Handed | None]

    @property
    def digest(self) -> str:
        return digest(*(one.digest for one in self.notebooks.values() if one))

    @property
    def submission(self) -> Submission:
        """All of it as one."""
        return Submission(self.student, self.digest)


class Course:
    """The notebooks of one assignment, and what nbgrader knows of them. Use as a context manager."""

    def __init__(self, assignments: Sequence[Assignment], isolation: str = "") -> None:
        """Raises CourseError for what nbgrader refuses of the sources, DataError for a data set that is not whole."""
        self.assignments = {one.notebook_name: one for one in assignments}
        self.first = assignments[0]
        self.name, self.paths = self.first.name, self.first.paths
        self.limits = msgspec.structs.replace(self.first.settings.limits, fit=FitCap())
        self.isolation = isolation
        shelf = course_shelf(self.first.stand_ins)
        self.sets = tuple(shelf.item(name) for name in self.first.settings.data)
        if hidden := [one.name for one in self.sets if one.hidden]:
            shown = self.paths.shown(self.paths.course)
            text = f"a hidden set is never shown to a room: {', '.join(hidden)}"
            raise CourseError([Problem(shown, 0, f"assignments.{self.name}.data", text)])
        self._master = MasterCopy(self.paths, self.name, [one.source_path for one in assignments])
        self._libraries = libraries(environment_of(self.first).versions)
        self.rules = self._master.output_rules
        self.questions = self._master.questions

    def question_id(self, notebook: str, cell: str) -> str:
        """A cell's id, which is one of its notebook's; said with it where there are several."""
        return cell if len(self.questions) == 1 else f"{notebook}/{cell}"

    def work(self, student: str) -> Work:
        """Return what a student handed in, read and restored."""
        return Work(student, {name: self._read(student, name) for name in self.questions})

    def _read(self, student: str, notebook: str) -> Handed | None:
        folder = self.paths.submission(student, self.name)
        path = folder / f"{notebook}.ipynb"
        if folder.is_symlink() or folder.parent.is_symlink() or path.is_symlink() or not path.is_file():
            return None
        try:
            data = path.read_bytes()
        except OSError as error:
            raise CourseError([Problem(self.paths.shown(path), 0, "", f"cannot be read: {error.strerror}")]) from error
        own = digest(notebook, data)
        try:
            if len(data) > self.limits.notebook_mb * 2**20:
                raise SubmissionError(f"over {self.limits.notebook_mb} MB")
            sanitized = self._master.sanitize(notebook, student, data)
        except SubmissionError as error:
            return Handed(student, notebook, own, None, f"{notebook}.ipynb: {error}")
        return Handed(student, notebook, own, sanitized, order=self._order(student, own, sanitized))

    def _order(self, student: str, own: str, sanitized: Sanitized) -> Order:
        files = self._files(student)
        contents = [part for name, path in files.items() for part in (name, path.read_bytes())]
        run = msgspec.json.encode([list(sanitized.cells), self.limits, ENVIRONMENT])
        key = digest("compat", own, run, self._libraries, *(one.digest for one in self.sets), *contents)
        submission = Submission(student, own, sanitized.cells, files=files)
        return Order(
            key,
            submission,
            NOTHING_ASKED,
            self.limits,
            self.isolation,
            self.sets,
            environment=ENVIRONMENT,
            as_kernel=True,
        )

    def _files(self, student: str) -> dict[str, Path]:
        """What lies beside the notebook when it runs: the student's files, under the source's of the same name."""
        folder = self.paths.submission(student, self.name)
        plain = [path for path in sorted(folder.rglob("*")) if _is_plain(path, folder)]
        own = {on_disk(str(path.relative_to(folder))): path for path in plain}
        given = {str(file.name): file.source for file in release_files(self.first) if file.name.suffix != NOTEBOOK}
        kept = {name: own[name] for name in self._master.not_overwritten & own.keys()}
        size = 0
        fitting = {}
        for name, path in sorted({**own, **given, **kept}.items(), key=lambda file: (file[0].endswith(NOTEBOOK), file)):
            size += path.stat().st_size
            if size <= self.limits.files_mb * 2**20:
                fitting[name] = path
        return fitting

    def evidence(self, handed: Handed) -> Path:
        return self.paths.compat_evidence(self.name, handed.student, handed.notebook)

    def walled(self, exam: Exam) -> bool:
        """Whether evidence was taken behind the wall the course asks for now, or a stronger one."""
        return suffices(exam.isolation, self.first.course.isolation)

    def __enter__(self) -> Course:
        return self

    def __exit__(self, *_: object) -> None:
        self._master.__exit__()


def _is_plain(path: Path, folder: Path) -> bool:
    """Whether a file was handed in: no link, no link on its way, nothing a tool left there."""
    name = path.relative_to(folder)
    ways = [path, *(folder / parent for parent in name.parents)]
    return (
        path.is_file() and not any(way.is_symlink() for way in ways) and not is_private(name) and len(str(name)) <= 500
    )


# --- The line ---------------------------------------------------------------------------------------------------------


def grade(assignments: Sequence[Assignment], options: Options, timings: Timings) -> Iterator[Step]:
    """Grade what is new or changed as nbgrader would, and yield each submission when its grade is stored.

    Raises CourseError where the course is broken, DataError where a data set is not whole, IsolationError where this
    machine cannot raise the wall.
    """
    started = time.monotonic()
    first = assignments[0]
    with Session(first, options, preload=_preload(assignments)) as session:
        chosen = choose_students(first, students(first), options.students)
        with Course(assignments, session.isolation) as course:
            rule = NbgraderRule(course, session.store, again=options.again)
            yield from examine_all(session, rule, chosen, timings, [])
    timings.notes += [f"{ON_TRUST}: all"] if timings.rooms else []
    timings.total = time.monotonic() - started


def _preload(assignments: Sequence[Assignment]) -> tuple[str, ...]:
    """Modules to import once. Not those that test cells alone import: what they write then costs points."""
    found: dict[str, None] = {}
    for one in assignments:
        plain = Notebook(tuple(cell for cell in one.source.cells if not role_of(cell).tests))
        found |= dict.fromkeys(replace(one, source=plain).preload)
    return tuple(found)


class NbgraderRule:
    """Marks as nbgrader does, from its own reading of what was handed in. Nothing is compared with a solution."""

    def __init__(self, course: Course, store: Store, *, again: bool = False) -> None:
        self._course, self._store, self._again = course, store, again
        self._waiting: dict[str, Work] = {}
        self._missing: Counter[str] = Counter()
        """Exams that are still to come, by student: one a notebook."""
        self._errors: dict[str, GraderError] = {}

    def receive(self, student: str) -> Settled | Sequence[Order]:
        """Read what a student handed in; return its grade where it needs no exam, or else the exams to hold."""
        try:
            work = self._course.work(student)
            orders = _orders(self._course, work, again=self._again)
        except Exception as surprise:  # whatever it is, it is one student's row
            given_up = self._give_up(Work(student, {}), cause_of(surprise))
            return Settled(given_up.grade, marked=given_up)
        if not orders:
            return self._mark(work)
        self._waiting[student], self._missing[student] = work, len(orders)
        return orders

    def order_solution(self) -> None:
        """nbgrader asks for none."""

    def keep_solution(self, result: Result, engine: Engine) -> None:
        """There is none."""

    def mark(self, result: Result) -> Marked | None:
        """Store one exam's evidence; mark the student once the last of theirs is there, or failed through our fault."""
        student = result.order.submission.student
        work = self._waiting[student]
        try:
            _keep(self._course, work, result)
        except GraderError as error:
            self._errors[student] = error
        self._missing[student] -= 1
        if self._missing[student]:
            return None
        settled = self._mark(work) if student not in self._errors else None
        if settled is None:
            return self._give_up(work, str(self._errors[student]))
        return settled.marked or Marked(work.submission, settled.grade)

    def _mark(self, work: Work) -> Settled:
        """Mark a student's work from the evidence that lies on disk, and store the grade."""
        course, name = self._course, self._course.name
        exams = {
            name: load_exam(course.evidence(handed))
            for name, handed in work.notebooks.items()
            if handed is not None and handed.order is not None and not _is_refused(work)
        }
        keys = _keys(course, work, exams)
        held = self._store.keys(name, work.student, COMPAT) == keys
        stored = self._store.grade(name, work.student, COMPAT) if held else None
        if stored is not None:
            return Settled(stored, unchanged=True)
        try:
            graded = _grade(course, work, exams)
        except Exception as surprise:  # whatever it is, it is one student's row
            given_up = self._give_up(work, cause_of(surprise))
            return Settled(given_up.grade, marked=given_up)
        return Settled(self._store.save(graded, keys, COMPAT))

    def _give_up(self, work: Work, why: str) -> Marked:
        """Store a grade in which every cell is ours to mend; one that is stored stands."""
        stored = self._store.grade(self._course.name, work.student, COMPAT)
        if stored is not None and stored.status == "graded":
            return Marked(work.submission, stored, kept=why, ours=True)
        graded = _whole(self._course, work, "ungraded", why, "ungraded", full=True)
        return Marked(work.submission, self._store.save(graded, Keys("", ""), COMPAT))


def _orders(course: Course, work: Work, *, again: bool = False) -> list[Order]:
    """The exams to hold for a student: those whose evidence is not there yet."""
    orders = []
    for handed in work.notebooks.values():
        if handed is not None and handed.order is not None and not _is_refused(work):
            exam = None if again else load_exam(course.evidence(handed))
            if exam is None or exam.key != handed.order.key or not course.walled(exam):
                orders.append(handed.order)
    return orders


def _is_refused(work: Work) -> bool:
    return any(one is not None and one.refusal for one in work.notebooks.values())


def _keep(course: Course, work: Work, result: Result) -> None:
    if result.evidence is None:
        raise result.error or GraderError("the exam gave no evidence")
    handed = next(one for one in work.notebooks.values() if one is not None and one.order is result.order)
    try:
        result.evidence.save(course.evidence(handed))
    except OSError as failed:
        raise GraderError(f"the evidence cannot be stored: {failed}") from failed


# --- Marking ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class CellMark:
    """What nbgrader records of one cell."""

    score: float
    status: CheckStatus
    message: str = ""
    by_hand: bool = False


def _keys(course: Course, work: Work, exams: Mapping[str, Exam | None]) -> Keys:
    questions = msgspec.json.encode({name: [vars(one) for one in cells] for name, cells in course.questions.items()})
    rules = msgspec.json.encode([vars(course.rules), course.first.course.language])
    exam = digest("compat", work.digest, *(exam.key for exam in exams.values() if exam))
    return Keys(exam, digest(exam, questions, rules))


def _grade(course: Course, work: Work, exams: Mapping[str, Exam | None]) -> Grade:
    if not any(work.notebooks.values()):
        names = ", ".join(f"{name}.ipynb" for name in work.notebooks)
        return _whole(course, work, "missing", f"no {names} handed in", "failed")
    try:
        marks = {name: _mark_notebook(course, name, work.notebooks[name], exams.get(name)) for name in work.notebooks}
    except Refused as refused:
        return _whole(course, work, "graded", f"{REFUSED}: {refused}", "errored")
    questions = tuple(
        _question(course, name, cell, marks[name][cell.id])
        for name, cells in course.questions.items()
        for cell in cells
    )
    held = [exam for exam in exams.values() if exam is not None]
    return Grade(
        work.student,
        course.name,
        "graded",
        questions,
        isolation=held[0].isolation if held else "",
        device="cpu",
        seconds=round(sum(exam.seconds for exam in held), 3),
        submission=work.digest,
        stand_ins=tuple(one.name for one in course.sets if one.stand_in),
    )


def _whole(
    course: Course, work: Work, status: SubmissionStatus, why: str, of_cells: CheckStatus, *, full: bool = False
) -> Grade:
    """A grade that is the same for every cell."""
    questions = tuple(
        _question(course, name, cell, CellMark(cell.points if full else 0.0, of_cells))
        for name, cells in course.questions.items()
        for cell in cells
    )
    return Grade(work.student, course.name, status, questions, submission=work.digest, fault=why)


def _question(course: Course, notebook: str, cell: GradedCell, marked: CellMark) -> QuestionGrade:
    language = course.first.course.language
    tests = cell.kind == "tests"
    said = phrase("The tests of the notebook") if tests else phrase("The answer, read by your teacher")
    name = course.question_id(notebook, cell.id)
    title, kind = render(said, language), "hand" if marked.by_hand or not tests else "tests"
    outcome = Outcome(TEST_CELL, name, title, marked.status, TEST_CELL_WEIGHT, marked.message, kind)  # type: ignore[arg-type]
    return QuestionGrade(name, marked.score, cell.points, (outcome,))


def _mark_notebook(course: Course, name: str, handed: Handed | None, exam: Exam | None) -> dict[str, CellMark]:
    """Return what nbgrader records of each graded cell of a notebook. Raise Refused where it records nothing."""
    language = course.first.course.language
    if handed is None:
        text = _say(phrase("{notebook} was not handed in", notebook=f"{name}.ipynb"), language)
        return {cell.id: CellMark(0.0, "failed", text) for cell in course.questions[name]}
    if handed.sanitized is None:
        raise Refused(handed.refusal)
    if exam is None:
        raise Refused("it could not be run")
    if exam.fault is not None:
        where = "" if exam.fault.cell is None else f"cell {exam.fault.cell + 1}: "
        raise Refused(f"{name}.ipynb: {where}{REMARKS[exam.fault.kind]}")
    there = {cell.id: cell for cell in handed.sanitized.graded}
    runs = {record.cell.index: record.run for record in exam.cells}
    return {
        cell.id: _mark_cell(there[cell.id], runs, course.rules, name, language)
        if cell.id in there
        else CellMark(0.0, "ungraded", _say(phrase("the cell is not in the notebook"), language), by_hand=True)
        for cell in course.questions[name]
    }


def _mark_cell(
    cell: GradedCell, runs: Mapping[int, CellRun | None], rules: OutputRules, notebook: str, language: str
) -> CellMark:
    if cell.untouched:
        return CellMark(0.0, "failed", _say(phrase("No response."), language))
    if cell.kind != "tests":
        return CellMark(0.0, "ungraded", by_hand=True)
    run = runs.get(cell.index)
    try:
        score = nbgrader_score(seen_by_nbgrader(run, rules) if run else [], cell.points)
    except Refused as refused:
        raise Refused(f"{notebook}.ipynb: cell {cell.index + 1} ({cell.id}): {refused}") from None
    if run is None or score >= cell.points:
        return CellMark(score, "passed")
    if run.fault is not None and score == 0:
        status, mismatch = explain_test(run.fault)
        return CellMark(score, status, compose(mismatch, language, hidden=False))
    return CellMark(score, "failed", _say(_why_less(run, score, cell.points, rules), language))


def _why_less(run: CellRun, score: float, points: float, rules: OutputRules) -> Phrase:
    first = next(iter(seen_by_nbgrader(run, rules)), None)
    if score == 0 and first is not None and first.kind == "stderr" and run.stderr:
        return phrase('the cell wrote to standard error: "{text}"', text=run.stderr.strip().splitlines()[0][:200])
    if score == 0 and run.result == "":
        return phrase("the cell wrote to standard error")
    return phrase("the tests give {score} out of {points}", score=score, points=points)


def _say(said: Phrase, language: str) -> str:
    return compose(Mismatch(received=said), language, hidden=True)


# --- Where the two rules differ ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Difference:
    """A test cell that nbgrader and the sane rule do not give the same."""

    student: str
    cell: str
    nbgrader: float | None
    """None: it gives the whole submission nothing."""
    sane: float | None
    """None: unknown until the notebook is graded without `--compat`."""
    why: str


def differences(assignments: Sequence[Assignment]) -> Iterator[Difference]:
    """Yield where the two rules differ, from the evidence of the last `grade --compat`. Nothing is run.

    Raises CourseError where a student's evidence is not there, or not of what was handed in.
    """
    with Course(assignments) as course:
        for student in students(course.first):
            work = course.work(student)
            if _orders(course, work):
                shown = course.paths.shown(course.paths.submission(student, course.name))
                text = f"not graded so yet, or changed since: run `autograder grade {course.name} --compat`"
                raise CourseError([Problem(shown, 0, "", text)])
            for name, handed in work.notebooks.items():
                if handed is not None and handed.sanitized is not None and not _is_refused(work):
                    exam = load_exam(course.evidence(handed))
                    if exam is not None and exam.fault is None:
                        yield from _differences_in(course, name, handed, handed.sanitized, exam)


def _differences_in(
    course: Course, name: str, handed: Handed, sanitized: Sanitized, exam: Exam
) -> Iterator[Difference]:
    there = {cell.id: cell for cell in sanitized.graded}
    runs = {record.cell.index: record.run for record in exam.cells}
    for asked in course.questions[name]:
        where = course.question_id(name, asked.id)
        cell = there.get(asked.id)
        if asked.kind != "tests":
            continue
        if cell is None:
            why = "its test cell is gone: nbgrader leaves it for a manual grade; otherwise it is put back and run"
            yield Difference(handed.student, where, 0.0, None, why)
        elif (run := runs.get(cell.index)) is None:
            why = "its test cell was not run, being empty or tagged: nbgrader takes silence for success"
            yield Difference(handed.student, where, cell.points, None, why)
        elif difference := _difference(handed.student, where, cell, run, course.rules):
            yield difference


def _difference(student: str, where: str, cell: GradedCell, run: CellRun, rules: OutputRules) -> Difference | None:
    sane = sane_score(run, cell.points)
    try:
        theirs = nbgrader_score(seen_by_nbgrader(run, rules), cell.points)
    except Refused as refused:
        return Difference(student, where, None, sane, f"{refused}: nbgrader refuses the whole submission for it")
    return None if theirs == sane else Difference(student, where, theirs, sane, _why(run, theirs, sane, rules))


def _why(run: CellRun, theirs: float, sane: float, rules: OutputRules) -> str:
    seen = seen_by_nbgrader(run, rules)
    if run.fault is not None:
        return (
            f"it raised {run.fault.error or run.fault.kind}, which nbgrader does not see past what was displayed first"
        )
    if theirs == 0 and seen and any(output.kind == "stderr" for output in seen):
        said = run.stderr.strip().splitlines()
        return f"it wrote to standard error ({said[0][:80] if said else 'beneath Python'}), which costs nothing here"
    if theirs == 0:
        return "a traceback was displayed, though the cell ran to its end"
    if sane == 0:
        return f"it displays {run.result.strip()[:40]}, which nbgrader takes for a success"
    return f"it displays {run.result.strip()[:40]}, a number here, any text to nbgrader"
