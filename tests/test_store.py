"""Results come back from SQLite as they went in, whole or not at all."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from autograder import store as store_module
from autograder.errors import CourseError, GraderError
from autograder.paths import sqlite_address
from autograder.records import Grade, Outcome, QuestionGrade, SubmissionStatus, TrainingUse
from autograder.store import Keys, Store, Way

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
    stand_ins=("mnist",),
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


def test_the_same_bytes_graded_both_ways_are_one_attempt(path: Path) -> None:
    """Each way of grading reads what was handed in on its own, and gives it a digest of its own."""
    handed_in: list[tuple[Way, str]] = [
        ("own", "a"),
        ("compat", "A"),
        ("own", "a"),
        ("compat", "B"),  # other bytes
        ("own", "b"),
        ("own", "c"),  # and others again
        ("compat", "C"),
        ("compat", "C"),
    ]
    with Store(path) as store:
        attempts = [store.save(replace(GRADE, submission=digest), KEYS, way).attempt for way, digest in handed_in]
    assert attempts == [1, 1, 1, 2, 2, 3, 3, 3]


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


FIRST_SCHEMA = """
create table submission (
    id integer not null, assignment varchar not null, student varchar not null, status varchar not null,
    attempt integer not null, digest varchar not null, isolation varchar not null, device varchar not null,
    seconds double not null, fault varchar not null, exam_key varchar not null, judge_key varchar not null,
    graded_at datetime not null, primary key (id), unique (assignment, student)
);
create table question (
    id integer not null, submission_id integer not null, position integer not null, name varchar not null,
    score double not null, max_score double not null, primary key (id),
    foreign key(submission_id) references submission (id) on delete cascade
);
create table training (
    id integer not null, submission_id integer not null, probe varchar not null, recipe varchar not null,
    signature varchar not null, seeds json not null, device varchar not null, data varchar not null,
    data_digest varchar not null, stand_in boolean not null, versions json not null, primary key (id),
    foreign key(submission_id) references submission (id) on delete cascade
);
create table "check" (
    id integer not null, question_id integer not null, position integer not null, name varchar not null,
    title varchar not null, status varchar not null, weight double not null, message varchar not null,
    primary key (id), foreign key(question_id) references question (id) on delete cascade
);
create index ix_question_submission_id on question (submission_id);
create index ix_training_submission_id on training (submission_id);
create index ix_check_question_id on "check" (question_id);
insert into submission values (1, 'toy', 'zoé d''Été', 'graded', 3, 'sha256:first', 'strict', 'cpu', 0.412, 'time',
    'sha256:exam', 'sha256:judge', '2026-11-20 10:00:00.000000');
insert into submission values (2, 'toy', 'cleo', 'missing', 1, '', '', '', 0.0, 'no notebook', '', '',
    '2026-11-20 10:00:00.000000');
insert into question values (1, 1, 0, 'two', 2.6667, 4.0);
insert into "check" values (1, 1, 0, 'test_cell', 'The visible tests.', 'passed', 1.0, '');
insert into "check" values (2, 1, 1, 'test_cell', 'Two.', 'failed', 2.0, 'received  1');
insert into training values (1, 1, 'net', 'short', 'sha256:net', '[0, 1]', 'cpu', 'digits', 'sha256:data', 0,
    '{"keras": "3"}');
