"""Are the course's assignments graded rightly? Right answers, mistakes and mutants of each, through the real line.

    python tests/grade_the_grader.py [LESSON…]

Prints one JSON line: of each lesson the figures, the bars that they miss and the seconds; then all of them together.
What was not as it should be goes to stderr. Ends with 1 where a bar is missed.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from answering import REPOSITORY, make_course
from autograder.course import load_parts
from autograder.mutate.report import as_json
from autograder.mutate.run import Choice, mutate
from autograder.session import GradingOptions, Session
from lessons import LESSONS, PYTORCH, Lesson, complaints, fill_shelf, hints

BARS = {"rights": 1.0, "mistakes": 1.0, "mutants": 0.95}
"""Of right notebooks those that keep every point; of mistakes those that lose some, in the right question alone, and
are told why; of mutants those that lose some, equivalents and harmless ones left out."""
PYTORCH_HERE = REPOSITORY / ".venv-torch" / "bin" / "python"


def grade_lesson(lesson: Lesson, root: Path, *, rights: int, wrongs: int, mutants: int) -> dict[str, Any]:
    """Return the figures of a lesson: at most so many right notebooks, notebooks with mistakes, and mutants."""
    started = time.monotonic()
    root.mkdir()
    right, wrong = lesson.rights(rights), list(lesson.wrong())[:wrongs]
    found = complaints(lesson, right, root / "right")
    spoilt = {one.place for one in found}
    missed = complaints(lesson, wrong, root / "wrong")
    amiss = {(one.place, one.question) for one in missed}
    mistakes = sum(len(one.mistakes) for one in wrong)
    mutation = _mutation(lesson, root / "mutants", mutants)
    for one in (*found, *missed, *mutation["survivors"]):
        print(f"{lesson.name}: {one}", file=sys.stderr)
    figures = {
        "rights": len(right),
        "rights_full": len(right) - len(spoilt),
        "mistakes": mistakes,
        "mistakes_caught": max(mistakes - len(amiss), 0),
        "mistakes_with_hints": sum(map(len, hints(lesson.name).values())),
        **{f"mutants_{name}": mutation[name] for name in ("killed", "survived", "harmless", "equivalent", "untold")},
        "mutants_ungraded": mutation["ungraded"],
    }
    return {**judged(figures), "seconds": round(time.monotonic() - started, 1)}


def _mutation(lesson: Lesson, root: Path, most: int) -> Mapping[str, Any]:
    root.mkdir()
    make_course(root)
    (part,) = load_parts(root, lesson.name)
    with Session(part, GradingOptions()) as session:
        return as_json(part.source, list(mutate(session, Choice(most))), 0.0)


def judged(figures: Mapping[str, int]) -> dict[str, Any]:
    """Return figures with their shares, in [0, 1], and the bars that they miss. What was not tried misses its bar."""
    killed, survived = figures["mutants_killed"], figures["mutants_survived"]
    shares = {
        "rights": _share(figures["rights_full"], figures["rights"]),
        "mistakes": _share(figures["mistakes_caught"], figures["mistakes"]),
        "mutants": _share(killed, killed + survived + figures["mutants_ungraded"]),
    }
    missed = [name for name, share in shares.items() if share < BARS[name]]
    return {**figures, "shares": {name: round(share, 4) for name, share in shares.items()}, "missed": missed}


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


def together(found: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return what lessons come to: the sums of their figures, and whether each meets every bar."""
    run = [one for one in found.values() if "missed" in one]
    names = [name for name, value in run[0].items() if isinstance(value, int)] if run else []
    total = judged({name: sum(one[name] for one in run) for name in names}) if run else {}
    seconds = round(sum(one["seconds"] for one in run), 1)
    bars_met = bool(run) and not any(one["missed"] for one in run)
    return {"lessons": found, "total": {**total, "seconds": seconds}, "bars": BARS, "bars_met": bars_met}


def main(names: Sequence[str]) -> int:
    """Grade the lessons named, or all, and print one line. Return the exit status."""
    lessons = [one for one in LESSONS if not names or one.name in names]
    if unknown := set(names) - {one.name for one in lessons}:
        print(
            f"no lesson {', '.join(sorted(unknown))}; there are {', '.join(one.name for one in LESSONS)}",
            file=sys.stderr,
        )
        return 2
    found: dict[str, dict[str, Any]] = {}
    with tempfile.TemporaryDirectory(prefix="grade-the-grader-") as folder:
        os.environ["AUTOGRADER_DATA"] = str(fill_shelf(Path(folder) / "shelf"))
        for lesson in lessons:
            if lesson is PYTORCH and not PYTORCH_HERE.exists():
                print(f"*** {lesson.name} IS NOT RUN: no PyTorch here; `make .venv-torch/ready` ***", file=sys.stderr)
                found[lesson.name] = {"not_run": "no PyTorch here: make .venv-torch/ready"}
                continue
            root, most = Path(folder) / lesson.name, sum(map(len, lesson.mistakes.values()))
            found[lesson.name] = grade_lesson(lesson, root, rights=lesson.whole, wrongs=most, mutants=lesson.mutants)
    told = together(found)
    print(json.dumps(told, ensure_ascii=False))
    return 0 if told["bars_met"] else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
