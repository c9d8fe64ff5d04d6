"""Results come back from SQLite and from PostgreSQL as they went in, whole or not at all."""

from __future__ import annotations

import contextlib
import pickle
import sqlite3
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from autograder import databases
from autograder import store as store_module
from autograder.databases import Database, Postgres, Sqlite
from autograder.errors import CourseError, GraderError
from autograder.paths import Paths, sqlite_address
from autograder.records import Grade, Outcome, QuestionGrade, SubmissionStatus, TrainingUse
from autograder.store import Keys, Store, Way, open_store
from postgres import postgres

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


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    with postgres() as address:
        yield address


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, path: Path) -> Database:
    """A new database of each kind: what one test says of results holds in both."""
    if request.param == "sqlite":
        return Sqlite(path)
    course = f"L'été {request.node.name}"[:50]
    return Postgres(sa.make_url(request.getfixturevalue("server")), f"{course} {uuid.uuid4().hex[:8]}")


@contextlib.contextmanager
def held(database: Database) -> Iterator[sa.Connection]:
    """A connection of another program's, its changes kept."""
    engine = database.open_engine()
    try:
        with engine.begin() as connection:
            yield connection
    finally:
        engine.dispose()


def rows(database: Database, table: str) -> int:
    with held(database) as connection:
        return int(connection.exec_driver_sql(f'select count(*) from "{table}"').scalar_one())


def test_a_grade_comes_back_as_it_went_in(database: Database) -> None:
    with Store(database) as store:
        assert store.save(GRADE, KEYS) == GRADE
        assert store.grade("toy", GRADE.student) == GRADE
    with Store(database) as store:
        assert store.grade("toy", GRADE.student) == GRADE
        assert store.grades("toy") == [GRADE]


def test_nobody_has_a_grade_before_it_is_saved(database: Database) -> None:
    with Store(database) as store:
        assert store.grade("toy", "ada") is None
        assert store.keys("toy", "ada") is None
        assert store.grades("toy") == []


def test_grades_are_those_of_one_assignment_by_student(database: Database) -> None:
    with Store(database) as store:
        for student, assignment in (("grace", "toy"), ("ada", "toy"), ("ada", "other")):
            store.save(replace(GRADE, student=student, assignment=assignment), KEYS)
        assert [(one.student, one.assignment) for one in store.grades("toy")] == [("ada", "toy"), ("grace", "toy")]
        assert store.grade("other", "grace") is None


def test_a_new_grade_leaves_nothing_of_the_old_one(database: Database) -> None:
    again = replace(GRADE, questions=(QuestionGrade("one", 1.5, 1.5, ()),), fault="", seconds=0.1)
    with Store(database) as store:
        store.save(GRADE, KEYS)
        assert store.save(again, Keys("other", "keys")) == again
        assert store.grades("toy") == [again]
        assert store.keys("toy", GRADE.student) == Keys("other", "keys")
    assert [rows(database, table) for table in ("submission", "question", "check")] == [1, 1, 0]


def test_an_attempt_is_a_notebook_of_other_bytes(database: Database) -> None:
    with Store(database) as store:
        attempts = [
            store.save(replace(GRADE, submission=digest), KEYS).attempt
            for digest in ("one", "one", "two", "two", "one")
        ]
        assert attempts == [1, 1, 2, 2, 3]
        stored = store.grade("toy", GRADE.student)
        assert stored is not None
        assert stored.attempt == 3


def test_the_same_bytes_graded_both_ways_are_one_attempt(database: Database) -> None:
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
    with Store(database) as store:
        attempts = [store.save(replace(GRADE, submission=digest), KEYS, way).attempt for way, digest in handed_in]
    assert attempts == [1, 1, 1, 2, 2, 3, 3, 3]


def test_grading_the_same_bytes_again_is_no_other_attempt(database: Database) -> None:
    with Store(database) as store:
        assert store.save(replace(GRADE, status="ungraded", questions=()), KEYS).attempt == 1
        assert store.save(GRADE, KEYS).attempt == 1


def test_what_was_missing_is_a_first_attempt_when_it_comes(database: Database) -> None:
    with Store(database) as store:
        assert store.save(replace(GRADE, submission="", status="missing"), KEYS).attempt == 1
        assert store.save(GRADE, KEYS).attempt == 1


