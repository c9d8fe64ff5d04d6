"""nbgrader's score of what was handed in, cell by cell, from the evidence of its exams."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from autograder.evidence import Exam
from autograder.grades import TEST_CELL, TEST_CELL_WEIGHT, explain_test
from autograder.judge.message import Mismatch, compose
from autograder.locale import Phrase, phrase, render
from autograder.nbgrader.handed_in import CompatAssignment, Handed, Work
from autograder.nbgrader.rules import OutputRules, RefusedByNbgrader, nbgrader_score, seen_by_nbgrader
from autograder.notebook.master import GradedCell
from autograder.records import CheckStatus, Grade, Outcome, QuestionGrade, SubmissionStatus, digest
from autograder.remarks import REMARKS
from autograder.store import Keys
from autograder.wire.messages import CellRun

REFUSED = "nbgrader would refuse the whole submission"


@dataclass(frozen=True)
class CellMark:
    """What nbgrader records of one cell."""

    score: float
    status: CheckStatus
    message: str = ""
    by_hand: bool = False


def keys_of(course: CompatAssignment, work: Work, exams: Mapping[str, Exam | None]) -> Keys:
    questions = msgspec.json.encode({name: [vars(one) for one in cells] for name, cells in course.questions.items()})
    rules = msgspec.json.encode([vars(course.rules), course.language])
    exam = digest("compat", work.digest, *(exam.key for exam in exams.values() if exam))
    return Keys(exam, digest(exam, questions, rules))


def grade_work(course: CompatAssignment, work: Work, exams: Mapping[str, Exam | None]) -> Grade:
    if not any(work.notebooks.values()):
        names = ", ".join(f"{name}.ipynb" for name in work.notebooks)
        return same_for_all(course, work, "missing", f"no {names} handed in", "failed")
    try:
        marks = {name: _mark_notebook(course, name, work.notebooks[name], exams.get(name)) for name in work.notebooks}
    except RefusedByNbgrader as refused:
        return same_for_all(course, work, "graded", f"{REFUSED}: {refused}", "errored")
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


def same_for_all(
    course: CompatAssignment,
    work: Work,
    status: SubmissionStatus,
    why: str,
    of_cells: CheckStatus,
    *,
    full: bool = False,
) -> Grade:
    """A grade that is the same for every cell."""
    questions = tuple(
        _question(course, name, cell, CellMark(cell.points if full else 0.0, of_cells))
        for name, cells in course.questions.items()
        for cell in cells
    )
    return Grade(work.student, course.name, status, questions, submission=work.digest, fault=why)


def _question(course: CompatAssignment, notebook: str, cell: GradedCell, marked: CellMark) -> QuestionGrade:
    language = course.language
    tests = cell.kind == "tests"
    said = phrase("The tests of the notebook") if tests else phrase("The answer, read by your teacher")
    name = course.question_id(notebook, cell.id)
    title, kind = render(said, language), "hand" if marked.by_hand or not tests else "tests"
    outcome = Outcome(TEST_CELL, name, title, marked.status, TEST_CELL_WEIGHT, marked.message, kind)  # type: ignore[arg-type]
    return QuestionGrade(name, marked.score, cell.points, (outcome,))


def _mark_notebook(
    course: CompatAssignment, name: str, handed: Handed | None, exam: Exam | None
) -> dict[str, CellMark]:
    """Return what nbgrader records of each graded cell of a notebook. Raise RefusedByNbgrader where that is nothing."""
    language = course.language
    if handed is None:
        text = _say(phrase("{notebook} was not handed in", notebook=f"{name}.ipynb"), language)
        return {cell.id: CellMark(0.0, "failed", text) for cell in course.questions[name]}
    if handed.sanitized is None:
        raise RefusedByNbgrader(handed.refusal)
    if exam is None:
        raise RefusedByNbgrader("it could not be run")
    if exam.fault is not None:
        where = "" if exam.fault.cell is None else f"cell {exam.fault.cell + 1}: "
        raise RefusedByNbgrader(f"{name}.ipynb: {where}{REMARKS[exam.fault.kind]}")
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
    except RefusedByNbgrader as refused:
        raise RefusedByNbgrader(f"{notebook}.ipynb: cell {cell.index + 1} ({cell.id}): {refused}") from None
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
