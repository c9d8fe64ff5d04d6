"""Gradescope: `results.json`, which an autograder leaves at /autograder/results/results.json.

Format: https://gradescope-autograders.readthedocs.io/en/latest/specs/. A test a question; `score` is the whole's, after
lateness. A submission that is not graded yet has no file: Gradescope then says that the autograder failed, and gives no
zero. Questions to be marked by hand have no score: they are marked there.
"""

from __future__ import annotations

from typing import Any

from autograder.export import ClassGrades, Entry, Exported, ExportOptions
from autograder.export._answers import QuestionResult, answered, one_file_each, remarks, so_far

OPTIONS = frozenset({"single"})
RESULTS = "results.json"


def export(grades: ClassGrades, options: ExportOptions) -> Exported:
    """Return the results of each submission."""
    return one_file_each(grades, options, RESULTS, lambda entry: _results(grades, entry))


def _results(grades: ClassGrades, entry: Entry) -> dict[str, Any] | None:
    grade = entry.grade
    if grade.status != "graded":
        return None
    found: dict[str, Any] = {
        "score": so_far(entry),
        "execution_time": grade.seconds,
        "output_format": "text",
        "test_output_format": "text",
        "test_name_format": "text",
        "visibility": "visible",
        "tests": [_test(at, one) for at, one in enumerate(answered(grades, entry), start=1)],
        "extra_data": {"assignment": grades.assignment, "student": entry.student, "submission": grade.submission},
    }
    if said := remarks(grades, entry):
        found["output"] = said
    return found


def _test(at: int, one: QuestionResult) -> dict[str, Any]:
    test: dict[str, Any] = {"name": one.name, "number": str(at), "output": one.text, "visibility": "visible"}
    if one.score is not None:
        test |= {"score": one.score, "max_score": one.max_score, "status": "passed" if one.passed else "failed"}
    return test
