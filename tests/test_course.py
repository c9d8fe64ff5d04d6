"""course.yaml, markers and cells: every mistake is said at once, where it is."""

from __future__ import annotations

import codecs
from collections.abc import Mapping, Sequence
from itertools import chain
from pathlib import Path

import pytest

import toy
from autograder.assignment import Assignment
from autograder.coherence import plan_problems, unmarked
from autograder.course import load_parts
from autograder.course_yaml import CourseSettings, load_course
from autograder.errors import CourseError
from autograder.notebook.metadata import role_of
from autograder.records import Check, Limits, Plan
from autograder.session import judge_of
from autograder.wire.messages import PrintedProbe, Probe, SourceProbe, VariableProbe
from loading import load_assignment

VALID = """\
course: vision
title: Vision
assignments:
  cnn: {title: Networks}
"""


def problems_of_yaml(root: Path, content: str | bytes) -> list[str]:
    (root / "course.yaml").write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(CourseError) as raised:
        load_course(root)
    return str(raised.value).splitlines()


def problems_of_cells(root: Path, *cells: toy.Cell) -> list[str]:
    toy.write_source(root, cells=cells)
    with pytest.raises(CourseError) as raised:
        load_assignment(root, toy.NAME)
    start = f"source/{toy.NAME}/{toy.NAME}.ipynb: "
    assert all(str(problem).startswith(start) for problem in raised.value.problems)
    return [str(problem).removeprefix(start) for problem in raised.value.problems]


def problem_of_assignment(root: Path, name: str = toy.NAME) -> str:
    with pytest.raises(CourseError) as raised:
        load_assignment(root, name)
    return str(raised.value)


# --- course.yaml ------------------------------------------------------------------------------------------------------


def test_a_course_says_only_what_is_its_own(tmp_path: Path) -> None:
    (tmp_path / "course.yaml").write_text(VALID)
    settings = load_course(tmp_path)
    assert isinstance(settings, CourseSettings)
    assert (settings.course, settings.language, settings.isolation) == ("vision", "en", "standard")
    assert settings.assignments["cnn"].limits == Limits()
    assert not settings.assignments["cnn"].hides_expected


@pytest.mark.parametrize(
    ("said", "hides"),
    [
        ("resubmission: true", True),
        ("resubmission: true\n    expected: shown", False),
        ("expected: hidden", True),
        ("resubmission: false", False),
    ],
)
def test_where_students_hand_in_again_the_expected_is_hidden_unless_it_is_said(
    tmp_path: Path, said: str, hides: bool
) -> None:
    (tmp_path / "course.yaml").write_text(f"course: v\ntitle: V\nassignments:\n  cnn:\n    title: C\n    {said}\n")
    assert load_course(tmp_path).assignments["cnn"].hides_expected == hides


def test_every_mistake_is_said_at_once_with_its_line_and_key(tmp_path: Path) -> None:
    content = """\
course: vision
titel: Vision
language: de
isolation: strict
isolation: standard
assignments:
  cnn:
    title: 12
    color: red
    limits:
      cell_seconds: -1
      memory_mb: lots
      processes: 0
    preload: numpy
  rnn:
"""
    assert problems_of_yaml(tmp_path, content) == [
        "course.yaml:1: title: missing",
        "course.yaml:2: titel: unknown key; did you mean title?",
        "course.yaml:3: language: invalid enum value 'de'; given: 'de'",
        "course.yaml:5: isolation: given twice",
        "course.yaml:8: assignments.cnn.title: expected `str`, got `int`; given: 12",
        "course.yaml:9: assignments.cnn.color: unknown key; known here: title, expected, resubmission, limits, "
        "preload, python, data, student_files, due, late_penalty_percent_per_day, optional, bonus, recipes",
        "course.yaml:11: assignments.cnn.limits.cell_seconds: expected `float` > 0.0; given: -1",
        "course.yaml:12: assignments.cnn.limits.memory_mb: expected `int`, got `str`; given: 'lots'",
        "course.yaml:13: assignments.cnn.limits.processes: expected `int` >= 1; given: 0",
        "course.yaml:14: assignments.cnn.preload: expected `array`, got `str`; given: 'numpy'",
        "course.yaml:15: assignments.rnn: expected keys with values, indented below",
    ]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("a: [", "course.yaml:1: not YAML: expected the node content, but found '<stream end>'"),
        ("a: 1\nb: *c", "course.yaml:2: not YAML: found undefined alias 'c'"),
        ("", "course.yaml:1: expected keys with values, indented below"),
        ("- a", "course.yaml:1: expected keys with values, indented below"),
        (b"course: \xff", "course.yaml:1: not UTF-8: save the file in UTF-8"),
        ("course: a\ntitle: b\nassignments: {}", "course.yaml:3: assignments: empty: name at least one"),
        (
            VALID.replace("Vision", "!!python/name:os.system x"),
            "course.yaml:2: title: could not determine a constructor for the tag 'tag:yaml.org,2002:python/name:",
        ),
        (VALID.replace("Vision", "&a [*a]"), "course.yaml:2: title: found unconstructable recursive node"),
    ],
)
def test_what_is_not_a_course_is_one_problem(tmp_path: Path, content: str | bytes, problem: str) -> None:
    (found,) = problems_of_yaml(tmp_path, content)
    assert found.startswith(problem)


