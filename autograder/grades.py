"""Outcomes and policy to points. Arithmetic: nothing here reads a file or runs code."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from autograder.judge.faults import cell_label, explain_fault, status_of
from autograder.judge.message import Mismatch, compose
from autograder.locale import phrase, render
from autograder.records import Check, CheckStatus, Exam, Outcome, Question, QuestionGrade
from autograder.wire.messages import Fault

TEST_CELL = "test_cell"
"""Name of the check that a question's visible tests make."""
TEST_CELL_WEIGHT = 1.0


def grade_questions(
    questions: Sequence[Question], checks: Sequence[Check], outcomes: Iterable[Outcome], exam: Exam, language: str
) -> tuple[QuestionGrade, ...]:
    """Return each question's points, in the notebook's order.

    A question is worth the share of its checks' weight that passed. An `ungraded` check is ours and costs nothing.
    """
    judged = list(outcomes)
    found = {
        question.id: [
            *([_cell_outcome(question.id, exam, language)] if question.tested else []),
            *(outcome for outcome in judged if outcome.question == question.id),
        ]
        for question in questions
    }
    settled = _skip_unmet(found, {check.name: check.needs for check in checks}, language)
    return tuple(_grade(question, settled[question.id]) for question in questions)


def _skip_unmet(
    found: Mapping[str, Sequence[Outcome]], needs: Mapping[str, Sequence[str]], language: str
) -> Mapping[str, Sequence[Outcome]]:
    """Skip what needs a question not fully passed, and then what needs a question with something skipped."""
    whole = {name for name, ones in found.items() if all(one.status in ("passed", "ungraded") for one in ones)}
    after = {
        name: [_after_needs(one, needs.get(one.name, ()), whole, language) for one in ones]
        for name, ones in found.items()
    }
    return after if after == found else _skip_unmet(after, needs, language)


def _grade(question: Question, outcomes: Sequence[Outcome]) -> QuestionGrade:
    total = sum(outcome.weight for outcome in outcomes)
    earned = sum(outcome.weight for outcome in outcomes if outcome.status in ("passed", "ungraded"))
    score = round(question.points * earned / total, 4) if total else 0.0
    return QuestionGrade(question.id, score, question.points, tuple(outcomes))


def _after_needs(outcome: Outcome, needs: Sequence[str], whole: set[str], language: str) -> Outcome:
    unmet = [need for need in needs if need not in whole]
    if not unmet or outcome.status == "ungraded":
        return outcome
    message = compose(
        Mismatch(hint=phrase('first earn all the points of "{question}".', question=unmet[0])), language, hidden=True
    )
    return Outcome(outcome.name, outcome.question, outcome.title, "skipped", outcome.weight, message)


def _cell_outcome(question: str, exam: Exam, language: str) -> Outcome:
    """The outcome of a question's visible tests. Passed only where the cell is known to have run to its end."""
    title = render(phrase("The visible tests of the notebook"), language)
    record = next((record for record in exam.cells if record.cell.id == question), None)
    fault = exam.fault if record is None or record.run is None else record.run.fault
    if record is not None and record.run is not None and fault is None:
        return Outcome(TEST_CELL, question, title, "passed", TEST_CELL_WEIGHT)
    if fault is None:
        return Outcome(TEST_CELL, question, title, "ungraded", TEST_CELL_WEIGHT)
    status, mismatch = explain_test(fault)
    return Outcome(TEST_CELL, question, title, status, TEST_CELL_WEIGHT, compose(mismatch, language, hidden=False))


def explain_test(fault: Fault) -> tuple[CheckStatus, Mismatch]:
    """Return what a fault of a test cell is: its status, and what to tell the student."""
    if fault.error != "AssertionError" or fault.kind != "raised":
        return status_of(fault), explain_fault(fault)
    place = None if fault.cell is None else cell_label(fault.cell)
    test = fault.frames[-1].code if fault.frames else ""
    return "failed", Mismatch(
        received=phrase("this test fails: {test}", test=test), place=place, hint=fault.message or None
    )
