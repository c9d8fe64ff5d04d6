"""Moodle's worksheet and feedback zip, read back as its importers read them (mod/assign/feedback/offline and file)."""

from __future__ import annotations

import csv
import io
import zipfile
from pathlib import Path

import pytest

from autograder.errors import CourseError
from autograder.export import Entry, Exported, ExportOptions, moodle
from autograder.roster import Student
from autograder.sheets import read_sheet
from graded import absent, entry, grade, of_class, ungraded, unmarked

ENGLISH = ("Identifier", "Grade", "Last modified (grade)", "Participant ")
FRENCH = ("Identifiant", "Note", "Dernière modification (note)", "Participant ")
SHEET = """\
Identifiant,Nom complet,Adresse de courriel,Statut,Note,Note maximale,La note peut être modifiée,\
Dernière modification (remise),Dernière modification (note),Feedback par commentaires
Participant 101,"d'Arc, Jeanne",jeanne@example.org,Remis pour évaluation,,"6,00",Oui,"lundi 2 novembre 2026, 10:03",-,
Participant 102,Zoé Ångström,zoe@example.org,Remis pour évaluation,,"6,00",Oui,-,-,"déjà « dit »"
Participant 103,José «Pepe» Núñez,jose@example.org,Remis pour évaluation,"3,00","6,00",Oui,-,-,
Participant 104,Ada Martin,ada@example.org,Aucune remise,,"6,00",Oui,-,-,
"""
GERMAN = (
    "ID,Vollständiger Name,Status,Bewertung,Bestwertung,Zuletzt geändert (Bewertung)\nTeilnehmer/in7,Ada,x,,6.00,-\n"
)


def imported(data: bytes, heads: tuple[str, str, str, str] = ENGLISH) -> dict[str, str]:
    """Grades by participant, as Moodle takes them: columns by their heads, the number behind the word for one."""
    identifier, column, modified, participant = heads
    rows = csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline=""))
    assert {identifier, column, modified} <= set(rows.fieldnames or ())
    return {row[identifier][len(participant) :]: row[column] for row in rows}


def fed_back(data: bytes) -> dict[int, tuple[str, bytes]]:
    """Files by participant, as Moodle takes a zip apart: `explode('_', …, 5)`, four parts at least, a number second."""
    found = {}
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for name in archive.namelist():
            folder, _, file = name.partition("/")
            parts = folder.split("_", 4)
            assert len(parts) >= 4
            assert (parts[2], parts[3], file[0] not in ".~") == ("assignsubmission", "file", True)
            found[int(parts[1])] = (file, archive.read(name))
    return found


def filled(entries: list[Entry], text: str = SHEET, **options: object) -> Exported:
    sheet = read_sheet(text.encode())
    return moodle.export(of_class(entries), ExportOptions(sheet=sheet, sheet_name="sheet.csv", **options))  # type: ignore[arg-type]


def test_without_a_worksheet_one_is_made_of_the_numbers_that_were_kept() -> None:
    entries = [
        entry(grade("d'Arc, Jeanne", 1.5), "Moodle", "101"),
        entry(grade("Zoé"), "Moodle", "102", penalty=0.6),
        entry(grade("nobody's")),
        entry(ungraded("ill"), "Moodle", "104"),
        entry(absent("gone"), "Moodle", "105"),
    ]
    done = moodle.export(of_class(entries), ExportOptions())
    assert imported(done.files["grades.csv"]) == {"101": "3.5", "102": "5.4", "104": "", "105": ""}
    assert done.unfinished == {"ill": "ungraded through a fault of ours: a worker was lost"}
    assert list(done.unplaced) == ["nobody's"]
    assert "feedback.zip" not in done.files


def test_the_worksheet_is_filled_in_and_all_else_stays_as_it_was() -> None:
    entries = [
        entry(grade("d'Arc, Jeanne", 1.5), "Moodle", "101"),
        entry(grade("Angstrom"), person=Student("Angstrom", email="ZOE@example.org")),
        entry(grade("Núñez José «Pepe»", 0.25)),
        entry(ungraded("Ada Martin"), "Moodle", "104"),
    ]
    done = filled(entries)
    data = done.files["grades.csv"]
    assert imported(data, FRENCH) == {"101": "3,5", "102": "6", "103": "2,25", "104": ""}
    before = list(csv.reader(io.StringIO(SHEET)))
    after = list(csv.reader(io.StringIO(data.decode())))
    assert [row[:4] + row[5:] for row in before] == [row[:4] + row[5:] for row in after]
    assert (done.unplaced, list(done.unfinished)) == ({}, ["Ada Martin"])


def test_a_grade_that_stands_in_moodle_is_left_where_ours_is_not_known_yet() -> None:
    data = filled([entry(unmarked("Pepe"), "Moodle", "103")]).files["grades.csv"]
    assert imported(data, FRENCH)["103"] == "3,00"


