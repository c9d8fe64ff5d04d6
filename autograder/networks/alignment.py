"""The smallest list of edits that mends one sequence of steps into another."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from autograder.networks.steps import Step

MAX_STEPS = 400
"""Steps compared once the common beginning and end are set aside. The table grows as its square."""

SETTINGS_FIRST = (
    *("filters", "units", "activation", "kernel_size", "pool_size", "padding", "strides", "dilation_rate", "rate"),
    *("axis", "target_shape"),
)
"""The settings a student thinks of first; the others follow in alphabetical order."""

_INSERTED = 1.0
_KINDRED = 1.0
_UNRELATED = 1.9
"""A little less than one step too many and one missing: better one step for another."""
_FAMILIES = (
    re.compile(r"(Max|Average)Pooling[123]D"),
    re.compile(r"Flatten|Reshape|Global(Max|Average)Pooling[123]D"),
    re.compile(r".*Conv[123]D.*"),
    re.compile(r"SimpleRNN|LSTM|GRU|Bidirectional"),
    re.compile(r".*Dropout.*"),
    re.compile(r".*Normalization"),
    re.compile(r"Add|Concatenate|Multiply|Average|Subtract|Maximum|Minimum"),
)
"""Classes one may take for another."""


@dataclass(frozen=True)
class Edit:
    """One step to change, to add or to take away. Both steps: change `given` into `wanted`."""

    given: Step | None
    wanted: Step | None
    owner: Step | None
    """The step that names its layer: the given one, or the one it belongs to, or, for a step to add, the one before."""
    last: bool
    """Whether it is the last step of the network."""
    moved: bool = False
    """Whether `given` only stands in another place; `owner` is then the wanted step before it."""
    repeated: bool = False
    """Whether a step to take away is there more often than wanted."""
    after: Step | None = None
    """Of a step that is moved, the given one that it should follow; None where that is not there."""

    @property
    def settings(self) -> tuple[str, ...]:
        """The settings to change, where both steps are of one class."""
        if self.given is None or self.wanted is None or self.given.cls != self.wanted.cls:
            return ()
        return differing(self.given, self.wanted)


def edits(given: Sequence[Step], wanted: Sequence[Step]) -> list[Edit]:
    """Return the edits that mend `given` into `wanted`, in the order of the network; none where they are equal.

    What steps take as input is not compared: see `explain`. A step that only stands elsewhere makes one edit.
    """
    found: list[Edit] = []
    mine = theirs = 0
    pairs = _aligned(given, wanted)
    for left, right in pairs:
        last = mine >= len(given) - 1 and theirs >= len(wanted) - 1
        if left is None or right is None or not _same(left, right):
            owner = _owner(given, mine if left is not None else mine - 1)
            found.append(Edit(left, right, owner, last, repeated=right is None and _is_repeated(left, given, wanted)))
        mine += left is not None
        theirs += right is not None
    return _with_first_moved(found, given, wanted, pairs)


def _is_repeated(step: Step | None, given: Sequence[Step], wanted: Sequence[Step]) -> bool:
    mine, theirs = (sum(step is not None and _same(one, step) for one in steps) for steps in (given, wanted))
    return mine > theirs > 0


def differing(given: Step, wanted: Step) -> tuple[str, ...]:
    """Return the settings that differ between two steps of one class, the most telling first."""
    mine, theirs = dict(given.settings), dict(wanted.settings)
    keys = [key for key in mine | theirs if mine.get(key) != theirs.get(key)]
    return tuple(sorted(keys, key=lambda key: (_rank(key), key)))


def _rank(key: str) -> int:
    return SETTINGS_FIRST.index(key) if key in SETTINGS_FIRST else len(SETTINGS_FIRST)


def _owner(steps: Sequence[Step], index: int) -> Step | None:
    """Return the first step of the layer that the step at `index` is a part of; None before the first."""
    while index > 0 and steps[index - 1].layer == steps[index].layer:
        index -= 1
    return steps[index] if 0 <= index < len(steps) else None


def _with_first_moved(
    found: list[Edit],
    given: Sequence[Step],
    wanted: Sequence[Step],
    pairs: Sequence[tuple[Step | None, Step | None]],
) -> list[Edit]:
    """Where the first edit takes away a step that a later one adds, or the reverse, make them one move."""
    for number, later in enumerate(found[1:], start=1):
        first = found[0]
        gone, come = (first, later) if first.wanted is None else (later, first)
        if gone.given is None or gone.wanted is not None or come.wanted is None or come.given is not None:
            continue
        if _same(gone.given, come.wanted):
            place = next(index for index, step in enumerate(wanted) if step is come.wanted)
            before = wanted[place - 1] if place else None
            mine = next((left for left, right in pairs if right is before and before is not None), None)
            after = None if mine is None else _owner(given, next(n for n, one in enumerate(given) if one is mine))
            move = Edit(gone.given, come.wanted, before, come.last, moved=True, after=after)
            return [move, *found[1:number], *found[number + 1 :]]
    return found


def _same(given: Step, wanted: Step) -> bool:
    return given.cls == wanted.cls and given.settings == wanted.settings


def _aligned(given: Sequence[Step], wanted: Sequence[Step]) -> list[tuple[Step | None, Step | None]]:
    """Pair equal or kindred steps in order; None stands where one side has no counterpart."""
    shorter = min(len(given), len(wanted))
    start = next((i for i in range(shorter) if not _same(given[i], wanted[i])), shorter)
    room = shorter - start
    end = next((i for i in range(room) if not _same(given[-1 - i], wanted[-1 - i])), room)
    mine, theirs = given[start : len(given) - end], wanted[start : len(wanted) - end]
    return [
        *zip(given[:start], wanted[:start], strict=True),
        *_cheapest(mine[:MAX_STEPS], theirs[:MAX_STEPS]),
        *((step, None) for step in mine[MAX_STEPS:]),
        *((None, step) for step in theirs[MAX_STEPS:]),
        *zip(given[len(given) - end :], wanted[len(wanted) - end :], strict=True),
    ]


def _cheapest(given: Sequence[Step], wanted: Sequence[Step]) -> list[tuple[Step | None, Step | None]]:
    """Edit distance (Wagner and Fischer, 1974) with the costs of `_cost`; of equal ways, the one that pairs soonest."""
    table = _costs(given, wanted)
    pairs: list[tuple[Step | None, Step | None]] = []
    i = j = 0
    while i < len(given) or j < len(wanted):
        both = i < len(given) and j < len(wanted)
        if both and table[i][j] == _cost(given[i], wanted[j]) + table[i + 1][j + 1]:
            pairs.append((given[i], wanted[j]))
            i, j = i + 1, j + 1
        elif i < len(given) and (j == len(wanted) or table[i][j] == _INSERTED + table[i + 1][j]):
            pairs.append((given[i], None))
            i += 1
        else:
            pairs.append((None, wanted[j]))
            j += 1
    return pairs


def _costs(given: Sequence[Step], wanted: Sequence[Step]) -> list[list[float]]:
    """Return, at [i][j], what it costs to mend given[i:] into wanted[j:]."""
    rows, columns = len(given), len(wanted)
    table = [[_INSERTED * (rows - i + columns - j) for j in range(columns + 1)] for i in range(rows + 1)]
    for i in reversed(range(rows)):
        for j in reversed(range(columns)):
            table[i][j] = min(
                _cost(given[i], wanted[j]) + table[i + 1][j + 1],
                _INSERTED + table[i + 1][j],
                _INSERTED + table[i][j + 1],
            )
    return table


def _cost(given: Step, wanted: Step) -> float:
    """Return what it costs to change one step into another: little, and in proportion to its settings, in one class."""
    if given.cls != wanted.cls:
        kindred = any(family.fullmatch(given.cls) and family.fullmatch(wanted.cls) for family in _FAMILIES)
        return _KINDRED if kindred else _UNRELATED
    if given.settings == wanted.settings:
        return 0
    keys = dict(given.settings) | dict(wanted.settings)
    return 0.2 + 0.6 * len(differing(given, wanted)) / len(keys)
