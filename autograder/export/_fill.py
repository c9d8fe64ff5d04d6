"""Fill in the file that a platform exported: which of its rows is whose, and their points in one of its columns.

Rows and columns stay as they came, but for the cells that are filled in. A row that nobody here is surely meant by
stays untouched, and so does one whose student's points are not known yet.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from autograder.export import ClassGrades, Entry, ExportOptions, refuse
from autograder.intake.names import folded, spellings
from autograder.sheets import Sheet, as_number, number

SURELY, BY_KEY, BY_NAME = range(3)


@dataclass(frozen=True)
class Person:
    """Whom a row of a platform's file is of, as it says."""

    number: str
    """What the platform knows them by."""
    keys: tuple[str, ...]
    """Addresses, logins, numbers of the university."""
    name: str


class Finder:
    """Who is meant by what a platform calls a person: by its number, else by a key, else by the name."""

    def __init__(self, platform: str, entries: Sequence[Entry]) -> None:
        self._platform = platform
        self._numbers = _index((one.number_on(platform), one) for one in entries if not _of_group(one))
        self._keys = _index((folded(key), one) for one in entries for key in _keys_of(one))
        self._names = _index((name, one) for one in entries for name in _spellings_of(one))

    def find(self, person: Person) -> tuple[Entry, int] | None:
        """Return the entry, and how surely it is theirs; None where it is nobody's, or may be of several."""
        if len(found := self._numbers.get(person.number, [])) == 1:
            return found[0], SURELY
        for key in filter(None, person.keys):
            if len(found := self._possible(self._keys.get(folded(key), []), person)) == 1:
                return found[0], BY_KEY
        names = {id(one): one for name in spellings(person.name) for one in self._names.get(name, [])}
        found = self._possible(list(names.values()), person)
        return (found[0], BY_NAME) if len(found) == 1 else None

    def _possible(self, found: Sequence[Entry], person: Person) -> list[Entry]:
        """Without those whom the platform knows by another number: namesakes."""
        return [
            one
            for one in found
            if not person.number or _of_group(one) or one.number_on(self._platform) in ("", person.number)
        ]


def several(numbers: Iterable[str]) -> frozenset[str]:
    """Return what more than one has."""
    return frozenset(one for one, times in Counter(filter(None, numbers)).items() if times > 1)


def _of_group(entry: Entry) -> bool:
    """Whether the number kept is no person's: a group handed in, and members' own numbers are the roster's."""
    return entry.identity is not None and bool(entry.identity.group)


def _index(pairs: Iterable[tuple[str, Entry]]) -> dict[str, list[Entry]]:
    found: dict[str, list[Entry]] = defaultdict(list)
    for key, entry in pairs:
        if key and entry not in found[key]:
            found[key].append(entry)
    return dict(found)


def _keys_of(entry: Entry) -> Iterable[str]:
    identity = entry.identity
    return (entry.student, entry.person.id, entry.person.email, identity.email if identity else "")


def _spellings_of(entry: Entry) -> frozenset[str]:
    names = [entry.person.name, entry.student, entry.identity.name if entry.identity else ""]
    return frozenset().union(*(spellings(name) for name in names if name))


def place(finder: Finder, people: Mapping[int, Person]) -> tuple[dict[int, Entry], dict[str, str]]:
    """Return the entry of each row that is surely somebody's, and which rows are not: two that would be one's."""
    found = {row: match for row, person in people.items() if (match := finder.find(person)) is not None}
    claims: dict[str, list[int]] = defaultdict(list)
    for row, (entry, _) in found.items():
        claims[entry.student].append(row)
    placed, doubtful = {}, {}
    for rows in claims.values():
        surest = min(found[row][1] for row in rows)
        best = [row for row in rows if found[row][1] == surest]
        if len(best) == 1:
            placed[best[0]] = found[best[0]][0]
        else:
            named = ", ".join(people[row].name or people[row].number for row in best)
            doubtful[found[best[0]][0].student] = f"{len(best)} rows of the file may be theirs: {named}"
    return placed, doubtful


@dataclass(frozen=True)
class Filled:
    """A platform's file with points in it."""

    sheet: Sheet
    placed: Mapping[int, Entry]
    """Whose each row is, by its place from 0, the head counted."""
    unplaced: Mapping[str, str]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Columns:
    """Where a platform's file has what is looked for, as positions in a row."""

    grade: int
    worth: float | None
    """What the platform says the assignment is worth; None where it does not."""


def fill(
    grades: ClassGrades,
    options: ExportOptions,
    finder: Finder,
    people: Mapping[int, Person],
    columns: Columns,
    keeps: Callable[[str], bool] = lambda cell: False,
) -> Filled:
    """Return the file with points in it, and whom it says nothing of. `people` are by row, from 0, the head counted.

    `keeps` says which cells are somebody's decision, and stay. Raises CourseError where the assignment is worth
    something else there, unless points are to be brought to that.
    """
    sheet = options.sheet or Sheet(())
    factor = scale(grades, options, columns.worth)
    placed, doubtful = place(finder, people)
    comma = options.decimal_comma or _has_commas(sheet)
    rows, notes = [list(row) for row in sheet.rows], []
    for at, entry in placed.items():
        row = rows[at]
        row.extend([""] * (columns.grade + 1 - len(row)))
        if keeps(row[columns.grade]):
            notes.append(f"{entry.student}: {row[columns.grade].strip()} stands in the file, and stays")
        elif (score := options.score(entry)) is not None:
            row[columns.grade] = number(score * factor, decimal_comma=comma)
    if others := len(people) - len(placed):
        notes.append(f"{others} of the file's {len(people)} rows are left as they are: nobody here is surely meant")
    there = {one.student for one in placed.values()}
    lost = {
        one.student: "no row of the file is theirs"
        for one in grades.entries
        if one.student not in there and one.grade.status != "missing"
    }
    return Filled(sheet.with_rows(rows), placed, {**lost, **doubtful}, tuple(notes))


def scale(grades: ClassGrades, options: ExportOptions, worth: float | None) -> float:
    """Return what points are multiplied by. Raise CourseError where they do not fit and nobody asked for that."""
    most = grades.max_score
    if worth is None or not most or abs(worth - most) < 1e-6:
        return 1.0
    if not options.rescale:
        text = f"the assignment is worth {number(worth)} there and {number(most)} here: change one, or add --rescale"
        raise refuse(options.sheet_name, text)
    return worth / most


def _has_commas(sheet: Sheet) -> bool:
    """Whether the file itself writes numbers with a decimal comma."""
    numbers = [cell for row in sheet.rows[1:] for cell in row if as_number(cell) is not None]
    return any("," in cell for cell in numbers) and not any("." in cell for cell in numbers)


def column_named(options: ExportOptions) -> int:
    """Return the column that the command line names. Raise CourseError where the file has none, or several."""
    head = options.sheet.head if options.sheet else ()
    wanted = folded(options.column).strip()
    found = [at for at, name in enumerate(head) if folded(name).strip() == wanted]
    if len(found) != 1:
        listed = ", ".join(repr(name.strip()) for name in head)
        raise refuse(options.sheet_name, f"{len(found) or 'no'} columns are called {options.column!r}; it has {listed}")
    return found[0]
