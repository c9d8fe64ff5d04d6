"""As many judges of one checks file as cases are judged at once: whoever has a case takes one that has none."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from autograder.errors import CourseError, GraderError
from autograder.judge.channel import Case, Judged
from autograder.judge.process import Judge
from autograder.records import Plan


class Judges:
    """Judges cases from any thread, a process for each that is at work. Another starts where all others are."""

    def __init__(self, start: Callable[[], Judge]) -> None:
        """`start` starts a judge. The first begins to collect now. Raises as `start` does."""
        self._start = start
        self._lock = threading.Lock()
        self._first = start()
        self._all = [self._first]
        self._idle = [self._first]
        self._over = False

    def plan(self) -> Plan:
        """Return what the checks file asks. Raise CourseError with every problem it has."""
        return self._first.plan()

    def judge(self, case: Case, blobs: Sequence[bytes] = ()) -> list[Judged]:
        """Judge one case, as `Judge.judge` does."""
        judge = self._take()
        try:
            if self._reads_another(judge):
                raise judge.edited()
            return judge.judge(case, blobs)
        finally:
            with self._lock:
                self._idle.append(judge)

    def _reads_another(self, judge: Judge) -> bool:
        """Whether the checks file has been edited since the first judge read it."""
        try:
            return judge.plan().code != self.plan().code
        except CourseError:
            return True

    def _take(self) -> Judge:
        with self._lock:
            if self._over:
                raise GraderError("the judges are closed")
            if self._idle:
                return self._idle.pop()
            another = self._start()
            self._all.append(another)
            return another

    def close(self) -> None:
        """End every judge's process, what it judges too."""
        with self._lock:
            self._over = True
            judges = list(self._all)
        for judge in judges:
            judge.close()

    def __enter__(self) -> Judges:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