def test_namesakes_are_told_apart_by_their_number_alone() -> None:
    done = filled(
        [
            entry(grade("Ada Martin (999)"), "Moodle", "999", person=Student("Ada Martin (999)", "Ada Martin")),
            entry(grade("Zoé Ångström", 0), "Moodle", "102"),
        ]
    )
    assert imported(done.files["grades.csv"], FRENCH) == {"101": "", "102": "2", "103": "3,00", "104": ""}
    assert done.unplaced == {"Ada Martin (999)": "no row of the file is theirs"}


def test_two_rows_of_one_name_are_nobodys() -> None:
    twice = SHEET + 'Participant 105,Martin Ada,other@example.org,Remis,,"6,00",Oui,-,-,\n'
    done = filled([entry(grade("Ada Martin"))], twice)
    assert imported(done.files["grades.csv"], FRENCH)["104"] == ""
    assert done.unplaced == {"Ada Martin": "2 rows of the file may be theirs: Ada Martin, Martin Ada"}


def test_members_of_a_group_get_their_own_rows() -> None:
    members = [
        entry(grade(who), "Moodle", "101", person=Student(who, email=email), group="Groupe A")
        for who, email in (("zoe", "zoe@example.org"), ("pepe", "jose@example.org"))
    ]
    assert imported(filled(members).files["grades.csv"], FRENCH) == {"101": "", "102": "6", "103": "6", "104": ""}


def test_the_worksheet_of_a_language_nobody_told_us_of() -> None:
    other = GERMAN.replace("Bewertung,Bestwertung", "Arvosana,Enimmäispisteet")
    for text in (GERMAN, other):
        done = filled([entry(grade("ada"), "Moodle", "7")], text)
        assert done.files["grades.csv"].decode().splitlines()[1] == "Teilnehmer/in7,Ada,x,6,6.00,-"


@pytest.mark.parametrize(
    ("text", "options", "says"),
    [
        (SHEET.replace("6,00", "20,00"), {}, "worth 20 there and 6 here: change one, or add --rescale"),
        ("student,score\nada,3\n", {}, "no row begins with a participant's number"),
        (SHEET, {"column": "Noot"}, "no columns are called 'Noot'; it has 'Identifiant', 'Nom complet'"),
        (SHEET.replace("Note,Note maximale", "A,B").replace('"6,00"', ""), {}, "Name it with --column"),
    ],
)
def test_what_does_not_fit_is_refused(text: str, options: dict[str, object], says: str) -> None:
    with pytest.raises(CourseError, match=r"sheet\.csv: .*") as refused:
        filled([entry(grade("Zoé Ångström"), "Moodle", "102")], text, **options)
    assert says in str(refused.value)


def test_points_are_brought_to_what_the_site_says_where_that_is_asked() -> None:
    done = filled([entry(grade("x", 1), "Moodle", "102")], SHEET.replace("6,00", "20,00"), rescale=True)
    assert imported(done.files["grades.csv"], FRENCH)["102"] == "10"


def test_names_are_no_formulas_and_lone_signs_stay() -> None:
    evil = SHEET.replace("Ada Martin", "=HYPERLINK(1)").replace("Zoé Ångström", "@zoé").replace(",-,-,", ",-,-1,")
    rows = list(csv.reader(io.StringIO(filled([], evil).files["grades.csv"].decode())))
    assert [row[1] for row in rows[1:]] == ["d'Arc, Jeanne", "'@zoé", "José «Pepe» Núñez", "'=HYPERLINK(1)"]
    assert rows[1][8] == "-"
    assert rows[2][8] == "-1"


def test_a_mark_of_byte_order_is_kept_and_can_be_asked_for() -> None:
    ours = [entry(grade("x"), "Moodle", "102")]
    assert filled(ours, "\ufeff" + SHEET).files["grades.csv"].startswith(b"\xef\xbb\xbfIdentifiant")
    assert filled(ours, SHEET, bom=True).files["grades.csv"].startswith(b"\xef\xbb\xbfIdentifiant")
    assert filled(ours, SHEET).files["grades.csv"].startswith(b"Identifiant")


def test_feedback_goes_to_the_folders_that_moodle_expects(tmp_path: Path) -> None:
    page = tmp_path / "toy.html"
    page.write_text("<p>ça va")
    entries = [
        entry(grade("Zoé_A/B"), "Moodle", "102", pages={"toy": page}),
        entry(grade("jeanne"), "Moodle", "101", pages={"toy": page, "second": page}),
        entry(grade("nobody"), pages={"toy": page}),
    ]
    for done in (moodle.export(of_class(entries), ExportOptions()), filled(entries)):
        with zipfile.ZipFile(io.BytesIO(done.files["feedback.zip"])) as archive:
            assert len(archive.namelist()) == 3
        assert fed_back(done.files["feedback.zip"])[102] == ("toy.html", "<p>ça va".encode())
        assert set(fed_back(done.files["feedback.zip"])) == {101, 102}
