"""Networks of an exam beside the solution's: which are to be run, and which make something else when they are."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from autograder.evidence import Evidence, load_evidence
from autograder.networks.sampled import contradicts
from autograder.wire.by_hand import is_by_hand
from autograder.wire.codec import WireError
from autograder.wire.messages import Answer, Network, Steps

SAMPLE, NO_SAMPLE = b'"sample"', b'"sample":null'
"""What the record of a network says that was run, and of one that was not."""


def doubted(evidence: Evidence, reference: Path) -> Iterator[str]:
    """Yield the names of such networks; `reference` holds the solution's evidence. Raises as `load_evidence` does."""
    run = {name: one for name, one in _networks(evidence).items() if one.sample is not None}
    solution = _of_solution(reference, reference.stat().st_mtime_ns) if run else {}
    yield from (name for name, one in run.items() if name in solution and contradicts(one, solution[name]))


def compared_by_numbers(reference: Path) -> frozenset[str]:
    """Return the probes whose networks are written by hand in the solution, whose evidence is at `reference`.

    A student's may be the same network in layers alone: it is to be run for the numbers to be compared. Empty where
    there is no such evidence.
    """
    try:
        return _by_hand(reference, reference.stat().st_mtime_ns)
    except (OSError, WireError):
        return frozenset()


@lru_cache(maxsize=4)
def _by_hand(reference: Path, _written: int) -> frozenset[str]:
    answers = load_evidence(reference).answers(_may_be_run).items()
    return frozenset(name for name, (answer, _) in answers if any(map(is_by_hand, _held(name, answer).values())))


@lru_cache(maxsize=4)
def _of_solution(reference: Path, _written: int) -> dict[str, Network]:
    return _networks(load_evidence(reference))


def _networks(evidence: Evidence) -> dict[str, Network]:
    """The networks among the answers, by probe; those that an object of the student's answered with, by step too."""
    found: dict[str, Network] = {}
    for name, (answer, _) in evidence.answers(_may_be_run).items():
        found |= _held(name, answer)
    return found


def _held(name: str, answer: Answer) -> dict[str, Network]:
    steps = answer.results if isinstance(answer, Steps) else [answer]
    return {f"{name}{place or ''}": one for place, one in enumerate(steps) if isinstance(one, Network)}


def _may_be_run(frame: bytes) -> bool:
    return frame.count(SAMPLE) > frame.count(NO_SAMPLE)
