"""Measure this project against nbgrader, and against the floor. Prints a report; its last line is one JSON object."""

from __future__ import annotations

import argparse
import json
import os
import platform
import signal
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from statistics import median

from autograder.pipeline import Timings

from . import signing, unchanged
from .floor import time_floor
from .grading import PeerRun, peak_bytes, time_command, time_line, time_nbgrader
from .room import Rooms, measure_rooms
from .sample import LEFT_OUT, LESSON, Sample, choose, make_sample
from .training import BATCH, EPOCHS, TRAIN, WIDTHS, Trainings, say, time_trainings

MB = 2**20
VERSIONS_OF = ("keras-autograder", "nbgrader", "tensorflow", "keras", "numpy", "ipython")


@dataclass(frozen=True)
class Round:
    """The class graded once each way, in seconds, one right after the other: a busy machine slows all of them."""

    command: float
    line: Timings
    floor: float
    tuned_floor: float


@dataclass(frozen=True)
class Figures:
    """All that was measured. Seconds a submission are medians of the rounds."""

    students: tuple[str, ...]
    rooms: Rooms
    rounds: tuple[Round, ...]
    peak: int
    peer: PeerRun | None
    trainings: Trainings | None
    signing: float
    """Reading, signing and explaining a VGG16, over Keras building it."""
    unchanged: tuple[float, float]
    """Seconds of `grade` on a light class of a thousand that is unchanged: the line alone, the whole command."""

    @property
    def command(self) -> float:
        """Seconds a submission, the whole command."""
        return self._each([one.command for one in self.rounds])

    @property
    def warm(self) -> float:
        """Seconds a submission, from warm."""
        return self._each([one.line.rooms for one in self.rounds])

    @property
    def floor(self) -> float:
        return self._each([one.floor for one in self.rounds])

    @property
    def tuned_floor(self) -> float:
        return self._each([one.tuned_floor for one in self.rounds])

    @property
    def nbgrader(self) -> float | None:
        return self.peer.seconds / self.peer.submissions if self.peer else None

    def _each(self, seconds: list[float]) -> float:
        return median(seconds) / len(self.students)

    def ratios(self) -> dict[str, float | None]:
        """The figures that are followed over time."""
        return {
            "nbgrader_ratio": None if self.nbgrader is None else round(self.nbgrader / self.command, 2),
            "floor_ratio": round(self.warm / self.floor, 3),
            "room_mb": round(self.rooms.room_bytes / MB, 1),
            "wall_ms": round(self.rooms.wall_ms, 1),
            "layers_ratio": round(self.rooms.layers_ratio, 3),
            "training_overhead": round(self.trainings.overhead, 3) if self.trainings else None,
            "shared_class_ratio": round(self.trainings.shared, 3) if self.trainings else None,
            "signature_ratio": round(self.signing, 3),
        }


def take(sample: Sample, rounds: int, peer_count: int, class_count: int) -> Figures:
    """Measure everything. The rooms come first: they bring the libraries from disk into memory for all the others."""
    say("rooms")
    rooms = measure_rooms(sample)
    taken = []
    for number in range(1, rounds + 1):
        say(f"round {number} of {rounds}")
        taken.append(take_round(sample))
    say("memory of a whole run")
    peak = peak_bytes(sample)
    say(f"nbgrader, {peer_count} submissions")
    peer = time_nbgrader(sample, peer_count) if peer_count else None
    trainings = time_trainings(rounds, class_count) if class_count else None
    known = unchanged.measure(unchanged.STUDENTS)
    return Figures(
        sample.students,
        rooms,
        tuple(taken),
        peak,
        peer,
        trainings,
        signing.measure(),
        known,
    )


def take_round(sample: Sample) -> Round:
    command, line = time_command(sample), time_line(sample)
    return Round(command, line, time_floor(sample, tuned=False), time_floor(sample, tuned=True))


def report(figures: Figures) -> Iterator[str]:
    """Yield the lines of the report."""
    yield from _machine(figures)
    yield from _class_time(figures)
    yield from _room_time(figures.rooms)
    yield from _memory(figures)
    yield from _training_time(figures.trainings) if figures.trainings else ()
    yield json.dumps(figures.ratios())


def _machine(figures: Figures) -> Iterator[str]:
    cores = len(os.sched_getaffinity(0))
    count = len(figures.students)
    yield f"{LESSON}: {count} submissions, {cores} cores, {cores} jobs, {_processor()}, Linux {platform.release()}"
    yield ", ".join(["python " + platform.python_version(), *(f"{name} {version(name)}" for name in VERSIONS_OF)])
    yield f"isolation {figures.rooms.isolation}; the class: {', '.join(figures.students)}"
    yield from (f"left out: {name}, who {reason}" for name, reason in LEFT_OUT.items())


