"""The sets one course uses: those of the machine's shelf and, where course.yaml allows it, stand-ins for the rest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from autograder.data.arrays import HIDDEN
from autograder.data.shelf import STAND_INS, DataSet, Shelf, shelf_folder
from autograder.data.weights import Item, is_weights, verify_weights


@dataclass(frozen=True)
class CourseShelf:
    """Where an assignment's sets are found. A stand-in is made when it is first asked for, in the course's own folder:
    on the machine's shelf it would serve courses that never asked for one."""

    machine: Shelf
    stand_ins: Shelf | None
    """None: the course takes real sets alone."""

    def verify(self, name: str) -> DataSet:
        """Return one set, every byte read again. Raise DataError where it is not there, or not whole."""
        return self._holder(name).verify(name)

    def item(self, name: str) -> Item:
        """Return a set or weights, as an assignment's `data` names them. Raise DataError as `verify` does."""
        return verify_weights(self.machine, name) if is_weights(self.machine, name) else self.verify(name)

    def open(self, name: str) -> dict[str, NDArray[Any]]:
        """Return the arrays of one set, mapped read-only from its files. Raise DataError as `verify` does."""
        return self._holder(name).open(name)

    def served(self) -> list[str]:
        """Return the names of the sets that stand-ins have served, and would again."""
        made = self.stand_ins.names() if self.stand_ins else ()
        return [name for name in made if name not in self.machine.names()]

    def _holder(self, name: str) -> Shelf:
        if self.stand_ins is None or name not in STAND_INS or name in self.machine.names():
            return self.machine
        if name not in self.stand_ins.names():
            add_stand_in(self.stand_ins, name)
        return self.stand_ins


def course_shelf(stand_ins: Path | None) -> CourseShelf:
    """Return the shelf of a course whose stand-ins are kept in a folder; None: it allows none."""
    return CourseShelf(Shelf(shelf_folder()), None if stand_ins is None else Shelf(stand_ins))


def say_stand_ins(names: Sequence[str]) -> str:
    """Return what may be behind a solution that stops, in words: an empty text where every set is the real one."""
    if not names:
        return ""
    return f" (stand-ins serve for {', '.join(names)}, of fewer examples: `autograder data add` brings the real ones)"


def add_stand_in(shelf: Shelf, name: str, *, replace: bool = False) -> DataSet:
    """Put the small embedded set of this name on a shelf. Raise DataError where there is none, or it is there."""
    from autograder.data import sources

    arrays = sources.stand_in(name)
    origin = f"Stand-in data: the small embedded set in the format of {name}."
    return shelf.add(name, arrays, hidden=set(arrays) == set(HIDDEN), stand_in=True, origin=origin, replace=replace)
