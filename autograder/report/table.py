"""The results as a table that fits where it is read, and what it amounts to.

Nothing is cut without a sign: names end in `…`, questions are numbered where their names do not fit, and what is to be
said of a submission stands below its row. A fault of ours is called that, and not only coloured.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from statistics import fmean

from rich.cells import cell_len, set_cell_size
from rich.text import Text

from autograder.records import Grade, QuestionGrade
from autograder.report.terminal import shown

GAP = 2
LEAST_NAME = 10
_DAY, _HOUR, _MINUTE = 86_400, 3_600, 60


@dataclass(frozen=True)
class GradeRow:
    """One student's line."""

    grade: Grade
    late: timedelta = timedelta()
    to_mark: float = 0.0
    """Points that await somebody who marks by hand."""

    @property
    def total(self) -> str:
        grade = self.grade
        return f"{points(grade.score)} / {points(grade.max_score)}" if grade.status == "graded" else grade.status

    @property
    def notes(self) -> str:
        """What is to be said of it; first a fault, and that it is ours where it is."""
        fault = shown(self.grade.fault)
        whose = "ours: " if self.grade.status == "ungraded" and not self.grade.waits else ""
        late = f"late {duration(self.late)}" if self.late else ""
        to_mark = f"{points(self.to_mark)} to be marked" if self.to_mark else ""
        return "; ".join(filter(None, (f"{whose}{fault}" if fault else "", late, to_mark)))

    @property
    def style(self) -> str:
        own = "yellow" if self.grade.fault else ""
        return {"ungraded": "red", "missing": "dim"}.get(self.grade.status, own)


@dataclass(frozen=True)
class QuestionColumn:
    """A question's points: its name, and how that is written above them, a line each."""

    name: str
    head: tuple[str, ...]
    width: int


