"""What is made of one submission, against the schemas of the systems that read it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from autograder.errors import CourseError
from autograder.export import Entry, Exported, ExportOptions, classroom50, gradescope, junit, prairielearn
from autograder.records import QuestionGrade
from graded import absent, entry, grade, of_class, question, ungraded, unmarked

ODD = ("d'Arc, Jeanne", 'Zoé "Å"', "José Núñez y Pérez", "=1+1", "山田 太郎")
RUNNER = {
    "CLASSROOM": "cs50",
    "ASSIGNMENT": "toy",
    "USERNAME": "ada",
    "SUBMISSION_TAG": "submit/2026-10-01T10-00-00Z-abc",
    "COMMIT_URL": "https://example.org/commit/1",
    "RELEASE_URL": "https://example.org/releases/1",
}


@pytest.fixture(scope="module", params=["gradescope", "prairielearn", "classroom50"])
def system(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def made(system: str, one: Entry, *others: Entry, single: bool = True, language: str = "en") -> Exported:
    module = {"gradescope": gradescope, "prairielearn": prairielearn, "classroom50": classroom50}[system]
    found: Exported = module.export(
        of_class((one, *others), language), ExportOptions(single=single, environment=RUNNER)
    )
    return found


def read(system: str, one: Entry, language: str = "en") -> Any:
    """The file of one submission, valid by its system's schema."""
    (content,) = made(system, one, language=language).files.values()
    value = json.loads(content)
    schema = json.loads((Path(__file__).parent / "schemas" / f"{system}.json").read_text())
    jsonschema.Draft202012Validator(schema).validate(value)
    if system == "classroom50":  # what its collector refuses beside
        assert all(one["score"] <= one["max-score"] for one in (value, *value["tests"]))
    return value


@pytest.mark.parametrize("name", ODD)
def test_a_file_is_what_its_system_reads(system: str, name: str) -> None:
    value = read(system, entry(grade(name, 1.5, message='« "no" »\u2028\x00</script>')))
    score = {"gradescope": 3.5, "prairielearn": 0.583333, "classroom50": 350}[system]
    assert value["score"] == score
    first = value["tests"][0]
    assert first.get("name", first.get("test-name")) == "Doubler, « vite »"
    assert 'Doubler, « vite » — failed\n« "no" »\u2028\N{REPLACEMENT CHARACTER}</script>' in first["output"]


def test_lateness_counts_and_is_said(system: str) -> None:
    value = read(system, entry(grade("ada"), penalty=1.5))
    assert value["score"] == {"gradescope": 4.5, "prairielearn": 0.75, "classroom50": 450}[system]
    said = {"gradescope": "output", "prairielearn": "message"}.get(system)
    assert said is None or value[said] == "6 earned, 1.5 taken because it was handed in late."


def test_what_was_mended_is_said_where_there_is_a_place_for_text() -> None:
    asked: list[str] = []

    def mended(one: Entry) -> list[str]:
        asked.append(one.student)
        return ["These files were changed: <a.csv>."]

    grades = replace(of_class([entry(grade("ada"))], "fr"), mended=mended)
    done = {one: next(iter(one.export(grades, ExportOptions(single=True)).files.values())).decode()
            for one in (gradescope, prairielearn, junit)}  # fmt: skip
    said = "Réparé avant la correction\n- These files were changed: <a.csv>."
    assert json.loads(done[gradescope])["output"] == said
    assert json.loads(done[prairielearn])["message"] == said
    assert f"<system-out>{said.replace('<', '&lt;').replace('>', '&gt;')}</system-out>" in done[junit]
    assert asked == ["ada"] * 3


def test_verdicts_are_in_the_courses_language(system: str) -> None:
    value = read(system, entry(grade("ada", 1, message="reçu 1")), "fr")
    assert value["tests"][0]["output"] == "Doubler, « vite » — échoué\nreçu 1"


def test_what_waits_for_a_mark_has_no_points_yet(system: str) -> None:
    value = read(system, entry(unmarked("ada")))
    assert value["score"] == {"gradescope": 4.0, "prairielearn": 0.666667, "classroom50": 4}[system]
    waiting = value["tests"][1:]
    if system == "gradescope":
        assert waiting[0].keys() == {"name", "number", "output", "visibility"}
    elif system == "prairielearn":
        assert (waiting, value["message"]) == ([], "Points still to be marked by your teacher: 2.")
    else:
        assert (waiting[0]["passed"], waiting[0]["score"]) == (False, 0)


def test_what_is_not_graded_is_no_zero(system: str) -> None:
    done = made(system, entry(ungraded("ada")))
    assert list(done.unfinished) == ["ada"]
    if system == "prairielearn":
        value = read(system, entry(ungraded("ada")), "fr")
        assert (value["gradable"], "score" in value) == (False, False)
        assert value["message"].startswith("La correction n'a pas pu se faire")
    else:
        assert done.files == {}


def test_what_is_earned_on_top_is_no_error(system: str) -> None:
    bonus = QuestionGrade("bonus", 2.0, 0.0, question("names", 2).outcomes)
    value = read(system, entry(replace(grade("ada"), questions=(*grade("ada").questions, bonus))))
    assert value["score"] == {"gradescope": 8.0, "prairielearn": 1.0, "classroom50": 8}[system]
    assert value.get("max-score", 8) == 8


def test_a_file_each_in_a_folder_each_but_where_one_is_asked_for() -> None:
    pair = (entry(grade("ada")), entry(grade("bob"), penalty=6.0), entry(absent("gone")))
    for system in ("gradescope", "prairielearn"):
        assert set(made(system, *pair, single=False).files) == {"ada/results.json", "bob/results.json"}
    with pytest.raises(CourseError, match="name its student with --student"):
        made("classroom50", *pair, single=False)


def test_a_result_outside_classroom_50_says_what_it_lacks() -> None:
    with pytest.raises(CourseError, match="lacks SUBMISSION_TAG, RELEASE_URL"):
        environment = {name: text for name, text in RUNNER.items() if name[0] not in "SR"}
        classroom50.export(of_class([entry(grade("ada"))]), ExportOptions(single=True, environment=environment))


def test_prairielearns_file_stays_below_what_it_takes() -> None:
    value = read("prairielearn", entry(grade("ada", 0, 0, message="\u0001é" * 900_000)))
    assert len(json.dumps(value, ensure_ascii=False)) < prairielearn.LARGEST_BYTES
    assert [one["output"][-1] for one in value["tests"]] == ["…", "…"]


def test_a_notebook_that_was_not_handed_in_is_no_silent_zero(system: str) -> None:
    nothing = replace(grade("ada"), questions=(grade("ada").questions[0], QuestionGrade("names", 0.0, 2.0, ())))
    assert read(system, entry(nothing), "fr")["tests"][1]["output"] == "Pas de réponse."


def test_there_is_no_share_of_nothing() -> None:
    nothing = replace(grade("ada"), questions=(QuestionGrade("double", 0.0, 0.0, ()),))
    with pytest.raises(CourseError, match="worth no points"):
        made("prairielearn", entry(nothing))