"""
"""As the first version of the project wrote them."""


def test_results_of_the_first_schema_are_brought_up_to_date(path: Path) -> None:
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as database:
        database.executescript(FIRST_SCHEMA)
    visible = Outcome("test_cell", "two", "The visible tests.", "passed", 1.0, kind="tests")
    check = Outcome("test_cell", "two", "Two.", "failed", 2.0, "received  1")
    use = TrainingUse("net", "short", "sha256:net", [0, 1], "cpu", "digits", "sha256:data", False, {"keras": "3"})
    whole = replace(
        GRADE,
        attempt=3,
        stand_ins=(),
        questions=(QuestionGrade("two", 2.6667, 4.0, (visible, check)),),
        trainings=(use,),
    )
    for _ in range(2):  # opened again, it is as it was
        with Store(path) as store:
            assert store.grade("toy", GRADE.student) == whole
            assert store.keys("toy", GRADE.student) == KEYS
            assert [one.student for one in store.grades("toy")] == ["cleo", GRADE.student]
    with Store(path) as store:
        assert store.save(replace(GRADE, student="cleo"), KEYS).attempt == 1
        assert store.save(GRADE, KEYS).attempt == 3
        assert store.save(replace(GRADE, submission="sha256:second"), KEYS).attempt == 4


def test_a_step_to_a_new_schema_that_fails_leaves_the_file_as_it_was(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as database:
        database.executescript(FIRST_SCHEMA)
        before = list(database.iterdump())
    monkeypatch.setitem(store_module.MIGRATIONS, 1, (*store_module.MIGRATIONS[1], "no such statement"))
    with pytest.raises(GraderError, match="the results cannot be opened at "):
        Store(path)
    with closing(sqlite3.connect(path)) as database:
        assert list(database.iterdump()) == before


def test_results_of_a_newer_grader_are_refused(path: Path) -> None:
    with Store(path) as store:
        store.save(GRADE, KEYS)
    with closing(sqlite3.connect(path)) as database:
        database.execute("pragma user_version = 99")
    with pytest.raises(CourseError) as refused:
        Store(path)
    known = f"schema 99; this one knows {store_module.SCHEMA}"
    assert str(refused.value) == f"{path}: made by a newer keras-autograder ({known}): install that one"


def test_a_save_waits_for_another_program(path: Path) -> None:
    with Store(path) as store, closing(sqlite3.connect(path, check_same_thread=False)) as other:
        other.execute("begin exclusive")
        release = threading.Timer(0.3, other.rollback)
        release.start()
        assert store.save(GRADE, KEYS) == GRADE
        release.join()


@pytest.mark.parametrize("prepared", [True, False])
def test_a_database_that_stays_locked_is_said(path: Path, monkeypatch: pytest.MonkeyPatch, prepared: bool) -> None:
    monkeypatch.setattr(store_module, "LOCK_SECONDS", 0.1)
    path.parent.mkdir()
    if prepared:
        Store(path).__exit__()
    with closing(sqlite3.connect(path)) as other:
        other.execute("begin exclusive")
        with pytest.raises(GraderError) as refused, Store(path) as store:
            store.save(GRADE, KEYS)
    what = f"the results cannot be opened at {path}: database is locked: another program has kept {path} to itself"
    assert str(refused.value) == f"{what} for 0.1 s; try again when it is done"


ODD_NAMES = ["a?mode=memory", "a#b", "50%25", "a b", "été", "a:b@c", "file:x", ":memory:"]


@pytest.mark.parametrize("name", ODD_NAMES)
def test_an_address_leads_to_its_path(name: str) -> None:
    path = Path("/courses") / name / "gradebook.db"
    assert sa.make_url(sqlite_address(path)).database == str(path)
    assert not sa.make_url(sqlite_address(path)).query


@pytest.mark.parametrize("name", ODD_NAMES)
def test_the_database_is_where_it_is_asked_for_whatever_the_path(tmp_path: Path, name: str) -> None:
    path = tmp_path / name / "results.db"
    with Store(path) as store:
        store.save(GRADE, KEYS)
    assert [found.relative_to(tmp_path) for found in tmp_path.rglob("*") if found.is_file()] == [
        Path(name) / "results.db"
    ]


DAMAGED = r"is damaged; move it elsewhere and grade again: evidence is kept beside it"


def test_a_file_that_is_not_a_database_is_a_fault_of_ours(tmp_path: Path) -> None:
    path = tmp_path / "results.db"
    path.write_bytes(b"not a database" * 100)
    said = rf"^the results cannot be opened at .*results\.db: file is not a database: .*results\.db {DAMAGED}"
    with pytest.raises(GraderError, match=said):
        Store(path)
    assert path.read_bytes() == b"not a database" * 100


def test_a_file_overwritten_in_part_is_damaged(path: Path) -> None:
    with Store(path) as store:
        for number in range(200):
            store.save(replace(GRADE, student=f"student-{number}"), KEYS)
        size = path.stat().st_size
        with path.open("r+b") as file:
            file.seek(size // 2)
            file.write(b"\xa5" * (size // 4))
    with pytest.raises(GraderError, match=DAMAGED), Store(path) as store:
        store.grades("toy")


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


def test_a_grade_of_one_way_is_none_of_the_other(path: Path) -> None:
    """What nbgrader's rule found holds nothing back of what the checks are to find, and the other way round."""
    with Store(path) as store:
        store.save(GRADE, KEYS, "compat")
        assert store.keys("toy", GRADE.student) is None
        assert store.grade("toy", GRADE.student, "own") is None
        assert store.keys("toy", GRADE.student, "compat") == KEYS
        assert store.grade("toy", GRADE.student) == store.grade("toy", GRADE.student, "compat") == GRADE
