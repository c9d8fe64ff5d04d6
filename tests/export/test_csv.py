"""The plain table, read back by the csv module; and what sheets make of files as they come."""

from __future__ import annotations

import csv
import io
import sys

import pytest

from autograder.export import ExportOptions
from autograder.export import csv as table
from autograder.roster import Student
from autograder.sheets import as_number, harmless, number, read_sheet
from graded import absent, entry, grade, of_class, ungraded, unmarked

ENTRIES = (
    entry(grade("d'Arc, Jeanne", 1.5), "Moodle", "101", penalty=0.35),
    entry(grade('=cmd|"/c calc"!A1'), person=Student("x", "@Zoé\tÅ", "zoe@example.org", "-7", ("+A", "B"))),
    entry(ungraded("ill")),
    entry(unmarked("essay")),
    entry(absent("gone")),
)


def rows(data: bytes, delimiter: str = ",") -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline=""), delimiter=delimiter))


def test_every_student_has_a_line_and_only_known_points_are_numbers() -> None:
    done = table.export(of_class(ENTRIES), ExportOptions())
    found = rows(done.files["grades.csv"])
    assert [(one["status"], one["score"], one["double"], one["names"]) for one in found] == [
        ("graded", "3.15", "1.5", "2"),
        ("graded", "6", "4", "2"),
        ("ungraded", "", "", ""),
        ("graded", "", "4", ""),
        ("missing", "", "", ""),
    ]
    jeanne = found[0]
    assert (jeanne["student"], jeanne["id"], jeanne["max_score"]) == ("d'Arc, Jeanne", "101", "6")
    assert (jeanne["late_penalty"], jeanne["late_seconds"]) == ("0.35", "3600")
    assert list(done.unfinished.items()) == [
        ("ill", "ungraded through a fault of ours: a worker was lost"),
        ("essay", "2 points to be marked by hand"),
    ]
    assert found[3]["awaiting"] == "2"


def test_no_text_is_a_formula() -> None:
    row = rows(table.export(of_class(ENTRIES), ExportOptions()).files["grades.csv"])[1]
    assert (row["student"], row["name"]) == ('\'=cmd|"/c calc"!A1', "'@Zoé\tÅ")
    assert (row["id"], row["group"]) == ("-7", "'+A; B")


def test_french_spreadsheets_are_written_as_they_read() -> None:
    data = table.export(of_class(ENTRIES), ExportOptions(decimal_comma=True, bom=True)).files["grades.csv"]
    assert data.startswith(b"\xef\xbb\xbfstudent;name")
    assert rows(data, ";")[0]["score"] == "3,15"


def test_who_handed_in_nothing_gets_0_where_that_is_asked() -> None:
    data = table.export(of_class(ENTRIES), ExportOptions(zero_missing=True)).files["grades.csv"]
    assert [row["score"] for row in rows(data)] == ["3.15", "6", "", "", "0"]


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        ("=1+1", "'=1+1"),
        ("  =1+1", "'  =1+1"),
        ("+33 6 12", "'+33 6 12"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\tx", "'\tx"),
        ("\r=x", "'\r'=x"),
        ("＝1+1", "'＝1+1"),
        ("-", "-"),
        ("-1,5", "-1,5"),
        ("+2", "+2"),
        ("a=b", "a=b"),
        ("", ""),
    ],
)
def test_formulas_are_set_off_and_numbers_are_not(cell: str, written: str) -> None:
    assert harmless(cell) == written


@pytest.mark.parametrize(
    ("value", "text"), [(7.5, "7.5"), (0.0, "0"), (-0.00001, "0"), (100.0, "100"), (1 / 3, "0.3333"), (-0.5, "-0.5")]
)
def test_numbers_have_no_exponent_and_no_idle_zeros(value: float, text: str) -> None:
    assert number(value) == text
    assert as_number(number(value, decimal_comma=True)) == pytest.approx(value, abs=1e-4)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_sheets_are_read_as_spreadsheets_write_them(encoding: str, delimiter: str, newline: str) -> None:
    lines = [delimiter.join(("name", "note")), "", delimiter.join(("Zoé", '"a\n""b"""')), delimiter * 1]
    sheet = read_sheet(newline.join(lines).encode(encoding))
    assert sheet.rows == (("name", "note"), ("Zoé", 'a\n"b"'))
    assert (sheet.lines[0], sheet.delimiter, sheet.bom) == (1, delimiter, encoding == "utf-8-sig")
    assert read_sheet(sheet.encode()).rows == sheet.rows


def test_what_is_no_table_is_said() -> None:
    with pytest.raises(ValueError, match="line 2: no CSV file"):
        read_sheet(b"a,b\n" + b"x" * 200_000)


def test_a_limit_that_another_library_set_decides_nothing() -> None:
    before = csv.field_size_limit(sys.maxsize)
    try:
        with pytest.raises(ValueError, match="line 2: no CSV file"):
            read_sheet(b"a,b\n" + b"x" * 200_000)
        assert csv.field_size_limit() == sys.maxsize
    finally:
        csv.field_size_limit(before)
