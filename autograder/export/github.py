"""GitHub: what a workflow shows of one push. `summary.md` is for the job's summary, `annotations.txt` is to be printed.

Each line of the latter is a workflow command (`::error file=…,line=…,title=…::message`), which GitHub shows beside the
lines of the student's notebook. All that a student may have written is escaped: it ends no command, and begins none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from autograder.export import ClassGrades, Entry, Exported, ExportOptions, unfinished
from autograder.export._answers import answered, remarks, so_far, verdict
from autograder.export._remarks import Remark, remarks_on
from autograder.records import QuestionGrade
from autograder.report.pages import printed
from autograder.sheets import number

OPTIONS = frozenset({"single"})
SUMMARY, ANNOTATIONS = "summary.md", "annotations.txt"
MOST = 10
"""Annotations that GitHub keeps of one kind and step."""
MESSAGE_CHARS = 4000


def export(grades: ClassGrades, options: ExportOptions) -> Exported:
    """Return the summary and the annotations of each submission, in a folder each where several are asked for."""
    files = {}
    for one in grades.entries:
        folder = "" if options.single else f"{one.student}/"
        files[f"{folder}{SUMMARY}"] = "\n".join(_summary(grades, one)).encode(errors="replace") + b"\n"
        lines = [_annotation(remark) for remark in list(remarks_on(grades, one))[:MOST]]
        files[f"{folder}{ANNOTATIONS}"] = "".join(f"{line}\n" for line in lines).encode(errors="replace")
    return Exported(files, unfinished(grades))


def _annotation(remark: Remark) -> str:
    spot = remark.spot
    where = f"file={_property(spot.path)},line={spot.first},endLine={spot.last}," if spot else ""
    text = (remark.message or remark.title)[:MESSAGE_CHARS]
    level = "notice" if remark.outcome.status == "skipped" else "error"  # it follows from what else failed
    return f"::{level} {where}title={_property(remark.title)}::{_data(text)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _summary(grades: ClassGrades, entry: Entry) -> Iterator[str]:
    grade = entry.grade
    points = f"{number(so_far(entry))} / {number(grade.max_score)}" if grade.status == "graded" else grade.status
    yield f"# {_plain(grades.title)}: {points}"
    if said := remarks(grades, entry):
        yield f"\n{_plain(said)}"
    if grade.status != "graded":
        yield f"\n{_plain(grade.fault)}"
        return
    yield ""
    for one in answered(grades, entry):
        mark = "⏳" if one.score is None else "✅" if one.passed else "❌"
        score = "…" if one.score is None else number(one.score)
        yield f"- {mark} {_plain(one.name)}: {score} / {number(one.max_score)}"
    for question in grade.questions:
        yield from _lost(grades, question)


def _lost(grades: ClassGrades, question: QuestionGrade) -> Iterator[str]:
    """What is said of a question's checks, but for those that passed."""
    for one in question.outcomes:
        if one.status == "passed":
            continue
        name = grades.questions.get(question.id) or question.id
        yield f"\n### {_plain(name)}: {_plain(one.title)} — {verdict(one, grades.language)}"
        if one.message:
            message = printed(one.message)
            fence = "`" * max([3, *(len(run) + 1 for run in re.findall("`+", message))])
            yield f"\n{fence}text\n{message}\n{fence}"


def _plain(text: str) -> str:
    """A text as Markdown that shows it as it is, on one line; `code` stays code."""
    flat = " ".join(printed(text).split())
    return re.sub(r"([\\*_{}\[\]<>#|!~&])", r"\\\1", flat)
