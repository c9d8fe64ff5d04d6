"""Whose a submission is: told by what was kept, by the roster, by the platform's number, never by another student."""

from __future__ import annotations

from pathlib import Path

import pytest

import toy
from autograder.assignment import Assignment
from autograder.errors import CourseError
from autograder.intake.collect import Collected, collect
from autograder.intake.identity import Identity, read_identity
from autograder.intake.platforms import Reader
from downloads import NOTEBOOK, OTHER, empty_course, here, laid_out, zipped

ROSTER = """\
student,name,email,id,group
ada,Ada Lovelace,ada@example.org,,Group A
bob,Bob Martin,,77,Group A;Others
weili,Wei Li,,,Group B
"""


def collected(assignment: Assignment, path: Path, reader: Reader | None = None, *, anyway: bool = False) -> Collected:
    return collect(assignment.source, assignment.course, path, reader, anyway=anyway)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return toy.make_course(tmp_path_factory.mktemp("course"))


@pytest.fixture
def assignment(root: Path, tmp_path: Path) -> Assignment:
    return empty_course(root, tmp_path / "course")


def kept(assignment: Assignment, student: str) -> Identity | None:
    return read_identity(assignment.paths, student, toy.NAME)


def moodle(path: Path, *people: str, content: bytes = NOTEBOOK) -> Path:
    return zipped(path, {f"{one}_assignsubmission_file_/toy.ipynb": content for one in people})


def test_namesakes_are_told_apart_by_the_platforms_number(assignment: Assignment, tmp_path: Path) -> None:
    found = collected(
        assignment,
        moodle(tmp_path / "a.zip", "Ada Martin_101", "Ada Martin_202", "Bo Li_303"),
    )
    assert found.namesakes == ("Ada Martin (101)", "Ada Martin (202)")
    assert (found.new, found.problems) == (("Ada Martin (101)", "Ada Martin (202)", "Bo Li"), ())


def test_a_namesake_who_comes_later_does_not_replace_the_first(assignment: Assignment, tmp_path: Path) -> None:
    collected(assignment, moodle(tmp_path / "a.zip", "Ada Martin_101"))
    found = collected(assignment, moodle(tmp_path / "b.zip", "Ada Martin_202", content=OTHER))
    assert (found.new, found.changed) == (("Ada Martin (202)",), ())
    found = collected(
        assignment,
        moodle(tmp_path / "c.zip", "Ada Martin_101", "Ada Martin_202", content=OTHER),
    )
    assert (found.new, found.changed, found.unchanged) == ((), ("Ada Martin",), ("Ada Martin (202)",))


def test_a_person_keeps_their_folder_in_every_assignment_where_the_number_lasts(
    assignment: Assignment, tmp_path: Path
) -> None:
    other = assignment.paths.submitted / "weili (101)" / ".earlier.platform.json"
    laid_out(tmp_path, {})
    other.parent.mkdir(parents=True)
    other.write_text('{"platform": "Canvas", "id": "101", "name": "weili"}')
    assert collected(assignment, zipped(tmp_path / "a.zip", {"weili_101_9_toy.ipynb": NOTEBOOK})).new == (
        "weili (101)",
    )


def test_moodles_number_is_another_in_each_assignment(assignment: Assignment, tmp_path: Path) -> None:
    other = assignment.paths.submitted / "Ada Martin" / ".earlier.platform.json"
    other.parent.mkdir(parents=True)
    other.write_text('{"platform": "Moodle", "id": "999", "name": "Ada Martin"}')
    assert collected(assignment, moodle(tmp_path / "a.zip", "Ada Martin_101")).new == ("Ada Martin",)


@pytest.mark.parametrize(
    ("files", "student", "identity"),
    [
        (
            {"Cy Roy_880123_assignsubmission_file_/toy.ipynb": NOTEBOOK},
            "Cy Roy",
            Identity("Moodle", "880123", "Cy Roy"),
        ),
        ({"roycy_LATE_12_34_toy.ipynb": NOTEBOOK}, "roycy", Identity("Canvas", "12", "roycy")),
        (
            {
                "submission_metadata.yml": b"submission_1:\n  :submitters:\n"
                b"  - :name: Cy Roy\n    :sid: '77'\n    :email: cy@example.org\n",
                "submission_1/toy.ipynb": NOTEBOOK,
            },
            "Cy Roy",
            Identity("Gradescope", "77", "Cy Roy", "cy@example.org"),
        ),
    ],
)
def test_the_platforms_identifier_is_kept_out_of_students_reach(
    assignment: Assignment, tmp_path: Path, files: dict[str, bytes], student: str, identity: Identity
) -> None:
    forged = {f"{name.rpartition('/')[0]}/.toy.platform.json": b"{}" for name in files if name.count("/") == 1}
    collected(assignment, zipped(tmp_path / "a.zip", {**files, **forged}))
    assert kept(assignment, student) == identity


