"""Classroom 50: `result.json`, which an assignment's autograder leaves in the workspace (schema classroom50/result/v1).

Whose it is, and of which push, is what Classroom 50's runner says in the environment. Its points are whole numbers:
where ours are not, all of a result's are in hundredths, so that nothing is rounded away.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from autograder.export import ClassGrades, Entry, Exported, ExportOptions, refuse
from autograder.export._answers import QuestionResult, answered, one_file_each, so_far

OPTIONS = frozenset({"single"})
RESULT = "result.json"
SCHEMA = "classroom50/result/v1"
NEEDED = {
    "classroom": "CLASSROOM",
    "assignment": "ASSIGNMENT",
    "submission": "SUBMISSION_TAG",
    "commit": "COMMIT_URL",
    "release": "RELEASE_URL",
}


def export(grades: ClassGrades, options: ExportOptions) -> Exported:
    """Return the result of one submission. Raise CourseError outside Classroom 50, and for several."""
    lacking = [name for name in NEEDED.values() if not options.environment.get(name)]
    if lacking:
        text = (
            f"the environment lacks {', '.join(lacking)}, which Classroom 50's runner sets: run this in its autograder"
        )
        raise refuse("classroom50", text)
    if not options.single:
        raise refuse("classroom50", "a result is of one submission: name its student with --student")
    return one_file_each(grades, options, RESULT, lambda entry: _result(grades, entry, options.environment))


def _result(grades: ClassGrades, entry: Entry, environment: Mapping[str, str]) -> dict[str, Any] | None:
    """The result; None where there is none yet: a score of 0 would be one."""
    if entry.grade.status != "graded":
        return None
    questions = answered(grades, entry)
    score = so_far(entry)
    most = max(sum(_most(one) for one in questions), score)
    whole = all(value == int(value) for one in questions for value in (one.score or 0.0, one.max_score))
    unit = 1 if whole and score == int(score) else 100
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        "schema": SCHEMA,
        **{name: environment[variable] for name, variable in NEEDED.items()},
        "assignment_type": environment.get("ASSIGNMENT_TYPE") or "individual",
        "owner": environment.get("OWNER") or environment.get("USERNAME") or entry.student,
        "review": environment.get("REVIEW_URL") or environment["COMMIT_URL"],
        "datetime": now,  # the runner puts the commit's own in its place
        "graded_at": now,
        "score": round(score * unit),
        "max-score": round(most * unit),
        "tests": [_test(one, unit) for one in questions],
    }


def _most(one: QuestionResult) -> float:
    """What a question is worth; a bonus, what it earned, for no score may be above the most."""
    return max(one.max_score, one.score or 0.0)


def _test(one: QuestionResult, unit: int) -> dict[str, Any]:
    return {
        "test-name": one.name,
        "passed": one.passed,
        "score": max(round((one.score or 0.0) * unit), 0),
        "max-score": round(_most(one) * unit),
        "output": one.text,
    }
