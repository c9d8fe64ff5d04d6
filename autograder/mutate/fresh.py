"""Inputs that no check has chosen, grown from those that checks give: what tells mutants apart that checks do not.

Values are drawn anew among those there are, so that labels stay labels and bytes stay bytes; sizes grow by one, those
that were equal together. What the solution itself cannot answer is dropped: it is outside of what was asked.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from autograder.records import Plan
from autograder.wire import codec
from autograder.wire.messages import Array, CallProbe, ObjectProbe, Probe, RandomGenerator, Scalar, Symbolic

LARGEST = 2**24
"""Bytes of an array from which nothing more is grown: an exam asks each of its inputs in turn."""


@dataclass(frozen=True)
class _Kind:
    """One way to renew the arguments of a call."""

    name: str
    array: Callable[[NDArray[Any], np.random.Generator], NDArray[Any]]
    number: Callable[[int], int]
    size: Callable[[int], int]


def with_fresh(plan: Plan) -> tuple[Plan, dict[str, str]]:
    """Return a plan that asks every call with fresh inputs too, and the probe that each fresh one grew from."""
    blobs = list(plan.blobs)
    probes: dict[str, Probe] = dict(plan.probes)
    origins = {}
    for name, probe in plan.probes.items():
        if isinstance(probe, CallProbe | ObjectProbe):
            for kind, renewed in _renewals(name, probe, plan.blobs, blobs):
                probes[f"{name}, {kind}"] = renewed
                origins[f"{name}, {kind}"] = name
    return replace(plan, probes=probes, blobs=tuple(blobs)), origins


def _renewals(name: str, probe: Probe, held: tuple[bytes, ...], blobs: list[bytes]) -> Iterator[tuple[str, Probe]]:
    for kind in KINDS:
        rng = np.random.default_rng(zlib.crc32(f"{name}, {kind.name}".encode()))
        grown: list[bytes] = []
        renewed = _renew(probe, kind, rng, held, grown, len(blobs))
        if renewed != probe and sum(map(len, grown)) < LARGEST:
            blobs.extend(grown)
            yield kind.name, renewed


def _renew(
    value: Any, kind: _Kind, rng: np.random.Generator, held: tuple[bytes, ...], grown: list[bytes], first: int
) -> Any:
    """A probe with its arrays, its whole numbers and the shapes of its symbolic inputs renewed."""
    match value:
        case Array():
            array = kind.array(codec.array_value(value, list(held)), rng)
            record = codec.array_record(array, grown)
            return msgspec.structs.replace(record, blob=first + record.blob)
        case Scalar(kind="int", text=text):
            return Scalar("int", str(kind.number(int(text))))
        case RandomGenerator(seed=seed):
            return RandomGenerator(seed + 1)
        case Symbolic(shape=shape):
            return Symbolic(tuple(None if size is None else kind.size(size) for size in shape))
        case msgspec.Struct():
            fields = {name: getattr(value, name) for name in value.__struct_fields__}
            return type(value)(**{name: _renew(one, kind, rng, held, grown, first) for name, one in fields.items()})
        case dict():
            return {name: _renew(one, kind, rng, held, grown, first) for name, one in value.items()}
        case list() | tuple():
            return type(value)(_renew(one, kind, rng, held, grown, first) for one in value)
    return value


def _drawn(array: NDArray[Any], rng: np.random.Generator, shape: tuple[int, ...]) -> NDArray[Any]:
    if array.size == 0:
        return array
    return np.asarray(rng.choice(array.ravel(), shape), dtype=array.dtype)


def _larger(size: int) -> int:
    return size + 1 if size > 1 else size


def _same(size: int) -> int:
    return size


KINDS = (
    _Kind("other values", lambda array, rng: _drawn(array, rng, array.shape), _same, _same),
    _Kind("other sizes", lambda array, rng: _drawn(array, rng, tuple(map(_larger, array.shape))), _larger, _larger),
    _Kind(
        "more rows",
        lambda array, rng: _drawn(array, rng, (*map(_larger, array.shape[:1]), *array.shape[1:])),
        _same,
        _same,
    ),
    _Kind("other numbers", lambda array, rng: array, _larger, _same),
)
"""Sizes grow by one, so that what was equal stays so."""
