"""Why the cells of one exam stopped, and what follows from what: the cause is told once, and is the true one.

Pure: it reads what came back from a room and the text of cells, and runs nothing. Where it cannot tell it says nothing:
an error that is not known to follow from another is its own cause.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cached_property

import msgspec
from msgspec.structs import replace

from autograder.evidence import CellRecord, Exam
from autograder.judge.lacks import Lack, lack_of
from autograder.judge.places import Places, is_own, is_test
from autograder.judge.spoilt import Part, Spoilt, changes, pass_on
from autograder.judge.unwritten import undefined_name
from autograder.notebook.names import CellNames, Statement, names_of, names_read_at
from autograder.wire.messages import Fault, Frame

NOT_READ = ("SyntaxError", "IndentationError", "TabError")
"""Errors of a cell none of which ran."""
LIKENESS, ANY_LIKENESS = 0.6, 0.3
"""difflib's ratio from which two names are taken for one, misspelt; for names of values of the very kind asked for."""
MOST_CELLS, MOST_CHARS, MOST_STATES = 500, 500_000, 1_000_000
"""Cells of a notebook in which it is looked for what follows from what, characters of their code, and names, cell by
cell, with what each may be spoilt by. No student writes more; who does to keep a grader busy reads each error alone."""


class Causes:
    """What each fault of one exam follows from."""

    def __init__(self, exam: Exam | None, solution: Exam | None = None, absent: Collection[str] = ()) -> None:
        """`solution` is the exam of the course's own answers, which says what each answer cell makes.

        `absent` are the names of what this machine lacks, and ought not to. Without an exam nothing is known, and every
        fault is its own cause.
        """
        self.places = Places(exam)
        self.versions: Mapping[str, str] = exam.versions if exam else {}
        """Of the libraries of the exam's room."""
        self._exam = exam
        self._absent = absent
        self._records = sorted(exam.cells, key=lambda record: record.cell.index) if exam and _is_followed(exam) else []
        self._by_id = {record.cell.id: record for record in self._records if record.cell.id}
        self._wanted = [(record.cell.id, _names(record)) for record in solution.cells] if solution else []
        self._resolving: set[int] = set()
        self._known: dict[tuple[int, int | None], tuple[Fault, Fault]] = {}
        """Roots, by the fault's identity, and the cell it stopped. Beside each, the fault, which keeps its identity."""
        for record, fault in self._stopped():  # in order: each follows from those above, and none is far from its root
            self.root(fault, record.cell.index)

    def root(self, fault: Fault, at: int | None = None) -> Fault:
        """Return the fault that `fault` follows from, itself where it follows from none.

        `at` is the cell that `fault` stopped; None: it is that of an answer, asked for after the last cell.
        """
        key = (id(fault), at)
        if key in self._known:
            return self._known[key][1]
        found = self._root(fault, at)
        if not self._resolving:  # on the way to another's root, what is being looked for is left out
            self._known[key] = (fault, found)
        return found

    def _root(self, fault: Fault, at: int | None) -> Fault:
        name = undefined_name(fault)
        found = self._why_absent(name, at) if name else self._first_like(fault)
        if found is None and name:
            found = self._first_undefined.get(name)
        if found is None and fault.kind == "missing" and name and fault.names:
            return self._with_own_names(fault)
        return found or fault

    @cached_property
    def roots(self) -> tuple[Fault, ...]:
        """The faults that cells stopped for and that follow from no other, in the notebook's order."""
        return tuple(root for root, _ in self._followed_by)

    @cached_property
    def _followed_by(self) -> list[tuple[Fault, list[int]]]:
        """Each root, with the cells that stopped for it."""
        found: dict[bytes, tuple[Fault, list[int]]] = {}
        for record, fault in self._stopped():
            root = self.root(fault, record.cell.index)
            found.setdefault(msgspec.json.encode(root), (root, []))[1].append(record.cell.index)
        return list(found.values())

    def lack(self, fault: Fault) -> Lack | None:
        """Return what this machine lacks, where that is all that `fault` is."""
        found = lack_of(fault)
        return found if found is not None and found.name in self._absent else None

    def lack_behind(self, names: Iterable[str], before: int | None = None, *, whole: bool = False) -> Lack | None:
        """Return what this machine lacks and one of `names` would have been made with.

        `before` is the cell where it was met; None: it was asked for after the last. `whole`: what is asked of a
        network is its making alone, whatever it has learned.
        """
        spoilt = self._spoilt(before) if self._absent else {}
        found = (spoilt[name] for name in names if name in spoilt)
        parts = ("all",) if whole else ("all", "trained")
        lacks = (self.lack(one.root) for one in found if one.part in parts)
        return next((lack for lack in lacks if lack is not None), None)

    def stopped_at(self, root: Fault) -> int | None:
        """Return the cell that stopped for `root`; None where none did."""
        return self._stops.get(id(root))

    @cached_property
    def _stops(self) -> dict[int, int]:
        """The cell that stopped for a fault, by the fault's identity."""
        return {id(fault): record.cell.index for record, fault in self._stopped()}

    def follow(self, root: Fault) -> list[int]:
        """Return the cells that stopped for `root`, in the notebook's order."""
        return next((cells for one, cells in self._followed_by if one == root), [])

    def frame(self, fault: Fault) -> Frame | None:
        """Return the line to look at: the innermost of the student's own, or the innermost of all."""
        own = (frame for frame in reversed(fault.frames) if self.is_students_cell(frame.cell))
        return next(own, fault.frames[-1] if fault.frames else None)

    def cell(self, fault: Fault) -> int | None:
        """Return the cell that `fault` is to be read beside: where it is, or what made a line of the course's stop."""
        sources = self.sources(fault)
        return sources[0][1] if sources else self._place(fault)

    def _place(self, fault: Fault) -> int | None:
        frame = self.frame(fault)
        return frame.cell if frame else fault.cell

    def is_students_cell(self, index: int) -> bool:
        """Whether the student wrote a cell."""
        return index in self._own

    def is_the_students(self, fault: Fault) -> bool:
        """Whether a line of the student's own is on the way to the error."""
        frame = self.frame(fault)
        return frame is not None and self.is_students_cell(frame.cell)

    def is_the_courses(self, fault: Fault) -> bool:
        """Whether no line of the student's own is on the way to the error: a cell of the course's stopped."""
        cell = self._place(fault)
        return cell is not None and cell in self._indices and not self.is_students_cell(cell)

    def in_the_courses(self, fault: Fault) -> bool:
        """Whether a line of the course's led to the error."""
        return bool(fault.frames) and fault.frames[0].cell in self._indices - self._own

    def behind(self, names: Iterable[str], before: int | None = None) -> Fault | None:
        """Return what may be behind a wrong value of one of `names`: a cell that stopped before it was done with it.

        `before` is the cell where the value was met; None: it was asked for after the last.
        """
        spoilt = self._spoilt(before)
        found = (spoilt[name] for name in names if name in spoilt)
        return next((one.root for one in found if one.sure), None)

    def behind_fault(self, fault: Fault) -> Fault | None:
        """Return what may be behind an error that a line of the course's led to, as `behind` does."""
        first = fault.frames[0] if fault.frames else None
        found = self.behind(sorted(self._names_read(first)), first.cell) if first else None
        return found if found != fault else None

    def failing_source(self, fault: Fault) -> int | None:
        """Return an answer that a line of the course's gave to the one that stopped, and whose own tests stopped."""
        first, place = (fault.frames[0] if fault.frames else None), self._place(fault)
        if first is None or not self.in_the_courses(fault):
            return None
        found = self._from_student(self._names_read(first), first.cell, set())
        cells = sorted({cell for _, cell in found if cell != place and self._fails_its_tests(cell, first.cell)})
        return next(iter(cells), None)

    def names_there(self, fault: Fault) -> frozenset[str]:
        """Names read by the statement that an error comes from."""
        return self._names_read(self.frame(fault))

    def _names_read(self, frame: Frame | None) -> frozenset[str]:
        if frame is None:
            return frozenset()
        source = next((one.cell.source for one in self._records if one.cell.index == frame.cell), "")
        return names_read_at(source, frame.line)

    def sources(self, fault: Fault) -> list[tuple[str, int]]:
        """Return what a line of the course's got from the student: names, and the answer cells they come from.

        First the one whose own tests stopped, then the nearest.
        """
        if fault.kind != "raised" or not self.is_the_courses(fault):
            return []
        place, names = self._place(fault) or 0, self.names_there(fault)
        cell = next(_names(one) for one in self._records if one.cell.index == place)
        names = (names - cell.made) | cell.needed if names & cell.made else names
        found = list(dict.fromkeys(self._from_student(names, place, set())))
        return sorted(found, key=lambda one: (not self._fails_its_tests(one[1], place), -one[1]))

    def defines(self, name: str, cell: int) -> bool:
        """Whether a cell defines a function or class of this name."""
        return any(name in _names(one).defined for one in self._records if one.cell.index == cell)

    def made_later(self, fault: Fault, at: int | None) -> int | None:
        """Return the cell further down that makes the name that was missing in cell `at`."""
        name = undefined_name(fault)
        later = (one.cell.index for one in self._makers(name) if at is not None and one.cell.index > at)
        return next(later, None) if name else None

    def lookalike(self, fault: Fault) -> str:
        """Return a name made before the error that the missing one may be a misspelling of, or itself; empty: none."""
        cell = self._place(fault)
        known = {
            name
            for record in self._records
            if cell is None or record.cell.index <= cell
            for name in _names(record).made
            if record.run is not None and (record.run.fault is None or record.cell.index == cell)
        }
        return next(iter(difflib.get_close_matches(undefined_name(fault), sorted(known), 1, LIKENESS)), "")

    # --- A name that is not there -------------------------------------------------------------------------------------

    def _why_absent(self, name: str, at: int | None) -> Fault | None:
        makers = [one for one in self._makers(name) if at is None or one.cell.index < at]
        if any(one.run is not None and one.run.fault is None for one in makers):
            return None  # it was made, and is gone: deleted, or made under a condition
        if makers:
            return self._why_stopped(makers[-1])
        wanted = self._wanted_maker(name)
        if wanted is None or (at is not None and wanted.cell.index >= at):
            return None
        if wanted.run is None or wanted.run.fault is not None:
            return self._why_stopped(wanted)
        return Fault(kind="missing", error=name, names=self._instead(name, wanted), cell=wanted.cell.index)

    def _why_stopped(self, record: CellRecord) -> Fault | None:
        """What a cell stopped for, or never ran for; None where it ran to its end."""
        if record.run is None:
            return self._exam.fault if self._exam else None
        if record.run.fault is None or record.cell.index in self._resolving:
            return record.run.fault
        self._resolving.add(record.cell.index)
        try:
            return self.root(record.run.fault, record.cell.index)
        finally:
            self._resolving.discard(record.cell.index)

    def _with_own_names(self, fault: Fault) -> Fault:
        """Of the names that look like the missing one, those that the course's own cells do not make."""
        given = {
            name for one in self._records if not self.is_students_cell(one.cell.index) for name in _names(one).made
        }
        known = [name for name in fault.names if name not in given]
        near = difflib.get_close_matches(fault.error, known, 1, ANY_LIKENESS)
        return fault if near == fault.names else replace(fault, names=near)

    def _makers(self, name: str) -> list[CellRecord]:
        return self._makers_of.get(name, [])

    @cached_property
    def _makers_of(self) -> dict[str, list[CellRecord]]:
        """The cells that make a name, in order."""
        found: dict[str, list[CellRecord]] = {}
        for record in self._records:
            for name in _names(record).made:
                found.setdefault(name, []).append(record)
        return found

    def _wanted_maker(self, name: str) -> CellRecord | None:
        """The student's answer cell whose counterpart in the solution makes `name`."""
        ids = (cell for cell, names in self._wanted if cell and name in names.made)
        found = (self._by_id[cell] for cell in ids if cell in self._by_id)
        return next((record for record in found if self.is_students_cell(record.cell.index)), None)

    def _instead(self, name: str, record: CellRecord) -> list[str]:
        """What an answer cell makes that nobody asked it for, of the form of what was asked: the likeliest first."""
        solution = dict(self._wanted)[record.cell.id]
        asked = {one for _, names in self._wanted for one in names.made}
        own = _names(record)
        same_form = own.defined if name in solution.defined else own.made - own.defined - own.imported
        extra = sorted(one for one in same_form - asked if not one.startswith("_"))
        return sorted(extra, key=lambda one: -difflib.SequenceMatcher(None, name, one).ratio())

    # --- What a stopped cell leaves behind ----------------------------------------------------------------------------

    def _spoilt(self, before: int | None) -> Mapping[str, Spoilt]:
        """Names whose value may be another than it would have been where cell `before` began, and why.

        None: after the last cell.
        """
        known = [state for at, state in self._states if before is None or at < before]
        return known[-1] if known else {}

    @cached_property
    def _states(self) -> list[tuple[int, dict[str, Spoilt]]]:
        """What is spoilt after each cell; nothing where that is too much to follow."""
        states: list[tuple[int, dict[str, Spoilt]]] = []
        spoilt: dict[str, Spoilt] = {}
        variables, own, held = set[str](), set[str](), 0
        for record in self._records:
            names, at = _names(record), record.cell.index
            own |= names.defined
            if not (record.run is not None and record.run.fault and is_test(record.cell)):
                root, stopped = self._why_stopped(record), _stopped_line(record)
                for one in names.statements:
                    if root is not None and one.last >= stopped:
                        for name, why in self._lost(one, root, at, variables, own).items():
                            spoilt.setdefault(name, why)
                        spoilt.update(dict.fromkeys(one.made, Spoilt(root, sure=True)))
                    else:
                        pass_on(one, spoilt, variables, own)
                    variables |= one.made - names.imported - names.defined
            variables |= names.made - names.imported - names.defined
            held += len(spoilt) + len(names.statements)
            if held > MOST_STATES:
                return []
            states.append((at, dict(spoilt)))
        return states

    def _lost(
        self, one: Statement, root: Fault, at: int, variables: Collection[str], own: Collection[str]
    ) -> dict[str, Spoilt]:
        """What a statement that was not done worked on, or would have changed."""
        found: dict[str, Part] = {**dict.fromkeys(one.used, "none"), **dict(changes(one, own))}
        return {
            name: Spoilt(root, sure=not any(self._from_student({name}, at, set())), part=part)
            for name, part in found.items()
            if name in variables
        }

    def _fails_its_tests(self, cell: int, before: int) -> bool:
        """Whether the first test cell after an answer stopped, for what the answer is."""
        later = (one for one in self._records if cell < one.cell.index < before and is_test(one.cell))
        tests = next(later, None)
        return tests is not None and tests.run is not None and tests.run.fault is not None

    def _from_student(self, names: Collection[str], before: int, seen: set[int]) -> Iterator[tuple[str, int]]:
        for name in sorted(names):
            makers = [one for one in self._makers(name) if one.cell.index < before and name not in _names(one).imported]
            if not makers or makers[-1].cell.index in seen:
                continue
            maker = makers[-1].cell
            if self.is_students_cell(maker.index):
                yield name, maker.index
            else:
                seen.add(maker.index)
                yield from self._from_student(names_of(maker.source).needed, maker.index, seen)

    # --- Faults -------------------------------------------------------------------------------------------------------

    def _stopped(self) -> Iterator[tuple[CellRecord, Fault]]:
        for record in self._records:
            if record.run is not None and record.run.fault is not None:
                yield record, record.run.fault

    def _first_like(self, fault: Fault) -> Fault | None:
        """The first stop of a cell for the same error in the same line of the student's own."""
        key = self._key(fault)
        return self._first_by_key.get(key) if key else None

    @cached_property
    def _first_by_key(self) -> dict[tuple[str, str, int, int] | None, Fault]:
        return {self._key(fault): fault for _, fault in reversed(list(self._stopped()))}

    @cached_property
    def _first_undefined(self) -> dict[str, Fault]:
        """The first stop of a cell for want of a name."""
        return {undefined_name(fault): fault for _, fault in reversed(list(self._stopped()))}

    def _key(self, fault: Fault) -> tuple[str, str, int, int] | None:
        frame = self.frame(fault)
        if frame is None or not self.is_students_cell(frame.cell) or undefined_name(fault):
            return None
        return fault.kind, fault.error, frame.cell, frame.line

    @cached_property
    def _own(self) -> set[int]:
        return {record.cell.index for record in self._records if self._exam and is_own(record.cell, self._exam)}

    @cached_property
    def _indices(self) -> set[int]:
        return {record.cell.index for record in self._records}


def _stopped_line(record: CellRecord) -> int:
    """The line at which a cell stopped: what stands above it was done. 0: nothing was, or it is not known."""
    fault = record.run.fault if record.run else None
    if fault is None or fault.error in NOT_READ:
        return 0
    return next((frame.line for frame in fault.frames if frame.cell == record.cell.index), 0)


def _is_followed(exam: Exam) -> bool:
    return len(exam.cells) <= MOST_CELLS and sum(len(one.cell.source) for one in exam.cells) <= MOST_CHARS


def _names(record: CellRecord) -> CellNames:
    return names_of(record.cell.source)