# --- The roster -------------------------------------------------------------------------------------------------------


def test_every_member_gets_the_groups_work(assignment: Assignment, tmp_path: Path) -> None:
    assignment.paths.roster.write_text(ROSTER)
    found = collected(assignment, moodle(tmp_path / "a.zip", "Group A_41001", "Group B_41002"))
    assert found.new == ("ada", "bob", "weili")
    assert kept(assignment, "bob") == Identity("Moodle", "77", "Bob Martin", "", "Group A", "41001")


def test_canvas_writes_groups_and_names_without_spaces(assignment: Assignment, tmp_path: Path) -> None:
    assignment.paths.roster.write_text(ROSTER)
    files = {f"{name}_toy.ipynb": NOTEBOOK for name in ("groupb_5_6", "lovelaceada_7_8", "x_77_9", "zoe_1_2")}
    found = collected(assignment, zipped(tmp_path / "a.zip", files))
    assert (found.new, found.strangers) == (("ada", "bob", "weili", "zoe"), ("zoe",))


def test_a_students_name_in_another_form_of_unicode_is_the_rosters(assignment: Assignment, tmp_path: Path) -> None:
    assignment.paths.roster.write_text("student;name\nz1;Zoé Lefèvre\n", encoding="cp1252")
    found = collected(assignment, moodle(tmp_path / "a.zip", "Zoe\u0301 Lefe\u0300vre_3"))
    assert (found.new, found.strangers) == (("z1",), ())


def test_one_who_handed_in_alone_and_in_a_group_is_a_problem(assignment: Assignment, tmp_path: Path) -> None:
    assignment.paths.roster.write_text(ROSTER)
    found = collected(assignment, moodle(tmp_path / "a.zip", "Group A_41", "Ada Lovelace_5"))
    assert [one.where for one in found.problems] == ["ada"]
    assert found.new == ("bob",)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name,id\nAda,1\n", "students.csv:1: expected a line of column names first"),
        ("student\nada\nada\n", "students.csv:3: student: 'ada' is on a line above"),
        ("student\n../x\n", "students.csv:2: student: '../x' is no name for a folder"),
    ],
)
def test_a_roster_that_cannot_be_meant_is_said(assignment: Assignment, tmp_path: Path, text: str, said: str) -> None:
    assignment.paths.roster.write_text(text)
    with pytest.raises(CourseError) as raised:
        collected(assignment, moodle(tmp_path / "a.zip", "Ada_1"))
    assert str(raised.value).startswith(said)
    assert here(assignment) == []


# --- One student decides nothing for the others -----------------------------------------------------------------------

CLASS = {f"{name}/toy.ipynb": NOTEBOOK for name in ("ada", "bob", "cyd")}
METADATA = b"submission_1:\n  :submitters:\n  - :name: ada\n  - :name: bob\n  :created_at: 2030-01-01 00:00:00 Z\n"


@pytest.mark.parametrize(
    "packed",
    [
        {"eve/submission_metadata.yml": METADATA, "eve/submission_1/x.ipynb": OTHER},
        {f"eve/ada_{number}_assignsubmission_file_/toy.ipynb": OTHER for number in range(9)},
        {f"eve/ada_{number}_7_toy.ipynb": OTHER for number in range(9)},
        {"eve/ada/toy/toy.ipynb": OTHER, "eve/bob/toy/toy.ipynb": OTHER},
        {"eve/toy-ada/toy.ipynb": OTHER, "eve/toy-bob/toy.ipynb": OTHER},
        {"eve/ada/Toy assignment/Version 9/toy.ipynb": OTHER},
        {"eve/.git/HEAD": b"", "eve/toy.ipynb": OTHER},
        {"ada_1_2_toy.ipynb": OTHER},
        {"ada - toy.ipynb": OTHER},
    ],
)
def test_what_one_student_packs_decides_nothing_for_the_others(
    assignment: Assignment, tmp_path: Path, packed: dict[str, bytes]
) -> None:
    collected(assignment, laid_out(tmp_path / "download", {**CLASS, **packed}))
    for name in ("ada", "bob", "cyd"):
        assert (assignment.paths.submission(name, toy.NAME) / "toy.ipynb").read_bytes() == NOTEBOOK


