"""Measure this project against nbgrader, and against the floor. Prints a report; its last line is one JSON object."""

from __future__ import annotations

import argparse
import json
import os
import platform
import signal
import sys
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from statistics import median

from autograder.pipeline import Timings
from autograder.sandbox.isolation import measure

from . import scale, signing, unchanged
from .floor import time_floor
from .grading import PeerRun, peak_bytes, time_command, time_line, time_nbgrader
from .room import Rooms, measure_rooms
from .sample import LEFT_OUT, LESSON, Sample, make_sample
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
class ClassFigures:
    """What the class of the sample took. Seconds a submission are medians of the rounds."""

    students: tuple[str, ...]
    rooms: Rooms
    rounds: tuple[Round, ...]
    peak: int
    peer: PeerRun | None

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
        return self.peer.each if self.peer else None

    def _each(self, seconds: list[float]) -> float:
        return median(seconds) / len(self.students)


class Bench:
    """What the parts measure on, and what they share: nbgrader is measured once, where a part asks for it."""

    def __init__(self, sample: Sample, options: argparse.Namespace) -> None:
        self.sample, self.options = sample, options

    @cached_property
    def peer(self) -> PeerRun | None:
        count = min(self.options.nbgrader, len(self.sample.students))
        if not count:
            return None
        say(f"nbgrader, {count} submissions")
        return time_nbgrader(self.sample, count)

    def over_nbgrader(self, seconds: float) -> float | None:
        """Return how many times faster than nbgrader a submission of so many seconds is."""
        return None if self.peer is None else round(self.peer.each / seconds, 2)


Part = Generator[str, None, Mapping[str, float | None]]
"""Yields the lines of a part of the report, and returns its figures."""


def measure_class(bench: Bench) -> Part:
    """The rooms come first: they bring the libraries from disk into memory for all the others."""
    sample, rounds = bench.sample, bench.options.rounds
    rooms = measure_rooms(sample)
    taken = []
    for number in range(1, rounds + 1):
        say(f"round {number} of {rounds}")
        taken.append(take_round(sample))
    say("memory of a whole run")
    figures = ClassFigures(sample.students, rooms, tuple(taken), peak_bytes(sample), bench.peer)
    yield from _class_time(figures)
    yield from _room_time(figures.rooms)
    yield from _memory(figures)
    return {
        "nbgrader_ratio": bench.over_nbgrader(figures.command),
        "cold_ratio_30": bench.over_nbgrader(figures.command),
        "floor_ratio": round(figures.warm / figures.floor, 3),
        "tuned_floor_ratio": round(figures.warm / figures.tuned_floor, 3),
        "room_mb": round(rooms.room_bytes / MB, 1),
        "wall_ms": round(rooms.wall_ms, 1),
        "layers_ratio": round(rooms.layers_ratio, 3),
    }


def measure_warm(bench: Bench) -> Part:
    seconds = scale.time_warm(bench.sample)
    ratio = bench.over_nbgrader(seconds)
    yield f"{len(bench.sample.students)} submissions in rooms that were kept warm: {seconds:.3f} s a submission"
    yield _ratio("nbgrader / from a warm socket", ratio, "30 or more")
    return {"warm_ratio_30": ratio}


def measure_large(bench: Bench) -> Part:
    count = bench.options.large
    seconds = scale.time_large(bench.sample, count)
    ratio = bench.over_nbgrader(seconds)
    yield f"a class of {count}, from a cold start: {seconds:.3f} s a submission"
    yield _ratio("nbgrader / whole command", ratio, "35 or more")
    return {"cold_ratio_500": ratio}


def measure_judge(bench: Bench) -> Part:
    taken = scale.time_judge(bench.sample, bench.options.judged)
    for verb, aim in (("judge", "   (aim: 10 or less)"), ("feedback", ""), ("report", "")):
        used = f"   ({taken[f'{verb} processor']:.1f} of the processors')"
        yield f"  {f'autograder {verb}, {bench.options.judged} submissions, seconds':<50} {taken[verb]:8.1f}{used}{aim}"
    names = {name: name.replace(" processor", "_1000_cpu_s") if " " in name else f"{name}_1000_s" for name in taken}
    return {names[name]: round(seconds * 1000 / bench.options.judged, 1) for name, seconds in taken.items()}


def measure_growth(bench: Bench) -> Part:
    many = bench.options.many
    grown, seconds = scale.grown_bytes(scale.FEW, many)
    for count, took in seconds.items():
        yield f"  {f'{count} submissions in scripted rooms, ms a submission':<50} {1000 * took / count:8.1f}"
    yield f"  {f'peak at {many} over that at {scale.FEW}, MB':<50} {grown / MB:8.1f}   (aim: 100 or less)"
    return {"memory_growth_mb": round(grown / MB, 1)}


def measure_engines(bench: Bench) -> Part:
    ratio = scale.engine_efficiency(bench.sample)
    yield _ratio("local engine / Dask's, equal workers", ratio, "0.9 or more")
    return {"engine_efficiency": round(ratio, 3)}


def measure_seeds(bench: Bench) -> Part:
    ratio = scale.seeds_shared_ratio(bench.options.seeds)
    yield _ratio(f"{bench.options.seeds} seeds in one room / in rooms of their own", ratio, "below 1")
    return {"seeds_shared_ratio": round(ratio, 3)}


