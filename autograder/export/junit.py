"""JUnit XML, as pytest writes it: a suite a student, a case a check. CI systems show it beside a commit.

It has no place for points: they are properties of the suite (`score`, `max_score`, `score QUESTION`). What could not be
judged, or waits for somebody who marks, is skipped: neither passed nor failed.
"""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree import ElementTree as ET

from autograder.export import ClassGrades, Entry, Exported, ExportOptions, unfinished
from autograder.export._answers import remarks, so_far, verdict
from autograder.records import Outcome, QuestionGrade
from autograder.report.pages import printed
from autograder.sheets import number

OPTIONS = frozenset({"single"})
REPORT = "junit.xml"
ELEMENTS = {"failed": "failure", "errored": "error", "skipped": "skipped", "ungraded": "skipped"}
"""What stands in a case, by a check's status; nothing in one that passed."""


def export(grades: ClassGrades, options: ExportOptions) -> Exported:
    """Return the report of all submissions."""
    suites = ET.Element("testsuites", name=printed(grades.assignment))
    suites.extend(_suite(grades, one) for one in grades.entries)
    for total in ("tests", "failures", "errors"):
        suites.set(total, str(sum(int(suite.get(total, "0")) for suite in suites)))
    ET.indent(suites)
    return Exported({REPORT: ET.tostring(suites, encoding="utf-8", xml_declaration=True) + b"\n"}, unfinished(grades))


def _suite(grades: ClassGrades, entry: Entry) -> ET.Element:
    cases = [] if entry.grade.status == "missing" else list(_cases(grades, entry))
    inside = [one.tag for case in cases for one in case]
    suite = ET.Element(
        "testsuite",
        name=printed(f"{grades.assignment}.{entry.student}"),
        tests=str(len(cases)),
        failures=str(inside.count("failure")),
        errors=str(inside.count("error")),
        skipped=str(inside.count("skipped")),
        time=f"{entry.grade.seconds:.3f}",
    )
    properties = ET.SubElement(suite, "properties")
    for name, value in _properties(entry):
        ET.SubElement(properties, "property", name=printed(name), value=printed(value))
    suite.extend(cases)
    if said := remarks(grades, entry):
        ET.SubElement(suite, "system-out").text = said
    return suite


def _properties(entry: Entry) -> Iterator[tuple[str, str]]:
    grade = entry.grade
    yield from (("student", grade.student), ("status", grade.status), ("max_score", number(grade.max_score)))
    if grade.status == "graded":
        yield "score", number(so_far(entry))
        if entry.penalty:
            yield "late_penalty", number(entry.penalty)
        if grade.awaiting:
            yield "awaiting", number(grade.awaiting)
        for one in grade.questions:
            yield f"score {one.id}", "" if one.awaits else number(one.score)
            yield f"max_score {one.id}", number(one.max_score)
    if grade.fault:
        yield "fault", grade.fault


def _cases(grades: ClassGrades, entry: Entry) -> Iterator[ET.Element]:
    for question in entry.grade.questions:
        for outcome in question.outcomes or (_whole(grades, question),):
            title = outcome.title or outcome.name
            case = ET.Element(
                "testcase", classname=printed(f"{grades.assignment}.{question.id}"), name=printed(title), time="0.000"
            )
            if element := ELEMENTS.get(outcome.status):
                said = printed(outcome.message or verdict(outcome, grades.language))
                inside = ET.SubElement(case, element, type=outcome.status, message=said.strip().split("\n")[0])
                inside.text = said
            yield case


def _whole(grades: ClassGrades, question: QuestionGrade) -> Outcome:
    """What stands for a question whose score is all that is known of it."""
    status = "passed" if question.score >= question.max_score else "failed"
    title = grades.questions.get(question.id) or question.id
    return Outcome(question.id, question.id, title, status, 1.0)  # type: ignore[arg-type]
