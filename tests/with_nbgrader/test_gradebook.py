"""The gradebook of a small course, read back through nbgrader's own API."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.nbgraderformat import MetadataValidator

import toy
from autograder.errors import CourseError, GraderError, SomeFailed
from autograder.evidence import CellRecord, Evidence, Exam
from autograder.nbgrader.address import keeps_gradebook
from autograder.nbgrader.by_hand import read_marks, read_penalties
from autograder.nbgrader.gradebook import keep_grades
from autograder.nbgrader.submitted import penalties
from autograder.paths import Paths
from autograder.records import CheckStatus, Grade, HandMark, Outcome, QuestionGrade, TextCell
from autograder.wire.messages import Cell, CellRun, Fault, Frame
from loading import load_assignment

ESSAY = toy.essay("Why is it doubled?")
CELLS = (*toy.SOLUTION, ESSAY)
ALERT = "<script>alert(1)</script>"
UNTOUCHED = "YOUR ANSWER HERE"
WRONG = {"double": 0.8, "names": 0.0, "greet": 1.0}
RIGHT = {"double": 4.0, "names": 2.0, "greet": 2.0}
POINTS = {"double": 4.0, "names": 2.0, "greet": 2.0, "essay": 3.0}
CONFIG = 'c = get_config()\nc.CourseDirectory.course_id = "tests"\n'


def exam(digest: str, essay: str) -> Exam:
    """What a room brought back of a notebook with a text of the student's own in it."""
    raised = Fault(kind="raised", error="AttributeError", message="no tolist", frames=[Frame(3, 1, "<module>", "a")])
    given = {"double-answer": f"# {digest}", "names-answer": f"names = ['{ALERT}']", "greet-answer": "pass"}
    code = [Cell(i, cell["id"], given.get(cell["id"], cell["source"])) for i, cell in enumerate(CELLS) if i and i < 8]
    runs = {
        "double": CellRun(3, 0.1, "", "", 0, "", raised),
        "greet-answer": CellRun(6, 0.1, f"Hello {ALERT}\n", "careful\n", 9, "3"),
    }
    records = [CellRecord(cell, runs.get(cell.id, CellRun(cell.index, 0.1, "", "", 0, ""))) for cell in code]
    texts = (TextCell(0, "", "# A toy"), TextCell(8, "", "A note of the student's own"), TextCell(9, "essay", essay))
    sources = {**given, "essay": essay}
    return Exam("k", "p", digest, "strict", "cpu", 1.0, 1.0, 0, {}, records, sources, [], None, texts)


def by_hand(essay: str) -> Outcome:
    """What is said of an answer that somebody is to read."""
    return Outcome("hand_mark", "essay", "Read", "failed" if essay == UNTOUCHED else "ungraded", 1.0, "", "hand")


def graded(
    root: Path, student: str, scores: dict[str, float], *, digest: str = "sha256:1", essay: str = "Because it is asked."
) -> Grade:
    """A student's grade, with its evidence on disk."""
    Evidence(exam(digest, essay), ()).save(Paths(root).evidence("toy", student))
    questions = []
    for name, most in POINTS.items():
        score = scores.get(name, 0.0)
        status: CheckStatus = "passed" if score == most else "failed"
        message = "" if score == most else f"received  {ALERT}\nexpected  [3.0, -4.0]"
        outcome = Outcome("test_it", name, "It is as asked.", status, 1.0, message)
        questions.append(QuestionGrade(name, score, most, (by_hand(essay) if name == "essay" else outcome,)))
    return Grade(student, "toy", "graded", tuple(questions), submission=digest)


def when(root: Path, student: str, moment: str) -> None:
    folder = root / "submitted" / student / "toy"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "timestamp.txt").write_text(moment)


def keep(root: Path, *grades: Grade) -> int:
    return keep_grades([((loaded := load_assignment(root, "toy")).source, grades)], loaded.deadline)


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course whose gradebook has the assignment and nobody."""
    root = tmp_path_factory.mktemp("empty")
    (root / "nbgrader_config.py").write_text(CONFIG)
    toy.make_course(root, cells=CELLS)
    assert keep(root) == 0
    return root


@pytest.fixture
def course(empty: Path, tmp_path: Path) -> Path:
    """A course of one's own."""
    return shutil.copytree(empty, tmp_path / "course")


