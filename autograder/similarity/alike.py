"""Who is alike, of a class: what two share, and hardly anybody else has, weighed and put in order."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace

import numpy as np
from scipy.sparse import csr_array  # type: ignore[import-untyped]

from autograder.similarity.constructs import Construct, Part, constructs, names_of

FLOOR = 12.0
"""Of so many rare constructs, and fewer, nothing is said: two who never met may have them in common."""
ABOVE = 2.0
"""How many times what the 95th of a hundred pairs of the class share is out of the ordinary."""
MANY = 8
"""What so many have is taught, or natural, however large the class; a quarter of a smaller one is as much."""
LARGE = 20
"""From so many on a class shows what is rare: of three, two that agree are most."""
SHOWN = 0.25
"""What is shown of what two share: each that counts for so much."""
MARK = 12.0
"""What one wrong answer, or one network, counts for that two have and nobody else."""


@dataclass(frozen=True)
class Shared:
    """Something of a submission that is not code: a wrong answer, a network."""

    kind: str
    """`answers` or `networks`."""
    form: str
    """Equal for equal ones."""
    said: str
    """What it is, for who reads of it: a value, a network's name."""
    check: str = ""
    """The title of the check that received it."""


@dataclass(frozen=True)
class Author:
    """What one student handed in."""

    name: str
    parts: tuple[Part, ...] = ()
    marks: tuple[Shared, ...] = ()
    teams: frozenset[str] = frozenset()
    """Groups that hand in together: what their members share is theirs."""


@dataclass(frozen=True)
class Span:
    """Lines of one part of a submission, counted from 1."""

    part: int
    first: int
    last: int


@dataclass(frozen=True)
class Pair:
    """Two submissions, and what they share beyond the class."""

    first: str
    second: str
    score: float
    """What all that they share counts for: about how many expressions and statements of their own."""
    share: float
    """How much of the smaller one's own code that is, from 0 to 1."""
    counts: Mapping[str, float]
    """The score by kind: code, words, networks, answers."""
    passages: tuple[tuple[Span, Span], ...]
    """Where in both, the longest first."""
    marks: tuple[Shared, ...]


@dataclass
class _Class:
    """The class as it is compared."""

    authors: Sequence[Author]
    held: list[dict[str, Construct]] = field(default_factory=list)
    """Of each author, by its form, what they have in code and words: the first of its kind, its place in `at`."""
    at: list[dict[str, int]] = field(default_factory=list)
    weight: dict[str, float] = field(default_factory=dict)
    """What a form counts for; one that is missing counts for nothing."""


def compare(
    authors: Sequence[Author], explained: Iterable[Sequence[Part]], given: Set[str] = frozenset(), most: int = 50
) -> list[Pair]:
    """Return the pairs that are alike out of the ordinary, `most` at most, the most alike first.

    `explained` are the release and the solution: what stands there counts for nothing. `given` are forms of marks that
    count for nothing either.
    """
    taught = list(explained)
    asked = frozenset().union(*(names_of(parts).own for parts in taught))
    known = {form for parts in taught for form in _all([replace(one, given=False) for one in parts], asked)[0]}
    found = _Class(authors)
    for author in authors:
        held, at = _all(author.parts, asked)
        found.held.append(held)
        found.at.append(at)
    found.weight = _weights(found, known | given)
    scores, own = _scores(found)
    return [_pair(found, own, a, b) for a, b in _order(found, scores)[:most]]


def _all(parts: Sequence[Part], asked: Set[str]) -> tuple[dict[str, Construct], dict[str, int]]:
    """The constructs of a submission, by form, and in which part each stands first.

    `asked` are names that students are asked to make: theirs, whether or not they did.
    """
    names = names_of(parts)
    names = replace(names, own=names.own | asked)
    held: dict[str, Construct] = {}
    at: dict[str, int] = {}
    for place, part in enumerate(parts):
        for one in () if part.given else constructs(part, names):
            if one.form not in held:
                held[one.form], at[one.form] = one, place
    return held, at


def _weights(found: _Class, known: Set[str]) -> dict[str, float]:
    """What each form counts for: the whole where two have it, nothing where many do, or where known."""
    holders: dict[str, set[object]] = defaultdict(set)
    worth: dict[str, float] = {}
    for author, held in zip(found.authors, found.held, strict=True):
        team = author.teams or author.name
        for form, one in held.items():
            holders[form].add(team)
            worth[form] = one.weight
        for mark in author.marks:
            holders[mark.form].add(team)
            worth[mark.form] = MARK
    teams = len({author.teams or author.name for author in found.authors})
    return {
        form: worth[form] * rarity
        for form, who in holders.items()
        if form not in known and (rarity := _rarity(len(who), teams)) > 0
    }


