"""Outcomes and policy to points. Arithmetic: nothing here reads a file or runs code."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import msgspec

from autograder.evidence import Exam
from autograder.judge.causes import Causes
from autograder.judge.faults import explain_assert, explain_fault, explain_lack, status_of
from autograder.judge.message import Mismatch, compose
from autograder.locale import phrase, render
from autograder.nbgrader.rules import sane_score
from autograder.records import Check, CheckStatus, Grade, HandMark, Outcome, Question, QuestionGrade, digest
from autograder.wire.messages import CellRun, Fault

TEST_CELL = "test_cell"
"""What results call the visible tests of a question. A check may be called so too: `Outcome.kind` tells them apart."""
TEST_CELL_WEIGHT = 1.0
HAND = "hand_mark"
"""What results call the verdict of somebody who marks by hand."""
SECONDS_A_DAY = 24 * 60 * 60


NONE_BEFORE: Mapping[str, Sequence[Outcome]] = {}


def grade_questions(
    questions: Sequence[Question],
    checks: Sequence[Check],
    outcomes: Iterable[Outcome],
    exam: Exam,
    language: str,
    before: Mapping[str, Sequence[Outcome]] = NONE_BEFORE,
    stubs: Mapping[str, str] | None = None,
    causes: Causes | None = None,
) -> tuple[QuestionGrade, ...]:
    """Return each question's points, in the notebook's order. `causes` are those of the exam.

    A question is worth the share of its checks' weight that passed; visible tests that display a number of points
    count for that share of their weight. They count where one of the question's checks passes, for the student's code
    can make them pass; where a question has none, its points rest on trust. An `ungraded` check is ours and costs
    nothing. `before` are outcomes that were found earlier, by question: where one of a question's is ours now, all of
    those stand. A question that has neither checks nor tests is marked by hand where somebody does, a bonus anywhere:
    `stubs` are then the answers as they were handed out, which earn nothing.
    """
    judged = list(outcomes)
    found = {
        question.id: [
            *([_cell_outcome(question, exam, language, causes or Causes(exam))] if question.tested else []),
            *(outcome for outcome in judged if outcome.question == question.id),
        ]
        for question in questions
    }
    found |= {name: list(before[name]) for name, ones in found.items() if name in before and is_ours(ones)}
    settled = _skip_unmet(found, {check.name: check.needs for check in checks}, language)
    settled = {name: _pay_tests(ones, language) for name, ones in settled.items()}
    return tuple(
        _grade(question, settled[question.id], _cell_share(question, exam))
        if settled[question.id] or (stubs is None and not question.bonus)
        else _for_a_marker(question, exam, stubs or {}, language)
        for question in questions
    )


def _for_a_marker(question: Question, exam: Exam, stubs: Mapping[str, str], language: str) -> QuestionGrade:
    """A question that is marked by hand: worth nothing until it is, and for good where nobody answered it."""
    answer = exam.sources.get(question.id, "").strip()
    answered = question.task or answer not in ("", stubs.get(question.id, "").strip())
    title = render(phrase("The answer, read by your teacher"), language)
    none = compose(Mismatch(received=phrase("No response.")), language, hidden=True)
    status, message = ("ungraded", "") if answered else ("failed", none)
    outcome = Outcome(HAND, question.id, title, status, 1.0, message, "hand")  # type: ignore[arg-type]
    return QuestionGrade(question.id, 0.0, question.max_score, (outcome,))


def with_hand_marks(grade: Grade, marks: Mapping[str, HandMark]) -> Grade:
    """Return a grade with what somebody gave by hand, by question: scores in place of ours, points on top, comments."""
    if grade.status != "graded" or not marks:
        return grade
    questions = tuple(_marked(one, marks[one.id]) if one.id in marks else one for one in grade.questions)
    return replace(grade, questions=questions)


def _marked(question: QuestionGrade, mark: HandMark) -> QuestionGrade:
    given = question.score if mark.score is None else mark.score
    score = round(given + mark.extra_credit, 4)
    outcomes = question.outcomes
    if mark.score is not None:
        status: CheckStatus = "passed" if given >= question.max_score else "failed"
        outcomes = tuple(
            msgspec.structs.replace(one, status=status, message="") if one.kind == "hand" else one for one in outcomes
        )
    return QuestionGrade(
        question.id,
        score,
        question.max_score,
        outcomes,
        by_hand=mark.score is not None,
        extra_credit=mark.extra_credit,
        comment=mark.comment,
    )


def is_ours(outcomes: Iterable[Outcome]) -> bool:
    """Whether some check could not be judged, through no fault of the student's."""
    return any(outcome.status == "ungraded" and outcome.kind != "hand" for outcome in outcomes)


def join(assignment: str, grades: Mapping[str, Grade]) -> Grade:
    """Return a student's grade of an assignment of several notebooks, from that of each, by the notebook's name.

    A notebook that was not handed in earns nothing. Where one could not be graded, through a fault of ours, the whole
    is not graded yet.
    """
    there = {name: one for name, one in grades.items() if one.status != "missing"} or dict(grades)
    every = list(grades.values())
    statuses = {one.status for one in there.values()}
    walls = {one.isolation for one in there.values() if one.isolation}
    return Grade(
        every[0].student,
        assignment,
        "ungraded" if "ungraded" in statuses else "graded" if "graded" in statuses else "missing",
        tuple(question for one in every for question in one.questions),
        isolation=min(walls, default=""),  # the weakest: "standard" comes before "strict"
        device=next((one.device for one in there.values() if one.device), ""),
        seconds=round(sum(one.seconds for one in every), 3),
        submission=digest(*(one.submission for one in every)) if any(one.submission for one in every) else "",
        fault="; ".join(f"{name}: {one.fault}" for name, one in grades.items() if one.fault),
        trainings=tuple(use for one in every for use in one.trainings),
        stand_ins=tuple(dict.fromkeys(name for one in every for name in one.stand_ins)),
        language=next((one.language for one in every if one.language), ""),
    )


