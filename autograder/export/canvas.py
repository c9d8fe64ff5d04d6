"""Canvas: its gradebook as CSV (lib/gradebook_exporter.rb writes it, app/models/gradebook_importer.rb reads it).

The file that Canvas exported is filled in, all its columns kept. Without one, a gradebook of this one assignment is
made of what `collect` and the roster know: Canvas then asks which of its assignments is meant.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from autograder.export import ClassGrades, Entry, Exported, ExportOptions, refuse, unfinished
from autograder.export._fill import Columns, Finder, Person, column_named, fill, several
from autograder.intake.names import folded
from autograder.sheets import Sheet, as_number, number

OPTIONS = frozenset({"sheet", "column", "decimal_comma", "bom", "rescale", "zero_missing"})
PLATFORM = "Canvas"
GRADEBOOK = "gradebook.csv"
WORTH = "points possible"
_ASSIGNMENT = re.compile(r"(?P<title>.*\S)\s*\(\d+\)\s*")
_DECIDED = frozenset({"ex", "n/a"})
"""Excused, and not assigned: a teacher's decisions, which stay."""


def export(grades: ClassGrades, options: ExportOptions) -> Exported:
    """Return the gradebook."""
    if options.sheet is None:
        sheet, unplaced = _made(grades, options)
        notes: tuple[str, ...] = ()
    else:
        people = dict(_people(options))
        filled = fill(
            grades, options, Finder(PLATFORM, grades.entries), people, _columns(grades, options, people), _is_decided
        )
        sheet, unplaced, notes = filled.sheet, dict(filled.unplaced), filled.notes
    sheet = replace(sheet, bom=sheet.bom or options.bom)
    return Exported({GRADEBOOK: sheet.encode()}, unfinished(grades), unplaced, notes)


def _is_decided(cell: str) -> bool:
    return folded(cell).strip() in _DECIDED


def _made(grades: ClassGrades, options: ExportOptions) -> tuple[Sheet, dict[str, str]]:
    """A gradebook of those whom Canvas can know; and whom it cannot."""
    head = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section", grades.title)
    worth = ("    Points Possible", "", "", "", "", number(grades.max_score, decimal_comma=options.decimal_comma))
    rows, unplaced = [head, worth], {}
    shared = several(_number(one) for one in grades.entries)
    for one in grades.entries:
        known, score = _number(one), options.score(one)
        if known in shared:  # a row of either would be the other's
            unplaced[one.student] = f"{known!r} is another's too"
            continue
        cell = "" if score is None else number(score, decimal_comma=options.decimal_comma)
        if known or one.person.email:
            rows.append((one.person.name or one.student, known, "", one.person.email, "", cell))
        elif score is not None or one.unfinished:
            unplaced[one.student] = "no number of Canvas's is known: give its exported gradebook with --from"
    return Sheet(tuple(rows)), unplaced


def _number(entry: Entry) -> str:
    """What Canvas knows somebody by: kept by `collect`, else the roster's number."""
    group = entry.identity is not None and entry.identity.group
    return ("" if group else entry.number_on(PLATFORM)) or (entry.person.id if entry.person.id.isdecimal() else "")


def _people(options: ExportOptions) -> Iterator[tuple[int, Person]]:
    """Whom each row is of. The row of the most points has no number, nor has that on what is hidden."""
    sheet = options.sheet or Sheet(())
    head = [folded(name).strip() for name in sheet.head]
    if "id" not in head or "section" not in head:
        raise refuse(options.sheet_name, "no columns ID and Section: is it a gradebook that Canvas exported?")
    number_at = head.index("id")
    keys = [at for at, name in enumerate(head) if name in ("sis user id", "sis login id", "integration id")]
    names = [at for at, name in enumerate(head) if name in ("student", "lastname", "firstname")]
    for at, row in enumerate(sheet.rows):
        if at and _cell(row, number_at).strip().isdecimal():
            told = tuple(_cell(row, one).strip() for one in keys)
            name = " ".join(_cell(row, one) for one in names)
            yield at, Person(_cell(row, number_at).strip(), told, name)


def _cell(row: Sequence[str], at: int) -> str:
    return row[at] if at < len(row) else ""


def _columns(grades: ClassGrades, options: ExportOptions, people: Mapping[int, Person]) -> Columns:
    """Where points go: the one column of this title; and what the row above says the assignment is worth."""
    sheet = options.sheet or Sheet(())
    titles = {at: found["title"] for at, head in enumerate(sheet.head) if (found := _ASSIGNMENT.fullmatch(head))}
    if options.column:
        grade = column_named(options)
    else:
        wanted = {folded(grades.title), folded(grades.assignment)}
        same = [at for at, title in titles.items() if folded(title) in wanted]
        if len(same) != 1:
            listed = ", ".join(repr(sheet.head[at]) for at in titles) or "none"
            text = f"{len(same) or 'no'} columns are called {grades.title!r}; its assignments are {listed}: name one"
            raise refuse(options.sheet_name, f"{text} with --column")
        (grade,) = same
    above = next((row for row in sheet.rows if row and row[0].strip().casefold().startswith(WORTH)), ())
    if "(" in _cell(above, grade):
        raise refuse(options.sheet_name, f"{sheet.head[grade]!r} is {_cell(above, grade)}: Canvas takes nothing there")
    return Columns(grade, as_number(_cell(above, grade)))
