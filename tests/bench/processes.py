"""Processes and the memory they hold, read from /proc.

PSS, proportional set size: a page that n processes share counts 1/n in each, so that a sum over processes counts every
page once.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from pathlib import Path
from types import TracebackType

SAMPLE_SECONDS = 0.2


def family(root: int) -> list[int]:
    """Return the process `root` and all that descend from it."""
    children: dict[int, list[int]] = defaultdict(list)
    for path in Path("/proc").glob("[0-9]*"):
        if (parent := _parent(path)) is not None:
            children[parent].append(int(path.name))
    found = [root]
    for pid in found:
        found += children[pid]
    return found


def _parent(path: Path) -> int | None:
    try:
        return int((path / "stat").read_text(errors="replace").rpartition(")")[2].split()[1])
    except (FileNotFoundError, ProcessLookupError):
        return None  # it has ended meanwhile


def held_bytes(root: int) -> int:
    """Return the sum of PSS over `root` and its descendants, in bytes."""
    return sum(map(_pss, family(root)))


def _pss(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0  # it has ended meanwhile
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:")), 0)


class PeakMemory:
    """Watches a process and its descendants from a thread. Use as a context manager, then read `peak`."""

    def __init__(self, root: int) -> None:
        self._root = root
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self.peak = 0
        """In bytes."""

    def _watch(self) -> None:
        while not self._over.wait(SAMPLE_SECONDS):
            self.peak = max(self.peak, held_bytes(self._root))

    def __enter__(self) -> PeakMemory:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()