@pytest.mark.parametrize(("status", "keys"), [("graded", KEYS), ("ungraded", None), ("missing", None)])
def test_only_a_grade_can_still_hold(database: Database, status: SubmissionStatus, keys: Keys | None) -> None:
    with Store(database) as store:
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
    assert [rows(Sqlite(path), table) for table in ("submission", "question", "check")] == [1, 2, 2]


def test_a_class_is_stored_all_together_or_not_at_all(path: Path) -> None:
    """Who has a grade and who has none: nobody's is stored where the last cannot be."""
    with Store(path) as store:
        store.save(replace(GRADE, student="2"), KEYS)
        marks = [(replace(GRADE, student=str(number), submission="sha256:second"), KEYS) for number in range(4)]
        with closing(sqlite3.connect(path)) as database:
            full = "select raise(abort, 'the disk is full')"
            database.execute(f"create trigger full before insert on training when new.probe = 'last' begin {full}; end")
            database.commit()
        last = replace(
            GRADE,
            student="last",
            trainings=(TrainingUse("last", "short", "net", [0], "cpu", "digits", "data", False, {}),),
        )
        with pytest.raises(GraderError, match="the disk is full"):
            store.save_all([*marks, (last, KEYS)])
        assert store.grades("toy") == [replace(GRADE, student="2")]
        saved = store.save_all(marks)
        assert [one.attempt for one in saved] == [1, 1, 2, 1]
        assert store.grades("toy") == saved
    assert [rows(Sqlite(path), table) for table in ("submission", "question", "check")] == [4, 8, 8]


SAVES = """
import sys, pickle
from autograder.store import Store
database, marks = pickle.load(open(sys.argv[1], "rb"))
with Store(database) as store:
    print("opened", flush=True)
    while True:
        for each in marks:
            store.save_all(each)
"""


