"""Outcomes to points: whose fault costs, whose does not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from autograder.evidence import CellRecord, Exam
from autograder.grades import TEST_CELL, grade_questions, is_ours, late_penalty, with_hand_marks
from autograder.records import Check, CheckStatus, Grade, HandMark, Outcome, Question, QuestionGrade
from autograder.wire.messages import Cell, CellRun, Fault, Frame

STATUSES: tuple[CheckStatus, ...] = ("passed", "failed", "errored", "skipped", "ungraded")


def outcome(status: CheckStatus, weight: float = 1.0, question: str = "q", name: str = "test_it") -> Outcome:
    return Outcome(name, question, "It is so.", status, weight)


def ran(cell: str, fault: Fault | None = None, index: int = 0) -> CellRecord:
    return CellRecord(Cell(index, cell, ""), CellRun(index, 0.1, "", "", 0, "", fault))


def never_ran(cell: str) -> CellRecord:
    return CellRecord(Cell(0, cell, ""), None)


def exam(*cells: CellRecord, fault: Fault | None = None, sources: Mapping[str, str] = {}) -> Exam:
    return Exam("key", "plan", "sha256:", "strict", "cpu", 1.0, 1.0, 0, {}, list(cells), dict(sources), [], fault)


def graded(
    *outcomes: Outcome,
    points: float = 4,
    tested: bool = False,
    held: Exam | None = None,
    language: str = "en",
) -> QuestionGrade:
    """The grade of one question, « q »."""
    question = Question("q", points, tested)
    (grade,) = grade_questions([question], [], outcomes, exam() if held is None else held, language)
    return grade


def chain(needs: Sequence[tuple[str, str]], outcomes: Sequence[Outcome]) -> dict[str, QuestionGrade]:
    """Grades of questions of 4 points, given (question, the one it needs) pairs; checks are named after questions."""
    checks = [Check(name, name, "", 1.0, (need,) if need else (), 1) for name, need in needs]
    questions = [Question(name, 4, False) for name, _ in needs]
    return {grade.id: grade for grade in grade_questions(questions, checks, outcomes, exam(), "en")}


# --- Weights ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("outcomes", "score"),
    [
        ([outcome("passed")], 4.0),
        ([outcome("failed")], 0.0),
        ([outcome("errored")], 0.0),
        ([outcome("skipped")], 0.0),
        ([outcome("passed", 3), outcome("failed", 1)], 3.0),
        ([outcome("failed", 3), outcome("passed", 1)], 1.0),
        ([outcome("passed"), outcome("passed"), outcome("failed")], 2.6667),
        ([outcome("passed", 0), outcome("failed", 2)], 0.0),
        ([], 0.0),
    ],
)
def test_a_question_is_worth_the_share_of_weight_that_passed(outcomes: list[Outcome], score: float) -> None:
    assert (graded(*outcomes).score, graded(*outcomes).max_score) == (score, 4)


def test_what_is_ours_costs_nothing() -> None:
    assert graded(outcome("ungraded", 3), outcome("failed", 1)).score == 3.0
    assert graded(outcome("ungraded")).score == 4.0


def test_outcomes_go_to_their_questions_in_the_notebooks_order() -> None:
    questions = [Question("one", 1, False), Question("two", 2, False)]
    outcomes = [outcome("passed", question="two"), outcome("failed", question="one"), outcome("failed", question="?")]
    found = grade_questions(questions, [], outcomes, exam(), "en")
    assert [(grade.id, grade.score, len(grade.outcomes)) for grade in found] == [("one", 0.0, 1), ("two", 2.0, 1)]


# --- Visible tests ----------------------------------------------------------------------------------------------------


def test_of_cell(held: Exam, language: str = "en") -> Outcome:
    return graded(tested=True, held=held, language=language).outcomes[0]


test_of_cell.__test__ = False  # type: ignore[attr-defined]


def test_a_test_cell_that_ran_to_its_end_has_passed() -> None:
    assert test_of_cell(exam(ran("q"))) == Outcome(
        TEST_CELL, "q", "The visible tests of the notebook", "passed", 1.0, kind="tests"
    )
    assert test_of_cell(exam(ran("q")), "fr").title == "Les tests visibles du notebook"


def test_a_test_cell_counts_as_one_more_check() -> None:
    grade = graded(outcome("failed", 2), outcome("passed", 1), tested=True, held=exam(ran("q")))
    assert (grade.score, [one.name for one in grade.outcomes]) == (2.0, [TEST_CELL, "test_it", "test_it"])


def test_visible_tests_count_where_a_check_of_their_question_passes() -> None:
    grade = graded(outcome("failed", 3), tested=True, held=exam(ran("q")))
    assert grade.score == 0
    assert grade.outcomes[0].status == "skipped"
    assert grade.outcomes[0].message == "hint  the visible tests count once a check of this question passes."
    assert graded(outcome("failed", 2), outcome("passed", 0), tested=True, held=exam(ran("q"))).score == 0
    assert graded(outcome("failed", 3), tested=True, held=exam(shown_half("q"))).score == 0
    assert graded(outcome("ungraded", 3), tested=True, held=exam(ran("q"))).score == 4
    assert graded(outcome("failed", 0), tested=True, held=exam(ran("q"))).score == 4


def shown_half(cell: str) -> CellRecord:
    return CellRecord(Cell(0, cell, ""), CellRun(0, 0.1, "", "", 0, "2"))


def test_a_check_may_have_the_name_of_the_visible_tests() -> None:
    held = exam(ran("q"))
    grade = graded(outcome("failed", 3, name=TEST_CELL), tested=True, held=held)
    assert (grade.score, [(one.kind, one.status) for one in grade.outcomes]) == (
        0.0,
        [("tests", "skipped"), ("check", "failed")],
    )
    assert graded(outcome("failed", name=TEST_CELL), held=held).score == 0.0


def test_what_a_check_of_that_name_needs_is_no_need_of_the_visible_tests() -> None:
    checks = [Check(TEST_CELL, "two", "", 1.0, ("one",), 1)]
    questions = [Question("one", 4, False), Question("two", 4, True)]
    outcomes = [outcome("failed", question="one"), outcome("passed", question="two", name=TEST_CELL)]
    _, second = grade_questions(questions, checks, outcomes, exam(ran("two")), "en")
    assert [one.status for one in second.outcomes] == ["skipped", "skipped"]
    assert second.score == 0


def test_a_test_that_says_no_is_failed_with_its_own_message() -> None:
    frame = Frame(cell=4, line=1, function="<module>", code="assert x == 2, 'x is two'")
    found = test_of_cell(exam(ran("q", Fault("raised", "AssertionError", "x is two", [frame], cell=4))))
    assert found.status == "failed"
    assert found.message == (
        "received  this test fails: assert x == 2, 'x is two'\nwhere     cell 5\nhint      x is two"
    )


def test_a_test_that_says_no_without_a_word_is_failed_too() -> None:
    found = test_of_cell(exam(ran("q", Fault("raised", "AssertionError"))), "fr")
    assert (found.status, found.message) == ("failed", "reçu  le test n'est pas satisfait\N{NO-BREAK SPACE}: ")


def test_a_test_cell_that_raises_is_an_error() -> None:
    frame = Frame(cell=4, line=1, function="<module>", code="assert x")
    found = test_of_cell(exam(ran("q", Fault("raised", "NameError", "name 'x' is not defined", [frame], cell=4))))
    assert found.status == "errored"
    assert found.message == (
        "received  NameError: name 'x' is not defined\n"
        "where     cell 5, line 1: assert x\n"
        "hint      the name is misspelt, or comes from a cell that did not run or failed: look above."
    )


def test_a_test_cell_that_never_ends_is_an_error() -> None:
    assert test_of_cell(exam(ran("q", Fault("time", cell=3)))).status == "errored"


@pytest.mark.parametrize("cells", [[never_ran("q")], [ran("another")], []])
def test_a_test_cell_that_the_student_kept_from_running_is_an_error(cells: list[CellRecord]) -> None:
    held = exam(*cells, fault=Fault("died", message="exit code 0", cell=1))
    assert test_of_cell(held).status == "errored"
    assert graded(tested=True, held=held).score == 0.0


@pytest.mark.parametrize("cells", [[never_ran("q")], [ran("another")], []])
def test_a_test_cell_that_did_not_run_for_no_reason_of_the_students_is_not_graded(cells: list[CellRecord]) -> None:
    assert test_of_cell(exam(*cells)).status == "ungraded"
    assert graded(tested=True, held=exam(*cells)).score == 4.0


def test_an_end_of_the_room_after_the_test_cell_does_not_undo_it() -> None:
    held = exam(ran("q"), never_ran("last"), fault=Fault("died", message="SIGSEGV", cell=9))
    assert test_of_cell(held).status == "passed"


# --- Needs ------------------------------------------------------------------------------------------------------------


def test_a_check_whose_need_is_not_met_is_skipped() -> None:
    found = chain(
        [("first", ""), ("then", "first")],
        [outcome("failed", question="first", name="first"), outcome("passed", question="then", name="then")],
    )
    (skipped,) = found["then"].outcomes
    assert (skipped.status, skipped.title, found["then"].score) == ("skipped", "It is so.", 0.0)
    assert skipped.message == 'hint  first earn all the points of "first".'


def test_a_need_must_be_met_in_full() -> None:
    half = [outcome("passed", 3, "first", "first"), outcome("failed", 1, "first", "other")]
    found = chain([("first", ""), ("then", "first")], [*half, outcome("passed", question="then", name="then")])
    assert (found["first"].score, found["then"].score) == (3.0, 0.0)


@pytest.mark.parametrize("status", ["passed", "ungraded"])
def test_a_need_that_is_met_or_ours_skips_nothing(status: CheckStatus) -> None:
    found = chain(
        [("first", ""), ("then", "first")],
        [outcome(status, question="first", name="first"), outcome("passed", question="then", name="then")],
    )
    assert (found["then"].score, found["then"].outcomes[0].status) == (4.0, "passed")


def test_a_check_of_ours_is_not_skipped() -> None:
    found = chain(
        [("first", ""), ("then", "first")],
        [outcome("failed", question="first", name="first"), outcome("ungraded", question="then", name="then")],
    )
    assert (found["then"].outcomes[0].status, found["then"].score) == ("ungraded", 4.0)


# --- Always -----------------------------------------------------------------------------------------------------------

weights = st.floats(min_value=0.01, max_value=100)
outcome_lists = st.lists(st.builds(outcome, st.sampled_from(STATUSES), weights), max_size=6)
points = st.floats(min_value=0.1, max_value=100).map(lambda value: round(value, 2))


@given(outcome_lists, points)
def test_a_score_lies_between_nothing_and_the_points(outcomes: list[Outcome], worth: float) -> None:
    assert 0 <= graded(*outcomes, points=worth).score <= worth


@given(outcome_lists, points, st.data())
def test_one_more_check_passed_never_lowers_the_score(
    outcomes: list[Outcome], worth: float, data: st.DataObject
) -> None:
    if outcomes:
        place = data.draw(st.integers(0, len(outcomes) - 1))
        better = [outcome("passed", one.weight) if at == place else one for at, one in enumerate(outcomes)]
        assert graded(*better, points=worth).score >= graded(*outcomes, points=worth).score


@given(st.lists(st.sampled_from(STATUSES), min_size=3, max_size=3), st.integers(0, 2))
def test_one_more_check_passed_never_lowers_the_sum_where_questions_need_each_other(
    statuses: list[CheckStatus], place: int
) -> None:
    def total(given_statuses: Sequence[CheckStatus]) -> float:
        names = ("one", "two", "three")
        outcomes = [outcome(status, 1.0, name, name) for status, name in zip(given_statuses, names, strict=True)]
        return sum(grade.score for grade in chain([("one", ""), ("two", "one"), ("three", "two")], outcomes).values())

    assume(statuses[place] != "ungraded")  # provisional: what it needs does not count yet
    better = [*statuses[:place], "passed", *statuses[place + 1 :]]
    assert total(better) >= total(statuses)


@given(outcome_lists)
def test_every_check_passed_earns_every_point(outcomes: list[Outcome]) -> None:
    whole = [outcome("passed", one.weight) for one in outcomes]
    assert graded(*whole, tested=True, held=exam(ran("q")), points=2.5).score == 2.5


def test_what_needs_a_question_with_something_skipped_is_skipped_too() -> None:
    questions = [Question(name, 1, tested=False) for name in ("one", "two", "three")]
    checks = [
        Check("a", "one", "", 1, (), 1),
        Check("b", "two", "", 1, ("one",), 2),
        Check("c", "three", "", 1, ("two",), 3),
    ]
    outcomes = [
        Outcome("a", "one", "", "failed", 1),
        Outcome("b", "two", "", "passed", 1),
        Outcome("c", "three", "", "passed", 1),
    ]
    graded = grade_questions(questions, checks, outcomes, exam(), "en")
    assert [question.outcomes[0].status for question in graded] == ["failed", "skipped", "skipped"]


@pytest.mark.parametrize(
    ("score", "seconds", "penalty"),
    [(8, 0, 0), (8, -5, 0), (8, 1, 0.8), (8, 86400, 0.8), (8, 86401, 1.6), (8, 86400 * 30, 8), (0, 86400, 0)],
)
def test_each_day_begun_takes_its_share(score: float, seconds: float, penalty: float) -> None:
    assert late_penalty(score, seconds, 10) == pytest.approx(penalty)


# --- Visible tests that display a number ------------------------------------------------------------------------------


def displayed(text: str) -> Exam:
    return exam(CellRecord(Cell(0, "q", ""), CellRun(0, 0.1, "", "careful", 0, text)))


@pytest.mark.parametrize(
    ("text", "score"), [("", 4), ("True", 4), ("3", 3), ("np.float64(3.0)", 3), ("9", 4), ("False", 0), ("nan", 0)]
)
def test_a_number_that_the_tests_display_is_partial_credit(text: str, score: float) -> None:
    assert graded(tested=True, held=displayed(text)).score == score


def test_partial_credit_is_a_share_of_the_tests_weight() -> None:
    grade = graded(outcome("passed", weight=3), tested=True, held=displayed("2"))
    assert grade.score == 4 * (3 + 0.5) / 4
    assert (grade.outcomes[0].status, grade.outcomes[0].message) == ("failed", "received  the tests give 2 out of 4")


# --- Questions worth nothing, bonuses, and what somebody gives by hand -----------------------------------------------


def test_a_question_worth_nothing_is_asked_and_counts_for_nothing() -> None:
    for fault, status in ((None, "passed"), (Fault("raised", "NameError"), "errored")):
        (found,) = grade_questions([Question("one", 0.0, tested=True)], [], [], exam(ran("one", fault)), "en")
        assert (found.score, found.max_score) == (0.0, 0.0)
        assert [one.status for one in found.outcomes] == [status]


def test_a_bonus_comes_on_top() -> None:
    questions = [Question("one", 2.0, tested=True), Question("two", 3.0, tested=True, bonus=True)]
    first, second = grade_questions(questions, [], [], exam(ran("one"), ran("two")), "en")
    assert ((first.score, first.max_score), (second.score, second.max_score)) == ((2, 2), (3, 0))
    whole = Grade("ada", "toy", "graded", (first, second))
    assert (whole.score, whole.max_score) == (5, 2)


ESSAY, TASK = Question("essay", 3.0, tested=False), Question("task", 2.0, tested=False, task=True)
STUBS = {"essay": "YOUR ANSWER HERE"}


def marked(answer: str | None, stubs: dict[str, str] | None) -> list[QuestionGrade]:
    sources = {} if answer is None else {"essay": answer}
    return list(grade_questions([ESSAY, TASK], [], [], exam(sources=sources), "en", stubs=stubs))


def test_what_is_marked_by_hand_awaits_its_mark() -> None:
    essay, task = marked("Because.", STUBS)
    assert [(one.awaits, one.awaiting, one.score) for one in (essay, task)] == [(True, 3, 0), (True, 2, 0)]
    assert [one.kind for one in essay.outcomes] == ["hand"]
    assert not is_ours(essay.outcomes)
    assert Grade("ada", "toy", "graded", (essay, task)).awaiting == 5


@pytest.mark.parametrize("answer", [None, "", " YOUR ANSWER HERE\n"])
def test_an_answer_nobody_wrote_awaits_nothing(answer: str | None) -> None:
    essay, _ = marked(answer, STUBS)
    assert (essay.awaits, essay.score) == (False, 0)
    assert [(one.status, one.message) for one in essay.outcomes] == [("failed", "received  No response.")]


def test_where_nobody_marks_by_hand_nothing_awaits_it() -> None:
    assert [one.outcomes for one in marked("Because.", None)] == [(), ()]


def test_a_bonus_awaits_its_mark_wherever_it_is() -> None:
    (bonus,) = grade_questions([replace(TASK, bonus=True)], [], [], exam(), "en", stubs=None)
    assert (bonus.awaits, bonus.awaiting, bonus.max_score) == (True, 0, 0)


def test_marks_by_hand_count_in_place_of_ours_and_extra_credit_on_top() -> None:
    first, _ = grade_questions(
        [Question("one", 2.0, tested=True), ESSAY],
        [],
        [],
        exam(ran("one"), sources={"essay": "Because."}),
        "en",
        stubs=STUBS,
    )
    essay, task = marked("Because.", STUBS)
    whole = Grade("ada", "toy", "graded", (first, essay, task))
    marks = {"one": HandMark(extra_credit=0.5), "essay": HandMark(2.5, 0.25, "Well said.")}
    one, read, waits = with_hand_marks(whole, marks).questions
    assert (one.score, one.by_hand, one.extra_credit) == (2.5, False, 0.5)
    assert (read.score, read.by_hand, read.comment, read.awaits) == (2.75, True, "Well said.", False)
    assert [outcome.status for outcome in read.outcomes] == ["failed"]
    assert waits.awaits
    full = with_hand_marks(whole, {"essay": HandMark(3.0)}).questions[1]
    assert [outcome.status for outcome in full.outcomes] == ["passed"]
    assert with_hand_marks(replace(whole, status="ungraded"), marks).questions == whole.questions
