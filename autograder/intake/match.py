"""Which cell of the release each of a student's cells is: by its grade id, else by its own id, its text and its place.

Platforms drop metadata, students copy, split and delete cells. What is matched by text and place is matched in order:
an alignment of the two notebooks (Needleman and Wunsch, 1970) in which cells already known are fixed.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise

from autograder.notebook.formats import Notebook, NotebookCell
from autograder.notebook.metadata import role_of

TEXT_CHARS = 4000
"""How much of a cell is compared."""
LARGEST_ALIGNMENT, LARGEST_COMPARISON = 400_000, 20_000
"""Pairs of cells above which nothing is matched by text: such a notebook is out to take time."""
MOST_PARTS = 8
"""Cells one answer is split into, at most, to be taken for one."""
ALIKE = 0.6
"""Share of tokens two cells have in common to be taken for one."""
SOMEWHAT_ALIKE = 0.35
"""The same of a changed cell of the course's where it ought to stand, and of a cell that makes nothing of its own."""
FIXED, BY_TEXT, BY_PLACE, CHANGED = 100.0, 1.0, 0.1, 0.05
"""Weights of a pair in the alignment. Where a cell may be an answer, it is no changed cell of the course's."""
STUB = re.compile(r"^[ \t]*(raise NotImplementedError.*|#+\s*YOUR CODE HERE.*|YOUR ANSWER HERE.*|pass)$", re.MULTILINE)
"""Lines of a stub that say nothing about the question."""
TOKEN = re.compile(r"\w+|[^\w\s]")
BOUND = re.compile(r"^(?:(?:async )?def|class)\s+(\w+)|^(\w+)\s*(?::[^=\n]+)?=(?!=)", re.MULTILINE)


@dataclass(frozen=True)
class Matching:
    """What the student's cells are. Positions on both sides count from 0."""

    release_of: Mapping[int, int]
    """Position in the release of each student's cell that is one of the release's."""
    recognised: frozenset[int] = frozenset()
    """Student's cells matched without a grade id."""
    parts: Mapping[int, tuple[int, ...]] = field(default_factory=dict)
    """Further student's cells that are the rest of this one's answer."""
    copies: Mapping[int, tuple[int, ...]] = field(default_factory=dict)
    """Other student's cells with the grade id of this one."""


def match(release: Notebook, submitted: Notebook) -> Matching:
    """Return which cells of `submitted` are which of `release`."""
    return _Matcher(release.cells, submitted.cells).match()


def are_alike(one: str, other: str) -> bool:
    """Whether two texts may be one cell's."""
    return one.strip() == other.strip() or _similarity(_tokens(one), _tokens(other)) >= ALIKE


