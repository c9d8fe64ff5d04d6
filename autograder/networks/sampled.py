"""Whether a network does what was read of it: two that are read alike must make the same of the same numbers."""

from __future__ import annotations

import math
from functools import partial

from autograder.networks.frameworks import dialect_of
from autograder.networks.signature import signature
from autograder.wire.messages import Figure, Network, Sample

RELATIVE, OF_THE_LARGEST = 1e-2, 1e-3
"""How far apart numbers may be that are computed in another order, of themselves and of the largest of them all."""

NEAR = 1e-3
"""The same of numbers that are taken for equal ones, of themselves; a tenth of it of the largest."""


def contradicts(given: Network, wanted: Network) -> bool:
    """Whether a network is read as another is and, when both are run, makes something else.

    Then it was not read rightly, or its code does one thing while it is read and another when it is run. False where
    either was not run, and in dialects whose numbers hang on the dress (`Dialect.comparable`).
    """
    if not (dialect_of(given).comparable and dialect_of(wanted).comparable):
        return False
    if given.sample is None or wanted.sample is None or _alike(given.sample, wanted.sample):
        return False
    return signature(given) == signature(wanted)


def agree(given: Network, wanted: Network, *, regrouped: bool) -> bool | None:
    """Whether two networks make the same of the same examples; None where it cannot be told.

    With `regrouped`, their weights need not be cut the same way, nor in the same order.
    """
    one, other = given.sample, wanted.sample
    if one is None or other is None or not _says_something(one) or not _says_something(other):
        return None
    near = partial(_near, relative=NEAR, of_the_largest=NEAR / 10)  # to the precision of float32
    if near(one.values, other.values) and near(one.signed, other.signed):
        return True
    return regrouped and bool(one.regrouped) and near(one.regrouped, other.regrouped)


def _says_something(sample: Sample) -> bool:
    """Whether an output depends on what comes in."""
    return not sample.raised and len({value for value in sample.values if value is not None}) > 1


def _alike(one: Sample, other: Sample) -> bool:
    return bool(one.raised) == bool(other.raised) and _near(one.values, other.values, RELATIVE, OF_THE_LARGEST)


def _near(one: list[Figure], other: list[Figure], relative: float, of_the_largest: float) -> bool:
    """Whether numbers are those of other numbers, to a part of themselves or of the largest."""
    if len(one) != len(other):
        return False
    least = of_the_largest * max((abs(value) for value in other if value is not None), default=0.0)
    return all(_close(*pair, relative, least) for pair in zip(one, other, strict=True))


def _close(one: Figure, other: Figure, relative: float, least: float) -> bool:
    if one is None or other is None:
        return one is other
    return math.isclose(one, other, rel_tol=relative, abs_tol=least)
