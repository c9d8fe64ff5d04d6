"""What a page tells of errors: each cause once, where it is to be mended, and what follows from it in a line."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

import toy
from autograder.assignment import Assignment
from autograder.evidence import Exam
from autograder.grades import explain_test
from autograder.judge.causes import Causes
from autograder.judge.faults import explain_fault, explain_lack, status_of
from autograder.judge.message import compose
from autograder.records import CheckStatus, Grade, Outcome, QuestionGrade
from autograder.report.feedback import feedback_page
from autograder.report.story import LINE_CHARS, SOURCE_LINES, tell
from autograder.wire.messages import Fault
from judge.test_causes import LEARNT, RENAMED, SOLUTION, STUB, Code, fault_at, missing, notebook, student
from loading import load_assignment
from report.test_feedback import said

NBSP = "\N{NO-BREAK SPACE}"


def page_of(assignment: Assignment, *rest: Any) -> str:
    return feedback_page(assignment.source, assignment.course, *rest)


def graded(held: Exam, asked: Mapping[str, list[str]], solution: Exam | None = None, language: str = "en") -> Grade:
    """The grade of an exam: its visible tests, then a check for each name asked for, by question."""
    lacks = ["pandas"]
    causes = Causes(held, solution, lacks)

    def outcome(question: str, title: str, fault: Fault | None, at: int | None) -> Outcome:
        status: CheckStatus = "passed"
        message = ""
        if fault and at is not None:
            status, mismatch = explain_test(fault, causes, at)
            message = compose(mismatch, language, hidden=False)
        elif fault:
            lack = causes.lack(causes.root(fault))
            status = "ungraded" if lack else status_of(causes.root(fault))
            message = compose(explain_lack(lack) if lack else explain_fault(fault, causes), language, hidden=True)
        return Outcome(title, question, title, status, 1.0, message)

    questions = []
    for question, names in asked.items():
        record = next(one for one in held.cells if one.cell.id == question)
        fault = record.run.fault if record.run else None
        tests = outcome(question, "The tests", fault, record.cell.index)
        checks = [outcome(question, f"Of {name}", missing(name), None) for name in names]
        questions.append(QuestionGrade(question, 0.0, 2.0, (tests, *checks)))
    return Grade("ada", toy.NAME, "graded", tuple(questions), submission="digest")


@pytest.fixture
def assignment(tmp_path: Path) -> Assignment:
    toy.write_source(tmp_path)
    return load_assignment(tmp_path, toy.NAME)


def test_one_error_is_told_once_beside_its_answer(assignment: Assignment) -> None:
    html = page_of(assignment, graded(LEARNT, {"compile": ["settings", "other"]}), LEARNT)
    assert said(html)[4:] == [
        "Look here first",
        'your cell under "Compile"',
        "ValueError: not recognized: lr",
        "2 results follow from it.",
        "compile",
        "0 / 2",
        "compile 0 / 2",
        "Your answer",
        "def compile_model(model):",
        "model.compile(Adam(lr=1))",
        "received  ValueError: not recognized: lr",
        'where     your cell under "Compile", line 2: model.compile(Adam(lr=1))',
        'This stopped for it too: cell 1 of the course\'s under "Compile", cell 2 of the course\'s under "Compile".',
        "error The tests",
        "received  AttributeError: no attribute 'optimizer'",
        'where     the tests under "Compile", line 1: assert base.optimizer',
        'first     mend your cell under "Compile": this may follow from its error',
        "error Of settings",
        'follows from your cell under "Compile"',
        "error Of other",
        'follows from your cell under "Compile"',
    ]


def test_the_line_that_stopped_is_marked(assignment: Assignment) -> None:
    html = page_of(assignment, graded(LEARNT, {"compile": ["settings"]}), LEARNT)
    assert '<span>def compile_model(model):</span><span class="stopped">    model.compile(Adam(lr=1))</span>' in html


def test_two_causes_lead_each_to_their_answer(assignment: Assignment) -> None:
    html = page_of(
        assignment, graded(RENAMED, {"net": ["net"], "use": ["used", "facts"]}, SOLUTION), RENAMED, 0.0, SOLUTION
    )
    lines = said(html)
    start = lines.index("Look here first")
    assert lines[start : start + 9] == [
        "Look here first",
        'your cell under "1. A network"',
        'the answer makes nothing called "net"',
        'is it the one you called "model"? Keep the name asked for.',
        "2 results follow from it.",
        'your cell under "2. Use it"',
        'the answer makes nothing called "used"',
        'is it the one you called "model2"? Keep the name asked for.',
        "3 results follow from it.",
    ]
    assert sum(line.startswith("received") for line in lines) == 2, "each is told once"
    assert set(re.findall(r'href="#([^"]*)"', html)) <= set(re.findall(r'id="([^"]*)"', html))


def test_a_page_in_french_tells_the_same(tmp_path: Path) -> None:
    toy.write_source(tmp_path, language="fr")
    grade = graded(LEARNT, {"compile": ["settings"]}, language="fr")
    lines = said(page_of(load_assignment(tmp_path, toy.NAME), grade, LEARNT))
    for line in (
        "À regarder d'abord",
        f"votre cellule sous «{NBSP}Compile{NBSP}»",
        "1 résultat en découle.",
        "Votre réponse",
        f"Se sont arrêtées pour la même raison{NBSP}: la cellule du cours nº{NBSP}1 sous «{NBSP}Compile{NBSP}», "
        f"la cellule du cours nº{NBSP}2 sous «{NBSP}Compile{NBSP}».",
        f"d'abord  réparez votre cellule sous «{NBSP}Compile{NBSP}»{NBSP}: ceci peut venir de son erreur",
        f"découle de{NBSP}: votre cellule sous «{NBSP}Compile{NBSP}»",
    ):
        assert line in lines


BROKEN = Code("", "a note, not code", "SyntaxError: invalid syntax", [(5, 1)])
OWN = (
    "# Lab",
    Code("net-answer", "net = 2"),
    Code("net", "assert net == 1", "AssertionError: ", [(2, 1)], given=True),
    "## 2. Use it",
    Code("use-answer", "used = 1"),
    BROKEN,
    Code("use", "assert used", given=True),
)
"""A first answer that is wrong, a second that is right, and a cell of the student's own that stopped between."""


