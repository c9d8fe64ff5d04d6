"""Results come back from SQLite as they went in, whole or not at all."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from autograder.errors import GraderError
from autograder.records import Grade, Outcome, QuestionGrade, SubmissionStatus
from autograder.store import Keys, Store

KEYS = Keys("sha256:exam", "sha256:judge")
GRADE = Grade(
    student="zoé d'Été",
    assignment="toy",
    status="graded",
    questions=(
        QuestionGrade(
            "two",
            2.6667,
            4.0,
            (Outcome("test_b", "two", "Deux.", "failed", 2.0, "reçu\n1"), Outcome("a", "two", "A", "passed", 1)),
        ),
        QuestionGrade("one", 0.0, 1.5, ()),
    ),
    isolation="strict",
    device="cpu",
    seconds=0.412,
    submission="sha256:first",
    fault="time",
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "new" / "results.db"


def rows(path: Path, table: str) -> int:
    with closing(sqlite3.connect(path)) as database:
        return int(database.execute(f'select count(*) from "{table}"').fetchone()[0])


def test_a_grade_comes_back_as_it_went_in(path: Path) -> None:
    with Store(path) as store:
        assert store.save(GRADE, KEYS) == GRADE
        assert store.grade("toy", GRADE.student) == GRADE
    with Store(path) as store:
        assert store.grade("toy", GRADE.student) == GRADE
        assert store.grades("toy") == [GRADE]


def test_nobody_has_a_grade_before_it_is_saved(path: Path) -> None:
    with Store(path) as store:
        assert store.grade("toy", "ada") is None
        assert store.keys("toy", "ada") is None
        assert store.grades("toy") == []


def test_grades_are_those_of_one_assignment_by_student(path: Path) -> None:
    with Store(path) as store:
        for student, assignment in (("grace", "toy"), ("ada", "toy"), ("ada", "other")):
            store.save(replace(GRADE, student=student, assignment=assignment), KEYS)
        assert [(one.student, one.assignment) for one in store.grades("toy")] == [("ada", "toy"), ("grace", "toy")]
        assert store.grade("other", "grace") is None


def test_a_new_grade_leaves_nothing_of_the_old_one(path: Path) -> None:
    again = replace(GRADE, questions=(QuestionGrade("one", 1.5, 1.5, ()),), fault="", seconds=0.1)
    with Store(path) as store:
        store.save(GRADE, KEYS)
        assert store.save(again, Keys("other", "keys")) == again
        assert store.grades("toy") == [again]
        assert store.keys("toy", GRADE.student) == Keys("other", "keys")
    assert [rows(path, table) for table in ("submission", "question", "check")] == [1, 1, 0]


def test_an_attempt_is_a_notebook_of_other_bytes(path: Path) -> None:
    with Store(path) as store:
        attempts = [
            store.save(replace(GRADE, submission=digest), KEYS).attempt
            for digest in ("one", "one", "two", "two", "one")
        ]
        assert attempts == [1, 1, 2, 2, 3]
        stored = store.grade("toy", GRADE.student)
        assert stored is not None
        assert stored.attempt == 3


def test_grading_the_same_bytes_again_is_no_other_attempt(path: Path) -> None:
    with Store(path) as store:
        assert store.save(replace(GRADE, status="ungraded", questions=()), KEYS).attempt == 1
        assert store.save(GRADE, KEYS).attempt == 1


def test_what_was_missing_is_a_first_attempt_when_it_comes(path: Path) -> None:
    with Store(path) as store:
        assert store.save(replace(GRADE, submission="", status="missing"), KEYS).attempt == 1
        assert store.save(GRADE, KEYS).attempt == 1


@pytest.mark.parametrize(("status", "keys"), [("graded", KEYS), ("ungraded", None), ("missing", None)])
def test_only_a_grade_can_still_hold(path: Path, status: SubmissionStatus, keys: Keys | None) -> None:
    with Store(path) as store:
        store.save(replace(GRADE, status=status), KEYS)
        assert store.keys("toy", GRADE.student) == keys


def test_a_save_that_fails_halfway_leaves_the_old_grade(path: Path) -> None:
    with Store(path) as store:
        store.save(GRADE, KEYS)
        with closing(sqlite3.connect(path)) as database:
            full = "select raise(abort, 'the disk is full')"
            database.execute(f"create trigger full before insert on \"check\" when new.name = 'last' begin {full}; end")
            database.commit()
        outcomes = (Outcome("test_b", "new", "B", "passed", 1.0), Outcome("last", "new", "L", "passed", 1.0))
        with pytest.raises(GraderError, match="the disk is full"):
            store.save(
                replace(GRADE, submission="sha256:second", questions=(QuestionGrade("new", 1, 1, outcomes),)), KEYS
            )
        assert store.grades("toy") == [GRADE]
        assert store.keys("toy", GRADE.student) == KEYS
    assert [rows(path, table) for table in ("submission", "question", "check")] == [1, 2, 2]


def test_two_stores_may_be_open_on_one_file(path: Path) -> None:
    with Store(path) as one, Store(path) as other:
        one.save(GRADE, KEYS)
        assert other.grade("toy", GRADE.student) == GRADE
        assert other.save(replace(GRADE, submission="sha256:second"), KEYS).attempt == 2
        one.save(replace(GRADE, student="ada"), KEYS)
        assert one.grades("toy") == other.grades("toy")
        assert len(one.grades("toy")) == 2


def test_a_file_that_is_not_a_database_is_a_fault_of_ours(tmp_path: Path) -> None:
    path = tmp_path / "results.db"
    path.write_bytes(b"not a database" * 100)
    with pytest.raises(GraderError, match=r"^the results cannot be opened at .*results\.db: .*file is not a database"):
        Store(path)
    assert path.read_bytes() == b"not a database" * 100


def test_a_place_that_cannot_be_written_is_a_fault_of_ours(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(GraderError, match=r"^the results cannot be opened at "):
        Store(tmp_path / "file" / "results.db")


def test_a_database_spoilt_while_it_is_open_is_a_fault_of_ours(path: Path) -> None:
    with Store(path) as store:
        store.save(GRADE, KEYS)
        with closing(sqlite3.connect(path)) as database:
            database.execute("drop table question")
        with pytest.raises(GraderError, match=r"^the results cannot be read or written: "):
            store.grades("toy")
        with pytest.raises(GraderError, match=r"^the results cannot be read or written: "):
            store.save(GRADE, KEYS)