def _class_time(figures: Figures) -> Iterator[str]:
    yield ""
    yield f"Seconds a submission, median of {len(figures.rounds)} rounds (lowest to highest)"
    count, lines = len(figures.students), [one.line for one in figures.rounds]
    for name, seconds in (
        ("autograder grade, the whole command", [one.command for one in figures.rounds]),
        ("  of it from warm, the solution's exam included", [line.rooms for line in lines]),
        ("floor: fork, run the cells, nothing else", [one.floor for one in figures.rounds]),
        ("floor warmed as the zygote is: lazy weights too", [one.tuned_floor for one in figures.rounds]),
    ):
        low, middle, high = (one / count for one in (min(seconds), median(seconds), max(seconds)))
        yield f"  {name:<50} {middle:8.3f}   ({low:.3f} to {high:.3f})"
    if figures.peer and figures.nbgrader:
        marked = f"({figures.peer.marked} of {figures.peer.submissions} marked)"
        yield f"  {'nbgrader autograde, the whole command':<50} {figures.nbgrader:8.3f}   {marked}"
    before = median(one.command - one.line.rooms for one in figures.rounds)
    warm, wait = median(line.warm for line in lines), median(line.judge for line in lines)
    yield f"  of each command, {before:.1f} s pass before a room opens ({warm:.1f} s of them warming up),"
    yield f"  and {wait:.1f} s in waiting for the judge, while rooms work"
    line, whole = figures.unchanged
    known = f"  {unchanged.STUDENTS} unchanged submissions are known again in {line:.2f} s"
    yield f"{known}, by a command of {whole:.2f} s (aim: 2)"
    yield from _ratios(figures)


def _ratios(figures: Figures) -> Iterator[str]:
    yield ""
    yield "Ratios"
    if figures.nbgrader:
        yield _ratio("nbgrader / whole command", figures.nbgrader / figures.command, "25 or more")
        yield _ratio("nbgrader / from warm", figures.nbgrader / figures.warm)
    yield _ratio("from warm / floor", figures.warm / figures.floor, "1.5 or less")
    yield _ratio("from warm / floor warmed as the zygote is", figures.warm / figures.tuned_floor)
    yield _ratio("a VGG16 read, signed, explained / built", figures.signing, "0.2 or less")


def _ratio(name: str, value: float, aim: str = "") -> str:
    return f"  {name:<50} {value:8.2f}" + (f"   (aim: {aim})" if aim else "")


def _room_time(rooms: Rooms) -> Iterator[str]:
    yield ""
    yield "Where the time of one submission goes: the solution, alone in a warm room, median milliseconds"
    for name, taken in rooms.phases.items():
        yield f"  {name:<50} {taken:8.1f}"
    slowest = ", ".join(f"{name} {taken:.0f}" for name, taken in list(rooms.cells.items())[:6])
    yield f"  slowest cells: {slowest}"


def _memory(figures: Figures) -> Iterator[str]:
    rooms = figures.rooms
    yield ""
    yield "Memory, MB (PSS, summed over processes)"
    yield f"  {'one more room beside others':<50} {rooms.room_bytes / MB:8.1f}   (aim: 150 MB or less)"
    for count, held in enumerate(rooms.held):
        yield f"  {f'zygote and rooms at the end of their cells: {count}':<50} {held / MB:8.1f}"
    if rooms.peak:
        yield f"  {'most that one room held of its own (control group)':<50} {rooms.peak / MB:8.1f}"
    yield f"  {'whole command at its highest, judge included':<50} {figures.peak / MB:8.1f}"
    yield ""


def _training_time(trainings: Trainings) -> Iterator[str]:
    rounds, networks = len(trainings.room), len(WIDTHS)
    yield f"Trainings of dense networks, 784-{WIDTHS[0]}-10 the widest, {EPOCHS} epochs of {TRAIN} images by {BATCH}"
    yield f"Seconds, median of {rounds} rounds (lowest to highest)"
    for name, seconds in (
        ("one training in a room, on one core", trainings.room),
        ("the same by a bare script, imports not counted", trainings.bare),
        (f"autograder grade, {trainings.submissions} submissions of {networks} networks", trainings.command),
        (f"the {networks} trainings alone, bare, on all cores in turn", trainings.alone),
    ):
        yield f"  {name:<50} {median(seconds):8.1f}   ({min(seconds):.1f} to {max(seconds):.1f})"
    yield _ratio("training room / bare script", trainings.overhead, "1.05 or less")
    yield _ratio("the class / its trainings alone", trainings.shared, "1.2 or less")
    yield ""


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, "processor unknown")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--submissions", type=int, default=30, metavar="N", help="how many to grade (30)")
    parser.add_argument(
        "--nbgrader", type=int, default=30, metavar="N", help="how many of them nbgrader grades (30; 0: none)"
    )
    parser.add_argument(
        "--class",
        dest="class_count",
        type=int,
        default=100,
        metavar="N",
        help="submissions of the class that shares its trainings (100; 0: measure no training)",
    )
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="times the class is graded each way (3)")
    options = parser.parse_args()
    if min(options.submissions, options.rounds) < 1 or min(options.nbgrader, options.class_count) < 0:
        parser.error("--submissions and --rounds are 1 or more, --nbgrader and --class 0 or more")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that folders and processes go, as at an interrupt
    peer_count = min(options.nbgrader, len(choose(options.submissions)))
    with make_sample(options.submissions, peer_count) as sample:
        figures = take(sample, options.rounds, peer_count, options.class_count)
    for line in report(figures):
        print(line)


if __name__ == "__main__":
    main()