def test_a_folder_without_a_course_says_where_to_run(tmp_path: Path) -> None:
    with pytest.raises(CourseError) as raised:
        load_course(tmp_path)
    assert str(raised.value) == "course.yaml: there is no course here: run from the folder that holds course.yaml"


# --- The assignment and its notebook ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "advice"), [("toys", "did you mean toy?"), ("zebra", "known: toy")], ids=["near", "far"]
)
def test_an_unknown_assignment_is_told_the_known_ones(tmp_path: Path, name: str, advice: str) -> None:
    toy.write_source(tmp_path)
    assert problem_of_assignment(tmp_path, name) == f"course.yaml: assignments: no assignment '{name}'; {advice}"


def test_an_assignment_that_course_yaml_does_not_name_is_told_what_to_write(tmp_path: Path) -> None:
    toy.write_source(tmp_path)
    (tmp_path / "source" / "powers").mkdir()
    told = "no assignment 'powers'; its folder is there: give it a line of its own, `powers: {title: …}`"
    assert problem_of_assignment(tmp_path, "powers") == f"course.yaml: assignments: {told}"


def test_a_notebook_with_nothing_to_grade_is_a_file_beside(tmp_path: Path) -> None:
    toy.write_source(tmp_path)
    folder = tmp_path / "source" / toy.NAME
    (folder / "other.ipynb").write_bytes(toy.notebook([toy.code("help", "1")]))
    assert [one.source.notebook_file for one in load_parts(tmp_path, toy.NAME)] == ["toy.ipynb"]
    for path in folder.glob("*.ipynb"):
        path.unlink()
    assert problem_of_assignment(tmp_path) == "source/toy: no notebook (.ipynb) here"


def test_each_notebook_with_something_to_grade_is_a_part(tmp_path: Path) -> None:
    toy.write_source(tmp_path)
    folder = tmp_path / "source" / toy.NAME
    (folder / "more.ipynb").write_bytes(toy.notebook([toy.test_cell("more", 1, "assert 1")]))
    (folder / "checks.py").rename(folder / "toy_checks.py")
    more, own = load_parts(tmp_path, toy.NAME)
    assert (more.key, own.key) == ("toy/more.ipynb", "toy/toy.ipynb")
    assert (more.source.checks.name, own.source.checks.name) == ("more_checks.py", "toy_checks.py")
    assert (more.source.others, more.source.sibling_cells) == (
        (own.source.path,),
        frozenset(role_of(c).id for c in own.source.notebook.cells) - {""},
    )


def test_notebooks_that_are_no_parts_of_one_assignment_are_refused(tmp_path: Path) -> None:
    toy.write_source(tmp_path)
    folder = tmp_path / "source" / toy.NAME
    (folder / "toy-Copy1.ipynb").write_bytes(toy.notebook([toy.test_cell("names", 1, "assert 1")]))
    text = "a question of this id is in another notebook of the assignment too: give each its own"
    assert problem_of_assignment(tmp_path).splitlines() == [
        f"source/toy/toy-Copy1.ipynb: names: {text}",
        f"source/toy/toy.ipynb: names: {text}",
        "source/toy/checks.py: several notebooks: each is examined alone and has checks of its own, "
        "toy-Copy1_checks.py, toy_checks.py",
    ]


