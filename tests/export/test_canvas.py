"""Canvas's gradebook, read back as its importer does: by ID, Section, and the column of the assignment's number."""

from __future__ import annotations

import csv
import io

import pytest

from autograder.errors import CourseError
from autograder.export import Entry, Exported, ExportOptions, canvas
from autograder.roster import Student
from autograder.sheets import read_sheet
from graded import absent, entry, grade, of_class, ungraded

COLUMN = "Toy assignment (4711)"
GRADEBOOK = f"""\
Student,ID,SIS User ID,SIS Login ID,Section,Notes,Essay (12),{COLUMN},Current Score,Final Score
,,,,,,Manual Posting,,,
    Points Possible,,,,,,10.00,6.00,(read only),(read only)
"d'Arc, Jeanne",11,S1,jeanne,"A, evening",=1+1,7.50,,75.00,75.00
"Ångström, Zoé",12,S2,zoe@example.org,B,,EX,2.00,,
"Núñez y Pérez, José",13,S3,jose,B,,,,,
"Martin, Ada",14,S4,ada,B,,,EX,,
"Student, Test",15,,abc123,B,,,N/A,,
"""


def imported(data: bytes, column: str = COLUMN) -> dict[str, str]:
    """What each ID gets, as Canvas reads it: rows before the first student's are its own."""
    text = data.decode("utf-8-sig")
    delimiter = ";" if text.partition("\n")[0].count(";") else ","
    rows = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter)
    assert {"Student", "ID", "Section"} <= set(rows.fieldnames or ())
    return {row["ID"]: row[column] for row in rows if row["ID"]}


def filled(entries: list[Entry], text: str = GRADEBOOK, **options: object) -> Exported:
    given = ExportOptions(sheet=read_sheet(text.encode()), sheet_name="gradebook.csv", **options)  # type: ignore[arg-type]
    return canvas.export(of_class(entries), given)


def test_the_gradebook_is_filled_in_and_all_else_stays_as_it_was() -> None:
    entries = [
        entry(grade("darcjeanne", 1.5), "Canvas", "11"),
        entry(grade("zoe", 0), person=Student("zoe", email="zoe@example.org")),
        entry(grade("nunezyperezjose"), person=Student("x", name="José Núñez y Pérez")),
        entry(ungraded("test"), "Canvas", "15"),
    ]
    done = filled(entries)
    data = done.files["gradebook.csv"]
    assert imported(data) == {"11": "3.5", "12": "2", "13": "6", "14": "EX", "15": "N/A"}
    before, after = (list(csv.reader(io.StringIO(text))) for text in (GRADEBOOK, data.decode()))
    assert [row[:5] + row[6:7] + row[8:] for row in before] == [row[:5] + row[6:7] + row[8:] for row in after]
    assert after[3][5] == "'=1+1"
    assert (list(done.unfinished), done.unplaced) == (["test"], {})


def test_what_a_teacher_decided_there_stays() -> None:
    done = filled([entry(grade("ada"), "Canvas", "14")])
    assert imported(done.files["gradebook.csv"])["14"] == "EX"
    assert done.notes[0] == "ada: EX stands in the file, and stays"


def test_whose_grade_is_not_known_yet_keeps_the_one_there() -> None:
    assert imported(filled([entry(ungraded("zoe"), "Canvas", "12")]).files["gradebook.csv"])["12"] == "2.00"


def test_semicolons_and_commas_stay_as_canvas_wrote_them() -> None:
    text = GRADEBOOK.replace("A, evening", "A").replace(", ", "~").replace(".", ",").replace('"', "")
    lines = text.replace(",", ";").replace("~", ", ").replace(";00", ",00").replace(";50", ",50")
    done = filled([entry(grade("x", 1.5), "Canvas", "13")], lines)
    assert imported(done.files["gradebook.csv"])["13"] == "3,5"
    assert b"7,50" in done.files["gradebook.csv"]


def test_without_a_gradebook_one_is_made_of_what_is_known() -> None:
    entries = [
        entry(grade("darcjeanne", 1.5), "Canvas", "11", penalty=0.5),
        entry(grade("zoe"), person=Student("zoe", "Zoé, =Å", "zoe@example.org")),
        entry(grade("pepe")),
        entry(absent("gone"), "Canvas", "16"),
        entry(grade("jose"), "Canvas", "900", person=Student("jose", id="13"), group="G"),
    ]
    done = canvas.export(of_class(entries), ExportOptions())
    rows = list(csv.DictReader(io.StringIO(done.files["gradebook.csv"].decode())))
    assert [(row["ID"], row["SIS Login ID"], row["Toy assignment"]) for row in rows] == [
        ("", "", "6"),
        ("11", "", "3"),
        ("", "zoe@example.org", "6"),
        ("16", "", ""),
        ("13", "", "6"),
    ]
    assert rows[0]["Student"] == "    Points Possible"
    assert list(done.unplaced) == ["pepe"]


def test_who_handed_in_nothing_gets_nothing_or_0_where_that_is_asked() -> None:
    gone = [entry(absent("gone"), "Canvas", "13")]
    assert imported(filled(gone).files["gradebook.csv"])["13"] == ""
    assert imported(filled(gone, zero_missing=True).files["gradebook.csv"])["13"] == "0"


@pytest.mark.parametrize(
    ("text", "options", "says"),
    [
        (
            GRADEBOOK.replace("Toy", "Other"),
            {},
            "no columns are called 'Toy assignment'; its assignments are 'Essay (12)'",
        ),
        (GRADEBOOK.replace("Essay (12)", "TOY Assignment (12)"), {}, "2 columns are called 'Toy assignment'"),
        (GRADEBOOK.replace("Section", "Group"), {}, "no columns ID and Section"),
        (GRADEBOOK, {"column": "Final Score"}, "'Final Score' is (read only)"),
        (GRADEBOOK, {"column": "Essay (12)"}, "worth 10 there and 6 here"),
    ],
)
def test_what_does_not_fit_is_refused(text: str, options: dict[str, object], says: str) -> None:
    with pytest.raises(CourseError, match=r"gradebook\.csv: ") as refused:
        filled([entry(grade("x"), "Canvas", "11")], text, **options)
    assert says in str(refused.value)
