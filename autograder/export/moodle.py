"""Moodle: the grading worksheet of an assignment, and the zip of feedback files.

Moodle finds columns by their heads, in the language of the teacher who imports, and a row's participant by the number
at the end of its identifier. So the worksheet that Moodle gave is filled in as it is; without one, an English one is
made of the numbers that `collect` kept. Formats: mod/assign/feedback/offline/importgradeslib.php, and
mod/assign/feedback/file/importziplib.php for names in the zip: `Full name_NUMBER_assignsubmission_file_/FILE`.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import replace

from autograder.export import ClassGrades, Entry, Exported, ExportOptions, refuse, unfinished
from autograder.export._fill import Columns, Finder, Person, column_named, fill, several
from autograder.intake.names import folded
from autograder.sheets import Sheet, as_number, number

OPTIONS = frozenset({"sheet", "column", "decimal_comma", "bom", "rescale", "zero_missing"})
PLATFORM = "Moodle"
WORKSHEET, FEEDBACK = "grades.csv", "feedback.zip"
HEAD = ("Identifier", "Full name", "Email address", "Grade", "Maximum grade", "Last modified (grade)")
GRADE_HEADS = frozenset(
    {"grade", "note", "bewertung", "calificación", "qualificació", "valutazione", "nota", "cijfer", "ocena", "оценка"}
)
"""What Moodle calls the column in languages we know; in others it is the one before the most points."""
LEAST_COLUMNS = 4
"""Of a worksheet: whose, their name, the grade, when it was changed."""
_IDENTIFIER = re.compile(r"\D*?(\d+)\s*")


def export(grades: ClassGrades, options: ExportOptions) -> Exported:
    """Return the worksheet, and the zip of feedback where there are pages."""
    if options.sheet is None:
        sheet, numbers = _made(grades, options)
        unknown = "no number of Moodle's is known, or it is another's too: give its grading worksheet with --from"
        theirs = {one.student for one in grades.entries if options.score(one) is not None or one.unfinished}
        unplaced: Mapping[str, str] = dict.fromkeys(sorted(theirs - set(numbers)), unknown)
        notes: tuple[str, ...] = ()
    else:
        people = dict(_people(options.sheet))
        columns = _columns(options, people)
        filled = fill(grades, options, Finder(PLATFORM, grades.entries), people, columns)
        sheet, unplaced, notes = filled.sheet, filled.unplaced, filled.notes
        numbers = {one.student: (people[at].number, people[at].name) for at, one in filled.placed.items()}
    files = {WORKSHEET: replace(sheet, bom=sheet.bom or options.bom).encode()}
    if archive := _feedback(grades, numbers):
        files[FEEDBACK] = archive
    return Exported(files, unfinished(grades), unplaced, notes)


def _made(grades: ClassGrades, options: ExportOptions) -> tuple[Sheet, dict[str, tuple[str, str]]]:
    """A worksheet of those whose number is known; and their numbers and names, by student."""
    rows, numbers = [HEAD], {}
    most = number(grades.max_score, decimal_comma=options.decimal_comma)
    alone = [one for one in grades.entries if one.identity is None or not one.identity.group]
    shared = several(one.number_on(PLATFORM) for one in alone)  # a row of either would be the other's
    for one in alone:
        if not one.number_on(PLATFORM) or one.number_on(PLATFORM) in shared:
            continue
        numbers[one.student] = (one.number_on(PLATFORM), _full_name(one))
        score = options.score(one)
        cell = "" if score is None else number(score, decimal_comma=options.decimal_comma)
        rows.append((f"Participant {one.number_on(PLATFORM)}", _full_name(one), one.person.email, cell, most, ""))
    return Sheet(tuple(rows)), numbers


def _full_name(entry: Entry) -> str:
    return (entry.identity.name if entry.identity else "") or entry.person.name or entry.student


def _people(sheet: Sheet) -> Iterator[tuple[int, Person]]:
    """Whom each row is of: its first cell has the number, its second the name, others may say more."""
    width = len(sheet.head)
    rows = {
        at: row for at, row in enumerate(sheet.rows) if at and width >= LEAST_COLUMNS and _IDENTIFIER.fullmatch(row[0])
    }
    telling = [
        column
        for column in range(2, width)
        if len({row[column] for row in rows.values() if column < len(row)}) == len(rows)
    ]
    """Columns in which no two rows say the same: logins and addresses do, a status and a group do not."""
    for at, row in rows.items():
        found = _IDENTIFIER.fullmatch(row[0])
        keys = tuple(row[column].strip() for column in telling if column < len(row))
        yield at, Person(found[1] if found else "", keys, row[1] if len(row) > 1 else "")


def _columns(options: ExportOptions, people: Mapping[int, Person]) -> Columns:
    """Where points go, and what the assignment is worth: the same number in every row, next to them."""
    sheet = options.sheet or Sheet(())
    if not people:
        text = "no row begins with a participant's number: is it the grading worksheet of Moodle's assignment?"
        raise refuse(options.sheet_name, text)
    worths = {at: _worth(sheet, people, at) for at in range(2, len(sheet.head))}
    if options.column:
        grade = column_named(options)
    else:
        named = [at for at, head in enumerate(sheet.head) if folded(head).strip() in GRADE_HEADS]
        found = named or [at - 1 for at, worth in worths.items() if worth and at > 2]
        if len(found) != 1:
            listed = ", ".join(repr(head) for head in sheet.head)
            raise refuse(options.sheet_name, f"which column takes the grades? Name it with --column: {listed}")
        (grade,) = found
    return Columns(grade, worths.get(grade + 1))


def _worth(sheet: Sheet, people: Mapping[int, Person], column: int) -> float | None:
    """The number that a column says of every participant; None where it says none, or several."""
    said = {as_number(sheet.rows[at][column]) if column < len(sheet.rows[at]) else None for at in people}
    return said.pop() if len(said) == 1 else None


def _feedback(grades: ClassGrades, numbers: Mapping[str, tuple[str, str]]) -> bytes:
    """The zip of feedback pages, in the folders by which Moodle knows whose each is; nothing where there is no page."""
    whole = io.BytesIO()
    count = 0
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        for one in grades.entries:
            participant, name = numbers.get(one.student, ("", ""))
            for notebook, path in one.pages.items() if participant else ():
                count += 1
                folder = f"{_plain(name)}_{participant}_assignsubmission_file_"
                archive.writestr(zipfile.ZipInfo(f"{folder}/{notebook}.html"), path.read_bytes(), zipfile.ZIP_DEFLATED)
    return whole.getvalue() if count else b""


def _plain(name: str) -> str:
    """A name without what would end it in an archive: Moodle takes the second of what `_` parts for the number."""
    return re.sub(r"[\x00-\x1f/\\:_]+", " ", name).strip(" .") or "student"