def test_a_repository_with_others_names_in_it_is_its_owners(assignment: Assignment, tmp_path: Path) -> None:
    files = {f"toy-{name}/toy.ipynb": NOTEBOOK for name in ("ada", "bob")}
    collected(
        assignment,
        laid_out(tmp_path / "download", {**files, "toy-eve/ada/toy/toy.ipynb": OTHER}),
    )
    assert here(assignment) == ["ada/toy/toy.ipynb", "bob/toy/toy.ipynb", "eve/toy/ada/toy/toy.ipynb"]
    assert (assignment.paths.submission("ada", toy.NAME) / "toy.ipynb").read_bytes() == NOTEBOOK


def test_an_account_in_a_students_folder_is_not_gradescopes(assignment: Assignment, tmp_path: Path) -> None:
    files = {f"submission_{number}/toy.ipynb": NOTEBOOK for number in (1, 2)}
    collected(
        assignment,
        zipped(tmp_path / "a.zip", {**files, "submission_1/submission_metadata.yml": METADATA}),
    )
    assert here(assignment) == [
        "submission_1/toy/submission_metadata.yml", "submission_1/toy/toy.ipynb", "submission_2/toy/toy.ipynb",
    ]  # fmt: skip


def test_two_numbers_of_one_person_are_not_taken_for_two_attempts(assignment: Assignment, tmp_path: Path) -> None:
    assignment.paths.roster.write_text(ROSTER)
    told = "".join(
        f"submission_{sid}:\n  :submitters:\n  - :name: A{sid}\n    :sid: '{sid}'\n    :email: ADA@example.org\n"
        f"  :created_at: 2026-11-2{sid} 10:00:00 Z\n"
        for sid in (1, 2)
    )
    files = {f"submission_{number}/toy.ipynb": NOTEBOOK for number in (1, 2)}
    found = collected(
        assignment,
        zipped(tmp_path / "a.zip", {**files, "submission_metadata.yml": told.encode()}),
    )
    assert ([one.where for one in found.problems], found.new) == (["ada"], ())


def test_a_folder_of_a_known_students_name_is_not_one_around_others(assignment: Assignment, tmp_path: Path) -> None:
    assignment.paths.roster.write_text("student\nada\neve\n")
    files = {"eve/ada_1_assignsubmission_file_/toy.ipynb": OTHER}
    assert collected(assignment, laid_out(tmp_path / "download", files)).new == ("eve",)


def test_a_link_in_place_of_a_students_folder_is_not_followed(assignment: Assignment, tmp_path: Path) -> None:
    collected(assignment, zipped(tmp_path / "a.zip", CLASS))
    (assignment.paths.submitted / "eve").symlink_to("ada")
    found = collected(assignment, zipped(tmp_path / "b.zip", {**CLASS, "eve/toy.ipynb": OTHER}))
    assert [one.reason for one in found.skipped] == ["submitted/eve is a link, which is not followed"]
    assert (assignment.paths.submission("ada", toy.NAME) / "toy.ipynb").read_bytes() == NOTEBOOK


# --- What is read in a wrong way --------------------------------------------------------------------------------------


def test_nothing_is_replaced_where_most_of_it_is_no_submission(assignment: Assignment, tmp_path: Path) -> None:
    collected(assignment, moodle(tmp_path / "a.zip", "Ada_1"))
    files = {"Ada_1_assignsubmission_file_/toy.ipynb": OTHER, "bob/toy.ipynb": OTHER, "cyd.ipynb": OTHER}
    later = zipped(tmp_path / "b.zip", files, (2026, 11, 21, 0, 0, 0))
    with pytest.raises(CourseError) as raised:
        collected(assignment, later)
    assert "read as Moodle, 2 of 3 are no submission (bob, cyd.ipynb): nothing was collected" in str(raised.value)
    assert (assignment.paths.submission("Ada", toy.NAME) / "toy.ipynb").read_bytes() == NOTEBOOK
    found = collected(assignment, later, anyway=True)
    assert found.changed == ("Ada",)


def test_online_texts_however_many_are_no_reason_to_ask(assignment: Assignment, tmp_path: Path) -> None:
    texts = {f"Bob {number}_{number}_assignsubmission_onlinetext_/onlinetext.html": b"" for number in range(9)}
    found = collected(
        assignment,
        zipped(tmp_path / "a.zip", {"Ada_1_assignsubmission_file_/toy.ipynb": OTHER, **texts}),
    )
    assert (found.layout, found.new, len(found.skipped)) == ("Moodle", ("Ada",), 9)
