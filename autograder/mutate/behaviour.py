"""What one exam showed of a solution, and where another differs from it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import msgspec
import numpy as np

from autograder.evidence import Evidence
from autograder.networks.signature import signature
from autograder.wire import codec
from autograder.wire.messages import (
    Answer,
    Array,
    Curves,
    Dictionary,
    Fault,
    Items,
    Network,
    Opaque,
    Plots,
    Scalar,
    Steps,
    Table,
)

RELATIVE, ABSOLUTE = 1e-4, 1e-6
"""Numbers closer than this are one: float32, summed in another order."""
_ADDRESS = re.compile(r"0x[0-9a-f]+")

Told = tuple[Answer, list[bytes]]


@dataclass(frozen=True)
class Behaviour:
    """Answers, what cells print, and where they stop: all that can be seen of a solution."""

    answers: Mapping[str, Told]
    printed: Mapping[int, str]
    """By the position of the cell."""
    stopped: Mapping[int, str]
    """Class of the error that a cell stopped with, by its position."""

    def of(self, probes: Collection[str], cells: Collection[int]) -> Behaviour:
        """Return what is seen of these probes, and is printed by these cells; where any cell stops.

        Numbers drawn at random, and what is trained with them, move with whatever was drawn before: elsewhere they say
        nothing of a change.
        """
        answers = {name: told for name, told in self.answers.items() if name in probes}
        printed = {index: text for index, text in self.printed.items() if index in cells}
        return replace(self, answers=answers, printed=printed)


def behaviour_of(evidence: Evidence) -> Behaviour:
    """Return what evidence shows. Raise WireError where it does not hold together."""
    runs = {record.cell.index: record.run for record in evidence.exam.cells}
    return Behaviour(
        evidence.answers(),
        {index: _ADDRESS.sub("", run.stdout + run.result) for index, run in runs.items() if run},
        {index: _stop(run.fault if run else evidence.exam.fault) for index, run in runs.items()},
    )


def differences(one: Behaviour, other: Behaviour) -> Iterator[str]:
    """Yield where two behaviours differ: a probe's name, or « what cell 7 prints »."""
    for name, told in one.answers.items():
        if name not in other.answers or not same(told, other.answers[name]):
            yield name
    for index, text in one.printed.items():
        if other.printed.get(index) != text:
            yield f"what cell {index + 1} prints"
    for index, error in one.stopped.items():
        if other.stopped.get(index) != error:
            yield f"whether cell {index + 1} runs"


def same(one: Told, other: Told) -> bool:
    """Whether two answers are the same: numbers within a tolerance, of one kind; networks by signature."""
    (left, held), (right, theirs) = one, other
    if isinstance(left, Scalar | Array) and isinstance(right, Scalar | Array):
        return _same_numbers(left, held, right, theirs)
    if type(left) is not type(right):
        return False
    match left, right:
        case (Fault(), Fault()):
            return (left.kind, left.error) == (right.kind, right.error)
        case (Network(), Network()):
            return _content(left) == _content(right)
        case (Items(), Items()):
            pairs = zip(left.items, right.items, strict=False)
            alike = (left.kind == "set") == (right.kind == "set") and len(left.items) == len(right.items)
            return alike and all(same((a, held), (b, theirs)) for a, b in pairs)
        case (Dictionary(), Dictionary()):
            return _same_mapping(left, held, right, theirs)
        case (Curves(), Curves()):
            return left.asked == right.asked and set(left.values) == set(right.values) and _same_curves(left, right)
        case (Steps(), Steps()):
            steps = zip(left.results, right.results, strict=False)
            return len(left.results) == len(right.results) and all(same((a, held), (b, theirs)) for a, b in steps)
        case (Plots(), Plots()) | (Table(), Table()):
            (one_text, one_arrays), (other_text, other_arrays) = _apart(left, held), _apart(right, theirs)
            pairs = zip(one_arrays, other_arrays, strict=False)
            return one_text == other_text and all(_close(a, b) for a, b in pairs)
        case (Opaque(), Opaque()):
            return left.cls == right.cls and _ADDRESS.sub("", left.repr) == _ADDRESS.sub("", right.repr)
    return bool(left == right)  # texts: whatever arrays stand beside them


def _same_numbers(left: Scalar | Array, held: list[bytes], right: Scalar | Array, theirs: list[bytes]) -> bool:
    """Arrays are of one kind of number, of whatever width: that counts where a check asks for it. A lone number is its
    value, NumPy's or Python's.
    """
    if isinstance(left, Array) and isinstance(right, Array) and _kind(left) != _kind(right):
        return False
    one, other = (
        codec.array_value(record, blobs) if isinstance(record, Array) else codec.scalar_value(record)
        for record, blobs in ((left, held), (right, theirs))
    )
    if one is None or other is None:
        return one is other
    return _close(one, other)


def _kind(array: Array) -> str:
    return array.dtype.rstrip("0123456789")


def _close(one: Any, other: Any) -> bool:
    first, second = np.asarray(one), np.asarray(other)
    if first.shape != second.shape:
        return False
    if (first.dtype.kind in "biu" and second.dtype.kind in "biu") or object in (first.dtype, second.dtype):
        return bool(np.array_equal(first, second))
    return bool(np.allclose(first, second, rtol=RELATIVE, atol=ABSOLUTE, equal_nan=True))


def _same_mapping(left: Dictionary, held: list[bytes], right: Dictionary, theirs: list[bytes]) -> bool:
    one, other = ({repr(key): value for key, value in record.pairs} for record in (left, right))
    return set(one) == set(other) and all(same((one[key], held), (other[key], theirs)) for key in one)


def _same_curves(left: Curves, right: Curves) -> bool:
    pairs = ((left.values[name], right.values[name]) for name in left.values)
    return all(len(a) == len(b) and _close(np.array(a, float), np.array(b, float)) for a, b in pairs)


def _apart(shown: Answer, held: list[bytes]) -> tuple[object, list[Any]]:
    """What figures or a table show apart from numbers, and the arrays of those, in order."""
    arrays: list[Any] = []

    def apart(value: object) -> object:
        if isinstance(value, Array):
            arrays.append(codec.array_value(value, held))
            return "array"
        if isinstance(value, list | tuple):
            return [apart(one) for one in value]
        if isinstance(value, msgspec.Struct):
            return [apart(getattr(value, name)) for name in value.__struct_fields__ if "limits" not in name]
        return value

    return apart(shown), arrays


def _content(network: Network) -> object:
    """What two equal networks have in common: what they compute, learn, begin with, and are compiled with."""
    return signature(network, trainable=True, initializers=True), network.problem, network.compiled


def _stop(fault: Fault | None) -> str:
    return (fault.error or fault.kind) if fault else ""