@pytest.mark.parametrize("after", [0.0, 0.013, 0.05])
def test_whoever_is_killed_while_a_class_is_stored_leaves_all_of_the_old_or_all_of_the_new(
    database: Database, tmp_path: Path, after: float
) -> None:
    students = [f"student {number}" for number in range(50)]
    marks = [
        [(replace(GRADE, student=name, submission=version, fault=version), KEYS) for name in students]
        for version in ("one", "two")
    ]
    with Store(database) as store:
        store.save_all(marks[0])
    given = tmp_path / "given"
    given.write_bytes(pickle.dumps((database, marks)))
    process = subprocess.Popen([sys.executable, "-c", SAVES, str(given)], stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()
    time.sleep(after)
    process.kill()
    process.communicate()
    with Store(database) as store:
        found = store.grades("toy")
        assert len(found) == len(students)
        assert len({(one.fault, one.attempt) for one in found}) == 1
        assert {one.questions for one in found} == {GRADE.questions}
        assert len({one.attempt for one in store.save_all(marks[0])}) == 1


def test_grades_are_read_as_they_are_at_one_moment(database: Database) -> None:
    """Whoever saves one meanwhile: its questions are not looked for among those of the grade that was there before."""
    again = replace(GRADE, submission="sha256:second", questions=())
    with Store(database) as store, Store(database) as other, ThreadPoolExecutor(1) as pool:
        store.save(GRADE, KEYS)
        saves = []

        def meanwhile() -> None:
            saves.append(pool.submit(other.save, again, KEYS))
            wait(saves, timeout=0.3)  # SQLite lets it write when this has been read, PostgreSQL now

        engine = store._engine
        sa.event.listen(engine, "before_cursor_execute", meanwhile_once := once_after_rows(meanwhile))
        assert store.grades("toy") == [GRADE]
        sa.event.remove(engine, "before_cursor_execute", meanwhile_once)
        assert [one.result().attempt for one in saves] == [2]
        assert store.grades("toy") == [replace(again, attempt=2)]


def once_after_rows(work: Callable[[], None]) -> Callable[..., None]:
    """Do work when the questions of rows are asked for, and when they are asked for again no more."""
    done: list[bool] = []

    def listener(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if not done and "FROM question" in statement:
            done.append(True)
            work()

    return listener


def test_two_stores_may_be_open_on_one_file(database: Database) -> None:
    with Store(database) as one, Store(database) as other:
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


def test_results_of_a_newer_grader_are_refused(database: Database) -> None:
    with Store(database) as store:
        store.save(GRADE, KEYS)
    with held(database) as connection:
        database.set_version(connection, 99)
    with pytest.raises(CourseError) as refused:
        Store(database)
    known = f"schema 99; this one knows {store_module.SCHEMA}"
    assert str(refused.value) == f"{database.shown}: made by a newer keras-autograder ({known}): install that one"


def test_a_save_waits_for_another_program(database: Database) -> None:
    with Store(database) as store, held(database) as other:
        database.write_alone(other)
        release = threading.Timer(0.3, other.rollback)
        release.start()
        assert store.save(GRADE, KEYS) == GRADE
        release.join()


@pytest.mark.parametrize("prepared", [True, False])
def test_a_database_that_stays_locked_is_said(
    database: Database, monkeypatch: pytest.MonkeyPatch, prepared: bool
) -> None:
    monkeypatch.setattr(databases, "LOCK_SECONDS", 0.1)
    Store(database).__exit__()
    if not prepared:
        with held(database) as connection:
            database.set_version(connection, store_module.SCHEMA - 1)
    with held(database) as other:
        database.write_alone(other)
        with pytest.raises(GraderError) as refused, Store(database) as store:
            store.save(GRADE, KEYS)
    what = "read or written" if prepared else f"opened at {database.shown}"
    assert str(refused.value).startswith(f"the results cannot be {what}: ")
    kept = f"another program has kept {database.shown} to itself for 0.1 s; try again when it is done"
    assert str(refused.value).endswith(kept)


def test_several_graders_that_write_at_once_lose_nothing(database: Database) -> None:
    """Each its own students, and all of them one and the same, whose grade is whole whoever saves it last."""

    def graded(number: int) -> None:
        with Store(database) as store:
            for place in range(6):
                store.save(replace(GRADE, student=f"{number} {place}"), KEYS)
                store.save(replace(GRADE, submission=f"{number} {place}"), KEYS)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(graded, range(4)))
    with Store(database) as store:
        assert len(store.grades("toy")) == 4 * 6 + 1
        last = store.grade("toy", GRADE.student)
        assert last is not None
        assert last.questions == GRADE.questions
        assert last.attempt == 4 * 6
    assert [rows(database, table) for table in ("question", "check")] == [2 * 25, 2 * 25]


def test_a_schema_to_come_is_a_step_in_both(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    with Store(database) as store:
        store.save(GRADE, KEYS)
    now = store_module.SCHEMA
    monkeypatch.setattr(store_module, "SCHEMA", now + 1)
    step = "alter table submission add column colour varchar not null default 'blue'"
    monkeypatch.setitem(store_module.MIGRATIONS, now, (step, "no such statement"))
    with pytest.raises(GraderError, match="the results cannot be opened at "):
        Store(database)
    with held(database) as connection:
        assert database.version(connection) == now
        assert "colour" not in {one["name"] for one in sa.inspect(connection).get_columns("submission")}
    monkeypatch.setitem(store_module.MIGRATIONS, now, (step,))
    with Store(database) as store:
        assert store.grades("toy") == [GRADE]
    with held(database) as connection:
        assert database.version(connection) == now + 1
        assert connection.exec_driver_sql("select colour from submission").scalar_one() == "blue"


def test_what_a_student_wrote_is_kept_whatever_it_is(database: Database) -> None:
    odd = "a\0b \x1b[31m \U0001f600 \u202e ' \" \\ %s"
    outcome = Outcome("t", "one", odd, "failed", 1.0, odd)
    with Store(database) as store:
        kept = store.save(replace(GRADE, student=odd, questions=(QuestionGrade("one", 0, 1, (outcome,)),)), KEYS)
        (message,) = [one.message for question in kept.questions for one in question.outcomes]
    assert message.replace("\ufffd", "\0") == odd


def test_results_are_copied_whole_into_an_empty_store(path: Path, database: Database) -> None:
    other = path.with_name("other.db")
    with Store(other) as old, Store(database) as new:
        for number in range(30):
            old.save(replace(GRADE, student=f"student {number}", submission="first"), KEYS, "compat")
            old.save(replace(GRADE, student=f"student {number}", submission="second"), KEYS, "compat")
        assert old.copy_to(new) == 30
        assert new.grades("toy") == old.grades("toy")
        assert new.keys("toy", "student 3", "compat") == KEYS
        assert new.save(replace(GRADE, student="student 3", submission="third"), KEYS, "compat").attempt == 3
        new.save(replace(GRADE, student="one more"), KEYS)
        with pytest.raises(GraderError, match="already"):
            old.copy_to(new)
        assert len(new.grades("toy")) == 31


def test_courses_share_a_server_and_no_result(server: str) -> None:
    one, other = (Postgres(sa.make_url(server), f'course "{name}"') for name in ("a", "b"))
    with Store(one) as first, Store(other) as second:
        first.save(GRADE, KEYS)
        assert second.grades("toy") == []


def test_a_server_that_is_not_there_is_said_without_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("psycopg", reason="NOT TESTED: an address of PostgreSQL; pip install 'psycopg[binary]'")
    url = sa.make_url("postgresql://ada:secret@127.0.0.1:1/results?password=secret&sslpassword=secret")
    with pytest.raises(GraderError) as refused:
        Store(Postgres(url, "vision"))
    said = str(refused.value)
    assert said.startswith("the results cannot be opened at postgresql://ada@127.0.0.1:1/results (schema vision): ")
    assert "~/.pgpass" in said
    assert "secret" not in said


@pytest.mark.parametrize(
    ("said", "course", "where"),
    [
        ("mysql://ada:secret@host/results", "vision", "AUTOGRADER_STORE: "),
        ("secret", "vision", "AUTOGRADER_STORE: "),
        ("postgresql://ada:secret@host", "vision", "AUTOGRADER_STORE: "),
        ("postgresql://ada:secret@host/results", "v" * 64, "course.yaml: course: "),
        ("postgresql://ada:secret@host/results", "", "AUTOGRADER_STORE: "),
    ],
)
def test_an_address_that_is_none_is_refused_without_being_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str, course: str, where: str
) -> None:
    if course:
        (tmp_path / "course.yaml").write_text(f"course: {course}\ntitle: T\nassignments: {{a: {{title: A}}}}\n")
    monkeypatch.setenv("AUTOGRADER_STORE", said)
    with pytest.raises(CourseError) as refused:
        open_store(Paths(tmp_path))
    assert str(refused.value).startswith(where)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("said", ["[postgresql://ada:secret@host/results]", "{ada: secret}"])
def test_an_address_in_another_form_is_refused_without_being_told(tmp_path: Path, said: str) -> None:
    (tmp_path / "course.yaml").write_text(f"course: a\ntitle: T\nstore: {said}\nassignments: {{a: {{title: A}}}}\n")
    with pytest.raises(CourseError) as refused:
        open_store(Paths(tmp_path))
    assert str(refused.value).startswith("course.yaml:3: store: expected `str`, got `")
    assert "secret" not in str(refused.value)


def test_a_course_says_where_its_results_are(tmp_path: Path, server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    written = f"course: said\ntitle: T\nstore: {server}\nassignments: {{a: {{title: A}}}}\n"
    (tmp_path / "course.yaml").write_text(written)
    with open_store(Paths(tmp_path)) as store:
        store.save(GRADE, KEYS)
    assert not Paths(tmp_path).store.exists()
    with Store(Postgres(sa.make_url(server), "said")) as store:
        assert store.grades("toy") == [GRADE]


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


def test_a_grade_of_one_way_is_none_of_the_other(database: Database) -> None:
    """What nbgrader's rule found holds nothing back of what the checks are to find, and the other way round."""
    with Store(database) as store:
        store.save(GRADE, KEYS, "compat")
        assert store.keys("toy", GRADE.student) is None
        assert store.grade("toy", GRADE.student, "own") is None
        assert store.keys("toy", GRADE.student, "compat") == KEYS
        assert store.grade("toy", GRADE.student) == store.grade("toy", GRADE.student, "compat") == GRADE