def test_one_students_trouble_is_told_when_the_others_are_kept(course: Path) -> None:
    (course / "autograded").mkdir(exist_ok=True)
    (course / "autograded/bob").write_text("in the way")
    with pytest.raises(SomeFailed) as failed:
        keep(course, *(graded(course, name, RIGHT) for name in ("ada", "bob", "cleo")))
    assert (list(failed.value.why), failed.value.done) == (["bob"], 2)
    (course / "autograded/bob").unlink()
    assert keep(course, *(graded(course, name, RIGHT) for name in ("ada", "bob", "cleo"))) == 3


@pytest.fixture(scope="module")
def whole(empty: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A class of five, kept once."""
    root = shutil.copytree(empty, tmp_path_factory.mktemp("class") / "course")
    when(root, "eve", "2026-10-03 09:00:00.000000 UTC")
    nothing = tuple(QuestionGrade(name, 0.0, most, ()) for name, most in POINTS.items())
    unreadable = Fault(kind="unreadable", message="not JSON")
    Evidence(Exam("k", "p", "sha256:d", "strict", "cpu", 0.0, 0.0, 0, {}, [], {}, [], unreadable), ()).save(
        Paths(root).evidence("toy", "dan")
    )
    stopped = replace(graded(root, "nobody", {}, essay=UNTOUCHED), student="dan", submission="sha256:d")
    kept = keep(
        root,
        graded(root, "ada", RIGHT),
        graded(root, "bob", WRONG, essay=UNTOUCHED),
        graded(root, "eve", RIGHT),
        Grade("cleo", "toy", "missing", nothing),
        stopped,
    )
    assert kept == 4
    return root


@pytest.fixture
def book(whole: Path) -> Iterator[Any]:
    with opened(whole) as gradebook:
        yield gradebook


def opened(root: Path) -> Any:
    return Gradebook(f"sqlite:///{root}/gradebook.db", "tests")


def marks(book: Any, student: str) -> dict[str, tuple[float | None, bool]]:
    notebook = book.find_submission_notebook("toy", "toy", student)
    return {mark.name: (mark.auto_score, mark.needs_manual_grade) for mark in notebook.grades}


def comments(book: Any, student: str) -> dict[str, str | None]:
    notebook = book.find_submission_notebook("toy", "toy", student)
    return {comment.name: comment.auto_comment for comment in notebook.comments}


def test_a_course_keeps_a_gradebook_where_it_has_one_or_names_one(tmp_path: Path) -> None:
    assert not keeps_gradebook(Paths(tmp_path))
    config = tmp_path / "nbgrader_config.py"
    config.write_text("c = get_config()\n# c.CourseDirectory.db_url = ''\nc.CourseDirectory.course_id = 'a'\n")
    assert not keeps_gradebook(Paths(tmp_path))
    config.write_text("c = get_config()\nc.CourseDirectory.db_url = 'sqlite:///a.db'\n")
    assert keeps_gradebook(Paths(tmp_path))
    config.unlink()
    (tmp_path / "gradebook.db").touch()
    assert keeps_gradebook(Paths(tmp_path))


def test_cells_are_there_as_nbgrader_generates_them(book: Any) -> None:
    notebook = book.find_notebook("toy", "toy")
    assert {cell.name: (cell.max_score, cell.cell_type) for cell in notebook.grade_cells} == {
        "double": (4.0, "code"),
        "names": (2.0, "code"),
        "greet": (2.0, "code"),
        "essay": (3.0, "markdown"),
    }
    assert {cell.name for cell in notebook.solution_cells} == {"double-answer", "names-answer", "greet-answer", "essay"}
    sources = {cell.name: cell for cell in notebook.source_cells}
    assert set(sources) == {cell["id"] for cell in CELLS} - {"title"}
    assert "raise NotImplementedError()" in sources["double-answer"].source
    assert sources["double"].locked


def test_scores_are_ours(book: Any) -> None:
    assert marks(book, "ada") == {
        "double": (4.0, False), "names": (2.0, False), "greet": (2.0, False), "essay": (None, True),
    }  # fmt: skip
    assert marks(book, "bob") == {
        "double": (0.8, False), "names": (0.0, False), "greet": (1.0, False), "essay": (0, False),
    }  # fmt: skip
    assert set(marks(book, "dan").values()) == {(0.0, False)}


def test_one_who_handed_nothing_in_is_a_student_without_a_submission(book: Any) -> None:
    assert book.find_student("cleo")
    with pytest.raises(MissingEntry):
        book.find_submission("toy", "cleo")


def test_the_time_of_handing_in_is_kept(book: Any) -> None:
    assert book.find_submission("toy", "eve").timestamp.isoformat() == "2026-10-03T09:00:00"
    assert book.find_submission("toy", "ada").timestamp is None


def test_messages_are_comments_on_the_answer_quoted_as_code(book: Any) -> None:
    assert set(comments(book, "ada").values()) == {None}
    said = comments(book, "bob")
    assert said["essay"] == "No response."
    assert said["double-answer"] is not None
    assert said["double-answer"].startswith("double: It is as asked.\n\n    received  ")
    assert said["names-answer"] is not None
    quoted = [line for line in said["names-answer"].splitlines() if "<script>" in line]
    assert quoted
    assert all(line.startswith("    ") for line in quoted)


def test_the_executed_notebook_is_whole(whole: Path) -> None:
    for student in ("ada", "bob", "dan", "eve"):
        notebook = nbformat.read(whole / f"autograded/{student}/toy/toy.ipynb", as_version=nbformat.NO_CONVERT)
        nbformat.validate(notebook)
        for cell in notebook.cells:
            MetadataValidator().validate_cell(cell)
        assert {cell.id for cell in notebook.cells} >= {cell["id"] for cell in CELLS} - {"title"}


def test_the_executed_notebook_has_what_was_handed_in_and_what_came_of_it(whole: Path) -> None:
    notebook = json.loads((whole / "autograded/bob/toy/toy.ipynb").read_text())
    cells = {cell["id"]: cell for cell in notebook["cells"]}
    assert notebook["metadata"]["kernelspec"]["name"] == "python3"
    assert cells["double-answer"]["source"] == "# sha256:1"
    assert cells["double"]["outputs"] == [
        {
            "output_type": "error",
            "ename": "AttributeError",
            "evalue": "no tolist",
            "traceback": ["cell 4, line 1, in <module>: a", "AttributeError: no tolist"],
        }
    ]
    assert cells["double"]["metadata"]["nbgrader"]["points"] == 4
    shown = {"output_type": "execute_result", "execution_count": None, "data": {"text/plain": "3"}, "metadata": {}}
    assert cells["greet-answer"]["outputs"] == [
        {"output_type": "stream", "name": "stdout", "text": f"Hello {ALERT}\n"},
        {"output_type": "stream", "name": "stderr", "text": "careful\n"},
        shown,
    ]
    texts = [cell["source"] for cell in notebook["cells"] if cell["cell_type"] == "markdown"]
    assert texts == ["# A toy", "A note of the student's own", UNTOUCHED]


def test_what_people_gave_is_never_overwritten(course: Path) -> None:
    keep(course, graded(course, "bob", WRONG))
    with opened(course) as book:
        by_hand = book.find_grade("double", "toy", "toy", "bob")
        by_hand.manual_score, by_hand.extra_credit, by_hand.needs_manual_grade = 3.5, 0.25, False
        essay = book.find_grade("essay", "toy", "toy", "bob")
        essay.manual_score, essay.needs_manual_grade = 2.0, False
        book.find_comment("double-answer", "toy", "toy", "bob").manual_comment = "Well tried."
        book.db.commit()
    keep(course, graded(course, "bob", WRONG))
    with opened(course) as book:
        assert marks(book, "bob")["double"] == (0.8, False)
        assert marks(book, "bob")["essay"] == (None, False)
    keep(course, graded(course, "bob", RIGHT, digest="sha256:2", essay="Quite another answer."))
    with opened(course) as book:
        found = book.find_grade("double", "toy", "toy", "bob")
        assert (found.auto_score, found.manual_score, found.extra_credit, found.score) == (4.0, 3.5, 0.25, 3.75)
        comment = book.find_comment("double-answer", "toy", "toy", "bob")
        assert (comment.auto_comment, comment.manual_comment) == (None, "Well tried.")
        assert marks(book, "bob")["essay"] == (None, True), "the answer changed: look again"
        assert book.find_grade("essay", "toy", "toy", "bob").manual_score == 2.0


def test_what_people_gave_is_read_back(course: Path) -> None:
    keep(course, graded(course, "bob", WRONG), graded(course, "ada", RIGHT))
    assert read_marks(Paths(course), "toy") == {}
    with opened(course) as book:
        essay = book.find_grade("essay", "toy", "toy", "ada")
        essay.manual_score, essay.needs_manual_grade = 0.0, False
        book.find_grade("double", "toy", "toy", "bob").extra_credit = 0.25
        book.find_comment("double-answer", "toy", "toy", "bob").manual_comment = "Well tried."
        book.find_comment("essay", "toy", "toy", "bob").manual_comment = ALERT
        book.db.commit()
    found = read_marks(Paths(course), "toy")
    assert found["ada"]["essay"] == found["ada"]["toy/essay"] == HandMark(score=0.0)
    assert found["bob"]["double"] == HandMark(extra_credit=0.25, comment="Well tried.")
    assert found["bob"]["essay"] == HandMark(comment=ALERT)
    assert read_marks(Paths(course), "another") == {}


def test_a_bonus_is_had_and_not_asked_for_in_the_gradebook_too(course: Path) -> None:
    path = course / "course.yaml"
    path.write_text(path.read_text().replace("    limits:", "    bonus: [names]\n    limits:"))
    one = graded(course, "ada", RIGHT)
    keep(course, one)
    with opened(course) as book:
        submission = book.find_submission("toy", "ada")
        assert (submission.score, submission.max_score) == (8, 9)
    path.write_text(path.read_text().replace("    bonus: [names]\n", ""))
    keep(course, one)
    with opened(course) as book:
        assert book.find_submission("toy", "ada").max_score == 11


def test_a_second_pass_writes_nothing(course: Path) -> None:
    assert keep(course, graded(course, "ada", RIGHT)) == 1
    executed = course / "autograded/ada/toy/toy.ipynb"
    executed.chmod(0o444)
    before = executed.stat().st_mtime_ns
    assert keep(course, graded(course, "ada", RIGHT)) == 1
    assert executed.stat().st_mtime_ns == before
    assert keep(course, graded(course, "ada", RIGHT, digest="sha256:2")) == 1
    assert executed.stat().st_mtime_ns != before


def test_evidence_that_is_gone_takes_no_executed_notebook_with_it(course: Path) -> None:
    one = graded(course, "ada", RIGHT)
    keep(course, one)
    executed = course / "autograded/ada/toy/toy.ipynb"
    before = executed.read_bytes()
    Paths(course).evidence("toy", "ada").unlink()
    keep(course, one)
    assert executed.read_bytes() == before
    with opened(course) as book:
        assert marks(book, "ada")["essay"] == (None, True)


def test_a_fault_of_ours_leaves_the_gradebook_as_it_was(course: Path) -> None:
    keep(course, graded(course, "ada", RIGHT))
    assert keep(course, replace(graded(course, "ada", WRONG), status="ungraded")) == 0
    with opened(course) as book:
        assert marks(book, "ada")["double"] == (4.0, False)


def test_a_submission_taken_away_earns_nothing(course: Path) -> None:
    keep(course, graded(course, "ada", RIGHT))
    keep(course, replace(graded(course, "ada", {}), status="missing"))
    with opened(course) as book:
        assert set(marks(book, "ada").values()) == {(0.0, False)}


def late_course(root: Path, yaml: str, config: str = "") -> Path:
    path = root / "course.yaml"
    path.write_text(path.read_text().replace("    limits:", f"{yaml}    limits:"))
    (root / "nbgrader_config.py").write_text(CONFIG + config)
    return root


DUE = "    due: 2026-10-01 23:59\n"
RULE = f"{DUE}    late_penalty_percent_per_day: 10\n"


@pytest.mark.parametrize(
    ("moment", "share"),
    [
        ("2026-10-01 23:59:00.000000 UTC", 0),
        ("2026-10-02 00:00:00.000000 UTC", 0.1),
        ("2026-10-03 09:00:00.000000 UTC", 0.2),
        ("2027-01-01 00:00:00.000000 UTC", 1),
        ("yesterday", 0),
    ],
)
def test_the_courses_own_rule_for_lateness(course: Path, moment: str, share: float) -> None:
    root = late_course(course, RULE)
    when(root, "ada", moment)
    one = graded(root, "ada", RIGHT)
    keep(root, one)
    with opened(root) as book:
        assert book.find_assignment("toy").duedate.isoformat() == "2026-10-01T23:59:00"
        notebook = book.find_submission_notebook("toy", "toy", "ada")
        assert (notebook.late_submission_penalty or 0) == pytest.approx(8 * share)
    assignment = load_assignment(root, "toy")
    expected = {"ada": pytest.approx(8 * share)} if share else {}
    assert read_penalties(assignment.source) == expected
    assert dict(penalties(assignment.source, assignment.deadline, [one])) == expected


def test_an_extension_counts(course: Path) -> None:
    root = late_course(course, RULE)
    when(root, "ada", "2026-10-03 09:00:00.000000 UTC")
    keep(root, graded(root, "ada", RIGHT))
    for days, penalty in ((1, {"ada": pytest.approx(0.8)}), (7, {})):
        with opened(root) as book:
            book.grant_extension("toy", "ada", days=days)
        keep(root, graded(root, "ada", RIGHT))
        assert read_penalties(load_assignment(root, "toy").source) == penalty
    with opened(root) as book:
        assert book.find_submission("toy", "ada").extension == timedelta(days=7)


def test_nbgraders_own_rule_where_the_course_has_none(course: Path) -> None:
    root = late_course(course, DUE, 'c.LateSubmissionPlugin.penalty_method = "zero"\n')
    when(root, "ada", "2026-10-03 09:00:00.000000 UTC")
    keep(root, graded(root, "ada", RIGHT))
    assert read_penalties(load_assignment(root, "toy").source) == {"ada": 8.0}


def test_a_plugin_that_lies_beside_the_configuration(course: Path) -> None:
    plugin = """
from nbgrader.plugins import BasePlugin

class OnePoint(BasePlugin):
    def late_submission_penalty(self, student_id, score, total_seconds_late):
        return 1.0
"""
    (course / "toy_late_rule.py").write_text(plugin)
    root = late_course(course, DUE, 'c.AssignLatePenalties.plugin_class = "toy_late_rule.OnePoint"\n')
    when(root, "bob", "2026-10-03 09:00:00.000000 UTC")
    keep(root, graded(root, "bob", WRONG))
    assert read_penalties(load_assignment(root, "toy").source) == {"bob": 1.0}


def test_cells_added_once_there_are_submissions_are_refused_with_the_reason(course: Path) -> None:
    keep(course, graded(course, "ada", RIGHT))
    more = toy.answer("more", "### BEGIN SOLUTION\nx = 1\n### END SOLUTION")
    (course / "source/toy/toy.ipynb").write_bytes(toy.notebook((*CELLS, more)))
    with pytest.raises(CourseError, match=r"^source/toy/toy.ipynb: nbgrader's gradebook refuses it: Cannot add"):
        keep(course)


def test_a_notebook_renamed_once_there_are_submissions_is_said(course: Path) -> None:
    one = graded(course, "ada", RIGHT)
    keep(course, one)
    for step in ("source", "release"):
        (course / step / "toy/toy.ipynb").rename(course / step / "toy/other.ipynb")
    with pytest.raises(CourseError, match=r"^source/toy/other.ipynb: submissions in the gradebook are of toy: give"):
        keep(course, one)


def test_a_configuration_that_fails_is_the_courses_to_mend(course: Path) -> None:
    (course / "nbgrader_config.py").write_text("1 / 0\n")
    with pytest.raises(CourseError, match=r"^nbgrader_config.py: ZeroDivisionError: division by zero"):
        keep(course)


def test_a_database_that_is_none_is_said(course: Path) -> None:
    (course / "gradebook.db").write_text("no database at all, and long enough for one to be looked for" * 10)
    with pytest.raises(GraderError, match="the gradebook cannot be written"):
        keep(course)


SCHEME = "=== BEGIN MARK SCHEME ===\n2 of 3 for the axes\n=== END MARK SCHEME ==="
TASK = {
    **toy.text("task", f"Draw.\n\n{SCHEME}"),
    "metadata": toy.code("task", "", task=True, locked=True, points=3)["metadata"],
}


def test_whoever_marks_a_bonus_reads_its_marking_scheme(tmp_path: Path) -> None:
    root = toy.make_course(tmp_path, cells=[*toy.SOLUTION, TASK])
    settings = root / "course.yaml"
    settings.write_text(settings.read_text().replace("    limits:", "    bonus: [task]\n    limits:"))
    assert SCHEME not in (root / "release/toy/toy.ipynb").read_text()
    (root / "nbgrader_config.py").write_text(CONFIG)
    (root / "gradebook.db").touch()
    keep(root, replace(graded(root, "ada", RIGHT), submission="sha256:2"))
    read = nbformat.read(root / "autograded/ada/toy/toy.ipynb", as_version=4)
    assert SCHEME in next(cell.source for cell in read.cells if cell.id == "task")
    with opened(root) as book:
        (task,) = book.find_notebook("toy", "toy").task_cells
        assert (task.max_score, book.find_source_cell("task", "toy", "toy").source) == (0, TASK["source"])