def test_a_source_that_is_not_a_notebook_is_named(tmp_path: Path) -> None:
    toy.write_source(tmp_path)
    (tmp_path / "source" / toy.NAME / f"{toy.NAME}.ipynb").write_text("{")
    assert problem_of_assignment(tmp_path).startswith("source/toy/toy.ipynb: not a notebook: ")


@pytest.mark.parametrize("points", [float("inf"), float("nan"), -1, pytest.param(10**400, id="huge"), 1e7])
@pytest.mark.parametrize("graded", [{"grade": True}, {"task": True}])
def test_points_that_cannot_be_earned_are_the_courses(tmp_path: Path, points: float, graded: dict[str, bool]) -> None:
    toy.write_source(tmp_path, cells=[*toy.SOLUTION, toy.code("essay", "", **graded, points=points)])
    assert "points: write a number from 0 to 1000000" in problem_of_assignment(tmp_path)


def test_questions_are_the_graded_cells(tmp_path: Path) -> None:
    toy.write_source(tmp_path, cells=[*toy.SOLUTION, toy.code("essay", "", grade=True, solution=True, points=3)])
    found = [(one.id, one.points, one.tested) for one in load_assignment(tmp_path, toy.NAME).questions]
    assert found == [("double", 4, True), ("names", 2, True), ("greet", 2, True), ("essay", 3, False)]


def test_a_question_is_known_by_the_heading_it_stands_under(tmp_path: Path) -> None:
    cells = [
        toy.test_cell("first", 1, ""),
        toy.text("part", "# Part\n\n## Convolutions\nSome text."),
        toy.test_cell("one", 1, ""),
        toy.text("more", "No heading."),
        toy.test_cell("two", 1, ""),
        toy.text("next", "### Training (2,5 points)\n"),
        toy.test_cell("three", 1, "# no heading"),
    ]
    toy.write_source(tmp_path, cells=cells)
    titles = [one.title for one in load_assignment(tmp_path, toy.NAME).questions]
    assert titles == ["first", "Convolutions (one)", "Convolutions (two)", "Training"]


GRADED = toy.test_cell("graded", 1, "")


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        (
            "### BEGIN SOLUTION\nx = 1",
            "line 1: BEGIN SOLUTION is never closed: add a line « ### END SOLUTION »",
        ),
        (
            "### BEGIN SOLUTION\nx = 1\n### BEGIN SOLUTION\n### END SOLUTION",
            "line 3: BEGIN SOLUTION inside the region opened at line 1: close that one first",
        ),
        (
            "x = 1\n### END SOLUTION",
            "line 2: END SOLUTION without BEGIN SOLUTION: add the marker that opens the region, or remove it",
        ),
        (
            "### BEGIN HIDDEN TESTS",
            "line 1: hidden tests would be run where students can read them: move them to checks.py",
        ),
    ],
)
def test_markers_are_paired(tmp_path: Path, source: str, problem: str) -> None:
    assert problems_of_cells(tmp_path, GRADED, toy.answer("x", source)) == [f"cell 2 (x), {problem}"]


def test_a_region_stands_in_a_solution_cell(tmp_path: Path) -> None:
    cell = toy.code("x", "### BEGIN SOLUTION\n### END SOLUTION")
    assert problems_of_cells(tmp_path, GRADED, cell) == [
        "cell 2 (x), line 1: BEGIN SOLUTION in a cell that is not a solution cell: set its nbgrader type"
    ]


def test_every_problem_of_a_notebook_is_said_at_once(tmp_path: Path) -> None:
    cells = [toy.test_cell("same", 0, ""), toy.answer("same", "### BEGIN SOLUTION"), toy.answer("same", "")]
    assert problems_of_cells(tmp_path, *cells) == [
        "cell 2 (same), line 1: BEGIN SOLUTION is never closed: add a line « ### END SOLUTION »",
        "cell 1 (same): the id 'same' is also that of cell 2, 3",
        "cell 2 (same): the id 'same' is also that of cell 1, 3",
        "cell 3 (same): the id 'same' is also that of cell 1, 2",
    ]


def test_something_is_worth_a_point(tmp_path: Path) -> None:
    assert problems_of_cells(tmp_path, toy.answer("x", "")) == [
        "no graded cell: nothing in this notebook is worth a point"
    ]


# --- The checks and the notebook --------------------------------------------------------------------------------------