def test_an_error_beside_answers_that_are_right_is_no_lead() -> None:
    held = notebook(*OWN)
    story = tell(graded(held, {"net": [], "use": []}), held, None, (), "en")
    assert [cause.headline for cause in story.causes] == []
    assert [cause.headline for cause in story.aside] == ["SyntaxError: invalid syntax"]


@pytest.mark.parametrize(
    "cells",
    [
        (*OWN[:6], Code("use", "assert used == 2", "AssertionError: ", [(6, 1)], given=True)),
        (*OWN[:5], Code("", "x = 1 /", "SyntaxError: bad", [(5, 1)], given=True), OWN[6]),
        (*OWN[:4], Code("use-answer", "used = 1 +", "SyntaxError: bad", [(4, 1)]), Code("", "1"), OWN[6]),
    ],
    ids=["beside a lost question", "in a cell of the course's", "in an answer"],
)
def test_an_error_that_may_have_cost_points_leads(cells: tuple[Code | str, ...]) -> None:
    held = notebook(*cells)
    story = tell(graded(held, {"net": [], "use": []}), held, None, (), "en")
    assert "SyntaxError" in " ".join(f"{cause.headline} {cause.message}" for cause in story.causes)
    assert story.aside == ()


def test_an_error_beside_a_question_that_another_explains_is_no_lead() -> None:
    error = "ValueError: not recognized: lr"
    stray = Code("", "tf.Session()", "AttributeError: no Session", [(1, 1)])
    answer = Code("net-answer", "net = compile(lr=1)", error, [(2, 1)])
    held = notebook(
        "# Lab", stray, answer, Code("net", "assert net", "NameError: name 'net' is not defined", given=True)
    )
    story = tell(graded(held, {"net": ["net"]}), held, None, (), "en")
    assert [cause.headline for cause in story.causes] == [error]
    assert [cause.headline for cause in story.aside] == ["AttributeError: no Session"]


