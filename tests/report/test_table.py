"""The table fits where it is read, cuts nothing without a sign, and says whose fault a fault is."""

from __future__ import annotations

from datetime import timedelta

import pytest
from rich.cells import cell_len

from autograder.records import Grade, QuestionGrade
from autograder.report.table import GradeRow, changes, summary, table

QUESTIONS = ("chargement-des-donnees", "one-hot", "construction_du_reseau", "model2", "precision.sur.le.jeu.de.test")


def grade(
    student: str, scores: tuple[float, ...] = (2.0,) * 5, status: str = "graded", fault: str = "", names: object = None
) -> Grade:
    questions = names if isinstance(names, tuple) else QUESTIONS
    found = tuple(QuestionGrade(name, score, 2.0, ()) for name, score in zip(questions, scores, strict=True))
    return Grade(student, "toy", status, found, fault=fault)  # type: ignore[arg-type]


ROWS = (
    GradeRow(grade("ada")),
    GradeRow(grade("bob with a very long name, longer than a third of a screen"), late=timedelta(hours=10, minutes=3)),
    GradeRow(grade("cleo", status="missing", fault="no notebook handed in")),
    GradeRow(grade("dan", (0.0,) * 5, fault="no notebook: it is a web page: download the notebook itself, as .ipynb")),
    GradeRow(
        grade("eve", status="ungraded", fault="a worker was lost while the cells ran; see the machine's own messages")
    ),
    GradeRow(grade("山田太郎", (1.25, 0.5, 0.0, 2.0, 2.0)), to_mark=1.5),
)


def lines(rows: tuple[GradeRow, ...] = ROWS, width: int = 80) -> list[str]:
    return [line.plain.rstrip() for line in table(rows, width)]


@pytest.mark.parametrize("width", [30, 40, 60, 80, 120, 200])
def test_it_fits(width: int) -> None:
    assert max(map(cell_len, lines(width=width))) <= width


@pytest.mark.parametrize("width", [60, 80, 120, 200])
def test_nothing_is_cut_without_a_sign(width: int) -> None:
    text = " ".join(" ".join(lines(width=width)).split())
    for row in ROWS:
        assert row.grade.student in text or "…" in text
        assert row.notes in text or row.grade.status == "missing"
    words = " ".join(QUESTIONS).replace("-", " ").replace("_", " ").replace(".", " ").split()
    assert all(word in text for word in words)


def test_names_of_questions_are_broken_between_words_or_numbered() -> None:
    wide, narrow = lines(width=120), lines(width=60)
    assert [line.split() for line in wide[:3]] == [["precision."], ["sur."], ["le."]]
    assert wide[5].split() == ["student", "score", "donnees", "hot", "reseau", "model2", "test"]
    assert narrow[0].split() == ["student", "score", "1", "2", "3", "4", "5"]
    assert narrow[-5:] == [f"  {at}  {name}" for at, name in enumerate(QUESTIONS, start=1)]


def test_thirty_questions_do_not_fit_and_that_is_said() -> None:
    names = tuple(f"question-{number}" for number in range(30))
    found = lines((GradeRow(grade("ada", (2.0,) * 30, names=names)),), 60)
    shown = len(found[0].split()) - 2
    said = f"{30 - shown} questions are left out for want of room: widen the window, or take --json"
    assert " ".join(found[-2:]) == said


def test_whose_fault_it_is_can_be_read_without_colours() -> None:
    text = "\n".join(lines(width=200))
    assert "ours: a worker was lost" in text
    assert "  no notebook: it is a web page" in text
    assert {line.style for line in table(ROWS, 80)} >= {"red", "yellow", "dim"}


def test_what_is_late_and_what_is_to_be_marked_stand_beside() -> None:
    text = "\n".join(lines(width=200))
    assert "late 10 h 3 min" in text
    assert "1.5 to be marked" in text


def test_what_it_amounts_to() -> None:
    assert list(summary(ROWS)) == [
        "6 students: 4 graded, 1 ungraded through a fault of ours, 1 missing, 1 late, "
        "1 with 1.5 points to be marked by hand",
        "mean 6.44, maximum 10 of 10, without what is to be marked",
    ]
    assert list(summary(ROWS[:1])) == ["1 student: 1 graded"]


def test_what_changed() -> None:
    before = {one.student: one for one in (grade("ada"), grade("bob"), grade("cleo", status="ungraded"))}
    after = [grade("ada"), grade("bob", (2.0, 2.0, 0.5, 2.0, 1.0)), grade("cleo"), grade("new")]
    assert list(changes(before, after)) == [
        "bob: 10 / 10 → 7.5 / 10: construction_du_reseau 2 → 0.5, precision.sur.le.jeu.de.test 2 → 1",
        "cleo: ungraded → 10 / 10",
    ]


def test_no_results_at_all_are_a_table_too() -> None:
    assert lines((), 80) == ["student  score"]
