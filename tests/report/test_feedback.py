"""A student's page: what is on it, in both languages, and what can never be."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any

import msgspec
import pytest

import toy
from autograder.assignment import Assignment
from autograder.errors import SomeFailed
from autograder.evidence import CellRecord, Exam
from autograder.judge.message import Mismatch, compose
from autograder.records import CheckStatus, Grade, Outcome, QuestionGrade, Repair, SubmissionStatus
from autograder.report.feedback import feedback_page, write_feedback
from autograder.report.story import SOURCE_LINES
from autograder.store import Keys, Store
from autograder.wire.messages import Cell, CellRun, Fault, Frame
from loading import load_assignment

HOSTILE = "<script>alert('1')</script> & \" {{ 7 * 7 }} {% raw %}\u202e\x08"
STUDENT = "zoé"


def page_of(assignment: Assignment, *rest: Any) -> str:
    return feedback_page(assignment.source, assignment.course, *rest)


def outcome(title: str = "Every number is doubled.", message: str = "", status: CheckStatus = "passed") -> Outcome:
    return Outcome("test_it", "double", title, status, 1.0, message)


def grade(
    *outcomes: Outcome,
    score: float = 2.5,
    status: SubmissionStatus = "graded",
    student: str = STUDENT,
    attempt: int = 1,
) -> Grade:
    questions = (QuestionGrade("double", score, 4.0, outcomes), QuestionGrade("names", 1234.0, 2000.0, ()))
    return Grade(student, toy.NAME, status, questions, submission="sha256:mine", attempt=attempt)


def exam(
    *cells: CellRecord, fault: Fault | None = None, repairs: tuple[Repair, ...] = (), submission: str = "sha256:mine"
) -> Exam:
    return Exam("key", "plan", submission, "strict", "cpu", 1.0, 1.0, 0, {}, list(cells), {}, list(repairs), fault)


def stopped(source: str, message: str = "no", code: str = "raise ValueError", index: int = 11) -> CellRecord:
    fault = Fault("raised", "ValueError", message, [Frame(index, 2, "f", code)], cell=index)
    return CellRecord(Cell(index, "", source), CellRun(index, 0.1, "", "", 0, "", fault))


def assignment_in(root: Path, language: str) -> Assignment:
    toy.write_source(root, language=language)
    return load_assignment(root, toy.NAME)


@pytest.fixture
def english(tmp_path: Path) -> Assignment:
    return assignment_in(tmp_path, "en")


@pytest.fixture
def french(tmp_path: Path) -> Assignment:
    return assignment_in(tmp_path, "fr")


def said(page: str) -> list[str]:
    """The page's lines as a reader sees them."""
    body = re.sub(r"</span><span( class=\"stopped\")?>", "\n", page[page.index("<body>") :])
    lines = unescape(re.sub(r"<[^>]+>", "", re.sub("</(?:p|pre)>", "\n", body))).splitlines()
    return [line.strip() for line in lines if line.strip()]


# --- What is on it ----------------------------------------------------------------------------------------------------

PUT_BACK = (Repair("returned", "a", 2), Repair("returned", "b", 4))
MESSAGE = Mismatch(received="[1, 2]", expected="[2, 4]", hint="twice.")
GRADED = (
    outcome("The visible tests", status="passed"),
    outcome("Every number is doubled.", compose(MESSAGE, "en", hidden=False), status="failed"),
    outcome("No loop is written.", status="errored"),
    outcome("It is quick.", status="skipped"),
    outcome("It is ours.", status="ungraded"),
)