class _Matcher:
    def __init__(self, release: Sequence[NotebookCell], submitted: Sequence[NotebookCell]) -> None:
        self.release, self.submitted = release, submitted
        self.roles = [role_of(cell) for cell in release]
        self.named = {role.id: index for index, role in enumerate(self.roles) if role.id}
        self.release_of: dict[int, int] = {}
        self.recognised: set[int] = set()
        self.parts: dict[int, tuple[int, ...]] = {}
        self.copies: dict[int, tuple[int, ...]] = {}

    def match(self) -> Matching:
        self._by_grade_id()
        self._by_cell_id()
        self._by_same_text()
        if any(role.id and index not in self._taken for index, role in enumerate(self.roles)):
            self._by_alignment()
        self._join_indented()
        return Matching(self.release_of, frozenset(self.recognised), self.parts, self.copies)

    @property
    def _taken(self) -> set[int]:
        return set(self.release_of.values())

    # --- By id --------------------------------------------------------------------------------------------------------

    def _by_grade_id(self) -> None:
        holders: dict[int, list[int]] = defaultdict(list)
        for index, cell in enumerate(self.submitted):
            if (name := role_of(cell).id) in self.named:
                holders[self.named[name]].append(index)
        for ours, indexes in holders.items():
            if len(indexes) == 1:
                self.release_of[indexes[0]] = ours
        for ours, indexes in holders.items():
            if len(indexes) > 1:
                self._choose(ours, indexes)

    def _choose(self, ours: int, indexes: list[int]) -> None:
        """Of the cells with one grade id: one in place, and changed where it is an answer; the last of those."""
        first, last = self._gap(ours)
        here = [index for index in indexes if first < index < last] or indexes
        same = [index for index in here if self._is_unchanged(ours, index)]
        if self.roles[ours].solution:
            changed = [index for index in here if not self._is_unchanged(ours, index)]
            run = self._split_run(changed)
            chosen = run[0] if run else (changed or here)[-1]
        else:
            run, chosen = (), (same or here)[0]
        self.release_of[chosen] = ours
        if run:
            self.parts[chosen] = run[1:]
        if rest := tuple(index for index in indexes if index != chosen and index not in run):
            self.copies[chosen] = rest

    def _gap(self, ours: int) -> tuple[int, int]:
        """Between which student's cells a cell of the release belongs, as far as cells are matched."""
        before = [theirs for theirs, there in self.release_of.items() if there < ours]
        after = [theirs for theirs, there in self.release_of.items() if there > ours]
        first = max(before, key=lambda theirs: self.release_of[theirs], default=-1)
        last = min(after, key=lambda theirs: self.release_of[theirs], default=len(self.submitted))
        return first, last

    def _is_unchanged(self, ours: int, theirs: int) -> bool:
        return self.release[ours].source.strip() == self.submitted[theirs].source.strip()

    def _split_run(self, indexes: list[int]) -> tuple[int, ...]:
        """All of `indexes` where they are one answer split: neighbours, of which none says again what another says."""
        neighbours = all(after == before + 1 for before, after in pairwise(indexes))
        if not neighbours or not 2 <= len(indexes) <= MOST_PARTS:
            return ()
        texts = [self.submitted[index].source for index in indexes]
        again = any(_say_the_same(one, other) for place, one in enumerate(texts) for other in texts[:place])
        return () if again else tuple(indexes)

    def _by_cell_id(self) -> None:
        """Some platforms drop metadata and keep the notebook format's own cell ids."""
        theirs = _once((cell.id, index) for index, cell in enumerate(self.submitted) if index not in self.release_of)
        ours = _once((cell.id, index) for index, cell in enumerate(self.release))
        taken = self._taken
        for name in theirs.keys() & ours.keys():
            if ours[name] not in taken and role_of(self.submitted[theirs[name]]).id not in self.named:
                self._recognise(theirs[name], ours[name])

    def _recognise(self, theirs: int, ours: int) -> None:
        self.release_of[theirs] = ours
        if self.roles[ours].id:
            self.recognised.add(theirs)

    # --- By text and place --------------------------------------------------------------------------------------------

    def _by_same_text(self) -> None:
        """Cells with a text that stands once on either side. Stubs are not told apart by it."""
        free = [index for index in range(len(self.submitted)) if index not in self.release_of]
        theirs = _once((self.submitted[index].source.strip(), index) for index in free)
        taken = self._taken
        ours = _once((cell.source.strip(), index) for index, cell in enumerate(self.release) if index not in taken)
        for text in theirs.keys() & ours.keys():
            if _telling(text):
                self._recognise(theirs[text], ours[text])

    def _by_alignment(self) -> None:
        rows, columns = len(self.release), len(self.submitted)
        free_rows = rows - len(self._taken)
        if rows * columns > LARGEST_ALIGNMENT or free_rows * (columns - len(self.release_of)) > LARGEST_COMPARISON:
            return
        for ours, theirs in _align(self._weights()):
            if theirs not in self.release_of:
                self._recognise(theirs, ours)

    def _weights(self) -> list[list[float]]:
        """What each pair of cells adds to an alignment: 0 where the two are not one cell."""
        taken = self._taken
        copies = {index for rest in self.copies.values() for index in rest if index not in self._strays}
        parts = {index for rest in self.parts.values() for index in rest}
        tokens = [
            Counter() if index in self.release_of else _tokens(cell.source) for index, cell in enumerate(self.submitted)
        ]
        weights = []
        for ours, cell in enumerate(self.release):
            wanted = _tokens(cell.source)
            row = [0.0] * len(self.submitted)
            for theirs in range(len(self.submitted)):
                if theirs in self.release_of:
                    row[theirs] = FIXED if self.release_of[theirs] == ours else 0.0
                elif ours not in taken and theirs not in copies and theirs not in parts:
                    row[theirs] = self._weight(ours, theirs, wanted, tokens[theirs])
            weights.append(row)
        return weights

    @cached_property
    def _strays(self) -> set[int]:
        """Copies that lie elsewhere than the cell they were copied from: they may be another question's answer."""
        found = set()
        for chosen, rest in self.copies.items():
            first, last = self._gap(self.release_of[chosen])
            found |= {index for index in rest if not first < index < last}
        return found

    @cached_property
    def _familiar(self) -> bool:
        """Whether enough is known for a cell's place to say what it is: a third of the release."""
        return 3 * len(self.release_of) >= len(self.release)

    def _weight(self, ours: int, theirs: int, wanted: Counter[str], given: Counter[str]) -> float:
        role, cell = self.roles[ours], self.submitted[theirs]
        alike = _similarity(wanted, given)
        if role.solution:
            alike = max(alike, _kept_lines(self.release[ours].source, cell.source))
        elif role.locked and "assert" in wanted and "assert" not in given:
            return 0.0  # a test that tests nothing: an answer may read much as its test does
        if alike >= ALIKE or theirs == self._makers.get(ours):
            return BY_TEXT + alike
        like = cell.cell_type == self.release[ours].cell_type and cell.source.strip()
        if not (self._familiar and like):
            return 0.0
        if role.solution:
            return BY_PLACE + alike / 100
        return CHANGED + alike / 100 if role.locked and self._is_changed(ours, theirs, alike) else 0.0

    def _is_changed(self, ours: int, theirs: int, alike: float) -> bool:
        """Whether a cell may be one of the course's that was much changed: nothing is lost where it is taken for it."""
        mine, cell = self.release[ours].source, self.submitted[theirs].source
        if self.release[ours].cell_type != "code" or not _bound(cell) <= _bound(mine):
            return False
        lines = max(_kept_lines(mine, cell), _kept_lines(cell, mine))
        tests = all(text.lstrip().startswith("assert") for text in (mine, cell))
        return alike >= SOMEWHAT_ALIKE or lines >= ALIKE or tests

    @cached_property
    def _makers(self) -> dict[int, int]:
        """The one student's cell that makes what an answer's stub names: `def train(x, y)` for `def train():`.

        So is a locked cell known by the functions it defines, whatever was done to them.
        """
        wanted = _makers_of(enumerate(self.release))
        given = _makers_of((index, cell) for index, cell in enumerate(self.submitted) if index not in self.release_of)
        found = {}
        for ours, role in enumerate(self.roles):
            source = self.release[ours].source
            names = _bound(source) if role.solution else _defined(source) if role.locked else set()
            cells = {index for name in names for index in given.get(name, ())}
            if names and len(cells) == 1 and all(wanted[name] == [ours] and name in given for name in names):
                found[ours] = cells.pop()
        return found

    # --- Split answers ------------------------------------------------------------------------------------------------

    def _join_indented(self) -> None:
        """A cell that begins indented, right after an answer, is the rest of that answer."""
        for theirs, ours in list(self.release_of.items()):
            rest = list(self.parts.get(theirs, ()))
            after = (rest[-1] if rest else theirs) + 1
            while self.roles[ours].solution and self._continues(after):
                rest.append(after)
                after += 1
            if rest:
                self.parts[theirs] = tuple(rest)

    def _continues(self, index: int) -> bool:
        if index >= len(self.submitted) or index in self.release_of:
            return False
        cell = self.submitted[index]
        known = role_of(cell).id in self.named
        return not known and cell.cell_type == "code" and cell.source.lstrip("\n")[:1] in (" ", "\t")


