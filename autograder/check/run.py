"""A notebook run from its top in the student's own Python, and what each of its questions came to."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgspec

from autograder.check.form import CheckedCell, NotebookForm
from autograder.notebook.names import names_of
from autograder.wire.ready import ready

RUNNER = Path(__file__).parent / "runner.py"
Status = Literal["passed", "failed", "unanswered", "stopped"]
"""passed: its tests, or its cells, run · failed: a visible test says no · unanswered: it is as it was handed out
· stopped: its code raises."""


class Stop(msgspec.Struct, frozen=True):
    """What one cell ended with, as `runner.py` tells it."""

    ok: bool
    error: str = ""
    message: str = ""
    cell: int = 0
    """Place of the cell it happened in, among those run, from 0."""
    line: int | None = None
    code: str = ""
    missing: str | None = None
    """A name, or a module, that is not there."""

    @property
    def is_stub(self) -> bool:
        """Whether it is what stands where an answer is to be written."""
        return self.error == "NotImplementedError" and self.code.startswith("raise ")


@dataclass(frozen=True)
class CellOutcome:
    """What one cell that matters came to."""

    cell: CheckedCell
    status: Status
    stop: Stop | None = None
    below: int | None = None
    """The cell further down that makes the name which is missing, by its number."""


@dataclass(frozen=True)
class Run:
    """A notebook that was run."""

    outcomes: tuple[CellOutcome, ...]
    """Of the test cells, and of all cells that stopped."""
    seconds: float
    ended: CheckedCell | None = None
    """The cell in which the Python itself ended; None: it ran to its end."""

    @property
    def is_fine(self) -> bool:
        return self.ended is None and all(one.status == "passed" for one in self.outcomes)


def run(form: NotebookForm, python: str, folder: Path) -> Run:
    """Run the cells of a notebook in `folder`, where it lies. Raise OSError where there is no such Python."""
    started = time.monotonic()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as kept:
        cells, results = Path(kept) / "cells.json", Path(kept) / "results"
        cells.write_text(json.dumps([cell.source for cell in form.cells]), encoding="utf-8")
        environment = {**os.environ, "MPLBACKEND": "Agg", "TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONIOENCODING": "utf-8"}
        with results.open("w+b") as told:  # what a cell makes of the name does not matter
            subprocess.run(
                [python, str(RUNNER), str(cells), str(results)],
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            stops = list(_stops(told, len(form.cells)))
    ended = form.cells[len(stops)] if len(stops) < len(form.cells) else None
    return Run(tuple(_outcomes(form.cells, stops)), time.monotonic() - started, ended)


def _stops(told: Iterable[bytes], most: int) -> Iterator[Stop]:
    """Yield what each cell ended with, up to the first of which no word can be read: there Python is not ours."""
    with contextlib.suppress(msgspec.MsgspecError, UnicodeError):
        for line in itertools.islice(told, most):
            yield msgspec.json.decode(line, type=ready(Stop))


def own_python() -> str:
    """Return the Python that this command runs in."""
    return sys.executable


def _outcomes(cells: Sequence[CheckedCell], stops: Sequence[Stop]) -> Iterator[CellOutcome]:
    makers = _makers(cells)
    waiting = [cell for cell, stop in zip(cells, stops, strict=False) if stop.is_stub]
    made = {name for cell in cells if cell not in waiting for name in names_of(cell.source).made}
    missing = {stop.missing for stop in stops if stop.error == "NameError"}
    unanswered = frozenset(missing - made if waiting else ())
    for place, (cell, stop) in enumerate(zip(cells, stops, strict=False)):
        if stop.ok:
            if cell.tests:
                yield CellOutcome(cell, "passed")
            continue
        below = makers.get(stop.missing or "", -1)
        further = cells[below].number if below > place else None
        yield CellOutcome(cell, _status(cell, stop, unanswered), stop, further)


def _status(cell: CheckedCell, stop: Stop, unanswered: frozenset[str | None]) -> Status:
    if stop.is_stub or stop.missing in unanswered:
        return "unanswered"
    return "failed" if cell.tests and stop.error == "AssertionError" else "stopped"


def _makers(cells: Sequence[CheckedCell]) -> Mapping[str, int]:
    """The place of the last cell that makes each name."""
    return {name: place for place, cell in enumerate(cells) for name in names_of(cell.source).made}
