"""Inputs that students have not seen, like those that the notebook gives its functions, as code one can read."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from autograder.authoring.draft.described import Described

RNG = "seeded({})"
"""How a drafted file writes a generator: each input has its own, so that one can be changed or left out alone."""
GENERATOR = "<generator>"
LARGEST_SIDE = 8
"""Sizes above this are made small, so that what comes back can be read: those that were equal stay so."""
CHANNELS = 4
ROWS = 40
SMALLEST = 6
"""Of whole numbers that are made smaller: a third of fewer is hardly one."""
LARGEST = 20_000
"""Numbers in the arrays of one call."""
NEW_SIDES = (5, 7, 6, 9, 10, 11, 12, 13)

Reason = Literal["hidden", "values", "sizes", "small", "rows", "same sizes", "same"]
"""How inputs differ from those seen: as a hidden test's, which nobody has seen; in their values, in their sizes too, in
whole numbers that are a third, in the number of rows, in values alone; not at all."""
Loose = Literal["weights", "picture", "generator"]
"""weights: a network is given, whose weights were drawn · picture: an image file is named, which libraries decode and
resize each in its way · generator: of random numbers, from which right answers may draw in another order."""
_PICTURE = re.compile(r"\.(?:bmp|gif|jpe?g|png|tiff?|webp)$", re.IGNORECASE)


@dataclass
class _Way:
    """How inputs are made other than those seen."""

    grown: bool
    """Whether small sizes and whole numbers grow too."""
    whole: bool = False
    """Whether sizes stay as they are: of a function that takes no others."""
    small: bool = False
    """Whether whole numbers are a third of those seen: what is more than they allow is cut."""
    rows: int = 0
    """Of the first axis, where there are to be many."""
    sides: dict[int, int] = field(default_factory=dict)
    many: bool = False
    """Whether some array has that many rows."""
    cut: bool = False
    """Whether some whole number is one of those."""
    used: set[str] = field(default_factory=set)
    """What the code needs: `symbolic`, `named`."""
    loose: Loose | None = None
    """Why right answers to these inputs may differ in their values."""

    def side(self, size: int, axis: int, last: int, *, square: bool = False) -> int:
        """Return another length of an axis; `square`: of a matrix whose rows stay as many as its columns."""
        if self.whole or size <= 1 or (axis == last and size <= CHANNELS and axis > 1):
            return size
        if axis == 0 and self.rows and size > LARGEST_SIDE and not square:
            self.many = True
            return self.rows
        if size <= LARGEST_SIDE:
            return size + 2 * self.grown
        if size not in self.sides:
            self.sides[size] = NEW_SIDES[len(self.sides) % len(NEW_SIDES)] + self.grown
        return self.sides[size]


@dataclass(frozen=True)
class Inputs:
    """The arguments of one call, as code."""

    positional: tuple[str, ...]
    keywords: tuple[str, ...]
    reason: Reason
    used: frozenset[str]
    loose: Loose | None = None
    """Why right answers may differ in their values; None: they do not."""

    @property
    def code(self) -> str:
        """As they stand between a call's parentheses."""
        return ", ".join(self.given(""))

    def given(self, constant: str) -> tuple[str, ...]:
        """Each of them; what has no keyword as one, by the name of a tuple that holds it, where there is a name."""
        return (*((f"*{constant}",) if constant and self.positional else self.positional), *self.keywords)


def fresh(call: Described, seeds: Iterator[int]) -> Iterator[Inputs]:
    """Yield other arguments like those of a call, the most telling first; none where they cannot be written down."""
    ways: dict[Reason, _Way] = {"hidden": _Way(grown=False, whole=True)} if call.get("hidden") else {}
    ways |= {
        "values": _Way(grown=False),
        "sizes": _Way(grown=True),
        "small": _Way(grown=False, small=True),
        "rows": _Way(grown=False, rows=ROWS),
        "same sizes": _Way(grown=False, whole=True),
    }
    seen = set[str]()
    for reason, way in ways.items():
        try:
            positional = [_written(one, way) for one in call["args"]]
            named = {name: _written(one, way) for name, one in call["kwargs"].items()}
        except _Unwritable:
            return
        is_new = reason == "hidden" or [*positional, *named.values()] != _own(call) or not (positional or named)
        written = tuple(_seeded(one, seeds) for one in positional)
        by_name = tuple(f"{name}={_seeded(one, seeds)}" for name, one in named.items())
        found = Inputs(written, by_name, reason if is_new else "same", frozenset(way.used), way.loose)
        if (
            (reason == "rows" and not way.many)
            or (reason == "small" and not way.cut)
            or (reason == "same sizes" and size_of(call) > LARGEST)
        ):
            continue
        if found.code not in seen:
            seen.add(found.code)
            yield found


def _own(call: Described) -> list[str]:
    """The arguments of a call as the notebook gives them; empty for arrays, which are drawn anew."""
    given = [*call["args"], *(one for one in call["kwargs"].values())]
    return ["" if GENERATOR in (code := _written(one, _Way(False, True))) else code for one in given]


def _seeded(code: str, seeds: Iterator[int]) -> str:
    while GENERATOR in code:
        code = code.replace(GENERATOR, RNG.format(next(seeds)), 1)
    return code


class _Unwritable(Exception):
    """A value that no code of a checks file makes."""


def size_of(call: Described) -> int:
    """Return how many numbers the arrays have that a call is given."""
    return sum(math.prod(one["shape"]) for one in call["args"] if one["kind"] == "array")