def test_a_whole_page_in_english(english: Assignment) -> None:
    page = page_of(
        english,
        grade(*GRADED, attempt=2),
        exam(stopped("x = 1\nraise ValueError"), repairs=PUT_BACK),
    )
    assert said(page) == [
        "A course for tests",
        "Toy assignment",
        "zoé · attempt 2",
        "1236.5 / 2004",
        "Stopped, with no known effect on the results",
        "cell 12",
        "ValueError: no",
        "A toy (double)",
        "2.5 / 4",
        "A toy (names)",
        "1234 / 2000",
        "A toy (double) 2.5 / 4",
        "failed Every number is doubled.",
        "received  [1, 2]",
        "expected  [2, 4]",
        "hint      twice.",
        "error No loop is written.",
        "skipped It is quick.",
        "not graded yet It is ours.",
        "1 check passed",
        "passed The visible tests",
        "A toy (names) 1234 / 2000",
        "Other cells of yours that did not finish",
        "cell 12",
        "x = 1",
        "raise ValueError",
        "received  ValueError: no",
        "where     cell 12, line 2: raise ValueError",
        "Mended before grading",
        "Cells of the course were missing; they were put back: cell 3 (a), cell 5 (b).",
    ]


def test_a_page_in_french(french: Assignment) -> None:
    page = page_of(french, grade(*GRADED), exam(stopped("raise ValueError")))
    assert '<html lang="fr">' in page
    lines = said(page)
    assert "2,5 / 4" in lines
    for line in ("réussi The visible tests", "échoué Every number is doubled.", "erreur No loop is written."):
        assert line in lines
    assert "reçu  ValueError: no" in lines
    assert "A toy (double) 2,5 / 4" in lines
    assert "où    cellule 12, ligne 2\N{NO-BREAK SPACE}: raise ValueError" in lines


def test_french_titles_do_not_break_before_their_marks(french: Assignment) -> None:
    lines = said(page_of(french, grade(outcome("Est-ce « a » : oui ?")), None))
    assert "réussi Est-ce «~a~»~: oui~?".replace("~", "\N{NO-BREAK SPACE}") in lines


def test_titles_set_code_and_keep_thousands_together(french: Assignment) -> None:
    page = page_of(
        french,
        grade(outcome("`f(<x>)` compte 2 209 098 paramètres en 1 000 pas, pas 12 3")),
        None,
    )
    expected = "<code>f(&lt;x&gt;)</code> compte 2~209~098 paramètres en 1~000 pas, pas 12 3"
    assert expected.replace("~", "\N{NARROW NO-BREAK SPACE}") in page


def test_a_line_that_wraps_goes_on_under_what_it_says(english: Assignment) -> None:
    labelled = page_of(english, grade(outcome(message=compose(MESSAGE, "en", hidden=False))), None)
    assert '<pre class="message" style="--hang: 10ch"><span>received  [1, 2]</span>' in labelled
    assert 'style="--hang: 4ch"><span>one line alone</span>' in page_of(
        english, grade(outcome(message="one line alone")), None
    )


def test_a_room_that_ended_early_says_why(english: Assignment) -> None:
    fault = Fault("died", message="exit code 0", cell=3)
    lines = said(page_of(english, grade(), exam(fault=fault)))
    start = lines.index("The notebook did not run to its end")
    assert lines[start + 1 : start + 4] == [
        "received  the code ended the Python process (exit code 0)",
        "where     cell 4",
        "hint      take out whatever ends the process: exit, quit, os._exit.",
    ]


def test_nothing_handed_in_is_said_and_no_question_is_shown(english: Assignment) -> None:
    assert said(page_of(english, grade(status="missing", score=0), None)) == [
        "A course for tests",
        "Toy assignment",
        STUDENT,
        "Nothing was handed in for this assignment.",
    ]


def test_what_is_not_graded_yet_has_no_total(english: Assignment) -> None:
    lines = said(page_of(english, grade(outcome(status="ungraded"), status="ungraded"), None))
    assert lines[3].startswith("This work could not be graded yet, for a reason that is not yours.")
    assert "not graded yet Every number is doubled." in lines
    assert "1236.5 / 2004" not in lines


def test_the_exam_of_another_submission_is_not_shown(english: Assignment) -> None:
    other = exam(stopped("x = 1"), fault=Fault("memory"), repairs=PUT_BACK, submission="sha256:other")
    assert page_of(english, grade(), other) == page_of(english, grade(), None)


