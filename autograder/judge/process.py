"""The pipeline's end of the judge: starts its process, sends it cases, takes back outcomes, survives its loss."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

import msgspec

from autograder.errors import CourseError, GraderError, Problem
from autograder.judge.channel import Case, ChecksFile, CollectedChecks, Judged, Running, Verdicts
from autograder.judge.started import take
from autograder.locale.own import NO_CATALOGUE
from autograder.records import Check, Outcome, Plan
from autograder.wire import codec

COLLECT_SECONDS = 120.0
CHECK_SECONDS = 60.0
"""One check on plain data takes milliseconds; after this long it is taken for an endless loop."""
SAID_CHARS = 2000
LOOKS = 10
"""How often it is looked, in that time, whether it is still the same check that runs."""
GONE_SECONDS = 1.0
"""From the end of its conversation to the end of its process."""


class _Killed(Exception):
    """Somebody killed the judge, such as the kernel for want of memory: nothing is known against the checks."""


class Judge:
    """A judge for one checks file. Use as a context manager."""

    def __init__(
        self, checks: Path, shown: Path | None = None, root: Path | None = None, texts: Path = NO_CATALOGUE
    ) -> None:
        """Start collecting `checks`, called `shown` in messages, of the course in `root`: their own folder, left out.

        `texts` is a catalogue of what they say in another language. Nothing is read until `plan` is asked for.
        """
        self._checks = checks
        self._shown = shown or checks
        self._root = root or checks.parent
        self._texts = texts
        self._edited = False
        self._plan: Plan | None = None
        self._lock = threading.Lock()
        self._over = False
        self._start()

    def _start(self) -> None:
        with self._lock:
            if self._over:
                raise GraderError("the judge is closed")
            self._begin()

    def _begin(self) -> None:
        self._started = take()
        self._channel, self._running = self._started.channel, self._started.running
        self._process, self._stderr = self._started.process, self._started.stderr
        self._started.tell(ChecksFile(str(self._checks), str(self._root), str(self._texts)))
        self._stream = self._channel.makefile("rb")

    def plan(self) -> Plan:
        """Return what the checks file asks. Raise CourseError with every problem it has."""
        if self._plan is None:
            self._plan = self._collect()
        return self._plan

    def _collect(self) -> Plan:
        """Return what the judge says first; start another where it was killed before it could, once."""
        with contextlib.suppress(_Killed):
            return self._hear_plan()
        self._end()
        self._start()
        try:
            return self._hear_plan()
        except _Killed:
            raise GraderError(f"the judge of {self._shown} was killed, twice, while it read them") from None

    def _hear_plan(self) -> Plan:
        self._channel.settimeout(COLLECT_SECONDS)
        try:
            collected, blobs = codec.unpack(codec.read_frame(self._stream.read), CollectedChecks)
        except (EOFError, OSError, codec.WireError) as error:
            if self._was_killed():
                raise _Killed from None
            self._process.kill()
            said = self._said() or f"{type(error).__name__}: {error}"
            raise CourseError([Problem(self._shown, 0, "", f"the checks could not be collected: {said}")]) from error
        if collected.complaints:
            raise CourseError(Problem(self._shown, one.line, one.where, one.text) for one in collected.complaints)
        checks = tuple(
            Check(one.name, one.question, one.title, one.weight, tuple(one.needs), one.line) for one in collected.checks
        )
        return Plan(checks, collected.probes, tuple(blobs), collected.code)

    def _said(self) -> str:
        """The end of what the judge's process wrote for whoever starts it: why it did not get to talk."""
        self._stderr.seek(max(0, self._stderr.seek(0, os.SEEK_END) - 4 * SAID_CHARS))
        return self._stderr.read().decode(errors="replace").strip()[-SAID_CHARS:]

    def judge(self, case: Case, blobs: Sequence[bytes] = ()) -> list[Judged]:
        """Return one outcome a check, in the file's order. `blobs` hold the labels of hidden sets.

        A check that loses the judge (it never ends, it ends the process) is `ungraded`; the others are still judged.
        One that runs when somebody kills the judge is judged once more. Raises GraderError where the judge is lost
        without a check that runs, or where the checks that would judge are not those that were collected.
        """
        plan = self.plan()
        self._require_unedited()
        found: dict[str, Judged] = {}
        lost: set[str] = set()
        spared: set[str] = set()
        while len(found) < len(plan.checks):
            running = self._ask(case, list(blobs), found, lost)
            if running is None:
                break
            killed = self._was_killed()
            self._restart()
            if killed and running not in spared:
                spared.add(running)
                continue
            if not running:
                raise GraderError(f"the judge of {self._checks} was lost before any check ran")
            lost.add(running)
            found[running] = _lost(plan, running)
        return [found.get(check.name) or _lost(plan, check.name) for check in plan.checks]

    def _ask(self, case: Case, blobs: list[bytes], found: dict[str, Judged], lost: set[str]) -> str | None:
        """Fill `found`; return the name of the check that lost the judge, empty for none, or None at the end."""
        self._running.say(Running.NONE)
        self._channel.settimeout(CHECK_SECONDS)
        try:
            self._channel.sendall(codec.pack(msgspec.structs.replace(case, skip=tuple(sorted(lost))), blobs))
            self._wait()
            verdicts, _ = codec.unpack(codec.read_frame(self._stream.read), Verdicts)
        except (EOFError, OSError, codec.WireError):
            number = self._running.read()
            running = self.plan().checks[number - 1].name if number else ""
            return "" if running in lost else running
        found |= {one.outcome.name: one for one in verdicts.judged}
        return None

    def _wait(self) -> None:
        """Wait until the judge answers, or is gone. Raise TimeoutError where one check runs for too long."""
        answered = select.poll()
        answered.register(self._channel, select.POLLIN)
        number, since = Running.NONE, time.monotonic()
        while not answered.poll(1000 * CHECK_SECONDS / LOOKS):
            now = time.monotonic()
            if self._running.read() != number:
                number, since = self._running.read(), now
            elif now - since >= CHECK_SECONDS:
                raise TimeoutError

    def _was_killed(self) -> bool:
        """Whether somebody else ended the judge's process, which has stopped talking."""
        try:
            return self._process.wait(GONE_SECONDS) == -signal.SIGKILL
        except subprocess.TimeoutExpired:
            return False

    def _restart(self) -> None:
        self._end()
        self._start()
        self._edited = True  # or broken: collecting says so
        self._edited = self._collect().code != self.plan().code
        self._require_unedited()

    def _require_unedited(self) -> None:
        if self._edited:
            raise self.edited()

    def edited(self) -> GraderError:
        """Return what is raised where the checks that would judge are not those that were collected."""
        return GraderError(f"{self._shown} was edited during the run: grade again, by what it says now")

    def close(self) -> None:
        """End the judge's process, whichever thread waits for it: what it judges is a fault of ours."""
        with self._lock:
            self._over = True
            self._process.kill()  # first: who reads from it has its streams until it is gone
        self._end()

    def _end(self) -> None:
        self._process.kill()
        self._process.wait()
        self._stream.close()
        self._started.end()

    def __enter__(self) -> Judge:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class NoChecks(Judge):
    """Stands where an assignment has no checks file: its test cells alone mark it."""

    def __init__(self) -> None:
        self._plan = Plan((), {}, ())

    def judge(self, case: Case, blobs: Sequence[bytes] = ()) -> list[Judged]:
        return []

    def close(self) -> None:
        return


def _lost(plan: Plan, name: str) -> Judged:
    check = next(check for check in plan.checks if check.name == name)
    outcome = Outcome(check.name, check.question, check.title, "ungraded", check.weight)
    return Judged(outcome, f"check {name} did not come to an end within {CHECK_SECONDS:.0f} s, or ended the judge")