def table(rows: Sequence[GradeRow], width: int) -> Iterator[Text]:
    """Yield the lines of a table of at most `width` columns."""
    names = list(dict.fromkeys(question.id for row in rows for question in row.grade.questions))
    student = _fitted(["student", *(shown(row.grade.student) for row in rows)], max(LEAST_NAME, width // 3))
    total = max(map(len, ["score", *(row.total for row in rows)]))
    room = width - student - GAP - total
    columns, left_out = _columns(names, rows, room)
    heads = max((len(column.head) for column in columns), default=1)
    for line in range(heads):
        last = line == heads - 1
        above = [_right(_at(column.head, line - heads), column.width) for column in columns]
        yield Text(
            _line(_left("student" if last else "", student), _right("score" if last else "", total), *above), "bold"
        )
    beside = room - sum(column.width + GAP for column in columns) - GAP
    for row in rows:
        yield from _row(row, student, total, columns, beside, width)
    if columns and columns[0].head == ("1",) != (columns[0].name,):
        yield Text()
        for at, column in enumerate(columns, start=1):
            yield Text(_left(f"{at:>3}  {shown(column.name)}", width).rstrip(), "dim")
    if left_out:
        text = f"{left_out} questions are left out for want of room: widen the window, or take --json"
        yield from (Text(line, "dim") for line in _wrapped(text, width, ""))


def summary(rows: Sequence[GradeRow]) -> Iterator[str]:
    """Yield what the results amount to, in one or two sentences."""
    status = [row.grade.status for row in rows]
    graded = [row.grade for row in rows if row.grade.status == "graded"]
    late, to_mark = sum(bool(row.late) for row in rows), [row.to_mark for row in rows if row.to_mark]
    parts = [f"{len(graded)} graded"]
    waiting = sum(row.grade.waits for row in rows)
    counted = (
        (status.count("ungraded") - waiting, "ungraded through a fault of ours"),
        (waiting, "handed in and not graded yet"),
        (status.count("missing"), "missing"),
        (late, "late"),
    )
    parts += [f"{count} {what}" for count, what in counted if count]
    if to_mark:
        parts.append(f"{len(to_mark)} with {points(sum(to_mark))} points to be marked by hand")
    yield f"{len(rows)} {'student' if len(rows) == 1 else 'students'}: {', '.join(parts)}"
    if len(graded) > 1:
        scores = [one.score for one in graded]
        whole = "" if not to_mark else ", without what is to be marked"
        yield f"mean {points(fmean(scores))}, maximum {points(max(scores))} of {points(graded[0].max_score)}{whole}"


def changes(before: Mapping[str, Grade], after: Iterable[Grade]) -> Iterator[str]:
    """Yield a line for each student whose grade is another than before: from, to, and which questions."""
    for grade in after:
        old = before.get(grade.student)
        if old is None:
            continue
        earlier = {question.id: question.score for question in old.questions}
        moved = [
            f"{shown(question.id)} {points(earlier[question.id])} → {points(question.score)}"
            for question in grade.questions
            if question.id in earlier and points(earlier[question.id]) != points(question.score)
        ]
        was, now = GradeRow(old).total, GradeRow(grade).total
        if was != now or moved:
            questions = f": {', '.join(moved)}" if moved and grade.status == old.status == "graded" else ""
            yield f"{shown(grade.student)}: {was} → {now}{questions}"


def points(value: float) -> str:
    """Return a number of points, to the hundredth."""
    return f"{round(value, 2):g}"


def _score(question: QuestionGrade) -> str:
    return "to mark" if question.awaits else points(question.score)


def _row(
    row: GradeRow, student: int, total: int, columns: Sequence[QuestionColumn], beside: int, width: int
) -> Iterator[Text]:
    graded = row.grade.status == "graded"
    scores = {question.id: _score(question) for question in row.grade.questions if graded}
    cells = [_right(scores.get(column.name, ""), column.width) for column in columns]
    line = _line(_left(shown(row.grade.student), student), _right(row.total, total), *cells)
    if row.notes and cell_len(row.notes) <= beside:
        yield Text(_line(line, row.notes), row.style)
        return
    yield Text(line.rstrip(), row.style)
    if row.grade.status != "missing":  # which says it all
        yield from (Text(one, row.style) for one in _wrapped(row.notes, width, "    "))


def _columns(names: Sequence[str], rows: Sequence[GradeRow], room: int) -> tuple[list[QuestionColumn], int]:
    """The questions, named in full, on several lines, or by numbers, as room allows; and how many have none."""
    scores = dict.fromkeys(names, 1)
    for row in rows:
        for question in row.grade.questions:
            scores[question.id] = max(scores[question.id], len(_score(question)))
    ways = (
        [(shown(name),) for name in names],
        [_broken(shown(name)) for name in names],
        [(str(number),) for number in range(1, len(names) + 1)],
    )
    for heads in ways:
        columns = [
            QuestionColumn(name, head, max(scores[name], *map(cell_len, head)))
            for name, head in zip(names, heads, strict=True)
        ]
        if sum(column.width + GAP for column in columns) <= room:
            return columns, 0
    kept: list[QuestionColumn] = []
    for column in columns:
        if sum(one.width + GAP for one in (*kept, column)) > room:
            break
        kept.append(column)
    return kept, len(columns) - len(kept)


def _broken(name: str) -> tuple[str, ...]:
    """A name on several lines, broken after `-`, `_`, `.` and spaces, and never within a word."""
    spaced = name
    for mark in "-_.":
        spaced = spaced.replace(mark, f"{mark}\n")
    return tuple(part for part in spaced.replace(" ", "\n").split("\n") if part)


def _fitted(texts: Iterable[str], most: int) -> int:
    return min(max(map(cell_len, texts)), most)


def _at(lines: Sequence[str], index: int) -> str:
    """The line `index` from the end, counted below 0; empty above the first."""
    return lines[index] if -index <= len(lines) else ""


def _left(text: str, width: int) -> str:
    return set_cell_size(text, width) if cell_len(text) <= width else set_cell_size(text, width - 1) + "…"


def _right(text: str, width: int) -> str:
    return " " * (width - cell_len(text)) + text


def _line(*cells: str) -> str:
    return (" " * GAP).join(cells)


def _wrapped(text: str, width: int, indent: str) -> list[str]:
    lines = textwrap.wrap(text, max(width, 20), initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False)
    return [line for one in lines for line in (_cut(one, width) if cell_len(one) > width else [one])]


def _cut(line: str, width: int) -> list[str]:
    """A line of wide characters, of which fewer fit than were counted."""
    found, rest = [], line
    while cell_len(rest) > width:
        head = set_cell_size(rest, width).rstrip()
        found.append(head)
        rest = rest[len(head) :].lstrip()
    return [*found, rest]


def duration(late: timedelta) -> str:
    """`2 d 3 h`, `40 min`: the two largest units."""
    return " ".join(f"{count} {unit}" for count, unit in largest_units(late)) or "less than a minute"


def largest_units(late: timedelta) -> list[tuple[int, str]]:
    """Return the days (`d`), hours (`h`) and minutes (`min`) of a time, the two largest; none of less than a minute."""
    seconds = int(late.total_seconds())
    days, hours, minutes = seconds // _DAY, seconds % _DAY // _HOUR, seconds % _HOUR // _MINUTE
    parts = [(days, "d"), (hours, "h"), (minutes, "min")]
    first = next((at for at, (count, _) in enumerate(parts) if count), len(parts))
    return [(count, unit) for count, unit in parts[first : first + 2] if count]