@pytest.mark.parametrize("status", ["failed", "skipped"])
def test_two_results_that_read_alike_follow_from_no_other(status: CheckStatus) -> None:
    held = notebook(*OWN)
    alike = [QuestionGrade(name, 0, 2, (Outcome("t", name, "t", status, 1.0, "alike"),)) for name in ("net", "use")]
    story = tell(Grade("ada", toy.NAME, "graded", tuple(alike), submission="digest"), held, None, (), "en")
    told = [verdict.said for part in story.parts.values() for verdict in part.verdicts]
    assert [(one.message, one.leads_to) for one in told] == [("alike", ""), ("alike", "")]


def test_answers_still_to_be_written_are_named_and_accused_of_nothing() -> None:
    empty = student(net_answer=Code("net-answer", STUB, "NotImplementedError", [(3, 2)]))
    story = tell(graded(empty, {"net": ["net"], "use": []}, SOLUTION), empty, SOLUTION, (), "en")
    assert (story.causes, story.unwritten) == ((), ('your cell under "1. A network"',))


def test_what_is_not_here_is_no_mistake_of_the_students(assignment: Assignment) -> None:
    error = "ModuleNotFoundError: No module named 'pandas'"
    held = student(net_answer=Code("net-answer", "import pandas\nnet = 1", error, [(3, 1)]))
    (cause,) = tell(graded(held, {"net": ["net"], "use": []}), held, None, (), "en").causes
    assert cause.headline == 'the package "pandas" is not where notebooks are graded'
    assert cause.hint == "this is no mistake of yours and costs you nothing; your teacher has been told."
    lines = said(page_of(assignment, graded(held, {"net": ["net"], "use": []}), held))
    assert "Why it is not graded yet" in lines
    assert "Look here first" not in lines


def test_all_that_passes_is_folded() -> None:
    story = tell(graded(SOLUTION, {"net": [], "use": []}), SOLUTION, None, (), "en")
    assert [part.open for part in story.parts.values()] == [False, False]
    assert [answer.label for answer in story.parts["use"].answers] == ['your cell under "2. Use it"']


def test_a_long_answer_is_cut_around_the_line_that_stopped() -> None:
    source = "\n".join(f"line_{number}" for number in range(1, 100))
    held = notebook("## A", Code("a", source, "ValueError: x", [(1, 60)]), Code("q", "assert a", given=True))
    (answer,) = tell(graded(held, {"q": []}), held, None, (), "en").parts["q"].answers
    assert [line.text for line in answer.lines if line.stopped] == ["line_60"]
    assert (answer.lines[0].text, answer.lines[-1].text, len(answer.lines)) == ("…", "…", SOURCE_LINES + 2)


def test_a_long_line_is_cut() -> None:
    held = notebook("## A", Code("a", f"raise E  # {'x' * 10**6}", "E", [(1, 1)]), Code("q", "assert a", given=True))
    (answer,) = tell(graded(held, {"q": []}), held, None, (), "en").parts["q"].answers
    assert [len(line.text) for line in answer.lines] == [LINE_CHARS]


def test_an_error_in_a_cell_of_the_courses_is_read_beside_the_answer_it_works_on() -> None:
    held = notebook(
        "## A",
        Code("a", "def f():\n    pass"),
        Code("use", "x = f() + 1", "TypeError: 'NoneType' and 'int'", given=True),
        Code("q", "assert x", "NameError: name 'x' is not defined", given=True),
    )
    story = tell(graded(held, {"q": ["x"]}), held, None, (), "en")
    (cause,) = story.causes
    assert (cause.label, cause.anchor, cause.message) == ('your cell under "A"', "cell-1", "")
    assert cause.hint == (
        'this line is the course\'s; it works on "f": see your cell under "A". '
        "A function that ends without `return` gives None."
    )
    assert [verdict.said.leads_to for verdict in story.parts["q"].verdicts] == ["cell-1", "cell-1"]
    assert fault_at(held, 2).error == "TypeError"
