"""A CSV file of everything, for a spreadsheet or a program of one's own: a line a student, a column a question."""

from __future__ import annotations

from autograder.export import ClassGrades, Entry, Exported, ExportOptions, unfinished
from autograder.grades import is_ours
from autograder.records import QuestionGrade
from autograder.sheets import Sheet, number

OPTIONS = frozenset({"decimal_comma", "bom", "zero_missing"})
TABLE = "grades.csv"
COLUMNS = (
    "student",
    "name",
    "email",
    "id",
    "group",
    "status",
    "score",
    "max_score",
    "late_penalty",
    "late_seconds",
    "awaiting",
    "attempt",
)


def export(grades: ClassGrades, options: ExportOptions) -> Exported:
    """Return the table. `score` is what counts, after `late_penalty`; it is empty where it is not known yet."""
    names = list(dict.fromkeys(question.id for one in grades.entries for question in one.grade.questions))
    head = (*COLUMNS, *(f"question {name}" if name in COLUMNS else name for name in names))
    rows = [head, *(_row(one, options, names) for one in grades.entries)]
    sheet = Sheet(tuple(rows), delimiter=";" if options.decimal_comma else ",", bom=options.bom)
    return Exported({TABLE: sheet.encode()}, unfinished(grades))


def _row(entry: Entry, options: ExportOptions, names: list[str]) -> tuple[str, ...]:
    def shown(value: float | None) -> str:
        return "" if value is None else number(value, decimal_comma=options.decimal_comma)

    grade, person, identity = entry.grade, entry.person, entry.identity
    questions = {one.id: _points(entry, one) for one in grade.questions}
    return (
        grade.student,
        person.name or (identity.name if identity else ""),
        person.email or (identity.email if identity else ""),
        person.id or (identity.id if identity and not identity.group else ""),
        (identity.group if identity else "") or "; ".join(person.groups),
        grade.status,
        shown(options.score(entry)),
        shown(grade.max_score),
        shown(entry.penalty),
        shown(entry.late.total_seconds()),
        shown(grade.awaiting),
        shown(grade.attempt),
        *(shown(questions.get(name)) for name in names),
    )


def _points(entry: Entry, question: QuestionGrade) -> float | None:
    """A question's points; None where it has none yet."""
    if entry.grade.status == "missing" or entry.grade.waits or question.awaits or is_ours(question.outcomes):
        return None
    return question.score