def late_penalty(score: float, seconds_late: float, percent_per_day: float) -> float:
    """Return what lateness takes of `score` points: so many percent of them for each day begun, all of them at most."""
    days = math.ceil(max(seconds_late, 0.0) / SECONDS_A_DAY)
    return round(min(score * days * percent_per_day / 100, max(score, 0.0)), 4)


def _skip_unmet(
    found: Mapping[str, Sequence[Outcome]], needs: Mapping[str, Sequence[str]], language: str
) -> Mapping[str, Sequence[Outcome]]:
    """Skip what needs a question not fully passed, and then what needs a question with something skipped."""
    whole = {name for name, ones in found.items() if all(one.status in ("passed", "ungraded") for one in ones)}
    after = {
        name: [
            _after_needs(one, needs.get(one.name, ()), whole, language) if one.kind == "check" else one for one in ones
        ]
        for name, ones in found.items()
    }
    return after if after == found else _skip_unmet(after, needs, language)


def _pay_tests(outcomes: Sequence[Outcome], language: str) -> Sequence[Outcome]:
    """Let visible tests count where a check of the same question passes, or cannot tell.

    They run beside the student's code, which can make them pass whatever it answers.
    """
    if _tests_count(outcomes):
        return outcomes
    hint = phrase("the visible tests count once a check of this question passes.")
    message = compose(Mismatch(hint=hint), language, hidden=True)
    return [
        msgspec.structs.replace(one, status="skipped", message=message)
        if one.kind == "tests" and one.status == "passed"
        else one
        for one in outcomes
    ]


def _tests_count(outcomes: Sequence[Outcome]) -> bool:
    checks = [one for one in outcomes if one.kind == "check" and one.weight]
    return not checks or any(one.status in ("passed", "ungraded") for one in checks)


def _grade(question: Question, outcomes: Sequence[Outcome], share: float) -> QuestionGrade:
    """Return a question's points. Its visible tests, not passed, count for `share` of their weight."""
    total = sum(outcome.weight for outcome in outcomes)
    share = share if _tests_count(outcomes) else 0.0
    earned = sum(
        outcome.weight * (1 if outcome.status in ("passed", "ungraded") else share if outcome.kind == "tests" else 0)
        for outcome in outcomes
    )
    score = round(question.points * earned / total, 4) if total else 0.0
    return QuestionGrade(question.id, score, question.max_score, tuple(outcomes))


def _after_needs(outcome: Outcome, needs: Sequence[str], whole: set[str], language: str) -> Outcome:
    unmet = [need for need in needs if need not in whole]
    if not unmet or outcome.status == "ungraded":
        return outcome
    message = compose(
        Mismatch(hint=phrase('first earn all the points of "{question}".', question=unmet[0])), language, hidden=True
    )
    return msgspec.structs.replace(outcome, status="skipped", message=message)


def _cell_run(question: str, exam: Exam) -> CellRun | None:
    return next((record.run for record in exam.cells if record.cell.id == question), None)


def _cell_index(question: str, exam: Exam) -> int | None:
    return next((record.cell.index for record in exam.cells if record.cell.id == question), None)


def _cell_share(question: Question, exam: Exam) -> float:
    """The share of its points that a question's visible tests give, from 0 to 1."""
    run = _cell_run(question.id, exam)
    if run is None or not question.points:
        return float(run is not None and run.fault is None)
    return sane_score(run, question.points) / question.points


def _cell_outcome(question: Question, exam: Exam, language: str, causes: Causes) -> Outcome:
    """The outcome of a question's visible tests. Passed only where the cell is known to have run to its end."""
    title = render(phrase("The visible tests of the notebook"), language)
    run = _cell_run(question.id, exam)
    fault = exam.fault if run is None else run.fault
    share = _cell_share(question, exam)
    if run is None and fault is None:
        return Outcome(TEST_CELL, question.id, title, "ungraded", TEST_CELL_WEIGHT, kind="tests")
    if fault is None and share == 1:
        return Outcome(TEST_CELL, question.id, title, "passed", TEST_CELL_WEIGHT, kind="tests")
    status, mismatch = (
        explain_test(fault, causes, _cell_index(question.id, exam))
        if fault
        else _explain_share(share * question.points, question.points)
    )
    message = compose(mismatch, language, hidden=False)
    return Outcome(TEST_CELL, question.id, title, status, TEST_CELL_WEIGHT, message, "tests")


def _explain_share(score: float, points: float) -> tuple[CheckStatus, Mismatch]:
    return "failed", Mismatch(received=phrase("the tests give {score} out of {points}", score=score, points=points))


def explain_test(fault: Fault, causes: Causes | None = None, at: int | None = None) -> tuple[CheckStatus, Mismatch]:
    """Return what a fault of a test cell, `at` this place, is: its status, and what to tell the student."""
    known = causes or Causes(None)
    if lack := known.lack(known.root(fault, at)) or known.lack_behind(sorted(known.names_there(fault)), at):
        return "ungraded", explain_lack(lack)
    if fault.error == "AssertionError" and fault.kind == "raised" and not known.is_the_students(fault):
        return "failed", explain_assert(fault, known)
    return status_of(known.root(fault, at)), explain_fault(fault, known, at)
