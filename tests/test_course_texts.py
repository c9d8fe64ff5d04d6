"""A course's own texts in another language: its catalogue, and what students read by it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import course_texts
import toy
from autograder.errors import CourseError
from autograder.locale.own import own_texts
from autograder.pipeline import Timings, grade
from autograder.records import Grade
from autograder.report.feedback import feedback_page
from autograder.session import GradingOptions
from loading import load_assignment

CATALOGUE = """
msgid "A course for tests"
msgstr "Un cours pour les tests"

msgid "Toy assignment"
msgstr "Devoir d'essai"

msgid "Every number is doubled."
msgstr "Chaque nombre est doublé."

msgid "No loop is written."
msgstr ""

msgid "{count} loops in {place}, {count} too many"
msgstr "dans {place}, {count} boucles de trop"

msgid "the answer"
msgstr "la réponse"
"""
FILLED = """assert "for" not in text, f"{text.count('for')} loops in {'the answer'}, {text.count('for')} too many\""""


@pytest.fixture
def catalogue(tmp_path: Path) -> Callable[[str], Path]:
    def write(text: str, language: str = "fr") -> Path:
        path = tmp_path / "translations" / f"{language}.po"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_every_text_of_the_course_is_in_english_too() -> None:
    catalogue = course_texts.updated()
    assert len(list(catalogue)) > 250
    assert course_texts.untranslated(catalogue) == []
    assert course_texts.CATALOGUE.read_bytes() == course_texts.written(catalogue)


def test_the_courses_titles_and_headings_are_those_of_its_language(repository: Path, tmp_path: Path) -> None:
    for name in ("source", "release", "translations", "nbgrader_config.py"):
        (tmp_path / name).symlink_to(repository / name)
    text = (repository / "course.yaml").read_text(encoding="utf-8")
    (tmp_path / "course.yaml").write_text(text.replace("language: fr", "language: en"), encoding="utf-8")
    found = load_assignment(tmp_path, "reseau-dense")
    assert (found.course.title, found.settings.title) == (
        "Vision with neural networks",
        "A dense network that reads digits",
    )
    assert found.source.questions[0].title == "Exercise 1.1: getting acquainted"


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("the answer", "la réponse"),
        ("No loop is written.", "No loop is written."),  # not translated yet
        ("another", "another"),
        ("3 loops in the answer, 3 too many", "dans la réponse, 3 boucles de trop"),
        ("3 loops in the\ndark, 3 too many", "dans the\ndark, 3 boucles de trop"),
        ("3 loops in the answer, 4 too many", "3 loops in the answer, 4 too many"),  # no text of the catalogue's
        ("3 loops in (, 3 too many", "dans (, 3 boucles de trop"),
        (f"3 loops in {'x' * 3000}, 3 too many", f"3 loops in {'x' * 3000}, 3 too many"),
    ],
)
def test_a_text_is_found_as_it_is_written(catalogue: Callable[[str], Path], written: str, said: str) -> None:
    assert own_texts(catalogue(CATALOGUE)).said(written) == said


def test_without_a_catalogue_nothing_changes(tmp_path: Path) -> None:
    assert own_texts(tmp_path / "fr.po").said("the answer") == "the answer"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('msgid "a"\nnonsense "x"', "not a gettext catalogue: "),
        ('msgid "{n} loops"\nmsgstr "{m} boucles"', "line 1: {m} is not in the text that is translated"),
    ],
)
def test_a_broken_catalogue_is_the_lecturers_to_mend(
    tmp_path: Path, catalogue: Callable[[str, str], Path], text: str, told: str
) -> None:
    toy.write_source(tmp_path)
    catalogue(text, "en")
    with pytest.raises(CourseError) as raised:
        load_assignment(tmp_path, toy.NAME)
    assert str(raised.value).startswith(f"translations/en.po: {told}")


def test_students_read_titles_and_words_in_the_courses_language(
    tmp_path: Path, catalogue: Callable[[str], Path]
) -> None:
    checks = toy.CHECKS.replace('assert "for" not in text, "write it without a loop"', FILLED)
    toy.make_course(tmp_path, checks=checks, language="fr")
    catalogue(CATALOGUE)
    toy.hand_in(tmp_path, "ada", toy.answered({"double-answer": "def double(x):\n    return [n + 2 for n in x]"}))
    graded = grade_one(tmp_path)
    double, loop = (one for one in graded.questions[0].outcomes if one.kind == "check")
    assert double.title == "Chaque nombre est doublé."
    assert loop.title == "No loop is written."
    assert loop.message == "piste  dans la réponse, 1 boucles de trop"
    assignment = load_assignment(tmp_path, toy.NAME)
    page = feedback_page(assignment.source, assignment.course, graded, None)
    assert "Devoir d&#39;essai" in page
    assert "Chaque nombre est doublé." in page


def grade_one(root: Path) -> Grade:
    (step,) = grade(load_assignment(root, toy.NAME), GradingOptions(), Timings())
    return step.grade
