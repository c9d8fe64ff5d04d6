"""PrairieLearn: `results.json`, which an external grader leaves at /grade/results/results.json.

Format: https://prairielearn.readthedocs.io/en/latest/externalGrading/. `score` is a share from 0 to 1, so what is
earned on top is lost there. A submission that is not graded yet is « not gradable »: no
points are lost, and no attempt.
"""

from __future__ import annotations

from typing import Any

from autograder.export import ClassGrades, Entry, Exported, ExportOptions, refuse
from autograder.export._answers import QuestionResult, answered, as_json, one_file_each, remarks, so_far
from autograder.locale import phrase, render

OPTIONS = frozenset({"single"})
RESULTS = "results.json"
LARGEST_BYTES = 1_000_000
"""PrairieLearn refuses more than 1 MB."""


def export(grades: ClassGrades, options: ExportOptions) -> Exported:
    """Return the results of each submission. Raise CourseError where there is nothing to earn a share of."""
    if grades.entries and not grades.max_score:
        raise refuse(grades.assignment, "it is worth no points, and PrairieLearn takes a share of them")
    return one_file_each(grades, options, RESULTS, lambda entry: _fitting(_results(grades, entry)))


def _results(grades: ClassGrades, entry: Entry) -> dict[str, Any]:
    if entry.grade.status != "graded":
        text = phrase("It could not be graded, through no fault of yours. Your teacher is told; you lose nothing.")
        said = render(text, grades.language)
        return {"gradable": False, "message": said, "format_errors": [said]}
    share = min(so_far(entry) / entry.grade.max_score, 1.0)
    tests = [_test(one) for one in answered(grades, entry) if one.score is not None]
    return {"gradable": True, "score": round(share, 6), "message": remarks(grades, entry), "tests": tests}


def _test(one: QuestionResult) -> dict[str, Any]:
    return {"name": one.name, "points": one.score, "max_points": one.max_score, "output": one.text}


def _fitting(results: dict[str, Any]) -> dict[str, Any]:
    """The same, its outputs cut, with a sign, where they would be too large all together."""
    tests = results.get("tests", [])
    if len(as_json(results)) < LARGEST_BYTES or not tests:
        return results
    room = LARGEST_BYTES // (8 * len(tests))  # a character takes up to six bytes of JSON, and names take some
    cut = [{**one, "output": one["output"][:room] + ("…" if len(one["output"]) > room else "")} for one in tests]
    return {**results, "tests": cut}