def _rarity(holders: int, teams: int) -> float:
    """From 1, where two of a class have it, to 0, where many have; less in a class too small to show what is rare."""
    most = max(3.0, min(teams / 4, MANY))
    among_others = 1.0 if holders <= 2 else max(0.0, math.log(most / holders) / math.log(most / 2))
    return among_others * max(0.0, min(1.0, math.log(teams / 2) / math.log(LARGE / 2)))


def _scores(found: _Class) -> tuple[csr_array, np.ndarray]:
    """What each two share, and what each has of its own in code and words."""
    columns = {form: at for at, form in enumerate(found.weight)}
    rows, cols, values = [], [], []
    own = np.zeros(len(found.authors))
    for row, (author, held) in enumerate(zip(found.authors, found.held, strict=True)):
        own[row] = sum(found.weight.get(form, 0.0) for form in held)
        counted = {mark.form for mark in _counted(author.marks, found.weight)}
        for form in (*held, *counted):
            if form in columns:
                rows.append(row)
                cols.append(columns[form])
                values.append(math.sqrt(found.weight[form]))
    table = csr_array((values, (rows, cols)), shape=(len(found.authors), len(columns)))
    return csr_array(table @ table.T), own


def _counted(marks: Iterable[Shared], weight: Mapping[str, float]) -> list[Shared]:
    return [one for one in marks if one.form in weight]


def _order(found: _Class, scores: csr_array) -> list[tuple[int, int]]:
    """The pairs out of the ordinary, by what they share. Members of one group are no pair."""
    upper = scores.tocoo()
    pairs = {
        (int(a), int(b)): float(value)
        for a, b, value in zip(upper.row, upper.col, upper.data, strict=True)
        if a < b and not found.authors[a].teams & found.authors[b].teams
    }
    count = len(found.authors) * (len(found.authors) - 1) // 2
    every = np.zeros(max(count, 1))
    every[: len(pairs)] = sorted(pairs.values(), reverse=True)[: len(every)]
    bar = max(FLOOR, ABOVE * float(np.quantile(every, 0.95)) if count >= 20 else FLOOR)
    out = [(value, pair) for pair, value in pairs.items() if value >= bar]
    return [pair for _, pair in sorted(out, key=lambda one: (-one[0], one[1]))]


def _pair(found: _Class, own: np.ndarray, a: int, b: int) -> Pair:
    left, right = found.held[a], found.held[b]
    shared = [form for form in left if form in right and form in found.weight]
    counts: dict[str, float] = dict.fromkeys(("code", "words", "networks", "answers"), 0.0)
    for form in shared:
        counts[left[form].kind] += found.weight[form]
    theirs = {mark.form for mark in found.authors[b].marks}
    marks = [one for one in _counted(found.authors[a].marks, found.weight) if one.form in theirs]
    for mark in marks:
        counts[mark.kind] += found.weight[mark.form]
    smaller = min(own[a], own[b])
    return Pair(
        found.authors[a].name,
        found.authors[b].name,
        round(sum(counts.values()), 1),
        round(min(1.0, (counts["code"] + counts["words"]) / smaller), 3) if smaller else 0.0,
        {kind: round(value, 1) for kind, value in counts.items()},
        tuple(_passages(found, shared, a, b)),
        tuple(marks),
    )


def _passages(found: _Class, shared: Sequence[str], a: int, b: int) -> Iterator[tuple[Span, Span]]:
    """Yield where what is shared stands in both, but for what stands within another such place."""
    spans = [(_span(found, form, a), _span(found, form, b)) for form in shared if found.weight[form] >= SHOWN]
    spans.sort(key=lambda both: both[0].first - both[0].last)
    kept: list[tuple[Span, Span]] = []
    for mine, theirs in spans:
        if not any(_within(mine, left) and _within(theirs, right) for left, right in kept):
            kept.append((mine, theirs))
    yield from kept


def _span(found: _Class, form: str, author: int) -> Span:
    one = found.held[author][form]
    return Span(found.at[author][form], one.first, one.last)


def _within(one: Span, other: Span) -> bool:
    return one.part == other.part and other.first <= one.first and one.last <= other.last