def _align(weights: Sequence[Sequence[float]]) -> list[tuple[int, int]]:
    """Return the pairs (row, column), both increasing, of the greatest total weight. Pairs of weight 0 are left out."""
    rows, columns = len(weights), len(weights[0]) if weights else 0
    best = [[0.0] * (columns + 1) for _ in range(rows + 1)]
    for row in reversed(range(rows)):
        for column in reversed(range(columns)):
            paired = best[row + 1][column + 1] + weights[row][column] if weights[row][column] else 0.0
            best[row][column] = max(best[row + 1][column], best[row][column + 1], paired)
    pairs = []
    row = column = 0
    while row < rows and column < columns:
        weight = weights[row][column]
        if weight and best[row][column] == best[row + 1][column + 1] + weight:
            pairs.append((row, column))
            row, column = row + 1, column + 1
        elif best[row][column] == best[row + 1][column]:
            row += 1
        else:
            column += 1
    return pairs


def _once(pairs: Iterable[tuple[str, int]]) -> dict[str, int]:
    """The keys that occur once, empty ones left out."""
    found: dict[str, list[int]] = defaultdict(list)
    for key, value in pairs:
        found[key].append(value)
    return {key: values[0] for key, values in found.items() if key and len(values) == 1}


def _makers_of(cells: Iterable[tuple[int, NotebookCell]]) -> dict[str, list[int]]:
    """The cells that bind each name."""
    found: dict[str, list[int]] = defaultdict(list)
    for index, cell in cells:
        for name in _bound(cell.source):
            found[name].append(index)
    return found


def _telling(text: str) -> bool:
    """Whether a text says which cell it is: a bare stub does not."""
    return bool(STUB.sub("", text).strip())


def _tokens(text: str) -> Counter[str]:
    return Counter(TOKEN.findall(text[:TEXT_CHARS]))


def _similarity(one: Counter[str], other: Counter[str]) -> float:
    """Dice's coefficient of two bags of tokens, 0 to 1 (Dice, 1945)."""
    total = one.total() + other.total()
    return 2 * (one & other).total() / total if total else 0.0


def _kept_lines(stub: str, answer: str) -> float:
    """Share of the lines a stub gives that stand in the answer; 0 where it gives none."""
    given = [line.strip() for line in STUB.sub("", stub[:TEXT_CHARS]).splitlines() if line.strip()]
    there = {line.strip() for line in answer[:TEXT_CHARS].splitlines()}
    return sum(line in there for line in given) / len(given) if given else 0.0


def _say_the_same(one: str, other: str) -> bool:
    """Whether two cells are versions of one thing: they bind a name both, or read alike where one binds none."""
    mine, others = _bound(one), _bound(other)
    return bool(mine & others) if mine and others else _similarity(_tokens(one), _tokens(other)) >= ALIKE


def _defined(source: str) -> set[str]:
    return {function for function, _ in BOUND.findall(source[:TEXT_CHARS]) if function}


def _bound(source: str) -> set[str]:
    return {name for pair in BOUND.findall(source[:TEXT_CHARS]) for name in pair if name}
