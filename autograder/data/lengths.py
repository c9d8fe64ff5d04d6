"""How many examples the sets have that stand-ins take the place of: notebooks name these numbers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from autograder.data.shelf import DataSet
from autograder.data.weights import Item
from autograder.wire.messages import Repeated

TRUE_LENGTHS = {"cifar10": (50_000, 10_000), "fashion_mnist": (60_000, 10_000), "mnist": (60_000, 10_000)}
"""Of the set itself, by its name: to train on, to test on."""
COPIES_BYTES = 12
"""Of an example's byte: what notebooks hold of it besides, as a float32 and, on the way there, as a float64."""
_NUMBER = re.compile(r"(?<![\w.])\d[\d_]{0,11}(?![\w.])")


def repeated(items: Iterable[Item]) -> dict[str, Repeated]:
    """Return, by name, the sets that stand-ins serve of fewer examples than the set itself has."""
    return {one.name: Repeated(_held(one), TRUE_LENGTHS[one.name]) for one in _short(items)}


def spoken_of(code: str, sets: Mapping[str, Repeated]) -> Iterator[tuple[int, int]]:
    """Yield the numbers in code that a set has as many examples as, and its stand-in has not; each with how many the
    stand-in has. Powers of two are left out: they are units and batches."""
    for number in (int(text.replace("_", "")) for text in _NUMBER.findall(code)):
        if not number & (number - 1):
            continue
        known = next((one for one in sets.values() if min(one.held) < number <= max(one.true)), None)
        if known is not None:
            yield number, known.held[known.true[1] == number]


def reserved_bytes(items: Iterable[Item]) -> int:
    """Return the memory that such sets take at their true length, in a room of a notebook written for them."""
    return sum(_true_bytes(one) * (1 + COPIES_BYTES) for one in _short(items))


def _short(items: Iterable[Item]) -> Iterator[DataSet]:
    return (one for one in items if isinstance(one, DataSet) and one.stand_in and one.name in TRUE_LENGTHS)


def _held(one: DataSet) -> tuple[int, int]:
    return one.arrays["x_train"].shape[0], one.arrays["x_test"].shape[0]


def _true_bytes(one: DataSet) -> int:
    return sum(TRUE_LENGTHS[one.name]) * one.arrays["x_train"].size // one.arrays["x_train"].shape[0]