def test_a_cell_that_ran_is_not_shown(english: Assignment) -> None:
    fine = CellRecord(Cell(0, "", "fine = 1"), CellRun(0, 0.1, "", "", 0, ""))
    never = CellRecord(Cell(1, "", "never = 1"), None)
    assert page_of(english, grade(), exam(fine, never)) == page_of(english, grade(), None)


def test_a_long_cell_is_cut(english: Assignment) -> None:
    source = "\n".join(f"line_{number}" for number in range(SOURCE_LINES + 1))
    lines = said(page_of(english, grade(), exam(stopped(source))))
    assert f"line_{SOURCE_LINES - 1}" in lines
    assert f"line_{SOURCE_LINES}" not in lines
    assert "…" in lines


# --- What can never be ------------------------------------------------------------------------------------------------


def test_what_a_student_writes_is_text(english: Assignment) -> None:
    hostile = stopped(HOSTILE, message=HOSTILE, code=HOSTILE)
    page = page_of(
        english,
        grade(outcome(HOSTILE, message=HOSTILE), student=HOSTILE),
        exam(hostile, fault=Fault("died", message=HOSTILE), repairs=(Repair("chosen", detail=HOSTILE),)),
    )
    assert "<script" not in page
    assert (
        page.count("&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt; &amp; &#34; {{ 7 * 7 }} {% raw %}\ufffd\ufffd")
        == 10
    )
    assert not {"\u202e", "\x08"} & set(page)


@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_page_is_one_file_that_asks_for_nothing(tmp_path: Path, language: str) -> None:
    page = page_of(assignment_in(tmp_path, language), grade(*GRADED), exam(stopped("x")))
    assert not re.search(r"https?:|src=|url\(|@import|<link|<script|<iframe", page)
    assert set(re.findall(r'href="(.)', page)) == {"#"}
    assert "default-src 'none'" in page
    assert '<meta name="viewport" content="width=device-width, initial-scale=1">' in page
    assert '<meta charset="utf-8">' in page


def test_links_lead_to_their_questions(english: Assignment) -> None:
    page = page_of(english, grade(), None)
    assert set(re.findall(r'href="#([^"]*)"', page)) == set(re.findall(r'<section id="([^"]*)"', page))


@pytest.mark.parametrize(("expected", "by_hand"), [("shown", True), ("shown", False), ("hidden", True)])
def test_how_a_task_was_marked_is_told_once_it_is(tmp_path: Path, expected: str, by_hand: bool) -> None:
    scheme = "=== BEGIN MARK SCHEME ===\n2 of 3 <b>for</b> the axes\n=== END MARK SCHEME ==="
    role = toy.code("task", "", task=True, locked=True, points=3)["metadata"]
    task = {**toy.text("task", f"Draw.\n\n{scheme}"), "metadata": role}
    toy.make_course(tmp_path, cells=[*toy.SOLUTION, task], expected=expected)
    (tmp_path / "gradebook.db").touch()
    marked = QuestionGrade("task", 2.0, 3.0, (), by_hand=by_hand)
    page = page_of(load_assignment(tmp_path, toy.NAME), Grade("ada", "toy", "graded", (marked,)), None)
    told = "How it was marked" in page and "2 of 3 &lt;b&gt;for&lt;/b&gt; the axes" in page
    assert told == (expected == "shown" and by_hand)
    assert "MARK SCHEME" not in page


def test_what_the_course_hides_is_not_on_the_page(tmp_path: Path) -> None:
    toy.write_source(tmp_path, expected="hidden")
    assignment = load_assignment(tmp_path, toy.NAME)
    message = compose(MESSAGE, "en", hidden=True)
    page = page_of(assignment, grade(outcome(message=message, status="failed")), exam(stopped("x")))
    assert "[1, 2]" in page
    for secret in ("[2, 4]", "expected", "return 2 * np", "assert_close", '["Ada", "Grace", "Joan"]'):
        assert secret not in unescape(page)


# --- Files ------------------------------------------------------------------------------------------------------------