def check(question: str, *needs: str, line: int = 7) -> Check:
    return Check("test_it", question, "It is so.", 1.0, needs, line)


@pytest.fixture
def assignment(tmp_path: Path) -> Assignment:
    toy.write_source(tmp_path)
    return load_assignment(tmp_path, toy.NAME)


def found_in(assignment: Assignment, checks: Sequence[Check], probes: Mapping[str, Probe] | None = None) -> list[str]:
    plan = Plan(tuple(checks), probes or {}, ())
    problems = chain(
        plan_problems(assignment.source, assignment.settings.recipes, plan), unmarked(assignment.source, plan)
    )
    return list(map(str, problems))


def test_a_plan_that_fits_has_no_problem(assignment: Assignment) -> None:
    probes: dict[str, Probe] = {
        "text": SourceProbe("names-answer"),
        "said": PrintedProbe("greet"),
        "x": VariableProbe("anything"),
    }
    assert found_in(assignment, [check("double"), check("greet", "names")], probes) == []


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        (check("doubel"), "question 'doubel' has no graded cell; did you mean 'double'?"),
        (check("zebra"), "question 'zebra' has no graded cell; graded cells: double, names, greet"),
        (check("greet", "names", "gret"), "question 'gret' has no graded cell; did you mean 'greet'?"),
    ],
)
def test_a_check_names_questions_of_the_notebook(assignment: Assignment, wrong: Check, problem: str) -> None:
    assert found_in(assignment, [wrong]) == [f"source/toy/checks.py:7: test_it: {problem}"]


@pytest.mark.parametrize("probe", [SourceProbe("greeting"), PrintedProbe("greeting")])
def test_a_probe_of_a_cell_names_one(assignment: Assignment, probe: Probe) -> None:
    assert found_in(assignment, [], {"said": probe}) == ["source/toy/checks.py: said: no cell has the id 'greeting'"]


def test_every_question_is_marked_by_something(tmp_path: Path) -> None:
    toy.write_source(tmp_path, cells=[*toy.SOLUTION, toy.code("essay", "", grade=True, solution=True, points=3)])
    assignment = load_assignment(tmp_path, toy.NAME)
    assert found_in(assignment, [check("essay")]) == []
    assert found_in(assignment, []) == [
        "source/toy/toy.ipynb: essay: neither a test cell nor a check: nothing would mark it; by hand, it is marked "
        "in nbgrader's gradebook"
    ]


# --- What rooms are forked with ---------------------------------------------------------------------------------------


def test_rooms_are_forked_with_what_the_notebook_imports(tmp_path: Path) -> None:
    cells = [
        GRADED,
        toy.text("said", "import not_code"),
        toy.code("magic", "%matplotlib inline\nimport lost"),
        toy.code(
            "imports", "import math, os.path as p\nfrom json import loads\nfrom . import mine\nfrom .ours import x"
        ),
        toy.code("again", "def late():\n    import math\n    import csv"),
    ]
    toy.write_source(tmp_path, cells=cells)
    assert load_assignment(tmp_path, toy.NAME).preload == ["lost", "math", "os.path", "json", "csv"]


def test_a_course_may_say_what_rooms_are_forked_with(tmp_path: Path) -> None:
    toy.write_source(tmp_path)
    path = tmp_path / "course.yaml"
    path.write_text(path.read_text() + "    preload: [numpy]\n")
    assert load_assignment(tmp_path, toy.NAME).preload == ["numpy"]


def test_a_comment_in_a_code_block_is_no_heading(tmp_path: Path) -> None:
    text = "### Exercise 2 : fences (2 points) ###\n\n```python\n# build it\n```"
    toy.write_source(tmp_path, cells=(toy.text("statement", text), toy.test_cell("fences", 2, "pass")))
    (question,) = load_assignment(tmp_path, toy.NAME).questions
    assert question.title == "Exercise 2 : fences"


@pytest.mark.parametrize("content", ["[a]: b\n", "? {x: 1}\n: y\n", "a: " + "[" * 5000])
def test_yaml_of_odd_forms_is_a_problem_and_no_traceback(tmp_path: Path, content: str) -> None:
    (tmp_path / "course.yaml").write_text(content)
    with pytest.raises(CourseError):
        load_course(tmp_path)