def _written(value: Described, way: _Way) -> str:
    match value["kind"]:
        case "plain":
            return _plain(value["value"], way)
        case "array":
            return _array(value, way)
        case "symbolic":
            way.used.add("symbolic")
            last = len(value["shape"]) - 1
            sides = [size if size is None or way.whole else _symbolic_side(size, axis, last, way)
                     for axis, size in enumerate(value["shape"])]  # fmt: skip
            return f"symbolic({tuple(sides)})"
        case "named":
            way.used.add("named")
            way.loose = "weights" if value.get("weights") else way.loose
            return f'named("{value["name"]}")'
        case "generator":
            way.loose = "generator"
            return GENERATOR
        case "list" | "tuple":
            return _several(value, way)
        case "dict":
            pairs = (f"{_written(key, _Way(False, True))}: {_written(one, way)}" for key, one in value["pairs"])
            return f"{{{', '.join(pairs)}}}"
    raise _Unwritable


def _symbolic_side(size: int, axis: int, last: int, way: _Way) -> int:
    """Of a network's input: halves of it must stay whole as often as before, as poolings ask."""
    return size if axis == last or not way.grown else size * 2 if size <= 64 else size


def _plain(value: Any, way: _Way) -> str:
    if isinstance(value, str) and _PICTURE.search(value):
        way.loose = "picture"
    if isinstance(value, str):
        return _quoted(value if way.whole else _reworded(value, way))
    if isinstance(value, bool) or not isinstance(value, int | float):
        return repr(value)
    if way.whole:
        return repr(value)
    if isinstance(value, float):
        return repr(round(value * 1.5 + 0.25 * way.grown, 6))
    if way.small and value >= SMALLEST:
        way.cut = True
        return repr(value // 3)
    step = 2 if value % 2 or value > 2 else 1
    return repr(value if value < 1 else value + step * (1 + way.grown) - (step if value > 8 else 0))


def _reworded(text: str, way: _Way) -> str:
    """Another text of these words, capitals where there were none; a lone word may be a choice or a name, and stays."""
    words = text.split()
    if len(words) < 2:
        return text
    turned = " ".join(reversed(words)).swapcase()
    return f"{text} {turned}" if way.grown else turned


def _quoted(text: str) -> str:
    return repr(text) if '"' in text or "'" in text else f'"{repr(text)[1:-1]}"'


def _several(value: Described, way: _Way) -> str:
    items = value["items"]
    numbers = [one["value"] for one in items if one["kind"] == "plain" and type(one["value"]) is int]
    if len(numbers) == len(items) > 1 and not way.whole:
        kept = [one + 3 * place + 1 if one < 50 else 5 + 4 * place for place, one in enumerate(numbers)]
        written = [str(one) for one in (kept if not way.grown else [*kept, 2])]
    else:
        written = [_written(one, way) for one in items]
    opening, closing = ("[", "]") if value["kind"] == "list" else ("(", ",)" if len(written) == 1 else ")")
    return f"{opening}{', '.join(written)}{closing}"


def _array(value: Described, way: _Way) -> str:
    last = len(value["shape"]) - 1
    square = last == 1 and value["shape"][0] == value["shape"][1]
    shape = tuple(way.side(size, axis, last, square=square) for axis, size in enumerate(value["shape"]))
    code = _drawn(value, shape, way)
    framework = value.get("framework")
    if framework in ("tensorflow", "torch"):
        way.used.add("tensor")
        return f'tensor({code}, "{framework}")'
    return code


def _drawn(value: Described, shape: tuple[int, ...], way: _Way) -> str:
    dtype = value["dtype"]
    kind = "".join(letter for letter in dtype if letter.isalpha())
    low, high = value.get("low", 0.0), value.get("high", 1.0)
    size = str(shape) if len(shape) != 1 else str(shape[0])
    if kind == "bool":
        return f"{GENERATOR}.random({size}) < 0.5"
    if value.get("form") == "one-hot":
        cast = "" if dtype == "float64" else f", dtype=np.{dtype}"
        return f"np.eye({shape[1]}{cast})[{GENERATOR}.integers(0, {shape[1]}, {shape[0]})]"
    if value.get("form") == "rows of probabilities":
        return f"{GENERATOR}.dirichlet(np.ones({shape[1]}), {shape[0]}){_cast(dtype)}"
    if value.get("form") == "range":
        return f"{GENERATOR}.permutation({shape[0]})"
    if kind in ("int", "uint"):
        cast = "" if dtype == "int64" else f", dtype=np.{dtype}"
        top = way.sides.get(int(high) + 1, int(high) + 1) if high > low else int(high) + 9  # labels: of as many classes
        return f"{GENERATOR}.integers({int(low)}, {top}, {size}{cast})"
    if (low >= 0 and high <= 1 and high > low) or 0 < low <= high < 1:
        return f"{GENERATOR}.random({size}){_cast(dtype)}"
    if value.get("form") == "whole" and high > low and high - low < 1e6:
        return f"{GENERATOR}.integers({int(low)}, {int(high) + 1}, {size}).astype(np.{dtype})"
    if high > low and (low >= 0 or high - low > 20):
        return f"{GENERATOR}.uniform({low:.4g}, {high:.4g}, {size}){_cast(dtype)}"
    return f"{GENERATOR}.normal(0, 2, {size}){_cast(dtype)}"


def _cast(dtype: str) -> str:
    return "" if dtype == "float64" else f".astype(np.{dtype})"