def test_a_page_is_written_for_every_stored_grade(english: Assignment) -> None:
    with Store(english.paths.store) as store:
        for student in ("grace", STUDENT):
            store.save(grade(outcome(), student=student), Keys("exam", "judge"))
    root = english.paths.root
    written = [str(path.relative_to(root)) for path in write_feedback(english.source, english.course)]
    assert written == ["feedback/grace/toy/toy.html", f"feedback/{STUDENT}/toy/toy.html"]
    assert (root / written[1]).read_text(encoding="utf-8") == page_of(english, grade(outcome()), None)


def test_one_students_trouble_is_told_when_the_others_have_their_pages(english: Assignment) -> None:
    with Store(english.paths.store) as store:
        for student in ("ada", "bob", "cleo"):
            store.save(grade(outcome(), student=student), Keys("exam", "judge"))
    (english.paths.root / "feedback").mkdir()
    (english.paths.root / "feedback/bob").write_text("in the way")
    pages: list[Path] = []
    with pytest.raises(SomeFailed) as failed:
        pages.extend(write_feedback(english.source, english.course))
    assert [page.parts[-3] for page in pages] == ["ada", "cleo"]
    assert (list(failed.value.why), failed.value.done) == (["bob"], 2)


def test_a_question_that_is_gone_from_the_notebook_is_still_shown(english: Assignment) -> None:
    graded = Grade("ada", toy.NAME, "graded", (QuestionGrade("renamed", 1.0, 2.0, ()),))
    assert "renamed" in page_of(english, graded, None)


# --- Handed in late ---------------------------------------------------------------------------------------------------


def test_what_lateness_took_is_said_in_both_languages(english: Assignment, french: Assignment) -> None:
    lines = said(page_of(english, grade(), None, 2.5))
    assert lines[3:5] == ["1234 / 2004", "1236.5 earned, 2.5 taken because it was handed in late."]
    assert "1236,5 obtenus, 2,5 retirés pour remise en retard." in said(page_of(french, grade(), None, 2.5))
    assert not any("late" in line for line in said(page_of(english, grade(), None)))


@pytest.mark.parametrize(
    ("late", "told", "dit"),
    [
        (timedelta(seconds=20), "1 minute", "1 minute"),
        (timedelta(minutes=59, seconds=59), "59 minutes", "59 minutes"),
        (timedelta(days=1, minutes=40), "1 day", "1 jour"),
        (timedelta(days=2, hours=1, minutes=40), "2 days 1 hour", "2 jours 1 heure"),
    ],
)
def test_how_late_it_was_is_said_whether_it_took_points_or_not(
    english: Assignment, french: Assignment, late: timedelta, told: str, dit: str
) -> None:
    def lines(assignment: Assignment) -> list[str]:
        page = feedback_page(assignment.source, assignment.course, grade(), None, late=late)
        return [line.replace("\N{NO-BREAK SPACE}", " ") for line in said(page)]

    assert f"Handed in {told} after the time for it." in lines(english)
    assert f"Remis {dit} après l'heure limite." in lines(french)


def test_lateness_is_measured_from_what_the_course_says(english: Assignment) -> None:
    folder = english.paths.submission(STUDENT, toy.NAME)
    folder.mkdir(parents=True)
    (folder / "timestamp.txt").write_text("2026-03-03 08:30:00 UTC")
    with Store(english.paths.store) as store:
        store.save(grade(), Keys("", ""))
    due = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
    settings = msgspec.structs.replace(english.course.assignments[toy.NAME], due=due)
    course = msgspec.structs.replace(english.course, assignments={toy.NAME: settings})
    (page,) = write_feedback(english.source, course)
    assert "Handed in 2 days after the time for it." in page.read_text().replace("\N{NO-BREAK SPACE}", " ")


def test_nbgraders_files_go_with_the_page(english: Assignment) -> None:
    folder = english.paths.submission(STUDENT, toy.NAME)
    folder.mkdir(parents=True)
    (folder / "submission_secret.txt").write_text("secret")
    with Store(english.paths.store) as store:
        store.save(grade(), Keys("", ""))
    (page,) = write_feedback(english.source, english.course, {STUDENT: 1.0})
    assert (page.parent / "submission_secret.txt").read_text() == "secret"
    assert "taken because it was handed in late" in page.read_text()