def measure_trainings(bench: Bench) -> Part:
    count = bench.options.class_count
    if not count:
        return {"training_overhead": None, "shared_class_ratio": None}
    trainings = time_trainings(1, count)
    yield from _training_time(trainings)
    return {"training_overhead": round(trainings.overhead, 3), "shared_class_ratio": round(trainings.shared, 3)}


def measure_signing(_: Bench) -> Part:
    ratio = signing.measure()
    yield _ratio("a VGG16 read, signed, explained / built", ratio, "0.2 or less")
    return {"signature_ratio": round(ratio, 3)}


def measure_unchanged(_: Bench) -> Part:
    line, whole = unchanged.measure(unchanged.STUDENTS)
    known = f"  {unchanged.STUDENTS} unchanged submissions are known again in {line:.2f} s"
    yield f"{known}, by a command of {whole:.2f} s (aim: 2)"
    return {"unchanged_1000_s": round(whole, 2)}


PARTS: Mapping[str, Callable[[Bench], Part]] = {
    "class": measure_class,
    "warm": measure_warm,
    "large": measure_large,
    "judge": measure_judge,
    "growth": measure_growth,
    "engines": measure_engines,
    "seeds": measure_seeds,
    "trainings": measure_trainings,
    "signing": measure_signing,
    "unchanged": measure_unchanged,
}


def take_round(sample: Sample) -> Round:
    command, line = time_command(sample), time_line(sample)
    return Round(command, line, time_floor(sample, tuned=False), time_floor(sample, tuned=True))


def _machine(sample: Sample) -> Iterator[str]:
    cores = len(os.sched_getaffinity(0))
    count = len(sample.students)
    yield f"{LESSON}: {count} submissions, {cores} cores, {cores} jobs, {_processor()}, Linux {platform.release()}"
    yield ", ".join(["python " + platform.python_version(), *(f"{name} {version(name)}" for name in VERSIONS_OF)])
    yield f"load {os.getloadavg()[0]:.1f} at the start, isolation {measure().level}"
    yield f"the class: {', '.join(sample.students)}"
    yield from (f"left out: {name}, who {reason}" for name, reason in LEFT_OUT.items())


def _class_time(figures: ClassFigures) -> Iterator[str]:
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
    yield from _ratios(figures)


def _ratios(figures: ClassFigures) -> Iterator[str]:
    yield ""
    yield "Ratios"
    if figures.nbgrader:
        yield _ratio("nbgrader / whole command", figures.nbgrader / figures.command, "22 or more")
        yield _ratio("nbgrader / from warm", figures.nbgrader / figures.warm)
    yield _ratio("from warm / floor", figures.warm / figures.floor, "1.5 or less")
    yield _ratio("from warm / floor warmed as the zygote is", figures.warm / figures.tuned_floor, "1.2 or less")


def _ratio(name: str, value: float | None, aim: str = "") -> str:
    shown = "    none" if value is None else f"{value:8.2f}"
    return f"  {name:<50} {shown}" + (f"   (aim: {aim})" if aim else "")


def _room_time(rooms: Rooms) -> Iterator[str]:
    yield ""
    yield "Where the time of one submission goes: the solution, alone in a warm room, median milliseconds"
    for name, taken in rooms.phases.items():
        yield f"  {name:<50} {taken:8.1f}"
    slowest = ", ".join(f"{name} {taken:.0f}" for name, taken in list(rooms.cells.items())[:6])
    yield f"  slowest cells: {slowest}"


def _memory(figures: ClassFigures) -> Iterator[str]:
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
    """Measure the parts asked for, print each as it is done, and all their figures in one object."""
    options = _options()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that folders and processes go, as at an interrupt
    figures: dict[str, float | None] = {}
    with make_sample(options.submissions, min(options.nbgrader, options.submissions)) as sample:
        bench = Bench(sample, options)
        for line in _machine(sample):
            print(line, flush=True)
        for name in options.only or PARTS:
            say(name)
            started = time.perf_counter()
            print(f"\n{name}", flush=True)
            figures |= _printed(PARTS[name](bench))
            print(f"  ({name}: {time.perf_counter() - started:.0f} s)", flush=True)
    print(json.dumps(figures))


def _printed(part: Part) -> Mapping[str, float | None]:
    """Print the lines of a part, and return its figures."""
    while True:
        try:
            print(next(part), flush=True)
        except StopIteration as end:
            found: Mapping[str, float | None] = end.value
            return found


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=PARTS, metavar="PART", help=f"of {', '.join(PARTS)} (all of them)")
    for name, count, what in (
        ("submissions", 30, "how many of the sample's to grade"),
        ("nbgrader", 15, "how many of them nbgrader grades; 0: none"),
        ("rounds", 2, "times the class is graded each way"),
        ("large", 500, "the class that is graded from a cold start"),
        ("judged", scale.JUDGED, "the class that is judged again"),
        ("many", scale.MANY, "the class whose memory is compared with that of a small one"),
        ("seeds", scale.SEEDS, "seeds of one network"),
    ):
        parser.add_argument(f"--{name}", type=int, default=count, metavar="N", help=f"{what} ({count})")
    text = "submissions of the class that shares its trainings (100; 0: measure no training)"
    parser.add_argument("--class", dest="class_count", type=int, default=100, metavar="N", help=text)
    options = parser.parse_args()
    if min(options.submissions, options.rounds, options.seeds) < 1 or min(options.nbgrader, options.class_count) < 0:
        parser.error("--submissions, --rounds and --seeds are 1 or more, --nbgrader and --class 0 or more")
    return options


if __name__ == "__main__":
    main()
