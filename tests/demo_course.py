"""A class on all the course's assignments: `make demo-course`. Each is graded, and has its feedback and its report.

Students hand in what `tests/answers` and `tests/mistakes_*.py` hold: every other notebook is right throughout, in a
style of its own; the others have mistakes in a few questions. The data stand in for the real sets.
"""

from __future__ import annotations

import argparse
import itertools
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import yaml

from answering import REPOSITORY, mistaken, notebook, right_answers, together
from lessons import LESSONS

MISTAKES = {lesson.name: lesson.mistakes for lesson in LESSONS}
WRONG_AT_ONCE = 3
"""Questions that a notebook with mistakes has them in."""
COMMANDS = ("grade", "feedback", "report")
SAMPLE_SECONDS = 0.2


def class_of(lesson: str, students: int) -> Iterator[bytes]:
    """Yield as many notebooks, right and wrong ones in turn, from the first again where there are no more."""
    answers = right_answers(lesson)
    wrong = itertools.cycle(together(mistaken(lesson, MISTAKES[lesson]), WRONG_AT_ONCE))
    for place in range(students):
        right = {question: found[place // 2 % len(found)] for question, found in answers.items()}
        yield notebook(lesson, right if place % 2 == 0 else {**right, **next(wrong)})


def make_course(root: Path, lessons: Sequence[str], students: int) -> None:
    """Write the course, and what its class hands in."""
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir(parents=True)
    for name in ("source", "release"):
        shutil.copytree(REPOSITORY / name, root / name)
    shutil.copyfile(REPOSITORY / "nbgrader_config.py", root / "nbgrader_config.py")
    settings = (REPOSITORY / "course.yaml").read_text(encoding="utf-8")
    settings = settings.replace("python: .venv", f"python: {REPOSITORY}/.venv")
    (root / "course.yaml").write_text(settings, encoding="utf-8")
    for lesson in lessons:
        for number, content in enumerate(class_of(lesson, students), start=1):
            folder = root / "submitted" / f"student-{number:02}" / lesson
            folder.mkdir(parents=True)
            (folder / f"{lesson}.ipynb").write_bytes(content)


def environments() -> dict[str, Path]:
    """Return the environments that assignments name, where they are not here."""
    settings = yaml.safe_load((REPOSITORY / "course.yaml").read_text(encoding="utf-8"))["assignments"]
    named = {name: REPOSITORY / one["python"] for name, one in settings.items() if "python" in one}
    return {name: path for name, path in named.items() if not (path / "bin" / "python").exists()}


# --- What it takes ----------------------------------------------------------------------------------------------------


@dataclass
class Peak:
    """How far the machine's available memory fell, in bytes: rooms share pages, and no sum over processes is right."""

    fallen: int = 0


@contextmanager
def watched() -> Iterator[Peak]:
    """Watch the machine's memory. What others run on it meanwhile is counted too."""
    peak, over, before = Peak(), threading.Event(), _available()

    def watch() -> None:
        while not over.wait(SAMPLE_SECONDS):
            peak.fallen = max(peak.fallen, before - _available())

    watching = threading.Thread(target=watch, daemon=True)
    watching.start()
    try:
        yield peak
    finally:
        over.set()
        watching.join()


def _available() -> int:
    lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:"))


def run(root: Path, lesson: str) -> str:
    """Run each command on a lesson; return its row."""
    program = [sys.executable, "-m", "autograder", "--quiet"]
    environment = {**os.environ, "AUTOGRADER_DATA": str(root / "data")}
    seconds = []
    with watched() as peak:
        for command in COMMANDS:
            started = time.monotonic()
            done = subprocess.run([*program, command, lesson], cwd=root, env=environment)
            seconds.append(time.monotonic() - started)
            if done.returncode:
                sys.exit(f"{lesson}: autograder {command} ended with {done.returncode}")
    return f"{lesson:<24}" + "".join(f"{one:>9.0f} s" for one in seconds) + f"{peak.fallen / 2**30:>9.1f} GB"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python tests/demo_course.py", description=__doc__)
    parser.add_argument("lessons", nargs="*", metavar="LESSON", help="all of them where left out")
    parser.add_argument("--students", type=int, default=40, metavar="N")
    parser.add_argument("--to", type=Path, default=REPOSITORY / "demo-course", metavar="DIR")
    options = parser.parse_args()
    absent = environments()
    lessons = [one for one in options.lessons or MISTAKES if one not in absent]
    make_course(options.to, lessons, options.students)
    print(f"{options.students} students, {len(os.sched_getaffinity(0))} cores")
    print(" " * 24 + "".join(f"{command:>11}" for command in COMMANDS) + f"{'memory':>12}", flush=True)
    for lesson in lessons:
        print(run(options.to, lesson), flush=True)
    for name, path in absent.items():
        print(
            f"*** PASSED OVER: {name}, for want of its Python: `make {path.name}/ready` makes it ***", file=sys.stderr
        )
    print(f"open {options.to}/reports/{lessons[0]}.html, and the pages under {options.to}/feedback/")


if __name__ == "__main__":
    main()
