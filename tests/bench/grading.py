"""Whole classes: this project's command, and nbgrader's on the same notebooks."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from autograder.pipeline import Timings, grade
from autograder.session import GradingOptions

from .processes import PeakMemory
from .sample import LESSON, Sample, command, user_environment


@dataclass(frozen=True)
class PeerRun:
    """What nbgrader took."""

    seconds: float
    submissions: int
    marked: int
    """Submissions it marked; it refuses a notebook whose test cells are gone."""

    @property
    def each(self) -> float:
        """Seconds a submission."""
        return self.seconds / self.submissions


def time_command(sample: Sample, *, kept: bool = False) -> float:
    """Return the seconds of `autograder grade` on the class, from nothing, start to exit.

    `kept`: in rooms that an earlier command left warm.
    """
    sample.forget()
    started = time.perf_counter()
    run_to_end([command("autograder"), "grade", LESSON], sample.course, kept=kept)
    return time.perf_counter() - started


def time_line(sample: Sample) -> Timings:
    """Return where the time of the same grading goes, as the pipeline counts it."""
    sample.forget()
    timings = Timings()
    for step in grade(sample.assignment(), GradingOptions(), timings):
        if step.grade.status != "graded":
            sys.exit(f"{step.grade.student}: {step.grade.status}: {step.grade.fault}")
    return timings


def peak_bytes(sample: Sample) -> int:
    """Return the most memory that the command and all its processes held at once, in bytes of PSS."""
    sample.forget()
    process = _start([command("autograder"), "grade", LESSON], sample.course)
    with process, PeakMemory(process.pid) as memory:
        process.wait()
    return memory.peak


def time_nbgrader(sample: Sample, count: int) -> PeerRun:
    """Return what `nbgrader autograde` takes on the first `count` submissions; making the release is not counted."""
    _nbgrader(sample, "generate_assignment")
    started = time.perf_counter()
    _nbgrader(sample, "autograde")
    seconds = time.perf_counter() - started
    return PeerRun(seconds, count, len(list(sample.peer.glob(f"autograded/*/{LESSON}/*.ipynb"))))


def _nbgrader(sample: Sample, verb: str) -> None:
    """Run one nbgrader command. Its status is not 0 where it could not mark one of the class."""
    jupyter = {"IPYTHONDIR": str(sample.peer / ".ipython"), "JUPYTER_RUNTIME_DIR": str(sample.peer / ".runtime")}
    done = subprocess.run(
        [command("nbgrader"), verb, LESSON],
        cwd=sample.peer,
        env={**user_environment(), **jupyter},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    made = sample.peer / ("release" if verb == "generate_assignment" else "autograded")
    if not made.exists():
        sys.exit(f"nbgrader {verb}: status {done.returncode}\n{done.stderr[-2000:]}")


def run_to_end(arguments: list[str], folder: Path, *, kept: bool = False, may: Collection[int] = (0,)) -> None:
    """Run a command in `folder`, as a user does. A status that is none of `may` ends the benchmark."""
    with _start(arguments, folder, kept=kept) as process:
        if (status := process.wait()) not in may:
            sys.exit(f"{' '.join(arguments)}: status {status}")


def _start(arguments: list[str], folder: Path, *, kept: bool = False) -> subprocess.Popen[bytes]:
    """`kept`: using, and leaving, warm rooms, which are this course's alone: nobody else's are ended with them."""
    rooms = {"AUTOGRADER_FRESH": "0", "XDG_RUNTIME_DIR": str(folder)} if kept else {"AUTOGRADER_FRESH": "1"}
    return subprocess.Popen(
        arguments,
        cwd=folder,
        env={**user_environment(), **rooms},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
