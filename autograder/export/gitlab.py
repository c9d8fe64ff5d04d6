"""GitLab: `code-quality.json`, which a job hands over as `reports: codequality`. It shows each check that did not pass
beside the lines of the student's notebook. Points and verdicts are in JUnit's report (`junit`).

Format: https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format.
"""

from __future__ import annotations

import json
from typing import Any

from autograder.export import ClassGrades, Exported, ExportOptions, unfinished
from autograder.export._remarks import Remark, remarks_on
from autograder.records import digest

OPTIONS = frozenset({"single"})
REPORT = "code-quality.json"


def export(grades: ClassGrades, options: ExportOptions) -> Exported:
    """Return the report of each submission, in a folder each where several are asked for."""
    files = {}
    for one in grades.entries:
        folder = "" if options.single else f"{one.student}/"
        found = [_violation(remark) for remark in remarks_on(grades, one) if remark.spot]
        files[f"{folder}{REPORT}"] = json.dumps(found, ensure_ascii=False, indent=2).encode(errors="replace") + b"\n"
    return Exported(files, unfinished(grades))


def _violation(remark: Remark) -> dict[str, Any]:
    spot = remark.spot
    path, first, last = (spot.path, spot.first, spot.last) if spot else ("", 1, 1)
    said = f"{remark.title}\n{remark.message}".strip()
    return {
        "description": said,
        "check_name": f"{remark.question}.{remark.outcome.name}",
        "fingerprint": digest(path, remark.question, remark.outcome.name).removeprefix("sha256:"),
        "severity": "major",
        "location": {"path": path, "lines": {"begin": first, "end": last}},
    }