@pytest.mark.parametrize(
    ("zone", "due", "moment"),
    [
        ("", "2026-10-01 23:59", "2026-10-01T23:59:00+00:00"),
        ("timezone: Europe/Paris\n", "2026-10-01 23:59", "2026-10-01T21:59:00+00:00"),
        ("timezone: Europe/Paris\n", "2026-10-01 23:59:00+09:00", "2026-10-01T14:59:00+00:00"),
        ("timezone: Europe/Paris\n", "2026-12-01", "2026-12-01T22:59:59+00:00"),
    ],
)
def test_due_is_a_moment_of_the_courses_time_zone(tmp_path: Path, zone: str, due: str, moment: str) -> None:
    toy.write_source(tmp_path)
    path = tmp_path / "course.yaml"
    path.write_text(zone + path.read_text().replace("    limits:", f"    due: {due}\n    limits:"))
    found = load_assignment(tmp_path, toy.NAME).deadline.due
    assert found is not None
    assert found.isoformat() == moment


def test_moments_and_time_zones_that_are_none(tmp_path: Path) -> None:
    content = (
        "course: c\ntitle: t\ntimezone: Europe/Pari\nassignments:\n  toy:\n    title: Toy\n"
        "    due: tomorrow\n    late_penalty_percent_per_day: 200\n"
    )
    assert problems_of_yaml(tmp_path, content) == [
        "course.yaml:3: timezone: expected a time zone's name such as Europe/Paris; given: 'Europe/Pari'",
        "course.yaml:7: assignments.toy.due: expected a day, or a moment such as 2026-10-01 23:59; given: 'tomorrow'",
        "course.yaml:8: assignments.toy.late_penalty_percent_per_day: expected `float` <= 100.0; given: 200",
    ]


def test_an_answer_without_a_check_is_graded_by_hand_where_there_is_a_gradebook(tmp_path: Path) -> None:
    cells = (*toy.SOLUTION, toy.code("essay", "", grade=True, solution=True, points=2))
    toy.write_source(tmp_path, cells=cells)
    (tmp_path / "gradebook.db").touch()
    assert found_in(load_assignment(tmp_path, toy.NAME), []) == []


def test_a_bonus_names_a_question(tmp_path: Path) -> None:
    toy.write_source(tmp_path)
    path = tmp_path / "course.yaml"
    path.write_text(path.read_text().replace("    limits:", "    bonus: [nomes]\n    limits:"))
    text = "course.yaml: assignments.toy.bonus: no question 'nomes'; did you mean 'names'?"
    assert problem_of_assignment(tmp_path) == text
    path.write_text(path.read_text().replace("nomes", "names"))
    bonus = [question.id for question in load_assignment(tmp_path, toy.NAME).questions if question.bonus]
    assert bonus == ["names"]


def test_course_yaml_may_have_a_byte_order_mark_and_other_ends_of_lines(tmp_path: Path) -> None:
    text = toy.COURSE.format(language="en", expected="shown").replace("\n", "\r\n")
    (tmp_path / "course.yaml").write_bytes(codecs.BOM_UTF8 + text.encode())
    assert load_course(tmp_path).course == "tests"


def test_course_yaml_in_another_encoding_is_said_with_its_line(tmp_path: Path) -> None:
    assert problems_of_yaml(tmp_path, "course: c\ntitle: Un été\n".encode("latin-1")) == [
        "course.yaml:2: not UTF-8: save the file in UTF-8"
    ]
    (problem,) = problems_of_yaml(tmp_path, b"course: c\0\n")
    assert problem.startswith("course.yaml: cannot be read: unacceptable character #x0000")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('"""Été."""'.encode("latin-1"), "source/toy/checks.py:1: not Python: (unicode error) 'utf-8' codec"),
        (b"# coding: nonsense\n", "source/toy/checks.py: not Python: unknown encoding: nonsense"),
        (b"x = 1\0\n", "source/toy/checks.py: not Python: source code string cannot contain null bytes"),
        (b"def test(:\n", "source/toy/checks.py:1: not Python: invalid syntax"),
    ],
)
def test_checks_that_are_no_python_are_said_in_a_line(tmp_path: Path, content: bytes, said: str) -> None:
    toy.write_source(tmp_path)
    (tmp_path / "source/toy/checks.py").write_bytes(content)
    with pytest.raises(CourseError) as raised:
        judge_of(load_assignment(tmp_path, toy.NAME).source)
    assert str(raised.value).startswith(said)
